//! A version that older clusters had: `batch/v1beta1`, `apps/v1beta2`, `extensions/v1beta1`.

use super::{Known, edits};
use crate::api::kind::Kind;
use crate::language::Text;
use crate::manifest::document::{Decoded, type_meta};

/// Kind, version that is gone, and the Kubernetes version that took it away.
const REMOVED: [(Kind, &str, &str); 22] = [
    (Kind::Deployment, "extensions/v1beta1", "1.16"),
    (Kind::Deployment, "apps/v1beta1", "1.16"),
    (Kind::Deployment, "apps/v1beta2", "1.16"),
    (Kind::DaemonSet, "extensions/v1beta1", "1.16"),
    (Kind::DaemonSet, "apps/v1beta2", "1.16"),
    (Kind::ReplicaSet, "extensions/v1beta1", "1.16"),
    (Kind::ReplicaSet, "apps/v1beta1", "1.16"),
    (Kind::ReplicaSet, "apps/v1beta2", "1.16"),
    (Kind::StatefulSet, "apps/v1beta1", "1.16"),
    (Kind::StatefulSet, "apps/v1beta2", "1.16"),
    (Kind::ControllerRevision, "apps/v1beta1", "1.16"),
    (Kind::ControllerRevision, "apps/v1beta2", "1.16"),
    (Kind::CronJob, "batch/v1beta1", "1.25"),
    (Kind::CronJob, "batch/v2alpha1", "1.21"),
    (Kind::Job, "extensions/v1beta1", "1.6"),
    (Kind::PodDisruptionBudget, "policy/v1beta1", "1.25"),
    (Kind::EndpointSlice, "discovery.k8s.io/v1beta1", "1.25"),
    (Kind::Lease, "coordination.k8s.io/v1beta1", "1.22"),
    (Kind::PriorityClass, "scheduling.k8s.io/v1beta1", "1.22"),
    (Kind::PriorityClass, "scheduling.k8s.io/v1alpha1", "1.17"),
    (Kind::Event, "events.k8s.io/v1beta1", "1.25"),
    (Kind::ReplicationController, "v1beta3", "1.2"),
];

pub(super) fn check(document: &Decoded) -> Option<Known> {
    let (kind, version) = type_meta(&document.raw);
    let (kind, _, since) = REMOVED
        .into_iter()
        .find(|(known, removed, _)| known.name() == kind && *removed == version)?;
    let wanted = kind.api_version();
    let why = Text::new("manifest.removed_version")
        .with("found", version)
        .with("wanted", wanted)
        .with("kind", kind.name())
        .with("since", since);
    Some(("removed-api-version", why, edits::replace_value(document, "apiVersion", wanted)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_version_in_the_list_is_served() {
        for (kind, version, _) in REMOVED {
            assert_ne!(kind.api_version(), version, "{}", kind.name());
        }
    }
}
