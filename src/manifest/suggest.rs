//! Did you mean: the word that a misspelt one most likely stands for.

/// The candidate nearest to `word`, if it is near enough to be meant. Of equally near ones the first.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    nearest_that(word, candidates, |_| true)
}

/// The nearest candidate that fits; asked only about those that are near enough.
pub(super) fn nearest_that<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    fits: impl Fn(&str) -> bool,
) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let length = word.chars().count();
    let reach = (length / 3).clamp(1, 3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= reach)
        .map(|candidate| (distance(&folded, &candidate.to_lowercase()), candidate))
        .filter(|(distance, candidate)| *distance <= reach && fits(candidate))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be put in, taken out, changed, or swapped with their neighbour
/// (Damerau and Levenshtein; each letter is touched once).
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let width = other.len() + 1;
    let mut rows: [Vec<usize>; 3] = [vec![0; width], vec![0; width], (0..width).collect()];
    for (row, letter) in one.iter().enumerate() {
        rows.rotate_left(1);
        let [before, above, current] = &mut rows;
        current.clear();
        current.push(row + 1);
        for (column, candidate) in other.iter().enumerate() {
            let at =
                |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX / 2);
            let changed = at(above, column) + usize::from(letter != candidate);
            let removed = at(above, column + 1) + 1;
            let added = at(current, column) + 1;
            let swapped = row > 0
                && column > 0
                && one.get(row - 1) == Some(candidate)
                && other.get(column - 1) == Some(letter);
            let swap = if swapped { at(before, column - 1) + 1 } else { usize::MAX };
            current.push(changed.min(removed).min(added).min(swap));
        }
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_put_in_taken_out_changed_or_swapped_count_one() {
        for (one, other, wanted) in [
            ("", "", 0),
            ("abc", "abc", 0),
            ("conatiners", "containers", 1),
            ("comletions", "completions", 1),
            ("paralleism", "parallelism", 1),
            ("startingdeadlinesenconds", "startingdeadlineseconds", 1),
            ("dameonset", "daemonset", 1),
            ("kitten", "sitting", 3),
            ("", "abc", 3),
        ] {
            assert_eq!(distance(one, other), wanted, "{one} {other}");
        }
    }

    #[test]
    fn only_near_words_are_suggested() {
        let words = ["containers", "initContainers", "volumes", "tty"];
        assert_eq!(nearest("conatiners", words), Some("containers"));
        assert_eq!(nearest("Containers", words), Some("containers"));
        assert_eq!(nearest("foo", words), None);
        assert_eq!(nearest("tt", words), Some("tty"));
    }
}
