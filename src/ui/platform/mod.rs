//! The browser: the only files that name web_sys, js_sys or JavaScript.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/page.js")]
extern "C" {
    /// A kept text, or nothing.
    #[wasm_bindgen(js_name = kept)]
    pub(crate) fn kept(key: &str) -> Option<String>;
    /// Keeps a text; says whether the browser let us.
    #[wasm_bindgen(js_name = keep)]
    pub(crate) fn keep(key: &str, text: &str) -> bool;
    /// A parameter of the address.
    #[wasm_bindgen(js_name = parameter)]
    pub(crate) fn parameter(name: &str) -> Option<String>;
    /// The language of the browser.
    #[wasm_bindgen(js_name = browserLanguage)]
    pub(crate) fn browser_language() -> String;
    /// Sets an attribute of the root element.
    #[wasm_bindgen(js_name = setRoot)]
    pub(crate) fn set_root(name: &str, value: &str);
    /// Milliseconds since the Unix epoch by the browser's clock.
    #[wasm_bindgen(js_name = wallClock)]
    pub(crate) fn wall_clock() -> f64;
    /// Milliseconds of a clock that never jumps.
    #[wasm_bindgen(js_name = steadyClock)]
    pub(crate) fn steady_clock() -> f64;
    /// Calls back with the next picture.
    #[wasm_bindgen(js_name = nextFrame)]
    pub(crate) fn next_frame(callback: &Closure<dyn FnMut()>);
    /// Moves elements that changed their place from where they were.
    #[wasm_bindgen(js_name = flip)]
    pub(crate) fn flip();
    /// Loads the editor into an element.
    #[wasm_bindgen(js_name = loadEditor)]
    pub(crate) fn load_editor(
        id: &str,
        text: &str,
        label: &str,
        change: &Closure<dyn FnMut(String)>,
        apply: &Closure<dyn FnMut()>,
    );
    /// Puts a text into the editor.
    #[wasm_bindgen(js_name = setEditor)]
    pub(crate) fn set_editor(text: &str);
    /// Shows diagnostics in the editor, as JSON.
    #[wasm_bindgen(js_name = setDiagnostics)]
    pub(crate) fn set_diagnostics(json: &str);
    /// Scrolls an element to its end.
    #[wasm_bindgen(js_name = scrollToEnd)]
    pub(crate) fn scroll_to_end(id: &str);
    /// Listens for keys outside of fields: gives the key's name.
    #[wasm_bindgen(js_name = onKey)]
    pub(crate) fn on_key(callback: &Closure<dyn FnMut(String)>);
    /// Whether the page is hidden.
    #[wasm_bindgen(js_name = hidden)]
    pub(crate) fn hidden() -> bool;
}
