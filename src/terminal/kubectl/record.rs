//! `--record`: an object remembers the command that changed it. Follows `genericclioptions.RecordFlags`.

use super::Context;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::Patch;

/// The annotation that `rollout history` shows.
pub(super) const CAUSE: &str = "kubernetes.io/change-cause";

impl Context<'_> {
    /// The command as an object remembers it, if it shall.
    pub(super) fn cause(&self) -> Option<&str> {
        self.flags.has("record").then_some(self.flags.typed.as_str())
    }

    /// The object, remembering the command if it shall.
    pub(super) fn recorded(&self, object: Value) -> Value {
        match self.cause() {
            Some(cause) => remembering(object, cause),
            None => object,
        }
    }

    /// The same for an object that was written already: a write of its own, whose refusal nobody hears of.
    pub(super) fn record_after(&mut self, object: AnyObject) -> AnyObject {
        let Some(cause) =
            self.cause().filter(|cause| object.meta().annotations.text(CAUSE) != Some(*cause))
        else {
            return object;
        };
        let annotations = crate::object! { CAUSE => cause };
        let metadata = crate::object! { "annotations" => annotations };
        let patch = Patch::Merge(crate::object! { "metadata" => metadata });
        match self.send_patch(object.kind(), &object.key(), patch) {
            Ok(written) => written.object,
            Err(_) => object,
        }
    }
}

/// The object with the command that changed it.
pub(super) fn remembering(mut object: Value, cause: &str) -> Value {
    object.child("metadata").child("annotations").set(CAUSE, cause);
    object
}
