//! English and Korean texts by key. Knows nothing of Kubernetes.
//!
//! A text is a key and named arguments; it becomes words only at the edge, in the reader's language.
//! The catalogues are `assets/i18n/LANGUAGE/TOPIC.txt`, one `key = text` per line:
//!
//! ```text
//! # a comment
//! manifest.typo = `{found}` is not a field here. Did you mean `{wanted}`?
//! ```
//!
//! What a first visit says stands in `first.txt`, which the page has before the rest.
//!
//! `{name}` is replaced by the argument, `\n` is a line break, `{{` and `}}` are braces. In English `{name|pod/pods}`
//! prints the form that the number asks for. In Korean a particle follows the argument it belongs to: `{name:을/를}`, `{name:이/가}`, `{name:은/는}`,
//! `{name:과/와}`, `{name:으로/로}` print the argument and the form that its last sound asks for;
//! `{name|을/를}` prints the form alone, for arguments in quotes. `{name~}` and `{name~:을/를}` say a span or a moment in
//! Korean that English prints as the cluster does: `2m40s`, 2분 40초.

use std::collections::BTreeMap;
use std::sync::OnceLock;

mod korean;
mod particle;
mod spoken;

pub use korean::ruled_out;
pub use particle::particle;

/// A language of the page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Language {
    /// English
    #[default]
    En,
    /// Korean
    Ko,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::En, Self::Ko];

    /// `en`, `ko`
    pub const fn tag(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Ko => "ko",
        }
    }

    /// The language of a tag such as `ko` or `ko-KR`.
    pub fn from_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or(tag);
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

/// A text before it is put into words: a key of the catalogues and the arguments by name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// The key.
    pub key: &'static str,
    /// What stands for `{name}`.
    pub args: Vec<(&'static str, String)>,
}

impl Text {
    /// A text without arguments.
    pub const fn new(key: &'static str) -> Self {
        Self { key, args: Vec::new() }
    }

    /// The same with one more argument.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.args.push((name, value.to_string()));
        self
    }

    /// This text in words.
    pub fn render(&self, language: Language) -> String {
        text(language, self)
    }
}

/// The words for `text`. A key that a language lacks is said in English; an unknown key is said as it is.
pub fn text(language: Language, text: &Text) -> String {
    let template = pattern(language, text.key);
    debug_assert!(template.is_some(), "no text for the key {}", text.key);
    fill(template.unwrap_or(text.key), |name| {
        text.args.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    })
}

/// The words for a key without arguments.
pub fn word(language: Language, key: &'static str) -> String {
    text(language, &Text::new(key))
}

fn pattern(language: Language, key: &str) -> Option<&'static str> {
    let own = match language {
        Language::En => first().get(key),
        Language::Ko => catalogue(language).get(key),
    };
    own.or_else(|| catalogue(Language::En).get(key)).copied()
}

type Catalogue = BTreeMap<&'static str, &'static str>;

/// Lists the topic files of one language; a topic is one file in `en` and one in `ko`.
macro_rules! topics {
    ($language:literal) => {
        &[
            include_str!(concat!("../assets/i18n/", $language, "/first.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/inspect.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/lesson.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/manifest.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/page.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/share.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/stage.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/teach.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/terminal.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/time.txt")),
            include_str!(concat!("../assets/i18n/", $language, "/why.txt")),
        ]
    };
}

/// The texts that are at hand. The page fetches Korean when somebody reads it, see [`install`].
const fn sources(language: Language) -> &'static [&'static str] {
    match language {
        Language::En => topics!("en"),
        #[cfg(not(target_arch = "wasm32"))]
        Language::Ko => topics!("ko"),
        #[cfg(target_arch = "wasm32")]
        Language::Ko => &[],
    }
}

/// What a first visit says. It is at hand without the other topics, which the page has only later.
fn first() -> &'static Catalogue {
    static FIRST: OnceLock<Catalogue> = OnceLock::new();
    FIRST.get_or_init(|| gathered(entries(include_str!("../assets/i18n/en/first.txt"))))
}

static ENGLISH: OnceLock<Catalogue> = OnceLock::new();
static KOREAN: OnceLock<Catalogue> = OnceLock::new();

fn catalogue(language: Language) -> &'static Catalogue {
    static NOTHING: Catalogue = Catalogue::new();
    let cell = match language {
        Language::En => &ENGLISH,
        Language::Ko => &KOREAN,
    };
    let sources = sources(language);
    match cell.get() {
        None if sources.is_empty() => &NOTHING,
        _ => cell.get_or_init(|| gathered(sources.iter().flat_map(|source| entries(source)))),
    }
}

/// Whether the texts of a language are at hand; what is said before they are is said in English.
pub fn installed(language: Language) -> bool {
    language == Language::En || !catalogue(language).is_empty()
}

/// Makes the Korean texts available: all topics in one text. A second call changes nothing.
pub fn install(korean: String) {
    // The texts stay as long as the program.
    KOREAN.get_or_init(|| gathered(entries(korean.leak())));
}

