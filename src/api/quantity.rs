//! Quantities of resources: `100m`, `1.5`, `1Gi`. Follows `k8s.io/apimachinery/pkg/api/resource`.

use super::value::Value;

/// An exact amount, in thousandths.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    milli: i128,
}

impl Quantity {
    /// Reads a text or a number of a manifest.
    pub fn from_value(value: &Value) -> Option<Self> {
        match value {
            Value::Int(number) => Some(Self { milli: i128::from(*number) * 1000 }),
            Value::Float(number) => Self::parse(&number.to_string()),
            Value::String(text) => Self::parse(text),
            _ => None,
        }
    }

    /// Reads a text.
    pub fn parse(text: &str) -> Option<Self> {
        let end = text
            .find(|letter: char| !matches!(letter, '0'..='9' | '.' | '+' | '-'))
            .unwrap_or(text.len());
        let (number, suffix) = text.split_at_checked(end)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let scale: i128 = match suffix {
            "" => 1000,
            "m" => 1,
            "k" => 1_000_000,
            "M" => 1_000_000_000,
            "G" => 1_000_000_000_000,
            "T" => 1_000_000_000_000_000,
            "Ki" => 1000 << 10,
            "Mi" => 1000 << 20,
            "Gi" => 1000 << 30,
            "Ti" => 1000 << 40,
            _ => return None,
        };
        let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
        let mut milli = whole * scale;
        let mut part = scale;
        for digit in fraction.chars() {
            part /= 10;
            milli += part * i128::from(digit.to_digit(10)?);
        }
        Some(Self { milli })
    }

    /// Thousandths, rounded up.
    pub fn milli_value(self) -> i64 {
        i64::try_from(self.milli).unwrap_or(i64::MAX)
    }

    /// Whole units, rounded up.
    pub fn value(self) -> i64 {
        i64::try_from((self.milli + 999).div_euclid(1000)).unwrap_or(i64::MAX)
    }
}
