//! Every lesson is proven, and the proof finds what is wrong with one that is not sound.

#![allow(clippy::unwrap_used, clippy::panic)] // helpers of tests are not tests to clippy

use std::fs;
use std::path::Path;
use std::rc::Rc;

use podyard::cluster::Cluster;
use podyard::language::{Language, particle};
use podyard::lessons::{Check, Lesson, Player, Pointed, Scene, Track, Watch, prove};
use podyard::terminal::{Terminal, run_script};

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("lessons")
}

fn lesson(name: &str) -> Lesson {
    let path = folder().join(name);
    let track = fs::read_to_string(path.with_file_name("track.yaml")).unwrap();
    let track = Track::parse(&track).unwrap();
    Lesson::parse(&fs::read_to_string(path).unwrap(), Some(&track)).unwrap()
}

/// A lesson together with those it goes on from.
fn whole(id: &str) -> Result<Lesson, String> {
    let read = |id: &str| {
        let path = folder().join(format!("{id}.yaml"));
        let track = fs::read_to_string(path.with_file_name("track.yaml")).unwrap();
        let track = Track::parse(&track).map_err(|error| error.to_string())?;
        let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
        Lesson::parse(&text, Some(&track)).map_err(|error| error.to_string())
    };
    Lesson::chain(id, &read)
}

#[test]
fn every_lesson_of_every_track_is_sound_and_in_its_place() {
    let mut lessons = 0;
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if !path.is_dir() {
            continue;
        }
        let track = Track::parse(&fs::read_to_string(path.join("track.yaml")).unwrap()).unwrap();
        let mut files: Vec<String> = fs::read_dir(&path)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_str().unwrap().to_owned())
            .filter(|name| name != "track.yaml")
            .collect();
        files.sort();
        let mut named: Vec<String> =
            track.lessons.iter().map(|name| format!("{name}.yaml")).collect();
        named.sort();
        assert_eq!(files, named, "{}: the track names every lesson once", path.display());
        for name in files {
            let id = format!(
                "{}/{}",
                path.file_name().unwrap().to_str().unwrap(),
                name.trim_end_matches(".yaml")
            );
            let lesson =
                whole(&id).unwrap_or_else(|error| panic!("{}:{error}", path.join(&name).display()));
            let found = prove(&lesson, Language::En);
            assert_eq!(found.problems, Vec::<String>::new(), "{}", path.join(&name).display());
            // Who begins at another second sees the same: other minutes are cut, other rounds of the loops come first.
            for wait in ["5.5", "20.2"] {
                let mut later = lesson.clone();
                later.before = format!("sleep {wait}\n{}", later.before);
                let found = prove(&later, Language::En);
                let place = path.join(&name);
                assert_eq!(
                    found.problems,
                    Vec::<String>::new(),
                    "{} {wait} s later",
                    place.display()
                );
            }
            lessons += 1;
        }
    }
    assert!(lessons > 0);
}

/// A lesson with one task: to make a Job of a name complete.
fn made(change: impl Fn(&str) -> String) -> Vec<String> {
    let text = r#"
title: {en: A, ko: 가}
summary: {en: A, ko: 가}
minutes: 1
files: {job.yaml: "{apiVersion: batch/v1, kind: Job, metadata: {name: a}, spec: {template: {spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: [\"true\"]}]}}}}"}
steps:
- title: {en: A, ko: 가}
  text: {en: A, ko: 가}
  tasks:
  - text: {en: A, ko: 가}
    check: {kind: jobs, name: a, where: [{column: COMPLETIONS, is: 1/1}]}
    hints: [{en: A, ko: 가}, {en: A, ko: 가}, {en: A, ko: 가}]
    mistakes:
    - {check: {kind: jobs, name: b}, says: {en: A, ko: 가}, script: "kubectl create job b --image busybox -- true"}
  solution: |
    kubectl apply -f job.yaml
    sleep 30
"#;
    prove(&Lesson::parse(&change(text), None).unwrap(), Language::En).problems
}

