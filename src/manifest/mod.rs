//! YAML text to objects: the only place that knows lines and columns.
//!
//! [`load`] takes a file as it was written and returns every document in it, with what could be
//! understood *and* everything that is wrong, each with its place, reason and mending edit.

pub mod assist;
mod decode;
pub mod diagnostic;
mod document;
pub mod emit;
mod json;
mod parser;
mod rules;
mod scalar;
mod scanner;
pub mod source;
mod suggest;
mod time;
mod tree;
mod yaml;

pub use diagnostic::{Diagnostic, Edit, Position, Replacement, Severity, Span, Utf16};
pub use document::{Decoded, Places, Refusal, load};
pub use emit::to_yaml;
pub use source::Source;
