//! Shell text to a tree. Follows the grammar of POSIX 2.10, as busybox ash reads it.

use std::rc::Rc;

/// A list of commands.
pub type Script = Rc<[Node]>;

/// A command.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// Assignments, words, redirections.
    Simple { assigns: Vec<(String, Word)>, words: Vec<Word>, redirects: Vec<Redirect> },
    /// Commands joined by `|`.
    Pipeline { stages: Rc<[Self]>, negated: bool },
    /// `left && right` or `left || right`.
    AndOr { left: Rc<Self>, right: Rc<Self>, and: bool },
    /// `if`, `elif`, `else`.
    If { branches: Rc<[(Script, Script)]>, otherwise: Script },
    /// `while` or `until`. `again` stands in place of the condition from the second round on: in `for ((…; …; …))` it
    /// counts first.
    While { condition: Script, again: Script, body: Script, until: bool },
    /// `for NAME in WORDS`; without `in`, the arguments.
    For { name: String, words: Option<Vec<Word>>, body: Script },
    /// `case WORD in PATTERN) …`.
    Case { word: Word, arms: Rc<[(Vec<Word>, Script)]> },
    /// `[[ … ]]`: its words without the brackets.
    Test(Vec<Word>),
    /// `(( … ))`
    Arithmetic(Word),
    /// `{ …; }`
    Group(Script),
    /// `( … )`
    Subshell(Script),
    /// `NAME() …`
    Function { name: String, body: Rc<Self> },
    /// A compound command with redirections.
    Redirected(Rc<Self>, Vec<Redirect>),
    /// `… &`
    Background(Rc<Self>),
}

/// A redirection.
#[derive(Clone, Debug, PartialEq)]
pub struct Redirect {
    /// The file descriptor.
    pub fd: u8,
    /// What is done with it.
    pub kind: RedirectKind,
    /// The target.
    pub target: Word,
}

/// The kinds of redirections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RedirectKind {
    /// `<`
    Read,
    /// `>`
    Write,
    /// `>>`
    Append,
    /// `>&` or `<&`
    Duplicate,
    /// `&>`: both outputs.
    Both,
    /// `<<`: the target is the text.
    Here,
    /// `<<<`: the target is a line.
    HereString,
}

/// A word: parts that are expanded and joined.
pub(crate) type Word = Vec<Part>;

/// A part of a word.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text as it stands; quoted text is not split and not matched.
    Text { text: String, quoted: bool },
    /// `$NAME`, `${NAME…}`
    Variable { name: String, operation: Option<(String, Word)>, quoted: bool },
    /// `$( … )`
    Command { script: Script, quoted: bool },
    /// `$(( … ))`
    Arithmetic { text: Word, quoted: bool },
}

/// At most so deep may commands be nested.
const DEEPEST: usize = 60;

/// At most so many commands may `&&` and `||` join: each stands within the next.
const LONGEST_CHAIN: usize = 200;

const TOO_DEEP: &str = "syntax error: nested too deeply";

struct Parser {
    letters: Vec<char>,
    at: usize,
    depth: usize,
    /// Whether bash reads, which knows more than ash.
    bash: bool,
}

const END: &str = "syntax error: unexpected end of file";
/// bash waits for the quote or bracket that closes this; the letter stands behind.
pub(crate) const OPEN: &str = "syntax error: unterminated quoted string";

type Parsed<T> = Result<T, String>;

/// Reads a script.
///
/// # Errors
/// The shell's words, after `sh: `.
pub fn parse(text: &str) -> Parsed<Script> {
    parse_at(text, 0, false)
}

/// Reads a script as bash does, which knows `((…))` and `<<<` besides.
///
/// # Errors
/// As [`parse`].
pub(crate) fn parse_bash(text: &str) -> Parsed<Script> {
    parse_at(text, 0, true)
}

