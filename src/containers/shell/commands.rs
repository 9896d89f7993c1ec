//! The commands that a container's shell knows: busybox's, as far as study notes use them.

use std::rc::Rc;

use super::machine::Machine;
use crate::containers::files::Files;
use crate::containers::process::{Answer, Outside};
use crate::sim::order::Order as _;
use crate::sim::{Duration, Time};

/// Whether there is such a command.
pub(crate) fn exists(name: &str) -> bool {
    const NAMES: &[&str] = &[
        "[", "[[", "ash", "awk", "basename", "bash", "cat", "cd", "clear", "cp", "curl", "cut",
        "date", "dirname", "echo", "env", "eval", "exec", "exit", "export", "expr", "false",
        "find", "free", "getent", "grep", "head", "hostname", "id", "kill", "ln", "local", "ls",
        "mkdir", "mktemp", "mv", "nc", "nproc", "nslookup", "perl", "ping", "printenv", "printf",
        "ps", "pwd", "read", "rm", "sed", "seq", "set", "sh", "shift", "sleep", "sort", "stat",
        "sync", "tail", "tee", "test", "touch", "tr", "trap", "true", "uname", "uniq", "unset",
        "uptime", "wait", "wc", "wget", "which", "whoami", "xargs", "yes", ":",
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
        "test" | "[" | "[[" => test(shell, name, &arguments),
        "seq" => seq(shell, &arguments),
        "cat" => cat(shell, &arguments),
        "tail" => tail(shell, &arguments),
        "head" => head(shell, &arguments),
        "touch" => each_path(shell, "touch", &arguments, |files, path| {
            files.exists(path) || files.write(path, "", true)
        }),
        "rm" => rm(shell, &arguments),
        "mkdir" => {
            for path in operands(&arguments) {
                let path = Files::absolute(&shell.folder, path);
                shell.files.make_folder(&path);
            }
        }
        "cp" | "mv" | "ln" => copy(shell, name, &arguments),
        "ls" => ls(shell, &arguments),
        "cd" => cd(shell, &arguments),
        "pwd" => shell.print(&format!("{}\n", shell.folder.clone())),
        "export" | "local" | "readonly" => assign(shell, &arguments),
        "unset" => {
            for name in operands(&arguments) {
                shell.variables.remove(name);
            }
        }
        "env" | "printenv" => env(shell, &arguments),
        "hostname" => shell.print(&format!("{}\n", shell.hostname.clone())),
        "whoami" => shell.print("root\n"),
        "id" => shell.print("uid=0(root) gid=0(root) groups=0(root),10(wheel)\n"),
        "uname" => shell.print(if arguments.is_empty() {
            "Linux\n"
        } else {
            "Linux 6.12.48 x86_64 GNU/Linux\n"
        }),
        "nproc" => shell.print("4\n"),
        "ps" => shell.print("PID   USER     TIME  COMMAND\n    1 root      0:00 sh\n"),
        "expr" => expr(shell, &arguments),
        "wc" => wc(shell, &arguments),
        "grep" => grep(shell, &arguments),
        "sort" | "uniq" | "tee" | "tr" | "cut" | "sed" | "awk" | "xargs" => {
            filter(shell, name, &arguments)
        }
        "read" => read(shell, &arguments),
        "wget" | "curl" => fetch(shell, name, &arguments, outside),
        "nc" => netcat(shell, &arguments, outside),
        "which" => which(shell, &arguments),
        "basename" => last_part(shell, &arguments, true),
        "dirname" => last_part(shell, &arguments, false),
        "false" => shell.status = 1,
        "sync" | "kill" | "clear" => {}
        "yes" => shell.print(&"y\n".repeat(1000)),
        "perl" => perl(shell, &arguments),
        "mktemp" => {
            shell.files.write("/tmp/tmp.podyard", "", false);
            shell.print("/tmp/tmp.podyard\n");
        }
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

/// `\n`, `\t` and the like; says whether `\c` ended the text.
fn unescape(text: &str) -> (String, bool) {
    let mut result = String::new();
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            result.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => result.push('\n'),
            Some('t') => result.push('\t'),
            Some('r') => result.push('\r'),
            Some('\\') => result.push('\\'),
            Some('e') => result.push('\u{1b}'),
            Some('0') => result.push('\0'),
            Some('c') => return (result, true),
            Some(other) => {
                result.push('\\');
                result.push(other);
            }
            None => result.push('\\'),
        }
    }
    (result, false)
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
        let (plain, ended) = unescape(&text);
        text = plain;
        newline &= !ended;
    }
    if newline {
        text.push('\n');
    }
    shell.print(&text);
}

