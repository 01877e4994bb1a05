//! The notification policies under amtool: whether Alertmanager would load them, and who is told of
//! which alert.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::cases::{CASES, Case, Delivery};
use crate::operator::{NULL_RECEIVER, Strategy, configuration};
use crate::run::{run, uncomplaining};
use crate::{tools, trees};

/// Strategies under which several stacks may share an Alertmanager.
const STRATEGIES: [Strategy; 3] = [
    Strategy::OnNamespace,
    Strategy::OnNamespaceExcept("monitoring"),
    Strategy::None,
];

#[test]
fn alertmanager_loads_every_configuration() {
    if let Some(amtool) = tools::tool("amtool") {
        loads_every_configuration(&amtool);
    }
}

#[test]
fn the_next_alertmanager_loads_every_configuration() {
    if let Some(amtool) = tools::next_tool("amtool") {
        loads_every_configuration(&amtool);
    }
}

#[test]
fn alerts_reach_who_is_to_be_told() {
    if let Some(amtool) = tools::tool("amtool") {
        alerts_reach_their_receivers(&amtool);
    }
}

#[test]
fn alerts_reach_who_is_to_be_told_by_the_next_alertmanager() {
    if let Some(amtool) = tools::next_tool("amtool") {
        alerts_reach_their_receivers(&amtool);
    }
}

#[test]
fn no_alert_reaches_another_stack() {
    let Some(amtool) = tools::tool("amtool") else {
        return;
    };
    for strategy in STRATEGIES {
        let merged = Configuration::write(&merged(strategy));
        for case in CASES {
            let own = format!("/{}/", case.stack);
            for (labels, expected) in case.routes {
                let told = merged.told(&amtool, labels);
                let foreign = told
                    .iter()
                    .find(|it| *it != NULL_RECEIVER && !it.contains(&own));
                assert_eq!(foreign, None, "{strategy:?}: {labels}");
                // In company nobody is told of anything else, if the strategy is the stack's own.
                if matches!(case.delivery, Delivery::Configs(own) if own == strategy) {
                    assert_eq!(told, *expected, "{strategy:?}: {labels}");
                }
            }
        }
    }
}

/// What the tables say is about alerts that there are, and about every receiver.
#[test]
fn the_tables_are_complete() {
    let stacks: Vec<_> = CASES.iter().map(|it| it.stack).collect();
    assert_eq!(stacks, trees::stacks());
    for case in CASES {
        let rules = rules(case.stack);
        let own = format!("stack={}", case.stack);
        for (labels, _) in case.routes {
            let labels: BTreeSet<&str> = labels.split_whitespace().collect();
            if labels.contains(own.as_str()) {
                let is_there = rules
                    .iter()
                    .any(|it| it.iter().all(|it| labels.contains(it.as_str())));
                assert!(is_there, "{}: no rule gives {labels:?}", case.stack);
            }
        }
        let named: BTreeSet<&str> = case
            .routes
            .iter()
            .flat_map(|(_, told)| *told)
            .filter_map(|it| it.rsplit('/').next())
            .filter(|it| *it != NULL_RECEIVER)
            .collect();
        let there = receivers(case);
        let there: BTreeSet<&str> = there.iter().map(String::as_str).collect();
        assert_eq!(named, there, "the receivers of {}", case.stack);
    }
}

fn loads_every_configuration(amtool: &Path) {
    for case in CASES {
        Configuration::of(case).check(amtool);
    }
    for strategy in STRATEGIES {
        Configuration::write(&merged(strategy)).check(amtool);
    }
}

fn alerts_reach_their_receivers(amtool: &Path) {
    for case in CASES {
        let configuration = Configuration::of(case);
        for (labels, expected) in case.routes {
            let told = configuration.told(amtool, labels);
            assert_eq!(told, *expected, "{}: {labels}", case.stack);
        }
    }
}

/// A file that amtool reads.
struct Configuration {
    folder: TempDir,
    path: PathBuf,
}

