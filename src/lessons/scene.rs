//! A cluster with a terminal, as a lesson sets it up: what the proof plays, the page begins with, and a replay is held
//! against.

use std::rc::Rc;

use super::format::{Begins, Lesson};
use crate::cluster::Cluster;
use crate::terminal::{Audience, Stream, Terminal, run_script};

/// A cluster with a terminal, of which there can be copies that try something.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The cluster.
    pub cluster: Cluster,
    /// The terminal with the files.
    pub terminal: Terminal,
}

/// Keeps what a script prints.
#[derive(Default)]
struct Kept {
    out: String,
    errors: String,
}

impl Audience for Kept {
    fn output(&mut self, stream: Stream, text: &str) {
        match stream {
            Stream::Out => self.out.push_str(text),
            Stream::Err => self.errors.push_str(text),
            Stream::Explain | Stream::Fix => {}
        }
    }
}

impl Scene {
    /// The cluster and the files of a lesson, before anything is done in it: new ones, or those at the end of the
    /// lesson from which it goes on.
    pub fn bare(lesson: &Lesson) -> Self {
        let mut scene = match &lesson.earlier {
            Some(earlier) => Self::at(earlier, earlier.steps.len()),
            None => Self {
                cluster: Cluster::new(lesson.settings.config()),
                terminal: Terminal::default(),
            },
        };
        let files = lesson.files.iter().map(|(name, text)| (name.clone(), Rc::from(text.as_str())));
        scene.terminal.files.extend(files);
        scene.terminal.history.clear();
        scene
    }

    /// What a learner finds at the beginning of the lesson.
    pub fn start(lesson: &Lesson) -> Self {
        let mut scene = Self::bare(lesson);
        scene.play(&lesson.before);
        scene.terminal.history.clear();
        scene
    }

    /// What a learner finds at the beginning of a step; behind the last one, what she leaves. The steps before it are
    /// played as their author would.
    pub fn at(lesson: &Lesson, step: usize) -> Self {
        let mut scene = Self::start(lesson);
        let start = scene.clone();
        for (index, one) in lesson.steps.iter().enumerate().take(step + 1) {
            if one.from == Begins::Start {
                scene = start.clone();
            }
            scene.play(&one.before);
            if index < step {
                if let Some(prediction) = &one.predict {
                    scene.play(&prediction.play);
                }
                scene.play(&one.solution);
            }
        }
        scene.terminal.history.clear();
        scene
    }

    /// Runs lines; answers with the status of the last and all errors.
    pub fn play(&mut self, script: &str) -> (i32, String) {
        let (status, kept) = self.run(script);
        (status, kept.errors)
    }

    /// What lines print; nothing of it stays.
    pub fn look(&self, script: &str) -> String {
        self.clone().run(script).1.out
    }

    fn run(&mut self, script: &str) -> (i32, Kept) {
        let mut kept = Kept::default();
        let config = self.cluster.config().clone();
        let status = run_script(script, &mut self.cluster, &mut self.terminal, &config, &mut kept);
        (status, kept)
    }
}
