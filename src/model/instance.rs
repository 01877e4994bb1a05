//! The Redis instances, resolved: defaults filled in, each topology with its numbers.

use std::collections::BTreeMap;

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, SUGGESTIONS};
use crate::model::stack::{Instance, Resources, Storage};
use crate::model::{DEFAULT_TIER, Known, redis_config};
use crate::read::defaults;
use crate::read::spec::{
    AmountsSpec, InstanceDefaultsSpec, InstanceMetricsSpec, InstanceSpec, ResourcesSpec, StackSpec,
    StorageSpec, TopologySpec,
};
use crate::topologies::{Kind, Topology};
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::name::Name;
use crate::value::quantity::Quantity;

pub(super) fn resolve_all(
    spec: &StackSpec,
    known: &Known<'_>,
    acc: &mut Vec<Diagnostic>,
) -> Vec<Instance> {
    let defaults = &spec.redis.defaults;
    let at = FieldPath::spec(&["redis", "defaults"]);
    redis_config::check_defaults(&defaults.config, &at.key("config"), acc);
    if let Some(team) = &defaults.team {
        known.team(team, at.key("team"), acc);
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
        .map(|it| resolve(it, defaults, known, acc))
        .collect()
}

fn resolve(
    spec: &InstanceSpec,
    defaults: &InstanceDefaultsSpec,
    known: &Known<'_>,
    acc: &mut Vec<Diagnostic>,
) -> Instance {
    let at = FieldPath::spec(&["redis", "instances", spec.name.as_str()]);
    let mut required = |field: &[&str], what: &str| {
        let path = field.iter().fold(at.clone(), |path, it| path.key(it));
        let field = field.join(".");
        acc.push(
            Diagnostic::error(
                "policy/missing-field",
                Place::Key(at.clone()),
                format!("`{}` has no {field}", spec.name),
            )
            .label(format!("needs `{field}`"))
            .note(format!("obsgen does not guess {what}"))
            .help(format!("add `{field}` here or under `redis.defaults`"))
            .about(path),
        );
    };
    let namespace = spec.namespace.as_ref().or(defaults.namespace.as_ref());
    if namespace.is_none() {
        required(&["namespace"], "in which namespace it runs");
    }
    let team = spec.team.as_ref().or(defaults.team.as_ref());
    if team.is_none() {
        required(&["team"], "which team is told when it is in trouble");
    }
    let image = spec.image.as_ref().or(defaults.image.as_ref());
    if image.is_none() {
        required(
            &["image"],
            "which image of Redis runs, and of which version",
        );
    }
    let storage = over(&spec.storage, &defaults.storage, |own, default| {
        StorageSpec {
            size: own.size.or(default.size),
            class_name: own.class_name.or(default.class_name),
        }
    });
    if storage.as_ref().is_some_and(|it| it.size.is_none()) {
        required(&["storage", "size"], "how large its volume is");
    }
    if let Some(team) = &spec.team {
        known.team(team, at.key("team"), acc);
    }
    let tier = spec.tier.as_ref().or(defaults.tier.as_ref());
    if let Some(tier) = tier
        && !known.tiers.contains(tier.as_str())
    {
        let finding = Diagnostic::error(
            "references/unknown-tier",
            Place::Value(at.key("tier")),
            format!("there is no tier `{tier}`"),
        )
        .label("not a tier")
        .note(
            "its alerts would have none of the parameters that are meant; the tiers are the keys of \
             `alerts.tiers`, and `standard`",
        );
        acc.push(match acc.len() < SUGGESTIONS {
            true => {
                let tiers: Vec<&str> = known.tiers.iter().copied().collect();
                finding.did_you_mean(tier.as_str(), &tiers)
            }
            false => finding.help("name a tier that there is"),
        });
    }
    redis_config::check(
        spec.name.as_str(),
        &spec.config,
        &defaults.config,
        image,
        &at.key("config"),
        acc,
    );
    let metrics = spec.metrics.as_ref().or(defaults.metrics.as_ref());
    let interval = metrics
        .and_then(|it| it.interval)
        .unwrap_or(defaults::SCRAPE_INTERVAL);
    check_interval(spec.metrics.as_ref(), &at, acc);
    let mut config: BTreeMap<String, String> = BTreeMap::new();
    for (key, value) in defaults.config.iter().chain(&spec.config) {
        config.insert(key.clone(), redis_config::text(value));
    }
    let resources = over(&spec.resources, &defaults.resources, |own, default| {
        ResourcesSpec {
            requests: amounts_over(own.requests, default.requests),
            limits: amounts_over(own.limits, default.limits),
        }
    });
    if let Some(resources) = &resources {
        check_resources(resources, &at.key("resources"), acc);
    }
    let text = |it: Option<&Name>| it.map_or_else(|| NOT_WRITTEN.to_owned(), ToString::to_string);
    Instance {
        name: spec.name.to_string(),
        namespace: text(namespace),
        topology: topology(spec.topology.as_ref(), &at.key("topology"), acc),
        team: text(team),
        tier: tier.map_or_else(|| DEFAULT_TIER.to_owned(), ToString::to_string),
        image: image.cloned().unwrap_or_else(no_image),
        resources: resources.as_ref().map(self::resources).unwrap_or_default(),
        storage: storage.map(|it| Storage {
            size: it.size.unwrap_or_else(no_size),
            class_name: it.class_name.as_ref().map(ToString::to_string),
        }),
        config,
        auth: spec.auth.as_ref().map(|it| it.secret_ref.clone()),
        interval,
        alerts: spec.alerts.clone(),
        at,
    }
}

/// Stands for a name that is missing, which is an error, so that the rest of the instance can be
/// looked at.
const NOT_WRITTEN: &str = "not-written";

fn no_image() -> Image {
    Image::parse("not-written:0").expect("a name and a tag are an image")
}

fn no_size() -> Quantity {
    Quantity::parse("1").expect("one byte is a size")
}

/// Lays what an instance says on what the defaults say: maps by key, as everywhere in the language.
fn over<T: Clone>(own: &Option<T>, default: &Option<T>, merge: fn(T, T) -> T) -> Option<T> {
    match (own.clone(), default.clone()) {
        (Some(own), Some(default)) => Some(merge(own, default)),
        (own, default) => own.or(default),
    }
}

fn amounts_over(own: AmountsSpec, default: AmountsSpec) -> AmountsSpec {
    AmountsSpec {
        cpu: own.cpu.or(default.cpu),
        memory: own.memory.or(default.memory),
    }
}

/// Resolves a layout. A number that is missing or impossible is an error, and stands as the least
/// that is possible.
fn topology(spec: Option<&TopologySpec>, at: &FieldPath, acc: &mut Vec<Diagnostic>) -> Topology {
    let Some(spec) = spec else {
        return Topology::Standalone;
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
                .note("it would change nothing, and whoever wrote it expects another topology")
                .help(format!("remove it, or write `kind: {}`", kinds[0])),
            );
        }
    }
    let mut number = |field: &str, value: Option<u32>, least: u32, why: &str| match value {
        Some(value) if value >= least => value,
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
            least
        }
        None => {
            acc.push(
                Diagnostic::error(
                    "policy/missing-field",
                    Place::Key(at.clone()),
                    format!("a {} topology needs `{field}`", spec.kind.name()),
                )
                .label(format!("needs `{field}`"))
                .note(why)
                .help(format!("add `{field}`, {least} or more"))
                .about(at.key(field)),
            );
            least
        }
    };
    match spec.kind {
        Kind::Standalone => Topology::Standalone,
        Kind::Replication => Topology::Replication {
            redis_pods: number(
                "redisPods",
                spec.redis_pods,
                2,
                "the primary counts as one, and it needs a replica",
            ),
        },
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
            }
            let master_name = spec
                .master_name
                .as_ref()
                .map_or_else(|| defaults::MASTER_NAME.to_owned(), ToString::to_string);
            Topology::Sentinel {
                redis_pods,
                sentinels,
                quorum,
                master_name,
            }
        }
        Kind::Cluster => Topology::Cluster {
            masters: number(
                "masters",
                spec.masters,
                3,
                "a cluster elects by majority of its primaries",
            ),
            replicas_per_master: number(
                "replicasPerMaster",
                spec.replicas_per_master,
                0,
                "replicas take over from a lost primary",
            ),
        },
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
                .note("Kubernetes refuses the StatefulSet, so the operator makes no pods")
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
