//! One instance, or a few beside each other: what one wants to know when its alert wakes one up.

use crate::alerts::query::ON;
use crate::api::conventions::fact;
use crate::plan::grafana::board::Board;
use crate::plan::grafana::chart::{Chart, SERVER, Table};
use crate::plan::grafana::limits::{Bad, limit};
use crate::plan::grafana::query::Choice;
use crate::plan::grafana::{Dashboard, Page, by_instance, indented};

pub(super) static DASHBOARD: Dashboard = Dashboard {
    name: "instance",
    title: "Redis instance",
    description: "An instance server by server. The top answers: is it up, is it full, does it lose data, what fires.",
    instances: fact::REDIS_PODS,
    choices: &[Choice::Namespace, Choice::Instance, Choice::Pod],
    shows_one: true,
    from: "now-3h",
    only: None,
    fill,
};

/// The texts of a metric that is 1 where all is well.
const WELL: &[(&str, &str, &str)] = &[("0", "FAILED", "red"), ("1", "ok", "green")];

fn fill(page: &Page<'_>, board: &mut Board) {
    now(page, board);
    load(page, board);
    state(page, board);
    board.put(24, 6, page.alerts_table());
    board.open("Memory");
    memory(page, board);
    board.open("Traffic");
    traffic(page, board);
    if page.has_replicas() {
        board.open("Replication");
        replication(page, board);
    }
    board.closed("Persistence");
    persistence(page, board);
    board.closed("Servers");
    servers(page, board);
}

fn now(page: &Page<'_>, board: &mut Board) {
    let (q, stack) = (&page.query, page.stack);
    board.put(
        5,
        4,
        Chart::stat("Servers", "Whether each server answers its exporter; with many, the twelve worst. Worry about each that is down: RedisDown.")
            .ask(format!("bottomk(12, {})", q.redis("redis_up")), SERVER)
            .states(&[("0", "DOWN", "red"), ("1", "up", "green")])
            .otherwise("NOT FOUND"),
    );
    board.put(
        3,
        4,
        Chart::stat("Servers missing", "How many servers do not answer or are not there, of those that the policy says; of all pods, whatever pod is chosen. Worry at one: RedisPodsMissing.")
            .ask(servers_missing(page), "")
            .none_is_fine(),
    );
    board.put(
        4,
        4,
        Chart::stat("Up for", "The time since the youngest server started.")
            .ask(format!("min({})", q.redis("redis_uptime_in_seconds")), "")
            .unit("dtdurations")
            .limit(limit(stack, "RedisRestarted", Bad::Below)),
    );
    board.put(
        4,
        4,
        Chart::stat("Memory of maxmemory", "The fullest server. At 100% Redis evicts keys or refuses writes, as maxmemory-policy says.")
            .ask(format!("max(\n  {}\n)", indented(&q.memory_share())), "")
            .unit("percentunit")
            .limit(limit(stack, "RedisMemoryHigh", Bad::Above))
            .otherwise("no maxmemory"),
    );
    board.put(
        4,
        4,
        Chart::stat("Memory of container", "The greatest process, as a share of the memory limit of its container. At 100% the kernel kills it.")
            .ask(format!("max(\n  {}\n)", indented(&container(page))), "")
            .unit("percentunit")
            .limit(limit(stack, "RedisContainerMemoryHigh", Bad::Above))
            .otherwise("no limit"),
    );
    board.put(
        4,
        4,
        Chart::stat(
            "Connections of maxclients",
            "The server with the most connections. At 100% Redis refuses new ones.",
        )
        .ask(
            format!("max(\n  {}\n)", indented(&q.connection_share())),
            "",
        )
        .unit("percentunit")
        .limit(limit(stack, "RedisConnectionsHigh", Bad::Above)),
    );
}

