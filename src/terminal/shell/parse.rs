//! Text to a script, with bash's words for what is wrong.

use std::collections::VecDeque;

use crate::containers::shell::parse::{OPEN, Script, parse_bash};

/// Reads a script.
///
/// # Errors
/// bash's words.
pub(crate) fn script(text: &str) -> Result<Script, String> {
    parse_bash(text).map_err(|words| in_bash(&words, text))
}

const END: &str = "syntax error: unexpected end of file";

/// The words of bash for a refusal of ash.
fn in_bash(words: &str, text: &str) -> String {
    if words.starts_with(END) {
        return format!("bash: {END}");
    }
    if words.starts_with(OPEN) {
        let quote = Scan::of(text).quote.unwrap_or(')');
        return format!("bash: unexpected EOF while looking for matching `{quote}'");
    }
    let array = words == "syntax error: unexpected \"(\"" && text.contains("=(")
        || words.ends_with("bad substitution") && words.contains('[');
    if array {
        return "bash: arrays are not part of this terminal".into();
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
    let mut gathered = Gathered::default();
    text.split('\n').for_each(|line| gathered.look(line));
    gathered.text = text.to_owned();
    gathered.is_incomplete()
}

/// A command that comes line by line. What a line opens is carried to the next, so that a long here-document is read
/// once and not anew with each of its lines.
#[derive(Debug, Default)]
pub(crate) struct Gathered {
    text: String,
    scan: Scan,
    /// The loop or condition that the text ended in when it was last parsed waits for the word that closes it.
    inside: bool,
    /// How many lines there were when it was.
    asked: usize,
}

/// A line that closes a loop, a condition, a function or a subshell has one of these.
const CLOSERS: [&str; 5] = ["done", "fi", "esac", "}", ")"];

/// In texts of fewer lines every line is parsed, so that what is wrong is told where it stands.
const FEW_LINES: usize = 100;

impl Gathered {
    /// Adds a line, and says whether more are needed.
    pub(crate) fn push(&mut self, line: &str) -> bool {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
        let continued = self.scan.backslash;
        self.look(line);
        let closes = continued || CLOSERS.iter().any(|closer| line.contains(closer));
        // Where words that open are not closed yet, only every so often it is asked whether they really do.
        let waits = self.scan.opened > 0 && self.scan.lines < self.asked + self.asked / 8;
        self.scan.is_open() || self.inside && (!closes || waits) || self.is_incomplete()
    }

    /// Whether nothing was typed but blanks.
    pub(crate) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// The lines so far; nothing is left.
    pub(crate) fn take(&mut self) -> String {
        std::mem::take(self).text
    }

    fn look(&mut self, line: &str) {
        self.scan.lines += 1;
        self.scan.line(line);
    }

    fn is_incomplete(&mut self) -> bool {
        if self.scan.is_open() {
            return true;
        }
        self.asked = self.scan.lines;
        let open = is_open(&self.text);
        self.inside = open && self.scan.lines > FEW_LINES && is_open(&format!("{}\n:", self.text));
        open
    }
}

/// Whether a text without open quotes and here-documents ends in the middle of a command.
fn is_open(text: &str) -> bool {
    parse_bash(text).is_err_and(|words| words.starts_with(END) || words.starts_with(OPEN))
}

/// What is open at the end of a text.
#[derive(Debug, Default)]
struct Scan {
    lines: usize,
    quote: Option<char>,
    /// Delimiters of here-documents to come, and whether they were written `<<-`.
    waiting: VecDeque<(String, bool)>,
    backslash: bool,
    /// How many loops and conditions seem to be open, by the words that stand where commands do.
    opened: i64,
    /// The word at hand, if it stands where a command does.
    word: Option<String>,
}

impl Scan {
    fn of(text: &str) -> Self {
        let mut scan = Self::default();
        text.split('\n').for_each(|line| scan.line(line));
        scan
    }

    fn is_open(&self) -> bool {
        self.quote.is_some() || !self.waiting.is_empty() || self.backslash
    }

    fn line(&mut self, line: &str) {
        self.backslash = false;
        if self.quote.is_none()
            && let Some((delimiter, dashed)) = self.waiting.front()
        {
            let shown = if *dashed { line.trim_start_matches('\t') } else { line };
            if shown == delimiter {
                self.waiting.pop_front();
            }
            return;
        }
        self.command(line);
    }

    fn command(&mut self, line: &str) {
        let letters: Vec<char> = line.chars().collect();
        let (mut at, mut word_begins) = (0, true);
        if self.quote.is_none() {
            self.word = Some(String::new());
        }
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
                    self.waiting.extend(delimiter(&letters, &mut at));
                }
                (None, '<') if letters.get(at) == Some(&'<') => at += 2,
                (None, _) => {}
            }
            word_begins = matches!(letter, ' ' | '\t' | ';' | '|' | '&' | '(');
            match (self.quote, letter) {
                (None, ' ' | '\t' | ';' | '|' | '&' | '(' | ')') => self.end_word(letter),
                _ => self.word.iter_mut().for_each(|word| word.push(letter)),
            }
        }
        if self.quote.is_none() {
            self.end_word('\n');
        }
    }

    /// A word that opens or closes something is counted; behind some, and behind a separator, a command may stand.
    fn end_word(&mut self, separator: char) {
        let blank = matches!(separator, ' ' | '\t');
        if blank && self.word.as_ref().is_some_and(String::is_empty) {
            return;
        }
        let word = self.word.take().unwrap_or_default();
        self.opened += match word.as_str() {
            "if" | "case" | "for" | "while" | "until" | "{" => 1,
            "fi" | "esac" | "done" | "}" => -1,
            _ => 0,
        };
        let goes_on = matches!(
            word.as_str(),
            "then" | "else" | "elif" | "do" | "if" | "while" | "until" | "{" | "!"
        );
        if goes_on || !blank {
            self.word = Some(String::new());
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
            "case a in",
            "case a in\na)\necho a\n;;",
            "case a in\n(a|",
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
    fn what_comes_line_by_line_ends_where_the_whole_text_does() {
        let long = "echo a\n".repeat(FEW_LINES);
        for text in [
            "cat <<A <<-B\nit's\nA\n\tx\n\tB",
            "echo 'a\nb' \\\nc |\nwc",
            "f() {\necho $(\ndate)\n}",
            &format!("for i in 1; do\n{long}echo 'do\nne'\ndone |\n\n# them\nwc"),
            &format!("if true; then\n{long}cat <<E\nfi\nE\nfi"),
            &format!("(\n{long}:) && {{\n{long}}}"),
            &format!("case a in\na)\n{long};;\nes\\\nac"),
            &format!("{long}while true; do"),
        ] {
            let mut gathered = Gathered::default();
            let lines: Vec<&str> = text.split('\n').collect();
            for count in 1..=lines.len() {
                let (last, so_far) = (lines[count - 1], lines[..count].join("\n"));
                assert_eq!(gathered.push(last), incomplete(&so_far), "{so_far:?}");
            }
            assert_eq!(gathered.take(), text);
        }
    }

    #[test]
    fn a_long_loop_is_not_parsed_anew_with_each_line() {
        let inner = "if a; then\n  echo fi; fi\n".repeat(5_000);
        let mut gathered = Gathered::default();
        let text = format!("for i in 1; do\n{inner}done");
        let open: Vec<bool> = text.split('\n').map(|line| gathered.push(line)).collect();
        assert_eq!(open.iter().position(|open| !open), Some(open.len() - 1));
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
            ("case a by in", "bash: syntax error near unexpected token `by'"),
            ("case a in\n) x", "bash: syntax error near unexpected token `)'"),
            ("(echo a ;; )", "bash: syntax error near unexpected token `;;'"),
        ] {
            assert_eq!(script(text).unwrap_err(), words, "{text:?}");
        }
    }
}
