use super::Held::{Always, Never, Possibly};
use super::*;
use crate::value::image::Image;
use crate::value::version::Version;

fn release(tag: &str) -> Option<redis_config::Release> {
    redis_config::Release::of(&Image::parse(&format!("redis:{tag}")).unwrap())
}

/// A server that runs alone, with an exporter of today that has no flags.
fn alone<'a>() -> Circumstances<'a> {
    static NOTHING: BTreeMap<String, String> = BTreeMap::new();
    Circumstances {
        target: Target::Server,
        redis: release("7.4.7"),
        role: Some(Role::Primary),
        appendonly: Some(false),
        config: Some(&NOTHING),
        flags: Some(&[]),
        exporter: Some(Version::parse("1.88.0").unwrap()),
        ..Circumstances::default()
    }
}

fn of_redis(name: &str) -> &'static Metric {
    let mut metrics = metrics(name).iter();
    let metric = metrics.find(|it| it.exporter == Exporter::Redis);
    metric.unwrap_or_else(|| panic!("redis_exporter has no {name}"))
}

fn held(name: &str, circumstances: &Circumstances<'_>) -> Held {
    super::held(Exporter::Redis, name, circumstances)
}

#[test]
fn the_phantoms_of_published_examples_are_not_there() {
    for name in [
        "redis_instance_memory_limit_bytes",
        "redis_sentinel_quorum_required",
        "redis_operator_resource_status_total",
        "redis_memory_fragmentation_ratio",
    ] {
        assert!(metrics(name).is_empty(), "{name}");
    }
}

#[test]
fn every_line_is_a_metric() {
    for exporter in Exporter::ALL {
        let table = exporter.table();
        assert!(
            table.starts_with("# What ")
                && table.lines().next().unwrap().contains(char::is_numeric),
            "the table of {} says no source",
            exporter.name()
        );
        let mut count = 0;
        for line in lines(*exporter) {
            let metric = Metric::parse(*exporter, line).unwrap_or_else(|| panic!("{line}"));
            assert!(
                !metric.meaning.is_empty() && !metric.unit.is_empty(),
                "{line}"
            );
            let mut labels = metric.labels.clone();
            labels.sort_unstable();
            labels.dedup();
            assert_eq!(labels.len(), metric.labels.len(), "{line}");
            assert!(
                !labels.iter().any(|it| matches!(*it, "le" | "quantile")),
                "{line}"
            );
            count += 1;
        }
        assert!(count > 5, "{} has {count} metrics", exporter.name());
        assert_eq!(of(*exporter).count(), count);
    }
}

#[test]
fn an_exporter_has_a_name_once_in_a_version() {
    for metrics in METRICS.values() {
        for (index, metric) in metrics.iter().enumerate() {
            for other in metrics[index + 1..]
                .iter()
                .filter(|it| it.exporter == metric.exporter)
            {
                assert_ne!(
                    (&metric.condition, metric.since),
                    (&other.condition, other.since),
                    "{} is twice in a table",
                    metric.name
                );
                assert_eq!(metric.kind, other.kind, "{}", metric.name);
            }
        }
    }
}

#[test]
fn two_exporters_may_have_one_name() {
    let exporters =
        |name: &str| -> Vec<Exporter> { metrics(name).iter().map(|it| it.exporter).collect() };
    for name in [
        "redis_cluster_state",
        "redis_cluster_slots_assigned",
        "redis_sentinel_master_status",
    ] {
        assert_eq!(exporters(name), [Exporter::Redis, Exporter::RedisOperator]);
    }
    assert!(
        !of_redis("redis_cluster_state")
            .labels
            .contains(&"namespace")
    );
}

#[test]
fn series_are_found_by_their_family() {
    let family = "redis_commands_latencies_usec";
    for suffix in ["_bucket", "_sum", "_count"] {
        assert_eq!(of_redis(&format!("{family}{suffix}")).name, family);
    }
    let labels = |metric: &Metric, name: &str| -> Vec<&'static str> {
        series_labels(metric, name).collect()
    };
    let histogram = of_redis(family);
    assert_eq!(
        labels(histogram, &format!("{family}_bucket")),
        ["cmd", "le"]
    );
    assert_eq!(labels(histogram, &format!("{family}_sum")), ["cmd"]);
    assert!(!histogram.has_series(family));

    let summary = of_redis("redis_latency_percentiles_usec");
    assert_eq!(labels(summary, summary.name), ["cmd", "quantile"]);
    assert_eq!(
        labels(summary, "redis_latency_percentiles_usec_count"),
        ["cmd"]
    );
    assert!(summary.has_series(summary.name));
    for name in ["redis_latency_percentiles_usec_bucket", "redis_up_count"] {
        assert!(metrics(name).is_empty(), "{name}");
    }
}

