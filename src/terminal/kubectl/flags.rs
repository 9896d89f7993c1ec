//! The flags of each command, and reading them. Follows `spf13/pflag` in kinds of flags, interspersing, and words.

use std::collections::BTreeMap;
use std::num::IntErrorKind;

use crate::api::error::go_quote;
use crate::sim::Duration;
use crate::terminal::tools;

/// What a flag takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Takes {
    /// Nothing, `true` or `false`.
    Switch,
    /// A text.
    Text,
    /// A comma list, several times.
    List,
    /// A text, several times.
    Many,
    /// A whole number.
    Number,
    /// A whole number of 32 bits.
    Small,
    /// A span of time: `30s`.
    Span,
    /// A text, or nothing for this one.
    Optional(&'static str),
}

/// A flag of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flag {
    pub(super) name: &'static str,
    pub(super) short: Option<char>,
    pub(super) takes: Takes,
}

/// Flags that every command has.
const GLOBAL: &str = "as= as-group+ as-uid= as-user-extra+ cache-dir= certificate-authority= client-certificate= \
    client-key= cluster= context= disable-compression! help:h! insecure-skip-tls-verify! kubeconfig= \
    kuberc= log-flush-frequency~ match-server-version! namespace:n= password= profile= profile-output= \
    request-timeout= server:s= tls-server-name= token= user= username= v:v# vmodule= warnings-as-errors!";
const PRINT: &str = "allow-missing-template-keys! output:o= show-managed-fields! template=";
const FILES: &str = "filename:f, kustomize:k= recursive:R!";
const DRY: &str = "dry-run?unchanged";
const WRITE: &str = "field-manager= validate?strict save-config!";

