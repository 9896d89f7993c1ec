//! The browser: the only files that name web_sys, js_sys or JavaScript.

pub(crate) mod desk;
mod drop;
mod guest;
mod leave;
#[cfg(test)]
pub(crate) mod probe;
pub(crate) mod stage;
mod terminal;
mod timeline;

use wasm_bindgen::prelude::*;

pub(crate) use drop::*;
pub(crate) use guest::*;
pub(crate) use leave::*;
pub(crate) use terminal::*;
pub(crate) use timeline::*;

#[wasm_bindgen(module = "/src/ui/platform/page.js")]
extern "C" {
    /// A kept text, or nothing.
    pub(crate) fn kept(key: &str) -> Option<String>;
    /// Keeps a text; says whether the browser let us.
    pub(crate) fn keep(key: &str, text: &str) -> bool;
    /// Forgets a kept text.
    pub(crate) fn forget(key: &str);
    /// A text kept for this tab, or nothing.
    #[wasm_bindgen(js_name = tabKept)]
    pub(crate) fn tab_kept(key: &str) -> Option<String>;
    /// Keeps a text for this tab; says whether the browser let us.
    #[wasm_bindgen(js_name = tabKeep)]
    pub(crate) fn tab_keep(key: &str, text: &str) -> bool;
    /// A parameter of the address.
    pub(crate) fn parameter(name: &str) -> Option<String>;
    /// All parameters of the address, as they stand there.
    pub(crate) fn search() -> String;
    /// The language of the browser.
    #[wasm_bindgen(js_name = browserLanguage)]
    pub(crate) fn browser_language() -> String;
    /// Sets an attribute of the root element.
    #[wasm_bindgen(js_name = setRoot)]
    pub(crate) fn set_root(name: &str, value: &str);
    /// Whether the page is dark, by choice or by the system's wish.
    #[wasm_bindgen(js_name = isDark)]
    pub(crate) fn is_dark() -> bool;
    /// Whether panes stand side by side with little room for each.
    pub(crate) fn cramped() -> bool;
    /// Whether the page is very low.
    #[wasm_bindgen(js_name = isLow)]
    pub(crate) fn is_low() -> bool;
    /// Whether the page is wide enough for panes side by side.
    #[wasm_bindgen(js_name = isWide)]
    pub(crate) fn is_wide() -> bool;
    /// Milliseconds since the Unix epoch by the browser's clock.
    #[wasm_bindgen(js_name = wallClock)]
    pub(crate) fn wall_clock() -> f64;
    /// Milliseconds of a clock that never jumps.
    #[wasm_bindgen(js_name = steadyClock)]
    pub(crate) fn steady_clock() -> f64;
    /// Calls back with the next picture.
    #[wasm_bindgen(js_name = nextFrame)]
    pub(crate) fn next_frame(callback: &Closure<dyn FnMut()>);
    /// Whether the page is hidden.
    pub(crate) fn hidden() -> bool;
    /// Calls back when the page is hidden, shown or left.
    #[wasm_bindgen(js_name = onVisibility)]
    pub(crate) fn on_visibility(callback: &Closure<dyn FnMut()>);
    #[wasm_bindgen(js_name = valueOf)]
    fn value_of(event: &JsValue) -> String;
    #[wasm_bindgen(js_name = dataOf)]
    fn data_of(event: &JsValue, name: &str) -> String;
    #[wasm_bindgen(js_name = isScrolled)]
    fn is_scrolled(event: &JsValue) -> bool;
    /// How many rows of a list half a screen shows.
    #[wasm_bindgen(js_name = rowsInSight)]
    pub(crate) fn rows_in_sight() -> usize;
    #[wasm_bindgen(js_name = lineUnder)]
    fn line_under_js(event: &JsValue) -> String;
    #[wasm_bindgen(js_name = clearValue)]
    fn clear_value(event: &JsValue);
    /// Scrolls an element to its end.
    #[wasm_bindgen(js_name = scrollToEnd)]
    pub(crate) fn scroll_to_end(id: &str);
    /// Gives the focus to an element.
    pub(crate) fn focus(selector: &str);
    /// Gives the focus to an element if what had it is gone.
    pub(crate) fn refocus(selector: &str);
    /// Saves a text as a file.
    pub(crate) fn download(name: &str, text: &str);
    /// Lets the person choose a file; calls back with its name and text.
    #[wasm_bindgen(js_name = pickFile)]
    pub(crate) fn pick_file(callback: &Closure<dyn FnMut(String, String)>);
    /// Listens for keys outside of fields: gives the key's name.
    #[wasm_bindgen(js_name = onKey)]
    pub(crate) fn on_key(callback: &Closure<dyn FnMut(String)>);

    /// Writes the clock, the time of what comes next, and the rings; `now` in milliseconds.
    pub(crate) fn tick(day: &str, time: &str, next: &str, now: f64);
    /// Says a sentence to screen readers.
    pub(crate) fn announce(text: &str);
    /// Says at once what matters only now.
    #[wasm_bindgen(js_name = announceNow)]
    pub(crate) fn announce_now(text: &str);
    /// Arrow keys walk between the tiles of an element.
    pub(crate) fn rove(id: &str);
    /// Tab finds one of the tiles.
    #[wasm_bindgen(js_name = settleRoving)]
    pub(crate) fn settle_roving(id: &str);
    /// Makes an element a border between panes.
    pub(crate) fn splitter(id: &str, variable: &str, axis: &str);

    #[wasm_bindgen(js_name = linkTo)]
    async fn link_to_js(text: &str) -> JsValue;
    /// Opens the address of this page with a text in its fragment, and a query, in a tab of its own.
    #[wasm_bindgen(js_name = openInTab)]
    pub(crate) fn open_in_tab(text: &str, query: &str);
    /// Whether the address carries a text.
    pub(crate) fn linked() -> bool;
    #[wasm_bindgen(js_name = takeLinked)]
    async fn take_linked_js() -> JsValue;
    /// Calls back when the address gets to carry a text.
    #[wasm_bindgen(js_name = onLink)]
    pub(crate) fn on_link(callback: &Closure<dyn FnMut()>);
    #[wasm_bindgen(js_name = copy)]
    async fn copy_js(text: &str) -> JsValue;
    #[wasm_bindgen(js_name = fetchText)]
    async fn fetch_text_js(name: &str) -> JsValue;
    /// Loads the editor into an element.
    #[wasm_bindgen(js_name = loadEditor)]
    pub(crate) fn load_editor(
        id: &str,
        label: &str,
        change: &Closure<dyn FnMut(String, String)>,
        apply: &Closure<dyn FnMut()>,
        complete: &Closure<dyn FnMut(String, usize) -> String>,
        hover: &Closure<dyn FnMut(String, usize) -> String>,
        ready: &Closure<dyn FnMut()>,
    );
    /// The editor's element goes: takes over what was typed.
    #[wasm_bindgen(js_name = leaveEditor)]
    pub(crate) fn leave_editor();
    /// Shows a file in the editor; a file that was open keeps its history.
    #[wasm_bindgen(js_name = openFile)]
    pub(crate) fn open_file(name: &str, text: &str);
    /// Forgets a file's history.
    #[wasm_bindgen(js_name = dropFile)]
    pub(crate) fn drop_file(name: &str);
    /// Shows diagnostics of a file in the editor, as JSON.
    #[wasm_bindgen(js_name = setDiagnostics)]
    pub(crate) fn set_diagnostics(name: &str, json: &str);
    /// What is being typed reaches the workspace at once.
    #[wasm_bindgen(js_name = flushEditor)]
    pub(crate) fn flush_editor();
    /// Calls back with the text and the place of the cursor, and with which marks are shown, as JSON; and when Escape
    /// was pressed, so that Tab leaves.
    #[wasm_bindgen(js_name = onDesk)]
    pub(crate) fn on_desk(
        cursor: &Closure<dyn FnMut(String, usize)>,
        shown: &Closure<dyn FnMut(Vec<usize>)>,
        leaving: &Closure<dyn FnMut()>,
    );
    /// Puts the cursor at a place of the open file.
    #[wasm_bindgen(js_name = revealInEditor)]
    pub(crate) fn reveal_in_editor(from: usize, to: usize);
    /// Makes the edits of a fix, as JSON.
    #[wasm_bindgen(js_name = mendInEditor)]
    pub(crate) fn mend_in_editor(json: &str);
    /// Puts the cursor of the editor at a line and a character, both from 1.
    pub(crate) fn reveal(line: u32, column: u32);
    /// Names the editor for readers.
    #[wasm_bindgen(js_name = setEditorLabel)]
    pub(crate) fn set_editor_label(label: &str);
}

