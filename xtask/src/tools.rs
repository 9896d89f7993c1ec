//! The tools that the tasks need, at pinned versions, set up once per machine and not once per checkout.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Trunk builds the page.
const TRUNK: &str = "0.21.14";
/// wasm-bindgen joins wasm and JavaScript; must equal the crate in Cargo.lock.
const WASM_BINDGEN: &str = "0.2.130";
/// The target of the page.
const TARGET: &str = "wasm32-unknown-unknown";

/// Where everything is.
pub struct Tools {
    path: String,
    /// The browser that tests drive.
    pub browser: PathBuf,
    /// Its driver.
    pub driver: Option<PathBuf>,
}

impl Tools {
    /// Sets up what is missing.
    pub fn set_up() -> Result<Self, String> {
        check_node()?;
        let browser = find_browser()?;
        check_lock()?;
        let target = Command::new("rustup").args(["target", "list", "--installed"]).output();
        if target.is_ok_and(|output| !String::from_utf8_lossy(&output.stdout).contains(TARGET)) {
            run(Command::new("rustup").args(["target", "add", TARGET]))?;
        }
        let trunk = install("trunk", TRUNK, &["--locked"])?;
        let bindgen = install("wasm-bindgen-cli", WASM_BINDGEN, &[])?;
        install_packages()?;
        let modules = std::env::current_dir().unwrap_or_default().join("node_modules/.bin");
        let mut parts = vec![trunk, bindgen, modules];
        parts.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
        let path = std::env::join_paths(parts)
            .map_err(|error| error.to_string())?
            .to_string_lossy()
            .into_owned();
        let driver = find("CHROMEDRIVER", &["chromedriver"], &[]);
        Ok(Self { path, browser, driver })
    }

    /// A command that finds the tools.
    pub fn command(&self, name: &str) -> Command {
        let mut command = Command::new(name);
        command.env("PATH", &self.path);
        // Trunk takes NO_COLOR for an option of its own and wants `true` or `false`.
        command.env_remove("NO_COLOR");
        command
    }
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

fn check_node() -> Result<(), String> {
    let missing = "Node.js 20 or newer is missing: install it from https://nodejs.org or your package manager, then run this again.";
    let output = Command::new("node").arg("--version").output().map_err(|_| missing.to_owned())?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let major: u32 = text
        .trim()
        .trim_start_matches('v')
        .split('.')
        .next()
        .and_then(|part| part.parse().ok())
        .unwrap_or(0);
    if major >= 20 { Ok(()) } else { Err(format!("{missing} (Found {}.)", text.trim())) }
}

fn find_browser() -> Result<PathBuf, String> {
    let names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];
    let places = [
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
        "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    ];
    find("CHROME", &names, &places).ok_or_else(|| {
        "Chrome or Chromium is missing: install one, or set CHROME to its program, then run this again.".to_owned()
    })
}

fn find(variable: &str, names: &[&str], places: &[&str]) -> Option<PathBuf> {
    if let Some(named) = std::env::var_os(variable) {
        return Some(named.into());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let found = names.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    found.chain(places.iter().map(PathBuf::from)).find(|file| file.is_file())
}

/// The crate and the tool of wasm-bindgen must be of one version.
fn check_lock() -> Result<(), String> {
    let lock = std::fs::read_to_string("Cargo.lock")
        .map_err(|_| "Run this at the top of the checkout.".to_owned())?;
    let wanted = format!("name = \"wasm-bindgen\"\nversion = \"{WASM_BINDGEN}\"");
    if lock.contains(&wanted) {
        return Ok(());
    }
    Err(format!(
        "Cargo.lock has another wasm-bindgen than {WASM_BINDGEN}: change the version in xtask/src/tools.rs with it."
    ))
}

/// The folder that keeps tools for every checkout of this machine.
fn cache() -> PathBuf {
    let set = |name| {
        std::env::var_os(name)
            .filter(|value: &std::ffi::OsString| !value.is_empty())
            .map(PathBuf::from)
    };
    set("PODYARD_TOOLS").unwrap_or_else(|| {
        let home = set("HOME").or_else(|| set("USERPROFILE")).unwrap_or_default();
        set("XDG_CACHE_HOME").unwrap_or_else(|| home.join(".cache")).join("podyard").join("tools")
    })
}

/// Installs a crate's programs into a folder of their own; gives the folder of the programs.
fn install(name: &str, version: &str, options: &[&str]) -> Result<PathBuf, String> {
    let root = cache().join(format!("{name}-{version}"));
    let done = root.join(".crates.toml");
    if !done.exists() {
        eprintln!("Installing {name} {version} (once, some minutes)");
        let package = format!("{name}@{version}");
        run(Command::new("cargo")
            .arg("install")
            .args(options)
            .arg("--root")
            .arg(&root)
            .arg(&package))?;
    }
    Ok(root.join("bin"))
}

/// `npm ci`, unless what is there is what the lock file says.
fn install_packages() -> Result<(), String> {
    let newer = |file: &str| Path::new(file).metadata().and_then(|data| data.modified()).ok();
    let fresh = match (newer("node_modules/.package-lock.json"), newer("package-lock.json")) {
        (Some(have), Some(want)) => have >= want,
        _ => false,
    };
    if fresh {
        return Ok(());
    }
    let npm = if cfg!(windows) { "npm.cmd" } else { "npm" };
    run(Command::new(npm).args(["ci", "--no-audit", "--no-fund"]).stdout(Stdio::null()))
}