fn parse_at(text: &str, depth: usize, bash: bool) -> Parsed<Script> {
    let mut parser = Parser { letters: text.chars().collect(), at: 0, depth, bash };
    let script = parser.list(&[])?;
    match parser.peek() {
        None => Ok(script),
        Some(_) => Err(parser.unexpected_here()),
    }
}

fn unexpected(word: &str) -> String {
    format!("syntax error: unexpected \"{word}\"")
}

impl Parser {
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

    fn take(&mut self, text: &str) -> bool {
        let found =
            text.chars().enumerate().all(|(index, letter)| self.ahead(index) == Some(letter));
        if found {
            self.at += text.chars().count();
        }
        found
    }

    fn blanks(&mut self) {
        loop {
            match self.peek() {
                Some(' ' | '\t' | '\r') => self.at += 1,
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

    fn lines(&mut self) {
        self.blanks();
        while self.peek() == Some('\n') {
            self.at += 1;
            self.blanks();
        }
    }

    /// The refusal of what stands here.
    fn unexpected_here(&self) -> String {
        match self.peek() {
            None => END.into(),
            Some('\n') => unexpected("newline"),
            Some(_) => unexpected(&self.token()),
        }
    }

    /// The word or operator at the cursor.
    fn token(&self) -> String {
        let rest = self.letters.get(self.at..).unwrap_or_default();
        let first = rest.first().copied().unwrap_or(' ');
        let twice = ";&|".contains(first) && rest.get(1) == Some(&first);
        let word = rest.iter().take_while(|letter| !" \t\n;&|<>()".contains(**letter)).count();
        let length = if twice { 2 } else { word.max(1) };
        rest.iter().take(length).collect()
    }

    /// The word at the cursor if it is a plain one, without moving.
    fn keyword(&self) -> String {
        let mut word = String::new();
        let mut index = 0;
        while let Some(letter) = self.ahead(index) {
            if !(letter.is_ascii_alphanumeric() || "{}!_[]".contains(letter)) {
                break;
            }
            word.push(letter);
            index += 1;
        }
        word
    }

    /// Commands until one of the words `ends` stands where a command would.
    fn list(&mut self, ends: &[&str]) -> Parsed<Script> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(TOO_DEEP.into());
        }
        let mut nodes = Vec::new();
        loop {
            self.lines();
            if matches!(self.peek(), None | Some(')' | ';')) || self.is_at(ends) {
                break;
            }
            let node = self.and_or()?;
            self.blanks();
            match (self.peek(), self.ahead(1)) {
                (Some('&'), next) if next != Some('&') => {
                    self.at += 1;
                    nodes.push(Node::Background(Rc::new(node)));
                    continue;
                }
                (Some(';'), next) if next != Some(';') => self.at += 1,
                (None | Some('\n' | ')' | ';'), _) => {}
                _ if self.is_at(ends) => {}
                _ => return Err(self.unexpected_here()),
            }
            nodes.push(node);
        }
        self.depth -= 1;
        Ok(nodes.into())
    }

    fn is_at(&self, ends: &[&str]) -> bool {
        !ends.is_empty() && ends.contains(&self.keyword().as_str())
    }

    /// A list in which a command stands at least.
    fn block(&mut self, ends: &[&str]) -> Parsed<Script> {
        let block = self.list(ends)?;
        if block.is_empty() { Err(self.unexpected_here()) } else { Ok(block) }
    }

    fn and_or(&mut self) -> Parsed<Node> {
        let mut left = self.pipeline()?;
        for _ in 0..LONGEST_CHAIN {
            self.blanks();
            let and = if self.take("&&") {
                true
            } else if self.take("||") {
                false
            } else {
                return Ok(left);
            };
            self.lines();
            if self.peek().is_none() {
                return Err(END.into());
            }
            let right = self.pipeline()?;
            left = Node::AndOr { left: Rc::new(left), right: Rc::new(right), and };
        }
        Err(TOO_DEEP.into())
    }

    fn pipeline(&mut self) -> Parsed<Node> {
        self.blanks();
        let negated = self.keyword() == "!" && self.ahead(1).is_some_and(char::is_whitespace);
        if negated {
            self.at += 1;
        }
        let mut stages = vec![self.command()?];
        loop {
            self.blanks();
            if self.peek() != Some('|') || self.ahead(1) == Some('|') {
                break;
            }
            self.at += 1;
            self.lines();
            stages.push(self.command()?);
        }
        match (stages.len(), negated) {
            (1, false) => Ok(stages.remove(0)),
            _ => Ok(Node::Pipeline { stages: stages.into(), negated }),
        }
    }

    fn expect(&mut self, word: &str) -> Parsed<()> {
        self.lines();
        if self.keyword() == word {
            self.at += word.chars().count();
            return Ok(());
        }
        Err(self.expecting(word))
    }

    /// The refusal where `word` should stand.
    fn expecting(&self, word: &str) -> String {
        let found = match self.peek() {
            None => "end of file".to_owned(),
            Some('\n') => "newline".to_owned(),
            Some(_) => format!("\"{}\"", self.token()),
        };
        format!("syntax error: unexpected {found} (expecting \"{word}\")")
    }

    fn command(&mut self) -> Parsed<Node> {
        self.blanks();
        let node = match self.keyword().as_str() {
            "if" => self.if_command()?,
            "while" => self.while_command(false)?,
            "until" => self.while_command(true)?,
            "for" => self.for_command()?,
            "case" => self.case_command()?,
            "[[" => self.test_command()?,
            "function" if matches!(self.ahead(8), Some(' ' | '\t')) => {
                self.at += 8;
                self.blanks();
                let name = self.word()?.ok_or_else(|| self.unexpected_here())?;
                self.blanks();
                self.take("()");
                return self.function(&name);
            }
            "{" => {
                self.at += 1;
                let body = self.block(&["}"])?;
                self.expect("}")?;
                Node::Group(body)
            }
            word @ ("then" | "else" | "elif" | "fi" | "do" | "done" | "esac" | "}") => {
                return Err(unexpected(word));
            }
            _ if self.peek() == Some('(') => {
                if let Some(text) = self.double_parentheses() {
                    return Ok(Node::Arithmetic(quoted_text(&text, self.depth, true)?));
                }
                self.at += 1;
                let body = self.block(&[])?;
                if !self.take(")") {
                    return Err(self.expecting(")"));
                }
                Node::Subshell(body)
            }
            _ => return self.simple(),
        };
        let redirects = self.redirects()?;
        Ok(if redirects.is_empty() { node } else { Node::Redirected(Rc::new(node), redirects) })
    }

    fn if_command(&mut self) -> Parsed<Node> {
        self.at += 2;
        let mut branches = Vec::new();
        loop {
            let condition = self.block(&["then"])?;
            self.expect("then")?;
            let body = self.block(&["elif", "else", "fi"])?;
            branches.push((condition, body));
            if self.keyword() == "elif" {
                self.at += 4;
                continue;
            }
            break;
        }
        let mut otherwise: Script = Rc::new([]);
        if self.keyword() == "else" {
            self.at += 4;
            otherwise = self.block(&["fi"])?;
        }
        self.expect("fi")?;
        Ok(Node::If { branches: branches.into(), otherwise })
    }

    fn while_command(&mut self, until: bool) -> Parsed<Node> {
        self.at += 5;
        let condition = self.block(&["do"])?;
        let body = self.body()?;
        Ok(Node::While { again: Rc::clone(&condition), condition, body, until })
    }

    /// What stands in `((…))`; nothing if these are two subshells.
    fn double_parentheses(&mut self) -> Option<String> {
        let begin = self.at;
        if self.bash && self.take("((") {
            if let Ok(text) = self.until_double_parenthesis() {
                return Some(text);
            }
            self.at = begin;
        }
        None
    }

    /// `((FIRST; WHILE; NEXT))` behind `for`.
    fn counting(&mut self) -> Parsed<Node> {
        let text = self.until_double_parenthesis()?;
        let mut parts = text.split(';');
        let (Some(first), Some(condition), Some(next), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("syntax error: arithmetic expression required".into());
        };
        let node = |text: &str| quoted_text(text, self.depth, true).map(Node::Arithmetic);
        let condition = node(if condition.trim().is_empty() { "1" } else { condition })?;
        let again: Script = Rc::new([node(next)?, condition.clone()]);
        let first = node(first)?;
        self.blanks();
        self.take(";");
        let body = self.body()?;
        let count = Node::While { condition: Rc::new([condition]), again, body, until: false };
        Ok(Node::Group(Rc::new([first, count])))
    }

    /// `[[ … ]]`: what would join or redirect commands elsewhere is a word here.
    fn test_command(&mut self) -> Parsed<Node> {
        self.at += 2;
        let mut words: Vec<Word> = Vec::new();
        loop {
            self.lines();
            let is_pattern = words.last().is_some_and(|word| plain(word).as_deref() == Some("=~"));
            let operator = ["&&", "||", "(", ")", "<", ">"]
                .into_iter()
                .find(|one| !is_pattern && self.take(one));
            if let Some(operator) = operator {
                words.push(vec![Part::Text { text: operator.into(), quoted: false }]);
                continue;
            }
            let word = match is_pattern {
                true => self.word_until(" \t\n;")?,
                false => self.word()?,
            };
            let Some(word) = word else { return Err(self.unexpected_here()) };
            if plain(&word).as_deref() == Some("]]") {
                return Ok(Node::Test(words));
            }
            words.push(word);
        }
    }

    fn body(&mut self) -> Parsed<Script> {
        self.expect("do")?;
        let body = self.block(&["done"])?;
        self.expect("done")?;
        Ok(body)
    }

    fn for_command(&mut self) -> Parsed<Node> {
        self.at += 3;
        self.blanks();
        if self.bash && self.take("((") {
            return self.counting();
        }
        let name = self.keyword();
        if name.is_empty() {
            return Err("syntax error: bad for loop variable".into());
        }
        self.at += name.chars().count();
        self.blanks();
        if !self.take(";") {
            self.lines();
        }
        let mut words = None;
        if self.keyword() == "in" {
            self.at += 2;
            let mut list = Vec::new();
            loop {
                self.blanks();
                match self.word()? {
                    Some(word) => list.push(word),
                    None => break,
                }
            }
            words = Some(list);
            if !self.take(";") && !matches!(self.peek(), None | Some('\n')) {
                return Err(self.unexpected_here());
            }
        }
        let body = self.body()?;
        Ok(Node::For { name, words, body })
    }

    fn case_command(&mut self) -> Parsed<Node> {
        self.at += 4;
        self.blanks();
        let word = self.word()?.ok_or_else(|| self.unexpected_here())?;
        self.expect("in")?;
        let mut arms = Vec::new();
        loop {
            self.lines();
            if self.keyword() == "esac" {
                self.at += 4;
                return Ok(Node::Case { word, arms: arms.into() });
            }
            self.take("(");
            let mut patterns = Vec::new();
            loop {
                self.blanks();
                let pattern = self.word()?;
                patterns.push(pattern.ok_or_else(|| self.expecting(")"))?);
                self.blanks();
                if !self.take("|") {
                    break;
                }
            }
            if !self.take(")") {
                return Err(self.expecting(")"));
            }
            let body = self.list(&["esac"])?;
            arms.push((patterns, body));
            self.lines();
            if !self.take(";;") && self.keyword() != "esac" {
                return Err(self.expecting(";;"));
            }
        }
    }

    fn redirects(&mut self) -> Parsed<Vec<Redirect>> {
        let mut all = Vec::new();
        while let Some(redirect) = self.redirect()? {
            all.push(redirect);
        }
        Ok(all)
    }

    fn redirect(&mut self) -> Parsed<Option<Redirect>> {
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

    fn simple(&mut self) -> Parsed<Node> {
        let (mut assigns, mut words, mut redirects) = (Vec::new(), Vec::new(), Vec::new());
        loop {
            if let Some(redirect) = self.redirect()? {
                redirects.push(redirect);
                continue;
            }
            self.blanks();
            if words.is_empty()
                && let Some(name) = self.assignment()
            {
                let (name, appends) = match name.strip_suffix('+') {
                    Some(name) => (name.to_owned(), true),
                    None => (name, false),
                };
                if self.peek() == Some('(') {
                    return Err(self.unexpected_here());
                }
                let mut value = self.word()?.unwrap_or_default();
                if appends {
                    let before =
                        Part::Variable { name: name.clone(), operation: None, quoted: true };
                    value.insert(0, before);
                }
                assigns.push((name, value));
                continue;
            }
            let Some(word) = self.word()? else { break };
            if words.is_empty()
                && assigns.is_empty()
                && self.peek() == Some('(')
                && self.ahead(1) == Some(')')
            {
                self.at += 2;
                return self.function(&word);
            }
            words.push(word);
        }
        if assigns.is_empty() && words.is_empty() && redirects.is_empty() {
            return Err(self.unexpected_here());
        }
        Ok(Node::Simple { assigns, words, redirects })
    }

    /// What stands behind the name of a function.
    fn function(&mut self, word: &Word) -> Parsed<Node> {
        self.lines();
        let name = plain(word).ok_or_else(|| "syntax error: bad function name".to_owned())?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(TOO_DEEP.into());
        }
        let body = Rc::new(self.command()?);
        self.depth -= 1;
        Ok(Node::Function { name, body })
    }

    /// `NAME=` or `NAME+=` at the cursor; the name, with its plus.
    fn assignment(&mut self) -> Option<String> {
        let mut index = 0;
        while self
            .ahead(index)
            .is_some_and(|letter| letter == '_' || letter.is_ascii_alphanumeric())
        {
            index += 1;
        }
        let first = self.peek()?;
        if index == 0 || first.is_ascii_digit() {
            return None;
        }
        index += usize::from(self.bash && self.ahead(index) == Some('+'));
        if self.ahead(index) != Some('=') {
            return None;
        }
        let name = self.letters.get(self.at..self.at + index)?.iter().collect();
        self.at += index + 1;
        Some(name)
    }

    /// A word, or nothing if none stands here.
    fn word(&mut self) -> Parsed<Option<Word>> {
        self.word_until(" \t\r\n;&|()<>")
    }

    /// A word that ends before one of these letters.
    fn word_until(&mut self, ends: &str) -> Parsed<Option<Word>> {
        let mut parts: Word = Vec::new();
        let mut started = false;
        while let Some(letter) = self.peek() {
            match letter {
                _ if ends.contains(letter) => break,
                '#' if !started && !ends.is_empty() => break,
                '\'' => {
                    self.at += 1;
                    parts.push(self.single_quoted()?);
                }
                '"' => {
                    self.at += 1;
                    self.double_quoted(&mut parts)?;
                }
                '\\' => {
                    self.at += 1;
                    if let Some(letter) = self.next()
                        && letter != '\n'
                    {
                        parts.push(Part::Text { text: letter.into(), quoted: true });
                    }
                }
                '$' if self.ahead(1) == Some('\'') => {
                    self.at += 2;
                    parts.push(self.escaped()?);
                }
                '$' if self.ahead(1) == Some('"') => self.at += 1,
                '$' | '`' => parts.push(self.expansion(false)?),
                _ => {
                    self.at += 1;
                    push_text(&mut parts, letter, false);
                }
            }
            started = true;
        }
        Ok(started.then_some(parts))
    }

    fn single_quoted(&mut self) -> Parsed<Part> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') => return Ok(Part::Text { text, quoted: true }),
                Some(letter) => text.push(letter),
                None => return Err(OPEN.into()),
            }
        }
    }

    /// `$'…'`, in which a backslash means what it means in C.
    fn escaped(&mut self) -> Parsed<Part> {
        let mut text = String::new();
        loop {
            match self.next() {
                Some('\'') => {
                    let text = super::escape::unescape(&text, true).0;
                    return Ok(Part::Text { text, quoted: true });
                }
                Some('\\') if matches!(self.peek(), Some('\'' | '"')) => text.extend(self.next()),
                Some('\\') => {
                    text.push('\\');
                    text.extend(self.next());
                }
                Some(letter) => text.push(letter),
                None => return Err(OPEN.into()),
            }
        }
    }

    fn double_quoted(&mut self, parts: &mut Word) -> Parsed<()> {
        parts.push(Part::Text { text: String::new(), quoted: true });
        loop {
            match self.peek() {
                None => return Err(OPEN.into()),
                Some('"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(_) => self.quoted_letter(parts, "\"\\$`")?,
            }
        }
    }

    fn expansion(&mut self, quoted: bool) -> Parsed<Part> {
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
                while let Some(letter) =
                    self.peek().filter(|letter| *letter == '_' || letter.is_ascii_alphanumeric())
                {
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

    fn until_double_parenthesis(&mut self) -> Parsed<String> {
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
        let end = text
            .find(|letter: char| !(letter == '_' || letter.is_ascii_alphanumeric()))
            .unwrap_or(text.len());
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

/// What may stand behind the name of a parameter, longest first.
const OPERATORS: [&str; 15] =
    [":-", ":=", ":+", ":?", "##", "%%", "-", "=", "+", "?", "#", "%", "//", "/", ":"];

fn is_parameter(name: &str) -> bool {
    let mut letters = name.chars();
    match letters.next() {
        Some(letter) if "?$!#@*-".contains(letter) => letters.next().is_none(),
        Some(letter) if letter.is_ascii_digit() => letters.all(|letter| letter.is_ascii_digit()),
        Some(letter) if letter == '_' || letter.is_ascii_alphabetic() => {
            letters.all(|letter| letter == '_' || letter.is_ascii_alphanumeric())
        }
        _ => false,
    }
}

impl Parser {
    fn within(text: &str, depth: usize, bash: bool) -> Parsed<Self> {
        if depth > DEEPEST {
            return Err(TOO_DEEP.into());
        }
        Ok(Self { letters: text.chars().collect(), at: 0, depth: depth + 1, bash })
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
fn quoted_text(text: &str, depth: usize, bash: bool) -> Parsed<Word> {
    let mut parser = Parser::within(text, depth, bash)?;
    let mut parts: Word = Vec::new();
    while parser.peek().is_some() {
        parser.quoted_letter(&mut parts, "$`\\")?;
    }
    Ok(parts)
}

impl Parser {
    /// A letter between double quotes; a backslash takes their meaning from those that `escapes` has.
    fn quoted_letter(&mut self, parts: &mut Word, escapes: &str) -> Parsed<()> {
        match self.peek() {
            Some('$' | '`') => parts.push(self.expansion(true)?),
            Some('\\') if self.ahead(1) == Some('\n') => self.at += 2,
            letter => {
                let escaped = letter == Some('\\')
                    && self.ahead(1).is_some_and(|letter| escapes.contains(letter));
                self.at += usize::from(escaped);
                if let Some(letter) = self.next() {
                    push_text(parts, letter, true);
                }
            }
        }
        Ok(())
    }
}

fn push_text(parts: &mut Word, letter: char, quoted: bool) {
    match parts.last_mut() {
        Some(Part::Text { text, quoted: same }) if *same == quoted => text.push(letter),
        _ => parts.push(Part::Text { text: letter.into(), quoted }),
    }
}

/// The text of a word that is only text.
fn plain(word: &Word) -> Option<String> {
    match word.as_slice() {
        [Part::Text { text, .. }] => Some(text.clone()),
        _ => None,
    }
}
