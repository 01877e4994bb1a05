//! Defects of what keeps traces and of the servers of Prometheus and Alertmanager.

use serde_json::Value;

use super::logs::{data_stores, days};
use super::{Names, Object, Tree, check, list, names, texts};

/// Traces that are kept nowhere, for ever, or by what is retired and nobody asked for.
fn lost_traces(tree: &Tree) -> Vec<String> {
    let backend = tree.policy("/platform/tracing/backend").as_str();
    let Some(backend) = backend else {
        return Vec::new();
    };
    let home = tree.policy("/platform/tracing/namespace");
    let url = tree.policy("/platform/elasticsearch/url");
    let kept = days(tree.policy("/tracing/retention"));
    let wanted = if backend == "jaeger-operator" {
        "Jaeger"
    } else {
        "OpenTelemetryCollector"
    };
    let mut acc = Vec::new();
    let all: Vec<&Object> = tree
        .objects
        .iter()
        .filter(|it| matches!(it.kind(), "Jaeger" | "OpenTelemetryCollector"))
        .collect();
    if all.len() != 1 || all.iter().any(|it| it.kind() != wanted) {
        acc.push(format!("{} backends, none of {backend}", all.len()));
    }
    for object in &all {
        let spec = &object.value["spec"];
        let mut wrong = |what: &str| acc.push(format!("{}: {what}", object.at()));
        if object.namespace() != *home {
            wrong("is elsewhere");
        }
        if object.kind() == "Jaeger" {
            let storage = &spec["storage"];
            if storage["type"] != "elasticsearch" || storage["options"]["es"]["server-urls"] != *url
            {
                wrong("has no Elasticsearch");
            }
            if !storage["elasticsearch"].is_null() {
                wrong("makes an Elasticsearch of OpenShift");
            }
            let cleaner = &storage["esIndexCleaner"];
            if cleaner["enabled"] != true || cleaner["numberOfDays"].as_u64() != kept {
                wrong("keeps traces otherwise than the policy says");
            }
            let accepted = tree.policies.iter().any(|it| {
                list(&it["spec"]["allow"])
                    .iter()
                    .any(|it| it["check"] == "tracing/jaeger-v1-retired")
            });
            if !accepted {
                wrong("is retired");
            }
            if megabytes(&spec["collector"]["resources"]["limits"]["memory"]) < 256 {
                wrong("has too little memory");
            }
        } else {
            let config = &spec["config"];
            let backends = config["extensions"]["jaeger_storage"]["backends"].as_object();
            let is_kept = backends.is_some_and(|it| {
                it.values()
                    .all(|it| texts(&it["elasticsearch"]["server_urls"]) == [url.as_str().unwrap()])
            });
            if !is_kept {
                wrong("has no Elasticsearch");
            }
            let cleans = tree.of("CronJob").any(|it| {
                it.containers().iter().any(|it| {
                    let args = texts(&it["args"]);
                    args.len() == 2
                        && args[0].parse().ok() == kept
                        && args[1] == *url
                        && it["image"]
                            .as_str()
                            .is_some_and(|it| it.contains("es-index-cleaner"))
                }) && it.namespace() == *home
            });
            if !cleans {
                wrong("keeps traces otherwise than the policy says");
            }
            if megabytes(&spec["resources"]["limits"]["memory"]) < 256 {
                wrong("has too little memory");
            }
        }
    }
    acc
}

fn megabytes(value: &Value) -> u64 {
    let text = value.as_str().unwrap_or("");
    let number = |unit: &str| {
        text.strip_suffix(unit)
            .and_then(|it| it.parse::<u64>().ok())
    };
    number("Gi").map_or_else(|| number("Mi").unwrap_or(0), |it| it * 1024)
}

const JAEGER: &str = "tracing/jaeger.yaml";
const COLLECTOR: &str = "tracing/collector.yaml";
const RETENTION: &str = "tracing/retention.yaml";

