//! `kubectl exec`. Follows `pkg/cmd/exec`.

use super::logs::{by_logging, container, selected, selector_of};
use super::problem::Failure;
use super::resources::{self, Named};
use super::{After, Context};
use crate::api::kind::Kind;
use crate::api::object::AnyObject;
use crate::api::{ApiError, Reason};
use crate::language::Text;

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
            let text = Text::new("terminal.exec-dashes").with("command", argv.join(" "));
            return Err(Failure::usage("exec", words).explained(text));
        }
    }
    if argv.is_empty() {
        return Err(Failure::new("you must specify at least one command for the container"));
    }
    let pod = match object(context, &target)? {
        AnyObject::Pod(pod) => pod,
        workload => {
            let mut pods = selected(context, &selector_of(&workload)?);
            by_logging(&mut pods);
            pods.into_iter()
                .next()
                .ok_or_else(|| Failure::new("timed out waiting for the condition"))?
        }
    };
    if pod.status.phase.finished() {
        let phase = pod.status.phase.word();
        return Err(Failure::new(format!(
            "cannot exec into a container in a completed pod; current phase is {phase}"
        )));
    }
    let named = flags.value("container");
    let chosen = container(context, &pod, named, flags.has("quiet"))?.name.clone();
    let result = context.cluster.exec(&pod.meta.key(), &chosen, &argv).map_err(refused)?;
    context.out(&result.stdout);
    if !result.stderr.is_empty() {
        let lines = result.stderr.trim_end_matches('\n').to_owned();
        context.warn(&lines);
    }
    if result.code != 0 {
        context.warn(&format!("command terminated with exit code {}", result.code));
    }
    Ok(After::Status(i32::try_from(result.code).unwrap_or(1)))
}

/// The words of a container that cannot run a command.
fn refused(error: ApiError) -> Failure {
    match error.reason {
        Reason::InternalError => Failure::new(error.message),
        _ => error.into(),
    }
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
        None => Err(resources::missing(context, kind, &name)),
    }
}
