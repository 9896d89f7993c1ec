//! The first minute: a cluster that runs, one thing to break, and the sight of it healing. Follows what the yard shows,
//! whoever did it and however.

use super::pod::{Look, Tile};
use super::yard::{NodeView, YardView};
use crate::api::kind::Kind;
use crate::api::meta::Uid;
use crate::api::value::Value;
use crate::cluster::{Cluster, WriteOptions};
use crate::object;
use crate::terminal::{Poll, Stream, Terminal};

/// The command that sets it up.
pub const SETUP: &str = "kubectl create deployment web --image=nginx --replicas=3";
/// How many pods that asks for.
const WANTED: usize = 3;

/// Does what [`SETUP`] does, with the same traces in session and history, and says what it prints. Nothing else of a
/// first visit needs a shell or `kubectl`: a page that does without them is there sooner.
pub fn set_up(cluster: &mut Cluster, terminal: &mut Terminal) -> Poll {
    terminal.remember(SETUP);
    let options = WriteOptions { words: SETUP.to_owned(), ..WriteOptions::default() };
    let (stream, said, status) = match cluster.create(Kind::Deployment, "default", web(), &options)
    {
        Ok(_) => (Stream::Out, "deployment.apps/web created\n".to_owned(), 0),
        Err(error) => (Stream::Err, format!("error: {}\n", error.message), 1),
    };
    Poll { output: vec![(stream, said)], status: Some(status), ..Poll::default() }
}

/// What `kubectl create deployment` sends for it.
fn web() -> Value {
    let labels = object! { "app" => "web" };
    let container = object! {
        "image" => "nginx",
        "name" => "nginx",
        "resources" => Value::empty_object(),
    };
    let template = object! {
        "metadata" => object! { "labels" => labels.clone() },
        "spec" => object! { "containers" => vec![container] },
    };
    let spec = object! {
        "replicas" => WANTED,
        "selector" => object! { "matchLabels" => labels.clone() },
        "strategy" => Value::empty_object(),
        "template" => template,
    };
    object! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => object! { "labels" => labels, "name" => "web" },
        "spec" => spec,
        "status" => Value::empty_object(),
    }
}

fn of_a_deployment(tile: &Tile) -> bool {
    tile.owner.as_ref().is_some_and(|owner| owner.kind == Kind::Deployment)
}

/// How far the newcomer is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Welcome {
    /// There is none, or it is over.
    #[default]
    Off,
    /// The pods are starting.
    Starting,
    /// They run; this one may be deleted.
    Break(Uid),
    /// One is going; these were there.
    Broken(Vec<Uid>),
    /// As many run as before, and one of them is new.
    Healed,
    /// A node stands still, and nothing can be seen of that for a while.
    Down,
    /// As many run on the other nodes.
    Moved,
}

impl Welcome {
    /// How far it is when the yard looks like this.
    #[must_use]
    pub fn follow(self, yard: &YardView) -> Self {
        match self {
            Self::Off | Self::Moved => return self,
            Self::Healed | Self::Down => return self.follow_nodes(yard),
            _ => {}
        }
        let pods: Vec<(Uid, Look)> = yard
            .tiles()
            .filter(|(_, tile)| of_a_deployment(tile))
            .map(|(_, tile)| (tile.uid, tile.look))
            .collect();
        let running: Vec<Uid> =
            pods.iter().filter(|(_, look)| *look == Look::Running).map(|(uid, _)| *uid).collect();
        match self {
            Self::Starting if running.len() >= WANTED => {
                running.first().map_or(Self::Starting, |first| Self::Break(*first))
            }
            Self::Break(_) if running.len() < WANTED => Self::Broken(running),
            Self::Break(uid) if !running.contains(&uid) => {
                running.first().map_or(Self::Off, |first| Self::Break(*first))
            }
            Self::Broken(left)
                if running.len() >= WANTED && running.iter().any(|uid| !left.contains(uid)) =>
            {
                Self::Healed
            }
            other => other,
        }
    }

