//! `--raw`: a path of the API server, asked as it is. Follows `pkg/rawhttp/raw.go`.
//!
//! JSON comes as the server writes it: in a line, what an object is before what it holds. Behind that, fields are in the
//! order of the alphabet, where a real server has the order of its source.

use std::rc::Rc;

use super::metrics;
use super::problem::Failure;
use super::subresource;
use super::{After, Context, DONE};
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::object::AnyObject;
use crate::api::strategy::has_status;
use crate::api::value::Value;
use crate::api::{ApiError, Reason};
use crate::apiserver::FieldSelector;
use crate::apiserver::paths::Place;
use crate::cluster::WriteOptions;
use crate::reconcile::{DeleteOptions, Propagation};

/// The verbs of what is kept, as discovery lists them.
const VERBS: &str =
    r#"["create","delete","deletecollection","get","list","patch","update","watch"]"#;
/// Kinds of which the server answers a deletion with the object. Follows `ReturnDeletedObject`.
const RETURNED: [Kind; 6] = [
    Kind::Namespace,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::ResourceQuota,
    Kind::Service,
    Kind::ServiceAccount,
];

/// Runs `get --raw` and `delete --raw`.
pub(super) fn run(context: &mut Context<'_>, verb: &str, uri: &str) -> Result<After, Failure> {
    check(context, verb, uri)?;
    let (path, query) = uri.split_once('?').unwrap_or((uri, ""));
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let query = Query(query.split('&').filter_map(|pair| pair.split_once('=')).collect());
    if let ("get", Some(rest)) = (verb, parts.strip_prefix(&METRICS)) {
        let selector = labels(&query)?;
        if let Some(found) = metrics::answer(rest, &selector, context.cluster) {
            let text = line(&found?);
            context.out(&text);
            return DONE;
        }
    }
    let place = Place::parse(&parts);
    if let Some(place) = &place {
        context.asked_for(place.kind);
    }
    let text = match (verb, place) {
        ("delete", Some(place)) => delete(context, &place, &query)?,
        ("delete", None) => return Err(not_there()),
        (_, Some(place)) => object(context, &place, &query)?,
        (_, None) => about_itself(&parts, uri).ok_or_else(not_there)?,
    };
    context.out(&text);
    DONE
}

/// Where the metrics server answers.
const METRICS: [&str; 3] = ["apis", "metrics.k8s.io", "v1beta1"];

/// The label selector of a query.
fn labels(query: &Query<'_>) -> Result<Selector, Failure> {
    let text = query.text("labelSelector").unwrap_or_default();
    Selector::parse(&text).map_err(|words| ApiError::new(Reason::BadRequest, words).into())
}

/// What the client refuses before it asks.
fn check(context: &Context<'_>, verb: &str, uri: &str) -> Result<(), Failure> {
    let flags = &context.flags;
    let refuse = |words: &str| Err(Failure::new(words));
    if verb == "get" {
        if !flags.words.is_empty() {
            return refuse("arguments may not be passed when --raw is specified");
        }
        if flags.has("watch") || flags.has("watch-only") || !flags.text("selector").is_empty() {
            return refuse(
                "--raw may not be specified with other flags that filter the server request or alter the output",
            );
        }
    } else {
        if flags.has("interactive") {
            return refuse("--interactive can not be used with --raw");
        }
        if flags.all("filename").len() > 1 {
            return refuse("--raw can only use a single local file or stdin");
        }
        if flags.has("recursive") {
            return refuse("--raw and --recursive are mutually exclusive");
        }
    }
    if !flags.text("output").is_empty() {
        return refuse("--raw and --output are mutually exclusive");
    }
    match uri.starts_with('/') || uri.contains("://") {
        true => Ok(()),
        false => Err(Failure::new(format!(
            "--raw must be a valid URL path: parse {}: invalid URI for request",
            go_quote(uri)
        ))),
    }
}

fn not_there() -> Failure {
    ApiError::new(Reason::NotFound, "the server could not find the requested resource").into()
}

/// What stands behind the `?` of a path.
struct Query<'a>(Vec<(&'a str, &'a str)>);

impl Query<'_> {
    fn text(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| *key == name).map(|(_, value)| unescaped(value))
    }
}

