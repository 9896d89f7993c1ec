//! Known mistakes: one file per mistake. Each explains, and mends with an edit where it can.
//!
//! What went wrong is found elsewhere (parser, decoder, validation) and comes here with the cluster's
//! words; the first rule that recognises the mistake says why. A rule is asked with the document and
//! returns `Some((code, why, fix))`, or nothing when it does not know better than the general text.

mod api_version_of_other_kind;
mod capital_in_name;
mod duplicate_key;
mod edits;
mod indentation;
mod master_taint;
mod misplaced_field;
mod missing_comma;
mod missing_kind;
mod missing_space;
mod not_simulated;
mod removed_api_version;
mod restart_policy;
mod selector_mismatch;
mod tab_indentation;
mod template_language;
mod typo;
mod typographic_quotes;
mod unclosed;
mod unknown_kind;
mod wrong_group;
mod wrong_list;
mod wrong_scalar;

#[cfg(test)]
mod tests;

use super::decode::{TypeError, UnknownField};
use super::diagnostic::{Diagnostic, Edit, Severity, Span};
use super::document::{Decoded, Places, Problem};
use crate::api::error::FieldError;
use crate::api::kind::Kind;
use crate::api::value::Value;
use crate::api::{defaults, strategy, validation};
use crate::language::Text;

/// Stands for the uid that an object gets when it is created.
const UID: &str = "00000000-0000-4000-8000-000000000000";

/// What a rule knows about a mistake: its code, the reason, the edit.
type Known = (&'static str, Text, Option<Edit>);

fn error(span: Span, message: &str, (code, why, fix): Known) -> Diagnostic {
    Diagnostic { severity: Severity::Error, code, span, message: message.to_owned(), why, fix }
}

/// Something that only counts.
pub(super) fn unexplained(span: Span) -> Diagnostic {
    error(span, "", ("unexplained", Text::default(), None))
}

/// A document that no cluster would store.
pub(super) fn too_large(span: Span, words: &str) -> Diagnostic {
    error(span, words, ("too-large", Text::new("manifest.too_large"), None))
}

/// A text that could not be parsed; `words` are those behind `error parsing FILE: `.
pub(super) fn syntax(places: &Places, problem: &Problem, words: &str) -> Diagnostic {
    let at = problem.at();
    let what = match problem {
        Problem::Yaml(error) => error.problem.as_str(),
        Problem::Json(_) | Problem::Separator(..) => "",
    };
    let subject = Syntax { places, at, what, context: context(problem) };
    let known = typographic_quotes::in_syntax(&subject)
        .or_else(|| template_language::check(&subject))
        .or_else(|| tab_indentation::check(&subject))
        .or_else(|| unclosed::check(&subject))
        .or_else(|| missing_comma::check(&subject))
        .or_else(|| missing_space::after_colon(&subject))
        .or_else(|| missing_space::after_dash_above(&subject))
        .or_else(|| indentation::check(&subject))
        .unwrap_or_else(|| ("syntax", general_syntax(problem), None));
    let at = if known.0 == unclosed::CODE { subject.context.unwrap_or(at) } else { at };
    error(edits::word_at(places.source(), at), words, known)
}

/// A place where parsing ended.
struct Syntax<'a> {
    places: &'a Places,
    /// Where the parser stood.
    at: usize,
    /// goyaml's problem without the line.
    what: &'a str,
    /// Where what it was reading began.
    context: Option<usize>,
}

const fn context(problem: &Problem) -> Option<usize> {
    match problem {
        Problem::Yaml(error) => error.context_at,
        Problem::Json(_) | Problem::Separator(..) => None,
    }
}

fn general_syntax(problem: &Problem) -> Text {
    match problem {
        Problem::Json(_) => Text::new("manifest.syntax.json"),
        Problem::Separator(..) => Text::new("manifest.syntax.separator"),
        Problem::Yaml(error)
            if error.problem.contains("alias") || error.problem.contains("itself") =>
        {
            Text::new("manifest.syntax.aliases")
        }
        Problem::Yaml(error) if error.problem.contains("depth") => {
            Text::new("manifest.syntax.depth")
        }
        Problem::Yaml(error)
            if error.problem.contains("UTF-8") || error.problem.contains("control") =>
        {
            Text::new("manifest.syntax.characters")
        }
        Problem::Yaml(_) => Text::new("manifest.syntax.yaml"),
    }
}

