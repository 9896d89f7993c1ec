//! A shell in a container that somebody sits at: `kubectl exec -it POD -- sh`. Each line runs in the container at once;
//! the folder, variables, functions and options stay from line to line.

use std::collections::BTreeMap;
use std::rc::Rc;

use super::exec::{Remote, ended, refused};
use super::problem::Failure;
use crate::api::core::Pod;
use crate::api::meta::{ObjectKey, Uid};
use crate::cluster::{Action, Cluster, WriteOptions};
use crate::terminal::process::{Io, Process, Turn, Typed};
use crate::terminal::shell::parse::Gathered;

/// Stands before the folder that the shell is in after a line, and before its variables.
const MARK: char = '\u{1e}';

/// A session.
#[derive(Debug)]
pub(super) struct Session {
    pod: ObjectKey,
    uid: Uid,
    container: Rc<str>,
    /// How often the container had been restarted when it began.
    restarts: i64,
    shell: String,
    bash: bool,
    /// Whether there is a screen, and with it a prompt.
    screen: bool,
    folder: String,
    /// The variables with which a shell begins there.
    given: Variables,
    /// The variables as the last line left them.
    variables: Variables,
    /// Lines that set functions and options for those behind them.
    set: Vec<String>,
    typed: Gathered,
    status: i64,
    run: Option<Remote>,
    over: bool,
    /// Whether the shell is the container's own, and ends it.
    own: bool,
}

impl Session {
    /// Begins one in a shell beside what runs in the container, or in the container's own.
    ///
    /// # Errors
    /// The words of a container that has no such shell, or does not run.
    pub(super) fn begin(
        cluster: &mut Cluster,
        pod: &Pod,
        container: &Rc<str>,
        shell: &str,
        (screen, own): (bool, bool),
    ) -> Result<Self, Failure> {
        let key = pod.meta.key();
        let look = [shell.to_owned(), "-c".into(), "pwd; echo $BASH_VERSION; set".into()];
        let seen = cluster.exec(&key, container, &look).map_err(refused)?;
        let mut lines = seen.stdout.splitn(3, '\n');
        let folder = lines.next().filter(|_| seen.code == 0).unwrap_or("/").to_owned();
        let given = variables(lines.clone().nth(1).unwrap_or_default());
        let mut session = Self {
            bash: shell.ends_with("bash")
                || lines.next().is_some_and(|version| !version.is_empty()),
            restarts: restarts(pod, container),
            pod: key,
            uid: pod.meta.uid,
            container: Rc::clone(container),
            shell: shell.to_owned(),
            screen,
            own,
            folder,
            variables: given.clone(),
            given,
            set: Vec::new(),
            typed: Gathered::default(),
            status: 0,
            run: None,
            over: false,
        };
        if seen.code != 0 {
            session.status = seen.code;
            session.run = Some(Remote::of(seen, cluster.now()));
            session.over = true;
        }
        Ok(session)
    }

    /// It is left: the container's own shell ends with it.
    fn end(&self, code: i64, io: &mut Io<'_>) -> Turn {
        if !self.own {
            return ended(code, io);
        }
        let (pod, container) = (self.pod.clone(), Rc::clone(&self.container));
        let options = WriteOptions::default();
        // What is gone already cannot be left.
        drop(io.cluster.act(Action::Leave { pod, container, code }, &options));
        if self.screen {
            let (namespace, name, container) =
                (&self.pod.namespace, &self.pod.name, &self.container);
            io.out(&format!("Session ended, resume using 'kubectl attach {name} -c {container} -n {namespace} -i -t' command\n"));
        }
        Turn::Done(0)
    }

    fn prompt(&self) -> String {
        if !self.screen {
            return String::new();
        }
        if !self.typed.is_blank() {
            return "> ".into();
        }
        match self.bash {
            true => format!("root@{}:{}# ", self.pod.name, self.folder),
            false => format!("{} # ", self.folder),
        }
    }

