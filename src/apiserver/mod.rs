//! The verbs on the store, with everything that stands between a request and what is kept: names and uids,
//! defaults, validation, admission, graceful deletion, finalizers, events. Follows
//! `k8s.io/apiserver/pkg/registry/generic/registry/store.go`.

mod addresses;
mod admission;
mod delete;
mod events;
mod limits;
pub mod patch;
pub mod paths;
pub mod quota;
mod selection;
pub mod table;
mod verbs;

pub use admission::admitted;
pub use selection::FieldSelector;
pub use verbs::{Api, Names, Patch, Written};
