//! From a command line to what runs: a shell, or a server as its image is.

use std::rc::Rc;

use super::stress::{self, Load};
use super::{ProcessSpec, StartError};
use crate::containers::catalogue::Image;
use crate::containers::files::Files;
use crate::containers::shell::{self, Machine, Variables};
use crate::sim::rng::Seed;
use crate::sim::{Duration, Time};

/// What runs in a process.
#[derive(Clone, Debug)]
pub(super) enum Program {
    Shell(Box<Machine>),
    Server {
        next_tick: Option<Time>,
        /// What it was told to use, if that is what it is for, and whether it has taken it.
        load: Option<Rc<Load>>,
        full: bool,
    },
}

impl Program {
    /// What it was told to use, if that is what it is for.
    pub(super) const fn load(&self) -> Option<&Rc<Load>> {
        match self {
            Self::Server { load, .. } => load.as_ref(),
            Self::Shell(_) => None,
        }
    }
}

/// `command` replaces the image's entry point, `args` its arguments.
pub fn command_line(image: &Image, command: &[Rc<str>], args: &[Rc<str>]) -> Vec<Rc<str>> {
    if !command.is_empty() {
        return command.iter().chain(args).cloned().collect();
    }
    if !args.is_empty() {
        // Images whose command is a bare shell have no entry point of their own.
        let entry = image.command.iter().take(usize::from(image.command.len() > 1 && !image.shell));
        return entry.map(|word| Rc::from(word.as_str())).chain(args.iter().cloned()).collect();
    }
    image.command.iter().map(|word| Rc::from(word.as_str())).collect()
}

/// Whether an image has a command of this name.
pub(super) fn has_command(image: &Image, name: &str) -> bool {
    let bash = name.rsplit('/').next() == Some("bash");
    image.shell && shell::known_command(name) && (image.bash || !bash)
}

/// The program that a command line starts in an image.
///
/// # Errors
/// The runtime's words if there is no such program.
pub(super) fn program(
    image: &Image,
    argv: &[Rc<str>],
    environment: &Variables,
    spec: &ProcessSpec,
    now: Time,
    seed: Seed,
) -> Result<Program, StartError> {
    let name = argv.first().map_or("", |name| &**name);
    let default = spec.command.is_empty() && spec.args.is_empty();
    let ticks = (!image.tick_log.is_empty())
        .then(|| now + Duration::from_seconds(image.tick_seconds.max(1)));
    let load = Load::read(image.stress, argv).map(Rc::new);
    let server = Program::Server { next_tick: ticks, load, full: false };
    let serves = !image.ports.is_empty()
        || !image.log.is_empty()
        || image.run_seconds.is_some()
        || image.term_code.is_some()
        || image.stress != stress::Program::None;
    if default && serves {
        return Ok(server);
    }
    if has_command(image, name) {
        // What is typed runs beside it (see `leave`): the shell itself only waits.
        let script = match spec.input && shell::reads_input(argv) {
            true => shell::of_words(&["sleep".into(), "2147483647".into()]),
            false => shell::of_words(argv),
        };
        let machine =
            Machine::new(script, Rc::clone(environment), Files::default(), &spec.folder, now, seed);
        let machine = machine.with_bash(image.bash).with_user(&spec.user);
        return Ok(Program::Shell(Box::new(machine)));
    }
    // A server image started with words of its own (`nginx -g …`, `node app.js`, `--flag`) still serves.
    let own = image.command.iter().any(|word| word.rsplit('/').next() == name.rsplit('/').next());
    if serves && (own || name.starts_with('-') || !image.shell || spec.command.is_empty()) {
        return Ok(server);
    }
    Err(StartError(format!(
        "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: \
         unable to start container process: error during container init: exec: \"{name}\": executable file not found in \
         $PATH"
    )))
}
