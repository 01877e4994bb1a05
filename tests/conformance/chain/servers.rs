//! The Redis servers, Sentinels and exporters that the operator would start for the objects of a
//! stack, on ports of this machine.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::chain::scaled::list;
use crate::chain::world::{Owner, Pod, World};
use crate::lab::{Process, connect, free_port};

/// The value of every Secret with a password.
const PASSWORD: &str = "a-password-of-the-lab";

/// After how many milliseconds a Sentinel takes a server for down.
const DOWN_AFTER: u32 = 1500;

/// Who runs.
pub(super) struct Programs {
    pub(super) server: PathBuf,
    pub(super) sentinel: PathBuf,
    pub(super) exporter: PathBuf,
}

/// The pods of the stack, by name.
pub(super) struct Servers<'a> {
    programs: &'a Programs,
    pods: BTreeMap<String, Server>,
}

/// A pod with a Redis or a Sentinel, and its exporter.
struct Server {
    port: u16,
    exporter_port: u16,
    folder: PathBuf,
    configuration: PathBuf,
    is_sentinel: bool,
    environment: Vec<(String, String)>,
    redis: Option<Process>,
    exporter: Option<Process>,
}

impl<'a> Servers<'a> {
    /// Starts a server and an exporter for each pod of the stack.
    pub(super) fn start(
        programs: &'a Programs,
        objects: &[Value],
        world: &World,
        folder: &Path,
    ) -> Self {
        let mut servers = Self {
            programs,
            pods: BTreeMap::new(),
        };
        for pod in &world.pods {
            if let Some(Owner::Instance { name, component }) = &pod.owner {
                let object = resource(objects, &pod.namespace, name, component);
                let server = servers.prepare(objects, object, pod, name, folder);
                servers.pods.insert(pod.name.clone(), server);
                servers.start_redis(&pod.name);
                servers.start_exporter(&pod.name);
            }
        }
        servers
    }

    /// Writes what the server of a pod starts with.
    fn prepare(
        &self,
        objects: &[Value],
        object: &Value,
        pod: &Pod,
        instance: &str,
        folder: &Path,
    ) -> Server {
        let folder = folder.join(&pod.name);
        fs::create_dir(&folder).expect("the folder is ours");
        let configuration = folder.with_extension("conf");
        let spec = &object["spec"];
        let port = free_port();
        let primary = self.pods.get(&format!("{instance}-0")).map(|it| it.port);
        let is_sentinel = object["kind"] == "RedisSentinel";
        let mut text = format!("bind 127.0.0.1\nport {port}\ndir {}\n", folder.display());
        if is_sentinel {
            let primary = primary.expect("the servers come before their Sentinels");
            let config = &spec["redisSentinelConfig"];
            let quorum = config["quorum"].as_str().expect("a number as a text");
            let group = config["masterGroupName"].as_str().expect("a name");
            text += &format!(
                "sentinel monitor {group} 127.0.0.1 {primary} {quorum}\n\
                 sentinel auth-pass {group} {PASSWORD}\n\
                 sentinel down-after-milliseconds {group} {DOWN_AFTER}\n"
            );
        } else {
            // Snapshots are taken when the test says so.
            text += "save \"\"\nrepl-diskless-sync-delay 0\n";
            let wanted = spec["redisConfig"]["additionalRedisConfig"].as_str();
            let config = objects
                .iter()
                .find(|it| it["kind"] == "ConfigMap" && it["metadata"]["name"].as_str() == wanted)
                .expect("the resource names a ConfigMap");
            text += config["data"]["redis-additional.conf"]
                .as_str()
                .expect("directives");
            if let Some(primary) = primary {
                text += &format!("replicaof 127.0.0.1 {primary}\n");
            }
        }
        let mut environment: Vec<(String, String)> = list(&spec["redisExporter"]["env"])
            .map(|it| (text_of(&it["name"]), text_of(&it["value"])))
            .collect();
        environment.push(("REDIS_ADDR".to_owned(), format!("redis://127.0.0.1:{port}")));
        if spec["kubernetesConfig"]["redisSecret"].is_object() {
            text += &format!("requirepass {PASSWORD}\nmasterauth {PASSWORD}\n");
            environment.push(("REDIS_PASSWORD".to_owned(), PASSWORD.to_owned()));
        }
        // A Sentinel keeps what it knows in its configuration.
        fs::write(&configuration, text).expect("the folder is ours");
        Server {
            port,
            exporter_port: free_port(),
            folder,
            configuration,
            is_sentinel,
            environment,
            redis: None,
            exporter: None,
        }
    }

