//! The first policy of a stack, and what becomes of Redis that runs already.

use std::collections::BTreeSet;

use obsgen::files::manifests_below;
use obsgen::init::{Head, Import, example, import};
use obsgen::model::stack::Instance;
use obsgen::read::spec::OperatorKind;
use obsgen::value::name::Name;
use obsgen::{Compilation, compile};

use crate::random::Random;
use crate::stacks::{compile_stack, compile_text, root, stacks};

/// A word that a policy never repeats.
const CANARY: &str = "canary-5f1d";

/// What the example extends, where it does.
const BASE: &str = "apiVersion: obsgen/v1alpha1\nkind: ObservabilityBase\nmetadata: {name: base}\n\
                    spec: {teams: [{name: web}]}\n";

fn with_head<T>(use_it: impl Fn(&Head<'_>) -> T) -> T {
    let name = Name::parse("prod").unwrap();
    use_it(&Head {
        name: &name,
        folder: "stacks/prod",
        schema: Some("../../schemas/observability.schema.json"),
    })
}

fn errors(compilation: &Compilation) -> Vec<String> {
    let findings = compilation.findings.iter();
    findings
        .filter(|it| it.is_error())
        .map(|it| format!("{}: {}", it.name, it.headline))
        .collect()
}

#[track_caller]
fn assert_compiles(text: &str) -> Compilation {
    let files = |path: &str| match path {
        "stacks/prod/observability.yaml" => Ok(text.to_owned()),
        "stacks/base.yaml" => Ok(BASE.to_owned()),
        _ => Err("cannot be read".to_owned()),
    };
    let compilation = compile(&files, "stacks/prod/observability.yaml");
    let errors = errors(&compilation);
    assert!(errors.is_empty(), "{}\n{text}", errors.join("\n"));
    compilation
}

fn read(files: &[(&str, &str)]) -> Result<Import, String> {
    let files: Vec<(String, String)> = files
        .iter()
        .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
        .collect();
    import(&files, None, None)
}

/// The instances of a policy that was made of files, and everything that was said.
#[track_caller]
fn imported(files: &[(&str, &str)]) -> (Vec<Instance>, String, Vec<String>) {
    let import = read(files).unwrap();
    let text = with_head(|head| import.policy(head));
    let compilation = assert_compiles(&text);
    let (stack, _) = compilation.output.unwrap();
    let losses = import.losses();
    let said = losses
        .iter()
        .map(|it| format!("{}:{}: {}", it.file, it.line, it.what));
    (stack.instances, text, said.collect())
}

#[track_caller]
fn assert_said(said: &[String], wanted: &[&str]) {
    for it in wanted {
        assert!(
            said.iter().any(|line| line.contains(it)),
            "nothing says {it}:\n{}",
            said.join("\n")
        );
    }
}

#[test]
fn the_example_has_nothing_to_complain_about() {
    let text = with_head(|head| example(head, OperatorKind::Opstree));
    let compilation = assert_compiles(&text);
    assert!(compilation.findings.is_empty());
    assert!(text.starts_with("# yaml-language-server: $schema=../../schemas/"));
    let text = with_head(|head| example(head, OperatorKind::RedisOperator));
    let compilation = assert_compiles(&text);
    // What the operator cannot do is the only thing to say.
    let names: BTreeSet<&str> = compilation.findings.iter().map(|it| it.name).collect();
    assert_eq!(names, BTreeSet::from(["redis/unhardened"]));
}

/// Where a field that is not used yet begins, and the lines of it.
fn unused(text: &str) -> Vec<(String, Vec<usize>)> {
    let mut blocks: Vec<(String, Vec<usize>)> = Vec::new();
    let mut is_inside = false;
    for (number, line) in text.lines().enumerate() {
        let behind = line.trim_start().strip_prefix('#').unwrap_or(" ");
        let is_code = !behind.is_empty() && !behind.starts_with(' ');
        if is_code && !is_inside {
            blocks.push((line.to_owned(), Vec::new()));
        }
        is_inside = is_code || is_inside && behind.starts_with("  ");
        if is_inside && let Some((_, lines)) = blocks.last_mut() {
            lines.push(number);
        }
    }
    blocks
}

fn using(text: &str, lines: &[usize]) -> String {
    let change = |(number, line): (usize, &str)| match lines.contains(&number) {
        true => line.replacen('#', "", 1) + "\n",
        false => line.to_owned() + "\n",
    };
    text.lines().enumerate().map(change).collect()
}

#[test]
fn every_field_that_is_not_used_yet_works_when_it_is() {
    /// What says in its comment that it needs others.
    const TOGETHER: &[&[&str]] = &[
        &["    #elasticsearch:", "    #fluentBit:", "  #logging:"],
        &["    #elasticsearch:", "    #tracing:", "  #tracing:"],
        &["    #grafana:", "  #dashboards:"],
        &[
            "    #kibana:",
            "    #kibana: true",
            "    #grafana:",
            "  #dashboards:",
            "    #elasticsearch:",
            "    #fluentBit:",
            "  #logging:",
        ],
        &["  #- name: web-pager", "    #routes:"],
    ];
    for operator in [OperatorKind::Opstree, OperatorKind::RedisOperator] {
        let text = with_head(|head| example(head, operator));
        let blocks = unused(&text);
        assert_eq!(blocks.len(), 23);
        let lines_of = |group: &[&str]| -> Vec<usize> {
            let chosen = blocks.iter().filter(|it| group.contains(&it.0.as_str()));
            chosen.flat_map(|it| it.1.clone()).collect()
        };
        for group in TOGETHER {
            assert_compiles(&using(&text, &lines_of(group)));
        }
        for (first, _) in &blocks {
            if !TOGETHER.iter().any(|it| it.contains(&first.as_str())) {
                assert_compiles(&using(&text, &lines_of(&[first])));
            }
        }
        let all: Vec<usize> = blocks.iter().flat_map(|it| it.1.clone()).collect();
        let whole = assert_compiles(&using(&text, &all));
        let (_, plan) = whole.output.unwrap();
        let folders: BTreeSet<&str> = plan
            .files()
            .filter_map(|(path, _)| path.split('/').next())
            .collect();
        let custom = using(&text, &lines_of(&["  #alerts:"]));
        let (stack, _) = assert_compiles(&custom).output.unwrap();
        assert!(!stack.custom.is_empty());
        for it in [
            "elasticsearch",
            "fluent-bit",
            "grafana",
            "kibana",
            "tracing",
        ] {
            assert!(folders.contains(it), "{it}");
        }
    }
}

#[test]
fn what_obsgen_builds_gives_the_same_instances_again() {
    for stack in stacks() {
        let found = manifests_below(&root().join("golden").join(&stack)).unwrap();
        assert!(found.skipped.is_empty());
        let import = import(&found.files, None, None).unwrap();
        assert_eq!(import.losses(), []);
        let text = with_head(|head| import.policy(head));
        let (again, _) = assert_compiles(&text).output.unwrap();
        let (before, _) = compile_stack(&stack).output.unwrap();
        assert_eq!(again.platform.operator.kind, before.platform.operator.kind);
        let facts = |it: &Instance| {
            (
                (it.namespace.clone(), it.name.clone()),
                it.topology.clone(),
                it.image.clone(),
                it.resources.clone(),
                it.storage.clone(),
                it.config.clone(),
                it.auth.clone(),
                it.interval,
            )
        };
        let mut before: Vec<_> = before.instances.iter().map(facts).collect();
        before.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(
            again.instances.iter().map(facts).collect::<Vec<_>>(),
            before
        );
    }
}

const SENTINEL: &str = r#"
apiVersion: redis.redis.opstreelabs.in/v1beta2
kind: RedisReplication
metadata: {name: sessions, namespace: shop, labels: {owner: shop}}
spec:
  clusterSize: 3
  kubernetesConfig:
    image: quay.io/opstree/redis:v7.2.3
    imagePullPolicy: Always
    redisSecret: {name: sessions, key: password}
    resources: {requests: {cpu: 0.5, memory: 512Mi}, limits: {memory: 1024Mi, ephemeral-storage: 1Gi}}
  redisConfig:
    additionalRedisConfig: sessions-conf
    dynamicConfig: ["maxmemory-policy allkeys-lfu"]
  env:
    - {name: REDIS_PASSWORD, value: canary-5f1d}
  affinity: {nodeAffinity: {}, podAntiAffinity: {x: [1]}}
  TLS: {secret: {secretName: canary-5f1d}}
  storage:
    volumeClaimTemplate:
      spec:
        storageClassName: fast
        accessModes: [ReadWriteOnce]
        resources: {requests: {storage: 10Gi}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: sessions-conf, namespace: shop}
data:
  redis-additional.conf: |
    # a comment
    maxmemory 700mb
    maxmemory-policy noeviction
    save 900 1
    save 300 10
    tcp-keepalive   400
    notify-keyspace-events ""
    requirepass canary-5f1d
    canary-5f1d yes
    maxmemory-samples canary-5f1d
---
apiVersion: redis.redis.opstreelabs.in/v1beta2
kind: RedisSentinel
metadata: {name: watch, namespace: shop}
spec:
  clusterSize: 5
  kubernetesConfig: {image: quay.io/opstree/redis-sentinel:v7.2.3}
  redisSentinelConfig: {redisReplicationName: sessions, quorum: "3", downAfterMilliseconds: "5000", failoverTimeout: "60000"}
---
apiVersion: v1
kind: Secret
metadata: {name: sessions, namespace: shop}
stringData: {password: canary-5f1d}
"#;

#[test]
fn a_replication_and_its_sentinels_are_one_instance() {
    let (instances, text, said) = imported(&[("shop/sessions.yaml", SENTINEL)]);
    let [it] = instances.as_slice() else {
        panic!("{} instances", instances.len())
    };
    assert_eq!(
        (it.name.as_str(), it.namespace.as_str()),
        ("sessions", "shop")
    );
    assert_eq!(
        it.topology,
        obsgen::topologies::Topology::Sentinel {
            redis_pods: 3,
            sentinels: 5,
            quorum: 3,
            master_name: "mymaster".to_owned(),
        }
    );
    assert_eq!(it.image.as_str(), "quay.io/opstree/redis:v7.2.3");
    assert_eq!(it.resources.requests["cpu"].to_string(), "500m");
    assert_eq!(it.resources.limits["memory"].to_string(), "1Gi");
    let storage = it.storage.as_ref().unwrap();
    assert_eq!(
        (storage.size.to_string(), storage.class_name.as_deref()),
        ("10Gi".to_owned(), Some("fast"))
    );
    let config: Vec<(&str, &str)> = it
        .config
        .iter()
        .map(|(key, value)| (key.as_str(), value.as_str()))
        .collect();
    assert_eq!(
        config,
        [
            ("maxmemory", "700mb"),
            ("maxmemory-policy", "allkeys-lfu"),
            ("notify-keyspace-events", ""),
            ("save", "900 1 300 10"),
            ("tcp-keepalive", "400"),
        ]
    );
    assert_eq!(it.auth.as_ref().unwrap().name.as_str(), "sessions");
    assert_said(
        &said,
        &[
            "shop/sessions.yaml:4: `metadata.labels`",
            "shop/sessions.yaml:11: `kubernetesConfig.resources.limits.ephemeral-storage`",
            "shop/sessions.yaml:15: `env`",
            "shop/sessions.yaml:17: `affinity`",
            "shop/sessions.yaml:18: `TLS`",
            "`requirepass`: a credential is given as",
            "a directive that obsgen does not know",
            "`maxmemory-samples`: a policy does not take its value",
            "the RedisSentinel is named otherwise",
            "clients ask for `mymaster`",
        ],
    );
    assert_said(&said, &["`redisSentinelConfig.failoverTimeout`"]);
    // What an API server fills in is not worth a word.
    assert!(!said.join("\n").contains("downAfterMilliseconds"));
    assert!(!text.contains(CANARY) && !said.join("\n").contains(CANARY));
    assert!(text.contains("# Note: `TLS`"));
    assert!(text.contains("redisSentinel: quay.io/opstree/redis-sentinel:v7.2.3"));
}

#[test]
fn sentinels_that_watch_nothing_of_their_own_are_named() {
    let (head, watch) = SENTINEL
        .rsplit_once("---\n")
        .unwrap()
        .0
        .rsplit_once("---\n")
        .unwrap();
    let twice = format!(
        "{SENTINEL}---\n{}",
        watch.replace("name: watch", "name: again")
    );
    assert_said(
        &imported(&[("a.yaml", &twice)]).2,
        &["a RedisSentinel is left out: another one watches"],
    );
    let (instances, _, said) = imported(&[
        ("a.yaml", head),
        (
            "b.yaml",
            &watch.replace("namespace: shop", "namespace: other"),
        ),
    ]);
    assert_eq!(instances[0].topology.kind().name(), "replication");
    assert_said(
        &said,
        &["b.yaml:1: a RedisSentinel is left out: the RedisReplication"],
    );
}

#[test]
fn what_many_instances_have_becomes_the_default() {
    let one = |name: &str, more: &str| {
        format!(
            "---\napiVersion: redis.redis.opstreelabs.in/v1beta1\nkind: Redis\nmetadata: {{name: {name}, namespace: a}}\n\
             spec: {{kubernetesConfig: {{image: 'quay.io/opstree/redis:v7.2.3'{more}}}, securityContext: {{fsGroup: 1000}}}}\n"
        )
    };
    let files = [
        ("a.yaml", one("x", ", redisSecret: {name: s, key: k}")),
        (
            "b.yaml",
            one("y", "") + &one("z", ", resources: {limits: {memory: 1Gi}}"),
        ),
    ];
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(name, text)| (*name, text.as_str()))
        .collect();
    let (instances, text, said) = imported(&files);
    assert_eq!(said, [""; 0]);
    assert_eq!(text.matches("quay.io/opstree/redis:v7.2.3").count(), 1);
    assert_eq!(text.matches("namespace: a\n").count(), 1);
    // One that has no limits is given none.
    let limits: Vec<usize> = instances
        .iter()
        .map(|it| it.resources.limits.len())
        .collect();
    assert_eq!(limits, [0, 0, 1]);
    // The order of the files is not that of the policy.
    let reversed: Vec<(&str, &str)> = files.iter().rev().copied().collect();
    assert_eq!(imported(&reversed).1, text);
}

