//! `kubectl get`. Follows `pkg/cmd/get/get.go`.

use super::output::{self, Form};
use super::problem::Failure;
use super::resources::{self, Found, Needs};
use super::subresource::{self, Subresource};
use super::table::{Printer, View};
use super::{After, Context, DONE, sort_by, watch};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;

const NO_TYPE: &str = "You must specify the type of resource to get. Use \"kubectl api-resources\" for a complete list of supported resources.\n\nerror: Required resource not specified.\nUse \"kubectl explain <resource>\" for a detailed description of that resource (e.g. kubectl explain pods).\nSee 'kubectl get -h' for help and examples";

/// Runs `get`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let from_files = !context.flags.all("filename").is_empty();
    if words.is_empty() && !from_files {
        return Err(Failure::verbatim(NO_TYPE));
    }
    let watches = context.flags.has("watch") || context.flags.has("watch-only");
    if context.flags.has("output-watch-events") && !watches {
        return Err(Failure::new(
            "--output-watch-events option can only be used with --watch or --watch-only",
        ));
    }
    let output = context.flags.text("output");
    if context.flags.has("show-labels") && !matches!(output, "" | "wide") {
        return Err(Failure::new(format!(
            "--show-labels option cannot be used with {output} printer"
        )));
    }
    let mut form = output::form(context, true)?;
    if words.first().is_some_and(|word| word.split(',').any(|word| word == "ev")) {
        context.warn("Warning: short name \"ev\" could also match lower priority resource events.events.k8s.io");
    }
    let view = view(context, &words, &form);
    if watches {
        if context.flags.given("sort-by") {
            context.warn(match context.flags.has("watch") {
                true => "warning: --watch requested, --sort-by will be ignored for watch events received",
                false => "warning: --watch-only requested, --sort-by will be ignored",
            });
        }
        return watch::start(context, &words, form, view);
    }
    let mut found =
        resources::find(context, &words, Needs { type_is_enough: true, ..Needs::default() })?;
    if context.flags.has("ignore-not-found") {
        found.failures.retain(|failure| !failure.is_not_found());
    }
    sort(context, &form, &mut found)?;
    if subresource::asked(context)? == Some(Subresource::Scale) {
        return subresource::get(context, &found, &mut form, view.headers);
    }
    if form.is_human() {
        return tables(context, &found, view);
    }
    if found.single && !found.failures.is_empty() {
        return Err(Failure::all(found.failures).unwrap_or_else(|| Failure::new("not found")));
    }
    if found.objects.is_empty() && found.single {
        return DONE;
    }
    let text = form.print(&found.objects, found.single)?;
    context.out(&text);
    match Failure::all(found.failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// `--sort-by`: tables come from the server, one for each list and for each object of a name.
///
/// # Errors
/// kubectl's words about the path.
pub(super) fn sort(context: &Context<'_>, form: &Form, found: &mut Found) -> Result<(), Failure> {
    let path = context.flags.text("sort-by").to_owned();
    if path.is_empty() {
        return Ok(());
    }
    match form.is_human() && context.flags.unless_off("server-print") {
        true => {
            let tables = if found.lists { found.kinds.len() } else { found.objects.len() };
            sort_by::sort_tables(&mut found.objects, tables, &path)
        }
        false => {
            let single = found.single || form.is_human() && found.objects.len() == 1;
            sort_by::sort_objects(&mut found.objects, single, &path)
        }
    }
}

fn view(context: &Context<'_>, words: &[String], form: &Form) -> View {
    // Several types were asked for: names say which.
    let first = words.first().map_or("", String::as_str);
    let types: std::collections::BTreeSet<&str> =
        words.iter().filter_map(|word| word.split_once('/')).map(|(kind, _)| kind).collect();
    let several = first == "all" || first.contains(',') || types.len() > 1;
    View {
        wide: matches!(form, Form::Human { wide: true }),
        namespaces: context.flags.has("all-namespaces"),
        kinds: several || context.flags.has("show-kind"),
        labels: context.flags.has("show-labels"),
        columns: context.flags.all("label-columns").to_vec(),
        headers: !context.flags.has("no-headers"),
        events: context.flags.has("output-watch-events"),
        plain: !context.flags.unless_off("server-print"),
    }
}

fn tables(context: &mut Context<'_>, found: &Found, view: View) -> Result<After, Failure> {
    let now = context.cluster.now();
    let mut view = view;
    let mut kinds: Vec<Kind> = Vec::new();
    for object in &found.objects {
        if kinds.last() != Some(&object.kind()) {
            kinds.push(object.kind());
        }
    }
    view.kinds |= kinds.len() > 1;
    let mut rest = found.objects.as_slice();
    let mut written = false;
    for kind in kinds {
        let length = rest.iter().take_while(|object| object.kind() == kind).count();
        let (rows, behind): (&[AnyObject], &[AnyObject]) =
            rest.split_at_checked(length).unwrap_or((rest, &[]));
        rest = behind;
        let mut printer = Printer::new(kind, view.clone());
        let text = printer.rows(rows.iter().map(|object| (object, None)), now);
        if written && view.headers {
            context.out("\n");
        }
        written = true;
        context.out(&text);
    }
    if let Some(failure) = Failure::all(found.failures.clone()) {
        return Err(failure);
    }
    if !written && !context.flags.has("ignore-not-found") {
        let words = nothing_found(context);
        context.warn(&words);
    }
    DONE
}

/// `No resources found in NS namespace.`
pub(super) fn nothing_found(context: &Context<'_>) -> String {
    match context.flags.has("all-namespaces") {
        true => "No resources found".into(),
        false => format!("No resources found in {} namespace.", context.namespace()),
    }
}
