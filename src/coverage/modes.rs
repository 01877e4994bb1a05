//! What can go wrong: the failure modes of a stack, and what would show each.

use crate::api::conventions::component;
use crate::model::stack::{Instance, Stack};
use crate::topologies::{Kind, Topology};

/// Something that can go wrong.
pub struct Mode {
    /// Its name.
    pub name: &'static str,
    /// What it is, as the end of "what if …".
    pub what: &'static str,
    /// Whom it can happen to.
    pub of: Scope,
    /// The alerts that tell it, the most direct one first.
    pub alerts: &'static [&'static str],
    /// The metrics that show it on a dashboard.
    pub metrics: &'static [&'static str],
    /// Whose log tells it.
    pub log: Option<&'static str>,
    /// Why there is no alert for it, where there is none.
    pub gap: Option<&'static str>,
}

/// Whom a failure can happen to.
pub enum Scope {
    /// Instances.
    Instances(fn(&Instance) -> bool),
    /// What the instances of a stack share.
    Stack(fn(&Stack) -> bool),
}

/// Why a stack does not watch what watches it, where that is not its own.
const OF_THE_CLUSTER: &str =
    "Prometheus and Alertmanager are the cluster's, and kube-prometheus has alerts about them";

/// Every failure mode, in the order in which one looks.
pub static MODES: &[Mode] = &[
    Mode {
        log: Some(component::REDIS),
        ..instance(
            "server-down",
            "a Redis server does not answer",
            &["RedisDown"],
            &["redis_up"],
        )
    },
    instance(
        "target-lost",
        "a server or its exporter is not scraped any more",
        &["RedisAbsent", "RedisExporterDown", "RedisPodsMissing"],
        &["redis_up"],
    ),
    Mode {
        log: Some(component::REDIS),
        ..instance(
            "restarts",
            "a server restarts again and again",
            &["RedisRestarted"],
            &["redis_uptime_in_seconds"],
        )
    },
    instance(
        "memory-full",
        "the data reaches maxmemory",
        &["RedisMemoryHigh"],
        &["redis_memory_used_bytes"],
    ),
    instance(
        "memory-limit",
        "the kernel kills a container for its memory",
        &["RedisContainerMemoryHigh"],
        &["redis_memory_used_rss_bytes"],
    ),
    Mode {
        gap: Some("what is high depends on the data; RedisContainerMemoryHigh tells when it costs"),
        ..instance(
            "fragmentation",
            "memory is fragmented",
            &[],
            &["redis_mem_fragmentation_ratio"],
        )
    },
    instance(
        "connections-full",
        "clients use up the connections, and new ones are refused",
        &["RedisConnectionsHigh", "RedisConnectionsRejected"],
        &[
            "redis_connected_clients",
            "redis_rejected_connections_total",
        ],
    ),
    instance(
        "evictions",
        "keys are evicted before their time",
        &["RedisEvictionsHigh"],
        &["redis_evicted_keys_total"],
    ),
    instance(
        "misses",
        "the cache misses too often",
        &["RedisHitRateLow"],
        &["redis_keyspace_misses_total"],
    ),
    Mode {
        gap: Some("what is slow depends on the commands; write an alert under `alerts.custom`"),
        ..instance(
            "latency",
            "commands are slow",
            &[],
            &[
                "redis_commands_duration_seconds_total",
                "redis_commands_latencies_usec_bucket",
            ],
        )
    },
    Mode {
        gap: Some(
            "how much one thread may work depends on the load; write an alert under `alerts.custom`",
        ),
        ..instance(
            "processor",
            "the one thread that runs commands has no time left",
            &[],
            &["redis_cpu_user_seconds_total"],
        )
    },
    Mode {
        gap: Some(
            "which errors are a fault depends on the clients; write an alert under `alerts.custom`",
        ),
        ..instance(
            "error-replies",
            "commands are answered with errors",
            &[],
            &["redis_errors_total"],
        )
    },
    Mode {
        gap: Some(
            "Redis tells it from 7.2 on only; write an alert on redis_acl_access_denied_auth_total",
        ),
        ..instance(
            "logins-refused",
            "clients log in with a wrong password",
            &[],
            &["redis_acl_access_denied_auth_total"],
        )
    },
    Mode {
        log: Some(component::REDIS),
        ..instance(
            "snapshot-fails",
            "a snapshot cannot be written",
            &["RedisSnapshotFailing"],
            &["redis_rdb_last_bgsave_status"],
        )
    },
    Mode {
        of: Scope::Instances(|it| it.config.get("appendonly").is_none_or(|it| it != "no")),
        log: Some(component::REDIS),
        ..instance(
            "log-fails",
            "the append-only file cannot be written",
            &["RedisAppendOnlyFailing"],
            &["redis_aof_last_write_status"],
        )
    },
    Mode {
        of: Scope::Instances(|it| it.storage.is_some()),
        gap: Some("volumes are measured by the kubelet, and kube-prometheus alerts on them"),
        ..instance("disk-full", "a volume is full", &[], &[])
    },
    Mode {
        of: Scope::Instances(has_replicas),
        log: Some(component::REDIS),
        ..instance(
            "replication-broken",
            "a replica has lost its primary",
            &["RedisReplicationBroken"],
            &["redis_master_link_up"],
        )
    },
    Mode {
        of: Scope::Instances(|it| it.topology.is_replicated()),
        ..instance(
            "replicas-missing",
            "there are fewer replicas than the policy says",
            &["RedisReplicasMissing"],
            &["redis_connected_slaves", "redis_sentinel_master_ok_slaves"],
        )
    },
    Mode {
        of: Scope::Instances(has_replicas),
        ..instance(
            "replica-lag",
            "a replica is behind its primary",
            &["RedisReplicaLagHigh"],
            &["redis_connected_slave_lag_seconds"],
        )
    },
    Mode {
        of: Scope::Instances(|it| matches!(it.topology.kind(), Kind::Replication | Kind::Sentinel)),
        ..instance(
            "primary-missing",
            "there is no primary, or more than one",
            &["RedisPrimaryMissing", "RedisSeveralPrimaries"],
            &["redis_instance_info"],
        )
    },
    Mode {
        log: Some(component::SENTINEL),
        ..guarded(
            "sentinels-missing",
            "Sentinels are gone",
            &[
                "RedisSentinelsMissing",
                "RedisSentinelDown",
                "RedisSentinelAbsent",
            ],
            &["redis_sentinel_master_ok_sentinels"],
        )
    },
    Mode {
        log: Some(component::SENTINEL),
        ..guarded(
            "quorum-lost",
            "Sentinels cannot agree on a failover",
            &["RedisSentinelQuorumLost"],
            &["redis_sentinel_master_ckquorum_status"],
        )
    },
    Mode {
        log: Some(component::SENTINEL),
        ..guarded(
            "failover",
            "the primary is down for the Sentinels, or moves",
            &["RedisSentinelMasterDown", "RedisSentinelFailover"],
            &["redis_sentinel_master_config_epoch"],
        )
    },
    Mode {
        log: Some(component::REDIS),
        ..clustered(
            "cluster-down",
            "the cluster serves no queries",
            &["RedisClusterDown"],
            &["redis_cluster_state"],
        )
    },
    clustered(
        "slots-lost",
        "slots have no server, or one that fails",
        &["RedisClusterSlotsUnassigned", "RedisClusterSlotsFailing"],
        &["redis_cluster_slots_ok", "redis_cluster_slots_fail"],
    ),
    clustered(
        "nodes-missing",
        "nodes of the cluster are gone",
        &["RedisClusterNodesMissing"],
        &["redis_cluster_known_nodes"],
    ),
    Mode {
        log: Some(component::OPERATOR),
        ..stack(
            "operator-down",
            "the operator of Redis does not run",
            &["RedisOperatorDown", "RedisOperatorAbsent"],
            &["up"],
            |_| true,
        )
    },
    Mode {
        log: Some(component::OPERATOR),
        ..stack(
            "operator-fails",
            "the operator cannot do what resources ask for",
            &["RedisOperatorReconcileErrors"],
            &["controller_runtime_reconcile_errors_total"],
            |_| true,
        )
    },
    stack(
        "logs-lost",
        "logs do not reach Elasticsearch",
        &[
            "FluentBitOutputErrors",
            "FluentBitLogsDropped",
            "FluentBitBufferFilling",
            "FluentBitAbsent",
        ],
        &[],
        |it| it.telemetry.logging.is_some(),
    ),
    stack(
        "traces-lost",
        "traces do not reach Elasticsearch",
        &["TracingSpansDropped", "TracingSpansRefused"],
        &[],
        |it| it.telemetry.tracing.is_some(),
    ),
    stack(
        "alerting-broken",
        "Prometheus, Alertmanager or the way to them is broken as a whole",
        &["Watchdog"],
        &[],
        |_| true,
    ),
    stack(
        "rules-fail",
        "Prometheus cannot evaluate the rules of the stack",
        &["RedisRulesFailing"],
        &[],
        |_| true,
    ),
    Mode {
        gap: Some(OF_THE_CLUSTER),
        ..stack(
            "notifications-fail",
            "Alertmanager cannot deliver what it wants to say",
            &["RedisNotificationsFailing"],
            &[],
            |_| true,
        )
    },
    Mode {
        gap: Some(OF_THE_CLUSTER),
        ..stack(
            "monitoring-misconfigured",
            "Prometheus or Alertmanager is down in part, or runs with another configuration",
            &[
                "PrometheusBadConfig",
                "PrometheusNotConnectedToAlertmanagers",
                "PrometheusNotIngestingSamples",
                "PrometheusTargetSyncFailure",
                "AlertmanagerClusterDown",
                "AlertmanagerFailedReload",
                "AlertmanagerMembersInconsistent",
                "AlertmanagerConfigInconsistent",
            ],
            &[],
            |_| true,
        )
    },
];

