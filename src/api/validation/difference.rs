//! Two values side by side, as a unified diff of their indented JSON. Follows
//! `k8s.io/apimachinery/pkg/util/diff.Diff` and `github.com/pmezard/go-difflib`, which is Python's difflib: the longest
//! run of equal lines first, then what is left of and right of it.

use crate::sim::order::Order as _;
use std::collections::BTreeMap;
use std::ops::Range;

/// Lines of context around a change.
const CONTEXT: usize = 3;

/// The unified diff of two compact JSON texts.
pub(crate) fn unified(before: &str, after: &str) -> String {
    let (before, after) = (indented(before), indented(after));
    let (a, b): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut text = String::new();
    for group in grouped(changes(&a, &b)) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        text.push_str(&format!(
            "@@ -{} +{} @@\n",
            lines_of(first.a.start..last.a.end),
            lines_of(first.b.start..last.b.end)
        ));
        let mut push = |sign: char, lines: &[&str]| {
            for line in lines {
                text.push(sign);
                text.push_str(line);
                text.push('\n');
            }
        };
        for part in &group {
            let (old, new) = (a.get(part.a.clone()), b.get(part.b.clone()));
            if part.equal {
                push(' ', old.unwrap_or_default());
            } else {
                push('-', old.unwrap_or_default());
                push('+', new.unwrap_or_default());
            }
        }
    }
    text
}

/// `START,COUNT` as the head of a hunk names lines.
fn lines_of(range: Range<usize>) -> String {
    match range.len() {
        0 => format!("{},0", range.start),
        1 => format!("{}", range.start + 1),
        count => format!("{},{count}", range.start + 1),
    }
}

/// JSON with a line per value, one blank per level, as Go's `MarshalIndent` writes it.
fn indented(json: &str) -> String {
    let mut text = String::new();
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut letters = json.chars().peekable();
    while let Some(letter) = letters.next() {
        if quoted {
            text.push(letter);
            quoted = escaped || letter != '"';
            escaped = letter == '\\' && !escaped;
            continue;
        }
        let empty =
            letters.peek().is_some_and(|next| matches!((letter, next), ('{', '}') | ('[', ']')));
        match letter {
            '{' | '[' if empty => {
                text.push(letter);
                text.extend(letters.next());
            }
            '{' | '[' => {
                depth += 1;
                text.push(letter);
                new_line(&mut text, depth);
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut text, depth);
                text.push(letter);
            }
            ',' => {
                text.push(letter);
                new_line(&mut text, depth);
            }
            ':' => text.push_str(": "),
            _ => {
                quoted = letter == '"';
                text.push(letter);
            }
        }
    }
    text
}

fn new_line(text: &mut String, depth: usize) {
    text.push('\n');
    text.extend(std::iter::repeat_n(' ', depth));
}

/// A stretch of lines that are equal in both texts, or differ.
#[derive(Clone, Debug)]
struct Part {
    equal: bool,
    a: Range<usize>,
    b: Range<usize>,
}

/// Both texts cut into stretches.
fn changes(a: &[&str], b: &[&str]) -> Vec<Part> {
    let places = places(b);
    let mut blocks = Vec::new();
    let mut queue = vec![(0..a.len(), 0..b.len())];
    while let Some((in_a, in_b)) = queue.pop() {
        let (i, j, size) = longest_match(a, b, &places, in_a.clone(), in_b.clone());
        if size > 0 {
            blocks.push((i, j, size));
            queue.push((in_a.start..i, in_b.start..j));
            queue.push((i + size..in_a.end, j + size..in_b.end));
        }
    }
    blocks.order();
    blocks.push((a.len(), b.len(), 0));
    let mut parts: Vec<Part> = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (next_i, next_j, size) in blocks {
        if i < next_i || j < next_j {
            parts.push(Part { equal: false, a: i..next_i, b: j..next_j });
        }
        (i, j) = (next_i + size, next_j + size);
        match parts.last_mut() {
            // Neighbouring runs of equal lines are one.
            Some(last) if last.equal && size > 0 && last.a.end == next_i => {
                last.a.end = i;
                last.b.end = j;
            }
            _ if size > 0 => parts.push(Part { equal: true, a: next_i..i, b: next_j..j }),
            _ => {}
        }
    }
    parts
}

