//! What an editor shows of the language, and that it agrees with the compiler.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use jsonschema::Validator;
use obsgen::check::WARNINGS;
use obsgen::diag::Diagnostic;
use obsgen::diag::pages::page;
use obsgen::editor;
use obsgen::render::render;
use obsgen::value::FORMATS;
use serde_json::{Map, Value, json};
use walkdir::WalkDir;

use crate::random::Random;
use crate::stacks::{compile_stack, compile_text, root, stacks};

/// Judges as editors do, which pass over formats that are ours.
fn validator(schema: &Value) -> Validator {
    let options = jsonschema::draft7::options().should_validate_formats(false);
    options.build(schema).unwrap()
}

fn shown(validator: &Validator, policy: &Value) -> Vec<String> {
    let errors = validator.iter_errors(policy);
    errors
        .map(|it| format!("{} at {}", it, it.instance_path()))
        .collect()
}

fn parsed(text: &str) -> Value {
    serde_yaml::from_str(text).unwrap()
}

/// Every schema in a schema, with its place.
fn schemas<'a>(schema: &'a Value, at: &str, acc: &mut Vec<(String, &'a Value)>) {
    acc.push((at.to_owned(), schema));
    let Some(object) = schema.as_object() else {
        return;
    };
    for (key, value) in object {
        let at = format!("{at}/{key}");
        match key.as_str() {
            "properties" | "definitions" => {
                for (field, schema) in value.as_object().unwrap() {
                    schemas(schema, &format!("{at}/{field}"), acc);
                }
            }
            "allOf" | "anyOf" => {
                for (index, schema) in value.as_array().unwrap().iter().enumerate() {
                    schemas(schema, &format!("{at}/{index}"), acc);
                }
            }
            "items"
            | "additionalProperties"
            | "propertyNames"
            | "if"
            | "then"
            | "else"
            | "not"
            | "contains" => schemas(value, &at, acc),
            _ => {}
        }
    }
}

/// The schemas that an editor shows, and not those that only require.
fn shown_schemas(schema: &Value) -> Vec<(String, &Value)> {
    let mut all = Vec::new();
    schemas(schema, "", &mut all);
    let conditions = [
        "/if",
        "/then",
        "/else",
        "/not",
        "/Whole",
        "/allOf/",
        "/anyOf/",
        "/propertyNames",
    ];
    all.retain(|(at, it)| it.is_object() && !conditions.iter().any(|it| at.contains(it)));
    all
}

fn resolved<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"]
        .as_str()
        .or_else(|| schema["allOf"][0]["$ref"].as_str());
    match reference {
        Some(it) => root.pointer(it.strip_prefix('#').unwrap()).unwrap(),
        None => schema,
    }
}

#[test]
fn the_schema_is_of_draft_07() {
    const KEYWORDS: &[&str] = &[
        "$ref",
        "$schema",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "contains",
        "default",
        "definitions",
        "dependencies",
        "description",
        "else",
        "enum",
        "examples",
        "format",
        "if",
        "items",
        "maximum",
        "maxItems",
        "minimum",
        "minItems",
        "not",
        "pattern",
        "properties",
        "propertyNames",
        "required",
        "then",
        "title",
        "type",
    ];
    // Editors read these, and everything else passes over them.
    const ANNOTATIONS: &[&str] = &[
        "patternErrorMessage",
        "enumDescriptions",
        "markdownDescription",
        "markdownEnumDescriptions",
    ];
    let schema = editor::schema();
    assert!(jsonschema::draft7::meta::is_valid(&schema));
    let mut all = Vec::new();
    schemas(&schema, "", &mut all);
    for (at, schema_here) in all {
        for (key, value) in schema_here.as_object().into_iter().flatten() {
            let is_known = KEYWORDS.contains(&key.as_str()) || ANNOTATIONS.contains(&key.as_str());
            assert!(is_known, "{at}/{key}");
            if key == "$ref" {
                let place = value.as_str().unwrap().strip_prefix('#').unwrap();
                assert!(schema.pointer(place).is_some(), "{at}: {place}");
            }
        }
    }
}

