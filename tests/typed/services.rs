//! What pods reach by the names, addresses and ports of Services.

use crate::{Desk, HIT_A, HIT_B, with};

const REFUSED: &str = "Connection refused";

/// A Service without selector, and Endpoints that name the first pod, and the second one as not ready.
const BY_HAND: &str = "
apiVersion: v1
kind: Service
metadata: {name: hand}
spec: {ports: [{port: 80}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: hand, labels: {who: me}, annotations: {note: mine}}
subsets:
- addresses: [{ip: 10.244.1.2, nodeName: worker-1}]
  notReadyAddresses: [{ip: 10.244.2.2}]
  ports: [{port: 8080}]
";

/// Follows `TestSyncEndpoints` and `TestReconcile` of `pkg/controller/endpointslicemirroring`.
#[test]
fn endpoints_that_somebody_wrote_are_copied_and_carry_traffic() {
    let mut desk = with(BY_HAND);
    let slices = "kubectl get endpointslices -l kubernetes.io/service-name=hand --no-headers";
    let shown = desk.says(slices);
    assert!(shown.contains("IPv4   8080   10.244.1.2,10.244.2.2"), "{shown}");
    let yaml = desk.says(
        "kubectl get endpointslices -o yaml -l endpointslice.kubernetes.io/managed-by=endpointslicemirroring-controller.k8s.io",
    );
    for part in [
        "note: mine",
        "who: me",
        "kind: Endpoints",
        "generateName: hand-",
        "ready: true\n    nodeName: worker-1",
        "ready: false",
    ] {
        assert!(yaml.contains(part), "{part}: {yaml}");
    }
    assert!(!yaml.contains("last-applied"), "{yaml}");
    assert_eq!(desk.answering("http://hand", 4), [HIT_A]);
    // The copy follows the original under its own name.
    let name = shown.split(' ').next().unwrap().to_owned();
    desk.says(r#"kubectl patch endpoints hand --type=json -p '[{"op":"replace","path":"/subsets/0/addresses/0/ip","value":"10.244.2.2"},{"op":"remove","path":"/subsets/0/notReadyAddresses"}]'"#);
    let shown = desk.says(slices);
    assert!(shown.starts_with(&name) && shown.contains("8080   10.244.2.2 "), "{shown}");
    assert_eq!(desk.answering("http://hand.default.svc.cluster.local", 4), [HIT_B]);
    // A copy that somebody deletes comes back; one of Endpoints that are to stay alone goes.
    desk.says(&format!("kubectl delete endpointslice {name}"));
    assert!(desk.says(slices).contains("10.244.2.2"));
    desk.says("kubectl label endpoints hand endpointslice.kubernetes.io/skip-mirror=true");
    assert!(desk.says(slices).contains("No resources found"));
    assert!(desk.fetch("http://hand").contains(REFUSED));
    desk.says("kubectl label endpoints hand endpointslice.kubernetes.io/skip-mirror-");
    assert_eq!(desk.answering("http://hand", 4), [HIT_B]);
    // Once the Service picks pods itself, what was copied goes, and the pods come.
    desk.says(r#"kubectl patch service hand -p '{"spec":{"selector":{"app":"web"}}}'"#);
    let shown = desk.says(slices);
    assert!(shown.lines().count() == 1 && !shown.contains(&name), "{shown}");
    desk.says("kubectl delete service hand");
    desk.pass(1);
    assert!(desk.says(slices).contains("No resources found"));
    let left = desk.says("kubectl get endpoints hand");
    assert!(
        left.ends_with("Error from server (NotFound): endpoints \"hand\" not found\n"),
        "{left}"
    );
}

#[test]
fn addresses_that_are_listed_twice_come_together_by_their_ports() {
    let mut desk = with(
        "
apiVersion: v1
kind: Service
metadata: {name: hand}
spec: {ports: [{port: 80, name: a}, {port: 81, name: b}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: hand}
subsets:
- {addresses: [{ip: 10.0.0.1}, {ip: 10.0.0.2}], ports: [{port: 1, name: a}]}
- {addresses: [{ip: 10.0.0.1}], notReadyAddresses: [{ip: 10.0.0.2}], ports: [{port: 2, name: b}]}
- {addresses: [{ip: 10.0.0.1}], ports: [{port: 3, name: c}]}
",
    );
    let shown = desk.says(
        "kubectl get endpointslices -l kubernetes.io/service-name=hand --no-headers -o custom-columns=P:.ports[*].port,A:.endpoints[*].addresses[0],R:.endpoints[*].conditions.ready",
    );
    let mut lines: Vec<String> =
        shown.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    lines.sort();
    // Who is not ready for one port is another than who is ready for the other.
    assert_eq!(
        lines,
        ["1 10.0.0.1,10.0.0.2 true,true", "2 10.0.0.1,10.0.0.2 true,false", "3 10.0.0.1 true"]
    );
}

#[test]
fn a_node_port_is_open_on_every_node() {
    let mut desk = with(
        "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: NodePort, selector: {app: web}, ports: [{port: 80, targetPort: http, nodePort: 30123}]}
",
    );
    for node in ["worker-3", "172.18.0.2", "172.18.0.3"] {
        assert_eq!(desk.answering(&format!("http://{node}:30123"), 6), [HIT_A, HIT_B], "{node}");
        assert!(desk.fetch(&format!("http://{node}:30124")).contains(REFUSED), "{node}");
    }
    // What came in at a node may have to end there, if anywhere.
    desk.says(r#"kubectl patch service web -p '{"spec":{"externalTrafficPolicy":"Local"}}'"#);
    assert_eq!(desk.answering("http://worker-1:30123", 4), [HIT_A]);
    assert!(desk.fetch("http://worker-3:30123").contains("download timed out"));
    assert_eq!(desk.answering("http://web", 6), [HIT_A, HIT_B]);
    desk.says("yard node stop worker-2");
    assert!(desk.fetch("http://worker-2:30123").contains("download timed out"));
    let create = |ports: &str| format!("kubectl create service nodeport other --tcp=80 {ports}");
    for (port, words) in [
        ("30123", "provided port is already allocated"),
        ("80", "provided port is not in the valid range. The range of valid ports is 30000-32767"),
    ] {
        assert_eq!(
            desk.says(&create(&format!("--node-port={port}"))),
            format!(
                "error: failed to create NodePort service: Service \"other\" is invalid: spec.ports[0].nodePort: Invalid value: {port}: {words}\n"
            )
        );
    }
    desk.terminal.files.insert(
        "dns.yaml".into(),
        "apiVersion: v1\nkind: Service\nmetadata: {name: dns}\nspec: {type: NodePort, ports: [{name: u, port: 53, protocol: UDP}, {name: t, port: 53}, {name: w, port: 80}]}\n".into(),
    );
    desk.says("kubectl apply -f dns.yaml");
    let given = desk.says("kubectl get service dns -o jsonpath='{.spec.ports[*].nodePort}'");
    let ports: Vec<&str> = given.split(' ').collect();
    assert!(ports[0] == ports[1] && ports[1] != ports[2], "{given}");
}

#[test]
fn a_service_without_an_address_is_a_name_of_its_pods() {
    let mut desk = with(
        "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {clusterIP: None, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: early}
spec: {clusterIP: None, publishNotReadyAddresses: true, selector: {app: late}}
---
apiVersion: v1
kind: Service
metadata: {name: later}
spec: {clusterIP: None, selector: {app: late}}
---
apiVersion: v1
kind: Pod
metadata: {name: late, labels: {app: late}}
spec: {containers: [{name: c, image: luksa/kubia, readinessProbe: {httpGet: {path: /, port: 1}}}]}
",
    );
    // Names lead to pods, whose ports are as they are.
    for name in ["web", "web.default", "web.default.svc.cluster.local"] {
        assert_eq!(desk.answering(&format!("http://{name}:8080"), 6), [HIT_A, HIT_B], "{name}");
    }
    assert!(desk.fetch("http://web").contains(REFUSED));
    assert_eq!(desk.answering("http://alpha.web:8080", 3), [HIT_A]);
    assert!(desk.fetch("http://two.web:8080").contains("bad address"));
    // Who is not ready is behind a name only if the Service says so.
    assert_eq!(desk.answering("http://early:8080", 2), ["You've hit late"]);
    assert!(desk.fetch("http://later:8080").contains("bad address 'later:8080'"));
    desk.says("kubectl delete pod a b --grace-period=0 --force");
    assert!(desk.fetch("http://web:8080").contains("bad address 'web:8080'"));
}

#[test]
fn a_pod_that_is_going_answers_only_while_no_other_does() {
    let mut desk = with(
        "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
",
    );
    // The image does not heed the signal: the pod takes its grace.
    desk.says("kubectl delete pod a --wait=false");
    assert_eq!(desk.answering("http://web", 4), [HIT_B]);
    desk.says("kubectl delete pod b --wait=false");
    assert_eq!(desk.answering("http://web", 4), [HIT_A, HIT_B]);
}

#[test]
fn a_service_may_send_a_client_to_the_same_pod_for_a_while() {
    let mut desk = with(
        "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {sessionAffinity: ClientIP, sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
",
    );
    let first = desk.answering("http://web", 5);
    assert_eq!(first.len(), 1);
    // Another client is another turn.
    desk.says("kubectl run other --image=busybox -- sleep 99999");
    desk.pass(20);
    let other = desk.says("kubectl exec other -- wget -qO- http://web");
    assert_eq!(desk.answering("http://web", 5), first);
    assert!(!first.contains(&other.trim().to_owned()), "{first:?} {other}");
    // After a minute of silence both are possible again.
    let mut seen = first;
    for _ in 0..2 {
        desk.pass(61);
        seen.extend(desk.answering("http://web", 1));
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 2);
}

#[test]
fn another_name_for_a_service_leads_to_it() {
    let mut desk = with(
        "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
---
apiVersion: v1
kind: Service
metadata: {name: alias}
spec: {type: ExternalName, externalName: web.default.svc.cluster.local}
---
apiVersion: v1
kind: Service
metadata: {name: round}
spec: {type: ExternalName, externalName: round.default.svc.cluster.local}
",
    );
    assert_eq!(desk.answering("http://alias", 6), [HIT_A, HIT_B]);
    assert!(desk.fetch("http://round").contains("bad address"));
    assert!(desk.fetch("http://10.99.99.99").contains("download timed out"));
}

#[test]
fn the_api_server_tells_where_it_answers() {
    let mut desk = with("");
    assert_eq!(
        desk.says("kubectl get endpoints,endpointslices --no-headers"),
        "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice\n\
         endpoints/kubernetes   172.18.0.2:6443   60m\n\
         endpointslice.discovery.k8s.io/kubernetes   IPv4   6443   172.18.0.2   60m\n"
    );
    assert!(
        desk.says("kubectl describe svc kubernetes")
            .contains("Endpoints:                172.18.0.2:6443\n")
    );
}

/// Follows `TestDropTypeDependentFields` of `pkg/registry/core/service/strategy_test.go`.
#[test]
fn what_belongs_to_a_type_goes_with_it() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {type: LoadBalancer, externalTrafficPolicy: Local, selector: {app: web}, ports: [{port: 80, nodePort: 30080}]}
",
    );
    let mut turn = |patch: &str| {
        let said = desk.says(&format!("kubectl patch service web -p '{{\"spec\":{{{patch}}}}}'"));
        let spec = desk.says("kubectl get service web -o jsonpath='{.spec}'");
        let known = ["clusterIP", "ipFamilies", "externalTrafficPolicy", "nodePort", "healthCheck"];
        let there = known.into_iter().filter(|field| spec.contains(field));
        (said, there.collect::<Vec<_>>().join(" "))
    };
    let patched = "service/web patched\n".to_owned();
    for (patch, left) in [
        ("\"type\":\"NodePort\"", "clusterIP ipFamilies externalTrafficPolicy nodePort"),
        ("\"type\":\"ClusterIP\"", "clusterIP ipFamilies"),
        ("\"type\":\"ExternalName\",\"externalName\":\"a.example\"", ""),
        ("\"type\":\"ClusterIP\"", "clusterIP ipFamilies"),
        ("\"type\":\"NodePort\"", "clusterIP ipFamilies externalTrafficPolicy nodePort"),
    ] {
        assert_eq!(turn(patch), (patched.clone(), left.to_owned()), "{patch}");
    }
    // Who changes it as well means it.
    let (said, _) = turn("\"type\":\"ClusterIP\",\"externalTrafficPolicy\":\"Local\"");
    assert!(said.contains("may only be set for externally-accessible services"), "{said}");
}

/// Follows `patchAllocatedValues` of `pkg/registry/core/service/storage/storage.go`.
#[test]
fn a_port_keeps_its_node_port_by_its_name() {
    let service = |ports: &str| {
        format!(
            "{{apiVersion: v1, kind: Service, metadata: {{name: web}}, spec: {{type: NodePort, selector: {{app: web}}, ports: [{ports}]}}}}"
        )
    };
    let mut desk = Desk::new(&service("{name: a, port: 80, nodePort: 30555}"));
    let mut replaced = |ports: &str| {
        desk.terminal.files.insert("web.yaml".into(), service(ports).into());
        desk.says("kubectl replace -f web.yaml");
        desk.says("kubectl get service web -o jsonpath='{.spec.ports[*].nodePort}'")
    };
    let both = replaced("{name: b, port: 90}, {name: a, port: 8080}");
    let (new, old) = both.split_once(' ').unwrap();
    assert_eq!(old, "30555");
    assert_ne!(new, old);
    let moved = replaced("{name: b, port: 90, nodePort: 30555}, {name: a, port: 8080}");
    assert!(moved.starts_with("30555 3"), "{moved}");
}

/// Follows `UpdateKubernetesService` and `ReconcileEndpoints`.
#[test]
fn the_service_of_the_api_server_comes_back() {
    let mut desk = with("");
    let shown = |desk: &mut Desk| {
        let service =
            "kubectl get service kubernetes -o jsonpath='{.spec.clusterIP}:{.spec.ports[0].port} '";
        let endpoints = "kubectl get endpoints kubernetes -o jsonpath='{.subsets}'";
        let slice = "kubectl get endpointslice kubernetes -o jsonpath='{.endpoints}{.ports}{.metadata.labels}'";
        [service, endpoints, slice].map(|line| desk.says(line)).concat()
    };
    let before = shown(&mut desk);
    assert!(before.starts_with("10.96.0.1:443 ") && before.contains("172.18.0.2"), "{before}");
    let changes = [
        "kubectl delete service kubernetes",
        "kubectl delete endpointslice kubernetes",
        "kubectl delete endpoints,endpointslices,services kubernetes",
        r#"kubectl patch endpoints kubernetes --type=merge -p '{"subsets":[{"addresses":[{"ip":"10.1.1.1"}],"ports":[{"name":"https","port":6443}]}]}'"#,
    ];
    for change in changes {
        desk.says(change);
        let broken = shown(&mut desk);
        assert!(broken != before, "{change}");
        desk.pass(11);
        assert_eq!(shown(&mut desk), before, "{change}: {broken}");
    }
    // What is there is left alone.
    let version = "kubectl get endpoints kubernetes -o jsonpath='{.metadata.resourceVersion}'";
    let known = desk.says(version);
    desk.pass(60);
    assert_eq!(desk.says(version), known);
}

/// A Service that becomes a mere name gives its address back, also where only one of the two fields is cleared.
#[test]
fn a_service_that_becomes_a_name_has_no_address() {
    let mut desk = Desk::new("");
    desk.says("kubectl create service clusterip s --tcp=80");
    let patch = r#"kubectl patch svc s -p '{"spec":{"type":"ExternalName","externalName":"a.b","clusterIP":""}}'"#;
    assert_eq!(desk.says(patch), "service/s patched\n");
    let left = desk.says("kubectl get svc s -o jsonpath='{.spec.clusterIP}{.spec.clusterIPs}'");
    assert_eq!(left, "");
}

/// Endpoints say whom they are near to, where their Service asks for it.
#[test]
fn a_service_that_prefers_what_is_close_gives_hints() {
    let mut desk = Desk::new("");
    for worker in 1..=3 {
        desk.says(&format!(
            "kubectl label node worker-{worker} topology.kubernetes.io/zone=z{worker}"
        ));
    }
    desk.says("kubectl expose pod box --port=80");
    desk.pass(2);
    let place =
        desk.says("kubectl get pod box -o jsonpath='{.spec.nodeName}'").replace("worker-", "");
    let mut hints = |word: &str| {
        let spec = format!(r#"{{"spec":{{"trafficDistribution":{word}}}}}"#);
        desk.says(&format!("kubectl patch svc box -p '{spec}'"));
        desk.pass(3);
        let path = "{.items[0].endpoints[0].hints}";
        desk.says(&format!(
            "kubectl get endpointslices -l kubernetes.io/service-name=box -o jsonpath='{path}'"
        ))
    };
    let zone = format!(r#"{{"forZones":[{{"name":"z{place}"}}]}}"#);
    assert_eq!(hints("\"PreferClose\""), zone);
    assert_eq!(hints("\"PreferSameZone\""), zone);
    let node = format!(
        r#"{{"forNodes":[{{"name":"worker-{place}"}}],"forZones":[{{"name":"z{place}"}}]}}"#
    );
    assert_eq!(hints("\"PreferSameNode\""), node);
    assert_eq!(hints("null"), "");
}
