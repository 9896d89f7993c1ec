//! The line that is typed in the terminal, as a value: a key in, a line out, and what the terminal is to do. Letters are
//! typed by the browser (so that every keyboard and every input method works) and told with [`Line::typed`]; what a
//! shell's line editor does on top of that is here, with the keys of readline.

mod offer;

pub use self::offer::Offer;

use crate::terminal::{Completion, Pasted, Terminal, pasted};

/// A key that the line editor may want.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    /// Enter.
    Enter,
    /// Enter with Shift: a line more.
    NewLine,
    /// Tab.
    Tab,
    /// Tab with Shift.
    BackTab,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Escape.
    Escape,
    /// A letter with Ctrl, in lower case.
    Ctrl(char),
    /// A letter with Alt, in lower case; `\u{8}` is the backspace key.
    Alt(char),
}

/// What the terminal is to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Nothing beyond showing the line.
    Show,
    /// The key is the browser's.
    Pass,
    /// Run this.
    Run(String),
    /// Ctrl-C: stop what runs, or give up this text.
    Interrupt(String),
    /// Ctrl-D on an empty line: there is no more input.
    End,
    /// Ctrl-L: empty the screen.
    Clear,
}

/// The search through the history that Ctrl-R begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// The line that fits, as its place in the history.
    pub at: Option<usize>,
    /// What stood on the line before.
    before: String,
}

/// The line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// What stands on it. While the history is searched: what is searched for.
    pub text: String,
    /// Where the cursor stands, in bytes.
    pub cursor: usize,
    /// The search, while there is one.
    pub search: Option<Search>,
    /// The candidates, while they are shown.
    pub offer: Option<Offer>,
    /// The line of the history that is shown, and what was typed before it was.
    place: Option<usize>,
    draft: String,
    /// What was cut last.
    cut: String,
}

