//! `kubectl get`, and watching.

use std::rc::Rc;

use super::output::{self, push_row, widen, widths};
use super::{Context, Named, Outcome, chosen, resources, selector};
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::apiserver::table;
use crate::cluster::Cluster;
use crate::sim::Time;
use crate::store::Operation;
use crate::terminal::run::Follow;

/// How rows are shown.
#[derive(Clone, Debug)]
struct View {
    wide: bool,
    namespaces: bool,
    kinds: bool,
    labels: bool,
    columns: Vec<String>,
    headers: bool,
}

impl View {
    fn header(&self, kind: Kind) -> Vec<String> {
        let mut row: Vec<String> = Vec::new();
        if self.namespaces {
            row.push("NAMESPACE".into());
        }
        let shown = table::columns(kind).iter().filter(|column| self.wide || !column.wide);
        row.extend(shown.map(|column| column.name.to_uppercase()));
        row.extend(
            self.columns.iter().map(|key| key.rsplit('/').next().unwrap_or(key).to_uppercase()),
        );
        if self.labels {
            row.push("LABELS".into());
        }
        row
    }

    fn row(&self, object: &AnyObject, now: Time) -> Vec<String> {
        let columns = table::columns(object.kind());
        let cells = table::row(object, now).into_iter().zip(columns);
        let meta = object.meta();
        let mut row: Vec<String> = Vec::new();
        if self.namespaces {
            row.push(meta.namespace.to_string());
        }
        let first = row.len();
        row.extend(cells.filter(|(_, column)| self.wide || !column.wide).map(|(cell, _)| cell));
        if self.kinds
            && let Some(name) = row.get_mut(first)
        {
            *name = format!("{}/{name}", object.kind().word());
        }
        row.extend(
            self.columns.iter().map(|key| meta.labels.text(key).unwrap_or_default().to_owned()),
        );
        if self.labels {
            let all: Vec<String> =
                meta.labels.iter().map(|(key, value)| format!("{key}={value}")).collect();
            row.push(if all.is_empty() { "<none>".into() } else { all.join(",") });
        }
        row
    }
}

/// What a watch shows.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    kind: Kind,
    namespace: Option<Rc<str>>,
    name: Option<String>,
    selector: Option<Selector>,
    version: u64,
    view: View,
    widths: Vec<usize>,
    name_form: bool,
}

impl Watch {
    /// The rows of what changed since it was last asked.
    pub(crate) fn advance(&mut self, cluster: &Cluster) -> String {
        let mut text = String::new();
        let changes: Vec<_> = cluster.store().journal().since(self.version).cloned().collect();
        for change in changes {
            self.version = change.id;
            let object = &change.object;
            let meta = object.meta();
            let concerned = object.kind() == self.kind
                && self.namespace.as_ref().is_none_or(|namespace| *namespace == meta.namespace)
                && self.name.as_ref().is_none_or(|name| **name == *meta.name)
                && self.selector.as_ref().is_none_or(|selector| selector.matches(&meta.labels));
            if !concerned {
                continue;
            }
            if self.name_form {
                text.push_str(&format!("{}/{}\n", self.kind.word(), meta.name));
                continue;
            }
            let row = self.view.row(object, change.at);
            let same = change.operation == Operation::Modified
                && change.before.as_ref().is_some_and(|before| {
                    self.view.row(before, change.at) == row
                        && before.meta().deletion == meta.deletion
                        && self.kind == Kind::Event
                });
            if !same {
                // A column that grew stays wide, as kubectl's tabwriter remembers widths.
                widen(&mut self.widths, &row);
                push_row(&mut text, &row, &self.widths);
            }
        }
        text
    }
}

/// Runs `get`.
pub(super) fn run(context: &mut Context<'_>) -> Outcome {
    if context.flags.words.is_empty() {
        return Outcome::fail(
            "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples",
        );
    }
    let named = match resources(&context.flags.words) {
        Ok(named) => named,
        Err(outcome) => return outcome,
    };
    let (mut objects, mut errors) = match chosen(context) {
        Ok(found) => found,
        Err(outcome) => return outcome,
    };
    if context.flags.has("ignore-not-found") {
        errors.clear();
    }
    if let Some(fields) = context.flags.value("field-selector")
        && let Err(outcome) = keep_fields(&mut objects, fields)
    {
        return outcome;
    }
    if let Some(path) = context.flags.value("sort-by") {
        let path = path.trim_matches(['{', '}']).to_owned();
        objects.sort_by_cached_key(|object| {
            let found = output::select(&path, &object.to_value());
            found.first().map(|value| match value {
                Value::Int(number) => (*number, String::new()),
                Value::String(text) => (0, text.to_string()),
                other => (0, other.to_json()),
            })
        });
    }
    let form = context.flags.value("output").unwrap_or("").to_owned();
    if !matches!(form.as_str(), "" | "wide" | "name")
        || (form == "name" && !context.flags.has("watch"))
    {
        let many = matches!(named, Named::Kinds(_)) || objects.len() != 1;
        if !errors.is_empty() && objects.is_empty() {
            return Outcome { err: errors, status: 1, ..Outcome::default() };
        }
        return match output::print(&form, &objects, many) {
            Ok(out) => Outcome {
                out,
                status: i32::from(!errors.is_empty()),
                err: errors,
                ..Outcome::default()
            },
            Err(message) => Outcome::fail(message),
        };
    }
    tables(context, &named, &objects, errors, &form)
}

