//! Tasks around the product. A crate of its own without dependencies, so that a fresh checkout is
//! ready to work within seconds.

mod browser;
mod build;
mod relay;
mod serve;
mod test;
mod tools;

use std::process::{Command, ExitCode};

const HELP: &str = "\
cargo xtask TASK

  serve [--port N] [--no-open] [--release]
                       set up what is missing, build the playground, serve it and open it;
                       it is built again whenever a file changes
  build                release build into dist/, and what a visit transfers
  test [STAGE ...]     everything that must pass, quick checks first; or only the stages named
  test --quick         the stages that need no browser: format, lint, host
  bench-web [WHAT ...] release build, then what the page costs in a browser, beside its budgets:
                       transfer start frames converge back
  profile              find out in a browser which functions a first visit runs, and write
                       xtask/later.txt: the others are fetched after the first picture
  tools                set up what is missing, nothing else
  fix                  format, and let clippy mend what it can
  schema               write assets/schema/ anew from the types of Kubernetes

Stages of test, in this order: format lint host page-lint web build e2e
Tools are kept in $PODYARD_TOOLS, else in podyard/tools of your cache folder.
CHROME and CHROMEDRIVER name another browser and driver than the ones found on the path.
";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let Some((task, rest)) = words.split_first() else {
        print!("{HELP}");
        return ExitCode::from(2);
    };
    let result = top_of_checkout().and_then(|()| match (task.as_str(), rest) {
        ("serve", _) => serve::run(rest),
        ("build", []) => build::run(),
        ("bench-web", _) => build::bench(rest),
        ("profile", []) => build::profile(),
        ("test", _) => test::run(rest),
        ("tools", []) => tools::Tools::set_up().map(drop),
        ("fix", []) => fix(),
        ("schema", []) => tools::cargo(&["run", "--quiet", "--package", "schema"]),
        ("help" | "--help" | "-h", _) => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("There is no task `{}`. `cargo xtask help` lists them.", words.join(" "))),
    });
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("\n{message}");
            ExitCode::FAILURE
        }
    }
}

/// All tasks work from the top of the checkout, wherever they were called.
fn top_of_checkout() -> Result<(), String> {
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let top = own.parent().unwrap_or(own);
    std::env::set_current_dir(top).map_err(|error| format!("{}: {error}", top.display()))
}

fn fix() -> Result<(), String> {
    let lint = ["clippy", "--fix", "--allow-dirty", "--allow-staged"];
    tools::run(Command::new("cargo").args(lint).args(["--workspace", "--all-targets"]))?;
    let page = ["--lib", "--bin", "page", "--target", tools::TARGET];
    tools::run(Command::new("cargo").args(lint).args(page))?;
    tools::cargo(&["fmt", "--all"])
}