#[test]
fn a_cluster_is_read_with_its_roles() {
    let text = r#"
apiVersion: redis.redis.opstreelabs.in/v1beta2
kind: RedisCluster
metadata: {name: facts, namespace: a}
spec:
  clusterSize: 4
  persistenceEnabled: true
  kubernetesConfig: {image: redis:7.4.7}
  redisLeader:
    resources: {limits: {memory: 2Gi}}
    redisConfig: {maxMemoryPercentOfLimit: 75}
  redisFollower: {replicas: 8, resources: {limits: {memory: 1Gi}}}
  storage: {volumeClaimTemplate: {spec: {resources: {requests: {storage: 5Gi}}}}}
"#;
    let (instances, policy, said) = imported(&[("a.yaml", text)]);
    assert_eq!(
        instances[0].topology,
        obsgen::topologies::Topology::Cluster {
            masters: 4,
            replicas_per_master: 2
        }
    );
    assert_eq!(instances[0].config["maxmemory"], "1610612736");
    assert!(instances[0].storage.is_some());
    assert_said(
        &said,
        &["`redisFollower.resources`", "`redisFollower.redisConfig`"],
    );
    let same = "redisFollower: {redisConfig: {maxMemoryPercentOfLimit: 75}, ";
    let (_, _, said) = imported(&[("a.yaml", &text.replace("redisFollower: {", same))]);
    assert!(!said.join("\n").contains("`redisFollower.redisConfig`"));
    // The official image starts only where the operator writes the configuration.
    assert!(policy.contains("featureGates: [GenerateConfigInInitContainer]"));
    // Without this the operator makes no volume.
    let (instances, _, said) =
        imported(&[("a.yaml", &text.replace("persistenceEnabled: true", ""))]);
    assert!(instances[0].storage.is_none());
    assert_said(&said, &["`storage`: without `persistenceEnabled: true`"]);
}

