//! Two futures side by side: both yards, what differs in words, and the sheet in which they begin.

use std::rc::Rc;

use yew::prelude::*;

use super::bridge::{Engine, day_and_time};
use super::components::say;
use super::platform;
use crate::cluster::Side;
use crate::language::{Language, Text};
use crate::view::futures::{Choice, TwinsView, choices};
use crate::view::yard::{NodeView, Tile, YardView};

/// What the two need.
#[derive(Properties, PartialEq)]
pub(crate) struct TwinsProps {
    /// The engine, for commands.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// The person's own yard.
    pub yard: Rc<YardView>,
    /// The other one's, and what differs.
    pub view: Rc<TwinsView>,
}

/// The two, left and right, so that node stands beside node also on a phone; below them what differs, in words.
#[component]
pub(crate) fn Twins(props: &TwinsProps) -> Html {
    let (language, view) = (props.language, &props.view);
    let parted = Text::new("futures.parted").with("at", day_and_time(view.parted).1);
    html! {
        <section class="twins" id="futures" aria-label={say(language, "futures.title")}>
            <div class="twins__bar">
                <h2 class="title">{ say(language, "futures.title") }</h2>
                <span class="quiet">{ parted.render(language) }</span>
            </div>
            <div class="twins__sides">
                { side(props, Side::Left) }
                { side(props, Side::Right) }
            </div>
            <div class="twins__differences">
                <h3 class="title">{ say(language, "futures.differences") }</h3>
                if view.differences.is_empty() {
                    <p class="quiet">{ say(language, "futures.same") }</p>
                }
                <ul>{ for view.differences.iter().map(|words| html! { <li>{ words.to_string() }</li> }) }</ul>
            </div>
        </section>
    }
}

fn side(props: &TwinsProps, side: Side) -> Html {
    let (language, view) = (props.language, &props.view);
    let here = view.side == side;
    let yard = if here { &props.yard } else { &view.other };
    let title = match side {
        Side::Left => say(language, "futures.left").to_string(),
        Side::Right => Text::new("futures.right").with("words", &view.words).render(language),
    };
    let button = |verb: &str, label: &'static str, class: &'static str| {
        let command = format!("yard {verb} {}", side.word());
        let (engine, line) = (props.engine.clone(), command.clone());
        let onclick = Callback::from(move |_: MouseEvent| engine.press(&line));
        html! { <button type="button" class={classes!("button", class)} title={command} {onclick}>{ say(language, label) }</button> }
    };
    html! {
        <div class={classes!("twin", here.then_some("twin--here"))} id={format!("future-{}", side.word())} data-pods={yard.counts.values().sum::<usize>().to_string()}>
            <h3 class="twin__title">{ title }</h3>
            <div class="twin__actions">
                if here {
                    <span class="twin__here">{ say(language, "futures.here") }</span>
                } else {
                    { button("side", "futures.turn", "") }
                }
                { button("keep", "futures.keep", "button--accent") }
            </div>
            <div class="twin__nodes">
                { for yard.nodes.iter().filter(|node| !node.tiles.is_empty() || !node.roles.contains("control-plane")).map(|node| panel(node, language)) }
                if !yard.tray.is_empty() {
                    <div class="twin__node">
                        <span class="twin__name">{ say(language, "page.tray") }</span>
                        <ul class="twin__pods">{ for yard.tray.iter().map(|tile| pod(tile, language)) }</ul>
                    </div>
                }
            </div>
        </div>
    }
}

fn panel(node: &NodeView, language: Language) -> Html {
    let down = !node.ready || !node.powered;
    html! {
        <div class={classes!("twin__node", down.then_some("twin__node--down"))} key={node.name.to_string()}>
            <span class="twin__name">{ node.name.to_string() }<span class="quiet">{ format!(" {}", node.status) }</span></span>
            <ul class="twin__pods">{ for node.tiles.iter().map(|tile| pod(tile, language)) }</ul>
        </div>
    }
}

fn pod(tile: &Rc<Tile>, language: Language) -> Html {
    let label = Text::new("page.pod-label")
        .with("name", &tile.key.name)
        .with("status", &tile.status)
        .with("restarts", tile.restarts)
        .render(language);
    html! {
        <li class={classes!("twin__pod", tile.look.colours())} key={tile.id.to_string()} title={label.clone()}>
            <span aria-hidden="true">{ tile.look.icon() }</span><span class="visually-hidden">{ label }</span>
            if tile.restarts > 0 { <b aria-hidden="true">{ tile.restarts }</b> }
        </li>
    }
}

/// What the sheet needs.
#[derive(Properties, PartialEq)]
pub(crate) struct ForkProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// Closes it.
    pub onclose: Callback<()>,
}

/// What is chosen in the sheet.
#[derive(Clone, Debug, Default, PartialEq)]
struct Chosen {
    object: usize,
    field: usize,
    value: Option<String>,
    command: String,
}

