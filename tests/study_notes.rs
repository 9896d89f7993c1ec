//! The manifests of the study notes that the first users come with, as written there: mended by the fixes that are
//! offered, applied, and run. Each must do what its note says.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::path::PathBuf;

use podyard::api::core::Phase;
use podyard::api::{Kind, ObjectKey, Value};
use podyard::cluster::{Cluster, Config, Patch, WriteOptions};
use podyard::language::Language;
use podyard::manifest::load;
use podyard::sim::Duration;
use podyard::view::diagnostics::check;

/// A manifest with every offered fix applied, the gravest mistake first.
fn mended(name: &str, mut text: String) -> String {
    for _ in 0..12 {
        let documents = load(name, text.as_bytes());
        let found = documents.into_iter().flat_map(|one| one.diagnostics);
        let Some(first) = found.min_by_key(|one| (one.severity, one.span)) else { break };
        text = first.fix.unwrap().apply(&text);
    }
    text
}

/// A cluster in which the only object of a manifest was created; its kind and key.
fn created(text: &str) -> (Cluster, Kind, ObjectKey) {
    let mut cluster = Cluster::new(Config::default());
    let documents = load("note.yaml", text.as_bytes());
    let [document] = documents.as_slice() else { panic!("one document each") };
    let (kind, object) = (document.kind.unwrap(), document.value.clone());
    let written = cluster.create(kind, "default", object, &WriteOptions::default()).unwrap();
    let key = written.object.key();
    (cluster, kind, key)
}

fn pass(cluster: &mut Cluster, seconds: i64) {
    let at = cluster.now() + Duration::from_seconds(seconds);
    cluster.run_until(at);
}

fn phases(cluster: &Cluster) -> Vec<Phase> {
    cluster.store().pods().iter_in(Some("default")).map(|pod| pod.status.phase).collect()
}

fn label(cluster: &mut Cluster, node: &str) {
    let patch = Value::from_json(r#"{"metadata":{"labels":{"disk":"ssd"}}}"#).unwrap();
    let key = ObjectKey::cluster(node);
    cluster.patch(Kind::Node, &key, Patch::Merge(patch), &WriteOptions::default()).unwrap();
}

/// What the note says of a manifest, by its kind.
fn does_what_its_note_says(name: &str, text: &str) {
    let (mut cluster, kind, key) = created(text);
    let object = cluster.store().get(kind, &key).unwrap().to_value();
    match kind {
        Kind::Job => {
            let completions =
                object.at(&["spec", "completions"]).and_then(Value::as_i64).unwrap_or(1);
            pass(&mut cluster, 30 + 150 * completions);
            let job = cluster.store().jobs().get(&key).unwrap().clone();
            assert_eq!(job.status.succeeded, completions, "{name}: {:?}", job.status);
            assert!(job.status.conditions.iter().any(|one| &*one.kind == "Complete"), "{name}");
        }
        Kind::CronJob => {
            let minutely = object
                .at(&["spec", "schedule"])
                .and_then(Value::as_str)
                .unwrap()
                .starts_with("*/1");
            assert_eq!(cluster.store().jobs().len(), 0, "{name}: nothing before the first tick");
            pass(&mut cluster, if minutely { 61 } else { 901 });
            let cron = cluster.store().cron_jobs().get(&key).unwrap().clone();
            assert!(cron.status.last_schedule_time.is_some(), "{name}: {:?}", cron.status);
            assert_eq!(cluster.store().jobs().len(), 1, "{name}");
        }
        Kind::DaemonSet => {
            pass(&mut cluster, 30);
            let selects =
                object.at(&["spec", "template", "spec", "nodeSelector", "disk"]).is_some();
            if selects {
                assert_eq!(phases(&cluster), [], "{name}: no node has the label yet");
                label(&mut cluster, "worker-2");
                pass(&mut cluster, 30);
                // One note has the image without its last letter: there is none of that name.
                let there = !text.contains("luksa/ssd-monito\n");
                let wanted = if there { Phase::Running } else { Phase::Pending };
                assert_eq!(phases(&cluster), [wanted], "{name}");
                let pod = cluster.store().pods().iter_in(Some("default")).next().unwrap();
                let waits = format!("{:?}", pod.status.containers[0].state);
                let refused = waits.contains("ErrImagePull") || waits.contains("ImagePullBackOff");
                assert_eq!(refused, !there, "{name}: {waits}");
            } else {
                // The toleration of the note brings one to the control plane too.
                assert_eq!(phases(&cluster), [Phase::Running; 4], "{name}");
            }
        }
        Kind::ReplicationController | Kind::ReplicaSet => {
            pass(&mut cluster, 30);
            let wanted = object.at(&["spec", "replicas"]).and_then(Value::as_i64).unwrap();
            assert_eq!(i64::try_from(phases(&cluster).len()).unwrap(), wanted, "{name}");
            let gone = cluster.store().pods().iter_in(Some("default")).next().unwrap().meta.key();
            cluster
                .delete(Kind::Pod, &gone, &Default::default(), &WriteOptions::default())
                .unwrap();
            pass(&mut cluster, 60);
            assert!(cluster.store().pods().get(&gone).is_none(), "{name}");
            let running = phases(&cluster).iter().filter(|phase| **phase == Phase::Running).count();
            assert_eq!(i64::try_from(running).unwrap(), wanted, "{name}: replaced");
        }
        Kind::Pod => {
            // Five good answers, then 500: killed and started again after three bad ones.
            pass(&mut cluster, 240);
            let pod = cluster.store().pods().get(&key).unwrap().clone();
            let container = &pod.status.containers[0];
            assert!(container.restart_count >= 1, "{name}: {:?}", pod.status);
            let ended = container.last.as_ref().unwrap();
            assert_eq!(ended.exit_code, 137, "{name}");
        }
        other => panic!("{name}: {other:?}"),
    }
}

#[test]
fn each_manifest_of_the_notes_runs_as_its_note_says() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/study_notes");
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    assert_eq!(files.len(), 21);
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = mended(&name, std::fs::read_to_string(&path).unwrap());
        does_what_its_note_says(&name, &text);
    }
}

