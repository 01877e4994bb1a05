//! What an alert's expression is built with: selectors that are right for its class.

use crate::alerts::class::Class;
use crate::alerts::{Alert, Scope};
use crate::api::conventions::{component, label};
use crate::model::stack::Stack;
use crate::value::duration::Duration;
use crate::value::promql::Selector;

/// The labels that tell instances apart and that notifications need: what an aggregation keeps.
pub const BY: &str = "stack, namespace, instance_name, topology, team, tier";
/// The labels that name one instance: what a comparison with a fact matches on.
pub const ON: &str = "stack, namespace, instance_name";

/// Five minutes, or four scrapes where that is longer: fewer samples make a rate of noise, or none.
const WINDOW: Duration = Duration::seconds(300);

/// What an expression may ask for.
pub struct Query<'a> {
    stack: &'a Stack,
    class: &'a Class<'a>,
    topologies: Vec<&'static str>,
}

impl<'a> Query<'a> {
    /// What the expression of an alert for a class may ask for.
    pub fn new(stack: &'a Stack, alert: &Alert, class: &'a Class<'a>) -> Self {
        let topologies = match alert.scope {
            Scope::Instances { topologies, .. } => topologies.iter().map(|it| it.name()).collect(),
            Scope::Stack { .. } => Vec::new(),
        };
        Self {
            stack,
            class,
            topologies,
        }
    }

    /// A metric of the Redis servers of the class.
    pub fn redis(&self, metric: &str) -> String {
        self.of(Some(component::REDIS)).on(metric)
    }

    /// A metric of the Redis servers of the class, where a label has a value.
    pub fn redis_where(&self, metric: &str, name: &str, value: &str) -> String {
        self.of(Some(component::REDIS))
            .and(name, crate::value::promql::Comparison::Equal, value)
            .on(metric)
    }

    /// A metric of the Sentinels of the class.
    pub fn sentinel(&self, metric: &str) -> String {
        self.of(Some(component::SENTINEL)).on(metric)
    }

    /// A metric of the Redis servers and Sentinels of the class.
    pub fn both(&self, metric: &str) -> String {
        let selector = Selector::equal(label::STACK, &self.stack.name).one_of(
            label::COMPONENT,
            &[component::REDIS, component::SENTINEL],
            true,
        );
        self.class.narrow(selector).on(metric)
    }

    /// What the policy says of the instances of the class.
    pub fn fact(&self, fact: &str) -> String {
        self.of(None).on(fact)
    }

    /// A metric of every target of the stack of a component, whatever its class.
    pub fn any(&self, metric: &str, component: &str) -> String {
        Selector::equal(label::STACK, &self.stack.name)
            .and(
                label::COMPONENT,
                crate::value::promql::Comparison::Equal,
                component,
            )
            .on(metric)
    }

    /// The stack.
    pub fn stack(&self) -> &Stack {
        self.stack
    }

    /// The threshold of the class, as PromQL compares with it.
    pub fn threshold(&self) -> String {
        self.class
            .parameters
            .threshold
            .map(|it| it.as_promql())
            .unwrap_or_default()
    }

    /// How far a rate looks back.
    pub fn window(&self) -> Duration {
        let slowest = self.class.instances.iter().map(|it| it.interval).max();
        slowest.map_or(WINDOW, |it| it.times(4).max(WINDOW))
    }

    fn of(&self, component: Option<&str>) -> Selector {
        let mut selector = Selector::equal(label::STACK, &self.stack.name);
        if let Some(component) = component {
            selector = selector.and(
                label::COMPONENT,
                crate::value::promql::Comparison::Equal,
                component,
            );
        }
        if !self.topologies.is_empty() {
            selector = selector.one_of(label::TOPOLOGY, &self.topologies, true);
        }
        self.class.narrow(selector)
    }
}
