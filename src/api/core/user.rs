//! As whom the processes of a container run: what its pod and it ask for, and what the image knows of users. Follows
//! `DetermineEffectiveSecurityContext` of `pkg/securitycontext`, `verifyRunAsNonRoot` of `pkg/kubelet/kuberuntime`, and
//! containerd, which looks into the `/etc/passwd` and `/etc/group` of the image.

use std::rc::Rc;

use crate::api::value::Value;
use crate::object;
use crate::sim::order::Order as _;

/// A user that the images of a name know.
struct Account {
    /// The last part of the name of an image, or the part before it with its slash; nothing stands for every image.
    image: &'static str,
    name: &'static str,
    uid: i64,
    gid: i64,
    home: &'static str,
    /// Whether processes run as it unless they are told otherwise.
    own: Own,
}

/// How an image names the user that its processes run as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Own {
    No,
    Number,
    Name,
}

const fn account(
    image: &'static str,
    name: &'static str,
    (uid, gid): (i64, i64),
    home: &'static str,
    own: Own,
) -> Account {
    Account { image, name, uid, gid, home, own }
}

/// The users that images know beside root. The first that fits is meant.
const ACCOUNTS: [Account; 12] = [
    account("nginx-unprivileged", "nginx", (101, 101), "/nonexistent", Own::Number),
    account("bitnami/", "", (1001, 0), "/", Own::Number),
    account("curl", "curl_user", (100, 101), "/home/curl_user", Own::Name),
    account("node-exporter", "nobody", (65_534, 65_534), "/home", Own::Name),
    account("pause", "", (65_535, 65_535), "/", Own::Number),
    account("nginx", "nginx", (101, 101), "/nonexistent", Own::No),
    account("node", "node", (1000, 1000), "/home/node", Own::No),
    account("redis", "redis", (999, 1000), "/home/redis", Own::No),
    account("", "daemon", (1, 1), "/usr/sbin", Own::No),
    account("", "www-data", (33, 33), "/var/www", Own::No),
    account("busybox", "nobody", (65_534, 65_534), "/home", Own::No),
    account("", "nobody", (65_534, 65_534), "/nonexistent", Own::No),
];

/// The groups of images, by number; root belongs to those that are marked. What is not listed here is like Debian.
const BUSYBOX: &[(i64, &str, bool)] =
    &[(0, "root", false), (1, "daemon", false), (10, "wheel", true), (65_534, "nobody", false)];
const ALPINE: &[(i64, &str, bool)] = &[
    (0, "root", true),
    (1, "bin", true),
    (2, "daemon", true),
    (3, "sys", true),
    (4, "adm", true),
    (6, "disk", true),
    (10, "wheel", true),
    (11, "floppy", true),
    (20, "dialout", true),
    (26, "tape", true),
    (27, "video", true),
    (65_534, "nobody", false),
];
const DEBIAN: &[(i64, &str, bool)] = &[
    (0, "root", false),
    (1, "daemon", false),
    (2, "bin", false),
    (3, "sys", false),
    (4, "adm", false),
    (33, "www-data", false),
    (65_534, "nogroup", false),
];

/// A user with its groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// The number.
    pub uid: i64,
    /// The name that the image has for it, or nothing.
    pub name: &'static str,
    /// The number of its first group.
    pub gid: i64,
    /// All its groups, in the order of their numbers.
    pub groups: Rc<[i64]>,
    /// Where it is at home.
    pub home: &'static str,
    /// Why the container is not created: it must not run as root, and would, or might. Nothing if it may.
    pub refusal: Rc<str>,
    /// The names of groups in the image.
    names: &'static [(i64, &'static str, bool)],
}

impl Default for User {
    fn default() -> Self {
        Self::of(&Value::Null, None)
    }
}

thread_local! {
    static ROOT: Rc<User> = Rc::default();
}

