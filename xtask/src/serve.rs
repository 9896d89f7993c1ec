//! `cargo xtask serve`: the playground on this machine, built again whenever a file changes.

use crate::browser;
use crate::tools::{self, Tools};

struct Options {
    port: u16,
    open: bool,
    release: bool,
}

/// Sets up, builds, serves, opens.
pub fn run(words: &[String]) -> Result<(), String> {
    let options = Options::parse(words)?;
    let tools = Tools::set_up()?;
    let port = options.port.to_string();
    println!("Building. The playground will be at http://127.0.0.1:{port}/ (Ctrl-C ends it).");
    let mut command = tools.command("trunk");
    command.args(["serve", "--offline", "--address", "127.0.0.1", "--port", &port]);
    if options.release {
        command.arg("--release");
    }
    if options.open && can_open() {
        command.arg("--open");
    }
    tools::run(&mut command)
}

/// Whether there is a browser that a program can open: on Linux a desktop is needed for it.
fn can_open() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let linux = cfg!(target_os = "linux");
    if !linux
        || set("DISPLAY")
        || set("WAYLAND_DISPLAY")
        || browser::on_path(&["wslview"]).is_some()
    {
        return true;
    }
    println!("There is no desktop here to open a browser on: open the address yourself.");
    false
}

impl Options {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut options = Self { port: 8080, open: true, release: false };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--no-open" => options.open = false,
                "--open" => options.open = true,
                "--release" => options.release = true,
                "--port" => {
                    let number = words.next().and_then(|text| text.parse().ok());
                    options.port = number.ok_or("--port needs a number, as in `--port 8080`.")?;
                }
                other => return Err(format!("`cargo xtask serve` has no option {other}.")),
            }
        }
        Ok(options)
    }
}
