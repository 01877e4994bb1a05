//! The Sentinels of instances: whether a failover could happen now, and whether one did.

use crate::api::conventions::fact;
use crate::plan::grafana::board::Board;
use crate::plan::grafana::chart::{Chart, INSTANCE, SERVER, Table};
use crate::plan::grafana::limits::from_one;
use crate::plan::grafana::query::Choice;
use crate::plan::grafana::{Dashboard, Page, by_instance, indented, missing};
use crate::topologies::Kind;

pub(super) static DASHBOARD: Dashboard = Dashboard {
    name: "sentinel",
    title: "Redis Sentinel",
    description: "Whether Sentinels could fail over now, whether they did, and whether they agree.",
    instances: fact::SENTINELS,
    choices: &[Choice::Namespace, Choice::Instance],
    shows_one: false,
    from: "now-6h",
    only: Some(Kind::Sentinel),
    fill,
};

fn fill(page: &Page<'_>, board: &mut Board) {
    now(page, board);
    board.put(12, 9, quorums(page));
    board.put(12, 9, beliefs(page));
    board.put(24, 6, page.alerts_table());
    board.open("Over time");
    over_time(page, board);
}

fn now(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    board.put(
        4,
        4,
        Chart::stat("Primary", "Whether some Sentinel of each instance says that the primary is up; the worst instance. Worry when none does: RedisSentinelMasterDown.")
            .ask(format!("min({})", by_instance("max", &q.sentinel("redis_sentinel_master_status"))), "")
            .states(&[("0", "DOWN", "red"), ("1", "up", "green")])
            .otherwise("NO SENTINEL"),
    );
    board.put(
        4,
        4,
        Chart::stat("Quorum", "Whether some Sentinel of each instance reaches enough others to fail over; the worst instance. Worry when none does: RedisSentinelQuorumLost.")
            .ask(format!("min({})", by_instance("max", &q.sentinel("redis_sentinel_master_ckquorum_status"))), "")
            .states(&[("0", "LOST", "red"), ("1", "reached", "green")])
            .otherwise("NO SENTINEL"),
    );
    board.put(
        4,
        4,
        Chart::stat("Sentinels missing", "How many Sentinels do not answer or are not there, of those that the policy says. Worry at one: RedisSentinelDown.")
            .ask(
                format!(
                    "sum({})\n- (count({} == 1) or vector(0))",
                    q.fact(fact::SENTINELS),
                    q.sentinel("redis_up")
                ),
                "",
            )
            .none_is_fine(),
    );
    board.put(
        4,
        4,
        Chart::stat("Failovers", "Failovers of the chosen instances within the range of time. Worry about each that nobody ordered: RedisSentinelFailover.")
            .ask(format!("sum(\n  {}\n)", indented(&failovers(page, "$__range"))), "")
            .decimals(0)
            .none_is_fine()
            .otherwise("NO SENTINEL"),
    );
    board.put(
        4,
        4,
        Chart::stat("Disagreement", "How many instances have Sentinels that take different servers for the primary. A moment of it is a failover; worry when it lasts.")
            .ask(
                format!(
                    "count(count by (namespace, instance_name, master_name) (count by (namespace, instance_name, master_name, master_address) ({})) > 1) or vector(0)",
                    q.sentinel("redis_sentinel_master_status")
                ),
                "",
            )
            .none_is_fine(),
    );
    board.put(
        4,
        4,
        Chart::stat("In tilt", "How many Sentinels have stopped acting because their clock jumped, or they were stopped themselves. Worry when they do not come back within a minute.")
            .ask(format!("sum({})", q.sentinel("redis_sentinel_tilt")), "")
            .none_is_fine()
            .otherwise("NO SENTINEL"),
    );
}

/// The failovers of each instance within a range. The epoch grows by one with each, and its series
/// changes with the primary. A Sentinel that has just started says 0 until it hears of the others, so
/// the highest counts; an instance younger than the range began with its lowest, or with 0.
fn failovers(page: &Page<'_>, range: &str) -> String {
    let epoch = page.query.sentinel("redis_sentinel_master_config_epoch");
    let highest = by_instance("max", &format!("max_over_time({epoch}[{range}])"));
    let before = by_instance("max", &format!("{epoch} offset {range}"));
    let lowest = by_instance("min", &format!("min_over_time({epoch}[{range}]) > 0"));
    format!("{highest}\n- ({before}\nor {lowest}\nor 0 * {highest})")
}