#[test]
fn the_proof_finds_what_is_wrong() {
    assert_eq!(made(str::to_owned), Vec::<String>::new());
    for (from, to, words) in [
        ("sleep 30\n", "sleep 0\n", "the solution does not do task 1"),
        ("name: a, where", "name: a, count: {is: 0}, where", "task 1 does itself"),
        ("create job b", "create job c", "mistake 1 is not told as itself"),
        (
            "create job b --image busybox -- true",
            "create job a --image busybox -- true\\nsleep 30",
            "mistake 1 does the task",
        ),
        (
            "sleep 30\n",
            "kubectl create job b --image busybox -- true\n    sleep 30\n",
            "task 1: mistake 1 is told to who goes the solution",
        ),
        (
            "sleep 30\n",
            "sleep 30\n  also: [\"kubectl create job a --image busybox -- true\\nsleep 1\"]\n",
            "task 1: is not done by the other way 1",
        ),
        (
            "sleep 30\n",
            "sleep 30\n  also: [\"kubectl create job a --image busybox -- true\\nkubectl create job b --image busybox -- true\\nsleep 30\"]\n",
            "task 1: mistake 1 is told to who goes the other way 1",
        ),
        ("kind: Job,", "kind: Jab,", "job.yaml: "),
        ("minutes: 1", "minutes: 1\nbroken: [job.yaml]", "is called broken and is not"),
        ("minutes: 1", "minutes: 1\nbefore: kubectl get pod nobody", "before: the last line fails"),
        (
            "    mistakes:",
            "    evidence: {question: {en: A, ko: 가}, kind: Node, name: worker-1, event: Nonsense, wrong: {en: A, ko: 가}}\n    mistakes:",
            "the evidence is not there",
        ),
        (
            "  tasks:",
            "  predict: {question: {en: A, ko: 가}, play: sleep 1, choices: [{text: {en: A, ko: 가}, says: {en: A, ko: 가}, check: {kind: nodes, count: {is: 1}}}]}\n  tasks:",
            "answers [] come true",
        ),
        (
            "  tasks:",
            "  predict: {question: {en: A, ko: 가}, play: sleep 1, choices: [{text: {en: A, ko: 가}, says: {en: A, ko: 가}, check: {kind: nodes}}, {text: {en: A, ko: 가}, says: {en: A, ko: 가}, check: {kind: nodes, name: worker-1}}]}\n  tasks:",
            "answers [1, 2] come true",
        ),
        (
            "minutes: 1",
            "minutes: 1\npar: {changes: 0, time: 1h}",
            "par: the solution takes 1 changes",
        ),
        ("minutes: 1", "minutes: 1\npar: {changes: 9, time: 1s}", "and 1s"),
        ("summary: {en: A,", "summary: {en: 가,", "summary: there is Korean in the English text"),
        (
            "  text: {en: A, ko: 가}\n  tasks",
            "  text: {en: Make the Job complete, ko: Make the Job complete}\n  tasks",
            "step 1: text: the Korean text is not written yet",
        ),
        (
            "summary: {en: A, ko: 가}",
            "summary: {en: A, ko: 포드}",
            "summary: `포드` is not written",
        ),
        (
            "says: {en: A, ko: 가}, script",
            "says: {en: One two three, ko: One two three}, script",
            "task 1: mistake 1: the Korean text",
        ),
    ] {
        let problems = made(|text| {
            assert!(text.contains(from), "{from}");
            text.replace(from, to)
        });
        let told = problems.iter().any(|problem| problem.contains(words));
        assert!(told, "{to}: {problems:?}");
    }
}

#[test]
fn a_lesson_goes_on_from_the_end_of_another_and_a_step_from_the_beginning() {
    let first = "title: {en: A, ko: 가}\nsummary: {en: A, ko: 가}\nminutes: 1\nsettings: {nodes: 2, seed: 3}\nfiles: {a.txt: mine}\nsteps:\n- title: {en: A, ko: 가}\n  text: {en: A, ko: 가}\n  solution: |\n    kubectl run one --image=nginx\n    sleep 20\n";
    let second = "title: {en: B, ko: 나}\nsummary: {en: B, ko: 나}\nminutes: 1\nafter: one\nsettings: {speed: 10}\nbefore: kubectl label pod one a=b\nsteps:\n- title: {en: B, ko: 나}\n  text: {en: B, ko: 나}\n  solution: kubectl delete pod one\n- title: {en: B, ko: 나}\n  text: {en: B, ko: 나}\n  from: start\n  solution: kubectl get pod one\n";
    let circle = "title: {en: C, ko: 다}\nsummary: {en: C, ko: 다}\nminutes: 1\nafter: t/three\nsteps:\n- title: {en: C, ko: 다}\n  text: {en: C, ko: 다}\n";
    let read = |id: &str| match id {
        "t/one" => Ok(Lesson::parse(first, None).unwrap()),
        "t/two" => Ok(Lesson::parse(second, None).unwrap()),
        "t/three" => Ok(Lesson::parse(circle, None).unwrap()),
        _ => Err("is not there".to_owned()),
    };
    let lesson = Lesson::chain("t/two", &read).unwrap();
    let pods = |scene: &Scene| scene.look("kubectl get pods --show-labels --no-headers; cat a.txt");
    let begun = pods(&Scene::at(&lesson, 0));
    assert!(
        begun.contains("one") && begun.contains("a=b,run=one") && begun.ends_with("mine"),
        "{begun}"
    );
    assert!(!pods(&Scene::at(&lesson, 1)).is_empty());
    assert_eq!(pods(&Scene::at(&lesson, 1)), begun, "the second step begins where the lesson did");
    assert_eq!((lesson.settings.nodes, lesson.settings.speed), (Some(2), Some(10.0)));
    assert_eq!(prove(&lesson, Language::En).problems, Vec::<String>::new());
    assert!(Lesson::chain("t/three", &read).unwrap_err().contains("goes round in a circle"));
}

