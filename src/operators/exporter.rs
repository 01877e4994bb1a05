//! redis_exporter in its multi-target form, for operators that run none.
//!
//! Prometheus discovers the Redis pods and asks the exporter for each of them
//! (`/scrape?target=<pod>`): a Service in front of Redis would answer from one random pod. One
//! exporter serves a namespace; a password is the exporter's, not the target's, so instances with a
//! password have an exporter per password.

use std::collections::{BTreeMap, BTreeSet};

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{Container, PodSpec, PodTemplateSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::api::monitoring::Relabeling;
use crate::api::object::Object;
use crate::api::workload;
use crate::model::stack::{Instance, Stack, bounded};
use crate::value::promql::alternatives;
use crate::value::secret::SecretRef;

/// The exporter's patience with Redis, 15 s by default: below the scrape timeout, so that a Redis that
/// hangs is `redis_up 0` and not a lost scrape.
pub(super) const CONNECTION_TIMEOUT: (&str, &str) = ("REDIS_EXPORTER_CONNECTION_TIMEOUT", "3s");
/// The port of the exporter.
const PORT: i32 = 9121;

/// The exporters of a namespace: Deployment, Service, NetworkPolicy each.
pub(super) fn objects(stack: &Stack, namespace: &str) -> Vec<Object> {
    by_password(stack.in_namespace(namespace))
        .keys()
        .flat_map(|password| {
            let name = name(stack, *password);
            [
                Object::new(deployment(stack, namespace, &name, *password)),
                Object::new(workload::service(
                    metadata(stack, namespace, &name),
                    selector(stack, &name),
                    PORT,
                )),
                // Whoever reaches `/scrape` can have the password sent to any address.
                Object::new(workload::only_from(
                    &stack.platform.prometheus.namespace,
                    metadata(stack, namespace, &name),
                    selector(stack, &name),
                )),
            ]
        })
        .collect()
}

/// Turns discovered pods of some instances of a namespace into targets of the exporter that knows
/// their password.
pub(super) fn relabelings(
    stack: &Stack,
    namespace: &str,
    instances: &[&Instance],
) -> Vec<Relabeling> {
    let mut steps = vec![
        Relabeling::copy("__address__", "__param_target"),
        Relabeling::copy("__param_target", "instance"),
        // The operator spreads targets over shards by their address, which is the exporter's for all.
        Relabeling::copy("__param_target", "__tmp_hash"),
    ];
    for (password, names) in by_password(instances.iter().copied()) {
        let address = format!("{}.{namespace}.svc:{PORT}", name(stack, password));
        let names: Vec<&str> = names.into_iter().collect();
        steps.push(Relabeling::set_where(
            "__address__",
            &address,
            &[crate::api::conventions::label::INSTANCE_NAME],
            &alternatives(&names),
        ));
    }
    steps
}

/// Instances by the password that they ask for.
fn by_password<'a>(
    instances: impl IntoIterator<Item = &'a Instance>,
) -> BTreeMap<Option<&'a SecretRef>, BTreeSet<&'a str>> {
    let mut groups: BTreeMap<Option<&SecretRef>, BTreeSet<&str>> = BTreeMap::new();
    for instance in instances {
        groups
            .entry(instance.auth.as_ref())
            .or_default()
            .insert(&instance.name);
    }
    groups
}

fn name(stack: &Stack, password: Option<&SecretRef>) -> String {
    let name = stack.shared_name("redis-exporter");
    match password {
        None => name,
        Some(secret) => {
            let secret: String = format!("{}-{}", secret.name, secret.key)
                .to_lowercase()
                .chars()
                .map(|it| if it.is_ascii_alphanumeric() { it } else { '-' })
                .collect();
            bounded(&format!("{name}-{}", secret.trim_matches('-')))
        }
    }
}

fn metadata(stack: &Stack, namespace: &str, name: &str) -> ObjectMeta {
    workload::metadata(
        &stack.labels,
        &stack.name,
        namespace,
        name,
        "redis-exporter",
    )
}

fn selector(stack: &Stack, name: &str) -> BTreeMap<String, String> {
    workload::selector(&stack.name, name, "redis-exporter")
}

fn deployment(
    stack: &Stack,
    namespace: &str,
    name: &str,
    password: Option<&SecretRef>,
) -> Deployment {
    let mut env = vec![
        // Without a target of its own, the exporter's own metrics do not claim that a Redis is down.
        workload::env("REDIS_ADDR", ""),
        workload::env(CONNECTION_TIMEOUT.0, CONNECTION_TIMEOUT.1),
    ];
    if let Some(secret) = password {
        // A server or Sentinel without a password takes any for its default user.
        env.push(workload::env("REDIS_USER", "default"));
        env.push(workload::env_from("REDIS_PASSWORD", secret));
    }
    let container = Container {
        name: "redis-exporter".to_owned(),
        image: Some(stack.platform.images.redis_exporter.to_string()),
        env: Some(env),
        ports: Some(vec![workload::container_port(PORT)]),
        liveness_probe: Some(workload::probe("/health")),
        readiness_probe: Some(workload::probe("/health")),
        resources: Some(workload::resources("20m", "32Mi", "128Mi")),
        security_context: Some(workload::container_security()),
        ..Container::default()
    };
    let selector = selector(stack, name);
    Deployment {
        metadata: metadata(stack, namespace, name),
        spec: Some(DeploymentSpec {
            replicas: Some(1),
            selector: LabelSelector {
                match_labels: Some(selector.clone()),
                ..LabelSelector::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(selector),
                    ..ObjectMeta::default()
                }),
                spec: Some(PodSpec {
                    automount_service_account_token: Some(false),
                    // Kubernetes would set REDIS_… variables for Services that are called redis.
                    enable_service_links: Some(false),
                    containers: vec![container],
                    security_context: Some(workload::pod_security(59_000)),
                    ..PodSpec::default()
                }),
            },
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_exporter_is_no_redis_to_the_operator() {
        // `n-redis-headless` of redis-operator selects `app: redis, instance: n`.
        let selector = crate::api::workload::selector("prod", "x", "redis-exporter");
        assert!(!selector.contains_key("app") && !selector.contains_key("instance"));
        assert_eq!(
            selector[crate::api::conventions::object_label::NAME],
            "redis-exporter"
        );
    }
}
