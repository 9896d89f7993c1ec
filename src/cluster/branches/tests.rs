use std::collections::BTreeMap;

use super::*;
use crate::api::{Kind, Value};
use crate::cluster::{Config, Session, WriteOptions};
use crate::object;
use crate::sim::Duration;

fn quiet() -> Cluster {
    Cluster::new(Config { system_pods: false, ..Config::default() })
}

fn words(words: &str) -> WriteOptions {
    WriteOptions { dry_run: false, words: words.into() }
}

fn note(cluster: &mut Cluster, name: &str) {
    let object = object! { "metadata" => object! { "name" => name } };
    let options = words(&format!("kubectl create configmap {name}"));
    cluster.create(Kind::ConfigMap, "default", object, &options).unwrap();
}

fn after(cluster: &mut Cluster, seconds: i64) {
    let at = cluster.now() + Duration::from_seconds(seconds);
    cluster.run_until(at);
}

fn notes(cluster: &Cluster) -> String {
    let all = cluster.store().list(Kind::ConfigMap, Some("default"));
    let names = all.iter().map(|one| one.meta().name.to_string());
    let own: Vec<String> = names.filter(|name| name.len() == 1).collect();
    own.concat()
}

fn names(cluster: &Cluster) -> Vec<String> {
    cluster.branches().map(|branch| branch.name.to_string()).collect()
}

fn second(cluster: &Cluster) -> i64 {
    (cluster.now() - cluster.config().start).millis() / 1_000
}

/// `a` at 10 s, `b` at 20 s, `c` at 30 s, and ten seconds more.
fn three() -> Cluster {
    let mut cluster = quiet();
    for name in ["a", "b", "c"] {
        after(&mut cluster, 10);
        note(&mut cluster, name);
    }
    after(&mut cluster, 10);
    cluster
}

fn to(cluster: &mut Cluster, seconds: i64) {
    cluster.seek(cluster.config().start + Duration::from_seconds(seconds));
}

#[test]
fn who_only_looks_back_loses_nothing_and_time_does_it_again() {
    let mut cluster = three();
    let end = cluster.digest();
    to(&mut cluster, 15);
    assert_eq!((notes(&cluster).as_str(), cluster.ahead().len()), ("a", 2));
    assert_eq!(cluster.next_wake(), Some(cluster.config().start + Duration::from_seconds(20)));
    after(&mut cluster, 6);
    assert_eq!((notes(&cluster).as_str(), cluster.ahead().len()), ("ab", 1));
    to(&mut cluster, 40);
    assert_eq!((notes(&cluster).as_str(), cluster.digest()), ("abc", end));
    assert!(cluster.at_tip() && names(&cluster).is_empty());
}

#[test]
fn something_new_in_the_past_keeps_the_old_future_as_a_branch() {
    let mut cluster = three();
    let old = cluster.digest();
    to(&mut cluster, 15);
    let base = cluster.store().resource_version();
    note(&mut cluster, "x");
    assert_eq!(
        (notes(&cluster).as_str(), names(&cluster)),
        ("ax", vec!["create-configmap-b".into()])
    );
    assert_eq!(cluster.line(), (1, base));
    let branch = cluster.branches().next().unwrap().clone();
    let parted = cluster.config().start + Duration::from_seconds(15);
    assert_eq!(cluster.parting(&branch), Parting { at: parted, shared: 1 });
    after(&mut cluster, 30);
    let new = cluster.digest();

    assert!(cluster.switch("create-configmap-b"));
    assert_eq!((notes(&cluster).as_str(), second(&cluster), cluster.digest()), ("abc", 40, old));
    assert_eq!(names(&cluster), ["main"]);
    assert!(cluster.switch("main"));
    assert_eq!((notes(&cluster).as_str(), second(&cluster), cluster.digest()), ("ax", 45, new));
    assert!(!cluster.switch("nowhere"));
}

