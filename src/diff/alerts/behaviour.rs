//! What an alert does for an instance, before and after, in one sentence.

use std::collections::BTreeSet;

use crate::alerts::parameters::Amount;
use crate::alerts::{self};
use crate::api::conventions::label;
use crate::diff::alerts::watch::{Recipient, Rule};
use crate::diff::consequence::{Cause, Caused, Consequence, Part, in_one_line};
use crate::diff::pairs::Pair;
use crate::effect::{Class, Effect};
use crate::promql::meaning::{Meaning, Threshold};
use crate::read::spec::Severity;
use crate::value::duration::Duration;

/// What an alert does for an instance.
pub(super) struct Behaviour<'a, 'w> {
    /// Its rule.
    pub(super) rule: &'w Rule<'a>,
    /// Who is told.
    pub(super) told: &'w [Recipient],
}

/// Where Prometheus and Alertmanager do what a change of a rule or route changes.
const OF_PROMETHEUS: &str = "rules/alerting.go Eval and rules/group.go CopyState, Prometheus 3.5";
const OF_ALERTMANAGER: &str = "dispatch/route.go Match and dispatch/dispatch.go, Alertmanager 0.33";

/// A change of behaviour, as it is put together.
#[derive(Default)]
struct Change {
    class: Option<Class>,
    clauses: Vec<String>,
    exposed: Vec<String>,
    by: Vec<Cause>,
    is_of_routing: bool,
    /// It is another alert to Alertmanager, and begins anew.
    begins_anew: bool,
}

/// What becomes of an alert; nothing where it stays as it was.
pub(super) fn changed(
    before: Option<&Behaviour<'_, '_>>,
    after: Option<&Behaviour<'_, '_>>,
) -> Option<Caused> {
    let mut change = Change::default();
    match (before, after) {
        (Some(before), Some(after)) => {
            change.condition(before.rule, after.rule);
            change.labels(before.rule, after.rule);
            change.recipients(before.told, after.told);
            change.texts(before.rule, after.rule);
            if change.begins_anew {
                change.exposed.push(match after.rule.for_.as_millis() {
                    0 => "where it fires now, it ends once and begins again".to_owned(),
                    _ => format!(
                        "where it fires now, it ends once and begins again after {}",
                        after.rule.for_
                    ),
                });
            }
        }
        (Some(before), None) => change.vanishes(before),
        (None, Some(after)) => change.appears(after),
        (None, None) => {}
    }
    change.caused()
}

impl Change {
    fn add(&mut self, class: Class, clause: String, by: Cause) {
        self.class = self.class.max(Some(class));
        self.clauses.push(clause);
        self.by.push(by);
    }

    fn caused(self) -> Option<Caused> {
        let class = self.class?;
        Some(Caused {
            effect: Effect {
                class,
                what: self.clauses.join("; ").into(),
                exposed: self.exposed.join("; ").into(),
                instead: None,
                source: match self.is_of_routing {
                    true => OF_ALERTMANAGER.into(),
                    false => OF_PROMETHEUS.into(),
                },
            },
            by: self.by,
        })
    }

    fn vanishes(&mut self, before: &Behaviour<'_, '_>) {
        let told = names(before.told);
        self.add(
            Class::MonitoringGap,
            match told.is_empty() {
                true => "is gone, which told nobody".to_owned(),
                false => format!("is gone, which told {told}"),
            },
            cause("alert", Some(before.rule.severity()), None),
        );
    }

    fn appears(&mut self, after: &Behaviour<'_, '_>) {
        let told = names(after.told);
        let severity = after.rule.severity();
        let for_ = after.rule.for_;
        let when = match for_.as_millis() {
            0 => "at once".to_owned(),
            _ => format!("after {for_}"),
        };
        self.add(
            Class::Hot,
            match told.is_empty() {
                true => format!("is new: {severity}, {when}, and tells nobody"),
                false => format!("is new: {severity}, {when}, and tells {told}"),
            },
            cause("alert", None, Some(severity)),
        );
    }

