//! Everything that discovery finds: what the operators make of the stack, what the plan deploys, and
//! neighbours that monitors must leave alone.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::conventions::{component, object_label};
use crate::api::object::Object;
use crate::catalog::Exporter;
use crate::model::stack::{Instance, Stack};
use crate::operators;
use crate::operators::made::{Labels, Made, Port, Service, Speaks};
use crate::plan::Plan;
use crate::topologies::{Kind, Topology};

/// Pods that discovery finds, and whose they are.
#[derive(Debug, Clone)]
pub struct Found<'a> {
    /// The pods, with their Services.
    pub made: Made<'a>,
    /// Whose they are.
    pub owner: Owner<'a>,
}

/// Whose pods are.
#[derive(Debug, Clone, Copy)]
pub enum Owner<'a> {
    /// An instance's.
    Instance(&'a Instance),
    /// The operator of Redis.
    Operator,
    /// Something that the plan deploys, or has another operator deploy.
    Plan,
    /// Nobody's in this stack.
    Foreign,
}

/// The application whose pods are an exporter of Redis, as its label names it.
const REDIS_EXPORTER: &str = "redis-exporter";
/// A namespace that no stack would have: nothing in it is to be scraped.
const ELSEWHERE: &str = "not-of-this-stack";

/// Instances that the policy does not have, beside those that it has, and in a namespace of their own.
pub fn neighbours(stack: &Stack) -> Vec<Instance> {
    let mut neighbours = Vec::new();
    let mut add = |like: &Instance, namespace: &str| {
        for topology in [
            Topology::Standalone,
            Topology::Sentinel {
                redis_pods: 2,
                sentinels: 3,
                quorum: 2,
                master_name: "mymaster".to_owned(),
            },
        ] {
            let suffix = match topology.kind() {
                Kind::Standalone => "2",
                Kind::Replication | Kind::Sentinel | Kind::Cluster => "3",
            };
            neighbours.push(Instance {
                // Begins like a name of ours, so that a pattern without an end takes it too.
                name: format!("{}-{suffix}", like.name),
                namespace: namespace.to_owned(),
                topology,
                ..like.clone()
            });
        }
    };
    for namespace in stack.namespaces() {
        if let Some(first) = stack.in_namespace(namespace).next() {
            add(first, namespace);
        }
    }
    if let Some(first) = stack.instances.first() {
        add(first, ELSEWHERE);
    }
    neighbours
}

/// Everything that discovery finds; `neighbours` are those of [`neighbours`].
pub fn inventory<'a>(
    stack: &'a Stack,
    plan: &'a Plan,
    neighbours: &'a [Instance],
) -> Vec<Found<'a>> {
    let operator = operators::of(stack);
    let mut found: Vec<Found<'a>> = Vec::new();
    for instance in &stack.instances {
        found.extend(operator.made(instance).into_iter().map(|made| Found {
            made,
            owner: Owner::Instance(instance),
        }));
    }
    let names: BTreeSet<(&str, String)> = found
        .iter()
        .map(|it| (it.made.namespace, it.made.name.clone()))
        .collect();
    for neighbour in neighbours {
        let made = operator.made(neighbour).into_iter();
        found.extend(
            made.filter(|it| !names.contains(&(it.namespace, it.name.clone())))
                .map(|made| Found {
                    made,
                    owner: Owner::Foreign,
                }),
        );
    }
    found.push(Found {
        made: operator.itself(stack),
        owner: Owner::Operator,
    });
    found.push(Found {
        made: Made {
            namespace: ELSEWHERE,
            ..operator.itself(stack)
        },
        owner: Owner::Foreign,
    });
    found.extend(of_plan(plan).into_iter().map(|made| Found {
        made,
        owner: Owner::Plan,
    }));
    found
}

/// What the plan deploys, and what other operators make of its resources.
fn of_plan(plan: &Plan) -> Vec<Made<'_>> {
    let objects = plan.objects();
    let objects = || objects.iter().map(|it| &it.object);
    let mut made: Vec<Made<'_>> = objects().filter_map(of_object).collect();
    let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, it) in made.iter().enumerate() {
        by_namespace.entry(it.namespace).or_default().push(index);
    }
    for service in objects().filter(|it| it.kind() == "Service") {
        let selector = labels(&service.value()["spec"]["selector"]);
        for index in by_namespace.get(service.namespace()).into_iter().flatten() {
            let behind = &made[*index];
            if !selector
                .iter()
                .all(|(name, value)| behind.labels.get(name) == Some(value))
            {
                continue;
            }
            let ports = array(&service.value()["spec"]["ports"]).filter_map(|port| {
                let target = &port["targetPort"];
                let number = |it: &Value| it.as_u64().and_then(|it| u16::try_from(it).ok());
                let behind = behind.ports.iter().find(|it| {
                    target.as_str() == Some(it.name.as_ref()) || number(target) == Some(it.number)
                });
                Some(Port {
                    name: port["name"].as_str()?.into(),
                    number: number(&port["port"])?,
                    speaks: behind.map_or(Speaks::Other, |it| it.speaks),
                })
            });
            let ports = ports.collect();
            made[*index].services.push(Service {
                name: service.name().to_owned(),
                labels: labels(&service.value()["metadata"]["labels"]),
                ports,
            });
        }
    }
    made
}

