//! The lesson pane: the map of lessons, or the open step with its question and its tasks.

use yew::prelude::*;

use super::bridge::Engine;
use super::components::{Button, say, span};
use super::lesson_map::LessonMap;
use super::platform;
use crate::language::{Language, Text};
use crate::lessons::TaskView;
use crate::view::lessons::{LessonView, Mark, ParView, Question, StepView};
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
    /// What a shown solution did.
    pub marks: Vec<Mark>,
    /// What is wrong with the lesson file that was opened last.
    pub trouble: Option<String>,
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
    use_focus(props);
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
                Some(LessonView::Map(tracks)) => html! { <LessonMap engine={props.engine.clone()} {language} tracks={tracks.clone()} trouble={props.trouble.clone()} /> },
                Some(LessonView::Step(step)) => html! { <Step key={format!("{} {}", step.lesson, step.place.0)} engine={props.engine.clone()} {language}
                    step={(**step).clone()} lecture={props.lecture.clone()} next={props.next.clone()} marks={props.marks.clone()} /> },
            } }
        </div>
    }
}

/// Whoever has no mouse stays in the lesson when what she pressed is gone: from the answer to what is played, to what
/// came of it, to the next step. What is there when the page opens takes the focus from nobody.
#[hook]
fn use_focus(props: &LessonProps) {
    let before = use_mut_ref(|| None::<(String, usize)>);
    let now = match &props.view {
        Some(LessonView::Step(step)) => {
            let found = step.question.as_ref().is_some_and(|question| question.found.is_some());
            Some(((step.lesson.clone(), step.place.0), found))
        }
        _ => None,
    };
    let (playing, shown, _) = props.lecture;
    use_effect_with((now, playing, shown), move |(now, playing, shown)| {
        let now = now.as_ref().map(|(place, _)| place.clone());
        let before = before.replace(now.clone());
        let (Some(before), Some(now)) = (before, now) else { return };
        platform::refocus(match (playing, shown) {
            _ if before != now => ".lesson__body h3",
            (true, _) => ".lesson__playing",
            (false, true) => ".lesson__done",
            (false, false) => ".lesson__verdict",
        });
    });
}

/// The open step.
#[derive(Properties, PartialEq)]
struct StepProps {
    engine: Engine,
    language: Language,
    step: StepView,
    lecture: (bool, bool, Option<String>),
    next: Option<String>,
    marks: Vec<Mark>,
}

#[component]
fn Step(props: &StepProps) -> Html {
    let (language, step) = (props.language, &props.step);
    let asked = use_state(|| false);
    let (playing, shown, _) = props.lecture;
    use_effect_with(props.marks.clone(), |marks: &Vec<Mark>| {
        platform::mark_tiles(marks.iter().map(|mark| mark.uid.clone()).collect());
        || platform::mark_tiles(Vec::new())
    });
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
            <h3 tabindex="-1">{ step.title.clone() }</h3>
            { for step.text.iter().map(block) }
            if let Some(question) = &step.question { { ask(props, question) } }
            if playing {
                <p class="lesson__playing" role="status" tabindex="-1">{ say(language, "lesson.playing") }<Button label={say(language, "lesson.skip")} onclick={act(Engine::skip)} /></p>
            }
            if step.question.as_ref().is_none_or(|question| question.found.is_some()) {
                if let Some(question) = &step.evidence { <Proof engine={props.engine.clone()} {language} question={question.clone()} said={props.lecture.2.clone()} /> }
                <ul class="lesson__tasks">{ for step.tasks.iter().enumerate().map(|(index, one)| task(props, index, one)) }</ul>
            }
            if shown && !props.marks.is_empty() { { marked_changes(language, &props.marks) } }
            if step.done && !playing {
                <p class="lesson__done" role="status" tabindex="-1">{ "✓ " }{ say(language, if step.card.is_some() { "lesson.over" } else { "lesson.step-done" }) }</p>
            }
            if let Some(card) = step.card.as_ref().filter(|card| !card.is_empty() && !playing) {
                <div class="lesson__card"><h4>{ say(language, "lesson.card") }</h4><pre>{ card.join("\n") }</pre></div>
            }
            if let Some(par) = &step.par { { par_line(language, par) } }
            <div class="lesson__actions">
                if step.done && !last { <Button label={say(language, "lesson.next")} class="button--accent" onclick={act(Engine::next_step)} /> }
                if step.done && last { <Button label={say(language, if props.next.is_some() { "lesson.next-lesson" } else { "lesson.map" })} class="button--accent" onclick={onwards} /> }
                if shown && !playing { <Button label={say(language, "lesson.mine")} class={if step.done { "" } else { "button--accent" }} onclick={act(Engine::mine)} /> }
                <Button label={say(language, "lesson.again")} onclick={act(Engine::again)} />
                if step.place.0 > 1 || step.card.is_some() { <Button label={say(language, "teach.whole-again")} onclick={act(Engine::whole_lesson_again)} /> }
                if step.card.is_some() { <Button label={say(language, "teach.hand-in")} onclick={act(Engine::hand_in)} /> }
                if step.solvable && !step.done && !shown && !playing { <Button label={say(language, sure)} onclick={solution} /> }
            </div>
        </div>
    }
}

