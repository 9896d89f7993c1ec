//! Elastic columns: cells end with a tab, and a column is as wide as its widest cell in consecutive lines. Follows Go's
//! `text/tabwriter`, and its variant that remembers widths.

/// Aligns the cells of a text as `kubectl describe` does: two blanks between columns.
pub(super) fn align(text: &str) -> String {
    Columns { least: 0, padding: 2, remembered: None }.align(text)
}

/// How columns are laid out.
#[derive(Clone, Debug)]
pub(super) struct Columns {
    least: usize,
    padding: usize,
    /// The widths of earlier texts, if they are kept.
    remembered: Option<Vec<usize>>,
}

impl Columns {
    /// As tables are printed: at least six wide, three blanks, widths only grow.
    pub(super) const fn of_tables() -> Self {
        Self { least: 6, padding: 3, remembered: Some(Vec::new()) }
    }

    /// Aligns the cells of a text.
    pub(super) fn align(&mut self, text: &str) -> String {
        let lines: Vec<Vec<&str>> =
            text.split('\n').map(|line| line.split('\t').collect()).collect();
        let mut widths: Vec<Vec<usize>> =
            lines.iter().map(|cells| vec![0; cells.len().saturating_sub(1)]).collect();
        self.block(&lines, &mut widths, 0, 0..lines.len());
        let mut aligned = String::with_capacity(text.len() * 2);
        for (index, (cells, widths)) in lines.iter().zip(&widths).enumerate() {
            if index > 0 {
                aligned.push('\n');
            }
            for (column, cell) in cells.iter().enumerate() {
                aligned.push_str(cell);
                let width = widths.get(column).copied().unwrap_or(0);
                let missing = width.saturating_sub(cell.chars().count());
                aligned.extend(std::iter::repeat_n(' ', missing));
            }
        }
        aligned
    }

    /// The widths of a column and of those right of it, in a range of lines.
    fn block(
        &mut self,
        lines: &[Vec<&str>],
        widths: &mut [Vec<usize>],
        column: usize,
        range: std::ops::Range<usize>,
    ) {
        let cell = |line: usize| -> Option<usize> {
            let cells = lines.get(line)?;
            (column + 1 < cells.len())
                .then(|| cells.get(column).map_or(0, |cell| cell.chars().count()))
        };
        let mut at = range.start;
        while at < range.end {
            let Some(first) = cell(at) else {
                at += 1;
                continue;
            };
            let (start, mut widest) = (at, first);
            while let Some(width) = cell(at).filter(|_| at < range.end) {
                widest = widest.max(width);
                at += 1;
            }
            let mut width = self.least.max(widest + self.padding);
            if let Some(remembered) = &mut self.remembered {
                if let Some(before) = remembered.get_mut(column) {
                    *before = (*before).max(width);
                    width = *before;
                } else if remembered.len() == column {
                    remembered.push(width);
                }
            }
            for slots in widths.get_mut(start..at).unwrap_or_default() {
                if let Some(slot) = slots.get_mut(column) {
                    *slot = width;
                }
            }
            self.block(lines, widths, column + 1, start..at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_align_in_consecutive_lines_only() {
        assert_eq!(
            align("Name:\tx\nNamespace:\ty\nIPs:\n  IP:\tz\n"),
            "Name:       x\nNamespace:  y\nIPs:\n  IP:  z\n"
        );
    }

    #[test]
    fn an_empty_column_takes_its_padding() {
        assert_eq!(align("a\t\tb\ncc\t\td\n"), "a     b\ncc    d\n");
    }

    #[test]
    fn tables_are_six_wide_and_only_grow() {
        let mut columns = Columns::of_tables();
        assert_eq!(columns.align("A\tB\n"), "A     B\n");
        assert_eq!(columns.align("longer\tB\n"), "longer   B\n");
        assert_eq!(columns.align("A\tB\n"), "A        B\n");
    }
}
