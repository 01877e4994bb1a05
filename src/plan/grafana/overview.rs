//! Everything of the stack at a glance: what fires, which instance is worst, whether the operator works.

use crate::alerts::query::ON;
use crate::api::conventions::fact;
use crate::plan::grafana::board::Board;
use crate::plan::grafana::chart::{Chart, INSTANCE, Table};
use crate::plan::grafana::limits::{Bad, all, limit};
use crate::plan::grafana::query::Choice;
use crate::plan::grafana::{Dashboard, Page, by_instance, indented, top};

pub(super) static DASHBOARD: Dashboard = Dashboard {
    name: "overview",
    title: "Redis operator overview",
    description: "The whole stack: what fires, which instances are worst, whether the operator works.",
    instances: fact::REDIS_PODS,
    choices: &[Choice::Namespace, Choice::Team, Choice::Tier],
    shows_one: false,
    from: "now-3h",
    only: None,
    fill,
};

fn fill(page: &Page<'_>, board: &mut Board) {
    now(page, board);
    board.put(24, 9, page.alerts_table());
    board.open("Instances");
    board.put(24, 12, instances(page));
    worst(page, board);
    board.open("Operator");
    operator(page, board);
}

fn now(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let firing = |severity| q.firing(severity);
    board.put(
        4,
        4,
        Chart::stat(
            "Critical alerts",
            "Alerts of severity critical that fire, whatever is chosen above. Worry about each.",
        )
        .ask(firing("critical"), "")
        .none_is_fine(),
    );
    board.put(
        4,
        4,
        Chart::stat("Warnings", "Alerts of severity warning that fire, whatever is chosen above. Not tonight, but today.")
            .ask(firing("warning"), "")
            .none_or("orange"),
    );
    board.put(
        4,
        4,
        Chart::stat("Servers missing", "How many Redis servers do not answer or are not there, of those that the policy says. Worry at one: see RedisDown and RedisPodsMissing.")
            .ask(servers_missing(page), "")
            .none_is_fine(),
    );
    board.put(
        4,
        4,
        Chart::stat("Operator", "Whether the operator answers Prometheus. While it does not, Redis goes on, and no change or repair is made: RedisOperatorDown.")
            .ask(format!("max({})", q.operator("up")), "")
            .states(&[("0", "DOWN", "red"), ("1", "up", "green")])
            .otherwise("NOT FOUND"),
    );
    board.put(
        4,
        4,
        Chart::stat(
            "Failing reconciliations",
            "The worst controller's share of attempts that end in an error.",
        )
        .ask(format!("max({})", failing(page)), "")
        .unit("percentunit")
        .limit(limit(
            page.stack,
            "RedisOperatorReconcileErrors",
            Bad::Above,
        ))
        .otherwise("none tried"),
    );
    board.put(
        4,
        4,
        Chart::stat("Watchdog", "Whether the alert that always fires does. While it does not, rules are not evaluated, and the silence of all others means nothing.")
            .ask(q.heartbeat(), "")
            .states(&[("0", "SILENT", "red"), ("1", "alive", "green")]),
    );
}

fn servers_missing(page: &Page<'_>) -> String {
    let q = &page.query;
    format!(
        "sum({})\n- (count({} == 1) or vector(0))",
        q.fact(fact::REDIS_PODS),
        q.redis("redis_up")
    )
}

/// One line for each instance, all columns shares.
fn instances(page: &Page<'_>) -> Chart {
    let q = &page.query;
    let stack = page.stack;
    let columns = [
        ("namespace", "namespace"),
        ("instance_name", "instance_name"),
        ("topology", "topology"),
        ("team", "team"),
        ("tier", "tier"),
        ("Value #A", "servers that answer"),
        ("Value #B", "memory of maxmemory"),
        ("Value #C", "memory of container"),
        ("Value #D", "connections of maxclients"),
        ("Value #E", "hit rate"),
    ];
    let limits = [
        ("memory of maxmemory", "RedisMemoryHigh", Bad::Above),
        (
            "memory of container",
            "RedisContainerMemoryHigh",
            Bad::Above,
        ),
        (
            "connections of maxclients",
            "RedisConnectionsHigh",
            Bad::Above,
        ),
        ("hit rate", "RedisHitRateLow", Bad::Below),
    ];
    let table = Table {
        columns: columns.to_vec(),
        hidden: &["stack"],
        coloured: limits
            .iter()
            .map(|(column, alert, bad)| (*column, Some(limit(stack, alert, *bad))))
            .chain([("servers that answer", Some(all()))])
            .collect(),
        sort: ("servers that answer", false),
    };
    let described = |expression: &str| with_policy_labels(page, expression);
    let sentences: Vec<String> = limits
        .iter()
        .map(|(column, alert, bad)| format!("{column}: {}", limit(stack, alert, *bad).sentence))
        .collect();
    let tells = format!(
        "Every instance with its worst server; all numbers are shares. A click on a line opens the instance. Worry where not all servers answer, and about what is coloured. {}",
        sentences.join(" ")
    );
    Chart::table("Instances", &tells, table)
        .unit("percentunit")
        .value_link("Open the instance", page.instance_link())
        .ask(
            described(&format!(
                "(count by ({ON}) ({} == 1) or 0 * {facts})\n/ on ({ON}) {facts}",
                q.redis("redis_up"),
                facts = by_instance("max", &q.fact(fact::REDIS_PODS))
            )),
            "",
        )
        .ask(described(&by_instance("max", &q.memory_share())), "")
        .ask(
            described(&by_instance(
                "max",
                &q.share_of_fact("redis_memory_used_rss_bytes", fact::MEMORY_LIMIT),
            )),
            "",
        )
        .ask(described(&by_instance("max", &q.connection_share())), "")
        .ask(described(&by_instance("min", &q.hit_rate())), "")
}

