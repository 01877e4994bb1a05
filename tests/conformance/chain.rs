//! The whole chain, running: Redis, its exporters, Prometheus and Alertmanager on loopback, with the
//! rules, monitors and notification policies of a compiled policy. Redis is killed, filled, flooded,
//! made to fail; the right alerts reach the right receivers and nobody else, recovery resolves them,
//! and the heartbeat beats all along.
//!
//! All waiting times are divided by [`FACTOR`]: `for`, ranges and offsets, intervals of scrapes and
//! of evaluation, those of the routing tree, and the uptime that `RedisRestarted` compares with. Not
//! divided are what a threshold counts otherwise, the time that Sentinel takes for a failover, and
//! the five seconds that Prometheus takes to notice what it discovers. What cannot run here is left
//! out: nobody is the operator, which is why `RedisOperatorAbsent` fires; logs and traces are not in
//! the policy; Kubernetes' discovery is a file with the labels that it would give.

mod ledger;
mod monitoring;
mod monitors;
mod recorder;
mod running;
mod scaled;
mod servers;
mod trouble;
#[path = "../it/monitors/operators.rs"]
mod world;

use std::time::Instant;

use obsgen::render;
use serde_json::Value;

use crate::chain::ledger::Entry;
use crate::chain::running::Chain;
use crate::chain::scaled::Factor;
use crate::chain::trouble::Trouble;
use crate::chain::world::Set;
use crate::operator::{Strategy, configuration};
use crate::tools;

/// By how much all waiting times are divided: a minute is two seconds.
const FACTOR: Factor = Factor(30);

const POLICY: &str = include_str!("chain/observability.yaml");

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

/// What goes wrong next: the primary below Sentinels is killed, and no connection is left.
const BROKEN_AGAIN: &[Entry] = &[
    ("RedisDown", "session-0", "oncall-pager"),
    ("RedisDown", "limiter-0", "ops-dingtalk"),
];

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
];

/// What is seen of a server whose connections are all taken, if anything is.
const CROWDED: &[&str] = &["RedisConnectionsHigh", "RedisConnectionsRejected"];

#[test]
fn the_right_alert_reaches_the_right_receiver() {
    let (Some(server), Some(sentinel), Some(exporter), Some(prometheus), Some(alertmanager)) = (
        tools::tool("redis-server"),
        tools::tool("redis-sentinel"),
        tools::tool("redis_exporter"),
        tools::next_tool("prometheus"),
        tools::next_tool("alertmanager"),
    ) else {
        return;
    };
    let servers = servers::Programs {
        server,
        sentinel,
        exporter,
    };
    let monitoring = monitoring::Programs {
        prometheus,
        alertmanager,
    };
    let objects = compiled();
    let configs: Vec<Value> = objects
        .iter()
        .filter(|it| it["kind"] == "AlertmanagerConfig")
        .cloned()
        .collect();
    let notifications = configuration(&configs, Strategy::OnNamespace).expect("it is taken");
    let mut chain = Chain::start(&servers, &monitoring, &objects, notifications);
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
    chain.ledger.tolerate(CROWDED, "limiter", because);
    let again = Instant::now();
    chain.servers.kill_redis("session-0");
    let crowd = chain.servers.client("limiter-0").open(80);
    chain.is_told(BROKEN_AGAIN, again);
    chain.becomes("a replica takes over", |it| {
        it.servers.ask("session-1", "ROLE").contains("master")
    });
    chain.has_no_surprises();

    let end = Instant::now();
    drop(crowd);
    // Sentinel would make it follow, but takes eight seconds for that: the factor knows none of it.
    chain.servers.follow("session-0", "session-1");
    chain.servers.start_redis("session-0");
    chain.is_told(BACK, again);
    chain.is_resolved(BROKEN_AGAIN, end);
    chain.has_no_surprises();
    chain.is_quiet(&["RedisSentinelFailover"]);
    chain.has_beaten();
}

/// The objects of the policy.
fn compiled() -> Vec<Value> {
    let files = |path: &str| match path {
        "observability.yaml" => Ok(POLICY.to_owned()),
        _ => Err("cannot be read".to_owned()),
    };
    let compilation = obsgen::compile(&files, "observability.yaml");
    let (_, plan) = compilation.output.expect("the policy is right");
    render::objects(&plan)
}
