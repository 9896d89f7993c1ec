//! A file to decoded documents: what kubectl and the API server would do with each, in their order and words.
//!
//! Follows `k8s.io/cli-runtime/pkg/resource` (visitor.go, mapper.go, metadata_decoder.go) and kubectl's
//! `pkg/validation` for what is refused before anything is sent, and the create handler of
//! `k8s.io/apiserver` for what is refused by strict decoding.

use std::rc::Rc;

use super::decode::{self, Findings, TypeError};
use super::diagnostic::{Diagnostic, Span};
use super::json;
use super::rules;
use super::source::{Chunk, Source};
use super::tree::{NodeData, NodeId, Place, Tree, steps};
use super::yaml::{self, SyntaxError, TOO_MANY_NODES};
use crate::api::error::{FieldError, go_quote};
use crate::api::kind::Kind;
use crate::api::schema::Schema;
use crate::api::value::Value;
use crate::sim::order::Order as _;

/// A document of a file, as far as it could be understood.
#[derive(Clone, Debug)]
pub struct Decoded {
    /// Its kind, if the cluster serves it.
    pub kind: Option<Kind>,
    /// What kubectl sends: every field as written, the last of equal keys.
    pub raw: Value,
    /// What the server takes: fields of the schema in their types, without defaults.
    pub value: Value,
    /// Where its parts stand.
    pub places: Places,
    /// Everything there is to say about it.
    pub diagnostics: Vec<Diagnostic>,
    /// Why kubectl or the server turns it down, before validation.
    pub refusal: Option<Refusal>,
}

/// Why a document is turned down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// kubectl cannot read it or does not accept it, and reads no further in this file.
    /// The words behind `error: `.
    File(String),
    /// kubectl cannot use this document, and goes on with the next. The words behind `error: `.
    Document(String),
    /// The object is too large for the cluster. The words behind `Error from server: error when creating FILE: `.
    TooLarge(String),
    /// The server answers `BadRequest`. Its words, without what kubectl puts before:
    /// `Pod in version "v1" cannot be handled as a Pod: strict decoding error: …`.
    BadRequest {
        /// The words.
        message: String,
        /// With `--validate=warn` these are warnings, with `--validate=false` nothing; empty if the
        /// document cannot be decoded at all.
        strict: Vec<String>,
    },
}

impl Refusal {
    /// The whole line as `kubectl create -f FILE` prints it, and `kubectl apply` for a new object.
    pub fn line(&self, file_name: &str) -> String {
        match self {
            Self::File(words) | Self::Document(words) => format!("error: {words}"),
            Self::TooLarge(words) => {
                let file = go_quote(file_name);
                format!("Error from server: error when creating {file}: {words}")
            }
            Self::BadRequest { message, .. } => {
                let file = go_quote(file_name);
                format!("Error from server (BadRequest): error when creating {file}: {message}")
            }
        }
    }

