//! What drives pods out of nodes, and what holds it up.

use super::Desk;

/// A deletion that was to come is called off when the pod goes before its time.
#[test]
fn an_eviction_is_called_off_when_its_pod_is_gone() {
    let mut desk = Desk::new("");
    desk.says(r#"kubectl run a --image=nginx --overrides='{"spec":{"nodeName":"worker-1"}}'"#);
    desk.pass(5);
    desk.says("yard node stop worker-1");
    desk.pass(100);
    let told = |desk: &mut Desk| {
        desk.says("kubectl get events").matches("Cancelling deletion of Pod default/a").count()
    };
    assert_eq!(told(&mut desk), 0);
    desk.says("kubectl delete pod a --force");
    desk.pass(2);
    assert_eq!(told(&mut desk), 1);
}

/// Of DaemonSets and Jobs nobody says how many pods there should be; a budget in parts of that says so.
#[test]
fn a_budget_over_pods_without_a_scale_says_why_it_does_not_count() {
    let mut desk = Desk::new(
        "
apiVersion: batch/v1
kind: Job
metadata: {name: j}
spec:
  template:
    metadata: {labels: {app: j}}
    spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [sleep, '1000']}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: j}
spec: {minAvailable: 50%, selector: {matchLabels: {app: j}}}
",
    );
    let condition = |desk: &mut Desk| {
        let path = "{.status.conditions[0].reason}: {.status.conditions[0].message}";
        desk.says(&format!("kubectl get pdb j -o jsonpath='{path}'"))
    };
    let why = "jobs.batch does not implement the scale subresource";
    assert_eq!(condition(&mut desk), format!("SyncFailed: {why}"));
    let events = desk.says("kubectl get events");
    let told = format!("Failed to calculate the number of expected pods: {why}");
    assert!(events.contains(&told), "{events}");
}

/// The scheduler's events say what it did, and who it is.
#[test]
fn events_of_the_scheduler_say_what_it_did() {
    let mut desk = Desk::new("");
    desk.says(
        r#"kubectl run a --image=nginx --overrides='{"spec":{"nodeSelector":{"disk":"ssd"}}}'"#,
    );
    desk.pass(2);
    let mut of = |pod: &str| {
        let path = "{.items[0].reason} {.items[0].action} {.items[0].reportingInstance}";
        desk.says(&format!(
            "kubectl get events --field-selector involvedObject.name={pod},reportingComponent=default-scheduler -o jsonpath='{path}'"
        ))
    };
    assert_eq!(of("a"), "FailedScheduling Scheduling default-scheduler-control-plane");
    assert_eq!(of("box"), "Scheduled Binding default-scheduler-control-plane");
}
