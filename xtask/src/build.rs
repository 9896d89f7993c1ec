//! `cargo xtask build`: what visitors get, and what it weighs.

use std::process::Command;

use crate::browser::Browser;
use crate::tools::{self, Tools};

/// What a first visit may transfer, brotli.
const BUDGET_KILOBYTES: u32 = 450;

/// Builds the release page into `dist/` and prints its sizes.
pub fn run() -> Result<(), String> {
    release(&Tools::set_up()?)
}

/// The same with tools that are set up.
pub fn release(tools: &Tools) -> Result<(), String> {
    tools::run(&mut trunk(tools))?;
    let budget = BUDGET_KILOBYTES.to_string();
    tools::run(tools.command("node").args(["xtask/sizes.mjs", "dist", &budget]))
}

/// Trunk as it builds what visitors get. Names of functions tell their types, so that `xtask/split.mjs` can tell
/// functions apart that differ in nothing else; the linker's map tells it where each text lies, and no text lies where
/// `char::MAX`, which stands in much code, would look like its address. What asks to be inlined is, where it is small: as
/// much as the compiler does of itself costs 6 % of the program's bytes and makes nothing faster.
fn trunk(tools: &Tools) -> Command {
    let mut command = tools.command("trunk");
    command.args(["build", "--release", "--offline"]);
    let flags = std::env::var("RUSTFLAGS").unwrap_or_default();
    let names = "-C symbol-mangling-version=v0";
    let places = "-C link-arg=--Map=target/page/page.map -C link-arg=--global-base=1179648";
    let inlining = "-C llvm-args=-inlinehint-threshold=100";
    command.env("RUSTFLAGS", format!("{flags} {names} {places} {inlining}"));
    command
}

/// `cargo xtask bench-web`: builds what visitors get, and measures it in a browser beside its budgets.
pub fn bench(words: &[String]) -> Result<(), String> {
    let browser = Browser::find()?;
    let tools = Tools::set_up()?;
    release(&tools)?;
    let mut command = tools.command("node");
    tools::run(command.arg("e2e/bench.mjs").args(words).env("CHROME", browser.program))
}

/// `cargo xtask profile`: finds out in a browser what a first visit runs, so that the rest can come later.
pub fn profile() -> Result<(), String> {
    let browser = Browser::find()?;
    let tools = Tools::set_up()?;
    tools::run(trunk(&tools).env("PODYARD_PROFILE", "1"))?;
    tools::run(tools.command("node").arg("e2e/profile.mjs").env("CHROME", browser.program))
}
