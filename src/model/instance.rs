//! The Redis instances, resolved: defaults filled in, each topology with its numbers.

use std::collections::BTreeMap;

use crate::catalog::redis_config::{self, Takes};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, SUGGESTIONS, did_you_mean, nearest};
use crate::model::stack::{Instance, Resources, Storage};
use crate::model::{DEFAULT_TIER, Known};
use crate::read::spec::{
    AmountsSpec, ConfigValue, InstanceDefaultsSpec, InstanceMetricsSpec, InstanceSpec,
    ResourcesSpec, StackSpec, StorageSpec, TopologySpec,
};
use crate::topologies::{Kind, Topology};
use crate::value::duration::Duration;
use crate::value::quantity::{Quantity, redis_size};
use crate::value::text::forbidden;

/// The interval of a scrape where the policy names none: Prometheus' own usual one.
const DEFAULT_INTERVAL: Duration = Duration::seconds(30);

pub(super) fn resolve_all(
    spec: &StackSpec,
    known: &Known<'_>,
    acc: &mut Vec<Diagnostic>,
) -> Vec<Instance> {
    let defaults = &spec.redis.defaults;
    let at = FieldPath::spec(&["redis", "defaults"]);
    check_config(&defaults.config, &at.key("config"), acc);
    if let Some(team) = &defaults.team {
        known.team(team, at.key("team"), acc);
    }
    if let Some(resources) = &defaults.resources {
        check_resources(resources, &at.key("resources"), acc);
    }
    check_interval(defaults.metrics.as_ref(), &at, acc);
    if spec.redis.instances.is_empty() {
        acc.push(
            Diagnostic::error(
                "policy/no-instances",
                Place::Key(FieldPath::spec(&["redis", "instances"])),
                "this stack has no Redis instance",
            )
            .note("an empty output, delivered with pruning, would delete everything")
            .help("add an instance, or delete the stack"),
        );
    }
    spec.redis
        .instances
        .iter()
        .filter_map(|it| resolve(it, defaults, known, acc))
        .collect()
}

fn resolve(
    spec: &InstanceSpec,
    defaults: &InstanceDefaultsSpec,
    known: &Known<'_>,
    acc: &mut Vec<Diagnostic>,
) -> Option<Instance> {
    let at = FieldPath::spec(&["redis", "instances", spec.name.as_str()]);
    let mut required = |field: &str, what: &str| {
        acc.push(
            Diagnostic::error(
                "policy/missing-field",
                Place::Key(at.clone()),
                format!("`{}` has no {field}", spec.name),
            )
            .label(format!("needs `{field}`"))
            .help(format!(
                "add `{field}` here or under `redis.defaults`: {what}"
            )),
        );
    };
    let namespace = spec.namespace.as_ref().or(defaults.namespace.as_ref());
    if namespace.is_none() {
        required("namespace", "the namespace that it runs in");
    }
    let team = spec.team.as_ref().or(defaults.team.as_ref());
    if team.is_none() {
        required("team", "the team that is told when it is in trouble");
    }
    let image = spec.image.as_ref().or(defaults.image.as_ref());
    if image.is_none() {
        required("image", "the image of Redis, with its version");
    }
    if let Some(team) = &spec.team {
        known.team(team, at.key("team"), acc);
    }
    let tier = spec.tier.as_ref().or(defaults.tier.as_ref());
    if let Some(tier) = tier
        && !known.tiers.contains(tier.as_str())
    {
        let help = match acc.len() < SUGGESTIONS {
            true => {
                let tiers: Vec<&str> = known.tiers.iter().copied().collect();
                did_you_mean(tier.as_str(), &tiers)
            }
            false => "name a tier that there is".to_owned(),
        };
        acc.push(
            Diagnostic::error(
                "references/unknown-tier",
                Place::Value(at.key("tier")),
                format!("there is no tier `{tier}`"),
            )
            .label("not a tier")
            .note("the tiers are the keys of `alerts.tiers`, and `standard`")
            .help(help),
        );
    }
    check_config(&spec.config, &at.key("config"), acc);
    if let Some(resources) = &spec.resources {
        check_resources(resources, &at.key("resources"), acc);
    }
    let topology = topology(spec.topology.as_ref(), &at.key("topology"), acc);
    let metrics = spec.metrics.as_ref().or(defaults.metrics.as_ref());
    let interval = metrics
        .and_then(|it| it.interval)
        .unwrap_or(DEFAULT_INTERVAL);
    check_interval(spec.metrics.as_ref(), &at, acc);
    let mut config: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in defaults.config.iter().chain(&spec.config) {
        config.insert(key.clone(), config_text(value));
    }
    let resources = spec.resources.as_ref().or(defaults.resources.as_ref());
    Some(Instance {
        name: spec.name.to_string(),
        namespace: namespace?.to_string(),
        topology: topology?,
        team: team?.to_string(),
        tier: tier.map_or_else(|| DEFAULT_TIER.to_owned(), ToString::to_string),
        image: image?.clone(),
        resources: resources.map(self::resources).unwrap_or_default(),
        storage: spec
            .storage
            .as_ref()
            .or(defaults.storage.as_ref())
            .map(storage),
        config,
        auth: spec.auth.as_ref().map(|it| it.secret_ref.clone()),
        interval,
        alerts: spec.alerts.clone(),
        at,
    })
}

