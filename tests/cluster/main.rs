//! The whole engine through its facade: a manifest in, time passes, what the API then says.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod namespaces;

use podyard::api::{Kind, ObjectKey, Value};
use podyard::cluster::{Cluster, Config, WriteOptions};
use podyard::scheduler::table;
use podyard::sim::Duration;

fn apply(cluster: &mut Cluster, kind: Kind, json: &str) {
    let object = Value::from_json(json).unwrap();
    cluster.create(kind, "default", object, &WriteOptions::default()).unwrap();
}

fn after(cluster: &mut Cluster, seconds: i64) {
    let at = cluster.now() + Duration::from_seconds(seconds);
    cluster.run_until(at);
}

fn phases(cluster: &Cluster) -> Vec<String> {
    let pods = cluster.store().pods().iter_in(Some("default"));
    pods.map(|pod| format!("{} on {}", pod.status.phase.word(), pod.node.as_deref().unwrap_or("-")))
        .collect()
}

#[test]
fn the_default_cluster_stands_and_is_quiet() {
    let cluster = Cluster::new(Config::default());
    let nodes: Vec<bool> = cluster.store().nodes().iter().map(|node| node.ready()).collect();
    assert_eq!(nodes, [true; 4]);
    let system: Vec<&str> = cluster
        .store()
        .pods()
        .iter_in(Some("kube-system"))
        .map(|pod| pod.status.phase.word())
        .collect();
    assert_eq!(system, ["Running"; 8]);
}

#[test]
fn a_job_of_a_study_note_runs_to_its_end() {
    let mut cluster = Cluster::new(Config::default());
    let job = r#"{"metadata":{"name":"hello"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[
        {"name":"c","image":"busybox","args":["sh","-c","echo Hello, World && sleep 5"]}]}}}}"#;
    apply(&mut cluster, Kind::Job, job);
    after(&mut cluster, 20);
    let found =
        cluster.store().get(Kind::Job, &ObjectKey::new("default", "hello")).unwrap().to_value();
    assert_eq!(found.at(&["status", "succeeded"]).and_then(Value::as_i64), Some(1), "{found}");
    let conditions: Vec<&str> = found
        .get("status")
        .unwrap()
        .items_at("conditions")
        .iter()
        .filter_map(|one| one.str_at("type"))
        .collect();
    assert_eq!(conditions, ["SuccessCriteriaMet", "Complete"]);
    let pod = cluster.store().pods().iter_in(Some("default")).next().unwrap().meta.key();
    let log: Vec<String> = cluster
        .logs(&pod, "c", false)
        .unwrap()
        .into_iter()
        .map(|line| line.text.to_string())
        .collect();
    assert_eq!(log, ["Hello, World"]);
}

#[test]
fn replicas_are_replaced_and_spread() {
    let mut cluster = Cluster::new(Config::default());
    let rc = r#"{"metadata":{"name":"kubia"},"spec":{"replicas":3,"selector":{"app":"kubia"},"template":{"metadata":{
        "labels":{"app":"kubia"}},"spec":{"containers":[{"name":"kubia","image":"luksa/kubia"}]}}}}"#;
    apply(&mut cluster, Kind::ReplicationController, rc);
    after(&mut cluster, 20);
    let mut found = phases(&cluster);
    found.sort();
    assert_eq!(found, ["Running on worker-1", "Running on worker-2", "Running on worker-3"]);
    let victim = cluster.store().pods().iter_in(Some("default")).next().unwrap().meta.key();
    cluster.delete(Kind::Pod, &victim, &Default::default(), &WriteOptions::default()).unwrap();
    assert_eq!(phases(&cluster).len(), 4);
    after(&mut cluster, 60);
    assert_eq!(phases(&cluster).len(), 3);
    assert!(cluster.store().pods().get(&victim).is_none());
}

