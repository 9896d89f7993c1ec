//! `kubectl create priorityclass | poddisruptionbudget | quota`. Follows `pkg/cmd/create/create_{priorityclass,pdb,quota}.go`.

use super::bare;
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::labels::{Operator, Selector};
use crate::api::quantity::Quantity;
use crate::api::value::Value;
use crate::object;
use crate::terminal::kubectl::Context;
use crate::terminal::kubectl::problem::Failure;

/// The PriorityClass of `create priorityclass`.
pub(super) fn priority_class(context: &Context<'_>, name: &str) -> Value {
    let mut object = bare(Kind::PriorityClass, name);
    object.set("value", context.flags.number("value").unwrap_or(0));
    let description = context.flags.text("description");
    if !description.is_empty() {
        object.set("description", description);
    }
    if context.flags.has("global-default") {
        object.set("globalDefault", true);
    }
    let policy = context.flags.value("preemption-policy").unwrap_or("PreemptLowerPriority");
    object.set("preemptionPolicy", policy);
    object
}

/// A whole number, or a text. Follows `intstr.Parse`.
pub(super) fn number_or_text(text: &str) -> Value {
    text.parse::<i64>().map_or_else(|_| Value::from(text), Value::Int)
}

/// The PodDisruptionBudget of `create poddisruptionbudget`.
///
/// # Errors
/// kubectl's words about its flags.
pub(super) fn disruption_budget(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let selector = context.flags.text("selector");
    if selector.is_empty() {
        return Err(Failure::new("a selector must be specified"));
    }
    let (least, most) =
        (context.flags.text("min-available"), context.flags.text("max-unavailable"));
    let (flag, field, text) = match (least.is_empty(), most.is_empty()) {
        (true, true) => {
            return Err(Failure::new("one of min-available or max-unavailable must be specified"));
        }
        (false, false) => {
            return Err(Failure::new("min-available and max-unavailable cannot be both specified"));
        }
        (false, true) => ("min-available", "minAvailable", least),
        (true, false) => ("max-unavailable", "maxUnavailable", most),
    };
    let digits = text.strip_suffix('%').unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|letter| letter.is_ascii_digit()) {
        return Err(Failure::new(format!("invalid format specified for {flag}")));
    }
    let mut object = bare(Kind::PodDisruptionBudget, name);
    let mut spec = object! { "selector" => label_selector(selector)? };
    spec.set(field, number_or_text(text));
    object.set("spec", spec);
    let status = object! {
        "currentHealthy" => 0_i64,
        "desiredHealthy" => 0_i64,
        "disruptionsAllowed" => 0_i64,
        "expectedPods" => 0_i64,
    };
    object.set("status", status);
    Ok(object)
}

/// A selector as an object holds it. Follows `metav1.ParseToLabelSelector`.
fn label_selector(text: &str) -> Result<Value, Failure> {
    let parsed = Selector::parse(text).map_err(|words| {
        Failure::new(format!("couldn't parse the selector string {}: {words}", go_quote(text)))
    })?;
    let mut selector = Value::empty_object();
    for requirement in parsed.requirements() {
        let (key, values) = (requirement.key(), requirement.values());
        let operator = match (requirement.operator(), values) {
            (Operator::Equals | Operator::DoubleEquals, [value]) => {
                selector.child("matchLabels").set(key, value);
                continue;
            }
            (Operator::Equals | Operator::DoubleEquals, _) => {
                return Err(Failure::new("equals operator must have exactly one value"));
            }
            (Operator::In, _) => "In",
            (Operator::NotIn, _) => "NotIn",
            (Operator::Exists, _) => "Exists",
            (Operator::DoesNotExist, _) => "DoesNotExist",
            (Operator::NotEquals, _) => {
                return Err(Failure::new("\"!=\" is not a valid label selector operator"));
            }
            (Operator::GreaterThan, _) => {
                return Err(Failure::new("\"gt\" isn't supported in label selectors"));
            }
            (Operator::LessThan, _) => {
                return Err(Failure::new("\"lt\" isn't supported in label selectors"));
            }
        };
        let mut expression = object! { "key" => key, "operator" => operator };
        if !values.is_empty() {
            let values: Vec<Value> = values.iter().map(Value::from).collect();
            expression.set("values", values);
        }
        selector.child("matchExpressions").make_items().push(expression);
    }
    Ok(selector)
}

/// `cpu=1,pods=3`, each amount in its shortest form.
fn amounts(text: &str) -> Result<Value, Failure> {
    let mut found = Value::empty_object();
    for pair in text.split(',') {
        let parts: Vec<&str> = pair.split('=').collect();
        let [name, amount] = parts.as_slice() else {
            return Err(Failure::new(format!(
                "Invalid argument syntax {pair}, expected <resource>=<value>"
            )));
        };
        found.set(name, Quantity::parse(amount).map_err(Failure::new)?);
    }
    Ok(found)
}

/// The ResourceQuota of `create quota`.
///
/// # Errors
/// kubectl's words about its flags.
pub(super) fn quota(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let mut object = bare(Kind::ResourceQuota, name);
    let mut spec = Value::empty_object();
    let hard = context.flags.text("hard");
    if !hard.is_empty() {
        spec.set("hard", amounts(hard)?);
    }
    let scopes = context.flags.text("scopes");
    if !scopes.is_empty() {
        let scopes: Vec<&str> = scopes.split(',').collect();
        if scopes.contains(&"") {
            return Err(Failure::new("invalid resource quota scope \"\""));
        }
        // Which there are is for the server to say.
        spec.set("scopes", scopes);
    }
    object.set("spec", spec);
    object.set("status", Value::empty_object());
    Ok(object)
}
