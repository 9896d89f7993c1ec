//! What somebody types to find pods: words of the name, labels as kubectl's `-l` takes them, kind, state, node,
//! namespace. A pod is found if all parts fit; everything else greys out.
//!
//! ```text
//! web app=web is:running kind:Job node:worker-1 ns:default
//! ```

use std::rc::Rc;

use super::pod::{Look, Tile};
use crate::api::labels::Selector;

/// A filter that was read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Filter {
    /// As it was typed.
    pub text: Rc<str>,
    parts: Rc<[Part]>,
}

#[derive(Clone, Debug, PartialEq)]
enum Part {
    /// A piece of the name, in small letters.
    Word(String),
    /// One of these states.
    Looks(Vec<Look>),
    /// The beginning of the owner's kind, in small letters; `pod` for pods of nobody.
    Kind(String),
    /// The node.
    Node(String),
    /// The namespace.
    Namespace(String),
    /// The owner's name.
    Owner(String),
    /// Labels.
    Labels(Selector),
    /// Something that does not read (yet): it finds nothing by itself, and hides nothing.
    Unread,
}

impl Filter {
    /// Reads what was typed; whatever it is, it is a filter.
    pub fn parse(text: &str) -> Self {
        let parts = text.split_whitespace().map(part).collect();
        Self { text: text.into(), parts }
    }

    /// Whether everything is found.
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| *part == Part::Unread)
    }

    /// Whether a pod on this node is found.
    pub fn finds(&self, tile: &Tile, node: Option<&str>) -> bool {
        self.parts.iter().all(|part| part.fits(tile, node))
    }

    /// Whether a state is asked for by name.
    pub fn asks_for(&self, look: Look) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Looks(looks) if looks.contains(&look)))
    }

    /// The same with a state asked for, or no longer: what a click on it in the diagram means.
    #[must_use]
    pub fn toggled(&self, look: Look) -> Self {
        let word = format!("is:{}", look.class());
        let others: Vec<&str> =
            self.text.split_whitespace().filter(|part| !part.starts_with("is:")).collect();
        let mut text = others.join(" ");
        if !self.asks_for(look) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(&word);
        }
        Self::parse(&text)
    }
}

impl Part {
    fn fits(&self, tile: &Tile, node: Option<&str>) -> bool {
        let owner = tile.owner.as_ref();
        match self {
            Self::Word(word) => tile.key.name.contains(word.as_str()),
            Self::Looks(looks) => looks.contains(&tile.look),
            Self::Kind(kind) => match owner {
                Some(owner) => owner.kind.name().to_lowercase().starts_with(kind.as_str()),
                None => "pod".starts_with(kind.as_str()),
            },
            Self::Node(name) => node == Some(name.as_str()),
            Self::Namespace(name) => *tile.key.namespace == **name,
            Self::Owner(name) => owner.is_some_and(|owner| *owner.name == **name),
            Self::Labels(selector) => selector.matches(&tile.labels),
            Self::Unread => true,
        }
    }
}

fn part(text: &str) -> Part {
    let Some((head, rest)) = text.split_once(':') else {
        if text.contains(['=', '!']) {
            return Selector::parse(text).map_or(Part::Unread, Part::Labels);
        }
        return Part::Word(text.to_lowercase());
    };
    // Somebody is still typing.
    if rest.is_empty() {
        return Part::Unread;
    }
    match head {
        "is" | "state" => {
            let looks = rest.split(',').flat_map(|word| {
                let word = word.to_lowercase();
                Look::ALL.into_iter().filter(move |look| look.class().starts_with(&word))
            });
            Part::Looks(looks.collect())
        }
        "kind" => Part::Kind(rest.to_lowercase()),
        "node" => Part::Node(rest.into()),
        "ns" | "namespace" => Part::Namespace(rest.into()),
        "owner" | "of" => Part::Owner(rest.into()),
        _ => Part::Word(text.to_lowercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use crate::api::meta::{Labels, ObjectKey, Uid};
    use crate::sim::Time;
    use crate::view::palette::Owner;

    fn tile(name: &str, look: Look, labels: &[(&str, &str)]) -> Tile {
        let mut map = Labels::default();
        for (key, value) in labels {
            map.set(key, value);
        }
        Tile {
            uid: Uid(1),
            id: "1".into(),
            key: ObjectKey::new("default", name),
            version: 1,
            powered: true,
            look,
            status: "Running".into(),
            short: name.into(),
            restarts: 0,
            finished: false,
            over: false,
            created: Time::from_unix_seconds(0),
            labels: map,
            direct: None,
            owner: Some(Owner { uid: Uid(2), kind: Kind::Deployment, name: "web".into() }),
            tag: "2".into(),
            degrees: 0,
            ring: None,
        }
    }

    #[test]
    fn every_part_must_fit() {
        let web = tile("web-5d-x7k2p", Look::Running, &[("app", "web"), ("tier", "front")]);
        let found = |text: &str| Filter::parse(text).finds(&web, Some("worker-1"));
        for text in [
            "",
            "WEB",
            "x7k",
            "is:running",
            "is:run",
            "state:failed,running",
            "kind:deploy",
            "kind:Deployment",
            "node:worker-1",
            "ns:default",
            "owner:web",
            "app=web",
            "app=web,tier!=back",
            "app!=db",
            "web is:running app=web",
            "is:",
            "app=(",
        ] {
            assert!(found(text), "{text}");
        }
        for text in [
            "db",
            "is:failed",
            "is:nonsense",
            "kind:job",
            "node:worker-2",
            "node:worker",
            "ns:kube-system",
            "owner:db",
            "app=db",
            "!app",
            "web is:failed",
        ] {
            assert!(!found(text), "{text}");
        }
        let mut free = web.clone();
        free.owner = None;
        assert!(Filter::parse("kind:pod").finds(&free, None));
        assert!(!Filter::parse("node:worker-1").finds(&free, None));
    }

    #[test]
    fn a_click_on_a_state_asks_for_it_and_another_click_no_longer() {
        let filter = Filter::parse("web is:running").toggled(Look::Failed);
        assert_eq!(&*filter.text, "web is:failed");
        assert!(filter.asks_for(Look::Failed) && !filter.asks_for(Look::Running));
        let filter = filter.toggled(Look::Failed);
        assert_eq!((&*filter.text, filter.is_empty()), ("web", false));
        assert!(Filter::parse("").toggled(Look::Lost).toggled(Look::Lost).is_empty());
    }
}
