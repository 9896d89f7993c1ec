//! Proves that a lesson is sound, by playing it: `podyard check`.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::check::Check;
use super::format::{Begins, Both, Lesson, Step};
use super::player::Player;
use super::scene::Scene;
use super::watch::Watch;
use crate::language::{Language, ruled_out};
use crate::sim::Duration;

/// For so long nothing is done, to see that no task does itself.
const IDLE: Duration = Duration::from_seconds(600);

/// So often one looks while a right way takes its time.
const GLANCE: Duration = Duration::from_seconds(5);

/// What a proof found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// How many steps were played.
    pub steps: usize,
    /// What is wrong; nothing if the lesson is sound.
    pub problems: Vec<String>,
}

/// Plays a lesson in every way it speaks of; `language` is that of what is found.
pub fn prove(lesson: &Lesson, language: Language) -> Finished {
    let mut found = Finished::default();
    let mut scene = Scene::bare(lesson);
    let mut problem = |text: String| found.problems.push(text);
    languages(lesson, &mut problem);
    understand(lesson, &scene, &mut problem);
    if let (1.., errors) = scene.play(&lesson.before) {
        problem(format!("before: the last line fails: {}", errors.trim_end()));
    }
    let start = scene.clone();
    let shared = Rc::new(lesson.clone());
    let (mut changes, mut time) = (0, Duration::ZERO);
    for (index, step) in lesson.steps.iter().enumerate() {
        let place = format!("step {} ({})", index + 1, step.title.text(language));
        if step.from == Begins::Start {
            scene = start.clone();
        }
        if let (1.., errors) = scene.play(&step.before) {
            problem(format!("{place}: before: the last line fails: {}", errors.trim_end()));
        }
        let mut player = Player::at(Rc::clone(&shared), index, &scene.cluster);
        foretell(step, &place, &mut scene, &mut player, &mut problem);
        idle(&place, &scene, &player, &mut problem);
        mistakes(step, &place, &scene, &mut problem);
        evidence(step, &place, &scene, &mut problem);
        right_way(step, &step.solution, &scene, &mut |number, words| {
            if words != UNDONE {
                problem(format!("{place}: task {number}: {words} the solution"));
            }
        });
        for (script, which) in step.also.iter().zip(1..) {
            right_way(step, script, &scene, &mut |number, words| {
                problem(format!("{place}: task {number}: {words} the other way {which}"));
            });
        }
        let (_, errors) = scene.play(&step.solution);
        for (number, task) in step.tasks.iter().enumerate() {
            if let Some(evidence) = &task.evidence {
                player.observe(&scene.cluster);
                let early = player.tasks(&scene.cluster, language);
                if early.get(number).is_some_and(|view| view.done) {
                    problem(format!("{place}: task {}: done without its evidence", number + 1));
                }
                for pointed in evidence.proofs() {
                    player.point(&pointed, language);
                }
            }
        }
        player.observe(&scene.cluster);
        for (number, view) in player.tasks(&scene.cluster, language).into_iter().enumerate() {
            let Some(missing) = view.missing.filter(|_| !view.done) else { continue };
            problem(format!(
                "{place}: the solution does not do task {}: {}; {}; see `{}`. {}",
                number + 1,
                missing.expected.render(language),
                missing.seen.render(language),
                missing.look,
                errors.trim_end()
            ));
        }
        (changes, time) = (changes + player.progress().changes, time + player.progress().time);
        found.steps += 1;
    }
    if let Some(par) = lesson.par.filter(|par| changes > par.changes || time > par.time) {
        problem(format!(
            "par: the solution takes {changes} changes and {}, par says {} and {}",
            time.human(),
            par.changes,
            par.time.human()
        ));
    }
    found
}

