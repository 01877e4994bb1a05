//! What takes and keeps traces, by either operator.

use obsgen::Compilation;
use obsgen::read::spec::TracingBackend;
use obsgen::render::objects;
use serde_json::{Value, json};

use crate::stacks::{compile_over, compile_stack, stacks};

/// A policy with traces; `retired` is accepted where Jaeger v1 keeps them.
fn policy(backend: &str, version: &str, keys: (&str, &str), tracing: &str) -> String {
    let allow = match backend {
        "jaeger-operator" => {
            "  allow: [{check: tracing/jaeger-v1-retired, at: platform.tracing, reason: being replaced}]\n"
        }
        _ => "",
    };
    let (user, password) = keys;
    format!(
        "  platform:
    elasticsearch:
      version: \"{version}\"
      url: https://logs-es-http.logging.svc:9200
      ca: {{secretRef: {{name: es-ca, key: tls.crt}}}}
      username: {{secretRef: {{name: es-traces, key: {user}}}}}
      password: {{secretRef: {{name: es-traces, key: {password}}}}}
    tracing: {{backend: {backend}, namespace: observability}}
  tracing: {tracing}
{allow}"
    )
}

const ENVIRONMENT: (&str, &str) = ("ES_USERNAME", "ES_PASSWORD");
const USUAL: &str = "{sampling: 12.5%, retention: 9d}";

fn jaeger() -> Vec<Value> {
    let policy = policy("jaeger-operator", "8.19", ENVIRONMENT, USUAL);
    objects_of(compile_over("prod", &policy))
}

fn opentelemetry() -> Vec<Value> {
    let policy = policy("otel-operator", "9.1", ("user", "password"), USUAL);
    objects_of(compile_over("prod", &policy))
}

fn names(compilation: &Compilation) -> Vec<&'static str> {
    compilation.findings.iter().map(|it| it.name).collect()
}

fn objects_of(compilation: Compilation) -> Vec<Value> {
    assert_eq!(names(&compilation), Vec::<&str>::new());
    objects(&compilation.output.unwrap().1)
}

fn only<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    let mut found = objects
        .iter()
        .filter(|it| it["kind"] == kind && it["metadata"]["name"] != "prod-redis-exporter");
    let first = found.next().unwrap();
    assert!(found.next().is_none(), "{kind}");
    first
}

/// The monitor of the collectors.
fn monitor<'a>(objects: &'a [Value], kind: &str) -> &'a Value {
    objects
        .iter()
        .find(|it| it["kind"] == kind && it["metadata"]["name"] == "prod-tracing")
        .unwrap()
}

fn alerts(objects: &[Value]) -> Vec<&Value> {
    objects
        .iter()
        .filter(|it| it["metadata"]["name"] == "prod-redis-alerts-tracing")
        .flat_map(|it| it["spec"]["groups"][0]["rules"].as_array().unwrap())
        .collect()
}

#[test]
fn jaeger_v1_keeps_and_samples_what_the_policy_says() {
    let objects = jaeger();
    let spec = &only(&objects, "Jaeger")["spec"];
    assert_eq!(spec["strategy"], "production");
    let storage = &spec["storage"];
    assert_eq!(storage["type"], "elasticsearch");
    assert_eq!(storage["secretName"], "es-traces");
    assert_eq!(storage["esIndexCleaner"]["enabled"], true);
    assert_eq!(storage["esIndexCleaner"]["numberOfDays"], 9);
    let options = &storage["options"]["es"];
    assert_eq!(
        options["server-urls"],
        "https://logs-es-http.logging.svc:9200"
    );
    assert_eq!(options["index-prefix"], "prod");
    assert_eq!(
        spec["sampling"]["options"]["default_strategy"]["param"],
        0.125
    );
    // The page would be open to everybody.
    assert_eq!(spec["ingress"]["enabled"], false);
    let mount = &spec["volumeMounts"][0]["mountPath"];
    assert_eq!(
        options["tls"]["ca"],
        format!("{}/ca.crt", mount.as_str().unwrap())
    );
}

