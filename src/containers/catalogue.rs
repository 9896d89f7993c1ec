//! What images are and how they behave, from `assets/images.yaml`. The program carries the same as JSON
//! (`assets/images.json`, which a test writes): a first visit then needs no reader of YAML files.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use crate::api::value::Value;
use crate::api::words::{same, word};
use crate::sim::rng::{Purpose, Seed};

/// Whether an image can be pulled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(test, derive(serde::Deserialize, serde::Serialize), serde(rename_all = "kebab-case"))]
pub enum PullOutcome {
    /// It is there.
    #[default]
    Exists,
    /// The repository is there, the tag is not.
    NotFound,
    /// There is no such repository, or it is private.
    Denied,
}

/// How an image behaves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    test,
    derive(serde::Deserialize, serde::Serialize),
    serde(deny_unknown_fields, rename_all = "kebab-case", default)
)]
pub struct Image {
    /// Repositories, in full; `*` at the end stands for anything.
    pub names: Vec<String>,
    /// Only with these tags; empty means any.
    pub tags: Vec<String>,
    /// Only with tags that are none of these releases: words, or versions as [`is_release`] reads them; empty means any.
    pub other_than: Vec<String>,
    /// Its size in megabytes.
    pub size: u64,
    /// Whether it can be pulled.
    pub pull: PullOutcome,
    /// What runs if the pod does not say otherwise.
    pub command: Vec<String>,
    /// Whether it has a shell and the usual tools.
    pub shell: bool,
    /// Whether that shell calls itself bash.
    pub bash: bool,
    /// What it prints when it starts.
    pub log: Vec<String>,
    /// What it prints when it ends by itself.
    pub end_log: Vec<String>,
    /// Ports that answer.
    pub ports: Vec<u16>,
    /// Whether what listens there speaks gRPC and tells of its health.
    pub grpc: bool,
    /// What it answers; `{hostname}` is replaced.
    pub body: String,
    /// The folder whose files it serves; what is not there it answers with 404. Empty: it answers every path alike.
    pub web_root: String,
    /// How many requests it answers well before it answers 500.
    pub good_requests: Option<u32>,
    /// For how many seconds it answers well before it answers 500.
    pub good_seconds: Option<i64>,
    /// A line it prints for each request; `{peer}` is replaced.
    pub request_log: String,
    /// After how many seconds it ends by itself.
    pub run_seconds: Option<i64>,
    /// With what exit code.
    pub exit_code: i64,
    /// A line it prints again and again, and every how many seconds.
    pub tick_log: String,
    /// Seconds between those lines.
    pub tick_seconds: i64,
    /// How many thousandths of a processor it keeps busy.
    pub cpu: u32,
    /// How many megabytes of memory it needs; where none are named, a part of its size.
    pub memory: u32,
    /// Whether it ends when it is asked to (SIGTERM), and with what code; otherwise it must be killed.
    pub term_code: Option<i64>,
    /// Whether it uses processors and memory as its arguments say.
    pub stress: super::process::stress::Program,
    /// What it says where it may not write, and ends: lines with the path in quotes; `{error}` is replaced.
    pub must_write: Vec<String>,
    /// How many lines it prints before that.
    pub must_write_after: usize,
}

