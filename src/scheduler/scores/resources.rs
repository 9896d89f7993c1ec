//! Nodes on which more is left, and on which cpu and memory are used alike, are better. Follows
//! `plugins/noderesources/{least_allocated,balanced_allocation}.go`.

use super::Column;
use crate::api::core::Pod;
use crate::api::resources::Resources;
use crate::scheduler::cycle::Candidate;
use crate::store::Room;

/// The mean over cpu and memory of what would be left, in hundredths. Containers that ask for nothing count a little.
pub(super) fn least_allocated(pod: &Pod, candidates: &[Candidate<'_>]) -> Column {
    let own = &pod.spec.scored;
    let one = |have: &Room, (cpu, memory): (i64, i64)| {
        let parts =
            [(have.cpu_milli, cpu + own.cpu_milli), (have.memory_bytes, memory + own.memory_bytes)];
        let left = parts
            .into_iter()
            .filter(|(have, _)| *have > 0)
            .map(|(have, used)| if used > have { 0 } else { (have - used) * 100 / have });
        let (sum, count) = left.fold((0, 0), |(sum, count), part| (sum + part, count + 1));
        if count == 0 { 0 } else { sum / count }
    };
    let each = candidates.iter().map(|node| one(&node.info.room, node.info.sum.scored));
    Column::Each(each.collect())
}

/// `50 + (50 + with − without) / 2`, where each is 100 less half the distance of the two fractions in use. Pods that
/// ask for nothing are not scored.
pub(super) fn balanced_allocation(pod: &Pod, candidates: &[Candidate<'_>]) -> Column {
    let own = &pod.spec.requests;
    if own.cpu_milli == 0 && own.memory_bytes == 0 {
        return Column::Same(0);
    }
    let one = |have: &Room, used: &Resources| {
        let without = even(have, used.cpu_milli, used.memory_bytes);
        let with = even(have, used.cpu_milli + own.cpu_milli, used.memory_bytes + own.memory_bytes);
        50 + (50 + with - without) / 2
    };
    let each = candidates.iter().map(|node| one(&node.info.room, &node.info.sum.requested));
    Column::Each(each.collect())
}

/// 100 less the standard deviation of the two fractions, which of two values is half their distance. In floating
/// point as upstream, with operations on which host and wasm agree.
fn even(have: &Room, cpu: i64, memory: i64) -> i64 {
    let part = |used: i64, have: i64| match have {
        0 => 0.0,
        _ => (used as f64 / have as f64).min(1.0),
    };
    let distance = (part(cpu, have.cpu_milli) - part(memory, have.memory_bytes)).abs();
    ((1.0 - distance / 2.0) * 100.0) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::scheduler::testing::{info, node, pod};

    fn asks(requests: &str) -> Pod {
        pod(&format!("containers: [{{name: c, resources: {{requests: {{{requests}}}}}}}]"))
    }

    /// The scores of a pod on one node of this size.
    fn scores(cpu_milli: i64, memory: i64, there: &str, new: &str) -> (i64, i64) {
        let mut node = node("n", "", "");
        node.status.allocatable.cpu_milli = cpu_milli;
        node.status.allocatable.memory_bytes = memory;
        let pods: Vec<Pod> = if there.is_empty() { Vec::new() } else { vec![asks(there)] };
        let info = info(node, &pods);
        let candidates = [Candidate { name: &info.node.meta.name, info: &info, place: 0 }];
        let new = asks(new);
        (least_allocated(&new, &candidates).at(0), balanced_allocation(&new, &candidates).at(0))
    }

    #[test]
    fn rows_of_upstream() {
        assert_eq!(scores(4000, 10_000, "", "cpu: 3, memory: 5000").0, 37);
        assert_eq!(scores(6000, 10_000, "", "cpu: 3, memory: 5000").0, 50);
        assert_eq!(scores(4000, 10_000, "cpu: 2, memory: 4000", "cpu: 3, memory: 5000").0, 5);
        const GI: i64 = 1 << 30;
        assert_eq!(
            scores(4000, 8 * GI, "cpu: 1, memory: 1Gi", "cpu: 500m, memory: 512Mi"),
            (71, 73)
        );
        assert_eq!(scores(4000, 8 * GI, "", "cpu: 500m, memory: 512Mi"), (90, 73));
    }

    #[test]
    fn containers_that_ask_for_nothing_count_a_little() {
        // 100m of 1 cpu and 200Mi of 1000Mi: 90 and 80.
        assert_eq!(scores(1000, 1000 << 20, "", ""), (85, 0));
    }
}
