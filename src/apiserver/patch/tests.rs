use super::*;

fn json(text: &str) -> Value {
    Value::from_json(text).unwrap()
}

fn pod() -> &'static crate::api::schema::ObjectType {
    Schema::of(Kind::Pod)
}

#[track_caller]
fn strategic(target: &str, patch: &str, expected: &str) {
    let found = strategic_patch(&json(target), &json(patch), pod());
    assert_eq!(found.map(|value| value.to_json()), Ok(json(expected).to_json()));
}

#[test]
fn merge_patches_replace_lists_and_null_takes_away() {
    let target = json(r#"{"a":{"b":1,"c":2},"d":[1,2],"e":3}"#);
    let patch = json(r#"{"a":{"b":null,"x":9},"d":[7],"e":null,"n":null}"#);
    assert_eq!(merge_patch(&target, &patch).to_json(), r#"{"a":{"c":2,"x":9},"d":[7]}"#);
}

#[test]
fn containers_merge_by_name_and_other_lists_are_replaced() {
    strategic(
        r#"{"spec":{"containers":[{"name":"a","image":"x","args":["1"]},{"name":"b","image":"y"}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","image":"z","args":["2"]},{"name":"c","image":"n"}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","image":"z","args":["2"]},{"name":"c","image":"n"},{"name":"b","image":"y"}]}}"#,
    );
    strategic(
        r#"{"spec":{"tolerations":[{"key":"a"}]}}"#,
        r#"{"spec":{"tolerations":[{"key":"b"}]}}"#,
        r#"{"spec":{"tolerations":[{"key":"b"}]}}"#,
    );
}

#[test]
fn directives_delete_replace_and_order() {
    strategic(
        r#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","$patch":"delete"}]}}"#,
        r#"{"spec":{"containers":[{"name":"b"}]}}"#,
    );
    strategic(
        r#"{"spec":{"containers":[{"name":"a"},{"name":"b"}]}}"#,
        r#"{"spec":{"containers":[{"name":"c"},{"$patch":"replace"}]}}"#,
        r#"{"spec":{"containers":[{"name":"c"}]}}"#,
    );
    strategic(
        r#"{"metadata":{"labels":{"a":"1","b":"2"}}}"#,
        r#"{"metadata":{"labels":{"$patch":"replace","c":"3"}}}"#,
        r#"{"metadata":{"labels":{"c":"3"}}}"#,
    );
    strategic(
        r#"{"spec":{"containers":[{"name":"a"},{"name":"s"},{"name":"b"}]}}"#,
        r#"{"spec":{"$setElementOrder/containers":[{"name":"b"},{"name":"a"}]}}"#,
        r#"{"spec":{"containers":[{"name":"s"},{"name":"b"},{"name":"a"}]}}"#,
    );
    strategic(
        r#"{"metadata":{"finalizers":["a","b","c"]}}"#,
        r#"{"metadata":{"$deleteFromPrimitiveList/finalizers":["b"],"finalizers":["d"]}}"#,
        r#"{"metadata":{"finalizers":["d","a","c"]}}"#,
    );
    strategic(
        r#"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
        r#"{"spec":{"volumes":[{"name":"v","$retainKeys":["name","hostPath"],"hostPath":{"path":"/"}}]}}"#,
        r#"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/"}}]}}"#,
    );
}

#[test]
fn a_list_item_without_its_key_is_refused_in_upstreams_words() {
    let refused = strategic_patch(
        &json(r#"{"spec":{"containers":[{"name":"a"}]}}"#),
        &json(r#"{"spec":{"containers":[{"image":"x"}]}}"#),
        pod(),
    );
    assert_eq!(refused, Err("map: map[image:x] does not contain declared merge key: name".into()));
}

/// What `kubectl apply` sends, and what the object then is.
#[track_caller]
fn apply(original: &str, modified: &str, current: &str, patch: &str, after: &str) {
    let made = three_way(&json(original), &json(modified), &json(current), pod()).unwrap();
    assert_eq!(made.to_json(), json(patch).to_json(), "the patch");
    let result = strategic_patch(&json(current), &made, pod()).unwrap();
    assert_eq!(result.to_json(), json(after).to_json(), "the object");
}

#[test]
fn apply_leaves_what_others_set_and_takes_away_what_it_had_set() {
    apply(
        r#"{"metadata":{"labels":{"mine":"1","gone":"1"}}}"#,
        r#"{"metadata":{"labels":{"mine":"2"}}}"#,
        r#"{"metadata":{"labels":{"mine":"1","gone":"1","theirs":"1"}},"spec":{"replicas":5}}"#,
        r#"{"metadata":{"labels":{"gone":null,"mine":"2"}}}"#,
        r#"{"metadata":{"labels":{"mine":"2","theirs":"1"}},"spec":{"replicas":5}}"#,
    );
}

#[test]
fn apply_of_the_same_manifest_is_an_empty_patch() {
    let manifest = r#"{"spec":{"containers":[{"name":"a","image":"x"}],"nodeSelector":{"a":"b"}}}"#;
    let live = r#"{"spec":{"containers":[{"name":"a","image":"x","imagePullPolicy":"Always"}],"nodeSelector":{"a":"b"},"dnsPolicy":"ClusterFirst"}}"#;
    apply(manifest, manifest, live, "{}", live);
}

#[test]
fn apply_removes_a_container_and_keeps_an_injected_one() {
    apply(
        r#"{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","image":"z"}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","image":"x"},{"name":"b","image":"y"},{"name":"injected","image":"i"}]}}"#,
        r#"{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"name":"a","image":"z"},{"$patch":"delete","name":"b"}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","image":"z"},{"name":"injected","image":"i"}]}}"#,
    );
}

#[test]
fn apply_removes_a_field_of_a_container() {
    apply(
        r#"{"spec":{"containers":[{"name":"a","args":["1"],"command":["c"]}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","command":["c"]}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","args":["1"],"command":["c"],"image":"x"}]}}"#,
        r#"{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"args":null,"name":"a"}]}}"#,
        r#"{"spec":{"containers":[{"name":"a","command":["c"],"image":"x"}]}}"#,
    );
}

#[test]
fn apply_swaps_the_source_of_a_volume() {
    apply(
        r#"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
        r#"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/"}}]}}"#,
        r#"{"spec":{"volumes":[{"name":"v","emptyDir":{}}]}}"#,
        r#"{"spec":{"$setElementOrder/volumes":[{"name":"v"}],"volumes":[{"$retainKeys":["hostPath","name"],"emptyDir":null,"hostPath":{"path":"/"},"name":"v"}]}}"#,
        r#"{"spec":{"volumes":[{"name":"v","hostPath":{"path":"/"}}]}}"#,
    );
}

#[test]
fn json_patches_add_remove_move_copy_and_test() {
    let target = json(r#"{"a":{"b":[1,2]},"m/n":1}"#);
    let run =
        |operations: &str| json_patch(&target, &json(operations)).map(|value| value.to_json());
    assert_eq!(
        run(
            r#"[{"op":"add","path":"/a/b/1","value":9},{"op":"add","path":"/a/b/-","value":3},{"op":"remove","path":"/m~1n"}]"#
        ),
        Ok(r#"{"a":{"b":[1,9,2,3]}}"#.into())
    );
    assert_eq!(
        run(
            r#"[{"op":"test","path":"/m~1n","value":1},{"op":"move","from":"/m~1n","path":"/x"},{"op":"copy","from":"/a/b","path":"/y"},{"op":"replace","path":"/a","value":null}]"#
        ),
        Ok(r#"{"a":null,"x":1,"y":[1,2]}"#.into())
    );
    assert_eq!(
        run(r#"[{"op":"replace","path":"/q","value":1}]"#),
        Err("replace operation does not apply: doc is missing key: /q: missing value".into())
    );
    assert_eq!(
        run(r#"[{"op":"test","path":"/x","value":1}]"#),
        Err("testing value /x failed: test failed".into())
    );
    assert_eq!(run(r#"[{"op":"bad","path":"/x"}]"#), Err("Unexpected kind: bad".into()));
}

#[test]
fn values_that_do_not_fit_are_named_and_unknown_fields_listed() {
    let found = conform(
        &json(r#"{"spec":{"contianers":[],"containers":[{"name":"c","x":1}]}}"#),
        Kind::Pod,
    )
    .unwrap();
    assert_eq!(found.unknown, ["spec.containers[0].x", "spec.contianers"]);
    assert_eq!(found.value.to_json(), r#"{"spec":{"containers":[{"name":"c"}]}}"#);
    let wrong = conform(&json(r#"{"spec":{"replicas":"three"}}"#), Kind::Deployment).unwrap_err();
    assert_eq!(
        wrong.decoder_words(),
        "json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32"
    );
    assert_eq!(wrong.converter_words(), "unrecognized type: int32");
}
