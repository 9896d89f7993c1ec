//! `kubectl create TYPE`: objects made from flags. Follows `pkg/cmd/create`.

mod policy;
mod service;

use super::apply::{LAST_APPLIED, remembered};
use super::create::print;
use super::output::{self, Form};
use super::problem::{Failure, Problem};
use super::resources::{self, Named};
use super::{After, Context, DONE, Dry, keyed};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::object;

/// Runs `create TYPE`.
pub(super) fn run(context: &mut Context<'_>, command: &str) -> Result<After, Failure> {
    let what = command.strip_prefix("create ").unwrap_or(command).to_owned();
    let mut words = context.flags.words.clone();
    let mut shown = what.clone();
    if matches!(what.as_str(), "secret" | "service") {
        let Some(kind) = words.first().cloned() else {
            let text = super::help::of(command);
            context.out(&text);
            return Ok(After::Status(1));
        };
        words.remove(0);
        shown = format!("{what} {kind}");
        let known = match what.as_str() {
            "secret" => keyed::foreign_flags(&kind),
            _ => service::foreign_flags(&kind),
        };
        let Some(foreign) = known else {
            return Err(super::help::unknown_subcommand(command, &kind));
        };
        if let Some(flag) = foreign.iter().find(|flag| context.flags.given(flag)) {
            let (command, words) = (format!("create {shown}"), format!("unknown flag: --{flag}"));
            return Err(Failure::flags(&command, &words));
        }
        context.flags.words = words.clone();
        if let Some(dash) = &mut context.flags.dash {
            *dash = dash.saturating_sub(1);
        }
    }
    required(context, &shown)?;
    let (before, _) = context.flags.split();
    let [name] = before else {
        return Err(Failure::usage(
            &format!("create {shown}"),
            &format!("exactly one NAME is required, got {}", before.len()),
        ));
    };
    let name = name.clone();
    let (kind, mut object) = match shown.as_str() {
        "deployment" => (Kind::Deployment, deployment(context, &name)?),
        "job" => (Kind::Job, job(context, &name)?),
        "cronjob" => (Kind::CronJob, cron_job(context, &name)?),
        "namespace" => (Kind::Namespace, bare(Kind::Namespace, &name)),
        "serviceaccount" => (Kind::ServiceAccount, bare(Kind::ServiceAccount, &name)),
        "configmap" => (Kind::ConfigMap, keyed::config_map(context, &name)?),
        "priorityclass" => (Kind::PriorityClass, policy::priority_class(context, &name)),
        "poddisruptionbudget" => {
            (Kind::PodDisruptionBudget, policy::disruption_budget(context, &name)?)
        }
        "quota" => (Kind::ResourceQuota, policy::quota(context, &name)?),
        other => match other.strip_prefix("service ") {
            Some(kind) => (Kind::Service, service::service(context, kind, &name)?),
            None => {
                let kind = other.strip_prefix("secret ").unwrap_or(other);
                (Kind::Secret, keyed::secret(context, kind, &name)?)
            }
        },
    };
    let form = output::form(context, false)?.of_structs();
    // A service does not remember how it was made: upstream never reads the flag.
    if kind != Kind::Service {
        save_config(context, &mut object);
    }
    send(context, form, kind, object, &shown)
}

/// Flags without which cobra refuses.
fn required(context: &Context<'_>, what: &str) -> Result<(), Failure> {
    let needed: &[&str] = match what {
        "deployment" => &["image"],
        "cronjob" => &["image", "schedule"],
        "service externalname" => &["external-name"],
        _ => &[],
    };
    let missing: Vec<&str> =
        needed.iter().copied().filter(|flag| !context.flags.given(flag)).collect();
    if missing.is_empty() { Ok(()) } else { Err(Failure::required_flags(&missing)) }
}

/// `--save-config`: the object remembers how it was made.
pub(super) fn save_config(context: &Context<'_>, object: &mut Value) {
    if context.flags.has("save-config") {
        let text = remembered(object);
        object.child("metadata").child("annotations").set(LAST_APPLIED, text);
    }
}