/// The parts of an image's name that tell which it is: with its slash what is before the last one, and the last one
/// without its tag; the tag.
fn parts(image: &str) -> (&str, &str, &str) {
    let image = image.split_once('@').map_or(image, |(image, _)| image);
    let (before, last) = image.rsplit_once('/').unwrap_or(("", image));
    let (name, tag) = last.split_once(':').unwrap_or((last, ""));
    (before.rsplit('/').next().unwrap_or_default(), name, tag)
}

impl User {
    /// As whom a container runs that is written so, in a pod with this security context; most containers share root.
    pub fn of_container(container: &Value, pod: Option<&Value>) -> Rc<Self> {
        let user = Self::of(container, pod);
        ROOT.with(|root| if user == **root { Rc::clone(root) } else { Rc::new(user) })
    }

    /// The user of most containers.
    pub fn root() -> Rc<Self> {
        ROOT.with(Rc::clone)
    }

    fn of(container: &Value, pod: Option<&Value>) -> Self {
        let (folder, name, tag) = parts(container.str_at("image").unwrap_or_default());
        let fits = |account: &&Account| match account.image.strip_suffix('/') {
            Some(before) => before == folder,
            None => account.image.is_empty() || account.image == name,
        };
        let names = match name {
            "busybox" | "busyboxplus" => BUSYBOX,
            "alpine" | "curl" | "netshoot" | "stress" => ALPINE,
            _ if tag.contains("alpine") => ALPINE,
            _ => DEBIAN,
        };
        let either = [container.get("securityContext"), pod];
        let asked = |key: &str| either.iter().flatten().find_map(|context| context.get(key));
        let number = |key: &str| asked(key).and_then(Value::as_i64);
        let own = ACCOUNTS.iter().filter(fits).find(|account| account.own != Own::No);
        let told = number("runAsUser");
        let uid = told.or(own.map(|own| own.uid)).unwrap_or_default();
        let account = own.filter(|own| own.uid == uid);
        let account =
            account.or_else(|| ACCOUNTS.iter().filter(fits).find(|account| account.uid == uid));
        let root = uid == 0;
        let known = account.map(|account| account.gid);
        let gid = number("runAsGroup").or(known).unwrap_or_default();
        let mut groups = vec![gid];
        if root && pod.and_then(|pod| pod.str_at("supplementalGroupsPolicy")) != Some("Strict") {
            groups.extend(names.iter().filter(|(_, _, roots)| *roots).map(|(group, ..)| group));
        }
        groups.extend(pod.and_then(|pod| pod.i64_at("fsGroup")));
        let more = pod.map(|pod| pod.items_at("supplementalGroups")).unwrap_or_default();
        groups.extend(more.iter().filter_map(Value::as_i64));
        groups.order();
        groups.dedup();
        let must_not_be_root = asked("runAsNonRoot").and_then(Value::as_bool) == Some(true);
        let refusal = match (told, own) {
            _ if !must_not_be_root => "".into(),
            (Some(0), _) => "container's runAsUser breaks non-root policy".into(),
            (Some(_), _) => "".into(),
            (None, None) => "container has runAsNonRoot and image will run as root".into(),
            (None, Some(own)) if own.own == Own::Name => format!(
                "container has runAsNonRoot and image has non-numeric user ({}), cannot verify user is non-root",
                own.name
            )
            .into(),
            (None, Some(_)) => "".into(),
        };
        Self {
            uid,
            name: if root { "root" } else { account.map_or("", |account| account.name) },
            gid,
            groups: groups.into(),
            home: if root { "/root" } else { account.map_or("/", |account| account.home) },
            refusal,
            names,
        }
    }

