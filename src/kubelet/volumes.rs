//! What volumes put into containers. Config maps, secrets and the pod's own fields come as files; folders that live as
//! long as the pod or on the host are shared by all containers that mount them. Follows `pkg/volume/*`.

use std::rc::Rc;

use super::environment::{self, data};
use super::identity;
use super::machine::Kubelets;
use super::runtime::PodRuntime;
use crate::api::core::{Container, Pod, TOKEN_PATH, Volume, VolumeMount};
use crate::api::kind::Kind;
use crate::api::meta::ObjectKey;
use crate::api::value::Value;
use crate::api::words::word;
use crate::containers::files::{Access, Mounts, Subtree};
use crate::containers::{Files, Process};
use crate::store::Store;

/// Where the content of a volume comes from.
enum Content {
    /// Files, by name; made anew at each start.
    Files(Subtree),
    /// A folder that lives as long as the pod.
    Scratch,
    /// A folder of the host.
    Host(Rc<str>),
}

/// Names of config maps and secrets that a volume needs, with the field that holds the name.
const SOURCES: [(&str, &str, Kind); 2] =
    [("configMap", "name", Kind::ConfigMap), ("secret", "secretName", Kind::Secret)];

/// The first volume that cannot be mounted: its name, and the words of the event.
pub(super) fn unmountable(pod: &Pod, store: &Store) -> Option<String> {
    pod.spec.volumes.iter().find_map(|volume| {
        let error = content(pod, volume, store).err()?;
        Some(format!("MountVolume.SetUp failed for volume \"{}\" : {error}", volume.name))
    })
}

fn content(pod: &Pod, volume: &Volume, store: &Store) -> Result<Content, String> {
    for (field, name, kind) in SOURCES {
        if let Some(source) = volume.raw.get(field) {
            return Ok(Content::Files(keys(pod, kind, source, name, store)?));
        }
    }
    if let Some(projected) = volume.raw.get("projected") {
        return projection(pod, projected, store).map(Content::Files);
    }
    if let Some(source) = volume.raw.get("downwardAPI") {
        return Ok(Content::Files(fields(pod, source)));
    }
    match volume.raw.at(&["hostPath", "path"]).and_then(Value::as_str) {
        Some(path) => Ok(Content::Host(path.into())),
        None => Ok(Content::Scratch),
    }
}

/// The keys of a config map or secret as files, or those that `items` names.
fn keys(
    pod: &Pod,
    kind: Kind,
    source: &Value,
    name: &str,
    store: &Store,
) -> Result<Subtree, String> {
    let name = source.str_at(name).unwrap_or_default();
    let optional = source.bool_at("optional") == Some(true);
    let Some(data) = data(kind, &pod.meta.namespace, name, store) else {
        return if optional { Ok(Subtree::new()) } else { Err(environment::not_found(kind, name)) };
    };
    let items = source.items_at("items");
    if items.is_empty() {
        return Ok(data.into_iter().map(|(key, text)| (key, Some(text))).collect());
    }
    let mut files = Subtree::new();
    for item in items {
        let key = item.str_at("key").unwrap_or_default();
        let path = item.str_at("path").unwrap_or(key);
        match data.get(key) {
            Some(text) => place(&mut files, path, Rc::clone(text)),
            None if optional => {}
            None if kind == Kind::Secret => {
                return Err(format!("references non-existent secret key: {key}"));
            }
            None => return Err(format!("configmap references non-existent config key: {key}")),
        }
    }
    Ok(files)
}

/// Puts a file into a tree, with the folders on its way.
fn place(files: &mut Subtree, path: &str, text: Rc<str>) {
    for (at, _) in path.match_indices('/') {
        if let Some(folder) = path.get(..at) {
            files.insert(folder.into(), None);
        }
    }
    files.insert(path.into(), Some(text));
}

fn fields(pod: &Pod, source: &Value) -> Subtree {
    let mut files = Subtree::new();
    for item in source.items_at("items") {
        let Some(path) = item.str_at("path") else { continue };
        let field = item.at(&["fieldRef", "fieldPath"]).and_then(Value::as_str).unwrap_or_default();
        place(&mut files, path, environment::field_as_file(pod, field).into());
    }
    files
}

