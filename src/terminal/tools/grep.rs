//! `grep`. Follows GNU grep.

use super::file;
use crate::containers::shell::pattern::Pattern;
use crate::terminal::process::{Finished, Io, Process, Turn};

#[derive(Clone, Debug, Default)]
struct Options {
    fold: bool,
    invert: bool,
    count: bool,
    quiet: bool,
    numbers: bool,
    only: bool,
    extended: bool,
    fixed: bool,
    word: bool,
    names_only: bool,
    after: usize,
    before: usize,
}

/// Lines as they come.
#[derive(Debug)]
struct Grep {
    options: Options,
    patterns: Vec<Pattern>,
    /// What stands before each line: the file's name, if there are several.
    files: Vec<(String, String)>,
    from_input: bool,
    many: bool,
    state: State,
    missing: bool,
}

#[derive(Debug, Default)]
struct State {
    number: usize,
    hits: usize,
    trailing: usize,
    recent: Vec<(usize, String)>,
    last_shown: usize,
}

fn usage(io: &mut Io<'_>) -> Box<dyn Process> {
    io.error("Usage: grep [OPTION]... PATTERNS [FILE]...\nTry 'grep --help' for more information.");
    Box::new(Finished(2))
}

/// Begins `grep`.
pub(super) fn start(name: &str, arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let mut options =
        Options { extended: name == "egrep", fixed: name == "fgrep", ..Options::default() };
    let (mut patterns, mut files, mut words) = (Vec::new(), Vec::new(), arguments.iter());
    let mut plain = false;
    while let Some(word) = words.next() {
        if plain || !word.starts_with('-') || word.len() == 1 {
            files.push(word.clone());
            continue;
        }
        match word.as_str() {
            "--" => plain = true,
            "--ignore-case" => options.fold = true,
            "--invert-match" => options.invert = true,
            "--count" => options.count = true,
            "--quiet" | "--silent" => options.quiet = true,
            "--line-number" => options.numbers = true,
            "--only-matching" => options.only = true,
            "--extended-regexp" => options.extended = true,
            "--fixed-strings" => options.fixed = true,
            "--word-regexp" => options.word = true,
            "--line-buffered" => {}
            long if long.starts_with("--color") => {}
            long if long.starts_with("--") => {
                io.error(&format!("grep: unrecognized option '{long}'"));
                return usage(io);
            }
            short => {
                let mut letters = short.chars().skip(1);
                while let Some(letter) = letters.next() {
                    if let Some(number) = letter.to_digit(10) {
                        let number = usize::try_from(number).unwrap_or(0);
                        (options.after, options.before) = (number, number);
                        continue;
                    }
                    if matches!(letter, 'e' | 'A' | 'B' | 'C') {
                        let rest: String = letters.collect();
                        let value =
                            if rest.is_empty() { words.next().cloned() } else { Some(rest) };
                        let Some(value) = value else {
                            io.error(&format!("grep: option requires an argument -- '{letter}'"));
                            return usage(io);
                        };
                        let number = value.parse::<usize>();
                        match (letter, number) {
                            ('e', _) => patterns.push(value),
                            ('A', Ok(number)) => options.after = number,
                            ('B', Ok(number)) => options.before = number,
                            (_, Ok(number)) => (options.after, options.before) = (number, number),
                            (_, Err(_)) => {
                                io.error(&format!(
                                    "grep: {value}: invalid context length argument"
                                ));
                                return Box::new(Finished(2));
                            }
                        }
                        break;
                    }
                    match letter {
                        'i' | 'y' => options.fold = true,
                        'v' => options.invert = true,
                        'c' => options.count = true,
                        'q' => options.quiet = true,
                        'n' => options.numbers = true,
                        'o' => options.only = true,
                        'E' | 'P' => options.extended = true,
                        'F' => options.fixed = true,
                        'G' => options.extended = false,
                        'w' => options.word = true,
                        'l' => options.names_only = true,
                        'h' | 's' | 'H' | 'a' | 'r' => {}
                        other => {
                            io.error(&format!("grep: invalid option -- '{other}'"));
                            return usage(io);
                        }
                    }
                }
            }
        }
    }
    if patterns.is_empty() {
        if files.is_empty() {
            return usage(io);
        }
        patterns.push(files.remove(0));
    }
    let mut read = Vec::new();
    for text in patterns.iter().flat_map(|text| text.split('\n')) {
        let pattern = match (options.fixed, options.word) {
            (true, _) => Ok(Pattern::literal(text, options.fold)),
            (false, true) if options.extended => {
                Pattern::parse(&format!("\\b({text})\\b"), true, options.fold)
            }
            (false, true) => Pattern::parse(&format!("\\b\\({text}\\)\\b"), false, options.fold),
            (false, false) => Pattern::parse(text, options.extended, options.fold),
        };
        match pattern {
            Ok(pattern) => read.push(pattern),
            Err(words) => {
                io.error(&format!("grep: {words}"));
                return Box::new(Finished(2));
            }
        }
    }
    begin(options, read, &files, io)
}

