//! `kubectl events`: events sorted by when they were last seen. Follows `pkg/cmd/events`.

use std::rc::Rc;

use super::output;
use super::problem::Failure;
use super::resources::{self, Named};
use super::tabwriter::Columns;
use super::{After, Context, DONE};
use crate::api::core::Event;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::apiserver::table::age;
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::store::Operation;
use crate::terminal::process::{Io, Process, Turn};

/// Which events are shown, and how.
#[derive(Clone, Debug)]
struct View {
    namespace: Option<Rc<str>>,
    about: Option<(Kind, String)>,
    types: Vec<String>,
    namespaces: bool,
    headers: bool,
    columns: Columns,
}

/// Runs `events`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    if let Some(word) = context.flags.words.first() {
        let words =
            format!("unknown command {} for \"kubectl events\"", crate::api::error::go_quote(word));
        return Err(Failure::new(words));
    }
    let mut view = view(context)?;
    let store = context.cluster.store();
    let mut found: Vec<Rc<Event>> = store
        .events()
        .iter_in(view.namespace.as_deref())
        .filter(|event| view.shows(event))
        .cloned()
        .collect();
    // The API tells whole seconds, and lists by name.
    found.order_by(|one, other| {
        let (first, second) = (one.last.cut_to_second(), other.last.cut_to_second());
        first.cmp(&second).then_with(|| one.meta.name.cmp(&other.meta.name))
    });
    let mut form = output::form(context, false)?;
    if !form.is_human() {
        let objects: Vec<AnyObject> = found.iter().cloned().map(AnyObject::Event).collect();
        let text = form.print(&objects, false)?;
        context.out(&text);
        return DONE;
    }
    let watch = context.flags.has("watch");
    if found.is_empty() && !watch {
        let words = match &view.namespace {
            Some(namespace) => format!("No events found in {namespace} namespace."),
            None => "No events found.".into(),
        };
        context.warn(&words);
        return DONE;
    }
    let now = context.cluster.now();
    let text = view.rows(found.iter().map(|event| &**event), now);
    context.out(&text);
    match watch {
        true => Ok(After::Goes(Box::new(Watch {
            view,
            version: context.cluster.store().resource_version(),
        }))),
        false => DONE,
    }
}

fn view(context: &mut Context<'_>) -> Result<View, Failure> {
    let all = context.flags.has("all-namespaces");
    let about = match context.flags.text("for") {
        "" => None,
        text => {
            let Some((kind, name)) =
                text.split_once('/').filter(|(kind, name)| !kind.is_empty() && !name.is_empty())
            else {
                return Err(Failure::new("--for must be in resource/name form"));
            };
            match resources::named(&[format!("{kind}/{name}")])? {
                Named::Objects(names) => names.into_iter().next(),
                Named::Types(_) | Named::Nothing => None,
            }
        }
    };
    let mut types = Vec::new();
    for word in context.flags.all("types") {
        if !word.eq_ignore_ascii_case("normal") && !word.eq_ignore_ascii_case("warning") {
            return Err(Failure::new("valid --types are Normal or Warning"));
        }
        types.push(word.to_lowercase());
    }
    Ok(View {
        namespace: (!all).then(|| context.namespace()),
        about,
        types,
        namespaces: all,
        headers: !context.flags.has("no-headers"),
        columns: Columns::of_tables(),
    })
}

impl View {
    fn shows(&self, event: &Event) -> bool {
        let word = event.event_type.word().to_lowercase();
        let about = self.about.as_ref().is_none_or(|(kind, name)| {
            *event.involved.kind == *kind.name() && *event.involved.name == **name
        });
        about
            && (self.types.is_empty() || self.types.contains(&word))
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == event.meta.namespace)
    }

    fn rows<'a>(&mut self, events: impl Iterator<Item = &'a Event>, now: Time) -> String {
        let mut text = String::new();
        for event in events {
            if std::mem::take(&mut self.headers) {
                let first = if self.namespaces { "NAMESPACE\t" } else { "" };
                text.push_str(&format!("{first}LAST SEEN\tTYPE\tREASON\tOBJECT\tMESSAGE\n"));
            }
            if self.namespaces {
                text.push_str(&format!("{}\t", event.meta.namespace));
            }
            let (kind, name) = (&event.involved.kind, &event.involved.name);
            text.push_str(&format!(
                "{}\t{}\t{}\t{kind}/{name}\t{}\n",
                interval(event, now),
                event.event_type.word(),
                event.reason,
                event.message.trim().replace('\n', " ")
            ));
        }
        self.columns.align(&text)
    }
}

/// `41s`, or `41s (x6 over 3m22s)` for what happened again.
pub(super) fn interval(event: &Event, now: Time) -> String {
    let since = |at: Time| if event.modern { now.since(at).human() } else { age(at, now) };
    match event.count {
        count if count > 1 => {
            format!("{} (x{count} over {})", since(event.last), since(event.first))
        }
        _ => since(event.first),
    }
}

#[derive(Debug)]
struct Watch {
    view: View,
    version: u64,
}

impl Process for Watch {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let changes: Vec<_> = io.cluster.store().journal().since(self.version).cloned().collect();
        for change in changes {
            self.version = change.id;
            let AnyObject::Event(event) = &change.object else { continue };
            if change.operation == Operation::Deleted || !self.view.shows(event) {
                continue;
            }
            let text = self.view.rows(std::iter::once(&**event), change.at);
            io.out(&text);
        }
        Turn::Waits(None)
    }
}
