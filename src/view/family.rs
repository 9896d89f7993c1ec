//! Who belongs together: the pods that a workload's selector picks, and the owners above a pod.

use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::labels::Selector;
use crate::api::meta::Uid;
use crate::api::object::AnyObject;
use crate::cluster::Cluster;

/// The pods that are picked by the selector of a workload, whoever owns them; those of a CronJob are the pods of its
/// Jobs. At most `most`.
pub fn matched(cluster: &Cluster, uid: Uid, most: usize) -> Vec<Uid> {
    let Some(object) = cluster.store().by_uid(uid) else { return Vec::new() };
    let namespace = object.meta().namespace.clone();
    let pods = cluster.store().pods().iter_in(Some(&namespace));
    match selector(&object) {
        Some(selector) => pods
            .filter(|pod| selector.matches(&pod.meta.labels))
            .map(|pod| pod.meta.uid)
            .take(most)
            .collect(),
        None => {
            pods.filter(|pod| below(cluster, pod, uid)).map(|pod| pod.meta.uid).take(most).collect()
        }
    }
}

/// The selector of a workload; a CronJob has none.
pub fn selector(object: &AnyObject) -> Option<&Selector> {
    match object {
        AnyObject::Deployment(one) => Some(&one.spec.selector),
        AnyObject::ReplicaSet(one) => Some(&one.spec.selector),
        AnyObject::ReplicationController(one) => Some(&one.spec.selector),
        AnyObject::DaemonSet(one) => Some(&one.spec.selector),
        AnyObject::Job(one) => Some(&one.spec.selector),
        _ => None,
    }
}

/// Whether an owner of a pod, or one above it, is this.
fn below(cluster: &Cluster, pod: &Pod, uid: Uid) -> bool {
    owners(cluster, pod).contains(&uid)
}

/// The owners of a pod, the nearest first.
pub fn owners(cluster: &Cluster, pod: &Pod) -> Vec<Uid> {
    let mut owners = Vec::new();
    let mut next = pod.meta.controller().map(|owner| owner.uid);
    while let Some(uid) = next.filter(|uid| !owners.contains(uid)) {
        owners.push(uid);
        next = cluster
            .store()
            .by_uid(uid)
            .and_then(|object| object.meta().controller().map(|owner| owner.uid));
    }
    owners
}

/// The selector of a workload in kubectl's words; nothing where it has none.
pub fn selector_text(object: &AnyObject) -> String {
    match (object.kind(), selector(object)) {
        (Kind::CronJob, _) | (_, None) => String::new(),
        (_, Some(selector)) => selector.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::meta::ObjectKey;
    use crate::cluster::Config;
    use crate::sim::Duration;
    use crate::terminal::Terminal;

    fn after(lines: &[&str]) -> Cluster {
        let mut cluster = Cluster::new(Config::default());
        let mut terminal = Terminal::default();
        for line in lines {
            terminal.start(line).poll(&mut cluster, &mut terminal);
            let at = cluster.now() + Duration::from_seconds(5);
            cluster.run_until(at);
        }
        cluster
    }

    #[test]
    fn a_selector_rings_exactly_the_pods_that_it_picks() {
        let cluster = after(&[
            "kubectl create deployment web --image=nginx --replicas=3",
            "kubectl create deployment db --image=redis --replicas=2",
            "kubectl run stray --image=nginx --labels=app=web",
            "kubectl label $(kubectl get pods -l app=db -o name | head -1) app=odd --overwrite",
        ]);
        let uid = |name: &str| {
            cluster.store().get(Kind::Deployment, &ObjectKey::new("default", name)).unwrap().uid()
        };
        let names = |uid: Uid| -> Vec<String> {
            let pods = matched(&cluster, uid, 100);
            let mut names: Vec<String> = pods
                .into_iter()
                .map(|uid| cluster.store().by_uid(uid).unwrap().meta().name.to_string())
                .collect();
            names.sort_unstable();
            names
        };
        let web = names(uid("web"));
        assert_eq!(web.len(), 4);
        assert_eq!(web[0], "stray", "a pod of nobody that the selector picks too");
        assert_eq!(names(uid("db")).len(), 2, "the one that was let go is replaced and not picked");
        assert_eq!(matched(&cluster, uid("web"), 2).len(), 2);
        assert_eq!(matched(&cluster, Uid(0), 10), []);
    }

    #[test]
    fn a_cron_job_rings_the_pods_of_its_jobs() {
        let cluster = after(&[
            "kubectl create cronjob tick --image=busybox --schedule='* * * * *' -- sleep 1",
            "kubectl create job now --from=cronjob/tick",
            "kubectl create job other --image=busybox -- sleep 1",
        ]);
        let cron = cluster.store().get(Kind::CronJob, &ObjectKey::new("default", "tick")).unwrap();
        let pods = matched(&cluster, cron.uid(), 10);
        assert_eq!(pods.len(), 1);
        let AnyObject::Pod(pod) = cluster.store().by_uid(pods[0]).unwrap() else { panic!() };
        assert!(pod.meta.name.starts_with("now-"));
        assert_eq!(owners(&cluster, &pod).last(), Some(&cron.uid()));
        assert_eq!(selector_text(&cron), "");
    }
}
