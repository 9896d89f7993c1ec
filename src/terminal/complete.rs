//! Completion of the last word of a line: commands of the shell, the sandbox's own, files, and what kubectl's own
//! completion gives ([`kubectl::complete`]).

use super::{Terminal, kubectl, tools, yard};
use crate::api::kind::Kind;
use crate::cluster::Cluster;

/// What a word could become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Candidate {
    /// The word.
    pub text: String,
    /// A few words about it; empty where there is nothing to say.
    pub note: String,
    /// Whether the word is over with it: a space follows.
    pub ends: bool,
}

impl Candidate {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), note: String::new(), ends: true }
    }

    pub(super) fn noted(text: impl Into<String>, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..Self::new(text) }
    }

    /// A word that goes on: `--for=condition=`, `pods/`.
    pub(super) fn open(text: impl Into<String>) -> Self {
        Self { ends: false, ..Self::new(text) }
    }
}

/// What the last word of a line could become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completion {
    /// Where the part begins that a candidate takes the place of, in bytes.
    pub start: usize,
    /// The candidates, ordered.
    pub candidates: Vec<Candidate>,
}

/// What the words before the last one, and the last one, ask for.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    /// How much of the last word stays: `--output=`, `pods,`.
    pub(super) kept: usize,
    /// The candidates, also those that do not fit what is typed.
    pub(super) candidates: Vec<Candidate>,
}

impl Asked {
    pub(super) fn of(candidates: Vec<Candidate>) -> Self {
        Self { kept: 0, candidates }
    }

    pub(super) fn plain(words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self::of(words.into_iter().map(Candidate::new).collect())
    }
}

/// What the last word of a line could become.
pub fn complete(line: &str, cluster: &Cluster, terminal: &Terminal) -> Completion {
    let segment = Segment::of(line);
    let asked = asked(&segment, cluster, terminal);
    let open = segment.open.get(asked.kept..).unwrap_or("");
    let mut candidates = asked.candidates;
    candidates.retain(|one| one.text.starts_with(open));
    candidates.sort_by(|one, other| one.text.cmp(&other.text));
    candidates.dedup_by(|one, other| one.text == other.text);
    Completion { start: segment.start + asked.kept, candidates }
}

fn asked(segment: &Segment, cluster: &Cluster, terminal: &Terminal) -> Asked {
    if segment.to_file {
        return Asked::plain(terminal.files.keys());
    }
    if segment.open.starts_with('$') {
        let names = terminal.variables.keys().map(|name| format!("${name}"));
        return Asked::plain(names);
    }
    let words: Vec<&str> = segment.words.iter().map(String::as_str).collect();
    match behind_wrappers(&words) {
        [] => commands(),
        ["kubectl" | "k", rest @ ..] => kubectl::complete(rest, &segment.open, cluster, terminal),
        ["yard", rest @ ..] => of_yard(rest, &segment.open, cluster, terminal),
        ["sleep" | "exit" | "date" | "clear" | "history" | "echo" | "export" | "help", ..] => {
            Asked::default()
        }
        _ => Asked::plain(terminal.files.keys()),
    }
}

fn commands() -> Asked {
    let mut all: Vec<Candidate> = tools::NAMES.iter().map(|name| Candidate::new(*name)).collect();
    all.push(Candidate::new("k"));
    all.push(Candidate::new("yard"));
    Asked::of(all)
}

/// The words behind those that only say how a command runs.
fn behind_wrappers<'a, 'b>(words: &'a [&'b str]) -> &'a [&'b str] {
    match words {
        ["sudo" | "time" | "command" | "exec" | "!", rest @ ..] => behind_wrappers(rest),
        ["timeout", span, rest @ ..] if !span.starts_with('-') => behind_wrappers(rest),
        ["watch", "-n", _, rest @ ..] | ["watch", rest @ ..] if !rest.is_empty() => {
            behind_wrappers(rest)
        }
        [one] if matches!(*one, "watch") => &[],
        [assign, rest @ ..] if is_assignment(assign) => behind_wrappers(rest),
        [word, rest @ ..] if matches!(*word, "if" | "then" | "else" | "while" | "until" | "do") => {
            behind_wrappers(rest)
        }
        _ => words,
    }
}

fn is_assignment(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
    })
}

