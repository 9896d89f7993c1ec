//! What every object carries: names, uids, labels, owners, deletion.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::rc::Rc;

use super::kind::Kind;
use super::value::{Map, Value};
use super::words::word;
use crate::sim::Time;
use crate::sim::order::Gather as _;
use crate::sim::rng::{hex_digits, scattered};

/// The uid of an object: a version 4 UUID. What a cluster makes is sorted by when it was made; how it is written
/// ([`scattered`]) does not show it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(Rust, packed(8))] // as large numbers want to lie, allocators of WebAssembly need twice the work
pub struct Uid(pub u128);

impl Uid {
    /// Reads `8-4-4-4-12` hexadecimal digits; any other text gets a uid of its own by its bytes.
    pub fn from_text(text: &str) -> Self {
        let mut letters = text.bytes().filter(|letter| *letter != b'-');
        let digits = letters.try_fold((0_u128, 0), |(bits, count), letter| {
            let digit = char::from(letter).to_digit(16).filter(|_| count < 32)?;
            Some((bits << 4 | u128::from(digit), count + 1))
        });
        match digits {
            Some((bits, 1..)) => Self(scattered(bits)),
            _ => Self(crate::sim::rng::Seed(0).uid(text, 0)),
        }
    }
}

impl Uid {
    /// The uid as text.
    pub fn text(self) -> Rc<str> {
        self.with_text(|text| Rc::from(text))
    }

    /// Whether a text is how this uid is written.
    pub(super) fn reads(self, text: &str) -> bool {
        self.with_text(|own| own == text)
    }

    /// Hands the uid on as text; no memory is asked for.
    pub(crate) fn with_text<T>(self, act: impl FnOnce(&str) -> T) -> T {
        let bits = scattered(self.0);
        #[expect(clippy::cast_possible_truncation, reason = "half by half")]
        let halves = [(bits >> 64) as u64, bits as u64].map(hex_digits);
        let mut text = *b"00000000-0000-0000-0000-000000000000";
        let fours = halves.as_flattened().as_chunks::<4>().0;
        for (at, four) in [0, 4, 9, 14, 19, 24, 28, 32].into_iter().zip(fours) {
            if let Some(place) = text.get_mut(at..at + 4) {
                place.copy_from_slice(four);
            }
        }
        act(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// Hands a number on in hexadecimal digits, without zeros before it; no memory is asked for.
pub(crate) fn with_hex<T>(number: u64, act: impl FnOnce(&str) -> T) -> T {
    let digits = hex_digits(number);
    let zeros = number.leading_zeros() / 4;
    let from = usize::try_from(zeros).unwrap_or(0).min(digits.len() - 1);
    let digits = digits.get(from..).unwrap_or_default();
    act(std::str::from_utf8(digits).unwrap_or_default())
}

impl fmt::Display for Uid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| out.write_str(text))
    }
}

/// The name of a node.
pub type NodeName = Rc<str>;

/// Namespace and name; the namespace is empty for cluster-wide kinds.
#[derive(Clone, Debug)]
pub struct ObjectKey {
    /// The first letters of the name: mostly they say which key is first, and no other memory is looked at.
    head: Letters,
    /// The namespace, or nothing.
    pub namespace: Rc<str>,
    /// The name.
    pub name: Rc<str>,
}

impl ObjectKey {
    /// The key of `name` in `namespace`.
    pub fn new(namespace: impl Into<Rc<str>>, name: impl Into<Rc<str>>) -> Self {
        let name = name.into();
        Self { head: Letters::first_of(&name), namespace: namespace.into(), name }
    }

    /// The key of a cluster-wide object.
    pub fn cluster(name: impl Into<Rc<str>>) -> Self {
        Self::new(word(""), name)
    }
}

impl ObjectKey {
    /// A number drawn from namespace and name: the same on every machine, even in its upper half.
    pub fn digest(&self) -> u64 {
        fold(fold(0, &self.namespace), &self.name).wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }
}

/// Mixes a text into a number, eight bytes at a time.
pub(crate) fn fold(from: u64, text: &str) -> u64 {
    const ODD: u64 = 0xf135_7aea_2e62_a9c5;
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let tail = rest.iter().fold(text.len() as u64, |tail, byte| tail << 8 | u64::from(*byte));
    let mix = |hash: u64, word: u64| (hash.rotate_left(23) ^ word).wrapping_mul(ODD);
    mix(words.iter().fold(from, |hash, word| mix(hash, u64::from_le_bytes(*word))), tail)
}

/// So many bytes of a name lie in the key itself.
const HEAD: usize = 16;

/// Some bytes of a text as a number: numbers compare as the bytes do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(Rust, packed(8))] // as for uids
pub(crate) struct Letters(u128);

