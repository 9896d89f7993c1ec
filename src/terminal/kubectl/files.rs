//! Files of manifests: `create -f`, `apply -f`, `replace -f`, and what `delete -f` names. Follows `pkg/cmd/{create,apply,replace}`.

use std::rc::Rc;

use super::{Context, Outcome, api_error};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::patch::three_way;
use crate::cluster::Patch;
use crate::manifest::{self, Decoded};

/// The annotation that remembers what was applied.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A document of a file, ready to be sent.
pub(super) struct Document {
    /// The name of its file, as kubectl prints it.
    pub file: String,
    pub kind: Kind,
    pub namespace: Rc<str>,
    pub decoded: Decoded,
}

/// Reads the files of `-f`; what cannot be used is told, the rest goes on.
pub(super) fn documents(context: &Context<'_>, outcome: &mut Outcome) -> Option<Vec<Document>> {
    let names = context.flags.all("filename");
    let mut documents = Vec::new();
    for name in &names {
        let texts: Vec<(String, Rc<str>)> = match name.as_str() {
            "-" => vec![("STDIN".into(), context.input.clone().unwrap_or_default())],
            name => match context.terminal.files.get(name) {
                Some(text) => vec![(name.to_owned(), Rc::clone(text))],
                None => folder(context, name),
            },
        };
        if texts.is_empty() {
            outcome.err.push_str(&format!("error: the path \"{name}\" does not exist\n"));
            outcome.status = 1;
            return None;
        }
        for (file, text) in texts {
            read(context, &file, &text, &mut documents, outcome);
        }
    }
    Some(documents)
}

/// The manifests of a folder, in order of their names; `.` is the whole workspace.
fn folder(context: &Context<'_>, name: &str) -> Vec<(String, Rc<str>)> {
    let start = if name == "." || name == "./" {
        String::new()
    } else {
        format!("{}/", name.trim_end_matches('/'))
    };
    let fits = |file: &str| {
        file.starts_with(&start) && [".yaml", ".yml", ".json"].iter().any(|end| file.ends_with(end))
    };
    context
        .terminal
        .files
        .iter()
        .filter(|(file, _)| fits(file))
        .map(|(file, text)| (file.clone(), Rc::clone(text)))
        .collect()
}

fn read(
    context: &Context<'_>,
    file: &str,
    text: &str,
    documents: &mut Vec<Document>,
    outcome: &mut Outcome,
) {
    for decoded in manifest::load(file, text.as_bytes()) {
        let refused =
            decoded.refusal.as_ref().map(|refusal| (refusal.line(file), refusal.stops_file()));
        if let Some((line, stops)) = refused {
            outcome.err.push_str(&format!("{line}\n"));
            outcome.status = 1;
            explain(context, file, &decoded, outcome);
            if stops {
                return;
            }
            continue;
        }
        let Some(kind) = decoded.kind else { continue };
        let own = decoded.namespace();
        let namespace: Rc<str> = match (kind.namespaced(), own.is_empty()) {
            (false, _) => "".into(),
            (true, true) => context.namespace(),
            (true, false) => own.into(),
        };
        if let Some(asked) =
            context.flags.value("namespace").filter(|asked| !own.is_empty() && *asked != own)
        {
            outcome.err.push_str(&format!(
                "error: the namespace from the provided object \"{own}\" does not match the namespace \"{asked}\". You must pass '--namespace={own}' to perform this operation.\n"
            ));
            outcome.status = 1;
            continue;
        }
        documents.push(Document { file: file.into(), kind, namespace, decoded });
    }
}

/// One quiet line in plain words for each thing that is wrong: where, why, and the fix.
fn explain(context: &Context<'_>, file: &str, decoded: &Decoded, outcome: &mut Outcome) {
    use crate::manifest::Severity;
    for one in decoded.diagnostics.iter().filter(|one| one.severity == Severity::Error) {
        let place = format!("{file}:{}:{}", one.span.start.line, one.span.start.column);
        outcome
            .explain
            .push_str(&format!("{place}: {}\n", one.why.render(context.terminal.language)));
    }
}

/// An API error about a document, with kubectl's words around it and the place in the file.
fn refuse(
    context: &Context<'_>,
    document: &Document,
    error: &ApiError,
    verb: &str,
    outcome: &mut Outcome,
) {
    outcome.status = 1;
    if error.reason == Reason::Invalid {
        outcome.err.push_str(&api_error(error));
        for one in document.decoded.diagnose(&error.causes) {
            let place =
                format!("{}:{}:{}", document.file, one.span.start.line, one.span.start.column);
            outcome
                .explain
                .push_str(&format!("{place}: {}\n", one.why.render(context.terminal.language)));
        }
        return;
    }
    let file = crate::api::error::go_quote(&document.file);
    outcome.err.push_str(&format!(
        "Error from server ({}): error when {verb} {file}: {}\n",
        error.reason.word(),
        error.message
    ));
}

fn warn(warnings: &[String], outcome: &mut Outcome) {
    for warning in warnings {
        outcome.err.push_str(&format!("Warning: {warning}\n"));
    }
}

