//! What the monitors of a plan make Prometheus scrape.
//!
//! Discovery and the labels that the Prometheus operator sets come first (prometheus-operator,
//! pkg/prometheus/promcfg.go), then the relabelling of the monitor. Pods of one workload are one
//! target here: they differ in what nothing chooses by.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::api::object::Object;
use crate::catalog::Exporter;
use crate::model::stack::{Instance, Stack};
use crate::operators::made::{Labels, Made, Port, Service, Speaks};
use crate::plan::Plan;
use crate::prove::inventory::{Found, array, labels};
use crate::prove::relabel::{Relabelled, Steps};
use crate::prove::selection::{Namespaces, Selector};
use crate::value::duration::Duration;

/// Stands for what differs from pod to pod: no name and no address has it.
const VARIES: char = '\u{1}';

/// What Prometheus makes of the monitors.
pub struct Scrape<'a> {
    /// Everything that discovery finds.
    pub found: &'a [Found<'a>],
    /// The endpoints of all monitors.
    pub endpoints: Vec<Endpoint<'a>>,
    /// What they scrape.
    pub targets: Vec<Target<'a>>,
}

/// An endpoint of a monitor.
pub struct Endpoint<'a> {
    /// The monitor.
    pub monitor: &'a Object,
    /// Whether Prometheus takes the monitor.
    pub is_taken: bool,
    /// The name of the port.
    pub port: &'a str,
    /// The path.
    pub path: &'a str,
    /// How often.
    pub interval: Option<Duration>,
    /// How long a scrape may take.
    pub timeout: Option<Duration>,
    /// Whether labels of a metric win over those of the target.
    pub honors_labels: bool,
    /// The most samples of a scrape, where there is a limit.
    pub sample_limit: Option<u64>,
    /// What is done to samples; null where nothing is.
    pub metric_relabelings: &'a Value,
    /// The step of relabelling that Prometheus would refuse, by its number.
    pub refused: Option<usize>,
    /// The ports of what its selector finds.
    pub ports: Vec<String>,
    /// Whether its selector finds anything that is the stack's own.
    pub selects: bool,
}

/// The pods of a workload, as one endpoint scrapes them.
pub struct Target<'a> {
    /// Which of what was found.
    pub found: usize,
    /// Which endpoint.
    pub endpoint: usize,
    /// The labels after relabelling; `None` for a value that differs from pod to pod.
    pub labels: BTreeMap<Cow<'a, str>, Option<Cow<'a, str>>>,
    /// Who answers.
    pub answer: Answer<'a>,
}

/// Who answers a scrape.
#[derive(Debug, Clone)]
pub enum Answer<'a> {
    /// An exporter.
    Exporter {
        /// Which.
        exporter: Exporter,
        /// The workload that it is, where it is not the target's own.
        beside: Option<&'a str>,
    },
    /// Nobody who knows metrics, and why.
    Nobody(String),
}

/// A target on its way through relabelling.
struct Discovered<'a> {
    made: &'a Made<'a>,
    service: Option<&'a Service<'a>>,
    port: &'a Port<'a>,
    /// What was set; an empty value is one that was taken away.
    set: Vec<(Cow<'a, str>, Cow<'a, str>)>,
}

impl<'a> Scrape<'a> {
    /// Applies the monitors of a plan to what discovery finds.
    pub fn of(stack: &Stack, plan: &'a Plan, found: &'a [Found<'a>]) -> Self {
        let mut by_namespace: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, it) in found.iter().enumerate() {
            by_namespace
                .entry(it.made.namespace)
                .or_default()
                .push(index);
        }
        let exporters = Exporters::of(found);
        let mut scrape = Self {
            found,
            endpoints: Vec::new(),
            targets: Vec::new(),
        };
        let objects = plan.objects();
        let server = objects.iter().find(|it| it.object.kind() == "Prometheus");
        for monitor in objects.iter().map(|it| &it.object) {
            let endpoints = match monitor.kind() {
                "ServiceMonitor" => "endpoints",
                "PodMonitor" => "podMetricsEndpoints",
                _ => continue,
            };
            let is_taken = is_taken(stack, server.map(|it| &it.object), monitor);
            let spec = &monitor.value()["spec"];
            let selector = Selector::parse(&spec["selector"]);
            let within: Vec<usize> =
                match Namespaces::parse(&spec["namespaceSelector"], monitor.namespace()) {
                    Namespaces::Any => (0..found.len()).collect(),
                    Namespaces::Names(names) => names
                        .iter()
                        .filter_map(|it| by_namespace.get(it))
                        .flatten()
                        .copied()
                        .collect(),
                };
            for endpoint in array(&spec[endpoints]) {
                scrape.endpoint(monitor, endpoint, is_taken, &selector, &within, &exporters);
            }
        }
        scrape
    }

