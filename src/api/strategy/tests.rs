use super::*;

fn read(text: &str) -> Value {
    serde_yaml::from_str(text).expect("the test's YAML")
}

#[test]
fn a_job_gets_selector_and_labels_that_its_author_left_out() {
    let mut job = read(
        "{metadata: {name: j}, status: {active: 5}, spec: {template: {metadata: {labels: {a: b, job-name: other}}}}}",
    );
    prepare_for_create(Kind::Job, &mut job, "U");
    assert_eq!(
        job.to_json(),
        r#"{"metadata":{"generation":1,"labels":{"a":"b","batch.kubernetes.io/controller-uid":"U","batch.kubernetes.io/job-name":"j","controller-uid":"U","job-name":"other"},"name":"j"},"spec":{"selector":{"matchLabels":{"batch.kubernetes.io/controller-uid":"U"}},"template":{"metadata":{"labels":{"a":"b","batch.kubernetes.io/controller-uid":"U","batch.kubernetes.io/job-name":"j","controller-uid":"U","job-name":"other"}}}},"status":{}}"#
    );
    for (labels, before, after) in
        [("{}", "{}", 4), ("{a: b}", "{}", 5), ("{a: b}", "{a: b}", 1), ("{}", "{c: d}", 1)]
    {
        let mut job = read(&format!(
            "{{metadata: {{name: j, labels: {before}}}, spec: {{template: {{metadata: {{labels: {labels}}}}}}}}}"
        ));
        crate::api::defaults::apply(Kind::Job, &mut job);
        prepare_for_create(Kind::Job, &mut job, "U");
        canonicalize(Kind::Job, &mut job);
        assert_eq!(Labels::of(&job).iter().count(), after, "{labels} {before}");
    }
    let mut manual = read("{metadata: {name: j}, spec: {manualSelector: true, template: {}}}");
    prepare_for_create(Kind::Job, &mut manual, "U");
    assert_eq!(manual.at(&["spec", "selector"]), None);
}

#[test]
fn classes_of_service() {
    for (spec, expected) in [
        ("{containers: [{}]}", "BestEffort"),
        ("{containers: [{resources: {requests: {cpu: '0'}}}]}", "BestEffort"),
        ("{containers: [{resources: {requests: {nvidia.com/gpu: '1'}}}]}", "BestEffort"),
        ("{containers: [{resources: {requests: {cpu: '1'}}}]}", "Burstable"),
        (
            "{containers: [{resources: {requests: {cpu: '1', memory: 1Gi}, limits: {cpu: 1000m, memory: 1024Mi}}}]}",
            "Guaranteed",
        ),
        (
            "{containers: [{resources: {requests: {cpu: '1', memory: 1Gi}, limits: {cpu: '1', memory: 1Gi}}}, {}]}",
            "Burstable",
        ),
        (
            "{containers: [{resources: {requests: {cpu: '1', memory: 1Gi}, limits: {cpu: '1', memory: 1Gi}}}], initContainers: [{resources: {requests: {cpu: '1'}}}]}",
            "Burstable",
        ),
        (
            "{containers: [{}], resources: {requests: {cpu: '1', memory: 1Gi}, limits: {cpu: '1', memory: 1Gi}}}",
            "Guaranteed",
        ),
    ] {
        assert_eq!(pod_qos(&object! { "spec" => read(spec) }), expected, "{spec}");
    }
}

#[test]
fn a_new_pod_waits_and_its_gates_are_a_condition() {
    let mut pod = read(
        "{metadata: {labels: {app: x}}, status: {phase: Running, podIP: 1.1.1.1}, spec: {schedulingGates: [{name: g}], topologySpreadConstraints: [{matchLabelKeys: [app, none], labelSelector: {}}]}}",
    );
    prepare_for_create(Kind::Pod, &mut pod, "U");
    assert_eq!(
        pod.get("status").map(Value::to_json).as_deref(),
        Some(
            r#"{"conditions":[{"message":"Scheduling is blocked due to non-empty scheduling gates","reason":"SchedulingGated","status":"False","type":"PodScheduled"}],"phase":"Pending","qosClass":"BestEffort"}"#
        )
    );
    let constraint =
        &pod.at(&["spec"]).map(|spec| spec.items_at("topologySpreadConstraints")[0].clone());
    assert_eq!(
        constraint.as_ref().and_then(|it| it.get("labelSelector")).map(Value::to_json).as_deref(),
        Some(r#"{"matchExpressions":[{"key":"app","operator":"In","values":["x"]}]}"#)
    );
}

#[test]
fn an_update_of_the_spec_cannot_touch_the_status() {
    let old = read(
        "{metadata: {uid: U, generation: 3, creationTimestamp: T}, spec: {replicas: 1}, status: {replicas: 1}}",
    );
    let mut new = read(
        "{metadata: {generation: 9, creationTimestamp: X}, spec: {replicas: 2}, status: {replicas: 7}}",
    );
    prepare_for_update(Kind::ReplicaSet, &mut new, &old);
    assert_eq!(
        new.to_json(),
        r#"{"metadata":{"creationTimestamp":"T","generation":3,"uid":"U"},"spec":{"replicas":2},"status":{"replicas":1}}"#
    );
    assert!(spec_changed(Kind::ReplicaSet, &new, &old));
    let mut status = read("{spec: {replicas: 5}, status: {replicas: 2}}");
    prepare_for_status_update(Kind::ReplicaSet, &mut status, &old);
    assert_eq!(status.at(&["spec", "replicas"]).and_then(Value::as_i64), Some(1));
    assert!(!spec_changed(Kind::ReplicaSet, &status, &old));
}

#[test]
fn a_daemon_set_counts_the_changes_of_its_template() {
    let mut old = read("{spec: {template: {a: 1}}}");
    prepare_for_create(Kind::DaemonSet, &mut old, "U");
    let annotation = |object: &Value| {
        object
            .at(&["metadata", "annotations", TEMPLATE_GENERATION])
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    assert_eq!(annotation(&old).as_deref(), Some("1"));
    let mut same = read(
        "{metadata: {annotations: {deprecated.daemonset.template.generation: '9'}}, spec: {template: {a: 1}}}",
    );
    prepare_for_update(Kind::DaemonSet, &mut same, &old);
    assert_eq!(annotation(&same).as_deref(), Some("1"));
    let mut changed = read("{spec: {template: {a: 2}}}");
    prepare_for_update(Kind::DaemonSet, &mut changed, &old);
    assert_eq!(annotation(&changed).as_deref(), Some("2"));
}

#[test]
fn the_generation_of_a_deployment_counts_annotations_too() {
    let old = read("{metadata: {labels: {a: b}}, spec: {}}");
    let labelled = read("{metadata: {labels: {a: c}}, spec: {}}");
    let annotated = read("{metadata: {labels: {a: b}, annotations: {x: y}}, spec: {}}");
    assert!(!spec_changed(Kind::Deployment, &labelled, &old));
    assert!(spec_changed(Kind::Deployment, &annotated, &old));
    assert!(!spec_changed(Kind::ReplicaSet, &annotated, &old));
}
