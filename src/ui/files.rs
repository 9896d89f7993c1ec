//! The files of the workspace as the editor's tabs: open, edit, check.

use std::rc::Rc;

use super::bridge::Engine;
use super::platform::desk;
use super::{load_texts, platform};
use crate::api::schema;
use crate::language::{Language, Text};
use crate::terminal::{Poll, Stream};
use crate::view::diagnostics::{self, Mark};
use crate::view::governs::{Governed, governed};

/// What the editor shows beside the text.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Desk {
    /// Everything that is wrong with the open file.
    marks: Rc<[Mark]>,
    /// What of it is shown.
    pub shown: Rc<[Mark]>,
    /// What the field under the cursor governs.
    pub governed: Rc<Governed>,
    /// Whether there is an editor: without one nobody would see what is wrong.
    watched: bool,
    /// Counts how often an object was opened for edit.
    pub opened: u32,
    /// What came of the button pressed last: `✓ job.batch/hello created`.
    pub said: Option<Rc<str>>,
    /// Whether that is awaited.
    pub(super) asked: bool,
}

impl Desk {
    /// A command that a button began has printed something; the first line is said, but of errors first.
    pub(super) fn hear(&mut self, poll: &Poll) {
        if !self.asked {
            return;
        }
        let mut said = poll.output.iter();
        let wrong = |(stream, text): &&(Stream, String)| {
            *stream == Stream::Err && !text.starts_with("Warning")
        };
        let line = match said.clone().find(wrong) {
            Some((_, text)) => Some(('✗', text)),
            None if self.said.is_some() => None,
            None => said.find(|(stream, _)| *stream == Stream::Out).map(|(_, text)| ('✓', text)),
        };
        if let Some((sign, text)) = line {
            self.said = Some(format!("{sign} {}", text.lines().next().unwrap_or_default()).into());
        }
        self.asked = poll.status.is_none();
    }
}

/// Where the editor's cursor stands, and when what it governs was last asked.
#[derive(Default)]
pub(crate) struct Cursor {
    at: Option<usize>,
    asked: f64,
}

/// How often what is governed is asked again while the cluster moves.
const GOVERN_MILLIS: f64 = 1000.0;

impl Engine {
    /// Shows a file in the editor.
    pub(crate) fn open(&self, file: &str) {
        let text = self.read(|state| state.terminal.files.get(file).cloned());
        if let Some(text) = text {
            self.write(|state| {
                if state.file != file {
                    state.file = file.to_owned();
                    state.desk.said = None;
                }
            });
            platform::open_file(file, &text);
            self.check();
        }
    }

    /// Shows the open file, or the first one if that is gone.
    pub(crate) fn open_first(&self) {
        let file = self.read(|state| {
            let files = &state.terminal.files;
            let open = files.contains_key(&state.file).then(|| state.file.clone());
            open.or_else(|| files.keys().next().cloned())
        });
        match file {
            Some(file) => self.open(&file),
            None => self.add("new.yaml", ""),
        }
    }

    /// After a command: the open file may be another text, or gone.
    pub(super) fn follow_files(&self) {
        let (file, text) =
            self.read(|state| (state.file.clone(), state.terminal.files.get(&state.file).cloned()));
        match text {
            Some(text) => platform::open_file(&file, &text),
            None => {
                platform::drop_file(&file);
                self.open_first();
            }
        }
    }

    /// Does something with the open file, as a button of the editor says.
    pub(crate) fn press_open_file(&self, verb: &str) {
        let file = self.write(|state| {
            (state.desk.said, state.desk.asked) = (None, verb != "diff");
            state.file.clone()
        });
        self.press(&format!("kubectl {verb} -f {file}"));
    }

    /// A new file with a text; if there is one of this name with another text, the name gets a number.
    pub(crate) fn add(&self, name: &str, text: &str) {
        let name = self.read(|state| {
            let files = &state.terminal.files;
            let (stem, end) = name.rsplit_once('.').unwrap_or((name, "yaml"));
            let free = |name: &String| files.get(name).is_none_or(|old| **old == *text);
            let numbered = (2..).map(|number| format!("{stem}-{number}.{end}"));
            std::iter::once(name.to_owned()).chain(numbered).find(free)
        });
        if let Some(name) = name {
            self.write(|state| state.terminal.files.insert(name.clone(), text.into()));
            self.open(&name);
        }
    }