#[test]
fn a_flag_decides() {
    let name = "redis_total_system_memory_bytes";
    let with = |flags| Circumstances { flags, ..alone() };
    assert_eq!(held(name, &with(Some(&[]))), Never);
    assert_eq!(held(name, &with(Some(&["include-system-metrics"]))), Always);
    assert_eq!(
        held(name, &with(Some(&["include-system-metrics=true"]))),
        Always
    );
    assert_eq!(
        held(name, &with(Some(&["include-system-metrics=false"]))),
        Never
    );
    assert_eq!(held(name, &with(None)), Possibly);
    assert_eq!(held("redis_config_maxmemory", &with(Some(&[]))), Always);
    assert_eq!(
        held("redis_config_maxmemory", &with(Some(&["config-command=-"]))),
        Never
    );
    let keys = "redis_key_size";
    assert_eq!(
        held(keys, &with(Some(&["check-single-keys=db0=a"]))),
        Possibly
    );
    assert_eq!(held(keys, &with(Some(&["check-key-groups=a"]))), Never);
}

#[test]
fn the_target_and_its_role_decide() {
    let replicated = Circumstances {
        role: None,
        ..alone()
    };
    let replica = Circumstances {
        role: Some(Role::Replica),
        ..alone()
    };
    let sentinel = Circumstances {
        target: Target::Sentinel,
        role: None,
        ..alone()
    };
    let down = Circumstances {
        target: Target::Silent,
        ..alone()
    };
    let node = Circumstances {
        is_cluster: true,
        ..replicated
    };
    for (name, expected) in [
        ("redis_up", "always always always always always always"),
        (
            "redis_connected_clients",
            "always always always always never always",
        ),
        (
            "redis_master_link_up",
            "never possibly always never never possibly",
        ),
        (
            "redis_cluster_state",
            "never never never never never always",
        ),
        (
            "redis_sentinel_masters",
            "never never never always never never",
        ),
        (
            "redis_connected_slave_lag_seconds",
            "possibly possibly never never never possibly",
        ),
    ] {
        let targets = [alone(), replicated, replica, sentinel, down, node];
        let found = targets.map(|it| format!("{:?}", held(name, &it)).to_lowercase());
        assert_eq!(found.join(" "), expected, "{name}");
    }
}

#[test]
fn versions_decide() {
    let redis = |tag| Circumstances {
        redis: release(tag),
        ..alone()
    };
    assert_eq!(held("redis_total_blocking_keys", &redis("7.0.15")), Never);
    assert_eq!(held("redis_total_blocking_keys", &redis("7.2.0")), Always);
    // What a tag leaves open is the newest.
    assert_eq!(held("redis_pubsubshard_channels", &redis("7.0")), Always);
    assert_eq!(held("redis_pubsubshard_channels", &redis("7.0.2")), Never);
    assert_eq!(
        held("redis_total_blocking_keys", &redis("bookworm")),
        Possibly
    );
    assert_eq!(
        held("redis_client_biggest_input_buf", &redis("7.4.7")),
        Never
    );

    let exporter = |text| Circumstances {
        exporter: Some(Version::parse(text).unwrap()),
        ..alone()
    };
    assert_eq!(held("redis_max_clients", &exporter("1.67.0")), Never);
    assert_eq!(held("redis_max_clients", &exporter("1.68.0")), Always);
    assert_eq!(held("redis_up", &exporter("1.30")), Possibly);
    assert_eq!(
        held(
            "redis_up",
            &Circumstances {
                exporter: None,
                ..alone()
            }
        ),
        Always
    );

    let one_of = |text: &str| -> Vec<&'static Metric> {
        let there = Circumstances {
            exporter: Some(Version::parse(text).unwrap()),
            ..Circumstances::default()
        };
        let metrics = metrics("prometheus_notifications_dropped_total").iter();
        metrics.filter(|it| it.held(&there) != Never).collect()
    };
    for (version, labels) in [("3.5", vec![]), ("3.10", vec!["alertmanager"])] {
        let found = one_of(version);
        assert_eq!(found.len(), 1, "{version}");
        assert_eq!(found[0].labels, labels);
    }
}

#[test]
fn the_configuration_decides() {
    let config = |name: &str, value: &str| BTreeMap::from([(name.to_owned(), value.to_owned())]);
    let percentiles = "redis_latency_percentiles_usec";
    assert_eq!(held(percentiles, &alone()), Always);
    let off = config("latency-tracking", "no");
    assert_eq!(
        held(
            percentiles,
            &Circumstances {
                config: Some(&off),
                ..alone()
            }
        ),
        Never
    );
    assert_eq!(
        held(
            percentiles,
            &Circumstances {
                config: None,
                ..alone()
            }
        ),
        Possibly
    );

    let spikes = "redis_latency_spike_last";
    assert_eq!(held(spikes, &alone()), Never);
    let on = config("latency-monitor-threshold", "100");
    assert_eq!(
        held(
            spikes,
            &Circumstances {
                config: Some(&on),
                ..alone()
            }
        ),
        Possibly
    );

    let appends = |appendonly| Circumstances {
        appendonly,
        ..alone()
    };
    let size = "redis_aof_current_size_bytes";
    assert_eq!(held(size, &appends(Some(true))), Always);
    assert_eq!(held(size, &appends(Some(false))), Never);
    assert_eq!(held(size, &appends(None)), Possibly);
}

