//! `--overrides` of `run` and `expose`: a patch of the object that was made from flags. Follows
//! `pkg/cmd/util/override_options.go`.

use super::Context;
use super::problem::Failure;
use crate::api::kind::Kind;
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::apiserver::patch::{json_patch, merge_patch, strategic_patch};

/// The object, overridden as the line asks.
///
/// # Errors
/// kubectl's words about the type of the override, and about a text that is no patch.
pub(super) fn apply(context: &Context<'_>, kind: Kind, object: Value) -> Result<Value, Failure> {
    let text = context.flags.text("overrides");
    if text.is_empty() {
        return Ok(object);
    }
    let way = context.flags.value("override-type").unwrap_or("merge");
    if !matches!(way, "json" | "merge" | "strategic") {
        return Err(Failure::new(format!("invalid override type: {way}")));
    }
    let patch = Value::from_json(text).map_err(|_| Failure::new("Invalid JSON Patch"))?;
    match way {
        "strategic" => strategic_patch(&object, &patch, Schema::of(kind)).map_err(Failure::new),
        "json" => json_patch(&object, &patch).map_err(Failure::new),
        _ => Ok(merge_patch(&object, &patch)),
    }
}
