//! The verdict on a stack: how bad what follows is, and for how much of it.

use std::collections::{BTreeMap, BTreeSet};

use crate::cli::diff::sides::Compared;
use crate::cli::terminal::plural;
use crate::diff::Difference;
use crate::diff::consequence::{Consequence, Part};
use crate::diff::estimates::thousands;
use crate::effect::Class;

/// All that has one class.
#[derive(Debug)]
pub(super) struct Row {
    /// The class.
    pub(super) class: Class,
    /// What is of it, by the part that it belongs to.
    of: BTreeMap<Part, BTreeSet<String>>,
}

/// What is of each class, the worst first. Each thing counts once, at the worst that happens to it.
pub(super) fn rows(difference: &Difference) -> Vec<Row> {
    let mut worst: BTreeMap<(Part, String), Class> = BTreeMap::new();
    for consequence in &difference.consequences {
        for subject in &consequence.subjects {
            let thing = (consequence.part, thing(consequence, subject));
            let class = worst.entry(thing).or_insert(Class::None);
            *class = consequence.class().max(*class);
        }
    }
    let mut rows: BTreeMap<Class, BTreeMap<Part, BTreeSet<String>>> = BTreeMap::new();
    for ((part, thing), class) in worst {
        let of = rows.entry(class).or_default();
        of.entry(part).or_default().insert(thing);
    }
    let rows = rows.into_iter().rev();
    rows.map(|(class, of)| Row { class, of }).collect()
}

/// What a subject is counted as: an alert once, for however many instances.
fn thing(consequence: &Consequence, subject: &str) -> String {
    match (consequence.part, subject.split_once(" of ")) {
        (Part::Alerts, Some((alert, _))) if !alert.contains(' ') => alert.to_owned(),
        _ => subject.to_owned(),
    }
}

impl Row {
    /// How many: `2 instances, 3 alerts, 1 in logs`.
    pub(super) fn count(&self) -> String {
        let counts = self.of.iter().map(|(part, things)| {
            let count = things.len();
            let is_each = |is: fn(&str) -> bool| things.iter().all(|it| is(it));
            match part {
                Part::Redis => plural(count, "instance"),
                Part::Alerts if is_each(|it| !it.contains(' ')) => plural(count, "alert"),
                part => format!("{count} in {}", part.name()),
            }
        });
        counts.collect::<Vec<_>>().join(", ")
    }

    /// Which.
    pub(super) fn things(&self) -> Vec<&str> {
        let things = self.of.values().flatten();
        things.map(String::as_str).collect()
    }
}

/// The worst that happens to what runs, and whether it is watched less.
pub(super) fn worst(rows: &[Row]) -> Vec<Class> {
    let classes = || rows.iter().map(|it| it.class);
    let gap = classes().find(|it| *it == Class::MonitoringGap);
    let other = classes().find(|it| *it != Class::MonitoringGap);
    let is_all = |it: &Class| gap.is_none() || *it > Class::Hot;
    other.filter(is_all).into_iter().chain(gap).collect()
}

/// How both sides of a stack are one: `new`, `gone`, `was prod`.
pub(super) fn fate(compared: &Compared) -> Option<String> {
    match (&compared.before, &compared.after, &compared.renamed) {
        (None, _, _) => Some("new".to_owned()),
        (_, None, _) => Some("gone".to_owned()),
        (_, _, Some(name)) => Some(format!("was {name}")),
        _ => None,
    }
}

/// Where both sides are: one place, or two.
pub(super) fn places(compared: &Compared) -> String {
    match (&compared.before, &compared.after) {
        (Some(before), Some(after)) if before != after => format!("{before} → {after}"),
        (_, Some(at)) | (Some(at), None) => at.clone(),
        (None, None) => String::new(),
    }
}

