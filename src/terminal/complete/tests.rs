use super::*;
use crate::cluster::Config;

fn yard() -> (Cluster, Terminal) {
    let mut cluster = Cluster::new(Config { system_pods: false, ..Config::default() });
    let mut terminal = Terminal::default();
    for name in ["job.yaml", "web.yaml"] {
        terminal.files.insert(name.into(), "".into());
    }
    for line in [
        "kubectl create deployment web --image=nginx --replicas=1",
        "kubectl run two --image=busybox --labels=app=two,tier=front",
        "kubectl create cronjob hello --image=busybox --schedule='* * * * *' -- date",
        "kubectl create namespace team-a",
        "kubectl run inner --image=nginx -n team-a",
    ] {
        let mut running = terminal.start(line);
        assert_eq!(running.poll(&mut cluster, &mut terminal).status, Some(0), "{line}");
    }
    (cluster, terminal)
}

/// The candidates of a line, and the line with its only candidate.
fn of(line: &str) -> Vec<String> {
    let (cluster, terminal) = yard();
    complete(line, &cluster, &terminal).candidates.into_iter().map(|one| one.text).collect()
}

#[test]
fn commands_and_subcommands() {
    assert_eq!(of("kub"), ["kubectl"]);
    assert_eq!(of("kubectl ro"), ["rollout"]);
    assert_eq!(of("k explain job | gr"), ["grep"]);
    assert_eq!(of("kubectl rollout re"), ["restart", "resume"]);
    assert_eq!(of("kubectl create c"), ["configmap", "cronjob"]);
    assert_eq!(of("kubectl set "), ["env", "image", "resources", "selector", "serviceaccount"]);
    assert_eq!(of("kubectl -n team-a des"), ["describe"]);
    assert_eq!(of("sudo kubectl unc"), ["uncordon"]);
    assert_eq!(of("watch -n 2 kubectl unc"), ["uncordon"]);
    assert_eq!(of("if kubectl unc"), ["uncordon"]);
    let (cluster, terminal) = yard();
    let found = complete("kubectl get", &cluster, &terminal);
    assert_eq!(found.candidates[0].note, "Display one or many resources");
}

#[test]
fn types_then_names() {
    assert_eq!(of("kubectl get deplo"), ["deployments"]);
    assert_eq!(of("kubectl get po"), ["po", "poddisruptionbudgets", "pods"]);
    assert_eq!(of("kubectl get pods,deplo"), ["deployments"]);
    assert_eq!(of("kubectl get deploy "), ["web"]);
    assert_eq!(of("kubectl describe pod t"), ["two"]);
    assert_eq!(of("kubectl delete pod two t"), [""; 0]);
    assert_eq!(of("kubectl get pod -n team-a "), ["inner"]);
    assert_eq!(of("kubectl get pod --namespace=team-a "), ["inner"]);
    assert_eq!(of("kubectl get pod/t"), ["pod/two"]);
    assert_eq!(of("kubectl scale d"), ["deployments"]);
    assert_eq!(of("kubectl rollout status deployment/"), ["deployment/web"]);
    assert_eq!(of("kubectl rollout status pod/"), [""; 0]);
    assert_eq!(of("kubectl cordon worker-"), ["worker-1", "worker-2", "worker-3"]);
    assert_eq!(of("kubectl drain worker-1 worker-"), ["worker-2", "worker-3"]);
    assert_eq!(of("kubectl taint no"), ["node", "nodes"]);
    assert_eq!(of("kubectl taint node control"), ["control-plane"]);
}

#[test]
fn pods_containers_and_workloads() {
    assert_eq!(of("kubectl logs t"), ["two"]);
    assert_eq!(of("kubectl logs de"), ["deployments/"]);
    assert_eq!(of("kubectl logs two -c "), ["two"]);
    assert_eq!(of("kubectl logs two "), ["two"]);
    assert_eq!(of("kubectl exec -it two -- "), [""; 0]);
    assert_eq!(of("kubectl exec -itc "), [""; 0]);
    assert_eq!(of("kubectl set image deployment/web "), ["nginx="]);
    assert_eq!(of("kubectl set image deployment web "), ["nginx="]);
}

