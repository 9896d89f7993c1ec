//! Gives every namespace what its pods need: the ServiceAccount `default` and the ConfigMap `kube-root-ca.crt`. What
//! somebody deletes comes back. Follows `pkg/controller/serviceaccount/serviceaccounts_controller.go` and
//! `pkg/controller/certificates/rootcacertpublisher/publisher.go`.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, ObjectMeta};
use crate::api::object::{AnyObject, Plain};
use crate::reconcile::{Controller, Key, Memories, Observed, Plan, Wake, Write};
use crate::sim::{Duration, Time};
use crate::store::{Change, Operation, Store};

/// What every namespace has: kind and name.
const CONTENT: [(Kind, &str); 2] =
    [(Kind::ConfigMap, "kube-root-ca.crt"), (Kind::ServiceAccount, "default")];
/// What the real publisher writes beside the certificate.
const DESCRIPTION: &str = "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters.";
/// No certificate of anybody: nothing here is encrypted.
const CERTIFICATE: &str = "-----BEGIN CERTIFICATE-----\nUG9keWFyZA==\n-----END CERTIFICATE-----\n";

/// What the loop decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The namespace is gone, or on its way.
    Leaves,
    /// So many of its objects were missing and are made.
    Furnished {
        /// How many.
        missing: usize,
    },
}

/// The loop.
pub struct NamespaceContent;

impl Controller for NamespaceContent {
    type Decision = Decision;
    type Memory = ();
    const NAME: &'static str = "root-ca-certificate-publisher-controller";

    fn wakes(change: &Change, _: &Store, _: &Memories<()>, wake: Wake<'_>) {
        let meta = change.object.meta();
        let kind = change.object.kind();
        if kind == Kind::Namespace && change.operation != Operation::Deleted {
            wake(Key::of(meta), Duration::ZERO);
        }
        let ours = CONTENT.iter().any(|(own, name)| *own == kind && **name == *meta.name);
        if ours && change.operation == Operation::Deleted {
            wake(Key::new(ObjectKey::cluster(Rc::clone(&meta.namespace))), Duration::ZERO);
        }
    }

    fn reconcile(key: &Key, seen: &Observed<'_, ()>, _: Time) -> Plan<Decision, ()> {
        let namespace = seen.store.plain(Kind::Namespace, &key.object);
        let Some(namespace) = namespace.filter(|namespace| !namespace.meta.deleting()) else {
            return Plan::idle(Decision::Leaves);
        };
        let missing: Vec<Write> = CONTENT
            .into_iter()
            .filter_map(|(kind, name)| {
                let key = ObjectKey::new(Rc::clone(&namespace.meta.name), name);
                let there = seen.store.plain(kind, &key).is_some();
                (!there).then(|| Write::Create { object: made(kind, key), note: None, about: None })
            })
            .collect();
        Plan::writes(Decision::Furnished { missing: missing.len() }, missing)
    }
}

fn made(kind: Kind, key: ObjectKey) -> AnyObject {
    let mut meta = ObjectMeta { name: key.name, namespace: key.namespace, ..ObjectMeta::default() };
    let body = match kind {
        Kind::ConfigMap => {
            meta.annotations.set("kubernetes.io/description", DESCRIPTION);
            crate::object! { "data" => crate::object! { "ca.crt" => CERTIFICATE } }
        }
        _ => crate::object! {},
    };
    AnyObject::Plain(Rc::new(Plain { kind, meta, body }))
}
