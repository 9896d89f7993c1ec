//! `kubectl diff`: what applying the manifests would change. Follows `pkg/cmd/diff`.

use super::apply::LAST_APPLIED;
use super::manifests::{self, Document};
use super::problem::Failure;
use super::{After, Context};
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::apiserver::patch::three_way;
use crate::cluster::{Patch, WriteOptions};
use crate::manifest;

/// Runs `diff`; the status is 1 if something differs.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    if context.flags.all("filename").is_empty() && !context.flags.given("kustomize") {
        return Err(Failure::new("must specify one of -f and -k"));
    }
    let loaded = manifests::load(context).map_err(|failure| Failure { status: 2, ..failure })?;
    if let Some(mut failure) = Failure::all(loaded.failures) {
        failure.status = 2;
        return Err(failure);
    }
    let mut differs = false;
    for document in &loaded.documents {
        let (live, merged) = versions(context, document).map_err(|mut failure| {
            failure.status = 2;
            failure
        })?;
        let (old, new) = (text_of(&live), text_of(&merged));
        if old == new {
            continue;
        }
        differs = true;
        let kind = document.kind;
        let version = kind.api_version().replace('/', ".");
        let file = format!("{version}.{}.{}.{}", kind.name(), document.namespace, document.name());
        let stamp =
            context.cluster.now().rfc3339().replace('T', " ").replace('Z', ".000000000 +0000");
        context.out(&format!("diff -u -N /tmp/LIVE-1/{file} /tmp/MERGED-1/{file}\n"));
        context
            .out(&format!("--- /tmp/LIVE-1/{file}\t{stamp}\n+++ /tmp/MERGED-1/{file}\t{stamp}\n"));
        let hunks = unified(&old, &new);
        context.out(&hunks);
    }
    Ok(After::Status(i32::from(differs)))
}

fn text_of(value: &Value) -> String {
    if value.is_null() {
        return String::new();
    }
    let mut shown = value.clone();
    if let Some(Value::Object(_)) = shown.at(&["metadata", "annotations"]) {
        let annotations = shown.child("metadata").child("annotations");
        annotations.remove(LAST_APPLIED);
        if annotations.as_map().is_some_and(|map| map.is_empty()) {
            shown.child("metadata").remove("annotations");
        }
    }
    shown.child("metadata").remove("resourceVersion");
    manifest::to_yaml(&shown)
}

/// The live object, and what the server would make of it.
fn versions(context: &mut Context<'_>, document: &Document) -> Result<(Value, Value), Failure> {
    if let Some(failure) = manifests::refusal(context, document) {
        return Err(failure);
    }
    let trial = WriteOptions { dry_run: true, words: String::new() };
    let Some(live) = context.read(document.kind, &document.key()) else {
        let made = context.cluster.create(
            document.kind,
            &document.namespace,
            document.object(),
            &trial,
        )?;
        return Ok((Value::Null, made.object.to_value()));
    };
    let current = live.to_value();
    let original = live.meta().annotations.text(LAST_APPLIED);
    let original = original.and_then(|text| Value::from_json(text).ok());
    let ty = Schema::of(document.kind);
    let wanted = document.object();
    let mut original = original.unwrap_or_else(Value::empty_object);
    // Annotations that only the memory of an apply has are not what was asked for.
    if wanted.at(&["metadata", "annotations"]).is_none() {
        original.child("metadata").remove("annotations");
    }
    let patch = three_way(&original, &wanted, &current, ty).map_err(Failure::new)?;
    let result =
        context.cluster.patch(document.kind, &document.key(), Patch::Strategic(patch), &trial)?;
    Ok((current, result.object.to_value()))
}

/// How many lines around a change are shown.
const CONTEXT: usize = 3;

