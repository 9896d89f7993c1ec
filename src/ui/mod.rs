//! The page: Yew components over the views. Compiled for wasm only.

mod app;
mod bridge;
mod components;
mod controls;
mod diagram;
mod dots;
mod editor;
mod embed;
mod files;
mod futures;
mod groups;
mod heat;
mod homework;
mod icon;
mod inspector;
mod keep;
mod lesson;
mod lesson_map;
mod loops;
mod node;
mod platform;
mod pod_table;
mod present;
mod school;
mod share;
mod shell;
mod stage;
mod terminal;
mod tile;
mod time;
mod timeline;
mod welcome;
mod yard;

#[cfg(test)]
mod tests;

pub use app::App;

use crate::language::{self, Language};
use crate::view::address::Address;

/// Starts the page, once the texts of its language are there.
pub fn start() {
    wasm_bindgen_futures::spawn_local(async {
        load_texts(first_language()).await;
        let address = Address::read(platform::parameter);
        if address.embed && address.reveal {
            platform::until_clicked(&embed::reveal_label(first_language())).await;
        }
        yew::Renderer::<App>::new().render();
    });
}

/// The language that the address, an earlier visit, or the browser asks for.
fn first_language() -> Language {
    let asked = platform::parameter("lang").or_else(|| platform::kept("podyard.language"));
    let tag = asked.unwrap_or_else(platform::browser_language);
    Language::from_tag(&tag).unwrap_or_default()
}

/// Fetches the texts of a language that are not at hand.
async fn load_texts(language: Language) {
    if !language::installed(language)
        && let Some(text) = platform::fetch_text(language.tag()).await
    {
        language::install(text);
    }
}
