//! The lesson pane: the map of lessons, or the open step with its question and its tasks.

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say};
use super::platform;
use crate::language::{Language, Text};
use crate::lessons::TaskView;
use crate::view::lessons::{Entry, LessonView, MapTrack, Question, StepView};
use crate::view::markdown::{self, Block, Span};

/// What the pane shows.
#[derive(Properties, PartialEq)]
pub(crate) struct LessonProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// The map or the step; nothing while the lessons are fetched.
    pub view: Option<LessonView>,
    /// Whether something is played, whether a solution is shown, and what is said of the last proof.
    pub lecture: (bool, bool, Option<String>),
    /// The lesson after this one.
    pub next: Option<String>,
}

/// The pane.
#[component]
pub(crate) fn LessonPane(props: &LessonProps) -> Html {
    let language = props.language;
    let close = {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.close_school())
    };
    let back = {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.back_to_map())
    };
    let in_step = matches!(props.view, Some(LessonView::Step(_)));
    let title = match &props.view {
        Some(LessonView::Step(step)) => step.lesson.clone().into(),
        _ => say(language, "lesson.pane"),
    };
    html! {
        <div class="lesson" id="lesson" tabindex="-1">
            <div class="details__bar">
                if in_step { <Button label={say(language, "lesson.map")} onclick={back} /> }
                <h2 class="title">{ title }</h2>
                <Button label={say(language, "page.close")} class="button--end" onclick={close} />
            </div>
            { match &props.view {
                None => html! { <p class="quiet">{ say(language, "lesson.loading") }</p> },
                Some(LessonView::Map(tracks)) => map(props, tracks),
                Some(LessonView::Step(step)) => html! { <Step key={format!("{} {}", step.lesson, step.place.0)} engine={props.engine.clone()} {language}
                    step={(**step).clone()} lecture={props.lecture.clone()} next={props.next.clone()} /> },
            } }
        </div>
    }
}

fn map(props: &LessonProps, tracks: &[MapTrack]) -> Html {
    let language = props.language;
    let entry = |entry: &Entry| {
        let record = entry.record;
        let (sign, key) = match (record.solved, record.steps) {
            (true, _) => ("✓", "lesson.solved"),
            (false, 0) => ("○", "lesson.new"),
            (false, _) => ("◐", "lesson.begun"),
        };
        let from = if record.steps >= entry.steps { 0 } else { record.steps };
        let onclick = {
            let (engine, id) = (props.engine.clone(), entry.id.clone());
            Callback::from(move |_: MouseEvent| engine.begin_lesson(&id, from))
        };
        let minutes = Text::new("lesson.minutes").with("minutes", entry.minutes).render(language);
        html! {
            <li key={entry.id.clone()}>
                <button type="button" class="lesson__entry" {onclick}>
                    <span class={classes!("lesson__sign", record.solved.then_some("lesson__sign--solved"))} title={say(language, key)}>{ sign }<span class="visually-hidden">{ say(language, key) }</span></span>
                    <span class="lesson__name">{ entry.title.clone() }</span>
                    <span class="quiet">{ minutes }</span>
                    <span class="lesson__summary">{ entry.summary.clone() }</span>
                </button>
            </li>
        }
    };
    let track = |(title, summary, lessons): &MapTrack| {
        let solved = lessons.iter().filter(|one| one.record.solved).count();
        html! {
            <section class="lesson__track">
                <h3>{ title.clone() }<span class="quiet">{ format!(" {solved}/{}", lessons.len()) }</span></h3>
                <p class="quiet">{ summary.clone() }</p>
                <ol>{ for lessons.iter().map(entry) }</ol>
            </section>
        }
    };
    let forget = {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.forget_records())
    };
    html! {
        <div class="lesson__body" tabindex="0">
            <p>{ say(language, "lesson.intro") }</p>
            { for tracks.iter().map(track) }
            <Button label={say(language, "lesson.forget")} onclick={forget} />
        </div>
    }
}

