//! What namespaces bring with them, and how they go; and what is looked up for every pod anew.

use podyard::cluster::{Action, Patch};

use super::*;

#[test]
fn every_namespace_has_its_service_account_and_the_certificate() {
    let mut cluster = Cluster::new(Config::default());
    apply(&mut cluster, Kind::Namespace, r#"{"metadata":{"name":"shop"}}"#);
    for namespace in ["default", "kube-system", "shop"] {
        for (kind, name) in
            [(Kind::ServiceAccount, "default"), (Kind::ConfigMap, "kube-root-ca.crt")]
        {
            assert!(
                cluster.store().get(kind, &ObjectKey::new(namespace, name)).is_some(),
                "{namespace} {name}"
            );
        }
    }
    let key = ObjectKey::new("shop", "kube-root-ca.crt");
    cluster.delete(Kind::ConfigMap, &key, &Default::default(), &WriteOptions::default()).unwrap();
    assert!(cluster.store().get(Kind::ConfigMap, &key).is_some(), "it comes back");
    let gone = ObjectKey::cluster("shop");
    cluster.delete(Kind::Namespace, &gone, &Default::default(), &WriteOptions::default()).unwrap();
    after(&mut cluster, 4);
    assert!(
        cluster.store().get(Kind::Namespace, &gone).is_some(),
        "nothing happens for five seconds"
    );
    after(&mut cluster, 1);
    assert!(cluster.store().get(Kind::Namespace, &gone).is_none(), "an emptied namespace goes");
}

/// A cluster with a namespace `shop` in which a pod runs that takes its whole grace to go, beside a ConfigMap.
fn shop(config: Config) -> (Cluster, ObjectKey) {
    let mut cluster = Cluster::new(config);
    apply(&mut cluster, Kind::Namespace, r#"{"metadata":{"name":"shop"}}"#);
    let pod = r#"{"metadata":{"name":"web"},"spec":{"containers":[{"name":"c","image":"busybox","command":["sleep","9999"]}]}}"#;
    for (kind, text) in [(Kind::Pod, pod), (Kind::ConfigMap, r#"{"metadata":{"name":"list"}}"#)] {
        let value = Value::from_json(text).unwrap();
        cluster.create(kind, "shop", value, &WriteOptions::default()).unwrap();
    }
    after(&mut cluster, 20);
    (cluster, ObjectKey::cluster("shop"))
}

/// What a namespace says of its deletion: what is not as it should be, and what is said of the contents.
fn told(cluster: &Cluster, namespace: &ObjectKey) -> Vec<String> {
    let value = cluster.store().get(Kind::Namespace, namespace).unwrap().to_value();
    let conditions = value.at(&["status", "conditions"]).map(|all| all.items().to_vec());
    let shown = conditions.unwrap_or_default().into_iter().map(|one| {
        ["type", "status", "reason", "message"]
            .map(|field| one.str_at(field).unwrap().to_owned())
            .join(" ")
    });
    shown.collect()
}

/// Follows `OrderedNamespaceDeletion`: all else stays until there is no pod any more. The kubelet's event about a pod that
/// it kills is refused like all else that is new, so that nothing is left behind.
#[test]
fn a_namespace_loses_its_pods_first_and_is_looked_at_now_and_then() {
    let (mut cluster, shop) = shop(Config::default());
    let list = ObjectKey::new("shop", "list");
    cluster.delete(Kind::Namespace, &shop, &Default::default(), &WriteOptions::default()).unwrap();
    after(&mut cluster, 4);
    let pod =
        |cluster: &Cluster| cluster.store().pods().get(&ObjectKey::new("shop", "web")).cloned();
    assert!(!pod(&cluster).unwrap().meta.deleting());
    assert!(told(&cluster, &shop).is_empty());
    after(&mut cluster, 2);
    assert!(pod(&cluster).unwrap().meta.deleting());
    assert_eq!(
        told(&cluster, &shop)[2..],
        [
            "NamespaceDeletionContentFailure False ContentDeleted All content successfully deleted, may be waiting on finalization",
            "NamespaceContentRemaining False ContentRemoved All content successfully removed",
            "NamespaceFinalizersRemaining False ContentHasNoFinalizers All content-preserving finalizers finished",
        ]
    );
    let value = cluster.store().get(Kind::Namespace, &shop).unwrap().to_value();
    assert_eq!(value.at(&["metadata", "deletionGracePeriodSeconds"]), None);
    // The pod is gone at 35 s. Of what else there is nobody thinks before the next look: at 5, 10, 26 and 42 s.
    after(&mut cluster, 32);
    assert!(pod(&cluster).is_none());
    assert!(cluster.store().get(Kind::ConfigMap, &list).is_some());
    after(&mut cluster, 6);
    assert!(cluster.store().get(Kind::Namespace, &shop).is_none());
    assert!(cluster.store().get(Kind::ConfigMap, &list).is_none());
    assert!(cluster.store().events().iter_in(Some("shop")).next().is_none());
}

/// Nobody ends the pod of a node that is down: once its grace is over, that is an error, and is looked at every minute.
#[test]
fn a_pod_that_should_be_gone_keeps_its_namespace() {
    let (mut cluster, shop) = shop(Config { workers: 1, ..Config::default() });
    cluster.act(Action::StopNode("worker-1".into()), &WriteOptions::default()).unwrap();
    cluster.delete(Kind::Namespace, &shop, &Default::default(), &WriteOptions::default()).unwrap();
    after(&mut cluster, 60);
    let failure = "NamespaceDeletionContentFailure True ContentDeletionFailed Failed to delete all resource types, 1 remaining: failed to delete pods for namespace: shop, err: unexpected items still remain in namespace: shop for gvr: /v1, Resource=pods";
    assert_eq!(told(&cluster, &shop)[2], failure);
    let list = ObjectKey::new("shop", "list");
    assert!(cluster.store().get(Kind::ConfigMap, &list).is_some());
    cluster.act(Action::StartNode("worker-1".into()), &WriteOptions::default()).unwrap();
    after(&mut cluster, 120);
    assert!(cluster.store().get(Kind::Namespace, &shop).is_none());
}

/// What waits for somebody to take a finalizer away is told, with the resource, when there are no pods.
#[test]
fn a_namespace_waits_for_finalizers_and_says_so() {
    let mut cluster = Cluster::new(Config::default());
    apply(&mut cluster, Kind::Namespace, r#"{"metadata":{"name":"shop"}}"#);
    let held = r#"{"metadata":{"name":"list","finalizers":["example.com/hold"]}}"#;
    let held = Value::from_json(held).unwrap();
    cluster.create(Kind::ConfigMap, "shop", held, &WriteOptions::default()).unwrap();
    let shop = ObjectKey::cluster("shop");
    cluster.delete(Kind::Namespace, &shop, &Default::default(), &WriteOptions::default()).unwrap();
    after(&mut cluster, 6);
    assert_eq!(
        told(&cluster, &shop)[3..],
        [
            "NamespaceContentRemaining True SomeResourcesRemain Some resources are remaining: configmaps. has 1 resource instances",
            "NamespaceFinalizersRemaining True SomeFinalizersRemain Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances",
        ]
    );
    let list = ObjectKey::new("shop", "list");
    let free = Patch::Merge(Value::from_json(r#"{"metadata":{"finalizers":null}}"#).unwrap());
    cluster.patch(Kind::ConfigMap, &list, free, &WriteOptions::default()).unwrap();
    after(&mut cluster, 10);
    assert!(cluster.store().get(Kind::Namespace, &shop).is_none());
}

/// A class is looked up for every pod anew, also where a template made one like it before.
#[test]
fn a_pod_has_the_priority_of_its_class_as_it_is_now() {
    let mut cluster = Cluster::new(Config::default());
    let class = |value: i64, default: bool| {
        format!(r#"{{"metadata":{{"name":"high"}},"value":{value},"globalDefault":{default}}}"#)
    };
    let set = r#"{"metadata":{"name":"NAME"},"spec":{"replicas":1,"selector":{"matchLabels":{"a":"NAME"}},"template":{"metadata":{"labels":{"a":"NAME"}},"spec":{CLASS"containers":[{"name":"c","image":"nginx"}]}}}}"#;
    let set = |name: &str, class: &str| set.replace("NAME", name).replace("CLASS", class);
    apply(&mut cluster, Kind::PriorityClass, &class(1000, false));
    apply(&mut cluster, Kind::ReplicaSet, &set("named", r#""priorityClassName":"high","#));
    apply(&mut cluster, Kind::ReplicaSet, &set("plain", ""));
    after(&mut cluster, 10);
    let priority = |cluster: &Cluster, set: &str| {
        let mut pods = cluster.store().pods().iter();
        pods.find(|pod| pod.meta.name.starts_with(set) && !pod.meta.deleting())
            .map(|pod| pod.spec.raw.i64_at("priority").unwrap())
    };
    assert_eq!((priority(&cluster, "named"), priority(&cluster, "plain")), (Some(1000), Some(0)));
    let key = ObjectKey::cluster("high");
    let again = |cluster: &mut Cluster| {
        let pods: Vec<ObjectKey> =
            cluster.store().pods().iter().map(|pod| pod.meta.key()).collect();
        for pod in pods.iter().filter(|pod| *pod.namespace == *"default") {
            cluster.delete(Kind::Pod, pod, &Default::default(), &WriteOptions::default()).unwrap();
        }
        after(cluster, 60);
    };
    cluster
        .delete(Kind::PriorityClass, &key, &Default::default(), &WriteOptions::default())
        .unwrap();
    again(&mut cluster);
    assert_eq!((priority(&cluster, "named"), priority(&cluster, "plain")), (None, Some(0)));
    apply(&mut cluster, Kind::PriorityClass, &class(5, true));
    again(&mut cluster);
    after(&mut cluster, 600);
    assert_eq!((priority(&cluster, "named"), priority(&cluster, "plain")), (Some(5), Some(5)));
}
