//! A value to YAML text, byte for byte as `kubectl -o yaml` prints it: goyaml v2's encoder and emitter.
//!
//! Keys in goyaml's natural order, lists not indented under their key, strings that would read as
//! something else in double quotes, those that YAML's indicators forbid to stand plain in single
//! quotes, several lines as a literal block, and folds at the first space behind column 80.

use std::cmp::Ordering;
use std::rc::Rc;

use super::scalar::{Scalar, is_base60, resolve};
use crate::api::value::{Map, Value};
use crate::sim::order::Order as _;

/// Text wider than this is folded at the next single space.
const WIDTH: usize = 80;

/// `value` as a YAML document, with a line break at the end.
pub fn to_yaml(value: &Value) -> String {
    let mut emitter = Emitter { out: String::new(), column: 0 };
    emitter.node(value, 0, Place::Root);
    if !emitter.out.ends_with('\n') {
        emitter.out.push('\n');
    }
    emitter.out
}

/// Where a node stands.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// Behind `KEY:`
    Value,
    /// Behind `-`
    Item,
}

struct Emitter {
    out: String,
    /// Characters in the line so far.
    column: usize,
}

impl Emitter {
    fn write(&mut self, text: &str) {
        for letter in text.chars() {
            self.put(letter);
        }
    }

    fn put(&mut self, letter: char) {
        self.out.push(letter);
        self.column = if letter == '\n' { 0 } else { self.column + 1 };
    }

    /// Begins a line with `indent` spaces, unless this one has only got its indent so far.
    fn line(&mut self, indent: usize) {
        if self.column > 0 {
            self.put('\n');
        }
        for _ in 0..indent {
            self.put(' ');
        }
    }

    /// `indent`: of the keys or dashes of the collection that the node stands in.
    fn node(&mut self, value: &Value, indent: usize, place: Place) {
        match value {
            Value::Object(map) if !map.is_empty() => self.mapping(map, indent, place),
            Value::Array(items) if !items.is_empty() => self.sequence(items, indent, place),
            Value::Object(_) => self.plain(place, "{}"),
            Value::Array(_) => self.plain(place, "[]"),
            Value::Null => self.plain(place, "null"),
            Value::Bool(value) => self.plain(place, if *value { "true" } else { "false" }),
            Value::Int(number) => self.plain(place, &number.to_string()),
            Value::Float(number) => self.plain(place, &go_float(*number)),
            Value::String(text) => {
                self.gap(place);
                // a block at the root is indented too
                let deeper = if place == Place::Root { 2 } else { indent + 2 };
                self.string(text, deeper, false);
            }
        }
    }

    fn gap(&mut self, place: Place) {
        if place != Place::Root {
            self.put(' ');
        }
    }

    fn plain(&mut self, place: Place, text: &str) {
        self.gap(place);
        self.write(text);
    }

    fn mapping(&mut self, map: &Map, indent: usize, place: Place) {
        let own = if place == Place::Root { 0 } else { indent + 2 };
        let mut entries: Vec<(&Rc<str>, &Value)> = map.iter().collect();
        entries.order_by(|left, right| natural_order(left.0, right.0));
        for (number, (key, value)) in entries.into_iter().enumerate() {
            match (number, place) {
                (0, Place::Item) => self.put(' '),
                (0, Place::Root) => {}
                _ => self.line(own),
            }
            let simple = key.chars().count() <= 128 && !key.contains('\n');
            if simple {
                self.string(key, own + 2, true);
                self.put(':');
                self.node(value, own, Place::Value);
            } else {
                self.write("? ");
                self.string(key, own + 2, false);
                self.line(own);
                self.put(':');
                self.node(value, own, Place::Item);
            }
        }
    }

    fn sequence(&mut self, items: &[Value], indent: usize, place: Place) {
        // a list under a key has its dashes under the key
        let own = match place {
            Place::Root | Place::Value => indent,
            Place::Item => indent + 2,
        };
        for (number, item) in items.iter().enumerate() {
            match (number, place) {
                (0, Place::Item) => self.put(' '),
                (0, Place::Root) => {}
                _ => self.line(own),
            }
            self.put('-');
            self.node(item, own, Place::Item);
        }
    }

