//! Dashboards of Grafana: which there are, and what they show. Read from all objects of a side together, by uid,
//! since a dashboard may be delivered by another kind of object.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::diff::consequence::{Cause, Part};
use crate::diff::objects::found::{Found, Subject};
use crate::diff::objects::role::documents;
use crate::diff::objects::row::{ROW, Row};
use crate::diff::objects::{Both, effect, items, named};
use crate::diff::side::{Id, Side};
use crate::effect::{Class, Effect};
use crate::operators::changes::When;

const GRAFANA: &str = "Grafana documentation, Dashboard JSON model";
const UID: &str =
    "Grafana documentation, Dashboard HTTP API, Identifier (id) vs unique identifier (uid)";
const SIDECAR: &str = "Grafana Helm chart, README, Sidecar for dashboards";

pub(super) static ROWS: &[Row] = &[
    Row {
        kinds: &["GrafanaDashboard"],
        fields: &["spec.instanceSelector", "spec.uid"],
        class: Class::Recreate,
        what: "is refused: this field of a GrafanaDashboard cannot be changed",
        exposed: "the dashboard is gone between the deletion and the new one",
        instead: super::workloads::REPLACE,
        source: "grafana-operator v5.24.0, config/crd/bases/grafana.integreatly.org_grafanadashboards.yaml, x-kubernetes-validations",
        ..ROW
    },
    Row {
        kinds: &["GrafanaDashboard"],
        fields: &["spec"],
        class: Class::Hot,
        what: "is treated otherwise by its operator from its next look on",
        source: "grafana-operator v5.24.0, controllers/dashboard_controller.go Reconcile",
        ..ROW
    },
    Row {
        kinds: &["ConfigMap"],
        fields: &["metadata.labels.grafana_dashboard"],
        when: When::Appears,
        class: Class::Hot,
        what: "is found by Grafana's sidecar",
        source: SIDECAR,
        ..ROW
    },
    Row {
        kinds: &["ConfigMap"],
        fields: &["metadata.labels.grafana_dashboard"],
        class: Class::MonitoringGap,
        what: "is no longer found by Grafana's sidecar: its dashboards vanish",
        source: SIDECAR,
        ..ROW
    },
];

/// A dashboard.
struct Board<'a> {
    id: &'a Id,
    key: &'a str,
    folder: String,
    json: &'a Value,
}

impl<'a> Board<'a> {
    fn title(&self) -> &'a str {
        self.json["title"].as_str().unwrap_or(self.key)
    }

    /// The data source that is chosen unless somebody chooses another.
    fn source(&self) -> String {
        let variables = items(&self.json["templating"]["list"]);
        let mut chosen = variables.filter(|it| it["type"] == "datasource");
        let chosen = chosen.find_map(|it| it["current"]["value"].as_str());
        chosen.unwrap_or_default().to_owned()
    }

    /// The panels by what people call them, with what they ask.
    fn panels(&self) -> BTreeMap<(String, usize), Panel<'a>> {
        let mut all = BTreeMap::new();
        let mut counted: BTreeMap<String, usize> = BTreeMap::new();
        let rows = items(&self.json["panels"]);
        for panel in rows.flat_map(|it| std::iter::once(it).chain(items(&it["panels"]))) {
            let title = panel["title"].as_str().unwrap_or_default().to_owned();
            let number = counted.entry(title.clone()).or_default();
            let asks = items(&panel["targets"]).map(|it| &it["expr"]).collect();
            all.insert((title, *number), Panel { asks, panel });
            *number += 1;
        }
        all
    }
}

/// A panel.
struct Panel<'a> {
    asks: Vec<&'a Value>,
    panel: &'a Value,
}

impl Panel<'_> {
    /// What it looks like, wherever it is.
    fn look(&self) -> Value {
        let mut look = self.panel.clone();
        if let Value::Object(fields) = &mut look {
            for field in ["id", "gridPos", "targets", "panels"] {
                fields.remove(field);
            }
        }
        look
    }
}

