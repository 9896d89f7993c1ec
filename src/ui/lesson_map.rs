//! The map of lessons: tracks, what was done, the cards of what was solved, and what one can do with lessons of one's own.

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::lesson::marked;
use crate::language::{Language, Text};
use crate::view::lessons::{Card, Entry, MapTrack, Record};

/// What the map shows.
#[derive(Properties, PartialEq)]
pub(crate) struct LessonMapProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// The tracks with their lessons.
    pub tracks: Vec<MapTrack>,
    /// What is said of the file that was opened last.
    pub trouble: Option<String>,
}

/// The map.
#[component]
pub(crate) fn LessonMap(props: &LessonMapProps) -> Html {
    let language = props.language;
    let all = props.tracks.iter().flat_map(|(_, _, lessons)| lessons);
    let (solved, count) = (all.clone().filter(|one| one.record.solved).count(), all.count());
    let sum = Text::new("teach.sum").with("solved", solved).with("all", count).render(language);
    let next =
        props.tracks.iter().flat_map(|(_, _, lessons)| lessons).find(|one| !one.record.solved);
    html! {
        <div class="lesson__body" tabindex="0">
            <p>{ say(language, "lesson.intro") }</p>
            if let Some(said) = &props.trouble { <p class="lesson__mistake" role="status">{ said.clone() }</p> }
            <div class="teach__sum">
                <progress value={solved.to_string()} max={count.to_string()} aria-label={sum.clone()}></progress>
                <span class="quiet">{ sum }</span>
                if let Some(next) = next { { go_on(props, next) } }
            </div>
            { for props.tracks.iter().map(|one| track(props, one)) }
            <Own engine={props.engine.clone()} {language} />
        </div>
    }
}

/// The button that takes one to where one was.
fn go_on(props: &LessonMapProps, next: &Entry) -> Html {
    let key = if next.record.steps > 0 { "teach.go-on" } else { "teach.begin" };
    let label = Text::new(key).with("lesson", &next.title).render(props.language);
    let onclick = open(props, next);
    html! { <Button {label} class="button--accent" onclick={Callback::from(move |()| onclick.emit(()))} /> }
}

fn open(props: &LessonMapProps, entry: &Entry) -> Callback<()> {
    let (engine, id) = (props.engine.clone(), entry.id.clone());
    let from = if entry.record.steps >= entry.steps { 0 } else { entry.record.steps };
    Callback::from(move |()| {
        if !engine.resume_kept(&id) {
            engine.begin_lesson(&id, from);
        }
    })
}

fn track(props: &LessonMapProps, (title, summary, lessons): &MapTrack) -> Html {
    let solved = lessons.iter().filter(|one| one.record.solved).count();
    html! {
        <section class="lesson__track">
            <h3>{ title.clone() }<span class="quiet">{ format!(" {solved}/{}", lessons.len()) }</span></h3>
            <p class="quiet">{ summary.clone() }</p>
            <ol>{ for lessons.iter().map(|one| entry(props, one)) }</ol>
        </section>
    }
}

fn entry(props: &LessonMapProps, entry: &Entry) -> Html {
    let language = props.language;
    let Record { steps, solved, card, .. } = &entry.record;
    let (sign, key) = match (solved, steps) {
        (true, _) => ("✓", "lesson.solved"),
        (false, 0) => ("○", "lesson.new"),
        (false, _) => ("◐", "lesson.begun"),
    };
    let go = open(props, entry);
    let onclick = Callback::from(move |_: MouseEvent| go.emit(()));
    let minutes = Text::new("lesson.minutes").with("minutes", entry.minutes).render(language);
    html! {
        <li key={entry.id.clone()}>
            <button type="button" class="lesson__entry" {onclick}>
                <span class={classes!("lesson__sign", solved.then_some("lesson__sign--solved"))} title={say(language, key)}>{ sign }<span class="visually-hidden">{ say(language, key) }</span></span>
                <span class="lesson__name">{ entry.title.clone() }</span>
                <span class="quiet">{ minutes }</span>
                <span class="lesson__summary">{ marked(&entry.summary) }</span>
            </button>
            if let Some(one) = card.as_ref() { { reference(language, one) } }
        </li>
    }
}

/// The card of a solved lesson, to look up again.
fn reference(language: Language, card: &Card) -> Html {
    let part = |key: &'static str, text: String| {
        let nothing = text.is_empty();
        html! { <>
            <h4>{ say(language, key) }</h4>
            if nothing { <p class="quiet">{ say(language, "teach.card-nothing") }</p> } else { <pre class="lesson__code">{ text }</pre> }
        </> }
    };
    html! {
        <details class="teach__card">
            <summary>{ say(language, "teach.card") }</summary>
            { part("teach.card-commands", card.commands.join("\n")) }
            { part("teach.card-start", card.start.trim_end().to_owned()) }
            { part("teach.card-end", card.end.trim_end().to_owned()) }
        </details>
    }
}

/// Whose lessons are made here.
#[derive(Properties, PartialEq)]
struct OwnProps {
    engine: Engine,
    language: Language,
}

#[component]
fn Own(props: &OwnProps) -> Html {
    let language = props.language;
    let sure = use_state(|| false);
    let act = |act: fn(&Engine)| {
        let engine = props.engine.clone();
        Callback::from(move |()| act(&engine))
    };
    let forget = {
        let (engine, sure) = (props.engine.clone(), sure.clone());
        Callback::from(move |()| {
            if *sure {
                engine.forget_records();
            }
            sure.set(!*sure);
        })
    };
    html! {
        <section class="teach__own">
            <h3>{ say(language, "teach.own") }</h3>
            <p class="quiet">{ say(language, "teach.own-about") }</p>
            <div class="teach__buttons">
                <Button label={say(language, "teach.open-file")} onclick={act(Engine::import)} />
                <Button label={say(language, "teach.make")} onclick={act(Engine::make_lesson)} />
            </div>
            <h3>{ say(language, "teach.progress") }</h3>
            <p class="quiet">{ say(language, "teach.progress-about") }</p>
            <div class="teach__buttons">
                <Button label={say(language, "teach.progress-save")} onclick={act(Engine::export_records)} />
                <Button label={say(language, "teach.progress-load")} onclick={act(Engine::import)} />
                <Button label={say(language, if *sure { "teach.forget-sure" } else { "lesson.forget" })} onclick={forget} />
            </div>
        </section>
    }
}