#[test]
#[rustfmt::skip]
fn d34_traces_go_nowhere_and_stay_for_ever() {
    check(
        lost_traces,
        &[
            ("seed", JAEGER, "        server-urls: http://elasticsearch.logging.svc:9200\n", ""),
            ("seed", JAEGER, "elasticsearch.logging.svc:9200", "elasticsearch:9200"),
            ("seed", JAEGER, "    options:\n      es:\n", "    elasticsearch: {nodeCount: 3}\n    options:\n      es:\n"),
            ("seed", JAEGER, "numberOfDays: 3", "numberOfDays: 30"),
            ("seed", JAEGER, "    esIndexCleaner:\n      enabled: true", "    esIndexCleaner:\n      enabled: false"),
            ("seed", JAEGER, "memory: 1Gi", "memory: 128Mi"),
            ("seed", JAEGER, "numberOfDays: 3\n", "schedule2: a\n"),
            ("seed", JAEGER, "namespace: observability", "namespace: redis-operator-system"),
            ("staging", JAEGER, "", "apiVersion: jaegertracing.io/v1\nkind: Jaeger\nmetadata: {name: a, namespace: observability}\n"),
            ("staging", COLLECTOR, "logs-es-http.logging.svc:9200", "elasticsearch:9200"),
            ("staging", COLLECTOR, "memory: 1Gi", "memory: 128Mi"),
            ("staging", RETENTION, "- \"2\"", "- \"7\""),
            ("staging", RETENTION, "kind: CronJob", "kind: Job"),
        ],
    );
    check(
        data_stores,
        &[
            ("seed", JAEGER, "    esIndexCleaner:\n", "    secretName: jaeger\n    esIndexCleaner:\n"),
            ("prod", COLLECTOR, "        name: es-writer", "        name: jaeger"),
            ("prod", COLLECTOR, "      secretName: es-writer", "      secretName: jaeger"),
            ("prod", COLLECTOR, "ca_file: /etc/elasticsearch-ca", "ca_file: /etc/ca"),
        ],
    );
}

/// What the operator of Prometheus does not know where it stands, and Alertmanagers that read
/// no configuration of the tree.
fn misplaced_fields(tree: &Tree) -> Vec<String> {
    const BOTH: &[&str] = &[
        "affinity",
        "containers",
        "externalUrl",
        "image",
        "logLevel",
        "podMetadata",
        "replicas",
        "resources",
        "retention",
        "secrets",
        "securityContext",
        "serviceAccountName",
        "storage",
        "tolerations",
        "topologySpreadConstraints",
        "version",
    ];
    const OF_ALERTMANAGER: &[&str] = &[
        "alertmanagerConfigMatcherStrategy",
        "alertmanagerConfigNamespaceSelector",
        "alertmanagerConfigSelector",
        "alertmanagerConfiguration",
        "configSecret",
    ];
    const OF_PROMETHEUS: &[&str] = &[
        "alerting",
        "evaluationInterval",
        "externalLabels",
        "podMonitorNamespaceSelector",
        "podMonitorSelector",
        "retentionSize",
        "ruleNamespaceSelector",
        "ruleSelector",
        "scrapeInterval",
        "serviceDiscoveryRole",
        "serviceMonitorNamespaceSelector",
        "serviceMonitorSelector",
    ];
    let mut acc = Vec::new();
    for object in &tree.objects {
        let own = match object.kind() {
            "Alertmanager" => OF_ALERTMANAGER,
            "Prometheus" => OF_PROMETHEUS,
            _ => continue,
        };
        let mut known = names(BOTH);
        known.extend(names(own));
        let fields = object.value["spec"].as_object();
        let fields: Names = fields
            .into_iter()
            .flatten()
            .map(|it| it.0.clone())
            .collect();
        acc.extend(
            fields
                .difference(&known)
                .map(|it| format!("{}: {it}", object.at())),
        );
        if object.kind() != "Alertmanager" {
            continue;
        }
        let spec = &object.value["spec"];
        let secret = match &spec["configSecret"] {
            Value::Null => format!("alertmanager-{}", object.name()),
            it => it.as_str().unwrap_or("").to_owned(),
        };
        let named = &spec["alertmanagerConfiguration"];
        let is_read = if named.is_null() {
            let mut secrets = tree.of("Secret");
            secrets.any(|it| it.name() == secret && it.namespace() == object.namespace())
                || spec["alertmanagerConfigSelector"].is_object()
        } else {
            let mut configs = tree.of("AlertmanagerConfig");
            configs.any(|it| named["name"] == it.name() && it.namespace() == object.namespace())
        };
        if !is_read {
            acc.push(format!("{} reads nothing of the tree", object.at()));
        }
        // Files of credentials are there where the Secrets are mounted.
        let mounted = texts(&spec["secrets"]);
        for (_, text) in tree
            .scalars()
            .into_iter()
            .filter(|(_, key, _)| key.ends_with("_file"))
            .map(|(_, key, text)| (key, text))
        {
            let file = text.strip_prefix("/etc/alertmanager/secrets/");
            let is_mounted = file.is_some_and(|it| {
                mounted
                    .iter()
                    .any(|secret| it.starts_with(&format!("{secret}/")))
            });
            if text.starts_with("/etc/alertmanager/") && !is_mounted {
                acc.push(format!("{} does not mount {text}", object.at()));
            }
        }
    }
    acc
}

