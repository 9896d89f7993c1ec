//! The cards of the control loops.

use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;
use yew::prelude::*;

use super::{World, attribute, count, listen, reads, says, select};
use crate::api::Kind;
use crate::language::Language;
use crate::ui::loops::{Loops, LoopsProps};
use crate::ui::platform::{probe, stage};
use crate::view::loops::{Card, LoopsView, Steps};

const RC: &str = include_str!("../../../assets/examples/rc.yaml");
const DAEMON: &str = include_str!("../../../assets/examples/daemonset.yaml");
const SET: &str = "{apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: front}, spec: {replicas: 2, selector: {matchLabels: {app: front}}, template: {metadata: {labels: {app: front}}, spec: {containers: [{name: c, image: nginx}]}}}}";
const INDEXED: &str = "{apiVersion: batch/v1, kind: Job, metadata: {name: parts}, spec: {completions: 4, parallelism: 2, completionMode: Indexed, backoffLimitPerIndex: 0, template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 3; [ $JOB_COMPLETION_INDEX != 1 ]']}]}}}}";
const CRON: &str = "{apiVersion: batch/v1, kind: CronJob, metadata: {name: tick}, spec: {schedule: '*/5 * * * *', timeZone: Asia/Seoul, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, args: [sleep, '20']}]}}}}}}";

fn props(world: &World) -> LoopsProps {
    LoopsProps {
        engine: world.engine.clone(),
        loops: world.loops(),
        language: world.language,
        selection: None,
        onselect: Callback::noop(),
    }
}

async fn show(world: &World) {
    probe::show::<Loops>(props(world)).await;
}

/// What the steps of the only card say: observe, compare, act.
fn steps() -> Vec<String> {
    probe::seen(".look-step__text")
}

/// The numbers on the only card, each with its word.
fn numbers() -> String {
    reads(".card__numbers")
}

#[wasm_bindgen_test]
async fn without_a_workload_it_says_what_to_do() {
    show(&World::new()).await;
    assert_eq!(count(".card"), 0);
    assert_eq!(
        reads(".loops .quiet"),
        "No workloads yet. Apply the manifest in the editor, or pick an example."
    );
    show(&World::korean()).await;
    assert!(reads(".loops .quiet").starts_with("아직 워크로드가 없습니다."));
}

#[wasm_bindgen_test]
async fn a_replication_controller_observes_compares_and_acts() {
    let world = World::new();
    world.apply(RC);
    // The moment in which it acts is over at once: it is what the card says then that counts.
    let view = world.loops();
    let steps_of_then = Steps {
        observe: "0 pods, 0 ready".into(),
        compare: "3 wanted: 3 missing".into(),
        act: "create 3".into(),
        acts: true,
    };
    let card = Card { steps: steps_of_then, ..(*view.cards[0]).clone() };
    let then = LoopsView { cards: [Rc::new(card)].into(), ..(*view).clone() };
    probe::show::<Loops>(LoopsProps { loops: Rc::new(then), ..props(&world) }).await;
    assert_eq!(steps(), ["0 pods, 0 ready", "3 wanted: 3 missing", "create 3"]);
    assert_eq!(count(".look-step--lit"), 1, "what it does is lit");
    assert_eq!(reads(".card__kind"), "ReplicationController");
    world.pass(30);
    show(&world).await;
    assert_eq!(steps(), ["3 pods, 3 ready", "3 wanted: it fits", "nothing"]);
    assert_eq!(count(".look-step--lit"), 0);
    assert_eq!(numbers().replace(' ', ""), "3desired3actual3ready");
    assert_eq!(probe::seen(".card__pips .pip"), ["●", "●", "●"]);
    assert_eq!(
        (attribute(".card__pips", "aria-hidden"), count(".card__pips .quiet")),
        ("true".into(), 0)
    );
    let commands = probe::attributes(".card__actions button", "data-command");
    assert!(
        commands.contains(&"kubectl scale replicationcontroller kubia --replicas=4".into()),
        "{commands:?}"
    );
    // What it decided before, what it selects, and where that stands in the source.
    assert!(
        probe::seen(".card__recent").len() == 1
            && probe::heard(".card__recent")[0].contains("create 3")
    );
    assert_eq!(
        attribute(".card__more a", "href"),
        "https://github.com/kubernetes/kubernetes/blob/release-1.36/pkg/controller/replicaset/replica_set.go"
    );
    assert!(probe::heard(".card__more").concat().contains("selects app=kubia"));
    let view = world.loops();
    let crowded = Card { more: 276, ..(*view.cards[0]).clone() };
    let then = LoopsView { cards: [Rc::new(crowded)].into(), ..(*view).clone() };
    probe::show::<Loops>(LoopsProps { loops: Rc::new(then), ..props(&world) }).await;
    assert_eq!(reads(".card__pips .quiet"), "+276");
}

