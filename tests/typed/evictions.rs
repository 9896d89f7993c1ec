//! What drives pods out of nodes, and what holds it up.

use super::Desk;

/// A deletion that was to come is called off when the pod goes before its time.
#[test]
fn an_eviction_is_called_off_when_its_pod_is_gone() {
    let mut desk = Desk::new("");
    desk.says(r#"kubectl run a --image=nginx --overrides='{"spec":{"nodeName":"worker-1"}}'"#);
    desk.pass(5);
    desk.says("yard node stop worker-1");
    desk.pass(100);
    let told = |desk: &mut Desk| {
        desk.says("kubectl get events").matches("Cancelling deletion of Pod default/a").count()
    };
    assert_eq!(told(&mut desk), 0);
    desk.says("kubectl delete pod a --force");
    desk.pass(2);
    assert_eq!(told(&mut desk), 1);
}
