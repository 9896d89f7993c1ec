//! Elastic columns: cells end with a tab, and a column is as wide as its widest cell in consecutive lines. Follows Go's
//! `text/tabwriter` with a padding of two blanks, which `kubectl describe` uses.

/// Aligns the cells of a text.
pub(super) fn align(text: &str) -> String {
    let lines: Vec<Vec<&str>> = text.split('\n').map(|line| line.split('\t').collect()).collect();
    let mut widths: Vec<Vec<usize>> =
        lines.iter().map(|cells| vec![0; cells.len().saturating_sub(1)]).collect();
    let most = widths.iter().map(Vec::len).max().unwrap_or(0);
    for column in 0..most {
        let mut start = 0;
        while start < lines.len() {
            let has = |line: usize| widths.get(line).is_some_and(|cells| cells.len() > column);
            if !has(start) {
                start += 1;
                continue;
            }
            let mut end = start;
            while has(end) {
                end += 1;
            }
            let cell = |line: usize| {
                lines
                    .get(line)
                    .and_then(|cells| cells.get(column))
                    .map_or(0, |cell| cell.chars().count())
            };
            let widest = (start..end).map(cell).max().unwrap_or(0);
            let width = if widest == 0 { 0 } else { widest + 2 };
            for line in start..end {
                if let Some(slot) = widths.get_mut(line).and_then(|cells| cells.get_mut(column)) {
                    *slot = width;
                }
            }
            start = end;
        }
    }
    let shown = lines.iter().zip(&widths).map(|(cells, widths)| {
        let mut line = String::new();
        for (index, cell) in cells.iter().enumerate() {
            line.push_str(cell);
            if let Some(width) = widths.get(index) {
                line.push_str(&" ".repeat(width.saturating_sub(cell.chars().count())));
            }
        }
        line
    });
    shown.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #[test]
    fn columns_align_in_consecutive_lines_only() {
        assert_eq!(
            super::align("Name:\tx\nNamespace:\ty\nIPs:\n  IP:\tz\n"),
            "Name:       x\nNamespace:  y\nIPs:\n  IP:  z\n"
        );
    }
}
