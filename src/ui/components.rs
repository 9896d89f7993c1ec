//! Small parts that several panes use.

use yew::prelude::*;

use super::bridge::Engine;
use crate::language::{Language, word};
use crate::view::commands::Command;
use crate::view::yard::Ring;

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

/// A button that runs a command, which the terminal then shows.
pub(super) fn runs(engine: &Engine, command: &Command, language: Language) -> Html {
    let onclick = {
        let (engine, line) = (engine.clone(), command.line.clone());
        Callback::from(move |()| engine.press(&line))
    };
    html! { <Button label={say(language, command.label)} command={AttrValue::from(command.line.clone())} {onclick} /> }
}

/// A ring that counts down; the platform writes the seconds that are left.
pub(super) fn ring(ring: Ring) -> Html {
    html! {
        <span class="ring" data-from={ring.from.unix_millis().to_string()} data-until={ring.until.unix_millis().to_string()}><span></span></span>
    }
}
