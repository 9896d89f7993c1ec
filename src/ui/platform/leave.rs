//! Files, pictures and codes that leave the page; what a presenter needs.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/leave.js")]
extern "C" {
    /// The address of this page without what is asked of it; ends with a slash.
    pub(crate) fn home() -> String;
    #[wasm_bindgen(js_name = saveZip, catch)]
    async fn save_zip_js(
        name: &str,
        names: Vec<String>,
        texts: Vec<String>,
    ) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = savePicture, catch)]
    async fn save_picture_js(selector: &str, name: &str, png: bool) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(js_name = drawQr, catch)]
    async fn draw_qr_js(selector: &str, text: &str) -> Result<JsValue, JsValue>;
    /// Opens a dialog: it holds the focus while it is open.
    #[wasm_bindgen(js_name = showDialog)]
    pub(crate) fn show_dialog(selector: &str);
    /// Closes it: the focus goes back to where it was.
    #[wasm_bindgen(js_name = closeDialog)]
    pub(crate) fn close_dialog(selector: &str);
    /// Moves a light to the pointer, and to what has the focus.
    #[wasm_bindgen(js_name = followWithLight)]
    pub(crate) fn follow_with_light(id: &str);
    /// Calls back with the keys of a presenter's remote, whatever has the focus.
    #[wasm_bindgen(js_name = onClicker)]
    pub(crate) fn on_clicker(callback: &Closure<dyn FnMut(String)>);
    /// Takes an attribute off the root element.
    #[wasm_bindgen(js_name = dropRoot)]
    pub(crate) fn drop_root(name: &str);
}

/// Saves files in one archive; says whether that was possible.
pub(crate) async fn save_zip(name: &str, files: Vec<(String, String)>) -> bool {
    let (names, texts) = files.into_iter().unzip();
    save_zip_js(name, names, texts).await.is_ok()
}

/// Saves a picture of an element; says whether that was possible.
pub(crate) async fn save_picture(selector: &str, name: &str, png: bool) -> bool {
    save_picture_js(selector, name, png).await.is_ok()
}

/// Draws a QR code into an element; says whether the text was short enough for one.
pub(crate) async fn draw_qr(selector: &str, text: &str) -> bool {
    draw_qr_js(selector, text).await.is_ok_and(|done| done.as_bool() == Some(true))
}
