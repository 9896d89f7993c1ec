//! `--sort-by`. Follows `pkg/cmd/get/sorter.go`, and `sort.Sort` of Go.

use super::custom_columns::relaxed;
use super::jsonpath::JsonPath;
use super::problem::{Failure, Problem};
use crate::api::error::go_quote;
use crate::api::object::AnyObject;
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::sim::order::Order as _;

/// As a server answers: tables, of which kubectl sorts the rows of a single one. What is wrong with the path nobody
/// hears then, but that table is not printed: it has no rows any more.
///
/// # Errors
/// kubectl's words about several tables, which have no such field, and about values that have no order.
pub(super) fn sort_tables(
    objects: &mut Vec<AnyObject>,
    tables: usize,
    path: &str,
) -> Result<(), Failure> {
    let template = relaxed(path).unwrap_or_else(|_| path.to_owned());
    if tables > 1 {
        return Err(no_field(&template));
    }
    if objects.len() < 2 {
        return Ok(());
    }
    let sorted = JsonPath::parse_plain(&template).map_err(Failure::new).and_then(|parsed| {
        sort(objects, &template, &parsed, ("sorter.go:375", "[][][]reflect.Value"))
    });
    match sorted {
        Err(failure) if !matches!(failure.problems.as_slice(), [Problem::Verbatim(_)]) => {
            objects.clear();
            Ok(())
        }
        sorted => sorted,
    }
}

fn no_field(template: &str) -> Failure {
    let template = go_quote(template);
    Failure::new(format!("couldn't find any field with path {template} in the list of objects"))
}

/// All objects together, where no tables were asked for.
///
/// # Errors
/// The same.
pub(super) fn sort_objects(
    objects: &mut [AnyObject],
    single: bool,
    path: &str,
) -> Result<(), Failure> {
    if objects.is_empty() || single {
        return Ok(());
    }
    let template = relaxed(path).map_err(Failure::new)?;
    let parsed = JsonPath::parse_plain(&template).map_err(Failure::new)?;
    sort(objects, &template, &parsed, ("sorter.go:329", "*unstructured.Unstructured"))
}

fn sort(
    objects: &mut [AnyObject],
    template: &str,
    path: &JsonPath,
    (place, of): (&str, &str),
) -> Result<(), Failure> {
    let key = |object: &AnyObject| -> Option<Value> {
        path.results(&object.to_value(), true).ok()?.into_iter().next()?.into_iter().next()
    };
    let mut keyed: Vec<(Option<Value>, AnyObject)> =
        objects.iter().map(|object| (key(object), object.clone())).collect();
    if !keyed.is_empty() && keyed.iter().all(|(key, _)| key.is_none()) {
        return Err(no_field(template));
    }
    let mut wrong = None;
    order(&mut keyed, &mut |one, other| match (one, other) {
        (None, _) => true,
        (_, None) => false,
        (Some(one), Some(other)) => is_less(one, other).unwrap_or_else(|words| {
            wrong.get_or_insert(words);
            false
        }),
    });
    if let Some(words) = wrong {
        return Err(Failure::verbatim(format!(
            "F0101 00:00:00.000000       1 {place}] Field {template} in {of} is an unsortable type: interface, err: {words}"
        )));
    }
    for (slot, (_, object)) in objects.iter_mut().zip(keyed) {
        *slot = object;
    }
    Ok(())
}

/// Up to so many are sorted by Go by insertion, with this comparison, for which what is missing comes before itself.
const FEW: usize = 12;

/// Sorts as Go does. Of many, what is equal keeps its order here, and there it does not.
fn order(
    keyed: &mut [(Option<Value>, AnyObject)],
    less: &mut dyn FnMut(Option<&Value>, Option<&Value>) -> bool,
) {
    if keyed.len() > FEW {
        return keyed.order_by(|(one, _), (other, _)| {
            let (one, other) = (one.as_ref(), other.as_ref());
            less(other, one).cmp(&less(one, other))
        });
    }
    for from in 1..keyed.len() {
        let mut at = from;
        while at > 0
            && let (Some((one, _)), Some((other, _))) = (keyed.get(at), keyed.get(at - 1))
            && less(one.as_ref(), other.as_ref())
        {
            keyed.swap(at, at - 1);
            at -= 1;
        }
    }
}

/// Follows `isLess` for values of JSON.
fn is_less(one: &Value, other: &Value) -> Result<bool, &'static str> {
    match (one, other) {
        (Value::Null, other) => Ok(!other.is_null()),
        (_, Value::Null) => Ok(false),
        (Value::Int(one), Value::Int(other)) => Ok(one < other),
        (Value::Float(one), Value::Float(other)) => Ok(one < other),
        (Value::String(a), Value::String(b)) => {
            Ok(match (Quantity::parse(a), Quantity::parse(b)) {
                (Ok(one), Ok(other)) => amount(&one) < amount(&other),
                _ => a < b,
            })
        }
        (Value::Bool(_), _) => Err("unsortable type: bool"),
        (Value::Array(_), _) => Err("unsortable type: []interface {}"),
        (Value::Object(_), _) => Err("unsortable type: map[string]interface {}"),
        _ => Err("unsortable interface: interface"),
    }
}

fn amount(quantity: &Quantity) -> (i64, i64) {
    (quantity.value(), quantity.milli_value())
}
