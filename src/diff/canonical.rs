//! One form for what means the same: lists whose order says nothing are sorted.

use std::cmp::Ordering;

use serde_json::Value;

/// How the items of a list are told apart, where their order says nothing.
enum Items {
    /// By themselves.
    Values,
    /// By the first of these fields that an item has.
    Fields(&'static [&'static str]),
}

/// What is known of lists, by the field that holds them. Whatever has an order that counts is not here: routes,
/// steps of relabelling, init containers, arguments.
fn items(field: &str) -> Option<Items> {
    Some(match field {
        "accessModes"
        | "apiGroups"
        | "drop"
        | "equal"
        | "groupBy"
        | "group_by"
        | "inhibitRules"
        | "inhibit_rules"
        | "ignoreAnnotations"
        | "matchExpressions"
        | "matchNames"
        | "matchers"
        | "muteTimeIntervals"
        | "activeTimeIntervals"
        | "mute_time_intervals"
        | "resourceNames"
        | "resources"
        | "rules"
        | "sourceMatch"
        | "source_matchers"
        | "targetMatch"
        | "target_matchers"
        | "time_intervals"
        | "tolerations"
        | "values"
        | "verbs"
        | "weekdays" => Items::Values,
        "containers" | "env" | "groups" | "ports" | "receivers" | "subjects" | "volumes" => {
            Items::Fields(&["name"])
        }
        "volumeMounts" => Items::Fields(&["mountPath"]),
        "panels" => Items::Fields(&["id"]),
        "dynamicConfig" => Items::Values,
        _ => return None,
    })
}

/// Whether the order of the list in a field counts.
pub(super) fn has_order(field: &str) -> bool {
    items(field).is_none()
}

/// Brings a value into the one form.
pub(super) fn canonical(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            for (field, value) in fields.iter_mut() {
                canonical(value);
                if let Value::Array(list) = value
                    && let Some(items) = items(field)
                {
                    sort(list, &items);
                }
            }
        }
        Value::Array(list) => list.iter_mut().for_each(canonical),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn sort(list: &mut [Value], items: &Items) {
    list.sort_by(|a, b| match items {
        Items::Values => compare(a, b),
        Items::Fields(names) => {
            let key = |it: &Value| names.iter().find_map(|name| it.get(*name).cloned());
            // What has no name comes first, as it stands.
            match (key(a), key(b)) {
                (Some(left), Some(right)) => compare(&left, &right),
                (left, right) => left.is_some().cmp(&right.is_some()),
            }
        }
    });
}

/// An order of values, whatever it is; equal values are equal in it, however their fields are ordered.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a, b) {
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Number(a), Value::Number(b)) => {
            let number = |it: &serde_json::Number| it.as_f64().unwrap_or(f64::NAN);
            number(a).total_cmp(&number(b))
        }
        _ => rank(a).cmp(&rank(b)).then_with(|| text(a).cmp(&text(b))),
    }
}

fn rank(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

fn text(value: &Value) -> String {
    let mut sorted = value.clone();
    sorted.sort_all_objects();
    sorted.to_string()
}
