use super::*;
use crate::api::{Kind, ObjectKey, Reason};
use crate::object;
use crate::reconcile::DeleteOptions;
use crate::sim::Duration;

fn config_map(name: &str, value: &str) -> crate::api::Value {
    object! { "metadata" => object! { "name" => name }, "data" => object! { "key" => value } }
}

fn data(cluster: &Cluster, name: &str) -> Option<String> {
    let object = cluster.store().get(Kind::ConfigMap, &ObjectKey::new("default", name))?;
    object.to_value().at(&["data", "key"]).and_then(|value| value.as_str().map(str::to_owned))
}

fn quiet() -> Cluster {
    Cluster::new(Config { system_pods: false, ..Config::default() })
}

#[test]
fn a_refused_write_is_no_input_and_leaves_the_store() {
    let mut cluster = quiet();
    let options = WriteOptions::default();
    cluster.create(Kind::ConfigMap, "default", config_map("a", "1"), &options).unwrap();
    let version = cluster.store().resource_version();
    let error =
        cluster.create(Kind::ConfigMap, "default", config_map("a", "2"), &options).unwrap_err();
    assert_eq!(error.message, "configmaps \"a\" already exists");
    let error =
        cluster.create(Kind::ConfigMap, "nowhere", config_map("b", "2"), &options).unwrap_err();
    assert_eq!(
        (error.reason, error.message.as_str()),
        (Reason::NotFound, "namespaces \"nowhere\" not found")
    );
    assert_eq!((cluster.inputs().len(), cluster.store().resource_version()), (1, version));
}

#[test]
fn a_dry_run_answers_and_keeps_nothing() {
    let mut cluster = quiet();
    let options = WriteOptions { dry_run: true, words: String::new() };
    let written =
        cluster.create(Kind::ConfigMap, "default", config_map("a", "1"), &options).unwrap();
    assert_eq!(&*written.object.meta().name, "a");
    assert_eq!((data(&cluster, "a"), cluster.inputs().len()), (None, 0));
}

#[test]
fn going_back_and_redoing_gives_the_same_world() {
    let mut cluster = quiet();
    let options = WriteOptions::default();
    let start = cluster.now();
    for (seconds, value) in [(10, "1"), (20, "2"), (30, "3")] {
        cluster.run_until(start + Duration::from_seconds(seconds));
        let object = config_map("a", value);
        match value {
            "1" => cluster.create(Kind::ConfigMap, "default", object, &options).unwrap(),
            _ => cluster.update(Kind::ConfigMap, "default", object, &options).unwrap(),
        };
    }
    let version = cluster.store().resource_version();
    cluster.back_to(start + Duration::from_seconds(25));
    assert_eq!(data(&cluster, "a").as_deref(), Some("2"));
    assert_eq!((cluster.future().len(), cluster.redo_all()), (1, 1));
    assert_eq!(data(&cluster, "a").as_deref(), Some("3"));
    assert_eq!(cluster.store().resource_version(), version);
}

#[test]
fn undo_takes_back_one_input_even_at_one_instant() {
    let mut cluster = quiet();
    let options = WriteOptions::default();
    cluster.create(Kind::ConfigMap, "default", config_map("a", "1"), &options).unwrap();
    cluster.update(Kind::ConfigMap, "default", config_map("a", "2"), &options).unwrap();
    cluster
        .delete(
            Kind::ConfigMap,
            &ObjectKey::new("default", "a"),
            &DeleteOptions::default(),
            &options,
        )
        .unwrap();
    assert_eq!(data(&cluster, "a"), None);
    cluster.undo().unwrap();
    assert_eq!(data(&cluster, "a").as_deref(), Some("2"));
    cluster.undo().unwrap();
    assert_eq!(data(&cluster, "a").as_deref(), Some("1"));
    cluster.undo().unwrap();
    assert_eq!((data(&cluster, "a"), cluster.undo()), (None, None));
    assert_eq!(cluster.redo_all(), 3);
    assert_eq!(data(&cluster, "a"), None);
}

#[test]
fn uids_differ_when_a_name_is_used_again_at_one_instant() {
    let mut cluster = quiet();
    let options = WriteOptions::default();
    let key = ObjectKey::new("default", "a");
    let again = |cluster: &mut Cluster| {
        cluster.delete(Kind::ConfigMap, &key, &DeleteOptions::default(), &options).ok();
        let made = cluster.create(Kind::ConfigMap, "default", config_map("a", "1"), &options);
        made.unwrap().object.uid()
    };
    let (first, second) = (again(&mut cluster), again(&mut cluster));
    assert_ne!(first, second);
    // The second stepped aside, to where the next instant begins.
    let next = cluster.now() + Duration::from_millis(1);
    cluster.run_until(next);
    let third = again(&mut cluster);
    assert_ne!(second, third);
    assert_ne!(first, third);
}
