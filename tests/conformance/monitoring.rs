//! What Prometheus and Alertmanager really export, and what Prometheus writes of a scrape and of an
//! alert, against the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use obsgen::catalog::{self, Circumstances, Exporter, Held};
use obsgen::value::version::Version;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::exposition::{self, Family, families};
use crate::lab::{Deadline, Process, free_port, get};
use crate::run::run;
use crate::tools;

/// What is in every program of Go, of which the catalog has what somebody may ask for.
const OF_GO: &str = "go_";

#[test]
fn alertmanager_exports_what_the_catalog_says() {
    if let Some(alertmanager) = tools::tool("alertmanager") {
        alertmanager_exports(&alertmanager);
    }
}

#[test]
fn the_next_alertmanager_exports_what_the_catalog_says() {
    if let Some(alertmanager) = tools::next_tool("alertmanager") {
        alertmanager_exports(&alertmanager);
    }
}

fn alertmanager_exports(program: &Path) {
    let version = version(program);
    for is_clustered in [false, true] {
        let (port, cluster) = (free_port(), free_port());
        let flag = match is_clustered {
            false => "cluster.listen-address=".to_owned(),
            true => format!("cluster.listen-address=127.0.0.1:{cluster}"),
        };
        let alertmanager = Alertmanager::start(program, port, &flag);
        let flags = [flag.as_str()];
        let known = Circumstances {
            flags: Some(&flags),
            exporter: Some(version),
            ..Circumstances::default()
        };
        // An integration is there once the configuration is loaded.
        let happened = ["alertmanager_notifications_total"];
        let wrong = compare(Exporter::Alertmanager, &known, &happened, || {
            families(&get(port, "/metrics").unwrap_or_default())
        });
        drop(alertmanager);
        assert!(
            wrong.is_empty(),
            "Alertmanager {version} with {flag}: {wrong:#?}"
        );
    }
}