/// The labels of the policy on what has been brought down to the instance: those of its fact.
fn with_policy_labels(page: &Page<'_>, expression: &str) -> String {
    format!(
        "max by ({ON}, topology, team, tier) (\n  0 * {}\n  + on ({ON}) group_left () (\n    {}\n  )\n)",
        page.query.fact(fact::REDIS_PODS),
        indented(&indented(expression))
    )
}

fn worst(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    board.put(
        8,
        8,
        Chart::bars(
            "Fullest",
            "The ten instances whose fullest server uses most of its maxmemory.",
        )
        .unit("percentunit")
        .ask(top(&by_instance("max", &q.memory_share())), INSTANCE)
        .limit(limit(page.stack, "RedisMemoryHigh", Bad::Above)),
    );
    board.put(
        8,
        8,
        Chart::bars("Busiest", "The ten instances with the most commands a second, all servers together. Worry when one is far above its usual.")
            .unit("ops")
            .ask(top(&by_instance("sum", &q.rate("redis_commands_processed_total"))), INSTANCE),
    );
    board.put(
        8,
        8,
        Chart::bars("Evicting", "The ten instances with a server that evicts the most keys a second: their data does not fit.")
            .unit("ops")
            .ask(top(&by_instance("max", &q.rate("redis_evicted_keys_total"))), INSTANCE)
            .limit(limit(page.stack, "RedisEvictionsHigh", Bad::Above)),
    );
}

fn reconciles(page: &Page<'_>, metric: &str) -> String {
    format!(
        "sum by (controller) (rate({}[$__rate_interval]))",
        page.query.operator(metric)
    )
}

fn failing(page: &Page<'_>) -> String {
    format!(
        "{}\n/ ({} > 0)",
        reconciles(page, "controller_runtime_reconcile_errors_total"),
        reconciles(page, "controller_runtime_reconcile_total")
    )
}

fn operator(page: &Page<'_>, board: &mut Board) {
    let q = &page.query;
    let controller = "{{controller}}";
    board.put(
        8,
        8,
        Chart::timeseries("Reconciliations", "How often each controller looks at its resources. Nothing at all for long means that it hangs.")
            .unit("ops")
            .ask(reconciles(page, "controller_runtime_reconcile_total"), controller),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Failing reconciliations",
            "The share of attempts that end in an error: what was changed in Git is not what runs.",
        )
        .unit("percentunit")
        .ask(failing(page), controller)
        .limit(limit(
            page.stack,
            "RedisOperatorReconcileErrors",
            Bad::Above,
        )),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Duration of reconciliations, 99th percentile", "How long all but the slowest hundredth of attempts take. Worry when it grows with the queue beside it.")
            .unit("s")
            .ask(
                format!(
                    "histogram_quantile(0.99, sum by (le, controller) (rate({}[$__rate_interval])))",
                    q.operator("controller_runtime_reconcile_time_seconds_bucket")
                ),
                controller,
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries(
            "Queue",
            "Resources that wait for the operator. Worry when it does not come back to nothing.",
        )
        .ask(
            format!("sum by (name) ({})", q.operator("workqueue_depth")),
            "{{name}}",
        ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Requests to Kubernetes", "Requests of the operator by the code of the answer. Worry about 4xx and 5xx that stay: it may lack a right.")
            .unit("reqps")
            .ask(
                format!("sum by (code) (rate({}[$__rate_interval]))", q.operator("rest_client_requests_total")),
                "{{code}}",
            ),
    );
    board.put(
        8,
        8,
        Chart::timeseries("Oldest work", "For how long the operator has been at the resource that takes it longest. Worry when it grows without end: it hangs there.")
            .unit("s")
            .ask(
                format!("max by (name) ({})", q.operator("workqueue_longest_running_processor_seconds")),
                "{{name}}",
            ),
    );
}
