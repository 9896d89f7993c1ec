//! What a backslash means to `echo -e`, `printf` and `$'…'`, and `printf` itself.

use std::iter::Peekable;
use std::str::Chars;

/// Letters behind backslashes as what they stand for, and whether `\c` ended the text. `octal`: whether digits alone
/// are a number, as everywhere but in bash's `echo -e`.
pub(crate) fn unescape(text: &str, octal: bool) -> (String, bool) {
    let mut bytes: Vec<u8> = Vec::with_capacity(text.len());
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter != '\\' {
            push(&mut bytes, letter);
            continue;
        }
        match letters.next() {
            Some('a') => bytes.push(7),
            Some('b') => bytes.push(8),
            Some('e' | 'E') => bytes.push(0x1b),
            Some('f') => bytes.push(12),
            Some('n') => bytes.push(b'\n'),
            Some('r') => bytes.push(b'\r'),
            Some('t') => bytes.push(b'\t'),
            Some('v') => bytes.push(11),
            Some('\\') | None => bytes.push(b'\\'),
            Some('c') => return (String::from_utf8_lossy(&bytes).into_owned(), true),
            Some('0') => {
                let value = number(&mut letters, 8, 3).unwrap_or(0);
                bytes.push(low_byte(value));
            }
            Some(digit @ '1'..='7') if octal => {
                let first = digit.to_digit(8).unwrap_or(0);
                let mut value = first;
                for _ in 0..2 {
                    let next = letters.next_if(|letter| letter.is_digit(8));
                    let Some(digit) = next.and_then(|letter| letter.to_digit(8)) else { break };
                    value = value * 8 + digit;
                }
                bytes.push(low_byte(value));
            }
            Some(kind @ ('x' | 'u' | 'U')) => {
                let most = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                match (number(&mut letters, 16, most), kind) {
                    (Some(value), 'x') => bytes.push(low_byte(value)),
                    (Some(value), _) => {
                        push(&mut bytes, char::from_u32(value).unwrap_or('\u{fffd}'));
                    }
                    (None, _) => {
                        bytes.push(b'\\');
                        push(&mut bytes, kind);
                    }
                }
            }
            Some(other) => {
                bytes.push(b'\\');
                push(&mut bytes, other);
            }
        }
    }
    (String::from_utf8_lossy(&bytes).into_owned(), false)
}

fn push(bytes: &mut Vec<u8>, letter: char) {
    bytes.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes());
}

fn low_byte(value: u32) -> u8 {
    u8::try_from(value & 0xff).unwrap_or(0)
}

fn number(letters: &mut Peekable<Chars<'_>>, radix: u32, most: usize) -> Option<u32> {
    let mut value = None;
    for _ in 0..most {
        let next = letters.next_if(|letter| letter.is_digit(radix));
        let Some(digit) = next.and_then(|letter| letter.to_digit(radix)) else { break };
        value = Some(value.unwrap_or(0) * radix + digit);
    }
    value
}

/// A text in which each backslash only makes the letter behind it stand for itself.
pub(crate) fn without_backslashes(text: &str) -> String {
    let mut letters = text.chars();
    std::iter::from_fn(|| match letters.next() {
        Some('\\') => letters.next(),
        letter => letter,
    })
    .collect()
}

/// The letters that `tr` means: `a-z`, `[:upper:]`, `\\n`.
pub(crate) fn letters_of(text: &str) -> Vec<char> {
    let plain: Vec<char> = unescape(text, true).0.chars().collect();
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some(letter) = plain.get(at) {
        let rest = plain.get(at..).unwrap_or_default();
        let class = ["upper", "lower", "digit", "alpha", "alnum", "space", "blank", "punct"]
            .into_iter()
            .find(|name| {
                let written = format!("[:{name}:]");
                rest.len() >= written.len()
                    && written.chars().eq(rest.iter().copied().take(written.len()))
            });
        if let Some(name) = class {
            for (low, high) in super::pattern::class(name).unwrap_or_default() {
                all.extend(low..=high);
            }
            if name == "space" {
                all.push('\n');
            }
            at += name.len() + 4;
            continue;
        }
        match (plain.get(at + 1), plain.get(at + 2)) {
            (Some('-'), Some(high)) if high >= letter => {
                all.extend(*letter..=*high);
                at += 3;
            }
            _ => {
                all.push(*letter);
                at += 1;
            }
        }
    }
    all
}

/// What `printf` wrote, and what was wrong with its words.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    pub(crate) text: String,
    /// Words that should be numbers.
    pub(crate) no_numbers: Vec<String>,
    /// A letter behind `%` that means nothing; it ends the text.
    pub(crate) no_format: Option<String>,
}