/// The sandbox's own words, as its help lists them; a word in capitals stands for a name.
fn of_yard(words: &[&str], open: &str, cluster: &Cluster, terminal: &Terminal) -> Asked {
    let mut all = Vec::new();
    for line in yard::help(terminal.language).lines().filter(|line| line.starts_with("yard ")) {
        let (usage, what) = line.split_once("  ").unwrap_or((line, ""));
        // `yard pause | play` are two commands.
        let mut alternatives = usage.split(" | ");
        let first = alternatives.next().unwrap_or("");
        let tokens: Vec<&str> = first.split_whitespace().skip(1).collect();
        let said = words.iter().zip(&tokens).all(|(word, token)| fits(word, token));
        if words.is_empty() {
            let others = alternatives.map(str::trim);
            let words =
                others.filter(|word| word.chars().all(|letter| letter.is_ascii_lowercase()));
            all.extend(words.map(Candidate::new));
        }
        let Some(token) = tokens.get(words.len()).filter(|_| said) else { continue };
        let note = if words.is_empty() { what.trim() } else { "" };
        for one in token.trim_matches(['[', ']']).split('|') {
            match is_literal(one) {
                true => all.push(Candidate::noted(one, note)),
                false => all.extend(stands_for(one, words, open, cluster, terminal)),
            }
        }
    }
    Asked::of(all)
}

/// Whether a token of the help is to be typed as it stands.
fn is_literal(token: &str) -> bool {
    token.starts_with(|letter: char| letter.is_ascii_lowercase() || letter == '-')
        && !token.contains(|letter: char| letter.is_ascii_uppercase())
}

fn fits(word: &str, token: &str) -> bool {
    let mut alternatives = token.trim_matches(['[', ']']).split('|');
    alternatives.any(|one| !is_literal(one) || one == word)
}

/// The names that a token in capitals stands for.
fn stands_for(
    token: &str,
    words: &[&str],
    open: &str,
    cluster: &Cluster,
    terminal: &Terminal,
) -> Vec<Candidate> {
    let names = |kind| kubectl::names(kind, &terminal.namespace(), cluster);
    match (token, words) {
        ("FILE", _) => terminal.files.keys().map(Candidate::new).collect(),
        ("NAME", ["switch"] | ["branch", "-d"]) | ("OLD", _) => {
            cluster.branches().map(|branch| Candidate::new(&*branch.name)).collect()
        }
        ("KIND/NAME", _) => kubectl::kinds_and_names(open, &terminal.namespace(), cluster),
        ("NAME", ["node", ..]) => names(Kind::Node),
        ("NAME", ["pod", ..]) => names(Kind::Pod),
        _ => Vec::new(),
    }
}

/// The command that the end of a line belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Segment {
    /// The words before the last one.
    words: Vec<String>,
    /// The last one, as far as it is typed, and where it begins.
    open: String,
    start: usize,
    /// Whether it is the name of a file that is read or written.
    to_file: bool,
}

impl Segment {
    fn of(line: &str) -> Self {
        let mut segment = Self::default();
        let (mut quote, mut inside) = (None, false);
        let mut letters = line.char_indices().peekable();
        while let Some((at, letter)) = letters.next() {
            if quote.is_none() && matches!(letter, '|' | ';' | '&' | '\n' | '(' | '`') {
                segment = Self { start: at + 1, ..Self::default() };
                inside = false;
                continue;
            }
            match (quote, letter) {
                (Some(open), close) if open == close => quote = None,
                (Some(_), letter) => segment.open.push(letter),
                (None, '\'' | '"') => {
                    quote = Some(letter);
                    if !inside {
                        segment.start = at + 1;
                    }
                    inside = true;
                }
                (None, '\\') => segment.open.extend(letters.next().map(|(_, letter)| letter)),
                (None, '<' | '>') => {
                    segment.end_word(&mut inside);
                    segment.to_file = true;
                    segment.start = at + 1;
                }
                (None, letter) if letter.is_whitespace() => {
                    segment.end_word(&mut inside);
                    segment.start = at + letter.len_utf8();
                }
                (None, letter) => {
                    if !inside {
                        segment.start = at;
                    }
                    inside = true;
                    segment.open.push(letter);
                }
            }
        }
        segment
    }

    fn end_word(&mut self, inside: &mut bool) {
        if !std::mem::take(inside) {
            return;
        }
        let word = std::mem::take(&mut self.open);
        // The name of a file behind `>` is no word of the command.
        if !std::mem::take(&mut self.to_file) {
            self.words.push(word);
        }
    }
}

#[cfg(test)]
mod tests;
