//! Whether JSON fits the schema of a kind: what a patched object must do before it is looked at as an object.

use crate::api::kind::Kind;
use crate::api::schema::{FieldType, ObjectType, Schema, Shape};
use crate::api::value::{Map, Value};

/// JSON brought into the form of the schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Conformed {
    /// The fields that the schema knows.
    pub value: Value,
    /// The paths of those it does not.
    pub unknown: Vec<String>,
}

/// A value that its field cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// `number`, `string`, `bool`, `array`, `object`
    found: &'static str,
    /// The Go type that holds the field.
    holder: String,
    /// The field's path, without indexes.
    path: String,
    /// The Go type of the field.
    wanted: String,
}

impl Mismatch {
    /// The words of Go's JSON decoder.
    pub fn decoder_words(&self) -> String {
        let Self { found, holder, path, wanted } = self;
        format!(
            "json: cannot unmarshal {found} into Go struct field {holder}.{path} of type {wanted}"
        )
    }

    /// The words of the converter of unstructured objects, which strategic patches go through.
    pub fn converter_words(&self) -> String {
        let wanted = &self.wanted;
        match (self.found, wanted.as_str()) {
            (_, "int32" | "int64" | "bool" | "float64") => format!("unrecognized type: {wanted}"),
            (found, wanted) if wanted.starts_with('[') => {
                format!("cannot restore slice from {}", converter_name(found))
            }
            (found, wanted) if wanted.starts_with("map[") => {
                format!("cannot restore map from {}", converter_name(found))
            }
            (_, "string") => "unrecognized type: string".into(),
            (found, _) => format!("cannot restore struct from: {}", converter_name(found)),
        }
    }
}

fn converter_name(found: &str) -> &str {
    match found {
        "number" => "int64",
        "array" => "slice",
        "object" => "map",
        other => other,
    }
}

/// The fields of `value` that the schema of `kind` knows, in their types.
///
/// # Errors
/// The first value that its field cannot hold.
pub fn conform(value: &Value, kind: Kind) -> Result<Conformed, Mismatch> {
    let mut walk = Walk { unknown: Vec::new() };
    let value = walk.object(value, Schema::of(kind), "", "")?;
    Ok(Conformed { value, unknown: walk.unknown })
}

struct Walk {
    unknown: Vec<String>,
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl Walk {
    /// `path` has indexes, `plain` has none.
    fn object(
        &mut self,
        value: &Value,
        ty: &'static ObjectType,
        path: &str,
        plain: &str,
    ) -> Result<Value, Mismatch> {
        let mut kept = Map::new();
        for (name, field) in value.entries() {
            let path = join(path, name);
            let Some(known) = ty.field(name) else {
                let meta = matches!(&**name, "apiVersion" | "kind") && plain.is_empty();
                if meta {
                    kept.insert(name.clone(), field.clone());
                } else {
                    self.unknown.push(path);
                }
                continue;
            };
            let plain = join(plain, name);
            kept.insert(name.clone(), self.field(field, known.ty, ty.go_name(), &path, &plain)?);
        }
        Ok(Value::from(kept))
    }

    fn field(
        &mut self,
        value: &Value,
        ty: FieldType,
        holder: &str,
        path: &str,
        plain: &str,
    ) -> Result<Value, Mismatch> {
        let fits = match (ty.shape(), value) {
            (_, Value::Null) | (Shape::Json, _) => true,
            (Shape::Object(inner), Value::Object(_)) => {
                return self.object(value, inner, path, plain);
            }
            (Shape::List(inner), Value::Array(items)) => {
                let kept = items.iter().enumerate().map(|(index, item)| {
                    self.field(item, inner, holder, &format!("{path}[{index}]"), plain)
                });
                return kept.collect::<Result<Vec<Value>, Mismatch>>().map(Value::from);
            }
            (Shape::Map(inner), Value::Object(map)) => {
                let mut kept = Map::new();
                for (name, item) in map.iter() {
                    let field = self.field(item, inner, holder, &join(path, name), plain)?;
                    kept.insert(name.clone(), field);
                }
                return Ok(Value::from(kept));
            }
            (Shape::String(_) | Shape::Time { .. } | Shape::Bytes, Value::String(_))
            | (Shape::Int32 | Shape::Int64, Value::Int(_))
            | (Shape::Float, Value::Int(_) | Value::Float(_))
            | (Shape::Bool, Value::Bool(_))
            | (Shape::Quantity, Value::String(_) | Value::Int(_) | Value::Float(_))
            | (Shape::IntOrString, Value::String(_) | Value::Int(_)) => true,
            (Shape::ResourceList, Value::Object(map)) => map.values().all(|amount| {
                matches!(amount, Value::String(_) | Value::Int(_) | Value::Float(_) | Value::Null)
            }),
            _ => false,
        };
        match fits {
            true => Ok(value.clone()),
            false => Err(Mismatch {
                found: value.json_type(),
                holder: holder.to_owned(),
                path: plain.to_owned(),
                wanted: ty.go_name(),
            }),
        }
    }
}