    fn string(&mut self, text: &str, indent: usize, key: bool) {
        let traits = Traits::of(text);
        let reads_as_text = resolve(text) == Scalar::Text && !is_base60(text);
        let wanted = if text.contains('\n') {
            Style::Literal
        } else if reads_as_text {
            Style::Plain
        } else {
            Style::Double
        };
        match traits.style(wanted, text, key) {
            Style::Plain => self.folded(text, indent, !key, false),
            Style::Single => {
                self.put('\'');
                self.folded(&text.replace('\'', "''"), indent, !key, true);
                self.put('\'');
            }
            Style::Double => self.double_quoted(text, indent, !key),
            Style::Literal => self.literal(text, indent),
        }
    }

    /// Writes words; a single space behind the width becomes a line break.
    fn folded(&mut self, text: &str, indent: usize, fold: bool, quoted: bool) {
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (place, &letter) in letters.iter().enumerate() {
            let next_is_space = letters.get(place + 1) == Some(&' ');
            let inside = !quoted || (place > 0 && place + 1 < letters.len());
            if letter == ' '
                && fold
                && !after_space
                && self.column > WIDTH
                && inside
                && !next_is_space
            {
                self.line(indent);
            } else {
                self.put(letter);
            }
            after_space = letter == ' ';
        }
    }

    fn double_quoted(&mut self, text: &str, indent: usize, fold: bool) {
        self.put('"');
        let letters: Vec<char> = text.chars().collect();
        let mut after_space = false;
        for (place, &letter) in letters.iter().enumerate() {
            let inside = place > 0 && place + 1 < letters.len();
            if !is_printable(letter) || is_break(letter) || matches!(letter, '"' | '\\') {
                self.write(&escaped(letter));
            } else if letter == ' ' && fold && !after_space && self.column > WIDTH && inside {
                self.line(indent);
                if letters.get(place + 1) == Some(&' ') {
                    self.put('\\');
                }
            } else {
                self.put(letter);
            }
            after_space = letter == ' ';
        }
        self.put('"');
    }