impl Image {
    fn from_value(value: &Value) -> Self {
        let text = |key: &str| value.str_at(key).unwrap_or_default().to_owned();
        let number = |key: &str| value.i64_at(key).unwrap_or_default();
        let words = |key: &str| -> Vec<String> {
            value.items_at(key).iter().filter_map(Value::as_str).map(str::to_owned).collect()
        };
        let ports = value.items_at("ports").iter().filter_map(Value::as_i64);
        Self {
            names: words("names"),
            tags: words("tags"),
            other_than: words("other-than"),
            size: number("size").unsigned_abs(),
            pull: match value.str_at("pull") {
                Some("not-found") => PullOutcome::NotFound,
                Some("denied") => PullOutcome::Denied,
                _ => PullOutcome::Exists,
            },
            command: words("command"),
            shell: value.bool_at("shell") == Some(true),
            bash: value.bool_at("bash") == Some(true),
            log: words("log"),
            end_log: words("end-log"),
            ports: ports.filter_map(|port| u16::try_from(port).ok()).collect(),
            grpc: value.bool_at("grpc") == Some(true),
            body: text("body"),
            web_root: text("web-root"),
            good_requests: value
                .i64_at("good-requests")
                .and_then(|count| u32::try_from(count).ok()),
            good_seconds: value.i64_at("good-seconds"),
            request_log: text("request-log"),
            run_seconds: value.i64_at("run-seconds"),
            exit_code: number("exit-code"),
            tick_log: text("tick-log"),
            tick_seconds: number("tick-seconds"),
            cpu: u32::try_from(number("cpu")).unwrap_or(0),
            memory: u32::try_from(number("memory")).unwrap_or(0),
            term_code: value.i64_at("term-code"),
            stress: match value.str_at("stress") {
                Some("stress") => super::process::stress::Program::Stress,
                Some("vish-stress") => super::process::stress::Program::VishStress,
                _ => super::process::stress::Program::None,
            },
            must_write: words("must-write"),
            must_write_after: usize::try_from(number("must-write-after")).unwrap_or(0),
        }
    }

    /// Its size in bytes under a full name: the catalogue has whole megabytes, the odd bytes are drawn.
    pub fn bytes(&self, full: &str, seed: Seed) -> u64 {
        self.size * 1_000_000 + seed.draw(Purpose::Id, full, 0) % 1_000_000
    }
}

/// An image reference, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// `docker.io/library/nginx`
    pub repository: String,
    /// `latest` if none is written.
    pub tag: String,
}

impl Reference {
    /// Reads an image reference as containerd does.
    ///
    /// # Errors
    /// The runtime's words.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = |detail: &str| {
            let tail = if detail.is_empty() { String::new() } else { format!(": {detail}") };
            format!("couldn't parse image name \"{text}\": invalid reference format{tail}")
        };
        let (rest, digest) =
            text.split_once('@').map_or((text, None), |(rest, digest)| (rest, Some(digest)));
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let tag = digest.or(tag).unwrap_or("latest");
        if name.bytes().any(|letter| letter.is_ascii_uppercase())
            && !name.split('/').next().is_some_and(|host| host.contains('.'))
        {
            return Err(wrong("repository name must be lowercase"));
        }
        let good = |text: &str| {
            let letter = |byte| matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'.' | b'_' | b'-' | b':');
            !text.is_empty() && text.bytes().all(letter)
        };
        let part = |part: &str| {
            good(part) && part.starts_with(|letter: char| letter.is_ascii_alphanumeric())
        };
        let (first, path) = match name.split_once('/') {
            Some((first, path)) => (Some(first), path),
            None => (None, name),
        };
        if name.is_empty() || !name.split('/').all(part) || !good(tag) || path.contains(':') {
            return Err(wrong(""));
        }
        let repository = match first {
            Some(host) if host.contains(['.', ':']) || host == "localhost" => name.to_owned(),
            Some(_) => ["docker.io/", name].concat(),
            None => ["docker.io/library/", name].concat(),
        };
        Ok(Self { repository, tag: tag.to_owned() })
    }

    /// The reference by the digest of what it stands for, which the seed makes up.
    pub fn digest(&self, seed: Seed) -> String {
        [&self.repository, "@sha256:", &seed.hex(&self.full(), 0, 64)].concat()
    }

    /// The whole reference.
    pub fn full(&self) -> String {
        let separator = if self.tag.contains(':') { "@" } else { ":" };
        [&self.repository, separator, &self.tag].concat()
    }
}

/// An image as a container names it, looked up: on its way to a process it is asked for again and again.
#[derive(Clone, Debug)]
pub struct Named {
    /// As it is written.
    text: Rc<str>,
    /// The same, taken apart.
    pub reference: Reference,
    /// The whole reference.
    pub full: Rc<str>,
    /// How it behaves.
    pub image: Rc<Image>,
    /// Its digest, and the seed that made it up.
    digest: OnceCell<(Seed, Rc<str>)>,
}

