//! `--sort-by`. Follows `pkg/cmd/get/sorter.go`.

use std::cmp::Ordering;

use super::custom_columns::relaxed;
use super::jsonpath::JsonPath;
use super::problem::Failure;
use crate::api::object::AnyObject;
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::sim::order::Order as _;

/// Sorts objects by a field: missing ones first, numbers by size, amounts by amount. Equal ones keep their order.
///
/// # Errors
/// kubectl's words about the path.
pub(super) fn sort(objects: &mut [AnyObject], path: &str) -> Result<(), Failure> {
    let template = relaxed(path).unwrap_or_else(|_| path.to_owned());
    let path = JsonPath::parse_plain(&template).map_err(Failure::new)?;
    let key = |object: &AnyObject| -> Option<Value> {
        path.results(&object.to_value(), true).ok()?.into_iter().flatten().next()
    };
    let mut keyed: Vec<(Option<Value>, AnyObject)> =
        objects.iter().map(|object| (key(object), object.clone())).collect();
    keyed.order_by(|(one, _), (other, _)| compare(one.as_ref(), other.as_ref()));
    for (slot, (_, object)) in objects.iter_mut().zip(keyed) {
        *slot = object;
    }
    Ok(())
}

fn compare(one: Option<&Value>, other: Option<&Value>) -> Ordering {
    let (one, other) = match (one, other) {
        (None | Some(Value::Null), None | Some(Value::Null)) => return Ordering::Equal,
        (None | Some(Value::Null), _) => return Ordering::Less,
        (_, None | Some(Value::Null)) => return Ordering::Greater,
        (Some(one), Some(other)) => (one, other),
    };
    match (one, other) {
        (Value::Int(one), Value::Int(other)) => one.cmp(other),
        (Value::Bool(one), Value::Bool(other)) => one.cmp(other),
        (Value::String(a), Value::String(b)) => match (Quantity::parse(a), Quantity::parse(b)) {
            (Ok(one), Ok(other)) => amount(&one).cmp(&amount(&other)),
            _ => a.cmp(b),
        },
        _ => Ordering::Equal,
    }
}

fn amount(quantity: &Quantity) -> (i64, i64) {
    (quantity.value(), quantity.milli_value())
}