/// A learner, her cluster and her terminal.
fn begin(name: &str) -> (Player, Cluster, Terminal) {
    let lesson = Rc::new(lesson(name));
    let files = lesson.files.iter().map(|(name, text)| (name.clone(), Rc::from(text.as_str())));
    let mut terminal = Terminal { files: files.collect(), ..Terminal::default() };
    let config = lesson.settings.config();
    let mut cluster = Cluster::new(config.clone());
    run_script(&lesson.before, &mut cluster, &mut terminal, &config, &mut ());
    (Player::begin(lesson, &cluster), cluster, terminal)
}

fn play(script: &str, cluster: &mut Cluster, terminal: &mut Terminal) {
    let config = cluster.config().clone();
    run_script(script, cluster, terminal, &config, &mut ());
}

#[test]
fn a_learner_foretells_errs_asks_and_gets_there() {
    let (mut player, mut cluster, mut terminal) = begin("jobs/hello.yaml");
    assert!(player.asks() && !player.step_done());
    let script = player.step().unwrap().predict.as_ref().unwrap().play.clone();
    player.foretell(1, &cluster);
    play(&script, &mut cluster, &mut terminal);
    let finding = player.reveal(&cluster).unwrap();
    assert_eq!((finding.chosen, finding.right), (1, Some(0)));
    assert_eq!(player.progress().predictions(), (0, 1));
    assert!(player.step_done());
    player.advance(&cluster);

    let tried = |player: &Player, cluster: &Cluster| player.tasks(cluster, Language::En)[0].tried;
    assert!(!tried(&player, &cluster), "nothing was done in this step yet");
    let mut asking = player.clone();
    asking.hint(0);
    assert!(tried(&asking, &cluster));
    let missing = |player: &mut Player, cluster: &Cluster| {
        player.observe(cluster);
        let view = player.tasks(cluster, Language::En).remove(0);
        let missing = view.missing.map(|report| {
            let words = [report.expected, report.seen].map(|text| text.render(Language::En));
            format!("{}; {}; {}", words[0], words[1], report.look)
        });
        (missing, view.mistake)
    };
    let (words, mistake) = missing(&mut player, &cluster);
    assert_eq!(
        words.unwrap(),
        "Expected: 0 Job (hello); Seen: 1. There is: hello; kubectl get jobs hello"
    );
    assert_eq!(mistake, None);
    play("kubectl delete pod -l job-name=hello\nsleep 20", &mut cluster, &mut terminal);
    assert!(missing(&mut player, &cluster).1.unwrap().starts_with("The pod is gone"));
    assert!(tried(&player, &cluster));
    player.hint(0);
    assert_eq!(player.progress().hints, 1);
    play("kubectl delete job hello\nsleep 5", &mut cluster, &mut terminal);
    assert_eq!(player.observe(&cluster), [0]);
    assert!(player.over());
}

