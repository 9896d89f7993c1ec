//! "Why?" and "why not?": the chain of causes of a state and what holds now, word by word, in scenes that a learner
//! meets. Everything is read from what the cluster recorded.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use podyard::api::{Kind, ObjectKey, Value};
use podyard::cluster::{Action, By, Cell, Cluster, Config, Patch, Registry, WriteOptions, clock};
use podyard::language::Language;
use podyard::manifest::load;
use podyard::sim::{Duration, Time};

/// A cluster, and what a person does to it.
struct Scene {
    cluster: Cluster,
}

fn words(text: &str) -> WriteOptions {
    WriteOptions { dry_run: false, words: text.to_owned() }
}

impl Scene {
    fn new() -> Self {
        Self { cluster: Cluster::new(Config::default()) }
    }

    fn create(&mut self, file: &str, text: &str) -> ObjectKey {
        let mut last = None;
        for document in load(file, text.as_bytes()) {
            let options = words(&format!("kubectl apply -f {file}"));
            let kind = document.kind.unwrap();
            let namespace = if kind.namespaced() { "default" } else { "" };
            let made = self.cluster.create(kind, namespace, document.value, &options).unwrap();
            last = Some(made.object.key());
        }
        last.unwrap()
    }

    fn pass(&mut self, seconds: i64) {
        let at = self.cluster.now() + Duration::from_seconds(seconds);
        self.cluster.run_until(at);
    }

    fn patch(&mut self, kind: Kind, key: &ObjectKey, json: &str, line: &str) {
        let patch = Patch::Merge(Value::from_json(json).unwrap());
        self.cluster.patch(kind, key, patch, &words(line)).unwrap();
    }

    fn act(&mut self, action: Action, line: &str) {
        self.cluster.act(action, &words(line)).unwrap();
    }

    /// The pods of the default namespace, by name.
    fn pods(&self) -> Vec<ObjectKey> {
        self.cluster.store().pods().iter_in(Some("default")).map(|pod| pod.meta.key()).collect()
    }

    /// The chain without its moments; what names are drawn for is written `*`.
    fn chain(&self, kind: Kind, key: &ObjectKey) -> Vec<String> {
        let why = self.cluster.why(kind, key).unwrap();
        assert!(why.chain.is_sorted_by_key(|link| link.at), "{:?}", why.chain);
        why.chain.iter().map(|link| star(&link.sentence(Language::En))).collect()
    }

    fn now(&self, kind: Kind, key: &ObjectKey, language: Language) -> Vec<String> {
        let why = self.cluster.why(kind, key).unwrap();
        why.now.iter().map(|link| star(&link.sentence(language))).collect()
    }

    fn slot(&self, cron: &ObjectKey, at: &str) -> String {
        let at = Time::parse_rfc3339(&format!("2026-01-01T{at}:00Z")).unwrap();
        self.cluster.why_not_at(cron, at).unwrap().sentence(Language::En)
    }
}

/// Five letters that were drawn for a name become `*`.
fn star(text: &str) -> String {
    let drawn = |word: &str| {
        let bare = word.trim_end_matches([':', ',', ';', '.', ')']);
        let (head, tail) = bare.rsplit_once('-')?;
        let alphabet = "bcdfghjklmnpqrstvwxz2456789";
        let is_drawn = tail.len() == 5 && tail.chars().all(|one| alphabet.contains(one));
        is_drawn.then(|| format!("{head}-*{}", word.strip_prefix(bare).unwrap_or_default()))
    };
    let parts: Vec<String> =
        text.split(' ').map(|word| drawn(word).unwrap_or_else(|| word.to_owned())).collect();
    parts.join(" ")
}

const CRON: &str = "apiVersion: batch/v1
kind: CronJob
metadata: {name: hello}
spec:
  schedule: '*/15 * * * *'
  jobTemplate:
    spec:
      backoffLimit: 4
      template:
        spec:
          restartPolicy: OnFailure
          containers:
          - {name: c, image: busybox, command: [sh, -c, 'sleep 5; exit 1']}
";

const RC: &str = "apiVersion: v1
kind: ReplicationController
metadata: {name: web}
spec:
  replicas: 3
  selector: {app: web}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
";

