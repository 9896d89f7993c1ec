//! The terminal: what was printed, and a line to type.

use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::Engine;
use super::components::say;
use super::{platform, shell};
use crate::api::{Kind, ObjectKey};
use crate::language::{Language, Text};
use crate::view::line::{self, Act, Key, Line, Offer};
use crate::view::screen::{Mark, Part};
use crate::view::state::{Pane, Selection};

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
    /// What stands before the line that it wants to read.
    pub asks: Option<String>,
    /// An object was clicked.
    pub onselect: Callback<Option<Selection>>,
    /// Another pane is needed, where there is room for one only.
    pub onpane: Callback<Pane>,
}

/// The line as it stands, and whether its cursor must be set.
#[derive(Default)]
struct Desk {
    line: Line,
    moved: bool,
}

/// The handle by which keys, buttons and clicks change the line.
#[derive(Clone)]
struct Hand {
    engine: Engine,
    desk: Rc<std::cell::RefCell<Desk>>,
    redraw: UseForceUpdateHandle,
}

impl Hand {
    fn line(&self) -> Line {
        self.desk.borrow().line.clone()
    }

    fn put(&self, line: Line, moved: bool) {
        *self.desk.borrow_mut() = Desk { line, moved };
        self.redraw.force_update();
    }

    /// The line as the browser has it, and what is selected there.
    fn read(&self, text: &str) -> (Line, usize, usize) {
        let places: Vec<usize> = platform::caret()
            .iter()
            .map(|units| line::place_behind(text, usize::try_from(*units).unwrap_or(0)))
            .collect();
        let (from, to) = match places.as_slice() {
            [from, to] => (*from, *to),
            _ => (text.len(), text.len()),
        };
        let typed = self.engine.read(|state| self.line().typed(text, to, &state.terminal.history));
        (typed, from, to)
    }

    /// A key, from the keyboard or from the row of keys; says whether it was taken.
    fn press(&self, line: Line, key: Key) -> bool {
        let history = self.engine.read(|state| state.terminal.history.clone());
        let (mut next, act) =
            line.clone().press(key, &history, |text| self.engine.completion(text));
        match act {
            Act::Pass => return false,
            Act::Show => {}
            Act::Run(text) => {
                platform::to_end("screen");
                let asked = self.engine.read(|state| state.asks.is_some());
                if (!text.trim().is_empty() || asked) && !self.engine.type_line(&text) {
                    next = line;
                }
            }
            Act::Interrupt(text) => self.engine.give_up(&text),
            Act::End => self.engine.end_input(),
            Act::Clear => self.engine.clear_screen(),
        }
        self.put(next, true);
        true
    }

    fn insert(&self, text: &str) {
        let now = self.line();
        let (next, _) = now.clone().paste(text, now.cursor, now.cursor);
        self.put(next, true);
        platform::focus("#command");
    }
}