impl Letters {
    /// The first letters of a text.
    pub(super) fn first_of(text: &str) -> Self {
        if let Some(first) = text.as_bytes().first_chunk::<HEAD>() {
            return Self(u128::from_be_bytes(*first));
        }
        let mut padded = [0; HEAD];
        padded.iter_mut().zip(text.as_bytes()).for_each(|(to, from)| *to = *from);
        Self(u128::from_be_bytes(padded))
    }

    /// The last letters of a text; those of a shorter text are the first of all.
    pub(crate) fn last_of(text: &str) -> Self {
        Self(text.as_bytes().last_chunk::<HEAD>().map_or(0, |last| u128::from_be_bytes(*last)))
    }
}

/// Shared texts are mostly the very same text: a look at the pointers saves a look at the letters.
fn compare(one: &Rc<str>, other: &Rc<str>) -> Ordering {
    if Rc::ptr_eq(one, other) { Ordering::Equal } else { one.cmp(other) }
}

/// Compares texts with the same `head`: if both end within it, only their lengths can differ.
pub(super) fn compare_tails(one: &str, other: &str) -> Ordering {
    if one.len().max(other.len()) <= HEAD {
        one.len().cmp(&other.len())
    } else if std::ptr::eq(one, other) {
        Ordering::Equal
    } else {
        one.cmp(other)
    }
}

impl Ord for ObjectKey {
    fn cmp(&self, other: &Self) -> Ordering {
        compare(&self.namespace, &other.namespace)
            .then_with(|| self.head.cmp(&other.head))
            .then_with(|| compare_tails(&self.name, &other.name))
    }
}

impl PartialOrd for ObjectKey {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for ObjectKey {
    fn eq(&self, other: &Self) -> bool {
        self.head == other.head && self.cmp(other) == Ordering::Equal
    }
}

impl Eq for ObjectKey {}

impl Hash for ObjectKey {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (&*self.namespace, &*self.name).hash(state);
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.namespace {
            "" => out.write_str(&self.name),
            namespace => write!(out, "{namespace}/{}", self.name),
        }
    }
}

/// Labels or annotations: shared, compared by pointer first.
#[derive(Clone, Debug, Default)]
pub struct Labels(Rc<BTreeMap<Rc<str>, Rc<str>>>);

impl Labels {
    /// Reads an object of strings; other values are left out.
    pub fn from_value(value: Option<&Value>) -> Self {
        let entries = value.into_iter().flat_map(Value::entries);
        entries
            .filter_map(|(key, value)| match value {
                Value::String(text) => Some((Rc::clone(key), Rc::clone(text))),
                _ => None,
            })
            .collect()
    }

    /// The labels as an object.
    pub fn to_value(&self) -> Value {
        let map: Map =
            self.0.iter().map(|(key, value)| (Rc::clone(key), Value::from(value))).gather();
        Value::from(map)
    }

    /// The text of label `key`.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| &**value)
    }

    /// Sets a label.
    pub fn set(&mut self, key: &str, value: &str) {
        Rc::make_mut(&mut self.0).insert(word(key), Rc::from(value));
    }

    /// Takes a label away.
    pub fn remove(&mut self, key: &str) {
        if self.0.contains_key(key) {
            Rc::make_mut(&mut self.0).remove(key);
        }
    }
}

impl Deref for Labels {
    type Target = BTreeMap<Rc<str>, Rc<str>>;
    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl FromIterator<(Rc<str>, Rc<str>)> for Labels {
    fn from_iter<I: IntoIterator<Item = (Rc<str>, Rc<str>)>>(iter: I) -> Self {
        Self(Rc::new(iter.into_iter().gather()))
    }
}

impl PartialEq for Labels {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Eq for Labels {}

impl PartialOrd for Labels {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Labels {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        if Rc::ptr_eq(&self.0, &other.0) { std::cmp::Ordering::Equal } else { self.0.cmp(&other.0) }
    }
}

/// A reference to an owner. Follows `metav1.OwnerReference`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnerReference {
    /// `batch/v1`
    pub api_version: Rc<str>,
    /// `Job`
    pub kind: Rc<str>,
    /// The owner's name.
    pub name: Rc<str>,
    /// The owner's uid.
    pub uid: Uid,
    /// Whether this owner manages the object.
    pub controller: bool,
    /// Whether foreground deletion of the owner waits for this object.
    pub block_owner_deletion: bool,
}

impl OwnerReference {
    /// The reference that a controller of `kind` puts on what it creates.
    pub fn controller_of(kind: Kind, owner: &ObjectMeta) -> Self {
        let [api_version, kind] = kind.words();
        Self {
            api_version,
            kind,
            name: Rc::clone(&owner.name),
            uid: owner.uid,
            controller: true,
            block_owner_deletion: true,
        }
    }

