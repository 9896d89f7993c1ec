//! `cargo xtask build`: what visitors get, and what it weighs.

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
    tools::run(tools.command("trunk").args(["build", "--release", "--offline"]))?;
    let budget = BUDGET_KILOBYTES.to_string();
    tools::run(tools.command("node").args(["xtask/sizes.mjs", "dist", &budget]))
}

/// `cargo xtask profile`: finds out in a browser what a first visit runs, so that the rest can come later.
pub fn profile() -> Result<(), String> {
    let browser = Browser::find()?;
    let tools = Tools::set_up()?;
    let build = ["build", "--release", "--offline"];
    tools::run(tools.command("trunk").args(build).env("PODYARD_PROFILE", "1"))?;
    tools::run(tools.command("node").arg("e2e/profile.mjs").env("CHROME", browser.program))
}