#[test]
fn a_crash_loop_backs_off_as_the_table_says() {
    let mut cluster = Cluster::new(Config::default());
    let pod = r#"{"metadata":{"name":"crash"},"spec":{"containers":[{"name":"c","image":"busybox","command":["sh","-c","exit 1"]}]}}"#;
    apply(&mut cluster, Kind::Pod, pod);
    let key = ObjectKey::new("default", "crash");
    let mut restarts = Vec::new();
    for _ in 0..330 {
        after(&mut cluster, 1);
        restarts.push(
            cluster
                .store()
                .pods()
                .get(&key)
                .unwrap()
                .status
                .containers
                .first()
                .map_or(0, |one| one.restart_count),
        );
    }
    // Runs begin about 0, 10, 30, 70, 150 and 310 s after the first end.
    let at = |seconds: usize| restarts[seconds + 3];
    assert_eq!(
        [at(1), at(8), at(15), at(28), at(35), at(68), at(76), at(148), at(160)],
        [1, 1, 2, 2, 3, 3, 4, 4, 5]
    );
    let status = cluster.store().get(Kind::Pod, &key).unwrap().to_value();
    assert!(status.to_json().contains("CrashLoopBackOff"), "{status}");
}

#[test]
fn a_source_that_says_too_much_about_an_object_is_not_heard_for_a_while() {
    let mut cluster = Cluster::new(Config::default());
    apply(
        &mut cluster,
        Kind::ReplicationController,
        r#"{"metadata":{"name":"web"},"spec":{"replicas":40,"selector":{"app":"web"},"template":{"metadata":{
        "labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"luksa/kubia"}]}}}}"#,
    );
    let told = |cluster: &Cluster| -> i64 {
        let events = cluster.store().events().iter();
        let own = events.filter(|event| &*event.source.component == "replication-controller");
        own.map(|event| event.count).sum()
    };
    after(&mut cluster, 10);
    // Twenty-five in a row, then one every five minutes.
    assert_eq!(told(&cluster), 25);
    after(&mut cluster, 610);
    for place in 0..4 {
        let pod = cluster.store().pods().iter_in(Some("default")).nth(place).unwrap().meta.key();
        cluster.delete(Kind::Pod, &pod, &Default::default(), &WriteOptions::default()).unwrap();
        after(&mut cluster, 1);
    }
    assert_eq!(told(&cluster), 27);
}

#[test]
fn a_pod_that_a_loop_made_is_a_pod_like_any_other() {
    let template = r#""template":{"metadata":{"labels":{"a":"b"}},"spec":{"terminationGracePeriodSeconds":-1,
        "hostNetwork":true,"containers":[{"name":"c","image":"luksa/kubia","ports":[{"containerPort":8080}],
        "resources":{"limits":{"cpu":"100m"}}}]}}"#;
    let mut cluster = Cluster::new(Config::default());
    for (kind, name, selector) in [
        (Kind::ReplicationController, "rc", r#""selector":{"a":"b"}"#),
        (Kind::DaemonSet, "ds", r#""selector":{"matchLabels":{"a":"b"}}"#),
    ] {
        let json =
            format!(r#"{{"metadata":{{"name":"{name}"}},"spec":{{{selector},{template}}}}}"#);
        apply(&mut cluster, kind, &json);
    }
    apply(
        &mut cluster,
        Kind::Job,
        r#"{"metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never","containers":[
        {"name":"c","image":"busybox","args":["sleep","60"],"resources":{"limits":{"memory":"1Mi"}}}]}}}}"#,
    );
    after(&mut cluster, 5);
    let pods: Vec<ObjectKey> =
        cluster.store().pods().iter_in(Some("default")).map(|pod| pod.meta.key()).collect();
    assert!(pods.len() > 3, "{pods:?}");
    for pod in pods {
        let found = cluster.store().get(Kind::Pod, &pod).unwrap().to_value();
        let spec = found.get("spec").unwrap();
        assert_eq!(spec.bool_at("enableServiceLinks"), Some(true), "{found}");
        let resources = spec.items_at("containers")[0].get("resources").unwrap();
        assert_eq!(resources.get("requests"), resources.get("limits"), "{found}");
        // An update that changes no more than a label is allowed.
        let patch = Value::from_json(r#"{"metadata":{"labels":{"seen":"yes"}}}"#).unwrap();
        let patch = podyard::cluster::Patch::Merge(patch);
        cluster.patch(Kind::Pod, &pod, patch, &WriteOptions::default()).unwrap();
    }
}