impl Chosen {
    fn line(&self, all: &[Choice]) -> String {
        if !self.command.trim().is_empty() {
            return self.command.trim().to_owned();
        }
        let object = all.get(self.object);
        let field = object.and_then(|object| object.fields.get(self.field));
        match (object, field, self.value(all)) {
            (Some(object), Some(field), Some(value)) if value != *field.now => {
                object.command(field.path, &value)
            }
            _ => String::new(),
        }
    }

    /// The value in the field: what was written, or of a short list the first that is another one.
    fn value(&self, all: &[Choice]) -> Option<String> {
        let field = all.get(self.object)?.fields.get(self.field)?;
        let other = || field.choices.iter().find(|one| ***one != *field.now);
        let first = other().map_or_else(|| field.now.to_string(), |one| (*one).to_owned());
        Some(self.value.clone().unwrap_or(first))
    }
}

/// The sheet in which two futures begin.
#[component]
pub(crate) fn ForkSheet(props: &ForkProps) -> Html {
    let language = props.language;
    let all = use_memo((), |()| props.engine.read(|state| choices(&state.cluster)));
    let chosen = use_state(Chosen::default);
    use_effect_with((), |()| platform::focus("#fork-sheet select, #fork-sheet input"));
    let line = chosen.line(&all);
    let onclose = {
        let onclose = props.onclose.clone();
        Callback::from(move |_: MouseEvent| onclose.emit(()))
    };
    let onsubmit = {
        let (engine, onclose, line) = (props.engine.clone(), props.onclose.clone(), line.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !line.is_empty() {
                onclose.emit(());
                engine.press(&format!("yard fork {line}"));
            }
        })
    };
    let change = |change: fn(&Chosen, String) -> Chosen| {
        let chosen = chosen.clone();
        move |text: String| chosen.set(change(&chosen, text))
    };
    let onobject = {
        let change =
            change(|_, text| Chosen { object: text.parse().unwrap_or(0), ..Chosen::default() });
        Callback::from(move |event: Event| change(platform::value(&event)))
    };
    let onfield = {
        let change = change(|old, text| Chosen {
            object: old.object,
            field: text.parse().unwrap_or(0),
            ..Chosen::default()
        });
        Callback::from(move |event: Event| change(platform::value(&event)))
    };
    let set_value =
        change(|old, text| Chosen { value: Some(text), command: String::new(), ..old.clone() });
    let onchoice = {
        let set_value = set_value.clone();
        Callback::from(move |event: Event| set_value(platform::value(&event)))
    };
    let onvalue = Callback::from(move |event: InputEvent| set_value(platform::value(&event)));
    let oncommand = {
        let change = change(|old, text| Chosen { command: text, ..old.clone() });
        Callback::from(move |event: InputEvent| change(platform::value(&event)))
    };
    let value = chosen.value(&all);
    let object = all.get(chosen.object);
    let field = object.and_then(|object| object.fields.get(chosen.field));
    let onkeydown = {
        let onclose = props.onclose.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Escape" {
                event.stop_propagation();
                onclose.emit(());
            }
        })
    };
    html! {
        <div class="keys" id="fork-sheet" role="dialog" aria-modal="true" aria-label={say(language, "futures.title")} {onkeydown}>
            <form class="keys__sheet fork" {onsubmit}>
                <div class="details__bar">
                    <h2 class="title">{ say(language, "futures.what") }</h2>
                    <button type="button" class="button" onclick={onclose}>{ say(language, "page.close") }</button>
                </div>
                if let (Some(object), Some(field)) = (object, field) {
                    <label>{ say(language, "futures.object") }
                        <select id="fork-object" class="select" onchange={onobject}>
                            { for all.iter().enumerate().map(|(place, one)| option(place.to_string(), &one.name, place == chosen.object)) }
                        </select>
                    </label>
                    <label>{ say(language, "futures.field") }
                        <select id="fork-field" class="select" onchange={onfield}>
                            { for object.fields.iter().enumerate().map(|(place, one)| option(place.to_string(), &format!("{}: {}", one.path, one.now), place == chosen.field)) }
                        </select>
                    </label>
                    <label>{ say(language, "futures.value") }
                        if field.choices.is_empty() {
                            <input id="fork-value" type="text" autocomplete="off" value={value.clone()} oninput={onvalue} />
                        } else {
                            <select id="fork-value" class="select" onchange={onchoice}>
                                { for field.choices.iter().map(|one| option((*one).to_owned(), one, value.as_deref() == Some(*one))) }
                            </select>
                        }
                    </label>
                } else {
                    <p class="quiet">{ say(language, "futures.none") }</p>
                }
                <label>{ say(language, "futures.command") }
                    <input id="fork-command" type="text" autocomplete="off" spellcheck="false" placeholder="yard node stop worker-1" value={chosen.command.clone()} oninput={oncommand} />
                </label>
                <code class="fork__line">{ if line.is_empty() { "yard fork …".to_owned() } else { format!("yard fork {line}") } }</code>
                <button type="submit" class="button button--accent" disabled={line.is_empty()}>{ say(language, "futures.start") }</button>
            </form>
        </div>
    }
}

fn option(value: String, label: &str, selected: bool) -> Html {
    html! { <option {value} {selected}>{ label.to_owned() }</option> }
}
