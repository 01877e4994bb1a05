//! The proof of the stacks beside the real Alertmanager: all their alerts at once.

use std::collections::BTreeSet;
use std::path::Path;

use obsgen::files::Repository;
use obsgen::model::stack::Stack;
use obsgen::prove::routed::Routed;
use obsgen::prove::routed::subjects::{Subject, value};
use obsgen::routing::Verdict;
use obsgen::routing::labels::{Labels, Value as Known};
use serde_json::{Map, Value, json};

use crate::alertmanager_server::{Server, until};
use crate::cases::{CASES, Delivery};
use crate::operator::{NULL_RECEIVER, configuration};
use crate::trees;

/// Compares who is told of every alert of every stack, and which alerts keep which quiet.
pub(super) fn take_their_routes(program: &Path) {
    let server = Server::start(
        program,
        &json!({"route": {"receiver": "null"}, "receivers": [{"name": "null"}]}),
    );
    for (round, case) in CASES.iter().enumerate() {
        let path = trees::root().join("stacks").join(case.stack);
        let path = path.join("observability.yaml");
        let repository = Repository::around(&path).expect("the stack is there");
        let files = |path: &str| repository.read(Path::new(path)).map_err(|it| it.reason());
        let compilation = obsgen::compile(&files, path.to_str().expect("a path of text"));
        let (stack, plan) = compilation.output.expect("the stack is right");
        let routed = Routed::of(&stack, &plan).expect("a configuration");
        server.reload(&without_channels(case.stack, &case.delivery));
        let mut sent = Vec::new();
        let mut expected = Vec::new();
        for (subject, _) in &routed.subjects {
            for labels in each(&stack, subject) {
                let taken = routed.delivered.taken(&labels);
                assert!(taken.iter().all(|it| it.is_certain), "{labels:?}");
                let mut told: BTreeSet<String> = routed
                    .receivers(&taken)
                    .into_iter()
                    .map(str::to_owned)
                    .collect();
                if told.is_empty() {
                    told.insert(NULL_RECEIVER.to_owned());
                }
                let is_quiet = (0..routed.delivered.inhibitions.len()).any(|index| {
                    let mut sources = routed.subjects.iter();
                    sources.any(|(it, _)| routed.silences_one(index, it, &labels) != Verdict::No)
                });
                sent.push(alert(&labels, round, sent.len()));
                expected.push((told, is_quiet));
            }
        }
        assert!(sent.len() > 10, "{} has few alerts", case.stack);
        server.fire(&sent);
        let mut wrong = Vec::new();
        let agree = until(|| {
            let told = server.told(round);
            assert_eq!(told.len(), sent.len());
            let told = told.into_iter().map(|(id, it)| {
                // The operator puts namespace and name before those of a resource.
                let last = |it: &String| it.rsplit('/').next().map(str::to_owned);
                let receivers: BTreeSet<String> = it.receivers.iter().filter_map(last).collect();
                (id, (receivers, it.is_inhibited))
            });
            let told = told.filter(|(id, it)| *it != expected[*id]);
            wrong = told.map(|(id, it)| (sent[id].clone(), it)).collect();
            wrong.is_empty()
        });
        assert!(agree, "{}: {wrong:#?}", case.stack);
        // Where there are inhibitions, all at once keep something quiet.
        let quiet = expected.iter().filter(|(_, is_quiet)| *is_quiet).count();
        assert_eq!(
            quiet > 0,
            !routed.delivered.inhibitions.is_empty(),
            "{}",
            case.stack
        );
    }
}

/// The configuration of a stack, of which nothing would be sent anywhere.
fn without_channels(stack: &str, delivery: &Delivery) -> Value {
    let mut config = match delivery {
        Delivery::Configs(strategy) => {
            let configs = trees::of_kind(stack, "AlertmanagerConfig");
            configuration(&configs, *strategy).expect("the operator takes it")
        }
        Delivery::Secret => {
            let secrets = trees::of_kind(stack, "Secret");
            let mut texts = secrets
                .iter()
                .filter_map(|it| it["stringData"]["alertmanager.yaml"].as_str());
            let text = texts.next().expect("a Secret with the configuration");
            trees::documents(text).remove(0)
        }
    };
    let receivers = config["receivers"].as_array().expect("receivers");
    let names: Vec<Value> = receivers
        .iter()
        .map(|it| json!({"name": it["name"]}))
        .collect();
    config["receivers"] = json!(names);
    config
}

/// The labels of an alert about each of its instances.
fn each(stack: &Stack, subject: &Subject<'_>) -> Vec<Labels> {
    const NAMES: &[&str] = &["namespace", "instance_name", "topology", "team", "tier"];
    let known = subject.labels.iter().filter_map(|(name, it)| match it {
        Known::Text(text) => Some((name, text.as_str())),
        Known::OneOf(_) | Known::Unknown => None,
    });
    // Series bring others, of which no matcher of the stacks asks.
    let labels = Labels::only(known);
    if subject.instances.is_empty() {
        return vec![labels];
    }
    let of_instance = |index: &usize| {
        let mut labels = labels.clone();
        for name in NAMES {
            let text = value(&stack.instances[*index], name);
            labels.set(name, Known::Text(text.to_owned()));
        }
        labels
    };
    subject.instances.iter().map(of_instance).collect()
}

fn alert(labels: &Labels, round: usize, id: usize) -> Value {
    let mut all = Map::new();
    for (name, it) in labels.iter() {
        if let Known::Text(text) = it {
            all.insert(name.to_owned(), json!(text));
        }
    }
    all.insert("round".to_owned(), json!(round.to_string()));
    all.insert("id".to_owned(), json!(id.to_string()));
    Value::Object(all)
}
