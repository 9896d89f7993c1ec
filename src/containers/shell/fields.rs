//! What the words of a command become: fields, of which some are patterns for names of files; and what operations make
//! of the value of a parameter.

use super::glob;

/// A field.
#[derive(Clone, Debug, Default)]
pub(crate) struct Field {
    pub(crate) text: String,
    /// The same with what was quoted as it stands, if it has a letter that means others.
    pub(crate) pattern: Option<String>,
}

/// Fields that come part by part.
#[derive(Debug)]
pub(crate) struct Fields {
    /// What separates them.
    separators: String,
    done: Vec<Field>,
    open: Option<(String, String)>,
}

impl Fields {
    pub(crate) fn new(separators: Option<&str>) -> Self {
        let separators = separators.unwrap_or(" \t\n").to_owned();
        Self { separators, done: Vec::new(), open: None }
    }

    /// Adds what was quoted.
    pub(crate) fn quoted(&mut self, piece: &str) {
        let (text, pattern) = self.open.get_or_insert_default();
        text.push_str(piece);
        match piece.contains(['*', '?', '[', '\\']) {
            true => pattern.push_str(&glob::quoted(piece)),
            false => pattern.push_str(piece),
        }
    }

    /// Adds what stands in the word itself.
    pub(crate) fn literal(&mut self, piece: &str) {
        let (text, pattern) = self.open.get_or_insert_default();
        text.push_str(piece);
        pattern.push_str(piece);
    }

    /// Adds what an expansion gave outside of quotes: it is several fields where separators stand in it.
    pub(crate) fn split(&mut self, piece: &str) {
        // Blanks around another separator belong to it.
        let mut after_blanks = false;
        for letter in piece.chars() {
            if !self.separators.contains(letter) {
                let (text, pattern) = self.open.get_or_insert_default();
                text.push(letter);
                pattern.push(letter);
                after_blanks = false;
            } else if letter.is_whitespace() {
                after_blanks |= self.open.is_some();
                self.end();
            } else {
                if self.open.is_none() && !after_blanks {
                    self.open = Some(Default::default());
                }
                self.end();
                after_blanks = false;
            }
        }
    }

    /// Ends the field that is open.
    pub(crate) fn end(&mut self) {
        if let Some((text, pattern)) = self.open.take() {
            let is_pattern = text.contains(['*', '?', '[']) && glob::is_pattern(&pattern);
            self.done.push(Field { pattern: is_pattern.then_some(pattern), text });
        }
    }

    /// The length of what is open.
    pub(crate) fn open_length(&self) -> usize {
        self.open.as_ref().map_or(0, |(text, _)| text.len())
    }

    /// All of them.
    pub(crate) fn all(mut self) -> Vec<Field> {
        self.end();
        self.done
    }
}

/// A line as `read` shares it out to so many variables: the last has what is left.
pub(crate) fn shared_out(line: &str, separators: Option<&str>, count: usize) -> Vec<String> {
    let separators = separators.unwrap_or(" \t\n");
    let blank = |letter: char| letter.is_whitespace() && separators.contains(letter);
    let mut rest = line.trim_matches(blank);
    let mut all = Vec::new();
    while all.len() + 1 < count && !rest.is_empty() {
        let end = rest.find(|letter| separators.contains(letter)).unwrap_or(rest.len());
        let (field, behind) = rest.split_at(end);
        all.push(field.to_owned());
        let behind = behind.trim_start_matches(blank);
        let other = |letter: char| separators.contains(letter) && !letter.is_whitespace();
        rest = behind.strip_prefix(other).unwrap_or(behind).trim_start_matches(blank);
    }
    all.push(rest.to_owned());
    all
}

/// A text at the beginning of a word with `~` as the folder that it means.
pub(crate) fn at_home(text: &str, alone: bool, home: &str) -> Option<String> {
    match text.strip_prefix('~')? {
        "" if alone => Some(home.to_owned()),
        rest if rest.starts_with('/') => Some(format!("{home}{rest}")),
        _ => None,
    }
}

/// Whether the word of an operation is a pattern.
pub(crate) fn takes_pattern(operator: &str) -> bool {
    matches!(operator, "#" | "##" | "%" | "%%" | "/" | "//" | "^" | "^^" | "," | ",,")
}

