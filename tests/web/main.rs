//! What can only be seen in a browser: `cargo xtask test web` runs these in a headless one.

#![cfg(target_arch = "wasm32")]

mod parity;

wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);
