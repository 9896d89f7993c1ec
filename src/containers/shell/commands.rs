//! The commands that a container's shell knows: busybox's, as far as study notes use them.

mod list;
mod network;
mod perl;
mod text;
mod users;

use std::fmt::Write as _;
use std::rc::Rc;

use chrono::{DateTime, Utc};

use super::escape::{self, unescape, without_backslashes};
use super::fields::shared_out;
use super::machine::Machine;
use super::seq::Seq;
use crate::containers::files::{Files, NO_FOLDER};
use crate::containers::process::Outside;
use crate::sim::Time;
/// Whether there is such a command.
pub(crate) fn exists(name: &str) -> bool {
    const NAMES: &[&str] = &[
        ".", "[", "ash", "awk", "basename", "bash", "cat", "cd", "clear", "command", "cp", "curl",
        "cut", "date", "dirname", "echo", "env", "eval", "exec", "exit", "export", "expr", "false",
        "find", "free", "getent", "grep", "head", "hostname", "id", "kill", "let", "ln", "local",
        "ls", "mkdir", "mktemp", "mv", "nc", "nl", "nproc", "nslookup", "perl", "ping", "printenv",
        "printf", "ps", "pwd", "read", "rev", "rm", "rmdir", "sed", "seq", "set", "sh", "shift",
        "sleep", "sort", "stat", "sync", "tac", "tail", "tee", "test", "touch", "tr", "trap",
        "true", "uname", "uniq", "unset", "uptime", "wait", "wc", "wget", "which", "whoami",
        "xargs", "yes", ":",
    ];
    NAMES.contains(&name.rsplit('/').next().unwrap_or(name))
}

/// Runs a command; its status and its output go to the machine.
pub(super) fn run(shell: &mut Machine, argv: &[Rc<str>], outside: &mut dyn Outside) {
    let name = argv.first().map_or("", |name| &**name);
    let arguments: Vec<&str> = argv.iter().skip(1).map(|word| &**word).collect();
    match name.rsplit('/').next().unwrap_or(name) {
        "echo" => echo(shell, &arguments),
        "printf" => printf(shell, &arguments),
        "date" => date(shell, &arguments),
        "test" | "[" => test(shell, name, &arguments),
        "seq" => seq(shell, &arguments),
        "cat" => cat(shell, &arguments),
        "touch" => touch(shell, &arguments),
        "rm" => rm(shell, &arguments),
        "mkdir" => mkdir(shell, &arguments),
        "cp" | "mv" | "ln" => copy(shell, name, &arguments),
        "ls" => list::ls(shell, &arguments),
        "cd" => cd(shell, &arguments),
        "pwd" => shell.print(&format!("{}\n", shell.folder.clone())),
        "export" | "readonly" => assign(shell, &arguments),
        "unset" => {
            for name in operands(&arguments) {
                shell.variables_mut().remove(name);
            }
        }
        "env" | "printenv" => env(shell, &arguments),
        "hostname" => shell.print(&format!("{}\n", shell.hostname.clone())),
        "whoami" => users::whoami(shell),
        "id" => users::id(shell, &arguments),
        "uname" => shell.print(if arguments.is_empty() {
            "Linux\n"
        } else {
            "Linux 6.12.48 x86_64 GNU/Linux\n"
        }),
        "nproc" => shell.print("4\n"),
        "ps" => users::ps(shell),
        "expr" => expr(shell, &arguments),
        "wc" => text::wc(shell, &arguments),
        "grep" => text::grep(shell, &arguments),
        filter @ ("sort" | "uniq" | "tee" | "tr" | "cut" | "sed" | "awk" | "xargs" | "head"
        | "tail" | "tac" | "nl" | "rev") => text::filter(shell, filter, &arguments),
        "hash" | "umask" | "times" => {}
        "rmdir" => rm(shell, &arguments),
        "read" => read(shell, &arguments),
        "wget" | "curl" => network::fetch(shell, name, &arguments, outside),
        "nc" => network::netcat(shell, &arguments, outside),
        "which" => which(shell, &arguments),
        "basename" => last_part(shell, &arguments, true),
        "dirname" => last_part(shell, &arguments, false),
        "false" => shell.status = 1,
        "sync" | "clear" => {}
        "yes" => shell.print(&"y\n".repeat(1000)),
        "perl" => perl::perl(shell, &arguments),
        "mktemp" => match shell.files.problem("/tmp/tmp.podyard") {
            Some(problem) => shell.fail(1, &format!("mktemp: : {problem}")),
            None => {
                shell.files.write("/tmp/tmp.podyard", "", false);
                shell.print("/tmp/tmp.podyard\n");
            }
        },
        "nslookup" | "getent" | "ping" => {
            let host = operands(&arguments).last().copied().unwrap_or_default().to_owned();
            shell.fail(1, &format!("{name}: can't resolve '{host}'"));
        }
        _ => {
            let text = if shell.bash {
                format!("{name}: command not found")
            } else {
                format!("{name}: not found")
            };
            shell.complain(&text);
            shell.status = 127;
        }
    }
}

