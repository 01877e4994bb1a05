//! Prometheus and Alertmanager as resources of their operator.

use crate::diff::objects::row::{ROW, Row};
use crate::effect::Class;
use crate::operators::changes::When;

const STATEFUL_SET: &str =
    "prometheus-operator v0.93.0, pkg/prometheus/server/statefulset.go makeStatefulSetSpec";
const RELOAD: &str =
    "prometheus-operator v0.93.0, pkg/prometheus/promcfg.go GenerateServerConfiguration";
const STORAGE: &str = "prometheus-operator v0.93.0, Documentation/platform/storage.md, and pkg/k8s/statefulset.go \
     ForceUpdateStatefulSet";
const RETENTION: &str =
    "prometheus-operator v0.93.0, pkg/prometheus/server/statefulset.go buildServerArgs";
const ALERTMANAGER: &str =
    "prometheus-operator v0.93.0, pkg/alertmanager/statefulset.go makeStatefulSetSpec";

/// How volumes grow without a gap.
const EXPAND: &str = "set `paused: true`, expand the claims, delete the StatefulSet with `--cascade=orphan`, then \
     unset `paused`";

pub(super) static ROWS: &[Row] = &[
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.retention", "spec.retentionSize"],
        when: When::Shrinks,
        class: Class::DataRisk,
        what: "deletes metrics beyond {after}; it kept {before}",
        exposed: "they are gone within minutes; Prometheus before 3.11 restarts for it, one pod after the other",
        instead: "take a snapshot of what is still needed",
        source: RETENTION,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.retention", "spec.retentionSize"],
        when: When::Grows,
        class: Class::Rolling,
        what: "keeps metrics up to {after} instead of {before}, and needs room for them",
        exposed: "Prometheus before 3.11 restarts for it, one pod after the other; later ones read it while they run",
        source: RETENTION,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.retention", "spec.retentionSize"],
        class: Class::DataRisk,
        what: "keeps metrics up to {after} instead of {before}; without a bound of their age it is 24h",
        source: RETENTION,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.storage"],
        when: When::Vanishes,
        class: Class::DataRisk,
        what: "starts again without its volumes: what it has recorded is gone",
        exposed: "all its pods are away at once",
        source: STORAGE,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.storage"],
        class: Class::Recreate,
        what: "is made again with {after} instead of {before}: the operator deletes the StatefulSet with its pods, and the \
               volumes that exist stay as they are",
        exposed: "all {pods} pods are away at once: nothing is scraped and no alert is evaluated until they have read their log",
        instead: EXPAND,
        source: STORAGE,
        ..ROW
    },
    Row {
        kinds: &["Prometheus", "Alertmanager"],
        fields: &["spec.paused"],
        when: When::To("true"),
        class: Class::Silent,
        what: "is paused: its operator applies no change of it any more",
        exposed: "until `paused` is unset",
        source: "prometheus-operator v0.93.0, pkg/prometheus/server/operator.go sync",
        ..ROW
    },
    Row {
        kinds: &["Prometheus", "Alertmanager"],
        fields: &["spec.replicas"],
        when: When::To("1"),
        class: Class::MonitoringGap,
        what: "has one pod instead of {before}: while it restarts, nobody watches and nobody is told",
        source: STATEFUL_SET,
        ..ROW
    },
    Row {
        kinds: &["Prometheus", "Alertmanager"],
        fields: &["spec.replicas"],
        when: When::To("0"),
        class: Class::MonitoringGap,
        what: "has no pod any more: nobody watches, and nobody is told",
        source: STATEFUL_SET,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.replicas"],
        class: Class::Hot,
        what: "has {after} pods instead of {before}, each of which scrapes everything",
        source: STATEFUL_SET,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.externalLabels"],
        class: Class::MonitoringGap,
        what: "gives its alerts other labels: to Alertmanager each is a new one",
        exposed: "alerts that fire are told again, and those of before are told as resolved",
        source: "Prometheus documentation, Configuration, external_labels",
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.evaluationInterval"],
        when: When::Grows,
        class: Class::MonitoringGap,
        what: "evaluates rules every {after} instead of every {before}, where a group does not say otherwise",
        exposed: "an alert fires later by up to that time",
        source: RELOAD,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.scrapeInterval"],
        when: When::Grows,
        class: Class::MonitoringGap,
        what: "scrapes every {after} instead of every {before}, where a monitor does not say otherwise",
        exposed: "what fails is seen later by up to that time",
        source: RELOAD,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec.alerting"],
        class: Class::MonitoringGap,
        what: "sends its alerts to another Alertmanager as soon as it has read its configuration",
        exposed: "alerts that fire are told by that one anew",
        source: RELOAD,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &[
            "spec.evaluationInterval",
            "spec.scrapeInterval",
            "spec.scrapeTimeout",
            "spec.remoteWrite",
            "spec.remoteRead",
            "spec.enforcedSampleLimit",
            "spec.additionalScrapeConfigs",
            "spec.serviceDiscoveryRole",
        ],
        class: Class::Hot,
        what: "reads its configuration anew; no pod restarts",
        source: RELOAD,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        fields: &["spec"],
        class: Class::Rolling,
        what: "restarts its {pods} pods one by one",
        exposed: "each is away until it has read its log, minutes where it is large: the others scrape and evaluate meanwhile, \
                  and with one pod there is a gap",
        source: STATEFUL_SET,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        when: When::Appears,
        class: Class::Hot,
        what: "starts, and knows nothing of what was before",
        exposed: "alerts with a `for` begin to wait",
        source: STATEFUL_SET,
        ..ROW
    },
    Row {
        kinds: &["Prometheus"],
        when: When::Vanishes,
        class: Class::MonitoringGap,
        what: "is gone: what it scraped and evaluated is watched by nobody of this side",
        exposed: "its claims stay, with what it has recorded",
        source: STATEFUL_SET,
        ..ROW
    },
    // Alertmanager.
    Row {
        kinds: &["Alertmanager"],
        fields: &["spec.storage"],
        class: Class::Recreate,
        what: "is made again: the operator deletes the StatefulSet with its pods, and the volumes that exist stay as they are",
        exposed: "all {pods} pods are away at once: nobody is told meanwhile, Prometheus sends its alerts again afterwards",
        instead: EXPAND,
        source: STORAGE,
        ..ROW
    },
    Row {
        kinds: &["Alertmanager"],
        fields: &["spec.secrets", "spec.configMaps"],
        class: Class::Rolling,
        what: "restarts its {pods} pods one by one, with other Secrets in reach",
        exposed: "a receiver whose Secret is gone tells nobody",
        source: ALERTMANAGER,
        ..ROW
    },
    Row {
        kinds: &["Alertmanager"],
        fields: &[
            "spec.alertmanagerConfigMatcherStrategy",
            "spec.alertmanagerConfiguration",
            "spec.configSecret",
        ],
        class: Class::MonitoringGap,
        what: "takes its routes from other resources, or matches other namespaces with them: others are told",
        source: "prometheus-operator v0.93.0, pkg/alertmanager/operator.go selectAlertmanagerConfigs",
        ..ROW
    },
    Row {
        kinds: &["Alertmanager"],
        fields: &["spec.retention"],
        class: Class::Rolling,
        what: "remembers what was told for {after} instead of {before}, and restarts its pods one by one",
        source: ALERTMANAGER,
        ..ROW
    },
    Row {
        kinds: &["Alertmanager"],
        fields: &["spec.replicas"],
        class: Class::Rolling,
        what: "has {after} pods instead of {before}; all restart one by one, to know each other",
        source: ALERTMANAGER,
        ..ROW
    },
    Row {
        kinds: &["Alertmanager"],
        fields: &["spec"],
        class: Class::Rolling,
        what: "restarts its {pods} pods one by one",
        exposed: "the others tell meanwhile; silences are copied between them",
        source: ALERTMANAGER,
        ..ROW
    },
    Row {
        kinds: &["Alertmanager"],
        when: When::Appears,
        class: Class::Hot,
        what: "starts, without the silences of another one",
        source: ALERTMANAGER,
        ..ROW
    },
    Row {
        kinds: &["Alertmanager"],
        when: When::Vanishes,
        class: Class::MonitoringGap,
        what: "is gone: alerts that are sent to it are told to nobody",
        source: ALERTMANAGER,
        ..ROW
    },
    // Rules that are not told of by themselves.
    Row {
        kinds: &["PrometheusRule"],
        fields: &["spec.groups.*.interval"],
        when: When::Grows,
        class: Class::MonitoringGap,
        what: "is evaluated every {after} instead of every {before}",
        exposed: "an alert of it fires later by up to that time",
        source: "Prometheus documentation, Recording rules, rule_group",
        ..ROW
    },
    Row {
        kinds: &["PrometheusRule"],
        fields: &["spec.groups.*.interval"],
        class: Class::Hot,
        what: "is evaluated every {after} instead of every {before}",
        source: "Prometheus documentation, Recording rules, rule_group",
        ..ROW
    },
    Row {
        kinds: &["PrometheusRule"],
        fields: &["spec"],
        class: Class::Hot,
        what: "is evaluated as it is written from the next reload on",
        source: "prometheus-operator v0.93.0, pkg/prometheus/server/rules.go",
        ..ROW
    },
    Row {
        kinds: &["PrometheusRule"],
        when: When::Appears,
        class: Class::Hot,
        what: "is evaluated from the next reload on",
        source: "prometheus-operator v0.93.0, pkg/prometheus/server/rules.go",
        ..ROW
    },
    Row {
        kinds: &["PrometheusRule"],
        when: When::Vanishes,
        class: Class::Hot,
        what: "is no longer evaluated; what its rules were for is told of by itself",
        source: "prometheus-operator v0.93.0, pkg/prometheus/server/rules.go",
        ..ROW
    },
    Row {
        kinds: &["AlertmanagerConfig"],
        fields: &["spec"],
        class: Class::Hot,
        what: "is part of Alertmanager's configuration from the next reload on",
        source: "prometheus-operator v0.93.0, pkg/alertmanager/operator.go",
        ..ROW
    },
];
