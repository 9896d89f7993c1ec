//! The band at the bottom: a ruler that is the scrubber, the chart above which it stands, and where one can jump to.
//!
//! The chart is two canvases that `platform/timeline.js` draws from plain numbers; zoom and pan cost the engine nothing.
//! Keyboard: the ruler is a slider (arrows walk from change to change, PageUp and PageDown by a minute, Home and End);
//! the rows are buttons; readers get the chart as a sentence.

use std::collections::BTreeMap;
use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::{Engine, LAG_MILLIS, day_and_time};
use super::components::say;
use super::icon::icon;
use super::platform;
use crate::api::Value;
use crate::language::{Language, Text};
use crate::object;
use crate::sim::Time;
use crate::view::palette::Palette;
use crate::view::state::Selection;
use crate::view::timeline::{Opened, Row, RowKind, Sign, Timeline};
use crate::view::yard::Look;

/// Where the browser remembers whether the chart is open.
const OPEN: &str = "podyard.timeline";

/// A branch in the list.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct BranchView {
    name: AttrValue,
    left: String,
    until: String,
    count: usize,
    words: String,
}

/// What the band shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct BandView {
    rows: Rc<[Row]>,
    branches: Rc<[BranchView]>,
    line: AttrValue,
    sentence: AttrValue,
    open: bool,
    /// Whether something is known of what comes.
    past: bool,
    /// Where the clock is on its way to.
    skipping: Option<Time>,
    /// Whether two futures run.
    forked: bool,
}

/// The timeline and what of it the canvases have.
#[derive(Default)]
pub(super) struct Band {
    timeline: Timeline,
    opened: Opened,
    sent: BTreeMap<u64, u64>,
    generation: u64,
    seen: (u64, u64, u64, u64),
    lines: (u64, u64, usize),
    at: f64,
    open: Option<bool>,
    view: Rc<BandView>,
}

#[expect(clippy::cast_precision_loss, reason = "a handful of rows")]
fn number(id: u64) -> f64 {
    id as f64
}

impl Band {
    fn is_open(&mut self) -> bool {
        let wide = || platform::kept(OPEN).map_or_else(platform::is_wide, |kept| kept == "open");
        *self.open.get_or_insert_with(wide)
    }

    /// The band now. While the clock runs it lags half a second behind: nobody reads sixty charts a second.
    /// `room`: whether this picture has room for it.
    pub(super) fn grow(
        &mut self,
        engine: &Engine,
        palette: &mut Palette,
        room: &mut bool,
    ) -> Rc<BandView> {
        let (seen, playing) = engine.read(|state| {
            let version = state.version();
            ((version, state.epoch, state.lineage, state.cluster.line().0), state.playing)
        });
        let now = platform::steady_clock();
        let other = (seen.1, seen.2, seen.3) != (self.seen.1, self.seen.2, self.seen.3);
        let shown = self.view.open == self.is_open();
        if !other && shown && playing {
            if now - self.at < LAG_MILLIS {
                if seen != self.seen {
                    engine.set_behind(LAG_MILLIS);
                }
                return Rc::clone(&self.view);
            }
            if seen != self.seen && !std::mem::take(room) {
                engine.put_off();
                return Rc::clone(&self.view);
            }
        }
        self.seen = seen;
        self.at = now;
        let view = engine.read(|state| self.look(state, palette));
        if *self.view != view {
            self.view = Rc::new(view);
        }
        Rc::clone(&self.view)
    }

