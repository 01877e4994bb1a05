//! What Prometheus scrapes and evaluates: monitors, facts of the policy, alerts.

mod recording;
mod server;

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::alerts::class::{Class, classes};
use crate::alerts::query::Query;
use crate::alerts::{ALERTS, Alert, Group, Scope};
use crate::api::conventions::{fact, label, object_label};
use crate::api::monitoring::{
    AlertRule, PrometheusRuleSpec, RecordingRule, Rule, RuleGroup, prometheus_rule,
};
use crate::api::object::{Map, Metadata, Object};
use crate::model::stack::{CustomAlert, Instance, Stack, bounded};
use crate::operators;
use crate::plan::Files;

use crate::topologies::Topology;
pub use recording::ordered as recordings_in_order;

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    let operator = operators::of(stack);
    files.objects("monitors/operator.yaml", operator.operator_monitors(stack));
    if let Some(managed) = &stack.telemetry.managed {
        files.objects("monitors/pipeline.yaml", server::monitors(stack));
        files.objects("server.yaml", server::objects(stack, managed));
    }
    for namespace in stack.namespaces() {
        files.objects(
            &format!("monitors/redis-{namespace}.yaml"),
            operator.monitors(stack, namespace),
        );
        let instances = stack.in_namespace(namespace);
        let facts = instances.map(|it| (it.name.clone(), facts_of(stack, it)));
        rules_files(stack, files, &format!("policy-{namespace}"), facts);
    }
    for group in Group::ALL {
        let alerts = ALERTS.iter().filter(|it| it.group == *group);
        let rules = alerts.flat_map(|alert| {
            classes(stack, alert).into_iter().map(|class| {
                let tag = class.tag.as_deref().unwrap_or_default();
                let key = format!("{} {tag}", alert.name);
                (key, vec![rule(stack, alert, &class)])
            })
        });
        rules_files(stack, files, &format!("alerts-{}", group.name()), rules);
    }
    files.objects(
        "rules/recording-custom.yaml",
        rules_object(stack, "recording-custom", recording::rules(stack)),
    );
    let custom = stack.custom.iter();
    let custom = custom.map(|it| (it.name.clone(), vec![custom_rule(stack, it)]));
    rules_files(stack, files, "alerts-custom", custom);
}

/// A PrometheusRule with one group, if there are rules. The name of the group begins with that of
/// the stack: [`crate::alerts`] finds the stack's own groups by it.
fn rules_object(stack: &Stack, what: &str, rules: Vec<Rule>) -> Option<Object> {
    if rules.is_empty() {
        return None;
    }
    let mut labels: Map = stack.labels.clone();
    labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    labels.extend(stack.platform.prometheus.rule_labels.clone());
    let metadata = Metadata {
        name: bounded(&format!("{}-redis-{what}", stack.name)),
        namespace: stack.platform.prometheus.namespace.clone(),
        labels,
        annotations: Map::new(),
    };
    let group = RuleGroup {
        name: format!("{}.redis.{what}", stack.name),
        interval: stack.platform.prometheus.evaluation_interval.to_string(),
        rules,
    };
    Some(Object::new(prometheus_rule(
        metadata,
        PrometheusRuleSpec {
            groups: vec![group],
        },
    )))
}

/// Bytes of the rules of one object, where they can be divided: with their labels and annotations
/// they stay below what `kubectl apply` takes ([`size::LARGEST_ANNOTATIONS`]).
const RULES_OF_ONE_OBJECT: usize = 225_000;

/// Adds rules whose order says nothing, each with what it is known by. Where they are too large for
/// one object they are divided by a hash of that, so that one more rule changes one object.
fn rules_files(
    stack: &Stack,
    files: &mut Files<'_>,
    what: &str,
    rules: impl Iterator<Item = (String, Vec<Rule>)>,
) {
    let rules: Vec<(String, Vec<Rule>)> = rules.collect();
    let size: usize = rules.iter().flat_map(|(_, rules)| rules).map(bytes).sum();
    let mut digits = 0;
    let mut room = RULES_OF_ONE_OBJECT;
    while size > room {
        digits += 1;
        // A part is a sixteenth of the one before, with room for an uneven spread.
        room = RULES_OF_ONE_OBJECT / 4 * 3 * 16_usize.pow(digits);
    }
    let mut parts: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
    for (key, rules) in rules {
        let hash = base16ct::lower::encode_string(&Sha256::digest(key.as_bytes()));
        // No namespace has a dot, so no part has the name of another namespace.
        let part = match digits {
            0 => String::new(),
            digits => format!(".{}", &hash[..digits as usize]),
        };
        parts.entry(part).or_default().extend(rules);
    }
    for (part, rules) in parts {
        let name = format!("{what}{part}");
        files.objects(
            &format!("rules/{name}.yaml"),
            rules_object(stack, &name, rules),
        );
    }
}

