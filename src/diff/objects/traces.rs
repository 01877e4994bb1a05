//! Traces: what takes them, how many are kept, and for how long.

use crate::diff::objects::role::Role;
use crate::diff::objects::row::{ROW, Row};
use crate::effect::Class;
use crate::operators::changes::When;

const COLLECTOR: &[&str] = &["OpenTelemetryCollector"];
const JAEGER: &[&str] = &["Jaeger"];
const CONFIG_HASH: &str = "opentelemetry-operator v0.158.0, internal/manifests/manifestutils/annotations.go PodAnnotations";
const OF_PODS: &str =
    "opentelemetry-operator v0.158.0, internal/manifests/mutate.go mutatePodTemplate";
const JAEGER_DEPLOYMENT: &str = "jaeger-operator v1.65.0, pkg/deployment/collector.go Get";
const CLEANER: &str = "Jaeger, cmd/es-index-cleaner/README.md";

/// What a restart of what takes spans costs.
const LOST: &str = "spans that the old pods hold are sent before they stop; what services send in between is lost, unless \
     they try again";
/// What a restart of all collectors of Jaeger v1 at once costs.
const ALL_LOST: &str = "no collector answers until the new ones are ready: spans of that time are lost, unless services try again";

pub(super) static ROWS: &[Row] = &[
    // How much is traced.
    Row {
        kinds: COLLECTOR,
        fields: &["spec.config.extensions.remote_sampling.file.default_sampling_probability"],
        when: When::Shrinks,
        class: Class::MonitoringGap,
        what: "tells services to trace the share {after} of requests instead of {before}: fewer traces are there to be found",
        exposed: "its pods restart for it; services ask again within minutes, and those that do not ask sample as before",
        source: "Jaeger documentation, Sampling, Remote sampling",
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["spec.config.extensions.remote_sampling"],
        class: Class::Rolling,
        what: "tells services to trace the share {after} of requests instead of {before}: more spans are taken and kept",
        exposed: "its pods restart for it; services ask again within minutes, and those that do not ask sample as before",
        source: "Jaeger documentation, Sampling, Remote sampling",
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.sampling"],
        class: Class::Silent,
        what: "has {after} instead of {before} in the file of its sampling, which the collectors read when they start",
        exposed: "until the collectors start again",
        instead: "restart the Deployment of the collector afterwards",
        source: "jaeger-operator v1.65.0, pkg/config/sampling/sampling.go Update; Jaeger v1, sampling.strategies-reload-interval is 0",
        ..ROW
    },
    // How long traces are kept.
    Row {
        kinds: &["CronJob"],
        roles: &[Role::TraceRetention],
        fields: &["spec.jobTemplate.spec.template.spec.containers.*.args"],
        when: When::Shrinks,
        class: Class::DataRisk,
        what: "are deleted after {after} days instead of {before}: those of the days between go with its next run",
        exposed: "links from logs to traces that old lead nowhere",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        roles: &[Role::TraceRetention],
        fields: &["spec.jobTemplate.spec.template.spec.containers.*.args"],
        when: When::Grows,
        class: Class::Hot,
        what: "are deleted after {after} days instead of {before}, and need room for that long",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        roles: &[Role::TraceRetention],
        fields: &["spec.jobTemplate"],
        class: Class::Hot,
        what: "are deleted by a job that is written otherwise, from its next run on",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        roles: &[Role::TraceRetention],
        when: When::Vanishes,
        class: Class::Hot,
        what: "are no longer deleted by this stack: what is kept grows until it is full",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: &["CronJob"],
        roles: &[Role::TraceRetention],
        when: When::Appears,
        class: Class::DataRisk,
        what: "are deleted with its first run, where they are older than it keeps them",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.storage.esIndexCleaner.numberOfDays"],
        when: When::Shrinks,
        class: Class::DataRisk,
        what: "keeps traces for {after} days instead of {before}: those of the days between go with the next run of its cleaner",
        exposed: "links from logs to traces that old lead nowhere",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.storage.esIndexCleaner.numberOfDays"],
        class: Class::Hot,
        what: "keeps traces for {after} days instead of {before}, and needs room for that long",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.storage.esIndexCleaner.enabled"],
        when: When::To("false"),
        class: Class::Hot,
        what: "deletes no old traces any more: what is kept grows until it is full",
        source: CLEANER,
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.storage.esIndexCleaner"],
        class: Class::Hot,
        what: "deletes old traces at another time, or by another image, from the next run on",
        source: CLEANER,
        ..ROW
    },
    // Where they are kept.
    Row {
        kinds: COLLECTOR,
        fields: &[
            "spec.config.extensions.jaeger_storage.backends.*.*.server_urls",
            "spec.config.exporters.*.endpoint",
        ],
        class: Class::MonitoringGap,
        what: "keeps traces at {after} instead of {before}: those of before stay there, and are not found any more",
        exposed: LOST,
        instead: "leave the old one to be asked until its traces are of age",
        source: CONFIG_HASH,
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["spec.config.extensions.jaeger_storage.backends.*.*.indices.index_prefix"],
        class: Class::MonitoringGap,
        what: "keeps traces in indices {after} instead of {before}: those of before stay, are not found any more, and what \
               deletes old ones does not know them",
        exposed: LOST,
        source: CONFIG_HASH,
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &[
            "spec.config.extensions.jaeger_storage.backends.*.*.indices.*.shards",
            "spec.config.extensions.jaeger_storage.backends.*.*.indices.*.replicas",
        ],
        class: Class::Silent,
        what: "makes new indices with {after} instead of {before}; those that exist stay as they are until they are of age",
        exposed: "the index of the day stays as it is; the pods restart at once",
        source: "Jaeger documentation, Elasticsearch, Shards and Replicas for Elasticsearch indices",
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &[
            "spec.storage.type",
            "spec.storage.options.*.server-urls",
            "spec.storage.options.*.index-prefix",
        ],
        class: Class::MonitoringGap,
        what: "keeps traces at {after} instead of {before}: those of before stay there, and are not found any more",
        exposed: ALL_LOST,
        instead: "leave the old one to be asked until its traces are of age",
        source: JAEGER_DEPLOYMENT,
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &[
            "spec.storage.options.*.num-shards",
            "spec.storage.options.*.num-replicas",
        ],
        class: Class::Silent,
        what: "makes new indices with {after} instead of {before}; those that exist stay as they are until they are of age",
        exposed: "the index of the day stays as it is; the collectors restart at once",
        source: "Jaeger documentation, Elasticsearch, Shards and Replicas for Elasticsearch indices",
        ..ROW
    },
    // What takes them.
    Row {
        kinds: COLLECTOR,
        fields: &["spec.config.receivers", "spec.ports"],
        class: Class::MonitoringGap,
        what: "takes spans otherwise: {after} instead of {before}",
        exposed: "a service that sends to what is gone loses its spans",
        source: CONFIG_HASH,
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["spec.mode", "spec.volumeClaimTemplates"],
        class: Class::Recreate,
        what: "is made again as another kind of workload, or with other claims: the operator deletes the old one",
        exposed: LOST,
        source: "opentelemetry-operator v0.158.0, internal/manifests/mutate.go ImmutableFieldChangeErr",
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["spec.replicas"],
        class: Class::Hot,
        what: "has {after} pods instead of {before}",
        source: OF_PODS,
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["spec.managementState", "spec.upgradeStrategy"],
        class: Class::Hot,
        what: "is treated otherwise by its operator: {after} instead of {before}",
        source: "opentelemetry-operator v0.158.0, docs/api/opentelemetrycollectors.md",
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["spec.config"],
        class: Class::Rolling,
        what: "restarts its {pods} pods one by one, since the hash of its configuration is in them",
        exposed: LOST,
        source: CONFIG_HASH,
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["metadata.labels", "metadata.annotations"],
        class: Class::Rolling,
        what: "restarts its {pods} pods one by one, since the operator gives them its labels and annotations",
        exposed: LOST,
        source: "opentelemetry-operator v0.158.0, internal/manifests/manifestutils/labels.go Labels",
        ..ROW
    },
    Row {
        kinds: COLLECTOR,
        fields: &["spec"],
        class: Class::Rolling,
        what: "restarts its {pods} pods one by one",
        exposed: LOST,
        source: OF_PODS,
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.query", "spec.ingress", "spec.ui"],
        class: Class::Rolling,
        what: "restarts what people ask for traces; spans are taken meanwhile",
        source: "jaeger-operator v1.65.0, pkg/deployment/query.go Get",
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.strategy"],
        class: Class::Recreate,
        what: "is made again as {after} instead of {before}: other Deployments, under other names",
        exposed: ALL_LOST,
        source: "jaeger-operator v1.65.0, pkg/strategy/controller.go For",
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec.collector.replicas"],
        class: Class::Hot,
        what: "has {after} collectors instead of {before}",
        source: JAEGER_DEPLOYMENT,
        ..ROW
    },
    Row {
        kinds: JAEGER,
        fields: &["spec"],
        class: Class::Rolling,
        what: "restarts its collectors, all at once",
        exposed: ALL_LOST,
        source: JAEGER_DEPLOYMENT,
        ..ROW
    },
    Row {
        kinds: &["Jaeger", "OpenTelemetryCollector"],
        when: When::Appears,
        class: Class::Hot,
        what: "takes traces from now on; it knows only those that are in its storage",
        exposed: "services send to it when they are told its address",
        source: "Jaeger documentation, Deployment",
        ..ROW
    },
    Row {
        kinds: &["Jaeger", "OpenTelemetryCollector"],
        when: When::Vanishes,
        class: Class::MonitoringGap,
        what: "is gone with its address: spans that services send there are lost, and nobody asks for those of before",
        exposed: "what is in Elasticsearch stays",
        instead: "point services at another one first",
        source: "Jaeger documentation, Deployment",
        ..ROW
    },
];