    /// The same, once it has healed: from now on it is about the nodes.
    fn follow_nodes(self, yard: &YardView) -> Self {
        let running = |node: &NodeView| {
            node.tiles
                .iter()
                .filter(|tile| of_a_deployment(tile) && tile.look == Look::Running)
                .count()
        };
        let (fine, off): (Vec<_>, Vec<_>) = yard.nodes.iter().partition(|node| node.powered);
        let leaves = off
            .iter()
            .flat_map(|node| node.tiles.iter())
            .any(|tile| tile.look == Look::Terminating);
        match self {
            Self::Down
                if leaves && fine.iter().map(|node| running(node)).sum::<usize>() >= WANTED =>
            {
                Self::Moved
            }
            Self::Healed if !off.is_empty() => Self::Down,
            other => other,
        }
    }

    /// The pod that is pointed at.
    pub const fn target(&self) -> Option<Uid> {
        match self {
            Self::Break(uid) => Some(*uid),
            _ => None,
        }
    }

    /// The key of what is said.
    pub const fn key(&self) -> &'static str {
        match self {
            Self::Off | Self::Starting => "stage.first-wait",
            Self::Break(_) => "stage.first-break",
            Self::Broken(_) => "stage.first-broken",
            Self::Healed => "stage.first-healed",
            Self::Down => "stage.first-down",
            Self::Moved => "stage.first-moved",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::cluster::Config;
    use crate::sim::Duration;
    use crate::view::palette::Palette;

    #[test]
    fn setting_up_is_what_its_command_does() {
        let (mut cluster, mut terminal) = (Cluster::new(Config::default()), Terminal::default());
        let (mut other, mut typed) = (Cluster::new(Config::default()), Terminal::default());
        let said = set_up(&mut cluster, &mut terminal);
        let wanted = typed.start(SETUP).poll(&mut other, &mut typed);
        assert_eq!((said.output, said.status), (wanted.output, wanted.status));
        assert_eq!(
            (said.effects, said.until, said.asks),
            (wanted.effects, wanted.until, wanted.asks)
        );
        assert_eq!((terminal.history, terminal.status), (typed.history, typed.status));
        assert_eq!(format!("{cluster:?}"), format!("{other:?}"));
    }

    #[test]
    fn it_starts_is_broken_and_heals() {
        let mut cluster = Cluster::new(Config::default());
        let mut terminal = Terminal::default();
        let mut palette = Palette::default();
        let mut welcome = Welcome::Starting;
        let mut seen = vec![welcome.clone()];
        terminal.start(SETUP).poll(&mut cluster, &mut terminal);
        for _ in 0..120 {
            cluster.run_until(cluster.now() + Duration::from_seconds(1));
            let yard = YardView::build(&cluster, &Rc::default(), &mut palette, false);
            welcome = welcome.follow(&yard);
            if seen.last() != Some(&welcome) {
                seen.push(welcome.clone());
                if let Some(target) = welcome.target() {
                    let name = cluster.store().by_uid(target).unwrap().meta().name.to_string();
                    let line = format!("kubectl delete pod {name} --wait=false");
                    terminal.start(&line).poll(&mut cluster, &mut terminal);
                }
            }
        }
        let keys: Vec<&str> = seen.iter().map(Welcome::key).collect();
        assert_eq!(
            keys,
            ["stage.first-wait", "stage.first-break", "stage.first-broken", "stage.first-healed"]
        );
        assert_eq!(Welcome::Off.follow(&YardView::default()), Welcome::Off);
        terminal.start("yard node stop worker-1").poll(&mut cluster, &mut terminal);
        let mut seen = Vec::new();
        for _ in 0..60 {
            let yard = YardView::build(&cluster, &Rc::default(), &mut palette, false);
            welcome = welcome.follow(&yard);
            seen.push(welcome.key());
            cluster.run_until(cluster.now() + Duration::from_seconds(10));
        }
        // After 40 s or so it is not ready, 300 s after that its pods are driven out.
        let moved = seen.iter().position(|key| *key == "stage.first-moved");
        assert!(moved.is_some_and(|place| (33..40).contains(&place)), "{moved:?}");
        assert!(seen.iter().take(33).all(|key| *key == "stage.first-down"), "{seen:?}");
    }
}