/// A value of a query without its escapes.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes().peekable();
    while let Some(byte) = rest.next() {
        let digit = |byte: Option<u8>| byte.and_then(|byte| char::from(byte).to_digit(16));
        let mut ahead = rest.clone();
        match (byte, digit(ahead.next()), digit(ahead.next())) {
            (b'%', Some(high), Some(low)) => {
                bytes.extend(u8::try_from(high * 16 + low));
                rest = ahead;
            }
            (b'+', ..) => bytes.push(b' '),
            _ => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// `GET` of objects.
fn object(context: &mut Context<'_>, place: &Place, query: &Query<'_>) -> Result<String, Failure> {
    if place.name.is_none() {
        if query.text("watch").is_some_and(|value| value != "false" && value != "0") {
            return Err(Failure::new("a watch by --raw is not part of this sandbox"));
        }
        let all = selected(context, place, query)?;
        return Ok(listed(context, place.kind, &all));
    }
    let key = place.key();
    let found = context.read(place.kind, &key);
    let found = found.ok_or_else(|| Failure::not_found(place.kind, &key.name))?;
    match place.part.as_deref() {
        None | Some("status") => Ok(line(&found.to_value())),
        Some("scale") => Ok(line(&subresource::scale(&found)?)),
        Some("log") if place.kind == Kind::Pod => log(context, &found, query),
        _ => Err(not_there()),
    }
}

/// The objects of a list that the selectors of a query let through.
fn selected(
    context: &Context<'_>,
    place: &Place,
    query: &Query<'_>,
) -> Result<Vec<AnyObject>, Failure> {
    let refuse = |words: String| Failure::from(ApiError::new(Reason::BadRequest, words));
    let labels = labels(query)?;
    let fields = query.text("fieldSelector").unwrap_or_default();
    let fields = FieldSelector::parse(place.kind, &fields).map_err(refuse)?;
    let mut all = context.cluster.objects(place.kind, place.namespace.as_deref());
    all.retain(|object| labels.matches(&object.meta().labels) && fields.matches(object));
    Ok(all)
}

/// A list. Its items do not say what they are.
fn listed(context: &Context<'_>, kind: Kind, objects: &[AnyObject]) -> String {
    let items = objects.iter().map(|object| {
        let mut value = object.to_value();
        value.remove("kind");
        value.remove("apiVersion");
        value
    });
    line(&crate::object! {
        "kind" => format!("{}List", kind.name()),
        "apiVersion" => kind.api_version(),
        "metadata" => crate::object! {
            "resourceVersion" => context.cluster.store().resource_version().to_string(),
        },
        "items" => items.collect::<Vec<_>>(),
    })
}

fn log(context: &Context<'_>, pod: &AnyObject, query: &Query<'_>) -> Result<String, Failure> {
    let AnyObject::Pod(pod) = pod else { return Err(not_there()) };
    let container = match (query.text("container"), &*pod.spec.containers) {
        (Some(name), _) => Rc::from(name),
        (None, [only]) => Rc::clone(&only.name),
        (None, many) => {
            let names: Vec<&str> = many.iter().map(|one| &*one.name).collect();
            let words = format!(
                "a container name must be specified for pod {}, choose one of: [{}]",
                pod.meta.name,
                names.join(" ")
            );
            return Err(ApiError::new(Reason::BadRequest, words).into());
        }
    };
    let previous = query.text("previous").as_deref() == Some("true");
    let lines = context.cluster.logs(&pod.meta.key(), &container, previous)?;
    let last = query.text("tailLines").and_then(|count| count.parse().ok());
    let from = last.map_or(0, |last| lines.len().saturating_sub(last));
    Ok(lines.iter().skip(from).map(|line| format!("{}\n", line.text)).collect())
}

/// `DELETE` of an object, or of all that a list would show.
fn delete(context: &mut Context<'_>, place: &Place, query: &Query<'_>) -> Result<String, Failure> {
    let how = options(context, query)?;
    let dry_run = match query.text("dryRun").as_deref() {
        None | Some("") => false,
        Some("All") => true,
        Some(other) => {
            let words = format!(
                "DeleteOptions.meta.k8s.io \"\" is invalid: dryRun: Unsupported value: [{}]: supported values: \"All\"",
                go_quote(other)
            );
            return Err(ApiError::new(Reason::Invalid, words).into());
        }
    };
    let meant = WriteOptions { dry_run, ..context.write() };
    let Some(name) = &place.name else {
        // Namespaces go one by one.
        if place.kind == Kind::Namespace {
            let words = "the server does not allow this method on the requested resource";
            return Err(ApiError::new(Reason::MethodNotAllowed, words).into());
        }
        let all = selected(context, place, query)?;
        for object in &all {
            context.send_delete_as(place.kind, &object.key(), &how, &meant)?;
        }
        return Ok(listed(context, place.kind, &all));
    };
    if place.part.is_some() {
        return Err(not_there());
    }
    let key = place.key();
    let gone = context.send_delete_as(place.kind, &key, &how, &meant)?.object;
    if RETURNED.contains(&place.kind)
        || !dry_run && context.cluster.store().get(place.kind, &key).is_some()
    {
        return Ok(line(&gone.to_value()));
    }
    let info = place.kind.info();
    let mut details = crate::object! { "name" => name, "kind" => info.plural };
    if !info.group.is_empty() {
        details.set("group", info.group);
    }
    details.set("uid", gone.uid().to_string());
    Ok(line(&crate::object! {
        "kind" => "Status",
        "apiVersion" => "v1",
        "metadata" => Value::empty_object(),
        "status" => "Success",
        "details" => details,
    }))
}

/// How to delete, as the body or else the query says.
fn options(context: &Context<'_>, query: &Query<'_>) -> Result<DeleteOptions, Failure> {
    let body = match context.flags.all("filename") {
        [] => String::new(),
        [file] if file == "-" => context.input.clone(),
        [file, ..] => match context.terminal.files.get(file.as_str()) {
            Some(text) => text.to_string(),
            None => {
                return Err(Failure::new(format!("open {file}: no such file or directory")));
            }
        },
    };
    let given = match body.trim() {
        "" => Value::Null,
        body => Value::from_json(body)
            .map_err(|error| ApiError::new(Reason::BadRequest, error.to_string()))?,
    };
    let text = |name: &str| match body.trim().is_empty() {
        true => query.text(name),
        false => given.str_at(name).map(str::to_owned),
    };
    let grace = match text("gracePeriodSeconds") {
        Some(text) => Some(text.parse().map_err(|_| {
            let words = format!("strconv.ParseInt: parsing {}: invalid syntax", go_quote(&text));
            ApiError::new(Reason::BadRequest, words)
        })?),
        None => given.i64_at("gracePeriodSeconds"),
    };
    let propagation = match text("propagationPolicy").as_deref() {
        None | Some("") => None,
        Some("Background") => Some(Propagation::Background),
        Some("Foreground") => Some(Propagation::Foreground),
        Some("Orphan") => Some(Propagation::Orphan),
        Some(other) => {
            let words = format!(
                "DeleteOptions.meta.k8s.io \"\" is invalid: propagationPolicy: Unsupported value: {}: supported values: \"Foreground\", \"Background\", \"Orphan\", \"nil\"",
                go_quote(other)
            );
            return Err(ApiError::new(Reason::Invalid, words).into());
        }
    };
    Ok(DeleteOptions { propagation, grace_seconds: grace, uid: None })
}

/// What the server says of itself: its paths, version, health, groups and resources.
fn about_itself(path: &[&str], uri: &str) -> Option<String> {
    Some(match path {
        [] => root(),
        ["version"] => VERSION.to_owned(),
        [check @ ("healthz" | "livez" | "readyz")] => match uri.contains("?verbose") {
            true => {
                let ready = if *check == "readyz" { "[+]etcd-readiness ok\n[+]informer-sync ok\n" } else { "" };
                let down = if *check == "readyz" { "[+]shutdown ok\n" } else { "" };
                format!("[+]ping ok\n[+]log ok\n[+]etcd ok\n{ready}{down}{check} check passed\n")
            }
            false => "ok".to_owned(),
        },
        ["healthz" | "livez" | "readyz", "ping" | "log" | "etcd"] => "ok".to_owned(),
        ["api"] => "{\"kind\":\"APIVersions\",\"versions\":[\"v1\"],\"serverAddressByClientCIDRs\":[{\"clientCIDR\":\"0.0.0.0/0\",\"serverAddress\":\"172.18.0.2:6443\"}]}\n".to_owned(),
        ["apis"] => {
            let groups: Vec<String> = versions().into_iter().skip(1).map(group).collect();
            let groups = groups.join(",");
            format!("{{\"kind\":\"APIGroupList\",\"apiVersion\":\"v1\",\"groups\":[{groups}]}}\n")
        }
        ["apis", name] => {
            let version = versions().into_iter().find(|one| split(one).0 == *name)?;
            let group = group(version);
            let rest = group.strip_prefix('{')?;
            format!("{{\"kind\":\"APIGroup\",\"apiVersion\":\"v1\",{rest}\n")
        }
        ["api", version] => resources(version)?,
        ["apis", group, version] => resources(&format!("{group}/{version}"))?,
        _ => return None,
    })
}

/// What `version` answers.
const VERSION: &str = "{
  \"major\": \"1\",
  \"minor\": \"36\",
  \"emulationMajor\": \"1\",
  \"emulationMinor\": \"36\",
  \"minCompatibilityMajor\": \"1\",
  \"minCompatibilityMinor\": \"35\",
  \"gitVersion\": \"v1.36.2\",
  \"gitTreeState\": \"clean\",
  \"compiler\": \"gc\",
  \"platform\": \"linux/amd64\"
}";

/// Every version, that of the core group first.
fn versions() -> Vec<&'static str> {
    let mut all: Vec<&str> = Kind::ALL.into_iter().map(Kind::api_version).collect();
    all.dedup();
    all.push(METRICS_VERSION);
    all
}

