//! Which parts of the page are shown: all of them, or those that an address, a lesson or a presenter chose.

use super::state::Pane;
use crate::lessons::Panel;

/// A choice of panels; none of its own means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Panels(Option<Vec<Panel>>);

impl Panels {
    /// The first choice that was made, or everything.
    pub fn first(choices: impl IntoIterator<Item = Option<Vec<Panel>>>) -> Self {
        Self(choices.into_iter().flatten().find(|list| !list.is_empty()))
    }

    /// Whether somebody chose.
    pub const fn chosen(&self) -> bool {
        self.0.is_some()
    }

    /// Whether a panel is shown.
    pub fn shows(&self, panel: Panel) -> bool {
        self.0.as_ref().is_none_or(|list| list.contains(&panel))
    }

    /// Whether the pane that a panel lives in is shown.
    pub fn shows_pane(&self, pane: Pane) -> bool {
        match pane {
            Pane::Yard => self.shows(Panel::Yard) || self.shows(Panel::Loops),
            Pane::Editor => self.shows(Panel::Editor),
            Pane::Terminal => self.shows(Panel::Terminal),
            Pane::Details => self.shows(Panel::Events),
            Pane::Lesson => true,
        }
    }

    /// The pane to show on a phone if `wanted` is asked for.
    pub fn pane(&self, wanted: Pane) -> Pane {
        if self.shows_pane(wanted) {
            return wanted;
        }
        Pane::ALL.into_iter().find(|pane| self.shows_pane(*pane)).unwrap_or(wanted)
    }

    /// The panels that are shown.
    pub fn list(&self) -> Vec<Panel> {
        Panel::ALL.into_iter().filter(|panel| self.shows(*panel)).collect()
    }

    /// The choice with one panel more or less; the last one stays.
    #[must_use]
    pub fn toggled(&self, panel: Panel) -> Vec<Panel> {
        let shown = self.list();
        let mut list: Vec<Panel> =
            Panel::ALL.into_iter().filter(|one| (*one == panel) != shown.contains(one)).collect();
        if list.is_empty() {
            list.push(panel);
        }
        list
    }

    /// The classes of the page that its layout follows: whether the yard is there, and how many panes stand beside it.
    pub fn class(&self) -> String {
        if !self.chosen() {
            return String::new();
        }
        let beside = [Pane::Editor, Pane::Terminal, Pane::Details];
        let beside = beside.into_iter().filter(|pane| self.shows_pane(*pane)).count();
        let yard = if self.shows_pane(Pane::Yard) { "" } else { " page--yardless" };
        format!("page--chosen page--beside-{beside}{yard}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_choice_holds_and_none_means_all() {
        assert_eq!(Panels::first([None, None]), Panels::default());
        assert!(Panel::ALL.into_iter().all(|panel| Panels::default().shows(panel)));
        let chosen = Panels::first([None, Some(vec![Panel::Terminal]), Some(vec![Panel::Yard])]);
        assert_eq!(chosen.list(), [Panel::Terminal]);
        assert_eq!(Panels::first([Some(vec![])]), Panels::default());
    }

    #[test]
    fn a_phone_never_shows_a_pane_that_was_not_chosen() {
        let chosen = Panels::first([Some(vec![Panel::Loops, Panel::Terminal])]);
        assert_eq!(chosen.pane(Pane::Details), Pane::Yard);
        assert_eq!(chosen.pane(Pane::Terminal), Pane::Terminal);
        assert_eq!(Panels::default().pane(Pane::Details), Pane::Details);
    }

    #[test]
    fn the_layout_follows_the_choice() {
        assert_eq!(Panels::default().class(), "");
        let class = |list: &[Panel]| Panels::first([Some(list.to_vec())]).class();
        assert_eq!(class(&[Panel::Yard]), "page--chosen page--beside-0");
        assert_eq!(
            class(&[Panel::Loops, Panel::Editor, Panel::Terminal]),
            "page--chosen page--beside-2"
        );
        assert_eq!(class(&[Panel::Events]), "page--chosen page--beside-1 page--yardless");
    }

    #[test]
    fn toggling_leaves_at_least_one() {
        let one = Panels::first([Some(vec![Panel::Yard])]);
        assert_eq!(one.toggled(Panel::Terminal), [Panel::Yard, Panel::Terminal]);
        assert_eq!(one.toggled(Panel::Yard), [Panel::Yard]);
        assert!(!Panels::default().toggled(Panel::Editor).contains(&Panel::Editor));
    }
}
