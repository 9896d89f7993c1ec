//! Redirections and here-documents.

use super::expansions::quoted_text;
use super::{Parsed, Parser, Part, Redirect, RedirectKind};

impl Parser {
    pub(super) fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut all = Vec::new();
        while let Some(redirect) = self.redirect()? {
            all.push(redirect);
        }
        Ok(all)
    }

    pub(super) fn redirect(&mut self) -> Parsed<Option<Redirect>> {
        self.blanks();
        let digit = self.peek().and_then(|letter| letter.to_digit(10));
        let numbered = digit.is_some() && matches!(self.ahead(1), Some('<' | '>'));
        if self.take("&>") {
            return self.redirect_target(1, RedirectKind::Both).map(Some);
        }
        if !numbered && !matches!(self.peek(), Some('<' | '>')) {
            return Ok(None);
        }
        if numbered {
            self.at += 1;
        }
        let operators = [
            (">>", RedirectKind::Append, 1),
            (">&", RedirectKind::Duplicate, 1),
            (">|", RedirectKind::Write, 1),
            (">", RedirectKind::Write, 1),
            ("<<<", RedirectKind::HereString, 0),
            ("<<-", RedirectKind::Here, 0),
            ("<<", RedirectKind::Here, 0),
            ("<&", RedirectKind::Duplicate, 0),
            ("<", RedirectKind::Read, 0),
        ];
        for (operator, kind, default) in operators {
            if self.take(operator) {
                let fd = digit
                    .and_then(|digit| u8::try_from(digit).ok())
                    .filter(|_| numbered)
                    .unwrap_or(default);
                if operator == "<<" || operator == "<<-" {
                    return self.here_document(operator == "<<-").map(Some);
                }
                if kind == RedirectKind::HereString && !self.bash {
                    return Err("syntax error: unexpected redirection".into());
                }
                return self.redirect_target(fd, kind).map(Some);
            }
        }
        Ok(None)
    }

    fn redirect_target(&mut self, fd: u8, kind: RedirectKind) -> Parsed<Redirect> {
        self.blanks();
        let target = self.word()?.ok_or_else(|| self.no_target())?;
        Ok(Redirect { fd, kind, target })
    }

    fn no_target(&self) -> String {
        match self.peek() {
            None | Some('\n') => "syntax error: unexpected newline".into(),
            Some(_) => self.unexpected_here(),
        }
    }

    /// Takes the text of a here-document out of the lines that follow.
    fn here_document(&mut self, dashed: bool) -> Parsed<Redirect> {
        self.blanks();
        let start = self.at;
        let delimiter = self.word()?.ok_or_else(|| self.no_target())?;
        let raw: String = self.letters.get(start..self.at).unwrap_or_default().iter().collect();
        let expands = !raw.contains(['\'', '"', '\\']);
        let word: String = delimiter
            .iter()
            .map(|part| match part {
                Part::Text { text, .. } => text.as_str(),
                _ => "",
            })
            .collect();
        let Some(line_end) = self.letters.iter().skip(self.at).position(|letter| *letter == '\n')
        else {
            return Ok(Redirect { fd: 0, kind: RedirectKind::Here, target: Vec::new() });
        };
        let body_start = self.at + line_end + 1;
        let mut body = String::new();
        let mut at = body_start;
        loop {
            let line: String =
                self.letters.iter().skip(at).take_while(|letter| **letter != '\n').collect();
            let shown = if dashed { line.trim_start_matches('\t') } else { &line };
            let next = at + line.chars().count() + 1;
            if shown == word || at >= self.letters.len() {
                at = next.min(self.letters.len());
                break;
            }
            body.push_str(shown);
            body.push('\n');
            at = next;
        }
        self.letters.drain(body_start.min(self.letters.len())..at);
        let target = match expands {
            true => quoted_text(&body, self.depth, self.bash)?,
            false => vec![Part::Text { text: body, quoted: true }],
        };
        Ok(Redirect { fd: 0, kind: RedirectKind::Here, target })
    }
}