fn printf(shell: &mut Machine, arguments: &[&str]) {
    let Some(format) = arguments.first() else {
        return shell.fail(1, "printf: usage: printf FORMAT [ARG]...");
    };
    let (format, _) = unescape(format);
    let mut rest = arguments.iter().skip(1).copied().peekable();
    let mut text = String::new();
    loop {
        let mut used = false;
        let mut letters = format.chars();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                text.push(letter);
                continue;
            }
            let mut flags = String::new();
            let kind = loop {
                match letters.next() {
                    Some(letter) if letter.is_ascii_alphabetic() || letter == '%' => break letter,
                    Some(letter) => flags.push(letter),
                    None => break '%',
                }
            };
            if kind == '%' {
                text.push('%');
                continue;
            }
            used = true;
            let value = rest.next().unwrap_or_default();
            let shown = match kind {
                'd' | 'i' | 'u' => value.trim().parse::<i64>().unwrap_or(0).to_string(),
                'x' => format!("{:x}", value.trim().parse::<i64>().unwrap_or(0)),
                'b' => unescape(value).0,
                'c' => value.chars().take(1).collect(),
                _ => value.to_owned(),
            };
            text.push_str(&padded(&shown, &flags));
        }
        if !used || rest.peek().is_none() || text.len() > 100_000 {
            break;
        }
    }
    shell.print(&text);
}

fn padded(text: &str, flags: &str) -> String {
    let (left, zero) = (flags.starts_with('-'), flags.starts_with('0'));
    let width: usize = flags
        .trim_start_matches(['-', '0', '+'])
        .split('.')
        .next()
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
        .min(1000);
    let missing = width.saturating_sub(text.chars().count());
    match (left, zero) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (false, true) => format!("{}{text}", "0".repeat(missing)),
        (false, false) => format!("{}{text}", " ".repeat(missing)),
    }
}

fn date(shell: &mut Machine, arguments: &[&str]) {
    let at = chrono::DateTime::from_timestamp_millis(shell.now.unix_millis()).unwrap_or_default();
    let format = arguments
        .iter()
        .find_map(|word| word.strip_prefix('+'))
        .unwrap_or("%a %b %e %H:%M:%S UTC %Y");
    let mut text = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        match letters.next() {
            Some('N') => {
                text.push_str(&format!("{:03}000000", shell.now.unix_millis().rem_euclid(1000)))
            }
            Some('Z') => text.push_str("UTC"),
            Some(letter) if "YmdHMSaAbBejyDFTRsuwIplnt%".contains(letter) => {
                text.push_str(&at.format(&format!("%{letter}")).to_string());
            }
            Some(other) => {
                text.push('%');
                text.push(other);
            }
            None => text.push('%'),
        }
    }
    shell.print(&format!("{text}\n"));
}

/// The moment as `date` prints it.
pub(crate) fn unix_date(at: Time) -> String {
    let at = chrono::DateTime::from_timestamp_millis(at.unix_millis()).unwrap_or_default();
    at.format("%a %b %e %H:%M:%S UTC %Y").to_string()
}

fn test(shell: &mut Machine, name: &str, arguments: &[&str]) {
    let mut words = arguments.to_vec();
    if name != "test" {
        let close = if name == "[" { "]" } else { "]]" };
        if words.pop() != Some(close) {
            shell.complain(&format!("{name}: missing {close}"));
            shell.status = 2;
            return;
        }
    }
    match either(shell, &words) {
        Ok(value) => shell.status = i64::from(!value),
        Err(message) => {
            shell.complain(&message);
            shell.status = 2;
        }
    }
}

fn either(shell: &Machine, words: &[&str]) -> Result<bool, String> {
    for (index, word) in words.iter().enumerate() {
        if matches!(*word, "-o" | "||") && index > 0 {
            let right = words.get(index + 1..).unwrap_or_default();
            return Ok(
                both(shell, words.get(..index).unwrap_or_default())? || either(shell, right)?
            );
        }
    }
    both(shell, words)
}

