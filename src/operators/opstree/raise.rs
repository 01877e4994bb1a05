//! Instances from the resources of v1beta1 and v1beta2, which have the same fields.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::opstree::API_VERSION;
use crate::model::stack::{Resources, Storage};
use crate::operators::exporter::CONNECTION_TIMEOUT;
use crate::operators::opstree::{CONFIG_KEY, IGNORED_ANNOTATIONS, needs_entrypoint, user_id};
use crate::operators::raise::{Found, Loss, Manifests, Parts, Raise, split};
use crate::read::manifest::{Manifest, Node};
use crate::topologies::Topology;
use crate::value::image::Image;
use crate::value::name::Name;

/// What obsgen writes itself, in its own way.
const WRITTEN: &[&str] = &[
    "clusterSize",
    "clusterVersion",
    "kubernetesConfig",
    "persistenceEnabled",
    "redisConfig",
    "redisExporter",
    "redisFollower",
    "redisLeader",
    "redisSentinelConfig",
    "sentinel",
    "storage",
];

/// What the resource definitions fill in; obsgen leaves it to them.
const DEFAULTS: &[(&str, &str)] = &[
    ("announceHostnames", "no"),
    ("downAfterMilliseconds", "5000"),
    ("failoverTimeout", "10000"),
    ("parallelSyncs", "1"),
    ("port", "6379"),
    ("redisPort", "6379"),
    ("resolveHostnames", "no"),
];

pub(super) fn raise(manifests: &Manifests<'_>) -> Found {
    let mut found = Found::default();
    let all = || manifests.of_group(API_VERSION);
    let key = |it: &'_ Manifest, name: &str| (it.namespace.clone(), name.to_owned());
    let sentinels: BTreeMap<_, &Manifest> = all()
        .filter(|it| it.kind == "RedisSentinel")
        .filter_map(|it| Some((key(it, watched(it)?), it)))
        .collect();
    let replications: BTreeSet<_> = all()
        .filter(|it| it.kind == "RedisReplication")
        .map(|it| key(it, &it.name))
        .collect();
    for manifest in all() {
        match manifest.kind.as_str() {
            "Redis" => standalone(manifests, manifest, &mut found),
            "RedisReplication" => {
                let sentinel = sentinels.get(&key(manifest, &manifest.name)).copied();
                replication(manifests, manifest, sentinel, &mut found);
            }
            "RedisCluster" => cluster(manifests, manifest, &mut found),
            "RedisSentinel" => {
                let own = watched(manifest).map(|it| key(manifest, it));
                let what = match own.filter(|it| replications.contains(it)) {
                    None => "the RedisReplication that it watches is not among what was read",
                    Some(it)
                        if sentinels
                            .get(&it)
                            .is_some_and(|it| it.name != manifest.name) =>
                    {
                        "another one watches the same RedisReplication"
                    }
                    Some(_) => continue,
                };
                let what = format!("a RedisSentinel is left out: {what}");
                found.losses.push(Loss::at(manifest, manifest.line(), what));
            }
            _ => {}
        }
    }
    found
}

fn watched(sentinel: &Manifest) -> Option<&str> {
    sentinel
        .root
        .text_at(&["spec", "redisSentinelConfig", "redisReplicationName"])
}

fn standalone(manifests: &Manifests<'_>, manifest: &Manifest, found: &mut Found) {
    let mut raise = Raise::new(manifests, manifest, DEFAULTS);
    let spec = raise.spec();
    let parts = common(&mut raise, Topology::Standalone, found);
    config(
        &mut raise,
        spec.get("redisConfig"),
        "redisConfig",
        &parts.resources,
    );
    finish(raise, parts, "standalone", found);
}