#[test]
fn the_kinds_of_redis_operator_are_read() {
    let text = r#"
apiVersion: redis.github.com/v1
kind: RedisInstance
metadata: {name: single, namespace: a}
spec:
  image: redis:7.4.7
  replicas: 2
  storage: {size: 1Gi, storageClassName: standard}
  config: {maxmemory: 100mb, appendonly: "yes", dir: /canary-5f1d}
---
apiVersion: redis.github.com/v1
kind: RedisMasterReplica
metadata: {name: pair, namespace: a}
spec:
  image: redis:7.4.7
  storage: {size: 1Gi, storageClassName: standard}
  master: {resources: {limits: {memory: 1Gi}}}
  replica: {replicas: 3, resources: {limits: {memory: 2Gi}}}
  security: {authEnabled: true, passwordSecret: {name: pair, key: password}, tls: {enabled: true}}
---
apiVersion: redis.github.com/v1
kind: Redis
metadata: {name: view, namespace: a}
spec: {type: RedisInstance, resourceName: single}
"#;
    let (instances, _, said) = imported(&[("a.yaml", text)]);
    let pair = &instances[0];
    assert_eq!(
        pair.topology,
        obsgen::topologies::Topology::Replication { redis_pods: 4 }
    );
    assert_eq!(pair.resources.limits["memory"].to_string(), "1Gi");
    assert_eq!(pair.auth.as_ref().unwrap().name.as_str(), "pair");
    assert_eq!(instances[1].config["appendonly"], "yes");
    assert_eq!(instances.len(), 2);
    assert_said(
        &said,
        &[
            "`replicas`: one server",
            "`dir`",
            "`security.tls`",
            "`replica`: primary and replicas",
        ],
    );
    assert!(!said.join("\n").contains(CANARY));
}

