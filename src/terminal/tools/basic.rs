//! Commands that are over at once: files, variables, echo, help.

use super::read::is_name;
use super::run::set_arguments;
use super::{file, test};
use crate::containers::shell::escape;
use crate::containers::shell::seq::Seq;
use crate::language::Text;
use crate::terminal::Effect;
use crate::terminal::process::{Io, Leave};

/// Runs a command; the exit status.
pub(super) fn run(name: &str, arguments: &[String], io: &mut Io<'_>) -> i32 {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match name {
        "true" | ":" | "shopt" | "alias" | "unalias" | "stty" | "apt" | "mkdir" | "hash" => 0,
        "set" => set(&words, io),
        "shift" => shift(&words, io),
        "let" => arithmetic(&words, io),
        "false" => 1,
        "echo" => echo(&words, io),
        "printf" => printf(&words, io),
        "test" | "[" => test::run(name, &words, io),
        "ls" | "ll" | "dir" => ls(&words, io),
        "rm" => rm(&words, io),
        "mv" | "cp" => copy(name, &words, io),
        "touch" => touch(&words, io),
        "pwd" => print(io, "/home/you\n"),
        "cd" => match words.first() {
            None | Some(&("." | "~" | "./")) => 0,
            Some(folder) => fail(io, &format!("bash: cd: {folder}: No such file or directory"), 1),
        },
        "whoami" => print(io, "you\n"),
        "hostname" => print(io, "podyard\n"),
        "seq" => seq(&words, io),
        "date" => date(&words, io),
        "clear" | "reset" | "cls" => {
            io.output.effect(Effect::Clear);
            0
        }
        "history" => history(&words, io),
        "help" => {
            let text = Text::new("terminal.help").render(io.terminal.language);
            print(io, &format!("{text}\n"))
        }
        "export" | "declare" | "local" | "readonly" => export(&words, io),
        "unset" => {
            words.iter().for_each(|name| drop(io.terminal.variables.remove(*name)));
            0
        }
        "env" | "printenv" => env(io),
        "break" | "continue" if io.loops == 0 => {
            let words = "only meaningful in a `for', `while', or `until' loop";
            fail(io, &format!("bash: {name}: {words}"), 0)
        }
        "break" | "continue" => {
            let levels = words.first().and_then(|word| word.parse().ok()).unwrap_or(1).max(1);
            let leave =
                if name == "break" { Leave::Break(levels) } else { Leave::Continue(levels) };
            *io.leave = Some(leave);
            0
        }
        "exit" | "logout" | "return" => {
            *io.leave = Some(Leave::Exit);
            words.first().and_then(|word| word.parse().ok()).unwrap_or(io.terminal.status)
        }
        "vi" | "vim" | "nano" | "code" | "emacs" | "open" | "edit" => edit(&words, io),
        "which" | "type" => which(name, &words, io),
        "-v" => which(name, &words, io),
        "basename" | "dirname" => last_part(name, &words, io),
        _ => unknown(name, io),
    }
}

fn print(io: &mut Io<'_>, text: &str) -> i32 {
    io.out(text);
    0
}

fn fail(io: &mut Io<'_>, text: &str, status: i32) -> i32 {
    io.error(text);
    status
}

fn unknown(name: &str, io: &mut Io<'_>) -> i32 {
    if name.contains('/') {
        return fail(io, &format!("bash: {name}: No such file or directory"), 127);
    }
    fail(io, &format!("bash: {name}: command not found"), 127)
}

fn echo(words: &[&str], io: &mut Io<'_>) -> i32 {
    let (mut newline, mut escapes, mut from) = (true, false, 0);
    for word in words {
        let letters = word.strip_prefix('-').filter(|letters| !letters.is_empty());
        match letters {
            Some(letters) if letters.chars().all(|letter| "neE".contains(letter)) => {
                newline &= !letters.contains('n');
                escapes |= letters.contains('e');
                from += 1;
            }
            _ => break,
        }
    }
    let mut text = words.get(from..).unwrap_or_default().join(" ");
    if escapes {
        let (plain, ended) = escape::unescape(&text, false);
        text = plain;
        newline &= !ended;
    }
    if newline {
        text.push('\n');
    }
    print(io, &text)
}