fn both(shell: &Machine, words: &[&str]) -> Result<bool, String> {
    for (index, word) in words.iter().enumerate() {
        if matches!(*word, "-a" | "&&") && index > 0 {
            let right = words.get(index + 1..).unwrap_or_default();
            return Ok(one(shell, words.get(..index).unwrap_or_default())? && both(shell, right)?);
        }
    }
    one(shell, words)
}

fn one(shell: &Machine, words: &[&str]) -> Result<bool, String> {
    let number = |text: &str| text.trim().parse::<i64>().map_err(|_| format!("{text}: bad number"));
    match words {
        [] => Ok(false),
        ["!", rest @ ..] => one(shell, rest).map(|value| !value),
        [text] => Ok(!text.is_empty()),
        [operator, path] => {
            let whole = Files::absolute(&shell.folder, path);
            Ok(match *operator {
                "-z" => path.is_empty(),
                "-n" => !path.is_empty(),
                "-e" | "-r" | "-w" | "-x" => shell.files.exists(&whole),
                "-f" => shell.files.read(&whole).is_some(),
                "-d" => shell.files.is_folder(&whole),
                "-s" => shell.files.read(&whole).is_some_and(|text| !text.is_empty()),
                other => return Err(format!("{other}: unknown operand")),
            })
        }
        [left, operator, right] => Ok(match *operator {
            "=" => left == right,
            "==" => super::expand::glob(right, left),
            "!=" => !super::expand::glob(right, left),
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
    let numbers: Option<Vec<i64>> =
        operands(arguments).iter().map(|word| word.parse().ok()).collect();
    let negative: Option<Vec<i64>> = arguments.iter().map(|word| word.parse().ok()).collect();
    let (first, step, last) = match negative.or(numbers).as_deref() {
        Some([last]) => (1, 1, *last),
        Some([first, last]) => (*first, 1, *last),
        Some([first, step, last]) if *step != 0 => (*first, *step, *last),
        _ => return shell.fail(1, "seq: invalid number"),
    };
    let mut text = String::new();
    let mut value = first;
    while (step > 0 && value <= last) || (step < 0 && value >= last) {
        text.push_str(&format!("{value}\n"));
        if text.len() > super::machine::LONGEST {
            break;
        }
        value += step;
    }
    shell.print(&text);
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
    let text = gather(shell, "cat", &operands(arguments));
    if !text.is_empty() {
        shell.print(&text);
    }
}

/// The number after `-n` or in `-5`, and the other words.
fn line_count<'a>(arguments: &[&'a str]) -> (usize, Vec<&'a str>) {
    let (mut count, mut rest, mut takes) = (10, Vec::new(), false);
    for word in arguments {
        if takes {
            count = word.parse().unwrap_or(10);
            takes = false;
        } else if *word == "-n" || *word == "-c" {
            takes = true;
        } else if let Some(number) = word
            .strip_prefix("-n")
            .or_else(|| word.strip_prefix('-'))
            .and_then(|digits| digits.parse().ok())
        {
            count = number;
        } else if !word.starts_with('-') {
            rest.push(*word);
        }
    }
    (count, rest)
}

fn tail(shell: &mut Machine, arguments: &[&str]) {
    let (count, paths) = line_count(arguments);
    let text = gather(shell, "tail", &paths);
    let lines: Vec<&str> = text.lines().collect();
    for line in lines.iter().skip(lines.len().saturating_sub(count)) {
        shell.print(&format!("{line}\n"));
    }
    if flag(arguments, 'f') || flag(arguments, 'F') {
        shell.block();
    }
}

fn head(shell: &mut Machine, arguments: &[&str]) {
    let (count, paths) = line_count(arguments);
    let text = gather(shell, "head", &paths);
    for line in text.lines().take(count) {
        shell.print(&format!("{line}\n"));
    }
}

fn each_path(
    shell: &mut Machine,
    name: &str,
    arguments: &[&str],
    mut act: impl FnMut(&mut Files, &str) -> bool,
) {
    for path in operands(arguments) {
        let whole = Files::absolute(&shell.folder, path);
        if !act(&mut shell.files, &whole) {
            shell.fail(1, &format!("{name}: {path}: No such file or directory"));
        }
    }
}

fn rm(shell: &mut Machine, arguments: &[&str]) {
    let force = flag(arguments, 'f');
    for path in operands(arguments) {
        let whole = Files::absolute(&shell.folder, path);
        if !shell.files.remove(&whole) && !force {
            shell.fail(1, &format!("rm: can't remove '{path}': No such file or directory"));
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
    if !shell.files.write(&target, &text, false) {
        return shell.fail(1, &format!("{name}: can't create '{to}': No such file or directory"));
    }
    if name == "mv" {
        shell.files.remove(&source);
    }
}

fn ls(shell: &mut Machine, arguments: &[&str]) {
    let paths = operands(arguments);
    let folder = shell.folder.to_string();
    let paths = if paths.is_empty() { vec![folder.as_str()] } else { paths };
    for path in paths {
        let whole = Files::absolute(&shell.folder, path);
        if shell.files.read(&whole).is_some() {
            shell.print(&format!("{path}\n"));
        } else if shell.files.is_folder(&whole) {
            let names = shell.files.list(&whole);
            let text: String = names.iter().map(|name| format!("{name}\n")).collect();
            shell.print(&text);
        } else {
            shell.fail(1, &format!("ls: {path}: No such file or directory"));
        }
    }
}

fn cd(shell: &mut Machine, arguments: &[&str]) {
    let to = arguments.first().copied().unwrap_or("/root");
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
            shell.variables.insert(name.into(), value.into());
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

fn wc(shell: &mut Machine, arguments: &[&str]) {
    let text = gather(shell, "wc", &operands(arguments));
    let (lines, words, bytes) =
        (text.matches('\n').count(), text.split_whitespace().count(), text.len());
    let line = match (flag(arguments, 'l'), flag(arguments, 'w'), flag(arguments, 'c')) {
        (true, ..) => lines.to_string(),
        (_, true, _) => words.to_string(),
        (.., true) => bytes.to_string(),
        _ => format!("{lines:>9} {words:>9} {bytes:>9}"),
    };
    shell.print(&format!("{line}\n"));
}

fn grep(shell: &mut Machine, arguments: &[&str]) {
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
fn filter(shell: &mut Machine, name: &str, arguments: &[&str]) {
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
fn substituted(line: &str, script: &str) -> String {
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

fn read(shell: &mut Machine, arguments: &[&str]) {
    let input = shell.input.clone().unwrap_or_default();
    if input.is_empty() {
        shell.status = 1;
        return;
    }
    let (line, rest) = input.split_once('\n').unwrap_or((&input, ""));
    let names = operands(arguments);
    let mut words = line.splitn(names.len().max(1), [' ', '\t']);
    for name in &names {
        shell.variables.insert((*name).into(), words.next().unwrap_or_default().trim().into());
    }
    shell.input = Some(rest.into());
}

/// `http://HOST:PORT/PATH` taken apart.
fn address(url: &str) -> (String, u16, String) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, path) = match rest.find('/') {
        Some(at) => rest.split_at_checked(at).unwrap_or((rest, "/")),
        None => (rest, "/"),
    };
    let default = if url.starts_with("https") { 443 } else { 80 };
    let (host, port) = host
        .rsplit_once(':')
        .map_or((host, default), |(host, port)| (host, port.parse().unwrap_or(default)));
    (host.to_owned(), port, path.to_owned())
}

fn fetch(shell: &mut Machine, name: &str, arguments: &[&str], outside: &mut dyn Outside) {
    let takes_value = [
        "-O",
        "-T",
        "-o",
        "-m",
        "-H",
        "-X",
        "-d",
        "-w",
        "--max-time",
        "--timeout",
        "--connect-timeout",
        "-t",
        "--tries",
        "--retry",
    ];
    let mut words = Vec::new();
    let mut skip = false;
    for word in arguments {
        if skip {
            skip = false;
        } else if takes_value.contains(word) {
            skip = true;
        } else if !word.starts_with('-') {
            words.push(*word);
        }
    }
    let Some(url) = words.last() else { return shell.fail(1, &format!("{name}: missing URL")) };
    let (host, port, path) = address(url);
    let quiet = flag(arguments, 'q') || flag(arguments, 's');
    let wget = name.ends_with("wget");
    if wget && !quiet {
        shell.print_error(&format!("Connecting to {host}:{port} ({host}:{port})\n"));
    }
    match outside.http(&host, port, &path) {
        Answer::Body { status, body } if status < 400 || !wget => {
            shell.print(&body);
        }
        Answer::Body { status, .. } => {
            shell.fail(1, &format!("wget: server returned error: HTTP/1.1 {status}"))
        }
        Answer::Refused if wget => {
            shell.fail(
                1,
                &format!("wget: can't connect to remote host ({host}): Connection refused"),
            );
        }
        Answer::Refused => {
            shell.fail(7, &format!("curl: (7) Failed to connect to {host} port {port} after 0 ms: Could not connect to server"));
        }
        Answer::Unknown if wget => shell.fail(1, &format!("wget: bad address '{host}:{port}'")),
        Answer::Unknown => shell.fail(6, &format!("curl: (6) Could not resolve host: {host}")),
        Answer::Silent => {
            shell.pause(Duration::from_seconds(10));
            shell.fail(
                1,
                if wget { "wget: download timed out" } else { "curl: (28) Connection timed out" },
            );
        }
    }
}

fn netcat(shell: &mut Machine, arguments: &[&str], outside: &mut dyn Outside) {
    let words = operands(arguments);
    let (host, port) = (
        words.first().copied().unwrap_or_default(),
        words.get(1).and_then(|port| port.parse().ok()).unwrap_or(0),
    );
    let open = matches!(outside.http(host, port, "/"), Answer::Body { .. });
    shell.status = i64::from(!open);
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
    let text = match (path.rsplit_once('/'), last) {
        (Some((_, name)), true) => name,
        (None, true) => path,
        (Some((folder, _)), false) => folder,
        (None, false) => ".",
    };
    shell.print(&format!("{text}\n"));
}

/// The documentation's Job computes pi: `perl -Mbignum=bpi -wle 'print bpi(2000)'`.
fn perl(shell: &mut Machine, arguments: &[&str]) {
    let script = arguments.last().copied().unwrap_or_default();
    let digits = script
        .split_once("bpi(")
        .and_then(|(_, rest)| rest.split_once(')'))
        .and_then(|(count, _)| count.trim().parse::<usize>().ok());
    match digits {
        Some(count) if count <= 10_000 => {
            shell.pause(Duration::from_millis(i64::try_from(count).unwrap_or(0) * 2 + 500));
            shell.print(&format!("{}\n", pi(count)));
        }
        _ => shell.fail(2, "perl: Podyard's perl can only print bpi(N)"),
    }
}

/// `count` significant digits of pi, by Machin's formula in whole numbers of nine decimal digits each.
fn pi(count: usize) -> String {
    const BASE: u64 = 1_000_000_000;
    let limbs = count / 9 + 4;
    let divide = |number: &mut [u64], by: u64| {
        let mut rest = 0;
        for limb in number.iter_mut() {
            let value = rest * BASE + *limb;
            *limb = value / by;
            rest = value % by;
        }
    };
    let arctangent = |inverse: u64, factor: u64| -> Vec<u64> {
        let mut term = vec![0_u64; limbs];
        if let Some(first) = term.first_mut() {
            *first = factor;
        }
        divide(&mut term, inverse);
        let mut sum = term.clone();
        let (mut k, mut minus) = (3, true);
        while term.iter().any(|limb| *limb > 0) {
            divide(&mut term, inverse * inverse);
            let mut part = term.clone();
            divide(&mut part, k);
            combine(&mut sum, &part, minus);
            minus = !minus;
            k += 2;
        }
        sum
    };
    let mut sum = arctangent(5, 16);
    combine(&mut sum, &arctangent(239, 4), true);
    let mut digits: String = sum
        .iter()
        .enumerate()
        .map(|(index, limb)| if index == 0 { limb.to_string() } else { format!("{limb:09}") })
        .collect();
    digits.truncate(count);
    if digits.len() > 1 {
        digits.insert(1, '.');
    }
    digits
}

/// Adds or subtracts numbers of nine-digit limbs, most significant first.
fn combine(sum: &mut [u64], part: &[u64], minus: bool) {
    const BASE: u64 = 1_000_000_000;
    let mut carry = 0;
    for (limb, other) in sum.iter_mut().zip(part).rev() {
        if minus {
            let taken = other + carry;
            carry = u64::from(*limb < taken);
            *limb = *limb + carry * BASE - taken;
        } else {
            *limb += other + carry;
            carry = *limb / BASE;
            *limb %= BASE;
        }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn pi_has_its_digits() {
        assert_eq!(super::pi(50), "3.1415926535897932384626433832795028841971693993751");
    }
}
