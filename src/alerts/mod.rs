//! The alerts: an open set, one file each, and the classes of instances that they are written for.
//!
//! An alert is written once for all instances of a stack that share its parameters. Adding one:
//! a file here with its `mod` line, its runbook in `templates/runbooks`, and a line in [`ALERTS`].

pub mod class;
pub mod parameters;
pub mod query;

mod alertmanager_cluster_down;
mod alertmanager_config_inconsistent;
mod alertmanager_failed_reload;
mod alertmanager_members_inconsistent;
mod fluent_bit_absent;
mod fluent_bit_buffer_filling;
mod fluent_bit_logs_dropped;
mod fluent_bit_output_errors;
mod prometheus_bad_config;
mod prometheus_not_connected_to_alertmanagers;
mod prometheus_not_ingesting_samples;
mod prometheus_target_sync_failure;
mod redis_absent;
mod redis_append_only_failing;
mod redis_cluster_down;
mod redis_cluster_nodes_missing;
mod redis_cluster_slots_failing;
mod redis_cluster_slots_unassigned;
mod redis_connections_high;
mod redis_connections_rejected;
mod redis_container_memory_high;
mod redis_down;
mod redis_evictions_high;
mod redis_exporter_down;
mod redis_hit_rate_low;
mod redis_memory_high;
mod redis_notifications_failing;
mod redis_operator_absent;
mod redis_operator_down;
mod redis_operator_reconcile_errors;
mod redis_pods_missing;
mod redis_primary_missing;
mod redis_replica_lag_high;
mod redis_replicas_missing;
mod redis_replication_broken;
mod redis_restarted;
mod redis_rules_failing;
mod redis_sentinel_absent;
mod redis_sentinel_down;
mod redis_sentinel_failover;
mod redis_sentinel_master_down;
mod redis_sentinel_quorum_lost;
mod redis_sentinels_missing;
mod redis_several_primaries;
mod redis_snapshot_failing;
mod tracing_spans_dropped;
mod tracing_spans_refused;
mod watchdog;

use crate::alerts::parameters::Threshold;
use crate::alerts::query::Query;
use crate::model::stack::{Instance, Stack};
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

/// An alert.
pub struct Alert {
    /// Its name, which is that of its file in snake case and of its runbook.
    pub name: &'static str,
    /// The group of rules that it is in.
    pub group: Group,
    /// What it is about.
    pub scope: Scope,
    /// How urgent it is, where neither tier nor instance says otherwise.
    pub severity: Severity,
    /// How long its condition must hold, likewise.
    pub for_: Option<Duration>,
    /// Its threshold, where it has one.
    pub threshold: Option<Threshold>,
    /// Its condition.
    pub expr: fn(&Query<'_>) -> String,
    /// One line for the notification. `<< threshold >>` and `<< window >>` are filled in here, what
    /// stands in `{{ }}` by Prometheus.
    pub summary: &'static str,
    /// What it means and what happens next, likewise.
    pub description: &'static str,
    /// Its runbook, a template.
    pub runbook: &'static str,
}

/// What an alert is about.
pub enum Scope {
    /// Instances, by class.
    Instances {
        /// The topologies for which it means something; empty for all.
        topologies: &'static [Kind],
        /// Whether it means something for an instance of these.
        applies: fn(&Instance) -> bool,
    },
    /// The stack as a whole: what its instances share.
    Stack {
        /// Whether it means something for the stack.
        applies: fn(&Stack) -> bool,
        /// The namespace that it is in: a label, since nothing it is about has one of its own.
        namespace: fn(&Stack) -> &str,
    },
}

/// Groups of rules; each is one PrometheusRule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// Redis servers.
    Instance,
    /// Primaries and replicas.
    Replication,
    /// Sentinels.
    Sentinel,
    /// Clusters.
    Cluster,
    /// The operator.
    Operator,
    /// What ships logs.
    Logs,
    /// What carries alerts: Prometheus and Alertmanager.
    Pipeline,
    /// What takes and keeps traces.
    Tracing,
}