fn load(page: &Page<'_>, board: &mut Board) {
    let (q, stack) = (&page.query, page.stack);
    board.put(
        5,
        3,
        Chart::stat("Commands", "Commands a second, all servers together. Nothing at all means that clients are gone, or cannot come in.")
            .ask(format!("sum({})", q.rate("redis_commands_processed_total")), "")
            .unit("ops"),
    );
    board.put(
        3,
        3,
        Chart::stat("Clients", "Connections now, all servers together.")
            .ask(format!("sum({})", q.redis("redis_connected_clients")), ""),
    );
    board.put(
        4,
        3,
        Chart::stat("Hit rate", "The share of lookups that find a key, on the server with the lowest; only where more than ten a second are made.")
            .ask(format!("min(\n  {}\n)", indented(&q.hit_rate())), "")
            .unit("percentunit")
            .limit(limit(stack, "RedisHitRateLow", Bad::Below))
            .otherwise("few lookups"),
    );
    board.put(
        4,
        3,
        Chart::stat(
            "Evictions",
            "Keys evicted a second, on the server that evicts most: the data does not fit.",
        )
        .ask(format!("max({})", q.rate("redis_evicted_keys_total")), "")
        .unit("ops")
        .limit(limit(stack, "RedisEvictionsHigh", Bad::Above)),
    );
    board.put(
        4,
        3,
        Chart::stat("Connections refused", "Connections refused within the range of time because maxclients were connected: clients saw errors. Worry at any: RedisConnectionsRejected.")
            .ask(format!("ceil(sum(increase({}[$__range])))", q.redis("redis_rejected_connections_total")), "")
            .none_is_fine(),
    );
    board.put(
        4,
        3,
        Chart::stat("Errors", "Errors that Redis answered a second, all servers together; what kind is below, in Servers. MOVED and ASK of a cluster count as well.")
            .ask(format!("sum({})", q.rate("redis_errors_total")), "")
            .unit("ops")
            .otherwise("none"),
    );
}

fn state(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let wide = if page.has_replicas() { 4 } else { 8 };
    if wide == 4 {
        board.put(
            5,
            3,
            Chart::names("Primary", "Which servers take writes. Two of one instance that is no cluster are one too many (RedisSeveralPrimaries), none is an outage (RedisPrimaryMissing).")
                .ask(
                    format!(
                        "topk(12, max by (instance_name, pod) ({}))",
                        q.redis_where("redis_instance_info", "role", "master")
                    ),
                    "{{pod}}",
                )
                .otherwise("NONE"),
        );
        board.put(
            3,
            3,
            Chart::stat("Replicas linked", "Whether every replica has a link to its primary. Worry when one has not: it serves old data (RedisReplicationBroken).")
                .ask(format!("min({})", q.redis("redis_master_link_up")), "")
                .states(&[("0", "BROKEN", "red"), ("1", "all", "green")])
                .otherwise("no replica"),
        );
        board.put(
            4,
            3,
            Chart::stat("Replica lag", "The longest time within five minutes that a replica acknowledged nothing; a primary drops it after a minute. A failover to it then would have lost what was written meanwhile.")
                .ask(
                    format!("max(max_over_time({}[5m]))", q.redis("redis_connected_slave_lag_seconds")),
                    "",
                )
                .unit("s")
                .limit(limit(page.stack, "RedisReplicaLagHigh", Bad::Above))
                .otherwise("no replica"),
        );
    }
    board.put(
        wide,
        3,
        Chart::stat("Last snapshot", "Whether the last RDB snapshot of every server was written. Failed: Redis may refuse writes, and a restart loads old data (RedisSnapshotFailing).")
            .ask(format!("min({})", q.redis("redis_rdb_last_bgsave_status")), "")
            .states(WELL),
    );
    board.put(
        wide,
        3,
        Chart::stat("Unsaved changes", "Changes since the last snapshot, on the server with the most: what a restart without an append-only file loses. It only grows where snapshots are off.")
            .ask(format!("max({})", q.redis("redis_rdb_changes_since_last_save")), ""),
    );
    let aof = q.redis("redis_aof_enabled");
    board.put(
        wide,
        3,
        Chart::stat("Append-only file", "Whether every server that has an append-only file can write it. Failed: Redis refuses writes (RedisAppendOnlyFailing).")
            .ask(format!("min({} and {aof} == 1)", q.redis("redis_aof_last_write_status")), "")
            .states(WELL)
            .otherwise("off"),
    );
}

fn servers_missing(page: &Page<'_>) -> String {
    let facts = page.query.fact(fact::REDIS_PODS);
    // Not of the chosen pods: the policy counts them all.
    format!(
        "sum({facts})\n- (count({} == 1) or vector(0))",
        page.query.redis_of_any_pod("redis_up")
    )
}

fn container(page: &Page<'_>) -> String {
    page.query
        .share_of_fact("redis_memory_used_rss_bytes", fact::MEMORY_LIMIT)
}

