//! What the unit tests see of the page, and their hands.

use wasm_bindgen::prelude::*;
use yew::{AppHandle, BaseComponent, Renderer};

#[wasm_bindgen(module = "/src/ui/platform/probe.js")]
extern "C" {
    /// The page is at an address, has a style, and its browser has kept nothing.
    pub(crate) fn arrive(search: &str, css: &str);
    fn stand() -> web_sys::Element;
    /// What is to be read there.
    pub(crate) fn seen(selector: &str) -> Vec<String>;
    /// What a screen reader calls it.
    pub(crate) fn heard(selector: &str) -> Vec<String>;
    /// An attribute of each; nothing where there is none.
    pub(crate) fn attributes(selector: &str, name: &str) -> Vec<String>;
    #[wasm_bindgen(js_name = pressOn)]
    fn press_on(selector: &str);
    #[wasm_bindgen(js_name = writeIn)]
    fn write_in(selector: &str, text: &str);
    #[wasm_bindgen(js_name = keyOn)]
    fn key_on(selector: &str, key: &str);
    /// Whether the person wants little motion.
    #[wasm_bindgen(js_name = wantLittleMotion)]
    pub(crate) fn want_little_motion(little: bool);
    /// How many elements are animated by script.
    pub(crate) fn moving() -> usize;
    #[wasm_bindgen(js_name = drawn)]
    async fn drawn_js();
    #[wasm_bindgen(js_name = inked)]
    fn inked_js(
        selector: &str,
        names: Vec<String>,
        x: f64,
        y: f64,
        width: f64,
        height: f64,
    ) -> Vec<String>;
}

/// Renders a component in the page; what stood there before goes.
pub(crate) async fn show<C: BaseComponent>(props: C::Properties) -> AppHandle<C> {
    let handle = Renderer::<C>::with_root_and_props(stand(), props).render();
    settle().await;
    handle
}

/// Lets everything that was asked for be rendered.
pub(crate) async fn settle() {
    yew::scheduler::flush().await;
}

/// After the next picture.
pub(crate) async fn drawn() {
    drawn_js().await;
}

/// A click on the only one of these elements.
pub(crate) async fn press(selector: &str) {
    press_on(selector);
    settle().await;
}

/// Another text, or another choice, in the only one of these fields.
pub(crate) async fn write(selector: &str, text: &str) {
    write_in(selector, text);
    settle().await;
}

/// A key in the only one of these fields.
pub(crate) async fn key(selector: &str, key: &str) {
    key_on(selector, key);
    settle().await;
}

/// Which of the colours of the style stand in a part of a canvas: left, top, width, height.
pub(crate) fn inked(
    selector: &str,
    names: &[&str],
    [x, y, width, height]: [f64; 4],
) -> Vec<String> {
    inked_js(selector, names.iter().map(ToString::to_string).collect(), x, y, width, height)
}