impl Group {
    /// All, in the order of the output.
    pub const ALL: &[Self] = &[
        Self::Instance,
        Self::Replication,
        Self::Sentinel,
        Self::Cluster,
        Self::Operator,
        Self::Logs,
        Self::Pipeline,
        Self::Tracing,
    ];

    /// The word for it in names of files and objects.
    pub fn name(self) -> &'static str {
        match self {
            Self::Instance => "instance",
            Self::Replication => "replication",
            Self::Sentinel => "sentinel",
            Self::Cluster => "cluster",
            Self::Operator => "operator",
            Self::Logs => "logs",
            Self::Pipeline => "pipeline",
            Self::Tracing => "tracing",
        }
    }
}

impl Alert {
    /// Returns whether it means something for an instance.
    pub fn applies_to(&self, instance: &Instance) -> bool {
        match self.scope {
            Scope::Instances {
                topologies,
                applies,
            } => {
                (topologies.is_empty() || topologies.contains(&instance.topology.kind()))
                    && applies(instance)
            }
            Scope::Stack { .. } => false,
        }
    }
}

/// Every alert, by group and then in the order in which one looks.
pub static ALERTS: &[&Alert] = &[
    &redis_down::ALERT,
    &redis_absent::ALERT,
    &redis_exporter_down::ALERT,
    &redis_pods_missing::ALERT,
    &redis_restarted::ALERT,
    &redis_memory_high::ALERT,
    &redis_container_memory_high::ALERT,
    &redis_connections_high::ALERT,
    &redis_connections_rejected::ALERT,
    &redis_hit_rate_low::ALERT,
    &redis_evictions_high::ALERT,
    &redis_snapshot_failing::ALERT,
    &redis_append_only_failing::ALERT,
    &redis_replication_broken::ALERT,
    &redis_replicas_missing::ALERT,
    &redis_replica_lag_high::ALERT,
    &redis_primary_missing::ALERT,
    &redis_several_primaries::ALERT,
    &redis_sentinel_down::ALERT,
    &redis_sentinel_absent::ALERT,
    &redis_sentinels_missing::ALERT,
    &redis_sentinel_quorum_lost::ALERT,
    &redis_sentinel_master_down::ALERT,
    &redis_sentinel_failover::ALERT,
    &redis_cluster_down::ALERT,
    &redis_cluster_slots_unassigned::ALERT,
    &redis_cluster_slots_failing::ALERT,
    &redis_cluster_nodes_missing::ALERT,
    &redis_operator_down::ALERT,
    &redis_operator_absent::ALERT,
    &redis_operator_reconcile_errors::ALERT,
    &fluent_bit_absent::ALERT,
    &fluent_bit_output_errors::ALERT,
    &fluent_bit_buffer_filling::ALERT,
    &fluent_bit_logs_dropped::ALERT,
    &watchdog::ALERT,
    &redis_rules_failing::ALERT,
    &redis_notifications_failing::ALERT,
    &prometheus_bad_config::ALERT,
    &prometheus_not_connected_to_alertmanagers::ALERT,
    &prometheus_not_ingesting_samples::ALERT,
    &prometheus_target_sync_failure::ALERT,
    &alertmanager_cluster_down::ALERT,
    &alertmanager_failed_reload::ALERT,
    &alertmanager_members_inconsistent::ALERT,
    &alertmanager_config_inconsistent::ALERT,
    &tracing_spans_refused::ALERT,
    &tracing_spans_dropped::ALERT,
];

/// Returns the alert of that name.
pub fn find(name: &str) -> Option<&'static Alert> {
    ALERTS.iter().find(|it| it.name == name).copied()
}

/// About what ships the logs of a stack, in its namespace; means nothing where none are shipped.
const LOGS: Scope = Scope::Stack {
    applies: |it| it.telemetry.logging.is_some(),
    namespace: |it| {
        let logging = it.telemetry.logging.as_ref();
        logging.map_or("", |it| &it.fluent_bit.namespace)
    },
};

/// Applies to every instance of its topologies.
fn always(_: &Instance) -> bool {
    true
}
