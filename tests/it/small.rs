//! A small policy, of which there are variants.

/// A policy of the stack `t` with instances: name, namespace, and megabytes of memory.
pub(crate) fn policy(instances: &[(&str, &str, u32)]) -> String {
    let mut text = "apiVersion: obsgen/v1alpha1
kind: Observability
metadata: {name: t}
spec:
  cluster: test
  teams: [{name: web}]
  platform:
    kubernetes: \"1.33\"
    redisOperator: {kind: opstree, version: \"0.26\", namespace: ot-operators}
    prometheus: {operatorVersion: \"0.93\", namespace: monitoring}
    alertmanager: {version: \"0.33\", name: main, namespace: monitoring, delivery: alertmanager-config}
  receivers:
    - name: page
      webhook: {url: {secretRef: {name: page, key: url}}}
  routing: {default: page}
  runbooks: {baseUrl: https://example.com/runbooks}
  redis:
    instances:
"
    .to_owned();
    for (name, namespace, megabytes) in instances {
        text.push_str(&format!(
            "      - name: {name}
        namespace: {namespace}
        team: web
        image: quay.io/opstree/redis:v7.4.11
        resources: {{requests: {{memory: 512Mi}}, limits: {{memory: 512Mi}}}}
        storage: {{size: 1Gi}}
        config: {{maxmemory: {megabytes}mb, maxmemory-policy: allkeys-lru}}
        auth: {{secretRef: {{name: {name}, key: password}}}}
"
        ));
    }
    text
}
