//! What is seen of containers from inside: as whom they run, what they may write, what they use.

use crate::Desk;

#[test]
fn a_shell_says_as_whom_it_runs() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: who}
spec:
  securityContext: {runAsUser: 1000, runAsGroup: 3000, fsGroup: 2000, supplementalGroups: [4000]}
  containers:
  - {name: pod, image: busybox, command: [sleep, '9999']}
  - {name: own, image: busybox, command: [sleep, '9999'], securityContext: {runAsUser: 7}}
  - {name: root, image: busybox, command: [sleep, '9999'], securityContext: {runAsUser: 0, runAsGroup: 0}}
  - {name: bash, image: debian, command: [sleep, '9999']}
  - {name: node, image: 'node:22', command: [sleep, '9999'], securityContext: {runAsGroup: 1000}}
",
    );
    for (container, line, says) in [
        ("pod", "id", "uid=1000 gid=3000 groups=2000,3000,4000\n"),
        ("pod", "id -u", "1000\n"),
        ("pod", "id -G", "2000 3000 4000\n"),
        ("own", "id", "uid=7 gid=3000 groups=2000,3000,4000\n"),
        ("root", "id", "uid=0(root) gid=0(root) groups=0(root),10(wheel),2000,4000\n"),
        ("root", "id -un", "root\n"),
        ("root", "whoami", "root\n"),
        ("root", "sh -c 'echo $HOME'", "/root\n"),
        ("pod", "sh -c 'echo $HOME; cd; pwd'", "/\n/\n"),
        ("bash", "id", "uid=1000 gid=3000 groups=3000,2000,4000\n"),
        ("node", "id", "uid=1000(node) gid=1000(node) groups=1000(node),2000,4000\n"),
        ("node", "whoami", "node\n"),
    ] {
        let found = desk.says(&format!("kubectl exec who -c {container} -- {line}"));
        assert_eq!(found, says, "{container}: {line}");
    }
    for (container, line, says) in [
        ("pod", "touch /x", "touch: /x: Permission denied\n"),
        ("pod", "rm /etc/hostname", "rm: can't remove '/etc/hostname': Permission denied\n"),
        ("pod", "mkdir /new", "mkdir: can't create directory '/new': Permission denied\n"),
        ("pod", "sh -c 'echo x > /x'", "sh: can't create /x: Permission denied\n"),
        ("pod", "touch /tmp/x", ""),
        ("node", "touch /home/node/x", ""),
        ("root", "touch /x", ""),
    ] {
        let found = desk.says(&format!("kubectl exec who -c {container} -- {line}"));
        let own = found.lines().filter(|line| !line.starts_with("command terminated"));
        let own: String = own.map(|line| format!("{line}\n")).collect();
        assert_eq!(own, says, "{container}: {line}");
    }
    let unknown = desk.says("kubectl exec who -c pod -- whoami");
    assert!(unknown.starts_with("whoami: unknown uid 1000\n"), "{unknown}");
    let path = "'{.status.containerStatuses[?(@.name==\"root\")].user.linux}'";
    let shown = desk.says(&format!("kubectl get pod who -o jsonpath={path}"));
    assert_eq!(shown, r#"{"gid":0,"supplementalGroups":[0,10,2000,4000],"uid":0}"#);
}

#[test]
fn who_must_not_be_root_is_not_created() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: root}
spec:
  securityContext: {runAsNonRoot: true}
  containers: [{name: c, image: nginx}]
",
    );
    let path = "'{.status.containerStatuses[0].state.waiting.reason}: {.status.containerStatuses[0].state.waiting.message}'";
    let shown = desk.says(&format!("kubectl get pod root -o jsonpath={path}"));
    let uid = desk.says("kubectl get pod root -o jsonpath='{.metadata.uid}'");
    assert_eq!(
        shown,
        format!(
            "CreateContainerConfigError: container has runAsNonRoot and image will run as root (pod: \"root_default({uid})\", container: c)"
        )
    );
}

#[test]
fn a_read_only_root_leaves_volumes_to_write() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: ro}
spec:
  volumes:
  - {name: data, emptyDir: {}}
  - {name: fixed, emptyDir: {}}
  containers:
  - name: c
    image: busybox
    command: [sh, -c, 'echo hello > /greeting; echo $? > /data/status; sleep 9999']
    securityContext: {readOnlyRootFilesystem: true}
    volumeMounts: [{name: data, mountPath: /data}, {name: fixed, mountPath: /fixed, readOnly: true}]
  - {name: bash, image: debian, command: [sleep, '9999'], securityContext: {readOnlyRootFilesystem: true}}
  - {name: free, image: busybox, command: [sleep, '9999']}
