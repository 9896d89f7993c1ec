//! `kubectl edit`: the object becomes a file, which an editor changes. With a program in `KUBE_EDITOR` or `EDITOR` that is
//! no editor to look at, it is that program, and the object is patched with what it changed; otherwise it is the page's
//! editor, and applying the file there saves it. Follows `pkg/cmd/util/editor/editoptions.go`.

use std::rc::Rc;

use super::problem::{Failure, Problem};
use super::record::remembering;
use super::resources::{self, Needs};
use super::subresource::{self, Subresource};
use super::{After, Context, DONE, output};
use crate::api::error::go_quote;
use crate::api::object::AnyObject;
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::patch::three_way;
use crate::cluster::{Patch, WriteOptions};
use crate::manifest::{self, Decoded, Refusal};
use crate::terminal::Effect;
use crate::terminal::process::{Input, Io, Output, Process, Turn};
use crate::terminal::shell::{Task, parse};

const HEAD: &str = "# Please edit the object below. Lines beginning with a '#' will be ignored,\n# and an empty file will abort the edit. If an error occurs while saving this file will be\n# reopened with the relevant failures.\n#\n";

/// Programs that somebody looks at and types into: the page's editor stands for them.
const INTERACTIVE: [&str; 16] = [
    "vi",
    "vim",
    "nvim",
    "view",
    "gvim",
    "nano",
    "pico",
    "emacs",
    "emacsclient",
    "micro",
    "mcedit",
    "joe",
    "ed",
    "code",
    "subl",
    "gedit",
];

/// The shell's status where there is no such program.
const NO_SUCH_PROGRAM: i32 = 127;

/// Runs `edit`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    match subresource::asked(context)? {
        None => {}
        Some(Subresource::Status) => return Err(subresource::refuse_status()),
        Some(Subresource::Scale) => {
            let words = "the editor applies whole objects; edit the object, or use kubectl scale";
            return Err(Failure::new(words));
        }
    }
    let found = resources::find(context, &words, Needs::default())?;
    if let Some(failure) = Failure::all(found.failures) {
        return Err(failure);
    }
    if let Some(editor) = program(context) {
        let version = context.cluster.store().resource_version();
        let mut names = (version..).map(|number| format!("kubectl-edit-{number}.yaml"));
        let edit = Edit {
            editor,
            file: names.find(|name| !context.terminal.files.contains_key(name)).unwrap_or_default(),
            objects: found.objects,
            line: Rc::clone(&context.line),
            cause: context.cause().map(str::to_owned),
            original: String::new(),
            edited: None,
            reasons: Vec::new(),
            task: None,
        };
        return Ok(After::Goes(Box::new(edit)));
    }
    for object in &found.objects {
        let kind = object.kind().name().to_lowercase();
        let file = format!("{kind}-{}.yaml", object.meta().name);
        let mut value = object.to_value();
        // The tab is applied, not sent back whole: a version would make every later status a conflict.
        if let Some(meta) = value.get("metadata") {
            let mut meta = meta.clone();
            meta.remove("resourceVersion");
            value.set("metadata", meta);
        }
        let text = format!("{HEAD}{}", manifest::to_yaml(&value));
        context.terminal.files.insert(file.clone(), text.into());
        context.effect(Effect::OpenEditor(file));
    }
    DONE
}

/// The program that edits, if it is one that does so by itself.
fn program(context: &Context<'_>) -> Option<String> {
    let given = |name: &str| context.terminal.variables.get(name).filter(|text| !text.is_empty());
    let editor = given("KUBE_EDITOR").or_else(|| given("EDITOR"))?;
    let name = editor.split_whitespace().next()?;
    let name = name.rsplit('/').next().unwrap_or(name);
    (!INTERACTIVE.contains(&name)).then(|| editor.clone())
}

/// An edit by a program: it runs until what it leaves is accepted, or it changes nothing more.
#[derive(Debug)]
struct Edit {
    editor: String,
    file: String,
    objects: Vec<AnyObject>,
    line: Rc<str>,
    /// What `--record` keeps.
    cause: Option<String>,
    /// The text as the program got it for the first time.
    original: String,
    /// What it left the last time, if that was wrong.
    edited: Option<String>,
    /// What was wrong with it, as the head of the next file tells.
    reasons: Vec<(String, Vec<String>)>,
    task: Option<Task>,
}

/// What came of what the program left.
enum Outcome {
    Over(i32),
    Again,
}