fn of_object(object: &Object) -> Option<Made<'_>> {
    let value = object.value();
    let name = object.name();
    let namespace = object.namespace();
    let port = |name: &'static str, number, exporter| Port {
        name: name.into(),
        number,
        speaks: Speaks::metrics(exporter),
    };
    match object.kind() {
        "Deployment" | "DaemonSet" => {
            let template = &value["spec"]["template"];
            let labels = labels(&template["metadata"]["labels"]);
            let (component, speaks) = match labels.get(object_label::NAME) {
                Some(REDIS_EXPORTER) => (component::REDIS, Speaks::metrics(Exporter::Redis)),
                Some("fluent-bit") => (
                    component::FLUENT_BIT,
                    Speaks::Metrics {
                        exporter: Exporter::FluentBit,
                        path: "/api/v2/metrics/prometheus",
                        scheme: "http",
                    },
                ),
                _ => ("", Speaks::Other),
            };
            let ports = array(&template["spec"]["containers"])
                .flat_map(|it| array(&it["ports"]))
                .filter_map(|it| {
                    Some(Port {
                        name: it["name"].as_str()?.into(),
                        number: u16::try_from(it["containerPort"].as_u64()?).ok()?,
                        speaks,
                    })
                });
            Some(Made {
                name: name.to_owned(),
                namespace,
                component,
                pods: match object.kind() {
                    "DaemonSet" => None,
                    _ => value["spec"]["replicas"]
                        .as_u64()
                        .map_or(Some(1), |it| u32::try_from(it).ok()),
                },
                ports: ports.collect(),
                labels,
                services: Vec::new(),
            })
        }
        // The Service in front of all servers of a namespace (prometheus-operator, pkg/prometheus/server
        // and pkg/alertmanager, statefulset.go).
        kind @ ("Prometheus" | "Alertmanager") => {
            let (component, service, is_operated, exporter, number) = match kind {
                "Prometheus" => (
                    component::PROMETHEUS,
                    "prometheus-operated",
                    "operated-prometheus",
                    Exporter::Prometheus,
                    9090,
                ),
                _ => (
                    component::ALERTMANAGER,
                    "alertmanager-operated",
                    "operated-alertmanager",
                    Exporter::Alertmanager,
                    9093,
                ),
            };
            Some(Made {
                name: format!("{component}-{name}"),
                namespace,
                component,
                pods: value["spec"]["replicas"]
                    .as_u64()
                    .and_then(|it| u32::try_from(it).ok()),
                labels: Labels::default()
                    .with(component, name)
                    .with(object_label::NAME, component)
                    .with(object_label::INSTANCE, name),
                ports: vec![port("web", number, exporter)],
                services: vec![Service {
                    name: service.to_owned(),
                    labels: Labels::default().with(is_operated, "true"),
                    ports: vec![port("web", number, exporter)],
                }],
            })
        }
        // jaeger-operator, pkg/deployment/collector.go.
        "Jaeger" => Some(Made {
            name: format!("{name}-collector"),
            namespace,
            component: component::TRACING,
            pods: value["spec"]["collector"]["replicas"]
                .as_u64()
                .and_then(|it| u32::try_from(it).ok()),
            labels: Labels::default()
                .with(object_label::NAME, format!("{name}-collector"))
                .with(object_label::INSTANCE, name)
                .with(object_label::COMPONENT, "collector")
                .with(object_label::PART_OF, "jaeger"),
            ports: vec![port("admin-http", 14269, Exporter::Jaeger)],
            services: Vec::new(),
        }),
        // opentelemetry-operator, internal/manifests/collector/service.go.
        "OpenTelemetryCollector" => {
            let instance = format!("{namespace}.{name}");
            let labels = || {
                Labels::default()
                    .with(object_label::INSTANCE, instance.clone())
                    .with(object_label::COMPONENT, "opentelemetry-collector")
                    .with(object_label::PART_OF, "opentelemetry")
            };
            let metrics = || port("monitoring", 8888, Exporter::Otelcol);
            Some(Made {
                name: format!("{name}-collector"),
                namespace,
                component: component::TRACING,
                pods: value["spec"]["replicas"]
                    .as_u64()
                    .and_then(|it| u32::try_from(it).ok()),
                labels: labels(),
                ports: Vec::new(),
                services: vec![Service {
                    name: format!("{name}-collector-monitoring"),
                    labels: labels().with(
                        "operator.opentelemetry.io/collector-monitoring-service",
                        "Exists",
                    ),
                    ports: vec![metrics()],
                }],
            })
        }
        _ => None,
    }
}

/// Reads labels.
pub fn labels(value: &Value) -> Labels<'_> {
    let entries = value.as_object().into_iter().flatten();
    entries
        .filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect()
}

/// The items of a list; none where it is no list.
pub fn array(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
