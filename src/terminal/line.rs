//! Lines to commands: words, quotes, variables, pipes, redirections, here-documents. The part of bash that study
//! notes use.

/// A command of a pipeline.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Command {
    /// Its words.
    pub words: Vec<Word>,
    /// `> FILE`, and whether it appends.
    pub output: Option<(Word, bool)>,
    /// `< FILE`
    pub input: Option<Word>,
    /// The text of a here-document.
    pub here: Option<Word>,
    /// `2>&1`, `2>/dev/null`
    pub errors: Errors,
}

/// What happens to standard error.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Errors {
    /// It is shown.
    #[default]
    Shown,
    /// It goes where standard output goes.
    Joined,
    /// It is dropped.
    Dropped,
}

/// Parts of a word.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Word(pub Vec<Part>);

/// A part of a word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Text as it stands.
    Text(String),
    /// `$NAME`; whether it stands in quotes.
    Variable(String, bool),
    /// `$(COMMANDS)`; whether it stands in quotes.
    Command(String, bool),
}

/// How a pipeline follows the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Connector {
    /// In any case.
    Always,
    /// If that succeeded.
    And,
    /// If that failed.
    Or,
}

/// A pipeline and how it follows the one before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub connector: Connector,
    pub stages: Vec<Command>,
}

/// Whether a text needs more lines: an open quote or here-document, a trailing backslash or pipe.
pub(super) fn incomplete(text: &str) -> bool {
    matches!(parse(text), Err(Problem::Incomplete))
}

/// Why a line cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Problem {
    /// It goes on in the next line.
    Incomplete,
    /// bash's words.
    Wrong(String),
}

struct Reader {
    letters: Vec<char>,
    at: usize,
}

/// Reads a line (or several).
pub(super) fn parse(text: &str) -> Result<Vec<Step>, Problem> {
    let mut reader = Reader { letters: text.chars().collect(), at: 0 };
    let mut steps = Vec::new();
    let mut connector = Connector::Always;
    loop {
        reader.blanks(true);
        if reader.peek().is_none() {
            if connector != Connector::Always {
                return Err(Problem::Incomplete);
            }
            return Ok(steps);
        }
        let stages = reader.pipeline()?;
        steps.push(Step { connector, stages });
        reader.blanks(false);
        connector = match (reader.peek(), reader.ahead(1)) {
            (Some('&'), Some('&')) => {
                reader.at += 2;
                Connector::And
            }
            (Some('|'), Some('|')) => {
                reader.at += 2;
                Connector::Or
            }
            (Some(';' | '\n' | '&'), _) => {
                reader.at += 1;
                Connector::Always
            }
            (None, _) => return Ok(steps),
            (Some(letter), _) => return Err(unexpected(letter)),
        };
    }
}

