//! Which sessions the browser keeps, and which one a page that opens goes on with.
//!
//! Every tab has a session of its own, so that two tabs do not overwrite each other. A tab that is loaded again goes
//! on with its own; a new tab begins with a copy of the latest one that had the same address.

use crate::api::Value;
use crate::object;

/// How many sessions are kept.
const MOST: usize = 4;

/// The sessions that are kept, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Index {
    entries: Vec<Entry>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Entry {
    id: String,
    search: String,
}

impl Index {
    /// Reads what was kept; nonsense is nothing.
    pub fn read(text: &str) -> Self {
        let Ok(value) = Value::from_json(text) else { return Self::default() };
        let entry = |one: &Value| {
            let (id, search) = (one.str_at("id")?, one.str_at("search")?);
            Some(Entry { id: id.to_owned(), search: search.to_owned() })
        };
        Self { entries: value.items().iter().filter_map(entry).collect() }
    }

    /// The text to keep.
    pub fn write(&self) -> String {
        let all = self.entries.iter().map(|one| {
            object! { "id" => one.id.as_str(), "search" => one.search.as_str() }
        });
        Value::from(all.collect::<Vec<Value>>()).to_json()
    }

    /// The session to go on with: the tab's own, or else the latest of the same address.
    pub fn choose(&self, own: Option<&str>, search: &str) -> Option<&str> {
        let fits = self.entries.iter().filter(|one| one.search == search);
        let mine = fits.clone().find(|one| Some(one.id.as_str()) == own);
        mine.or_else(|| fits.clone().next()).map(|one| one.id.as_str())
    }

    /// Notes that a session was kept just now; gives those that are too many.
    pub fn touch(&mut self, id: &str, search: &str) -> Vec<String> {
        self.entries.retain(|one| one.id != id);
        self.entries.insert(0, Entry { id: id.to_owned(), search: search.to_owned() });
        let surplus = self.entries.split_off(self.entries.len().min(MOST));
        surplus.into_iter().map(|one| one.id).collect()
    }

    /// Takes out the oldest, to make room; `None` if only one is left.
    pub fn drop_oldest(&mut self) -> Option<String> {
        if self.entries.len() < 2 {
            return None;
        }
        self.entries.pop().map(|one| one.id)
    }
}

/// What is kept of the page beside the session.
#[derive(Clone, Debug, PartialEq)]
pub struct Desk {
    /// The open file.
    pub file: String,
    /// Whether the clock runs.
    pub playing: bool,
    /// How fast.
    pub speed: f64,
    /// What was typed last, oldest first.
    pub typed: Vec<String>,
}

/// At most so many lines of what was typed are kept.
const MOST_TYPED: usize = 200;

impl Desk {
    /// Reads what was kept; nonsense is nothing.
    pub fn read(text: &str) -> Option<Self> {
        let value = Value::from_json(text).ok()?;
        let speed = value.str_at("speed")?.parse().ok()?;
        Some(Self {
            file: value.str_at("file")?.to_owned(),
            playing: value.bool_at("playing")?,
            speed: (0.01..=3600.0).contains(&speed).then_some(speed)?,
            // What was kept before this was has none.
            typed: value
                .items_at("typed")
                .iter()
                .filter_map(|line| Some(line.as_str()?.to_owned()))
                .collect(),
        })
    }

    /// The text to keep.
    pub fn write(&self) -> String {
        let speed = self.speed.to_string();
        let first = self.typed.len().saturating_sub(MOST_TYPED);
        let typed: Vec<Value> =
            self.typed.iter().skip(first).map(|line| Value::from(line.as_str())).collect();
        object! {
            "file" => self.file.as_str(),
            "playing" => self.playing,
            "speed" => speed,
            "typed" => typed,
        }
        .to_json()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tab_goes_on_with_its_own_and_a_new_one_with_the_latest() {
        let mut index = Index::default();
        for id in ["a", "b", "c"] {
            assert!(index.touch(id, "").is_empty());
        }
        index.touch("other", "?seed=7");
        assert_eq!(Index::read(&index.write()), index);
        assert_eq!(index.choose(Some("a"), ""), Some("a"));
        assert_eq!(index.choose(None, ""), Some("c"));
        assert_eq!(index.choose(Some("a"), "?seed=7"), Some("other"));
        assert_eq!(index.choose(Some("a"), "?seed=8"), None);
        assert_eq!(index.touch("b", ""), Vec::<String>::new());
        assert_eq!(index.choose(None, ""), Some("b"));
        assert_eq!(index.touch("e", ""), ["a"]);
        assert_eq!(index.drop_oldest().as_deref(), Some("c"));
    }

    #[test]
    fn nonsense_is_a_first_visit() {
        for text in ["", "{", "{}", "[1]", "[{\"id\":1}]"] {
            assert_eq!(Index::read(text), Index::default());
            assert_eq!(Desk::read(text), None);
        }
        let typed = vec!["echo '한글'".to_owned(), "kubectl get pods".to_owned()];
        let desk = Desk { file: "a.yaml".into(), playing: false, speed: 0.25, typed };
        assert_eq!(Desk::read(&desk.write()), Some(desk.clone()));
        let before = desk.write().replace("\"typed\"", "\"other\"");
        assert_eq!(Desk::read(&before), Some(Desk { typed: Vec::new(), ..desk.clone() }));
        let long = Desk { typed: (0..999).map(|line| line.to_string()).collect(), ..desk };
        let kept = Desk::read(&long.write()).unwrap().typed;
        assert_eq!((kept.len(), kept.last().map(String::as_str)), (MOST_TYPED, Some("998")));
    }
}