    fn from_value(value: &Value) -> Self {
        let text = |key| Rc::from(value.str_at(key).unwrap_or_default());
        Self {
            api_version: text("apiVersion"),
            kind: text("kind"),
            name: text("name"),
            uid: Uid::from_text(value.str_at("uid").unwrap_or_default()),
            controller: value.bool_at("controller").unwrap_or(false),
            block_owner_deletion: value.bool_at("blockOwnerDeletion").unwrap_or(false),
        }
    }

    fn to_value(&self) -> Value {
        let mut value = crate::object! {
            "apiVersion" => &self.api_version,
            "kind" => &self.kind,
            "name" => &self.name,
            "uid" => self.uid.to_string(),
        };
        if self.controller {
            value.set("controller", true);
        }
        if self.block_owner_deletion {
            value.set("blockOwnerDeletion", true);
        }
        value
    }
}

/// That an object is being deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deletion {
    /// `deletionTimestamp`: when the grace period ends.
    pub at: Time,
    /// `deletionGracePeriodSeconds`
    pub grace_seconds: i64,
}

/// The metadata of an object. Follows `metav1.ObjectMeta`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectMeta {
    /// The name.
    pub name: Rc<str>,
    /// The namespace; empty for cluster-wide kinds.
    pub namespace: Rc<str>,
    /// What a generated name starts with.
    pub generate_name: Option<Rc<str>>,
    /// The uid.
    pub uid: Uid,
    /// The number of the write that made this version.
    pub resource_version: u64,
    /// Counts changes of the spec; 0 for kinds without generations.
    pub generation: i64,
    /// When it was created (the API shows whole seconds).
    pub created: Time,
    /// Set while it is being deleted.
    pub deletion: Option<Deletion>,
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// Owners.
    pub owners: Rc<[OwnerReference]>,
    /// Finalizers: it stays until all are gone.
    pub finalizers: Rc<[Rc<str>]>,
}

thread_local! {
    /// Every new object begins with these: the empty parts are shared.
    static BLANK: ObjectMeta = ObjectMeta {
        name: word(""),
        namespace: word(""),
        generate_name: None,
        uid: Uid::default(),
        resource_version: 0,
        generation: 0,
        created: Time::default(),
        deletion: None,
        labels: Labels::default(),
        annotations: Labels::default(),
        owners: Rc::default(),
        finalizers: Rc::default(),
    };
}

impl Default for ObjectMeta {
    fn default() -> Self {
        BLANK.with(Self::clone)
    }
}

impl ObjectMeta {
    /// Namespace and name.
    pub fn key(&self) -> ObjectKey {
        ObjectKey::new(Rc::clone(&self.namespace), Rc::clone(&self.name))
    }

    /// The owner that manages this object.
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owners.iter().find(|owner| owner.controller)
    }

    /// Whether both name the same owners: mostly they share the list.
    pub fn same_owners(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.owners, &other.owners) || self.owners == other.owners
    }

    /// Whether it is being deleted.
    pub const fn deleting(&self) -> bool {
        self.deletion.is_some()
    }

    /// The owners after `owner` has adopted the object: it takes the place of what was said of it before, or stands in
    /// front of the others, as whatever a strategic patch adds to a list. Follows `AdoptPod`.
    pub fn adopted_by(&self, owner: OwnerReference) -> Rc<[OwnerReference]> {
        let known = self.owners.iter().any(|one| one.uid == owner.uid);
        let new = (!known).then(|| owner.clone());
        let old = self.owners.iter().map(|one| match one.uid == owner.uid {
            true => owner.clone(),
            false => one.clone(),
        });
        new.into_iter().chain(old).collect()
    }

    /// Whether it carries a finalizer.
    pub fn has_finalizer(&self, name: &str) -> bool {
        self.finalizers.iter().any(|finalizer| &**finalizer == name)
    }

    /// Adds a finalizer unless it is there.
    pub fn add_finalizer(&mut self, name: &str) {
        if !self.has_finalizer(name) {
            self.finalizers = self.finalizers.iter().cloned().chain([word(name)]).collect();
        }
    }

    /// Takes a finalizer away.
    pub fn remove_finalizer(&mut self, name: &str) {
        if self.has_finalizer(name) {
            self.finalizers =
                self.finalizers.iter().filter(|finalizer| &***finalizer != name).cloned().collect();
        }
    }

    /// Reads `metadata` of an object.
    pub fn from_value(value: Option<&Value>) -> Self {
        let Some(value) = value else { return Self::default() };
        let text = |key| value.str_at(key).map(Rc::from);
        let time = |key| value.str_at(key).and_then(Time::parse_rfc3339);
        Self {
            name: text("name").unwrap_or_default(),
            namespace: word(value.str_at("namespace").unwrap_or_default()),
            generate_name: text("generateName"),
            uid: value.str_at("uid").map(Uid::from_text).unwrap_or_default(),
            resource_version: value
                .str_at("resourceVersion")
                .and_then(|text| text.parse().ok())
                .unwrap_or(0),
            generation: value.i64_at("generation").unwrap_or(0),
            created: time("creationTimestamp").unwrap_or_default(),
            deletion: time("deletionTimestamp").map(|at| Deletion {
                at,
                grace_seconds: value.i64_at("deletionGracePeriodSeconds").unwrap_or(0),
            }),
            labels: Labels::from_value(value.get("labels")),
            annotations: Labels::from_value(value.get("annotations")),
            owners: value
                .items_at("ownerReferences")
                .iter()
                .map(OwnerReference::from_value)
                .collect(),
            finalizers: value
                .items_at("finalizers")
                .iter()
                .filter_map(Value::as_str)
                .map(Rc::from)
                .collect(),
        }
    }

    /// The metadata as the API shows it; what is empty is left out.
    pub fn to_value(&self) -> Value {
        let mut value = Value::empty_object();
        value.set("name", &self.name);
        if !self.namespace.is_empty() {
            value.set("namespace", &self.namespace);
        }
        if let Some(prefix) = &self.generate_name {
            value.set("generateName", prefix);
        }
        if self.uid != Uid::default() {
            value.set("uid", self.uid.to_string());
            value.set("resourceVersion", self.resource_version.to_string());
            value.set("creationTimestamp", self.created);
        }
        if self.generation != 0 {
            value.set("generation", self.generation);
        }
        if let Some(deletion) = self.deletion {
            value.set("deletionTimestamp", deletion.at);
            value.set("deletionGracePeriodSeconds", deletion.grace_seconds);
        }
        if !self.labels.is_empty() {
            value.set("labels", self.labels.to_value());
        }
        if !self.annotations.is_empty() {
            value.set("annotations", self.annotations.to_value());
        }
        if !self.owners.is_empty() {
            value.set(
                "ownerReferences",
                self.owners.iter().map(OwnerReference::to_value).collect::<Vec<_>>(),
            );
        }
        if !self.finalizers.is_empty() {
            value.set("finalizers", self.finalizers.iter().map(Value::from).collect::<Vec<_>>());
        }
        value
    }
}

