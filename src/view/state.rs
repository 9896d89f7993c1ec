//! What the person looks at: selection and panes, as values.

use crate::api::{Kind, ObjectKey};

/// What is selected on the yard.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Selection {
    /// The kind.
    pub kind: Kind,
    /// The key.
    pub key: ObjectKey,
}

/// The parts of the page that a phone shows one at a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pane {
    /// The nodes.
    #[default]
    Yard,
    /// The editor.
    Editor,
    /// The terminal.
    Terminal,
    /// Events and the inspector.
    Details,
    /// The lesson, while one is open.
    Lesson,
}

impl Pane {
    /// All, in the order of the tabs.
    pub const ALL: [Self; 4] = [Self::Yard, Self::Editor, Self::Terminal, Self::Details];

    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Yard => "page.yard",
            Self::Editor => "page.editor",
            Self::Terminal => "page.terminal",
            Self::Details => "page.details",
            Self::Lesson => "lesson.pane",
        }
    }

    /// What gets the focus when it is asked for by key.
    pub const fn focus(self) -> &'static str {
        match self {
            Self::Yard => "#yard [data-rove][tabindex='0']",
            Self::Editor => ".cm-content",
            Self::Terminal => "#command",
            Self::Details => ".pane--details [tabindex='0']",
            Self::Lesson => "#lesson",
        }
    }

    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Yard => "yard",
            Self::Editor => "editor",
            Self::Terminal => "terminal",
            Self::Details => "details",
            Self::Lesson => "lesson",
        }
    }
}

/// What the inspector shows of a selection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Facet {
    /// The chain of causes, and why nothing more happens.
    #[default]
    Why,
    /// `kubectl describe`
    Describe,
    /// The object as YAML.
    Yaml,
    /// Its events.
    Events,
    /// The log.
    Logs,
    /// What it is related to.
    Related,
}

impl Facet {
    /// All, in the order of the tabs.
    pub const ALL: [Self; 6] =
        [Self::Why, Self::Describe, Self::Yaml, Self::Events, Self::Logs, Self::Related];

    /// The key of its name.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Why => "page.why",
            Self::Describe => "page.describe",
            Self::Yaml => "page.yaml",
            Self::Events => "page.events",
            Self::Logs => "page.logs",
            Self::Related => "related.title",
        }
    }

    /// Its id in the page.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Why => "facet-why",
            Self::Describe => "facet-describe",
            Self::Yaml => "facet-yaml",
            Self::Events => "facet-events",
            Self::Logs => "facet-logs",
            Self::Related => "facet-related",
        }
    }
}

/// The speeds of the slider, slowest first: it is logarithmic, each place about one and a half times the one before.
pub const SPEEDS: [f64; 25] = [
    0.25, 0.35, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0, 15.0, 20.0, 30.0, 45.0, 60.0, 90.0,
    150.0, 240.0, 400.0, 600.0, 900.0, 1500.0, 2400.0, 3600.0,
];

/// The place of the speed nearest to `speed`.
pub fn speed_index(speed: f64) -> usize {
    SPEEDS.iter().position(|known| *known >= speed).unwrap_or(SPEEDS.len() - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slider_is_logarithmic_and_every_speed_has_a_place() {
        let steps = SPEEDS.windows(2).map(|pair| pair[1] / pair[0]);
        assert!(
            steps.clone().all(|step| (1.3..=1.7).contains(&step)),
            "{:?}",
            steps.collect::<Vec<_>>()
        );
        assert_eq!(
            [speed_index(0.1), speed_index(1.0), speed_index(50.0), speed_index(9999.0)],
            [0, 4, 15, 24]
        );
    }
}
