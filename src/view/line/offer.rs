//! What a word of the line could become: the candidates while they are shown, and the walk through them.

use super::{Line, floor};
use crate::terminal::{Candidate, Completion};

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

impl Line {
    /// Tab: the word as far as all candidates agree; then the candidates, one after the other.
    pub(super) fn complete(self, complete: impl FnOnce(&str) -> Completion) -> Self {
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
    pub(super) fn choose(mut self, step: isize) -> Self {
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
    pub(super) fn accept(mut self) -> Self {
        let Some(offer) = self.offer.take() else { return self };
        let ends = offer.chosen.and_then(|at| offer.candidates.get(at)).is_some_and(|one| one.ends);
        if ends && !self.behind().starts_with(' ') { self.insert(" ") } else { self }
    }

    /// What was typed comes back, and the list goes.
    pub(super) fn reject(mut self) -> Self {
        match self.offer.take() {
            Some(offer) => self.put(offer.start, &offer.typed, &offer.rest),
            None => self,
        }
    }
}