    /// Runs a whole line in the container.
    fn enter(&mut self, line: &str, io: &mut Io<'_>) -> Result<(), Failure> {
        let set: String = self.set.iter().map(|line| format!("{line}\n")).collect();
        let set = self.changed() + &set;
        let folder = self.folder.replace('\'', "'\\''");
        // After `exit` nothing follows: no mark means that the shell was left.
        let text = format!(
            "cd '{folder}'\n{set}__status() {{ return {}; }}\n__status\n{line}\n__status=$?; set +e; echo \"{MARK}$(pwd){MARK}\"; set; exit $__status",
            self.status
        );
        let argv = [self.shell.clone(), "-c".into(), text];
        let mut result = io.cluster.exec(&self.pod, &self.container, &argv).map_err(refused)?;
        self.over = true;
        let mut state = String::new();
        for (_, _, piece) in result.pieces.iter_mut().filter(|(_, error, _)| !error) {
            if !self.over {
                state.push_str(&std::mem::take(piece));
            } else if let Some((before, behind)) = piece.split_once(MARK) {
                state.push_str(behind);
                *piece = before.to_owned();
                self.over = false;
            }
        }
        if let Some((folder, rest)) = state.split_once(MARK) {
            folder.clone_into(&mut self.folder);
            self.variables = variables(rest);
            self.variables.remove("__status");
        }
        if !self.over && sets(line) {
            self.set.push(line.to_owned());
        }
        self.status = result.code;
        self.run = Some(Remote::of(result, io.cluster.now()));
        Ok(())
    }

    /// What a fresh shell must be told to have the variables of this one.
    fn changed(&self) -> String {
        let new =
            self.variables.iter().filter(|(name, value)| self.given.get(*name) != Some(value));
        let gone = self.given.keys().filter(|name| !self.variables.contains_key(*name));
        let set = new.map(|(name, value)| format!("{name}={value}\n"));
        set.chain(gone.map(|name| format!("unset {name}\n"))).collect()
    }

    /// Whether the container in which the shell ran is gone.
    fn lost(&self, io: &Io<'_>) -> bool {
        match io.cluster.store().pods().get(&self.pod) {
            Some(pod) => {
                pod.meta.uid != self.uid
                    || pod.status.phase.finished()
                    || restarts(pod, &self.container) != self.restarts
                    || pod
                        .status
                        .container(&self.container)
                        .is_some_and(|one| one.terminated().is_some())
            }
            None => true,
        }
    }
}

fn restarts(pod: &Pod, container: &str) -> i64 {
    pod.status.container(container).map_or(0, |status| status.restart_count)
}

/// Variables as `set` lists them: names, and values with their quotes.
type Variables = BTreeMap<String, String>;

/// Reads what `set` lists; a value may go over several lines.
fn variables(text: &str) -> Variables {
    let mut all = Variables::new();
    let mut rest = text;
    while let Some((name, behind)) = rest.split_once('=') {
        let mut quote = None;
        let end = behind.char_indices().find(|(_, letter)| {
            match quote {
                None if *letter == '\n' => return true,
                None if matches!(letter, '\'' | '"') => quote = Some(*letter),
                Some(open) if open == *letter => quote = None,
                _ => {}
            }
            false
        });
        let (value, next) = behind.split_at(end.map_or(behind.len(), |(at, _)| at));
        all.insert(name.trim().to_owned(), value.to_owned());
        rest = next;
    }
    all
}

/// Whether a line only sets a function or an option.
fn sets(line: &str) -> bool {
    let line = line.trim();
    let first = line.split_whitespace().next().unwrap_or("");
    let alone = !line.contains([';', '|', '&']) && first == "set" && line != "set";
    alone
        || first.ends_with("()")
        || line.split_once("()").is_some_and(|(name, _)| !name.contains(' '))
}

impl Process for Session {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        loop {
            if let Some(run) = &mut self.run {
                match run.show(io) {
                    Err(until) => return Turn::Waits(until),
                    Ok(_) => self.run = None,
                }
                if self.over {
                    return self.end(self.status, io);
                }
            }
            if self.lost(io) {
                return self.end(137, io);
            }
            let line = match io.input.session_line(&self.prompt()) {
                Typed::Waits => return Turn::Waits(None),
                Typed::Line(line) => line,
                Typed::End if self.typed.is_blank() => {
                    if self.screen {
                        io.out("exit\n");
                    }
                    return self.end(self.status, io);
                }
                Typed::End => String::new(),
            };
            let incomplete = self.typed.push(&line);
            if self.typed.is_blank() {
                self.typed.take();
                continue;
            }
            if incomplete && !line.is_empty() {
                continue;
            }
            let whole = self.typed.take();
            if let Err(failure) = self.enter(&whole, io) {
                io.error(failure.lines().trim_end());
                return Turn::Done(1);
            }
        }
    }
}