    fn endpoint(
        &mut self,
        monitor: &'a Object,
        value: &'a Value,
        is_taken: bool,
        selector: &Selector<'a>,
        within: &[usize],
        exporters: &Exporters<'a>,
    ) {
        let text = |field: &str| value[field].as_str();
        let duration = |field: &str| text(field).and_then(|it| Duration::parse(it).ok());
        let (steps, refused) = match Steps::parse(&value["relabelings"]) {
            Ok(steps) => (steps, None),
            Err(index) => (Steps::default(), Some(index)),
        };
        let metric_steps = Steps::parse(&value["metricRelabelings"]);
        let number = self.endpoints.len();
        let mut endpoint = Endpoint {
            monitor,
            is_taken,
            port: text("port").unwrap_or_default(),
            path: text("path").unwrap_or("/metrics"),
            interval: duration("interval"),
            timeout: duration("scrapeTimeout"),
            honors_labels: value["honorLabels"] == true,
            sample_limit: monitor.value()["spec"]["sampleLimit"].as_u64(),
            refused: refused.or(metric_steps.as_ref().err().copied()),
            metric_relabelings: &value["metricRelabelings"],
            ports: Vec::new(),
            selects: false,
        };
        let scheme = text("scheme").unwrap_or("http");
        let found = self.found;
        for index in within {
            let it = &found[*index];
            let is_own = !matches!(it.owner, crate::prove::inventory::Owner::Foreign);
            let mut see = |ports: &'a [Port<'a>], service: Option<&'a Service<'a>>| {
                endpoint.selects |= is_own;
                for port in ports.iter().filter(|_| is_own) {
                    if !endpoint.ports.iter().any(|it| *it == port.name) {
                        endpoint.ports.push(port.name.to_string());
                    }
                }
                let Some(port) = ports.iter().find(|it| it.name == endpoint.port) else {
                    return;
                };
                if !is_taken || endpoint.refused.is_some() {
                    return;
                }
                let mut discovered =
                    Discovered::new(monitor, &it.made, service, port, endpoint.path);
                if steps.apply(&mut discovered) {
                    let answer = exporters.answer(&discovered, scheme);
                    self.targets.push(Target {
                        found: *index,
                        endpoint: number,
                        answer,
                        labels: discovered.labels(),
                    });
                }
            };
            if monitor.kind() == "PodMonitor" {
                if selector.selects(&it.made.labels) {
                    see(&it.made.ports, None);
                }
            } else {
                for service in &it.made.services {
                    if selector.selects(&service.labels) {
                        see(&service.ports, Some(service));
                    }
                }
            }
        }
        self.endpoints.push(endpoint);
    }

    /// What a target is of.
    pub fn found(&self, target: &Target<'_>) -> &'a Found<'a> {
        &self.found[target.found]
    }

    /// How a target is scraped.
    pub fn endpoint_of(&self, target: &Target<'_>) -> &Endpoint<'a> {
        &self.endpoints[target.endpoint]
    }
}

impl Target<'_> {
    /// The value of a label; `None` where there is none, or where it differs from pod to pod.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name)?.as_deref()
    }
}

/// Returns whether Prometheus takes a monitor: by its labels and its namespace.
fn is_taken(stack: &Stack, server: Option<&Object>, monitor: &Object) -> bool {
    let prometheus = &stack.platform.prometheus;
    let own = labels(&monitor.value()["metadata"]["labels"]);
    let has_namespace = prometheus
        .namespaces
        .as_ref()
        .is_none_or(|it| it.iter().any(|it| it == monitor.namespace()));
    let by_server = server.is_none_or(|it| {
        let field = match monitor.kind() {
            "PodMonitor" => "podMonitorSelector",
            _ => "serviceMonitorSelector",
        };
        Selector::parse(&it.value()["spec"][field]).selects(&own)
    });
    let wanted = &prometheus.monitor_labels;
    let by_policy = wanted
        .iter()
        .all(|(name, value)| own.get(name) == Some(value));
    has_namespace && by_server && by_policy
}