/// What stands in the field that an event comes from.
pub(crate) fn value(event: &impl AsRef<JsValue>) -> String {
    value_of(event.as_ref())
}

/// A datum of the element that an event comes from, or nothing.
pub(crate) fn data(event: &impl AsRef<JsValue>, name: &str) -> String {
    data_of(event.as_ref(), name)
}

/// Whether the list that an event comes from was scrolled from its beginning.
pub(crate) fn scrolled(event: &impl AsRef<JsValue>) -> bool {
    is_scrolled(event.as_ref())
}

/// The line of text that was clicked, or the row.
pub(crate) fn line_under(event: &impl AsRef<JsValue>) -> String {
    line_under_js(event.as_ref())
}

/// Empties the field that an event comes from.
pub(crate) fn clear(event: &impl AsRef<JsValue>) {
    clear_value(event.as_ref());
}

/// The address of this page with a text in its fragment.
pub(crate) async fn link_to(text: &str) -> String {
    link_to_js(text).await.as_string().unwrap_or_default()
}

/// The text that the address carries; `None` if it is damaged.
pub(crate) async fn take_linked() -> Option<String> {
    take_linked_js().await.as_string()
}

/// Puts a text on the clipboard; says whether the browser let us.
pub(crate) async fn copy(text: &str) -> bool {
    copy_js(text).await.as_bool() == Some(true)
}

/// Fetches what is loaded later by its name (`docs`); `None` where it cannot be had.
pub(crate) async fn fetch_text(name: &str) -> Option<String> {
    fetch_text_js(name).await.as_string()
}
