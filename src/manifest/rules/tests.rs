use std::path::Path;

use crate::language::{Language, text};
use crate::manifest::{Decoded, Diagnostic, Severity, load};

fn diagnostics(manifest: &str) -> Vec<Diagnostic> {
    load("x.yaml", manifest.as_bytes())
        .into_iter()
        .flat_map(|document| document.diagnostics)
        .collect()
}

/// The first error: `LINE:COLUMN CODE TOKEN`, and the text after its fix.
#[track_caller]
fn first(manifest: &str) -> (String, String) {
    let found = diagnostics(manifest);
    let Some(one) = found.iter().min_by_key(|one| (one.severity, one.span)) else {
        return ("fine".into(), manifest.into());
    };
    for language in Language::ALL {
        assert!(!text(language, &one.why).is_empty());
        if let Some(fix) = &one.fix {
            assert!(!text(language, &fix.title).is_empty());
        }
    }
    let start = one.span.start;
    let shown = format!("{}:{} {} {}", start.line, start.column, one.code, one.span.of(manifest));
    let fixed = one.fix.as_ref().map_or("no fix".into(), |fix| fix.apply(manifest));
    (shown, fixed)
}

/// `manifest` is wrong at `place`; one click makes it `fixed`.
#[track_caller]
fn check(manifest: &str, place: &str, fixed: &str) {
    assert_eq!(first(manifest), (place.to_owned(), fixed.to_owned()));
}

const POD: &str = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\nspec:\n  containers:\n  - name: c\n    image: i\n";

fn job(spec: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: x\nspec:\n{spec}  template:\n    spec:\n      restartPolicy: Never\n      containers:\n      - name: c\n        image: i\n"
    )
}

/// Replaces `found` by `wanted` in a manifest that is fine, and expects one click to bring it back.
#[track_caller]
fn typo(manifest: &str, wanted: &str, found: &str, place: &str) {
    assert_eq!(first(manifest).0, "fine");
    check(&manifest.replacen(wanted, found, 1), place, manifest);
}

#[test]
fn misspelt_fields_are_renamed() {
    typo(POD, "containers", "conatiners", "6:3 unknown-field conatiners");
    typo(&job("  completions: 5\n"), "completions", "comletions", "6:3 unknown-field comletions");
    typo(&job("  parallelism: 2\n"), "parallelism", "paralleism", "6:3 unknown-field paralleism");
    typo(&job(""), "template", "teamplate", "6:3 unknown-field teamplate");
    typo(&job("  suspend: true\n"), "suspend", "Suspend", "6:3 unknown-field Suspend");
    typo(
        &POD.replace("image: i\n", "image: i\n    ports: [{containerPort: 80}]\n"),
        "containerPort",
        "cotainerPort",
        "9:14 unknown-field cotainerPort",
    );
    typo(&POD.replace("spec:", "\"spec\":"), "\"spec\"", "\"spce\"", "5:1 unknown-field \"spce\"");
}