#[test]
fn a_service_gets_an_address_of_its_own_and_keeps_it() {
    let mut cluster = Cluster::new(Config::default());
    for name in ["a", "b"] {
        let json = format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"type":"NodePort","selector":{{"x":"y"}},"ports":[{{"port":80}},{{"name":"s","port":443}}]}}}}"#
        )
        .replace(r#"[{"port":80}"#, r#"[{"name":"w","port":80}"#);
        apply(&mut cluster, Kind::Service, &json);
    }
    let spec = |cluster: &Cluster, name: &str| {
        let found = cluster.store().get(Kind::Service, &ObjectKey::new("default", name)).unwrap();
        found.to_value().get("spec").unwrap().clone()
    };
    let (one, other) = (spec(&cluster, "a"), spec(&cluster, "b"));
    let address = one.str_at("clusterIP").unwrap().to_owned();
    assert!(address.starts_with("10."), "{one}");
    assert_ne!(other.str_at("clusterIP"), Some(&*address));
    let mut ports: Vec<i64> = [&one, &other]
        .iter()
        .flat_map(|spec| spec.items_at("ports"))
        .map(|port| port.i64_at("nodePort").unwrap())
        .collect();
    assert!(ports.iter().all(|port| (30_000..32_768).contains(port)), "{ports:?}");
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 4);
    // A writer that leaves the address out does not lose it; one that asks for another's is refused.
    let replaced =
        r#"{"metadata":{"name":"a"},"spec":{"selector":{"x":"z"},"ports":[{"port":80}]}}"#;
    let replaced = Value::from_json(replaced).unwrap();
    cluster.update(Kind::Service, "default", replaced, &WriteOptions::default()).unwrap();
    assert_eq!(spec(&cluster, "a").str_at("clusterIP"), Some(&*address));
    let thief = format!(
        r#"{{"metadata":{{"name":"c"}},"spec":{{"clusterIP":"{address}","ports":[{{"port":80}}]}}}}"#
    );
    let thief = Value::from_json(&thief).unwrap();
    let refused = cluster.create(Kind::Service, "default", thief, &WriteOptions::default());
    assert!(refused.unwrap_err().message.contains("already allocated"));
}

/// The events of a reason about objects of a kind: messages with counts, in the order in which they began.
fn told(cluster: &Cluster, kind: &str, reason: &str) -> Vec<(i64, String)> {
    let mut all: Vec<_> = cluster
        .store()
        .events()
        .iter()
        .filter(|event| *event.involved.kind == *kind && *event.reason == *reason)
        .collect();
    all.sort_by_key(|event| (event.first, event.meta.resource_version));
    all.iter().map(|event| (event.count, event.message.to_string())).collect()
}

/// From the tenth message on, similar events are combined. Follows `TestEventCorrelator`.
#[test]
fn the_tenth_message_of_a_kind_is_combined() {
    let mut cluster = Cluster::new(Config::default());
    let rc = r#"{"metadata":{"name":"web"},"spec":{"replicas":12,"selector":{"app":"web"},"template":{"metadata":{
        "labels":{"app":"web"}},"spec":{"containers":[{"name":"c","image":"luksa/kubia"}]}}}}"#;
    apply(&mut cluster, Kind::ReplicationController, rc);
    after(&mut cluster, 10);
    let created = told(&cluster, "ReplicationController", "SuccessfulCreate");
    assert_eq!(created.len(), 10, "{created:?}");
    assert!(
        created[..9].iter().all(|(count, text)| *count == 1 && text.starts_with("Created pod"))
    );
    assert_eq!(created[9].0, 3);
    assert!(created[9].1.starts_with("(combined from similar events): Created pod: web-"));
}

