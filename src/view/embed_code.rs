//! The code that puts a lab into somebody's page: `<podyard-lab>` or an `<iframe>`, from a few choices.

use super::address::Controls;
use crate::language::Language;
use crate::lessons::Panel;

/// What the lab begins with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Content {
    /// The open file, applied to a fresh cluster.
    #[default]
    File,
    /// The very moment on the screen.
    Moment,
    /// The lesson at work, at its step.
    Lesson,
}

/// How it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// The element: sizes itself, speaks, loads on demand; one script tag.
    #[default]
    Element,
    /// An iframe: no script in the page around.
    Frame,
}

/// What an author chose.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// What it begins with.
    pub content: Content,
    /// How it is written.
    pub form: Form,
    /// What is shown; nothing means everything.
    pub panels: Vec<Panel>,
    /// Its language; `None` takes the page's.
    pub language: Option<Language>,
    /// `light` or `dark`; `None` follows the reader.
    pub theme: Option<&'static str>,
    /// How fast time runs.
    pub speed: f64,
    /// The clock stands still at first.
    pub paused: bool,
    /// Nothing is loaded until somebody clicks.
    pub reveal: bool,
    /// The time controls.
    pub controls: Controls,
    /// A span that is played again and again: `10s..60s`.
    pub repeat: String,
}

/// What there is to embed.
#[derive(Clone, Copy, Debug)]
pub struct Material<'a> {
    /// The address of the page, with a slash at its end.
    pub base: &'a str,
    /// The open file and its text.
    pub file: (&'a str, &'a str),
    /// The moment as a link carries it.
    pub session: &'a str,
    /// The lesson and its step, counted from 1.
    pub lesson: Option<(&'a str, usize)>,
}

impl Choice {
    /// The parameters that are not as they are by themselves, in the order of the documentation.
    fn parameters(&self, material: &Material<'_>) -> Vec<(&'static str, String)> {
        let mut all = Vec::new();
        if self.content == Content::Lesson
            && let Some((id, step)) = material.lesson
        {
            all.push(("lesson", id.to_owned()));
            if step > 1 {
                all.push(("step", step.to_string()));
            }
        }
        if !self.panels.is_empty() && self.panels.len() < Panel::ALL.len() {
            let words: Vec<&str> = self.panels.iter().map(|panel| panel.word()).collect();
            all.push(("panels", words.join(",")));
        }
        if let Some(language) = self.language {
            all.push(("lang", language.tag().to_owned()));
        }
        if let Some(theme) = self.theme {
            all.push(("theme", theme.to_owned()));
        }
        if (self.speed - 1.0).abs() > f64::EPSILON && self.speed > 0.0 {
            all.push(("speed", self.speed.to_string()));
        }
        if self.paused {
            all.push(("autoplay", "false".to_owned()));
        }
        match self.controls {
            Controls::Full => {}
            Controls::Player => all.push(("controls", "player".to_owned())),
            Controls::None => all.push(("controls", "none".to_owned())),
        }
        if !self.repeat.trim().is_empty() {
            all.push(("loop", self.repeat.trim().to_owned()));
        }
        if self.reveal {
            all.push(("reveal", "click".to_owned()));
        }
        all
    }

    /// The address of the iframe.
    pub fn address(&self, material: &Material<'_>) -> String {
        let mut address = format!("{}?v=1&embed", material.base);
        for (name, text) in self.parameters(material) {
            address.push_str(&format!("&{name}={}", percent(&text)));
        }
        match self.content {
            Content::File if material.file.0 == "lab.yaml" => {
                address.push_str(&format!("#yaml={}", percent(material.file.1)));
            }
            Content::File => {
                let (name, text) = material.file;
                address.push_str(&format!("#file.{}={}", percent(name), percent(text)));
            }
            Content::Moment => address.push_str(&format!("#s1={}", material.session)),
            Content::Lesson => {}
        }
        address
    }

