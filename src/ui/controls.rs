//! The header: time, language, theme, the session as a file; and the sheet of keys.

use yew::prelude::*;

use super::bridge::Engine;
use super::components::say;
use super::icon::icon;
use super::platform;
use crate::language::Language;
use crate::view::state::SPEEDS;

/// What the header shows.
#[derive(Properties, PartialEq)]
pub(crate) struct ControlsProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// Whether the clock runs.
    pub playing: bool,
    /// The place of the speed on the slider.
    pub speed: usize,
    /// Whether a kept session is being replayed.
    pub restoring: bool,
    /// Opens the sheet of keys.
    pub onhelp: Callback<()>,
    /// Whether the lessons are open.
    pub lessons: bool,
    /// Opens what leaves the page.
    pub onshare: Callback<()>,
    /// Opens and closes the lessons.
    pub onlessons: Callback<()>,
}

/// The header. The clock and what comes next are written by the platform, without a new picture.
#[component]
pub(crate) fn Controls(props: &ControlsProps) -> Html {
    let (language, engine) = (props.language, &props.engine);
    // What a command says is shown beside its button, with its name.
    let runs = |label: &'static str,
                id: &'static str,
                sign: &'static str,
                command: &'static str| {
        let engine = engine.clone();
        let onclick = Callback::from(move |_: MouseEvent| engine.press(command));
        html! {
            <button type="button" class="button button--round" {id} data-command={command} aria-label={say(language, label)} {onclick}>{ icon(sign) }</button>
        }
    };
    let onspeed = {
        let engine = engine.clone();
        Callback::from(move |event: InputEvent| {
            if let Ok(index) = platform::value(&event).parse() {
                engine.set_speed(index);
            }
        })
    };
    let ontheme = Callback::from(|_: MouseEvent| {
        let next = if platform::is_dark() { "light" } else { "dark" };
        platform::keep("podyard.theme", next);
        platform::set_root("data-theme", next);
    });
    let other = if language == Language::En { Language::Ko } else { Language::En };
    let onlanguage = {
        let engine = engine.clone();
        Callback::from(move |_: MouseEvent| engine.set_language(other))
    };
    let ontoggle = {
        let engine = engine.clone();
        Callback::from(move |_: MouseEvent| engine.toggle())
    };
    let onhelp = {
        let onhelp = props.onhelp.clone();
        Callback::from(move |_: MouseEvent| onhelp.emit(()))
    };
    let onshare = {
        let onshare = props.onshare.clone();
        Callback::from(move |_: MouseEvent| onshare.emit(()))
    };
    let onlessons = {
        let onlessons = props.onlessons.clone();
        Callback::from(move |_: MouseEvent| onlessons.emit(()))
    };
    let (play_label, play_icon) =
        if props.playing { ("page.pause", "pause") } else { ("page.play", "play") };
    let factor = SPEEDS.get(props.speed).copied().unwrap_or(1.0);
    html! {
        <header class="header">
            <div class="header__brand">
                <span class="header__mark" aria-hidden="true"><i></i><i></i><i></i><i></i></span>
                <h1 class="header__name">{ say(language, "page.title") }</h1>
                <span class="header__tagline">{ say(language, "page.tagline") }</span>
            </div>
            <div class="time" role="group">
                { runs("page.undo", "undo", "undo", "yard undo") }
                { runs("page.back", "back", "back", "yard back 30s") }
                <button type="button" class="button button--round button--strong" id="play" data-command={if props.playing { "yard pause" } else { "yard play" }}
                    aria-label={say(language, play_label)} onclick={ontoggle}>{ icon(play_icon) }</button>
                { runs("page.step-event", "step-event", "step-event", "yard next event") }
                { runs("page.step", "step", "step", "yard next") }
                <label class="time__speed">
                    <span class="visually-hidden">{ say(language, "page.speed") }</span>
                    <input type="range" id="speed" min="0" max={(SPEEDS.len() - 1).to_string()} value={props.speed.to_string()} oninput={onspeed}
                        aria-valuetext={format!("{factor}×")} />
                    <output class="time__factor">{ format!("{factor}×") }</output>
                </label>
                <time class="time__clock" id="clock"><span class="time__day"></span><span></span></time>
                <span class="time__next quiet" id="next"></span>
                if props.restoring { <span class="quiet">{ say(language, "page.restoring") }</span> }
            </div>
            <div class="header__more">
                <button type="button" class="button" id="lessons" aria-pressed={props.lessons.to_string()} onclick={onlessons}>{ say(language, "lesson.open") }</button>
                <button type="button" class="button" id="share" aria-haspopup="dialog" onclick={onshare}>{ say(language, "share.title") }</button>
                <button type="button" class="button" lang={other.tag()} onclick={onlanguage}>{ if other == Language::Ko { "한국어" } else { "English" } }</button>
                <button type="button" class="button button--round" title={say(language, "page.theme")} aria-label={say(language, "page.theme")} onclick={ontheme}>{ icon("theme") }</button>
                <button type="button" class="button button--round" id="help" title={say(language, "page.help")} aria-label={say(language, "page.help")} onclick={onhelp}>{ icon("help") }</button>
            </div>
        </header>
    }
}

/// The keys and what they do.
const KEYS: &[(&str, &str)] = &[
    ("Space .", "page.key-play"),
    ("n PageDown", "page.key-step"),
    ("e", "page.key-event"),
    ("t", "time.key-cron"),
    ("[ ]", "time.key-marks"),
    ("o O", "time.key-of"),
    ("← → PageUp Home End + -", "time.key-timeline"),
    ("b", "page.key-back"),
    ("u", "page.key-undo"),
    ("- +", "page.key-speed"),
    ("1 2 3 4", "page.key-panes"),
    ("← ↑ ↓ →", "page.key-arrows"),
    ("/", "stage.key-filter"),
    ("z", "stage.key-zoom"),
    ("Backspace", "stage.key-out"),
    ("c", "stage.key-copy"),
    ("Ctrl+Enter", "page.key-apply"),
    ("Esc Tab", "page.key-leave"),
    ("Esc", "page.key-close"),
    ("p", "share.key-present"),
    ("PageDown PageUp", "share.key-clicker"),
    ("x X", "share.key-break"),
    ("s", "share.key-light"),
    ("r", "share.key-start"),
    ("?", "page.key-help"),
];

/// What the sheet needs.
#[derive(Properties, PartialEq)]
pub(crate) struct KeysProps {
    /// The language.
    pub language: Language,
    /// Closes it.
    pub onclose: Callback<()>,
}

/// The sheet of keys.
#[component]
pub(crate) fn Keys(props: &KeysProps) -> Html {
    let language = props.language;
    use_effect_with((), |()| platform::focus("#keys button"));
    let onclose = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: MouseEvent| onclose.emit(()))
    };
    let row = |(keys, label): (&'static str, &'static str)| {
        html! {
            <div class="keys__row">
                <dt>{ for keys.split(' ').map(|key| html! { <kbd>{ key }</kbd> }) }</dt>
                <dd>{ say(language, label) }</dd>
            </div>
        }
    };
    html! {
        <div class="keys" id="keys" role="dialog" aria-modal="true" aria-label={say(language, "page.help")}>
            <div class="keys__sheet">
                <div class="details__bar">
                    <h2 class="title">{ say(language, "page.help") }</h2>
                    <button type="button" class="button" onclick={onclose}>{ say(language, "page.close") }</button>
                </div>
                <dl class="keys__list">{ for KEYS.iter().copied().map(row) }</dl>
            </div>
        </div>
    }
}
