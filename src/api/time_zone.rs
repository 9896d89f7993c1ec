//! Time zones by their IANA names: how far the clock on the wall is from Greenwich, and until when.
//!
//! The table is `assets/time-zones.txt`, 20 KB and six when packed; it holds every zone of the IANA database from 2010 to 2050, and
//! beyond where a rule goes on for ever. The crate that has the whole database (`chrono-tz`) would cost the page twenty
//! times that; it checks this table in the tests, and writes it (`UPDATE_EXPECT=1 cargo test --test time_zones`).

use std::rc::Rc;

use chrono::{Datelike, NaiveDate};

use crate::sim::Time;
use crate::sim::order::Order as _;

/// A line per way in which clocks were ever set: what happens to the offset, a tab, the zones to which that happened.
const TABLE: &str = include_str!("../../assets/time-zones.txt");

/// Minutes between the Unix epoch and the start of the table, 2010-01-01.
const TABLE_START: i64 = 21_038_400;

/// A zone in which a clock stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeZone {
    /// Greenwich time, all year.
    Utc,
    /// A region with a clock of its own.
    Region(Rc<Region>),
}

/// How the clocks of a region are set. Times and offsets are minutes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    first_offset: i64,
    /// When (since the Unix epoch) the offset became which.
    changes: Vec<(i64, i64)>,
    /// What happens each year after the last of the changes.
    rules: Vec<Rule>,
}

/// A change that comes back each year.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Rule {
    month: u32,
    /// 1 to 4, or 5 for the last.
    week: u32,
    /// From Sunday, 0.
    weekday: u32,
    /// Minutes after local midnight, on the clock that is about to change; may lie outside the day.
    minute: i64,
    offset: i64,
}

impl TimeZone {
    /// Greenwich time.
    pub const UTC: Self = Self::Utc;

    /// The zone of this name. Case matters.
    pub fn find(name: &str) -> Option<Self> {
        let named = |line: &&str| {
            line.split_once('\t').is_some_and(|(_, names)| names.split(' ').any(|one| one == name))
        };
        let line = TABLE.lines().find(named)?;
        let (clock, _) = line.split_once('\t')?;
        let region = Region::read(clock)?;
        let plain =
            region.first_offset == 0 && region.changes.is_empty() && region.rules.is_empty();
        Some(if plain { Self::Utc } else { Self::Region(Rc::new(region)) })
    }

    /// Every name in the table.
    pub fn names() -> impl Iterator<Item = &'static str> {
        TABLE
            .lines()
            .filter_map(|line| line.split_once('\t'))
            .flat_map(|(_, names)| names.split(' '))
    }

    /// A moment as RFC 3339 with this zone's offset: `2026-01-01T09:01:00+09:00`, `Z` for Greenwich.
    pub fn rfc3339(&self, at: Time) -> String {
        let (offset, _) = self.offset_at(at);
        let local = (at + crate::sim::Duration::from_seconds(offset)).rfc3339();
        if offset == 0 {
            return local;
        }
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.abs() / 60;
        format!("{}{sign}{:02}:{:02}", local.trim_end_matches('Z'), minutes / 60, minutes % 60)
    }

    /// How many seconds the clock is ahead of Greenwich at a moment, and when that changes next.
    pub fn offset_at(&self, at: Time) -> (i64, Option<Time>) {
        match self {
            Self::Utc => (0, None),
            Self::Region(region) => {
                let (offset, until) = region.offset_at(at.unix_seconds().div_euclid(60));
                (offset * 60, until.map(|minutes| Time::from_unix_seconds(minutes * 60)))
            }
        }
    }
}

impl Region {
    /// Reads `OFFSET [DELTA:OFFSET …] [MONTH.WEEK.WEEKDAY.MINUTE>OFFSET …]`, deltas in base 36.
    fn read(clock: &str) -> Option<Self> {
        let mut words = clock.split(' ');
        let first_offset = words.next()?.parse().ok()?;
        let mut region = Self { first_offset, changes: Vec::new(), rules: Vec::new() };
        let mut at = TABLE_START;
        for word in words {
            if let Some((delta, offset)) = word.split_once(':') {
                at += i64::from_str_radix(delta, 36).ok()?;
                region.changes.push((at, offset.parse().ok()?));
            } else {
                region.rules.push(Rule::read(word)?);
            }
        }
        Some(region)
    }

    fn offset_at(&self, at: i64) -> (i64, Option<i64>) {
        let passed = self.changes.partition_point(|(when, _)| *when <= at);
        let last = passed.checked_sub(1).and_then(|index| self.changes.get(index));
        let offset = last.map_or(self.first_offset, |(_, offset)| *offset);
        if let Some((next, _)) = self.changes.get(passed) {
            return (offset, Some(*next));
        }
        let start = last.map_or(TABLE_START, |(when, _)| *when);
        let yearly = self.yearly_changes(at);
        let current = yearly.iter().rev().find(|(when, _)| *when <= at && *when > start);
        let next = yearly.iter().find(|(when, _)| *when > at);
        (current.map_or(offset, |(_, offset)| *offset), next.map(|(when, _)| *when))
    }

    /// The changes by rule of the years around a moment, in order.
    fn yearly_changes(&self, at: i64) -> Vec<(i64, i64)> {
        if self.rules.is_empty() {
            return Vec::new();
        }
        let year =
            chrono::DateTime::from_timestamp(at.saturating_mul(60), 0).map_or(1970, |it| it.year());
        let mut changes = Vec::new();
        for year in year - 1..=year + 1 {
            for (index, rule) in self.rules.iter().enumerate() {
                let before = self.rules.get((index + 1) % self.rules.len()).unwrap_or(rule);
                changes
                    .extend(rule.in_year(year).map(|local| (local - before.offset, rule.offset)));
            }
        }
        changes.order();
        changes
    }
}

impl Rule {
    fn read(word: &str) -> Option<Self> {
        let (when, offset) = word.split_once('>')?;
        let mut parts = when.split('.').map(|part| part.parse::<i64>().ok());
        let mut small = || u32::try_from(parts.next()??).ok();
        let (month, week, weekday) = (small()?, small()?, small()?);
        Some(Self { month, week, weekday, minute: parts.next()??, offset: offset.parse().ok()? })
    }

    /// When it happens in a year, in minutes since the epoch on the clock that is about to change.
    fn in_year(&self, year: i32) -> Option<i64> {
        let first = NaiveDate::from_ymd_opt(year, self.month, 1)?;
        let ahead = (7 + self.weekday - first.weekday().num_days_from_sunday()) % 7;
        let day =
            (0..self.week).filter_map(|week| first.with_day(1 + ahead + 7 * week)).next_back()?;
        let midnight = day.and_hms_opt(0, 0, 0)?.and_utc().timestamp() / 60;
        Some(midnight + self.minute)
    }
}