fn topology(
    spec: Option<&TopologySpec>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) -> Option<Topology> {
    let Some(spec) = spec else {
        return Some(Topology::Standalone);
    };
    let written: [(&str, bool, &[Kind]); 6] = [
        (
            "redisPods",
            spec.redis_pods.is_some(),
            &[Kind::Replication, Kind::Sentinel],
        ),
        ("sentinels", spec.sentinels.is_some(), &[Kind::Sentinel]),
        ("quorum", spec.quorum.is_some(), &[Kind::Sentinel]),
        ("masterName", spec.master_name.is_some(), &[Kind::Sentinel]),
        ("masters", spec.masters.is_some(), &[Kind::Cluster]),
        (
            "replicasPerMaster",
            spec.replicas_per_master.is_some(),
            &[Kind::Cluster],
        ),
    ];
    for (field, is_written, kinds) in written {
        if is_written && !kinds.contains(&spec.kind) {
            let kinds: Vec<&str> = kinds.iter().map(|it| it.name()).collect();
            acc.push(
                Diagnostic::error(
                    "redis/foreign-topology-field",
                    Place::Key(at.key(field)),
                    format!("a {} topology has no `{field}`", spec.kind.name()),
                )
                .label(format!("belongs to {}", kinds.join(" and ")))
                .help(format!("remove it, or write `kind: {}`", kinds[0])),
            );
        }
    }
    let mut number = |field: &str, value: Option<u32>, least: u32, why: &str| match value {
        Some(value) if value >= least => Some(value),
        Some(value) => {
            acc.push(
                Diagnostic::error(
                    "redis/topology-too-small",
                    Place::Value(at.key(field)),
                    format!(
                        "{value} is too few for `{field}` of a {} topology",
                        spec.kind.name()
                    ),
                )
                .note(why)
                .help(format!("write {least} or more")),
            );
            None
        }
        None => {
            acc.push(
                Diagnostic::error(
                    "policy/missing-field",
                    Place::Key(at.clone()),
                    format!("a {} topology needs `{field}`", spec.kind.name()),
                )
                .label(format!("needs `{field}`"))
                .help(format!("add `{field}`, {least} or more: {why}")),
            );
            None
        }
    };
    match spec.kind {
        Kind::Standalone => Some(Topology::Standalone),
        Kind::Replication => {
            let redis_pods = number(
                "redisPods",
                spec.redis_pods,
                2,
                "the primary counts as one, and it needs a replica",
            );
            Some(Topology::Replication {
                redis_pods: redis_pods?,
            })
        }
        Kind::Sentinel => {
            let redis_pods = number(
                "redisPods",
                spec.redis_pods,
                2,
                "the primary counts as one, and it needs a replica to fail over to",
            );
            let sentinels = number(
                "sentinels",
                spec.sentinels,
                3,
                "with fewer, one lost Sentinel stops every failover",
            );
            let quorum = number(
                "quorum",
                spec.quorum,
                1,
                "so many Sentinels must agree that the primary is down",
            );
            let (redis_pods, sentinels, quorum) = (redis_pods?, sentinels?, quorum?);
            if quorum > sentinels {
                acc.push(
                    Diagnostic::error(
                        "redis/quorum-unreachable",
                        Place::Value(at.key("quorum")),
                        format!("{sentinels} Sentinels can never be {quorum} that agree"),
                    )
                    .context(Place::Value(at.key("sentinels")), "so many there are")
                    .note("no failover would ever begin")
                    .help(format!("write {} or less", sentinels / 2 + 1)),
                );
                return None;
            }
            let master_name = spec
                .master_name
                .as_ref()
                .map_or_else(|| "mymaster".to_owned(), ToString::to_string);
            Some(Topology::Sentinel {
                redis_pods,
                sentinels,
                quorum,
                master_name,
            })
        }
        Kind::Cluster => {
            let masters = number(
                "masters",
                spec.masters,
                3,
                "a cluster elects by majority of its primaries",
            );
            let replicas = number(
                "replicasPerMaster",
                spec.replicas_per_master,
                0,
                "replicas take over from a lost primary",
            );
            Some(Topology::Cluster {
                masters: masters?,
                replicas_per_master: replicas?,
            })
        }
    }
}

