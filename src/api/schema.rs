//! Names, types, values and documentation of the fields of every kind, as Kubernetes 1.36 declares them.
//!
//! Read from two generated files (`cargo xtask schema`). `assets/schema/table.txt` is always at hand:
//! a line without indent opens a type; each of its fields follows as ` NAME[!] TYPE [PATCH [KEY]]` (`!`:
//! required); lines `=NAME A B C` list the values of a string type, `~NAME A B C` those that the API does not
//! publish (`""`: the empty text). TYPE is `s` string, `=NAME` string
//! with a Go type of its own, `i` int32, `l` int64, `f` float, `b` bool, `q` quantity, `o` int or string,
//! `t` time, `u` time with microseconds, `y` bytes in base64, `j` anything, `r` map of quantities,
//! `[TYPE` list, `{TYPE` map, `@NAME` object. `assets/schema/docs.txt` has `TYPE[.FIELD]`, a tab and the
//! text; the page loads it when somebody asks.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::kind::Kind;

const TABLE: &str = include_str!("../../assets/schema/table.txt");

/// An object with fields.
#[derive(Debug)]
pub struct ObjectType {
    /// `JobSpec`; a few carry their group: `discovery.EndpointPort`.
    pub name: &'static str,
    /// The fields by name.
    pub fields: Vec<Field>,
}

/// A field of an object.
#[derive(Debug)]
pub struct Field {
    /// The name, as written in a manifest.
    pub name: &'static str,
    /// Whether the schema requires it.
    pub required: bool,
    /// What it holds.
    pub ty: FieldType,
    /// How a strategic merge patch treats it, if not by replacing.
    pub patch: Option<PatchStrategy>,
}

/// How a strategic merge patch treats a list or object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PatchStrategy {
    /// Items are merged, not replaced.
    pub merge: bool,
    /// Only the keys of the patch are kept.
    pub retain_keys: bool,
    /// The field that identifies an item; `None` for lists of plain values.
    pub key: Option<&'static str>,
}

/// The type of a field: a code of the table, looked into with [`FieldType::shape`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldType(&'static str);

/// A type, one level deep.
#[derive(Clone, Copy, Debug)]
pub enum Shape {
    /// Text; the name of its Go type if that is not plain `string`.
    String(Option<&'static str>),
    /// A whole number of 32 bits.
    Int32,
    /// A whole number of 64 bits.
    Int64,
    /// A number.
    Float,
    /// A truth value.
    Bool,
    /// `100m`, `1Gi`
    Quantity,
    /// A whole number or a text.
    IntOrString,
    /// A point in time; with microseconds or not.
    Time {
        /// Whether fractions of seconds are kept.
        micro: bool,
    },
    /// Base64.
    Bytes,
    /// Anything.
    Json,
    /// `cpu`, `memory`, … to quantities.
    ResourceList,
    /// A list.
    List(FieldType),
    /// A map from text.
    Map(FieldType),
    /// An object.
    Object(&'static ObjectType),
}

impl FieldType {
    /// What kind of type it is.
    pub fn shape(self) -> Shape {
        let code = self.0;
        let mut letters = code.chars();
        let first = letters.next().unwrap_or('j');
        let rest = letters.as_str();
        match first {
            's' => Shape::String(None),
            '=' => Shape::String(Some(rest)),
            'i' => Shape::Int32,
            'l' => Shape::Int64,
            'f' => Shape::Float,
            'b' => Shape::Bool,
            'q' => Shape::Quantity,
            'o' => Shape::IntOrString,
            't' => Shape::Time { micro: false },
            'u' => Shape::Time { micro: true },
            'y' => Shape::Bytes,
            'r' => Shape::ResourceList,
            '[' => Shape::List(Self(rest)),
            '{' => Shape::Map(Self(rest)),
            '@' => schema().object(rest).map_or(Shape::Json, Shape::Object),
            _ => Shape::Json,
        }
    }

    /// The type as Go prints it in `of type []v1.ContainerPort`.
    pub fn go_name(self) -> String {
        match self.shape() {
            Shape::String(None) => "string".into(),
            Shape::String(Some(name)) => format!("v1.{name}"),
            Shape::Int32 => "int32".into(),
            Shape::Int64 => "int64".into(),
            Shape::Float => "float64".into(),
            Shape::Bool => "bool".into(),
            Shape::Quantity => "resource.Quantity".into(),
            Shape::IntOrString => "intstr.IntOrString".into(),
            Shape::Time { micro: false } => "v1.Time".into(),
            Shape::Time { micro: true } => "v1.MicroTime".into(),
            Shape::Bytes => "[]uint8".into(),
            Shape::Json => "interface {}".into(),
            Shape::ResourceList => "v1.ResourceList".into(),
            Shape::List(element) => format!("[]{}", element.go_name()),
            Shape::Map(element) => format!("map[string]{}", element.go_name()),
            Shape::Object(object) => format!("v1.{}", object.go_name()),
        }
    }

    /// The type as `kubectl explain` prints it: `<[]Container>`, `<map[string]string>`, `<integer>`.
    pub fn explained(self) -> String {
        match self.shape() {
            Shape::String(_) | Shape::Bytes | Shape::Time { .. } => "string".into(),
            Shape::Int32 | Shape::Int64 => "integer".into(),
            Shape::Float => "number".into(),
            Shape::Bool => "boolean".into(),
            Shape::Quantity => "Quantity".into(),
            Shape::IntOrString => "IntOrString".into(),
            Shape::Json => "Object".into(),
            Shape::ResourceList => "map[string]Quantity".into(),
            Shape::List(element) => format!("[]{}", element.explained()),
            Shape::Map(element) => format!("map[string]{}", element.explained()),
            Shape::Object(object) => object.go_name().into(),
        }
    }

    /// The object that this type is, or that its items are.
    pub fn object(self) -> Option<&'static ObjectType> {
        match self.shape() {
            Shape::Object(object) => Some(object),
            Shape::List(element) | Shape::Map(element) => element.object(),
            _ => None,
        }
    }

    /// The values that a text of this type may have; none if it is free.
    pub fn values(self) -> &'static [&'static str] {
        match self.shape() {
            Shape::String(Some(name)) => schema().values.get(name).map_or(&[], |one| &one.all),
            Shape::List(element) => element.values(),
            _ => &[],
        }
    }

