//! `kubectl run`: a pod from flags; with `-i` or `--attach` its output is shown until it ends. Follows `pkg/cmd/run`.

use super::create::print;
use super::generators::{pairs, save_config};
use super::output::{self, Form};
use super::problem::Failure;
use super::session::Session;
use super::{After, Context, DONE, Dry};
use super::{attach, delete, overrides};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::cluster::WriteOptions;
use crate::object;
use crate::reconcile::DeleteOptions;
use crate::terminal::Stream;
use crate::terminal::process::{Io, Process, Turn};

/// Runs `run`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let flags = context.flags.clone();
    if !flags.given("image") {
        return Err(Failure::required_flags(&["image"]));
    }
    let interactive = flags.has("stdin");
    let restart = match flags.text("restart") {
        "" if interactive && flags.given("restart") => "OnFailure",
        "" => "Always",
        policy @ ("Always" | "OnFailure" | "Never") => policy,
        other => return Err(Failure::usage("run", &format!("invalid restart policy: {other}"))),
    };
    let attaches = if flags.given("attach") { flags.has("attach") } else { interactive };
    let name = match flags.words.first() {
        Some(name) if flags.dash != Some(0) => name.clone(),
        _ => return Err(Failure::usage("run", "NAME is required for run")),
    };
    check(context, attaches, interactive)?;
    let labels = match flags.text("labels") {
        "" => object! { "run" => name.as_str() },
        text => pairs(text)?,
    };
    let pod = pod(context, &name, &labels, restart)?;
    let mut form = output::form(context, false)?.of_structs();
    let service = flags.has("expose").then(|| service(&name, &labels, flags.text("port")));
    let dry = context.dry();
    let mut made = Vec::new();
    for (kind, mut value) in [(Kind::Service, service), (Kind::Pod, Some(pod))]
        .into_iter()
        .filter_map(|(kind, value)| value.map(|value| (kind, value)))
    {
        save_config(context, &mut value);
        let value = context.recorded(value);
        if dry == Dry::Client {
            if !matches!(form, Form::Human { .. } | Form::Name) {
                let text = form.print_value(&value)?;
                context.out(&text);
                between(context, &form, kind);
                continue;
            }
            made.push(AnyObject::from_value(kind, &value));
            continue;
        }
        let namespace = context.namespace();
        made.push(context.send_create(kind, &namespace, value)?.object);
    }
    if attaches {
        return Ok(After::Goes(Box::new(Attached {
            pod: context.key(Kind::Pod, &name),
            container: name,
            seen: 0,
            remove: flags.has("rm"),
            quiet: flags.has("quiet"),
            told: flags.has("quiet"),
            input: interactive.then(|| flags.has("tty")),
            session: None,
            line: context.line.to_string(),
            restart: restart.to_owned(),
        })));
    }
    for object in &made {
        print(context, &mut form, object, "created")?;
        between(context, &form, object.kind());
    }
    DONE
}

/// A line of its own behind the service of `--expose`, beside the one that the printer puts there.
fn between(context: &mut Context<'_>, form: &Form, kind: Kind) {
    if kind == Kind::Service && matches!(form, Form::Yaml { .. }) {
        context.out("---\n");
    }
}

fn check(context: &Context<'_>, attaches: bool, interactive: bool) -> Result<(), Failure> {
    let flags = &context.flags;
    let image = flags.text("image");
    if image.is_empty() {
        return Err(Failure::new("--image is required"));
    }
    if crate::containers::catalogue::Reference::parse(image).is_err() {
        return Err(Failure::new(format!(
            "Invalid image name {}: invalid reference format",
            go_quote(image)
        )));
    }
    if flags.has("tty") && !interactive {
        let words = "-i/--stdin is required for containers with -t/--tty=true";
        return Err(Failure::usage("run", words));
    }
    let port = flags.text("port");
    if flags.has("expose") && port.is_empty() {
        return Err(Failure::usage("run", "--port must be set when exposing a service"));
    }
    if !attaches && flags.has("rm") {
        return Err(Failure::usage("run", "--rm should only be used for attached containers"));
    }
    if attaches && context.dry() != Dry::No {
        return Err(Failure::usage(
            "run",
            "--dry-run=[server|client] can't be used with attached containers options (--attach, --stdin, or --tty)",
        ));
    }
    if !matches!(flags.text("image-pull-policy"), "" | "Always" | "IfNotPresent" | "Never") {
        let words = format!("invalid image pull policy: {}", flags.text("image-pull-policy"));
        return Err(Failure::usage("run", &words));
    }
    if !port.is_empty() && port.parse::<i64>().is_err() {
        let port = go_quote(port);
        return Err(Failure::new(format!("strconv.Atoi: parsing {port}: invalid syntax")));
    }
    Ok(())
}

