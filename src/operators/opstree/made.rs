//! The pods and Services that the operator makes (internal/k8sutils: services.go, statefulset.go,
//! labels.go; the chart's Deployment for the operator itself).

use std::borrow::Cow;

use crate::api::conventions::{component, object_label};
use crate::catalog::Exporter;
use crate::model::stack::{Instance, Stack};
use crate::operators::Operator as _;
use crate::operators::made::{Labels, Made, Port, Service, Speaks};
use crate::operators::opstree::Opstree;
use crate::topologies::Kind;

/// The port of the exporter, as the operator names it.
const EXPORTER: &str = "redis-exporter";

/// A StatefulSet for each role. Its name is the label `app` of everything of it.
pub(super) fn of<'a>(operator: &Opstree, instance: &'a Instance) -> Vec<Made<'a>> {
    let kind = instance.topology.kind();
    let sources = operator.log_sources(instance);
    let made = sources.into_iter().map(|source| {
        let name = format!("{}{}", instance.name, source.suffix);
        let (setup, role, client) = match (source.suffix, kind) {
            ("-sentinel", _) => ("sentinel", "sentinel", ("sentinel-client", 26379)),
            ("-leader", _) => ("cluster", "leader", ("redis-client", 6379)),
            ("-follower", _) => ("cluster", "follower", ("redis-client", 6379)),
            (_, Kind::Standalone) => ("standalone", "standalone", ("redis-client", 6379)),
            (_, Kind::Replication | Kind::Sentinel | Kind::Cluster) => {
                ("replication", "replication", ("redis-client", 6379))
            }
        };
        let app = || match source.suffix {
            "" => Cow::Borrowed(instance.name.as_str()),
            _ => Cow::Owned(name.clone()),
        };
        let labels = || {
            Labels::default()
                .with("app", app())
                .with("redis_setup_type", setup)
                .with("role", role)
        };
        let client = || Port::of_redis(client.0, client.1);
        let exporter = || Port::of_redis_exporter(EXPORTER);
        let service = |suffix: &str, labels: Labels<'a>, ports: Vec<Port<'a>>| Service {
            name: format!("{name}{suffix}"),
            labels,
            ports,
        };
        let services = vec![
            service("-headless", labels(), vec![client()]),
            service("-additional", labels(), vec![client()]),
            // The same port under the same labels but one: a monitor has to tell them apart.
            service("", labels(), vec![client(), exporter()]),
            service(
                "-metrics",
                labels().with(object_label::COMPONENT, "metrics"),
                vec![exporter()],
            ),
        ];
        Made {
            namespace: &instance.namespace,
            component: source.component,
            pods: Some(source.pods),
            labels: labels(),
            ports: vec![exporter()],
            services,
            name,
        }
    });
    made.collect()
}

/// The chart gives the pods one label, and makes no Service for the port.
pub(super) fn operator(stack: &Stack) -> Made<'_> {
    let port = |name: &'static str, number, speaks| Port {
        name: name.into(),
        number,
        speaks,
    };
    Made {
        name: "redis-operator".to_owned(),
        namespace: &stack.platform.operator.namespace,
        component: component::OPERATOR,
        pods: Some(1),
        labels: Labels::default().with("name", "redis-operator"),
        ports: vec![
            port("metrics", 8080, Speaks::metrics(Exporter::Opstree)),
            port("probe", 8081, Speaks::Other),
        ],
        services: Vec::new(),
    }
}
