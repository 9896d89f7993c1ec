//! The cron dialect of CronJobs: five fields, names, steps, descriptors, `@every`. A thin layer of dialect in front of
//! the `cron` crate, which searches the calendar.
//!
//! Follows `github.com/robfig/cron/v3` v3.0.1 (`parser.go`, `spec.go`, `constantdelay.go`) in what it accepts, in its
//! words of refusal and in the times it finds. The crate cannot be asked directly: it has seconds and years, counts
//! weekdays from 1, reads other texts, and wants day of month *and* day of week. So each field is read here, and what
//! goes to the crate is a plain list of numbers; "either day is enough" becomes two searches, the earlier find wins.
//! What is due later on the same day, as most is that a minutely CronJob asks for, is seen in the fields themselves.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDate};

use super::error::go_quote;
use super::time_zone::TimeZone;
use crate::sim::{Duration, Time};

/// When something is due, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    plan: Plan,
    /// The zone of a `TZ=` prefix, which wins over any other.
    zone: Option<TimeZone>,
    finds: Finds,
}

/// What was found last on the clock of a zone: from a time on, up to the next one that is due. A CronJob asks the same
/// again and again. No part of what a schedule is.
#[derive(Clone, Debug, Default)]
struct Finds(RefCell<VecDeque<(TimeZone, Time, Time)>>);

impl Finds {
    /// So many are kept.
    const MOST: usize = 4;

    /// The first due time after a time, searched only if it is not known.
    fn after(
        &self,
        after: Time,
        zone: &TimeZone,
        search: impl FnOnce() -> Option<Time>,
    ) -> Option<Time> {
        let known = |(of, from, next): &&(TimeZone, Time, Time)| {
            *from <= after && after < *next && of == zone
        };
        if let Some((_, _, next)) = self.0.borrow().iter().find(known) {
            return Some(*next);
        }
        let next = search()?;
        let mut finds = self.0.borrow_mut();
        finds.truncate(Self::MOST - 1);
        finds.push_front((zone.clone(), after, next));
        Some(next)
    }
}

impl PartialEq for Finds {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Finds {}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Plan {
    /// `@every`: a whole number of seconds after the last time.
    Every(Duration),
    /// A field is empty: due never.
    Never,
    /// Due at the minutes that it names.
    Calendar(Calendar),
}

/// The minutes that five fields name.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Calendar {
    days: Days,
    minutes: u64,
    hours: u64,
    /// Due when any of these is.
    searches: Vec<cron::Schedule>,
}

/// Which days are named: of each field a bit per value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Days {
    days: u64,
    months: u64,
    weekdays: u64,
    /// Whether either day is enough.
    either: bool,
}

const fn has(bits: u64, value: u32) -> bool {
    bits >> value & 1 == 1
}

/// The values of a field as a list for the crate; `add` is added to each.
fn list(bits: u64, add: u32) -> String {
    let values = (0..64).filter(|value| has(bits, *value));
    values.map(|value| (value + add).to_string()).collect::<Vec<_>>().join(",")
}

impl Calendar {
    fn new(minutes: u64, hours: u64, days: Days) -> Result<Self, String> {
        let Days { days: of_month, months, weekdays, either } = days;
        let search = |days: &str, weekdays: &str| {
            let (minutes, hours, months) = (list(minutes, 0), list(hours, 0), list(months, 0));
            let plain = format!("0 {minutes} {hours} {days} {months} {weekdays}");
            cron::Schedule::from_str(&plain).map_err(|refusal| refusal.to_string())
        };
        let (of_month, of_week) = (list(of_month, 0), list(weekdays, 1));
        let pairs = match either {
            true => vec![(&*of_month, "*"), ("*", &*of_week)],
            false => vec![(&*of_month, &*of_week)],
        };
        let named =
            pairs.into_iter().filter(|(day, weekday)| !day.is_empty() && !weekday.is_empty());
        let searches: Result<Vec<_>, _> =
            named.map(|(day, weekday)| search(day, weekday)).collect();
        Ok(Self { days, minutes, hours, searches: searches? })
    }

    /// The first of its minutes after a time up to the end of a year, in seconds since 1970 on the same clock.
    fn next_after(&self, seconds: i64, last_year: i32) -> Option<i64> {
        let minute = seconds.div_euclid(60) + 1;
        let (day, from) = (minute.div_euclid(24 * 60), minute.rem_euclid(24 * 60));
        let today = self.days.have(date(day * 24 * 3600)?);
        if let Some(minute) = today.then(|| self.of_day(from)).flatten() {
            return Some((day * 24 * 60 + minute) * 60);
        }
        let after = DateTime::from_timestamp(seconds, 0)?;
        let found = self.searches.iter().filter_map(|search| search.after(&after).next()).min()?;
        (found.year() <= last_year).then(|| found.timestamp())
    }

