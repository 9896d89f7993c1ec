//! Two futures on the screen: both yards and what differs in words; and the fields that somebody may want to have
//! otherwise in one of them.

use std::rc::Rc;

use super::palette::Palette;
use super::yard::{YardView, is_system};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::{Cluster, Futures, Side};
use crate::language::Language;
use crate::sim::Time;

/// Two futures.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TwinsView {
    /// On which side the person is.
    pub side: Side,
    /// When they parted.
    pub parted: Time,
    /// What was done on the right.
    pub words: Rc<str>,
    /// The other one's yard; the person's own is where it always is.
    pub other: Rc<YardView>,
    /// What differs, a sentence each.
    pub differences: Rc<[Rc<str>]>,
}

impl TwinsView {
    /// The two now; what is as it was keeps its place in memory.
    pub fn build(
        cluster: &Cluster,
        futures: &mut Futures,
        before: Option<&Rc<Self>>,
        palette: &mut Palette,
        language: Language,
    ) -> Rc<Self> {
        let same = before.filter(|before| {
            before.side == futures.side
                && before.parted == futures.parted
                && before.words == futures.words
        });
        let blank = Rc::default();
        let yard = same.map_or(&blank, |before| &before.other);
        let other = YardView::build(&futures.other, yard, palette, false);
        futures.count(cluster);
        let all = futures.differences(cluster);
        let words: Vec<Rc<str>> = all.iter().map(|one| one.sentence(language).into()).collect();
        let differences = same.map(|before| &before.differences).filter(|old| ***old == *words);
        let new = Self {
            side: futures.side,
            parted: futures.parted,
            words: Rc::clone(&futures.words),
            other,
            differences: differences.map_or_else(|| words.into(), Rc::clone),
        };
        match before {
            Some(before) if **before == new => Rc::clone(before),
            _ => Rc::new(new),
        }
    }
}

/// A field that somebody may want to have otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// `spec.concurrencyPolicy`
    pub path: &'static str,
    /// What it is now.
    pub now: Rc<str>,
    /// What it may be, if that is a short list.
    pub choices: &'static [&'static str],
}

/// An object with such fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// `cronjob/tick`, and ` -n NAMESPACE` where it is not the default one.
    pub name: Rc<str>,
    scope: Rc<str>,
    /// The fields.
    pub fields: Vec<Field>,
}

const SWITCH: &[&str] = &["true", "false"];
const POLICIES: &[&str] = &["Allow", "Forbid", "Replace"];
const ANY: &[&str] = &[];

/// The fields of a kind, the most telling first.
const fn fields(kind: Kind) -> &'static [(&'static str, &'static [&'static str])] {
    match kind {
        Kind::CronJob => &[
            ("spec.concurrencyPolicy", POLICIES),
            ("spec.schedule", ANY),
            ("spec.startingDeadlineSeconds", ANY),
            ("spec.suspend", SWITCH),
            ("spec.successfulJobsHistoryLimit", ANY),
        ],
        Kind::Deployment => &[
            ("spec.strategy.rollingUpdate.maxUnavailable", ANY),
            ("spec.strategy.rollingUpdate.maxSurge", ANY),
            ("spec.replicas", ANY),
            ("spec.minReadySeconds", ANY),
            ("spec.progressDeadlineSeconds", ANY),
        ],
        Kind::DaemonSet => &[
            ("spec.updateStrategy.rollingUpdate.maxUnavailable", ANY),
            ("spec.updateStrategy.type", &["RollingUpdate", "OnDelete"]),
        ],
        Kind::Job => &[
            ("spec.parallelism", ANY),
            ("spec.backoffLimit", ANY),
            ("spec.activeDeadlineSeconds", ANY),
            ("spec.suspend", SWITCH),
        ],
        Kind::ReplicationController | Kind::ReplicaSet => {
            &[("spec.replicas", ANY), ("spec.minReadySeconds", ANY)]
        }
        _ => &[],
    }
}

/// The objects that stand at the top of others, with their fields.
pub fn choices(cluster: &Cluster) -> Vec<Choice> {
    const KINDS: [Kind; 6] = [
        Kind::CronJob,
        Kind::Deployment,
        Kind::DaemonSet,
        Kind::Job,
        Kind::ReplicationController,
        Kind::ReplicaSet,
    ];
    let all = KINDS.into_iter().flat_map(|kind| cluster.store().list(kind, None));
    let top = |object: &AnyObject| {
        object.meta().controller().is_none() && !is_system(&object.meta().namespace)
    };
    all.filter(top).map(|object| choice(&object)).collect()
}