    /// The same in order, as the API publishes them; none where it does not. Follows the enums of
    /// `k8s.io/kube-openapi/pkg/generators/enum.go`.
    pub fn enumeration(self) -> Vec<&'static str> {
        let Shape::String(Some(name)) = self.shape() else { return Vec::new() };
        let published = schema().values.get(name).filter(|values| values.published);
        let mut all = published.map_or_else(Vec::new, |values| values.all.clone());
        all.sort_unstable();
        all
    }
}

impl ObjectType {
    /// The field called `name`.
    pub fn field(&self, name: &str) -> Option<&Field> {
        let place = self.fields.binary_search_by(|field| field.name.cmp(name)).ok()?;
        self.fields.get(place)
    }

    /// The field at a path of names; lists and maps on the way are looked through.
    pub fn at(&'static self, path: &[&str]) -> Option<&'static Field> {
        let (first, rest) = path.split_first()?;
        let field = self.field(first)?;
        if rest.is_empty() { Some(field) } else { field.ty.object()?.at(rest) }
    }

    /// The name of the Go type, without the group that tells two types of the same name apart.
    pub fn go_name(&self) -> &'static str {
        self.name.rsplit('.').next().unwrap_or(self.name)
    }
}

/// All types.
#[derive(Debug)]
pub struct Schema {
    objects: BTreeMap<&'static str, ObjectType>,
    values: BTreeMap<&'static str, Values>,
}

/// The values of a string type.
#[derive(Debug)]
struct Values {
    all: Vec<&'static str>,
    published: bool,
}

impl Schema {
    /// The type of a kind.
    pub fn of(kind: Kind) -> &'static ObjectType {
        static NOTHING: ObjectType = ObjectType { name: "", fields: Vec::new() };
        let found = schema().object(kind.name());
        debug_assert!(found.is_some(), "the schema lacks {}", kind.name());
        found.unwrap_or(&NOTHING)
    }

    /// The type called `name`.
    pub fn object(&self, name: &str) -> Option<&ObjectType> {
        let own = self.objects.get(name);
        own.or_else(|| self.objects.get(format!("discovery.{name}").as_str()))
    }

    /// Every type.
    pub fn objects(&self) -> impl Iterator<Item = &ObjectType> {
        self.objects.values()
    }

    fn parse(table: &'static str) -> Self {
        let mut schema = Self { objects: BTreeMap::new(), values: BTreeMap::new() };
        let mut current = ObjectType { name: "", fields: Vec::new() };
        for line in table.lines() {
            if let Some(field) = line.strip_prefix(' ') {
                current.fields.push(Field::parse(field));
            } else if let Some((name, all)) =
                line.strip_prefix(['=', '~']).and_then(|line| line.split_once(' '))
            {
                let published = line.starts_with('=');
                schema.values.insert(name, Values { all: all.split(' ').collect(), published });
            } else {
                let opened = ObjectType { name: line, fields: Vec::new() };
                let done = std::mem::replace(&mut current, opened);
                schema.objects.insert(done.name, done);
            }
        }
        schema.objects.insert(current.name, current);
        schema.objects.remove("");
        schema
    }
}

