//! See lib.rs.

use super::{FieldError, Kind, Value};

/// PLACEHOLDER until validation lands.
pub fn validate_create(_: Kind, _: &Value) -> Vec<FieldError> {
    Vec::new()
}

/// PLACEHOLDER until validation lands.
pub fn validate_update(_: Kind, _: &Value, _: &Value) -> Vec<FieldError> {
    Vec::new()
}

/// PLACEHOLDER until validation lands.
pub fn warnings(_: Kind, _: &Value) -> Vec<String> {
    Vec::new()
}