fn projection(pod: &Pod, projected: &Value, store: &Store) -> Result<Subtree, String> {
    let mut files = Subtree::new();
    for source in projected.items_at("sources") {
        for (field, kind) in [("configMap", Kind::ConfigMap), ("secret", Kind::Secret)] {
            if let Some(source) = source.get(field) {
                files.extend(keys(pod, kind, source, "name", store)?);
            }
        }
        if let Some(source) = source.get("downwardAPI") {
            files.extend(fields(pod, source));
        }
        if let Some(token) = source.get("serviceAccountToken") {
            let path = token.str_at("path").unwrap_or("token");
            let audience = token.str_at("audience").unwrap_or_default();
            let seconds = token.i64_at("expirationSeconds").unwrap_or(3_600);
            let text = identity::Claims::of(pod, audience, seconds, store).token();
            place(&mut files, path, text.into());
        }
    }
    Ok(files)
}

/// The versions of the config maps and secrets that are mounted, by volume: when one changes, the files do.
pub(super) fn versions(pod: &Pod, store: &Store) -> Vec<(Rc<str>, u64)> {
    let version = |volume: &Volume| {
        let (name, kind) = SOURCES.into_iter().find_map(|(field, name, kind)| {
            Some((volume.raw.at(&[field, name]).and_then(Value::as_str)?, kind))
        })?;
        let object = store.plain(kind, &ObjectKey::new(Rc::clone(&pod.meta.namespace), name))?;
        Some((Rc::clone(&volume.name), object.meta.resource_version))
    };
    pod.spec.volumes.iter().filter_map(version).collect()
}

/// Whether the pod mounts a config map or secret of this name.
pub(super) fn mentions(pod: &Pod, kind: Kind, name: &str) -> bool {
    pod.spec.volumes.iter().any(|volume| {
        SOURCES.iter().any(|(field, key, own)| {
            *own == kind && volume.raw.at(&[*field, *key]).and_then(Value::as_str) == Some(name)
        })
    })
}

/// The mounts of a container with their volumes.
fn mounts<'a>(
    pod: &'a Pod,
    container: &'a Container,
) -> impl Iterator<Item = (&'a VolumeMount, &'a Volume)> {
    container.mounts.iter().filter_map(|mount| {
        Some((mount, pod.spec.volumes.iter().find(|volume| volume.name == mount.name)?))
    })
}

/// Puts the volumes of a container into its files.
pub(super) fn mount(
    pod: &Pod,
    container: &Container,
    runtime: &PodRuntime,
    kubelets: &Kubelets,
    store: &Store,
    process: &mut Process,
) {
    for (mount, volume) in mounts(pod, container) {
        let folders = kubelets.machines.get(&runtime.node).map(|machine| &machine.folders);
        let tree = match content(pod, volume, store) {
            Ok(Content::Files(files)) => files,
            Ok(Content::Scratch) => runtime.scratch.get(&volume.name).cloned().unwrap_or_default(),
            Ok(Content::Host(path)) => {
                folders.and_then(|folders| folders.get(&path)).cloned().unwrap_or_default()
            }
            Err(_) => continue,
        };
        put(process.files_mut(), mount, &tree);
    }
}

/// Brings changed config maps and secrets into a running container; files mounted by `subPath` stay as they are.
pub(super) fn refresh(pod: &Pod, container: &Container, store: &Store, process: &mut Process) {
    for (mount, volume) in mounts(pod, container).filter(|(mount, _)| mount.sub_path.is_empty()) {
        if let Ok(Content::Files(files)) = content(pod, volume, store) {
            put(process.files_mut(), mount, &files);
        }
    }
}

fn put(files: &mut Files, mount: &VolumeMount, tree: &Subtree) {
    let path = mount.path.trim_end_matches('/');
    if mount.sub_path.is_empty() {
        return files.set_subtree(path, tree);
    }
    match tree.get(&mount.sub_path) {
        Some(Some(text)) => {
            if let Some((folder, _)) = path.rsplit_once('/') {
                files.make_folder(folder);
            }
            files.put(path, Rc::clone(text));
        }
        _ => files.set_subtree(path, &inside(tree, &mount.sub_path)),
    }
}

/// The part of a folder that lies in one of its folders.
fn inside(tree: &Subtree, folder: &str) -> Subtree {
    let start = format!("{folder}/");
    tree.iter()
        .filter_map(|(path, text)| Some((Rc::from(path.strip_prefix(&*start)?), text.clone())))
        .collect()
}

/// Whether a volume has what its pod says it has, and nobody writes there.
fn is_given(volume: &Volume) -> bool {
    ["configMap", "secret", "projected", "downwardAPI", "image"]
        .iter()
        .any(|field| volume.raw.get(field).is_some())
}

