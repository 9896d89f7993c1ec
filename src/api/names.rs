//! What names, labels and keys may look like, and the words in which a wrong one is refused.
//!
//! Follows `k8s.io/apimachinery/pkg/util/validation`, `…/pkg/api/validate/content` and `…/pkg/api/validation/generic.go`.
//! Every check answers with a list of messages; an empty list means that the text is fine. Lengths are bytes, as in Go.

/// What a regular expression of a label looks like, upstream's spelling.
const LABEL: &str = "[a-z0-9]([-a-z0-9]*[a-z0-9])?";
const LABEL_KEY: &str = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/// `MESSAGE (e.g. 'A',  or 'B', regex used for validation is 'EXPRESSION')`: upstream's sentence with its two blanks.
pub fn expression_error(message: &str, expression: &str, examples: &[&str]) -> String {
    if examples.is_empty() {
        return format!("{message} (regex used for validation is '{expression}')");
    }
    let mut text = format!("{message} (e.g. ");
    for (index, example) in examples.iter().enumerate() {
        if index > 0 {
            text.push_str(" or ");
        }
        text.push_str(&format!("'{example}', "));
    }
    text.push_str(&format!("regex used for validation is '{expression}')"));
    text
}

/// `must be no more than N characters`.
fn too_many_characters(max: usize) -> String {
    format!("must be no more than {max} characters")
}

/// `must be no more than N bytes`: the newer checks of label keys and values say bytes.
fn too_many_bytes(max: usize) -> String {
    format!("must be no more than {max} bytes")
}

/// `must be between LOW and HIGH, inclusive`.
pub fn range_error(low: i64, high: i64) -> String {
    format!("must be between {low} and {high}, inclusive")
}

/// Whether the first and the last letter pass `edge` and those between pass `inner`.
fn framed(text: &str, edge: fn(u8) -> bool, inner: fn(u8) -> bool) -> bool {
    match text.as_bytes() {
        [] => false,
        [only] => edge(*only),
        [first, middle @ .., last] => {
            edge(*first) && edge(*last) && middle.iter().all(|letter| inner(*letter))
        }
    }
}

fn lower_or_digit(letter: u8) -> bool {
    letter.is_ascii_lowercase() || letter.is_ascii_digit()
}

fn label_letter(letter: u8) -> bool {
    lower_or_digit(letter) || letter == b'-'
}

fn is_label(text: &str) -> bool {
    framed(text, lower_or_digit, label_letter)
}

fn is_subdomain(text: &str) -> bool {
    text.split('.').all(is_label)
}

fn is_label_key_name(text: &str) -> bool {
    framed(
        text,
        |letter| letter.is_ascii_alphanumeric(),
        |letter| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.'),
    )
}

/// What is wrong with a DNS-1123 label (names of containers, namespaces, volumes).
pub fn dns_label(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_many_characters(63));
    }
    if !is_label(text) {
        wrong.push(match is_subdomain(text) {
            true => "must not contain dots".into(),
            false => expression_error(
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character",
                LABEL,
                &["my-name", "123-abc"],
            ),
        });
    }
    wrong
}

/// What is wrong with a DNS-1123 subdomain (names of most objects).
pub fn dns_subdomain(text: &str) -> Vec<String> {
    subdomain(text, too_many_characters)
}

fn subdomain(text: &str, too_long: fn(usize) -> String) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(too_long(253));
    }
    if !is_subdomain(text) {
        wrong.push(expression_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character",
            &format!("{LABEL}(\\.{LABEL})*"),
            &["example.com"],
        ));
    }
    wrong
}

/// What is wrong with a DNS-1123 subdomain in which underscores are allowed (search domains of a pod).
pub fn dns_subdomain_with_underscore(text: &str) -> Vec<String> {
    const PART: &str = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(too_many_characters(253));
    }
    let fine = text.split('.').all(|part| {
        framed(part.strip_prefix('_').unwrap_or(part), lower_or_digit, |letter| {
            label_letter(letter) || letter == b'_'
        })
    });
    if !fine {
        wrong.push(expression_error(
            "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '_', '-' or '.', and must start and end with an alphanumeric character",
            &format!("{PART}(\\.{PART})*"),
            &["example.com"],
        ));
    }
    wrong
}

/// What is wrong with a DNS-1035 label.
pub fn dns_1035_label(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_many_characters(63));
    }
    let starts_with_letter = text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
    if !starts_with_letter || !is_label(text) {
        wrong.push(expression_error(
            "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character",
            "[a-z]([-a-z0-9]*[a-z0-9])?",
            &["my-name", "abc-123"],
        ));
    }
    wrong
}

