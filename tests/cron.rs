//! The cron dialect against the tables of `tests/cases/cron.yaml`: next times, days, minutes, words of refusal.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::fmt::Debug;
use std::path::Path;

use podyard::api::schedule::{Schedule, parse};
use podyard::api::time_zone::TimeZone;
use podyard::sim::{Duration, Time};
use serde::Deserialize;

#[derive(Deserialize)]
struct Tables {
    next: Vec<(String, String, String, String)>,
    due: Vec<(String, String, bool)>,
    minutes: Vec<(String, String)>,
    days: Vec<(String, String)>,
    refused: Vec<(String, String)>,
}

fn tables() -> Tables {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases/cron.yaml");
    serde_yaml::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn time(text: &str) -> Time {
    Time::parse_rfc3339(text).unwrap()
}

fn schedule(text: &str) -> Schedule {
    parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
}

/// Tells every row whose answer is another.
fn check<Row: Debug, Answer: PartialEq + Debug>(
    rows: &[Row],
    expected: impl Fn(&Row) -> Answer,
    found: impl Fn(&Row) -> Answer,
) {
    assert!(!rows.is_empty());
    let wrong = rows.iter().filter(|row| expected(row) != found(row));
    let wrong: Vec<String> = wrong.map(|row| format!("{row:?}: found {:?}", found(row))).collect();
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}

#[test]
fn next_times() {
    check(
        &tables().next,
        |(.., expected)| expected.clone(),
        |(after, text, zone, _)| {
            let zone = match zone.as_str() {
                "" => TimeZone::UTC,
                name => TimeZone::find(name).unwrap(),
            };
            let next = schedule(text).next_after(time(after), &zone);
            next.map_or_else(|| "never".into(), Time::rfc3339)
        },
    );
}

#[test]
fn due_or_not() {
    check(
        &tables().due,
        |(.., due)| *due,
        |(at, text, _)| {
            let before = time(at) - Duration::from_seconds(1);
            schedule(text).next_after(before, &TimeZone::UTC) == Some(time(at))
        },
    );
}

/// What a schedule finds between two times, as the part of each that `part` names.
fn found(text: &str, from: &str, until: &str, part: std::ops::Range<usize>) -> String {
    let schedule = schedule(text);
    let mut at = time(from) - Duration::from_seconds(1);
    let mut found = Vec::new();
    while let Some(next) =
        schedule.next_after(at, &TimeZone::UTC).filter(|next| *next < time(until))
    {
        let number: u32 = next.rfc3339().get(part.clone()).unwrap().parse().unwrap();
        found.push(number.to_string());
        at = next;
    }
    found.join(" ")
}

#[test]
fn minutes_of_an_hour() {
    check(
        &tables().minutes,
        |(_, minutes)| minutes.clone(),
        |(text, _)| found(text, "2026-11-01T10:00:00Z", "2026-11-01T11:00:00Z", 14..16),
    );
}

#[test]
fn days_of_a_month() {
    check(
        &tables().days,
        |(_, days)| days.clone(),
        |(text, _)| found(text, "2026-11-01T00:00:00Z", "2026-12-01T00:00:00Z", 8..10),
    );
}

#[test]
fn refusals() {
    check(
        &tables().refused,
        |(_, words)| words.clone(),
        |(text, _)| parse(text).map_or_else(|refusal| refusal, |_| "accepted".into()),
    );
}

/// A schedule remembers what it found: asked again, in any order and on any clock, it says what a new one says.
#[test]
fn what_is_remembered_is_what_would_be_found() {
    for text in ["* * * * *", "*/7 3-5 * * *", "30 2 * * *", "0 12 1 * mon"] {
        let asked = schedule(text);
        for step in 0..400_i64 {
            let zone = ["Etc/UTC", "Europe/Berlin", "Asia/Seoul"][(step % 3) as usize];
            let zone = TimeZone::find(zone).unwrap();
            // Back and forth around the day on which Berlin's clocks go forward.
            let at = time("2026-03-29T00:00:00Z") + Duration::from_seconds(step * 7919 % 100_000);
            assert_eq!(
                asked.next_after(at, &zone),
                schedule(text).next_after(at, &zone),
                "{text} after {at}"
            );
        }
    }
}
