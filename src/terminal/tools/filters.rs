//! Commands that read lines and write lines: cat, head, tail, wc, sort, uniq, cut, tr, tee, nl, tac, sed.

mod call;

pub(super) use self::call::{flags, invalid};

use super::file;
use super::sed::Call;
use crate::containers::shell::sed::Sed;
use crate::sim::order::Order as _;
use crate::terminal::process::{Finished, Io, Process, Turn};

/// What is done with the lines.
#[derive(Debug)]
enum Kind {
    Cat {
        number: bool,
    },
    Head {
        lines: usize,
        seen: usize,
        bytes: bool,
    },
    /// `None`: the last lines; `Some`: from a line on (`tail -n +2`).
    Tail {
        lines: usize,
        from: Option<usize>,
        follow: bool,
    },
    Wc {
        lines: bool,
        words: bool,
        bytes: bool,
    },
    Sort {
        reverse: bool,
        numeric: bool,
        unique: bool,
        key: Option<usize>,
        separator: Option<char>,
        fold: bool,
    },
    Uniq {
        count: bool,
        repeated: bool,
        last: Option<String>,
        times: usize,
    },
    Cut {
        delimiter: char,
        fields: Vec<(usize, usize)>,
        letters: bool,
    },
    Tr {
        from: Vec<char>,
        to: Vec<char>,
        delete: bool,
        squeeze: bool,
    },
    Tee {
        names: Vec<String>,
    },
    Tac,
    Sed(Sed),
}

/// A filter over files or standard input.
#[derive(Debug)]
struct Filter {
    name: String,
    kind: Kind,
    files: Vec<(String, String)>,
    from_input: bool,
    /// Everything, for filters that need all of it.
    text: String,
    missing: bool,
    number: usize,
}

fn wrong(io: &mut Io<'_>, words: &str) -> Box<dyn Process> {
    io.error(words);
    Box::new(Finished(1))
}

/// Begins a filter.
pub(super) fn start(name: &str, arguments: &[String], io: &mut Io<'_>) -> Box<dyn Process> {
    let parsed = match name {
        "cat" | "tac" | "nl" => call::cat(name, arguments),
        "head" | "tail" => call::ends(name, arguments),
        "wc" => call::wc(arguments),
        "sort" => call::sort(arguments),
        "uniq" => call::uniq(arguments),
        "cut" => call::cut(arguments),
        "tr" => call::tr(arguments),
        "tee" => call::tee(arguments, io),
        _ => call::sed(arguments),
    };
    if name == "sed"
        && parsed.is_ok()
        && let Some(status) = Call::in_place(arguments, io)
    {
        return Box::new(Finished(status));
    }
    let (kind, names) = match parsed {
        Ok(parsed) => parsed,
        Err(words) => {
            // What is wrong about a number or a script is no question of flags.
            let hint = match words.starts_with("invalid number") || words.starts_with("-e ") {
                true => String::new(),
                false => format!("\nTry '{name} --help' for more information."),
            };
            return wrong(io, &format!("{name}: {words}{hint}"));
        }
    };
    let mut files = Vec::new();
    let mut missing = false;
    for one in names.iter().filter(|one| *one != "-") {
        match file(io, one) {
            Some(text) => files.push((one.clone(), text.to_string())),
            None => {
                let words = match name {
                    "head" | "tail" => format!(
                        "{name}: cannot open '{one}' for reading: No such file or directory"
                    ),
                    "sort" => format!("sort: cannot read: {one}: No such file or directory"),
                    "sed" => format!("sed: can't read {one}: No such file or directory"),
                    _ => format!("{name}: {one}: No such file or directory"),
                };
                io.error(&words);
                missing = true;
            }
        }
    }
    let from_input = names.is_empty() || names.iter().any(|one| one == "-");
    Box::new(Filter {
        name: name.to_owned(),
        kind,
        files,
        from_input,
        text: String::new(),
        missing,
        number: 0,
    })
}

impl Filter {
    /// Whether the filter shows lines as they come.
    const fn streams(&self) -> bool {
        matches!(
            self.kind,
            Kind::Cat { .. }
                | Kind::Head { .. }
                | Kind::Uniq { .. }
                | Kind::Cut { .. }
                | Kind::Tr { .. }
                | Kind::Tee { .. }
        )
    }

