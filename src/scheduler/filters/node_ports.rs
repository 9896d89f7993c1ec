//! Ports that a pod takes on its node must be free there. Follows `plugins/nodeports`.

use super::{Check, Refusal};
use crate::api::core::{Pod, Port};
use crate::scheduler::queue::Happening;
use crate::store::NodeSum;

const TEXT: &str = "node(s) didn't have free ports for the requested pod ports";

/// Refuses nodes on which a port is taken.
pub(in crate::scheduler) fn filter(pod: &Pod, sum: &NodeSum) -> Option<Refusal> {
    let taken = pod.spec.host_ports.iter().any(|port| {
        sum.ports
            .keys()
            .any(|(protocol, number, address)| clashes(port, protocol, *number, address))
    });
    taken.then(|| Refusal::preemptible(Check::NodePorts, TEXT))
}

/// Same port and protocol, and the same address or one of them all addresses. Follows `HostPortInfo.CheckConflict`.
fn clashes(port: &Port, protocol: &str, number: i64, address: &str) -> bool {
    let any = |address: &str| address.is_empty() || address == "0.0.0.0";
    *port.protocol == *protocol
        && port.host_port == number
        && (any(address) || any(&port.host_ip) || *port.host_ip == *address)
}

/// A node that joins, or a pod that lets go of one of the ports.
pub(super) fn cured_by(pod: &Pod, happening: &Happening<'_>) -> bool {
    match happening {
        Happening::Node { before, .. } => before.is_none(),
        Happening::PodGone(gone) => pod.spec.host_ports.iter().any(|port| {
            gone.spec
                .host_ports
                .iter()
                .any(|freed| clashes(port, &freed.protocol, freed.host_port, &freed.host_ip))
        }),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scheduler::testing::{pod, taken};

    fn with(ports: &str) -> Pod {
        pod(&format!("containers: [{{name: c, ports: [{ports}]}}]"))
    }

    #[test]
    fn ports_clash_by_number_protocol_and_address() {
        let rows = [
            ("{hostPort: 80}", "{hostPort: 80}", true),
            ("{hostPort: 80}", "{hostPort: 81}", false),
            ("{hostPort: 80, protocol: UDP}", "{hostPort: 80}", false),
            ("{hostPort: 80, hostIP: 127.0.0.1}", "{hostPort: 80}", true),
            ("{hostPort: 80}", "{hostPort: 80, hostIP: 127.0.0.1}", true),
            ("{hostPort: 80, hostIP: 0.0.0.0}", "{hostPort: 80, hostIP: 127.0.0.1}", true),
            ("{hostPort: 80, hostIP: 127.0.0.1}", "{hostPort: 80, hostIP: 127.0.0.2}", false),
            ("{hostPort: 80, hostIP: 127.0.0.1}", "{hostPort: 80, hostIP: 127.0.0.1}", true),
            ("{containerPort: 80}", "{hostPort: 80}", false),
            ("{hostPort: 1}, {hostPort: 80}", "{hostPort: 80}", true),
        ];
        for (wanted, there, refused) in rows {
            let refusal = filter(&with(wanted), &taken(&[with(there)]));
            assert_eq!(refusal.is_some(), refused, "{wanted} beside {there}");
            assert!(refusal.is_none_or(|refusal| refusal.reason == TEXT && refusal.preemptible));
            assert_eq!(cured_by(&with(wanted), &Happening::PodGone(&with(there))), refused);
        }
    }

    #[test]
    fn the_network_of_the_node_makes_every_port_one_of_the_node() {
        let own = pod("hostNetwork: true, containers: [{name: c, ports: [{containerPort: 80}]}]");
        assert!(filter(&own, &taken(&[with("{hostPort: 80}")])).is_some());
        assert!(filter(&with("{hostPort: 80}"), &taken(&[own])).is_some());
    }
}