#[test]
fn what_a_policy_does_not_take_is_made_to_fit_and_said() {
    let text = r#"
apiVersion: redis.redis.opstreelabs.in/v1beta2
kind: RedisReplication
metadata: {name: few}
spec:
  clusterSize: 1
  kubernetesConfig: {image: "redis:latest", resources: {limits: {memory: canary-5f1d}}}
  redisConfig: {additionalRedisConfig: elsewhere}
"#;
    let (instances, text, said) = imported(&[("a.yaml", text)]);
    assert_eq!(instances[0].namespace, "default");
    assert_eq!(
        instances[0].topology,
        obsgen::topologies::Topology::Replication { redis_pods: 2 }
    );
    assert_said(
        &said,
        &[
            "a.yaml:2: no namespace is written",
            "a.yaml:6: `clusterSize`: it is 1, and a policy takes 2 to 100",
            "a.yaml:7: `kubernetesConfig.image`",
            "a.yaml:7: `kubernetesConfig.resources.limits.memory`",
            "a.yaml:8: `redisConfig.additionalRedisConfig`: the ConfigMap `elsewhere`",
        ],
    );
    assert!(text.contains("image: quay.io/opstree/redis:v7.4.11 # yours"));
    assert!(!text.contains(CANARY) && !said.join("\n").contains(CANARY));
}

