//! No failover can happen.

use crate::alerts::query::BY;
use crate::alerts::{Alert, Group, Scope, always};
use crate::api::conventions::fact;
use crate::read::spec::Severity;
use crate::topologies::Kind;
use crate::value::duration::Duration;

pub(super) static ALERT: Alert = Alert {
    name: "RedisSentinelQuorumLost",
    group: Group::Sentinel,
    scope: Scope::Instances {
        topologies: &[Kind::Sentinel],
        applies: always,
    },
    severity: Severity::Critical,
    for_: Some(Duration::seconds(60)),
    threshold: None,
    expr: |q| {
        // Each Sentinel has its own view: only when none of them sees a quorum is there none.
        format!(
            "max by ({BY}) ({}) == 0\nor max by ({BY}) ({})\n< on ({BY}) {}",
            q.sentinel("redis_sentinel_master_ckquorum_status"),
            q.sentinel("redis_sentinel_master_ok_sentinels"),
            q.fact(fact::QUORUM)
        )
    },
    summary: "the Sentinels of {{ $labels.namespace }}/{{ $labels.instance_name }} have no quorum",
    description: "Not enough Sentinels reach each other to agree that the primary is down and to elect who fails over. If the primary is lost now, it stays lost.",
    runbook: include_str!("../../templates/runbooks/RedisSentinelQuorumLost.md.j2"),
};