/// Runs until a pod's chain or standing says something; the last second is a second after it.
fn until(scene: &mut Scene, seconds: i64, done: impl Fn(&Scene) -> bool) {
    for _ in 0..seconds {
        if done(scene) {
            return;
        }
        scene.pass(1);
    }
    panic!("it did not happen within {seconds} s");
}

#[test]
fn a_pod_of_a_cron_job_goes_back_to_what_you_applied() {
    let mut scene = Scene::new();
    scene.create("cron.yaml", CRON);
    scene.pass(900);
    until(&mut scene, 60, |scene| {
        let pods = scene.pods();
        let first = pods.first();
        first.is_some_and(|pod| {
            scene.chain(Kind::Pod, pod).last().is_some_and(|line| line.contains("waits 20s"))
        })
    });
    let pod = scene.pods()[0].clone();
    assert_eq!(
        scene.chain(Kind::Pod, &pod),
        [
            "You created cronjob/hello (kubectl apply -f cron.yaml)",
            "cronjob/hello fired for 00:15:00 and created job/hello-29453775",
            "job/hello-29453775 created pod/hello-29453775-*: 0 of 1 done, parallelism 1: create 1",
            "The scheduler bound pod/hello-29453775-* to worker-1: 3 of 4 nodes fit; worker-1 and worker-2 score alike (394), and worker-1 has fewer pods or comes first by name; control-plane: has a taint that the pod does not tolerate",
            "Container c started",
            "Container c ended with exit code 1 (Error)",
            "Container c started again (restart 1)",
            "Container c ended with exit code 1 (Error)",
            "The kubelet waits 10s before it starts c again, until 00:15:22; the wait doubles with each crash, up to 5 minutes",
            "Container c started again (restart 2)",
            "Container c ended with exit code 1 (Error)",
            "The kubelet waits 20s before it starts c again, until 00:15:48; the wait doubles with each crash, up to 5 minutes",
        ]
    );
    let first = scene.cluster.why(Kind::Pod, &pod).unwrap().chain[0].clone();
    assert_eq!(first.by, By::You);
    assert_eq!(first.about, Some((Kind::CronJob, ObjectKey::new("default", "hello"))));
    assert_eq!(
        scene.now(Kind::Pod, &pod, Language::En),
        [
            "c ended with exit code 1 and waits (20s in all) before it is started again; restarts so far: 2: the next try is at 00:15:48, in 17s",
        ]
    );
    assert_eq!(
        scene.now(Kind::Pod, &pod, Language::Ko),
        [
            "c가 종료 코드 1로 끝나서 다시 시작하기 전에 기다립니다(모두 20초). 지금까지 재시작 2번: 다음 시도는 00:15:48, 17초 뒤입니다",
        ]
    );
}

#[test]
fn a_replacement_goes_back_to_the_pod_you_deleted() {
    let mut scene = Scene::new();
    scene.create("rc.yaml", RC);
    scene.pass(30);
    let before = scene.pods();
    let options = words("kubectl delete pod web");
    scene.cluster.delete(Kind::Pod, &before[1], &Default::default(), &options).unwrap();
    scene.pass(40);
    let new = scene.pods().into_iter().find(|pod| !before.contains(pod)).unwrap();
    assert_eq!(
        scene.chain(Kind::Pod, &new),
        [
            "You created replicationcontroller/web (kubectl apply -f rc.yaml)",
            "You deleted pod/web-* (kubectl delete pod web)",
            "replicationcontroller/web created pod/web-*: 3 wanted, 2 there: create 1",
            "The scheduler bound pod/web-* to worker-1: 3 of 4 nodes fit, and worker-1 scored best, 591 against 491 of worker-2; what decided: pods of its kind are spread evenly; control-plane: has a taint that the pod does not tolerate",
            "Container c started",
        ]
    );
}

