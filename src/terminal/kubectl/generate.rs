//! `kubectl create TYPE` and `kubectl run`: manifests made from flags. Follows `pkg/cmd/create`.

use super::files::{self, show};
use super::{Context, Outcome, api_error};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::object;

/// `create`.
pub(super) fn create(context: &mut Context<'_>) -> Outcome {
    if !context.flags.all("filename").is_empty() {
        return files::create(context);
    }
    let Some(what) = context.flags.take_word() else {
        return Outcome::fail("error: must specify one of -f and -k");
    };
    let what = match what.as_str() {
        "secret" | "service" => format!("{what} {}", context.flags.take_word().unwrap_or_default()),
        _ => what,
    };
    let names = context.flags.words.len();
    if names != 1 {
        return Outcome::fail(format!(
            "error: exactly one NAME is required, got {names}\nSee 'kubectl create {what} -h' for help and examples"
        ));
    }
    let name = context.flags.take_word().unwrap_or_default();
    let made = match what.as_str() {
        "deployment" | "deploy" => deployment(context, &name),
        "job" => return job(context, &name),
        "cronjob" | "cj" => cron_job(context, &name),
        "namespace" | "ns" => {
            Ok((Kind::Namespace, object! { "metadata" => object! { "name" => name.as_str() } }))
        }
        "configmap" | "cm" => Ok((Kind::ConfigMap, literals(context, &name, "data"))),
        "secret generic" => {
            let mut secret = literals(context, &name, "stringData");
            secret.set("type", "Opaque");
            Ok((Kind::Secret, secret))
        }
        other => {
            Err(Outcome::fail(format!("error: unknown command \"{other}\" for \"kubectl create\"")))
        }
    };
    match made {
        Ok((kind, object)) => send(context, kind, object, &what),
        Err(outcome) => outcome,
    }
}

fn send(context: &mut Context<'_>, kind: Kind, mut object: Value, what: &str) -> Outcome {
    object.set("apiVersion", kind.api_version());
    object.set("kind", kind.name());
    let mut outcome = Outcome::default();
    let namespace = context.namespace();
    if context.flags.value("dry-run") == Some("client") {
        let shown = AnyObject::from_value(kind, &object);
        match context.flags.value("output") {
            Some("yaml") => outcome.out = crate::manifest::to_yaml(&object),
            Some("json") => outcome.out = super::output::pretty(&object),
            _ => show(context, &shown, "created", &mut outcome),
        }
        return outcome;
    }
    let options = context.write();
    match context.cluster.create(kind, &namespace, object, &options) {
        Ok(written) => show(context, &written.object, "created", &mut outcome),
        Err(error) if what.is_empty() => return Outcome::fail(api_error(&error)),
        Err(error) => {
            return Outcome::fail(format!("error: failed to create {what}: {}", error.message));
        }
    }
    outcome
}

fn image(context: &Context<'_>) -> Result<String, Outcome> {
    context
        .flags
        .value("image")
        .map(str::to_owned)
        .ok_or_else(|| Outcome::fail("error: required flag(s) \"image\" not set"))
}

/// The last part of an image's name, without its tag.
fn short_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

fn container(context: &Context<'_>, name: &str, image: &str) -> Value {
    let mut container =
        object! { "name" => name, "image" => image, "resources" => Value::empty_object() };
    if !context.flags.rest.is_empty() {
        container.set("command", context.flags.rest.clone());
    }
    container
}

fn deployment(context: &Context<'_>, name: &str) -> Result<(Kind, Value), Outcome> {
    let image = image(context)?;
    let labels = object! { "app" => name };
    let mut container = container(context, short_name(&image), &image);
    if let Some(port) = context.flags.value("port").and_then(|port| port.parse::<i64>().ok()) {
        container.set("ports", vec![object! { "containerPort" => port }]);
    }
    let replicas =
        context.flags.value("replicas").and_then(|count| count.parse::<i64>().ok()).unwrap_or(1);
    let template = object! {
        "metadata" => object! { "labels" => labels.clone() },
        "spec" => object! { "containers" => vec![container] },
    };
    let spec = object! {
        "replicas" => replicas,
        "selector" => object! { "matchLabels" => labels.clone() },
        "strategy" => Value::empty_object(),
        "template" => template,
    };
    Ok((
        Kind::Deployment,
        object! { "metadata" => object! { "name" => name, "labels" => labels }, "spec" => spec },
    ))
}

fn job(context: &mut Context<'_>, name: &str) -> Outcome {
    match (
        context.flags.value("image").map(str::to_owned),
        context.flags.value("from").map(str::to_owned),
    ) {
        (Some(image), None) => {
            let template = object! {
                "spec" => object! { "containers" => vec![container(context, name, &image)], "restartPolicy" => "Never" },
            };
            let object = object! { "metadata" => object! { "name" => name }, "spec" => object! { "template" => template } };
            send(context, Kind::Job, object, "job")
        }
        (None, Some(from)) => job_from(context, name, &from),
        _ => Outcome::fail("error: either --image or --from must be specified"),
    }
}

