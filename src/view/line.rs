//! The line that is typed in the terminal, as a value: a key in, a line out, and what the terminal is to do. Letters are
//! typed by the browser (so that every keyboard and every input method works) and told with [`Line::typed`]; what a
//! shell's line editor does on top of that is here, with the keys of readline.

use crate::terminal::{Candidate, Completion, Pasted, Terminal, pasted};

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

/// What a word could become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The candidates.
    pub candidates: Vec<Candidate>,
    /// The one that stands on the line.
    pub chosen: Option<usize>,
    /// Where the word begins, and what was typed of it.
    start: usize,
    typed: String,
    /// What stands behind it.
    rest: String,
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

    // ---- completion ----

    /// Tab: the word as far as all candidates agree; then the candidates, one after the other.
    fn complete(self, complete: impl FnOnce(&str) -> Completion) -> Self {
        if self.offer.is_some() {
            return self.choose(1);
        }
        let found = complete(self.before());
        let Some(first) = found.candidates.first() else { return self };
        let mut common = first.text.clone();
        for other in &found.candidates {
            let same = common.chars().zip(other.text.chars()).take_while(|(a, b)| a == b).count();
            common = common.chars().take(same).collect();
        }
        let start = floor(&self.text, found.start);
        let typed = self.before().get(start..).unwrap_or_default().to_owned();
        let rest = self.behind().to_owned();
        if found.candidates.len() == 1 {
            let space = if first.ends { " " } else { "" };
            let space = if rest.starts_with(' ') { "" } else { space };
            return self.put(start, &format!("{common}{space}"), &rest);
        }
        let grows = common.len() > typed.len() && common.starts_with(&typed);
        let word = if grows { common } else { typed };
        let mut line = self.put(start, &word, &rest);
        line.offer =
            Some(Offer { candidates: found.candidates, chosen: None, start, typed: word, rest });
        line
    }

    fn put(mut self, start: usize, word: &str, rest: &str) -> Self {
        let head = self.text.get(..start).unwrap_or_default();
        let cursor = head.len() + word.len();
        self.text = [head, word, rest].concat();
        self.cursor = cursor;
        self.place = None;
        self
    }

    /// The next candidate, or the one before.
    fn choose(mut self, step: isize) -> Self {
        let Some(mut offer) = self.offer.take() else { return self };
        let count = offer.candidates.len();
        let next = match (offer.chosen, step) {
            (None, step) if step < 0 => count.saturating_sub(1),
            (None, _) => 0,
            (Some(at), step) => (at + count).saturating_add_signed(step) % count.max(1),
        };
        offer.chosen = Some(next);
        let word = offer.candidates.get(next).map_or("", |one| one.text.as_str()).to_owned();
        let mut line = self.put(offer.start, &word, &offer.rest);
        line.offer = Some(offer);
        line
    }

    /// A candidate was pointed at.
    #[must_use]
    pub fn pick(mut self, index: usize) -> Self {
        if let Some(offer) = &mut self.offer
            && index < offer.candidates.len()
        {
            offer.chosen = Some(index);
            let word = offer.candidates.get(index).map_or("", |one| one.text.as_str()).to_owned();
            let (start, rest) = (offer.start, offer.rest.clone());
            self = self.put(start, &word, &rest);
        }
        self.accept()
    }

    /// The chosen candidate stays, and the list goes.
    fn accept(mut self) -> Self {
        let Some(offer) = self.offer.take() else { return self };
        let ends = offer.chosen.and_then(|at| offer.candidates.get(at)).is_some_and(|one| one.ends);
        if ends && !self.behind().starts_with(' ') { self.insert(" ") } else { self }
    }

    /// What was typed comes back, and the list goes.
    fn reject(mut self) -> Self {
        match self.offer.take() {
            Some(offer) => self.put(offer.start, &offer.typed, &offer.rest),
            None => self,
        }
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
mod tests {
    use super::*;

    /// Presses keys on a line in which `|` is the cursor; gives the line with its cursor, and what the last key asked.
    fn keys(line: &str, keys: &[Key]) -> (String, Act) {
        let history: Vec<String> =
            ["kubectl get pods", "kubectl apply -f a.yaml", "echo 파드", "kubectl get nodes"]
                .map(str::to_owned)
                .to_vec();
        let cursor = line.find('|').unwrap();
        let mut line = Line { cursor, ..Line::of(line.replacen('|', "", 1)) };
        line.cursor = cursor;
        let mut last = Act::Pass;
        for key in keys {
            let (next, act) = line.press(*key, &history, words);
            (line, last) = (next, act);
        }
        (shown(&line), last)
    }

    fn shown(line: &Line) -> String {
        let (head, tail) = line.text.split_at(line.cursor);
        format!("{head}|{tail}")
    }

    /// Completes the last word from a few words.
    fn words(text: &str) -> Completion {
        let start = text.rfind(' ').map_or(0, |at| at + 1);
        let open = text.get(start..).unwrap();
        let all = ["pods", "podtemplates", "nodes", "kubectl", "-n="];
        let fits = all.iter().filter(|word| word.starts_with(open));
        let candidates = fits.map(|word| Candidate {
            text: (*word).to_owned(),
            note: String::new(),
            ends: !word.ends_with('='),
        });
        Completion { start, candidates: candidates.collect() }
    }

    #[test]
    fn the_keys_of_readline_move_and_cut() {
        use Key::{Alt, Ctrl};
        for (line, pressed, wanted) in [
            ("get po|ds", &[Ctrl('a')][..], "|get pods"),
            ("get po|ds", &[Ctrl('e')], "get pods|"),
            ("a\nget po|ds\nb", &[Ctrl('a')], "a\n|get pods\nb"),
            ("a\nget po|ds\nb", &[Ctrl('e')], "a\nget pods|\nb"),
            ("get po|ds", &[Ctrl('b')], "get p|ods"),
            ("파|드", &[Ctrl('f')], "파드|"),
            ("파드|", &[Ctrl('h')], "파|"),
            ("파|드", &[Ctrl('d')], "파|"),
            ("get po|ds", &[Ctrl('u')], "|ds"),
            ("get po|ds", &[Ctrl('k')], "get po|"),
            ("a|\nb", &[Ctrl('k')], "a|b"),
            ("get pods  |x", &[Ctrl('w')], "get |x"),
            ("get pods/web-1|", &[Ctrl('w')], "get |"),
            ("get pods/web-1|", &[Alt('\u{8}')], "get pods/web-|"),
            ("get pods/web-1|", &[Alt('b'), Alt('b')], "get pods/|web-1"),
            ("|get pods", &[Alt('f'), Alt('f')], "get pods|"),
            ("|get pods", &[Alt('d')], "| pods"),
            ("get po|ds", &[Ctrl('u'), Ctrl('e'), Ctrl('y')], "dsget po|"),
            ("get po|ds", &[Ctrl('w'), Ctrl('h'), Ctrl('y')], "getpo|ds"),
            ("|", &[Ctrl('u'), Ctrl('k'), Ctrl('w'), Ctrl('h'), Alt('d'), Alt('b')], "|"),
        ] {
            assert_eq!(keys(line, pressed).0, wanted, "{line} {pressed:?}");
        }
    }

    #[test]
    fn enter_runs_what_is_whole_and_opens_a_row_where_it_is_not() {
        assert_eq!(keys("get pods|", &[Key::Enter]), ("|".into(), Act::Run("get pods".into())));
        assert_eq!(keys("cat <<E|", &[Key::Enter]), ("cat <<E\n|".into(), Act::Show));
        assert_eq!(keys("a|b", &[Key::NewLine]), ("a\n|b".into(), Act::Show));
        assert_eq!(keys("|", &[Key::Enter]), ("|".into(), Act::Run(String::new())));
    }

    #[test]
    fn control_keys_reach_the_terminal() {
        assert_eq!(keys("x|y", &[Key::Ctrl('c')]), ("|".into(), Act::Interrupt("xy".into())));
        assert_eq!(keys("x|y", &[Key::Ctrl('l')]), ("x|y".into(), Act::Clear));
        assert_eq!(keys("|", &[Key::Ctrl('d')]), ("|".into(), Act::End));
        for key in [Key::Ctrl('v'), Key::Ctrl('t'), Key::Left, Key::Home, Key::Escape, Key::BackTab]
        {
            assert_eq!(keys("x|y", &[key]), ("x|y".into(), Act::Pass), "{key:?}");
        }
    }

    #[test]
    fn arrows_walk_the_history_and_come_back_to_what_was_typed() {
        let up = Key::Up;
        assert_eq!(keys("my|", &[up]).0, "kubectl get nodes|");
        assert_eq!(keys("my|", &[up, up, up, up, up, up]).0, "kubectl get pods|");
        assert_eq!(keys("my|", &[up, up, Key::Down, Key::Down, Key::Down]).0, "my|");
        assert_eq!(keys("my|", &[Key::Ctrl('p'), Key::Ctrl('n')]).0, "my|");
        // Between rows the arrows are the browser's.
        assert_eq!(keys("a\nb|", &[up]), ("a\nb|".into(), Act::Pass));
        assert_eq!(keys("a|\nb", &[up]).0, "kubectl get nodes|");
    }

    #[test]
    fn the_history_is_searched_as_one_types() {
        let history: Vec<String> =
            ["kubectl get pods", "kubectl describe pod x", "ls"].map(str::to_owned).to_vec();
        let none = |_: &str| Completion::default();
        let begin = || Line::of("draft").press(Key::Ctrl('r'), &history, none).0;
        let line = begin().typed("kub", 3, &history);
        assert_eq!(line.found(&history), Some("kubectl describe pod x"));
        let (older, _) = line.clone().press(Key::Ctrl('r'), &history, none);
        assert_eq!(older.found(&history), Some("kubectl get pods"));
        let (newer, _) = older.clone().press(Key::Ctrl('s'), &history, none);
        assert_eq!(newer.found(&history), Some("kubectl describe pod x"));
        // There is none older: the search stays.
        let (same, _) = older.clone().press(Key::Ctrl('r'), &history, none);
        assert_eq!(same.found(&history), Some("kubectl get pods"));
        let (_, act) = older.clone().press(Key::Enter, &history, none);
        assert_eq!(act, Act::Run("kubectl get pods".into()));
        let (taken, act) = older.clone().press(Key::Right, &history, none);
        assert_eq!((shown(&taken), act), ("kubectl get pods|".into(), Act::Show));
        assert_eq!(taken.press(Key::Up, &history, none).0.text, "kubectl get pods");
        let (left, _) = older.press(Key::Escape, &history, none);
        assert_eq!((shown(&left), left.search), ("draft|".into(), None));
        let nothing = begin().typed("zzz", 3, &history);
        assert_eq!(nothing.found(&history), None);
        assert_eq!(nothing.press(Key::Enter, &history, none).1, Act::Show);
    }

    #[test]
    fn tab_completes_then_lists_then_walks() {
        use Key::{BackTab, Enter, Escape, Tab};
        assert_eq!(keys("get no|", &[Tab]).0, "get nodes |");
        assert_eq!(keys("get -|", &[Tab]).0, "get -n=|");
        assert_eq!(keys("get no| -w", &[Tab]).0, "get nodes| -w");
        assert_eq!(keys("get p|", &[Tab]).0, "get pod|");
        assert_eq!(keys("get p|", &[Tab, Tab]).0, "get pods|");
        assert_eq!(keys("get p|", &[Tab, Tab, Tab]).0, "get podtemplates|");
        assert_eq!(keys("get p|", &[Tab, Tab, Tab, Tab]).0, "get pods|");
        assert_eq!(keys("get p|", &[Tab, BackTab]).0, "get podtemplates|");
        assert_eq!(keys("get p|", &[Tab, Key::Down, Key::Down, Key::Up]).0, "get pods|");
        assert_eq!(keys("get p|", &[Tab, Tab, Escape]).0, "get pod|");
        assert_eq!(keys("get p|", &[Tab, Tab, Enter]), ("get pods |".into(), Act::Show));
        assert_eq!(keys("get p|", &[Tab, Enter]).1, Act::Run("get pod".into()));
        assert_eq!(keys("get zz|", &[Tab]), ("get zz|".into(), Act::Show));
        let (line, _) = Line::of("get p").press(Tab, &[], words);
        let offer = line.offer.clone().unwrap();
        assert_eq!((offer.candidates.len(), offer.chosen), (2, None));
        assert_eq!(shown(&line.clone().pick(1)), "get podtemplates |");
        // Typing on takes the list away.
        assert_eq!(line.typed("get pods", 8, &[]).offer, None);
    }

    #[test]
    fn a_paste_is_read_and_told() {
        let line = Line { cursor: 2, ..Line::of("a  b") };
        let (line, told) = line.paste("x", 2, 2);
        assert_eq!((shown(&line).as_str(), told), ("a x| b", None));
        let (line, told) = Line::of("gone").paste("$ ls\na.yaml\n$ pwd\n", 0, 4);
        assert_eq!(shown(&line), "ls\npwd|");
        assert_eq!(told.map(|told| (told.commands, told.skipped)), Some((2, 1)));
    }

    #[test]
    fn whatever_is_pressed_the_line_holds_together() {
        use crate::sim::rng::{Purpose, Seed};
        const KEYS: [Key; 30] = [
            Key::Enter,
            Key::NewLine,
            Key::Tab,
            Key::BackTab,
            Key::Up,
            Key::Down,
            Key::Left,
            Key::Right,
            Key::Home,
            Key::End,
            Key::Escape,
            Key::Ctrl('a'),
            Key::Ctrl('b'),
            Key::Ctrl('c'),
            Key::Ctrl('d'),
            Key::Ctrl('e'),
            Key::Ctrl('f'),
            Key::Ctrl('g'),
            Key::Ctrl('h'),
            Key::Ctrl('k'),
            Key::Ctrl('l'),
            Key::Ctrl('r'),
            Key::Ctrl('s'),
            Key::Ctrl('u'),
            Key::Ctrl('w'),
            Key::Ctrl('y'),
            Key::Alt('b'),
            Key::Alt('d'),
            Key::Alt('f'),
            Key::Alt('\u{8}'),
        ];
        const TEXTS: [&str; 6] = ["", "po", "kubectl get p", "파드 n", "a 'b\nc", "🙂 x | k"];
        let history: Vec<String> =
            ["ls", "echo 파드\n🙂", "kubectl get pods"].map(str::to_owned).to_vec();
        for run in 0..300 {
            let draw = |step: u64, most: usize| {
                let value = Seed(run).draw(Purpose::Container, "keys", step);
                usize::try_from(value % u64::try_from(most).unwrap()).unwrap()
            };
            let mut line = Line::default();
            for step in 0..60 {
                line = match draw(step, 5) {
                    0 => {
                        let text = TEXTS[draw(step + 1000, TEXTS.len())];
                        line.typed(text, draw(step + 2000, 20), &history)
                    }
                    1 => {
                        line.paste(
                            TEXTS[draw(step + 1000, TEXTS.len())],
                            draw(step, 9),
                            draw(step, 7),
                        )
                        .0
                    }
                    2 => line.pick(draw(step + 3000, 4)),
                    _ => line.press(KEYS[draw(step + 1000, KEYS.len())], &history, words).0,
                };
                assert!(line.text.is_char_boundary(line.cursor), "{line:?}");
            }
        }
    }

    #[test]
    fn places_count_as_browsers_count() {
        let text = "a파😀b";
        for (bytes, units) in [(0, 0), (1, 1), (4, 2), (8, 4), (9, 5)] {
            assert_eq!(units_before(text, bytes), units);
            assert_eq!(place_behind(text, units), bytes);
        }
    }
}