---
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {restartPolicy: Never, containers: [{name: c, image: nginx, securityContext: {readOnlyRootFilesystem: true}}]}
---
apiVersion: v1
kind: Pod
metadata: {name: other}
spec: {restartPolicy: Never, securityContext: {runAsUser: 1000}, containers: [{name: c, image: nginx}]}
---
apiVersion: v1
kind: Pod
metadata: {name: mended}
spec:
  securityContext: {runAsUser: 1000}
  volumes: [{name: cache, emptyDir: {}}, {name: run, emptyDir: {}}]
  containers:
  - name: c
    image: nginx
    securityContext: {readOnlyRootFilesystem: true}
    volumeMounts: [{name: cache, mountPath: /var/cache/nginx}, {name: run, mountPath: /var/run}]
",
    );
    let log = desk.says("kubectl logs ro -c c");
    assert_eq!(log, "sh: can't create /greeting: Read-only file system\n");
    for (container, line, says) in [
        ("c", "cat /data/status", "1\n"),
        ("c", "touch /x", "touch: /x: Read-only file system\n"),
        ("c", "touch /data/x", ""),
        ("c", "mkdir /new", "mkdir: can't create directory '/new': Read-only file system\n"),
        ("c", "rm /etc/hostname", "rm: can't remove '/etc/hostname': Read-only file system\n"),
        ("c", "cp /etc/hostname /tmp/y", "cp: can't create '/tmp/y': Read-only file system\n"),
        ("c", "touch /fixed/x", "touch: /fixed/x: Read-only file system\n"),
        ("c", "sh -c 'echo x > /none/x'", "sh: can't create /none/x: nonexistent directory\n"),
        ("c", "sh -c 'echo x > /dev/null'", ""),
        ("bash", "bash -c 'echo x > /x'", "bash: line 1: /x: Read-only file system\n"),
        ("free", "touch /x", ""),
        (
            "free",
            "touch /var/run/secrets/kubernetes.io/serviceaccount/x",
            "touch: /var/run/secrets/kubernetes.io/serviceaccount/x: Read-only file system\n",
        ),
    ] {
        let found = desk.says(&format!("kubectl exec ro -c {container} -- {line}"));
        let own = found.lines().filter(|line| !line.starts_with("command terminated"));
        let own: String = own.map(|line| format!("{line}\n")).collect();
        assert_eq!(own, says, "{container}: {line}");
    }
    let log = desk.says("kubectl logs web | tail -1");
    let line = "nginx: [emerg] mkdir() \"/var/cache/nginx/client_temp\" failed (30: Read-only file system)\n";
    assert_eq!(log, line);
    let log = desk.says("kubectl logs other | tail -1");
    assert_eq!(log, line.replace("30: Read-only file system", "13: Permission denied"));
    let phases = desk.says("kubectl get pods web mended -o jsonpath='{.items[*].status.phase}'");
    assert_eq!(phases, "Failed Running");
}

/// Follows "Assign Memory Resources to Containers and Pods" of the documentation.
#[test]
fn stress_is_killed_above_its_limit_and_runs_below() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: above}
spec:
  restartPolicy: Never
  containers:
  - name: c
    image: polinux/stress
    resources: {requests: {memory: 50Mi}, limits: {memory: 100Mi}}
    command: [stress]
    args: ['--vm', '1', '--vm-bytes', 250M, '--vm-hang', '1']
---
apiVersion: v1
kind: Pod
metadata: {name: below}
spec:
  containers:
  - name: c
    image: polinux/stress
    resources: {requests: {memory: 100Mi}, limits: {memory: 200Mi}}
    command: [stress]
    args: ['--vm', '1', '--vm-bytes', 150M, '--vm-hang', '1']
