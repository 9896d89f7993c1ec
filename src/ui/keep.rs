//! The session survives the page: kept by the browser after each change, restored when the page opens, exported to and
//! imported from files. A browser that keeps nothing, or a full storage, costs that and nothing else.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::Closure;

use super::bridge::Engine;
use super::homework::looks_like_lesson;
use super::platform;
use super::school::Desk as Place;
use super::share::LONGEST_LINK;
use crate::cluster::{Replay, Session, Tree};
use crate::language::{Text, word};
use crate::terminal::is_dump;
use crate::view::kept::{Desk, Index};
use crate::view::lessons::Records;

const INDEX: &str = "podyard.sessions";
const TAB: &str = "podyard.tab";
/// How long after a change it is kept.
const DELAY_MILLIS: u32 = 600;
/// How many reconciles of a replay one picture may cost.
const WORK_PER_FRAME: u64 = 20_000;

fn session_key(id: &str) -> String {
    format!("podyard.session.{id}")
}

fn desk_key(id: &str) -> String {
    format!("podyard.desk.{id}")
}

/// What the engine knows of what is kept.
#[derive(Default)]
pub(super) struct Keeper {
    /// The tab's session.
    id: String,
    /// What was kept last: inputs, epoch, line, and the files as they were.
    seen: (usize, u64, u64),
    files: Vec<Rc<str>>,
    /// Whether the person was told that nothing can be kept.
    told: bool,
    timer: Option<Timeout>,
    /// What the person had before she opened a link or a file.
    mine: Option<Place>,
}

impl Keeper {
    /// Whether there is something to go back to.
    pub(super) const fn has_mine(&self) -> bool {
        self.mine.is_some()
    }
}

impl Engine {
    /// Goes on with what the browser kept, if it kept anything for this address.
    fn restore(&self) {
        let index = Index::read(&platform::kept(INDEX).unwrap_or_default());
        let own = platform::tab_kept(TAB);
        let search = platform::search();
        let chosen = index.choose(own.as_deref(), &search).map(str::to_owned);
        let id = match (&own, &chosen) {
            (Some(own), Some(chosen)) if own == chosen => own.clone(),
            _ => format!("{:.0}", platform::wall_clock() * 1000.0 + platform::steady_clock()),
        };
        platform::tab_keep(TAB, &id);
        self.state.borrow_mut().keeper.id = id;
        let Some(chosen) = chosen else { return };
        let Some(text) = platform::kept(&session_key(&chosen)) else { return };
        match Session::from_json(&text) {
            Ok(session) => {
                let desk = platform::kept(&desk_key(&chosen)).and_then(|text| Desk::read(&text));
                self.replay(session, desk);
            }
            Err(error) => {
                let mut state = self.state.borrow_mut();
                let why = error.explain().render(state.language);
                let text = Text::new("page.session-broken").with("why", why).render(state.language);
                state.push("explain", &text);
            }
        }
    }

    fn replay(&self, session: Session, desk: Option<Desk>) {
        {
            let mut state = self.state.borrow_mut();
            state.restoring = Some(session.replay());
            if !session.files.is_empty() {
                state.terminal.files = session.files;
            }
            if let Some(desk) = desk {
                state.file = desk.file;
                state.playing = desk.playing;
                state.speed = desk.speed;
                if !desk.typed.is_empty() {
                    state.terminal.history = desk.typed;
                }
            }
            if !state.terminal.files.contains_key(&state.file) {
                state.file = state.terminal.files.keys().next().cloned().unwrap_or_default();
            }
        }
        // A short session is there with the first picture.
        self.go_on_restoring();
    }

    /// Replays some more of a kept session.
    pub(super) fn go_on_restoring(&self) {
        let taken = self.state.borrow_mut().restoring.take();
        let Some(mut replay) = taken else { return };
        if replay.advance(WORK_PER_FRAME) {
            let Replay { cluster, .. } = replay;
            self.adopt(cluster);
        } else {
            self.state.borrow_mut().restoring = Some(replay);
        }
    }

