//! What an address asks of the page: the parameters of a link, of an `<iframe>` and of `<podyard-lab>`, which are the
//! same ones. `docs/embedding.md` promises them for ever: a new meaning gets a new name, or the next version.

use crate::language::Language;
use crate::lessons::Panel;
use crate::sim::{Duration, Time};

/// The version of the parameters. `v=` may name it or leave it out; a later one is read as far as it is known.
pub const VERSION: u32 = 1;

/// How much of the time controls an embed shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Controls {
    /// Play, step, speed, back to the start.
    #[default]
    Full,
    /// Play and the clock.
    Player,
    /// None: the host page has its own.
    None,
}

/// What is asked for. What makes no sense is as if it were not there: an old link must open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Address {
    /// The page stands inside another page.
    pub embed: bool,
    /// The page opens in presenter mode.
    pub present: bool,
    /// The lesson (`jobs/hello`) and the step to begin with, counted from 0.
    pub lesson: Option<(String, usize)>,
    /// What is shown; nothing means everything.
    pub panels: Option<Vec<Panel>>,
    /// The language.
    pub language: Option<Language>,
    /// `light` or `dark`.
    pub theme: Option<&'static str>,
    /// How fast time runs.
    pub speed: Option<f64>,
    /// Whether the clock stands still at first.
    pub paused: bool,
    /// Everything random follows from it.
    pub seed: Option<u64>,
    /// How many workers.
    pub nodes: Option<usize>,
    /// When the session begins.
    pub start: Option<Time>,
    /// The time controls.
    pub controls: Controls,
    /// Nothing is loaded or runs until somebody clicks.
    pub reveal: bool,
    /// Plays from one span after the start to another, again and again.
    pub repeat: Option<(Duration, Duration)>,
    /// Whether the manifests that an embed brings are applied at once.
    pub apply: bool,
}

/// The longest span that an address may ask for: a year.
const LONGEST_SECONDS: i64 = 366 * 86_400;

/// `90`, `30s`, `5m`, `2h`, `1d` after the start.
pub fn span(text: &str) -> Option<Duration> {
    let text = text.trim();
    let units = [('s', 1), ('m', 60), ('h', 3_600), ('d', 86_400)];
    let unit =
        units.into_iter().find_map(|(letter, unit)| Some((text.strip_suffix(letter)?, unit)));
    let (number, unit) = unit.unwrap_or((text, 1));
    let number: f64 = number.parse().ok()?;
    #[expect(clippy::cast_precision_loss, reason = "a year of seconds fits a double")]
    let (longest, factor) = (LONGEST_SECONDS as f64, f64::from(unit));
    let seconds = number * factor;
    if !(0.0..=longest).contains(&seconds) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "at most a year of milliseconds")]
    let millis = (seconds * 1000.0).round() as i64;
    Some(Duration::from_millis(millis))
}

/// The panels that a list such as `yard,terminal` names; nothing if it names none.
pub fn panels(text: &str) -> Option<Vec<Panel>> {
    let words: Vec<&str> = text.split([',', ' ']).map(str::trim).collect();
    let found: Vec<Panel> =
        Panel::ALL.into_iter().filter(|panel| words.contains(&panel.word())).collect();
    (!found.is_empty()).then_some(found)
}

/// Whether a switch is on: `?embed`, `?embed=1`, `?embed=true`.
fn on(value: Option<&str>) -> bool {
    value.is_some_and(|text| !matches!(text, "0" | "false" | "no" | "off"))
}

impl Address {
    /// Reads the parameters that `get` gives by their names.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let switch = |name: &str| on(get(name).as_deref());
        let step = get("step").and_then(|text| text.parse::<usize>().ok()).unwrap_or(1);
        let autoplay = get("autoplay");
        let embed = switch("embed");
        let repeat = get("loop").and_then(|text| {
            let (from, to) = text.split_once("..")?;
            let (from, to) = (span(if from.is_empty() { "0" } else { from })?, span(to)?);
            (from < to).then_some((from, to))
        });
        Self {
            embed,
            present: switch("present") && !embed,
            lesson: get("lesson")
                .filter(|id| !id.is_empty())
                .map(|id| (id, step.saturating_sub(1))),
            panels: get("panels").and_then(|text| panels(&text)),
            language: get("lang").and_then(|tag| Language::from_tag(&tag)),
            theme: get("theme").and_then(|theme| match theme.as_str() {
                "light" => Some("light"),
                "dark" => Some("dark"),
                _ => None,
            }),
            speed: get("speed")
                .and_then(|text| text.parse().ok())
                .filter(|speed| (0.25..=3600.0).contains(speed)),
            paused: switch("paused") || autoplay.is_some() && !on(autoplay.as_deref()),
            seed: get("seed").and_then(|text| text.parse().ok()),
            nodes: get("nodes")
                .and_then(|text| text.parse::<usize>().ok())
                .map(|count| count.clamp(1, 5000)),
            start: get("start").and_then(|text| Time::parse_rfc3339(&text)),
            controls: match get("controls").as_deref() {
                Some("player") => Controls::Player,
                Some("none") => Controls::None,
                _ => Controls::Full,
            },
            reveal: get("reveal").is_some_and(|text| text == "click"),
            repeat,
            apply: get("apply").is_none_or(|text| on(Some(&text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(query: &str) -> Address {
        let pairs: Vec<(&str, &str)> = query
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
            .collect();
        let get = |name: &str| {
            pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        Address::read(get)
    }

    #[test]
    fn an_address_without_parameters_is_the_whole_page() {
        assert_eq!(address(""), Address { apply: true, ..Address::default() });
    }

    #[test]
    fn every_documented_parameter_is_read() {
        let read = address(
            "v=1&embed&lesson=jobs/hello&step=2&panels=yard,terminal&lang=ko&theme=dark&speed=10&autoplay=false&seed=7&nodes=5&start=2026-01-01T00:00:00Z&controls=player&reveal=click&loop=10s..2m&apply=false",
        );
        let wanted = Address {
            embed: true,
            present: false,
            lesson: Some(("jobs/hello".into(), 1)),
            panels: Some(vec![Panel::Yard, Panel::Terminal]),
            language: Some(Language::Ko),
            theme: Some("dark"),
            speed: Some(10.0),
            paused: true,
            seed: Some(7),
            nodes: Some(5),
            start: Time::parse_rfc3339("2026-01-01T00:00:00Z"),
            controls: Controls::Player,
            reveal: true,
            repeat: Some((Duration::from_seconds(10), Duration::from_seconds(120))),
            apply: false,
        };
        assert_eq!(read, wanted);
    }

    #[test]
    fn nonsense_is_as_if_it_were_not_there() {
        let read = address(
            "lesson=&step=x&panels=nothing&lang=xx&theme=pink&speed=-1&seed=a&nodes=many&start=today&controls=9&reveal=no&loop=9s..3s&autoplay=true&embed=0",
        );
        assert_eq!(read, Address { apply: true, ..Address::default() });
        assert_eq!(address("speed=99999").speed, None);
        assert_eq!(address("nodes=99999").nodes, Some(5000));
    }

    #[test]
    fn spans_have_units() {
        for (text, millis) in [
            ("90", 90_000),
            ("1.5s", 1_500),
            ("5m", 300_000),
            ("2h", 7_200_000),
            ("1d", 86_400_000),
        ] {
            assert_eq!(span(text), Some(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "s", "-1s", "999d", "NaN", "inf", "soon"] {
            assert_eq!(span(text), None, "{text}");
        }
        assert_eq!(address("loop=..30s").repeat.unwrap().0, Duration::from_millis(0));
    }
}
