//! What the field under the cursor governs: the pods and nodes that light up while a manifest is written. A pure
//! function of the text, the place in it, and the cluster.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::relations::pods_below;
use crate::api::core::{Effect, Node, Pod, PodSpec, Toleration};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::{NodeName, ObjectKey, Uid};
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::{Cluster, named};
use crate::language::Text;
use crate::manifest::{self, Decoded, Utf16};

/// What a field governs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Governed {
    /// The pods.
    pub pods: Vec<Uid>,
    /// The nodes.
    pub nodes: Vec<NodeName>,
    /// The nodes that the pods are on, where it governs pods and no nodes.
    pub homes: BTreeSet<NodeName>,
    /// The same in a sentence; nothing where the field governs nothing.
    pub text: Option<Text>,
}

/// What the field at a place of a text governs; `at` counts UTF-16 units.
pub fn governed(cluster: &Cluster, text: &str, at: usize, namespace: &str) -> Governed {
    let offset = key_of_line(text, Utf16::new(text).to_byte(at));
    for document in manifest::load("", text.as_bytes()) {
        if let (Some((path, _)), Some(kind)) = (document.places.path_at(offset), document.kind) {
            let ask = Ask { cluster, document: &document, kind, namespace };
            return ask.answer(&path);
        }
    }
    Governed::default()
}

/// Where the key of the line of an offset begins, behind its dashes.
fn key_of_line(text: &str, offset: usize) -> usize {
    let before = text.get(..offset).unwrap_or(text);
    let start = before.rfind('\n').map_or(0, |end| end + 1);
    let line = text.get(start..).and_then(|rest| rest.lines().next()).unwrap_or("");
    start + (line.len() - line.trim_start_matches([' ', '-']).len())
}

/// A question about a document.
struct Ask<'a> {
    cluster: &'a Cluster,
    document: &'a Decoded,
    kind: Kind,
    namespace: &'a str,
}

/// Where in an object the pod's own fields begin.
fn template_of(kind: Kind) -> Option<&'static [&'static str]> {
    match kind {
        Kind::Pod => Some(&[]),
        Kind::CronJob => Some(&["spec", "jobTemplate", "spec", "template"]),
        Kind::Job
        | Kind::Deployment
        | Kind::ReplicaSet
        | Kind::ReplicationController
        | Kind::DaemonSet => Some(&["spec", "template"]),
        _ => None,
    }
}

