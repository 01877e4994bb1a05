//! The adapter for robots, run against robots on the loopback interface.

#![expect(
    clippy::disallowed_methods,
    reason = "the adapter reads its configuration from a file"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use obsgen::receivers::ReceiverSpec;
use obsgen::receivers::adapter;

const RECEIVERS: &str = r#"
- name: ops
  dingtalk:
    url: {secretRef: {name: robots, key: dingtalk}}
    secret: {secretRef: {name: robot-keys, key: dingtalk}}
    mentions: ["13800000000"]
  feishu:
    url: {secretRef: {name: robots, key: feishu}}
    secret: {secretRef: {name: robot-keys, key: feishu}}
    mentions: [ou_18eac8f2]
  wecom:
    url: {secretRef: {name: robots, key: wecom}}
    mentions: [zhangsan]
- name: all
  dingtalk: {url: {secretRef: {name: robots, key: dingtalk}}, mentionAll: true}
  feishu: {url: {secretRef: {name: robots, key: feishu}}, mentionAll: true}
  wecom: {url: {secretRef: {name: robots, key: wecom}}, mentionAll: true}
"#;

fn receivers() -> Vec<ReceiverSpec> {
    serde_yaml::from_str(RECEIVERS).expect("the receivers above can be read")
}

#[test]
fn the_adapter_delivers_to_robots() {
    let version = Command::new("python3")
        .args(["-c", "import sys; sys.exit(sys.version_info < (3, 11))"])
        .stderr(Stdio::null())
        .status();
    if !version.is_ok_and(|it| it.success()) {
        println!("skipped: there is no python3 of version 3.11 or later");
        return;
    }
    let receivers = receivers();
    let configuration = adapter::configuration(&receivers.iter().collect::<Vec<_>>());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("robots.json");
    std::fs::write(&file, configuration.to_string()).unwrap();
    let output = Command::new("python3")
        .arg("-B")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/adapter/test_adapter.py"))
        .env("ROBOTS_JSON", &file)
        .output()
        .unwrap();
    let talk = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{talk}");
}

#[test]
fn every_file_that_the_adapter_reads_is_mounted() {
    let receivers = receivers();
    let receivers: Vec<&ReceiverSpec> = receivers.iter().collect();
    let configuration = adapter::configuration(&receivers);
    let read: BTreeSet<String> = configuration["robots"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|it| [&it["url_file"], &it["sign_file"]])
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    let mounted: BTreeSet<String> = adapter::secret_files(&receivers)
        .iter()
        .map(|it| format!("{}/{}", adapter::SECRETS_DIR, it.path))
        .collect();
    assert_eq!(read, mounted);
    assert_eq!(read.len(), 8);
}

#[test]
fn the_configuration_names_files_and_never_secrets() {
    let receivers = receivers();
    let configuration = adapter::configuration(&[&receivers[0]]).to_string();
    assert_eq!(
        configuration,
        concat!(
            r#"{"robots":{"#,
            r#""ops-dingtalk":{"type":"dingtalk","url_file":"/secrets/ops-dingtalk/url","#,
            r#""sign_file":"/secrets/ops-dingtalk/sign","at_mobiles":["13800000000"],"at_all":false},"#,
            r#""ops-feishu":{"type":"feishu","url_file":"/secrets/ops-feishu/url","#,
            r#""sign_file":"/secrets/ops-feishu/sign","at_users":["ou_18eac8f2"],"at_all":false},"#,
            r#""ops-wecom":{"type":"wecom","url_file":"/secrets/ops-wecom/url","#,
            r#""at_users":["zhangsan"],"at_all":false}}}"#,
        )
    );
}
