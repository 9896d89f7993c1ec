//! The file system of a container: a persistent map of paths to contents.

use std::cell::LazyCell;
use std::fmt;
use std::rc::Rc;

use crate::persistent::OrdMap;

use crate::api::words::word;

/// At most so many bytes in one file, so that a loop that appends cannot fill the tab.
const MOST_BYTES: usize = 1 << 20;

/// Files and folders by absolute path; folders have no content.
type Entries = OrdMap<Rc<str>, Option<Content>>;

/// The files of a container. Most programs look at none: what is its own alone is put in place when somebody looks.
#[derive(Clone, Default)]
pub struct Files {
    /// What is in place.
    ready: Entries,
    /// All there is, if that is more: made from what is in place, of which nothing changes.
    whole: Option<Rc<LazyCell<Entries, Box<dyn FnOnce() -> Entries>>>>,
    /// Which parts may be written, if not all.
    mounts: Option<Mounts>,
}

/// Who may write somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// Whoever runs there.
    Free,
    /// Root, who does not run there.
    Root,
    /// Nobody.
    ReadOnly,
}

impl Access {
    /// Why nothing can be written, in the words of the system; nothing if it can.
    pub const fn problem(self) -> Option<&'static str> {
        match self {
            Self::Free => None,
            Self::Root => Some("Permission denied"),
            Self::ReadOnly => Some("Read-only file system"),
        }
    }
}

/// By folder or file, who may write there: the longest path counts.
pub type Mounts = Rc<[(Rc<str>, Access)]>;

/// Why something cannot be written there.
pub const NO_FOLDER: &str = "No such file or directory";

impl PartialEq for Files {
    fn eq(&self, other: &Self) -> bool {
        self.entries() == other.entries()
    }
}

impl fmt::Debug for Files {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries().fmt(out)
    }
}

/// What makes the text of a file.
type Maker = Box<dyn FnOnce() -> Rc<str>>;

/// The text of a file, or what makes it when it is first read.
#[derive(Clone)]
enum Content {
    Text(Rc<str>),
    Later(Rc<LazyCell<Rc<str>, Maker>>),
}

impl Content {
    fn text(&self) -> &Rc<str> {
        match self {
            Self::Text(text) => text,
            Self::Later(text) => text,
        }
    }
}

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.text().fmt(out)
    }
}

/// What lies in a folder, by path relative to it; folders have no content.
pub type Subtree = OrdMap<Rc<str>, Option<Rc<str>>>;

thread_local! {
    static STANDARD: Files = Files::common();
}

impl Files {
    fn entries(&self) -> &Entries {
        self.whole.as_ref().map_or(&self.ready, |whole| whole)
    }

    fn entries_mut(&mut self) -> &mut Entries {
        if let Some(whole) = self.whole.take() {
            self.ready = Entries::clone(&whole);
        }
        &mut self.ready
    }

    fn entry(&self, path: &str) -> Option<&Option<Content>> {
        self.ready.get(path).or_else(|| self.whole.as_ref()?.get(path))
    }

    /// Adds something when somebody looks for what is not in place; what is, has to stay as it is.
    pub fn add_later(&mut self, add: impl FnOnce(&mut Self) + 'static) {
        let mut files = self.clone();
        self.whole = Some(Rc::new(LazyCell::new(Box::new(move || {
            add(&mut files);
            std::mem::take(files.entries_mut())
        }))));
    }

    /// From now on only these parts may be written.
    pub fn protect(&mut self, mounts: Mounts) {
        self.mounts = Some(mounts);
    }

    /// Who may write at a path.
    pub fn access(&self, path: &str) -> Access {
        let holds = |(mount, _): &&(Rc<str>, Access)| match path.strip_prefix(&**mount) {
            Some(rest) => rest.is_empty() || rest.starts_with('/') || **mount == *"/",
            None => false,
        };
        let mounts = self.mounts.iter().flat_map(|mounts| mounts.iter());
        let found = mounts.filter(holds).max_by_key(|(mount, _)| mount.len());
        found.map_or(Access::Free, |(_, access)| *access)
    }