const ALERTMANAGER: &str = "alertmanager/server.yaml";

#[test]
#[rustfmt::skip]
fn d50_a_field_stands_beside_what_it_belongs_into() {
    check(
        misplaced_fields,
        &[
            ("staging", ALERTMANAGER, "  replicas: 3\n", "  replicas: 3\n  alertmanagerConfiguration:\n  name: main\n"),
            ("staging", ALERTMANAGER, "  replicas: 3\n", "  replicas: 3\n  alertmanagerConfiguration: {name: main}\n"),
            ("staging", ALERTMANAGER, "  replicas: 3\n", "  alertmanagerSpec: {replicas: 3}\n"),
            ("staging", ALERTMANAGER, "  name: main\n", "  name: other\n"),
            ("staging", ALERTMANAGER, "  - heartbeat\n", ""),
            ("staging", super::SERVER, "  replicas: 2\n", "  prometheusSpec: {replicas: 2}\n"),
        ],
    );
}

/// Parts of a Collector that were removed, and pipelines of what is not defined.
fn removed_parts(tree: &Tree) -> Vec<String> {
    const KNOWN: &[(&str, &[&str])] = &[
        ("receivers", &["otlp"]),
        ("processors", &["batch", "memory_limiter"]),
        ("exporters", &["jaeger_storage_exporter", "otlp", "debug"]),
        ("connectors", &["spanmetrics"]),
        (
            "extensions",
            &[
                "jaeger_query",
                "jaeger_storage",
                "remote_sampling",
                "healthcheckv2",
            ],
        ),
    ];
    let mut acc = Vec::new();
    for object in tree.of("OpenTelemetryCollector") {
        let config = &object.value["spec"]["config"];
        let mut used = vec![("extensions", texts(&config["service"]["extensions"]))];
        let pipelines = config["service"]["pipelines"].as_object();
        if pipelines.is_none_or(serde_json::Map::is_empty) {
            acc.push(format!("{} has no pipeline", object.at()));
        }
        for pipeline in pipelines.into_iter().flat_map(|it| it.values()) {
            for part in ["receivers", "processors", "exporters"] {
                used.push((part, texts(&pipeline[part])));
            }
        }
        for (part, known) in KNOWN {
            let defined = config[part].as_object();
            let defined: Names = defined
                .into_iter()
                .flatten()
                .map(|it| it.0.clone())
                .collect();
            let used: Names = used
                .iter()
                .filter(|it| it.0 == *part)
                .flat_map(|it| it.1.clone())
                .collect();
            let is_known = |it: &String| known.contains(&it.split('/').next().unwrap_or(""));
            if !defined.iter().all(is_known) || (defined != used && *part != "connectors") {
                acc.push(format!("{}: {part} {defined:?} {used:?}", object.at()));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d52_a_collector_has_parts_that_were_removed() {
    check(
        removed_parts,
        &[
            ("staging", COLLECTOR, "      batch: {}\n", "      batch: {}\n      spanmetrics: {}\n"),
            ("staging", COLLECTOR, "      jaeger_storage_exporter:\n", "      jaeger:\n"),
            ("staging", COLLECTOR, "          - jaeger_storage_exporter\n", "          - logging\n"),
            ("staging", COLLECTOR, "    exporters:\n", "    exporters:\n      logging: {}\n"),
            ("staging", COLLECTOR, "    extensions:\n", "    extensions:\n      memory_ballast: {size_mib: 64}\n"),
            ("staging", COLLECTOR, "          - memory_limiter\n", ""),
        ],
    );
}
