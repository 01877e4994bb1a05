//! What is recorded: the metrics that rules compute, and what the policy says of each instance.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::conventions::{fact, label};
use crate::diff::consequence::{Cause, Part, in_one_line};
use crate::diff::objects::found::{Found, Subject};
use crate::diff::objects::monitors::NEW_SERIES;
use crate::diff::objects::{Both, effect, items};
use crate::diff::side::Side;
use crate::effect::Class;

const RECORDING: &str = "Prometheus documentation, Recording rules";

/// What tells a recorded series from another: its metric, its namespace, its instance, its number among those.
type Key<'a> = (&'a str, &'a str, &'a str, usize);

fn records(side: &Side) -> BTreeMap<Key<'_>, &Value> {
    let mut all = BTreeMap::new();
    let rules = side
        .objects
        .values()
        .filter(|it| it["kind"] == "PrometheusRule")
        .flat_map(|it| items(&it["spec"]["groups"]))
        .flat_map(|it| items(&it["rules"]));
    let mut counted: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for rule in rules {
        let Some(metric) = rule["record"].as_str() else {
            continue;
        };
        let of = |name: &str| rule["labels"][name].as_str().unwrap_or_default();
        let key = (metric, of(label::NAMESPACE), of(label::INSTANCE_NAME));
        let number = counted.entry(key).or_default();
        all.insert((key.0, key.1, key.2, *number), rule);
        *number += 1;
    }
    all
}

/// Compares what is recorded.
pub(super) fn compare<'a>(both: &Both<'a>, acc: &mut Found<'a>) {
    if !both.pairs.iter().any(|it| it.id.kind == "PrometheusRule") {
        return;
    }
    let (before, after) = (records(both.before), records(both.after));
    let keys: BTreeSet<&Key<'_>> = before.keys().chain(after.keys()).collect();
    for key in keys {
        let (was, is) = (before.get(key).copied(), after.get(key).copied());
        if was == is {
            continue;
        }
        match fact::ALL.contains(&key.0) {
            true => of_instance(both, *key, was, is, acc),
            false => of_metric(key.0, was, is, acc),
        }
    }
    for pair in both
        .pairs
        .iter()
        .filter(|it| it.id.kind == "PrometheusRule")
    {
        let rules = |it: &Option<Value>| -> Vec<Value> {
            let groups = it.iter().flat_map(|it| items(&it["spec"]["groups"]));
            groups.flat_map(|it| items(&it["rules"])).cloned().collect()
        };
        let alerts = |it: &[Value]| -> Vec<Value> {
            it.iter()
                .filter(|it| it.get("alert").is_some())
                .cloned()
                .collect()
        };
        let (was, is) = (rules(&pair.before), rules(&pair.after));
        if was == is || alerts(&was) != alerts(&is) {
            continue;
        }
        match (&pair.before, &pair.after) {
            (Some(_), Some(_)) => acc.say_fields(pair, |path| {
                path.first().is_some_and(|it| it == "spec")
                    && path.last().is_some_and(|it| it != "interval")
            }),
            _ => acc.say(&pair.id),
        }
    }
}

/// What an instance has of something, in words.
fn words(metric: &str) -> &'static str {
    match metric {
        fact::REDIS_PODS => "Redis servers",
        fact::REPLICAS => "replicas",
        fact::MASTERS => "primaries",
        fact::SENTINELS => "Sentinels",
        fact::QUORUM => "Sentinels that must agree",
        _ => "bytes as the memory limit",
    }
}

/// A value that the policy states.
fn stated(rule: &Value) -> String {
    let text = in_one_line(&rule["expr"]);
    let number = text
        .strip_prefix("vector(")
        .and_then(|it| it.strip_suffix(')'));
    number.unwrap_or(&text).to_owned()
}

fn of_instance(
    both: &Both<'_>,
    (metric, namespace, name, _): Key<'_>,
    was: Option<&Value>,
    is: Option<&Value>,
    acc: &mut Found<'_>,
) {
    let instance = format!("{namespace}/{name}");
    let subject = Subject::of_instance(Part::Metrics, "facts of ", &instance);
    let cause = Cause {
        field: metric.to_owned(),
        before: was.map(stated),
        after: is.map(stated),
    };
    let effect = match (was, is) {
        (Some(was), Some(is)) if was["expr"] != is["expr"] => effect(
            Class::Hot,
            format!(
                "are {} {} instead of {}: alerts and panels compare with that",
                stated(is),
                words(metric),
                stated(was)
            ),
            "",
            "",
            RECORDING,
        ),
        (Some(was), Some(is)) => {
            let differ = crate::diff::fields::fields(&was["labels"], &is["labels"]);
            let labels: Vec<String> = differ
                .iter()
                .map(|it| match &it.after {
                    Some(value) => format!("`{}: {}`", it.name(), in_one_line(value)),
                    None => format!("no `{}`", it.name()),
                })
                .collect();
            for field in &differ {
                let what = format!("have {}, by which alerts are chosen", labels.join(", "));
                acc.add(
                    &subject,
                    effect(Class::Hot, what, "", "", RECORDING),
                    Some(Cause::of(field)),
                );
            }
            return;
        }
        (None, _) => effect(
            Class::Hot,
            "are recorded, for alerts and panels to compare with",
            "",
            "",
            RECORDING,
        ),
        (Some(_), None) if both.goes_on(&instance) => effect(
            Class::MonitoringGap,
            "are no longer recorded: alerts that compare with them do not fire any more",
            "",
            "",
            RECORDING,
        ),
        (Some(_), None) => effect(
            Class::Hot,
            "are no longer recorded, as the instance is gone",
            "",
            "",
            RECORDING,
        ),
    };
    acc.add(&subject, effect, Some(cause));
}

fn of_metric(metric: &str, was: Option<&Value>, is: Option<&Value>, acc: &mut Found<'_>) {
    let subject = Subject::of(Part::Metrics, format!("the recorded metric {metric}"));
    let cause = |field: &str| {
        let of = |it: Option<&Value>| it.map(|it| in_one_line(&it[field]));
        Some(Cause {
            field: field.to_owned(),
            before: of(was),
            after: of(is),
        })
    };
    match (was, is) {
        (Some(was), Some(is)) => {
            if was["expr"] != is["expr"] {
                let what =
                    "means something else from the next evaluation on; what is recorded stays";
                let exposed = "a graph of it has a step there, and an alert that reads it may fire or resolve";
                acc.add(
                    &subject,
                    effect(Class::Hot, what, exposed, "", RECORDING),
                    cause("expr"),
                );
            }
            if was["labels"] != is["labels"] {
                let what = "has other labels";
                acc.add(
                    &subject,
                    effect(Class::MonitoringGap, what, NEW_SERIES, "", RECORDING),
                    cause("labels"),
                );
            }
        }
        (None, _) => acc.add(
            &subject,
            effect(
                Class::Hot,
                "is recorded from now on, and not for the past",
                "",
                "",
                RECORDING,
            ),
            cause("expr"),
        ),
        (Some(_), None) => acc.add(
            &subject,
            effect(
                Class::MonitoringGap,
                "is no longer recorded: alerts and panels that read it have nothing",
                "",
                "",
                RECORDING,
            ),
            cause("expr"),
        ),
    }
}