/// The version that the metrics server adds, and its resources.
const METRICS_VERSION: &str = "metrics.k8s.io/v1beta1";
const METRICS_RESOURCES: &str = "{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":\"metrics.k8s.io/v1beta1\",\"resources\":[{\"name\":\"nodes\",\"singularName\":\"\",\"namespaced\":false,\"kind\":\"NodeMetrics\",\"verbs\":[\"get\",\"list\"]},{\"name\":\"pods\",\"singularName\":\"\",\"namespaced\":true,\"kind\":\"PodMetrics\",\"verbs\":[\"get\",\"list\"]}]}\n";

/// Group and version of `apps/v1` or `v1`.
fn split(version: &str) -> (&str, &str) {
    version.split_once('/').unwrap_or(("", version))
}

fn root() -> String {
    let mut paths: Vec<String> = ["/api", "/api/v1", "/apis", "/apis/"].map(str::to_owned).into();
    for version in versions().into_iter().skip(1) {
        paths.push(format!("/apis/{}", split(version).0));
        paths.push(format!("/apis/{version}"));
    }
    for check in ["/healthz", "/livez", "/readyz"] {
        paths.push(check.to_owned());
        paths.extend(["etcd", "log", "ping"].map(|part| format!("{check}/{part}")));
    }
    paths.push("/version".to_owned());
    let lines: Vec<String> = paths.iter().map(|path| format!("    \"{path}\"")).collect();
    format!("{{\n  \"paths\": [\n{}\n  ]\n}}", lines.join(",\n"))
}

