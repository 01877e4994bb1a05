//! `obsgen explain secrets`: every Secret that something generated reads, and no other.

use std::collections::BTreeSet;
use std::process::Command;

use obsgen::files::manifests_below;
use obsgen::plan::secrets::needed;
use obsgen::read::manifest::{Content, Node, resources};

use crate::stacks::{compile_over, compile_stack, root, stacks};

/// Namespace, name and key.
type Keys = BTreeSet<(String, String, String)>;

fn listed(compilation: &obsgen::Compilation) -> Keys {
    let findings: Vec<&str> = compilation
        .findings
        .iter()
        .map(|it| it.headline.as_str())
        .collect();
    let Some((stack, plan)) = &compilation.output else {
        panic!("{findings:?}")
    };
    needed(stack, plan)
        .into_keys()
        .map(|it| (it.namespace, it.name, it.key.unwrap_or_default()))
        .collect()
}

/// The keys of Secrets that policies name, whoever reads them.
fn named(node: &Node, acc: &mut BTreeSet<(String, String)>) {
    if let Some(secret) = node.get("secretRef") {
        let text = |field: &str| secret.text_at(&[field]).unwrap().to_owned();
        acc.insert((text("name"), text("key")));
    }
    node.items().iter().for_each(|it| named(it, acc));
    node.fields().for_each(|(_, it)| named(it, acc));
}

/// Every text in a value, keys of maps left out.
fn texts<'a>(node: &'a Node, acc: &mut BTreeSet<&'a str>) {
    match &node.content {
        Content::Null => {}
        Content::Text(text) | Content::Word(text) => drop(acc.insert(text)),
        Content::List(items) => items.iter().for_each(|it| texts(it, acc)),
        Content::Map(fields) => fields.values().for_each(|it| texts(it, acc)),
    }
}

/// Finds the maps that say the name of a Secret and one of its keys, whatever their fields are called.
fn read_by(node: &Node, named: &BTreeSet<(String, String)>, acc: &mut BTreeSet<(String, String)>) {
    let name = node.text_at(&["name"]).or(node.text_at(&["secretName"]));
    if let Some(name) = name {
        let mut below = BTreeSet::new();
        for field in ["key", "items"].iter().filter_map(|it| node.get(it)) {
            texts(field, &mut below);
        }
        // Jaeger's operator is given no keys.
        let is_jaeger = node.get("esIndexCleaner").is_some();
        let found = named
            .iter()
            .filter(|it| it.0 == name && (is_jaeger || below.contains(it.1.as_str())));
        acc.extend(found.cloned());
    }
    node.items().iter().for_each(|it| read_by(it, named, acc));
    node.fields().for_each(|(_, it)| read_by(it, named, acc));
}

#[test]
fn every_secret_that_a_tree_names_is_listed_and_no_other() {
    let mut policies = BTreeSet::new();
    let base = std::fs::read_to_string(root().join("stacks/base.yaml")).unwrap();
    for stack in stacks() {
        let policy = root()
            .join("stacks")
            .join(&stack)
            .join("observability.yaml");
        let mut of_policy = BTreeSet::new();
        for text in [&std::fs::read_to_string(policy).unwrap(), &base] {
            for it in resources("policy", text).unwrap() {
                named(&it.root, &mut of_policy);
            }
        }
        let mut written = Keys::new();
        let tree = manifests_below(&root().join("golden").join(&stack)).unwrap();
        for (file, text) in &tree.files {
            for it in resources(file, text).unwrap() {
                let mut found = BTreeSet::new();
                read_by(&it.root, &of_policy, &mut found);
                // Of a configuration of Alertmanager, the files.
                for (name, key) in &of_policy {
                    if text.contains(&format!("/etc/alertmanager/secrets/{name}/{key}\n")) {
                        found.insert((name.clone(), key.clone()));
                    }
                }
                let namespace = it.namespace.clone().unwrap_or_default();
                written.extend(
                    found
                        .into_iter()
                        .map(|(name, key)| (namespace.clone(), name, key)),
                );
            }
        }
        let listed = listed(&compile_stack(&stack));
        assert_eq!(listed, written, "{stack}");
        assert!(!listed.is_empty());
        policies.extend(listed);
    }
    assert!(policies.len() > 20);
}

/// Where a receiver's credentials lie depends on how Alertmanager is configured.
#[test]
fn the_secrets_of_receivers_lie_where_they_are_read() {
    let of = |platform: &str| -> BTreeSet<String> {
        let policy = format!("  platform: {{alertmanager: {{{platform}}}}}\n");
        let compilation = compile_over("minimal", &policy);
        listed(&compilation)
            .into_iter()
            .filter(|it| it.1 == "alert-slack")
            .map(|it| it.0)
            .collect()
    };
    assert_eq!(
        of("delivery: alertmanager-config"),
        BTreeSet::from(["monitoring", "ot-operators", "web"].map(str::to_owned))
    );
    let own = BTreeSet::from(["monitoring".to_owned()]);
    assert_eq!(of("matcherStrategy: None"), own);
    assert_eq!(
        of("delivery: secret, secrets: [alert-slack, heartbeat]"),
        own
    );
}

#[test]
fn they_are_listed_with_who_reads_them() {
    let run = |stack: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_obsgen"))
            .args(["explain", "secrets", "--stack", stack])
            .current_dir(root())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let has = |text: &str, row: &[&str]| {
        let is_row = |line: &str| {
            let columns = line.split("  ").map(str::trim).filter(|it| !it.is_empty());
            columns.eq(row.iter().copied())
        };
        assert!(text.lines().any(is_row), "{row:?}\n{text}");
    };
    let prod = run("stacks/prod");
    has(&prod, &["NAMESPACE", "SECRET", "KEY", "READ BY"]);
    has(
        &prod,
        &[
            "shop",
            "cart",
            "password",
            "RedisReplication cart, RedisSentinel cart",
        ],
    );
    has(
        &prod,
        &[
            "monitoring",
            "alert-pagerduty",
            "checkout",
            "AlertmanagerConfig prod",
        ],
    );
    let staging = run("stacks/staging");
    assert!(staging.contains("(spec.secrets)"), "{staging}");
}
