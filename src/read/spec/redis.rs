//! The Redis instances.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::read::defaults;
use crate::read::spec::AlertParametersSpec;
use crate::topologies::Kind;
use crate::value::duration::Duration;
use crate::value::image::Image;
use crate::value::name::{Name, Subdomain};
use crate::value::quantity::Quantity;
use crate::value::secret::Credential;

/// The Redis instances.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RedisSpec {
    /// What holds for every instance that does not say otherwise.
    #[serde(default)]
    pub defaults: InstanceDefaultsSpec,
    /// The instances.
    pub instances: Vec<InstanceSpec>,
}

/// What holds for every instance that does not say otherwise.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceDefaultsSpec {
    /// The namespace.
    #[serde(default)]
    #[schemars(example = &"shop")]
    pub namespace: Option<Name>,
    /// The team that owns it.
    #[serde(default)]
    #[schemars(example = &"checkout")]
    pub team: Option<Name>,
    /// The tier.
    #[serde(default)]
    #[schemars(extend("default" = defaults::TIER))]
    #[schemars(example = &"critical")]
    pub tier: Option<Name>,
    /// The image of Redis.
    #[serde(default)]
    #[schemars(example = &"redis:7.4.7")]
    pub image: Option<Image>,
    /// Requests and limits of each Redis container.
    #[serde(default)]
    pub resources: Option<ResourcesSpec>,
    /// The volume of each Redis pod.
    #[serde(default)]
    pub storage: Option<StorageSpec>,
    /// Directives of redis.conf.
    #[serde(default)]
    pub config: BTreeMap<String, ConfigValue>,
    /// How it is scraped.
    #[serde(default)]
    pub metrics: Option<InstanceMetricsSpec>,
}

/// A Redis instance.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceSpec {
    /// The name: of the resource, and the label `instance_name`. Unique in the stack.
    pub name: Name,
    /// The namespace.
    #[serde(default)]
    #[schemars(example = &"shop")]
    pub namespace: Option<Name>,
    /// How it is laid out; without it, one server.
    #[serde(default)]
    #[schemars(extend("default" = {"kind": Kind::Standalone.name()}))]
    pub topology: Option<TopologySpec>,
    /// The team that owns it.
    #[serde(default)]
    #[schemars(example = &"checkout")]
    pub team: Option<Name>,
    /// The tier: a key of `alerts.tiers`, or `standard`.
    #[serde(default)]
    #[schemars(extend("default" = defaults::TIER))]
    #[schemars(example = &"critical")]
    pub tier: Option<Name>,
    /// The image of Redis.
    #[serde(default)]
    #[schemars(example = &"redis:7.4.7")]
    pub image: Option<Image>,
    /// Requests and limits of each Redis container.
    #[serde(default)]
    pub resources: Option<ResourcesSpec>,
    /// The volume of each Redis pod.
    #[serde(default)]
    pub storage: Option<StorageSpec>,
    /// Directives of redis.conf, such as `maxmemory: 768mb`.
    #[serde(default)]
    pub config: BTreeMap<String, ConfigValue>,
    /// The password.
    #[serde(default)]
    pub auth: Option<Credential>,
    /// How it is scraped.
    #[serde(default)]
    pub metrics: Option<InstanceMetricsSpec>,
    /// Parameters of alerts for this instance, by alert; they override those of its tier.
    #[serde(default)]
    pub alerts: BTreeMap<String, AlertParametersSpec>,
}

/// How a Redis is laid out.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TopologySpec {
    /// standalone, replication, sentinel or cluster.
    pub kind: Kind,
    /// Redis servers, the primary included (replication, sentinel).
    #[serde(default)]
    #[schemars(range(min = 1, max = 100))]
    pub redis_pods: Option<u32>,
    /// Sentinels (sentinel).
    #[serde(default)]
    #[schemars(range(min = 1, max = 15))]
    pub sentinels: Option<u32>,
    /// Sentinels that must agree that the primary is down (sentinel).
    #[serde(default)]
    #[schemars(range(min = 1, max = 15))]
    pub quorum: Option<u32>,
    /// The name under which Sentinels know the primary (sentinel).
    #[serde(default)]
    #[schemars(extend("default" = defaults::MASTER_NAME))]
    #[schemars(example = &"mymaster")]
    pub master_name: Option<Name>,
    /// Primaries (cluster).
    #[serde(default)]
    #[schemars(range(min = 1, max = 500))]
    pub masters: Option<u32>,
    /// Replicas of each primary (cluster).
    #[serde(default)]
    #[schemars(range(min = 0, max = 5))]
    pub replicas_per_master: Option<u32>,
}

/// Requests and limits of a container.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResourcesSpec {
    /// What the scheduler reserves.
    #[serde(default)]
    pub requests: AmountsSpec,
    /// What the container is held to.
    #[serde(default)]
    pub limits: AmountsSpec,
}

/// Amounts of processor time and memory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AmountsSpec {
    /// Processor time, such as `100m`.
    #[serde(default)]
    #[schemars(example = &"100m")]
    pub cpu: Option<Quantity>,
    /// Memory, such as `1Gi`.
    #[serde(default)]
    #[schemars(example = &"1Gi")]
    pub memory: Option<Quantity>,
}

/// The volume of a pod.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct StorageSpec {
    /// Its size.
    #[serde(default)]
    #[schemars(example = &"10Gi")]
    pub size: Option<Quantity>,
    /// Its storage class.
    #[serde(default)]
    #[schemars(example = &"standard")]
    pub class_name: Option<Subdomain>,
}

/// The value of a directive of redis.conf.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum ConfigValue {
    Number(i64),
    Text(String),
}

impl JsonSchema for ConfigValue {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> std::borrow::Cow<'static, str> {
        "ConfigValue".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": ["string", "integer"] })
    }
}

/// How an instance is scraped.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InstanceMetricsSpec {
    /// How often.
    #[serde(default)]
    #[schemars(extend("default" = defaults::SCRAPE_INTERVAL.to_string()))]
    pub interval: Option<Duration>,
}
