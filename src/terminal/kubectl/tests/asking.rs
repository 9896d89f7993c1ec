//! What `get` and the commands about the server make of odd flags and names.

use super::Desk;

/// A single table whose rows cannot be sorted is not printed, and nobody says why; so does upstream.
#[test]
fn sort_by_what_is_not_there() {
    let mut desk = Desk::new();
    let no_field = |path: &str| {
        format!("error: couldn't find any field with path \"{path}\" in the list of objects")
    };
    desk.check_all(&[
        ("kubectl get pods --sort-by=.foo", "No resources found in default namespace."),
        ("kubectl get pods --sort-by='{.foo'", "No resources found in default namespace."),
        ("kubectl get pods --sort-by=.foo -o name", &no_field("{.foo}")),
        ("kubectl get pods,svc --sort-by=.metadata.name", &no_field("{.metadata.name}")),
        (
            "kubectl get pods --sort-by='{.foo' -o name",
            "error: unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or '{.name1.name2}'",
        ),
        (
            "kubectl get pods --sort-by=.spec.containers; echo $?",
            "F0101 00:00:00.000000       1 sorter.go:375] Field {.spec.containers} in [][][]reflect.Value is an unsortable type: interface, err: unsortable type: []interface {}\n1",
        ),
        ("kubectl get deploy web --sort-by=.foo --no-headers", "web   2/2   2     2     30s"),
        (
            "kubectl get cm -n default --sort-by=.metadata.name -o name --show-labels",
            "error: --show-labels option cannot be used with name printer",
        ),
    ]);
}

/// Go's insertion sort takes what is missing for less than itself, and so turns it round.
#[test]
fn what_is_missing_is_turned_round() {
    let mut desk = Desk::new();
    desk.run("kubectl create cm a; kubectl create cm b; kubectl create cm c --from-literal=k=v");
    desk.run("kubectl delete cm kube-root-ca.crt");
    desk.check(
        "kubectl get cm a b c --sort-by=.data.k -o name",
        "configmap/b\nconfigmap/a\nconfigmap/c\n",
    );
}

#[test]
fn without_the_server_there_are_names_and_ages() {
    let mut desk = Desk::new();
    desk.check("kubectl get deploy --server-print=false", "NAME   AGE\nweb    30s\n");
    desk.check(
        "kubectl get deploy,svc -A --server-print=false --show-labels",
        "NAMESPACE   NAME                  AGE   LABELS\ndefault     deployment.apps/web   30s   app=web\n\nNAMESPACE   NAME                 AGE   LABELS\ndefault     service/kubernetes   60m   component=apiserver,provider=kubernetes\n",
    );
}

#[test]
fn missing_fields_can_be_refused() {
    let mut desk = Desk::new();
    let last = "--allow-missing-template-keys=false 2>&1 > /dev/null | head -n 1";
    desk.check(
        &format!("kubectl get deploy web -o go-template='{{{{.metadata.foo}}}}' {last}"),
        "error: error executing template \"{{.metadata.foo}}\": template: output:1:11: executing \"output\" at <.metadata.foo>: map has no entry for key \"foo\"\n",
    );
    desk.check(
        &format!("kubectl get deploy web -o jsonpath='{{.foo}}' {last}"),
        "error: error executing jsonpath \"{.foo}\": Error executing template: foo is not found. Printing more information for debugging the template:\n",
    );
    desk.check("kubectl get deploy web -o jsonpath='{.foo}'", "");
    desk.check("kubectl get deploy -o jsonpath='{.items[?(@.foo==bar)]}'", "");
    let refused = desk.run("kubectl get deploy -o jsonpath='{.items[?(@.kind==Pod)]}'");
    assert!(
        refused.contains("Error executing template: unrecognized identifier Pod."),
        "{refused}"
    );
    assert!(
        refused
            .contains("map[string]interface {}{\"apiVersion\":\"v1\", \"items\":[]interface {}{"),
        "{refused}"
    );
}

/// The mapper takes plurals and kinds in any letters, and nothing else.
#[test]
fn letters_of_types() {
    let mut desk = Desk::new();
    let unknown = |word: &str| format!("error: the server doesn't have a resource type \"{word}\"");
    desk.check_all(&[
        ("kubectl get PODS two -o name", "pod/two"),
        ("kubectl get Deployment -o name", "deployment.apps/web"),
        ("kubectl get deployments.v1.apps -o name", "deployment.apps/web"),
        ("kubectl get Po", &unknown("Po")),
        ("kubectl get Deploy", &unknown("Deploy")),
        ("kubectl get deployments.Apps", &unknown("deployments")),
        ("kubectl get pods,", &unknown("")),
        ("kubectl get pods,,svc", &unknown("")),
        (
            "kubectl get pods, two",
            "error: arguments in resource/name form must have a single resource and name",
        ),
        (
            "kubectl get deploy/web -l x=y",
            "error: selectors and the all flag cannot be used when passing resource/name arguments",
        ),
        ("kubectl get deploy web -o NAME", "deployment.apps/web"),
    ]);
}

#[test]
fn the_server_and_its_resources() {
    let mut desk = Desk::new();
    desk.check_all(&[
        ("kubectl version foo", "error: extra arguments: [foo]"),
        ("kubectl api-resources --verbs=foo --no-headers", ""),
        (
            "kubectl api-resources --categories=all --api-group=batch -o name",
            "cronjobs.batch\njobs.batch",
        ),
        ("kubectl api-resources --sort-by=foo", "error: --sort-by accepts only name or kind"),
        (
            "kubectl api-versions x",
            "error: unexpected arguments: [x]\nSee 'kubectl api-versions -h' for help and examples",
        ),
        ("kubectl explain pod -o foo", "error: unrecognized format: foo"),
        (
            "kubectl explain pod --api-version=v2",
            "error: couldn't find resource for \"/v2, Resource=pods\"",
        ),
        ("kubectl auth can-i foo pods", "Warning: verb 'foo' is not a known verb\n\nyes"),
        (
            "kubectl auth can-i get pods --no-headers",
            "error: --no-headers cannot be set without --list specified",
        ),
        ("kubectl auth > /dev/null; echo $?", "1"),
        ("kubectl taint node worker-1 --all a=b:NoSchedule | wc -l", "4"),
        ("kubectl set env deploy/web --all a=b", "deployment.apps/web env updated"),
    ]);
    desk.check(
        "kubectl version -o json | head -n 12 | tail -n 11",
        "  \"clientVersion\": {\n    \"major\": \"1\",\n    \"minor\": \"36\",\n    \"gitVersion\": \"v1.36.2\",\n    \"gitCommit\": \"0000000000000000000000000000000000000000\",\n    \"gitTreeState\": \"clean\",\n    \"buildDate\": \"1970-01-01T00:00:00Z\",\n    \"goVersion\": \"go1.26.4\",\n    \"compiler\": \"gc\",\n    \"platform\": \"linux/amd64\"\n  },\n",
    );
}
