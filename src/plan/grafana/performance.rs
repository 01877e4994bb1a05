//! Where time and memory go, over all instances, and where they will go.

use crate::api::conventions::fact;
use crate::plan::grafana::board::Board;
use crate::plan::grafana::chart::{Chart, INSTANCE, SERVER};
use crate::plan::grafana::limits::{Bad, limit};
use crate::plan::grafana::query::Choice;
use crate::plan::grafana::{Dashboard, Page, by_instance, top};

pub(super) static DASHBOARD: Dashboard = Dashboard {
    name: "performance",
    title: "Redis performance",
    description: "Load, latency and growth: the greatest ten of what is chosen, and how today compares with a week ago.",
    instances: fact::REDIS_PODS,
    choices: &[
        Choice::Namespace,
        Choice::Team,
        Choice::Tier,
        Choice::Instance,
    ],
    shows_one: false,
    from: "now-24h",
    only: None,
    fill,
};

fn fill(page: &Page<'_>, board: &mut Board) {
    board.open("Load");
    load(page, board);
    board.open("Latency");
    latency(page, board);
    board.open("Memory and growth");
    growth(page, board);
}

fn load(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let commands = q.redis("redis_commands_processed_total");
    board.put(
        8,
        8,
        Chart::timeseries("Commands, now and a week ago", "Commands a second of all that is chosen. Worry when today leaves the shape of a week ago.")
            .unit("ops")
            .ask(format!("sum(rate({commands}[$__rate_interval]))"), "now")
            .ask(format!("sum(rate({commands}[$__rate_interval] offset 1w))"), "a week ago"),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Commands by instance", "The ten busiest instances.")
            .unit("ops")
            .ask(
                top(&by_instance(
                    "sum",
                    &q.rate("redis_commands_processed_total"),
                )),
                INSTANCE,
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Commands by kind", "The ten commands that are called most. Worry about KEYS, and about what nobody expects.")
            .unit("ops")
            .ask(top(&format!("sum by (cmd) ({})", q.rate("redis_commands_total"))), "{{cmd}}"),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "CPU",
            "The ten servers that use most CPU. Commands run on one thread: worry near to 1.",
        )
        .ask(
            top(&format!(
                "{}\n+ {}",
                q.rate("redis_cpu_user_seconds_total"),
                q.rate("redis_cpu_sys_seconds_total")
            )),
            SERVER,
        ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Network", "The ten servers that move most bytes a second, in and out. Worry near to what a node's network carries.")
            .unit("Bps")
            .ask(
                top(&format!(
                    "{}\n+ {}",
                    q.rate("redis_net_input_bytes_total"),
                    q.rate("redis_net_output_bytes_total")
                )),
                SERVER,
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Hit rate", "The ten servers with the lowest share of lookups that find a key, of those with over ten lookups a second.")
            .unit("percentunit")
            .ask(format!("bottomk(10, {})", q.hit_rate()), SERVER)
            .limit(limit(page.stack, "RedisHitRateLow", Bad::Below)),
    );
}

fn latency(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let time = q.rate("redis_commands_duration_seconds_total");
    let calls = q.rate("redis_commands_total");
    board.put(
        8,
        8,
        Chart::timeseries("Mean time of a call", "The ten commands that take longest on average, in Redis alone: network and waiting in clients come on top. Worry above a millisecond for what is called often.")
            .unit("s")
            .ask(
                top(&format!(
                    "sum by (cmd) ({time})\n/ (sum by (cmd) ({calls}) > 0)"
                )),
                "{{cmd}}",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Time of calls, 99th percentile", "The ten slowest pairs of server and command, from Redis' own buckets: each power of two of a microsecond is one, so the number is rough.")
            .unit("µs")
            .ask(
                top(&format!(
                    "histogram_quantile(0.99, sum by (le, instance_name, pod, cmd) ({}))",
                    q.rate("redis_commands_latencies_usec_bucket")
                )),
                "{{instance_name}}/{{pod}} {{cmd}}",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Share of the thread by command", "Seconds of each second that a command takes, summed over what is chosen; the ten greatest. What one optimizes first.")
            .unit("percentunit")
            .ask(top(&format!("sum by (cmd) ({time})")), "{{cmd}}"),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Slow commands", "Commands that entered the slow log since the panel's last step; the ten servers with the most. `SLOWLOG GET` names them.")
            .ask(
                top(&format!(
                    "increase({}[$__rate_interval])",
                    q.redis("redis_slowlog_last_id")
                )),
                SERVER,
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Blocked clients", "Clients that wait in a blocking command; the ten servers with the most. Expected of queues, not of caches.")
            .ask(top(&q.redis("redis_blocked_clients")), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Forks",
            "How long the last fork stopped a server; the ten longest. Clients feel each.",
        )
        .unit("s")
        .ask(top(&q.redis("redis_latest_fork_seconds")), SERVER),
    );
}

fn growth(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let used = q.redis("redis_memory_used_bytes");
    board.put(
        8,
        8,
        Chart::timeseries(
            "Memory, now and a week ago",
            "Memory used by all that is chosen. Worry about growth that no release explains.",
        )
        .unit("bytes")
        .ask(format!("sum({used})"), "now")
        .ask(format!("sum({used} offset 1w)"), "a week ago"),
    );
    board.put(
        8,
        8,
        Chart::bars("Memory of maxmemory, in a day", "Where the ten fullest servers are in 24 hours, if the last six go on like this. Over 100%: it will be full; a cache then evicts, anything else refuses writes.")
            .unit("percentunit")
            .ask(
                top(&format!(
                    "clamp_min(predict_linear({used}[6h], 86400), 0)\n/ ({} > 0)",
                    q.redis("redis_memory_max_bytes")
                )),
                SERVER,
            )
            .limit(limit(page.stack, "RedisMemoryHigh", Bad::Above)),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Keys",
            "The ten instances with the most keys, replicas not counted twice.",
        )
        .ask(
            top(&by_instance(
                "sum",
                &format!(
                    "{} and on (stack, namespace, instance_name, pod) {}",
                    q.redis("redis_db_keys"),
                    q.redis_where("redis_instance_info", "role", "master")
                ),
            )),
            INSTANCE,
        ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Evictions",
            "Keys evicted a second; the ten servers that evict most.",
        )
        .unit("ops")
        .ask(top(&q.rate("redis_evicted_keys_total")), SERVER)
        .limit(limit(page.stack, "RedisEvictionsHigh", Bad::Above)),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Fragmentation", "Memory of the process for each byte that Redis uses; the ten greatest. On a server with little data the number says nothing.")
            .decimals(2)
            .ask(top(&q.redis("redis_mem_fragmentation_ratio")), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries("New connections", "Connections opened a second; the ten servers with the most. Worry about many: clients without a pool pay for each.")
            .unit("ops")
            .ask(top(&q.rate("redis_connections_received_total")), SERVER),
    );
}
