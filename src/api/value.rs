//! A JSON tree that shares its parts: cloning is free, changing copies only the way down to the change.
//!
//! Specs live in this form, so that every field a manifest carries comes back from `get -o yaml`.
//! Maps are ordered by key, as kubectl prints them.

use std::fmt;
use std::rc::Rc;

use litemap::LiteMap;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

use super::words::word;

/// Keys and values of an object, ordered by key.
pub type Map = LiteMap<Rc<str>, Value>;

/// So many fields are looked through one by one.
const FEW: usize = 16;

/// A JSON value with shared parts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    /// `null`
    #[default]
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// Any other number.
    Float(f64),
    /// A text.
    String(Rc<str>),
    /// A list.
    Array(Rc<Vec<Self>>),
    /// An object.
    Object(Rc<Map>),
}

/// Equal to itself, so that shared parts are compared by their pointers (JSON knows no NaN).
impl Eq for Value {}

/// Builds a [`Value::Object`] from `key => value` pairs.
#[macro_export]
macro_rules! object {
    ($($key:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut)]
        let mut map = $crate::api::value::Map::with_capacity(<[&str]>::len(&[$(stringify!($key)),*]));
        $(map.insert(::std::rc::Rc::from($key), $crate::api::value::Value::from($value));)*
        $crate::api::value::Value::Object(::std::rc::Rc::new(map))
    }};
}

impl Value {
    /// An object without fields.
    pub fn empty_object() -> Self {
        Self::Object(Rc::default())
    }

    /// The name of its type in JSON, as Go's errors tell it.
    #[must_use]
    pub const fn json_type(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Int(_) | Self::Float(_) => "number",
            Self::String(_) => "string",
            Self::Array(_) => "array",
            Self::Object(_) => "object",
        }
    }

    /// The field `key` of an object; `None` if this is no object, or has no such field, or the field is null.
    pub fn get(&self, key: &str) -> Option<&Self> {
        let Self::Object(map) = self else { return None };
        // Of a few keys most are told apart by their lengths: a look at each is faster than a search by their letters.
        let found = match map.len() {
            0..=FEW => map.iter().find(|(own, _)| ***own == *key).map(|(_, value)| value),
            _ => map.get(key),
        };
        found.filter(|value| !value.is_null())
    }

    /// The value at a path of object keys.
    pub fn at(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |value, key| value.get(key))
    }

    /// Whether this is `null`.
    pub const fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// The text of a string.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The number of a whole number.
    pub const fn as_i64(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The value of a truth value.
    pub const fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }

    /// The items of a list; none if this is no list.
    pub fn items(&self) -> &[Self] {
        match self {
            Self::Array(items) => items,
            _ => &[],
        }
    }

    /// The fields of an object.
    pub fn as_map(&self) -> Option<&Map> {
        match self {
            Self::Object(map) => Some(map),
            _ => None,
        }
    }

    /// The fields of an object in order; none if this is no object.
    pub fn entries(&self) -> impl Iterator<Item = (&Rc<str>, &Self)> {
        self.as_map().into_iter().flatten()
    }

    /// The text of field `key`.
    pub fn str_at(&self, key: &str) -> Option<&str> {
        self.get(key).and_then(Self::as_str)
    }

    /// The whole number of field `key`.
    pub fn i64_at(&self, key: &str) -> Option<i64> {
        self.get(key).and_then(Self::as_i64)
    }

    /// The truth value of field `key`.
    pub fn bool_at(&self, key: &str) -> Option<bool> {
        self.get(key).and_then(Self::as_bool)
    }

    /// The items of the list in field `key`; none if there is no such list.
    pub fn items_at(&self, key: &str) -> &[Self] {
        self.get(key).map_or(&[], Self::items)
    }

    /// The fields for writing; anything but an object becomes an empty object first.
    pub fn make_map(&mut self) -> &mut Map {
        if !matches!(self, Self::Object(_)) {
            *self = Self::empty_object();
        }
        match self {
            Self::Object(map) => Rc::make_mut(map),
            _ => unreachable!("made an object just above"),
        }
    }

    /// The items for writing; anything but a list becomes an empty list first.
    pub fn make_items(&mut self) -> &mut Vec<Self> {
        if !matches!(self, Self::Array(_)) {
            *self = Self::Array(Rc::default());
        }
        match self {
            Self::Array(items) => Rc::make_mut(items),
            _ => unreachable!("made a list just above"),
        }
    }

    /// Sets field `key`.
    pub fn set(&mut self, key: &str, value: impl Into<Self>) {
        self.make_map().insert(word(key), value.into());
    }

    /// Sets field `key` unless it is there (a null counts as not there).
    pub fn set_default(&mut self, key: &str, value: impl Into<Self>) {
        if self.get(key).is_none() {
            self.set(key, value);
        }
    }

    /// Takes field `key` out.
    pub fn remove(&mut self, key: &str) -> Option<Self> {
        match self {
            Self::Object(map) if map.contains_key(key) => Rc::make_mut(map).remove(key),
            _ => None,
        }
    }

    /// Field `key` for writing; an empty object is made if it is missing.
    pub fn child(&mut self, key: &str) -> &mut Self {
        self.make_map().entry(word(key)).or_default()
    }

    /// Compact JSON, keys in order, as Go's `encoding/json` writes it (`<`, `>`, `&` escaped).
    pub fn to_json(&self) -> String {
        let plain = serde_json::to_string(self).unwrap_or_default();
        plain
            .replace('<', "\\u003c")
            .replace('>', "\\u003e")
            .replace('&', "\\u0026")
            .replace('\u{2028}', "\\u2028")
            .replace('\u{2029}', "\\u2029")
    }

    /// Reads JSON.
    ///
    /// # Errors
    /// The parser's own words.
    pub fn from_json(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(text)
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Int(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Int(value.into())
    }
}