/// A policy names instances, and a resource is called as its instance.
#[test]
fn of_two_with_one_name_the_second_is_left_to_another_stack() {
    let one = |namespace: &str| {
        format!(
            "---\napiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {{name: redis, namespace: {namespace}}}\n\
             spec: {{kubernetesConfig: {{image: 'quay.io/opstree/redis:v7.2.3'}}}}\n"
        )
    };
    let text = one("b") + &one("a");
    let (instances, policy, said) = imported(&[("x.yaml", &text)]);
    assert_eq!(instances.len(), 1);
    assert_eq!(instances[0].namespace, "a");
    assert_said(
        &said,
        &["x.yaml:2: `redis` of the namespace `b` is left out"],
    );
    assert!(policy.contains("--namespace b"));
    let files = [("x.yaml".to_owned(), text)];
    let only = import(&files, None, Some(&Name::parse("b").unwrap())).unwrap();
    assert_eq!((only.count(), only.losses().len()), (1, 0));
    let none = import(&files, None, Some(&Name::parse("c").unwrap()));
    assert!(none.unwrap_err().contains("in the namespace `c`"));
}

#[test]
fn a_kustomization_gives_its_namespace() {
    let redis = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: redis}\n\
                 spec: {kubernetesConfig: {image: 'quay.io/opstree/redis:v7.2.3'}}\n";
    let patch = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: redis}\n\
                 spec: {kubernetesConfig: {image: 'quay.io/opstree/redis:v9'}}\n";
    let overlay = "namespace: shop\nresources: [../../base]\npatches: [{path: patch.yaml}]\n";
    let (instances, _, said) = imported(&[
        ("base/kustomization.yaml", "resources: [redis.yaml]\n"),
        ("base/redis.yaml", redis),
        ("overlays/prod/kustomization.yaml", overlay),
        ("overlays/prod/patch.yaml", patch),
    ]);
    assert_eq!(instances[0].namespace, "shop");
    assert_eq!(instances[0].image.as_str(), "quay.io/opstree/redis:v7.2.3");
    assert_said(
        &said,
        &["overlays/prod/kustomization.yaml:3: `patches` changes what was read"],
    );
    let two = [
        (
            "a/kustomization.yaml",
            "namespace: a\nresources: [../base]\n",
        ),
        (
            "b/kustomization.yaml",
            "namespace: b\nresources: [../base]\n",
        ),
        ("base/redis.yaml", redis),
    ];
    assert_said(
        &imported(&two).2,
        &["several kustomizations give this a namespace"],
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let redis = r#"{"apiVersion": "redis.github.com/v1", "kind": "RedisInstanceList", "items": [
	{"apiVersion": "redis.github.com/v1", "kind": "RedisInstance", "metadata": {"name": "a", "namespace": "b"},
	"spec": {"image": "redis:7.4.7", "replicas": 1, "storage": {"size": "1Gi", "storageClassName": "x"}}}]}"#;
    let files = [
        (
            "chart/templates/redis.yaml",
            "kind: {{ .Values.kind }}\n{{- if canary-5f1d }}\n",
        ),
        ("list.json", redis),
        ("notes.yaml", "- just\n- a list\n"),
        ("wrong.yaml", "a: 'canary-5f1d\n"),
    ];
    let (instances, _, said) = imported(&files);
    assert_eq!(instances.len(), 1);
    assert_said(
        &said,
        &[
            "chart/templates/redis.yaml:2: the file is left out: it is a template",
            "wrong.yaml:",
        ],
    );
    assert!(!said.join("\n").contains(CANARY));
    let nothing = read(&files[2..]).unwrap_err();
    assert!(nothing.contains("none of 2 files has a Redis") && nothing.contains("wrong.yaml:"));
}

#[test]
fn one_of_two_operators_is_chosen() {
    let opstree = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: a}\nspec: {}\n";
    let other =
        "apiVersion: redis.github.com/v1\nkind: RedisInstance\nmetadata: {name: b}\nspec: {}\n";
    let files = [
        ("a".to_owned(), opstree.to_owned()),
        ("b".to_owned(), other.to_owned()),
    ];
    assert!(
        import(&files, None, None)
            .unwrap_err()
            .contains("--operator")
    );
    let chosen = import(&files, Some(OperatorKind::RedisOperator), None).unwrap();
    assert_eq!(
        (chosen.count(), chosen.operator()),
        (1, OperatorKind::RedisOperator)
    );
}

