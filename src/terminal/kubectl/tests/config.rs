//! `kubectl config`, and where lines go that name a context, cluster, user or kubeconfig. Follows the real client 1.32,
//! whose `config` is that of 1.36 but for the empty `preferences`.

use super::Desk;

#[test]
fn a_namespace_of_the_context_holds_for_what_follows() {
    let mut desk = Desk::new();
    desk.check("kubectl create ns team-a", "namespace/team-a created\n");
    desk.check(
        "kubectl config set-context --current --namespace=team-a",
        "Context \"podyard\" modified.\n",
    );
    desk.check("kubectl create cm c", "configmap/c created\n");
    desk.check("kubectl get cm c -n team-a -o name", "configmap/c\n");
    desk.check("kubectl get cm c -o name", "configmap/c\n");
    desk.check("kubectl get deploy", "No resources found in team-a namespace.\n");
    desk.check("kubectl get deploy -n default -o name", "deployment.apps/web\n");
    desk.check(
        "kubectl config set-context old --cluster=podyard --user=podyard",
        "Context \"old\" created.\n",
    );
    desk.check("kubectl get deploy --context old -o name", "deployment.apps/web\n");
    desk.check("kubectl config use-context old", "Switched to context \"old\".\n");
    desk.check("kubectl get deploy -o name", "deployment.apps/web\n");
    desk.check(
        "kubectl config get-contexts",
        "CURRENT   NAME      CLUSTER   AUTHINFO   NAMESPACE\n*         old       podyard   podyard    \n          podyard   podyard   podyard    team-a\n",
    );
    desk.check("kubectl config set-context --current -n ''", "Context \"old\" modified.\n");
    desk.check("kubectl config view --minify -o jsonpath='{..namespace}'", "");
}

#[test]
fn contexts_are_renamed_and_removed() {
    let mut desk = Desk::new();
    desk.check_all(&[
        ("kubectl config rename-context podyard mine", "Context \"podyard\" renamed to \"mine\"."),
        ("kubectl config current-context", "mine"),
        (
            "kubectl config rename-context nope x",
            "error: cannot rename the context \"nope\", it's not in /home/you/.kube/config",
        ),
        (
            "kubectl config rename-context mine mine",
            "error: cannot rename the context \"mine\", the context \"mine\" already exists in /home/you/.kube/config",
        ),
        (
            "kubectl config delete-context nope",
            "error: cannot delete context nope, not in /home/you/.kube/config",
        ),
        (
            "kubectl config delete-context mine",
            "warning: this removed your active context, use \"kubectl config use-context\" to select a different one\ndeleted context mine from /home/you/.kube/config",
        ),
        (
            "kubectl get pods",
            "Error in configuration: context was not found for specified context: mine",
        ),
        ("kubectl config unset current-context", "Property \"current-context\" unset."),
        ("kubectl config current-context", "error: current-context is not set"),
        (
            "kubectl config set-context --current --namespace=a",
            "error: no current context is set",
        ),
        (
            "kubectl get pods",
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
        ),
        (
            "kubectl config delete-user",
            "error: user to delete is required\nSee 'kubectl config delete-user -h' for help and examples",
        ),
        ("kubectl config get-users", "NAME\npodyard"),
        ("kubectl config delete-user podyard", "deleted user podyard from /home/you/.kube/config"),
        ("kubectl config get-users", "NAME"),
    ]);
}

