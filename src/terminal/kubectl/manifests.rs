//! The manifests of `-f`: files, folders, standard input. Follows `k8s.io/cli-runtime/pkg/resource/visitor.go`.

use std::rc::Rc;

use super::Context;
use super::problem::{Failure, Problem};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::language::Text;
use crate::manifest::{self, Decoded, Diagnostic, Refusal, Severity};

/// A document of a file, ready to be sent.
#[derive(Clone, Debug)]
pub(super) struct Document {
    /// The name of its file, as kubectl prints it.
    pub(super) file: Rc<str>,
    pub(super) kind: Kind,
    /// Its namespace; empty for cluster-wide kinds.
    pub(super) namespace: Rc<str>,
    pub(super) decoded: Decoded,
}

/// What files hold.
#[derive(Clone, Debug, Default)]
pub(super) struct Loaded {
    pub(super) documents: Vec<Document>,
    /// What could not be read.
    pub(super) failures: Vec<Failure>,
}

impl Document {
    /// `metadata.name`
    pub(super) fn name(&self) -> &str {
        self.decoded.name()
    }

    /// Where the object is kept.
    pub(super) fn key(&self) -> ObjectKey {
        ObjectKey::new(Rc::clone(&self.namespace), self.name())
    }

    /// The object as the server takes it, with its namespace.
    pub(super) fn object(&self) -> Value {
        with_namespace(self.decoded.value.clone(), &self.namespace)
    }

    /// The object as it was written, with its namespace.
    pub(super) fn raw(&self) -> Value {
        with_namespace(self.decoded.raw.clone(), &self.namespace)
    }

    /// `error when creating "F": …` before the words of a refusal.
    pub(super) fn source_error(&self, verb: &str, failure: Failure) -> Failure {
        let problems = failure.problems.into_iter().map(|problem| match problem {
            Problem::Api(mut error) => {
                error.message =
                    format!("error when {verb} {}: {}", go_quote(&self.file), error.message);
                Problem::Api(error)
            }
            Problem::Words(words) => {
                Problem::Words(format!("error when {verb} {}: {words}", go_quote(&self.file)))
            }
            verbatim @ Problem::Verbatim(_) => verbatim,
        });
        Failure { problems: problems.collect(), ..failure }
    }

    /// Where and why the server refuses it, in plain words.
    pub(super) fn explain(&self, context: &mut Context<'_>, failure: &Failure) {
        for problem in &failure.problems {
            let Problem::Api(error) = problem else { continue };
            let found = self.decoded.diagnose(&error.causes);
            tell(context, &self.file, &found);
        }
    }
}

fn with_namespace(mut object: Value, namespace: &Rc<str>) -> Value {
    if !namespace.is_empty() {
        object.child("metadata").set("namespace", namespace);
    }
    object
}

/// One plain line per diagnostic: where, why, and the fix.
pub(super) fn tell(context: &mut Context<'_>, file: &str, diagnostics: &[Diagnostic]) {
    let language = context.terminal.language;
    for one in diagnostics {
        let place = format!("{file}:{}:{}", one.span.start.line, one.span.start.column);
        let why = one.why.render(language);
        let fix = match &one.fix {
            Some(fix) => format!(" → {}", fix.title.render(language)),
            None => String::new(),
        };
        context.explain_words(&format!("{place}: {why}{fix}"));
    }
}

/// How strict the server is about fields it does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Validation {
    Strict,
    Warn,
    Ignore,
}

fn validation(context: &Context<'_>) -> Result<Validation, Failure> {
    match context.flags.value("validate") {
        None | Some("" | "true" | "strict") => Ok(Validation::Strict),
        Some("warn") => Ok(Validation::Warn),
        Some("false" | "ignore") => Ok(Validation::Ignore),
        Some(other) => {
            let words = "invalid - validate option ";
            Err(Failure::new(format!("{words}{}", go_quote(other))))
        }
    }
}

/// Reads the files of `-f`, in order.
///
/// # Errors
/// A path that does not exist, or a wrong flag.
pub(super) fn load(context: &mut Context<'_>) -> Result<Loaded, Failure> {
    let validation = validation(context)?;
    let names: Vec<String> = context.flags.all("filename").to_vec();
    let mut files: Vec<(Rc<str>, Rc<str>)> = Vec::new();
    for name in &names {
        match name.as_str() {
            "-" => files.push(("STDIN".into(), context.input.as_str().into())),
            name if name.starts_with("http://") || name.starts_with("https://") => {
                let text = Text::new("terminal.no-network");
                let words = format!(
                    "unable to read URL {}, there is no network in this sandbox",
                    go_quote(name)
                );
                return Err(Failure::new(words).explained(text));
            }
            name => files.extend(read(context, name)?),
        }
    }
    let mut loaded = Loaded::default();
    for (file, text) in files {
        load_file(context, &file, &text, validation, &mut loaded);
    }
    Ok(loaded)
}

