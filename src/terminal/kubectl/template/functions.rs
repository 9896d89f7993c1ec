//! The functions of templates: those of `text/template`, and kubectl's `exists` and `base64decode`.

use std::cmp::Ordering;

use super::{shown, truth};
use crate::api::value::Value;

/// Calls a function.
///
/// # Errors
/// text/template's words.
pub(super) fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    match (name, arguments) {
        ("print", all) => Ok(Value::from(printed(all, false))),
        ("println", all) => Ok(Value::from(format!("{}\n", printed(all, true)))),
        ("printf", [format, rest @ ..]) => Ok(Value::from(printf(&shown(format), rest))),
        ("len", [one]) => match one {
            Value::String(text) => Ok(Value::from(text.len())),
            Value::Array(items) => Ok(Value::from(items.len())),
            Value::Object(map) => Ok(Value::from(map.len())),
            _ => Err("error calling len: len of nil pointer".into()),
        },
        ("index", [value, keys @ ..]) => index(value, keys),
        ("slice", [value, bounds @ ..]) => slice(value, bounds),
        ("not", [one]) => Ok(Value::Bool(!truth(one))),
        ("eq", [one, others @ ..]) => {
            Ok(Value::Bool(others.iter().any(|other| order(one, other) == Some(Ordering::Equal))))
        }
        ("ne", [one, other]) => Ok(Value::Bool(order(one, other) != Some(Ordering::Equal))),
        ("lt", [one, other]) => compared(one, other, Ordering::is_lt),
        ("le", [one, other]) => compared(one, other, Ordering::is_le),
        ("gt", [one, other]) => compared(one, other, Ordering::is_gt),
        ("ge", [one, other]) => compared(one, other, Ordering::is_ge),
        ("html" | "js" | "urlquery", all) => Ok(Value::from(printed(all, false))),
        ("exists", [value, keys @ ..]) => {
            Ok(Value::Bool(index(value, keys).is_ok_and(|found| !found.is_null())))
        }
        ("base64decode", [one]) => decode(&shown(one)).map(Value::from),
        ("true", []) => Ok(Value::Bool(true)),
        ("false", []) => Ok(Value::Bool(false)),
        (name, _) => Err(format!("wrong number of args for {name}")),
    }
}

/// Whether a name is a function.
pub(super) fn known(name: &str) -> bool {
    matches!(
        name,
        "print"
            | "println"
            | "printf"
            | "len"
            | "index"
            | "slice"
            | "not"
            | "eq"
            | "ne"
            | "lt"
            | "le"
            | "gt"
            | "ge"
            | "html"
            | "js"
            | "urlquery"
            | "exists"
            | "base64decode"
            | "and"
            | "or"
    )
}

fn printed(all: &[Value], blanks: bool) -> String {
    let mut text = String::new();
    for (index, value) in all.iter().enumerate() {
        let between_numbers = index > 0
            && !matches!(value, Value::String(_))
            && !matches!(all.get(index - 1), Some(Value::String(_)));
        if index > 0 && (blanks || between_numbers) {
            text.push(' ');
        }
        text.push_str(&shown(value));
    }
    text
}

fn printf(format: &str, arguments: &[Value]) -> String {
    let mut text = String::new();
    let mut arguments = arguments.iter();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            text.push(letter);
            continue;
        }
        let (mut left, mut zero, mut width, mut precision) = (false, false, 0_usize, None::<usize>);
        let verb = loop {
            match letters.next() {
                Some('-') => left = true,
                Some('+' | '#' | ' ') => {}
                Some('.') => precision = Some(0),
                Some('0') if width == 0 && precision.is_none() => zero = true,
                Some(digit) if digit.is_ascii_digit() => {
                    let digit = usize::try_from(digit.to_digit(10).unwrap_or(0)).unwrap_or(0);
                    match &mut precision {
                        Some(precision) => *precision = (*precision * 10 + digit).min(100),
                        None => width = (width * 10 + digit).min(1_000),
                    }
                }
                other => break other,
            }
        };
        let piece = match verb {
            Some('%') => "%".to_owned(),
            None => "%!(NOVERB)".to_owned(),
            Some(verb) => match arguments.next() {
                None => format!("%!{verb}(MISSING)"),
                Some(value) => formatted(verb, value, precision),
            },
        };
        let missing = width.saturating_sub(piece.chars().count());
        match (left, zero) {
            (true, _) => text.extend([piece, " ".repeat(missing)]),
            (false, true) => text.extend(["0".repeat(missing), piece]),
            (false, false) => text.extend([" ".repeat(missing), piece]),
        }
    }
    text
}