impl Process for Edit {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        loop {
            let Some(task) = &mut self.task else {
                match self.open(io) {
                    Ok(()) => continue,
                    Err(words) => return self.fail(&words, io),
                }
            };
            let (mut input, mut output) = (Input::of(String::new()), Output::default());
            let turn = task.poll(&mut io.with(&mut input, &mut output));
            // What the shell says of a program that it does not find, kubectl says.
            if matches!(turn, Turn::Done(NO_SUCH_PROGRAM)) {
                output = Output::default();
            }
            io.output.append(output);
            *io.leave = None;
            let status = match turn {
                Turn::Done(status) => status,
                waits @ Turn::Waits(_) => return waits,
            };
            self.task = None;
            if status != 0 {
                let what = match status {
                    NO_SUCH_PROGRAM => "unable to launch",
                    _ => "there was a problem with",
                };
                let words = format!("{what} the editor {}", go_quote(&self.editor));
                return self.fail(&words, io);
            }
            match self.closed(io) {
                Ok(Outcome::Again) => {}
                Ok(Outcome::Over(status)) => {
                    io.terminal.files.remove(&self.file);
                    return Turn::Done(status);
                }
                Err(words) => {
                    if io.terminal.files.contains_key(&self.file) {
                        let file = go_quote(&self.file);
                        io.error(&format!("A copy of your changes has been stored to {file}"));
                    }
                    return self.keep(&words, io);
                }
            }
        }
    }
}

impl Edit {
    /// Writes the file and starts the program on it.
    fn open(&mut self, io: &mut Io<'_>) -> Result<(), String> {
        let mut text = HEAD.to_owned();
        for (head, causes) in &self.reasons {
            let end = if causes.is_empty() { "" } else { ":" };
            text.push_str(&format!("# {head}{end}\n"));
            for cause in causes {
                text.push_str(&format!("# * {}\n", cause.replace('\n', "\n# ")));
            }
        }
        if !self.reasons.is_empty() {
            text.push_str("#\n");
        }
        match &self.edited {
            Some(edited) => text.push_str(&without_comments(edited)),
            None => {
                let values: Vec<Value> = self.objects.iter().map(AnyObject::to_value).collect();
                text.push_str(&match values.as_slice() {
                    [one] => manifest::to_yaml(one),
                    many => manifest::to_yaml(&output::list(many)),
                });
                self.original.clone_from(&text);
            }
        }
        io.terminal.files.insert(self.file.clone(), text.into());
        let script = parse::script(&format!("{} {}", self.editor, self.file))?;
        self.task = Some(Task::list(script));
        Ok(())
    }

    /// Looks at what the program left.
    fn closed(&mut self, io: &mut Io<'_>) -> Result<Outcome, String> {
        let Some(text) = io.terminal.files.get(&self.file).cloned() else {
            return Err(format!("open {}: no such file or directory", self.file));
        };
        if self.edited.as_ref().is_some_and(|edited| same(edited, &text)) {
            return Err("Edit cancelled, no valid changes were saved.".into());
        }
        self.reasons.clear();
        self.edited = None;
        let bare = without_comments(&text);
        let documents = manifest::load(&self.file, bare.as_bytes());
        if let Some(words) = unreadable(&bare, &documents) {
            let detail =
                format!("<nil>: Invalid value: \"The edited file failed validation\": {words}");
            self.wrong(0, vec![detail], io);
            self.edited = Some(text.to_string());
            return Ok(Outcome::Again);
        }
        if same(&self.original, &text) {
            io.error("Edit cancelled, no changes made.");
            return Ok(Outcome::Over(0));
        }
        let mut retry = false;
        for document in &documents {
            retry |= self.save(document, io)?;
        }
        if retry {
            io.error(&format!(
                "You can run `kubectl replace -f {}` to try this update again.",
                self.file
            ));
            // The file stays.
            self.file.clear();
            return Ok(Outcome::Over(1));
        }
        if self.reasons.is_empty() {
            return Ok(Outcome::Over(0));
        }
        self.edited = Some(text.to_string());
        Ok(Outcome::Again)
    }