#[test]
fn an_eviction_goes_back_to_the_plug_you_pulled() {
    let mut scene = Scene::new();
    scene.create("rc.yaml", RC);
    scene.pass(30);
    scene.act(Action::StopNode("worker-2".into()), "yard node stop worker-2");
    scene.pass(10);
    let on = |scene: &Scene| {
        let pods = scene.cluster.store().pods();
        let found =
            pods.iter_in(Some("default")).find(|pod| pod.node.as_deref() == Some("worker-2"));
        found.unwrap().meta.key()
    };
    let pod = on(&scene);
    assert_eq!(
        scene.now(Kind::Pod, &pod, Language::En),
        [
            "The machine under worker-2 does not run, so nothing happens to its pods: since 00:00:30: yard node stop worker-2",
        ]
    );
    scene.pass(60);
    assert_eq!(
        scene.now(Kind::Pod, &pod, Language::En),
        [
            "The machine under worker-2 does not run, so nothing happens to its pods: since 00:00:30: yard node stop worker-2",
            "The taint of its node drives it out at 00:06:20, in 4m40s",
        ]
    );
    scene.pass(330);
    assert_eq!(
        scene.chain(Kind::Pod, &pod),
        [
            "You created replicationcontroller/web (kubectl apply -f rc.yaml)",
            "replicationcontroller/web created pod/web-*: 3 wanted, 0 there: create 3",
            "The scheduler bound pod/web-* to worker-2: 3 of 4 nodes fit; worker-2 and worker-3 score alike (594), and worker-2 has fewer pods or comes first by name; control-plane: has a taint that the pod does not tolerate",
            "Container c started",
            "You: yard node stop worker-2",
            "node/worker-2 stopped answering: for 40 s nothing was heard of it",
            "pod/web-* is no longer ready",
            "node/worker-2 got the taint node.kubernetes.io/unreachable:NoSchedule",
            "node/worker-2 got the taint node.kubernetes.io/unreachable:NoExecute",
            "pod/web-* was told to stop and has 30 s to do so: taints with NoExecute drive out pods that do not tolerate them",
        ]
    );
    assert_eq!(
        scene.now(Kind::Node, &ObjectKey::cluster("worker-2"), Language::En),
        [
            "The machine under worker-2 does not run, so nothing happens to its pods: since 00:00:30: yard node stop worker-2",
            "Its taint node.kubernetes.io/unreachable:NoSchedule keeps pods away that do not tolerate it",
            "Its taint node.kubernetes.io/unreachable:NoExecute drives pods out that do not tolerate it",
        ]
    );
}

#[test]
fn a_crash_of_yours_is_the_cause_of_a_restart() {
    let mut scene = Scene::new();
    scene.create("rc.yaml", RC);
    scene.pass(30);
    let pod = scene.pods()[0].clone();
    scene.act(Action::CrashPod { pod: pod.clone(), container: None }, "yard pod crash web");
    scene.pass(3);
    let chain = scene.chain(Kind::Pod, &pod);
    assert_eq!(
        chain[chain.len() - 3..],
        [
            "You: yard pod crash web",
            "Container c ended with exit code 1 (Error)",
            "Container c started again (restart 1)"
        ]
    );
}

#[test]
fn a_killed_container_goes_back_to_its_probe() {
    let mut scene = Scene::new();
    let pod = scene.create("probe.yaml", include_str!("../assets/examples/probe.yaml"));
    until(&mut scene, 240, |scene| {
        scene.chain(Kind::Pod, &pod).iter().any(|line| line.contains("started again"))
    });
    assert_eq!(
        scene.chain(Kind::Pod, &pod),
        [
            "You created pod/kubia-liveness (kubectl apply -f probe.yaml)",
            "The scheduler bound pod/kubia-liveness to worker-1: 3 of 4 nodes fit; worker-1 and worker-2 score alike (394), and worker-1 has fewer pods or comes first by name; control-plane: has a taint that the pod does not tolerate",
            "Container kubia started",
            "Unhealthy: Liveness probe failed: HTTP probe failed with statuscode: 500 (3 times in 20s)",
            "Killing: Container kubia failed liveness probe, will be restarted",
            "Container kubia ended with exit code 137 (Error)",
            "Container kubia started again (restart 1)",
        ]
    );
}

