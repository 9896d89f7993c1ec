//! What `create`, `run`, `expose` and `apply` say before they ask a server, and how they print what they made.

use super::Desk;

#[test]
fn flags_of_create_are_checked_as_upstream_does() {
    let mut desk = Desk::new();
    desk.check_all(&[
        ("kubectl create pdb p", "error: a selector must be specified"),
        (
            "kubectl create pdb p --selector=a=b --min-available=1Gi",
            "error: invalid format specified for min-available",
        ),
        (
            "kubectl create pdb p --selector='a!=b' --max-unavailable=1",
            "error: \"!=\" is not a valid label selector operator",
        ),
        (
            "kubectl create pdb p --selector='a in (b),!c,d=e' --max-unavailable=1 --dry-run=client -o jsonpath={.spec.selector}",
            r#"{"matchExpressions":[{"key":"a","operator":"In","values":["b"]},{"key":"c","operator":"DoesNotExist"}],"matchLabels":{"d":"e"}}"#,
        ),
        (
            "kubectl create pdb p --selector=a=b --max-unavailable=1; kubectl create pdb p --selector=a=b --max-unavailable=1",
            "poddisruptionbudget.policy/p created\nerror: failed to create poddisruptionbudgets: poddisruptionbudgets.policy \"p\" already exists",
        ),
        (
            "kubectl create service clusterip s --tcp=x",
            "error: strconv.ParseUint: parsing \"x\": invalid syntax",
        ),
        (
            "kubectl create service clusterip s --tcp=70000",
            "error: strconv.ParseUint: parsing \"70000\": value out of range",
        ),
        (
            "kubectl create service clusterip s --tcp=80:70000",
            "error: must be between 1 and 65535, inclusive",
        ),
        (
            "kubectl create service clusterip s --tcp=80:HTTP",
            "error: must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-),must contain at least one letter (a-z)",
        ),
        (
            "kubectl create service nodeport s --tcp=80 --clusterip=None",
            "Error: unknown flag: --clusterip\nSee 'kubectl create service nodeport --help' for usage.",
        ),
        (
            "kubectl create service externalname s",
            "error: required flag(s) \"external-name\" not set",
        ),
        (
            "kubectl create service externalname s --external-name=A_b",
            "error: invalid service external name A_b",
        ),
        (
            "kubectl create service foo",
            "error: unknown command \"foo\"\nSee 'kubectl create service -h' for help and examples",
        ),
        (
            "kubectl create svc clusterip x --tcp=80; kubectl create svc clusterip x --tcp=80",
            "service/x created\nerror: failed to create ClusterIP service: services \"x\" already exists",
        ),
        ("kubectl create secret > /dev/null; echo $?", "1"),
        (
            "kubectl create deployment d --image=nginx --port=99999999999",
            "Error: invalid argument \"99999999999\" for \"--port\" flag: strconv.ParseInt: parsing \"99999999999\": value out of range\nSee 'kubectl create deployment --help' for usage.",
        ),
        (
            "kubectl create deployment d --image= --dry-run=client -o jsonpath={..containers}",
            "[]",
        ),
        (
            "kubectl create role r --verb=get --resource=pods",
            "error: kubectl create role is not part of this sandbox",
        ),
    ]);
}

/// The hashes are those of the real client.
#[test]
fn a_name_tells_what_it_holds() {
    let mut desk = Desk::new();
    desk.check_all(&[
        (
            "kubectl create cm c --from-literal=a=b --from-literal=c=d --append-hash --dry-run=client -o name",
            "configmap/c-bfmc5cf77b",
        ),
        ("kubectl create cm c --append-hash", "configmap/c-94b26g54cg created"),
        (
            "kubectl create secret generic s --from-literal=a=b --append-hash --dry-run=client -o name",
            "secret/s-7fd2tm89d8",
        ),
        (
            "kubectl create secret generic s --from-literal=a=b --type=foo --append-hash --dry-run=client -o name",
            "secret/s-76gkfd766k",
        ),
    ]);
}

#[test]
fn a_struct_is_printed_in_the_order_of_its_fields_and_a_map_by_the_alphabet() {
    let mut desk = Desk::new();
    desk.check(
        "kubectl create deployment d --image=nginx --dry-run=client -o json",
        r#"{
    "kind": "Deployment",
    "apiVersion": "apps/v1",
    "metadata": {
        "name": "d",
        "labels": {
            "app": "d"
        }
    },
    "spec": {
        "replicas": 1,
        "selector": {
            "matchLabels": {
                "app": "d"
            }
        },
        "template": {
            "metadata": {
                "labels": {
                    "app": "d"
                }
            },
            "spec": {
                "containers": [
                    {
                        "name": "nginx",
                        "image": "nginx",
                        "resources": {}
                    }
                ]
            }
        },
        "strategy": {}
    },
    "status": {}
}
"#,
    );
    desk.check(
        "kubectl create service clusterip s --tcp=80 --clusterip=None --dry-run=client -o json | tr -d ' \\n'",
        r#"{"kind":"Service","apiVersion":"v1","metadata":{"name":"s","labels":{"app":"s"}},"spec":{"ports":[{"name":"80","protocol":"TCP","port":80,"targetPort":80}],"selector":{"app":"s"},"clusterIP":"None","type":"ClusterIP"},"status":{"loadBalancer":{}}}"#,
    );
    desk.file("pod.yaml", "kind: Pod\napiVersion: v1\nmetadata: {name: a}\nspec: {containers: [{name: c, image: i}]}\n");
    desk.check(
        "kubectl create -f pod.yaml --dry-run=client -o json | head -n 3",
        "{\n    \"apiVersion\": \"v1\",\n    \"kind\": \"Pod\",\n",
    );
}

