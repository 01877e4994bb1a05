//! Who watches what, as the objects of a side say it: the instances, the alerting rules, and the way of their alerts
//! through Alertmanager.

use std::collections::{BTreeMap, BTreeSet};

use promql_parser::label::MatchOp;
use promql_parser::parser::{Expr, VectorSelector};
use serde_json::Value as Json;

use crate::alerts::{self, Scope};
use crate::api::conventions::label;
use crate::diff::side::Side;
use crate::promql::meaning::Meaning;
use crate::promql::read::{Reader, each};
use crate::prove::routed::delivered::Configuration;
use crate::prove::routed::subjects::{ALERTNAME, OF_INSTANCES, WITHOUT_LABELS};
use crate::routing::Verdict;
use crate::routing::condition::Conditions;
use crate::routing::inhibition::Inhibition;
use crate::routing::labels::{Labels, Value};
use crate::routing::times::Times;
use crate::routing::tree::Tree;
use crate::value::duration::Duration;
use crate::value::matcher::Matcher;
use crate::value::promql::Comparison;

/// The metric that there is of every instance of a policy, with its labels.
const FACT: &str = "instance_name:redis_pods:policy";

/// Labels that say of which instances a rule is, rather than what it asks.
const NARROWING: &[&str] = &[
    label::STACK,
    label::NAMESPACE,
    label::INSTANCE_NAME,
    label::TEAM,
    label::TIER,
];

/// Who watches what on one side.
pub(super) struct Watch<'a> {
    /// The instances by `namespace/name`, with their labels.
    pub(super) instances: BTreeMap<String, BTreeMap<&'a str, &'a str>>,
    /// The alerting rules.
    pub(super) rules: Vec<Rule<'a>>,
    /// Alertmanager, where something is delivered to it.
    pub(super) alertmanager: Option<Alertmanager<'a>>,
}

/// An alerting rule.
pub(super) struct Rule<'a> {
    /// The name of the alert.
    pub(super) alert: &'a str,
    /// The labels that it gives its alerts.
    pub(super) labels: BTreeMap<&'a str, &'a str>,
    /// How long its condition must hold.
    pub(super) for_: Duration,
    /// Its expression.
    pub(super) expression: &'a str,
    /// What it means, if it can be read.
    pub(super) meaning: Option<Meaning>,
    /// What people read.
    pub(super) texts: &'a Json,
    /// Which instances it asks of; nothing where it is not about instances.
    asks: Option<Conditions>,
}

/// Alertmanager, as a side configures it.
pub(super) struct Alertmanager<'a> {
    tree: Tree,
    times: Vec<Times>,
    /// What keeps what quiet.
    pub(super) inhibitions: Vec<Inhibition>,
    /// The namespaces whose alerts it sees; `None` for all.
    namespaces: Option<BTreeSet<&'a str>>,
    /// The receivers by their names.
    pub(super) receivers: BTreeMap<&'a str, &'a Json>,
}

/// A receiver of an alert, and how it is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Recipient {
    /// Its name.
    pub(super) receiver: String,
    /// Whether it is told whatever the labels are that are not known.
    pub(super) is_certain: bool,
    /// When it is not told.
    pub(super) silent: Vec<String>,
    /// How long a new group waits.
    pub(super) wait: Duration,
    /// How often a group is looked at.
    pub(super) interval: Duration,
    /// After what time it is told again.
    pub(super) repeat: Duration,
}

impl<'a> Watch<'a> {
    /// Reads a side.
    pub(super) fn of(side: &'a Side, read: &mut Expressions) -> Self {
        let mut watch = Self {
            instances: BTreeMap::new(),
            rules: Vec::new(),
            alertmanager: None,
        };
        for object in side.objects.values() {
            if object["kind"] != "PrometheusRule" {
                continue;
            }
            for rule in list(&object["spec"]["groups"]).flat_map(|it| list(&it["rules"])) {
                if rule["record"] == FACT {
                    let labels = texts(&rule["labels"]);
                    let of = |name: &str| labels.get(name).copied().unwrap_or_default();
                    let name = format!("{}/{}", of(label::NAMESPACE), of(label::INSTANCE_NAME));
                    watch.instances.insert(name, labels);
                } else if let Some(alert) = rule["alert"].as_str() {
                    watch.rules.push(Rule::of(alert, rule, read));
                }
            }
        }
        watch.alertmanager = Alertmanager::of(side, &watch.instances);
        watch
    }
}

