//! What a container finds at `/var/run/secrets/kubernetes.io/serviceaccount`: the token of its service account, the
//! certificate of the API server, its namespace. Follows `plugin/pkg/admission/serviceaccount`, `pkg/serviceaccount/
//! claims.go` and `pkg/volume/projected`.
//!
//! A token is long and few read it: it is made when somebody does. Servers that nobody enters have none of the files.

use std::rc::Rc;

use crate::api::base64;
use crate::api::core::{Container, Pod, TOKEN_PATH};
use crate::api::kind::Kind;
use crate::api::meta::{ObjectKey, Uid};
use crate::api::value::Value;
use crate::api::words::word;
use crate::containers::Process;
use crate::object;
use crate::sim::rng::{Purpose, Seed};
use crate::store::Store;

/// What the volume of the service account is made of.
const CERTIFICATES: (&str, &str) = ("kube-root-ca.crt", "ca.crt");
/// Its files, in [`TOKEN_PATH`].
const CERTIFICATE_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt";
const NAMESPACE_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount/namespace";
const TOKEN_FILE_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount/token";
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
    if !process.files().exists(TOKEN_PATH) {
        show_later(pod, container, store, process);
    }
}

/// The same for a process that is new: nothing is done before it looks at its files.
pub(super) fn show_later(pod: &Pod, container: &Container, store: &Store, process: &mut Process) {
    let own = container.mounts.iter().any(|mount| *mount.path == *TOKEN_PATH);
    if own || !pod.mounts_token() {
        return;
    }
    let (config_map, key) = CERTIFICATES;
    let certificates =
        store.plain(Kind::ConfigMap, &ObjectKey::new(pod.meta.namespace.clone(), word(config_map)));
    let certificate = certificates.and_then(|found| match found.body.at(&["data", key]) {
        Some(Value::String(text)) => Some(text.clone()),
        _ => None,
    });
    let claims = Claims::of(pod, "", WARNS_AFTER, store);
    process.files_mut().add_later(move |files| {
        if !files.exists(TOKEN_PATH) {
            files.make_folder(TOKEN_PATH);
            files.put(CERTIFICATE_PATH, certificate.unwrap_or_default());
            files.put(NAMESPACE_PATH, Rc::clone(&claims.namespace));
            files.put_later(TOKEN_FILE_PATH, move || claims.token().into());
        }
    });
}

/// What a token says.
pub(super) struct Claims {
    audience: Rc<str>,
    seconds: i64,
    namespace: Rc<str>,
    issued: i64,
    /// Names and uids of pod, node and service account.
    pod: (Rc<str>, Uid),
    node: Option<(Rc<str>, Option<Uid>)>,
    account: (Rc<str>, Option<Uid>),
    /// What nobody checks is drawn from this.
    cluster: Seed,
}

impl Claims {
    /// What the token of a pod's service account says to an audience (nothing: the API server).
    pub(super) fn of(pod: &Pod, audience: &str, seconds: i64, store: &Store) -> Self {
        let account = pod.spec.raw.str_at("serviceAccountName").unwrap_or("default");
        let key = ObjectKey::new(pod.meta.namespace.clone(), word(account));
        let account_uid = store.plain(Kind::ServiceAccount, &key).map(|found| found.meta.uid);
        let node_uid = |name: &Rc<str>| {
            store.nodes().get(&ObjectKey::cluster(name.clone())).map(|node| node.meta.uid)
        };
        let cluster = store.plain(Kind::Namespace, &ObjectKey::cluster(word("kube-system")));
        Self {
            audience: word(if audience.is_empty() { ISSUER } else { audience }),
            seconds,
            namespace: pod.meta.namespace.clone(),
            issued: pod.status.start_time.unwrap_or(pod.meta.created).unix_seconds(),
            pod: (pod.meta.name.clone(), pod.meta.uid),
            node: pod.node.as_ref().map(|name| (name.clone(), node_uid(name))),
            account: (key.name, account_uid),
            cluster: Seed(cluster.map_or(0, |cluster| seed_of(cluster.meta.uid))),
        }
    }

    /// The token. Nothing checks it; what it says is true, and the rest is drawn.
    pub(super) fn token(&self) -> String {
        let named = |name: &str, uid: Option<Uid>| {
            object! { "name" => name, "uid" => uid.map(|uid| uid.to_string()).unwrap_or_default() }
        };
        let mut about = object! { "namespace" => &self.namespace };
        if let Some((name, uid)) = &self.node {
            about.set("node", named(name, *uid));
        }
        let (pod, uid) = &self.pod;
        about.set("pod", named(pod, Some(*uid)));
        let (account, account_uid) = &self.account;
        about.set("serviceaccount", named(account, *account_uid));
        let lasts = if self.seconds == WARNS_AFTER { EXTENDED } else { self.seconds };
        if lasts == EXTENDED {
            about.set("warnafter", self.issued + self.seconds);
        }
        let claims = object! {
            "aud" => vec![&*self.audience],
            "exp" => self.issued + lasts,
            "iat" => self.issued,
            "iss" => ISSUER,
            "jti" => Uid(Seed(seed_of(*uid)).uid(&self.audience, 0)).to_string(),
            "kubernetes.io" => about,
            "nbf" => self.issued,
            "sub" => format!("system:serviceaccount:{}:{account}", self.namespace),
        };
        let key = base64::encode_url(&drawn(self.cluster, "key", KEY_BYTES));
        let head = object! { "alg" => "RS256", "kid" => key };
        let signature = drawn(self.cluster, &uid.to_string(), SIGNATURE_BYTES);
        let part = |value: &Value| base64::encode_url(value.to_json().as_bytes());
        [part(&head), part(&claims), base64::encode_url(&signature)].join(".")
    }
}

fn seed_of(uid: Uid) -> u64 {
    u64::try_from(uid.0 & u128::from(u64::MAX)).unwrap_or(0)
}

fn drawn(seed: Seed, name: &str, count: usize) -> Vec<u8> {
    let words = (0..).flat_map(|word| seed.draw(Purpose::Id, name, word).to_le_bytes());
    words.take(count).collect()
}