#[test]
fn a_line_stands_between_objects_of_yaml() {
    let mut desk = Desk::new();
    desk.file("two.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: b}\n");
    let object = |name: &str| {
        format!(
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {name}\n  namespace: default\n"
        )
    };
    let both = format!("{}---\n{}", object("a"), object("b"));
    desk.check("kubectl create -f two.yaml --dry-run=client -o yaml", &both);
    desk.check(
        "kubectl apply -f two.yaml --dry-run=client -o yaml | tail -n 2",
        "kind: List\nmetadata: {}\n",
    );
    desk.check(
        "kubectl run x --image=a --expose --port=80 --dry-run=client -o yaml | grep -c -e ---",
        "2\n",
    );
    desk.check(
        "kubectl delete -f two.yaml --dry-run=client",
        "configmap \"a\" deleted from default namespace (dry run)\nconfigmap \"b\" deleted from default namespace (dry run)\n",
    );
}

#[test]
fn run_and_expose_check_their_flags() {
    let mut desk = Desk::new();
    let usage = "See 'kubectl run -h' for help and examples";
    for (flags, words) in [
        ("--expose", "--port must be set when exposing a service"),
        ("--rm", "--rm should only be used for attached containers"),
        ("-t", "-i/--stdin is required for containers with -t/--tty=true"),
        ("--image-pull-policy=foo", "invalid image pull policy: foo"),
    ] {
        let line = format!("kubectl run x --image=a {flags}");
        desk.check(&line, &format!("error: {words}\n{usage}\n"));
    }
    desk.check_all(&[
        ("kubectl run x --image=a --port=x", "error: strconv.Atoi: parsing \"x\": invalid syntax"),
        ("kubectl run x --image=a --labels=x", "error: unexpected label spec: x"),
        ("kubectl run x --image=a --overrides=x", "error: Invalid JSON Patch"),
        (
            "kubectl expose deploy web --port=80 --selector=a=b,c=d --dry-run=client -o jsonpath={.spec.selector}",
            r#"{"a":"b","c":"d"}"#,
        ),
        (
            "kubectl expose deploy web --port=80 --overrides='{\"spec\":{\"type\":\"NodePort\"}}' --dry-run=client -o jsonpath={.spec.type}",
            "NodePort",
        ),
        (
            "kubectl expose deploy web --port=80 --overrides='{}' --override-type=foo",
            "error: invalid override type: foo",
        ),
        (
            "kubectl expose deploy web --port=80 --session-affinity=foo",
            "error: unknown session affinity: foo",
        ),
        (
            "kubectl expose deploy web --port=80 --load-balancer-ip=1.2.3.4 --dry-run=client -o jsonpath={.spec.loadBalancerIP}",
            "",
        ),
    ]);
}

#[test]
fn last_applied_is_seen_and_set() {
    let mut desk = Desk::new();
    desk.file("cm.yaml", "kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n");
    desk.check_all(&[
        (
            "kubectl apply set-last-applied -f cm.yaml",
            "Error from server (NotFound): configmaps \"a\" not found",
        ),
        ("kubectl create cm a", "configmap/a created"),
        ("kubectl apply view-last-applied cm a", ""),
        (
            "kubectl apply set-last-applied -f cm.yaml",
            "error: no last-applied-configuration annotation found on resource: a, to create the annotation, run the command with --create-annotation",
        ),
        (
            "kubectl apply set-last-applied -f cm.yaml --create-annotation",
            "configmap/a configured",
        ),
        (
            "kubectl apply set-last-applied -f cm.yaml",
            "set-last-applied a: no changes required.",
        ),
        (
            "kubectl apply view-last-applied cm a -o json",
            "{\n  \"apiVersion\": \"v1\",\n  \"kind\": \"ConfigMap\",\n  \"metadata\": {\n    \"name\": \"a\",\n    \"namespace\": \"default\"\n  }\n}",
        ),
        (
            "kubectl apply view-last-applied cm a -o name",
            "error: Unexpected -o output mode: name, the flag 'output' must be one of yaml|json\nSee 'kubectl apply view-last-applied -h' for help and examples",
        ),
    ]);
    let refused = desk.run("kubectl apply edit-last-applied cm a; echo $?");
    assert!(refused.starts_with("error: apply edit-last-applied is not part"), "{refused}");
    assert!(refused.ends_with("\n1\n"), "{refused}");
}
