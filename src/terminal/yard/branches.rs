//! `yard branch`, `yard switch`, `yard fork` and their like: other ways of this session.

use super::{Effect, Outcome, unknown};
use crate::cluster::{Branch, Cluster, Side};
use crate::language::Text;
use crate::sim::Time;
use crate::sim::order::Order as _;
use crate::terminal::Terminal;

pub(super) fn outcome(words: &[&str], cluster: &mut Cluster, terminal: &Terminal) -> Outcome {
    match words {
        ["branch"] => Outcome::text(list(cluster)),
        ["branch", "-d", name] => match cluster.forget_branch(name) {
            true => Outcome::text(format!("branch {name} deleted\n")),
            false => missing(name),
        },
        ["branch", "-m", new] => {
            let name = cluster.branch_name().to_string();
            rename(&name, new, cluster)
        }
        ["branch", "-m", name, new] => rename(name, new, cluster),
        ["branch", name] if !name.starts_with('-') => match cluster.keep_branch(name) {
            true => Outcome::text(format!("branch {name} kept\n")),
            false => Outcome::fail(Text::new("yard.branch-there").with("name", name)),
        },
        ["switch", name] if **cluster.branch_name() == **name => {
            Outcome::text(format!("already on {name}\n"))
        }
        ["switch", name] => match cluster.branches().any(|branch| *branch.name == **name) {
            true => Outcome::Effect(Effect::Switch((*name).to_owned())),
            false => missing(name),
        },
        ["fork"] => Outcome::fail(Text::new("yard.fork-what")),
        ["fork", command @ ..] => Outcome::Effect(Effect::Fork(line(command))),
        ["both", command @ ..] if !command.is_empty() => {
            Outcome::Effect(Effect::Both(line(command)))
        }
        ["side", side] => turn(side, Effect::Side),
        ["keep", side] => turn(side, Effect::Keep),
        ["futures"] => Outcome::Effect(Effect::Compare),
        _ => unknown(words, terminal.language),
    }
}

/// The words of a command as a line again: one word is the line itself, of several each is quoted that needs it.
fn line(command: &[&str]) -> String {
    if let [line] = command {
        return (*line).to_owned();
    }
    let plain = |letter: char| letter.is_alphanumeric() || "-_./=:,@%+".contains(letter);
    let quoted = command.iter().map(|word| match !word.is_empty() && word.chars().all(plain) {
        true => (*word).to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    });
    quoted.collect::<Vec<String>>().join(" ")
}

fn turn(side: &str, effect: fn(Side) -> Effect) -> Outcome {
    match Side::from_word(side) {
        Some(side) => Outcome::Effect(effect(side)),
        None => Outcome::fail(Text::new("yard.no-side").with("found", format!("{side:?}"))),
    }
}

fn missing(name: &str) -> Outcome {
    Outcome::fail(Text::new("yard.no-branch").with("name", name))
}

fn rename(name: &str, new: &str, cluster: &mut Cluster) -> Outcome {
    let there =
        **cluster.branch_name() == *name || cluster.branches().any(|one| *one.name == *name);
    match (there, there && cluster.rename_branch(name, new)) {
        (false, _) => missing(name),
        (true, false) => Outcome::fail(Text::new("yard.branch-there").with("name", new)),
        (true, true) => Outcome::text(format!("branch {name} is {new} now\n")),
    }
}

/// `10:15:30`
fn clock(at: Time) -> String {
    let text = at.rfc3339();
    let time = text.split_once('T').map_or(&*text, |(_, time)| time);
    time.trim_end_matches('Z').to_owned()
}

fn list(cluster: &Cluster) -> String {
    let own = (cluster.branch_name().to_string(), String::new(), cluster.horizon(), String::new());
    let others = cluster.branches().map(|branch| {
        let parting = cluster.parting(branch);
        (branch.name.to_string(), clock(parting.at), branch.until, done(branch, parting.shared))
    });
    let mut rows: Vec<_> = others.collect();
    rows.push(own);
    rows.order();
    let wide = rows.iter().map(|row| row.0.chars().count()).max().unwrap_or(0).max(4);
    let mut text = format!("  {:wide$}  LEFT AT   UNTIL     DONE\n", "NAME");
    for (name, left, until, done) in rows {
        let mark = if name == **cluster.branch_name() { '*' } else { ' ' };
        let line = format!("{mark} {name:wide$}  {left:8}  {:8}  {done}", clock(until));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

/// What was done on a branch since it parted.
fn done(branch: &Branch, shared: usize) -> String {
    let own = branch.inputs.get(shared..).unwrap_or_default();
    let words: Vec<&str> =
        own.iter().map(|input| &*input.words).filter(|words| !words.is_empty()).collect();
    words.join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_of_several_words_keeps_them() {
        assert_eq!(line(&["kubectl get pods | wc"]), "kubectl get pods | wc");
        assert_eq!(
            line(&["kubectl", "patch", "cj/a", "-p", r#"{"a":1}"#]),
            r#"kubectl patch cj/a -p '{"a":1}'"#
        );
        assert_eq!(line(&["echo", "it's", ""]), r"echo 'it'\''s' ''");
    }
}
