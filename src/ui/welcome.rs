//! The first minute: something runs, something can be broken, something is seen to heal. Nothing in its way: it is there
//! on a first visit with a plain address, it can be closed, and it does not come again.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::platform;
use super::platform::stage;
use crate::language::Language;
use crate::view::welcome::Welcome;
use crate::view::yard::YardView;

/// Where the browser keeps that it was shown.
const SHOWN: &str = "podyard.welcomed";

/// What the first minute needs.
#[derive(Properties, PartialEq)]
pub(crate) struct FirstMinuteProps {
    /// The engine, for commands.
    pub engine: Engine,
    /// What it follows.
    pub yard: Rc<YardView>,
    /// The language.
    pub language: Language,
    /// Opens the lessons.
    pub onlessons: Callback<()>,
}

/// Whether this is a first visit with a plain address.
fn is_new(engine: &Engine) -> bool {
    let address = platform::search();
    let plain = address
        .trim_start_matches('?')
        .split('&')
        .all(|one| one.is_empty() || one.starts_with("lang=") || one.starts_with("theme="));
    let untouched = engine.read(|state| {
        state.restoring.is_none() && state.cluster.inputs().is_empty() && !state.school_open()
    });
    plain && untouched && !platform::linked() && platform::kept(SHOWN).is_none()
}

/// A strip above the nodes with one sentence and one button; the pod it is about is pointed at.
#[component]
pub(crate) fn FirstMinute(props: &FirstMinuteProps) -> Html {
    let language = props.language;
    let at = use_mut_ref(|| None::<Welcome>);
    let redraw = use_force_update();
    let welcome = {
        let mut at = at.borrow_mut();
        let now = match at.take() {
            None if is_new(&props.engine) => Welcome::Starting,
            None => Welcome::Off,
            Some(before) => before.follow(&props.yard),
        };
        *at = Some(now.clone());
        now
    };
    {
        let engine = props.engine.clone();
        let first = welcome == Welcome::Starting;
        use_effect_with((), move |()| {
            if first {
                engine.welcome();
            }
        });
    }
    use_effect_with(welcome.clone(), |welcome| {
        let target = welcome.target().map(|uid| uid.to_string()).unwrap_or_default();
        stage::point(&target);
        if *welcome == Welcome::Healed {
            platform::keep(SHOWN, "1");
            stage::celebrate(".first__sign");
        }
    });
    if welcome == Welcome::Off {
        return Html::default();
    }
    let onclose = {
        let at = Rc::clone(&at);
        Callback::from(move |()| {
            platform::keep(SHOWN, "1");
            stage::point("");
            *at.borrow_mut() = Some(Welcome::Off);
            redraw.force_update();
        })
    };
    let onlessons = {
        let (onclose, onlessons) = (onclose.clone(), props.onlessons.clone());
        Callback::from(move |()| {
            onclose.emit(());
            onlessons.emit(());
        })
    };
    let (done, sign) = match &welcome {
        Welcome::Healed | Welcome::Moved => (true, "✓"),
        Welcome::Broken(_) | Welcome::Down => (false, "↻"),
        _ => (false, "☞"),
    };
    html! {
        <section class={classes!("first", done.then_some("first--done"))} aria-label={say(language, "stage.first")}>
            <span class="first__sign" aria-hidden="true">{ sign }</span>
            <div class="first__words" role="status">
                if !done && welcome != Welcome::Down { <strong>{ say(language, "stage.first-title") }</strong> }
                <span>{ say(language, welcome.key()) }</span>
            </div>
            <span class="first__actions">
                { delete(&props.engine, &props.yard, &welcome, language) }
                if done {
                    <Button label={say(language, "stage.first-lessons")} class="button--accent" onclick={onlessons} />
                    if welcome == Welcome::Healed { { stop(&props.engine, language) } }
                }
                <Button label={say(language, "stage.first-close")} onclick={onclose} />
            </span>
        </section>
    }
}

/// The button that breaks the pod that is pointed at.
fn delete(engine: &Engine, yard: &YardView, welcome: &Welcome, language: Language) -> Html {
    let target = welcome.target();
    let name = yard
        .tiles()
        .find(|(_, tile)| Some(tile.uid) == target)
        .map(|(_, tile)| Rc::clone(&tile.key.name));
    name.map_or_else(Html::default, |name| {
        press(
            engine,
            say(language, "page.delete-pod"),
            &format!("kubectl delete pod {name} --wait=false"),
            "button--accent",
        )
    })
}

/// The button that breaks more.
fn stop(engine: &Engine, language: Language) -> Html {
    press(engine, say(language, "stage.first-more"), "yard node stop worker-1; yard speed 30", "")
}

fn press(engine: &Engine, label: AttrValue, line: &str, class: &'static str) -> Html {
    let line = AttrValue::from(line.to_owned());
    let onclick = {
        let (engine, line) = (engine.clone(), line.clone());
        Callback::from(move |()| engine.press(&line))
    };
    html! { <Button {label} command={line} {class} {onclick} /> }
}
