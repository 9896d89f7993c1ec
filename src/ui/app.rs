//! The app: makes the engine, builds the views of each picture, lays the panes out, and hands each its part.

use std::rc::Rc;

use wasm_bindgen::prelude::Closure;
use yew::prelude::*;

use super::bridge::{Engine, LAG_MILLIS};
use super::components::say;
use super::controls::{Controls, Keys};
use super::editor::EditorPane;
use super::embed::EmbedBar;
use super::first_language;
use super::futures::{ForkSheet, Twins};
use super::inspector::Details;
use super::lesson::LessonPane;
use super::loops::Loops;
use super::platform;
use super::present::PresenterBar;
use super::share::ShareSheet;
use super::terminal::TerminalPane;
use super::timeline::{Band, TimelineBand, jump_command};
use super::yard::Yard;
use crate::language::Language;
use crate::lessons::Panel;
use crate::view::address::Controls as AddressControls;
use crate::view::diagram::edge;
use crate::view::futures::TwinsView;
use crate::view::lessons::LessonView;
use crate::view::live;
use crate::view::loops::LoopsView;
use crate::view::motion::Motion;
use crate::view::pace::{MOST_CHANGED, Pace};
use crate::view::palette::Palette;
use crate::view::panels::Panels;
use crate::view::state::{Pane, Selection, speed_index};
use crate::view::yard::{Density, YardView};

fn first_theme() -> Option<String> {
    platform::parameter("theme").or_else(|| platform::kept("podyard.theme"))
}

/// The views of the last picture, from which the next ones grow.
#[derive(Default)]
struct Views {
    epoch: u64,
    /// Counts the pictures that differ.
    pictures: u64,
    palette: Palette,
    yard: Rc<YardView>,
    pace: Pace,
    /// Whether pods fly to where this picture shows them.
    flying: bool,
    loops: Rc<LoopsView>,
    cards: Held,
    band: Band,
    twins: Option<Rc<TwinsView>>,
}

/// The cards of the loops as they are shown, and since when.
#[derive(Default)]
struct Held {
    loops: Rc<LoopsView>,
    at: f64,
}

/// So long a card stands still while the clock runs: nobody reads sixty looks a second, each laid out anew.
const CARD_MILLIS: f64 = 250.0;

impl Views {
    /// The views now; notes what moves and says what changed.
    fn grow(&mut self, engine: &Engine, system: bool) {
        let (before, loops) = (Rc::clone(&self.yard), Rc::clone(&self.loops));
        let epoch = self.epoch;
        let language = engine.read(|state| {
            if state.epoch != self.epoch {
                // Another world: nothing of the last picture holds. The timeline knows by itself, and colours stay.
                let (palette, band) =
                    (std::mem::take(&mut self.palette), std::mem::take(&mut self.band));
                let pictures = self.pictures + 1;
                *self = Self { epoch: state.epoch, pictures, palette, band, ..Self::default() };
            }
            let (cluster, language) = (&state.cluster, state.language);
            let palette = &mut self.palette;
            self.yard = YardView::build(cluster, &self.yard, palette, system);
            self.loops = LoopsView::build(cluster, &self.yard, &self.loops, palette, language);
            language
        });
        if !Rc::ptr_eq(&before, &self.yard) || !Rc::ptr_eq(&loops, &self.loops) {
            self.pictures += 1;
        }
        // From one world to another nothing moves.
        self.flying = epoch == self.epoch && move_pods(&Motion::between(&before, &self.yard));
        if let Some(sentence) = live::sentence(&before, &self.yard, language) {
            platform::announce(&sentence);
        }
        let nodes = self.yard.nodes.iter().flat_map(|node| node.tiles.iter());
        engine.set_rings(nodes.clone().any(|tile| tile.ring.is_some()));
    }
}

