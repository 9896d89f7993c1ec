//! Everything that must pass, quick checks first.

use std::process::Command;
use std::time::Instant;

use crate::sizes;
use crate::tools::{self, Tools};

const TARGET: &str = "wasm32-unknown-unknown";

/// Runs the stages in order and stops at the first that fails.
fn run_stage(name: &str, stage: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    println!("\n== {name}");
    let start = Instant::now();
    stage().map_err(|message| format!("\n{name}: {message}"))?;
    println!("== {name}: {} s", start.elapsed().as_secs());
    Ok(())
}

fn cargo(words: &[&str]) -> Result<(), String> {
    tools::run(Command::new("cargo").args(words))
}

/// Runs everything; `quick` leaves out what needs a browser.
pub fn run(quick: bool) -> Result<(), String> {
    run_stage("format", || cargo(&["fmt", "--all", "--check"]))?;
    run_stage("lint", || {
        cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])
    })?;
    run_stage("host tests", || cargo(&["test", "--workspace"]))?;
    if quick {
        return Ok(());
    }
    let tools = Tools::set_up()?;
    run_stage("lint for the page", || {
        cargo(&["clippy", "--lib", "--bin", "page", "--target", TARGET, "--", "-D", "warnings"])
    })?;
    run_stage("browser unit tests", || browser_tests(&tools))?;
    run_stage("release build", || {
        tools::run(tools.command("trunk").args(["build", "--release", "--offline"]))?;
        sizes::print("dist")
    })?;
    run_stage("end-to-end tests", || {
        let mut command = tools.command("node");
        command.env("CHROME", &tools.browser);
        tools::run(command.args(["--test", "--test-concurrency=1", "e2e/"]))
    })
}

fn browser_tests(tools: &Tools) -> Result<(), String> {
    let Some(driver) = &tools.driver else {
        return Err("chromedriver is missing: install the one of your Chrome or Chromium, or set CHROMEDRIVER.".to_owned());
    };
    let mut command = tools.command("cargo");
    command.env("CHROMEDRIVER", driver);
    command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", "wasm-bindgen-test-runner");
    command.env("WASM_BINDGEN_TEST_TIMEOUT", "120");
    tools::run(command.args(["test", "--target", TARGET, "--test", "web"]))
}
