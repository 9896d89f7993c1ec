//! The engine behind the page: owns the cluster and the terminal, moves time with the pictures, and tells the app when
//! there is something new to show. While the clock stands still there is no timer and no frame.

use std::cell::RefCell;
use std::rc::Rc;

use gloo_timers::callback::Timeout;
use wasm_bindgen::prelude::Closure;

use super::platform;
use crate::api::Kind;
use crate::cluster::{Cluster, Config};
use crate::language::{Language, Text, word};
use crate::manifest::{self, Severity, Utf16};
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};
use crate::terminal::{Effect, Poll, Running, Stream, Terminal};
use crate::view::state::SPEEDS;

/// How many reconciles one picture may cost.
const WORK_PER_FRAME: u64 = 4_000;
/// At most so many lines are kept on the terminal's screen.
const MOST_LINES: usize = 2_000;
/// The longest step of time that one picture makes up for.
const LONGEST_FRAME_MILLIS: f64 = 250.0;

/// A line on the terminal's screen.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    /// `in`, `out`, `err` or `explain`.
    pub class: &'static str,
    /// The text.
    pub text: Rc<str>,
}

/// What the engine keeps.
pub(crate) struct State {
    pub cluster: Cluster,
    pub terminal: Terminal,
    pub lines: Vec<Line>,
    pub playing: bool,
    pub speed: f64,
    pub language: Language,
    pub file: String,
    pub problems: usize,
    running: Option<Running>,
    /// Where the clock should be, with parts of milliseconds.
    target: f64,
    last_frame: f64,
    looping: bool,
    timer: Option<Timeout>,
}

/// A handle to the engine.
#[derive(Clone)]
pub(crate) struct Engine {
    state: Rc<RefCell<State>>,
    changed: Rc<dyn Fn()>,
    frame: Rc<RefCell<Option<Closure<dyn FnMut()>>>>,
}

impl PartialEq for Engine {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.state, &other.state)
    }
}

fn start_config() -> Config {
    let seed = platform::parameter("seed").and_then(|text| text.parse().ok()).unwrap_or(1);
    let given = platform::parameter("start").and_then(|text| Time::parse_rfc3339(&text));
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
    let wall = Time::from_unix_millis(platform::wall_clock() as i64).cut_to_second();
    let workers = platform::parameter("nodes")
        .and_then(|text| text.parse::<usize>().ok())
        .unwrap_or(3)
        .clamp(1, 5000);
    Config { seed: Seed(seed), start: given.unwrap_or(wall), workers, ..Config::default() }
}

