//! Which instances are scraped, how often, and with which labels: read from all monitors of a side together, since
//! an instance moves from one to another when its interval changes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::api::conventions::label;
use crate::diff::consequence::{Cause, Part};
use crate::diff::objects::found::{Found, Subject};
use crate::diff::objects::monitors::NEW_SERIES;
use crate::diff::objects::{Both, effect, items, named};
use crate::diff::pairs::Pair;
use crate::diff::side::{Id, Side};
use crate::effect::{Class, Effect};
use crate::operators::changes::leads_to;
use crate::value::duration::Duration;

const SCRAPE: &str = "Prometheus documentation, Configuration, scrape_config";
const STALE: &str = "Prometheus documentation, Querying basics, Staleness";
const RELABEL: &str = "Prometheus documentation, Configuration, relabel_config";

/// How an instance is scraped.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Scrape<'a> {
    interval: &'a str,
    /// The labels that the monitor gives its series.
    labels: BTreeMap<&'a str, &'a str>,
    /// The monitors that name it.
    by: BTreeSet<&'a Id>,
}

/// The endpoints of a monitor.
pub(super) fn endpoints(monitor: &Value) -> impl Iterator<Item = &Value> {
    let spec = &monitor["spec"];
    items(&spec["endpoints"]).chain(items(&spec["podMetricsEndpoints"]))
}

/// The instances that a step of relabelling is about, by the names that it takes.
fn names_of(step: &Value) -> Option<Vec<String>> {
    let sources: Vec<&str> = items(&step["sourceLabels"])
        .filter_map(Value::as_str)
        .collect();
    if sources != [label::INSTANCE_NAME] {
        return None;
    }
    let names: Vec<String> = step["regex"]
        .as_str()?
        .split('|')
        .map(|it| it.replace('\\', ""))
        .collect();
    let is_name = |it: &String| {
        !it.is_empty()
            && it
                .bytes()
                .all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || b"-.".contains(&it))
    };
    names.iter().all(is_name).then_some(names)
}

/// The instances that the monitors of a side name.
fn scrapes(side: &Side) -> BTreeMap<String, Scrape<'_>> {
    let mut all: BTreeMap<String, Scrape<'_>> = BTreeMap::new();
    for (id, monitor) in &side.objects {
        if !is_monitor(id) {
            continue;
        }
        let named = &monitor["spec"]["namespaceSelector"]["matchNames"];
        let mut namespaces: Vec<&str> = items(named).filter_map(Value::as_str).collect();
        if namespaces.is_empty() {
            namespaces.push(&id.namespace);
        }
        for endpoint in endpoints(monitor) {
            for step in items(&endpoint["relabelings"]) {
                let Some(names) = names_of(step) else {
                    continue;
                };
                let target = step["targetLabel"].as_str().unwrap_or_default();
                let value = step["replacement"].as_str().unwrap_or_default();
                for name in names {
                    for namespace in &namespaces {
                        let scrape = all.entry(format!("{namespace}/{name}")).or_default();
                        scrape.interval = endpoint["interval"].as_str().unwrap_or_default();
                        scrape.by.insert(id);
                        if !target.starts_with("__") {
                            scrape.labels.insert(target, value);
                        }
                    }
                }
            }
        }
    }
    all
}

fn is_monitor(id: &Id) -> bool {
    matches!(id.kind.as_str(), "ServiceMonitor" | "PodMonitor")
}

/// Steps of a monitor that are not about single instances.
fn others(monitor: &Value) -> Vec<Value> {
    endpoints(monitor)
        .flat_map(|it| items(&it["relabelings"]))
        .filter(|it| names_of(it).is_none())
        .cloned()
        .collect()
}

/// Compares how instances are scraped.
pub(super) fn compare<'a>(both: &Both<'a>, acc: &mut Found<'a>) {
    if !both.pairs.iter().any(|it| is_monitor(&it.id)) {
        return;
    }
    let (before, after) = (scrapes(both.before), scrapes(both.after));
    let mut concerned: BTreeSet<&Id> = BTreeSet::new();
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    for name in names {
        let subject = Subject::of_instance(Part::Metrics, "metrics of ", name);
        let (was, is) = (before.get(name), after.get(name));
        if was == is {
            continue;
        }
        for scrape in [was, is].into_iter().flatten() {
            concerned.extend(&scrape.by);
        }
        match (was, is) {
            (Some(was), Some(is)) => shared(was, is, &subject, acc),
            (Some(was), None) => {
                let cause = Cause {
                    field: "interval".to_owned(),
                    before: Some(was.interval.to_owned()),
                    after: None,
                };
                acc.add(&subject, gone(both.goes_on(name)), Some(cause));
            }
            (None, Some(is)) => {
                let cause = Cause {
                    field: "interval".to_owned(),
                    before: None,
                    after: Some(is.interval.to_owned()),
                };
                let what = format!("is scraped every {}", is.interval);
                acc.add(
                    &subject,
                    effect(Class::Hot, what, "", "", SCRAPE),
                    Some(cause),
                );
            }
            (None, None) => {}
        }
    }
    for pair in both.pairs.iter().filter(|it| concerned.contains(&it.id)) {
        say(pair, acc);
    }
}