#[test]
fn a_field_that_resembles_none_is_answered_with_the_fields_there_are() {
    let found = diagnostics(&POD.replace("  name: x", "  name: x\n  colour: red"));
    assert_eq!(found[0].message, r#"unknown field "metadata.colour""#);
    assert!(text(Language::En, &found[0].why).contains("annotations, creationTimestamp"));
    assert_eq!(found[0].fix, None);
}

#[test]
fn kinds_and_versions_are_put_right() {
    typo(POD, "kind: Pod", "kind: pod", "2:7 unknown-kind pod");
    typo(&job(""), "Job", "Jobs", "2:7 unknown-kind Jobs");
    let daemon_set = "apiVersion: apps/v1\nkind: DaemonSet\nmetadata:\n  name: x\nspec:\n  selector:\n    matchLabels:\n      a: b\n  template:\n    metadata:\n      labels:\n        a: b\n    spec:\n      containers:\n      - name: c\n        image: i\n";
    typo(daemon_set, "DaemonSet", "DameonSet", "2:7 unknown-kind DameonSet");
    typo(daemon_set, "apps/v1", "appgs/v1", "1:13 wrong-group appgs/v1");
    typo(daemon_set, "apps/v1", "apps/v1beta2", "1:13 removed-api-version apps/v1beta2");
    typo(
        daemon_set,
        "apps/v1",
        "extensions/v1beta1",
        "1:13 removed-api-version extensions/v1beta1",
    );
    typo(daemon_set, "apps/v1", "v1", "1:13 wrong-api-version v1");
    typo(&job(""), "batch/v1", "batch/v2", "1:13 wrong-group batch/v2");
    assert_eq!(
        first("apiVersion: networking.k8s.io/v1\nkind: Ingress\n").0,
        "2:7 not-simulated Ingress"
    );
    assert_eq!(first("apiVersion: foo.io/v1\nkind: Widget\n").0, "2:7 unknown-kind Widget");
}

#[test]
fn a_missing_kind_or_version_is_inserted() {
    check(
        "kind: Pod\nmetadata:\n  name: x\n",
        "1:1 missing-kind kind",
        "apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n",
    );
    check(
        &POD.replace("kind: Pod\n", ""),
        "1:1 missing-kind apiVersion",
        &POD.replace("apiVersion: v1\nkind: Pod\n", "kind: Pod\napiVersion: v1\n"),
    );
    assert_eq!(first("hello\n").0, "1:1 missing-kind hello");
    assert_eq!(first("- a\n- b\n").0, "1:1 missing-kind - a\n- b");
}

#[test]
fn lists_and_brackets_are_closed() {
    typo(
        &POD.replace("image: i", "image: i\n    args: ['sh', '-c', 'echo']"),
        "'-c', ",
        "'-c' ",
        "9:23 missing-comma 'echo'",
    );
    typo(
        &POD.replace("image: i", "image: i\n    args: ['sh', '-c', 'echo'] # x"),
        "'echo']",
        "'echo'",
        "9:11 unclosed [",
    );
    typo(&POD.replace("image: i", "image: \"i\""), "\"i\"", "\"i", "8:12 unclosed \"");
}

#[test]
fn indentation_is_put_right() {
    typo(POD, "\n  name", "\n\tname", "4:1 tab-indentation \t");
    typo(POD, "\nspec", "\n spec", "5:2 indentation spec");
    typo(POD, "    image", "     image", "8:11 indentation :");
    typo(
        &POD.replace("image: i", "image: i\n    args: ['a']\n    resources: {}"),
        "    resources",
        "      resources",
        "10:7 indentation resources",
    );
}

#[test]
fn fields_at_the_wrong_depth_are_moved() {
    let set = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: x\nspec:\n  selector:\n    matchLabels:\n      a: b\n  template:\n    metadata:\n      labels:\n        a: b\n    # the pod\n    spec:\n      containers:\n      - name: c\n        image: i\n";
    assert_eq!(first(set).0, "fine");
    let nested = set.replace(
        "  template:\n    metadata:\n      labels:\n        a: b\n    # the pod\n    spec:\n      containers:\n      - name: c\n        image: i\n",
        "    template:\n      metadata:\n        labels:\n          a: b\n      # the pod\n      spec:\n        containers:\n        - name: c\n          image: i\n",
    );
    check(&nested, "9:5 misplaced-field template", set);
    let beside = set.replace(
        "    spec:\n      containers:\n      - name: c\n        image: i\n",
        "  spec:\n    containers:\n    - name: c\n      image: i\n",
    );
    check(&beside, "14:3 misplaced-field spec", set);
    let without = POD.replace(
        "spec:\n  containers:\n  - name: c\n    image: i\n",
        "containers:\n- name: c\n  image: i\n",
    );
    check(&without, "5:1 misplaced-field containers", POD);
}

#[test]
fn missing_spaces_are_inserted() {
    typo(POD, "kind: Pod", "kind:Pod", "3:1 missing-space metadata");
    typo(POD, "name: x", "name:x", "4:3 missing-space name:x");
    typo(POD, "- name: c", "-name: c", "8:10 missing-space :");
}

#[test]
fn values_of_a_wrong_type_are_quoted_or_freed() {
    typo(&job("  completions: 5\n"), "5", "\"5\"", "6:16 wrong-type \"5\"");
    typo(&job("  suspend: true\n"), "true", "\"yes\"", "6:12 wrong-type \"yes\"");
    check(
        &POD.replace("name: x", "name: yes"),
        "4:9 wrong-type yes",
        &POD.replace("name: x", "name: \"yes\""),
    );
    check(
        &POD.replace("image: i", "image: i\n    env: [{name: A, value: 1}]"),
        "9:28 wrong-type 1",
        &POD.replace("image: i", "image: i\n    env: [{name: A, value: \"1\"}]"),
    );
    check(
        &POD.replace("image: i", "image: i\n    args: sleep 5"),
        "9:11 list-expected sleep 5",
        &POD.replace("image: i", "image: i\n    args: [sleep 5]"),
    );
    check(
        &POD.replace("  - name: c\n    image", "    name: c\n    image"),
        "6:3 list-expected containers",
        &POD.replace("  - name: c\n    image", "    - name: c\n      image"),
    );
    assert_eq!(
        first(&POD.replace("image: i", "image: i\n    resources: {limits: {cpu: 1x}}")).0,
        "9:31 wrong-type 1x"
    );
}

#[test]
fn what_validation_refuses_is_mended() {
    typo(POD, "name: x", "name: X", "4:9 invalid-name X");
    typo(
        &job("").replace("name: x", "name: cronjob-example"),
        "cronjob",
        "cronJob",
        "4:9 invalid-name cronJob-example",
    );
    typo(POD, "name: c\n", "name: C\n", "7:11 invalid-name C");
    typo(&job(""), "      restartPolicy: Never\n", "", "7:5 restart-policy spec");
    check(
        &job("").replace("Never", "Always"),
        "8:22 restart-policy Always",
        &job("").replace("Never", "OnFailure"),
    );
    let set = "apiVersion: apps/v1\nkind: ReplicaSet\nmetadata:\n  name: x\nspec:\n  selector:\n    matchLabels:\n      a: b\n  template:\n    metadata:\n      labels:\n        a: b\n    spec:\n      containers:\n      - name: c\n        image: i\n";
    typo(set, "        a: b", "        a: d", "11:7 selector-mismatch labels");
    typo(set, "    metadata:\n      labels:\n        a: b\n", "", "9:3 selector-mismatch template");
}

#[test]
fn what_is_accepted_but_hardly_meant_is_a_warning() {
    let tolerating = POD.replace("spec:\n", "spec:\n  tolerations:\n  - key: node-role.kubernetes.io/control-plane\n    effect: NoSchedule\n");
    typo(
        &tolerating,
        "control-plane",
        "master",
        "7:10 master-taint node-role.kubernetes.io/master",
    );
    typo(&POD.replace("image: i", "image: \"i\""), "\"i\"", "“i”", "8:12 typographic-quotes “i”");
    let twice = diagnostics(&POD.replace("  name: x\n", "  name: x\n  name: y\n"));
    assert_eq!(
        (twice[0].severity, twice[0].code, twice[0].span.start.line),
        (Severity::Warning, "duplicate-key", 5)
    );
}

#[test]
fn typed_and_server_words_are_kubectls() {
    let refusal = |manifest: &str| {
        let documents = load("x.yaml", manifest.as_bytes());
        documents[0].refusal.as_ref().map(|refusal| refusal.line("x.yaml")).unwrap()
    };
    assert_eq!(
        refusal(&job("").replace("containers", "conatiners")),
        r#"Error from server (BadRequest): error when creating "x.yaml": Job in version "v1" cannot be handled as a Job: strict decoding error: unknown field "spec.template.spec.conatiners""#
    );
    assert_eq!(
        refusal("apiVersion: apps/v1\nkind: DameonSet\nmetadata: {name: a, namespace: b}"),
        "error: resource mapping not found for name: \"a\" namespace: \"b\" from \"x.yaml\": no matches for kind \"DameonSet\" in version \"apps/v1\"\nensure CRDs are installed first"
    );
    assert_eq!(
        refusal("metadata: {name: a}"),
        r#"error: error validating "x.yaml": error validating data: [apiVersion not set, kind not set]; if you choose to ignore these errors, turn validation off with --validate=false"#
    );
    assert_eq!(
        refusal("apiVersion: v1\nkind: Pod\nmetadata: {name: yes}"),
        r#"error: unable to decode "x.yaml": json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string"#
    );
    assert_eq!(
        refusal("apiVersion: v1\nkind: Pod\nmetadata:\n  name: x\n spec: y\n"),
        "error: error parsing x.yaml: error converting YAML to JSON: yaml: line 4: did not find expected key"
    );
    assert_eq!(
        refusal("a: 1\n--- b\n"),
        r#"error: error validating "x.yaml": error validating data: [apiVersion not set, kind not set]; if you choose to ignore these errors, turn validation off with --validate=false"#
    );
    assert_eq!(
        refusal("--- b\n"),
        "error: error parsing x.yaml: invalid Yaml document separator: b"
    );
}

#[test]
fn several_documents_and_lists_are_read_in_order() {
    let file = format!(
        "{POD}---\n# nothing\n---\n{}---\nkind: [\n---\n{POD}",
        POD.replace("name: x", "name: z")
    );
    let documents = load("x.yaml", file.as_bytes());
    let names: Vec<&str> = documents.iter().map(Decoded::name).collect();
    assert_eq!(names, ["x", "z", ""], "kubectl stops at the document that cannot be parsed");
    assert_eq!(
        documents[2].refusal.as_ref().unwrap().line("x.yaml"),
        "error: error parsing x.yaml: error converting YAML to JSON: yaml: line 1: did not find expected node content"
    );
    let list = "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod, metadata: {name: a}}\n- apiVersion: v1\n  kind: Service\n  metadata:\n    nmae: b\n";
    let documents = load("x.yaml", list.as_bytes());
    assert_eq!(documents.len(), 2);
    assert_eq!(documents[1].diagnostics[0].span.start.line, 8);
    let json = r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"a"}} {"apiVersion":"v1","kind":"Pod","metadata":{"name":"b"}}"#;
    let names: Vec<String> =
        load("x.json", json.as_bytes()).iter().map(|one| one.name().to_owned()).collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn places_of_fields_are_found() {
    let document = &load("x.yaml", POD.as_bytes())[0];
    let at = |path: &str| {
        let span = document.places.span(path);
        (span.start.line, span.start.column, span.of(POD).to_owned())
    };
    assert_eq!(at("spec.containers[0].name"), (7, 11, "c".into()));
    assert_eq!(at("spec.containers[0].ports[0].name"), (7, 5, "name".into()));
    assert_eq!(at("spec.containers"), (6, 3, "containers".into()));
    assert_eq!(at("metadata.labels[a/b]"), (3, 1, "metadata".into()));
    assert_eq!(at("status.phase"), (1, 1, "apiVersion".into()));
    assert_eq!(
        document.places.path_at(POD.find("image").unwrap()),
        Some(("spec.containers[0].image".into(), true))
    );
    assert_eq!(
        document.places.path_at(POD.find(" i\n").unwrap() + 1),
        Some(("spec.containers[0].image".into(), false))
    );
}

