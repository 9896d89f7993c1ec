//! The volumes of a pod or template. Follows `describeVolumes` of kubectl's describe.go.

use super::{annotations, pairs};
use crate::api::meta::Labels;
use crate::api::quantity::Quantity;
use crate::api::value::Value;

/// A line about a volume: its title, the field that it shows, and what stands there if nothing is said.
type Line = (&'static str, &'static str, &'static str);

const FS_TYPE: Line = ("FSType:", "fsType", "");
const READ_ONLY: Line = ("ReadOnly:", "readOnly", "false");
const OPTIONAL: Line = ("Optional:", "optional", "false");
const PARTITION: Line = ("Partition:", "partition", "0");
const PATH: Line = ("Path:", "path", "");
const SECRET_REF: Line = ("SecretRef:", "secretRef", NO_REFERENCE);
const VOLUME_ID: Line = ("VolumeID:", "volumeID", "");

/// How Go writes a reference that is not there, and a map and a list without entries.
const NO_REFERENCE: &str = "nil";
const NO_LIST: &str = "[]";
const NO_MAP: &str = "map[]";

/// What is told of each kind of volume: its field, what it is, and its lines.
const KINDS: [(&str, &str, &[Line]); 29] = [
    (
        "hostPath",
        "HostPath (bare host directory volume)",
        &[PATH, ("HostPathType:", "type", "<none>")],
    ),
    (
        "emptyDir",
        "EmptyDir (a temporary directory that shares a pod's lifetime)",
        &[("Medium:", "medium", ""), ("SizeLimit:", "sizeLimit", "<unset>")],
    ),
    (
        "gcePersistentDisk",
        "GCEPersistentDisk (a Persistent Disk resource in Google Compute Engine)",
        &[("PDName:", "pdName", ""), FS_TYPE, PARTITION, READ_ONLY],
    ),
    (
        "awsElasticBlockStore",
        "AWSElasticBlockStore (a Persistent Disk resource in AWS)",
        &[VOLUME_ID, FS_TYPE, PARTITION, READ_ONLY],
    ),
    (
        "gitRepo",
        "GitRepo (a volume that is pulled from git when the pod is created)",
        &[("Repository:", "repository", ""), ("Revision:", "revision", "")],
    ),
    (
        "secret",
        "Secret (a volume populated by a Secret)",
        &[("SecretName:", "secretName", ""), OPTIONAL],
    ),
    (
        "configMap",
        "ConfigMap (a volume populated by a ConfigMap)",
        &[("Name:", "name", ""), OPTIONAL],
    ),
    (
        "nfs",
        "NFS (an NFS mount that lasts the lifetime of a pod)",
        &[("Server:", "server", ""), PATH, READ_ONLY],
    ),
    (
        "iscsi",
        "ISCSI (an ISCSI Disk resource that is attached to a kubelet's host machine and then exposed to the pod)",
        &[
            ("TargetPortal:", "targetPortal", ""),
            ("IQN:", "iqn", ""),
            ("Lun:", "lun", "0"),
            ("ISCSIInterface", "iscsiInterface", ""),
            FS_TYPE,
            READ_ONLY,
            ("Portals:", "portals", NO_LIST),
            ("DiscoveryCHAPAuth:", "chapAuthDiscovery", "false"),
            ("SessionCHAPAuth:", "chapAuthSession", "false"),
            SECRET_REF,
            ("InitiatorName:", "initiatorName", "<none>"),
        ],
    ),
    (
        "glusterfs",
        "Glusterfs (a Glusterfs mount on the host that shares a pod's lifetime)",
        &[("EndpointsName:", "endpoints", ""), PATH, READ_ONLY],
    ),
    (
        "persistentVolumeClaim",
        "PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)",
        &[("ClaimName:", "claimName", ""), READ_ONLY],
    ),
    (
        "ephemeral",
        "EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)",
        &[],
    ),
    (
        "rbd",
        "RBD (a Rados Block Device mount on the host that shares a pod's lifetime)",
        &[
            ("CephMonitors:", "monitors", NO_LIST),
            ("RBDImage:", "image", ""),
            FS_TYPE,
            ("RBDPool:", "pool", ""),
            ("RadosUser:", "user", ""),
            ("Keyring:", "keyring", ""),
            SECRET_REF,
            READ_ONLY,
        ],
    ),
    (
        "quobyte",
        "Quobyte (a Quobyte mount on the host that shares a pod's lifetime)",
        &[("Registry:", "registry", ""), ("Volume:", "volume", ""), READ_ONLY],
    ),
    ("downwardAPI", "DownwardAPI (a volume populated by information about the pod)", &[]),
    (
        "azureDisk",
        "AzureDisk (an Azure Data Disk mount on the host and bind mount to the pod)",
        &[
            ("DiskName:", "diskName", ""),
            ("DiskURI:", "diskURI", ""),
            ("Kind: ", "kind", ""),
            FS_TYPE,
            ("CachingMode:", "cachingMode", ""),
            READ_ONLY,
        ],
    ),
    (
        "vsphereVolume",
        "vSphereVolume (a Persistent Disk resource in vSphere)",
        &[
            ("VolumePath:", "volumePath", ""),
            FS_TYPE,
            ("StoragePolicyName:", "storagePolicyName", ""),
        ],
    ),
    (
        "cinder",
        "Cinder (a Persistent Disk resource in OpenStack)",
        &[VOLUME_ID, FS_TYPE, READ_ONLY, SECRET_REF],
    ),
    (
        "photonPersistentDisk",
        "PhotonPersistentDisk (a Persistent Disk resource in photon platform)",
        &[("PdID:", "pdID", ""), FS_TYPE],
    ),
    ("portworxVolume", "PortworxVolume (a Portworx Volume resource)", &[VOLUME_ID]),
    (
        "scaleIO",
        "ScaleIO (a persistent volume backed by a block device in ScaleIO)",
        &[
            ("Gateway:", "gateway", ""),
            ("System:", "system", ""),
            ("Protection Domain:", "protectionDomain", ""),
            ("Storage Pool:", "storagePool", ""),
            ("Storage Mode:", "storageMode", ""),
            ("VolumeName:", "volumeName", ""),
            FS_TYPE,
            READ_ONLY,
        ],
    ),
    (
        "cephfs",
        "CephFS (a CephFS mount on the host that shares a pod's lifetime)",
        &[
            ("Monitors:", "monitors", NO_LIST),
            PATH,
            ("User:", "user", ""),
            ("SecretFile:", "secretFile", ""),
            SECRET_REF,
            READ_ONLY,
        ],
    ),
    (
        "storageos",
        "StorageOS (a StorageOS Persistent Disk resource)",
        &[
            ("VolumeName:", "volumeName", ""),
            ("VolumeNamespace:", "volumeNamespace", ""),
            FS_TYPE,
            READ_ONLY,
        ],
    ),
    (
        "fc",
        "FC (a Fibre Channel disk)",
        &[("TargetWWNs:", "targetWWNs", ""), ("LUN:", "lun", "<none>"), FS_TYPE, READ_ONLY],
    ),
    (
        "azureFile",
        "AzureFile (an Azure File Service mount on the host and bind mount to the pod)",
        &[("SecretName:", "secretName", ""), ("ShareName:", "shareName", ""), READ_ONLY],
    ),
    (
        "flexVolume",
        "FlexVolume (a generic volume resource that is provisioned/attached using an exec based plugin)",
        &[
            ("Driver:", "driver", ""),
            FS_TYPE,
            SECRET_REF,
            READ_ONLY,
            ("Options:", "options", NO_MAP),
        ],
    ),
    (
        "flocker",
        "Flocker (a Flocker volume mounted by the Flocker agent)",
        &[("DatasetName:", "datasetName", ""), ("DatasetUUID:", "datasetUUID", "")],
    ),
    (
        "csi",
        "CSI (a Container Storage Interface (CSI) volume source)",
        &[("Driver:", "driver", ""), FS_TYPE, READ_ONLY],
    ),
    (
        "image",
        "Image (a container image or OCI artifact)",
        &[("Reference:", "reference", ""), ("PullPolicy:", "pullPolicy", "")],
    ),
];

/// The volumes of a spec; in a template, which is indented, their names stand one letter further right, and what is
/// told of them does not.
pub(super) fn text(spec: &Value, indent: &str) -> String {
    let volumes = spec.items_at("volumes");
    if volumes.is_empty() {
        return format!("{indent}Volumes:\t<none>\n");
    }
    let mut text = format!("{indent}Volumes:\n");
    let pad = if indent.is_empty() { "  " } else { "   " };
    for volume in volumes {
        text.push_str(&format!("{pad}{}:\n", volume.str_at("name").unwrap_or_default()));
        let known = KINDS
            .iter()
            .find_map(|(field, what, lines)| Some((volume.get(field)?, *field, *what, *lines)));
        if let Some((source, field, what, lines)) = known {
            text.push_str(&format!("    Type:\t{what}\n"));
            text.extend(lines.iter().map(|line| line_text(source, line)));
            text.push_str(&match field {
                "downwardAPI" => items(source),
                "ephemeral" => source.get("volumeClaimTemplate").map_or_else(String::new, claim),
                "csi" => attributes(source),
                _ => String::new(),
            });
        } else if let Some(projected) = volume.get("projected") {
            text.push_str(&projected_text(projected));
        } else {
            text.push_str("  <unknown>\n");
        }
    }
    text
}

fn line_text(source: &Value, (title, field, missing): &Line) -> String {
    let nothing = |value: &Value| match *field {
        "sizeLimit" => Quantity::from_value(value).is_ok_and(|size| size.is_zero()),
        _ => false,
    };
    let value = source.get(field).filter(|value| !nothing(value));
    let shown = value.map_or_else(|| (*missing).to_owned(), |value| written(value, missing));
    format!("    {title}\t{shown}\n")
}

/// A value as Go writes one of its type.
fn written(value: &Value, missing: &str) -> String {
    let word = |value: &Value| value.as_str().map_or_else(|| value.to_json(), str::to_owned);
    let all = |words: Vec<String>, between: &str| words.join(between);
    match value {
        Value::Array(list) => {
            let words = list.iter().map(word).collect();
            if missing == NO_LIST { format!("[{}]", all(words, " ")) } else { all(words, ", ") }
        }
        Value::Object(_) if missing == NO_REFERENCE => {
            format!("&LocalObjectReference{{Name:{},}}", value.str_at("name").unwrap_or_default())
        }
        Value::Object(_) => {
            let entries = value.entries().map(|(key, value)| format!("{key}:{}", word(value)));
            format!("map[{}]", all(entries.collect(), " "))
        }
        other => word(other),
    }
}

/// Follows `printProjectedVolumeSource`.
fn projected_text(projected: &Value) -> String {
    let mut text =
        "    Type:\tProjected (a volume that contains injected data from multiple sources)\n"
            .to_owned();
    for source in projected.items_at("sources") {
        if let Some(secret) = source.get("secret") {
            text.push_str(&line_text(secret, &("SecretName:", "name", "")));
            text.push_str(&line_text(secret, &OPTIONAL));
        } else if source.get("downwardAPI").is_some() {
            text.push_str("    DownwardAPI:\ttrue\n");
        } else if let Some(map) = source.get("configMap") {
            text.push_str(&line_text(map, &("ConfigMapName:", "name", "")));
            text.push_str(&line_text(map, &OPTIONAL));
        } else if let Some(token) = source.get("serviceAccountToken") {
            let seconds = ("TokenExpirationSeconds:", "expirationSeconds", "3600");
            text.push_str(&line_text(token, &seconds));
        }
    }
    text
}

/// Follows `printDownwardAPIVolumeSource`.
fn items(source: &Value) -> String {
    let mut text = "    Items:\n".to_owned();
    for item in source.items_at("items") {
        let path = item.str_at("path").unwrap_or_default();
        for from in [&["fieldRef", "fieldPath"], &["resourceFieldRef", "resource"]] {
            if let Some(from) = item.at(from).and_then(Value::as_str) {
                text.push_str(&format!("      {from} -> {path}\n"));
            }
        }
    }
    text
}

/// The attributes of a driver. The client indents each value, too. Follows
/// `printCSIPersistentVolumeAttributesMultiline`.
fn attributes(source: &Value) -> String {
    const LONGEST: usize = 140;
    let one = |(key, value): (&std::rc::Rc<str>, &Value)| {
        let line = format!("{key}={}", value.as_str().unwrap_or_default());
        let short: String = line.chars().take(LONGEST).collect();
        let dots = if short.len() < line.len() { "..." } else { "" };
        format!("    {short}{dots}")
    };
    let given = source.get("volumeAttributes").into_iter().flat_map(Value::entries);
    let all: Vec<String> = given.map(one).collect();
    let all = if all.is_empty() { "<none>".to_owned() } else { all.join("\n        \t") };
    format!("    VolumeAttributes:\t{all}\n")
}

/// The claim that a pod makes for itself. The client indents values of several lines, too. Follows
/// `printPersistentVolumeClaim`.
fn claim(template: &Value) -> String {
    let spec = |path: &[&str]| template.get("spec").and_then(|spec| spec.at(path));
    let word = |path: &[&str]| spec(path).and_then(Value::as_str).unwrap_or_default();
    let of_claim = |key: &str| Labels::from_value(template.at(&["metadata", key]));
    let (labels, notes) = (of_claim("labels"), of_claim("annotations"));
    let class = notes
        .text("volume.beta.kubernetes.io/storage-class")
        .unwrap_or_else(|| word(&["storageClassName"]));
    let volume = word(&["volumeName"]);
    let labels = pairs(&labels, &[], "=").replace("\n\t", "\n        \t    ");
    let notes = annotations(&notes)
        .replace("\n\t", "\n    \t    ")
        // Lines of a long one are not indented twice.
        .replace("\n    \t      ", "\n    \t  ");
    let capacity = if volume.is_empty() { "" } else { "0" };
    let mut text = format!(
        "    StorageClass:\t{class}\n    Volume:\t{volume}\n    Labels:\t    {labels}\n    Annotations:\t    {notes}\n    Capacity:\t{capacity}\n    Access Modes:\t\n"
    );
    if spec(&["volumeMode"]).is_some() {
        text.push_str(&format!("    VolumeMode:\t{}\n", word(&["volumeMode"])));
    }
    if let Some(source) = spec(&["dataSource"]) {
        text.push_str("    DataSource:\n");
        for (title, key) in [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")] {
            if let Some(word) = source.str_at(key) {
                text.push_str(&format!("      {title}:\t{word}\n"));
            }
        }
    }
    text
}
