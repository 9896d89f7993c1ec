//! Regular expressions, the part that people write behind `grep` and `sed`: letters, `.`, sets, `*`, `+`, `?`, groups,
//! alternatives, `^`, `$`, `\b`-like word ends. Matching backtracks; its steps are counted, so that it ends.

use std::cell::RefCell;

/// A part of an expression.
#[derive(Clone, Debug)]
enum Piece {
    Letter(char),
    Any,
    Set {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    Start,
    End,
    WordEdge,
    /// Its number, from 1.
    Group(usize, Vec<Vec<Repeated>>),
}

/// Where the whole and each group stand, from and to, in letters.
pub(crate) type Groups = Vec<Option<(usize, usize)>>;

/// A part and how often it may stand.
#[derive(Clone, Debug)]
struct Repeated {
    piece: Piece,
    least: usize,
    most: usize,
}

/// A regular expression.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    branches: Vec<Vec<Repeated>>,
    fold: bool,
    groups: usize,
}

/// Matching gives up after so many steps.
const STEPS: usize = 2_000_000;
/// Matching gives up where so many parts and rounds stand behind each other.
const LONGEST: usize = 1_000;
const DEEPEST: usize = 40;

struct Reader {
    letters: Vec<char>,
    at: usize,
    /// Whether `+ ? | ( ) {` are operators without a backslash.
    extended: bool,
    groups: usize,
}

impl Pattern {
    /// Reads an expression: basic as `grep` and `sed` do, or extended as with `-E`.
    ///
    /// # Errors
    /// The words of GNU's library.
    pub(crate) fn parse(text: &str, extended: bool, fold: bool) -> Result<Self, String> {
        let mut reader = Reader { letters: text.chars().collect(), at: 0, extended, groups: 0 };
        let branches = reader.branches(0)?;
        match reader.at < reader.letters.len() {
            true => Err("Unmatched ) or \\)".into()),
            false => Ok(Self { branches, fold, groups: reader.groups }),
        }
    }

    /// An expression of plain text.
    pub(crate) fn literal(text: &str, fold: bool) -> Self {
        let piece = |letter| Repeated { piece: Piece::Letter(letter), least: 1, most: 1 };
        Self { branches: vec![text.chars().map(piece).collect()], fold, groups: 0 }
    }

    /// The first place where it fits: from and to, in letters.
    pub(crate) fn find(&self, text: &[char], from: usize) -> Option<(usize, usize)> {
        self.find_groups(text, from)?.first().copied().flatten()
    }

    /// The first place where it fits, and where its groups stand.
    pub(crate) fn find_groups(&self, text: &[char], from: usize) -> Option<Groups> {
        let mut steps = 0;
        let groups = RefCell::new(vec![None; self.groups + 1]);
        let mut matcher =
            Matcher { text, fold: self.fold, steps: &mut steps, depth: 0, groups: &groups };
        (from..=text.len()).find_map(|start| {
            let mut found = None;
            matcher.branches(&self.branches, start, &mut |at| {
                let mut all = groups.borrow().clone();
                if let Some(whole) = all.first_mut() {
                    *whole = Some((start, at));
                }
                found = Some(all);
                true
            });
            found
        })
    }