---
apiVersion: v1
kind: Pod
metadata: {name: cpu}
spec: {containers: [{name: c, image: vish/stress, resources: {limits: {cpu: '1'}}, args: [-cpus, '2']}]}
",
    );
    desk.pass(20);
    let end = "{.status.containerStatuses[0].state.terminated}";
    let shown = desk.says(&format!("kubectl get pod above -o jsonpath='{end}'"));
    assert!(shown.contains("\"exitCode\":137") && shown.contains("OOMKilled"), "{shown}");
    let hogs = "stress: info: [1] dispatching hogs: 0 cpu, 0 io, 1 vm, 0 hdd\n";
    assert_eq!(desk.says("kubectl logs above"), hogs);
    assert_eq!(desk.says("kubectl logs below"), hogs);
    let phase = desk.says("kubectl get pods below cpu -o jsonpath='{.items[*].status.phase}'");
    assert_eq!(phase, "Running Running");
    let log = desk.says("kubectl logs cpu");
    let lines: Vec<&str> =
        log.lines().filter_map(|line| line.split_once("main.go:")).map(|it| it.1).collect();
    assert_eq!(
        lines,
        [
            "26] Allocating \"0\" memory, in \"4Ki\" chunks, with a 1ms sleep between allocations",
            "39] Spawning a thread to consume CPU",
            "39] Spawning a thread to consume CPU",
            "29] Allocated \"0\" memory",
        ]
    );
    // It wants two processors and may have one.
    let used = desk.says("kubectl top pod cpu --no-headers");
    assert_eq!(used.split_whitespace().nth(1), Some("1000m"), "{used}");
    let used = desk.says("kubectl top pod below --no-headers");
    let memory = used.split_whitespace().nth(2).and_then(|text| text.strip_suffix("Mi"));
    let memory: i64 = memory.unwrap().parse().unwrap();
    assert!((130..=200).contains(&memory), "{used}");
}

#[test]
fn containers_that_share_a_limit_lose_the_largest() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: shared}
spec:
  restartPolicy: Never
  resources: {requests: {memory: 100Mi}, limits: {memory: 200Mi}}
  containers:
  - {name: large, image: polinux/stress, command: [stress, --vm, '1', --vm-bytes, 150M, --vm-hang, '1']}
  - {name: small, image: polinux/stress, command: [stress, --vm, '1', --vm-bytes, 80M, --vm-hang, '1']}
",
    );
    desk.pass(20);
    let states = "{range .status.containerStatuses[*]}{.name} {.state.terminated.reason} {.state.terminated.exitCode};{end}{.status.phase}";
    let shown = desk.says(&format!("kubectl get pod shared -o jsonpath='{states}'"));
    assert_eq!(shown, "large OOMKilled 137;small  ;Running");
}

#[test]
fn a_key_can_become_a_file_in_folders() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: ConfigMap
metadata: {name: conf}
data: {a: one, b: two}
---
apiVersion: v1
kind: Pod
metadata: {name: p}
spec:
  volumes:
  - {name: v, configMap: {name: conf, items: [{key: a, path: deep/down/a.txt}, {key: b, path: b.txt}]}}
  containers: [{name: c, image: busybox, command: [sleep, '9999'], volumeMounts: [{name: v, mountPath: /v}]}]
",
    );
    for (line, says) in [
        ("ls /v", "b.txt\ndeep\n"),
        ("ls /v/deep", "down\n"),
        ("ls /v/deep /v/deep/down", "/v/deep:\ndown\n\n/v/deep/down:\na.txt\n"),
        ("ls /v/b.txt /v/deep", "/v/b.txt\n\n/v/deep:\ndown\n"),
        ("ls -R /v", "/v:\nb.txt\ndeep\n\n/v/deep:\ndown\n\n/v/deep/down:\na.txt\n"),
        ("ls -d /v", "/v\n"),
        ("cat /v/deep/down/a.txt", "one"),
    ] {
        assert_eq!(desk.says(&format!("kubectl exec p -- {line}")), says, "{line}");
    }
}

#[test]
fn logs_of_requests_name_who_asked() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
  - {name: c, image: nginx, readinessProbe: {periodSeconds: 600, httpGet: {path: /, port: 80}}}
---
apiVersion: v1
kind: Pod
metadata: {name: curl}
spec: {containers: [{name: c, image: curlimages/curl, command: [sleep, '9999']}]}
",
    );
    let address = desk.says("kubectl get pod web -o jsonpath='{.status.podIP}'");
    desk.fetch(&address);
    desk.says(&format!("kubectl exec curl -- curl -s http://{address}/none"));
    desk.says(&format!("kubectl exec curl -- curl -s -A mine http://{address}/"));
    let log = desk.says("kubectl logs web | grep GET");
    let agents: Vec<&str> = log.lines().filter_map(|line| line.rsplit('"').nth(3)).collect();
    assert_eq!(agents, ["kube-probe/1.36", "Wget", "curl/8.17.0", "mine"], "{log}");
    let time = log.split(['[', ']']).nth(1).unwrap_or_default();
    assert!(time.len() == 26 && time.ends_with(" +0000") && time.get(2..3) == Some("/"), "{log}");
}