fn choice(object: &AnyObject) -> Choice {
    let (kind, key, value) = (object.kind(), object.key(), object.to_value());
    let field = |(path, choices): &(&'static str, &'static [&'static str])| {
        let parts: Vec<&str> = path.split('.').collect();
        let now = value.at(&parts).map(|value| match value.as_str() {
            Some(text) => text.to_owned(),
            None => value.to_json(),
        });
        Field { path, now: now.unwrap_or_default().into(), choices }
    };
    let scope = match &*key.namespace {
        "" | "default" => String::new(),
        namespace => format!(" -n {namespace}"),
    };
    Choice {
        name: format!("{}/{}", kind.name().to_lowercase(), key.name).into(),
        scope: scope.into(),
        fields: fields(kind).iter().map(field).collect(),
    }
}

impl Choice {
    /// The command that gives a field another value.
    pub fn command(&self, path: &str, value: &str) -> String {
        let value = value.trim();
        let leaf = match value.parse::<i64>() {
            Ok(number) => Value::from(number),
            Err(_) if value == "true" || value == "false" => Value::from(value == "true"),
            Err(_) if value.is_empty() => Value::Null,
            Err(_) => Value::from(value),
        };
        let patch = path.rsplit('.').fold(leaf, |inner, key| {
            let mut outer = Value::empty_object();
            outer.set(key, inner);
            outer
        });
        let patch = patch.to_json().replace('\'', "'\\''");
        format!(
            "kubectl patch {} --type=merge -p '{patch}'{}",
            self.name.replace('/', " "),
            self.scope
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Config, WriteOptions};
    use crate::manifest;
    use crate::sim::Duration;
    use crate::terminal::{Terminal, tell_other};

    fn with(text: &str) -> Cluster {
        let mut cluster = Cluster::new(Config::default());
        for document in manifest::load("test.yaml", text.as_bytes()) {
            let kind = document.kind.unwrap();
            cluster.create(kind, "default", document.value, &WriteOptions::default()).unwrap();
        }
        cluster
    }

    const EXAMPLES: [&str; 5] = [
        include_str!("../../assets/examples/cronjob.yaml"),
        include_str!("../../assets/examples/deployment.yaml"),
        include_str!("../../assets/examples/daemonset.yaml"),
        include_str!("../../assets/examples/job.yaml"),
        include_str!("../../assets/examples/rc.yaml"),
    ];

    /// Each field can be had otherwise by its command, and then it is.
    #[test]
    fn every_field_that_is_offered_can_be_changed() {
        for text in EXAMPLES {
            let cluster = with(text);
            let offered = choices(&cluster);
            assert_eq!(offered.len(), 1, "{text}");
            for field in &offered[0].fields {
                let new = match (field.choices, field.path) {
                    ([one, other, ..], _) => {
                        if **one == *field.now {
                            other
                        } else {
                            one
                        }
                    }
                    (_, "spec.schedule") => "*/7 * * * *",
                    (_, "spec.progressDeadlineSeconds") => "601",
                    (_, path) if path.ends_with("maxSurge") || path.ends_with("maxUnavailable") => {
                        "2"
                    }
                    _ => "7",
                };
                let command = offered[0].command(field.path, new);
                let mut futures = Futures::begin(&cluster, &command);
                let poll = tell_other(&mut futures, &Terminal::default(), &command);
                assert_eq!(poll.status, Some(0), "{command}: {:?}", poll.output);
                let there = &choices(&futures.other)[0].fields;
                let there = there.iter().find(|one| one.path == field.path).unwrap();
                assert_eq!(&*there.now, new, "{command}");
            }
        }
    }

    #[test]
    fn the_other_yard_and_the_differences_keep_their_places_while_nothing_changes() {
        let cluster = with(EXAMPLES[4]);
        let command = choices(&cluster)[0].command("spec.replicas", "5");
        let mut futures = Futures::begin(&cluster, &command);
        tell_other(&mut futures, &Terminal::default(), &command);
        futures.other.run_until(cluster.now() + Duration::from_seconds(20));
        let mut cluster = cluster;
        cluster.run_until(futures.other.now());
        let mut palette = Palette::default();
        let mut build = |futures: &mut Futures, before: Option<&Rc<TwinsView>>| {
            TwinsView::build(&cluster, futures, before, &mut palette, Language::En)
        };
        let view = build(&mut futures, None);
        assert_eq!(
            *view.differences[0],
            *"replicationcontroller/kubia: 3 pods ready on the left, 5 on the right"
        );
        assert_eq!(view.other.counts.values().sum::<usize>(), 5);
        assert!(Rc::ptr_eq(&build(&mut futures, Some(&view)), &view));
    }

    #[test]
    fn values_are_what_they_look_like() {
        let one =
            Choice { name: "cronjob/tick".into(), scope: " -n team".into(), fields: Vec::new() };
        assert_eq!(
            one.command("spec.suspend", "true"),
            "kubectl patch cronjob tick --type=merge -p '{\"spec\":{\"suspend\":true}}' -n team"
        );
        assert!(one.command("a.b", "25%").contains(r#"{"a":{"b":"25%"}}"#));
        assert!(one.command("a.b", "7").contains(r#"{"a":{"b":7}}"#));
        assert!(one.command("a.b", "").contains(r#"{"a":{"b":null}}"#));
    }
}