/// `a=b,c=d` as an object of strings.
///
/// # Errors
/// kubectl's words.
pub(super) fn pairs(text: &str) -> Result<Value, Failure> {
    let mut found = Value::empty_object();
    for pair in text.split(',') {
        match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() => found.set(key, value),
            _ => return Err(Failure::new(format!("unexpected label spec: {pair}"))),
        }
    }
    Ok(found)
}

/// An object with nothing but its name.
pub(super) fn bare(kind: Kind, name: &str) -> Value {
    let mut object = object! {
        "apiVersion" => kind.api_version(),
        "kind" => kind.name(),
        "metadata" => object! { "name" => name },
    };
    if kind == Kind::Namespace {
        object.set("spec", Value::empty_object());
        object.set("status", Value::empty_object());
    }
    object
}

/// `failed to create job: …` before what the server says of the kinds that wrap it.
fn wrapped(shown: &str, failure: Failure) -> Failure {
    let head = match shown {
        "namespace" => return failure,
        "poddisruptionbudget" => "failed to create poddisruptionbudgets: ".to_owned(),
        other => match other.strip_prefix("service ").and_then(service::type_of) {
            Some(kind) => format!("failed to create {kind} service: "),
            None if other.starts_with("secret ") => "failed to create secret ".into(),
            None => format!("failed to create {other}: "),
        },
    };
    words(head, failure)
}

fn words(head: String, failure: Failure) -> Failure {
    let problems = failure.problems.into_iter().map(|problem| match problem {
        Problem::Api(error) => Problem::Words(format!("{head}{}", error.message)),
        other => other,
    });
    Failure { problems: problems.collect(), ..failure }
}

fn send(
    context: &mut Context<'_>,
    mut form: Form,
    kind: Kind,
    mut object: Value,
    shown: &str,
) -> Result<After, Failure> {
    let namespace = context.namespace();
    if context.flags.given("namespace") && kind.namespaced() {
        object.child("metadata").set("namespace", &namespace);
    }
    if context.dry() == Dry::Client {
        if matches!(form, Form::Human { .. } | Form::Name) {
            print(context, &mut form, &AnyObject::from_value(kind, &object), "created")?;
        } else {
            let text = form.print_value(&object)?;
            context.out(&text);
        }
        return DONE;
    }
    let written = context.send_create(kind, &namespace, object);
    let written = written.map_err(|failure| wrapped(shown, failure))?;
    print(context, &mut form, &written.object, "created")?;
    DONE
}

/// The last part of an image's name, without tag and digest.
fn short_name(image: &str) -> &str {
    let last = image.rsplit('/').next().unwrap_or(image);
    last.split([':', '@']).next().unwrap_or(last)
}

/// The name of the container of an image: its letters that no name has become dashes, and letters nobody chose make it
/// the only one. Follows `sanitizeAndUniquify`.
fn container_name(context: &Context<'_>, image: &str) -> String {
    let name = short_name(image);
    if !name.contains(['_', '.']) {
        return name.to_owned();
    }
    let seed = context.cluster.config().seed;
    let count = context.cluster.store().resource_version();
    format!("{}-{}", name.replace(['_', '.'], "-"), seed.name_suffix(image, count))
}

fn container(context: &Context<'_>, name: &str, image: &str) -> Value {
    let (_, command) = context.flags.split();
    let mut container =
        object! { "image" => image, "name" => name, "resources" => Value::empty_object() };
    if !command.is_empty() {
        container.set("command", command.to_vec());
    }
    container
}

fn deployment(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let images = context.flags.all("image");
    let (_, command) = context.flags.split();
    if images.len() > 1 && !command.is_empty() {
        return Err(Failure::new("cannot specify multiple --image options and command"));
    }
    let replicas = context.flags.number("replicas").unwrap_or(1);
    let mut containers: Vec<Value> = images
        .iter()
        .map(|image| container(context, &container_name(context, image), image))
        .collect();
    if let (Some(port), Some(first)) = (context.flags.number("port"), containers.first_mut())
        && port >= 0
    {
        first.set("ports", vec![object! { "containerPort" => port }]);
    }
    let labels = object! { "app" => name };
    let template = object! {
        "metadata" => object! { "labels" => labels.clone() },
        "spec" => object! { "containers" => containers },
    };
    let spec = object! {
        "replicas" => replicas,
        "selector" => object! { "matchLabels" => labels.clone() },
        "strategy" => Value::empty_object(),
        "template" => template,
    };
    Ok(object! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => object! { "labels" => labels, "name" => name },
        "spec" => spec,
        "status" => Value::empty_object(),
    })
}

