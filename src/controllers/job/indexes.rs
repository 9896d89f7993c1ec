//! Sets of completion indexes and their text. Follows `pkg/controller/job/indexed_job_utils.go`.

use std::collections::BTreeSet;

use crate::api::core::Pod;
use crate::sim::order::Gather as _;

/// The label and annotation that carry a pod's index.
pub(super) const INDEX: &str = "batch.kubernetes.io/job-completion-index";

/// The index of a pod, if it has a valid one below `completions`.
pub fn index_of(pod: &Pod, completions: i64) -> Option<i64> {
    let index: i64 = pod.meta.annotations.text(INDEX)?.parse().ok()?;
    (0..completions).contains(&index).then_some(index)
}

/// Reads `0,2-4`; what does not read is left out, as are indexes from `completions` on.
pub fn parse(text: &str, completions: i64) -> BTreeSet<i64> {
    let mut set = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) {
            set.extend(first..=last.min(completions - 1));
        }
    }
    set.into_iter().filter(|index| *index < completions).gather()
}

/// Writes `0,1,3-5`: two neighbours with a comma, three or more with a dash.
pub(super) fn format(set: &BTreeSet<i64>) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for index in set {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => runs.push((*index, *index)),
        }
    }
    let text = |(first, last): (i64, i64)| match last - first {
        0 => format!("{first}"),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    };
    runs.into_iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_three_get_a_dash() {
        for text in ["", "0", "0,1", "0-2", "2,4,5,7-9"] {
            assert_eq!(format(&parse(text, 10)), text);
        }
        assert_eq!(format(&parse("2-8,9", 6)), "2-5");
    }
}
