//! Amounts of resources: `100m`, `1.5`, `1Gi`. Exact whole numbers inside, never floats.
//!
//! Follows `k8s.io/apimachinery/pkg/api/resource/quantity.go`. The smallest part is a billionth, as upstream's; amounts
//! beyond 1.7 × 10²⁹ are cut to that, where upstream calculates without bound.

use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

use super::value::Value;

/// How an amount is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `12e6`
    DecimalExponent,
    /// `12Mi`
    BinarySI,
    /// `12M`
    DecimalSI,
}

/// An amount of a resource. Two amounts are equal if they are the same number, whatever their text.
#[derive(Clone, Debug)]
pub struct Quantity {
    nanos: i128,
    format: Format,
    /// The text as it was written, where upstream holds it for canonical.
    text: Option<Rc<str>>,
}

const NANOS: i128 = 1_000_000_000;
/// Nanos in one milli.
const NANOS_PER_MILLI: i128 = 1_000_000;
/// Binary amounts are cut to 2⁶³ − 1.
const MAX_BINARY: i128 = i64::MAX as i128 * NANOS;

const FORMAT_WRONG: &str =
    "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'";
const SUFFIX_WRONG: &str = "unable to parse quantity's suffix";
const NUMBER_WRONG: &str = "unable to parse numeric part of quantity";

/// The parts of a text, as upstream's scanner cuts it.
struct Parts<'a> {
    positive: bool,
    whole: &'a [u8],
    fraction: &'a [u8],
    suffix: &'a [u8],
    /// Whether there is anything before the suffix but a sign.
    number: bool,
}

fn count(bytes: &[u8], fits: impl Fn(u8) -> bool) -> usize {
    bytes.iter().take_while(|byte| fits(**byte)).count()
}

fn scan(text: &str) -> Result<Parts<'_>, &'static str> {
    let digit = |byte: u8| byte.is_ascii_digit();
    let bytes = text.as_bytes();
    let (positive, rest) = match bytes {
        [b'-', rest @ ..] => (false, rest),
        [b'+', rest @ ..] => (true, rest),
        rest => (true, rest),
    };
    let signed = rest.len();
    let (_, rest) = rest.split_at(count(rest, |byte| byte == b'0'));
    let (whole, rest) = rest.split_at(count(rest, digit));
    let (fraction, rest) = match rest {
        [b'.', rest @ ..] => rest.split_at(count(rest, digit)),
        rest => (&rest[..0], rest),
    };
    let letters = count(rest, |byte| b"eEinumkKMGTP".contains(&byte));
    let (_, tail) = rest.split_at(letters);
    let tail = match tail {
        [b'-' | b'+', tail @ ..] => tail,
        tail => tail,
    };
    if !tail.iter().all(|byte| digit(*byte)) {
        return Err(FORMAT_WRONG);
    }
    Ok(Parts { positive, whole, fraction, suffix: rest, number: signed > rest.len() })
}

/// Base, exponent and format of a suffix.
fn interpret(suffix: &[u8]) -> Option<(u8, i32, Format)> {
    let decimal = |exponent| Some((10, exponent, Format::DecimalSI));
    let binary = |exponent| Some((2, exponent, Format::BinarySI));
    match suffix {
        b"" => decimal(0),
        b"n" => decimal(-9),
        b"u" => decimal(-6),
        b"m" => decimal(-3),
        b"k" => decimal(3),
        b"M" => decimal(6),
        b"G" => decimal(9),
        b"T" => decimal(12),
        b"P" => decimal(15),
        b"E" => decimal(18),
        b"Ki" => binary(10),
        b"Mi" => binary(20),
        b"Gi" => binary(30),
        b"Ti" => binary(40),
        b"Pi" => binary(50),
        b"Ei" => binary(60),
        [b'e' | b'E', exponent @ ..] => {
            let exponent: i64 = std::str::from_utf8(exponent).ok()?.parse().ok()?;
            let exponent = i32::try_from(exponent).ok()?;
            Some((10, exponent, Format::DecimalExponent))
        }
        _ => None,
    }
}

/// So many nanos are the most that is counted with: rounding up and shifting by two places still fit.
const MOST: i128 = 10_i128.pow(36);

