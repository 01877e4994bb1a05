//! The alerts of a stack, as Alertmanager will see them: those together that go the same way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::alerts::class::{Class, classes};
use crate::alerts::{ALERTS, Alert, Scope, find};
use crate::api::conventions::label;
use crate::model::stack::{CustomAlert, Instance, Stack};
use crate::plan::{Content, Plan};
use crate::promql::shape::{Shape, Values};
use crate::prove::alerts::labels_of_those;
use crate::prove::routed::delivered::Delivered;
use crate::read::spec::Severity;
use crate::routing::Verdict;
use crate::routing::condition::Condition;
use crate::routing::labels::{Labels, Value};

/// The labels that tell instances apart.
pub const OF_INSTANCES: &[&str] = &[
    label::NAMESPACE,
    label::INSTANCE_NAME,
    label::TOPOLOGY,
    label::TEAM,
    label::TIER,
];

/// Alerts of one rule that go the same way.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Its place among all.
    pub(super) number: usize,
    /// The name.
    pub alert: &'a str,
    /// Who wrote it.
    pub origin: Origin<'a>,
    /// How urgent it is.
    pub severity: Severity,
    /// The labels of the first of them. The others differ in labels of instances, and no matcher
    /// tells them apart.
    pub labels: Labels,
    /// The instances that it is about, by their place in the stack; none for an alert about the
    /// stack, or of the user's own.
    pub instances: Vec<usize>,
}

/// Who wrote an alert.
#[derive(Clone, Copy)]
pub enum Origin<'a> {
    /// obsgen.
    BuiltIn(&'static Alert),
    /// The user.
    Custom(&'a CustomAlert),
}

impl std::fmt::Debug for Origin<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::BuiltIn(it) => f.debug_tuple("BuiltIn").field(&it.name).finish(),
            Self::Custom(it) => f.debug_tuple("Custom").field(&it.name).finish(),
        }
    }
}

/// A rule as the plan has it.
#[derive(Debug, Clone)]
pub struct Rule<'a> {
    /// The labels that it gives its alerts.
    labels: &'a serde_json::Value,
    /// Its expression.
    pub expr: &'a str,
    /// The labels of its alerts, where they are not those of an instance.
    shape: Option<Shape>,
}

/// The alerting rules of a plan by the name of the alert, those of one alert in their order.
pub fn rules<'a>(stack: &Stack, plan: &'a Plan) -> BTreeMap<&'a str, Vec<Rule<'a>>> {
    let custom: BTreeSet<&str> = stack.custom.iter().map(|it| it.name.as_str()).collect();
    let is_of_instances =
        |it: &str| find(it).is_some_and(|it| matches!(it.scope, Scope::Instances { .. }));
    // Those of instances are known, and there may be many instances.
    let is_wanted = |it: &str| custom.contains(it) || !is_of_instances(it);
    let mut shapes: BTreeMap<String, VecDeque<Shape>> = BTreeMap::new();
    for it in labels_of_those(stack, plan, is_wanted) {
        shapes.entry(it.alert).or_default().push_back(it.shape);
    }
    let mut rules: BTreeMap<&str, Vec<Rule<'_>>> = BTreeMap::new();
    for (_, file) in plan.files() {
        let Content::Objects(objects) = &file.content else {
            continue;
        };
        for object in objects {
            if object.object.kind() != "PrometheusRule" {
                continue;
            }
            let groups = object.object.value()["spec"]["groups"].as_array();
            let groups = groups.into_iter().flatten();
            for rule in groups.flat_map(|it| it["rules"].as_array().into_iter().flatten()) {
                if let Some(alert) = rule["alert"].as_str() {
                    rules.entry(alert).or_default().push(Rule {
                        labels: &rule["labels"],
                        expr: rule["expr"].as_str().unwrap_or_default(),
                        // Both are in the order of the plan.
                        shape: shapes.get_mut(alert).and_then(VecDeque::pop_front),
                    });
                }
            }
        }
    }
    rules
}

impl Rule<'_> {
    /// The labels of its alerts, about an instance if there is one. Those that the series bring are
    /// not known.
    pub fn labels(&self, alert: &str, instance: Option<&Instance>) -> Labels {
        let known = self.labels.as_object().into_iter().flatten();
        let known = known.filter_map(|(name, it)| Some((name.as_str(), it.as_str()?)));
        let known = known.chain([(ALERTNAME, alert)]);
        let of_instance = instance.into_iter().flat_map(|instance| {
            OF_INSTANCES
                .iter()
                .map(|name| (*name, value(instance, name)))
        });
        // The rule's own labels count more than those of the series.
        let all = of_instance.chain(known);
        if self.expr.starts_with(WITHOUT_LABELS) {
            return Labels::only(all);
        }
        let mut labels = Labels::at_least(all);
        if let Some(shape) = self.shape.as_ref().filter(|_| instance.is_none()) {
            self.refine(&mut labels, shape);
        }
        labels
    }

    /// Adds what is known of the labels that the series of the expression bring.
    fn refine(&self, labels: &mut Labels, shape: &Shape) {
        for (name, label) in &shape.labels {
            if name == ALERTNAME || self.labels[name].is_string() {
                continue;
            }
            let Values::OneOf(texts) = &label.values else {
                continue;
            };
            let mut texts: BTreeSet<String> = texts.iter().take(MOST_TEXTS + 1).cloned().collect();
            if !label.is_always || texts.is_empty() {
                texts.insert(String::new());
            }
            match texts.pop_first() {
                Some(only) if texts.is_empty() => labels.set(name, Value::Text(only)),
                Some(first) if texts.len() < MOST_TEXTS => {
                    texts.insert(first);
                    labels.set(name, Value::OneOf(texts));
                }
                _ => {}
            }
        }
        if shape.is_open {
            return;
        }
        // What Prometheus adds when it sends an alert has other names.
        for name in ONLY_OF_SERIES {
            if !shape.labels.contains_key(*name) && !self.labels[*name].is_string() {
                labels.set(name, Value::Text(String::new()));
            }
        }
    }

    fn severity(&self) -> Option<Severity> {
        let name = self.labels[label::SEVERITY].as_str()?;
        Severity::ALL.iter().copied().find(|it| it.name() == name)
    }

    /// Returns whether it is the rule of a class.
    pub fn is_of(&self, class: &Class<'_>) -> bool {
        self.labels[label::CLASS].as_str() == class.tag.as_deref()
    }
}

