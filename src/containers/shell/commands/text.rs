//! Commands over lines of text: wc, grep, sort, tr, cut, sed, awk and their like.

use super::{flag, gather, operands, unescape};
use crate::containers::files::Files;
use crate::containers::shell::machine::Machine;
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

pub(super) fn grep(shell: &mut Machine, arguments: &[&str]) {
    let words = operands(arguments);
    let Some((pattern, paths)) = words.split_first() else {
        return shell.fail(2, "grep: no pattern");
    };
    let text = gather(shell, "grep", paths);
    let (fold, invert) = (flag(arguments, 'i'), flag(arguments, 'v'));
    let pattern = if fold { pattern.to_lowercase() } else { (*pattern).to_owned() };
    let start = pattern.starts_with('^');
    let end = pattern.ends_with('$');
    let core = pattern.trim_start_matches('^').trim_end_matches('$');
    let hit = |line: &str| {
        let line = if fold { line.to_lowercase() } else { line.to_owned() };
        match (start, end) {
            (true, true) => line == core,
            (true, false) => line.starts_with(core),
            (false, true) => line.ends_with(core),
            (false, false) => line.contains(core),
        }
    };
    let lines: Vec<&str> = text.lines().filter(|line| hit(line) != invert).collect();
    shell.status = i64::from(lines.is_empty());
    if flag(arguments, 'c') {
        return shell.print(&format!("{}\n", lines.len()));
    }
    if !flag(arguments, 'q') {
        let found: String = lines.iter().map(|line| format!("{line}\n")).collect();
        shell.print(&found);
    }
}

/// Commands that turn lines into lines.
pub(super) fn filter(shell: &mut Machine, name: &str, arguments: &[&str]) {
    let words = operands(arguments);
    let scripted = matches!(name, "sed" | "awk" | "tr");
    let count = if name == "tr" { 2 } else { usize::from(scripted) };
    let script: Vec<&str> = words
        .iter()
        .copied()
        .take(if flag(arguments, 'd') && name == "tr" { 1 } else { count })
        .collect();
    let paths: Vec<&str> = match name {
        "tee" | "xargs" | "tr" => Vec::new(),
        "cut" => words
            .iter()
            .copied()
            .filter(|word| shell.files.exists(&Files::absolute(&shell.folder, word)))
            .collect(),
        _ => words.iter().copied().skip(script.len()).collect(),
    };
    let text = gather(shell, name, &paths);
    let lines: Vec<&str> = text.lines().collect();
    let result: Vec<String> = match name {
        "sort" => sorted(&lines, arguments),
        "uniq" => {
            let mut kept: Vec<&str> = lines.clone();
            kept.dedup();
            kept.into_iter().map(str::to_owned).collect()
        }
        "tee" => {
            for path in &words {
                let whole = Files::absolute(&shell.folder, path);
                shell.files.write(&whole, &text, flag(arguments, 'a'));
            }
            lines.iter().map(ToString::to_string).collect()
        }
        "tr" => vec![translated(&text, &script, arguments)],
        "cut" => lines.iter().map(|line| cut(line, arguments)).collect(),
        "sed" => lines
            .iter()
            .map(|line| substituted(line, script.first().copied().unwrap_or_default()))
            .collect(),
        "awk" => lines
            .iter()
            .map(|line| awk(line, script.first().copied().unwrap_or_default(), arguments))
            .collect(),
        _ => vec![lines.join(" ")],
    };
    if name == "tr" {
        return shell.print(&result.concat());
    }
    let text: String = result.iter().map(|line| format!("{line}\n")).collect();
    shell.print(&text);
}

fn sorted(lines: &[&str], arguments: &[&str]) -> Vec<String> {
    let mut lines: Vec<String> = lines.iter().map(ToString::to_string).collect();
    match flag(arguments, 'n') {
        true => lines.order_by_key(|line| line.trim().parse::<i64>().unwrap_or(0)),
        false => lines.order(),
    }
    if flag(arguments, 'r') {
        lines.reverse();
    }
    if flag(arguments, 'u') {
        lines.dedup();
    }
    lines
}

fn translated(text: &str, script: &[&str], arguments: &[&str]) -> String {
    let set = |word: &str| -> Vec<char> {
        match word {
            "a-z" | "[:lower:]" | "[a-z]" => ('a'..='z').collect(),
            "A-Z" | "[:upper:]" | "[A-Z]" => ('A'..='Z').collect(),
            "0-9" | "[:digit:]" => ('0'..='9').collect(),
            _ => unescape(word).0.chars().collect(),
        }
    };
    let from = set(script.first().copied().unwrap_or_default());
    if flag(arguments, 'd') {
        return text.chars().filter(|letter| !from.contains(letter)).collect();
    }
    let to = set(script.get(1).copied().unwrap_or_default());
    let map = |letter: char| match from.iter().position(|one| *one == letter) {
        Some(index) => to.get(index).or(to.last()).copied().unwrap_or(letter),
        None => letter,
    };
    text.chars().map(map).collect()
}

fn cut(line: &str, arguments: &[&str]) -> String {
    let option = |letter: &str| {
        let joined = arguments
            .iter()
            .find_map(|word| word.strip_prefix(letter).filter(|rest| !rest.is_empty()));
        joined.or_else(|| {
            arguments
                .iter()
                .position(|word| *word == letter)
                .and_then(|at| arguments.get(at + 1).copied())
        })
    };
    let delimiter = option("-d").unwrap_or("\t");
    let fields = option("-f").unwrap_or("1");
    let parts: Vec<&str> = line.split(delimiter).collect();
    let chosen = fields
        .split(',')
        .filter_map(|field| field.parse::<usize>().ok())
        .filter_map(|index| parts.get(index.checked_sub(1)?));
    chosen.copied().collect::<Vec<_>>().join(delimiter)
}

/// `s/FROM/TO/g` with plain texts.
pub(super) fn substituted(line: &str, script: &str) -> String {
    let mut letters = script.chars();
    let (Some('s'), Some(mark)) = (letters.next(), letters.next()) else { return line.to_owned() };
    let parts: Vec<&str> = script.split(mark).collect();
    let (Some(from), Some(to)) = (parts.get(1), parts.get(2)) else { return line.to_owned() };
    let all = parts.get(3).is_some_and(|flags| flags.contains('g'));
    if from.is_empty() {
        return line.to_owned();
    }
    line.replacen(from, to, if all { usize::MAX } else { 1 })
}

/// `{print $N, $M}`
fn awk(line: &str, script: &str, arguments: &[&str]) -> String {
    let separator = arguments.iter().find_map(|word| word.strip_prefix("-F"));
    let fields: Vec<&str> = match separator {
        Some(separator) => line.split(separator).collect(),
        None => line.split_whitespace().collect(),
    };
    let Some(list) =
        script.trim().trim_start_matches('{').trim_end_matches('}').trim().strip_prefix("print")
    else {
        return line.to_owned();
    };
    let shown = list.split(',').map(|item| match item.trim() {
        "" | "$0" => line.to_owned(),
        "NF" => fields.len().to_string(),
        item => match item.strip_prefix('$').and_then(|index| index.parse::<usize>().ok()) {
            Some(index) => index
                .checked_sub(1)
                .and_then(|index| fields.get(index))
                .copied()
                .unwrap_or_default()
                .to_owned(),
            None => item.trim_matches('"').to_owned(),
        },
    });
    shown.collect::<Vec<_>>().join(" ")
}
