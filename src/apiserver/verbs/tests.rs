use super::*;

/// Follows `setPodNodeAndMetadata`: what it says of pods that cannot be bound.
#[test]
fn a_pod_is_bound_when_nothing_holds_it_back() {
    for (meta, spec, says) in [
        ("", "", None),
        ("", r#""nodeName":"a","#, Some(r#"pod p is already assigned to node "a""#)),
        (
            "",
            r#""schedulingGates":[{"name":"example.com/wait"}],"#,
            Some("pod p has non-empty .spec.schedulingGates"),
        ),
        (
            r#","deletionTimestamp":"2026-01-01T00:00:00Z","deletionGracePeriodSeconds":30"#,
            r#""nodeName":"a","#,
            Some("pod p is being deleted, cannot be assigned to a host"),
        ),
    ] {
        let (mut store, mut names, mut changes) = (Store::default(), Names::default(), Vec::new());
        let mut api = Api {
            store: &mut store,
            names: &mut names,
            seed: Seed(1),
            now: Time::default(),
            cause: CauseId::default(),
            changes: &mut changes,
            dry_run: false,
        };
        let pod = format!(
            r#"{{"metadata":{{"name":"p","namespace":"n","uid":"7"{meta}}},"spec":{{{spec}"containers":[]}}}}"#
        );
        let pod = Value::from_json(&pod).unwrap();
        api.keep(AnyObject::from_value(Kind::Pod, &pod));
        let bound = api.bind(&ObjectKey::new("n", "p"), &"b".into());
        let said = bound.err().map(|error| error.message);
        let wanted =
            says.map(|says| format!("Operation cannot be fulfilled on pods/binding \"p\": {says}"));
        assert_eq!(said, wanted, "{meta} {spec}");
    }
}
