//! What `kubectl describe` tells. Follows `describe.go`, and what the real client prints.

use super::Desk;
use podyard::api::value::Value;
use podyard::cluster::{Cluster, Config};

/// The lines of a description between two that begin so, with the first and without the last.
fn part(text: &str, from: &str, to: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with(from));
    let lines = lines.enumerate().take_while(|(at, line)| *at == 0 || !line.starts_with(to));
    lines.map(|(_, line)| format!("{line}\n")).collect()
}

/// Brings a pod, alone, into a cluster in which it has this status.
fn set_status(desk: &mut Desk, name: &str, status: &str) {
    let shown = desk.says(&format!("kubectl get pod {name} -o json"));
    let mut pod = Value::from_json(&shown).unwrap();
    pod.set("status", Value::from_json(status).unwrap());
    desk.cluster = Cluster::recorded(Config::default(), &[pod]);
}

const VARIABLES: &str = "
apiVersion: v1
kind: Pod
metadata: {name: env, labels: {app: a}}
spec:
  nodeName: worker-1
  containers:
  - name: c
    image: nginx
    resources: {limits: {memory: 128Mi, cpu: '1.5'}, requests: {cpu: '0'}}
    envFrom:
    - {configMapRef: {name: app-config}}
    - {prefix: DB_, secretRef: {name: db, optional: true}}
    env:
    - {name: PLAIN, value: \"one\\ntwo\"}
    - {name: EMPTY}
    - {name: LIM, valueFrom: {resourceFieldRef: {resource: limits.memory}}}
    - {name: MIB, valueFrom: {resourceFieldRef: {resource: limits.memory, divisor: 1Mi}}}
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: MILLI, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}
    - {name: ASK, valueFrom: {resourceFieldRef: {resource: requests.memory}}}
    - {name: DISK, valueFrom: {resourceFieldRef: {resource: limits.ephemeral-storage}}}
    - {name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: SPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
    - {name: LABEL, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['app']\"}}}
    - {name: NODE, valueFrom: {fieldRef: {fieldPath: spec.nodeName}}}
    - {name: MAP, valueFrom: {configMapKeyRef: {name: app-config, key: a}}}
    - {name: SECRET, valueFrom: {secretKeyRef: {name: db, key: password, optional: true}}}
  - name: free
    image: nginx
    env:
    - {name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    - {name: OF_C, valueFrom: {resourceFieldRef: {containerName: c, resource: limits.memory, divisor: 1Mi}}}
---
apiVersion: batch/v1
kind: Job
metadata: {name: job}
spec:
  suspend: true
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: c
        image: nginx
        envFrom: [{configMapRef: {name: app-config}}]
        env: [{name: NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]
";

/// Follows `describeContainerEnvFrom`, `describeContainerEnvVars` and `EnvValueRetriever`.
#[test]
fn variables_say_where_they_come_from() {
    let mut desk = Desk::new(VARIABLES);
    let text = desk.says("kubectl describe pod env");
    assert_eq!(
        part(&text, "    Environment Variables from:", "    Mounts:"),
        "    Environment Variables from:
      app-config  ConfigMap                 Optional: false
      db          Secret with prefix 'DB_'  Optional: true
    Environment:
      PLAIN:   one
               two
      EMPTY:   
      LIM:     134217728 (limits.memory)
      MIB:     128 (limits.memory)
      CPU:     2 (limits.cpu)
      MILLI:   1500 (limits.cpu)
      ASK:     134217728 (requests.memory)
      DISK:    0 (limits.ephemeral-storage)
      NAME:    env (v1:metadata.name)
      SPACE:   default (v1:metadata.namespace)
      LABEL:    (v1:metadata.labels['app'])
      NODE:     (v1:spec.nodeName)
      MAP:     <set to the key 'a' of config map 'app-config'>  Optional: false
      SECRET:  <set to the key 'password' in secret 'db'>       Optional: true
"
    );
    assert_eq!(
        part(&text, "  free:", "Conditions:").split_once("    Environment:").unwrap().1,
        "
      CPU:   node allocatable (limits.cpu)
      OF_C:  node allocatable (limits.memory)
    Mounts:
      /var/run/secrets/kubernetes.io/serviceaccount from KUBE (ro)
"
        .replace("KUBE", &kube_volume(&text))
    );
    assert!(text.contains("    Requests:\n      cpu:     0\n      memory:  128Mi\n"), "{text}");
    let text = desk.says("kubectl describe job job");
    assert_eq!(
        part(&text, "    Environment Variables from:", "    Mounts:"),
        "    Environment Variables from:
      app-config  ConfigMap  Optional: false
    Environment:
      NAME:         (v1:metadata.name)
"
    );
}

fn kube_volume(text: &str) -> String {
    let at = text.find("kube-api-access-").unwrap();
    text.get(at..at + 21).unwrap().to_owned()
}

const VOLUMES: &str = "
apiVersion: v1
kind: Pod
metadata: {name: vol, namespace: default, labels: {app: a}}
spec:
  automountServiceAccountToken: false
  containers: [{name: c, image: nginx}]
  volumes:
  - {name: claim, persistentVolumeClaim: {claimName: data, readOnly: true}}
  - name: down
    downwardAPI:
      items:
      - {path: labels, fieldRef: {fieldPath: metadata.labels}}
      - {path: cpu, resourceFieldRef: {containerName: c, resource: limits.cpu}}
  - {name: share, nfs: {server: nfs.example.com, path: /x}}
  - {name: shm, emptyDir: {medium: Memory, sizeLimit: 64Mi}}
  - {name: tmp, emptyDir: {}}
  - {name: host, hostPath: {path: /var/log, type: Directory}}
  - {name: any, hostPath: {path: /}}
  - {name: map, configMap: {name: m, optional: true}}
  - {name: hidden, secret: {secretName: s, optional: true}}
  - name: fresh
    ephemeral:
      volumeClaimTemplate:
        metadata: {labels: {a: b, c: d}}
        spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}
  - {name: drive, csi: {driver: secrets.example.com, readOnly: true, volumeAttributes: {class: x, other: z}}}
  - {name: bare, csi: {driver: bare.example.com}}
  - {name: files, image: {reference: 'registry.example.com/files:v1'}}
  - {name: block, fc: {targetWWNs: [a, b], lun: 0}}
  - {name: ceph, cephfs: {monitors: [m1, m2], secretRef: {name: s}}}
";

/// Follows `describeVolumes`.
#[test]
fn volumes_say_what_they_are() {
    let mut desk = Desk::new(VOLUMES);
    let text = desk.says("kubectl describe pod vol");
    assert_eq!(
        part(&text, "Volumes:", "QoS Class:"),
        "Volumes:
  claim:
    Type:       PersistentVolumeClaim (a reference to a PersistentVolumeClaim in the same namespace)
    ClaimName:  data
    ReadOnly:   true
  down:
    Type:  DownwardAPI (a volume populated by information about the pod)
    Items:
      metadata.labels -> labels
      limits.cpu -> cpu
  share:
    Type:      NFS (an NFS mount that lasts the lifetime of a pod)
    Server:    nfs.example.com
    Path:      /x
    ReadOnly:  false
  shm:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     Memory
    SizeLimit:  64Mi
  tmp:
    Type:       EmptyDir (a temporary directory that shares a pod's lifetime)
    Medium:     
    SizeLimit:  <unset>
  host:
    Type:          HostPath (bare host directory volume)
    Path:          /var/log
    HostPathType:  Directory
  any:
    Type:          HostPath (bare host directory volume)
    Path:          /
    HostPathType:  
  map:
    Type:      ConfigMap (a volume populated by a ConfigMap)
    Name:      m
    Optional:  true
  hidden:
    Type:        Secret (a volume populated by a Secret)
    SecretName:  s
    Optional:    true
  fresh:
    Type:          EphemeralVolume (an inline specification for a volume that gets created and deleted with the pod)
    StorageClass:  fast
    Volume:        
    Labels:            a=b
                       c=d
    Annotations:       <none>
    Capacity:      
    Access Modes:  
    VolumeMode:    Filesystem
  drive:
    Type:              CSI (a Container Storage Interface (CSI) volume source)
    Driver:            secrets.example.com
    FSType:            
    ReadOnly:          true
    VolumeAttributes:      class=x
                           other=z
  bare:
    Type:              CSI (a Container Storage Interface (CSI) volume source)
    Driver:            bare.example.com
    FSType:            
    ReadOnly:          false
    VolumeAttributes:  <none>
  files:
    Type:        Image (a container image or OCI artifact)
    Reference:   registry.example.com/files:v1
    PullPolicy:  IfNotPresent
  block:
    Type:        FC (a Fibre Channel disk)
    TargetWWNs:  a, b
    LUN:         0
    FSType:      
    ReadOnly:    false
  ceph:
    Type:        CephFS (a CephFS mount on the host that shares a pod's lifetime)
    Monitors:    [m1 m2]
    Path:        
    User:        
    SecretFile:  
    SecretRef:   &LocalObjectReference{Name:s,}
    ReadOnly:    false
"
    );
}

/// Names stand one letter further right in a template, and what is told of them does not.
#[test]
fn volumes_of_a_template_are_indented_a_little() {
    let mut desk = Desk::new(
        "
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 0
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: c, image: nginx}]
      volumes:
      - {name: map, configMap: {name: m}}
",
    );
    let text = desk.says("kubectl describe deployment web");
    assert_eq!(
        part(&text, "  Volumes:", "Conditions:"),
        "  Volumes:
   map:
    Type:          ConfigMap (a volume populated by a ConfigMap)
    Name:          m
    Optional:      false
  Node-Selectors:  <none>
  Tolerations:     <none>
"
    );
}

/// Until the time of its deletion has come, how long it lasts is nothing that the client can say. Follows
/// `translateTimestampSince`.
#[test]
fn a_pod_that_goes_says_for_how_long_but_not_if_it_is_over() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Pod
metadata: {name: held, finalizers: [example.com/hold]}
spec: {containers: [{name: c, image: busybox, command: [sleep, '9999']}], terminationGracePeriodSeconds: 600}
---
apiVersion: v1
kind: Pod
metadata: {name: over, finalizers: [example.com/hold]}
spec: {restartPolicy: Never, containers: [{name: c, image: busybox, command: ['false']}]}
---
apiVersion: v1
kind: Pod
metadata: {name: lost}
spec: {nodeName: worker-2, containers: [{name: c, image: nginx}]}
",
    );
    desk.says("yard node stop worker-2");
    desk.says("kubectl delete pod held over lost --wait=false");
    let mut told = |name: &str| {
        let text = desk.says(&format!("kubectl describe pod {name}"));
        let status = part(&text, "Status:", "IP:");
        desk.pass(460);
        status
    };
    assert_eq!(
        told("held"),
        "Status:                    Terminating (lasts <invalid>)\nTermination Grace Period:  600s\n"
    );
    assert_eq!(
        told("lost"),
        "Status:                    Terminating (lasts 7m10s)\nTermination Grace Period:  30s\n"
    );
    assert_eq!(told("over"), "Status:           Failed\n");
}

const STILL: &str = "
apiVersion: v1
kind: Pod
metadata: {name: still}
spec:
  schedulerName: nobody
  automountServiceAccountToken: false
  securityContext: {seccompProfile: {type: Localhost, localhostProfile: profiles/a.json}}
  resources: {limits: {cpu: 1, memory: 1Gi}, requests: {cpu: 500m}}
  readinessGates: [{conditionType: example.com/a}, {conditionType: example.com/b}]
  tolerations:
  - {key: b, value: z, effect: NoSchedule}
  - {key: b, value: a, effect: NoSchedule}
  - {key: a, operator: Exists}
  containers:
  - name: c
    image: nginx
    ports: [{containerPort: 80, name: http}, {containerPort: 90, hostPort: 9090}]
    securityContext: {seccompProfile: {type: Localhost, localhostProfile: b.json}}
    livenessProbe: {httpGet: {path: '/h?x=1', port: 80}}
    readinessProbe: {httpGet: {host: '::1', path: 'a b/%20', port: http, scheme: HTTPS}}
    startupProbe: {httpGet: {port: 80}}
---
apiVersion: v1
kind: Pod
metadata: {name: ended}
spec: {schedulerName: nobody, containers: [{name: c, image: nginx}]}
";

/// Follows `describePod`, `describeContainers`, `DescribeProbe` and `printTolerationsMultilineWithIndent`.
#[test]
fn what_few_pods_have_has_its_lines() {
    let mut desk = Desk::new(STILL);
    let status = r#"{"phase":"Pending","nominatedNodeName":"worker-1","conditions":[{"type":"example.com/a","status":"True"}]}"#;
    set_status(&mut desk, "still", status);
    let text = desk.says("kubectl describe pod still");
    assert_eq!(
        part(&text, "Status:", "QoS Class:"),
        "Status:             Pending
SeccompProfile:     Localhost
LocalhostProfile:   profiles/a.json
IP:                 
IPs:                <none>
NominatedNodeName:  worker-1
Resources:
  Limits:
    cpu:     1
    memory:  1Gi
  Requests:
    cpu:     500m
    memory:  1Gi
Containers:
  c:
    Image:               nginx
    Ports:               80/TCP (http), 90/TCP
    Host Ports:          0/TCP (http), 9090/TCP
    SeccompProfile:      Localhost
      LocalhostProfile:  b.json
    Liveness:            http-get http://:80/h%3Fx=1 delay=0s timeout=1s period=10s #success=1 #failure=3
    Readiness:           http-get https://[::1]:http/a%20b/%2520 delay=0s timeout=1s period=10s #success=1 #failure=3
    Startup:             http-get http://:80/ delay=0s timeout=1s period=10s #success=1 #failure=3
    Environment:         <none>
    Mounts:              <none>
Readiness Gates:
  Type            Status
  example.com/a   True 
  example.com/b   <none> 
Conditions:
  Type            Status
  example.com/a   True 
Volumes:          <none>
"
    );
    assert_eq!(
        part(&text, "Tolerations:", "Events:"),
        "Tolerations:      a op=Exists
                  b=z:NoSchedule
                  b=a:NoSchedule
                  node.kubernetes.io/not-ready:NoExecute op=Exists for 300s
                  node.kubernetes.io/unreachable:NoExecute op=Exists for 300s
"
    );
}

/// A time that nobody gave is Go's first.
#[test]
fn a_container_without_times_ended_long_ago() {
    let mut desk = Desk::new(STILL);
    let status = r#"{"phase":"Failed","containerStatuses":[{"name":"c","state":{"terminated":{"exitCode":1}}}]}"#;
    set_status(&mut desk, "ended", status);
    let text = desk.says("kubectl describe pod ended");
    assert_eq!(
        part(&text, "    State:", "    Ready:"),
        "    State:          Terminated
      Exit Code:    1
      Started:      Mon, 01 Jan 0001 00:00:00 +0000
      Finished:     Mon, 01 Jan 0001 00:00:00 +0000
"
    );
}

/// The cell of a condition's type ends with a blank, so that a long one moves its column. Follows `describeReplicaSet`,
/// `describeReplicationController` and `describeDeployment`.
#[test]
fn conditions_of_sets_leave_a_blank_behind_their_type() {
    let mut desk = Desk::new(
        "
apiVersion: v1
kind: Namespace
metadata: {name: full}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: none, namespace: full}
spec: {hard: {pods: 0}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: set, namespace: full}
spec:
  replicas: 1
  selector: {matchLabels: {app: set}}
  template:
    metadata: {labels: {app: set}}
    spec: {containers: [{name: c, image: nginx}]}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: full}
spec:
  replicas: 1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: nginx}]}
