//! Every object under the schema of its CRD or of Kubernetes, where a field that the schema does not
//! name is an error, as it is for an API server that validates strictly.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::run::run;
use crate::{tools, trees};

/// The folders of CRDs that some stack has objects of.
const CRDS: [&str; 6] = [
    "crds/prometheus-operator",
    "crds/grafana-operator",
    "crds/jaeger-operator",
    "crds/opentelemetry-operator",
    "crds/opstree-redis-operator",
    "crds/ybooks240-redis-operator",
];

#[test]
fn every_object_is_accepted() {
    let Some(validator) = Validator::found(&CRDS) else {
        return;
    };
    for stack in trees::stacks() {
        let verdict = validator.verdict(&trees::tree(&stack));
        let count = trees::objects(&stack).len();
        assert_eq!(verdict["errors"], json!([]), "{stack}: {verdict:#}");
        assert_eq!(
            verdict["counts"],
            json!({"ok": count, "bad": 0, "skipped": 0}),
            "{stack}"
        );
    }
}

#[test]
fn what_the_schemas_do_not_allow_is_refused() {
    let Some(validator) = Validator::found(&CRDS[..1]) else {
        return;
    };
    let monitor = |endpoint: Value| {
        json!({
            "apiVersion": "monitoring.coreos.com/v1",
            "kind": "ServiceMonitor",
            "metadata": {"name": "redis", "namespace": "monitoring"},
            "spec": {"selector": {"matchLabels": {"app": "redis"}}, "endpoints": [endpoint]},
        })
    };
    let weekdays = |days: &str| {
        json!({
            "apiVersion": "monitoring.coreos.com/v1alpha1",
            "kind": "AlertmanagerConfig",
            "metadata": {"name": "redis", "namespace": "monitoring"},
            "spec": {"muteTimeIntervals": [{"name": "a", "timeIntervals": [{"weekdays": [days]}]}]},
        })
    };
    let service = |port: Value| {
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": "redis", "namespace": "monitoring"},
            "spec": {"ports": [port]},
        })
    };
    let refused = |object: Value| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("object.yaml");
        // JSON is YAML.
        fs::write(&path, object.to_string()).expect("the folder is ours");
        let verdict = validator.verdict(&path);
        assert_eq!(verdict["counts"]["skipped"], 0, "{verdict:#}");
        verdict["counts"]["bad"] == 1
    };
    assert!(!refused(monitor(json!({"port": "redis-exporter"}))));
    assert!(refused(monitor(json!({"portName": "redis-exporter"}))));
    assert!(!refused(weekdays("Saturday")));
    // The flag ends with the group that it stands in.
    assert!(!refused(weekdays("Monday:friday")));
    assert!(refused(weekdays("monday:FRIDAY")));
    assert!(refused(weekdays("Restday")));
    assert!(!refused(service(json!({"name": "http", "port": 80}))));
    assert!(refused(service(
        json!({"name": "http", "number": 80, "port": 80})
    )));
    let mut unknown = monitor(json!({}));
    unknown["kind"] = json!("ServiceMonitors");
    assert!(refused(unknown));
}

struct Validator {
    python: PathBuf,
    script: PathBuf,
    crds: Vec<PathBuf>,
}

impl Validator {
    #[track_caller]
    fn found(crds: &[&str]) -> Option<Self> {
        Some(Self {
            python: tools::python()?,
            script: tools::data("crd_validate.py")?,
            crds: crds
                .iter()
                .map(|it| tools::data(it))
                .collect::<Option<_>>()?,
        })
    }

    fn verdict(&self, objects: &Path) -> Value {
        let mut command = Command::new(&self.python);
        command
            .arg(trees::root().join("tests/conformance/crd_validate.py"))
            .arg(&self.script)
            .args(["--json", "-q", "--k8s", "1.33"]);
        for folder in &self.crds {
            command.arg("--crds").arg(folder);
        }
        let said = run(command.arg(objects));
        let verdict: Value = serde_json::from_str(&said.stdout)
            .unwrap_or_else(|it| panic!("no verdict: {it}\n{}", said.stderr));
        let is_fine = verdict["errors"] == json!([]);
        assert_eq!(said.code, Some(i32::from(!is_fine)), "{}", said.stderr);
        verdict
    }
}
