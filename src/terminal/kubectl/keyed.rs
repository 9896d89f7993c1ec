//! `kubectl create configmap` and `kubectl create secret generic | tls | docker-registry`: data by keys, from flags and
//! files. Follows `pkg/cmd/create/create_configmap.go`, `create_secret*.go` and `pkg/cmd/util/env_file.go`.

use super::generators::bare;
use super::problem::Failure;
use super::{Context, hash};
use crate::api::base64;
use crate::api::error::go_quote;
use crate::api::kind::Kind;
use crate::api::names;
use crate::api::value::Value;

/// The key of what a client of an image registry reads.
const DOCKER_CONFIG: &str = ".dockerconfigjson";

/// Texts by key, for an object that is called so.
struct Keyed<'a> {
    kind: Kind,
    name: &'a str,
    entries: Vec<(String, String)>,
}

impl Keyed<'_> {
    fn add(&mut self, key: &str, text: &str) -> Result<(), Failure> {
        let wrong = names::config_map_key(key);
        let known = self.entries.iter().any(|(other, _)| other == key);
        let quoted = go_quote(key);
        match (self.kind, wrong.is_empty(), known) {
            (_, true, false) => {
                self.entries.push((key.to_owned(), text.to_owned()));
                Ok(())
            }
            (Kind::ConfigMap, false, _) => Err(Failure::new(format!(
                "{quoted} is not a valid key name for a ConfigMap: {}",
                wrong.join(",")
            ))),
            (_, false, _) => Err(Failure::new(format!(
                "{quoted} is not valid key name for a Secret {}",
                wrong.join(";")
            ))),
            (Kind::ConfigMap, ..) => Err(Failure::new(format!(
                "cannot add key {quoted}, another key by that name already exists in Data for ConfigMap {}",
                go_quote(self.name)
            ))),
            _ => Err(Failure::new(format!(
                "cannot add key {key}, another key by that name already exists"
            ))),
        }
    }

    /// `--from-file=[KEY=]PATH`; of a folder each file.
    fn files(&mut self, context: &Context<'_>, sources: &[String]) -> Result<(), Failure> {
        for source in sources {
            let parts: Vec<&str> = source.split('=').collect();
            let (key, path) = match parts.as_slice() {
                [path] => (path.trim_end_matches('/').rsplit('/').next().unwrap_or(path), *path),
                ["", path] => {
                    return Err(Failure::new(format!("key name for file path {path} missing")));
                }
                [key, ""] => {
                    return Err(Failure::new(format!("file path for key name {key} missing")));
                }
                [key, path] => (*key, *path),
                _ => return Err(Failure::new("key names or file paths cannot contain '='")),
            };
            match at(context, path)? {
                At::File(text) => self.add(key, &text)?,
                At::Folder(_) if parts.len() > 1 => {
                    return Err(Failure::new("cannot give a key name for a directory path"));
                }
                At::Folder(files) => {
                    files.iter().try_for_each(|(key, text)| self.add(key, text))?;
                }
            }
        }
        Ok(())
    }

    /// `--from-literal=KEY=TEXT`
    fn literals(&mut self, sources: &[String]) -> Result<(), Failure> {
        sources.iter().try_for_each(|source| match source.split_once('=') {
            Some((key, text)) if !key.is_empty() => self.add(key, text),
            _ => Err(Failure::new(format!("invalid literal source {source}, expected key=value"))),
        })
    }

    /// `--from-env-file=PATH`
    fn environment(&mut self, context: &Context<'_>, paths: &[String]) -> Result<(), Failure> {
        for path in paths {
            let At::File(text) = at(context, path)? else {
                let what = if self.kind == Kind::ConfigMap { "config" } else { "secret" };
                return Err(Failure::new(format!("env {what} file cannot be a directory")));
            };
            let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
            for line in text.lines().map(str::trim_start) {
                if line.is_empty() || line.starts_with('#') {
                    continue;
                }
                let (key, value) = line.split_once('=').unwrap_or((line, ""));
                let wrong = names::environment_key(key);
                if !wrong.is_empty() {
                    let (key, wrong) = (go_quote(key), wrong.join(";"));
                    return Err(Failure::new(format!("{key} is not a valid key name: {wrong}")));
                }
                self.add(key, value)?;
            }
        }
        Ok(())
    }

    /// The object, with this data.
    fn object(self, form: fn(&str) -> String) -> Value {
        let mut object = bare(self.kind, self.name);
        if !self.entries.is_empty() {
            let mut data = Value::empty_object();
            self.entries.iter().for_each(|(key, text)| data.set(key, form(text)));
            object.set("data", data);
        }
        object
    }
}