/// What a source says too often is counted all the same, and what it may say next carries the whole count; warnings
/// do not compete with what is normal.
#[test]
fn a_crash_loop_goes_on_telling_how_often_it_backed_off() {
    let mut cluster = Cluster::new(Config::default());
    let pod = r#"{"metadata":{"name":"crash"},"spec":{"containers":[{"name":"c","image":"busybox",
        "command":["sh","-c","exit 1"]}]}}"#;
    apply(&mut cluster, Kind::Pod, pod);
    let mut counts = Vec::new();
    for _ in 0..4 {
        after(&mut cluster, 3_000);
        let key = ObjectKey::new("default", "crash");
        let pod = cluster.store().pods().get(&key).unwrap();
        let restarts = pod.status.container("c").unwrap().restart_count;
        let last = cluster.store().events().iter().filter(|event| &*event.reason == "BackOff");
        let last = last.map(|event| event.last).max().unwrap();
        assert!(cluster.now() - last < Duration::from_seconds(900), "nothing is told any more");
        counts.push((told(&cluster, "Pod", "BackOff")[0].0, restarts));
    }
    assert!(counts.windows(2).all(|two| two[0].0 < two[1].0), "{counts:?}");
}

/// Pods that their node refuses are made again no faster than a real controller's client lets it.
#[test]
fn pods_that_are_refused_at_once_are_not_made_without_end() {
    let mut cluster = Cluster::new(Config::default());
    let set = r#"{"metadata":{"name":"loop"},"spec":{"replicas":2,"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{
        "labels":{"a":"b"}},"spec":{"nodeName":"worker-1","containers":[{"name":"c","image":"nginx",
        "resources":{"requests":{"cpu":"5"}}}]}}}}"#;
    apply(&mut cluster, Kind::ReplicaSet, set);
    after(&mut cluster, 10);
    let pods = cluster.store().pods().iter_in(Some("default")).count();
    assert!((100..=400).contains(&pods), "{pods}");
}

/// Another image has failed at nothing yet: it is tried at once.
#[test]
fn another_image_is_not_held_back_for_the_failures_of_the_old_one() {
    let mut cluster = Cluster::new(Config::default());
    for (name, image, command) in
        [("pull", "nginx:nope", ""), ("crash", "busybox", r#","command":["sh","-c","exit 1"]"#)]
    {
        let pod = format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"containers":[{{"name":"c","image":"{image}"{command}}}]}}}}"#
        );
        apply(&mut cluster, Kind::Pod, &pod);
    }
    after(&mut cluster, 400);
    let restarts = |cluster: &Cluster| {
        let pod = cluster.store().pods().get(&ObjectKey::new("default", "crash")).unwrap();
        pod.status.container("c").unwrap().restart_count
    };
    let before = restarts(&cluster);
    for (name, image) in [("pull", "nginx"), ("crash", "busybox:1.36")] {
        let patch = format!(r#"{{"spec":{{"containers":[{{"name":"c","image":"{image}"}}]}}}}"#);
        let patch = podyard::cluster::Patch::Strategic(Value::from_json(&patch).unwrap());
        let key = ObjectKey::new("default", name);
        cluster.patch(Kind::Pod, &key, patch, &WriteOptions::default()).unwrap();
    }
    after(&mut cluster, 5);
    let pull = cluster.store().pods().get(&ObjectKey::new("default", "pull")).unwrap();
    assert_eq!(pull.status.phase.word(), "Running");
    assert_eq!(restarts(&cluster), before + 1);
    after(&mut cluster, 20);
    // And the back-off of the new one begins with ten seconds.
    assert_eq!(restarts(&cluster), before + 2);
}

