//! Instances from the resources of `redis.github.com/v1`.

use crate::api::redis_operator::API_VERSION;
use crate::model::stack::Storage;
use crate::operators::raise::{Found, Manifests, Parts, Raise};
use crate::read::manifest::{Content, Manifest, Node};
use crate::topologies::Topology;
use crate::value::image::Image;
use crate::value::secret::SecretRef;

/// What the resource definitions fill in; obsgen leaves it to them.
const DEFAULTS: &[(&str, &str)] = &[
    ("downAfterMilliseconds", "30000"),
    ("failoverTimeout", "180000"),
    ("parallelSyncs", "1"),
];

pub(super) fn raise(manifests: &Manifests<'_>) -> Found {
    let mut found = Found::default();
    for manifest in manifests.of_group(API_VERSION) {
        match manifest.kind.as_str() {
            "RedisInstance" => instance(manifests, manifest, &mut found),
            "RedisMasterReplica" => master_replica(manifests, manifest, &mut found),
            "RedisSentinel" => sentinel(manifests, manifest, &mut found),
            "RedisCluster" => cluster(manifests, manifest, &mut found),
            // `Redis` is a view of another resource, `Config` nothing at all.
            _ => {}
        }
    }
    found
}

fn instance(manifests: &Manifests<'_>, manifest: &Manifest, found: &mut Found) {
    let mut raise = Raise::new(manifests, manifest, DEFAULTS);
    raise.metadata("the generated resource has none");
    let spec = raise.spec();
    raise.rest(
        Some(spec),
        "",
        &["image", "replicas", "resources", "storage", "config"],
    );
    let replicas = spec.get("replicas");
    let count = replicas.and_then(Node::as_text).unwrap_or("0");
    if count != "1" {
        raise.lose(
            replicas.map_or(manifest.line(), |it| it.line),
            "`replicas`: one server is written here; the operator makes as many servers that know nothing of each other",
        );
    }
    let config = spec.get("config");
    for (directive, value) in config.into_iter().flat_map(Node::fields) {
        raise.directive(
            value.line,
            directive,
            value.as_text().unwrap_or_default(),
            false,
        );
    }
    let parts = Parts {
        topology: Topology::Standalone,
        image: raise.image(spec.get("image"), "image"),
        resources: raise.resources(spec.get("resources"), "resources"),
        storage: storage(&mut raise, spec.get("storage"), "storage"),
        auth: None,
    };
    let name = manifest.name.as_str();
    let labels = [
        ("app", "redisInstance"),
        ("redis.github.com/instance", name),
        ("app.kubernetes.io/name", "redisInstance"),
        ("app.kubernetes.io/instance", name),
        ("app.kubernetes.io/component", "redisInstance"),
        ("app.kubernetes.io/managed-by", "redis-operator"),
    ];
    raise.finish(&labels, parts, found);
}

fn master_replica(manifests: &Manifests<'_>, manifest: &Manifest, found: &mut Found) {
    let mut raise = Raise::new(manifests, manifest, DEFAULTS);
    raise.metadata("the generated resource has none");
    let spec = raise.spec();
    raise.rest(
        Some(spec),
        "",
        &[
            "image",
            "master",
            "replica",
            "resources",
            "storage",
            "security",
        ],
    );
    let replicas = raise.number(
        spec.at(&["replica", "replicas"]),
        2,
        1..=99,
        "replica.replicas",
    );
    let topology = Topology::Replication {
        redis_pods: replicas + 1,
    };
    let image = raise.image(spec.get("image"), "image");
    let parts = roles(&mut raise, spec, "", topology, image);
    finish(
        raise,
        parts,
        &[("app", "redis"), ("component", "master")],
        found,
    );
}

fn sentinel(manifests: &Manifests<'_>, manifest: &Manifest, found: &mut Found) {
    let mut raise = Raise::new(manifests, manifest, DEFAULTS);
    raise.metadata("the generated resource has none");
    let spec = raise.spec();
    raise.rest(
        Some(spec),
        "",
        &[
            "image",
            "replicas",
            "resources",
            "storage",
            "config",
            "security",
            "redis",
        ],
    );
    raise.rest(spec.get("config"), "config", &["quorum"]);
    let redis_pods = 1 + raise.number(
        spec.at(&["redis", "replica", "replicas"]),
        2,
        1..=99,
        "redis.replica.replicas",
    );
    let sentinels = raise.number(spec.get("replicas"), 3, 3..=15, "replicas");
    let quorum = raise.number(
        spec.at(&["config", "quorum"]),
        2,
        1..=sentinels,
        "config.quorum",
    );
    let topology = Topology::Sentinel {
        redis_pods,
        sentinels,
        quorum,
        master_name: "mymaster".to_owned(),
    };
    let image = raise.image(spec.get("image"), "image");
    let none = Node {
        line: manifest.line(),
        content: Content::Null,
    };
    let redis = spec.get("redis").unwrap_or(&none);
    raise.rest(Some(redis), "redis", &["master", "replica", "masterName"]);
    let mut parts = roles(&mut raise, redis, "redis.", topology, image);
    parts.auth = auth(&mut raise, spec);
    raise.same(
        spec.get("resources"),
        "resources",
        &[
            ("resources.requests.cpu", "50m"),
            ("resources.requests.memory", "64Mi"),
            ("resources.limits.memory", "128Mi"),
        ],
    );
    let own = spec.get("storage");
    if let Some(own) = own
        && storage(&mut raise, Some(own), "storage") != parts.storage
    {
        raise.lose(
            own.line,
            "`storage`: obsgen gives Sentinel the volume of its Redis",
        );
    }
    finish(raise, parts, &[("app", "redis")], found);
}