/// `digits × 10^scale` in nanos, multiplied by `factor`; rounded up to a whole nano, cut at the largest number.
fn nanos(digits: &[u8], scale: i64, factor: u128) -> i128 {
    // More digits than these cannot matter but for rounding: together with the largest factor they fill 127 bits.
    let kept = if factor > 1 { 20 } else { 37 };
    let skip = count(digits, |digit| digit == b'0');
    let (_, digits) = digits.split_at(skip);
    let (head, rest) = digits.split_at(digits.len().min(kept));
    let mut inexact = rest.iter().any(|digit| *digit != b'0');
    let mut number = head.iter().fold(0u128, |sum, digit| sum * 10 + u128::from(*digit - b'0'));
    number *= factor;
    let mut shift = scale + 9 + i64::try_from(rest.len()).unwrap_or(i64::MAX / 2);
    while shift > 0 && number > 0 {
        let Some(bigger) = number.checked_mul(10).filter(|it| i128::try_from(*it).is_ok()) else {
            return i128::MAX;
        };
        number = bigger;
        shift -= 1;
    }
    while shift < 0 && number > 0 {
        inexact |= !number.is_multiple_of(10);
        number /= 10;
        shift += 1;
    }
    i128::try_from(number).unwrap_or(i128::MAX).saturating_add(i128::from(inexact))
}

impl Quantity {
    /// Nothing.
    pub const ZERO: Self = Self { nanos: 0, format: Format::DecimalSI, text: None };

    /// A whole number of units.
    pub fn from_units(units: i64, format: Format) -> Self {
        Self { nanos: i128::from(units) * NANOS, format, text: None }
    }

    /// A whole number of thousandths.
    pub fn from_millis(millis: i64, format: Format) -> Self {
        Self { nanos: i128::from(millis) * NANOS_PER_MILLI, format, text: None }
    }

