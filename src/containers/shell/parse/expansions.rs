//! Expansions: what begins with `$` or stands between backquotes.

use super::{END, OPEN, Parsed, Parser, Part, Word, parse_at};

/// What may stand behind the name of a parameter, longest first.
const OPERATORS: [&str; 15] =
    [":-", ":=", ":+", ":?", "##", "%%", "-", "=", "+", "?", "#", "%", "//", "/", ":"];

impl Parser {
    pub(super) fn expansion(&mut self, quoted: bool) -> Parsed<Part> {
        if self.next() == Some('`') {
            let mut text = String::new();
            loop {
                match self.next() {
                    Some('`') => break,
                    Some('\\') if matches!(self.peek(), Some('`' | '\\' | '$')) => {
                        text.extend(self.next())
                    }
                    Some(letter) => text.push(letter),
                    None => return Err("syntax error: EOF in backquote substitution".into()),
                }
            }
            return Ok(Part::Command { script: parse_at(&text, self.depth, self.bash)?, quoted });
        }
        if self.take("((") {
            let text = self.until_double_parenthesis()?;
            let text = quoted_text(&text, self.depth, self.bash)?;
            return Ok(Part::Arithmetic { text, quoted });
        }
        if self.take("(") {
            let script = self.list(&[])?;
            if self.next() != Some(')') {
                return Err(match self.bash {
                    true => OPEN.into(),
                    false => format!("{END} (expecting \")\")"),
                });
            }
            return Ok(Part::Command { script, quoted });
        }
        if self.take("{") {
            return self.braced(quoted);
        }
        let mut name = String::new();
        match self.peek() {
            Some(letter) if letter == '_' || letter.is_ascii_alphabetic() => {
                while let Some(letter) = self.peek().filter(|letter| in_name(*letter)) {
                    name.push(letter);
                    self.at += 1;
                }
            }
            Some(letter) if letter.is_ascii_digit() || "?$!#@*-".contains(letter) => {
                name.push(letter);
                self.at += 1;
            }
            _ => return Ok(Part::Text { text: "$".into(), quoted }),
        }
        Ok(Part::Variable { name, operation: None, quoted })
    }

    pub(super) fn until_double_parenthesis(&mut self) -> Parsed<String> {
        let mut text = String::new();
        let mut open = 0;
        loop {
            match self.next() {
                None if self.bash => return Err(OPEN.into()),
                None => return Err("syntax error: missing '))'".into()),
                Some(')') if open == 0 && self.peek() == Some(')') => {
                    self.at += 1;
                    return Ok(text);
                }
                Some(')') if open == 0 => return Err("syntax error: missing '))'".into()),
                Some(letter) => {
                    open += match letter {
                        '(' => 1,
                        ')' => -1,
                        _ => 0,
                    };
                    text.push(letter);
                }
            }
        }
    }

    /// `${NAME}`, `${#NAME}`, `${NAME:-WORD}` and its kin.
    fn braced(&mut self, quoted: bool) -> Parsed<Part> {
        let text = self.until_brace(quoted)?;
        if let Some(name) = text.strip_prefix('#').filter(|name| is_parameter(name)) {
            let operation = Some(("#".into(), Vec::new()));
            return Ok(Part::Variable { name: name.into(), operation, quoted });
        }
        let end = text.find(|letter| !in_name(letter)).unwrap_or(text.len());
        let end = if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end };
        let (name, rest) = text.split_at_checked(end).unwrap_or((&text, ""));
        if is_parameter(name) {
            if rest.is_empty() {
                return Ok(Part::Variable { name: name.into(), operation: None, quoted });
            }
            let cases: &[&str] = if self.bash { &["^^", "^", ",,", ","] } else { &[] };
            let operators = OPERATORS.iter().chain(cases);
            for operator in operators {
                let Some(word) = rest.strip_prefix(operator) else { continue };
                let (depth, bash) = (self.depth, self.bash);
                // Offsets are arithmetic, patterns have quotes of their own, other words those around them.
                let word = match *operator {
                    ":" => quoted_text(word, depth, bash)?,
                    ":-" | ":=" | ":+" | ":?" | "-" | "=" | "+" | "?" if quoted => {
                        in_quotes(word, depth, bash)?
                    }
                    _ => operand(word, depth, bash)?,
                };
                let operation = Some(((*operator).to_owned(), word));
                return Ok(Part::Variable { name: name.into(), operation, quoted });
            }
        }
        Err(match self.bash {
            true => format!("${{{text}}}: bad substitution"),
            false => "syntax error: bad substitution".into(),
        })
    }

    /// What stands before the brace that closes; quoted ones do not.
    fn until_brace(&mut self, quoted: bool) -> Parsed<String> {
        let (mut text, mut open, mut quote) = (String::new(), 0, None);
        loop {
            let Some(letter) = self.next() else {
                return Err(match self.bash {
                    true => OPEN.into(),
                    false => "syntax error: missing '}'".into(),
                });
            };
            match (quote, letter) {
                (None, '}') if open == 0 => return Ok(text),
                (None, '{') => open += 1,
                (None, '}') => open -= 1,
                (None, '\'') if quoted => {}
                (None, '\'' | '"') => quote = Some(letter),
                (Some(begun), letter) if begun == letter => quote = None,
                (None | Some('"'), '\\') => {
                    text.push(letter);
                    text.extend(self.next());
                    continue;
                }
                _ => {}
            }
            text.push(letter);
        }
    }
}

/// Whether a letter may stand in a name, digits not at its beginning.
pub(super) const fn in_name(letter: char) -> bool {
    letter == '_' || letter.is_ascii_alphanumeric()
}

fn is_parameter(name: &str) -> bool {
    let mut letters = name.chars();
    match letters.next() {
        Some(letter) if "?$!#@*-".contains(letter) => letters.next().is_none(),
        Some(letter) if letter.is_ascii_digit() => letters.all(|letter| letter.is_ascii_digit()),
        Some(letter) if letter == '_' || letter.is_ascii_alphabetic() => letters.all(in_name),
        _ => false,
    }
}

/// The word of an operation outside of quotes.
fn operand(text: &str, depth: usize, bash: bool) -> Parsed<Word> {
    Ok(Parser::within(text, depth, bash)?.word_until("")?.unwrap_or_default())
}

/// The word of an operation within double quotes, which may quote again.
fn in_quotes(text: &str, depth: usize, bash: bool) -> Parsed<Word> {
    let mut parser = Parser::within(text, depth, bash)?;
    let mut parts: Word = Vec::new();
    while let Some(letter) = parser.peek() {
        match letter {
            '"' => {
                parser.at += 1;
                parser.double_quoted(&mut parts)?;
            }
            _ => parser.quoted_letter(&mut parts, "$`\\}\"")?,
        }
    }
    Ok(parts)
}

/// A text in which only `$` expands, as between double quotes.
pub(super) fn quoted_text(text: &str, depth: usize, bash: bool) -> Parsed<Word> {
    let mut parser = Parser::within(text, depth, bash)?;
    let mut parts: Word = Vec::new();
    while parser.peek().is_some() {
        parser.quoted_letter(&mut parts, "$`\\")?;
    }
    Ok(parts)
}