fn memory(page: &Page<'_>, board: &mut Board) {
    let (q, stack) = (&page.query, page.stack);
    board.put(
        12,
        8,
        Chart::timeseries("Memory of maxmemory", "Memory used by each server as a share of its maxmemory. A server without one is not shown.")
            .unit("percentunit")
            .ask(q.memory_share(), SERVER)
            .limit(limit(stack, "RedisMemoryHigh", Bad::Above)),
    );
    board.put(
        12,
        8,
        Chart::timeseries("Memory of container", "The process of each server, fragmentation and buffers included, as a share of the memory limit that the policy gives its container.")
            .unit("percentunit")
            .ask(container(page), SERVER)
            .limit(limit(stack, "RedisContainerMemoryHigh", Bad::Above)),
    );
    board.put(
        12,
        8,
        Chart::timeseries("Memory", "What each server uses for its data (used) and takes from the node (process), beside maxmemory and the limit of the container. Worry when the process comes near to the limit while used is steady: buffers or fragmentation.")
            .unit("bytes")
            .ask(q.redis("redis_memory_used_bytes"), "{{instance_name}}/{{pod}} used")
            .ask(q.redis("redis_memory_used_rss_bytes"), "{{instance_name}}/{{pod}} process")
            .ask(
                by_instance("max", &format!("{} > 0", q.redis("redis_memory_max_bytes"))),
                "{{instance_name}} maxmemory",
            )
            .ask(by_instance("max", &q.fact(fact::MEMORY_LIMIT)), "{{instance_name}} limit"),
    );
    board.put(
        6,
        8,
        Chart::timeseries("Fragmentation", "Memory of the process for each byte that Redis uses. Worry above 1.5 on a large server, and below 1: it is swapped out. On a server with little data the number says nothing.")
            .decimals(2)
            .ask(q.redis("redis_mem_fragmentation_ratio"), SERVER),
    );
    board.put(
        6,
        8,
        Chart::timeseries(
            "Keys",
            "Keys of each server. Worry about a fall that nobody ordered.",
        )
        .ask(
            format!("sum by (instance_name, pod) ({})", q.redis("redis_db_keys")),
            SERVER,
        ),
    );
}

fn traffic(page: &Page<'_>, board: &mut Board) {
    let (q, stack) = (&page.query, page.stack);
    board.put(
        8,
        8,
        Chart::timeseries("Commands", "Commands a second of each server. Worry about a fall to nothing, or a rise that nobody expects.")
            .unit("ops")
            .ask(q.rate("redis_commands_processed_total"), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Connections of maxclients",
            "Connections of each server as a share of those that it takes.",
        )
        .unit("percentunit")
        .ask(q.connection_share(), SERVER)
        .limit(limit(stack, "RedisConnectionsHigh", Bad::Above)),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Hit rate", "The share of lookups that find a key; only while more than ten a second are made. What is behind the cache carries the rest.")
            .unit("percentunit")
            .ask(q.hit_rate(), SERVER)
            .limit(limit(stack, "RedisHitRateLow", Bad::Below)),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Evicted and expired keys", "Keys that Redis removed a second: expired as their clients wanted, evicted because there is no room.")
            .unit("ops")
            .ask(q.rate("redis_evicted_keys_total"), "{{instance_name}}/{{pod}} evicted")
            .ask(q.rate("redis_expired_keys_total"), "{{instance_name}}/{{pod}} expired")
            .limit(limit(stack, "RedisEvictionsHigh", Bad::Above)),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Network", "Bytes a second that each server reads and writes. Worry near to what the node's network carries.")
            .unit("Bps")
            .ask(q.rate("redis_net_input_bytes_total"), "{{instance_name}}/{{pod}} in")
            .ask(q.rate("redis_net_output_bytes_total"), "{{instance_name}}/{{pod}} out"),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Clients", "Connections of each server, and those that wait in a blocking command. Worry when new ones a second are many (clients without a pool), and when any are refused.")
            .ask(q.redis("redis_connected_clients"), "{{instance_name}}/{{pod}} connected")
            .ask(q.redis("redis_blocked_clients"), "{{instance_name}}/{{pod}} blocked")
            .ask(q.rate("redis_connections_received_total"), "{{instance_name}}/{{pod}} new a second")
            .ask(q.rate("redis_rejected_connections_total"), "{{instance_name}}/{{pod}} refused a second"),
    );
}

