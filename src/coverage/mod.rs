//! Which failure of which instance is told by an alert, shown by a panel, written to a log; and what
//! is not, and why.

pub mod modes;

use std::collections::{BTreeMap, BTreeSet};

use crate::alerts::{self, Alert, class, parameters};
use crate::catalog::{self, Exporter, Metric};
use crate::coverage::modes::{MODES, Mode, Scope};
use crate::diag::path::FieldPath;
use crate::model::stack::{Instance, Stack};
use crate::operators;
use crate::plan::Plan;
use crate::prove::asked::{self, Asked, Asker};
use crate::prove::routed::Routed;
use crate::prove::series::World;
use crate::topologies::Kind;

/// What is covered of a stack.
pub struct Coverage<'a> {
    /// Failure modes, each for the instances that are alike in it.
    pub rows: Vec<Row<'a>>,
    /// The receivers that no alert of the stack reaches.
    pub unreached: Vec<String>,
    /// The metrics that are scraped, and that no alert, rule or panel asks for.
    pub unused: Vec<&'static Metric>,
}

/// A failure mode of instances for which it is covered alike.
pub struct Row<'a> {
    /// The failure mode.
    pub mode: &'static Mode,
    /// The instances, in the order of the policy; none where it is about what they share.
    pub instances: Vec<&'a Instance>,
    /// By what it is covered.
    pub by: By,
}

/// By what a failure mode is covered.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct By {
    /// The alerts that tell it.
    pub alerts: Vec<&'static str>,
    /// The alerts that would tell it and do not.
    pub silent: Vec<Silent>,
    /// The dashboards of Grafana that show it, as their files are called.
    pub dashboards: Vec<String>,
    /// Whose log tells it.
    pub log: Option<&'static str>,
}

/// An alert that would tell a failure and does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Silent {
    /// The alert.
    pub alert: &'static str,
    /// Why it does not.
    pub why: String,
    /// The field that says so.
    pub at: Option<FieldPath>,
}

impl Row<'_> {
    /// Returns whether an alert tells it.
    pub fn is_told(&self) -> bool {
        !self.by.alerts.is_empty()
    }

    /// Why no alert tells it.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = self
            .by
            .silent
            .iter()
            .map(|it| format!("{}: {}", it.alert, it.why))
            .collect();
        if !self.is_told() {
            reasons.extend(self.mode.gap.map(str::to_owned));
        }
        reasons
    }
}

/// Looks at every failure mode of every instance.
pub fn of<'a>(stack: &'a Stack, plan: &Plan) -> Coverage<'a> {
    let asked = asked::expressions(plan);
    let mut shown: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for it in &asked {
        if let Asker::Dashboard(name) = it.by {
            shown.entry(name).or_default().extend(it.words());
        }
    }
    let mut rows = Vec::new();
    for mode in MODES {
        let panels: Vec<&str> = shown
            .iter()
            .filter(|(_, words)| mode.metrics.iter().any(|it| words.contains(*it)))
            .map(|(name, _)| *name)
            .collect();
        match mode.of {
            Scope::Stack(applies) if applies(stack) => rows.push(Row {
                mode,
                instances: Vec::new(),
                by: of_stack(stack, mode, &panels),
            }),
            Scope::Stack(_) => {}
            Scope::Instances(applies) => {
                let mut alike: BTreeMap<By, Vec<&Instance>> = BTreeMap::new();
                for instance in stack.instances.iter().filter(|it| applies(it)) {
                    let by = of_instance(stack, mode, instance, &panels);
                    alike.entry(by).or_default().push(instance);
                }
                let mut of_mode: Vec<Row<'a>> = alike
                    .into_iter()
                    .map(|(by, instances)| Row {
                        mode,
                        instances,
                        by,
                    })
                    .collect();
                // The many first: what is as it should be comes before the exceptions.
                of_mode.sort_by_key(|it| std::cmp::Reverse(it.instances.len()));
                rows.append(&mut of_mode);
            }
        }
    }
    Coverage {
        rows,
        unreached: unreached(stack, plan),
        unused: unused(stack, plan, &asked),
    }
}

fn of_stack(stack: &Stack, mode: &Mode, dashboards: &[&str]) -> By {
    let is_emitted =
        |it: &&&str| alerts::find(it).is_some_and(|alert| !class::classes(stack, alert).is_empty());
    By {
        alerts: mode.alerts.iter().filter(is_emitted).copied().collect(),
        silent: Vec::new(),
        dashboards: dashboards.iter().map(|it| (*it).to_owned()).collect(),
        log: mode.log.filter(|_| stack.telemetry.logging.is_some()),
    }
}

