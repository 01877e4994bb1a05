//! The policy as resolved: every default filled in, every reference known to lead somewhere.
//!
//! What can be said of a field without knowing the output is decided here; a [`Stack`] without an
//! error is valid by construction, so that no later stage has a reason to fail.

mod instance;
mod platform;
pub(crate) mod redis_config;
mod routing;
pub mod stack;
mod telemetry;

use std::collections::{BTreeMap, BTreeSet};

use crate::api::conventions::label;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, SUGGESTIONS};
use crate::model::stack::{CustomAlert, Recording, Stack, Waiver};
use crate::read::spec::{AllowSpec, PolicySpec, StackSpec};
use crate::value::name::Name;

pub use crate::read::defaults::TIER as DEFAULT_TIER;

/// Resolves a policy; all findings are collected. With an error among them, the stack is there to be
/// looked at further, and not to be delivered.
pub fn resolve(spec: &PolicySpec) -> (Stack, Vec<Diagnostic>) {
    let mut acc = Vec::new();
    let known = Known::new(&spec.spec);
    let platform = platform::resolve(&spec.metadata.name, &spec.spec, &known, &mut acc);
    let instances = instance::resolve_all(&spec.spec, &known, &mut acc);
    let routing = routing::resolve(&spec.spec, &known, &mut acc);
    let telemetry = telemetry::resolve(&spec.spec, &mut acc);
    receivers(&spec.spec, &mut acc);
    let recording = recordings(&spec.spec, &mut acc);
    let custom = custom_alerts(&spec.spec, &known, &mut acc);
    let tiers = known.tiers.iter().map(|it| (*it).to_owned()).collect();
    let mut by_namespace: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (place, instance) in instances.iter().enumerate() {
        let places = by_namespace.entry(instance.namespace.clone()).or_default();
        places.push(place);
    }
    let stack = Stack {
        name: spec.metadata.name.to_string(),
        labels: spec
            .metadata
            .labels
            .iter()
            .map(|(key, value)| (key.clone(), value.to_string()))
            .collect(),
        cluster: spec.spec.cluster.to_string(),
        platform,
        instances,
        by_namespace,
        teams: spec
            .spec
            .teams
            .iter()
            .map(|it| it.name.to_string())
            .collect(),
        tiers,
        tier_parameters: spec.spec.alerts.tiers.clone(),
        recording,
        custom,
        external_metrics: spec.spec.alerts.external_metrics.clone(),
        receivers: spec.spec.receivers.clone(),
        routing,
        runbooks: spec.spec.runbooks.base_url.clone(),
        telemetry,
        waivers: spec.spec.allow.iter().map(waiver).collect(),
    };
    (stack, acc)
}

/// The names that other fields refer to.
struct Known<'a> {
    teams: Names<'a>,
    receivers: Names<'a>,
    mute_times: Names<'a>,
    tiers: BTreeSet<&'a str>,
}

/// The names of a list: in its order to be shown, and sorted to be found.
struct Names<'a> {
    listed: Vec<&'a str>,
    sorted: BTreeSet<&'a str>,
}

impl<'a> FromIterator<&'a str> for Names<'a> {
    fn from_iter<T: IntoIterator<Item = &'a str>>(names: T) -> Self {
        let listed: Vec<&str> = names.into_iter().collect();
        let sorted = listed.iter().copied().collect();
        Self { listed, sorted }
    }
}

impl<'a> Known<'a> {
    fn new(spec: &'a StackSpec) -> Self {
        let mut tiers: BTreeSet<&str> = spec.alerts.tiers.keys().map(String::as_str).collect();
        tiers.insert(DEFAULT_TIER);
        Self {
            teams: spec.teams.iter().map(|it| it.name.as_str()).collect(),
            receivers: spec.receivers.iter().map(|it| it.name.as_str()).collect(),
            mute_times: spec
                .routing
                .mute_times
                .iter()
                .map(|it| it.name.as_str())
                .collect(),
            tiers,
        }
    }

    fn team(&self, name: &Name, at: FieldPath, acc: &mut Vec<Diagnostic>) {
        let note =
            "the label `team` decides who is told, and routing knows the teams of `teams` only";
        refer(
            "team",
            name.as_str(),
            &self.teams,
            "references/unknown-team",
            note,
            at,
            acc,
        );
    }

