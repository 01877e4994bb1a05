//! A small world of series: as obsgen is told of it, and as Prometheus has it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::Command;

use obsgen::catalog::Kind;
use obsgen::promql::shape::{Label, Shape, Values};
use obsgen::promql::{Found, Selected, Series};
use promql_parser::label::Matchers;
use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{self, Process};
use crate::run::uncomplaining;
use crate::tools;

/// When the samples end; every expression is evaluated then.
const NOW: u64 = 1_700_000_000;
/// Samples before that, one every fifteen seconds.
const SAMPLES: u64 = 80;

/// A metric: its name, its type, its series.
struct Metric {
    name: &'static str,
    kind: Kind,
    series: Vec<BTreeMap<&'static str, String>>,
}

/// The series of the world.
pub(super) struct World(Vec<Metric>);

/// Labels by their name.
fn labels(pairs: &[(&'static str, &str)]) -> BTreeMap<&'static str, String> {
    pairs
        .iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (*name, (*value).to_owned()))
        .collect()
}

impl World {
    pub(super) fn new() -> Self {
        let mut metrics = Vec::new();
        let mut metric = |name, kind, series: Vec<BTreeMap<&'static str, String>>| {
            metrics.push(Metric { name, kind, series });
        };
        let pods = [
            ("shop", "cache", "cache-0", "primary"),
            ("shop", "cache", "cache-1", "replica"),
            ("shop", "queue", "queue-0", "primary"),
            ("web", "cache", "cache-0", "primary"),
        ];
        let of_pods = |more: &[(&'static str, &str)]| -> Vec<_> {
            let base = |(namespace, name, pod, _): &(&str, &str, &str, &str)| {
                let mut of_pod = labels(&[("ns", namespace), ("name", name), ("pod", pod)]);
                of_pod.extend(labels(more));
                of_pod
            };
            pods.iter().map(base).collect()
        };
        metric("up", Kind::Gauge, of_pods(&[("job", "redis")]));
        metric("memory", Kind::Gauge, of_pods(&[("job", "redis")]));
        metric(
            "commands_total",
            Kind::Counter,
            of_pods(&[("job", "redis")]),
        );
        // Only some have a role, and no two have the same labels.
        let mut roles = of_pods(&[("job", "redis")]);
        for (one, (_, _, _, role)) in roles.iter_mut().zip(pods) {
            if role == "primary" {
                one.insert("role", role.to_owned());
            }
        }
        metric("role_info", Kind::Gauge, roles);
        let databases = ["0", "1"]
            .iter()
            .flat_map(|it| of_pods(&[("db", it)]))
            .collect();
        metric("keys", Kind::Gauge, databases);
        let buckets = ["0.1", "1", "+Inf"]
            .iter()
            .flat_map(|it| of_pods(&[("le", it)]));
        metric("wait_seconds_bucket", Kind::Histogram, buckets.collect());
        metric(
            "limit",
            Kind::Gauge,
            vec![
                labels(&[("ns", "shop"), ("name", "cache"), ("tier", "gold")]),
                labels(&[("ns", "shop"), ("name", "queue"), ("tier", "iron")]),
                labels(&[("ns", "web"), ("name", "cache")]),
            ],
        );
        metric(
            "other",
            Kind::Gauge,
            vec![labels(&[("cluster", "eu"), ("zone", "a")])],
        );
        metric("bare", Kind::Gauge, vec![labels(&[])]);
        metric(
            "target_info",
            Kind::Gauge,
            vec![labels(&[
                ("job", "redis"),
                ("instance", "x"),
                ("sdk", "go"),
            ])],
        );
        metric(
            "my.dotted",
            Kind::Gauge,
            vec![labels(&[("ns", "shop"), ("a.b", "c")])],
        );
        metric("foreign", Kind::Gauge, of_pods(&[("extra", "1")]));
        metric(
            "gone",
            Kind::Gauge,
            vec![labels(&[("ns", "shop"), ("name", "old")])],
        );
        Self(metrics)
    }

    /// The samples as OpenMetrics, up to [`NOW`]; those of `gone` end ten minutes before.
    fn openmetrics(&self) -> String {
        let mut text = String::new();
        for metric in &self.0 {
            let end = if metric.name == "gone" {
                NOW - 600
            } else {
                NOW
            };
            for (index, series) in metric.series.iter().enumerate() {
                for back in (0..SAMPLES).rev() {
                    let at = end - back * 15;
                    let index = index as u64;
                    let value = match metric.kind {
                        Kind::Counter => (SAMPLES - back) * (index + 1),
                        Kind::Histogram => (SAMPLES - back) * (index / 4 + 1),
                        _ if metric.name == "up" => u64::from(index != 1),
                        _ => index % 3 + back % 2,
                    };
                    let quoted = |it: &str| format!("{it:?}");
                    let pairs: Vec<String> = series
                        .iter()
                        .map(|(name, value)| format!("{}={value:?}", quoted(name)))
                        .collect();
                    let name = match pairs.is_empty() {
                        true => format!("{{{}}}", quoted(metric.name)),
                        false => format!("{{{},{}}}", quoted(metric.name), pairs.join(",")),
                    };
                    writeln!(text, "{name} {value} {at}").expect("a text takes all");
                }
            }
        }
        text.push_str("# EOF\n");
        text
    }
}

impl Series for World {
    fn select(&self, metric: &str, matchers: &Matchers) -> Selected {
        let Some(found) = self.0.iter().find(|it| it.name == metric) else {
            return Selected::UnknownMetric;
        };
        let takes = |series: &&BTreeMap<&str, String>| {
            matchers.matchers.iter().all(|it| {
                it.name == "__name__"
                    || it.is_match(series.get(it.name.as_str()).map_or("", String::as_str))
            })
        };
        let taken: Vec<_> = match metric {
            // Matchers have to be looked at by whoever asked.
            "memory" | "keys" => found.series.iter().collect(),
            _ => found.series.iter().filter(takes).collect(),
        };
        if taken.is_empty() {
            return Selected::Nothing {
                label: String::new(),
                is_carried: true,
            };
        }
        let mut shape = Shape {
            // Nobody says which labels these have.
            is_open: metric == "foreign",
            ..Shape::default()
        };
        for name in taken
            .iter()
            .flat_map(|it| it.keys())
            .filter(|_| metric != "foreign")
        {
            let values = taken.iter().filter_map(|it| it.get(name)).cloned();
            let label = Label {
                is_always: taken.iter().all(|it| it.contains_key(name)),
                values: match metric {
                    "role_info" => Values::Any,
                    _ => Values::of(values),
                },
            };
            shape.labels.insert((*name).to_owned(), label);
        }
        Selected::Some(Found {
            shape,
            kind: Some(found.kind),
            interval: Some(obsgen::value::duration::Duration::seconds(15)),
        })
    }
}

/// A Prometheus that has the world.
pub(super) struct Prometheus {
    // Dropped first to last.
    _process: Process,
    _folder: TempDir,
    port: u16,
}

impl Prometheus {
    pub(super) fn start() -> Option<Self> {
        let server = tools::next_tool("prometheus")?;
        let promtool = tools::next_tool("promtool")?;
        let folder = tempfile::tempdir().expect("a folder");
        let samples = folder.path().join("samples.txt");
        fs::write(&samples, World::new().openmetrics()).expect("the folder is ours");
        let data = folder.path().join("data");
        uncomplaining(
            Command::new(promtool)
                .args(["tsdb", "create-blocks-from", "openmetrics"])
                .args([&samples, &data]),
        );
        let configuration = folder.path().join("prometheus.yml");
        fs::write(&configuration, "{}").expect("the folder is ours");
        let port = lab::free_port();
        let process = Process::spawn(
            Command::new(server)
                .arg(format!("--config.file={}", configuration.display()))
                .arg(format!("--storage.tsdb.path={}", data.display()))
                .arg(format!("--web.listen-address=127.0.0.1:{port}"))
                .arg("--storage.tsdb.retention.time=100y")
                .arg("--enable-feature=promql-experimental-functions"),
        );
        let ready = lab::Deadline::in_seconds(30).met(|| lab::get(port, "/-/ready").is_ok());
        assert!(ready, "Prometheus does not start");
        Some(Self {
            _process: process,
            _folder: folder,
            port,
        })
    }

    /// Evaluates an expression: the labels of the series of its result.
    pub(super) fn query(&self, text: &str) -> Result<Vec<BTreeMap<String, String>>, String> {
        let escaped = text.bytes().fold(String::new(), |mut escaped, it| {
            write!(escaped, "%{it:02x}").expect("a text takes all");
            escaped
        });
        let path = format!("/api/v1/query?time={NOW}&query={escaped}");
        match lab::get(self.port, &path) {
            Ok(body) => {
                let answer: Value = serde_json::from_str(&body).expect("JSON");
                Ok(super::series_of(&answer))
            }
            Err(answer) => {
                let answer = answer.to_string();
                let body = answer.split_once("\r\n\r\n").map_or("", |(_, it)| it);
                Err(body.to_owned())
            }
        }
    }
}