#[test]
fn a_rollout_goes_from_your_image_through_both_replica_sets() {
    let mut scene = Scene::new();
    let key = scene.create("deployment.yaml", include_str!("../assets/examples/deployment.yaml"));
    scene.pass(30);
    let old = scene.pods();
    let container =
        scene.cluster.store().deployments().get(&key).unwrap().spec.template.spec.containers[0]
            .name
            .clone();
    let patch = format!(
        r#"{{"spec":{{"template":{{"spec":{{"containers":[{{"name":"{container}","image":"nginx:1.29"}}]}}}}}}}}"#
    );
    let patch = Patch::Strategic(Value::from_json(&patch).unwrap());
    scene
        .cluster
        .patch(Kind::Deployment, &key, patch, &words("kubectl set image deploy web"))
        .unwrap();
    scene.pass(60);
    let made = |pod: &ObjectKey| scene.cluster.store().pods().get(pod).unwrap().meta.created;
    let new = scene.pods().into_iter().filter(|pod| !old.contains(pod)).min_by_key(made).unwrap();
    assert_eq!(
        scene.chain(Kind::Pod, &new),
        [
            "You created deployment/web (kubectl apply -f deployment.yaml)",
            "You changed deployment/web (kubectl set image deploy web)",
            "deployment/web created replicaset/web-66966d6f65: a ReplicaSet for the new template: web-66966d6f65 with 1 pod",
            "replicaset/web-66966d6f65 created pod/web-66966d6f65-*: 1 wanted, 0 there: create 1",
            "The scheduler bound pod/web-66966d6f65-* to worker-1: 3 of 4 nodes fit; worker-1 and worker-2 score alike (591), and worker-1 has fewer pods or comes first by name; control-plane: has a taint that the pod does not tolerate",
            "Container nginx started",
        ]
    );
    scene.patch(Kind::Deployment, &key, r#"{"spec":{"paused":true}}"#, "kubectl rollout pause");
    scene.pass(5);
    assert_eq!(
        scene.now(Kind::Deployment, &key, Language::En),
        ["The rollout is paused: a changed template makes no pods until it is resumed",]
    );
}

#[test]
fn a_cron_job_answers_for_each_slot() {
    let mut scene = Scene::new();
    let text = "apiVersion: batch/v1
kind: CronJob
metadata: {name: slow}
spec:
  schedule: '*/5 * * * *'
  concurrencyPolicy: Forbid
  timeZone: Asia/Seoul
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 700']}]
";
    let cron = scene.create("slow.yaml", text);
    scene.pass(301);
    assert_eq!(
        scene.slot(&cron, "00:05"),
        "00:05:00: job/slow-29453765 was created: 09:05 in Asia/Seoul"
    );
    scene.pass(301);
    assert_eq!(
        scene.slot(&cron, "00:10"),
        "00:10:00: not fired, because job/slow-29453765 still ran and the policy is Forbid: 09:10 in Asia/Seoul"
    );
    assert_eq!(
        scene.slot(&cron, "00:12"),
        "00:12:00 is no slot of */5 * * * *: the next one is 00:15:00: 09:12 in Asia/Seoul"
    );
    assert_eq!(
        scene.slot(&cron, "00:00"),
        "00:00:00: no slot of it, the CronJob was created at 00:00:00: 09:00 in Asia/Seoul"
    );
    assert_eq!(scene.slot(&cron, "00:20"), "00:20:00 is still to come: 09:20 in Asia/Seoul");
    assert_eq!(
        scene.now(Kind::CronJob, &cron, Language::En),
        [
            "The schedule */5 * * * * is due next at 00:15:00, in 4m58s: 09:15 in Asia/Seoul",
            "00:10:00: not fired, because job/slow-29453765 still ran and the policy is Forbid: 09:10 in Asia/Seoul",
            "00:05:00: job/slow-29453765 was created: 09:05 in Asia/Seoul",
        ]
    );
    assert_eq!(
        scene.now(Kind::CronJob, &cron, Language::Ko),
        [
            "일정 */5 * * * *의 다음 시각은 00:15:00, 4분 58초 뒤입니다: Asia/Seoul 시각으로 09:15",
            "00:10:00: job/slow-29453765가 아직 실행 중이고 정책이 Forbid라서 실행되지 않았습니다: Asia/Seoul 시각으로 09:10",
            "00:05:00: job/slow-29453765가 만들어졌습니다: Asia/Seoul 시각으로 09:05",
        ]
    );
    // The first Job ends at 16:40 and a bit: the latest missed slot is made up for, the others are not.
    scene.pass(500);
    assert_eq!(
        scene.slot(&cron, "00:10"),
        "00:10:00: not fired, because job/slow-29453765 still ran and the policy is Forbid; of the missed slots only the latest (00:15:00) was made up for: 09:10 in Asia/Seoul"
    );
    assert_eq!(
        scene.slot(&cron, "00:15"),
        "00:15:00: job/slow-29453775 was created late, at 00:16:42: 09:15 in Asia/Seoul"
    );
    scene.patch(Kind::CronJob, &cron, r#"{"spec":{"suspend":true}}"#, "kubectl patch cronjob slow");
    scene.pass(600);
    assert_eq!(
        scene.slot(&cron, "00:25"),
        "00:25:00: not fired, because the CronJob was suspended: 09:25 in Asia/Seoul; kubectl patch cronjob slow"
    );
    assert_eq!(
        scene.now(Kind::CronJob, &cron, Language::En)[0],
        "The CronJob is suspended: it starts nothing: 09:30 in Asia/Seoul"
    );
}

#[test]
fn a_deadline_that_passed_and_a_schedule_that_never_fires() {
    let mut scene = Scene::new();
    let text = "apiVersion: batch/v1
kind: CronJob
metadata: {name: short}
spec:
  schedule: '*/5 * * * *'
  concurrencyPolicy: Forbid
  startingDeadlineSeconds: 30
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: c, image: busybox, command: [sh, -c, 'sleep 400']}]
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: never}
spec:
  schedule: '0 0 31 2 *'
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: c, image: busybox}]
";
    scene.create("short.yaml", text);
    let (short, never) = (ObjectKey::new("default", "short"), ObjectKey::new("default", "never"));
    scene.pass(301 + 301 + 250);
    assert_eq!(
        scene.slot(&short, "00:10"),
        "00:10:00: not fired, because job/short-29453765 still ran, the policy is Forbid, and the deadline of 30 s then passed"
    );
    assert_eq!(scene.slot(&never, "00:10"), "00:10:00: the schedule 0 0 31 2 * never fires");
    assert_eq!(
        scene.now(Kind::CronJob, &never, Language::En),
        ["The schedule 0 0 31 2 * never fires",]
    );
}