impl Line {
    /// A line with a text, the cursor behind it.
    pub fn of(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text, ..Self::default() }
    }

    /// The browser changed the text or moved the cursor.
    #[must_use]
    pub fn typed(mut self, text: &str, cursor: usize, history: &[String]) -> Self {
        let changed = self.text != text;
        text.clone_into(&mut self.text);
        self.cursor = floor(text, cursor);
        if !changed {
            return self;
        }
        self.offer = None;
        self.place = None;
        if let Some(search) = &mut self.search {
            search.at = older(history, history.len(), text);
        }
        self
    }

    /// A text was pasted over what was selected, from `from` to `to`; what it was, if it was more than a text.
    #[must_use]
    pub fn paste(mut self, text: &str, from: usize, to: usize) -> (Self, Option<Pasted>) {
        let (from, to) = (floor(&self.text, from.min(to)), floor(&self.text, from.max(to)));
        let read = pasted(text);
        let head = self.text.get(..from).unwrap_or_default();
        let tail = self.text.get(to..).unwrap_or_default();
        let cursor = head.len() + read.text.len();
        self.text = [head, &read.text, tail].concat();
        self.cursor = cursor;
        self.offer = None;
        self.place = None;
        let told = read.skipped > 0 || read.commands > 1 || read.manifest;
        (self, told.then_some(read))
    }

    /// What the history holds at the place of the search.
    pub fn found<'a>(&self, history: &'a [String]) -> Option<&'a str> {
        history.get(self.search.as_ref()?.at?).map(String::as_str)
    }

    /// A key was pressed. `complete` says what the last word of a text could become.
    #[must_use]
    pub fn press(
        self,
        key: Key,
        history: &[String],
        complete: impl FnOnce(&str) -> Completion,
    ) -> (Self, Act) {
        if self.search.is_some() {
            return self.press_in_search(key, history);
        }
        match key {
            Key::Tab => (self.complete(complete), Act::Show),
            Key::BackTab if self.offer.is_some() => (self.choose(-1), Act::Show),
            Key::Up if self.offer.is_some() => (self.choose(-1), Act::Show),
            Key::Down if self.offer.is_some() => (self.choose(1), Act::Show),
            Key::Escape if self.offer.is_some() => (self.reject(), Act::Show),
            Key::Enter if self.offer.as_ref().is_some_and(|offer| offer.chosen.is_some()) => {
                (self.accept(), Act::Show)
            }
            Key::Ctrl(_) | Key::Alt(_) => Self { offer: None, ..self }.press_with(key, history),
            _ => Self { offer: None, ..self }.press_plain(key, history),
        }
    }

    fn press_plain(self, key: Key, history: &[String]) -> (Self, Act) {
        match key {
            Key::Enter if self.text.trim().is_empty() || !Terminal::incomplete(&self.text) => {
                let text = self.text.clone();
                (Self { cut: self.cut, ..Self::default() }, Act::Run(text))
            }
            Key::Enter | Key::NewLine => (self.insert("\n"), Act::Show),
            Key::Up if !self.before().contains('\n') => (self.remember(history, -1), Act::Show),
            Key::Down if !self.behind().contains('\n') => (self.remember(history, 1), Act::Show),
            _ => (self, Act::Pass),
        }
    }

    fn press_with(mut self, key: Key, history: &[String]) -> (Self, Act) {
        let (start, end) = self.row();
        match key {
            Key::Ctrl('a') => self.cursor = start,
            Key::Ctrl('e') => self.cursor = end,
            Key::Ctrl('b') => self.cursor = self.step(-1),
            Key::Ctrl('f') => self.cursor = self.step(1),
            Key::Alt('b') => self.cursor = self.word_before(char::is_alphanumeric),
            Key::Alt('f') => self.cursor = self.word_behind(),
            Key::Ctrl('p') => return (self.remember(history, -1), Act::Show),
            Key::Ctrl('n') => return (self.remember(history, 1), Act::Show),
            Key::Ctrl('u') => return (self.remove(start, None), Act::Show),
            Key::Ctrl('k') if end == self.cursor => {
                return (self.clone().remove(self.step(1), None), Act::Show);
            }
            Key::Ctrl('k') => return (self.remove(end, None), Act::Show),
            Key::Ctrl('w') => {
                let to = self.word_before(|letter| !letter.is_whitespace());
                return (self.remove(to, None), Act::Show);
            }
            Key::Alt('\u{8}') => {
                let to = self.word_before(char::is_alphanumeric);
                return (self.remove(to, None), Act::Show);
            }
            Key::Alt('d') => return (self.clone().remove(self.word_behind(), None), Act::Show),
            Key::Ctrl('h') => {
                let (to, cut) = (self.step(-1), self.cut.clone());
                return (self.remove(to, Some(cut)), Act::Show);
            }
            Key::Ctrl('d') if self.text.is_empty() => return (self, Act::End),
            Key::Ctrl('d') => {
                let (to, cut) = (self.step(1), self.cut.clone());
                return (self.remove(to, Some(cut)), Act::Show);
            }
            Key::Ctrl('y') => {
                let cut = self.cut.clone();
                return (self.insert(&cut), Act::Show);
            }
            Key::Ctrl('r') => {
                let before = std::mem::take(&mut self.text);
                self.cursor = 0;
                self.search = Some(Search { at: None, before });
            }
            Key::Ctrl('l') => return (self, Act::Clear),
            Key::Ctrl('c') => {
                let text = self.text.clone();
                return (Self { cut: self.cut, ..Self::default() }, Act::Interrupt(text));
            }
            _ => return (self, Act::Pass),
        }
        (self, Act::Show)
    }

    // ---- the history ----

    fn press_in_search(mut self, key: Key, history: &[String]) -> (Self, Act) {
        let found = self.found(history).map(str::to_owned);
        let Some(search) = &mut self.search else { return (self, Act::Pass) };
        match key {
            Key::Ctrl('r') | Key::Up => {
                let below = search.at.unwrap_or(history.len());
                search.at = older(history, below, &self.text).or(search.at);
                (self, Act::Show)
            }
            Key::Ctrl('s') | Key::Down => {
                let query = &self.text;
                let after = search.at.map_or(history.len(), |at| at + 1);
                let newer = history.iter().enumerate().skip(after);
                let next =
                    newer.filter(|(_, line)| line.contains(query.as_str())).map(|(at, _)| at);
                search.at = next.min().or(search.at);
                (self, Act::Show)
            }
            Key::Escape | Key::Ctrl('g' | 'c') => {
                let before = std::mem::take(&mut search.before);
                (Self { cut: self.cut, ..Self::of(before) }, Act::Show)
            }
            Key::Enter => match found {
                Some(text) => (Self { cut: self.cut, ..Self::default() }, Act::Run(text)),
                None => (self, Act::Show),
            },
            Key::Tab | Key::Right | Key::Left | Key::Home | Key::End | Key::Ctrl('a' | 'e') => {
                let at = search.at;
                let before = std::mem::take(&mut search.before);
                let text = found.unwrap_or(before);
                let mut line = Self { cut: self.cut, place: at, ..Self::of(text) };
                if matches!(key, Key::Home | Key::Ctrl('a')) {
                    line.cursor = 0;
                }
                (line, Act::Show)
            }
            Key::Ctrl('l') => (self, Act::Clear),
            _ => (self, Act::Pass),
        }
    }

    /// An earlier or later line of the history; after the last comes what was typed.
    fn remember(mut self, history: &[String], step: isize) -> Self {
        let now = self.place.unwrap_or(history.len()).min(history.len());
        if self.place.is_none() {
            self.draft.clone_from(&self.text);
        }
        let Some(next) = now.checked_add_signed(step).filter(|next| *next <= history.len()) else {
            return self;
        };
        self.text = history.get(next).unwrap_or(&self.draft).clone();
        self.cursor = self.text.len();
        self.place = (next < history.len()).then_some(next);
        self
    }

    // ---- the text ----

    fn before(&self) -> &str {
        self.text.get(..self.cursor).unwrap_or(&self.text)
    }

    fn behind(&self) -> &str {
        self.text.get(self.cursor..).unwrap_or("")
    }

    /// Where the row of the cursor begins and ends.
    fn row(&self) -> (usize, usize) {
        let start = self.before().rfind('\n').map_or(0, |at| at + 1);
        let end = self.behind().find('\n').map_or(self.text.len(), |at| self.cursor + at);
        (start, end)
    }

    fn step(&self, step: isize) -> usize {
        if step < 0 {
            self.before().char_indices().next_back().map_or(0, |(at, _)| at)
        } else {
            self.cursor + self.behind().chars().next().map_or(0, char::len_utf8)
        }
    }

    /// Where the word before the cursor begins.
    fn word_before(&self, belongs: impl Fn(char) -> bool) -> usize {
        let mut at = self.cursor;
        let mut inside = false;
        for (index, letter) in self.before().char_indices().rev() {
            match (belongs(letter), inside) {
                (false, true) => break,
                (true, _) => inside = true,
                (false, false) => {}
            }
            at = index;
        }
        at
    }

    /// Where the word behind the cursor ends.
    fn word_behind(&self) -> usize {
        let mut inside = false;
        for (index, letter) in self.behind().char_indices() {
            match (letter.is_alphanumeric(), inside) {
                (false, true) => return self.cursor + index,
                (true, _) => inside = true,
                (false, false) => {}
            }
        }
        self.text.len()
    }

    fn insert(mut self, what: &str) -> Self {
        let (head, tail) = (self.before().to_owned(), self.behind().to_owned());
        self.cursor = head.len() + what.len();
        self.text = [head.as_str(), what, tail.as_str()].concat();
        self.place = None;
        self
    }

    /// Takes what lies between the cursor and `to` away; it can be put back with Ctrl-Y, or what is given instead.
    fn remove(mut self, to: usize, keep: Option<String>) -> Self {
        let (from, to) = (self.cursor.min(to), self.cursor.max(to));
        let head = self.text.get(..from).unwrap_or_default().to_owned();
        let gone = self.text.get(from..to).unwrap_or_default().to_owned();
        let tail = self.text.get(to..).unwrap_or_default().to_owned();
        if !gone.is_empty() {
            self.cut = keep.unwrap_or(gone);
        }
        self.cursor = from;
        self.text = head + &tail;
        self.place = None;
        self
    }
}

/// The newest line before `below` that holds `query`.
fn older(history: &[String], below: usize, query: &str) -> Option<usize> {
    if query.is_empty() {
        return None;
    }
    let before = history.iter().enumerate().take(below);
    before.rev().find(|(_, line)| line.contains(query)).map(|(at, _)| at)
}

/// The nearest boundary of a letter at or before a place.
fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// How many UTF-16 units, as browsers count, lie before a place.
pub fn units_before(text: &str, at: usize) -> usize {
    text.get(..floor(text, at)).unwrap_or_default().encode_utf16().count()
}

/// The place that lies behind so many UTF-16 units.
pub fn place_behind(text: &str, units: usize) -> usize {
    let mut passed = 0;
    for (at, letter) in text.char_indices() {
        if passed >= units {
            return at;
        }
        passed += letter.len_utf16();
    }
    text.len()
}

#[cfg(test)]
mod tests;
