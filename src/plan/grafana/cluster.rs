//! Redis clusters: whether all slots are served, and whether nodes carry the same.

use crate::api::conventions::fact;
use crate::plan::grafana::board::Board;
use crate::plan::grafana::chart::{Chart, INSTANCE, SERVER, Table};
use crate::plan::grafana::limits::{Bad, limit};
use crate::plan::grafana::query::Choice;
use crate::plan::grafana::{Dashboard, Page, by_instance};
use crate::topologies::Kind;

pub(super) static DASHBOARD: Dashboard = Dashboard {
    name: "cluster",
    file: "cluster.json",
    title: "Redis Cluster",
    description: "Whether clusters serve all slots, whether nodes are missing, and whether they carry the same.",
    instances: fact::MASTERS,
    choices: &[Choice::Namespace, Choice::Instance],
    shows_one: false,
    from: "now-6h",
    only: Some(Kind::Cluster),
    fill,
};

/// How many slots a cluster has.
const SLOTS: &str = "16384";

fn fill(page: &Page<'_>, board: &mut Board) {
    now(page, board);
    board.put(24, 8, clusters(page));
    board.put(24, 6, page.alerts_table());
    board.open("Slots and nodes");
    slots(page, board);
    board.open("Balance");
    balance(page, board);
}

/// A metric of the servers of clusters: other servers have some of them as well.
fn of_clusters(page: &Page<'_>, metric: &str) -> String {
    let kind = Kind::Cluster.name();
    page.query.redis_where(metric, "topology", kind)
}

fn now(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    board.put(
        4,
        4,
        Chart::stat("State", "What the most pessimistic node of all chosen clusters says. Failed: it answers with CLUSTERDOWN (RedisClusterDown).")
            .ask(format!("min({})", q.redis("redis_cluster_state")), "")
            .states(&[("0", "FAILED", "red"), ("1", "ok", "green")])
            .otherwise("NOT FOUND"),
    );
    board.put(
        4,
        4,
        Chart::stat("Slots unassigned", "Slots that belong to no node, in the worst cluster: their keys cannot be read or written (RedisClusterSlotsUnassigned).")
            .ask(format!("{SLOTS} - min({})", q.redis("redis_cluster_slots_assigned")), "")
            .none_is_fine()
            .otherwise("NOT FOUND"),
    );
    board.put(
        4,
        4,
        Chart::stat("Slots failing", "Slots on nodes that others do not reach, as the most pessimistic node counts them (RedisClusterSlotsFailing).")
            .ask(
                format!(
                    "max({}\n  + {})",
                    q.redis("redis_cluster_slots_fail"),
                    q.redis("redis_cluster_slots_pfail")
                ),
                "",
            )
            .none_is_fine()
            .otherwise("NOT FOUND"),
    );
    board.put(
        4,
        4,
        Chart::stat("Servers missing", "How many servers do not answer or are not there, of those that the policy says. Worry at one: RedisPodsMissing.")
            .ask(
                format!(
                    "sum({})\n- (count({} == 1) or vector(0))",
                    page.query.fact_where(fact::REDIS_PODS, "topology", Kind::Cluster.name()),
                    of_clusters(page, "redis_up")
                ),
                "",
            )
            .none_is_fine(),
    );
    board.put(
        4,
        4,
        Chart::stat("Primaries missing", "Primaries with slots that clusters have less than the policy says (RedisClusterNodesMissing).")
            .ask(
                format!(
                    "sum(clamp_min({} - {}, 0))",
                    by_instance("max", &q.fact(fact::MASTERS)),
                    by_instance("max", &q.redis("redis_cluster_size"))
                ),
                "",
            )
            .none_is_fine()
            .otherwise("NOT FOUND"),
    );
    board.put(
        4,
        4,
        Chart::stat("Links broken", "Replicas without a link to their primary: they serve old data and cannot take over (RedisReplicationBroken).")
            .ask(
                format!("count({} == 0) or vector(0)", of_clusters(page, "redis_master_link_up")),
                "",
            )
            .none_is_fine(),
    );
}

