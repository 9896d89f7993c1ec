//! The command that each button stands for. A button runs its words as if they had been typed.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::cluster::Cluster;

/// A button: what it says, what it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// The key of its label.
    pub label: &'static str,
    /// The line it runs.
    pub line: Rc<str>,
}

impl Command {
    fn new(label: &'static str, line: String) -> Self {
        Self { label, line: line.into() }
    }
}

/// What a button does, in plain words, where its name is a word of the trade.
pub fn about(label: &str) -> Option<&'static str> {
    Some(match label {
        "page.stop-node" => "stage.about-stop",
        "page.start-node" => "stage.about-start",
        "page.cordon" => "stage.about-cordon",
        "page.uncordon" => "stage.about-uncordon",
        "page.drain" => "stage.about-drain",
        "page.crash" => "stage.about-crash",
        "page.hang" => "stage.about-hang",
        "page.suspend" => "stage.about-suspend",
        "page.restart" => "stage.about-restart",
        _ => return None,
    })
}

/// The line that adds a node.
pub const ADD_NODE: &str = "yard node add";

/// ` -n NAMESPACE` where it is not the default one.
fn scope(key: &ObjectKey) -> String {
    match &*key.namespace {
        "" | "default" => String::new(),
        namespace => format!(" -n {namespace}"),
    }
}

/// Pulls the plug of a node, or puts it back.
pub fn power(node: &str, runs: bool) -> Command {
    if runs {
        Command::new("page.stop-node", format!("yard node stop {node}"))
    } else {
        Command::new("page.start-node", format!("yard node start {node}"))
    }
}

/// Lets a node take no new pods, or take them again.
pub fn cordon(node: &str, cordoned: bool) -> Command {
    if cordoned {
        Command::new("page.uncordon", format!("kubectl uncordon {node}"))
    } else {
        Command::new("page.cordon", format!("kubectl cordon {node}"))
    }
}

/// Opens an object in the editor.
pub fn edit(object: &AnyObject) -> Command {
    let key = object.key();
    let word = object.kind().word();
    Command::new("inspect.edit", format!("kubectl edit {word} {}{}", key.name, scope(&key)))
}

/// What can be done to an object.
pub fn of(cluster: &Cluster, object: &AnyObject) -> Vec<Command> {
    let key = object.key();
    match object {
        AnyObject::Node(node) => {
            let runs = cluster.kubelets().running(&key.name) != Some(false);
            nodes(&key.name, runs, node.spec.unschedulable)
        }
        AnyObject::Pod(_) => pods(&key),
        _ => workload(cluster, object),
    }
}

fn nodes(name: &str, runs: bool, cordoned: bool) -> Vec<Command> {
    let drain = format!("kubectl drain {name} --ignore-daemonsets --delete-emptydir-data --force");
    vec![
        power(name, runs),
        cordon(name, cordoned),
        Command::new("page.drain", drain),
        Command::new("page.delete", format!("yard node rm {name}")),
    ]
}

fn pods(key: &ObjectKey) -> Vec<Command> {
    let (name, scope) = (&key.name, scope(key));
    let place = if scope.is_empty() { name.to_string() } else { key.to_string() };
    vec![
        Command::new("page.logs", format!("kubectl logs {name}{scope}")),
        Command::new("page.crash", format!("yard pod crash {place}")),
        Command::new("page.hang", format!("yard pod hang {place}")),
        Command::new("page.delete-pod", format!("kubectl delete pod {name}{scope} --wait=false")),
    ]
}

/// How many pods a workload wants and whether it is suspended, where it has such a thing.
fn wants(object: &AnyObject) -> (Option<i64>, Option<bool>) {
    match object {
        AnyObject::Deployment(one) => (Some(one.spec.replicas), None),
        // The Deployment above it sets the number.
        AnyObject::ReplicaSet(one) if one.meta.controller().is_some() => (None, None),
        AnyObject::ReplicaSet(one) => (Some(one.spec.replicas), None),
        AnyObject::ReplicationController(one) => (Some(one.spec.replicas), None),
        AnyObject::Job(one) => (None, Some(one.spec.suspend)),
        AnyObject::CronJob(one) => (None, Some(one.spec.suspend)),
        _ => (None, None),
    }
}

