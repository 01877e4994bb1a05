//! What the operators make of a policy, written down once more: as OT-CONTAINER-KIT/redis-operator
//! v0.26.0 (internal/k8sutils) and redis.github.com `044aca0` (internal/controller) have it.

use std::collections::BTreeMap;

/// Labels of an object or of a target.
pub(crate) type Labels = BTreeMap<String, String>;

/// A StatefulSet that an operator makes: namespace, instance, what it is for, pods.
pub(crate) type Set = (&'static str, &'static str, &'static str, u32);

/// What runs: the stack's own, and what monitors must leave alone.
pub(crate) struct World {
    pub(crate) pods: Vec<Pod>,
    pub(crate) services: Vec<Service>,
}

pub(crate) struct Pod {
    pub(crate) namespace: String,
    pub(crate) name: String,
    pub(crate) ip: String,
    pub(crate) labels: Labels,
    /// Ports of its containers, by name.
    pub(crate) ports: BTreeMap<&'static str, u16>,
    /// Whose it is, where it is the stack's own.
    pub(crate) owner: Option<Owner>,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Owner {
    Instance {
        name: &'static str,
        component: &'static str,
    },
    Operator,
}

pub(crate) struct Service {
    pub(crate) namespace: String,
    pub(crate) labels: Labels,
    pub(crate) selector: Labels,
    pub(crate) ports: BTreeMap<&'static str, u16>,
}

impl World {
    /// The world of OT-CONTAINER-KIT's operator, as its chart installs it.
    pub(crate) fn opstree(ours: &[Set], foreign: &[Set]) -> Self {
        let mut world = Self {
            pods: Vec::new(),
            services: Vec::new(),
        };
        for (set, own) in sets(ours, foreign) {
            world.add_opstree(set, own);
        }
        let operator = &[("name", "redis-operator")];
        let metrics = &[("metrics", 8080), ("probe", 8081)];
        let own = Some(Owner::Operator);
        world.pod("ot-operators", "redis-operator", 0, operator, metrics, own);
        world.pod("elsewhere", "redis-operator", 0, operator, metrics, None);
        let another = &[("name", "mongodb-operator")];
        world.pod(
            "ot-operators",
            "mongodb-operator",
            0,
            another,
            metrics,
            None,
        );
        world
    }

    /// The world of the operator `redis.github.com`, as its `config/default` installs it.
    pub(crate) fn redis_operator(ours: &[Set], foreign: &[Set]) -> Self {
        let mut world = Self {
            pods: Vec::new(),
            services: Vec::new(),
        };
        for (set, own) in sets(ours, foreign) {
            world.add_redis_operator(set, own);
        }
        let labels = &[
            ("control-plane", "controller-manager"),
            ("app.kubernetes.io/name", "redis-operator"),
        ];
        for (namespace, own) in [
            ("redis-operator-system", Some(Owner::Operator)),
            ("elsewhere", None),
        ] {
            let name = "redis-operator-controller-manager";
            world.pod(namespace, name, 0, labels, &[("https", 8443)], own);
            world.service(namespace, labels, labels, &[("https", 8443)]);
        }
        // Somebody's Redis, labelled as tutorials do.
        let redis = &[("app", "redis")];
        world.pod("redis", "redis", 0, redis, &[("redis", 6379)], None);
        let sentinel = &[("app", "redis-sentinel"), ("instance", "sentinel")];
        world.pod(
            "redis",
            "sentinel",
            0,
            sentinel,
            &[("sentinel", 26379)],
            None,
        );
        world
    }

    /// A StatefulSet with the exporter on, and its Services. The label `app` is its name.
    fn add_opstree(&mut self, (namespace, instance, role, pods): Set, own: bool) {
        let (setup, suffix, client) = match role {
            "standalone" | "replication" => (role, "", ("redis-client", 6379)),
            "sentinel" => (role, "-sentinel", ("sentinel-client", 26379)),
            "leader" => ("cluster", "-leader", ("redis-client", 6379)),
            "follower" => ("cluster", "-follower", ("redis-client", 6379)),
            _ => panic!("{role} is none of opstree's"),
        };
        let app = format!("{instance}{suffix}");
        let labels = &[
            ("app", app.as_str()),
            ("redis_setup_type", setup),
            ("role", role),
        ];
        let exporter = ("redis-exporter", 9121);
        let component = if role == "sentinel" {
            "sentinel"
        } else {
            "redis"
        };
        let owner = own.then_some(Owner::Instance {
            name: instance,
            component,
        });
        for index in 0..pods {
            let mut labels = labels.to_vec();
            labels.push(("redis-role", if index == 0 { "master" } else { "slave" }));
            self.pod(namespace, &app, index, &labels, &[exporter], owner.clone());
        }
        // `-headless`, `-additional`, the client's, which has the exporter's port too, `-metrics`.
        self.service(namespace, labels, labels, &[client]);
        self.service(namespace, labels, labels, &[client]);
        self.service(namespace, labels, labels, &[client, exporter]);
        let mut metrics = labels.to_vec();
        metrics.push(("app.kubernetes.io/component", "metrics"));
        self.service(namespace, &metrics, labels, &[exporter]);
        if matches!(role, "replication" | "leader") {
            let mut primary = labels.to_vec();
            primary.push(("redis-role", "master"));
            self.service(namespace, labels, &primary, &[client]);
        }
    }

    /// A StatefulSet. There is no exporter, and the Services lead to one pod of several.
    fn add_redis_operator(&mut self, (namespace, instance, role, pods): Set, own: bool) {
        let redis = ("redis", 6379);
        let bus = ("cluster-bus", 16379);
        let (suffix, labels, ports): (_, &[(&str, &str)], &[_]) = match role {
            "RedisInstance" => (
                "",
                &[
                    ("app", "redisInstance"),
                    ("redis.github.com/instance", instance),
                    ("app.kubernetes.io/name", "redisInstance"),
                    ("app.kubernetes.io/instance", instance),
                    ("app.kubernetes.io/component", "redisInstance"),
                    ("app.kubernetes.io/managed-by", "redis-operator"),
                ],
                &[redis],
            ),
            "RedisMasterReplica master" => (
                "-master",
                &[
                    ("app", "redis"),
                    ("component", "master"),
                    ("instance", instance),
                ],
                &[redis],
            ),
            "RedisMasterReplica replica" => (
                "-replica",
                &[
                    ("app", "redis"),
                    ("component", "replica"),
                    ("instance", instance),
                ],
                &[redis],
            ),
            "RedisSentinel redis" => (
                "-redis",
                &[("app", "redis"), ("instance", instance)],
                &[redis],
            ),
            "RedisSentinel sentinel" => (
                "-sentinel",
                &[
                    ("app", "redis-sentinel"),
                    ("component", "sentinel"),
                    ("instance", instance),
                ],
                &[("sentinel", 26379)],
            ),
            "RedisCluster" => (
                "",
                &[
                    ("app", "redis-cluster"),
                    ("component", "cluster"),
                    ("instance", instance),
                ],
                &[redis, bus],
            ),
            _ => panic!("{role} is none of redis-operator's"),
        };
        let component = match role {
            "RedisSentinel sentinel" => "sentinel",
            _ => "redis",
        };
        let owner = own.then_some(Owner::Instance {
            name: instance,
            component,
        });
        for index in 0..pods {
            let name = format!("{instance}{suffix}");
            self.pod(namespace, &name, index, labels, ports, owner.clone());
        }
        self.service(namespace, labels, labels, ports);
    }

    fn pod(
        &mut self,
        namespace: &str,
        set: &str,
        index: u32,
        labels: &[(&str, &str)],
        ports: &[(&'static str, u16)],
        owner: Option<Owner>,
    ) {
        let number = self.pods.len();
        self.pods.push(Pod {
            namespace: namespace.to_owned(),
            name: format!("{set}-{index}"),
            ip: format!("10.0.{}.{}", number / 250, number % 250 + 1),
            labels: owned(labels),
            ports: ports.iter().copied().collect(),
            owner,
        });
    }

    fn service(
        &mut self,
        namespace: &str,
        labels: &[(&str, &str)],
        selector: &[(&str, &str)],
        ports: &[(&'static str, u16)],
    ) {
        self.services.push(Service {
            namespace: namespace.to_owned(),
            labels: owned(labels),
            selector: owned(selector),
            ports: ports.iter().copied().collect(),
        });
    }
}

fn sets<'a>(ours: &'a [Set], foreign: &'a [Set]) -> impl Iterator<Item = (Set, bool)> + 'a {
    let own = ours.iter().map(|it| (*it, true));
    own.chain(foreign.iter().map(|it| (*it, false)))
}

/// Labels from a list.
pub(crate) fn owned(labels: &[(&str, &str)]) -> Labels {
    labels
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}
