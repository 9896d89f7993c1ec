//! The native binary: the same terminal without a screen.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use podyard::cluster::{Cluster, Config, Session};
use podyard::language::Language;
use podyard::lessons::{Finished, Lesson, Track, prove};
use podyard::sim::Time;
use podyard::sim::rng::Seed;
use podyard::terminal::{Audience, Stream, Terminal, run_script};

const HELP: &str = "podyard run [--dir DIR] [--seed N] [--nodes N] [--start RFC3339] [--no-echo] [--explain] [--lang en|ko] [--save FILE] SCRIPT

Runs each line of SCRIPT (- for standard input) as the terminal of the page would. `sleep 90` moves virtual time.
A command that follows something without an end (`get -w`, `logs -f`) follows it until nothing is left to happen, at
most ten minutes of virtual time; `timeout 30 kubectl get pods -w` follows it for thirty seconds.
--save writes the session to a file, as the page's export does.

podyard replay [--no-echo] [--explain] [--lang en|ko] FILE [SCRIPT]

Does again what was done in a session that the page exported, at its own times, and says whether the end is the same,
byte for byte. SCRIPT (- for standard input) runs after it, in the cluster and among the files of the session.

podyard check [--lang en|ko] [FILE or DIR ...]

Proves lessons (those under lessons/ if none is named): each solution passes every task, doing nothing passes none,
one choice of each prediction is right, each usual mistake is told by its own sentence, all evidence is there, and
every manifest is understood.
";

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
        Some("check") => options(words).map_err(usage).and_then(|options| check(&options)),
        Some("replay") => options(words).map_err(usage).and_then(|options| replay(&options)),
        Some("help" | "--help" | "-h") => {
            write(&mut std::io::stdout(), HELP);
            return ExitCode::SUCCESS;
        }
        Some(other) => Err(usage(format!("{other}: no such command"))),
        None => Err(usage("run, replay or check?".to_owned())),
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
    let mut printer = Printer { echo: options.echo, explain: options.explain };
    let status = run_script(text, cluster, terminal, &options.config, &mut printer);
    ExitCode::from(u8::try_from(status & 0xff).unwrap_or(1))
}

/// Writes what a script prints to where it belongs.
struct Printer {
    echo: bool,
    explain: bool,
}

impl Audience for Printer {
    fn line(&mut self, command: &str) {
        if self.echo {
            write(&mut std::io::stdout(), &format!("$ {command}\n"));
        }
    }

    fn output(&mut self, stream: Stream, text: &str) {
        match stream {
            Stream::Out => {
                write(&mut std::io::stdout(), text);
                let _ = std::io::stdout().flush();
            }
            Stream::Err => write(&mut std::io::stderr(), text),
            Stream::Explain if self.explain => write(&mut std::io::stderr(), text),
            Stream::Explain => {}
        }
    }
}

/// Proves lessons: files, or folders of tracks. The exit status says whether all are sound.
fn check(options: &Options) -> Result<ExitCode, String> {
    let given = options.files.iter().map(PathBuf::from).collect::<Vec<_>>();
    let places = if given.is_empty() { vec![PathBuf::from("lessons")] } else { given };
    let mut files = Vec::new();
    for place in &places {
        lessons_in(place, &mut files).map_err(|error| format!("{}: {error}", place.display()))?;
    }
    let (mut sound, mut steps) = (0, 0);
    for file in &files {
        let track = file.with_file_name("track.yaml");
        let problems = match prove_file(file, &track, options.language) {
            Ok(finished) => {
                steps += finished.steps;
                finished.problems
            }
            Err(problem) => vec![problem],
        };
        if problems.is_empty() {
            sound += 1;
        }
        for problem in problems {
            write(&mut std::io::stdout(), &format!("{}: {problem}\n", file.display()));
        }
    }
    let all = files.len();
    write(&mut std::io::stdout(), &format!("{sound} of {all} lessons are sound, {steps} steps\n"));
    Ok(if sound == all && all > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The lessons of a folder and of the folders in it, in order of their names.
fn lessons_in(place: &Path, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if place.is_file() {
        found.push(place.to_owned());
        return Ok(());
    }
    let mut inside: Vec<PathBuf> =
        std::fs::read_dir(place)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
    inside.sort();
    for path in inside {
        let lesson = path.extension().is_some_and(|end| end == "yaml")
            && path.file_name().is_some_and(|name| name != "track.yaml");
        if path.is_dir() || lesson {
            lessons_in(&path, found)?;
        }
    }
    Ok(())
}

fn prove_file(file: &Path, track: &Path, language: Language) -> Result<Finished, String> {
    let text = std::fs::read_to_string(file).map_err(|error| error.to_string())?;
    let track = match std::fs::read_to_string(track) {
        Ok(text) => {
            Some(Track::parse(&text).map_err(|error| format!("{}:{error}", track.display()))?)
        }
        Err(_) => None,
    };
    let lesson = Lesson::parse(&text, track.as_ref()).map_err(|error| error.to_string())?;
    Ok(prove(&lesson, language))
}
