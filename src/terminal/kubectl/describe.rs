//! `kubectl describe`. Follows `pkg/describe/describe.go`.

mod endpoints;
mod environment;
mod generic;
mod limits;
mod node;
mod plain;
mod pod;
mod volumes;
mod workload;

pub(super) use pod::template_with_tabs;

use super::problem::Failure;
use super::resources::{self, Named, Needs};
use super::tabwriter::align;
use super::{After, Context, DONE};
use crate::api::Kind;
use crate::api::core::Event;
use crate::api::meta::{Labels, ObjectMeta};
use crate::api::object::AnyObject;
use crate::apiserver::table::age;
use crate::cluster::Cluster;
use crate::sim::Time;
use crate::sim::order::Order as _;

/// Runs `describe`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    if words.is_empty() && context.flags.all("filename").is_empty() {
        return Err(Failure::new(
            "You must specify the type of resource to describe. Use \"kubectl api-resources\" for a complete list of supported resources.",
        ));
    }
    let needs = Needs { type_is_enough: true, ..Needs::default() };
    let mut found = resources::find(context, &words, needs)?;
    let by_name = matches!(resources::named(&words), Ok(Named::Objects(_)));
    let mut prefix = false;
    if found.objects.is_empty() && by_name && !found.failures.is_empty() {
        // No exact match: every object whose name begins so.
        if let Named::Objects(names) = resources::named(&words)? {
            for (kind, name) in &names {
                let all = context.cluster.objects(*kind, context.scope(*kind).as_deref());
                found.objects.extend(
                    all.into_iter().filter(|object| object.meta().name.starts_with(name.as_str())),
                );
            }
        }
        prefix = !found.objects.is_empty();
        if prefix {
            found.failures.clear();
        }
    }
    let events = match context.flags.value("show-events") {
        Some(value) => value != "false",
        None => found.objects.len() == 1 && found.failures.is_empty() && !prefix,
    };
    let texts: Vec<String> =
        found.objects.iter().map(|object| describe(object, context.cluster, events)).collect();
    if !texts.is_empty() {
        context.out(&texts.join("\n\n"));
    }
    match Failure::all(found.failures) {
        Some(failure) => Err(failure),
        None if texts.is_empty() => {
            let namespace = context.namespace();
            let namespaced = found.kinds.iter().any(|kind| kind.namespaced());
            context.warn(&match namespaced && !context.flags.has("all-namespaces") {
                true => format!("No resources found in {namespace} namespace."),
                false => "No resources found".to_owned(),
            });
            DONE
        }
        None => DONE,
    }
}

/// An object as `kubectl describe` prints it.
pub fn describe_text(object: &AnyObject, cluster: &Cluster) -> String {
    describe(object, cluster, true)
}

/// One object, with its events if asked.
fn describe(object: &AnyObject, cluster: &Cluster, events: bool) -> String {
    let mut text = match object {
        AnyObject::Pod(pod) => pod::pod_text(pod, cluster.now()),
        AnyObject::Node(node) => node::node_text(node, cluster),
        AnyObject::CronJob(cron) => workload::cron_job_text(cron),
        AnyObject::Event(_) => generic::text(object),
        AnyObject::Plain(one) => match one.kind {
            Kind::Service => plain::service_text(one, cluster),
            Kind::ServiceAccount => plain::service_account_text(one),
            Kind::ConfigMap => plain::config_map_text(one),
            Kind::PersistentVolumeClaim => plain::claim_text(one, cluster),
            Kind::PodDisruptionBudget => plain::budget_text(one),
            Kind::PriorityClass => plain::priority_class_text(one),
            Kind::Endpoints => endpoints::endpoints(one),
            Kind::EndpointSlice => endpoints::slice(one),
            Kind::StatefulSet => workload::stateful_set_text(one, object, cluster),
            // These tell no events.
            Kind::Secret => return align(&plain::secret_text(one)),
            Kind::Namespace => return align(&limits::namespace(one, cluster)),
            Kind::ResourceQuota => return align(&limits::quota(one)),
            Kind::LimitRange => return align(&limits::limit_range(one)),
            _ => generic::text(object),
        },
        workload => workload::workload_text(workload, cluster),
    };
    if events {
        let uid = match object {
            AnyObject::Node(node) => node.meta.name.to_string(),
            other => other.uid().to_string(),
        };
        text.push_str(&events_text(&uid, cluster));
    }
    align(&text)
}

