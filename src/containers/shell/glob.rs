//! Patterns of file names, of `case` and of `${NAME%PATTERN}`: `*`, `?` and sets; a backslash takes a letter as it
//! stands. All of it takes time in proportion to pattern and text.

/// A part of a pattern.
#[derive(Clone, Debug)]
enum Token {
    Many,
    Any,
    Letter(char),
    Set { negated: bool, ranges: Vec<(char, char)> },
}

/// Whether a text fits a pattern.
pub(crate) fn glob(pattern: &str, text: &str) -> bool {
    let pattern = tokens(pattern);
    let text: Vec<char> = text.chars().collect();
    let (mut p, mut t) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while let Some(letter) = text.get(t) {
        match pattern.get(p) {
            Some(Token::Many) => {
                star = Some((p + 1, t));
                p += 1;
            }
            Some(token) if token.fits(*letter) => (p, t) = (p + 1, t + 1),
            _ => match &mut star {
                Some((behind, from)) => {
                    *from += 1;
                    (p, t) = (*behind, *from);
                }
                None => return false,
            },
        }
    }
    pattern.iter().skip(p).all(|token| matches!(token, Token::Many))
}

/// A text as a pattern that fits only it.
pub(crate) fn quoted(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for letter in text.chars() {
        if "*?[\\/".contains(letter) {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern
}

/// A pattern that fits one text only, as that text.
pub(crate) fn plain(pattern: &str) -> String {
    let mut letters = pattern.chars();
    let next = |letters: &mut std::str::Chars<'_>| match letters.next() {
        Some('\\') => letters.next(),
        letter => letter,
    };
    std::iter::from_fn(|| next(&mut letters)).collect()
}

/// Whether a pattern has a letter that is none.
pub(crate) fn is_pattern(text: &str) -> bool {
    tokens(text).iter().any(|token| !matches!(token, Token::Letter(_)))
}

/// `${NAME#PATTERN}` and its kin: the text without its shortest or longest part that fits, at its beginning or end.
pub(crate) fn trimmed(text: &str, pattern: &str, operator: &str) -> String {
    let (mut tokens, mut letters) = (tokens(pattern), text.chars().collect::<Vec<char>>());
    let at_end = operator.starts_with('%');
    if at_end {
        tokens.reverse();
        letters.reverse();
    }
    let Some(cut) = reach(&tokens, &letters, 0, operator.len() == 2) else {
        return text.to_owned();
    };
    let rest = letters.into_iter().skip(cut);
    match at_end {
        true => rest.rev().collect(),
        false => rest.collect(),
    }
}

/// `${NAME/PATTERN/TEXT}`, with all places if `all`; `#` and `%` before the pattern tie it to an end.
pub(crate) fn replaced(text: &str, pattern: &str, with: &str, all: bool) -> String {
    let letters: Vec<char> = text.chars().collect();
    if let Some(pattern) = pattern.strip_prefix('#') {
        return match reach(&tokens(pattern), &letters, 0, true) {
            Some(end) => with.chars().chain(letters.into_iter().skip(end)).collect(),
            None => text.to_owned(),
        };
    }
    if let Some(pattern) = pattern.strip_prefix('%') {
        let kept = trimmed(text, pattern, "%%");
        return if kept.len() < text.len() { kept + with } else { text.to_owned() };
    }
    let tokens = tokens(pattern);
    if tokens.is_empty() {
        return text.to_owned();
    }
    let begins = beginnings(&tokens, &letters);
    let (mut result, mut at, mut done) = (String::with_capacity(text.len()), 0, false);
    while let Some(letter) = letters.get(at) {
        let fits = begins.get(at) == Some(&true) && (all || !done);
        match fits.then(|| reach(&tokens, &letters, at, true)).flatten() {
            Some(end) if end > at => {
                result.push_str(with);
                (at, done) = (end, true);
            }
            _ => {
                result.push(*letter);
                at += 1;
            }
        }
    }
    result
}

/// Where the shortest or longest part that fits and begins `from` here ends.
fn reach(tokens: &[Token], letters: &[char], from: usize, longest: bool) -> Option<usize> {
    let mut places = start(tokens);
    let mut found = None;
    for at in from..=letters.len() {
        if places.last() == Some(&true) {
            found = Some(at);
            if !longest {
                break;
            }
        }
        let Some(letter) = letters.get(at) else { break };
        places = step(tokens, &places, *letter);
        if !places.contains(&true) {
            break;
        }
    }
    found
}

/// Where a part that fits begins.
fn beginnings(tokens: &[Token], letters: &[char]) -> Vec<bool> {
    let backwards: Vec<Token> = tokens.iter().rev().cloned().collect();
    let first = start(&backwards);
    let mut places = first.clone();
    let mut begins: Vec<bool> = letters
        .iter()
        .rev()
        .map(|letter| {
            places = step(&backwards, &places, *letter);
            let fits = places.last() == Some(&true);
            places.iter_mut().zip(&first).for_each(|(place, first)| *place |= first);
            fits
        })
        .collect();
    begins.reverse();
    begins
}

/// Before which tokens a text may stand at its beginning; behind the last means that it fits.
fn start(tokens: &[Token]) -> Vec<bool> {
    let mut places = vec![false; tokens.len() + 1];
    if let Some(first) = places.first_mut() {
        *first = true;
    }
    open(tokens, &mut places);
    places
}

/// The same after a letter.
fn step(tokens: &[Token], places: &[bool], letter: char) -> Vec<bool> {
    let mut next = vec![false; places.len()];
    for (at, token) in tokens.iter().enumerate() {
        let to = if matches!(token, Token::Many) { at } else { at + 1 };
        if places.get(at) == Some(&true)
            && token.fits(letter)
            && let Some(place) = next.get_mut(to)
        {
            *place = true;
        }
    }
    open(tokens, &mut next);
    next
}

/// What may be nothing is passed.
fn open(tokens: &[Token], places: &mut [bool]) {
    for (at, token) in tokens.iter().enumerate() {
        if matches!(token, Token::Many)
            && places.get(at) == Some(&true)
            && let Some(place) = places.get_mut(at + 1)
        {
            *place = true;
        }
    }
}

impl Token {
    fn fits(&self, letter: char) -> bool {
        match self {
            Self::Many | Self::Any => true,
            Self::Letter(own) => *own == letter,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&letter)) != *negated
            }
        }
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let letters: Vec<char> = pattern.chars().collect();
    // Where none closes, no bracket opens a set.
    let last_close = letters.iter().rposition(|letter| *letter == ']').unwrap_or(0);
    let (mut all, mut at) = (Vec::new(), 0);
    while let Some(letter) = letters.get(at) {
        at += 1;
        all.push(match letter {
            '*' if matches!(all.last(), Some(Token::Many)) => continue,
            '*' => Token::Many,
            '?' => Token::Any,
            '\\' if at < letters.len() => {
                at += 1;
                Token::Letter(letters.get(at - 1).copied().unwrap_or('\\'))
            }
            '[' if at < last_close => match set(&letters, &mut at) {
                Some(set) => set,
                None => Token::Letter('['),
            },
            letter => Token::Letter(*letter),
        });
    }
    all
}