/// Hunks as `diff -u` prints them.
fn unified(old: &str, new: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let steps = steps(&old, &new);
    let mut text = String::new();
    let changed: Vec<usize> = (0..steps.len())
        .filter(|at| steps.get(*at).is_some_and(|(mark, _, _)| *mark != ' '))
        .collect();
    let mut groups: Vec<(usize, usize)> = Vec::new();
    for at in changed {
        let (from, to) = (at.saturating_sub(CONTEXT), (at + CONTEXT + 1).min(steps.len()));
        match groups.last_mut() {
            Some((_, end)) if from <= *end => *end = to,
            _ => groups.push((from, to)),
        }
    }
    for (from, to) in groups {
        let hunk = steps.get(from..to).unwrap_or_default();
        let count = |skip: char| hunk.iter().filter(|(mark, _, _)| *mark != skip).count();
        let (lines_old, lines_new) = (count('+'), count('-'));
        let before = steps.get(..from).unwrap_or_default();
        let start = |skip: char, lines: usize| {
            let passed = before.iter().filter(|(mark, _, _)| *mark != skip).count();
            if lines == 0 { passed } else { passed + 1 }
        };
        let span = |start: usize, lines: usize| match lines {
            1 => start.to_string(),
            lines => format!("{start},{lines}"),
        };
        let (a, b) = (start('+', lines_old), start('-', lines_new));
        text.push_str(&format!("@@ -{} +{} @@\n", span(a, lines_old), span(b, lines_new)));
        for (mark, line, _) in hunk {
            text.push_str(&format!("{mark}{line}\n"));
        }
    }
    text
}

/// Lines with their marks: the longest common sequence stays.
fn steps<'a>(old: &[&'a str], new: &[&'a str]) -> Vec<(char, &'a str, usize)> {
    let same_start = old.iter().zip(new).take_while(|(one, other)| one == other).count();
    let rest =
        (old.get(same_start..).unwrap_or_default(), new.get(same_start..).unwrap_or_default());
    let (rows, columns) = (rest.0.len(), rest.1.len());
    let mut lengths = vec![vec![0_usize; columns + 1]; rows + 1];
    let at = |lengths: &[Vec<usize>], row: usize, column: usize| {
        lengths.get(row).and_then(|row| row.get(column)).copied().unwrap_or(0)
    };
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            let longest = match rest.0.get(row) == rest.1.get(column) {
                true => at(&lengths, row + 1, column + 1) + 1,
                false => at(&lengths, row + 1, column).max(at(&lengths, row, column + 1)),
            };
            if let Some(slot) = lengths.get_mut(row).and_then(|row| row.get_mut(column)) {
                *slot = longest;
            }
        }
    }
    let mut all: Vec<(char, &str, usize)> =
        old.iter().take(same_start).map(|line| (' ', *line, 0)).collect();
    let (mut row, mut column) = (0, 0);
    while row < rows || column < columns {
        let (one, other) = (rest.0.get(row).copied(), rest.1.get(column).copied());
        match (one, other) {
            (Some(line), Some(same)) if line == same => {
                all.push((' ', line, row));
                row += 1;
                column += 1;
            }
            (Some(line), _)
                if column >= columns
                    || at(&lengths, row + 1, column) >= at(&lengths, row, column + 1) =>
            {
                all.push(('-', line, row));
                row += 1;
            }
            (_, Some(line)) => {
                all.push(('+', line, column));
                column += 1;
            }
            _ => break,
        }
    }
    all
}

#[cfg(test)]
mod tests {
    #[test]
    fn hunks_are_those_of_diff() {
        let old = "a\nb\nc\nd\ne\nf\ng\nh\n";
        let new = "a\nb\nc\nD\ne\nf\ng\nh\ni\n";
        assert_eq!(
            super::unified(old, new),
            "@@ -1,8 +1,9 @@\n a\n b\n c\n-d\n+D\n e\n f\n g\n h\n+i\n"
        );
        assert_eq!(super::unified("", "x\n"), "@@ -0,0 +1 @@\n+x\n");
    }
}