    /// A line of a filter that streams; says whether it has had enough.
    fn line(&mut self, line: &str, io: &mut Io<'_>) -> bool {
        let plain = line.strip_suffix('\n').unwrap_or(line);
        match &mut self.kind {
            Kind::Cat { number: false } => io.out(line),
            Kind::Cat { number: true } => {
                self.number += 1;
                io.out(&format!("{:>6}\t{line}", self.number));
            }
            Kind::Head { lines, seen, bytes: true } => {
                let left = lines.saturating_sub(*seen).min(line.len());
                io.out(line.get(..line.floor_char_boundary(left)).unwrap_or_default());
                *seen += left;
                return *seen >= *lines;
            }
            Kind::Head { lines, seen, bytes: false } => {
                if *seen < *lines {
                    *seen += 1;
                    io.out(line);
                }
                return *seen >= *lines;
            }
            Kind::Uniq { count, repeated, last, times } => {
                if last.as_deref() == Some(plain) {
                    *times += 1;
                } else {
                    let before = last.replace(plain.to_owned());
                    show_uniq(before, *times, *count, *repeated, io);
                    *times = 1;
                }
            }
            Kind::Cut { delimiter, fields, letters } => {
                io.out(&format!("{}\n", cut_line(plain, *delimiter, fields, *letters)));
            }
            Kind::Tr { from, to, delete, squeeze } => {
                io.out(&tr_text(line, from, to, *delete, *squeeze));
            }
            // What goes to the files is kept until there is no more of it for now.
            Kind::Tee { .. } => {
                self.text.push_str(line);
                io.out(line);
            }
            _ => {}
        }
        false
    }

    /// What is left to say once all lines have come.
    fn end(&mut self, texts: &[(String, String)], io: &mut Io<'_>) {
        match &mut self.kind {
            Kind::Uniq { count, repeated, last, times } => {
                show_uniq(last.take(), *times, *count, *repeated, io);
            }
            Kind::Tail { lines, from, .. } => {
                for (name, text) in texts {
                    if texts.len() > 1 {
                        io.out(&format!("==> {name} <==\n"));
                    }
                    let all: Vec<&str> = text.split_inclusive('\n').collect();
                    let skip = match from {
                        Some(first) => first.saturating_sub(1),
                        None => all.len().saturating_sub(*lines),
                    };
                    all.iter().skip(skip).for_each(|line| io.out(line));
                }
            }
            Kind::Wc { lines, words, bytes } => show_counts(texts, *lines, *words, *bytes, io),
            Kind::Tac => {
                let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
                all.lines().rev().for_each(|line| io.out(&format!("{line}\n")));
            }
            Kind::Sort { .. } => {
                let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
                for line in self.sorted(&all) {
                    io.out(&format!("{line}\n"));
                }
            }
            Kind::Sed(sed) => {
                let all: String = texts.iter().map(|(_, text)| text.as_str()).collect();
                let (mut lines, mut output) = (all.lines().peekable(), String::new());
                while let Some(line) = lines.next() {
                    if sed.line(line, lines.peek().is_none(), &mut output) {
                        break;
                    }
                }
                io.out(&output);
            }
            _ => {}
        }
    }

    fn sorted(&self, text: &str) -> Vec<String> {
        let Kind::Sort { reverse, numeric, unique, key, separator, fold } = &self.kind else {
            return Vec::new();
        };
        let field = |line: &str| -> String {
            let Some(key) = key else { return line.to_owned() };
            match separator {
                Some(separator) => line.split(*separator).nth(key - 1).unwrap_or("").to_owned(),
                None => line.split_whitespace().nth(key - 1).unwrap_or("").to_owned(),
            }
        };
        let number = |text: &str| -> i128 {
            let text = text.trim_start();
            let end = text
                .char_indices()
                .find(|(at, letter)| !(letter.is_ascii_digit() || *at == 0 && *letter == '-'))
                .map_or(text.len(), |(at, _)| at);
            text.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0)
        };
        let mut lines: Vec<&str> = text.lines().collect();
        lines.order_by(|one, other| {
            let (a, b) = (field(one), field(other));
            let by_key = match (numeric, fold) {
                (true, _) => number(&a).cmp(&number(&b)),
                (false, true) => a.to_lowercase().cmp(&b.to_lowercase()),
                (false, false) => a.cmp(&b),
            };
            by_key.then_with(|| one.cmp(other))
        });
        if *reverse {
            lines.reverse();
        }
        if *unique {
            lines.dedup();
        }
        lines.into_iter().map(str::to_owned).collect()
    }
}

fn show_uniq(line: Option<String>, times: usize, count: bool, repeated: bool, io: &mut Io<'_>) {
    let Some(line) = line.filter(|_| !repeated || times > 1) else { return };
    match count {
        true => io.out(&format!("{times:>7} {line}\n")),
        false => io.out(&format!("{line}\n")),
    }
}