#[test]
fn what_nobody_sets_is_never_there() {
    let flags: &[&str] = &["enable-metrics-collection=true"];
    let watched = Circumstances {
        flags: Some(flags),
        ..Circumstances::default()
    };
    let metric = |name: &str| {
        metrics(name)
            .iter()
            .find(|it| it.exporter == Exporter::RedisOperator)
    };
    let errors = metric("redis_operator_reconcile_errors_total").unwrap();
    assert_eq!(errors.held(&watched), Never);
    assert_eq!(errors.condition.never(), Some("nothing counts errors"));
    let status = metric("redis_instance_status").unwrap();
    assert_eq!(status.held(&watched), Possibly);
    assert_eq!(status.condition.never(), None);
    assert_eq!(
        status.held(&Circumstances {
            flags: Some(&[]),
            ..watched
        }),
        Never
    );
}

#[test]
fn a_condition_is_said_in_words() {
    for (condition, words) in [
        ("always", "always"),
        ("version>=7.2", "Redis 7.2 or later"),
        (
            "aof & version<7.0",
            "only with `appendonly yes`, Redis before 7.0",
        ),
        ("version>=7.0.3", "Redis 7.0.3 or later"),
        ("exporter<3.10", "before version 3.10 of the exporter"),
        ("role=replica", "only of a replica"),
        (
            "role=master & event:an attached replica",
            "only of a primary, only once there is an attached replica",
        ),
        ("cluster", "only of a node of a cluster"),
        ("sentinel", "only of a Sentinel"),
        ("flag:a or b", "only with the exporter's flag a or b"),
        (
            "!flag:config-command=-",
            "not with the exporter's flag config-command=-",
        ),
        (
            "config:latency-tracking yes",
            "only where `latency-tracking` is yes",
        ),
        ("config:a>0", "only where `a` is over 0"),
        ("vendor:Valkey>=9.1", "only of Valkey 9.1 or later"),
        ("vendor:KeyDB", "only of KeyDB"),
        ("module:RediSearch", "only with the module RediSearch"),
        ("never:nothing sets it", "never: nothing sets it"),
    ] {
        assert_eq!(Condition::parse(condition).unwrap().to_string(), words);
    }
    for wrong in [
        "",
        "sometimes",
        "version>=x",
        "role=slave",
        "config:a",
        "config:a>b",
        "flags:a",
    ] {
        assert_eq!(Condition::parse(wrong), None, "{wrong}");
    }
}

#[test]
fn what_the_cluster_scrapes_is_known() {
    let exporter = |name: &str| metrics(name)[0].exporter;
    for name in [
        "kube_pod_info",
        "container_memory_working_set_bytes",
        "kubelet_volume_stats_used_bytes",
        "elasticsearch_cluster_health_status",
    ] {
        assert!(exporter(name).is_of_cluster(), "{name}");
    }
    for name in [
        "redis_up",
        "up",
        "ALERTS",
        "rediscluster_healthy",
        "workqueue_depth",
    ] {
        assert!(!exporter(name).is_of_cluster(), "{name}");
    }
}

#[test]
fn a_look_up_is_of_one_exporter_and_of_series() {
    let target = alone();
    let look_up = |exporter, name| super::held(exporter, name, &target);
    assert_eq!(look_up(Exporter::Redis, "redis_up"), Always);
    for (exporter, name) in [
        (Exporter::Prometheus, "redis_up"),
        (Exporter::Redis, "redis_upp"),
        (Exporter::Redis, "redis_commands_latencies_usec"),
    ] {
        assert_eq!(look_up(exporter, name), Never, "{name}");
    }
    let bucket = "redis_commands_latencies_usec_bucket";
    assert_eq!(look_up(Exporter::Redis, bucket), Always);
}

#[test]
fn a_label_may_be_one_of_many() {
    let labels = &metrics("kube_pod_labels")[0];
    for (label, expected) in [("label_app", true), ("pod", true), ("app", false)] {
        assert_eq!(has_label(labels, labels.name, label), expected, "{label}");
    }
    let alerts = &metrics("ALERTS")[0];
    assert!(has_label(alerts, alerts.name, "severity"));
    assert!(!has_label(of_redis("redis_up"), "redis_up", "severity"));
}