/// A grace that has begun can be shortened: it counts from its own beginning. A Job's pod that outlives its grace goes
/// when it is counted. Follows `TestBeforeDelete`.
#[test]
fn a_grace_can_be_shortened_and_ends() {
    let mut cluster = Cluster::new(Config::default());
    let pod = r#"{"metadata":{"name":"slow"},"spec":{"containers":[{"name":"c","image":"busybox",
        "command":["sleep","600"]}]}}"#;
    apply(&mut cluster, Kind::Pod, pod);
    after(&mut cluster, 10);
    let key = ObjectKey::new("default", "slow");
    let begun = cluster.now();
    let delete = |cluster: &mut Cluster, grace: Option<i64>| {
        let how = podyard::reconcile::DeleteOptions { grace_seconds: grace, ..Default::default() };
        cluster.delete(Kind::Pod, &key, &how, &WriteOptions::default()).unwrap();
        let meta = &cluster.store().pods().get(&key)?.meta;
        meta.deletion.map(|deletion| ((deletion.at - begun).seconds(), deletion.grace_seconds))
    };
    assert_eq!(delete(&mut cluster, Some(20)), Some((20, 20)));
    after(&mut cluster, 3);
    assert_eq!(delete(&mut cluster, Some(25)), Some((20, 20)));
    assert_eq!(delete(&mut cluster, None), Some((20, 20)));
    assert_eq!(delete(&mut cluster, Some(15)), Some((15, 15)));
    after(&mut cluster, 7);
    assert_eq!(delete(&mut cluster, Some(5)), Some((10, 1)));

    let job = r#"{"metadata":{"name":"j"},"spec":{"podReplacementPolicy":"Failed","template":{"spec":{"restartPolicy":"Never",
        "containers":[{"name":"c","image":"busybox","command":["sleep","600"]}]}}}}"#;
    apply(&mut cluster, Kind::Job, job);
    after(&mut cluster, 10);
    let of_job = |cluster: &Cluster| -> Vec<ObjectKey> {
        let pods = cluster.store().pods().iter_in(Some("default"));
        pods.filter(|pod| pod.meta.name.starts_with("j-")).map(|pod| pod.meta.key()).collect()
    };
    let old = of_job(&cluster);
    cluster.delete(Kind::Pod, &old[0], &Default::default(), &WriteOptions::default()).unwrap();
    after(&mut cluster, 60);
    let new = of_job(&cluster);
    assert!(new.len() == 1 && new != old, "{new:?}");
}

/// A Job that the server refuses a pod waits a second, then twice as long each time.
#[test]
fn a_job_that_is_refused_asks_again_after_seconds() {
    let mut cluster = Cluster::new(Config::default());
    apply(
        &mut cluster,
        Kind::ResourceQuota,
        r#"{"metadata":{"name":"q"},"spec":{"hard":{"pods":"0"}}}"#,
    );
    let job = r#"{"metadata":{"name":"j"},"spec":{"template":{"spec":{"restartPolicy":"Never",
        "containers":[{"name":"c","image":"busybox"}]}}}}"#;
    apply(&mut cluster, Kind::Job, job);
    let mut counts = Vec::new();
    for wait in [0, 2, 2, 4, 8] {
        after(&mut cluster, wait);
        counts.push(
            told(&cluster, "Job", "FailedCreate").iter().map(|(count, _)| count).sum::<i64>(),
        );
    }
    // At 0, 1, 3, 7 and 15 seconds.
    assert_eq!(counts, [1, 2, 3, 4, 5]);
}

