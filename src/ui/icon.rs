//! Signs of buttons: drawn by the stylesheet (`assets/styles/icons.css`), so that no font needs to have them.

use yew::prelude::*;

/// A sign by its name. Readers do not hear it: what carries it has a label.
pub(super) fn icon(name: &'static str) -> Html {
    html! { <span class={classes!("icon", format!("icon--{name}"))} aria-hidden="true"></span> }
}
