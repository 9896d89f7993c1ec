//! What a YAML scalar means: YAML 1.1 as goyaml v2 reads it (`resolve.go`).
//!
//! `yes`, `no`, `on`, `off`, `y`, `n` are truth values, a leading `0` is octal, `_` may stand between
//! digits, sexagesimal numbers and timestamps stay strings.

/// A scalar that was understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    /// Whole numbers beyond `i64`.
    Unsigned(u64),
    Float(f64),
    /// Looks like a date; kept as text, but quoted on the way out.
    Timestamp,
    /// `<<`
    Merge,
    Text,
}

impl Scalar {
    /// The tag's short name, as in `cannot decode !!str …`.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Null => "!!null",
            Self::Bool(_) => "!!bool",
            Self::Int(_) | Self::Unsigned(_) => "!!int",
            Self::Float(_) => "!!float",
            Self::Timestamp => "!!timestamp",
            Self::Merge => "!!merge",
            Self::Text => "!!str",
        }
    }
}

/// What a plain scalar means.
pub(super) fn resolve(text: &str) -> Scalar {
    if let Some(word) = word(text) {
        return word;
    }
    match text.bytes().next() {
        Some(b'.') => finite(text).map_or(Scalar::Text, Scalar::Float),
        Some(b'0'..=b'9' | b'+' | b'-') if is_timestamp(text) => Scalar::Timestamp,
        Some(b'0'..=b'9' | b'+' | b'-') => number(&text.replace('_', "")),
        _ => Scalar::Text,
    }
}

fn word(text: &str) -> Option<Scalar> {
    Some(match text {
        "" | "~" | "null" | "Null" | "NULL" => Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            Scalar::Bool(true)
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            Scalar::Bool(false)
        }
        ".nan" | ".NaN" | ".NAN" => Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Scalar::Float(f64::NEG_INFINITY),
        "<<" => Scalar::Merge,
        _ => return None,
    })
}

fn number(plain: &str) -> Scalar {
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, plain.strip_prefix('+').unwrap_or(plain)),
    };
    match whole(digits) {
        Some(magnitude) => match (negative, i64::try_from(magnitude)) {
            (false, Ok(number)) => Scalar::Int(number),
            (true, Ok(number)) => Scalar::Int(-number),
            (true, Err(_)) if magnitude == 1 << 63 => Scalar::Int(i64::MIN),
            (true, Err(_)) => decimal(plain),
            (false, Err(_)) if plain.starts_with('+') => decimal(plain),
            (false, Err(_)) => Scalar::Unsigned(magnitude),
        },
        None => decimal(plain),
    }
}

/// Digits with an optional base prefix, as Go's `ParseUint` with base 0 reads them.
fn whole(digits: &str) -> Option<u64> {
    let (radix, rest) = match digits.as_bytes() {
        [b'0', b'x' | b'X', ..] => (16, digits.get(2..)?),
        [b'0', b'b' | b'B', ..] => (2, digits.get(2..)?),
        [b'0', b'o' | b'O', ..] => (8, digits.get(2..)?),
        [b'0', _, ..] => (8, digits.get(1..)?),
        _ => (10, digits),
    };
    let plain = !rest.is_empty() && rest.bytes().all(|digit| digit.is_ascii_alphanumeric());
    if plain { u64::from_str_radix(rest, radix).ok() } else { None }
}

fn decimal(plain: &str) -> Scalar {
    if looks_decimal(plain) {
        finite(plain).map_or(Scalar::Text, Scalar::Float)
    } else {
        Scalar::Text
    }
}

fn finite(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
fn looks_decimal(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit());
    let mantissa_fits = match mantissa.split_once('.') {
        Some((before, after)) => {
            digits(before) && digits(after) && !(before.is_empty() && after.is_empty())
        }
        None => !mantissa.is_empty() && digits(mantissa),
    };
    let exponent_fits = exponent.is_none_or(|exponent| {
        let unsigned = exponent.strip_prefix(['-', '+']).unwrap_or(exponent);
        !unsigned.is_empty() && digits(unsigned)
    });
    mantissa_fits && exponent_fits
}

/// `2026-11-20`, with `T` or `t` a time with zone, with a space a time without.
fn is_timestamp(text: &str) -> bool {
    let Some((year, rest)) = text.split_once('-') else { return false };
    let Some((month, rest)) = rest.split_once('-') else { return false };
    let (day, time) = match rest.find(['T', 't', ' ']) {
        Some(at) => (rest.get(..at).unwrap_or(""), rest.get(at..)),
        None => (rest, None),
    };
    let (Some(year), Some(month), Some(day)) =
        (field(year, 4, 4), field(month, 1, 2), field(day, 1, 2))
    else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        _ => return false,
    };
    (1..=days).contains(&day) && time.is_none_or(is_time)
}

