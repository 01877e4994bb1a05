//! What rules there are to be: every alert that means something for the stack, and every fact that
//! they compare with.

use std::collections::{BTreeMap, BTreeSet};

use crate::alerts::class::classes;
use crate::alerts::{ALERTS, Group};
use crate::api::conventions::{fact, label};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Stack};
use crate::plan::Plan;
use crate::prove::inventory::array;
use crate::prove::{defect, of_platform};
use crate::topologies::Topology;

/// What is missing among the rules of a plan.
pub fn refuted(stack: &Stack, plan: &Plan) -> Vec<Diagnostic> {
    let rules = Rules::of(plan);
    let mut found = alerts(stack, &rules);
    found.extend(facts(stack, &rules));
    found
}

/// The rules of a plan.
#[derive(Default)]
struct Rules<'p> {
    /// How many there are of each alert.
    alerts: BTreeMap<&'p str, usize>,
    /// The instances that each fact is known of: namespace and name.
    facts: BTreeMap<&'p str, BTreeSet<(&'p str, &'p str)>>,
}

impl<'p> Rules<'p> {
    fn of(plan: &'p Plan) -> Self {
        let mut rules = Self::default();
        for planned in plan.objects() {
            if planned.object.kind() != "PrometheusRule" {
                continue;
            }
            let groups = array(&planned.object.value()["spec"]["groups"]);
            for rule in groups.flat_map(|it| array(&it["rules"])) {
                if let Some(alert) = rule["alert"].as_str() {
                    *rules.alerts.entry(alert).or_default() += 1;
                } else if let Some(record) = rule["record"].as_str() {
                    let text = |name: &str| rule["labels"][name].as_str().unwrap_or_default();
                    let of = (text(label::NAMESPACE), text(label::INSTANCE_NAME));
                    rules.facts.entry(record).or_default().insert(of);
                }
            }
        }
        rules
    }
}

fn alerts(stack: &Stack, rules: &Rules<'_>) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for alert in ALERTS {
        let there = rules.alerts.get(alert.name).copied().unwrap_or_default();
        if there >= classes(stack, alert).len() {
            continue;
        }
        let name = alert.name;
        found.push(match alert.group {
            Group::Pipeline | Group::Logs | Group::Tracing => defect(
                "scrape/meta-alerts-missing",
                of_platform("prometheus"),
                format!("no rule watches for `{name}`"),
                "what carries alerts, logs and traces fails in silence: nothing else tells that it does",
            ),
            Group::Instance
            | Group::Replication
            | Group::Sentinel
            | Group::Cluster
            | Group::Operator => defect(
                "alerts/rule-missing",
                Place::Key(FieldPath::spec(&["redis"])),
                format!("no rule, or not for every tier, watches for `{name}`"),
                "the policy does not switch the alert off, and it can never fire",
            ),
        });
    }
    found
}

/// The facts that alerts compare with, of each instance that has them.
fn facts(stack: &Stack, rules: &Rules<'_>) -> Vec<Diagnostic> {
    let mut missing: BTreeMap<&str, (usize, &Instance)> = BTreeMap::new();
    for instance in &stack.instances {
        for name in known(instance) {
            let of = (instance.namespace.as_str(), instance.name.as_str());
            if !rules.facts.get(name).is_some_and(|it| it.contains(&of)) {
                missing.entry(name).or_insert((0, instance)).0 += 1;
            }
        }
    }
    let missing = missing.into_iter().map(|(name, (count, instance))| {
        let more = match count {
            1 => String::new(),
            count => format!(" and of {} others", count - 1),
        };
        defect(
            "alerts/fact-missing",
            Place::Key(instance.at.clone()),
            format!("no rule records `{name}` of `{}`{more}", instance.name),
            "an alert that compares with it finds nothing to compare with, and never fires",
        )
    });
    missing.collect()
}

fn known(instance: &Instance) -> Vec<&'static str> {
    let mut known = vec![fact::REDIS_PODS];
    match &instance.topology {
        Topology::Standalone => {}
        Topology::Replication { redis_pods } => {
            known.extend((*redis_pods > 1).then_some(fact::REPLICAS))
        }
        Topology::Sentinel { redis_pods, .. } => {
            known.extend((*redis_pods > 1).then_some(fact::REPLICAS));
            known.extend([fact::SENTINELS, fact::QUORUM]);
        }
        Topology::Cluster { .. } => known.push(fact::MASTERS),
    }
    known.extend(instance.memory_limit().map(|_| fact::MEMORY_LIMIT));
    known
}