#[test]
fn a_refused_command_in_the_past_leaves_for_nowhere() {
    let mut cluster = three();
    to(&mut cluster, 15);
    let object = object! { "metadata" => object! { "name" => "a" } };
    cluster.create(Kind::ConfigMap, "default", object, &words("")).unwrap_err();
    assert_eq!((cluster.ahead().len(), names(&cluster).len()), (2, 0));
}

#[test]
fn a_future_in_which_nothing_was_done_is_a_future_too() {
    let mut cluster = quiet();
    after(&mut cluster, 60);
    to(&mut cluster, 30);
    note(&mut cluster, "x");
    assert_eq!(names(&cluster), ["undisturbed"]);
    cluster.switch("undisturbed");
    assert_eq!((notes(&cluster).as_str(), second(&cluster)), ("", 60));
}

#[test]
fn what_was_taken_back_stays_away_and_can_be_done_again_one_by_one() {
    let mut cluster = three();
    let end = cluster.digest();
    for _ in 0..2 {
        cluster.undo().unwrap();
    }
    assert_eq!((notes(&cluster).as_str(), second(&cluster)), ("a", 20));
    after(&mut cluster, 100);
    assert_eq!((notes(&cluster).as_str(), cluster.future().len()), ("a", 2));
    assert_eq!(
        cluster.redo().map(|input| input.words.to_string()).unwrap(),
        "kubectl create configmap b"
    );
    assert_eq!((notes(&cluster).as_str(), second(&cluster)), ("ab", 20));
    cluster.redo().unwrap();
    assert_eq!((notes(&cluster).as_str(), cluster.digest()), ("abc", end));
    assert_eq!(cluster.redo(), None);
}

#[test]
fn something_new_after_an_undo_keeps_what_was_taken_back() {
    let mut cluster = three();
    cluster.undo().unwrap();
    note(&mut cluster, "x");
    assert_eq!(
        (notes(&cluster).as_str(), names(&cluster)),
        ("abx", vec!["create-configmap-c".into()])
    );
    cluster.switch("create-configmap-c");
    assert_eq!((notes(&cluster).as_str(), second(&cluster)), ("abc", 40));
}

#[test]
fn one_goes_on_from_a_moment_on_request_and_names_what_one_likes() {
    let mut cluster = three();
    to(&mut cluster, 15);
    assert_eq!(cluster.continue_here().as_deref(), Some("create-configmap-b"));
    after(&mut cluster, 60);
    assert_eq!((notes(&cluster).as_str(), cluster.continue_here()), ("a", None));
    assert!(cluster.keep_branch("calm") && !cluster.keep_branch("calm"));
    note(&mut cluster, "y");
    assert!(cluster.rename_branch("main", "louder") && !cluster.rename_branch("calm", "louder"));
    assert!(cluster.rename_branch("create-configmap-b", "first"));
    assert_eq!(
        (&**cluster.branch_name(), names(&cluster)),
        ("louder", vec!["first".into(), "calm".into()])
    );
    cluster.switch("calm");
    assert_eq!(notes(&cluster), "a");
    assert!(cluster.forget_branch("first") && !cluster.forget_branch("first"));
    assert_eq!(names(&cluster), ["louder"]);
}

#[test]
fn one_comes_back_to_where_one_looked() {
    let mut cluster = three();
    to(&mut cluster, 15);
    note(&mut cluster, "x");
    after(&mut cluster, 30);
    to(&mut cluster, 20);
    cluster.switch("create-configmap-b");
    cluster.switch("main");
    assert_eq!((second(&cluster), cluster.at_tip()), (20, false));
    to(&mut cluster, 45);
    assert!(cluster.at_tip());
}

#[test]
fn a_line_whose_name_nobody_gave_makes_room() {
    let mut cluster = quiet();
    after(&mut cluster, 10);
    cluster.keep_branch("mine");
    for round in 0..MOST + 3 {
        after(&mut cluster, 10);
        cluster.seek(cluster.now() - Duration::from_seconds(5));
        note(&mut cluster, &format!("n{round}"));
    }
    let names = names(&cluster);
    assert_eq!((names.len(), names[0].as_str()), (MOST, "mine"));
}

