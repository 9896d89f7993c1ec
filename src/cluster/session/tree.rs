//! The lines beside the way that a session took, and what lies ahead on its own:
//! `{"name": "scale-web", "from": 3, "inputs": […], "at": 9000, "until": 12000}`.

use std::rc::Rc;

use super::inputs::{out_of_order, read_inputs, write_input};
use super::{PLAIN, Session, SessionError, span, whole, wrong};
use crate::api::value::Value;
use crate::cluster::branches::Branch;
use crate::cluster::input::Input;
use crate::object;
use crate::sim::Time;

/// The most branches that a file may bring.
const MOST_BRANCHES: usize = 64;

/// What lies beside and ahead of the way that a session took.
#[derive(Clone, Debug, PartialEq)]
pub struct Tree {
    /// What the line is called that the session stands on.
    pub name: Rc<str>,
    /// Whether a person gave it the name.
    pub named: bool,
    /// What lies ahead, oldest first.
    pub ahead: Vec<Input>,
    /// How far the clock ever got on the line.
    pub horizon: Time,
    /// The lines that were left, oldest first.
    pub branches: Vec<Branch>,
}

impl Tree {
    /// Nothing beside the way that ends at `until`.
    pub fn plain(until: Time) -> Self {
        let branches = Vec::new();
        Self { name: "main".into(), named: false, ahead: Vec::new(), horizon: until, branches }
    }

    pub(super) fn is_plain(&self, until: Time) -> bool {
        self.ahead.is_empty()
            && self.branches.is_empty()
            && self.horizon <= until
            && &*self.name == "main"
    }
}

impl Session {
    pub(super) fn write_tree(&self, value: &mut Value) {
        let Tree { name, named, ahead, horizon, branches } = &self.tree;
        let start = self.config.start;
        let line: Vec<&Input> = self.inputs.iter().chain(ahead).collect();
        let written = |inputs: &[Input]| -> Vec<Value> {
            inputs.iter().map(|one| write_input(one, start)).collect()
        };
        let branches = branches.iter().map(|branch| {
            // What is shared is not written again.
            let same = branch.inputs.iter().zip(&line).take_while(|(a, b)| *a == **b).count();
            object! {
                "name" => &branch.name,
                "named" => branch.named,
                "from" => whole(same),
                "inputs" => written(branch.inputs.get(same..).unwrap_or_default()),
                "at" => (branch.at - start).millis(),
                "until" => (branch.until - start).millis(),
            }
        });
        value.set("line", name);
        value.set("named", *named);
        value.set("ahead", written(ahead));
        value.set("horizon", (*horizon - start).millis());
        value.set("branches", branches.collect::<Vec<Value>>());
    }
}

pub(super) fn read_tree(
    value: &Value,
    inputs: &[Input],
    start: Time,
    until: Time,
) -> Result<Tree, SessionError> {
    if value.i64_at("podyard") == Some(PLAIN) {
        return Ok(Tree::plain(until));
    }
    let ahead = read_inputs(value, "ahead", start)?;
    if ahead.first().is_some_and(|first| first.at < until) {
        return Err(wrong("ahead[0].at"));
    }
    let horizon = start + span(value, "horizon").map_err(wrong)?;
    if horizon < until || ahead.last().is_some_and(|last| last.at > horizon) {
        return Err(wrong("horizon"));
    }
    let line: Vec<Input> = inputs.iter().chain(&ahead).cloned().collect();
    let branches = value.items_at("branches").iter().take(MOST_BRANCHES).enumerate();
    let branches = branches.map(|(index, one)| {
        read_branch(one, &line, start).map_err(|place| wrong(format!("branches[{index}].{place}")))
    });
    Ok(Tree {
        name: value.str_at("line").ok_or_else(|| wrong("line"))?.into(),
        named: value.bool_at("named") == Some(true),
        ahead,
        horizon,
        branches: branches.collect::<Result<_, _>>()?,
    })
}

fn read_branch(value: &Value, line: &[Input], start: Time) -> Result<Branch, String> {
    let from = value.i64_at("from").and_then(|from| usize::try_from(from).ok());
    let shared = from.and_then(|from| line.get(..from)).ok_or("from")?;
    let own = read_inputs(value, "inputs", start).map_err(|error| match error {
        SessionError::Wrong(place) => place,
        _ => "inputs".to_owned(),
    })?;
    let inputs: Vec<Input> = shared.iter().cloned().chain(own).collect();
    let (at, until) = (start + span(value, "at")?, start + span(value, "until")?);
    let last = inputs.last().map_or(start, |input| input.at);
    if out_of_order(&inputs).is_some() || last > until {
        return Err("inputs".to_owned());
    }
    if at > until {
        return Err("at".to_owned());
    }
    let name = value.str_at("name").filter(|name| !name.is_empty()).ok_or("name")?.into();
    Ok(Branch { name, named: value.bool_at("named") == Some(true), inputs, at, until })
}