fn group(version: &str) -> String {
    let (name, short) = split(version);
    let version = format!("{{\"groupVersion\":\"{version}\",\"version\":\"{short}\"}}");
    format!("{{\"name\":\"{name}\",\"versions\":[{version}],\"preferredVersion\":{version}}}")
}

/// The resources of a version with their parts, by name.
fn resources(version: &str) -> Option<String> {
    if version == METRICS_VERSION {
        return Some(METRICS_RESOURCES.to_owned());
    }
    let kinds: Vec<Kind> =
        Kind::ALL.into_iter().filter(|kind| kind.api_version() == version).collect();
    if kinds.is_empty() {
        return None;
    }
    let mut all: Vec<(String, String)> = Vec::new();
    for kind in kinds {
        let info = kind.info();
        let quoted: Vec<String> =
            info.short_names.iter().map(|name| format!("\"{name}\"")).collect();
        let short = match quoted.is_empty() {
            true => String::new(),
            false => format!(",\"shortNames\":[{}]", quoted.join(",")),
        };
        let category = match Kind::CATEGORY_ALL.contains(&kind) {
            true => ",\"categories\":[\"all\"]",
            false => "",
        };
        let verbs = match kind {
            Kind::Namespace => VERBS.replace("\"deletecollection\",", ""),
            _ => VERBS.to_owned(),
        };
        all.push((
            info.plural.to_owned(),
            format!(
                "{{\"name\":\"{}\",\"singularName\":\"{}\",\"namespaced\":{},\"kind\":\"{}\",\"verbs\":{verbs}{short}{category}}}",
                info.plural,
                info.name.to_lowercase(),
                info.namespaced,
                info.name
            ),
        ));
        for (part, group, kind_name, verbs) in parts(kind) {
            let name = format!("{}/{part}", info.plural);
            let group = match group {
                "" => String::new(),
                group => format!("\"group\":\"{group}\",\"version\":\"v1\","),
            };
            let text = format!(
                "{{\"name\":\"{name}\",\"singularName\":\"\",\"namespaced\":{},{group}\"kind\":\"{kind_name}\",\"verbs\":{verbs}}}",
                info.namespaced
            );
            all.push((name, text));
        }
    }
    all.sort();
    let list: Vec<String> = all.into_iter().map(|(_, text)| text).collect();
    // The core group is older than the field.
    let own = if version == "v1" { "" } else { "\"apiVersion\":\"v1\"," };
    Some(format!(
        "{{\"kind\":\"APIResourceList\",{own}\"groupVersion\":\"{version}\",\"resources\":[{}]}}\n",
        list.join(",")
    ))
}

