//! What the API server answers when it refuses: upstream's `Status`, and the field errors inside it.

use super::value::Value;

/// The kind of a field error. Follows `k8s.io/apimachinery/pkg/util/validation/field.ErrorType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FieldErrorKind {
    /// `Required value`
    Required,
    /// `Invalid value`
    Invalid,
    /// `Invalid value`, as the field's type does not fit
    TypeInvalid,
    /// `Unsupported value`
    NotSupported,
    /// `Duplicate value`
    Duplicate,
    /// `Forbidden`
    Forbidden,
    /// `Too long`
    TooLong,
    /// `Too many`
    TooMany,
    /// `Internal error`
    Internal,
}

/// One thing that is wrong with a field.
#[derive(Clone, Debug, PartialEq)]
pub struct FieldError {
    /// What kind of wrong.
    pub kind: FieldErrorKind,
    /// The field: `spec.template.spec.containers[0].name`, map keys in brackets (`metadata.labels[a/b]`).
    pub path: String,
    /// Everything after the path and `: `, exactly as upstream prints it (`Invalid value: -1: must be …`).
    pub text: String,
}

impl FieldError {
    /// `PATH: TEXT`, as kubectl prints it.
    pub fn line(&self) -> String {
        format!("{}: {}", self.path, self.text)
    }

    fn new(kind: FieldErrorKind, path: impl Into<String>, text: String) -> Self {
        Self { kind, path: path.into(), text }
    }

    /// `Required value`, with `: DETAIL` unless the detail is empty.
    pub fn required(path: impl Into<String>, detail: &str) -> Self {
        Self::new(FieldErrorKind::Required, path, with_detail("Required value".into(), detail))
    }

    /// `Invalid value: VALUE: DETAIL`; strings quoted as Go does, objects and lists as JSON.
    pub fn invalid(path: impl Into<String>, value: &Value, detail: &str) -> Self {
        Self::new(
            FieldErrorKind::Invalid,
            path,
            with_detail(format!("Invalid value: {}", shown(value)), detail),
        )
    }

    /// `Unsupported value: VALUE: supported values: "A", "B"`, in the order given.
    pub fn not_supported(path: impl Into<String>, value: &Value, supported: &[&str]) -> Self {
        let quoted: Vec<String> = supported.iter().map(|word| go_quote(word)).collect();
        let detail = match quoted.is_empty() {
            true => String::new(),
            false => format!("supported values: {}", quoted.join(", ")),
        };
        Self::new(
            FieldErrorKind::NotSupported,
            path,
            with_detail(format!("Unsupported value: {}", shown(value)), &detail),
        )
    }

    /// `Duplicate value: VALUE`.
    pub fn duplicate(path: impl Into<String>, value: &Value) -> Self {
        Self::new(FieldErrorKind::Duplicate, path, format!("Duplicate value: {}", shown(value)))
    }

    /// `Forbidden: DETAIL`.
    pub fn forbidden(path: impl Into<String>, detail: &str) -> Self {
        Self::new(FieldErrorKind::Forbidden, path, with_detail("Forbidden".into(), detail))
    }

    /// `Too long: may not be more than MAX bytes`.
    pub fn too_long(path: impl Into<String>, max: usize) -> Self {
        Self::new(
            FieldErrorKind::TooLong,
            path,
            format!("Too long: may not be more than {max} bytes"),
        )
    }

    /// `Too many: ACTUAL: must have at most MAX items`.
    pub fn too_many(path: impl Into<String>, actual: usize, max: usize) -> Self {
        Self::new(
            FieldErrorKind::TooMany,
            path,
            format!("Too many: {actual}: must have at most {max} items"),
        )
    }

    /// A field error whose text is given whole, for the places where upstream's own text is irregular.
    pub fn verbatim(
        kind: FieldErrorKind,
        path: impl Into<String>,
        text: impl Into<String>,
    ) -> Self {
        Self::new(kind, path, text.into())
    }
}

fn with_detail(text: String, detail: &str) -> String {
    if detail.is_empty() { text } else { format!("{text}: {detail}") }
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => go_quote(text),
        other => other.to_json(),
    }
}