fn replication(
    manifests: &Manifests<'_>,
    manifest: &Manifest,
    sentinel: Option<&Manifest>,
    found: &mut Found,
) {
    let mut raise = Raise::new(manifests, manifest, DEFAULTS);
    let spec = raise.spec();
    let redis_pods = raise.number(spec.get("clusterSize"), 3, 2..=100, "clusterSize");
    let embedded = spec
        .get("sentinel")
        .filter(|it| it.text_at(&["size"]).is_some_and(|it| it != "0"));
    let topology = match (sentinel, embedded) {
        (Some(sentinel), _) => {
            let mut watcher = Raise::new(manifests, sentinel, DEFAULTS);
            let topology = sentinels(&mut watcher, redis_pods, manifest, found);
            raise.losses.extend(watcher.losses);
            topology
        }
        (None, Some(embedded)) => {
            raise.lose(
                embedded.line,
                "`sentinel`: obsgen writes a RedisSentinel instead, whose Service has another name; tell the clients",
            );
            raise.rest(
                Some(embedded),
                "sentinel",
                &[
                    "size",
                    "quorum",
                    "image",
                    "imagePullPolicy",
                    "ignoreAnnotations",
                    "resources",
                    "redisSecret",
                ],
            );
            of_sentinel(&mut raise, Some(embedded), "sentinel");
            pulled(&mut raise, Some(embedded), "sentinel");
            let image = raise.sentinel_image(embedded.get("image"), "sentinel.image");
            found.sentinel_images.extend(image);
            let sentinels = raise.number(embedded.get("size"), 3, 3..=15, "sentinel.size");
            let quorum = raise.number(embedded.get("quorum"), 2, 1..=sentinels, "sentinel.quorum");
            Topology::Sentinel {
                redis_pods,
                sentinels,
                quorum,
                master_name: "mymaster".to_owned(),
            }
        }
        (None, None) => Topology::Replication { redis_pods },
    };
    let parts = common(&mut raise, topology, found);
    config(
        &mut raise,
        spec.get("redisConfig"),
        "redisConfig",
        &parts.resources,
    );
    finish(raise, parts, "replication", found);
}

fn sentinels(
    raise: &mut Raise<'_>,
    redis_pods: u32,
    replication: &Manifest,
    found: &mut Found,
) -> Topology {
    let spec = raise.spec();
    let line = raise.manifest.line();
    if raise.manifest.name != replication.name {
        raise.lose(
            line,
            "the RedisSentinel is named otherwise than its RedisReplication, and the generated one is not: tell the clients that ask it",
        );
    }
    written(raise, found);
    let config = spec.get("redisSentinelConfig");
    raise.rest(
        config,
        "redisSentinelConfig",
        &[
            "masterGroupName",
            "quorum",
            "redisReplicationName",
            "redisReplicationPassword",
        ],
    );
    let kubernetes = spec.get("kubernetesConfig");
    raise.rest(
        kubernetes,
        "kubernetesConfig",
        &[
            "image",
            "imagePullPolicy",
            "ignoreAnnotations",
            "resources",
            "redisSecret",
        ],
    );
    of_sentinel(raise, kubernetes, "kubernetesConfig");
    let image = raise.sentinel_image(
        kubernetes.and_then(|it| it.get("image")),
        "kubernetesConfig.image",
    );
    found.sentinel_images.extend(image);
    let field = |name: &str| config.and_then(|it| it.get(name));
    let sentinels = raise.number(spec.get("clusterSize"), 3, 3..=15, "clusterSize");
    let quorum = raise.number(
        field("quorum"),
        2,
        1..=sentinels,
        "redisSentinelConfig.quorum",
    );
    // The operator's default (its resource definition).
    let written = field("masterGroupName");
    let name = written.and_then(Node::as_text).unwrap_or("myMaster");
    let master_name = match Name::parse(name) {
        Ok(name) => name.to_string(),
        Err(_) => {
            raise.lose(
                written.map_or(line, |it| it.line),
                "`redisSentinelConfig.masterGroupName`: a policy writes names in lower case, so clients ask for `mymaster` from now on",
            );
            "mymaster".to_owned()
        }
    };
    Topology::Sentinel {
        redis_pods,
        sentinels,
        quorum,
        master_name,
    }
}