    /// Reads a quantity.
    ///
    /// # Errors
    /// Upstream's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err(FORMAT_WRONG.into());
        }
        let parts = scan(text)?;
        let Some((base, exponent, mut format)) = interpret(parts.suffix) else {
            return Err(SUFFIX_WRONG.into());
        };
        let zero: &[u8] = b"0";
        let whole = if parts.whole.is_empty() { zero } else { parts.whole };
        let digits = [whole, parts.fraction].concat();
        let places = i64::try_from(parts.fraction.len()).unwrap_or(i64::MAX / 4);
        let scale = if base == 10 { i64::from(exponent) } else { 0 } - places;
        let factor = if base == 2 { 1u128 << exponent } else { 1 };
        let mut amount = nanos(&digits, scale, factor).min(MOST);
        let small = is_small(format, exponent, whole.len(), parts.fraction.len()) && scale >= -9;
        if !small {
            if !parts.number {
                return Err(NUMBER_WRONG.into());
            }
            if format == Format::BinarySI {
                amount = amount.min(MAX_BINARY);
                if 0 < amount && amount < NANOS {
                    format = Format::DecimalSI;
                }
            }
        }
        let canonical = match format {
            // Upstream's test for "canonical" looks at the last three bits only.
            Format::BinarySI => digits_mod_8(&digits) != 0,
            _ => scale % 3 == 0 && !digits.ends_with(b"000") && digits.first() != Some(&b'0'),
        };
        let kept = text == "0" || (small && canonical);
        Ok(Self {
            nanos: if parts.positive { amount } else { -amount },
            format,
            text: kept.then(|| Rc::from(text)),
        })
    }

    /// Reads a quantity from a JSON value: a text or a number.
    ///
    /// # Errors
    /// Upstream's words.
    pub fn from_value(value: &Value) -> Result<Self, String> {
        match value {
            Value::Null => Ok(Self::ZERO),
            Value::String(text) => Self::parse(text.trim()),
            other => Self::parse(&other.to_json()),
        }
    }

    /// The amount in whole units, rounded away from zero; cut to what 64 bits hold.
    pub fn value(&self) -> i64 {
        self.scaled_to(NANOS)
    }

    /// The amount in thousandths, rounded away from zero; cut to what 64 bits hold.
    pub fn milli_value(&self) -> i64 {
        self.scaled_to(NANOS_PER_MILLI)
    }

    fn scaled_to(&self, unit: i128) -> i64 {
        let amount = round_up(self.nanos, unit) / unit;
        let bound = if amount < 0 { i64::MIN } else { i64::MAX };
        i64::try_from(amount).unwrap_or(bound)
    }

    /// Whether it is nothing.
    pub const fn is_zero(&self) -> bool {
        self.nanos == 0
    }

    /// Whether it is less than nothing.
    pub const fn is_negative(&self) -> bool {
        self.nanos < 0
    }

    /// Whether it is a whole number of units.
    pub const fn is_whole(&self) -> bool {
        self.nanos % NANOS == 0
    }

    /// The same amount with its parts below a thousandth rounded up.
    pub fn rounded_up_to_millis(self) -> Self {
        match self.nanos % NANOS_PER_MILLI {
            0 => self,
            _ => Self { nanos: round_up(self.nanos, NANOS_PER_MILLI), text: None, ..self },
        }
    }

    /// Adds another amount; nothing takes on the format of what is added.
    pub fn add(&mut self, other: &Self) {
        if self.is_zero() {
            self.format = other.format;
        }
        self.nanos = self.nanos.saturating_add(other.nanos).clamp(-MOST, MOST);
        self.text = None;
    }

    /// Takes another amount away; nothing takes on the format of what is taken.
    pub fn subtract(&mut self, other: &Self) {
        if self.is_zero() {
            self.format = other.format;
        }
        self.nanos = self.nanos.saturating_sub(other.nanos).clamp(-MOST, MOST);
        self.text = None;
    }

    fn decimal(&self) -> String {
        let (mut mantissa, mut exponent) = (self.nanos, -9);
        while mantissa % 10 == 0 {
            mantissa /= 10;
            exponent += 1;
        }
        while exponent % 3 != 0 {
            mantissa *= 10;
            exponent -= 1;
        }
        let suffix = match (self.format, exponent) {
            (_, 0) => String::new(),
            (Format::DecimalExponent, exponent) => format!("e{exponent}"),
            (_, -9) => "n".into(),
            (_, -6) => "u".into(),
            (_, -3) => "m".into(),
            (_, 3) => "k".into(),
            (_, 6) => "M".into(),
            (_, 9) => "G".into(),
            (_, 12) => "T".into(),
            (_, 15) => "P".into(),
            (_, 18) => "E".into(),
            _ => String::new(),
        };
        format!("{mantissa}{suffix}")
    }

    fn binary(&self) -> String {
        let (mut mantissa, mut suffixes) =
            (self.nanos / NANOS, ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"].iter());
        let mut suffix = suffixes.next().copied().unwrap_or_default();
        while mantissa % 1024 == 0 {
            let Some(bigger) = suffixes.next() else { break };
            mantissa /= 1024;
            suffix = bigger;
        }
        format!("{mantissa}{suffix}")
    }
}

/// Whether upstream reads the number without its big integers; only such a text may be kept as it is.
fn is_small(format: Format, exponent: i32, whole: usize, fraction: usize) -> bool {
    match format {
        Format::DecimalSI | Format::DecimalExponent => whole + fraction <= 18,
        Format::BinarySI => {
            let places = usize::try_from(exponent * 3 / 10).unwrap_or(0);
            fraction == 0 && whole + places < 15
        }
    }
}

fn digits_mod_8(digits: &[u8]) -> u32 {
    digits.iter().fold(0, |sum, digit| (sum * 10 + u32::from(*digit - b'0')) % 8)
}

/// The next multiple of `unit`, away from zero.
const fn round_up(amount: i128, unit: i128) -> i128 {
    match amount % unit {
        0 => amount,
        rest if rest > 0 => amount - rest + unit,
        rest => amount - rest - unit,
    }
}

impl PartialEq for Quantity {
    fn eq(&self, other: &Self) -> bool {
        self.nanos == other.nanos
    }
}

impl Eq for Quantity {}

impl PartialOrd for Quantity {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Quantity {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nanos.cmp(&other.nanos)
    }
}

