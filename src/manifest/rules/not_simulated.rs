//! A kind that a real cluster has and this one has not.

use super::Known;
use crate::language::Text;
use crate::manifest::document::{Decoded, type_meta};

/// Built-in kinds of Kubernetes 1.36 that are not simulated.
const KINDS: [&str; 40] = [
    "APIService",
    "Binding",
    "CSIDriver",
    "CSINode",
    "CSIStorageCapacity",
    "CertificateSigningRequest",
    "ClusterRole",
    "ClusterRoleBinding",
    "ComponentStatus",
    "CustomResourceDefinition",
    "DeviceClass",
    "FlowSchema",
    "HorizontalPodAutoscaler",
    "IPAddress",
    "Ingress",
    "IngressClass",
    "LocalSubjectAccessReview",
    "MutatingAdmissionPolicy",
    "MutatingWebhookConfiguration",
    "NetworkPolicy",
    "PersistentVolume",
    "PodTemplate",
    "PriorityLevelConfiguration",
    "ResourceClaim",
    "ResourceClaimTemplate",
    "ResourceSlice",
    "Role",
    "RoleBinding",
    "RuntimeClass",
    "SelfSubjectAccessReview",
    "SelfSubjectReview",
    "SelfSubjectRulesReview",
    "ServiceCIDR",
    "StorageClass",
    "SubjectAccessReview",
    "TokenReview",
    "ValidatingAdmissionPolicy",
    "ValidatingWebhookConfiguration",
    "VolumeAttachment",
    "VolumeAttributesClass",
];

pub(super) fn is_listed(kind: &str) -> bool {
    KINDS.contains(&kind)
}

pub(super) fn check(document: &Decoded) -> Option<Known> {
    let (kind, _) = type_meta(&document.raw);
    let why = Text::new("manifest.not_simulated").with("kind", kind);
    is_listed(kind).then_some(("not-simulated", why, None))
}
