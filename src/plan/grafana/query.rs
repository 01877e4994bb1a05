//! What the panels of a dashboard ask with: selectors that name the stack and follow its variables.

use crate::alerts::query::ON;
use crate::api::conventions::{component, label};
use crate::model::stack::Stack;
use crate::value::promql::{Comparison, Selector};

/// What Prometheus writes for every alert that waits or fires.
pub(super) const ALERTS: &str = "ALERTS";
/// The same with the time of its begin as value.
pub(super) const ALERTS_SINCE: &str = "ALERTS_FOR_STATE";
/// The label by which Prometheus names a pod.
const POD: &str = "pod";
/// The alert that always fires.
const WATCHDOG: &str = "Watchdog";

/// A variable of a dashboard, and the label that it chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Namespaces.
    Namespace,
    /// Teams.
    Team,
    /// Tiers.
    Tier,
    /// Instances.
    Instance,
    /// Redis servers.
    Pod,
}

impl Choice {
    /// The label, which is also the name of the variable.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Namespace => label::NAMESPACE,
            Self::Team => label::TEAM,
            Self::Tier => label::TIER,
            Self::Instance => label::INSTANCE_NAME,
            Self::Pod => POD,
        }
    }

    /// What stands before its menu.
    pub(super) fn title(self) -> &'static str {
        match self {
            Self::Namespace => "Namespace",
            Self::Team => "Team",
            Self::Tier => "Tier",
            Self::Instance => "Instance",
            Self::Pod => "Pod",
        }
    }
}

/// What a panel may ask for.
pub(super) struct Query<'a> {
    stack: &'a Stack,
    choices: &'static [Choice],
}

impl<'a> Query<'a> {
    /// Questions that follow these variables.
    pub(super) fn new(stack: &'a Stack, choices: &'static [Choice]) -> Self {
        Self { stack, choices }
    }

    /// A metric of the Redis servers.
    pub(super) fn redis(&self, metric: &str) -> String {
        self.of(component::REDIS).on(metric)
    }

    /// A metric of the Redis servers, where a label has a value.
    pub(super) fn redis_where(&self, metric: &str, label: &str, value: &str) -> String {
        self.of(component::REDIS)
            .and(label, Comparison::Equal, value)
            .on(metric)
    }

    /// A metric of the Redis servers, where a label matches a regular expression.
    pub(super) fn redis_matching(&self, metric: &str, label: &str, pattern: &str) -> String {
        self.of(component::REDIS)
            .and(label, Comparison::Matches, pattern)
            .on(metric)
    }

    /// A metric of the Redis servers, whatever pod is chosen.
    pub(super) fn redis_of_any_pod(&self, metric: &str) -> String {
        chosen(self.component(component::REDIS), self.choices_but_pod()).on(metric)
    }

    /// A metric of the Sentinels.
    pub(super) fn sentinel(&self, metric: &str) -> String {
        self.of(component::SENTINEL).on(metric)
    }

    /// A metric of the operator, whatever is chosen.
    pub(super) fn operator(&self, metric: &str) -> String {
        self.component(component::OPERATOR).on(metric)
    }

    /// What the policy says of the instances.
    pub(super) fn fact(&self, fact: &str) -> String {
        chosen(self.all(), self.choices_but_pod()).on(fact)
    }

    /// What the policy says of the instances, where a label has a value.
    pub(super) fn fact_where(&self, fact: &str, label: &str, value: &str) -> String {
        chosen(self.all(), self.choices_but_pod())
            .and(label, Comparison::Equal, value)
            .on(fact)
    }

    /// The rate of a metric of the Redis servers.
    pub(super) fn rate(&self, metric: &str) -> String {
        format!("rate({}[$__rate_interval])", self.redis(metric))
    }

    /// A metric of the Redis servers as a share of what the policy says of their instance.
    pub(super) fn share_of_fact(&self, metric: &str, fact: &str) -> String {
        format!(
            "{}\n/ on ({ON}) group_left () {}",
            self.redis(metric),
            self.fact(fact)
        )
    }

    /// The memory used as a share of maxmemory, of servers that have one.
    pub(super) fn memory_share(&self) -> String {
        format!(
            "{}\n/ ({} > 0)",
            self.redis("redis_memory_used_bytes"),
            self.redis("redis_memory_max_bytes")
        )
    }

    /// The connections as a share of maxclients.
    pub(super) fn connection_share(&self) -> String {
        format!(
            "{}\n/ {}",
            self.redis("redis_connected_clients"),
            self.redis("redis_max_clients")
        )
    }

    /// The share of lookups that find a key, of servers where enough is looked up to say so.
    pub(super) fn hit_rate(&self) -> String {
        let (hits, misses) = (
            self.rate("redis_keyspace_hits_total"),
            self.rate("redis_keyspace_misses_total"),
        );
        format!("{hits}\n/ ({hits} + {misses})\nand {hits} + {misses} > 10")
    }

    /// The alerts that wait or fire, but the one that always does; those of the chosen instances
    /// only, where instances can be chosen. The value is when each began, in milliseconds.
    pub(super) fn alerts(&self) -> String {
        let selector = self.alert_selector();
        format!(
            "1000 * max by (alertstate, severity, alertname, namespace, instance_name, pod, team) (\n  {}\n  * ignoring (alertstate) group_left () {}\n)",
            selector.on(ALERTS),
            selector.on(ALERTS_SINCE)
        )
    }

    /// The number of alerts of a severity that fire.
    pub(super) fn firing(&self, severity: &str) -> String {
        let firing = self
            .firing_selector()
            .and(label::SEVERITY, Comparison::Equal, severity);
        format!("count({}) or vector(0)", firing.on(ALERTS))
    }

    /// The critical alerts that fire.
    pub(super) fn firing_critical(&self) -> String {
        self.firing_selector()
            .and(label::SEVERITY, Comparison::Equal, "critical")
            .on(ALERTS)
    }

    /// Whether the alert that always fires does.
    pub(super) fn heartbeat(&self) -> String {
        let watchdog = self.all().and("alertname", Comparison::Equal, WATCHDOG);
        format!("count({}) or vector(0)", watchdog.on(ALERTS))
    }

    /// A selector of every series of the stack.
    pub(super) fn all(&self) -> Selector {
        Selector::equal(label::STACK, &self.stack.name)
    }

    fn alert_selector(&self) -> Selector {
        let selector = self.all().and("alertname", Comparison::NotEqual, WATCHDOG);
        match self.choices.contains(&Choice::Instance) {
            true => chosen(selector, &[Choice::Namespace, Choice::Instance]),
            false => selector,
        }
    }

    fn firing_selector(&self) -> Selector {
        self.alert_selector()
            .and("alertstate", Comparison::Equal, "firing")
    }

    fn of(&self, component: &str) -> Selector {
        chosen(self.component(component), self.choices)
    }

    fn component(&self, component: &str) -> Selector {
        self.all()
            .and(label::COMPONENT, Comparison::Equal, component)
    }

    fn choices_but_pod(&self) -> impl Iterator<Item = &'static Choice> {
        self.choices.iter().filter(|it| **it != Choice::Pod)
    }
}

/// Adds what is chosen to a selector.
fn chosen<'a>(selector: Selector, choices: impl IntoIterator<Item = &'a Choice>) -> Selector {
    choices.into_iter().fold(selector, |selector, it| {
        let value = format!("${}", it.label());
        selector.and(it.label(), Comparison::Matches, &value)
    })
}