fn cluster(manifests: &Manifests<'_>, manifest: &Manifest, found: &mut Found) {
    let mut raise = Raise::new(manifests, manifest, DEFAULTS);
    let spec = raise.spec();
    let (leader, follower) = (spec.get("redisLeader"), spec.get("redisFollower"));
    let size = spec.get("clusterSize");
    let of = |role: Option<&'_ Node>| role.and_then(|it| it.get("replicas").cloned());
    let (leaders, followers) = (of(leader), of(follower));
    let masters = raise.number(
        leaders.as_ref().or(size),
        3,
        3..=500,
        "redisLeader.replicas",
    );
    let replicas = raise.number(
        followers.as_ref().or(size),
        masters,
        0..=u32::MAX,
        "redisFollower.replicas",
    );
    let at = follower.or(size).map_or(manifest.line(), |it| it.line);
    if !replicas.is_multiple_of(masters) || replicas / masters > 5 {
        raise.lose(
            at,
            format!(
                "`redisFollower.replicas`: {replicas} followers are no whole number of up to 5 for each of {masters} leaders; {} for each is written here",
                (replicas / masters).min(5)
            ),
        );
    }
    let topology = Topology::Cluster {
        masters,
        replicas_per_master: (replicas / masters).min(5),
    };
    let mut parts = common(&mut raise, topology, found);
    for (role, path) in [(leader, "redisLeader"), (follower, "redisFollower")] {
        raise.rest(role, path, &["replicas", "redisConfig", "resources"]);
        if let Some(own) = role.and_then(|it| it.get("resources")) {
            let own = raise.resources(Some(own), &format!("{path}.resources"));
            if path == "redisLeader" {
                parts.resources = own;
            } else if own != parts.resources {
                raise.lose(
                    at,
                    "`redisFollower.resources`: leaders and followers have the same in a policy; those of the leaders are taken",
                );
            }
        }
    }
    let config_of = |role: Option<&'_ Node>| {
        let config = role.and_then(|it| it.get("redisConfig"));
        config.map_or_else(Vec::new, texts)
    };
    if follower.is_some() && config_of(leader) != config_of(follower) {
        raise.lose(
            at,
            "`redisFollower.redisConfig`: leaders and followers have the same in a policy; that of the leaders is taken",
        );
    }
    let config_of_leaders = leader.and_then(|it| it.get("redisConfig"));
    config(
        &mut raise,
        config_of_leaders,
        "redisLeader.redisConfig",
        &parts.resources,
    );
    // The operator reads the list here, and the name of the ConfigMap at the roles only.
    if let Some(ignored) = spec.at(&["redisConfig", "additionalRedisConfig"]) {
        raise.lose(
            ignored.line,
            "`redisConfig.additionalRedisConfig`: the operator reads it at `redisLeader` and `redisFollower` only",
        );
    }
    dynamic(&mut raise, spec.get("redisConfig"));
    // The claim alone makes no volume.
    if spec.text_at(&["persistenceEnabled"]) != Some("true") && parts.storage.is_some() {
        raise.lose(
            manifest.line(),
            "`storage`: without `persistenceEnabled: true` the operator makes no volume; add `storage` to have one",
        );
        parts.storage = None;
    }
    finish(raise, parts, "leader", found);
}

/// Reports what obsgen does not write at all.
fn written(raise: &mut Raise<'_>, found: &mut Found) {
    let spec = raise.spec();
    // v1beta1 calls the pods' context so, v1beta2 that of the container.
    let is_first = raise.manifest.api_version.ends_with("/v1beta1");
    let context = if is_first {
        "securityContext"
    } else {
        "podSecurityContext"
    };
    let mut known = WRITTEN.to_vec();
    known.push(context);
    raise.rest(Some(spec), "", &known);
    let (user, group) = (format!("{context}.runAsUser"), format!("{context}.fsGroup"));
    let image = spec.text_at(&["kubernetesConfig", "image"]);
    let official = image
        .and_then(|it| Image::parse(it).ok())
        .is_some_and(|it| needs_entrypoint(&it));
    let id = user_id(official).to_string();
    raise.same(spec.get(context), context, &[(&user, &id), (&group, &id)]);
    raise.metadata(
        "the generated resource has none, and its pods lose them too: Redis restarts once",
    );
    exporter(raise, spec.get("redisExporter"), found);
    let kubernetes = spec.get("kubernetesConfig");
    pulled(raise, kubernetes, "kubernetesConfig");
    let ignored = kubernetes.and_then(|it| it.get("ignoreAnnotations"));
    let own: Vec<(&str, &str)> = IGNORED_ANNOTATIONS
        .iter()
        .map(|it| ("kubernetesConfig.ignoreAnnotations", *it))
        .collect();
    raise.same(ignored, "kubernetesConfig.ignoreAnnotations", &own);
}

/// The exporter: its image is the platform's, all else is obsgen's to write.
fn exporter(raise: &mut Raise<'_>, node: Option<&Node>, found: &mut Found) {
    let Some(node) = node else { return };
    let enabled = node
        .get("enabled")
        .filter(|it| it.as_text() != Some("true"));
    if let Some(enabled) = enabled {
        raise.lose(
            enabled.line,
            "`redisExporter.enabled`: obsgen switches the exporter on, since all alerts ask it: Redis restarts once",
        );
    }
    // The image of an exporter that does not run says nothing.
    let image = node.get("image").filter(|_| enabled.is_none());
    if let Some(written) = image {
        match written.as_text().and_then(|it| Image::parse(it).ok()) {
            Some(image) => drop(found.exporter_images.insert(image)),
            None => raise.lose(
                written.line,
                "`redisExporter.image`: it names no version; write one as `redisExporter` under `platform.images`",
            ),
        }
    }
    let text = |field: &str| node.text_at(&[field]).unwrap_or_default();
    raise.same(
        Some(node),
        "redisExporter",
        &[
            ("redisExporter.enabled", text("enabled")),
            ("redisExporter.image", text("image")),
            ("redisExporter.imagePullPolicy", "IfNotPresent"),
            ("redisExporter.port", "9121"),
            ("redisExporter.env.name", CONNECTION_TIMEOUT.0),
            ("redisExporter.env.value", CONNECTION_TIMEOUT.1),
            ("redisExporter.resources.requests.cpu", "10m"),
            ("redisExporter.resources.requests.memory", "32Mi"),
            ("redisExporter.resources.limits.memory", "128Mi"),
        ],
    );
}

