//! The native binary from outside: what it prints, and with which exit status.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Runs `podyard` with these arguments and this standard input.
fn podyard(arguments: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_podyard"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

fn err(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}

/// A file of this test, which is not there yet.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name)
}

const SCRIPT: &str = "kubectl create deployment web --image=nginx --replicas=2
sleep 20
yard node stop worker-1
sleep 400
kubectl scale deployment web --replicas=3
sleep 5
";

#[test]
fn a_session_that_was_saved_replays_to_the_same_end_and_goes_on() {
    let saved = file("session.json");
    let saved = saved.to_str().unwrap();
    let look = "kubectl get pods -A -o yaml\n";
    let run = podyard(
        &["run", "--no-echo", "--seed", "7", "--save", saved, "-"],
        &format!("{SCRIPT}{look}"),
    );
    assert!(run.status.success(), "{}", err(&run));
    let replay = podyard(&["replay", "--no-echo", saved, "-"], look);
    assert!(replay.status.success(), "{}", err(&replay));
    assert!(err(&replay).ends_with(": the same end, byte for byte\n"), "{}", err(&replay));
    let pods = out(&run).find("apiVersion").map(|at| out(&run).split_at(at).1);
    assert_eq!(pods, Some(out(&replay)));
}

#[test]
fn a_session_that_ends_otherwise_is_noticed() {
    let saved = file("changed.json");
    let path = saved.to_str().unwrap();
    podyard(&["run", "--no-echo", "--save", path, "-"], SCRIPT);
    let text = std::fs::read_to_string(&saved).unwrap();
    let changed = text.replace(r#""seed":"1""#, r#""seed":"2""#);
    assert_ne!(text, changed);
    std::fs::write(&saved, changed).unwrap();
    let replay = podyard(&["replay", path], "");
    assert_eq!(replay.status.code(), Some(1));
    assert!(err(&replay).contains("ANOTHER end"), "{}", err(&replay));
}

#[test]
fn what_is_no_session_is_said_in_a_sentence() {
    let path = file("nonsense.json");
    for (text, words) in
        [("{", "no session: EOF"), ("{}", "version"), (r#"{"podyard":1,"seed":"x"}"#, "seed")]
    {
        std::fs::write(&path, text).unwrap();
        let replay = podyard(&["replay", path.to_str().unwrap()], "");
        assert_eq!(replay.status.code(), Some(2));
        assert!(err(&replay).contains(words), "{text}: {}", err(&replay));
    }
}

#[test]
fn the_exit_status_is_that_of_the_last_line_and_a_failed_line_stops_nothing() {
    let run = podyard(&["run", "-"], "kubectl get pod nobody\nkubectl get nodes --no-headers\n");
    assert!(run.status.success());
    assert!(out(&run).contains("$ kubectl get nodes --no-headers\ncontrol-plane"), "{}", out(&run));
    assert_eq!(err(&run), "Error from server (NotFound): pods \"nobody\" not found\n");
    let run = podyard(&["run", "-"], "kubectl get nodes\nkubectl get pod nobody\n");
    assert_eq!(run.status.code(), Some(1));
}

#[test]
fn a_wrong_call_says_how_it_is_done() {
    for arguments in [&["dance"][..], &["run"], &["run", "--seed", "x", "-"], &["replay"], &[]] {
        let run = podyard(arguments, "");
        assert_eq!(run.status.code(), Some(2), "{arguments:?}");
        assert!(err(&run).contains("podyard replay"), "{arguments:?}: {}", err(&run));
    }
}

#[test]
fn lessons_are_checked_with_file_line_and_reason() {
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/lessons/jobs");
    let good = podyard(&["check", root], "");
    assert!(good.status.success(), "{}", out(&good));
    let count = std::fs::read_dir(root).unwrap().filter(|file| {
        let name = file.as_ref().unwrap().file_name();
        name != "track.yaml" && name.to_string_lossy().ends_with(".yaml")
    });
    let count = count.count();
    let words = format!("{count} of {count} lessons are sound, ");
    assert!(out(&good).contains(&words), "{}", out(&good));

    let text = std::fs::read_to_string(format!("{root}/hello.yaml")).unwrap();
    let (odd, undone) = (file("odd.yaml"), file("undone.yaml"));
    std::fs::write(&odd, text.replace("minutes: 6", "minuets: 6")).unwrap();
    std::fs::write(&undone, text.replace("kubectl delete job hello\n    sleep 10", "sleep 10"))
        .unwrap();
    let wrong = podyard(&["check", odd.to_str().unwrap(), undone.to_str().unwrap()], "");
    assert_eq!(wrong.status.code(), Some(1));
    let told = out(&wrong);
    assert!(told.contains("odd.yaml: 5:1: unknown field `minuets`"), "{told}");
    assert!(told.contains("the solution does not do task 1: Expected: 0 Job (hello)"), "{told}");
    assert!(told.contains("0 of 2 lessons are sound"), "{told}");
}

#[test]
fn a_server_of_files_answers_what_it_has() {
    let script = "kubectl run web --image=nginx
sleep 10
kubectl exec web -- curl -s -o /dev/null -w %{http_code} localhost/missing
kubectl exec web -- sh -c 'mkdir -p /usr/share/nginx/html; echo hi > /usr/share/nginx/html/x'
kubectl exec web -- curl -s localhost/x
kubectl logs web | grep -c ' 404 '
";
    let run = podyard(&["run", "--no-echo", "-"], script);
    assert!(out(&run).contains("hi\n1\n"), "{}{}", out(&run), err(&run));
}

/// Runs a script from the start; gives what its last lines print.
#[track_caller]
fn says(script: &str, expected: &str) {
    let run = podyard(&["run", "--no-echo", "-"], script);
    assert_eq!(out(&run), expected, "{}", err(&run));
}

/// Follows the endpointslice controller's TestSyncServiceFull and the endpoints controller's TestSyncEndpointsItems*.
#[test]
fn a_service_shows_who_stands_behind_it_and_answers_by_its_name() {
    says(
        "kubectl create deployment web --image=nginx --replicas=2 > f
kubectl expose deployment web --port=80 > f
kubectl run c --image=busybox --restart=Never -- sh -c 'sleep 6; wget -qO- http://web.default.svc.cluster.local | wc -l' > f
sleep 5
kubectl get endpoints,endpointslices -l app=web
sleep 5
kubectl logs c
kubectl describe service web | grep Endpoints
kubectl scale deployment web --replicas=0 > f
sleep 40
kubectl get endpoints,endpointslices -l app=web
kubectl delete service web > f
kubectl get endpoints,endpointslices -l app=web -o name
",
        "NAME            ENDPOINTS                     AGE
endpoints/web   10.244.1.2:80,10.244.2.2:80   5s

NAME                                       ADDRESSTYPE   PORTS   ENDPOINTS               AGE
endpointslice.discovery.k8s.io/web-cq7ww   IPv4          80      10.244.1.2,10.244.2.2   5s
9
Endpoints:                10.244.1.2:80,10.244.2.2:80
NAME            ENDPOINTS   AGE
endpoints/web   <none>      50s

NAME                                       ADDRESSTYPE   PORTS     ENDPOINTS   AGE
endpointslice.discovery.k8s.io/web-cq7ww   IPv4          <unset>   <unset>     50s
",
    );
}

/// The text of the reference: what a controller says when a quota is used up.
#[test]
fn a_quota_refuses_what_would_exceed_it_and_says_what_is_used() {
    says(
        "echo '{apiVersion: v1, kind: ResourceQuota, metadata: {name: q}, spec: {hard: {pods: 2, count/jobs.batch: 0}}}' | kubectl apply -f - > f
kubectl create deployment web --image=nginx --replicas=3 > f
sleep 5
kubectl get events --field-selector reason=FailedCreate -o jsonpath='{.items[0].message}' | cut -d' ' -f1-3,5-
kubectl get quota
kubectl delete deployment web > f
sleep 40
kubectl get quota
",
        "Error creating: pods is forbidden: exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2
NAME   REQUEST                            LIMIT   AGE
q      count/jobs.batch: 0/0, pods: 2/2           5s
NAME   REQUEST                            LIMIT   AGE
q      count/jobs.batch: 0/0, pods: 0/2           45s
",
    );
}

/// The container's own shell waits for whoever sits at it, and ends with it: with its code where the pod is not started
/// again, and with a restart where it is.
#[test]
fn one_sits_at_the_shell_that_a_container_runs() {
    let saved = file("sat.json");
    let saved = saved.to_str().unwrap();
    let run = podyard(
        &["run", "--no-echo", "--save", saved, "-"],
        "kubectl run once --rm -it --image=busybox --restart=Never -- sh
echo inside
exit 3
kubectl run again -it --image=busybox
hostname
exit
sleep 5
kubectl get pods
kubectl attach again -it
pwd
exit
sleep 60
kubectl get pods
kubectl run web --image=nginx
sleep 5
timeout 2 kubectl attach web -q
kubectl attach nope
",
    );
    assert_eq!(
        out(&run),
        "inside
Session ended, resume using 'kubectl attach once -c once -n default -i -t' command
pod \"once\" deleted from default namespace
again
Session ended, resume using 'kubectl attach again -c again -n default -i -t' command
NAME    READY   STATUS    RESTARTS     AGE
again   1/1     Running   1 (5s ago)   7s
/
Session ended, resume using 'kubectl attach again -c again -n default -i -t' command
NAME    READY   STATUS    RESTARTS      AGE
again   1/1     Running   2 (60s ago)   67s
pod/web created
"
    );
    let told = "All commands and output from this session will be recorded in container logs";
    assert_eq!(err(&run).matches(told).count(), 3, "{}", err(&run));
    assert!(err(&run).contains("pod default/once terminated (Error)\n"), "{}", err(&run));
    assert!(err(&run).ends_with("Error from server (NotFound): pods \"nope\" not found\n"));
    let replay = podyard(&["replay", saved], "");
    assert!(err(&replay).ends_with(": the same end, byte for byte\n"), "{}", err(&replay));
}

/// What a script prints on both streams, without the lines themselves.
fn printed(script: &str) -> String {
    let run = podyard(&["run", "--no-echo", "-"], script);
    format!("{}{}", out(&run), err(&run))
}

#[test]
fn the_new_replica_set_is_the_one_with_the_template() {
    let told = "kubectl describe deployment web | grep ReplicaSet:\n\
                kubectl describe deployment web | grep ReplicaSets:\n";
    let paused = printed(&format!(
        "kubectl create deployment web --image=nginx:1.28 >/dev/null\nsleep 20\n\
         kubectl rollout pause deployment web >/dev/null\n\
         kubectl set image deployment web nginx=nginx:1.29 >/dev/null\n{told}"
    ));
    let old = "OldReplicaSets:  web-77768f5b79 (1/1 replicas created)\n";
    assert_eq!(paused, format!("NewReplicaSet:   <none>\n{old}"));
    let recreated = printed(&format!(
        "kubectl create deployment web --image=nginx:1.28 >/dev/null\n\
         kubectl patch deployment web -p '{{\"spec\":{{\"strategy\":{{\"type\":\"Recreate\",\"rollingUpdate\":null}}}}}}' >/dev/null\n\
         sleep 20\nkubectl set image deployment web nginx=nginx:1.29 >/dev/null\nsleep 0.1\n{told}"
    ));
    let old = "OldReplicaSets:  web-77768f5b79 (0/0 replicas created)\n";
    assert_eq!(recreated, format!("NewReplicaSet:   <none>\n{old}"));
    let back = printed(&format!(
        "kubectl create deployment web --image=nginx:1.28 >/dev/null\nsleep 20\n\
         kubectl set image deployment web nginx=nginx:1.29 >/dev/null\nsleep 20\n\
         kubectl rollout pause deployment web >/dev/null\n\
         kubectl set image deployment web nginx=nginx:1.28 >/dev/null\n{told}"
    ));
    assert!(back.starts_with("NewReplicaSet:   web-77768f5b79 (0/0 replicas created)\n"), "{back}");
}

#[test]
fn a_drain_without_evictions_tells_only_what_is_gone() {
    let drained = printed(
        "kubectl run x --image=nginx >/dev/null\nsleep 20\nnode=$(kubectl get pod x -o jsonpath='{.spec.nodeName}')\n\
         kubectl drain $node --ignore-daemonsets --force --disable-eviction | grep x\n",
    );
    assert_eq!(drained.lines().next(), Some("pod/x deleted"), "{drained}");
}

#[test]
fn what_is_sent_to_a_server_by_its_address_says_that_it_is_not() {
    let refused = printed(
        "kubectl create --raw /api/v1/namespaces/default/pods -f x\nkubectl replace --raw /api/v1/nodes/x -f x\n",
    );
    let lines = ["create --raw /api/v1/namespaces/default/pods", "replace --raw /api/v1/nodes/x"]
        .map(|call| format!("error: {call} is not part of this sandbox\n"));
    assert_eq!(refused, lines.concat());
}

/// What a container finds of its pod's service account, and a pod that does not want to be known.
#[test]
fn containers_find_the_token_of_their_service_account() {
    let folder = "/var/run/secrets/kubernetes.io/serviceaccount";
    let script = format!(
        "kubectl create namespace shop
kubectl run web --image=nginx -n shop
kubectl run anonymous --image=busybox --overrides='{{\"spec\":{{\"automountServiceAccountToken\":false}}}}' -- sleep 100
kubectl run says --image=busybox -- sh -c 'cat {folder}/namespace; echo; sleep 100'
sleep 10
kubectl exec web -n shop -- ls {folder}
kubectl exec web -n shop -- cat {folder}/namespace
echo
kubectl exec web -n shop -- head -n 1 {folder}/ca.crt
kubectl logs says
kubectl exec web -n shop -- cut -d. -f2 {folder}/token
kubectl exec web -n shop -- cut -d. -f2 {folder}/token
kubectl exec anonymous -- ls {folder}
"
    );
    let found = printed(&script);
    let expected = "ca.crt
namespace
token
shop
-----BEGIN CERTIFICATE-----
default
";
    let (_, rest) = found.split_once(expected).unwrap_or_else(|| panic!("{found}"));
    let claims: Vec<&str> = rest.lines().take(2).collect();
    assert_eq!(claims[0], claims[1]);
    let bytes = podyard::api::base64::decode(&claims[0].replace('-', "+").replace('_', "/"));
    let claims = podyard::api::Value::from_json(&String::from_utf8(bytes).unwrap()).unwrap();
    assert_eq!(claims.str_at("sub"), Some("system:serviceaccount:shop:default"), "{claims}");
    let about = |path: &[&str]| claims.at(path).and_then(|value| value.as_str()).unwrap();
    assert_eq!(about(&["kubernetes.io", "pod", "name"]), "web");
    assert!(about(&["kubernetes.io", "node", "uid"]).len() == 36, "{claims}");
    assert!(found.contains(&format!("ls: {folder}: No such file or directory")), "{found}");
}

/// PID 1 gets from inside only what it handles.
#[test]
fn a_container_is_ended_from_inside_if_it_listens() {
    says(
        "kubectl run web --image=nginx
kubectl run deaf --image=busybox -- sleep 1000
sleep 10
kubectl exec web -- kill -9 1
kubectl exec deaf -- kill 1
kubectl exec deaf -- sh -c 'kill -QUIT 1; kill -9 1'
kubectl exec web -- sh -c 'sleep 60 & kill $!; wait $!; echo $?'
sleep 2
kubectl get pods
kubectl exec web -- sh -c 'kill -QUIT 1'
sleep 3
kubectl get pods
kubectl get pod web -o jsonpath='{.status.containerStatuses[0].lastState.terminated.exitCode}'
echo
kubectl run heeds --image=busybox --restart=Never -- sh -c 'trap \"echo bye; exit 3\" TERM; sleep 1000 & wait'
sleep 5
kubectl exec heeds -- sh -c 'kill $(echo 1)'
sleep 1
kubectl logs heeds
kubectl get pod heeds -o jsonpath='{.status.phase} {.status.containerStatuses[0].state.terminated.exitCode}'
",
        "pod/web created
pod/deaf created
143
NAME   READY   STATUS    RESTARTS   AGE
deaf   1/1     Running   0          12s
web    1/1     Running   0          12s
NAME   READY   STATUS    RESTARTS     AGE
deaf   1/1     Running   0            15s
web    1/1     Running   1 (3s ago)   15s
0
pod/heeds created
bye
Failed 3",
    );
}

/// What a line sets is there in the next, whatever else the line did.
#[test]
fn a_shell_in_a_container_keeps_its_variables() {
    says(
        "kubectl run box --image=busybox -- sleep 1000
sleep 10
kubectl exec -it box -- sh
X=5; echo hi
echo $X; Y=\"it's\" && Z='a  b'
echo \"$Y $Z\"; for i in 1 2; do N=$i; done
greet() { echo \"hello $1\"; }
unset X; cd /tmp; echo \"[$X] $N\"
greet $(pwd)
exit
",
        "pod/box created
hi
5
it's a  b
[] 2
hello /tmp
",
    );
}
