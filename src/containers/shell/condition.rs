//! What `[[ … ]]` says. Follows bash's conditional expressions.

use super::glob;
use super::pattern::Pattern;

/// Whether a pattern or an expression stands behind this word.
pub(crate) fn compares(operator: &str) -> bool {
    matches!(operator, "=" | "==" | "!=")
}

/// Whether a condition holds. `files` says whether a file is there, of the kind that `-f` and its kin ask for.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn holds(words: &[String], files: &dyn Fn(char, &str) -> bool) -> Result<bool, String> {
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut reader = Reader { words: &words, at: 0, depth: 0, files };
    let value = reader.any()?;
    match reader.peek() {
        None => Ok(value),
        Some(word) => Err(format!("syntax error near `{word}'")),
    }
}

struct Reader<'a> {
    words: &'a [&'a str],
    at: usize,
    depth: usize,
    files: &'a dyn Fn(char, &str) -> bool,
}

/// At most so deep may parentheses stand within each other.
const DEEPEST: usize = 50;

impl<'a> Reader<'a> {
    fn peek(&self) -> Option<&'a str> {
        self.words.get(self.at).copied()
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == Some(word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<bool, String> {
        let mut value = self.all()?;
        while self.take("||") {
            let right = self.all()?;
            value |= right;
        }
        Ok(value)
    }

    fn all(&mut self) -> Result<bool, String> {
        let mut value = self.one()?;
        while self.take("&&") {
            let right = self.one()?;
            value &= right;
        }
        Ok(value)
    }

    fn one(&mut self) -> Result<bool, String> {
        let mut negated = false;
        while self.peek() == Some("!") && self.words.len() > self.at + 1 {
            self.at += 1;
            negated = !negated;
        }
        if self.take("(") {
            self.depth += 1;
            if self.depth > DEEPEST {
                return Err("syntax error: nested too deeply".into());
            }
            let value = self.any()?;
            self.depth -= 1;
            return if self.take(")") { Ok(value != negated) } else { Err("syntax error".into()) };
        }
        let missing = || "syntax error in conditional expression".to_owned();
        let left = self.peek().ok_or_else(missing)?;
        self.at += 1;
        let operator = self.peek().filter(|word| is_binary(word));
        if let (Some(operator), Some(right)) = (operator, self.words.get(self.at + 1)) {
            self.at += 2;
            return Ok(compare(left, operator, right)? != negated);
        }
        let mut letters = left.chars();
        if letters.next() == Some('-')
            && let (Some(test), None) = (letters.next(), letters.next())
            && let Some(word) = self.peek().filter(|word| !matches!(*word, "&&" | "||" | ")"))
        {
            self.at += 1;
            return Ok(match test {
                'z' => word.is_empty(),
                'n' => !word.is_empty(),
                test if "efdrwxsLhpSbc".contains(test) => (self.files)(test, word),
                _ => return Err(format!("{left}: unary operator expected")),
            } != negated);
        }
        Ok(left.is_empty() == negated)
    }
}

fn is_binary(word: &str) -> bool {
    compares(word)
        || matches!(word, "=~" | "<" | ">" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge")
}

fn compare(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    Ok(match operator {
        "=" | "==" => glob::glob(right, left),
        "!=" => !glob::glob(right, left),
        "=~" => Pattern::parse(right, true, false)?.fits(left),
        "<" => left < right,
        ">" => left > right,
        operator => {
            let number = |text: &str| match text.trim() {
                "" => Ok(0),
                text => text
                    .parse::<i64>()
                    .map_err(|_| format!("{text}: arithmetic syntax error: invalid number")),
            };
            let (left, right) = (number(left)?, number(right)?);
            match operator {
                "-eq" => left == right,
                "-ne" => left != right,
                "-lt" => left < right,
                "-le" => left <= right,
                "-gt" => left > right,
                _ => left >= right,
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_hold_as_in_bash() {
        for (words, wanted) in [
            ("1 -lt 2 && 2 -lt 3", true),
            ("1 -gt 2 || 2 -lt 3", true),
            ("! 1 -gt 2", true),
            ("( a == a || b == c ) && ! x == y", true),
            ("abc == a*", true),
            ("abc == a\\*", false),
            ("abc =~ ^a.c$", true),
            ("a < b", true),
            ("-f there && -d there", false),
            ("-n x && word", true),
            ("-z x", false),
        ] {
            let words: Vec<String> = words.split(' ').map(str::to_owned).collect();
            let files = |test: char, path: &str| test == 'f' && path == "there";
            assert_eq!(holds(&words, &files), Ok(wanted), "{words:?}");
        }
        let deep: Vec<String> = vec!["(".into(); 100_000];
        assert!(holds(&deep, &|_, _| false).is_err());
    }
}