/// When the image of a container is pulled.
fn pulled(raise: &mut Raise<'_>, container: Option<&Node>, path: &str) {
    let policy = container.and_then(|it| it.get("imagePullPolicy"));
    if let Some(it) = policy.filter(|it| it.as_text() != Some("IfNotPresent")) {
        raise.lose(
            it.line,
            format!("`{path}.imagePullPolicy`: a policy has no field for it, so the generated resource lacks it"),
        );
    }
}

/// Sentinel's own container, which obsgen writes without asking.
fn of_sentinel(raise: &mut Raise<'_>, container: Option<&Node>, path: &str) {
    let resources = format!("{path}.resources");
    let of = |field: &str| format!("{resources}.{field}");
    raise.same(
        container.and_then(|it| it.get("resources")),
        &resources,
        &[
            (&of("requests.cpu"), "50m"),
            (&of("requests.memory"), "64Mi"),
            (&of("limits.memory"), "128Mi"),
        ],
    );
    if let Some(secret) = container.and_then(|it| it.get("redisSecret")) {
        raise.lose(
            secret.line,
            format!("`{path}.redisSecret`: obsgen gives Sentinel itself no password: tell the clients that ask it"),
        );
    }
}

/// What all kinds but Sentinel have.
fn common(raise: &mut Raise<'_>, topology: Topology, found: &mut Found) -> Parts {
    let spec = raise.spec();
    written(raise, found);
    if let Some(version) = spec
        .get("clusterVersion")
        .filter(|it| it.as_text() != Some("v7"))
    {
        raise.lose(version.line, "`clusterVersion`: obsgen writes `v7`");
    }
    let kubernetes = spec.get("kubernetesConfig");
    raise.rest(
        kubernetes,
        "kubernetesConfig",
        &[
            "image",
            "imagePullPolicy",
            "ignoreAnnotations",
            "resources",
            "redisSecret",
        ],
    );
    let field = |name: &str| kubernetes.and_then(|it| it.get(name));
    let image = raise.image(field("image"), "kubernetesConfig.image");
    found.generates_config |= image.as_ref().is_some_and(needs_entrypoint);
    let resources = raise.resources(field("resources"), "kubernetesConfig.resources");
    let auth = raise.secret(field("redisSecret"), "kubernetesConfig.redisSecret");
    let storage = spec.get("storage");
    raise.rest(
        storage,
        "storage",
        &[
            "keepAfterDelete",
            "nodeConfVolume",
            "nodeConfVolumeClaimTemplate",
            "volumeClaimTemplate",
        ],
    );
    volumes(raise, storage);
    let storage = storage.and_then(|it| claim(raise, it.at(&["volumeClaimTemplate", "spec"])?));
    Parts {
        topology,
        image,
        resources,
        storage,
        auth,
    }
}

/// What obsgen writes of volumes itself.
fn volumes(raise: &mut Raise<'_>, storage: Option<&Node>) {
    let of = |field: &str| storage.and_then(|it| it.get(field));
    if let Some(keep) = of("keepAfterDelete").filter(|it| it.as_text() != Some("true")) {
        raise.lose(
            keep.line,
            "`storage.keepAfterDelete`: obsgen writes `true`: volumes stay when their resource is deleted",
        );
    }
    raise.same(
        of("nodeConfVolume"),
        "storage.nodeConfVolume",
        &[("storage.nodeConfVolume", "true")],
    );
    const CLAIM: &str = "storage.nodeConfVolumeClaimTemplate";
    let class = of("volumeClaimTemplate").and_then(|it| it.text_at(&["spec", "storageClassName"]));
    raise.same(
        of("nodeConfVolumeClaimTemplate"),
        CLAIM,
        &[
            (&format!("{CLAIM}.spec.accessModes"), "ReadWriteOnce"),
            (&format!("{CLAIM}.spec.volumeMode"), "Filesystem"),
            (&format!("{CLAIM}.spec.resources.requests.storage"), "1Gi"),
            (
                &format!("{CLAIM}.spec.storageClassName"),
                class.unwrap_or_default(),
            ),
        ],
    );
    raise.rest(
        of("volumeClaimTemplate"),
        "storage.volumeClaimTemplate",
        &["spec"],
    );
}