/// The manifests of the study notes, as they are written there.
fn notes() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/study_notes");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn every_mistake_in_the_study_notes_is_one_click_away_from_right() {
    let mut clicks = Vec::new();
    for (name, mut manifest) in notes() {
        let short = name.get(..6).unwrap().to_owned();
        for _ in 0..10 {
            let found = diagnostics(&manifest);
            let Some(one) = found.iter().min_by_key(|one| (one.severity, one.span)) else { break };
            let fix = one.fix.as_ref().unwrap_or_else(|| panic!("{name}: {one:?}\n{manifest}"));
            clicks.push(format!("{short} {} {}", one.code, one.span.of(&manifest)));
            manifest = fix.apply(&manifest);
        }
        assert_eq!(diagnostics(&manifest), [], "{name}\n{manifest}");
        let documents = load(&name, manifest.as_bytes());
        assert!(documents.iter().all(|one| one.refusal.is_none() && one.kind.is_some()), "{name}");
    }
    let wanted = [
        "000-03 unknown-kind DameonSet",
        "000-03 master-taint node-role.kubernetes.io/master",
        "001-03 removed-api-version apps/v1beta2",
        "001-04 misplaced-field template",
        "001-06 removed-api-version batch/v1beta1",
        "003-09 unknown-field startingDeadlineSenconds",
        "004-01 missing-comma 'echo hello, world && exit 0'",
        "004-02 removed-api-version batch/v1beta1",
        "004-02 invalid-name cronJob-example",
        "004-03 indentation resources",
        "004-03 wrong-group appgs/v1",
        "004-03 misplaced-field spec",
        "004-03 unknown-field conatiners",
        "004-03 master-taint node-role.kubernetes.io/master",
    ];
    assert_eq!(clicks, wanted);
}

