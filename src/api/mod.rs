//! The objects of the API as plain data.

pub mod apps;
pub mod batch;
pub mod core;
pub mod defaults;
pub mod error;
pub mod kind;
pub mod labels;
pub mod names;
pub mod validation;
pub mod value;

pub use error::{ApiError, FieldError, FieldErrorKind, Reason};
pub use kind::{Kind, KindInfo};
pub use value::{Map, Value};
