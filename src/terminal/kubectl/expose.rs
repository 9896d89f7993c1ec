//! `kubectl expose`: a service for the pods of an object. Follows `pkg/cmd/expose`.

use super::create::print;
use super::generators::{pairs, save_config};
use super::output::{self, Form};
use super::problem::Failure;
use super::resources::{self, Needs};
use super::{After, Context, DONE, Dry, overrides};
use crate::api::kind::Kind;
use crate::api::labels::{Operator, Selector};
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::object;

/// Runs `expose`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let words = context.flags.words.clone();
    let needs = Needs { other_selector: true, ..Needs::default() };
    let found = resources::find(context, &words, needs)?;
    let mut form = output::form(context, false)?.of_structs();
    let mut failures = found.failures;
    for object in &found.objects {
        failures.extend(one(context, &mut form, object).err());
    }
    match Failure::all(failures) {
        Some(failure) => Err(failure),
        None => DONE,
    }
}

/// The labels that pick an object's pods, if plain equality does.
fn map_selector(object: &AnyObject) -> Result<Value, String> {
    let selector = match object {
        AnyObject::Pod(pod) => {
            return match pod.meta.labels.is_empty() {
                true => Err("the pod has no labels and cannot be exposed".into()),
                false => Ok(pod.meta.labels.to_value()),
            };
        }
        AnyObject::ReplicationController(one) => one.spec.selector.clone(),
        AnyObject::ReplicaSet(set) => set.spec.selector.clone(),
        AnyObject::Deployment(one) => one.spec.selector.clone(),
        AnyObject::Plain(plain) => Selector::from_map(plain.body.at(&["spec", "selector"])),
        _ => Selector::Nothing,
    };
    let mut labels = Value::empty_object();
    for requirement in selector.requirements() {
        match (requirement.operator(), requirement.values()) {
            (Operator::Equals | Operator::DoubleEquals, [value]) => {
                labels.set(requirement.key(), value);
            }
            _ => return Err("couldn't convert expressions to map-based selector format".into()),
        }
    }
    Ok(labels)
}

/// The ports of an object's containers: number and protocol.
fn ports_of(object: &AnyObject) -> Vec<(i64, String)> {
    let value = object.to_value();
    let spec = match object.kind() {
        Kind::Pod => value.get("spec"),
        Kind::Service => {
            let ports = value.at(&["spec", "ports"]).map_or(&[][..], Value::items);
            let port = |port: &Value| {
                (port.i64_at("port").unwrap_or(0), port.str_at("protocol").unwrap_or("TCP").into())
            };
            return ports.iter().map(port).collect();
        }
        _ => value.at(&["spec", "template", "spec"]),
    };
    let containers = spec.map_or(&[][..], |spec| spec.items_at("containers"));
    let ports = containers.iter().flat_map(|container| container.items_at("ports"));
    let port = |port: &Value| {
        let protocol = port.str_at("protocol").unwrap_or("TCP").to_owned();
        (port.i64_at("containerPort").unwrap_or(0), protocol)
    };
    ports.map(port).collect()
}

fn one(context: &mut Context<'_>, form: &mut Form, object: &AnyObject) -> Result<(), Failure> {
    let exposable = matches!(
        object.kind(),
        Kind::Pod
            | Kind::Service
            | Kind::ReplicationController
            | Kind::ReplicaSet
            | Kind::Deployment
    );
    if !exposable {
        return Err(Failure::new(format!("cannot expose a {}", object.kind().qualified())));
    }
    let flags = &context.flags;
    let selector = match flags.text("selector") {
        "" => map_selector(object).map_err(|words| {
            Failure::new(format!(
                "couldn't retrieve selectors via --selector flag or introspection: {words}"
            ))
        })?,
        text => pairs(text)?,
    };
    let own = ports_of(object);
    let headless = flags.text("cluster-ip") == "None";
    let wanted: Vec<i64> = match flags.text("port") {
        "" if own.is_empty() && !headless => {
            return Err(Failure::new("couldn't find port via --port flag or introspection"));
        }
        "" => own.iter().map(|(port, _)| *port).collect(),
        text => {
            let number = |text: &str| {
                text.parse::<i64>().map_err(|_| {
                    Failure::new(format!("strconv.Atoi: parsing \"{text}\": invalid syntax"))
                })
            };
            text.split(',').map(number).collect::<Result<_, _>>()?
        }
    };
    let target = flags.text("target-port").to_owned();
    let mut ports = Vec::new();
    for (index, port) in wanted.iter().enumerate() {
        let introspected = own.iter().find(|(number, _)| number == port);
        let protocol = match (flags.text("protocol"), introspected) {
            ("", Some((_, protocol))) => protocol.clone(),
            ("", None) => "TCP".into(),
            (given, _) => given.to_owned(),
        };
        let mut entry = object! { "port" => *port, "protocol" => protocol };
        if wanted.len() > 1 {
            entry.set("name", format!("port-{}", index + 1));
        }
        let value = match target.as_str() {
            "" => Value::Int(*port),
            text => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::Int),
        };
        entry.set("targetPort", value);
        ports.push(entry);
    }
    let service = service(context, object, selector, ports)?;
    let service = overrides::apply(context, Kind::Service, service)?;
    send(context, form, service)
}

fn service(
    context: &Context<'_>,
    object: &AnyObject,
    selector: Value,
    ports: Vec<Value>,
) -> Result<Value, Failure> {
    let flags = &context.flags;
    let name: String = match flags.text("name") {
        "" => object.meta().name.chars().take(63).collect(),
        name => name.to_owned(),
    };
    let labels = match flags.text("labels") {
        "" => object.meta().labels.to_value(),
        text => pairs(text)?,
    };
    let mut metadata = object! { "name" => name };
    if labels.as_map().is_some_and(|map| !map.is_empty()) {
        metadata.set("labels", labels);
    }
    let mut spec = object! { "selector" => selector };
    if !ports.is_empty() {
        spec.set("ports", ports);
    }
    if !matches!(flags.text("session-affinity"), "" | "None" | "ClientIP") {
        let words = format!("unknown session affinity: {}", flags.text("session-affinity"));
        return Err(Failure::new(words));
    }
    for (flag, field) in [
        ("type", "type"),
        ("cluster-ip", "clusterIP"),
        ("load-balancer-ip", "loadBalancerIP"),
        ("session-affinity", "sessionAffinity"),
    ] {
        let text = flags.text(flag);
        let meant = flag != "load-balancer-ip" || flags.text("type") == "LoadBalancer";
        if !text.is_empty() && meant {
            spec.set(field, text);
        }
    }
    let external = flags.text("external-ip");
    if !external.is_empty() {
        spec.set("externalIPs", vec![external]);
    }
    Ok(object! {
        "apiVersion" => "v1",
        "kind" => "Service",
        "metadata" => metadata,
        "spec" => spec,
        "status" => object! { "loadBalancer" => Value::empty_object() },
    })
}

fn send(context: &mut Context<'_>, form: &mut Form, mut service: Value) -> Result<(), Failure> {
    let namespace = context.namespace();
    if context.dry() == Dry::Client {
        if context.flags.given("namespace") {
            service.child("metadata").set("namespace", &namespace);
        }
        if form.is_human() || matches!(form, Form::Name) {
            let object = AnyObject::from_value(Kind::Service, &service);
            return print(context, form, &object, "exposed");
        }
        let text = form.print_value(&service)?;
        context.out(&text);
        return Ok(());
    }
    save_config(context, &mut service);
    let service = context.recorded(service);
    let written = context.send_create(Kind::Service, &namespace, service)?;
    print(context, form, &written.object, "exposed")
}
