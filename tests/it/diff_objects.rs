//! What a change of an object does that is neither an instance nor about alerts, whoever wrote it; and that no
//! object changes without a word.

use std::collections::BTreeSet;
use std::fs;

use obsgen::diff::consequence::Consequence;
use obsgen::diff::side::{Id, Side};
use obsgen::diff::{Difference, compare};
use obsgen::read::manifest;
use serde::Deserialize;
use serde_json::Value;

use crate::diff::changes;
use crate::stacks::{root, stacks};

/// A single change of manifests, and what has to be said of it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// What changes, for people.
    change: String,
    /// The manifests before.
    before: String,
    /// What is replaced; it stands there once.
    from: String,
    /// What it is replaced by.
    to: String,
    /// The class.
    class: String,
    /// What the subject has in it.
    #[serde(default)]
    of: String,
    /// What is said.
    says: Vec<String>,
    /// What the source has in it.
    source: String,
}

fn rows() -> Vec<Row> {
    let text = fs::read_to_string(root().join("tests/diff/objects/manifests.yaml")).unwrap();
    serde_yaml::from_str(&text).unwrap()
}

fn side(text: &str) -> Side {
    let Ok(manifests) = manifest::resources("manifests.yaml", text) else {
        panic!("no manifests: {text}")
    };
    Side::of_manifests(manifests)
}

/// Everything that is said, a line for each effect.
fn said(difference: &Difference) -> Vec<String> {
    let of = |consequence: &Consequence| -> Vec<String> {
        let effects = consequence.effects.iter();
        effects
            .map(|it| {
                let effect = &it.effect;
                let instead = effect.instead.as_deref().unwrap_or_default();
                format!(
                    "{:?} [{}] {}; {}; {instead} ({})",
                    consequence.subjects, effect.class, effect.what, effect.exposed, effect.source
                )
            })
            .collect()
    };
    difference.consequences.iter().flat_map(of).collect()
}

#[test]
fn each_change_of_a_manifest_has_its_class_and_its_sentence() {
    let mut wrong = Vec::new();
    for row in rows() {
        assert_eq!(row.before.matches(&row.from).count(), 1, "{}", row.change);
        let after = row.before.replace(&row.from, &row.to);
        let difference = compare(&side(&row.before), &side(&after));
        let all = said(&difference);
        let is_told = all.iter().any(|it| {
            it.contains(&format!("[{}]", row.class))
                && it.contains(&row.of)
                && it.contains(&row.source)
                && row.says.iter().all(|word| it.contains(word.as_str()))
        });
        if !is_told {
            wrong.push(format!("{}:\n    {}", row.change, all.join("\n    ")));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn the_value_of_a_secret_is_not_shown() {
    for row in rows()
        .iter()
        .filter(|it| it.before.contains("kind: Secret"))
    {
        let after = row.before.replace(&row.from, &row.to);
        let difference = compare(&side(&row.before), &side(&after));
        let shown = format!("{:?}", difference.consequences);
        assert!(
            !shown.contains(&row.from) && !shown.contains(&row.to),
            "{shown}"
        );
    }
}

/// Each object that changes, changed alone: something is said of it, and more than that it is written otherwise.
#[test]
fn no_object_of_a_change_changes_without_a_word() {
    let mut wrong = Vec::new();
    let mut seen: BTreeSet<(&Id, Vec<String>)> = BTreeSet::new();
    for (change, before, difference) in changes() {
        for pair in &difference.objects {
            // What changes in the same fields is told of alike.
            let fields = pair.fields.iter().map(|it| it.name()).collect();
            let is_new = seen.insert((&pair.id, fields));
            // The ConfigMap of an instance says nothing without the instance, which names it.
            let is_of_instance = pair.id.name.contains("-redis-config-");
            if !is_new || pair.renamed.is_some() || is_of_instance {
                continue;
            }
            let mut after = before.clone();
            match &pair.after {
                Some(object) => after.objects.insert(pair.id.clone(), object.clone()),
                None => after.objects.remove(&pair.id),
            };
            let alone = compare(before, &after);
            let all = said(&alone);
            if all.is_empty()
                || all
                    .iter()
                    .any(|it| it.contains("is written otherwise, and says the same"))
            {
                wrong.push(format!("{change}: {}: {}", pair.id, all.join("\n    ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every scalar of a value, changed to another one, up to a number of them spread over it.
fn changed(object: &Value, most: usize) -> Vec<Value> {
    let mut places = Vec::new();
    pointers(object, &mut String::new(), &mut places);
    let step = places.len().div_ceil(most).max(1);
    places
        .iter()
        .step_by(step)
        .filter(|it| {
            let names = [
                "/kind",
                "/apiVersion",
                "/metadata/name",
                "/metadata/namespace",
            ];
            !names.contains(&it.as_str())
        })
        .map(|place| {
            let mut other = object.clone();
            let value = other.pointer_mut(place).unwrap();
            *value = match value {
                Value::Bool(it) => Value::Bool(!*it),
                Value::Number(it) => Value::from(it.as_f64().unwrap() + 1.0),
                Value::String(it) => Value::from(format!("{it}x")),
                _ => Value::from("x"),
            };
            other
        })
        .collect()
}

fn pointers(value: &Value, at: &mut String, acc: &mut Vec<String>) {
    let length = at.len();
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                at.push('/');
                at.push_str(&key.replace('~', "~0").replace('/', "~1"));
                pointers(value, at, acc);
                at.truncate(length);
            }
        }
        Value::Array(items) => {
            for (place, value) in items.iter().enumerate() {
                at.push_str(&format!("/{place}"));
                pointers(value, at, acc);
                at.truncate(length);
            }
        }
        _ => acc.push(at.clone()),
    }
}

#[test]
fn no_field_of_a_golden_object_changes_without_a_word() {
    const FIELDS: usize = 12;
    let mut wrong = Vec::new();
    let mut compared = 0;
    for stack in stacks() {
        let tree = obsgen::files::manifests_below(&root().join("golden").join(&stack)).unwrap();
        let resources = tree
            .files
            .iter()
            .flat_map(|(path, text)| manifest::resources(path, text).unwrap());
        for (id, object) in Side::of_manifests(resources.collect()).objects {
            let mut before = Side::default();
            before.objects.insert(id.clone(), object.clone());
            let mut afters = vec![Side::default()];
            for other in changed(&object, FIELDS) {
                let mut after = Side::default();
                after.objects.insert(id.clone(), other);
                afters.push(after);
            }
            for after in afters {
                compared += 1;
                let difference = compare(&before, &after);
                let mut all = difference.consequences.iter();
                if !difference.is_empty() && !all.any(|it| !it.effects.is_empty()) {
                    let fields = difference.objects[0].fields.iter();
                    let fields: Vec<String> = fields.map(|it| it.name()).collect();
                    wrong.push(format!("{stack}: {id}: {}", fields.join(", ")));
                }
            }
        }
    }
    assert!(compared > 1_000, "{compared}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
