//! The native binary: the same terminal without a screen.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::rc::Rc;

use podyard::cluster::{Cluster, Config};
use podyard::language::Language;
use podyard::sim::rng::Seed;
use podyard::sim::{Duration, Time};
use podyard::terminal::{Effect, Stream, Terminal};

const HELP: &str = "podyard run [--dir DIR] [--seed N] [--nodes N] [--start RFC3339] [--no-echo] [--explain] [--lang en|ko] SCRIPT

Runs each line of SCRIPT (- for standard input) as the terminal of the page would. `sleep 90` moves virtual time.
A command that follows something without an end (`get -w`, `logs -f`) follows it until nothing is left to happen, at
most ten minutes of virtual time; `timeout 30 kubectl get pods -w` follows it for thirty seconds.
";

/// How long a command that never ends is followed.
const LONGEST_FOLLOW: Duration = Duration::from_seconds(600);

struct Options {
    config: Config,
    folder: Option<String>,
    echo: bool,
    explain: bool,
    language: Language,
    script: String,
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() != Some("run") {
        return fail(HELP);
    }
    match options(words) {
        Ok(options) => run(options),
        Err(message) => fail(&format!("podyard: {message}\n\n{HELP}")),
    }
}

fn fail(message: &str) -> ExitCode {
    write(&mut std::io::stderr(), message);
    ExitCode::from(2)
}

/// A closed pipe behind us is no error of ours.
fn write(stream: &mut dyn std::io::Write, text: &str) {
    if stream.write_all(text.as_bytes()).is_err() {
        std::process::exit(0);
    }
}

fn options(mut words: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options = Options {
        config: Config::default(),
        folder: None,
        echo: true,
        explain: false,
        language: Language::En,
        script: String::new(),
    };
    while let Some(word) = words.next() {
        let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
        match word.as_str() {
            "--dir" => options.folder = Some(value()?),
            "--seed" => {
                options.config.seed =
                    Seed(value()?.parse().map_err(|_| "a seed is a whole number")?)
            }
            "--nodes" => {
                options.config.workers =
                    value()?.parse().map_err(|_| "--nodes is a whole number")?
            }
            "--start" => {
                options.config.start = Time::parse_rfc3339(&value()?)
                    .ok_or("--start is a time such as 2026-01-01T00:00:00Z")?;
            }
            "--lang" => {
                options.language = Language::from_tag(&value()?).ok_or("--lang is en or ko")?
            }
            "--no-echo" => options.echo = false,
            "--explain" => options.explain = true,
            other if other.starts_with("--") => return Err(format!("unknown option {other}")),
            _ => options.script = word,
        }
    }
    if options.script.is_empty() {
        return Err("no script named".into());
    }
    Ok(options)
}

fn read(path: &str) -> Result<String, String> {
    let mut bytes = Vec::new();
    let result = match path {
        "-" => std::io::stdin().read_to_end(&mut bytes).map(drop),
        path => std::fs::read(path).map(|content| bytes = content),
    };
    result.map_err(|error| format!("{path}: {error}"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The files of a folder become the workspace; nothing is ever written back.
fn load(folder: &str, terminal: &mut Terminal) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|error| format!("{folder}: {error}"))?;
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if let Ok(bytes) = std::fs::read(entry.path()) {
            terminal.files.insert(name, Rc::from(String::from_utf8_lossy(&bytes).as_ref()));
        }
    }
    Ok(())
}

fn run(options: Options) -> ExitCode {
    let mut terminal = Terminal { language: options.language, ..Terminal::default() };
    let loaded = options.folder.as_ref().map_or(Ok(()), |folder| load(folder, &mut terminal));
    let text = match loaded.and_then(|()| read(&options.script)) {
        Ok(text) => text,
        Err(message) => return fail(&format!("podyard: {message}\n")),
    };
    let mut cluster = Cluster::new(options.config.clone());
    let mut pending = String::new();
    let mut status = 0;
    for line in text.lines() {
        if !pending.is_empty() {
            pending.push('\n');
        }
        pending.push_str(line);
        if Terminal::incomplete(&pending) && !pending.trim().is_empty() {
            continue;
        }
        let command = std::mem::take(&mut pending);
        if !command.trim().is_empty() {
            status = one(&command, &options, &mut cluster, &mut terminal);
        }
    }
    if !pending.trim().is_empty() {
        status = one(&pending, &options, &mut cluster, &mut terminal);
    }
    ExitCode::from(u8::try_from(status & 0xff).unwrap_or(1))
}

/// Runs one line to its end, letting time pass while it waits.
fn one(line: &str, options: &Options, cluster: &mut Cluster, terminal: &mut Terminal) -> i32 {
    if options.echo {
        write(&mut std::io::stdout(), &format!("$ {line}\n"));
    }
    let mut running = terminal.start(line);
    let begun = cluster.now();
    loop {
        let poll = running.poll(cluster, terminal);
        for (stream, text) in &poll.output {
            match stream {
                Stream::Out => write(&mut std::io::stdout(), text),
                Stream::Err => write(&mut std::io::stderr(), text),
                Stream::Explain if options.explain => write(&mut std::io::stderr(), text),
                Stream::Explain => {}
            }
        }
        let _ = std::io::stdout().flush();
        for effect in &poll.effects {
            perform(effect, options, cluster);
        }
        if let Some(status) = poll.status {
            return status;
        }
        let next = match (cluster.next_wake(), poll.until) {
            (Some(wake), Some(until)) => wake.min(until),
            (Some(wake), None) => wake,
            (None, Some(until)) => until,
            (None, None) => cluster.now() + LONGEST_FOLLOW,
        };
        let endless = poll.until.is_none() && next > begun + LONGEST_FOLLOW;
        if endless {
            running.interrupt();
        } else {
            cluster.run_until(next);
        }
    }
}

/// What the page would do, as far as it makes sense without one.
fn perform(effect: &Effect, options: &Options, cluster: &mut Cluster) {
    match effect {
        Effect::Back(span) => cluster.back_to(cluster.now() - *span),
        Effect::Undo => drop(cluster.undo()),
        Effect::Reset(seed) => {
            let mut config = options.config.clone();
            if let Some(seed) = seed {
                config.seed = Seed(*seed);
            }
            *cluster = Cluster::new(config);
        }
        Effect::OpenEditor(_) => write(
            &mut std::io::stderr(),
            "error: there is no editor here; use `kubectl patch`, or change the file and `kubectl apply -f` it\n",
        ),
        Effect::Clear | Effect::Speed(_) | Effect::Pause(_) => {}
    }
}
