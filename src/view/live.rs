//! What a screen reader hears of a change on the yard: one sentence.

use super::yard::{Look, YardView};
use crate::language::{Language, Text, word};

/// What changed between two views, as one sentence; nothing if no count did.
pub fn sentence(before: &YardView, after: &YardView, language: Language) -> Option<String> {
    let troubled = |yard: &YardView| yard.nodes.iter().filter(|node| !node.ready).count();
    if before.counts == after.counts
        && before.nodes.len() == after.nodes.len()
        && troubled(before) == troubled(after)
    {
        return None;
    }
    let all: usize = after.counts.values().sum();
    let parts = Look::ALL.into_iter().filter_map(|look| {
        let count = after.counts.get(&look).copied().filter(|count| *count > 0)?;
        Some(format!("{} {count}", word(language, look.key())))
    });
    let text = Text::new("page.live")
        .with("count", all)
        .with("looks", parts.collect::<Vec<_>>().join(", "))
        .with("nodes", after.nodes.len())
        .with("down", troubled(after));
    Some(text.render(language))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_one_sentence_and_none_is_silence() {
        let empty = YardView::default();
        let mut busy = YardView::default();
        busy.counts.insert(Look::Running, 2);
        busy.counts.insert(Look::Failed, 1);
        assert_eq!(sentence(&busy, &busy, Language::En), None);
        let said = sentence(&empty, &busy, Language::En).unwrap();
        assert_eq!(said, "3 pods: Running 2, Failed 1. 0 nodes, 0 not ready.");
        assert!(sentence(&empty, &busy, Language::Ko).unwrap().contains("파드 3개"));
    }
}