thread_local! {
    /// The images that were looked up last, the newest first: what runs again and again names the same few.
    static LOOKED_UP: RefCell<VecDeque<Rc<Named>>> = const { RefCell::new(VecDeque::new()) };
}

/// So many are at hand.
const AT_HAND: usize = 8;

impl Named {
    /// Looks an image up.
    ///
    /// # Errors
    /// As [`Reference::parse`].
    pub fn look_up(text: &Rc<str>) -> Result<Rc<Self>, String> {
        LOOKED_UP.with_borrow_mut(|known| {
            if let Some(named) = known.iter().find(|named| same(&named.text, text)) {
                return Ok(Rc::clone(named));
            }
            let reference = Reference::parse(text)?;
            let (full, image) = (word(&reference.full()), find(&reference));
            let text = Rc::clone(text);
            let named = Rc::new(Self { text, reference, full, image, digest: OnceCell::new() });
            known.truncate(AT_HAND - 1);
            known.push_front(Rc::clone(&named));
            Ok(named)
        })
    }

    /// The reference by the digest, as [`Reference::digest`] makes it up.
    pub fn digest(&self, seed: Seed) -> Rc<str> {
        let digest = || word(&self.reference.digest(seed));
        let (of, known) = self.digest.get_or_init(|| (seed, digest()));
        if *of == seed { Rc::clone(known) } else { digest() }
    }

    /// The image that a container names by now: mostly still this one.
    ///
    /// # Errors
    /// As [`Reference::parse`].
    pub fn or_other(self: Rc<Self>, text: &Rc<str>) -> Result<Rc<Self>, String> {
        if same(&self.text, text) { Ok(self) } else { Self::look_up(text) }
    }
}

thread_local! {
    /// The sheet, read once: it never changes.
    static SHEET: Vec<Rc<Image>> = read();
}

fn read() -> Vec<Rc<Image>> {
    let sheet = Value::from_json(include_str!("../../assets/images.json"));
    debug_assert!(sheet.is_ok(), "assets/images.json: {:?}", sheet.as_ref().err());
    let sheet = sheet.unwrap_or_default();
    sheet.items().iter().map(|image| Rc::new(Image::from_value(image))).collect()
}

/// How an image behaves; well-formed images that nobody knows run as an ordinary server.
pub fn find(reference: &Reference) -> Rc<Image> {
    let repository = reference.repository.as_bytes();
    let matches = |pattern: &String| match pattern.as_bytes() {
        [start @ .., b'*'] => repository.starts_with(start),
        whole => whole == repository,
    };
    let fits = |image: &&Rc<Image>| {
        image.names.iter().any(matches)
            && (image.tags.is_empty() || image.tags.contains(&reference.tag))
            && (image.other_than.is_empty() || !is_release(&reference.tag, &image.other_than))
    };
    let found = SHEET.with(|sheet| sheet.iter().find(fits).cloned());
    found.unwrap_or_else(|| {
        Rc::new(Image {
            size: 80,
            shell: true,
            command: vec!["/app".into()],
            log: vec![format!(
                "{}: not in Podyard's catalogue, runs as an ordinary server",
                reference.full()
            )],
            ports: vec![80, 8080],
            grpc: true,
            body: "OK\n".into(),
            term_code: Some(0),
            ..Image::default()
        })
    })
}

/// Variants that a tag may name, alone or after a release; a version may follow them: `alpine3.22`.
const VARIANTS: [&str; 36] = [
    "alpine",
    "bionic",
    "bookworm",
    "bullseye",
    "buster",
    "debian",
    "fpm",
    "focal",
    "glibc",
    "jammy",
    "jessie",
    "ltsc",
    "management",
    "musl",
    "nanoserver",
    "noble",
    "oracle",
    "oraclelinux",
    "otel",
    "perl",
    "precise",
    "questing",
    "rc",
    "resolute",
    "slim",
    "stretch",
    "threaded",
    "trixie",
    "trusty",
    "ubi",
    "ubuntu",
    "uclibc",
    "unprivileged",
    "wheezy",
    "windowsservercore",
    "xenial",
];

