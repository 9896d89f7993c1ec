//! Requests to the API: each is made here, so that `-v=6` can show it as kubectl does.

use std::rc::Rc;

use super::Context;
use super::problem::Failure;
use crate::api::ApiError;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::value::Value;
use crate::apiserver::paths::path;
use crate::cluster::{Patch, WriteOptions, Written};
use crate::reconcile::DeleteOptions;

/// Announces what a command without requests of its own does.
pub(super) fn calls(context: &mut Context<'_>, command: &str) {
    if matches!(command, "version" | "cluster-info" | "api-resources" | "api-versions") {
        let path = match command {
            "version" => "/version",
            _ => "/apis",
        };
        context.log("GET", path, 200);
    }
}

impl Context<'_> {
    /// A request in the log of `-v=6`.
    fn log(&mut self, verb: &str, path: &str, code: u16) {
        let level = self.flags.number("v").unwrap_or(0);
        if level < 6 {
            return;
        }
        let now = self.cluster.now().rfc3339_micro();
        let (month, day) = (now.get(5..7).unwrap_or(""), now.get(8..10).unwrap_or(""));
        let clock = now.get(11..26).unwrap_or("");
        let word = match code {
            200 => "OK",
            201 => "Created",
            400 => "Bad Request",
            403 => "Forbidden",
            404 => "Not Found",
            409 => "Conflict",
            422 => "Unprocessable Entity",
            429 => "Too Many Requests",
            _ => "Internal Server Error",
        };
        self.warn(&format!(
            "I{month}{day} {clock}       1 round_trippers.go:632] \"Response\" verb=\"{verb}\" url=\"https://127.0.0.1:6443{path}\" status=\"{code} {word}\" milliseconds=2"
        ));
    }

    fn log_result<T>(&mut self, verb: &str, path: &str, good: u16, result: &Result<T, ApiError>) {
        let code = result.as_ref().map_or_else(|error| error.reason.code(), |_| good);
        self.log(verb, path, code);
    }

    /// An object by key.
    pub(super) fn read(&mut self, kind: Kind, key: &ObjectKey) -> Option<AnyObject> {
        let found = self.cluster.object(kind, key);
        self.asked_for(kind);
        let code = if found.is_some() { 200 } else { 404 };
        self.log("GET", &path(kind, &key.namespace, &key.name), code);
        found
    }

    fn written(&mut self, result: Result<Written, ApiError>) -> Result<Written, Failure> {
        let written = result?;
        for warning in &written.warnings {
            self.warn(&format!("Warning: {warning}"));
        }
        Ok(written)
    }

    /// Creates an object.
    pub(super) fn send_create(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: Value,
    ) -> Result<Written, Failure> {
        let options = self.write();
        let result = self.cluster.create(kind, namespace, object, &options);
        self.asked_for(kind);
        let namespace = if kind.namespaced() { namespace } else { "" };
        self.log_result("POST", &path(kind, namespace, ""), 201, &result);
        self.written(result)
    }

    /// Replaces an object.
    pub(super) fn send_update(
        &mut self,
        kind: Kind,
        namespace: &str,
        object: Value,
    ) -> Result<Written, Failure> {
        let options = self.write();
        let name: Rc<str> =
            object.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default().into();
        let result = self.cluster.update(kind, namespace, object, &options);
        self.asked_for(kind);
        let namespace = if kind.namespaced() { namespace } else { "" };
        self.log_result("PUT", &path(kind, namespace, &name), 200, &result);
        self.written(result)
    }

    /// Patches an object.
    pub(super) fn send_patch(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        patch: Patch,
    ) -> Result<Written, Failure> {
        let options = self.write();
        let result = self.cluster.patch(kind, key, patch, &options);
        self.asked_for(kind);
        self.log_result("PATCH", &path(kind, &key.namespace, &key.name), 200, &result);
        self.written(result)
    }

    /// Sets the number of replicas.
    pub(super) fn send_scale(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        replicas: i64,
    ) -> Result<Written, Failure> {
        let options = self.write();
        let result = self.cluster.scale(kind, key, replicas, &options);
        let path = format!("{}/scale", path(kind, &key.namespace, &key.name));
        self.log_result("PATCH", &path, 200, &result);
        self.written(result)
    }

    /// Deletes an object.
    pub(super) fn send_delete(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        how: &DeleteOptions,
    ) -> Result<Written, Failure> {
        let options = self.write();
        self.send_delete_as(kind, key, how, &options)
    }

    /// The same, said to be meant like this.
    pub(super) fn send_delete_as(
        &mut self,
        kind: Kind,
        key: &ObjectKey,
        how: &DeleteOptions,
        options: &WriteOptions,
    ) -> Result<Written, Failure> {
        let result = self.cluster.delete(kind, key, how, options);
        self.asked_for(kind);
        self.log_result("DELETE", &path(kind, &key.namespace, &key.name), 200, &result);
        self.written(result)
    }
}