impl<'a> Rule<'a> {
    fn of(alert: &'a str, rule: &'a Json, read: &mut Expressions) -> Self {
        let expression = rule["expr"].as_str().unwrap_or_default();
        let is_of_instances =
            alerts::find(alert).is_some_and(|it| matches!(it.scope, Scope::Instances { .. }));
        let (meaning, matchers) = read.read(expression, is_of_instances);
        Self {
            alert,
            labels: texts(&rule["labels"]),
            for_: rule["for"]
                .as_str()
                .and_then(|it| Duration::parse(it).ok())
                .unwrap_or(Duration::seconds(0)),
            expression,
            meaning,
            texts: &rule["annotations"],
            asks: is_of_instances.then(|| Conditions::new(&matchers)),
        }
    }

    /// Whether it is about instances, and not about what they share.
    pub(super) fn is_of_instances(&self) -> bool {
        self.asks.is_some()
    }

    /// Whether it asks of an instance with these labels.
    pub(super) fn asks_of(&self, labels: &Labels) -> bool {
        let asks = self.asks.as_ref();
        asks.is_some_and(|it| it.verdict(labels) != Verdict::No)
    }

    /// The labels of its alerts, about an instance if there is one.
    pub(super) fn labels_of(&self, instance: Option<&BTreeMap<&str, &str>>) -> Labels {
        let of_instance = instance.into_iter().flatten();
        let of_instance = of_instance.filter(|(name, _)| OF_INSTANCES.contains(name));
        let all = of_instance
            .chain(&self.labels)
            .map(|(name, it)| (*name, *it))
            .chain([(ALERTNAME, self.alert)]);
        match self.expression.starts_with(WITHOUT_LABELS) {
            true => Labels::only(all),
            false => Labels::at_least(all),
        }
    }

    /// How urgent it is.
    pub(super) fn severity(&self) -> &'a str {
        self.labels.get(label::SEVERITY).copied().unwrap_or("none")
    }
}

impl<'a> Alertmanager<'a> {
    fn of(side: &'a Side, instances: &BTreeMap<String, BTreeMap<&str, &str>>) -> Option<Self> {
        let mut resources = side
            .objects
            .iter()
            .filter(|(id, _)| id.kind == "AlertmanagerConfig");
        if let Some((id, first)) = resources.next() {
            let spec = &first["spec"];
            let mut namespaces = BTreeSet::from([id.namespace.as_str()]);
            // All resources of a stack say the same.
            let same = resources.filter(|(_, it)| it["spec"] == *spec);
            namespaces.extend(same.map(|(id, _)| id.namespace.as_str()));
            // The operator lets each see its own namespace only: then there is one in every namespace.
            let is_in_each = !instances.is_empty()
                && instances
                    .values()
                    .filter_map(|it| it.get(label::NAMESPACE))
                    .all(|it| namespaces.contains(it));
            return Some(Self::read(
                Configuration::of_resource(spec),
                is_in_each.then_some(namespaces),
                spec,
            ));
        }
        let config = side
            .objects
            .values()
            .filter(|it| it["kind"] == "Secret")
            .flat_map(|it| [&it["stringData"], &it["data"]])
            .map(|it| &it["alertmanager.yaml"])
            .find(|it| it.is_object())?;
        Some(Self::read(Configuration::of_file(config), None, config))
    }

    fn read(
        written: Configuration,
        namespaces: Option<BTreeSet<&'a str>>,
        config: &'a Json,
    ) -> Self {
        let receivers = list(&config["receivers"]);
        Self {
            tree: Tree::new(&written.root),
            times: written.times,
            inhibitions: written.inhibitions,
            namespaces,
            receivers: receivers
                .filter_map(|it| Some((it["name"].as_str()?, it)))
                .collect(),
        }
    }

