//! The second proof: Prometheus takes each monitor, and each monitor finds what it is for and nothing
//! else.

use crate::diag::Diagnostic;
use crate::model::stack::Stack;
use crate::plan::Plan;
use crate::prove::inventory::{Owner, labels};
use crate::prove::selection::Selector;
use crate::prove::targets::{Endpoint, Scrape};
use crate::prove::{defect, of_platform};
use crate::value::duration::Duration;

/// Prometheus takes a series for gone after five minutes without a sample: of two scrapes, one may fail.
const LONGEST_INTERVAL: Duration = Duration::seconds(120);

/// What is wrong with the monitors, and with what else Prometheus and Alertmanager choose.
pub fn refuted(stack: &Stack, plan: &Plan, scrape: &Scrape<'_>) -> Vec<Diagnostic> {
    let mut found = chosen(stack, plan);
    for endpoint in &scrape.endpoints {
        found.extend(of_endpoint(stack, endpoint));
    }
    for (endpoint, foreign) in foreign(scrape) {
        let name = endpoint.monitor.name();
        found.push(defect(
            "scrape/foreign-target",
            of_platform("prometheus"),
            format!("`{name}` scrapes what is not of this stack, such as `{foreign}`"),
            "the alerts of this stack would fire for pods of somebody else, who would not be told",
        ));
    }
    found
}

fn of_endpoint(stack: &Stack, endpoint: &Endpoint<'_>) -> Option<Diagnostic> {
    let name = endpoint.monitor.name();
    let at = of_platform("prometheus");
    if !endpoint.is_taken {
        let wanted = &stack.platform.prometheus.monitor_labels;
        let labels: Vec<String> = wanted
            .iter()
            .map(|(key, value)| format!("`{key}: {value}`"))
            .collect();
        let what = match labels.is_empty() {
            true => "the selector of the managed Prometheus".to_owned(),
            false => labels.join(", "),
        };
        return Some(defect(
            "scrape/monitor-not-selected",
            at,
            format!("Prometheus does not take `{name}`: it selects by {what}"),
            "a monitor that is not selected is ignored in silence: nothing of it is scraped",
        ));
    }
    if let Some(step) = endpoint.refused {
        return Some(defect(
            "scrape/relabeling-refused",
            at,
            format!(
                "Prometheus refuses step {} of the relabelling of `{name}`",
                step + 1
            ),
            "the operator leaves out the whole monitor for a step that is none",
        ));
    }
    if !endpoint.selects {
        return Some(defect(
            "scrape/selects-nothing",
            at,
            format!("`{name}` selects nothing of what is there"),
            "a monitor without targets is no error to Prometheus: nothing is scraped, and nobody is told",
        ));
    }
    if !endpoint.ports.iter().any(|it| it == endpoint.port) {
        let ports: Vec<String> = endpoint.ports.iter().map(|it| format!("`{it}`")).collect();
        return Some(defect(
            "scrape/port-mismatch",
            at,
            format!(
                "`{name}` scrapes the port `{}`, and what it selects has {}",
                endpoint.port,
                match ports.is_empty() {
                    true => "no port with a name".to_owned(),
                    false => ports.join(", "),
                }
            ),
            "a port that is not there is no error to Prometheus: nothing is scraped, and nobody is told",
        ));
    }
    if let Some(limit) = endpoint.sample_limit {
        return Some(defect(
            "scrape/sample-limit-cliff",
            at,
            format!("`{name}` drops a scrape of over {limit} samples, and no alert tells of it"),
            "one series too many and the target is down: all of its series are gone at once",
        ));
    }
    let timing = match (endpoint.interval, endpoint.timeout) {
        (Some(interval), Some(timeout)) if timeout > interval => Some((
            format!(
                "`{name}` waits {timeout} for a scrape, longer than the {interval} until the next"
            ),
            "Prometheus refuses a timeout above the interval, and the operator leaves out the whole monitor",
        )),
        (Some(interval), _) if interval > LONGEST_INTERVAL && !is_asked_for(stack, interval) => {
            Some((
                format!("`{name}` scrapes every {interval} only"),
                "after five minutes without a sample a series is gone: one lost scrape ends every alert that fires",
            ))
        }
        _ => None,
    };
    timing.map(|(headline, note)| defect("scrape/timeout", at, headline, note))
}

/// Rules that Prometheus does not take, and configurations that Alertmanager does not take.
fn chosen(stack: &Stack, plan: &Plan) -> Vec<Diagnostic> {
    let platform = &stack.platform;
    let objects = plan.objects();
    let objects = || objects.iter().map(|it| &it.object);
    // Looked for once: a large stack has many rules beside many objects.
    let server = |kind: &str| objects().find(|it| it.kind() == kind);
    let (prometheus, alertmanager) = (server("Prometheus"), server("Alertmanager"));
    let mut found = Vec::new();
    for object in objects() {
        let (who, part, wanted, server, field) = match object.kind() {
            "PrometheusRule" => (
                "Prometheus",
                "prometheus",
                &platform.prometheus.rule_labels,
                prometheus,
                "ruleSelector",
            ),
            "AlertmanagerConfig" => (
                "Alertmanager",
                "alertmanager",
                &platform.alertmanager.selects,
                alertmanager,
                "alertmanagerConfigSelector",
            ),
            _ => continue,
        };
        let own = labels(&object.value()["metadata"]["labels"]);
        let lacks = wanted
            .iter()
            .find(|(name, value)| own.get(name) != Some(value));
        let is_refused =
            server.is_some_and(|it| !Selector::parse(&it.value()["spec"][field]).selects(&own));
        let what = match (lacks, is_refused) {
            (Some((name, value)), _) => format!("`{name}: {value}`"),
            (None, true) => "the selector of the managed server".to_owned(),
            (None, false) => continue,
        };
        found.push(defect(
            "scrape/monitor-not-selected",
            of_platform(part),
            format!("{who} does not take `{}`: it selects by {what}", object.name()),
            "what is not selected is ignored in silence: no rule of it is evaluated, nobody of it is told",
        ));
    }
    found
}

/// Returns whether the policy asks for an interval, which has a finding of its own.
fn is_asked_for(stack: &Stack, interval: Duration) -> bool {
    stack.platform.prometheus.evaluation_interval == interval
        || stack.instances.iter().any(|it| it.interval == interval)
}

/// Endpoints that scrape something that is nobody's in this stack.
fn foreign<'s, 'a>(scrape: &'s Scrape<'a>) -> Vec<(&'s Endpoint<'a>, String)> {
    let mut seen = std::collections::BTreeSet::new();
    let mut found = Vec::new();
    for target in &scrape.targets {
        let of = scrape.found(target);
        if matches!(of.owner, Owner::Foreign) && seen.insert(target.endpoint) {
            let name = format!("{}/{}", of.made.namespace, of.made.name);
            found.push((scrape.endpoint_of(target), name));
        }
    }
    found
}
