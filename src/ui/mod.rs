//! The page: Yew components over the views. Compiled for wasm only.

mod app;
mod bridge;
mod components;
mod controls;
mod editor;
mod files;
mod inspector;
mod keep;
mod loops;
mod node;
mod platform;
mod terminal;
mod tile;
mod yard;

pub use app::App;

/// Starts the page.
pub fn start() {
    yew::Renderer::<App>::new().render();
}