    /// The labels that decide the way of an alert.
    pub(super) fn deciding(&self) -> BTreeSet<&str> {
        let guarded = self.namespaces.as_ref().map(|_| label::NAMESPACE);
        self.tree.labels().chain(guarded).collect()
    }

    /// Who is told of an alert with these labels, each once and in one order.
    pub(super) fn told(&self, labels: &Labels) -> Vec<Recipient> {
        let seen = match (&self.namespaces, labels.get(label::NAMESPACE)) {
            (None, _) => Verdict::Yes,
            (Some(all), Value::Text(it)) => all.contains(it.as_str()).into(),
            (Some(_), Value::OneOf(_) | Value::Unknown) => Verdict::Maybe,
        };
        if seen == Verdict::No {
            return Vec::new();
        }
        let mut told: Vec<Recipient> = self
            .tree
            .taken(labels)
            .into_iter()
            .map(|taken| {
                let node = self.tree.node(taken.node);
                let when = |names: &[String], word: &str| -> Vec<String> {
                    let each = names.iter();
                    each.map(|it| format!("{word} {}", self.time(it))).collect()
                };
                let mut silent = when(&node.mute, "during");
                silent.extend(when(&node.active, "outside"));
                Recipient {
                    receiver: node.receiver.clone(),
                    is_certain: taken.is_certain && seen == Verdict::Yes,
                    silent,
                    wait: node.group_wait,
                    interval: node.group_interval,
                    repeat: node.repeat_interval,
                }
            })
            .collect();
        told.sort();
        told.dedup();
        told
    }

    /// A named time in words.
    fn time(&self, name: &str) -> String {
        match self.times.iter().find(|it| it.name == name) {
            Some(times) => format!("{name} ({times})"),
            None => name.to_owned(),
        }
    }
}

/// Expressions that were read, each text once: both sides have most of them in common.
#[derive(Default)]
pub(super) struct Expressions {
    reader: Reader,
    read: BTreeMap<(String, bool), (Option<Meaning>, Vec<Matcher>)>,
}

impl Expressions {
    /// What an expression means, and what its first selector asks of instances.
    fn read(&mut self, text: &str, is_of_instances: bool) -> (Option<Meaning>, Vec<Matcher>) {
        let key = (text.to_owned(), is_of_instances);
        if let Some(known) = self.read.get(&key) {
            return known.clone();
        }
        let narrowing = match is_of_instances {
            true => NARROWING,
            false => &[label::STACK],
        };
        let read = match self.reader.read(text) {
            Ok(it) => (Some(Meaning::of(&it, narrowing)), matchers(&it)),
            Err(_) => (None, Vec::new()),
        };
        self.read.insert(key, read.clone());
        read
    }
}

/// What the first selector of an expression asks of the labels of instances.
fn matchers(expression: &Expr) -> Vec<Matcher> {
    let mut first: Option<VectorSelector> = None;
    each(expression, &mut |it| {
        if let (None, Expr::VectorSelector(selector)) = (&first, it) {
            first = Some(selector.clone());
        }
    });
    let matchers = first.into_iter().flat_map(|it| it.matchers.matchers);
    matchers
        .filter(|it| OF_INSTANCES.contains(&it.name.as_str()) || it.name == label::STACK)
        .map(|it| Matcher {
            comparison: match it.op {
                MatchOp::Equal => Comparison::Equal,
                MatchOp::NotEqual => Comparison::NotEqual,
                MatchOp::Re(_) => Comparison::Matches,
                MatchOp::NotRe(_) => Comparison::DoesNotMatch,
            },
            label: it.name,
            value: it.value,
        })
        .collect()
}

fn list(value: &Json) -> impl Iterator<Item = &Json> {
    value.as_array().into_iter().flatten()
}

fn texts(value: &Json) -> BTreeMap<&str, &str> {
    let fields = value.as_object().into_iter().flatten();
    fields
        .filter_map(|(name, it)| Some((name.as_str(), it.as_str()?)))
        .collect()
}