#[wasm_bindgen_test]
async fn a_replica_set_of_nobody_has_the_same_card_and_is_chosen_by_it() {
    let world = World::new();
    world.apply(SET);
    world.pass(20);
    let (onselect, told) = listen();
    let chosen = select(Kind::ReplicaSet, "front");
    let selection = Some(chosen.clone());
    probe::show::<Loops>(LoopsProps { selection, onselect, ..props(&world) }).await;
    assert_eq!((reads(".card__kind"), reads(".card__name")), ("ReplicaSet".into(), "front".into()));
    assert_eq!(steps(), ["2 pods, 2 ready", "2 wanted: it fits", "nothing"]);
    assert!(attribute(".card", "class").contains("card--selected"));
    probe::press(".card__main").await;
    assert_eq!(*told.borrow(), [Some(chosen)]);
}

#[wasm_bindgen_test]
async fn a_deployment_in_a_rollout_has_its_old_and_its_new_set_beside_each_other() {
    let world = World::new();
    world.run("kubectl create deployment web --image=nginx --replicas=4");
    world.pass(20);
    show(&world).await;
    assert_eq!(count(".set"), 0, "one set is no rollout");
    assert_eq!(
        probe::seen(".card__kind"),
        ["Deployment · revision 1", "ReplicaSet · of web · revision 1"]
    );
    world.run("kubectl set image deployment/web nginx=nginx:1.27");
    world.until(|world| (world.loops().cards.len() == 3).then_some(()));
    show(&world).await;
    assert_eq!(
        probe::seen(".card__kind"),
        [
            "Deployment · revision 2",
            "ReplicaSet · of web · revision 2",
            "ReplicaSet · of web · revision 1"
        ]
    );
    let sets = probe::heard(".set");
    assert_eq!((sets.len(), count(".set--new"), count(".card--below")), (2, 1, 2));
    assert!(says(".set--new").contains(", revision 2: "), "{sets:?}");
    assert!(sets.iter().any(|set| set.contains(", revision 1: ") && set.contains(" pods ready, ")));
    assert_eq!(probe::seen(".set__name"), ["new 2", "old 1"]);
    world.pass(60);
    show(&world).await;
    assert_eq!(count(".card--below"), 1, "the old one is only a record now");
}

#[wasm_bindgen_test]
async fn a_job_has_a_cell_per_index_and_an_end() {
    let world = World::new();
    world.apply(INDEXED);
    world.until(|world| world.loops().cards.first().filter(|card| card.actual == 2).map(drop));
    show(&world).await;
    assert_eq!(says(".cells"), "Indexes: 0 done, 2 active, 0 failed, of 4");
    let cells = || {
        let classes = probe::attributes(".cell", "class");
        classes.iter().map(|class| class.replace("cell cell--", "")).collect::<Vec<_>>()
    };
    assert_eq!(cells(), ["active", "active", "open", "open"]);
    assert_eq!(steps()[1], "4 of 4 to go, 2 at a time");
    world.pass(40);
    show(&world).await;
    assert_eq!(says(".cells"), "Indexes: 3 done, 0 active, 1 failed, of 4");
    assert_eq!(cells(), ["done", "failed", "done", "done"]);
    assert!(attribute(".card", "class").contains("card--bad"), "it failed");
    assert_eq!(steps()[1], "it is over");
    world.run("kubectl delete job parts; kubectl create job fine --image=busybox -- true");
    world.pass(20);
    show(&world).await;
    assert!(attribute(".card", "class").contains("card--over"), "{}", attribute(".card", "class"));
    assert_eq!(says(".cells"), "Completions: 1 done, 0 active, 0 failed, of 1");
}