    /// Whether it fits somewhere in a line.
    pub(crate) fn fits(&self, line: &str) -> bool {
        let letters: Vec<char> = line.chars().collect();
        self.find(&letters, 0).is_some()
    }
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.letters.get(self.at).copied()
    }

    /// Whether an operator stands here (with its backslash in basic expressions); takes it.
    fn operator(&mut self, letter: char) -> bool {
        let plain = self.extended && self.peek() == Some(letter);
        let escaped = !self.extended
            && self.peek() == Some('\\')
            && self.letters.get(self.at + 1) == Some(&letter);
        if plain || escaped {
            self.at += if plain { 1 } else { 2 };
        }
        plain || escaped
    }

    fn branches(&mut self, depth: usize) -> Result<Vec<Vec<Repeated>>, String> {
        if depth > DEEPEST {
            return Err("Regular expression too big".into());
        }
        let mut all = vec![self.branch(depth)?];
        while self.operator('|') {
            all.push(self.branch(depth)?);
        }
        Ok(all)
    }

    fn branch(&mut self, depth: usize) -> Result<Vec<Repeated>, String> {
        let mut pieces: Vec<Repeated> = Vec::new();
        loop {
            let before = self.at;
            if self.peek().is_none() || self.operator('|') || (depth > 0 && self.operator(')')) {
                self.at = before;
                return Ok(pieces);
            }
            let first = pieces.is_empty();
            if let Some(last) = pieces.last_mut()
                && let Some((least, most)) = self.repetition()?
            {
                (last.least, last.most) = (least, most);
                continue;
            }
            let piece = self.piece(first, depth)?;
            pieces.push(Repeated { piece, least: 1, most: 1 });
        }
    }

    fn repetition(&mut self) -> Result<Option<(usize, usize)>, String> {
        if self.peek() == Some('*') {
            self.at += 1;
            return Ok(Some((0, usize::MAX)));
        }
        if self.operator('+') {
            return Ok(Some((1, usize::MAX)));
        }
        if self.operator('?') {
            return Ok(Some((0, 1)));
        }
        if !self.operator('{') {
            return Ok(None);
        }
        let mut text = String::new();
        while !self.operator('}') {
            match self.peek() {
                Some(letter) => text.push(letter),
                None => return Err("Unmatched { or \\{".into()),
            }
            self.at += 1;
        }
        let (least, most) = text.split_once(',').unwrap_or((&text, &text));
        let number =
            |text: &str, default| if text.is_empty() { Ok(default) } else { text.parse::<usize>() };
        match (number(least, 0), number(most, usize::MAX)) {
            (Ok(least), Ok(most)) if least <= most => Ok(Some((least, most))),
            _ => Err("Invalid content of \\{\\}".into()),
        }
    }

    fn piece(&mut self, first: bool, depth: usize) -> Result<Piece, String> {
        if self.operator('(') {
            self.groups += 1;
            let number = self.groups;
            let inside = self.branches(depth + 1)?;
            return match self.operator(')') {
                true => Ok(Piece::Group(number, inside)),
                false => Err("Unmatched ( or \\(".into()),
            };
        }
        if self.operator(')') {
            return Err("Unmatched ) or \\)".into());
        }
        let letter = self.peek().unwrap_or('\\');
        self.at += 1;
        Ok(match letter {
            '.' => Piece::Any,
            '^' if first || self.extended => Piece::Start,
            '$' if self.extended || self.peek().is_none() || self.ends_branch() => Piece::End,
            '[' => self.set()?,
            '\\' => match self.peek() {
                Some(escaped) => {
                    self.at += 1;
                    match escaped {
                        'w' => Piece::Set { negated: false, ranges: WORD.to_vec() },
                        'W' => Piece::Set { negated: true, ranges: WORD.to_vec() },
                        's' => Piece::Set { negated: false, ranges: SPACE.to_vec() },
                        'S' => Piece::Set { negated: true, ranges: SPACE.to_vec() },
                        'd' => Piece::Set { negated: false, ranges: vec![('0', '9')] },
                        'b' | '<' | '>' => Piece::WordEdge,
                        other => Piece::Letter(other),
                    }
                }
                None => return Err("Trailing backslash".into()),
            },
            other => Piece::Letter(other),
        })
    }

    fn ends_branch(&self) -> bool {
        let ahead = (self.peek(), self.letters.get(self.at + 1));
        matches!(ahead, (Some('\\'), Some('|' | ')')))
    }

    fn set(&mut self) -> Result<Piece, String> {
        let negated = self.peek() == Some('^');
        self.at += usize::from(negated);
        let (mut ranges, begin) = (Vec::new(), self.at);
        loop {
            let Some(letter) = self.peek() else {
                return Err("Unmatched [, [^, [:, [., or [=".into());
            };
            self.at += 1;
            match letter {
                ']' if self.at > begin + 1 => return Ok(Piece::Set { negated, ranges }),
                '[' if self.peek() == Some(':') => {
                    let rest: String =
                        self.letters.get(self.at..).unwrap_or_default().iter().collect();
                    let Some((name, _)) = rest.get(1..).and_then(|rest| rest.split_once(":]"))
                    else {
                        return Err("Unmatched [, [^, [:, [., or [=".into());
                    };
                    ranges.extend(class(name).ok_or("Invalid character class name")?);
                    self.at += name.chars().count() + 3;
                }
                low => {
                    let high = self.letters.get(self.at + 1).copied().filter(|high| *high != ']');
                    match (self.peek(), high) {
                        (Some('-'), Some(high)) => {
                            self.at += 2;
                            ranges.push((low, high));
                        }
                        _ => ranges.push((low, low)),
                    }
                }
            }
        }
    }
}

