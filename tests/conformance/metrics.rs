//! What the exporter really exports, against the metrics that rules ask for and those that the
//! catalog lists.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fs;
use std::path::PathBuf;

use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

use crate::lab::{Lab, Programs};
use crate::{tools, trees};

const CATALOG: &str = include_str!("../../src/catalog/redis_exporter.tsv");

#[test]
fn the_exporter_exports_what_is_asked_for() {
    if let Some(programs) = programs(tools::tool) {
        exports_what_is_asked_for(&programs);
    }
}

#[test]
fn the_exporter_exports_what_is_asked_for_of_the_next_redis() {
    if let Some(programs) = programs(tools::next_tool) {
        exports_what_is_asked_for(&programs);
    }
}

/// There is one exporter, and Redis in two versions.
fn programs(redis: fn(&str) -> Option<PathBuf>) -> Option<Programs> {
    Some(Programs {
        server: redis("redis-server")?,
        sentinel: redis("redis-sentinel")?,
        client: redis("redis-cli")?,
        exporter: tools::tool("redis_exporter")?,
    })
}

fn exports_what_is_asked_for(programs: &Programs) {
    let lab = Lab::start(programs);
    let catalog = catalog();
    let asked = asked();
    let demanded: BTreeSet<&str> = catalog
        .iter()
        .filter(|(_, it)| presence(it.condition, &lab.version) == Presence::Always)
        .map(|(name, _)| *name)
        .chain(asked.iter().map(String::as_str))
        .collect();

    // Some appear only when a Sentinel or a replica has been heard of.
    let mut scraped = BTreeMap::new();
    let mut missing = BTreeSet::new();
    let complete = lab.becomes(|| {
        scraped = families(&lab.scrape());
        missing = demanded
            .iter()
            .filter(|it| !scraped.contains_key(**it))
            .collect();
        missing.is_empty()
    });
    assert!(complete, "Redis {}: not exported: {missing:?}", lab.version);

    let mut wrong = Vec::new();
    for (name, family) in scraped
        .iter()
        .filter(|(name, _)| name.starts_with("redis_"))
    {
        match catalog.get(name.as_str()) {
            None => wrong.push(format!("{name}: not in the catalog: {family:?}")),
            Some(metric) => {
                if metric.family != *family {
                    wrong.push(format!(
                        "{name}: {family:?}, in the catalog {:?}",
                        metric.family
                    ));
                }
                if presence(metric.condition, &lab.version) == Presence::Never {
                    wrong.push(format!("{name}: exported in spite of {}", metric.condition));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "Redis {}: {wrong:#?}", lab.version);
}

/// What is the same of all series of a metric.
#[derive(Debug, Default, PartialEq, Eq)]
struct Family {
    kind: String,
    labels: BTreeSet<String>,
}

/// A line of the catalog.
struct Metric {
    family: Family,
    condition: &'static str,
}

fn catalog() -> BTreeMap<&'static str, Metric> {
    CATALOG
        .lines()
        .filter(|it| !it.starts_with('#'))
        .map(|line| {
            let [name, kind, labels, _scope, condition, ..] =
                line.split('\t').collect::<Vec<_>>()[..]
            else {
                panic!("too short: {line}");
            };
            let labels = labels.split(',').filter(|it| !it.is_empty());
            let family = Family {
                kind: kind.to_owned(),
                labels: labels.map(str::to_owned).collect(),
            };
            (name, Metric { family, condition })
        })
        .collect()
}

/// Whether a metric is among those of the laboratory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Presence {
    Never,
    Possibly,
    Always,
}

fn presence(condition: &str, version: &str) -> Presence {
    let of_part = |part: &str| {
        let certain = |it: bool| {
            if it {
                Presence::Always
            } else {
                Presence::Never
            }
        };
        if let Some(least) = part.strip_prefix("version>=") {
            return certain(numbers(version) >= numbers(least));
        }
        if let Some(bound) = part.strip_prefix("version<") {
            return certain(numbers(version) < numbers(bound));
        }
        match part {
            "always" | "aof" | "cluster" | "sentinel" | "role=master" | "role=replica" => {
                Presence::Always
            }
            "event:replica attached" | "event:database not empty" => Presence::Always,
            "config:CONFIG GET allowed" | "config:latency-tracking yes" => Presence::Always,
            _ if part.starts_with("!flag:") => Presence::Always,
            _ if part.starts_with("flag:") || part.starts_with("vendor:") => Presence::Never,
            _ if part.starts_with("event:") || part.starts_with("config:") => Presence::Possibly,
            _ => panic!("unknown condition: {part}"),
        }
    };
    let parts = condition.split(" & ").map(of_part);
    parts.min().expect("a condition has a part")
}

fn numbers(version: &str) -> Vec<u32> {
    let number = |it: &str| it.parse().expect("a number");
    version.split('.').map(number).collect()
}

/// Reads what the exporter writes, by the names of families.
fn families(scrapes: &[String]) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in scrapes.iter().flat_map(|it| it.lines()) {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a type");
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if !line.is_empty() && !line.starts_with('#') {
            let end = line.find(['{', ' ']).expect("a value after the name");
            let (name, rest) = line.split_at(end);
            let family = ["", "_bucket", "_sum", "_count"]
                .iter()
                .filter_map(|it| name.strip_suffix(it))
                .find(|it| families.contains_key(*it))
                .expect("the type comes first");
            let labels = label_names(rest);
            let family = families.entry(family.to_owned()).or_default();
            // Those of the parts of a histogram or a summary.
            let is_part = |it: &String| match family.kind.as_str() {
                "histogram" => it == "le",
                "summary" => it == "quantile",
                _ => false,
            };
            let labels: Vec<_> = labels.into_iter().filter(|it| !is_part(it)).collect();
            family.labels.extend(labels);
        }
    }
    families
}

