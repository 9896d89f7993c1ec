//! The page inside another page.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/guest.js")]
extern "C" {
    /// The files and lines behind the # of the address: names and texts in turn.
    pub(crate) fn cargo() -> Vec<String>;
    /// Whether there are any.
    #[wasm_bindgen(js_name = hasCargo)]
    pub(crate) fn has_cargo() -> bool;
    /// The address forgets them.
    #[wasm_bindgen(js_name = dropCargo)]
    pub(crate) fn drop_cargo();
    /// Says something to the host page; `anybody`: also while it is not known who listens.
    #[wasm_bindgen(js_name = tellHost)]
    pub(crate) fn tell_host(json: &str, anybody: bool);
    /// Calls back with what the host page says.
    #[wasm_bindgen(js_name = hearHost)]
    pub(crate) fn hear_host(callback: &Closure<dyn FnMut(String)>);
    /// Whether it is known who listens.
    #[wasm_bindgen(js_name = hostKnown)]
    pub(crate) fn host_known() -> bool;
    /// Tells the host how high the page is, whenever that changes.
    #[wasm_bindgen(js_name = reportHeight)]
    pub(crate) fn report_height(selector: &str);
    /// Whether the page lies outside of what the reader sees.
    #[wasm_bindgen(js_name = outOfView)]
    pub(crate) fn out_of_view() -> bool;
    /// Calls back when it comes into view or leaves it.
    #[wasm_bindgen(js_name = onView)]
    pub(crate) fn on_view(callback: &Closure<dyn FnMut()>);
    #[wasm_bindgen(js_name = untilClicked)]
    async fn until_clicked_js(label: &str) -> JsValue;
}

/// Waits until somebody clicks a button that fills the page.
pub(crate) async fn until_clicked(label: &str) {
    until_clicked_js(label).await;
}