fn printf(words: &[&str], io: &mut Io<'_>) -> i32 {
    let words = words.strip_prefix(&["--"]).unwrap_or(words);
    let Some((format, words)) = words.split_first() else {
        return fail(io, "printf: usage: printf [-v var] format [arguments]", 2);
    };
    if let ("-v", [name, format, rest @ ..]) = (*format, words) {
        let text = escape::printf(format, rest).text;
        io.terminal.variables.insert((*name).to_owned(), text);
        return 0;
    }
    let printed = escape::printf(format, words);
    io.out(&printed.text);
    for word in &printed.no_numbers {
        io.error(&format!("bash: printf: {word}: invalid number"));
    }
    if let Some(letter) = &printed.no_format {
        let words = match letter.as_str() {
            "" => "`%': missing format character".to_owned(),
            letter => format!("`{letter}': invalid format character"),
        };
        io.error(&format!("bash: printf: {words}"));
    }
    i32::from(printed.no_format.is_some() || !printed.no_numbers.is_empty())
}

/// Files by name; what lies in a folder is shown as the folder.
fn ls(words: &[&str], io: &mut Io<'_>) -> i32 {
    let long = words.iter().any(|word| word.starts_with('-') && word.contains('l'));
    let asked: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    let folders: Vec<&str> = if asked.is_empty() { vec!["."] } else { asked };
    let mut status = 0;
    for asked in folders {
        let folder = asked.trim_start_matches("./").trim_matches('/');
        let folder = if folder == "." { "" } else { folder };
        let mut names: Vec<(String, usize)> = Vec::new();
        for (name, text) in &io.terminal.files {
            let inside = match folder {
                "" => Some(name.as_str()),
                _ if name == folder => Some(name.as_str()),
                _ => name.strip_prefix(folder).and_then(|rest| rest.strip_prefix('/')),
            };
            let Some(inside) = inside else { continue };
            let shown = match inside.split_once('/') {
                Some((first, _)) if name != folder => first,
                _ => inside,
            };
            if names.last().is_none_or(|(last, _)| last != shown) {
                names.push((shown.to_owned(), text.len()));
            }
        }
        if names.is_empty() && !folder.is_empty() {
            status =
                fail(io, &format!("ls: cannot access '{asked}': No such file or directory"), 2);
        }
        for (name, size) in names {
            let line = match long {
                true => format!("-rw-r--r-- 1 you you {size:>6} {name}\n"),
                false => format!("{name}\n"),
            };
            io.out(&line);
        }
    }
    status
}

fn rm(words: &[&str], io: &mut Io<'_>) -> i32 {
    let flags: String = words.iter().filter(|word| word.starts_with('-')).copied().collect();
    let (force, recursive) = (flags.contains('f'), flags.contains(['r', 'R']));
    let mut status = 0;
    let names: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    if names.is_empty() && !force {
        return fail(io, "rm: missing operand\nTry 'rm --help' for more information.", 1);
    }
    for name in names {
        let plain = name.strip_prefix("./").unwrap_or(name).trim_end_matches('/');
        if io.terminal.files.remove(plain).is_some() {
            continue;
        }
        let inside = format!("{plain}/");
        let is_folder = io.terminal.files.keys().any(|file| file.starts_with(&inside));
        match (is_folder, recursive, force) {
            (true, true, _) => io.terminal.files.retain(|file, _| !file.starts_with(&inside)),
            (true, false, _) => {
                status = fail(io, &format!("rm: cannot remove '{name}': Is a directory"), 1);
            }
            (false, _, true) => {}
            (false, _, false) => {
                let words = format!("rm: cannot remove '{name}': No such file or directory");
                status = fail(io, &words, 1);
            }
        }
    }
    status
}