/// Where each line stands in the second text; in a long text without those that stand there too often.
fn places<'a>(b: &[&'a str]) -> BTreeMap<&'a str, Vec<usize>> {
    let mut places: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, line) in b.iter().enumerate() {
        places.entry(line).or_default().push(index);
    }
    if b.len() >= 200 {
        let most = b.len() / 100 + 1;
        places.retain(|_, indexes| indexes.len() <= most);
    }
    places
}

fn longest_match(
    a: &[&str],
    b: &[&str],
    places: &BTreeMap<&str, Vec<usize>>,
    in_a: Range<usize>,
    in_b: Range<usize>,
) -> (usize, usize, usize) {
    let (mut best_i, mut best_j, mut best) = (in_a.start, in_b.start, 0);
    // How long the run of equal lines is that ends at this line of the second text.
    let mut lengths: BTreeMap<usize, usize> = BTreeMap::new();
    for i in in_a.clone() {
        let mut next = BTreeMap::new();
        let found = a.get(i).and_then(|line| places.get(line)).map_or(&[][..], Vec::as_slice);
        for &j in found.iter().filter(|j| in_b.contains(j)) {
            let length = j.checked_sub(1).and_then(|j| lengths.get(&j)).unwrap_or(&0) + 1;
            next.insert(j, length);
            if length > best {
                (best_i, best_j, best) = (i + 1 - length, j + 1 - length, length);
            }
        }
        lengths = next;
    }
    // Lines that were left out above may still make the run longer at both ends.
    while best_i > in_a.start && best_j > in_b.start && a.get(best_i - 1) == b.get(best_j - 1) {
        (best_i, best_j, best) = (best_i - 1, best_j - 1, best + 1);
    }
    while best_i + best < in_a.end
        && best_j + best < in_b.end
        && a.get(best_i + best) == b.get(best_j + best)
    {
        best += 1;
    }
    (best_i, best_j, best)
}

/// The stretches in groups that are far apart, with a few equal lines around each change.
fn grouped(mut parts: Vec<Part>) -> Vec<Vec<Part>> {
    if !parts.iter().any(|part| !part.equal) {
        return Vec::new();
    }
    if let Some(first) = parts.first_mut().filter(|part| part.equal) {
        keep_end(first);
    }
    if let Some(last) = parts.last_mut().filter(|part| part.equal) {
        keep_start(last);
    }
    let mut groups = Vec::new();
    let mut group = Vec::new();
    for mut part in parts {
        if part.equal && part.a.len() > 2 * CONTEXT {
            let mut before = part.clone();
            keep_start(&mut before);
            group.push(before);
            groups.push(std::mem::take(&mut group));
            keep_end(&mut part);
        }
        group.push(part);
    }
    if group.iter().any(|part| !part.equal) {
        groups.push(group);
    }
    groups
}

fn keep_start(part: &mut Part) {
    part.a.end = part.a.end.min(part.a.start + CONTEXT);
    part.b.end = part.b.end.min(part.b.start + CONTEXT);
}

fn keep_end(part: &mut Part) {
    part.a.start = part.a.start.max(part.a.end.saturating_sub(CONTEXT));
    part.b.start = part.b.start.max(part.b.end.saturating_sub(CONTEXT));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_indented_as_go_does() {
        assert_eq!(
            indented(r#"{"a":[1,{"b":"x,\"{"}],"c":{},"d":[],"e":null}"#),
            "{\n \"a\": [\n  1,\n  {\n   \"b\": \"x,\\\"{\"\n  }\n ],\n \"c\": {},\n \"d\": [],\n \"e\": null\n}"
        );
    }

    #[test]
    fn a_changed_line_with_its_neighbours() {
        let numbers = |changed: &str| format!("[1,2,3,4,5,{changed},7,8,9,10,11]");
        assert_eq!(
            unified(&numbers("6"), &numbers("60")),
            "@@ -4,7 +4,7 @@\n  3,\n  4,\n  5,\n- 6,\n+ 60,\n  7,\n  8,\n  9,\n"
        );
        assert_eq!(unified("[1]", "[1]"), "");
        assert_eq!(unified("[1,2]", "[1,5,2]"), "@@ -1,4 +1,5 @@\n [\n  1,\n+ 5,\n  2\n ]\n");
    }
}
