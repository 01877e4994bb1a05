//! `obsgen explain metric`: who exports a metric, when, who scrapes it, and who asks for it.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use crate::catalog::{self, Metric};
use crate::cli::Outcome;
use crate::cli::explain::{In, table, wrong};
use crate::cli::terminal::{located, plural, print, say};
use crate::diag::path::FieldPath;
use crate::diag::{Place, did_you_mean, text};
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::promql::shape::{Shape, Values};
use crate::prove::asked::{Asker, expressions};
use crate::prove::series::{Class, World};
use crate::read::Document;

/// Print who exports a metric and under which condition, which monitors scrape it, the labels that
/// its series have, and which alerts, rules and dashboards ask for it
#[derive(Debug, Args)]
pub(super) struct OfMetric {
    /// The metric; one of a histogram also by `_bucket`, `_sum` or `_count`
    metric: String,
    #[command(flatten)]
    of: In,
}

/// Values of a label that are shown before the rest is counted.
const SHOWN: usize = 4;

impl OfMetric {
    pub(super) fn run(&self) -> Outcome {
        let Some(compiled) = self.of.compile() else {
            return Outcome::Run;
        };
        let name = self.metric.as_str();
        let mut answer = String::new();
        let mut is_known = !catalog::metrics(name).is_empty();
        let mut names: BTreeSet<String> = catalog::names().map(str::to_owned).collect();
        for (policy, compilation) in &compiled {
            let Some((stack, plan)) = &compilation.output else {
                return wrong(policy, compilation);
            };
            let world = World::of(stack, plan);
            is_known |= world.recorded(name).is_some() || world.is_external(name);
            names.extend(stack.external_metrics.iter().map(|it| it.name.to_string()));
            names.extend(world.recordings().map(str::to_owned));
            let rows = rows(name, stack, plan, &world, &compilation.document);
            answer.push_str(&format!("{policy}\n  {name}\n{}", table(&rows)));
        }
        if !is_known {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            say(&format!("error: nothing exports or records `{name}`"));
            say(&format!("help: {}", did_you_mean(name, &names)));
            return Outcome::Run;
        }
        print(text::said(&answer).as_bytes())
    }
}

fn rows(
    name: &str,
    stack: &Stack,
    plan: &Plan,
    world: &World,
    document: &Document,
) -> Vec<Vec<String>> {
    let mut rows = Rows(Vec::new());
    for metric in catalog::metrics(name) {
        of_exporter(metric, world, &mut rows);
    }
    if let Some(recorded) = world.recorded(name) {
        let every = recorded.interval.map(|it| format!(", every {it}"));
        rows.add(
            "recorded by",
            format!(
                "{}{}",
                plural(recorded.rules, "rule"),
                every.unwrap_or_default()
            ),
        );
        rows.labels(&recorded.shape);
    }
    if world.is_external(name) {
        let at = FieldPath::spec(&["alerts", "externalMetrics", name]);
        rows.add(
            "exported by",
            format!(
                "something outside this stack, as the policy says ({})",
                located(&Place::Key(at), document)
            ),
        );
    }
    for (what, names) in askers(plan, name) {
        rows.add(what, names.into_iter().collect::<Vec<_>>().join(", "));
    }
    if rows.0.iter().all(|it| !it[0].contains("asked for")) {
        rows.add("asked for", format!("by nothing in `{}`", stack.name));
    }
    rows.0
}

fn of_exporter(metric: &'static Metric, world: &World, rows: &mut Rows) {
    rows.add(
        "exported by",
        format!(
            "{}, a {} ({}): {}",
            metric.exporter.name(),
            metric.kind.name(),
            metric.unit,
            metric.meaning
        ),
    );
    rows.add("there is one", metric.condition.to_string());
    let classes = world.exporting(metric);
    if classes.is_empty() {
        rows.add(
            "scraped by",
            match world.is_assumed(metric.exporter) || metric.exporter.is_of_cluster() {
                true => "what the cluster runs, as is assumed; no monitor of this stack".to_owned(),
                false => "no monitor of this stack: nothing here exports it".to_owned(),
            },
        );
    }
    let mut by_monitors: BTreeMap<&BTreeSet<String>, (usize, Vec<&Class>)> = BTreeMap::new();
    for class in classes {
        let entry = by_monitors.entry(&class.monitors).or_default();
        entry.0 += class.workloads.0;
        entry.1.push(class);
    }
    for (monitors, (workloads, classes)) in by_monitors {
        let monitors: Vec<&str> = monitors.iter().map(String::as_str).collect();
        let every = classes.iter().filter_map(|it| it.interval).max();
        let every = every.map_or_else(String::new, |it| format!(", every {it}"));
        let first = classes.first().map_or("", |it| it.workloads.1.as_str());
        rows.add(
            "scraped by",
            format!(
                "{}{every}, of {} such as {first}",
                monitors.join(", "),
                plural(workloads, "workload"),
            ),
        );
    }
}

/// Names of those that ask for a metric, by what they are.
fn askers<'a>(plan: &'a Plan, name: &str) -> BTreeMap<&'static str, BTreeSet<&'a str>> {
    let mut askers: BTreeMap<&'static str, BTreeSet<&str>> = BTreeMap::new();
    for asked in expressions(plan) {
        if asked.words().contains(name) {
            let (what, by) = match asked.by {
                Asker::Alert(it) => ("asked for by alerts", it),
                Asker::Recording(it) => ("asked for by rules that record", it),
                Asker::Dashboard(it) => ("asked for on dashboards", it),
            };
            askers.entry(what).or_default().insert(by);
        }
    }
    askers
}

struct Rows(Vec<Vec<String>>);

impl Rows {
    fn add(&mut self, what: &str, it: String) {
        self.0.push(vec![format!("  {what}"), it]);
    }

    fn labels(&mut self, shape: &Shape) {
        for (name, label) in &shape.labels {
            let values = match &label.values {
                Values::Any => "any".to_owned(),
                Values::OneOf(values) => {
                    let shown: Vec<&str> = values.iter().take(SHOWN).map(String::as_str).collect();
                    match values.len() - shown.len() {
                        0 => shown.join(", "),
                        more => format!("{} and {more} more", shown.join(", ")),
                    }
                }
            };
            self.add(&format!("label {name}"), values);
        }
    }
}
