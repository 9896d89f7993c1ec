//! Commands that run others: scripts with `bash` and `source`, `eval`, `xargs`.

use std::collections::BTreeMap;

use super::{file, start as start_command};
use crate::terminal::process::{Finished, Input, Io, Leave, Output, Process, Turn};
use crate::terminal::shell::{Task, parse};

/// Begins one of these commands.
pub(super) fn start(name: &str, arguments: Vec<String>, io: &mut Io<'_>) -> Box<dyn Process> {
    match name {
        "eval" => script(&arguments.join(" "), None, io),
        "source" | "." => source(&arguments, io),
        "xargs" => xargs(arguments, io),
        _ => shell(&arguments, io),
    }
}

fn fail(io: &mut Io<'_>, words: &str, status: i32) -> Box<dyn Process> {
    io.error(words);
    Box::new(Finished(status))
}

/// A script at work.
#[derive(Debug)]
struct Script {
    task: Task,
    /// What variables are again afterwards, if it has a shell of its own.
    saved: Option<BTreeMap<String, String>>,
}

impl Process for Script {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let turn = self.task.poll(io);
        if let Turn::Done(_) = turn
            && let Some(saved) = self.saved.take()
        {
            io.terminal.variables = saved;
            *io.leave = None;
        }
        turn
    }
}

fn script(
    text: &str,
    saved: Option<BTreeMap<String, String>>,
    io: &mut Io<'_>,
) -> Box<dyn Process> {
    match parse::script(text) {
        Ok(script) => Box::new(Script { task: Task::list(script), saved }),
        Err(words) => {
            if let Some(saved) = saved {
                io.terminal.variables = saved;
            }
            fail(io, &words, 2)
        }
    }
}

fn source(arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let Some(name) = arguments.first() else {
        return fail(io, "bash: source: filename argument required", 2);
    };
    match file(io, name) {
        Some(text) => script(&text, None, io),
        // What a shell reads at its beginning, and what completes its lines, is as if it were there.
        None if name.starts_with('/')
            || name.contains("/.")
            || name.starts_with('.') && !name.starts_with("./") =>
        {
            Box::new(Finished(0))
        }
        None => fail(io, &format!("bash: {name}: No such file or directory"), 1),
    }
}

/// `bash FILE`, `bash -c TEXT`, or what comes through a pipe.
#[derive(Debug)]
struct FromInput {
    inner: Option<Box<dyn Process>>,
}

impl Process for FromInput {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if self.inner.is_none() {
            let Some(text) = io.input.all() else { return Turn::Waits(None) };
            let saved = io.terminal.variables.clone();
            self.inner = Some(script(&text, Some(saved), io));
        }
        match &mut self.inner {
            Some(inner) => inner.poll(io),
            None => Turn::Done(0),
        }
    }
}

fn shell(arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let mut words =
        arguments.iter().map(String::as_str).skip_while(|word| matches!(*word, "-l" | "-i"));
    let text = match words.next() {
        // A person who begins another shell sits in front of the same one.
        None if io.input.person => return Box::new(Finished(0)),
        None => return Box::new(FromInput { inner: None }),
        Some("-c") => match words.next() {
            Some(text) => {
                if let Some(name) = words.next() {
                    io.terminal.variables.insert("0".into(), name.to_owned());
                }
                text.to_owned()
            }
            None => return fail(io, "bash: -c: option requires an argument", 2),
        },
        Some(flag) if flag.starts_with('-') => {
            return fail(io, &format!("bash: {flag}: this option is not part of this terminal"), 2);
        }
        Some(name) => match file(io, name) {
            Some(text) => text.to_string(),
            None => return fail(io, &format!("bash: {name}: No such file or directory"), 127),
        },
    };
    let saved = io.terminal.variables.clone();
    set_arguments(&mut io.terminal.variables, words.map(str::to_owned).collect());
    script(&text, Some(saved), io)
}

/// `$1`, `$2` and so on, `$#` and `$@`: variables that no other can be called like.
pub(super) fn set_arguments(variables: &mut BTreeMap<String, String>, words: Vec<String>) {
    variables.retain(|name, _| {
        !name.starts_with(|letter: char| matches!(letter, '1'..='9' | '#' | '@'))
    });
    variables.insert("#".into(), words.len().to_string());
    variables.insert("@".into(), words.join(" "));
    for (at, word) in words.into_iter().enumerate() {
        variables.insert((at + 1).to_string(), word);
    }
}

/// Runs a command with words from standard input.
#[derive(Debug)]
struct Xargs {
    command: Vec<String>,
    /// At most so many words at a time.
    most: usize,
    /// What stands for a line in the command.
    place: Option<String>,
    by_lines: bool,
    even_without: bool,
    calls: Option<std::vec::IntoIter<Vec<String>>>,
    current: Option<Box<dyn Process>>,
    status: i32,
}

/// As many bytes may the words of a command have.
const LONGEST: usize = 128 * 1024;

