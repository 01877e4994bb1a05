//! Logs from the file of a container to a document of an index that has a type for each of its fields.

use std::collections::BTreeMap;

use obsgen::Compilation;
use obsgen::api::conventions::log::{self, Kind};
use obsgen::model::stack::Stack;
use obsgen::operators;
use obsgen::render::objects;
use serde_json::{Value, json};

use crate::logged::policy;
use crate::pipeline::{CRI, Pipeline, Sent};
use crate::stacks::{compile_stack, compile_text, root, stacks};

const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

struct Built {
    stack: Stack,
    pipeline: Pipeline,
    bodies: BTreeMap<String, Value>,
    objects: Vec<Value>,
}

fn build(name: &str, operator: &str, mode: &str, format: &str) -> Built {
    built(compile_text(&policy(name, operator, mode, format)))
}

fn built(compilation: Compilation) -> Built {
    let errors: Vec<&str> = compilation
        .findings
        .iter()
        .filter(|it| it.is_error())
        .map(|it| it.headline.as_str())
        .collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let (stack, plan) = compilation.output.unwrap();
    let objects = objects(&plan);
    let data = |object: &str| {
        let name = format!("{}-{object}", stack.name);
        let found = objects
            .iter()
            .find(|it| it["kind"] == "ConfigMap" && it["metadata"]["name"] == *name);
        found.unwrap()["data"].clone()
    };
    let configuration = data("fluent-bit");
    let file = |key: &str| configuration[key].as_str().unwrap();
    let pipeline = match configuration.get("fluent-bit.yaml") {
        Some(_) => Pipeline::yaml(file("fluent-bit.yaml")),
        None => Pipeline::classic(file("fluent-bit.conf"), file("parsers.conf")),
    };
    let bodies = data("elasticsearch-setup")
        .as_object()
        .unwrap()
        .iter()
        .filter(|(key, _)| key.ends_with(".json"))
        .map(|(key, body)| {
            let body = serde_json::from_str(body.as_str().unwrap()).unwrap();
            (key.clone(), body)
        })
        .collect();
    Built {
        stack,
        pipeline,
        bodies,
        objects,
    }
}

fn file(pod: &str, namespace: &str, container: &str) -> String {
    format!("{pod}_{namespace}_{container}-{ID}.log")
}

#[track_caller]
fn sent(pipeline: &Pipeline, file: &str, line: &str) -> Sent {
    let tags = pipeline.tags(file);
    assert_eq!(tags.len(), 1, "{file} is read once");
    let mut sent = pipeline.send(&tags[0], &format!("{CRI}{line}"));
    assert_eq!(sent.len(), 1, "a line is sent once");
    sent.remove(0)
}

