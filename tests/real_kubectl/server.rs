//! The API layer over HTTP: each request becomes a call of the facade. Knows paths, content types and the forms of
//! answers; decides nothing itself.

use podyard::api::Reason;
use podyard::api::error::{ApiError, FieldErrorKind};
use podyard::api::kind::Kind;
use podyard::api::labels::Selector;
use podyard::api::meta::{ObjectKey, Uid};
use podyard::api::object::AnyObject;
use podyard::api::value::Value as Object;
use podyard::apiserver::patch::conform;
use podyard::apiserver::{FieldSelector, table};
use podyard::cluster::{Cluster, Patch, WriteOptions, Written};
use podyard::reconcile::{DeleteOptions, Propagation};
use podyard::sim::{Duration, Time};
use podyard::store::Operation;
use serde_json::{Value, json};
use tiny_http::{Header, Method, Request, Response};

use crate::{discovery, metrics, openapi};

/// How far a watch moves the clock: so long does the client get to see changes before the answer ends.
const WATCHED: Duration = Duration::from_seconds(90);

/// A refusal, or the body of an answer with its status code.
type Answer = Result<Reply, ApiError>;

struct Reply {
    code: u16,
    body: String,
    plain: bool,
    warnings: Vec<String>,
}

impl Reply {
    fn json(value: &Value) -> Self {
        Self { code: 200, body: value.to_string(), plain: false, warnings: Vec::new() }
    }
}

/// A request taken apart.
struct Call {
    method: Method,
    query: Vec<(String, String)>,
    accept: String,
    content: String,
    body: String,
    kind: Kind,
    namespace: Option<String>,
    name: Option<String>,
    part: Option<String>,
}

/// Answers a request.
pub(crate) fn serve(mut request: Request, cluster: &mut Cluster) {
    let url = request.url().to_owned();
    let (path, query) = url.split_once('?').unwrap_or((&url, ""));
    let path: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let header = |name: &'static str| {
        let found = request.headers().iter().find(|header| header.field.equiv(name));
        found.map_or_else(String::new, |header| header.value.as_str().to_owned())
    };
    let (accept, content) = (header("Accept"), header("Content-Type"));
    let mut bytes = Vec::new();
    request.as_reader().read_to_end(&mut bytes).unwrap();
    let body = String::from_utf8_lossy(&bytes).into_owned();
    let mut deprecated = None;
    let answer = match path.as_slice() {
        ["openapi", "v3", rest @ ..] => {
            openapi::answer(rest).map(|found| Reply::json(&found)).ok_or_else(no_such_resource)
        }
        path => match discovery::answer(path) {
            Some(found) => Ok(Reply::json(&found)),
            None if path.starts_with(&["apis", "metrics.k8s.io", "v1beta1"]) => {
                let query = pairs(query);
                let selector = query.iter().find(|(key, _)| key == "labelSelector");
                let selector = selector.map_or("", |(_, value)| value);
                metrics::answer(path.get(3..).unwrap_or_default(), selector, cluster)
                    .map(|found| Reply::json(&found))
            }
            None if path == ["apis", "authorization.k8s.io", "v1", "selfsubjectaccessreviews"] => {
                // Everybody may do everything, as whoever made the cluster may.
                let mut review: Value = serde_json::from_str(&body).unwrap_or_default();
                review["status"] = json!({ "allowed": true });
                Ok(Reply { code: 201, ..Reply::json(&review) })
            }
            None => call(path).ok_or_else(no_such_resource).and_then(|mut call| {
                call.method = request.method().clone();
                call.query = pairs(query);
                (call.accept, call.content, call.body) = (accept, content, body);
                deprecated = call.kind.deprecation();
                call.answer(cluster)
            }),
        },
    };
    let mut reply = answer.unwrap_or_else(|error| Reply {
        code: error.reason.code(),
        ..Reply::json(&status(&error))
    });
    reply.warnings.extend(deprecated.map(str::to_owned));
    let kind = if reply.plain { "text/plain" } else { "application/json" };
    let mut response = Response::from_string(reply.body)
        .with_status_code(reply.code)
        .with_header(Header::from_bytes("Content-Type", kind).unwrap());
    for warning in reply.warnings {
        let text = format!("299 - \"{}\"", warning.replace('\\', "\\\\").replace('"', "\\\""));
        response = response.with_header(Header::from_bytes("Warning", text).unwrap());
    }
    // A client that has seen enough hangs up.
    drop(request.respond(response));
}

