//! What Go's `time.Parse` says about a text that is no RFC 3339 time.

/// The error for `text`, or nothing if it is a time. `micro`: six digits of a second are required.
pub(super) fn go_time_problem(text: &str, micro: bool) -> Option<String> {
    let layout =
        if micro { "2006-01-02T15:04:05.000000Z07:00" } else { "2006-01-02T15:04:05Z07:00" };
    let mut parser = Parser { rest: text };
    let problem = parser.parse(micro).err()?;
    let quoted = crate::api::error::go_quote(text);
    Some(match problem {
        Problem::Part(part) => {
            let rest = crate::api::error::go_quote(parser.rest);
            format!("parsing time {quoted} as \"{layout}\": cannot parse {rest} as \"{part}\"")
        }
        Problem::Extra => {
            let rest = crate::api::error::go_quote(parser.rest);
            format!("parsing time {quoted}: extra text: {rest}")
        }
        Problem::Range(what) => format!("parsing time {quoted}: {what} out of range"),
    })
}

enum Problem {
    Part(&'static str),
    Extra,
    Range(&'static str),
}

struct Parser<'a> {
    rest: &'a str,
}

impl Parser<'_> {
    fn parse(&mut self, micro: bool) -> Result<(), Problem> {
        let year = self.number(4, "2006")?;
        self.literal("-")?;
        let month = self.number(2, "01")?;
        if !(1..=12).contains(&month) {
            return Err(Problem::Range("month"));
        }
        self.literal("-")?;
        let day = self.number(2, "02")?;
        self.literal("T")?;
        for (limit, part, what) in [(24, "15", "hour"), (60, "04", "minute"), (60, "05", "second")]
        {
            if self.number(2, part)? >= limit {
                return Err(Problem::Range(what));
            }
            if part != "05" {
                self.literal(":")?;
            }
        }
        self.fraction(micro)?;
        self.zone()?;
        if day == 0 || day > days(year, month) {
            return Err(Problem::Range("day"));
        }
        if self.rest.is_empty() { Ok(()) } else { Err(Problem::Extra) }
    }

    fn number(&mut self, width: usize, part: &'static str) -> Result<u32, Problem> {
        let digits = self
            .rest
            .get(..width)
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()));
        let number = digits.and_then(|digits| digits.parse().ok()).ok_or(Problem::Part(part))?;
        self.rest = self.rest.get(width..).unwrap_or("");
        Ok(number)
    }

    fn literal(&mut self, word: &'static str) -> Result<(), Problem> {
        self.rest = self.rest.strip_prefix(word).ok_or(Problem::Part(word))?;
        Ok(())
    }

    fn fraction(&mut self, micro: bool) -> Result<(), Problem> {
        let after = self.rest.strip_prefix(['.', ',']);
        let digits = after.map_or(0, |after| after.bytes().take_while(u8::is_ascii_digit).count());
        if micro && digits != 6 {
            return Err(Problem::Part(".000000"));
        }
        if digits > 0 {
            self.rest = self.rest.get(digits + 1..).unwrap_or("");
        }
        Ok(())
    }

    fn zone(&mut self) -> Result<(), Problem> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(());
        }
        let fits = self.rest.as_bytes().get(..6).is_some_and(|zone| match zone {
            [b'+' | b'-', hour @ .., b':', ten, one] => {
                hour.iter().chain([ten, one]).all(u8::is_ascii_digit)
            }
            _ => false,
        });
        if !fits {
            return Err(Problem::Part("Z07:00"));
        }
        self.rest = self.rest.get(6..).unwrap_or("");
        Ok(())
    }
}

const fn days(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_parsed_as_go_does() {
        for text in ["2026-11-20T19:54:00Z", "2026-11-20T19:54:00.5Z", "2024-02-29T00:00:00+09:00"]
        {
            assert_eq!(go_time_problem(text, false), None, "{text}");
        }
        assert_eq!(go_time_problem("2026-11-20T19:54:00.000001Z", true), None);
        for (text, wanted) in [
            (
                "now",
                r#"parsing time "now" as "2006-01-02T15:04:05Z07:00": cannot parse "now" as "2006""#,
            ),
            (
                "2026-11-20",
                r#"parsing time "2026-11-20" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "T""#,
            ),
            ("2026-13-20T00:00:00Z", r#"parsing time "2026-13-20T00:00:00Z": month out of range"#),
            ("2026-02-30T00:00:00Z", r#"parsing time "2026-02-30T00:00:00Z": day out of range"#),
            ("2026-11-20T19:54:00Zx", r#"parsing time "2026-11-20T19:54:00Zx": extra text: "x""#),
            (
                "2026-11-20T19:54:00",
                r#"parsing time "2026-11-20T19:54:00" as "2006-01-02T15:04:05Z07:00": cannot parse "" as "Z07:00""#,
            ),
        ] {
            assert_eq!(go_time_problem(text, false).as_deref(), Some(wanted));
        }
    }
}
