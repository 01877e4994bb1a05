//! Which alert was told to whom, against what was to be told.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::chain::recorder::Told;

/// The alert, what it is about, and the receiver as the policy calls it.
pub(super) type Entry = (&'static str, &'static str, &'static str);

/// What is expected of the whole run.
#[derive(Default)]
pub(super) struct Ledger {
    expected: BTreeSet<Entry>,
    tolerated: Vec<Tolerated>,
}

/// Alerts that may come, on everything whose name begins so.
struct Tolerated {
    alerts: &'static [&'static str],
    on: &'static str,
}

impl Ledger {
    pub(super) fn expect(&mut self, entries: &[Entry]) {
        self.expected.extend(entries);
    }

    /// Alerts may come beside what is expected, for a reason.
    pub(super) fn tolerate(
        &mut self,
        alerts: &'static [&'static str],
        on: &'static str,
        because: &str,
    ) {
        assert!(!because.is_empty());
        self.tolerated.push(Tolerated { alerts, on });
    }

    /// What was told and is neither expected nor tolerated.
    pub(super) fn surprises(&self, told: &[Told]) -> Vec<String> {
        let is_known = |it: &Told| {
            let (alert, on, receiver) = entry(it);
            let of = |known: &Tolerated| known.alerts.contains(&alert) && on.starts_with(known.on);
            self.expected.contains(&(alert, on, receiver)) || self.tolerated.iter().any(of)
        };
        let surprises = told.iter().filter(|it| it.fires && !is_known(it));
        surprises.map(|it| format!("{:?}", entry(it))).collect()
    }
}

/// Those that were not told, as firing or as resolved, since a moment.
pub(super) fn missing(entries: &[Entry], told: &[Told], fires: bool, since: Instant) -> Vec<Entry> {
    let has = |wanted: &&Entry| {
        let is_it = |it: &Told| it.fires == fires && it.at >= since && entry(it) == **wanted;
        !told.iter().any(is_it)
    };
    entries.iter().filter(has).copied().collect()
}

/// What a notification is about: a pod, else an instance, else the stack.
fn entry(told: &Told) -> (&str, &str, &str) {
    let label = |name: &str| told.labels.get(name).map(String::as_str);
    let receiver = told.receiver.rsplit('/').next().unwrap_or_default();
    (
        label("alertname").unwrap_or_default(),
        about(label),
        receiver,
    )
}

/// What labels as Prometheus and Alertmanager show them are about.
pub(super) fn named(labels: &Value) -> (&str, &str) {
    let label = |name: &str| labels[name].as_str();
    (label("alertname").unwrap_or_default(), about(label))
}

fn about<'a>(label: impl Fn(&str) -> Option<&'a str>) -> &'a str {
    label("pod")
        .or_else(|| label("instance_name"))
        .unwrap_or_default()
}

/// How often an alert was told, the shortest time between two times, and the longest, up to now.
pub(super) fn beats(alert: &str, told: &[Told]) -> (usize, Duration, Duration) {
    let mut times: Vec<Instant> = told
        .iter()
        .filter(|it| it.labels["alertname"] == alert && it.fires)
        .map(|it| it.at)
        .collect();
    let number = times.len();
    let gaps =
        |times: &[Instant]| -> Vec<Duration> { times.windows(2).map(|it| it[1] - it[0]).collect() };
    let shortest = gaps(&times).into_iter().min().unwrap_or_default();
    times.push(Instant::now());
    let longest = gaps(&times).into_iter().max().unwrap_or_default();
    (number, shortest, longest)
}

/// All that was told, for people: who was told of what, and when in seconds since a moment.
pub(super) fn catalogue(told: &[Told], since: Instant) -> String {
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    for it in told {
        let (alert, on, _) = entry(it);
        let line = lines
            .entry(format!("{alert} {on} -> {} by {}", it.receiver, it.kind))
            .or_default();
        let what = if it.fires { "fires" } else { "resolved" };
        let seconds = (it.at - since).as_secs_f32();
        let _ = write!(line, " {what} {seconds:.1}");
    }
    let line = |(what, when): (&String, &String)| format!("  {what}:{when}\n");
    lines.iter().map(line).collect()
}
