//! The native binary: `podyard run SCRIPT`.
fn main() {}