fn of_instance(stack: &Stack, mode: &Mode, instance: &Instance, dashboards: &[&str]) -> By {
    // The dashboard of a topology shows the instances of that topology.
    let own = instance.topology.kind().name();
    let shows = |it: &&&str| **it == own || Kind::ALL.iter().all(|kind| kind.name() != **it);
    let dashboards = dashboards.iter().filter(shows);
    let mut by = By {
        dashboards: dashboards.map(|it| (*it).to_owned()).collect(),
        ..By::default()
    };
    for alert in mode.alerts.iter().filter_map(|it| alerts::find(it)) {
        if !alert.applies_to(instance) {
            continue;
        }
        match silence(stack, alert, instance) {
            None => by.alerts.push(alert.name),
            Some(silent) => by.silent.push(silent),
        }
    }
    let sources = || operators::of(stack).log_sources(instance);
    by.log = mode.log.filter(|log| {
        stack.telemetry.logging.is_some() && sources().iter().any(|it| it.component == *log)
    });
    by
}

/// Why an alert that means something for an instance says nothing about it.
fn silence(stack: &Stack, alert: &Alert, instance: &Instance) -> Option<Silent> {
    if parameters::of_instance(stack, alert, instance).is_none() {
        let own = instance.alerts.get(alert.name);
        let (by, written, at) = match own.filter(|it| it.enabled == Some(false)) {
            Some(written) => ("switched off", Some(written), instance.at.key("alerts")),
            None => (
                "switched off for its tier",
                stack
                    .tier_parameters
                    .get(&instance.tier)
                    .and_then(|it| it.get(alert.name)),
                FieldPath::spec(&["alerts", "tiers", &instance.tier]),
            ),
        };
        let why = match written.and_then(|it| it.reason.as_ref()) {
            Some(reason) => format!("{by}: {reason}"),
            None => by.to_owned(),
        };
        return Some(Silent {
            alert: alert.name,
            why,
            at: Some(at.key(alert.name)),
        });
    }
    let needs_bound = alert.name == "RedisMemoryHigh";
    (needs_bound && instance.maxmemory().is_none()).then(|| Silent {
        alert: alert.name,
        why: "there is no maxmemory to be a share of".to_owned(),
        at: None,
    })
}

/// The receivers that no alert reaches by the tree that is delivered.
fn unreached(stack: &Stack, plan: &Plan) -> Vec<String> {
    let Some(routed) = Routed::of(stack, plan) else {
        return Vec::new();
    };
    let told: BTreeSet<&str> = routed
        .subjects
        .iter()
        .flat_map(|(_, taken)| routed.receivers(taken))
        .collect();
    let names = stack.receivers.iter().map(|it| it.name.to_string());
    names.filter(|it| !told.contains(it.as_str())).collect()
}

/// The metrics that targets of the stack export and nothing of the stack asks for.
fn unused(stack: &Stack, plan: &Plan, asked: &[Asked<'_>]) -> Vec<&'static Metric> {
    let words: BTreeSet<&str> = asked.iter().flat_map(Asked::words).collect();
    let is_asked = |it: &Metric| {
        // A histogram is asked for by the names of its parts.
        words.contains(it.name)
            || ["_bucket", "_sum", "_count"]
                .iter()
                .any(|part| words.contains(format!("{}{part}", it.name).as_str()))
    };
    let world = World::of(stack, plan);
    let mut unused = Vec::new();
    for exporter in Exporter::ALL {
        let exported = catalog::of(*exporter).filter(|it| !world.exporting(it).is_empty());
        unused.extend(exported.filter(|it| !is_asked(it)));
    }
    unused.dedup_by_key(|it| (it.exporter, it.name));
    unused
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alerts::ALERTS;

    #[test]
    fn every_alert_tells_a_failure_and_every_failure_names_alerts_that_there_are() {
        let told: BTreeSet<&str> = MODES.iter().flat_map(|it| it.alerts).copied().collect();
        let there: BTreeSet<&str> = ALERTS.iter().map(|it| it.name).collect();
        assert_eq!(told, there);
    }

    #[test]
    fn a_failure_without_an_alert_says_why() {
        for mode in MODES {
            assert!(
                mode.gap.is_some() || !mode.alerts.is_empty(),
                "{}",
                mode.name
            );
            for metric in mode.metrics {
                assert!(!catalog::metrics(metric).is_empty(), "{metric}");
            }
        }
        let names: BTreeSet<&str> = MODES.iter().map(|it| it.name).collect();
        assert_eq!(names.len(), MODES.len());
    }
}