/// At most so many bytes are written, and so wide is a field.
const LONGEST: usize = 1 << 20;
const WIDEST: usize = 1_000;

/// `printf FORMAT [WORD…]`: the format is used again while words are left.
pub(crate) fn printf(format: &str, words: &[&str]) -> Printed {
    let mut printed = Printed::default();
    let mut words = words.iter().copied();
    loop {
        let before = words.len();
        let goes_on = round(format, &mut words, &mut printed);
        if !goes_on || words.len() == 0 || words.len() == before || printed.text.len() > LONGEST {
            return printed;
        }
    }
}

#[derive(Default)]
struct Field {
    left: bool,
    zero: bool,
    plus: bool,
    blank: bool,
    other: bool,
    width: usize,
    precision: Option<usize>,
}

fn round<'a>(
    format: &str,
    words: &mut (impl ExactSizeIterator<Item = &'a str> + Clone),
    printed: &mut Printed,
) -> bool {
    // Escapes first, but a letter that they make is none of a field.
    let mut rest = format;
    while let Some((before, behind)) = rest.split_once('%') {
        let (text, ended) = unescape(before, true);
        printed.text.push_str(&text);
        if ended {
            return false;
        }
        let mut letters = behind.chars();
        let mut field = Field::default();
        let kind = loop {
            let letter = letters.next();
            match letter {
                Some('-') => field.left = true,
                Some('0') if field.precision.is_none() && field.width == 0 => field.zero = true,
                Some('+') => field.plus = true,
                Some(' ') => field.blank = true,
                Some('#') => field.other = true,
                Some('.') => field.precision = Some(0),
                Some('*') => {
                    let number = whole(words.next().unwrap_or("0")).0;
                    field.left |= field.precision.is_none() && number < 0;
                    let size = usize::try_from(number.unsigned_abs()).unwrap_or(WIDEST);
                    *field.precision.as_mut().unwrap_or(&mut field.width) = size.min(WIDEST);
                }
                Some(letter) if letter.is_ascii_digit() => {
                    let size = field.precision.as_mut().unwrap_or(&mut field.width);
                    let digit = letter.to_digit(10).and_then(|digit| usize::try_from(digit).ok());
                    *size = (*size * 10 + digit.unwrap_or(0)).min(WIDEST);
                }
                Some('l' | 'h' | 'z' | 'j') => {}
                kind => break kind,
            }
        };
        rest = letters.as_str();
        match kind {
            Some('%') => printed.text.push('%'),
            Some(kind) if "sbcqdiuxXofFeEgG".contains(kind) => {
                let shown = shown(kind, words.next(), &field, printed);
                printed.text.push_str(&padded(&shown, kind, &field));
                if kind == 'b' && shown.ends_with('\0') {
                    return false;
                }
            }
            other => {
                printed.no_format = Some(other.map(String::from).unwrap_or_default());
                return false;
            }
        }
    }
    let (text, ended) = unescape(rest, true);
    printed.text.push_str(&text);
    !ended
}

fn shown(kind: char, word: Option<&str>, field: &Field, printed: &mut Printed) -> String {
    let text = word.unwrap_or_default();
    let most = field.precision.unwrap_or(usize::MAX);
    match kind {
        's' => text.chars().take(most).collect(),
        'b' => unescape(text, true).0.chars().take(most).collect(),
        'c' => text.chars().take(1).collect(),
        'q' => match text {
            "" => "''".to_owned(),
            text if text.chars().all(|one| one.is_alphanumeric() || "_./-:=@%+,".contains(one)) => {
                text.to_owned()
            }
            text => format!("'{}'", text.replace('\'', "'\\''")),
        },
        'f' | 'F' | 'e' | 'E' | 'g' | 'G' => {
            let trimmed = text.trim();
            let value: f64 = match trimmed {
                "" => 0.0,
                trimmed => trimmed.parse().unwrap_or_else(|_| {
                    printed.no_numbers.push(text.to_owned());
                    0.0
                }),
            };
            let places = field.precision.unwrap_or(6).min(40);
            let digits = match kind {
                'g' | 'G' => format!("{value}"),
                'e' | 'E' => exponent(value, places),
                _ => format!("{value:.places$}"),
            };
            signed(digits, field)
        }
        kind => {
            let (value, good) = whole(text);
            if word.is_some() && !good {
                printed.no_numbers.push(text.to_owned());
            }
            match kind {
                'x' if field.other => format!("{value:#x}"),
                'x' => format!("{value:x}"),
                'X' => format!("{value:X}"),
                'o' => format!("{value:o}"),
                'u' => u64::from_ne_bytes(value.to_ne_bytes()).to_string(),
                _ => {
                    let least = field.precision.unwrap_or(0);
                    let digits = format!("{:0least$}", value.unsigned_abs());
                    let sign = if value < 0 { "-" } else { "" };
                    signed(format!("{sign}{digits}"), field)
                }
            }
        }
    }
}

