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
spec: {hard: {pods: 5}}
",
    );
    desk.says("kubectl create deployment web --image=nginx --replicas=4");
    desk.pass(10);
    desk.says("yard node stop worker-1");
    desk.pass(360);
    let used = |desk: &mut Desk| desk.says("kubectl get quota q -o jsonpath='{.status.used.pods}'");
    let up = |desk: &mut Desk| desk.says("kubectl get deployment web --no-headers").contains("4/4");
    assert_eq!((used(&mut desk).as_str(), up(&mut desk)), ("5", false));
    // The loop of the ReplicaSet asks again after up to a thousand seconds.
    desk.pass(1320);
    assert_eq!((used(&mut desk).as_str(), up(&mut desk)), ("5", true));
}

/// A Service that becomes another type uses more than it did.
#[test]
fn a_quota_is_asked_when_a_service_changes() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ResourceQuota
metadata: {name: q}
spec: {hard: {services.nodeports: 1, services: 1}}
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
    assert_eq!(used, r#"{"services":"1","services.nodeports":"1"}"#);
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
    let order = r#"kubectl patch quota be -p '{"spec":{"scopes":["NotTerminating","BestEffort"]}}'"#;
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
