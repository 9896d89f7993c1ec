//! How filters are called: their flags, and the names of their files.

use super::Kind;
use crate::containers::shell::escape::letters_of;
use crate::terminal::process::Io;
use crate::terminal::tools::sed::Call;

pub(super) type Parsed = Result<(Kind, Vec<String>), String>;

pub(in crate::terminal::tools) fn invalid(letter: char) -> String {
    format!("invalid option -- '{letter}'")
}

/// Goes through short flags; `take` is told a letter and may ask for its value.
pub(in crate::terminal::tools) fn flags(
    arguments: &[String],
    valued: &str,
    mut take: impl FnMut(char, &str) -> Result<(), String>,
) -> Result<Vec<String>, String> {
    let (mut names, mut words) = (Vec::new(), arguments.iter());
    while let Some(word) = words.next() {
        if word == "--" {
            names.extend(words.cloned());
            break;
        }
        if !word.starts_with('-') || word.len() == 1 {
            names.push(word.clone());
            continue;
        }
        if let Some(long) = word.strip_prefix("--") {
            return Err(format!("unrecognized option '--{long}'"));
        }
        let mut letters = word.chars().skip(1);
        while let Some(letter) = letters.next() {
            if !valued.contains(letter) {
                take(letter, "")?;
                continue;
            }
            let rest: String = letters.collect();
            let value = if rest.is_empty() { words.next().cloned() } else { Some(rest) };
            let value =
                value.ok_or_else(|| format!("option requires an argument -- '{letter}'"))?;
            take(letter, &value)?;
            break;
        }
    }
    Ok(names)
}

pub(super) fn cat(name: &str, arguments: &[String]) -> Parsed {
    let mut number = name == "nl";
    let names = flags(arguments, "", |letter, _| match letter {
        'n' | 'b' => {
            number = true;
            Ok(())
        }
        'e' | 'v' | 't' | 'A' | 's' | 'u' => Ok(()),
        other => Err(invalid(other)),
    })?;
    Ok((if name == "tac" { Kind::Tac } else { Kind::Cat { number } }, names))
}

pub(super) fn ends(name: &str, arguments: &[String]) -> Parsed {
    let (mut lines, mut from, mut follow) = (10, None, false);
    let mut set = |text: &str| -> Result<(), String> {
        let wrong = || format!("invalid number of lines: '{text}'");
        if let Some(first) = text.strip_prefix('+') {
            from = Some(first.parse().map_err(|_| wrong())?);
        } else {
            let plain = text.strip_prefix('-').unwrap_or(text);
            lines = plain.parse().map_err(|_| wrong())?;
        }
        Ok(())
    };
    let (mut kept, mut bytes): (Vec<String>, bool) = (Vec::new(), false);
    for word in arguments {
        // The value of a flag may look like one.
        if kept.last().is_some_and(|last| matches!(last.as_str(), "-n" | "-c")) {
            kept.push(word.clone());
            continue;
        }
        // `head -3`, `--lines=3`
        let number = word.strip_prefix('-').filter(|rest| !rest.is_empty());
        if let Some(digits) =
            number.filter(|rest| rest.chars().all(|letter| letter.is_ascii_digit()))
        {
            set(digits)?;
        } else if let Some(value) = word.strip_prefix("--lines=") {
            set(value)?;
        } else {
            kept.push(word.clone());
        }
    }
    let names = flags(&kept, "nc", |letter, value| match letter {
        'n' if name == "head" && value.starts_with('-') => {
            Err(format!("-n {value}: counting from the end is not part of this terminal"))
        }
        'n' => set(value),
        'c' if name == "head" => {
            bytes = true;
            set(value)
        }
        'f' | 'F' if name == "tail" => {
            follow = true;
            Ok(())
        }
        'q' | 'v' => Ok(()),
        other => Err(invalid(other)),
    })?;
    let kind = if name == "head" {
        Kind::Head { lines, seen: 0, bytes }
    } else {
        Kind::Tail { lines, from, follow }
    };
    Ok((kind, names))
}

pub(super) fn wc(arguments: &[String]) -> Parsed {
    let (mut lines, mut words, mut bytes) = (false, false, false);
    let names = flags(arguments, "", |letter, _| {
        match letter {
            'l' => lines = true,
            'w' => words = true,
            'c' | 'm' => bytes = true,
            other => return Err(invalid(other)),
        }
        Ok(())
    })?;
    if !(lines || words || bytes) {
        (lines, words, bytes) = (true, true, true);
    }
    Ok((Kind::Wc { lines, words, bytes }, names))
}

