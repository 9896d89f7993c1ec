//! `cargo xtask test`: everything that must pass, quick checks first. It is also all that is run
//! elsewhere: there are no checks that a contributor cannot run.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::browser::Browser;
use crate::build;
use crate::relay;
use crate::tools::{self, TARGET, Tools, cargo};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Format,
    Lint,
    Host,
    PageLint,
    Web,
    Build,
    EndToEnd,
}

impl Stage {
    const ALL: [Self; 7] = [
        Self::Format,
        Self::Lint,
        Self::Host,
        Self::PageLint,
        Self::Web,
        Self::Build,
        Self::EndToEnd,
    ];
    const QUICK: [Self; 3] = [Self::Format, Self::Lint, Self::Host];

    const fn name(self) -> &'static str {
        match self {
            Self::Format => "format",
            Self::Lint => "lint",
            Self::Host => "host",
            Self::PageLint => "page-lint",
            Self::Web => "web",
            Self::Build => "build",
            Self::EndToEnd => "e2e",
        }
    }

    const fn says(self) -> &'static str {
        match self {
            Self::Format => "the code is formatted",
            Self::Lint => "no warnings on the host",
            Self::Host => "host tests",
            Self::PageLint => "no warnings in the page and its tests",
            Self::Web => "unit tests in the browser",
            Self::Build => "release build",
            Self::EndToEnd => "the release build in the browser",
        }
    }

    const fn needs_browser(self) -> bool {
        matches!(self, Self::Web | Self::EndToEnd)
    }

    const fn needs_tools(self) -> bool {
        matches!(self, Self::Web | Self::Build | Self::EndToEnd)
    }
}

/// Runs the stages that the words name, or all of them.
pub fn run(words: &[String]) -> Result<(), String> {
    let stages = chosen(words)?;
    // What is missing is said before anything is built.
    tools::check_node()?;
    let needs_browser = stages.iter().any(|stage| stage.needs_browser());
    let browser = if needs_browser { Some(Browser::find()?) } else { None };
    let mut tools = None;
    let mut times: Vec<(&str, Duration)> = Vec::new();
    for stage in stages {
        if stage.needs_tools() && tools.is_none() {
            tools = Some(timed("tools", "set-up", &mut times, Tools::set_up)?);
        }
        let has = (browser.as_ref(), tools.as_ref());
        timed(stage.name(), stage.says(), &mut times, || run_stage(stage, has))?;
    }
    let total: Duration = times.iter().map(|(_, time)| *time).sum();
    println!("\nAll passed:");
    for (name, time) in times {
        println!("  {name:<10} {:>7.1} s", time.as_secs_f64());
    }
    println!("  {:<10} {:>7.1} s", "total", total.as_secs_f64());
    Ok(())
}

fn chosen(words: &[String]) -> Result<Vec<Stage>, String> {
    match words {
        [] => Ok(Stage::ALL.to_vec()),
        [word] if word == "--quick" => Ok(Stage::QUICK.to_vec()),
        _ => {
            if let Some(other) =
                words.iter().find(|word| Stage::ALL.iter().all(|s| s.name() != *word))
            {
                return Err(format!(
                    "`cargo xtask test` has no stage {other}. `cargo xtask help` lists them."
                ));
            }
            Ok(Stage::ALL
                .into_iter()
                .filter(|stage| words.iter().any(|word| word == stage.name()))
                .collect())
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "this measures the work of this machine")]
fn timed<T>(
    name: &'static str,
    says: &str,
    times: &mut Vec<(&str, Duration)>,
    work: impl FnOnce() -> Result<T, String>,
) -> Result<T, String> {
    println!("\n== {name}: {says}");
    let start = Instant::now();
    let result = work();
    let time = start.elapsed();
    match &result {
        Ok(_) => println!("== {name}: passed in {:.1} s", time.as_secs_f64()),
        Err(_) => println!("== {name}: FAILED after {:.1} s", time.as_secs_f64()),
    }
    times.push((name, time));
    result.map_err(|message| format!("Stage {name} ({says}) failed: {message}"))
}

fn run_stage(stage: Stage, has: (Option<&Browser>, Option<&Tools>)) -> Result<(), String> {
    match (stage, has) {
        (Stage::Format, _) => cargo(&["fmt", "--all", "--check"]),
        (Stage::Lint, _) => {
            cargo(&["clippy", "--locked", "--workspace", "--all-targets", "--", "-D", "warnings"])
        }
        (Stage::Host, _) => cargo(&["test", "--locked", "--workspace"]),
        (Stage::PageLint, _) => {
            tools::add_target()?;
            let lint = |what: &[&str]| {
                let words = [&["clippy", "--locked", "--target", TARGET], what];
                cargo(&[&words.concat()[..], &["--", "-D", "warnings"]].concat())
            };
            lint(&["--lib", "--bin", "page"])?;
            // The tests of the components are compiled for the browser only.
            lint(&["--lib", "--profile", "test"])
        }
        (Stage::Web, (Some(browser), Some(tools))) => unit_tests_in_browser(browser, tools),
        (Stage::Build, (_, Some(tools))) => build::release(tools),
        (Stage::EndToEnd, (Some(browser), Some(tools))) => end_to_end(browser, tools),
        (Stage::Web | Stage::Build | Stage::EndToEnd, _) => Err("it was not set up".to_owned()),
    }
}

/// The tests of the components (`src/ui/tests`) and those under `tests/web/`, in the driver's browser.
fn unit_tests_in_browser(browser: &Browser, tools: &Tools) -> Result<(), String> {
    let folder = std::path::absolute("target/web").map_err(|error| error.to_string())?;
    let capabilities = browser.write_capabilities(&folder, relay::start()?)?;
    let transcript = folder.join("parity.txt");
    let run = ["run", "--seed", "7", "--start", "2026-03-01T22:58:00Z", "tests/web/parity.txt"];
    let mut native = tools.command("cargo");
    native.args(["run", "--locked", "--quiet", "--bin", "podyard", "--"]).args(run);
    tools::run_into(&mut native, &transcript)?;
    let mut command = tools.command("cargo");
    command
        .env("CHROMEDRIVER", &browser.driver)
        .env("PODYARD_PARITY", &transcript)
        .env("WASM_BINDGEN_TEST_WEBDRIVER_JSON", capabilities)
        .env("WASM_BINDGEN_TEST_TIMEOUT", "180")
        .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner")
        .args(["test", "--locked", "--target", TARGET, "--lib", "--test", "web"]);
    tools::run(&mut command)
}

/// The tests under `e2e/`, by the test runner of Node.js.
fn end_to_end(browser: &Browser, tools: &Tools) -> Result<(), String> {
    let entries = std::fs::read_dir("e2e").map_err(|error| format!("e2e: {error}"))?;
    let mut files: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    if files.is_empty() {
        return Err("there are no e2e/*.test.mjs".to_owned());
    }
    let mut command = tools.command("node");
    command.env("CHROME", &browser.program);
    command.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]).args(files);
    tools::run(&mut command)
}
