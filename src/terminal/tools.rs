//! The small tools of the shell: what study notes pipe kubectl through.

use std::rc::Rc;

use super::run::{Effect, Follow};
use super::{Outcome, Terminal};
use crate::cluster::Cluster;
use crate::sim::Duration;

/// The names of all tools, for help and completion.
pub(super) const NAMES: [&str; 21] = [
    "cat", "clear", "cut", "date", "echo", "export", "false", "grep", "head", "help", "history",
    "kubectl", "ls", "rm", "sleep", "sort", "tail", "true", "uniq", "wc", "yard",
];

const HELP: &str =
    "kubectl ...     the cluster's own client (alias k); kubectl help lists its commands
yard ...        this sandbox: nodes, chaos, time; yard help lists its commands
cat ls rm echo grep head tail wc sort uniq cut sleep date history clear
pipes |   sequences ; && ||   $(command)   > file   >> file   << EOF
";

/// `90`, `1.5`, `2m`, `1h`.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (number, scale) = match text.chars().last()? {
        's' => (text.strip_suffix('s')?, 1.0),
        'm' => (text.strip_suffix('m')?, 60.0),
        'h' => (text.strip_suffix('h')?, 3600.0),
        'd' => (text.strip_suffix('d')?, 86_400.0),
        _ => (text, 1.0),
    };
    let number: f64 =
        number.parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0)?;
    #[expect(clippy::cast_possible_truncation, reason = "bounded to a hundred years just here")]
    let millis = (number * scale * 1000.0).min(3.2e12) as i64;
    Some(Duration::from_millis(millis))
}

/// Runs a tool.
pub(super) fn run(
    name: &str,
    arguments: &[String],
    input: Option<Rc<str>>,
    cluster: &Cluster,
    terminal: &mut Terminal,
) -> Outcome {
    match name {
        "echo" => {
            let bare = arguments.first().is_some_and(|word| word == "-n");
            let text = arguments.get(usize::from(bare)..).unwrap_or_default().join(" ");
            Outcome::text(if bare { text } else { format!("{text}\n") })
        }
        "sleep" => match arguments.first().and_then(|word| duration(word)) {
            Some(span) => {
                Outcome { follow: Some(Follow::Until(cluster.now() + span)), ..Outcome::default() }
            }
            None => Outcome::fail("sleep: missing operand"),
        },
        "cat" => cat(arguments, input, terminal),
        "ls" => {
            let names: String = terminal.files.keys().map(|name| format!("{name}\n")).collect();
            Outcome::text(names)
        }
        "rm" => rm(arguments, terminal),
        "date" => {
            Outcome::text(format!("{}\n", crate::containers::shell::date_line(cluster.now())))
        }
        "true" | ":" => Outcome::default(),
        "false" => Outcome { status: 1, ..Outcome::default() },
        "clear" => Outcome { effects: vec![Effect::Clear], ..Outcome::default() },
        "help" => Outcome::text(HELP),
        "history" => {
            let lines = terminal.history.iter().enumerate();
            Outcome::text(
                lines
                    .map(|(index, line)| format!("{:>5}  {line}\n", index + 1))
                    .collect::<String>(),
            )
        }
        "export" => {
            for (name, value) in arguments.iter().filter_map(|word| word.split_once('=')) {
                terminal.variables.insert(name.to_owned(), value.to_owned());
            }
            Outcome::default()
        }
        "grep" | "head" | "tail" | "wc" | "sort" | "uniq" | "cut" => {
            filter(name, arguments, input, terminal)
        }
        _ => Outcome { status: 127, ..Outcome::fail(format!("bash: {name}: command not found")) },
    }
}

fn cat(arguments: &[String], input: Option<Rc<str>>, terminal: &Terminal) -> Outcome {
    if arguments.is_empty() {
        return Outcome::text(input.map(|text| text.to_string()).unwrap_or_default());
    }
    let mut outcome = Outcome::default();
    for name in arguments {
        match terminal.files.get(name) {
            Some(text) => outcome.out.push_str(text),
            None => {
                outcome.err.push_str(&format!("cat: {name}: No such file or directory\n"));
                outcome.status = 1;
            }
        }
    }
    outcome
}

fn rm(arguments: &[String], terminal: &mut Terminal) -> Outcome {
    let mut outcome = Outcome::default();
    for name in arguments.iter().filter(|word| !word.starts_with('-')) {
        if terminal.files.remove(name).is_none() {
            outcome
                .err
                .push_str(&format!("rm: cannot remove '{name}': No such file or directory\n"));
            outcome.status = 1;
        }
    }
    outcome
}

