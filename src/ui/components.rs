//! Small parts that several panes use.

use yew::prelude::*;

use crate::language::{Language, word};

/// A text of the page.
pub(super) fn say(language: Language, key: &'static str) -> AttrValue {
    word(language, key).into()
}

/// What a button shows and does.
#[derive(Properties, PartialEq)]
pub(crate) struct ButtonProps {
    /// Its words.
    pub label: AttrValue,
    /// The command it stands for, as its tooltip.
    #[prop_or_default]
    pub command: AttrValue,
    /// Further classes.
    #[prop_or_default]
    pub class: &'static str,
    /// What it does.
    pub onclick: Callback<()>,
}

/// A button: named for readers, with the command it stands for as its tooltip.
#[component]
pub(crate) fn Button(props: &ButtonProps) -> Html {
    let onclick = {
        let callback = props.onclick.clone();
        Callback::from(move |event: MouseEvent| {
            event.stop_propagation();
            callback.emit(());
        })
    };
    html! {
        <button type="button" class={classes!("button", props.class)} title={props.command.clone()} {onclick}>
            { props.label.clone() }
        </button>
    }
}