/// The open step.
#[derive(Properties, PartialEq)]
struct StepProps {
    engine: Engine,
    language: Language,
    step: StepView,
    lecture: (bool, bool, Option<String>),
    next: Option<String>,
}

#[component]
fn Step(props: &StepProps) -> Html {
    let (language, step) = (props.language, &props.step);
    let asked = use_state(|| false);
    let (playing, shown, _) = props.lecture;
    let act = |act: fn(&Engine)| {
        let engine = props.engine.clone();
        Callback::from(move |()| act(&engine))
    };
    let solution = {
        let (engine, asked) = (props.engine.clone(), asked.clone());
        Callback::from(move |()| {
            if *asked {
                engine.show_solution();
            }
            asked.set(!*asked);
        })
    };
    let place = Text::new("lesson.place").with("step", step.place.0).with("steps", step.place.1);
    let last = step.place.0 >= step.place.1;
    let onwards = {
        let (engine, next) = (props.engine.clone(), props.next.clone());
        Callback::from(move |()| match &next {
            Some(id) => engine.begin_lesson(id, 0),
            None => engine.back_to_map(),
        })
    };
    let sure = if *asked { "lesson.solution-sure" } else { "lesson.solution" };
    html! {
        <div class="lesson__body" tabindex="0">
            <p class="quiet">{ place.render(language) }</p>
            <h3>{ step.title.clone() }</h3>
            { for step.text.iter().map(block) }
            if let Some(question) = &step.question { { ask(props, question) } }
            if playing {
                <p class="lesson__playing" role="status">{ say(language, "lesson.playing") }<Button label={say(language, "lesson.skip")} onclick={act(Engine::skip)} /></p>
            }
            if step.question.as_ref().is_none_or(|question| question.found.is_some()) {
                if let Some(question) = &step.evidence { <Proof engine={props.engine.clone()} {language} question={question.clone()} said={props.lecture.2.clone()} /> }
                <ul class="lesson__tasks">{ for step.tasks.iter().enumerate().map(|(index, one)| task(props, index, one)) }</ul>
            }
            if step.done && !playing {
                <p class="lesson__done" role="status">{ "✓ " }{ say(language, if step.card.is_some() { "lesson.over" } else { "lesson.step-done" }) }</p>
            }
            if let Some(card) = step.card.as_ref().filter(|card| !card.is_empty() && !playing) {
                <div class="lesson__card"><h4>{ say(language, "lesson.card") }</h4><pre>{ card.join("\n") }</pre></div>
            }
            <div class="lesson__actions">
                if step.done && !last { <Button label={say(language, "lesson.next")} class="button--accent" onclick={act(Engine::next_step)} /> }
                if step.done && last { <Button label={say(language, if props.next.is_some() { "lesson.next-lesson" } else { "lesson.map" })} class="button--accent" onclick={onwards} /> }
                <Button label={say(language, "lesson.again")} onclick={act(Engine::again)} />
                if shown && !playing { <Button label={say(language, "lesson.mine")} onclick={act(Engine::mine)} /> }
                if step.solvable && !step.done && !shown && !playing { <Button label={say(language, sure)} onclick={solution} /> }
            </div>
        </div>
    }
}

fn ask(props: &StepProps, question: &Question) -> Html {
    let language = props.language;
    let playing = props.lecture.0;
    let answer = |(index, text): (usize, &String)| {
        let onclick = {
            let engine = props.engine.clone();
            Callback::from(move |_: MouseEvent| engine.foretell(index))
        };
        let (sign, class) = match &question.found {
            Some((_, right, _)) if *right == Some(index) => ("✓ ", "lesson__answer--right"),
            Some((chosen, ..)) if *chosen == index => ("✗ ", "lesson__answer--wrong"),
            _ => ("", ""),
        };
        let over = question.found.is_some() || playing;
        html! { <li><button type="button" class={classes!("lesson__answer", class)} disabled={over} {onclick}>{ sign }{ marked(text) }</button></li> }
    };
    html! {
        <div class="lesson__question">
            <p><b>{ marked(&question.text) }</b></p>
            <ul>{ for question.answers.iter().enumerate().map(answer) }</ul>
            if question.found.is_none() && !playing { <p class="quiet">{ say(language, "lesson.foretell") }</p> }
            if let Some((_, _, says)) = &question.found { <p role="status">{ marked(says) }</p> }
        </div>
    }
}