#[test]
fn the_next_prometheus_exports_and_writes_what_the_catalog_says() {
    let (Some(program), Some(alertmanager)) =
        (tools::next_tool("prometheus"), tools::tool("alertmanager"))
    else {
        return;
    };
    let [port, alerts, nobody] = [(); 3].map(|()| free_port());
    let _alertmanager = Alertmanager::start(&alertmanager, alerts, "cluster.listen-address=");
    let folder = tempfile::tempdir().expect("a folder");
    let targets = |ports: &[u16]| {
        let addresses = ports.iter().map(|it| format!("127.0.0.1:{it}"));
        json!([{"targets": addresses.collect::<Vec<_>>()}])
    };
    let configuration = json!({
        "global": {"scrape_interval": "1s", "evaluation_interval": "1s"},
        "rule_files": ["rules.yaml"],
        "alerting": {"alertmanagers": [{"static_configs": targets(&[alerts])}]},
        "scrape_configs": [{"job_name": "some", "static_configs": targets(&[port, nobody])}],
    });
    let rules = json!({"groups": [{"name": "some", "rules": [
        {"alert": "Firing", "expr": "vector(1)", "labels": {"severity": "none"}},
        {"alert": "Pending", "expr": "vector(1)", "for": "1h"},
    ]}]});
    // JSON is YAML.
    for (name, content) in [("prometheus.yaml", configuration), ("rules.yaml", rules)] {
        fs::write(folder.path().join(name), content.to_string()).expect("the folder is ours");
    }
    let mut command = Command::new(&program);
    command
        .args(["--config.file=prometheus.yaml", "--storage.tsdb.path=data"])
        .arg(format!("--web.listen-address=127.0.0.1:{port}"))
        .current_dir(&folder);
    let _prometheus = Process::spawn(&mut command);

    let known = Circumstances {
        flags: Some(&[]),
        exporter: Some(version(&program)),
        ..Circumstances::default()
    };
    let happened = [
        "prometheus_notifications_sent_total",
        "prometheus_rule_evaluations_total",
        "prometheus_rule_group_rules",
        "prometheus_target_interval_length_seconds",
        "prometheus_target_scrape_pool_targets",
        "ALERTS",
        "ALERTS_FOR_STATE",
    ];
    let wrong = compare(Exporter::Prometheus, &known, &happened, || {
        let mut scraped = families(&get(port, "/metrics").unwrap_or_default());
        scraped.extend(written(port).unwrap_or_default());
        scraped
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert_eq!(
        of_target(port, nobody),
        of_target(port, port),
        "a target that does not answer has other metrics"
    );
}

/// Waits until everything is there that has to be, and that the test has brought about; returns
/// what is otherwise than the catalog says.
fn compare(
    exporter: Exporter,
    known: &Circumstances<'_>,
    happened: &[&str],
    scrape: impl Fn() -> BTreeMap<String, Family>,
) -> Vec<String> {
    let mut scraped = BTreeMap::new();
    let mut missing: BTreeSet<String> = BTreeSet::new();
    Deadline::in_seconds(60).met(|| {
        scraped = scrape();
        let demanded = exposition::missing(exporter, known, &scraped);
        missing = demanded.into_iter().map(str::to_owned).collect();
        let happened = happened.iter().filter(|it| !scraped.contains_key(**it));
        missing.extend(happened.map(|it| (*it).to_owned()));
        missing.is_empty()
    });
    scraped.retain(|name, _| !name.starts_with(OF_GO) || !catalog::metrics(name).is_empty());
    let missing = missing.iter().map(|it| format!("{it}: not there"));
    let unexpected = exposition::unexpected(exporter, known, &scraped);
    missing.chain(unexpected).collect()
}

/// What Prometheus writes by itself: of each scrape, without the labels of the target, and of each
/// alert.
fn written(port: u16) -> Option<BTreeMap<String, Family>> {
    let mut written: BTreeMap<String, Family> = BTreeMap::new();
    for series in series(port, "{__name__=~\"up|scrape_.*|ALERTS.*\"}")? {
        let series = series.as_object()?;
        let name = series["__name__"].as_str()?.to_owned();
        let family = written.entry(name.clone()).or_default();
        // The database does not keep types.
        "gauge".clone_into(&mut family.kind);
        let is_alert = name.starts_with("ALERTS");
        for label in series.keys() {
            match label.as_str() {
                "__name__" => {}
                "instance" | "job" if !is_alert => {}
                // A label of the alert itself.
                "severity" if is_alert => _ = family.labels.insert("*".to_owned()),
                _ => _ = family.labels.insert(label.clone()),
            }
        }
    }
    Some(written)
}

/// The metrics that Prometheus writes of one target by itself.
fn of_target(port: u16, target: u16) -> BTreeSet<String> {
    let selector = format!("{{__name__=~\"up|scrape_.*\",instance=\"127.0.0.1:{target}\"}}");
    let series = series(port, &selector).expect("Prometheus answers");
    let names: BTreeSet<String> = series
        .iter()
        .map(|it| it["__name__"].as_str().expect("a name").to_owned())
        .collect();
    let expected = catalog::of(Exporter::Prometheus)
        .filter(|it| it.name == "up" || it.name.starts_with("scrape_"))
        .filter(|it| it.held(&Circumstances::default()) == Held::Always);
    assert_eq!(names, expected.map(|it| it.name.to_owned()).collect());
    names
}

fn series(port: u16, selector: &str) -> Option<Vec<Value>> {
    let escaped: String = selector.bytes().map(|it| format!("%{it:02x}")).collect();
    let answer = get(port, &format!("/api/v1/series?match[]={escaped}")).ok()?;
    let answer: Value = serde_json::from_str(&answer).ok()?;
    answer["data"].as_array().cloned()
}

/// An Alertmanager that notifies nobody.
struct Alertmanager {
    _process: Process,
    _folder: TempDir,
}

impl Alertmanager {
    fn start(program: &Path, port: u16, cluster: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("alertmanager.yaml");
        let receiver = json!({"name": "one", "webhook_configs": [{"url": "http://127.0.0.1:1/"}]});
        let configuration = json!({"route": {"receiver": "one"}, "receivers": [receiver]});
        fs::write(&path, configuration.to_string()).expect("the folder is ours");
        let (program, templates) = unpacked(program, folder.path());
        let mut command = Command::new(program);
        command
            .arg(format!("--config.file={}", path.display()))
            .arg(format!(
                "--storage.path={}",
                folder.path().join("data").display()
            ))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            .arg(format!("--{cluster}"))
            .current_dir(templates);
        Self {
            _process: Process::spawn(&mut command),
            _folder: folder,
        }
    }
}

/// Returns a program and the folder to run it in. That of Debian looks for its templates where the
/// package installs them: one that is only unpacked becomes a copy that looks where it is run.
fn unpacked(program: &Path, folder: &Path) -> (PathBuf, PathBuf) {
    const TEMPLATES: &str = "/usr/share/prometheus/alertmanager";
    let program = program.canonicalize().expect("the program is there");
    let usr = program.ancestors().nth(2).expect("it is in usr/bin");
    let beside = usr.join("share/prometheus/alertmanager");
    if Path::new(TEMPLATES).exists() || !beside.exists() {
        return (program, folder.to_owned());
    }
    let mut bytes = fs::read(&program).expect("the program can be read");
    let mut at = 0;
    while let Some(found) = bytes[at..].iter().position(|it| *it == b'/') {
        at += found;
        if bytes[at..].starts_with(TEMPLATES.as_bytes()) {
            // As long as before: the program knows lengths, not ends.
            let here = "./".repeat(TEMPLATES.len() / 2);
            bytes[at..at + TEMPLATES.len()].copy_from_slice(here.as_bytes());
        }
        at += 1;
    }
    let copy = folder.join("alertmanager");
    fs::copy(&program, &copy).expect("the folder is ours");
    fs::write(&copy, bytes).expect("the folder is ours");
    (copy, beside)
}

/// Returns the version that a program says it has.
fn version(program: &Path) -> Version {
    let said = run(Command::new(program).arg("--version"));
    let text = format!("{}{}", said.stdout, said.stderr);
    let mut words = text.split_whitespace().skip_while(|it| *it != "version");
    let word = words.nth(1).expect("a version");
    let end = word.find(|it: char| !it.is_ascii_digit() && it != '.');
    Version::parse(&word[..end.unwrap_or(word.len())]).expect("a version")
}
