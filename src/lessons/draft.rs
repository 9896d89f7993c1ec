//! A lesson from what was just played: its files, a script that does it again at the same times, and proposed checks
//! over what was there in the end and not in the beginning. What it proposes its own proof has passed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use super::format::Lesson;
use super::proof::prove;
use super::scene::Scene;
use super::watch::Watch;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::apiserver::table;
use crate::cluster::{Cluster, Config, Input, Session, Verb};
use crate::language::{Language, Text, particle};
use crate::manifest::to_yaml;
use crate::sim::{Duration, Time};
use crate::terminal::Terminal;

/// More tasks nobody reads.
const MOST_TASKS: usize = 6;
/// For so long nothing may do a task by itself.
const IDLE: Duration = Duration::from_seconds(600);

/// What is proposed as a check.
struct Proposal {
    /// The check, as a line of YAML.
    check: String,
    /// `Job` and `hello`
    object: (Kind, String),
    /// What is to be seen: `COMPLETIONS 3/3`; nothing if it is enough that the object is there.
    shows: Option<(String, String)>,
    /// The command that shows it.
    look: String,
}

/// Writes a lesson that asks for what was played in a session.
///
/// # Errors
/// Nothing was done, or nothing of it can be asked for; a sentence for people.
pub fn draft(session: &Session) -> Result<String, Text> {
    if session.inputs.is_empty() {
        return Err(Text::new("draft.nothing"));
    }
    let mut replay = session.replay();
    while !replay.advance(u64::MAX / 2) {}
    let (script, files) = script(session);
    let mut proposals = proposals(session, &replay.cluster);
    let bare = bare(&session.config, &files);
    proposals.retain(|one| holds(&one.check, &bare, &script));
    proposals.truncate(MOST_TASKS);
    if proposals.is_empty() {
        return Err(Text::new("draft.no-check"));
    }
    let broken = refused(&bare, &files);
    let text = write(&session.config, &files, &broken, &proposals, &script);
    let lesson = Lesson::parse(&text, None);
    let lesson = lesson.map_err(|error| Text::new("draft.unsound").with("why", error))?;
    match prove(&lesson, Language::En).problems.first() {
        None => Ok(text),
        Some(why) => Err(Text::new("draft.unsound").with("why", why)),
    }
}

fn bare(config: &Config, files: &BTreeMap<String, Rc<str>>) -> Scene {
    let terminal = Terminal { files: files.clone(), ..Terminal::default() };
    Scene { cluster: Cluster::new(config.clone()), terminal }
}

/// The lines that do it again, and the files that they read.
fn script(session: &Session) -> (String, BTreeMap<String, Rc<str>>) {
    let mut files = session.files.clone();
    let mut scene = bare(&session.config, &files);
    let (mut script, mut last) = (String::new(), String::new());
    let mut rest = session.inputs.as_slice();
    while let Some(first) = rest.first() {
        let same = |one: &&Input| one.words == first.words && one.at == first.at;
        let count = rest.iter().take_while(same).count();
        let (group, after) = rest.split_at_checked(count).unwrap_or((rest, &[]));
        rest = after;
        let line = line(group, &mut files);
        // A drain that waits does several things over a time; the one line does them all.
        if line.is_empty() || line == last && first.at <= scene.cluster.now() {
            continue;
        }
        scene.terminal.files.extend(files.clone());
        wait(&mut script, &mut scene, first.at);
        let _ = writeln!(script, "{line}");
        scene.play(&line);
        last = line;
    }
    wait(&mut script, &mut scene, session.until);
    (script, files)
}

fn wait(script: &mut String, scene: &mut Scene, at: Time) {
    let millis = (at - scene.cluster.now()).millis();
    if millis > 0 {
        let (seconds, rest) = (millis / 1000, millis % 1000);
        let line = match rest {
            0 => format!("sleep {seconds}"),
            _ => format!("sleep {seconds}.{rest:03}"),
        };
        let _ = writeln!(script, "{line}");
        scene.play(&line);
    }
}

