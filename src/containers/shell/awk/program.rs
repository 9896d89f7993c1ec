//! A program as it was read: rules, steps, expressions.

use crate::containers::shell::pattern::Pattern;

/// When something is done, and what; the record is printed where nothing is said.
pub(super) type Rule = (When, Option<Vec<Step>>);

#[derive(Clone, Debug)]
pub(super) enum When {
    Begin,
    End,
    Always,
    If(Expression),
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Print(Vec<Expression>),
    Printf(Vec<Expression>),
    Evaluate(Expression),
    If(Expression, Vec<Self>, Vec<Self>),
    ForIn(String, String, Vec<Self>),
    Next,
    Exit(Option<Expression>),
}

#[derive(Clone, Debug)]
pub(super) enum Expression {
    Number(f64),
    Text(String),
    Matches(Pattern),
    Field(Box<Self>),
    Variable(String),
    Element(String, Box<Self>),
    Assign(Box<Self>, &'static str, Box<Self>),
    Step { place: Box<Self>, by: f64, first: bool },
    Not(Box<Self>),
    Minus(Box<Self>),
    Binary(&'static str, Box<Self>, Box<Self>),
    Choice(Box<Self>, Box<Self>, Box<Self>),
    In(Box<Self>, String),
    Call(&'static str, Vec<Self>),
}
