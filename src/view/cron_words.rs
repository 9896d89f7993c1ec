//! A cron expression in words: "on weekdays at 09:00", "평일 오전 9시".
//!
//! Only what the schedule says is put into words, field by field; an expression that the API server would refuse has
//! none. Sentences are put together per language, because the order of the parts differs.

use crate::api::schedule;
use crate::language::{Language, Text, word};
use crate::sim::order::Order as _;

/// A schedule in words; nothing if it does not read.
pub fn words(expression: &str, language: Language) -> Option<String> {
    schedule::parse(expression).ok()?;
    let plain = expression.strip_prefix("TZ=").or_else(|| expression.strip_prefix("CRON_TZ="));
    let plain =
        plain.map_or(expression, |rest| rest.split_once(' ').map_or("", |(_, rest)| rest)).trim();
    if let Some(span) = plain.strip_prefix("@every ") {
        return Some(Text::new("cron.every-span").with("span", span).render(language));
    }
    let plain = match plain {
        "@yearly" | "@annually" => "0 0 1 1 *",
        "@monthly" => "0 0 1 * *",
        "@weekly" => "0 0 * * 0",
        "@daily" | "@midnight" => "0 0 * * *",
        "@hourly" => "0 * * * *",
        other => other,
    };
    let fields: Vec<&str> = plain.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = fields.as_slice() else { return None };
    let plan = Plan {
        minutes: Field::read(minute, 0, 59, &[])?,
        hours: Field::read(hour, 0, 23, &[])?,
        days: Field::read(day, 1, 31, &[])?,
        months: Field::read(month, 1, 12, &MONTHS)?,
        weekdays: Field::read(weekday, 0, 6, &WEEKDAYS)?,
    };
    Some(match language {
        Language::En => plan.english(),
        Language::Ko => plan.korean(),
    })
}

/// The time zone that an expression names itself.
pub fn own_zone(expression: &str) -> Option<&str> {
    let rest = expression.strip_prefix("TZ=").or_else(|| expression.strip_prefix("CRON_TZ="))?;
    rest.split_once(' ').map(|(zone, _)| zone).filter(|zone| !zone.is_empty())
}

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// More times of day than this are not listed.
const MOST_TIMES: usize = 6;

/// A field: what it allows, and how that is best said.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Field {
    /// Everything.
    Any,
    /// Everything with a step, from the least: `*/5`.
    Step(u32),
    /// From here to there without gaps, at least three.
    Range(u32, u32),
    /// These.
    List(Vec<u32>),
}

impl Field {
    fn read(text: &str, least: u32, most: u32, names: &[&str]) -> Option<Self> {
        let number = |text: &str| -> Option<u32> {
            let lower = text.to_lowercase();
            let place = names.iter().position(|name| *name == lower);
            match place.and_then(|place| u32::try_from(place).ok()) {
                Some(place) => Some(place + least),
                None => text.strip_prefix('+').unwrap_or(text).parse().ok(),
            }
        };
        let mut values = Vec::new();
        for item in text.split(',').filter(|item| !item.is_empty()) {
            let (span, step) =
                item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
            let step: u32 = step.map_or(Some(1), number)?;
            let (from, to) = match span {
                "*" | "?" => (least, most),
                _ => match span.split_once('-') {
                    Some(("*" | "?", _)) => (least, most),
                    Some((from, to)) => (number(from)?, number(to)?),
                    None if item.contains('/') => (number(span)?, most),
                    None => (number(span)?, number(span)?),
                },
            };
            values
                .extend((from..=to).step_by(usize::try_from(step).ok().filter(|step| *step > 0)?));
        }
        values.order();
        values.dedup();
        Some(Self::of(values, least, most))
    }

    fn of(values: Vec<u32>, least: u32, most: u32) -> Self {
        let (Some(first), Some(last)) = (values.first().copied(), values.last().copied()) else {
            return Self::List(values);
        };
        let step = values.get(1).map_or(0, |second| second - first);
        let even = values.windows(2).all(|pair| matches!(pair, [a, b] if b - a == step));
        match step {
            1 if even && first == least && last == most => Self::Any,
            1 if even && values.len() > 2 => Self::Range(first, last),
            2.. if even && values.len() > 2 && first == least && last + step > most => {
                Self::Step(step)
            }
            _ => Self::List(values),
        }
    }

    /// The values, if they are few and known.
    fn list(&self) -> Option<&[u32]> {
        match self {
            Self::List(values) => Some(values),
            _ => None,
        }
    }

