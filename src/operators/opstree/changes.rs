//! What the operator does with a change of its resources, read at v0.26.0 (`ef33adb`).
//!
//! A StatefulSet is made for each Redis, RedisReplication and RedisSentinel, and two for a RedisCluster. Nearly
//! every field goes into its pod template, and Kubernetes then restarts the pods, the highest number first, each
//! when the one before is ready. Ready is a Redis that answers `PING`: whether it has copied from its primary is
//! not looked at.
//!
//! A restarted pod of a RedisReplication knows of no primary and so is one. The operator attaches it when it
//! looks the next time, every 30 seconds, if all pods are ready then; it also labels the pods by their roles
//! then, and by that label the Service of the primary finds it. It never promotes a replica: Sentinel does, or
//! nobody. Where no pod has replicas any more, it takes the one that it knew as the primary.

use crate::effect::Class;
use crate::operators::changes::{Applied, Change, Of, When};
use crate::topologies::Kind;

/// The resources that have data.
const WITH_DATA: &[&str] = &["Redis", "RedisReplication", "RedisCluster"];
/// All resources.
const ALL: &[&str] = &["Redis", "RedisReplication", "RedisSentinel", "RedisCluster"];

/// What goes into the pod template of a Redis.
const OF_REDIS: &[&str] = &[
    "spec.acl",
    "spec.affinity",
    "spec.env",
    "spec.hostPort",
    "spec.initContainer",
    "spec.kubernetesConfig.image",
    "spec.kubernetesConfig.imagePullPolicy",
    "spec.kubernetesConfig.imagePullSecrets",
    "spec.kubernetesConfig.resources",
    "spec.livenessProbe",
    "spec.nodeSelector",
    "spec.podSecurityContext",
    "spec.priorityClassName",
    "spec.readinessProbe",
    "spec.redisConfig",
    "spec.redisExporter",
    "spec.securityContext",
    "spec.serviceAccountName",
    "spec.sidecars",
    "spec.storage.volumeMount",
    "spec.terminationGracePeriodSeconds",
    "spec.tolerations",
];
/// What goes into the pod template of a RedisReplication.
const OF_REPLICATION: &[&str] = &[
    "spec.acl",
    "spec.affinity",
    "spec.env",
    "spec.hostPort",
    "spec.initContainer",
    "spec.kubernetesConfig.image",
    "spec.kubernetesConfig.imagePullPolicy",
    "spec.kubernetesConfig.imagePullSecrets",
    "spec.kubernetesConfig.resources",
    "spec.livenessProbe",
    "spec.nodeSelector",
    "spec.podSecurityContext",
    "spec.priorityClassName",
    "spec.readinessProbe",
    "spec.redisConfig",
    "spec.redisExporter",
    "spec.securityContext",
    "spec.serviceAccountName",
    "spec.sidecars",
    "spec.storage.volumeMount",
    "spec.terminationGracePeriodSeconds",
    "spec.tolerations",
    "spec.topologySpreadConstraints",
];
/// What goes into the pod templates of both roles of a RedisCluster.
const OF_CLUSTER: &[&str] = &[
    "spec.acl",
    "spec.env",
    "spec.hostNetwork",
    "spec.hostPort",
    "spec.initContainer",
    "spec.kubernetesConfig.image",
    "spec.kubernetesConfig.imagePullPolicy",
    "spec.kubernetesConfig.imagePullSecrets",
    "spec.kubernetesConfig.resources",
    "spec.podSecurityContext",
    "spec.priorityClassName",
    "spec.redisConfig",
    "spec.redisExporter",
    "spec.redisFollower.redisConfig",
    "spec.redisLeader.redisConfig",
    "spec.serviceAccountName",
    "spec.sidecars",
    "spec.storage.volumeMount",
];
/// What goes into the pod template of a RedisSentinel.
const OF_SENTINEL: &[&str] = &[
    "spec.affinity",
    "spec.env",
    "spec.hostPort",
    "spec.initContainer",
    "spec.kubernetesConfig.image",
    "spec.kubernetesConfig.imagePullPolicy",
    "spec.kubernetesConfig.imagePullSecrets",
    "spec.kubernetesConfig.resources",
    "spec.livenessProbe",
    "spec.nodeSelector",
    "spec.podSecurityContext",
    "spec.priorityClassName",
    "spec.readinessProbe",
    "spec.redisExporter",
    "spec.redisSentinelConfig",
    "spec.securityContext",
    "spec.serviceAccountName",
    "spec.sidecars",
    "spec.terminationGracePeriodSeconds",
    "spec.tolerations",
    "spec.topologySpreadConstraints",
    "spec.volumeMount",
];

const SIZE: &str = "spec.storage.volumeClaimTemplate.spec.resources.requests.storage";
const MEMORY: &str = "spec.kubernetesConfig.resources.limits.memory";
const IMAGE: &str = "spec.kubernetesConfig.image";
const PASSWORD: &str = "spec.kubernetesConfig.redisSecret";

/// The gentler way of every restart of replicated pods.
const SLOWLY: &str = "set `spec.kubernetesConfig.minReadySeconds: 60` on the resource first, which restarts nothing: \
                      each pod then has a minute to be attached, and to copy, before the next one stops";

/// The pod of a Redis restarts.
const ALONE: Change = Change {
    resources: &["Redis"],
    topologies: &[],
    of: Of::AnyField(OF_REDIS),
    when: When::Any,
    class: Class::Rolling,
    what: "the pod restarts",
    exposed: "Redis is away until the pod has started and loaded its data; without a volume it comes back empty",
    instead: "",
    source: "internal/k8sutils/statefulset.go generateStatefulSetsDef, patchStatefulSet, v0.26.0",
};

/// The pods of a RedisReplication restart, and nothing fails over.
const REPLICATED: Change = Change {
    resources: &["RedisReplication"],
    topologies: &[Kind::Replication],
    of: Of::AnyField(OF_REPLICATION),
    when: When::Any,
    class: Class::Rolling,
    what: "the {pods} pods restart one by one, the highest number first; nothing takes the primary's place while its \
           pod restarts",
    exposed: "writes fail until the primary has loaded its data; without a volume it comes back empty, and its \
              replicas copy that. A restarted pod is a primary of its own until the operator attaches it (it looks \
              every 30 s, and waits until all are ready): what is written to it through {name} or {name}-master is \
              lost",
    instead: SLOWLY,
    source: "internal/k8sutils/statefulset.go patchStatefulSet; \
             internal/controller/redisreplication/redisreplication_controller.go reconcileRedis, reconcileStatus, \
             v0.26.0",
};

/// The pods of a RedisReplication restart, and Sentinel fails over.
const WATCHED: Change = Change {
    topologies: &[Kind::Sentinel],
    what: "the {pods} pods restart one by one, the highest number first; when the primary's turn comes, Sentinel \
           promotes a replica",
    exposed: "writes fail for the time of one failover, some 5 to 35 s; each pod is away until it has loaded its \
              data. A restarted pod is a primary of its own until the operator attaches it (it looks every 30 s, and \
              waits until all are ready): what is written to it through {name} or {name}-master is lost, and after a \
              roll faster than that the operator can take the old primary back, without what was written meanwhile",
    ..REPLICATED
};

/// The pods of a RedisCluster restart.
const CLUSTERED: Change = Change {
    resources: &["RedisCluster"],
    topologies: &[],
    of: Of::AnyField(OF_CLUSTER),
    when: When::Any,
    class: Class::Rolling,
    what: "the {pods} pods restart one by one, the leaders first, then the followers; a primary asks its best replica \
           to take over before it stops, so each shard's primary moves, and later moves back",
    exposed: "writes to a shard wait for a moment at each move, or for some 5 to 20 s where the hand-over fails and \
              the others have to elect the replica; a shard without one is away until its pod has loaded its data",
    instead: SLOWLY,
    source: "internal/k8sutils/statefulset.go generateClusterPreStop, patchStatefulSet; \
             internal/controller/rediscluster/rediscluster_controller.go Reconcile; \
             internal/agent/bootstrap/redis/config.go GenerateConfig (cluster-node-timeout), v0.26.0",
};

