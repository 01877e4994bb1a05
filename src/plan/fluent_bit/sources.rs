//! Which files are read, and how a filter tells the records of one container from those of another.
//!
//! The kubelet links the log of a container as `<pod>_<namespace>_<container>-<id>.log`; the id has 64
//! characters (kubelet, `pkg/kubelet/kuberuntime/legacy.go`; Fluent Bit's kubernetes filter wants as
//! many). The name of the file becomes part of the tag.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::stack::{Instance, Stack};
use crate::operators::{self, LogSource};

/// Where the kubelet links logs.
const FOLDER: &str = "/var/log/containers";
/// Any id: a name that is longer by a suffix, such as that of an exporter, does not match.
const ID: &str = "????????????????????????????????????????????????????????????????";

/// What the tags of Redis and Sentinel begin with.
pub(super) const REDIS: &str = "redis";
/// What the tags of the operator begin with.
pub(super) const OPERATOR: &str = "operator";

/// StatefulSets by namespace: what a filter is for.
pub(super) type StatefulSets = BTreeMap<String, BTreeSet<String>>;

/// What a tag has before the name of the file: the `*` of a tag is the path with dots for slashes.
pub(super) fn tag_prefix(tag: &str) -> String {
    format!("{tag}{}.", FOLDER.replace('/', "."))
}

/// The files of the instances of a namespace.
pub(super) fn redis_paths(stack: &Stack, namespace: &str) -> Vec<String> {
    let mut paths = Vec::new();
    for (instance, source) in all(stack) {
        if instance.namespace != namespace {
            continue;
        }
        let LogSource {
            suffix,
            container,
            pods,
            ..
        } = &source;
        let mut number = String::new();
        let mut counted: u64 = 1;
        while counted < (*pods).max(2).into() {
            number.push_str("[0-9]");
            counted *= 10;
            let name = &instance.name;
            paths.push(format!(
                "{FOLDER}/{name}{suffix}-{number}_{namespace}_{container}-{ID}.log"
            ));
        }
    }
    paths.sort();
    paths
}

/// The files of the operator. A pod of a Deployment has two more parts in its name.
pub(super) fn operator_path(stack: &Stack) -> String {
    let log = operators::of(stack).operator_log();
    let namespace = &stack.platform.operator.namespace;
    format!(
        "{FOLDER}/{}-*-?????_{namespace}_{}-{ID}.log",
        log.deployment, log.container
    )
}

/// The StatefulSets of the stack by a property of them.
pub(super) fn by<'a>(
    stack: &'a Stack,
    property: impl Fn(&'a Instance, &LogSource) -> &'a str,
) -> BTreeMap<&'a str, StatefulSets> {
    let mut groups: BTreeMap<&str, StatefulSets> = BTreeMap::new();
    for (instance, source) in all(stack) {
        groups
            .entry(property(instance, &source))
            .or_default()
            .entry(instance.namespace.clone())
            .or_default()
            .insert(format!("{}{}", instance.name, source.suffix));
    }
    groups
}

/// A regular expression for the tags of StatefulSets. Fluent Bit holds it against the beginning of a
/// tag. Names are letters, digits and `-`, which stand for themselves.
pub(super) fn tags_of(sets: &StatefulSets) -> String {
    let alternatives = |names: Vec<&str>| match names.as_slice() {
        [name] => (*name).to_owned(),
        names => format!("(?:{})", names.join("|")),
    };
    let pods: Vec<String> = sets
        .iter()
        .map(|(namespace, names)| {
            let names = alternatives(names.iter().map(String::as_str).collect());
            format!("{names}-[0-9]+_{namespace}")
        })
        .collect();
    let prefix = tag_prefix(REDIS).replace('.', r"\.");
    format!(
        "^{prefix}{}_",
        alternatives(pods.iter().map(String::as_str).collect())
    )
}

fn all(stack: &Stack) -> impl Iterator<Item = (&Instance, LogSource)> {
    let operator = operators::of(stack);
    stack.instances.iter().flat_map(move |instance| {
        operator
            .log_sources(instance)
            .into_iter()
            .map(move |source| (instance, source))
    })
}
