//! `kubectl config set | unset`: a property by its path. Follows `pkg/cmd/config/{set,unset,navigation_step_parser}.go`.

use super::{fresh, load, put, store, words};
use crate::api::base64;
use crate::api::value::Value;
use crate::terminal::kubeconfig::{Kubeconfig, Section};
use crate::terminal::kubectl::problem::Failure;
use crate::terminal::kubectl::{After, Context, DONE};

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    Text,
    Switch,
    Bytes,
}

/// The fields of the entries of a part.
const fn fields(section: Section) -> &'static [(&'static str, Holds)] {
    match section {
        Section::Clusters => &[
            ("server", Holds::Text),
            ("tls-server-name", Holds::Text),
            ("insecure-skip-tls-verify", Holds::Switch),
            ("certificate-authority", Holds::Text),
            ("certificate-authority-data", Holds::Bytes),
            ("proxy-url", Holds::Text),
            ("disable-compression", Holds::Switch),
        ],
        Section::Users => &[
            ("client-certificate", Holds::Text),
            ("client-certificate-data", Holds::Bytes),
            ("client-key", Holds::Text),
            ("client-key-data", Holds::Bytes),
            ("token", Holds::Text),
            ("tokenFile", Holds::Text),
            ("username", Holds::Text),
            ("password", Holds::Text),
        ],
        Section::Contexts => {
            &[("cluster", Holds::Text), ("user", Holds::Text), ("namespace", Holds::Text)]
        }
    }
}

/// Where a path leads.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// `current-context`
    Current,
    /// A whole part.
    Section(Section),
    /// An entry.
    Entry(Section, String),
    /// A field of an entry.
    Field(Section, String, &'static str, Holds),
}

/// Follows a path: a name goes on over dots until a field of the entry comes.
fn place(path: &str) -> Result<Place, Failure> {
    let mut parts = path.split('.');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<&str> = parts.collect();
    if matches!(first, "current-context" | "kind" | "apiVersion") && !rest.is_empty() {
        return Err(too_far(path));
    }
    if first == "current-context" {
        return Ok(Place::Current);
    }
    let Some(section) = Section::ALL.into_iter().find(|section| section.words().0 == first) else {
        return Err(Failure::new(format!("unable to parse {path} after [] at api.Config")));
    };
    if rest.is_empty() {
        return Ok(Place::Section(section));
    }
    let known = |part: &str| fields(section).iter().find(|(field, _)| *field == part);
    let end = rest.iter().skip(1).position(|part| known(part).is_some());
    let Some((name, behind)) = end.and_then(|end| rest.split_at_checked(end + 1)) else {
        return Ok(Place::Entry(section, rest.join(".")));
    };
    match behind {
        [field] => known(field)
            .map(|(field, holds)| Place::Field(section, name.join("."), field, *holds))
            .ok_or_else(|| too_far(path)),
        _ => Err(too_far(path)),
    }
}

fn too_far(path: &str) -> Failure {
    Failure::new(format!("unable to parse one or more field values of {path}"))
}

/// Runs `config set PROPERTY VALUE`.
pub(super) fn set(context: &mut Context<'_>) -> Result<After, Failure> {
    let [path, text] = words(context, "set")?;
    if text.is_empty() {
        return Err(Failure::new("you cannot use set to unset a property"));
    }
    let mut config = load(context);
    match checked(&path)? {
        Place::Current => config.current.clone_from(&text),
        Place::Section(section) | Place::Entry(section, _) => {
            // Go prints the addresses of the entries, which nobody can use.
            let names = config.section(section).keys().map(|name| format!("{name}:0xc000000000"));
            let names = names.collect::<Vec<_>>().join(" ");
            return Err(Failure::new(format!("can't set a map to a value: map[{names}]")));
        }
        Place::Field(section, name, field, holds) => {
            let entries = config.section_mut(section);
            let entry = entries.entry(name).or_insert_with(|| fresh(section));
            match holds {
                Holds::Text => put(entry, field, &text),
                Holds::Switch => match switch(&text)? {
                    true => entry.set(field, true),
                    false => drop(entry.remove(field)),
                },
                Holds::Bytes if context.flags.has("set-raw-bytes") => {
                    entry.set(field, base64::encode(text.as_bytes()));
                }
                Holds::Bytes => entry.set(field, coded(&text)?),
            }
        }
    }
    store(context, config);
    context.out(&format!("Property \"{path}\" set.\n"));
    DONE
}

/// Runs `config unset PROPERTY`.
pub(super) fn unset(context: &mut Context<'_>) -> Result<After, Failure> {
    let [path] = words(context, "unset")?;
    let mut config = load(context);
    match checked(&path)? {
        Place::Current => config.current.clear(),
        Place::Section(section) => config.section_mut(section).clear(),
        Place::Entry(section, name) => drop(config.section_mut(section).remove(&name)),
        Place::Field(section, name, field, _) => {
            remove(&mut config, section, &name, field)?;
        }
    }
    store(context, config);
    context.out(&format!("Property \"{path}\" unset.\n"));
    DONE
}

fn checked(path: &str) -> Result<Place, Failure> {
    match path {
        "" => Err(Failure::new("you must specify a property")),
        path => place(path),
    }
}

fn remove(
    config: &mut Kubeconfig,
    section: Section,
    name: &str,
    field: &str,
) -> Result<(), Failure> {
    let entry = config.section_mut(section).get_mut(name);
    let entry =
        entry.ok_or_else(|| Failure::new(format!("current map key `{name}` is invalid")))?;
    put(entry, field, "");
    Ok(())
}

/// Follows `strconv.ParseBool`.
fn switch(text: &str) -> Result<bool, Failure> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => {
            let text = crate::api::error::go_quote(text);
            Err(Failure::new(format!("strconv.ParseBool: parsing {text}: invalid syntax")))
        }
    }
}

/// A text that is Base64 already.
fn coded(text: &str) -> Result<Value, Failure> {
    let plain = text.trim_end_matches('=');
    let letter = |letter: char| letter.is_ascii_alphanumeric() || matches!(letter, '+' | '/');
    let wrong = match plain.find(|one: char| !letter(one)) {
        Some(at) => Some(at),
        None => (!text.len().is_multiple_of(4)).then_some(text.len() / 4 * 4),
    };
    match wrong {
        None => Ok(Value::from(text)),
        Some(at) => Err(Failure::new(format!(
            "error decoding input value: illegal base64 data at input byte {at}"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_goes_on_over_dots() {
        for (path, expected) in [
            ("current-context", Ok(Place::Current)),
            ("users", Ok(Place::Section(Section::Users))),
            ("clusters.a.b", Ok(Place::Entry(Section::Clusters, "a.b".into()))),
            (
                "clusters.10.0.0.1.server",
                Ok(Place::Field(Section::Clusters, "10.0.0.1".into(), "server", Holds::Text)),
            ),
            ("contexts.a.namespace.b", Err(too_far("contexts.a.namespace.b"))),
            ("foo.a", Err(Failure::new("unable to parse foo.a after [] at api.Config"))),
        ] {
            assert_eq!(place(path), expected, "{path}");
        }
    }
}
