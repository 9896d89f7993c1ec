//! The table of time zones against the IANA database as `chrono-tz` has it, and its writer.

#![expect(clippy::unwrap_used, reason = "a test")]

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Offset, TimeZone as _, Utc};
use chrono_tz::{TZ_VARIANTS, Tz};
use expect_test::expect_file;
use podyard::api::time_zone::TimeZone;
use podyard::sim::Time;

const MINUTE: i64 = 60;
const DAY: i64 = 86_400;

fn seconds(year: i32) -> i64 {
    Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).unwrap().timestamp()
}

fn offset(zone: Tz, at: i64) -> i64 {
    let at = DateTime::from_timestamp(at, 0).unwrap().naive_utc();
    i64::from(zone.offset_from_utc_datetime(&at).fix().local_minus_utc())
}

/// When the offset changed, and to what; in seconds.
fn changes(zone: Tz) -> Vec<(i64, i64)> {
    let mut found = Vec::new();
    let mut at = seconds(2010);
    while at < seconds(2050) {
        let (before, after) = (offset(zone, at), offset(zone, at + DAY));
        if before != after {
            let (mut low, mut high) = (at, at + DAY);
            while high - low > 1 {
                let middle = i64::midpoint(low, high);
                if offset(zone, middle) == before { low = middle } else { high = middle }
            }
            found.push((high, after));
        }
        at += DAY;
    }
    found
}

/// Month, week (5 is the last), weekday from Sunday, minutes after midnight.
type Day = (u32, u32, u32, i64);

/// What all the given local times (minutes since the epoch), one a year, have in common.
fn rule(times: &[i64]) -> Option<Day> {
    let yearly = times.windows(2).all(|pair| (350..380).contains(&((pair[1] - pair[0]) / 1440)));
    if !yearly {
        return None;
    }
    (-1..=3).find_map(|shift: i64| {
        let date = |at: &i64| {
            let day = at.div_euclid(DAY / MINUTE) - shift;
            (DateTime::from_timestamp(day * DAY, 0).unwrap(), at - day * DAY / MINUTE)
        };
        let (first, minute) = date(times.first()?);
        let weekday = first.weekday().num_days_from_sunday();
        let same = times.iter().map(date).all(|(day, at)| {
            (day.month(), day.weekday().num_days_from_sunday(), at)
                == (first.month(), weekday, minute)
        });
        let week = |at: &i64| (date(at).0.day() - 1) / 7 + 1;
        let last = |at: &i64| {
            let day = date(at).0;
            (day + chrono::Duration::days(7)).month() != day.month()
        };
        let first_week = week(times.first()?);
        let week = match () {
            () if !same => return None,
            () if first_week < 5 && times.iter().all(|at| week(at) == first_week) => first_week,
            () if times.iter().all(last) => 5,
            () => return None,
        };
        Some((first.month(), week, weekday, minute))
    })
}

/// The words of the table for one zone.
fn clock(zone: Tz) -> String {
    let all = changes(zone);
    let first = offset(zone, seconds(2010));
    let before = |index: usize| if index == 0 { first } else { all[index - 1].1 };
    // The longest tail of which every other change follows one rule, and the rest another.
    let yearly = |start: usize| {
        let times = |parity: usize| -> Vec<i64> {
            let every_other = (start + parity..all.len()).step_by(2);
            every_other.map(|index| (all[index].0 + before(index)) / MINUTE).collect()
        };
        let (one, other) = (rule(&times(0))?, rule(&times(1))?);
        Some([(one, all[start].1), (other, all[start + 1].1)])
    };
    let goes_on = all.last().is_some_and(|(at, _)| *at > seconds(2049));
    let start = (0..all.len()).find(|start| goes_on && yearly(*start).is_some());
    let mut words = vec![(first / MINUTE).to_string()];
    let mut last = seconds(2010);
    // The first change by rule is written out too: the years before it may not have followed the rule.
    let written = start.map_or(all.len(), |start| start + 1);
    for (at, offset) in &all[..written] {
        words.push(format!("{}:{}", base_36((at - last) / MINUTE), offset / MINUTE));
        last = *at;
    }
    for ((month, week, weekday, minute), offset) in start.and_then(yearly).into_iter().flatten() {
        words.push(format!("{month}.{week}.{weekday}.{minute}>{}", offset / MINUTE));
    }
    words.join(" ")
}

fn base_36(mut number: i64) -> String {
    let mut digits = Vec::new();
    while number > 0 || digits.is_empty() {
        let digit = usize::try_from(number % 36).unwrap();
        digits.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[digit]);
        number /= 36;
    }
    digits.reverse();
    String::from_utf8(digits).unwrap()
}

#[test]
fn the_table_is_that_of_the_database() {
    let mut lines: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for zone in TZ_VARIANTS {
        lines.entry(clock(zone)).or_default().push(zone.name());
    }
    let mut lines: Vec<String> =
        lines.into_iter().map(|(clock, names)| format!("{clock}\t{}", names.join(" "))).collect();
    lines.sort_by_key(|line| line.split('\t').nth(1).map(str::to_owned));
    expect_file!["../assets/time-zones.txt"].assert_eq(&(lines.join("\n") + "\n"));
}

#[test]
fn every_zone_reads_as_in_the_database() {
    for zone in TZ_VARIANTS {
        let ours =
            TimeZone::find(zone.name()).unwrap_or_else(|| panic!("{zone} is not in the table"));
        let changes = changes(zone);
        let around = changes.iter().flat_map(|(at, _)| [at - 1, *at]);
        let between = (0..40 * 365 / 11).map(|step| seconds(2010) + step * 11 * DAY);
        for at in around.chain(between) {
            let (read, until) = ours.offset_at(Time::from_unix_seconds(at));
            assert_eq!(read, offset(zone, at), "{zone} at {at}");
            if let Some((next, _)) = changes.iter().find(|(when, _)| *when > at) {
                assert_eq!(until, Some(Time::from_unix_seconds(*next)), "{zone} after {at}");
            }
        }
    }
}

#[test]
fn names_are_found_as_they_are_written() {
    for name in
        ["Asia/Seoul", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GMT", "EST5EDT"]
    {
        assert!(TimeZone::find(name).is_some(), "{name}");
    }
    for name in ["asia/seoul", "Asia/Seoul ", "", "Seoul", "KST", "Asia"] {
        assert!(TimeZone::find(name).is_none(), "{name}");
    }
}
