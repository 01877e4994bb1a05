//! A policy that has its logs shown in Kibana, and what is imported for it.

use obsgen::compile;
use obsgen::render::objects;
use serde_json::Value;

/// The policy of a stack `prod`.
pub(crate) const POLICY: &str = r##"
apiVersion: obsgen/v1alpha1
kind: Observability
metadata: {name: prod}
spec:
  cluster: prod-eu-1
  teams: [{name: web}]
  platform:
    kubernetes: "1.33"
    redisOperator: {kind: opstree, version: "0.26", namespace: ot-operators}
    prometheus: {operatorVersion: "0.93", namespace: monitoring}
    alertmanager: {version: "0.33", name: main, namespace: monitoring, delivery: alertmanager-config}
    elasticsearch:
      version: "9.1"
      url: https://logs-es-http.logging.svc:9200
      ca: {secretRef: {name: logs-es-http-certs-public, key: ca.crt}}
      username: {secretRef: {name: es-writer, key: username}}
      password: {secretRef: {name: es-writer, key: password}}
    kibana: {url: https://logs-kb-http.logging.svc:5601}
    fluentBit: {version: "5.1", namespace: logging, format: yaml}
  redis:
    instances:
      - name: cache
        namespace: web
        team: web
        image: quay.io/opstree/redis:v7.4.11
        resources: {requests: {memory: 256Mi}, limits: {memory: 256Mi}}
        storage: {size: 1Gi}
        config: {maxmemory: 192mb, maxmemory-policy: allkeys-lru}
        auth: {secretRef: {name: cache, key: password}}
  receivers:
    - name: web-slack
      slack: {channel: "#web", url: {secretRef: {name: alert-slack, key: url}}}
      email: {to: [web@example.com], from: alerts@example.com, smarthost: "smtp.example.com:587"}
    - name: deadmans-switch
      webhook: {url: {secretRef: {name: heartbeat, key: url}}}
  routing:
    default: web-slack
    heartbeat: {receiver: deadmans-switch, period: 5m}
  runbooks: {baseUrl: https://git.example.com/web/observability/tree/main/build/prod/runbooks}
  logging: {mode: data-stream, retention: 90d}
  dashboards: {kibana: true}
"##;

/// The ConfigMap and the Job of a policy.
pub(crate) fn delivered(policy: &str) -> (Value, Value) {
    let files = |_: &str| Ok(policy.to_owned());
    let compilation = compile(&files, "observability.yaml");
    let findings: Vec<&str> = compilation
        .findings
        .iter()
        .map(|it| it.headline.as_str())
        .collect();
    assert!(findings.is_empty(), "{findings:#?}");
    let (_, plan) = compilation.output.expect("there is no finding");
    let of_kind = |kind: &str| {
        let mut found = objects(&plan).into_iter().filter(|it| {
            it["kind"] == kind
                && it["metadata"]["labels"]["app.kubernetes.io/name"] == "kibana-import"
        });
        let object = found.next().expect("the policy asks for dashboards");
        assert!(found.next().is_none(), "two {kind}s");
        object
    };
    (of_kind("ConfigMap"), of_kind("Job"))
}

/// What is imported, as the text that Kibana reads.
pub(crate) fn imported(policy: &str) -> String {
    let (config_map, _) = delivered(policy);
    let text = config_map["data"]["objects.ndjson"].as_str();
    text.expect("the ConfigMap has the objects").to_owned()
}
