//! Which objects a command means: `TYPE`, `TYPE NAME…`, `TYPE/NAME…`, `-f`, `-l`, `--all`. Follows
//! `k8s.io/cli-runtime/pkg/resource/builder.go`.

use super::apply::as_it_stands;
use super::manifests;
use super::problem::Failure;
use super::{Context, Dry};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::FieldSelector;

/// What words name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// Nothing.
    Nothing,
    /// All objects of these types.
    Types(Vec<Kind>),
    /// These objects.
    Objects(Vec<(Kind, String)>),
}

/// The objects that were found, and what was not.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) objects: Vec<AnyObject>,
    pub(super) failures: Vec<Failure>,
    /// The types that were asked for.
    pub(super) kinds: Vec<Kind>,
    /// Whether one object was asked for by name, and not a list.
    pub(super) single: bool,
    /// Whether lists were asked for.
    pub(super) lists: bool,
}

/// What a command needs from its words.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Needs {
    /// A type alone means all of its objects (`get`, `describe`); otherwise `-l` or `--all` is needed.
    pub(super) type_is_enough: bool,
    /// `--all` counts.
    pub(super) all: bool,
    /// `--selector` is about something else (`expose`).
    pub(super) other_selector: bool,
}

/// The kind that a word means.
///
/// # Errors
/// `the server doesn't have a resource type "foo"`
pub(super) fn kind(word: &str) -> Result<Kind, Failure> {
    if word.to_lowercase().starts_with("events.") || word.to_lowercase().starts_with("event.") {
        return Ok(Kind::Event);
    }
    let (name, group) = word.split_once('.').unwrap_or((word, ""));
    if let Some(kind) = Kind::from_word(word)
        && is_spelt(kind, name, group)
    {
        return Ok(kind);
    }
    let words = format!("the server doesn't have a resource type {}", go_quote(name));
    Err(Failure::new(words))
}

/// Whether a word is written as the mapper takes it: of a type's name in any letters, of short names and groups in small
/// ones. Follows `coerceResourceForMatching` of `k8s.io/apimachinery/pkg/api/meta/restmapper.go`.
fn is_spelt(kind: Kind, name: &str, group: &str) -> bool {
    let (info, small) = (kind.info(), name.to_lowercase());
    let own = small == info.plural || small == info.name.to_lowercase();
    (own || small == name) && !group.contains(char::is_uppercase)
}

/// The type whose name comes nearest to a misspelt one.
pub(in crate::terminal) fn nearest_type(word: &str) -> Option<&'static str> {
    let names = Kind::ALL.into_iter().flat_map(|kind| {
        let info = kind.info();
        std::iter::once(info.plural).chain(info.short_names.iter().copied())
    });
    super::help::nearest(word, names)
}

/// Reads the words of a command.
///
/// # Errors
/// kubectl's words about types and forms.
pub(super) fn named(words: &[String]) -> Result<Named, Failure> {
    let Some(first) = words.first() else { return Ok(Named::Nothing) };
    if words.iter().any(|word| word.contains('/')) {
        return slashed(words).map(Named::Objects);
    }
    let names = words.get(1..).unwrap_or_default();
    // Several types with names are pairs of both.
    if first.contains(',') && !names.is_empty() {
        let pair = |part| names.iter().map(move |name| format!("{part}/{name}"));
        let pairs: Vec<String> = first.split(',').flat_map(pair).collect();
        return slashed(&pairs).map(Named::Objects);
    }
    let mut kinds = Vec::new();
    for part in first.split(',') {
        match part {
            "all" => kinds.extend(Kind::CATEGORY_ALL),
            part => kinds.push(kind(part)?),
        }
    }
    let names: Vec<&String> = names.iter().filter(|name| !name.is_empty()).collect();
    if names.is_empty() {
        return Ok(Named::Types(kinds));
    }
    let pairs = kinds.iter().flat_map(|kind| names.iter().map(|name| (*kind, (*name).clone())));
    Ok(Named::Objects(pairs.collect()))
}

fn slashed(words: &[String]) -> Result<Vec<(Kind, String)>, Failure> {
    let mut objects = Vec::new();
    for word in words {
        let parts: Vec<&str> = word.split('/').collect();
        match parts.as_slice() {
            [_] => {
                return Err(Failure::new(
                    "there is no need to specify a resource type as a separate argument when passing arguments in resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource resource/<resource_name>'",
                ));
            }
            [word, name] if !word.is_empty() && !name.is_empty() => {
                objects.push((kind(word)?, (*name).to_owned()));
            }
            [_, _] => {
                return Err(Failure::new(
                    "arguments in resource/name form must have a single resource and name",
                ));
            }
            _ => {
                return Err(Failure::new(
                    "arguments in resource/name form may not have more than one slash",
                ));
            }
        }
    }
    Ok(objects)
}

/// The selectors of a command.
#[derive(Clone, Debug)]
pub(super) struct Selectors {
    pub(super) labels: Selector,
    fields: FieldSelector,
}

impl Selectors {
    /// Whether an object is meant.
    pub(super) fn matches(&self, object: &AnyObject) -> bool {
        if !self.labels.is_empty() && !self.labels.matches(&object.meta().labels) {
            return false;
        }
        self.fields.matches(object)
    }

    /// Whether everything is meant.
    pub(super) fn is_empty(&self) -> bool {
        self.labels.is_empty() && self.fields.is_empty()
    }
}

