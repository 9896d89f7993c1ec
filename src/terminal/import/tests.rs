use std::rc::Rc;

use super::is_dump;
use crate::cluster::{Cluster, Config};
use crate::sim::Duration;
use crate::terminal::{Stream, Terminal};

const STAGING: &str = include_str!("../../../tests/dumps/staging.yaml");

fn run(cluster: &mut Cluster, terminal: &mut Terminal, line: &str) -> (i32, String) {
    let poll = terminal.start(line).poll(cluster, terminal);
    let shown = poll.output.into_iter().filter(|(stream, _)| *stream != Stream::Explain);
    (poll.status.unwrap(), shown.map(|(_, text)| text).collect())
}

fn pass(cluster: &mut Cluster, seconds: i64) {
    let at = cluster.now() + Duration::from_seconds(seconds);
    cluster.run_until(at);
}

fn with_file(name: &str, text: &str) -> (Cluster, Terminal) {
    let mut terminal = Terminal::default();
    terminal.files.insert(name.into(), Rc::from(text));
    (Cluster::new(Config::default()), terminal)
}

#[test]
fn a_dump_of_a_real_cluster_stands_here() {
    let (mut cluster, mut terminal) = with_file("staging.yaml", STAGING);
    let (status, said) = run(&mut cluster, &mut terminal, "yard import staging.yaml");
    assert_eq!(status, 0, "{said}");
    assert_eq!(
        said,
        "1 cronjob, 1 deployment, 1 job, 1 namespace, 4 nodes, 1 pod, 1 service imported from staging.yaml
left out: 2 objects that control loops make anew
left as they are: 1 that are here already
not taken: Certificate/web-tls: this cluster has no such kind
"
    );
    pass(&mut cluster, 120);
    let mut see = |line: &str| run(&mut cluster, &mut terminal, line).1;
    assert_eq!(
        see("kubectl get nodes -o custom-columns=N:.metadata.name --no-headers"),
        "staging-a\nstaging-b\nstaging-c\nstaging-cp\n"
    );
    assert_eq!(
        see(
            "kubectl get node staging-a -o jsonpath='{.status.capacity.cpu} {.metadata.labels.disk} {.spec.taints[*].key}'"
        ),
        "16 ssd team"
    );
    assert_eq!(see("kubectl get node staging-b -o jsonpath='{.spec.unschedulable}'"), "true");
    let ready = "jsonpath='{.status.conditions[?(@.type==\"Ready\")].status}'";
    assert_eq!(see(&format!("kubectl get node staging-c -o {ready}")), "Unknown");
    assert_eq!(
        see("kubectl get node staging-cp -o jsonpath='{.spec.taints[*].key}'"),
        "node-role.kubernetes.io/control-plane"
    );
    let status = "custom-columns=N:.metadata.name,R:.status.readyReplicas";
    assert_eq!(see(&format!("kubectl -n shop get deploy -o {status} --no-headers")), "web   2\n");
    assert_eq!(see("kubectl -n shop get job migrate -o jsonpath='{.status.succeeded}'"), "1");
    assert_eq!(
        see("kubectl -n shop get cronjob report -o jsonpath='{.spec.schedule}'"),
        "*/5 * * * *"
    );
    assert_eq!(
        see("kubectl -n shop get pod debug -o jsonpath='{.spec.nodeName} {.status.phase}'"),
        "staging-a Running"
    );
}

#[test]
fn what_this_cluster_prints_of_itself_stands_in_another() {
    let (mut cluster, mut terminal) = with_file("a.yaml", "");
    let lines = "kubectl create namespace team
kubectl create deployment web --image=nginx --replicas=3
kubectl -n team create cronjob tick --image=busybox --schedule='*/2 * * * *' -- true
kubectl create job once --image=busybox -- sh -c 'sleep 5'
kubectl label node worker-2 disk=ssd
kubectl taint node worker-3 gpu=yes:NoSchedule
yard node add big --cpu 32 --memory 64Gi
yard node rm worker-1";
    assert_eq!(run(&mut cluster, &mut terminal, lines).0, 0);
    pass(&mut cluster, 200);
    let all = "kubectl get nodes,ns,deploy,rs,ds,job,cronjob,rc,pods -A -o yaml";
    let (_, dump) = run(&mut cluster, &mut terminal, all);
    assert!(is_dump(&dump));
    let (mut other, mut fresh) = with_file("dump.yaml", &dump);
    let (status, said) = run(&mut other, &mut fresh, "yard import dump.yaml");
    assert_eq!((status, said.contains("not taken")), (0, false), "{said}");
    pass(&mut other, 200);
    for line in [
        "kubectl get nodes -o custom-columns=N:.metadata.name,C:.status.capacity.cpu,M:.status.capacity.memory,D:.metadata.labels.disk,T:.spec.taints[*].key",
        "kubectl get deploy,cronjob -A -o custom-columns=N:.metadata.name,R:.status.readyReplicas,S:.spec.schedule",
        "kubectl get job once -o jsonpath='{.status.succeeded}'",
        "kubectl get ds -A -o custom-columns=N:.metadata.name,R:.status.numberReady",
    ] {
        let (here, there) =
            (run(&mut cluster, &mut terminal, line).1, run(&mut other, &mut fresh, line).1);
        assert_eq!(here, there, "{line}");
    }
}

#[test]
fn what_is_no_dump_is_said_and_changes_nothing() {
    let (mut cluster, mut terminal) = with_file("a.txt", "hello: [");
    for (line, words) in [
        ("yard import", "yard: import FILE\n"),
        ("yard import b.yaml", "yard: b.yaml: there is no such file in the workspace\n"),
    ] {
        assert_eq!(run(&mut cluster, &mut terminal, line), (1, words.to_owned()));
    }
    let (status, said) = run(&mut cluster, &mut terminal, "yard import a.txt");
    assert_eq!((status, said.starts_with("yard: a.txt: ")), (1, true), "{said}");
    assert!(cluster.inputs().is_empty());
    assert!(!is_dump("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"));
    assert!(is_dump(STAGING));
}
