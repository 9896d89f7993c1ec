use super::*;
use crate::api::object::Resource;
use crate::object;

fn pod(status: Value) -> Pod {
    let spec = object! {
        "containers" => vec![object! { "name" => "a" }, object! { "name" => "b" }],
        "initContainers" => vec![object! { "name" => "i" }],
    };
    let object =
        object! { "metadata" => object! { "name" => "p" }, "spec" => spec, "status" => status };
    Pod::from_value(&object)
}

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

#[track_caller]
fn check(status: &str, expected: &str) {
    let pod = pod(json(status));
    let found = super::status(&pod);
    let shown = format!("{}/{} {} {}", found.ready, found.containers, found.word, found.restarts);
    assert_eq!(shown, expected, "{status}");
}

#[test]
fn the_first_container_gives_the_word() {
    check(r#"{"phase":"Pending"}"#, "0/2 Pending 0");
    check(
        r#"{"phase":"Running","containerStatuses":[{"name":"a","state":{"waiting":{"reason":"CrashLoopBackOff"}},"restartCount":4},
           {"name":"b","ready":true,"state":{"running":{}},"restartCount":1}]}"#,
        "1/2 CrashLoopBackOff 5",
    );
    check(
        r#"{"phase":"Running","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
           {"name":"b","ready":true,"state":{"running":{}}}]}"#,
        "1/2 NotReady 0",
    );
    check(
        r#"{"phase":"Running","conditions":[{"type":"Ready","status":"True"}],"containerStatuses":[
           {"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
           {"name":"b","ready":true,"state":{"running":{}}}]}"#,
        "1/2 Running 0",
    );
    check(
        r#"{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":0,"reason":"Completed"}}},
           {"name":"b","state":{"terminated":{"exitCode":3,"reason":"Error"}}}]}"#,
        "0/2 Error 0",
    );
    check(
        r#"{"phase":"Failed","containerStatuses":[{"name":"a","state":{"terminated":{"exitCode":9}}}]}"#,
        "0/2 ExitCode:9 0",
    );
}

#[test]
fn an_init_container_that_is_not_done_gives_the_word() {
    check(
        r#"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"running":{}},"restartCount":2}],
           "containerStatuses":[{"name":"a","state":{"waiting":{"reason":"PodInitializing"}}}]}"#,
        "0/2 Init:0/1 2",
    );
    check(
        r#"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":1,"reason":"Error"}}}]}"#,
        "0/2 Init:Error 0",
    );
    check(
        r#"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}"#,
        "0/2 Init:CrashLoopBackOff 0",
    );
    check(
        r#"{"phase":"Pending","initContainerStatuses":[{"name":"i","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}],
           "containerStatuses":[{"name":"a","state":{"waiting":{"reason":"PodInitializing"}}}]}"#,
        "0/2 PodInitializing 0",
    );
}

#[test]
fn reasons_gates_and_deletion_win_over_the_phase() {
    check(r#"{"phase":"Failed","reason":"Evicted"}"#, "0/2 Evicted 0");
    check(
        r#"{"phase":"Pending","conditions":[{"type":"PodScheduled","status":"False","reason":"SchedulingGated"}]}"#,
        "0/2 SchedulingGated 0",
    );
    let mut leaving = pod(json(r#"{"phase":"Running"}"#));
    leaving.meta.deletion =
        Some(crate::api::meta::Deletion { at: Time::default(), grace_seconds: 30 });
    assert_eq!(super::status(&leaving).word, "Terminating");
    leaving.status.phase = crate::api::core::Phase::Succeeded;
    assert_eq!(super::status(&leaving).word, "Succeeded");
}

#[test]
fn restarts_tell_when_the_last_one_was() {
    let status = r#"{"phase":"Running","containerStatuses":[{"name":"a","ready":true,"state":{"running":{}},"restartCount":3,
        "lastState":{"terminated":{"exitCode":1,"finishedAt":"2026-01-01T00:00:00Z"}}}]}"#;
    let now = Time::parse_rfc3339("2026-01-01T00:00:42.7Z").unwrap();
    assert_eq!(row(&pod(json(status)), now)[3], "3 (42s ago)");
}
