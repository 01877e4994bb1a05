//! What scrapes: ServiceMonitors and PodMonitors, by field.

use crate::diff::objects::row::{ROW, Row};
use crate::effect::Class;
use crate::operators::changes::When;

const MONITORS: &[&str] = &["ServiceMonitor", "PodMonitor", "Probe", "ScrapeConfig"];
const OPERATOR: &str = "prometheus-operator v0.93.0, pkg/prometheus/promcfg.go";
const SCRAPE: &str = "Prometheus documentation, Configuration, scrape_config";
const STALE: &str = "Prometheus documentation, Querying basics, Staleness";

/// What happens to alerts and graphs where series get other labels.
pub(super) const NEW_SERIES: &str = "each is a new series: `increase()` and graphs over that moment see two, and alerts begin \
     to wait again";

pub(super) static ROWS: &[Row] = &[
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.interval",
            "spec.podMetricsEndpoints.*.interval",
        ],
        when: When::Grows,
        class: Class::MonitoringGap,
        what: "is scraped every {after} instead of every {before}",
        exposed: "what fails is seen up to {after} after it happened",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.interval",
            "spec.podMetricsEndpoints.*.interval",
        ],
        class: Class::Hot,
        what: "is scraped every {after} instead of every {before}",
        exposed: "the number of samples changes with it",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.scrapeTimeout",
            "spec.podMetricsEndpoints.*.scrapeTimeout",
        ],
        when: When::Shrinks,
        class: Class::MonitoringGap,
        what: "is given {after} instead of {before} to answer: what is slower counts as down",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.scrapeTimeout",
            "spec.podMetricsEndpoints.*.scrapeTimeout",
        ],
        class: Class::Hot,
        what: "is given {after} instead of {before} to answer",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.port",
            "spec.endpoints.*.targetPort",
            "spec.podMetricsEndpoints.*.port",
            "spec.podMetricsEndpoints.*.portNumber",
        ],
        class: Class::MonitoringGap,
        what: "is asked at the port {after} instead of {before}: where none has this name, there is no target",
        exposed: "the labels `instance` and `endpoint` change with it, so each series is a new one",
        source: OPERATOR,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.path",
            "spec.endpoints.*.params",
            "spec.endpoints.*.scheme",
            "spec.podMetricsEndpoints.*.path",
            "spec.podMetricsEndpoints.*.params",
            "spec.podMetricsEndpoints.*.scheme",
        ],
        class: Class::MonitoringGap,
        what: "is asked for {after} instead of {before}: where nothing answers to that, `up` is 0",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.honorLabels",
            "spec.podMetricsEndpoints.*.honorLabels",
            "spec.endpoints.*.relabelings",
            "spec.podMetricsEndpoints.*.relabelings",
            "spec.jobLabel",
            "spec.targetLabels",
            "spec.podTargetLabels",
        ],
        class: Class::MonitoringGap,
        what: "gives its series other labels, or finds other targets",
        exposed: NEW_SERIES,
        source: STALE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.endpoints.*.metricRelabelings",
            "spec.podMetricsEndpoints.*.metricRelabelings",
        ],
        class: Class::MonitoringGap,
        what: "keeps other metrics, or gives them other labels: what is dropped is missing in alerts and panels",
        source: "Prometheus documentation, Configuration, metric_relabel_configs",
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.sampleLimit",
            "spec.labelLimit",
            "spec.targetLimit",
            "spec.bodySizeLimit",
        ],
        when: When::Grows,
        class: Class::Hot,
        what: "may have {after} instead of {before}",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.sampleLimit",
            "spec.labelLimit",
            "spec.targetLimit",
            "spec.bodySizeLimit",
        ],
        when: When::Vanishes,
        class: Class::Hot,
        what: "may have as much as there is, before {before}",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &[
            "spec.sampleLimit",
            "spec.labelLimit",
            "spec.targetLimit",
            "spec.bodySizeLimit",
        ],
        class: Class::MonitoringGap,
        what: "may have {after} instead of {before}: a target above that is lost whole",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &["spec.selector", "spec.namespaceSelector"],
        class: Class::MonitoringGap,
        what: "is found by {after} instead of {before}: what only the old one finds is no longer scraped",
        source: OPERATOR,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &["spec.endpoints.*", "spec.podMetricsEndpoints.*"],
        class: Class::MonitoringGap,
        what: "is asked otherwise: by another login, another certificate, another way",
        exposed: "where the target refuses that, `up` is 0",
        source: SCRAPE,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        fields: &["spec"],
        class: Class::Hot,
        what: "is scraped as it is written from the next reload on",
        source: OPERATOR,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        when: When::Appears,
        class: Class::Hot,
        what: "is scraped, from the next reload on",
        source: OPERATOR,
        ..ROW
    },
    Row {
        kinds: MONITORS,
        when: When::Vanishes,
        class: Class::MonitoringGap,
        what: "is no longer scraped: its series end, and alerts on them end with them",
        exposed: "only an alert with `absent()` says so",
        source: STALE,
        ..ROW
    },
];
