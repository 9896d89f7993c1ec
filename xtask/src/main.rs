//! Tasks around the product: a crate of its own, so that its dependencies are not the product's.

mod schema;
mod sizes;
mod test;
mod tools;

use std::process::ExitCode;

const HELP: &str = "cargo xtask TASK

  serve [--port N] [--no-open]  set up what is missing, build the playground and open it
  build                         release build into dist/, with its sizes
  test [--quick]                everything that must pass (--quick: host checks only)
  tools                         set up what is missing, nothing else
  fix                           format, and let clippy mend what it can
  schema                        write assets/schema anew
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let rest = arguments.get(1..).unwrap_or_default();
    let result = match arguments.first().map(String::as_str) {
        Some("serve") => serve(rest),
        Some("build") => build(),
        Some("test") => test::run(rest.iter().any(|word| word == "--quick")),
        Some("tools") => tools::Tools::set_up().map(drop),
        Some("fix") => fix(),
        Some("schema") => schema::run().map_err(|error| error.to_string()),
        _ => {
            eprint!("{HELP}");
            return ExitCode::from(2);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::FAILURE
        }
    }
}

fn serve(rest: &[String]) -> Result<(), String> {
    let tools = tools::Tools::set_up()?;
    let port = rest.iter().position(|word| word == "--port").and_then(|at| rest.get(at + 1));
    let mut command = tools.command("trunk");
    command.args(["serve", "--offline", "--port", port.map_or("8080", String::as_str)]);
    if !rest.iter().any(|word| word == "--no-open") {
        command.arg("--open");
    }
    tools::run(&mut command)
}

/// The release build: what visitors get.
fn build() -> Result<(), String> {
    let tools = tools::Tools::set_up()?;
    tools::run(tools.command("trunk").args(["build", "--release", "--offline"]))?;
    sizes::print("dist")
}

fn fix() -> Result<(), String> {
    tools::run(std::process::Command::new("cargo").args(["fmt", "--all"]))?;
    tools::run(std::process::Command::new("cargo").args([
        "clippy",
        "--fix",
        "--allow-dirty",
        "--workspace",
        "--all-targets",
    ]))
}
