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
mod operators;
mod opstree;
mod recorder;
mod redis_operator;
mod running;
mod scaled;
mod servers;
mod trouble;
#[path = "../it/monitors/operators.rs"]
mod world;

use std::path::PathBuf;

use obsgen::render;
use serde_json::Value;

use crate::chain::operators::Operator;
use crate::chain::scaled::Factor;
use crate::chain::world::{Set, World};
use crate::operator::{Strategy, configuration};
use crate::{tools, trees};

/// By how much all waiting times are divided: a minute is two seconds.
const FACTOR: Factor = Factor(30);

/// A policy, and what becomes of it in a cluster.
struct Stack {
    operator: Operator,
    /// What the operator makes of the policy.
    ours: &'static [Set],
    /// What somebody else runs beside it. Nothing answers there: if it were scraped, it would be down.
    foreign: &'static [Set],
    objects: Vec<Value>,
}

impl Stack {
    fn new(
        policy: &str,
        operator: Operator,
        ours: &'static [Set],
        foreign: &'static [Set],
    ) -> Self {
        let files = |path: &str| match path {
            "observability.yaml" => Ok(policy.to_owned()),
            _ => Err("cannot be read".to_owned()),
        };
        let compilation = obsgen::compile(&files, "observability.yaml");
        assert!(
            compilation.findings.is_empty(),
            "{:?}",
            compilation.findings
        );
        let (_, plan) = compilation.output.expect("the policy is right");
        Self {
            operator,
            ours,
            foreign,
            objects: render::objects(&plan),
        }
    }

    fn world(&self) -> World {
        (self.operator.world)(self.ours, self.foreign)
    }

    /// What Alertmanager reads: the Secret, or what its operator makes of AlertmanagerConfigs.
    fn notifications(&self) -> Value {
        let secret = |it: &Value| {
            let text = it["stringData"]["alertmanager.yaml"].as_str()?;
            Some(trees::documents(text).remove(0))
        };
        let whole = self.objects.iter().find_map(secret);
        whole.unwrap_or_else(|| {
            let configs = self.objects.iter();
            let configs = configs.filter(|it| it["kind"] == "AlertmanagerConfig");
            let configs: Vec<Value> = configs.cloned().collect();
            configuration(&configs, Strategy::OnNamespace).expect("the operator takes it")
        })
    }
}

/// Who runs, unless something is missing.
#[track_caller]
fn programs(
    alertmanager: fn(&str) -> Option<PathBuf>,
) -> Option<(servers::Programs, monitoring::Programs)> {
    let servers = servers::Programs {
        server: tools::tool("redis-server")?,
        sentinel: tools::tool("redis-sentinel")?,
        exporter: tools::tool("redis_exporter")?,
    };
    let monitoring = monitoring::Programs {
        prometheus: tools::next_tool("prometheus")?,
        alertmanager: alertmanager("alertmanager")?,
    };
    Some((servers, monitoring))
}
