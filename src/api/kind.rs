//! The closed list of kinds that the cluster serves.

use std::rc::Rc;

use super::words::word;

thread_local! {
    /// What every reference to an object of a kind says, kind by kind.
    static NAMED: [[Rc<str>; 2]; Kind::ALL.len()] = named();
}

fn named() -> [[Rc<str>; 2]; Kind::ALL.len()] {
    let mut all: [[Rc<str>; 2]; Kind::ALL.len()] = Default::default();
    for kind in Kind::ALL {
        if let Some(own) = all.get_mut(kind as usize) {
            *own = [kind.api_version(), kind.name()].map(word);
        }
    }
    all
}

/// A kind of object. Follows the resource tables of kubectl's discovery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// v1 Pod
    Pod,
    /// v1 Node
    Node,
    /// v1 Namespace
    Namespace,
    /// v1 Event
    Event,
    /// v1 ConfigMap
    ConfigMap,
    /// v1 Secret
    Secret,
    /// v1 Service
    Service,
    /// v1 Endpoints
    Endpoints,
    /// v1 ServiceAccount
    ServiceAccount,
    /// v1 ReplicationController
    ReplicationController,
    /// v1 ResourceQuota
    ResourceQuota,
    /// v1 LimitRange
    LimitRange,
    /// v1 PersistentVolumeClaim (stored, not provisioned)
    PersistentVolumeClaim,
    /// apps/v1 ReplicaSet
    ReplicaSet,
    /// apps/v1 Deployment
    Deployment,
    /// apps/v1 DaemonSet
    DaemonSet,
    /// apps/v1 StatefulSet (stored, not run)
    StatefulSet,
    /// apps/v1 ControllerRevision
    ControllerRevision,
    /// batch/v1 Job
    Job,
    /// batch/v1 CronJob
    CronJob,
    /// coordination.k8s.io/v1 Lease
    Lease,
    /// discovery.k8s.io/v1 EndpointSlice
    EndpointSlice,
    /// policy/v1 PodDisruptionBudget
    PodDisruptionBudget,
    /// scheduling.k8s.io/v1 PriorityClass
    PriorityClass,
}

/// What discovery says about a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindInfo {
    /// `Job`
    pub name: &'static str,
    /// `batch`; empty for the core group.
    pub group: &'static str,
    /// `jobs`
    pub plural: &'static str,
    /// `po`, …
    pub short_names: &'static [&'static str],
    /// Whether objects live in a namespace.
    pub namespaced: bool,
}

const fn info(
    name: &'static str,
    group: &'static str,
    plural: &'static str,
    short_names: &'static [&'static str],
    namespaced: bool,
) -> KindInfo {
    KindInfo { name, group, plural, short_names, namespaced }
}

impl Kind {
    /// Every kind, in the order in which discovery lists groups and kinds.
    pub const ALL: [Self; 24] = [
        Self::ConfigMap,
        Self::Endpoints,
        Self::Event,
        Self::LimitRange,
        Self::Namespace,
        Self::Node,
        Self::PersistentVolumeClaim,
        Self::Pod,
        Self::ReplicationController,
        Self::ResourceQuota,
        Self::Secret,
        Self::ServiceAccount,
        Self::Service,
        Self::ControllerRevision,
        Self::DaemonSet,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::CronJob,
        Self::Job,
        Self::Lease,
        Self::EndpointSlice,
        Self::PodDisruptionBudget,
        Self::PriorityClass,
    ];

    /// What discovery says about this kind.
    pub const fn info(self) -> KindInfo {
        match self {
            Self::Pod => info("Pod", "", "pods", &["po"], true),
            Self::Node => info("Node", "", "nodes", &["no"], false),
            Self::Namespace => info("Namespace", "", "namespaces", &["ns"], false),
            Self::Event => info("Event", "", "events", &["ev"], true),
            Self::ConfigMap => info("ConfigMap", "", "configmaps", &["cm"], true),
            Self::Secret => info("Secret", "", "secrets", &[], true),
            Self::Service => info("Service", "", "services", &["svc"], true),
            Self::Endpoints => info("Endpoints", "", "endpoints", &["ep"], true),
            Self::ServiceAccount => info("ServiceAccount", "", "serviceaccounts", &["sa"], true),
            Self::ReplicationController => {
                info("ReplicationController", "", "replicationcontrollers", &["rc"], true)
            }
            Self::ResourceQuota => info("ResourceQuota", "", "resourcequotas", &["quota"], true),
            Self::LimitRange => info("LimitRange", "", "limitranges", &["limits"], true),
            Self::PersistentVolumeClaim => {
                info("PersistentVolumeClaim", "", "persistentvolumeclaims", &["pvc"], true)
            }
            Self::ReplicaSet => info("ReplicaSet", "apps", "replicasets", &["rs"], true),
            Self::Deployment => info("Deployment", "apps", "deployments", &["deploy"], true),
            Self::DaemonSet => info("DaemonSet", "apps", "daemonsets", &["ds"], true),
            Self::StatefulSet => info("StatefulSet", "apps", "statefulsets", &["sts"], true),
            Self::ControllerRevision => {
                info("ControllerRevision", "apps", "controllerrevisions", &[], true)
            }
            Self::Job => info("Job", "batch", "jobs", &[], true),
            Self::CronJob => info("CronJob", "batch", "cronjobs", &["cj"], true),
            Self::Lease => info("Lease", "coordination.k8s.io", "leases", &[], true),
            Self::EndpointSlice => {
                info("EndpointSlice", "discovery.k8s.io", "endpointslices", &[], true)
            }
            Self::PodDisruptionBudget => {
                info("PodDisruptionBudget", "policy", "poddisruptionbudgets", &["pdb"], true)
            }
            Self::PriorityClass => {
                info("PriorityClass", "scheduling.k8s.io", "priorityclasses", &["pc"], false)
            }
        }
    }