",
    );
    let text = desk.says("kubectl describe rs set -n full");
    assert_eq!(
        part(&text, "Conditions:", "Events:"),
        "Conditions:
  Type             Status  Reason
  ----             ------  ------
  ReplicaFailure   True    FailedCreate
"
    );
    let text = desk.says("kubectl describe deployment web -n full");
    assert_eq!(
        part(&text, "Conditions:", "NewReplicaSet:"),
        "Conditions:
  Type             Status  Reason
  ----             ------  ------
  Available        False   MinimumReplicasUnavailable
  Progressing      True    NewReplicaSetCreated
  ReplicaFailure   True    FailedCreate
OldReplicaSets:    <none>
"
    );
}

#[test]
fn devices_follow_mounts_and_what_a_debugger_added_has_its_section() {
    let pod = Value::from_json(
        r#"{"apiVersion":"v1","kind":"Pod","metadata":{"name":"p","namespace":"default"},"spec":{
        "containers":[{"name":"c","image":"nginx","volumeDevices":[
            {"name":"z","devicePath":"/dev/xvdb"},{"name":"y","devicePath":"/dev/xvda"}]}],
        "ephemeralContainers":[{"name":"debugger","image":"busybox","command":["sh"],"stdin":true}]}}"#,
    );
    let cluster = Cluster::recorded(Config::default(), &[pod.unwrap()]);
    let mut desk = Desk { cluster, terminal: podyard::terminal::Terminal::default() };
    let text = desk.says("kubectl describe pod p");
    assert!(
        text.contains(
            "    Mounts:       <none>\n    Devices:      <none>\n      /dev/xvda from y\n      /dev/xvdb from z\n"
        ),
        "{text}"
    );
    assert_eq!(
        part(&text, "Ephemeral Containers:", "QoS"),
        "Ephemeral Containers:\n  debugger:\n    Image:      busybox\n    Port:       <none>\n    Host Port:  <none>\n    Command:\n      sh\n    Environment:  <none>\n    Mounts:       <none>\nVolumes:          <none>\n"
    );
}