fn operands<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().filter(|word| !word.starts_with('-') || *word == "-").collect()
}

fn flag(arguments: &[&str], letter: char) -> bool {
    arguments
        .iter()
        .any(|word| word.starts_with('-') && !word.starts_with("--") && word.contains(letter))
}

fn echo(shell: &mut Machine, arguments: &[&str]) {
    let (mut newline, mut escapes, mut from) = (true, false, 0);
    for word in arguments {
        if word.len() < 2
            || !word.starts_with('-')
            || !word.chars().skip(1).all(|letter| "neE".contains(letter))
        {
            break;
        }
        newline &= !word.contains('n');
        escapes |= word.contains('e');
        from += 1;
    }
    let mut text = arguments.get(from..).unwrap_or_default().join(" ");
    if escapes {
        let (plain, ended) = unescape(&text, !shell.bash);
        text = plain;
        newline &= !ended;
    }
    if newline {
        text.push('\n');
    }
    shell.print(&text);
}

fn printf(shell: &mut Machine, arguments: &[&str]) {
    let arguments = arguments.strip_prefix(&["--"]).unwrap_or(arguments);
    let Some((format, words)) = arguments.split_first() else {
        return shell.fail(1, "printf: usage: printf FORMAT [ARG]...");
    };
    let printed = escape::printf(format, words);
    for word in &printed.no_numbers {
        shell.complain(&match shell.bash {
            true => format!("printf: {word}: invalid number"),
            false => format!("invalid number '{word}'"),
        });
        shell.status = 1;
    }
    shell.print(&printed.text);
    if let Some(letter) = &printed.no_format {
        shell.complain(&match shell.bash {
            true => format!("printf: `{letter}': invalid format character"),
            false => format!("printf: %{letter}: invalid format"),
        });
        shell.status = 1;
    }
}

fn date(shell: &mut Machine, arguments: &[&str]) {
    let (mut at, mut format) = (shell.now, None);
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match (word.strip_prefix('+'), *word) {
            (Some(text), _) => format = Some(text),
            (None, "-u") => {}
            (None, "-I") => format = Some("%F"),
            (None, "-d") => {
                let text = words.next().copied().unwrap_or_default();
                match text.strip_prefix('@').and_then(|seconds| seconds.parse().ok()) {
                    Some(seconds) => at = Time::from_unix_seconds(seconds),
                    None => return shell.fail(1, &format!("date: invalid date '{text}'")),
                }
            }
            (None, word) => return shell.fail(1, &format!("date: invalid date '{word}'")),
        }
    }
    let Some(format) = format else { return shell.print(&(unix_date(at) + "\n")) };
    let at = DateTime::from_timestamp_millis(at.unix_millis()).unwrap_or_default();
    let mut text = String::with_capacity(2 * format.len() + 8);
    // Writing to a string does not fail.
    let _: std::fmt::Result = write_date(&mut text, format, at);
    text.push('\n');
    shell.print(&text);
}

fn write_date(text: &mut String, format: &str, at: DateTime<Utc>) -> std::fmt::Result {
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        text.push_str(before);
        let letter = after.chars().next();
        let (one, more) = after.split_at(letter.map_or(0, char::len_utf8));
        rest = more;
        match letter {
            Some('N') => write!(text, "{:03}000000", at.timestamp_subsec_millis())?,
            Some('Z') => text.push_str("UTC"),
            Some(letter) if "YmdHMSaAbBejyDFTRsuwIplnt%".contains(letter) => {
                let length = 1 + one.len();
                let from = format.len() - rest.len() - length;
                let item = format.get(from..from + length).unwrap_or_default();
                write!(text, "{}", at.format(item))?;
            }
            _ => write!(text, "%{one}")?,
        }
    }
    text.push_str(rest);
    Ok(())
}

