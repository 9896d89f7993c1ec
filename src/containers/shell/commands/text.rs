//! Commands over lines of text: wc, grep, sort, tr, cut, sed, awk and their like.

use std::rc::Rc;

use super::{flag, gather, operands};
use crate::containers::files::Files;
use crate::containers::shell::escape::letters_of;
use crate::containers::shell::machine::Machine;
use crate::containers::shell::pattern::Pattern;
use crate::containers::shell::sed::Sed;
use crate::containers::shell::{awk, parse};
use crate::sim::order::Order as _;

/// Counts, in busybox's columns: one number alone stands as it is, others are nine wide.
pub(super) fn wc(shell: &mut Machine, arguments: &[&str]) {
    let paths = operands(arguments);
    let asked = ['l', 'w', 'c'].map(|letter| flag(arguments, letter));
    let all = !asked.contains(&true);
    let alone = paths.len() <= 1 && asked.iter().filter(|one| **one).count() == 1;
    let mut total = [0; 3];
    let line = |shell: &mut Machine, counts: [usize; 3], name: &str| {
        let columns = counts.into_iter().zip(asked).filter(|(_, asked)| all || *asked);
        let width = if alone { 0 } else { 9 };
        let mut words: Vec<String> = columns.map(|(count, _)| format!("{count:>width$}")).collect();
        words.extend((!name.is_empty()).then(|| name.to_owned()));
        shell.print(&format!("{}\n", words.join(" ")));
    };
    let sources: Vec<&[&str]> =
        if paths.is_empty() { vec![&[]] } else { paths.chunks(1).collect() };
    for path in sources {
        let failed = std::mem::replace(&mut shell.status, 0);
        let text = gather(shell, "wc", path);
        if shell.status == 0 {
            shell.status = failed;
            let counts = [text.matches('\n').count(), text.split_whitespace().count(), text.len()];
            for (sum, count) in total.iter_mut().zip(counts) {
                *sum += count;
            }
            line(shell, counts, path.first().copied().unwrap_or_default());
        }
    }
    if paths.len() > 1 {
        line(shell, total, "total");
    }
}

/// The flags of a command, each with its value, and its other words.
struct Words<'a> {
    flags: Vec<(char, &'a str)>,
    rest: Vec<&'a str>,
}

impl<'a> Words<'a> {
    fn has(&self, letter: char) -> bool {
        self.flags.iter().any(|(own, _)| *own == letter)
    }

    fn value(&self, letter: char) -> Option<&'a str> {
        self.flags.iter().rev().find(|(own, _)| *own == letter).map(|(_, value)| *value)
    }

    fn number(&self, letter: char) -> Result<Option<usize>, String> {
        let number = |value: &str| value.parse().map_err(|_| format!("invalid number '{value}'"));
        self.value(letter).map(number).transpose()
    }
}

/// Reads the words of a command that knows these flags, and these with a value.
fn words<'a>(arguments: &[&'a str], known: &str, valued: &str) -> Result<Words<'a>, String> {
    let mut words = Words { flags: Vec::new(), rest: Vec::new() };
    let mut all = arguments.iter().copied();
    while let Some(word) = all.next() {
        if word == "--" {
            words.rest.extend(all);
            break;
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            words.rest.push(word);
            continue;
        };
        if letters.starts_with('-') {
            return Err(format!("unrecognized option '{word}'"));
        }
        for (at, letter) in letters.char_indices() {
            if known.contains(letter) {
                words.flags.push((letter, ""));
                continue;
            }
            if !valued.contains(letter) {
                return Err(format!("invalid option -- '{letter}'"));
            }
            let behind = letters.get(at + letter.len_utf8()..).unwrap_or_default();
            let value = if behind.is_empty() { all.next() } else { Some(behind) };
            let value =
                value.ok_or_else(|| format!("option requires an argument -- '{letter}'"))?;
            words.flags.push((letter, value));
            break;
        }
    }
    Ok(words)
}

pub(super) fn grep(shell: &mut Machine, arguments: &[&str]) {
    if let Err(message) = try_grep(shell, arguments) {
        shell.fail(2, &format!("grep: {message}"));
    }
}