/// Whether a container mounts a folder that others can write too.
pub(super) fn shares(pod: &Pod, container: &Container) -> bool {
    mounts(pod, container).any(|(_, volume)| !is_given(volume))
}

thread_local! {
    /// Most containers mount the token of their pod and nothing else.
    static TOKEN: Mounts = Rc::new([(word(TOKEN_PATH), Access::ReadOnly)]);
}

/// Who may write where in the files of a container. Follows `makeMounts` of `pkg/kubelet/kubelet_pods.go`; what comes
/// with an image, and what lies on a machine, is root's.
pub(super) fn mounts_of(pod: &Pod, container: &Container) -> Mounts {
    let root = container.user.uid == 0;
    let plain = container.mounts.is_empty() && !container.read_only_root && root;
    if plain && pod.mounts_token() {
        return TOKEN.with(Rc::clone);
    }
    let mut all: Vec<(Rc<str>, Access)> = Vec::new();
    if container.read_only_root {
        all.extend([(word("/"), Access::ReadOnly), (word("/dev"), Access::Free)]);
    } else if !root {
        all.push((word("/"), Access::Root));
        let free = ["/dev", "/tmp", "/var/tmp", container.user.home];
        all.extend(free.iter().filter(|path| **path != "/").map(|path| (word(path), Access::Free)));
    }
    if pod.mounts_token() {
        all.push((word(TOKEN_PATH), Access::ReadOnly));
    }
    for (mount, volume) in mounts(pod, container) {
        let access = match mount.read_only || is_given(volume) {
            true => Access::ReadOnly,
            false if volume.raw.get("hostPath").is_some() && !root => Access::Root,
            false => Access::Free,
        };
        let path = mount.path.trim_end_matches('/');
        // As images have it, one is a link to the other.
        if let Some(path) = path.strip_prefix("/var").filter(|rest| rest.starts_with("/run")) {
            all.push((path.into(), access));
        }
        all.push((path.into(), access));
    }
    all.into()
}

/// Brings the shared folders into a process before it runs on.
pub(super) fn load(
    pod: &Pod,
    container: &Container,
    runtime: &PodRuntime,
    kubelets: &Kubelets,
    process: &mut Process,
) {
    let folders = kubelets.machines.get(&runtime.node).map(|machine| &machine.folders);
    for (mount, volume) in mounts(pod, container) {
        let tree = match shared(volume) {
            None => continue,
            Some(None) => runtime.scratch.get(&volume.name),
            Some(Some(path)) => folders.and_then(|folders| folders.get(path)),
        };
        if let Some(tree) = tree {
            put(process.files_mut(), mount, tree);
        }
    }
}

/// A shared folder: the pod's own (`None`), or one of the host.
fn shared(volume: &Volume) -> Option<Option<&str>> {
    if volume.raw.get("emptyDir").is_some() || volume.raw.get("persistentVolumeClaim").is_some() {
        return Some(None);
    }
    volume.raw.at(&["hostPath", "path"]).and_then(Value::as_str).map(Some)
}

/// Takes what a process wrote into shared folders out again, for the others.
pub(super) fn save(
    pod: &Pod,
    container: &Container,
    runtime: &mut PodRuntime,
    kubelets: &mut Kubelets,
    process: &Process,
) {
    for (mount, volume) in mounts(pod, container).filter(|(mount, _)| !mount.read_only) {
        let Some(place) = shared(volume) else { continue };
        let tree = process.files().subtree(mount.path.trim_end_matches('/'));
        let folders = match place {
            None => &mut runtime.scratch,
            Some(_) => match kubelets.machines.get_mut(&runtime.node) {
                Some(machine) => &mut machine.folders,
                None => continue,
            },
        };
        let name: Rc<str> = place.map_or_else(|| Rc::clone(&volume.name), Rc::from);
        let mut whole = folders.get(&name).cloned().unwrap_or_default();
        if mount.sub_path.is_empty() {
            whole = tree;
        } else {
            let start = format!("{}/", mount.sub_path);
            whole.insert(Rc::clone(&mount.sub_path), None);
            whole.extend(
                tree.iter().map(|(path, text)| (Rc::from(format!("{start}{path}")), text.clone())),
            );
        }
        if folders.get(&name) != Some(&whole) {
            folders.insert(name, whole);
        }
    }
}