    /// The first of its minutes of a day, from a minute on.
    fn of_day(&self, from: i64) -> Option<i64> {
        (from / 60..24).find_map(|hour| {
            let first = (from - hour * 60).max(0);
            let left = self.minutes >> first << first;
            let named = self.hours >> hour & 1 == 1 && left != 0;
            named.then(|| hour * 60 + i64::from(left.trailing_zeros()))
        })
    }
}

impl Days {
    fn have(&self, date: NaiveDate) -> bool {
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().num_days_from_sunday());
        let fits = if self.either { day || weekday } else { day && weekday };
        fits && has(self.months, date.month())
    }
}

/// Reads a schedule.
///
/// # Errors
/// The parser's words, as they follow `spec.schedule: Invalid value: "…": `.
pub fn parse(text: &str) -> Result<Schedule, String> {
    if text.is_empty() {
        return Err("empty spec string".into());
    }
    let (text, zone) = take_zone(text)?;
    let plan = match text.starts_with('@') {
        true => descriptor(text)?,
        false => calendar(text)?,
    };
    Ok(Schedule { plan, zone, finds: Finds::default() })
}

/// Takes a `TZ=` or `CRON_TZ=` prefix off.
fn take_zone(text: &str) -> Result<(&str, Option<TimeZone>), String> {
    let Some(rest) = text.strip_prefix("TZ=").or_else(|| text.strip_prefix("CRON_TZ=")) else {
        return Ok((text, None));
    };
    let Some((name, rest)) = rest.split_once(' ') else {
        // Upstream's parser falls over here, and the server prints how.
        return Err(
            "invalid schedule format: runtime error: slice bounds out of range [:-1]".into()
        );
    };
    let zone = match name {
        "" | "Local" => TimeZone::UTC,
        _ if name.contains("..") || name.starts_with(['/', '\\']) => {
            return Err(format!("provided bad location {name}: time: invalid location name"));
        }
        _ => TimeZone::find(name)
            .ok_or_else(|| format!("provided bad location {name}: unknown time zone {name}"))?,
    };
    Ok((rest.trim(), Some(zone)))
}

fn descriptor(text: &str) -> Result<Plan, String> {
    match text {
        "@yearly" | "@annually" => calendar("0 0 1 1 *"),
        "@monthly" => calendar("0 0 1 * *"),
        "@weekly" => calendar("0 0 * * 0"),
        "@daily" | "@midnight" => calendar("0 0 * * *"),
        "@hourly" => calendar("0 * * * *"),
        _ => match text.strip_prefix("@every ") {
            Some(span) => {
                let nanos = go_duration(span)
                    .map_err(|refusal| format!("failed to parse duration {text}: {refusal}"))?;
                let seconds = (nanos / 1_000_000_000).max(1);
                Ok(Plan::Every(Duration::from_seconds(seconds)))
            }
            None => Err(format!("unrecognized descriptor: {text}")),
        },
    }
}

/// What a field may hold.
struct Bounds {
    min: u64,
    max: u64,
    names: &'static [&'static str],
}

const MINUTES: Bounds = Bounds { min: 0, max: 59, names: &[] };
const HOURS: Bounds = Bounds { min: 0, max: 23, names: &[] };
const DAYS: Bounds = Bounds { min: 1, max: 31, names: &[] };
const MONTHS: Bounds = Bounds {
    min: 1,
    max: 12,
    names: &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"],
};
const WEEKDAYS: Bounds =
    Bounds { min: 0, max: 6, names: &["sun", "mon", "tue", "wed", "thu", "fri", "sat"] };

/// A field that was read: a bit per value, and whether it has a bare star.
#[derive(Clone, Copy, Default)]
struct Field {
    bits: u64,
    star: bool,
}