impl Ask<'_> {
    fn raw(&self) -> &Value {
        &self.document.raw
    }

    fn key(&self) -> ObjectKey {
        let namespace = match self.document.namespace() {
            "" if self.kind.namespaced() => self.namespace,
            own => own,
        };
        ObjectKey::new(if self.kind.namespaced() { namespace } else { "" }, self.document.name())
    }

    fn live(&self) -> Option<AnyObject> {
        self.cluster.store().get(self.kind, &self.key())
    }

    fn object(&self) -> String {
        named(self.kind, self.document.name())
    }

    /// The pods of the object that this document writes.
    fn own_pods(&self) -> Vec<Rc<Pod>> {
        match self.live() {
            Some(AnyObject::Pod(pod)) => vec![pod],
            Some(object) => pods_below(self.cluster, &object),
            None => Vec::new(),
        }
    }

    fn answer(&self, path: &str) -> Governed {
        if self.kind == Kind::Node {
            return self.node();
        }
        let Some(template) = template_of(self.kind) else { return self.other(path) };
        let prefix = template.join(".");
        let inner = match prefix.as_str() {
            "" => Some(path),
            prefix => path.strip_prefix(prefix).map(|rest| rest.trim_start_matches('.')),
        };
        match inner {
            Some(inner) => self.in_template(inner, template),
            None => self.above_template(path),
        }
    }

    /// A field of the pod.
    fn in_template(&self, inner: &str, template: &[&str]) -> Governed {
        let spec = self.raw().at(template).and_then(|one| one.get("spec"));
        let field = inner.strip_prefix("spec.").unwrap_or(inner);
        let starts = |name: &str| {
            field == name
                || field.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', '[']))
        };
        match spec {
            Some(spec)
                if starts("nodeSelector")
                    || starts("nodeName")
                    || starts("affinity.nodeAffinity") =>
            {
                self.chosen_nodes(spec, field)
            }
            Some(spec) if starts("tolerations") => self.tolerated_nodes(spec),
            _ if inner.starts_with("metadata.labels") && self.kind != Kind::Pod => self.selected(),
            _ => self.stands_in_pods(field),
        }
    }

    /// A field that stands in every pod: what a change of it would do.
    fn stands_in_pods(&self, field: &str) -> Governed {
        let key = match self.live() {
            None => return self.not_there(),
            Some(AnyObject::Deployment(_)) => "governs.replaced",
            Some(AnyObject::DaemonSet(set)) if !set.spec.on_delete => "governs.replaced",
            Some(AnyObject::Job(_)) => "governs.fixed",
            Some(AnyObject::CronJob(_)) => "governs.next-job",
            Some(AnyObject::Pod(_)) => "governs.pod",
            Some(_) => "governs.new-pods",
        };
        self.pods(key, last(field), self.own_pods())
    }

    /// A field beside the template: numbers, policies, selectors.
    fn above_template(&self, path: &str) -> Governed {
        if path.starts_with("spec.selector") {
            return self.selected();
        }
        let name = last(path);
        let key = match name {
            "replicas" => "governs.replicas",
            "parallelism" => "governs.parallelism",
            "completions" => "governs.completions",
            "maxUnavailable" => "governs.max-unavailable",
            "maxSurge" => "governs.max-surge",
            "schedule" | "timeZone" => "governs.schedule",
            "concurrencyPolicy" => "governs.concurrency",
            "suspend" => "governs.suspend",
            "backoffLimit" => "governs.backoff-limit",
            _ if path.starts_with("spec") || path == "metadata.name" => "governs.pods",
            _ => return Governed::default(),
        };
        match self.live() {
            None => self.not_there(),
            Some(_) => self.pods(key, name, self.own_pods()),
        }
    }

    /// What the selector, as it is written here, matches.
    fn selected(&self) -> Governed {
        let wanted = self.raw().at(&["spec", "selector"]);
        let written = match self.kind {
            Kind::ReplicationController | Kind::Service => {
                wanted.map(|one| Selector::from_map(Some(one)))
            }
            _ => wanted.and_then(|one| Selector::from_label_selector(Some(one)).ok()),
        };
        // A Job's selector, and one that is left out, is written by the server.
        let selector = written.or_else(|| match self.live()? {
            AnyObject::Job(job) => Some(job.spec.selector.clone()),
            AnyObject::ReplicationController(one) => Some(one.spec.selector.clone()),
            _ => None,
        });
        let Some(selector) = selector.filter(|one| !one.is_empty()) else {
            return self.not_there();
        };
        let key = self.key();
        let pods = self.cluster.store().pods().iter_in(Some(&key.namespace));
        let matching: Vec<Rc<Pod>> =
            pods.filter(|pod| selector.matches(&pod.meta.labels)).cloned().collect();
        let mut found = self.pods("governs.selector", "selector", matching);
        found.text = found.text.map(|text| text.with("selector", selector.text_or_none()));
        found
    }

    fn chosen_nodes(&self, spec: &Value, field: &str) -> Governed {
        let parsed = PodSpec::parse(spec);
        let named = spec.str_at("nodeName");
        let fits = |node: &&Rc<Node>| {
            named.is_none_or(|name| *node.meta.name == *name)
                && parsed.selects_node(&node.meta.name, &node.meta.labels)
        };
        let nodes = self.cluster.store().nodes().iter().filter(fits);
        let nodes: Vec<NodeName> = nodes.map(|node| Rc::clone(&node.meta.name)).collect();
        let field = field.split(['.', '[']).next().unwrap_or(field);
        self.nodes("governs.node-selector", field, nodes)
    }

    /// The tainted nodes that the tolerations open.
    fn tolerated_nodes(&self, spec: &Value) -> Governed {
        let all: Vec<Toleration> =
            spec.items_at("tolerations").iter().map(Toleration::parse).collect();
        let opened = |node: &&Rc<Node>| {
            let mut bars = node
                .spec
                .taints
                .iter()
                .filter(|taint| taint.effect != Effect::PreferNoSchedule)
                .peekable();
            bars.peek().is_some() && bars.all(|taint| taint.tolerated(&all))
        };
        let nodes = self.cluster.store().nodes().iter().filter(opened);
        let nodes = nodes.map(|node| Rc::clone(&node.meta.name)).collect();
        self.nodes("governs.tolerations", "tolerations", nodes)
    }

    fn node(&self) -> Governed {
        let name: NodeName = self.document.name().into();
        let there = self.live().is_some();
        let nodes = if there { vec![name] } else { Vec::new() };
        Governed { nodes, ..Governed::default() }
    }

    /// Services and budgets select pods.
    fn other(&self, path: &str) -> Governed {
        match self.kind {
            Kind::Service | Kind::PodDisruptionBudget if path.starts_with("spec") => {
                self.selected()
            }
            _ => Governed::default(),
        }
    }

    fn not_there(&self) -> Governed {
        let text = Text::new("governs.not-there").with("object", self.object());
        Governed { text: Some(text), ..Governed::default() }
    }

    fn pods(&self, key: &'static str, field: &str, pods: Vec<Rc<Pod>>) -> Governed {
        let text = Text::new(key)
            .with("field", field)
            .with("object", self.object())
            .with("count", pods.len());
        let homes = pods.iter().filter_map(|pod| pod.node.clone()).collect();
        let pods = pods.iter().map(|pod| pod.meta.uid).collect();
        Governed { pods, nodes: Vec::new(), homes, text: Some(text) }
    }

    fn nodes(&self, key: &'static str, field: &str, nodes: Vec<NodeName>) -> Governed {
        let names: Vec<&str> = nodes.iter().take(5).map(|name| &**name).collect();
        let mut list = names.join(", ");
        if nodes.len() > 5 {
            list.push_str(&format!(" +{}", nodes.len() - 5));
        }
        let key = if nodes.is_empty() { "governs.no-node" } else { key };
        let text =
            Text::new(key).with("field", field).with("count", nodes.len()).with("nodes", list);
        let pods = self.own_pods().iter().map(|pod| pod.meta.uid).collect();
        Governed { pods, nodes, homes: BTreeSet::new(), text: Some(text) }
    }
}