pub(super) fn sort(arguments: &[String]) -> Parsed {
    let (mut reverse, mut numeric, mut unique, mut fold) = (false, false, false, false);
    let (mut key, mut separator) = (None, None);
    let names = flags(arguments, "kt", |letter, value| {
        match letter {
            'r' => reverse = true,
            'n' | 'g' | 'h' | 'V' => numeric = true,
            'u' => unique = true,
            'f' => fold = true,
            'b' | 's' => {}
            'k' => {
                let first = value.split([',', '.']).next().unwrap_or(value);
                numeric |= value.contains('n');
                reverse |= value.contains('r');
                let digits = first.trim_end_matches(|letter: char| !letter.is_ascii_digit());
                let number: usize = digits
                    .parse()
                    .map_err(|_| format!("invalid number at field start: '{value}'"))?;
                key = Some(number.max(1));
            }
            't' => separator = value.chars().next(),
            other => return Err(invalid(other)),
        }
        Ok(())
    })?;
    Ok((Kind::Sort { reverse, numeric, unique, key, separator, fold }, names))
}

pub(super) fn uniq(arguments: &[String]) -> Parsed {
    let (mut count, mut repeated) = (false, false);
    let names = flags(arguments, "", |letter, _| {
        match letter {
            'c' => count = true,
            'd' => repeated = true,
            other => return Err(invalid(other)),
        }
        Ok(())
    })?;
    Ok((Kind::Uniq { count, repeated, last: None, times: 0 }, names))
}

pub(super) fn cut(arguments: &[String]) -> Parsed {
    let (mut delimiter, mut list, mut letters) = ('\t', String::new(), false);
    let names = flags(arguments, "dfc", |letter, value| {
        match letter {
            'd' => delimiter = value.chars().next().unwrap_or('\t'),
            'f' | 'c' => {
                list = value.to_owned();
                letters = letter == 'c';
            }
            's' => {}
            other => return Err(invalid(other)),
        }
        Ok(())
    })?;
    if list.is_empty() {
        return Err("you must specify a list of bytes, characters, or fields".into());
    }
    let wrong = || format!("invalid field value '{list}'");
    let number = |text: &str, default: usize| match text {
        "" => Ok(default),
        text => text.parse::<usize>().map_err(|_| wrong()),
    };
    let mut fields = Vec::new();
    for part in list.split(',') {
        let (from, to) = match part.split_once('-') {
            Some((from, to)) => (number(from, 1)?, number(to, usize::MAX)?),
            None => (number(part, 0)?, number(part, 0)?),
        };
        if from == 0 {
            return Err("fields are numbered from 1".into());
        }
        fields.push((from, to));
    }
    Ok((Kind::Cut { delimiter, fields, letters }, names))
}

pub(super) fn tr(arguments: &[String]) -> Parsed {
    let (mut delete, mut squeeze) = (false, false);
    let sets = flags(arguments, "", |letter, _| {
        match letter {
            'd' => delete = true,
            's' => squeeze = true,
            other => return Err(invalid(other)),
        }
        Ok(())
    })?;
    let from = sets.first().ok_or("missing operand")?;
    let to = match sets.get(1) {
        Some(to) => letters_of(to),
        None if delete || squeeze => Vec::new(),
        None => return Err(format!("missing operand after '{from}'")),
    };
    Ok((Kind::Tr { from: letters_of(from), to, delete, squeeze }, Vec::new()))
}

pub(super) fn tee(arguments: &[String], io: &mut Io<'_>) -> Parsed {
    let mut append = false;
    let names = flags(arguments, "", |letter, _| match letter {
        'a' => {
            append = true;
            Ok(())
        }
        other => Err(invalid(other)),
    })?;
    for name in &names {
        let file = io.terminal.files.entry(name.clone()).or_default();
        if !append {
            *file = "".into();
        }
    }
    Ok((Kind::Tee { names }, Vec::new()))
}

pub(super) fn sed(arguments: &[String]) -> Parsed {
    let call = Call::parse(arguments)?;
    Ok((Kind::Sed(call.sed()?), call.names))
}