fn copy(command: &str, words: &[&str], io: &mut Io<'_>) -> i32 {
    let names: Vec<&str> = words.iter().copied().filter(|word| !word.starts_with('-')).collect();
    let [from, to] = names.as_slice() else {
        return fail(io, &format!("{command}: missing file operand"), 1);
    };
    let Some(text) = file(io, from) else {
        return fail(io, &format!("{command}: cannot stat '{from}': No such file or directory"), 1);
    };
    let plain = |name: &str| name.strip_prefix("./").unwrap_or(name).to_owned();
    if command == "mv" {
        io.terminal.files.remove(&plain(from));
    }
    io.terminal.files.insert(plain(to), text);
    0
}

fn touch(words: &[&str], io: &mut Io<'_>) -> i32 {
    for name in words.iter().filter(|word| !word.starts_with('-')) {
        io.terminal.files.entry((*name).to_owned()).or_default();
    }
    0
}

/// So many bytes `seq` writes at most.
const LONGEST_SEQ: usize = 1 << 20;

fn seq(words: &[&str], io: &mut Io<'_>) -> i32 {
    let seq = Seq::read(words);
    let mut numbers = Vec::new();
    for word in seq.words {
        match word.parse::<i64>() {
            Ok(number) => numbers.push(number),
            Err(_) => {
                return fail(io, &format!("seq: invalid floating point argument: '{word}'"), 1);
            }
        }
    }
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] if *step != 0 => (*first, *step, *last),
        [_, _, _] => return fail(io, "seq: invalid Zero increment value: '0'", 1),
        _ => return fail(io, "seq: missing operand", 1),
    };
    print(io, &seq.text((first, step, last), LONGEST_SEQ))
}

fn date(words: &[&str], io: &mut Io<'_>) -> i32 {
    let (mut now, mut format) = (io.cluster.now(), None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        match (word.strip_prefix('+'), *word) {
            (Some(text), _) => format = Some(text),
            (None, "-u" | "--utc") => {}
            (None, "-I" | "--iso-8601") => format = Some("%F"),
            (None, "-Is" | "-Iseconds") => format = Some("%FT%T+00:00"),
            (None, "-R") => format = Some("%a, %d %b %Y %T +0000"),
            (None, "-d") => {
                let text = words.next().copied().unwrap_or_default();
                match text.strip_prefix('@').and_then(|seconds| seconds.parse().ok()) {
                    Some(seconds) => now = crate::sim::Time::from_unix_seconds(seconds),
                    None => {
                        let words = "only seconds since 1970 (@0) are dates in this terminal";
                        return fail(io, &format!("date: {text}: {words}"), 1);
                    }
                }
            }
            (None, word) if word.starts_with('-') => {
                let words = "this option is not part of this terminal";
                return fail(io, &format!("date: {word}: {words}"), 1);
            }
            (None, word) => return fail(io, &format!("date: invalid date '{word}'"), 1),
        }
    }
    let text = match format {
        None => crate::containers::shell::date_line(now),
        Some(format) => {
            let at = chrono::DateTime::from_timestamp(now.unix_seconds(), 0).unwrap_or_default();
            let mut text = String::new();
            // A wrong format is an error of the writer, not a reason to fall over.
            match std::fmt::Write::write_fmt(&mut text, format_args!("{}", at.format(format))) {
                Ok(()) => text,
                Err(_) => format.to_owned(),
            }
        }
    };
    print(io, &format!("{text}\n"))
}

fn history(words: &[&str], io: &mut Io<'_>) -> i32 {
    if words.first() == Some(&"-c") {
        io.terminal.history.clear();
        return 0;
    }
    let count = words.first().and_then(|word| word.parse().ok()).unwrap_or(usize::MAX);
    let skip = io.terminal.history.len().saturating_sub(count);
    let lines = io.terminal.history.iter().enumerate().skip(skip);
    let text: String = lines.map(|(index, line)| format!("{:>5}  {line}\n", index + 1)).collect();
    print(io, &text)
}

fn export(words: &[&str], io: &mut Io<'_>) -> i32 {
    for word in words.iter().filter(|word| !word.starts_with('-')) {
        let (name, value) =
            word.split_once('=').map_or((*word, None), |(name, value)| (name, Some(value)));
        if !is_name(name) {
            return fail(io, &format!("bash: export: `{word}': not a valid identifier"), 1);
        }
        if let Some(value) = value {
            io.terminal.variables.insert(name.to_owned(), value.to_owned());
        }
    }
    0
}

