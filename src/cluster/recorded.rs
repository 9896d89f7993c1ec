//! A cluster that stands as somebody recorded it.

use super::{Cluster, Config, World, history::History};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::store::CauseId;

impl Cluster {
    /// A cluster of exactly these objects, status and all, at the start of the configuration. Nothing is set up beside
    /// them, and nothing moves until it is touched: what it prints is what was recorded.
    pub fn recorded(config: Config, objects: &[Value]) -> Self {
        let mut world = World::empty(config.start);
        for value in objects {
            let text = |key: &str| value.str_at(key).unwrap_or_default();
            let Some(kind) = Kind::from_manifest(text("kind"), text("apiVersion")) else {
                continue;
            };
            let object = AnyObject::from_value(kind, value);
            if kind == Kind::Node {
                let name = object.meta().name.clone();
                world.kubelets.add_machine(&name, config.start);
            }
            world.store.put(object, config.start, CauseId::default());
        }
        let history = History::from(&world);
        Self { config, world, inputs: Vec::new(), history, patient: false }
    }
}