    fn condition(&mut self, before: &Rule<'_>, after: &Rule<'_>) {
        if before.expression != after.expression {
            match (&before.meaning, &after.meaning) {
                (Some(was), Some(is)) if was.form == is.form => self.amounts(before, was, is),
                _ => self.add(
                    Class::MonitoringGap,
                    "asks for something else".to_owned(),
                    cause(
                        "expr",
                        Some(&in_one_line(&before.expression.into())),
                        Some(&in_one_line(&after.expression.into())),
                    ),
                ),
            }
        }
        let (was, is) = (before.for_, after.for_);
        if was != is {
            let (class, word) = match is > was {
                true => (Class::MonitoringGap, "later"),
                false => (Class::Hot, "earlier"),
            };
            self.add(
                class,
                format!("fires after {is} instead of {was} ({word})"),
                cause("for", Some(&was.to_string()), Some(&is.to_string())),
            );
        }
        let (was, is) = (before.severity(), after.severity());
        if was != is {
            let rank = |name: &str| Severity::ALL.iter().position(|it| it.name() == name);
            let is_less = match (rank(was), rank(is)) {
                // The most urgent is the first.
                (Some(was), Some(is)) => is > was,
                _ => true,
            };
            self.begins_anew = true;
            self.add(
                if is_less {
                    Class::MonitoringGap
                } else {
                    Class::Hot
                },
                format!("is {is} instead of {was}"),
                cause("severity", Some(was), Some(is)),
            );
        }
    }

    fn amounts(&mut self, rule: &Rule<'_>, was: &Meaning, is: &Meaning) {
        for (was, is) in was.thresholds.iter().zip(&is.thresholds) {
            if was == is {
                continue;
            }
            let (left, right) = (amount(rule.alert, was), amount(rule.alert, is));
            let (is_looser, side) = match was.operator.as_str() {
                ">" | ">=" => (Some(is.number > was.number), "above"),
                "<" | "<=" => (Some(is.number < was.number), "below"),
                _ => (None, "at"),
            };
            let (class, word) = match is_looser {
                Some(true) => (Class::MonitoringGap, " (looser)"),
                Some(false) => (Class::Hot, " (stricter)"),
                None => (Class::MonitoringGap, ""),
            };
            let of = alerts::find(rule.alert).and_then(|it| it.threshold);
            let of = of.map_or_else(String::new, |it| format!(" of {}", it.of.replace('`', "")));
            self.add(
                class,
                format!("fires {side} {right} instead of {left}{of}{word}"),
                cause("threshold", Some(&left), Some(&right)),
            );
        }
        for (was, is) in was.ranges.iter().zip(&is.ranges) {
            if was == is {
                continue;
            }
            let time = |it: &std::time::Duration| Duration::seconds(it.as_secs()).to_string();
            let (left, right) = (time(was), time(is));
            let (class, word) = match is > was {
                true => (
                    Class::MonitoringGap,
                    "a short spell weighs less, and it lasts longer",
                ),
                false => (Class::Hot, "a short spell weighs more"),
            };
            self.add(
                class,
                format!("looks back over {right} instead of {left}: {word}"),
                cause("range", Some(&left), Some(&right)),
            );
        }
    }

    /// The labels by which silences, routes and people of elsewhere know the alert.
    fn labels(&mut self, before: &Rule<'_>, after: &Rule<'_>) {
        let names: BTreeSet<&str> = before
            .labels
            .keys()
            .chain(after.labels.keys())
            .copied()
            .collect();
        for name in names {
            let (was, is) = (before.labels.get(name), after.labels.get(name));
            if was == is || name == label::SEVERITY {
                continue;
            }
            self.begins_anew = true;
            // It says the parameters, which are told by themselves.
            if name == label::CLASS {
                continue;
            }
            let shown = |it: Option<&&str>| it.map_or("none", |it| *it).to_owned();
            self.add(
                Class::Hot,
                format!("carries {name} {} instead of {}", shown(is), shown(was)),
                cause(name, was.copied(), is.copied()),
            );
            self.exposed.push(format!(
                "a silence that names the old {name} no longer holds"
            ));
        }
    }