    /// Whether kubectl reads no further in this file.
    pub const fn stops_file(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

/// Where the parts of a document stand in its file.
#[derive(Clone, Debug)]
pub struct Places {
    pub(super) source: Rc<Source>,
    pub(super) tree: Rc<Tree>,
    /// The document's own node: of a list, the item's.
    pub(super) root: Option<NodeId>,
    /// From and to where in the file the document goes.
    pub(super) bounds: (usize, usize),
}

impl Places {
    /// The token to point at for a field path such as `spec.containers[0].name`: the value of a plain
    /// field, the key of one with parts, or of the nearest parent if the field is missing.
    pub fn span(&self, path: &str) -> Span {
        let steps = steps(path);
        let place = self.follow(path);
        let reached = place.steps == steps.len();
        let token = match (place.key, place.node) {
            (_, Some(node)) if reached && self.is_scalar(node) => node,
            (Some(key), _) => key,
            (None, Some(node)) => self.first_key(node).unwrap_or(node),
            (None, None) => return self.start(),
        };
        self.node_span(token)
    }

    /// The key of the field at `path`, if it is there.
    pub fn key(&self, path: &str) -> Option<Span> {
        let place = self.follow(path);
        let reached = place.steps == steps(path).len();
        place.key.filter(|_| reached).map(|key| self.node_span(key))
    }

    /// The value of the field at `path`, if it is there.
    pub fn value(&self, path: &str) -> Option<Span> {
        let place = self.follow(path);
        let reached = place.steps == steps(path).len();
        place.node.filter(|_| reached).map(|node| self.node_span(node))
    }

    /// The whole document.
    pub fn whole(&self) -> Span {
        self.source.span(self.bounds.0, self.bounds.1)
    }

    /// The file.
    pub fn source(&self) -> &Source {
        &self.source
    }

    /// The deepest field path that contains byte `offset`, and whether it is on the key.
    pub fn path_at(&self, offset: usize) -> Option<(String, bool)> {
        self.tree.path_at(self.root?, offset)
    }

    /// The first word of the document.
    pub(super) fn start(&self) -> Span {
        let first = self.root.and_then(|root| self.first_key(root)).or(self.root);
        match first {
            Some(id) => self.node_span(id),
            None => self.source.span(self.bounds.0, self.bounds.0),
        }
    }

    pub(super) fn follow(&self, path: &str) -> Place {
        self.tree.follow_from(self.root, &steps(path))
    }

    pub(super) fn node_span(&self, id: NodeId) -> Span {
        let (from, to) = self.tree.node(id).map_or(self.bounds, |node| (node.from, node.to));
        self.source.span(from, to)
    }

    fn is_scalar(&self, id: NodeId) -> bool {
        self.tree.node(id).is_some_and(|node| {
            matches!(node.data, NodeData::Scalar { .. } | NodeData::Alias(_)) && node.to > node.from
        })
    }

    fn first_key(&self, id: NodeId) -> Option<NodeId> {
        self.tree.entries(id).first().map(|entry| entry.0)
    }
}

impl Decoded {
    /// `metadata.name`, empty if there is none.
    pub fn name(&self) -> &str {
        self.raw.at(&["metadata", "name"]).and_then(Value::as_str).unwrap_or("")
    }

    /// `metadata.namespace`, empty if there is none.
    pub fn namespace(&self) -> &str {
        self.raw.at(&["metadata", "namespace"]).and_then(Value::as_str).unwrap_or("")
    }

    /// What the server's validation found, with place, reason and fix.
    pub fn diagnose(&self, errors: &[FieldError]) -> Vec<Diagnostic> {
        errors.iter().map(|error| rules::field_error(self, error)).collect()
    }
}

/// Reads a file: every document in it, in order. A document that cannot be parsed ends the file.
///
/// Documents without content are left out; a `List` becomes its items. What the server would find in
/// validation is among the diagnostics, not in `refusal`: it is decided when the object is created.
pub fn load(file_name: &str, bytes: &[u8]) -> Vec<Decoded> {
    let mut documents = read(file_name, bytes, &Explain::Fully);
    for document in &mut documents {
        let found = rules::check(document);
        document.diagnostics.extend(found);
        document.diagnostics.order_by_key(|one| (one.span.start.offset, one.severity));
    }
    documents
}

/// Who puts what was found into words.
pub(super) enum Explain {
    /// The rules.
    Fully,
    /// Nobody: a rule tries an edit out, and only counts what is left to complain about.
    Trial,
}

impl Explain {
    /// What was found at `span`.
    fn say(&self, span: impl FnOnce() -> Span, rule: impl FnOnce() -> Diagnostic) -> Diagnostic {
        match self {
            Self::Fully => rule(),
            Self::Trial => rules::unexplained(span()),
        }
    }
}

/// The documents without what the rules find in documents that are accepted.
pub(super) fn read(file_name: &str, bytes: &[u8], explain: &Explain) -> Vec<Decoded> {
    let source = Rc::new(Source::new(bytes));
    let mut reader = Reader { file_name, source: &source, explain, documents: Vec::new() };
    let mut from = 0;
    if json::looks_like_json(source.text()) {
        match reader.json_documents() {
            Ok(()) => return reader.documents,
            Err((at, error)) if error.message == TOO_MANY_NODES => {
                reader.too_large((at, source.text().len()));
                return reader.documents;
            }
            Err((at, error)) if reader.documents.len() > 1 => {
                reader.unreadable((at, at), Problem::Json(error));
                return reader.documents;
            }
            // what begins like JSON may still be YAML
            Err((at, error)) => {
                from = at;
                let yaml = source.chunks(from).into_iter().next();
                if yaml.is_none_or(|chunk| yaml::parse(&chunk).is_err()) {
                    reader.unreadable((at, source.text().len()), Problem::Json(error));
                    return reader.documents;
                }
            }
        }
    }
    reader.yaml_documents(from);
    reader.documents
}

/// Why a text could not be parsed.
#[derive(Clone, Debug)]
pub(super) enum Problem {
    Yaml(SyntaxError),
    Json(json::JsonError),
    /// Something else than a comment behind `---`.
    Separator(usize, String),
}

impl Problem {
    /// Where in the file parsing ended.
    pub(super) const fn at(&self) -> usize {
        match self {
            Self::Yaml(error) => error.at,
            Self::Json(error) => error.at,
            Self::Separator(at, _) => *at,
        }
    }

    /// The words behind `error parsing FILE: `.
    fn words(&self) -> String {
        match self {
            Self::Yaml(error) => format!("error converting YAML to JSON: {}", error.message),
            Self::Json(error) => error.message.clone(),
            Self::Separator(_, behind) => format!("invalid Yaml document separator: {behind}"),
        }
    }
}

/// What etcd stores at most, 1.5 MiB: a text that is larger is not even parsed.
const MAX_BYTES: usize = 1_572_864;

struct Reader<'a> {
    file_name: &'a str,
    source: &'a Rc<Source>,
    explain: &'a Explain,
    documents: Vec<Decoded>,
}

impl Reader<'_> {
    /// Reads one JSON value after the other; where the first that is none begins, and why.
    fn json_documents(&mut self) -> Result<(), (usize, json::JsonError)> {
        let mut at = 0;
        if self.source.text().len() > MAX_BYTES {
            self.too_large((0, self.source.text().len()));
            return Ok(());
        }
        while let Some((tree, end)) = json::parse(self.source, at).map_err(|error| (at, error))? {
            self.document(tree, (at, end));
            at = end;
            if self.stopped() {
                break;
            }
        }
        Ok(())
    }