/// The label that Prometheus itself gives an alert.
pub const ALERTNAME: &str = "alertname";

/// Labels that an alert has from its series or its rule, and never from the Prometheus that sends it.
const ONLY_OF_SERIES: &[&str] = &[
    label::NAMESPACE,
    label::INSTANCE_NAME,
    label::TOPOLOGY,
    label::TIER,
];

/// Texts that a label may have, of which each is looked at; of more it is not known which.
const MOST_TEXTS: usize = 32;

/// How an expression begins whose series has no label.
pub const WITHOUT_LABELS: &str = "vector(";

/// What an instance has as one of its labels.
pub fn value<'a>(instance: &'a Instance, name: &str) -> &'a str {
    match name {
        label::NAMESPACE => &instance.namespace,
        label::INSTANCE_NAME => &instance.name,
        label::TOPOLOGY => instance.topology.kind().name(),
        label::TEAM => &instance.team,
        label::TIER => &instance.tier,
        _ => "",
    }
}

/// The alerts of a stack.
pub(super) fn subjects<'a>(
    stack: &'a Stack,
    plan: &'a Plan,
    delivered: &Delivered,
) -> Vec<Subject<'a>> {
    let rules = rules(stack, plan);
    let kinds = kinds(stack, delivered);
    let mut subjects = Vec::new();
    for alert in ALERTS {
        let Some(of_alert) = rules.get(alert.name) else {
            continue;
        };
        for class in classes(stack, alert) {
            let Some(rule) = of_alert.iter().find(|it| it.is_of(&class)) else {
                continue;
            };
            let mut parts = by_kind(stack, &class, &kinds);
            if parts.is_empty() {
                parts.push(Vec::new());
            }
            for instances in parts {
                let first = instances.first().map(|it| &stack.instances[*it]);
                subjects.push(Subject {
                    number: subjects.len(),
                    alert: alert.name,
                    origin: Origin::BuiltIn(alert),
                    severity: class.parameters.severity,
                    labels: rule.labels(alert.name, first),
                    instances,
                });
            }
        }
    }
    for custom in &stack.custom {
        let mut of_alert = rules.get(custom.name.as_str()).into_iter().flatten();
        let severity = custom.severity;
        let rule = of_alert.rfind(|it| it.severity() == Some(severity));
        if let Some(rule) = rule {
            subjects.push(Subject {
                number: subjects.len(),
                alert: &custom.name,
                origin: Origin::Custom(custom),
                severity,
                labels: rule.labels(&custom.name, None),
                instances: Vec::new(),
            });
        }
    }
    subjects
}

/// For each instance a number, which is the same for those that no matcher tells apart.
fn kinds(stack: &Stack, delivered: &Delivered) -> Vec<usize> {
    let mut conditions: BTreeMap<&str, BTreeMap<&_, &Condition>> = BTreeMap::new();
    for it in delivered.conditions() {
        let matcher = it.matcher();
        if OF_INSTANCES.contains(&matcher.label.as_str()) {
            let of_label = conditions.entry(&matcher.label).or_default();
            of_label.insert(matcher, it);
        }
    }
    let mut numbers: BTreeMap<Vec<Verdict>, usize> = BTreeMap::new();
    let mut known: BTreeMap<(&str, &str), Vec<Verdict>> = BTreeMap::new();
    let number = |instance| {
        let mut verdicts = Vec::new();
        for (name, of_label) in &conditions {
            let text = value(instance, name);
            let of_text = known
                .entry((name, text))
                .or_insert_with(|| of_label.values().map(|it| it.takes(text)).collect());
            verdicts.extend(of_text.iter().copied());
        }
        if let Some(seen) = &delivered.namespaces {
            verdicts.push(seen.contains(&instance.namespace).into());
        }
        let next = numbers.len();
        *numbers.entry(verdicts).or_insert(next)
    };
    stack.instances.iter().map(number).collect()
}

/// The instances of a class, those of one kind together.
fn by_kind(stack: &Stack, class: &Class<'_>, kinds: &[usize]) -> Vec<Vec<usize>> {
    let mut parts: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    // Both are in the order of the policy.
    let mut members = class.instances.iter().peekable();
    for (index, instance) in stack.instances.iter().enumerate() {
        if members.next_if(|it| std::ptr::eq(**it, instance)).is_some() {
            parts.entry(kinds[index]).or_default().push(index);
        }
    }
    parts.into_values().collect()
}