    /// Keeps the session a moment after what was done last.
    pub(super) fn keep_soon(&self) {
        self.keep_homework_soon();
        let mut state = self.state.borrow_mut();
        let now = (state.cluster.inputs().len(), state.epoch, state.cluster.line().0);
        let same_files = state.keeper.files.len() == state.terminal.files.len()
            && state
                .keeper
                .files
                .iter()
                .zip(state.terminal.files.values())
                .all(|(a, b)| Rc::ptr_eq(a, b));
        // A lesson keeps its own record; what was there before it is what a later visit finds.
        let elsewhere = state.restoring.is_some() || state.school.at_work() || state.transient();
        if (state.keeper.seen == now && same_files) || elsewhere {
            return;
        }
        // The first look only takes note: an untouched session need not be kept.
        let first = state.keeper.files.is_empty() && now.0 == 0;
        state.keeper.seen = now;
        state.keeper.files = state.terminal.files.values().cloned().collect();
        if first {
            return;
        }
        let engine = self.clone();
        state.keeper.timer = Some(Timeout::new(DELAY_MILLIS, move || engine.keep_now()));
    }

    /// Keeps the session now.
    pub(super) fn keep_now(&self) {
        self.keep_homework();
        let fired = self.state.borrow_mut().keeper.timer.take();
        drop(fired);
        let (id, session, desk, untouched) = {
            let state = self.state.borrow();
            let desk = Desk {
                file: state.file.clone(),
                playing: state.playing,
                speed: state.speed,
                typed: state.terminal.history.clone(),
            };
            let untouched = state.restoring.is_some()
                || state.keeper.files.is_empty()
                || state.school.at_work()
                || state.transient();
            let session = Session::of(&state.whole(), &state.terminal.files);
            (state.keeper.id.clone(), session, desk, untouched)
        };
        if untouched {
            return;
        }
        let search = platform::search();
        let mut index = Index::read(&platform::kept(INDEX).unwrap_or_default());
        for old in index.touch(&id, &search) {
            forget(&old);
        }
        let text = session.to_json();
        let mut kept = platform::keep(&session_key(&id), &text);
        while !kept && let Some(old) = index.drop_oldest() {
            forget(&old);
            kept = platform::keep(&session_key(&id), &text);
        }
        if !kept {
            // The person's own texts matter most.
            let start = session.config.start;
            let tree = Tree::plain(start);
            let files = Session { inputs: Vec::new(), until: start, tree, ..session };
            kept = platform::keep(&session_key(&id), &files.to_json());
        }
        let kept = kept
            && platform::keep(&desk_key(&id), &desk.write())
            && platform::keep(INDEX, &index.write());
        let tell = !kept && !std::mem::replace(&mut self.state.borrow_mut().keeper.told, true);
        if tell {
            self.write(|state| {
                let text = word(state.language, "page.storage");
                state.push("explain", &text);
            });
        }
    }

    /// Goes on with the session in the address, if there is one; else with what the browser kept.
    pub(super) fn arrive(&self) {
        self.restore();
        self.unpack_quietly();
        if platform::linked() {
            self.take_link();
        }
        let engine = self.clone();
        let closure = Closure::new(move || engine.take_link());
        platform::on_link(&closure);
        // The page listens as long as it lives.
        closure.forget();
    }