fn cut_line(line: &str, delimiter: char, fields: &[(usize, usize)], letters: bool) -> String {
    let chosen = |number: usize| fields.iter().any(|(from, to)| (*from..=*to).contains(&number));
    if letters {
        let kept = line.chars().enumerate().filter(|(index, _)| chosen(index + 1));
        return kept.map(|(_, letter)| letter).collect();
    }
    if !line.contains(delimiter) {
        return line.to_owned();
    }
    let parts = line.split(delimiter).enumerate().filter(|(index, _)| chosen(index + 1));
    parts.map(|(_, part)| part).collect::<Vec<_>>().join(&delimiter.to_string())
}

fn tr_text(text: &str, from: &[char], to: &[char], delete: bool, squeeze: bool) -> String {
    let mut done = String::with_capacity(text.len());
    let mut before = None;
    for letter in text.chars() {
        let place = from.iter().position(|one| *one == letter);
        if delete && place.is_some() {
            continue;
        }
        let new = match place {
            Some(at) => to.get(at).or_else(|| to.last()).copied().unwrap_or(letter),
            None => letter,
        };
        if squeeze && place.is_some() && before == Some(new) {
            continue;
        }
        before = Some(new);
        done.push(new);
    }
    done
}

fn show_counts(texts: &[(String, String)], lines: bool, words: bool, bytes: bool, io: &mut Io<'_>) {
    let count = |text: &str| {
        let mut numbers = Vec::new();
        if lines {
            numbers.push(text.matches('\n').count());
        }
        if words {
            numbers.push(text.split_whitespace().count());
        }
        if bytes {
            numbers.push(text.len());
        }
        numbers
    };
    let mut rows: Vec<(String, Vec<usize>)> =
        texts.iter().map(|(name, text)| (name.clone(), count(text))).collect();
    if rows.len() > 1 {
        let columns = rows.first().map_or(0, |(_, numbers)| numbers.len());
        let sum = |column: usize| rows.iter().filter_map(|(_, numbers)| numbers.get(column)).sum();
        let total: Vec<usize> = (0..columns).map(sum).collect();
        rows.push(("total".into(), total));
    }
    // One number stands alone; more are lined up.
    let alone = rows.len() == 1 && rows.first().is_some_and(|(_, numbers)| numbers.len() == 1);
    let longest =
        rows.iter().flat_map(|(_, numbers)| numbers).max().map_or(1, |most| most.to_string().len());
    let from_input = rows.iter().any(|(name, _)| name.is_empty());
    let width = match (alone, from_input) {
        (true, _) => 0,
        (false, true) => longest.max(7),
        (false, false) => longest,
    };
    for (name, numbers) in rows {
        let numbers: Vec<String> =
            numbers.iter().map(|number| format!("{number:>width$}")).collect();
        let space = if name.is_empty() { "" } else { " " };
        io.out(&format!("{}{space}{name}\n", numbers.join(" ")));
    }
}

impl Process for Filter {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let turn = self.go_on(io);
        if let Kind::Tee { names } = &self.kind {
            let text = std::mem::take(&mut self.text);
            for name in names.iter().filter(|_| !text.is_empty()) {
                let file = io.terminal.files.entry(name.clone()).or_default();
                *file = format!("{file}{text}").into();
            }
        }
        turn
    }
}

impl Filter {
    fn go_on(&mut self, io: &mut Io<'_>) -> Turn {
        if self.streams() {
            if matches!(self.kind, Kind::Head { lines: 0, .. }) {
                return Turn::Done(0);
            }
            if self.from_input {
                while let Some(line) = io.input.line() {
                    if self.line(&line, io) {
                        return Turn::Done(0);
                    }
                }
                if !io.input.closed {
                    return Turn::Waits(None);
                }
            }
            let files = std::mem::take(&mut self.files);
            let many = files.len() > 1 && matches!(self.kind, Kind::Head { .. });
            for (index, (name, text)) in files.iter().enumerate() {
                if many {
                    io.out(&format!("{}==> {name} <==\n", if index > 0 { "\n" } else { "" }));
                }
                if let Kind::Head { seen, .. } = &mut self.kind {
                    *seen = 0;
                }
                for line in text.split_inclusive('\n') {
                    if self.line(line, io) {
                        break;
                    }
                }
            }
            self.end(&[], io);
            return Turn::Done(i32::from(self.missing));
        }
        if self.from_input {
            self.text.push_str(&io.input.take());
            if !io.input.closed {
                return Turn::Waits(None);
            }
        }
        let mut texts = std::mem::take(&mut self.files);
        if self.from_input {
            texts.push((String::new(), std::mem::take(&mut self.text)));
        }
        self.end(&texts, io);
        if matches!(self.kind, Kind::Tail { follow: true, .. }) {
            return Turn::Waits(None);
        }
        debug_assert!(!self.name.is_empty(), "a filter has a name");
        Turn::Done(i32::from(self.missing))
    }
}
