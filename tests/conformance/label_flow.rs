//! What is said of the labels of an expression, against Prometheus: it evaluates each over a small
//! invented world, and every series of every result must be as was said.

mod expressions;
mod world;

use std::collections::BTreeMap;

use obsgen::promql::flow::{Followed, Form, flow};
use obsgen::promql::read::Reader;
use serde_json::Value;

use crate::random::Random;
use expressions::Expressions;
use world::{Prometheus, World};

/// Expressions of each run.
const COUNT: usize = 6_000;

/// Written by hand: what is hard, or was wrong once.
const WRITTEN: &str = include_str!("label_flow/written.promql");

#[test]
fn prometheus_gives_the_labels_that_are_said() {
    let Some(prometheus) = Prometheus::start() else {
        return;
    };
    let world = World::new();
    let mut generator = Expressions::new(Random::new(7));
    let written = WRITTEN
        .lines()
        .filter(|it| !it.is_empty() && !it.starts_with('#'))
        .map(str::to_owned);
    let drawn = (0..COUNT).map(|it| generator.vector(1 + it % 4));
    let mut tally = Tally::default();
    let mut wrong = Vec::new();
    for text in written.chain(drawn) {
        let read = Reader::default().read(&text);
        let answer = prometheus.query(&text);
        match (read, answer) {
            (Ok(expression), Ok(series)) => {
                let followed = flow(&expression, &world);
                tally.count(&followed, &series);
                wrong.extend(contradiction(&followed, &series).map(|it| format!("{text}\n  {it}")));
            }
            // It fails over the series that it meets, which nobody can know before.
            (Ok(_), Err(why)) if is_of_series(&why) => tally.failed += 1,
            (Err(why), Err(_)) => panic!("the generator writes what nobody reads: {text}: {why:?}"),
            (Ok(_), Err(why)) => wrong.push(format!("{text}\n  Prometheus: {why}")),
            (Err(why), Ok(_)) => wrong.push(format!("{text}\n  not read: {why:?}")),
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of them, such as\n{}",
        wrong.len(),
        wrong[..wrong.len().min(20)].join("\n")
    );
    tally.is_telling();
}

/// Whether the run could have found something.
#[derive(Debug, Default)]
struct Tally {
    with_result: usize,
    said_empty: usize,
    said_never_empty: usize,
    labels: usize,
    values: usize,
    failed: usize,
}

impl Tally {
    fn count(&mut self, followed: &Followed, series: &[BTreeMap<String, String>]) {
        self.with_result += usize::from(!series.is_empty());
        self.said_empty += usize::from(followed.flow.is_empty);
        self.said_never_empty += usize::from(!followed.flow.may_be_empty);
        let shape = &followed.flow.shape;
        let always = shape.labels.values().filter(|it| it.is_always);
        self.labels += always.count();
        let known = shape
            .labels
            .values()
            .filter(|it| matches!(it.values, obsgen::promql::shape::Values::OneOf(_)));
        self.values += known.count();
    }

    fn is_telling(&self) {
        assert!(self.with_result > COUNT / 3, "{self:?}");
        assert!(self.said_empty > COUNT / 50, "{self:?}");
        assert!(self.said_never_empty > COUNT / 200, "{self:?}");
        assert!(self.labels > COUNT && self.values > COUNT, "{self:?}");
        assert!(self.failed < COUNT / 3, "{self:?}");
    }
}

/// Returns what a result has that was not said, or lacks.
fn contradiction(followed: &Followed, series: &[BTreeMap<String, String>]) -> Option<String> {
    let flow = &followed.flow;
    if flow.form == Form::Scalar {
        return (series.len() != 1).then(|| "a scalar is one number".to_owned());
    }
    if flow.is_empty && !series.is_empty() {
        return Some(format!("not empty: {series:?}, {:?}", followed.problems));
    }
    if !flow.may_be_empty && series.is_empty() {
        return Some("empty".to_owned());
    }
    for one in series {
        for (name, value) in one {
            let known = flow.shape.label(name);
            if !flow.shape.can_have(name) || !known.values.allow(value) {
                return Some(format!("{name}={value:?} is not in {:?}", flow.shape));
            }
        }
        for (name, label) in &flow.shape.labels {
            if label.is_always && !one.contains_key(name) {
                return Some(format!("{one:?} has no {name}"));
            }
        }
    }
    None
}

/// Errors that depend on the series.
fn is_of_series(why: &str) -> bool {
    [
        "many-to-many matching not allowed",
        "multiple matches for labels",
        "same labelset",
        "invalid label name",
        "duplicate series",
        "info metric",
    ]
    .iter()
    .any(|it| why.contains(it))
}

/// The label sets of an answer of the query API.
fn series_of(answer: &Value) -> Vec<BTreeMap<String, String>> {
    if answer["data"]["resultType"] == "scalar" {
        return vec![BTreeMap::new()];
    }
    let series = answer["data"]["result"].as_array().expect("series");
    series
        .iter()
        .map(|it| {
            let labels = it["metric"].as_object().expect("labels");
            labels
                .iter()
                .map(|(name, value)| (name.clone(), value.as_str().expect("a text").to_owned()))
                .collect()
        })
        .collect()
}