/// The terminal pane.
#[component]
pub(crate) fn TerminalPane(props: &TerminalPaneProps) -> Html {
    let language = props.language;
    let desk = use_mut_ref(Desk::default);
    let hand =
        Hand { engine: props.engine.clone(), desk: Rc::clone(&desk), redraw: use_force_update() };
    use_effect_with((props.written, props.count), |_| platform::follow("screen"));
    use_effect({
        let desk = Rc::clone(&desk);
        move || {
            let mut desk = desk.borrow_mut();
            if std::mem::take(&mut desk.moved) {
                let units = line::units_before(&desk.line.text, desk.line.cursor);
                platform::place_caret(u32::try_from(units).unwrap_or(0));
                platform::show_chosen();
            }
        }
    });
    use_effect_with((), {
        let engine = props.engine.clone();
        move |()| {
            let words = Closure::new(move |key: String| {
                engine.read(|state| shell::explanation(&key, state.language))
            });
            platform::explain_words("screen", "gloss", &words);
            // The page listens as long as it lives.
            words.forget();
        }
    });
    let oninput = {
        let hand = hand.clone();
        Callback::from(move |event: InputEvent| {
            let (line, ..) = hand.read(&platform::value(&event));
            hand.put(line, false);
        })
    };
    let onpaste = {
        let hand = hand.clone();
        Callback::from(move |event: Event| {
            let text = platform::pasted_text(&event);
            let searching = hand.line().search.is_some();
            if !text.trim().contains('\n') && !text.trim_start().starts_with("$ ") || searching {
                return;
            }
            event.prevent_default();
            let (line, from, to) = hand.read(&platform::value(&event));
            let (line, told) = line.paste(&text, from, to);
            hand.put(line, true);
            if let Some(told) = told {
                hand.engine.tell_paste(&told);
            }
        })
    };
    let onkeydown = {
        let hand = hand.clone();
        Callback::from(move |event: KeyboardEvent| {
            // A syllable that is being composed belongs to the input method.
            if event.is_composing() || event.key_code() == 229 {
                return;
            }
            let copies = event.ctrl_key() && event.key() == "c" && platform::selecting();
            let Some(key) = key_of(&event).filter(|_| !copies) else { return };
            let (line, ..) = hand.read(&platform::value(&event));
            // Tab leaves an empty line as it leaves every field.
            let leaves = matches!(key, Key::Tab | Key::BackTab) && line.text.trim().is_empty();
            if !leaves && hand.press(line, key) {
                event.prevent_default();
                event.stop_propagation();
            }
        })
    };
    let onclick = {
        let (engine, onselect, onpane) =
            (props.engine.clone(), props.onselect.clone(), props.onpane.clone());
        let hand = hand.clone();
        Callback::from(move |event: MouseEvent| match read_mark(&platform::mark_of(&event)) {
            Some(Clicked::Object(selection)) => onselect.emit(Some(selection)),
            Some(Clicked::Place { file, line, column }) => {
                onpane.emit(Pane::Editor);
                engine.open_at(&file, line, column);
            }
            Some(Clicked::Fix(text)) => {
                hand.put(Line::of(text), true);
                platform::focus("#command");
            }
            None if platform::wants_line(&event) => platform::focus("#command"),
            None => {}
        })
    };
    let line = desk.borrow().line.clone();
    let lines = props.engine.read(|state| shell::blocks(&state.lines));
    let rows = line.text.lines().count().max(1) + usize::from(line.text.ends_with('\n'));
    let sign = match (&props.asks, props.busy, &line.search) {
        (_, _, Some(_)) => "⌕",
        (Some(prompt), ..) if prompt.is_empty() => "›",
        (Some(prompt), ..) => prompt.trim_end(),
        (None, true, None) => "…",
        (None, false, None) => "$",
    };
    let label = if line.search.is_some() { "shell.search" } else { "page.terminal" };
    let found = line.search.as_ref().map(|_| {
        let found =
            props.engine.read(|state| line.found(&state.terminal.history).map(str::to_owned));
        match found {
            Some(text) => html! { <code>{ text }</code> },
            None => html! { <span class="quiet">{ say(language, "shell.search-hint") }</span> },
        }
    });
    html! {
        <div class="terminal">
            <div class="terminal__screen" id="screen" tabindex="0" role="log" aria-live="off" aria-label={say(language, "page.terminal")}
                aria-description={say(language, "shell.screen")} {onclick}>
                if lines.is_empty() { <p class="quiet">{ say(language, "page.terminal-empty") }</p> }
                { for lines.into_iter().map(|(id, lines)| html! { <Block key={id} {lines} {language} /> }) }
            </div>
            <div class="terminal__gloss" id="gloss" role="tooltip" hidden=true></div>
            if let Some(offer) = &line.offer { { offered(offer, &hand, language) } }
            if let Some(found) = found { <div class="terminal__found" aria-live="polite">{ found }</div> }
            <label class="terminal__prompt">
                <span aria-hidden="true">{ sign.to_owned() }</span>
                <textarea id="command" class="terminal__input" rows={rows.to_string()} value={line.text.clone()} {oninput} {onkeydown} {onpaste}
                    aria-label={say(language, label)} placeholder={say(language, if line.search.is_some() { "shell.search" } else { "page.terminal-hint" })}
                    aria-autocomplete="list" aria-controls={line.offer.as_ref().map(|_| "offer")}
                    aria-activedescendant={line.offer.as_ref().and_then(|offer| offer.chosen).map(|at| format!("offer-{at}"))}
                    spellcheck="false" autocomplete="off" autocapitalize="off" autocorrect="off" enterkeyhint="go" />
            </label>
            { keys(&hand, language) }
            <p class="visually-hidden" role="status" aria-live="polite" id="terminal-live"></p>
        </div>
    }
}

