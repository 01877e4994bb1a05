//! What somebody is told who carries the documents that obsgen was made from over into a policy.
//!
//! `tests/seeds` has their rules, routes and receivers, whole and in small cases, and `defects.tsv`
//! says of each of the 78 defects where it is refused and by which finding, or what makes it impossible
//! to write. That none of them comes out of a policy that is right is held by `defects.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::cases::{Case, files, found, relative};
use crate::defects::{NOT_APPLICABLE, NOT_YET};
use crate::stacks::root;

/// What every policy of the folder may extend.
const BASE: &str = "base.yaml";

/// What is told of one defect.
#[derive(Debug)]
enum Told {
    /// Cases, each with the findings in it that refuse the defect.
    Refused(Vec<(String, Vec<String>)>),
    /// A field that would be needed to write it, and that the language does not have; obsgen writes it
    /// itself, and a test of `defects.rs` looks for the defect in what it writes.
    NoField(String),
    /// obsgen writes this itself, and a test of `defects.rs` looks for the defect in what it writes.
    Written,
    /// Nothing of the kind comes out, as `defects.rs` says.
    Outside,
}

fn folder() -> PathBuf {
    root().join("tests").join("seeds")
}

fn cases() -> Vec<Case> {
    let base = fs::read_to_string(folder().join(BASE)).unwrap();
    files(&folder(), 2..=2)
        .into_iter()
        .map(|path| {
            let policy = relative(&path, &folder());
            let text = fs::read_to_string(path).unwrap();
            Case {
                about: "a seed".to_owned(),
                policy: policy.clone(),
                files: BTreeMap::from([(BASE.to_owned(), base.clone()), (policy, text)]),
            }
        })
        .collect()
}

/// The lines of the list: the number, what is wrong, and what is told of it.
fn defects() -> Vec<(u8, String, Told)> {
    let text = fs::read_to_string(folder().join("defects.tsv")).unwrap();
    let lines = text.lines().filter(|it| !it.starts_with('#'));
    lines
        .map(|line| {
            let mut columns = line.split('\t');
            let mut column = || columns.next().unwrap_or_default();
            let [number, what, how, by, why] = [(); 5].map(|()| column());
            let told = match how {
                "refused" => {
                    assert_eq!(why, "", "{line}: the finding says why");
                    let cases = by.split("; ").map(|it| {
                        let (case, names) = it.split_once(": ").unwrap_or_else(|| panic!("{line}"));
                        let names = names.split(", ").map(str::to_owned);
                        (case.to_owned(), names.collect())
                    });
                    Told::Refused(cases.collect())
                }
                "no field" => {
                    assert!(why.ends_with(&format!(": test d{number:0>2}")), "{line}");
                    Told::NoField(by.to_owned())
                }
                "written" => {
                    assert_eq!(by, format!("d{number:0>2}"), "{line}");
                    Told::Written
                }
                "outside" => {
                    assert_eq!(by, "", "{line}");
                    Told::Outside
                }
                _ => panic!("{line}: `{how}` is not known"),
            };
            assert!(
                how == "refused" || !why.is_empty(),
                "{line}: the reason is missing"
            );
            (number.parse().unwrap(), what.to_owned(), told)
        })
        .collect()
}

#[test]
fn every_defect_is_refused_or_told_why_not() {
    let numbers: Vec<u8> = defects().iter().map(|it| it.0).collect();
    assert_eq!(numbers, (1..=78).collect::<Vec<u8>>());
}

#[test]
fn every_case_is_found_as_it_says() {
    let wrong: Vec<String> = cases().iter().flat_map(Case::wrong).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What all cases extend is right, so that what is found in a case is its own.
#[test]
fn what_the_cases_extend_is_right() {
    let text = "apiVersion: obsgen/v1alpha1\nkind: Observability\nmetadata: {name: right}\n\
                spec: {extends: [../base.yaml]}\n";
    let case = Case {
        about: BASE.to_owned(),
        policy: "right/observability.yaml".to_owned(),
        files: BTreeMap::from([
            (
                BASE.to_owned(),
                fs::read_to_string(folder().join(BASE)).unwrap(),
            ),
            ("right/observability.yaml".to_owned(), text.to_owned()),
        ]),
    };
    assert_eq!(case.wrong(), Vec::<String>::new());
}

#[test]
fn a_defect_that_can_be_written_is_refused_by_name() {
    let found: BTreeMap<String, BTreeSet<String>> = cases()
        .into_iter()
        .map(|case| {
            let places = found(&case.compile());
            let names = places.into_iter().map(|(_, _, _, name)| name).collect();
            (case.policy, names)
        })
        .collect();
    let mut unused: BTreeSet<&String> = found.keys().collect();
    let mut wrong = Vec::new();
    let defects = defects();
    for (number, _, told) in &defects {
        let Told::Refused(cases) = told else {
            continue;
        };
        for (case, names) in cases {
            let Some(found) = found.get(case) else {
                wrong.push(format!("{number}: there is no {case}"));
                continue;
            };
            unused.remove(case);
            let missing = names.iter().filter(|it| !found.contains(*it));
            wrong.extend(missing.map(|it| format!("{number}: {case} is not refused by {it}")));
        }
    }
    wrong.extend(unused.into_iter().map(|it| format!("no defect is in {it}")));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A field that is in the schema after all could be used to write the defect.
#[test]
fn a_field_that_would_be_needed_is_not_in_the_language() {
    let schema: Value =
        serde_json::from_str(&fs::read_to_string(root().join(SCHEMA)).unwrap()).unwrap();
    for (number, _, told) in defects() {
        let Told::NoField(path) = told else { continue };
        let is_of_root = path.starts_with("metadata.");
        let mut node = Some(match is_of_root {
            true => &schema,
            false => &schema["properties"]["spec"],
        });
        let (parents, field) = path.rsplit_once('.').unwrap_or(("", path.as_str()));
        for part in parents.split('.').filter(|it| !it.is_empty()) {
            node = node.and_then(|it| child(&schema, it, part));
        }
        let parent = node.unwrap_or_else(|| panic!("{number}: there is no `{parents}`"));
        assert!(
            child(&schema, parent, field).is_none(),
            "{number}: there is `{path}`"
        );
    }
}

const SCHEMA: &str = "schemas/observability.schema.json";

/// A field of a map, or of the maps of a list, as the schema has it.
fn child<'a>(schema: &'a Value, node: &'a Value, field: &str) -> Option<&'a Value> {
    if let Some(reference) = node["$ref"].as_str() {
        return child(schema, schema.pointer(reference.strip_prefix('#')?)?, field);
    }
    node["properties"].get(field).or_else(|| {
        let choices = ["anyOf", "oneOf", "allOf"]
            .iter()
            .filter_map(|it| node[*it].as_array())
            .flatten();
        choices
            .chain(node.get("items"))
            .find_map(|it| child(schema, it, field))
    })
}

/// The other list says the same of what is neither written by anybody nor refused.
#[test]
fn what_is_outside_is_outside_of_the_output_too() {
    let mut outside: Vec<u8> = NOT_YET.iter().map(|it| it.0).collect();
    outside.extend(NOT_APPLICABLE.iter().map(|it| it.0));
    outside.sort_unstable();
    let told: Vec<u8> = defects()
        .iter()
        .filter(|it| matches!(it.2, Told::Outside))
        .map(|it| it.0)
        .collect();
    assert_eq!(told, outside);
}
