//! After an error: one quiet sentence in plain words, and the line that mends it. What went wrong is read from
//! kubectl's own words, so that every way to an error is explained alike.

use super::process::{Io, Output, Process, Turn};
use super::{Stream, Terminal, kubectl, tools};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::cluster::Cluster;
use crate::language::Text;

/// A sentence, and the line that mends it where there is one.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Hint {
    text: Text,
    fix: Option<String>,
}

/// A command whose failure is explained.
#[derive(Debug)]
pub(super) struct Explained {
    inner: Box<dyn Process>,
    argv: Vec<String>,
    said: String,
    /// Whether the command explained itself.
    told: bool,
}

impl Explained {
    pub(super) fn new(argv: Vec<String>, inner: Box<dyn Process>, before: &Output) -> Self {
        let mut new = Self { inner, argv, said: String::new(), told: false };
        new.listen(before);
        new
    }

    fn listen(&mut self, output: &Output) {
        for (stream, text) in &output.chunks {
            match stream {
                Stream::Err => self.said.push_str(text),
                Stream::Explain => self.told = true,
                Stream::Out | Stream::Fix => {}
            }
        }
        // Whoever talks for hours is not explained.
        if self.said.len() > 16_384 {
            self.said.clear();
        }
    }
}

impl Process for Explained {
    fn poll(&mut self, io: &mut Io<'_>) -> Turn {
        let mut output = Output::default();
        let mut own = std::mem::take(io.input);
        let turn = self.inner.poll(&mut io.with(&mut own, &mut output).deeper());
        *io.input = own;
        self.listen(&output);
        io.output.append(output);
        if let Turn::Done(status) = turn
            && status != 0
            && status != 130
            && let Some(hint) = explain(&self.argv, &self.said, io.cluster, io.terminal)
        {
            if !self.told {
                let words = hint.text.render(io.terminal.language);
                io.output.push(Stream::Explain, &format!("{words}\n"));
            }
            if let Some(fix) = hint.fix {
                io.output.push(Stream::Fix, &format!("{fix}\n"));
            }
        }
        turn
    }
}

/// Explains what a command said on standard error.
fn explain(argv: &[String], said: &str, cluster: &Cluster, terminal: &Terminal) -> Option<Hint> {
    let case = Case { argv, said, cluster, terminal };
    if argv.first().is_none_or(|name| name != "kubectl" && name != "k") {
        return case.shell();
    }
    case.words()
        .or_else(|| case.flags())
        .or_else(|| case.logs())
        .or_else(|| case.objects())
        .or_else(|| case.refusals())
}

/// What went wrong.
#[derive(Clone, Copy)]
struct Case<'a> {
    argv: &'a [String],
    said: &'a str,
    cluster: &'a Cluster,
    terminal: &'a Terminal,
}