impl Engine {
    /// A new cluster; `changed` is called when there is something new to show.
    pub(crate) fn new(language: Language, changed: Rc<dyn Fn()>) -> Self {
        let cluster = Cluster::new(start_config());
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit a double")]
        let target = cluster.now().unix_millis() as f64;
        let mut terminal = Terminal { language, ..Terminal::default() };
        let text = platform::kept("podyard.file")
            .unwrap_or_else(|| include_str!("../../assets/examples/job.yaml").to_owned());
        terminal.files.insert("manifest.yaml".into(), text.into());
        let state = State {
            cluster,
            terminal,
            lines: Vec::new(),
            playing: platform::parameter("paused").is_none(),
            speed: platform::parameter("speed").and_then(|text| text.parse().ok()).unwrap_or(1.0),
            language,
            file: "manifest.yaml".into(),
            problems: 0,
            running: None,
            target,
            last_frame: platform::steady_clock(),
            looping: false,
            timer: None,
        };
        let engine = Self { state: Rc::new(RefCell::new(state)), changed, frame: Rc::default() };
        engine.check();
        engine.wake();
        engine
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&State) -> T) -> T {
        read(&self.state.borrow())
    }

    fn write<T>(&self, write: impl FnOnce(&mut State) -> T) -> T {
        let result = write(&mut self.state.borrow_mut());
        (self.changed)();
        result
    }

    // ---- time ----

    /// Starts or stops the clock.
    pub(crate) fn set_playing(&self, playing: bool) {
        self.write(|state| state.playing = playing);
        self.wake();
    }

    /// Starts the clock if it stands, stops it if it runs.
    pub(crate) fn toggle(&self) {
        let playing = self.read(|state| state.playing);
        self.set_playing(!playing);
    }

    /// Sets the speed by its place on the slider.
    pub(crate) fn set_speed(&self, index: usize) {
        self.write(|state| state.speed = SPEEDS.get(index).copied().unwrap_or(1.0));
        self.wake();
    }

    /// To the next event, and stands there.
    pub(crate) fn step(&self) {
        self.write(|state| {
            state.playing = false;
            let version = state.cluster.store().resource_version();
            // What changes nothing that can be seen is no step; an event only tells of a change.
            for _ in 0..1000 {
                let stands = state.cluster.step().is_none();
                let mut changes = state.cluster.store().journal().since(version);
                if stands || changes.any(|change| change.object.kind() != Kind::Event) {
                    break;
                }
            }
            state.follow_clock();
        });
        self.poll();
    }

    /// Back by a span, and stands there.
    pub(crate) fn back(&self, span: Duration) {
        self.write(|state| {
            state.playing = false;
            let at = state.cluster.now() - span;
            state.cluster.back_to(at);
            state.follow_clock();
        });
    }

    /// Begins anew.
    pub(crate) fn reset(&self, seed: Option<u64>) {
        self.write(|state| {
            let mut config = state.cluster.config().clone();
            if let Some(seed) = seed {
                config.seed = Seed(seed);
            }
            state.cluster = Cluster::new(config);
            state.running = None;
            state.follow_clock();
        });
        self.wake();
    }

    /// Makes sure that a picture or a timer moves the clock, if it runs.
    fn wake(&self) {
        let start = {
            let mut state = self.state.borrow_mut();
            // A timer that waits holds the loop; without it the loop stands.
            let resting = state.timer.take().is_some();
            if resting {
                state.looping = false;
            }
            let start = state.playing && !state.looping;
            if start {
                state.looping = true;
                if !resting {
                    state.last_frame = platform::steady_clock();
                }
            }
            start
        };
        if start {
            self.request_frame();
        }
    }

    fn request_frame(&self) {
        let mut slot = self.frame.borrow_mut();
        if slot.is_none() {
            let engine = self.clone();
            *slot = Some(Closure::new(move || engine.on_frame()));
        }
        if let Some(closure) = slot.as_ref() {
            platform::next_frame(closure);
        }
    }

    fn on_frame(&self) {
        let now = platform::steady_clock();
        let (playing, moved, quiet) = {
            let mut state = self.state.borrow_mut();
            if state.playing {
                let passed = (now - state.last_frame).clamp(0.0, LONGEST_FRAME_MILLIS);
                state.last_frame = now;
                state.advance(passed)
            } else {
                (false, false, false)
            }
        };
        if moved {
            self.poll();
            (self.changed)();
        }
        if !playing {
            self.state.borrow_mut().looping = false;
        } else if quiet {
            // Nothing is due soon: a slow timer is enough for the clock.
            let engine = self.clone();
            let timer = Timeout::new(200, move || {
                let fired = engine.state.borrow_mut().timer.take();
                drop(fired);
                engine.request_frame();
            });
            self.state.borrow_mut().timer = Some(timer);
            (self.changed)();
        } else {
            self.request_frame();
        }
    }

    // ---- the terminal ----

    /// Runs what was typed or pasted; prompts of a study note are taken off.
    pub(crate) fn enter(&self, text: &str) {
        let busy = self.read(|state| state.running.is_some());
        if busy {
            let text = self.read(|state| word(state.language, "page.busy"));
            return self.write(|state| state.push("explain", &text));
        }
        let lines: Vec<&str> = text.lines().collect();
        let prompted = lines.iter().any(|line| line.starts_with("$ "));
        let kept: Vec<&str> = lines
            .into_iter()
            .filter(|line| !prompted || line.starts_with("$ "))
            .map(|line| line.strip_prefix("$ ").unwrap_or(line))
            .collect();
        let command = kept.join("\n");
        self.write(|state| {
            state.push("in", &command);
            let running = state.terminal.start(&command);
            state.running = Some(running);
        });
        self.poll();
    }

    /// Runs a command that a button stands for; what the terminal waits for, such as a watch, goes on.
    pub(crate) fn press(&self, command: &str) {
        if !self.read(State::busy) {
            return self.enter(command);
        }
        let poll = {
            let mut state = self.state.borrow_mut();
            let State { cluster, terminal, .. } = &mut *state;
            terminal.start(command).poll(cluster, terminal)
        };
        self.write(|state| state.push("in", command));
        self.show(poll);
    }

    /// Ctrl-C.
    pub(crate) fn interrupt(&self) {
        let stopped = {
            let mut state = self.state.borrow_mut();
            let running = state.running.as_mut();
            running.map(Running::interrupt).is_some()
        };
        if stopped {
            self.write(|state| state.push("err", "^C"));
            self.poll();
        }
    }

    /// Lets a command that waits go on.
    fn poll(&self) {
        let poll = {
            let mut state = self.state.borrow_mut();
            let State { running, cluster, terminal, .. } = &mut *state;
            let Some(command) = running.as_mut() else { return };
            let poll = command.poll(cluster, terminal);
            if poll.status.is_some() {
                *running = None;
            }
            poll
        };
        self.show(poll);
    }

    fn show(&self, poll: Poll) {
        let nothing = poll.output.is_empty() && poll.effects.is_empty() && poll.status.is_none();
        if nothing {
            return;
        }
        self.write(|state| {
            for (stream, text) in &poll.output {
                let class = match stream {
                    Stream::Out => "out",
                    Stream::Err => "err",
                    Stream::Explain => "explain",
                };
                state.push(class, text.trim_end_matches('\n'));
            }
        });
        for effect in poll.effects {
            self.perform(effect);
        }
        self.wake();
    }

    fn perform(&self, effect: Effect) {
        match effect {
            Effect::Clear => self.write(|state| state.lines.clear()),
            Effect::Speed(speed) => self.write(|state| state.speed = speed),
            Effect::Pause(paused) => self.set_playing(!paused),
            Effect::Back(span) => self.back(span),
            Effect::Undo => self.write(|state| {
                state.cluster.undo();
                state.follow_clock();
            }),
            Effect::Reset(seed) => self.reset(seed),
            Effect::OpenEditor(file) => self.open(&file),
        }
    }

    // ---- the editor ----

    /// Shows a file in the editor.
    pub(crate) fn open(&self, file: &str) {
        let text = self.read(|state| state.terminal.files.get(file).cloned());
        if let Some(text) = text {
            platform::set_editor(&text);
            self.write(|state| state.file = file.to_owned());
            self.check();
        }
    }

    /// Puts a text into the open file.
    pub(crate) fn edit(&self, text: &str) {
        let kept = platform::keep("podyard.file", text);
        self.write(|state| {
            let file = state.file.clone();
            state.terminal.files.insert(file, text.into());
            if !kept && !state.lines.iter().any(|line| line.class == "storage") {
                let text = word(state.language, "page.storage");
                state.push("storage", &text);
            }
        });
        self.check();
    }

    /// Inserts an example.
    pub(crate) fn insert(&self, text: &str) {
        platform::set_editor(text);
        self.edit(text);
    }

    /// Checks the open file and shows what is wrong under the very token.
    fn check(&self) {
        let (json, count) = self.read(|state| {
            let text = state.terminal.files.get(&state.file).cloned().unwrap_or_default();
            diagnostics(&state.file, &text, state.language)
        });
        platform::set_diagnostics(&json);
        self.state.borrow_mut().problems = count;
    }

    /// Changes the language of everything that is said.
    pub(crate) fn set_language(&self, language: Language) {
        platform::keep("podyard.language", language.tag());
        self.write(|state| {
            state.language = language;
            state.terminal.language = language;
        });
        self.check();
    }
}