/// Any text, cut off or mangled anywhere, is answered, and quickly.
#[test]
fn no_manifest_makes_it_panic() {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state % u64::try_from(below.max(1)).unwrap()).unwrap()
    };
    let pieces = [
        "\t", ":", "- ", "{", "[", "\"", "'", "  ", "\n", "&a ", "*a", "!", "파", "|", "#",
        "---\n", "“", "0", "}",
    ];
    for (_, manifest) in notes() {
        for _ in 0..60 {
            let letters: Vec<char> = manifest.chars().collect();
            let (from, length) = (next(letters.len()), next(6));
            let mut mangled: String = letters[..from].iter().collect();
            mangled.push_str(pieces[next(pieces.len())]);
            mangled.extend(letters.iter().skip(from + length));
            for document in load("x.yaml", mangled.as_bytes()) {
                for one in document.diagnostics {
                    let fixed = one.fix.map(|fix| fix.apply(&mangled));
                    assert!(
                        fixed.is_none_or(|fixed| fixed != mangled),
                        "a fix that changes nothing: {}\n{mangled}",
                        one.code
                    );
                    assert!(mangled.is_char_boundary(one.span.start.offset));
                    assert!(mangled.is_char_boundary(one.span.end.offset));
                }
            }
        }
    }
}

/// Texts that would take long: each is answered, with an error where there is one, in time that grows
/// with their size only. What is measured here is that they end at all; the time is a bench's.
#[test]
fn large_and_hostile_texts_end_with_a_clear_error() {
    let refusal = |text: &str| {
        let documents = load("x.yaml", text.as_bytes());
        let refusal = documents.iter().find_map(|one| one.refusal.as_ref());
        refusal.map_or_else(|| "none".to_owned(), |refusal| refusal.line("x.yaml"))
    };
    let large =
        r#"Error from server: error when creating "x.yaml": etcdserver: request is too large"#;
    assert_eq!(refusal(&format!("a: {}", "x".repeat(2_000_000))), large);
    assert_eq!(refusal(&"- x\n".repeat(200_000)), large);
    assert_eq!(refusal(&format!("{{\"a\":[{}1]}}", "1,".repeat(200_000))), large);
    let parsing = "error: error parsing x.yaml: error converting YAML to JSON: yaml:";
    assert_eq!(refusal(&"[".repeat(1_000_000)), format!("{parsing} exceeded max depth of 100"));
    assert_eq!(
        refusal(&"\t\n".repeat(300_000)),
        format!("{parsing} found character that cannot start any token")
    );
    let mut chain = String::from("a0: &a0 {x0: 1}\n");
    for level in 1..1000 {
        chain.push_str(&format!("a{level}: &a{level} {{<<: *a{}, x{level}: 1}}\n", level - 1));
    }
    assert_eq!(refusal(&chain), format!("{parsing} document contains excessive aliasing"));
    let documents = load("x.yaml", b"a: \xb0\xa1\n");
    assert_eq!(
        documents[0].refusal.as_ref().unwrap().line("x.yaml"),
        format!("{parsing} invalid leading UTF-8 octet")
    );
    assert_eq!(documents[0].diagnostics[0].span.start.column, 4);
    let unknown: String = (0..10_000).map(|number| format!("  k{number}: 1\n")).collect();
    assert_eq!(diagnostics(&format!("{POD}{unknown}")).len(), 20);
}

#[test]
fn windows_line_ends_and_a_byte_order_mark_change_nothing() {
    let windows =
        format!("\u{feff}{}", POD.replace('\n', "\r\n").replace("containers", "conatiners"));
    let found = diagnostics(&windows);
    assert_eq!(found[0].span.of(&windows), "conatiners");
    let fixed = found[0].fix.as_ref().unwrap().apply(&windows);
    assert_eq!(first(&fixed).0, "fine");
}
