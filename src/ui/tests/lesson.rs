//! The lesson pane: the map, a step, its question and its tasks.

use std::rc::Rc;

use wasm_bindgen_test::wasm_bindgen_test;

use super::{World, count, reads};
use crate::language::Language;
use crate::lessons::{Lesson, Player, Track};
use crate::ui::lesson::{LessonPane, LessonProps};
use crate::ui::platform::probe;
use crate::view::lessons::{LessonView, Library, Record, Records, Shelf};

fn track() -> Track {
    Track::parse(include_str!("../../../lessons/jobs/track.yaml")).unwrap()
}

fn hello() -> Rc<Lesson> {
    Rc::new(
        Lesson::parse(include_str!("../../../lessons/jobs/hello.yaml"), Some(&track())).unwrap(),
    )
}

fn props(world: &World, view: Option<LessonView>) -> LessonProps {
    LessonProps {
        engine: world.engine.clone(),
        language: world.language,
        view,
        lecture: (false, false, None),
        next: None,
        marks: Vec::new(),
        trouble: None,
    }
}

fn step(world: &World, player: &Player) -> LessonProps {
    let view = world.engine.read(|state| LessonView::step(player, &state.cluster, world.language));
    props(world, Some(view))
}

#[wasm_bindgen_test]
async fn it_says_that_it_is_loading() {
    let world = World::new();
    probe::show::<LessonPane>(props(&world, None)).await;
    assert_eq!(count("#lesson > .quiet"), 1);
    assert!(!reads("#lesson > .quiet").is_empty());
}

#[wasm_bindgen_test]
async fn the_map_says_what_is_solved() {
    let world = World::new();
    let shelf = Shelf {
        track: track(),
        lessons: vec![("jobs/hello".into(), hello()), ("jobs/other".into(), hello())],
    };
    let library = Library { shelves: vec![shelf] };
    let map = |records: &Records, language| Some(LessonView::map(&library, records, language));
    let fresh = Records::default();
    probe::show::<LessonPane>(props(&world, map(&fresh, Language::En))).await;
    let title = track().title.text(Language::En).to_owned();
    assert_eq!(reads(".lesson__track h3"), format!("{title} 0/2"));
    let solved = Records::read(r#"{"lessons":{"jobs/hello":{"steps":9,"solved":true}}}"#);
    assert_ne!(solved.of("jobs/hello"), Record::default());
    probe::show::<LessonPane>(props(&world, map(&solved, Language::En))).await;
    assert_eq!(reads(".lesson__track h3"), format!("{title} 1/2"));
    assert_eq!(probe::attributes("progress", "value"), ["1"]);
    World::korean();
    let korean = LessonProps { language: Language::Ko, ..props(&world, map(&fresh, Language::Ko)) };
    probe::show::<LessonPane>(korean).await;
    assert!(reads(".lesson__track h3").starts_with(track().title.text(Language::Ko)));
}

#[wasm_bindgen_test]
async fn a_step_asks_before_it_gives_its_tasks_and_marks_the_answer() {
    let world = World::new();
    let lesson = hello();
    let asking = lesson.steps.iter().position(|step| step.predict.is_some()).unwrap();
    let player = world.engine.read(|state| Player::at(Rc::clone(&lesson), asking, &state.cluster));
    probe::show::<LessonPane>(step(&world, &player)).await;
    assert_eq!(count(".lesson__tasks"), 0, "first one has to say what will happen");
    let answers = count(".lesson__answer");
    assert!(answers >= 2);
    assert_eq!(count(".lesson__answer:disabled"), 0);
    // While it is being watched nobody can change the answer, and it is seen which one it was.
    assert_eq!(count(".lesson__answer[aria-pressed]"), 0);
    let mut player = player;
    world.engine.read(|state| player.foretell(1, &state.cluster));
    let watched = LessonProps { lecture: (true, false, None), ..step(&world, &player) };
    probe::show::<LessonPane>(watched).await;
    assert_eq!((count(".lesson__answer:disabled"), count(".lesson__playing")), (answers, 1));
    let pressed = probe::attributes(".lesson__answer", "aria-pressed");
    assert_eq!(pressed.iter().position(|one| one == "true"), Some(1));
    assert_eq!(count(".lesson__answer--chosen"), 1);
}

#[wasm_bindgen_test]
async fn a_task_that_is_not_done_says_what_is_missing_and_gives_hints() {
    let world = World::new();
    let lesson = hello();
    let working = lesson
        .steps
        .iter()
        .position(|step| step.predict.is_none() && !step.tasks.is_empty())
        .unwrap();
    for (file, text) in &lesson.files {
        world.engine.add(file, text);
    }
    world.run("kubectl apply -f hello.yaml");
    world.pass(60);
    let mut player =
        world.engine.read(|state| Player::at(Rc::clone(&lesson), working, &state.cluster));
    world.engine.read(|state| player.observe(&state.cluster));
    probe::show::<LessonPane>(step(&world, &player)).await;
    let tasks = lesson.steps[working].tasks.len();
    assert_eq!((count(".lesson__task"), count(".lesson__task--done")), (tasks, 0));
    assert!(probe::seen(".lesson__task")[0].starts_with("○ "));
    assert!(count(".lesson__missing") >= 1);
    let missing = probe::seen(".lesson__missing");
    assert!(
        missing[0].starts_with("Seen: "),
        "what is expected gives the answer away: {missing:?}"
    );
    assert_eq!(count(".lesson__hints li"), 0);
    player.hint(0);
    probe::show::<LessonPane>(step(&world, &player)).await;
    assert_eq!(count(".lesson__hints li"), 1);
    assert!(probe::seen(".lesson__missing")[0].starts_with("Expected: "));
    for line in lesson.steps[working].solution.lines() {
        world.run(line);
    }
    world.pass(60);
    world.engine.read(|state| player.observe(&state.cluster));
    probe::show::<LessonPane>(step(&world, &player)).await;
    assert_eq!(count(".lesson__task--done"), tasks);
    assert!(probe::seen(".lesson__task")[0].starts_with("✓ "));
    assert_eq!(count(".lesson__done"), 1);
}

/// A task that holds at once and wants a proof.
const PROVEN: &str = "title: {en: A, ko: 가}
summary: {en: A, ko: 가}
minutes: 5
steps:
- title: {en: A, ko: 가}
  text: {en: A, ko: 가}
  tasks:
  - text: {en: A, ko: 가}
    check: {kind: pods, name: web, count: {is: 1}}
    evidence:
      question: {en: A, ko: 가}
      kind: Pod
      name: web
      event: Scheduled
      wrong: {en: A, ko: 가}
    hints: [{en: A, ko: 가}, {en: A, ko: 가}, {en: A, ko: 가}]
  solution: kubectl run web --image=nginx
";

#[wasm_bindgen_test]
async fn a_task_that_only_lacks_its_evidence_says_so() {
    let world = World::new();
    let lesson = Rc::new(Lesson::parse(PROVEN, None).unwrap());
    let player = world.engine.read(|state| Player::at(Rc::clone(&lesson), 0, &state.cluster));
    probe::show::<LessonPane>(step(&world, &player)).await;
    assert!(reads(".lesson__missing").starts_with("Seen"));
    world.run("kubectl run web --image=nginx");
    let mut player = player;
    world.engine.read(|state| player.observe(&state.cluster));
    probe::show::<LessonPane>(step(&world, &player)).await;
    assert_eq!(reads(".lesson__missing"), "The evidence has not been pointed at yet.");
}
