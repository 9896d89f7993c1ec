use std::collections::BTreeSet;

use super::*;
use crate::api::Value;
use crate::cluster::{Action, Config, WriteOptions};
use crate::manifest;
use crate::sim::Duration;

struct Screen {
    cluster: Cluster,
    palette: Palette,
}

impl Screen {
    fn new() -> Self {
        Self { cluster: Cluster::new(Config::default()), palette: Palette::default() }
    }

    fn apply(&mut self, text: &str) {
        for document in manifest::load("test.yaml", text.as_bytes()) {
            let kind = document.kind.unwrap();
            let options = WriteOptions::default();
            self.cluster.create(kind, "default", document.value, &options).unwrap();
        }
    }

    fn act(&mut self, action: Action) {
        self.cluster.act(action, &WriteOptions::default()).unwrap();
    }

    fn run(&mut self, seconds: i64) {
        let at = self.cluster.now() + Duration::from_seconds(seconds);
        self.cluster.run_until(at);
    }

    fn yard(&mut self, before: &Rc<YardView>) -> Rc<YardView> {
        YardView::build(&self.cluster, before, &mut self.palette, false)
    }

    fn fresh(&mut self) -> Rc<YardView> {
        self.yard(&Rc::default())
    }
}

fn tiles(yard: &YardView) -> impl Iterator<Item = &Rc<Tile>> {
    yard.tiles().map(|(_, tile)| tile)
}

const CRASH: &str = include_str!("../../../assets/examples/crash.yaml");

#[test]
fn an_empty_cluster_shows_its_nodes_in_order() {
    let mut screen = Screen::new();
    for _ in 0..8 {
        screen.act(Action::AddNode {
            name: None,
            labels: BTreeMap::new(),
            cpu: None,
            memory: None,
        });
    }
    screen.run(10);
    let yard = screen.fresh();
    let names: Vec<&str> = yard.nodes.iter().map(|node| &*node.name).collect();
    assert_eq!(names.first().zip(names.get(9)), Some((&"worker-1", &"worker-10")));
    assert_eq!(names.last(), Some(&"control-plane"));
    assert!(yard.nodes.iter().all(|node| node.system == 2 && node.tiles.is_empty() && node.ready));
}

#[test]
fn what_has_not_changed_keeps_its_place_in_memory() {
    let mut screen = Screen::new();
    let before = screen.fresh();
    assert!(Rc::ptr_eq(&before, &screen.yard(&before)));
    screen.apply(CRASH);
    screen.run(1);
    let after = screen.yard(&before);
    let same = before.nodes.iter().zip(after.nodes.iter()).filter(|(a, b)| Rc::ptr_eq(a, b));
    assert_eq!(same.count(), 3, "one pod touches one node");
    let crash = tiles(&after).next().unwrap();
    assert_eq!(crash.look, Look::Creating);
}

#[test]
fn a_view_that_grew_equals_one_that_was_built_at_once() {
    let mut screen = Screen::new();
    for text in [
        include_str!("../../../assets/examples/job.yaml"),
        include_str!("../../../assets/examples/rc.yaml"),
        include_str!("../../../assets/examples/daemonset.yaml"),
        CRASH,
    ] {
        screen.apply(text);
    }
    let mut grown = screen.fresh();
    for second in 0..120 {
        match second {
            40 => screen.act(Action::StopNode("worker-2".into())),
            80 => screen.act(Action::StartNode("worker-2".into())),
            100 => {
                let at = screen.cluster.now() - Duration::from_seconds(30);
                screen.cluster.back_to(at);
            }
            _ => screen.run(1),
        }
        grown = screen.yard(&grown);
        assert_eq!(grown, screen.fresh(), "second {second}");
    }
}

#[test]
fn a_crash_loop_shows_a_ring_for_its_back_off() {
    let mut screen = Screen::new();
    screen.apply(CRASH);
    let rings = (0..60).find_map(|_| {
        screen.run(1);
        let yard = screen.fresh();
        let tile = Rc::clone(tiles(&yard).next().unwrap());
        (tile.look == Look::BackOff).then_some((tile.ring, screen.cluster.now()))
    });
    let (ring, now) = rings.unwrap();
    let ring = ring.unwrap();
    assert_eq!(ring.until.since(ring.from), Duration::from_seconds(10));
    assert!(ring.until > now);
}

#[test]
fn all_runs_of_a_cron_job_share_its_hue_also_when_the_job_is_gone() {
    let mut screen = Screen::new();
    screen.apply(include_str!("../../../assets/examples/cronjob.yaml"));
    screen.apply(include_str!("../../../assets/examples/rc.yaml"));
    let mut yard = screen.fresh();
    let mut cron = BTreeSet::new();
    let mut other = BTreeSet::new();
    for _ in 0..600 {
        screen.run(1);
        yard = screen.yard(&yard);
        for tile in tiles(&yard) {
            let owner = tile.owner.as_ref().unwrap();
            match owner.kind {
                Kind::CronJob => cron.insert((owner.uid, tile.degrees)),
                _ => other.insert((owner.uid, tile.degrees)),
            };
        }
    }
    assert_eq!((cron.len(), other.len()), (1, 1));
    assert_ne!(cron.first().unwrap().1, other.first().unwrap().1);
}

#[test]
fn a_stopped_node_and_a_moved_pod_are_visible_and_an_event_is_not() {
    let mut screen = Screen::new();
    let before = screen.fresh();
    let pod = r#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"c","image":"nginx"}]}}"#;
    let pod = Value::from_json(pod).unwrap();
    screen.cluster.create(Kind::Pod, "default", pod, &WriteOptions::default()).unwrap();
    let mut after = screen.yard(&before);
    assert!(!after.looks_like(&before));
    let only_told = |screen: &Screen, version: u64| {
        let mut since = screen.cluster.store().journal().since(version).peekable();
        since.peek().is_some() && since.all(|one| one.object.kind() == Kind::Event)
    };
    let mut version = screen.cluster.store().resource_version();
    screen.cluster.step().unwrap();
    while !only_told(&screen, version) {
        after = screen.yard(&after);
        version = screen.cluster.store().resource_version();
        screen.cluster.step().unwrap();
    }
    assert!(screen.yard(&after).looks_like(&after));
    screen.act(Action::StopNode("worker-3".into()));
    assert!(!screen.yard(&after).looks_like(&after));
}
