//! Tasks around the product: a crate of its own, so that its dependencies are not the product's.

mod schema;

fn main() -> std::io::Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some("schema") => schema::run(),
        _ => Ok(()),
    }
}
