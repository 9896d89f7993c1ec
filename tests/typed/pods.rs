//! What is typed about pods and what runs in them.

use super::{Desk, PODS};

#[test]
fn only_what_runs_is_told_to_stop() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  restartPolicy: Never
  initContainers: [{name: before, image: busybox}]
  containers:
  - {name: quick, image: busybox, command: [sh, -c, 'trap \"exit 0\" TERM; while :; do sleep 1; done']}
  - {name: slow, image: busybox, command: [sleep, '1000']}
  - {name: over, image: busybox, command: ['true'], lifecycle: {preStop: {exec: {command: [none]}}}}
",
    );
    desk.says("kubectl delete pod p --wait=false");
    desk.pass(60);
    let told = desk.says(
        "kubectl get events --field-selector reason=Killing -o jsonpath='{range .items[*]}{.message} {.count};{end}'",
    );
    assert_eq!(told, "Stopping container quick 1;Stopping container slow 1;");
    let failed = desk.says("kubectl get events --field-selector reason=FailedPreStopHook");
    assert_eq!(failed, "No resources found in default namespace.\n");
}

#[test]
fn a_command_of_many_steps_is_followed_to_its_end() {
    let mut desk = Desk::new(PODS);
    let line = "kubectl exec box -- sh -c 'for i in $(seq 1500); do sleep 0.01; done; echo all'";
    assert_eq!(desk.says(line), "all\n");
}

#[test]
fn a_command_without_end_has_no_status() {
    let mut desk = Desk::new(PODS);
    let line = "timeout 50 kubectl exec box -- sh -c 'while :; do sleep 0.001; done'; echo $?";
    assert_eq!(desk.says(line), "124\n");
}

#[test]
fn a_container_behind_an_init_container_that_failed_never_started() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: initfail}
spec:
  restartPolicy: Never
  initContainers: [{name: i, image: busybox, command: [sh, -c, 'echo no; exit 1']}]
  containers: [{name: c, image: busybox}]
",
    );
    assert_eq!(desk.says("kubectl logs initfail -c i"), "no\n");
    assert_eq!(
        desk.says("kubectl logs initfail -c c"),
        "Error from server (BadRequest): container \"c\" in pod \"initfail\" is waiting to start: PodInitializing\n"
    );
    let described = desk.says("kubectl describe pod initfail");
    assert!(described.contains("State:          Waiting\n      Reason:       PodInitializing"));
}

/// Follows `TestPodTopology` of `plugin/pkg/admission/podtopologylabels`.
#[test]
fn a_pod_bears_the_zone_and_the_region_of_its_node() {
    let mut desk = Desk::new("");
    let (zone, region) = ("topology.kubernetes.io/zone", "topology.kubernetes.io/region");
    desk.says(&format!("kubectl label nodes --all {zone}=a {region}=r rack=1"));
    let labels = |desk: &mut Desk, pod: &str| {
        desk.says(&format!("kubectl get pod {pod} -o jsonpath='{{.metadata.labels}}'"))
    };
    // What runs already stays as it was.
    assert_eq!(labels(&mut desk, "box"), r#"{"run":"box"}"#);
    let places = format!(r#""{region}":"r","{zone}":"a""#);
    desk.says(&format!("kubectl run bound --image=nginx --labels=run=x,{zone}=own"));
    desk.says(
        "kubectl run named --image=nginx --overrides='{\"spec\":{\"nodeName\":\"worker-1\"}}'",
    );
    desk.says("kubectl create deployment web --image=nginx");
    desk.pass(5);
    assert_eq!(labels(&mut desk, "bound"), format!(r#"{{"run":"x",{places}}}"#));
    assert_eq!(labels(&mut desk, "named"), format!(r#"{{"run":"named",{places}}}"#));
    let made = desk.says("kubectl get pods -l app=web -o jsonpath='{.items[*].metadata.labels}'");
    assert!(made.contains(&places), "{made}");
}

/// Follows `TestLogLocation` and `GetConnectionInfo`: the API server asks for the node first.
#[test]
fn of_a_pod_on_a_node_that_is_not_there_nothing_is_heard() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: lost}
spec: {nodeName: nope, containers: [{name: c, image: busybox}]}
",
    );
    let refused = "Error from server (NotFound): nodes \"nope\" not found\n";
    assert_eq!(desk.says("kubectl logs lost"), refused);
    assert_eq!(desk.says("kubectl exec lost -- date"), refused);
    assert_eq!(desk.says("kubectl attach -q lost"), refused);
}

/// Follows `TestValidate` of `plugin/pkg/admission/runtimeclass`.
#[test]
fn a_runtime_class_that_is_not_there_is_not_waited_for() {
    let mut desk = Desk::new(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {runtimeClassName: nope, containers: [{name: c, image: nginx}]}
",
    );
    let apply = |desk: &mut Desk, spec: &str| {
        let pod = format!(
            "{{apiVersion: v1, kind: Pod, metadata: {{name: p4}}, spec: {{{spec}, containers: [{{name: c, image: nginx}}]}}}}"
        );
        desk.says(&format!("echo '{pod}' | kubectl create -f -"))
    };
    let refused =
        "Error from server (Forbidden): error when creating \"STDIN\": pods \"p4\" is forbidden: ";
    assert_eq!(
        apply(&mut desk, "runtimeClassName: nope"),
        format!("{refused}pod rejected: RuntimeClass \"nope\" not found\n")
    );
    assert_eq!(
        apply(&mut desk, "overhead: {cpu: 1}"),
        format!(
            "{refused}pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead\n"
        )
    );
    let events = desk.says(
        "kubectl get events --field-selector reason=FailedCreate -o jsonpath='{.items[0].message}'",
    );
    assert!(events.starts_with("Error creating: pods \"web-"), "{events}");
    let end = "\" is forbidden: pod rejected: RuntimeClass \"nope\" not found";
    assert!(events.ends_with(end), "{events}");
}

#[test]
fn what_a_pod_asks_for_as_a_whole_is_shown_counted_and_handed_in() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {requests.cpu: '3', limits.memory: 1Gi}}
---
apiVersion: v1
kind: Pod
metadata: {name: whole}
spec:
  resources: {limits: {cpu: '2', memory: 500Mi}}
  containers:
  - {name: c, image: busybox, command: [sleep, '99999'], env: [{name: MOST, valueFrom: {resourceFieldRef: {resource: limits.memory}}}]}
  - {name: d, image: nginx, resources: {requests: {cpu: 500m}, limits: {memory: 100Mi}}}
",
    );
    let described = desk.says("kubectl describe pod whole");
    let words = described.split_whitespace().collect::<Vec<_>>().join(" ");
    for shown in [
        " Resources: Limits: cpu: 2 memory: 500Mi Requests: cpu: 500m memory: 100Mi Containers: ",
        " QoS Class: Burstable ",
    ] {
        assert!(words.contains(shown), "{described}");
    }
    assert_eq!(
        desk.says("kubectl get quota q -o jsonpath='{.status.used}'"),
        r#"{"limits.memory":"500Mi","requests.cpu":"500m"}"#
    );
    assert_eq!(desk.says("kubectl exec whole -c c -- printenv MOST"), "524288000\n");
}
