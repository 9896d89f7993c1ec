//! The cron dialect of CronJobs: five fields, names, steps, descriptors, `@every`. A thin layer of dialect in front of
//! the `cron` crate, which searches the calendar.
//!
//! Follows `github.com/robfig/cron/v3` v3.0.1 (`parser.go`, `spec.go`, `constantdelay.go`) in what it accepts, in its
//! words of refusal and in the times it finds. The crate cannot be asked directly: it has seconds and years, counts
//! weekdays from 1, reads other texts, and wants day of month *and* day of week. So each field is read here, and what
//! goes to the crate is a plain list of numbers; "either day is enough" becomes two searches, the earlier find wins.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::str::FromStr;

use chrono::{DateTime, Datelike, Utc};

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
    /// Due when any of these is.
    Calendar(Vec<cron::Schedule>),
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

impl Field {
    /// The values as a list for the crate; `add` is added to each.
    fn list(self, add: u32) -> String {
        let values = (0..64).filter(|value| self.bits >> value & 1 == 1);
        let values: Vec<String> = values.map(|value: u32| (value + add).to_string()).collect();
        values.join(",")
    }
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
    let any = Field { bits: u64::MAX, star: true };
    let either = !day.star && !weekday.star;
    let pairs = if either { vec![(day, any), (any, weekday)] } else { vec![(day, weekday)] };
    let searches = pairs.into_iter().filter(|(day, weekday)| day.bits != 0 && weekday.bits != 0);
    let searches = searches.map(|(day, weekday)| {
        let day = if day.bits == u64::MAX { "*".into() } else { day.list(0) };
        let weekday = if weekday.bits == u64::MAX { "*".into() } else { weekday.list(1) };
        let plain =
            format!("0 {} {} {day} {} {weekday}", minute.list(0), hour.list(0), month.list(0));
        cron::Schedule::from_str(&plain).map_err(|refusal| refusal.to_string())
    });
    let searches = searches.collect::<Result<Vec<_>, _>>()?;
    Ok(if searches.is_empty() { Plan::Never } else { Plan::Calendar(searches) })
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
    /// The first time after `after` at which this is due, in whole seconds. `None` if there is none within five years.
    /// `zone` is whose clock the fields are read on; a `TZ=` prefix in the schedule wins over it.
    pub fn next_after(&self, after: Time, zone: &TimeZone) -> Option<Time> {
        match &self.plan {
            Plan::Every(span) => Some(after.cut_to_second() + *span),
            Plan::Never => None,
            Plan::Calendar(searches) => {
                let zone = self.zone.as_ref().unwrap_or(zone);
                let search =
                    || searches.iter().filter_map(|search| next_local(search, after, zone)).min();
                self.finds.after(after, zone, search)
            }
        }
    }
}

/// The first moment after `after` whose local time the search matches: stretch by stretch of one offset, so that times
/// that the clock skips fall out and times that it shows twice count twice.
fn next_local(search: &cron::Schedule, after: Time, zone: &TimeZone) -> Option<Time> {
    let mut from = after.cut_to_second();
    let (offset, _) = zone.offset_at(from);
    let last_year = local(from, offset)?.year() + 5;
    loop {
        let (offset, until) = zone.offset_at(from + Duration::from_seconds(1));
        let found = search.after(&local(from, offset)?).next()?;
        if found.year() > last_year {
            return None;
        }
        let at = Time::from_unix_seconds(found.timestamp()) - Duration::from_seconds(offset);
        match until {
            Some(until) if at >= until => from = until - Duration::from_seconds(1),
            _ => return Some(at),
        }
    }
}

/// What the clock on the wall shows, as if it stood in Greenwich.
fn local(at: Time, offset_seconds: i64) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(at.unix_seconds() + offset_seconds, 0)
}