/// What is wrong with a label key: a name of up to 63 bytes, with an optional DNS subdomain and a slash before it.
pub fn label_key(text: &str) -> Vec<String> {
    const MESSAGE: &str = "must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character";
    const EXAMPLES: [&str; 3] = ["MyName", "my.name", "123-abc"];
    let mut wrong = Vec::new();
    let name = match text.split_once('/') {
        None => text,
        Some(("", name)) if !name.contains('/') => {
            wrong.push("prefix part must be non-empty".into());
            name
        }
        Some((prefix, name)) if !name.contains('/') => {
            let messages = subdomain(prefix, too_many_bytes);
            wrong.extend(messages.iter().map(|message| format!("prefix part {message}")));
            name
        }
        Some(_) => {
            let message = expression_error(MESSAGE, LABEL_KEY, &EXAMPLES);
            return vec![format!(
                "a valid label key {message} with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
            )];
        }
    };
    if name.is_empty() {
        wrong.push("name part must be non-empty".into());
    } else if name.len() > 63 {
        wrong.push(format!("name part {}", too_many_bytes(63)));
    }
    if !is_label_key_name(name) {
        wrong.push(format!("name part {}", expression_error(MESSAGE, LABEL_KEY, &EXAMPLES)));
    }
    wrong
}

/// What is wrong with a label value.
pub fn label_value(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 63 {
        wrong.push(too_many_bytes(63));
    }
    if !text.is_empty() && !is_label_key_name(text) {
        wrong.push(expression_error(
            "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character",
            &format!("({LABEL_KEY})?"),
            &["MyValue", "my_value", "12345"],
        ));
    }
    wrong
}

/// What is wrong with the name of a port.
pub fn port_name(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 15 {
        wrong.push(too_many_characters(15));
    }
    if text.is_empty() || !text.bytes().all(label_letter) {
        wrong.push(
            "must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)".to_owned(),
        );
    }
    if !text.bytes().any(|letter| letter.is_ascii_lowercase()) {
        wrong.push("must contain at least one letter (a-z)".into());
    }
    if text.contains("--") {
        wrong.push("must not contain consecutive hyphens".into());
    }
    if text.starts_with('-') || text.ends_with('-') {
        wrong.push("must not begin or end with a hyphen".into());
    }
    wrong
}

/// What is wrong with a port number.
pub fn port_number(port: i64) -> Vec<String> {
    in_range(port, 1, 65535)
}

/// What is wrong with a user or group id.
pub fn user_id(id: i64) -> Vec<String> {
    in_range(id, 0, i64::from(i32::MAX))
}

/// What is wrong with a number that must lie between two others.
pub fn in_range(number: i64, low: i64, high: i64) -> Vec<String> {
    if (low..=high).contains(&number) { Vec::new() } else { vec![range_error(low, high)] }
}

/// Whether a text is a whole number and a percent sign (`25%`).
pub fn is_percent(text: &str) -> bool {
    text.strip_suffix('%').is_some_and(|digits| {
        !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
    })
}

/// What is wrong with a percentage.
pub fn percent(text: &str) -> Vec<String> {
    match is_percent(text) {
        true => Vec::new(),
        false => vec![expression_error(
            "a valid percent string must be a numeric string followed by an ending '%'",
            "[0-9]+%",
            &["1%", "93%"],
        )],
    }
}

/// What is wrong with the name of an HTTP header.
pub fn http_header_name(text: &str) -> Vec<String> {
    let fine = |letter: u8| letter.is_ascii_alphanumeric() || letter == b'-';
    if !text.is_empty() && text.bytes().all(fine) {
        return Vec::new();
    }
    vec![expression_error(
        "a valid HTTP header must consist of alphanumeric characters or '-'",
        "[-A-Za-z0-9]+",
        &["X-Header-Name"],
    )]
}

/// What is wrong with the name of an environment variable: any printable ASCII but `=` is allowed.
pub fn environment_name(text: &str) -> Vec<String> {
    if text.is_empty() {
        return vec!["environment variable name must be non-empty".into()];
    }
    if text.bytes().all(|letter| (b' '..=b'~').contains(&letter) && letter != b'=') {
        return Vec::new();
    }
    vec![
        "a valid environment variable name must consist only of printable ASCII characters other than '='"
            .into(),
    ]
}

/// What is wrong with the name of an environment variable for `kubectl`, which is stricter than the server.
pub fn environment_key(text: &str) -> Vec<String> {
    let fine = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
    let digit = text.bytes().next().is_none_or(|first| first.is_ascii_digit());
    let mut wrong = Vec::new();
    if digit || !text.bytes().all(fine) {
        wrong.push(expression_error(
            "a valid environment variable name must consist of alphabetic characters, digits, '_', '-', or '.', and must not start with a digit",
            "[-._a-zA-Z][-._a-zA-Z0-9]*",
            &["my.env-name", "MY_ENV.NAME", "MyEnvName1"],
        ));
    }
    wrong.extend(folder_words(text));
    wrong
}

/// A key becomes a file: it may not lead out of its folder.
fn folder_words(text: &str) -> Option<String> {
    match text {
        "." => Some("must not be '.'".into()),
        ".." => Some("must not be '..'".into()),
        _ => text.starts_with("..").then(|| "must not start with '..'".into()),
    }
}

