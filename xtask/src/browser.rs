//! The browser and its driver: found, never installed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;

const BROWSERS: [&str; 5] =
    ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"];

const PLACES: [&str; 4] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
    "C:\\Program Files (x86)\\Google\\Chrome\\Application\\chrome.exe",
];

/// What drives the page in tests.
pub struct Browser {
    /// Chrome or Chromium.
    pub program: PathBuf,
    /// ChromeDriver.
    pub driver: PathBuf,
}

impl Browser {
    /// Finds both.
    pub fn find() -> Result<Self, String> {
        let program = named_or_found("CHROME", &BROWSERS, &PLACES)?.ok_or(
            "Chrome or Chromium is missing: install one of them, or set CHROME to its program, and run this again.",
        )?;
        let driver = named_or_found("CHROMEDRIVER", &["chromedriver"], &[])?.ok_or(
            "ChromeDriver is missing: install the one of your browser's version (Debian: apt install chromium-driver), or set CHROMEDRIVER to its program, and run this again.",
        )?;
        if let (Some(of_program), Some(of_driver)) = (major(&program), major(&driver))
            && of_program != of_driver
        {
            return Err(format!(
                "{} is of version {of_program} and {} of version {of_driver}: install a ChromeDriver of the browser's version, or set CHROME and CHROMEDRIVER to a pair, and run this again.",
                program.display(),
                driver.display()
            ));
        }
        Ok(Self { program, driver })
    }

    /// The capabilities for the runner of browser unit tests: `webdriver.json` of the checkout, which
    /// browser, and the port through which it asks. Gives the file's path.
    pub fn write_capabilities(&self, folder: &Path, relay: u16) -> Result<PathBuf, String> {
        let text = std::fs::read_to_string("webdriver.json")
            .map_err(|error| format!("webdriver.json: {error}"))?;
        let program = self.program.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"");
        let through =
            format!("\"--proxy-server=127.0.0.1:{relay}\", \"--proxy-bypass-list=<-loopback>\"");
        let text = text
            .replacen("\"args\"", &format!("\"binary\": \"{program}\",\n    \"args\""), 1)
            .replacen("\"args\": [", &format!("\"args\": [{through}, "), 1);
        let file = folder.join("webdriver.json");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(&file, text))
            .map_err(|error| format!("{}: {error}", file.display()))?;
        std::path::absolute(&file).map_err(|error| format!("{}: {error}", file.display()))
    }
}

/// The program that a variable names, else the first that is found.
fn named_or_found(
    variable: &str,
    names: &[&str],
    places: &[&str],
) -> Result<Option<PathBuf>, String> {
    let Some(named) = std::env::var_os(variable).filter(|value| !value.is_empty()) else {
        return Ok(on_path(names).or_else(|| first_file(places.iter().map(PathBuf::from))));
    };
    let file = PathBuf::from(&named);
    if file.is_file() {
        return Ok(Some(file));
    }
    Err(format!("{variable} is set to {}, and there is no such program.", file.display()))
}

/// The first of the programs that is on the path.
pub fn on_path(names: &[&str]) -> Option<PathBuf> {
    let path: OsString = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    first_file(names.iter().flat_map(|name| {
        folders
            .iter()
            .map(move |folder| folder.join(name).with_extension(std::env::consts::EXE_EXTENSION))
    }))
}

fn first_file(mut files: impl Iterator<Item = PathBuf>) -> Option<PathBuf> {
    files.find(|file| file.is_file())
}

/// The first number of `Chromium 156.0.8078.79 …`; nothing where the program does not say.
fn major(program: &Path) -> Option<u32> {
    // On Windows, Chrome opens a window instead of telling its version.
    if cfg!(windows) {
        return None;
    }
    let output = Command::new(program).arg("--version").output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().find_map(|word| word.split('.').next()?.parse().ok())
}