/// Reads `-l` and `--field-selector`.
///
/// # Errors
/// The server's words, as kubectl hands them on.
pub(super) fn selectors(context: &Context<'_>, kind: Kind) -> Result<Selectors, Failure> {
    let labels = context.flags.text("selector");
    let fields = context.flags.text("field-selector");
    let refuse = |words: String| {
        let (info, version) = (kind.info(), kind.api_version());
        let version =
            if info.group.is_empty() { format!("/{version}") } else { version.to_owned() };
        let message = format!(
            "Unable to find \"{version}, Resource={}\" that match label selector {}, field selector {}: {words}",
            info.plural,
            go_quote(labels),
            go_quote(fields)
        );
        Failure::from(ApiError::new(Reason::BadRequest, message))
    };
    let selector = Selector::parse(labels).map_err(refuse)?;
    let fields = FieldSelector::parse(kind, fields).map_err(refuse)?;
    Ok(Selectors { labels: selector, fields })
}

/// The objects of a list, by namespace and selectors.
pub(super) fn list(context: &Context<'_>, kind: Kind, selectors: &Selectors) -> Vec<AnyObject> {
    let scope = context.scope(kind);
    let mut all = context.cluster.objects(kind, scope.as_deref());
    if !selectors.is_empty() {
        all.retain(|object| selectors.matches(object));
    }
    all
}

/// The objects that the words, files and selectors of a command mean.
///
/// # Errors
/// kubectl's words where it gives up before asking the server; what the server does not have is among the failures.
pub(super) fn find(
    context: &mut Context<'_>,
    words: &[String],
    needs: Needs,
) -> Result<Found, Failure> {
    let found = look_up(context, words, needs)?;
    found.kinds.iter().for_each(|kind| context.asked_for(*kind));
    Ok(found)
}

fn look_up(context: &mut Context<'_>, words: &[String], needs: Needs) -> Result<Found, Failure> {
    if !context.flags.all("filename").is_empty() {
        return from_files(context);
    }
    let selects = !needs.other_selector && !context.flags.text("selector").is_empty()
        || !context.flags.text("field-selector").is_empty();
    let all = needs.all && context.flags.has("all");
    match named(words)? {
        Named::Nothing if selects || all => {
            Err(Failure::new("at least one resource must be specified to use a selector"))
        }
        Named::Nothing => Err(Failure::new(NOTHING_NAMED)),
        Named::Types(kinds) => {
            if !(needs.type_is_enough || selects || all) {
                return Err(Failure::new("resource(s) were provided, but no name was specified"));
            }
            let mut found = Found { kinds: kinds.clone(), lists: true, ..Found::default() };
            for kind in kinds {
                match selectors(context, kind) {
                    Ok(selectors) => found.objects.extend(list(context, kind, &selectors)),
                    Err(failure) => found.failures.push(failure),
                }
            }
            Ok(found)
        }
        Named::Objects(names) => {
            if selects || all {
                let slashed = words.iter().any(|word| word.contains(['/', ',']));
                return Err(Failure::new(match slashed {
                    true => {
                        "selectors and the all flag cannot be used when passing resource/name arguments"
                    }
                    false => "name cannot be provided when a selector is specified",
                }));
            }
            if context.flags.has("all-namespaces") {
                return Err(Failure::new(
                    "a resource cannot be retrieved by name across all namespaces",
                ));
            }
            Ok(by_name(context, &names))
        }
    }
}

/// What `delete`, `edit` and `expose` say without words.
pub(super) const NOTHING_NAMED: &str = "You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

/// Objects by name; missing ones are failures.
pub(super) fn by_name(context: &Context<'_>, names: &[(Kind, String)]) -> Found {
    let mut found = Found { single: names.len() == 1, ..Found::default() };
    for (kind, name) in names {
        if !found.kinds.contains(kind) {
            found.kinds.push(*kind);
        }
        let key = context.key(*kind, name);
        match context.cluster.object(*kind, &key) {
            Some(object) => found.objects.push(object),
            None => found.failures.push(Failure::not_found(*kind, name)),
        }
    }
    found
}

/// `--local` has no server.
///
/// # Errors
/// kubectl's words.
pub(super) fn check_local(context: &Context<'_>) -> Result<(), Failure> {
    match context.flags.has("local") && context.dry() == Dry::Server {
        true => Err(Failure::new(
            "cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
        )),
        false => Ok(()),
    }
}

/// The objects of the manifests of `-f` as they stand there, for `--local`.
///
/// # Errors
/// What is wrong with the files; that there are none.
pub(super) fn local(
    context: &mut Context<'_>,
    take: fn(&manifests::Document) -> Value,
) -> Result<Found, Failure> {
    if context.flags.all("filename").is_empty() {
        return Err(Failure::new(NOTHING_NAMED));
    }
    let loaded = manifests::load(context)?;
    let objects = (loaded.documents.iter())
        .map(|document| as_it_stands(document.kind, &take(document)))
        .collect();
    let single = loaded.documents.len() == 1;
    Ok(Found { objects, failures: loaded.failures, single, ..Found::default() })
}

/// The live objects of the manifests of `-f`.
fn from_files(context: &mut Context<'_>) -> Result<Found, Failure> {
    let loaded = manifests::load(context)?;
    let mut found = Found { single: loaded.documents.len() == 1, ..Found::default() };
    for document in &loaded.documents {
        if !found.kinds.contains(&document.kind) {
            found.kinds.push(document.kind);
        }
        let key = ObjectKey::new(document.namespace.clone(), document.name());
        let deletes = &*context.verb() == "delete";
        match context.cluster.object(document.kind, &key) {
            Some(object) => found.objects.push(object),
            // Nobody asks the server.
            None if deletes && context.dry() == Dry::Client => {
                found.objects.push(as_it_stands(document.kind, &document.object()));
            }
            None => {
                let failure = Failure::not_found(document.kind, document.name());
                found.failures.push(match deletes {
                    true => document.source_error("deleting", failure),
                    false => failure,
                });
            }
        }
    }
    found.failures.extend(loaded.failures);
    Ok(found)
}