impl From<usize> for Value {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::String(Rc::from(value))
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::String(Rc::from(value))
    }
}

impl From<Rc<str>> for Value {
    fn from(value: Rc<str>) -> Self {
        Self::String(value)
    }
}

impl From<&Rc<str>> for Value {
    fn from(value: &Rc<str>) -> Self {
        Self::String(Rc::clone(value))
    }
}

impl From<crate::sim::Time> for Value {
    fn from(value: crate::sim::Time) -> Self {
        Self::from(value.rfc3339())
    }
}

impl From<Map> for Value {
    fn from(value: Map) -> Self {
        Self::Object(Rc::new(value))
    }
}

impl<T: Into<Self>> From<Vec<T>> for Value {
    fn from(items: Vec<T>) -> Self {
        Self::Array(Rc::new(items.into_iter().map(Into::into).collect()))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.to_json())
    }
}

impl Serialize for Value {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(number) => serializer.serialize_i64(*number),
            Self::Float(number) => serializer.serialize_f64(*number),
            Self::String(text) => serializer.serialize_str(text),
            Self::Array(items) => serializer.collect_seq(items.iter()),
            Self::Object(map) => {
                serializer.collect_map(map.iter().map(|(key, value)| (&**key, value)))
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ValueVisitor)
    }
}

struct ValueVisitor;

impl<'de> Visitor<'de> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("any JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(Value::Int(number))
    }

    #[expect(clippy::cast_precision_loss, reason = "JSON numbers beyond i64 are floats in Go too")]
    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(i64::try_from(number).map_or(Value::Float(number as f64), Value::Int))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Value::Float(number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::from(text))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Value::Array(Rc::new(items)))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut fields = Vec::new();
        while let Some((key, value)) = access.next_entry::<String, Value>()? {
            fields.push((Rc::from(key), value));
        }
        Ok(Value::from(fields.into_iter().collect::<Map>()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_text_survives_the_way_through() {
        let text = r#"{"a":[1,-2,2.5,true,null],"b":{"c":"\u003cx\u003e"}}"#;
        assert_eq!(Value::from_json(text).unwrap().to_json(), text);
    }

    #[test]
    fn fields_are_found_however_many_there_are() {
        let mut object = Value::empty_object();
        for number in 0..3 * FEW {
            object.set(&format!("f{number}"), number as i64);
            object.set(&format!("null{number}"), Value::Null);
            for known in 0..3 * FEW {
                let found = object.i64_at(&format!("f{known}"));
                assert_eq!(found, (known <= number).then_some(known as i64));
                assert!(object.get(&format!("null{known}")).is_none());
            }
        }
    }

    #[test]
    fn changing_a_clone_leaves_the_original() {
        let original = object! { "a" => object! { "b" => 1 } };
        let mut copy = original.clone();
        copy.child("a").set("b", 2);
        assert_eq!(original.at(&["a", "b"]).and_then(Value::as_i64), Some(1));
        assert_eq!(copy.at(&["a", "b"]).and_then(Value::as_i64), Some(2));
    }
}
