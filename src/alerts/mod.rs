//! The alerts: an open set, one file each, and the classes of instances that they are written for.
//!
//! An alert is written once for all instances of a stack that share its parameters. Adding one:
//! a file here, its runbook in `templates/runbooks`, and a line in [`ALERTS`].

pub mod class;
pub mod parameters;
pub mod query;

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

macro_rules! alerts {
    ($($file:ident),+ $(,)?) => {
        $(mod $file;)+

        /// Every alert, by group and then in the order in which one looks.
        pub static ALERTS: &[&Alert] = &[$(&$file::ALERT),+];
    };
}

alerts! {
    redis_down,
    redis_absent,
    redis_exporter_down,
    redis_pods_missing,
    redis_restarted,
    redis_memory_high,
    redis_container_memory_high,
    redis_connections_high,
    redis_connections_rejected,
    redis_hit_rate_low,
    redis_evictions_high,
    redis_snapshot_failing,
    redis_append_only_failing,
    redis_replication_broken,
    redis_replicas_missing,
    redis_replica_lag_high,
    redis_primary_missing,
    redis_several_primaries,
    redis_sentinel_down,
    redis_sentinel_absent,
    redis_sentinels_missing,
    redis_sentinel_quorum_lost,
    redis_sentinel_master_down,
    redis_sentinel_failover,
    redis_cluster_down,
    redis_cluster_slots_unassigned,
    redis_cluster_slots_failing,
    redis_cluster_nodes_missing,
    redis_operator_down,
    redis_operator_absent,
    redis_operator_reconcile_errors,
    fluent_bit_absent,
    fluent_bit_output_errors,
    fluent_bit_buffer_filling,
    fluent_bit_logs_dropped,
    watchdog,
    redis_rules_failing,
    redis_notifications_failing,
    prometheus_bad_config,
    prometheus_not_connected_to_alertmanagers,
    prometheus_not_ingesting_samples,
    alertmanager_failed_reload,
    alertmanager_members_inconsistent,
    alertmanager_config_inconsistent,
    tracing_spans_refused,
    tracing_spans_dropped,
}

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