/// `1.5e+00`
fn exponent(value: f64, places: usize) -> String {
    let text = format!("{value:.places$e}");
    let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
    let power: i32 = power.parse().unwrap_or(0);
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

fn signed(digits: String, field: &Field) -> String {
    match (digits.starts_with('-'), field.plus, field.blank) {
        (false, true, _) => format!("+{digits}"),
        (false, false, true) => format!(" {digits}"),
        _ => digits,
    }
}

fn padded(text: &str, kind: char, field: &Field) -> String {
    let missing = field.width.saturating_sub(text.chars().count());
    let number = !matches!(kind, 's' | 'b' | 'c' | 'q');
    match (field.left, field.zero && number) {
        (true, _) => format!("{text}{}", " ".repeat(missing)),
        (false, true) => {
            let digits = text.trim_start_matches(['+', '-', ' ']);
            let sign = text.strip_suffix(digits).unwrap_or_default();
            format!("{sign}{}{digits}", "0".repeat(missing))
        }
        (false, false) => format!("{}{text}", " ".repeat(missing)),
    }
}

/// A whole number as C writes it, or a letter behind a quote; what of it can be read, and whether that is all of it.
fn whole(text: &str) -> (i64, bool) {
    if let Some(letter) = text.strip_prefix(['\'', '"']) {
        return (letter.chars().next().map_or(0, |letter| i64::from(u32::from(letter))), true);
    }
    let trimmed = text.trim_start();
    let (negative, digits) = match trimmed.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, trimmed.strip_prefix('+').unwrap_or(trimmed)),
    };
    let (radix, digits) = match digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        Some(digits) => (16, digits),
        None if digits.len() > 1 && digits.starts_with('0') => (8, digits),
        None => (10, digits),
    };
    let mut value: i64 = 0;
    let mut read = 0;
    for digit in digits.chars().map_while(|letter| letter.to_digit(radix)) {
        value = value.saturating_mul(i64::from(radix)).saturating_add(i64::from(digit));
        read += 1;
    }
    (if negative { -value } else { value }, read == digits.len() && read > 0 || text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn backslashes_mean_what_they_mean_in_c() {
        for (text, plain) in [
            ("a\\tb\\n", "a\tb\n"),
            ("\\x41\\101\\0101", "AAA"),
            ("\\uc548\\xec\\x95\\x88", "안안"),
            ("\\q\\", "\\q\\"),
            ("a\\cb", "a"),
            ("\\xg\\400", "\\xg\0"),
        ] {
            assert_eq!(unescape(text, true).0, plain, "{text}");
        }
        assert_eq!(unescape("\\101\\0101", false).0, "\\101A");
    }

    #[test]
    fn fields_have_flags_widths_and_precisions() {
        for (format, words, text) in [
            ("%05d|%5s|%-5s|", &["42", "ab", "cd"] as &[_], "00042|   ab|cd   |"),
            ("%.2f %5.1f", &["3.14159", "2.25"], "3.14   2.2"),
            ("%x %X %o", &["255", "255", "8"], "ff FF 10"),
            ("%d,", &["0x10", "010", "'A", "-3"], "16,8,65,-3,"),
            ("%+d|%3d|%-3d|%03d", &["5", "5", "5", "-5"], "+5|  5|5  |-05"),
            ("%s-%s\n", &["a", "b", "c"], "a-b\nc-\n"),
            ("%.3s|%*d", &["abcdef", "5", "7"], "abc|    7"),
            ("%b%%\\n", &["a\\tb"], "a\tb%\n"),
            ("%e", &["1500"], "1.500000e+03"),
            ("x%sx", &[], "xx"),
            ("none", &["a", "b"], "none"),
            ("%99999999999s|", &["a"], &format!("{}a|", " ".repeat(999))),
        ] {
            assert_eq!(printf(format, words).text, text, "{format}");
        }
        assert_eq!(printf("%d", &["abc"]).no_numbers, ["abc"]);
        assert_eq!(printf("a%z!", &["3"]).no_format, Some("!".into()));
    }
}