/// A file, or the manifests of a folder in order of their names.
fn read(context: &Context<'_>, name: &str) -> Result<Vec<(Rc<str>, Rc<str>)>, Failure> {
    let plain = name.strip_prefix("./").unwrap_or(name).trim_end_matches('/');
    if let Some(text) = context.terminal.files.get(plain) {
        return Ok(vec![(name.into(), Rc::clone(text))]);
    }
    let folder = match plain {
        "" | "." => String::new(),
        folder => format!("{folder}/"),
    };
    let recursive = context.flags.has("recursive");
    let shown = name.trim_end_matches('/');
    let mut inside = Vec::new();
    let mut exists = folder.is_empty();
    for (file, text) in &context.terminal.files {
        let Some(rest) = file.strip_prefix(&folder) else { continue };
        exists = true;
        let fits = [".json", ".yaml", ".yml"].iter().any(|end| rest.ends_with(end));
        if fits && (recursive || !rest.contains('/')) {
            let path = if folder.is_empty() { rest.to_owned() } else { format!("{shown}/{rest}") };
            inside.push((Rc::from(path), Rc::clone(text)));
        }
    }
    match (exists, inside.is_empty()) {
        (false, _) => Err(Failure::new(format!("the path {} does not exist", go_quote(name)))),
        (true, true) => Err(Failure::new(format!(
            "error reading [{name}]: recognized file extensions are [.json .yaml .yml]"
        ))),
        (true, false) => Ok(inside),
    }
}

fn load_file(
    context: &mut Context<'_>,
    file: &Rc<str>,
    text: &str,
    validation: Validation,
    loaded: &mut Loaded,
) {
    for decoded in manifest::load(file, text.as_bytes()) {
        let errors: Vec<Diagnostic> = (decoded.diagnostics.iter())
            .filter(|one| one.severity == Severity::Error)
            .cloned()
            .collect();
        let stops = match &decoded.refusal {
            Some(Refusal::File(words) | Refusal::Document(words)) => {
                loaded.failures.push(Failure::new(words.clone()));
                tell(context, file, &errors);
                decoded.refusal.as_ref().is_some_and(Refusal::stops_file)
            }
            _ => {
                accept(context, file, decoded, validation, loaded);
                false
            }
        };
        if stops {
            return;
        }
    }
}

/// A document that kubectl can send.
fn accept(
    context: &mut Context<'_>,
    file: &Rc<str>,
    mut decoded: Decoded,
    validation: Validation,
    loaded: &mut Loaded,
) {
    let Some(kind) = decoded.kind else { return };
    let own = decoded.namespace().to_owned();
    let namespace: Rc<str> = match (kind.namespaced(), own.is_empty()) {
        (false, _) => "".into(),
        (true, true) => context.namespace(),
        (true, false) => own.as_str().into(),
    };
    let asked = context.flags.text("namespace").to_owned();
    if kind.namespaced() && !own.is_empty() && !asked.is_empty() && asked != own {
        let (own, asked) = (go_quote(&own), go_quote(&asked));
        let plain = own.trim_matches('"').to_owned();
        loaded.failures.push(Failure::new(format!(
            "the namespace from the provided object {own} does not match the namespace {asked}. You must pass '--namespace={plain}' to perform this operation."
        )));
        return;
    }
    if let Some(Refusal::BadRequest { strict, .. }) = &decoded.refusal
        && !strict.is_empty()
        && validation != Validation::Strict
    {
        let warnings = strict.clone();
        decoded.refusal = None;
        if validation == Validation::Warn {
            warnings.iter().for_each(|words| context.warn(&format!("Warning: {words}")));
        }
    }
    loaded.documents.push(Document { file: Rc::clone(file), kind, namespace, decoded });
}

/// What the server answers to a document before it looks at its fields, if it refuses it.
pub(super) fn refusal(context: &mut Context<'_>, document: &Document) -> Option<Failure> {
    let failure = match document.decoded.refusal.as_ref()? {
        Refusal::BadRequest { message, .. } => {
            ApiError::new(Reason::BadRequest, message.clone()).into()
        }
        Refusal::TooLarge(words) => {
            let line = document.decoded.refusal.as_ref().map(|one| one.line(&document.file));
            Failure::verbatim(line.unwrap_or_else(|| words.clone()))
        }
        Refusal::File(words) | Refusal::Document(words) => Failure::new(words.clone()),
    };
    let errors: Vec<Diagnostic> = (document.decoded.diagnostics.iter())
        .filter(|one| one.severity == Severity::Error)
        .cloned()
        .collect();
    tell(context, &document.file, &errors);
    Some(failure)
}