/// What a manifest says cannot become anything else in the policy.
#[test]
fn hostile_manifests_add_nothing_to_the_policy() {
    for (field, value) in [
        ("name", "x\\nallow: [] #"),
        ("name", "../../x"),
        ("image", "redis:1\\n      auth: x"),
        ("class", "a: b"),
        ("secret", "x, key: y}"),
        ("directive", "maxmemory 1gb\\nloadmodule /x"),
        ("field", "x`\\nspec: {}"),
    ] {
        let pick = |name: &str, usual: &str| match name == field {
            true => format!("\"{value}\""),
            false => usual.to_owned(),
        };
        let text = format!(
            "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {{name: {}, namespace: a}}\nspec:\n  \
             kubernetesConfig: {{image: {}, redisSecret: {{name: {}, key: b}}}}\n  \
             redisConfig: {{dynamicConfig: [{}]}}\n  {}: 1\n  storage: {{volumeClaimTemplate: {{spec: {{storageClassName: {}, \
             resources: {{requests: {{storage: 1Gi}}}}}}}}}}\n---\n\
             apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {{name: good, namespace: a}}\n\
             spec: {{kubernetesConfig: {{image: 'quay.io/opstree/redis:v7.2.3'}}}}\n",
            pick("name", "n"),
            pick("image", "quay.io/opstree/redis:v7.2.3"),
            pick("secret", "s"),
            pick("directive", "maxmemory 1gb"),
            pick("field", "affinity"),
            pick("class", "fast"),
        );
        let (instances, policy, said) = imported(&[("a.yaml", &text)]);
        assert!(instances.len() == 2 || field == "name", "{field}");
        assert!(
            !policy.contains("loadmodule") && !policy.contains("allow:"),
            "{field}"
        );
        assert!(said.iter().all(|it| !it.contains('\n')), "{field}");
    }
}

/// Every text in a manifest may be a secret that was pasted into the wrong place.
#[test]
fn what_stands_in_the_wrong_place_is_not_repeated() {
    let starts = |at: usize| !SENTINEL[..at].ends_with(|it: char| it.is_ascii_alphanumeric());
    let words: Vec<(usize, usize)> = SENTINEL
        .char_indices()
        .filter(|(at, it)| it.is_ascii_alphanumeric() && starts(*at))
        .map(|(at, _)| {
            let rest = &SENTINEL[at..];
            let length = rest.find(|it: char| !it.is_ascii_alphanumeric());
            (at, at + length.unwrap_or(rest.len()))
        })
        .collect();
    let mut read = 0;
    for (start, end) in words {
        for canary in ["\"CANARY!5f1d\"", "CANARY!5f1d"] {
            let text = format!("{}{canary}{}", &SENTINEL[..start], &SENTINEL[end..]);
            let files = [("a.yaml".to_owned(), text)];
            let shown = match import(&files, None, None) {
                Err(refusal) => refusal,
                Ok(import) => {
                    read += 1;
                    format!(
                        "{:?}\n{}",
                        import.losses(),
                        with_head(|head| import.policy(head))
                    )
                }
            };
            // These take any text, and are no credentials.
            let free = ["save:", "notify-keyspace-events:"];
            let told = shown.lines().filter(|it| it.contains("CANARY"));
            let told: Vec<&str> = told
                .filter(|it| !free.iter().any(|free| it.trim().starts_with(free)))
                .collect();
            assert!(told.is_empty(), "{told:?} of {}", &SENTINEL[start..end]);
        }
    }
    assert!(read > 100, "only {read} texts could be read");
}

#[test]
fn whatever_is_read_the_policy_is_one() {
    let mut random = Random::new(7);
    let pieces = [
        "\n",
        "  ",
        "- ",
        ": ",
        "{",
        "}",
        "[",
        "]",
        "&a ",
        "*a",
        "<<: *a",
        "\"",
        "'",
        "|",
        "#",
        "---\n",
        "\t",
        "-1",
        "99999999999",
        "null",
        "é",
        "\u{202e}",
        "{{",
        "v1beta1",
    ];
    let mut policies = 0;
    for _ in 0..400 {
        let mut text = SENTINEL.to_owned();
        for _ in 0..random.below(4) + 1 {
            let places: Vec<usize> = text.char_indices().map(|it| it.0).collect();
            let at = places[random.below(places.len())];
            let end = places
                .iter()
                .copied()
                .find(|it| *it > at + random.below(12));
            let piece = pieces[random.below(pieces.len())];
            text.replace_range(at..end.unwrap_or(text.len()), piece);
        }
        let Ok(import) = import(&[("a.yaml".to_owned(), text.clone())], None, None) else {
            continue;
        };
        policies += 1;
        let policy = with_head(|head| import.policy(head));
        let compilation = compile_text(&policy);
        let errors = errors(&compilation);
        assert!(errors.is_empty(), "{}\n{text}\n{policy}", errors.join("\n"));
    }
    assert!(policies > 80, "only {policies} gave a policy");
}