#[test]
fn every_field_has_a_description_and_every_map_is_closed() {
    let schema = editor::schema();
    let mut fields = 0;
    for (at, it) in shown_schemas(&schema) {
        // A type has none of its own: an editor would show it in place of the field's.
        if at.is_empty() || at.rsplit('/').nth(1) == Some("definitions") {
            assert!(at.is_empty() || it.get("description").is_none(), "{at}");
            assert!(
                *it.get("additionalProperties").unwrap_or(&json!(true)) == false,
                "{at} takes any field"
            );
            continue;
        }
        let description = it["description"].as_str();
        let text = description.unwrap_or_else(|| panic!("{at} has no description"));
        assert!(!text.trim().is_empty(), "{at}");
        if let Some(words) = it.get("enumDescriptions") {
            let count = it["enum"].as_array().unwrap().len();
            assert_eq!(words.as_array().unwrap().len(), count, "{at}");
            assert!(
                words.as_array().unwrap().iter().all(Value::is_string),
                "{at}: {words}"
            );
        }
        if it["type"] == "object" {
            let others = &it["additionalProperties"];
            assert!(
                *others == false || others.is_object(),
                "{at} takes any field"
            );
        }
        fields += 1;
    }
    assert!(fields > 300, "{fields}");
}

/// A pattern of an editor is wider than the type that it stands for.
#[test]
fn a_pattern_takes_what_its_type_takes() {
    let schema = editor::schema();
    let mut patterns: BTreeMap<&str, Validator> = BTreeMap::new();
    let mut texts: BTreeSet<String> = BTreeSet::new();
    for (_, it) in shown_schemas(&schema) {
        let examples = it["examples"].as_array().into_iter().flatten();
        texts.extend(examples.filter_map(Value::as_str).map(str::to_owned));
        if let (Some(format), Some(pattern)) = (it["format"].as_str(), it.get("pattern")) {
            patterns.insert(format, validator(&json!({ "pattern": pattern })));
        }
    }
    for text in cases().values() {
        let words = text.split(|it: char| it.is_whitespace() || "{}[],'\"".contains(it));
        texts.extend(words.map(|it| it.trim_end_matches(':').to_owned()));
    }
    for text in [
        "a:443?x=1",
        "https://h?x#y",
        "[::1]:25",
        "1.Gi",
        "24:00",
        "A <a@b>",
        "Etc/GMT+5",
        "a@sha256:0",
    ] {
        texts.insert(text.to_owned());
    }
    texts.insert(format!("a/b:c@sha256:{}", "0".repeat(64)));
    assert!(patterns.len() > 15 && texts.len() > 400);
    for (name, pattern) in patterns {
        let format = FORMATS.iter().find(|it| it.name == name).unwrap();
        let (mut taken, mut refused) = (0, 0);
        for text in &texts {
            let is_taken = pattern.is_valid(&json!(text));
            assert!(is_taken || (format.check)(text).is_err(), "{name}: {text}");
            match is_taken {
                true => taken += 1,
                false => refused += 1,
            }
        }
        assert!(taken > 0 && refused > 0, "{name}");
    }
}

#[test]
fn examples_are_of_their_type() {
    let schema = editor::schema();
    let mut seen = 0;
    for (at, it) in shown_schemas(&schema) {
        for example in it["examples"].as_array().into_iter().flatten() {
            let format = FORMATS.iter().find(|known| it["format"] == known.name);
            if let (Some(format), Some(text)) = (format, example.as_str()) {
                assert_eq!((format.check)(text), Ok(()), "{at}");
                seen += 1;
            }
        }
        if let (Some(format), Some(text)) = (it["format"].as_str(), it["default"].as_str()) {
            let format = FORMATS.iter().find(|it| it.name == format).unwrap();
            assert_eq!((format.check)(text), Ok(()), "{at}");
        }
    }
    assert!(seen > 100, "{seen}");
}

/// What a refusal says to write is accepted, and no text is too much for a type.
#[test]
fn a_type_takes_what_it_advises() {
    const PIECES: &[&str] = &[
        "0",
        "1",
        "5",
        "99",
        "7.5",
        "a",
        "B",
        "é",
        "redis",
        "Redis",
        "https://",
        "min",
        "m",
        "s",
        "GB",
        "Gi",
        "gb",
        "e",
        "%",
        ".",
        "..",
        ":",
        "/",
        "-",
        "_",
        "@",
        "#",
        "|",
        ",",
        " ",
        "+",
        "=",
        "\"",
        "[",
        "]",
        "{{",
        "latest",
        "sha256:",
        "UTC",
        "Europe",
        "berlin",
        "v",
        "99999999999999999999",
        "\n",
    ];
    let mut random = Random::new(7);
    let mut advised = BTreeSet::new();
    for format in FORMATS {
        for _ in 0..5_000 {
            let text: String = (0..random.below(7))
                .map(|_| PIECES[random.below(PIECES.len())])
                .collect();
            let Err(wrong) = (format.check)(&text) else {
                continue;
            };
            assert!(
                !wrong.what.is_empty() && !wrong.help.is_empty(),
                "{}: {text:?}",
                format.name
            );
            let advice = wrong
                .help
                .strip_prefix("write `")
                .and_then(|it| it.strip_suffix('`'));
            if let Some(advice) = advice.filter(|it| !it.contains('`')) {
                let quoted = advice.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
                let advice = quoted.unwrap_or(advice);
                assert_eq!((format.check)(advice), Ok(()), "{}: {text:?}", format.name);
                advised.insert(format.name);
            }
        }
    }
    assert!(advised.len() > 12, "{advised:?}");
}