    const fn is_any(&self) -> bool {
        matches!(self, Self::Any)
    }
}

/// A schedule, read.
struct Plan {
    minutes: Field,
    hours: Field,
    days: Field,
    months: Field,
    weekdays: Field,
}

/// What is said of the time of day.
enum Clock {
    /// At these minutes of the day.
    At(Vec<(u32, u32)>),
    /// Again and again.
    Often(String),
}

impl Plan {
    /// The times of day, where they are few enough to be listed.
    fn times(&self) -> Option<Vec<(u32, u32)>> {
        let (hours, minutes) = (self.hours.list()?, self.minutes.list()?);
        let times: Vec<(u32, u32)> =
            hours.iter().flat_map(|hour| minutes.iter().map(|minute| (*hour, *minute))).collect();
        (times.len() <= MOST_TIMES).then_some(times)
    }

    fn clock(&self, language: Language) -> Clock {
        if let Some(times) = self.times() {
            return Clock::At(times);
        }
        let minutes = match &self.minutes {
            Field::Any => word(language, "cron.every-minute"),
            Field::Step(step) => {
                Text::new("cron.every-minutes").with("step", step).render(language)
            }
            Field::Range(from, to) => {
                Text::new("cron.minutes-from").with("from", from).with("to", to).render(language)
            }
            Field::List(list) if *list == [0] => word(language, "cron.on-the-hour"),
            Field::List(list) => {
                let list = listed(list.iter().map(|minute| minute_of(*minute, language)), language);
                Text::new("cron.at-minutes").with("minutes", list).render(language)
            }
        };
        let through = matches!(self.minutes, Field::Any | Field::Step(_) | Field::Range(..));
        let span = |from: u32, to: u32| {
            let end = if through {
                (to, 59)
            } else {
                (to, self.minutes.list().and_then(|list| list.last()).copied().unwrap_or(0))
            };
            let start = self
                .minutes
                .list()
                .and_then(|list| list.first())
                .copied()
                .filter(|_| !through)
                .unwrap_or(0);
            // Korean names the hour before which it ends, not the last minute.
            let (key, end) = match (through, language) {
                (true, Language::Ko) => ("cron.from-before", ((end.0 + 1) % 24, 0)),
                _ => ("cron.from-to", end),
            };
            Text::new(key)
                .with("from", time((from, start), language))
                .with("to", time(end, language))
                .render(language)
        };
        let often = match (&self.hours, language) {
            (Field::Any, _) if through => minutes,
            (Field::Any, _) => {
                Text::new("cron.each-hour").with("minutes", minutes).render(language)
            }
            (Field::Step(step), _) => {
                let (key, step) = match through {
                    true => ("cron.in-hours-step", ordinal(*step, language)),
                    false => ("cron.each-hours", step.to_string()),
                };
                Text::new(key).with("step", step).with("minutes", minutes).render(language)
            }
            (Field::Range(from, to), _) => {
                let minutes = if through {
                    minutes
                } else {
                    Text::new("cron.each-hour").with("minutes", minutes).render(language)
                };
                Text::new("cron.while")
                    .with("span", span(*from, *to))
                    .with("minutes", minutes)
                    .render(language)
            }
            (Field::List(hours), _) if stride(hours).is_some() => {
                let (from, to, step) = stride(hours).unwrap_or_default();
                self.stride((from, to, step), through.then_some(minutes), language)
            }
            (Field::List(hours), _) => match hours.as_slice() {
                [hour] => Text::new("cron.while")
                    .with("span", span(*hour, *hour))
                    .with("minutes", minutes)
                    .render(language),
                hours => {
                    let hours =
                        listed(hours.iter().map(|hour| time((*hour, 0), language)), language);
                    Text::new("cron.in-hours")
                        .with("hours", hours)
                        .with("minutes", minutes)
                        .render(language)
                }
            },
        };
        Clock::Often(often)
    }

    /// Every few hours of a part of the day; `through` says what happens all through each of them.
    fn stride(
        &self,
        (from, to, step): (u32, u32, u32),
        through: Option<String>,
        language: Language,
    ) -> String {
        let list = self.minutes.list().unwrap_or_default();
        let minutes = || listed(list.iter().map(|one| minute_of(*one, language)), language);
        let (key, minutes) = match (through, list) {
            (Some(minutes), _) => ("cron.stride-through", minutes),
            // One time an hour stands in the first and the last in English.
            (None, [_]) if language == Language::En => ("cron.stride-once", String::new()),
            (None, _) => ("cron.stride", minutes()),
        };
        let minute = if let ("cron.stride-once", [minute]) = (key, list) { *minute } else { 0 };
        let hour = |hour: u32| match language {
            Language::En => time((hour, minute), language),
            Language::Ko => hour.to_string(),
        };
        let which = match (key, language) {
            ("cron.stride-through", Language::En) => ordinal(step, language),
            _ => step.to_string(),
        };
        Text::new(key)
            .with("from", hour(from))
            .with("to", hour(to))
            .with("step", which)
            .with("minutes", minutes)
            .render(language)
    }

