//! Files that are dropped on the page, and tiles that are marked.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/drop.js")]
extern "C" {
    /// Calls back with the name and the text of a file that is dropped, and whether it is the same one, changed.
    #[wasm_bindgen(js_name = onDrop)]
    pub(crate) fn on_drop(callback: &Closure<dyn FnMut(String, String, bool)>);
    /// Marks the tiles of these objects, and no others.
    #[wasm_bindgen(js_name = markTiles)]
    pub(crate) fn mark_tiles(uids: Vec<String>);
}