    fn literal(&mut self, text: &str, indent: usize) {
        self.put('|');
        if text.starts_with(' ') || text.starts_with(is_break) {
            self.put('2');
        }
        let mut from_end = text.chars().rev();
        match (from_end.next().is_some_and(is_break), from_end.next()) {
            (false, _) => self.put('-'),
            (true, None) => self.put('+'),
            (true, Some(before)) if is_break(before) => self.put('+'),
            (true, Some(_)) => {}
        }
        self.put('\n');
        for letter in text.chars() {
            if !is_break(letter) && self.column == 0 {
                self.line(indent);
            }
            self.put(letter);
            if is_break(letter) {
                self.column = 0;
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
    Literal,
}

/// What a string contains that decides how it may be written.
#[derive(Default)]
struct Traits {
    plain: bool,
    single: bool,
    block: bool,
}

impl Traits {
    fn of(text: &str) -> Self {
        let letters: Vec<char> = text.chars().collect();
        let at = |place: usize| letters.get(place).copied();
        let blank_behind =
            |place: usize| at(place + 1).is_none_or(|letter| matches!(letter, ' ' | '\t'));
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut space_before_break, mut break_before_space) = (false, false, false);
        for (place, &letter) in letters.iter().enumerate() {
            let before = place.checked_sub(1).and_then(at);
            indicators |= match letter {
                '#' => before.is_none_or(|before| matches!(before, ' ' | '\t') || is_break(before)),
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
                | '@' | '`' => place == 0,
                '?' | '-' => place == 0 && blank_behind(place),
                ':' => blank_behind(place),
                _ => false,
            };
            special |= !is_printable(letter);
            space_before_break |= is_break(letter) && before == Some(' ');
            break_before_space |= letter == ' ' && before.is_some_and(is_break);
        }
        let edge = |letter: Option<&char>| {
            letter.is_some_and(|letter| *letter == ' ' || is_break(*letter))
        };
        let edges = edge(letters.first()) || edge(letters.last());
        let several_lines = letters.iter().any(|letter| is_break(*letter));
        let broken = special || space_before_break;
        Self {
            plain: !(indicators || edges || several_lines || break_before_space || broken),
            single: !(break_before_space || broken),
            block: !(broken || text.is_empty() || text.ends_with(' ')),
        }
    }

    /// The style that is possible instead of the one that is wanted.
    fn style(&self, wanted: Style, text: &str, key: bool) -> Style {
        let several_lines = text.contains(is_break);
        let mut style = if key && several_lines { Style::Double } else { wanted };
        if style == Style::Plain && (!self.plain || (text.is_empty() && key)) {
            style = Style::Single;
        }
        if style == Style::Single && !self.single {
            style = Style::Double;
        }
        if style == Style::Literal && (!self.block || key) {
            style = Style::Double;
        }
        style
    }
}

const fn is_break(letter: char) -> bool {
    matches!(letter, '\r' | '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// What goyaml writes as it is; not tabs, and nothing beyond the basic plane.
const fn is_printable(letter: char) -> bool {
    matches!(letter, '\n' | ' '..='~' | '\u{a0}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
}

fn escaped(letter: char) -> String {
    let short = match letter {
        '\0' => '0',
        '\u{7}' => 'a',
        '\u{8}' => 'b',
        '\t' => 't',
        '\n' => 'n',
        '\u{b}' => 'v',
        '\u{c}' => 'f',
        '\r' => 'r',
        '\u{1b}' => 'e',
        '"' | '\\' => letter,
        '\u{85}' => 'N',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(letter);
            return match code {
                ..=0xff => format!("\\x{code:02X}"),
                0x100..=0xffff => format!("\\u{code:04X}"),
                _ => format!("\\U{code:08X}"),
            };
        }
    };
    format!("\\{short}")
}

/// The order of keys: letters after everything else, runs of digits by their number.
fn natural_order(left: &str, right: &str) -> Ordering {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().collect(), right.chars().collect());
    for (place, (one, other)) in left.iter().zip(&right).enumerate() {
        if one == other {
            continue;
        }
        return match (one.is_alphabetic(), other.is_alphabetic()) {
            (true, true) => one.cmp(other),
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => by_number(&left, &right, place),
        };
    }
    left.len().cmp(&right.len())
}

fn by_number(left: &[char], right: &[char], place: usize) -> Ordering {
    let digit =
        |letters: &[char], at: usize| letters.get(at).and_then(|letter| letter.to_digit(10));
    let mut start = 0_i64;
    if digit(left, place) == Some(0) || digit(right, place) == Some(0) {
        let significant = (0..place).rev().map_while(|at| digit(left, at)).any(|digit| digit != 0);
        start = i64::from(significant);
    }
    let run = |letters: &[char]| {
        let (mut number, mut at) = (start, place);
        while let Some(digit) = digit(letters, at) {
            number = number.wrapping_mul(10).wrapping_add(i64::from(digit));
            at += 1;
        }
        (number, at)
    };
    run(left).cmp(&run(right)).then_with(|| left.get(place).cmp(&right.get(place)))
}

/// A float as Go's `FormatFloat(f, 'g', -1, 64)`.
pub(super) fn go_float(number: f64) -> String {
    match number {
        _ if number.is_nan() => ".nan".into(),
        _ if number.is_infinite() => if number > 0.0 { ".inf" } else { "-.inf" }.into(),
        _ => go_float_text(&format!("{number:e}")),
    }
}

/// Turns Rust's shortest `1.5e-7` into Go's `%g` with the shortest precision: exponents below -4 and from 6 on are kept.
pub(super) fn go_float_text(scientific: &str) -> String {
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = match mantissa.strip_prefix('-') {
        Some(rest) => ("-", rest),
        None => ("", mantissa),
    };
    if !(-4..6).contains(&exponent) {
        let (direction, size) = if exponent < 0 { ('-', -exponent) } else { ('+', exponent) };
        return format!("{sign}{mantissa}e{direction}{size:02}");
    }
    let digits = mantissa.replace('.', "");
    if exponent < 0 {
        let zeros = "0".repeat(usize::try_from(-exponent - 1).unwrap_or(0));
        return format!("{sign}0.{zeros}{digits}");
    }
    let whole = usize::try_from(exponent).unwrap_or(0) + 1;
    if digits.len() <= whole {
        return format!("{sign}{digits}{}", "0".repeat(whole - digits.len()));
    }
    let (before, after) = digits.split_at_checked(whole).unwrap_or((&digits, ""));
    format!("{sign}{before}.{after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(json: &str, wanted: &str) {
        assert_eq!(to_yaml(&Value::from_json(json).unwrap()), wanted);
    }

    #[test]
    fn collections_are_laid_out_as_kubectl_does() {
        check(
            r#"{"b":[{"x":1,"y":[1,2]},"s",[1,[2,3]],{}],"a":{},"c":[],"d":{"e":null}}"#,
            "a: {}\nb:\n- x: 1\n  \"y\":\n  - 1\n  - 2\n- s\n- - 1\n  - - 2\n    - 3\n- {}\nc: []\nd:\n  e: null\n",
        );
        check("[1,2]", "- 1\n- 2\n");
        check("\"a\"", "a\n");
    }

    #[test]
    fn strings_are_quoted_where_they_would_read_as_something_else() {
        for text in [
            "100",
            "True",
            "yes",
            "n",
            "null",
            "~",
            "1.5",
            ".inf",
            "0x1F",
            "1:30",
            "2026-11-20",
            "",
        ] {
            check(&format!("{{\"k\":\"{text}\"}}"), &format!("k: \"{text}\"\n"));
        }
        for text in [
            "100m",
            "1Gi",
            "nginx:1.27",
            "a b",
            "파드",
            "a#b",
            "-c",
            "--all",
            "a, b",
            "/bin/sh",
            "2026",
        ] {
            let wanted =
                if text == "2026" { "k: \"2026\"\n".into() } else { format!("k: {text}\n") };
            check(&format!("{{\"k\":\"{text}\"}}"), &wanted);
        }
        for text in
            ["*/5 * * * *", "a: b", "a #b", "[x]", "{x", " x", "x ", "- x", "@x", "x:", "---"]
        {
            check(&format!("{{\"k\":\"{text}\"}}"), &format!("k: '{text}'\n"));
        }
        check(r#"{"k":"it's: x"}"#, "k: 'it''s: x'\n");
        check(r#"{"k":"a\tb"}"#, "k: \"a\\tb\"\n");
        check(r#"{"k":"\u001b[0m"}"#, "k: \"\\e[0m\"\n");
    }

    #[test]
    fn several_lines_become_a_block() {
        check(r#"{"k":"a\nb\n"}"#, "k: |\n  a\n  b\n");
        check(r#"{"k":"a\nb"}"#, "k: |-\n  a\n  b\n");
        check(r#"{"k":"a\n\n"}"#, "k: |+\n  a\n\n");
        check(r#"{"k":"\n"}"#, "k: |2+\n\n");
        check(r#"{"k":" a\n\nb\n"}"#, "k: |2\n   a\n\n  b\n");
        check(r#"{"a":{"k":"x\ny\n","l":1}}"#, "a:\n  k: |\n    x\n    y\n  l: 1\n");
        check(r#"{"k":"a \nb"}"#, "k: \"a \\nb\"\n");
    }

    #[test]
    fn long_text_is_folded_behind_column_80() {
        let message = "0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). no new claims to deallocate, preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.";
        check(
            &format!(
                r#"{{"status":{{"conditions":[{{"lastProbeTime":null,"message":"{message}","status":"False"}}]}}}}"#
            ),
            "status:
  conditions:
  - lastProbeTime: null
    message: '0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated
      taint(s). no new claims to deallocate, preemption: 0/2 nodes are available:
      1 No preemption victims found for incoming pod, 1 Preemption is not helpful
      for scheduling.'
    status: \"False\"
",
        );
    }

    #[test]
    fn keys_are_in_natural_order_and_quoted_like_values() {
        check(
            r#"{"a10":1,"a2":2,"b":3,"B":4,"a-b":5,"1":6,"y":7,"a.b/c":8}"#,
            "\"1\": 6\nB: 4\na-b: 5\na.b/c: 8\na2: 2\na10: 1\nb: 3\n\"y\": 7\n",
        );
    }

    #[test]
    fn floats_are_written_as_go_does() {
        for (number, wanted) in [
            (1.5, "1.5"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (1e6, "1e+06"),
            (123_456.5, "123456.5"),
            (1_234_567.5, "1.2345675e+06"),
            (-0.5, "-0.5"),
            (1e21, "1e+21"),
        ] {
            assert_eq!(go_float(number), wanted);
        }
    }
}