fn try_grep(shell: &mut Machine, arguments: &[&str]) -> Result<(), String> {
    let mut words = words(arguments, "ivcqnoEFGwxlhHsraP", "eABCm")?;
    let mut patterns: Vec<&str> = Vec::new();
    patterns.extend(words.flags.iter().filter(|(letter, _)| *letter == 'e').map(|(_, text)| *text));
    if patterns.is_empty() {
        if words.rest.is_empty() {
            return Err("no pattern".into());
        }
        patterns.push(words.rest.remove(0));
    }
    let (fold, extended) = (words.has('i'), words.has('E') || words.has('P'));
    let around = |text: &str| match (words.has('x'), words.has('w'), extended) {
        (true, _, true) => format!("^({text})$"),
        (true, _, false) => format!("^\\({text}\\)$"),
        (_, true, true) => format!("\\b({text})\\b"),
        (_, true, false) => format!("\\b\\({text}\\)\\b"),
        _ => text.to_owned(),
    };
    let mut read = Vec::new();
    for text in patterns.iter().flat_map(|text| text.split('\n')) {
        read.push(match words.has('F') {
            true => Pattern::literal(text, fold),
            false => Pattern::parse(&around(text), extended, fold)
                .map_err(|_| format!("bad regex '{text}'"))?,
        });
    }
    let context = words.number('C')?.unwrap_or(0);
    let (after, before) =
        (words.number('A')?.unwrap_or(context), words.number('B')?.unwrap_or(context));
    let most = words.number('m')?.unwrap_or(usize::MAX);
    let many = words.has('H') || words.rest.len() > 1 && !words.has('h');
    let sources: Vec<&[&str]> =
        if words.rest.is_empty() { vec![&[]] } else { words.rest.chunks(1).collect() };
    let (mut found, mut missing) = (false, false);
    for path in sources {
        shell.status = 0;
        let text = gather(shell, "grep", path);
        missing |= shell.status != 0;
        let name = path.first().copied().unwrap_or("(standard input)");
        let prefix = |number: usize, mark: char| {
            let mut prefix = if many { format!("{name}{mark}") } else { String::new() };
            if words.has('n') {
                prefix.push_str(&format!("{number}{mark}"));
            }
            prefix
        };
        let lines: Vec<&str> = text.lines().collect();
        let fits = |line: &str| read.iter().any(|one| one.fits(line)) != words.has('v');
        let hits: Vec<usize> =
            (0..lines.len()).filter(|at| lines.get(*at).is_some_and(|line| fits(line))).collect();
        let hits: Vec<usize> = hits.into_iter().take(most).collect();
        found |= !hits.is_empty();
        if words.has('q') {
            continue;
        }
        let mut shown = String::new();
        if words.has('c') {
            let name = if many { format!("{name}:") } else { String::new() };
            shown = format!("{name}{}\n", hits.len());
        } else if words.has('l') {
            shown = if hits.is_empty() { shown } else { format!("{name}\n") };
        } else {
            // Lines below this one were shown.
            let mut next = 0;
            for hit in &hits {
                let from = hit.saturating_sub(before).max(next);
                if (after > 0 || before > 0) && next > 0 && from > next {
                    shown.push_str("--\n");
                }
                let limit = hits.iter().find(|other| *other > hit).copied().unwrap_or(lines.len());
                let to = hit.saturating_add(after).saturating_add(1).min(limit).min(lines.len());
                for at in from..to {
                    let line = lines.get(at).copied().unwrap_or_default();
                    let mark = if at == *hit { ':' } else { '-' };
                    if words.has('o') {
                        let pieces = read.iter().flat_map(|one| pieces(one, line));
                        pieces.filter(|_| at == *hit).for_each(|piece| {
                            shown.push_str(&format!("{}{piece}\n", prefix(at + 1, ':')));
                        });
                    } else {
                        shown.push_str(&format!("{}{line}\n", prefix(at + 1, mark)));
                    }
                }
                next = to;
            }
        }
        shell.print(&shown);
    }
    shell.status = if missing { 2 } else { i64::from(!found) };
    Ok(())
}

/// What of a line fits.
fn pieces(pattern: &Pattern, line: &str) -> Vec<String> {
    let letters: Vec<char> = line.chars().collect();
    let (mut all, mut from) = (Vec::new(), 0);
    while let Some((start, end)) = pattern.find(&letters, from) {
        if end > start {
            all.push(letters.get(start..end).unwrap_or_default().iter().collect());
        }
        from = end.max(start + 1);
    }
    all
}

