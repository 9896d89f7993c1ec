use expect_test::{Expect, expect};

use super::*;

/// Reads a manifest, fills in its defaults, checks that doing so again changes nothing, and compares the result.
#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "the form that expect-test has")]
fn check(kind: Kind, manifest: &str, expected: Expect) {
    let mut object: Value = serde_yaml::from_str(manifest).expect("the manifest is YAML");
    apply(kind, &mut object);
    let mut again = object.clone();
    apply(kind, &mut again);
    assert_eq!(again, object, "defaults are applied once");
    expected.assert_eq(&serde_yaml::to_string(&object).expect("values can be printed"));
}

#[test]
fn a_pod_with_probes_ports_and_volumes() {
    check(
        Kind::Pod,
        "
metadata: {name: x, labels: {app: }}
spec:
  hostNetwork: true
  serviceAccount: robot
  terminationGracePeriodSeconds: -5
  containers:
  - name: a
    image: nginx:1.27
    ports: [{containerPort: 80}, {containerPort: 81, hostPort: 0, protocol: UDP}]
    env:
    - {name: A, value: ''}
    - {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
    - {name: C, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
    resources: {limits: {cpu: 0.5, memory: 1024Mi}, requests: {memory: 1e3}}
    livenessProbe: {httpGet: {port: 80}, initialDelaySeconds: 0}
    readinessProbe: {grpc: {port: 1}, periodSeconds: 3}
    lifecycle: {preStop: {httpGet: {port: 1}}}
  initContainers:
  - {name: i, image: busybox, args: []}
  volumes:
  - name: e
  - {name: c, configMap: {name: c}}
  - {name: s, secret: {secretName: s, defaultMode: 256}}
  - {name: h, hostPath: {path: /x}}
  - {name: p, projected: {sources: [{serviceAccountToken: {path: t}}]}}
",
        expect![[r#"
            metadata:
              labels:
                app: ''
              name: x
            spec:
              containers:
              - env:
                - name: A
                - name: B
                  valueFrom:
                    fieldRef:
                      apiVersion: v1
                      fieldPath: metadata.name
                - name: C
                  valueFrom:
                    resourceFieldRef:
                      divisor: '0'
                      resource: limits.cpu
                image: nginx:1.27
                imagePullPolicy: IfNotPresent
                lifecycle:
                  preStop:
                    httpGet:
                      path: /
                      port: 1
                      scheme: HTTP
                livenessProbe:
                  failureThreshold: 3
                  httpGet:
                    path: /
                    port: 80
                    scheme: HTTP
                  periodSeconds: 10
                  successThreshold: 1
                  timeoutSeconds: 1
                name: a
                ports:
                - containerPort: 80
                  hostPort: 80
                  protocol: TCP
                - containerPort: 81
                  hostPort: 81
                  protocol: UDP
                readinessProbe:
                  failureThreshold: 3
                  grpc:
                    port: 1
                    service: ''
                  periodSeconds: 3
                  successThreshold: 1
                  timeoutSeconds: 1
                resources:
                  limits:
                    cpu: 500m
                    memory: 1Gi
                  requests:
                    cpu: 500m
                    memory: 1k
                terminationMessagePath: /dev/termination-log
                terminationMessagePolicy: File
              dnsPolicy: ClusterFirst
              enableServiceLinks: true
              hostNetwork: true
              initContainers:
              - image: busybox
                imagePullPolicy: Always
                name: i
                resources: {}
                terminationMessagePath: /dev/termination-log
                terminationMessagePolicy: File
              restartPolicy: Always
              schedulerName: default-scheduler
              securityContext: {}
              serviceAccount: robot
              serviceAccountName: robot
              terminationGracePeriodSeconds: 1
              volumes:
              - emptyDir: {}
                name: e
              - configMap:
                  defaultMode: 420
                  name: c
                name: c
              - name: s
                secret:
                  defaultMode: 256
                  secretName: s
              - hostPath:
                  path: /x
                  type: ''
                name: h
              - name: p
                projected:
                  defaultMode: 420
                  sources:
                  - serviceAccountToken:
                      expirationSeconds: 3600
                      path: t
            status:
              phase: Pending
        "#]],
    );
}

#[test]
fn a_pod_that_sets_resources_for_all_its_containers() {
    check(
        Kind::Pod,
        "
spec:
  resources: {limits: {cpu: 2, memory: 1Gi}}
  containers:
  - {name: a, image: 'a:1', resources: {requests: {cpu: 100m}}}
  - {name: b, image: 'b:1', resources: {requests: {cpu: 200m}}}
  initContainers:
  - {name: s, image: 's:1', restartPolicy: Always, resources: {requests: {cpu: 50m}}}
  - {name: i, image: 'i:1', resources: {requests: {cpu: 500m}}}
",
        expect![[r#"
            metadata: {}
            spec:
              containers:
              - image: a:1
                imagePullPolicy: IfNotPresent
                name: a
                resources:
                  requests:
                    cpu: 100m
                terminationMessagePath: /dev/termination-log
                terminationMessagePolicy: File
              - image: b:1
                imagePullPolicy: IfNotPresent
                name: b
                resources:
                  requests:
                    cpu: 200m
                terminationMessagePath: /dev/termination-log
                terminationMessagePolicy: File
              dnsPolicy: ClusterFirst
              enableServiceLinks: true
              initContainers:
              - image: s:1
                imagePullPolicy: IfNotPresent
                name: s
                resources:
                  requests:
                    cpu: 50m
                restartPolicy: Always
                terminationMessagePath: /dev/termination-log
                terminationMessagePolicy: File
              - image: i:1
                imagePullPolicy: IfNotPresent
                name: i
                resources:
                  requests:
                    cpu: 500m
                terminationMessagePath: /dev/termination-log
                terminationMessagePolicy: File
              resources:
                limits:
                  cpu: '2'
                  memory: 1Gi
                requests:
                  cpu: 550m
                  memory: 1Gi
              restartPolicy: Always
              schedulerName: default-scheduler
              securityContext: {}
              terminationGracePeriodSeconds: 30
            status:
              phase: Pending
        "#]],
    );
}

#[test]
fn replication_controllers_take_selector_and_labels_from_the_template() {
    check(
        Kind::ReplicationController,
        "
metadata: {name: x}
spec:
  template:
    metadata: {labels: {app: x}}
    spec: {containers: [{name: c, image: nginx}]}
",
        expect![[r#"
            metadata:
              labels:
                app: x
              name: x
            spec:
              replicas: 1
              selector:
                app: x
              template:
                metadata:
                  labels:
                    app: x
                spec:
                  containers:
                  - image: nginx
                    imagePullPolicy: Always
                    name: c
                    resources: {}
                    terminationMessagePath: /dev/termination-log
                    terminationMessagePolicy: File
                  dnsPolicy: ClusterFirst
                  restartPolicy: Always
                  schedulerName: default-scheduler
                  securityContext: {}
                  terminationGracePeriodSeconds: 30
        "#]],
    );
    check(
        Kind::ReplicationController,
        "
metadata: {name: x, labels: {a: b}}
spec: {replicas: 0, selector: {}}
",
        expect![[r#"
            metadata:
              labels:
                a: b
              name: x
            spec:
              replicas: 0
        "#]],
    );
}

#[test]
fn workloads_of_the_apps_group() {
    let spec =
        "{template: {spec: {containers: []}}, selector: {matchLabels: {}}, minReadySeconds: 0}";
    check(
        Kind::ReplicaSet,
        &format!("spec: {spec}"),
        expect![[r#"
        metadata: {}
        spec:
          replicas: 1
          selector: {}
          template:
            metadata: {}
            spec:
              dnsPolicy: ClusterFirst
              restartPolicy: Always
              schedulerName: default-scheduler
              securityContext: {}
              terminationGracePeriodSeconds: 30
    "#]],
    );
    check(
        Kind::Deployment,
        &format!("spec: {spec}"),
        expect![[r#"
        metadata: {}
        spec:
          progressDeadlineSeconds: 600
          replicas: 1
          revisionHistoryLimit: 10
          selector: {}
          strategy:
            rollingUpdate:
              maxSurge: 25%
              maxUnavailable: 25%
            type: RollingUpdate
          template:
            metadata: {}
            spec:
              dnsPolicy: ClusterFirst
              restartPolicy: Always
              schedulerName: default-scheduler
              securityContext: {}
              terminationGracePeriodSeconds: 30
    "#]],
    );
    check(
        Kind::Deployment,
        "spec: {strategy: {type: Recreate}}",
        expect![[r#"
        metadata: {}
        spec:
          progressDeadlineSeconds: 600
          replicas: 1
          revisionHistoryLimit: 10
          strategy:
            type: Recreate
          template:
            metadata: {}
            spec:
              dnsPolicy: ClusterFirst
              restartPolicy: Always
              schedulerName: default-scheduler
              securityContext: {}
              terminationGracePeriodSeconds: 30
    "#]],
    );
    check(
        Kind::DaemonSet,
        "spec: {updateStrategy: {rollingUpdate: {maxSurge: 1}}}",
        expect![[r#"
            metadata: {}
            spec:
              revisionHistoryLimit: 10
              template:
                metadata: {}
                spec:
                  dnsPolicy: ClusterFirst
                  restartPolicy: Always
                  schedulerName: default-scheduler
                  securityContext: {}
                  terminationGracePeriodSeconds: 30
              updateStrategy:
                rollingUpdate:
                  maxSurge: 1
                  maxUnavailable: 1
                type: RollingUpdate
        "#]],
    );
    check(
        Kind::DaemonSet,
        "spec: {updateStrategy: {type: OnDelete}}",
        expect![[r#"
        metadata: {}
        spec:
          revisionHistoryLimit: 10
          template:
            metadata: {}
            spec:
              dnsPolicy: ClusterFirst
              restartPolicy: Always
              schedulerName: default-scheduler
              securityContext: {}
              terminationGracePeriodSeconds: 30
          updateStrategy:
            type: OnDelete
    "#]],
    );
}

#[test]
fn jobs_and_cron_jobs() {
    let template = "template: {metadata: {labels: {a: b}}, spec: {restartPolicy: Never}}";
    check(
        Kind::Job,
        &format!("spec: {{{template}}}"),
        expect![[r#"
            metadata: {}
            spec:
              backoffLimit: 6
              completionMode: NonIndexed
              completions: 1
              manualSelector: false
              parallelism: 1
              podReplacementPolicy: TerminatingOrFailed
              suspend: false
              template:
                metadata:
                  labels:
                    a: b
                spec:
                  dnsPolicy: ClusterFirst
                  restartPolicy: Never
                  schedulerName: default-scheduler
                  securityContext: {}
                  terminationGracePeriodSeconds: 30
        "#]],
    );
    check(
        Kind::Job,
        "spec: {parallelism: 2, backoffLimitPerIndex: 1, podFailurePolicy: {rules: [{action: Ignore, onPodConditions: [{type: DisruptionTarget}]}]}}",
        expect![[r#"
            metadata: {}
            spec:
              backoffLimit: 2147483647
              backoffLimitPerIndex: 1
              completionMode: NonIndexed
              manualSelector: false
              parallelism: 2
              podFailurePolicy:
                rules:
                - action: Ignore
                  onPodConditions:
                  - status: 'True'
                    type: DisruptionTarget
              podReplacementPolicy: Failed
              suspend: false
              template:
                metadata: {}
                spec:
                  dnsPolicy: ClusterFirst
                  restartPolicy: Always
                  schedulerName: default-scheduler
                  securityContext: {}
                  terminationGracePeriodSeconds: 30
        "#]],
    );
    check(
        Kind::CronJob,
        &format!("spec: {{schedule: '* * * * *', jobTemplate: {{spec: {{{template}}}}}}}"),
        expect![[r#"
            metadata: {}
            spec:
              concurrencyPolicy: Allow
              failedJobsHistoryLimit: 1
              jobTemplate:
                metadata: {}
                spec:
                  template:
                    metadata:
                      labels:
                        a: b
                    spec:
                      dnsPolicy: ClusterFirst
                      restartPolicy: Never
                      schedulerName: default-scheduler
                      securityContext: {}
                      terminationGracePeriodSeconds: 30
              schedule: '* * * * *'
              successfulJobsHistoryLimit: 3
              suspend: false
        "#]],
    );
}

#[test]
fn kinds_without_pods() {
    check(
        Kind::Service,
        "spec: {ports: [{port: 80}, {port: 81, targetPort: web}]}",
        expect![[r#"
            metadata: {}
            spec:
              internalTrafficPolicy: Cluster
              ports:
              - port: 80
                protocol: TCP
                targetPort: 80
              - port: 81
                protocol: TCP
                targetPort: web
              sessionAffinity: None
              type: ClusterIP
            status:
              loadBalancer: {}
        "#]],
    );
    check(
        Kind::Service,
        "spec: {type: LoadBalancer, sessionAffinity: ClientIP}",
        expect![[r#"
            metadata: {}
            spec:
              allocateLoadBalancerNodePorts: true
              externalTrafficPolicy: Cluster
              internalTrafficPolicy: Cluster
              sessionAffinity: ClientIP
              sessionAffinityConfig:
                clientIP:
                  timeoutSeconds: 10800
              type: LoadBalancer
            status:
              loadBalancer: {}
        "#]],
    );
    check(
        Kind::Service,
        "spec: {type: ExternalName, externalName: a.b}",
        expect![[r#"
        metadata: {}
        spec:
          externalName: a.b
          sessionAffinity: None
          type: ExternalName
        status:
          loadBalancer: {}
    "#]],
    );
    check(
        Kind::Namespace,
        "metadata: {name: x}",
        expect![[r#"
        metadata:
          labels:
            kubernetes.io/metadata.name: x
          name: x
        spec: {}
        status:
          phase: Active
    "#]],
    );
    check(
        Kind::Namespace,
        "metadata: {generateName: x-}",
        expect![[r#"
        metadata:
          generateName: x-
        spec: {}
        status:
          phase: Active
    "#]],
    );
    check(
        Kind::Node,
        "{spec: {podCIDR: 10.0.0.0/24}, status: {capacity: {cpu: 4, memory: 8192Mi}}}",
        expect![[r#"
            metadata: {}
            spec:
              podCIDR: 10.0.0.0/24
              podCIDRs:
              - 10.0.0.0/24
            status:
              allocatable:
                cpu: '4'
                memory: 8Gi
              capacity:
                cpu: '4'
                memory: 8Gi
        "#]],
    );
    check(
        Kind::Secret,
        "{data: {a: eA==}, stringData: {b: y}}",
        expect![[r#"
        data:
          a: eA==
          b: eQ==
        metadata: {}
        type: Opaque
    "#]],
    );
    check(
        Kind::PriorityClass,
        "{metadata: {name: x}, value: 10, globalDefault: false}",
        expect![[r#"
        metadata:
          name: x
        preemptionPolicy: PreemptLowerPriority
        value: 10
    "#]],
    );
    check(
        Kind::PersistentVolumeClaim,
        "spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1024Mi}}}",
        expect![[r#"
        metadata: {}
        spec:
          accessModes:
          - ReadWriteOnce
          resources:
            requests:
              storage: 1Gi
          volumeMode: Filesystem
        status:
          phase: Pending
    "#]],
    );
    check(
        Kind::LimitRange,
        "spec: {limits: [{type: Container, max: {cpu: 2}, min: {memory: 1Mi}}]}",
        expect![[r#"
            metadata: {}
            spec:
              limits:
              - default:
                  cpu: '2'
                defaultRequest:
                  cpu: '2'
                  memory: 1Mi
                max:
                  cpu: '2'
                min:
                  memory: 1Mi
                type: Container
        "#]],
    );
}
