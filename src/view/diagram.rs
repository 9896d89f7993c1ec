//! The state diagram: where each state of a pod stands, and which changes lead from one to another. Two layouts, one for
//! a wide pane and one for a narrow one; units are tenths of a letter's height, so that it grows with the text.

use super::pod::Look;

/// The changes that are drawn. Others happen too (a pod can be deleted in any state); then only the state lights up.
pub const EDGES: [(Look, Look); 13] = [
    (Look::Pending, Look::Creating),
    (Look::Creating, Look::Running),
    (Look::Creating, Look::Unready),
    (Look::Unready, Look::Running),
    (Look::Running, Look::Unready),
    (Look::Running, Look::Completed),
    (Look::Running, Look::Failed),
    (Look::Failed, Look::BackOff),
    (Look::Creating, Look::BackOff),
    (Look::BackOff, Look::Unready),
    (Look::BackOff, Look::Running),
    (Look::Running, Look::Terminating),
    (Look::Running, Look::Lost),
];

/// A layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// Two rows of five.
    Wide,
    /// Three rows of three.
    Narrow,
}

/// A point, or a size.
type Pair = (i32, i32);

impl Layout {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Wide, Self::Narrow];

    /// Its class.
    pub const fn class(self) -> &'static str {
        match self {
            Self::Wide => "wide",
            Self::Narrow => "narrow",
        }
    }

    /// Width and height of the whole.
    pub const fn size(self) -> Pair {
        match self {
            Self::Wide => (500, 66),
            Self::Narrow => (300, 88),
        }
    }

    /// Width and height of a state.
    pub const fn state(self) -> Pair {
        match self {
            Self::Wide => (84, 18),
            Self::Narrow => (84, 20),
        }
    }

    /// The middle of a state.
    pub const fn middle(self, look: Look) -> Pair {
        let (column, row) = match (self, look) {
            (_, Look::Pending) => (0, 0),
            (_, Look::Creating) => (1, 0),
            (Self::Wide, Look::Unready) => (2, 0),
            (Self::Wide, Look::Running) => (3, 0),
            (Self::Wide, Look::Completed) => (4, 0),
            (Self::Wide, Look::Lost) => (0, 1),
            (Self::Wide, Look::BackOff) => (2, 1),
            (Self::Wide, Look::Failed) => (3, 1),
            (Self::Wide, Look::Terminating) => (4, 1),
            (Self::Narrow, Look::Lost) => (2, 0),
            (Self::Narrow, Look::BackOff) => (0, 1),
            (Self::Narrow, Look::Unready) => (1, 1),
            (Self::Narrow, Look::Terminating) => (2, 1),
            (Self::Narrow, Look::Failed) => (0, 2),
            (Self::Narrow, Look::Running) => (1, 2),
            (Self::Narrow, Look::Completed) => (2, 2),
        };
        match self {
            Self::Wide => (44 + 103 * column, 22 + 33 * row),
            Self::Narrow => (44 + 106 * column, 11 + 33 * row),
        }
    }

    /// The way from one state to another, as the path of a line that ends at the border of the second.
    pub fn path(self, from: Look, to: Look) -> String {
        let ((ax, ay), (bx, by)) = (self.middle(from), self.middle(to));
        let (width, height) = self.state();
        let (wide, high) = (width / 2, height / 2);
        // Where a way leads back too, each keeps to its side.
        let side = if EDGES.contains(&(to, from)) { 4 } else { 0 };
        let (dx, dy) = ((bx - ax).signum(), (by - ay).signum());
        match (self, from, to) {
            // Over the state between.
            (Self::Wide, Look::Creating, Look::Running) => {
                format!(
                    "M{} {}Q{} {} {} {}",
                    ax + 8,
                    ay - high,
                    i32::midpoint(ax, bx),
                    ay - high - 22,
                    bx - 8,
                    by - high - 1
                )
            }
            (Self::Narrow, Look::Creating, Look::Running) => {
                format!(
                    "M{} {}Q{} {} {} {}",
                    ax + 24,
                    ay + high,
                    ax + 62,
                    i32::midpoint(ay, by),
                    bx + 24,
                    by - high - 1
                )
            }
            // Below and past the two between: only the way out is drawn.
            (Self::Wide, Look::Running, Look::Lost) => {
                let under = by + high + 6;
                format!(
                    "M{} {}Q{} {under} {} {under}L{} {under}Q{} {under} {bx} {}",
                    ax - 34,
                    ay + high,
                    ax - 34,
                    ax - 50,
                    bx + 12,
                    bx,
                    by + high + 1
                )
            }
            (Self::Narrow, Look::Running, Look::Lost) => {
                format!("M{} {}L{} {}", ax + 36, ay - high, bx - 26, by + high + 1)
            }
            _ if dy == 0 => {
                format!(
                    "M{} {}L{} {}",
                    ax + dx * wide,
                    ay + dx * side,
                    bx - dx * (wide + 1),
                    by + dx * side
                )
            }
            _ if dx == 0 => {
                format!(
                    "M{} {}L{} {}",
                    ax - dy * side,
                    ay + dy * high,
                    bx - dy * side,
                    by - dy * (high + 1)
                )
            }
            _ => format!(
                "M{} {}L{} {}",
                ax + dx * (wide - 14),
                ay + dy * high,
                bx - dx * (wide - 14),
                by - dy * (high + 1)
            ),
        }
    }
}

/// The name of a change for the page.
pub fn edge(from: Look, to: Look) -> String {
    format!("{}-{}", from.class(), to.class())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_states_overlap_and_all_fit() {
        for layout in Layout::ALL {
            let ((width, height), (wide, high)) = (layout.size(), layout.state());
            for (place, one) in Look::ALL.into_iter().enumerate() {
                let (x, y) = layout.middle(one);
                assert!(
                    x >= wide / 2
                        && x + wide / 2 <= width
                        && y >= high / 2
                        && y + high / 2 <= height,
                    "{one:?}"
                );
                for other in Look::ALL.into_iter().skip(place + 1) {
                    let (ox, oy) = layout.middle(other);
                    assert!((x - ox).abs() >= wide || (y - oy).abs() >= high, "{one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn every_way_has_a_line_of_its_own() {
        for layout in Layout::ALL {
            let mut paths: Vec<String> =
                EDGES.into_iter().map(|(from, to)| layout.path(from, to)).collect();
            assert!(paths.iter().all(|path| path.starts_with('M')));
            paths.sort_unstable();
            paths.dedup();
            assert_eq!(paths.len(), EDGES.len());
        }
        assert_eq!(edge(Look::BackOff, Look::Running), "backoff-running");
    }
}