    /// Sends what changed of one object; says whether it is worth another try as it is.
    fn save(&mut self, document: &Decoded, io: &mut Io<'_>) -> Result<bool, String> {
        let uid = |value: &Value| value.at(&["metadata", "uid"]).cloned();
        let edited = &match &self.cause {
            Some(cause) => remembering(document.raw.clone(), cause),
            None => document.raw.clone(),
        };
        let place = self.objects.iter().position(|one| uid(&one.to_value()) == uid(edited));
        let Some((place, object)) = place.and_then(|at| Some((at, self.objects.get(at)?.clone())))
        else {
            return Err(format!("no original object found for {}", edited.to_json()));
        };
        let (kind, original) = (object.kind(), object.to_value());
        if original == *edited {
            io.out(&said(&object, "skipped"));
            return Ok(false);
        }
        let fixed = [&["apiVersion"][..], &["kind"], &["metadata", "name"]];
        if fixed.iter().any(|path| original.at(path) != edited.at(path)) {
            return Err("At least one of apiVersion, kind and name was changed".into());
        }
        let patch = three_way(&original, edited, &original, Schema::of(kind))?;
        let refused = match &document.refusal {
            Some(Refusal::BadRequest { strict, .. }) if !strict.is_empty() => {
                let words = format!("strict decoding error: {}", strict.join(", "));
                Some(ApiError::new(Reason::BadRequest, words))
            }
            Some(Refusal::BadRequest { message, .. }) => {
                Some(ApiError::new(Reason::BadRequest, message.clone()))
            }
            _ => None,
        };
        let options = WriteOptions { dry_run: false, words: self.line.to_string() };
        let sent = match refused {
            Some(error) => Err(error),
            None => io.cluster.patch(kind, &object.key(), Patch::Strategic(patch), &options),
        };
        let (resource, name) = (kind.resource(), go_quote(&object.meta().name));
        match sent {
            Ok(written) => {
                for warning in &written.warnings {
                    io.error(&format!("Warning: {warning}"));
                }
                io.out(&said(&written.object, "edited"));
                if let Some(known) = self.objects.get_mut(place) {
                    *known = written.object;
                }
                Ok(false)
            }
            Err(error) if error.reason == Reason::Invalid => {
                let causes = error.causes.iter().map(|cause| cause.line()).collect();
                self.wrong(place, causes, io);
                Ok(false)
            }
            Err(error) if error.reason == Reason::NotFound => {
                io.error(&format!("error: {resource} {name} could not be found on the server"));
                Err(format!("the edits you made on deleted resources: {}", error.message))
            }
            Err(error) => {
                io.error(&format!(
                    "error: {resource} {name} could not be patched: {}",
                    error.message
                ));
                Ok(true)
            }
        }
    }

    /// Notes and tells that an object is not as it may be.
    fn wrong(&mut self, place: usize, causes: Vec<String>, io: &mut Io<'_>) {
        let Some(object) = self.objects.get(place) else { return };
        let named = format!("{} {}", object.kind().resource(), go_quote(&object.meta().name));
        io.error(&format!("error: {named} is invalid"));
        self.reasons.push((format!("{named} was not valid"), causes));
    }

    fn fail(&self, words: &str, io: &mut Io<'_>) -> Turn {
        io.terminal.files.remove(&self.file);
        self.keep(words, io)
    }

    fn keep(&self, words: &str, io: &mut Io<'_>) -> Turn {
        let failure = Failure::of(Problem::Words(words.to_owned()));
        io.error(&failure.lines());
        Turn::Done(1)
    }
}

/// `KIND/NAME VERB`
fn said(object: &AnyObject, verb: &str) -> String {
    format!("{}/{} {verb}\n", object.kind().word(), object.meta().name)
}

/// What kubectl's own validation says of a text.
fn unreadable(text: &str, documents: &[Decoded]) -> Option<String> {
    let refusal = documents.iter().find_map(|document| match &document.refusal {
        Some(Refusal::File(words) | Refusal::Document(words)) => Some(words.clone()),
        _ => None,
    });
    match refusal {
        Some(words) => {
            let inner = words.split_once(": yaml: ").map(|(_, rest)| format!("yaml: {rest}"));
            Some(inner.unwrap_or(words))
        }
        None if text.trim().is_empty() || documents.is_empty() => {
            Some("invalid object to validate".into())
        }
        None => None,
    }
}

/// Follows `ManualStrip`.
fn without_comments(text: &str) -> String {
    let kept = text.lines().filter(|line| !line.trim_start().starts_with('#'));
    kept.map(|line| format!("{line}\n")).collect()
}

/// Whether two texts say the same, however they are written. Follows `StripComments`.
fn same(one: &str, other: &str) -> bool {
    let (one, other) = (without_comments(one), without_comments(other));
    // Blank lines are nothing, however many.
    if one.trim().is_empty() && other.trim().is_empty() {
        return true;
    }
    let objects = |text: &str| -> Option<Vec<Value>> {
        let documents = manifest::load("", text.as_bytes());
        let raw = || documents.iter().map(|document| document.raw.clone()).collect();
        unreadable(text, &documents).is_none().then(raw)
    };
    one == other || objects(&one).is_some_and(|found| Some(found) == objects(&other))
}