/// Whether a tag is one of the releases: a word stands for itself; `1.39` for 1 and 1.0 to 1.39, with a third number
/// or without; `4-30` for those and all between, with any second number; `3-8.19` for both. Digests are always some.
fn is_release(tag: &str, releases: &[String]) -> bool {
    if tag.contains(':') {
        return true;
    }
    let variant = |part: &str| {
        let word = part.trim_end_matches(|letter: char| letter.is_ascii_digit() || letter == '.');
        VARIANTS.contains(&word)
    };
    let (first, rest) = tag.split_once('-').unwrap_or((tag, ""));
    let named = releases.iter().any(|one| one == first && one.starts_with(char::is_alphabetic))
        || variant(first)
        || is_version(first, releases);
    named && rest.split('-').all(|part| part.is_empty() || variant(part))
}

/// Whether a text is one of the versions.
fn is_version(text: &str, releases: &[String]) -> bool {
    let numbers: Option<Vec<u32>> = text.split('.').map(|part| part.parse().ok()).collect();
    let Some(numbers) = numbers else { return false };
    let (major, minor, patch) = match numbers.as_slice() {
        [major] => (*major, 0, 0),
        [major, minor] => (*major, *minor, 0),
        [major, minor, patch] => (*major, *minor, *patch),
        _ => return false,
    };
    let within = |release: &String| {
        let (majors, most) = release.split_once('.').unwrap_or((release, "99"));
        let (from, to) = majors.split_once('-').unwrap_or((majors, majors));
        let number = |text: &str| text.parse::<u32>().ok();
        let (Some(from), Some(to), Some(most)) = (number(from), number(to), number(most)) else {
            return false;
        };
        (from..=to).contains(&major) && minor <= most && patch <= 99
    };
    releases.iter().any(within)
}