impl Views {
    /// The yard that a picture shows, and whether it is the one of the picture before. Panels that are many wait while
    /// cards change: `free` says that none does.
    fn paced(&mut self, engine: &Engine, playing: bool, free: bool) -> (Rc<YardView>, bool) {
        // Cells of a map are painted all at once; and who flies must be where he flies to.
        let crowded = playing && !self.flying && self.yard.density < Density::Heat;
        let before = Rc::clone(self.pace.shown());
        let late = self.pace.late(&self.yard);
        let most = match crowded && late > MOST_CHANGED {
            true if free => MOST_CHANGED,
            true => 0,
            false => usize::MAX,
        };
        let yard = self.pace.follow(&self.yard, most);
        if !Rc::ptr_eq(&yard, &self.yard) {
            engine.set_behind(0.0);
        }
        let steady = Rc::ptr_eq(&yard, &before);
        (yard, steady)
    }
}

impl Held {
    /// The cards that a picture shows. One that comes or goes is seen at once.
    fn follow(&mut self, engine: &Engine, loops: &Rc<LoopsView>, playing: bool) -> Rc<LoopsView> {
        if !Rc::ptr_eq(&self.loops, loops) {
            let now = platform::steady_clock();
            let same = self.loops.cards.len() == loops.cards.len()
                && self.loops.language == loops.language;
            if playing && same && now - self.at < CARD_MILLIS {
                engine.set_behind(LAG_MILLIS);
            } else {
                *self = Self { loops: Rc::clone(loops), at: now };
            }
        }
        Rc::clone(&self.loops)
    }
}

