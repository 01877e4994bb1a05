//! What the language server of editors shows of a policy.

use std::fs;
use std::path::Path;
use std::process::Command;

use obsgen::editor;
use serde_json::Value;

use crate::tools;

/// Asks the language server about a file; `asks` are the checker's, such as `--hover 3:5`. A file names
/// its schema itself, or is judged by the one that this program makes.
fn ask(file: &Path, schema: Option<&Path>, asks: &[String]) -> Option<Value> {
    let (Some(python), Some(server), Some(check)) = (
        tools::python(),
        tools::tool("yaml-language-server"),
        tools::data("yamlls_check.py"),
    ) else {
        return None;
    };
    let mut command = Command::new(python);
    command.arg(check).arg(file).arg("--json").args(asks);
    command.args(["--server", &format!("node '{}' --stdio", server.display())]);
    if let Some(schema) = schema {
        command.arg("--schema").arg(schema);
    }
    let output = command.output().expect("Python starts");
    let answer = serde_json::from_slice(&output.stdout);
    Some(
        answer
            .unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&output.stderr))),
    )
}

/// Asks about a text, at the places that are marked `‸` in it, in their order.
fn ask_text(text: &str, kind: &str) -> Option<(Value, Vec<String>)> {
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let (file, schema) = (
        folder.path().join("observability.yaml"),
        folder.path().join("schema.json"),
    );
    let mut places = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let mut pieces: Vec<&str> = line.split('‸').collect();
        pieces.pop();
        let mut column = 1;
        for piece in pieces {
            column += piece.chars().count();
            places.push(format!("{}:{column}", number + 1));
        }
    }
    fs::write(&file, text.replace('‸', "")).expect("the folder can be written to");
    fs::write(&schema, editor::schema().to_string()).expect("the folder can be written to");
    let asks: Vec<String> = places
        .iter()
        .flat_map(|it| [format!("--{kind}"), it.clone()])
        .collect();
    let answer = ask(&file, Some(&schema), &asks)?;
    Some((answer, places))
}

fn messages(answer: &Value) -> Vec<String> {
    let all = answer["diagnostics"]
        .as_array()
        .expect("diagnostics are published");
    all.iter()
        .map(|it| {
            let line = it["range"]["start"]["line"]
                .as_u64()
                .expect("a diagnostic has a place");
            format!(
                "{}: {}",
                line + 1,
                it["message"].as_str().unwrap_or_default()
            )
        })
        .collect()
}

#[test]
fn nothing_is_said_about_the_examples() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("stacks");
    let stacks = fs::read_dir(&root)
        .expect("there are examples")
        .filter_map(Result::ok);
    let mut files: Vec<_> = stacks
        .map(|it| it.path().join("observability.yaml"))
        .collect();
    files.retain(|it| it.is_file());
    assert!(files.len() > 3);
    files.push(root.join("base.yaml"));
    for file in files {
        let Some(answer) = ask(&file, None, &["--hover".to_owned(), "3:1".to_owned()]) else {
            return;
        };
        assert_eq!(
            messages(&answer),
            Vec::<String>::new(),
            "{}",
            file.display()
        );
        // Without its schema an editor would say nothing either.
        assert!(!answer["hover"]["3:1"].is_null(), "{}", file.display());
    }
}

