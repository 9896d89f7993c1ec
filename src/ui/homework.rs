//! What leaves and enters the lessons: the lesson that goes on at the next visit, the session that proves it, lessons
//! from files, lessons from what was played, and progress as a file.

use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::Closure;

use super::bridge::{Engine, State};
use super::platform;
use super::school::{Desk, RECORDS};
use crate::api::Value;
use crate::cluster::Session;
use crate::language::{Text, word};
use crate::lessons::{Lesson, Record, Replayed, draft};
use crate::view::lessons::Records;

/// How long after a change the lesson is kept.
const DELAY_MILLIS: u32 = 800;

fn homework_key(id: &str) -> String {
    format!("podyard.lesson.{id}")
}

impl State {
    /// What the session of a lesson carries beside its inputs; null if no lesson is at work.
    pub(super) fn homework(&self) -> Value {
        self.school.lecture.as_ref().map_or(Value::Null, |lecture| {
            let mut record = lecture.record.clone();
            record.follow(&self.cluster);
            record.to_value(self.cluster.config().start, self.cluster.digest())
        })
    }

    /// The session as it stands, with the lesson that is at work.
    pub(super) fn whole_session(&self) -> Session {
        let session = Session::of(&self.whole(), &self.terminal.files).sealed(&self.cluster);
        Session { lesson: self.homework(), ..session }
    }
}

impl Engine {
    // ---- the lesson goes on at the next visit ----

    /// Keeps the lesson a moment after what was done last.
    pub(super) fn keep_homework_soon(&self) {
        let mut state = self.state.borrow_mut();
        // Time that passes is no reason: what follows from what was done is had by replaying it.
        let done = state.school.lecture.as_ref().map(|lecture| lecture.record.entries.len());
        let news = done.is_some_and(|done| done != state.school.kept);
        if !news || state.address.embed || state.school.timer.is_some() {
            return;
        }
        let engine = self.clone();
        state.school.timer = Some(Timeout::new(DELAY_MILLIS, move || engine.keep_homework()));
    }

    /// Keeps the lesson that is at work now.
    pub(super) fn keep_homework(&self) {
        let fired = self.state.borrow_mut().school.timer.take();
        drop(fired);
        {
            let mut state = self.state.borrow_mut();
            let done = state.school.lecture.as_ref().map(|lecture| lecture.record.entries.len());
            state.school.kept = done.unwrap_or_default();
        }
        let kept = self.read(|state| {
            let lecture = state.school.lecture.as_ref().filter(|_| !state.address.embed)?;
            let own = state.school.guest.as_ref().is_some_and(|(id, _)| *id == lecture.id);
            (!own && !lecture.record.entries.is_empty())
                .then(|| (homework_key(&lecture.id), state.whole_session().to_json()))
        });
        if let Some((key, text)) = kept {
            platform::keep(&key, &text);
        }
    }

    /// Goes on with what was kept of a lesson, if it is not over; says whether it did.
    pub(super) fn resume_kept(&self, id: &str) -> bool {
        let Some(text) = platform::kept(&homework_key(id)) else { return false };
        let Ok(session) = Session::from_json(&text) else { return false };
        self.resume(&session, false)
    }

    /// Goes on with the lesson of a session; says whether it could. What is over already is only shown if asked for.
    fn resume(&self, session: &Session, over: bool) -> bool {
        let start = session.config.start;
        let Ok((record, end)) = Record::from_value(&session.lesson, start) else { return false };
        let Some(lesson) = self.lesson_of(&record.lesson) else { return false };
        let language = self.read(|state| state.language);
        let Ok(replayed) = record.replay(&lesson, language) else { return false };
        if replayed.cluster.digest() != end || (replayed.player.over() && !over) {
            return false;
        }
        let Replayed { cluster, player, start, mine, .. } = replayed;
        let record = record.resume(&cluster);
        let speed = lesson.settings.speed.unwrap_or(1.0);
        let mut terminal = self.read(|state| state.terminal.clone());
        terminal.files.clone_from(&session.files);
        terminal.history.clear();
        let file = terminal.files.keys().next().cloned().unwrap_or_default();
        // Nothing runs on before somebody is there to see it.
        let desk = Desk { cluster, terminal, file, playing: false, speed };
        let at = |cluster| Desk { cluster, playing: true, ..desk.clone() };
        let start = (at(start.0), start.1);
        let mine = mine.map(|(cluster, player)| (at(cluster), player));
        self.attend_lesson(desk.clone(), player, record, start, mine);
        self.write(|state| {
            let text = word(state.language, "teach.resumed");
            state.push("explain", &text);
        });
        true
    }

    /// Begins the lesson at work from its beginning.
    pub(crate) fn whole_lesson_again(&self) {
        let id = self.read(|state| state.school.lecture.as_ref().map(|one| one.id.clone()));
        if let Some(id) = id {
            platform::forget(&homework_key(&id));
            self.begin_anew(&id, 0);
        }
    }

    // ---- the session that proves it ----

