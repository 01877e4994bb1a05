//! How labels reach the series of the instances of a namespace, whoever scrapes them.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::conventions::{label, object_label};
use crate::api::monitoring::{Endpoint, Relabeling};
use crate::api::object::{Map, Metadata};
use crate::model::stack::{Instance, Stack, bounded};
use crate::value::duration::Duration;
use crate::value::promql::alternatives;

/// Prometheus' own default, kept below a shorter interval.
const SCRAPE_TIMEOUT: Duration = Duration::seconds(10);

/// The instances of a namespace by the interval at which they are scraped: one monitor each.
pub(super) fn by_interval<'a>(
    stack: &'a Stack,
    namespace: &str,
) -> BTreeMap<Duration, Vec<&'a Instance>> {
    let mut groups: BTreeMap<Duration, Vec<&Instance>> = BTreeMap::new();
    for instance in stack.in_namespace(namespace) {
        groups.entry(instance.interval).or_default().push(instance);
    }
    groups
}

/// The metadata of a monitor: it carries the labels by which Prometheus selects.
pub fn metadata(stack: &Stack, name: &str) -> Metadata {
    let mut labels: Map = stack.labels.clone();
    labels.insert(object_label::PART_OF.to_owned(), stack.name.clone());
    labels.insert(object_label::MANAGED_BY.to_owned(), "obsgen".to_owned());
    labels.extend(stack.platform.prometheus.monitor_labels.clone());
    Metadata {
        name: bounded(name),
        namespace: stack.platform.prometheus.namespace.clone(),
        labels,
        annotations: Map::new(),
    }
}

/// An endpoint with what every endpoint has.
pub fn endpoint(port: &str, interval: Duration, relabelings: Vec<Relabeling>) -> Endpoint {
    Endpoint {
        port: port.to_owned(),
        interval: interval.to_string(),
        scrape_timeout: interval.min(SCRAPE_TIMEOUT).to_string(),
        relabelings,
        ..Endpoint::default()
    }
}

/// Gives targets that already have `instance_name` the labels that the policy knows.
///
/// The regular expressions are anchored, so one name never answers for another that it begins.
pub(super) fn policy_labels(stack: &Stack, instances: &[&Instance]) -> Vec<Relabeling> {
    let mut relabelings = vec![Relabeling::set(label::STACK, &stack.name)];
    type Property = fn(&Instance) -> &str;
    let properties: [(&str, Property); 3] = [
        (label::TOPOLOGY, |it| it.topology.kind().name()),
        (label::TEAM, |it| &it.team),
        (label::TIER, |it| &it.tier),
    ];
    for (name, property) in properties {
        let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for instance in instances {
            values
                .entry(property(instance))
                .or_default()
                .insert(&instance.name);
        }
        for (value, names) in values {
            let names: Vec<&str> = names.into_iter().collect();
            relabelings.push(Relabeling::set_where(
                name,
                value,
                &[label::INSTANCE_NAME],
                &alternatives(&names),
            ));
        }
    }
    relabelings
}