/// Sentinels restart.
const SENTINELS: Change = Change {
    resources: &["RedisSentinel"],
    topologies: &[],
    of: Of::AnyField(OF_SENTINEL),
    when: When::Any,
    class: Class::Rolling,
    what: "the Sentinels restart one by one, once the RedisReplication is ready; each forgets the primary and is told \
           again by the operator",
    exposed: "no failover while fewer than the quorum know the primary and its replicas, some 10 s for each Sentinel; \
              Redis itself is not touched",
    instead: "",
    source: "internal/controller/redissentinel/redissentinel_controller.go reconcileReplication, reconcileSentinel; \
             internal/agent/bootstrap/sentinel/config.go GenerateConfig, v0.26.0",
};

/// The API server refuses the new StatefulSet, and the operator stops there.
const REFUSED: Change = Change {
    resources: WITH_DATA,
    topologies: &[],
    of: Of::Field("spec.storage.volumeClaimTemplate"),
    when: When::Any,
    class: Class::DataRisk,
    what: "the API server refuses it, since a StatefulSet keeps its volume templates for life: the operator fails at \
           {name} each time it looks, and does nothing more for it",
    exposed: "until it is taken back no other change is applied, no restarted pod is attached and no Service follows \
              the primary; with the annotation `redis.opstreelabs.in/recreate-statefulset` all pods are deleted at \
              once instead, and made again on other volumes",
    instead: "make a new instance beside it, copy the data, and move the clients",
    source: "internal/k8sutils/statefulset.go patchStatefulSet, updateStatefulSet, v0.26.0; Kubernetes \
             pkg/apis/apps/validation/validation.go ValidateStatefulSetUpdate",
};

/// The operator takes the field and does nothing with it.
const IGNORED: Change = Change {
    resources: WITH_DATA,
    topologies: &[],
    of: Of::Resource,
    when: When::Any,
    class: Class::Silent,
    what: "ignored: the StatefulSet keeps what it was made with, and pods that are added later get that too",
    exposed: "",
    instead: "",
    source: "internal/k8sutils/statefulset.go patchStatefulSet, v0.26.0",
};

/// The operator crashes.
const CRASHES: Change = Change {
    resources: ALL,
    topologies: &[],
    of: Of::AnyField(&[
        "spec.kubernetesConfig.redisSecret.key",
        "spec.kubernetesConfig.redisSecret.name",
    ]),
    when: When::Vanishes,
    class: Class::DataRisk,
    what: "the operator crashes each time it looks at {name}: it takes `name` and `key` of `redisSecret` for given",
    exposed: "no instance that this operator manages is looked after until it is taken back; what runs goes on",
    instead: "name both, or remove `redisSecret` as a whole",
    source: "internal/k8sutils/statefulset.go getEnvironmentVariables, v0.26.0 (controller-runtime v0.17.2 recovers \
             from no panic unless told to)",
};