    /// Puts what was typed into a file.
    pub(crate) fn edit(&self, file: &str, text: &str) {
        let same =
            self.read(|state| state.terminal.files.get(file).is_some_and(|old| **old == *text));
        if !same {
            self.write(|state| state.terminal.files.insert(file.to_owned(), text.into()));
        }
        self.check();
    }

    /// The editor is there: from now on files are checked.
    pub(crate) fn watch_files(&self) {
        self.state.borrow_mut().desk.watched = true;
        self.check();
    }

    /// Checks the open file, the server's own validation included, and shows what is wrong under the very token.
    pub(super) fn check(&self) {
        if !self.read(|state| state.desk.watched) {
            return;
        }
        let (file, json) = {
            let mut state = self.state.borrow_mut();
            let (file, language) = (state.file.clone(), state.language);
            let text = state.terminal.files.get(&file).cloned().unwrap_or_default();
            let marks = diagnostics::check(&mut state.cluster, &file, &text, language);
            let json = diagnostics::to_json(&marks);
            state.desk.marks = marks.into();
            (file, json)
        };
        platform::set_diagnostics(&file, &json);
    }

    /// The editor shows these of the marks: those of a line that is being written wait.
    pub(crate) fn show_marks(&self, places: &[usize]) {
        let shown: Rc<[Mark]> = self.read(|state| {
            places.iter().filter_map(|place| state.desk.marks.get(*place).cloned()).collect()
        });
        if self.read(|state| state.desk.shown != shown) {
            self.write(|state| state.desk.shown = shown);
        }
    }

    /// Shows an object that was opened for edit, says how that is saved, and lets the person write; on a phone the editor
    /// comes to the front.
    pub(super) fn open_for_edit(&self, file: &str) {
        self.write(|state| {
            state.desk.opened += 1;
            let text = Text::new("shell.edit").with("file", file).render(state.language);
            state.push("explain", &text);
            state.tell("explain", &text);
        });
        self.open(file);
        platform::reveal(1, 1);
    }

    /// What is governed at the cursor may be other pods by now: asks now and then.
    pub(super) fn govern_on(&self) {
        let due = self.read(|state| {
            state.desk.governed.text.is_some()
                && platform::steady_clock() - state.cursor.asked > GOVERN_MILLIS
        });
        if due {
            self.govern_again();
        }
    }

    /// The same, at once.
    pub(super) fn govern_again(&self) {
        let (text, at) =
            self.read(|state| (state.terminal.files.get(&state.file).cloned(), state.cursor.at));
        if let (Some(text), Some(at)) = (text, at) {
            self.govern(&text, at);
        }
    }

    /// The cursor stands at a place of a text: what is governed there lights up. The place is in UTF-16 units.
    pub(crate) fn govern(&self, text: &str, at: usize) {
        self.state.borrow_mut().cursor = Cursor { at: Some(at), asked: platform::steady_clock() };
        let (governed, same) = self.read(|state| {
            let governed = governed(&state.cluster, text, at, &state.terminal.namespace());
            let same = *state.desk.governed == governed;
            (governed, same)
        });
        if same {
            return;
        }
        let pods = governed.pods.iter().map(ToString::to_string).collect();
        let nodes = governed.nodes.iter().map(ToString::to_string).collect();
        desk::govern(pods, nodes);
        self.write(|state| state.desk.governed = Rc::new(governed));
    }

    /// Fetches what the fields are for; completion, hover and `kubectl explain` show it from then on.
    pub(crate) fn load_docs(&self) {
        wasm_bindgen_futures::spawn_local(async {
            if let Some(text) = platform::fetch_text("docs").await {
                schema::install_docs(&text);
            }
        });
    }

    /// Changes the language of everything that is said, once its texts are there.
    pub(crate) fn set_language(&self, language: Language) {
        let engine = self.clone();
        wasm_bindgen_futures::spawn_local(async move {
            load_texts(language).await;
            platform::keep("podyard.language", language.tag());
            engine.write(|state| {
                state.language = language;
                state.terminal.language = language;
            });
            engine.check();
            engine.show_clock();
        });
    }
}
