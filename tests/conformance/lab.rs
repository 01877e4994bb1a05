//! Redis in every topology and exporters in front of all, on ports of this machine, for as long as a
//! test runs.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{fmt, fs, io, process};

use obsgen::catalog::redis_config::Release;
use obsgen::catalog::{Circumstances, Role, Target};
use obsgen::value::image::Image;
use obsgen::value::version::Version;
use tempfile::TempDir;

/// Who runs in a laboratory.
pub(crate) struct Programs {
    pub(crate) server: PathBuf,
    pub(crate) sentinel: PathBuf,
    pub(crate) client: PathBuf,
    pub(crate) exporter: PathBuf,
}

/// A Redis alone, one with a replica and two Sentinels, a cluster of six, and exporters with other
/// flags each.
pub(crate) struct Lab {
    // Dropped first to last: nothing writes any more when the folder goes.
    _processes: Vec<Process>,
    _folder: TempDir,
    deadline: Deadline,
    exporters: Vec<(u16, &'static [&'static str])>,
    spots: Vec<Spot>,
    /// The version of Redis.
    pub(crate) version: String,
    exporter_version: Version,
}

impl fmt::Display for Scrape {
    /// What was asked about, and the first flag that tells the exporter from the others.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flag = self.flags.first().copied().unwrap_or("no flag");
        write!(f, "{} with {flag}", self.spot.name)
    }
}

/// Flags that exporters run with: those that add a metric, and those that take one away.
const FLAGS: [&[&str]; 3] = [
    &[],
    &[
        "check-key-groups=^(.*)$",
        "check-keys=db0=so*",
        "check-single-streams=db0=log",
        "count-keys=db0=so*",
        "export-client-list",
        "include-config-metrics",
        "include-modules-metrics",
        "include-rdb-file-size-metric",
        "include-sentinel-peer-info",
        "include-system-metrics",
        "ping-on-connect",
    ],
    &[
        "config-command=-",
        "exclude-latency-histogram-metrics",
        "redis-only-metrics",
    ],
];

/// Something that an exporter is asked about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spot {
    pub(crate) name: &'static str,
    port: Option<u16>,
    target: Target,
    role: Option<Role>,
    is_cluster: bool,
    appendonly: bool,
}

/// What an exporter said about a spot.
pub(crate) struct Scrape {
    pub(crate) spot: Spot,
    pub(crate) flags: &'static [&'static str],
    pub(crate) text: String,
}

impl Lab {
    /// Starts everything and waits until it answers.
    pub(crate) fn start(programs: &Programs) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let deadline = Deadline::in_seconds(60);
        let [alone, primary, replica, nobody] = [(); 4].map(|()| free_port());
        let [sentinel, other_sentinel] = [(); 2].map(|()| free_port());
        let nodes = [(); 6].map(|()| free_port());

        let mut start = Start {
            programs,
            folder: folder.path(),
            processes: Vec::new(),
        };
        start.redis(alone, &["--appendonly", "yes"]);
        start.redis(primary, &[]);
        start.redis(replica, &["--replicaof", "127.0.0.1", &primary.to_string()]);
        for node in nodes {
            let bus = free_port().to_string();
            start.redis(node, &["--cluster-enabled", "yes", "--cluster-port", &bus]);
        }
        for port in [sentinel, other_sentinel] {
            start.sentinel(port, primary);
        }
        let exporters = FLAGS.map(|flags| (free_port(), flags));
        for (port, flags) in exporters {
            start.exporter(port, flags);
        }
        let processes = start.processes;

        for port in [alone, primary, replica, sentinel].into_iter().chain(nodes) {
            let answers = || ask(port, "PING\r\n").is_ok_and(|it| it.starts_with("+PONG"));
            assert!(deadline.met(answers), "no server on port {port}");
        }
        for (port, flags) in exporters {
            let answers = || get(port, "/health").is_ok();
            assert!(deadline.met(answers), "no exporter with {flags:?}");
        }
        for port in [alone, primary] {
            ask(port, "SET some text EX 1000\r\n").expect("Redis answers");
            ask(port, "XADD log * a b\r\n").expect("Redis answers");
            ask(port, "XGROUP CREATE log readers 0\r\n").expect("Redis answers");
        }
        join(&programs.client, &nodes, folder.path(), &deadline);