/// Entries one by one; `collect` would bring a sort with it.
fn gathered(entries: impl Iterator<Item = (&'static str, &'static str)>) -> Catalogue {
    let mut all = Catalogue::new();
    all.extend(entries);
    all
}

/// The `key = text` lines of a catalogue file.
fn entries(source: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
    source
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .filter_map(|line| line.split_once('='))
        .map(|(key, text)| (key.trim(), text.trim()))
}

/// A piece of a template.
#[derive(Debug, PartialEq, Eq)]
enum Piece<'a> {
    Literal(&'a str),
    /// An argument's name.
    Argument(&'a str),
    /// An argument's name and the pair of particles that follows it.
    WithParticle(&'a str, &'a str),
    /// The name of the argument before the quotes, and the pair.
    Particle(&'a str, &'a str),
    /// The name of a span or a moment, and the pair of particles that follows it, if one does.
    Spoken(&'a str, Option<&'a str>),
}

impl<'a> Piece<'a> {
    const fn argument(&self) -> Option<&'a str> {
        match self {
            Self::Literal(_) => None,
            Self::Argument(name)
            | Self::WithParticle(name, _)
            | Self::Particle(name, _)
            | Self::Spoken(name, _) => Some(name),
        }
    }
}

fn fill<'a>(template: &str, argument: impl Fn(&str) -> Option<&'a str>) -> String {
    let mut words = String::with_capacity(template.len() + 32);
    for piece in pieces(template) {
        let value = piece.argument().map(|name| {
            let value = argument(name);
            debug_assert!(value.is_some(), "no argument {name} for the text {template}");
            value.unwrap_or(name)
        });
        let value = value.unwrap_or("");
        match piece {
            Piece::Literal(literal) => words.push_str(&literal.replace("\\n", "\n")),
            Piece::Argument(_) => words.push_str(value),
            Piece::WithParticle(_, pair) => {
                words.push_str(value);
                words.push_str(particle(value, pair));
            }
            Piece::Spoken(_, pair) => {
                let said = spoken::spoken(value);
                words.push_str(&said);
                words.push_str(pair.map_or("", |pair| particle(&said, pair)));
            }
            Piece::Particle(_, pair) if pair.is_ascii() => words.push_str(form(value, pair)),
            Piece::Particle(_, pair) => words.push_str(particle(value, pair)),
        }
    }
    words
}

/// The form of an English pair (`pod/pods`) that a number asks for.
fn form<'a>(number: &str, pair: &'a str) -> &'a str {
    let (one, many) = pair.split_once('/').unwrap_or((pair, pair));
    if number == "1" { one } else { many }
}

