//! What the operator does with a change of its resources.
//!
//! It deletes the StatefulSet of a RedisInstance for every change of redis.conf or of the volume. Of the other
//! kinds it compares image, resources and numbers of pods, updates the StatefulSet for these, and nothing
//! restarts for anything else. No claim is ever deleted.

use crate::effect::Class;
use crate::operators::changes::{Applied, Change, Of, When};

const INSTANCE: &[&str] = &["RedisInstance"];
const REPLICATION: &[&str] = &["RedisMasterReplica"];
const SENTINEL: &[&str] = &["RedisSentinel"];
const CLUSTER: &[&str] = &["RedisCluster"];
const WITH_SECURITY: &[&str] = &["RedisMasterReplica", "RedisSentinel", "RedisCluster"];
const ALL: &[&str] = &[
    "RedisInstance",
    "RedisMasterReplica",
    "RedisSentinel",
    "RedisCluster",
];

/// The texts of a row.
struct Says {
    what: &'static str,
    exposed: &'static str,
    instead: &'static str,
    source: &'static str,
}

const fn row(
    resources: &'static [&'static str],
    of: Of,
    when: When,
    class: Class,
    says: Says,
) -> Change {
    Change {
        resources,
        topologies: &[],
        of,
        when,
        class,
        what: says.what,
        exposed: says.exposed,
        instead: says.instead,
        source: says.source,
    }
}

const INSTANCE_MADE: &str =
    "internal/controller/redisinstance_controller.go statefulSetForRedisInstance, 044aca0";
const INSTANCE_RECREATED: &str = "internal/controller/redisinstance_controller.go needsStatefulSetRestart and ensureResources, 044aca0";
const INSTANCE_UPDATED: &str =
    "internal/controller/redisinstance_controller.go needsStatefulSetUpdate, 044aca0";
const REPLICATION_UPDATED: &str = "internal/controller/redismasterreplica_controller.go ensureMasterStatefulSet and ensureReplicaStatefulSet, 044aca0";
const REPLICATION_MADE: &str = "internal/controller/redismasterreplica_controller.go statefulSetForMaster and statefulSetForReplica, 044aca0";
const REPLICAS_UPDATED: &str =
    "internal/controller/redismasterreplica_controller.go ensureReplicaStatefulSet, 044aca0";
const SENTINEL_UPDATED: &str =
    "internal/controller/redissentinel_controller.go ensureSentinelStatefulSet, 044aca0";
const SENTINEL_CONFIG: &str =
    "internal/controller/redissentinel_controller.go configMapForSentinel, 044aca0";
const SENTINEL_REDIS: &str =
    "internal/controller/redissentinel_controller.go ensureRedisStatefulSet, 044aca0";
const SENTINEL_STORAGE: &str = "internal/controller/redissentinel_controller.go ensureRedisStatefulSet and internal/utils/storage.go ExpandStatefulSetPVCs, 044aca0";
const CLUSTER_UPDATED: &str =
    "internal/controller/rediscluster_controller.go ensureStatefulSet, 044aca0";
const CLUSTER_CONFIG: &str = "internal/controller/rediscluster_controller.go configMapForCluster and ensureConfigMap, 044aca0";

/// A redis.conf whose text is another one.
const fn redis_conf() -> Says {
    Says {
        what: "the StatefulSet is deleted and made again for the new redis.conf: every pod ends at once",
        exposed: "no server answers for 5 s at least, until the pods are back and have loaded their data from the volume; with `appendonly no` and `save \"\"` they start empty",
        instead: "set it with `CONFIG SET` first if Redis takes it there, and change the resource when an outage is allowed",
        source: INSTANCE_RECREATED,
    }
}

/// A volume of a RedisInstance that the operator cannot ask for.
const fn no_size() -> Says {
    Says {
        what: "the operator breaks off at the missing size, again and again, and applies no other change of the resource",
        exposed: "the pods run on as they are, and nobody makes them again if the StatefulSet is deleted",
        instead: "leave `storage` with its size",
        source: INSTANCE_RECREATED,
    }
}

/// A volume of a RedisInstance that there was not.
const fn first_size() -> Says {
    Says {
        what: "the operator makes the StatefulSet, which it could not make without a size",
        exposed: "",
        instead: "",
        source: INSTANCE_MADE,
    }
}

/// Memory of a container of Redis that gets less: what to do before is the same everywhere.
const FIT_FIRST: &str = "lower `maxmemory` first, and see that `used_memory_peak` and the copy of a fork fit below {after}";

/// A single primary that restarts.
const fn primary_restarts(exposed: &'static str) -> Says {
    Says {
        what: "the pod of the primary restarts",
        exposed,
        instead: "run `BGSAVE` on `{name}-master-0` just before, at a time of few writes",
        source: "internal/controller/redismasterreplica_controller.go ensureMasterStatefulSet, 044aca0",
    }
}

const fn replicas_restart(exposed: &'static str) -> Says {
    Says {
        what: "the replicas restart one by one, and each synchronises again with the primary",
        exposed,
        instead: "",
        source: REPLICAS_UPDATED,
    }
}

/// The volumes of a RedisMasterReplica.
const fn volumes_stay() -> Says {
    Says {
        what: "the operator ignores this: every volume stays as it is",
        exposed: "",
        instead: "leave it; for other volumes make a new instance and copy the data",
        source: REPLICATION_UPDATED,
    }
}

/// Directives of a RedisMasterReplica, which are files to the operator.
const fn files() -> Says {
    Says {
        what: "the operator writes a file for each key beside redis.conf, and no server reads it; one with the key `redis.conf` takes the place of the operator's",
        exposed: "the servers go on as they are, each until it restarts",
        instead: "set directives with `CONFIG SET` on the running servers, again after each restart",
        source: "internal/controller/redismasterreplica_controller.go configMapForMaster and configMapForReplica, 044aca0",
    }
}

/// A field that nothing reads.
const fn ignored(what: &'static str, source: &'static str) -> Says {
    Says {
        what,
        exposed: "",
        instead: "",
        source,
    }
}

/// The servers below Sentinels that restart, the first pod last.
const fn watched_restart(what: &'static str, exposed: &'static str) -> Says {
    Says {
        what,
        exposed,
        instead: "see first that Sentinels know `{name}-redis-0` as the primary (`SENTINEL GET-MASTER-ADDR-BY-NAME mymaster`), and run `BGSAVE` on it",
        source: SENTINEL_REDIS,
    }
}

