//! What lights up on the nodes pane while a field is under the cursor.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/desk.js")]
extern "C" {
    /// Lights these pods (by uid) and nodes (by name) up, and no others.
    pub(crate) fn govern(pods: Vec<String>, nodes: Vec<String>);
}