/// What the runtime says when a pull fails.
pub fn pull_error(reference: &Reference, outcome: PullOutcome) -> String {
    let full = reference.full();
    let head = format!(
        "failed to pull and unpack image \"{full}\": failed to resolve reference \"{full}\""
    );
    match outcome {
        PullOutcome::Denied => format!(
            "rpc error: code = Unknown desc = {head}: pull access denied, repository does not exist or may require \
             authorization: server message: insufficient_scope: authorization failed"
        ),
        _ => format!("rpc error: code = NotFound desc = {head}: {full}: not found"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever asked before and for what: an image is what its name says, its digest what the seed makes up.
    #[test]
    fn images_at_hand_are_those_that_would_be_looked_up() {
        for round in 0..3 {
            for number in 0..2 * AT_HAND {
                let text: Rc<str> = format!("nginx:1.{number}").into();
                let named = Named::look_up(&text).unwrap();
                let reference = Reference::parse(&text).unwrap();
                assert_eq!((&*named.full, &named.reference), (&*reference.full(), &reference));
                assert_eq!(named.image, find(&reference));
                for seed in [Seed(round), Seed(7)] {
                    assert_eq!(*named.digest(seed), *reference.digest(seed));
                }
            }
            assert!(Named::look_up(&"Nginx".into()).is_err());
        }
    }

    /// `UPDATE_EXPECT=1` writes the JSON anew.
    #[test]
    #[cfg(not(target_arch = "wasm32"))] // what it needs is there on the host only
    fn the_program_carries_what_the_sheet_says() {
        #[derive(serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Sheet {
            images: Vec<Image>,
        }
        let sheet: Sheet =
            serde_yaml::from_str(include_str!("../../assets/images.yaml")).expect("the sheet");
        let default = serde_json::to_value(Image::default()).unwrap();
        let lines = sheet.images.iter().map(|image| {
            let mut value = serde_json::to_value(image).unwrap();
            value.as_object_mut().unwrap().retain(|key, value| default[key] != *value);
            value.to_string()
        });
        let text = format!("[\n{}\n]\n", lines.collect::<Vec<_>>().join(",\n"));
        expect_test::expect_file!["../../assets/images.json"].assert_eq(&text);
        assert_eq!(read().iter().map(|one| Image::clone(one)).collect::<Vec<_>>(), sheet.images);
    }

    #[test]
    fn references_read_as_containerd_reads_them() {
        let full = |text: &str| Reference::parse(text).map(|reference| reference.full());
        assert_eq!(full("nginx").as_deref(), Ok("docker.io/library/nginx:latest"));
        assert_eq!(full("luksa/kubia:v2").as_deref(), Ok("docker.io/luksa/kubia:v2"));
        assert_eq!(full("registry.k8s.io/pause:3.10").as_deref(), Ok("registry.k8s.io/pause:3.10"));
        assert_eq!(full("localhost:5000/a/b").as_deref(), Ok("localhost:5000/a/b:latest"));
        let wrong = "couldn't parse image name \"Nginx\": invalid reference format: repository name must be lowercase";
        assert_eq!(full("Nginx").unwrap_err(), wrong);
        assert!(full("a::b").is_err() && full("").is_err());
    }

    #[test]
    fn the_sheet_reads_and_knows_the_images_of_the_notes() {
        let find = |text: &str| find(&Reference::parse(text).unwrap());
        assert_eq!(find("luksa/kubia-unhealthy").good_requests, Some(5));
        assert_eq!(find("luksa/batch-job").run_seconds, Some(120));
        assert_eq!(find("luksa/batch-jo").pull, PullOutcome::Denied);
        assert_eq!(find("nginx:doesnotexist").pull, PullOutcome::NotFound);
        assert!(find("busybox:1.37").shell);
        assert_eq!(find("example.com/mine:1").pull, PullOutcome::Exists);
    }

    #[test]
    fn well_known_images_have_the_tags_that_they_have() {
        let pull = |text: &str| find(&Reference::parse(text).unwrap()).pull;
        for there in [
            "nginx",
            "nginx:1",
            "nginx:1.7.9",
            "nginx:1.14.2",
            "nginx:1.16.1",
            "nginx:1.29",
            "nginx:1.29.3-alpine3.22-slim",
            "nginx:alpine",
            "nginx:stable-perl",
            "nginx@sha256:54ed2e75e9b97960e3935cb3e222880292a41efbad6434933dc56affd1ad5a16",
            "busybox:1.28",
            "busybox:1.36.1-musl",
            "perl:5.34.0",
            "ubuntu:24.04",
            "debian:bookworm-slim",
            "node:20-alpine",
            "python:3.13-slim-bookworm",
            "redis:8",
            "postgres:16.4",
            "rabbitmq:3-management",
            "nginxinc/nginx-unprivileged:1.161",
            "quay.io/mine/nginx:1.161",
            "mine:1.161",
        ] {
            assert_eq!(pull(there), PullOutcome::Exists, "{there}");
        }
        for missing in [
            "nginx:1.161",
            "nginx:1.277",
            "nginx:99.99.99",
            "nginx:2",
            "nginx:1.2.3.4",
            "nginx:v1.27",
            "nginx:no-such",
            "nginx:1.27-nope",
            "nginx:lates",
            "docker.io/library/nginx:1.161",
            "busybox:2",
            "perl:6",
            "ubuntu:24.44",
            "node:99",
            "redis:9.1",
            "httpd:3",
        ] {
            assert_eq!(pull(missing), PullOutcome::NotFound, "{missing}");
        }
    }

    #[test]
    fn nginx_answers_on_the_port_of_its_image() {
        let ports = |text: &str| find(&Reference::parse(text).unwrap()).ports.clone();
        assert_eq!(ports("nginx:1.29"), [80]);
        assert_eq!(ports("nginxinc/nginx-unprivileged"), [8080]);
        assert_eq!(ports("bitnami/nginx"), [8080]);
    }
}