const PRIMARY_AWAY: &str = "no writes until `{name}-redis-0` is back or, after 30 s, Sentinels have made another server the primary; in the second case, or after a failover before, `{name}-redis-0` takes writes beside the primary, and those of one of them are lost";

/// A size of the volumes below Sentinels that is not the one of the StatefulSet.
const fn stuck(what: &'static str, instead: &'static str) -> Says {
    Says {
        what,
        exposed: "no other change of the resource is applied either, of Redis or of Sentinels, as long as the size differs from that of the StatefulSet",
        instead,
        source: SENTINEL_STORAGE,
    }
}

/// What a cluster reads from its redis.conf when it starts.
const fn next_start(what: &'static str, instead: &'static str) -> Says {
    Says {
        what,
        exposed: "until the nodes restart for another reason",
        instead,
        source: CLUSTER_CONFIG,
    }
}

const SHARD_AWAY: &str = "the slots of a primary that restarts are not served until it has loaded its data or, after the node timeout, a replica has taken over; the next pod does not wait for that, only for an open port";

const fn more_nodes() -> Says {
    Says {
        what: "further nodes start, empty, and nobody joins them to the cluster",
        exposed: "",
        instead: "join each afterwards (`redis-cli --cluster add-node`), then move slots to the new primaries (`redis-cli --cluster rebalance --cluster-use-empty-masters`)",
        source: CLUSTER_UPDATED,
    }
}

const fn fewer_nodes() -> Says {
    Says {
        what: "the nodes with the highest numbers end, with the slots that they hold; their claims `data-{name}-N` stay",
        exposed: "the keys of these slots are gone until the nodes are back, and with `cluster-require-full-coverage yes` the whole cluster refuses to serve",
        instead: "first move their slots to nodes that stay (`redis-cli --cluster reshard`) and remove them from the cluster (`redis-cli --cluster del-node`)",
        source: CLUSTER_UPDATED,
    }
}

const fn default_nodes(what: &'static str) -> Says {
    Says {
        what,
        exposed: "nodes that end take the slots that they hold with them, and nodes that start are joined by nobody",
        instead: "write the number that runs",
        source: "internal/controller/rediscluster_controller.go ensureStatefulSet and api/v1/rediscluster_types.go, 044aca0",
    }
}