/// What obsgen would write otherwise, or not at all, is said, each once and with its line.
#[test]
fn whatever_of_a_resource_is_not_carried_over_is_said() {
    let text = r#"
apiVersion: redis.redis.opstreelabs.in/v1beta2
kind: RedisReplication
metadata:
  name: queue
  namespace: shop
  annotations:
    redis.opstreelabs.in/recreate-statefulset: "true"
    canary-5f1d: x
  finalizers: [redisReplicationFinalizer]
spec:
  clusterSize: 3
  podSecurityContext: {runAsUser: 1000, fsGroup: 2000}
  kubernetesConfig:
    image: quay.io/opstree/redis:v7.2.3
    imagePullPolicy: Always
    ignoreAnnotations: [canary-5f1d]
  redisExporter:
    enabled: false
    image: quay.io/opstree/redis-exporter:v1.44.0
    port: 9122
    env: [{name: REDIS_EXPORTER_INCL_SYSTEM_METRICS, value: canary-5f1d}]
    resources: {limits: {memory: 256Mi, cpu: 100m}, requests: {cpu: 10m}}
    securityContext: {runAsUser: 1}
  storage:
    keepAfterDelete: false
    volumeClaimTemplate:
      metadata: {labels: {a: b}}
      spec:
        storageClassName: ""
        volumeMode: Block
        resources: {requests: {storage: 10Gi}}
---
apiVersion: redis.redis.opstreelabs.in/v1beta2
kind: RedisSentinel
metadata: {name: queue, namespace: shop}
spec:
  clusterSize: 3
  kubernetesConfig:
    image: quay.io/opstree/redis-sentinel:v7.2.3
    redisSecret: {name: queue, key: password}
    resources: {limits: {memory: 512Mi}, requests: {cpu: 50m}}
  redisSentinelConfig: {redisReplicationName: queue, masterGroupName: mymaster}
"#;
    let (_, policy, said) = imported(&[("a.yaml", text)]);
    let expected = [
        "8: `metadata.annotations`: `redis.opstreelabs.in/recreate-statefulset` steers",
        "9: `metadata.annotations`: the generated resource lacks",
        "13: `podSecurityContext.fsGroup`",
        "16: `kubernetesConfig.imagePullPolicy`",
        "17: `kubernetesConfig.ignoreAnnotations`",
        "19: `redisExporter.enabled`",
        "21: `redisExporter.port`",
        "22: `redisExporter.env`",
        "23: `redisExporter.resources.limits.cpu`",
        "23: `redisExporter.resources.limits.memory`",
        "24: `redisExporter.securityContext`",
        "26: `storage.keepAfterDelete`",
        "28: `storage.volumeClaimTemplate.metadata`",
        "30: `storage.volumeClaimTemplate.spec.storageClassName`",
        "31: `storage.volumeClaimTemplate.spec.volumeMode`",
        "41: `kubernetesConfig.redisSecret`",
        "42: `kubernetesConfig.resources.limits.memory`",
    ];
    assert_eq!(said.len(), expected.len(), "{}", said.join("\n"));
    for (line, wanted) in said.iter().zip(expected) {
        assert!(
            line.starts_with(&format!("a.yaml:{wanted}")),
            "{line}: {wanted}"
        );
        let what = line.splitn(3, ':').nth(2).unwrap().trim();
        assert!(policy.contains(&format!("# Note: {what}")), "{what}");
    }
    assert!(!policy.contains(CANARY) && !said.join("\n").contains(CANARY));
}

#[test]
fn the_volume_of_a_cluster_beside_its_data_is_compared() {
    let text = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: RedisCluster\nmetadata: {name: c, namespace: a}\n\
                spec:\n  clusterSize: 3\n  persistenceEnabled: true\n  \
                kubernetesConfig: {image: 'quay.io/opstree/redis:v7.2.3'}\n  storage:\n    nodeConfVolume: true\n    \
                nodeConfVolumeClaimTemplate: {spec: {resources: {requests: {storage: 1Gi}}}}\n    \
                volumeClaimTemplate: {spec: {resources: {requests: {storage: 5Gi}}}}\n";
    assert_eq!(imported(&[("a.yaml", text)]).2, [""; 0]);
    let (_, _, said) = imported(&[("a.yaml", &text.replace("1Gi", "2Gi"))]);
    assert_eq!(
        said,
        [
            "a.yaml:10: `storage.nodeConfVolumeClaimTemplate.spec.resources.requests.storage`: obsgen writes its own"
        ]
    );
}

#[test]
fn an_image_of_exporters_becomes_that_of_the_platform() {
    let text = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: a, namespace: a}\n\
                spec:\n  kubernetesConfig: {image: 'quay.io/opstree/redis:v7.2.3'}\n  \
                redisExporter: {enabled: true, image: 'quay.io/opstree/redis-exporter:v1.44.0'}\n";
    let (_, policy, said) = imported(&[("a.yaml", text)]);
    assert_eq!(said, [""; 0]);
    assert!(policy.contains("redisExporter: quay.io/opstree/redis-exporter:v1.44.0"));
    let other = text
        .replace("name: a,", "name: b,")
        .replace("v1.44.0", "v1.45.0");
    let (_, _, said) = imported(&[("a.yaml", text), ("b.yaml", &other)]);
    assert_said(&said, &["a.yaml:1: there are 2 images of exporters"]);
}

