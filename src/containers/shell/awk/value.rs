//! Values, which are numbers or texts as they are looked at, and what is worked out from them.

#[derive(Clone, Debug)]
pub(super) enum Value {
    Number(f64),
    Text(String),
    /// From outside: a number where it looks like one.
    Input(String),
}

impl Value {
    fn as_number(&self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(*number),
            Self::Input(text) if text.is_empty() => Some(0.0),
            Self::Input(text) => text.trim().parse().ok().filter(|number: &f64| number.is_finite()),
            Self::Text(_) => None,
        }
    }

    pub(super) fn number(&self) -> f64 {
        if let Some(number) = self.as_number() {
            return number;
        }
        let text = self.text();
        let text = text.trim_start();
        let end = text
            .char_indices()
            .find(|(at, letter)| {
                !(letter.is_ascii_digit() || *letter == '.' || *at == 0 && "+-".contains(*letter))
            })
            .map_or(text.len(), |(at, _)| at);
        text.get(..end).and_then(|digits| digits.parse().ok()).unwrap_or(0.0)
    }

    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) | Self::Input(text) => text.clone(),
            Self::Number(number) if *number == number.trunc() && number.abs() < 1e16 => {
                whole(*number).to_string()
            }
            // `%.6g`
            Self::Number(number) => {
                let digits = format!("{:.0}", number.abs().trunc()).len();
                let places = 6_usize.saturating_sub(digits);
                let text = format!("{number:.places$}");
                match text.contains('.') {
                    true => text.trim_end_matches('0').trim_end_matches('.').to_owned(),
                    false => text,
                }
            }
        }
    }

    pub(super) fn holds(&self) -> bool {
        match self {
            Self::Number(number) => *number != 0.0,
            Self::Text(text) => !text.is_empty(),
            Self::Input(text) => self.as_number().map_or(!text.is_empty(), |number| number != 0.0),
        }
    }
}

pub(super) fn truth(value: bool) -> Value {
    Value::Number(if value { 1.0 } else { 0.0 })
}

pub(super) fn count(count: usize) -> Value {
    Value::Number(f64::from(u32::try_from(count).unwrap_or(0)))
}

/// The whole part.
pub(super) fn whole(number: f64) -> i64 {
    format!("{:.0}", number.trunc()).parse().unwrap_or(if number < 0.0 {
        i64::MIN
    } else {
        i64::MAX
    })
}

pub(super) fn calculated(operator: &str, left: f64, right: f64) -> f64 {
    match operator {
        "+" | "+=" => left + right,
        "-" | "-=" => left - right,
        "*" | "*=" => left * right,
        "/" | "/=" if right != 0.0 => left / right,
        "%" | "%=" if right != 0.0 => left % right,
        _ => 0.0,
    }
}

pub(super) fn compare(left: &Value, right: &Value) -> std::cmp::Ordering {
    let numbers = (left.as_number(), right.as_number());
    match numbers {
        (Some(left), Some(right)) => left.total_cmp(&right),
        _ => left.text().cmp(&right.text()),
    }
}
