//! A program as signs, names, numbers and texts.

use crate::containers::shell::escape::unescape;

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Number(f64),
    Text(String),
    Matches(String),
    Name(String),
    Sign(&'static str),
    Line,
}

const SIGNS: [&str; 36] = [
    "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "&&", "||", "++", "--", "!~", "{", "}",
    "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "!", "<", ">", "=", "~", "?", ":", "$",
    "|",
];

pub(super) fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut all: Vec<Token> = Vec::new();
    let mut rest = text;
    while let Some(letter) = rest.chars().next() {
        let behind = rest.get(letter.len_utf8()..).unwrap_or_default();
        let begins_operand = !matches!(
            all.last(),
            Some(Token::Number(_) | Token::Text(_) | Token::Name(_) | Token::Sign(")" | "]" | "$"))
        );
        match letter {
            '\n' => {
                all.push(Token::Line);
                rest = behind;
            }
            '#' => rest = rest.find('\n').and_then(|at| rest.get(at..)).unwrap_or_default(),
            ' ' | '\t' | '\r' | '\\' => rest = behind,
            '"' | '/' if letter == '"' || begins_operand => {
                let (piece, after) = until(behind, letter).ok_or_else(|| {
                    format!("unterminated {}", if letter == '"' { "string" } else { "regexp" })
                })?;
                all.push(match letter {
                    '"' => Token::Text(unescape(&piece, true).0),
                    _ => Token::Matches(piece.replace("\\/", "/")),
                });
                rest = after;
            }
            letter if letter.is_ascii_digit() || letter == '.' => {
                let end = rest
                    .find(|letter: char| !(letter.is_ascii_digit() || letter == '.'))
                    .unwrap_or(rest.len());
                let (digits, after) = rest.split_at(end);
                all.push(Token::Number(digits.parse().map_err(|_| "syntax error".to_owned())?));
                rest = after;
            }
            letter if letter == '_' || letter.is_ascii_alphabetic() => {
                let end = rest
                    .find(|letter: char| !(letter == '_' || letter.is_ascii_alphanumeric()))
                    .unwrap_or(rest.len());
                let (name, after) = rest.split_at(end);
                all.push(Token::Name(name.to_owned()));
                rest = after;
            }
            _ => {
                let sign = SIGNS.into_iter().find(|sign| rest.starts_with(sign));
                let sign = sign.ok_or_else(|| format!("syntax error near {letter}"))?;
                all.push(Token::Sign(sign));
                rest = rest.get(sign.len()..).unwrap_or_default();
            }
        }
    }
    Ok(all)
}

/// What stands before the delimiter that no backslash precedes, as it stands, and what behind.
fn until(text: &str, delimiter: char) -> Option<(String, &str)> {
    let mut escaped = false;
    let at = text.char_indices().find(|(_, letter)| {
        let found = *letter == delimiter && !escaped;
        escaped = *letter == '\\' && !escaped;
        found
    });
    let (at, _) = at?;
    let piece = text.get(..at)?;
    let piece = if delimiter == '"' { piece.replace("\\\"", "\"") } else { piece.to_owned() };
    Some((piece, text.get(at + 1..)?))
}
