//! Brace expansion: `{a,b}` and `{1..3}`.

/// At most so many words come out of one.
const MOST: usize = 1_000;
/// A word with more braces stays as it stands.
const DEEPEST: usize = 100;

/// The words that a text with braces stands for; the text itself if it has none.
pub(super) fn expand(text: &str) -> Vec<String> {
    if text.matches('{').count() > DEEPEST {
        return vec![text.to_owned()];
    }
    let mut all = Vec::new();
    one(text, &mut all);
    all
}

fn one(text: &str, all: &mut Vec<String>) {
    if all.len() >= MOST {
        return;
    }
    let Some((before, choices, after)) = choices(text) else {
        all.push(text.to_owned());
        return;
    };
    for choice in choices {
        one(&format!("{before}{choice}{after}"), all);
    }
}

/// The first brace that has choices: what stands before it, the choices, what stands behind it.
fn choices(text: &str) -> Option<(&str, Vec<String>, &str)> {
    for (open, _) in text.match_indices('{') {
        let (before, rest) = (text.get(..open)?, text.get(open + 1..)?);
        let mut depth = 0;
        let mut cuts = Vec::new();
        for (at, letter) in rest.char_indices() {
            match letter {
                '{' => depth += 1,
                '}' if depth > 0 => depth -= 1,
                ',' if depth == 0 => cuts.push(at),
                '}' => {
                    let (inside, after) = (rest.get(..at)?, rest.get(at + 1..)?);
                    let listed = pieces(inside, &cuts);
                    if let Some(choices) = listed.or_else(|| range(inside)) {
                        return Some((before, choices, after));
                    }
                    break;
                }
                _ => {}
            }
        }
    }
    None
}

fn pieces(inside: &str, cuts: &[usize]) -> Option<Vec<String>> {
    if cuts.is_empty() {
        return None;
    }
    let mut found = Vec::new();
    let mut from = 0;
    for cut in cuts.iter().copied().chain([inside.len()]) {
        found.push(inside.get(from..cut)?.to_owned());
        from = cut + 1;
    }
    Some(found)
}

/// `1..5`, `01..10`, `a..e`
fn range(inside: &str) -> Option<Vec<String>> {
    let (first, last) = inside.split_once("..")?;
    if let (Ok(from), Ok(to)) = (first.parse::<i64>(), last.parse::<i64>()) {
        let padded = [first, last].iter().any(|text| text.len() > 1 && text.starts_with('0'));
        let width = if padded { first.len().max(last.len()) } else { 0 };
        let limit = i64::try_from(MOST).unwrap_or(i64::MAX);
        let to = to.clamp(from.saturating_sub(limit), from.saturating_add(limit));
        let show = |number: i64| format!("{number:0width$}");
        return Some(match from <= to {
            true => (from..=to).map(show).collect(),
            false => (to..=from).rev().map(show).collect(),
        });
    }
    let letter = |text: &str| {
        let mut letters = text.chars();
        letters.next().filter(|letter| letter.is_ascii_alphabetic() && letters.next().is_none())
    };
    let (from, to) = (letter(first)?, letter(last)?);
    Some(match from <= to {
        true => (from..=to).map(String::from).collect(),
        false => (to..=from).rev().map(String::from).collect(),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn braces_give_lists_and_ranges() {
        for (text, words) in [
            ("a{b,c}d", "abd acd"),
            ("{1..3}", "1 2 3"),
            ("{3..1}", "3 2 1"),
            ("n{08..10}", "n08 n09 n10"),
            ("{a..c}", "a b c"),
            ("{a,b}{1,2}", "a1 a2 b1 b2"),
            ("{a,{b,c}}", "a b c"),
            ("{.metadata.name}", "{.metadata.name}"),
            ("{}", "{}"),
            ("a{b", "a{b"),
        ] {
            assert_eq!(super::expand(text).join(" "), words, "{text}");
        }
    }
}