    fn look(&mut self, state: &super::bridge::State, palette: &mut Palette) -> BandView {
        let (cluster, language, open) = (&state.cluster, state.language, self.is_open());
        self.timeline.read(cluster, state.lineage);
        if self.generation != self.timeline.generation {
            self.generation = self.timeline.generation;
            self.sent.clear();
            platform::timeline_forget();
        }
        let mut rows = self.timeline.rows(&self.opened, palette);
        if !open {
            rows.retain(|row| row.kind == RowKind::You);
        }
        let known: BTreeMap<u64, u64> = rows.iter().map(|row| (row.id, row.stamp)).collect();
        for row in rows.iter().filter(|row| self.sent.get(&row.id) != Some(&row.stamp)) {
            platform::timeline_row(number(row.id), &self.timeline.drawn(row));
        }
        self.sent = known;
        let same = rows.len() == self.view.rows.len()
            && rows.iter().zip(self.view.rows.iter()).all(|(a, b)| a == b);
        BandView {
            sentence: if same && state.playing && !self.view.sentence.is_empty() {
                self.view.sentence.clone()
            } else {
                self.timeline.sentence(cluster, language).into()
            },
            rows: if same { Rc::clone(&self.view.rows) } else { rows.into() },
            branches: self.branches(state),
            line: cluster.branch_name().to_string().into(),
            open,
            past: !cluster.at_tip(),
            skipping: state.skipping,
            forked: state.terminal.futures.is_some(),
        }
    }

    fn branches(&mut self, state: &super::bridge::State) -> Rc<[BranchView]> {
        let cluster = &state.cluster;
        let lines = (state.lineage, cluster.line().0, cluster.branches().count());
        if lines == self.lines {
            return Rc::clone(&self.view.branches);
        }
        self.lines = lines;
        let branch = |branch: &crate::cluster::Branch| {
            let parting = cluster.parting(branch);
            let own = branch.inputs.get(parting.shared..).unwrap_or_default();
            let words: Vec<&str> =
                own.iter().map(|input| &*input.words).filter(|words| !words.is_empty()).collect();
            BranchView {
                name: branch.name.to_string().into(),
                left: day_and_time(parting.at).1,
                until: day_and_time(branch.until).1,
                count: own.len(),
                words: words.join("; "),
            }
        };
        cluster.branches().map(branch).collect()
    }

    /// Opens or closes a group, or the chart.
    pub(super) fn toggle(&mut self, row: Option<usize>) {
        self.at = 0.0;
        let Some(row) = row.and_then(|row| self.view.rows.get(row)) else {
            let open = !self.is_open();
            self.open = Some(open);
            self.sent.clear();
            platform::keep(OPEN, if open { "open" } else { "closed" });
            return;
        };
        if let RowKind::Group(group, open) = row.kind
            && let Some(group) = self.timeline.groups.get(group)
        {
            self.opened.insert(group.uid, !open);
        }
    }
}

/// What the band needs.
#[derive(Properties, PartialEq)]
pub(crate) struct TimelineProps {
    /// The engine.
    pub engine: Engine,
    /// The language.
    pub language: Language,
    /// What it shows.
    pub view: Rc<BandView>,
    /// What is selected.
    pub selection: Option<Selection>,
    /// Selects a pod, a node or a workload.
    pub onselect: Callback<Option<Selection>>,
    /// Opens or closes a row, or the chart.
    pub ontoggle: Callback<Option<usize>>,
    /// Opens the sheet that begins two futures.
    pub onfork: Callback<()>,
}