    fn yaml_documents(&mut self, from: usize) {
        for chunk in self.source.chunks(from) {
            if !chunk.text.is_empty() {
                self.yaml_document(&chunk);
            }
            if let (Some((at, behind)), false) = (&chunk.bad_separator, self.stopped()) {
                let end = at + behind.len();
                self.unreadable((*at, end), Problem::Separator(*at, behind.clone()));
            }
            if self.stopped() {
                return;
            }
        }
    }

    fn yaml_document(&mut self, chunk: &Chunk) {
        let bounds = chunk.bounds();
        if chunk.text.len() > MAX_BYTES {
            return self.too_large(bounds);
        }
        if let Some((at, problem)) = self.source.invalid_between(bounds.0, bounds.1) {
            self.unreadable(bounds, Problem::Yaml(SyntaxError::new(problem, at)));
            return;
        }
        match yaml::parse(chunk) {
            Ok(tree) => self.document(tree, bounds),
            Err(error) if error.problem == TOO_MANY_NODES => self.too_large(bounds),
            Err(error) => self.unreadable(bounds, Problem::Yaml(error)),
        }
    }

    /// Whether kubectl has stopped reading.
    fn stopped(&self) -> bool {
        let last = self.documents.last().and_then(|document| document.refusal.as_ref());
        last.is_some_and(Refusal::stops_file)
    }

    fn unreadable(&mut self, bounds: (usize, usize), problem: Problem) {
        let words = problem.words();
        let places =
            Places { source: Rc::clone(self.source), tree: Rc::default(), root: None, bounds };
        let diagnostic = self.explain.say(
            || self.source.span(problem.at(), problem.at()),
            || rules::syntax(&places, &problem, &words),
        );
        self.documents.push(Decoded {
            kind: None,
            raw: Value::Null,
            value: Value::Null,
            places,
            diagnostics: vec![diagnostic],
            refusal: Some(Refusal::File(format!("error parsing {}: {words}", self.file_name))),
        });
    }