/// The table; the first row that fits holds.
pub(super) static CHANGES: &[Change] = &[
    // The resource itself.
    Change {
        resources: WITH_DATA,
        topologies: &[],
        of: Of::Resource,
        when: When::Appears,
        class: Class::Hot,
        what: "new servers are made, and nothing that runs is touched; volumes that an earlier {name} has left are \
               taken over with their data",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/statefulset.go CreateOrUpdateStateFul, createPVCTemplate, v0.26.0",
    },
    Change {
        resources: &["RedisSentinel"],
        topologies: &[],
        of: Of::Resource,
        when: When::Appears,
        class: Class::Hot,
        what: "Sentinels are made once the RedisReplication is ready, and told of its primary; nothing restarts",
        exposed: "",
        instead: "",
        source: "internal/controller/redissentinel/redissentinel_controller.go reconcileReplication, \
                 reconcileSentinel, v0.26.0",
    },
    Change {
        resources: WITH_DATA,
        topologies: &[],
        of: Of::Resource,
        when: When::Vanishes,
        class: Class::DataRisk,
        what: "all {pods} pods and the Services are deleted at once; the operator deletes the volumes too, unless the \
               resource in the cluster says `storage.keepAfterDelete: true`",
        exposed: "every client, at once; volumes that are kept wait for a resource of the same name and kind",
        instead: "set `keepAfterDelete: true` in a change of its own first, and see `kubectl get` show it",
        source: "internal/k8sutils/finalizer.go HandleRedisFinalizer, HandleRedisReplicationFinalizer, \
                 HandleRedisClusterFinalizer, v0.26.0",
    },
    Change {
        resources: &["RedisSentinel"],
        topologies: &[],
        of: Of::Resource,
        when: When::Vanishes,
        class: Class::Recreate,
        what: "all Sentinels are deleted, and not made again: clients that ask them find no primary, and nothing \
               fails over any more, as the operator promotes no replica",
        exposed: "clients that ask Sentinel, at once; everyone at the next loss of the primary, until its pod is back",
        instead: "let the clients use the Service {name}-master first",
        source: "internal/k8sutils/finalizer.go HandleRedisSentinelFinalizer; \
                 internal/controller/redisreplication/redisreplication_controller.go reconcileRedis, v0.26.0",
    },
    // Directives.
    Change {
        resources: &["Redis"],
        topologies: &[],
        of: Of::Directive(Applied::Live),
        when: When::Vanishes,
        class: Class::Silent,
        what: "no longer set, and the running server keeps it: the operator sets what is listed, and resets nothing",
        exposed: "until the pod restarts, for whatever reason",
        instead: "set the default by `CONFIG SET` too, by hand, to have it now",
        source: "internal/k8sutils/redis.go applyDynamicConfig, v0.26.0",
    },
    Change {
        resources: &["Redis"],
        topologies: &[],
        of: Of::Directive(Applied::Live),
        when: When::Any,
        class: Class::Hot,
        what: "set in the running server by `CONFIG SET`",
        exposed: "",
        instead: "",
        source: "internal/controller/redis/redis_controller.go Reconcile; internal/k8sutils/redis.go \
                 applyDynamicConfig, v0.26.0",
    },
    Change {
        resources: &["RedisReplication"],
        topologies: &[],
        of: Of::Directive(Applied::Live),
        when: When::Vanishes,
        class: Class::Silent,
        what: "no longer set, and the running servers keep it: the operator sets what is listed, and resets nothing",
        exposed: "until each pod restarts, for whatever reason: those that do have the default, the others not",
        instead: "set the default by `CONFIG SET` too, by hand, in each of the {pods} servers, to have it now",
        source: "internal/k8sutils/redis.go applyDynamicConfig, v0.26.0",
    },
    Change {
        resources: &["RedisReplication"],
        topologies: &[],
        of: Of::Directive(Applied::Live),
        when: When::Any,
        class: Class::Hot,
        what: "set in all {pods} running servers by `CONFIG SET`, within 30 s, once all are ready",
        exposed: "",
        instead: "",
        source: "internal/controller/redisreplication/redisreplication_controller.go reconcileRedis; \
                 internal/k8sutils/redis.go applyDynamicConfig, v0.26.0",
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::Directive(Applied::Live),
        when: When::Any,
        class: Class::Silent,
        what: "ignored: of a RedisCluster the operator reads `dynamicConfig` in `spec.redisConfig` only",
        exposed: "",
        instead: "put it into the ConfigMap under another name, which restarts the pods",
        source: "api/rediscluster/v1beta2/rediscluster_types.go GetRedisDynamicConfig, v0.26.0",
    },
    Change {
        of: Of::Directive(Applied::AtStart),
        ..ALONE
    },
    Change {
        of: Of::Directive(Applied::AtStart),
        ..REPLICATED
    },
    Change {
        of: Of::Directive(Applied::AtStart),
        ..WATCHED
    },
    Change {
        of: Of::Directive(Applied::AtStart),
        ..CLUSTERED
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Directive(Applied::NextStart),
        when: When::Any,
        class: Class::Silent,
        what: "written to the ConfigMap, and read by each server when it starts: the operator does not look into it",
        exposed: "until each pod restarts, for whatever reason: those that do have it, the others not",
        instead: "give the ConfigMap another name, and the pods restart for it; or set it by `CONFIG SET` too, by \
                  hand",
        source: "internal/k8sutils/statefulset.go getExternalConfig, v0.26.0",
    },
    // Metadata.
    Change {
        of: Of::AnyField(&[
            "metadata.labels.app",
            "metadata.labels.redis_setup_type",
            "metadata.labels.role",
        ]),
        resources: ALL,
        what: "the API server refuses it: labels of the resource take the place of the operator's own in the selector \
               of the StatefulSet, which stays for life; the operator fails at {name} each time it looks",
        exposed: "until it is taken back no other change is applied, no restarted pod is attached and no Service \
                  follows the primary; with the annotation `redis.opstreelabs.in/recreate-statefulset` all pods are \
                  deleted at once instead",
        instead: "use another key than `app`, `role` and `redis_setup_type`",
        source: "internal/controller/common/labels.go GetRedisLabels; internal/k8sutils/labels.go \
                 extractStatefulSetSelectorLabels, v0.26.0; Kubernetes pkg/apis/apps/validation/validation.go \
                 ValidateStatefulSetUpdate",
        ..REFUSED
    },
    Change {
        of: Of::Field("metadata.labels"),
        when: When::Vanishes,
        ..ALONE
    },
    Change {
        of: Of::Field("metadata.labels"),
        when: When::Vanishes,
        ..REPLICATED
    },
    Change {
        of: Of::Field("metadata.labels"),
        when: When::Vanishes,
        ..WATCHED
    },
    Change {
        of: Of::Field("metadata.labels"),
        when: When::Vanishes,
        ..CLUSTERED
    },
    Change {
        of: Of::Field("metadata.labels"),
        when: When::Vanishes,
        ..SENTINELS
    },
    Change {
        of: Of::Field("metadata.labels"),
        what: "the pod restarts, and the Services select it only when it is back with the new label: labels of the \
               resource go into the pod template and into the selectors",
        exposed: "every client, until the pod has started and loaded its data; without a volume it comes back empty",
        instead: "leave the resource without labels that change",
        source: "internal/k8sutils/redis-standalone.go CreateStandaloneService; internal/k8sutils/services.go \
                 generateServiceDef, v0.26.0",
        ..ALONE
    },
    Change {
        topologies: &[],
        of: Of::Field("metadata.labels"),
        what: "the {pods} pods restart one by one, and from the beginning the Services select only those that are \
               back with the new label: labels of the resource go into the pod template and into the selectors",
        exposed: "{name}-master finds no pod until the primary is back with the new label, for most of the roll, and \
                  up to 30 s longer; besides, all that every restart of the pods exposes",
        instead: "put the new label on the running pods first, `kubectl label pod -l app={name} --overwrite …`, and \
                  the Services find them all along; or leave the resource without labels that change",
        source: "internal/k8sutils/redis-replication.go CreateReplicationService; internal/k8sutils/services.go \
                 generateServiceDef, v0.26.0",
        ..REPLICATED
    },
    Change {
        of: Of::Field("metadata.labels"),
        what: "the {pods} pods restart one by one, and from the beginning {name}-leader and {name}-follower select \
               only those that are back with the new label ({name}-master does not look at it)",
        exposed: "clients that find the cluster through these Services, and those that use the names of pods, until \
                  the pods are back; besides, all that every restart of the pods exposes",
        instead: "put the new label on the running pods first, `kubectl label pod -l cluster={name} --overwrite …`, \
                  and the Services find them all along; or leave the resource without labels that change",
        source: "internal/k8sutils/redis-cluster.go CreateRedisClusterService; internal/k8sutils/services.go \
                 generateServiceDef, v0.26.0",
        ..CLUSTERED
    },
    Change {
        of: Of::Field("metadata.labels"),
        what: "the Sentinels restart one by one, and from the beginning {name}-sentinel selects only those that are \
               back with the new label",
        exposed: "clients that look for a Sentinel find none until the first is back; no failover while fewer than \
                  the quorum know the primary, some 10 s for each Sentinel",
        instead: "put the new label on the running pods first, `kubectl label pod -l app={name}-sentinel --overwrite \
                  …`; or leave the resource without labels that change",
        source: "internal/k8sutils/redis-sentinel.go CreateRedisSentinelService; internal/k8sutils/services.go \
                 generateServiceDef, v0.26.0",
        ..SENTINELS
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::AnyField(&[
            "metadata.annotations.redis.opstreelabs.in/skip-reconcile",
            "metadata.annotations.rediscluster.opstreelabs.in/skip-reconcile",
            "metadata.annotations.redisreplication.opstreelabs.in/skip-reconcile",
            "metadata.annotations.redissentinel.opstreelabs.in/skip-reconcile",
        ]),
        when: When::To("true"),
        class: Class::Silent,
        what: "the operator stops looking after {name}: this change and later ones are not applied, and no restarted \
               pod is attached, until the annotation is gone",
        exposed: "",
        instead: "",
        source: "internal/controller/common/skip_reconcile.go ShouldSkipReconcile, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("metadata.annotations.redis.opstreelabs.in/recreate-statefulset"),
        when: When::To("true"),
        class: Class::Rolling,
        what: "the pods restart one by one, as for every annotation; from then on a change that the API server \
               refuses makes the operator delete the StatefulSet and make it again",
        exposed: "at such a change all pods are deleted at once, unless `…/recreate-statefulset-strategy: orphan` is \
                  there too",
        instead: "",
        source: "internal/k8sutils/statefulset.go updateStatefulSet, getDeletionPropagationStrategy; \
                 internal/k8sutils/labels.go generateStatefulSetsAnots, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("metadata.annotations.kubectl.kubernetes.io/last-applied-configuration"),
        when: When::Any,
        class: Class::None,
        what: "nothing at run time: the operator leaves it out of the pods",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/labels.go filterAnnotations, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::IgnoredAnnotation,
        when: When::Any,
        class: Class::None,
        what: "nothing at run time: `spec.kubernetesConfig.ignoreAnnotations` names the annotation, so that the operator \
               leaves it out of the pods",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/labels.go generateStatefulSetsAnots, filterAnnotations, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::AnyField(&[
            "metadata.annotations",
            "spec.kubernetesConfig.ignoreAnnotations",
        ]),
        when: When::Any,
        class: Class::Rolling,
        what: "the pods restart one by one: annotations of the resource go into the pod template, unless \
               `spec.kubernetesConfig.ignoreAnnotations` names them; that list itself restarts them only where the \
               resource has an annotation that comes on it or leaves it",
        exposed: "each pod until it has loaded its data, and the primary with them, as in every restart of the pods",
        instead: "put the annotation on that list in the same change, and nothing restarts for it",
        source: "internal/k8sutils/labels.go generateStatefulSetsAnots, filterAnnotations, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::AnyField(&["apiVersion", "metadata"]),
        when: When::Any,
        class: Class::None,
        what: "nothing at run time: only labels and annotations of the resource reach what the operator makes",
        exposed: "",
        instead: "",
        source: "internal/controller/common/metadata.go GenerateObjectMetaInformation, v0.26.0",
    },
    // Volumes.
    Change {
        resources: WITH_DATA,
        topologies: &[],
        of: Of::Field(SIZE),
        when: When::Grows,
        class: Class::Hot,
        what: "the operator asks each volume to grow from {before} to {after}, and restarts nothing; volumes of pods \
               that are added later are still made with {before}",
        exposed: "if the StorageClass does not have `allowVolumeExpansion: true`, the API server refuses, and the \
                  operator does nothing more for {name} until the size is back; some drivers grow the file system \
                  only when the pod restarts",
        instead: "look at the StorageClass first; to have later volumes larger too, delete the StatefulSet with \
                  `--cascade=orphan` when these have grown: the operator makes it again around the running pods",
        source: "internal/k8sutils/pvc.go HandlePVCResizing; internal/k8sutils/statefulset.go patchStatefulSet, \
                 v0.26.0; Kubernetes plugin/pkg/admission/storage/persistentvolume/resize/admission.go Validate",
    },
    Change {
        resources: WITH_DATA,
        topologies: &[],
        of: Of::Field(SIZE),
        when: When::Shrinks,
        class: Class::DataRisk,
        what: "no volume shrinks: the operator ignores it where it has grown these volumes before; else it tries, the \
               API server refuses, and it does nothing more for {name}",
        exposed: "until the size is back no other change is applied, no restarted pod is attached and no Service \
                  follows the primary",
        instead: "make a new instance with smaller volumes beside it, copy the data, and move the clients",
        source: "internal/k8sutils/pvc.go HandlePVCResizing, v0.26.0; Kubernetes \
                 pkg/apis/core/validation/validation.go ValidatePersistentVolumeClaimUpdate",
    },
    Change {
        resources: WITH_DATA,
        topologies: &[],
        of: Of::Field("spec.storage.keepAfterDelete"),
        when: When::To("true"),
        class: Class::None,
        what: "nothing now; the volumes stay when the resource is deleted",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/finalizer.go HandleRedisFinalizer, HandleRedisReplicationFinalizer, \
                 HandleRedisClusterFinalizer, v0.26.0",
    },
    Change {
        resources: WITH_DATA,
        topologies: &[],
        of: Of::Field("spec.storage.keepAfterDelete"),
        when: When::Any,
        class: Class::DataRisk,
        what: "nothing now; from then on the operator deletes the volumes when the resource is deleted, or its folder \
               is pruned",
        exposed: "all data of {name}, at any later deletion",
        instead: "leave it `true`, and delete the volumes by hand when nobody needs them",
        source: "internal/k8sutils/finalizer.go HandleRedisFinalizer, HandleRedisReplicationFinalizer, \
                 HandleRedisClusterFinalizer, v0.26.0",
    },
    Change {
        of: Of::Field("spec.storage.nodeConfVolumeClaimTemplate"),
        resources: &["RedisCluster"],
        ..IGNORED
    },
    Change {
        of: Of::AnyField(&[
            "spec.storage.volumeClaimTemplate.metadata",
            "spec.storage.volumeClaimTemplate.spec.*",
        ]),
        instead: "make a new instance beside it, copy the data, and move the clients",
        source: "internal/k8sutils/statefulset.go patchStatefulSet; internal/k8sutils/pvc.go HandlePVCResizing, \
                 v0.26.0",
        ..IGNORED
    },
    REFUSED,
    Change {
        of: Of::AnyField(&["spec.persistenceEnabled", "spec.storage.nodeConfVolume"]),
        resources: &["RedisCluster"],
        ..REFUSED
    },
    Change {
        of: Of::Field("spec.storage"),
        when: When::Appears,
        ..REFUSED
    },
    Change {
        of: Of::Field("spec.storage"),
        when: When::Vanishes,
        ..REFUSED
    },
    // How many.
    Change {
        resources: &["RedisReplication"],
        topologies: &[],
        of: Of::Field("spec.clusterSize"),
        when: When::Grows,
        class: Class::Hot,
        what: "pods are added, {before} to {after}, and attached as replicas within 30 s once all are ready; nothing \
               restarts",
        exposed: "each new replica takes one full copy from the primary, which forks for it; a new pod is a primary \
                  of its own until it is attached, and what is written to it through {name} is lost",
        instead: "",
        source: "internal/controller/redisreplication/redisreplication_controller.go reconcileRedis, v0.26.0",
    },
    Change {
        resources: &["RedisReplication"],
        topologies: &[Kind::Replication],
        of: Of::Field("spec.clusterSize"),
        when: When::Shrinks,
        class: Class::DataRisk,
        what: "the pods from {name}-{after} up are deleted, whichever is the primary; if it is one of them, no \
               replica is promoted, and {name} stays without a primary",
        exposed: "every write from then on, until someone promotes a replica by hand, and what had not reached it; \
                  volumes of deleted pods stay",
        instead: "look at `kubectl get redisreplication {name}` first: if the primary's number is {after} or higher, \
                  move it to {name}-0 with `FAILOVER TO` in its redis-cli",
        source: "internal/controller/redisreplication/redisreplication_controller.go reconcileRedis; \
                 internal/k8sutils/redis.go getRedisNodesByRole, v0.26.0; Redis documentation, FAILOVER",
    },
    Change {
        resources: &["RedisReplication"],
        topologies: &[Kind::Sentinel],
        of: Of::Field("spec.clusterSize"),
        when: When::Shrinks,
        class: Class::Failover,
        what: "the pods from {name}-{after} up are deleted, whichever is the primary; if it is one of them, Sentinel \
               promotes a replica",
        exposed: "if the primary is deleted, writes fail for some 5 to 35 s, and what had not reached the replica is \
                  lost; volumes of deleted pods stay",
        instead: "look at `kubectl get redisreplication {name}` first: if the primary's number is {after} or higher, \
                  move it with `SENTINEL FAILOVER`, again until its number is lower",
        source: "internal/k8sutils/redis-replication.go generateRedisReplicationParams, v0.26.0",
    },
    Change {
        resources: &["RedisSentinel"],
        topologies: &[],
        of: Of::Field("spec.clusterSize"),
        when: When::Grows,
        class: Class::Hot,
        what: "Sentinels are added, {before} to {after}, and told of the primary; the operator resets all of them at \
               each step, and nothing restarts",
        exposed: "no failover for some 10 s after each reset, until Sentinels have found the replicas and each other \
                  again",
        instead: "",
        source: "internal/controller/common/redis/heal.go SentinelMonitor, SentinelReset, v0.26.0",
    },
    Change {
        resources: &["RedisSentinel"],
        topologies: &[],
        of: Of::Field("spec.clusterSize"),
        when: When::Shrinks,
        class: Class::Hot,
        what: "the last Sentinels are deleted, {before} to {after}; the operator resets the others, and they forget \
               those",
        exposed: "no failover for some 10 s after each reset, until Sentinels have found the replicas and each other \
                  again; none at all where fewer than the quorum are left",
        instead: "",
        source: "internal/controller/common/redis/heal.go SentinelReset; \
                 internal/controller/redissentinel/redissentinel_controller.go reconcileSentinel, v0.26.0",
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::AnyField(&["spec.clusterSize", "spec.redisLeader.replicas"]),
        when: When::Grows,
        class: Class::Hot,
        what: "leaders are added, {before} to {after}, joined one by one when all pods of both roles are ready, and \
               given slots by a rebalance; nothing restarts",
        exposed: "clients are redirected while slots move, and the move of a large key blocks both servers; a pod \
                  whose volume still has keys or nodes of an earlier, larger cluster cannot join",
        instead: "first delete volumes of pods from {name}-leader-{before} up that are left over",
        source: "internal/controller/rediscluster/rediscluster_controller.go Reconcile; \
                 internal/k8sutils/cluster-scaling.go AddRedisNodeToCluster, RebalanceRedisClusterEmptyMasters, \
                 v0.26.0; Redis src/redis-cli.c clusterManagerCommandAddNode",
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::AnyField(&["spec.clusterSize", "spec.redisLeader.replicas"]),
        when: When::Any,
        class: Class::DataRisk,
        what: "where that leaves fewer leaders, the slots of the last ones are moved to the others, then their pods \
               are deleted; where the cluster does not count just one primary for each leader pod at that moment, the \
               operator deletes the pods without moving their slots",
        exposed: "the keys of slots that were not moved; clients are redirected while slots move; nobody looks \
                  whether the others have memory for all keys",
        instead: "take away one leader at a time, each when `redis-cli --cluster check` has no complaint and the \
                  status says Ready",
        source: "internal/controller/rediscluster/rediscluster_controller.go Reconcile; \
                 internal/k8sutils/cluster-scaling.go ReshardRedisCluster, v0.26.0",
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::Field("spec.redisFollower.replicas"),
        when: When::Grows,
        class: Class::Hot,
        what: "followers are added, {before} to {after}, and joined as replicas when all pods are ready; nothing \
               restarts",
        exposed: "each takes one full copy from its primary, which forks for it; with fewer followers than leaders, \
                  but some, the operator hangs in a loop at {name}",
        instead: "",
        source: "internal/k8sutils/redis.go ExecuteRedisReplicationCommand, v0.26.0",
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::Field("spec.redisFollower.replicas"),
        when: When::Any,
        class: Class::Failover,
        what: "where that leaves fewer followers, the last follower pods are deleted, whatever their role; those that \
               the cluster still knows stay in it as failed nodes, and the operator repairs nothing more until they \
               are forgotten",
        exposed: "a shard whose primary was on such a pod is away until a replica is elected, some 5 to 20 s, or for \
                  good where it has none left; what had not reached the replica is lost",
        instead: "move primaries to the leader pods first, `CLUSTER FAILOVER` there; when the pods are gone, run \
                  `redis-cli --cluster call <leader>:6379 cluster forget <id>` for each",
        source: "internal/controller/rediscluster/rediscluster_controller.go Reconcile; \
                 internal/k8sutils/cluster-scaling.go ClusterStableNoOpenSlots; internal/k8sutils/redis.go \
                 CheckRedisNodeCount, v0.26.0",
    },
    // The image.
    Change {
        of: Of::Field(IMAGE),
        when: When::Downgrades,
        class: Class::DataRisk,
        what: "the pod restarts with an older Redis, which does not start where a newer one has written a newer \
               format (RDB version)",
        exposed: "Redis, until the newer image is back",
        instead: "stay with the release, or fill a new instance of the older one; if it has happened, set the image \
                  back and delete the pod by hand, as Kubernetes replaces none that was never ready",
        source: "Redis src/rdb.c rdbLoadRioWithLoadingCtx (RDB_VERSION); internal/k8sutils/statefulset.go \
                 patchStatefulSet, v0.26.0",
        ..ALONE
    },
    Change {
        topologies: &[],
        of: Of::Field(IMAGE),
        when: When::Downgrades,
        class: Class::DataRisk,
        what: "the {pods} pods restart one by one with an older Redis, which neither starts on files of a newer one \
               nor copies from it where the format is newer (RDB version); the roll stops at the first that does not \
               start",
        exposed: "one pod less until the newer image is back; without a primary if it was that pod and no Sentinel \
                  fails over; a replica that comes up empty, and is promoted, loses all",
        instead: "stay with the release, or fill a new instance of the older one; if it has happened, set the image \
                  back and delete the pod by hand, as Kubernetes replaces none that was never ready",
        source: "Redis src/rdb.c rdbLoadRioWithLoadingCtx (RDB_VERSION); internal/k8sutils/statefulset.go \
                 patchStatefulSet, v0.26.0",
        ..REPLICATED
    },
    Change {
        of: Of::Field(IMAGE),
        when: When::Downgrades,
        class: Class::DataRisk,
        what: "the pods restart one by one with an older Redis, the leaders first, which neither start on files of a \
               newer one nor copy from it where the format is newer (RDB version); the roll stops at the first that \
               does not start",
        exposed: "a shard has one pod less until the newer image is back, and is away where that was its only one",
        instead: "stay with the release, or fill a new instance of the older one; if it has happened, set the image \
                  back and delete the pod by hand, as Kubernetes replaces none that was never ready",
        source: "Redis src/rdb.c rdbLoadRioWithLoadingCtx (RDB_VERSION); internal/k8sutils/statefulset.go \
                 patchStatefulSet, v0.26.0",
        ..CLUSTERED
    },
    // Memory.
    Change {
        of: Of::Field(MEMORY),
        when: When::Shrinks,
        what: "the pod restarts with {after} of memory instead of {before}; one that needs more is killed while it \
               loads, and again and again",
        instead: "lower `maxmemory` first, and wait until `used_memory_rss` is well below {after}",
        ..ALONE
    },
    Change {
        of: Of::Field(MEMORY),
        when: When::Shrinks,
        what: "the {pods} pods restart one by one with {after} of memory instead of {before}; one that needs more is \
               killed while it loads, and the roll stops there; nothing takes the primary's place while its pod \
               restarts",
        instead: "lower `maxmemory` first, and wait until `used_memory_rss` is well below {after} everywhere",
        ..REPLICATED
    },
    Change {
        of: Of::Field(MEMORY),
        when: When::Shrinks,
        what: "the {pods} pods restart one by one with {after} of memory instead of {before}; one that needs more is \
               killed while it loads, and the roll stops there; when the primary's turn comes, Sentinel promotes a \
               replica",
        instead: "lower `maxmemory` first, and wait until `used_memory_rss` is well below {after} everywhere",
        ..WATCHED
    },
    Change {
        of: Of::Field(MEMORY),
        when: When::Shrinks,
        what: "the {pods} pods restart one by one with {after} of memory instead of {before}, the leaders first; one \
               that needs more is killed while it loads, and the roll stops there; each shard's primary moves to a \
               replica and back",
        instead: "lower `maxmemory` first, and wait until `used_memory_rss` is well below {after} everywhere",
        ..CLUSTERED
    },
    // The password.
    CRASHES,
    Change {
        of: Of::Field(PASSWORD),
        what: "the pod restarts with another password, or none",
        exposed: "Redis is away until the pod has started and loaded its data, and clients with the old password are \
                  refused from then on; without a volume it comes back empty",
        source: "internal/k8sutils/statefulset.go getEnvironmentVariables; internal/agent/bootstrap/redis/config.go \
                 GenerateConfig, v0.26.0",
        ..ALONE
    },
    Change {
        of: Of::Field(PASSWORD),
        what: "the {pods} pods restart one by one with another password, or none: pods with the old and with the new \
               one do not follow each other, and the operator, which uses the new one at once, does nothing until the \
               last has restarted",
        exposed: "no replica follows for the whole roll, and {name}-master follows nobody; writes fail while the \
                  primary's pod restarts; clients need the old password for some pods and the new one for others",
        instead: "set the new password by `CONFIG SET masterauth`, then `requirepass`, in each server first: the roll \
                  is then like any other",
        source: "internal/k8sutils/redis.go getRedisNodesByRole, configureRedisReplicationClientForAddress; \
                 internal/agent/bootstrap/redis/config.go GenerateConfig, v0.26.0",
        ..REPLICATED
    },
    Change {
        of: Of::Field(PASSWORD),
        class: Class::DataRisk,
        what: "the {pods} pods restart one by one with another password, or none: pods with the old and with the new \
               one do not follow each other, and the operator, which uses the new one at once, does nothing until the \
               last has restarted; then it takes the pod that was the primary before the roll for the primary again",
        exposed: "what was written after Sentinel had moved the primary away from that pod; no replica follows and \
                  Sentinel finds none to promote while passwords differ",
        instead: "set the new password by `CONFIG SET masterauth`, then `requirepass`, in each server and `SENTINEL \
                  SET … auth-pass` in each Sentinel first: the roll is then like any other",
        source: "internal/controller/redisreplication/redisreplication_controller.go reconcileRedis \
                 (Status.MasterNode); internal/k8sutils/redis.go getRedisNodesByRole; \
                 internal/agent/bootstrap/redis/config.go GenerateConfig, v0.26.0",
        ..WATCHED
    },
    Change {
        of: Of::Field(PASSWORD),
        class: Class::DataRisk,
        what: "the {pods} pods restart one by one with another password, or none, the leaders first: a leader that is \
               back cannot copy from the follower that took its place until that one has restarted too",
        exposed: "a shard is away while its only up-to-date pod restarts; if the leader is elected meanwhile, what \
                  was written since its own restart is lost",
        instead: "set the new password by `CONFIG SET masterauth`, then `requirepass`, in each server first: the roll \
                  is then like any other",
        source: "internal/k8sutils/statefulset.go generateClusterPreStop, getEnvironmentVariables; \
                 internal/agent/bootstrap/redis/config.go GenerateConfig, v0.26.0; Redis src/cluster_legacy.c \
                 clusterHandleSlaveFailover",
        ..CLUSTERED
    },
    Change {
        of: Of::Field(PASSWORD),
        what: "the Sentinels restart one by one with another password of their own, or none: those with the old and \
               with the new one do not let each other in, nor the operator, until the last has restarted",
        exposed: "no failover for the whole roll; clients that ask Sentinel need the old password for some and the \
                  new one for others",
        source: "internal/controller/common/redis/heal.go SentinelMonitor; \
                 internal/agent/bootstrap/sentinel/config.go GenerateConfig, v0.26.0",
        ..SENTINELS
    },
    // TLS.
    Change {
        of: Of::Field("spec.TLS"),
        what: "the pod restarts with other TLS; where TLS comes, its port takes nothing else, and where it goes, no \
               TLS",
        source: "internal/agent/bootstrap/redis/config.go GenerateConfig, v0.26.0",
        ..ALONE
    },
    Change {
        topologies: &[],
        of: Of::Field("spec.TLS"),
        what: "the {pods} pods restart one by one with other TLS; where it comes or goes, pods with and without it do \
               not follow each other, and the operator reaches none of the old ones, until the last has restarted",
        exposed: "no replica follows for the whole roll, and {name}-master follows nobody; writes fail while the \
                  primary's pod restarts; clients need TLS for some pods and none for others",
        instead: "make a new instance beside it, copy the data, and move the clients",
        source: "internal/agent/bootstrap/redis/config.go GenerateConfig; internal/k8sutils/redis.go \
                 getRedisNodesByRole, v0.26.0",
        ..REPLICATED
    },
    Change {
        of: Of::Field("spec.TLS"),
        what: "the {pods} pods restart one by one with other TLS, the leaders first; where it comes or goes, nodes \
               with and without it do not reach each other (`tls-cluster`) until the last has restarted",
        exposed: "the cluster falls apart for most of the roll, and shards on the smaller side are away",
        instead: "make a new instance beside it, copy the data, and move the clients",
        source: "internal/agent/bootstrap/redis/config.go GenerateConfig, v0.26.0",
        ..CLUSTERED
    },
    Change {
        of: Of::Field("spec.TLS"),
        what: "the Sentinels restart one by one with other TLS; where it comes or goes, those with and without it do \
               not reach each other until the last has restarted",
        exposed: "no failover for the whole roll; clients need TLS for some Sentinels and none for others",
        source: "internal/agent/bootstrap/sentinel/config.go GenerateConfig, v0.26.0",
        ..SENTINELS
    },
    // The exporter.
    Change {
        resources: &["Redis", "RedisReplication", "RedisSentinel"],
        topologies: &[],
        of: Of::Field("spec.redisExporter.port"),
        when: When::Any,
        class: Class::MonitoringGap,
        what: "the Services move to port {after}, and the exporter stays on 9121: only of a RedisCluster the operator \
               tells it the port",
        exposed: "no metric of {name} until it is taken back; nothing restarts",
        instead: "leave the port as it is",
        source: "internal/k8sutils/statefulset.go enableRedisMonitoring; internal/k8sutils/redis-standalone.go, \
                 redis-replication.go and redis-sentinel.go (RedisExporterPort is not set), v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("spec.redisExporter.enabled"),
        when: When::To("false"),
        class: Class::MonitoringGap,
        what: "the pods restart one by one without the exporter, which is a container of them; the metrics Services \
               stay and lead nowhere",
        exposed: "no metric of {name} from then on; each pod until it has loaded its data, and the primary with them",
        instead: "",
        source: "internal/k8sutils/statefulset.go generateContainerDef; internal/k8sutils/services.go \
                 CreateOrUpdateMetricsService, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::AnyField(&["spec.redisExporter", "spec.redisExporter.enabled"]),
        when: When::Vanishes,
        class: Class::MonitoringGap,
        what: "the pods restart one by one; an exporter is a container of them, and without `enabled: true` there is \
               none; the metrics Services stay and lead nowhere",
        exposed: "no metric of {name} from then on; each pod until it has loaded its data, and the primary with them",
        instead: "",
        source: "internal/k8sutils/statefulset.go generateContainerDef; internal/k8sutils/services.go \
                 CreateOrUpdateMetricsService, v0.26.0",
    },
    // Where directives are.
    Change {
        resources: &["Redis", "RedisReplication"],
        topologies: &[],
        of: Of::Field("spec.redisConfig.dynamicConfig"),
        when: When::Any,
        class: Class::Hot,
        what: "what is listed is set again in the running servers by `CONFIG SET`",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/redis.go applyDynamicConfig, v0.26.0",
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::Field("spec.redisConfig.dynamicConfig"),
        when: When::Any,
        class: Class::Silent,
        what: "set by `CONFIG SET` only when the cluster becomes Ready again, not while it is",
        exposed: "until any pod has restarted and the cluster is Ready again",
        instead: "set it by `CONFIG SET` too, by hand, in each server",
        source: "internal/controller/rediscluster/rediscluster_controller.go Reconcile; internal/k8sutils/redis.go \
                 SetRedisClusterDynamicConfig, v0.26.0",
    },
    Change {
        of: Of::AnyField(&[
            "spec.redisConfig.additionalRedisConfig",
            "spec.redisFollower.redisConfig.dynamicConfig",
            "spec.redisFollower.redisConfig.maxMemoryPercentOfLimit",
            "spec.redisLeader.redisConfig.dynamicConfig",
            "spec.redisLeader.redisConfig.maxMemoryPercentOfLimit",
            "spec.resources",
        ]),
        resources: &["RedisCluster"],
        what: "ignored: the operator does not read it. Of a RedisCluster it reads `additionalRedisConfig` under \
               `redisLeader` and `redisFollower`, `dynamicConfig` and `maxMemoryPercentOfLimit` under `spec`, and \
               `resources` under `kubernetesConfig` or a role",
        source: "internal/k8sutils/redis-cluster.go CreateRedisLeader, CreateRedisFollower, \
                 generateRedisClusterContainerParams; api/rediscluster/v1beta2/rediscluster_types.go \
                 GetRedisDynamicConfig, GetRedisLeaderResources, v0.26.0",
        ..IGNORED
    },
    // What only a RedisCluster has.
    Change {
        of: Of::Field("spec.clusterVersion"),
        what: "the {pods} pods restart one by one, the leaders first; with anything but `v7` the operator takes Redis \
               for one older than 7, and speaks to nodes by address instead of by name",
        source: "internal/k8sutils/redis.go getEndpoint; internal/k8sutils/statefulset.go getEnvironmentVariables, \
                 v0.26.0",
        ..CLUSTERED
    },
    Change {
        of: Of::Field("spec.port"),
        what: "the {pods} pods restart one by one on another port, the leaders first; the operator looks for the \
               roles of pods on 6379 whatever is said here, so with another port {name}-master finds none",
        exposed: "clients of the old port, and of {name}-master; besides, all that every restart of the pods exposes",
        source: "internal/k8sutils/redis-cluster.go CreateRedisClusterService; \
                 internal/controller/common/redis/heal.go UpdateRedisRoleLabel, v0.26.0",
        ..CLUSTERED
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::AnyField(&["spec.redisFollower.pdb", "spec.redisLeader.pdb"]),
        when: When::Any,
        class: Class::Hot,
        what: "the PodDisruptionBudget follows; nothing restarts, and restarts by the operator do not ask it",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/poddisruption.go ReconcileRedisPodDisruptionBudget, v0.26.0",
    },
    CLUSTERED,
    Change {
        of: Of::Field("spec.redisLeader"),
        what: "the pods of {name}-leader restart one by one; a primary among them asks its best replica to take over \
               before it stops",
        ..CLUSTERED
    },
    Change {
        of: Of::Field("spec.redisFollower"),
        what: "the pods of {name}-follower restart one by one; a primary among them asks its best replica to take \
               over before it stops",
        ..CLUSTERED
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::AnyField(&[
            "spec.kubernetesConfig.service",
            "spec.kubernetesConfig.service.serviceType",
        ]),
        when: When::Appears,
        class: Class::Rolling,
        what: "the Services follow; with `NodePort` each pod gets a Service, and all {pods} pods restart one by one \
               to announce the ports, twice, as the first time the ports are not known yet",
        exposed: "clients get other addresses from the cluster; besides, all that every restart of the pods exposes",
        instead: "",
        source: "internal/k8sutils/redis-cluster.go generateRedisClusterContainerParams, \
                 createOrUpdateClusterNodePortService; internal/controller/rediscluster/rediscluster_controller.go \
                 Reconcile, v0.26.0",
    },
    Change {
        resources: &["RedisCluster"],
        topologies: &[],
        of: Of::Field("spec.kubernetesConfig.service.serviceType"),
        when: When::Any,
        class: Class::Rolling,
        what: "{name}-leader-additional and {name}-follower-additional change in place; to or from `NodePort` all \
               {pods} pods restart one by one as well, to announce other addresses",
        exposed: "clients get other addresses from the cluster; besides, all that every restart of the pods exposes",
        instead: "",
        source: "internal/k8sutils/redis-cluster.go generateRedisClusterContainerParams, CreateRedisClusterService, \
                 v0.26.0",
    },
    // What only a RedisSentinel has.
    Change {
        of: Of::Field("spec.redisSentinelConfig"),
        when: When::Vanishes,
        what: "the Sentinels restart one by one, and the operator tells them of no primary any more",
        exposed: "clients that ask Sentinel find no primary, and nothing fails over, until it is back",
        instead: "",
        ..SENTINELS
    },
    Change {
        resources: &["RedisSentinel"],
        topologies: &[],
        of: Of::Field("spec.redisSentinelConfig.redisReplicationName"),
        when: When::Any,
        class: Class::Failover,
        what: "the running Sentinels are told to watch the primary of {after} instead; they do not restart",
        exposed: "clients that ask them are sent to other data from one moment to the next; nothing fails over for \
                  {before}",
        instead: "make new Sentinels for {after}, and move the clients",
        source: "internal/controller/redissentinel/redissentinel_controller.go reconcileSentinel; \
                 internal/service/redis SentinelMonitor, v0.26.0",
    },
    Change {
        of: Of::Field("spec.redisSentinelConfig.masterGroupName"),
        what: "the Sentinels restart one by one, and know the primary as {after}",
        exposed: "clients that ask for {before} find no primary; while both names are about, each Sentinel counts for \
                  its own only, so no failover",
        instead: "",
        ..SENTINELS
    },
    SENTINELS,
    // What the pods are not asked for.
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("spec.kubernetesConfig.persistentVolumeClaimRetentionPolicy"),
        when: When::To("Delete"),
        class: Class::DataRisk,
        what: "nothing now; from then on Kubernetes deletes volumes with the StatefulSet (`whenDeleted`) or with pods \
               that a smaller size takes away (`whenScaled`), whatever `keepAfterDelete` says",
        exposed: "the data of those pods, at any later such change",
        instead: "leave it at `Retain`",
        source: "internal/k8sutils/statefulset.go generateStatefulSetsDef, v0.26.0; Kubernetes documentation, \
                 StatefulSets, PersistentVolumeClaim retention",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("spec.kubernetesConfig.persistentVolumeClaimRetentionPolicy"),
        when: When::Appears,
        class: Class::DataRisk,
        what: "nothing now; where it says `Delete`, Kubernetes deletes volumes with the StatefulSet or with pods that \
               a smaller size takes away, whatever `keepAfterDelete` says",
        exposed: "the data of those pods, at any later such change",
        instead: "leave both at `Retain`",
        source: "internal/k8sutils/statefulset.go generateStatefulSetsDef, v0.26.0; Kubernetes documentation, \
                 StatefulSets, PersistentVolumeClaim retention",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("spec.kubernetesConfig.persistentVolumeClaimRetentionPolicy"),
        when: When::Any,
        class: Class::Hot,
        what: "nothing now; volumes are kept by Kubernetes from then on",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/statefulset.go generateStatefulSetsDef, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("spec.kubernetesConfig.updateStrategy.type"),
        when: When::To("OnDelete"),
        class: Class::Hot,
        what: "nothing restarts now, nor for later changes: pods get them when someone deletes them. From the first \
               such change on the operator takes the StatefulSet for unready for good, as Kubernetes does not note \
               the end of such a roll",
        exposed: "from then on: `dynamicConfig` is not set, Sentinels are not told of a new primary, a cluster is not \
                  repaired",
        instead: "leave it at `RollingUpdate`, and slow it down by `minReadySeconds`",
        source: "internal/k8sutils/statefulset.go IsStatefulSetReady; internal/k8sutils/redis-replication.go \
                 IsRedisReplicationReady, v0.26.0; Kubernetes pkg/controller/statefulset/stateful_set_utils.go \
                 completeRollingUpdate",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::AnyField(&[
            "spec.kubernetesConfig.minReadySeconds",
            "spec.kubernetesConfig.updateStrategy",
        ]),
        when: When::Any,
        class: Class::Hot,
        what: "the StatefulSet takes it over for later restarts; nothing restarts for it",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/statefulset.go generateStatefulSetsDef, v0.26.0",
    },
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("spec.kubernetesConfig.service"),
        when: When::Any,
        class: Class::Hot,
        what: "the Services follow in place, a Service that is no longer wanted stays; nothing restarts",
        exposed: "where the type changes, clients from outside find the additional Service at another address",
        instead: "",
        source: "internal/k8sutils/services.go patchService, v0.26.0",
    },
    Change {
        resources: &["RedisReplication", "RedisSentinel"],
        topologies: &[],
        of: Of::Field("spec.pdb"),
        when: When::Any,
        class: Class::Hot,
        what: "the PodDisruptionBudget follows; nothing restarts, and restarts by the operator do not ask it",
        exposed: "",
        instead: "",
        source: "internal/k8sutils/poddisruption.go ReconcileReplicationPodDisruptionBudget, \
                 ReconcileSentinelPodDisruptionBudget, v0.26.0",
    },
    Change {
        of: Of::Field("spec.podManagementPolicy"),
        resources: &["RedisReplication", "RedisSentinel", "RedisCluster"],
        instead: "delete the StatefulSet with `--cascade=orphan`: the operator makes it again around the running pods",
        ..IGNORED
    },
    // Sentinels that a RedisReplication brings itself.
    Change {
        topologies: &[],
        of: Of::Field("spec.sentinel"),
        when: When::Appears,
        what: "Sentinels are made as {name}-s, and the {pods} pods restart one by one to get a hook by which a \
               primary hands over before it stops",
        source: "internal/controller/redisreplication/redisreplication_controller.go reconcileResources; \
                 internal/k8sutils/statefulset.go generateReplicationPreStop, v0.26.0",
        ..REPLICATED
    },
    Change {
        topologies: &[],
        of: Of::Field("spec.sentinel"),
        when: When::Vanishes,
        what: "the {pods} pods restart one by one, to lose the hook by which a primary hands over; the Sentinels \
               {name}-s run on, but the operator no longer tells them of a new primary",
        instead: "delete the StatefulSet {name}-s and the Service {name}-s-hl by hand afterwards",
        source: "internal/controller/redisreplication/redisreplication_controller.go reconcileResources, \
                 reconcileRedis, v0.26.0",
        ..REPLICATED
    },
    Change {
        resources: &["RedisReplication"],
        topologies: &[],
        of: Of::AnyField(&[
            "spec.sentinel.downAfterMilliseconds",
            "spec.sentinel.failoverTimeout",
            "spec.sentinel.parallelSyncs",
        ]),
        when: When::Any,
        class: Class::Hot,
        what: "set in the running Sentinels by `SENTINEL SET`, within 30 s; where the field is gone, they keep what \
               they have",
        exposed: "",
        instead: "",
        source: "internal/controller/redisreplication/redisreplication_controller.go configureSentinelPod, v0.26.0",
    },
    Change {
        of: Of::AnyField(&[
            "spec.sentinel.additionalSentinelConfig",
            "spec.sentinel.announceHostnames",
            "spec.sentinel.quorum",
        ]),
        resources: &["RedisReplication"],
        what: "ignored: the operator does not read it under `sentinel`; the quorum is half of `size`, and one",
        source: "internal/controller/redisreplication/redisreplication_sentinel.go buildSentinelEnv; \
                 internal/controller/redisreplication/redisreplication_controller.go configureSentinelPod, v0.26.0",
        ..IGNORED
    },
    Change {
        resources: &["RedisReplication"],
        topologies: &[],
        of: Of::Field("spec.sentinel"),
        when: When::Any,
        class: Class::Rolling,
        what: "the Sentinels {name}-s follow: where their number or what is in their pods changes, they restart one \
               by one, and the operator tells each of the primary again",
        exposed: "no failover while fewer than the quorum know the primary; Redis itself is not touched",
        instead: "",
        source: "internal/controller/redisreplication/redisreplication_sentinel.go newSentinelStatefulSet, v0.26.0",
    },
    // What is in the pods.
    ALONE,
    REPLICATED,
    WATCHED,
    // What no row above knows.
    Change {
        resources: ALL,
        topologies: &[],
        of: Of::Field("spec"),
        when: When::Any,
        class: Class::Rolling,
        what: "not known to obsgen, which takes the worst that is usual: the pods restart one by one",
        exposed: "each pod until it has loaded its data, and the primary with them, as in every restart of the pods",
        instead: "",
        source: "internal/k8sutils/statefulset.go generateStatefulSetsDef, v0.26.0, where most fields go",
    },
];

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::api::opstree::{
        ClaimSpec, ClaimTemplate, ClusterRole, ClusterSpec, Exporter, KubernetesConfig,
        PasswordSource, PodSecurityContext, RedisConfig, RedisSpec, Resources, SecretKey,
        SentinelConfig, SentinelSpec, Storage, Variable,
    };

    /// Each kind of resource with the topologies that it comes in.
    const KINDS: &[(&str, &[Kind])] = &[
        ("Redis", &[Kind::Standalone]),
        ("RedisReplication", &[Kind::Replication, Kind::Sentinel]),
        ("RedisSentinel", &[Kind::Sentinel]),
        ("RedisCluster", &[Kind::Cluster]),
    ];

    fn text() -> String {
        "1".to_owned()
    }

    fn resources() -> Resources {
        let all = ["cpu", "memory"].map(|it| (it.to_owned(), text()));
        Resources {
            limits: all.clone().into(),
            requests: all.into(),
        }
    }

    fn secret() -> SecretKey {
        SecretKey {
            name: text(),
            key: text(),
        }
    }

    fn config() -> RedisConfig {
        RedisConfig {
            additional_redis_config: text(),
            dynamic_config: vec![text()],
        }
    }

    fn kubernetes() -> KubernetesConfig {
        KubernetesConfig {
            image: text(),
            resources: resources(),
            redis_secret: Some(secret()),
            ignore_annotations: vec!["a"],
        }
    }

    fn exporter() -> Exporter {
        Exporter {
            enabled: true,
            image: text(),
            env: vec![Variable {
                name: "a",
                value: "b",
            }],
            resources: resources(),
        }
    }

    fn claim() -> ClaimTemplate {
        ClaimTemplate {
            spec: ClaimSpec {
                access_modes: ["ReadWriteOnce"],
                resources: Resources {
                    requests: [("storage".to_owned(), text())].into(),
                    ..Resources::default()
                },
                storage_class_name: Some(text()),
            },
        }
    }

    fn storage(cluster: bool) -> Storage {
        Storage {
            keep_after_delete: true,
            node_conf_volume: cluster.then_some(true),
            node_conf_volume_claim_template: cluster.then(claim),
            volume_claim_template: claim(),
        }
    }

    /// All that is ever written of a kind of resource.
    fn written(kind: &str) -> Value {
        let security = PodSecurityContext {
            run_as_user: 1,
            fs_group: 1,
        };
        let role = || ClusterRole {
            replicas: 1,
            redis_config: Some(config()),
        };
        let spec = match kind {
            "RedisSentinel" => serde_json::to_value(SentinelSpec {
                cluster_size: 1,
                kubernetes_config: kubernetes(),
                pod_security_context: security,
                redis_exporter: exporter(),
                redis_sentinel_config: SentinelConfig {
                    master_group_name: text(),
                    quorum: text(),
                    redis_replication_name: text(),
                    redis_replication_password: Some(PasswordSource {
                        secret_key_ref: secret(),
                    }),
                },
            }),
            "RedisCluster" => serde_json::to_value(ClusterSpec {
                cluster_size: 1,
                cluster_version: "v7",
                kubernetes_config: kubernetes(),
                persistence_enabled: true,
                pod_security_context: security,
                redis_exporter: exporter(),
                redis_leader: role(),
                redis_follower: role(),
                storage: Some(storage(true)),
            }),
            _ => serde_json::to_value(RedisSpec {
                cluster_size: (kind == "RedisReplication").then_some(1),
                kubernetes_config: kubernetes(),
                pod_security_context: security,
                redis_config: Some(config()),
                redis_exporter: exporter(),
                storage: Some(storage(false)),
            }),
        };
        serde_json::json!({"spec": spec.unwrap()})
    }

    /// The steps to every field below `spec`, the maps and lists too.
    fn paths(value: &Value, path: &[String], acc: &mut Vec<Vec<String>>) {
        let below: Vec<(String, &Value)> = match value {
            Value::Object(fields) => fields.iter().map(|(key, it)| (key.clone(), it)).collect(),
            Value::Array(items) => items
                .iter()
                .enumerate()
                .map(|(index, it)| (index.to_string(), it))
                .collect(),
            _ => Vec::new(),
        };
        for (step, value) in below {
            let path = [path, &[step]].concat();
            paths(value, &path, acc);
            acc.push(path);
        }
    }

    fn steps(pattern: &str) -> Vec<String> {
        pattern.split('.').map(str::to_owned).collect()
    }

    #[test]
    fn what_is_written_is_known() {
        let known = &CHANGES[..CHANGES.len() - 1];
        for (kind, topologies) in KINDS {
            let mut all = Vec::new();
            paths(&written(kind), &[], &mut all);
            // These two are there in every resource, with something below.
            all.retain(|it| !["spec", "spec.kubernetesConfig"].contains(&it.join(".").as_str()));
            assert!(all.len() > 20);
            for (topology, path) in topologies
                .iter()
                .flat_map(|it| all.iter().map(move |path| (*it, path)))
            {
                let has = |when: When| {
                    known.iter().any(|it| {
                        it.is_about(kind, topology) && it.of.has_field(path) && it.when == when
                    })
                };
                let comes_and_goes = has(When::Appears) && has(When::Vanishes);
                assert!(
                    has(When::Any) || comes_and_goes || has(When::Grows) && has(When::Shrinks),
                    "{kind} {topology:?} {path:?}"
                );
            }
        }
    }

    #[test]
    fn every_way_to_come_and_go_and_every_directive_is_known() {
        for (kind, topologies) in KINDS {
            for topology in *topologies {
                let has = |of: Of, when: When| {
                    CHANGES
                        .iter()
                        .any(|it| it.is_about(kind, *topology) && it.of == of && it.when == when)
                };
                assert!(has(Of::Resource, When::Appears) && has(Of::Resource, When::Vanishes));
                for applied in [Applied::Live, Applied::AtStart, Applied::NextStart] {
                    assert_eq!(
                        has(Of::Directive(applied), When::Any),
                        *kind != "RedisSentinel" || applied == Applied::NextStart,
                        "{kind} {applied:?}"
                    );
                }
            }
        }
    }

    #[test]
    fn no_row_hides_another() {
        let hides = |first: &Change, of: &dyn Fn(&Change) -> bool, row: &Change| {
            of(first) && (first.when == When::Any || first.when == row.when)
        };
        for (index, row) in CHANGES.iter().enumerate() {
            let about: Vec<(&str, Kind)> = KINDS
                .iter()
                .flat_map(|(kind, topologies)| topologies.iter().map(|it| (*kind, *it)))
                .filter(|(kind, topology)| row.is_about(kind, *topology))
                .collect();
            assert!(!about.is_empty(), "{row:?}");
            let is_reached = |of: &dyn Fn(&Change) -> bool| {
                about.iter().any(|(kind, topology)| {
                    !CHANGES[..index]
                        .iter()
                        .any(|it| it.is_about(kind, *topology) && hides(it, of, row))
                })
            };
            let patterns: &[&str] = match &row.of {
                Of::Resource | Of::IgnoredAnnotation | Of::Directive(_) => {
                    assert!(is_reached(&|it| it.of == row.of), "{row:?}");
                    &[]
                }
                Of::Field(pattern) => std::slice::from_ref(pattern),
                Of::AnyField(patterns) => patterns,
            };
            for pattern in patterns {
                let path = steps(pattern);
                assert!(
                    is_reached(&|it| it.of.has_field(&path)),
                    "{pattern}: {row:?}"
                );
            }
        }
    }

    #[test]
    fn every_row_can_be_read() {
        for row in CHANGES {
            assert!(!row.source.is_empty() && !row.what.is_empty(), "{row:?}");
            for text in [row.what, row.exposed, row.instead] {
                assert!(!text.ends_with('.') && !text.contains("  "), "{text}");
                for rest in text.split('{').skip(1) {
                    let (name, _) = rest.split_once('}').expect(text);
                    assert!(
                        ["before", "after", "pods", "name"].contains(&name),
                        "{text}"
                    );
                }
            }
            let kinds: Vec<&str> = KINDS.iter().map(|(kind, _)| *kind).collect();
            assert!(row.resources.iter().all(|it| kinds.contains(it)), "{row:?}");
        }
    }
}
