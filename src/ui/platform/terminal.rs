//! The terminal's line and screen.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/terminal.js")]
extern "C" {
    /// Start and end of what is selected on the line, in UTF-16 units.
    pub(crate) fn caret() -> Vec<u32>;
    /// Sets the cursor of the line.
    #[wasm_bindgen(js_name = placeCaret)]
    pub(crate) fn place_caret(at: u32);
    /// Whether text is selected that Ctrl-C should copy.
    pub(crate) fn selecting() -> bool;
    #[wasm_bindgen(js_name = pastedText)]
    fn pasted_text_js(event: &JsValue) -> String;
    #[wasm_bindgen(js_name = markOf)]
    fn mark_of_js(event: &JsValue) -> String;
    #[wasm_bindgen(js_name = wantsLine)]
    fn wants_line_js(event: &JsValue) -> bool;
    /// Keeps the end of the screen in sight unless the reader scrolled up.
    pub(crate) fn follow(id: &str);
    /// Goes to the end of the screen.
    #[wasm_bindgen(js_name = toEnd)]
    pub(crate) fn to_end(id: &str);
    /// Says a sentence to readers, in the terminal's name.
    #[wasm_bindgen(js_name = sayInTerminal)]
    pub(crate) fn say_in_terminal(text: &str);
    /// Scrolls the chosen candidate into sight.
    #[wasm_bindgen(js_name = showChosen)]
    pub(crate) fn show_chosen();
    /// Explains words of the screen on a card.
    #[wasm_bindgen(js_name = explainWords)]
    pub(crate) fn explain_words(
        screen: &str,
        card: &str,
        words: &Closure<dyn FnMut(String) -> String>,
    );
}

/// The text that a paste brings.
pub(crate) fn pasted_text(event: &impl AsRef<JsValue>) -> String {
    pasted_text_js(event.as_ref())
}

/// What the clicked part of the screen stands for.
pub(crate) fn mark_of(event: &impl AsRef<JsValue>) -> String {
    mark_of_js(event.as_ref())
}

/// Whether a click into the screen means the line.
pub(crate) fn wants_line(event: &impl AsRef<JsValue>) -> bool {
    wants_line_js(event.as_ref())
}