    fn too_large(&mut self, bounds: (usize, usize)) {
        const WORDS: &str = "etcdserver: request is too large";
        let places =
            Places { source: Rc::clone(self.source), tree: Rc::default(), root: None, bounds };
        let said = rules::too_large(places.source.span(bounds.0, bounds.0), WORDS);
        self.documents.push(Decoded {
            kind: None,
            raw: Value::Null,
            value: Value::Null,
            places,
            diagnostics: vec![said],
            refusal: Some(Refusal::TooLarge(WORDS.into())),
        });
    }

    fn document(&mut self, tree: Tree, bounds: (usize, usize)) {
        let raw = match yaml::to_value(&tree) {
            Ok(raw) => raw,
            Err(error) => return self.unreadable(bounds, Problem::Yaml(error)),
        };
        if raw.is_null() {
            return;
        }
        let root = tree.root;
        let places = Places { source: Rc::clone(self.source), tree: Rc::new(tree), root, bounds };
        let document = Decoded {
            kind: None,
            value: raw.clone(),
            raw,
            places,
            diagnostics: Vec::new(),
            refusal: None,
        };
        self.identify(document);
    }

    /// kubectl's checks: version and kind, metadata, is there such a kind; then the server's decoding.
    fn identify(&mut self, mut document: Decoded) {
        let problems = type_meta_problems(&document.raw);
        if !problems.is_empty() {
            let words: Vec<&str> = problems.iter().map(String::as_str).collect();
            let joined = match words.as_slice() {
                [one] => (*one).to_owned(),
                many => format!("[{}]", many.join(", ")),
            };
            let message = format!(
                "error validating data: {joined}; if you choose to ignore these errors, turn validation off with --validate=false"
            );
            let start = || document.places.start();
            let said = self.explain.say(start, || rules::type_meta(&document, &message));
            document.diagnostics.push(said);
            let file = go_quote(self.file_name);
            document.refusal = Some(Refusal::File(format!("error validating {file}: {message}")));
            self.documents.push(document);
            return;
        }
        if is_list(&document.raw) {
            return self.list(&document);
        }
        self.decode(document);
    }

    fn decode(&mut self, mut document: Decoded) {
        if let Some(error) = metadata_problem(&document.raw) {
            let file = go_quote(self.file_name);
            document.refusal =
                Some(Refusal::Document(format!("unable to decode {file}: {}", error.message)));
            let start = || document.places.start();
            let said = self.explain.say(start, || rules::wrong_type(&document, &error));
            document.diagnostics.push(said);
        }
        let (kind, version) = type_meta(&document.raw);
        document.kind = Kind::from_manifest(kind, version);
        match document.kind {
            Some(kind) => server_decoding(&mut document, kind, self.explain),
            None => {
                let message = format!(
                    "no matches for kind {} in version {}",
                    go_quote(kind),
                    go_quote(version)
                );
                let start = || document.places.start();
                let said = self.explain.say(start, || rules::no_match(&document, &message));
                document.diagnostics.push(said);
                let name = document.name();
                let (name, namespace) = (go_quote(name), go_quote(document.namespace()));
                let file = go_quote(self.file_name);
                let words = format!(
                    "resource mapping not found for name: {name} namespace: {namespace} from {file}: {message}\nensure CRDs are installed first"
                );
                document.refusal.get_or_insert(Refusal::Document(words));
            }
        }
        self.documents.push(document);
    }

