//! Policies that are right: they compile, and a change of them changes what it should.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::{Map, Value, json};
use similar::{ChangeTag, TextDiff};

use super::{Texts, Tree, config, tree, wrong};

/// What a generated policy is made of.
#[derive(Debug, Clone)]
struct Choices {
    operator: usize,
    is_secret: bool,
    strategy: usize,
    instances: Vec<(usize, usize, usize, usize)>,
    receivers: u8,
    routes: u8,
    logging: usize,
    tracing: usize,
    grafana: usize,
    kibana: bool,
    managed: bool,
    custom: bool,
}

const OPERATORS: &[(&str, &str)] = &[
    (
        "{kind: opstree, version: \"0.26\", namespace: ot-operators}",
        "quay.io/opstree/redis:v7.4.11",
    ),
    (
        "{kind: opstree, version: \"0.26\", namespace: ot-operators, featureGates: [GenerateConfigInInitContainer]}",
        "redis:7.4.7",
    ),
    (
        "{kind: redis-operator, version: \"0.1\", namespace: redis-operator-system}",
        "redis:7.4.7",
    ),
];
const STRATEGIES: &[&str] = &[
    "OnNamespace",
    "OnNamespaceExceptForAlertmanagerNamespace",
    "None",
];
const TOPOLOGIES: &[&str] = &[
    "{kind: standalone}",
    "{kind: replication, redisPods: 2}",
    "{kind: replication, redisPods: 5}",
    "{kind: sentinel, redisPods: 3, sentinels: 3, quorum: 2}",
    "{kind: sentinel, redisPods: 2, sentinels: 5, quorum: 3}",
    "{kind: cluster, masters: 3, replicasPerMaster: 1}",
    "{kind: cluster, masters: 4, replicasPerMaster: 0}",
];
const NAMESPACES: &[&str] = &["shop", "catalog", "monitoring", "kustomization", "a"];
const CONFIGS: &[&str] = &[
    "{maxmemory: 192mb, maxmemory-policy: noeviction}",
    "{maxmemory: 160mb, maxmemory-policy: allkeys-lru}",
    "{maxmemory: 160mb, maxmemory-policy: noeviction, save: 900 1, appendonly: \"no\"}",
    "{maxmemory: 100mb, timeout: 0}",
];
const ALERTS: &[&str] = &[
    "{}",
    "{RedisMemoryHigh: {threshold: 85%, for: 15m}}",
    "{RedisDown: {enabled: false, reason: it is tried out}}",
    "{RedisConnectionsHigh: {threshold: 60%}, RedisDown: {severity: warning}}",
];
const RECEIVERS: &[&str] = &[
    "slack: {channel: \"#web\", url: {secretRef: {name: alerts, key: slack}}}",
    "pagerduty: {routingKey: {secretRef: {name: alerts, key: pager}}}",
    "email: {to: [a@example.com], from: b@example.com, smarthost: \"smtp.example.com:587\", username: b, password: {secretRef: {name: alerts, key: mail}}}",
    "webhook: {url: {secretRef: {name: alerts, key: url}}, maxAlerts: 3}",
    "wechat: {corpId: ww0000000000000000, agentId: \"1\", toParty: \"7\", secret: {secretRef: {name: alerts, key: wechat}}}",
    "dingtalk: {url: {secretRef: {name: alerts, key: dingtalk}}, mentions: [\"13800000000\"]}",
    "feishu: {url: {secretRef: {name: alerts, key: feishu}}}",
    "wecom: {url: {secretRef: {name: alerts, key: wecom}}}",
];

fn choices() -> impl Strategy<Value = Choices> {
    let instance = (
        0..TOPOLOGIES.len(),
        0..NAMESPACES.len(),
        0..CONFIGS.len(),
        0..ALERTS.len(),
    );
    let pipeline = (0..OPERATORS.len(), any::<bool>(), 0..STRATEGIES.len());
    let telemetry = (
        0..5usize,
        0..3usize,
        0..3usize,
        any::<bool>(),
        any::<bool>(),
    );
    (
        pipeline,
        vec(instance, 1..8),
        any::<u8>(),
        any::<u8>(),
        telemetry,
        any::<bool>(),
    )
        .prop_map(
            |(pipeline, instances, receivers, routes, telemetry, custom)| {
                let (operator, is_secret, strategy) = pipeline;
                let (logging, tracing, grafana, kibana, managed) = telemetry;
                Choices {
                    operator,
                    is_secret,
                    strategy,
                    instances,
                    receivers,
                    routes,
                    logging,
                    tracing,
                    grafana,
                    kibana,
                    managed,
                    custom,
                }
            },
        )
}