fn formatted(verb: char, value: &Value, precision: Option<usize>) -> String {
    match (verb, value) {
        ('q', Value::String(text)) => crate::api::error::go_quote(text),
        ('d', Value::Int(number)) => number.to_string(),
        ('d', Value::Float(number)) => format!("%!d(float64={number})"),
        ('d', Value::String(text)) => format!("%!d(string={text})"),
        ('f', Value::Float(number)) => format!("{number:.*}", precision.unwrap_or(6)),
        ('f', Value::Int(number)) => format!("%!f(int64={number})"),
        ('t', Value::Bool(value)) => value.to_string(),
        ('s', Value::Int(number)) => format!("%!s(int64={number})"),
        ('s', value) => {
            let text = shown(value);
            match precision {
                Some(length) => text.chars().take(length).collect(),
                None => text,
            }
        }
        (_, value) => shown(value),
    }
}

fn index(value: &Value, keys: &[Value]) -> Result<Value, String> {
    let mut value = value.clone();
    for key in keys {
        value = match (&value, key) {
            (Value::Object(map), Value::String(key)) => {
                map.get(&**key).cloned().unwrap_or_default()
            }
            (Value::Array(items), Value::Int(at)) => {
                let found = usize::try_from(*at).ok().and_then(|at| items.get(at));
                let words =
                    || format!("error calling index: reflect: slice index out of range: {at}");
                found.cloned().ok_or_else(words)?
            }
            (Value::Null, _) => return Err("error calling index: index of untyped nil".into()),
            (_, key) => {
                return Err(format!("error calling index: cannot index with {}", shown(key)));
            }
        };
    }
    Ok(value)
}

fn slice(value: &Value, bounds: &[Value]) -> Result<Value, String> {
    let bound = |at: usize, default: usize| {
        bounds
            .get(at)
            .and_then(Value::as_i64)
            .and_then(|at| usize::try_from(at).ok())
            .unwrap_or(default)
    };
    match value {
        Value::String(text) => {
            let (from, to) = (bound(0, 0), bound(1, text.len()));
            let cut = text.get(from..to).ok_or("error calling slice: index out of range")?;
            Ok(Value::from(cut))
        }
        Value::Array(items) => {
            let (from, to) = (bound(0, 0), bound(1, items.len()));
            let cut = items.get(from..to).ok_or("error calling slice: index out of range")?;
            Ok(Value::from(cut.to_vec()))
        }
        _ => Err("error calling slice: can't slice item".into()),
    }
}

fn order(one: &Value, other: &Value) -> Option<Ordering> {
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => Some(one.cmp(other)),
        (Value::Float(one), Value::Float(other)) => one.partial_cmp(other),
        (Value::String(one), Value::String(other)) => Some(one.cmp(other)),
        (Value::Bool(one), Value::Bool(other)) => Some(one.cmp(other)),
        (Value::Null, Value::Null) => Some(Ordering::Equal),
        _ => None,
    }
}

fn compared(one: &Value, other: &Value, holds: fn(Ordering) -> bool) -> Result<Value, String> {
    match order(one, other) {
        Some(order) => Ok(Value::Bool(holds(order))),
        None => Err("incompatible types for comparison".into()),
    }
}

/// Base64 to text.
fn decode(text: &str) -> Result<String, String> {
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.trim_end_matches('=').chars() {
        let value = match letter {
            'A'..='Z' => u32::from(letter) - u32::from('A'),
            'a'..='z' => u32::from(letter) - u32::from('a') + 26,
            '0'..='9' => u32::from(letter) - u32::from('0') + 52,
            '+' => 62,
            '/' => 63,
            _ => return Err("error calling base64decode: illegal base64 data".into()),
        };
        bits = bits << 6 | value;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push(u8::try_from(bits >> count & 0xff).unwrap_or(0));
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
