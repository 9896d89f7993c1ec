//! The objects of the API as plain data.

pub mod apps;
pub mod base64;
pub mod batch;
pub mod conditions;
pub mod core;
pub mod defaults;
pub mod error;
pub mod kind;
pub mod labels;
pub mod meta;
pub mod named;
pub mod names;
pub mod object;
pub mod quantity;
pub mod resources;
pub mod schedule;
pub mod schema;
pub mod strategy;
pub mod time_zone;
pub mod validation;
pub mod value;
pub mod words;

pub use error::{ApiError, FieldError, FieldErrorKind, Reason};
pub use kind::{Kind, KindInfo};
pub use meta::{Labels, NodeName, ObjectKey, ObjectMeta, OwnerReference, Uid};
pub use object::{AnyObject, Plain, Resource};
pub use value::{Map, Value};
pub use words::word;