/// One line for each cluster: what its nodes know beside what the policy says.
fn clusters(page: &Page<'_>) -> Chart {
    let q = &page.query;
    let columns = [
        ("namespace", "namespace"),
        ("instance_name", "instance_name"),
        ("Value #A", "state"),
        ("Value #B", "slots served"),
        ("Value #C", "nodes known"),
        ("Value #D", "nodes of the policy"),
        ("Value #E", "primaries with slots"),
        ("Value #F", "primaries of the policy"),
    ];
    let table = Table {
        columns: columns.to_vec(),
        hidden: &["stack"],
        coloured: Vec::new(),
        sort: ("slots served", false),
    };
    let facts = page
        .query
        .fact_where(fact::REDIS_PODS, "topology", Kind::Cluster.name());
    Chart::table("Clusters", "What the nodes of each cluster know, beside what the policy says. State is 1 where all is well; 16384 slots are all. A click on a line opens the instance.", table)
        .decimals(0)
        .unit("none")
        .value_link("Open the instance", page.instance_link())
        .ask(by_instance("min", &q.redis("redis_cluster_state")), "")
        .ask(by_instance("min", &q.redis("redis_cluster_slots_ok")), "")
        .ask(by_instance("max", &q.redis("redis_cluster_known_nodes")), "")
        .ask(by_instance("max", &facts), "")
        .ask(by_instance("max", &q.redis("redis_cluster_size")), "")
        .ask(by_instance("max", &q.fact(fact::MASTERS)), "")
}

fn slots(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    board.put(
        8,
        8,
        Chart::timeseries("Slots not served", "Slots that are not in order, as the most pessimistic node of each cluster counts them.")
            .ask(
                format!("{SLOTS} - {}", by_instance("min", &q.redis("redis_cluster_slots_ok"))),
                INSTANCE,
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Nodes known", "Nodes that each cluster knows, beside those that the policy says. Failed ones stay known: worry when it is lower, and when it is higher for long (a node that came back as another).")
            .ask(by_instance("max", &q.redis("redis_cluster_known_nodes")), INSTANCE)
            .ask(
                by_instance(
                    "max",
                    &q.fact_where(fact::REDIS_PODS, "topology", Kind::Cluster.name()),
                ),
                "{{instance_name}} expected",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Primaries with slots",
            "Primaries of each cluster, beside those that the policy says.",
        )
        .ask(by_instance("max", &q.redis("redis_cluster_size")), INSTANCE)
        .ask(
            by_instance("max", &q.fact(fact::MASTERS)),
            "{{instance_name}} expected",
        ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Configuration", "The epoch of each cluster. It grows with each failover and each slot that moves; worry when it does at a time when nobody moves slots.")
            .ask(by_instance("max", &q.redis("redis_cluster_current_epoch")), INSTANCE),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Redirections", "Commands a second that were sent to the wrong node. Worry when many stay: clients that do not know the cluster, or do not learn.")
            .unit("ops")
            .ask(
                format!(
                    "sum by (instance_name, err) (rate({}[$__rate_interval]))",
                    q.redis_matching("redis_errors_total", "err", "MOVED|ASK")
                ),
                "{{instance_name}} {{err}}",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Messages between nodes", "Messages a second that the nodes of each cluster send each other. Worry when they stop.")
            .unit("ops")
            .ask(
                by_instance("sum", &q.rate("redis_cluster_messages_sent_total")),
                INSTANCE,
            ),
    );
}

fn balance(page: &Page<'_>, board: &mut Board) {
    let of = |metric: &str| of_clusters(page, metric);
    let rate = |metric: &str| format!("rate({}[$__rate_interval])", of(metric));
    board.put(
        8,
        8,
        Chart::timeseries("Memory of maxmemory", "The twenty fullest nodes. Worry when one is far above the others: great keys, or hash tags that put too much into one slot.")
            .unit("percentunit")
            .ask(
                format!(
                    "topk(20, {}\n/ ({} > 0))",
                    of("redis_memory_used_bytes"),
                    of("redis_memory_max_bytes")
                ),
                SERVER,
            )
            .limit(limit(page.stack, "RedisMemoryHigh", Bad::Above)),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Commands",
            "The twenty busiest nodes. Worry when one carries far more than the others: a hot key.",
        )
        .unit("ops")
        .ask(
            format!("topk(20, {})", rate("redis_commands_processed_total")),
            SERVER,
        ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Spread of memory", "How much more the fullest primary of each cluster holds than their average. Worry when it grows: at 100% it holds twice its share.")
            .unit("percentunit")
            .ask(spread(page), INSTANCE),
    );
}

fn spread(page: &Page<'_>) -> String {
    let primaries = format!(
        "{} and on (stack, namespace, instance_name, pod) {} == 1",
        of_clusters(page, "redis_memory_used_bytes"),
        page.query
            .redis_where("redis_instance_info", "role", "master")
    );
    format!(
        "{}\n/ {}\n- 1",
        by_instance("max", &primaries),
        by_instance("avg", &primaries)
    )
}
