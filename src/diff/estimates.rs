//! What a policy costs: series, samples, lines of logs and the room for them, each with how it was computed.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde_json::Value;

use crate::diff::consequence::Part;
use crate::diff::side::Side;
use crate::diff::{Estimate, objects};
use crate::model::stack::{Instance, Stack};
use crate::value::duration::Duration;

/// Series of a Redis server: 522 of Redis 8.0.2 and 496 of Redis 7.0.15 by redis_exporter 1.86.0 beside it, after ten
/// commands were used once.
const OF_SERVER: u64 = 520;
/// Series that each further command in use adds, by the same measurement: its calls, failures, durations, latencies.
const OF_COMMAND: u64 = 13;
/// Series of a Sentinel that watches one primary: 149 of Redis 8.0.2, 131 of Redis 7.0.15.
const OF_SENTINEL: u64 = 150;

/// Lines of a snapshot in the background, of Redis 8.0.2 and `loglevel notice`.
const OF_SNAPSHOT: u64 = 5;
/// Snapshots a day, assumed: one every five minutes, as `save 300 …` makes of a server that is written to.
const SNAPSHOTS: u64 = 288;
/// Lines a day of a server or Sentinel beside those, assumed: starts, replication, what Sentinel sees.
const OTHER_LINES: u64 = 100;
/// Bytes of a document as JSON: the mean of the samples in `tests/logs` is 354.
const OF_DOCUMENT: u64 = 360;

const DAY: u64 = 86_400;

/// What a policy has of what costs.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Amounts {
    /// Servers and Sentinels, by how often they are scraped.
    targets: BTreeMap<Duration, Targets>,
    /// Series that rules record.
    recorded: u64,
    /// How often rules are evaluated.
    evaluation: Option<Duration>,
    /// Logs, where they are shipped.
    logs: Option<Logs>,
}

/// What is scraped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Targets {
    servers: u64,
    sentinels: u64,
}

/// What is shipped, and how it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Logs {
    /// Servers that write snapshots.
    snapshots: u64,
    /// Servers and Sentinels.
    containers: u64,
    retention: Duration,
    replicas: u64,
}

impl AddAssign for Targets {
    fn add_assign(&mut self, other: Self) {
        self.servers += other.servers;
        self.sentinels += other.sentinels;
    }
}

impl Targets {
    fn of(instance: &Instance) -> Self {
        Self {
            servers: instance.topology.redis_pods().into(),
            sentinels: instance.topology.sentinels().into(),
        }
    }

    fn series(self) -> u64 {
        self.servers * OF_SERVER + self.sentinels * OF_SENTINEL
    }
}