/// A document whose `apiVersion` or `kind` is missing or no text.
pub(super) fn type_meta(document: &Decoded, message: &str) -> Diagnostic {
    error(document.places.start(), message, missing_kind::check(document))
}

/// A kind that the cluster does not serve.
pub(super) fn no_match(document: &Decoded, message: &str) -> Diagnostic {
    let known = removed_api_version::check(document)
        .or_else(|| api_version_of_other_kind::check(document))
        .or_else(|| unknown_kind::check(document))
        .or_else(|| wrong_group::check(document))
        .or_else(|| not_simulated::check(document))
        .unwrap_or_else(|| unknown_kind::general(document));
    let path = if unknown_kind::is_known_kind(document) { "apiVersion" } else { "kind" };
    error(document.places.span(path), message, known)
}

/// A field that the schema does not know.
pub(super) fn unknown_field(document: &Decoded, unknown: &UnknownField) -> Diagnostic {
    let span = document.places.key(&unknown.path);
    let span = span.unwrap_or_else(|| document.places.span(&unknown.path));
    let known = missing_space::after_dash(document, unknown)
        .or_else(|| misplaced_field::check(document, unknown))
        .or_else(|| typo::check(document, unknown))
        .unwrap_or_else(|| typo::general(unknown));
    error(span, &unknown.words(), known)
}

/// A value of a wrong type.
pub(super) fn wrong_type(document: &Decoded, wrong: &TypeError) -> Diagnostic {
    let known = missing_space::in_value(document, wrong)
        .or_else(|| wrong_list::check(document, wrong))
        .or_else(|| wrong_scalar::check(document, wrong))
        .unwrap_or_else(|| wrong_scalar::general(wrong));
    error(document.places.span(&wrong.path), &wrong.message, known)
}

/// What validation found.
pub(super) fn field_error(document: &Decoded, wrong: &FieldError) -> Diagnostic {
    let known = capital_in_name::check(document, wrong)
        .or_else(|| restart_policy::check(document, wrong))
        .or_else(|| selector_mismatch::check(document, wrong))
        .unwrap_or_else(|| {
            ("invalid", Text::new("manifest.invalid").with("field", &wrong.path), None)
        });
    error(document.places.span(&wrong.path), &wrong.line(), known)
}

/// Everything else there is to say about a document: what validation will find, and what is accepted
/// but hardly meant.
pub(super) fn check(document: &Decoded) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    if document.places.root.is_some() {
        found.extend(duplicate_key::check(document));
        found.extend(master_taint::check(document));
        found.extend(typographic_quotes::check(document));
    }
    if let (Some(kind), None) = (document.kind, &document.refusal) {
        let object = as_created(document, kind);
        found.extend(document.diagnose(&validation::validate_create(kind, &object)));
        let warnings = validation::warnings(kind, &object);
        found.extend(warnings.iter().map(|words| server_warning(document, words)));
    }
    found
}

/// The object as the server would validate it.
fn as_created(document: &Decoded, kind: Kind) -> Value {
    let mut object = document.value.clone();
    let metadata = object.child("metadata");
    metadata.set("uid", UID);
    if let (None, Some(prefix)) = (metadata.str_at("name"), metadata.str_at("generateName")) {
        let name = format!("{prefix}xxxxx");
        metadata.set("name", name);
    }
    if kind.namespaced() {
        metadata.set_default("namespace", "default");
    }
    defaults::apply(kind, &mut object);
    strategy::prepare_for_create(kind, &mut object, UID);
    object
}

/// What the server takes with a warning.
fn server_warning(document: &Decoded, words: &str) -> Diagnostic {
    let path = words.split_once(": ").map_or("", |(path, _)| path);
    Diagnostic {
        severity: Severity::Warning,
        code: "server-warning",
        span: document.places.span(path),
        message: format!("Warning: {words}"),
        why: Text::new("manifest.server_warning"),
        fix: None,
    }
}
