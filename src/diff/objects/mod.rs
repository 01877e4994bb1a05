//! What happens to everything that is neither an instance nor an alert: what is scraped, logs, traces, dashboards,
//! and the workloads behind them.
//!
//! What several objects say together is compared as one: who is scraped and how, what is recorded, which dashboards
//! there are, whose logs are shipped. All else is looked up by field, in the tables; the first row that fits holds.

mod boards;
mod cluster;
mod elasticsearch;
mod fluent_bit;
mod found;
mod kibana;
mod logs;
mod monitors;
mod records;
mod role;
mod row;
mod scrapes;
mod selection;
mod servers;
mod traces;
mod workloads;

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde_json::Value;

use crate::diff::consequence::{Cause, Consequence, in_one_line};
use crate::diff::fields::Field;
use crate::diff::objects::found::Found;
use crate::diff::objects::role::Role;
use crate::diff::objects::row::{Filled, ROW, Row};
use crate::diff::pairs::Pair;
use crate::diff::side::{Id, Side};
use crate::effect::{Class, Effect};
use crate::operators;
use crate::operators::changes::{When, leads_to};

/// What is compared.
struct Both<'a> {
    before: &'a Side,
    after: &'a Side,
    /// The objects that differ.
    pairs: &'a [Pair],
    /// The instances before and after, by `namespace/name`.
    instances: [BTreeSet<String>; 2],
}

impl Both<'_> {
    /// Whether an instance of that name is there after the change.
    fn goes_on(&self, instance: &str) -> bool {
        self.instances[1].contains(instance)
    }
}

/// The instances of a side, by `namespace/name`.
fn instances(side: &Side) -> BTreeSet<String> {
    let ids = side.objects.keys();
    ids.filter(|it| operators::by_group(&it.group).is_some())
        .map(|it| format!("{}/{}", it.namespace, it.name))
        .collect()
}

/// What happens to what is not told of yet.
pub(super) fn consequences(
    before: &Side,
    after: &Side,
    pairs: &[Pair],
    told: &BTreeSet<&Id>,
) -> Vec<Consequence> {
    let both = Both {
        before,
        after,
        pairs,
        instances: [instances(before), instances(after)],
    };
    let mut found = Found::default();
    scrapes::compare(&both, &mut found);
    records::compare(&both, &mut found);
    boards::compare(&both, &mut found);
    kibana::compare(&both, &mut found);
    logs::compare(&both, &mut found);
    for pair in pairs {
        match told.contains(&pair.id) {
            true => beside_alerts(&both, pair, &mut found),
            false if found.is_said(&pair.id) => {}
            false => object(&both, pair, &mut found),
        }
    }
    found.consequences()
}

/// The tables of what is for one purpose.
static PARTICULAR: &[&[Row]] = &[
    elasticsearch::ROWS,
    traces::ROWS,
    boards::ROWS,
    kibana::ROWS,
];

/// The tables of what is for any.
static GENERAL: &[&[Row]] = &[
    servers::ROWS,
    monitors::ROWS,
    workloads::ROWS,
    cluster::ROWS,
    ANY,
];

/// What holds for every object.
static ANY: &[Row] = &[
    Row {
        fields: &["metadata.labels"],
        what: "carries another label, by which nothing selects it",
        source: "Kubernetes documentation, Labels and Selectors",
        ..ROW
    },
    Row {
        fields: &["metadata.annotations"],
        what: "carries another annotation, which is for tools that deliver it",
        source: "Kubernetes documentation, Annotations",
        ..ROW
    },
    Row {
        fields: &["metadata.finalizers"],
        class: Class::Hot,
        what: "is deleted only after {after}",
        source: "Kubernetes documentation, Finalizers",
        ..ROW
    },
    Row {
        fields: &["apiVersion"],
        what: "is the same object, written for another version of its API",
        source: "Kubernetes documentation, Kubernetes API, API groups and versioning",
        ..ROW
    },
    Row {
        fields: &[
            "metadata",
            "spec",
            "data",
            "stringData",
            "type",
            "rules",
            "status",
        ],
        class: Class::Hot,
        what: "is applied as it is; what its controller restarts for it is not known here",
        source: "Kubernetes documentation, Controllers",
        ..ROW
    },
    Row {
        when: When::Appears,
        class: Class::Hot,
        what: "is made",
        source: "Kubernetes documentation, Controllers",
        ..ROW
    },
    Row {
        when: When::Vanishes,
        class: Class::Recreate,
        what: "is deleted, with all that it owns",
        source: "Kubernetes documentation, Garbage Collection",
        ..ROW
    },
];

/// What a change of rules or routes does beside what their alerts do: by whom they are selected, how often they are
/// evaluated.
fn beside_alerts<'a>(both: &Both<'a>, pair: &'a Pair, acc: &mut Found<'a>) {
    let subject = role::subject(&pair.id, pair.object());
    for field in pair.fields.iter().flat_map(|it| it.each().into_owned()) {
        let is_beside = match pair.id.kind.as_str() {
            "PrometheusRule" => {
                leads_to("metadata.labels", &field.path)
                    || leads_to("spec.groups.*.interval", &field.path)
            }
            "AlertmanagerConfig" => leads_to("metadata.labels", &field.path),
            _ => false,
        };
        let effect = of_field(both, pair, &field).filter(|it| is_beside && it.class > Class::None);
        if let Some(effect) = effect {
            acc.add(&subject, effect, Some(cause(&field)));
        }
    }
}

