//! YAML text to objects: the only place that knows lines and columns.
//!
//! [`load`] takes a file as it was written and returns every document in it, with what could be
//! understood *and* everything that is wrong, each with its place, reason and mending edit.

pub mod diagnostic;
pub mod emit;
mod parser;
mod scalar;
mod scanner;
pub mod source;
mod tree;
mod yaml;

pub use diagnostic::{Diagnostic, Edit, Position, Replacement, Severity, Span, Utf16};
pub use emit::to_yaml;
pub use source::Source;