/// What stands behind a bracket; nothing if none closes it.
fn set(letters: &[char], at: &mut usize) -> Option<Token> {
    let negated = matches!(letters.get(*at), Some('!' | '^'));
    let begin = *at + usize::from(negated);
    let (mut ranges, mut here) = (Vec::new(), begin);
    loop {
        let letter = *letters.get(here)?;
        here += 1;
        match letter {
            ']' if here > begin + 1 => break,
            '[' if letters.get(here) == Some(&':') => {
                let rest = letters.get(here + 1..)?;
                let length = rest.iter().take(8).position(|letter| *letter == ':')?;
                let name: String = rest.iter().take(length).collect();
                ranges.extend(super::pattern::class(&name)?);
                here += length + 3;
            }
            '\\' => {
                let letter = *letters.get(here)?;
                here += 1;
                ranges.push((letter, letter));
            }
            low => match (letters.get(here), letters.get(here + 1)) {
                (Some('-'), Some(high)) if *high != ']' => {
                    here += 2;
                    ranges.push((low, *high));
                }
                _ => ranges.push((low, low)),
            },
        }
    }
    *at = here;
    Some(Token::Set { negated, ranges })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_as_in_a_shell() {
        for (pattern, yes, no) in [
            ("a*c", "abbc", "abd"),
            ("a?c", "abc", "ac"),
            ("[a-c]x", "bx", "dx"),
            ("[!a]", "b", "a"),
            ("[]x]", "]", "["),
            ("[[:digit:]]*", "5a", "a5"),
            ("a\\*", "a*", "ab"),
            ("[a", "[a", "a"),
            ("*", "", "-"),
        ] {
            assert!(glob(pattern, yes), "{pattern} {yes}");
            assert!(pattern == "*" || !glob(pattern, no), "{pattern} {no}");
        }
        assert!(glob(&quoted("a*[/\\"), "a*[/\\"));
        assert_eq!(plain(&quoted("a*[/\\")), "a*[/\\");
    }

    #[test]
    fn parts_are_cut_off_and_replaced() {
        for (text, pattern, operator, rest) in [
            ("a.tar.gz", ".*", "%", "a.tar"),
            ("a.tar.gz", ".*", "%%", "a"),
            ("a.tar.gz", "*.", "#", "tar.gz"),
            ("a.tar.gz", "*.", "##", "gz"),
            ("abc", "x*", "#", "abc"),
            ("안녕", "?", "%", "안"),
        ] {
            assert_eq!(trimmed(text, pattern, operator), rest, "{text} {operator} {pattern}");
        }
        for (pattern, with, all, text) in [
            ("l", "L", false, "heLlo"),
            ("l", "L", true, "heLLo"),
            ("l*", "Z", false, "heZ"),
            ("[el]", "_", true, "h___o"),
            ("#he", "HE", false, "HEllo"),
            ("%lo", "LO", false, "helLO"),
            ("%he", "x", false, "hello"),
            ("", "x", true, "hello"),
            ("*", "x", true, "x"),
        ] {
            assert_eq!(replaced("hello", pattern, with, all), text, "{pattern}");
        }
    }

    #[test]
    fn long_texts_take_no_longer_than_they_are() {
        let text = "1.23 ".repeat(100_000);
        assert_eq!(trimmed(&text, ".*", "%").len(), text.len() - 4);
        assert_eq!(trimmed(&text, "*zz", "##").len(), text.len());
        assert_eq!(replaced(&text, "*zz", "", true).len(), text.len());
        assert_eq!(replaced(&text, "2*3 ", "", true), "1.");
        assert!(!glob(&"[".repeat(100_000), &text));
    }
}