#[test]
fn properties_are_set_by_their_paths() {
    let mut desk = Desk::new();
    desk.check_all(&[
        (
            "kubectl config set contexts.podyard.namespace kube-system",
            "Property \"contexts.podyard.namespace\" set.",
        ),
        ("kubectl get pods", "No resources found in kube-system namespace."),
        ("kubectl config set foo.bar x", "error: unable to parse foo.bar after [] at api.Config"),
        ("kubectl config set contexts.a ''", "error: you cannot use set to unset a property"),
        (
            "kubectl config set clusters.podyard.insecure-skip-tls-verify foo",
            "error: strconv.ParseBool: parsing \"foo\": invalid syntax",
        ),
        (
            "kubectl config set clusters.podyard.certificate-authority-data f.",
            "error: error decoding input value: illegal base64 data at input byte 1",
        ),
        (
            "kubectl config set clusters.podyard.server.x f",
            "error: unable to parse one or more field values of clusters.podyard.server.x",
        ),
        ("kubectl config unset contexts.zz.namespace", "error: current map key `zz` is invalid"),
        ("kubectl config unset contexts.zz", "Property \"contexts.zz\" unset."),
        (
            "kubectl config set-credentials bob --token=abc",
            "User \"bob\" set.",
        ),
        (
            "kubectl config view -o jsonpath='{.users[?(@.name==\"bob\")].user}'",
            "{\"token\":\"REDACTED\"}",
        ),
        ("kubectl get pods --user bob", "error: You must be logged in to the server (Unauthorized)"),
        ("kubectl config set-cluster far --server=https://far:6443", "Cluster \"far\" set."),
        (
            "kubectl get pods --cluster far; kubectl diff -f x --cluster far; echo $?",
            "The connection to the server far:6443 was refused - did you specify the right host or port?\nThe connection to the server far:6443 was refused - did you specify the right host or port?\n2",
        ),
        (
            "kubectl config set-context a b > /dev/null",
            "error: Unexpected args: [a b]",
        ),
        (
            "kubectl config set-context a --current",
            "error: you cannot specify both a context name and --current",
        ),
        (
            "kubectl config view --merge=false",
            "error: if merge==false a precise file must be specified",
        ),
        ("kubectl config view --context x --minify", "error: cannot locate context x"),
        ("kubectl config > /dev/null; echo $?", "1"),
        (
            "kubectl config blah",
            "error: unknown command \"blah\"\nSee 'kubectl config -h' for help and examples",
        ),
    ]);
}

/// What client-go says depends on whether the namespace is asked for before the server.
#[test]
fn what_a_line_names_must_be_there() {
    let mut desk = Desk::new();
    desk.check_all(&[
        (
            "kubectl get pods --context x",
            "Error in configuration: context was not found for specified context: x",
        ),
        ("kubectl get pods -n a --context x", "error: context \"x\" does not exist"),
        ("kubectl create cm c --context x", "error: context \"x\" does not exist"),
        ("kubectl get pods --cluster x", "error: no server found for cluster \"x\""),
        ("kubectl version --cluster x", "error: cluster \"x\" does not exist"),
        ("kubectl logs two --user x", "error: auth info \"x\" does not exist"),
        ("kubectl get pods --kubeconfig x", "error: stat x: no such file or directory"),
        ("kubectl get deploy --kubeconfig ~/.kube/config -o name", "deployment.apps/web"),
        ("kubectl config current-context --context x", "podyard"),
        ("kubectl config view --raw > mine", ""),
        (
            "kubectl config set-context podyard --namespace=a --kubeconfig mine",
            "Context \"podyard\" modified.",
        ),
        ("kubectl get pods --kubeconfig mine", "No resources found in a namespace."),
        ("kubectl get deploy -o name", "deployment.apps/web"),
        (
            "kubectl config use-context x --kubeconfig new",
            "error: no context exists with the name: \"x\"",
        ),
    ]);
}

#[test]
fn a_kubeconfig_is_shown_as_it_is_written() {
    let mut desk = Desk::new();
    desk.check(
        "kubectl config view",
        "apiVersion: v1\nclusters:\n- cluster:\n    certificate-authority-data: DATA+OMITTED\n    server: https://127.0.0.1:6443\n  name: podyard\ncontexts:\n- context:\n    cluster: podyard\n    user: podyard\n  name: podyard\ncurrent-context: podyard\nkind: Config\nusers:\n- name: podyard\n  user:\n    client-certificate-data: DATA+OMITTED\n    client-key-data: DATA+OMITTED\n",
    );
    desk.check(
        "kubectl config view -o json | head -n 8",
        "{\n    \"kind\": \"Config\",\n    \"apiVersion\": \"v1\",\n    \"clusters\": [\n        {\n            \"name\": \"podyard\",\n            \"cluster\": {\n                \"server\": \"https://127.0.0.1:6443\",\n",
    );
}
