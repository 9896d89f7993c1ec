//! Virtual time: integers of milliseconds, formatted as the cluster formats them.

use std::fmt::{self, Write as _};
use std::ops::{Add, AddAssign, Sub};

/// A moment of virtual time, in milliseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Time(i64);

/// A span of virtual time, in milliseconds. May be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i64);

impl Time {
    /// The moment `millis` milliseconds after the Unix epoch.
    pub const fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// The moment `seconds` seconds after the Unix epoch.
    pub const fn from_unix_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Milliseconds since the Unix epoch.
    pub const fn unix_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since the Unix epoch, rounded down.
    pub const fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The same moment cut to whole seconds, as `metav1.Time` stores it.
    pub const fn cut_to_second(self) -> Self {
        Self(self.0 - self.0.rem_euclid(1000))
    }

    /// `2026-01-01T00:00:00Z`: RFC 3339 in UTC with whole seconds, as the API prints `metav1.Time`.
    pub fn rfc3339(self) -> String {
        let (year, month, day) = civil_from_days(self.unix_seconds().div_euclid(86_400));
        let second = self.unix_seconds().rem_euclid(86_400);
        let mut text = String::with_capacity(20);
        if !(0..10_000).contains(&year) {
            text.push_str(&format!("{year:04}"));
        } else {
            push_digits(&mut text, year, 4);
        }
        let parts = [
            ('-', month),
            ('-', day),
            ('T', second / 3600),
            (':', second / 60 % 60),
            (':', second % 60),
        ];
        for (mark, number) in parts {
            text.push(mark);
            push_digits(&mut text, number, 2);
        }
        text.push('Z');
        text
    }

    /// `2026-01-01T00:00:00.100000Z`: RFC 3339 with microseconds, as the API prints `metav1.MicroTime`.
    pub fn rfc3339_micro(self) -> String {
        let whole = self.rfc3339();
        let seconds = whole.strip_suffix('Z').unwrap_or(&whole);
        let mut text = String::with_capacity(27);
        text.push_str(seconds);
        text.push('.');
        push_digits(&mut text, self.0.rem_euclid(1000), 3);
        text.push_str("000Z");
        text
    }

    /// Reads RFC 3339 (`2026-01-01T00:00:00Z`, offsets and fractions allowed).
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        chrono::DateTime::parse_from_rfc3339(text).ok().map(|at| Self(at.timestamp_millis()))
    }

    /// The time since `earlier`; negative if `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0 - earlier.0)
    }
}

/// Year, month and day of a day number counted from 1970-01-01 (proleptic Gregorian calendar).
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Writes the last `width` decimal digits of a number that is not negative: timestamps are written often, and
/// `format!` is slow.
fn push_digits(text: &mut String, number: i64, width: u32) {
    for place in (0..width).rev() {
        let digit = u32::try_from(number / 10_i64.pow(place) % 10).unwrap_or(0);
        text.push(char::from_digit(digit, 10).unwrap_or('0'));
    }
}

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// A span of `seconds` seconds.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// The span in milliseconds.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// The span in whole seconds, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Twice the span.
    pub const fn doubled(self) -> Self {
        Self(self.0.saturating_mul(2))
    }

    /// The age as kubectl prints it: `5s`, `2m12s`, `3h`, `4d2h`. Follows
    /// `k8s.io/apimachinery/pkg/util/duration.HumanDuration`.
    pub fn human(self) -> String {
        let seconds = self.0 / 1000;
        if seconds < -1 {
            return "<invalid>".into();
        }
        if seconds < 0 {
            return "0s".into();
        }
        let (minutes, hours) = (seconds / 60, seconds / 3600);
        let with = |big: i64, unit: &str, small: i64, small_unit: &str| match small {
            0 => format!("{big}{unit}"),
            _ => format!("{big}{unit}{small}{small_unit}"),
        };
        match () {
            () if seconds < 120 => format!("{seconds}s"),
            () if minutes < 10 => with(minutes, "m", seconds % 60, "s"),
            () if minutes < 180 => format!("{minutes}m"),
            () if hours < 8 => with(hours, "h", minutes % 60, "m"),
            () if hours < 48 => format!("{hours}h"),
            () if hours < 192 => with(hours / 24, "d", hours % 24, "h"),
            () if hours < 24 * 365 * 2 => format!("{}d", hours / 24),
            () if hours < 24 * 365 * 8 => with(hours / 24 / 365, "y", hours / 24 % 365, "d"),
            () => format!("{}y", hours / 24 / 365),
        }
    }

    /// The span as Go prints `time.Duration`: `0s`, `850ms`, `1.201s`, `1m2.5s`, `1h0m0s`.
    pub fn go(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let millis = self.0.unsigned_abs();
        if millis == 0 {
            return "0s".into();
        }
        if millis < 1000 {
            return format!("{sign}{millis}ms");
        }
        let (seconds, fraction) = (millis / 1000, millis % 1000);
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        let mut text = match (hours, minutes) {
            (0, 0) => format!("{sign}{rest}"),
            (0, _) => format!("{sign}{minutes}m{rest}"),
            _ => format!("{sign}{hours}h{minutes}m{rest}"),
        };
        if fraction > 0 {
            // Writing to a string does not fail.
            let _: fmt::Result = write!(text, ".{fraction:03}");
            text.truncate(text.trim_end_matches('0').len());
        }
        text.push('s');
        text
    }
}

impl Add<Duration> for Time {
    type Output = Self;
    fn add(self, span: Duration) -> Self {
        Self(self.0.saturating_add(span.0))
    }
}

impl AddAssign<Duration> for Time {
    fn add_assign(&mut self, span: Duration) {
        *self = *self + span;
    }
}

impl Sub<Duration> for Time {
    type Output = Self;
    fn sub(self, span: Duration) -> Self {
        Self(self.0.saturating_sub(span.0))
    }
}

impl Sub for Time {
    type Output = Duration;
    fn sub(self, earlier: Self) -> Duration {
        self.since(earlier)
    }
}

impl Add for Duration {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl Sub for Duration {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Time {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.rfc3339())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calendar_agrees_with_chrono() {
        for seconds in (-5_000_000_000_i64..5_000_000_000).step_by(98_765_431) {
            let expected = chrono::DateTime::from_timestamp(seconds, 0).unwrap();
            let expected = expected.format("%Y-%m-%dT%H:%M:%SZ").to_string();
            assert_eq!(Time::from_unix_seconds(seconds).rfc3339(), expected);
        }
    }

    #[test]
    fn ages_read_as_kubectl_prints_them() {
        let rows = [
            (0, "0s"),
            (119, "119s"),
            (120, "2m"),
            (132, "2m12s"),
            (600, "10m"),
            (10_799, "179m"),
            (10_800, "3h"),
            (11_000, "3h3m"),
            (28_800, "8h"),
            (172_800, "2d"),
            (180_000, "2d2h"),
            (691_200, "8d"),
            (63_072_000, "2y"),
            (252_288_000, "8y"),
        ];
        for (seconds, expected) in rows {
            assert_eq!(Duration::from_seconds(seconds).human(), expected, "{seconds} seconds");
        }
    }

    #[test]
    fn spans_read_as_go_prints_them() {
        for (millis, expected) in [
            (0, "0s"),
            (850, "850ms"),
            (1201, "1.201s"),
            (62_500, "1m2.5s"),
            (3_600_000, "1h0m0s"),
            (160_000, "2m40s"),
        ] {
            assert_eq!(Duration::from_millis(millis).go(), expected);
        }
    }
}