/// The band.
#[component]
pub(crate) fn TimelineBand(props: &TimelineProps) -> Html {
    let (language, engine, view) = (props.language, &props.engine, &props.view);
    let rows = use_mut_ref(|| Rc::clone(&view.rows));
    *rows.borrow_mut() = Rc::clone(&view.rows);
    use_canvases(engine, language, &rows, &props.onselect);
    {
        let view = Rc::clone(view);
        use_effect_with((Rc::as_ptr(&view.rows), view.open), move |_| {
            let ids: Vec<f64> = view.rows.iter().map(|row| number(row.id)).collect();
            let names = view.rows.iter().map(|row| row.label.to_string()).collect();
            platform::timeline_rows(&ids, names, view.open);
        });
    }
    let ontoggle = {
        let ontoggle = props.ontoggle.clone();
        Callback::from(move |_: MouseEvent| ontoggle.emit(None))
    };
    let (label, sign) =
        if view.open { ("time.collapse", "expand") } else { ("time.expand", "collapse") };
    html! {
        <section class={classes!("band", view.open.then_some("band--open"))} id="timeline" aria-label={say(language, "time.timeline")}>
            <div class="band__start">
                <button type="button" class="button button--round" id="time-open" aria-expanded={view.open.to_string()} aria-controls="time-rows"
                    title={say(language, label)} aria-label={say(language, label)} onclick={ontoggle}>{ icon(sign) }</button>
                <h2 class="title band__title">{ say(language, "time.timeline") }</h2>
                { jumps(props) }
            </div>
            <div class="band__end">
                <Skip engine={engine.clone()} {language} skipping={view.skipping} />
                if view.past {
                    { go(engine, "yard continue", say(language, "time.continue"), "button--accent") }
                }
                <Branches engine={engine.clone()} {language} view={Rc::clone(view)} />
                if !view.forked {
                    <button type="button" class="button band__wide" id="fork" title="yard fork 'COMMAND'" onclick={let onfork = props.onfork.clone(); Callback::from(move |_: MouseEvent| onfork.emit(()))}>
                        { icon("fork") }<span class="band__words">{ say(language, "futures.fork") }</span>
                    </button>
                }
                <span class="band__zoom" role="group">
                    { tool("out", "−", say(language, "time.zoom-out")) }
                    { tool("in", "+", say(language, "time.zoom-in")) }
                    { tool("fit", "↔", say(language, "time.fit")) }
                    <button type="button" class="button" data-time="follow" aria-pressed="true">{ say(language, "time.follow") }</button>
                </span>
            </div>
            <div class="band__ruler">
                <canvas id="time-ruler" aria-hidden="true"></canvas>
                <div id="time-slider" role="slider" tabindex="0" aria-label={say(language, "time.scrubber")} aria-valuemin="0" aria-valuemax="0" aria-valuenow="0"></div>
            </div>
            <div class="band__rows" id="time-rows">
                <ul class="band__names" aria-label={say(language, "time.rows")}>
                    { for view.rows.iter().enumerate().filter(|_| view.open).map(|(place, row)| name(props, place, row)) }
                </ul>
                <canvas id="time-chart" role="img" aria-label={view.sentence.clone()}></canvas>
            </div>
            if view.open { { legend(language) } }
            <div class="band__hint" id="time-hint" hidden={true}></div>
        </section>
    }
}

/// A button that runs a command.
fn go(engine: &Engine, command: &str, label: AttrValue, class: &'static str) -> Html {
    let (engine, line) = (engine.clone(), command.to_owned());
    let onclick = Callback::from(move |_: MouseEvent| engine.press(&line));
    html! { <button type="button" class={classes!("button", class)} title={command.to_owned()} {onclick}>{ label }</button> }
}

fn tool(what: &'static str, sign: &'static str, label: AttrValue) -> Html {
    html! {
        <button type="button" class="button button--round" data-time={what} title={label.clone()} aria-label={label}>{ sign }</button>
    }
}

/// `pod/web-1`
fn object_of(selection: &Selection) -> String {
    format!("{}/{}", selection.kind.word(), selection.key.name)
}

/// The command that goes to the change of what is selected, or of anything.
pub(super) fn jump_command(verb: &str, selection: Option<&Selection>) -> String {
    let Some(one) = selection else { return format!("yard {verb}") };
    match &*one.key.namespace {
        "" | "default" => format!("yard {verb} {}", object_of(one)),
        namespace => format!("yard {verb} {} -n {namespace}", object_of(one)),
    }
}

/// To the change before and the one after, and to the next time a CronJob fires.
fn jumps(props: &TimelineProps) -> Html {
    let language = props.language;
    let chosen = props.selection.as_ref();
    let label = |plain: &'static str, of: &'static str| match chosen {
        Some(one) => Text::new(of).with("object", object_of(one)).render(language).into(),
        None => say(language, plain),
    };
    let jump = |id: &'static str, sign: &'static str, label: AttrValue, command: String| {
        let engine = props.engine.clone();
        let line = command.clone();
        let onclick = Callback::from(move |_: MouseEvent| engine.press(&line));
        html! {
            <button type="button" class={classes!("button", "button--round", format!("band__{id}"))} {id} title={format!("{label} ({command})")} aria-label={label} {onclick}>{ icon(sign) }</button>
        }
    };
    html! {
        <>
            { jump("time-previous", "step-back", label("time.previous", "time.previous-of"), jump_command("prev", chosen)) }
            { jump("time-next", "step", label("time.next", "time.next-of"), jump_command("next", chosen)) }
            { jump("time-cron", "step-cron", say(language, "time.next-cron"), "yard next cron".to_owned()) }
        </>
    }
}