fn pieces(template: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        let brace = rest.get(before.len()..=before.len()).unwrap_or("{");
        found.push(Piece::Literal(before));
        if let Some(tail) = after.strip_prefix(brace) {
            found.push(Piece::Literal(brace));
            rest = tail;
        } else if let Some((inside, tail)) = after.split_once('}') {
            found.push(match (inside.split_once(':'), inside.split_once('|')) {
                (Some((name, pair)), _) => match name.strip_suffix('~') {
                    Some(name) => Piece::Spoken(name, Some(pair)),
                    None => Piece::WithParticle(name, pair),
                },
                (_, Some((name, pair))) => Piece::Particle(name, pair),
                _ => match inside.strip_suffix('~') {
                    Some(name) => Piece::Spoken(name, None),
                    None => Piece::Argument(inside),
                },
            });
            rest = tail;
        } else {
            found.push(Piece::Literal(brace));
            rest = after;
        }
    }
    found.push(Piece::Literal(rest));
    found.retain(|piece| *piece != Piece::Literal(""));
    found
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    fn names(template: &'static str) -> BTreeSet<&'static str> {
        pieces(template).iter().filter_map(Piece::argument).collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let english = catalogue(Language::En);
        let korean = catalogue(Language::Ko);
        let keys = |catalogue: &Catalogue| catalogue.keys().copied().collect::<BTreeSet<_>>();
        let only_english: Vec<_> = keys(english).difference(&keys(korean)).copied().collect();
        let only_korean: Vec<_> = keys(korean).difference(&keys(english)).copied().collect();
        assert_eq!((only_english, only_korean), (vec![], vec![]), "keys in one language only");
        for (key, template) in english {
            assert_eq!(names(template), names(korean[key]), "placeholders of {key} differ");
            assert!(!template.is_empty() && !korean[key].is_empty(), "{key} is empty");
        }
    }

    #[test]
    fn english_words_follow_their_number() {
        let says =
            |count: usize| text(Language::En, &Text::new("stage.more-pods").with("count", count));
        assert_eq!(says(0), "0 more pods. A filter finds them.");
        assert_eq!(says(1), "1 more pod. A filter finds them.");
        assert_eq!(says(21), "21 more pods. A filter finds them.");
    }

    /// What stands for a number in English has both of its forms, in Korean a particle both of its own.
    #[test]
    fn every_pair_has_two_forms() {
        for language in Language::ALL {
            for (key, template) in catalogue(language) {
                for piece in pieces(template) {
                    let (Piece::WithParticle(_, pair) | Piece::Particle(_, pair)) = piece else {
                        continue;
                    };
                    let english = language == Language::En;
                    assert_eq!(pair.is_ascii(), english, "{key}: {pair}");
                    assert_eq!(pair.matches('/').count(), 1, "{key}: {pair}");
                }
            }
        }
    }

    #[test]
    fn no_key_is_written_twice() {
        for language in Language::ALL {
            let mut seen = BTreeSet::new();
            for (key, _) in sources(language).iter().flat_map(|source| entries(source)) {
                assert!(seen.insert(key), "{key} stands twice in {}", language.tag());
            }
        }
    }

    #[test]
    fn every_line_of_a_catalogue_is_an_entry_or_a_comment() {
        for language in Language::ALL {
            for line in sources(language).iter().flat_map(|source| source.lines()) {
                let plain = line.trim();
                let fine = plain.is_empty() || plain.starts_with('#') || plain.contains(" = ");
                assert!(fine, "{}: {line}", language.tag());
            }
        }
    }

    #[test]
    fn every_catalogue_file_is_listed() {
        for language in Language::ALL {
            let folder =
                Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/i18n").join(language.tag());
            for file in std::fs::read_dir(folder).unwrap() {
                let text = std::fs::read_to_string(file.unwrap().path()).unwrap();
                assert!(
                    sources(language).contains(&text.as_str()),
                    "a file of {language:?} is not in topics!"
                );
            }
        }
    }

    #[test]
    fn every_key_in_the_code_has_a_text() {
        let mut missing = Vec::new();
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|ending| ending == "rs") {
                    let code = std::fs::read_to_string(&path).unwrap();
                    let own = path.ends_with("language.rs");
                    missing.extend(
                        used_keys(&code)
                            .filter(|_| !own)
                            .filter(|key| pattern(Language::En, key).is_none())
                            .map(|key| (path.clone(), key.to_owned())),
                    );
                }
            }
        }
        assert_eq!(missing, vec![]);
    }

    /// The literal keys in `Text::new("…")`, and the last literal of `word(…, "…")`.
    fn used_keys(code: &str) -> impl Iterator<Item = &str> {
        let built = code.split("Text::new(").skip(1).filter_map(|rest| {
            rest.trim_start()
                .strip_prefix('"')
                .and_then(|rest| rest.split_once('"'))
                .map(|(key, _)| key)
        });
        let said = code.split("word(").skip(1).filter_map(|rest| {
            let (arguments, _) = rest.split_once(')')?;
            let (_, key) = arguments.split_once(", \"")?;
            key.split_once('"').map(|(key, _)| key).filter(|key| key.contains('.'))
        });
        built.chain(said)
    }

    /// English prints spans as the cluster does; a Korean sentence says them.
    #[test]
    fn every_span_is_said_in_korean() {
        for (key, template) in catalogue(Language::Ko) {
            let words = ["cron.while"].contains(key);
            for piece in pieces(template) {
                let (Piece::Argument(bare) | Piece::WithParticle(bare, _)) = piece else {
                    continue;
                };
                assert!(words || !["span", "wait", "time"].contains(&bare), "{key}: {template}");
                let after = format!("{{{bare}}} 뒤");
                assert!(bare != "left" || !template.contains(&after), "{key}: {template}");
            }
        }
        for (key, template) in catalogue(Language::En) {
            let plain = pieces(template).iter().all(|one| !matches!(one, Piece::Spoken(..)));
            assert!(plain, "{key}: {template}");
        }
    }

    /// What `docs/korean.md` lists in the column of words that are not written is not written.
    #[test]
    fn no_text_says_what_the_style_page_rules_out() {
        for (key, template) in catalogue(Language::Ko) {
            assert_eq!(korean::ruled_out(template), Vec::<String>::new(), "{key}: {template}");
        }
    }

    #[test]
    fn arguments_and_braces_are_filled_in() {
        let given = |name: &str| (name == "a").then_some("Job");
        assert_eq!(
            fill("{a}, {{a}}, {a:이/가}, `{a}`{a|은/는}", given),
            "Job, {a}, Job이, `Job`은"
        );
        assert_eq!(fill("one\\ntwo", given), "one\ntwo");
        let given = |name: &str| (name == "a").then_some("2m40s");
        assert_eq!(fill("{a~} {a~:이/가} {a}", given), "2분 40초 2분 40초가 2m40s");
    }

    #[test]
    fn tags_with_a_region_are_understood() {
        assert_eq!(Language::from_tag("ko-KR"), Some(Language::Ko));
        assert_eq!(Language::from_tag("EN"), Some(Language::En));
        assert_eq!(Language::from_tag("fr"), None);
    }
}
