//! The paths of the API: `/api/v1/namespaces/NS/pods/NAME`, `/apis/GROUP/VERSION/…`.

use std::rc::Rc;

use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;

/// What a path names: objects of a kind, one of them, or a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The kind.
    pub kind: Kind,
    /// The namespace, if one is named.
    pub namespace: Option<Rc<str>>,
    /// The name of one object.
    pub name: Option<Rc<str>>,
    /// Its part: `status`, `scale`, `log`, …
    pub part: Option<Rc<str>>,
}

impl Place {
    /// What the parts of a path name; nothing if there is no such resource.
    pub fn parse(path: &[&str]) -> Option<Self> {
        let (version, rest) = match path {
            ["api", version, rest @ ..] => ((*version).to_owned(), rest),
            ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
            _ => return None,
        };
        let find = |plural: &str| {
            let mut all = Kind::ALL.into_iter();
            all.find(|kind| kind.info().plural == plural && kind.api_version() == version)
        };
        let (namespace, plural, rest) = match rest {
            ["namespaces", namespace, plural, rest @ ..] if find(plural).is_some() => {
                (Some(*namespace), *plural, rest)
            }
            [plural, rest @ ..] => (None, *plural, rest),
            [] => return None,
        };
        let (name, part) = match rest {
            [] => (None, None),
            [name] => (Some(*name), None),
            [name, part] => (Some(*name), Some(*part)),
            _ => return None,
        };
        // Nothing is in a namespace but what has one, and nothing that has one is found without it.
        let kind = find(plural)?;
        let misplaced = match kind.namespaced() {
            true => name.is_some() && namespace.is_none(),
            false => namespace.is_some(),
        };
        if misplaced {
            return None;
        }
        let owned = |text: Option<&str>| text.map(Rc::from);
        let (namespace, name, part) = (owned(namespace), owned(name), owned(part));
        Some(Self { kind, namespace, name, part })
    }

    /// The key of the object.
    pub fn key(&self) -> ObjectKey {
        let text = |text: &Option<Rc<str>>| text.clone().unwrap_or_else(|| "".into());
        ObjectKey::new(text(&self.namespace), text(&self.name))
    }
}

/// The path of an object or a list.
pub fn path(kind: Kind, namespace: &str, name: &str) -> String {
    let info = kind.info();
    let version = kind.api_version();
    let root =
        if info.group.is_empty() { format!("/api/{version}") } else { format!("/apis/{version}") };
    let scope =
        if namespace.is_empty() { String::new() } else { format!("/namespaces/{namespace}") };
    let tail = if name.is_empty() { String::new() } else { format!("/{name}") };
    format!("{root}{scope}/{}{tail}", info.plural)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_names_has_that_path() {
        for kind in Kind::ALL {
            let namespace = if kind.namespaced() { "shop" } else { "" };
            for name in ["", "web"] {
                let text = path(kind, namespace, name);
                let parts: Vec<&str> = text.split('/').filter(|part| !part.is_empty()).collect();
                let place = Place::parse(&parts).unwrap();
                assert_eq!(
                    (place.kind, place.key()),
                    (kind, ObjectKey::new(namespace, name)),
                    "{text}"
                );
                assert_eq!(place.name.is_some(), !name.is_empty(), "{text}");
            }
        }
        for wrong in [
            "api/v1",
            "api/v2/pods",
            "apis/apps/v1/pods",
            "api/v1/nodes/a/b/c",
            "api/v1/pods/a",
            "api/v1/namespaces/shop/nodes",
        ] {
            let parts: Vec<&str> = wrong.split('/').collect();
            assert_eq!(Place::parse(&parts), None, "{wrong}");
        }
        let namespace = Place::parse(&["api", "v1", "namespaces", "shop", "status"]).unwrap();
        assert_eq!((namespace.kind, namespace.part.as_deref()), (Kind::Namespace, Some("status")));
    }
}
