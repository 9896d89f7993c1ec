//! Lines and what they print, where the client that is installed for `tests/real_kubectl` answers otherwise or cannot be
//! asked: mostly what it says before it asks a server, and what nobody may do by mistake.

mod asking;
mod config;
mod making;

use std::rc::Rc;

use crate::cluster::{Cluster, Config};
use crate::terminal::{Audience, Stream, Terminal, run_script};

#[derive(Default)]
struct Screen(String);

impl Audience for Screen {
    fn output(&mut self, stream: Stream, text: &str) {
        if matches!(stream, Stream::Out | Stream::Err) {
            self.0.push_str(text);
        }
    }
}

struct Desk {
    cluster: Cluster,
    terminal: Terminal,
}

impl Desk {
    /// A Deployment `web` of two pods and a pod `two`, thirty seconds old.
    fn new() -> Self {
        let config = Config { system_pods: false, ..Config::default() };
        let mut desk = Self { cluster: Cluster::new(config), terminal: Terminal::default() };
        desk.run("kubectl create deploy web --image=nginx --replicas=2");
        desk.run("kubectl run two --image=nginx");
        desk.run("sleep 30");
        desk
    }

    fn file(&mut self, name: &str, text: &str) {
        self.terminal.files.insert(name.into(), Rc::from(text));
    }

    /// Runs a line; gives what it printed.
    fn run(&mut self, line: &str) -> String {
        let mut screen = Screen::default();
        let config = self.cluster.config().clone();
        run_script(line, &mut self.cluster, &mut self.terminal, &config, &mut screen);
        screen.0
    }

    #[track_caller]
    fn check(&mut self, line: &str, expected: &str) {
        assert_eq!(self.run(line), expected, "{line}");
    }

    /// Lines that are refused or print one line.
    #[track_caller]
    fn check_all(&mut self, lines: &[(&str, &str)]) {
        for (line, expected) in lines {
            let printed = self.run(line);
            assert_eq!(printed.strip_suffix('\n').unwrap_or(&printed), *expected, "{line}");
        }
    }
}

/// Follows `RunDrain`, `evictPods` and the selection of nodes in `DrainCmdOptions.Complete`.
#[test]
fn a_drain_that_is_only_tried_evicts_nothing() {
    let mut desk = Desk::new();
    let pods = desk.run("kubectl get pods -o name");
    let node = desk.run("kubectl get pods -l app=web -o jsonpath='{.items[0].spec.nodeName}'");
    let names = desk.run(&format!(
        "kubectl get pods -o jsonpath='{{range .items[?(@.spec.nodeName==\"{node}\")]}}evicting pod default/{{.metadata.name}} (server dry run)\n{{end}}'"
    ));
    let printed = desk.run(&format!("kubectl drain {node} --force --dry-run=server"));
    let (first, rest) = printed.split_once('\n').unwrap_or_default();
    assert_eq!(first, format!("node/{node} cordoned (server dry run)"));
    assert!(rest.ends_with(&format!("{names}node/{node} drained (server dry run)\n")), "{printed}");
    desk.run("sleep 60");
    desk.check("kubectl get pods -o name", &pods);
    let unschedulable = format!("kubectl get node {node} -o jsonpath='{{.spec.unschedulable}}'");
    desk.check(&unschedulable, "");
}

#[test]
fn cordon_and_taint_look_at_all_their_words_first() {
    let mut desk = Desk::new();
    desk.check_all(&[
        ("kubectl cordon worker-1 nope", "Error from server (NotFound): nodes \"nope\" not found"),
        ("kubectl get node worker-1 -o jsonpath='{.spec.unschedulable}'", ""),
        (
            "kubectl cordon worker-1 pod/two",
            "error: expected resource of type node, got \"/v1, Resource=pods\"",
        ),
        (
            "kubectl drain deploy/web",
            "error: expected resource of type node, got \"apps/v1, Resource=deployments\"",
        ),
        (
            "kubectl uncordon worker-1 -l a=b",
            "error: cannot specify both a node name and a --selector option\nSee 'kubectl uncordon -h' for help and examples",
        ),
        (
            "kubectl taint node worker-1 a=b:NoSchedule a=c:NoSchedule",
            "error: duplicated taints with the same key and effect: {a c NoSchedule <nil>}\nSee 'kubectl taint -h' for help and examples",
        ),
        ("kubectl taint node worker-1 a=b:NoSchedule a=c:NoExecute", "node/worker-1 tainted"),
    ]);
}

