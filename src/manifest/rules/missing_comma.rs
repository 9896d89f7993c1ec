//! Two items of a flow list or map without a comma between them: `['sh', '-c' 'echo']`.

use super::{Known, Syntax};
use crate::language::Text;
use crate::manifest::diagnostic::Edit;

pub(super) fn check(subject: &Syntax<'_>) -> Option<Known> {
    if !matches!(
        subject.what,
        "did not find expected ',' or ']'" | "did not find expected ',' or '}'"
    ) {
        return None;
    }
    let text = subject.places.source().text();
    let before = text.get(..subject.at)?.trim_end();
    let after = text.get(subject.at..)?;
    if after.starts_with(':') || before.ends_with(['[', '{', ',']) {
        return None;
    }
    let edit = Edit::replace(Text::new("manifest.fix.comma"), before.len(), before.len(), ",");
    Some(("missing-comma", Text::new("manifest.missing_comma"), Some(edit)))
}