    fn receiver(&self, name: &Name, at: FieldPath, acc: &mut Vec<Diagnostic>) {
        let note =
            "Alertmanager refuses its whole configuration for a receiver that is not defined";
        refer(
            "receiver",
            name.as_str(),
            &self.receivers,
            "references/unknown-receiver",
            note,
            at,
            acc,
        );
    }

    fn mute_time(&self, name: &Name, at: FieldPath, acc: &mut Vec<Diagnostic>) {
        let note =
            "Alertmanager refuses its whole configuration for a time interval that is not defined";
        refer(
            "mute time",
            name.as_str(),
            &self.mute_times,
            "references/unknown-mute-time",
            note,
            at,
            acc,
        );
    }
}

fn refer(
    what: &str,
    name: &str,
    known: &Names<'_>,
    finding: &'static str,
    note: &str,
    at: FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    if !known.sorted.contains(name) {
        let list = match what {
            "team" => "teams",
            "receiver" => "receivers",
            _ => "routing.muteTimes",
        };
        let finding = Diagnostic::error(
            finding,
            Place::Value(at),
            format!("there is no {what} `{name}`"),
        )
        .label(format!("not a {what}"))
        .note(note);
        acc.push(match known.listed.as_slice() {
            [] => finding.help(format!("no {what} is defined: add it under `{list}`")),
            _ if acc.len() >= SUGGESTIONS => finding.help(format!("name one of `{list}`")),
            names => finding.did_you_mean(name, names),
        });
    }
}

fn receivers(spec: &StackSpec, acc: &mut Vec<Diagnostic>) {
    for receiver in &spec.receivers {
        let at = FieldPath::spec(&["receivers", receiver.name.as_str()]);
        receiver.check(&at, acc);
    }
}

fn recordings(spec: &StackSpec, acc: &mut Vec<Diagnostic>) -> Vec<Recording> {
    let mut recordings = Vec::new();
    for rule in &spec.alerts.recording {
        let at = FieldPath::spec(&["alerts", "recording", rule.name.as_str()]);
        let mut labels = BTreeMap::new();
        for (label, value) in &rule.labels {
            match label.as_str() {
                label::STACK | label::CLUSTER => without_effect(
                    at.key("labels").key(label),
                    "every rule of a stack has this label from the stack",
                    acc,
                ),
                _ => {
                    labels.insert(label.clone(), value.to_string());
                }
            }
        }
        recordings.push(Recording {
            name: rule.name.to_string(),
            expr: rule.expr.as_str().trim().to_owned(),
            labels,
            at,
        });
    }
    recordings
}

fn custom_alerts(
    spec: &StackSpec,
    known: &Known<'_>,
    acc: &mut Vec<Diagnostic>,
) -> Vec<CustomAlert> {
    let mut alerts = Vec::new();
    for alert in &spec.alerts.custom {
        let at = FieldPath::spec(&["alerts", "custom", alert.name.as_str()]);
        known.team(&alert.team, at.key("team"), acc);
        alerts.push(CustomAlert {
            name: alert.name.to_string(),
            expr: alert.expr.as_str().trim().to_owned(),
            for_: alert.for_,
            severity: alert.severity,
            team: alert.team.to_string(),
            summary: alert.summary.to_string(),
            description: alert
                .description
                .as_ref()
                .map(|it| it.as_str().trim().to_owned()),
            runbook: alert.runbook.to_string(),
            at,
        });
    }
    alerts
}

fn waiver(spec: &AllowSpec) -> Waiver {
    Waiver {
        check: spec.check.to_string(),
        at: FieldPath::parse(spec.at.as_str()),
        reason: spec.reason.to_string(),
    }
}

/// Reports a field that would change nothing where it stands.
fn without_effect(at: FieldPath, why: &str, acc: &mut Vec<Diagnostic>) {
    acc.push(
        Diagnostic::error(
            "policy/without-effect",
            Place::Key(at.clone()),
            format!("`{at}` has no effect: {why}"),
        )
        .note("a field that is ignored in silence is believed to work")
        .help("remove it"),
    );
}