fn job(context: &mut Context<'_>, name: &str) -> Result<Value, Failure> {
    let (image, from) =
        (context.flags.text("image").to_owned(), context.flags.text("from").to_owned());
    if image.is_empty() == from.is_empty() {
        return Err(Failure::new("either --image or --from must be specified"));
    }
    let (_, command) = context.flags.split();
    if !command.is_empty() && image.is_empty() {
        return Err(Failure::new("cannot specify --from and command"));
    }
    if !from.is_empty() {
        return job_from(context, name, &from);
    }
    let pod = object! {
        "containers" => vec![container(context, name, &image)],
        "restartPolicy" => "Never",
    };
    let template = object! { "metadata" => Value::empty_object(), "spec" => pod };
    Ok(object! {
        "apiVersion" => "batch/v1",
        "kind" => "Job",
        "metadata" => object! { "name" => name },
        "spec" => object! { "template" => template },
        "status" => Value::empty_object(),
    })
}

/// A Job as the CronJob would make it now.
fn job_from(context: &mut Context<'_>, name: &str, from: &str) -> Result<Value, Failure> {
    let names = match resources::named(&[from.to_owned()])? {
        Named::Objects(names) => names,
        Named::Types(_) | Named::Nothing => {
            return Err(Failure::new("resource(s) were provided, but no name was specified"));
        }
    };
    let Some((kind, found)) = names.first() else {
        return Err(Failure::new("from must be an existing cronjob"));
    };
    let key = context.key(*kind, found);
    let Some(object) = context.read(*kind, &key) else {
        return Err(Failure::not_found(*kind, found));
    };
    let AnyObject::CronJob(cron_job) = object else {
        return Err(Failure::new(format!("unknown object type *v1.{}", kind.name())));
    };
    let template = &cron_job.spec.job_template;
    let mut annotations = object! { "cronjob.kubernetes.io/instantiate" => "manual" };
    for (key, value) in template.annotations.iter() {
        annotations.set(key, value);
    }
    let owner = object! {
        "apiVersion" => "batch/v1",
        "controller" => true,
        "kind" => "CronJob",
        "name" => &cron_job.meta.name,
        "uid" => cron_job.meta.uid.to_string(),
    };
    let mut metadata = object! {
        "annotations" => annotations, "name" => name, "ownerReferences" => vec![owner],
    };
    if !template.labels.is_empty() {
        metadata.set("labels", template.labels.to_value());
    }
    Ok(object! {
        "apiVersion" => "batch/v1",
        "kind" => "Job",
        "metadata" => metadata,
        "spec" => template.spec.clone(),
        "status" => Value::empty_object(),
    })
}

fn cron_job(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let image = context.flags.text("image");
    let restart = match context.flags.text("restart") {
        "" => "OnFailure",
        policy => policy,
    };
    let pod = object! {
        "containers" => vec![container(context, name, image)],
        "restartPolicy" => restart,
    };
    let template = object! { "metadata" => Value::empty_object(), "spec" => pod };
    let job = object! {
        "metadata" => object! { "name" => name },
        "spec" => object! { "template" => template },
    };
    let spec = object! { "jobTemplate" => job, "schedule" => context.flags.text("schedule") };
    Ok(object! {
        "apiVersion" => "batch/v1",
        "kind" => "CronJob",
        "metadata" => object! { "name" => name },
        "spec" => spec,
        "status" => Value::empty_object(),
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_container_is_named_by_its_image() {
        for (image, name) in
            [("nginx", "nginx"), ("luksa/kubia:v1", "kubia"), ("r.io:5000/a/b@sha256:1", "b")]
        {
            assert_eq!(super::short_name(image), name);
        }
    }
}