/// `create -f`.
pub(super) fn create(context: &mut Context<'_>) -> Outcome {
    let mut outcome = Outcome::default();
    let Some(documents) = documents(context, &mut outcome) else { return outcome };
    for document in documents {
        let options = context.write();
        match context.cluster.create(
            document.kind,
            &document.namespace,
            document.decoded.value.clone(),
            &options,
        ) {
            Ok(written) => {
                warn(&written.warnings, &mut outcome);
                show(context, &written.object, "created", &mut outcome);
            }
            Err(error) => refuse(context, &document, &error, "creating", &mut outcome),
        }
    }
    outcome
}

/// `KIND/NAME VERB`, or the object itself with `-o`.
pub(super) fn show(
    context: &Context<'_>,
    object: &crate::api::AnyObject,
    verb: &str,
    outcome: &mut Outcome,
) {
    match context.flags.value("output") {
        Some(form) if form != "name" => {
            match super::output::print(form, std::slice::from_ref(object), false) {
                Ok(text) => outcome.out.push_str(&text),
                Err(message) => outcome.err.push_str(&format!("{message}\n")),
            }
        }
        Some(_) => {
            outcome.out.push_str(&format!("{}/{}\n", object.kind().word(), object.meta().name))
        }
        None => {
            let (word, name, dry) =
                (object.kind().word(), &object.meta().name, context.dry_suffix());
            outcome.out.push_str(&format!("{word}/{name} {verb}{dry}\n"));
        }
    }
}

/// The manifest as `apply` remembers it: compact, with its namespace and an annotations field.
fn remembered(document: &Document) -> String {
    let mut manifest = document.decoded.raw.clone();
    let metadata = manifest.child("metadata");
    metadata.set_default("annotations", Value::empty_object());
    if !document.namespace.is_empty() {
        metadata.set("namespace", &document.namespace);
    }
    metadata.child("annotations").remove(LAST_APPLIED);
    format!("{}\n", manifest.to_json())
}

/// `apply -f`.
pub(super) fn apply(context: &mut Context<'_>) -> Outcome {
    if context.flags.all("filename").is_empty() {
        return Outcome::fail("error: must specify one of -f and -k");
    }
    let mut outcome = Outcome::default();
    let Some(documents) = documents(context, &mut outcome) else { return outcome };
    if documents.is_empty() && outcome.err.is_empty() {
        return Outcome::fail("error: no objects passed to apply");
    }
    for document in documents {
        apply_one(context, &document, &mut outcome);
    }
    outcome
}

fn apply_one(context: &mut Context<'_>, document: &Document, outcome: &mut Outcome) {
    let text = remembered(document);
    let name = document.decoded.name().to_owned();
    let key = ObjectKey::new(Rc::clone(&document.namespace), name.as_str());
    let options = context.write();
    let Some(live) = context.cluster.store().get(document.kind, &key) else {
        let mut object = document.decoded.value.clone();
        object.child("metadata").child("annotations").set(LAST_APPLIED, text);
        return match context.cluster.create(document.kind, &document.namespace, object, &options) {
            Ok(written) => {
                warn(&written.warnings, outcome);
                show(context, &written.object, "created", outcome);
            }
            Err(error) => refuse(context, document, &error, "creating", outcome),
        };
    };
    let live_value = live.to_value();
    let last =
        live.meta().annotations.text(LAST_APPLIED).and_then(|text| Value::from_json(text).ok());
    if last.is_none() {
        outcome.err.push_str(&format!(
            "Warning: resource {}/{name} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.\n",
            document.kind.info().plural
        ));
    }
    if live.meta().deleting() {
        outcome.err.push_str(&format!(
            "Warning: Detected changes to resource {name} which is currently being deleted.\n"
        ));
    }
    // The annotation is part of what is wanted, so that the same manifest makes no patch.
    let mut wanted = document.decoded.value.clone();
    let metadata = wanted.child("metadata");
    metadata.child("annotations").set(LAST_APPLIED, text);
    if document.kind.namespaced() {
        metadata.set("namespace", &document.namespace);
    }
    let last = last.unwrap_or_else(Value::empty_object);
    let patch = match three_way(&last, &wanted, &live_value, Schema::of(document.kind)) {
        Ok(patch) => patch,
        Err(words) => {
            outcome.err.push_str(&format!("error: {words}\n"));
            outcome.status = 1;
            return;
        }
    };
    if patch.as_map().is_some_and(|map| map.is_empty()) {
        return show(context, &live, "unchanged", outcome);
    }
    match context.cluster.patch(document.kind, &key, Patch::Strategic(patch), &options) {
        Ok(written) => {
            warn(&written.warnings, outcome);
            show(context, &written.object, "configured", outcome);
        }
        Err(error) => refuse(context, document, &error, "applying patch", outcome),
    }
}

/// `replace -f`.
pub(super) fn replace(context: &mut Context<'_>) -> Outcome {
    if context.flags.all("filename").is_empty() {
        return Outcome::fail("error: must specify one of -f and -k");
    }
    let mut outcome = Outcome::default();
    let Some(documents) = documents(context, &mut outcome) else { return outcome };
    for document in documents {
        let options = context.write();
        match context.cluster.update(
            document.kind,
            &document.namespace,
            document.decoded.value.clone(),
            &options,
        ) {
            Ok(written) => show(context, &written.object, "replaced", &mut outcome),
            Err(error) => refuse(context, &document, &error, "replacing", &mut outcome),
        }
    }
    outcome
}