/// Whoever names an account that is not there gets no pods.
#[test]
fn pods_need_their_service_account() {
    let mut cluster = Cluster::new(Config::default());
    let rc = r#"{"metadata":{"name":"rc"},"spec":{"replicas":1,"selector":{"a":"b"},"template":{"metadata":{"labels":{"a":"b"}},
        "spec":{"serviceAccountName":"robot","containers":[{"name":"c","image":"nginx"}]}}}}"#;
    apply(&mut cluster, Kind::ReplicationController, rc);
    after(&mut cluster, 5);
    let refused = told(&cluster, "ReplicationController", "FailedCreate");
    assert!(
        refused[0].1.ends_with("is forbidden: error looking up service account default/robot: serviceaccount \"robot\" not found"),
        "{refused:?}"
    );
    apply(&mut cluster, Kind::ServiceAccount, r#"{"metadata":{"name":"robot"}}"#);
    after(&mut cluster, 60);
    assert_eq!(phases(&cluster).len(), 1);
}

/// A Job whose selector somebody chose adopts what it matches, whenever it comes.
#[test]
fn a_chosen_selector_adopts_pods_that_come_later() {
    let mut cluster = Cluster::new(Config::default());
    let job = r#"{"metadata":{"name":"j"},"spec":{"manualSelector":true,"selector":{"matchLabels":{"a":"b"}},"template":{
        "metadata":{"labels":{"a":"b"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"busybox",
        "command":["sleep","600"]}]}}}}"#;
    apply(&mut cluster, Kind::Job, job);
    after(&mut cluster, 5);
    let pod = r#"{"metadata":{"name":"x","labels":{"a":"b"}},"spec":{"restartPolicy":"Never","containers":[{"name":"c",
        "image":"busybox","command":["sleep","600"]}]}}"#;
    apply(&mut cluster, Kind::Pod, pod);
    after(&mut cluster, 5);
    let stay = cluster.store().pods().iter_in(Some("default")).filter(|pod| !pod.meta.deleting());
    let names: Vec<&str> = stay.map(|pod| &*pod.meta.name).collect();
    assert!(
        names.len() == 1 && names[0].starts_with("j-"),
        "the younger one is too many: {names:?}"
    );
}

/// A CronJob whose Job is refused says it in its own words; a gated pod says since when it waits; who was nominated for a
/// node and got it is nominated no more.
#[test]
fn small_words_and_times_are_upstreams() {
    let mut cluster = Cluster::new(Config::default());
    let quota = r#"{"metadata":{"name":"q"},"spec":{"hard":{"count/jobs.batch":"0"}}}"#;
    apply(&mut cluster, Kind::ResourceQuota, quota);
    let cron = r#"{"metadata":{"name":"c"},"spec":{"schedule":"* * * * *","jobTemplate":{"spec":{"template":{"spec":{
        "restartPolicy":"Never","containers":[{"name":"c","image":"busybox"}]}}}}}}"#;
    apply(&mut cluster, Kind::CronJob, cron);
    after(&mut cluster, 61);
    let refused = told(&cluster, "CronJob", "FailedCreate");
    assert!(refused[0].1.starts_with("Error creating job: jobs.batch \"c-"), "{refused:?}");

    let gated = r#"{"metadata":{"name":"gated"},"spec":{"schedulingGates":[{"name":"a/b"}],"containers":[{"name":"c","image":"x"}]}}"#;
    apply(&mut cluster, Kind::Pod, gated);
    let key = ObjectKey::new("default", "gated");
    let gated = cluster.store().get(Kind::Pod, &key).unwrap().to_value();
    let since =
        gated.at(&["status", "conditions"]).unwrap().items()[0].str_at("lastTransitionTime");
    assert_eq!(since, Some(cluster.now().rfc3339().as_str()));

    for (name, value) in [("low", 1), ("high", 1000)] {
        let class = format!(r#"{{"metadata":{{"name":"{name}"}},"value":{value}}}"#);
        let class = Value::from_json(&class).unwrap();
        cluster.create(Kind::PriorityClass, "", class, &WriteOptions::default()).unwrap();
    }
    let pod = |name: &str, class: &str| {
        format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"priorityClassName":"{class}","terminationGracePeriodSeconds":1,
            "containers":[{{"name":"c","image":"nginx","resources":{{"requests":{{"cpu":"3"}}}}}}]}}}}"#
        )
    };
    for name in ["a", "b", "c"] {
        apply(&mut cluster, Kind::Pod, &pod(name, "low"));
    }
    after(&mut cluster, 10);
    apply(&mut cluster, Kind::Pod, &pod("first", "high"));
    let first = |cluster: &Cluster| {
        let key = ObjectKey::new("default", "first");
        let pod = cluster.store().pods().get(&key).unwrap();
        (pod.status.nominated_node.is_some(), pod.node.is_some())
    };
    assert_eq!(first(&cluster), (true, false));
    after(&mut cluster, 30);
    assert_eq!(first(&cluster), (false, true));
}