    fn recipients(&mut self, before: &[Recipient], after: &[Recipient]) {
        if before == after {
            return;
        }
        let of = |told: &[Recipient]| -> BTreeSet<String> {
            told.iter().map(|it| it.receiver.clone()).collect()
        };
        let (was, is) = (of(before), of(after));
        let list = |it: Vec<&String>| it.into_iter().cloned().collect::<Vec<_>>().join(", ");
        let lost = list(was.difference(&is).collect());
        let gained = list(is.difference(&was).collect());
        let all = |it: &BTreeSet<String>| match it.is_empty() {
            true => "nobody".to_owned(),
            false => list(it.iter().collect()),
        };
        if was != is {
            self.is_of_routing = true;
            let clause = match (lost.is_empty(), gained.is_empty()) {
                (false, false) => format!("tells {gained} instead of {lost}"),
                (false, true) if is.is_empty() => format!("tells nobody instead of {lost}"),
                (false, true) => format!("no longer tells {lost}"),
                _ => format!("tells {gained} too"),
            };
            self.add(
                match lost.is_empty() {
                    true => Class::Hot,
                    false => Class::MonitoringGap,
                },
                clause,
                cause("receivers", Some(&all(&was)), Some(&all(&is))),
            );
        }
        for receiver in was.intersection(&is) {
            let of = |told: &[Recipient]| {
                let of = told.iter().filter(|it| it.receiver == *receiver);
                of.cloned().collect::<Vec<_>>()
            };
            self.recipient(receiver, &of(before), &of(after));
        }
    }

    /// The same receiver, told in another way.
    fn recipient(&mut self, receiver: &str, before: &[Recipient], after: &[Recipient]) {
        let ([was], [is]) = (before, after) else {
            if before != after {
                self.is_of_routing = true;
                self.add(
                    Class::MonitoringGap,
                    format!("{receiver} is told by other routes"),
                    cause(
                        "routes",
                        Some(&before.len().to_string()),
                        Some(&after.len().to_string()),
                    ),
                );
            }
            return;
        };
        if was == is {
            return;
        }
        self.is_of_routing = true;
        if was.silent != is.silent {
            let shown = |it: &[String]| match it.is_empty() {
                true => "never".to_owned(),
                false => it.join(", "),
            };
            let is_less = is.silent.iter().all(|it| was.silent.contains(it));
            self.add(
                if is_less {
                    Class::Hot
                } else {
                    Class::MonitoringGap
                },
                match is.silent.is_empty() {
                    true => format!("{receiver} is told at any time"),
                    false => format!("{receiver} is not told {}", shown(&is.silent)),
                },
                cause(
                    "silent",
                    Some(&shown(&was.silent)),
                    Some(&shown(&is.silent)),
                ),
            );
        }
        if was.is_certain != is.is_certain {
            let (class, word) = match is.is_certain {
                true => (Class::Hot, "surely"),
                false => (Class::MonitoringGap, "only for some labels of its series"),
            };
            self.add(
                class,
                format!("{receiver} is told {word}"),
                cause(
                    "certain",
                    Some(&was.is_certain.to_string()),
                    Some(&is.is_certain.to_string()),
                ),
            );
        }
        for (field, what, was, is) in [
            ("groupWait", "first", was.wait, is.wait),
            (
                "groupInterval",
                "of more in a group",
                was.interval,
                is.interval,
            ),
            ("repeatInterval", "again", was.repeat, is.repeat),
        ] {
            if was == is {
                continue;
            }
            let (class, word) = match is > was {
                true => (Class::MonitoringGap, "later"),
                false => (Class::Hot, "earlier"),
            };
            self.add(
                class,
                format!("{receiver} is told {what} after {is} instead of {was} ({word})"),
                cause(field, Some(&was.to_string()), Some(&is.to_string())),
            );
        }
    }