/// The candidates of the last word.
fn offered(offer: &Offer, hand: &Hand, language: Language) -> Html {
    /// A longer list is one to type on for, not to read.
    const MOST: usize = 200;
    let option = |(index, one): (usize, &crate::terminal::Candidate)| {
        let chosen = offer.chosen == Some(index);
        let hand = hand.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            hand.put(hand.line().pick(index), true);
            platform::focus("#command");
        });
        html! {
            <div key={one.text.clone()} class="terminal__candidate" id={format!("offer-{index}")} role="option" aria-selected={chosen.to_string()} {onclick}>
                <span>{ one.text.clone() }</span>
                if !one.note.is_empty() { <span class="terminal__note">{ one.note.clone() }</span> }
            </div>
        }
    };
    let noted = offer.candidates.iter().any(|one| !one.note.is_empty());
    let count =
        Text::new("shell.candidates").with("count", offer.candidates.len()).render(language);
    // The line keeps the focus.
    let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
    html! {
        <>
            <div class={classes!("terminal__offer", noted.then_some("terminal__offer--noted"))} id="offer" role="listbox"
                aria-label={count.clone()} {onmousedown}>
                { for offer.candidates.iter().take(MOST).enumerate().map(option) }
            </div>
            <p class="visually-hidden" role="status">{ count }</p>
        </>
    }
}

/// Keys that a phone's keyboard lacks.
fn keys(hand: &Hand, language: Language) -> Html {
    let key = |label: &'static str, sign: &'static str, key: Key| {
        let hand = hand.clone();
        let onclick = Callback::from(move |_: MouseEvent| {
            hand.press(hand.line(), key);
            platform::focus("#command");
        });
        html! { <button type="button" class="terminal__key" aria-label={say(language, label)} {onclick}>{ sign }</button> }
    };
    let letter = |sign: &'static str| {
        let hand = hand.clone();
        let onclick = Callback::from(move |_: MouseEvent| hand.insert(sign));
        html! { <button type="button" class="terminal__key" {onclick}>{ sign }</button> }
    };
    let onmousedown = Callback::from(|event: MouseEvent| event.prevent_default());
    html! {
        <div class="terminal__keys" role="group" aria-label={say(language, "shell.keys")} {onmousedown}>
            { key("shell.key-tab", "Tab", Key::Tab) }
            { key("shell.key-up", "↑", Key::Up) }
            { key("shell.key-stop", "Ctrl-C", Key::Ctrl('c')) }
            { for ["|", "-", "/"].map(letter) }
        </div>
    }
}

/// Lines of the screen that change together.
#[derive(Properties)]
struct BlockProps {
    lines: Rc<[shell::Line]>,
    language: Language,
}

impl PartialEq for BlockProps {
    fn eq(&self, other: &Self) -> bool {
        // Lines never change: the same ones are the same.
        let ends = |lines: &[shell::Line]| {
            (lines.len(), lines.first().map(|line| line.id), lines.last().map(|line| line.id))
        };
        ends(&self.lines) == ends(&other.lines) && self.language == other.language
    }
}