/// The whole page.
#[component]
pub fn App() -> Html {
    let tick = use_force_update();
    let engine =
        use_memo((), |()| Engine::new(first_language(), Rc::new(move || tick.force_update())));
    let selection = use_state(|| None::<Selection>);
    let pane = use_state(Pane::default);
    let system = use_state(|| false);
    let help = use_state(|| false);
    let sheet = use_state(|| false);
    let views = use_mut_ref(Views::default);
    let shown = use_mut_ref(Shown::default);
    use_keys(&engine, &selection, &pane, &help);
    let (language, playing) = engine.read(|state| (state.language, state.playing));
    use_effect_with(language, |language| {
        platform::set_root("lang", language.tag());
        platform::set_editor_label(&say(*language, "page.leave-editor"));
    });
    use_effect_with((), |()| {
        if let Some(theme) = first_theme() {
            platform::set_root("data-theme", &theme);
        }
        platform::rove("yard");
        platform::report_height(".page--embed");
        platform::splitter("split-columns", "--columns", "x");
        platform::splitter("split-rows", "--rows", "y");
    });
    use_effect_with((*selection).clone(), {
        let engine = Rc::clone(&engine);
        move |selection| engine.set_chosen(selection.clone())
    });
    let panels = engine.read(super::bridge::State::panels);
    let embed = engine.read(|state| state.address.embed);
    let timed = panels.shows(Panel::Timeline) && (!embed || panels.chosen());
    let (yard, loops, band, twins, pictures, mut room) = {
        let mut views = views.borrow_mut();
        views.grow(&engine, *system);
        let Views { cards, loops, .. } = &mut *views;
        let before = Rc::clone(&cards.loops);
        let cards = cards.follow(&engine, loops, playing);
        let (yard, steady) = views.paced(&engine, playing, Rc::ptr_eq(&cards, &before));
        // While the clock runs, a picture has room for one of these: the yard, the timeline, the details.
        let mut room = !playing || steady;
        let Views { band, palette, twins, .. } = &mut *views;
        let band = timed.then(|| band.grow(&engine, palette, &mut room));
        *twins = engine.twins(twins.as_ref(), palette);
        let twins = twins.clone();
        (yard, cards, band, twins, views.pictures, room)
    };
    let ontoggle = {
        let (views, engine) = (Rc::clone(&views), Rc::clone(&engine));
        use_callback((), move |row: Option<usize>, ()| {
            views.borrow_mut().band.toggle(row);
            engine.look_again();
        })
    };
    {
        let engine = Rc::clone(&engine);
        use_effect_with(pictures, move |_| {
            platform::stage::play();
            platform::settle_roving("yard");
            engine.show_clock();
        });
    }
    let select = {
        let (selection, pane, engine) = (selection.clone(), pane.clone(), Rc::clone(&engine));
        use_callback((), move |next: Option<Selection>, ()| {
            // On a phone the inspector is another pane.
            if next.is_some() {
                pane.set(Pane::Details);
            }
            engine.set_reading(next.is_some());
            engine.point_at(next.as_ref());
            selection.set(next);
        })
    };
    let onsystem = {
        let system = system.clone();
        Callback::from(move |()| system.set(!*system))
    };
    let forking = use_state(|| false);
    let onfork = {
        let forking = forking.clone();
        Callback::from(move |()| forking.set(!*forking))
    };
    let onhelp = {
        let help = help.clone();
        Callback::from(move |()| help.set(!*help))
    };
    let (school, lecture) = engine.read(|state| (state.school_open(), state.lecture()));
    let lesson = engine.read(|state| match (state.player(), state.shelves()) {
        (Some(player), _) => Some(LessonView::step(player, &state.cluster, language)),
        (None, Some((library, records))) if school => {
            Some(LessonView::map(library, records, language))
        }
        _ => None,
    });
    let onlessons = {
        let (engine, pane) = (Rc::clone(&engine), pane.clone());
        Callback::from(move |()| {
            if engine.read(super::bridge::State::school_open) {
                engine.close_school();
                pane.set(Pane::Yard);
            } else {
                engine.open_school();
                pane.set(Pane::Lesson);
            }
        })
    };
    use_effect_with(school, {
        let pane = pane.clone();
        move |open: &bool| {
            if *open {
                pane.set(Pane::Lesson);
            } else if *pane == Pane::Lesson {
                // On a phone another pane must take its place.
                pane.set(Pane::Yard);
            }
        }
    });
    use_effect_with(engine.read(|state| state.desk.opened), {
        let pane = pane.clone();
        move |opened: &u32| {
            if *opened > 0 {
                pane.set(Pane::Editor);
            }
        }
    });
    let reading = selection.is_some();
    let version = details_version(&engine, reading, &mut shown.borrow_mut(), &mut room);
    let still = (!playing).then_some("page--still");
    let presenting = engine.read(super::bridge::State::presenting);
    let (onshare, offshare, onpresent) = {
        let set = |open: bool| {
            let sheet = sheet.clone();
            Callback::from(move |()| sheet.set(open))
        };
        let (engine, off) = (Rc::clone(&engine), set(false));
        let present = Callback::from(move |()| {
            off.emit(());
            engine.begin_presenting();
        });
        (set(true), set(false), present)
    };
    let bar = engine.read(|state| state.address.controls);
    html! {
        <div class={classes!("page", format!("page--{}", panels.pane(*pane).class()), still, school.then_some("page--school"), panels.class(), embed.then_some("page--embed"), selection.is_some().then_some("page--reading"))}>
            if let Some(light) = presenting {
                <PresenterBar engine={(*engine).clone()} {language} {playing} speed={speed_index(engine.read(|state| state.speed))} panels={panels.clone()} {light} />
                { tabs(&pane, language, school, &panels) }
            } else if !embed {
                <Controls engine={(*engine).clone()} {language} {playing} speed={speed_index(engine.read(|state| state.speed))}
                    restoring={engine.read(|state| state.restoring.is_some())} onhelp={onhelp.clone()} lessons={school} onlessons={onlessons.clone()} {onshare} />
                { tabs(&pane, language, school, &panels) }
            } else if bar != AddressControls::None {
                <EmbedBar engine={(*engine).clone()} {language} {playing} speed={speed_index(engine.read(|state| state.speed))} controls={bar} />
            }
            <main class="panes">
                if school {
                    <section class="pane pane--lesson" aria-label={say(language, "lesson.pane")}>
                        <LessonPane engine={(*engine).clone()} {language} view={lesson} {lecture} next={engine.read(super::bridge::State::next_lesson)}
                            marks={engine.read(super::bridge::State::solution_marks)} trouble={engine.read(super::bridge::State::lesson_trouble)} />
                    </section>
                }
                if panels.shows_pane(Pane::Yard) {
                <section class="pane pane--yard" aria-label={say(language, "page.yard")}>
                    if let Some(view) = twins.filter(|_| panels.shows(Panel::Yard)) {
                        <Twins engine={(*engine).clone()} {language} {yard} {view} />
                    } else if panels.shows(Panel::Yard) { <Yard engine={(*engine).clone()} {yard} {language} selection={(*selection).clone()} onselect={select.clone()}
                        system={*system} governed={engine.read(|state| Rc::clone(&state.desk.governed))} {onsystem} onlessons={onlessons.clone()} /> }
                    if panels.shows(Panel::Loops) { <Loops engine={(*engine).clone()} {loops} {language} selection={(*selection).clone()} onselect={select.clone()} /> }
                </section>
                }
                if panels.shows(Panel::Editor) {
                <section class="pane pane--editor" aria-label={say(language, "page.editor")}>
                    <EditorPane engine={(*engine).clone()} {language} file={engine.read(|state| state.file.clone())}
                        files={engine.read(|state| state.terminal.files.keys().cloned().collect::<Vec<_>>())}
                        desk={engine.read(|state| state.desk.clone())} />
                </section>
                }
                if panels.shows(Panel::Terminal) {
                <section class="pane pane--terminal" aria-label={say(language, "page.terminal")}>
                    <TerminalPane engine={(*engine).clone()} {language} written={engine.read(super::bridge::State::written)}
                        count={engine.read(|state| state.lines.len())} busy={engine.read(super::bridge::State::busy)}
                        asks={engine.read(|state| state.asks.clone())} onselect={select.clone()} onpane={Callback::from({ let pane = pane.clone(); move |next| pane.set(next) })} />
                </section>
                }
                if panels.shows(Panel::Events) {
                <section class="pane pane--details" aria-label={say(language, "page.details")}>
                    <Details engine={(*engine).clone()} {language} selection={(*selection).clone()} onselect={select.clone()} {version} {playing} />
                </section>
                }
                { border("split-columns", "vertical", say(language, "page.split-columns")) }
                { border("split-rows", "horizontal", say(language, "page.split-rows")) }
            </main>
            if let Some(view) = band {
                <TimelineBand engine={(*engine).clone()} {language} {view} selection={(*selection).clone()} onselect={select} {ontoggle} onfork={onfork.clone()} />
            }
            <p class="visually-hidden" role="status" aria-live="polite" id="live"></p>
            if *sheet { <ShareSheet engine={(*engine).clone()} {language} panels={panels} onclose={offshare} {onpresent} /> }
            if *help { <Keys {language} onclose={onhelp} /> }
            if *forking { <ForkSheet engine={(*engine).clone()} {language} onclose={onfork.clone()} /> }
        </div>
    }
}

