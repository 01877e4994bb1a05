//! Redis clusters: whether all slots are served, and whether nodes carry the same.

use crate::api::conventions::fact;
use crate::plan::grafana::board::Board;
use crate::plan::grafana::chart::{Chart, INSTANCE, SERVER, Table};
use crate::plan::grafana::limits::{Bad, all, from_one, limit};
use crate::plan::grafana::query::Choice;
use crate::plan::grafana::{Dashboard, Page, by_instance, missing};
use crate::topologies::Kind;

pub(super) static DASHBOARD: Dashboard = Dashboard {
    name: "cluster",
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
                    "sum(clamp_min({}, 0))",
                    missing(&q.fact(fact::MASTERS), &q.redis("redis_cluster_size"))
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
        ("Value #B", "slots not served"),
        ("Value #C", "nodes missing"),
        ("Value #D", "nodes known"),
        ("Value #E", "primaries missing"),
        ("Value #F", "primaries with slots"),
    ];
    let table = Table {
        columns: columns.to_vec(),
        hidden: &["stack"],
        coloured: ["slots not served", "nodes missing", "primaries missing"]
            .map(|it| (it, Some(from_one("red"))))
            .into_iter()
            .chain([("state", Some(all()))])
            .collect(),
        sort: ("state", false),
    };
    let known = q.redis("redis_cluster_known_nodes");
    let primaries = q.redis("redis_cluster_size");
    Chart::table("Clusters", "What the nodes of each cluster know, and what they miss of what the policy says. State is 1 where all is well. A click on a line opens the instance.", table)
        .decimals(0)
        .unit("none")
        .value_link("Open the instance", page.instance_link())
        .ask(by_instance("min", &q.redis("redis_cluster_state")), "")
        .ask(not_served(page), "")
        .ask(missing(&nodes(page), &known), "")
        .ask(by_instance("max", &known), "")
        .ask(missing(&q.fact(fact::MASTERS), &primaries), "")
        .ask(by_instance("max", &primaries), "")
}

/// How many servers the policy says a cluster has.
fn nodes(page: &Page<'_>) -> String {
    let kind = Kind::Cluster.name();
    page.query.fact_where(fact::REDIS_PODS, "topology", kind)
}

fn not_served(page: &Page<'_>) -> String {
    let served = page.query.redis("redis_cluster_slots_ok");
    format!("{SLOTS} - {}", by_instance("min", &served))
}

fn slots(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    board.put(
        8,
        8,
        Chart::timeseries("Slots not served", "Slots that are not in order, as the most pessimistic node of each cluster counts them. Worry at any: their keys cannot be read or written.")
            .ask(not_served(page), INSTANCE),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Nodes missing", "Nodes of the policy that a cluster does not know. Failed ones stay known, so worry at one: it never joined. Below 0, a node came back as another and the old one was not forgotten.")
            .ask(
                missing(&nodes(page), &q.redis("redis_cluster_known_nodes")),
                INSTANCE,
            )
            .reaching_below_nothing(),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Primaries missing", "Primaries of the policy that have no slots. Worry at one that stays: RedisClusterNodesMissing.")
            .ask(
                missing(&q.fact(fact::MASTERS), &q.redis("redis_cluster_size")),
                INSTANCE,
            )
            .reaching_below_nothing(),
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