impl<'a> Case<'a> {
    /// What stands between two pieces of what was said.
    fn between(&self, before: &str, after: &str) -> Option<&'a str> {
        let (_, rest) = self.said.split_once(before)?;
        rest.split_once(after).map(|(found, _)| found)
    }

    fn says(&self, words: &str) -> bool {
        self.said.contains(words)
    }

    /// The line with one word in place of another.
    fn replaced(&self, word: &str, by: &str) -> Option<String> {
        let at = self.argv.iter().position(|one| one == word)?;
        let mut words = self.argv.to_vec();
        by.clone_into(words.get_mut(at)?);
        Some(kubectl::quoted(&words))
    }

    /// The line with words behind its others, before `--`.
    fn with(&self, more: &[&str]) -> String {
        let end = self.argv.iter().position(|word| word == "--").unwrap_or(self.argv.len());
        let (head, tail) = self.argv.split_at_checked(end).unwrap_or((self.argv, &[]));
        let mut words = head.to_vec();
        words.extend(more.iter().map(|word| (*word).to_owned()));
        words.extend(tail.iter().cloned());
        kubectl::quoted(&words)
    }

    /// The file of `-f`.
    fn file(&self) -> Option<&'a str> {
        let at = self.argv.iter().position(|word| word == "-f" || word == "--filename")?;
        self.argv.get(at + 1).map(String::as_str).filter(|file| *file != "-")
    }

    fn verb(&self) -> &'a str {
        let verbs = self.argv.iter().skip(1).find(|word| !word.starts_with('-'));
        verbs.map_or("", String::as_str)
    }

    /// The words behind the verb that are no flags, as far as one can tell.
    fn operands(&self) -> impl Iterator<Item = &'a String> {
        let verb = self.verb();
        self.argv.iter().skip(1).filter(move |word| !word.starts_with('-') && *word != verb)
    }

    fn namespace(&self) -> std::rc::Rc<str> {
        let at = self.argv.iter().position(|word| word == "-n" || word == "--namespace");
        let given = at.and_then(|at| self.argv.get(at + 1)).map(|name| name.as_str().into());
        let joined = self.argv.iter().find_map(|word| word.strip_prefix("--namespace="));
        given.or_else(|| joined.map(Into::into)).unwrap_or_else(|| self.terminal.namespace())
    }

    // ---- a command of the shell ----

    fn shell(&self) -> Option<Hint> {
        let name = self.between("bash: ", ": command not found")?;
        let known = tools::NAMES.iter().copied().chain(["yard"]);
        match name {
            "helm" | "minikube" | "kind" | "docker" | "podman" | "curl" | "wget" | "ssh"
            | "git" | "apt" | "brew" | "python" | "kubeadm" | "crictl" | "k9s" | "kustomize" => {
                Some(hint(Text::new("hint.no-tool").with("name", name)))
            }
            _ => {
                let near = kubectl::nearest(name, known)?;
                let text = Text::new("hint.no-command").with("found", name).with("wanted", near);
                Some(fixed(text, self.replaced(name, near)))
            }
        }
    }

    // ---- commands and types ----

    fn words(&self) -> Option<Hint> {
        if let Some(found) = self.between("unknown command \"", "\" for \"kubectl\"") {
            return Some(match kubectl::nearest(found, kubectl::COMMANDS) {
                Some(near) => {
                    let text =
                        Text::new("hint.unknown-verb").with("found", found).with("wanted", near);
                    fixed(text, self.replaced(found, near))
                }
                None => {
                    let text = Text::new("hint.no-verb").with("found", found);
                    fixed(text, Some("kubectl --help".into()))
                }
            });
        }
        if let Some(found) = self.between("have a resource type \"", "\"") {
            if ["componentstatuses", "componentstatus", "cs"].contains(&found) {
                let text = Text::new("hint.not-here").with("kind", "componentstatuses");
                return Some(fixed(text, Some("kubectl get pods -n kube-system".into())));
            }
            let near = kubectl::nearest_type(found);
            let typed =
                self.argv.iter().find(|word| word.split(['/', ',', '.']).any(|one| one == found));
            return Some(match (near, typed) {
                (Some(near), Some(typed)) => {
                    let text =
                        Text::new("terminal.unknown-type").with("word", found).with("near", near);
                    fixed(text, self.replaced(typed, &typed.replacen(found, near, 1)))
                }
                _ => {
                    let text = Text::new("hint.no-type").with("word", found);
                    fixed(text, Some("kubectl api-resources".into()))
                }
            });
        }
        if self.says("there is no need to specify a resource type as a separate argument") {
            let typed = self.operands().find(|word| !word.contains('/'))?;
            let rest: Vec<String> =
                self.argv.iter().filter(|word| *word != typed).cloned().collect();
            return Some(fixed(Text::new("hint.mixed-forms"), Some(kubectl::quoted(&rest))));
        }
        if self.says("Required resource not specified")
            || self.says("must specify the type of resource")
        {
            let fix = format!("kubectl {} pods", self.verb());
            return Some(fixed(Text::new("hint.no-resource"), Some(fix)));
        }
        if self.says("must provide one or more resources") {
            return Some(hint(Text::new("hint.no-resource")));
        }
        if self.says("resource(s) were provided, but no name was specified") {
            return Some(hint(Text::new("hint.no-name")));
        }
        if self.says("must specify one of -f and -k") || self.says("Unexpected args: ") {
            let file = self.operands().find(|word| self.terminal.files.contains_key(*word));
            let fix = file.map(|file| format!("kubectl {} -f {file}", self.verb()));
            return Some(fixed(Text::new("hint.no-file-flag"), fix));
        }
        if let Some(path) = self.between("the path \"", "\" does not exist") {
            let files: Vec<&str> = self.terminal.files.keys().map(String::as_str).collect();
            return Some(match kubectl::nearest_of(path, files.iter().copied()) {
                Some(near) => {
                    let text = Text::new("hint.near-file").with("found", path).with("wanted", near);
                    fixed(text, self.replaced(path, near))
                }
                None if files.is_empty() => hint(Text::new("hint.no-files")),
                None => hint(
                    Text::new("hint.no-file").with("found", path).with("files", files.join(", ")),
                ),
            });
        }
        None
    }

    // ---- flags ----

    fn flags(&self) -> Option<Hint> {
        let flag = self
            .between("unknown flag: ", "\n")
            .or_else(|| self.between("unknown shorthand flag: ", "\n"));
        if let Some(flag) = flag {
            if let Some(name) = flag.strip_prefix("--") {
                let typed = self
                    .argv
                    .iter()
                    .find(|word| word.trim_start_matches('-').split('=').next() == Some(name))?;
                if matches!(name, "generator" | "export" | "record") {
                    let rest: Vec<String> =
                        self.argv.iter().filter(|word| *word != typed).cloned().collect();
                    let text = Text::new("hint.old-flag").with("flag", flag);
                    return Some(fixed(text, Some(kubectl::quoted(&rest))));
                }
                if let Some(near) = kubectl::nearest_flag(self.argv, name) {
                    let text =
                        Text::new("terminal.unknown-flag").with("found", name).with("wanted", near);
                    let fix = self.replaced(typed, &typed.replacen(name, near, 1));
                    return Some(fixed(text, fix));
                }
            }
            let command = kubectl::command_words(self.argv);
            let text = Text::new("hint.no-flag").with("command", &command);
            return Some(fixed(text, Some(format!("kubectl {command} --help"))));
        }
        if let Some(names) = self.between("required flag(s) ", " not set") {
            let value = match names.trim_matches('"') {
                "image" => Some("--image=nginx"),
                "schedule" => Some("--schedule=*/5 * * * *"),
                "replicas" => Some("--replicas=3"),
                _ => None,
            };
            let text = Text::new("hint.required-flag").with("flags", names.replace('"', ""));
            return Some(fixed(text, value.map(|value| self.with(&[value]))));
        }
        if self.says("--replicas=COUNT flag is required") {
            let text = Text::new("hint.required-flag").with("flags", "replicas");
            return Some(fixed(text, Some(self.with(&["--replicas=3"]))));
        }
        if let Some(form) = self.between("suitable for the output format \"", "\"") {
            let forms = ["wide", "yaml", "json", "name", "kyaml", "jsonpath", "custom-columns"];
            let near = kubectl::nearest(form, forms).unwrap_or("wide");
            let typed = self.argv.iter().find(|word| word.ends_with(form))?;
            let text = Text::new("hint.output").with("found", form).with("wanted", near);
            return Some(fixed(text, self.replaced(typed, &typed.replacen(form, near, 1))));
        }
        if self.says("--overwrite is false") {
            return Some(fixed(Text::new("hint.overwrite"), Some(self.with(&["--overwrite"]))));
        }
        if self.says("unable to drain node") {
            return Some(self.drain());
        }
        None
    }

    fn drain(&self) -> Hint {
        let mut more = Vec::new();
        for (words, flag) in [
            ("--ignore-daemonsets", "--ignore-daemonsets"),
            ("--delete-emptydir-data", "--delete-emptydir-data"),
            ("use --force", "--force"),
        ] {
            if self.says(words) && !self.argv.iter().any(|word| word == flag) {
                more.push(flag);
            }
        }
        fixed(Text::new("hint.drain").with("flags", more.join(" ")), Some(self.with(&more)))
    }

    // ---- logs ----

    fn logs(&self) -> Option<Hint> {
        if let Some(rest) = self.between("\" in pod \"", "\n") {
            let (pod, reason) = rest.split_once("\" ")?;
            let key = if reason.starts_with("is waiting to start") {
                "hint.waiting"
            } else {
                "hint.no-previous"
            };
            let fix = format!("kubectl describe pod {pod}");
            return Some(fixed(Text::new(key).with("pod", pod), Some(fix)));
        }
        if let Some(name) = self.between("container ", " is not valid for pod ") {
            let pod = self.between(" is not valid for pod ", "\n")?;
            let key = ObjectKey::new(self.namespace(), pod);
            let pod = self.cluster.store().pods().get(&key)?;
            let names: Vec<&str> = pod.spec.containers.iter().map(|one| &*one.name).collect();
            let near =
                kubectl::nearest_of(name, names.iter().copied()).or(names.first().copied())?;
            let text = Text::new("hint.containers").with("names", names.join(", "));
            return Some(fixed(text, self.replaced(name, near)));
        }
        None
    }

    // ---- objects ----

    fn objects(&self) -> Option<Hint> {
        if self.says("the server could not find the requested resource") {
            return self.scaled();
        }
        if let Some((resource, name)) = self.object("\" not found") {
            return Some(self.missing(resource, name));
        }
        if let Some((resource, name)) = self.object("\" already exists") {
            return Some(self.exists(resource, name));
        }
        None
    }

    /// `pods "web" not found`: the resource and the name before some words.
    fn object(&self, end: &str) -> Option<(&'a str, &'a str)> {
        let (head, _) = self.said.split_once(end)?;
        let (head, name) = head.rsplit_once(" \"")?;
        Some((head.rsplit(|letter: char| letter.is_whitespace()).next()?, name))
    }

    fn missing(&self, resource: &str, name: &str) -> Hint {
        let Some(kind) = Kind::from_word(resource) else {
            return hint(Text::new("hint.no-object").with("name", name).with("kind", resource));
        };
        let own = self.namespace();
        if kind == Kind::Namespace {
            let text = Text::new("hint.no-namespace").with("name", name);
            return fixed(text, Some(format!("kubectl create namespace {name}")));
        }
        let all = self.cluster.store().list(kind, None);
        let here = || all.iter().filter(|one| !kind.namespaced() || one.meta().namespace == own);
        if let Some(object) =
            all.iter().find(|one| *one.meta().name == *name && one.meta().namespace != own)
        {
            let namespace = object.meta().namespace.to_string();
            let text =
                Text::new("terminal.elsewhere").with("name", name).with("namespace", &namespace);
            return fixed(text, Some(self.with(&["-n", &namespace])));
        }
        // `web` where there is `web-7d9c6b8f4-4mzkt`, or a slip of the finger.
        let begins = here().find(|one| {
            one.meta().name.strip_prefix(name).is_some_and(|rest| rest.starts_with('-'))
        });
        let names = here().map(|one| &*one.meta().name);
        let near = begins.map(|one| &*one.meta().name).or_else(|| kubectl::nearest_of(name, names));
        let other = self.same_name(name, kind);
        if let (Some((other, fix)), true) = (&other, begins.is_none()) {
            let text = Text::new("hint.other-kind").with("name", name).with("kind", other.name());
            return fixed(text, fix.clone());
        }
        if let Some(near) = near {
            let text = Text::new("hint.near-name").with("found", name).with("wanted", near);
            return fixed(text, self.renamed(name, near));
        }
        let scope = if kind.namespaced() { format!(" -n {own}") } else { String::new() };
        let scope = if *own == *self.terminal.namespace() { String::new() } else { scope };
        let plural = kind.info().plural;
        let text = Text::new("hint.no-object").with("name", name).with("kind", kind.name());
        fixed(text, Some(format!("kubectl get {plural}{scope}")))
    }

    /// An object of another kind with this name, and the line for it.
    fn same_name(&self, name: &str, not: Kind) -> Option<(Kind, Option<String>)> {
        const LIKELY: [Kind; 8] = [
            Kind::Deployment,
            Kind::DaemonSet,
            Kind::Job,
            Kind::CronJob,
            Kind::ReplicationController,
            Kind::ReplicaSet,
            Kind::Service,
            Kind::Pod,
        ];
        let key = ObjectKey::new(self.namespace(), name);
        let found = LIKELY
            .into_iter()
            .find(|kind| *kind != not && self.cluster.store().get(*kind, &key).is_some())?;
        let word = found.name().to_lowercase();
        let verb = self.verb();
        let fix = match verb {
            "logs" | "exec" => self.replaced(name, &format!("{word}/{name}")),
            _ => {
                let typed = self.operands().find(|word| Kind::from_word(word) == Some(not));
                typed.and_then(|typed| self.replaced(typed, &word)).or_else(|| {
                    let typed = self.operands().find(|word| word.ends_with(&format!("/{name}")))?;
                    self.replaced(typed, &format!("{word}/{name}"))
                })
            }
        };
        Some((found, fix))
    }

    /// The line with another name, alone or behind `TYPE/`.
    fn renamed(&self, name: &str, by: &str) -> Option<String> {
        self.replaced(name, by).or_else(|| {
            let typed = self.argv.iter().find(|word| word.ends_with(&format!("/{name}")))?;
            let kind = typed.split('/').next().unwrap_or_default();
            self.replaced(typed, &format!("{kind}/{by}"))
        })
    }

    fn exists(&self, resource: &str, name: &str) -> Hint {
        let kind = Kind::from_word(resource).map_or(resource, |kind| kind.name());
        let text = Text::new("hint.exists").with("name", name).with("kind", kind);
        match (self.verb(), self.file()) {
            ("create", Some(file)) => {
                let text = Text::new("hint.exists-apply").with("name", name).with("kind", kind);
                fixed(text, Some(format!("kubectl apply -f {file}")))
            }
            _ => fixed(text, Some(format!("kubectl get {} {name}", kind.to_lowercase()))),
        }
    }

    /// `scale` of something that has no replicas.
    fn scaled(&self) -> Option<Hint> {
        let words: Vec<&str> = self.operands().flat_map(|word| word.split('/')).collect();
        let (kind, name) = words
            .iter()
            .zip(words.iter().skip(1))
            .find_map(|(kind, name)| Some((Kind::from_word(kind)?, *name)))?;
        let count =
            self.argv.iter().find_map(|word| word.strip_prefix("--replicas=")).or_else(|| {
                let at = self.argv.iter().position(|word| word == "--replicas")?;
                self.argv.get(at + 1).map(String::as_str)
            });
        let count: u32 = count.and_then(|count| count.parse().ok()).unwrap_or(3);
        match kind {
            Kind::Job => {
                let patch = format!("{{\"spec\":{{\"parallelism\":{count}}}}}");
                let fix = format!("kubectl patch job {name} -p '{patch}'");
                Some(fixed(Text::new("hint.scale-job"), Some(fix)))
            }
            Kind::DaemonSet => Some(hint(Text::new("hint.scale-daemonset"))),
            kind => Some(hint(Text::new("hint.scale-other").with("kind", kind.name()))),
        }
    }

    // ---- what the server and the containers refuse ----

    fn refusals(&self) -> Option<Hint> {
        let replace = || self.file().map(|file| format!("kubectl replace --force -f {file}"));
        if self.says("field is immutable")
            || self.says("pod updates may not change fields other than")
        {
            return Some(fixed(Text::new("hint.immutable"), replace()));
        }
        if self.says("you must specify at least one command for the container") {
            let pod = self.operands().next()?;
            return Some(fixed(
                Text::new("hint.exec-shell"),
                Some(format!("kubectl exec -it {pod} -- sh")),
            ));
        }
        if self.says("is not supported anymore. Use exec [POD] -- [COMMAND] instead") {
            let at = self.argv.iter().position(|word| Some(word) == self.operands().next())?;
            let (head, tail) = self.argv.split_at_checked(at + 1)?;
            let fix = format!("{} -- {}", kubectl::quoted(head), kubectl::quoted(tail));
            let text = Text::new("terminal.exec-dashes").with("command", kubectl::quoted(tail));
            return Some(fixed(text, Some(fix)));
        }
        if let Some(name) = self.between("unable to find container named \"", "\"") {
            let typed = self.argv.iter().find(|word| word.starts_with(&format!("{name}=")))?;
            let near = self.template_container()?;
            let text = Text::new("hint.containers").with("names", &near);
            return Some(fixed(text, self.replaced(typed, &typed.replacen(name, &near, 1))));
        }
        if self.says("timed out waiting for the condition on ") {
            let what = self.between("timed out waiting for the condition on ", "\n")?;
            let fix = format!("kubectl describe {}", what.replacen("s/", "/", 1));
            return Some(fixed(Text::new("hint.timed-out"), Some(fix)));
        }
        if self.says("regex used for validation is '[a-z0-9]") {
            let typed = self
                .operands()
                .last()
                .filter(|word| word.chars().any(char::is_uppercase) || word.contains('_'));
            let fix = typed.and_then(|typed| {
                let good = typed.to_lowercase().replace('_', "-");
                self.replaced(typed, &good)
            });
            return Some(fixed(Text::new("hint.name"), fix));
        }
        if self.says("(Conflict)") {
            return Some(hint(Text::new("hint.conflict")));
        }
        if let Some(words) = self.between("See '", " -h' for help") {
            return Some(fixed(Text::new("hint.usage"), Some(format!("{words} --help"))));
        }
        if self.says("that match label selector") {
            return Some(hint(Text::new("hint.selector")));
        }
        if self.says("command terminated with exit code 127") {
            return Some(hint(Text::new("hint.not-in-image")));
        }
        if self.says("executable file not found") {
            return Some(hint(Text::new("hint.not-in-image")));
        }
        None
    }

    /// The first container of the workload that the words name.
    fn template_container(&self) -> Option<String> {
        let words: Vec<&str> = self.operands().flat_map(|word| word.split('/')).collect();
        let (kind, name) = words
            .iter()
            .zip(words.iter().skip(1))
            .find_map(|(kind, name)| Some((Kind::from_word(kind)?, *name)))?;
        let object = self.cluster.store().get(kind, &ObjectKey::new(self.namespace(), name))?;
        let value = object.to_value();
        let template = value.at(&["spec", "template", "spec"]).or_else(|| value.get("spec"))?;
        template.items_at("containers").first()?.str_at("name").map(str::to_owned)
    }
}

const fn hint(text: Text) -> Hint {
    Hint { text, fix: None }
}

const fn fixed(text: Text, fix: Option<String>) -> Hint {
    Hint { text, fix }
}

#[cfg(test)]
mod tests;
