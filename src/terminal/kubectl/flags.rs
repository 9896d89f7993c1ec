//! kubectl's flags: long and short, with and without values.

use std::collections::BTreeMap;

/// Flags that take no value.
const SWITCHES: [&str; 26] = [
    "all",
    "all-namespaces",
    "all-containers",
    "append",
    "follow",
    "force",
    "ignore-not-found",
    "list",
    "no-headers",
    "now",
    "overwrite",
    "previous",
    "recursive",
    "show-kind",
    "show-labels",
    "stdin",
    "timestamps",
    "tty",
    "watch",
    "watch-only",
    "prefix",
    "command",
    "ignore-daemonsets",
    "delete-emptydir-data",
    "help",
    "output-watch-events",
];
/// Flags that take a value.
const VALUES: [&str; 32] = [
    "cascade",
    "container",
    "dry-run",
    "field-selector",
    "filename",
    "for",
    "from",
    "grace-period",
    "image",
    "label-columns",
    "namespace",
    "output",
    "patch",
    "port",
    "replicas",
    "current-replicas",
    "restart",
    "schedule",
    "selector",
    "since",
    "sort-by",
    "tail",
    "timeout",
    "type",
    "validate",
    "wait",
    "env",
    "labels",
    "to-revision",
    "context",
    "from-literal",
    "limit-bytes",
];

/// The words and flags of a command.
#[derive(Clone, Debug, Default)]
pub(super) struct Flags {
    /// Words that are no flags.
    pub words: Vec<String>,
    /// What stands after `--`.
    pub rest: Vec<String>,
    values: BTreeMap<&'static str, Vec<String>>,
}

/// The long name of a short flag; `-f` means `--follow` for logs and `--filename` elsewhere.
fn short(letter: char, logs: bool) -> Option<&'static str> {
    Some(match letter {
        'A' => "all-namespaces",
        'c' => "container",
        'f' if logs => "follow",
        'f' => "filename",
        'i' => "stdin",
        'L' => "label-columns",
        'l' => "selector",
        'n' => "namespace",
        'o' => "output",
        'p' if logs => "previous",
        'p' => "patch",
        'R' => "recursive",
        't' => "tty",
        'w' => "watch",
        'h' => "help",
        _ => return None,
    })
}

impl Flags {
    /// Reads the words after `kubectl`.
    ///
    /// # Errors
    /// kubectl's words about flags it does not know.
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut flags = Self::default();
        let mut words = arguments.iter();
        while let Some(word) = words.next() {
            if word == "--" {
                flags.rest = words.cloned().collect();
                break;
            }
            let logs = matches!(flags.words.first().map(String::as_str), Some("logs" | "log"));
            if let Some(long) = word.strip_prefix("--") {
                let (name, given) = long
                    .split_once('=')
                    .map_or((long, None), |(name, value)| (name, Some(value.to_owned())));
                flags.long(name, given, &mut words)?;
            } else if word.len() > 1 && word.starts_with('-') {
                flags.shorts(word, logs, &mut words)?;
            } else {
                flags.words.push(word.clone());
            }
        }
        Ok(flags)
    }

    fn long<'a>(
        &mut self,
        name: &str,
        given: Option<String>,
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        if let Some(switch) = SWITCHES.into_iter().find(|switch| *switch == name) {
            self.values.entry(switch).or_default().push(given.unwrap_or_else(|| "true".into()));
            return Ok(());
        }
        let Some(flag) = VALUES.into_iter().find(|flag| *flag == name) else {
            return Err(format!("error: unknown flag: --{name}\nSee 'kubectl --help' for usage."));
        };
        let value = match (given, flag) {
            (Some(value), _) => value,
            // These may stand without a value.
            (None, "dry-run") => "unchanged".into(),
            (None, "cascade") => "background".into(),
            (None, "wait" | "validate") => "true".into(),
            (None, _) => words
                .next()
                .cloned()
                .ok_or_else(|| format!("error: flag needs an argument: --{name}"))?,
        };
        self.values.entry(flag).or_default().push(value);
        Ok(())
    }

    fn shorts<'a>(
        &mut self,
        word: &str,
        logs: bool,
        words: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let mut letters = word.chars().skip(1);
        while let Some(letter) = letters.next() {
            let unknown = || {
                format!(
                    "error: unknown shorthand flag: '{letter}' in {word}\nSee 'kubectl --help' for usage."
                )
            };
            let name = short(letter, logs).ok_or_else(unknown)?;
            if SWITCHES.contains(&name) {
                self.values.entry(name).or_default().push("true".into());
                continue;
            }
            let rest: String = letters.collect();
            let rest = rest.strip_prefix('=').map(str::to_owned).unwrap_or(rest);
            let value = match rest.is_empty() {
                false => rest,
                true => words.next().cloned().ok_or_else(|| {
                    format!("error: flag needs an argument: '{letter}' in {word}")
                })?,
            };
            self.values.entry(name).or_default().push(value);
            break;
        }
        Ok(())
    }

    /// The last value of a flag.
    pub(super) fn value(&self, name: &str) -> Option<&str> {
        self.values.get(name).and_then(|values| values.last()).map(String::as_str)
    }

    /// All values of a flag, comma lists taken apart.
    pub(super) fn all(&self, name: &str) -> Vec<String> {
        let values = self.values.get(name).into_iter().flatten();
        values
            .flat_map(|value| value.split(',').map(str::to_owned))
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// Whether a switch is on.
    pub(super) fn has(&self, name: &str) -> bool {
        self.value(name).is_some_and(|value| value != "false")
    }

    /// Takes the first word.
    pub(super) fn take_word(&mut self) -> Option<String> {
        if self.words.is_empty() { None } else { Some(self.words.remove(0)) }
    }
}
