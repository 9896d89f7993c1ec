//! The tools of the shell, small and in the words of their originals (bash, GNU coreutils, GNU grep).

mod awk;
mod basic;
mod filters;
mod grep;
mod read;
mod run;
mod sed;
mod test;
mod timing;

use super::explain::Explained;
use super::kubectl;
use super::process::{Finished, Io, Output, Process};
use super::yard;

pub(super) use test::has_file;
pub(super) use timing::duration;

/// The names of all commands, for help and completion.
pub(super) const NAMES: [&str; 41] = [
    "alias", "awk", "bash", "cat", "clear", "cut", "date", "echo", "env", "exit", "export",
    "false", "grep", "head", "help", "history", "kubectl", "ls", "mv", "cp", "nl", "printf", "pwd",
    "rm", "sed", "seq", "sh", "sleep", "sort", "tac", "tail", "tee", "test", "timeout", "touch",
    "tr", "true", "uniq", "watch", "wc", "xargs",
];

/// At most so many commands run each other (`timeout`, `watch`, `kubectl edit`).
const DEEPEST: u32 = 20;
/// The shell's status where it cannot begin a process.
const NO_PROCESS: i32 = 254;

/// Begins a command.
pub(super) fn start(argv: Vec<String>, io: &mut Io<'_>) -> Box<dyn Process> {
    if io.nested >= DEEPEST {
        io.error("bash: fork: Resource temporarily unavailable");
        return Box::new(Finished(NO_PROCESS));
    }
    // Words that only say how the command behind them runs.
    let before = argv.iter().take_while(|word| {
        matches!(word.as_str(), "sudo" | "command" | "builtin" | "exec" | "time")
    });
    let before = before.count().min(argv.len().saturating_sub(1));
    let mut words = argv.into_iter().skip(before);
    let Some(name) = words.next() else { return Box::new(Finished(0)) };
    let arguments: Vec<String> = words.collect();
    let argv = std::iter::once(name.clone()).chain(arguments.iter().cloned()).collect();
    let mut output = Output::default();
    let mut own = std::mem::take(io.input);
    let process = begin(&name, arguments, &mut io.with(&mut own, &mut output).deeper());
    *io.input = own;
    let explained = Explained::new(argv, process, &output);
    io.output.append(output);
    Box::new(explained)
}

fn begin(name: &str, arguments: Vec<String>, io: &mut Io<'_>) -> Box<dyn Process> {
    match name {
        "kubectl" | "k" => kubectl::start(arguments, io),
        "yard" => yard::start(&arguments, io),
        "sleep" | "timeout" | "watch" | "wait" => timing::start(name, arguments, io),
        "cat" | "head" | "tail" | "wc" | "sort" | "uniq" | "cut" | "tr" | "tee" | "nl" | "tac"
        | "sed" => filters::start(name, &arguments, io),
        "grep" | "egrep" | "fgrep" => grep::start(name, &arguments, io),
        "awk" | "gawk" => awk::start(&arguments, io),
        "read" => read::start(&arguments, io),
        "eval" | "source" | "." | "sh" | "bash" | "xargs" => run::start(name, arguments, io),
        name if name.contains('/') && file(io, name).is_some() => {
            run::start("bash", std::iter::once(name.to_owned()).chain(arguments).collect(), io)
        }
        _ => Box::new(Finished(basic::run(name, &arguments, io))),
    }
}

/// The text of a file of the workspace.
fn file(io: &Io<'_>, name: &str) -> Option<std::rc::Rc<str>> {
    io.terminal.files.get(own_name(name)).cloned()
}

/// How the workspace names a file.
pub(super) fn own_name(name: &str) -> &str {
    let name = name.strip_prefix("/home/you/").unwrap_or(name);
    name.strip_prefix("./").unwrap_or(name)
}