/// Follows `createGeneratedObject`: what stands behind the name is for the container.
#[test]
fn run_takes_arguments_without_dashes() {
    let mut desk = Desk::new();
    let fields = "-o jsonpath='{.spec.containers[0].args}{.spec.containers[0].command}'";
    for (words, expected) in [
        ("sleep 100", r#"["sleep","100"]"#),
        ("sleep -- 100", r#"["sleep","100"]"#),
        ("--command sleep 100", r#"["sleep","100"]"#),
        ("", ""),
    ] {
        let line = format!("kubectl run x --image=busybox --dry-run=client {fields} {words}");
        desk.check(&line, expected);
    }
    let field = "-o jsonpath='{.spec.containers[0].command}'";
    desk.check(&format!("kubectl run x --image=busybox --dry-run=client {field} sleep 1"), "");
}

/// Follows `populateResourceListV1` and `parseScopes`.
#[test]
fn a_quota_has_amounts_and_scopes() {
    let mut desk = Desk::new();
    let wrong = "error: quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
    desk.check_all(&[
        (
            "kubectl create quota q --hard=cpu=1000m,pods=1 --scopes=BestEffort,X --dry-run=client -o jsonpath='{.spec}'",
            r#"{"hard":{"cpu":"1","pods":"1"},"scopes":["BestEffort","X"]}"#,
        ),
        (
            "kubectl create quota q --hard=cpu",
            "error: Invalid argument syntax cpu, expected <resource>=<value>",
        ),
        (
            "kubectl create quota q --hard=pods=1,",
            "error: Invalid argument syntax , expected <resource>=<value>",
        ),
        ("kubectl create quota q --hard=cpu=x", wrong),
        ("kubectl create quota q --scopes=a,,b", "error: invalid resource quota scope \"\""),
        ("kubectl create quota q --hard=pods=1 --scopes=BestEffort", "resourcequota/q created"),
        ("kubectl get quota q -o jsonpath='{.spec.scopes}'", r#"["BestEffort"]"#),
    ]);
}

const KEY: &str = "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')";
const VARIABLE: &str = "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit (e.g. 'my.env-name',  or 'MY_ENV.NAME',  or 'MyEnvName1', regex used for validation is '[-._a-zA-Z][-._a-zA-Z0-9]*')";

/// What the client of version 1.32 said of these.
#[test]
fn keys_of_config_maps_and_secrets_are_checked() {
    let mut desk = Desk::new();
    desk.file("e", "# c\n\n C=3\nD\n");
    desk.file("odd", "A=1\nB =2\n");
    desk.file("again", "A=1\nA=2\n");
    desk.file("d/one", "x");
    desk.file("d/two", "y");
    desk.file("d/deep/three", "z");
    let data = "--dry-run=client -o jsonpath='{.data}'";
    desk.check_all(&[
        (&format!("kubectl create cm c --from-literal=a='\"x\"' {data}"), r#"{"a":"\"x\""}"#),
        (&format!("kubectl create cm c --from-env-file=e {data}"), r#"{"C":"3","D":""}"#),
        (&format!("kubectl create cm c --from-file=d {data}"), r#"{"one":"x","two":"y"}"#),
        (&format!("kubectl create cm c --from-file=k=./d/one {data}"), r#"{"k":"x"}"#),
        (
            "kubectl create cm c --from-literal=a=b --from-literal=a=c",
            "error: cannot add key \"a\", another key by that name already exists in Data for ConfigMap \"c\"",
        ),
        (
            "kubectl create cm c --from-env-file=again",
            "error: cannot add key \"A\", another key by that name already exists in Data for ConfigMap \"c\"",
        ),
        (
            "kubectl create cm c --from-literal='a b=c'",
            &format!("error: \"a b\" is not a valid key name for a ConfigMap: {KEY}"),
        ),
        (
            "kubectl create cm c --from-env-file=odd",
            &format!("error: \"B \" is not a valid key name: {VARIABLE}"),
        ),
        ("kubectl create cm c --from-file=k=d", "error: cannot give a key name for a directory path"),
        ("kubectl create cm c --from-env-file=d", "error: env config file cannot be a directory"),
        ("kubectl create cm c --from-file=nope", "error: error reading nope: no such file or directory"),
        (
            "kubectl create secret generic c --from-literal=a=b --from-literal=a=c",
            "error: cannot add key a, another key by that name already exists",
        ),
        (
            "kubectl create secret generic c --from-literal='a b=c'",
            &format!("error: \"a b\" is not valid key name for a Secret {KEY}"),
        ),
        (
            "kubectl create secret generic c --from-env-file=d",
            "error: env secret file cannot be a directory",
        ),
        ("kubectl create secret generic c", "secret/c created"),
        (
            "kubectl create secret generic c",
            "error: failed to create secret secrets \"c\" already exists",
        ),
    ]);
    for what in ["cm", "secret generic"] {
        for (flags, words) in [
            ("--from-literal==b", "invalid literal source =b, expected key=value"),
            ("--from-literal=b", "invalid literal source b, expected key=value"),
            (
                "--from-env-file=e --from-literal=a=b",
                "from-env-file cannot be combined with from-file or from-literal",
            ),
            ("--from-file=a=b=c", "key names or file paths cannot contain '='"),
            ("--from-file==b", "key name for file path b missing"),
            ("--from-file=a=", "file path for key name a missing"),
        ] {
            desk.check(&format!("kubectl create {what} x {flags}"), &format!("error: {words}\n"));
        }
    }
}

/// What the client of version 1.32 said of these.
#[test]
fn secrets_for_tls_and_for_registries() {
    let mut desk = Desk::new();
    desk.file("f", "hi");
    desk.file("crt", "-----BEGIN CERTIFICATE-----\nMAEA\n-----END CERTIFICATE-----\n");
    desk.file("key", "-----BEGIN PRIVATE KEY-----\nMAEA\n-----END PRIVATE KEY-----\n");
    let shown = "--dry-run=client -o jsonpath='{.type} {.data}'";
    desk.check_all(&[
        ("kubectl create secret tls c --cert=f", "error: key and cert must be specified"),
        (
            "kubectl create secret tls c --cert=f --key=nope",
            "error: Cannot read file nope, open nope: no such file or directory",
        ),
        (
            "kubectl create secret tls c --cert=f --key=f",
            "error: tls: failed to find any PEM data in certificate input",
        ),
        ("kubectl create secret tls c --cert=crt --key=key", "secret/c created"),
        (
            "kubectl get secret c -o jsonpath='{.type} {.data}'",
            r#"kubernetes.io/tls {"tls.crt":"LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1BRUEKLS0tLS1FTkQgQ0VSVElGSUNBVEUtLS0tLQo=","tls.key":"LS0tLS1CRUdJTiBQUklWQVRFIEtFWS0tLS0tCk1BRUEKLS0tLS1FTkQgUFJJVkFURSBLRVktLS0tLQo="}"#,
        ),
        (
            "kubectl create secret docker-registry r --docker-username=a",
            "error: either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
        ),
        (
            &format!("kubectl create secret docker-registry r --docker-username=a '--docker-password=b\"<&' --docker-email=e@x {shown}"),
            r#"kubernetes.io/dockerconfigjson {".dockerconfigjson":"eyJhdXRocyI6eyJodHRwczovL2luZGV4LmRvY2tlci5pby92MS8iOnsidXNlcm5hbWUiOiJhIiwicGFzc3dvcmQiOiJiXCJcdTAwM2NcdTAwMjYiLCJlbWFpbCI6ImVAeCIsImF1dGgiOiJZVHBpSWp3bSJ9fX0="}"#,
        ),
        (
            &format!("kubectl create secret docker-registry r --from-file=f {shown}"),
            r#"kubernetes.io/dockerconfigjson {".dockerconfigjson":"aGk="}"#,
        ),
        (
            "kubectl create secret generic c --cert=x",
            "Error: unknown flag: --cert\nSee 'kubectl create secret generic --help' for usage.",
        ),
    ]);
}

const NOTHING: &str = "error: You must provide one or more resources by argument or filename.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";
const LOCAL: &str = "error: you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'";

/// What the client of version 1.32 said of these, but for the times of creation that newer ones leave out.
#[test]
fn a_local_change_asks_no_server() {
    let mut desk = Desk::new();
    desk.file("web.yaml", include_str!("../../../tests/real_kubectl/files/web.yaml"));
    desk.file("pod.yaml", include_str!("../../../tests/real_kubectl/files/pod.yaml"));
    let before = desk.run("kubectl get deploy,pods -o yaml");
    let patch = r#"-p '{"metadata":{"labels":{"a":"b"}}}'"#;
    let labelled = "apiVersion: v1\nkind: Pod\nmetadata:\n  labels:\n    a: b\n  name: p1\nspec:\n  containers:\n  - image: nginx\n    name: c";
    desk.check_all(&[
        ("kubectl set image --local -f web.yaml '*=x'", "deployment.apps/web image updated"),
        (
            "kubectl set image --local -f web.yaml '*=x' -o yaml",
            "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  labels:\n    app: web\n  name: web\nspec:\n  replicas: 5\n  selector:\n    matchLabels:\n      app: web\n  strategy: {}\n  template:\n    metadata:\n      labels:\n        app: web\n    spec:\n      containers:\n      - image: x\n        name: nginx\n        resources: {}\nstatus: {}",
        ),
        ("kubectl set image --local deploy/web '*=x'", LOCAL),
        ("kubectl set image --local '*=x'", NOTHING),
        ("kubectl set env --local -f web.yaml A=b", "deployment.apps/web env updated"),
        (
            "kubectl set env --local -f web.yaml A=b --list",
            "# Deployment web, container nginx\nA=b",
        ),
        ("kubectl set env --local deploy/web A=b", NOTHING),
        (
            "kubectl set resources --local -f web.yaml --limits=cpu=1",
            "deployment.apps/web resource requirements updated",
        ),
        ("kubectl set resources --local deploy/web --limits=cpu=1", LOCAL),
        (
            "kubectl set serviceaccount --local -f web.yaml x",
            "deployment.apps/web serviceaccount updated",
        ),
        (
            "kubectl set selector --local -f web.yaml a=b",
            "error: setting a selector is only supported for Services",
        ),
        ("kubectl set selector --local svc/web a=b", LOCAL),
        ("kubectl label --local -f pod.yaml a=b", "pod/p1 labeled"),
        ("kubectl label --local -f pod.yaml a=b -o yaml", labelled),
        (
            "kubectl label --local pod two a=b",
            "error: can only use local files by -f pod.yaml or --filename=pod.json when --local=true is set",
        ),
        (
            "kubectl label --local a=b",
            "error: one or more files must be specified as -f pod.yaml or --filename=pod.json",
        ),
        (
            "kubectl annotate --local pod two a=b",
            "error: can only use local files by -f rsrc.yaml or --filename=rsrc.json when --local=true is set",
        ),
        (
            "kubectl label --local -f pod.yaml a=b --dry-run=server",
            "error: cannot specify --local and --dry-run=server - did you mean --dry-run=client?",
        ),
        (&format!("kubectl patch --local -f pod.yaml {patch}"), "pod/p1 patched"),
        (&format!("kubectl patch --local -f pod.yaml {patch} -o yaml"), labelled),
        (
            &format!("kubectl patch deploy web --local {patch}"),
            "error: cannot specify --local and server resources",
        ),
        (&format!("kubectl patch --local {patch}"), NOTHING),
    ]);
    desk.check("kubectl get deploy,pods -o yaml", &before);
}

#[test]
fn a_change_of_another_version_is_refused() {
    let mut desk = Desk::new();
    let conflict = "the object has been modified; please apply your changes to the latest version and try again";
    let version = desk.run("kubectl get deploy web -o jsonpath='{.metadata.resourceVersion}'");
    let pod = desk.run("kubectl get pod two -o jsonpath='{.metadata.resourceVersion}'");
    for verb in ["label", "annotate"] {
        desk.check(
            &format!("kubectl {verb} pod two a=b --resource-version=1"),
            &format!("Error from server (Conflict): Operation cannot be fulfilled on pods \"two\": {conflict}\n"),
        );
    }
    desk.check_all(&[
        (
            "kubectl label pod -l run=two a=b --resource-version=1",
            "error: --resource-version may only be used with a single resource",
        ),
        (&format!("kubectl label pod two a=b --resource-version={pod}"), "pod/two labeled"),
        (
            "kubectl scale deploy web --replicas=2 --resource-version=1",
            &format!("error: Expected resource version to be 1, was {version}"),
        ),
        (
            "kubectl scale deploy --all --replicas=2 --resource-version=1 -n kube-system",
            "error: no objects passed to scale",
        ),
        (
            "kubectl set selector svc/kubernetes a=b --resource-version=1",
            &format!("Error from server (Conflict): Operation cannot be fulfilled on services \"kubernetes\": {conflict}"),
        ),
        (
            &format!("kubectl scale deploy web --replicas=3 --resource-version={version}"),
            "deployment.apps/web scaled",
        ),
    ]);
}

/// Follows `DeleteOptions.confirmation`.
#[test]
fn an_interactive_deletion_asks_first() {
    let mut desk = Desk::new();
    let asks = "You are about to delete the following 1 resource(s):\ndeployment.apps/web\nDo you want to continue? (y/N): ";
    let cancelled = format!("{asks}deletion is cancelled\n");
    for line in [
        "kubectl delete deploy web -i < /dev/null",
        "echo n | kubectl delete deploy web -i",
        "echo | kubectl delete deploy web -i",
        "echo y y | kubectl delete deploy web -i",
    ] {
        desk.check(line, &cancelled);
    }
    desk.check("kubectl get deploy -o name", "deployment.apps/web\n");
    desk.check(
        "echo y | kubectl delete deploy nope web -i",
        "Error from server (NotFound): deployments.apps \"nope\" not found\n",
    );
    desk.check("echo y | kubectl delete pods -l a=b -i", "No resources found\n");
    desk.check(
        "echo Y | kubectl delete deploy web --interactive",
        &format!("{asks}deployment.apps \"web\" deleted from default namespace\n"),
    );
    desk.check("kubectl get deploy -o name", "");
    let mut typed = desk.terminal.start_typed("kubectl delete pod two -i --wait=false");
    let poll = typed.poll(&mut desk.cluster, &mut desk.terminal);
    assert_eq!((poll.status, poll.asks.as_deref()), (None, Some("")));
    typed.type_line("y");
    let poll = typed.poll(&mut desk.cluster, &mut desk.terminal);
    assert_eq!(poll.status, Some(0));
    assert_eq!(poll.output, [(Stream::Out, "pod \"two\" deleted from default namespace\n".into())]);
}

#[test]
fn a_service_without_a_selector_has_no_pods() {
    let words = "*v1.Service: invalid service 'kubernetes': Service is defined without a selector";
    let mut desk = Desk::new();
    desk.check(
        "kubectl logs svc/kubernetes",
        &format!("error: cannot get the logs from {words}\n"),
    );
    desk.check("kubectl exec svc/kubernetes -- ls", &format!("error: cannot attach to {words}\n"));
}

/// Follows `genericclioptions.RecordFlags`.
#[test]
fn an_object_remembers_a_recorded_command() {
    let mut desk = Desk::new();
    desk.file("web.yaml", include_str!("../../../tests/real_kubectl/files/web.yaml"));
    let deprecated = "Flag --record has been deprecated, --record will be removed in the future\n";
    let cause =
        r"kubectl get deploy web -o jsonpath='{.metadata.annotations.kubernetes\.io/change-cause}'";
    for (line, says, remembers) in [
        (
            "kubectl -n default set image deploy/web nginx=nginx:1.28 --record",
            "image updated",
            "kubectl set image deploy/web nginx=nginx:1.28 --namespace=default --record=true",
        ),
        (
            "kubectl scale deploy web --replicas=3 --record",
            "scaled",
            "kubectl scale deploy web --replicas=3 --record=true",
        ),
        (
            "kubectl label deploy web x=y --record=true",
            "labeled",
            "kubectl label deploy web x=y --record=true",
        ),
        (
            "kubectl annotate deploy web --record x=y",
            "annotated",
            "kubectl annotate deploy web x=y --record=true",
        ),
        (
            r#"kubectl patch deploy web -p '{"spec":{"replicas":2}}' --record"#,
            "patched",
            r#"kubectl patch deploy web --patch={"spec":{"replicas":2}} --record=true"#,
        ),
        (
            "kubectl set resources deploy web --limits=cpu=1 --record",
            "resource requirements updated",
            "kubectl set resources deploy web --limits=cpu=1 --record=true",
        ),
        (
            "kubectl set sa deploy web default --record=false",
            "serviceaccount updated",
            "kubectl set resources deploy web --limits=cpu=1 --record=true",
        ),
        (
            "kubectl replace -f web.yaml --record",
            "replaced",
            "kubectl replace --filename=web.yaml --record=true",
        ),
    ] {
        desk.check(line, &format!("{deprecated}deployment.apps/web {says}\n"));
        desk.check(cause, remembers);
    }
    let history = desk.run("kubectl rollout history deploy web");
    assert!(history.contains("\n2         kubectl "), "{history}");
    let applied = desk.run("kubectl apply -f web.yaml --record");
    assert!(applied.starts_with(deprecated) && applied.ends_with("web configured\n"), "{applied}");
    desk.check(cause, "kubectl apply --filename=web.yaml --record=true");
    desk.check("kubectl run y --image=nginx --record", &format!("{deprecated}pod/y created\n"));
    desk.check(
        "kubectl get pod y -o jsonpath='{.metadata.annotations}'",
        r#"{"kubernetes.io/change-cause":"kubectl run y --image=nginx --record=true"}"#,
    );
    desk.check(
        "kubectl rollout undo deploy web --record",
        "Error: unknown flag: --record\nSee 'kubectl rollout undo --help' for usage.\n",
    );
}

/// Follows `RunWaitContext`.
#[test]
fn wait_says_what_it_met_in_any_form() {
    let mut desk = Desk::new();
    let names = desk.run("kubectl get pods -l app=web -o name");
    let met = names.replace('\n', " condition met\n");
    desk.check("kubectl wait --for=create pod -l app=web", &met);
    desk.check_all(&[
        (
            "kubectl wait --for=create --for=condition=Ready pod/two",
            "pod/two condition met\npod/two condition met",
        ),
        (
            "kubectl wait --for=create pod -l app=none --timeout=2s",
            "error: timed out waiting for the condition",
        ),
        (
            "kubectl wait --for=create pod/nope --timeout=2s",
            "error: timed out waiting for the condition",
        ),
        ("kubectl wait --for=condition=Ready pod/two -o name", "pod/two"),
        ("kubectl wait --for=condition=Ready pod/two -o jsonpath='{.metadata.name}'", "two"),
        ("kubectl wait --for=condition=Ready pod/two --timeout=0s", "pod/two condition met"),
        (
            "kubectl wait --for=condition=Ready=false pod/two --timeout=0s",
            "error: condition not met for pods/two",
        ),
        (
            "kubectl delete pod two --wait=false > f; kubectl wait --for=delete pod/two -o name",
            "pod/two",
        ),
    ]);
    let begun = desk.cluster.now();
    desk.run("kubectl create job late --image=busybox -- sleep 5");
    desk.check("kubectl wait --for=create pod -l job-name=late -o jsonpath=x", "x");
    assert!(desk.cluster.now() >= begun);
}

/// Follows `EnvOptions` and `envutil.ParseEnv`.
#[test]
fn variables_are_checked_and_what_they_become_is_said() {
    let mut desk = Desk::new();
    desk.run("kubectl create cm settings --from-literal=level=a --from-literal=OK=b");
    desk.check_all(&[
        (
            "kubectl set env deploy/web --from=cm/settings",
            "Warning: key level transferred to LEVEL\ndeployment.apps/web env updated",
        ),
        (
            "kubectl set env deploy/web -c nope A=b",
            "Warning: Deployment/web does not have any containers matching \"nope\"",
        ),
        (
            "kubectl set env deploy/web 1A=c",
            &format!("error: \"1A\" is not a valid key name: {VARIABLE}"),
        ),
        (
            "kubectl set env deploy/web A=b A-",
            "error: can not both modify and remove the same environment variable in the same command",
        ),
        (
            "kubectl set env A=b deploy/web",
            "error: all resources must be specified before environment changes: A=b deploy/web",
        ),
        ("kubectl set env deploy/web --prefix=X_ A=b OK-", "deployment.apps/web env updated"),
        (
            "kubectl set env deploy/web --list",
            "# Deployment web, container nginx\n# LEVEL from configmap settings, key level\nX_A=b",
        ),
        (
            "kubectl set env deploy/web --list -o name",
            "error: --list and --output may not be specified together",
        ),
    ]);
}

/// Follows `Builder.visitBySelector` and `GetOptions.Validate`.
#[test]
fn selectors_and_forms_that_do_not_fit() {
    let mut desk = Desk::new();
    let nothing = "error: at least one resource must be specified to use a selector";
    let pods = desk.run("kubectl get pods -o json");
    desk.check_all(&[
        ("kubectl delete --all", nothing),
        ("kubectl delete -l a=b", nothing),
        (
            "kubectl get deploy/web -l a=b",
            "error: selectors and the all flag cannot be used when passing resource/name arguments",
        ),
        (
            "kubectl get deploy web -l a=b",
            "error: name cannot be provided when a selector is specified",
        ),
        (
            "kubectl get pods -o name --show-labels",
            "error: --show-labels option cannot be used with name printer",
        ),
        ("kubectl get deploy -o NAME", "deployment.apps/web"),
        (
            "kubectl get deploy web -o go-template='{{printf \"%s-%d\" .metadata.name .spec.replicas}}{{eq .metadata.name .metadata.namespace}}'",
            "web-2false",
        ),
    ]);
    desk.check("kubectl get pods -o JSON", &pods);
}
