//! Alerts, compared as behaviour: which fires for which instance, when, and who is told.

mod behaviour;
mod receivers;
mod watch;

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::plural;
use crate::diff::alerts::behaviour::{Behaviour, changed};
use crate::diff::alerts::watch::{Expressions, Recipient, Rule, Watch};
use crate::diff::consequence::{Caused, Consequence, Part};
use crate::diff::fields::Field;
use crate::diff::pairs::Pair;
use crate::diff::side::{Id, Side};
use crate::effect::Class;
use crate::routing::labels::Labels;

/// What happens to alerts, and the objects that it says all about.
pub(super) fn consequences<'a>(
    before: &Side,
    after: &Side,
    pairs: &'a [Pair],
) -> (Vec<Consequence>, BTreeSet<&'a Id>) {
    let told: BTreeSet<&Id> = pairs
        .iter()
        .filter(|it| is_about_alerts(it))
        .map(|it| &it.id)
        .collect();
    // The instances and their labels are in rules too.
    if !pairs
        .iter()
        .any(|it| is_about_alerts(it) || it.id.kind == "PrometheusRule")
    {
        return (Vec::new(), told);
    }
    let mut read = Expressions::default();
    let was = Watch::of(before, &mut read);
    let is = Watch::of(after, &mut read);
    let mut found = Changes::default();
    let (mut fewer, mut more) = (Watched::default(), Watched::default());
    for alert in names(&was, &is) {
        let (before, after) = (Fired::of(alert, &was), Fired::of(alert, &is));
        found.of_alert(alert, [&was, &is], [&before, &after]);
        fewer.add(&before, &was, &is);
        more.add(&after, &is, &was);
    }
    let mut consequences = found.consequences();
    consequences.extend(fewer.into_gone());
    consequences.extend(more.into_new());
    receivers::consequences(&was, &is, &mut consequences);
    if consequences.is_empty() && !told.is_empty() {
        consequences.push(behaviour::rewritten(
            pairs.iter().filter(|it| told.contains(&it.id)),
        ));
    }
    (consequences, told)
}

/// Whether an object says nothing but which alerts there are and who is told, and some of that changes.
fn is_about_alerts(pair: &Pair) -> bool {
    // Who selects it, and how often it is evaluated, is no matter of its alerts.
    let is_beside = |it: &Field| {
        it.path.first().is_some_and(|it| it == "metadata")
            || it.path.last().is_some_and(|it| it == "interval")
    };
    if !pair.fields.is_empty() && pair.fields.iter().all(is_beside) {
        return false;
    }
    let each = || [&pair.before, &pair.after].into_iter().flatten();
    match pair.id.kind.as_str() {
        "AlertmanagerConfig" => true,
        "Secret" => each().any(|it| {
            ["data", "stringData"]
                .iter()
                .any(|field| it[field].get("alertmanager.yaml").is_some())
        }),
        "PrometheusRule" => each().all(|it| {
            let groups = it["spec"]["groups"].as_array().into_iter().flatten();
            let mut rules = groups.flat_map(|it| it["rules"].as_array().into_iter().flatten());
            rules.all(|it| it.get("alert").is_some())
        }),
        _ => false,
    }
}

fn names<'a>(was: &Watch<'a>, is: &Watch<'a>) -> BTreeSet<&'a str> {
    let rules = was.rules.iter().chain(&is.rules);
    rules.map(|it| it.alert).collect()
}

/// What an alert does for an instance: its rule, and who is told.
type Firing<'a, 'w> = (&'w Rule<'a>, std::rc::Rc<Vec<Recipient>>);

/// Changes of alerts: what happens, to which alerts, of which instances.
#[derive(Default)]
struct Changes(BTreeMap<Caused, BTreeMap<String, Of>>);

/// The instances of which an alert changes.
#[derive(Default)]
struct Of {
    instances: Vec<String>,
    /// Whether these are all that the alert is about, on both sides.
    is_all: bool,
}