/// A Job from a CronJob, by hand.
fn job_from(context: &mut Context<'_>, name: &str, from: &str) -> Outcome {
    if !context.flags.rest.is_empty() {
        return Outcome::fail("error: cannot specify --from and command");
    }
    let Some((kind, cron)) =
        super::object_words(&[from]).filter(|(kind, _)| *kind == Kind::CronJob)
    else {
        return Outcome::fail("error: from must be an existing cronjob");
    };
    let key = ObjectKey::new(context.namespace(), cron.as_str());
    let Some(found) = context.cluster.store().cron_jobs().get(&key).cloned() else {
        return Outcome::fail(api_error(&crate::api::ApiError::not_found(&kind.resource(), &cron)));
    };
    let template = &found.spec.job_template;
    let mut annotations = object! { "cronjob.kubernetes.io/instantiate" => "manual" };
    for (key, value) in template.annotations.iter() {
        annotations.set(key, value);
    }
    let owner = object! {
        "apiVersion" => "batch/v1",
        "controller" => true,
        "kind" => "CronJob",
        "name" => &found.meta.name,
        "uid" => found.meta.uid.to_string(),
    };
    let mut metadata =
        object! { "annotations" => annotations, "name" => name, "ownerReferences" => vec![owner] };
    if !template.labels.is_empty() {
        metadata.set("labels", template.labels.to_value());
    }
    let object = object! { "metadata" => metadata, "spec" => template.spec.clone() };
    send(context, Kind::Job, object, "job")
}

fn cron_job(context: &Context<'_>, name: &str) -> Result<(Kind, Value), Outcome> {
    let image = image(context)?;
    let schedule = context
        .flags
        .value("schedule")
        .ok_or_else(|| Outcome::fail("error: required flag(s) \"schedule\" not set"))?;
    let pod = object! {
        "containers" => vec![container(context, name, &image)],
        "restartPolicy" => context.flags.value("restart").unwrap_or("OnFailure"),
    };
    let template = object! { "metadata" => object! { "name" => name }, "spec" => object! { "template" => object! { "spec" => pod } } };
    let spec = object! { "schedule" => schedule, "jobTemplate" => template };
    Ok((Kind::CronJob, object! { "metadata" => object! { "name" => name }, "spec" => spec }))
}

fn literals(context: &Context<'_>, name: &str, field: &str) -> Value {
    let mut data = Value::empty_object();
    for (key, value) in
        context.flags.all("from-literal").iter().filter_map(|pair| pair.split_once('='))
    {
        data.set(key, value);
    }
    let mut object = object! { "metadata" => object! { "name" => name } };
    object.set(field, data);
    object
}

/// `run`: a bare pod.
pub(super) fn run(context: &mut Context<'_>) -> Outcome {
    let Some(name) = context.flags.take_word() else {
        return Outcome::fail("error: NAME is required for run");
    };
    let image = match image(context) {
        Ok(image) => image,
        Err(outcome) => return outcome,
    };
    if let Err(message) = crate::containers::catalogue::Reference::parse(&image) {
        let tail = message.split_once(": ").map_or(message.as_str(), |(_, tail)| tail).to_owned();
        return Outcome::fail(format!("error: Invalid image name \"{image}\": {tail}"));
    }
    let mut container =
        object! { "name" => name.as_str(), "image" => image, "resources" => Value::empty_object() };
    if !context.flags.rest.is_empty() {
        let field = if context.flags.has("command") { "command" } else { "args" };
        container.set(field, context.flags.rest.clone());
    }
    let environment: Vec<Value> = context
        .flags
        .all("env")
        .iter()
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| object! { "name" => key, "value" => value })
        .collect();
    if !environment.is_empty() {
        container.set("env", environment);
    }
    if let Some(port) = context.flags.value("port").and_then(|port| port.parse::<i64>().ok()) {
        container.set("ports", vec![object! { "containerPort" => port }]);
    }
    let mut labels = Value::empty_object();
    match context.flags.value("labels").or_else(|| context.flags.value("selector")) {
        Some(text) => {
            for (key, value) in text.split(',').filter_map(|pair| pair.split_once('=')) {
                labels.set(key, value);
            }
        }
        None => labels.set("run", name.as_str()),
    }
    let spec = object! {
        "containers" => vec![container],
        "restartPolicy" => context.flags.value("restart").unwrap_or("Always"),
    };
    let object = object! { "metadata" => object! { "name" => name.as_str(), "labels" => labels }, "spec" => spec };
    send(context, Kind::Pod, object, "")
}