/// Notes what of a monitor the instances account for.
fn say<'a>(pair: &'a Pair, acc: &mut Found<'a>) {
    let (Some(before), Some(after)) = (&pair.before, &pair.after) else {
        acc.say(&pair.id);
        return;
    };
    let has_other_steps = others(before) != others(after);
    acc.say_fields(pair, |path| {
        let below = |fields: &[&str]| fields.iter().any(|it| leads_to(it, path));
        let is_relabelling = below(&[
            "spec.endpoints.*.relabelings",
            "spec.podMetricsEndpoints.*.relabelings",
        ]);
        is_relabelling && !has_other_steps
            || below(&[
                "spec.selector",
                "spec.endpoints.*.interval",
                "spec.endpoints.*.scrapeTimeout",
                "spec.podMetricsEndpoints.*.interval",
                "spec.podMetricsEndpoints.*.scrapeTimeout",
            ])
    });
}

fn gone(is_still_there: bool) -> Effect {
    match is_still_there {
        true => effect(
            Class::MonitoringGap,
            "is no longer scraped, and the instance goes on: its series end, and no alert on them fires",
            "only RedisAbsent says so, where it is there",
            "",
            STALE,
        ),
        false => effect(
            Class::Hot,
            "is no longer scraped, as the instance is gone; its series can be read as long as Prometheus keeps them",
            "",
            "",
            STALE,
        ),
    }
}

fn shared(was: &Scrape<'_>, is: &Scrape<'_>, subject: &Subject, acc: &mut Found<'_>) {
    if was.interval != is.interval {
        let cause = Cause {
            field: "interval".to_owned(),
            before: Some(was.interval.to_owned()),
            after: Some(is.interval.to_owned()),
        };
        acc.add(subject, interval(was.interval, is.interval), Some(cause));
    }
    let names: BTreeSet<&&str> = was.labels.keys().chain(is.labels.keys()).collect();
    let mut clauses = Vec::new();
    let mut causes = Vec::new();
    for name in names {
        let (before, after) = (was.labels.get(*name), is.labels.get(*name));
        if before == after {
            continue;
        }
        clauses.push(match after {
            Some(value) => format!("`{name}: {value}`"),
            None => format!("no `{name}`"),
        });
        causes.push(Cause {
            field: (*name).to_string(),
            before: before.map(|it| (*it).to_owned()),
            after: after.map(|it| (*it).to_owned()),
        });
    }
    if clauses.is_empty() && was.interval == is.interval {
        acc.add(subject, other_monitors(was, is), None);
    }
    if !clauses.is_empty() {
        let what = format!("has series with {}", clauses.join(", "));
        let labelled = effect(Class::MonitoringGap, what, NEW_SERIES, "", RELABEL);
        for cause in causes {
            acc.add(subject, labelled.clone(), Some(cause));
        }
    }
}

/// What happens where only the monitors are others.
fn other_monitors(was: &Scrape<'_>, is: &Scrape<'_>) -> Effect {
    let names = |it: &Scrape<'_>| named(&it.by.iter().map(ToString::to_string).collect::<Vec<_>>());
    match is.by.is_superset(&was.by) {
        true => effect(
            Class::Hot,
            format!("is scraped by all of {}: once more than before", names(is)),
            "targets that two monitors find are scraped twice, and sums over their series count them twice",
            "",
            SCRAPE,
        ),
        false => effect(
            Class::Hot,
            format!("is scraped by {} instead of {}", names(is), names(was)),
            "",
            "",
            SCRAPE,
        ),
    }
}

fn interval(before: &str, after: &str) -> Effect {
    let millis = |it: &str| Duration::parse(it).ok().map(Duration::as_millis);
    let (class, exposed) = match (millis(before), millis(after)) {
        (Some(was), Some(is)) if is > was => (
            Class::MonitoringGap,
            format!("what fails is seen up to {after} after it happened, before up to {before}"),
        ),
        (Some(was), Some(is)) if is > 0 => {
            let times = format!(
                "{:.1}",
                f64::from(u32::try_from(was).unwrap_or(u32::MAX))
                    / f64::from(u32::try_from(is).unwrap_or(u32::MAX))
            );
            let times = times.trim_end_matches('0').trim_end_matches('.');
            (
                Class::Hot,
                format!("{times} times as many samples of it are kept"),
            )
        }
        _ => (Class::Hot, String::new()),
    };
    effect(
        class,
        format!("is scraped every {after} instead of every {before}"),
        exposed,
        "",
        SCRAPE,
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_step_names_instances_only_where_it_is_a_list_of_names() {
        let step = |regex: &str| json!({"sourceLabels": ["instance_name"], "regex": regex});
        assert_eq!(
            names_of(&step("a|b-c")),
            Some(vec!["a".to_owned(), "b-c".to_owned()])
        );
        assert_eq!(names_of(&step("a.*")), None);
        assert_eq!(
            names_of(&json!({"sourceLabels": ["pod"], "regex": "a"})),
            None
        );
    }

    #[test]
    fn a_longer_interval_is_a_gap_and_a_shorter_one_costs() {
        let longer = interval("30s", "1m");
        assert_eq!(longer.class, Class::MonitoringGap);
        assert!(longer.exposed.contains("up to 1m"));
        let shorter = interval("30s", "20s");
        assert_eq!(shorter.class, Class::Hot);
        assert!(shorter.exposed.starts_with("1.5 times"));
    }
}
