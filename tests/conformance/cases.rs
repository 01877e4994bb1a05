//! Who is to be told of which alert of each stack: what the policies say, written down by hand.

use crate::operator::Strategy;

/// A stack, how it reaches Alertmanager, and who is to be told of what.
pub(crate) struct Case {
    pub(crate) stack: &'static str,
    pub(crate) delivery: Delivery,
    pub(crate) routes: &'static [Told],
}

pub(crate) enum Delivery {
    /// The whole alertmanager.yaml.
    Secret,
    /// AlertmanagerConfigs, read with the strategy that the policy names.
    Configs(Strategy),
}

/// The labels of an alert, and the receivers in their order.
pub(crate) type Told = (&'static str, &'static [&'static str]);

pub(crate) const CASES: &[Case] = &[
    Case {
        stack: "minimal",
        delivery: Delivery::Configs(Strategy::OnNamespace),
        routes: MINIMAL,
    },
    Case {
        stack: "prod",
        delivery: Delivery::Configs(Strategy::None),
        routes: PROD,
    },
    Case {
        stack: "seed",
        delivery: Delivery::Configs(Strategy::OnNamespace),
        routes: SEED,
    },
    Case {
        stack: "staging",
        delivery: Delivery::Secret,
        routes: STAGING,
    },
];

const MINIMAL: &[Told] = &[
    (
        "alertname=Watchdog severity=info stack=minimal cluster=dev-1 namespace=monitoring",
        &["monitoring/minimal/deadmans-switch"],
    ),
    (
        "alertname=RedisRulesFailing severity=critical stack=minimal cluster=dev-1 \
         namespace=monitoring rule_group=a;minimal.redis",
        &["monitoring/minimal/web-slack"],
    ),
    (
        "alertname=RedisDown severity=critical stack=minimal cluster=dev-1 namespace=web \
         instance_name=cache team=web tier=standard topology=standalone component=redis pod=cache-0",
        &["web/minimal/web-slack"],
    ),
    (
        "alertname=RedisRestarted severity=info stack=minimal cluster=dev-1 namespace=web \
         instance_name=cache team=web tier=standard topology=standalone component=redis pod=cache-0",
        &["web/minimal/web-slack"],
    ),
    (
        "alertname=RedisOperatorDown severity=warning stack=minimal cluster=dev-1 \
         namespace=ot-operators component=operator",
        &["ot-operators/minimal/web-slack"],
    ),
    (
        "alertname=RedisDown severity=critical namespace=web",
        &["null"],
    ),
    (
        "alertname=RedisDown severity=critical stack=other namespace=web",
        &["null"],
    ),
    (
        "alertname=Watchdog severity=none namespace=monitoring",
        &["null"],
    ),
];

const PROD: &[Told] = &[
    (
        "alertname=Watchdog severity=info stack=prod cluster=prod-eu-1 namespace=monitoring \
         team=platform",
        &["monitoring/prod/deadmans-switch"],
    ),
    (
        "alertname=RedisDown severity=critical stack=prod cluster=prod-eu-1 namespace=shop \
         instance_name=session-cache team=checkout tier=critical topology=sentinel pod=session-cache-0",
        &[
            "monitoring/prod/ops-feishu",
            "monitoring/prod/checkout-pager",
        ],
    ),
    (
        "alertname=RedisPrimaryMissing severity=critical stack=prod cluster=prod-eu-1 \
         namespace=platform instance_name=feature-flags team=platform tier=critical topology=sentinel",
        &[
            "monitoring/prod/ops-feishu",
            "monitoring/prod/platform-pager",
        ],
    ),
    (
        "alertname=RedisRulesFailing severity=critical stack=prod cluster=prod-eu-1 \
         namespace=monitoring team=platform rule_group=prod",
        &[
            "monitoring/prod/ops-feishu",
            "monitoring/prod/platform-pager",
        ],
    ),
    (
        "alertname=RedisClusterDown severity=critical stack=prod cluster=prod-eu-1 \
         namespace=catalog instance_name=catalog team=catalog tier=critical topology=cluster",
        &[
            "monitoring/prod/ops-feishu",
            "monitoring/prod/catalog-wecom",
            "monitoring/prod/catalog-robot",
        ],
    ),
    (
        "alertname=RedisClusterNodesMissing severity=warning stack=prod cluster=prod-eu-1 \
         namespace=catalog instance_name=search-cache team=catalog tier=standard topology=cluster",
        &["monitoring/prod/catalog-robot"],
    ),
    (
        "alertname=RedisRestarted severity=info stack=prod cluster=prod-eu-1 namespace=catalog \
         instance_name=thumbnails team=catalog tier=standard topology=standalone pod=thumbnails-0",
        &["monitoring/prod/catalog-mail"],
    ),
    (
        "alertname=RedisMemoryHigh severity=warning stack=prod cluster=prod-eu-1 namespace=shop \
         instance_name=cart team=checkout tier=critical topology=sentinel pod=cart-0",
        &["monitoring/prod/ops-dingtalk"],
    ),
    (
        "alertname=CheckoutQueueStuck severity=warning stack=prod cluster=prod-eu-1 team=checkout \
         namespace=shop instance_name=checkout-queue",
        &["monitoring/prod/ops-dingtalk"],
    ),
    (
        "alertname=RedisOperatorDown severity=warning stack=prod cluster=prod-eu-1 \
         namespace=ot-operators team=platform component=operator",
        &["monitoring/prod/ops-dingtalk"],
    ),
    (
        "alertname=RedisRestarted severity=info stack=prod cluster=prod-eu-1 namespace=shop \
         instance_name=rate-limiter team=checkout tier=standard topology=standalone pod=rate-limiter-0",
        &["monitoring/prod/platform-slack"],
    ),
    // An alert that has lost its team is still somebody's.
    (
        "alertname=RedisDown severity=critical stack=prod cluster=prod-eu-1 namespace=shop",
        &["monitoring/prod/ops-feishu"],
    ),
    (
        "alertname=RedisDown severity=critical namespace=shop team=checkout",
        &["null"],
    ),
    (
        "alertname=RedisDown severity=critical stack=other namespace=shop team=checkout",
        &["null"],
    ),
    ("alertname=Watchdog severity=none", &["null"]),
    (
        "alertname=Watchdog severity=info stack=production",
        &["null"],
    ),
];

const SEED: &[Told] = &[
    (
        "alertname=Watchdog severity=info stack=seed cluster=lab-1 namespace=monitoring team=redis",
        &["monitoring/seed/deadmans-switch"],
    ),
    (
        "alertname=RedisRulesFailing severity=critical stack=seed cluster=lab-1 \
         namespace=monitoring team=redis rule_group=a;seed.redis",
        &["monitoring/seed/redis-pager"],
    ),
    (
        "alertname=RedisDown severity=critical stack=seed cluster=lab-1 namespace=redis \
         instance_name=guarded team=redis tier=standard topology=sentinel component=redis",
        &["redis/seed/redis-pager"],
    ),
    (
        "alertname=RedisReplicasMissing severity=warning stack=seed cluster=lab-1 namespace=redis \
         instance_name=pair team=redis tier=standard topology=replication component=redis",
        &["redis/seed/redis-slack"],
    ),
    (
        "alertname=RedisClusterDown severity=critical stack=seed cluster=lab-1 \
         namespace=redis-cluster instance_name=sharded team=redis tier=standard topology=cluster",
        &["redis-cluster/seed/redis-pager"],
    ),
    (
        "alertname=RedisRestarted severity=info stack=seed cluster=lab-1 namespace=redis-cluster \
         instance_name=sharded team=redis tier=standard topology=cluster",
        &["redis-cluster/seed/redis-slack"],
    ),
    (
        "alertname=RedisOperatorAbsent severity=warning stack=seed cluster=lab-1 \
         namespace=redis-operator-system team=redis component=operator",
        &["redis-operator-system/seed/redis-slack"],
    ),
    (
        "alertname=RedisDown severity=critical namespace=redis team=redis",
        &["null"],
    ),
    (
        "alertname=RedisDown severity=critical stack=other namespace=redis team=redis",
        &["null"],
    ),
    (
        "alertname=Watchdog severity=none namespace=monitoring",
        &["null"],
    ),
];

const STAGING: &[Told] = &[
    (
        "alertname=Watchdog severity=info stack=staging cluster=staging-eu-1 namespace=monitoring \
         team=platform",
        &["deadmans-switch"],
    ),
    (
        "alertname=RedisClusterDown severity=critical stack=staging cluster=staging-eu-1 \
         namespace=catalog instance_name=catalog team=catalog tier=standard topology=cluster",
        &["platform-slack", "ops-dingtalk"],
    ),
    (
        "alertname=RedisRulesFailing severity=critical stack=staging cluster=staging-eu-1 \
         namespace=monitoring team=platform rule_group=a;staging.redis",
        &["platform-slack", "ops-dingtalk"],
    ),
    (
        "alertname=RedisDown severity=warning stack=staging cluster=staging-eu-1 namespace=shop \
         instance_name=session-cache team=checkout tier=standard topology=sentinel",
        &["platform-slack"],
    ),
    (
        "alertname=RedisRestarted severity=info stack=staging cluster=staging-eu-1 namespace=shop \
         instance_name=session-cache team=checkout tier=standard topology=sentinel",
        &["platform-slack"],
    ),
    // The whole configuration is of this stack: whatever else comes goes to its default.
    (
        "alertname=KubePodCrashLooping severity=critical namespace=shop",
        &["platform-slack"],
    ),
    (
        "alertname=RedisDown severity=critical stack=other namespace=shop",
        &["platform-slack"],
    ),
    ("alertname=Watchdog severity=none", &["platform-slack"]),
];