/// The flags of a command beside the global ones: `NAME[:SHORT]TYPE`, where TYPE is `!` for a switch, `=` for a
/// text, `,` a list, `+` many, `#` a number, `%` a small one, `~` a span, `?X` a text that is X where none is given.
fn own(command: &str) -> Vec<&'static str> {
    match command {
        "get" => vec![
            PRINT,
            FILES,
            "all-namespaces:A! chunk-size# field-selector= ignore-not-found! label-columns:L, no-headers! \
             output-watch-events! raw= selector:l= server-print! show-kind! show-labels! sort-by= subresource= \
             watch:w! watch-only!",
        ],
        "describe" => {
            vec![FILES, "all-namespaces:A! chunk-size# selector:l= show-events!"]
        }
        "apply view-last-applied" => vec![FILES, "all! output:o= selector:l="],
        "apply set-last-applied" => vec![PRINT, FILES, DRY, "create-annotation!"],
        "apply edit-last-applied" => {
            vec![PRINT, FILES, "field-manager= record! windows-line-endings!"]
        }
        "apply" => vec![
            PRINT,
            FILES,
            DRY,
            WRITE,
            "all! cascade?background force! force-conflicts! grace-period# openapi-patch! \
             overwrite! prune! prune-allowlist+ record! selector:l= server-side! subresource= timeout~ wait!",
        ],
        "create" => {
            vec![PRINT, FILES, DRY, WRITE, "edit! raw= record! selector:l= windows-line-endings!"]
        }
        "create deployment" => vec![PRINT, DRY, WRITE, "image, port% replicas:r%"],
        "create job" => vec![PRINT, DRY, WRITE, "from= image="],
        "create cronjob" => vec![PRINT, DRY, WRITE, "image= restart= schedule="],
        "create namespace" | "create serviceaccount" => vec![PRINT, DRY, WRITE],
        "create configmap" => {
            vec![PRINT, DRY, WRITE, "append-hash! from-env-file, from-file, from-literal+"]
        }
        "create secret" => vec![
            PRINT,
            DRY,
            WRITE,
            "append-hash! cert= docker-email= docker-password= docker-server= docker-username= \
             from-env-file, from-file, from-literal+ key= type=",
        ],
        "create service" => {
            vec![PRINT, DRY, WRITE, "clusterip= external-name= node-port# tcp,"]
        }
        "create priorityclass" => {
            vec![PRINT, DRY, WRITE, "description= global-default! preemption-policy= value%"]
        }
        "create poddisruptionbudget" => {
            vec![PRINT, DRY, WRITE, "max-unavailable= min-available= selector="]
        }
        "create quota" => vec![PRINT, DRY, WRITE, "hard= scopes="],
        "replace" => vec![
            PRINT,
            FILES,
            DRY,
            WRITE,
            "cascade?background force! grace-period# raw= record! subresource= timeout~ wait!",
        ],
        "delete" => vec![
            FILES,
            DRY,
            "all! all-namespaces:A! cascade?background field-selector= force! grace-period# ignore-not-found! \
             interactive:i! now! output:o= raw= selector:l= timeout~ wait!",
        ],
        "label" | "annotate" => vec![
            PRINT,
            FILES,
            DRY,
            "all! all-namespaces:A! field-manager= field-selector= list! local! overwrite! record! \
             resource-version= selector:l=",
        ],
        "scale" => vec![
            PRINT,
            FILES,
            DRY,
            "all! current-replicas# record! replicas# resource-version= selector:l= timeout~",
        ],
        "patch" => {
            vec![
                PRINT,
                FILES,
                DRY,
                "field-manager= local! patch:p= patch-file= record! subresource= type=",
            ]
        }
        "edit" => {
            vec![PRINT, FILES, WRITE, "output-patch! record! subresource= windows-line-endings!"]
        }
        "logs" => vec![
            "all-containers! all-pods! container:c= follow:f! ignore-errors! \
             insecure-skip-tls-verify-backend! limit-bytes# max-log-requests# pod-running-timeout~ prefix! \
             previous:p! selector:l= since~ since-time= tail# timestamps!",
        ],
        "exec" | "attach" => {
            vec!["container:c= filename:f, pod-running-timeout~ quiet:q! stdin:i! tty:t!"]
        }
        "wait" => vec![
            PRINT,
            FILES,
            "all! all-namespaces:A! field-selector= for+ local! selector:l= timeout~",
        ],
        "rollout status" => vec![FILES, "revision# selector:l= timeout~ watch:w!"],
        "rollout history" => vec![PRINT, FILES, "revision# selector:l="],
        "rollout undo" => vec![PRINT, FILES, DRY, "selector:l= to-revision#"],
        "rollout restart" | "rollout pause" | "rollout resume" => {
            vec![PRINT, FILES, "field-manager= selector:l="]
        }
        "set image" => vec![PRINT, FILES, DRY, "all! field-manager= local! record! selector:l="],
        "set selector" => {
            vec![PRINT, FILES, DRY, "all! field-manager= local! record! resource-version="]
        }
        "set serviceaccount" => vec![PRINT, FILES, DRY, "all! field-manager= local! record!"],
        "set resources" => vec![
            PRINT,
            FILES,
            DRY,
            "all! containers:c= field-manager= limits= local! record! requests= selector:l=",
        ],
        "set env" => vec![
            PRINT,
            FILES,
            DRY,
            "all! containers:c= env:e+ field-manager= from= keys, list! local! overwrite! prefix= resolve! \
             selector:l=",
        ],
        "run" => vec![
            PRINT,
            DRY,
            "annotations+ attach! cascade?background command! env+ expose! field-manager= force! \
             grace-period# image= image-pull-policy= labels:l= leave-stdin-open! overrides= override-type= \
             pod-running-timeout~ port= privileged! quiet:q! record! restart= rm! save-config! stdin:i! timeout~ \
             tty:t! wait!",
        ],
        "expose" => vec![
            PRINT,
            FILES,
            DRY,
            "cluster-ip= external-ip= field-manager= labels:l= load-balancer-ip= name= overrides= \
             override-type= port= protocol= record! save-config! selector= session-affinity= target-port= type=",
        ],
        "cordon" | "uncordon" => vec![DRY, "selector:l="],
        "drain" => vec![
            DRY,
            "chunk-size# delete-emptydir-data! disable-eviction! force! grace-period# ignore-daemonsets! \
             pod-selector= selector:l= skip-wait-for-delete-timeout# timeout~",
        ],
        "taint" => vec![PRINT, DRY, "all! field-manager= overwrite! selector:l= validate?strict"],
        "explain" => vec!["api-version= max-depth# output:o= recursive:R!"],
        "events" => vec![PRINT, "all-namespaces:A! chunk-size# for= no-headers! types, watch:w!"],
        "top pod" => vec![
            "all-namespaces:A! containers! field-selector= no-headers! selector:l= show-swap! sort-by= sum! \
             use-protocol-buffers!",
        ],
        "top node" => {
            vec!["no-headers! selector:l= show-capacity! show-swap! sort-by= use-protocol-buffers!"]
        }
        "diff" => vec![
            FILES,
            "concurrency# field-manager= force-conflicts! prune! prune-allowlist+ selector:l= server-side! \
             show-managed-fields! show-secrets!",
        ],
        "api-resources" => {
            vec![PRINT, "api-group= cached! categories, namespaced! no-headers! sort-by= verbs,"]
        }
        "version" => vec!["client! output:o="],
        "config get-contexts" => vec!["no-headers! output:o="],
        "config set" => vec!["set-raw-bytes?true"],
        "config set-cluster" => vec!["embed-certs?true proxy-url="],
        "config set-context" => vec!["current!"],
        "config set-credentials" => vec!["embed-certs?true"],
        "config view" => vec![PRINT, "flatten! merge?true minify! raw!"],
        "auth" => vec![PRINT, "all-namespaces:A! list! no-headers! quiet:q! subresource="],
        "autoscale" => {
            vec![PRINT, FILES, DRY, "cpu= cpu-percent# max# memory= min# name= save-config!"]
        }
        _ => Vec::new(),
    }
}

