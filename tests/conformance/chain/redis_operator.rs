//! The operator that runs no exporter: the stack has one for each namespace. Alertmanager's whole
//! configuration is the stack's, and it is the oldest Alertmanager that is supported.

use std::time::Instant;

use crate::chain::ledger::Entry;
use crate::chain::operators::REDIS_OPERATOR;
use crate::chain::running::Chain;
use crate::chain::world::Set;
use crate::chain::{Stack, programs};
use crate::tools;

const OURS: &[Set] = &[
    ("redis", "single", "RedisInstance", 1),
    ("redis", "calm", "RedisInstance", 1),
    ("redis", "pair", "RedisMasterReplica master", 1),
    ("redis", "pair", "RedisMasterReplica replica", 1),
    ("apart", "apart", "RedisInstance", 1),
];

const FOREIGN: &[Set] = &[
    ("redis", "single-2", "RedisInstance", 1),
    ("elsewhere", "single", "RedisInstance", 1),
];

/// The exporter of a namespace.
const EXPORTER: &str = "chain-redis-exporter.apart.svc:9121";

const BROKEN: &[Entry] = &[
    // Redis is killed.
    ("RedisDown", "single-0", "redis-pager"),
    // A replica is killed.
    ("RedisDown", "pair-replica-0", "redis-pager"),
    // The exporter of a namespace is killed.
    ("RedisExporterDown", "apart-0", "redis-slack"),
];

/// What nobody is told of, since `RedisDown` says it.
const INHIBITED: &[(&str, &str)] = &[
    ("RedisPodsMissing", "pair"),
    ("RedisReplicasMissing", "pair"),
];

/// Nobody is the operator.
const WITHOUT_OPERATOR: Entry = ("RedisOperatorAbsent", "", "redis-slack");

const RESTARTED: &[Entry] = &[
    ("RedisRestarted", "single-0", "redis-slack"),
    ("RedisRestarted", "pair-replica-0", "redis-slack"),
];

#[test]
fn the_right_alert_reaches_the_right_receiver() {
    let Some((servers, monitoring)) = programs(tools::tool) else {
        return;
    };
    let policy = include_str!("redis-operator.yaml");
    let stack = Stack::new(policy, REDIS_OPERATOR, OURS, FOREIGN);
    let mut chain = Chain::start(&servers, &monitoring, &stack);

    let killed = ["single-0", "pair-replica-0"];
    for pod in killed {
        chain.servers.kill_redis(pod);
    }
    chain.servers.kill_exporter(EXPORTER);
    chain.is_told(BROKEN, chain.start);
    chain.is_told(&[WITHOUT_OPERATOR], chain.start);
    chain.inhibits(INHIBITED);
    chain.has_no_surprises();

    let because = "a server answers before replication goes on, and nothing inhibits it then";
    chain
        .ledger
        .tolerate(&["RedisReplicasMissing"], "pair", because);
    let recovery = Instant::now();
    for pod in killed {
        chain.servers.start_redis(pod);
    }
    chain.servers.start_exporter(EXPORTER);
    chain.is_told(RESTARTED, recovery);
    chain.is_resolved(BROKEN, recovery);
    chain.has_no_surprises();
    chain.is_quiet(&["RedisRestarted"]);
    chain.has_beaten();
}