fn xargs(arguments: Vec<String>, io: &mut Io<'_>) -> Box<dyn Process> {
    let (mut most, mut place, mut by_lines, mut even_without) = (usize::MAX, None, false, true);
    let mut words = arguments.into_iter();
    let mut command = Vec::new();
    while let Some(word) = words.next() {
        let flag = word.get(..2).filter(|_| word.starts_with('-'));
        match flag {
            Some("-r" | "-t") if word.len() == 2 => even_without &= word != "-r",
            Some("--") if word == "--no-run-if-empty" => even_without = false,
            Some(flag @ ("-n" | "-L" | "-I" | "-P" | "-d" | "-i")) => {
                let value = match word.get(2..) {
                    Some(value) if !value.is_empty() => value.to_owned(),
                    _ if flag == "-i" => "{}".to_owned(),
                    _ => words.next().unwrap_or_default(),
                };
                match (flag, value.parse::<usize>()) {
                    ("-I" | "-i", _) => place = Some(value),
                    ("-d", _) if matches!(value.as_str(), "\\n" | "\n") => by_lines = true,
                    ("-P", Ok(_)) => {}
                    ("-n" | "-L", Ok(number)) if number > 0 => {
                        most = number;
                        by_lines |= flag == "-L";
                    }
                    ("-d", _) => {
                        return fail(io, "xargs: -d: only lines are separated in this terminal", 1);
                    }
                    (flag, _) => {
                        let words = format!("xargs: invalid number \"{value}\" for {flag} option");
                        return fail(io, &words, 1);
                    }
                }
            }
            Some(_) => {
                return fail(
                    io,
                    &format!("xargs: {word}: this option is not part of this terminal"),
                    1,
                );
            }
            None => {
                command.push(word);
                command.extend(words);
                break;
            }
        }
    }
    if command.is_empty() {
        command.push("echo".into());
    }
    by_lines |= place.is_some();
    Box::new(Xargs {
        command,
        most,
        place,
        by_lines,
        even_without,
        calls: None,
        current: None,
        status: 0,
    })
}

impl Xargs {
    /// The commands that a text makes.
    fn calls(&self, text: &str) -> Result<Vec<Vec<String>>, String> {
        let words = match self.by_lines {
            true => {
                let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty());
                lines.map(str::to_owned).collect()
            }
            false => words(text)?,
        };
        if let Some(place) = &self.place {
            let call =
                |line: &String| self.command.iter().map(|word| word.replace(place, line)).collect();
            return Ok(words.iter().map(call).collect());
        }
        if words.is_empty() {
            return Ok(if self.even_without { vec![self.command.clone()] } else { Vec::new() });
        }
        let (mut calls, mut call, mut length) = (Vec::new(), Vec::new(), 0);
        for word in words {
            if call.len() >= self.most || length + word.len() > LONGEST && !call.is_empty() {
                calls.push(std::mem::take(&mut call));
                length = 0;
            }
            length += word.len() + 1;
            call.push(word);
        }
        calls.push(call);
        Ok(calls
            .into_iter()
            .map(|call| self.command.iter().cloned().chain(call).collect())
            .collect())
    }
}

/// Words between blanks; quotes hold together.
fn words(text: &str) -> Result<Vec<String>, String> {
    let (mut all, mut word, mut quote) = (Vec::new(), None::<String>, None);
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(open), letter) if open == letter => quote = None,
            (Some(_), '\n') => break,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '\\') => word.get_or_insert_default().extend(letters.next()),
            (None, letter) if letter.is_whitespace() => all.extend(word.take()),
            (_, letter) => word.get_or_insert_default().push(letter),
        }
    }
    match quote {
        Some('"') => Err("xargs: unmatched double quote; by default quotes are special to xargs unless you use the -0 option".into()),
        Some(_) => Err("xargs: unmatched single quote; by default quotes are special to xargs unless you use the -0 option".into()),
        None => {
            all.extend(word);
            Ok(all)
        }
    }
}

impl Process for Xargs {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if self.calls.is_none() {
            let Some(text) = io.input.all() else { return Turn::Waits(None) };
            match self.calls(&text) {
                Ok(calls) => self.calls = Some(calls.into_iter()),
                Err(words) => {
                    io.error(&words);
                    return Turn::Done(1);
                }
            }
        }
        loop {
            if let Some(current) = &mut self.current {
                let mut output = Output::default();
                let mut input = Input::of(String::new());
                let turn = current.poll(&mut io.with(&mut input, &mut output));
                io.output.append(output);
                *io.leave = None::<Leave>;
                match turn {
                    Turn::Done(127) => return Turn::Done(127),
                    Turn::Done(status) => self.status = if status == 0 { self.status } else { 123 },
                    waits => return waits,
                }
                self.current = None;
            }
            // What comes next sees what followed from the command before it.
            if !io.cluster.settled() {
                return Turn::Waits(Some(io.cluster.now()));
            }
            let Some(call) = self.calls.as_mut().and_then(Iterator::next) else {
                return Turn::Done(self.status);
            };
            let mut output = Output::default();
            let mut input = Input::of(String::new());
            self.current = Some(start_command(call, &mut io.with(&mut input, &mut output)));
            io.output.append(output);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_between_blanks_and_quotes() {
        let read = |text: &str| words(text).map(|words| words.join("|"));
        assert_eq!(read("a b\n c\\ d 'e f'\"g\" ''"), Ok("a|b|c d|e fg|".into()));
        assert!(read("it's").is_err());
    }
}