/// What is wrong with a C identifier.
pub fn c_identifier(text: &str) -> Vec<String> {
    let starts =
        text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
    if starts && text.bytes().all(|letter| letter.is_ascii_alphanumeric() || letter == b'_') {
        return Vec::new();
    }
    vec![expression_error(
        "a valid C identifier must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_'",
        "[A-Za-z_][A-Za-z0-9_]*",
        &["my_name", "MY_NAME", "MyName"],
    )]
}

/// What is wrong with a key of a ConfigMap or Secret.
pub fn config_map_key(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    if text.len() > 253 {
        wrong.push(too_many_characters(253));
    }
    let fine = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'_' | b'.');
    if text.is_empty() || !text.bytes().all(fine) {
        wrong.push(expression_error(
            "a valid config key must consist of alphanumeric characters, '-', '_' or '.'",
            "[-._a-zA-Z0-9]+",
            &["key.name", "KEY_NAME", "key-name"],
        ));
    }
    wrong.extend(folder_words(text));
    wrong
}

/// What is wrong with a name that becomes a part of a URL path.
pub fn path_segment(text: &str) -> Vec<String> {
    if matches!(text, "." | "..") {
        return vec![format!("may not be '{text}'")];
    }
    let bad = ["/", "%"].into_iter().filter(|part| text.contains(part));
    bad.map(|part| format!("may not contain '{part}'")).collect()
}

/// The text that stands for a `generateName` while it is checked: a hyphen at its end is no error, as more letters
/// follow. Upstream replaces the last *two* letters by an `a`; so does this.
pub fn mask_trailing_dash(name: &str) -> String {
    if name.len() <= 1 || !name.ends_with('-') {
        return name.to_owned();
    }
    let mut bytes = name.as_bytes().to_vec();
    bytes.truncate(bytes.len() - 2);
    bytes.push(b'a');
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(wrong: Vec<String>, expected: &[&str]) {
        assert_eq!(wrong, expected);
    }

    #[test]
    fn labels_of_upstreams_tables() {
        for good in ["a", "ab", "a1", "a--1--2--b", "0", "012", "1-a"] {
            check(dns_label(good), &[]);
            check(dns_subdomain(good), &[]);
        }
        for bad in ["", "A", "1-A", "-", "a-", "-a", "_", "a_b", ".", "a b", " a", "파드"] {
            assert!(!dns_label(bad).is_empty(), "{bad}");
            assert!(!dns_subdomain(bad).is_empty(), "{bad}");
        }
        for good in ["a.a", "a-1.1", "1.2.3.4.5"] {
            check(dns_label(good), &["must not contain dots"]);
            check(dns_subdomain(good), &[]);
        }
        check(dns_label(&"a".repeat(64)), &["must be no more than 63 characters"]);
        check(dns_subdomain(&"a".repeat(254)), &["must be no more than 253 characters"]);
    }

    #[test]
    fn the_words_of_wrong_names() {
        check(
            dns_label("X"),
            &[
                "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')",
            ],
        );
        check(
            dns_subdomain("My_Pod"),
            &[
                r"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
            ],
        );
        check(
            label_value("b c"),
            &[
                "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
            ],
        );
        check(
            label_key("a b"),
            &[
                "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')",
            ],
        );
    }

    #[test]
    fn label_keys_with_prefix() {
        for good in ["simple", "now-with-dashes", "1-starts", "a.b/c_d.E", "1.2.3.4/5678"] {
            check(label_key(good), &[]);
        }
        check(label_key("/x"), &["prefix part must be non-empty"]);
        assert_eq!(label_key("x/")[0], "name part must be non-empty");
        assert!(label_key("Nope/x")[0].starts_with("prefix part a lowercase RFC 1123 subdomain"));
        assert!(label_key("a/b/c")[0].starts_with("a valid label key must consist of"));
        check(label_key(&"x".repeat(64)), &["name part must be no more than 63 bytes"]);
        check(label_value(&"x".repeat(64)), &["must be no more than 63 bytes"]);
    }

    #[test]
    fn names_of_ports_and_variables() {
        check(port_name("http"), &[]);
        check(port_name("a-name-that-is-too-long"), &["must be no more than 15 characters"]);
        check(port_name("80"), &["must contain at least one letter (a-z)"]);
        check(port_name("a--b"), &["must not contain consecutive hyphens"]);
        check(port_name("-a"), &["must not begin or end with a hyphen"]);
        check(environment_name("my.env-name 1"), &[]);
        check(environment_name(""), &["environment variable name must be non-empty"]);
        check(environment_key("my.env-name_1"), &[]);
        assert_eq!([environment_key("1A"), environment_key("A B")].map(|one| one.len()), [1, 1]);
        check(environment_key("..a"), &["must not start with '..'"]);
        assert_eq!(environment_name("A=B").len(), 1);
        check(config_map_key("..a"), &["must not start with '..'"]);
        check(path_segment("a/b%"), &["may not contain '/'", "may not contain '%'"]);
    }

    #[test]
    fn a_prefix_may_end_with_a_dash() {
        assert_eq!(mask_trailing_dash("web-"), "wea");
        assert_eq!(mask_trailing_dash("-"), "-");
        assert_eq!(mask_trailing_dash("web"), "web");
    }
}
