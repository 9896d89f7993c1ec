//! `test`, `[` and the simple part of `[[`.

use super::file;
use crate::containers::shell::expand::glob;
use crate::terminal::process::Io;

/// Runs a test; the exit status.
pub(super) fn run(name: &str, words: &[&str], io: &mut Io<'_>) -> i32 {
    let close = match name {
        "[" => "]",
        "[[" => "]]",
        _ => "",
    };
    let words = match (close, words.split_last()) {
        ("", _) => words,
        (close, Some((last, rest))) if *last == close => rest,
        _ => {
            io.error(&format!("bash: {name}: missing `{close}'"));
            return 2;
        }
    };
    match any(name, words, io) {
        Ok(true) => 0,
        Ok(false) => 1,
        Err(message) => {
            io.error(&format!("bash: {name}: {message}"));
            2
        }
    }
}

fn split<'a, 'b>(words: &'a [&'b str], at: &[&str]) -> Option<(&'a [&'b str], &'a [&'b str])> {
    let found = words.iter().position(|word| at.contains(word))?;
    Some((words.get(..found)?, words.get(found + 1..)?))
}

fn any(name: &str, words: &[&str], io: &Io<'_>) -> Result<bool, String> {
    match split(words, &["-o", "||"]).filter(|(left, _)| !left.is_empty()) {
        Some((left, right)) => Ok(all(name, left, io)? || any(name, right, io)?),
        None => all(name, words, io),
    }
}

fn all(name: &str, words: &[&str], io: &Io<'_>) -> Result<bool, String> {
    match split(words, &["-a", "&&"]).filter(|(left, _)| !left.is_empty()) {
        Some((left, right)) => Ok(one(name, left, io)? && all(name, right, io)?),
        None => one(name, words, io),
    }
}

fn one(name: &str, words: &[&str], io: &Io<'_>) -> Result<bool, String> {
    match words {
        [] => Ok(false),
        ["!", rest @ ..] => Ok(!one(name, rest, io)?),
        [text] => Ok(!text.is_empty()),
        ["-n", text] => Ok(!text.is_empty()),
        ["-z", text] => Ok(text.is_empty()),
        ["-e" | "-f" | "-r" | "-w", path] => Ok(file(io, path).is_some()),
        ["-s", path] => Ok(file(io, path).is_some_and(|text| !text.is_empty())),
        ["-d", path] => {
            let inside = format!("{}/", path.trim_end_matches('/'));
            Ok(*path == "." || io.terminal.files.keys().any(|file| file.starts_with(&inside)))
        }
        [left, "=" | "==", right] if name == "[[" => Ok(glob(right, left)),
        [left, "!=", right] if name == "[[" => Ok(!glob(right, left)),
        [left, "=" | "==", right] => Ok(left == right),
        [left, "!=", right] => Ok(left != right),
        [left, operator, right] => numbers(left, operator, right),
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