impl<'a> Discovered<'a> {
    fn new(
        monitor: &'a Object,
        made: &'a Made<'a>,
        service: Option<&'a Service<'a>>,
        port: &'a Port<'a>,
        path: &'a str,
    ) -> Self {
        let own = |text: &'static str| Cow::Borrowed(text);
        let mut set: Vec<(Cow<'a, str>, Cow<'a, str>)> = vec![
            (
                own("__address__"),
                Cow::Owned(format!("{VARIES}:{}", port.number)),
            ),
            (own("__metrics_path__"), Cow::Borrowed(path)),
            (own("namespace"), Cow::Borrowed(made.namespace)),
            (own("pod"), Cow::Owned(VARIES.to_string())),
            (own("container"), Cow::Owned(VARIES.to_string())),
            (own("endpoint"), Cow::Borrowed(port.name.as_ref())),
        ];
        match service {
            Some(service) => {
                set.push((own("service"), Cow::Borrowed(&service.name)));
                set.push((own("job"), Cow::Borrowed(&service.name)));
            }
            None => {
                let job = format!("{}/{}", monitor.namespace(), monitor.name());
                set.push((own("job"), Cow::Owned(job)));
            }
        }
        Self {
            made,
            service,
            port,
            set,
        }
    }

    /// A label as discovery gives it.
    fn meta(&self, name: &str) -> Cow<'_, str> {
        let Some(name) = name.strip_prefix("__meta_kubernetes_") else {
            return Cow::Borrowed("");
        };
        let label = |labels: &'a Labels<'a>, name: &str| {
            let found = labels.iter().find(|(it, _)| is_sanitized(it, name));
            found.map_or("", |(_, value)| value)
        };
        let present = |value: &str| match value {
            "" => "",
            _ => "true",
        };
        let service = self.service;
        Cow::Borrowed(match name {
            "namespace" => self.made.namespace,
            "service_name" => service.map_or("", |it| &it.name),
            "pod_container_port_name" if service.is_none() => &self.port.name,
            "endpoint_port_name" | "endpointslice_port_name" if service.is_some() => {
                &self.port.name
            }
            "pod_phase" => "Running",
            "endpoint_address_target_kind" | "endpointslice_address_target_kind"
                if service.is_some() =>
            {
                "Pod"
            }
            name => {
                if let Some(name) = name.strip_prefix("pod_label_") {
                    label(&self.made.labels, name)
                } else if let Some(name) = name.strip_prefix("pod_labelpresent_") {
                    present(label(&self.made.labels, name))
                } else if let Some(name) = name.strip_prefix("service_label_") {
                    service.map_or("", |it| label(&it.labels, name))
                } else if let Some(name) = name.strip_prefix("service_labelpresent_") {
                    present(service.map_or("", |it| label(&it.labels, name)))
                } else if name.contains("annotation") {
                    ""
                } else {
                    // Its name, its address, its node.
                    "\u{1}"
                }
            }
        })
    }

    /// The labels that series have, and those that say where Prometheus asks.
    fn labels(self) -> BTreeMap<Cow<'a, str>, Option<Cow<'a, str>>> {
        let address = self.value("__address__").into_owned();
        let mut labels: BTreeMap<_, _> = self
            .set
            .into_iter()
            .filter(|(name, value)| !name.starts_with("__") && !value.is_empty())
            .map(|(name, value)| (name, known(value)))
            .collect();
        labels
            .entry(Cow::Borrowed("instance"))
            .or_insert_with(|| known(Cow::Owned(address)));
        labels
    }
}

