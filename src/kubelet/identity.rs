//! What a container finds at `/var/run/secrets/kubernetes.io/serviceaccount`: the token of its service account, the
//! certificate of the API server, its namespace. Follows `plugin/pkg/admission/serviceaccount`, `pkg/serviceaccount/
//! claims.go` and `pkg/volume/projected`.
//!
//! A token is long and few read it. It is made when a shell starts or a command runs in a container; servers that
//! nobody enters have none.

use super::environment::data;
use crate::api::base64;
use crate::api::core::{Container, Pod, TOKEN_PATH};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::value::Value;
use crate::containers::Process;
use crate::containers::files::Subtree;
use crate::object;
use crate::sim::rng::{Purpose, Seed};
use crate::store::Store;

/// What the volume of the service account is made of.
const CERTIFICATES: (&str, &str) = ("kube-root-ca.crt", "ca.crt");
/// Who issues tokens, and for whom they are.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// The seconds that the admission plugin asks for, and those that such a token really lasts: a year. Follows
/// `WarnOnlyBoundTokenExpirationSeconds` and `ExpirationExtensionSeconds`.
const WARNS_AFTER: i64 = 3_607;
const EXTENDED: i64 = 365 * 24 * 3_600;
/// The bytes of a signature of RS256 and of the name of its key.
const SIGNATURE_BYTES: usize = 256;
const KEY_BYTES: usize = 32;

/// Puts the files in their place, if they are not there and the container is to have them.
pub(super) fn show(pod: &Pod, container: &Container, store: &Store, process: &mut Process) {
    let own = container.mounts.iter().any(|mount| *mount.path == *TOKEN_PATH);
    if own || !pod.mounts_token() || process.files().exists(TOKEN_PATH) {
        return;
    }
    let (config_map, key) = CERTIFICATES;
    let certificates = data(Kind::ConfigMap, &pod.meta.namespace, config_map, store);
    let certificate = certificates.and_then(|data| data.get(key).cloned()).unwrap_or_default();
    let mut files = Subtree::new();
    files.insert(key.into(), Some(certificate));
    files.insert("namespace".into(), Some(pod.meta.namespace.clone()));
    files.insert("token".into(), Some(token(pod, "", WARNS_AFTER, store).into()));
    process.files_mut().set_subtree(TOKEN_PATH, &files);
}

/// A token of the pod's service account. Nothing checks it; what it says is true, and the rest is drawn.
pub(super) fn token(pod: &Pod, audience: &str, seconds: i64, store: &Store) -> String {
    let audience = if audience.is_empty() { ISSUER } else { audience };
    let account = pod.spec.raw.str_at("serviceAccountName").unwrap_or("default");
    let key = ObjectKey::new(pod.meta.namespace.clone(), account);
    let account_uid = store.plain(Kind::ServiceAccount, &key).map(|found| found.meta.uid);
    let named = |name: &str, uid: Option<Uid>| {
        object! { "name" => name, "uid" => uid.map(|uid| uid.to_string()).unwrap_or_default() }
    };
    let mut about = object! { "namespace" => &pod.meta.namespace };
    if let Some(node) = &pod.node {
        let uid = store.nodes().get(&ObjectKey::cluster(node.clone())).map(|node| node.meta.uid);
        about.set("node", named(node, uid));
    }
    about.set("pod", named(&pod.meta.name, Some(pod.meta.uid)));
    about.set("serviceaccount", named(account, account_uid));
    let issued = pod.status.start_time.unwrap_or(pod.meta.created).unix_seconds();
    let lasts = if seconds == WARNS_AFTER { EXTENDED } else { seconds };
    if lasts == EXTENDED {
        about.set("warnafter", issued + seconds);
    }
    let own = pod.meta.uid.to_string();
    let claims = object! {
        "aud" => vec![audience],
        "exp" => issued + lasts,
        "iat" => issued,
        "iss" => ISSUER,
        "jti" => Uid(Seed(seed_of(pod.meta.uid)).uid(audience, 0)).to_string(),
        "kubernetes.io" => about,
        "nbf" => issued,
        "sub" => format!("system:serviceaccount:{}:{account}", pod.meta.namespace),
    };
    let cluster = store.plain(Kind::Namespace, &ObjectKey::cluster("kube-system"));
    let cluster = cluster.map_or(0, |cluster| seed_of(cluster.meta.uid));
    let key = base64::encode_url(&drawn(Seed(cluster), "key", KEY_BYTES));
    let head = object! { "alg" => "RS256", "kid" => key };
    let signature = drawn(Seed(cluster), &own, SIGNATURE_BYTES);
    let part = |value: &Value| base64::encode_url(value.to_json().as_bytes());
    [part(&head), part(&claims), base64::encode_url(&signature)].join(".")
}

fn seed_of(uid: Uid) -> u64 {
    u64::try_from(uid.0 & u128::from(u64::MAX)).unwrap_or(0)
}

fn drawn(seed: Seed, name: &str, count: usize) -> Vec<u8> {
    let words = (0..).flat_map(|word| seed.draw(Purpose::Id, name, word).to_le_bytes());
    words.take(count).collect()
}