/// The last name of a path, without the place in a list.
fn last(path: &str) -> &str {
    let name = path.rsplit('.').next().unwrap_or(path);
    name.split('[').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::{Config, WriteOptions};
    use crate::language::Language;
    use crate::sim::Duration;

    const RC: &str = include_str!("../../assets/examples/rc.yaml");
    const DEPLOYMENT: &str = include_str!("../../assets/examples/deployment.yaml");

    fn apply(cluster: &mut Cluster, text: &str) {
        for document in manifest::load("a.yaml", text.as_bytes()) {
            let (kind, options) = (document.kind.unwrap(), WriteOptions::default());
            cluster.create(kind, "default", document.value, &options).unwrap();
        }
        let at = cluster.now() + Duration::from_seconds(30);
        cluster.run_until(at);
    }

    /// What is governed with the cursor in a line: how many pods, which nodes, and the sentence.
    fn at(cluster: &Cluster, text: &str, line: &str) -> (usize, String, String) {
        let offset = text.find(line).unwrap_or_else(|| panic!("{line}")) + line.len();
        let units = text.get(..offset).unwrap().encode_utf16().count();
        let found = governed(cluster, text, units, "default");
        let sentence = found.text.map(|text| text.render(Language::En)).unwrap_or_default();
        (found.pods.len(), found.nodes.join(","), sentence)
    }

    #[test]
    fn a_number_governs_the_pods_of_its_object() {
        let mut cluster = Cluster::new(Config::default());
        assert_eq!(at(&cluster, RC, "replicas: 3").0, 0);
        assert_eq!(
            at(&cluster, RC, "replicas: 3").2,
            "replicationcontroller/kubia is not in the cluster yet: apply it first."
        );
        apply(&mut cluster, RC);
        apply(&mut cluster, DEPLOYMENT);
        let (pods, nodes, text) = at(&cluster, RC, "replicas: 3");
        assert_eq!((pods, nodes.as_str()), (3, ""));
        assert_eq!(text, "replicas: how many pods there are to be. The 3 of now are lit.");
        assert_eq!(at(&cluster, DEPLOYMENT, "replicas: 3").0, 3, "through the ReplicaSet");
        assert_eq!(
            at(&cluster, RC, "kind: ReplicationController"),
            (0, String::new(), String::new())
        );
    }

    #[test]
    fn a_field_of_the_template_says_what_a_change_would_do() {
        let mut cluster = Cluster::new(Config::default());
        apply(&mut cluster, RC);
        apply(&mut cluster, DEPLOYMENT);
        let job = include_str!("../../assets/examples/job.yaml");
        apply(&mut cluster, job);
        assert_eq!(
            at(&cluster, RC, "image: luksa/kubia"),
            (3, String::new(), "image: a change holds for pods that are made from then on; the 3 that are lit stay as they are.".into())
        );
        assert_eq!(
            at(&cluster, DEPLOYMENT, "image: nginx:1.27").2,
            "image: a change replaces the 3 pods that are lit, step by step."
        );
        assert_eq!(
            at(&cluster, job, "image: busybox").2,
            "image: it cannot be changed once the Job is there; it stands in the 1 pod that is lit."
        );
    }

    #[test]
    fn labels_and_selectors_govern_what_they_match_as_they_are_written() {
        let mut cluster = Cluster::new(Config::default());
        apply(&mut cluster, RC);
        apply(&mut cluster, DEPLOYMENT);
        assert_eq!(
            at(&cluster, RC, "selector:\n    app: kubia"),
            (3, String::new(), "The selector app=kubia matches 3 pods: they are lit.".into())
        );
        let other = RC.replace("selector:\n    app: kubia", "selector:\n    app: web");
        assert_eq!(at(&cluster, &other, "selector:\n    app: web").0, 3, "the Deployment's");
        let service = "apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec:\n  selector:\n    app: nobody\n";
        assert_eq!(
            at(&cluster, service, "app: nobody").2,
            "The selector app=nobody matches 0 pods: they are lit."
        );
        let both = format!("{service}---\n{RC}");
        assert_eq!(at(&cluster, &both, "labels:\n        app: kubia").0, 3, "the second document");
    }

    #[test]
    fn node_selectors_and_tolerations_light_nodes() {
        let mut cluster = Cluster::new(Config::default());
        let set = include_str!("../../assets/examples/daemonset.yaml");
        apply(&mut cluster, set);
        let spec = "    spec:\n";
        let named = set.replace(
            spec,
            "    spec:\n      nodeSelector:\n        kubernetes.io/hostname: worker-2\n",
        );
        assert_eq!(
            at(&cluster, &named, "hostname: worker-2"),
            (3, "worker-2".into(), "nodeSelector allows 1 node: worker-2.".into())
        );
        let nowhere = set.replace(spec, "    spec:\n      nodeSelector:\n        disk: ssd\n");
        assert_eq!(at(&cluster, &nowhere, "disk: ssd").2, "nodeSelector: there is no such node.");
        let tolerant = set.replace(spec, "    spec:\n      tolerations:\n      - key: node-role.kubernetes.io/control-plane\n        operator: Exists\n");
        assert_eq!(
            at(&cluster, &tolerant, "operator: Exists"),
            (3, "control-plane".into(), "tolerations opens 1 tainted node: control-plane.".into())
        );
    }

    #[test]
    fn a_text_that_is_no_yaml_governs_nothing() {
        let cluster = Cluster::new(Config::default());
        assert_eq!(governed(&cluster, "a: [1", 3, "default"), Governed::default());
        assert_eq!(governed(&cluster, "", 0, "default"), Governed::default());
    }
}