fn is_time(text: &str) -> bool {
    let zoned = !text.starts_with(' ');
    let clock = text.get(1..).unwrap_or("");
    let (clock, zone) = match clock.find(['Z', '+', '-']) {
        Some(at) => (clock.get(..at).unwrap_or(""), clock.get(at..)),
        None => (clock, None),
    };
    let mut parts = clock.split(':');
    let (Some(hour), Some(minute), Some(second), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let (second, fraction) = match second.split_once('.') {
        Some((second, fraction)) => (second, Some(fraction)),
        None => (second, None),
    };
    let below = |text, max| field(text, 1, 2).is_some_and(|value| value < max);
    below(hour, 24)
        && below(minute, 60)
        && below(second, 60)
        && fraction.is_none_or(|digits| field(digits, 1, 9).is_some())
        && zone.is_some() == zoned
        && zone.is_none_or(is_zone)
}

fn is_zone(text: &str) -> bool {
    let offset = text.strip_prefix(['+', '-']).and_then(|offset| offset.split_once(':'));
    text == "Z"
        || offset.is_some_and(|(hours, minutes)| {
            field(hours, 2, 2).is_some_and(|hours| hours < 25)
                && field(minutes, 2, 2).is_some_and(|minutes| minutes < 60)
        })
}

fn field(text: &str, shortest: usize, longest: usize) -> Option<u32> {
    let fits = (shortest..=longest).contains(&text.len())
        && text.bytes().all(|digit| digit.is_ascii_digit());
    if fits { text.parse().ok() } else { None }
}

/// `1:30`, `-10:20:30.5`: never a number here, but quoted on the way out.
pub(super) fn is_base60(text: &str) -> bool {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let (whole, fraction) = match unsigned.split_once('.') {
        Some((whole, fraction)) => (whole, fraction),
        None => (unsigned, ""),
    };
    let mut parts = whole.split(':');
    let first = parts.next().unwrap_or("");
    let rest: Vec<&str> = parts.collect();
    let digits = |text: &str| text.bytes().all(|digit| digit.is_ascii_digit() || digit == b'_');
    first.bytes().next().is_some_and(|digit| digit.is_ascii_digit())
        && digits(first)
        && !rest.is_empty()
        && rest.iter().all(|part| field(part, 1, 2).is_some_and(|value| value < 60))
        && digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_mean_what_they_mean_in_yaml_1_1() {
        let cases = [
            ("yes", Scalar::Bool(true)),
            ("Off", Scalar::Bool(false)),
            ("n", Scalar::Bool(false)),
            ("yEs", Scalar::Text),
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("nUll", Scalar::Text),
            ("12", Scalar::Int(12)),
            ("-12", Scalar::Int(-12)),
            ("+1_000", Scalar::Int(1000)),
            ("0777", Scalar::Int(511)),
            ("0o17", Scalar::Int(15)),
            ("0x1F", Scalar::Int(31)),
            ("0b101", Scalar::Int(5)),
            ("08", Scalar::Float(8.0)),
            ("9223372036854775808", Scalar::Unsigned(9_223_372_036_854_775_808)),
            ("-9223372036854775808", Scalar::Int(i64::MIN)),
            ("1.5", Scalar::Float(1.5)),
            (".5", Scalar::Float(0.5)),
            ("1e3", Scalar::Float(1000.0)),
            ("1.", Scalar::Float(1.0)),
            ("1e999", Scalar::Text),
            ("1:30", Scalar::Text),
            ("100m", Scalar::Text),
            ("1.2.3", Scalar::Text),
            ("-", Scalar::Text),
            (".", Scalar::Text),
            ("<<", Scalar::Merge),
            ("2026-11-20", Scalar::Timestamp),
            ("2026-11-20T19:54:00Z", Scalar::Timestamp),
            ("2026-11-20T19:54:00.5+09:00", Scalar::Timestamp),
            ("2026-11-20 19:54:00", Scalar::Timestamp),
            ("2026-11-20T19:54:00", Scalar::Text),
            ("2026-02-30", Scalar::Text),
            ("*/1 * * * *", Scalar::Text),
        ];
        for (text, wanted) in cases {
            assert_eq!(resolve(text), wanted, "{text}");
        }
        assert!(matches!(resolve(".nan"), Scalar::Float(number) if number.is_nan()));
    }

    #[test]
    fn sexagesimal_numbers_are_recognised_for_quoting() {
        for text in ["1:30", "190:20:30", "-1:59", "1:20.5"] {
            assert!(is_base60(text), "{text}");
        }
        for text in ["1", "1:60", "a:30", ":30", "1:2:", "nginx:1.27"] {
            assert!(!is_base60(text), "{text}");
        }
    }
}
