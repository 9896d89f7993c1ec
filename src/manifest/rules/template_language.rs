//! A template that was not rendered: `name: {{ .Values.name }}`.

use super::{Known, Syntax};
use crate::language::Text;

pub(super) fn check(subject: &Syntax<'_>) -> Option<Known> {
    let source = subject.places.source();
    let line = source.line(source.line_index(subject.at));
    let found = line.contains("{{") && line.contains("}}");
    found.then(|| ("template-language", Text::new("manifest.template_language"), None))
}