    /// The code to paste into a page.
    pub fn code(&self, material: &Material<'_>) -> String {
        match self.form {
            Form::Frame => format!(
                "<iframe src=\"{}\"\n  title=\"Podyard\" width=\"100%\" height=\"480\" loading=\"lazy\"></iframe>\n",
                html(&self.address(material))
            ),
            Form::Element => {
                let mut tag = "<podyard-lab".to_owned();
                for (name, text) in self.parameters(material) {
                    tag.push_str(&format!(" {name}=\"{}\"", html(&text)));
                }
                if self.content == Content::Moment {
                    tag.push_str(&format!(" session=\"{}\"", html(material.session)));
                }
                let inside = match self.content {
                    Content::File => {
                        let (name, text) = material.file;
                        let text = html(text.trim_end());
                        format!("<pre data-file=\"{}\">\n{text}\n</pre>\n", html(name))
                    }
                    _ => String::new(),
                };
                format!(
                    "<script src=\"{}embed.js\" async></script>\n{tag}>\n{inside}</podyard-lab>\n",
                    html(material.base)
                )
            }
        }
    }
}

/// A text inside HTML, also inside quotes.
fn html(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// A text inside an address.
fn percent(text: &str) -> String {
    let mut safe = String::with_capacity(text.len() + text.len() / 4);
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_.~,:/".contains(&byte) {
            safe.push(char::from(byte));
        } else {
            safe.push_str(&format!("%{byte:02X}"));
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    const MATERIAL: Material<'_> = Material {
        base: "https://yard.example/play/",
        file: ("job.yaml", "kind: Job # <\"a\" & 나>\n"),
        session: "AbC-_9",
        lesson: Some(("jobs/hello", 2)),
    };

    #[test]
    fn an_author_gets_an_element_with_the_manifest_as_text() {
        let code = Choice::default().code(&MATERIAL);
        assert_eq!(
            code,
            "<script src=\"https://yard.example/play/embed.js\" async></script>\n<podyard-lab>\n<pre data-file=\"job.yaml\">\nkind: Job # &lt;&quot;a&quot; &amp; 나&gt;\n</pre>\n</podyard-lab>\n"
        );
    }

    #[test]
    fn every_choice_is_a_parameter_in_both_forms() {
        let choice = Choice {
            content: Content::Lesson,
            form: Form::Element,
            panels: vec![Panel::Yard, Panel::Terminal],
            language: Some(Language::Ko),
            theme: Some("dark"),
            speed: 10.0,
            paused: true,
            reveal: true,
            controls: Controls::Player,
            repeat: " 10s..60s ".into(),
        };
        assert_eq!(
            choice.code(&MATERIAL).lines().nth(1).unwrap(),
            "<podyard-lab lesson=\"jobs/hello\" step=\"2\" panels=\"yard,terminal\" lang=\"ko\" theme=\"dark\" speed=\"10\" autoplay=\"false\" controls=\"player\" loop=\"10s..60s\" reveal=\"click\">"
        );
        let frame = Choice { form: Form::Frame, ..choice };
        assert!(frame.code(&MATERIAL).starts_with(
            "<iframe src=\"https://yard.example/play/?v=1&amp;embed&amp;lesson=jobs/hello&amp;step=2&amp;panels=yard,terminal&amp;lang=ko&amp;"
        ));
    }

    #[test]
    fn a_moment_and_a_file_ride_behind_the_hash() {
        let moment = Choice { content: Content::Moment, ..Choice::default() };
        assert_eq!(moment.address(&MATERIAL), "https://yard.example/play/?v=1&embed#s1=AbC-_9");
        assert!(moment.code(&MATERIAL).contains("<podyard-lab session=\"AbC-_9\">"));
        let file = Choice::default();
        assert_eq!(
            file.address(&MATERIAL),
            "https://yard.example/play/?v=1&embed#file.job.yaml=kind:%20Job%20%23%20%3C%22a%22%20%26%20%EB%82%98%3E%0A"
        );
    }
}