fn filter(
    name: &str,
    arguments: &[String],
    input: Option<Rc<str>>,
    terminal: &Terminal,
) -> Outcome {
    let flags: String = arguments
        .iter()
        .filter(|word| word.starts_with('-'))
        .flat_map(|word| word.chars().skip(1))
        .collect();
    let mut words: Vec<&String> = Vec::new();
    let mut values: Vec<(&str, &str)> = Vec::new();
    let mut skip = false;
    for (index, word) in arguments.iter().enumerate() {
        if skip {
            skip = false;
        } else if matches!(word.as_str(), "-n" | "-A" | "-B" | "-C" | "-d" | "-f" | "-k")
            && !(name == "sort" && word == "-n")
            && !(name == "grep" && word == "-n")
        {
            values.push((word, arguments.get(index + 1).map_or("", String::as_str)));
            skip = true;
        } else if !word.starts_with('-') {
            words.push(word);
        }
    }
    let pattern = if name == "grep" { words.first().map(|word| word.to_string()) } else { None };
    let files = words.iter().skip(usize::from(name == "grep"));
    let mut text = String::new();
    let mut any = false;
    for file in files {
        any = true;
        match terminal.files.get(*file) {
            Some(content) => text.push_str(content),
            None => return Outcome::fail(format!("{name}: {file}: No such file or directory")),
        }
    }
    if !any {
        text = input.map(|text| text.to_string()).unwrap_or_default();
    }
    let lines: Vec<&str> = text.lines().collect();
    let value = |flag: &str| values.iter().find(|(name, _)| *name == flag).map(|(_, value)| *value);
    let count = || {
        let short = arguments.iter().find_map(|word| {
            word.strip_prefix('-')
                .and_then(|digits| digits.trim_start_matches('n').parse::<usize>().ok())
        });
        value("-n").and_then(|digits| digits.parse().ok()).or(short).unwrap_or(10)
    };
    let joined = |lines: Vec<String>| {
        Outcome::text(lines.into_iter().map(|line| format!("{line}\n")).collect::<String>())
    };
    let owned = |lines: Vec<&str>| lines.into_iter().map(str::to_owned).collect::<Vec<_>>();
    match name {
        "head" => joined(owned(lines.into_iter().take(count()).collect())),
        "tail" => {
            let skip = lines.len().saturating_sub(count());
            joined(owned(lines.into_iter().skip(skip).collect()))
        }
        "wc" => {
            let (rows, words) = (text.matches('\n').count(), text.split_whitespace().count());
            Outcome::text(match () {
                () if flags.contains('l') => format!("{rows}\n"),
                () if flags.contains('w') => format!("{words}\n"),
                () if flags.contains('c') => format!("{}\n", text.len()),
                () => format!("{rows:>7} {words:>7} {:>7}\n", text.len()),
            })
        }
        "sort" => {
            let mut lines = owned(lines);
            match flags.contains('n') {
                true => lines.sort_by_key(|line| line.trim().parse::<i64>().unwrap_or(0)),
                false => lines.sort(),
            }
            if flags.contains('r') {
                lines.reverse();
            }
            if flags.contains('u') {
                lines.dedup();
            }
            joined(lines)
        }
        "uniq" => {
            let mut counted: Vec<(usize, &str)> = Vec::new();
            for line in lines {
                match counted.last_mut() {
                    Some((count, last)) if *last == line => *count += 1,
                    _ => counted.push((1, line)),
                }
            }
            let shown = counted.into_iter().map(|(count, line)| {
                if flags.contains('c') { format!("{count:>7} {line}") } else { line.to_owned() }
            });
            joined(shown.collect())
        }
        "cut" => {
            let delimiter = value("-d").unwrap_or("\t").to_owned();
            let fields: Vec<usize> = value("-f")
                .unwrap_or("1")
                .split(',')
                .filter_map(|field| field.parse().ok())
                .collect();
            let cut = |line: &str| {
                let parts: Vec<&str> = line.split(delimiter.as_str()).collect();
                fields
                    .iter()
                    .filter_map(|field| parts.get(field.checked_sub(1)?).copied())
                    .collect::<Vec<_>>()
                    .join(&delimiter)
            };
            joined(lines.into_iter().map(cut).collect())
        }
        _ => grep(&pattern.unwrap_or_default(), &lines, &flags),
    }
}

fn grep(pattern: &str, lines: &[&str], flags: &str) -> Outcome {
    let fold = |text: &str| if flags.contains('i') { text.to_lowercase() } else { text.to_owned() };
    let options: Vec<String> =
        fold(pattern).replace("\\|", "|").split('|').map(str::to_owned).collect();
    let hit = |line: &str| {
        let line = fold(line);
        options.iter().any(|option| {
            let core = option.trim_start_matches('^').trim_end_matches('$');
            match (option.starts_with('^'), option.ends_with('$')) {
                (true, true) => line == core,
                (true, false) => line.starts_with(core),
                (false, true) => line.ends_with(core),
                (false, false) => line.contains(core),
            }
        })
    };
    let found: Vec<&&str> = lines.iter().filter(|line| hit(line) != flags.contains('v')).collect();
    let status = i32::from(found.is_empty());
    if flags.contains('c') {
        return Outcome { out: format!("{}\n", found.len()), status, ..Outcome::default() };
    }
    let out = if flags.contains('q') {
        String::new()
    } else {
        found.into_iter().map(|line| format!("{line}\n")).collect()
    };
    Outcome { out, status, ..Outcome::default() }
}
