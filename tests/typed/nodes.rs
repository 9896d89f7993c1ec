//! What nodes tell of themselves: leases, heartbeats, what is asked of them.

use podyard::api::{Kind, ObjectKey};

use crate::{Desk, with};

const LEASE: &str = "kubectl get lease worker-1 -n kube-node-lease -o jsonpath={.spec.renewTime}";
const HEARTBEATS: &str =
    "kubectl get node worker-1 -o jsonpath={.status.conditions[*].lastHeartbeatTime}";

/// When the node last reported; all of its conditions say the same.
fn heartbeat(desk: &mut Desk) -> String {
    let times = desk.says(HEARTBEATS);
    let mut times: Vec<&str> = times.split(' ').collect();
    times.dedup();
    assert_eq!(times.len(), 1, "{times:?}");
    times[0].to_owned()
}

/// Follows `lease/controller_test.go` and `TestUpdateNodeStatusWithLease`.
#[test]
fn a_node_renews_its_lease_and_reports_while_it_runs() {
    let mut desk = with("");
    // 00:00:20 by now.
    let lease = desk.says("kubectl get lease worker-1 -n kube-node-lease -o yaml");
    for part in [
        "apiVersion: coordination.k8s.io/v1\nkind: Lease\n",
        "  ownerReferences:\n  - apiVersion: v1\n    kind: Node\n    name: worker-1\n    uid: ",
        "spec:\n  holderIdentity: worker-1\n  leaseDurationSeconds: 40\n  renewTime: \"2026-01-01T00:00:20.000000Z\"\n",
    ] {
        assert!(lease.contains(part), "{part}: {lease}");
    }
    desk.pass(9);
    assert_eq!(desk.says(LEASE), "2026-01-01T00:00:20.000000Z");
    desk.pass(1);
    assert_eq!(desk.says(LEASE), "2026-01-01T00:00:30.000000Z");
    assert!(
        desk.says("kubectl describe node worker-1")
            .contains("  RenewTime:       Thu, 01 Jan 2026 00:00:30 +0000\n")
    );
    // What nobody writes costs nothing: in an hour of quiet the store does not change.
    desk.pass(120);
    let version = desk.cluster.store().resource_version();
    let mut seen = vec![heartbeat(&mut desk)];
    for _ in 0..360 {
        desk.pass(10);
        let now = heartbeat(&mut desk);
        if seen.last() != Some(&now) {
            seen.push(now);
        }
    }
    // Some events of the set-up expire.
    let changes = desk.cluster.store().journal().since(version);
    assert!(changes.into_iter().all(|change| change.object.kind() == Kind::Event));
    let minutes: Vec<i64> = seen
        .iter()
        .map(|at| podyard::sim::Time::parse_rfc3339(at).unwrap().unix_seconds())
        .collect();
    assert!((12..=13).contains(&minutes.len()), "{seen:?}");
    // After news the first report comes sooner or later, the others every five minutes.
    assert!(minutes.windows(2).skip(1).all(|pair| pair[1] - pair[0] == 300), "{seen:?}");
}

#[test]
fn a_silent_node_leaves_its_lease_as_it_was() {
    let mut desk = with("");
    desk.pass(15);
    desk.says("yard node stop worker-1");
    let (lease, heartbeat_then) = (desk.says(LEASE), heartbeat(&mut desk));
    assert_eq!(lease, "2026-01-01T00:00:30.000000Z");
    desk.pass(3000);
    assert_eq!((desk.says(LEASE), heartbeat(&mut desk)), (lease, heartbeat_then));
    desk.says("yard node start worker-1");
    desk.pass(10);
    assert_eq!(desk.says(LEASE), "2026-01-01T00:50:40.000000Z");
    // The report of its start, three seconds after it.
    assert_eq!(heartbeat(&mut desk), "2026-01-01T00:50:38Z");
}

#[test]
fn a_lease_that_is_deleted_comes_back_and_goes_with_its_node() {
    let mut desk = with("");
    let key = ObjectKey::new("kube-node-lease", "worker-1");
    let there = |desk: &Desk| desk.cluster.store().get(Kind::Lease, &key).is_some();
    desk.pass(3);
    desk.says("kubectl delete lease worker-1 -n kube-node-lease --wait=false");
    assert!(!there(&desk));
    assert!(desk.says("kubectl describe node worker-1").contains(
        "Lease:              Failed to get lease: leases.coordination.k8s.io \"worker-1\" not found\n"
    ));
    desk.pass(7);
    assert!(there(&desk));
    desk.says("kubectl delete node worker-1");
    desk.pass(30);
    assert!(!there(&desk));
    // A node that nobody's kubelet looks after has none.
    desk.terminal
        .files
        .insert("node.yaml".into(), "apiVersion: v1\nkind: Node\nmetadata: {name: ghost}\n".into());
    desk.says("kubectl apply -f node.yaml");
    desk.pass(60);
    assert!(!desk.says("kubectl get leases -n kube-node-lease").contains("ghost"));
}

/// Follows `TestDescribeNode` and `describeNodeResource`.
#[test]
fn what_is_asked_of_a_node_is_told_with_its_disk_and_its_init_containers() {
    let mut desk = with("
apiVersion: v1
kind: Pod
metadata: {name: big}
spec:
  nodeName: worker-3
  initContainers:
  - {name: first, image: busybox, command: ['true'], resources: {requests: {cpu: 1500m}, limits: {cpu: '2', memory: 1Gi}}}
  containers:
  - {name: c, image: nginx, resources: {requests: {cpu: 500m, ephemeral-storage: 10Gi}, limits: {memory: 512Mi, ephemeral-storage: 20Gi}}}
");
    let text = desk.says("kubectl describe node worker-3");
    let lines: Vec<String> =
        text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    let line =
        |start: &str| lines.iter().rev().find(|line| line.starts_with(start)).unwrap().as_str();
    assert!(
        line("default big").starts_with("default big 1500m (37%) 2 (50%) 1Gi (12%) 1Gi (12%) "),
        "{text}"
    );
    assert_eq!(line("ephemeral-storage"), "ephemeral-storage 10Gi (10%) 20Gi (20%)");
}

#[test]
fn the_namespace_of_leases_comes_back_and_they_with_it() {
    let mut desk = Desk::new("");
    desk.says("kubectl delete namespace kube-node-lease");
    assert_eq!(desk.says("kubectl get leases -A"), "No resources found\n");
    // The first look after the deletion is at the full minute, and the kubelets' next try ten seconds later.
    desk.pass(51);
    assert!(desk.says("kubectl get namespaces").contains("kube-node-lease   Active"));
    assert_eq!(desk.says("kubectl get leases -A -o name").lines().count(), 4);
    assert!(!desk.says("kubectl get nodes").contains("NotReady"));
}

/// Follows `ValidateLeaseSpec`.
#[test]
fn a_lease_lasts_for_some_time() {
    let mut desk = Desk::new("");
    let patch = |spec: &str| {
        format!(
            "kubectl patch lease worker-1 -n kube-node-lease --type=merge -p '{{\"spec\":{{{spec}}}}}'"
        )
    };
    let said = desk.says(&patch("\"leaseDurationSeconds\":0,\"leaseTransitions\":-1"));
    assert_eq!(
        said,
        "The Lease \"worker-1\" is invalid: \n\
         * spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0\n\
         * spec.leaseTransitions: Invalid value: -1: must be greater than or equal to 0\n"
    );
    let said = desk.says(&patch("\"leaseDurationSeconds\":1,\"leaseTransitions\":0"));
    assert_eq!(said, "lease.coordination.k8s.io/worker-1 patched\n");
}