/// A pod `x` of this container, half a minute later.
fn pod(container: &str) -> Cluster {
    let mut cluster = Cluster::new(Config::default());
    let text = format!(
        r#"{{"metadata":{{"name":"x"}},"spec":{{"containers":[{{"name":"c",{container}}}]}}}}"#
    );
    apply(&mut cluster, Kind::Pod, &text);
    after(&mut cluster, 30);
    cluster
}

#[test]
fn a_trap_is_heard_when_the_command_in_the_foreground_has_ended() {
    let stays = |script: &str, seconds: i64| {
        let mut cluster = pod(&format!(r#""image":"busybox","command":["sh","-c","{script}"]"#));
        let key = ObjectKey::new("default", "x");
        let how = podyard::reconcile::DeleteOptions::default();
        cluster.delete(Kind::Pod, &key, &how, &WriteOptions::default()).unwrap();
        after(&mut cluster, seconds);
        cluster.store().pods().get(&key).is_some()
    };
    let waits = "trap 'exit 0' TERM; sleep 600 & wait";
    assert!(!stays(waits, 3));
    let sleeps = "trap 'exit 0' TERM; sleep 600";
    assert!(stays(sleeps, 28) && !stays(sleeps, 33));
    let turns = "trap 'exit 0' TERM; while true; do sleep 5; done";
    assert!(!stays(turns, 8));
    let ignores = "trap '' TERM; sleep 600 & wait";
    assert!(stays(ignores, 28) && !stays(ignores, 33));
}

#[test]
fn a_probe_of_the_wrong_port_fails() {
    let ready = |image: &str, port: u16| {
        let probe =
            format!(r#""readinessProbe":{{"httpGet":{{"port":{port}}},"periodSeconds":2}}"#);
        let cluster = pod(&format!(r#""image":"{image}",{probe}"#));
        cluster.store().pods().get(&ObjectKey::new("default", "x")).unwrap().ready()
    };
    assert!(ready("nginx:1.29", 80) && !ready("nginx:1.29", 8080));
    assert!(ready("nginxinc/nginx-unprivileged", 8080));
    assert!(!ready("nginxinc/nginx-unprivileged", 80));
}

#[test]
fn a_tag_that_does_not_exist_is_not_pulled() {
    let waits_for = |image: &str| {
        let cluster = pod(&format!(r#""image":"{image}""#));
        let pod = cluster.store().get(Kind::Pod, &ObjectKey::new("default", "x")).unwrap();
        pod.to_value().to_json().contains("ImagePullBackOff")
    };
    for (image, missing) in [
        ("nginx:1.161", true),
        ("nginx:99.99.99", true),
        ("docker.io/library/redis:1.2", true),
        ("nginx:1.16.1", false),
        ("nginx:alpine", false),
        ("mine:1.161", false),
    ] {
        assert_eq!(waits_for(image), missing, "{image}");
    }
}

/// Everything there is, as text.
fn all(cluster: &Cluster) -> Vec<String> {
    let kinds = Kind::ALL.into_iter();
    kinds
        .flat_map(|kind| cluster.store().list(kind, None))
        .map(|object| object.to_value().to_string())
        .collect()
}

/// Who draws pictures lets the loops follow a verb in parts, as many as he likes: the end is the same, also if another
/// verb comes in between, and if somebody goes back into the midst of it.
#[test]
fn what_follows_from_a_verb_may_be_done_in_parts() {
    let controller = |name: &str| {
        format!(
            r#"{{"metadata":{{"name":"{name}"}},"spec":{{"replicas":20,"selector":{{"app":"{name}"}},"template":{{"metadata":{{
            "labels":{{"app":"{name}"}}}},"spec":{{"containers":[{{"name":"c","image":"nginx"}}]}}}}}}}}"#
        )
    };
    let kind = Kind::ReplicationController;
    let mut whole = Cluster::new(Config::default());
    let mut parted = whole.clone();
    for name in ["one", "two"] {
        apply(&mut whole, kind, &controller(name));
        parted.patiently(|cluster| apply(cluster, kind, &controller(name)));
        assert!(!parted.settled());
        assert!(!parted.run_towards(parted.now(), 3), "three reconciles are a part of it");
        assert!(parted.store().pods().len() < whole.store().pods().len() || !parted.settled());
    }
    let mut parts = 0;
    while !parted.run_towards(whole.now(), 2) {
        parts += 1;
    }
    assert!(parts > 10 && parted.settled(), "{parts} parts");
    assert_eq!(all(&parted), all(&whole));
    after(&mut whole, 30);
    while !parted.run_towards(whole.now(), 1) {}
    assert_eq!(all(&parted), all(&whole));
    // Back to where the second one was made, and on again.
    let (start, now) = (whole.config().start, whole.now());
    parted.back_to(start);
    while !parted.run_towards(now, 1) {}
    assert_eq!(all(&parted), all(&whole));
}

