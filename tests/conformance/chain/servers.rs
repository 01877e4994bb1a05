//! The Redis servers, Sentinels and exporters of a stack, on ports of this machine.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::chain::operators::{self, Operator, PASSWORD, Ports, is_ours};
use crate::chain::world::World;
use crate::lab::{Process, connect, free_port};

/// Who runs.
pub(super) struct Programs {
    pub(super) server: PathBuf,
    pub(super) sentinel: PathBuf,
    pub(super) exporter: PathBuf,
}

/// All that the operator starts.
pub(super) struct Servers<'a> {
    programs: &'a Programs,
    servers: BTreeMap<String, Server>,
    exporters: BTreeMap<String, Exporter>,
}

/// A Redis or a Sentinel.
struct Server {
    port: u16,
    folder: PathBuf,
    configuration: PathBuf,
    is_sentinel: bool,
    has_password: bool,
    process: Option<Process>,
}

struct Exporter {
    port: u16,
    environment: Vec<(String, String)>,
    process: Option<Process>,
}

impl<'a> Servers<'a> {
    /// Starts a server for each pod of the stack, and the exporters.
    pub(super) fn start(
        programs: &'a Programs,
        operator: &Operator,
        objects: &[Value],
        world: &World,
        folder: &Path,
    ) -> Self {
        let ours: Vec<_> = world.pods.iter().filter(|it| is_ours(it)).collect();
        let ports: Ports = ours
            .iter()
            .map(|it| (it.name.clone(), free_port()))
            .collect();
        let mut servers = BTreeMap::new();
        for pod in ours {
            let plan = (operator.server)(objects, pod, &ports);
            let server = Server {
                port: ports[&pod.name],
                folder: folder.join(&pod.name),
                configuration: folder.join(format!("{}.conf", pod.name)),
                is_sentinel: plan.is_sentinel,
                has_password: plan.has_password,
                process: None,
            };
            server.prepare(&plan.directives);
            servers.insert(pod.name.clone(), server);
        }
        let exporter = |it: operators::Exporter| {
            let exporter = Exporter {
                port: free_port(),
                environment: it.environment,
                process: None,
            };
            (it.name, exporter)
        };
        let exporters = (operator.exporters)(objects, world, &ports);
        let mut all = Self {
            programs,
            servers,
            exporters: exporters.into_iter().map(exporter).collect(),
        };
        for pod in ports.keys() {
            all.start_redis(pod);
        }
        for name in all.exporters.keys().cloned().collect::<Vec<_>>() {
            all.start_exporter(&name);
        }
        all
    }

    pub(super) fn start_redis(&mut self, pod: &str) {
        let server = self.servers.get_mut(pod).expect("a pod of the stack");
        let mut command = match server.is_sentinel {
            true => Command::new(&self.programs.sentinel),
            false => Command::new(&self.programs.server),
        };
        command.arg(&server.configuration);
        if server.is_sentinel {
            command.arg("--sentinel");
        }
        server.process = Some(Process::spawn(&mut command));
    }

    pub(super) fn start_exporter(&mut self, name: &str) {
        let exporter = self.exporters.get_mut(name).expect("it exports");
        let mut command = Command::new(&self.programs.exporter);
        let address = format!("127.0.0.1:{}", exporter.port);
        command
            .env_clear()
            .envs(exporter.environment.iter().cloned())
            .env("REDIS_EXPORTER_WEB_LISTEN_ADDRESS", address);
        exporter.process = Some(Process::spawn(&mut command));
    }

    /// Kills a server as the kernel would.
    pub(super) fn kill_redis(&mut self, pod: &str) {
        let server = self.servers.get_mut(pod).expect("a pod of the stack");
        server.process = None;
    }

    pub(super) fn kill_exporter(&mut self, name: &str) {
        let exporter = self.exporters.get_mut(name).expect("it exports");
        exporter.process = None;
    }