fn calendar(text: &str) -> Result<Plan, String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let &[minute, hour, day, month, weekday] = words.as_slice() else {
        let (count, words) = (words.len(), words.join(" "));
        return Err(format!("expected exactly 5 fields, found {count}: [{words}]"));
    };
    let minute = field(minute, &MINUTES)?;
    let hour = field(hour, &HOURS)?;
    let day = field(day, &DAYS)?;
    let month = field(month, &MONTHS)?;
    let weekday = field(weekday, &WEEKDAYS)?;
    if minute.bits == 0 || hour.bits == 0 || month.bits == 0 {
        return Ok(Plan::Never);
    }
    let either = !day.star && !weekday.star;
    let days = Days { days: day.bits, months: month.bits, weekdays: weekday.bits, either };
    let calendar = Calendar::new(minute.bits, hour.bits, days)?;
    Ok(if calendar.searches.is_empty() { Plan::Never } else { Plan::Calendar(calendar) })
}

fn field(text: &str, bounds: &Bounds) -> Result<Field, String> {
    let mut sum = Field::default();
    for item in text.split(',').filter(|item| !item.is_empty()) {
        let range = range(item, bounds)?;
        sum = Field { bits: sum.bits | range.bits, star: sum.star | range.star };
    }
    Ok(sum)
}

fn range(item: &str, bounds: &Bounds) -> Result<Field, String> {
    let (span, step) = item.split_once('/').map_or((item, None), |(span, step)| (span, Some(step)));
    let (low, high) = span.split_once('-').map_or((span, None), |(low, high)| (low, Some(high)));
    let mut star = matches!(low, "*" | "?");
    let (start, mut end) = match high {
        _ if star => (bounds.min, bounds.max),
        None => {
            let only = number_or_name(low, bounds)?;
            (only, only)
        }
        Some(high) => {
            let start = number_or_name(low, bounds)?;
            if high.contains('-') {
                return Err(format!("too many hyphens: {item}"));
            }
            (start, number_or_name(high, bounds)?)
        }
    };
    let step = match step {
        None => 1,
        Some(step) if step.contains('/') => return Err(format!("too many slashes: {item}")),
        Some(step) => {
            let step = number(step)?;
            // "N/step" means "from N to the maximum".
            if high.is_none() {
                end = bounds.max;
            }
            star &= step <= 1;
            step
        }
    };
    let (min, max) = (bounds.min, bounds.max);
    if start < min {
        return Err(format!("beginning of range ({start}) below minimum ({min}): {item}"));
    }
    if end > max {
        return Err(format!("end of range ({end}) above maximum ({max}): {item}"));
    }
    if start > end {
        return Err(format!("beginning of range ({start}) beyond end of range ({end}): {item}"));
    }
    let Some(step) = usize::try_from(step).ok().filter(|step| *step > 0) else {
        return Err(format!("step of range should be a positive number: {item}"));
    };
    let bits = (start..=end).step_by(step).fold(0, |bits, value| bits | 1 << value);
    Ok(Field { bits, star })
}

fn number_or_name(text: &str, bounds: &Bounds) -> Result<u64, String> {
    let lower = text.to_lowercase();
    match bounds.names.iter().position(|name| *name == lower) {
        Some(index) => Ok(bounds.min + index as u64),
        None => number(text),
    }
}

/// A whole number as Go's `strconv.Atoi` reads it, and none below zero.
fn number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    let refuse = |why: &str| {
        Err(format!(
            "failed to parse int from {text}: strconv.Atoi: parsing {}: {why}",
            go_quote(text)
        ))
    };
    if digits.is_empty() || !digits.bytes().all(|digit| digit.is_ascii_digit()) {
        return refuse("invalid syntax");
    }
    match text.parse::<i64>() {
        Ok(value) => u64::try_from(value)
            .map_err(|_| format!("negative number ({value}) not allowed: {text}")),
        Err(_) => refuse("value out of range"),
    }
}