fn begin(
    options: Options,
    patterns: Vec<Pattern>,
    names: &[String],
    io: &mut Io<'_>,
) -> Box<dyn Process> {
    let mut files = Vec::new();
    let mut missing = false;
    for name in names.iter().filter(|name| *name != "-") {
        match file(io, name) {
            Some(text) => files.push((name.clone(), text.to_string())),
            None => {
                io.error(&format!("grep: {name}: No such file or directory"));
                missing = true;
            }
        }
    }
    files.reverse();
    let from_input = names.is_empty() || names.iter().any(|name| name == "-");
    let many = names.len() > 1;
    Box::new(Grep { options, patterns, files, from_input, many, state: State::default(), missing })
}

impl Grep {
    fn hit(&self, line: &str) -> bool {
        self.patterns.iter().any(|pattern| pattern.fits(line)) != self.options.invert
    }

    fn prefix(&self, name: &str, number: usize, mark: char) -> String {
        let mut prefix = String::new();
        if self.many {
            prefix.push_str(&format!("{name}{mark}"));
        }
        if self.options.numbers {
            prefix.push_str(&format!("{number}{mark}"));
        }
        prefix
    }

    fn line(&mut self, name: &str, line: &str, io: &mut Io<'_>) {
        let line = line.strip_suffix('\n').unwrap_or(line);
        self.state.number += 1;
        let number = self.state.number;
        let hit = self.hit(line);
        let options = &self.options;
        self.state.hits += usize::from(hit);
        if options.count || options.quiet || options.names_only {
            return;
        }
        if !hit {
            if self.state.trailing > 0 {
                self.state.trailing -= 1;
                self.state.last_shown = number;
                io.out(&format!("{}{line}\n", self.prefix(name, number, '-')));
            } else if options.before > 0 {
                self.state.recent.push((number, line.to_owned()));
                if self.state.recent.len() > options.before {
                    self.state.recent.remove(0);
                }
            }
            return;
        }
        let context = options.before > 0 || options.after > 0;
        let first = self.state.recent.first().map_or(number, |(number, _)| *number);
        if context && self.state.last_shown > 0 && first > self.state.last_shown + 1 {
            io.out("--\n");
        }
        for (number, line) in std::mem::take(&mut self.state.recent) {
            io.out(&format!("{}{line}\n", self.prefix(name, number, '-')));
        }
        self.state.trailing = self.options.after;
        self.state.last_shown = number;
        let prefix = self.prefix(name, number, ':');
        if !self.options.only {
            io.out(&format!("{prefix}{line}\n"));
            return;
        }
        let letters: Vec<char> = line.chars().collect();
        for pattern in &self.patterns {
            let mut from = 0;
            while let Some((start, end)) = pattern.find(&letters, from) {
                if end > start {
                    let piece: String =
                        letters.get(start..end).unwrap_or_default().iter().collect();
                    io.out(&format!("{prefix}{piece}\n"));
                }
                from = end.max(start + 1);
            }
        }
    }

    /// What is told at the end of a file.
    fn end(&mut self, name: &str, io: &mut Io<'_>) -> usize {
        let state = std::mem::take(&mut self.state);
        let prefix = if self.many { format!("{name}:") } else { String::new() };
        if self.options.count {
            io.out(&format!("{prefix}{}\n", state.hits));
        }
        if self.options.names_only && state.hits > 0 {
            io.out(&format!("{name}\n"));
        }
        state.hits
    }

    const fn status(&self, hits: usize) -> Turn {
        Turn::Done(match (self.missing, hits) {
            (true, _) => 2,
            (false, 0) => 1,
            (false, _) => 0,
        })
    }
}

impl Process for Grep {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if self.from_input {
            while let Some(line) = io.input.line() {
                self.line("(standard input)", &line, io);
                if self.options.quiet && self.state.hits > 0 {
                    return Turn::Done(0);
                }
            }
            if !io.input.closed {
                return Turn::Waits(None);
            }
        }
        let mut hits = if self.from_input { self.end("(standard input)", io) } else { 0 };
        while let Some((name, text)) = self.files.pop() {
            for line in text.lines() {
                self.line(&name, line, io);
            }
            hits += self.end(&name, io);
        }
        self.status(hits)
    }
}