/// The parts of objects of a kind: name, group of what they are, kind, verbs.
fn parts(kind: Kind) -> Vec<(&'static str, &'static str, &'static str, &'static str)> {
    let changed = r#"["get","patch","update"]"#;
    let mut all = Vec::new();
    if kind == Kind::Pod {
        all.push(("eviction", "policy", "Eviction", r#"["create"]"#));
        all.push(("log", "", "Pod", r#"["get"]"#));
    }
    if subresource::SCALES.contains(&kind) {
        all.push(("scale", "autoscaling", "Scale", changed));
    }
    if has_status(kind) {
        all.push(("status", "", kind.name(), changed));
    }
    all
}

/// Fields that come first, by the name of what holds them; nothing stands for the whole.
const FIRST: [(&str, &[&str]); 5] = [
    ("", &["kind", "apiVersion", "metadata", "status"]),
    ("items", &["metadata"]),
    ("details", &["name", "group"]),
    (
        "metadata",
        &[
            "name",
            "generateName",
            "namespace",
            "uid",
            "resourceVersion",
            "generation",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
        ],
    ),
    ("ownerReferences", &["apiVersion", "kind", "name", "uid", "controller"]),
];

/// JSON in a line, as the server writes it.
fn line(value: &Value) -> String {
    let mut text = String::new();
    write(value, "", &mut text);
    text.push('\n');
    text
}

fn write(value: &Value, name: &str, text: &mut String) {
    match value {
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                write(item, name, text);
            }
            text.push(']');
        }
        Value::Object(_) => {
            let is_status = value.str_at("kind") == Some("Status");
            let first = FIRST.iter().find(|(of, _)| *of == name).map_or(&[][..], |(_, all)| all);
            // Only a Status has its status before the rest.
            let first = first.iter().filter(|key| **key != "status" || is_status);
            let ahead = first.filter_map(|key| Some((*key, value.get(key)?)));
            let ahead: Vec<(&str, &Value)> = ahead.collect();
            let known = |key: &str| ahead.iter().any(|(name, _)| *name == key);
            let rest = value.entries().map(|(key, value)| (&**key, value));
            let rest: Vec<_> = rest.filter(|(key, _)| !known(key)).collect();
            text.push('{');
            for (index, (key, value)) in ahead.iter().copied().chain(rest).enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::from(key).to_json());
                text.push(':');
                write(value, key, text);
            }
            text.push('}');
        }
        other => text.push_str(&other.to_json()),
    }
}
