//! The native binary: the same terminal without a screen.

use std::io::{Read as _, Write as _};
use std::process::ExitCode;
use std::rc::Rc;

use podyard::cluster::{Cluster, Config, Session};
use podyard::language::Language;
use podyard::sim::rng::Seed;
use podyard::sim::{Duration, Time};
use podyard::terminal::{Effect, Stream, Terminal};

const HELP: &str = "podyard run [--dir DIR] [--seed N] [--nodes N] [--start RFC3339] [--no-echo] [--explain] [--lang en|ko] [--save FILE] SCRIPT

Runs each line of SCRIPT (- for standard input) as the terminal of the page would. `sleep 90` moves virtual time.
A command that follows something without an end (`get -w`, `logs -f`) follows it until nothing is left to happen, at
most ten minutes of virtual time; `timeout 30 kubectl get pods -w` follows it for thirty seconds.
--save writes the session to a file, as the page's export does.

podyard replay [--no-echo] [--explain] [--lang en|ko] FILE [SCRIPT]

Does again what was done in a session that the page exported, at its own times, and says whether the end is the same,
byte for byte. SCRIPT (- for standard input) runs after it, in the cluster and among the files of the session.
";

/// How long a command that never ends is followed.
const LONGEST_FOLLOW: Duration = Duration::from_seconds(600);

struct Options {
    config: Config,
    folder: Option<String>,
    echo: bool,
    explain: bool,
    language: Language,
    save: Option<String>,
    files: Vec<String>,
}

fn main() -> ExitCode {
    let mut words = std::env::args().skip(1);
    let command = words.next();
    let done = match command.as_deref() {
        Some("run") => options(words).map_err(usage).and_then(|options| run(&options)),
        Some("replay") => options(words).map_err(usage).and_then(|options| replay(&options)),
        Some("help" | "--help" | "-h") => {
            write(&mut std::io::stdout(), HELP);
            return ExitCode::SUCCESS;
        }
        Some(other) => Err(usage(format!("{other}: no such command"))),
        None => Err(usage("run or replay?".to_owned())),
    };
    done.unwrap_or_else(|message| fail(&format!("podyard: {}\n", message.trim_end())))
}

/// What was wrong, and how it is done.
fn usage(message: String) -> String {
    format!("{message}\n\n{HELP}")
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
        save: None,
        files: Vec::new(),
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
            "--save" => options.save = Some(value()?),
            "--no-echo" => options.echo = false,
            "--explain" => options.explain = true,
            other if other.starts_with("--") => return Err(format!("unknown option {other}")),
            _ => options.files.push(word),
        }
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

fn run(options: &Options) -> Result<ExitCode, String> {
    let [script] = options.files.as_slice() else { return Err(usage("name one script".into())) };
    let mut terminal = Terminal { language: options.language, ..Terminal::default() };
    if let Some(folder) = &options.folder {
        load(folder, &mut terminal)?;
    }
    let text = read(script)?;
    let mut cluster = Cluster::new(options.config.clone());
    let status = lines(&text, options, &mut cluster, &mut terminal);
    if let Some(file) = &options.save {
        let session = Session::of(&cluster, &terminal.files).sealed(&cluster);
        std::fs::write(file, session.to_json()).map_err(|error| format!("{file}: {error}"))?;
    }
    Ok(status)
}

/// Replays a session; the exit status says whether it ended as it did.
fn replay(options: &Options) -> Result<ExitCode, String> {
    let (file, script) = match options.files.as_slice() {
        [file] => (file, None),
        [file, script] => (file, Some(script)),
        _ => return Err(usage("name one session".into())),
    };
    let session = Session::from_json(&read(file)?)
        .map_err(|error| format!("{file}: {}", error.explain().render(options.language)))?;
    let mut replay = session.replay();
    while !replay.advance(u64::MAX / 2) {}
    let mut cluster = replay.cluster;
    let same = session.end.map(|end| end == cluster.digest());
    let words = match same {
        Some(true) => "the same end, byte for byte",
        Some(false) => "ANOTHER end than the one recorded",
        None => "no end recorded to compare with",
    };
    let (count, until) = (session.inputs.len(), session.until.rfc3339());
    write(&mut std::io::stderr(), &format!("{file}: {count} inputs until {until}: {words}\n"));
    if same == Some(false) {
        return Ok(ExitCode::FAILURE);
    }
    let Some(script) = script else { return Ok(ExitCode::SUCCESS) };
    let mut terminal =
        Terminal { language: options.language, files: session.files, ..Terminal::default() };
    Ok(lines(&read(script)?, options, &mut cluster, &mut terminal))
}

/// Runs the lines of a script; the status is that of the last.
fn lines(
    text: &str,
    options: &Options,
    cluster: &mut Cluster,
    terminal: &mut Terminal,
) -> ExitCode {
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
            status = one(&command, options, cluster, terminal);
        }
    }
    if !pending.trim().is_empty() {
        status = one(&pending, options, cluster, terminal);
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
            running.interrupt(terminal);
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
