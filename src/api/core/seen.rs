//! What a kubelet says of the resources, the user and the mounts of a container: it follows from the spec, and is
//! written only when somebody reads the pod. Follows `convertToAPIContainerStatuses` of `pkg/kubelet/kubelet_pods.go`.

use super::allocated;
use super::user::User;
use crate::api::value::Value;
use crate::object;

/// The statuses of containers, and the lists of the spec that they are about.
const LISTS: [(&str, &str); 2] =
    [("containerStatuses", "containers"), ("initContainerStatuses", "initContainers")];

/// Adds to a status what its containers have of their spec.
pub(super) fn complete(status: &mut Value, spec: &Value) {
    // Of the pod as a whole it is said by a kubelet that has taken it.
    if status.get("hostIP").is_some() {
        let running = status.str_at("phase") == Some("Running");
        let (given, set) = allocated::resources(spec, running);
        if given.entries().next().is_some() {
            status.set("allocatedResources", given);
        }
        status.set("resources", set);
    }
    for (statuses, list) in LISTS {
        if status.get(statuses).is_none() {
            continue;
        }
        for one in status.child(statuses).make_items() {
            let named = |spec: &&Value| spec.str_at("name") == one.str_at("name");
            let Some(container) = spec.items_at(list).iter().find(named) else { continue };
            let mounts: Vec<Value> =
                container.items_at("volumeMounts").iter().map(mounted).collect();
            if !mounts.is_empty() {
                one.set("volumeMounts", mounts);
            }
            // The rest is known of a container that was made.
            if one.get("containerID").is_none() {
                continue;
            }
            let resources = container.get("resources").cloned();
            let mut resources = resources.unwrap_or_else(Value::empty_object);
            if let Some(requests) = resources.get("requests") {
                one.set("allocatedResources", requests.clone());
            }
            if one.at(&["state", "running"]).is_some() {
                allocated::read_memory(&mut resources);
            }
            one.set("resources", resources);
            let user = User::of_container(container, spec.get("securityContext"));
            one.set("user", object! { "linux" => user.to_value() });
        }
    }
}

fn mounted(mount: &Value) -> Value {
    let text = |key: &str| mount.str_at(key).unwrap_or_default();
    let mut seen = object! { "mountPath" => text("mountPath"), "name" => text("name") };
    if mount.bool_at("readOnly") == Some(true) {
        seen.set("readOnly", true);
        let recursive = matches!(text("recursiveReadOnly"), "Enabled" | "IfPossible");
        seen.set("recursiveReadOnly", if recursive { "Enabled" } else { "Disabled" });
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::Pod;
    use crate::api::object::Resource as _;

    #[test]
    fn a_made_container_shows_what_it_has() {
        let pod = Pod::from_value(
            &Value::from_json(
                r#"{"metadata":{"name":"p"},
                "spec":{"securityContext":{"runAsUser":1000,"fsGroup":2000},"containers":[
                    {"name":"a","image":"nginx","resources":{"requests":{"cpu":"100m"}},
                     "volumeMounts":[{"name":"v","mountPath":"/v","readOnly":true},{"name":"w","mountPath":"/w"}]},
                    {"name":"b","image":"nginx","securityContext":{"runAsUser":7,"runAsGroup":8}},
                    {"name":"c","image":"nginx"}]},
                "status":{"containerStatuses":[
                    {"name":"a","containerID":"x"},{"name":"b","containerID":"y"},{"name":"c"}]}}"#,
            )
            .unwrap(),
        );
        let value = pod.to_value();
        let found = |index: usize, key: &str| {
            let statuses = value.at(&["status", "containerStatuses"]).unwrap().items();
            statuses[index].get(key).map(Value::to_json)
        };
        let said = |text: &str| Some(text.to_owned());
        assert_eq!(
            found(0, "volumeMounts"),
            said(
                r#"[{"mountPath":"/v","name":"v","readOnly":true,"recursiveReadOnly":"Disabled"},{"mountPath":"/w","name":"w"}]"#
            )
        );
        assert_eq!(found(0, "allocatedResources"), said(r#"{"cpu":"100m"}"#));
        assert_eq!(found(0, "resources"), said(r#"{"requests":{"cpu":"100m"}}"#));
        let user = r#"{"linux":{"gid":0,"supplementalGroups":[0,2000],"uid":1000}}"#;
        assert_eq!(found(0, "user"), said(user));
        assert_eq!(found(1, "resources"), said("{}"));
        assert_eq!(found(1, "allocatedResources"), None);
        let user = r#"{"linux":{"gid":8,"supplementalGroups":[8,2000],"uid":7}}"#;
        assert_eq!(found(1, "user"), said(user));
        assert_eq!(found(2, "resources"), None);
    }
}
