//! Containers that share the memory of their pod: when they have used it up, the kernel kills the one whose score is
//! highest, as a whole. What a container uses is what the annotation `podyard.dev/memory-use` of its pod says, or what
//! its program was told to take. Follows `pkg/kubelet/qos/{policy,helpers}.go`, and `oom_badness` of the kernel.

use super::pressure::memory_use;
use super::sync::Look;
use crate::api::core::{Container, Pod, Qos};
use crate::api::resources::Resources;

/// The score of what is to go last.
const GUARANTEED: i64 = -997;
const BEST_EFFORT: i64 = 1000;

impl Look<'_> {
    /// If what runs has taken more than the pod may use, one container goes.
    pub(super) fn share_memory(&mut self) {
        let Some(own) = &self.pod.spec.own else { return };
        let limit = own.limits.memory_bytes;
        if limit <= 0 {
            return;
        }
        let (pod, now) = (std::rc::Rc::clone(&self.pod), self.now);
        let each = memory_use(&pod);
        let capacity = self.node.and_then(|node| node.status.raw.get("capacity"));
        let capacity = Resources::parse(capacity).memory_bytes;
        let (mut sum, mut worst) = (0_i64, None);
        let specs = pod.spec.all_containers();
        for (index, (container, spec)) in self.runtime.containers.iter().zip(specs).enumerate() {
            let Some(run) = container.run.as_ref().filter(|run| run.end.is_none()) else {
                continue;
            };
            let Some(process) = &run.process else { continue };
            if process.starves() {
                return;
            }
            let used = each.unwrap_or_else(|| process.load(now));
            sum = sum.saturating_add(used);
            let score = score(used, oom_score_adjust(&pod, spec, capacity), limit);
            // Of two alike the younger one goes.
            let rank = (score, run.started);
            if used > 0 && worst.is_none_or(|(most, _)| rank >= most) {
                worst = Some((rank, index));
            }
        }
        let Some((_, index)) = worst.filter(|_| sum > limit) else { return };
        let victim = self.runtime.containers.get_mut(index).and_then(|one| one.run.as_mut());
        if let Some(process) = victim.and_then(|run| run.process.as_mut()) {
            process.starve(now);
        }
    }
}

/// How bad a process is, where so many bytes are to be shared. Follows `oom_badness`.
fn score(used: i64, adjust: i64, limit: i64) -> i64 {
    used.saturating_add((limit / 1000).saturating_mul(adjust))
}

/// Follows `GetContainerOOMScoreAdjust`.
fn oom_score_adjust(pod: &Pod, container: &Container, capacity: i64) -> i64 {
    let spec = &pod.spec;
    match spec.qos {
        _ if &*spec.priority_class == "system-node-critical" => return GUARANTEED,
        Qos::Guaranteed => return GUARANTEED,
        Qos::BestEffort => return BEST_EFFORT,
        Qos::Burstable => {}
    }
    let asked = spec.own.as_ref().map_or(0, |own| own.requests.memory_bytes);
    let count = i64::try_from(spec.all_containers().count().max(1)).unwrap_or(i64::MAX);
    let rest = match asked {
        0 => 0,
        asked => asked.saturating_sub(spec.requests_of_containers().memory_bytes) / count,
    };
    let adjust = |request: i64| {
        let part = i128::from(request.saturating_add(rest)) * 1000 / i128::from(capacity.max(1));
        1000 - i64::try_from(part).unwrap_or(i64::MAX - 1000)
    };
    let mut found = adjust(container.requests.memory_bytes);
    if container.sidecar {
        let least = spec.containers.iter().map(|one| one.requests.memory_bytes).min();
        found = found.min(adjust(least.unwrap_or(0)));
    }
    found.clamp(1000 + GUARANTEED, BEST_EFFORT - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::core::PodSpec;
    use crate::api::value::Value;

    fn pod(spec: &str) -> Pod {
        let spec = PodSpec::parse(&Value::from_json(spec).unwrap());
        Pod {
            meta: crate::api::meta::ObjectMeta::default(),
            spec: std::rc::Rc::new(spec),
            node: None,
            status: crate::api::core::PodStatus::default(),
        }
    }

    /// Rows of `TestGetContainerOOMScoreAdjust`.
    #[test]
    fn scores_are_upstreams() {
        const CAPACITY: i64 = 4_000_000_000;
        let all = |requests: [&str; 2], own: &str| {
            pod(&format!(
                r#"{{"resources":{own},"containers":[
                    {{"name":"a","resources":{{"requests":{{{}}}}}}},{{"name":"b","resources":{{"requests":{{{}}}}}}}]}}"#,
                requests[0], requests[1]
            ))
        };
        for (pod, expected) in [
            (all([r#""memory":"1G""#, ""], "null"), [750, 999]),
            (all([r#""memory":"4G""#, ""], "null"), [3, 999]),
            (all(["", ""], "null"), [1000, 1000]),
            (all([r#""memory":"1G""#, ""], r#"{"requests":{"memory":"2G"}}"#), [625, 875]),
            (
                all(
                    ["", ""],
                    r#"{"limits":{"memory":"1G","cpu":"1"},"requests":{"memory":"1G","cpu":"1"}}"#,
                ),
                [-997, -997],
            ),
        ] {
            let found: Vec<i64> = pod
                .spec
                .containers
                .iter()
                .map(|one| oom_score_adjust(&pod, one, CAPACITY))
                .collect();
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn who_asked_for_more_is_less_bad() {
        assert!(score(60 << 20, 900, 100 << 20) > score(70 << 20, 700, 100 << 20));
        assert!(score(60 << 20, 900, 100 << 20) < score(70 << 20, 900, 100 << 20));
    }
}
