//! What Deployments and DaemonSets tell of themselves.

use super::Desk;

/// Broken pods of an old ReplicaSet go in a write of their own, before sound ones do.
#[test]
fn an_old_replica_set_shrinks_by_its_broken_pods_first() {
    let mut desk = Desk::new("");
    desk.says("kubectl create deployment web --image=nginx --replicas=4");
    desk.says(
        r#"kubectl patch deploy web -p '{"spec":{"strategy":{"rollingUpdate":{"maxSurge":"50%","maxUnavailable":"50%"}}}}'"#,
    );
    desk.pass(10);
    desk.says("yard registry down");
    desk.says("kubectl delete $(kubectl get pods -l app=web -o name | tail -1) --wait=false");
    desk.says("kubectl set image deploy/web nginx=redis");
    desk.pass(20);
    let events = desk.says("kubectl get events --sort-by=.metadata.creationTimestamp");
    let set = desk.says("kubectl get rs -o jsonpath='{.items[?(@.spec.template.spec.containers[0].image==\"nginx\")].metadata.name}'");
    let told: Vec<&str> = events
        .lines()
        .filter_map(|line| line.split_once(&format!("Scaled down replica set {} ", set.trim())))
        .map(|(_, steps)| steps)
        .collect();
    assert_eq!(told, ["from 4 to 3", "from 3 to 2"], "{events}");
}

#[test]
fn a_deployment_that_is_made_paused_says_so_before_it_counts() {
    let mut desk = Desk::new(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  paused: true
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
",
    );
    let order = desk.says("kubectl get deploy web -o jsonpath='{.status.conditions[*].type}'");
    assert_eq!(order, "Progressing Available");
}

/// What comes too early is looked at after a whole wait more, as the queue has it, and not when the wait is over.
#[test]
fn a_daemon_pod_that_fails_too_early_waits_a_whole_wait() {
    let mut desk = Desk::new(
        "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  updateStrategy: {type: OnDelete}
  template:
    metadata: {labels: {app: agent}, annotations: {podyard.dev/disk-use: 2Gi}}
    spec:
      nodeSelector: {kubernetes.io/hostname: worker-1}
      containers: [{name: c, image: nginx, resources: {limits: {ephemeral-storage: 1Gi}}}]
",
    );
    desk.pass(180);
    let killed = "kubectl get events --field-selector reason=FailedDaemonPod -o jsonpath='{.items[*].firstTimestamp}'";
    let killed = desk.says(killed);
    let minutes: Vec<&str> = killed.split(' ').filter_map(|time| time.get(14..19)).collect();
    // Pods are evicted every ten seconds. After 8 and 16 seconds of waiting the next ones come too early.
    assert_eq!(minutes, ["00:10", "00:20", "00:30", "00:40", "00:50", "01:16", "01:52", "03:04"]);
}
