use super::super::{Card, LoopsView};
use super::*;
use crate::cluster::Config;
use crate::language::Language;
use crate::sim::Duration;
use crate::terminal::Terminal;
use crate::view::palette::Palette;
use crate::view::yard::YardView;

struct Play {
    cluster: Cluster,
    terminal: Terminal,
}

impl Play {
    fn new() -> Self {
        Self { cluster: Cluster::new(Config::default()), terminal: Terminal::default() }
    }

    fn run(&mut self, line: &str, seconds: i64) {
        self.terminal.start(line).poll(&mut self.cluster, &mut self.terminal);
        self.cluster.run_until(self.cluster.now() + Duration::from_seconds(seconds));
    }

    fn apply(&mut self, text: &str, seconds: i64) {
        self.terminal.files.insert("t.yaml".into(), text.into());
        self.run("kubectl apply -f t.yaml", seconds);
    }

    fn card(&self, kind: Kind, language: Language) -> Rc<Card> {
        let mut palette = Palette::default();
        let yard = YardView::build(&self.cluster, &Rc::default(), &mut palette, false);
        let loops = LoopsView::build(&self.cluster, &yard, &Rc::default(), &mut palette, language);
        Rc::clone(loops.cards.iter().find(|card| card.kind == kind).unwrap())
    }
}

fn letters(cells: &[Cell]) -> String {
    let letter = |cell: &Cell| match cell {
        Cell::Done => '#',
        Cell::Open => '.',
        Cell::Active => 'o',
        Cell::Failed => 'x',
    };
    cells.iter().map(letter).collect()
}

fn indexed(completions: i64, command: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: idx}}\nspec:\n  completions: {completions}\n  parallelism: 3\n  completionMode: Indexed\n  backoffLimitPerIndex: 0\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{{name: c, image: busybox, command: [sh, -c, '{command}']}}]\n"
    )
}

#[test]
fn an_indexed_job_has_a_cell_per_index() {
    let mut play = Play::new();
    play.apply(&indexed(5, "sleep 4; [ $JOB_COMPLETION_INDEX != 1 ]"), 5);
    let Strip::Job { cells, each, indexed, .. } = &play.card(Kind::Job, Language::En).strip else {
        panic!()
    };
    assert_eq!((letters(cells).as_str(), *each, *indexed), ("ooo..", 1, true));
    play.run("true", 40);
    let Strip::Job { cells, sums, .. } = &play.card(Kind::Job, Language::En).strip else {
        panic!()
    };
    assert_eq!((letters(cells).as_str(), *sums), ("#x###", (4, 0, 1, 5)));
}

#[test]
fn thousands_of_completions_are_put_together() {
    let mut play = Play::new();
    play.apply(&indexed(2_500, "sleep 100"), 10);
    let Strip::Job { cells, each, .. } = &play.card(Kind::Job, Language::En).strip else {
        panic!()
    };
    assert_eq!((cells.len(), *each), (100, 25));
    assert_eq!(letters(cells).chars().next(), Some('o'), "what is under way is seen");
}

#[test]
fn failures_of_a_plain_job_stand_behind_its_completions() {
    let mut play = Play::new();
    play.run("kubectl create job bad --image=busybox -- sh -c 'exit 1'", 20);
    let card = play.card(Kind::Job, Language::En);
    let Strip::Job { cells, .. } = &card.strip else { panic!() };
    assert!(letters(cells).ends_with('x'), "{}", letters(cells));
    assert!(card.steps.observe.contains("failed"), "{}", card.steps.observe);
    assert!(card.steps.act.starts_with("wait until "), "{}", card.steps.act);
}

#[test]
fn a_daemon_set_shows_where_its_pods_are_wanted() {
    let mut play = Play::new();
    play.apply(include_str!("../../../../assets/examples/daemonset.yaml"), 20);
    let Strip::Nodes { cells, have, want } = &play.card(Kind::DaemonSet, Language::En).strip else {
        panic!()
    };
    assert_eq!((cells.len(), *have, *want), (3, 3, 3), "the control plane's taint is not borne");
    assert!(cells.iter().all(|(_, cell)| *cell == Cell::Done));
    play.run("kubectl taint nodes worker-1 room=none:NoSchedule; yard node add", 30);
    let Strip::Nodes { cells, have, want } = &play.card(Kind::DaemonSet, Language::En).strip else {
        panic!()
    };
    let names: Vec<&str> = cells.iter().map(|(name, _)| &**name).collect();
    assert_eq!((names, *have, *want), (vec!["worker-2", "worker-3", "worker-4"], 3, 3));
}

#[test]
fn a_rollout_shows_the_old_and_the_new_set() {
    let mut play = Play::new();
    play.run("kubectl create deployment web --image=nginx --replicas=4", 20);
    play.run("kubectl set image deployment/web nginx=nginx:1.27", 3);
    let card = play.card(Kind::Deployment, Language::En);
    let Strip::Sets(bars) = &card.strip else { panic!() };
    assert_eq!(
        bars.iter().map(|bar| (bar.revision, bar.newest)).collect::<Vec<_>>(),
        [(2, true), (1, false)]
    );
    assert!(bars[0].pods > 0 && bars[1].pods > 0);
    assert_eq!(card.revision, Some(2));
    play.run("true", 60);
    let Strip::Sets(bars) = &play.card(Kind::Deployment, Language::En).strip else { panic!() };
    assert_eq!((bars.len(), bars[0].ready), (1, 4));
}

#[test]
fn a_look_is_observe_compare_act_with_its_numbers_and_the_ones_before_it() {
    let mut play = Play::new();
    play.apply(include_str!("../../../../assets/examples/rc.yaml"), 0);
    let card = play.card(Kind::ReplicationController, Language::En);
    let steps = |card: &Card| {
        (card.steps.observe.to_string(), card.steps.compare.to_string(), card.steps.act.to_string())
    };
    let said = |a: &str, b: &str, c: &str| (a.to_owned(), b.to_owned(), c.to_owned());
    let satisfied = said("3 pods, 0 ready", "3 wanted: it fits", "nothing");
    assert_eq!(steps(&card), satisfied);
    assert_eq!(card.recent.len(), 1, "{:?}", card.recent);
    assert!(card.recent[0].1.contains("create 3"), "{:?}", card.recent);
    play.run("kubectl scale rc kubia --replicas=1", 30);
    let korean = play.card(Kind::ReplicationController, Language::Ko);
    assert_eq!(steps(&korean), said("파드 1개, 준비 1개", "원하는 1개와 같음", "할 일 없음"));
    assert!(
        korean.recent.iter().any(|(_, text)| text.contains("2개를 지웁니다")),
        "{:?}",
        korean.recent
    );
    assert!(korean.recent.len() <= 5);
    assert_eq!(&*korean.selector, "app=kubia");
}

#[test]
fn a_cron_job_says_its_schedule_its_zone_and_what_it_waits_for() {
    let mut play = Play::new();
    play.apply("apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: tick}\nspec:\n  schedule: '0 9 * * 1-5'\n  timeZone: Asia/Seoul\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          restartPolicy: Never\n          containers: [{name: c, image: busybox}]\n", 1);
    let card = play.card(Kind::CronJob, Language::Ko);
    assert_eq!((&*card.words, &*card.zone), ("평일 오전 9시", "Asia/Seoul"));
    assert!(card.next.is_some());
    assert!(card.steps.compare.starts_with("다음은 "), "{}", card.steps.compare);
}
