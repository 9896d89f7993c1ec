//! Beside the text: what is wrong, line by line, and what Apply would change.

use std::rc::Rc;

use yew::prelude::*;

use crate::language::{Language, Text};
use crate::ui::bridge::Engine;
use crate::ui::components::{Button, say, span};
use crate::ui::platform;
use crate::view::diagnostics::{Mark, changes_json};
use crate::view::diff::{self, DocumentDiff, Fate, Sign};
use crate::view::markdown;

impl Engine {
    /// What applying the open file would change.
    pub(super) fn difference(&self) -> Vec<DocumentDiff> {
        platform::flush_editor();
        let mut state = self.state.borrow_mut();
        let state = &mut *state;
        let text = state.terminal.files.get(&state.file).cloned().unwrap_or_default();
        let namespace = state.terminal.namespace();
        diff::of(&mut state.cluster, &state.file, &text, &namespace)
    }
}

/// What is wrong with the open file.
#[derive(Properties, PartialEq)]
pub(super) struct ProblemsProps {
    /// The marks that are shown.
    pub marks: Rc<[Mark]>,
    /// The language.
    pub language: Language,
}

/// The problems with their places: the cluster's words, the plain reason, and the click that mends.
#[component]
pub(super) fn Problems(props: &ProblemsProps) -> Html {
    let language = props.language;
    if props.marks.is_empty() {
        return Html::default();
    }
    let problem = |mark: &Mark| {
        let (from, to) = (mark.from, mark.to);
        let reveal = Callback::from(move |_: MouseEvent| platform::reveal_in_editor(from, to));
        let place = Text::new("inspect.place").with("line", mark.line).with("column", mark.column);
        let fix = mark.fix.as_ref().map(|fix| {
            let json = changes_json(fix);
            let onclick = Callback::from(move |()| platform::mend_in_editor(&json));
            html! { <Button label={AttrValue::from(fix.title.replace('`', ""))} class="button--small problem__fix" {onclick} /> }
        });
        html! {
            <li class={classes!("problem", format!("problem--{}", mark.severity))}>
                <button type="button" class="moment problem__place" title={place.render(language)} aria-label={place.render(language)} onclick={reveal}>
                    { format!("{}:{}", mark.line, mark.column) }
                </button>
                <div class="problem__text">
                    if !mark.message.is_empty() { <code>{ mark.message.clone() }</code> }
                    if !mark.why.is_empty() { <p>{ for markdown::spans(&mark.why).iter().map(span) }</p> }
                    { for fix }
                </div>
            </li>
        }
    };
    html! { <ol class="problems" tabindex="0" aria-label={say(language, "inspect.problems")}>{ for props.marks.iter().map(problem) }</ol> }
}

/// What Apply would change.
#[derive(Properties, PartialEq)]
pub(super) struct DifferenceProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// The documents.
    pub documents: Rc<Vec<DocumentDiff>>,
    /// Closes it.
    pub onclose: Callback<()>,
}

/// The difference in place of the text.
#[component]
pub(super) fn Difference(props: &DifferenceProps) -> Html {
    let language = props.language;
    let apply = {
        let (engine, onclose) = (props.engine.clone(), props.onclose.clone());
        Callback::from(move |()| {
            onclose.emit(());
            engine.press_open_file("apply");
        })
    };
    let line = |(sign, text): &(Sign, Rc<str>)| {
        let (class, mark) = match sign {
            Sign::Same => ("difference__line", " "),
            Sign::Added => ("difference__line difference__line--added", "+"),
            Sign::Removed => ("difference__line difference__line--removed", "−"),
            Sign::Gap => ("difference__line difference__line--gap", "⋯"),
        };
        html! { <span {class}>{ mark }{ " " }{ text.to_string() }{ "\n" }</span> }
    };
    let document = |one: &DocumentDiff| {
        let key = match one.fate {
            Fate::Created => "inspect.would-create",
            Fate::Changed => "inspect.would-change",
            Fate::Same => "inspect.would-stay",
            Fate::Refused => "inspect.would-refuse",
        };
        let title = Text::new(key).with("object", &one.object).render(language);
        html! {
            <section class="difference__document">
                <h3>{ title }</h3>
                if !one.lines.is_empty() { <pre>{ for one.lines.iter().map(line) }</pre> }
            </section>
        }
    };
    html! {
        <div class="difference" id="difference" tabindex="0" role="region" aria-label={say(language, "inspect.difference")}>
            <div class="difference__bar">
                <h3>{ say(language, "inspect.difference") }</h3>
                <Button label={say(language, "inspect.back-to-text")} onclick={props.onclose.clone()} />
                <Button label={say(language, "page.apply")} class="button--accent" onclick={apply} />
            </div>
            if props.documents.is_empty() { <p class="quiet">{ say(language, "inspect.nothing-to-apply") }</p> }
            { for props.documents.iter().map(document) }
        </div>
    }
}
