//! What each kind of command makes of a machine: new tasks, new variables, a status.

use std::rc::Rc;

use super::{Machine, Task};
use crate::containers::process::Outside;
use crate::containers::shell::condition;
use crate::containers::shell::expand::Ended;
use crate::containers::shell::glob::glob;
use crate::containers::shell::parse::{Node, Redirect, Word};

impl Machine {
    pub(super) fn node(&mut self, node: &Node, outside: &mut dyn Outside) {
        match node {
            Node::Simple { assigns, words, redirects } => {
                self.simple(assigns, words, redirects, outside)
            }
            Node::Pipeline { stages, negated } => self.pipeline(stages, *negated, outside),
            Node::AndOr { left, right, and } => {
                self.push(Task::AndOr(Rc::clone(right), *and));
                self.push(Task::Run(Rc::clone(left)));
            }
            Node::If { branches, otherwise } => {
                if let Some((condition, _)) = branches.first() {
                    let condition = Rc::clone(condition);
                    self.push(Task::IfCheck {
                        branches: Rc::clone(branches),
                        index: 0,
                        otherwise: Rc::clone(otherwise),
                    });
                    self.push(Task::List(condition, 0));
                }
            }
            Node::While { condition, again, body, until } => {
                self.push(Task::WhileCheck {
                    again: Rc::clone(again),
                    body: Rc::clone(body),
                    until: *until,
                });
                self.push(Task::List(Rc::clone(condition), 0));
            }
            Node::For { name, words, body } => {
                let values = match words {
                    Some(words) => self.expand_all(words, outside),
                    None => Ok(self.arguments.to_vec()),
                };
                let Ok(values) = values else { return };
                self.status = 0;
                self.push(Task::ForNext {
                    name: name.as_str().into(),
                    values: values.into(),
                    index: 0,
                    body: Rc::clone(body),
                });
            }
            Node::Case { word, arms } => {
                let Ok(value) = self.expand_text(word, outside) else { return };
                self.status = 0;
                for (patterns, body) in arms.iter() {
                    let hit = patterns.iter().any(|pattern| {
                        self.expand_pattern(pattern, outside)
                            .is_ok_and(|pattern| glob(&pattern, &value))
                    });
                    if hit {
                        self.push(Task::List(Rc::clone(body), 0));
                        break;
                    }
                }
            }
            Node::Test(words) => {
                let Ok(words) = self.condition(words, outside) else { return self.failed() };
                let files = |test: char, path: &str| self.has_file(test, path);
                self.status = match condition::holds(&words, &files) {
                    Ok(value) => i64::from(!value),
                    Err(message) => {
                        self.complain(&message);
                        2
                    }
                };
                self.failed();
            }
            Node::Arithmetic(text) => {
                let value = self.expand_text(text, outside).and_then(|text| self.evaluate(&text));
                if let Ok(value) = value {
                    self.status = i64::from(value == 0);
                    self.failed();
                }
            }
            Node::Group(body) => self.push(Task::List(Rc::clone(body), 0)),
            Node::Subshell(body) => {
                self.enter_subshell();
                self.push(Task::List(Rc::clone(body), 0));
            }
            Node::Function { name, body } => {
                self.functions.insert(name.as_str().into(), Rc::clone(body));
                self.status = 0;
            }
            Node::Redirected(inner, redirects) => {
                let restore = self.restore(redirects);
                if self.redirect(redirects, outside) {
                    self.push(restore);
                    self.push(Task::Run(Rc::clone(inner)));
                } else {
                    self.step(restore, outside);
                }
            }
            Node::Background(inner) => {
                self.begin_job(inner, outside);
            }
        }
    }

    fn simple(
        &mut self,
        assigns: &[(String, Word)],
        words: &[Word],
        redirects: &[Redirect],
        outside: &mut dyn Outside,
    ) {
        self.substituted = None;
        self.before = self.status;
        let Ok(argv) = self.expand_all(words, outside) else { return self.failed() };
        let mut values = Vec::new();
        for (name, word) in assigns {
            let Ok(value) = self.expand_value(word, outside) else { return self.failed() };
            if self.trace {
                self.print_error(&format!("+ {name}={}\n", traced(&value)));
            }
            values.push((Rc::from(name.as_str()), Rc::from(value)));
        }
        self.status = 0;
        if argv.is_empty() {
            self.status = self.substituted.unwrap_or(0);
            self.assign(values);
            let restore = self.restore(redirects);
            if !redirects.is_empty() {
                self.redirect(redirects, outside);
                self.step(restore, outside);
            }
            return self.failed();
        }
        if self.trace {
            let words: Vec<String> = argv.iter().map(|word| traced(word)).collect();
            self.print_error(&format!("+ {}\n", words.join(" ")));
        }
        let restore = self.restore(redirects);
        if !self.redirect(redirects, outside) {
            self.step(restore, outside);
            return self.failed();
        }
        // What is assigned before a command is there for it alone.
        let before = (!values.is_empty()).then(|| Rc::clone(&self.variables));
        let names = values.iter().map(|(name, _)| Rc::clone(name));
        let locals: Vec<_> =
            names.map(|name| (Rc::clone(&name), self.variables.get(&name).cloned())).collect();
        self.assign(values);
        if let Some(body) = argv.first().and_then(|name| self.functions.get(name)).cloned() {
            self.push(restore);
            self.push(Task::EndFunction { arguments: Rc::clone(&self.arguments), locals });
            self.arguments = argv.iter().skip(1).cloned().collect();
            self.push(Task::Run(body));
            return;
        }
        let redirected_exec = argv.first().is_some_and(|name| &**name == "exec") && argv.len() == 1;
        let height = self.stack.len();
        self.command(&argv, outside);
        if let Some(before) = before {
            // A shell within this one has them, too, and gives them back at its end.
            match self.stack.get_mut(height) {
                Some(Task::EndSubshell(saved)) => saved.variables = before,
                _ => self.give_back(locals),
            }
        }
        // So it is with where its output goes.
        if self.stack.len() > height && !redirects.is_empty() {
            self.stack.insert(height, restore);
        } else if !redirected_exec {
            self.step(restore, outside);
        }
        self.failed();
    }

    /// The words of `[[ … ]]`: what is compared with a pattern is one.
    fn condition(
        &mut self,
        words: &[Word],
        outside: &mut dyn Outside,
    ) -> Result<Vec<String>, Ended> {
        let mut all: Vec<String> = Vec::new();
        for word in words {
            let pattern = all.last().is_some_and(|last| condition::compares(last));
            all.push(match pattern {
                true => self.expand_pattern(word, outside)?,
                false => self.expand_text(word, outside)?,
            });
        }
        Ok(all)
    }
}

/// A word as `set -x` shows it.
fn traced(word: &str) -> String {
    let plain = |letter: char| letter.is_alphanumeric() || "_-./:=@%+,^".contains(letter);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}