/// What stands at a path.
enum At {
    File(String),
    /// Names and texts of the files right inside.
    Folder(Vec<(String, String)>),
}

fn at(context: &Context<'_>, path: &str) -> Result<At, Failure> {
    let plain = path.strip_prefix("./").unwrap_or(path).trim_end_matches('/');
    let files = &context.terminal.files;
    if let Some(text) = files.get(plain) {
        return Ok(At::File(text.to_string()));
    }
    let folder = if plain.is_empty() || plain == "." { String::new() } else { format!("{plain}/") };
    let within = files.iter().filter_map(|(file, text)| Some((file.strip_prefix(&folder)?, text)));
    let within: Vec<_> = within.collect();
    if within.is_empty() && !folder.is_empty() {
        return Err(Failure::new(format!("error reading {path}: no such file or directory")));
    }
    let inside = within.into_iter().filter(|(name, _)| !name.contains('/'));
    Ok(At::Folder(inside.map(|(name, text)| (name.to_owned(), text.to_string())).collect()))
}

fn check_sources(context: &Context<'_>) -> Result<(), Failure> {
    let flags = &context.flags;
    let others = flags.given("from-file") || flags.given("from-literal");
    match flags.given("from-env-file") && others {
        true => {
            Err(Failure::new("from-env-file cannot be combined with from-file or from-literal"))
        }
        false => Ok(()),
    }
}

/// The ConfigMap of `create configmap`.
///
/// # Errors
/// kubectl's words.
pub(super) fn config_map(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    check_sources(context)?;
    let flags = &context.flags;
    let mut keyed = Keyed { kind: Kind::ConfigMap, name, entries: Vec::new() };
    keyed.files(context, flags.all("from-file"))?;
    keyed.literals(flags.all("from-literal"))?;
    keyed.environment(context, flags.all("from-env-file"))?;
    Ok(hashed(context, keyed.object(str::to_owned)))
}

fn coded(text: &str) -> String {
    base64::encode(text.as_bytes())
}

/// The flags that a subcommand of `create secret` does not have; `None` if there is no such subcommand.
pub(super) fn foreign_flags(what: &str) -> Option<Vec<&'static str>> {
    const TLS: [&str; 2] = ["cert", "key"];
    const DOCKER: [&str; 4] =
        ["docker-email", "docker-password", "docker-server", "docker-username"];
    const GENERIC: [&str; 4] = ["from-env-file", "from-file", "from-literal", "type"];
    match what {
        "generic" => Some([&TLS[..], &DOCKER].concat()),
        "tls" => Some([&DOCKER[..], &GENERIC].concat()),
        "docker-registry" => Some([&TLS[..], &["from-env-file", "from-literal", "type"]].concat()),
        _ => None,
    }
}

/// The Secret of `create secret WHAT`.
///
/// # Errors
/// kubectl's words.
pub(super) fn secret(context: &Context<'_>, what: &str, name: &str) -> Result<Value, Failure> {
    let object = match what {
        "tls" => tls(context, name)?,
        "docker-registry" => docker_registry(context, name)?,
        _ => generic(context, name)?,
    };
    Ok(hashed(context, object))
}

