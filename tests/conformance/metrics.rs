//! What the exporter really exports of each kind of server, by its flags, against the metrics that
//! rules ask for and what the catalog says.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use obsgen::catalog::Exporter;
use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

use crate::exposition::{self, families};
use crate::lab::{Lab, Programs};
use crate::{tools, trees};

#[test]
fn the_exporter_exports_what_is_asked_for() {
    if let Some(programs) = programs(tools::tool) {
        exports_what_is_asked_for(&programs);
    }
}

#[test]
fn the_exporter_exports_what_is_asked_for_of_the_next_redis() {
    if let Some(programs) = programs(tools::next_tool) {
        exports_what_is_asked_for(&programs);
    }
}

/// There is one exporter, and Redis in two versions.
fn programs(redis: fn(&str) -> Option<PathBuf>) -> Option<Programs> {
    Some(Programs {
        server: redis("redis-server")?,
        sentinel: redis("redis-sentinel")?,
        client: redis("redis-cli")?,
        exporter: tools::tool("redis_exporter")?,
    })
}

fn exports_what_is_asked_for(programs: &Programs) {
    let lab = Lab::start(programs);
    let config = BTreeMap::new();
    let asked = asked();
    let mut scraped = Vec::new();
    let mut missing = BTreeSet::new();
    // Some appear only when a Sentinel or a replica has been heard of.
    let complete = lab.becomes(|| {
        scraped = lab.scrape();
        missing.clear();
        let mut exported = BTreeSet::new();
        for scrape in &scraped {
            let families = families(&scrape.text);
            let known = lab.circumstances(&scrape.spot, scrape.flags, &config);
            let happened = HAPPENED.iter().filter(|(spot, flag, _)| {
                *spot == scrape.spot.name && (flag.is_empty() || scrape.flags.contains(flag))
            });
            let happened = happened.flat_map(|(_, _, names)| *names).copied();
            let happened = happened.filter(|it| !families.contains_key(*it));
            let demanded = exposition::missing(Exporter::Redis, &known, &families);
            for name in demanded.into_iter().chain(happened) {
                missing.insert(format!("{name} of {scrape}"));
            }
            if scrape.flags.is_empty() {
                exported.extend(families.into_keys());
            }
        }
        missing.extend(asked.difference(&exported).cloned());
        missing.is_empty()
    });
    assert!(
        complete,
        "Redis {}: not exported: {missing:#?}",
        lab.version
    );

    let mut wrong = BTreeSet::new();
    for scrape in &scraped {
        let known = lab.circumstances(&scrape.spot, scrape.flags, &config);
        let families = families(&scrape.text);
        for what in exposition::unexpected(Exporter::Redis, &known, &families) {
            wrong.insert(format!("{scrape}: {what}"));
        }
    }
    assert!(wrong.is_empty(), "Redis {}: {wrong:#?}", lab.version);
}

/// What happens in the laboratory, and brings metrics that need not be there, by the spot and a flag
/// of the exporter.
const HAPPENED: [(&str, &str, &[&str]); 5] = [
    ("a server alone", "", &["redis_db_avg_ttl_seconds"]),
    (
        "a primary",
        "",
        &[
            "redis_connected_slave_lag_seconds",
            "redis_connected_slave_offset_bytes",
            "redis_db_avg_ttl_seconds",
        ],
    ),
    (
        "a primary",
        "check-keys=db0=so*",
        &[
            "redis_key_memory_usage_bytes",
            "redis_key_size",
            "redis_key_value_as_string",
        ],
    ),
    (
        "a primary",
        "check-single-streams=db0=log",
        &["redis_stream_length", "redis_stream_group_consumers"],
    ),
    (
        "a Sentinel",
        "include-sentinel-peer-info",
        &["redis_sentinel_peer_info"],
    ),
];

/// The metrics of this exporter that a rule of some stack asks for.
fn asked() -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for stack in trees::stacks() {
        let external = external(&stack);
        for rule in trees::of_kind(&stack, "PrometheusRule")
            .iter()
            .flat_map(|it| it["spec"]["groups"].as_array().expect("groups"))
            .flat_map(|it| it["rules"].as_array().expect("rules"))
        {
            let expression = rule["expr"].as_str().expect("an expression");
            let parsed = parser::parse(expression).expect("PromQL");
            let mut names = Names(BTreeSet::new());
            let _ = walk_expr(&mut names, &parsed);
            let of_redis = |it: &String| it.starts_with("redis_") && !external.contains(it);
            asked.extend(names.0.into_iter().filter(of_redis));
        }
    }
    assert!(asked.contains("redis_up"));
    asked
}

/// The metrics that a policy says come from elsewhere.
fn external(stack: &str) -> BTreeSet<String> {
    let path = trees::root()
        .join("stacks")
        .join(stack)
        .join("observability.yaml");
    let policy = fs::read_to_string(path).expect("the policy is there");
    let metrics = trees::documents(&policy)[0]["spec"]["alerts"]["externalMetrics"].clone();
    let name = |it: &Value| it["name"].as_str().expect("a name").to_owned();
    metrics.as_array().into_iter().flatten().map(name).collect()
}

struct Names(BTreeSet<String>);

impl ExprVisitor for Names {
    type Error = Infallible;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Infallible> {
        match expression {
            Expr::VectorSelector(it) => self.0.extend(it.name.clone()),
            Expr::MatrixSelector(it) => self.0.extend(it.vs.name.clone()),
            // The walk leaves its parameter out.
            Expr::Aggregate(it) => {
                if let Some(parameter) = &it.param {
                    let _ = walk_expr(self, parameter);
                }
            }
            _ => {}
        }
        Ok(true)
    }
}