/// What the shown solution did: the tiles of these objects are marked.
fn marked_changes(language: Language, marks: &[Mark]) -> Html {
    let one = |mark: &Mark| {
        let key = match mark.sign {
            '+' => "teach.made-object",
            '−' => "teach.gone-object",
            _ => "teach.changed-object",
        };
        html! { <li key={mark.uid.clone()} class={classes!("teach__mark", format!("teach__mark--{key}").replace('.', "-"))}><span aria-hidden="true">{ mark.sign }</span><code>{ mark.object.clone() }</code><span class="quiet">{ say(language, key) }</span></li> }
    };
    html! {
        <div class="teach__marks"><h4>{ say(language, "teach.marks") }</h4><ul>{ for marks.iter().map(one) }</ul></div>
    }
}

/// What a good solution needs, and what this one took.
fn par_line(language: Language, par: &ParView) -> Html {
    let (changes, time) = &par.par;
    let text = Text::new("teach.par").with("changes", changes).with("time", time).render(language);
    let own = par.own.as_ref().map(|(changes, time)| {
        let key = if par.met { "teach.par-met" } else { "teach.par-own" };
        Text::new(key).with("changes", changes).with("time", time).render(language)
    });
    html! { <p class={classes!("teach__par", (par.own.is_some() && par.met).then_some("teach__par--met"))}>{ text }if let Some(own) = own { { " " }<b>{ own }</b> }</p> }
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
            None if question.chosen == Some(index) => ("", "lesson__answer--chosen"),
            _ => ("", ""),
        };
        let pressed = question.chosen.map(|chosen| (chosen == index).to_string());
        let over = question.found.is_some() || playing;
        html! { <li><button type="button" class={classes!("lesson__answer", class)} disabled={over} aria-pressed={pressed} {onclick}>{ sign }{ marked(text) }</button></li> }
    };
    html! {
        <div class="lesson__question">
            <p><b>{ marked(&question.text) }</b></p>
            <ul>{ for question.answers.iter().enumerate().map(answer) }</ul>
            if question.found.is_none() && !playing { <p class="quiet">{ say(language, "lesson.foretell") }</p> }
            if let Some((_, _, says)) = &question.found { <p class="lesson__verdict" role="status" tabindex="-1">{ marked(says) }</p> }
            if let Some(at) = &question.since { <p class="quiet">{ Text::new("teach.since").with("at", at).render(language) }</p> }
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
                <p class="lesson__missing">if view.tried { { report.expected.render(language) }<br /> }{ report.seen.render(language) }{ " " }{ for look }</p>
            }
            if view.wants_evidence && view.missing.is_none() { <p class="lesson__missing">{ say(language, "lesson.unproven") }</p> }
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
pub(super) fn marked(text: &str) -> Html {
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