#[test]
fn jaeger_v2_keeps_and_samples_what_the_policy_says() {
    let objects = opentelemetry();
    let spec = &only(&objects, "OpenTelemetryCollector")["spec"];
    let extensions = &spec["config"]["extensions"];
    assert_eq!(
        extensions["remote_sampling"]["file"]["default_sampling_probability"],
        0.125
    );
    let job = only(&objects, "CronJob");
    let container = &job["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0];
    assert_eq!(
        container["args"],
        serde_json::json!(["9", "https://logs-es-http.logging.svc:9200"])
    );
    // What the one writes, the other deletes.
    let backend = &extensions["jaeger_storage"]["backends"]["elasticsearch"]["elasticsearch"];
    let environment = container["env"].as_array().unwrap();
    let prefix = environment
        .iter()
        .find(|it| it["name"] == "INDEX_PREFIX")
        .unwrap();
    assert_eq!(prefix["value"], backend["indices"]["index_prefix"]);
    for index in ["spans", "services", "dependencies", "sampling"] {
        let rotation = &backend["indices"][index]["rotation"]["periodic"];
        assert_eq!(rotation["date_layout"], "2006-01-02", "{index}");
    }
}

/// Every component of the pipeline is configured, and every file that is named is mounted.
#[test]
fn the_configuration_of_the_collector_is_whole() {
    let objects = opentelemetry();
    let spec = &only(&objects, "OpenTelemetryCollector")["spec"];
    let config = &spec["config"];
    let service = &config["service"];
    let traces = &service["pipelines"]["traces"];
    let listed = [
        (&traces["receivers"], &config["receivers"]),
        (&traces["processors"], &config["processors"]),
        (&traces["exporters"], &config["exporters"]),
        (&service["extensions"], &config["extensions"]),
    ];
    for (names, configured) in listed {
        let names: Vec<&str> = names
            .as_array()
            .unwrap()
            .iter()
            .map(|it| it.as_str().unwrap())
            .collect();
        let mut configured: Vec<&str> = configured
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        configured.sort_unstable();
        let mut sorted = names.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, configured);
    }
    let backend = &config["extensions"]["jaeger_storage"]["backends"]["elasticsearch"];
    let login = &backend["elasticsearch"]["auth"]["basic"];
    for file in [
        &login["password_file"],
        &backend["elasticsearch"]["tls"]["ca_file"],
    ] {
        let (folder, name) = file.as_str().unwrap().rsplit_once('/').unwrap();
        let mounts = spec["volumeMounts"].as_array().unwrap();
        let mount = mounts.iter().find(|it| it["mountPath"] == folder).unwrap();
        let volumes = spec["volumes"].as_array().unwrap();
        let volume = volumes.iter().find(|it| it["name"] == mount["name"]);
        assert_eq!(volume.unwrap()["secret"]["items"][0]["path"], name);
    }
    assert_eq!(login["username"], "${env:ES_USERNAME}");
    assert_eq!(spec["env"][0]["name"], "ES_USERNAME");
}

/// A span on its way, over every example: the port that it is sent to, the store, the index, the page
/// that reads it, and what deletes it after the stated retention.
#[test]
fn no_joint_of_an_example_is_broken() {
    let mut seen = Vec::new();
    for name in stacks() {
        let (stack, plan) = compile_stack(&name).output.unwrap();
        let Some(tracing) = &stack.telemetry.tracing else {
            continue;
        };
        let objects = objects(&plan);
        let named = |kind: &str, name: &str| {
            let found = objects.iter().find(|it| {
                it["kind"] == kind && it["metadata"]["name"] == format!("{}-{name}", stack.name)
            });
            found.unwrap_or_else(|| panic!("{} has no {kind} {name}", stack.name))
        };
        let url = tracing.elasticsearch.url.as_str();
        let days = tracing.retention.in_days();
        match tracing.backend {
            TracingBackend::JaegerOperator => {
                // The operator connects these by itself.
                let storage = &named("Jaeger", "tracing")["spec"]["storage"];
                assert_eq!(storage["options"]["es"]["server-urls"], url);
                assert_eq!(storage["options"]["es"]["index-prefix"], *name);
                assert_eq!(storage["esIndexCleaner"]["numberOfDays"], days);
                let secret = tracing.elasticsearch.login.as_ref();
                let secret = secret.map_or(Value::Null, |it| it.0.name.to_string().into());
                assert_eq!(storage["secretName"], secret);
            }
            TracingBackend::OtelOperator => {
                let config = &named("OpenTelemetryCollector", "tracing")["spec"]["config"];
                let protocols = &config["receivers"]["otlp"]["protocols"];
                assert_eq!(protocols["grpc"]["endpoint"], "0.0.0.0:4317");
                assert_eq!(protocols["http"]["endpoint"], "0.0.0.0:4318");
                let pipeline = &config["service"]["pipelines"]["traces"];
                assert_eq!(pipeline["receivers"], json!(["otlp"]));
                let exporter = pipeline["exporters"][0].as_str().unwrap();
                let store = config["exporters"][exporter]["trace_storage"].as_str();
                let extensions = &config["extensions"];
                assert_eq!(
                    extensions["jaeger_query"]["storage"]["traces"],
                    json!(store)
                );
                let store = &extensions["jaeger_storage"]["backends"][store.unwrap()];
                let store = &store["elasticsearch"];
                assert_eq!(store["server_urls"], json!([url]));
                let job = &named("CronJob", "trace-retention")["spec"]["jobTemplate"];
                let container = &job["spec"]["template"]["spec"]["containers"][0];
                assert_eq!(container["args"], json!([days.to_string(), url]));
                let prefix = &container["env"][0];
                assert_eq!(prefix["name"], "INDEX_PREFIX");
                assert_eq!(prefix["value"], store["indices"]["index_prefix"]);
                assert_eq!(prefix["value"], *name);
            }
            TracingBackend::None => panic!("{name} resolves no backend to traces"),
        }
        seen.push(tracing.backend);
    }
    for backend in [TracingBackend::JaegerOperator, TracingBackend::OtelOperator] {
        assert!(seen.contains(&backend), "no example has {backend:?}");
    }
}