#[test]
fn a_controller_that_makes_no_pod_says_why() {
    let mut scene = Scene::new();
    let rc = scene.create("rc.yaml", RC);
    scene.pass(30);
    assert_eq!(
        scene.now(Kind::ReplicationController, &rc, Language::En),
        ["3 wanted, and 3 pods match app=web already: no pod is made",]
    );
    assert_eq!(
        scene.now(Kind::ReplicationController, &rc, Language::Ko),
        ["3개를 원하고, app=web에 맞는 파드가 이미 3개 있어서 더 만들지 않습니다",]
    );
    let strict = RC
        .replace("name: web}", "name: strict}")
        .replace("app: web", "app: strict")
        .replace("spec: {containers", "spec: {priorityClassName: ghost, containers");
    let strict = scene.create("strict.yaml", &strict);
    scene.pass(5);
    assert_eq!(
        scene.now(Kind::ReplicationController, &strict, Language::En),
        [
            "3 wanted, 0 there, and the API server refuses more: pods \"strict-jzgpz\" is forbidden: no PriorityClass with name ghost was found",
        ]
    );
}

#[test]
fn a_job_that_makes_no_pod_says_why() {
    let mut scene = Scene::new();
    let job = |name: &str, spec: &str, script: &str| {
        format!(
            "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n  {spec}\n  template:\n    spec:\n      restartPolicy: Never\n      containers: [{{name: c, image: busybox, command: [sh, -c, '{script}']}}]\n"
        )
    };
    let many =
        scene.create("many.yaml", &job("many", "completions: 5\n  parallelism: 2", "sleep 60"));
    let bad = scene.create("bad.yaml", &job("bad", "backoffLimit: 6", "exit 1"));
    let still = scene.create("still.yaml", &job("still", "suspend: true", "exit 0"));
    scene.pass(20);
    assert_eq!(
        scene.now(Kind::Job, &many, Language::En),
        [
            "2 pods are active, as many as parallelism allows (2): the next one is made when one ends",
        ]
    );
    assert_eq!(
        scene.now(Kind::Job, &still, Language::En),
        ["The Job is suspended: it has no pods until it is resumed",]
    );
    until(&mut scene, 60, |scene| scene.now(Kind::Job, &bad, Language::En)[0].contains("back-off"));
    assert_eq!(
        scene.now(Kind::Job, &bad, Language::En),
        ["2 pods failed: the next one is made at 00:00:32, in 12s (back-off)",]
    );
    scene.pass(3600);
    assert_eq!(
        scene.now(Kind::Job, &bad, Language::En),
        [
            "The Job failed (BackoffLimitExceeded: Job has reached the specified backoff limit): no more pods are made",
        ]
    );
    assert_eq!(
        scene.now(Kind::Job, &many, Language::En),
        ["The Job is complete, with 5 successes: no more pods are made",]
    );
    assert_eq!(
        scene.chain(Kind::Job, &bad),
        [
            "You created job/bad (kubectl apply -f bad.yaml)",
            "Container c (pod/bad-*) ended with exit code 1 (Error)",
            "job/bad failed: BackoffLimitExceeded: Job has reached the specified backoff limit",
        ]
    );
}