/// Commands that turn lines into lines.
pub(super) fn filter(shell: &mut Machine, name: &str, arguments: &[&str]) {
    let result = match name {
        "sort" => sort(shell, arguments),
        "uniq" => uniq(shell, arguments),
        "tee" => tee(shell, arguments),
        "tr" => tr(shell, arguments),
        "cut" => cut(shell, arguments),
        "sed" => sed(shell, arguments),
        "awk" => awk(shell, arguments),
        "xargs" => xargs(shell, arguments),
        "head" | "tail" => ends(shell, name, arguments),
        _ => lines(shell, name, arguments),
    };
    match result {
        Ok(text) if text.is_empty() => {}
        Ok(text) => shell.print(&text),
        Err(message) => shell.fail(1, &format!("{name}: {message}")),
    }
}

type Filtered = Result<String, String>;

/// `tac`, `nl`, `rev`
fn lines(shell: &mut Machine, name: &str, arguments: &[&str]) -> Filtered {
    let words = words(arguments, "", "b")?;
    let text = gather(shell, name, &words.rest);
    let line = |(number, line): (usize, &str)| match name {
        "rev" => format!("{}\n", line.chars().rev().collect::<String>()),
        "nl" => format!("{:>6}\t{line}\n", number + 1),
        _ => format!("{line}\n"),
    };
    Ok(match name {
        "tac" => text.lines().rev().map(|text| line((0, text))).collect(),
        _ => text.lines().enumerate().map(line).collect(),
    })
}

fn ends(shell: &mut Machine, name: &str, arguments: &[&str]) -> Filtered {
    let is_number = |word: &str| word.chars().all(|letter| letter.is_ascii_digit());
    // `-3` is `-n 3`.
    let mut given: Vec<&str> = Vec::new();
    for word in arguments {
        match word.strip_prefix('-').filter(|number| !number.is_empty() && is_number(number)) {
            Some(number) => given.extend(["-n", number]),
            None => given.push(word),
        }
    }
    let words = words(&given, "fFqv", "ncs")?;
    let bytes = words.has('c');
    let count = words.value(if bytes { 'c' } else { 'n' }).unwrap_or("10");
    let wrong = || format!("invalid number '{count}'");
    let (sign, digits) = match (count.strip_prefix('+'), count.strip_prefix('-')) {
        (Some(digits), _) => ('+', digits),
        (None, Some(digits)) => ('-', digits),
        (None, None) => (' ', count),
    };
    let number: usize = digits.parse().map_err(|_| wrong())?;
    let text = gather(shell, name, &words.rest);
    let parts: Vec<&str> = match bytes {
        true => text.split_inclusive(|_: char| true).collect(),
        false => text.split_inclusive('\n').collect(),
    };
    let (skip, take) = match (name, sign) {
        ("head", '-') => (0, parts.len().saturating_sub(number)),
        ("head", _) => (0, number),
        (_, '+') => (number.saturating_sub(1), usize::MAX),
        _ => (parts.len().saturating_sub(number), usize::MAX),
    };
    let kept: String = parts.into_iter().skip(skip).take(take).collect();
    if name == "tail" && (words.has('f') || words.has('F')) {
        shell.print(&kept);
        shell.block();
        return Ok(String::new());
    }
    Ok(kept)
}

fn sort(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    let words = words(arguments, "nrufhbs", "kto")?;
    let key = words.value('k').map(|key| {
        let digits: String = key.chars().take_while(char::is_ascii_digit).collect();
        let number: usize = digits.parse().unwrap_or(1);
        (number.max(1), key.contains('n'), key.contains('r'))
    });
    let numeric = words.has('n') || words.has('h') || key.is_some_and(|(_, numeric, _)| numeric);
    let separator = words.value('t').and_then(|text| text.chars().next());
    let text = gather(shell, "sort", &words.rest);
    let field = |line: &str| -> String {
        let field = match (key, separator) {
            (None, _) => line,
            (Some((key, _, _)), Some(separator)) => {
                line.split(separator).nth(key - 1).unwrap_or("")
            }
            (Some((key, _, _)), None) => line.split_whitespace().nth(key - 1).unwrap_or(""),
        };
        if words.has('f') { field.to_uppercase() } else { field.to_owned() }
    };
    let number = |text: &str| -> f64 {
        let text = text.trim_start();
        let end = text
            .char_indices()
            .find(|(at, letter)| {
                !(letter.is_ascii_digit() || *letter == '.' || *at == 0 && *letter == '-')
            })
            .map_or(text.len(), |(at, _)| at);
        let (digits, unit) = text.split_at(end);
        let scale = match unit.chars().next().filter(|_| words.has('h')) {
            Some('K' | 'k') => 1024.0,
            Some('M') => 1_048_576.0,
            Some('G') => 1_073_741_824.0,
            _ => 1.0,
        };
        digits.parse().unwrap_or(0.0) * scale
    };
    let mut lines: Vec<(String, f64, &str)> = text
        .lines()
        .map(|line| {
            let key = field(line);
            let number = if numeric { number(&key) } else { 0.0 };
            (key, number, line)
        })
        .collect();
    let by_key = |one: &(String, f64, &str), other: &(String, f64, &str)| match numeric {
        true => one.1.total_cmp(&other.1),
        false => one.0.cmp(&other.0),
    };
    lines.order_by(|one, other| by_key(one, other).then_with(|| one.2.cmp(other.2)));
    if words.has('u') {
        lines.dedup_by(|one, other| by_key(one, other).is_eq());
    }
    if words.has('r') || key.is_some_and(|(_, _, reverse)| reverse) {
        lines.reverse();
    }
    Ok(lines.into_iter().map(|(_, _, line)| format!("{line}\n")).collect())
}

