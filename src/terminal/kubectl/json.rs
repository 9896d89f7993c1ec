//! JSON as Go prints it: over several lines, with fields in the order of the alphabet (maps) or of a struct.

use crate::api::value::Value;
use crate::sim::order::Order as _;

/// Fields of the structs that kubectl makes itself, each before those that follow it in any of them. Follows
/// `k8s.io/api/{core,apps,batch,policy,scheduling}/v1/types.go` and `k8s.io/client-go/tools/clientcmd/api/v1/types.go`.
const ORDER: &str = "preferences metadata name generateName clusters users contexts current-context cluster user \
    namespace uid controller blockOwnerDeletion resourceVersion generation creationTimestamp labels annotations \
    ownerReferences finalizers managedFields server tls-server-name insecure-skip-tls-verify certificate-authority \
    certificate-authority-data proxy-url disable-compression client-certificate client-certificate-data client-key \
    client-key-data token username password clientVersion kustomizeVersion serverVersion major minor emulationMajor \
    emulationMinor minCompatibilityMajor minCompatibilityMinor gitVersion gitCommit gitTreeState buildDate goVersion \
    compiler platform spec immutable data stringData key operator value valueFrom values effect globalDefault \
    description containerPort protocol path port targetPort nodePort host scheme image command args workingDir ports \
    envFrom env resources limits requests readOnly mountPath subPath volumeMounts httpGet exec livenessProbe \
    readinessProbe startupProbe lifecycle initialDelaySeconds timeoutSeconds periodSeconds successThreshold \
    failureThreshold terminationMessagePath terminationMessagePolicy imagePullPolicy volumes initContainers containers \
    restartPolicy terminationGracePeriodSeconds dnsPolicy nodeSelector serviceAccountName serviceAccount nodeName \
    securityContext stdin stdinOnce tty affinity schedulerName tolerations priorityClassName schedule timeZone \
    concurrencyPolicy observedGeneration replicas updatedReplicas readyReplicas availableReplicas \
    unavailableReplicas terminatingReplicas parallelism completions activeDeadlineSeconds backoffLimit minAvailable \
    selector matchLabels matchExpressions maxUnavailable maxSurge template strategy updateStrategy \
    revisionHistoryLimit progressDeadlineSeconds ttlSecondsAfterFinished completionMode suspend podReplacementPolicy \
    jobTemplate successfulJobsHistoryLimit failedJobsHistoryLimit clusterIP clusterIPs type rollingUpdate externalIPs \
    sessionAffinity loadBalancerIP externalName externalTrafficPolicy ipFamilies ipFamilyPolicy \
    internalTrafficPolicy hard scopes used phase preemptionPolicy status lastUpdateTime lastTransitionTime reason \
    message conditions disruptionsAllowed currentHealthy desiredHealthy expectedPods";

/// A map.
pub(super) fn pretty(value: &Value) -> String {
    line(value, false)
}

/// A struct.
pub(super) fn pretty_struct(value: &Value) -> String {
    line(value, true)
}

/// The lines of either with half of their indentation.
pub(super) fn narrow(text: &str) -> String {
    let line = |line: &str| {
        let bare = line.trim_start_matches(' ');
        format!("{}{bare}\n", " ".repeat((line.len() - bare.len()) / 2))
    };
    text.lines().map(line).collect()
}

fn line(value: &Value, is_struct: bool) -> String {
    let mut text = String::new();
    write(value, 0, is_struct, &mut text);
    text.push('\n');
    text
}

/// The place of a field in its struct; an object's own type stands the other way round than that of a reference.
fn place(field: &str, depth: usize) -> usize {
    match field {
        "kind" => usize::from(depth > 0),
        "apiVersion" => usize::from(depth == 0),
        field => {
            2 + ORDER.split_ascii_whitespace().position(|one| one == field).unwrap_or(ORDER.len())
        }
    }
}

fn write(value: &Value, depth: usize, is_struct: bool, text: &mut String) {
    let pad = |depth: usize| "    ".repeat(depth);
    match value {
        Value::Array(items) if !items.is_empty() => {
            text.push_str("[\n");
            for (index, item) in items.iter().enumerate() {
                text.push_str(&pad(depth + 1));
                write(item, depth + 1, is_struct, text);
                text.push_str(if index + 1 < items.len() { ",\n" } else { "\n" });
            }
            text.push_str(&pad(depth));
            text.push(']');
        }
        Value::Object(map) if !map.is_empty() => {
            text.push_str("{\n");
            let mut fields: Vec<_> = map.iter().collect();
            if is_struct {
                fields.order_by_cached_key(|(field, _)| place(field, depth));
            }
            let last = fields.len();
            for (index, (key, item)) in fields.into_iter().enumerate() {
                // What hangs on these keys is a map of Go, too.
                let inner = is_struct && !is_map(key);
                let key = Value::from(&**key).to_json();
                text.push_str(&format!("{}{key}: ", pad(depth + 1)));
                write(item, depth + 1, inner, text);
                text.push_str(if index + 1 < last { ",\n" } else { "\n" });
            }
            text.push_str(&pad(depth));
            text.push('}');
        }
        other => text.push_str(&other.to_json()),
    }
}

/// Whether a field of a struct holds a map.
fn is_map(field: &str) -> bool {
    matches!(
        field,
        "annotations"
            | "data"
            | "hard"
            | "labels"
            | "limits"
            | "matchLabels"
            | "nodeSelector"
            | "requests"
            | "stringData"
            | "used"
    )
}