fn replication(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    board.put(
        8,
        8,
        Chart::timeseries("Replicas", "Replicas that follow each server, beside how many the policy says for one primary. Worry when the highest line is below it: RedisReplicasMissing.")
            .ask(q.redis("redis_connected_slaves"), SERVER)
            .ask(by_instance("max", &q.fact(fact::REPLICAS)), "{{instance_name}} expected"),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Replica lag",
            "The time since each replica acknowledged, as its primary counts it: the longest of five minutes.",
        )
        .unit("s")
        .ask(
            format!("max_over_time({}[5m])", q.redis("redis_connected_slave_lag_seconds")),
            "{{instance_name}} {{slave_ip}}",
        )
        .limit(limit(page.stack, "RedisReplicaLagHigh", Bad::Above)),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Behind the primary", "Bytes that each replica has not acknowledged. Worry when it comes near to the replication backlog: a lost connection then costs a full copy.")
            .unit("bytes")
            .ask(
                format!(
                    "{}\n- on ({ON}, pod) group_right () {}",
                    q.redis("redis_master_repl_offset"),
                    q.redis("redis_connected_slave_offset_bytes")
                ),
                "{{instance_name}} {{slave_ip}}",
            )
            .ask(
                by_instance("max", &q.redis("redis_replication_backlog_bytes")),
                "{{instance_name}} backlog",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Link to the primary",
            "1 while a replica has its primary. Worry at 0: RedisReplicationBroken.",
        )
        .ask(
            format!(
                "min by (instance_name, pod) ({})",
                q.redis("redis_master_link_up")
            ),
            SERVER,
        )
        .lowest(),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Full copies", "Full copies that each server gave to replicas since the panel's last step. Each one forks the server and fills the network; worry when they repeat.")
            .ask(
                format!("increase({}[$__rate_interval])", q.redis("redis_replica_resyncs_full")),
                SERVER,
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Role",
            "1 while a server is a primary. A step from one to another is a failover.",
        )
        .ask(
            format!(
                "max by (instance_name, pod) ({})",
                q.redis_where("redis_instance_info", "role", "master")
            ),
            SERVER,
        ),
    );
}

fn persistence(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    board.put(
        8,
        8,
        Chart::timeseries("Age of the last snapshot", "Since a server started, or last wrote a snapshot. Worry when it grows past the `save` that is configured; without one it only grows.")
            .unit("s")
            .ask(format!("time() - {}", q.redis("redis_rdb_last_save_timestamp_seconds")), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Changes since the last snapshot",
            "What a restart without an append-only file loses.",
        )
        .ask(q.redis("redis_rdb_changes_since_last_save"), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Forks", "How long the last fork stopped each server: for a snapshot, a rewrite, or a full copy to a replica. Worry when clients time out at that length.")
            .unit("s")
            .ask(q.redis("redis_latest_fork_seconds"), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Append-only file",
            "Its size on each server that has one. Worry when it grows and is never rewritten.",
        )
        .unit("bytes")
        .ask(q.redis("redis_aof_current_size_bytes"), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Delayed fsyncs", "Writes that waited for the disk a second. Worry at any that last: the disk is too slow, and clients wait with Redis.")
            .unit("ops")
            .ask(q.rate("redis_aof_delayed_fsync"), SERVER),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Loading",
            "1 while a server reads its data from disk and answers nobody.",
        )
        .ask(q.redis("redis_loading_dump_file"), SERVER),
    );
}

fn servers(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let columns = [
        ("namespace", "namespace"),
        ("instance_name", "instance_name"),
        ("pod", "pod"),
        ("role", "role"),
        ("redis_version", "version"),
        ("redis_mode", "mode"),
        ("maxmemory_policy", "maxmemory-policy"),
    ];
    let table = Table {
        columns: columns.to_vec(),
        hidden: &["Value"],
        coloured: Vec::new(),
        sort: ("instance_name", false),
    };
    board.put(
        24,
        7,
        Chart::table("Servers", "Each server with its role and version. Worry about two versions in one instance after a roll-out has ended.", table)
            .ask(
                format!(
                    "max by (namespace, instance_name, pod, role, redis_version, redis_mode, maxmemory_policy) ({})",
                    q.redis("redis_instance_info")
                ),
                "",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "CPU",
            "CPU of each server. Commands run on one thread: worry near to 1.",
        )
        .ask(
            format!(
                "{}\n+ {}",
                q.rate("redis_cpu_user_seconds_total"),
                q.rate("redis_cpu_sys_seconds_total")
            ),
            SERVER,
        ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Errors", "Errors that Redis answered a second, by kind, all servers together; the ten most frequent. OOM is a full server, NOAUTH and WRONGPASS are clients without the password.")
            .unit("ops")
            .ask(
                format!("topk(10, sum by (instance_name, err) ({}))", q.rate("redis_errors_total")),
                "{{instance_name}} {{err}}",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Uptime",
            "The time since each server started. A fall to nothing is a restart.",
        )
        .unit("s")
        .ask(q.redis("redis_uptime_in_seconds"), SERVER),
    );
}