#[test]
fn names_come_from_commands() {
    let named = |text: &str| {
        let object = Value::empty_object();
        let verb = crate::cluster::Verb::Create { kind: Kind::Pod, namespace: "a".into(), object };
        name_of(&[Input { at: Time::from_unix_seconds(0), verb, words: text.into() }])
    };
    assert_eq!(named("kubectl scale rc web --replicas=5"), "scale-rc-web");
    assert_eq!(named("yard node stop worker-2"), "node-stop-worker-2");
    assert_eq!(named("kubectl patch cj tick -p '{\"spec\":{}}'"), "patch-cj-tick");
    assert_eq!(named("kubectl apply -f 파드.yaml"), "apply-파드-yaml");
    assert_eq!(named(""), "other");
    assert_eq!(name_of(&[]), "undisturbed");
}

/// A session with a branch, standing in the past of its line.
fn forked() -> Cluster {
    let mut cluster = three();
    to(&mut cluster, 15);
    note(&mut cluster, "x");
    after(&mut cluster, 10);
    note(&mut cluster, "y");
    cluster.rename_branch("create-configmap-b", "before");
    to(&mut cluster, 18);
    cluster
}

#[test]
fn branches_and_what_lies_ahead_are_part_of_a_session() {
    let cluster = forked();
    let session = Session::of(&cluster, &BTreeMap::new()).sealed(&cluster);
    assert!(session.to_json().contains(r#""podyard":2"#));
    let read = Session::from_json(&session.to_json()).unwrap();
    assert_eq!(read, session);
    let mut replay = read.replay();
    while !replay.advance(50) {}
    let mut again = replay.cluster;
    assert_eq!((notes(&again).as_str(), again.ahead().len(), second(&again)), ("ax", 1, 18));
    to(&mut again, 40);
    assert_eq!(notes(&again), "axy");
    again.switch("before");
    assert_eq!((notes(&again).as_str(), second(&again)), ("abc", 40));
}

#[test]
fn a_session_without_branches_is_written_as_ever_and_old_ones_open() {
    let mut cluster = three();
    let text = Session::of(&cluster, &BTreeMap::new()).to_json();
    assert!(text.contains(r#""podyard":1"#) && !text.contains("branches"), "{text}");
    assert_eq!(Session::from_json(&text).unwrap().tree, Tree::plain(cluster.now()));
    cluster.undo();
    let text = Session::of(&cluster, &BTreeMap::new()).to_json();
    let names: Vec<Rc<str>> = Session::from_json(&text)
        .unwrap()
        .tree
        .branches
        .iter()
        .map(|one| Rc::clone(&one.name))
        .collect();
    assert_eq!(names, ["create-configmap-c".into()], "what was taken back is kept");
}

#[test]
fn branches_that_make_no_sense_are_refused_with_their_place() {
    let good = Session::of(&forked(), &BTreeMap::new()).to_json();
    let change = |change: &dyn Fn(&mut Value)| {
        let mut value = Value::from_json(&good).unwrap();
        change(&mut value);
        Session::from_json(&value.to_json()).unwrap_err().explain().args
    };
    let place = |text: &str| vec![("place", text.to_owned())];
    let branch = |value: &mut Value, key: &'static str, new: i64| {
        value.child("branches").make_items()[0].set(key, new);
    };
    assert_eq!(change(&|value| branch(value, "from", 9)), place("branches[0].from"));
    assert_eq!(change(&|value| branch(value, "until", 1)), place("branches[0].inputs"));
    assert_eq!(change(&|value| branch(value, "at", 99_000)), place("branches[0].at"));
    assert_eq!(change(&|value| branch(value, "name", 1)), place("branches[0].name"));
    assert_eq!(change(&|value| value.set("horizon", 1)), place("horizon"));
    assert_eq!(change(&|value| value.set("until", 30_000)), place("ahead[0].at"));
}