#[test]
fn the_cause_is_pointed_at_before_the_mending_counts() {
    let (mut player, mut cluster, mut terminal) = begin("jobs/failure.yaml");
    let script = player.step().unwrap().predict.as_ref().unwrap().play.clone();
    player.foretell(2, &cluster);
    play(&script, &mut cluster, &mut terminal);
    player.reveal(&cluster);
    player.advance(&cluster);
    let solution = player.step().unwrap().solution.clone();
    play(&solution, &mut cluster, &mut terminal);
    assert_eq!(player.observe(&cluster), Vec::<usize>::new());
    assert_eq!(player.mistake(cluster.now(), Language::En), None);
    let name = "fail-abcde".to_owned();
    let elsewhere = Pointed::Log { name: name.clone(), line: "hello".into() };
    assert!(player.point(&elsewhere, Language::Ko).unwrap().starts_with("그것은"));
    let mut quoting = player.clone();
    assert!(quoting.quote("BackoffLimitExceeded", Language::En).is_some());
    assert_eq!(quoting.quote("no such table: orders", Language::En), None);
    assert_eq!(quoting.observe(&cluster), [0]);
    let proof = Pointed::Log { name, line: "error: no such table: orders".into() };
    assert_eq!(player.point(&proof, Language::En), None);
    assert_eq!(player.observe(&cluster), [0]);
}

#[test]
fn what_was_true_for_a_moment_is_not_missed_and_a_way_back_takes_it_away() {
    let (_, mut cluster, mut terminal) = begin("jobs/completions.yaml");
    let check = |text: &str| -> Check { serde_yaml::from_str(text).unwrap() };
    let running = "kind: pods, owner: Job/batch, where: [{column: STATUS, is: Running}]";
    let mut once = Watch::begin(&check(&format!("{{{running}, when: once}}")), &cluster);
    let mut never = Watch::begin(&check(&format!("{{{running}, when: never}}")), &cluster);
    let mut more = Watch::begin(
        &check(&format!("{{{running}, count: {{at-least: 4}}, when: once}}")),
        &cluster,
    );
    let stayed = "{kind: jobs, name: batch, when: stayed, for: 10m}";
    let mut stayed = Watch::begin(&check(stayed), &cluster);
    let begun = cluster.now();
    let mut look = |cluster: &Cluster| {
        [&mut once, &mut never, &mut more, &mut stayed].map(|watch| {
            watch.observe(cluster);
            watch.passes(cluster.now())
        })
    };
    assert_eq!(look(&cluster), [false, true, false, false]);
    // Long over when somebody looks; and three at a time were never four.
    play("kubectl apply -f batch.yaml\nsleep 590", &mut cluster, &mut terminal);
    assert_eq!(look(&cluster), [true, false, false, false]);
    play("sleep 20", &mut cluster, &mut terminal);
    assert_eq!(look(&cluster), [true, false, false, true]);
    cluster.back_to(begun);
    assert_eq!(look(&cluster), [false, true, false, false]);
    play("kubectl create job batch --image busybox -- true\nsleep 30", &mut cluster, &mut terminal);
    assert_eq!(look(&cluster), [true, false, false, false]);
}

/// The value of a YAML text as JSON knows it.
fn json(text: &str) -> serde_json::Value {
    serde_yaml::from_str(text).unwrap()
}

#[test]
fn the_published_schema_takes_every_lesson_and_what_the_guide_shows_and_nothing_else() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let schema = fs::read_to_string(docs.join("lesson.schema.json")).unwrap();
    let schema = jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).unwrap();
    let guide = fs::read_to_string(docs.join("lessons.md")).unwrap();
    let example = guide.split("```yaml\n").nth(2).unwrap().split("```").next().unwrap();
    let found = prove(&Lesson::parse(example, None).unwrap(), Language::En);
    assert_eq!(found.problems, Vec::<String>::new(), "the guide's example");
    let mut texts = vec![example.to_owned()];
    for track in fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()) {
        let Ok(files) = fs::read_dir(track) else { continue };
        let paths = files.map(|entry| entry.unwrap().path());
        texts.extend(
            paths
                .filter(|path| !path.ends_with("track.yaml"))
                .map(|path| fs::read_to_string(path).unwrap()),
        );
    }
    for text in &texts {
        if let Err(error) = schema.validate(&json(text)) {
            panic!("{error} at {}: {text}", error.instance_path());
        }
        // What the schema refuses the parser refuses, too.
        for (from, to) in [
            ("minutes:", "minuets:"),
            ("{kind: ", "{kidn: "),
            ("tasks:", "taks:"),
            ("hints:", "hint:"),
            ("says:", "say:"),
            ("par: {changes:", "par: {applies:"),
            ("broken:", "borken:"),
            ("settings:", "setings:"),
        ] {
            let odd = text.replace(from, to);
            if odd != *text {
                assert!(!schema.is_valid(&json(&odd)), "{to}");
                assert!(Lesson::parse(&odd, None).is_err(), "{to}");
            }
        }
    }
}

