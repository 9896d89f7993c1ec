//! The canvases of the timeline.

use wasm_bindgen::prelude::*;

#[wasm_bindgen(module = "/src/ui/platform/timeline.js")]
extern "C" {
    /// Watches the canvases: calls back with a time to go to (and whether the cursor was let go), with the row that was
    /// clicked, and with `prev` or `next`. `words` is JSON.
    #[wasm_bindgen(js_name = mountTimeline)]
    pub(crate) fn mount_timeline(
        seek: &Closure<dyn FnMut(f64, bool)>,
        select: &Closure<dyn FnMut(f64)>,
        go: &Closure<dyn FnMut(String)>,
        words: &str,
    );
    /// What is drawn of a row.
    #[wasm_bindgen(js_name = timelineRow)]
    pub(crate) fn timeline_row(id: f64, data: &[f64]);
    /// Another session: no row is known.
    #[wasm_bindgen(js_name = timelineForget)]
    pub(crate) fn timeline_forget();
    /// The rows from the top, their names, and whether the chart is open.
    #[wasm_bindgen(js_name = timelineRows)]
    pub(crate) fn timeline_rows(ids: &[f64], names: Vec<String>, open: bool);
    /// Where the clock stands, when the session began, how far it is known, whether the clock runs; in milliseconds.
    #[wasm_bindgen(js_name = timelineClock)]
    pub(crate) fn timeline_clock(now: f64, start: f64, horizon: f64, playing: bool);
    /// Draws the signs of the legend.
    #[wasm_bindgen(js_name = drawSigns)]
    pub(crate) fn draw_signs();
}