fn known(value: Cow<'_, str>) -> Option<Cow<'_, str>> {
    (!value.contains(VARIES)).then_some(value)
}

/// Returns whether a label is what discovery calls `sanitized`: a letter, digit or `_` stands for itself,
/// anything else is `_`.
fn is_sanitized(label: &str, sanitized: &str) -> bool {
    label.len() == sanitized.len()
        && label.bytes().zip(sanitized.bytes()).all(|(it, sanitized)| {
            it == sanitized || sanitized == b'_' && !it.is_ascii_alphanumeric()
        })
}

impl<'a> Relabelled<'a> for Discovered<'a> {
    fn value(&self, name: &str) -> Cow<'_, str> {
        match self.set.iter().find(|(it, _)| it == name) {
            Some((_, value)) => Cow::Borrowed(value),
            None => self.meta(name),
        }
    }

    fn set(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        match self.set.iter_mut().find(|(it, _)| *it == name) {
            Some((_, known)) => *known = value,
            None => self.set.push((name, value)),
        }
    }

    fn names(&self) -> Vec<String> {
        let set = self.set.iter().filter(|(_, value)| !value.is_empty());
        let mut names: Vec<String> = set.map(|(name, _)| name.to_string()).collect();
        let mut meta = |of: &str, labels: &Labels<'_>| {
            for (name, _) in labels.iter() {
                let name: String = name
                    .chars()
                    .map(|it| if it.is_ascii_alphanumeric() { it } else { '_' })
                    .collect();
                names.push(format!("__meta_kubernetes_{of}_label_{name}"));
            }
        };
        meta("pod", &self.made.labels);
        if let Some(service) = self.service {
            meta("service", &service.labels);
        }
        names.extend(["namespace", "pod_name"].map(|it| format!("__meta_kubernetes_{it}")));
        names
    }
}

/// The exporters that can be asked about others, by the address of their Service.
struct Exporters<'a>(BTreeMap<String, (&'a Made<'a>, &'a Port<'a>)>);

impl<'a> Exporters<'a> {
    fn of(found: &'a [Found<'a>]) -> Self {
        let is_plan = |it: &&Found<'_>| matches!(it.owner, crate::prove::inventory::Owner::Plan);
        let mut exporters = BTreeMap::new();
        for it in found.iter().filter(is_plan) {
            for service in &it.made.services {
                for port in &service.ports {
                    let address =
                        format!("{}.{}.svc:{}", service.name, it.made.namespace, port.number);
                    exporters.insert(address, (&it.made, port));
                }
            }
        }
        Self(exporters)
    }

    fn answer(&self, target: &Discovered<'a>, scheme: &str) -> Answer<'a> {
        let address = target.value("__address__");
        let path = target.value("__metrics_path__");
        let asked = target.value("__param_target");
        let scheme = match target.set.iter().find(|(it, _)| it == "__scheme__") {
            Some((_, it)) => it.as_ref(),
            None => scheme,
        };
        if asked.is_empty() {
            if !address.starts_with(VARIES) {
                return Answer::Nobody(format!("`{address}` is asked about itself"));
            }
            return match target.port.speaks {
                Speaks::Metrics {
                    exporter,
                    path: wanted,
                    scheme: spoken,
                } => {
                    if path != wanted {
                        Answer::Nobody(format!("the metrics are at `{wanted}`, not at `{path}`"))
                    } else if scheme != spoken {
                        Answer::Nobody(format!(
                            "`{}` speaks {spoken}, not {scheme}",
                            target.port.name
                        ))
                    } else {
                        Answer::Exporter {
                            exporter,
                            beside: None,
                        }
                    }
                }
                Speaks::Redis => Answer::Nobody(format!(
                    "`{}` speaks the protocol of Redis, and no exporter is asked about it",
                    target.port.name
                )),
                Speaks::Other => Answer::Nobody(format!("`{}` has no metrics", target.port.name)),
            };
        }
        let Some((made, port)) = self.0.get(address.as_ref()) else {
            return Answer::Nobody(format!("no Service of the output is `{address}`"));
        };
        match port.speaks {
            Speaks::Metrics {
                exporter: exporter @ Exporter::Redis,
                ..
            } if target.port.speaks == Speaks::Redis => {
                if path == "/scrape" {
                    Answer::Exporter {
                        exporter,
                        beside: Some(&made.name),
                    }
                } else {
                    Answer::Nobody(format!(
                        "the exporter answers for others at `/scrape`, not at `{path}`"
                    ))
                }
            }
            _ => Answer::Nobody(format!("`{address}` is no exporter of Redis")),
        }
    }
}

/// The instance that something is of.
pub fn instance<'a>(found: &Found<'a>) -> Option<&'a Instance> {
    match found.owner {
        crate::prove::inventory::Owner::Instance(instance) => Some(instance),
        _ => None,
    }
}