    /// The name that the image has for a group, or nothing.
    pub fn group_name(&self, group: i64) -> &'static str {
        let known = self.names.iter().find(|(number, ..)| *number == group);
        match known {
            Some((_, name, _)) => name,
            None if group == self.gid && group > 0 => self.name,
            None => "",
        }
    }

    /// As the status of a container shows it.
    pub(super) fn to_value(&self) -> Value {
        let groups: Vec<Value> = self.groups.iter().copied().map(Value::from).collect();
        object! { "gid" => self.gid, "supplementalGroups" => groups, "uid" => self.uid }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(container: &str, pod: &str) -> User {
        let pod = Value::from_json(pod).unwrap();
        User::of(&Value::from_json(container).unwrap(), Some(&pod))
    }

    #[test]
    fn users_come_from_container_pod_and_image() {
        for (container, pod, uid, gid, groups) in [
            (r#"{"image":"nginx"}"#, "{}", 0, 0, "0"),
            (r#"{"image":"busybox:1.36"}"#, "{}", 0, 0, "0 10"),
            (r#"{"image":"busybox"}"#, r#"{"supplementalGroupsPolicy":"Strict"}"#, 0, 0, "0"),
            (r#"{"image":"nginx:alpine"}"#, "{}", 0, 0, "0 1 2 3 4 6 10 11 20 26 27"),
            (
                r#"{"image":"busybox"}"#,
                r#"{"runAsUser":1000,"runAsGroup":3000,"fsGroup":2000,"supplementalGroups":[4000,2000]}"#,
                1000,
                3000,
                "2000 3000 4000",
            ),
            (
                r#"{"image":"busybox","securityContext":{"runAsUser":7}}"#,
                r#"{"runAsUser":5,"fsGroup":2}"#,
                7,
                0,
                "0 2",
            ),
            (r#"{"image":"node:20"}"#, r#"{"runAsUser":1000}"#, 1000, 1000, "1000"),
            (r#"{"image":"nginxinc/nginx-unprivileged"}"#, "{}", 101, 101, "101"),
            (r#"{"image":"docker.io/bitnami/redis:7"}"#, "{}", 1001, 0, "0"),
            (r#"{"image":"docker.io/bitnami/redis:7"}"#, r#"{"runAsUser":5}"#, 5, 0, "0"),
        ] {
            let found = user(container, pod);
            let all: Vec<String> = found.groups.iter().map(i64::to_string).collect();
            let found = (found.uid, found.gid, all.join(" "));
            assert_eq!(found, (uid, gid, groups.to_owned()), "{container} {pod}");
        }
    }

    /// Follows `TestVerifyRunAsNonRoot`.
    #[test]
    fn who_must_not_be_root_is_refused_in_the_words_of_the_kubelet() {
        let root = "container has runAsNonRoot and image will run as root";
        let told = "container's runAsUser breaks non-root policy";
        let name = "container has runAsNonRoot and image has non-numeric user (curl_user), cannot verify user is non-root";
        for (container, pod, refusal) in [
            (r#"{"image":"nginx"}"#, "{}", ""),
            (r#"{"image":"nginx"}"#, r#"{"runAsUser":0}"#, ""),
            (r#"{"image":"nginx"}"#, r#"{"runAsNonRoot":true}"#, root),
            (r#"{"image":"nginx"}"#, r#"{"runAsNonRoot":true,"runAsUser":0}"#, told),
            (r#"{"image":"nginx"}"#, r#"{"runAsNonRoot":true,"runAsUser":1}"#, ""),
            (
                r#"{"image":"nginx","securityContext":{"runAsNonRoot":false}}"#,
                r#"{"runAsNonRoot":true}"#,
                "",
            ),
            (
                r#"{"image":"nginx","securityContext":{"runAsNonRoot":true}}"#,
                r#"{"runAsNonRoot":false}"#,
                root,
            ),
            (r#"{"image":"nginxinc/nginx-unprivileged"}"#, r#"{"runAsNonRoot":true}"#, ""),
            (r#"{"image":"curlimages/curl:8.10.1"}"#, r#"{"runAsNonRoot":true}"#, name),
        ] {
            assert_eq!(&*user(container, pod).refusal, refusal, "{container} {pod}");
        }
    }
}
