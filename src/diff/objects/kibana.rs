//! Saved objects of Kibana: which are imported, and over what.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diff::consequence::{Cause, Part};
use crate::diff::objects::found::{Found, Subject};
use crate::diff::objects::role::{Role, documents};
use crate::diff::objects::row::{ROW, Row};
use crate::diff::objects::{Both, effect, items};
use crate::diff::side::{Id, Side};
use crate::effect::Class;
use crate::operators::changes::When;

const IMPORT: &str = "Kibana documentation, Import saved objects API (overwrite)";

pub(super) static ROWS: &[Row] = &[
    Row {
        kinds: &["ConfigMap"],
        roles: &[Role::Kibana],
        when: When::Appears,
        class: Class::None,
        what: "has saved objects that its Job imports",
        source: IMPORT,
        ..ROW
    },
    Row {
        kinds: &["ConfigMap"],
        roles: &[Role::Kibana],
        when: When::Vanishes,
        class: Class::None,
        what: "has no saved objects of this name any more, and no Job that asks for them",
        source: IMPORT,
        ..ROW
    },
    Row {
        kinds: &["Job"],
        roles: &[Role::Kibana],
        when: When::Appears,
        class: Class::Hot,
        what: "a Job imports every saved object of the stack",
        exposed: "what people changed by hand in any of them is overwritten",
        source: IMPORT,
        ..ROW
    },
    Row {
        kinds: &["Job"],
        roles: &[Role::Kibana],
        when: When::Vanishes,
        class: Class::Silent,
        what: "gets no saved objects any more; those that are there stay",
        source: IMPORT,
        ..ROW
    },
];

/// Saved objects by type and id, with the object of Kubernetes that they are in.
type Saved<'a> = BTreeMap<(&'a str, &'a str), (&'a Value, &'a Id)>;

fn saved(side: &Side) -> Saved<'_> {
    let mut all = BTreeMap::new();
    for (id, object) in side.objects.iter().filter(|(id, _)| id.kind == "ConfigMap") {
        for saved in documents(object).flat_map(|(_, it)| items(it)) {
            if let (Some(kind), Some(name), true) = (
                saved["type"].as_str(),
                saved["id"].as_str(),
                saved["attributes"].is_object(),
            ) {
                all.insert((kind, name), (saved, id));
            }
        }
    }
    all
}

/// What people call it.
fn subject(kind: &str, saved: &Value) -> Subject {
    let attributes = &saved["attributes"];
    let title = attributes["name"]
        .as_str()
        .or(attributes["title"].as_str())
        .unwrap_or_default();
    let word = match kind {
        "dashboard" => "dashboard of Kibana",
        "index-pattern" => "data view of Kibana",
        "search" => "search of Kibana",
        kind => kind,
    };
    Subject::of(Part::Dashboards, format!("{word} {title}"))
}

/// Compares what is imported.
pub(super) fn compare<'a>(both: &Both<'a>, acc: &mut Found<'a>) {
    let (before, after) = (saved(both.before), saved(both.after));
    let mut concerned: BTreeSet<&Id> = BTreeSet::new();
    for key in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let (was, is) = (before.get(key), after.get(key));
        if was.map(|it| it.0) == is.map(|it| it.0) {
            continue;
        }
        concerned.extend([was, is].into_iter().flatten().map(|it| it.1));
        let cause = |before: Option<&str>, after: Option<&str>| {
            Some(Cause {
                field: "saved object".to_owned(),
                before: before.map(str::to_owned),
                after: after.map(str::to_owned),
            })
        };
        match (was, is) {
            (Some((was, _)), Some((is, _))) => {
                let subject = subject(key.0, is);
                let title = |it: &Value| {
                    it["attributes"]["title"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned()
                };
                if key.0 == "index-pattern" && title(was) != title(is) {
                    let what = format!(
                        "shows logs in {} instead of {}: the lines of before are not found by it any more",
                        title(is),
                        title(was)
                    );
                    acc.add(
                        &subject,
                        effect(Class::MonitoringGap, what, "", "", IMPORT),
                        cause(Some(&title(was)), Some(&title(is))),
                    );
                    continue;
                }
                let names: Vec<String> =
                    crate::diff::fields::fields(&was["attributes"], &is["attributes"])
                        .iter()
                        .map(|it| it.name())
                        .collect();
                acc.add(
                    &subject,
                    effect(
                        Class::Hot,
                        "is imported over the one that is there",
                        "what people changed in it by hand is lost",
                        "save such changes under another name before",
                        IMPORT,
                    ),
                    cause(None, Some(&names.join(", "))),
                );
            }
            (None, Some((is, _))) => acc.add(
                &subject(key.0, is),
                effect(Class::Hot, "appears with the import", "", "", IMPORT),
                cause(None, Some(key.1)),
            ),
            (Some((was, _)), None) => acc.add(
                &subject(key.0, was),
                effect(
                    Class::Silent,
                    "is no longer imported, and stays in Kibana as it is",
                    "until somebody deletes it",
                    "delete it in Kibana",
                    IMPORT,
                ),
                cause(Some(key.1), None),
            ),
            (None, None) => {}
        }
    }
    for pair in both.pairs.iter().filter(|it| concerned.contains(&it.id)) {
        match (&pair.before, &pair.after) {
            (Some(_), Some(_)) => acc.say_fields(pair, |path| {
                path.first().is_some_and(|it| it == "data")
                    && path.get(1).is_some_and(|it| it.ends_with(".ndjson"))
            }),
            _ => acc.say(&pair.id),
        }
    }
}
