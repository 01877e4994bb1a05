//! Prometheus and Alertmanager with the configurations that a stack means, as their operator writes
//! them, and all times divided.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::chain::monitors::{self, ENDPOINTS, PODS};
use crate::chain::recorder::Recorder;
use crate::chain::scaled::{Factor, list};
use crate::chain::world::{Pod, World};
use crate::lab::{Process, connect, free_port, get};
use crate::run::uncomplaining;

const RULES: &str = "rules.json";

/// Who watches.
pub(super) struct Programs {
    pub(super) prometheus: PathBuf,
    pub(super) alertmanager: PathBuf,
}

/// What they are to do.
pub(super) struct Configuration<'a> {
    pub(super) objects: &'a [Value],
    /// The addresses of Services, and where they lead to.
    pub(super) names: &'a [(&'a str, String)],
    /// What Alertmanager reads.
    pub(super) notifications: Value,
    pub(super) recorder: &'a Recorder,
    pub(super) factor: Factor,
}

/// The two, and where their configurations are.
pub(super) struct Monitoring {
    _processes: [Process; 2],
    folder: PathBuf,
    prometheus: u16,
    alertmanager: u16,
    configuration: Value,
}

impl Monitoring {
    /// Starts both. Prometheus has no rules yet: it takes up to ten seconds, whatever the factor, to
    /// scrape what it discovers, and meanwhile everything would be absent.
    pub(super) fn start(programs: &Programs, of: Configuration<'_>, folder: &Path) -> Self {
        let Configuration {
            objects,
            names,
            notifications,
            recorder,
            factor,
        } = of;
        let [prometheus, alertmanager] = [(); 2].map(|()| free_port());
        let jobs: Vec<Value> = objects
            .iter()
            .filter(|it| it["kind"] == "ServiceMonitor" || it["kind"] == "PodMonitor")
            .flat_map(|it| monitors::jobs(it, names, factor))
            .collect();
        let configuration = json!({
            "global": {
                "external_labels": {
                    "prometheus": "monitoring/main",
                    "prometheus_replica": "prometheus-main-0",
                },
            },
            "alerting": {
                "alert_relabel_configs": [{ "action": "labeldrop", "regex": "prometheus_replica" }],
                "alertmanagers": [{
                    "static_configs": [{ "targets": [format!("127.0.0.1:{alertmanager}")] }],
                }],
            },
            "scrape_configs": jobs,
        });
        let rules: Vec<&Value> = objects
            .iter()
            .filter(|it| it["kind"] == "PrometheusRule")
            .collect();
        write(folder, RULES, &factor.rules(&rules));
        write(folder, "prometheus.json", &configuration);
        let told = recorded(notifications, recorder, factor);
        write(folder, "alertmanager.json", &told);

        let mut command = Command::new(at_home(&programs.alertmanager, folder));
        command
            .arg("--config.file=alertmanager.json")
            .arg(format!("--web.listen-address=127.0.0.1:{alertmanager}"))
            .args(["--cluster.listen-address=", "--storage.path=alertmanager"])
            .args(["--log.level=warn"])
            .current_dir(folder);
        let first = Process::logged(&mut command, &folder.join("alertmanager.log"));
        let mut command = Command::new(&programs.prometheus);
        command
            .arg("--config.file=prometheus.json")
            .arg(format!("--web.listen-address=127.0.0.1:{prometheus}"))
            .args(["--storage.tsdb.path=prometheus", "--web.enable-lifecycle"])
            .args(["--log.level=warn"])
            // Their defaults, divided too.
            .arg(format!("--query.lookback-delta={}", factor.duration("5m")))
            .arg(format!(
                "--rules.alert.resend-delay={}",
                factor.duration("1m")
            ))
            .current_dir(folder);
        let second = Process::logged(&mut command, &folder.join("prometheus.log"));
        Self {
            _processes: [first, second],
            folder: folder.to_owned(),
            prometheus,
            alertmanager,
            configuration,
        }
    }

    /// Tells Prometheus what is there.
    pub(super) fn discover(folder: &Path, world: &World, address: impl Fn(&Pod, u16) -> String) {
        // Prometheus may be reading: it must never see a part of a file.
        for (name, targets) in [
            (ENDPOINTS, monitors::endpoints(world, &address)),
            (PODS, monitors::pods(world, &address)),
        ] {
            write(folder, &format!("{name}.new"), &targets);
            fs::rename(folder.join(format!("{name}.new")), folder.join(name)).expect("it is ours");
        }
    }

    /// Gives Prometheus the rules; returns whether it has taken them.
    pub(super) fn load_rules(&self) -> bool {
        let mut configuration = self.configuration.clone();
        configuration["rule_files"] = json!([RULES]);
        write(&self.folder, "prometheus.json", &configuration);
        post(self.prometheus, "/-/reload").contains(" 200 ")
    }