/// A span of time as Go's `time.ParseDuration` reads it, in nanoseconds.
fn go_duration(text: &str) -> Result<i64, String> {
    let quoted = go_quote(text);
    let invalid = || format!("time: invalid duration {quoted}");
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Ok(0);
    }
    if rest.is_empty() {
        return Err(invalid());
    }
    let mut total: i128 = 0;
    while !rest.is_empty() {
        let whole_end = rest.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(rest.len());
        let (whole, tail) = rest.split_at(whole_end);
        let (fraction, tail) = match tail.strip_prefix('.') {
            Some(tail) => {
                let end = tail.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(tail.len());
                tail.split_at(end)
            }
            None => ("", tail),
        };
        if whole.is_empty() && fraction.is_empty() {
            return Err(invalid());
        }
        let unit_end = tail.find(|letter: char| letter.is_ascii_digit() || letter == '.');
        let (unit, tail) = tail.split_at(unit_end.unwrap_or(tail.len()));
        if unit.is_empty() {
            return Err(format!("time: missing unit in duration {quoted}"));
        }
        let nanos: i128 = match unit {
            "ns" => 1,
            "us" | "µs" | "μs" => 1000,
            "ms" => 1_000_000,
            "s" => 1_000_000_000,
            "m" => 60_000_000_000,
            "h" => 3_600_000_000_000,
            _ => {
                let unit = go_quote(unit);
                return Err(format!("time: unknown unit {unit} in duration {quoted}"));
            }
        };
        let parse =
            |digits: &str| if digits.is_empty() { Some(0) } else { digits.parse::<i64>().ok() };
        let whole = i128::from(parse(whole).ok_or_else(invalid)?);
        // Digits beyond the fifteenth are below a nanosecond of an hour.
        let fraction: String = fraction.chars().take(15).collect();
        let scale = 10_i128.pow(u32::try_from(fraction.len()).unwrap_or(0));
        let part = i128::from(parse(&fraction).ok_or_else(invalid)?) * nanos / scale;
        total += whole * nanos + part;
        rest = tail;
    }
    let total = if negative { -total } else { total };
    i64::try_from(total).map_err(|_| invalid())
}

impl Schedule {
    /// Whether a `TZ=` prefix says on whose clock it is read.
    pub const fn has_zone(&self) -> bool {
        self.zone.is_some()
    }

    /// The first time after `after` at which this is due, in whole seconds. `None` if there is none within five years.
    /// `zone` is whose clock the fields are read on; a `TZ=` prefix in the schedule wins over it.
    pub fn next_after(&self, after: Time, zone: &TimeZone) -> Option<Time> {
        match &self.plan {
            Plan::Every(span) => Some(after.cut_to_second() + *span),
            Plan::Never => None,
            Plan::Calendar(calendar) => {
                let zone = self.zone.as_ref().unwrap_or(zone);
                self.finds.after(after, zone, || next_local(calendar, after, zone))
            }
        }
    }
}

/// The first moment after `after` whose local time the calendar names: stretch by stretch of one offset, so that times
/// that the clock skips fall out and times that it shows twice count twice.
fn next_local(calendar: &Calendar, after: Time, zone: &TimeZone) -> Option<Time> {
    let mut from = after.cut_to_second();
    let (offset, _) = zone.offset_at(from);
    let last_year = date(from.unix_seconds() + offset)?.year() + 5;
    loop {
        let (offset, until) = zone.offset_at(from + Duration::from_seconds(1));
        let found = calendar.next_after(from.unix_seconds() + offset, last_year)?;
        let at = Time::from_unix_seconds(found - offset);
        match until {
            Some(until) if at >= until => from = until - Duration::from_seconds(1),
            _ => return Some(at),
        }
    }
}

/// The date of a second since 1970.
fn date(seconds: i64) -> Option<NaiveDate> {
    DateTime::from_timestamp(seconds, 0).map(|at| at.date_naive())
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))] // what it needs is there on the host only
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Some values of a field: mostly a few.
    fn some(low: u64, high: u64) -> impl Strategy<Value = u64> {
        let every = (low..=high).fold(0, |bits, value| bits | 1 << value);
        let few = proptest::collection::vec(low..=high, 1..4);
        let few =
            few.prop_map(|values| values.into_iter().fold(0, |bits, value| bits | 1 << value));
        prop_oneof![Just(every), few]
    }

    proptest! {
        /// Whatever the fields name and wherever the search begins: what is seen in the fields is what the crate finds.
        #[test]
        fn the_next_minute_is_the_one_that_the_crate_finds(
            (minutes, hours, days) in (some(0, 59), some(0, 23), some(1, 31)),
            (months, weekdays, either) in (some(1, 12), some(0, 6), any::<bool>()),
            seconds in 1_700_000_000_i64..2_200_000_000,
        ) {
            let days = Days { days, months, weekdays, either };
            let calendar = Calendar::new(minutes, hours, days).unwrap();
            let after = DateTime::from_timestamp(seconds, 0).unwrap();
            let found = calendar.searches.iter().filter_map(|search| search.after(&after).next());
            let expected = found.min().filter(|next| next.year() <= after.year() + 5);
            let next = calendar.next_after(seconds, after.year() + 5);
            prop_assert_eq!(next, expected.map(|next| next.timestamp()));
        }
    }
}