#[test]
fn a_pod_that_stays_pending_says_why_for_every_node() {
    let mut scene = Scene::new();
    let big = "apiVersion: v1\nkind: Pod\nmetadata: {name: big}\nspec:\n  nodeSelector: {disk: ssd}\n  containers: [{name: c, image: nginx, resources: {requests: {cpu: '8'}}}]\n";
    let pod = scene.create("big.yaml", big);
    scene.pass(5);
    assert_eq!(
        scene.now(Kind::Pod, &pod, Language::En),
        [
            "No node fits: control-plane: has a taint that the pod does not tolerate; worker-1, worker-2, worker-3: is not among the nodes that the pod asks for (node selector or affinity); 0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
        ]
    );
    assert_eq!(
        scene.now(Kind::Pod, &pod, Language::Ko),
        [
            "들어갈 노드가 없습니다: control-plane: 파드가 견디지 못하는 테인트가 있습니다; worker-1, worker-2, worker-3: 파드가 원하는 노드가 아닙니다 (노드 셀렉터 또는 어피니티); 0/4 nodes are available: 1 node(s) had untolerated taint(s), 3 node(s) didn't match Pod's node affinity/selector. no new claims to deallocate, preemption: 0/4 nodes are available: 4 Preemption is not helpful for scheduling.",
        ]
    );
    let table = scene.cluster.why(Kind::Pod, &pod).unwrap().placement.unwrap();
    assert_eq!(table.chosen, None);
    let row = table.rows.iter().find(|row| &*row.node == "worker-1").unwrap();
    // All checks are asked, also those behind the first that refuses.
    let refused: Vec<&str> = row
        .cells
        .iter()
        .filter_map(|cell| match cell {
            Cell::Refused(words) => Some(&**words),
            Cell::Passed | Cell::NotAsked => None,
        })
        .collect();
    assert_eq!(refused, ["node(s) didn't match Pod's node affinity/selector", "Insufficient cpu",]);
    assert_eq!(
        table.lines(Language::En),
        [
            "What the checks say of each node:",
            "  control-plane: has a taint that the pod does not tolerate",
            "  worker-1: is not among the nodes that the pod asks for (node selector or affinity)",
            "  worker-2: is not among the nodes that the pod asks for (node selector or affinity)",
            "  worker-3: is not among the nodes that the pod asks for (node selector or affinity)",
        ]
    );
    let gated = "apiVersion: v1\nkind: Pod\nmetadata: {name: gated}\nspec:\n  schedulingGates: [{name: example.com/wait}]\n  containers: [{name: c, image: nginx}]\n";
    let gated = scene.create("gated.yaml", gated);
    let image = "apiVersion: v1\nkind: Pod\nmetadata: {name: image}\nspec:\n  containers: [{name: c, image: 'nginx:doesnotexist'}]\n";
    let image = scene.create("image.yaml", image);
    scene.pass(40);
    assert_eq!(
        scene.now(Kind::Pod, &gated, Language::En),
        ["Scheduling gates hold it back: example.com/wait",]
    );
    assert_eq!(
        scene.now(Kind::Pod, &image, Language::En),
        [
            "The image nginx:doesnotexist of c cannot be pulled: Back-off pulling image \"nginx:doesnotexist\": ErrImagePull: rpc error: code = NotFound desc = failed to pull and unpack image \"docker.io/library/nginx:doesnotexist\": failed to resolve reference \"docker.io/library/nginx:doesnotexist\": docker.io/library/nginx:doesnotexist: not found: the next try is at 00:01:17, in 32s",
        ]
    );
    scene.act(Action::Registry(Registry::Down), "yard registry down");
    let other = "apiVersion: v1\nkind: Pod\nmetadata: {name: other}\nspec:\n  containers: [{name: c, image: 'httpd'}]\n";
    let other = scene.create("other.yaml", other);
    scene.pass(20);
    assert_eq!(
        scene.now(Kind::Pod, &other, Language::En),
        [
            "The image httpd of c cannot be pulled: the registry is down: the next try is at 00:01:17, in 12s",
        ]
    );
    let mount = "apiVersion: v1\nkind: Pod\nmetadata: {name: mount}\nspec:\n  volumes: [{name: v, configMap: {name: missing}}]\n  containers: [{name: c, image: busybox, volumeMounts: [{name: v, mountPath: /v}]}]\n";
    let mount = scene.create("mount.yaml", mount);
    scene.pass(10);
    assert_eq!(
        scene.now(Kind::Pod, &mount, Language::En),
        [
            "A volume cannot be mounted: MountVolume.SetUp failed for volume \"v\" : configmap \"missing\" not found",
        ]
    );
}

