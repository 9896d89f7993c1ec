//! `kubectl apply`: what is not there is created, what is there is patched. Follows `pkg/cmd/apply`.

use std::rc::Rc;

use super::manifests::{self, Document};
use super::output::{self, Form};
use super::problem::{Failure, Problem};
use super::{After, Context, DONE, Dry};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::object::{AnyObject, Plain};
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::patch::{strategic_patch, three_way};
use crate::cluster::Patch;
use crate::manifest::Refusal;

/// The annotation that remembers what was applied.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// Runs `apply`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    if !context.flags.words.is_empty() {
        let words = context.flags.words.join(" ");
        return Err(Failure::usage("apply", &format!("Unexpected args: [{words}]")));
    }
    if context.flags.all("filename").is_empty() && !context.flags.given("kustomize") {
        return Err(Failure::new("must specify one of -f and -k"));
    }
    if context.flags.given("kustomize") {
        return Err(Failure::new("-k is not part of this sandbox; use -f"));
    }
    if context.flags.has("prune")
        && !context.flags.has("all")
        && context.flags.text("selector").is_empty()
    {
        return Err(Failure::new(
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all flag. If you did not mean to prune all resources, specify a label selector",
        ));
    }
    if context.flags.has("force-conflicts") && !context.flags.has("server-side") {
        return Err(Failure::new("--force-conflicts only works with --server-side"));
    }
    if context.dry() == Dry::Client && context.flags.has("server-side") {
        return Err(Failure::new(
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)",
        ));
    }
    let mut form = output::form(context, false)?;
    let loaded = manifests::load(context)?;
    let mut failures = loaded.failures;
    let selector = super::resources::selectors(context, Kind::Pod)?;
    let documents: Vec<Document> = (loaded.documents.into_iter())
        .filter(|document| {
            let labels = crate::api::meta::Labels::from_value(
                document.decoded.raw.at(&["metadata", "labels"]),
            );
            selector.labels.is_empty() || selector.labels.matches(&labels)
        })
        .collect();
    if documents.is_empty() && failures.is_empty() {
        return Err(Failure::new("no objects passed to apply"));
    }
    let mut shown = Vec::new();
    for document in &documents {
        match one(context, document) {
            Ok((object, verb)) => show(context, &mut form, object, verb, &mut shown)?,
            Err(failure) => {
                document.explain(context, &failure);
                failures.push(failure);
            }
        }
    }
    if !shown.is_empty() {
        // The list is made of structs: it says nothing of a version.
        let text = match (documents.len(), &form) {
            (2.., Form::Yaml { .. } | Form::Json | Form::Kyaml) => {
                let values: Vec<Value> = shown.iter().map(AnyObject::to_value).collect();
                let mut list = output::list(&values);
                list.set("metadata", Value::empty_object());
                form.print_value(&list)?
            }
            (count, _) => form.print(&shown, count == 1)?,
        };
        context.out(&text);
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// `KIND/NAME VERB`; with `-o` objects are printed together at the end.
fn show(
    context: &mut Context<'_>,
    form: &mut Form,
    object: AnyObject,
    verb: &str,
    later: &mut Vec<AnyObject>,
) -> Result<(), Failure> {
    match form {
        Form::Human { .. } => {
            let line = said(context, &object, verb);
            context.out(&line);
        }
        Form::Name => {
            let text = form.print(std::slice::from_ref(&object), true)?;
            context.out(&text);
        }
        _ => later.push(object),
    }
    Ok(())
}

/// `pod/x created (dry run)`
pub(super) fn said(context: &Context<'_>, object: &AnyObject, verb: &str) -> String {
    let (word, name) = (object.kind().word(), &object.meta().name);
    format!("{word}/{name} {verb}{}\n", context.dry().suffix())
}

/// What `apply` remembers of a manifest: compact, with its namespace and a field for annotations.
pub(super) fn remembered(raw: &Value) -> String {
    let mut manifest = raw.clone();
    let annotations = manifest.child("metadata").child("annotations");
    if !matches!(annotations, Value::Object(_)) {
        *annotations = Value::empty_object();
    }
    annotations.remove(LAST_APPLIED);
    format!("{}\n", manifest.to_json())
}

fn with_annotation(mut object: Value, text: &str) -> Value {
    object.child("metadata").child("annotations").set(LAST_APPLIED, text);
    object
}

/// `Resource: "/v1, Resource=pods", GroupVersionKind: "/v1, Kind=Pod"` and the name.
fn information(document: &Document) -> String {
    let (info, version) = (document.kind.info(), document.kind.api_version());
    let version = if info.group.is_empty() { format!("/{version}") } else { version.to_owned() };
    format!(
        "Resource: \"{version}, Resource={}\", GroupVersionKind: \"{version}, Kind={}\"\nName: {}, Namespace: {}",
        info.plural,
        info.name,
        go_quote(document.name()),
        go_quote(&document.namespace)
    )
}

fn one(
    context: &mut Context<'_>,
    document: &Document,
) -> Result<(AnyObject, &'static str), Failure> {
    let raw = document.raw();
    if document.name().is_empty() {
        if let Some(prefix) = raw.at(&["metadata", "generateName"]).and_then(Value::as_str) {
            return Err(Failure::new(format!(
                "from {prefix}: cannot use generate name with apply"
            )));
        }
        let about = information(document);
        let failure = Failure::new("resource name may not be empty");
        let verb = format!("retrieving current configuration of:\n{about}\nfrom server for:");
        return Err(document.source_error(&verb, failure));
    }
    if context.flags.has("server-side") {
        return server_side(context, document);
    }
    let text = remembered(&context.recorded(raw));
    let Some(live) = context.read(document.kind, &document.key()) else {
        return create(context, document, &text);
    };
    patch(context, document, &live, &text)
}

/// An object that nobody fills in.
pub(super) fn as_it_stands(kind: Kind, value: &Value) -> AnyObject {
    AnyObject::Plain(Rc::new(Plain::from_value(kind, value)))
}

fn create(
    context: &mut Context<'_>,
    document: &Document,
    text: &str,
) -> Result<(AnyObject, &'static str), Failure> {
    if context.dry() == Dry::Client {
        let object = with_annotation(context.recorded(document.object()), text);
        return Ok((as_it_stands(document.kind, &object), "created"));
    }
    if let Some(failure) = manifests::refusal(context, document) {
        return Err(document.source_error("creating", failure));
    }
    let object = with_annotation(context.recorded(document.object()), text);
    let written = context.send_create(document.kind, &document.namespace, object);
    let written = written.map_err(|failure| document.source_error("creating", failure))?;
    Ok((written.object, "created"))
}

fn patch(
    context: &mut Context<'_>,
    document: &Document,
    live: &AnyObject,
    text: &str,
) -> Result<(AnyObject, &'static str), Failure> {
    let (kind, key) = (document.kind, document.key());
    let last = live.meta().annotations.text(LAST_APPLIED);
    if last.is_none() {
        let plural = kind.info().plural;
        context.warn(&format!("Warning: resource {plural}/{} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply should only be used on resources created declaratively by either kubectl create --save-config or kubectl apply. The missing annotation will be patched automatically.", document.name()));
    }
    let original =
        last.and_then(|text| Value::from_json(text).ok()).unwrap_or_else(Value::empty_object);
    // Where the server will refuse the manifest, the patch is made from what was written.
    let refused = document.decoded.refusal.is_some();
    let wanted = if refused { document.raw() } else { document.object() };
    let wanted = with_annotation(context.recorded(wanted), text);
    let current = live.to_value();
    let patch = three_way(&original, &wanted, &current, Schema::of(kind)).map_err(Failure::new)?;
    let warn_if_leaving = |context: &mut Context<'_>| {
        if live.meta().deleting() {
            context.warn(&format!(
                "Warning: Detected changes to resource {} which is currently being deleted.",
                live.meta().name
            ));
        }
    };
    if context.dry() == Dry::Client {
        let patched = strategic_patch(&current, &patch, Schema::of(kind)).map_err(Failure::new)?;
        warn_if_leaving(context);
        return Ok((as_it_stands(kind, &patched), "configured"));
    }
    if patch.as_map().is_some_and(|map| map.is_empty()) {
        warn_if_leaving(context);
        return Ok((live.clone(), "unchanged"));
    }
    let around = |failure: Failure| {
        let inner = document.source_error("patching", failure);
        let about = information(document);
        let verb = format!("applying patch:\n{}\nto:\n{about}\nfor:", patch.to_json());
        document.source_error(&verb, inner)
    };
    if let Some(failure) = refusal_of_patch(context, document) {
        return Err(around(failure));
    }
    match context.send_patch(kind, &key, Patch::Strategic(patch.clone())) {
        Ok(written) => {
            warn_if_leaving(context);
            Ok((written.object, "configured"))
        }
        Err(failure) if context.flags.has("force") && replaceable(&failure) => {
            delete_and_create(context, document, text)
        }
        Err(failure) => Err(around(failure)),
    }
}