    /// The days, or nothing where it is every day.
    fn day(&self, language: Language) -> Option<String> {
        let weekdays = match &self.weekdays {
            Field::Any => None,
            Field::Range(1, 5) => Some(word(language, "cron.weekdays")),
            Field::List(list) if *list == [0, 6] => Some(word(language, "cron.weekend")),
            Field::Range(from, to) => Some(
                Text::new("cron.weekday-range")
                    .with("from", word(language, weekday(*from)))
                    .with("to", word(language, weekday(*to)))
                    .render(language),
            ),
            Field::Step(step) => Some(weekday_list(&every(0, 6, *step), language)),
            Field::List(list) => Some(weekday_list(list, language)),
        };
        let days = match &self.days {
            Field::Any => None,
            Field::Step(step) => Some(
                Text::new("cron.day-step").with("step", ordinal(*step, language)).render(language),
            ),
            Field::Range(from, to) => {
                Some(Text::new("cron.day-range").with("from", from).with("to", to).render(language))
            }
            Field::List(list) => {
                let key = if list.len() == 1 { "cron.day" } else { "cron.days" };
                let days = joined(list.iter().map(ToString::to_string).collect(), language);
                Some(Text::new(key).with("days", days).render(language))
            }
        };
        match (days, weekdays) {
            // Either is enough.
            (Some(days), Some(weekdays)) => Some(
                Text::new("cron.either")
                    .with("days", days)
                    .with("weekdays", weekdays)
                    .render(language),
            ),
            (days, weekdays) => days.or(weekdays),
        }
    }

    fn month(&self, language: Language) -> Option<String> {
        let name = |month: &u32| word(language, month_key(*month));
        match &self.months {
            Field::Any => None,
            Field::Range(from, to) => Some(
                Text::new("cron.month-range")
                    .with("from", name(from))
                    .with("to", name(to))
                    .render(language),
            ),
            Field::Step(step) => Some(month_list(&every(1, 12, *step), language)),
            Field::List(list) => Some(month_list(list, language)),
        }
    }

    fn english(&self) -> String {
        let language = Language::En;
        let (day, month) = (self.day(language), self.month(language));
        let mut text = match self.clock(language) {
            Clock::At(times) => {
                let times = listed(times.into_iter().map(|at| time(at, language)), language);
                format!("{} at {times}", day.unwrap_or_else(|| word(language, "cron.every-day")))
            }
            Clock::Often(often) => {
                day.map_or_else(|| often.clone(), |day| format!("{often}, {day}"))
            }
        };
        if let Some(month) = month {
            text.push_str(", ");
            text.push_str(&month);
        }
        text
    }

    fn korean(&self) -> String {
        let language = Language::Ko;
        let (day, month) = (self.day(language), self.month(language));
        let day_of_month = !self.days.is_any();
        // "매년 1월 1일", "1월 평일", "매월 1일", "평일"
        let head = match (month, day) {
            (Some(month), Some(day)) => {
                let key = if day_of_month { "cron.year-day" } else { "cron.month-day" };
                Some(Text::new(key).with("month", month).with("day", day).render(language))
            }
            (None, Some(day)) if day_of_month => {
                Some(Text::new("cron.month-every").with("day", day).render(language))
            }
            (None, day) => day,
            (Some(month), None) => {
                let day = word(language, "cron.every-day");
                Some(
                    Text::new("cron.month-day")
                        .with("month", month)
                        .with("day", day)
                        .render(language),
                )
            }
        };
        match self.clock(language) {
            Clock::At(times) => {
                let head = head.unwrap_or_else(|| word(language, "cron.every-day"));
                format!(
                    "{head} {}",
                    listed(times.into_iter().map(|at| time(at, language)), language)
                )
            }
            Clock::Often(often) => {
                head.map_or_else(|| often.clone(), |head| format!("{head} {often}"))
            }
        }
    }
}

