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

/// What many pods are told in one millisecond has names that end one after the other, as those of a clock do, so that
/// each event lies behind all before it.
#[test]
fn events_of_one_millisecond_are_named_in_the_order_in_which_they_were_told() {
    let mut cluster = quiet();
    let set = object! {
        "metadata" => object! { "name" => "web" },
        "spec" => object! {
            "replicas" => 200,
            "selector" => object! { "app" => "web" },
            "template" => object! {
                "metadata" => object! { "labels" => object! { "app" => "web" } },
                "spec" => object! {
                    "containers" => vec![object! { "name" => "c", "image" => "nginx" }],
                },
            },
        },
    };
    let options = WriteOptions::default();
    cluster.create(Kind::ReplicationController, "default", set, &options).unwrap();
    let end = cluster.now() + Duration::from_seconds(60);
    cluster.run_until(end);
    let mut told: Vec<_> = (cluster.store().events().iter())
        .filter(|event| {
            &*event.meta.namespace == "default" && event.involved.kind.as_ref() != "Node"
        })
        .map(|event| (event.first, event.meta.resource_version, event.meta.name.rsplit('.').next()))
        .collect();
    assert!(told.len() > 1_000 && told.windows(2).any(|pair| pair[0].0 == pair[1].0));
    told.sort_by_key(|(first, version, _)| (*first, *version));
    let out_of_order = told.windows(2).find(|pair| pair[0].2 >= pair[1].2);
    assert_eq!(out_of_order, None);
}