impl Configuration {
    fn of(case: &Case) -> Self {
        match case.delivery {
            Delivery::Secret => Self::write(&secret(case.stack)),
            Delivery::Configs(strategy) => Self::write(&converted(&configs(case.stack), strategy)),
        }
    }

    fn write(text: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("alertmanager.yaml");
        fs::write(&path, text).expect("the folder is ours");
        Self { folder, path }
    }

    fn check(&self, amtool: &Path) {
        let said = uncomplaining(Command::new(amtool).arg("check-config").arg(&self.path));
        assert!(said.contains("SUCCESS"), "{said}");
    }

    fn told(&self, amtool: &Path, labels: &str) -> Vec<String> {
        let mut command = Command::new(amtool);
        command
            .args(["config", "routes", "test", "--config.file"])
            .arg(&self.path)
            .args(labels.split_whitespace())
            // A configuration of its user's own is of no concern.
            .env("HOME", self.folder.path());
        let said = run(&mut command);
        // It says so even where no address is given.
        let complaint = said.stderr.replace(
            "Warning: --config.file flag overrides the --alertmanager.url.",
            "",
        );
        assert!(
            said.code == Some(0) && complaint.trim().is_empty(),
            "{labels}: {}",
            said.stderr
        );
        said.stdout.trim().split(',').map(str::to_owned).collect()
    }
}

/// All AlertmanagerConfigs of all stacks, as one Alertmanager reads them that selects them all.
fn merged(strategy: Strategy) -> String {
    let is_of_configs = |it: &&Case| matches!(it.delivery, Delivery::Configs(_));
    let configs: Vec<Value> = CASES
        .iter()
        .filter(is_of_configs)
        .flat_map(|it| configs(it.stack))
        .collect();
    converted(&configs, strategy)
}

fn converted(configs: &[Value], strategy: Strategy) -> String {
    // JSON is YAML.
    configuration(configs, strategy)
        .expect("the operator takes it")
        .to_string()
}

fn configs(stack: &str) -> Vec<Value> {
    let configs = trees::of_kind(stack, "AlertmanagerConfig");
    assert!(!configs.is_empty(), "{stack} has no AlertmanagerConfig");
    configs
}

fn secret(stack: &str) -> String {
    let secrets = trees::of_kind(stack, "Secret");
    let mut texts = secrets
        .iter()
        .filter_map(|it| it["stringData"]["alertmanager.yaml"].as_str());
    let text = texts.next().expect("a Secret with the configuration");
    assert_eq!(texts.next(), None, "{stack} has two configurations");
    text.to_owned()
}

/// What a stack calls its receivers.
fn receivers(case: &Case) -> BTreeSet<String> {
    let documents = match case.delivery {
        Delivery::Secret => trees::documents(&secret(case.stack)),
        Delivery::Configs(_) => configs(case.stack)
            .iter()
            .map(|it| it["spec"].clone())
            .collect(),
    };
    documents
        .iter()
        .flat_map(|it| it["receivers"].as_array().expect("receivers"))
        .map(|it| it["name"].as_str().expect("a name").to_owned())
        .collect()
}

/// The labels that each alert of a stack has whatever it is about, as `name=value`.
fn rules(stack: &str) -> Vec<Vec<String>> {
    let label = |(name, value): (&String, &Value)| {
        format!("{name}={}", value.as_str().expect("a label is a text"))
    };
    trees::of_kind(stack, "PrometheusRule")
        .iter()
        .flat_map(|it| it["spec"]["groups"].as_array().expect("groups"))
        .flat_map(|it| it["rules"].as_array().expect("rules"))
        .filter_map(|it| {
            let name = format!("alertname={}", it["alert"].as_str()?);
            // `class` tells rules apart, and nothing is routed by it.
            let labels = it["labels"].as_object().expect("labels").iter();
            let labels = labels.filter(|(name, _)| *name != "class").map(label);
            Some([name].into_iter().chain(labels).collect())
        })
        .collect()
}