fn pod(context: &Context<'_>, name: &str, labels: &Value, restart: &str) -> Result<Value, Failure> {
    let flags = &context.flags;
    let mut container = object! {
        "image" => flags.text("image"), "name" => name, "resources" => Value::empty_object(),
    };
    let arguments: Vec<String> = flags.words.iter().skip(1).cloned().collect();
    // What stands behind the name is for the container, with `--` before it or without.
    if !arguments.is_empty() {
        container.set(if flags.has("command") { "command" } else { "args" }, arguments);
    }
    let mut environment = Vec::new();
    for pair in flags.all("env") {
        match pair.split_once('=') {
            Some((key, value)) if !key.is_empty() => {
                environment.push(object! { "name" => key, "value" => value });
            }
            _ => return Err(Failure::new(format!("invalid env: {pair}"))),
        }
    }
    if !environment.is_empty() {
        container.set("env", environment);
    }
    if let Ok(port) = flags.text("port").parse::<i64>() {
        container.set("ports", vec![object! { "containerPort" => port }]);
    }
    match flags.text("image-pull-policy") {
        "" => {}
        policy => container.set("imagePullPolicy", policy),
    }
    if flags.has("privileged") {
        container.set("securityContext", object! { "privileged" => true });
    }
    for (flag, field) in [("stdin", "stdin"), ("tty", "tty")] {
        if flags.has(flag) {
            container.set(field, true);
        }
    }
    if flags.has("stdin") && !flags.has("leave-stdin-open") {
        container.set("stdinOnce", true);
    }
    let mut metadata = object! { "labels" => labels.clone(), "name" => name };
    let mut annotations = Value::empty_object();
    for pair in flags.all("annotations") {
        match pair.split_once('=') {
            Some((key, value)) => annotations.set(key, value),
            None => return Err(Failure::new(format!("invalid annotations format: {pair}"))),
        }
    }
    if annotations.as_map().is_some_and(|map| !map.is_empty()) {
        metadata.set("annotations", annotations);
    }
    let spec = object! {
        "containers" => vec![container],
        "dnsPolicy" => "ClusterFirst",
        "restartPolicy" => restart,
    };
    let pod = object! {
        "apiVersion" => "v1",
        "kind" => "Pod",
        "metadata" => metadata,
        "spec" => spec,
        "status" => Value::empty_object(),
    };
    overrides::apply(context, Kind::Pod, pod)
}

fn service(name: &str, labels: &Value, port: &str) -> Value {
    let port: i64 = port.parse().unwrap_or(0);
    let ports = vec![object! { "port" => port, "protocol" => "TCP", "targetPort" => port }];
    object! {
        "apiVersion" => "v1",
        "kind" => "Service",
        "metadata" => object! { "name" => name },
        "spec" => object! { "ports" => ports, "selector" => labels.clone() },
        "status" => object! { "loadBalancer" => Value::empty_object() },
    }
}

/// A pod whose output is shown until it ends.
#[derive(Debug)]
struct Attached {
    pod: ObjectKey,
    container: String,
    seen: usize,
    remove: bool,
    quiet: bool,
    told: bool,
    /// Whether somebody sits at it, and before a screen.
    input: Option<bool>,
    session: Option<Session>,
    line: String,
    restart: String,
}

impl Attached {
    /// The exit status, once it is known.
    fn status(&self, io: &Io<'_>) -> Option<(i32, String)> {
        let Some(pod) = io.cluster.store().pods().get(&self.pod) else {
            return Some((1, format!("pods \"{}\" not found", self.pod.name)));
        };
        let status = pod.status.container(&self.container)?;
        let end = status.terminated().or(status.last.as_ref());
        if !pod.status.phase.finished() && self.restart != "Always" {
            return None;
        }
        let end = end?;
        let code = i32::try_from(end.exit_code).unwrap_or(1);
        if code == 0 || self.restart != "Never" {
            return Some((0, String::new()));
        }
        let (namespace, name) = (&self.pod.namespace, &self.pod.name);
        Some((code, format!("pod {namespace}/{name} terminated ({})\n{}", end.reason, end.message)))
    }
}

impl Process for Attached {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if let Some(session) = &mut self.session {
            match session.poll(io) {
                Turn::Done(_) => self.session = None,
                waits => return waits,
            }
        } else if let Some(screen) = self.input
            && let Some(shell) = attach::shell(io.cluster, &self.pod, &self.container)
        {
            self.input = None;
            let (pod, container) = shell.container;
            if !std::mem::replace(&mut self.told, true) {
                io.output.push(Stream::Err, attach::NOTICE);
            }
            match Session::begin(io.cluster, &pod, &container, &shell.name, (screen, true)) {
                Ok(session) => {
                    self.session = Some(session);
                    return self.poll(io);
                }
                Err(failure) => io.error(failure.lines().trim_end()),
            }
        }
        let lines = io.cluster.logs(&self.pod, &self.container, false).unwrap_or_default();
        if !lines.is_empty() && !std::mem::replace(&mut self.told, true) {
            io.output.push(Stream::Err, attach::NOTICE);
        }
        for line in lines.iter().skip(self.seen) {
            io.out(&format!("{}\n", line.text));
        }
        self.seen = self.seen.max(lines.len());
        let Some((code, words)) = self.status(io) else { return Turn::Waits(None) };
        if self.remove {
            let options = WriteOptions { dry_run: false, words: self.line.clone() };
            let live = io.cluster.store().get(Kind::Pod, &self.pod);
            let gone = io.cluster.delete(Kind::Pod, &self.pod, &DeleteOptions::default(), &options);
            if let (Some(live), Ok(_), false) = (live, gone, self.quiet) {
                io.out(&delete::said(&live, false, ""));
            }
        }
        if !words.is_empty() {
            io.error(words.trim_end());
        }
        Turn::Done(code)
    }
}
