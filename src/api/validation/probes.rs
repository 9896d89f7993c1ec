//! Probes and lifecycle hooks. Follows `validateProbe`, `validateHandler` and `validateLifecycle` in
//! `pkg/apis/core/validation`.

use super::container::port_number;
use super::errors::{Errors, Path, text};
use crate::api::names;
use crate::api::value::Value;
use crate::sim::order::Order as _;

/// Which probe of a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Is it alive?
    Liveness,
    /// May it get requests?
    Readiness,
    /// Has it started?
    Startup,
}

/// Checks a probe.
pub(crate) fn probe(errors: &mut Errors, path: &Path<'_>, probe: &Value, kind: Kind) {
    handler(errors, path, probe, None, &["exec", "httpGet", "tcpSocket", "grpc"]);
    for field in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        errors.field_not_negative(path, probe, field);
    }
    let grace = probe.i64_at("terminationGracePeriodSeconds");
    let grace_path = &path.child("terminationGracePeriodSeconds");
    if let Some(seconds) = grace.filter(|seconds| *seconds <= 0) {
        errors.invalid(grace_path, seconds, "must be greater than 0");
    }
    match kind {
        Kind::Readiness => {
            if let Some(seconds) = grace {
                errors.invalid(grace_path, seconds, "must not be set for readinessProbes");
            }
        }
        Kind::Liveness | Kind::Startup => {
            let threshold = probe.i64_at("successThreshold").unwrap_or(0);
            if threshold != 1 {
                errors.invalid(&path.child("successThreshold"), threshold, "must be 1");
            }
        }
    }
}

/// Checks the hooks of a container.
pub(crate) fn lifecycle(
    errors: &mut Errors,
    path: &Path<'_>,
    lifecycle: &Value,
    grace_seconds: Option<i64>,
    os: Option<&str>,
) {
    for hook in ["postStart", "preStop"] {
        if let Some(value) = lifecycle.get(hook) {
            let kinds = ["exec", "httpGet", "tcpSocket", "sleep"];
            handler(errors, &path.child(hook), value, grace_seconds, &kinds);
        }
    }
    if lifecycle.get("stopSignal").is_some() {
        stop_signal(errors, &path.child("stopSignal"), text(lifecycle, "stopSignal"), os);
    }
}

fn handler(
    errors: &mut Errors,
    path: &Path<'_>,
    holder: &Value,
    grace_seconds: Option<i64>,
    kinds: &[&str],
) {
    let mut found = false;
    for kind in kinds {
        let Some(action) = holder.get(kind) else { continue };
        let path = &path.child(kind);
        if found {
            errors.forbidden(path, "may not specify more than 1 handler type");
            continue;
        }
        found = true;
        match *kind {
            "exec" if action.items_at("command").is_empty() => {
                errors.required(&path.child("command"), "");
            }
            "httpGet" => http_get(errors, path, action),
            "tcpSocket" | "grpc" => port(errors, &path.child("port"), action.get("port")),
            "sleep" => sleep(errors, path, action, grace_seconds),
            _ => {}
        }
    }
    if !found {
        errors.required(path, "must specify a handler type");
    }
}

fn http_get(errors: &mut Errors, path: &Path<'_>, action: &Value) {
    if text(action, "path").is_empty() {
        errors.required(&path.child("path"), "");
    }
    port(errors, &path.child("port"), action.get("port"));
    let (scheme, known) = (text(action, "scheme"), ["HTTP", "HTTPS"]);
    if !known.contains(&scheme) {
        errors.not_supported(&path.child("scheme"), scheme, &known);
    }
    for header in action.items_at("httpHeaders") {
        let name = text(header, "name");
        let messages = names::http_header_name(name);
        errors.each_invalid(&path.child("httpHeaders"), name, &messages);
    }
}

/// Checks a port that is a number or the name of one.
pub(crate) fn port(errors: &mut Errors, path: &Path<'_>, port: Option<&Value>) {
    match port {
        Some(Value::String(name)) => errors.each_invalid(path, name, &names::port_name(name)),
        other => port_number(errors, path, other.and_then(Value::as_i64).unwrap_or(0)),
    }
}

fn sleep(errors: &mut Errors, path: &Path<'_>, action: &Value, grace_seconds: Option<i64>) {
    let seconds = action.i64_at("seconds").unwrap_or(0);
    if let Some(grace) = grace_seconds.filter(|grace| seconds < 0 || seconds > *grace) {
        let detail =
            format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
        errors.invalid(path, seconds, &detail);
    }
}

fn stop_signal(errors: &mut Errors, path: &Path<'_>, signal: &str, os: Option<&str>) {
    match os {
        None => errors.forbidden(path, "may not be set for containers with empty `spec.os.name`"),
        Some("windows") if !["SIGKILL", "SIGTERM"].contains(&signal) => {
            errors.not_supported(path, signal, &["SIGKILL", "SIGTERM"]);
        }
        Some("linux") => {
            let signals = linux_signals();
            let known: Vec<&str> = signals.iter().map(String::as_str).collect();
            if !known.contains(&signal) {
                errors.not_supported(path, signal, &known);
            }
        }
        Some(_) => {}
    }
}

/// The signals of Linux, in alphabetical order.
fn linux_signals() -> Vec<String> {
    let plain = [
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT",
        "KILL", "PIPE", "POLL", "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP",
        "SYS", "TERM", "TRAP", "TSTP", "TTIN", "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH",
        "XCPU", "XFSZ",
    ];
    let mut all: Vec<String> = plain.iter().map(|name| format!("SIG{name}")).collect();
    all.extend((1..=14).map(|number| format!("SIGRTMAX-{number}")));
    all.extend((1..=15).map(|number| format!("SIGRTMIN+{number}")));
    all.order();
    all
}