#[wasm_bindgen_test]
async fn a_cron_job_says_when_it_fires_counts_down_and_can_be_suspended() {
    let world = World::new();
    world.apply(CRON);
    world.pass(1);
    show(&world).await;
    assert_eq!(reads(".card__words"), "every 5 minutes");
    assert_eq!(reads(".card__zone"), "Asia/Seoul time");
    assert_eq!(attribute(".card__due", "title"), "next 00:05:00");
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century")]
    let now = world.now().unix_millis() as f64;
    for (later, left) in [(0.0, "4:59"), (239_500.0, "1:00"), (298_000.0, "0:01")] {
        stage::tick_stage(now + later);
        assert_eq!(reads(".card__due b"), left);
    }
    // 30 hours before.
    for (language, left) in [(Language::En, "1d 6h"), (Language::Ko, "1일 6시간")] {
        probe::show::<Loops>(LoopsProps { language, ..props(&world) }).await;
        stage::tick_stage(now + 299_000.0 - 108_000_000.0);
        assert_eq!(reads(".card__due b"), left);
    }
    world.pass(310);
    show(&world).await;
    assert_eq!(steps()[0], "1 running, last fired 00:05:00");
    assert_eq!(probe::seen(".card__kind"), ["CronJob", "Job · of tick"]);
    world.run(
        "kubectl patch cronjob tick -p '{\"spec\":{\"suspend\":true}}'; kubectl delete jobs --all",
    );
    world.pass(5);
    show(&world).await;
    assert_eq!(reads(".card__state"), "suspended");
    assert_eq!(count(".card__due"), 0, "nothing is due");
    assert!(probe::seen(".card__actions button").contains(&"Resume".into()));
}

#[wasm_bindgen_test]
async fn a_daemon_set_has_a_cell_per_node() {
    let world = World::new();
    world.apply(DAEMON);
    world.pass(30);
    show(&world).await;
    assert_eq!(says(".cells"), "Nodes: 3 of 3 have their pod");
    assert_eq!(probe::attributes(".cell--done", "title"), ["worker-1", "worker-2", "worker-3"]);
    world.run("yard node add");
    world.until(|world| world.loops().cards.first().filter(|card| &*card.desired == "4").map(drop));
    show(&world).await;
    let cells = probe::attributes(".cell", "class");
    assert_eq!(cells.len(), 4);
    assert_ne!(cells[3], "cell cell--node cell--done", "the newest has none that is ready yet");
}

#[wasm_bindgen_test]
async fn what_is_being_deleted_says_so_and_what_is_refused_is_bad() {
    let world = World::new();
    world.run("kubectl create quota none --hard=pods=0");
    world.apply(SET);
    world.pass(5);
    show(&world).await;
    assert!(attribute(".card", "class").contains("card--bad"));
    assert_eq!(steps()[2], "refused");
    world.run("kubectl delete quota none");
    world.pass(40);
    world.run("kubectl delete rs front --cascade=foreground --wait=false");
    show(&world).await;
    assert_eq!(reads(".card__state"), "being deleted");
}

#[wasm_bindgen_test]
async fn cards_speak_korean() {
    let world = World::korean();
    world.apply(RC);
    world.apply(CRON);
    world.run("kubectl patch cronjob tick -p '{\"spec\":{\"schedule\":\"0 9 * * 1-5\",\"suspend\":true}}'");
    world.pass(30);
    show(&world).await;
    assert_eq!(reads(".card__words"), "평일 오전 9시");
    assert_eq!(
        (reads(".card__zone"), reads(".card__state")),
        ("Asia/Seoul 시간".into(), "일시 중지됨".into())
    );
    let steps = steps();
    assert!(
        steps.contains(&"파드 3개, 준비 3개".into()) && steps.contains(&"원하는 3개와 같음".into()),
        "{steps:?}"
    );
    assert!(probe::seen(".look-step__label").iter().any(|label| label.ends_with("관찰")));
}