    /// Why a file cannot be written, in the words of the system; nothing if it can.
    pub fn problem(&self, path: &str) -> Option<&'static str> {
        let parent = match path.rsplit_once('/') {
            Some(("", _)) | None => "/",
            Some((parent, _)) => parent,
        };
        match path {
            "/dev/null" => None,
            _ if self.is_folder(path) => Some("Is a directory"),
            _ if !self.is_folder(parent) => Some(NO_FOLDER),
            _ => self.access(path).problem(),
        }
    }

    /// What lies in a folder.
    pub fn subtree(&self, folder: &str) -> Subtree {
        let start: Rc<str> = format!("{folder}/").into();
        let inside = self.entries().range(Rc::clone(&start)..);
        inside
            .map_while(|(path, content)| {
                let text = content.as_ref().map(|content| Rc::clone(content.text()));
                Some((Rc::from(path.strip_prefix(&*start)?), text))
            })
            .collect()
    }

    /// Puts this into a folder, in place of what lies there.
    pub fn set_subtree(&mut self, folder: &str, tree: &Subtree) {
        let start = format!("{folder}/");
        let old: Vec<Rc<str>> = self.subtree(folder).keys().cloned().collect();
        for path in old.into_iter().filter(|path| !tree.contains_key(path)) {
            self.entries_mut().remove(&*format!("{start}{path}"));
        }
        self.make_folder(folder);
        for (path, text) in tree {
            let path = format!("{start}{path}").into();
            self.entries_mut().insert(path, text.clone().map(Content::Text));
        }
    }

    /// The files that every container finds.
    pub fn standard(hostname: &Rc<str>) -> Self {
        let mut files = STANDARD.with(Self::clone);
        let hostname = Rc::clone(hostname);
        files.add_later(move |files| {
            files.put("/etc/hostname", [&hostname, "\n"].concat().into());
        });
        files
    }

    /// What is the same in every container.
    fn common() -> Self {
        let mut files = Self::default();
        for folder in [
            "/", "/bin", "/dev", "/etc", "/home", "/proc", "/root", "/tmp", "/usr", "/var",
            "/var/log", "/run",
        ] {
            files.ready.insert(folder.into(), None);
        }
        files.write("/dev/null", "", false);
        files.write("/dev/termination-log", "", false);
        files.write("/etc/os-release", "PRETTY_NAME=\"Podyard container\"\n", false);
        files
    }

    /// A path without `.`, `..` and doubled slashes, taken from `folder` if it is relative.
    pub fn absolute(folder: &str, path: &str) -> String {
        let whole =
            if path.starts_with('/') { path.to_owned() } else { format!("{folder}/{path}") };
        let mut parts: Vec<&str> = Vec::new();
        for part in whole.split('/') {
            match part {
                "" | "." => {}
                ".." => {
                    parts.pop();
                }
                name => parts.push(name),
            }
        }
        format!("/{}", parts.join("/"))
    }

    /// The content of a file.
    pub fn read(&self, path: &str) -> Option<&str> {
        self.entry(path)?.as_ref().map(|content| &**content.text())
    }

    /// Whether there is a file or folder.
    pub fn exists(&self, path: &str) -> bool {
        self.entry(path).is_some()
    }

    /// Whether there is a folder.
    pub fn is_folder(&self, path: &str) -> bool {
        matches!(self.entry(path), Some(None))
    }

    /// Writes a file, whole or at its end; says whether that can be done.
    pub fn write(&mut self, path: &str, text: &str, append: bool) -> bool {
        if path == "/dev/null" {
            self.put(path, "".into());
            return true;
        }
        if self.problem(path).is_some() {
            return false;
        }
        let old = self.read(path).filter(|_| append).unwrap_or_default();
        let mut new = format!("{old}{text}");
        if new.len() > MOST_BYTES {
            let mut end = MOST_BYTES;
            while !new.is_char_boundary(end) {
                end -= 1;
            }
            new.truncate(end);
        }
        self.put(path, new.into());
        true
    }

    /// Puts a file where it belongs, in place of another.
    pub fn put(&mut self, path: &str, text: Rc<str>) {
        self.entries_mut().insert(word(path), Some(Content::Text(text)));
    }

    /// Puts a file where it belongs, whose text is made when it is first read.
    pub fn put_later(&mut self, path: &str, make: impl FnOnce() -> Rc<str> + 'static) {
        let make: Maker = Box::new(make);
        let later = Content::Later(Rc::new(LazyCell::new(make)));
        self.entries_mut().insert(word(path), Some(later));
    }

    /// Makes a folder and those above it.
    pub fn make_folder(&mut self, path: &str) {
        let mut whole = String::with_capacity(path.len() + 1);
        for part in path.split('/').filter(|part| !part.is_empty()) {
            whole.push('/');
            whole.push_str(part);
            if !self.exists(&whole) {
                self.entries_mut().insert(word(&whole), None);
            }
        }
    }

    /// Removes a file, or a folder with all it holds.
    pub fn remove(&mut self, path: &str) -> bool {
        let inside = format!("{path}/");
        let gone: Vec<Rc<str>> = self
            .entries()
            .keys()
            .filter(|key| ***key == *path || key.starts_with(&inside))
            .cloned()
            .collect();
        for key in &gone {
            self.entries_mut().remove(key);
        }
        !gone.is_empty()
    }

    /// The names in a folder, in order.
    pub fn list(&self, folder: &str) -> Vec<Rc<str>> {
        let start = if folder == "/" { "/".to_owned() } else { format!("{folder}/") };
        let inside = self.entries().keys().filter_map(|path| path.strip_prefix(start.as_str()));
        inside.filter(|rest| !rest.is_empty() && !rest.contains('/')).map(Rc::from).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// A container's files, with a marker that is added later, and how often that was done.
    fn with_marker() -> (Files, Rc<Cell<u32>>) {
        let (mut files, made) = (Files::standard(&"pod-1".into()), Rc::new(Cell::new(0)));
        let count = Rc::clone(&made);
        files.add_later(move |files| {
            count.set(count.get() + 1);
            files.make_folder("/opt");
            files.put("/opt/marker", files.read("/etc/hostname").unwrap_or_default().into());
        });
        (files, made)
    }

    #[test]
    fn what_is_added_later_is_there_for_whoever_looks_and_made_once() {
        let (files, made) = with_marker();
        assert_eq!((files.read("/dev/termination-log"), made.get()), (Some(""), 0));
        let copy = files.clone();
        assert_eq!(files.read("/opt/marker"), Some("pod-1\n"));
        assert!(copy.is_folder("/opt") && copy.list("/opt") == ["marker".into()]);
        assert_eq!((copy == files, made.get()), (true, 1));
    }

    #[test]
    fn what_is_written_before_somebody_looks_stays_written() {
        let (mut files, made) = with_marker();
        assert!(files.write("/opt/marker", "mine", false));
        assert!(files.write("/dev/termination-log", "over", false));
        assert_eq!((files.read("/opt/marker"), made.get()), (Some("mine"), 1));
        assert_eq!(files.read("/dev/termination-log"), Some("over"));
        assert!(files.remove("/opt") && !files.exists("/opt/marker"));
        assert_eq!(files.read("/etc/hostname"), Some("pod-1\n"));
    }

    #[test]
    fn the_longest_path_says_who_may_write() {
        let mut files = Files::standard(&"pod-1".into());
        files.make_folder("/data/sub");
        files.make_folder("/database");
        let part = |path: &str, access: Access| (Rc::from(path), access);
        let all = [
            part("/", Access::Root),
            part("/data", Access::Free),
            part("/data/sub", Access::ReadOnly),
        ];
        files.protect(Rc::new(all));
        let (denied, read_only) = (Access::Root.problem(), Access::ReadOnly.problem());
        for (path, problem) in [
            ("/x", denied),
            ("/none/x", Some(NO_FOLDER)),
            ("/data", Some("Is a directory")),
            ("/data/x", None),
            ("/database/x", denied),
            ("/data/sub/x", read_only),
            ("/dev/null", None),
        ] {
            assert_eq!(files.problem(path), problem, "{path}");
            assert_eq!(files.write(path, "text", false), problem.is_none(), "{path}");
        }
    }
}