    pub(super) fn start_redis(&mut self, pod: &str) {
        let server = self.pods.get_mut(pod).expect("a pod of the stack");
        let mut command = match server.is_sentinel {
            true => Command::new(&self.programs.sentinel),
            false => Command::new(&self.programs.server),
        };
        command.arg(&server.configuration);
        if server.is_sentinel {
            command.arg("--sentinel");
        }
        server.redis = Some(Process::spawn(&mut command));
    }

    pub(super) fn start_exporter(&mut self, pod: &str) {
        let server = self.pods.get_mut(pod).expect("a pod of the stack");
        let mut command = Command::new(&self.programs.exporter);
        let address = format!("127.0.0.1:{}", server.exporter_port);
        command
            .env_clear()
            .envs(server.environment.iter().cloned())
            .env("REDIS_EXPORTER_WEB_LISTEN_ADDRESS", address);
        server.exporter = Some(Process::spawn(&mut command));
    }

    /// Kills a server as the kernel would.
    pub(super) fn kill_redis(&mut self, pod: &str) {
        self.pods.get_mut(pod).expect("a pod of the stack").redis = None;
    }

    pub(super) fn kill_exporter(&mut self, pod: &str) {
        self.pods.get_mut(pod).expect("a pod of the stack").exporter = None;
    }

    /// Where a server keeps its data.
    pub(super) fn folder(&self, pod: &str) -> &Path {
        &self.pods[pod].folder
    }

    /// Makes what a server starts with that of a replica.
    pub(super) fn follow(&self, pod: &str, primary: &str) {
        let path = &self.pods[pod].configuration;
        let text = fs::read_to_string(path).expect("it was written");
        let port = self.pods[primary].port;
        fs::write(path, format!("{text}replicaof 127.0.0.1 {port}\n")).expect("it is ours");
    }

    /// The port on which the exporter of a pod answers; nothing if the pod is none of the stack's.
    pub(super) fn exporter_port(&self, pod: &str) -> Option<u16> {
        self.pods.get(pod).map(|it| it.exporter_port)
    }

    /// Somebody who talks to a server.
    pub(super) fn client(&self, pod: &str) -> Client {
        let server = &self.pods[pod];
        let login = match server.is_sentinel {
            true => String::new(),
            false => format!("AUTH {PASSWORD}\r\n"),
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
        self.pods.iter().all(|(pod, server)| {
            if server.is_sentinel {
                let sentinels = self.pods.values().filter(|it| it.is_sentinel).count();
                let quorum = format!("OK {sentinels} usable");
                return self
                    .ask(pod, "SENTINEL CKQUORUM mymaster")
                    .contains(&quorum);
            }
            let said = self.ask(pod, "INFO replication");
            said.contains("role:master") || said.contains("master_link_status:up")
        })
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

/// The resource that an instance, or its Sentinels, are made of.
fn resource<'a>(objects: &'a [Value], namespace: &str, name: &str, component: &str) -> &'a Value {
    let kinds: &[&str] = match component {
        "sentinel" => &["RedisSentinel"],
        _ => &["Redis", "RedisReplication"],
    };
    let is_it = |it: &&Value| {
        let metadata = &it["metadata"];
        kinds.iter().any(|kind| it["kind"] == *kind)
            && metadata["namespace"] == namespace
            && metadata["name"] == name
    };
    objects.iter().find(is_it).expect("the instance is there")
}

fn text_of(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}