#[test]
fn words_are_explained() {
    let schema = editor::schema();
    for (at, it) in shown_schemas(&schema) {
        // Days explain themselves, Redis' words stand in its own documentation, and a warning in its finding.
        let plain = ["/weekdays/", "/RedisConfig/", "/AllowSpec/", "/remove"];
        if it["enum"].is_array() && !plain.iter().any(|it| at.contains(it)) {
            assert!(it["enumDescriptions"].is_array(), "{at}");
        }
    }
}

#[test]
fn an_alert_shows_what_it_does_where_nothing_is_said() {
    let schema = editor::schema();
    let alerts = &schema["definitions"]["AlertParameters"]["properties"];
    let memory = &alerts["RedisMemoryHigh"];
    let text = memory["description"].as_str().unwrap();
    assert!(
        text.contains("POD") && text.contains("Over 90% of maxmemory"),
        "{text}"
    );
    assert_eq!(memory["properties"]["threshold"]["default"], "90%");
    assert_eq!(memory["properties"]["for"]["default"], "10m");
    assert_eq!(memory["properties"]["severity"]["default"], "warning");
    assert!(alerts["RedisDown"]["properties"].get("threshold").is_none());
    assert!(alerts.get("Watchdog").is_none(), "it has no parameters");
    for (name, alert) in alerts.as_object().unwrap() {
        let text = alert["description"].as_str().unwrap();
        assert!(
            !text.contains("{{") && !text.contains("<<"),
            "{name}: {text}"
        );
    }
}

#[test]
fn warnings_are_those_that_are_found() {
    let mut found = BTreeSet::new();
    for text in cases().values() {
        for mark in text.split("# ").flat_map(|it| it.split("; ")) {
            let name = mark
                .lines()
                .next()
                .and_then(|it| it.split("warning: ").nth(1));
            found.extend(name.filter(|it| page(it).is_some()).map(str::to_owned));
        }
    }
    assert_eq!(
        WARNINGS
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<BTreeSet<_>>(),
        found
    );
    assert!(WARNINGS.is_sorted());
}

/// The cases of findings that are one file, by path.
fn cases() -> BTreeMap<String, String> {
    WalkDir::new(root().join("tests/checks"))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|it| it.path().extension().is_some_and(|it| it == "yaml"))
        .map(|it| {
            (
                it.path().display().to_string(),
                fs::read_to_string(it.path()).unwrap(),
            )
        })
        .collect()
}

#[test]
fn an_editor_says_nothing_about_a_policy_that_is_right() {
    let validator = validator(&editor::schema());
    let mut files = vec![root().join("stacks/base.yaml")];
    files.extend(
        stacks()
            .iter()
            .map(|it| root().join("stacks").join(it).join("observability.yaml")),
    );
    for file in files {
        let policy = parsed(&fs::read_to_string(&file).unwrap());
        let shown = shown(&validator, &policy);
        assert!(shown.is_empty(), "{}: {shown:#?}", file.display());
    }
    let mut seen = 0;
    for (path, text) in cases() {
        if text.contains("extends:") || text.contains("kind: ObservabilityBase") {
            continue;
        }
        if !compile_text(&text)
            .findings
            .iter()
            .any(Diagnostic::is_error)
        {
            seen += 1;
            let shown = shown(&validator, &parsed(&text));
            assert!(shown.is_empty(), "{path}: {shown:#?}");
        }
    }
    assert!(seen > 8, "{seen}");
}