fn cluster(manifests: &Manifests<'_>, manifest: &Manifest, found: &mut Found) {
    let mut raise = Raise::new(manifests, manifest, DEFAULTS);
    raise.metadata("the generated resource has none");
    let spec = raise.spec();
    raise.rest(
        Some(spec),
        "",
        &[
            "image",
            "masters",
            "replicasPerMaster",
            "resources",
            "storage",
            "config",
            "security",
        ],
    );
    // What obsgen writes as well, always the same.
    let written = [
        ("clusterConfigEpoch", "15000"),
        ("clusterNodeTimeout", "15000"),
        ("clusterRequireFullCoverage", "yes"),
        ("clusterMigrationBarrier", "1"),
    ];
    for (field, value) in spec.get("config").into_iter().flat_map(Node::fields) {
        if !written.contains(&(field, value.as_text().unwrap_or_default())) {
            let known = written.iter().find(|it| it.0 == field);
            let field = known.map_or("additionalConfig", |it| it.0);
            raise.lose(
                value.line,
                format!("`config.{field}`: obsgen writes the operator's default"),
            );
        }
    }
    let masters = raise.number(spec.get("masters"), 3, 3..=500, "masters");
    let replicas_per_master =
        raise.number(spec.get("replicasPerMaster"), 1, 0..=5, "replicasPerMaster");
    let parts = Parts {
        topology: Topology::Cluster {
            masters,
            replicas_per_master,
        },
        image: raise.image(spec.get("image"), "image"),
        resources: raise.resources(spec.get("resources"), "resources"),
        storage: storage(&mut raise, spec.get("storage"), "storage"),
        auth: auth(&mut raise, spec),
    };
    finish(
        raise,
        parts,
        &[("app", "redis-cluster"), ("component", "cluster")],
        found,
    );
}

/// Primary and replicas: a policy gives both the same.
fn roles(
    raise: &mut Raise<'_>,
    node: &Node,
    path: &str,
    topology: Topology,
    image: Option<Image>,
) -> Parts {
    let (master, replica) = (node.get("master"), node.get("replica"));
    for (role, name) in [(master, "master"), (replica, "replica")] {
        raise.rest(
            role,
            &format!("{path}{name}"),
            &["replicas", "resources", "storage"],
        );
    }
    let of = |role: Option<&'_ Node>, field: &str| {
        role.and_then(|it| it.get(field))
            .or(node.get(field))
            .cloned()
    };
    let (own, other) = (of(master, "resources"), of(replica, "resources"));
    let resources = raise.resources(own.as_ref(), &format!("{path}master.resources"));
    let others = raise.resources(other.as_ref(), &format!("{path}replica.resources"));
    let (own, other) = (of(master, "storage"), of(replica, "storage"));
    let storage_of_master = storage(raise, own.as_ref(), &format!("{path}master.storage"));
    let storage_of_replica = storage(raise, other.as_ref(), &format!("{path}replica.storage"));
    if others != resources || storage_of_master != storage_of_replica {
        raise.lose(
            replica.map_or(node.line, |it| it.line),
            format!("`{path}replica`: primary and replicas have the same resources and volumes in a policy; those of the primary are taken"),
        );
    }
    let auth = auth(raise, node);
    Parts {
        topology,
        image,
        resources,
        storage: storage_of_master,
        auth,
    }
}

fn storage(raise: &mut Raise<'_>, node: Option<&Node>, path: &str) -> Option<Storage> {
    raise.rest(node, path, &["size", "storageClassName"]);
    let size = raise.quantity(node?.get("size")?, &format!("{path}.size"))?;
    let class_name = raise.class(
        node?.get("storageClassName"),
        &format!("{path}.storageClassName"),
    );
    Some(Storage { size, class_name })
}

fn auth(raise: &mut Raise<'_>, spec: &Node) -> Option<SecretRef> {
    let security = spec.get("security")?;
    raise.rest(
        Some(security),
        "security",
        &["authEnabled", "passwordSecret"],
    );
    if security.text_at(&["authEnabled"]) != Some("true") {
        return None;
    }
    raise.secret(security.get("passwordSecret"), "security.passwordSecret")
}

fn finish(raise: Raise<'_>, parts: Parts, labels: &[(&str, &str)], found: &mut Found) {
    let mut labels = labels.to_vec();
    labels.push(("instance", raise.manifest.name.as_str()));
    raise.finish(&labels, parts, found);
}
