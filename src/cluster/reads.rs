//! What the API server answers to those who read: what the store keeps, with what kubelets have said since.

use super::facade::Cluster;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;

impl Cluster {
    /// An object as the API server shows it.
    pub fn object(&self, kind: Kind, key: &ObjectKey) -> Option<AnyObject> {
        self.store().get(kind, key).map(|object| self.served(object))
    }

    /// All objects of a kind, ordered by namespace and name; of one namespace, if one is named.
    pub fn objects(&self, kind: Kind, namespace: Option<&str>) -> Vec<AnyObject> {
        let all = self.store().list(kind, namespace);
        match kind {
            Kind::Node | Kind::Lease => all.into_iter().map(|object| self.served(object)).collect(),
            _ => all,
        }
    }

    /// An object of the store as the API server shows it now.
    pub fn served(&self, object: AnyObject) -> AnyObject {
        self.kubelets().served(object, self.store(), self.config.seed, self.now())
    }
}
