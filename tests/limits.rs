//! What LimitRanges give to pods and claims, and what they refuse. The table of upstream's refusals is tested beside the
//! plugin.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::rc::Rc;

use podyard::api::core::Pod;
use podyard::api::{Kind, ObjectKey, Value};
use podyard::cluster::{Cluster, Config, WriteOptions};
use podyard::sim::Duration;

/// Where a pod tells what it was given.
const ANNOTATION: &str = "kubernetes.io/limit-ranger";

fn create(cluster: &mut Cluster, kind: Kind, json: &str) -> Result<(), String> {
    let value = Value::from_json(json).unwrap();
    let made = cluster.create(kind, "default", value, &WriteOptions::default());
    made.map(drop).map_err(|error| error.message)
}

fn pod<'a>(cluster: &'a Cluster, name: &str) -> &'a Rc<Pod> {
    cluster.store().pods().get(&ObjectKey::new("default", name)).unwrap()
}

/// The range of `TestMergePodResourceRequirements`: what is missing is given, and told in an annotation.
#[test]
fn what_is_missing_is_given_and_told() {
    let mut cluster = Cluster::new(Config::default());
    let range = r#"{"metadata":{"name":"abc"},"spec":{"limits":[{"type":"Container",
        "max":{"cpu":"100m","memory":"2Gi"},"min":{"cpu":"25m","memory":"1Mi"},
        "default":{"cpu":"75m","memory":"10Mi"},"defaultRequest":{"cpu":"50m","memory":"5Mi"}}]}}"#;
    create(&mut cluster, Kind::LimitRange, range).unwrap();
    let bare = r#"{"metadata":{"name":"a"},"spec":{"containers":[{"name":"foo-0","image":"x"}]}}"#;
    create(&mut cluster, Kind::Pod, bare).unwrap();
    let given = pod(&cluster, "a");
    assert_eq!(
        given.spec.raw.items_at("containers")[0].get("resources").unwrap().to_json(),
        r#"{"limits":{"cpu":"75m","memory":"10Mi"},"requests":{"cpu":"50m","memory":"5Mi"}}"#
    );
    assert_eq!(
        given.meta.annotations.text(ANNOTATION),
        Some(
            "LimitRanger plugin set: cpu, memory request for container foo-0; cpu, memory limit for container foo-0"
        )
    );
    let some = r#"{"metadata":{"name":"b"},"spec":{"containers":[{"name":"foo-0","image":"x",
        "resources":{"requests":{"memory":"6Mi"}}}]}}"#;
    create(&mut cluster, Kind::Pod, some).unwrap();
    assert_eq!(
        pod(&cluster, "b").meta.annotations.text(ANNOTATION),
        Some(
            "LimitRanger plugin set: cpu request for container foo-0; cpu, memory limit for container foo-0"
        )
    );
    let all = r#"{"metadata":{"name":"c"},"spec":{"containers":[{"name":"foo-0","image":"x",
        "resources":{"requests":{"memory":"6Mi","cpu":"30m"},"limits":{"memory":"6Mi","cpu":"2"}}}]}}"#;
    assert_eq!(
        create(&mut cluster, Kind::Pod, all).unwrap_err(),
        "pods \"c\" is forbidden: maximum cpu usage per Container is 100m, but limit is 2"
    );
}

/// The pods of a loop are given and refused the same, also those of a template that made pods before there was a range.
#[test]
fn pods_of_a_loop_are_no_exception() {
    let mut cluster = Cluster::new(Config::default());
    let controller = r#"{"metadata":{"name":"rc"},"spec":{"replicas":1,"selector":{"a":"b"},"template":{
        "metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"nginx"}]}}}}"#;
    create(&mut cluster, Kind::ReplicationController, controller).unwrap();
    let range = |kind: &str, text: &str| {
        format!(
            r#"{{"metadata":{{"name":"abc"}},"spec":{{"limits":[{{"type":"{kind}",{text}}}]}}}}"#
        )
    };
    let given = range("Container", r#""default":{"memory":"64Mi"}"#);
    create(&mut cluster, Kind::LimitRange, &given).unwrap();
    let key = ObjectKey::new("default", "rc");
    let scale = |cluster: &mut Cluster, replicas: i64| {
        let options = WriteOptions::default();
        cluster.scale(Kind::ReplicationController, &key, replicas, &options).unwrap();
        cluster.run_until(cluster.now() + Duration::from_seconds(30));
        let limits = cluster.store().pods().iter_in(Some("default")).map(|pod| {
            let found =
                pod.spec.raw.items_at("containers")[0].at(&["resources", "limits", "memory"]);
            found.map_or_else(String::new, Value::to_json)
        });
        let mut limits: Vec<String> = limits.collect();
        limits.sort_unstable();
        limits
    };
    assert_eq!(scale(&mut cluster, 3), ["", r#""64Mi""#, r#""64Mi""#]);
    let value = Value::from_json(&range("Pod", r#""min":{"memory":"1Gi"}"#)).unwrap();
    cluster.update(Kind::LimitRange, "default", value, &WriteOptions::default()).unwrap();
    assert_eq!(scale(&mut cluster, 4).len(), 3);
    let told = cluster.store().events().iter().find(|event| &*event.reason == "FailedCreate");
    let words = &told.unwrap().message;
    assert!(
        words.contains("minimum memory usage per Pod is 1Gi.  No request is specified"),
        "{words}"
    );
}

#[test]
fn claims_are_measured_by_what_they_request() {
    let mut cluster = Cluster::new(Config::default());
    let range = r#"{"metadata":{"name":"abc"},"spec":{"limits":[{"type":"PersistentVolumeClaim",
        "max":{"storage":"2Gi"},"min":{"storage":"1Gi"}}]}}"#;
    create(&mut cluster, Kind::LimitRange, range).unwrap();
    let mut claim = |size: &str| {
        let text = format!(
            r#"{{"metadata":{{"name":"d-{}"}},"spec":{{"accessModes":["ReadWriteOnce"],"resources":{{"requests":{{"storage":"{size}"}}}}}}}}"#,
            size.to_lowercase()
        );
        create(&mut cluster, Kind::PersistentVolumeClaim, &text)
    };
    assert_eq!(claim("2Gi"), Ok(()));
    assert_eq!(
        claim("3Gi").unwrap_err(),
        "persistentvolumeclaims \"d-3gi\" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"
    );
    assert_eq!(
        claim("1Mi").unwrap_err(),
        "persistentvolumeclaims \"d-1mi\" is forbidden: minimum storage usage per PersistentVolumeClaim is 1Gi, but request is 1Mi"
    );
}