fn flag(text: &'static str) -> Option<Flag> {
    let at = text.find(['!', '=', ',', '+', '#', '%', '~', '?'])?;
    let (names, kind) = text.split_at_checked(at)?;
    let (name, short) = match names.split_once(':') {
        Some((name, short)) => (name, short.chars().next()),
        None => (names, None),
    };
    let takes = match kind.chars().next()? {
        '!' => Takes::Switch,
        '=' => Takes::Text,
        ',' => Takes::List,
        '+' => Takes::Many,
        '#' => Takes::Number,
        '%' => Takes::Small,
        '~' => Takes::Span,
        _ => Takes::Optional(kind.strip_prefix('?')?),
    };
    Some(Flag { name, short, takes })
}

/// The flags of a command, its own first.
pub(super) fn of(command: &str) -> Vec<Flag> {
    let own = own(command).into_iter().flat_map(str::split_ascii_whitespace).filter_map(flag);
    own.chain(GLOBAL.split_ascii_whitespace().filter_map(flag)).collect()
}

/// How many of a command's flags are its own.
pub(super) fn own_count(command: &str) -> usize {
    own(command).into_iter().flat_map(str::split_ascii_whitespace).count()
}

/// The words and flags of a command.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags {
    /// Words that are no flags.
    pub(super) words: Vec<String>,
    /// How many of them stand before `--`; `None` without one.
    pub(super) dash: Option<usize>,
    /// The command in the form in which `--record` keeps it: its words, then its flags with their long names.
    pub(super) typed: String,
    values: BTreeMap<&'static str, Vec<String>>,
}

