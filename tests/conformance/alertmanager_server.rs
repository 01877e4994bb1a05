//! An Alertmanager on a port of this machine, for as long as a test runs.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};
use std::{io, thread};

use serde_json::Value;
use tempfile::TempDir;

use crate::lab::{Process, free_port};

/// A running Alertmanager.
pub(crate) struct Server {
    // Dropped first to last: nothing writes any more when the folder goes.
    _process: Process,
    folder: TempDir,
    port: u16,
}

/// What it says of an alert.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    /// The receivers of the routes that take it.
    pub(crate) receivers: BTreeSet<String>,
    /// Whether another alert keeps it quiet.
    pub(crate) is_inhibited: bool,
    /// Whether it is one of a group of which times keep it quiet; known of groups only.
    pub(crate) is_muted: bool,
}

impl Server {
    /// Starts one with a configuration, and waits until it answers.
    pub(crate) fn start(program: &Path, configuration: &Value) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let path = path(folder.path());
        fs::write(&path, configuration.to_string()).expect("the folder is ours");
        let mut command = command(program, folder.path());
        command
            .arg(format!("--config.file={}", path.display()))
            .arg(format!("--storage.path={}", folder.path().display()))
            .arg(format!("--web.listen-address=127.0.0.1:{port}"))
            // No port for others of a cluster.
            .arg("--cluster.listen-address=");
        let server = Self {
            _process: Process::spawn(&mut command),
            folder,
            port,
        };
        let is_ready = || server.ask("GET", "/-/ready", "").is_ok();
        assert!(until(is_ready), "no Alertmanager answers");
        server
    }

    /// Gives it another configuration.
    pub(crate) fn reload(&self, configuration: &Value) {
        let path = path(self.folder.path());
        fs::write(path, configuration.to_string()).expect("the folder is ours");
        let answer = self.ask("POST", "/-/reload", "");
        assert!(answer.is_ok(), "{answer:?}: {configuration}");
    }

    /// Lets alerts fire, each an object of labels.
    pub(crate) fn fire(&self, alerts: &[Value]) {
        let alerts: Vec<Value> = alerts
            .iter()
            .map(|it| serde_json::json!({"labels": it}))
            .collect();
        let body = Value::Array(alerts).to_string();
        let answer = self.ask("POST", "/api/v2/alerts", &body);
        assert!(answer.is_ok(), "{answer:?}");
    }

    /// What it says of each alert whose label `round` is this, by its label `id`.
    pub(crate) fn told(&self, round: usize) -> Vec<(usize, Told)> {
        let path = format!("/api/v2/alerts?filter=round%3D%22{round}%22");
        let answer = self.ask("GET", &path, "").expect("alerts");
        let alerts: Vec<Value> = serde_json::from_str(&answer).expect("a list");
        alerts.iter().map(told).collect()
    }

    /// The same, from the groups, which know whether they are muted.
    pub(crate) fn told_by_group(&self, round: usize) -> Vec<(usize, Told)> {
        let path = format!("/api/v2/alerts/groups?filter=round%3D%22{round}%22");
        let answer = self.ask("GET", &path, "").expect("groups");
        let groups: Vec<Value> = serde_json::from_str(&answer).expect("a list");
        let alerts = groups.iter().flat_map(|it| it["alerts"].as_array());
        alerts.flatten().map(told).collect()
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> io::Result<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(20)))?;
        // HTTP/1.0 has no chunks, and the answer ends with the connection.
        write!(
            stream,
            "{method} {path} HTTP/1.0\r\nContent-Type: application/json\r\n\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        )?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        match answer.split_once("\r\n\r\n") {
            Some((head, body)) if head.contains(" 200 ") => Ok(body.to_owned()),
            _ => Err(io::Error::other(answer)),
        }
    }
}

/// The folder in which Debian's Alertmanager looks for its own templates, wherever it is unpacked.
const SHARE: &str = "/usr/share/prometheus";

/// Shows the folder $1 beside what is in `/usr/share`, to the rest of the command alone; $2 is a
/// folder of ours.
const BESIDE: &str = r#"
    mkdir "$2"; mount --rbind /usr/share "$2"; mount -t tmpfs none /usr/share
    for it in "$2"/*; do ln -s "$it" /usr/share/; done
    ln -s "$1" /usr/share/; shift 2; exec "$@"
"#;

/// The program, which sees its own folder in that place where the machine has none.
fn command(program: &Path, folder: &Path) -> Command {
    let program = program.canonicalize().expect("the program is there");
    let share = program
        .ancestors()
        .nth(2)
        .map(|it| it.join("share/prometheus"))
        .filter(|it| it.is_dir() && !Path::new(SHARE).exists());
    let Some(share) = share else {
        return Command::new(program);
    };
    let mut command = Command::new("unshare");
    command
        .args(["--map-root-user", "--mount", "sh", "-euc"])
        .arg(BESIDE)
        .arg("sh")
        .arg(share)
        .arg(folder.join("share"))
        .arg(program);
    command
}

/// Asks until something is so; returns whether it became so within ten seconds.
pub(crate) fn until(mut is_so: impl FnMut() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !is_so() {
        if Instant::now() > deadline {
            return false;
        }
        thread::sleep(Duration::from_millis(50));
    }
    true
}

fn path(folder: &Path) -> PathBuf {
    folder.join("alertmanager.yaml")
}

fn told(alert: &Value) -> (usize, Told) {
    let id = alert["labels"]["id"].as_str().expect("an id");
    let receivers = alert["receivers"].as_array().expect("receivers").iter();
    let names = receivers.map(|it| it["name"].as_str().expect("a name").to_owned());
    let is_any = |field: &str| {
        let list = alert["status"][field].as_array();
        list.is_some_and(|it| !it.is_empty())
    };
    let told = Told {
        receivers: names.collect(),
        is_inhibited: is_any("inhibitedBy"),
        is_muted: is_any("mutedBy"),
    };
    (id.parse().expect("a number"), told)
}