#[test]
fn the_index_names_every_track() {
    let index: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(folder().join("index.json")).unwrap()).unwrap();
    let mut named: Vec<&str> =
        index["tracks"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
    named.sort_unstable();
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap());
    let folders = entries.filter(|entry| entry.path().is_dir());
    let mut there: Vec<String> =
        folders.map(|entry| entry.file_name().to_str().unwrap().to_owned()).collect();
    there.sort_unstable();
    assert_eq!(named, there);
}

/// A step with everything that stands in it and in the lesson's files, as text.
fn words_of(id: &str, step: usize, language: Language) -> String {
    let lesson = whole(id).unwrap_or_else(|error| panic!("{id}: {error}"));
    let step = lesson.steps.get(step - 1).unwrap_or_else(|| panic!("{id} has no step {step}"));
    let mut words =
        vec![step.title.text(language), step.text.text(language), &step.before, &step.solution];
    if let Some(one) = &step.predict {
        words.extend([one.question.text(language), &one.play]);
        for choice in &one.choices {
            words.extend([choice.text.text(language), choice.says.text(language)]);
        }
    }
    for task in &step.tasks {
        words.push(task.text.text(language));
        words.extend(task.hints.iter().map(|hint| hint.text(language)));
        for mistake in &task.mistakes {
            words.extend([mistake.says.text(language), &mistake.script]);
        }
    }
    words.extend(lesson.files.values().map(String::as_str));
    words.join("\n")
}

#[test]
fn everything_that_the_study_notes_teach_is_in_a_lesson() {
    let table =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/syllabus.txt"))
            .unwrap();
    let rows = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut notes = std::collections::BTreeMap::new();
    let mut missing = Vec::new();
    for row in rows {
        let cells: Vec<&str> = row.trim_start_matches("! ").split(" | ").collect();
        let [note, concept, place, tokens] = cells.as_slice() else { panic!("{row}") };
        let (id, step) = place.split_once(' ').unwrap();
        let step: usize = step.parse().unwrap();
        let flat = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let english = flat(words_of(id, step, Language::En));
        let korean = flat(words_of(id, step, Language::Ko));
        for token in tokens.split(", ") {
            if !english.contains(token) {
                missing.push(format!("{concept}: {place} does not say {token}"));
            }
            // What is code or a name in English is the same in Korean; prose is not.
            let code = english.contains(&format!("`{token}`"))
                || token.contains(['=', ':', '/', '-', '.']) && !token.contains(' ');
            if code && !korean.contains(token) {
                missing.push(format!("{concept}: the Korean {place} does not say {token}"));
            }
        }
        *notes.entry((*note).to_owned()).or_insert(0) += 1;
    }
    assert_eq!(missing, Vec::<String>::new());
    let least = [("0", 20), ("1", 40), ("2", 12), ("3", 25), ("4", 8), ("s", 11)];
    for (note, least) in least {
        assert!(notes[note] >= least, "{note}: {}", notes[note]);
    }
}

/// Names and code with a particle behind them: the name, and the particle as it stands there.
fn particles(text: &str) -> Vec<(String, String)> {
    let letters: Vec<char> = text.chars().collect();
    let named = |letter: char| letter.is_ascii_alphanumeric() || "-_./:=\u{60}".contains(letter);
    let mut found = Vec::new();
    for end in 1..letters.len() {
        if !named(letters[end - 1]) || !matches!(letters[end], '가'..='힣') {
            continue;
        }
        let after: String =
            letters[end..].iter().take_while(|letter| matches!(**letter, '가'..='힣')).collect();
        let begin = (0..end).rev().take_while(|at| named(letters[*at])).last().unwrap();
        found.push((letters[begin..end].iter().collect::<String>(), after));
    }
    found
}

#[test]
fn korean_particles_follow_the_sound_of_the_name_before_them() {
    const PAIRS: [&str; 5] = ["은/는", "이/가", "을/를", "과/와", "으로/로"];
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let Ok(files) = fs::read_dir(entry.unwrap().path()) else { continue };
        for path in files.map(|entry| entry.unwrap().path()) {
            for (name, after) in particles(&fs::read_to_string(&path).unwrap()) {
                let pair = PAIRS.iter().find(|pair| pair.split('/').any(|one| one == after));
                let Some(pair) = pair else { continue };
                let bare = name.trim_matches('`');
                // Of a longer piece of code only the end is seen here.
                if bare.is_empty() {
                    continue;
                }
                let right = particle(&name, pair);
                if right != after {
                    wrong.push(format!("{}: {name}{after}, not {right}?", path.display()));
                }
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
