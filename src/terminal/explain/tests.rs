use super::*;
use crate::cluster::Config;
use crate::language::Language;
use crate::sim::Duration;

/// What a line says beside its error: the sentence, and the line that mends it.
fn hints(prepare: &[&str], line: &str, language: Language) -> (String, String) {
    let mut cluster = Cluster::new(Config { system_pods: false, ..Config::default() });
    let mut terminal = Terminal { language, ..Terminal::default() };
    terminal.files.insert("web.yaml".into(), "kind: x".into());
    let mut told = (String::new(), String::new());
    for line in prepare.iter().copied().chain([line]) {
        told = (String::new(), String::new());
        let mut running = terminal.start(line);
        for _ in 0..200 {
            let poll = running.poll(&mut cluster, &mut terminal);
            for (stream, text) in &poll.output {
                match stream {
                    Stream::Explain => told.0.push_str(text),
                    Stream::Fix => told.1.push_str(text),
                    Stream::Out | Stream::Err => {}
                }
            }
            if poll.status.is_some() {
                break;
            }
            let next = cluster.now() + Duration::from_seconds(1);
            cluster.run_until(next);
        }
    }
    told
}

const WEB: &str = "kubectl create deployment web --image=nginx; sleep 20";

#[test]
fn the_line_that_mends_an_error_is_offered() {
    for (prepare, line, fix) in [
        ("", "kubectl gett pods", "kubectl get pods"),
        ("", "kubctl get pods", "kubectl get pods"),
        ("", "kubectl get pdos", "kubectl get pods"),
        ("", "kubectl get deploymnt/web", "kubectl get deployments/web"),
        ("", "kubectl get pods --all-namespace", "kubectl get pods --all-namespaces"),
        ("", "kubectl run x --image=nginx --generator=run/v1", "kubectl run x --image=nginx"),
        ("", "kubectl get pods -o ymal", "kubectl get pods -o yaml"),
        ("", "kubectl get pods -oyml", "kubectl get pods -oyaml"),
        ("", "kubectl get pods pod/two", "kubectl get pod/two"),
        ("", "kubectl get", "kubectl get pods"),
        ("", "kubectl apply web.yaml", "kubectl apply -f web.yaml"),
        ("", "kubectl apply -f wbe.yaml", "kubectl apply -f web.yaml"),
        ("", "kubectl run x", "kubectl run x --image=nginx"),
        (
            "",
            "kubectl create cronjob x --image=busybox -- date",
            "kubectl create cronjob x --image=busybox '--schedule=*/5 * * * *' -- date",
        ),
        (WEB, "kubectl scale deployment web", "kubectl scale deployment web --replicas=3"),
        (WEB, "kubectl get pod web", "kubectl get pod web-"),
        (WEB, "kubectl get rs/web", "kubectl get rs/web-"),
        (WEB, "kubectl get job web", "kubectl get deployment web"),
        (WEB, "kubectl get job/web", "kubectl get deployment/web"),
        (WEB, "kubectl logs web -n nowhere", "kubectl get pods -n nowhere"),
        (WEB, "kubectl get deploy wbe", "kubectl get deploy web"),
        (
            WEB,
            "kubectl get deploy web -n kube-system",
            "kubectl get deploy web -n kube-system -n default",
        ),
        (WEB, "kubectl create deployment web --image=nginx", "kubectl get deployment web"),
        (
            WEB,
            "kubectl set image deployment/web x=nginx:2",
            "kubectl set image deployment/web nginx=nginx:2",
        ),
        (
            WEB,
            "kubectl label deployment web app=x",
            "kubectl label deployment web app=x --overwrite",
        ),
        (
            "kubectl create job j --image=busybox",
            "kubectl scale job j --replicas=3",
            "kubectl patch job j -p '{\"spec\":{\"parallelism\":3}}'",
        ),
        ("kubectl run x --image=nginx; sleep 9", "kubectl exec x ls /", "kubectl exec x -- ls /"),
        ("kubectl run x --image=nginx; sleep 9", "kubectl exec x", "kubectl exec -it x -- sh"),
        ("kubectl run x --image=nginx; sleep 9", "kubectl logs x -c y", "kubectl logs x -c x"),
        ("kubectl run x --image=nginx; sleep 9", "kubectl logs x -p", "kubectl describe pod x"),
        (
            "kubectl run x --image=nginx",
            "kubectl drain worker-1 worker-2 worker-3",
            "kubectl drain worker-1 worker-2 worker-3 --force",
        ),
        ("", "kubectl run Bad_Name --image=nginx", "kubectl run bad-name --image=nginx"),
        (
            "kubectl run x --image=nginx:nope",
            "kubectl wait --for=condition=Ready pod/x --timeout=5s",
            "kubectl describe pod/x",
        ),
        ("", "kubectl create namespace", "kubectl create namespace --help"),
        ("", "kubectl run x --image=nginx -n nons", "kubectl create namespace nons"),
    ] {
        let (said, fixes) = hints(&[prepare], line, Language::En);
        assert!(fixes.starts_with(fix), "{line}\n{said}{fixes}");
        assert_eq!(said.lines().count(), 1, "{line}\n{said}");
        let (korean, same) = hints(&[prepare], line, Language::Ko);
        assert!(korean != said && same == fixes, "{line}: {korean}");
    }
}

#[test]
fn an_object_is_named_by_its_kind_and_a_kind_that_is_not_here_is_named() {
    for (line, en, ko) in [
        ("kubectl get job foo", "No Job has the name `foo`.", "이름이 `foo`인 Job이 없습니다."),
        (
            "kubectl get cj foo",
            "No CronJob has the name `foo`.",
            "이름이 `foo`인 CronJob이 없습니다.",
        ),
        ("kubectl get cs", "componentstatuses is not simulated", "componentstatuses는 여기서"),
        ("kubectl get componentstatuses", "componentstatuses is not", "componentstatuses는 여기서"),
    ] {
        for (language, words) in [(Language::En, en), (Language::Ko, ko)] {
            let (said, fix) = hints(&[], line, language);
            assert!(said.contains(words) && fix.starts_with("kubectl get "), "{line}: {said}{fix}");
        }
    }
}

#[test]
fn what_went_well_is_not_explained_and_what_cannot_be_mended_has_no_line() {
    assert_eq!(hints(&[WEB], "kubectl get deploy", Language::En), Default::default());
    assert_eq!(hints(&[], "false", Language::En), Default::default());
    let (said, fix) = hints(&[], "helm install x", Language::En);
    assert!(said.contains("`helm` is not part") && fix.is_empty(), "{said}{fix}");
    let (said, fix) =
        hints(&["kubectl create deployment d --image=nginx"], "kubectl delete pods", Language::En);
    assert!(said.contains("--all") && fix.is_empty(), "{said}{fix}");
}