/// Diagnostics of a file as JSON, in UTF-16 offsets, and how many there are.
fn diagnostics(file: &str, text: &str, language: Language) -> (String, usize) {
    let units = Utf16::new(text);
    let mut all = Vec::new();
    for document in manifest::load(file, text.as_bytes()) {
        for one in &document.diagnostics {
            let severity = match one.severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
                _ => "info",
            };
            let why = one.why.render(language);
            let message =
                if one.message.is_empty() { why } else { format!("{}\n\n{why}", one.message) };
            let mut shown = crate::object! {
                "from" => units.from_byte(one.span.start.offset),
                "to" => units.from_byte(one.span.end.offset),
                "severity" => severity,
                "message" => message,
            };
            if let Some(fix) = &one.fix {
                let changes: Vec<crate::api::Value> = fix
                    .replacements
                    .iter()
                    .map(|edit| {
                        crate::object! {
                            "from" => units.from_byte(edit.from),
                            "to" => units.from_byte(edit.to),
                            "insert" => edit.insert.as_str(),
                        }
                    })
                    .collect();
                let title: Text = fix.title.clone();
                shown.set(
                    "fix",
                    crate::object! { "title" => title.render(language), "changes" => changes },
                );
            }
            all.push(shown);
        }
    }
    let count = all.len();
    (crate::api::Value::from(all).to_json(), count)
}

impl State {
    fn push(&mut self, class: &'static str, text: &str) {
        self.lines.push(Line { class, text: text.into() });
        if self.lines.len() > MOST_LINES {
            let surplus = self.lines.len() - MOST_LINES;
            self.lines.drain(..surplus);
        }
    }

    /// The clock of the page stands where the cluster's does.
    fn follow_clock(&mut self) {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds of this century fit a double")]
        let now = self.cluster.now().unix_millis() as f64;
        self.target = now;
    }

    /// Moves the clock: whether it runs, whether anything happened, and whether nothing will soon.
    fn advance(&mut self, passed: f64) -> (bool, bool, bool) {
        self.target += passed * self.speed;
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of this century")]
        let at = Time::from_unix_millis(self.target as i64);
        let before = self.cluster.work();
        if !self.cluster.run_towards(at, WORK_PER_FRAME) {
            // Too much to do at this speed: the clock waits for the work.
            self.follow_clock();
        }
        let moved = self.cluster.work() != before || self.running.is_some();
        let soon = self.cluster.next_wake().map_or(f64::INFINITY, |wake| {
            #[expect(clippy::cast_precision_loss, reason = "spans of a session fit a double")]
            let left = (wake - self.cluster.now()).millis() as f64;
            left / self.speed
        });
        (true, moved, soon > 400.0)
    }

    /// Whether a command still runs.
    pub(crate) const fn busy(&self) -> bool {
        self.running.is_some()
    }
}