/// Every text is written in both languages: Korean is Korean, and English stands for it only where there is nothing to
/// say but names and code.
fn languages(lesson: &Lesson, problem: &mut dyn FnMut(String)) {
    let mut whole = |place: String, both: &Both| {
        let (en, ko) = (both.text(Language::En), both.text(Language::Ko));
        if prose(en, hangul) > 0 {
            problem(format!("{place}: there is Korean in the English text"));
        }
        if prose(en, |letter| letter.is_alphabetic()) > 2 && prose(ko, hangul) == 0 {
            problem(format!("{place}: the Korean text is not written yet"));
        }
        for word in ruled_out(ko) {
            problem(format!(
                "{place}: `{word}` is not written in Korean texts, see docs/korean.md"
            ));
        }
    };
    whole("title".into(), &lesson.title);
    whole("summary".into(), &lesson.summary);
    for (step, number) in lesson.steps.iter().zip(1..) {
        let at = |part: String| format!("step {number}: {part}");
        whole(at("title".into()), &step.title);
        whole(at("text".into()), &step.text);
        if let Some(prediction) = &step.predict {
            whole(at("question".into()), &prediction.question);
            for (choice, which) in prediction.choices.iter().zip(1..) {
                whole(at(format!("answer {which}")), &choice.text);
                whole(at(format!("answer {which} says")), &choice.says);
            }
        }
        for (task, which) in step.tasks.iter().zip(1..) {
            let at = |part: String| at(format!("task {which}: {part}"));
            whole(at("text".into()), &task.text);
            for (hint, nth) in task.hints.iter().zip(1..) {
                whole(at(format!("hint {nth}")), hint);
            }
            for (mistake, nth) in task.mistakes.iter().zip(1..) {
                whole(at(format!("mistake {nth}")), &mistake.says);
            }
            if let Some(evidence) = &task.evidence {
                whole(at("evidence".into()), &evidence.question);
                whole(at("evidence, wrong".into()), &evidence.wrong);
            }
        }
    }
}

const fn hangul(letter: char) -> bool {
    matches!(letter, '가'..='힣')
}

/// How many words outside of code have such a letter.
fn prose(text: &str, has: impl Fn(char) -> bool) -> usize {
    let plain = text.split('`').step_by(2).flat_map(str::split_whitespace);
    plain.filter(|word| word.chars().any(&has)).count()
}

/// Every manifest among the files is understood, but for those that are meant to be refused.
fn understand(lesson: &Lesson, scene: &Scene, problem: &mut dyn FnMut(String)) {
    for name in &lesson.broken {
        if !lesson.files.contains_key(name) {
            problem(format!("broken: there is no file {name}"));
        }
    }
    for name in lesson.files.keys().filter(|name| name.ends_with(".yaml")) {
        let (status, errors) =
            scene.clone().play(&format!("kubectl apply --dry-run=server -f '{name}'"));
        match (status, lesson.broken.contains(name)) {
            (1.., false) => problem(format!("{name}: {}", errors.trim_end())),
            (0, true) => problem(format!("{name} is called broken and is not")),
            _ => {}
        }
    }
}

/// Exactly one answer comes true.
fn foretell(
    step: &Step,
    place: &str,
    scene: &mut Scene,
    player: &mut Player,
    problem: &mut dyn FnMut(String),
) {
    let Some(prediction) = &step.predict else { return };
    let mut answers: Vec<Watch> =
        prediction.choices.iter().map(|one| Watch::begin(&one.check, &scene.cluster)).collect();
    player.foretell(0, &scene.cluster);
    scene.play(&prediction.play);
    answers.iter_mut().for_each(|answer| answer.observe(&scene.cluster));
    let now = scene.cluster.now();
    let right: Vec<usize> = (1..)
        .zip(&answers)
        .filter(|(_, answer)| answer.passes(now))
        .map(|(number, _)| number)
        .collect();
    if right.len() != 1 {
        problem(format!("{place}: answers {right:?} come true, and it must be one"));
    }
    player.reveal(&scene.cluster);
}