/// The table; the first row that fits holds.
pub(super) static CHANGES: &[Change] = &[
    // The resources themselves.
    row(
        INSTANCE,
        Of::Resource,
        When::Appears,
        Class::Hot,
        Says {
            what: "the operator makes a ConfigMap, a StatefulSet and a Service `{name}`",
            exposed: "it starts empty, or with the data of a claim `redis-data-{name}-0` that an earlier RedisInstance of that name left",
            instead: "",
            source: "internal/controller/redisinstance_controller.go ensureResources, 044aca0",
        },
    ),
    row(
        REPLICATION,
        Of::Resource,
        When::Appears,
        Class::Hot,
        Says {
            what: "the operator makes the StatefulSets `{name}-master` and `{name}-replica`, a ConfigMap and a Service for each",
            exposed: "it starts empty, or with the data of claims `data-{name}-master-0` and `data-{name}-replica-N` that an earlier RedisMasterReplica of that name left",
            instead: "",
            source: "internal/controller/redismasterreplica_controller.go ensureResources, 044aca0",
        },
    ),
    row(
        SENTINEL,
        Of::Resource,
        When::Appears,
        Class::Hot,
        Says {
            what: "the operator makes the StatefulSets `{name}-redis` and `{name}-sentinel`; Redis starts as redis:7.0 without requests and limits, and then restarts pod by pod with its image and resources",
            exposed: "it starts empty, or with the data of claims `redis-data-{name}-redis-N` that an earlier RedisSentinel of that name left",
            instead: "",
            source: SENTINEL_REDIS,
        },
    ),
    row(
        CLUSTER,
        Of::Resource,
        When::Appears,
        Class::Hot,
        Says {
            what: "the operator makes a StatefulSet `{name}` of {pods} nodes, and joins none of them",
            exposed: "no slot is served until `redis-cli --cluster create` was run by hand",
            instead: "",
            source: "internal/controller/rediscluster_controller.go ensureResources, 044aca0",
        },
    ),
    row(
        INSTANCE,
        Of::Resource,
        When::Vanishes,
        Class::DataRisk,
        Says {
            what: "where it is deleted, the operator deletes Service, StatefulSet and ConfigMap: every pod ends at once, and the claims `redis-data-{name}-N` stay",
            exposed: "no server answers any more; the data lasts as long as the claims, which nobody looks after",
            instead: "copy the data out first (`redis-cli --rdb`), and delete the claims by hand once nobody misses it",
            source: "internal/controller/redisinstance_controller.go cleanupResources, 044aca0",
        },
    ),
    row(
        REPLICATION,
        Of::Resource,
        When::Vanishes,
        Class::DataRisk,
        Says {
            what: "where it is deleted, the operator deletes both StatefulSets, their Services and ConfigMaps: all {pods} pods end at once, and the claims `data-{name}-master-0` and `data-{name}-replica-N` stay",
            exposed: "no server answers any more; the data lasts as long as the claims, which nobody looks after",
            instead: "copy the data out first (`redis-cli --rdb`), and delete the claims by hand once nobody misses it",
            source: "internal/controller/redismasterreplica_controller.go cleanupResources, 044aca0",
        },
    ),
    row(
        SENTINEL,
        Of::Resource,
        When::Vanishes,
        Class::DataRisk,
        Says {
            what: "where it is deleted, the operator deletes the StatefulSets of Redis and of Sentinel: all {pods} Redis pods and the Sentinels end at once, and the claims `redis-data-{name}-redis-N` and `data-{name}-sentinel-N` stay",
            exposed: "no server answers any more; the data lasts as long as the claims, which nobody looks after",
            instead: "copy the data out first (`redis-cli --rdb` from the primary that Sentinels name), and delete the claims by hand once nobody misses it",
            source: "internal/controller/redissentinel_controller.go cleanupResources, 044aca0",
        },
    ),
    row(
        CLUSTER,
        Of::Resource,
        When::Vanishes,
        Class::DataRisk,
        Says {
            what: "where it is deleted, the operator deletes StatefulSet, Service and ConfigMap: all {pods} nodes end at once, and the claims `data-{name}-N` stay",
            exposed: "no server answers any more; the data lasts as long as the claims, which nobody looks after",
            instead: "copy the data out first (`redis-cli --rdb` from each primary), and delete the claims by hand once nobody misses it",
            source: "internal/controller/rediscluster_controller.go cleanupResources, 044aca0",
        },
    ),
    // What every resource has.
    row(
        ALL,
        Of::Field("metadata.labels"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: it copies no label of a resource",
            "internal/utils/utlis.go LabelsForRedis and internal/controller/*.go, 044aca0",
        ),
    ),
    row(
        ALL,
        Of::Field("metadata.annotations"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: it reads no annotation of a resource and copies none",
            "internal/controller/*.go, 044aca0",
        ),
    ),
    row(
        ALL,
        Of::Field("metadata"),
        When::Any,
        Class::None,
        ignored(
            "the operator restarts nothing for it: of `metadata` it reads the name, the namespace and whether the resource is being deleted",
            "internal/controller/*.go, 044aca0",
        ),
    ),
    row(
        WITH_SECURITY,
        Of::Field("spec.security"),
        When::Any,
        Class::None,
        Says {
            what: "the operator ignores this: no server asks for a password or speaks TLS, before or after",
            exposed: "every pod that reaches the servers can read and write",
            instead: "keep others away with a NetworkPolicy",
            source: "api/v1/redismasterreplica_types.go SecuritySpec, which nothing in internal/ reads, 044aca0",
        },
    ),
    // RedisInstance.
    row(
        INSTANCE,
        Of::Directive(Applied::AtStart),
        When::Any,
        Class::Recreate,
        redis_conf(),
    ),
    row(
        INSTANCE,
        Of::Directive(Applied::Live),
        When::Any,
        Class::Recreate,
        redis_conf(),
    ),
    row(
        INSTANCE,
        Of::Directive(Applied::NextStart),
        When::Any,
        Class::Recreate,
        redis_conf(),
    ),
    // Asked only where no directive differs.
    row(
        INSTANCE,
        Of::Field("spec.config"),
        When::Any,
        Class::None,
        ignored(
            "redis.conf stays as it is: the operator writes the same directives of its own",
            "internal/utils/utlis.go GenerateRedisConfig, 044aca0",
        ),
    ),
    row(
        INSTANCE,
        Of::Field("spec.image"),
        When::Downgrades,
        Class::DataRisk,
        Says {
            what: "the pod restarts with the older `{after}`",
            exposed: "an older Redis may refuse the files of a newer one and never start, and one before 7.0 does not look into `appendonlydir`: it starts empty",
            instead: "stay with `{before}`, or make a new instance with `{after}` and copy the keys",
            source: "redisinstance_controller.go needsStatefulSetUpdate, 044aca0; Redis rdb.c rdbLoadRioWithLoadingCtx, 7.4.1, and aof.c loadAppendOnlyFile, 6.2.16",
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.image"),
        When::Any,
        Class::Rolling,
        Says {
            what: "the pod restarts with `{after}`",
            exposed: "no server answers until it is back and has loaded its data from the volume",
            instead: "",
            source: INSTANCE_UPDATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.replicas"),
        When::To("0"),
        Class::Recreate,
        Says {
            what: "every pod ends, and none is made until the number says so; the claims stay",
            exposed: "no server answers",
            instead: "",
            source: INSTANCE_UPDATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.replicas"),
        When::Vanishes,
        Class::Recreate,
        Says {
            what: "every pod ends, since no number is 0 here; the claims stay",
            exposed: "no server answers",
            instead: "write `replicas: {before}`",
            source: "internal/controller/redisinstance_controller.go needsStatefulSetUpdate and api/v1/redisinstance_types.go, 044aca0",
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.replicas"),
        When::Grows,
        Class::DataRisk,
        Says {
            what: "further servers start, empty and each for itself, behind the same Service",
            exposed: "each connection reaches one of them by chance: it does not find the keys of the others",
            instead: "leave 1, and take a topology that replicates",
            source: INSTANCE_UPDATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.replicas"),
        When::Shrinks,
        Class::DataRisk,
        Says {
            what: "the servers with the highest numbers end; their claims `redis-data-{name}-N` stay",
            exposed: "the keys that only they have are gone until they are back",
            instead: "copy their keys to the server that stays first (`MIGRATE` or `redis-cli --rdb`)",
            source: INSTANCE_UPDATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.replicas"),
        When::Any,
        Class::Hot,
        Says {
            what: "the operator starts {after} servers, each for itself",
            exposed: "",
            instead: "",
            source: INSTANCE_UPDATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.resources.limits.memory"),
        When::Shrinks,
        Class::Rolling,
        Says {
            what: "the pod restarts with a limit of {after}",
            exposed: "no server answers until it has loaded its data; where that does not fit, it is killed while it loads, again and again",
            instead: FIT_FIRST,
            source: INSTANCE_UPDATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.resources"),
        When::Any,
        Class::Rolling,
        Says {
            what: "the pod restarts with other requests or limits",
            exposed: "no server answers until it is back and has loaded its data from the volume",
            instead: "",
            source: INSTANCE_UPDATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.storage.size"),
        When::Vanishes,
        Class::Silent,
        no_size(),
    ),
    row(
        INSTANCE,
        Of::Field("spec.storage.size"),
        When::Appears,
        Class::Hot,
        first_size(),
    ),
    row(
        INSTANCE,
        Of::Field("spec.storage.size"),
        When::Grows,
        Class::Recreate,
        Says {
            what: "the StatefulSet is deleted and made again: every pod ends at once; they get the same claims, and no volume grows",
            exposed: "no server answers for 5 s at least, until the pods are back and have loaded their data; the volumes keep {before}",
            instead: "expand the claim `redis-data-{name}-0` by hand where its storage class allows that, and leave `size`",
            source: INSTANCE_RECREATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.storage.size"),
        When::Any,
        Class::Recreate,
        Says {
            what: "the StatefulSet is deleted and made again: every pod ends at once; they get the same claims, and no volume changes its size",
            exposed: "no server answers for 5 s at least, until the pods are back and have loaded their data; the volumes keep {before}",
            instead: "leave `size`; for a smaller volume make a new instance and copy the data",
            source: INSTANCE_RECREATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.storage.storageClassName"),
        When::Any,
        Class::Recreate,
        Says {
            what: "the StatefulSet is deleted and made again: every pod ends at once; they get the same claims, and these stay in their class",
            exposed: "no server answers for 5 s at least, until the pods are back and have loaded their data; no data moves",
            instead: "leave it; for another class make a new instance and copy the data",
            source: INSTANCE_RECREATED,
        },
    ),
    row(
        INSTANCE,
        Of::Field("spec.storage"),
        When::Vanishes,
        Class::Silent,
        no_size(),
    ),
    row(
        INSTANCE,
        Of::Field("spec.storage"),
        When::Appears,
        Class::Hot,
        first_size(),
    ),
    // RedisMasterReplica.
    row(
        REPLICATION,
        Of::Field("spec.image"),
        When::Downgrades,
        Class::DataRisk,
        Says {
            what: "the primary restarts with the older `{after}`, and the replicas one by one at the same time",
            exposed: "an older Redis may refuse the dump of a newer one: the primary never starts, and replicas cannot copy from one that is newer",
            instead: "stay with `{before}`, or make a new instance with `{after}` and copy the keys",
            source: "redismasterreplica_controller.go ensureMasterStatefulSet and ensureReplicaStatefulSet, 044aca0; Redis rdb.c rdbLoadRioWithLoadingCtx, 7.4.1",
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.image"),
        When::Any,
        Class::Rolling,
        Says {
            what: "the primary restarts with `{after}`, and the replicas one by one at the same time; nothing takes the place of the primary",
            exposed: "no writes until the primary is back and has loaded its dump; where saving that takes longer than the 30 s that a pod has to end, the writes since the dump before are lost",
            instead: "run `BGSAVE` on `{name}-master-0` just before, at a time of few writes",
            source: REPLICATION_UPDATED,
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.master.resources.limits.memory"),
        When::Shrinks,
        Class::Rolling,
        Says {
            instead: FIT_FIRST,
            ..primary_restarts(
                "no writes until it has loaded its dump; where that does not fit below {after}, it is killed while it loads, again and again",
            )
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.master.resources"),
        When::Any,
        Class::Rolling,
        primary_restarts(
            "no writes until it is back and has loaded its dump; where saving that takes longer than the 30 s that a pod has to end, the writes since the dump before are lost",
        ),
    ),
    row(
        REPLICATION,
        Of::Field("spec.replica.resources.limits.memory"),
        When::Shrinks,
        Class::Rolling,
        Says {
            instead: FIT_FIRST,
            ..replicas_restart(
                "fewer copies for that long; where the data does not fit below {after}, a replica is killed while it loads, again and again",
            )
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.replica.resources"),
        When::Any,
        Class::Rolling,
        replicas_restart("fewer replicas answer reads, and the primary forks to send its data"),
    ),
    row(
        REPLICATION,
        Of::Field("spec.resources"),
        When::Any,
        Class::Rolling,
        Says {
            what: "the pods of a role that has no `resources` of its own restart; the others do not",
            exposed: "no writes while the primary is one of them, until it has loaded its dump",
            instead: "",
            source: REPLICATION_MADE,
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.replica.replicas"),
        When::Grows,
        Class::Hot,
        Says {
            what: "further replicas start, and each copies everything from the primary",
            exposed: "the primary forks to send its data, which takes memory",
            instead: "",
            source: REPLICAS_UPDATED,
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.replica.replicas"),
        When::Shrinks,
        Class::Hot,
        Says {
            what: "the replicas with the highest numbers end; their claims `data-{name}-replica-N` stay",
            exposed: "fewer copies, and fewer servers for reads",
            instead: "",
            source: REPLICAS_UPDATED,
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.replica.replicas"),
        When::Any,
        Class::Hot,
        Says {
            what: "replicas start or end until there are as many as it says, or 2 where it says nothing",
            exposed: "",
            instead: "",
            source: REPLICATION_MADE,
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.storage.size"),
        When::Grows,
        Class::None,
        Says {
            what: "the operator ignores this: every volume keeps {before}",
            exposed: "the volumes fill as before",
            instead: "expand the claims `data-{name}-master-0` and `data-{name}-replica-N` by hand where their storage class allows that",
            source: REPLICATION_UPDATED,
        },
    ),
    row(
        REPLICATION,
        Of::Field("spec.storage"),
        When::Any,
        Class::None,
        volumes_stay(),
    ),
    row(
        REPLICATION,
        Of::Field("spec.master.storage"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: the volume of the primary is that of `spec.storage`",
            REPLICATION_MADE,
        ),
    ),
    row(
        REPLICATION,
        Of::Field("spec.replica.storage"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: the volumes of the replicas are those of `spec.storage`",
            REPLICATION_MADE,
        ),
    ),
    row(
        REPLICATION,
        Of::Field("spec.config"),
        When::Any,
        Class::Silent,
        files(),
    ),
    row(
        REPLICATION,
        Of::Field("spec.master.config"),
        When::Any,
        Class::Silent,
        files(),
    ),
    row(
        REPLICATION,
        Of::Field("spec.replica.config"),
        When::Any,
        Class::Silent,
        files(),
    ),
    // RedisSentinel: its own image, replicas, resources and storage are those of the Sentinels.
    row(
        SENTINEL,
        Of::Field("spec.image"),
        When::Downgrades,
        Class::DataRisk,
        Says {
            what: "Redis and Sentinel pods restart one by one with the older `{after}`, the first Redis pod last",
            exposed: "an older Redis may refuse the dump of a newer one and never start, and replicas cannot copy from a primary that is newer",
            instead: "stay with `{before}`, or make a new instance with `{after}` and copy the keys",
            source: "redissentinel_controller.go ensureRedisStatefulSet and ensureSentinelStatefulSet, 044aca0; Redis rdb.c rdbLoadRioWithLoadingCtx, 7.4.1",
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.image"),
        When::Any,
        Class::Failover,
        watched_restart(
            "Redis and Sentinel pods restart one by one with `{after}`, at the same time; the first Redis pod is the last, and starts as a primary, whoever is it by then",
            PRIMARY_AWAY,
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.replicas"),
        When::Grows,
        Class::Hot,
        Says {
            what: "further Sentinels start, and learn from the others",
            exposed: "",
            instead: "",
            source: SENTINEL_UPDATED,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.replicas"),
        When::Shrinks,
        Class::Hot,
        Says {
            what: "the Sentinels with the highest numbers end",
            exposed: "those that stay count them still: a failover needs the votes of more than half of {before}",
            instead: "run `SENTINEL RESET mymaster` afterwards on each Sentinel that stays, one after another, while all servers are up",
            source: "redissentinel_controller.go ensureSentinelStatefulSet, 044aca0; Redis sentinel.c sentinelGetLeader, 7.4.1",
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.replicas"),
        When::Any,
        Class::Hot,
        Says {
            what: "Sentinels start or end until there are as many as it says, or 3 where it says nothing",
            exposed: "",
            instead: "",
            source: SENTINEL_UPDATED,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.resources"),
        When::Any,
        Class::Rolling,
        Says {
            what: "the Sentinels restart one by one, and the Redis pods do not",
            exposed: "one Sentinel fewer sees a primary that fails, for as long as each restart takes",
            instead: "",
            source: SENTINEL_UPDATED,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.storage"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: the volumes of Sentinels stay as they are, and hold nothing that Sentinel needs",
            SENTINEL_UPDATED,
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.config.quorum"),
        When::Any,
        Class::Silent,
        Says {
            what: "sentinel.conf is written again, and each Sentinel copies it when it starts: nothing restarts",
            exposed: "Sentinels go on with {before}, and those that restart go on with {after}",
            instead: "run `SENTINEL SET mymaster quorum {after}` on every Sentinel as well",
            source: SENTINEL_CONFIG,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.config.downAfterMilliseconds"),
        When::Any,
        Class::None,
        Says {
            what: "the operator ignores this: Sentinels start with 30000",
            exposed: "",
            instead: "run `SENTINEL SET mymaster down-after-milliseconds` on every Sentinel, again after each of its restarts",
            source: SENTINEL_CONFIG,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.config.failoverTimeout"),
        When::Any,
        Class::None,
        Says {
            what: "the operator ignores this: Sentinels start with 180000",
            exposed: "",
            instead: "run `SENTINEL SET mymaster failover-timeout` on every Sentinel, again after each of its restarts",
            source: SENTINEL_CONFIG,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.config.parallelSyncs"),
        When::Any,
        Class::None,
        Says {
            what: "the operator ignores this: Sentinels start with 1",
            exposed: "",
            instead: "run `SENTINEL SET mymaster parallel-syncs` on every Sentinel, again after each of its restarts",
            source: SENTINEL_CONFIG,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.config.additionalConfig"),
        When::Any,
        Class::Silent,
        Says {
            what: "the operator writes a file for each key beside sentinel.conf, and no Sentinel reads it; one with the key `sentinel.conf` takes the place of the operator's",
            exposed: "Sentinels go on as they are, each until it restarts",
            instead: "",
            source: SENTINEL_CONFIG,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.config"),
        When::Any,
        Class::Silent,
        Says {
            what: "sentinel.conf is written again, with a quorum of 2 where there is none, and each Sentinel copies it when it starts: nothing restarts",
            exposed: "Sentinels go on as they are, each until it restarts",
            instead: "",
            source: SENTINEL_CONFIG,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.master.resources.limits.memory"),
        When::Shrinks,
        Class::Failover,
        Says {
            instead: FIT_FIRST,
            ..watched_restart(
                "all {pods} Redis pods restart one by one with a limit of {after}, the first one last, which starts as a primary, whoever is it by then",
                "a server whose data does not fit is killed while it loads, again and again; no writes while that is the primary, until Sentinels have made another one the primary",
            )
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.master.resources"),
        When::Any,
        Class::Failover,
        watched_restart(
            "all {pods} Redis pods restart one by one with other requests or limits, the first one last, which starts as a primary, whoever is it by then; where nothing is left of them, the pods keep what they have",
            PRIMARY_AWAY,
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.master.storage.size"),
        When::Grows,
        Class::Silent,
        stuck(
            "the operator would expand the claims, and its role may not even list them (config/rbac/role.yaml): the volumes keep {before}; the size of the StatefulSet never follows, so it tries that again and again",
            "expand the claims `redis-data-{name}-redis-N` by hand where their storage class allows that, and leave `size`",
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.master.storage.size"),
        When::Shrinks,
        Class::Silent,
        stuck(
            "the operator refuses this with an error: the volumes keep {before}",
            "leave `size`; for smaller volumes make a new instance and copy the data",
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.master.storage.storageClassName"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: the volumes stay in their class",
            SENTINEL_REDIS,
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.master.storage"),
        When::Any,
        Class::Silent,
        stuck(
            "the volumes stay as they are; without a size the operator takes 1Gi for it, refuses less than there is, and may not expand to more",
            "leave `size` as it is",
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.replica.replicas"),
        When::Grows,
        Class::Hot,
        Says {
            what: "further Redis pods start, and each copies everything from `{name}-redis-0`",
            exposed: "that pod forks to send its data, which takes memory; after a failover it is not the primary, and can be one beside it",
            instead: "see first that Sentinels know `{name}-redis-0` as the primary (`SENTINEL GET-MASTER-ADDR-BY-NAME mymaster`)",
            source: SENTINEL_REDIS,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.replica.replicas"),
        When::Shrinks,
        Class::Failover,
        Says {
            what: "the Redis pods with the highest numbers end; their claims `redis-data-{name}-redis-N` stay",
            exposed: "where one of them is the primary, no writes for 30 s at least, until Sentinels have made another one the primary",
            instead: "see first that Sentinels know `{name}-redis-0` as the primary (`SENTINEL GET-MASTER-ADDR-BY-NAME mymaster`), and run `SENTINEL RESET mymaster` on each afterwards",
            source: SENTINEL_REDIS,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.replica.replicas"),
        When::Any,
        Class::Failover,
        Says {
            what: "Redis pods start or end until there is one more than it says, or 3 where it says nothing",
            exposed: "where the primary is one of those that end, no writes for 30 s at least, until Sentinels have made another one the primary",
            instead: "write the number that runs",
            source: "redissentinel_controller.go ensureRedisStatefulSet and api/v1/redissentinel_types.go, 044aca0",
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.replica.resources"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: the requests and limits of every Redis pod are those of `spec.redis.master`",
            SENTINEL_REDIS,
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.replica.storage"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: the volumes of every Redis pod are those of `spec.redis.master`",
            SENTINEL_REDIS,
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.config"),
        When::Any,
        Class::None,
        Says {
            what: "the operator ignores this: no directive reaches a Redis below Sentinels",
            exposed: "",
            instead: "set directives with `CONFIG SET` on the running servers, again after each restart",
            source: SENTINEL_REDIS,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.master.config"),
        When::Any,
        Class::None,
        Says {
            what: "the operator ignores this: no directive reaches a Redis below Sentinels",
            exposed: "",
            instead: "set directives with `CONFIG SET` on the running servers, again after each restart",
            source: SENTINEL_REDIS,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.replica.config"),
        When::Any,
        Class::None,
        Says {
            what: "the operator ignores this: no directive reaches a Redis below Sentinels",
            exposed: "",
            instead: "set directives with `CONFIG SET` on the running servers, again after each restart",
            source: SENTINEL_REDIS,
        },
    ),
    row(
        SENTINEL,
        Of::Field("spec.redis.masterName"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: Sentinels know the primary as `mymaster`",
            SENTINEL_CONFIG,
        ),
    ),
    row(
        SENTINEL,
        Of::Field("spec.masterReplicaRef"),
        When::Any,
        Class::Silent,
        Says {
            what: "where it names a resource, the operator looks after the Redis pods of this one no more, and Sentinels still ask for `{name}-redis-0`; a name of the primary reaches each Sentinel when it starts",
            exposed: "Sentinels go on as they are, each until it restarts",
            instead: "",
            source: "internal/controller/redissentinel_controller.go hasEmbeddedRedis and ensureSentinelConfigMap, 044aca0",
        },
    ),
    // RedisCluster.
    row(
        CLUSTER,
        Of::Field("spec.image"),
        When::Downgrades,
        Class::DataRisk,
        Says {
            what: "the nodes restart one by one with the older `{after}`",
            exposed: "an older Redis may refuse the files of a newer one and never start, and one before 7.0 does not look into `appendonlydir`: it starts empty",
            instead: "stay with `{before}`, or make a new instance with `{after}` and copy the keys",
            source: "rediscluster_controller.go ensureStatefulSet, 044aca0; Redis rdb.c rdbLoadRioWithLoadingCtx, 7.4.1, and aof.c loadAppendOnlyFile, 6.2.16",
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.image"),
        When::Any,
        Class::Rolling,
        Says {
            what: "the nodes restart one by one with `{after}`",
            exposed: SHARD_AWAY,
            instead: "",
            source: CLUSTER_UPDATED,
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.masters"),
        When::Grows,
        Class::Hot,
        more_nodes(),
    ),
    row(
        CLUSTER,
        Of::Field("spec.masters"),
        When::Shrinks,
        Class::DataRisk,
        fewer_nodes(),
    ),
    row(
        CLUSTER,
        Of::Field("spec.masters"),
        When::Any,
        Class::DataRisk,
        default_nodes(
            "with the default of 3 primaries, nodes start or end until the number is right",
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.replicasPerMaster"),
        When::Grows,
        Class::Hot,
        more_nodes(),
    ),
    row(
        CLUSTER,
        Of::Field("spec.replicasPerMaster"),
        When::Shrinks,
        Class::DataRisk,
        fewer_nodes(),
    ),
    row(
        CLUSTER,
        Of::Field("spec.replicasPerMaster"),
        When::Any,
        Class::DataRisk,
        default_nodes(
            "with the default of 1 replica for each primary, nodes start or end until the number is right",
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.resources.limits.memory"),
        When::Shrinks,
        Class::Rolling,
        Says {
            what: "the nodes restart one by one with a limit of {after}",
            exposed: "where the data of a node does not fit, it is killed while it loads, again and again, and its slots are served by a replica or not at all",
            instead: FIT_FIRST,
            source: CLUSTER_UPDATED,
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.resources"),
        When::Any,
        Class::Rolling,
        Says {
            what: "the nodes restart one by one with other requests or limits of cpu and memory; the operator compares no others",
            exposed: SHARD_AWAY,
            instead: "",
            source: CLUSTER_UPDATED,
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.storage"),
        When::Any,
        Class::Silent,
        Says {
            what: "the operator ignores this, every volume stays as it is, and from then on the API server refuses its updates of the StatefulSet, whose claims cannot change",
            exposed: "changes of image, resources and number of nodes are no longer applied either, as long as `storage` differs from the StatefulSet",
            instead: "expand the claims `data-{name}-N` by hand where their storage class allows that, and leave `storage`",
            source: CLUSTER_UPDATED,
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.config.clusterConfigEpoch"),
        When::Any,
        Class::None,
        ignored(
            "the operator ignores this: it writes no such directive",
            CLUSTER_CONFIG,
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.config.clusterNodeTimeout"),
        When::Any,
        Class::Silent,
        next_start(
            "redis.conf is written again with `cluster-node-timeout {after}`, and nothing restarts",
            "run `CONFIG SET cluster-node-timeout {after}` on every node as well",
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.config.clusterRequireFullCoverage"),
        When::Any,
        Class::Silent,
        next_start(
            "redis.conf is written again with `cluster-require-full-coverage {after}`, and nothing restarts",
            "run `CONFIG SET cluster-require-full-coverage {after}` on every node as well",
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.config.clusterMigrationBarrier"),
        When::Any,
        Class::Silent,
        next_start(
            "redis.conf is written again with `cluster-migration-barrier {after}`, and nothing restarts",
            "run `CONFIG SET cluster-migration-barrier {after}` on every node as well",
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.config.additionalConfig"),
        When::Any,
        Class::Silent,
        next_start(
            "the operator writes a file for each key beside redis.conf, and no node reads it; one with the key `redis.conf` takes the place of the operator's",
            "set directives with `CONFIG SET` on the running nodes, again after each restart",
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.config"),
        When::Vanishes,
        Class::Silent,
        Says {
            what: "redis.conf is written again with directives that are empty, and nothing restarts",
            exposed: "a node that restarts, for whatever reason, refuses that file and does not come back",
            instead: "leave `config` with its fields",
            source: CLUSTER_CONFIG,
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.config"),
        When::Any,
        Class::Silent,
        next_start(
            "redis.conf is written again, and nothing restarts",
            "set what differs with `CONFIG SET` on every node as well",
        ),
    ),
    row(
        CLUSTER,
        Of::Field("spec.nodeSelector"),
        When::Any,
        Class::Silent,
        Says {
            what: "the operator does not compare it: it takes effect with its next change of image, resources or number of nodes",
            exposed: "until then the nodes stay where they are",
            instead: "",
            source: CLUSTER_UPDATED,
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.tolerations"),
        When::Any,
        Class::Silent,
        Says {
            what: "the operator does not compare it: it takes effect with its next change of image, resources or number of nodes",
            exposed: "until then the nodes stay where they are",
            instead: "",
            source: CLUSTER_UPDATED,
        },
    ),
    row(
        CLUSTER,
        Of::Field("spec.affinity"),
        When::Any,
        Class::Silent,
        Says {
            what: "the operator does not compare it: it takes effect with its next change of image, resources or number of nodes",
            exposed: "until then the nodes stay where they are",
            instead: "",
            source: CLUSTER_UPDATED,
        },
    ),
    // Whatever else a later version of the operator has.
    row(
        INSTANCE,
        Of::Field("spec"),
        When::Any,
        Class::Recreate,
        Says {
            what: "obsgen does not know this field: the operator that it knows has none of that name, and a later one may delete the StatefulSet for it",
            exposed: "no server answers until the pods are back and have loaded their data, if it does",
            instead: "read what the operator that you run does with it",
            source: "api/v1/redisinstance_types.go, 044aca0",
        },
    ),
    row(
        WITH_SECURITY,
        Of::Field("spec"),
        When::Any,
        Class::Rolling,
        Says {
            what: "obsgen does not know what follows from this field: the pods may restart one by one",
            exposed: "no writes while a primary restarts, if they do",
            instead: "read what the operator that you run does with it",
            source: "api/v1/redismasterreplica_types.go, redissentinel_types.go and rediscluster_types.go, 044aca0",
        },
    ),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    use super::*;
    use crate::api::object::{Map, Metadata, Object, Resource};
    use crate::api::opstree::{Resources, SecretKey};
    use crate::api::redis_operator::{
        API_VERSION, ClusterConfig, ClusterSpec, InstanceSpec, MasterReplicaSpec, Role, Security,
        SentinelConfig, SentinelRedis, SentinelSpec, Storage,
    };
    use crate::operators::Operator;
    use crate::operators::redis_operator::RedisOperator;
    use crate::topologies::Kind;

    fn object(kind: &'static str, spec: impl serde::Serialize) -> Value {
        let some = || Map::from([("some".to_owned(), "text".to_owned())]);
        let metadata = Metadata {
            name: "cart".to_owned(),
            namespace: "shop".to_owned(),
            labels: some(),
            annotations: some(),
        };
        let object = Object::new(Resource {
            api_version: API_VERSION,
            kind,
            metadata,
            spec,
        });
        object.value().clone()
    }

    /// Every resource, with every field that there can be.
    fn objects() -> Vec<Value> {
        let image = || "redis:7.4.7".to_owned();
        let resources = || {
            let both = || {
                ["cpu", "memory"]
                    .map(|it| (it.to_owned(), "1".to_owned()))
                    .into()
            };
            Resources {
                limits: both(),
                requests: both(),
            }
        };
        let storage = || Storage {
            size: "5Gi".to_owned(),
            storage_class_name: "standard".to_owned(),
        };
        let role = |replicas| Role {
            replicas,
            resources: resources(),
            storage: storage(),
        };
        let security = || {
            Some(Security {
                auth_enabled: true,
                password_secret: SecretKey {
                    name: "cart".to_owned(),
                    key: "password".to_owned(),
                },
            })
        };
        vec![
            object(
                "RedisInstance",
                InstanceSpec {
                    image: image(),
                    replicas: 1,
                    resources: resources(),
                    storage: storage(),
                    config: [("maxmemory".to_owned(), "1gb".to_owned())].into(),
                },
            ),
            object(
                "RedisMasterReplica",
                MasterReplicaSpec {
                    image: image(),
                    master: role(None),
                    replica: role(Some(2)),
                    resources: resources(),
                    storage: storage(),
                    security: security(),
                },
            ),
            object(
                "RedisSentinel",
                SentinelSpec {
                    image: image(),
                    replicas: 3,
                    resources: resources(),
                    storage: storage(),
                    config: SentinelConfig { quorum: 2 },
                    security: security(),
                    redis: SentinelRedis {
                        master: role(None),
                        replica: role(Some(2)),
                    },
                },
            ),
            object(
                "RedisCluster",
                ClusterSpec {
                    image: image(),
                    masters: 3,
                    replicas_per_master: 1,
                    resources: resources(),
                    storage: storage(),
                    config: ClusterConfig {
                        cluster_config_epoch: 15_000,
                        cluster_node_timeout: 15_000,
                        cluster_require_full_coverage: "yes",
                        cluster_migration_barrier: 1,
                    },
                    security: security(),
                },
            ),
        ]
    }

    /// The paths of an object at whose end there is no map.
    fn leaves(path: &[String], value: &Value, acc: &mut Vec<Vec<String>>) {
        let Value::Object(fields) = value else {
            acc.push(path.to_vec());
            return;
        };
        for (key, value) in fields {
            let mut path = path.to_vec();
            path.push(key.clone());
            leaves(&path, value, acc);
        }
    }

    fn field(kind: &str, path: &str, when: When) -> Option<&'static Change> {
        let path: Vec<String> = path.split('.').map(str::to_owned).collect();
        CHANGES.iter().find(|it| {
            it.is_about(kind, Kind::Standalone)
                && it.of.has_field(&path)
                && (it.when == when || it.when == When::Any)
        })
    }

    fn class(kind: &str, path: &str, when: When) -> Class {
        field(kind, path, when).unwrap().class
    }

    #[test]
    fn every_field_that_is_delivered_has_a_row_of_its_own() {
        for object in objects() {
            let kind = object["kind"].as_str().unwrap();
            let mut paths = Vec::new();
            leaves(&[], &object, &mut paths);
            // The first four name the object.
            let names = ["apiVersion", "kind", "metadata.name", "metadata.namespace"];
            for path in paths.iter().map(|it| it.join(".")) {
                if names.contains(&path.as_str()) {
                    continue;
                }
                for when in [When::Any, When::Appears, When::Vanishes] {
                    let row = field(kind, &path, when);
                    let row = row.unwrap_or_else(|| panic!("{kind} {path} {when:?}"));
                    assert_ne!(row.of, Of::Field("spec"), "{kind} {path} {when:?}");
                }
            }
        }
    }

    #[test]
    fn every_resource_has_rows_that_hold_for_whatever_changes() {
        for object in objects() {
            let kind = object["kind"].as_str().unwrap();
            for when in [When::Appears, When::Vanishes] {
                let mut rows = CHANGES.iter().filter(|it| {
                    it.of == Of::Resource && it.when == when && it.resources.contains(&kind)
                });
                assert!(rows.next().is_some(), "{kind} {when:?}");
                assert!(rows.next().is_none(), "{kind} {when:?}");
            }
            for path in ["spec.whatever", "spec", "metadata.whatever"] {
                assert!(field(kind, path, When::Any).is_some(), "{kind} {path}");
            }
        }
        for applied in [Applied::Live, Applied::AtStart, Applied::NextStart] {
            let mut rows = CHANGES
                .iter()
                .filter(|it| it.of == Of::Directive(applied) && it.when == When::Any);
            assert!(rows.next().is_some_and(|it| it.resources == INSTANCE));
        }
    }

    #[test]
    fn no_row_is_shadowed_by_an_earlier_one() {
        for (place, row) in CHANGES.iter().enumerate() {
            for kind in row.resources {
                let shadow = CHANGES[..place].iter().find(|it| {
                    let is_of = match row.of {
                        Of::Field(path) => {
                            let path: Vec<String> = path.split('.').map(str::to_owned).collect();
                            it.of.has_field(&path)
                        }
                        of => it.of == of,
                    };
                    is_of
                        && it.resources.contains(kind)
                        && (it.when == row.when || it.when == When::Any)
                });
                assert!(shadow.is_none(), "{kind} {:?} {:?}", row.of, row.when);
            }
        }
    }

    #[test]
    fn every_row_says_what_where_and_in_whole_words() {
        let known = ["before", "after", "pods", "name"];
        for row in CHANGES {
            assert!(!row.what.is_empty(), "{row:?}");
            assert!(row.source.contains("044aca0"), "{row:?}");
            assert!(!row.resources.is_empty(), "{row:?}");
            for text in [row.what, row.exposed, row.instead] {
                assert!(!text.ends_with('.') && text.trim() == text, "{text}");
                assert!(!text.contains("  "), "{text}");
                assert!(text.matches('`').count() % 2 == 0, "{text}");
                for part in text.split('{').skip(1) {
                    let name = part.split('}').next().unwrap();
                    assert!(known.contains(&name), "{text}");
                }
            }
            // Without a value before or after there is none to show.
            let texts = [row.what, row.exposed, row.instead].concat();
            assert!(
                row.when != When::Appears || !texts.contains("{before}"),
                "{row:?}"
            );
            assert!(
                row.when != When::Vanishes || !texts.contains("{after}"),
                "{row:?}"
            );
        }
    }

    #[test]
    fn every_kind_is_one_that_the_operator_has() {
        let kinds: BTreeSet<String> = objects()
            .iter()
            .map(|it| it["kind"].as_str().unwrap().to_owned())
            .collect();
        for row in CHANGES {
            for kind in row.resources {
                assert!(kinds.contains(*kind), "{kind}");
            }
        }
    }

    #[test]
    fn a_directive_that_is_gone_is_again_what_the_operator_writes() {
        let seen = |config: Value| {
            let resource = serde_json::json!({"kind": "RedisInstance", "spec": {"config": config}});
            RedisOperator.seen(&[&resource], &|_| None).directives
        };
        let own = seen(Value::Null);
        assert_eq!(own["appendonly"].0, "yes");
        assert_eq!(seen(serde_json::json!({"timeout": "0"})), own);
        let other = seen(serde_json::json!({"save": "\"\"", "maxmemory": "1gb"}));
        assert_eq!(other["save"].0, "");
        assert_eq!(other.len(), own.len() + 1);
    }

    #[test]
    fn a_change_is_as_bad_as_the_operator_makes_it() {
        for (kind, path, when, expected) in [
            (
                "RedisInstance",
                "spec.storage.size",
                When::Grows,
                Class::Recreate,
            ),
            ("RedisInstance", "spec.image", When::Any, Class::Rolling),
            (
                "RedisInstance",
                "spec.image",
                When::Downgrades,
                Class::DataRisk,
            ),
            (
                "RedisMasterReplica",
                "spec.storage.size",
                When::Grows,
                Class::None,
            ),
            (
                "RedisMasterReplica",
                "spec.master.resources.requests.cpu",
                When::Any,
                Class::Rolling,
            ),
            ("RedisSentinel", "spec.image", When::Any, Class::Failover),
            (
                "RedisSentinel",
                "spec.resources.limits.memory",
                When::Shrinks,
                Class::Rolling,
            ),
            (
                "RedisSentinel",
                "spec.redis.replica.resources.limits.memory",
                When::Any,
                Class::None,
            ),
            (
                "RedisSentinel",
                "spec.config.quorum",
                When::Any,
                Class::Silent,
            ),
            (
                "RedisCluster",
                "spec.masters",
                When::Shrinks,
                Class::DataRisk,
            ),
            (
                "RedisCluster",
                "spec.storage.storageClassName",
                When::Any,
                Class::Silent,
            ),
            (
                "RedisCluster",
                "spec.security.authEnabled",
                When::Any,
                Class::None,
            ),
        ] {
            assert_eq!(class(kind, path, when), expected, "{kind} {path} {when:?}");
        }
    }
}
