//! Events. Follows `printEvent`.

use super::{Column, age, shown, wide};
use crate::api::core::Event;
use crate::sim::Time;

pub(super) const COLUMNS: [Column; 10] = [
    shown("Last Seen"),
    shown("Type"),
    shown("Reason"),
    shown("Object"),
    wide("Subobject"),
    wide("Source"),
    shown("Message"),
    wide("First Seen"),
    wide("Count"),
    wide("Name"),
];

pub(super) fn row(event: &Event, now: Time) -> Vec<String> {
    // Events of the new API keep microseconds, the others whole seconds.
    let since = |at: Time| if event.modern { now.since(at).human() } else { age(at, now) };
    let kind = event.involved.kind.to_lowercase();
    let object = match &*event.involved.name {
        "" => kind,
        name => format!("{kind}/{name}"),
    };
    let source = match (&*event.source.component, &*event.source.host) {
        (component, "") => component.to_owned(),
        (component, host) => format!("{component}, {host}"),
    };
    vec![
        since(event.last),
        event.event_type.word().into(),
        event.reason.to_string(),
        object,
        event.involved.field_path.to_string(),
        source,
        event.message.trim().into(),
        since(event.first),
        event.count.to_string(),
        event.meta.name.to_string(),
    ]
}
