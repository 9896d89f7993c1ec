//! What is typed at a terminal and what it answers, where no real client or recording says it.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

mod containers;
mod describe;
mod evictions;
mod limits;
mod nodes;
mod pods;
mod programs;
mod raw;
mod services;
mod workloads;

use podyard::cluster::{Cluster, Config};
use podyard::sim::Duration;
use podyard::terminal::{Stream, Terminal};

/// A cluster with a terminal beside it.
struct Desk {
    cluster: Cluster,
    terminal: Terminal,
}

impl Desk {
    /// A cluster in which these manifests were applied twenty seconds ago, and a pod `box` to ask from.
    fn new(manifests: &str) -> Self {
        let mut desk =
            Self { cluster: Cluster::new(Config::default()), terminal: Terminal::default() };
        desk.terminal.files.insert("all.yaml".into(), manifests.into());
        desk.says("kubectl apply -f all.yaml");
        desk.says("kubectl run box --image=busybox -- sleep 99999");
        desk.pass(20);
        desk
    }

    fn pass(&mut self, seconds: i64) {
        let end = self.cluster.now() + Duration::from_seconds(seconds);
        self.cluster.run_until(end);
    }

    /// Runs a line; both streams as one text.
    fn says(&mut self, line: &str) -> String {
        let mut running = self.terminal.start(line);
        let mut text = String::new();
        let end = self.cluster.now() + Duration::from_seconds(60);
        loop {
            let poll = running.poll(&mut self.cluster, &mut self.terminal);
            for (stream, part) in &poll.output {
                if matches!(stream, Stream::Out | Stream::Err) {
                    text.push_str(part);
                }
            }
            if poll.status.is_some() {
                return text;
            }
            let next = [self.cluster.next_wake(), poll.until].into_iter().flatten().min();
            let next = next.unwrap_or(end);
            assert!(next <= end, "{line} does not end: {text}");
            self.cluster.run_until(next);
        }
    }

    /// What the pod `box` gets from an address.
    fn fetch(&mut self, url: &str) -> String {
        self.says(&format!("kubectl exec box -- wget -qO- {url}"))
    }

    /// The names that answer so many requests, in the order of the alphabet.
    fn answering(&mut self, url: &str, requests: usize) -> Vec<String> {
        let mut names: Vec<String> = (0..requests)
            .map(|_| self.fetch(url).lines().next().unwrap_or_default().to_owned())
            .collect();
        names.sort();
        names.dedup();
        names
    }
}

/// Two pods that answer with their names, one on each of two nodes.
const PODS: &str = "
apiVersion: v1
kind: Pod
metadata: {name: a, labels: {app: web}}
spec: {nodeName: worker-1, hostname: alpha, subdomain: web, containers: [{name: c, image: luksa/kubia, ports: [{containerPort: 8080, name: http}]}]}
---
apiVersion: v1
kind: Pod
metadata: {name: b, labels: {app: web}}
spec: {nodeName: worker-2, containers: [{name: c, image: luksa/kubia, ports: [{containerPort: 8080, name: http}]}]}
---
";

const HIT_A: &str = "You've hit alpha";
const HIT_B: &str = "You've hit b";

fn with(rest: &str) -> Desk {
    Desk::new(&format!("{PODS}{rest}"))
}
