//! `kubectl create -f` and `kubectl replace -f`. Follows `pkg/cmd/create` and `pkg/cmd/replace`.

use super::apply::{LAST_APPLIED, as_it_stands, remembered, said};
use super::delete;
use super::manifests::{self, Document};
use super::output::{self, Form};
use super::problem::Failure;
use super::{After, Context, DONE, Dry};
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::terminal::process::{Io, Process, Turn};

/// Runs `create -f`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    if !context.flags.words.is_empty() {
        let words = context.flags.words.join(" ");
        return Err(Failure::usage("create", &format!("Unexpected args: [{words}]")));
    }
    each(context, "create", |context, document| {
        if context.dry() == Dry::Client {
            return Ok((as_it_stands(document.kind, &document.object()), "created"));
        }
        if let Some(failure) = manifests::refusal(context, document) {
            return Err(document.source_error("creating", failure));
        }
        let object = saved(context, document);
        let written = context.send_create(document.kind, &document.namespace, object);
        let written = written.map_err(|failure| document.source_error("creating", failure))?;
        Ok((written.object, "created"))
    })
}

/// The object of a document; with `--save-config` it remembers its manifest.
fn saved(context: &Context<'_>, document: &Document) -> Value {
    let mut object = document.object();
    if context.flags.has("save-config") {
        let text = remembered(&document.raw());
        object.child("metadata").child("annotations").set(LAST_APPLIED, text);
    }
    context.recorded(object)
}

/// Runs `replace -f`.
pub(super) fn replace(context: &mut Context<'_>) -> Result<After, Failure> {
    if context.flags.all("filename").is_empty() && !context.flags.given("kustomize") {
        return Err(Failure::new("must specify one of -f and -k"));
    }
    if context.flags.has("force") {
        return force_replace(context);
    }
    if context.flags.number("grace-period").is_some_and(|seconds| seconds >= 0) {
        return Err(Failure::new("--grace-period must have --force specified"));
    }
    each(context, "replace", |context, document| {
        if document.name().is_empty() {
            return Err(Failure::new("resource name may not be empty"));
        }
        if context.dry() == Dry::Client {
            return Ok((as_it_stands(document.kind, &document.object()), "replaced"));
        }
        if let Some(failure) = manifests::refusal(context, document) {
            return Err(document.source_error("replacing", failure));
        }
        let mut object = saved(context, document);
        // An object that was applied goes on remembering what was applied.
        let live = context.read(document.kind, &document.key());
        if live.is_some_and(|live| live.meta().annotations.text(LAST_APPLIED).is_some()) {
            let text = remembered(&document.raw());
            if document.decoded.raw.at(&["metadata", "annotations", LAST_APPLIED]).is_some() {
                object.child("metadata").child("annotations").set(LAST_APPLIED, text);
            }
        }
        let written = context.send_update(document.kind, &document.namespace, object);
        let written = written.map_err(|failure| document.source_error("replacing", failure))?;
        Ok((written.object, "replaced"))
    })
}

/// Sends each document; what went wrong is told at the end.
fn each(
    context: &mut Context<'_>,
    command: &str,
    send: impl Fn(&mut Context<'_>, &Document) -> Result<(AnyObject, &'static str), Failure>,
) -> Result<After, Failure> {
    if context.flags.all("filename").is_empty() {
        return Err(Failure::new("must specify one of -f and -k"));
    }
    let mut form = output::form(context, false)?;
    let loaded = manifests::load(context)?;
    if loaded.documents.is_empty() && loaded.failures.is_empty() {
        return Err(Failure::new(format!("no objects passed to {command}")));
    }
    let mut failures = loaded.failures;
    for document in &loaded.documents {
        match send(context, document) {
            Ok((object, verb)) => print(context, &mut form, &object, verb)?,
            Err(failure) => {
                document.explain(context, &failure);
                failures.push(failure);
            }
        }
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// `KIND/NAME VERB`, or the object in another form.
pub(super) fn print(
    context: &mut Context<'_>,
    form: &mut Form,
    object: &AnyObject,
    verb: &str,
) -> Result<(), Failure> {
    let text = match form.is_human() {
        true => said(context, object, verb),
        false => form.print(std::slice::from_ref(object), true)?,
    };
    context.out(&text);
    Ok(())
}

/// `replace --force`: deletes, waits until the objects are gone, creates.
fn force_replace(context: &mut Context<'_>) -> Result<After, Failure> {
    let loaded = manifests::load(context)?;
    if let Some(failure) = Failure::all(loaded.failures) {
        return Err(failure);
    }
    let how = crate::reconcile::DeleteOptions {
        propagation: Some(crate::reconcile::Propagation::Background),
        grace_seconds: Some(context.flags.number("grace-period").unwrap_or(0).max(0)),
        ..Default::default()
    };
    let mut waits = Vec::new();
    for document in &loaded.documents {
        // What is not there is only made.
        let Some(live) = context.read(document.kind, &document.key()) else { continue };
        context.send_delete(document.kind, &document.key(), &how)?;
        let line = delete::said(&live, false, "");
        context.out(&line);
        waits.push((document.kind, document.key(), live.uid()));
    }
    Ok(After::Goes(Box::new(ForceReplace {
        documents: loaded.documents,
        waits,
        line: context.line.to_string(),
    })))
}

/// Documents whose old objects are on their way out.
#[derive(Debug)]
struct ForceReplace {
    documents: Vec<Document>,
    waits: Vec<delete::Target>,
    line: String,
}

impl Process for ForceReplace {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let store = io.cluster.store();
        self.waits.retain(|(kind, key, uid)| {
            store.get(*kind, key).is_some_and(|object| object.uid() == *uid)
        });
        if !self.waits.is_empty() {
            return Turn::Waits(None);
        }
        let options = crate::cluster::WriteOptions { dry_run: false, words: self.line.clone() };
        let mut status = 0;
        for document in &self.documents {
            let made =
                io.cluster.create(document.kind, &document.namespace, document.object(), &options);
            match made {
                Ok(written) => {
                    let (word, name) = (document.kind.word(), &written.object.meta().name);
                    io.out(&format!("{word}/{name} replaced\n"));
                }
                Err(error) => {
                    io.error(&Failure::from(error).lines());
                    status = 1;
                }
            }
        }
        Turn::Done(status)
    }
}