/// The command of some inputs. What it read and is no longer there becomes a file.
fn line(group: &[Input], files: &mut BTreeMap<String, Rc<str>>) -> String {
    let Some(first) = group.first() else { return String::new() };
    if let Verb::Exec { pod, container, argv } = &first.verb {
        let argv: Vec<String> =
            argv.iter().map(|word| format!("'{}'", word.replace('\'', "'\\''"))).collect();
        return format!("kubectl exec {} -c {container} -- {}", pod.name, argv.join(" "));
    }
    let words = first.words.to_string();
    let mut parts = words.split_whitespace();
    let mut read = Vec::new();
    while let Some(part) = parts.next() {
        match part.split_once('=') {
            Some(("-f" | "--filename", name)) => read.push(name),
            _ if matches!(part, "-f" | "--filename") => read.extend(parts.next()),
            _ => {}
        }
    }
    let there = |name: &&str| files.contains_key(name.trim_matches('\''));
    if read.is_empty() || read.iter().all(there) {
        return words;
    }
    let objects = group.iter().filter_map(|input| match &input.verb {
        Verb::Create { object, .. } | Verb::Update { object, .. } => Some(to_yaml(object)),
        _ => None,
    });
    let text = objects.collect::<Vec<_>>().join("---\n");
    if text.is_empty() {
        return words;
    }
    let name = format!("made-{}.yaml", files.len() + 1);
    files.insert(name.clone(), text.into());
    format!("kubectl apply -f {name}")
}

/// Whether doing nothing does not do it and the script does.
fn holds(check: &str, bare: &Scene, script: &str) -> bool {
    let Ok(check) = serde_yaml::from_str(check) else { return false };
    let mut idle = bare.clone();
    let mut watch = Watch::begin(&check, &idle.cluster);
    idle.cluster.run_until(idle.cluster.now() + IDLE);
    watch.observe(&idle.cluster);
    if watch.passes(idle.cluster.now()) {
        return false;
    }
    let mut scene = bare.clone();
    let mut watch = Watch::begin(&check, &scene.cluster);
    scene.play(script);
    watch.observe(&scene.cluster);
    watch.passes(scene.cluster.now())
}

/// The files that the cluster refuses.
fn refused(bare: &Scene, files: &BTreeMap<String, Rc<str>>) -> Vec<String> {
    let names = files.keys().filter(|name| name.ends_with(".yaml"));
    let refused = names.filter(|name| {
        bare.clone().play(&format!("kubectl apply --dry-run=server -f '{name}'")).0 != 0
    });
    refused.cloned().collect()
}

/// Which kinds are looked at, and the column that says how they stand.
const LOOKED_AT: [(Kind, Option<&str>); 12] = [
    (Kind::Deployment, Some("READY")),
    (Kind::DaemonSet, Some("READY")),
    (Kind::ReplicationController, Some("READY")),
    (Kind::ReplicaSet, Some("READY")),
    (Kind::Job, Some("COMPLETIONS")),
    (Kind::CronJob, Some("SCHEDULE")),
    (Kind::StatefulSet, None),
    (Kind::Pod, Some("STATUS")),
    (Kind::Node, Some("STATUS")),
    (Kind::Namespace, None),
    (Kind::Service, None),
    (Kind::ConfigMap, None),
];

/// What is there in the end and was not in the beginning.
fn proposals(session: &Session, end: &Cluster) -> Vec<Proposal> {
    let start = Cluster::new(session.config.clone());
    let mut found = Vec::new();
    for (kind, column) in LOOKED_AT {
        let before = start.store().list(kind, None);
        let mut own: Vec<AnyObject> = end.store().list(kind, None);
        own.retain(|object| {
            let meta = object.meta();
            !meta.namespace.starts_with("kube-") && meta.owners.is_empty()
        });
        for object in &own {
            let was = before.iter().find(|other| other.key() == object.key());
            let shown = column.and_then(|column| {
                let place = table::columns(kind)
                    .iter()
                    .position(|one| one.name.eq_ignore_ascii_case(column))?;
                let cell = |object| table::row(object, end.now()).into_iter().nth(place);
                let (now, then) = (cell(object)?, was.and_then(cell));
                (then.as_ref() != Some(&now)).then(|| (column.to_owned(), now))
            });
            found.extend(labels(kind, object, was));
            if was.is_none() || shown.is_some() {
                found.push(proposal(kind, object, shown));
            }
        }
        for gone in before.iter().filter(|one| end.store().get(kind, &one.key()).is_none()) {
            if !gone.meta().namespace.starts_with("kube-") && gone.meta().owners.is_empty() {
                let mut one = proposal(kind, gone, None);
                one.check = one.check.replace('}', ", count: {is: 0}}");
                found.push(one);
            }
        }
    }
    found
}