/// Who does nothing has done nothing.
fn idle(place: &str, scene: &Scene, player: &Player, problem: &mut dyn FnMut(String)) {
    let (mut cluster, mut player) = (scene.cluster.clone(), player.clone());
    cluster.run_until(cluster.now() + IDLE);
    for task in player.observe(&cluster) {
        problem(format!("{place}: task {} does itself", task + 1));
    }
}

/// Each usual mistake is made, is seen by its own check, and does not do the task.
fn mistakes(step: &Step, place: &str, scene: &Scene, problem: &mut dyn FnMut(String)) {
    for (task, number) in step.tasks.iter().zip(1..) {
        for (mistake, which) in task.mistakes.iter().zip(1..) {
            let mut scene = scene.clone();
            let mut check = Watch::begin(&task.check, &scene.cluster);
            let mut others: Vec<Watch> =
                task.mistakes.iter().map(|one| Watch::begin(&one.check, &scene.cluster)).collect();
            scene.play(&mistake.script);
            check.observe(&scene.cluster);
            others.iter_mut().for_each(|other| other.observe(&scene.cluster));
            let now = scene.cluster.now();
            if check.passes(now) {
                problem(format!("{place}: task {number}: mistake {which} does the task"));
            }
            let seen = (1..).zip(&others).find(|(_, other)| other.passes(now));
            if seen.map(|(seen, _)| seen) != Some(which) {
                problem(format!("{place}: task {number}: mistake {which} is not told as itself"));
            }
        }
    }
}

/// What is said of a way that leaves a task undone.
const UNDONE: &str = "is not done by";

/// Who goes a right way is told no mistake: neither while the last lines of it take their time, nor at its end. What is
/// wrong is told with the number of its task.
fn right_way(step: &Step, script: &str, scene: &Scene, wrong: &mut dyn FnMut(usize, String)) {
    let mut scene = scene.clone();
    let begin = |check: &Check| Watch::begin(check, &scene.cluster);
    let mut tasks: Vec<(Watch, Vec<Watch>, bool, BTreeSet<usize>)> = step
        .tasks
        .iter()
        .map(|task| {
            let mistakes = task.mistakes.iter().map(|one| begin(&one.check)).collect();
            (begin(&task.check), mistakes, false, BTreeSet::new())
        })
        .collect();
    let mut look = |scene: &Scene| {
        let now = scene.cluster.now();
        for (check, mistakes, done, told) in &mut tasks {
            check.observe(&scene.cluster);
            mistakes.iter_mut().for_each(|mistake| mistake.observe(&scene.cluster));
            *done |= check.passes(now);
            told.extend((1..).zip(&*mistakes).filter(|(_, one)| one.passes(now)).map(|(at, _)| at));
        }
    };
    // While nothing is left but to wait one looks again and again.
    let lines = script.trim_end();
    let (head, last) = lines.rsplit_once('\n').unwrap_or(("", lines));
    match last.trim().strip_prefix("sleep ").and_then(|seconds| seconds.parse::<i64>().ok()) {
        Some(seconds) => {
            scene.play(head);
            look(&scene);
            let end = scene.cluster.now() + Duration::from_seconds(seconds);
            while scene.cluster.now() < end {
                scene.cluster.run_until(end.min(scene.cluster.now() + GLANCE));
                look(&scene);
            }
        }
        None => {
            scene.play(script);
            look(&scene);
        }
    }
    for ((_, _, done, told), number) in tasks.into_iter().zip(1..) {
        for mistake in told {
            wrong(number, format!("mistake {mistake} is told to who goes"));
        }
        if !done {
            wrong(number, UNDONE.into());
        }
    }
}

/// What is to be pointed at is there.
fn evidence(step: &Step, place: &str, scene: &Scene, problem: &mut dyn FnMut(String)) {
    for (task, number) in step.tasks.iter().zip(1..) {
        if task.evidence.as_ref().is_some_and(|evidence| !evidence.present(&scene.cluster)) {
            problem(format!("{place}: task {number}: the evidence is not there"));
        }
    }
}