/// A string in double quotes as Go's `%q` writes it.
pub fn go_quote(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{7}' => quoted.push_str("\\a"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{b}' => quoted.push_str("\\v"),
            '\u{c}' => quoted.push_str("\\f"),
            control if u32::from(control) < 0x20 || control == '\u{7f}' => {
                quoted.push_str(&format!("\\x{:02x}", u32::from(control)));
            }
            other => quoted.push(other),
        }
    }
    quoted.push('"');
    quoted
}

/// Why a verb was refused. Follows `k8s.io/apimachinery/pkg/apis/meta/v1.StatusReason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// 400
    BadRequest,
    /// 403
    Forbidden,
    /// 404
    NotFound,
    /// 405
    MethodNotAllowed,
    /// 409, on create
    AlreadyExists,
    /// 409, on a stale resource version or uid
    Conflict,
    /// 410
    Expired,
    /// 422
    Invalid,
    /// 429
    TooManyRequests,
    /// 500
    InternalError,
}

impl Reason {
    /// The word kubectl prints in `Error from server (WORD)`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::BadRequest => "BadRequest",
            Self::Forbidden => "Forbidden",
            Self::NotFound => "NotFound",
            Self::MethodNotAllowed => "MethodNotAllowed",
            Self::AlreadyExists => "AlreadyExists",
            Self::Conflict => "Conflict",
            Self::Expired => "Expired",
            Self::Invalid => "Invalid",
            Self::TooManyRequests => "TooManyRequests",
            Self::InternalError => "InternalError",
        }
    }

    /// The HTTP status code.
    pub const fn code(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::AlreadyExists | Self::Conflict => 409,
            Self::Expired => 410,
            Self::Invalid => 422,
            Self::TooManyRequests => 429,
            Self::InternalError => 500,
        }
    }
}

/// A refusal of a verb: upstream's `Status`.
#[derive(Clone, Debug, PartialEq)]
pub struct ApiError {
    /// The reason as a word and a code.
    pub reason: Reason,
    /// The message, as upstream prints it.
    pub message: String,
    /// The kind the message is about (`Job`), for `The Job "x" is invalid`.
    pub kind: String,
    /// The name the message is about.
    pub name: String,
    /// For `Invalid`: every field that is wrong.
    pub causes: Vec<FieldError>,
}

impl ApiError {
    /// A refusal with a message and nothing else.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            kind: String::new(),
            name: String::new(),
            causes: Vec::new(),
        }
    }

    /// `pods "x" not found`; `resource` is the plural with its group (`jobs.batch`).
    pub fn not_found(resource: &str, name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::new(Reason::NotFound, format!("{resource} {} not found", go_quote(name)))
        }
    }

    /// `jobs.batch "x" already exists`.
    pub fn already_exists(resource: &str, name: &str) -> Self {
        Self {
            name: name.into(),
            ..Self::new(
                Reason::AlreadyExists,
                format!("{resource} {} already exists", go_quote(name)),
            )
        }
    }

    /// `Operation cannot be fulfilled on jobs.batch "x": DETAIL`.
    pub fn conflict(resource: &str, name: &str, detail: &str) -> Self {
        let message =
            format!("Operation cannot be fulfilled on {resource} {}: {detail}", go_quote(name));
        Self { name: name.into(), ..Self::new(Reason::Conflict, message) }
    }

    /// `jobs.batch "x" is forbidden: DETAIL`.
    pub fn forbidden(resource: &str, name: &str, detail: &str) -> Self {
        let message = format!("{resource} {} is forbidden: {detail}", go_quote(name));
        Self { name: name.into(), ..Self::new(Reason::Forbidden, message) }
    }

    /// `Job.batch "x" is invalid: …`, with every field error; `kind` with its group (`Job.batch`, `Pod`).
    /// Identical lines are reported once.
    pub fn invalid(kind: &str, name: &str, errors: Vec<FieldError>) -> Self {
        let mut causes: Vec<FieldError> = Vec::with_capacity(errors.len());
        let mut told = std::collections::BTreeSet::new();
        for error in errors {
            if told.insert(error.line()) {
                causes.push(error);
            }
        }
        let lines: Vec<String> = causes.iter().map(FieldError::line).collect();
        let detail = match lines.as_slice() {
            [one] => one.clone(),
            many => format!("[{}]", many.join(", ")),
        };
        let message = format!("{kind} {} is invalid: {detail}", go_quote(name));
        let bare_kind = kind.split('.').next().unwrap_or(kind).to_owned();
        Self { reason: Reason::Invalid, message, kind: bare_kind, name: name.into(), causes }
    }
}