fn quoted(text: &str) -> String {
    Value::from(text).to_json()
}

fn proposal(kind: Kind, object: &AnyObject, shows: Option<(String, String)>) -> Proposal {
    let (meta, plural) = (object.meta(), kind.info().plural);
    let namespace = match &*meta.namespace {
        "" | "default" => String::new(),
        other => format!(", namespace: {other}"),
    };
    let wanted = shows.as_ref().map_or_else(String::new, |(column, cell)| {
        format!(", where: [{{column: {column}, is: {}}}]", quoted(cell))
    });
    let elsewhere = match &*meta.namespace {
        "" | "default" => String::new(),
        other => format!(" -n {other}"),
    };
    Proposal {
        check: format!("{{kind: {plural}, name: {}{namespace}{wanted}}}", quoted(&meta.name)),
        object: (kind, meta.name.to_string()),
        shows,
        look: format!("kubectl get {plural} {}{elsewhere}", meta.name),
    }
}

/// Labels that an object got on the way.
fn labels(kind: Kind, object: &AnyObject, was: Option<&AnyObject>) -> Vec<Proposal> {
    let Some(was) = was else { return Vec::new() };
    let new = object
        .meta()
        .labels
        .iter()
        .filter(|(key, value)| was.meta().labels.get(*key) != Some(*value));
    let proposals = new.map(|(key, value)| {
        let mut one = proposal(kind, object, None);
        let end = format!(
            ", where: [{{field: {}, is: {}}}]}}",
            quoted(&format!("metadata.labels[{key}]")),
            quoted(value)
        );
        one.check = one.check.trim_end_matches('}').to_owned() + &end;
        one.shows = Some((key.to_string(), value.to_string()));
        one
    });
    proposals.collect()
}

fn block(out: &mut String, indent: usize, text: &str) {
    let plain = text.lines().next().is_some_and(|line| !line.starts_with([' ', '\t']))
        && text.ends_with('\n')
        && !text.ends_with("\n\n")
        && text.chars().all(|letter| letter == '\n' || !letter.is_control());
    if !plain {
        let _ = writeln!(out, " {}", quoted(text));
        return;
    }
    out.push_str(" |\n");
    for line in text.lines() {
        match line.is_empty() {
            true => out.push('\n'),
            false => {
                let _ = writeln!(out, "{:indent$}{line}", "");
            }
        }
    }
}

fn both(en: &str, ko: &str) -> String {
    format!("{{en: {}, ko: {}}}", quoted(en), quoted(ko))
}

fn write(
    config: &Config,
    files: &BTreeMap<String, Rc<str>>,
    broken: &[String],
    proposals: &[Proposal],
    script: &str,
) -> String {
    let mut out = String::from(
        "# A draft: what was played, its end proposed as tasks. Give it words of your own, and prove it with\n\
         # `podyard check FILE`.\n",
    );
    let commands = script.lines().filter(|line| !line.starts_with("sleep")).count();
    let _ = write!(
        out,
        "title: {}\nsummary: {}\nminutes: {}\nsettings:\n  nodes: {}\n  seed: {}\n  start: {}\n",
        both("My lesson", "나의 레슨"),
        both("What one learns, in a sentence.", "무엇을 배우는지 한 문장으로 씁니다."),
        commands.clamp(2, 30),
        config.workers,
        config.seed.0,
        quoted(&config.start.rfc3339()),
    );
    if !files.is_empty() {
        out.push_str("files:\n");
        for (name, text) in files {
            let _ = write!(out, "  {}:", quoted(name));
            block(&mut out, 4, text);
        }
    }
    if !broken.is_empty() {
        let names: Vec<String> = broken.iter().map(|name| quoted(name)).collect();
        let _ = writeln!(out, "broken: [{}]", names.join(", "));
    }
    let _ = write!(
        out,
        "steps:\n- title: {}\n  text: {}\n  tasks:\n",
        both("Your turn", "직접 해 보기"),
        both(
            "Say here what the learner should know, and what the goal is good for.",
            "학습자가 알아야 할 것과 목표가 왜 중요한지 여기에 씁니다.",
        ),
    );
    for one in proposals {
        let _ = writeln!(out, "  - text: {}\n    check: {}\n    hints:", task(one), one.check);
        let name = &one.object.1;
        let mut likely = script.lines().filter(|line| line.contains(name.as_str()));
        let any = || script.lines().rfind(|line| !line.starts_with("sleep"));
        let almost = likely.next_back().or_else(any).unwrap_or_default();
        for (en, ko) in [
            ("What is missing?".to_owned(), "무엇이 빠져 있나요?".to_owned()),
            (
                format!("`{}` shows it.", one.look),
                format!("`{}` 명령으로 볼 수 있습니다.", one.look),
            ),
            (format!("`{almost}`"), format!("`{almost}`")),
        ] {
            let _ = writeln!(out, "    - {}", both(&en, &ko));
        }
    }
    out.push_str("  solution:");
    block(&mut out, 4, script);
    out
}