/// Tells the platform who moves and which changes of state there were, before the picture that shows them; says whether
/// anybody flies.
fn move_pods(motion: &Motion) -> bool {
    let step = |mover: &crate::view::motion::Mover| {
        let owner = mover.owner.map(|owner| owner.to_string()).unwrap_or_default();
        format!("{} {} {owner}", mover.act.word(), mover.id)
    };
    if !motion.taken.is_empty() {
        platform::stage::pulse(motion.taken.iter().map(|(from, to)| edge(*from, *to)).collect());
    }
    motion.moved > 0
        && platform::stage::prepare(motion.movers.iter().map(step).collect(), motion.moved)
}

/// What the details show, and since when.
#[derive(Default)]
struct Shown {
    version: (u64, u64, u64),
    at: f64,
}

/// The version that the details are to show. Nobody reads sixty texts a second: while the clock runs there are two.
fn details_version(
    engine: &Engine,
    reading: bool,
    shown: &mut Shown,
    room: &mut bool,
) -> (u64, u64, u64) {
    let (version, playing) = engine.read(|state| {
        let looks = if reading { state.looks } else { 0 };
        ((state.cluster.store().resource_version(), state.epoch, looks), state.playing)
    });
    let now = platform::steady_clock();
    if version == shown.version {
        return version;
    }
    if version.1 == shown.version.1 && playing {
        if now - shown.at < LAG_MILLIS {
            engine.set_behind(LAG_MILLIS);
            return shown.version;
        }
        if !std::mem::take(room) {
            engine.put_off();
            return shown.version;
        }
    }
    *shown = Shown { version, at: now };
    version
}

