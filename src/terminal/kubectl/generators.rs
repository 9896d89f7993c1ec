//! `kubectl create TYPE`: objects made from flags. Follows `pkg/cmd/create`.

use super::apply::{LAST_APPLIED, remembered};
use super::create::print;
use super::output::{self, Form};
use super::problem::{Failure, Problem};
use super::resources::{self, Named};
use super::{After, Context, DONE, Dry, keyed};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::quantity::Quantity;
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
            return DONE;
        };
        words.remove(0);
        shown = format!("{what} {kind}");
        context.flags.words = words.clone();
        if let Some(dash) = &mut context.flags.dash {
            *dash = dash.saturating_sub(1);
        }
    }
    required(context, &what)?;
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
        "priorityclass" => (Kind::PriorityClass, priority_class(context, &name)),
        "poddisruptionbudget" => (Kind::PodDisruptionBudget, disruption_budget(context, &name)?),
        "quota" => (Kind::ResourceQuota, quota(context, &name)?),
        service if service.starts_with("service ") => {
            (Kind::Service, service_of(context, service, &name)?)
        }
        other => {
            let kind = other.strip_prefix("secret ").unwrap_or(other);
            match keyed::secret(context, kind, &name) {
                Some(made) => (Kind::Secret, made?),
                None => {
                    let words = format!("kubectl create {other} is not part of this sandbox");
                    return Err(Failure::new(words));
                }
            }
        }
    };
    let form = output::form(context, false)?;
    save_config(context, &mut object);
    send(context, form, kind, object, &shown)
}

/// Flags without which cobra refuses.
fn required(context: &Context<'_>, what: &str) -> Result<(), Failure> {
    let needed: &[&str] = match what {
        "deployment" => &["image"],
        "cronjob" => &["image", "schedule"],
        "poddisruptionbudget" => &["selector"],
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
pub(super) fn pairs(text: &str, what: &str) -> Result<Value, Failure> {
    let mut found = Value::empty_object();
    for pair in text.split(',') {
        match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() => found.set(key, value),
            _ => return Err(Failure::new(format!("unexpected {what} spec: {pair}"))),
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
    let what = shown;
    let wraps = matches!(
        what,
        "deployment"
            | "job"
            | "cronjob"
            | "configmap"
            | "quota"
            | "priorityclass"
            | "serviceaccount"
    ) || what.starts_with("service ");
    let what = match what {
        "quota" => "quota",
        "poddisruptionbudget" => "poddisruptionbudgets",
        service if service.starts_with("service ") => {
            let kind = service.strip_prefix("service ").unwrap_or_default();
            return words(format!("failed to create {kind} service: "), failure);
        }
        secret if secret.starts_with("secret ") => {
            return words("failed to create secret ".into(), failure);
        }
        other => other,
    };
    if wraps { words(format!("failed to create {what}: "), failure) } else { failure }
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
    if replicas < 0 {
        return Err(Failure::new("--replicas must be >= 0"));
    }
    let mut containers: Vec<Value> =
        images.iter().map(|image| container(context, short_name(image), image)).collect();
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

fn priority_class(context: &Context<'_>, name: &str) -> Value {
    let mut object = bare(Kind::PriorityClass, name);
    object.set("value", context.flags.number("value").unwrap_or(0));
    let description = context.flags.text("description");
    if !description.is_empty() {
        object.set("description", description);
    }
    if context.flags.has("global-default") {
        object.set("globalDefault", true);
    }
    let policy = context.flags.text("preemption-policy");
    object.set("preemptionPolicy", if policy.is_empty() { "PreemptLowerPriority" } else { policy });
    object
}

fn number_or_percent(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text), Value::Int)
}

fn disruption_budget(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let (least, most) =
        (context.flags.text("min-available"), context.flags.text("max-unavailable"));
    let (field, text) = match (least.is_empty(), most.is_empty()) {
        (true, true) => {
            return Err(Failure::new("one of min-available or max-unavailable must be specified"));
        }
        (false, false) => {
            return Err(Failure::new("min-available and max-unavailable cannot be both specified"));
        }
        (false, true) => ("minAvailable", least),
        (true, false) => ("maxUnavailable", most),
    };
    let labels = pairs(context.flags.text("selector"), "selector")?;
    let mut object = bare(Kind::PodDisruptionBudget, name);
    let mut spec = object! { "selector" => object! { "matchLabels" => labels } };
    spec.set(field, number_or_percent(text));
    object.set("spec", spec);
    Ok(object)
}

/// `cpu=1,pods=3`, each amount in its shortest form.
fn amounts(text: &str) -> Result<Value, Failure> {
    let mut found = Value::empty_object();
    for pair in text.split(',') {
        let parts: Vec<&str> = pair.split('=').collect();
        let [name, amount] = parts.as_slice() else {
            return Err(Failure::new(format!(
                "Invalid argument syntax {pair}, expected <resource>=<value>"
            )));
        };
        found.set(name, Quantity::parse(amount).map_err(Failure::new)?);
    }
    Ok(found)
}

fn quota(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let mut object = bare(Kind::ResourceQuota, name);
    let mut spec = Value::empty_object();
    let hard = context.flags.text("hard");
    if !hard.is_empty() {
        spec.set("hard", amounts(hard)?);
    }
    let scopes = context.flags.text("scopes");
    if !scopes.is_empty() {
        let scopes: Vec<&str> = scopes.split(',').collect();
        if scopes.contains(&"") {
            return Err(Failure::new("invalid resource quota scope \"\""));
        }
        // Which there are is for the server to say.
        spec.set("scopes", scopes);
    }
    object.set("spec", spec);
    object.set("status", Value::empty_object());
    Ok(object)
}

fn service_of(context: &Context<'_>, what: &str, name: &str) -> Result<Value, Failure> {
    let kind = match what.strip_prefix("service ").unwrap_or_default() {
        "clusterip" => "ClusterIP",
        "nodeport" => "NodePort",
        "loadbalancer" => "LoadBalancer",
        "externalname" => "ExternalName",
        other => {
            let words =
                format!("unknown command {} for \"kubectl create service\"", go_quote(other));
            return Err(Failure::new(words));
        }
    };
    let mut ports = Vec::new();
    for pair in context.flags.all("tcp") {
        let (port, target) = pair.split_once(':').unwrap_or((pair, pair));
        let Ok(number) = port.parse::<i64>() else {
            return Err(Failure::new(format!("invalid port format: {pair}")));
        };
        let mut entry = object! {
            "name" => pair.replace(':', "-"), "port" => number, "protocol" => "TCP",
        };
        entry.set("targetPort", number_or_percent(target));
        if let Some(node) = context.flags.number("node-port").filter(|_| kind == "NodePort") {
            entry.set("nodePort", node);
        }
        ports.push(entry);
    }
    let headless = context.flags.text("clusterip") == "None";
    if ports.is_empty() && !headless && kind != "ExternalName" {
        return Err(Failure::new("at least one tcp port specifier must be provided"));
    }
    let labels = object! { "app" => name };
    let mut spec = object! { "selector" => labels.clone(), "type" => kind };
    if !ports.is_empty() {
        spec.set("ports", ports);
    }
    let address = context.flags.text("clusterip");
    if !address.is_empty() {
        spec.set("clusterIP", address);
    }
    let external = context.flags.text("external-name");
    if !external.is_empty() {
        spec.set("externalName", external);
    }
    Ok(object! {
        "apiVersion" => "v1",
        "kind" => "Service",
        "metadata" => object! { "labels" => labels, "name" => name },
        "spec" => spec,
        "status" => object! { "loadBalancer" => Value::empty_object() },
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