/// One line for each instance: what its Sentinels see beside what the policy says.
fn quorums(page: &Page<'_>) -> Chart {
    let q = &page.query;
    let columns = [
        ("namespace", "namespace"),
        ("instance_name", "instance_name"),
        ("Value #A", "Sentinels missing"),
        ("Value #B", "Sentinels seen"),
        ("Value #C", "quorum"),
        ("Value #D", "replicas missing"),
        ("Value #E", "replicas seen"),
    ];
    let table = Table {
        columns: columns.to_vec(),
        hidden: &["stack"],
        coloured: ["Sentinels missing", "replicas missing"]
            .map(|it| (it, Some(from_one("red"))))
            .to_vec(),
        sort: ("Sentinels missing", true),
    };
    let sentinels = q.sentinel("redis_sentinel_master_ok_sentinels");
    let replicas = q.sentinel("redis_sentinel_master_ok_slaves");
    Chart::table("Quorum", "What the Sentinels of each instance see, and what they miss of what the policy says. Worry when a Sentinel is missing (RedisSentinelsMissing), and at once when fewer are seen than the quorum.", table)
        .decimals(0)
        .ask(missing(&q.fact(fact::SENTINELS), &sentinels), "")
        .ask(by_instance("max", &sentinels), "")
        .ask(by_instance("max", &q.fact(fact::QUORUM)), "")
        .ask(missing(&q.fact(fact::REPLICAS), &replicas), "")
        .ask(by_instance("max", &replicas), "")
}

/// One line for each Sentinel: which server it takes for the primary.
fn beliefs(page: &Page<'_>) -> Chart {
    let columns = [
        ("namespace", "namespace"),
        ("instance_name", "instance_name"),
        ("pod", "Sentinel"),
        ("master_name", "name of the primary"),
        ("master_address", "address of the primary"),
    ];
    let table = Table {
        columns: columns.to_vec(),
        hidden: &["Value"],
        coloured: Vec::new(),
        sort: ("instance_name", false),
    };
    Chart::table("Who is primary, asked of each Sentinel", "The server that each Sentinel takes for the primary. All Sentinels of an instance should name the same.", table)
        .ask(
            format!(
                "max by (namespace, instance_name, pod, master_name, master_address) ({})",
                page.query.sentinel("redis_sentinel_master_status")
            ),
            "",
        )
}

fn over_time(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let seen = by_instance("max", &q.sentinel("redis_sentinel_master_ok_sentinels"));
    board.put(
        8,
        8,
        Chart::timeseries("Sentinels to spare", "How many Sentinels more than the quorum see each other; the instances with the fewest. Worry at 0: the next lost Sentinel ends failovers. Below, there are none (RedisSentinelQuorumLost).")
            .ask(
                format!("{seen}\n- {}", by_instance("max", &q.fact(fact::QUORUM))),
                INSTANCE,
            )
            .lowest()
            .reaching_below_nothing(),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Replicas that could take over", "Replicas that Sentinels find in order; the instances with the fewest. Worry at none: a failover has nowhere to go.")
            .ask(by_instance("max", &q.sentinel("redis_sentinel_master_ok_slaves")), INSTANCE)
            .lowest(),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Failovers", "Failovers since the panel's last step.")
            .ask(failovers(page, "$__rate_interval"), INSTANCE),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Silence of the primary", "The time since the primary last answered each Sentinel. Sentinels take it for down at down-after-milliseconds.")
            .unit("s")
            .ask(
                format!(
                    "max by (instance_name, pod) ({})",
                    q.sentinel("redis_sentinel_master_last_ok_ping_reply_seconds")
                ),
                SERVER,
            )
            .ask(
                format!(
                    "max by (instance_name) ({}) / 1000",
                    q.sentinel("redis_sentinel_master_setting_down_after_milliseconds")
                ),
                "{{instance_name}} down after",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Sentinels that answer",
            "1 while a Sentinel answers its exporter. Worry at 0: RedisSentinelDown.",
        )
        .ask(q.sentinel("redis_up"), SERVER)
        .lowest(),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Tilt",
            "1 while a Sentinel does not act because its clock jumped.",
        )
        .ask(q.sentinel("redis_sentinel_tilt"), SERVER),
    );
}
