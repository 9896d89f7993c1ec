//! The page: Yew components over the views. Compiled for wasm only.

mod app;
mod bridge;
mod components;
mod editor;
mod inspector;
mod loops;
mod platform;
mod terminal;
mod yard;

pub use app::App;

/// Starts the page.
pub fn start() {
    yew::Renderer::<App>::new().render();
}