fn claim(raise: &mut Raise<'_>, claim: &Node) -> Option<Storage> {
    const PATH: &str = "storage.volumeClaimTemplate.spec";
    raise.rest(
        Some(claim),
        PATH,
        &["accessModes", "resources", "storageClassName", "volumeMode"],
    );
    let modes = claim.get("accessModes");
    if let Some(modes) = modes
        && modes
            .items()
            .iter()
            .any(|it| it.as_text() != Some("ReadWriteOnce"))
    {
        raise.lose(
            modes.line,
            format!("`{PATH}.accessModes`: obsgen writes `ReadWriteOnce`"),
        );
    }
    let mode = format!("{PATH}.volumeMode");
    raise.same(claim.get("volumeMode"), &mode, &[(&mode, "Filesystem")]);
    let resources = claim.get("resources");
    raise.rest(resources, &format!("{PATH}.resources"), &["requests"]);
    raise.rest(
        resources.and_then(|it| it.get("requests")),
        &format!("{PATH}.resources.requests"),
        &["storage"],
    );
    let size = claim.at(&["resources", "requests", "storage"])?;
    let size = raise.quantity(size, &format!("{PATH}.resources.requests.storage"))?;
    let class_name = raise.class(
        claim.get("storageClassName"),
        &format!("{PATH}.storageClassName"),
    );
    Some(Storage { size, class_name })
}

fn config(raise: &mut Raise<'_>, node: Option<&Node>, path: &str, resources: &Resources) {
    let Some(node) = node else { return };
    raise.rest(
        Some(node),
        path,
        &[
            "additionalRedisConfig",
            "dynamicConfig",
            "maxMemoryPercentOfLimit",
        ],
    );
    raise.config_map(
        node.get("additionalRedisConfig"),
        &format!("{path}.additionalRedisConfig"),
        CONFIG_KEY,
    );
    dynamic(raise, Some(node));
    let Some(share) = node.get("maxMemoryPercentOfLimit") else {
        return;
    };
    let percent: Option<u128> = share.as_text().and_then(|it| it.parse().ok());
    let limit = resources.limits.get("memory");
    match percent.zip(limit) {
        _ if raise.has_directive("maxmemory") => {}
        Some((percent @ 1..=100, limit)) => {
            let bytes = (limit.as_units() * percent / 100).to_string();
            raise.directive(share.line, "maxmemory", &bytes, false);
        }
        _ => raise.lose(
            share.line,
            format!("`{path}.maxMemoryPercentOfLimit`: there is no limit that it is a share of; write `config: {{maxmemory: …}}`"),
        ),
    }
}

/// What a map of texts and lists of texts says, without its places.
fn texts(node: &Node) -> Vec<String> {
    let own = |it: &Node| it.as_text().map(str::to_owned);
    node.fields()
        .flat_map(|(key, value)| {
            let items = value.items().iter().filter_map(own);
            let text = own(value).into_iter();
            text.chain(items).map(move |it| format!("{key}: {it}"))
        })
        .collect()
}

/// Directives that the operator gives to the running server.
fn dynamic(raise: &mut Raise<'_>, config: Option<&Node>) {
    let lines = config.and_then(|it| it.get("dynamicConfig"));
    for line in lines.map(Node::items).unwrap_or_default() {
        let (directive, value) = split(line.as_text().unwrap_or_default());
        if !directive.is_empty() {
            raise.directive(line.line, directive, value, false);
        }
    }
}

/// The metrics Service has the labels of the StatefulSet, which is called as the instance but for
/// those of a cluster.
fn finish(raise: Raise<'_>, parts: Parts, role: &str, found: &mut Found) {
    let name = &raise.manifest.name;
    let (app, setup) = match role {
        "leader" => (format!("{name}-leader"), "cluster"),
        _ => (name.clone(), role),
    };
    let labels = [
        ("app", app.as_str()),
        ("redis_setup_type", setup),
        ("role", role),
        ("app.kubernetes.io/component", "metrics"),
    ];
    raise.finish(&labels, parts, found);
}