        let server = Spot {
            name: "",
            port: None,
            target: Target::Server,
            role: None,
            is_cluster: false,
            appendonly: false,
        };
        let on = |name, port, role| Spot {
            name,
            port: Some(port),
            role: Some(role),
            ..server
        };
        let other = |name, port, target| Spot {
            name,
            port,
            target,
            ..server
        };
        let mut spots = vec![
            other("the exporter itself", None, Target::Itself),
            other("nobody", Some(nobody), Target::Silent),
            other("a Sentinel", Some(sentinel), Target::Sentinel),
            Spot {
                appendonly: true,
                ..on("a server alone", alone, Role::Primary)
            },
            on("a primary", primary, Role::Primary),
            on("a replica", replica, Role::Replica),
        ];
        spots.extend(nodes.map(|port| Spot {
            is_cluster: true,
            ..match told(port, "role").as_str() {
                "master" => on("a primary of a cluster", port, Role::Primary),
                _ => on("a replica of a cluster", port, Role::Replica),
            }
        }));
        Self {
            version: told(alone, "redis_version"),
            exporter_version: exporter_version(exporters[0].0),
            _processes: processes,
            _folder: folder,
            deadline,
            exporters: exporters.to_vec(),
            spots,
        }
    }

    /// What is known of a spot that an exporter with some flags is asked about.
    pub(crate) fn circumstances<'a>(
        &self,
        spot: &Spot,
        flags: &'a [&'a str],
        config: &'a BTreeMap<String, String>,
    ) -> Circumstances<'a> {
        let image = Image::parse(&format!("redis:{}", self.version)).expect("a version");
        Circumstances {
            target: spot.target,
            redis: Release::of(&image),
            role: spot.role,
            is_cluster: spot.is_cluster,
            appendonly: Some(spot.appendonly),
            config: Some(config),
            flags: Some(flags),
            exporter: Some(self.exporter_version),
        }
    }

    /// Polls until something is so; returns whether it became so in time.
    pub(crate) fn becomes(&self, is_so: impl FnMut() -> bool) -> bool {
        self.deadline.met(is_so)
    }

    /// What each exporter tells of itself and of each spot.
    pub(crate) fn scrape(&self) -> Vec<Scrape> {
        let mut scrapes = Vec::new();
        for (exporter, flags) in &self.exporters {
            for spot in &self.spots {
                let path = match spot.port {
                    None => "/metrics".to_owned(),
                    Some(port) => format!("/scrape?target=127.0.0.1:{port}"),
                };
                scrapes.push(Scrape {
                    spot: *spot,
                    flags,
                    text: get(*exporter, &path).expect("the exporter answers"),
                });
            }
        }
        scrapes
    }
}

/// Returns the version that an exporter says it has.
fn exporter_version(port: u16) -> Version {
    let page = get(port, "/metrics").expect("the exporter answers");
    let mut lines = page.lines();
    let info = lines.find(|it| it.starts_with("redis_exporter_build_info{"));
    let version = info.and_then(|it| it.split_once(",version=\""));
    let (_, version) = version.expect("the exporter tells its version");
    let end = version.find(|it: char| !it.is_ascii_digit() && it != '.');
    Version::parse(&version[..end.unwrap_or(version.len())]).expect("a version")
}

/// Returns a value of what a server tells of itself.
fn told(port: u16, field: &str) -> String {
    let info = ask(port, "INFO\r\n").expect("Redis answers");
    let mut lines = info.lines();
    let value = lines.find_map(|it| it.strip_prefix(field)?.strip_prefix(':'));
    value.expect("Redis tells it").trim().to_owned()
}

/// A moment after which nothing is waited for.
pub(crate) struct Deadline(pub(crate) Instant);

impl Deadline {
    /// The end of so many seconds.
    pub(crate) fn in_seconds(seconds: u64) -> Self {
        Self(Instant::now() + Duration::from_secs(seconds))
    }

    /// Polls until something is so; returns whether it became so in time.
    pub(crate) fn met(&self, mut is_so: impl FnMut() -> bool) -> bool {
        while !is_so() {
            if Instant::now() > self.0 {
                return false;
            }
            thread::sleep(Duration::from_millis(50));
        }
        true
    }
}

struct Start<'a> {
    programs: &'a Programs,
    folder: &'a Path,
    processes: Vec<Process>,
}