fn check_config(config: &BTreeMap<String, ConfigValue>, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
    for (directive, value) in config {
        let at = at.key(directive);
        if let Some(why) = redis_config::forbidden(directive) {
            acc.push(
                Diagnostic::error(
                    "redis/forbidden-directive",
                    Place::Key(at),
                    format!("`{directive}` cannot be set here"),
                )
                .note(why.to_owned())
                .help("remove it"),
            );
            continue;
        }
        if !redis_config::is_known(directive) {
            let near = match acc.len() < SUGGESTIONS {
                true => nearest(directive, redis_config::known()),
                false => None,
            };
            acc.push(
                Diagnostic::error(
                    "redis/unknown-directive",
                    Place::Key(at),
                    format!("redis.conf has no directive `{directive}`"),
                )
                .label("not a directive")
                .note("Redis does not start with a directive that it does not know")
                .help(near.map_or_else(
                    || "see redis.conf of your version for its name".to_owned(),
                    |it| format!("did you mean `{it}`?"),
                )),
            );
            continue;
        }
        let text = config_text(value);
        if let Some(it) = forbidden(&text, false) {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!(
                        "the value of `{directive}` has the control character U+{:04X}",
                        u32::from(it)
                    ),
                )
                .note("a line break would begin another directive in redis.conf")
                .help("write one value on one line"),
            );
        } else if text.contains(['"', '\'', '\\']) {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!("the value of `{directive}` has quotes or a backslash"),
                )
                .note("redis.conf and CONFIG SET read them differently, and an unbalanced one stops Redis at its start")
                .help("write the value without them; an empty text stands for `\"\"`"),
            );
        } else if directive == "maxmemory" && redis_size(&text).is_none() {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!("`{text}` is not a size that Redis reads"),
                )
                .note("alerts on memory divide by it")
                .help("write a number of bytes, or one with `kb`, `mb` or `gb`, such as `768mb`"),
            );
        } else if let Some(takes) = redis_config::takes(directive)
            && !takes.takes(&text)
        {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!("`{directive}` cannot be `{text}`"),
                )
                .note("Redis does not start with a value that it does not know")
                .help(match takes {
                    Takes::Word(words) => did_you_mean(&text, words),
                    Takes::Number(least, i64::MAX) => {
                        format!("write a whole number, {least} or more")
                    }
                    Takes::Number(least, largest) => {
                        format!("write a whole number from {least} to {largest}")
                    }
                }),
            );
        }
    }
}

pub(super) fn check_resources(spec: &ResourcesSpec, at: &FieldPath, acc: &mut Vec<Diagnostic>) {
    for (name, request, limit) in [
        ("cpu", spec.requests.cpu, spec.limits.cpu),
        ("memory", spec.requests.memory, spec.limits.memory),
    ] {
        if let (Some(request), Some(limit)) = (request, limit)
            && request > limit
        {
            acc.push(
                Diagnostic::error(
                    "redis/request-over-limit",
                    Place::Value(at.key("requests").key(name)),
                    format!("{request} is requested of {name}, over the limit of {limit}"),
                )
                .context(Place::Value(at.key("limits").key(name)), "the limit")
                .note("Kubernetes refuses the pod")
                .help(format!("request {limit} or less")),
            );
        }
    }
}

/// A series that is older than five minutes is gone for Prometheus (its lookback delta).
fn check_interval(
    metrics: Option<&InstanceMetricsSpec>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    if let Some(interval) = metrics.and_then(|it| it.interval)
        && interval > Duration::seconds(120)
    {
        acc.push(
            Diagnostic::error(
                "scrape/interval-too-long",
                Place::Value(at.key("metrics").key("interval")),
                format!("{interval} between two scrapes leaves gaps"),
            )
            .note("Prometheus forgets a series after five minutes, so two lost scrapes end every alert")
            .help("write `2m` or less"),
        );
    }
}

fn config_text(value: &ConfigValue) -> String {
    match value {
        ConfigValue::Number(number) => number.to_string(),
        ConfigValue::Text(text) => text.clone(),
    }
}

pub(super) fn resources(spec: &ResourcesSpec) -> Resources {
    Resources {
        requests: amounts(&spec.requests),
        limits: amounts(&spec.limits),
    }
}

fn amounts(spec: &AmountsSpec) -> BTreeMap<&'static str, Quantity> {
    [("cpu", spec.cpu), ("memory", spec.memory)]
        .into_iter()
        .filter_map(|(name, amount)| Some((name, amount?)))
        .collect()
}

pub(super) fn storage(spec: &StorageSpec) -> Storage {
    Storage {
        size: spec.size,
        class_name: spec.class_name.as_ref().map(ToString::to_string),
    }
}
