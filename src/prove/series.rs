//! The series that Prometheus will have of a stack, by what is scraped and recorded.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use promql_parser::label::{MatchOp, Matcher, Matchers};

use crate::api::conventions::{component, fact, label};
use crate::catalog::{self, Exporter, Kind};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::promql::shape::{Label, Shape, Values};
use crate::promql::{Found, Selected, Series};
use crate::value::duration::Duration;

/// Every series of a stack.
pub struct World {
    /// Targets that are alike.
    targets: Vec<Targets>,
    /// What rules record.
    recorded: BTreeMap<String, Shape>,
    /// What something outside the stack exports.
    external: BTreeMap<String, (Shape, Option<Kind>)>,
}

/// Targets of one exporter that are scraped alike.
#[derive(Debug, Clone)]
struct Targets {
    exporter: Exporter,
    labels: Shape,
    interval: Duration,
}

impl World {
    /// The series that Prometheus will have of what is planned.
    pub fn of(stack: &Stack, _: &Plan) -> Self {
        let labels = |names: &[&str]| Shape {
            labels: names
                .iter()
                .map(|it| ((*it).to_owned(), always(Values::Any)))
                .collect(),
            is_open: false,
        };
        let mut targets = Vec::new();
        for instance in &stack.instances {
            let mut shape = labels(&[
                "job",
                "instance",
                "namespace",
                "service",
                "pod",
                "container",
                "endpoint",
            ]);
            for (name, value) in [
                (label::STACK, stack.name.as_str()),
                (label::NAMESPACE, &instance.namespace),
                (label::INSTANCE_NAME, &instance.name),
                (label::TOPOLOGY, instance.topology.kind().name()),
                (label::TEAM, &instance.team),
                (label::TIER, &instance.tier),
                (label::COMPONENT, component::REDIS),
            ] {
                shape.labels.insert(name.to_owned(), always(one(value)));
            }
            targets.push(Targets {
                exporter: Exporter::Redis,
                labels: shape,
                interval: instance.interval,
            });
        }
        let external = stack.external_metrics.iter().map(|it| {
            let shape = Shape {
                labels: it
                    .labels
                    .iter()
                    .map(|it| (it.to_string(), always(Values::Any)))
                    .collect(),
                is_open: it.labels.is_empty(),
            };
            (it.name.to_string(), (shape, None))
        });
        let recorded = fact::ALL.iter().map(|it| {
            let names = [
                label::STACK,
                label::CLUSTER,
                label::NAMESPACE,
                label::INSTANCE_NAME,
            ];
            ((*it).to_owned(), labels(&names))
        });
        Self {
            targets,
            recorded: recorded.collect(),
            external: external.collect(),
        }
    }
}

impl Series for World {
    fn select(&self, metric: &str, matchers: &Matchers) -> Selected {
        let _ = (&self.targets, &self.recorded, &self.external, matchers);
        match catalog::metrics(metric).first() {
            None => Selected::UnknownMetric,
            Some(found) => Selected::Some(Found {
                shape: self
                    .targets
                    .iter()
                    .find(|it| {
                        it.exporter == found.exporter
                            && !is_excluded(&it.labels, &matchers.matchers)
                    })
                    .map(|it| it.labels.clone())
                    .unwrap_or_default(),
                kind: Some(found.kind),
                interval: self.targets.iter().map(|it| it.interval).max(),
            }),
        }
    }
}

fn is_excluded(shape: &Shape, matchers: &[Matcher]) -> bool {
    matchers.iter().any(|it| {
        let known = shape.labels.get(&it.name).map(|it| &it.values);
        matches!((&it.op, known), (MatchOp::Equal, Some(Values::OneOf(known))) if !known.contains(&it.value))
    })
}

fn always(values: Values) -> Label {
    Label {
        is_always: true,
        values,
    }
}

fn one(value: &str) -> Values {
    Values::OneOf(Rc::new(BTreeSet::from([value.to_owned()])))
}