#[test]
fn a_monitor_and_rules_beside_redis_are_named() {
    let redis = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: a, namespace: a}\n\
                 spec: {kubernetesConfig: {image: 'quay.io/opstree/redis:v7.2.3'}}\n";
    let monitor = "apiVersion: monitoring.coreos.com/v1\nkind: ServiceMonitor\n\
                   metadata: {name: m, namespace: a, labels: {release: kps}}\nspec:\n  \
                   selector: {matchLabels: {app: a}}\n  endpoints:\n  - {port: redis-exporter, interval: 45s}\n  \
                   - {port: x, scrapeTimeout: 20s}\n";
    let rules = "apiVersion: monitoring.coreos.com/v1\nkind: PrometheusRule\nmetadata: {name: r, namespace: a}\n\
                 spec: {groups: [{name: g, rules: [{alert: A, expr: redis_up == 0}]}]}\n";
    let (instances, _, said) =
        imported(&[("m.yaml", monitor), ("r.yaml", rules), ("x.yaml", redis)]);
    assert_eq!(instances[0].interval.to_string(), "45s");
    assert_eq!(said.len(), 4, "{}", said.join("\n"));
    assert_said(
        &said,
        &[
            "m.yaml:1: obsgen writes the monitors of Redis: delete this ServiceMonitor",
            "m.yaml:3: `metadata.labels.release`: where your Prometheus chooses monitors by it, write \
             `selects: {monitors: {release: kps}}`",
            "m.yaml:8: `spec.endpoints.scrapeTimeout`",
            "r.yaml:1: the rules of this PrometheusRule are not taken over",
        ],
    );
    // What is about something else is nobody's loss.
    let others = (
        monitor.replace("app: a", "app: b"),
        rules.replace("redis_up", "up"),
    );
    let (_, _, said) = imported(&[
        ("m.yaml", &others.0),
        ("r.yaml", &others.1),
        ("x.yaml", redis),
    ]);
    assert_eq!(said, [""; 0]);
}

#[test]
fn an_image_without_version_is_replaced_by_one_that_is_named() {
    for image in ["image: 'quay.io/opstree/redis:latest'", ""] {
        let text = format!(
            "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {{name: a, namespace: a}}\n\
             spec: {{kubernetesConfig: {{{image}}}}}\n"
        );
        let (instances, policy, said) = imported(&[("a.yaml", &text)]);
        assert_said(
            &said,
            &[&format!(
                "its image is that of the defaults now, the example `{}`: write its own as `image:`",
                instances[0].image
            )],
        );
        assert!(policy.contains("# Note: its image is that of the defaults now"));
    }
}

#[test]
fn a_template_that_is_yaml_is_called_one() {
    for name in ["{{ .Release.Name }}", "\"{{ .Release.Name }}\""] {
        let text = format!(
            "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata:\n  name: {name}\nspec: {{}}\n"
        );
        let refusal = read(&[("a.yaml", &text)]).unwrap_err();
        assert!(
            refusal.contains("a.yaml:4: a Redis is left out: it is a template; render it first"),
            "{refusal}"
        );
    }
}

#[test]
fn a_directive_that_is_unknown_is_named_if_it_can_be() {
    let text = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: a, namespace: a}\n\
                spec:\n  kubernetesConfig: {image: 'quay.io/opstree/redis:v7.2.3'}\n  redisConfig:\n    dynamicConfig:\n    \
                - maxmemroy 1gb\n    - CANARY!5f1d 1\n";
    let (_, _, said) = imported(&[("a.yaml", text)]);
    assert_said(
        &said,
        &[
            "a.yaml:8: `maxmemroy`: a directive that obsgen does not know",
            "a.yaml:9: a directive that obsgen does not know",
        ],
    );
}

#[test]
fn the_wrong_operator_is_told_which_one_is_there() {
    let text = "apiVersion: redis.redis.opstreelabs.in/v1beta2\nkind: Redis\nmetadata: {name: a}\nspec: {}\n";
    let files = [("a".to_owned(), text.to_owned())];
    let refusal = import(&files, Some(OperatorKind::RedisOperator), None).unwrap_err();
    assert!(
        refusal.contains("resources of opstree, and none of redis-operator")
            && refusal.contains("--operator opstree"),
        "{refusal}"
    );
}

#[test]
fn sentinels_of_redis_operator_have_resources_of_their_own() {
    let text = r#"
apiVersion: redis.github.com/v1
kind: RedisSentinel
metadata: {name: s, namespace: a, labels: {a: b}}
spec:
  image: redis:7.4.7
  replicas: 3
  resources: {limits: {memory: 1Gi}}
  storage: {size: 2Gi, storageClassName: standard}
  redis: {master: {storage: {size: 1Gi, storageClassName: standard}}, replica: {replicas: 2, storage: {size: 1Gi, storageClassName: standard}}}
"#;
    assert_said(
        &imported(&[("a.yaml", text)]).2,
        &[
            "a.yaml:4: `metadata.labels`",
            "a.yaml:8: `resources.limits.memory`: obsgen writes its own",
            "a.yaml:9: `storage`: obsgen gives Sentinel the volume of its Redis",
        ],
    );
}