    /// How many targets Prometheus scrapes with success, and how many there are.
    pub(super) fn targets(&self) -> (usize, usize) {
        let answer = ask(self.prometheus, "/api/v1/targets?state=active");
        let all: Vec<&Value> = list(&answer["data"]["activeTargets"]).collect();
        let up = all.iter().filter(|it| it["health"] == "up").count();
        (up, all.len())
    }

    /// Returns whether an expression, encoded for an address, has a result.
    pub(super) fn is_so(&self, expression: &str) -> bool {
        let answer = ask(
            self.prometheus,
            &format!("/api/v1/query?query={expression}"),
        );
        list(&answer["data"]["result"]).next().is_some()
    }

    /// The alerts that fire, as Prometheus has them.
    pub(super) fn firing(&self) -> Vec<Value> {
        let answer = ask(self.prometheus, "/api/v1/alerts");
        let alerts = list(&answer["data"]["alerts"]);
        let firing = alerts.filter(|it| it["state"] == "firing");
        firing.map(|it| it["labels"].clone()).collect()
    }

    /// The alerts that another one inhibits, as Alertmanager has them.
    pub(super) fn inhibited(&self) -> Vec<Value> {
        let answer = ask(self.alertmanager, "/api/v2/alerts");
        let inhibited = list(&answer).filter(|it| list(&it["status"]["inhibitedBy"]).count() > 0);
        inhibited.map(|it| it["labels"].clone()).collect()
    }

    /// What both complained about.
    pub(super) fn complaints(&self) -> String {
        ["prometheus.log", "alertmanager.log"]
            .map(|it| fs::read_to_string(self.folder.join(it)).unwrap_or_default())
            .concat()
    }
}

/// The configuration of Alertmanager with each integration replaced by a webhook to the recorder,
/// which keeps whether resolved alerts are told; and with all times divided.
fn recorded(mut configuration: Value, recorder: &Recorder, factor: Factor) -> Value {
    factor.route(&mut configuration["route"]);
    let receivers = configuration["receivers"].as_array_mut();
    for receiver in receivers.expect("receivers") {
        let name = receiver["name"].as_str().expect("a name").to_owned();
        let mut hooks = Vec::new();
        for (kind, integrations) in receiver.as_object().into_iter().flatten() {
            let Some(kind) = kind.strip_suffix("_configs") else {
                continue;
            };
            // Their defaults in Alertmanager.
            let resolved = !matches!(kind, "email" | "slack" | "wechat");
            for integration in list(integrations) {
                hooks.push(json!({
                    "url": recorder.url(&name, kind),
                    "send_resolved": integration["send_resolved"].as_bool().unwrap_or(resolved),
                }));
            }
        }
        *receiver = json!({ "name": name, "webhook_configs": hooks });
    }
    configuration
}

/// Returns an Alertmanager that starts in a folder.
///
/// Debian's reads its default templates from where its package would be installed. This one is only
/// unpacked, so a copy is made that reads them from the folder that it is started in.
fn at_home(alertmanager: &Path, folder: &Path) -> PathBuf {
    const INSTALLED: &str = "/usr/share/prometheus/alertmanager";
    let program = fs::canonicalize(alertmanager).expect("it is there");
    let unpacked = program.parent().and_then(Path::parent);
    let templates = unpacked.map(|it| it.join("share/prometheus/alertmanager"));
    let Some(templates) = templates.filter(|it| it.join("default.tmpl").is_file()) else {
        return program;
    };
    for name in ["default.tmpl", "email.tmpl"] {
        fs::copy(templates.join(name), folder.join(name)).expect("it was unpacked");
    }
    // As long as the other.
    let here = format!(".{}", "/".repeat(INSTALLED.len() - 1));
    let copy = folder.join("alertmanager.copy");
    // A file that this process has written could still be open in another child when it is started.
    let script = format!("LC_ALL=C sed 's|{INSTALLED}|{here}|g' \"$1\" >\"$2\" && chmod +x \"$2\"");
    uncomplaining(
        Command::new("sh")
            .args(["-c", &script, "sh"])
            .args([&program, &copy]),
    );
    copy
}

fn write(folder: &Path, name: &str, value: &Value) {
    // JSON is YAML.
    fs::write(folder.join(name), value.to_string()).expect("the folder is ours");
}

/// Returns what an API answers, or null as long as it does not.
fn ask(port: u16, path: &str) -> Value {
    let answer = get(port, path).unwrap_or_default();
    serde_json::from_str(&answer).unwrap_or_default()
}

fn post(port: u16, path: &str) -> String {
    let post = || {
        let mut stream = connect(port)?;
        write!(stream, "POST {path} HTTP/1.0\r\nContent-Length: 0\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map(|_| answer)
    };
    post().unwrap_or_default()
}