    /// Where a server keeps its data.
    pub(super) fn folder(&self, pod: &str) -> &Path {
        &self.servers[pod].folder
    }

    /// Makes what a server starts with that of a replica.
    pub(super) fn follow(&self, pod: &str, primary: &str) {
        let path = &self.servers[pod].configuration;
        let text = fs::read_to_string(path).expect("it was written");
        let port = self.servers[primary].port;
        fs::write(path, format!("{text}replicaof 127.0.0.1 {port}\n")).expect("it is ours");
    }

    /// Where Prometheus finds a pod: at its exporter where it has one of its own, else at its server.
    /// Nothing if the pod is none of the stack's.
    pub(super) fn address(&self, pod: &str) -> Option<String> {
        let exporter = self.exporters.get(pod).map(|it| it.port);
        let port = exporter.or_else(|| self.servers.get(pod).map(|it| it.port));
        port.map(local)
    }

    /// The addresses of Services, and where they lead to.
    pub(super) fn names(&self) -> impl Iterator<Item = (&str, String)> {
        let exporters = self.exporters.iter().filter(|(name, _)| name.contains(':'));
        exporters.map(|(name, it)| (name.as_str(), local(it.port)))
    }

    /// Somebody who talks to a server.
    pub(super) fn client(&self, pod: &str) -> Client {
        let server = &self.servers[pod];
        let login = match server.has_password {
            true => format!("AUTH {PASSWORD}\r\n"),
            false => String::new(),
        };
        Client {
            port: server.port,
            login,
        }
    }

    /// Returns what a server says to a command, or nothing if it does not answer.
    pub(super) fn ask(&self, pod: &str, command: &str) -> String {
        self.client(pod).ask(command)
    }

    /// Returns whether every server answers, every replica follows, and all Sentinels agree.
    pub(super) fn are_ready(&self) -> bool {
        let sentinels = self.servers.values().filter(|it| it.is_sentinel).count();
        let agreed = format!("OK {sentinels} usable");
        self.servers.iter().all(|(pod, server)| {
            if server.is_sentinel {
                let said = self.ask(pod, "SENTINEL CKQUORUM mymaster");
                return said.contains(&agreed);
            }
            let said = self.ask(pod, "INFO replication");
            said.contains("role:master") || said.contains("master_link_status:up")
        })
    }
}

impl Server {
    /// Writes what it starts with. A Sentinel keeps there what it knows.
    fn prepare(&self, directives: &str) {
        let mut text = format!(
            "bind 127.0.0.1\nport {}\ndir {}\n{directives}",
            self.port,
            self.folder.display()
        );
        if !self.is_sentinel {
            // Snapshots are taken when the test says so, and no replica waits for others.
            text += "save \"\"\nrepl-diskless-sync-delay 0\n";
        }
        if self.has_password {
            text += &format!("requirepass {PASSWORD}\nmasterauth {PASSWORD}\n");
        }
        fs::create_dir(&self.folder).expect("the folder is ours");
        fs::write(&self.configuration, text).expect("the folder is ours");
    }
}

/// Somebody who talks to a server.
pub(super) struct Client {
    port: u16,
    login: String,
}

impl Client {
    /// Returns what the server says to a command, or nothing if it does not answer.
    pub(super) fn ask(&self, command: &str) -> String {
        let ask = || {
            let mut stream = connect(self.port)?;
            write!(stream, "{}{command}\r\n", self.login)?;
            // A Sentinel knows no QUIT.
            stream.shutdown(Shutdown::Write)?;
            let mut answer = String::new();
            stream.read_to_string(&mut answer).map(|_| answer)
        };
        ask().unwrap_or_default()
    }

    /// Opens connections that do nothing. The server may refuse some of them.
    pub(super) fn open(&self, connections: usize) -> Vec<TcpStream> {
        let connect = |_| connect(self.port).ok();
        (0..connections).filter_map(connect).collect()
    }
}

fn local(port: u16) -> String {
    format!("127.0.0.1:{port}")
}
