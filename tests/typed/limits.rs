//! Quotas and priorities.

use super::Desk;

/// A pod that asks for one GPU.
const GPU: &str = r#"--image=nginx --overrides='{"spec":{"containers":[{"name":"c","image":"nginx","resources":{"limits":{"nvidia.com/gpu":"1","hugepages-2Mi":"4Mi","cpu":"1m"}}}]}}'"#;

/// What nodes have beyond cpu and memory is counted under `requests.` and limited.
#[test]
fn a_quota_counts_extended_resources_and_pages() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {requests.nvidia.com/gpu: 1, hugepages-2Mi: 1Gi}}
",
    );
    desk.says(&format!("kubectl run g1 {GPU}"));
    assert_eq!(
        desk.says(&format!("kubectl run g2 {GPU}")),
        "Error from server (Forbidden): pods \"g2\" is forbidden: exceeded quota: q, requested: requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=1, limited: requests.nvidia.com/gpu=1\n"
    );
    desk.pass(1);
    let used = desk.says("kubectl get quota q -o jsonpath='{.status.used}'");
    assert_eq!(used, r#"{"hugepages-2Mi":"4Mi","requests.nvidia.com/gpu":"1"}"#);
}

/// Pods on a node that is gone for good are charged for until the next recount after their time.
#[test]
fn a_quota_lets_in_the_replacements_of_lost_pods() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {pods: 4}}
",
    );
    desk.says("kubectl delete pod box");
    desk.says("kubectl create deployment web --image=nginx --replicas=4");
    desk.pass(10);
    desk.says("yard node stop worker-1");
    desk.pass(360);
    let used = |desk: &mut Desk| desk.says("kubectl get quota q -o jsonpath='{.status.used.pods}'");
    let up = |desk: &mut Desk| desk.says("kubectl get deployment web --no-headers").contains("4/4");
    assert_eq!((used(&mut desk).as_str(), up(&mut desk)), ("4", false));
    // The loop of the ReplicaSet asks again after up to a thousand seconds.
    desk.pass(1320);
    assert_eq!((used(&mut desk).as_str(), up(&mut desk)), ("4", true));
}

/// A Service that becomes another type uses more than it did.
#[test]
fn a_quota_is_asked_when_a_service_changes() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {services.nodeports: 1, services: 2}}
",
    );
    desk.says("kubectl create service clusterip s --tcp=80 --tcp=81");
    assert_eq!(
        desk.says(r#"kubectl patch svc s -p '{"spec":{"type":"NodePort"}}'"#),
        "Error from server (Forbidden): services \"s\" is forbidden: exceeded quota: q, requested: services.nodeports=2, used: services.nodeports=0, limited: services.nodeports=1\n"
    );
    desk.says(r#"kubectl patch svc s --type=json -p '[{"op":"remove","path":"/spec/ports/1"}]'"#);
    let patched = desk.says(r#"kubectl patch svc s -p '{"spec":{"type":"NodePort"}}'"#);
    assert_eq!(patched, "service/s patched\n");
    desk.pass(1);
    let used = desk.says("kubectl get quota q -o jsonpath='{.status.used}'");
    assert_eq!(used, r#"{"services":"2","services.nodeports":"1"}"#);
}

/// Which pods a quota is about stays.
#[test]
fn the_scopes_of_a_quota_stay() {
    let mut desk = Desk::new("");
    desk.says("kubectl create quota be --hard=pods=1 --scopes=BestEffort,NotTerminating");
    assert_eq!(
        desk.says(r#"kubectl patch quota be -p '{"spec":{"scopes":["NotBestEffort"]}}'"#),
        "The ResourceQuota \"be\" is invalid: spec.scopes: Invalid value: [\"NotBestEffort\"]: field is immutable\n"
    );
    let order =
        r#"kubectl patch quota be -p '{"spec":{"scopes":["NotTerminating","BestEffort"]}}'"#;
    assert_eq!(desk.says(order), "resourcequota/be patched\n");
}

/// What a pod must say is asked of every quota before any amount is.
#[test]
fn quotas_ask_for_what_is_missing_first() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ResourceQuota
metadata: {name: a}
spec: {hard: {pods: 0}}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: b}
spec: {hard: {cpu: 1}}
",
    );
    assert_eq!(
        desk.says("kubectl run p --image=nginx"),
        "Error from server (Forbidden): pods \"p\" is forbidden: failed quota: b: must specify cpu for: p\n"
    );
}

/// One class is the default at most, and the system's own stay.
#[test]
fn a_second_default_and_the_end_of_system_classes_are_refused() {
    let mut desk = Desk::new("");
    desk.says("kubectl create priorityclass a --value=5 --global-default");
    assert_eq!(
        desk.says("kubectl create priorityclass b --value=6 --global-default"),
        "error: failed to create priorityclass: priorityclasses.scheduling.k8s.io \"b\" is forbidden: PriorityClass a is already marked as default. Only one default can exist\n"
    );
    desk.says("kubectl create priorityclass b --value=6");
    assert_eq!(
        desk.says(r#"kubectl patch pc b -p '{"globalDefault":true}'"#),
        "Error from server (Forbidden): priorityclasses.scheduling.k8s.io \"b\" is forbidden: PriorityClass a is already marked as default. Only one default can exist\n"
    );
    let again = desk.says(r#"kubectl patch pc a -p '{"globalDefault":true,"description":"x"}'"#);
    assert_eq!(again, "priorityclass.scheduling.k8s.io/a patched\n");
    assert_eq!(
        desk.says("kubectl delete pc system-node-critical"),
        "Error from server (Forbidden): priorityclasses.scheduling.k8s.io \"system-node-critical\" is forbidden: this is a system priority class and cannot be deleted\n"
    );
}

/// A pod may say of its priority only what its class says.
#[test]
fn a_pod_does_not_choose_its_priority() {
    let mut desk = Desk::new("");
    desk.says("kubectl create priorityclass a --value=5 --global-default");
    let run = |desk: &mut Desk, name: &str, spec: &str| {
        let line =
            format!("kubectl run {name} --image=nginx --overrides='{{\"spec\":{{{spec}}}}}'");
        desk.says(&line)
    };
    assert_eq!(
        run(&mut desk, "p", "\"priority\":7"),
        "Error from server (Forbidden): pods \"p\" is forbidden: the integer value of priority (7) must not be provided in pod spec; priority admission controller computed 5 from the given PriorityClass name\n"
    );
    assert_eq!(
        run(&mut desk, "p", "\"preemptionPolicy\":\"Never\""),
        "Error from server (Forbidden): pods \"p\" is forbidden: the string value of PreemptionPolicy (Never) must not be provided in pod spec; priority admission controller computed PreemptLowerPriority from the given PriorityClass name\n"
    );
    assert_eq!(run(&mut desk, "p", "\"priority\":5"), "pod/p created\n");
}

/// While no ReplicaSet can be made for a template, the numbers stay those of the template before.
#[test]
fn what_a_deployment_says_waits_for_its_replica_set() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {count/replicasets.apps: 1}}
",
    );
    desk.says("kubectl create deployment web --image=nginx --replicas=2");
    desk.pass(10);
    desk.says("kubectl set env deploy web A=1");
    desk.pass(10);
    let path = "{.metadata.generation} {.status.observedGeneration} {.status.updatedReplicas} {.status.conditions[?(@.type==\"Progressing\")].reason}";
    let status = desk.says(&format!("kubectl get deploy web -o jsonpath='{path}'"));
    assert_eq!(status, "2 1 2 ReplicaSetCreateError");
}