/// `--append-hash`: the name tells what the object holds.
fn hashed(context: &Context<'_>, mut object: Value) -> Value {
    if context.flags.has("append-hash") {
        let name = object.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or_default();
        let name = format!("{name}-{}", hash::of(&object));
        object.child("metadata").set("name", name);
    }
    object
}

fn generic(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    check_sources(context)?;
    let flags = &context.flags;
    let mut keyed = Keyed { kind: Kind::Secret, name, entries: Vec::new() };
    keyed.literals(flags.all("from-literal"))?;
    keyed.files(context, flags.all("from-file"))?;
    keyed.environment(context, flags.all("from-env-file"))?;
    let mut object = keyed.object(coded);
    let kind = flags.text("type");
    if !kind.is_empty() {
        object.set("type", kind);
    }
    Ok(object)
}

fn tls(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let (cert, key) = (context.flags.text("cert"), context.flags.text("key"));
    if cert.is_empty() || key.is_empty() {
        return Err(Failure::new("key and cert must be specified"));
    }
    let read = |path: &str| {
        let plain = path.strip_prefix("./").unwrap_or(path);
        let found = context.terminal.files.get(plain).map(ToString::to_string);
        found.ok_or_else(|| {
            let words = "no such file or directory";
            Failure::new(format!("Cannot read file {path}, open {path}: {words}"))
        })
    };
    let (cert, key) = (read(cert)?, read(key)?);
    pair(&cert, &key).map_err(Failure::new)?;
    let entries = vec![("tls.crt".into(), cert), ("tls.key".into(), key)];
    let mut object = Keyed { kind: Kind::Secret, name, entries }.object(coded);
    object.set("type", "kubernetes.io/tls");
    Ok(object)
}

/// The types of the PEM blocks of a text, and what they hold.
fn blocks(text: &str) -> Vec<(&str, Vec<u8>)> {
    let mut found = Vec::new();
    let mut rest = text;
    while let Some((_, behind)) = rest.split_once("-----BEGIN ") {
        rest = behind;
        let Some((name, body)) = behind.split_once("-----") else { break };
        let Some((body, _)) = body.split_once(&format!("-----END {name}-----")) else { continue };
        // Headers stand before an empty line.
        let body = body.split_once("\n\n").map_or(body, |(_, body)| body);
        found.push((name, base64::decode(body)));
    }
    found
}

/// Whether bytes are one sequence of ASN.1 from the first to the last.
fn is_sequence(bytes: &[u8]) -> bool {
    match bytes {
        [0x30, length @ 0..=0x7f, rest @ ..] => rest.len() == usize::from(*length),
        [0x30, count @ 0x81..=0x84, rest @ ..] => {
            let (length, rest) =
                rest.split_at_checked(usize::from(count & 0x7f)).unwrap_or_default();
            let length = length.iter().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
            length > 0 && rest.len() == length
        }
        _ => false,
    }
}

/// What Go's `tls.X509KeyPair` says of a certificate and a key, as far as their outer form goes: whether they belong
/// together is not looked at.
fn pair(cert: &str, key: &str) -> Result<(), String> {
    let private = |name: &str| name == "PRIVATE KEY" || name.ends_with(" PRIVATE KEY");
    let list = |blocks: &[(&str, Vec<u8>)]| {
        let names: Vec<&str> = blocks.iter().map(|(name, _)| *name).collect();
        format!("[{}]", names.join(" "))
    };
    let found = blocks(cert);
    let Some((_, leaf)) = found.iter().find(|(name, _)| *name == "CERTIFICATE") else {
        return Err(match found.as_slice() {
            [] => "tls: failed to find any PEM data in certificate input".into(),
            [(name, _)] if name.ends_with("PRIVATE KEY") => "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched".into(),
            others => format!("tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: {}", list(others)),
        });
    };
    let found = blocks(key);
    let Some((_, secret)) = found.iter().find(|(name, _)| private(name)) else {
        return Err(match found.as_slice() {
            [] => "tls: failed to find any PEM data in key input".into(),
            [("CERTIFICATE", _)] => {
                "tls: found a certificate rather than a key in the PEM for the private key".into()
            }
            others => format!(
                "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: {}",
                list(others)
            ),
        });
    };
    match (is_sequence(leaf), is_sequence(secret)) {
        (false, _) => Err("x509: malformed certificate".into()),
        (true, false) => Err("tls: failed to parse private key".into()),
        (true, true) => Ok(()),
    }
}