impl Amounts {
    /// What a stack has, with the objects that it delivers.
    pub(super) fn of<'a>(stack: &Stack, objects: impl Iterator<Item = &'a Value>) -> Self {
        let mut targets: BTreeMap<Duration, Targets> = BTreeMap::new();
        for instance in &stack.instances {
            *targets.entry(instance.interval).or_default() += Targets::of(instance);
        }
        let recorded = objects.map(objects::recorded).sum();
        let logs = stack.telemetry.logging.as_ref().map(|logging| {
            let writes = |it: &&Instance| {
                let is_off = it
                    .config
                    .get("save")
                    .is_some_and(|it| it.trim_matches('"').is_empty());
                !is_off && it.config.get("loglevel").is_none_or(|it| it != "warning")
            };
            let containers = stack.instances.iter().map(Targets::of);
            Logs {
                snapshots: stack
                    .instances
                    .iter()
                    .filter(writes)
                    .map(|it| Targets::of(it).servers)
                    .sum(),
                containers: containers.map(|it| it.servers + it.sentinels).sum(),
                retention: logging.retention,
                replicas: logging.replicas.into(),
            }
        });
        Self {
            targets,
            recorded,
            evaluation: Some(stack.platform.prometheus.evaluation_interval),
            logs,
        }
    }

    fn all(&self) -> Targets {
        let mut all = Targets::default();
        self.targets.values().for_each(|it| all += *it);
        all
    }

    fn series(&self) -> u64 {
        self.all().series() + self.recorded
    }

    fn samples(&self) -> u64 {
        let times = |it: &Duration| DAY * 1_000 / it.as_millis().max(1);
        let scraped: u64 = self
            .targets
            .iter()
            .map(|(every, it)| it.series() * times(every))
            .sum();
        scraped
            + self
                .evaluation
                .as_ref()
                .map_or(0, |it| self.recorded * times(it))
    }

    fn documents(&self) -> u64 {
        let lines =
            |it: &Logs| it.snapshots * SNAPSHOTS * OF_SNAPSHOT + it.containers * OTHER_LINES;
        self.logs.as_ref().map_or(0, lines)
    }

    fn kept(&self) -> u64 {
        let seconds = |it: &Logs| it.retention.as_secs().saturating_mul(1 + it.replicas);
        let bytes = u128::from(self.documents()) * u128::from(OF_DOCUMENT);
        let kept = self
            .logs
            .as_ref()
            .map_or(0, |it| bytes * u128::from(seconds(it)) / u128::from(DAY));
        u64::try_from(kept).unwrap_or(u64::MAX)
    }

    /// How the series are counted.
    fn series_said(&self) -> String {
        let Targets { servers, sentinels } = self.all();
        format!(
            "{} + {} + {} = {}",
            product(servers, "Redis servers", OF_SERVER),
            product(sentinels, "Sentinels", OF_SENTINEL),
            thousands(self.recorded) + " recorded",
            thousands(self.series())
        )
    }

    fn samples_said(&self) -> String {
        let mut parts: Vec<String> = self
            .targets
            .iter()
            .map(|(every, it)| format!("{} series every {every}", thousands(it.series())))
            .collect();
        if let Some(every) = self.evaluation.filter(|_| self.recorded > 0) {
            parts.push(format!(
                "{} recorded every {every}",
                thousands(self.recorded)
            ));
        }
        format!("{} = {}", joined(&parts), thousands(self.samples()))
    }

    fn documents_said(&self) -> String {
        let Some(logs) = &self.logs else {
            return "no logs are shipped".to_owned();
        };
        format!(
            "{} + {} = {}",
            product(logs.snapshots, "servers", SNAPSHOTS * OF_SNAPSHOT),
            product(logs.containers, "servers and Sentinels", OTHER_LINES),
            thousands(self.documents())
        )
    }

    fn kept_said(&self) -> String {
        let Some(logs) = &self.logs else {
            return "no logs are kept".to_owned();
        };
        format!(
            "{} a day × {OF_DOCUMENT} bytes × {} × {} copies = {}",
            thousands(self.documents()),
            logs.retention,
            1 + logs.replicas,
            thousands(self.kept())
        )
    }
}