/// Compares the documents of recorded lines with those in `tests/logs`; `UPDATE_GOLDEN=1` rewrites them.
fn check(lines: &str, operator: &str, file: &str) {
    let folder = root().join("tests/logs");
    let recorded = std::fs::read_to_string(folder.join(format!("{lines}.log"))).unwrap();
    let built = build("lab", operator, "data-stream", "yaml");
    let documents: Vec<Value> = recorded
        .lines()
        .map(|it| sent(&built.pipeline, file, it).document)
        .collect();
    for document in &documents {
        fits(document, &built.bodies["mappings.json"]);
    }
    let path = folder.join(format!("{lines}.documents.json"));
    let made = serde_json::to_string_pretty(&documents).unwrap() + "\n";
    if std::env::var("UPDATE_GOLDEN").is_ok_and(|it| it == "1") {
        std::fs::write(&path, &made).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(made, expected, "{lines}");
}

/// Every field of a document has a type, and holds what the type takes.
fn fits(document: &Value, mappings: &Value) {
    let properties = &mappings["template"]["mappings"]["properties"];
    for (field, value) in document.as_object().unwrap() {
        let fits = match properties[field]["type"].as_str() {
            Some("date" | "keyword" | "match_only_text") => value.is_string(),
            Some("long") => value.is_i64(),
            other => panic!("{field} is mapped as {other:?}"),
        };
        assert!(fits, "{field}: {value}");
    }
}

macro_rules! recorded {
    ($($name:ident: $lines:literal, $operator:literal, $pod:literal, $namespace:literal, $container:literal;)+) => {
        $(#[test]
        fn $name() {
            check($lines, $operator, &file($pod, $namespace, $container));
        })+
    };
}

recorded! {
    a_primary: "redis-7.0-primary", "opstree", "guarded-0", "shop", "guarded";
    a_replica: "redis-7.0-replica", "redis-operator", "pair-replica-0", "shop", "redis";
    a_node_of_a_cluster: "redis-7.0-cluster", "opstree", "sharded-leader-1", "search", "sharded-leader";
    the_next_redis: "redis-8.0-primary", "redis-operator", "redis-0", "shop", "redis";
    a_sentinel: "redis-8.0-sentinel", "opstree", "guarded-sentinel-2", "shop", "guarded-sentinel";
    opstree: "opstree-operator", "opstree", "redis-operator-6d4cf56db6-abcde", "ot-operators", "redis-operator";
    the_other_operator: "redis-operator", "redis-operator", "redis-operator-controller-manager-6d4cf56db6-abcde", "redis-operator-system", "manager";
}

#[test]
fn both_formats_say_the_same() {
    for operator in ["opstree", "redis-operator"] {
        let [yaml, classic] = ["yaml", "classic"].map(|it| build("lab", operator, "alias", it));
        assert_eq!(yaml.pipeline.0, classic.pipeline.0);
    }
}

#[test]
fn every_container_of_an_instance_is_read_and_knows_its_instance() {
    for operator in ["opstree", "redis-operator"] {
        let built = build("lab", operator, "data-stream", "yaml");
        for instance in &built.stack.instances {
            for source in operators::of(&built.stack).log_sources(instance) {
                for number in 0..source.pods {
                    let pod = format!("{}{}-{number}", instance.name, source.suffix);
                    let file = file(&pod, &instance.namespace, &source.container);
                    let line = "1:M 20 Nov 2026 18:32:25.836 * Ready";
                    assert_eq!(
                        sent(&built.pipeline, &file, line).document,
                        json!({
                            "pid": 1,
                            "role": "master",
                            "level": "notice",
                            "message": "Ready",
                            "pod": pod,
                            "namespace": instance.namespace,
                            "container": source.container,
                            "node": "node-1",
                            "stack": "lab",
                            "cluster": "lab-1",
                            "instance_name": instance.name,
                            "component": source.component,
                            "topology": instance.topology.kind().name(),
                            "team": instance.team,
                            "tier": instance.tier,
                            "@timestamp": "2026-11-20T18:32:25.836123456Z",
                        })
                    );
                }
            }
        }
    }
}

#[test]
fn what_is_not_of_the_stack_is_not_read() {
    for operator in ["opstree", "redis-operator"] {
        let built = build("lab", operator, "data-stream", "yaml");
        for (pod, namespace, container) in [
            ("redis-0", "shop", "redis-exporter"),
            ("redis-0", "shop", "redis-config"),
            ("guarded-0", "shop", "redis-exporter"),
            ("guarded-redis-0", "shop", "redis-config"),
            ("guarded-sentinel-0", "shop", "config-init"),
            ("redis-0", "other", "redis"),
            ("redis-1-0", "shop", "redis"),
            ("other-0", "shop", "redis"),
            ("redis-operator-0", "shop", "redis-operator"),
            (
                "lab-redis-exporter-6d4cf56db6-abcde",
                "shop",
                "redis-exporter",
            ),
        ] {
            let tags = built.pipeline.tags(&file(pod, namespace, container));
            assert!(tags.is_empty(), "{operator}: {pod} {container}: {tags:?}");
        }
    }
}

#[test]
fn the_index_the_template_and_the_policy_are_the_same() {
    for operator in ["opstree", "redis-operator"] {
        for mode in ["data-stream", "alias"] {
            for format in ["yaml", "classic"] {
                let built = build("lab", operator, mode, format);
                let container = match operator {
                    "opstree" => "a-leader",
                    _ => "redis",
                };
                let file = file("a-leader-0", "shop", container);
                let Sent { index, document } = sent(&built.pipeline, &file, "hello");
                assert_eq!(document["message"], "hello");
                assert_eq!(document["instance_name"], "a-leader");
                assert_eq!(index, "redis-logs-lab");

                let bodies = &built.bodies;
                let template = &bodies["index-template.json"];
                let settings = &bodies["settings.json"]["template"]["settings"];
                assert_eq!(
                    template["composed_of"],
                    json!([format!("{index}-mappings"), format!("{index}-settings")])
                );
                assert!(template["priority"].as_u64() > Some(500));
                assert_eq!(settings["index.lifecycle.name"], *index);
                let job = built.objects.iter().find(|it| it["kind"] == "Job").unwrap();
                let environment = environment(job);
                assert_eq!(environment["ES_TARGET"], index);
                assert_eq!(environment["ES_MODE"], mode);
                let first = &environment["ES_FIRST_INDEX"];
                if mode == "alias" {
                    assert!(takes(template, first));
                    assert_eq!(settings["index.lifecycle.rollover_alias"], *index);
                    let aliases = &bodies["first-index.json"]["aliases"];
                    assert_eq!(aliases[&index], json!({"is_write_index": true}));
                    assert!(first.ends_with("-000001"));
                } else {
                    assert!(takes(template, &index) && template["data_stream"].is_object());
                }
            }
        }
    }
}

/// From the file of each container to the index, over every example: file, input, tag, filters,
/// output, index, template, type of each field, lifecycle with the stated retention.
#[test]
fn no_joint_of_an_example_is_broken() {
    let mut seen = 0;
    for name in stacks() {
        let compilation = compile_stack(&name);
        let (stack, _) = compilation.output.as_ref().unwrap();
        let Some(logging) = stack.telemetry.logging.clone() else {
            continue;
        };
        let built = built(compilation);
        let template = &built.bodies["index-template.json"];
        let settings = &built.bodies["settings.json"]["template"]["settings"];
        let delete = &built.bodies["policy.json"]["policy"]["phases"]["delete"]["min_age"];
        let kept = delete.as_str().unwrap();
        assert_eq!(
            obsgen::value::duration::Duration::parse(kept),
            Ok(logging.retention),
            "{name}"
        );
        let lines = [
            (
                "1:M 20 Nov 2026 18:32:25.836 * Ready to accept connections tcp",
                "notice",
            ),
            (
                "9:X 20 Nov 2026 18:32:25.836 # +sdown master mymaster 10.0.0.1 6379",
                "warning",
            ),
        ];
        for instance in &built.stack.instances {
            for source in operators::of(&built.stack).log_sources(instance) {
                let pod = format!("{}{}-0", instance.name, source.suffix);
                let file = file(&pod, &instance.namespace, &source.container);
                for (line, level) in lines {
                    let Sent { index, document } = sent(&built.pipeline, &file, line);
                    fits(&document, &built.bodies["mappings.json"]);
                    assert_eq!(document["level"], level);
                    assert_eq!(document["instance_name"], instance.name);
                    assert_eq!(index, log::target(&name));
                    assert_eq!(settings["index.lifecycle.name"], *index);
                    let first = match template["data_stream"].is_object() {
                        true => index,
                        false => {
                            settings["index.lifecycle.rollover_alias"]
                                .as_str()
                                .unwrap()
                                .to_owned()
                                + ".log-000001"
                        }
                    };
                    assert!(takes(template, &first), "{first}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 40, "{seen}");
}

/// The kubelet cuts lines at 16 KiB; what it cut is one document again, with the time of its beginning.
#[test]
fn a_line_that_the_kubelet_cut_is_one_document() {
    let built = build("lab", "opstree", "data-stream", "yaml");
    let file = file("guarded-0", "shop", "guarded");
    let tag = &built.pipeline.tags(&file)[0];
    let (head, tail) = ("1:M 20 Nov 2026 18:32:25.836 # ", "x".repeat(40_000));
    let lines = format!(
        "2026-11-20T18:32:25.1Z stdout P {head}{}\n\
         2026-11-20T18:32:25.2Z stdout P {}\n\
         2026-11-20T18:32:25.3Z stdout F {}\n\
         2026-11-20T18:32:25.4Z stdout F {head}short\n",
        &tail[..16_000],
        &tail[16_000..32_000],
        &tail[32_000..],
    );
    let sent = built.pipeline.send(tag, &lines);
    let found: Vec<[&Value; 3]> = sent
        .iter()
        .map(|it| ["@timestamp", "level", "message"].map(|key| &it.document[key]))
        .collect();
    assert_eq!(
        found,
        [
            [
                &json!("2026-11-20T18:32:25.1Z"),
                &json!("warning"),
                &json!(tail)
            ],
            [
                &json!("2026-11-20T18:32:25.4Z"),
                &json!("warning"),
                &json!("short")
            ],
        ]
    );
    for Sent { document, .. } in &sent {
        fits(document, &built.bodies["mappings.json"]);
    }
}

#[test]
fn two_stacks_never_share_an_index() {
    let names = ["prod", "prod-eu", "prod-log-000001", "prod-000001"];
    let modes = ["data-stream", "alias"];
    let all: Vec<(String, Value, String)> = names
        .iter()
        .flat_map(|name| modes.map(|mode| (*name, mode)))
        .map(|(name, mode)| {
            let built = build(name, "opstree", mode, "yaml");
            let job = built.objects.iter().find(|it| it["kind"] == "Job").unwrap();
            let index = match mode {
                "alias" => environment(job)["ES_FIRST_INDEX"].clone(),
                _ => log::target(name),
            };
            let template = built.bodies["index-template.json"].clone();
            (name.to_owned(), template, index)
        })
        .collect();
    for (name, template, _) in &all {
        for (other, _, index) in all.iter().filter(|(other, ..)| other != name) {
            assert!(!takes(template, index), "{name} takes {index} of {other}");
        }
    }
}

#[test]
fn only_the_login_and_the_address_of_the_pod_come_from_the_environment() {
    let built = build("lab", "opstree", "data-stream", "yaml");
    let text = built.pipeline.0.to_string();
    let used: Vec<&str> = text.split("${").skip(1).collect();
    let used: Vec<&str> = used.iter().filter_map(|it| it.split('}').next()).collect();
    assert_eq!(used, ["POD_IP", "ES_USER", "ES_PASSWORD"]);
}

#[test]
fn a_change_of_what_is_applied_makes_a_new_job() {
    let name = |mode: &str| {
        let built = build("lab", "opstree", mode, "yaml");
        let job = built.objects.iter().find(|it| it["kind"] == "Job");
        job.unwrap()["metadata"]["name"].clone()
    };
    assert_eq!(name("alias"), name("alias"));
    assert_ne!(name("alias"), name("data-stream"));
}

#[test]
fn every_field_is_mapped_as_what_it_is() {
    let built = build("lab", "opstree", "data-stream", "yaml");
    let properties = &built.bodies["mappings.json"]["template"]["mappings"]["properties"];
    assert_eq!(properties.as_object().unwrap().len(), log::FIELDS.len());
    for (field, kind) in log::FIELDS {
        let expected = match kind {
            Kind::Time => "date",
            Kind::Text => "match_only_text",
            Kind::Name => "keyword",
            Kind::Number => "long",
        };
        assert_eq!(properties[field]["type"], expected, "{field}");
    }
}

#[test]
fn what_a_policy_cannot_mean_is_said() {
    let findings = |from: &str, to: &str| -> Vec<String> {
        let policy = policy("lab", "opstree", "alias", "yaml");
        assert!(policy.contains(from));
        compile_text(&policy.replace(from, to))
            .findings
            .into_iter()
            .map(|it| it.headline)
            .collect()
    };
    let before = findings("retention: 90d", "retention: 90d");
    for (from, to, expected) in [
        (
            "url: https://es",
            "url: http://es",
            &[
                "the login travels to Elasticsearch unencrypted",
                "`platform.elasticsearch.ca` has no effect: the address is not `https`",
            ][..],
        ),
        (
            "      ca: {secretRef: {name: es-ca, key: ca.crt}}\n",
            "",
            &[],
        ),
        (
            "url: https://es.logging.svc:9200\n      ca: {secretRef: {name: es-ca, key: ca.crt}}\n",
            "url: http://es.logging.svc:9200\n",
            &["the login travels to Elasticsearch unencrypted"],
        ),
    ] {
        let mut found = findings(from, to);
        found.retain(|it| !before.contains(it));
        assert_eq!(found, expected, "{to}");
    }
}

/// Returns whether a template is for an index of that name; Elasticsearch knows `*` alone.
fn takes(template: &Value, index: &str) -> bool {
    template["index_patterns"]
        .as_array()
        .unwrap()
        .iter()
        .any(|it| crate::pipeline::glob(it.as_str().unwrap()).is_match(index))
}

fn environment(job: &Value) -> BTreeMap<String, String> {
    job["spec"]["template"]["spec"]["containers"][0]["env"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|it| {
            let value = it["value"].as_str()?;
            Some((it["name"].as_str()?.to_owned(), value.to_owned()))
        })
        .collect()
}