#[test]
fn a_bound_pods_table_is_the_one_of_the_decision() {
    let mut scene = Scene::new();
    scene.create("rc.yaml", RC);
    scene.pass(30);
    let pod = scene.pods()[0].clone();
    let table = |scene: &Scene| scene.cluster.why(Kind::Pod, &pod).unwrap().placement.unwrap();
    let then = table(&scene);
    assert_eq!(
        then.lines(Language::En),
        [
            "What the checks say of each node:",
            "  worker-2: chosen, with 594 points (few \"rather not\" taints 300, spread of its kind 200, room left 94)",
            "  worker-3: fits, with 594 points (few \"rather not\" taints 300, spread of its kind 200, room left 94)",
            "  worker-1: fits, with 491 points (few \"rather not\" taints 300, spread of its kind 100, room left 91)",
            "  control-plane: has a taint that the pod does not tolerate",
        ]
    );
    assert_eq!(
        then.rows[0]
            .score
            .map(|(total, parts)| (total, parts.iter().sum::<i64>()))
            .map(|(a, b)| a == b),
        Some(true)
    );
    let plane = then.rows.iter().find(|row| &*row.node == "control-plane").unwrap();
    assert_eq!(plane.cells[0], Cell::Passed);
    assert_eq!(plane.cells[1], Cell::Refused("node(s) had untolerated taint(s)".into()));
    assert_eq!(plane.cells[2], Cell::NotAsked);
    // What happens later does not change it.
    scene.patch(
        Kind::Node,
        &ObjectKey::cluster("worker-1"),
        r#"{"spec":{"unschedulable":true}}"#,
        "kubectl cordon worker-1",
    );
    scene.pass(5);
    assert_eq!(table(&scene), then);
}

#[test]
fn a_daemon_set_says_which_check_leaves_a_node_out() {
    let mut scene = Scene::new();
    let text = "apiVersion: apps/v1
kind: DaemonSet
metadata: {name: ssd}
spec:
  selector: {matchLabels: {app: ssd}}
  template:
    metadata: {labels: {app: ssd}}
    spec:
      nodeSelector: {disk: ssd}
      containers: [{name: c, image: nginx}]
";
    let set = scene.create("ds.yaml", text);
    let label = r#"{"metadata":{"labels":{"disk":"ssd"}}}"#;
    for node in ["worker-1", "control-plane"] {
        scene.patch(Kind::Node, &ObjectKey::cluster(node), label, "kubectl label node");
    }
    scene.pass(20);
    assert_eq!(
        scene.now(Kind::DaemonSet, &set, Language::En),
        [
            "1 of 4 nodes have a pod of it",
            "control-plane is left out: its taint node-role.kubernetes.io/control-plane:NoSchedule is not tolerated",
            "worker-2 is left out: it lacks the label disk=ssd of the nodeSelector",
            "worker-3 is left out: it lacks the label disk=ssd of the nodeSelector",
        ]
    );
    assert_eq!(
        scene.now(Kind::DaemonSet, &set, Language::Ko),
        [
            "노드 4개 중 1개에 이 파드가 있습니다",
            "control-plane은 빠집니다. 테인트 node-role.kubernetes.io/control-plane:NoSchedule을 견디지 못합니다",
            "worker-2는 빠집니다. nodeSelector의 레이블 disk=ssd가 없습니다",
            "worker-3은 빠집니다. nodeSelector의 레이블 disk=ssd가 없습니다",
        ]
    );
}