fn pairs(labels: &Labels, hide: &[&str], separator: &str) -> String {
    let shown = labels.iter().filter(|(key, _)| !hide.contains(&&***key));
    let shown: Vec<String> = shown.map(|(key, value)| format!("{key}{separator}{value}")).collect();
    if shown.is_empty() { "<none>".into() } else { shown.join("\n\t") }
}

/// Annotations, a line each; a long one, or one of several lines, stands below its key.
fn annotations(all: &Labels) -> String {
    const LONGEST: usize = 140;
    let shown =
        all.iter().filter(|(key, _)| &***key != "kubectl.kubernetes.io/last-applied-configuration");
    let mut text = String::new();
    for (key, value) in shown {
        if !text.is_empty() {
            text.push_str("\n\t");
        }
        let value = value.strip_suffix('\n').unwrap_or(value);
        if value.len() + key.len() + 2 <= LONGEST && !value.contains('\n') {
            text.push_str(&format!("{key}: {value}"));
            continue;
        }
        text.push_str(&format!("{key}:"));
        for line in value.split('\n') {
            let short: String = line.chars().take(LONGEST - 2).collect();
            let dots = if short.len() < line.len() { "..." } else { "" };
            text.push_str(&format!("\n\t  {short}{dots}"));
        }
    }
    if text.is_empty() { "<none>".into() } else { text }
}

fn head(meta: &ObjectMeta) -> String {
    let mut text = format!("Name:\t{}\n", meta.name);
    if !meta.namespace.is_empty() {
        text.push_str(&format!("Namespace:\t{}\n", meta.namespace));
    }
    text.push_str(&format!(
        "Labels:\t{}\nAnnotations:\t{}\n",
        pairs(&meta.labels, &[], "="),
        annotations(&meta.annotations)
    ));
    text
}

/// `Fri, 20 Nov 2026 19:51:28 +0000`; a time that nobody gave is the first that Go knows.
fn long_time(at: Time) -> String {
    if at == Time::default() {
        return "Mon, 01 Jan 0001 00:00:00 +0000".into();
    }
    let at = chrono::DateTime::from_timestamp_millis(at.unix_millis()).unwrap_or_default();
    at.format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}

fn events_text(uid: &str, cluster: &Cluster) -> String {
    let mut events: Vec<_> = cluster.store().events_of(uid).collect();
    if events.is_empty() {
        return "Events:\t<none>\n".into();
    }
    // The API tells whole seconds, and lists by name.
    events.order_by(|one, other| {
        let key = |event: &Event| (!event.modern, event.last.cut_to_second());
        key(one).cmp(&key(other)).then_with(|| one.meta.name.cmp(&other.meta.name))
    });
    let now = cluster.now();
    let mut text =
        "Events:\n  Type\tReason\tAge\tFrom\tMessage\n  ----\t------\t----\t----\t-------\n"
            .to_owned();
    let shown = |event: &Event| match event.count {
        count if count > 1 => {
            format!("{} (x{count} over {})", age(event.last, now), age(event.first, now))
        }
        _ => age(event.first, now),
    };
    for event in events {
        let field = if event.involved.field_path.is_empty() {
            String::new()
        } else {
            format!("{}: ", event.involved.field_path)
        };
        let component = &event.source.component;
        text.push_str(&format!(
            "  {}\t{}\t{}\t{component}\t{field}{}\n",
            event.event_type.word(),
            event.reason,
            shown(event),
            event.message.trim()
        ));
    }
    text
}