#[test]
fn flags_and_their_values() {
    assert_eq!(
        of("kubectl get pods --sho"),
        ["--show-kind", "--show-labels", "--show-managed-fields"]
    );
    assert_eq!(of("kubectl get pods --show-labels --show-l"), [""; 0]);
    assert!(of("kubectl get pods -").contains(&"-o".to_owned()));
    assert_eq!(of("kubectl get pods -n te"), ["team-a"]);
    assert_eq!(of("kubectl get pods --namespace=te"), ["team-a"]);
    assert_eq!(
        of("kubectl get pods -o js"),
        ["json", "jsonpath-as-json=", "jsonpath-file=", "jsonpath="]
    );
    assert_eq!(of("kubectl get pods -ojs").len(), 0);
    assert_eq!(of("kubectl get pods --output=wi"), ["wide"]);
    assert_eq!(of("kubectl delete pod two --cascade=o"), ["orphan"]);
    assert_eq!(of("kubectl apply -f j"), ["job.yaml"]);
    assert_eq!(of("kubectl apply -f job.yaml,"), ["web.yaml"]);
    assert_eq!(of("kubectl apply -f job.yaml --dry-run="), ["client", "none", "server"]);
    assert_eq!(of("kubectl wait --for=condition=Com"), ["Complete"]);
    assert_eq!(of("kubectl wait --for="), ["condition=", "create", "delete", "jsonpath="]);
    assert_eq!(of("kubectl create job x --from="), ["cronjob/hello"]);
    assert_eq!(of("kubectl patch deploy web --type "), ["json", "merge", "strategic"]);
    assert_eq!(of("kubectl config set-context --current --namespace=team"), ["team-a"]);
}

#[test]
fn label_keys_and_values() {
    assert_eq!(of("kubectl get pods -l ti"), ["tier="]);
    assert_eq!(of("kubectl get pods -l tier="), ["front"]);
    assert_eq!(of("kubectl get pods -l app=two,ti"), ["tier="]);
    assert_eq!(of("kubectl get pods --selector=ti"), ["tier="]);
    assert_eq!(of("kubectl get pods -L app,ti"), ["tier"]);
    assert_eq!(of("kubectl get deploy -l "), ["app="]);
}

#[test]
fn files_and_words_of_the_sandbox() {
    assert_eq!(of("cat w"), ["web.yaml"]);
    assert_eq!(of("echo x > w"), ["web.yaml"]);
    assert_eq!(of("kubectl apply -f - < j"), ["job.yaml"]);
    assert_eq!(of("yard node st"), ["start", "stop"]);
    assert_eq!(of("yard node stop worker-1"), ["worker-1"]);
    assert_eq!(of("yard pod crash t"), ["two"]);
    assert_eq!(of("yard registry s"), ["slow"]);
    assert_eq!(of("yard next cr"), ["cron", "cronjobs/"]);
    assert_eq!(of("yard branch -"), ["-d", "-m"]);
    assert_eq!(of("yard side "), ["left", "right"]);
    assert_eq!(of("yard import j"), ["job.yaml"]);
    assert!(of("yard re").contains(&"redo".to_owned()));
    assert_eq!(of("yard why cronjob/"), ["cronjob/hello"]);
    assert!(
        of("yard p").contains(&"pause".to_owned()) && of("yard p").contains(&"play".to_owned())
    );
    assert_eq!(of("kubectl explain job.spec.backoff"), ["backoffLimit", "backoffLimitPerIndex"]);
}

#[test]
fn the_place_is_where_the_open_part_begins() {
    let (cluster, terminal) = yard();
    for (line, start) in [
        ("kubectl get po", 12),
        ("kubectl get pods,no", 17),
        ("kubectl get pods -n=te", 20),
        ("kubectl get pods -l app=two,ti", 28),
        ("kubectl get 'po", 13),
        ("a; kubectl ge", 11),
        ("파드 | ku", 9),
        ("", 0),
        ("kubectl ", 8),
        ("kubectl explain job.spec.para", 25),
    ] {
        assert_eq!(complete(line, &cluster, &terminal).start, start, "{line}");
    }
}