fn boards(side: &Side) -> BTreeMap<String, Board<'_>> {
    let mut all = BTreeMap::new();
    for (id, object) in &side.objects {
        let folder = match id.kind.as_str() {
            "GrafanaDashboard" => ["folder", "folderRef", "folderUID"]
                .iter()
                .find_map(|it| object["spec"][*it].as_str()),
            "ConfigMap" => object["metadata"]["annotations"]["grafana_folder"].as_str(),
            _ => continue,
        };
        for (key, json) in documents(object) {
            if !json["panels"].is_array() {
                continue;
            }
            let uid = match json["uid"].as_str() {
                Some(uid) => uid.to_owned(),
                None => format!("{id} {key}"),
            };
            let board = Board {
                id,
                key,
                folder: folder.unwrap_or_default().to_owned(),
                json,
            };
            all.insert(uid, board);
        }
    }
    all
}

/// Compares the dashboards.
pub(super) fn compare<'a>(both: &Both<'a>, acc: &mut Found<'a>) {
    let (mut before, mut after) = (boards(both.before), boards(both.after));
    let mut matched: Vec<(Option<Board<'_>>, Option<Board<'_>>)> = Vec::new();
    let shared: Vec<String> = before
        .keys()
        .filter(|it| after.contains_key(*it))
        .cloned()
        .collect();
    for uid in shared {
        matched.push((before.remove(&uid), after.remove(&uid)));
    }
    // One that stands at the same place under another uid.
    for board in before.into_values() {
        let other = after
            .iter()
            .find(|(_, it)| it.id == board.id && it.key == board.key)
            .map(|(uid, _)| uid.clone());
        let other = other.and_then(|it| after.remove(&it));
        matched.push((Some(board), other));
    }
    matched.extend(after.into_values().map(|it| (None, Some(it))));
    let mut delivered: BTreeSet<&Id> = BTreeSet::new();
    for (was, is) in &matched {
        let differs = match (was, is) {
            (Some(was), Some(is)) => differs(was, is),
            _ => true,
        };
        if differs {
            one(was.as_ref(), is.as_ref(), acc);
            delivered.extend([was, is].into_iter().flatten().map(|it| it.id));
        }
    }
    for pair in both.pairs.iter().filter(|it| delivered.contains(&it.id)) {
        match (&pair.before, &pair.after) {
            (Some(_), Some(_)) => acc.say_fields(pair, |path| {
                let path: Vec<&str> = path.iter().map(String::as_str).collect();
                matches!(
                    path.as_slice(),
                    ["data", ..]
                        | ["spec", "json" | "folder" | "folderRef" | "folderUID", ..]
                        | ["metadata", "annotations", "grafana_folder"]
                )
            }),
            _ => acc.say(&pair.id),
        }
    }
}

/// Whether something of it differs that people see.
fn differs(was: &Board<'_>, is: &Board<'_>) -> bool {
    let mut seen = Found::default();
    shared(was, is, &mut seen);
    !seen.consequences().is_empty()
}

fn subject(board: &Board<'_>) -> Subject {
    Subject::of(Part::Dashboards, format!("dashboard {}", board.title()))
}

fn one(was: Option<&Board<'_>>, is: Option<&Board<'_>>, acc: &mut Found<'_>) {
    let whole = |before: Option<&Board<'_>>, after: Option<&Board<'_>>| Cause {
        field: "dashboard".to_owned(),
        before: before.map(|it| it.title().to_owned()),
        after: after.map(|it| it.title().to_owned()),
    };
    match (was, is) {
        (Some(was), Some(is)) => shared(was, is, acc),
        (Some(was), None) => {
            let gone = effect(
                Class::MonitoringGap,
                "is gone: links to it lead nowhere",
                "",
                "",
                UID,
            );
            acc.add(&subject(was), gone, Some(whole(Some(was), None)));
        }
        (None, Some(is)) => {
            let what = match is.folder.as_str() {
                "" => "appears".to_owned(),
                folder => format!("appears in the folder {folder}"),
            };
            acc.add(
                &subject(is),
                effect(Class::Hot, what, "", "", GRAFANA),
                Some(whole(None, Some(is))),
            );
        }
        (None, None) => {}
    }
}

