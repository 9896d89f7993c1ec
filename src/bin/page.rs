//! Starts the page.

fn main() {
    #[cfg(target_arch = "wasm32")]
    podyard::ui::start();
}