fn has_replicas(instance: &Instance) -> bool {
    match instance.topology {
        Topology::Cluster {
            replicas_per_master,
            ..
        } => replicas_per_master > 0,
        Topology::Standalone | Topology::Replication { .. } | Topology::Sentinel { .. } => {
            instance.topology.is_replicated()
        }
    }
}

const fn instance(
    name: &'static str,
    what: &'static str,
    alerts: &'static [&'static str],
    metrics: &'static [&'static str],
) -> Mode {
    Mode {
        name,
        what,
        of: Scope::Instances(|_| true),
        alerts,
        metrics,
        log: None,
        gap: None,
    }
}

const fn guarded(
    name: &'static str,
    what: &'static str,
    alerts: &'static [&'static str],
    metrics: &'static [&'static str],
) -> Mode {
    Mode {
        of: Scope::Instances(|it| it.topology.kind() == Kind::Sentinel),
        ..instance(name, what, alerts, metrics)
    }
}

const fn clustered(
    name: &'static str,
    what: &'static str,
    alerts: &'static [&'static str],
    metrics: &'static [&'static str],
) -> Mode {
    Mode {
        of: Scope::Instances(|it| it.topology.kind() == Kind::Cluster),
        ..instance(name, what, alerts, metrics)
    }
}

const fn stack(
    name: &'static str,
    what: &'static str,
    alerts: &'static [&'static str],
    metrics: &'static [&'static str],
    of: fn(&Stack) -> bool,
) -> Mode {
    Mode {
        of: Scope::Stack(of),
        ..instance(name, what, alerts, metrics)
    }
}