fn task(one: &Proposal) -> String {
    let (kind, name) = (one.object.0.name(), &one.object.1);
    let gone = one.check.contains("count: {is: 0}");
    match (&one.shows, gone) {
        (Some((what, value)), _) => both(
            &format!("{kind} `{name}` shows {what} `{value}`"),
            &format!(
                "{kind} `{name}`의 {what}{} `{value}`{} 되게 하기",
                particle(what, "이/가"),
                particle(value, "이/가")
            ),
        ),
        (None, true) => both(
            &format!("{kind} `{name}` is gone"),
            &format!("{kind} `{name}`{} 없애기", particle(name, "을/를")),
        ),
        (None, false) => both(
            &format!("{kind} `{name}` is there"),
            &format!("{kind} `{name}`{} 만들기", particle(name, "을/를")),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::run_script;

    fn played(script: &str, files: &[(&str, &str)]) -> Session {
        let mut terminal = Terminal::default();
        for (name, text) in files {
            terminal.files.insert((*name).to_owned(), (*text).into());
        }
        let config = Config::default();
        let mut cluster = Cluster::new(config.clone());
        run_script(script, &mut cluster, &mut terminal, &config, &mut ());
        Session::of(&cluster, &terminal.files)
    }

    const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: hello\nspec:\n  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - {name: c, image: busybox, command: [\"true\"]}\n";

    #[test]
    fn what_was_played_becomes_a_sound_lesson_with_its_end_as_tasks() {
        let script = "kubectl apply -f job.yaml\nsleep 20\nkubectl label node worker-2 disk=ssd\n\
                      kubectl create deployment web --image=nginx --replicas=2\nsleep 40\n\
                      kubectl delete pod -l app=web\nyard node add big\nsleep 60";
        let text = draft(&played(script, &[("job.yaml", JOB)])).unwrap();
        for words in [
            "Job `hello` shows COMPLETIONS `1/1`",
            "Deployment `web` shows READY `2/2`",
            "{kind: nodes, name: \"worker-2\", where: [{field: \"metadata.labels[disk]\", is: \"ssd\"}]}",
            "Node `big` shows STATUS `Ready`",
            "kubectl delete pod -l app=web",
            "\"job.yaml\": |",
        ] {
            assert!(text.contains(words), "{words} in {text}");
        }
        let lesson = Lesson::parse(&text, None).unwrap();
        assert_eq!(prove(&lesson, Language::Ko).problems, Vec::<String>::new());
        assert_eq!(lesson.steps[0].tasks.len(), 4);
    }

    #[test]
    fn what_came_from_no_file_becomes_one_and_what_is_refused_is_called_broken() {
        let script = format!("cat <<EOF | kubectl apply -f -\n{JOB}EOF\nsleep 30");
        let text = draft(&played(&script, &[("odd.yaml", "kind: Jab\n")])).unwrap();
        assert!(text.contains("kubectl apply -f made-2.yaml"), "{text}");
        assert!(text.contains("broken: [\"odd.yaml\"]"), "{text}");
    }

    #[test]
    fn where_nothing_can_be_asked_for_it_says_so() {
        assert_eq!(draft(&played("sleep 60", &[])), Err(Text::new("draft.nothing")));
        let back = "kubectl label node worker-1 a=b\nkubectl label node worker-1 a-";
        assert_eq!(draft(&played(back, &[])), Err(Text::new("draft.no-check")));
    }
}