impl fmt::Display for Quantity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(text) = &self.text {
            return out.write_str(text);
        }
        let whole = self.is_whole() && self.nanos.abs() >= 1024 * NANOS;
        let text = match self.format {
            _ if self.is_zero() => "0".into(),
            Format::BinarySI if whole => self.binary(),
            Format::BinarySI => Self { format: Format::DecimalSI, ..self.clone() }.decimal(),
            Format::DecimalSI | Format::DecimalExponent => self.decimal(),
        };
        out.write_str(&text)
    }
}

impl From<Quantity> for Value {
    fn from(quantity: Quantity) -> Self {
        Self::from(quantity.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quantity(text: &str) -> Quantity {
        Quantity::parse(text).unwrap_or_else(|refusal| panic!("{text}: {refusal}"))
    }

    /// Text, canonical text, value rounded up, thousandths rounded up.
    const READ: [(&str, &str, i64, i64); 61] = [
        ("0", "0", 0, 0),
        ("0Ki", "0", 0, 0),
        ("00", "0", 0, 0),
        ("1", "1", 1, 1000),
        ("100m", "100m", 1, 100),
        ("1.5", "1500m", 2, 1500),
        ("0.5", "500m", 1, 500),
        ("1.500", "1.500", 2, 1500),
        ("1000m", "1", 1, 1000),
        ("1100m", "1100m", 2, 1100),
        ("2000m", "2", 2, 2000),
        ("1Ki", "1Ki", 1024, 1_024_000),
        ("1024Mi", "1Gi", 1 << 30, 1_073_741_824_000),
        ("307200Ki", "300Mi", 314_572_800, 314_572_800_000),
        ("300Mi", "300Mi", 314_572_800, 314_572_800_000),
        ("1001Gi", "1001Gi", 1_074_815_565_824, 1_074_815_565_824_000),
        ("1.5Gi", "1536Mi", 1_610_612_736, 1_610_612_736_000),
        ("100.035Ki", "102435840m", 102_436, 102_435_840),
        ("0.5Mi", "512Ki", 524_288, 524_288_000),
        ("0.05Gi", "53687091200m", 53_687_092, 53_687_091_200),
        ("128974848", "128974848", 128_974_848, 128_974_848_000),
        ("129e6", "129e6", 129_000_000, 129_000_000_000),
        ("129M", "129M", 129_000_000, 129_000_000_000),
        ("128974848000m", "128974848", 128_974_848, 128_974_848_000),
        ("123Mi", "123Mi", 128_974_848, 128_974_848_000),
        ("1e3", "1e3", 1000, 1_000_000),
        ("1E3", "1E3", 1000, 1_000_000),
        ("1E", "1E", 1_000_000_000_000_000_000, i64::MAX),
        ("1000M", "1G", 1_000_000_000, 1_000_000_000_000),
        ("0.001T", "1G", 1_000_000_000, 1_000_000_000_000),
        ("1080000000n", "1080m", 2, 1080),
        ("5000m", "5", 5, 5000),
        (".001Ki", "1024m", 2, 1024),
        (".000001Ki", "1024u", 1, 2),
        (".000000000001Ki", "2n", 1, 1),
        ("3.001n", "4n", 1, 1),
        ("0.0000000001", "1n", 1, 1),
        ("1.1E-9", "2e-9", 1, 1),
        ("0.9n", "1n", 1, 1),
        ("12E", "12E", i64::MAX, i64::MAX),
        ("9Ei", "9223372036854775807", i64::MAX, i64::MAX),
        ("9223372036854775807Ki", "9223372036854775807", i64::MAX, i64::MAX),
        ("8Ki", "8Ki", 8192, 8_192_000),
        ("1.", "1.", 1, 1000),
        ("1.G", "1.G", 1_000_000_000, 1_000_000_000_000),
        (".0001k", "100m", 1, 100),
        ("-1.5", "-1500m", -2, -1500),
        ("-1Ki", "-1Ki", -1024, -1_024_000),
        ("+1", "+1", 1, 1000),
        ("+0.5", "500m", 1, 500),
        ("1000e-12", "1e-9", 1, 1),
        (".001e12", "1e9", 1_000_000_000, 1_000_000_000_000),
        ("6.987654321G", "6.987654321G", 6_987_654_321, 6_987_654_321_000),
        ("2.5P", "2500T", 2_500_000_000_000_000, 2_500_000_000_000_000_000),
        ("1.01E", "1010P", 1_010_000_000_000_000_000, i64::MAX),
        ("512", "512", 512, 512_000),
        ("1025", "1025", 1025, 1_025_000),
        ("01", "01", 1, 1000),
        ("7123456.", "7123456.", 7_123_456, 7_123_456_000),
        ("100", "100", 100, 100_000),
        (".", "0", 0, 0),
    ];

    #[test]
    fn texts_are_read_and_printed_in_canonical_form() {
        for (text, canonical, value, millis) in READ {
            let read = quantity(text);
            assert_eq!(read.to_string(), canonical, "{text}");
            assert_eq!((read.value(), read.milli_value()), (value, millis), "{text}");
            assert_eq!(quantity(canonical), read, "{canonical} is the same number");
        }
    }

    #[test]
    fn wrong_texts_are_refused_in_upstreams_words() {
        for text in ["", "1.1.M", "1+1.0M", "0.1am", "aoeu", "1 ", " 1", "1x", "1Gb", "파드"] {
            assert_eq!(Quantity::parse(text), Err(FORMAT_WRONG.into()), "{text}");
        }
        for text in ["0.1mi", ".5i", "1i", "-3.01i", "-3.01e-", "1e", "1mm", "5Mi3", "--1"] {
            assert_eq!(Quantity::parse(text), Err(SUFFIX_WRONG.into()), "{text}");
        }
    }

    #[test]
    fn numbers_of_yaml_are_quantities_too() {
        for (value, expected) in [
            (Value::Int(2), "2"),
            (Value::Float(0.5), "500m"),
            (Value::Float(1.25), "1250m"),
            (Value::from(" 1Gi "), "1Gi"),
            (Value::Null, "0"),
        ] {
            assert_eq!(Quantity::from_value(&value).map(|it| it.to_string()), Ok(expected.into()));
        }
        assert_eq!(Quantity::from_value(&Value::Bool(true)), Err(FORMAT_WRONG.into()));
    }

    #[test]
    fn sums_take_the_format_of_the_first_that_is_not_zero() {
        for (first, second, sum, difference) in [
            ("0", "1Gi", "1Gi", "-1Gi"),
            ("100m", "1", "1100m", "-900m"),
            ("1Gi", "1Gi", "2Gi", "0"),
            ("1Gi", "1", "1073741825", "1073741823"),
            ("1M", "1Ki", "1001024", "998976"),
        ] {
            let mut total = quantity(first);
            total.add(&quantity(second));
            assert_eq!(total.to_string(), sum, "{first} + {second}");
            let mut rest = quantity(first);
            rest.subtract(&quantity(second));
            assert_eq!(rest.to_string(), difference, "{first} - {second}");
        }
    }

    #[test]
    fn comparison_looks_at_the_number() {
        assert!(quantity("1") > quantity("999m"));
        assert!(quantity("1Gi") > quantity("1G"));
        assert_eq!(quantity("1000m"), quantity("1"));
        assert!(quantity("-1") < Quantity::ZERO);
    }

    #[test]
    fn what_is_too_large_to_count_is_the_most_that_is_counted() {
        for text in [&"9".repeat(100_000), "1e999999999", &format!("{}n", "9".repeat(38)), "9e29"] {
            let mut read = quantity(text).rounded_up_to_millis();
            assert_eq!((read.value(), read.milli_value()), (i64::MAX, i64::MAX), "{text}");
            read.add(&quantity(text));
            assert!(!read.is_negative() && !read.to_string().starts_with('-'), "{text}");
            read = quantity(&format!("-{text}"));
            assert_eq!((read.value(), read.milli_value()), (i64::MIN, i64::MIN), "{text}");
            assert!(read.to_string().starts_with('-'), "{text}");
        }
    }

    #[test]
    fn parts_below_a_thousandth_are_rounded_up() {
        for (text, expected) in
            [("0.0001", "1m"), ("100m", "100m"), ("1.0001", "1001m"), ("1.500", "1.500")]
        {
            assert_eq!(quantity(text).rounded_up_to_millis().to_string(), expected, "{text}");
        }
    }
}