#[component]
fn Block(props: &BlockProps) -> Html {
    let language = props.language;
    let shown = |line: &shell::Line| {
        let class = classes!("terminal__line", format!("terminal__line--{}", line.class));
        match line.class {
            "fix" => html! {
                <p key={line.id} {class}>
                    { for line.text.lines().map(|fix| html! {
                        <button type="button" class="terminal__fix" data-mark={format!("fix {fix}")} title={say(language, "shell.fix")}>{ fix.to_owned() }</button>
                    }) }
                </p>
            },
            _ => html! { <pre key={line.id} {class}>{ for line.parts.iter().map(part) }</pre> },
        }
    };
    html! { <div class="terminal__block">{ for props.lines.iter().map(shown) }</div> }
}

fn part(part: &Part) -> Html {
    let text = part.text.clone();
    match &part.mark {
        Mark::Plain => html! { { text } },
        Mark::Object(Selection { kind, key }) => html! {
            <span class="terminal__name" role="link" tabindex="-1" data-mark={format!("object {} {}/{}", kind.name(), key.namespace, key.name)}>{ text }</span>
        },
        Mark::Word(key) => {
            html! { <span class="terminal__word" tabindex="-1" data-word={*key}>{ text }</span> }
        }
        Mark::Place { file, line, column } => html! {
            <span class="terminal__name" role="link" tabindex="-1" data-mark={format!("place {line} {column} {file}")}>{ text }</span>
        },
    }
}

/// What was clicked on the screen.
enum Clicked {
    Object(Selection),
    Place { file: String, line: u32, column: u32 },
    Fix(String),
}

fn read_mark(mark: &str) -> Option<Clicked> {
    let (what, rest) = mark.split_once(' ')?;
    match what {
        "object" => {
            let (kind, key) = rest.split_once(' ')?;
            let (namespace, name) = key.split_once('/')?;
            let kind = Kind::ALL.into_iter().find(|one| one.name() == kind)?;
            Some(Clicked::Object(Selection { kind, key: ObjectKey::new(namespace, name) }))
        }
        "place" => {
            let mut words = rest.splitn(3, ' ');
            let line = words.next()?.parse().ok()?;
            let column = words.next()?.parse().ok()?;
            Some(Clicked::Place { file: words.next()?.to_owned(), line, column })
        }
        _ => Some(Clicked::Fix(rest.to_owned())),
    }
}

/// The key of the line editor that an event is.
fn key_of(event: &KeyboardEvent) -> Option<Key> {
    let name = event.key();
    let mut letters = name.chars();
    let letter = letters.next().filter(|_| letters.next().is_none());
    let letter = letter.map(|letter| letter.to_ascii_lowercase());
    if event.meta_key() {
        return None;
    }
    if event.ctrl_key() {
        return match (letter, name.as_str()) {
            (Some(letter), _) if !event.alt_key() => Some(Key::Ctrl(letter)),
            (None, "Backspace") => Some(Key::Alt('\u{8}')),
            (None, "ArrowLeft") => Some(Key::Alt('b')),
            (None, "ArrowRight") => Some(Key::Alt('f')),
            _ => None,
        };
    }
    if event.alt_key() {
        return match (letter, name.as_str()) {
            (Some(letter @ ('b' | 'f' | 'd')), _) => Some(Key::Alt(letter)),
            (None, "Backspace") => Some(Key::Alt('\u{8}')),
            _ => None,
        };
    }
    Some(match name.as_str() {
        "Enter" if event.shift_key() => Key::NewLine,
        "Enter" => Key::Enter,
        "Tab" if event.shift_key() => Key::BackTab,
        "Tab" => Key::Tab,
        "ArrowUp" => Key::Up,
        "ArrowDown" => Key::Down,
        "ArrowLeft" => Key::Left,
        "ArrowRight" => Key::Right,
        "Home" => Key::Home,
        "End" => Key::End,
        "Escape" => Key::Escape,
        _ => return None,
    })
}