/// Returns the names of the labels of a series, of which the metric is left out.
fn label_names(series: &str) -> Vec<String> {
    let mut names = Vec::new();
    let Some(mut rest) = series.strip_prefix('{') else {
        return names;
    };
    while let Some((name, value)) = rest.split_once("=\"") {
        names.push(name.trim_start_matches(',').to_owned());
        let mut is_escaped = false;
        let end = value.find(|it| {
            let is_end = it == '"' && !is_escaped;
            is_escaped = it == '\\' && !is_escaped;
            is_end
        });
        rest = &value[end.expect("the value ends") + 1..];
        if rest.starts_with('}') {
            break;
        }
    }
    names
}

/// The metrics of this exporter that a rule of some stack asks for.
fn asked() -> BTreeSet<String> {
    let mut asked = BTreeSet::new();
    for stack in trees::stacks() {
        let external = external(&stack);
        for rule in trees::of_kind(&stack, "PrometheusRule")
            .iter()
            .flat_map(|it| it["spec"]["groups"].as_array().expect("groups"))
            .flat_map(|it| it["rules"].as_array().expect("rules"))
        {
            let expression = rule["expr"].as_str().expect("an expression");
            let parsed = parser::parse(expression).expect("PromQL");
            let mut names = Names(BTreeSet::new());
            let _ = walk_expr(&mut names, &parsed);
            let of_redis = |it: &String| it.starts_with("redis_") && !external.contains(it);
            asked.extend(names.0.into_iter().filter(of_redis));
        }
    }
    assert!(asked.contains("redis_up"));
    asked
}

/// The metrics that a policy says come from elsewhere.
fn external(stack: &str) -> BTreeSet<String> {
    let path = trees::root()
        .join("stacks")
        .join(stack)
        .join("observability.yaml");
    let policy = fs::read_to_string(path).expect("the policy is there");
    let metrics = trees::documents(&policy)[0]["spec"]["alerts"]["externalMetrics"].clone();
    let name = |it: &Value| it["name"].as_str().expect("a name").to_owned();
    metrics.as_array().into_iter().flatten().map(name).collect()
}

struct Names(BTreeSet<String>);

impl ExprVisitor for Names {
    type Error = Infallible;

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, Infallible> {
        match expression {
            Expr::VectorSelector(it) => self.0.extend(it.name.clone()),
            Expr::MatrixSelector(it) => self.0.extend(it.vs.name.clone()),
            // The walk leaves its parameter out.
            Expr::Aggregate(it) => {
                if let Some(parameter) = &it.param {
                    let _ = walk_expr(self, parameter);
                }
            }
            _ => {}
        }
        Ok(true)
    }
}

#[test]
fn samples_are_read() {
    let text = "# HELP a b\n# TYPE a gauge\na{b=\"c=\\\"d\\\",e=\\\\\",f=\"\"} 1\na 2\n\
                # TYPE g histogram\ng_bucket{h=\"1\",le=\"+Inf\"} 3\ng_sum{h=\"1\"} 4\n";
    let family = |kind: &str, labels: &[&str]| Family {
        kind: kind.to_owned(),
        labels: labels.iter().map(|it| (*it).to_owned()).collect(),
    };
    let expected = BTreeMap::from([
        ("a".to_owned(), family("gauge", &["b", "f"])),
        ("g".to_owned(), family("histogram", &["h"])),
    ]);
    assert_eq!(families(&[text.to_owned()]), expected);
}

#[test]
fn conditions_are_weighed() {
    assert_eq!(
        presence("version>=7.0 & cluster", "7.0.15"),
        Presence::Always
    );
    assert_eq!(presence("version>=7.2", "7.0.15"), Presence::Never);
    assert_eq!(presence("aof & version<7.0", "7.0.15"), Presence::Never);
    assert_eq!(
        presence("cluster & event:a spike", "8.0.2"),
        Presence::Possibly
    );
    assert_eq!(presence("sentinel & flag:a", "8.0.2"), Presence::Never);
}