fn docker_registry(context: &Context<'_>, name: &str) -> Result<Value, Failure> {
    let flags = &context.flags;
    let server = flags.value("docker-server").unwrap_or("https://index.docker.io/v1/");
    let (user, password) = (flags.text("docker-username"), flags.text("docker-password"));
    let mut keyed = Keyed { kind: Kind::Secret, name, entries: Vec::new() };
    let sources = flags.all("from-file").iter().map(|source| match source.contains('=') {
        true => source.clone(),
        false => format!("{DOCKER_CONFIG}={source}"),
    });
    let sources: Vec<String> = sources.collect();
    if !sources.is_empty() {
        keyed.files(context, &sources)?;
    } else if user.is_empty() || password.is_empty() || server.is_empty() {
        return Err(Failure::new(
            "either --from-file or the combination of --docker-username, --docker-password and --docker-server is required",
        ));
    } else {
        // In the order of the fields of upstream's struct.
        let json = |text: &str| Value::from(text).to_json();
        let mail = match flags.text("docker-email") {
            "" => String::new(),
            mail => format!(",\"email\":{}", json(mail)),
        };
        let text = format!(
            "{{\"auths\":{{{}:{{\"username\":{},\"password\":{}{mail},\"auth\":{}}}}}}}",
            json(server),
            json(user),
            json(password),
            json(&coded(&format!("{user}:{password}")))
        );
        keyed.entries.push((DOCKER_CONFIG.into(), text));
    }
    let mut object = keyed.object(coded);
    object.set("type", "kubernetes.io/dockerconfigjson");
    Ok(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pem(name: &str, bytes: &[u8]) -> String {
        format!("-----BEGIN {name}-----\n{}\n-----END {name}-----\n", base64::encode(bytes))
    }

    /// What Go 1.24 said of these.
    #[test]
    fn a_pair_is_looked_at_as_far_as_its_form_goes() {
        let good: &[u8] = &[0x30, 1, 0];
        let (cert, key) = (pem("CERTIFICATE", good), pem("EC PRIVATE KEY", good));
        assert_eq!(pair(&cert, &key), Ok(()));
        assert_eq!(
            pair(&pem("CERTIFICATE", &[[0x30, 0x81, 0x80].as_slice(), &[0; 128]].concat()), &key),
            Ok(())
        );
        for (cert, key, words) in [
            ("", key.as_str(), "tls: failed to find any PEM data in certificate input"),
            (
                &key,
                &key,
                "tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched",
            ),
            (
                &pem("A B", good),
                &key,
                "tls: failed to find \"CERTIFICATE\" PEM block in certificate input after skipping PEM blocks of the following types: [A B]",
            ),
            (&cert, "x", "tls: failed to find any PEM data in key input"),
            (
                &cert,
                &cert,
                "tls: found a certificate rather than a key in the PEM for the private key",
            ),
            (
                &cert,
                &format!("{cert}{cert}"),
                "tls: failed to find PEM block with type ending in \"PRIVATE KEY\" in key input after skipping PEM blocks of the following types: [CERTIFICATE CERTIFICATE]",
            ),
            (&pem("CERTIFICATE", b"hello"), &key, "x509: malformed certificate"),
            (&cert, &pem("PRIVATE KEY", b"hello"), "tls: failed to parse private key"),
        ] {
            assert_eq!(pair(cert, key).unwrap_err(), words);
        }
    }
}