/// The value of a parameter after such an operation.
pub(crate) fn operated(operator: &str, text: String, pattern: &str) -> String {
    match operator {
        "/" | "//" => {
            let mut escaped = false;
            let cut = pattern.char_indices().find(|(at, letter)| {
                let found = *letter == '/' && !escaped && *at > 0;
                escaped = *letter == '\\' && !escaped;
                found
            });
            let (pattern, with) = match cut {
                Some((at, _)) => pattern.split_at(at),
                None => (pattern, "/"),
            };
            let with = with.get(1..).unwrap_or_default();
            glob::replaced(&text, pattern, &glob::plain(with), operator == "//")
        }
        "^" | "," => {
            let mut letters = text.chars();
            let first = letters.next().map(|letter| letter.to_string()).unwrap_or_default();
            in_case(&first, operator) + letters.as_str()
        }
        "^^" | ",," => in_case(&text, operator),
        operator => glob::trimmed(&text, pattern, operator),
    }
}

fn in_case(text: &str, operator: &str) -> String {
    if operator.starts_with('^') { text.to_uppercase() } else { text.to_lowercase() }
}

/// `${NAME:FROM:LENGTH}`: numbers below zero count from the end. Nothing where the length leads before the beginning.
pub(crate) fn slice(text: &str, from: i64, length: Option<i64>) -> Option<String> {
    let count = i64::try_from(text.chars().count()).unwrap_or(i64::MAX);
    let from = if from < 0 { count.saturating_add(from) } else { from };
    if from < 0 || from > count {
        return Some(String::new());
    }
    let to = match length {
        None => count,
        Some(length) if length < 0 => count.saturating_add(length),
        Some(length) => from.saturating_add(length),
    };
    let take = usize::try_from(to.checked_sub(from)?).ok()?;
    Some(text.chars().skip(usize::try_from(from).ok()?).take(take).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn split(separators: &str, text: &str) -> Vec<String> {
        let mut fields = Fields::new(Some(separators));
        fields.split(text);
        fields.all().into_iter().map(|field| field.text).collect()
    }

    #[test]
    fn separators_part_fields() {
        assert_eq!(split(" \t\n", "  a  b\n"), ["a", "b"]);
        assert_eq!(split(":", "a::b:"), ["a", "", "b"]);
        assert_eq!(split(": ", " a : b"), ["a", "b"]);
        assert_eq!(split("", "a b"), ["a b"]);
        let mut fields = Fields::new(None);
        fields.literal("x");
        fields.split(" a b");
        fields.quoted(" *");
        let all = fields.all();
        assert_eq!(all.iter().map(|field| &*field.text).collect::<Vec<_>>(), ["x", "a", "b *"]);
        assert!(all.iter().all(|field| field.pattern.is_none()));
    }

    #[test]
    fn a_line_is_shared_out() {
        for (line, separators, count, shown) in [
            ("  a b  c d ", None, 2, "a|b  c d"),
            ("  a b ", None, 1, "a b"),
            ("a:b:c", Some(":"), 2, "a|b:c"),
            ("a::c", Some(":"), 3, "a||c"),
            ("a b", None, 3, "a|b|"),
            (" a ", Some(""), 1, " a "),
        ] {
            assert_eq!(shared_out(line, separators, count).join("|"), shown, "{line:?}");
        }
    }

    #[test]
    fn operations_change_texts() {
        for (operator, pattern, result) in [
            ("/", "a/b", "xb/ya"),
            ("//", "\\//-", "xa-ya"),
            ("//", "a", "x/y"),
            ("^", "", "Xa/ya"),
            ("^^", "", "XA/YA"),
            ("%", "/*", "xa"),
        ] {
            assert_eq!(operated(operator, "xa/ya".into(), pattern), result, "{operator}{pattern}");
        }
        for (from, length, result) in [
            (1, None, Some("녕하세요")),
            (-2, None, Some("세요")),
            (0, Some(-1), Some("안녕하세")),
            (1, Some(2), Some("녕하")),
            (9, Some(2), Some("")),
            (3, Some(-4), None),
            (i64::MIN, Some(i64::MAX), Some("")),
            (2, Some(i64::MIN), None),
        ] {
            assert_eq!(slice("안녕하세요", from, length).as_deref(), result, "{from} {length:?}");
        }
    }
}
