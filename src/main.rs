//! The native binary: the same terminal without a screen.

use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;

use podyard::cluster::{Cluster, Config, Session};
use podyard::language::{Language, Text};
use podyard::lessons::{Finished, Grade, Lesson, Record, RecordError, Track, draft, link, prove};
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
one choice of each prediction is right, each usual mistake is told by its own sentence, all evidence is there, every
manifest is understood, the solution keeps to its par, and both languages say the same with the same words of code.

podyard grade [--json] [--lang en|ko] LESSON FILE ...

Replays what learners did in a lesson (files that the page saved, files with links in them, or links) and runs the
checks again: solved or not, tries, hints, predictions, first wrong turn, one line each. A record that was changed does
not replay to the end that it names. The exit status is 0 if all have solved it.

podyard lesson [--lang en|ko] FILE

Writes a lesson that asks for what was played in a session, with its end state proposed as tasks.
";

struct Options {
    config: Config,
    folder: Option<String>,
    echo: bool,
    explain: bool,
    json: bool,
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
        Some("grade") => options(words).map_err(usage).and_then(|options| grade(&options)),
        Some("lesson") => options(words).map_err(usage).and_then(|options| lesson(&options)),
        Some("replay") => options(words).map_err(usage).and_then(|options| replay(&options)),
        Some("help" | "--help" | "-h") => {
            write(&mut std::io::stdout(), HELP);
            return ExitCode::SUCCESS;
        }
        Some(other) => Err(usage(format!("{other}: no such command"))),
        None => Err(usage("run, replay, check, grade or lesson?".to_owned())),
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
        json: false,
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
            "--json" => options.json = true,
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

    fn typed(&mut self, prompt: &str, line: &str) {
        if self.echo {
            write(&mut std::io::stdout(), &format!("{prompt}{line}\n"));
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
            Stream::Fix if self.explain => write(&mut std::io::stderr(), &format!("  $ {text}")),
            Stream::Explain | Stream::Fix => {}
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
        let problems = match prove_file(file, options.language) {
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

fn prove_file(file: &Path, language: Language) -> Result<Finished, String> {
    Ok(prove(&load_lesson(file)?, language))
}

/// A lesson with its track and the lessons it goes on from.
fn load_lesson(file: &Path) -> Result<Lesson, String> {
    let folder = file.parent().and_then(Path::parent).unwrap_or(Path::new(".."));
    let read = |id: &str| {
        // The lesson itself may lie anywhere and be called anything.
        let path = match id == lesson_id(file) {
            true => file.to_owned(),
            false => folder.join(format!("{id}.yaml")),
        };
        let text = std::fs::read_to_string(&path).map_err(|error| error.to_string())?;
        let track = path.with_file_name("track.yaml");
        let track = match std::fs::read_to_string(&track) {
            Ok(text) => {
                Some(Track::parse(&text).map_err(|error| format!("{}:{error}", track.display()))?)
            }
            Err(_) => None,
        };
        Lesson::parse(&text, track.as_ref()).map_err(|error| error.to_string())
    };
    Lesson::chain(&lesson_id(file), &read)
}

/// `jobs/hello` of `lessons/jobs/hello.yaml`.
fn lesson_id(file: &Path) -> String {
    let file = std::path::absolute(file).unwrap_or_else(|_| file.to_owned());
    let word = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let track = word(file.parent().and_then(Path::file_name));
    format!("{track}/{}", word(file.file_stem()))
}

/// Replays learners' sessions; the exit status says whether all of them solved the lesson.
fn grade(options: &Options) -> Result<ExitCode, String> {
    let [lesson, given @ ..] = options.files.as_slice() else {
        return Err(usage("name a lesson and the sessions".into()));
    };
    if given.is_empty() {
        return Err(usage("name the sessions".into()));
    }
    let file = Path::new(lesson);
    let read_lesson = load_lesson(file).map_err(|error| format!("{lesson}: {error}"))?;
    let (shared, id, language) = (Rc::new(read_lesson), lesson_id(file), options.language);
    let mut all = true;
    for (name, text) in
        given.iter().map(|one| sessions_in(one)).collect::<Result<Vec<_>, _>>()?.concat()
    {
        let graded = text.and_then(|text| homework(&id, &shared, &text, language));
        all &= graded.as_ref().is_ok_and(|grade| grade.solved);
        let line = match (options.json, &graded) {
            (true, _) => json_line(&name, &graded),
            (false, Ok(grade)) => format!("{name}: {}", grade.render(language)),
            (false, Err(why)) => format!("{name}: {}", why.render(language)),
        };
        write(&mut std::io::stdout(), &format!("{line}\n"));
    }
    Ok(if all { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A name, and the session's text or why there is none.
type Handed = (String, Result<String, Text>);

/// The sessions that an argument stands for: a link, a file, or a file with links.
fn sessions_in(given: &str) -> Result<Vec<Handed>, String> {
    let unfold = |link: &str| link::unfold(link).ok_or_else(|| Text::new("grade.link"));
    if given.contains(link::MARK) {
        return Ok(vec![("link".to_owned(), unfold(given))]);
    }
    let text = read(given)?;
    if !text.contains(link::MARK) || text.trim_start().starts_with('{') {
        return Ok(vec![(given.to_owned(), Ok(text))]);
    }
    let links = text.split_whitespace().filter(|word| word.contains(link::MARK));
    let links = links.zip(1..).map(|(link, number)| (format!("{given}:{number}"), unfold(link)));
    Ok(links.collect())
}

fn homework(id: &str, lesson: &Rc<Lesson>, text: &str, language: Language) -> Result<Grade, Text> {
    let session = Session::from_json(text).map_err(|error| error.explain())?;
    let start = lesson.settings.config().start;
    let (record, end) =
        Record::from_value(&session.lesson, start).map_err(|error| error.explain())?;
    if record.lesson != id {
        return Err(RecordError::Other(record.lesson).explain());
    }
    let replayed = record.replay(lesson, language).map_err(|error| error.explain())?;
    match replayed.cluster.digest() == end {
        true => Ok(replayed.grade()),
        false => Err(RecordError::Changed.explain()),
    }
}

fn json_line(name: &str, graded: &Result<Grade, Text>) -> String {
    let mut value = match graded {
        Ok(grade) => grade.to_value(),
        Err(why) => podyard::object! { "error" => why.render(Language::En) },
    };
    value.set("file", name);
    value.to_json()
}

/// Writes a lesson that asks for what was played in a session.
fn lesson(options: &Options) -> Result<ExitCode, String> {
    let [file] = options.files.as_slice() else { return Err(usage("name one session".into())) };
    let handed = sessions_in(file)?.into_iter().next();
    let (_, text) = handed.ok_or_else(|| format!("{file}: there is no session in it"))?;
    let render = |text: Text| format!("{file}: {}", text.render(options.language));
    let session = text.and_then(|text| Session::from_json(&text).map_err(|error| error.explain()));
    let text = session.and_then(|session| draft(&session)).map_err(render)?;
    write(&mut std::io::stdout(), &text);
    Ok(ExitCode::SUCCESS)
}
