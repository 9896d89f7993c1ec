//! A kubeconfig: clusters, users and contexts by name, and the context in use. Knows nothing of commands. Follows
//! `k8s.io/client-go/tools/clientcmd`.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::shell::HOME;
use crate::api::value::Value;
use crate::manifest;
use crate::object;

/// The name of the cluster, its user and its context, as long as nobody names others.
const NAME: &str = "podyard";
/// Where the cluster is reached.
pub(super) const SERVER: &str = "https://127.0.0.1:6443";

/// Entries by name.
type Entries = BTreeMap<String, Value>;

/// What a kubeconfig holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kubeconfig {
    clusters: Entries,
    users: Entries,
    contexts: Entries,
    /// `current-context`; empty where none is in use.
    pub(super) current: String,
}

/// A part of it that has entries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Section {
    /// `clusters`
    Clusters,
    /// `users`
    Users,
    /// `contexts`
    Contexts,
}

impl Section {
    /// All of them.
    pub(super) const ALL: [Self; 3] = [Self::Clusters, Self::Users, Self::Contexts];

    /// Its name, and the name of what an entry holds.
    pub(super) const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Clusters => ("clusters", "cluster"),
            Self::Users => ("users", "user"),
            Self::Contexts => ("contexts", "context"),
        }
    }
}

impl Default for Kubeconfig {
    /// The one cluster that there is.
    fn default() -> Self {
        let cluster = object! {
            "certificate-authority-data" => "REFUQStPTUlUVEVE", "server" => SERVER,
        };
        let user = object! {
            "client-certificate-data" => "REFUQStPTUlUVEVE", "client-key-data" => "REFUQStPTUlUVEVE",
        };
        let context = object! { "cluster" => NAME, "user" => NAME };
        let entries = |entry| Entries::from([(NAME.to_owned(), entry)]);
        Self {
            clusters: entries(cluster),
            users: entries(user),
            contexts: entries(context),
            current: NAME.to_owned(),
        }
    }
}

impl Kubeconfig {
    /// Where kubectl keeps it.
    pub(super) fn path() -> String {
        format!("{HOME}/.kube/config")
    }

    /// One without entries.
    pub(super) const fn empty() -> Self {
        Self {
            clusters: Entries::new(),
            users: Entries::new(),
            contexts: Entries::new(),
            current: String::new(),
        }
    }

    /// The entries of a part.
    pub(super) const fn section(&self, section: Section) -> &Entries {
        match section {
            Section::Clusters => &self.clusters,
            Section::Users => &self.users,
            Section::Contexts => &self.contexts,
        }
    }

    /// The same, to change them.
    pub(super) const fn section_mut(&mut self, section: Section) -> &mut Entries {
        match section {
            Section::Clusters => &mut self.clusters,
            Section::Users => &mut self.users,
            Section::Contexts => &mut self.contexts,
        }
    }

    /// The namespace of a context; `default` where it names none.
    pub(super) fn namespace_of(&self, context: &str) -> Rc<str> {
        let named = self.contexts.get(context).and_then(|context| context.str_at("namespace"));
        named.filter(|name| !name.is_empty()).unwrap_or("default").into()
    }

    /// The whole as it is written, with its lists in order of names. Follows the conversion in
    /// `clientcmd/api/v1/conversion.go`.
    pub(super) fn to_value(&self) -> Value {
        let mut whole = object! { "apiVersion" => "v1", "kind" => "Config" };
        for section in Section::ALL {
            let (list, entry) = section.words();
            let items: Vec<Value> = (self.section(section).iter())
                .map(|(name, value)| object! { "name" => name.as_str(), entry => value.clone() })
                .collect();
            whole.set(list, if items.is_empty() { Value::Null } else { Value::from(items) });
        }
        whole.set("current-context", self.current.as_str());
        whole
    }

    /// Reads one; what is no entry is left out.
    pub(super) fn parse(file: &str, text: &str) -> Self {
        let documents = manifest::load(file, text.as_bytes());
        let mut config = Self::empty();
        let Some(whole) = documents.first().map(|document| &document.raw) else { return config };
        whole.str_at("current-context").unwrap_or_default().clone_into(&mut config.current);
        for section in Section::ALL {
            let (list, entry) = section.words();
            for item in whole.items_at(list) {
                let Some(name) = item.str_at("name") else { continue };
                let value = item.get(entry).cloned().unwrap_or_else(Value::empty_object);
                config.section_mut(section).insert(name.to_owned(), value);
            }
        }
        config
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let mut config = Kubeconfig::default();
        let context = object! { "cluster" => NAME, "user" => NAME, "namespace" => "team-a" };
        config.section_mut(Section::Contexts).insert("dev".into(), context);
        let text = manifest::to_yaml(&config.to_value());
        assert_eq!(Kubeconfig::parse("config", &text), config);
        assert_eq!(&*config.namespace_of("dev"), "team-a");
        assert_eq!(&*config.namespace_of("podyard"), "default");
        assert_eq!(&*config.namespace_of("nope"), "default");
    }
}
