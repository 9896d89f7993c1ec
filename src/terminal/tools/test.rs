//! `test` and `[`.

use super::file;
use crate::terminal::process::Io;

/// Runs a test; the exit status.
pub(super) fn run(name: &str, words: &[&str], io: &mut Io<'_>) -> i32 {
    let close = if name == "[" { "]" } else { "" };
    let words = match (close, words.split_last()) {
        ("", _) => words,
        (close, Some((last, rest))) if *last == close => rest,
        _ => {
            io.error(&format!("bash: {name}: missing `{close}'"));
            return 2;
        }
    };
    match any(words, io) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(message) => {
            io.error(&format!("bash: {name}: {message}"));
            2
        }
    }
}

/// The parts between words such as `-o`; all of it where one of them would be empty.
fn parts<'a, 'b>(words: &'a [&'b str], at: &'static str) -> Vec<&'a [&'b str]> {
    let parts: Vec<&[&str]> = words.split(|word| *word == at).collect();
    if parts.iter().any(|part| part.is_empty()) { vec![words] } else { parts }
}

fn any(words: &[&str], io: &Io<'_>) -> Result<bool, String> {
    for part in parts(words, "-o") {
        if all(part, io)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn all(words: &[&str], io: &Io<'_>) -> Result<bool, String> {
    for part in parts(words, "-a") {
        if !one(part, io)? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn one(words: &[&str], io: &Io<'_>) -> Result<bool, String> {
    let signs = words.iter().take_while(|word| **word == "!").count();
    let signs = signs.min(words.len().saturating_sub(1));
    Ok(holds(words.get(signs..).unwrap_or_default(), io)? == signs.is_multiple_of(2))
}

/// Whether a file of the workspace is there, of the kind that `-f` and its kin ask for.
pub(crate) fn has_file(io: &Io<'_>, test: char, path: &str) -> bool {
    let inside = format!("{}/", path.trim_end_matches('/'));
    let folder = *path == *"." || io.terminal.files.keys().any(|file| file.starts_with(&inside));
    let text = file(io, path);
    match test {
        'd' => folder,
        'f' => text.is_some(),
        's' => text.is_some_and(|text| !text.is_empty()),
        'e' | 'r' | 'w' | 'x' => text.is_some() || folder,
        _ => false,
    }
}

fn holds(words: &[&str], io: &Io<'_>) -> Result<bool, String> {
    match words {
        [] => Ok(false),
        [text] => Ok(!text.is_empty()),
        ["-n", text] => Ok(!text.is_empty()),
        ["-z", text] => Ok(text.is_empty()),
        ["-e" | "-f" | "-r" | "-w" | "-x" | "-s" | "-d", path] => {
            let test = words.first().and_then(|word| word.chars().nth(1)).unwrap_or('e');
            Ok(has_file(io, test, path))
        }
        [left, "=" | "==", right] => Ok(left == right),
        [left, "!=", right] => Ok(left != right),
        [left, operator, right] => numbers(left, operator, right),
        [operator, _] => Err(format!("{operator}: unary operator expected")),
        _ => Err("too many arguments".into()),
    }
}

fn numbers(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    let number = |text: &str| {
        text.trim().parse::<i64>().map_err(|_| format!("{text}: integer expression expected"))
    };
    let compare: fn(&i64, &i64) -> bool = match operator {
        "-eq" => i64::eq,
        "-ne" => i64::ne,
        "-lt" | "<" => i64::lt,
        "-le" => i64::le,
        "-gt" | ">" => i64::gt,
        "-ge" => i64::ge,
        _ => return Err(format!("{operator}: binary operator expected")),
    };
    Ok(compare(&number(left)?, &number(right)?))
}