fn border(id: &'static str, orientation: &'static str, label: AttrValue) -> Html {
    html! {
        <div class={classes!("border", format!("border--{orientation}"))} {id} role="separator" tabindex="0" aria-orientation={orientation}
            aria-valuemin="15" aria-valuemax="85" aria-valuenow="60" aria-label={label}></div>
    }
}

/// What keys do outside of fields; the sheet of [`Keys`] lists them.
#[hook]
fn use_keys(
    engine: &Rc<Engine>,
    selection: &UseStateHandle<Option<Selection>>,
    pane: &UseStateHandle<Pane>,
    help: &UseStateHandle<bool>,
) {
    let (engine, selection) = (Rc::clone(engine), selection.setter());
    let (pane, help) = (pane.setter(), help.setter());
    use_effect_with((), move |()| {
        let closure = Closure::new(move |key: String| match key.as_str() {
            key if engine.present_key(key) => {}
            "p" if engine.read(|state| state.presenting().is_some()) => engine.end_presenting(),
            "p" => engine.begin_presenting(),
            " " | "." => engine.toggle(),
            "n" | "PageDown" => engine.press("yard next"),
            "e" => engine.press("yard next event"),
            "t" => engine.press("yard next cron"),
            "o" | "O" => {
                let chosen = engine.read(|state| state.chosen.clone());
                let verb = if key == "o" { "next" } else { "prev" };
                engine.press(&jump_command(verb, chosen.as_ref()));
            }
            "[" => engine.press("yard prev"),
            "]" => engine.press("yard next"),
            "b" => engine.press("yard back 30s"),
            "u" => engine.press("yard undo"),
            "-" | "+" | "=" => {
                let now = engine.read(|state| speed_index(state.speed));
                engine.set_speed(if key == "-" { now.saturating_sub(1) } else { now + 1 });
            }
            "?" => help.set(true),
            "Escape" => {
                help.set(false);
                engine.set_reading(false);
                engine.point_at(None);
                selection.set(None);
            }
            digit => {
                let place = digit.parse::<usize>().ok().and_then(|place| place.checked_sub(1));
                if let Some(one) = place.and_then(|place| Pane::ALL.get(place)) {
                    pane.set(*one);
                    platform::focus(one.focus());
                }
            }
        });
        platform::on_key(&closure);
        // The page listens as long as it lives.
        closure.forget();
    });
}

fn tabs(pane: &UseStateHandle<Pane>, language: Language, school: bool, panels: &Panels) -> Html {
    let tab = |one: Pane| {
        let pane = pane.clone();
        let selected = panels.pane(*pane) == one;
        let onclick = Callback::from(move |_: MouseEvent| pane.set(one));
        html! {
            <button type="button" class="tabs__tab" aria-pressed={selected.to_string()} {onclick}>{ say(language, one.key()) }</button>
        }
    };
    html! { <nav class="tabs">{ for school.then_some(Pane::Lesson).into_iter().chain(Pane::ALL.into_iter().filter(|pane| panels.shows_pane(*pane))).map(tab) }</nav> }
}