/// Bytes of a rule as it is delivered.
fn bytes(rule: &Rule) -> usize {
    serde_json::to_string(rule).map_or(0, |it| it.len())
}

/// What only the policy knows of an instance, as metrics: with them, one alert serves all instances
/// and its ratios are true.
fn facts_of(stack: &Stack, instance: &Instance) -> Vec<Rule> {
    let topology = &instance.topology;
    let mut known: Vec<(&str, u128)> = vec![(fact::REDIS_PODS, topology.redis_pods().into())];
    if topology.is_replicated() {
        known.push((fact::REPLICAS, (topology.redis_pods() - 1).into()));
    }
    match topology {
        Topology::Standalone | Topology::Replication { .. } => {}
        Topology::Sentinel {
            sentinels, quorum, ..
        } => {
            known.push((fact::SENTINELS, (*sentinels).into()));
            known.push((fact::QUORUM, (*quorum).into()));
        }
        Topology::Cluster { masters, .. } => known.push((fact::MASTERS, (*masters).into())),
    }
    known.extend(instance.memory_limit().map(|it| (fact::MEMORY_LIMIT, it)));
    known
        .into_iter()
        .map(|(record, value)| {
            Rule::Record(RecordingRule {
                record: record.to_owned(),
                expr: format!("vector({value})"),
                labels: instance_labels(stack, instance),
            })
        })
        .collect()
}

fn instance_labels(stack: &Stack, instance: &Instance) -> BTreeMap<String, String> {
    [
        (label::STACK, stack.name.as_str()),
        (label::CLUSTER, &stack.cluster),
        (label::NAMESPACE, &instance.namespace),
        (label::INSTANCE_NAME, &instance.name),
        (label::TOPOLOGY, instance.topology.kind().name()),
        (label::TEAM, &instance.team),
        (label::TIER, &instance.tier),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}

fn rule(stack: &Stack, alert: &Alert, class: &Class<'_>) -> Rule {
    let query = Query::new(stack, alert, class);
    let mut labels = static_labels(stack, class.parameters.severity.name());
    labels.extend(
        class
            .tag
            .as_ref()
            .map(|it| (label::CLASS.to_owned(), it.clone())),
    );
    // Templates see the labels of the series and not those of the rule, so what only the rule knows
    // is filled in here.
    let mut namespace = String::new();
    if let Scope::Stack { namespace: of, .. } = alert.scope {
        namespace = of(stack).to_owned();
        labels.insert(label::NAMESPACE.to_owned(), namespace.clone());
        labels.extend(
            stack
                .platform
                .team
                .as_ref()
                .map(|it| (label::TEAM.to_owned(), it.clone())),
        );
    }
    let threshold = class
        .parameters
        .threshold
        .map(|it| it.to_string())
        .unwrap_or_default();
    let filled = |text: &str| {
        text.replace("<< threshold >>", &threshold)
            .replace("<< window >>", &query.window().to_string())
            .replace("<< stack >>", &stack.name)
            .replace("<< namespace >>", &namespace)
    };
    Rule::Alert(AlertRule {
        alert: alert.name.to_owned(),
        expr: (alert.expr)(&query),
        for_: class.parameters.for_.map(|it| it.to_string()),
        labels,
        annotations: [
            ("summary".to_owned(), filled(alert.summary)),
            ("description".to_owned(), filled(alert.description)),
            (
                "runbook_url".to_owned(),
                stack.runbooks.join(&format!("{}.md", alert.name)),
            ),
        ]
        .into(),
    })
}

fn custom_rule(stack: &Stack, alert: &CustomAlert) -> Rule {
    let mut labels = static_labels(stack, alert.severity.name());
    labels.insert(label::TEAM.to_owned(), alert.team.clone());
    let mut annotations: BTreeMap<String, String> = [
        ("summary".to_owned(), alert.summary.clone()),
        ("runbook_url".to_owned(), alert.runbook.clone()),
    ]
    .into();
    annotations.extend(
        alert
            .description
            .as_ref()
            .map(|it| ("description".to_owned(), it.clone())),
    );
    Rule::Alert(AlertRule {
        alert: alert.name.clone(),
        expr: alert.expr.clone(),
        for_: alert.for_.map(|it| it.to_string()),
        labels,
        annotations,
    })
}

/// The labels that a rule gives its alerts; the others come from the series.
fn static_labels(stack: &Stack, severity: &str) -> BTreeMap<String, String> {
    [
        (label::SEVERITY, severity),
        (label::STACK, &stack.name),
        (label::CLUSTER, &stack.cluster),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .collect()
}