impl Flags {
    /// Reads the words behind a command.
    ///
    /// # Errors
    /// pflag's words.
    pub(super) fn parse(command: &str, arguments: &[String]) -> Result<Self, String> {
        let known = of(command);
        let mut flags = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                flags.dash = Some(flags.words.len());
                flags.words.extend(words.cloned());
                break;
            }
            if let Some(long) = word.strip_prefix("--") {
                flags.long(long, &known, &mut words)?;
            } else if word.starts_with('-') && word.len() > 1 {
                flags.shorts(word, &known, &mut words)?;
            } else {
                flags.words.push(word.clone());
            }
        }
        let command = command.split(' ').map(str::to_owned);
        let words: Vec<String> = command.chain(flags.words.iter().cloned()).collect();
        flags.typed = format!("kubectl {}{}", words.join(" "), flags.typed);
        Ok(flags)
    }

    fn long<'a>(
        &mut self,
        text: &str,
        known: &[Flag],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let (name, given) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        let found = known.iter().find(|flag| flag.name == name);
        let found = found.ok_or_else(|| format!("unknown flag: --{name}"))?;
        let value = match (given, found.takes) {
            (Some(value), _) => value,
            (None, Takes::Switch) => "true".into(),
            (None, Takes::Optional(value)) => value.into(),
            (None, _) => {
                words.next().cloned().ok_or_else(|| format!("flag needs an argument: --{name}"))?
            }
        };
        self.set(*found, value)
    }

    fn shorts<'a>(
        &mut self,
        word: &str,
        known: &[Flag],
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let mut letters = word.chars();
        letters.next();
        while let Some(letter) = letters.next() {
            let shown: String = std::iter::once(letter).chain(letters.clone()).collect();
            let found = known.iter().find(|flag| flag.short == Some(letter));
            let found =
                found.ok_or_else(|| format!("unknown shorthand flag: '{letter}' in -{shown}"))?;
            if found.takes == Takes::Switch {
                let rest = letters.as_str();
                if let Some(value) = rest.strip_prefix('=') {
                    return self.set(*found, value.to_owned());
                }
                self.set(*found, "true".into())?;
                continue;
            }
            let rest = letters.as_str();
            let value = match rest.strip_prefix('=').unwrap_or(rest) {
                "" => words
                    .next()
                    .cloned()
                    .ok_or_else(|| format!("flag needs an argument: '{letter}' in -{shown}"))?,
                rest => rest.to_owned(),
            };
            return self.set(*found, value);
        }
        Ok(())
    }

    fn set(&mut self, flag: Flag, value: String) -> Result<(), String> {
        let wrong = |words: String| {
            let short = flag.short.map(|short| format!("-{short}, ")).unwrap_or_default();
            let shown = go_quote(&value);
            format!("invalid argument {shown} for \"{short}--{}\" flag: {words}", flag.name)
        };
        let invalid = |parser: &str| {
            wrong(format!("strconv.{parser}: parsing {}: invalid syntax", go_quote(&value)))
        };
        let value = match flag.takes {
            Takes::Switch => match value.as_str() {
                "1" | "t" | "T" | "true" | "TRUE" | "True" => "true".to_owned(),
                "0" | "f" | "F" | "false" | "FALSE" | "False" => "false".to_owned(),
                _ => return Err(invalid("ParseBool")),
            },
            Takes::Number | Takes::Small => {
                let number = value.parse::<i64>().map_err(|error| *error.kind());
                match number {
                    Ok(number) if flag.takes == Takes::Number || i32::try_from(number).is_ok() => {
                        number.to_string()
                    }
                    Ok(_) | Err(IntErrorKind::PosOverflow | IntErrorKind::NegOverflow) => {
                        let quoted = go_quote(&value);
                        let words =
                            format!("strconv.ParseInt: parsing {quoted}: value out of range");
                        return Err(wrong(words));
                    }
                    Err(_) => return Err(invalid("ParseInt")),
                }
            }
            Takes::Span => {
                go_duration(&value).map_err(wrong)?;
                value
            }
            Takes::Text | Takes::List | Takes::Many | Takes::Optional(_) => value,
        };
        self.typed.push_str(&format!(" --{}={value}", flag.name));
        let all = self.values.entry(flag.name).or_default();
        match flag.takes {
            Takes::List if value.is_empty() => {}
            Takes::List => all.extend(value.split(',').map(str::to_owned)),
            Takes::Many => all.push(value),
            _ => *all = vec![value],
        }
        Ok(())
    }

    /// The value of a flag.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|values| values.last()).map(String::as_str)
    }

    /// The value of a flag, if it is not empty.
    pub(super) fn text(&self, name: &str) -> &str {
        self.value(name).unwrap_or("")
    }

    /// The number of a flag.
    pub(super) fn number(&self, name: &str) -> Option<i64> {
        self.value(name).and_then(|value| value.parse().ok())
    }

    /// The span of a flag.
    pub(super) fn span(&self, name: &str) -> Option<Duration> {
        self.value(name).and_then(|value| go_duration(value).ok())
    }

    /// All values of a flag.
    pub(super) fn all(&self, name: &str) -> &[String] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }

    /// Whether a switch is on.
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name) == Some("true")
    }

    /// Whether a switch is on that is on unless it is turned off.
    pub(super) fn unless_off(&self, name: &str) -> bool {
        self.value(name) != Some("false")
    }

    /// Whether a flag was given.
    pub(super) fn given(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The words before `--`, and those behind it.
    pub(super) fn split(&self) -> (&[String], &[String]) {
        let at = self.dash.unwrap_or(self.words.len());
        self.words.split_at_checked(at).unwrap_or((&self.words, &[]))
    }
}

