//! Text to a script, with bash's words for what is wrong.

use crate::containers::shell::parse::{Script, parse};

/// Reads a script.
///
/// # Errors
/// bash's words.
pub(crate) fn script(text: &str) -> Result<Script, String> {
    // The containers' shell lets a separator with nothing before it pass.
    let first = text.trim_start();
    if first.starts_with(';') {
        let token = if first.starts_with(";;") { ";;" } else { ";" };
        return Err(format!("bash: syntax error near unexpected token `{token}'"));
    }
    parse(text).map_err(|words| in_bash(&words, text))
}

const END: &str = "syntax error: unexpected end of file";
const QUOTE: &str = "syntax error: unterminated quoted string";

/// The words of bash for a refusal of ash.
fn in_bash(words: &str, text: &str) -> String {
    if words.starts_with(END) {
        return format!("bash: {END}");
    }
    if words.starts_with(QUOTE) {
        let quote = Scan::of(text).quote.unwrap_or(')');
        return format!("bash: unexpected EOF while looking for matching `{quote}'");
    }
    let token = words
        .strip_prefix("syntax error: unexpected ")
        .map(|rest| rest.split(" (expecting").next().unwrap_or(rest).trim_matches('"'));
    match token {
        Some(token) => format!("bash: syntax error near unexpected token `{token}'"),
        None => format!("bash: {words}"),
    }
}

/// Whether a text needs more lines.
pub(crate) fn incomplete(text: &str) -> bool {
    let scan = Scan::of(text);
    if scan.quote.is_some() || scan.here_open || scan.backslash {
        return true;
    }
    match parse(text) {
        Ok(_) => false,
        Err(words) => words.starts_with(END) || words.starts_with(QUOTE),
    }
}

/// What is open at the end of a text.
#[derive(Debug, Default)]
struct Scan {
    quote: Option<char>,
    here_open: bool,
    backslash: bool,
}

impl Scan {
    fn of(text: &str) -> Self {
        let mut scan = Self::default();
        let mut waiting: Vec<(String, bool)> = Vec::new();
        let mut lines = text.split('\n').peekable();
        while let Some(line) = lines.next() {
            if scan.quote.is_none()
                && let Some((delimiter, dashed)) = waiting.first()
            {
                let shown = if *dashed { line.trim_start_matches('\t') } else { line };
                if shown == delimiter {
                    waiting.remove(0);
                }
                continue;
            }
            scan.line(line, &mut waiting);
            scan.backslash = scan.backslash && lines.peek().is_none();
        }
        scan.here_open = !waiting.is_empty();
        scan
    }

    fn line(&mut self, line: &str, waiting: &mut Vec<(String, bool)>) {
        let letters: Vec<char> = line.chars().collect();
        let (mut at, mut word_begins) = (0, true);
        self.backslash = false;
        while let Some(letter) = letters.get(at).copied() {
            at += 1;
            match (self.quote, letter) {
                (Some('\''), '\'') | (Some('"'), '"') | (Some('`'), '`') => self.quote = None,
                (Some('\''), _) => {}
                (_, '\\') => {
                    self.backslash = at == letters.len();
                    at += 1;
                }
                (Some(_), _) => {}
                (None, '\'' | '"' | '`') => self.quote = Some(letter),
                (None, '#') if word_begins => return,
                (None, '<')
                    if letters.get(at) == Some(&'<') && letters.get(at + 1) != Some(&'<') =>
                {
                    at += 1;
                    waiting.extend(delimiter(&letters, &mut at));
                }
                (None, '<') if letters.get(at) == Some(&'<') => at += 2,
                (None, _) => {}
            }
            word_begins = matches!(letter, ' ' | '\t' | ';' | '|' | '&' | '(');
        }
    }
}

/// The delimiter of a here-document behind `<<`, and whether it was `<<-`.
fn delimiter(letters: &[char], at: &mut usize) -> Option<(String, bool)> {
    let dashed = letters.get(*at) == Some(&'-');
    *at += usize::from(dashed);
    while matches!(letters.get(*at), Some(' ' | '\t')) {
        *at += 1;
    }
    let mut word = String::new();
    while let Some(letter) = letters.get(*at) {
        if " \t;|&<>()".contains(*letter) {
            break;
        }
        if !matches!(letter, '\'' | '"' | '\\') {
            word.push(*letter);
        }
        *at += 1;
    }
    (!word.is_empty()).then_some((word, dashed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn open_texts_ask_for_more_lines() {
        for text in [
            "echo 'a",
            "echo \"a",
            "cat <<EOF",
            "cat <<EOF\nx",
            "cat <<-'E'\nx\n",
            "kubectl get pods |",
            "true &&",
            "kubectl run x \\",
            "for i in 1 2; do",
            "echo $(date",
            "if true; then echo",
        ] {
            assert!(incomplete(text), "{text:?}");
        }
        for text in [
            "",
            "# it's a comment",
            "echo 'a' \"b\"",
            "cat <<EOF\nit's\nEOF",
            "cat <<-E\n\tx\n\tE",
            "cat <<< word",
            "echo a#'b'",
            "for i in 1; do echo $i; done",
        ] {
            assert!(!incomplete(text), "{text:?}");
        }
    }

    #[test]
    fn refusals_are_in_the_words_of_bash() {
        for (text, words) in [
            ("| wc", "bash: syntax error near unexpected token `|'"),
            ("echo )", "bash: syntax error near unexpected token `)'"),
            ("echo 'a", "bash: unexpected EOF while looking for matching `''"),
            ("true &&", "bash: syntax error: unexpected end of file"),
            ("; true", "bash: syntax error near unexpected token `;'"),
            ("echo >", "bash: syntax error near unexpected token `newline'"),
            ("done", "bash: syntax error near unexpected token `done'"),
        ] {
            assert_eq!(script(text).unwrap_err(), words, "{text:?}");
        }
    }
}
