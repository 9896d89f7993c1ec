//! How fast the panels of the yard follow the cluster. Where a crowd of nodes changes at once, a picture shows some of
//! them and the next pictures the others: each is laid out anew, and nobody sees which of fifty was a picture late.

use std::rc::Rc;

use super::yard::{NodeView, YardView};

/// So many panels change in one picture; where no more than that differ, all do.
pub const MOST_CHANGED: usize = 20;

/// The yard as it is shown.
#[derive(Debug, Default)]
pub struct Pace {
    shown: Rc<YardView>,
    /// The panel whose turn is next.
    next: usize,
}

impl Pace {
    /// The yard that the next picture shows: `yard`, but for panels that wait for their turn. At most `most` change,
    /// first those that were passed over.
    pub fn follow(&mut self, yard: &Rc<YardView>, most: usize) -> Rc<YardView> {
        let (old, new) = (&self.shown.nodes, &yard.nodes);
        let same = same_nodes(&self.shown, yard);
        let late = |place: usize| same && differs(old.get(place), new.get(place));
        let mut places = (self.next..new.len()).chain(0..self.next).filter(|place| late(*place));
        let turn: Vec<usize> = places.by_ref().take(most).collect();
        let Some(next) = places.next() else {
            self.shown = Rc::clone(yard);
            return Rc::clone(yard);
        };
        let mut nodes: Vec<Rc<NodeView>> = old.to_vec();
        for place in turn {
            if let (Some(was), Some(is)) = (nodes.get_mut(place), new.get(place)) {
                *was = Rc::clone(is);
            }
        }
        self.next = next;
        self.shown = Rc::new(YardView { nodes: nodes.into(), ..YardView::clone(yard) });
        Rc::clone(&self.shown)
    }

    /// How many panels are not shown as they are in `yard`; none, where nodes came or went: that is shown at once.
    pub fn late(&self, yard: &YardView) -> usize {
        let pairs = self.shown.nodes.iter().zip(yard.nodes.iter());
        let late = pairs.filter(|(was, is)| !Rc::ptr_eq(was, is)).count();
        if late > 0 && same_nodes(&self.shown, yard) { late } else { 0 }
    }

    /// The yard as it was shown last.
    pub const fn shown(&self) -> &Rc<YardView> {
        &self.shown
    }
}

fn same_nodes(one: &YardView, other: &YardView) -> bool {
    one.nodes.len() == other.nodes.len()
        && one
            .nodes
            .iter()
            .zip(other.nodes.iter())
            .all(|(a, b)| Rc::ptr_eq(a, b) || a.name == b.name)
}

fn differs(was: Option<&Rc<NodeView>>, is: Option<&Rc<NodeView>>) -> bool {
    was.zip(is).is_some_and(|(was, is)| !Rc::ptr_eq(was, is))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A yard of so many nodes, of which those at `places` are as in round `round`.
    fn yard(before: &YardView, count: usize, places: &[usize], round: usize) -> Rc<YardView> {
        let node = |place: usize| match before.nodes.get(place) {
            Some(known) if !places.contains(&place) => Rc::clone(known),
            _ => Rc::new(NodeView {
                name: format!("worker-{place}").into(),
                system: round,
                ..NodeView::default()
            }),
        };
        Rc::new(YardView {
            version: round as u64,
            nodes: (0..count).map(node).collect(),
            ..YardView::default()
        })
    }

    fn changed(one: &YardView, other: &YardView) -> Vec<usize> {
        let pairs = one.nodes.iter().zip(other.nodes.iter()).enumerate();
        pairs.filter(|(_, (a, b))| !Rc::ptr_eq(a, b)).map(|(place, _)| place).collect()
    }

    #[test]
    fn a_few_changes_are_seen_at_once() {
        let mut pace = Pace::default();
        let first = yard(&YardView::default(), 10, &[], 1);
        assert!(Rc::ptr_eq(&pace.follow(&first, 3), &first), "a page that opens shows all");
        let second = yard(&first, 10, &[1, 5, 9], 2);
        assert!(Rc::ptr_eq(&pace.follow(&second, 3), &second));
    }

    #[test]
    fn of_a_crowd_each_has_its_turn() {
        let mut pace = Pace::default();
        let first = yard(&YardView::default(), 10, &[], 1);
        let before = pace.follow(&first, 3);
        let all: Vec<usize> = (0..10).collect();
        let second = yard(&first, 10, &all, 2);
        let one = pace.follow(&second, 3);
        assert_eq!(changed(&before, &one), [0, 1, 2]);
        assert_eq!(one.version, second.version, "all but the panels is as it is");
        // The first ones change again: they wait until the others had their turn.
        let third = yard(&second, 10, &[0, 1, 2], 3);
        assert_eq!(pace.late(&third), 10);
        let none = pace.follow(&third, 0);
        assert!(changed(&one, &none).is_empty(), "a picture without room for any");
        let two = pace.follow(&third, 3);
        assert_eq!(changed(&one, &two), [3, 4, 5]);
        let three = pace.follow(&third, 3);
        assert_eq!(changed(&two, &three), [6, 7, 8]);
        let four = pace.follow(&third, 3);
        assert_eq!(changed(&three, &four), [0, 1, 9]);
        assert!(Rc::ptr_eq(&pace.follow(&third, 3), &third), "and in the end all is as it is");
    }

    #[test]
    fn nodes_that_come_or_go_are_seen_at_once() {
        let mut pace = Pace::default();
        let first = yard(&YardView::default(), 10, &[], 1);
        pace.follow(&first, 3);
        let second = yard(&YardView::default(), 11, &[], 2);
        assert!(Rc::ptr_eq(&pace.follow(&second, 3), &second));
    }
}
