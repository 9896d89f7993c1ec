//! The tools that the tasks need, at pinned versions, set up once per machine and not once per checkout.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Trunk builds the page.
const TRUNK: &str = "0.21.14";
/// wasm-bindgen joins wasm and JavaScript; must equal the crate in Cargo.lock.
const WASM_BINDGEN: &str = "0.2.130";
/// The oldest Node.js that has what the scripts need.
const OLDEST_NODE: u32 = 20;
/// The target of the page.
pub const TARGET: &str = "wasm32-unknown-unknown";

/// A path on which every tool is found.
pub struct Tools {
    path: OsString,
}

impl Tools {
    /// Sets up what is missing. Without a network that is no error as long as nothing is missing.
    pub fn set_up() -> Result<Self, String> {
        check_node()?;
        check_lock()?;
        add_target()?;
        let trunk = install("trunk", TRUNK, &["--locked"])?;
        // Without --locked: the lock file of that package names versions that were withdrawn.
        let bindgen = install("wasm-bindgen-cli", WASM_BINDGEN, &[])?;
        install_packages()?;
        // Trunk builds offline, so that it downloads no tools; crates are fetched before.
        run(Command::new("cargo").args(["fetch", "--locked", "--quiet"]))?;
        let modules =
            std::path::absolute("node_modules/.bin").map_err(|error| error.to_string())?;
        let mut parts = vec![trunk, bindgen, modules];
        parts.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(parts).map_err(|error| error.to_string())?;
        Ok(Self { path })
    }

    /// A command that finds the tools.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("PATH", &self.path);
        // Trunk reads these as options of its own and refuses the values that are usual.
        command.env_remove("NO_COLOR").env_remove("CI");
        command.env("TRUNK_SKIP_VERSION_CHECK", "true");
        command
    }
}

/// Runs cargo.
pub fn cargo(words: &[&str]) -> Result<(), String> {
    run(Command::new("cargo").args(words))
}

/// Runs a command; its failure is an error of one sentence.
pub fn run(command: &mut Command) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let shown: Vec<String> =
        command.get_args().map(|word| word.to_string_lossy().into_owned()).collect();
    let status =
        command.status().map_err(|error| format!("{name} could not be started: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("`{name} {}` failed", shown.join(" "))) }
}

/// Runs a command and keeps what it prints; its exit status is its own business.
pub fn run_into(command: &mut Command, file: &Path) -> Result<(), String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| format!("{name} could not be started: {error}"))?;
    std::fs::write(file, output.stdout).map_err(|error| format!("{}: {error}", file.display()))
}

/// Node.js must be there: it runs the editor's bundler, wasm-opt and the end-to-end tests.
pub fn check_node() -> Result<(), String> {
    let oldest = format!("Node.js {OLDEST_NODE} or newer");
    let way = "install it from https://nodejs.org or by your package manager, and run this again.";
    let output = Command::new("node").arg("--version").output();
    let output = output.map_err(|_| format!("{oldest} is missing: {way}"))?;
    let version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let major: Option<u32> =
        version.trim_start_matches('v').split('.').next().and_then(|part| part.parse().ok());
    match major {
        Some(major) if major >= OLDEST_NODE => Ok(()),
        _ => Err(format!("{oldest} is needed and this is {version}: {way}")),
    }
}

/// The crate and the tool of wasm-bindgen must be of one version.
fn check_lock() -> Result<(), String> {
    let lock =
        std::fs::read_to_string("Cargo.lock").map_err(|error| format!("Cargo.lock: {error}"))?;
    let version = lock
        .split("name = \"wasm-bindgen\"\nversion = \"")
        .nth(1)
        .and_then(|rest| rest.split('"').next())
        .ok_or("Cargo.lock has no wasm-bindgen.")?;
    if version == WASM_BINDGEN {
        return Ok(());
    }
    Err(format!(
        "Cargo.lock has wasm-bindgen {version} and xtask/src/tools.rs installs wasm-bindgen-cli {WASM_BINDGEN}: they must be the same, so change one of them."
    ))
}

/// Adds the target of the page to the toolchain.
pub fn add_target() -> Result<(), String> {
    let Ok(output) = Command::new("rustup").args(["target", "list", "--installed"]).output() else {
        return Ok(()); // a toolchain without rustup: cargo says so if it lacks the target
    };
    if String::from_utf8_lossy(&output.stdout).lines().any(|line| line.trim() == TARGET) {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", TARGET]))
}

/// The folder that keeps tools for every checkout of this machine.
fn cache() -> Result<PathBuf, String> {
    let set =
        |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || set("HOME").or_else(|| set("USERPROFILE")).map(|home| home.join(".cache"));
    set("PODYARD_TOOLS")
        .or_else(|| Some(set("XDG_CACHE_HOME").or_else(home)?.join("podyard").join("tools")))
        .ok_or_else(|| {
            "There is no home folder to keep tools in: set PODYARD_TOOLS to a folder.".to_owned()
        })
}

/// Installs a crate's programs into a folder of their own; gives the folder of the programs.
fn install(name: &str, version: &str, options: &[&str]) -> Result<PathBuf, String> {
    let root = cache()?.join(format!("{name}-{version}"));
    // cargo makes this file first, and writes the names of what is installed into it last
    let installed = std::fs::read_to_string(root.join(".crates.toml"));
    if !installed.is_ok_and(|installed| installed.contains(name)) {
        println!("Installing {name} {version} into {} (once, some minutes)", root.display());
        let mut command = Command::new("cargo");
        command.arg("install").args(options).arg("--root").arg(&root);
        run(command.arg(format!("{name}@{version}")))?;
    }
    Ok(root.join("bin"))
}

/// `npm ci`, unless what is there is what the lock file says.
fn install_packages() -> Result<(), String> {
    let lock = std::fs::read("package-lock.json")
        .map_err(|error| format!("package-lock.json: {error}"))?;
    // A copy of the lock file inside the folder, so that no clock decides.
    let done = Path::new("node_modules/.podyard-lock.json");
    if std::fs::read(done).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    println!("Installing the packages of package-lock.json");
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    let mut command = Command::new(npm);
    run(command.args(["ci", "--no-audit", "--no-fund"]).stdout(Stdio::null()))?;
    std::fs::write(done, lock).map_err(|error| format!("{}: {error}", done.display()))
}
