//! The operator that runs an exporter beside each Redis, told by AlertmanagerConfigs: all that can go
//! wrong with Redis in a laboratory.

use std::time::Instant;

use crate::chain::ledger::Entry;
use crate::chain::operators::OPSTREE;
use crate::chain::running::Chain;
use crate::chain::trouble::Trouble;
use crate::chain::world::Set;
use crate::chain::{Stack, programs};
use crate::tools;

/// What the operator makes of the policy.
const OURS: &[Set] = &[
    ("shop", "session", "replication", 2),
    ("shop", "session", "sentinel", 3),
    ("shop", "queue", "replication", 2),
    ("shop", "cart", "standalone", 1),
    ("shop", "limiter", "standalone", 1),
    ("catalog", "facts", "replication", 2),
    ("catalog", "thumbs", "standalone", 1),
    ("catalog", "search", "standalone", 1),
    ("catalog", "prices", "standalone", 1),
    ("platform", "flags", "standalone", 1),
    ("platform", "ci", "standalone", 1),
];

/// What somebody else runs beside it. Nothing answers there: if it were scraped, it would be down.
const FOREIGN: &[Set] = &[
    ("shop", "cart-2", "standalone", 1),
    ("elsewhere", "cart", "standalone", 1),
];

/// What goes wrong at once, each in an instance of its own.
const BROKEN: &[Entry] = &[
    // Redis is killed.
    ("RedisDown", "cart-0", "oncall-pager"),
    // The primary is killed.
    ("RedisDown", "queue-0", "oncall-pager"),
    ("RedisReplicationBroken", "queue-1", "oncall-pager"),
    ("RedisPrimaryMissing", "queue", "oncall-pager"),
    // A replica is killed.
    ("RedisDown", "facts-1", "catalog-mail"),
    // Two of three Sentinels are killed.
    ("RedisSentinelDown", "session-sentinel-1", "ops-dingtalk"),
    ("RedisSentinelDown", "session-sentinel-2", "ops-dingtalk"),
    ("RedisSentinelsMissing", "session", "ops-dingtalk"),
    ("RedisSentinelQuorumLost", "session", "oncall-pager"),
    // The pod is gone. Its team is told beside the pager.
    ("RedisAbsent", "search", "oncall-pager"),
    ("RedisAbsent", "search", "catalog-mail"),
    // The exporter is killed.
    ("RedisExporterDown", "prices-0", "catalog-mail"),
    // Memory is full, and more is written.
    ("RedisMemoryHigh", "thumbs-0", "catalog-mail"),
    ("RedisEvictionsHigh", "thumbs-0", "catalog-mail"),
    // Nearly all connections are taken, and more are tried.
    ("RedisConnectionsHigh", "limiter-0", "ops-dingtalk"),
    ("RedisConnectionsRejected", "limiter-0", "oncall-pager"),
    // Neither the snapshot nor the append-only file can be put in its place.
    ("RedisSnapshotFailing", "flags-0", "ops-dingtalk"),
    ("RedisAppendOnlyFailing", "flags-0", "oncall-pager"),
];

/// What nobody is told of, since `RedisDown` says it.
const INHIBITED: &[(&str, &str)] = &[
    ("RedisPodsMissing", "queue"),
    ("RedisReplicasMissing", "queue"),
    ("RedisPodsMissing", "facts"),
    ("RedisReplicasMissing", "facts"),
];

/// Nobody is the operator.
const WITHOUT_OPERATOR: Entry = ("RedisOperatorAbsent", "", "ops-dingtalk");

/// Those that start again.
const RESTARTED: &[Entry] = &[
    ("RedisRestarted", "cart-0", "platform-slack"),
    ("RedisRestarted", "queue-0", "platform-slack"),
    ("RedisRestarted", "facts-1", "catalog-mail"),
    ("RedisRestarted", "search-0", "catalog-mail"),
    ("RedisRestarted", "flags-0", "platform-slack"),
];

/// What goes wrong next: the primary below Sentinels is killed.
const PRIMARY_KILLED: &[Entry] = &[("RedisDown", "session-0", "oncall-pager")];

/// No connection is left, for the exporter neither.
const CROWDED: &[Entry] = &[("RedisDown", "limiter-0", "ops-dingtalk")];

/// Once the old primary is back: until then its `RedisDown` says it.
const BACK: &[Entry] = &[
    ("RedisSentinelFailover", "session", "ops-dingtalk"),
    ("RedisRestarted", "session-0", "platform-slack"),
];

/// What a failover passes through.
const ON_THE_WAY: &[&str] = &[
    "RedisSentinelMasterDown",
    "RedisReplicationBroken",
    "RedisPrimaryMissing",
    "RedisReplicasMissing",
];

/// What is seen of a server whose connections are all taken, if anything is.
const IN_A_CROWD: &[&str] = &["RedisConnectionsHigh", "RedisConnectionsRejected"];

#[test]
fn the_right_alert_reaches_the_right_receiver() {
    let Some((servers, monitoring)) = programs(tools::next_tool) else {
        return;
    };
    let stack = Stack::new(include_str!("opstree.yaml"), OPSTREE, OURS, FOREIGN);
    let mut chain = Chain::start(&servers, &monitoring, &stack);
    chain.ledger.expect(&[WITHOUT_OPERATOR]);

    let trouble = Trouble::start(&mut chain);
    chain.is_told(BROKEN, chain.start);
    chain.is_told(&[WITHOUT_OPERATOR], chain.start);
    chain.inhibits(INHIBITED);
    chain.has_no_surprises();

    for on in ["queue", "facts"] {
        let because = "a server answers before replication goes on, and nothing inhibits it then";
        chain
            .ledger
            .tolerate(&["RedisReplicasMissing"], on, because);
    }
    let recovery = Instant::now();
    trouble.end(&mut chain);
    chain.is_told(RESTARTED, recovery);
    chain.is_resolved(BROKEN, recovery);
    chain.has_no_surprises();

    let because =
        "Sentinel takes seconds to make another primary, which the factor does not divide";
    chain.ledger.tolerate(ON_THE_WAY, "session", because);
    let because = "it is known before it is known that the old primary is down";
    chain
        .ledger
        .tolerate(&["RedisSentinelFailover"], "session", because);
    let because = "the exporter has got a connection for a moment";
    chain.ledger.tolerate(IN_A_CROWD, "limiter", because);
    let again = Instant::now();
    chain.servers.kill_redis("session-0");
    let crowd = chain.servers.client("limiter-0").open(80);
    chain.is_told(PRIMARY_KILLED, again);
    chain.becomes("a replica takes over", |it| {
        it.servers.ask("session-1", "ROLE").contains("master")
    });
    // Sentinel would make it follow, but takes eight seconds for that: the factor knows none of it.
    chain.servers.follow("session-0", "session-1");
    chain.servers.start_redis("session-0");
    chain.is_told(CROWDED, again);
    let end = Instant::now();
    drop(crowd);
    chain.is_told(BACK, again);
    chain.is_resolved(PRIMARY_KILLED, again);
    chain.is_resolved(CROWDED, end);
    chain.has_no_surprises();
    chain.is_quiet(&["RedisSentinelFailover", "RedisRestarted"]);
    chain.has_beaten();
}