impl Field {
    fn parse(line: &'static str) -> Self {
        let mut words = line.split(' ');
        let name = words.next().unwrap_or("");
        let (bare, required) = match name.strip_suffix('!') {
            Some(bare) => (bare, true),
            None => (name, false),
        };
        let ty = FieldType(words.next().unwrap_or("j"));
        let patch = words.next().map(|how| PatchStrategy {
            merge: how.split(',').any(|word| word == "merge"),
            retain_keys: how.split(',').any(|word| word == "retainKeys"),
            key: words.next(),
        });
        Self { name: bare, required, ty, patch }
    }
}

/// The schema.
pub fn schema() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| Schema::parse(TABLE))
}

/// The documentation of types and fields.
#[derive(Debug, Default)]
pub struct Docs(BTreeMap<String, String>);

static DOCS: OnceLock<Docs> = OnceLock::new();

impl Docs {
    /// Reads `docs.txt`.
    pub fn parse(text: &str) -> Self {
        let entry = |line: &str| {
            let (subject, text) = line.split_once('\t')?;
            Some((subject.to_owned(), unescape(text)))
        };
        Self(text.lines().filter_map(entry).collect())
    }

    /// What `TYPE` or `TYPE.FIELD` is for; empty if it is unknown.
    pub fn get(&self, subject: &str) -> &str {
        self.0.get(subject).map_or("", String::as_str)
    }
}

/// Makes the documentation available; a second call changes nothing. The page calls this with the file
/// it has fetched.
pub fn install_docs(text: &str) {
    DOCS.get_or_init(|| Docs::parse(text));
}

/// The documentation, once it is there. On the host it always is.
pub fn docs() -> Option<&'static Docs> {
    #[cfg(not(target_arch = "wasm32"))]
    install_docs(include_str!("../../assets/schema/docs.txt"));
    DOCS.get()
}

/// The documentation of field `name` of `object`, if it is loaded.
pub fn field_docs(object: &ObjectType, name: &str) -> Option<&'static str> {
    docs().map(|docs| docs.get(&format!("{}.{name}", object.name)))
}

/// The documentation of `object`, if it is loaded.
pub fn object_docs(object: &ObjectType) -> Option<&'static str> {
    docs().map(|docs| docs.get(object.name))
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => match letters.next() {
                Some('n') => plain.push('\n'),
                Some('t') => plain.push('\t'),
                Some(other) => plain.push(other),
                None => plain.push('\\'),
            },
            _ => plain.push(letter),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_type_with_metadata() {
        for kind in Kind::ALL {
            let object = Schema::of(kind);
            assert!(object.field("metadata").is_some(), "{}", kind.name());
            assert!(!object_docs(object).unwrap().is_empty(), "{}", kind.name());
        }
    }

    #[test]
    fn every_reference_is_known_and_fields_are_sorted() {
        for object in schema().objects() {
            assert!(object.fields.is_sorted_by_key(|field| field.name), "{}", object.name);
            for field in &object.fields {
                let code = field.ty.0.trim_start_matches(['[', '{']);
                if let Some(name) = code.strip_prefix('@') {
                    assert!(schema().objects.contains_key(name), "{name}");
                }
                assert!(field_docs(object, field.name).is_some());
            }
        }
    }

    #[test]
    fn paths_lead_through_lists() {
        let job = Schema::of(Kind::Job);
        let ports = job.at(&["spec", "template", "spec", "containers", "ports"]).unwrap();
        assert_eq!(ports.ty.go_name(), "[]v1.ContainerPort");
        assert_eq!(ports.patch.and_then(|patch| patch.key), Some("containerPort"));
        let policy = job.at(&["spec", "template", "spec", "restartPolicy"]).unwrap();
        assert_eq!(policy.ty.values(), ["Always", "OnFailure", "Never"]);
        assert_eq!(policy.ty.enumeration(), ["Always", "Never", "OnFailure"]);
        assert_eq!(policy.ty.go_name(), "v1.RestartPolicy");
        assert!(job.at(&["spec", "template"]).unwrap().required);
        assert!(job.at(&["spec", "comletions"]).is_none());
    }

    #[test]
    fn types_of_the_same_name_are_told_apart() {
        let slice = Schema::of(Kind::EndpointSlice);
        assert!(slice.at(&["endpoints", "conditions", "serving"]).is_some());
        assert!(Schema::of(Kind::Endpoints).at(&["subsets", "ports", "port"]).is_some());
    }

    #[test]
    fn documentation_is_found_by_field() {
        let spec = schema().object("JobSpec").unwrap();
        assert!(field_docs(spec, "completions").unwrap().contains("successfully finished pods"));
    }
}
