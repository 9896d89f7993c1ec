//! `kubectl exec`. Follows `pkg/cmd/exec`.

use std::rc::Rc;

use super::logs::{by_logging, container, selected, selector_of};
use super::problem::Failure;
use super::resources::{self, Named};
use super::session::Session;
use super::{After, Context};
use crate::api::core::Pod;
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::object::AnyObject;
use crate::api::{ApiError, Reason};
use crate::cluster::ExecResult;
use crate::containers::shell::reads_input;
use crate::sim::Time;
use crate::terminal::Stream;
use crate::terminal::process::{Io, Process, Turn};

/// Runs `exec`.
pub(super) fn run(context: &mut Context<'_>) -> Result<After, Failure> {
    let flags = context.flags.clone();
    let (before, behind) = flags.split();
    let target = match before.first() {
        Some(target) => target.clone(),
        None => return Err(Failure::new("pod, type/name or --filename must be specified")),
    };
    let mut argv: Vec<String> = behind.to_vec();
    if flags.dash.is_none() {
        argv = before.get(1..).unwrap_or_default().to_vec();
        if !argv.is_empty() {
            let words = "exec [POD] [COMMAND] is not supported anymore. Use exec [POD] -- [COMMAND] instead";
            return Err(Failure::usage("exec", words));
        }
    }
    if argv.is_empty() {
        return Err(Failure::new("you must specify at least one command for the container"));
    }
    let pod = running_pod(context, &target, "exec into")?;
    let named = flags.value("container");
    let chosen = container(context, &pod, named, flags.has("quiet"))?.name.clone();
    let (reads, screen) = (flags.has("stdin"), flags.has("tty"));
    if reads && reads_input(&argv) {
        let shell = argv.first().map_or("sh", String::as_str);
        let shell = Session::begin(context.cluster, &pod, &chosen, shell, (screen, false))?;
        return Ok(After::Goes(Box::new(shell)));
    }
    let key = pod.meta.key();
    if reads {
        return Ok(After::Goes(Box::new(Fed { pod: key, container: chosen, argv, run: None })));
    }
    let result = context.cluster.exec(&key, &chosen, &argv).map_err(refused)?;
    Ok(After::Goes(Box::new(Remote::of(result, context.cluster.now()))))
}

/// A command in a container, whose output comes when it is written.
#[derive(Debug)]
pub(super) struct Remote {
    begun: Time,
    result: ExecResult,
    shown: usize,
}

impl Remote {
    pub(super) const fn of(result: ExecResult, begun: Time) -> Self {
        Self { begun, result, shown: 0 }
    }

    /// Prints what is due; says when the rest is, or the exit code once it is over.
    pub(super) fn show(&mut self, io: &mut Io<'_>) -> Result<i64, Option<Time>> {
        let passed = io.cluster.now() - self.begun;
        while let Some((after, error, text)) = self.result.pieces.get(self.shown) {
            if *after > passed {
                return Err(Some(self.begun + *after));
            }
            io.output.push(if *error { Stream::Err } else { Stream::Out }, text);
            self.shown += 1;
        }
        match (self.result.endless, self.result.took > passed) {
            (true, _) => Err(None),
            (false, true) => Err(Some(self.begun + self.result.took)),
            (false, false) => Ok(self.result.code),
        }
    }
}

impl Process for Remote {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        match self.show(io) {
            Err(until) => Turn::Waits(until),
            Ok(code) => ended(code, io),
        }
    }
}

/// The exit status of a command in a container, with kubectl's words about it.
pub(super) fn ended(code: i64, io: &mut Io<'_>) -> Turn {
    if code != 0 {
        io.error(&format!("command terminated with exit code {code}"));
    }
    Turn::Done(i32::try_from(code).unwrap_or(1))
}

/// A command that gets what stands on kubectl's own input.
#[derive(Debug)]
struct Fed {
    pod: ObjectKey,
    container: Rc<str>,
    argv: Vec<String>,
    run: Option<Remote>,
}

impl Process for Fed {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        if let Some(run) = &mut self.run {
            return run.poll(io);
        }
        let Some(text) = io.input.all() else { return Turn::Waits(None) };
        let argv = match text.is_empty() {
            true => self.argv.clone(),
            false => {
                let end = if text.ends_with('\n') { "" } else { "\n" };
                let words = super::quoted(&self.argv);
                vec!["sh".into(), "-c".into(), format!("{words} <<'{EOF}'\n{text}{end}{EOF}\n")]
            }
        };
        match io.cluster.exec(&self.pod, &self.container, &argv) {
            Ok(result) => self.run.insert(Remote::of(result, io.cluster.now())).poll(io),
            Err(error) => {
                io.error(refused(error).lines().trim_end());
                Turn::Done(1)
            }
        }
    }
}

/// The end of an input that is handed on; nobody writes it by chance.
const EOF: &str = "end of what was handed on";

/// The words of a container that cannot run a command.
pub(super) fn refused(error: ApiError) -> Failure {
    match error.reason {
        Reason::InternalError => Failure::new(error.message),
        _ => error.into(),
    }
}

/// The pod that a command is about: the one named, or the first of a workload; it may not be over.
///
/// # Errors
/// kubectl's words; `doing` is what cannot be done with a pod that is over.
pub(super) fn running_pod(
    context: &mut Context<'_>,
    target: &str,
    doing: &str,
) -> Result<Rc<Pod>, Failure> {
    let pod = match object(context, target)? {
        AnyObject::Pod(pod) => pod,
        workload => {
            let mut pods = selected(context, &selector_of(&workload, "cannot attach to")?);
            by_logging(&mut pods);
            pods.into_iter()
                .next()
                .ok_or_else(|| Failure::new("timed out waiting for the condition"))?
        }
    };
    if pod.status.phase.finished() {
        let phase = pod.status.phase.word();
        return Err(Failure::new(format!(
            "cannot {doing} a container in a completed pod; current phase is {phase}"
        )));
    }
    Ok(pod)
}

fn object(context: &mut Context<'_>, word: &str) -> Result<AnyObject, Failure> {
    let (kind, name) = match word.contains('/') {
        false => (Kind::Pod, word.to_owned()),
        true => match resources::named(&[word.to_owned()])? {
            Named::Objects(names) => {
                names.into_iter().next().ok_or_else(|| Failure::new("expected a resource"))?
            }
            Named::Types(_) | Named::Nothing => return Err(Failure::new("expected a resource")),
        },
    };
    let key = context.key(kind, &name);
    match context.read(kind, &key) {
        Some(object) => Ok(object),
        None => Err(Failure::not_found(kind, &name)),
    }
}
