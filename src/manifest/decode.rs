//! Strict decoding of a JSON value against the schema of its kind: what the API server's decoder of 1.36
//! keeps, and what it says about unknown fields and wrong types.
//!
//! Follows `sigs.k8s.io/json` (a fork of Go's `encoding/json`): fields are visited in the order of their
//! names, as kubectl sends them; an unknown field is noted and left out; of the wrong types the first is
//! reported, unless a type that reads itself (a quantity, a time) refuses, which ends decoding at once.

use std::rc::Rc;

use crate::api::quantity::Quantity;
use crate::api::schema::{Field, FieldType, ObjectType, Shape};
use crate::api::value::{Map, Value};

/// A field that the schema does not know.
#[derive(Clone, Debug)]
pub(super) struct UnknownField {
    /// Where it stands, as the server names it: `spec.containers[0].imagee`.
    pub(super) path: String,
    /// Its name.
    pub(super) name: Rc<str>,
    /// The object it stands in.
    pub(super) parent: &'static ObjectType,
}

/// A value of a wrong type.
#[derive(Clone, Debug)]
pub(super) struct TypeError {
    /// Where it stands: `spec.completions`.
    pub(super) path: String,
    /// `json: cannot unmarshal string into Go struct field JobSpec.spec.completions of type int32`
    pub(super) message: String,
    /// What it should be; none if a text was of the right type but not of the right form.
    pub(super) wanted: Option<FieldType>,
    /// Whether decoding ends here.
    pub(super) last: bool,
}

/// The server reports no more unknown fields than these.
const MAX_FINDINGS: usize = 100;

/// What decoding found.
#[derive(Debug, Default)]
pub(super) struct Findings {
    pub(super) unknown: Vec<UnknownField>,
    pub(super) types: Vec<TypeError>,
}

impl Findings {
    /// What the server answers behind `cannot be handled as a Job: `.
    pub(super) fn refusal(&self) -> Option<String> {
        let fatal = self.types.iter().find(|error| error.last).or_else(|| self.types.first());
        if let Some(error) = fatal {
            return Some(error.message.clone());
        }
        let fields: Vec<String> = self.unknown.iter().map(UnknownField::words).collect();
        (!fields.is_empty()).then(|| format!("strict decoding error: {}", fields.join(", ")))
    }
}

impl UnknownField {
    /// `unknown field "spec.foo"`
    pub(super) fn words(&self) -> String {
        format!("unknown field {}", crate::api::error::go_quote(&self.path))
    }
}

/// Decodes an object of type `object`.
pub(super) fn decode(object: &'static ObjectType, value: &Value) -> (Value, Findings) {
    let mut decoder = Decoder::new(object.name);
    let clean = decoder.object(object, value.as_map().unwrap_or(&Map::new()));
    (clean, decoder.findings)
}

/// What kubectl says about the metadata of an object before it sends it; only `metadata` is looked at.
pub(super) fn metadata_error(metadata: &'static Field, value: &Value) -> Option<TypeError> {
    let mut decoder = Decoder::new("metadataOnlyObject");
    let found = value.as_map().and_then(|map| map.get("metadata"))?;
    decoder.field(metadata, found);
    let types = decoder.findings.types;
    let place = types.iter().position(|error| error.last).unwrap_or(0);
    types.into_iter().nth(place)
}

struct Decoder {
    findings: Findings,
    /// `spec.containers[0]`
    path: String,
    /// `spec.containers`: the names without indexes.
    fields: Vec<&'static str>,
    /// The Go type of the struct that is being decoded.
    inside: &'static str,
}

impl Decoder {
    fn new(inside: &'static str) -> Self {
        Self { findings: Findings::default(), path: String::new(), fields: Vec::new(), inside }
    }

    fn object(&mut self, object: &'static ObjectType, map: &Map) -> Value {
        let outside = std::mem::replace(&mut self.inside, object.go_name());
        let mut clean = Map::new();
        for (name, value) in map {
            let Some(field) = object.field(name) else {
                self.unknown(object, name);
                continue;
            };
            if let Some(value) = self.field(field, value) {
                clean.insert(Rc::clone(name), value);
            }
        }
        self.inside = outside;
        Value::from(clean)
    }