    fn texts(&mut self, before: &Rule<'_>, after: &Rule<'_>) {
        if before.texts == after.texts {
            return;
        }
        let fields = crate::diff::fields::fields(before.texts, after.texts);
        // What tells the threshold changes with it.
        if self.clauses.is_empty() {
            let names: Vec<String> = fields.iter().map(|it| it.name()).collect();
            self.class = self.class.max(Some(Class::Hot));
            self.clauses
                .push(format!("people read another {}", names.join(", ")));
            self.by.extend(fields.iter().map(Cause::of));
        }
    }
}

fn cause(field: &str, before: Option<&str>, after: Option<&str>) -> Cause {
    Cause {
        field: field.to_owned(),
        before: before.map(str::to_owned),
        after: after.map(str::to_owned),
    }
}

fn names(told: &[Recipient]) -> String {
    let names: BTreeSet<&str> = told.iter().map(|it| it.receiver.as_str()).collect();
    names.into_iter().collect::<Vec<_>>().join(", ")
}

/// A threshold in the unit of its alert.
fn amount(alert: &str, threshold: &Threshold) -> String {
    let number = threshold.number;
    let unit = alerts::find(alert).and_then(|it| it.threshold);
    match unit.map(|it| it.default) {
        Some(Amount::Share(_)) => {
            // As many digits as a share is written with.
            let percent = (number * 1e6).round() / 1e4;
            format!("{percent}%")
        }
        Some(Amount::Time(_)) if number >= 0.0 && number.fract() == 0.0 => {
            // A time of a rule is a whole number of seconds.
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "it is neither negative nor a fraction"
            )]
            let seconds = number as u64;
            Duration::seconds(seconds).to_string()
        }
        _ => number.to_string(),
    }
}

/// Instances that are named before the rest is counted.
const NAMED: usize = 3;

/// An alert, and the instances of which it changes.
pub(super) fn subject(alert: &str, instances: &[String], is_all: bool) -> String {
    let total = instances.len();
    if total == 0 {
        return alert.to_owned();
    }
    if is_all && total > NAMED {
        return format!("{alert} of all {total} instances");
    }
    let named = instances[..total.min(NAMED)].join(", ");
    match total.saturating_sub(NAMED) {
        0 => format!("{alert} of {named}"),
        more => format!("{alert} of {named} and {more} more"),
    }
}

/// What becomes of all alerts about an instance.
pub(super) fn of_instance(
    instance: &str,
    class: Class,
    what: String,
    exposed: &'static str,
) -> Consequence {
    Consequence {
        part: Part::Alerts,
        subjects: vec![instance.to_owned()],
        instances: vec![instance.to_owned()],
        effects: vec![Caused {
            effect: Effect {
                class,
                what: what.into(),
                exposed: exposed.into(),
                instead: None,
                source: OF_PROMETHEUS.into(),
            },
            by: Vec::new(),
        }],
    }
}

/// Rules or routes that are written otherwise and do the same.
pub(super) fn rewritten<'a>(pairs: impl Iterator<Item = &'a Pair>) -> Consequence {
    let subjects: Vec<String> = pairs.map(|it| it.id.to_string()).collect();
    Consequence {
        part: Part::Alerts,
        subjects,
        instances: Vec::new(),
        effects: vec![Caused {
            effect: Effect {
                class: Class::None,
                what: "says the same in other words: every alert fires as before, and the same are told".into(),
                exposed: "".into(),
                instead: None,
                source: OF_ALERTMANAGER.into(),
            },
            by: Vec::new(),
        }],
    }
}