fn uniq(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    let words = words(arguments, "cdui", "")?;
    let text = gather(shell, "uniq", &words.rest);
    let mut groups: Vec<(&str, usize)> = Vec::new();
    for line in text.lines() {
        match groups.last_mut() {
            Some((last, count)) if *last == line => *count += 1,
            _ => groups.push((line, 1)),
        }
    }
    groups.retain(|(_, count)| !(words.has('d') && *count == 1 || words.has('u') && *count > 1));
    let line = |(line, count): (&str, usize)| match words.has('c') {
        true => format!("{count:>7} {line}\n"),
        false => format!("{line}\n"),
    };
    Ok(groups.into_iter().map(line).collect())
}

fn tee(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    let words = words(arguments, "ai", "")?;
    let text = gather(shell, "tee", &[]);
    for path in &words.rest {
        let whole = Files::absolute(&shell.folder, path);
        match shell.files.problem(&whole) {
            Some(problem) => shell.fail(1, &format!("tee: {path}: {problem}")),
            None => drop(shell.files.write(&whole, &text, words.has('a'))),
        }
    }
    Ok(text)
}

fn tr(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    let words = words(arguments, "dscC", "")?;
    let set = |at: usize| letters_of(words.rest.get(at).copied().unwrap_or_default());
    let (mut from, to) = (set(0), set(1));
    let others = words.has('c') || words.has('C');
    from.dedup();
    let text = gather(shell, "tr", &[]);
    let (mut result, mut before) = (String::with_capacity(text.len()), None);
    for letter in text.chars() {
        let place = from.iter().position(|one| *one == letter);
        let place = match (others, place) {
            (false, place) => place,
            (true, Some(_)) => None,
            (true, None) => Some(usize::MAX),
        };
        if words.has('d') && place.is_some() {
            continue;
        }
        let new = match place {
            Some(place) => to.get(place).or(to.last()).copied().unwrap_or(letter),
            None => letter,
        };
        if words.has('s') && place.is_some() && before == Some(new) {
            continue;
        }
        before = Some(new);
        result.push(new);
    }
    Ok(result)
}

fn cut(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    let words = words(arguments, "sn", "dfcb")?;
    let letters = words.value('c').or(words.value('b'));
    let list =
        letters.or(words.value('f')).ok_or("expected a list of bytes, characters, or fields")?;
    let mut ranges = Vec::new();
    for part in list.split(',') {
        let number = |text: &str, default: usize| match text {
            "" => Ok(default),
            text => text.parse().map_err(|_| format!("invalid number '{text}'")),
        };
        let (from, to) = match part.split_once('-') {
            Some((from, to)) => (number(from, 1)?, number(to, usize::MAX)?),
            None => (number(part, 0)?, number(part, 0)?),
        };
        if from == 0 {
            return Err("invalid range".to_owned() + " " + part);
        }
        ranges.push((from, to));
    }
    let chosen = |at: usize| ranges.iter().any(|(from, to)| (*from..=*to).contains(&(at + 1)));
    let delimiter = words.value('d').and_then(|text| text.chars().next()).unwrap_or('\t');
    let text = gather(shell, "cut", &words.rest);
    let mut result = String::new();
    for line in text.lines() {
        if letters.is_some() {
            let kept = line.chars().enumerate().filter(|(at, _)| chosen(*at));
            result.extend(kept.map(|(_, letter)| letter));
        } else if !line.contains(delimiter) {
            if words.has('s') {
                continue;
            }
            result.push_str(line);
        } else {
            let parts = line.split(delimiter).enumerate().filter(|(at, _)| chosen(*at));
            let parts: Vec<&str> = parts.map(|(_, part)| part).collect();
            result.push_str(&parts.join(&delimiter.to_string()));
        }
        result.push('\n');
    }
    Ok(result)
}