/// Findings that an editor shows before the compiler runs.
const SHOWN: &[&str] = &[
    "alerts/disabled-without-reason",
    "alerts/no-threshold",
    "alerts/unknown-alert",
    "alerts/wrong-unit",
    "logs/incomplete-login",
    "policy/invalid-value",
    "policy/missing-field",
    "policy/no-instances",
    "policy/no-value",
    "policy/out-of-range",
    "policy/unknown-field",
    "policy/unknown-value",
    "policy/wrong-type",
    "receivers/incomplete-login",
    "receivers/no-channel",
    "receivers/no-recipient",
    "receivers/not-a-slack-channel",
    "receivers/not-a-smarthost",
    "receivers/not-an-address",
    "receivers/templated-destination",
    "receivers/unknown-mention",
    "redis/forbidden-directive",
    "redis/foreign-topology-field",
    "redis/topology-too-small",
    "redis/unknown-directive",
    "routing/empty-mute-time",
    "routing/location-not-deliverable",
    "routing/matches-everything",
    "secrets/inline",
];

#[test]
fn an_editor_shows_what_it_can_know() {
    let validator = validator(&editor::schema());
    let mut seen = BTreeSet::new();
    for (path, text) in cases() {
        let parts: Vec<&str> = path.rsplit('/').take(2).collect();
        let finding = format!("{}/{}", parts[1], parts[0].split('.').next().unwrap());
        if !SHOWN.contains(&finding.as_str()) {
            continue;
        }
        // Some cases are about what YAML itself is.
        if let Ok(policy) = serde_yaml::from_str::<Value>(&text) {
            seen.insert(finding);
            assert!(!shown(&validator, &policy).is_empty(), "{path}");
        }
    }
    assert_eq!(seen.len(), SHOWN.len(), "{seen:?}");
}

#[test]
fn a_topology_has_the_fields_of_its_kind() {
    let validator = validator(&editor::schema());
    let text = fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    let fields = [
        ("redisPods", json!(3)),
        ("sentinels", json!(3)),
        ("quorum", json!(2)),
        ("masterName", json!("main")),
        ("masters", json!(3)),
        ("replicasPerMaster", json!(1)),
    ];
    for kind in ["standalone", "replication", "sentinel", "cluster"] {
        for chosen in 0..1 << fields.len() {
            let mut topology = json!({ "kind": kind });
            for (bit, (field, value)) in fields.iter().enumerate() {
                if chosen & (1 << bit) != 0 {
                    topology[*field] = value.clone();
                }
            }
            let text = text.replace(
                "team: web\n        image",
                &format!("team: web\n        topology: {topology}\n        image"),
            );
            let is_refused = compile_text(&text).findings.iter().any(|it| {
                it.name == "redis/foreign-topology-field" || it.name == "policy/missing-field"
            });
            let shown = shown(&validator, &parsed(&text));
            assert_eq!(!shown.is_empty(), is_refused, "{topology}: {shown:?}");
        }
    }
}

/// The output of a policy as data.
fn output(policy: &Value) -> Result<BTreeMap<String, Vec<u8>>, Vec<String>> {
    let compilation = compile_text(&policy.to_string());
    let findings = compilation.findings.iter().filter(|it| it.is_error());
    let names: Vec<String> = findings
        .map(|it| format!("{} {}", it.name, it.headline))
        .collect();
    let (_, plan) = compilation.output.ok_or(names)?;
    Ok(render(&plan)
        .iter()
        .map(|(path, file)| (path.to_owned(), file.bytes.clone()))
        .collect())
}

/// A field that a policy does not write, by its pointer, with the place of its schema and its default.
struct Absent {
    pointer: Vec<String>,
    schema: String,
    default: Value,
}

fn absent(
    root: &Value,
    schema: &Value,
    value: Option<&Value>,
    pointer: &[String],
    at: &str,
    acc: &mut Vec<Absent>,
) {
    let definition = resolved(root, schema);
    let at = match definition.get("title").is_none().then(|| {
        schema["allOf"][0]["$ref"]
            .as_str()
            .or(schema["$ref"].as_str())
    }) {
        Some(Some(reference)) => reference.rsplit('/').next().unwrap().to_owned(),
        _ => at.to_owned(),
    };
    if let Some(Value::Array(items)) = value {
        for (index, item) in items.iter().enumerate() {
            let pointer = [pointer, &[index.to_string()]].concat();
            absent(
                root,
                &definition["items"],
                Some(item),
                &pointer,
                &format!("{at}[]"),
                acc,
            );
        }
        return;
    }
    for (field, schema) in definition["properties"].as_object().into_iter().flatten() {
        let pointer = [pointer, std::slice::from_ref(field)].concat();
        let here = value.and_then(|it| it.get(field));
        match (here, schema.get("default")) {
            (None, Some(default)) => acc.push(Absent {
                pointer,
                schema: format!("{at}.{field}"),
                default: default.clone(),
            }),
            (None, None) if resolved(root, schema).get("required").is_some() => {}
            // What needs nothing can be written to hold a default.
            (None, None) if resolved(root, schema)["type"] != "object" => {}
            (here, _) => absent(root, schema, here, &pointer, &format!("{at}.{field}"), acc),
        }
    }
}