/// Pods of two sizes wait for places on two nodes: at no moment one waits that fits, and what that costs grows with the
/// places that get free, not with all that wait each time.
#[test]
fn nobody_waits_who_fits() {
    let work = |pods: usize| {
        let mut cluster =
            Cluster::new(Config { workers: 2, system_pods: false, ..Config::default() });
        for (name, cpu, seconds) in [("large", "1", 4), ("small", "300m", 7)] {
            let job = format!(
                r#"{{"metadata":{{"name":"{name}"}},"spec":{{"completions":{pods},"parallelism":{pods},"template":{{"spec":{{
                "restartPolicy":"Never","containers":[{{"name":"c","image":"busybox","args":["sleep","{seconds}"],
                "resources":{{"requests":{{"cpu":"{cpu}"}}}}}}]}}}}}}}}"#
            );
            apply(&mut cluster, Kind::Job, &job);
        }
        let end = cluster.now() + Duration::from_seconds(3_000);
        while cluster.next_wake().is_some_and(|wake| wake <= end) {
            cluster.step();
            for name in ["large", "small"] {
                let key = ObjectKey::new("default", name);
                let job = cluster.store().jobs().get(&key).unwrap().meta.uid;
                let mut waiting =
                    cluster.store().pods_of(job).filter(|pod| pod.active() && pod.node.is_none());
                let Some(one) = waiting.next() else { continue };
                let fits = table(one, cluster.store())
                    .into_iter()
                    .find(|(_, refusals)| refusals.iter().all(Option::is_none));
                assert!(fits.is_none(), "{} waits at {:?}, and fits", one.meta.name, cluster.now());
            }
        }
        assert!(cluster.store().jobs().iter().all(|job| job.status.completion_time.is_some()));
        cluster.work()
    };
    let (few, many) = (work(60), work(240));
    // Each that waits tries again every ten seconds, as long as it waits: that alone is sixteen times as much at most.
    assert!(many < few * 12, "{few} {many}");
}
