//! The form in which the server sends an object back, whatever the manifest wrote: nulls, empty lists, empty maps and
//! zero values are left out where upstream's Go types say `omitempty`, and parts that are no pointers there always stand.
//!
//! Follows the field tags in `k8s.io/api/*/v1/types.go` (core, apps, batch, policy, scheduling).

use std::rc::Rc;

use crate::api::value::{Map, Value};

/// Fields that hold maps of texts or amounts: left out when empty, never looked into.
const MAPS: [&str; 17] = [
    "allocatable",
    "allocatedResources",
    "annotations",
    "binaryData",
    "capacity",
    "data",
    "default",
    "defaultRequest",
    "hard",
    "labels",
    "limits",
    "matchLabels",
    "nodeSelector",
    "overhead",
    "requests",
    "stringData",
    "used",
];

/// Fields whose `""`, `0` or `false` says nothing: they are no pointers in upstream's types.
const PLAIN_FIELDS: [&str; 53] = [
    "clusterIP",
    "concurrencyPolicy",
    "description",
    "dnsPolicy",
    "externalName",
    "externalTrafficPolicy",
    "failureThreshold",
    "generateName",
    "globalDefault",
    "healthCheckNodePort",
    "host",
    "hostIP",
    "hostIPC",
    "hostNetwork",
    "hostPID",
    "hostPort",
    "hostname",
    "image",
    "imagePullPolicy",
    "initialDelaySeconds",
    "loadBalancerIP",
    "medium",
    "minReadySeconds",
    "nodeName",
    "nodePort",
    "paused",
    "periodSeconds",
    "phase",
    "podCIDR",
    "podManagementPolicy",
    "prefix",
    "priorityClassName",
    "protocol",
    "providerID",
    "publishNotReadyAddresses",
    "readOnly",
    "schedulerName",
    "scheme",
    "secretName",
    "serviceAccount",
    "serviceAccountName",
    "sessionAffinity",
    "stdin",
    "stdinOnce",
    "subPath",
    "subPathExpr",
    "subdomain",
    "successThreshold",
    "terminationMessagePath",
    "terminationMessagePolicy",
    "tty",
    "unschedulable",
    "workingDir",
];

/// Brings an object into the form that the server would send back.
pub(super) fn normalise(object: &mut Value) {
    clean(object, "");
}

fn clean(value: &mut Value, parent: &str) {
    if !untidy(value, parent) {
        return;
    }
    match value {
        Value::Object(map) => clean_map(Rc::make_mut(map), parent),
        Value::Array(items) => {
            for item in Rc::make_mut(items) {
                clean(item, parent);
            }
        }
        _ => {}
    }
}

/// Whether anything in here must change. Most objects are tidy, and then their shared parts stay shared.
fn untidy(value: &Value, parent: &str) -> bool {
    match value {
        Value::Object(map) if is_text_map(parent, map) => map.values().any(|entry| entry.is_null()),
        Value::Object(map) => {
            map.iter().any(|(key, field)| left_out(key, field, parent) || untidy(field, key))
        }
        Value::Array(items) => items.iter().any(|item| untidy(item, parent)),
        _ => false,
    }
}

fn clean_map(map: &mut Map, parent: &str) {
    if is_text_map(parent, map) {
        // A null in a map of texts is an empty text: `app:` without a value.
        for entry in map.iter_mut().map(|(_, value)| value).filter(|entry| entry.is_null()) {
            *entry = Value::from("");
        }
        return;
    }
    map.retain(|key, field| !left_out(key, field, parent));
    for (key, field) in map.iter_mut() {
        clean(field, key);
    }
    map.retain(|key, field| !left_out(key, field, parent));
}

fn is_text_map(name: &str, map: &Map) -> bool {
    let texts = || map.values().all(|entry| matches!(entry, Value::String(_) | Value::Null));
    MAPS.contains(&name) || (name == "selector" && !map.is_empty() && texts())
}

fn left_out(key: &str, value: &Value, parent: &str) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty() && !listed(key, parent),
        Value::Object(map) => map.is_empty() && MAPS.contains(&key),
        Value::String(text) => text.is_empty() && plain(key, parent),
        Value::Int(number) => *number == 0 && plain(key, parent),
        Value::Bool(value) => !value && plain(key, parent),
        Value::Float(_) => false,
    }
}

/// Whether an empty list stands as it is written: the few lists of upstream's types without `omitempty` that the
/// words of a refusal show.
fn listed(key: &str, parent: &str) -> bool {
    match key {
        "values" => parent == "onExitCodes",
        "rules" => matches!(parent, "podFailurePolicy" | "successPolicy"),
        _ => false,
    }
}

/// Whether a zero value of the field says nothing. Some names mean different things in different places.
fn plain(key: &str, parent: &str) -> bool {
    match key {
        "effect" | "key" | "operator" => parent == "tolerations",
        "value" => matches!(parent, "env" | "taints" | "tolerations"),
        "timeoutSeconds" => parent.ends_with("Probe"),
        "restartPolicy" => parent == "spec",
        "type" => matches!(parent, "strategy" | "updateStrategy" | "spec" | ""),
        "apiVersion" => parent == "fieldRef",
        "path" => parent == "httpGet",
        "name" | "namespace" => parent == "metadata",
        _ => PLAIN_FIELDS.binary_search(&key).is_ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::object;

    #[test]
    fn the_names_are_in_order() {
        assert!(PLAIN_FIELDS.is_sorted() && MAPS.is_sorted());
    }

    #[test]
    fn what_says_nothing_is_left_out() {
        let text = r#"{"metadata":{"annotations":{},"labels":{"app":null,"a":""},"name":"x"},"spec":{"args":[],"containers":[{"env":[{"name":"A","value":""}],"hostPort":0,"tty":false}],"emptyDir":{},"hostNetwork":false,"minReadySeconds":0,"replicas":0,"selector":{"matchLabels":{}},"x":null}}"#;
        let mut object = Value::from_json(text).unwrap();
        normalise(&mut object);
        assert_eq!(
            object.to_json(),
            r#"{"metadata":{"labels":{"a":"","app":""},"name":"x"},"spec":{"containers":[{"env":[{"name":"A"}]}],"emptyDir":{},"replicas":0,"selector":{}}}"#
        );
    }

    #[test]
    fn a_tidy_object_keeps_its_shared_parts() {
        let template = object! { "spec" => object! { "nodeName" => "n" } };
        let mut object = object! { "spec" => object! { "template" => template.clone() } };
        normalise(&mut object);
        let (Some(Value::Object(before)), Some(Value::Object(after))) =
            (Some(&template), object.at(&["spec", "template"]))
        else {
            panic!("no template");
        };
        assert!(Rc::ptr_eq(before, after));
    }
}
