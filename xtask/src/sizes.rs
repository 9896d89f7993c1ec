//! What a first visit transfers.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

/// The budget of the first visit, brotli.
const BUDGET_KILOBYTES: usize = 450;

/// Prints every file of the build with its size, and the sum of a first visit.
pub fn print(folder: &str) -> Result<(), String> {
    let mut files = Vec::new();
    list(Path::new(folder), &mut files)?;
    files.sort();
    println!("\n{:<52} {:>9} {:>9}", "file", "raw", "brotli");
    let mut first = 0;
    for file in files {
        let bytes = std::fs::read(&file).map_err(|error| error.to_string())?;
        let packed = brotli(&bytes)?;
        let name = file.strip_prefix(folder).unwrap_or(&file).to_string_lossy().into_owned();
        // The editor, documentation and second language are loaded after the first picture.
        let later = name.contains("editor") || name.contains("docs");
        println!("{name:<52} {:>9} {packed:>9}{}", bytes.len(), if later { "  later" } else { "" });
        if !later {
            first += packed;
        }
    }
    println!("first visit: {} KB brotli (budget {BUDGET_KILOBYTES} KB)\n", first / 1000);
    Ok(())
}

fn list(folder: &Path, files: &mut Vec<std::path::PathBuf>) -> Result<(), String> {
    for entry in
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?
    {
        let path = entry.map_err(|error| error.to_string())?.path();
        if path.is_dir() { list(&path, files)? } else { files.push(path) }
    }
    Ok(())
}

/// The size after brotli, by Node.js, which is there anyway.
fn brotli(bytes: &[u8]) -> Result<usize, String> {
    let script = "const z=require('zlib');const c=[];process.stdin.on('data',d=>c.push(d)).on('end',()=>console.log(z.brotliCompressSync(Buffer.concat(c)).length))";
    let mut child = Command::new("node")
        .args(["-e", script])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(|error| error.to_string())?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(bytes).map_err(|error| error.to_string())?;
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    String::from_utf8_lossy(&output.stdout)
        .trim()
        .parse()
        .map_err(|_| "node gave no size".to_owned())
}