const WORD: [(char, char); 4] = [('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')];
const SPACE: [(char, char); 3] = [(' ', ' '), ('\t', '\t'), ('\r', '\r')];

pub(super) fn class(name: &str) -> Option<Vec<(char, char)>> {
    Some(match name {
        "alpha" => vec![('a', 'z'), ('A', 'Z')],
        "digit" => vec![('0', '9')],
        "alnum" => vec![('a', 'z'), ('A', 'Z'), ('0', '9')],
        "upper" => vec![('A', 'Z')],
        "lower" => vec![('a', 'z')],
        "space" | "blank" => SPACE.to_vec(),
        "punct" => vec![('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => vec![('a', 'f'), ('A', 'F'), ('0', '9')],
        _ => return None,
    })
}

struct Matcher<'a> {
    text: &'a [char],
    fold: bool,
    steps: &'a mut usize,
    depth: usize,
    groups: &'a RefCell<Groups>,
}

/// Goes on behind a match; says whether all of it fits.
type Next<'a> = &'a mut dyn FnMut(usize) -> bool;

impl Matcher<'_> {
    fn branches(&mut self, branches: &[Vec<Repeated>], at: usize, next: Next<'_>) -> bool {
        branches.iter().any(|branch| self.pieces(branch, at, next))
    }

    fn pieces(&mut self, pieces: &[Repeated], at: usize, next: Next<'_>) -> bool {
        *self.steps += 1;
        if *self.steps > STEPS {
            return false;
        }
        let Some((first, rest)) = pieces.split_first() else { return next(at) };
        self.repeat(first, 0, at, rest, next)
    }

    fn repeat(
        &mut self,
        one: &Repeated,
        done: usize,
        at: usize,
        rest: &[Repeated],
        next: Next<'_>,
    ) -> bool {
        if self.depth >= LONGEST {
            return false;
        }
        self.depth += 1;
        let fits = self.rounds(one, done, at, rest, next);
        self.depth -= 1;
        fits
    }

    fn rounds(
        &mut self,
        one: &Repeated,
        done: usize,
        at: usize,
        rest: &[Repeated],
        next: Next<'_>,
    ) -> bool {
        if let Piece::Group(number, branches) = &one.piece {
            // The ends of one more round, longest first; then what follows.
            if done < one.most && *self.steps < STEPS {
                let groups = self.groups;
                let before = groups.borrow().clone();
                let mut ends = Vec::new();
                self.branches(branches, at, &mut |end| {
                    ends.push((end, groups.borrow().clone()));
                    false
                });
                for (end, mut inside) in ends {
                    if let Some(own) = inside.get_mut(*number) {
                        *own = Some((at, end));
                    }
                    *groups.borrow_mut() = inside;
                    if (end > at || done < one.least) && self.repeat(one, done + 1, end, rest, next)
                    {
                        return true;
                    }
                }
                *groups.borrow_mut() = before;
            }
            return done >= one.least && self.pieces(rest, at, next);
        }
        // Letters are taken as often as they fit, then given back one by one.
        let mut count = 0;
        while count < one.most && self.fits(&one.piece, at + count) {
            count += 1;
            *self.steps += 1;
            if *self.steps > STEPS {
                return false;
            }
            if self.width(&one.piece) == 0 {
                return count >= one.least && self.pieces(rest, at, next);
            }
        }
        loop {
            if count < one.least {
                return false;
            }
            if self.pieces(rest, at + count, next) {
                return true;
            }
            if count == 0 || *self.steps > STEPS {
                return false;
            }
            count -= 1;
        }
    }

    const fn width(&self, piece: &Piece) -> usize {
        match piece {
            Piece::Start | Piece::End | Piece::WordEdge => 0,
            _ => 1,
        }
    }

    fn fits(&self, piece: &Piece, at: usize) -> bool {
        let letter = self.text.get(at).copied();
        match piece {
            Piece::Start => at == 0,
            Piece::End => at == self.text.len(),
            Piece::WordEdge => {
                let word = |at: Option<usize>| {
                    at.and_then(|at| self.text.get(at))
                        .is_some_and(|letter| letter.is_alphanumeric() || *letter == '_')
                };
                word(at.checked_sub(1)) != word(Some(at))
            }
            Piece::Any => letter.is_some(),
            Piece::Letter(wanted) => letter.is_some_and(|letter| self.same(letter, *wanted)),
            Piece::Set { negated, ranges } => letter.is_some_and(|letter| {
                let hit = |letter: char| {
                    ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter))
                };
                let inside = hit(letter)
                    || self.fold
                        && (hit(letter.to_ascii_lowercase()) || hit(letter.to_ascii_uppercase()));
                inside != *negated
            }),
            Piece::Group(..) => false,
        }
    }

    fn same(&self, one: char, other: char) -> bool {
        one == other || self.fold && one.to_lowercase().eq(other.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pattern: &str, extended: bool, yes: &[&str], no: &[&str]) {
        let read = Pattern::parse(pattern, extended, false).unwrap();
        for line in yes {
            assert!(read.fits(line), "{pattern} in {line}");
        }
        for line in no {
            assert!(!read.fits(line), "{pattern} in {line}");
        }
    }

    #[test]
    fn expressions_fit_as_in_grep() {
        check("web", false, &["a web b"], &["wed"]);
        check("^NAME", false, &["NAME READY"], &["X NAME"]);
        check("Run.*g$", false, &["1 Running"], &["Running 0"]);
        check("a+b", false, &["a+b"], &["aab"]);
        check("a+b", true, &["aab"], &["a+b b"]);
        check("Running\\|Pending", false, &["Pending"], &["Failed"]);
        check("^(web|db)-[0-9]+$", true, &["web-12", "db-1"], &["web-", "web-1x"]);
        check("x{2,3}y", true, &["xxy", "xxxy"], &["xy"]);
        check("[[:digit:]]/[^1]", false, &["0/2"], &["0/1"]);
        check("(a|ab)(c|bcd)(d*)$", true, &["abcd"], &["abx"]);
        check("a.c", false, &["a파c"], &["ac"]);
        check("\\bweb\\b", false, &["a web-1"], &["webb"]);
        check("(a*)*b", true, &["aaab"], &["aaac"]);
    }

    #[test]
    fn groups_are_remembered() {
        let pattern = Pattern::parse("(a(b|c)*)-([0-9]+)", true, false).unwrap();
        let text: Vec<char> = "xabc-42".chars().collect();
        let groups = pattern.find_groups(&text, 0).unwrap();
        assert_eq!(groups, [Some((1, 7)), Some((1, 4)), Some((3, 4)), Some((5, 7))]);
    }

    #[test]
    fn a_hostile_expression_ends() {
        let pattern = Pattern::parse("(a|a)*(a|a)*(a|a)*b", true, false).unwrap();
        assert!(!pattern.fits(&"a".repeat(200)));
        for pattern in ["(){100000}b", "(.)*b", "a*a*a*a*b", &format!("{}b", "a".repeat(100_000))] {
            let pattern = Pattern::parse(pattern, true, false).unwrap();
            assert!(!pattern.fits(&"a".repeat(100_000)));
        }
    }

    #[test]
    fn what_is_wrong_is_named_as_the_library_names_it() {
        for (pattern, words) in [
            ("a[b", "Unmatched [, [^, [:, [., or [="),
            ("(a", "Unmatched ( or \\("),
            ("a)", "Unmatched ) or \\)"),
        ] {
            assert_eq!(Pattern::parse(pattern, true, false).unwrap_err(), words, "{pattern}");
        }
    }
}
