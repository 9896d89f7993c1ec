//! Small parts that several panes use.

use std::cell::RefCell;
use std::rc::Rc;

use yew::prelude::*;

use super::bridge::Engine;
use crate::language::{Language, word};
use crate::view::commands::{Command, about};
use crate::view::markdown::Span;
use crate::view::yard::Ring;

/// A text of the page.
pub(super) fn say(language: Language, key: &'static str) -> AttrValue {
    word(language, key).into()
}

/// What a button shows and does.
#[derive(Properties, Clone, PartialEq)]
pub(crate) struct ButtonProps {
    /// Its words.
    pub label: AttrValue,
    /// The command it stands for; the platform shows it beside the button, ready to copy.
    #[prop_or_default]
    pub command: AttrValue,
    /// What that does, in plain words, where its name is a word of the trade.
    #[prop_or_default]
    pub about: Option<AttrValue>,
    /// Its id.
    #[prop_or_default]
    pub id: Option<&'static str>,
    /// Further classes.
    #[prop_or_default]
    pub class: &'static str,
    /// What it does.
    pub onclick: Callback<()>,
}

/// A button: named for readers, with the command it stands for beside it while it has the focus or the pointer.
///
/// What it does is new with each picture of what is around it; it is drawn again only when it looks otherwise.
pub(crate) struct Button(Rc<RefCell<Callback<()>>>);

impl Component for Button {
    type Message = ();
    type Properties = ButtonProps;

    fn create(ctx: &Context<Self>) -> Self {
        Self(Rc::new(RefCell::new(ctx.props().onclick.clone())))
    }

    fn changed(&mut self, ctx: &Context<Self>, old: &ButtonProps) -> bool {
        let now = ctx.props();
        *self.0.borrow_mut() = now.onclick.clone();
        *now != ButtonProps { onclick: now.onclick.clone(), ..old.clone() }
    }

    fn view(&self, ctx: &Context<Self>) -> Html {
        let props = ctx.props();
        let onclick = {
            let latest = Rc::clone(&self.0);
            Callback::from(move |event: MouseEvent| {
                event.stop_propagation();
                let callback = latest.borrow().clone();
                callback.emit(());
            })
        };
        let command = (!props.command.is_empty()).then(|| props.command.clone());
        html! {
            <button type="button" id={props.id} class={classes!("button", props.class)} data-command={command} data-about={props.about.clone()} {onclick}>
                { props.label.clone() }
            </button>
        }
    }
}

/// A button that runs a command, which the terminal then shows.
pub(super) fn runs(engine: &Engine, command: &Command, language: Language) -> Html {
    let onclick = {
        let (engine, line) = (engine.clone(), command.line.clone());
        Callback::from(move |()| engine.press(&line))
    };
    let about = about(command.label).map(|key| say(language, key));
    html! { <Button label={say(language, command.label)} command={AttrValue::from(command.line.clone())} {about} {onclick} /> }
}

/// A ring that counts down; the platform writes the seconds that are left.
pub(super) fn ring(ring: Ring) -> Html {
    html! {
        <span class="ring" data-from={ring.from.unix_millis().to_string()} data-until={ring.until.unix_millis().to_string()}><span></span></span>
    }
}

/// Words with their marks: code, strong, emphasis.
pub(super) fn span(span: &Span) -> Html {
    match span {
        Span::Text(text) => html! { { text.clone() } },
        Span::Code(text) => html! { <code>{ text.clone() }</code> },
        Span::Strong(text) => html! { <strong>{ text.clone() }</strong> },
        Span::Emphasis(text) => html! { <em>{ text.clone() }</em> },
    }
}