    fn unknown(&mut self, parent: &'static ObjectType, name: &Rc<str>) {
        if self.findings.unknown.len() < MAX_FINDINGS {
            let path = joined(&self.path, name);
            self.findings.unknown.push(UnknownField { path, name: Rc::clone(name), parent });
        }
    }

    fn field(&mut self, field: &'static Field, value: &Value) -> Option<Value> {
        let length = self.path.len();
        self.path = joined(&self.path, field.name);
        self.fields.push(field.name);
        let clean = self.value(field.ty, value);
        self.fields.pop();
        self.path.truncate(length);
        clean
    }

    /// The value in its Go type; none if it says nothing.
    fn value(&mut self, ty: FieldType, value: &Value) -> Option<Value> {
        if value.is_null() {
            return None;
        }
        match (ty.shape(), value) {
            (Shape::Json, _)
            | (Shape::String(_), Value::String(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Float, Value::Int(_) | Value::Float(_))
            | (Shape::Int64, Value::Int(_)) => Some(value.clone()),
            (Shape::Int32, Value::Int(number)) => match i32::try_from(*number) {
                Ok(_) => Some(value.clone()),
                Err(_) => self.wrong(ty, value, "int32"),
            },
            (Shape::IntOrString, _) => self.int_or_string(ty, value),
            (Shape::Quantity, _) => self.quantity(value),
            (Shape::Time { micro }, _) => self.time(ty, value, micro),
            (Shape::Bytes, Value::String(text)) => match base64_problem(text) {
                None => Some(value.clone()),
                Some(at) => self.refuse(format!("illegal base64 data at input byte {at}"), false),
            },
            (Shape::ResourceList, Value::Object(map)) => {
                self.map(map, |decoder, amount| decoder.quantity(amount))
            }
            (Shape::Map(element), Value::Object(map)) => {
                self.map(map, |decoder, value| decoder.value(element, value))
            }
            (Shape::Object(object), Value::Object(map)) => Some(self.object(object, map)),
            (Shape::List(element), Value::Array(items)) => Some(self.list(element, items)),
            _ => self.wrong(ty, value, &ty.go_name()),
        }
    }

    fn list(&mut self, element: FieldType, items: &[Value]) -> Value {
        let length = self.path.len();
        let clean: Vec<Value> = items
            .iter()
            .enumerate()
            .map(|(index, item)| {
                self.path.push_str(&format!("[{index}]"));
                let clean = self.value(element, item).unwrap_or_else(|| nothing(element));
                self.path.truncate(length);
                clean
            })
            .collect();
        Value::from(clean)
    }

    fn map(
        &mut self,
        map: &Map,
        mut read: impl FnMut(&mut Self, &Value) -> Option<Value>,
    ) -> Option<Value> {
        let length = self.path.len();
        let mut clean = Map::new();
        for (key, value) in map {
            self.path = joined(&self.path, key);
            let read = if value.is_null() { Some(Value::from("")) } else { read(self, value) };
            clean.extend(read.map(|value| (Rc::clone(key), value)));
            self.path.truncate(length);
        }
        Some(Value::from(clean))
    }

    fn int_or_string(&mut self, ty: FieldType, value: &Value) -> Option<Value> {
        match value {
            Value::String(_) => Some(value.clone()),
            Value::Int(number) if i32::try_from(*number).is_ok() => Some(value.clone()),
            _ => {
                let message = self.mismatch(value, "int32");
                self.error(Some(ty), message, true)
            }
        }
    }

    fn quantity(&mut self, value: &Value) -> Option<Value> {
        let text: Rc<str> = match value {
            Value::String(text) => Rc::clone(text),
            other => Rc::from(other.to_json()),
        };
        match Quantity::parse(text.trim()) {
            Ok(_) => Some(Value::String(text)),
            Err(problem) => self.refuse(problem, true),
        }
    }

    fn time(&mut self, ty: FieldType, value: &Value, micro: bool) -> Option<Value> {
        let Value::String(text) = value else {
            let message = self.mismatch(value, "string");
            return self.error(Some(ty), message, true);
        };
        match super::time::go_time_problem(text, micro) {
            None => Some(value.clone()),
            Some(problem) => self.refuse(problem, true),
        }
    }

    /// A value that its type cannot hold; decoding goes on.
    fn wrong(&mut self, ty: FieldType, value: &Value, go_type: &str) -> Option<Value> {
        let message = self.mismatch(value, go_type);
        self.error(Some(ty), message, false)
    }

    fn refuse(&mut self, message: String, last: bool) -> Option<Value> {
        self.error(None, message, last)
    }

    fn error(&mut self, wanted: Option<FieldType>, message: String, last: bool) -> Option<Value> {
        let room = self.findings.types.len() < MAX_FINDINGS;
        if room || (last && !self.findings.types.iter().any(|error| error.last)) {
            let path = self.path.clone();
            self.findings.types.push(TypeError { path, message, wanted, last });
        }
        None
    }

    fn mismatch(&self, value: &Value, go_type: &str) -> String {
        let number = matches!(go_type, "int32" | "int64");
        let found = match value {
            Value::Null => "null".into(),
            Value::Bool(_) => "bool".into(),
            Value::Int(_) | Value::Float(_) if number => format!("number {}", value.to_json()),
            Value::Int(_) | Value::Float(_) => "number".to_owned(),
            Value::String(_) => "string".into(),
            Value::Array(_) => "array".into(),
            Value::Object(_) => "object".into(),
        };
        let (inside, fields) = (self.inside, self.fields.join("."));
        format!(
            "json: cannot unmarshal {found} into Go struct field {inside}.{fields} of type {go_type}"
        )
    }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

/// What stands in a list for `null`.
fn nothing(ty: FieldType) -> Value {
    match ty.shape() {
        Shape::String(_) => Value::from(""),
        Shape::Int32 | Shape::Int64 => Value::Int(0),
        Shape::Object(_) => Value::empty_object(),
        _ => Value::Null,
    }
}

/// The first byte that Go's decoder of standard base64 trips over; line breaks are skipped.
fn base64_problem(text: &str) -> Option<usize> {
    let letters: Vec<(usize, u8)> =
        text.bytes().enumerate().filter(|(_, letter)| !matches!(letter, b'\r' | b'\n')).collect();
    let fits = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'+' | b'/');
    for (place, &(at, letter)) in letters.iter().enumerate() {
        if fits(letter) {
            continue;
        }
        let padding = letters.len() - place;
        let closes = letter == b'='
            && place % 4 >= 2
            && padding == 4 - place % 4
            && letters.iter().skip(place).all(|(_, letter)| *letter == b'=');
        return if closes { None } else { Some(at) };
    }
    let rest = letters.len() % 4;
    (rest != 0).then(|| letters.get(letters.len() - rest).map_or(0, |(at, _)| *at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::kind::Kind;
    use crate::api::schema::Schema;

    #[track_caller]
    fn check(kind: Kind, json: &str, wanted: Option<&str>) -> Value {
        let (value, findings) = decode(Schema::of(kind), &Value::from_json(json).unwrap());
        assert_eq!(findings.refusal().as_deref(), wanted, "{json}");
        value
    }

    #[test]
    fn unknown_fields_are_named_in_the_order_of_the_names() {
        check(
            Kind::Pod,
            r#"{"spec":{"containers":[{"name":"c","imagee":"j","comand":["a"]}]}}"#,
            Some(
                r#"strict decoding error: unknown field "spec.containers[0].comand", unknown field "spec.containers[0].imagee""#,
            ),
        );
        let value = check(
            Kind::Pod,
            r#"{"spec":{"contianers":[]}}"#,
            Some(r#"strict decoding error: unknown field "spec.contianers""#),
        );
        assert_eq!(value.to_json(), r#"{"spec":{}}"#);
    }

    #[test]
    fn wrong_types_have_gos_words() {
        let field = |words: &str| format!("json: cannot unmarshal {words}");
        for (kind, json, wanted) in [
            (
                Kind::Job,
                r#"{"spec":{"completions":"5"}}"#,
                field("string into Go struct field JobSpec.spec.completions of type int32"),
            ),
            (
                Kind::Job,
                r#"{"spec":{"completions":1.5}}"#,
                field("number 1.5 into Go struct field JobSpec.spec.completions of type int32"),
            ),
            (
                Kind::Job,
                r#"{"spec":{"parallelism":3000000000}}"#,
                field(
                    "number 3000000000 into Go struct field JobSpec.spec.parallelism of type int32",
                ),
            ),
            (
                Kind::Job,
                r#"{"spec":{"activeDeadlineSeconds":true}}"#,
                field("bool into Go struct field JobSpec.spec.activeDeadlineSeconds of type int64"),
            ),
            (
                Kind::Pod,
                r#"{"spec":{"containers":[{"ports":"80"}]}}"#,
                field(
                    "string into Go struct field Container.spec.containers.ports of type []v1.ContainerPort",
                ),
            ),
            (
                Kind::Pod,
                r#"{"spec":{"containers":{"name":"c"}}}"#,
                field("object into Go struct field PodSpec.spec.containers of type []v1.Container"),
            ),
            (
                Kind::Pod,
                r#"{"spec":{"restartPolicy":1}}"#,
                field(
                    "number into Go struct field PodSpec.spec.restartPolicy of type v1.RestartPolicy",
                ),
            ),
            (
                Kind::Pod,
                r#"{"spec":{"containers":[{"env":[{"name":"A","value":1}]}]}}"#,
                field(
                    "number into Go struct field EnvVar.spec.containers.env.value of type string",
                ),
            ),
            (
                Kind::Pod,
                r#"{"spec":{"nodeSelector":{"a":true}}}"#,
                field("bool into Go struct field PodSpec.spec.nodeSelector of type string"),
            ),
            (
                Kind::Pod,
                r#"{"spec":{"containers":[{"args":["a",1]}]}}"#,
                field("number into Go struct field Container.spec.containers.args of type string"),
            ),
            (
                Kind::DaemonSet,
                r#"{"spec":{"updateStrategy":{"rollingUpdate":{"maxUnavailable":true}}}}"#,
                field(
                    "bool into Go struct field RollingUpdateDaemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable of type int32",
                ),
            ),
            (
                Kind::Job,
                r#"{"spec":"x"}"#,
                field("string into Go struct field Job.spec of type v1.JobSpec"),
            ),
        ] {
            check(kind, json, Some(&wanted));
        }
    }

    #[test]
    fn a_type_that_reads_itself_ends_decoding() {
        check(
            Kind::Pod,
            r#"{"spec":{"containers":[{"image":1,"resources":{"limits":{"cpu":"1x"}}}]}}"#,
            Some(
                "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'",
            ),
        );
        check(Kind::Secret, r#"{"data":{"a":"eA="}}"#, Some("illegal base64 data at input byte 2"));
        check(Kind::Secret, r#"{"data":{"a":"eA==","b":"eHl6"}}"#, None);
    }

    #[test]
    fn numbers_become_quantities_and_nulls_vanish() {
        let value = check(
            Kind::Pod,
            r#"{"metadata":{"creationTimestamp":null,"labels":{"a":null}},"spec":{"containers":[{"args":["x",null],"resources":{"limits":{"cpu":1,"memory":0.5}}}],"volumes":null}}"#,
            None,
        );
        assert_eq!(
            value.to_json(),
            r#"{"metadata":{"labels":{"a":""}},"spec":{"containers":[{"args":["x",""],"resources":{"limits":{"cpu":"1","memory":"0.5"}}}]}}"#
        );
    }

    #[test]
    fn type_errors_win_over_unknown_fields() {
        check(
            Kind::Job,
            r#"{"spec":{"completions":"5","paralleism":1}}"#,
            Some(
                "json: cannot unmarshal string into Go struct field JobSpec.spec.completions of type int32",
            ),
        );
    }

    #[test]
    fn metadata_is_checked_by_kubectl() {
        let metadata = Schema::of(Kind::Pod).field("metadata").unwrap();
        let message = |json: &str| {
            metadata_error(metadata, &Value::from_json(json).unwrap()).map(|error| error.message)
        };
        assert_eq!(
            message(r#"{"metadata":{"labels":{"a":1}}}"#).as_deref(),
            Some(
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels of type string"
            )
        );
        assert_eq!(
            message(r#"{"metadata":{"name":true}}"#).as_deref(),
            Some(
                "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string"
            )
        );
        assert_eq!(
            message(r#"{"metadata":"x"}"#).as_deref(),
            Some(
                "json: cannot unmarshal string into Go struct field metadataOnlyObject.metadata of type v1.ObjectMeta"
            )
        );
        assert_eq!(message(r#"{"metadata":{"name":"x","foo":1},"spec":1}"#), None);
    }
}
