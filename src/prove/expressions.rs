//! The expressions of a policy, read and followed: its recordings in the order of evaluation, then its
//! alerts, with what each may ask for.

use std::collections::BTreeMap;

use promql_parser::label::Matchers;
use promql_parser::parser::Expr;

use crate::api::conventions::label;
use crate::catalog::{self, Kind};
use crate::model::stack::{CustomAlert, Recording, Stack};
use crate::plan::{Plan, recordings_in_order};
use crate::promql::flow::{Followed, flow};
use crate::promql::read::{Reader, Refusal};
use crate::promql::shape::{Label, Shape, Values};
use crate::promql::{Found, Selected, Series};
use crate::prove::series::World;
use crate::read::spec::{ExternalMetricSpec, MetricKind};

/// The label under which a series has the name of its metric.
const NAME: &str = "__name__";

/// The labels that a target has from a monitor (Prometheus operator, promcfg.go).
const OF_TARGETS: &[&str] = &[
    "job",
    "instance",
    "namespace",
    "service",
    "pod",
    "container",
    "endpoint",
    "node",
];

/// All expressions of a policy.
pub struct Expressions<'a> {
    /// What they can ask for.
    pub known: Known<'a>,
    /// What is recorded, in the order of evaluation.
    pub recordings: Vec<Rule<'a, Recording>>,
    /// The alerts of the user's own, in the order of the policy.
    pub alerts: Vec<Rule<'a, CustomAlert>>,
}

/// A rule of the policy with its expression.
pub struct Rule<'a, T> {
    /// The rule.
    pub rule: &'a T,
    /// Its expression, or why it is not read.
    pub read: Result<Read, Refusal>,
}

/// An expression that was read.
pub struct Read {
    /// The expression.
    pub expression: Expr,
    /// What is known of its result, and what is wrong with it.
    pub followed: Followed,
}

impl<'a> Expressions<'a> {
    /// Reads and follows the expressions of a policy.
    pub fn of(stack: &'a Stack, plan: &Plan) -> Self {
        let mut known = Known::of(stack, plan);
        let mut reader = Reader::default();
        let mut recordings = Vec::new();
        for rule in recordings_in_order(stack) {
            let read = known.read(&mut reader, &rule.expr);
            let found = match &read {
                Ok(it) if !it.followed.flow.is_empty => known.recorded_by(rule, it),
                // What is wrong with it is said where it is written.
                _ => unknown(),
            };
            known.recorded.insert(rule.name.clone(), found);
            recordings.push(Rule { rule, read });
        }
        let alerts = stack.custom.iter().map(|rule| Rule {
            rule,
            read: known.read(&mut reader, &rule.expr),
        });
        Self {
            recordings,
            alerts: alerts.collect(),
            known,
        }
    }
}

fn unknown() -> Found {
    Found {
        shape: Shape::unknown(),
        kind: None,
        interval: None,
    }
}

/// What rules can ask for: what is scraped, and what other rules record.
pub struct Known<'a> {
    stack: &'a Stack,
    world: World,
    external: BTreeMap<&'a str, &'a ExternalMetricSpec>,
    /// What the policy records; until it is followed, nothing is known of it.
    recorded: BTreeMap<String, Found>,
}

impl<'a> Known<'a> {
    /// What is scraped and recorded. Of the recordings of the policy nothing is known yet.
    fn of(stack: &'a Stack, plan: &Plan) -> Self {
        Self {
            stack,
            world: World::of(stack, plan),
            external: stack
                .external_metrics
                .iter()
                .map(|it| (it.name.as_str(), it))
                .collect(),
            recorded: stack
                .recording
                .iter()
                .map(|it| (it.name.clone(), unknown()))
                .collect(),
        }
    }

    /// What is scraped.
    pub fn world(&self) -> &World {
        &self.world
    }

    fn read(&self, reader: &mut Reader, text: &str) -> Result<Read, Refusal> {
        let expression = reader.read(text)?;
        let followed = flow(&expression, self);
        Ok(Read {
            expression,
            followed,
        })
    }

    fn recorded_by(&self, rule: &Recording, read: &Read) -> Found {
        let flow = &read.followed.flow;
        let mut shape = flow.shape.clone();
        shape.drop(NAME);
        let of_stack = [
            (label::STACK, self.stack.name.as_str()),
            (label::CLUSTER, self.stack.cluster.as_str()),
        ];
        let own = rule
            .labels
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in own.chain(of_stack) {
            shape.set(name, Label::always(Values::one(value)));
        }
        let is_sum = matches!(read.expression, Expr::Aggregate(_));
        let kind = match flow.counter.is_some() && !is_sum {
            true => Kind::Counter,
            false => Kind::Gauge,
        };
        Found {
            shape,
            kind: Some(kind),
            interval: Some(self.stack.platform.prometheus.evaluation_interval),
        }
    }

    /// What the policy says of a metric from outside the stack.
    fn external(&self, metric: &str) -> Option<Found> {
        let metric = self.external.get(metric)?;
        let any = || Label::sometimes(Values::Any);
        let mut labels: BTreeMap<String, Label> = metric
            .labels
            .iter()
            .map(|it| (it.to_string(), any()))
            .collect();
        // Where it is scraped, it gets labels that its exporter knows nothing of.
        for name in OF_TARGETS.iter().chain(label::ALL) {
            labels.entry((*name).to_owned()).or_insert_with(any);
        }
        Some(Found {
            shape: Shape {
                labels,
                is_open: metric.labels.is_empty(),
            },
            kind: Some(match metric.kind {
                MetricKind::Counter => Kind::Counter,
                MetricKind::Gauge => Kind::Gauge,
                MetricKind::Histogram => Kind::Histogram,
                MetricKind::Summary => Kind::Summary,
            }),
            interval: None,
        })
    }
}

impl Series for Known<'_> {
    fn select(&self, metric: &str, matchers: &Matchers) -> Selected {
        if let Some(found) = self.recorded.get(metric) {
            return Selected::Some(found.clone());
        }
        if let Some(found) = self.external(metric) {
            return Selected::Some(found);
        }
        // Those of a histogram or summary from outside are declared by their family.
        let family = ["_bucket", "_sum", "_count"]
            .iter()
            .find_map(|it| metric.strip_suffix(it));
        if let Some(mut found) = family.and_then(|it| self.external(it))
            && matches!(found.kind, Some(Kind::Histogram | Kind::Summary))
        {
            let label = match metric.ends_with("_bucket") {
                true => Label::always(Values::Any),
                false => Label::absent(),
            };
            found.shape.set("le", label);
            return Selected::Some(found);
        }
        let selected = self.world.select(metric, matchers);
        let of_catalog = catalog::metrics(metric);
        match selected {
            // The labels are up to whoever scrapes it, which is not this stack.
            Selected::Some(mut found)
                if !of_catalog.is_empty()
                    && of_catalog
                        .iter()
                        .all(|it| self.world.exporting(it).is_empty()) =>
            {
                found.shape.is_open = true;
                Selected::Some(found)
            }
            selected => selected,
        }
    }
}