fn sed(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    let mut words = words(arguments, "nErsi", "e")?;
    let mut scripts: Vec<String> = Vec::new();
    let given = words.flags.iter().filter(|(letter, _)| *letter == 'e');
    scripts.extend(given.map(|(_, script)| (*script).to_owned()));
    if scripts.is_empty() {
        if words.rest.is_empty() {
            return Err("no script specified".into());
        }
        scripts.push(words.rest.remove(0).to_owned());
    }
    let read = || {
        let extended = words.has('E') || words.has('r');
        Sed::parse(&scripts, words.has('n'), extended).map_err(|message| {
            match message.contains("unterminated `s'") {
                true => "unmatched '/'".to_owned(),
                false => message.replace("-e expression #1, char 1: ", ""),
            }
        })
    };
    let mut program = read()?;
    let run = |program: &mut Sed, text: &str| {
        let (mut lines, mut output) = (text.lines().peekable(), String::new());
        while let Some(line) = lines.next() {
            if program.line(line, lines.peek().is_none(), &mut output) {
                break;
            }
        }
        output
    };
    if !words.has('i') {
        let text = gather(shell, "sed", &words.rest);
        return Ok(run(&mut program, &text));
    }
    for path in &words.rest {
        let failed = std::mem::replace(&mut shell.status, 0);
        let text = gather(shell, "sed", &[path]);
        if shell.status == 0 {
            shell.status = failed;
            let changed = run(&mut read()?, &text);
            let whole = Files::absolute(&shell.folder, path);
            if let Some(problem) = shell.files.problem(&whole) {
                return Err(format!("can't create temp file '{path}XXXXXX': {problem}"));
            }
            shell.files.write(&whole, &changed, false);
        }
    }
    Ok(String::new())
}

fn awk(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    let call = awk::Call::parse(arguments)?;
    let mut program = call.awk()?;
    let mut output = String::new();
    program.begin(&mut output);
    if program.exit.is_none() && program.reads() {
        let names: Vec<&str> = call.names.iter().map(String::as_str).collect();
        let text = gather(shell, "awk", &names);
        for line in text.lines() {
            if !program.line(line, &mut output) {
                break;
            }
        }
    }
    program.end(&mut output);
    if let Some(status) = program.exit {
        shell.status = status & 0xff;
    }
    Ok(output)
}

/// As many commands does it begin.
const MOST_CALLS: usize = 10_000;

fn xargs(shell: &mut Machine, arguments: &[&str]) -> Filtered {
    // What stands behind the command is the command's.
    let mut own = 0;
    while let Some(word) = arguments.get(own).filter(|word| word.starts_with('-')) {
        let takes = matches!(*word, "-n" | "-I" | "-L" | "-P" | "-s" | "-d");
        own += if takes { 2 } else { 1 };
    }
    let (flags, command) = arguments.split_at_checked(own).unwrap_or((arguments, &[]));
    let words = words(flags, "rtx0", "nILPs")?;
    let command = if command.is_empty() { &["echo"] } else { command };
    let most = words.number('n')?.or(words.number('L')?).unwrap_or(usize::MAX).max(1);
    let text = gather(shell, "xargs", &[]);
    let calls: Vec<Vec<Rc<str>>> = match words.value('I') {
        Some(place) => {
            let lines = text.lines().map(str::trim_start).filter(|line| !line.is_empty());
            let call = |line| command.iter().map(|word| word.replace(place, line).into()).collect();
            lines.map(call).collect()
        }
        None => {
            let split: fn(char) -> bool = match (words.has('0'), words.has('L')) {
                (true, _) => |letter| letter == '\0',
                (_, true) => |letter| letter == '\n',
                _ => char::is_whitespace,
            };
            let given: Vec<&str> = text.split(split).filter(|word| !word.is_empty()).collect();
            let command = command.iter().copied();
            match given.is_empty() {
                true if words.has('r') => Vec::new(),
                true => vec![command.map(Rc::from).collect()],
                false => given
                    .chunks(most)
                    .map(|some| command.clone().chain(some.iter().copied()).map(Rc::from).collect())
                    .collect(),
            }
        }
    };
    let nodes = calls.iter().take(MOST_CALLS).flat_map(|call| {
        let script = crate::containers::shell::of_words(call);
        script.iter().cloned().collect::<Vec<parse::Node>>()
    });
    shell.go_on_with(nodes.collect());
    Ok(String::new())
}