fn with(policy: &Value, pointer: &[String], value: &Value) -> Value {
    let mut policy = policy.clone();
    let (last, parents) = pointer.split_last().unwrap();
    let mut place = &mut policy;
    for step in parents {
        place = match place {
            Value::Array(items) => &mut items[step.parse::<usize>().unwrap()],
            _ => place
                .as_object_mut()
                .unwrap()
                .entry(step.clone())
                .or_insert_with(|| Value::Object(Map::new())),
        };
    }
    place[last] = value.clone();
    policy
}

/// Fields whose default changes nothing only together with another field, or that no example leaves out.
const NOT_TRIED: &[(&str, &str)] = &[(
    "AlertParameters",
    "a tier decides before them; they are tried by another test",
)];

/// Everything that a schema says to hold where nothing is written holds there.
#[test]
fn a_default_that_is_written_changes_nothing() {
    let schema = editor::schema();
    let mut tried: BTreeMap<String, Result<(), Vec<String>>> = BTreeMap::new();
    for stack in stacks() {
        let compilation = compile_stack(&stack);
        let mut policy = compilation.document.root().to_json();
        policy["spec"]
            .as_object_mut()
            .unwrap()
            .shift_remove("extends");
        let expected = output(&policy).unwrap();
        let mut fields = Vec::new();
        // A schema of a stack that stands alone: the reader's own.
        let whole = obsgen::read::schema::policy();
        absent(whole, whole, Some(&policy), &[], "", &mut fields);
        assert!(!fields.is_empty());
        for Absent {
            pointer,
            schema,
            default,
        } in fields
        {
            // One place is as good as the next.
            if tried.get(&schema).is_some_and(Result::is_ok) {
                continue;
            }
            let made = output(&with(&policy, &pointer, &default));
            if let Ok(made) = &made {
                assert!(
                    *made == expected,
                    "{stack}: writing {default} to {schema} changes the output"
                );
            }
            tried.insert(schema, made.map(|_| ()));
        }
    }
    let mut all = Vec::new();
    schemas(&schema, "", &mut all);
    for (field, result) in &tried {
        assert!(result.is_ok(), "{field} is refused everywhere: {result:?}");
    }
    let with_default = all.iter().filter(|(at, it)| {
        it.get("default").is_some() && !NOT_TRIED.iter().any(|(name, _)| at.contains(name))
    });
    let missing: Vec<String> = with_default
        .filter_map(|(at, _)| {
            let name = at
                .strip_prefix("/definitions/")?
                .replace("/properties/", ".");
            (!tried.contains_key(&name)).then_some(name)
        })
        .collect();
    assert!(
        missing.is_empty(),
        "no example leaves these out: {missing:?}"
    );
}

#[test]
fn a_default_of_an_alert_that_is_written_changes_nothing() {
    let schema = editor::schema();
    let text = fs::read_to_string(root().join("stacks/minimal/observability.yaml")).unwrap();
    let policy = parsed(&text);
    let expected = output(&policy).unwrap();
    let mut seen = 0;
    for (name, alert) in schema["definitions"]["AlertParameters"]["properties"]
        .as_object()
        .unwrap()
    {
        let defaults: Map<String, Value> = alert["properties"]
            .as_object()
            .unwrap()
            .iter()
            .filter_map(|(field, it)| Some((field.clone(), it.get("default")?.clone())))
            .collect();
        for pointer in [
            "spec/alerts/tiers/standard",
            "spec/redis/instances/0/alerts",
        ] {
            let mut pointer: Vec<String> = pointer.split('/').map(str::to_owned).collect();
            pointer.push(name.clone());
            match output(&with(&policy, &pointer, &json!(defaults))) {
                Ok(made) => {
                    seen += 1;
                    assert!(made == expected, "{name}: {defaults:?}");
                }
                // An alert that means nothing for the instance.
                Err(names) => assert!(
                    names.iter().all(|it| it.starts_with("alerts/")),
                    "{name}: {names:?}"
                ),
            }
        }
    }
    assert!(seen > 30, "{seen}");
}