/// The days of a week, from that on which 1970 began.
const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The moment as `date` prints it.
pub(crate) fn unix_date(at: Time) -> String {
    let text = at.rfc3339();
    let mut parts = text.split(['-', 'T', 'Z']);
    let mut part = || parts.next().unwrap_or_default();
    let (year, month, day, time) = (part(), part(), part(), part());
    let name = |names: &[&'static str], index: Option<usize>| {
        index.and_then(|index| names.get(index).copied()).unwrap_or_default()
    };
    let weekday = at.unix_seconds().div_euclid(24 * 3600).rem_euclid(7);
    let weekday = name(&DAYS, usize::try_from(weekday).ok());
    let month = name(&MONTHS, month.parse::<usize>().ok().and_then(|month| month.checked_sub(1)));
    let (blank, day) = day.strip_prefix('0').map_or(("", day), |digit| (" ", digit));
    [weekday, " ", month, " ", blank, day, " ", time, " UTC ", year].concat()
}

fn test(shell: &mut Machine, name: &str, arguments: &[&str]) {
    let mut words = arguments.to_vec();
    if name == "[" && words.pop() != Some("]") {
        shell.complain(if shell.bash { "[: missing `]'" } else { "missing ]" });
        shell.status = 2;
        return;
    }
    match either(shell, &words) {
        Ok(value) => shell.status = i64::from(!value),
        Err(message) => {
            shell.complain(&message);
            shell.status = 2;
        }
    }
}

/// The parts between words such as `-o`; all of it where one of them would be empty.
fn parts<'a, 'b>(words: &'a [&'b str], at: &'static str) -> Vec<&'a [&'b str]> {
    let parts: Vec<&[&str]> = words.split(|word| *word == at).collect();
    if parts.iter().any(|part| part.is_empty()) { vec![words] } else { parts }
}

