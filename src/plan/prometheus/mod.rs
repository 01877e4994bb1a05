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
        for (part, object) in facts(stack, namespace) {
            files.objects(&format!("rules/policy-{namespace}{part}.yaml"), [object]);
        }
    }
    for group in Group::ALL {
        let rules: Vec<Rule> = ALERTS
            .iter()
            .filter(|it| it.group == *group)
            .flat_map(|alert| {
                classes(stack, alert)
                    .into_iter()
                    .map(|class| rule(stack, alert, &class))
            })
            .collect();
        let name = group.name();
        files.objects(
            &format!("rules/alerts-{name}.yaml"),
            rules_object(stack, &format!("alerts-{name}"), rules),
        );
    }
    files.objects(
        "rules/recording-custom.yaml",
        rules_object(stack, "recording-custom", recording::rules(stack)),
    );
    let custom = stack
        .custom
        .iter()
        .map(|it| custom_rule(stack, it))
        .collect();
    files.objects(
        "rules/alerts-custom.yaml",
        rules_object(stack, "alerts-custom", custom),
    );
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

/// Instances of a namespace whose facts fit into one PrometheusRule. The operator refuses one over
/// 524,288 bytes, and `kubectl apply` without server-side apply one over 262,144; the facts of an
/// instance take up to 900.
const FACTS_OF_ONE_OBJECT: usize = 250;

/// What only the policy knows of the instances of a namespace, as metrics: with them, one alert
/// serves all instances and its ratios are true. A large namespace is split by a hash of the
/// instance, so that one more instance changes one part.
fn facts(stack: &Stack, namespace: &str) -> Vec<(String, Object)> {
    let instances: Vec<&Instance> = stack.in_namespace(namespace).collect();
    let digits = match instances.len() {
        0..=FACTS_OF_ONE_OBJECT => 0,
        // A sixteenth, and a 256th, with room for an uneven spread.
        count if count <= FACTS_OF_ONE_OBJECT * 12 => 1,
        _ => 2,
    };
    let mut parts: BTreeMap<String, Vec<Rule>> = BTreeMap::new();
    for instance in instances {
        let hash = base16ct::lower::encode_string(&Sha256::digest(instance.name.as_bytes()));
        // No namespace has a dot, so no part has the name of another namespace.
        let part = if digits == 0 {
            String::new()
        } else {
            format!(".{}", &hash[..digits])
        };
        parts
            .entry(part)
            .or_default()
            .extend(facts_of(stack, instance));
    }
    parts
        .into_iter()
        .filter_map(|(part, rules)| {
            let object = rules_object(stack, &format!("policy-{namespace}{part}"), rules)?;
            Some((part, object))
        })
        .collect()
}

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
