//! The yard in the browser: flights, families, the heat map, the commands behind buttons.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/stage.js")]
extern "C" {
    /// Notes where pods are before the picture that shows them elsewhere: `act uid owner`; `moved`: how many there are,
    /// of whom nobody is named if they are too many. Says whether they fly.
    pub(crate) fn prepare(steps: Vec<String>, moved: usize) -> bool;
    /// Lets them go there.
    pub(crate) fn play();
    /// Lights up changes of the state diagram: `from-to`.
    pub(crate) fn pulse(taken: Vec<String>);
    /// Does the steps of `view/dots.rs` to a row of dots.
    pub(crate) fn dots(row: &JsValue, steps: &str);
    /// Paints the maps whose cells have changed.
    pub(crate) fn paint();
    /// Sets a parameter of the address; an empty one goes.
    #[wasm_bindgen(js_name = setParameter)]
    pub(crate) fn set_parameter(name: &str, value: &str);
    /// Points at a tile, or at none.
    pub(crate) fn point(uid: &str);
    /// Begins to listen; a second call only changes the words. `matched` gives the pods that a workload's selector picks,
    /// `pointed` lights them up on a map.
    #[wasm_bindgen(js_name = startStage)]
    pub(crate) fn start_stage(
        words: &str,
        matched: &Closure<dyn FnMut(String) -> String>,
        pointed: &Closure<dyn FnMut(String)>,
        zoom: &Closure<dyn FnMut(String)>,
    );
    /// A short celebration around an element.
    pub(crate) fn celebrate(selector: &str);
    /// Writes the time that is left until what is due; `now` in milliseconds.
    #[wasm_bindgen(js_name = tickStage)]
    pub(crate) fn tick_stage(now: f64);
}