fn name(props: &TimelineProps, place: usize, row: &Row) -> Html {
    let language = props.language;
    let chosen = row.target.is_some() && row.target == props.selection;
    let select = {
        let (onselect, target) = (props.onselect.clone(), row.target.clone());
        Callback::from(move |_: MouseEvent| onselect.emit(target.clone()))
    };
    let style = format!("--owner: {}", row.degrees);
    let class = |kind| {
        classes!(
            "band__name",
            format!("band__name--{kind}"),
            chosen.then_some("band__name--chosen")
        )
    };
    match &row.kind {
        RowKind::You => {
            html! { <li key={row.id} class={class("you")}>{ say(language, "time.you") }</li> }
        }
        RowKind::More(count) => {
            let text = Text::new("time.more").with("count", count).render(language);
            html! { <li key={row.id} class={class("more")}>{ text }</li> }
        }
        RowKind::Node(_) => html! {
            <li key={row.id} class={class("node")}><button type="button" onclick={select}>{ row.label.to_string() }</button></li>
        },
        RowKind::Pod(..) => html! {
            <li key={row.id} class={class("pod")} {style}><button type="button" onclick={select}>{ row.label.to_string() }</button></li>
        },
        RowKind::Group(_, open) => {
            let loose = row.target.is_none();
            let name =
                if loose { say(language, "time.loose") } else { row.label.to_string().into() };
            let key = if *open { "time.close-group" } else { "time.open-group" };
            let label = Text::new(key).with("name", &name).render(language);
            let ontoggle = {
                let ontoggle = props.ontoggle.clone();
                Callback::from(move |_: MouseEvent| ontoggle.emit(Some(place)))
            };
            let count = Text::new("time.count").with("count", row.pods).render(language);
            html! {
                <li key={row.id} class={class("group")} {style}>
                    <button type="button" class="band__fold" aria-expanded={open.to_string()} aria-label={label.clone()} title={label} onclick={ontoggle}>{ if *open { "▾" } else { "▸" } }</button>
                    if loose {
                        <span class="band__owner">{ name }</span>
                    } else {
                        <button type="button" class="band__owner" onclick={select}>{ name }</button>
                    }
                    <span class="band__count" title={count}>{ row.pods }</span>
                </li>
            }
        }
    }
}

/// What the marks and the bars mean.
fn legend(language: Language) -> Html {
    let onclick = Callback::from(|_: MouseEvent| platform::draw_signs());
    let sign = |(place, sign): (usize, Sign)| {
        html! { <li><canvas class="band__sign" data-sign={place.to_string()} aria-hidden="true"></canvas>{ say(language, sign.key()) }</li> }
    };
    let look = |(place, look): (usize, Look)| {
        html! { <li><canvas class="band__span" data-span={place.to_string()} aria-hidden="true"></canvas>{ say(language, look.key()) }</li> }
    };
    html! {
        <details class="band__legend">
            <summary {onclick}>{ say(language, "time.legend") }</summary>
            <ul>{ for Look::ALL.into_iter().enumerate().map(look) }{ for Sign::ALL.into_iter().enumerate().map(sign) }</ul>
        </details>
    }
}