/// What a change of one object does.
fn object<'a>(both: &Both<'a>, pair: &'a Pair, acc: &mut Found<'a>) {
    let subject = role::subject(&pair.id, pair.object());
    let mut is_told = false;
    if let (Some(_), Some(_)) = (&pair.before, &pair.after) {
        for (place, field) in pair.fields.iter().enumerate() {
            if acc.is_field_said(&pair.id, place) {
                is_told = true;
                continue;
            }
            for field in field.each().iter() {
                if let Some(effect) = of_field(both, pair, field) {
                    acc.add(&subject, effect, Some(cause(field)));
                    is_told = true;
                }
            }
        }
    } else if let Some(effect) = of_whole(both, pair) {
        let name = |it: &Option<Value>| it.as_ref().map(|_| pair.id.name.clone());
        let cause = Cause {
            field: pair.id.kind.clone(),
            before: name(&pair.before),
            after: name(&pair.after),
        };
        acc.add(&subject, effect, Some(cause));
        is_told = true;
    }
    if !is_told {
        let effect = effect(
            Class::None,
            "is written otherwise, and says the same",
            "",
            "",
            "Kubernetes documentation, Controllers",
        );
        acc.add(&subject, effect, None);
    }
}

fn of_field(both: &Both<'_>, pair: &Pair, field: &Field) -> Option<Effect> {
    let (before, after) = (field.before.as_ref(), field.after.as_ref());
    let by_row = |tables| by_row(tables, pair, &field.path, before, after);
    cluster::refused(pair, field)
        .or_else(|| selection::of_field(both, pair, field))
        .or_else(|| by_row(PARTICULAR))
        .or_else(|| workloads::of_field(both, pair, field))
        .or_else(|| cluster::of_field(both, pair, field))
        .or_else(|| by_row(GENERAL))
}

fn of_whole(both: &Both<'_>, pair: &Pair) -> Option<Effect> {
    let by_row = |tables| by_row(tables, pair, &[], pair.before.as_ref(), pair.after.as_ref());
    workloads::of_whole(both, pair)
        .or_else(|| cluster::of_whole(both, pair))
        .or_else(|| by_row(PARTICULAR))
        .or_else(|| by_row(GENERAL))
}

fn by_row(
    tables: &'static [&'static [Row]],
    pair: &Pair,
    path: &[String],
    before: Option<&Value>,
    after: Option<&Value>,
) -> Option<Effect> {
    let role = Role::of(pair.object());
    let mut rows = tables.iter().flat_map(|it| it.iter());
    let row = rows.find(|it| it.fits(&pair.id.kind, role, path, before, after))?;
    let shown = |it: Option<&Value>| it.map_or("nothing".to_owned(), in_one_line);
    let (before, after) = (shown(before), shown(after));
    Some(row.effect(
        path,
        Filled {
            before: &before,
            after: &after,
            pods: pods(pair),
        },
    ))
}

/// How many pods there were.
fn pods(pair: &Pair) -> u64 {
    let object = pair.before.as_ref().unwrap_or(pair.object());
    object["spec"]["replicas"].as_u64().unwrap_or(1)
}

/// A field that brings something about. The value of a hash says nothing.
fn cause(field: &Field) -> Cause {
    let mut cause = Cause::of(field);
    let is_hash = |it: &Option<Value>| {
        let text = it.as_ref().and_then(Value::as_str).unwrap_or_default();
        text.len() == 64 && text.bytes().all(|it| it.is_ascii_hexdigit())
    };
    if is_hash(&field.before) && is_hash(&field.after) {
        (cause.before, cause.after) = (None, None);
    }
    // The same of many groups is told once.
    if leads_to("spec.groups.*.interval", &field.path) {
        "interval".clone_into(&mut cause.field);
    }
    cause
}

/// An effect of texts; what is empty is not said.
fn effect(
    class: Class,
    what: impl Into<Cow<'static, str>>,
    exposed: impl Into<Cow<'static, str>>,
    instead: impl Into<Cow<'static, str>>,
    source: &'static str,
) -> Effect {
    let instead = instead.into();
    Effect {
        class,
        what: what.into(),
        exposed: exposed.into(),
        instead: (!instead.is_empty()).then_some(instead),
        source: source.into(),
    }
}

/// How many series the rules of an object record.
pub(super) fn recorded(object: &Value) -> u64 {
    if object["kind"] != "PrometheusRule" {
        return 0;
    }
    let rules = items(&object["spec"]["groups"]).flat_map(|it| items(&it["rules"]));
    rules.map(|it| u64::from(it.get("record").is_some())).sum()
}

/// Names in a sentence: the first ones, and how many more there are.
fn named(names: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = names[..names.len().min(SHOWN)].join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// The items of a list; none where it is no list.
fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}
