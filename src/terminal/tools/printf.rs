//! `printf`, and the escapes of `echo -e`.

use crate::terminal::process::Io;

/// `\n`, `\t` and the like as the letters they stand for.
pub(super) fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            plain.push(letter);
            continue;
        }
        match letters.next() {
            Some('n') => plain.push('\n'),
            Some('t') => plain.push('\t'),
            Some('r') => plain.push('\r'),
            Some('a') => plain.push('\u{7}'),
            Some('0') => plain.push('\0'),
            Some('e') => plain.push('\u{1b}'),
            Some('\\') => plain.push('\\'),
            Some(other) => plain.extend(['\\', other]),
            None => plain.push('\\'),
        }
    }
    plain
}

/// `printf FORMAT [ARGUMENT…]`: the format is used again while arguments are left.
pub(super) fn run(words: &[&str], io: &mut Io<'_>) -> i32 {
    let Some((format, arguments)) = words.split_first() else {
        io.error("printf: usage: printf [-v var] format [arguments]");
        return 2;
    };
    let format = unescape(format);
    let mut arguments = arguments.iter().copied().peekable();
    let mut text = String::new();
    loop {
        let before = arguments.len();
        one_round(&format, &mut arguments, &mut text);
        if arguments.peek().is_none() || arguments.len() == before {
            break;
        }
    }
    io.out(&text);
    0
}

fn one_round<'a>(format: &str, arguments: &mut impl Iterator<Item = &'a str>, text: &mut String) {
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let (mut left, mut zero, mut width) = (false, false, 0_usize);
        let kind = loop {
            match letters.next() {
                Some('-') => left = true,
                Some('0') if width == 0 => zero = true,
                Some(digit) if digit.is_ascii_digit() => {
                    let digit = digit.to_digit(10).unwrap_or(0);
                    width = (width * 10 + usize::try_from(digit).unwrap_or(0)).min(1_000);
                }
                Some('.') => {}
                other => break other,
            }
        };
        let piece = match kind {
            Some('%') => "%".to_owned(),
            Some('d' | 'i' | 'u') => {
                let number: i64 = arguments.next().unwrap_or("0").trim().parse().unwrap_or(0);
                number.to_string()
            }
            Some('b') => unescape(arguments.next().unwrap_or_default()),
            Some('c') => arguments.next().unwrap_or_default().chars().take(1).collect(),
            Some('q') => format!("'{}'", arguments.next().unwrap_or_default()),
            _ => arguments.next().unwrap_or_default().to_owned(),
        };
        let missing = width.saturating_sub(piece.chars().count());
        match (left, zero && kind == Some('d')) {
            (true, _) => text.extend([piece, " ".repeat(missing)]),
            (false, true) => text.extend(["0".repeat(missing), piece]),
            (false, false) => text.extend([" ".repeat(missing), piece]),
        }
    }
}