fn task(
    props: &StepProps,
    index: usize,
    (text, view, hints): &(String, TaskView, Vec<String>),
) -> Html {
    let language = props.language;
    let hint = {
        let engine = props.engine.clone();
        Callback::from(move |()| engine.hint(index))
    };
    let more = Text::new("lesson.hint").with("number", hints.len() + 1).render(language);
    let look = view.missing.as_ref().map(|report| {
        let (engine, line) = (props.engine.clone(), report.look.clone());
        let onclick = Callback::from(move |()| engine.press(&line));
        html! { <Button label={report.look.clone()} command={report.look.clone()} class="button--code" {onclick} /> }
    });
    html! {
        <li class={classes!("lesson__task", view.done.then_some("lesson__task--done"))}>
            <p><b>{ if view.done { "✓ " } else { "○ " } }{ marked(text) }</b></p>
            if let Some(report) = &view.missing {
                <p class="lesson__missing">{ report.expected.render(language) }<br />{ report.seen.render(language) }{ " " }{ for look }</p>
            }
            if let Some(mistake) = &view.mistake { <p class="lesson__mistake" role="status">{ marked(mistake) }</p> }
            if !view.done {
                <ol class="lesson__hints">{ for hints.iter().map(|hint| html! { <li>{ marked(hint) }</li> }) }</ol>
                if hints.len() < 3 { <Button label={more} onclick={hint} /> }
            }
        </li>
    }
}

/// Where a learner quotes the line that proves a cause.
#[derive(Properties, PartialEq)]
struct ProofProps {
    engine: Engine,
    language: Language,
    question: String,
    said: Option<String>,
}

#[component]
fn Proof(props: &ProofProps) -> Html {
    let language = props.language;
    let text = use_state(String::new);
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| text.set(platform::value(&event)))
    };
    let onclick = {
        let (engine, text) = (props.engine.clone(), text.clone());
        Callback::from(move |()| engine.quote(&text))
    };
    html! {
        <div class="lesson__question">
            <p><b>{ marked(&props.question) }</b></p>
            <p class="quiet">{ say(language, "lesson.point") }</p>
            <label class="lesson__proof">
                <span class="visually-hidden">{ props.question.clone() }</span>
                <input type="text" id="proof" value={(*text).clone()} {oninput} spellcheck="false" autocomplete="off" />
                <Button label={say(language, "lesson.prove")} {onclick} />
            </label>
            if let Some(said) = &props.said { <p class="lesson__mistake" role="status">{ marked(said) }</p> }
        </div>
    }
}

/// A short text with its marks.
fn marked(text: &str) -> Html {
    markdown::spans(text).iter().map(span).collect()
}

fn block(block: &Block) -> Html {
    match block {
        Block::Paragraph(line) => html! { <p>{ for line.iter().map(span) }</p> },
        Block::Code(text) => html! { <pre class="lesson__code">{ text.clone() }</pre> },
        Block::List(points) => {
            let point = |line: &Vec<Span>| html! { <li>{ for line.iter().map(span) }</li> };
            html! { <ul class="lesson__list">{ for points.iter().map(point) }</ul> }
        }
    }
}

fn span(span: &Span) -> Html {
    match span {
        Span::Text(text) => html! { { text.clone() } },
        Span::Code(text) => html! { <code>{ text.clone() }</code> },
        Span::Strong(text) => html! { <strong>{ text.clone() }</strong> },
        Span::Emphasis(text) => html! { <em>{ text.clone() }</em> },
    }
}