fn either(shell: &Machine, words: &[&str]) -> Result<bool, String> {
    for part in parts(words, "-o") {
        if both(shell, part)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn both(shell: &Machine, words: &[&str]) -> Result<bool, String> {
    for part in parts(words, "-a") {
        let signs = part.iter().take_while(|word| **word == "!").count();
        let signs = signs.min(part.len().saturating_sub(1));
        let holds = one(shell, part.get(signs..).unwrap_or_default())?;
        if holds != signs.is_multiple_of(2) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn one(shell: &Machine, words: &[&str]) -> Result<bool, String> {
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: bad number"));
    match words {
        [] => Ok(false),
        [text] => Ok(!text.is_empty()),
        [operator, path] => {
            let mut letters = operator.chars().skip(1);
            Ok(match (*operator, letters.next(), letters.next()) {
                ("-z", ..) => path.is_empty(),
                ("-n", ..) => !path.is_empty(),
                (_, Some(test), None)
                    if operator.starts_with('-') && "erwxfdsLhpSbct".contains(test) =>
                {
                    shell.has_file(test, path)
                }
                (other, ..) => return Err(format!("{other}: unknown operand")),
            })
        }
        [left, operator, right] => Ok(match *operator {
            "=" => left == right,
            "==" => left == right,
            "!=" => left != right,
            "-eq" => number(left)? == number(right)?,
            "-ne" => number(left)? != number(right)?,
            "-lt" => number(left)? < number(right)?,
            "-le" => number(left)? <= number(right)?,
            "-gt" => number(left)? > number(right)?,
            "-ge" => number(left)? >= number(right)?,
            other => return Err(format!("{other}: unknown operand")),
        }),
        [_, operator, ..] => Err(format!("{operator}: unknown operand")),
    }
}

fn seq(shell: &mut Machine, arguments: &[&str]) {
    let seq = Seq::read(arguments);
    let numbers: Option<Vec<i64>> =
        operands(seq.words).iter().map(|word| word.parse().ok()).collect();
    let negative: Option<Vec<i64>> = seq.words.iter().map(|word| word.parse().ok()).collect();
    let numbers = match negative.or(numbers).as_deref() {
        Some([last]) => (1, 1, *last),
        Some([first, last]) => (*first, 1, *last),
        Some([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => return shell.fail(1, "seq: invalid number"),
    };
    shell.print(&seq.text(numbers, super::machine::LONGEST));
}

/// The text of the files named, or of standard input.
fn gather(shell: &mut Machine, name: &str, paths: &[&str]) -> String {
    if paths.is_empty() || paths == ["-"] {
        return shell.input.take().map(|text| text.to_string()).unwrap_or_default();
    }
    let mut all = String::new();
    for path in paths {
        let whole = Files::absolute(&shell.folder, path);
        match shell.files.read(&whole) {
            Some(text) => all.push_str(text),
            None if shell.files.is_folder(&whole) => {
                shell.fail(1, &format!("{name}: read error: Is a directory"))
            }
            None => {
                shell.fail(1, &format!("{name}: can't open '{path}': No such file or directory"))
            }
        }
    }
    all
}

fn cat(shell: &mut Machine, arguments: &[&str]) {
    let mut text = gather(shell, "cat", &operands(arguments));
    if flag(arguments, 'n') {
        let lines = text.split_inclusive('\n').enumerate();
        text = lines.map(|(at, line)| format!("{:>6}\t{line}", at + 1)).collect();
    }
    if !text.is_empty() {
        shell.print(&text);
    }
}

fn touch(shell: &mut Machine, arguments: &[&str]) {
    for path in operands(arguments) {
        let whole = Files::absolute(&shell.folder, path);
        let problem = match shell.files.exists(&whole) {
            true => shell.files.access(&whole).problem(),
            false => shell.files.problem(&whole),
        };
        match problem {
            Some(problem) => shell.fail(1, &format!("touch: {path}: {problem}")),
            None => drop(shell.files.write(&whole, "", true)),
        }
    }
}

fn mkdir(shell: &mut Machine, arguments: &[&str]) {
    for path in operands(arguments) {
        let whole = Files::absolute(&shell.folder, path);
        match shell.files.access(&whole).problem().filter(|_| !shell.files.is_folder(&whole)) {
            Some(problem) => {
                shell.fail(1, &format!("mkdir: can't create directory '{path}': {problem}"));
            }
            None => shell.files.make_folder(&whole),
        }
    }
}

fn rm(shell: &mut Machine, arguments: &[&str]) {
    let force = flag(arguments, 'f');
    for path in operands(arguments) {
        let whole = Files::absolute(&shell.folder, path);
        let there = shell.files.exists(&whole);
        let problem = shell.files.access(&whole).problem().filter(|_| there);
        match problem {
            Some(problem) => shell.fail(1, &format!("rm: can't remove '{path}': {problem}")),
            None if there || force => drop(shell.files.remove(&whole)),
            None => shell.fail(1, &format!("rm: can't remove '{path}': {NO_FOLDER}")),
        }
    }
}

fn copy(shell: &mut Machine, name: &str, arguments: &[&str]) {
    let paths = operands(arguments);
    let [from, to] = paths.as_slice() else {
        return shell.fail(1, &format!("{name}: missing file operand"));
    };
    let source = Files::absolute(&shell.folder, from);
    let mut target = Files::absolute(&shell.folder, to);
    let Some(text) = shell.files.read(&source).map(str::to_owned) else {
        return shell.fail(1, &format!("{name}: can't stat '{from}': No such file or directory"));
    };
    if shell.files.is_folder(&target) {
        target = format!("{target}/{}", from.rsplit('/').next().unwrap_or(from));
    }
    if let Some(problem) = shell.files.problem(&target) {
        return shell.fail(1, &format!("{name}: can't create '{to}': {problem}"));
    }
    if let Some(problem) = shell.files.access(&source).problem().filter(|_| name == "mv") {
        return shell.fail(1, &format!("mv: can't remove '{from}': {problem}"));
    }
    shell.files.write(&target, &text, false);
    if name == "mv" {
        shell.files.remove(&source);
    }
}

fn cd(shell: &mut Machine, arguments: &[&str]) {
    let home = shell.variables.get("HOME").cloned().unwrap_or_default();
    let to = arguments.first().copied().unwrap_or(&home);
    let whole = Files::absolute(&shell.folder, to);
    if shell.files.is_folder(&whole) {
        shell.folder = whole.into();
    } else {
        shell.complain(&format!("cd: can't cd to {to}: No such file or directory"));
        shell.status = 2;
    }
}

fn assign(shell: &mut Machine, arguments: &[&str]) {
    for word in operands(arguments) {
        if let Some((name, value)) = word.split_once('=') {
            shell.variables_mut().insert(name.into(), value.into());
        }
    }
}

fn env(shell: &mut Machine, arguments: &[&str]) {
    if let Some(name) = operands(arguments).first() {
        match shell.variables.get(*name).cloned() {
            Some(value) => shell.print(&format!("{value}\n")),
            None => shell.status = 1,
        }
        return;
    }
    let text: String = shell
        .variables
        .iter()
        .filter(|(name, _)| &***name != "!")
        .map(|(name, value)| format!("{name}={value}\n"))
        .collect();
    shell.print(&text);
}

fn expr(shell: &mut Machine, arguments: &[&str]) {
    let number = |text: &str| text.parse::<i64>().ok();
    let result = match arguments {
        [left, operator, right] => match (number(left), *operator, number(right)) {
            (Some(a), "+", Some(b)) => Some(a.wrapping_add(b).to_string()),
            (Some(a), "-", Some(b)) => Some(a.wrapping_sub(b).to_string()),
            (Some(a), "*", Some(b)) => Some(a.wrapping_mul(b).to_string()),
            (Some(a), "/", Some(b)) if b != 0 => Some(a.wrapping_div(b).to_string()),
            (Some(a), "%", Some(b)) if b != 0 => Some(a.wrapping_rem(b).to_string()),
            (_, "=", _) => Some(i64::from(left == right).to_string()),
            (Some(a), "<", Some(b)) => Some(i64::from(a < b).to_string()),
            (Some(a), ">", Some(b)) => Some(i64::from(a > b).to_string()),
            _ => None,
        },
        [one] => Some((*one).to_owned()),
        _ => None,
    };
    match result {
        Some(text) => {
            shell.status = i64::from(text == "0" || text.is_empty());
            shell.print(&format!("{text}\n"));
        }
        None => shell.fail(2, "expr: syntax error"),
    }
}

fn read(shell: &mut Machine, arguments: &[&str]) {
    let (mut raw, mut names, mut words) = (false, Vec::new(), arguments.iter());
    while let Some(word) = words.next() {
        match *word {
            "-p" | "-t" | "-n" | "-u" | "-d" => drop(words.next()),
            flag if flag.starts_with('-') => raw |= flag.contains('r'),
            name => names.push(name),
        }
    }
    let input = shell.input.take().unwrap_or_default();
    let (line, rest) = match input.split_once('\n') {
        Some((line, rest)) => (line, Some(rest)),
        None => (&*input, None),
    };
    let line = if raw { line.to_owned() } else { without_backslashes(line) };
    let separators = shell.variables.get("IFS").cloned();
    let values = shared_out(&line, separators.as_deref(), names.len());
    let names = if names.is_empty() { vec!["REPLY"] } else { names };
    let mut values = values.into_iter();
    for name in names {
        let value = values.next().unwrap_or_default();
        shell.variables_mut().insert(name.into(), value.into());
    }
    shell.status = i64::from(rest.is_none());
    shell.input = rest.map(Rc::from);
}

fn which(shell: &mut Machine, arguments: &[&str]) {
    for name in operands(arguments) {
        if exists(name) {
            shell.print(&format!("/bin/{name}\n"));
        } else {
            shell.status = 1;
        }
    }
}

fn last_part(shell: &mut Machine, arguments: &[&str], last: bool) {
    let path = arguments.first().copied().unwrap_or_default();
    let path = path.trim_end_matches('/');
    let text = match (path.rsplit_once('/'), last) {
        (Some((_, name)), true) => name,
        (None, true) => path,
        (Some((folder, _)), false) => folder,
        (None, false) => ".",
    };
    let end = arguments.get(1).filter(|_| last).copied().unwrap_or_default();
    let text = text.strip_suffix(end).filter(|kept| !kept.is_empty()).unwrap_or(text);
    let text = if text.is_empty() { "/" } else { text };
    shell.print(&format!("{text}\n"));
}
