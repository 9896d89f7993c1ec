use super::*;

/// The labels offered at `|`.
fn labels(text: &str) -> Vec<String> {
    let at = text.find('|').unwrap();
    complete(&text.replacen('|', "", 1), at).into_iter().map(|one| one.label).collect()
}

/// The path of the field whose word contains `|`.
fn path(text: &str) -> Option<String> {
    let at = text.find('|').unwrap();
    hover(&text.replacen('|', "", 1), at).map(|hover| hover.path)
}

const JOB: &str = "apiVersion: batch/v1\nkind: Job\nmetadata:\n  name: x\nspec:\n";

#[test]
fn fields_are_offered_by_indentation() {
    assert_eq!(labels(&format!("{JOB}  para|")), ["parallelism"]);
    assert_eq!(labels(&format!("{JOB}  |"))[0], "template", "the required one comes first");
    assert_eq!(
        labels(&format!("{JOB}  template:\n    spec:\n      restart|\n")),
        ["restartPolicy"]
    );
    assert_eq!(
        labels(&format!("{JOB}  template:\n    spec:\n      containers:\n      - im|\n")),
        ["image", "imagePullPolicy"]
    );
    assert_eq!(
        labels(&format!(
            "{JOB}  template:\n    spec:\n      containers:\n      - name: c\n        im|\n"
        )),
        ["image", "imagePullPolicy"]
    );
    assert_eq!(
        labels(&format!(
            "{JOB}  template:\n    spec:\n      containers:\n        - name: c\n          im|\n      volumes: []\n"
        )),
        ["image", "imagePullPolicy"]
    );
    assert_eq!(labels("ki|"), ["kind"]);
    assert_eq!(labels("|"), ["apiVersion", "kind", "metadata", "spec"]);
}

#[test]
fn what_is_there_is_not_offered_again() {
    let text = format!("{JOB}  parallelism: 1\n  |\n  completions: 2\n");
    let found = labels(&text);
    assert!(!found.contains(&"parallelism".into()) && !found.contains(&"completions".into()));
    assert!(found.contains(&"suspend".into()));
    let two = format!(
        "{JOB}  template:\n    spec:\n      containers:\n      - name: c\n        image: i\n      - na|\n"
    );
    assert_eq!(labels(&two), ["name"], "another item has fields of its own");
}

#[test]
fn values_are_offered_behind_the_colon() {
    assert_eq!(labels("apiVersion: batch/v1\nkind: |"), ["CronJob", "Job"]);
    assert_eq!(labels("kind: DaemonSet\napiVersion: |"), ["apps/v1"]);
    assert_eq!(labels(&format!("{JOB}  template:\n    spec:\n      restartPolicy: N|")), ["Never"]);
    assert_eq!(labels(&format!("{JOB}  suspend: |")), ["true", "false"]);
    assert_eq!(labels(&format!("{JOB}  completions: |")), Vec::<String>::new());
    assert_eq!(
        labels(&format!("{JOB}  template:\n    metadata:\n      labels:\n        a|")),
        Vec::<String>::new()
    );
}

#[test]
fn what_is_inserted_opens_lists_and_objects() {
    let text = format!("{JOB}  template:\n    spec:\n      conta");
    let found = &complete(&text, text.len())[0];
    assert_eq!(found.insert, "containers:\n      - ");
    assert_eq!((found.from, found.to), (text.len() - 5, text.len()));
    assert!(found.docs.is_some_and(|docs| docs.contains("List of containers")));
    let text = format!("{JOB}  temp");
    assert_eq!(complete(&text, text.len())[0].insert, "template:\n    ");
}

#[test]
fn the_field_under_the_cursor_is_explained() {
    let pod = "apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n  - name: b\n    livenessProbe:\n      httpGet:\n        po|rt: 80\n";
    assert_eq!(path(pod).as_deref(), Some("spec.containers[1].livenessProbe.httpGet.port"));
    assert_eq!(
        path("apiVersion: v1\nkind: Pod\nspec:\n  containers:\n  - name: a\n    im|age: x\n")
            .as_deref(),
        Some("spec.containers[0].image")
    );
    assert_eq!(path("kind: Job\n---\nkind: Pod\nsp|ec:\n").as_deref(), Some("spec"));
    assert_eq!(path("kind: Pod\nspec:\n  fo|o: 1\n"), None);
    let text = "kind: CronJob\nspec:\n  concurrencyPolicy: Forbid\n";
    let found = hover(text, text.find("concurrency").unwrap()).unwrap();
    assert_eq!(found.values, ["Allow", "Forbid", "Replace"]);
    assert_eq!((found.ty.as_str(), found.span.of(text)), ("string", "concurrencyPolicy"));
}

#[test]
fn any_place_in_any_text_is_answered() {
    let text = "apiVersion: v1\nkind: \"Pod\"\n- - a: 파드\n   -\n\t:\n  spec: {a: [\n---\n'x': |\n  y\n# z";
    for at in 0..=text.len() + 2 {
        let _ = complete(text, at);
        let _ = hover(text, at);
    }
}