impl Changes {
    fn of_alert(
        &mut self,
        alert: &str,
        [was, is]: [&Watch<'_>; 2],
        [before, after]: [&Fired<'_, '_>; 2],
    ) {
        let mut compared: Vec<(String, Option<Caused>)> = Vec::new();
        // What is of one side only is told of as a whole.
        let shared = was
            .instances
            .keys()
            .filter(|it| is.instances.contains_key(*it));
        let mut known: BTreeMap<(usize, usize), Option<Caused>> = BTreeMap::new();
        for instance in shared {
            let (left, right) = (before.at(instance), after.at(instance));
            if left.is_empty() && right.is_empty() {
                continue;
            }
            let key = (before.number(instance), after.number(instance));
            let caused = known
                .entry(key)
                .or_insert_with(|| compare(left, right))
                .clone();
            compared.push((instance.clone(), caused));
        }
        let (left, right) = (&before.of_stack, &after.of_stack);
        let of_stack = compare(left, right);
        if let Some(caused) = of_stack {
            let of = self.0.entry(caused).or_default();
            of.entry(alert.to_owned()).or_default().is_all = true;
        }
        let total = compared.len();
        for (instance, caused) in compared {
            if let Some(caused) = caused {
                let of = self.0.entry(caused).or_default();
                let of = of.entry(alert.to_owned()).or_default();
                of.instances.push(instance);
                of.is_all = of.instances.len() == total;
            }
        }
    }

    fn consequences(self) -> Vec<Consequence> {
        self.0
            .into_iter()
            .map(|(caused, alerts)| {
                let instances: BTreeSet<String> = alerts
                    .values()
                    .flat_map(|it| it.instances.iter().cloned())
                    .collect();
                Consequence {
                    part: Part::Alerts,
                    subjects: alerts
                        .iter()
                        .map(|(alert, of)| behaviour::subject(alert, &of.instances, of.is_all))
                        .collect(),
                    instances: instances.into_iter().collect(),
                    effects: vec![caused],
                }
            })
            .collect()
    }
}

/// The instances that only one side has: how many alerts are about each, and who is told by urgency.
#[derive(Default)]
struct Watched<'a>(BTreeMap<&'a str, (usize, BTreeMap<&'a str, BTreeSet<String>>)>);

impl<'a> Watched<'a> {
    fn add(&mut self, fired: &Fired<'a, '_>, own: &'a Watch<'a>, other: &Watch<'_>) {
        let alone = own
            .instances
            .keys()
            .filter(|it| !other.instances.contains_key(*it));
        for instance in alone {
            let firing = fired.at(instance);
            let (count, told) = self.0.entry(instance).or_default();
            *count += usize::from(!firing.is_empty());
            for (rule, recipients) in firing {
                let names = told.entry(rule.severity()).or_default();
                names.extend(recipients.iter().map(|it| it.receiver.clone()));
            }
        }
    }

    fn into_gone(self) -> impl Iterator<Item = Consequence> {
        self.0.into_iter().map(|(instance, (count, _))| {
            behaviour::of_instance(
                instance,
                Class::MonitoringGap,
                format!("{} about it are gone", plural(count, "alert")),
                "where its resource is not pruned with the change, it runs on and nobody watches it",
            )
        })
    }

    fn into_new(self) -> impl Iterator<Item = Consequence> {
        self.0.into_iter().map(|(instance, (count, told))| {
            let told: Vec<String> = told
                .into_iter()
                .map(|(severity, names)| match names.is_empty() {
                    true => format!("{severity}: nobody"),
                    false => format!(
                        "{severity}: {}",
                        names.into_iter().collect::<Vec<_>>().join(", ")
                    ),
                })
                .collect();
            behaviour::of_instance(
                instance,
                Class::Hot,
                format!(
                    "{} watch it; told are {}",
                    plural(count, "alert"),
                    told.join("; ")
                ),
                "",
            )
        })
    }
}

/// What fires under one name, on one side.
struct Fired<'a, 'w> {
    /// For each instance a number: those with the same fire alike.
    numbers: BTreeMap<&'w str, usize>,
    alike: Vec<Vec<Firing<'a, 'w>>>,
    of_stack: Vec<Firing<'a, 'w>>,
}

impl<'a, 'w> Fired<'a, 'w> {
    fn of(alert: &str, watch: &'w Watch<'a>) -> Self {
        let rules: Vec<&Rule<'a>> = watch.rules.iter().filter(|it| it.alert == alert).collect();
        let told = |labels: &Labels| {
            let told = watch.alertmanager.as_ref().map(|it| it.told(labels));
            std::rc::Rc::new(told.unwrap_or_default())
        };
        let mut fired = Self {
            numbers: BTreeMap::new(),
            alike: Vec::new(),
            of_stack: rules
                .iter()
                .filter(|it| !it.is_of_instances())
                .map(|it| (*it, told(&it.labels_of(None))))
                .collect(),
        };
        let deciding = watch.alertmanager.as_ref().map(|it| it.deciding());
        let deciding = deciding.unwrap_or_default();
        let of_instances: Vec<&Rule<'a>> = rules
            .into_iter()
            .filter(|it| it.is_of_instances())
            .collect();
        if of_instances.is_empty() {
            return fired;
        }
        let mut known: BTreeMap<(Vec<usize>, Vec<&str>), usize> = BTreeMap::new();
        for (name, labels) in &watch.instances {
            let as_labels = Labels::only(labels.iter().map(|(name, it)| (*name, *it)));
            let asked: Vec<usize> = (of_instances.iter().enumerate())
                .filter(|(_, it)| it.asks_of(&as_labels))
                .map(|(place, _)| place)
                .collect();
            let of_instance = deciding
                .iter()
                .map(|it| labels.get(it).copied().unwrap_or_default());
            let key = (asked, of_instance.collect());
            let number = match known.get(&key) {
                Some(number) => *number,
                None => {
                    let number = fired.alike.len();
                    let firing = key.0.iter().map(|place| {
                        let rule = of_instances[*place];
                        (rule, told(&rule.labels_of(Some(labels))))
                    });
                    fired.alike.push(firing.collect());
                    known.insert(key, number);
                    number
                }
            };
            fired.numbers.insert(name, number);
        }
        fired
    }

    fn number(&self, instance: &str) -> usize {
        self.numbers.get(instance).copied().unwrap_or(usize::MAX)
    }

    fn at(&self, instance: &str) -> &[Firing<'a, 'w>] {
        self.alike
            .get(self.number(instance))
            .map_or(&[], Vec::as_slice)
    }
}

fn behaviour<'a, 'w>(firing: &'w Firing<'a, 'w>) -> Behaviour<'a, 'w> {
    Behaviour {
        rule: firing.0,
        told: &firing.1,
    }
}

/// What becomes of what fired, where something does.
fn compare(before: &[Firing<'_, '_>], after: &[Firing<'_, '_>]) -> Option<Caused> {
    // Several rules of one name fire in the order of their urgency.
    let sorted = |of: &[Firing<'_, '_>]| -> Vec<usize> {
        let mut places: Vec<usize> = (0..of.len()).collect();
        places.sort_by_key(|it| of[*it].0.severity());
        places
    };
    let (left, right) = (sorted(before), sorted(after));
    let mut worst: Option<Caused> = None;
    for place in 0..left.len().max(right.len()) {
        let was = left.get(place).map(|it| behaviour(&before[*it]));
        let is = right.get(place).map(|it| behaviour(&after[*it]));
        if let Some(caused) = changed(was.as_ref(), is.as_ref()) {
            let is_worse = worst
                .as_ref()
                .is_none_or(|it| caused.effect.class > it.effect.class);
            if is_worse {
                worst = Some(caused);
            }
        }
    }
    worst
}