fn workload(cluster: &Cluster, object: &AnyObject) -> Vec<Command> {
    let (kind, key) = (object.kind(), object.key());
    let (name, scope, word) = (&key.name, scope(&key), kind.info().name.to_lowercase());
    let (replicas, suspended) = wants(object);
    let mut commands = Vec::new();
    if let Some(replicas) = replicas {
        let scale = |label, replicas: i64| {
            Command::new(label, format!("kubectl scale {word} {name} --replicas={replicas}{scope}"))
        };
        commands.push(scale("page.fewer", (replicas - 1).max(0)));
        commands.push(scale("page.more", replicas + 1));
    }
    if kind == Kind::CronJob {
        let run = free_name(cluster, &key);
        let line = format!("kubectl create job {run} --from=cronjob/{name}{scope}");
        commands.push(Command::new("page.run-now", line));
    }
    if let Some(suspended) = suspended {
        let label = if suspended { "page.resume" } else { "page.suspend" };
        let patch = format!("'{{\"spec\":{{\"suspend\":{}}}}}'", !suspended);
        commands
            .push(Command::new(label, format!("kubectl patch {word} {name} -p {patch}{scope}")));
    }
    if matches!(kind, Kind::Deployment | Kind::DaemonSet) {
        let line = format!("kubectl rollout restart {word}/{name}{scope}");
        commands.push(Command::new("page.restart", line));
    }
    let delete = format!("kubectl delete {word} {name}{scope} --wait=false");
    commands.push(Command::new("page.delete", delete));
    commands
}

/// A name for one more run of a CronJob.
fn free_name(cluster: &Cluster, key: &ObjectKey) -> String {
    let taken = |name: &str| {
        let key = ObjectKey::new(Rc::clone(&key.namespace), name);
        cluster.store().jobs().get(&key).is_some()
    };
    let plain = format!("{}-now", key.name);
    let numbered = (2..).map(|number| format!("{plain}-{number}"));
    std::iter::once(plain.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Config, WriteOptions};
    use crate::manifest;
    use crate::terminal::Terminal;

    fn with(text: &str) -> Cluster {
        let mut cluster = Cluster::new(Config::default());
        for document in manifest::load("test.yaml", text.as_bytes()) {
            let kind = document.kind.unwrap();
            cluster.create(kind, "default", document.value, &WriteOptions::default()).unwrap();
        }
        cluster
    }

    fn lines(commands: &[Command]) -> Vec<&str> {
        commands.iter().map(|command| &*command.line).collect()
    }

    /// What the buttons of an object run; each must be a command that succeeds.
    fn pressed(cluster: &Cluster, kind: Kind, key: &ObjectKey) -> Vec<String> {
        let object = cluster.store().get(kind, key).unwrap();
        let commands = of(cluster, &object);
        for command in &commands {
            let (mut cluster, mut terminal) = (cluster.clone(), Terminal::default());
            let poll = terminal.start(&command.line).poll(&mut cluster, &mut terminal);
            assert!(matches!(poll.status, None | Some(0)), "{}: {:?}", command.line, poll.output);
        }
        lines(&commands).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn buttons_of_a_workload_run_what_one_would_type() {
        let cluster = with(include_str!("../../assets/examples/rc.yaml"));
        let key = cluster.store().list(Kind::ReplicationController, None)[0].key();
        assert_eq!(
            pressed(&cluster, Kind::ReplicationController, &key),
            [
                "kubectl scale replicationcontroller kubia --replicas=2",
                "kubectl scale replicationcontroller kubia --replicas=4",
                "kubectl delete replicationcontroller kubia --wait=false",
            ]
        );
    }

    #[test]
    fn a_cron_job_can_be_run_again_and_again() {
        let mut cluster = with(include_str!("../../assets/examples/cronjob.yaml"));
        let key = ObjectKey::new("default", "cronjob-example");
        assert_eq!(
            pressed(&cluster, Kind::CronJob, &key),
            [
                "kubectl create job cronjob-example-now --from=cronjob/cronjob-example",
                "kubectl patch cronjob cronjob-example -p '{\"spec\":{\"suspend\":true}}'",
                "kubectl delete cronjob cronjob-example --wait=false",
            ]
        );
        let mut terminal = Terminal::default();
        let line = "kubectl create job cronjob-example-now --from=cronjob/cronjob-example";
        terminal.start(line).poll(&mut cluster, &mut terminal);
        let again = pressed(&cluster, Kind::CronJob, &key);
        assert_eq!(
            again[0],
            "kubectl create job cronjob-example-now-2 --from=cronjob/cronjob-example"
        );
    }

    #[test]
    fn nodes_and_pods_have_theirs() {
        let cluster = with(include_str!("../../assets/examples/crash.yaml"));
        let node = ObjectKey::cluster("worker-2");
        assert_eq!(
            pressed(&cluster, Kind::Node, &node)[..2],
            ["yard node stop worker-2", "kubectl cordon worker-2"]
        );
        assert_eq!(
            lines(&pods(&ObjectKey::new("team", "web-1"))),
            [
                "kubectl logs web-1 -n team",
                "yard pod crash team/web-1",
                "yard pod hang team/web-1",
                "kubectl delete pod web-1 -n team --wait=false",
            ]
        );
    }
}