fn unexpected(letter: char) -> Problem {
    Problem::Wrong(format!("bash: syntax error near unexpected token `{letter}'"))
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    fn ahead(&self, count: usize) -> Option<char> {
        self.letters.get(self.at + count).copied()
    }

    fn next(&mut self) -> Option<char> {
        let letter = self.peek()?;
        self.at += 1;
        Some(letter)
    }

    /// Skips blanks, comments and joined lines; line ends too if asked.
    fn blanks(&mut self, lines: bool) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
                Some('\n') if lines => self.at += 1,
                Some('\\') if self.ahead(1) == Some('\n') => self.at += 2,
                Some('#') => {
                    while self.peek().is_some_and(|letter| letter != '\n') {
                        self.at += 1;
                    }
                }
                _ => return,
            }
        }
    }

    fn pipeline(&mut self) -> Result<Vec<Command>, Problem> {
        let mut stages = Vec::new();
        loop {
            stages.push(self.command()?);
            self.blanks(false);
            if self.peek() != Some('|') || self.ahead(1) == Some('|') {
                return Ok(stages);
            }
            self.at += 1;
            self.blanks(true);
            if self.peek().is_none() {
                return Err(Problem::Incomplete);
            }
        }
    }

    fn command(&mut self) -> Result<Command, Problem> {
        let mut command = Command::default();
        loop {
            self.blanks(false);
            match (self.peek(), self.ahead(1)) {
                (Some('2'), Some('>')) => {
                    self.at += 2;
                    if self.peek() == Some('&') {
                        self.at += 1;
                        self.word()?;
                        command.errors = Errors::Joined;
                    } else {
                        self.blanks(false);
                        self.word()?;
                        command.errors = Errors::Dropped;
                    }
                }
                (Some('>'), second) => {
                    let append = second == Some('>');
                    self.at += if append { 2 } else { 1 };
                    command.output = Some((self.target()?, append));
                }
                (Some('<'), Some('<')) => {
                    self.at += 2;
                    command.here = Some(self.here_document()?);
                }
                (Some('<'), _) => {
                    self.at += 1;
                    command.input = Some(self.target()?);
                }
                (Some('|' | ';' | '&' | '\n') | None, _) => break,
                (Some(letter @ ('(' | ')')), _) => return Err(unexpected(letter)),
                _ => command.words.push(self.word()?),
            }
        }
        if command.words.is_empty() && command.output.is_none() && command.here.is_none() {
            return Err(self.peek().map_or(Problem::Incomplete, unexpected));
        }
        Ok(command)
    }

    fn target(&mut self) -> Result<Word, Problem> {
        self.blanks(false);
        match self.peek() {
            None | Some('\n') => {
                Err(Problem::Wrong("bash: syntax error near unexpected token `newline'".into()))
            }
            _ => self.word(),
        }
    }

    fn word(&mut self) -> Result<Word, Problem> {
        let mut parts = Vec::new();
        while let Some(letter) = self.peek() {
            match letter {
                ' ' | '\t' | '\r' | '\n' | '|' | ';' | '&' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.at += 1;
                    parts.push(Part::Text(self.until_quote()?));
                }
                '"' => {
                    self.at += 1;
                    self.double_quoted(&mut parts)?;
                }
                '\\' => {
                    self.at += 1;
                    match self.next() {
                        Some('\n') => {}
                        Some(letter) => push(&mut parts, letter),
                        None => return Err(Problem::Incomplete),
                    }
                }
                '$' => self.dollar(&mut parts, false)?,
                '`' => {
                    self.at += 1;
                    let mut text = String::new();
                    loop {
                        match self.next() {
                            Some('`') => break,
                            Some(letter) => text.push(letter),
                            None => return Err(Problem::Incomplete),
                        }
                    }
                    parts.push(Part::Command(text, false));
                }
                _ => {
                    self.at += 1;
                    push(&mut parts, letter);
                }
            }
        }
        Ok(Word(parts))
    }

    fn until_quote(&mut self) -> Result<String, Problem> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') => return Ok(text),
                Some(letter) => text.push(letter),
                None => return Err(Problem::Incomplete),
            }
        }
    }

    fn double_quoted(&mut self, parts: &mut Vec<Part>) -> Result<(), Problem> {
        parts.push(Part::Text(String::new()));
        loop {
            match self.peek() {
                None => return Err(Problem::Incomplete),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some('\\') if matches!(self.ahead(1), Some('"' | '\\' | '$' | '`')) => {
                    self.at += 1;
                    if let Some(letter) = self.next() {
                        push(parts, letter);
                    }
                }
                Some('$') => self.dollar(parts, true)?,
                Some(letter) => {
                    self.at += 1;
                    push(parts, letter);
                }
            }
        }
    }

    fn dollar(&mut self, parts: &mut Vec<Part>, quoted: bool) -> Result<(), Problem> {
        self.at += 1;
        match self.peek() {
            Some('(') => {
                self.at += 1;
                let (mut text, mut open) = (String::new(), 0);
                loop {
                    match self.next() {
                        Some(')') if open == 0 => break,
                        Some(letter) => {
                            open += match letter {
                                '(' => 1,
                                ')' => -1,
                                _ => 0,
                            };
                            text.push(letter);
                        }
                        None => return Err(Problem::Incomplete),
                    }
                }
                parts.push(Part::Command(text, quoted));
            }
            Some('{') => {
                self.at += 1;
                let mut name = String::new();
                loop {
                    match self.next() {
                        Some('}') => break,
                        Some(letter) => name.push(letter),
                        None => return Err(Problem::Incomplete),
                    }
                }
                parts.push(Part::Variable(name, quoted));
            }
            Some('?') => {
                self.at += 1;
                parts.push(Part::Variable("?".into(), quoted));
            }
            Some(letter) if letter == '_' || letter.is_ascii_alphabetic() => {
                let mut name = String::new();
                while let Some(letter) =
                    self.peek().filter(|letter| *letter == '_' || letter.is_ascii_alphanumeric())
                {
                    name.push(letter);
                    self.at += 1;
                }
                parts.push(Part::Variable(name, quoted));
            }
            _ => push(parts, '$'),
        }
        Ok(())
    }

    /// `<<EOF` and the lines up to `EOF`.
    fn here_document(&mut self) -> Result<Word, Problem> {
        if self.peek() == Some('<') {
            self.at += 1;
            self.blanks(false);
            let mut word = self.word()?;
            word.0.push(Part::Text("\n".into()));
            return Ok(word);
        }
        let dashed = self.peek() == Some('-');
        if dashed {
            self.at += 1;
        }
        self.blanks(false);
        let start = self.at;
        let delimiter = self.word()?;
        let quoted = self.letters.get(start..self.at).unwrap_or_default().contains(&'\'')
            || self.letters.get(start..self.at).unwrap_or_default().contains(&'"');
        let end: String = delimiter
            .0
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.as_str(),
                Part::Variable(..) | Part::Command(..) => "",
            })
            .collect();
        let line_end = self
            .letters
            .iter()
            .skip(self.at)
            .position(|letter| *letter == '\n')
            .ok_or(Problem::Incomplete)?;
        let body_start = self.at + line_end + 1;
        let (mut at, mut body) = (body_start, String::new());
        loop {
            if at > self.letters.len() {
                return Err(Problem::Incomplete);
            }
            let line: String =
                self.letters.iter().skip(at).take_while(|letter| **letter != '\n').collect();
            let next = at + line.chars().count() + 1;
            let shown = if dashed { line.trim_start_matches('\t') } else { line.as_str() };
            if shown == end {
                at = next.min(self.letters.len());
                break;
            }
            if at >= self.letters.len() {
                return Err(Problem::Incomplete);
            }
            body.push_str(shown);
            body.push('\n');
            at = next;
        }
        self.letters.drain(body_start..at);
        if quoted {
            return Ok(Word(vec![Part::Text(body)]));
        }
        let mut reader = Self { letters: body.chars().collect(), at: 0 };
        let mut parts = Vec::new();
        while let Some(letter) = reader.peek() {
            if letter == '$' {
                reader.dollar(&mut parts, true)?;
            } else {
                reader.at += 1;
                push(&mut parts, letter);
            }
        }
        Ok(Word(parts))
    }
}

fn push(parts: &mut Vec<Part>, letter: char) {
    match parts.last_mut() {
        Some(Part::Text(text)) => text.push(letter),
        _ => parts.push(Part::Text(letter.into())),
    }
}