    pub(super) fn take_link(&self) {
        let engine = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let text = platform::take_linked().await;
            let session = text.map(|text| Session::from_json(&text));
            match session {
                Some(Ok(session)) if session.lesson.is_null() => engine.open_shared(session),
                // The lesson was being played: it goes on in it.
                Some(Ok(session)) => engine.open_homework(session, Self::open_shared),
                Some(Err(error)) => engine.write(|state| {
                    let text = error.explain().render(state.language);
                    state.push("err", &text);
                }),
                None => engine.write(|state| {
                    let text = word(state.language, "page.link-damaged");
                    state.push("err", &text);
                }),
            }
        });
    }

    fn open_shared(&self, session: Session) {
        self.set_mine_aside();
        let file = session.files.keys().next().cloned().unwrap_or_default();
        // The very moment that was shared stands still until somebody goes on.
        self.replay(session, Some(Desk { file, playing: false, speed: 1.0, typed: Vec::new() }));
        self.open_first();
        self.write(|state| {
            let text = word(state.language, "page.link-opened");
            state.push("explain", &text);
        });
        self.plan();
    }

    /// Another session comes in: what the person did until now is kept under its own name, and can be had back.
    fn set_mine_aside(&self) {
        if self.read(|state| state.cluster.inputs().is_empty() || state.address.embed) {
            return;
        }
        self.keep_now();
        self.write(|state| {
            if state.keeper.mine.is_none() {
                state.keeper.mine = Some(Place::of(state));
            }
        });
        self.take_new_name();
    }

    /// From now on this tab's session has a name of its own.
    fn take_new_name(&self) {
        let id = format!("{:.0}", platform::wall_clock() * 1000.0 + platform::steady_clock());
        platform::tab_keep(TAB, &id);
        self.state.borrow_mut().keeper.id = id;
    }

    /// Goes back to what was there before a link or a file was opened.
    pub(crate) fn back_to_mine(&self) {
        let mine = self.state.borrow_mut().keeper.mine.take();
        if let Some(mine) = mine {
            self.sit_down(&mine);
        }
    }

    /// Copies a link to the session as it stands.
    pub(crate) fn share(&self) {
        let text = self.sealed_session();
        let engine = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            let link = platform::link_to(&text).await;
            let length = link.len();
            let copied = length <= LONGEST_LINK && platform::copy(&link).await;
            engine.write(|state| {
                let text = match (copied, length > LONGEST_LINK) {
                    (true, _) => Text::new("page.link-copied").with("length", length),
                    (false, true) => Text::new("page.link-long").with("length", length),
                    // Where the clipboard is forbidden the person copies it herself.
                    (false, false) => Text::new("page.link-here").with("link", &link),
                };
                let text = text.render(state.language);
                state.push("explain", &text);
                platform::announce(&text);
            });
        });
    }

    /// Saves the session as a file.
    pub(crate) fn export(&self) {
        let (text, start) =
            self.read(|state| (state.whole_session().to_json(), state.cluster.now().rfc3339()));
        platform::download(&format!("podyard-{}.json", start.replace(':', "")), &text);
    }

    /// Lets the person choose a file: a session is replayed, any other text becomes a file of the workspace.
    pub(crate) fn import(&self) {
        let engine = self.clone();
        let closure = Closure::new(move |name: String, text: String| engine.take_in(&name, &text));
        platform::pick_file(&closure);
        // The dialog may stay open for long.
        closure.forget();
    }

    pub(super) fn take_in(&self, name: &str, text: &str) {
        // A picture or an archive: what is no UTF-8 comes as replacement characters.
        if text.contains(['\0', '\u{fffd}']) {
            return self.write(|state| {
                let text = Text::new("page.no-text").with("file", name).render(state.language);
                state.push("err", &text);
                state.tell("err", &text);
            });
        }
        if looks_like_lesson(name, text) {
            return self.run_own_lesson(name, text);
        }
        if Records::recognises(text) {
            return self.import_records(text);
        }
        let session = Session::from_json(text);
        let meant = session.is_ok() || name.ends_with(".json") && text.contains("\"podyard\"");
        match session {
            Ok(session) if session.lesson.is_null() => {
                self.set_mine_aside();
                self.replay(session, None);
                self.open_first();
                self.plan();
            }
            Ok(session) => self.open_homework(session, Self::open_shared),
            Err(error) if meant => {
                return self.write(|state| {
                    let text = error.explain().render(state.language);
                    state.push("err", &text);
                    state.tell("err", &text);
                });
            }
            Err(_) if is_dump(text) => return self.import_dump(name, text),
            Err(_) => {
                self.write(|state| state.terminal.files.insert(name.to_owned(), text.into()));
                self.open(name);
            }
        }
        self.write(|state| {
            let text = Text::new("page.imported").with("file", name).render(state.language);
            state.push("explain", &text);
        });
    }
}

fn forget(id: &str) {
    platform::forget(&session_key(id));
    platform::forget(&desk_key(id));
}
