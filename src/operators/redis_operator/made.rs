//! The pods and Services that the operator makes (internal/controller, one file per kind; config/default
//! for the operator itself). There is no exporter: the ports speak the protocol of Redis.

use crate::api::conventions::{component, object_label};
use crate::catalog::Exporter;
use crate::model::stack::{Instance, Stack};
use crate::operators::made::{Labels, Made, Port, Service, Speaks};
use crate::topologies::Topology;

/// A StatefulSet for each role, with one Service in front.
pub(super) fn of(instance: &Instance) -> Vec<Made<'_>> {
    let name = instance.name.as_str();
    let labels = |app: &'static str, role: Option<&'static str>| {
        let labels = Labels::default().with("app", app);
        let labels = match role {
            Some(role) => labels.with("component", role),
            None => labels,
        };
        labels.with("instance", name)
    };
    let redis = || vec![Port::of_redis("redis", 6379)];
    let build = Build { instance };
    match &instance.topology {
        Topology::Standalone => {
            let labels = Labels::default()
                .with("app", "redisInstance")
                .with("redis.github.com/instance", name)
                .with(object_label::NAME, "redisInstance")
                .with(object_label::INSTANCE, name)
                .with(object_label::COMPONENT, "redisInstance")
                .with(object_label::MANAGED_BY, "redis-operator");
            vec![build.made("", "", 1, labels, redis())]
        }
        Topology::Replication { redis_pods } => vec![
            build.made(
                "-master",
                "-master-service",
                1,
                labels("redis", Some("master")),
                redis(),
            ),
            build.made(
                "-replica",
                "-replica-service",
                redis_pods - 1,
                labels("redis", Some("replica")),
                redis(),
            ),
        ],
        Topology::Sentinel {
            redis_pods,
            sentinels,
            ..
        } => vec![
            build.made(
                "-redis",
                "-redis-headless",
                *redis_pods,
                labels("redis", None),
                redis(),
            ),
            build.made(
                "-sentinel",
                "-sentinel-service",
                *sentinels,
                labels("redis-sentinel", Some("sentinel")),
                vec![Port::of_redis("sentinel", 26379)],
            ),
        ],
        Topology::Cluster { .. } => {
            let ports = vec![
                Port::of_redis("redis", 6379),
                Port {
                    name: "cluster-bus".into(),
                    number: 16379,
                    speaks: Speaks::Other,
                },
            ];
            let labels = labels("redis-cluster", Some("cluster"));
            vec![build.made(
                "",
                "-service",
                instance.topology.redis_pods(),
                labels,
                ports,
            )]
        }
    }
}

struct Build<'a> {
    instance: &'a Instance,
}

impl<'a> Build<'a> {
    fn made(
        &self,
        set: &'static str,
        service: &'static str,
        pods: u32,
        labels: Labels<'a>,
        ports: Vec<Port<'a>>,
    ) -> Made<'a> {
        let name = &self.instance.name;
        Made {
            name: format!("{name}{set}"),
            namespace: &self.instance.namespace,
            component: match set {
                "-sentinel" => component::SENTINEL,
                _ => component::REDIS,
            },
            pods: Some(pods),
            services: vec![Service {
                name: format!("{name}{service}"),
                labels: labels.clone(),
                ports: ports.clone(),
            }],
            labels,
            ports,
        }
    }
}

/// As `config/default` installs it, with its own prefix and namespace.
pub(super) fn operator(stack: &Stack) -> Made<'_> {
    let labels = || {
        Labels::default()
            .with("control-plane", "controller-manager")
            .with(object_label::NAME, "redis-operator")
    };
    Made {
        name: "redis-operator-controller-manager".to_owned(),
        namespace: &stack.platform.operator.namespace,
        component: component::OPERATOR,
        pods: Some(1),
        labels: labels(),
        ports: Vec::new(),
        services: vec![Service {
            name: "redis-operator-controller-manager-metrics-service".to_owned(),
            labels: labels(),
            ports: vec![Port {
                name: "https".into(),
                number: 8443,
                speaks: Speaks::Metrics {
                    exporter: Exporter::RedisOperator,
                    path: "/metrics",
                    scheme: "https",
                },
            }],
        }],
    }
}