/// Hands the canvases their callbacks and words.
#[hook]
fn use_canvases(
    engine: &Engine,
    language: Language,
    rows: &Rc<std::cell::RefCell<Rc<[Row]>>>,
    onselect: &Callback<Option<Selection>>,
) {
    let (engine, rows, onselect) = (engine.clone(), Rc::clone(rows), onselect.clone());
    use_effect_with(language, move |language| {
        let seek = {
            let engine = engine.clone();
            Closure::new(move |millis: f64, last: bool| {
                #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
                let at = Time::from_unix_millis(millis as i64);
                if last {
                    engine.press(&engine.command_to(at));
                } else {
                    engine.peek(at);
                }
            })
        };
        let select = Closure::new(move |id: f64| {
            let rows = Rc::clone(&rows.borrow());
            let row = rows.iter().find(|row| (number(row.id) - id).abs() < 0.5);
            if let Some(target) = row.and_then(|row| row.target.clone()) {
                onselect.emit(Some(target));
            }
        });
        let go = {
            let engine = engine.clone();
            Closure::new(move |what: String| engine.press(&format!("yard {what}")))
        };
        let word = |key| Value::from(say(*language, key).to_string());
        let words = object! {
            "looks" => Look::ALL.into_iter().map(|look| word(look.key())).collect::<Vec<Value>>(),
            "signs" => Sign::ALL.into_iter().map(|sign| word(sign.key())).collect::<Vec<Value>>(),
            "past" => word("time.past"),
        };
        platform::mount_timeline(&seek, &select, &go, &words.to_json());
        engine.show_clock();
        // The canvases call as long as they stand.
        move || drop((seek, select, go))
    });
}

/// What the field needs.
#[derive(Properties, PartialEq)]
struct SkipProps {
    engine: Engine,
    language: Language,
    skipping: Option<Time>,
}

/// A field for a time to go to.
#[component]
fn Skip(props: &SkipProps) -> Html {
    let language = props.language;
    let text = use_state(String::new);
    let oninput = {
        let text = text.clone();
        Callback::from(move |event: InputEvent| text.set(platform::value(&event)))
    };
    let onsubmit = {
        let (engine, text) = (props.engine.clone(), text.clone());
        Callback::from(move |event: SubmitEvent| {
            event.prevent_default();
            if !text.trim().is_empty() {
                engine.press(&format!("yard until {}", text.trim()));
            }
        })
    };
    html! {
        <form class="band__skip band__wide" {onsubmit}>
            if let Some(at) = props.skipping {
                <span class="quiet">{ Text::new("time.skipping").with("at", day_and_time(at).1).render(language) }</span>
            }
            <input type="text" id="until" size="9" autocomplete="off" placeholder={say(language, "time.until-hint")} aria-label={say(language, "time.until")}
                title={format!("yard until {}", say(language, "time.until-hint"))} value={(*text).clone()} {oninput} />
            <button type="submit" class="button">{ say(language, "time.go") }</button>
        </form>
    }
}

/// What the list needs.
#[derive(Properties, PartialEq)]
struct BranchesProps {
    engine: Engine,
    language: Language,
    view: Rc<BandView>,
}

/// The lines that were left.
#[component]
fn Branches(props: &BranchesProps) -> Html {
    let (language, view, engine) = (props.language, &props.view, &props.engine);
    let row = |branch: &BranchView| {
        let left = Text::new("time.branch-left").with("at", &branch.left).render(language);
        let until = Text::new("time.branch-until").with("at", &branch.until).render(language);
        let done = match branch.count {
            0 => say(language, "time.branch-quiet"),
            count => {
                let done = Text::new("time.branch-done").with("count", count);
                done.with("words", &branch.words).render(language).into()
            }
        };
        let name = &branch.name;
        html! {
            <li class="branches__row" key={name.to_string()} data-branch={name.clone()}>
                <div><b>{ name.clone() }</b><span class="quiet">{ format!(" {left}, {until}") }</span></div>
                <div class="branches__done">{ done }</div>
                <div class="branches__actions">
                    { go(engine, &format!("yard switch {name}"), say(language, "time.switch"), "button--accent") }
                    { go(engine, &format!("yard branch -d {name}"), say(language, "time.forget"), "") }
                </div>
            </li>
        }
    };
    html! {
        <details class="branches" id="branches">
            <summary class="button" title="yard branch">{ icon("branch") }<span class="band__words">{ say(language, "time.branches") }</span><span class="branches__count">{ view.branches.len() }</span></summary>
            <div class="branches__list">
                <p><b>{ view.line.clone() }</b><span class="quiet">{ format!(" {}", say(language, "time.branch-here")) }</span></p>
                if view.branches.is_empty() { <p class="quiet">{ say(language, "time.branches-none") }</p> }
                <ul>{ for view.branches.iter().map(row) }</ul>
            </div>
        </details>
    }
}