fn no_such_resource() -> ApiError {
    ApiError::new(Reason::NotFound, "the server could not find the requested resource")
}

/// The pairs of a query, with their escapes read.
fn pairs(query: &str) -> Vec<(String, String)> {
    let plain = |text: &str| {
        let mut bytes = Vec::new();
        let mut rest = text.bytes();
        while let Some(byte) = rest.next() {
            bytes.push(match byte {
                b'+' => b' ',
                b'%' => {
                    let digits = [rest.next().unwrap(), rest.next().unwrap()];
                    u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
                }
                other => other,
            });
        }
        String::from_utf8(bytes).unwrap()
    };
    query
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(key, value)| (plain(key), plain(value)))
        .collect()
}

/// What a path names.
fn call(path: &[&str]) -> Option<Call> {
    let (version, rest) = match path {
        ["api", version, rest @ ..] => ((*version).to_owned(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return None,
    };
    let find = |plural: &str| {
        Kind::ALL
            .into_iter()
            .find(|kind| kind.info().plural == plural && kind.api_version() == version)
    };
    let (namespace, plural, rest) = match rest {
        ["namespaces", namespace, plural, rest @ ..] if find(plural).is_some() => {
            (Some((*namespace).to_owned()), *plural, rest)
        }
        [plural, rest @ ..] => (None, *plural, rest),
        [] => return None,
    };
    Some(Call {
        method: Method::Get,
        query: Vec::new(),
        accept: String::new(),
        content: String::new(),
        body: String::new(),
        kind: find(plural)?,
        namespace,
        name: rest.first().map(|name| (*name).to_owned()),
        part: rest.get(1).map(|part| (*part).to_owned()),
    })
}

fn bad(words: impl Into<String>) -> ApiError {
    ApiError::new(Reason::BadRequest, words)
}

impl Call {
    /// The body as text.
    ///
    /// # Errors
    /// Some commands of the client write in Protobuf, which is not read here.
    fn text(&self) -> Result<&str, ApiError> {
        match self.content.contains("protobuf") {
            true => Err(bad("the body is in Protobuf")),
            false => Ok(&self.body),
        }
    }

    fn parameter(&self, name: &str) -> &str {
        self.query.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
    }

    fn namespace(&self) -> &str {
        self.namespace.as_deref().unwrap_or_default()
    }

    fn key(&self) -> ObjectKey {
        ObjectKey::new(self.namespace(), self.name.as_deref().unwrap_or_default())
    }

    fn options(&self) -> WriteOptions {
        WriteOptions { dry_run: self.parameter("dryRun") == "All", words: String::new() }
    }

    fn read(&self, cluster: &Cluster) -> Result<AnyObject, ApiError> {
        let key = self.key();
        let found = cluster.object(self.kind, &key);
        found.ok_or_else(|| ApiError::not_found(&self.kind.resource(), &key.name))
    }

    fn answer(&self, cluster: &mut Cluster) -> Answer {
        match (&self.method, self.name.as_deref(), self.part.as_deref()) {
            (Method::Get, None, None) if self.parameter("watch") == "true" => self.watch(cluster),
            (Method::Get, None, None) => self.list(cluster),
            (Method::Get, Some(_), None) => {
                // A client that polls until an object is gone waits a second each time.
                if self.read(cluster)?.meta().deleting() {
                    cluster.run_until(cluster.now() + Duration::from_seconds(1));
                }
                let object = self.read(cluster)?;
                Ok(self.shown(&object, cluster.now()))
            }
            (Method::Post, None, None) => self.create(cluster),
            (Method::Put, Some(_), None | Some("status")) => {
                let object = self.object()?;
                let written =
                    cluster.update(self.kind, self.namespace(), object, &self.options())?;
                Ok(self.written(&written, 200))
            }
            (Method::Patch, Some(_), None | Some("status")) => self.patch(cluster),
            (Method::Delete, Some(_), None) => self.delete(cluster),
            (Method::Delete, None, None) => {
                let mut gone = Vec::new();
                for object in self.selected(cluster)? {
                    let how = self.how_to_delete();
                    cluster.delete(self.kind, &object.key(), &how, &self.options())?;
                    gone.push(object);
                }
                Ok(self.shown_list(&gone, cluster))
            }
            (_, Some(_), Some("scale")) => self.scale(cluster),
            (Method::Post, Some(_), Some("eviction")) => {
                let given: Value = serde_json::from_str(&self.body).unwrap_or_default();
                let grace = given["deleteOptions"]["gracePeriodSeconds"].as_i64();
                cluster.evict(&self.key(), grace, &self.options())?;
                let done = json!({ "kind": "Status", "apiVersion": "v1", "status": "Success" });
                Ok(Reply { code: 201, ..Reply::json(&done) })
            }
            (Method::Get, Some(_), Some("log")) => self.log(cluster),
            _ => Err(no_such_resource()),
        }
    }

    /// The body as an object, checked as strict decoding does.
    fn object(&self) -> Result<Object, ApiError> {
        let raw = Object::from_json(self.text()?).map_err(|error| bad(error.to_string()))?;
        let (name, version) = (self.kind.name(), self.kind.api_version());
        let refuse = |words: &str| {
            bad(format!("{name} in version \"{version}\" cannot be handled as a {name}: {words}"))
        };
        let conformed = conform(&raw, self.kind).map_err(|wrong| refuse(&wrong.decoder_words()))?;
        if self.parameter("fieldValidation") == "Strict" && !conformed.unknown.is_empty() {
            return Err(refuse(&unknown(&conformed.unknown)));
        }
        Ok(conformed.value)
    }

    fn create(&self, cluster: &mut Cluster) -> Answer {
        let object = self.object()?;
        let written = cluster.create(self.kind, self.namespace(), object, &self.options())?;
        Ok(self.written(&written, 201))
    }

    fn patch(&self, cluster: &mut Cluster) -> Answer {
        let body = Object::from_json(self.text()?).map_err(|error| bad(error.to_string()))?;
        let patch = match self.content.as_str() {
            "application/merge-patch+json" => Patch::Merge(body),
            "application/json-patch+json" => Patch::Json(body),
            _ => Patch::Strategic(body),
        };
        let key = self.key();
        if self.parameter("fieldValidation") == "Strict" {
            let dry = WriteOptions { dry_run: true, words: String::new() };
            let tried = cluster.patch(self.kind, &key, patch.clone(), &dry)?;
            let strict: Vec<String> = tried
                .warnings
                .into_iter()
                .filter(|warning| warning.starts_with("unknown field "))
                .collect();
            if !strict.is_empty() {
                return Err(bad(format!("strict decoding error: {}", strict.join(", "))));
            }
        }
        let written = cluster.patch(self.kind, &key, patch, &self.options())?;
        Ok(self.written(&written, 200))
    }

    fn how_to_delete(&self) -> DeleteOptions {
        let given: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let propagation = match given["propagationPolicy"].as_str() {
            Some("Foreground") => Some(Propagation::Foreground),
            Some("Orphan") => Some(Propagation::Orphan),
            Some(_) => Some(Propagation::Background),
            None => None,
        };
        let uid = given["preconditions"]["uid"].as_str();
        DeleteOptions {
            propagation,
            grace_seconds: given["gracePeriodSeconds"].as_i64(),
            uid: uid.map(Uid::from_text),
        }
    }

    fn delete(&self, cluster: &mut Cluster) -> Answer {
        let given: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let mut options = self.options();
        options.dry_run |= given["dryRun"] == json!(["All"]);
        let key = self.key();
        let written = cluster.delete(self.kind, &key, &self.how_to_delete(), &options)?;
        if cluster.store().get(self.kind, &key).is_some() {
            return Ok(self.written(&written, 200));
        }
        let info = self.kind.info();
        let uid = written.object.uid().to_string();
        Ok(Reply::json(&json!({
            "kind": "Status", "apiVersion": "v1", "status": "Success", "metadata": {},
            "details": { "name": key.name.to_string(), "group": info.group, "kind": info.plural, "uid": uid },
        })))
    }

    fn scale(&self, cluster: &mut Cluster) -> Answer {
        let mut object = self.read(cluster)?;
        let spec = json_of(&object);
        if spec["spec"]["replicas"].is_null() {
            return Err(no_such_resource());
        }
        if self.method != Method::Get {
            let given: Value = serde_json::from_str(self.text()?).unwrap_or_default();
            let replicas = given["spec"]["replicas"].as_i64().unwrap_or_default();
            object = cluster.scale(self.kind, &self.key(), replicas, &self.options())?.object;
        }
        let full = json_of(&object);
        let meta = &full["metadata"];
        let labels = match &full["spec"]["selector"]["matchLabels"] {
            Value::Null => &full["spec"]["selector"],
            labels => labels,
        };
        let labels: Vec<String> = labels
            .as_object()
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        Ok(Reply::json(&json!({
            "kind": "Scale", "apiVersion": "autoscaling/v1",
            "metadata": {
                "name": meta["name"], "namespace": meta["namespace"], "uid": meta["uid"],
                "resourceVersion": meta["resourceVersion"],
                "creationTimestamp": meta["creationTimestamp"],
            },
            "spec": { "replicas": full["spec"]["replicas"] },
            "status": {
                "replicas": full["status"]["replicas"].as_i64().unwrap_or_default(),
                "selector": labels.join(","),
            },
        })))
    }

    fn log(&self, cluster: &Cluster) -> Answer {
        let AnyObject::Pod(pod) = self.read(cluster)? else { return Err(no_such_resource()) };
        let first = pod.spec.containers.first().map_or("", |one| &*one.name);
        let container = match self.parameter("container") {
            "" => first,
            named => named,
        };
        let previous = self.parameter("previous") == "true";
        let lines = cluster.logs(&self.key(), container, previous)?;
        let tail = self.parameter("tailLines").parse().unwrap_or(usize::MAX);
        let since = self.parameter("sinceSeconds").parse().ok().map(Duration::from_seconds);
        let lines = lines.get(lines.len().saturating_sub(tail)..).unwrap_or_default();
        let mut body = String::new();
        for line in lines {
            if since.is_some_and(|span| cluster.now().since(line.at) > span) {
                continue;
            }
            if self.parameter("timestamps") == "true" {
                let at = line.at.rfc3339_micro();
                body.push_str(at.trim_end_matches('Z'));
                body.push_str("000Z ");
            }
            body.push_str(&line.text);
            body.push('\n');
        }
        Ok(Reply { code: 200, body, plain: true, warnings: Vec::new() })
    }

    /// What the selectors of the query let through.
    fn selectors(&self) -> Result<(Selector, FieldSelector), ApiError> {
        let (labels, fields) = (self.parameter("labelSelector"), self.parameter("fieldSelector"));
        Ok((
            Selector::parse(labels).map_err(bad)?,
            FieldSelector::parse(self.kind, fields).map_err(bad)?,
        ))
    }

    fn selected(&self, cluster: &Cluster) -> Result<Vec<AnyObject>, ApiError> {
        let (labels, fields) = self.selectors()?;
        let mut all = cluster.objects(self.kind, self.namespace.as_deref());
        all.retain(|object| labels.matches(&object.meta().labels) && fields.matches(object));
        Ok(all)
    }

    fn list(&self, cluster: &Cluster) -> Answer {
        Ok(self.shown_list(&self.selected(cluster)?, cluster))
    }

    fn as_table(&self) -> bool {
        self.accept.contains("as=Table")
    }

    fn shown_list(&self, objects: &[AnyObject], cluster: &Cluster) -> Reply {
        let version = cluster.store().resource_version().to_string();
        if self.as_table() {
            let mut table = self.table(objects, cluster.now());
            table["metadata"]["resourceVersion"] = json!(version);
            return Reply::json(&table);
        }
        let items: Vec<Value> = objects.iter().map(json_of).collect();
        Reply::json(&json!({
            "kind": format!("{}List", self.kind.name()), "apiVersion": self.kind.api_version(),
            "metadata": { "resourceVersion": version }, "items": items,
        }))
    }

    fn shown(&self, object: &AnyObject, now: Time) -> Reply {
        Reply::json(&self.value(object, now))
    }

    fn value(&self, object: &AnyObject, now: Time) -> Value {
        if self.as_table() {
            return self.table(std::slice::from_ref(object), now);
        }
        json_of(object)
    }

    fn written(&self, written: &Written, code: u16) -> Reply {
        let warnings = written.warnings.clone();
        Reply { code, warnings, ..Reply::json(&json_of(&written.object)) }
    }

    /// Objects as the server prints them.
    fn table(&self, objects: &[AnyObject], now: Time) -> Value {
        let printed = table::table(self.kind, objects, now, true);
        let columns: Vec<Value> = printed
            .columns
            .iter()
            .map(|column| {
                let format = if column.name == "Name" { "name" } else { "" };
                json!({
                    "name": column.name, "type": "string", "format": format,
                    "description": "", "priority": i32::from(column.wide),
                })
            })
            .collect();
        let whole = self.parameter("includeObject") == "Object";
        let rows: Vec<Value> = objects
            .iter()
            .zip(&printed.rows)
            .map(|(object, cells)| {
                let mut full = json_of(object);
                if !whole {
                    full = json!({
                        "kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1",
                        "metadata": full["metadata"],
                    });
                }
                json!({ "cells": cells, "object": full })
            })
            .collect();
        json!({
            "kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": {},
            "columnDefinitions": columns, "rows": rows,
        })
    }

    /// The changes of the next while, as one answer: the clock moves as fast as it is read.
    fn watch(&self, cluster: &mut Cluster) -> Answer {
        let (labels, fields) = self.selectors()?;
        let matches = |object: &AnyObject| {
            object.kind() == self.kind
                && self.namespace.as_ref().is_none_or(|wanted| **wanted == *object.meta().namespace)
                && labels.matches(&object.meta().labels)
                && fields.matches(object)
        };
        let mut body = String::new();
        let mut event = |word: &str, object: Value| {
            body.push_str(&json!({ "type": word, "object": object }).to_string());
            body.push('\n');
        };
        let version = self.parameter("resourceVersion");
        if matches!(version, "" | "0") {
            for object in self.selected(cluster)? {
                event("ADDED", self.value(&object, cluster.now()));
            }
        }
        let seen = version.parse().ok().filter(|version| *version > 0);
        let seen: u64 = seen.unwrap_or_else(|| cluster.store().resource_version());
        let end = cluster.now() + WATCHED;
        cluster.run_until(end);
        let changes: Vec<_> = cluster.store().journal().since(seen).cloned().collect();
        for change in changes {
            let now = matches(&change.object);
            let before = change.before.as_ref().is_some_and(matches);
            let word = match (change.operation, before, now) {
                (Operation::Deleted, true, _) | (Operation::Modified, true, false) => "DELETED",
                (Operation::Modified, true, true) => "MODIFIED",
                (Operation::Added, _, true) | (Operation::Modified, false, true) => "ADDED",
                _ => continue,
            };
            event(word, self.value(&change.object, change.at));
        }
        Ok(Reply { code: 200, body, plain: false, warnings: Vec::new() })
    }
}

fn unknown(paths: &[String]) -> String {
    let fields: Vec<String> =
        paths.iter().map(|path| format!("unknown field \"{path}\"")).collect();
    format!("strict decoding error: {}", fields.join(", "))
}

fn json_of(object: &AnyObject) -> Value {
    serde_json::from_str(&object.to_value().to_json()).unwrap()
}

/// A refusal as the API sends it.
fn status(error: &ApiError) -> Value {
    let causes: Vec<Value> = error
        .causes
        .iter()
        .map(|cause| {
            let reason = match cause.kind {
                FieldErrorKind::Required => "FieldValueRequired",
                FieldErrorKind::NotSupported => "FieldValueNotSupported",
                FieldErrorKind::Duplicate => "FieldValueDuplicate",
                FieldErrorKind::Forbidden => "FieldValueForbidden",
                _ => "FieldValueInvalid",
            };
            json!({ "reason": reason, "message": cause.text, "field": cause.path })
        })
        .collect();
    let mut details = json!({ "name": error.name, "kind": error.kind });
    if !causes.is_empty() {
        details["causes"] = json!(causes);
    }
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": error.message, "reason": error.reason.word(), "code": error.reason.code(),
        "details": details,
    })
}