#[cfg(test)]
#[cfg(not(target_arch = "wasm32"))] // what it needs is there on the host only
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Whatever the first letters are: keys are ordered as namespace and name are, and equal ones have one digest.
        #[test]
        fn keys_are_ordered_as_their_texts(
            one in ("[ab]{0,2}", "[a\\-\0]{0,18}[ab]?"),
            other in ("[ab]{0,2}", "[a\\-\0]{0,18}[ab]?"),
        ) {
            let key = |(namespace, name): &(String, String)| ObjectKey::new(&**namespace, &**name);
            prop_assert_eq!(key(&one).cmp(&key(&other)), one.cmp(&other));
            prop_assert_eq!(key(&one) == key(&other), one == other);
            prop_assert_eq!(key(&one).digest() == key(&other).digest(), one == other);
        }
    }

    #[test]
    fn uids_are_printed_and_read_as_version_four_uuids() {
        let uid = Uid(crate::sim::rng::Seed(1).uid("default/web", 3));
        let text = uid.to_string();
        assert_eq!(text.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert!(text.split('-').nth(2).unwrap().starts_with('4'));
        assert_eq!(Uid::from_text(&text), uid);
        let all = 0x0123_4567_89ab_cdef_fedc_ba98_7654_3210;
        assert_eq!(Uid(all).to_string(), "01234567-89ab-cdef-fedc-ba9876543210");
    }

    #[test]
    fn numbers_are_written_as_hexadecimal_digits() {
        for number in [0, 1, 0x10, 0xfff, 0x1887_0a5c_f923_b400, u64::MAX] {
            with_hex(number, |digits| assert_eq!(digits, format!("{number:x}")));
        }
    }

    #[test]
    fn who_adopts_stands_first_or_where_it_stood() {
        let owner = |name: &str, uid: u128| {
            let meta = ObjectMeta { name: name.into(), uid: Uid(uid), ..ObjectMeta::default() };
            OwnerReference::controller_of(Kind::ReplicaSet, &meta)
        };
        let plain =
            |name: &str, uid: u128| OwnerReference { controller: false, ..owner(name, uid) };
        let with = |owners: &[OwnerReference]| ObjectMeta {
            owners: owners.into(),
            ..ObjectMeta::default()
        };
        let (a, b, mine) = (plain("a", 1), plain("b", 2), owner("mine", 3));
        let adopted = with(&[a.clone(), b.clone()]).adopted_by(mine.clone());
        assert_eq!(*adopted, [mine.clone(), a.clone(), b.clone()]);
        let upgraded = with(&[a.clone(), plain("mine", 3), b.clone()]).adopted_by(mine.clone());
        assert_eq!(*upgraded, [a, mine, b]);
    }
}