/// What the server says of unknown fields in a patch.
fn refusal_of_patch(context: &mut Context<'_>, document: &Document) -> Option<Failure> {
    let failure = manifests::refusal(context, document)?;
    match &document.decoded.refusal {
        Some(Refusal::BadRequest { strict, .. }) if !strict.is_empty() => {
            let words = format!("strict decoding error: {}", strict.join(", "));
            Some(ApiError::new(Reason::BadRequest, words).into())
        }
        _ => Some(failure),
    }
}

fn replaceable(failure: &Failure) -> bool {
    failure.problems.iter().any(|problem| {
        matches!(problem, Problem::Api(error) if matches!(error.reason, Reason::Invalid | Reason::Conflict))
    })
}

/// `--force`: what cannot be changed is deleted and made anew.
fn delete_and_create(
    context: &mut Context<'_>,
    document: &Document,
    text: &str,
) -> Result<(AnyObject, &'static str), Failure> {
    let how = crate::reconcile::DeleteOptions {
        propagation: Some(crate::reconcile::Propagation::Background),
        grace_seconds: Some(0),
        ..Default::default()
    };
    context.send_delete(document.kind, &document.key(), &how)?;
    let (object, _) = create(context, document, text)?;
    Ok((object, "configured"))
}

/// `--server-side`: the whole manifest is merged by the server. One manager owns every field here, so there are no
/// conflicts.
fn server_side(
    context: &mut Context<'_>,
    document: &Document,
) -> Result<(AnyObject, &'static str), Failure> {
    const VERB: &str = "serverside-applied";
    if let Some(failure) = manifests::refusal(context, document) {
        return Err(failure);
    }
    let written = match context.read(document.kind, &document.key()) {
        None => context.send_create(document.kind, &document.namespace, document.object())?,
        Some(_) => {
            let patch = Patch::Strategic(document.object());
            context.send_patch(document.kind, &document.key(), patch)?
        }
    };
    Ok((written.object, VERB))
}
