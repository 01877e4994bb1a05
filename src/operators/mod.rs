//! The operators of Redis: a closed set, one file each.
//!
//! An operator's file lowers an instance to that operator's resources, knows the Services, ports
//! and labels that the operator will make of them, says how labels reach the series, and what the
//! operator ignores. Nothing else in the program knows one operator from another.

pub mod changes;
mod exporter;
pub mod made;
pub mod monitor;
mod opstree;
pub mod raise;
mod redis_operator;
pub mod seen;

use serde_json::Value;

use crate::api::object::Object;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Resources, Stack};
use crate::operators::changes::Change;
use crate::operators::made::Made;
use crate::operators::raise::{Found, Manifests};
use crate::operators::seen::{ConfigMaps, Seen};
use crate::read::spec::OperatorKind;
use crate::topologies::Kind;

/// What is known of an operator.
pub trait Operator: Sync {
    /// The resources of an instance.
    fn resources(&self, stack: &Stack, instance: &Instance) -> Vec<Object>;

    /// The instances that the resources of this operator were, as far as manifests tell.
    fn raise(&self, manifests: &Manifests<'_>) -> Found;

    /// What a namespace of Redis needs beside its instances: exporters, where the operator runs none.
    fn exporters(&self, stack: &Stack, namespace: &str) -> Vec<Object>;

    /// What scrapes the instances of a namespace.
    fn monitors(&self, stack: &Stack, namespace: &str) -> Vec<Object>;

    /// What scrapes the operator itself.
    fn operator_monitors(&self, stack: &Stack) -> Vec<Object>;

    /// What the operator makes of an instance: what monitors can find.
    fn made<'a>(&self, instance: &'a Instance) -> Vec<Made<'a>>;

    /// The operator's own pods, and the Service in front of them.
    fn itself<'a>(&self, stack: &'a Stack) -> Made<'a>;

    /// What the operator would ignore, refuse or break on.
    fn check(&self, stack: &Stack, instance: &Instance, acc: &mut Vec<Diagnostic>);

    /// The names of everything that the operator makes of an instance and that another instance of
    /// the namespace could want too.
    fn derived_names(&self, instance: &Instance) -> Vec<String>;

    /// What a person types, for runbooks.
    fn commands(&self, kind: Kind) -> Commands;

    /// The containers of an instance whose logs are shipped: Redis and Sentinel.
    fn log_sources(&self, instance: &Instance) -> Vec<LogSource>;

    /// The container of the operator.
    fn operator_log(&self) -> OperatorLog;

    /// The API group of its resources.
    fn group(&self) -> &'static str;

    /// What it does with a change of its resources; the first row that fits holds.
    fn changes(&self) -> &'static [Change];

    /// An instance as its resources show it.
    fn seen<'a>(&self, resources: &[&'a Value], config_maps: &ConfigMaps<'a>) -> Seen;

    /// The fields of a kind of its resources that hold directives, or say where they are.
    fn fields_of_directives(&self, kind: &str) -> &'static [&'static str];

    /// Whether a resource tells the operator to leave an annotation alone that it would else follow; its
    /// changes have a row for [`changes::Of::IgnoredAnnotation`] then.
    fn is_told_to_ignore(&self, resource: &Value, annotation: &str) -> bool;
}

/// The containers of a StatefulSet that write the same log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogSource {
    /// Who writes: see [`crate::api::conventions::component`].
    pub component: &'static str,
    /// What the name of the StatefulSet has after that of the instance; the pods are numbered.
    pub suffix: &'static str,
    /// The container.
    pub container: String,
    /// How many pods there are.
    pub pods: u32,
}

/// The container of an operator that writes its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OperatorLog {
    /// The Deployment.
    pub deployment: &'static str,
    /// The container.
    pub container: &'static str,
    /// How it writes.
    pub format: LogFormat,
}

/// How an operator built with controller-runtime writes its log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// An object in JSON for each line.
    Json,
    /// Cells between tabs, the last one an object in JSON.
    Console,
}

/// What a person types to look at an instance; `INSTANCE` stands for its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commands {
    /// The kind of its resource, as kubectl takes it.
    pub resource: &'static str,
    /// The label selector of its Redis pods.
    pub redis_pods: &'static str,
    /// The container of Redis in a pod.
    pub redis_container: &'static str,
    /// The label selector of its Sentinel pods.
    pub sentinel_pods: &'static str,
    /// The container of Sentinel in a pod.
    pub sentinel_container: &'static str,
    /// The Deployment of the operator.
    pub operator_deployment: &'static str,
}

/// The operator of a stack.
pub fn of(stack: &Stack) -> &'static dyn Operator {
    by_kind(stack.platform.operator.kind)
}

/// The operator of a kind.
pub fn by_kind(kind: OperatorKind) -> &'static dyn Operator {
    match kind {
        OperatorKind::Opstree => &opstree::Opstree,
        OperatorKind::RedisOperator => &redis_operator::RedisOperator,
    }
}

/// The operator whose resources are of an API group.
pub fn by_group(group: &str) -> Option<&'static dyn Operator> {
    let all: [&dyn Operator; 2] = [&opstree::Opstree, &redis_operator::RedisOperator];
    all.into_iter().find(|it| it.group() == group)
}

/// Requests and limits as the resources take them.
fn resources(resources: &Resources) -> crate::api::opstree::Resources {
    let texts = |amounts: &std::collections::BTreeMap<&'static str, _>| {
        amounts
            .iter()
            .map(
                |(name, amount): (&&str, &crate::value::quantity::Quantity)| {
                    ((*name).to_owned(), amount.to_string())
                },
            )
            .collect()
    };
    crate::api::opstree::Resources {
        limits: texts(&resources.limits),
        requests: texts(&resources.requests),
    }
}

/// What a helper beside Redis (an exporter, a Sentinel) is given: enough, and bounded.
fn small(cpu: &str, memory: &str, limit: &str) -> crate::api::opstree::Resources {
    crate::api::opstree::Resources {
        limits: [("memory".to_owned(), limit.to_owned())].into(),
        requests: [
            ("cpu".to_owned(), cpu.to_owned()),
            ("memory".to_owned(), memory.to_owned()),
        ]
        .into(),
    }
}

/// Checks the length of a name against what the operator appends to it.
fn check_name(instance: &Instance, longest: usize, why: &str, acc: &mut Vec<Diagnostic>) {
    let name = &instance.name;
    if name.len() > longest || !name.starts_with(|it: char| it.is_ascii_lowercase()) {
        acc.push(
            Diagnostic::error(
                "redis/name-not-deployable",
                Place::Key(instance.at.clone()),
                format!("the operator cannot make objects of the name `{name}`"),
            )
            .note(why.to_owned())
            .help(format!(
                "begin with a letter and use at most {longest} characters"
            )),
        );
    }
}

/// Reports a field that the operator takes and does nothing with.
fn ignores(at: FieldPath, headline: String, note: &str, acc: &mut Vec<Diagnostic>) {
    acc.push(
        Diagnostic::warning("redis/operator-ignores", Place::Key(at), headline)
            .label("accepted, not applied")
            .note(note.to_owned())
            .help("remove it, choose another operator, or accept it under `allow` with the reason"),
    );
}

/// Reports a field with which the operator does something else than it says.
fn does_otherwise(at: FieldPath, headline: String, note: &str, acc: &mut Vec<Diagnostic>) {
    acc.push(
        Diagnostic::warning("redis/operator-ignores", Place::Key(at), headline)
            .label("not what happens")
            .note(note.to_owned())
            .help(
                "choose another topology or operator, or accept it under `allow` with the reason",
            ),
    );
}