/// The labels and ports are those that the operators give what they make.
#[test]
fn the_collectors_are_scraped() {
    let objects = jaeger();
    let spec = &monitor(&objects, "PodMonitor")["spec"];
    assert_eq!(spec["podMetricsEndpoints"][0]["port"], "admin-http");
    let pods = &spec["selector"]["matchLabels"];
    let jaeger = only(&objects, "Jaeger");
    assert_eq!(
        pods["app.kubernetes.io/instance"],
        jaeger["metadata"]["name"]
    );
    assert_eq!(pods["app.kubernetes.io/component"], "collector");

    let objects = opentelemetry();
    let spec = &monitor(&objects, "ServiceMonitor")["spec"];
    assert_eq!(spec["endpoints"][0]["port"], "monitoring");
    let services = &spec["selector"]["matchLabels"];
    assert_eq!(
        services["app.kubernetes.io/instance"],
        "observability.prod-tracing"
    );
    assert_eq!(
        services["operator.opentelemetry.io/collector-monitoring-service"],
        "Exists"
    );
}

#[test]
fn lost_spans_are_told_by_the_metrics_of_the_backend() {
    let dropped = "TracingSpansDropped";
    let refused = "TracingSpansRefused";
    let cases = [
        (
            jaeger(),
            vec![dropped],
            ["jaeger_collector_", "jaeger_bulk_"],
        ),
        (
            opentelemetry(),
            vec![refused, dropped],
            ["otelcol_", "jaeger_storage_"],
        ),
    ];
    for (objects, expected, prefixes) in cases {
        let names: Vec<&Value> = alerts(&objects).iter().map(|it| &it["alert"]).collect();
        assert_eq!(names, expected);
        for alert in alerts(&objects) {
            let expression = alert["expr"].as_str().unwrap();
            for metric in expression.split("increase(").skip(1) {
                assert!(prefixes.iter().any(|it| metric.starts_with(it)), "{metric}");
                assert!(metric.contains("{stack=\"prod\",component=\"tracing\"}"));
            }
            assert_eq!(alert["labels"]["namespace"], "observability");
        }
    }
}

/// With `OnNamespace`, an alert is routed by the AlertmanagerConfig of its namespace only.
#[test]
fn the_namespace_of_the_collectors_has_a_route() {
    let policy = policy("otel-operator", "9.1", ("user", "password"), USUAL).replace(
        "  platform:\n",
        "  platform:\n    alertmanager: {matcherStrategy: OnNamespace}\n",
    );
    let objects = objects_of(compile_over("prod", &policy));
    assert!(
        objects.iter().any(|it| it["kind"] == "AlertmanagerConfig"
            && it["metadata"]["namespace"] == "observability")
    );
}

#[test]
fn what_would_not_work_is_found() {
    let without_waiver = policy("jaeger-operator", "8.19", ENVIRONMENT, USUAL)
        .lines()
        .filter(|it| !it.contains("allow:"))
        .map(|it| format!("{it}\n"))
        .collect();
    let login = ("user", "password");
    let cases: [(String, &[&str]); 4] = [
        (without_waiver, &["tracing/jaeger-v1-retired"]),
        (
            policy("jaeger-operator", "9.1", ENVIRONMENT, USUAL),
            &["tracing/elasticsearch-too-new"],
        ),
        (
            policy("jaeger-operator", "8.19", login, USUAL),
            &["tracing/login-not-readable"],
        ),
        (
            policy(
                "otel-operator",
                "9.1",
                login,
                "{sampling: 10%, retention: 36h}",
            ),
            &["tracing/retention-rounded"],
        ),
    ];
    for (policy, expected) in cases {
        assert_eq!(names(&compile_over("prod", &policy)), expected, "{policy}");
    }
}