/// What both sides cost where it is not the same; nothing unless both are policies, or one of them is not there.
pub(super) fn estimates(before: &Side, after: &Side) -> Vec<Estimate> {
    let of = |side: &Side| match &side.compiled {
        Some(compiled) => Some(compiled.amounts.clone()),
        None => side.objects.is_empty().then(Amounts::default),
    };
    let (Some(before), Some(after)) = (of(before), of(after)) else {
        return Vec::new();
    };
    type Amount = fn(&Amounts) -> u64;
    type Said = fn(&Amounts) -> String;
    let all: [(Part, &'static str, Amount, Said, Vec<String>); 4] = [
        (Part::Metrics, "series", Amounts::series, Amounts::series_said, vec![
            format!(
                "{OF_SERVER} series of a Redis server and {OF_SENTINEL} of a Sentinel: measured with redis_exporter 1.86.0 and \
                 Redis 8.0.2, ten commands in use; each further one adds {OF_COMMAND}"
            ),
            "not counted: the operator, Fluent Bit, tracing, which do not grow with the instances".to_owned(),
        ]),
        (Part::Metrics, "samples per day", Amounts::samples, Amounts::samples_said, vec![
            "each series has a sample at every scrape or evaluation".to_owned(),
        ]),
        (Part::Logs, "lines of logs per day", Amounts::documents, Amounts::documents_said, vec![
            format!(
                "assumed: at `loglevel notice` a snapshot every five minutes, {OF_SNAPSHOT} lines each (measured with Redis \
                 8.0.2), and {OTHER_LINES} lines of whatever else; a failover or a debug level writes far more"
            ),
            "not counted: the log of the operator".to_owned(),
        ]),
        (Part::Logs, "bytes of logs kept", Amounts::kept, Amounts::kept_said, vec![format!(
            "{OF_DOCUMENT} bytes of a line as JSON: measured with the samples of both operators; on disk it is compressed, \
             and has an index beside it"
        )]),
    ];
    all.into_iter()
        .filter(|(_, _, amount, _, _)| amount(&before) != amount(&after))
        .map(|(part, what, amount, said, constants)| {
            let mut arithmetic = vec![
                format!("before: {}", said(&before)),
                format!("after: {}", said(&after)),
            ];
            arithmetic.extend(constants);
            Estimate {
                part,
                what,
                before: amount(&before),
                after: amount(&after),
                arithmetic,
            }
        })
        .collect()
}

fn joined(parts: &[String]) -> String {
    match parts {
        [] => "nothing".to_owned(),
        parts => parts.join(" + "),
    }
}

fn product(count: u64, of: &str, each: u64) -> String {
    format!("{} {of} × {}", thousands(count), thousands(each))
}

/// A number as people read it: `1,234,567`.
pub fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diff::side::Compiled;

    fn side(amounts: Amounts) -> Side {
        Side {
            compiled: Some(Compiled {
                amounts,
                ..Compiled::default()
            }),
            ..Side::default()
        }
    }

    fn amounts(every: u64, servers: u64, days: u64) -> Amounts {
        let targets = Targets {
            servers,
            sentinels: 0,
        };
        Amounts {
            targets: [(Duration::seconds(every), targets)].into(),
            recorded: 0,
            evaluation: None,
            logs: Some(Logs {
                snapshots: servers,
                containers: servers,
                retention: Duration::seconds(days * DAY),
                replicas: 1,
            }),
        }
    }

    #[test]
    fn what_is_the_same_is_not_said() {
        assert!(estimates(&side(amounts(30, 3, 7)), &side(amounts(30, 3, 7))).is_empty());
        let manifests = Side {
            objects: [].into(),
            ..Side::default()
        };
        // A side that is not there costs nothing.
        assert_eq!(estimates(&manifests, &side(amounts(30, 3, 7))).len(), 4);
    }

    #[test]
    fn twice_as_often_is_twice_as_many_samples() {
        let found = estimates(&side(amounts(60, 3, 7)), &side(amounts(30, 3, 7)));
        let [samples] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!(samples.what, "samples per day");
        assert_eq!(samples.after, 2 * samples.before);
        assert_eq!(samples.before, 3 * OF_SERVER * 1_440);
        assert_eq!(
            samples.arithmetic[0],
            "before: 1,560 series every 1m = 2,246,400"
        );
    }

    #[test]
    fn twice_as_long_is_twice_as_much() {
        let found = estimates(&side(amounts(30, 3, 7)), &side(amounts(30, 3, 14)));
        let [kept] = found.as_slice() else {
            panic!("{found:?}")
        };
        assert_eq!((kept.part, kept.what), (Part::Logs, "bytes of logs kept"));
        assert_eq!(kept.after, 2 * kept.before);
        assert_eq!(kept.before, 3 * 1_540 * 360 * 7 * 2);
    }

    #[test]
    fn numbers_are_read_by_thousands() {
        assert_eq!(thousands(7), "7");
        assert_eq!(thousands(1_234), "1,234");
        assert_eq!(thousands(12_345_678), "12,345,678");
    }
}
