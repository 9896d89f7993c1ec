//! Spans and moments as they are printed (`2m40s`, `2026-01-05T09:05:00Z`), as a Korean sentence says them: `2분 40초`,
//! `1월 5일 9시 5분`.

/// The Korean words for a span or a moment; what is neither stays as it is.
pub(super) fn spoken(value: &str) -> String {
    span(value).or_else(|| moment(value)).unwrap_or_else(|| value.to_owned())
}

/// The units as they are printed, and their words.
const UNITS: [(&str, &str); 6] =
    [("ms", "밀리초"), ("s", "초"), ("m", "분"), ("h", "시간"), ("d", "일"), ("y", "년")];

/// `10s`, `2m40s`, `26d 14h`, `1.5s`; parts that are nothing are left out.
fn span(text: &str) -> Option<String> {
    let mut parts: Vec<String> = Vec::new();
    let mut nothing = None;
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !letter.is_ascii_digit() && letter != '.')?;
        let (number, after) =
            rest.split_at_checked(digits).filter(|(number, _)| !number.is_empty())?;
        let end = after.find(|letter: char| !letter.is_ascii_lowercase()).unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let (_, word) = UNITS.iter().find(|(known, _)| *known == unit)?;
        let said = format!("{number}{word}");
        if number.chars().all(|digit| digit == '0') {
            nothing = Some(said);
        } else {
            parts.push(said);
        }
        rest = after.trim_start();
    }
    if parts.is_empty() { nothing } else { Some(parts.join(" ")) }
}

/// A moment in UTC with whole seconds.
fn moment(text: &str) -> Option<String> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let numbers = |text: &str, mark: char| -> Option<Vec<u32>> {
        text.split(mark).map(|part| part.parse().ok()).collect()
    };
    let (date, time) = (numbers(date, '-')?, numbers(time, ':')?);
    let (&[_, month, day], &[hour, minute, second]) = (date.as_slice(), time.as_slice()) else {
        return None;
    };
    let mut said = format!("{month}월 {day}일 {hour}시");
    for (number, word) in [(minute, "분"), (second, "초")] {
        if number > 0 {
            said.push_str(&format!(" {number}{word}"));
        }
    }
    Some(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_and_moments_are_said_and_everything_else_is_left_alone() {
        for (printed, said) in [
            ("10s", "10초"),
            ("0s", "0초"),
            ("2m40s", "2분 40초"),
            ("30m0s", "30분"),
            ("1h0m5s", "1시간 5초"),
            ("26d 14h", "26일 14시간"),
            ("2y3d", "2년 3일"),
            ("1.201s", "1.201초"),
            ("850ms", "850밀리초"),
            ("2026-01-05T09:05:00Z", "1월 5일 9시 5분"),
            ("2026-12-31T00:00:07Z", "12월 31일 0시 7초"),
            ("10:15:20", "10:15:20"),
            ("<invalid>", "<invalid>"),
            ("12", "12"),
            ("s", "s"),
            ("5 pods", "5 pods"),
            ("-", "-"),
            ("", ""),
        ] {
            assert_eq!(spoken(printed), said, "{printed}");
        }
    }
}