/// A span as Go's `time.ParseDuration` reads it: `30s`, `1m30s`, `-1s`, `0`.
///
/// # Errors
/// Go's words.
pub(super) fn go_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("time: invalid duration {}", go_quote(text));
    let (negative, plain) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if plain == "0" {
        return Ok(Duration::ZERO);
    }
    if plain.is_empty() {
        return Err(wrong());
    }
    let (mut rest, mut sum) = (plain, 0_i64);
    while !rest.is_empty() {
        let digits = rest.find(|letter: char| !(letter.is_ascii_digit() || letter == '.'));
        let (number, behind) =
            rest.split_at_checked(digits.unwrap_or(rest.len())).ok_or_else(wrong)?;
        if number.is_empty() || number == "." {
            return Err(wrong());
        }
        let end = behind
            .find(|letter: char| letter.is_ascii_digit() || letter == '.')
            .unwrap_or(behind.len());
        let (unit, next) = behind.split_at_checked(end).ok_or_else(wrong)?;
        let span = match unit {
            "" => return Err(format!("time: missing unit in duration {}", go_quote(text))),
            "ns" | "us" | "µs" => Some(Duration::ZERO),
            "ms" => tools::duration(number).map(|span| Duration::from_millis(span.millis() / 1000)),
            "s" | "m" | "h" => tools::duration(&format!("{number}{unit}")),
            unknown => {
                let unit = go_quote(unknown);
                return Err(format!("time: unknown unit {unit} in duration {}", go_quote(text)));
            }
        };
        sum = sum.saturating_add(span.ok_or_else(wrong)?.millis());
        rest = next;
    }
    Ok(Duration::from_millis(if negative { -sum } else { sum }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(command: &str, line: &str) -> Result<Flags, String> {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        Flags::parse(command, &words)
    }

    #[test]
    fn flags_stand_anywhere_long_or_short() {
        let flags =
            parse("get", "pods -n kube-system -l=app=web -owide --show-labels x -L a,b -Lc")
                .unwrap();
        assert_eq!(flags.words, ["pods", "x"]);
        assert_eq!(
            [flags.text("namespace"), flags.text("selector"), flags.text("output")],
            ["kube-system", "app=web", "wide"]
        );
        assert!(flags.has("show-labels") && !flags.has("watch"));
        assert_eq!(flags.all("label-columns"), ["a", "b", "c"]);
        let flags = parse("logs", "-fp web -- x").unwrap();
        assert!(flags.has("follow") && flags.has("previous"));
        assert_eq!(flags.split(), (&["web".to_owned()][..], &["x".to_owned()][..]));
        let flags = parse("apply", "--dry-run -f a.yaml").unwrap();
        assert_eq!(flags.text("dry-run"), "unchanged");
        let flags = parse("exec", "-it web -- ls -l /tmp").unwrap();
        assert_eq!(flags.words, ["web", "ls", "-l", "/tmp"]);
    }

    #[test]
    fn refusals_are_in_the_words_of_pflag() {
        for (command, line, words) in [
            ("get", "pods --foo", "unknown flag: --foo"),
            ("get", "pods -z", "unknown shorthand flag: 'z' in -z"),
            ("get", "pods -wz", "unknown shorthand flag: 'z' in -z"),
            ("get", "pods -o", "flag needs an argument: 'o' in -o"),
            ("run", "x --restart", "flag needs an argument: --restart"),
            (
                "scale",
                "--replicas=x",
                "invalid argument \"x\" for \"--replicas\" flag: strconv.ParseInt: parsing \"x\": invalid syntax",
            ),
            (
                "get",
                "-w=x",
                "invalid argument \"x\" for \"-w, --watch\" flag: strconv.ParseBool: parsing \"x\": invalid syntax",
            ),
            (
                "wait",
                "--timeout=5",
                "invalid argument \"5\" for \"--timeout\" flag: time: missing unit in duration \"5\"",
            ),
        ] {
            assert_eq!(parse(command, line).unwrap_err(), words, "{line}");
        }
    }

    #[test]
    fn every_line_of_the_tables_is_a_flag() {
        for command in super::super::COMMANDS {
            for word in own(command).into_iter().flat_map(str::split_ascii_whitespace) {
                assert!(flag(word).is_some(), "{command}: {word}");
            }
        }
    }
}