/// How many objects and pages differ, in what way: `2 objects differ, 1 is new, 1 page is gone`.
pub(super) fn objects(difference: &Difference) -> String {
    let mut parts = Vec::new();
    let objects = difference.objects.iter();
    let objects = objects.map(|it| (it.before.is_some(), it.after.is_some()));
    let pages = difference.pages.iter();
    let pages = pages.map(|it| (it.before.is_some(), it.after.is_some()));
    let all = [
        ("object", objects.collect::<Vec<_>>()),
        ("page", pages.collect()),
    ];
    for (word, both) in all {
        for (which, one, several) in [
            ((true, true), "differs", "differ"),
            ((false, true), "is new", "are new"),
            ((true, false), "is gone", "are gone"),
        ] {
            match both.iter().filter(|it| **it == which).count() {
                0 => {}
                1 => parts.push(format!("1 {word} {one}")),
                count => parts.push(format!("{count} {word}s {several}")),
            }
        }
    }
    parts.join(", ")
}

/// How an amount changes: `+1,234`.
pub(super) fn change(before: u64, after: u64) -> String {
    match after >= before {
        true => format!("+{}", thousands(after - before)),
        false => format!("-{}", thousands(before - after)),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::diff::consequence::{Cause, Caused};
    use crate::effect::Effect;

    /// Something that happens.
    pub(in crate::cli::diff) fn caused(class: Class, what: &str) -> Caused {
        Caused {
            effect: Effect {
                class,
                what: what.to_owned().into(),
                exposed: "until the last pod is back".into(),
                instead: None,
                source: "k8sutils/statefulset.go patchStatefulSet".into(),
            },
            by: vec![Cause {
                field: "spec.image".to_owned(),
                before: Some("redis:7.2".to_owned()),
                after: Some("redis:7.4".to_owned()),
            }],
        }
    }

    /// What follows for some subjects.
    pub(in crate::cli::diff) fn consequence(
        part: Part,
        subjects: &[&str],
        effects: &[(Class, &str)],
    ) -> Consequence {
        Consequence {
            part,
            subjects: subjects.iter().map(|it| (*it).to_owned()).collect(),
            instances: Vec::new(),
            effects: effects
                .iter()
                .map(|(class, what)| caused(*class, what))
                .collect(),
        }
    }

    /// A stack of which nothing but this is known.
    pub(in crate::cli::diff) fn compared(consequences: Vec<Consequence>) -> Compared {
        Compared {
            name: "prod".to_owned(),
            renamed: None,
            before: Some("stacks/prod".to_owned()),
            after: Some("stacks/prod".to_owned()),
            difference: Difference {
                consequences,
                estimates: Vec::new(),
                objects: Vec::new(),
                pages: Vec::new(),
            },
        }
    }

    #[test]
    fn a_thing_counts_once_at_its_worst() {
        let alerts = [
            "RedisDown of shop/a",
            "RedisDown of shop/b",
            "RedisMemoryHigh",
        ];
        let stack = compared(vec![
            consequence(Part::Alerts, &alerts, &[(Class::MonitoringGap, "is gone")]),
            consequence(
                Part::Redis,
                &["shop/a", "shop/b"],
                &[(Class::Recreate, "is made again"), (Class::Hot, "is set")],
            ),
            consequence(Part::Redis, &["shop/a"], &[(Class::Rolling, "restarts")]),
            consequence(
                Part::Logs,
                &["prod-fluent-bit"],
                &[(Class::Hot, "ships more")],
            ),
        ]);
        let rows = rows(&stack.difference);
        let shown: Vec<String> = rows
            .iter()
            .map(|it| format!("{}: {}", it.class, it.count()))
            .collect();
        assert_eq!(
            shown,
            [
                "monitoring-gap: 2 alerts",
                "recreate: 2 instances",
                "hot: 1 in logs"
            ]
        );
        assert_eq!(rows[0].things(), ["RedisDown", "RedisMemoryHigh"]);
        assert_eq!(worst(&rows), [Class::Recreate, Class::MonitoringGap]);
        assert_eq!(worst(&rows[2..]), [Class::Hot]);
    }

    #[test]
    fn amounts_are_read_by_people() {
        assert_eq!(thousands(0), "0");
        assert_eq!(thousands(999), "999");
        assert_eq!(thousands(1_234_567), "1,234,567");
        assert_eq!(change(1_500, 200), "-1,300");
        assert_eq!(change(1, 1), "+0");
    }
}