    /// The kinds of the category `all`, in the order in which they are shown.
    pub const CATEGORY_ALL: [Self; 9] = [
        Self::Pod,
        Self::ReplicationController,
        Self::Service,
        Self::DaemonSet,
        Self::Deployment,
        Self::ReplicaSet,
        Self::StatefulSet,
        Self::CronJob,
        Self::Job,
    ];

    /// `Job`
    pub const fn name(self) -> &'static str {
        self.info().name
    }

    /// `batch/v1`, `v1`
    pub fn api_version(self) -> &'static str {
        match self.info().group {
            "apps" => "apps/v1",
            "batch" => "batch/v1",
            "coordination.k8s.io" => "coordination.k8s.io/v1",
            "discovery.k8s.io" => "discovery.k8s.io/v1",
            "policy" => "policy/v1",
            "scheduling.k8s.io" => "scheduling.k8s.io/v1",
            _ => "v1",
        }
    }

    /// Both as shared words: `batch/v1` and `Job`.
    pub fn words(self) -> [Rc<str>; 2] {
        NAMED.with(|all| all.get(self as usize).cloned().unwrap_or_default())
    }

    /// `jobs.batch`, `pods`: the plural with its group, as in `jobs.batch "x" not found`.
    pub fn resource(self) -> String {
        let info = self.info();
        with_group(info.plural, info.group)
    }

    /// `job.batch`, `pod`: the lower-case kind with its group, as in `job.batch/x created`.
    pub fn word(self) -> String {
        let info = self.info();
        with_group(&info.name.to_lowercase(), info.group)
    }

    /// `Job.batch`, `Pod`: the kind with its group, as in `Job.batch "x" is invalid`.
    pub fn qualified(self) -> String {
        let info = self.info();
        with_group(info.name, info.group)
    }

    /// Whether objects of this kind live in a namespace.
    pub const fn namespaced(self) -> bool {
        self.info().namespaced
    }

    /// What the server warns of whoever asks for objects of this kind. Follows `AddAPIVersionWarning` of
    /// `k8s.io/apiserver/pkg/endpoints/deprecation`.
    pub const fn deprecation(self) -> Option<&'static str> {
        match self {
            Self::Endpoints => {
                Some("v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice")
            }
            _ => None,
        }
    }

    /// The kind with this `kind:` and `apiVersion:`.
    pub fn from_manifest(kind: &str, api_version: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == kind && one.api_version() == api_version)
    }

    /// The kind that kubectl understands by a word: plural, singular, short name, in any case, with
    /// or without group (`jobs`, `job`, `po`, `deployments.apps`, `deployments.v1.apps`).
    pub fn from_word(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        let (name, rest) = word.split_once('.').unwrap_or((&word, ""));
        Self::ALL.into_iter().find(|kind| {
            let info = kind.info();
            let named = info.plural == name
                || info.name.to_lowercase() == name
                || info.short_names.contains(&name);
            let group = match rest.split_once('.') {
                Some(("v1", group)) => group,
                _ if rest == "v1" => "",
                _ => rest,
            };
            named && (rest.is_empty() || group == info.group)
        })
    }
}

fn with_group(word: &str, group: &str) -> String {
    if group.is_empty() { word.into() } else { format!("{word}.{group}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_names_its_group() {
        for kind in Kind::ALL {
            let group = kind.info().group;
            let expected = if group.is_empty() { "v1".to_owned() } else { format!("{group}/v1") };
            assert_eq!(kind.api_version(), expected, "{}", kind.name());
            let [version, name] = kind.words();
            assert_eq!((&*version, &*name), (kind.api_version(), kind.name()));
            assert!(Rc::ptr_eq(&name, &kind.words()[1]));
        }
    }
}