    /// Takes a list apart.
    fn list(&mut self, list: &Decoded) {
        let (list_kind, version) = type_meta(&list.raw);
        let (item_kind, version) =
            (list_kind.trim_end_matches("List").to_owned(), version.to_owned());
        let nodes = list.places.follow("items").node.map(|node| list.places.tree.items(node));
        for (index, item) in list.raw.items_at("items").iter().enumerate() {
            let mut raw = item.clone();
            if raw.get("kind").is_none() && raw.get("apiVersion").is_none() && !item_kind.is_empty()
            {
                raw.set("kind", item_kind.as_str());
                raw.set("apiVersion", version.as_str());
            }
            let root = nodes.and_then(|nodes| nodes.get(index)).copied();
            let bounds = root
                .and_then(|root| list.places.tree.node(root))
                .map_or(list.places.bounds, |node| (node.from, node.to));
            let places = Places { root, bounds, ..list.places.clone() };
            let item = Decoded {
                kind: None,
                value: raw.clone(),
                raw,
                places,
                diagnostics: Vec::new(),
                refusal: None,
            };
            if type_meta_problems(&item.raw).is_empty() {
                self.decode(item);
            } else {
                self.nameless_item(item);
            }
        }
    }

    /// An item of a list without kind.
    fn nameless_item(&mut self, mut item: Decoded) {
        let missing = if item.raw.get("kind").is_none() { "Kind" } else { "apiVersion" };
        let message = format!("Object '{missing}' is missing in '{}'", item.raw.to_json());
        let said = self.explain.say(|| item.places.start(), || rules::type_meta(&item, &message));
        item.diagnostics.push(said);
        item.refusal = Some(Refusal::Document(format!(
            "unable to get type info from the object \"*unstructured.Unstructured\": {message}"
        )));
        self.documents.push(item);
    }
}

/// So many unknown fields and wrong types of a document are explained one by one.
const EXPLAINED: usize = 20;

/// What the server's decoder says and keeps.
fn server_decoding(document: &mut Decoded, kind: Kind, explain: &Explain) {
    let (value, findings) = decode::decode(Schema::of(kind), &document.raw);
    document.value = value;
    let metadata_refused = document.refusal.is_some();
    let start = || document.places.start();
    let mut diagnostics = Vec::new();
    for error in findings.types.iter().take(EXPLAINED) {
        let in_metadata = error.path == "metadata" || error.path.starts_with("metadata.");
        if !(metadata_refused && in_metadata) {
            let said = explain.say(start, || rules::wrong_type(document, error));
            diagnostics.push(said);
        }
    }
    for unknown in findings.unknown.iter().take(EXPLAINED) {
        diagnostics.push(explain.say(start, || rules::unknown_field(document, unknown)));
    }
    document.diagnostics.extend(diagnostics);
    if let (Some(words), None) = (findings.refusal(), &document.refusal) {
        let name = kind.name();
        let message = format!("{name} in version \"v1\" cannot be handled as a {name}: {words}");
        document.refusal = Some(Refusal::BadRequest { message, strict: strict_words(&findings) });
    }
}

fn strict_words(findings: &Findings) -> Vec<String> {
    if !findings.types.is_empty() {
        return Vec::new();
    }
    findings.unknown.iter().map(decode::UnknownField::words).collect()
}

fn metadata_problem(raw: &Value) -> Option<TypeError> {
    let metadata = Schema::of(Kind::Pod).field("metadata")?;
    decode::metadata_error(metadata, raw)
}

/// What is wrong with `apiVersion` and `kind`.
fn type_meta_problems(raw: &Value) -> Vec<String> {
    if raw.as_map().is_none() {
        return vec!["invalid object to validate".into()];
    }
    let mut problems = Vec::new();
    match raw.get("apiVersion") {
        None => problems.push("apiVersion not set".into()),
        Some(Value::String(version)) if version.matches('/').count() > 1 => {
            problems.push(format!("unexpected GroupVersion string: {version}"));
        }
        Some(Value::String(_)) => {}
        Some(_) => problems.push("apiVersion isn't string type".into()),
    }
    match raw.get("kind") {
        None => problems.push("kind not set".into()),
        Some(Value::String(_)) => {}
        Some(_) => problems.push("kind isn't string type".into()),
    }
    problems
}

/// `kind` and `apiVersion`.
pub(super) fn type_meta(raw: &Value) -> (&str, &str) {
    (raw.str_at("kind").unwrap_or(""), raw.str_at("apiVersion").unwrap_or(""))
}

fn is_list(raw: &Value) -> bool {
    let (kind, _) = type_meta(raw);
    kind.ends_with("List") && matches!(raw.get("items"), Some(Value::Array(_)))
}
