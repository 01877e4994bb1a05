//! Single mistakes, and two of them at once: each is one finding, hides no other and makes no other.

use std::collections::BTreeSet;
use std::fs;

use obsgen::compile;
use obsgen::diag::source::Locate;

use crate::random::Random;
use crate::stacks::root;

/// A field, what production has there or near it, and what somebody writes instead, on as many
/// lines. All of them are one finding.
const MISTAKES: &[(&str, &str, &str)] = &[
    ("cluster", "cluster: prod-eu-1", r#"cluster: "prod eu""#),
    (
        "labels",
        "labels: {env: prod}",
        "labels: {env: prod, env: x}",
    ),
    (
        "platform.elasticsearch.version",
        r#"version: "8.17""#,
        "version: 8.17",
    ),
    (
        "platform.elasticsearch.url",
        "url: https://logs-es-http.logging.svc:9200",
        "url: logs-es",
    ),
    (
        "platform.elasticsearch.ca",
        "ca: {secretRef: {name: logs-es-http-certs-public, key: ca.crt}}",
        "ca: yes",
    ),
    (
        "platform.grafana.delivery",
        "delivery: sidecar",
        "delivery: sidecat",
    ),
    ("platform.fluentBit.format", "format: yaml", "fromat: yaml"),
    (
        "platform.tracing.backend",
        "backend: otel-operator",
        "backend: otel",
    ),
    (
        "platform.kibana",
        "kibana:\n      url: https://logs-kb-http.logging.svc:5601",
        "kibana:\n      uri: https://logs-kb-http.logging.svc:5601",
    ),
    (
        "platform.redisOperator",
        r#"redisOperator: {kind: opstree, version: "0.26""#,
        r#"redisOperator: {kind: opstre, version: "0.26""#,
    ),
    (
        "platform.redisOperator.version",
        r#"version: "0.26", namespace: ot-op"#,
        r#"version: "0.1", namespace: ot-op"#,
    ),
    (
        "platform.alertmanager.version",
        r#"alertmanager: {version: "0.33""#,
        r#"alertmanager: {version: "x""#,
    ),
    (
        "platform.alertmanager.matcherStrategy",
        "matcherStrategy: None",
        "matcherStrategy: none",
    ),
    (
        "platform.prometheus",
        "evaluationInterval: 30s",
        "evaluationInterval: 30",
    ),
    (
        "redis.defaults.image",
        "image: quay.io/opstree/redis:v7.4.11",
        "image: quay.io/opstree/redis",
    ),
    (
        "redis.defaults.resources",
        "limits: {memory: 1Gi}",
        "limits: {memory: 1G i}",
    ),
    (
        "redis.defaults.config",
        "config: {maxmemory: 768mb}",
        "config: {maxmemory: 768xb}",
    ),
    (
        "redis.defaults.config",
        "config: {maxmemory: 768mb}",
        "config: {maxmemory: 2gb}",
    ),
    (
        "redis.instances.session-cache.topology",
        "{kind: sentinel, redisPods: 3, sentinels: 3, quorum: 2}",
        "{kind: sentinel, redisPods: 3, sentinels: 3, quorum: 9}",
    ),
    (
        "redis.instances.session-cache.topology",
        "{kind: sentinel, redisPods: 3, sentinels: 3, quorum: 2}",
        "{kind: sentinal, redisPods: 3, sentinels: 3, quorum: 2}",
    ),
    (
        "redis.instances.session-cache.alerts",
        "RedisMemoryHigh: {threshold: 85%, for: 15m}",
        "RedisMemoryHigh: {threshold: 85, for: 15m}",
    ),
    (
        "redis.instances.session-cache.alerts",
        "RedisMemoryHigh: {threshold: 85%, for: 15m}",
        "RedisMemoryHi: {threshold: 85%, for: 15m}",
    ),
    (
        "redis.instances.cart.config",
        "appendfsync: everysec",
        "appendfsync: sometimes",
    ),
    (
        "redis.instances.cart.team",
        "topology: {kind: sentinel, redisPods: 3, sentinels: 5, quorum: 3}\n        team: checkout",
        "topology: {kind: sentinel, redisPods: 3, sentinels: 5, quorum: 3}\n        team: chekout",
    ),
    (
        "redis.instances.cart.config",
        "config: {maxmemory-policy: noeviction, append",
        "config: {maxmemory-polic: noeviction, append",
    ),
    (
        "redis.instances.checkout-queue.tier",
        "redisPods: 2}\n        team: checkout\n        tier: critical",
        "redisPods: 2}\n        team: checkout\n        tier: critica",
    ),
    (
        "redis.instances.rate-limiter.auth",
        "auth: {secretRef: {name: rate-limiter, key: password}}",
        "# nothing here",
    ),
    (
        "redis.instances.catalog.storage",
        "storage: {size: 20Gi",
        "storage: {size: 0Gi",
    ),
    (
        "alerts.tiers",
        "RedisConnectionsHigh: {threshold: 70%}",
        "RedisConnectionsHigh: {threshold: 170%}",
    ),
    (
        "alerts.custom.expr",
        r#"key="checkout"}) > 1000"#,
        r#"key="checkout"} > 1000"#,
    ),
    (
        "alerts.custom.team",
        "team: checkout\n        summary",
        "team: checkou\n        summary",
    ),
    (
        "alerts.custom.for",
        "for: 10m\n        severity",
        "for: 10 m\n        severity",
    ),
    (
        "receivers.checkout-pager.pagerduty",
        "pagerduty: {routingKey: {secretRef: {name: alert-pagerduty, key: checkout}}}",
        "pagerduty: {routingkey: {secretRef: {name: alert-pagerduty, key: checkout}}}",
    ),
    (
        "receivers.catalog-mail.email",
        "smarthost: smtp.example.com:587",
        "smarthost: smtp.example.com",
    ),
    (
        "receivers.catalog-wecom.wechat",
        "wechat: {corpId: ww0000000000000000",
        "wechat: {corpid: ww0000000000000000",
    ),
    (
        "receivers.platform-slack.name",
        "- name: platform-slack",
        "- name: platform-slak",
    ),
    (
        "routing.default",
        "default: platform-slack",
        "default: platform-slac",
    ),
    ("routing.groupWait", "groupWait: 30s", "groupWait: 30"),
    (
        "routing.inhibit",
        "equal: [stack, namespace, instance_name]\n      - source",
        "equal: []\n      - source",
    ),
    ("routing.heartbeat", "period: 5m}", "period: 5s}"),
    (
        "routing.inhibit2",
        r#"'severity=~"warning|info"'"#,
        r#"'severity=~"warning|(info"'"#,
    ),
    ("kind", "kind: Observability", "kind: Observabilty"),
    (
        "apiVersion",
        "apiVersion: obsgen/v1alpha1",
        "apiVersion: obsgen/v1alpha2",
    ),
    ("syntaxless", "groupInterval: 5m", "groupInterval: &a 5m"),
];

/// Pairs of mistakes that are tried.
const PAIRS: usize = 80;

/// Name, file, line and headline of a finding.
type Found = (&'static str, usize, usize, String);

/// Production and what it extends.
#[derive(Clone)]
struct Policy([String; 2]);

const PATHS: [&str; 2] = ["prod/observability.yaml", "base.yaml"];

impl Policy {
    fn new() -> Self {
        let read = |path: &str| fs::read_to_string(root().join("stacks").join(path)).unwrap();
        Self(PATHS.map(read))
    }

    /// Makes a mistake; `None` where another has changed the place.
    fn with(&self, (_, old, new): (&str, &str, &str)) -> Option<Self> {
        let mut made = self.clone();
        let text = made.0.iter_mut().find(|it| it.contains(old))?;
        *text = text.replacen(old, new, 1);
        Some(made)
    }

    fn findings(&self) -> BTreeSet<Found> {
        let files = |path: &str| {
            let index = PATHS.iter().position(|it| *it == path);
            let index = index.ok_or_else(|| "cannot be read".to_owned())?;
            Ok(self.0[index].clone())
        };
        let compilation = compile(&files, PATHS[0]);
        let found = compilation.findings.iter().map(|it| {
            let span = compilation.document.span(&it.at);
            let source = compilation.document.source(span.file).unwrap();
            let line = source.position(span.range.start).line;
            (it.name, span.file.0, line, it.headline.clone())
        });
        found.collect()
    }
}

/// Returns whether one field is the other, or has it in it: a mistake in one may hide one in the
/// other.
fn touch(one: &str, other: &str) -> bool {
    let steps = one.split('.').zip(other.split('.'));
    steps.into_iter().all(|(one, other)| one == other)
}

/// Findings that only another mistake hides: what is refused there may be why they are found.
const MAY_BE_HIDDEN: &[(&str, &str)] = &[
    ("alerts/metric-unknown", "alerts.custom"),
    ("references/unknown-receiver", "receivers"),
];

#[test]
fn a_mistake_is_one_finding_and_two_are_two() {
    let right = Policy::new();
    assert_eq!(right.findings(), BTreeSet::new());
    let mut wrong = Vec::new();
    let single: Vec<BTreeSet<Found>> = MISTAKES
        .iter()
        .map(|it| right.with(*it).expect(it.1).findings())
        .collect();
    for (mistake, found) in MISTAKES.iter().zip(&single) {
        if found.len() != 1 {
            wrong.push(format!("{mistake:?}: {found:?}"));
        }
    }
    let mut random = Random::new(27);
    for _ in 0..PAIRS {
        let (one, other) = (random.below(MISTAKES.len()), random.below(MISTAKES.len()));
        let pair = [MISTAKES[one], MISTAKES[other]];
        if touch(pair[0].0, pair[1].0) {
            continue;
        }
        let both = right.with(pair[0]).and_then(|it| it.with(pair[1]));
        let Some(both) = both.map(|it| it.findings()) else {
            continue;
        };
        let each: BTreeSet<Found> = single[one].union(&single[other]).cloned().collect();
        let may_be_hidden = |it: &Found| {
            MAY_BE_HIDDEN
                .iter()
                .any(|(name, field)| it.0 == *name && pair.iter().any(|it| it.0.starts_with(field)))
        };
        let lost: Vec<_> = each
            .difference(&both)
            .filter(|it| !may_be_hidden(it))
            .collect();
        let new: Vec<_> = both.difference(&each).collect();
        if !lost.is_empty() || !new.is_empty() {
            wrong.push(format!("{pair:?}: lost {lost:?}, new {new:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