fn kinds_of(named: &Named) -> Vec<Kind> {
    let mut kinds: Vec<Kind> = Vec::new();
    let all: Vec<Kind> = match named {
        Named::Kinds(kinds) => kinds.clone(),
        Named::Objects(objects) => objects.iter().map(|(kind, _)| *kind).collect(),
    };
    for kind in all {
        if !kinds.contains(&kind) {
            kinds.push(kind);
        }
    }
    kinds
}

fn tables(
    context: &mut Context<'_>,
    named: &Named,
    objects: &[AnyObject],
    errors: String,
    form: &str,
) -> Outcome {
    let now = context.cluster.now();
    let kinds = kinds_of(named);
    let all = context.flags.has("all-namespaces");
    let mut outcome =
        Outcome { status: i32::from(!errors.is_empty()), err: errors, ..Outcome::default() };
    let mut view = View {
        wide: form == "wide",
        namespaces: false,
        kinds: kinds.len() > 1 || context.flags.has("show-kind"),
        labels: context.flags.has("show-labels"),
        columns: context.flags.all("label-columns"),
        headers: !context.flags.has("no-headers"),
    };
    let mut last_widths = Vec::new();
    let mut shown = 0;
    for kind in &kinds {
        let mut rows: Vec<&AnyObject> =
            objects.iter().filter(|object| object.kind() == *kind).collect();
        if *kind == Kind::Event {
            rows.sort_by_key(|object| match object {
                AnyObject::Event(event) => event.last,
                _ => Time::default(),
            });
        }
        view.namespaces = all && kind.namespaced();
        let body: Vec<Vec<String>> = rows.iter().map(|object| view.row(object, now)).collect();
        let mut with_header = vec![view.header(*kind)];
        with_header.extend(body.clone());
        last_widths = widths(&with_header);
        if body.is_empty() {
            continue;
        }
        if shown > 0 {
            outcome.out.push('\n');
        }
        shown += 1;
        outcome.out.push_str(&output::table(if view.headers { &with_header } else { &body }));
    }
    if shown == 0 && outcome.err.is_empty() && !context.flags.has("ignore-not-found") {
        let cluster_wide = kinds.iter().all(|kind| !kind.namespaced());
        outcome.err = match all || cluster_wide {
            true => "No resources found\n".into(),
            false => format!("No resources found in {} namespace.\n", context.namespace()),
        };
    }
    if context.flags.has("watch") || context.flags.has("watch-only") {
        let [kind] = kinds.as_slice() else {
            return Outcome::fail("error: you may only specify a single resource type");
        };
        if context.flags.has("watch-only") {
            outcome.out.clear();
        }
        outcome.err.clear();
        let name = match named {
            Named::Objects(names) => names.first().map(|(_, name)| name.clone()),
            Named::Kinds(_) => None,
        };
        outcome.follow = Some(Follow::Watch(Box::new(Watch {
            kind: *kind,
            namespace: (kind.namespaced() && !all).then(|| context.namespace()),
            name,
            selector: selector(context).unwrap_or(None),
            version: context.cluster.store().resource_version(),
            view,
            widths: last_widths,
            name_form: form == "name",
        })));
    }
    outcome
}

/// `--field-selector`: `metadata.name=x,status.phase!=Running`.
fn keep_fields(objects: &mut Vec<AnyObject>, fields: &str) -> Result<(), Outcome> {
    for part in fields.split(',').filter(|part| !part.is_empty()) {
        let (path, value, equal) = match part.split_once("!=") {
            Some((path, value)) => (path, value, false),
            None => match part.split_once("==").or_else(|| part.split_once('=')) {
                Some((path, value)) => (path, value, true),
                None => {
                    return Err(Outcome::fail(format!(
                        "error: invalid selector: '{part}'; can't understand '{part}'"
                    )));
                }
            },
        };
        let known = [
            "metadata.",
            "status.phase",
            "spec.nodeName",
            "spec.restartPolicy",
            "status.podIP",
            "involvedObject.",
            "type",
            "reason",
            "status.successful",
            "spec.unschedulable",
            "status.replicas",
            "source",
        ];
        if !known.iter().any(|prefix| path.starts_with(prefix)) {
            return Err(Outcome::fail(format!(
                "Error from server (BadRequest): Unable to find \"/v1, Resource=pods\" that match label selector \"\", field selector \"{fields}\": field label not supported: {path}"
            )));
        }
        let keys: Vec<&str> = path.split('.').collect();
        objects.retain(|object| {
            let all = object.to_value();
            let found = all.at(&keys).map(|value| match value {
                Value::String(text) => text.to_string(),
                other => other.to_json(),
            });
            (found.unwrap_or_default() == value) == equal
        });
    }
    Ok(())
}
