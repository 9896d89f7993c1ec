//! The terminal: what was printed, and a line to type.

use yew::prelude::*;

use super::bridge::Engine;
use super::components::say;
use super::platform;
use crate::language::Language;
use crate::terminal::{Terminal, complete};

/// What the pane shows.
#[derive(Properties, PartialEq)]
pub(crate) struct TerminalPaneProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// How many lines were ever written: when it changes there is something new.
    pub written: u64,
    /// How many there are.
    pub count: usize,
    /// Whether a command still runs.
    pub busy: bool,
}

/// The terminal pane. Enter runs, Tab completes, arrows walk the history, Ctrl-C stops.
#[component]
pub(crate) fn TerminalPane(props: &TerminalPaneProps) -> Html {
    let text = use_state(String::new);
    let place = use_mut_ref(|| None::<usize>);
    use_effect_with((props.written, props.count), |_| platform::scroll_to_end("screen"));
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| text.set(platform::value(&event)))
    };
    let onkeydown = {
        let (engine, text, place) = (props.engine.clone(), text.clone(), place.clone());
        Callback::from(move |event: KeyboardEvent| {
            let current = (*text).clone();
            match event.key().as_str() {
                "Enter" if !event.shift_key() && !Terminal::incomplete(&current) => {
                    event.prevent_default();
                    *place.borrow_mut() = None;
                    text.set(String::new());
                    if !current.trim().is_empty() {
                        engine.enter(&current);
                    }
                }
                "Tab" if !current.is_empty() => {
                    event.prevent_default();
                    text.set(completed(&engine, &current));
                }
                "ArrowUp" | "ArrowDown" if !current.contains('\n') => {
                    event.prevent_default();
                    let step = if event.key() == "ArrowUp" { -1 } else { 1 };
                    text.set(remembered(&engine, &mut place.borrow_mut(), step));
                }
                "c" if event.ctrl_key() => {
                    engine.interrupt();
                    text.set(String::new());
                }
                "l" if event.ctrl_key() => {
                    event.prevent_default();
                    engine.enter("clear");
                }
                _ => {}
            }
        })
    };
    let lines = props.engine.read(|state| state.lines.clone());
    let rows = text.lines().count().max(1) + usize::from(text.ends_with('\n'));
    html! {
        <div class="terminal">
            <div class="terminal__screen" id="screen" tabindex="0" role="log" aria-label={say(props.language, "page.terminal")}>
                if lines.is_empty() { <p class="quiet">{ say(props.language, "page.terminal-hint") }</p> }
                { for lines.iter().map(|line| html! {
                    <pre key={line.id} class={classes!("terminal__line", format!("terminal__line--{}", line.class))}>{ line.text.to_string() }</pre>
                }) }
            </div>
            <label class="terminal__prompt">
                <span aria-hidden="true">{ if props.busy { "…" } else { "$" } }</span>
                <textarea id="command" class="terminal__input" rows={rows.to_string()} value={(*text).clone()} {oninput} {onkeydown}
                    aria-label={say(props.language, "page.terminal")} placeholder={say(props.language, "page.terminal-hint")}
                    spellcheck="false" autocomplete="off" autocapitalize="off" />
            </label>
        </div>
    }
}

/// The line with its last word completed as far as all candidates agree.
fn completed(engine: &Engine, line: &str) -> String {
    let found = engine.read(|state| complete(line, &state.cluster, &state.terminal));
    let open = if line.ends_with(char::is_whitespace) {
        ""
    } else {
        line.split_whitespace().last().unwrap_or("")
    };
    let Some(first) = found.first() else { return line.to_owned() };
    let mut common = first.clone();
    for other in &found {
        let same = common.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        common = common.chars().take(same).collect();
    }
    let end = if found.len() == 1 { " " } else { "" };
    format!("{}{common}{end}", line.strip_suffix(open).unwrap_or(line))
}

/// An earlier or later line of the history.
fn remembered(engine: &Engine, place: &mut Option<usize>, step: i64) -> String {
    engine.read(|state| {
        let history = &state.terminal.history;
        let length = i64::try_from(history.len()).unwrap_or(0);
        let now = place.and_then(|at| i64::try_from(at).ok()).unwrap_or(length);
        let next = (now + step).clamp(0, length);
        *place = usize::try_from(next).ok();
        place.and_then(|at| history.get(at)).cloned().unwrap_or_default()
    })
}