/// First, last and step of at least three values that are equally far apart.
fn stride(values: &[u32]) -> Option<(u32, u32, u32)> {
    let &[first, second, _, ..] = values else { return None };
    let step = second - first;
    let even = values.windows(2).all(|pair| matches!(pair, [a, b] if b - a == step));
    values.last().filter(|_| even).map(|last| (first, *last, step))
}

/// From here to there with a step.
fn every(from: u32, to: u32, step: u32) -> Vec<u32> {
    (from..=to).filter(|value| (value - from).is_multiple_of(step)).collect()
}

fn month_list(months: &[u32], language: Language) -> String {
    let name = |month: &u32| match language {
        Language::En => word(language, month_key(*month)),
        Language::Ko => month.to_string(),
    };
    let names = joined(months.iter().map(name).collect(), language);
    Text::new("cron.months").with("months", names).render(language)
}

fn weekday_list(list: &[u32], language: Language) -> String {
    let names = list.iter().map(|day| word(language, weekdays(*day)));
    let days = joined(names.collect(), language);
    Text::new("cron.weekday-list").with("days", days).render(language)
}

/// `a, b and c` in English; `a·b·c` in Korean, for names that share what follows them.
fn joined(names: Vec<String>, language: Language) -> String {
    match language {
        Language::En => listed(names.into_iter(), language),
        Language::Ko => names.join("·"),
    }
}

const fn weekdays(day: u32) -> &'static str {
    match day {
        0 => "cron.sundays",
        1 => "cron.mondays",
        2 => "cron.tuesdays",
        3 => "cron.wednesdays",
        4 => "cron.thursdays",
        5 => "cron.fridays",
        _ => "cron.saturdays",
    }
}

const fn weekday(day: u32) -> &'static str {
    match day {
        0 => "cron.sunday",
        1 => "cron.monday",
        2 => "cron.tuesday",
        3 => "cron.wednesday",
        4 => "cron.thursday",
        5 => "cron.friday",
        _ => "cron.saturday",
    }
}

const fn month_key(month: u32) -> &'static str {
    match month {
        1 => "cron.january",
        2 => "cron.february",
        3 => "cron.march",
        4 => "cron.april",
        5 => "cron.may",
        6 => "cron.june",
        7 => "cron.july",
        8 => "cron.august",
        9 => "cron.september",
        10 => "cron.october",
        11 => "cron.november",
        _ => "cron.december",
    }
}

/// A time of day: `09:00`, `오전 9시 30분`, `자정`.
fn time((hour, minute): (u32, u32), language: Language) -> String {
    match (hour, minute) {
        (0, 0) => return word(language, "cron.midnight"),
        (12, 0) => return word(language, "cron.noon"),
        _ => {}
    }
    let hours = |shown: String| Text::new("cron.hour").with("hour", shown).render(language);
    let minutes =
        |shown: String| Text::new("cron.minute-part").with("minute", shown).render(language);
    match language {
        Language::En => hours(format!("{hour:02}")) + &minutes(format!("{minute:02}")),
        Language::Ko => {
            let half = word(language, if hour < 12 { "cron.am" } else { "cron.pm" });
            let shown = hours((if hour > 12 { hour - 12 } else { hour }).to_string());
            match minute {
                0 => format!("{half} {shown}"),
                _ => format!("{half} {shown} {}", minutes(minute.to_string())),
            }
        }
    }
}

/// A minute of the hour: `:05`, `5분`.
fn minute_of(minute: u32, language: Language) -> String {
    if minute == 0 {
        return word(language, "cron.minute-none");
    }
    let shown = match language {
        Language::En => format!("{minute:02}"),
        Language::Ko => minute.to_string(),
    };
    Text::new("cron.minute").with("minute", shown).render(language)
}

/// Which one in a row: `2nd`, `3rd`; the plain number in Korean.
fn ordinal(number: u32, language: Language) -> String {
    let ending = match (language, number % 10, number / 10 % 10) {
        (Language::Ko, ..) => "",
        (_, _, 1) => "th",
        (_, 1, _) => "st",
        (_, 2, _) => "nd",
        (_, 3, _) => "rd",
        _ => "th",
    };
    format!("{number}{ending}")
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: impl Iterator<Item = String>, language: Language) -> String {
    let mut items: Vec<String> = items.collect();
    let last = items.pop().unwrap_or_default();
    if items.is_empty() {
        return last;
    }
    let key = "cron.and";
    Text::new(key).with("first", items.join(", ")).with("last", last).render(language)
}

#[cfg(test)]
mod tests;