#[test]
fn a_service_without_endpoints_says_why() {
    let mut scene = Scene::new();
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: web}\nspec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}\n";
    let key = scene.create("service.yaml", service);
    assert_eq!(
        scene.now(Kind::Service, &key, Language::En),
        ["No pod matches app=web: the Service has no endpoints",]
    );
    scene.create("rc.yaml", RC);
    scene.pass(1);
    assert_eq!(
        scene.now(Kind::Service, &key, Language::En)[0],
        "3 pods match app=web, and none of them is ready: nobody gets requests"
    );
    scene.pass(30);
    assert_eq!(
        scene.now(Kind::Service, &key, Language::En),
        [
            "3 of 3 pods that match app=web are ready and get requests",
            "No container of these pods names a port http",
        ]
    );
    let bare =
        "apiVersion: v1\nkind: Service\nmetadata: {name: bare}\nspec: {ports: [{port: 80}]}\n";
    let bare = scene.create("bare.yaml", bare);
    assert_eq!(
        scene.now(Kind::Service, &bare, Language::En),
        ["It has no selector: its endpoints are written by hand",]
    );
}

#[test]
fn an_adoption_a_release_and_a_cordon_are_links() {
    let mut scene = Scene::new();
    scene.create("rc.yaml", RC);
    scene.pass(20);
    let pod = scene.pods()[0].clone();
    scene.patch(
        Kind::Pod,
        &pod,
        r#"{"metadata":{"labels":{"app":"mine"}}}"#,
        "kubectl label pod web app=mine --overwrite",
    );
    scene.pass(2);
    scene.patch(
        Kind::Pod,
        &pod,
        r#"{"metadata":{"labels":{"app":"web"}}}"#,
        "kubectl label pod web app=web --overwrite",
    );
    scene.pass(2);
    let chain = scene.chain(Kind::Pod, &pod);
    assert_eq!(
        chain[chain.len() - 5..],
        [
            "Container c started",
            "You changed the labels of pod/web-* (kubectl label pod web app=mine --overwrite)",
            "replicationcontroller/web let pod/web-* go",
            "You changed the labels of pod/web-* (kubectl label pod web app=web --overwrite)",
            "replicationcontroller/web adopted pod/web-*",
        ]
    );
    let node = ObjectKey::cluster("worker-1");
    scene.patch(Kind::Node, &node, r#"{"spec":{"unschedulable":true}}"#, "kubectl cordon worker-1");
    scene.pass(2);
    let chain = scene.chain(Kind::Node, &node);
    assert_eq!(
        chain[chain.len() - 2..],
        [
            "node/worker-1 was cordoned and takes no new pods: kubectl cordon worker-1",
            "node/worker-1 got the taint node.kubernetes.io/unschedulable:NoSchedule",
        ]
    );
    assert_eq!(
        scene.now(Kind::Node, &node, Language::En),
        ["It is cordoned: the scheduler puts no new pods here",]
    );
}

#[test]
fn going_back_keeps_the_causes_of_that_moment() {
    let mut scene = Scene::new();
    scene.create("rc.yaml", RC);
    scene.pass(30);
    let pod = scene.pods()[0].clone();
    let before = scene.cluster.why(Kind::Pod, &pod).unwrap();
    let at = scene.cluster.now();
    scene.pass(5);
    scene.act(Action::CrashPod { pod: pod.clone(), container: None }, "yard pod crash web");
    scene.pass(30);
    assert_ne!(scene.cluster.why(Kind::Pod, &pod).unwrap(), before);
    // Each link is a moment that one can go to; the causes of that moment are the same ones.
    scene.cluster.back_to(at);
    let again = scene.cluster.why(Kind::Pod, &pod).unwrap();
    assert_eq!(again.chain, before.chain);
    assert!(before.chain.iter().all(|link| link.at <= at && !clock(link.at).is_empty()));
}
