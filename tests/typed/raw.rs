//! `get --raw` and `delete --raw`.

use crate::with;

/// Follows `DefaultGarbageCollectionPolicy` of the kinds; e2e "should orphan pods created by rc if
/// deleteOptions.OrphanDependents is nil".
#[test]
fn a_bare_request_leaves_the_pods_of_some_kinds_behind() {
    let mut desk = with("
apiVersion: v1
kind: ReplicationController
metadata: {name: rc}
spec: {replicas: 1, selector: {app: rc}, template: {metadata: {labels: {app: rc}}, spec: {containers: [{name: c, image: nginx}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: rs}
spec: {replicas: 1, selector: {matchLabels: {app: rs}}, template: {metadata: {labels: {app: rs}}, spec: {containers: [{name: c, image: nginx}]}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec: {template: {metadata: {labels: {app: job}}, spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sleep, '500']}]}}}
");
    for (path, label, left) in [
        ("api/v1/namespaces/default/replicationcontrollers/rc", "rc", true),
        ("apis/batch/v1/namespaces/default/jobs/job", "job", true),
        ("apis/apps/v1/namespaces/default/replicasets/rs", "rs", false),
    ] {
        let said = desk.says(&format!("kubectl delete --raw /{path}"));
        assert!(said.contains("\"status\":\"Success\""), "{said}");
        assert_eq!(said.starts_with("Warning: child pods are preserved"), label == "job", "{said}");
        desk.pass(40);
        let pods = desk.says(&format!("kubectl get pods -l app={label} -o yaml"));
        assert_eq!(pods.contains("phase: Running"), left, "{label}");
        assert!(!pods.contains("ownerReferences") && !pods.contains("job-tracking"), "{pods}");
        assert!(desk.says(&format!("kubectl get --raw /{path}")).contains("(NotFound)"));
    }
    // kubectl itself always says how.
    desk.says("kubectl create job other --image=busybox -- sleep 500");
    desk.pass(10);
    desk.says("kubectl delete job other");
    desk.pass(40);
    assert!(desk.says("kubectl get pods -l job-name=other").contains("No resources found"));
}

#[test]
fn the_metrics_server_is_asked_by_its_paths() {
    let mut desk = with("");
    desk.pass(30);
    let node = desk.says("kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes/worker-1");
    let start = "{\"kind\":\"NodeMetrics\",\"apiVersion\":\"metrics.k8s.io/v1beta1\",\"metadata\":{\"name\":\"worker-1\",\"creationTimestamp\":\"2026-01-01T00:00:50Z\"";
    assert!(node.starts_with(start), "{node}");
    assert!(node.contains("\"timestamp\":\"2026-01-01T00:00:45Z\""), "{node}");
    // What `top` tells is the same.
    let top = desk.says("kubectl top node worker-1 --no-headers");
    let cpu = top.split_whitespace().nth(1).unwrap().trim_end_matches('m');
    assert!(node.contains(&format!("\"usage\":{{\"cpu\":\"{cpu}000000n\"")), "{top} {node}");
    let pods = desk.says("kubectl get --raw '/apis/metrics.k8s.io/v1beta1/namespaces/default/pods?labelSelector=app=web'");
    assert_eq!(pods.matches("\"containers\":[{\"name\":\"c\",\"usage\":").count(), 2, "{pods}");
    assert_eq!(
        desk.says("kubectl get --raw /apis/metrics.k8s.io/v1beta1/nodes/nope"),
        "Error from server (NotFound): nodes \"nope\" not found\n"
    );
    assert!(desk.says("kubectl get --raw /apis/metrics.k8s.io/v1beta1").contains("NodeMetrics"));
}

#[test]
fn a_path_is_asked_as_it_is() {
    let mut desk = with("");
    assert_eq!(desk.says("kubectl get --raw /healthz"), "ok");
    let pod = desk.says("kubectl get --raw /api/v1/namespaces/default/pods/a");
    assert!(
        pod.starts_with("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"a\",\"namespace\":\"default\",\"uid\":"),
        "{pod}"
    );
    assert!(pod.ends_with("}\n") && pod.lines().count() == 1);
    let list =
        desk.says("kubectl get --raw '/api/v1/namespaces/default/pods?labelSelector=app%3Dweb'");
    assert!(
        list.starts_with(
            "{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":"
        ),
        "{list}"
    );
    assert_eq!(list.matches("\"metadata\":{\"name\":").count(), 2, "{list}");
    assert_eq!(
        desk.says("kubectl get --raw /api/v1/namespaces/default/pods/a/log"),
        desk.says("kubectl logs a")
    );
    desk.says("kubectl create configmap c");
    let gone = desk.says("kubectl delete --raw /api/v1/namespaces/default/configmaps/c");
    assert!(gone.starts_with("{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"Success\",\"details\":{\"name\":\"c\",\"kind\":\"configmaps\",\"uid\":\""), "{gone}");
    assert_eq!(
        desk.says("kubectl delete --raw /api/v1/namespaces/default/pods/nope"),
        "Error from server (NotFound): pods \"nope\" not found\n"
    );
}

/// Follows the routes of `pkg/registry/core/rest/storage_core.go` and how `DeleteResource` reads its options.
#[test]
fn a_request_that_the_server_does_not_take_deletes_nothing() {
    let mut desk = with(crate::PODS);
    let pod = "/api/v1/namespaces/default/pods/a";
    for (path, words) in [
        (
            "/api/v1/namespaces",
            "(MethodNotAllowed): the server does not allow this method on the requested resource",
        ),
        (
            "/api/v1/namespaces/default/nodes",
            "(NotFound): the server could not find the requested resource",
        ),
        ("/api/v1/pods/a", "(NotFound): the server could not find the requested resource"),
        (
            &format!("{pod}?gracePeriodSeconds=x"),
            "(BadRequest): strconv.ParseInt: parsing \"x\": invalid syntax",
        ),
    ] {
        let said = desk.says(&format!("kubectl delete --raw '{path}'"));
        assert_eq!(said, format!("Error from server {words}\n"), "{path}");
    }
    let said = desk.says(&format!("kubectl delete --raw '{pod}?dryRun=Some'"));
    assert!(
        said.ends_with("dryRun: Unsupported value: [\"Some\"]: supported values: \"All\"\n"),
        "{said}"
    );
    desk.says(&format!("kubectl delete --raw '{pod}?dryRun=All'"));
    desk.says("kubectl delete --raw '/api/v1/namespaces/default/pods?dryRun=All'");
    assert!(!desk.says("kubectl get pods").contains("Terminating"));
}