    /// Opens a session in which a lesson was played; the lesson if it is known, else its cluster.
    pub(super) fn open_homework(
        &self,
        session: Session,
        otherwise: impl FnOnce(&Self, Session) + 'static,
    ) {
        self.with_library(move |engine| {
            if !engine.resume(&session, true) {
                otherwise(engine, session);
            }
        });
    }

    /// Saves the session of the lesson as a file to hand in.
    pub(crate) fn hand_in(&self) {
        let found = self.read(|state| {
            let lecture = state.school.lecture.as_ref()?;
            let name = lecture.id.replace('/', "-");
            Some((format!("{name}.session.json"), state.whole_session().to_json()))
        });
        if let Some((name, text)) = found {
            platform::download(&name, &text);
        }
    }

    // ---- lessons from files, and from what was played ----

    /// Takes files that are dropped on the page; one that changes on the disk is read again.
    pub(super) fn receive_drops(&self) {
        let engine = self.clone();
        let closure = Closure::new(move |name: String, text: String, again: bool| {
            if again
                && !engine.read(|state| {
                    state.school.guest.as_ref().is_some_and(|(own, _)| *own == own_id(&name))
                })
            {
                return;
            }
            engine.take_in(&name, &text);
        });
        platform::on_drop(&closure);
        // The page listens as long as it lives.
        closure.forget();
    }

    /// Runs a lesson of the person's own at once; what is wrong with it is said with its place.
    pub(super) fn run_own_lesson(&self, name: &str, text: &str) {
        let (id, name, text) = (own_id(name), name.to_owned(), text.to_owned());
        self.with_library(move |engine| {
            let library = engine.read(|state| state.school.library.clone());
            let read = |wanted: &str| {
                if wanted == id {
                    return Lesson::parse(&text, None).map_err(|error| error.to_string());
                }
                let known = library.as_ref().and_then(|library| library.find(wanted));
                let lesson = known.map(|lesson| Lesson::clone(lesson));
                // What it goes on from lies inside already.
                let bare = lesson.map(|lesson| Lesson { after: None, ..lesson });
                bare.ok_or_else(|| format!("there is no lesson {wanted}"))
            };
            match Lesson::chain(&id, &read) {
                Ok(lesson) => {
                    engine.write(|state| state.school.guest = Some((id.clone(), Rc::new(lesson))));
                    engine.begin_anew(&id, 0);
                    let text = Text::new("teach.own-lesson").with("file", &name);
                    engine.write(|state| {
                        let text = text.render(state.language);
                        state.push("explain", &text);
                    });
                }
                Err(why) => {
                    let said = format!("{name}:{why}");
                    platform::announce(&said);
                    engine.write(|state| {
                        state.push("err", &said);
                        state.school.trouble = Some(said);
                    });
                }
            }
        });
    }

    /// Makes a lesson from what was played, and saves it as a file.
    pub(crate) fn make_lesson(&self) {
        let made = self.read(|state| draft(&Session::of(&state.cluster, &state.terminal.files)));
        let said = match &made {
            Ok(text) => {
                platform::download("lesson.yaml", text);
                Text::new("teach.made")
            }
            Err(why) => why.clone(),
        };
        self.write(|state| {
            let text = said.render(state.language);
            state.push(if made.is_ok() { "explain" } else { "err" }, &text);
            platform::announce(&text);
            state.school.trouble = Some(text);
        });
    }

    // ---- progress as a file ----

    /// Saves what was done of all lessons.
    pub(crate) fn export_records(&self) {
        let text = self.read(|state| state.school.records.write());
        platform::download("podyard-progress.json", &text);
    }

    /// Takes in what was done elsewhere.
    pub(super) fn import_records(&self, text: &str) {
        let records = Records::read(text);
        let kept = self.write(|state| {
            state.school.records.merge(records);
            let solved = state.school.records.solved();
            let said = Text::new("teach.progress-in").with("count", solved).render(state.language);
            platform::announce(&said);
            state.school.trouble = Some(said);
            state.school.records.write()
        });
        platform::keep(RECORDS, &kept);
        self.open_school();
    }

    /// Forgets what was done of all lessons.
    pub(crate) fn forget_records(&self) {
        platform::forget(RECORDS);
        let ids = self.read(|state| {
            let library = state.school.library.as_ref();
            let all = library.into_iter().flat_map(|one| &one.shelves);
            all.flat_map(|shelf| &shelf.lessons).map(|(id, _)| id.clone()).collect::<Vec<_>>()
        });
        for id in ids {
            platform::forget(&homework_key(&id));
        }
        self.write(|state| {
            state.school.records = Records::default();
            state.school.trouble = None;
        });
    }
}

fn own_id(name: &str) -> String {
    format!("own/{}", name.trim_end_matches(".yaml").trim_end_matches(".yml"))
}

/// Whether a text means to be a lesson.
pub(super) fn looks_like_lesson(name: &str, text: &str) -> bool {
    let has = |key: &str| text.lines().any(|line| line.starts_with(key));
    (name.ends_with(".yaml") || name.ends_with(".yml")) && has("title:") && has("steps:")
}