fn shared(was: &Board<'_>, is: &Board<'_>, acc: &mut Found<'_>) {
    let subject = subject(is);
    let mut add = |effect: Effect, field: &str, before: String, after: String| {
        let of = |it: String| (!it.is_empty()).then_some(it);
        let cause = Cause {
            field: field.to_owned(),
            before: of(before),
            after: of(after),
        };
        acc.add(&subject, effect, Some(cause));
    };
    let uid = |it: &Board<'_>| it.json["uid"].as_str().unwrap_or_default().to_owned();
    if uid(was) != uid(is) {
        let what = "has another uid: it is deleted and made again";
        let exposed = "links to it and stars on it are lost";
        add(
            effect(Class::Recreate, what, exposed, "", UID),
            "uid",
            uid(was),
            uid(is),
        );
    }
    if was.id.kind != is.id.kind {
        let what = format!(
            "comes by a {} instead of a {}, under the same uid",
            is.id.kind, was.id.kind
        );
        let exposed = "where the old one is deleted after the new one is made, it may be gone until Grafana reads it again";
        add(
            effect(Class::Hot, what, exposed, "", UID),
            "delivery",
            was.id.to_string(),
            is.id.to_string(),
        );
    }
    if was.title() != is.title() {
        let what = format!(
            "is called so instead of {}; links to it stay, they go by its uid",
            was.title()
        );
        add(
            effect(Class::Hot, what, "", "", UID),
            "title",
            was.title().to_owned(),
            is.title().to_owned(),
        );
    }
    if was.folder != is.folder {
        let what = format!(
            "moves from the folder {} to {}, whose permissions hold; links to it stay",
            or_general(&was.folder),
            or_general(&is.folder)
        );
        add(
            effect(Class::Hot, what, "", "", UID),
            "folder",
            was.folder.clone(),
            is.folder.clone(),
        );
    }
    if was.source() != is.source() {
        let what = format!(
            "reads from the data source {} instead of {}, unless another one is chosen",
            is.source(),
            was.source()
        );
        let exposed = "where Grafana has none of that uid, every panel is empty";
        add(
            effect(Class::MonitoringGap, what, exposed, "", GRAFANA),
            "datasource",
            was.source(),
            is.source(),
        );
    }
    let (had, has) = (was.panels(), is.panels());
    let titles = |of: Vec<&(String, usize)>| -> Vec<String> {
        let titles: BTreeSet<String> = of.into_iter().map(|(it, _)| it.clone()).collect();
        titles.into_iter().collect()
    };
    let lost = titles(had.keys().filter(|it| !has.contains_key(*it)).collect());
    let gained = titles(has.keys().filter(|it| !had.contains_key(*it)).collect());
    let both = |differ: &dyn Fn(&Panel<'_>, &Panel<'_>) -> bool| {
        let keys = had
            .iter()
            .filter(|(key, it)| has.get(*key).is_some_and(|other| differ(it, other)));
        titles(keys.map(|(key, _)| key).collect())
    };
    let asks = both(&|was, is| was.asks != is.asks);
    let looks = both(&|was, is| was.asks == is.asks && was.look() != is.look());
    for (class, names, what) in [
        (Class::MonitoringGap, &lost, "no longer has"),
        (Class::Hot, &gained, "also has"),
        (Class::Hot, &asks, "asks something else in"),
        (Class::Hot, &looks, "draws otherwise"),
    ] {
        if !names.is_empty() {
            let what = format!("{what} {}", quoted(names));
            let (before, after) = match class {
                Class::MonitoringGap => (named(names), String::new()),
                _ => (String::new(), named(names)),
            };
            add(
                effect(class, what, "", "", GRAFANA),
                "panels",
                before,
                after,
            );
        }
    }
    let rest = rest_of(was) != rest_of(is);
    let moved = lost.is_empty()
        && gained.is_empty()
        && had.iter().any(|(key, it)| {
            has.get(key)
                .is_some_and(|other| it.panel["gridPos"] != other.panel["gridPos"])
        });
    if rest || moved && asks.is_empty() && looks.is_empty() {
        let what = "looks otherwise: its variables, links, times or the places of its panels";
        add(
            effect(Class::Hot, what, "", "", GRAFANA),
            "dashboard",
            String::new(),
            String::new(),
        );
    }
}

/// What is neither told of as a panel nor as a name.
fn rest_of(board: &Board<'_>) -> Value {
    let mut rest = board.json.clone();
    if let Value::Object(fields) = &mut rest {
        for field in ["uid", "title", "panels", "version"] {
            fields.remove(field);
        }
    }
    let variables = rest["templating"]["list"].as_array_mut();
    for variable in variables.into_iter().flatten() {
        if variable["type"] == "datasource" {
            variable["current"] = Value::Null;
        }
    }
    rest
}

fn or_general(folder: &str) -> &str {
    match folder {
        "" => "General",
        folder => folder,
    }
}

fn quoted(names: &[String]) -> String {
    let names: Vec<String> = names.iter().map(|it| format!("`{it}`")).collect();
    named(&names)
}