impl Choices {
    fn policy(&self) -> String {
        let (operator, image) = OPERATORS[self.operator];
        let mut text = format!(
            "apiVersion: obsgen/v1alpha1
kind: Observability
metadata: {{name: tried, labels: {{env: test}}}}
spec:
  cluster: test-1
  teams: [{{name: web}}, {{name: shop}}]
  runbooks: {{baseUrl: https://git.example.com/web/runbooks}}
  platform:
    kubernetes: \"1.33\"
    team: web
    redisOperator: {operator}
    prometheus: {{operatorVersion: \"0.93\", namespace: monitoring, managed: {}, {}}}
",
            self.managed,
            // The operator asks for authorization, so Prometheus needs a role.
            match self.operator {
                2 if !self.managed => "serviceAccount: prometheus-k8s",
                _ => "evaluationInterval: 1m",
            }
        );
        let alertmanager = match self.is_secret {
            true if self.managed => "delivery: secret".to_owned(),
            true => "delivery: secret, secrets: [alerts]".to_owned(),
            false => format!(
                "delivery: alertmanager-config, matcherStrategy: {}",
                STRATEGIES[self.strategy]
            ),
        };
        writeln!(
            text,
            "    alertmanager: {{version: \"0.33\", name: main, namespace: monitoring, {alertmanager}}}"
        )
        .unwrap();
        let has_tracing = self.tracing > 0;
        if self.logging > 0 || has_tracing {
            text.push_str(
                "    elasticsearch: {version: \"8.17\", url: https://es.logging.svc:9200, \
                 username: {secretRef: {name: es, key: ES_USERNAME}}, \
                 password: {secretRef: {name: es, key: ES_PASSWORD}}}\n",
            );
        }
        if self.logging > 0 {
            let format = ["yaml", "classic"][self.logging % 2];
            writeln!(
                text,
                "    fluentBit: {{version: \"4.2\", namespace: logging, format: {format}}}"
            )
            .unwrap();
        }
        if has_tracing {
            let backend = ["jaeger-operator", "otel-operator"][self.tracing - 1];
            writeln!(
                text,
                "    tracing: {{backend: {backend}, namespace: tracing}}"
            )
            .unwrap();
        }
        let has_kibana = self.kibana && self.logging > 0;
        if has_kibana {
            text.push_str("    kibana: {url: https://kb.logging.svc:5601}\n");
        }
        if self.grafana > 0 {
            let delivery = ["sidecar", "grafana-operator"][self.grafana - 1];
            writeln!(
                text,
                "    grafana: {{url: https://grafana.example.com, namespace: monitoring, delivery: {delivery}}}"
            )
            .unwrap();
        }
        text.push_str("  redis:\n    instances:\n");
        for (index, (topology, namespace, settings, alerts)) in self.instances.iter().enumerate() {
            writeln!(
                text,
                "      - {{name: redis-{index}, namespace: {}, team: {}, tier: {}, image: \"{image}\", \
                 topology: {}, config: {}, alerts: {}, storage: {{size: 1Gi, className: fast}}, \
                 resources: {{requests: {{memory: 256Mi}}, limits: {{memory: 256Mi}}}}, \
                 auth: {{secretRef: {{name: redis-{index}, key: password}}}}}}",
                NAMESPACES[*namespace],
                ["web", "shop"][topology % 2],
                ["standard", "critical"][namespace % 2],
                TOPOLOGIES[*topology],
                CONFIGS[*settings],
                ALERTS[*alerts],
            )
            .unwrap();
        }
        text.push_str("  alerts:\n    tiers: {critical: {RedisDown: {for: 1m}, RedisAbsent: {severity: warning}}}\n");
        if self.custom {
            text.push_str(
                "    custom:\n      - {name: Own, expr: 'queue_length > 1', severity: info, team: web, \
                 summary: 'a: {{ $labels.queue }}', runbook: https://a.example/b}\n    \
                 externalMetrics: [{name: queue_length, type: gauge, labels: [queue]}]\n",
            );
        }
        text.push_str("  receivers:\n    - {name: switch, webhook: {url: {secretRef: {name: alerts, key: heartbeat}}}}\n");
        let chosen: Vec<usize> = (0..RECEIVERS.len())
            .filter(|it| self.receivers >> it & 1 == 1 || *it == 0)
            .collect();
        for it in &chosen {
            writeln!(text, "    - {{name: r-{it}, {}}}", RECEIVERS[*it]).unwrap();
        }
        text.push_str("  routing:\n    default: r-0\n    heartbeat: {receiver: switch, period: 10m}\n    muteTimes: [{name: night, weekdays: [sunday]}]\n    routes:\n");
        for it in &chosen {
            let more = match self.routes >> it & 1 {
                0 => ", continue: true",
                _ => ", mute: [night], groupBy: [alertname]",
            };
            writeln!(
                text,
                "      - {{matchers: ['severity=\"warning\"', 'team=~\"web|shop\"', 'alertname!~\"Own{it}|Watchdog\"'], receiver: r-{it}{more}}}"
            )
            .unwrap();
        }
        match self.logging {
            0 => {}
            1 | 2 => text.push_str("  logging: {mode: data-stream, retention: 30d}\n"),
            _ => text.push_str(
                "  logging: {mode: alias, retention: 14d, rolloverAge: 1d, rolloverSize: 10gb}\n",
            ),
        }
        if has_tracing {
            text.push_str("  tracing: {sampling: 10%, retention: 7d}\n");
        }
        if self.managed {
            text.push_str("  metrics: {retention: 14d}\n");
        }
        if self.grafana > 0 || has_kibana {
            writeln!(
                text,
                "  dashboards: {{grafana: {}, kibana: {has_kibana}}}",
                self.grafana > 0
            )
            .unwrap();
        }
        text
    }

    fn compile(&self) -> obsgen::Compilation {
        Texts::one(&self.policy()).compile()
    }
}

/// Errors that a policy of such choices may have: what an operator or a delivery cannot do.
const MAY_BE_REFUSED: &[&str] = &["redis/operator-changes"];

/// The output, unless the policy is refused for what its operator cannot do.
fn output(compilation: &obsgen::Compilation) -> Result<Option<Tree>, TestCaseError> {
    let errors = compilation.findings.iter().filter(|it| it.is_error());
    let errors: Vec<String> = errors
        .filter(|it| !MAY_BE_REFUSED.contains(&it.name))
        .map(|it| format!("{}: {}", it.name, it.headline))
        .collect();
    prop_assert!(errors.is_empty(), "{errors:#?}");
    Ok(compilation.output.is_some().then(|| tree(compilation)))
}

proptest! {
    #![proptest_config(config(8))]

    #[test]
    fn a_right_policy_has_an_output_that_can_be_read(choices in choices()) {
        let compilation = choices.compile();
        let wrong = wrong(&compilation);
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        for (path, text) in output(&compilation)?.into_iter().flatten() {
            safe(&path)?;
            if path.ends_with(".yaml") {
                for document in serde_yaml::Deserializer::from_str(&text) {
                    let read: Result<Value, _> = serde::Deserialize::deserialize(document);
                    prop_assert!(read.is_ok(), "{path}: {read:?}");
                }
            }
        }
    }

    /// Nothing is renumbered, reordered or taken away for a new neighbour (DET-17).
    #[test]
    fn one_more_instance_only_adds(choices in choices(), like in any::<prop::sample::Index>()) {
        // Alerts of its own would make it an exception in the rules of all.
        let (topology, namespace, settings, _) = *like.get(&choices.instances);
        let like = (topology, namespace, settings, 0);
        let mut choices = choices;
        choices.instances.push(like);
        let mut more = choices.clone();
        more.instances.push(like);
        let (before, after) = (choices.compile(), more.compile());
        let (Some(before), Some(after)) = (output(&before)?, output(&after)?) else {
            return Ok(());
        };
        for (path, old) in &before {
            let Some(new) = after.get(path) else {
                return Err(TestCaseError::fail(format!("{path} is gone")));
            };
            let is_index = path == "kustomization.yaml" || path.ends_with("/kustomization.yaml");
            let names_instances = NAMES_INSTANCES.iter().any(|it| path.starts_with(it))
                || path.ends_with("/_exporter.yaml");
            prop_assert!(old == new || is_index || names_instances, "{path} changes");
            let diff = TextDiff::from_lines(old, new);
            let mut changes = diff.iter_all_changes();
            let is_less = changes.any(|it| it.tag() == ChangeTag::Delete);
            prop_assert!(!is_index || !is_less, "{path} loses something");
        }
        let name = format!("redis-{}", choices.instances.len());
        for path in after.keys().filter(|it| !before.contains_key(*it)) {
            prop_assert!(path.starts_with("redis/") && path.contains(&name), "{path} is new");
        }
    }
}

/// Files, beside those of the instance, that change for one more: they name what they watch.
const NAMES_INSTANCES: &[&str] = &[
    "fluent-bit/",
    "prometheus/monitors/redis-",
    "prometheus/rules/policy-",
    "runbooks/",
];

/// Files that every system can have beside each other (SEC-16).
fn safe(path: &str) -> Result<(), TestCaseError> {
    for part in path.split('/') {
        let good = |it: u8| it.is_ascii_alphanumeric() || b"-_.".contains(&it);
        let stem = part.split('.').next().unwrap_or_default().to_lowercase();
        let port = stem
            .strip_prefix("com")
            .or_else(|| stem.strip_prefix("lpt"));
        let is_device = matches!(stem.as_str(), "con" | "prn" | "aux" | "nul")
            || port.is_some_and(|it| it.len() == 1 && it.as_bytes()[0].is_ascii_digit());
        prop_assert!(
            part.bytes().all(good)
                && !part.starts_with(['.', '-'])
                && !part.ends_with('.')
                && !is_device
                && part.len() <= 255,
            "{path}"
        );
    }
    Ok(())
}

/// Places of names in a policy: what stands there, and how often it is replaced.
const NAMES: &[&str] = &[
    "minimal",
    "dev-1",
    "web",
    "cache",
    "main",
    "monitoring",
    "ot-operators",
    "web-slack",
    "deadmans-switch",
];

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn no_name_leads_to_a_strange_file(
        which in prop::sample::select(NAMES),
        name in prop_oneof![
            ".{0,6}", "[a-z0-9.-]{1,6}", "(con|nul|aux|prn|com1|lpt9|CON|kustomization|_exporter|[.]|[.][.]|[.]git)",
            "[a-z]{64}", "[a-zA-Z/\\\\.\u{301}é-]{1,8}",
        ],
    ) {
        let stack = Texts::stack("minimal");
        let mut policy: Value = serde_yaml::from_str(stack.policy()).unwrap();
        rename(&mut policy, which, &name);
        let compilation = stack.with_policy(obsgen::render::yaml::document(&policy)).compile();
        let wrong = wrong(&compilation);
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        if compilation.output.is_some() {
            let mut folded = BTreeSet::new();
            for path in tree(&compilation).keys() {
                safe(path)?;
                prop_assert!(folded.insert(path.to_lowercase()), "{path} is there twice");
            }
        }
    }
}

fn rename(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text == from => to.clone_into(text),
        Value::Array(items) => items.iter_mut().for_each(|it| rename(it, from, to)),
        Value::Object(map) => map.values_mut().for_each(|it| rename(it, from, to)),
        _ => {}
    }
}

/// No instance is lost for its name: each has a file of its own.
#[test]
fn every_instance_has_a_file_whatever_its_name() {
    for name in [
        "kustomization",
        "cloudbuild",
        "exporter",
        "namespace",
        "redis",
        "all",
    ] {
        let stack = Texts::stack("minimal");
        let policy = stack
            .policy()
            .replace("name: cache", &format!("name: {name}"));
        let tree = tree(&stack.with_policy(policy).compile());
        let redis = tree
            .iter()
            .filter(|(path, _)| path.starts_with("redis/web/"));
        let objects: Vec<_> = redis
            .filter(|(_, text)| text.contains("\nkind: Redis\n"))
            .collect();
        assert_eq!(objects.len(), 1, "{name}: {:?}", tree.keys());
        let index = &tree["redis/web/kustomization.yaml"];
        let file = objects[0].0.rsplit('/').next().unwrap();
        // What Flux leaves out of every source, as far as a name of ours could be it.
        assert_ne!(file, "cloudbuild.yaml");
        assert!(index.contains(file), "{index}");
    }
}

/// A free text of a policy: its field, and the files that may hold it.
const TEXTS: &[(&str, &str, &[&str])] = &[
    (
        "prod",
        "/spec/alerts/custom/0/summary",
        &["prometheus/rules/"],
    ),
    (
        "prod",
        "/spec/alerts/custom/0/description",
        &["prometheus/rules/"],
    ),
    (
        "prod",
        "/spec/alerts/custom/0/runbook",
        &["prometheus/rules/"],
    ),
    (
        "prod",
        "/spec/redis/instances/0/alerts/RedisHitRateLow/reason",
        &[],
    ),
    ("prod", "/spec/dashboards/folder", &["grafana/"]),
    (
        "prod",
        "/spec/receivers/0/slack/channel",
        &["alertmanager/"],
    ),
    ("prod", "/spec/receivers/2/email/from", &["alertmanager/"]),
    (
        "prod",
        "/spec/receivers/3/wechat/toParty",
        &["alertmanager/"],
    ),
    (
        "staging",
        "/spec/receivers/0/slack/channel",
        &["alertmanager/"],
    ),
    (
        "staging",
        "/spec/routing/muteTimes/0/location",
        &["alertmanager/"],
    ),
    (
        "staging",
        "/spec/redis/instances/0/auth/secretRef/key",
        &["redis/shop/", "grafana/", "runbooks/"],
    ),
    ("seed", "/spec/allow/1/reason", &[]),
];

proptest! {
    #![proptest_config(config(8))]

    /// What is written in one field reaches the places that are there for it, and no others.
    #[test]
    fn a_text_stays_where_it_belongs(
        field in prop::sample::select(TEXTS),
        text in prop_oneof![
            "[a-zA-Z][a-zA-Z ]{0,20}[a-z]",
            prop::sample::select(&[
                "a\nkind: Secret", "a: b", "# a", "- a", "{{ a }}", "${A}", "$(A)", "%{a}", "[OUTPUT]", "@INCLUDE a",
                "\"} or vector(1) #", "a' b", "a\\", "<img onerror=a>", "````", "a`b", "---", "...", "!!a b", "&a", "*a",
                "\u{1f642}", "null", "1e3", "0x1F", "2024-01-01", "@everyone", "| a |", "Europe/Paris", "ops@example.com",
            ]).prop_map(str::to_owned),
        ],
    ) {
        let (stack, pointer, files) = field;
        let stack = Texts::stack(stack);
        let mut policy: Value = serde_yaml::from_str(stack.policy()).unwrap();
        let before = tree(&stack.compile());
        let place = policy.pointer_mut(pointer).expect(pointer);
        prop_assert!(place.is_string());
        *place = Value::from(text);
        let compilation = stack.with_policy(obsgen::render::yaml::document(&policy)).compile();
        let wrong = wrong(&compilation);
        prop_assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        if compilation.output.is_none() {
            return Ok(());
        }
        let after = tree(&compilation);
        prop_assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().collect::<Vec<_>>());
        for (path, text) in &after {
            let is_declared = files.iter().any(|it| path.starts_with(it));
            prop_assert!(before[path] == *text || is_declared, "{path} changes");
            if path.ends_with(".yaml") {
                prop_assert!(shape(&before[path]) == shape(text), "{path} has another shape");
            }
        }
    }
}

/// The documents of a file without the texts in them: what nobody can add to by a text.
fn shape(text: &str) -> Vec<Value> {
    fn blank(value: Value) -> Value {
        match value {
            Value::String(_) => Value::Null,
            Value::Array(items) => items.into_iter().map(blank).collect(),
            Value::Object(map) => {
                let mut fields: Map<String, Value> =
                    map.into_iter().map(|(key, it)| (key, blank(it))).collect();
                // What has a variable says so, to be kept from Flux.
                fields.shift_remove("kustomize.toolkit.fluxcd.io/substitute");
                fields.retain(|key, it| key != "annotations" || *it != json!({}));
                fields.into()
            }
            other => other,
        }
    }
    serde_yaml::Deserializer::from_str(text)
        .map(|it| blank(serde::Deserialize::deserialize(it).unwrap()))
        .collect()
}