/// `set -- WORDS`, and nothing that would change how commands run.
fn set(words: &[&str], io: &mut Io<'_>) -> i32 {
    match words {
        [] => env(io),
        ["-o" | "+o", "vi" | "emacs" | "history"] | ["+e" | "+u" | "+x" | "+o", ..] => 0,
        ["--", rest @ ..] => {
            let words = rest.iter().map(ToString::to_string).collect();
            set_arguments(&mut io.terminal.variables, words);
            0
        }
        [flag, ..] if flag.starts_with('-') => {
            fail(io, &format!("bash: set: {flag}: this option is not part of this terminal"), 2)
        }
        words => {
            let words = words.iter().map(ToString::to_string).collect();
            set_arguments(&mut io.terminal.variables, words);
            0
        }
    }
}

fn shift(words: &[&str], io: &mut Io<'_>) -> i32 {
    let variables = &mut io.terminal.variables;
    let count: usize = variables.get("#").and_then(|count| count.parse().ok()).unwrap_or(0);
    let by = words.first().map_or(Some(1), |word| word.parse().ok());
    let Some(by) = by.filter(|by| *by <= count) else { return 1 };
    let rest = (by + 1..=count).map(|at| variables.get(&at.to_string()).cloned());
    let rest = rest.map(Option::unwrap_or_default).collect();
    set_arguments(variables, rest);
    0
}

fn arithmetic(words: &[&str], io: &mut Io<'_>) -> i32 {
    let mut status = 1;
    for word in words {
        let variables =
            |name: &str| io.terminal.variables.get(name).map(|value| value.as_str().into());
        match crate::containers::shell::arithmetic::evaluate(word, &variables) {
            Ok((value, assigned)) => {
                status = i32::from(value == 0);
                for (name, value) in assigned {
                    io.terminal.variables.insert(name.to_string(), value.to_string());
                }
            }
            Err(wrong) => return fail(io, &format!("bash: let: {word}: {}", wrong.in_bash()), 1),
        }
    }
    status
}

fn last_part(command: &str, words: &[&str], io: &mut Io<'_>) -> i32 {
    let Some(path) = words.first() else {
        return fail(io, &format!("{command}: missing operand"), 1);
    };
    let path = path.trim_end_matches('/');
    let text = match (path.rsplit_once('/'), command) {
        (Some((_, name)), "basename") => name,
        (None, "basename") => path,
        (Some((folder, _)), _) => folder,
        (None, _) => ".",
    };
    let text = match (command, words.get(1)) {
        ("basename", Some(end)) => {
            text.strip_suffix(end).filter(|kept| !kept.is_empty()).unwrap_or(text)
        }
        _ => text,
    };
    let text = if text.is_empty() { "/" } else { text };
    print(io, &format!("{text}\n"))
}

fn env(io: &mut Io<'_>) -> i32 {
    let all = io.terminal.variables.iter().filter(|(name, _)| is_name(name));
    let text: String = all.map(|(name, value)| format!("{name}={value}\n")).collect();
    print(io, &text)
}

/// An editor: the page opens the file there.
fn edit(words: &[&str], io: &mut Io<'_>) -> i32 {
    let Some(name) = words.iter().find(|word| !word.starts_with('-')) else {
        return fail(io, "name a file to edit, for example: vi pod.yaml", 1);
    };
    let name = name.strip_prefix("./").unwrap_or(name).to_owned();
    io.terminal.files.entry(name.clone()).or_default();
    io.output.effect(Effect::OpenEditor(name));
    0
}

fn which(command: &str, words: &[&str], io: &mut Io<'_>) -> i32 {
    let mut status = 0;
    for word in words {
        let known = super::NAMES.contains(word) || matches!(*word, "k" | "yard");
        match (known, command) {
            (true, "-v" | "which") => io.out(&format!("/usr/local/bin/{word}\n")),
            (true, _) => io.out(&format!("{word} is /usr/local/bin/{word}\n")),
            (false, "-v" | "which") => status = 1,
            (false, _) => status = fail(io, &format!("bash: type: {word}: not found"), 1),
        }
    }
    status
}