const POLICY: &str = "\
apiVersion: obsgen/v1alpha1
kind: Observability
metadata: {name: web}
spec:
  cluster: dev-1
  teams: [{name: web}]
  platform:
    kubernetes: \"1.33\"
    redisOperator: {kind: opstree, version: \"0.26\", namespace: ot-operators}
    prometheus: {operatorVersion: \"0.93\", namespace: monitoring}
    alertmanager: {version: \"0.33\", name: main, namespace: monitoring, delivery: secret, secrets: [slack]}
  redis:
    instances:
      - name: cache
        namespace: web
        team: web
        image: redis:7.4.7
  receivers:
    - name: web-slack
      slack: {channel: \"#web\", url: {secretRef: {name: slack, key: url}}}
  routing: {default: web-slack}
  runbooks: {baseUrl: https://git.example.com/runbooks}
";

#[test]
fn a_broken_policy_is_shown_as_it_is_written() {
    for (from, to, expected) in [
        ("", "", vec![]),
        (
            "  cluster: dev-1\n",
            "  cluster: dev-1\n  colour: red\n",
            vec!["6: Property colour is not allowed."],
        ),
        (
            "kind: opstree",
            "kind: opstre",
            vec!["9: Value is not accepted. Valid values: \"opstree\", \"redis-operator\"."],
        ),
        (
            "  routing: {default: web-slack}\n",
            "",
            vec!["4: Missing property \"routing\"."],
        ),
        (
            ", delivery: secret, secrets: [slack]",
            "",
            vec!["11: Missing property \"delivery\"."],
        ),
        (
            "        image:",
            "        topology: {kind: sentinel, redisPods: 3, sentinels: 3, masters: 3}\n        image:",
            vec![
                "17: Property masters is not allowed.",
                "17: Missing property \"quorum\".",
            ],
        ),
        (
            "        image: redis:7.4.7\n",
            "        alerts: {RedisDwn: {for: 1m}}\n",
            vec![
                "17: Property RedisDwn is not allowed.",
                "14: Missing property \"image\".",
            ],
        ),
        (
            "        image:",
            "        config: {maxmemry: 1gb}\n        image:",
            vec!["17: Property maxmemry is not allowed."],
        ),
        (
            "delivery: secret",
            "delivery: alertmanager-config",
            vec!["11: Property secrets is not allowed."],
        ),
        (
            "  routing:",
            "  logging: {mode: data-stream, retention: 7d}\n  routing:",
            vec![
                "7: Missing property \"elasticsearch\".",
                "7: Missing property \"fluentBit\".",
            ],
        ),
        (
            "image: redis:7.4.7",
            "metrics: {interval: 5min}\n        image: redis:7.4.7",
            vec![
                "17: A duration: whole numbers with the units y, w, d, h, m, s, ms, such as `30s` or `1h30m`",
            ],
        ),
        (", key: url}}", "}}", vec!["20: Missing property \"key\"."]),
        ("  cluster: dev-1\n", "  extends: [../base.yaml]\n", vec![]),
        ("kind: Observability\n", "kind: ObservabilityBase\n", vec![]),
    ] {
        assert!(POLICY.contains(from), "{from}");
        let Some((answer, _)) = ask_text(&POLICY.replacen(from, to, 1), "hover") else {
            return;
        };
        let mut messages = messages(&answer);
        let mut expected: Vec<String> = expected.into_iter().map(str::to_owned).collect();
        messages.sort();
        expected.sort();
        assert_eq!(messages, expected, "{from} → {to}");
    }
}

#[test]
fn keys_and_words_are_completed() {
    let cases: [(&str, &str, &[&str], &[&str]); 9] = [
        (
            "  cluster: dev-1\n",
            "  cluster: dev-1\n  ‸\n",
            &["tracing", "logging", "allow", "extends"],
            &["cluster", "name"],
        ),
        (
            "        image: redis:7.4.7\n",
            "        image: redis:7.4.7\n        ‸\n",
            &["topology", "config", "alerts", "auth"],
            &["image", "redisPods"],
        ),
        (
            "        image:",
            "        topology:\n          kind: sentinel\n          ‸\n        image:",
            &["redisPods", "sentinels", "quorum", "masterName"],
            &["kind"],
        ),
        (
            "        image:",
            "        topology:\n          kind: ‸\n        image:",
            &["standalone", "replication", "sentinel", "cluster"],
            &[],
        ),
        (
            "        image:",
            "        alerts:\n          ‸\n        image:",
            &["RedisDown", "RedisMemoryHigh"],
            &["Watchdog", "threshold"],
        ),
        (
            "        image:",
            "        alerts:\n          RedisMemoryHigh:\n            ‸\n        image:",
            &["threshold", "for", "severity", "enabled", "reason"],
            &[],
        ),
        (
            "        image:",
            "        config:\n          ‸\n        image:",
            &["maxmemory", "maxmemory-policy", "appendonly"],
            &["requirepass"],
        ),
        (
            "        image:",
            "        config:\n          maxmemory-policy: ‸\n        image:",
            &["allkeys-lru", "noeviction"],
            &[],
        ),
        (
            "    - name: web-slack\n",
            "    - name: web-slack\n      ‸\n",
            &["pagerduty", "email", "dingtalk"],
            &["channel"],
        ),
    ];
    for (from, to, wanted, unwanted) in cases {
        assert!(POLICY.contains(from), "{from}");
        let Some((answer, places)) = ask_text(&POLICY.replacen(from, to, 1), "complete") else {
            return;
        };
        let offered = answer["completion"][&places[0]]
            .as_array()
            .expect("a completion is a list");
        let labels: Vec<&str> = offered
            .iter()
            .filter_map(|it| it["label"].as_str())
            .collect();
        for label in wanted {
            assert!(
                labels.contains(label),
                "{to}: {label} is not among {labels:?}"
            );
        }
        for label in unwanted {
            assert!(!labels.contains(label), "{to}: {label} is among {labels:?}");
        }
    }
}

#[test]
fn a_key_shows_its_description() {
    let text = POLICY
        .replace("        image:", "        ‸topology: {‸kind: ‸sentinel}\n        ‸config: {‸maxmemory: 1gb}\n        ‸alerts: {‸RedisMemoryHigh: {‸threshold: 80%}}\n        ‸image:")
        .replace("    alertmanager:", "    ‸alertmanager:")
        .replace("    - name: web-slack\n      slack: {", "    - ‸name: web-slack\n      ‸slack: {‸")
        .replace("  cluster:", "  ‸cluster:");
    let Some((answer, places)) = ask_text(&text, "hover") else {
        return;
    };
    let schema = editor::schema();
    let expected = [
        "/definitions/StackSpec/properties/cluster",
        "/definitions/PlatformSpec/properties/alertmanager",
        "/definitions/InstanceSpec/properties/topology",
        "/definitions/TopologySpec/properties/kind",
        "/definitions/TopologySpec/properties/kind",
        "/definitions/InstanceSpec/properties/config",
        "/definitions/RedisConfig/properties/maxmemory",
        "/definitions/InstanceSpec/properties/alerts",
        "/definitions/AlertParameters/properties/RedisMemoryHigh",
        "/definitions/AlertParameters/properties/RedisMemoryHigh/properties/threshold",
        "/definitions/InstanceSpec/properties/image",
        "/definitions/ReceiverSpec/properties/name",
        "/definitions/ReceiverSpec/properties/slack",
        "/definitions/SlackSpec/properties/channel",
    ];
    assert_eq!(places.len(), expected.len());
    for (place, pointer) in places.iter().zip(expected) {
        let field = schema
            .pointer(pointer)
            .unwrap_or_else(|| panic!("{pointer} is there"));
        let marked = field["markdownDescription"].as_str();
        let description = marked
            .or_else(|| field["description"].as_str())
            .expect("a field has one");
        let shown = answer["hover"][place]["contents"]["value"]
            .as_str()
            .unwrap_or_default();
        let shown = shown
            .strip_prefix("#### obsgen policy\n\n")
            .unwrap_or(shown);
        // What is no Markdown is shown with its marks escaped.
        assert!(
            shown.replace('\\', "").starts_with(description),
            "{pointer} at {place}: {shown}"
        );
    }
    let words = answer["hover"][&places[4]]["contents"]["value"]
        .as_str()
        .unwrap_or_default();
    assert!(
        words.contains("* `sentinel`: A primary and its replicas, watched by Sentinels"),
        "{words}"
    );
}
