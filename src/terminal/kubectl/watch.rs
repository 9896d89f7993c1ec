//! `kubectl get --watch`: a row per change, from the journal of the store.

use std::rc::Rc;

use super::output::Form;
use super::problem::Failure;
use super::resources::{self, Named, Needs, Selectors};
use super::table::{Printer, View};
use super::{After, Context};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::sim::Time;
use crate::store::{Change, Operation};
use crate::terminal::process::{Io, Process, Turn};

/// What a watch shows.
#[derive(Debug)]
struct Watch {
    kind: Kind,
    namespace: Option<Rc<str>>,
    name: Option<String>,
    selectors: Selectors,
    /// The last change that was seen.
    version: u64,
    printer: Printer,
    form: Form,
    events: bool,
}

/// Begins a watch: the list first, unless only changes are wanted.
pub(super) fn start(
    context: &mut Context<'_>,
    words: &[String],
    form: Form,
    view: View,
) -> Result<After, Failure> {
    let several = || Failure::new("you may only specify a single resource type");
    let (kind, name) = match resources::named(words)? {
        Named::Types(kinds) => match kinds.as_slice() {
            [kind] => (*kind, None),
            _ => return Err(several()),
        },
        Named::Objects(names) => match names.as_slice() {
            [(kind, name)] => (*kind, Some(name.clone())),
            [(first, _), rest @ ..] if rest.iter().all(|(kind, _)| kind == first) => {
                return Err(Failure::new(
                    "watch is only supported on individual resources and resource collections - more than 1 resource was found",
                ));
            }
            _ => return Err(several()),
        },
        Named::Nothing => {
            return Err(Failure::new(
                "watch is only supported on individual resources and resource collections",
            ));
        }
    };
    let mut found =
        resources::find(context, words, Needs { type_is_enough: true, ..Needs::default() })?;
    if let Some(failure) = Failure::all(std::mem::take(&mut found.failures)) {
        return match context.flags.has("ignore-not-found") && failure.is_not_found() {
            true => super::DONE,
            false => Err(failure),
        };
    }
    super::get::sort(context, &form, &mut found)?;
    let mut watch = Watch {
        kind,
        namespace: context.scope(kind),
        name,
        selectors: resources::selectors(context, kind)?,
        version: context.cluster.store().resource_version(),
        printer: Printer::new(kind, View { kinds: false, ..view.clone() }),
        form,
        events: view.events,
    };
    if !context.flags.has("watch-only") {
        let now = context.cluster.now();
        let text = watch.show(found.objects.iter().map(|object| (object, "ADDED")), now)?;
        context.out(&text);
    }
    Ok(After::Goes(Box::new(watch)))
}

impl Watch {
    /// Objects with what happened to them.
    fn show<'a>(
        &mut self,
        objects: impl Iterator<Item = (&'a AnyObject, &'a str)>,
        now: Time,
    ) -> Result<String, Failure> {
        if self.form.is_human() {
            return Ok(self
                .printer
                .rows(objects.map(|(object, event)| (object, Some(event))), now));
        }
        let mut text = String::new();
        for (object, event) in objects {
            text.push_str(&match self.events && !matches!(self.form, Form::Name) {
                true => self.form.print_value(
                    &crate::object! { "type" => event, "object" => object.to_value() },
                )?,
                false => self.form.print(std::slice::from_ref(object), true)?,
            });
        }
        Ok(text)
    }

    fn concerns(&self, object: &AnyObject) -> bool {
        let meta = object.meta();
        object.kind() == self.kind
            && self.namespace.as_ref().is_none_or(|namespace| *namespace == meta.namespace)
            && self.name.as_ref().is_none_or(|name| **name == *meta.name)
    }

    /// What a change means for those who see only what the selectors let through.
    fn event(&self, change: &Change) -> Option<&'static str> {
        let now = self.selectors.matches(&change.object);
        let before = change.before.as_ref().is_some_and(|before| self.selectors.matches(before));
        match (change.operation, before, now) {
            (Operation::Deleted, true, _) | (Operation::Modified, true, false) => Some("DELETED"),
            (Operation::Modified, true, true) => Some("MODIFIED"),
            (Operation::Added, _, true) | (Operation::Modified, false, true) => Some("ADDED"),
            _ => None,
        }
    }
}

impl Process for Watch {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let changes: Vec<Rc<Change>> =
            io.cluster.store().journal().since(self.version).cloned().collect();
        for change in changes {
            self.version = change.id;
            if !self.concerns(&change.object) {
                continue;
            }
            let Some(event) = self.event(&change) else { continue };
            let mut object = io.cluster.served(change.object.clone());
            object.meta_mut().resource_version = change.id;
            match self.show(std::iter::once((&object, event)), change.at) {
                Ok(text) => io.out(&text),
                Err(failure) => {
                    io.error(&failure.lines());
                    return Turn::Done(failure.status);
                }
            }
        }
        // Going back in time leads to versions from before.
        self.version = self.version.min(io.cluster.store().resource_version());
        Turn::Waits(None)
    }
}
