//! What went wrong, and how kubectl says it. Follows `checkErr` in `pkg/cmd/util/helpers.go`.

use crate::api::error::go_quote;
use crate::api::{ApiError, Kind, Reason};
use crate::language::Text;

/// One thing that went wrong.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Problem {
    /// The API server refused.
    Api(ApiError),
    /// kubectl's own words, without `error: `.
    Words(String),
    /// Lines to print as they are.
    Verbatim(String),
}

/// Why a command failed.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Failure {
    pub(super) problems: Vec<Problem>,
    /// The exit status.
    pub(super) status: i32,
    /// What stands on standard output nevertheless.
    pub(super) out: String,
    /// Plain sentences for the reader.
    pub(super) explain: Vec<Text>,
}

impl Failure {
    /// `error: WORDS`
    pub(super) fn new(words: impl Into<String>) -> Self {
        Self::of(Problem::Words(words.into()))
    }

    pub(super) fn of(problem: Problem) -> Self {
        Self { problems: vec![problem], status: 1, out: String::new(), explain: Vec::new() }
    }

    /// Lines as they are.
    pub(super) fn verbatim(lines: impl Into<String>) -> Self {
        Self::of(Problem::Verbatim(lines.into()))
    }

    /// `error: WORDS`, and where the help is.
    pub(super) fn usage(command: &str, words: &str) -> Self {
        Self::new(format!("{words}\nSee 'kubectl {command} -h' for help and examples"))
    }

    /// The refusal of flags.
    pub(super) fn flags(command: &str, words: &str) -> Self {
        if command == "options" {
            return Self::verbatim(format!("Error: {words}\nRun 'kubectl options' without flags."));
        }
        let space = if command.is_empty() { "" } else { " " };
        Self::verbatim(format!("Error: {words}\nSee 'kubectl{space}{command} --help' for usage."))
    }

    /// `error: required flag(s) "a", "b" not set`
    pub(super) fn required_flags(names: &[&str]) -> Self {
        let names: Vec<String> = names.iter().map(|name| go_quote(name)).collect();
        Self::new(format!("required flag(s) {} not set", names.join(", ")))
    }

    /// `Error from server (NotFound): pods "x" not found`
    pub(super) fn not_found(kind: Kind, name: &str) -> Self {
        ApiError::not_found(&kind.resource(), name).into()
    }

    /// Whether nothing is wrong but that objects are not there.
    pub(super) fn is_not_found(&self) -> bool {
        let missing =
            |one: &Problem| matches!(one, Problem::Api(error) if error.reason == Reason::NotFound);
        self.problems.iter().all(missing)
    }

    /// Several failures as one; nothing if there are none.
    pub(super) fn all(failures: Vec<Self>) -> Option<Self> {
        let mut failures = failures.into_iter();
        let mut first = failures.next()?;
        for failure in failures {
            first.problems.extend(failure.problems);
            first.explain.extend(failure.explain);
        }
        Some(first)
    }

    /// The same with a plain sentence beside it.
    #[must_use]
    pub(super) fn explained(mut self, text: Text) -> Self {
        self.explain.push(text);
        self
    }

    /// The lines on standard error.
    pub(super) fn lines(&self) -> String {
        let text = match self.problems.as_slice() {
            [] => return String::new(),
            [one] => one.alone(),
            many => many.iter().map(|one| format!("{}\n", one.among_others())).collect(),
        };
        if text.is_empty() || text.ends_with('\n') { text } else { format!("{text}\n") }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Self {
        Self::of(Problem::Api(error))
    }
}

impl Problem {
    fn alone(&self) -> String {
        match self {
            Self::Api(error) if error.reason == Reason::Invalid => invalid(error),
            Self::Api(error) => from_server(error),
            Self::Words(words) if words.starts_with("error: ") => words.clone(),
            Self::Words(words) => format!("error: {words}"),
            Self::Verbatim(lines) => lines.clone(),
        }
    }

    fn among_others(&self) -> String {
        match self {
            Self::Api(error) => from_server(error),
            Self::Words(words) | Self::Verbatim(words) => words.clone(),
        }
    }
}

/// `Error from server (REASON): MESSAGE`
pub(super) fn from_server(error: &ApiError) -> String {
    format!("Error from server ({}): {}", error.reason.word(), error.message)
}

/// The refusal of an object's fields, one per line if there are several.
fn invalid(error: &ApiError) -> String {
    let mut head = "The request is invalid".to_owned();
    if !error.kind.is_empty() || !error.name.is_empty() {
        head = format!("The {} {} is invalid", error.kind, go_quote(&error.name));
    } else if error.causes.is_empty() {
        return format!("{head}: {}", error.message);
    }
    let mut lines: Vec<String> = Vec::new();
    let mut told = std::collections::BTreeSet::new();
    for cause in &error.causes {
        let line = cause.line();
        if told.insert(line.clone()) {
            lines.push(line);
        }
    }
    match lines.as_slice() {
        [] => head,
        [one] => format!("{head}: {one}"),
        many => {
            let list: String = many.iter().map(|line| format!("* {line}\n")).collect();
            format!("{head}: \n{list}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::error::FieldError;

    #[test]
    fn one_problem_has_its_prefix_and_several_have_none() {
        let words = Failure::new("timed out waiting for the condition on pods/a");
        assert_eq!(words.lines(), "error: timed out waiting for the condition on pods/a\n");
        let two = Failure::all(vec![words.clone(), words]).unwrap();
        assert_eq!(two.lines(), "timed out waiting for the condition on pods/a\n".repeat(2));
    }

    #[test]
    fn an_invalid_object_names_its_fields() {
        let one = FieldError::required("spec.containers", "");
        let two = FieldError::required("spec.x", "y");
        let error = ApiError::invalid("Pod", "x", vec![one.clone()]);
        assert_eq!(
            Failure::from(error).lines(),
            "The Pod \"x\" is invalid: spec.containers: Required value\n"
        );
        let error = ApiError::invalid("Pod", "x", vec![one, two]);
        assert_eq!(
            Failure::from(error).lines(),
            "The Pod \"x\" is invalid: \n* spec.containers: Required value\n* spec.x: Required value: y\n"
        );
        let bare = ApiError::new(Reason::Invalid, "words");
        assert_eq!(Failure::from(bare).lines(), "The request is invalid: words\n");
    }
}