/// The mistakes of a text as the editor shows them, each with the click that mends it, applied one after the other; the
/// titles of the clicks.
fn clicks(text: &str) -> (String, Vec<String>) {
    let mut cluster = Cluster::new(Config::default());
    let mut text = text.to_owned();
    let mut titles = Vec::new();
    for _ in 0..20 {
        let marks = check(&mut cluster, "note.yaml", &text, Language::En);
        let Some(mark) = marks.iter().find(|mark| mark.severity != "info") else { break };
        assert!(mark.line >= 1 && mark.column >= 1 && mark.from <= mark.to, "{mark:?}");
        let fix = mark.fix.as_ref().unwrap_or_else(|| panic!("{mark:?}"));
        let mut units: Vec<u16> = text.encode_utf16().collect();
        for change in fix.changes.iter().rev() {
            units.splice(change.from..change.to, change.insert.encode_utf16());
        }
        text = String::from_utf16(&units).unwrap();
        titles.push(fix.title.clone());
    }
    (text, titles)
}

#[test]
fn each_mistake_of_the_notes_is_mended_by_one_click() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/study_notes");
    let mut found = Vec::new();
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let (_, titles) = clicks(&std::fs::read_to_string(&path).unwrap());
        found.extend(titles.into_iter().map(|title| format!("{} {title}", name.get(..6).unwrap())));
    }
    assert_eq!(
        found,
        [
            "000-03 Change `DameonSet` to `DaemonSet`",
            "000-03 Change `node-role.kubernetes.io/master` to `node-role.kubernetes.io/control-plane`",
            "001-03 Change `apps/v1beta2` to `apps/v1`",
            "001-04 Move `template` to DaemonSetSpec",
            "001-06 Change `batch/v1beta1` to `batch/v1`",
            "003-09 Change `startingDeadlineSenconds` to `startingDeadlineSeconds`",
            "004-01 Insert a comma",
            "004-02 Change `batch/v1beta1` to `batch/v1`",
            "004-02 Change `cronJob-example` to `cronjob-example`",
            "004-03 Move line 21 to column 7",
            "004-03 Change `appgs/v1` to `apps/v1`",
            "004-03 Move `spec` to template",
            "004-03 Change `node-role.kubernetes.io/master` to `node-role.kubernetes.io/control-plane`",
            "004-03 Change `conatiners` to `containers`",
        ]
    );
    // What the notes say beside their manifests.
    let job = include_str!("study_notes/003-08-job-multi-completion-batch-job.yaml");
    let typed = job.replace("completions:", "comletions:").replace("parallelism:", "paralleism:");
    let (mended, titles) = clicks(&typed);
    assert_eq!(mended, job);
    assert!(titles.contains(&"Change `comletions` to `completions`".to_owned()), "{titles:?}");
}
