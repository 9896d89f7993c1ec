//! `kubectl attach`: the output of what runs in a container, and its own shell. Follows `pkg/cmd/attach`.

use std::rc::Rc;

use super::exec::running_pod;
use super::logs::container;
use super::problem::Failure;
use super::session::Session;
use super::{After, Context};
use crate::api::Reason;
use crate::api::core::Pod;
use crate::api::meta::ObjectKey;
use crate::cluster::Cluster;
use crate::containers::catalogue;
use crate::containers::process::command_line;
use crate::containers::shell::reads_input;
use crate::terminal::Stream;
use crate::terminal::process::{Io, Process, Turn};

/// What is said before the first output.
pub(super) const NOTICE: &str = "All commands and output from this session will be recorded in container logs, including credentials and sensitive information passed through the command prompt.\nIf you don't see a command prompt, try pressing enter.\n";

/// The shell that a container runs and waits at.
pub(super) struct Shell {
    /// The pod, and the name of the container.
    pub(super) container: (Rc<Pod>, Rc<str>),
    /// `sh`
    pub(super) name: String,
}

/// The shell that waits at the standard input of a container which runs; `None` if that is something else.
pub(super) fn shell(cluster: &Cluster, key: &ObjectKey, name: &str) -> Option<Shell> {
    let pod = cluster.store().pods().get(key)?;
    pod.status.container(name)?.running_since()?;
    let container = pod.spec.containers.iter().find(|one| *one.name == *name)?;
    let image = catalogue::find(&catalogue::Reference::parse(&container.image).ok()?);
    let argv = command_line(&image, &container.command, &container.args);
    let waits = container.stdin && reads_input(&argv);
    waits.then(|| Shell {
        container: (Rc::clone(pod), Rc::clone(&container.name)),
        name: argv.first().map_or_else(String::new, ToString::to_string),
    })
}

/// Runs `attach`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let flags = context.flags.clone();
    let target = match flags.words.as_slice() {
        [target] => target.clone(),
        [] => {
            let words = "at least 1 argument is required for attach";
            return Err(Failure::usage("attach", words));
        }
        words => {
            let words = format!(
                "expected POD, TYPE/NAME, or TYPE NAME, (at most 2 arguments) saw {}: [{}]",
                words.len(),
                words.join(" ")
            );
            return Err(Failure::usage("attach", &words));
        }
    };
    let pod = running_pod(context, &target, "attach")?;
    let quiet = flags.has("quiet");
    let chosen = container(context, &pod, flags.value("container"), quiet)?.name.clone();
    let (reads, screen) = (flags.has("stdin"), flags.has("tty"));
    let key = pod.meta.key();
    let raw = pod.spec.raw.items_at("containers").iter();
    let mut named = raw.filter(|one| one.str_at("name") == Some(&*chosen));
    let has_screen = named.next().and_then(|one| one.bool_at("tty")) == Some(true);
    if screen && !has_screen && !quiet {
        let words = format!("Unable to use a TTY - container {chosen} did not allocate one");
        context.warn(&format!("error: {words}"));
    }
    if !quiet {
        context.output.push(Stream::Err, NOTICE);
    }
    if reads && let Some(shell) = shell(context.cluster, &key, &chosen) {
        let session =
            Session::begin(context.cluster, &pod, &chosen, &shell.name, (has_screen, true))?;
        return Ok(After::Goes(Box::new(session)));
    }
    let seen = match context.cluster.logs(&key, &chosen, false) {
        Ok(lines) => lines.len(),
        Err(error) if error.reason == Reason::NotFound => return Err(error.into()),
        Err(_) => 0,
    };
    Ok(After::Goes(Box::new(Attached { pod: key, container: chosen, seen })))
}

/// Output as it comes, until the container ends.
#[derive(Debug)]
struct Attached {
    pod: ObjectKey,
    container: Rc<str>,
    seen: usize,
}

impl Process for Attached {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let lines = io.cluster.logs(&self.pod, &self.container, false).unwrap_or_default();
        for line in lines.iter().skip(self.seen) {
            io.output.push(Stream::Out, &format!("{}\n", line.text));
        }
        self.seen = self.seen.max(lines.len());
        let pod = io.cluster.store().pods().get(&self.pod);
        let status = pod.and_then(|pod| pod.status.container(&self.container));
        match status.and_then(|status| status.running_since()) {
            Some(_) => Turn::Waits(None),
            None => Turn::Done(0),
        }
    }
}