impl Start<'_> {
    fn redis(&mut self, port: u16, arguments: &[&str]) {
        let folder = self.folder.join(port.to_string());
        fs::create_dir(&folder).expect("the folder is ours");
        let mut command = Command::new(&self.programs.server);
        command
            .args(["--bind", "127.0.0.1", "--port", &port.to_string()])
            .args(["--save", "", "--repl-diskless-sync-delay", "0"])
            .args(["--cluster-node-timeout", "5000"])
            .args(arguments)
            .current_dir(folder);
        self.spawn(&mut command);
    }

    fn sentinel(&mut self, port: u16, primary: u16) {
        // A Sentinel keeps what it knows in its configuration.
        let path = self.folder.join(format!("sentinel-{port}.conf"));
        let text = format!(
            "bind 127.0.0.1\nport {port}\nsentinel monitor mymaster 127.0.0.1 {primary} 1\n"
        );
        fs::write(&path, text).expect("the folder is ours");
        let mut command = Command::new(&self.programs.sentinel);
        command.arg(path).arg("--sentinel").current_dir(self.folder);
        self.spawn(&mut command);
    }

    fn exporter(&mut self, port: u16, flags: &[&str]) {
        let mut command = Command::new(&self.programs.exporter);
        // As the stacks run it: every target is named by the scrape.
        command
            .args(["--web.listen-address", &format!("127.0.0.1:{port}")])
            .args(flags.iter().map(|it| format!("--{it}")))
            .env_clear()
            .env("REDIS_ADDR", "");
        self.spawn(&mut command);
    }

    fn spawn(&mut self, command: &mut Command) {
        self.processes.push(Process::spawn(command));
    }
}

/// A process that ends with its owner.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn spawn(command: &mut Command) -> Self {
        command.stderr(Stdio::null());
        Self::start(command)
    }

    /// Keeps what it complains about in a file.
    pub(crate) fn logged(command: &mut Command, log: &Path) -> Self {
        command.stderr(File::create(log).expect("the folder is ours"));
        Self::start(command)
    }

    fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.spawn();
        Self(child.unwrap_or_else(|it| panic!("{command:?} does not start: {it}")))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended before.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Makes a cluster of the nodes: three masters with a replica each.
fn join(client: &Path, nodes: &[u16], folder: &Path, deadline: &Deadline) {
    let path = folder.join("join.log");
    let log = File::create(&path).expect("the folder is ours");
    let mut command = Command::new(client);
    command
        .args(["--cluster", "create"])
        .args(nodes.iter().map(|it| format!("127.0.0.1:{it}")))
        .args(["--cluster-replicas", "1", "--cluster-yes"])
        .stdin(Stdio::null())
        .stdout(log);
    let mut process = Process(command.spawn().expect("the client starts"));
    // It waits for ever for nodes that do not meet.
    let mut status = None;
    deadline.met(|| {
        status = process.0.try_wait().expect("it is ours");
        status.is_some()
    });
    assert!(
        status.is_some_and(|it| it.success()),
        "no cluster: {}",
        fs::read_to_string(&path).unwrap_or_default()
    );
    for node in nodes {
        let is_joined =
            || ask(*node, "CLUSTER INFO\r\n").is_ok_and(|it| it.contains("cluster_state:ok"));
        assert!(deadline.met(is_joined), "no cluster");
    }
}

/// Returns a port that nobody listens on, another one each time. None is of those that connections
/// are given, so that none is taken before its server starts.
pub(crate) fn free_port() -> u16 {
    static TRIED: AtomicU32 = AtomicU32::new(0);
    loop {
        let first = process::id().wrapping_mul(37);
        let next = first.wrapping_add(TRIED.fetch_add(1, Ordering::Relaxed)) % 12_000;
        let port = 20_000 + u16::try_from(next).expect("below 12,000");
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Returns the beginning of what Redis answers, which is all of it where it is short.
fn ask(port: u16, question: &str) -> io::Result<String> {
    let mut stream = connect(port)?;
    stream.write_all(question.as_bytes())?;
    let mut answer = vec![0; 16 * 1024];
    let length = stream.read(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer[..length]).into_owned())
}

/// Returns what a server on this machine answers to a request.
pub(crate) fn get(port: u16, path: &str) -> io::Result<String> {
    let mut stream = connect(port)?;
    // HTTP/1.0 has no chunks, and the answer ends with the connection.
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    match answer.split_once("\r\n\r\n") {
        Some((head, body)) if head.contains(" 200 ") => Ok(body.to_owned()),
        _ => Err(io::Error::other(answer)),
    }
}

pub(crate) fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}
