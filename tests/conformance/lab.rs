//! Redis in every topology and one exporter in front of all, on ports of this machine, for as long
//! as a test runs.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use std::{fs, io, process};

use tempfile::TempDir;

/// Who runs in a laboratory.
pub(crate) struct Programs {
    pub(crate) server: PathBuf,
    pub(crate) sentinel: PathBuf,
    pub(crate) client: PathBuf,
    pub(crate) exporter: PathBuf,
}

/// A Redis alone, one with a replica and a Sentinel, a cluster of six, and the exporter.
pub(crate) struct Lab {
    // Dropped first to last: nothing writes any more when the folder goes.
    _processes: Vec<Process>,
    _folder: TempDir,
    deadline: Deadline,
    exporter: u16,
    targets: Vec<u16>,
    /// The version of Redis.
    pub(crate) version: String,
}

impl Lab {
    /// Starts everything and waits until it answers.
    pub(crate) fn start(programs: &Programs) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let deadline = Deadline(Instant::now() + Duration::from_secs(30));
        let [alone, primary, replica, sentinel, exporter] = [(); 5].map(|()| free_port());
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
        start.sentinel(sentinel, primary);
        start.exporter(exporter);
        let processes = start.processes;

        let mut targets = vec![alone, primary, replica, sentinel];
        targets.extend(nodes);
        for port in &targets {
            let answers = || ask(*port, "PING\r\n").is_ok_and(|it| it.starts_with("+PONG"));
            assert!(deadline.met(answers), "no server on port {port}");
        }
        assert!(
            deadline.met(|| get(exporter, "/health").is_ok()),
            "no exporter"
        );
        for port in [alone, primary] {
            ask(port, "SET some text EX 1000\r\n").expect("Redis answers");
        }
        join(&programs.client, &nodes, folder.path(), &deadline);
        let info = ask(alone, "INFO server\r\n").expect("Redis answers");
        let version = info
            .lines()
            .find_map(|it| it.strip_prefix("redis_version:"))
            .expect("Redis tells its version");
        Self {
            version: version.trim().to_owned(),
            _processes: processes,
            _folder: folder,
            deadline,
            exporter,
            targets,
        }
    }

    /// Polls until something is so; returns whether it became so in time.
    pub(crate) fn becomes(&self, is_so: impl FnMut() -> bool) -> bool {
        self.deadline.met(is_so)
    }

    /// What the exporter tells of itself and of each target.
    pub(crate) fn scrape(&self) -> Vec<String> {
        let of_target = |it: &u16| format!("/scrape?target=127.0.0.1:{it}");
        let paths = self.targets.iter().map(of_target);
        ["/metrics".to_owned()]
            .into_iter()
            .chain(paths)
            .map(|it| get(self.exporter, &it).expect("the exporter answers"))
            .collect()
    }
}

/// A moment after which nothing is waited for.
struct Deadline(Instant);

impl Deadline {
    /// Polls until something is so; returns whether it became so in time.
    fn met(&self, mut is_so: impl FnMut() -> bool) -> bool {
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
        let path = self.folder.join("sentinel.conf");
        let text = format!(
            "bind 127.0.0.1\nport {port}\nsentinel monitor mymaster 127.0.0.1 {primary} 1\n"
        );
        fs::write(&path, text).expect("the folder is ours");
        let mut command = Command::new(&self.programs.sentinel);
        command.arg(path).arg("--sentinel").current_dir(self.folder);
        self.spawn(&mut command);
    }

    fn exporter(&mut self, port: u16) {
        let mut command = Command::new(&self.programs.exporter);
        // As the stacks run it: every target is named by the scrape.
        command
            .args(["--web.listen-address", &format!("127.0.0.1:{port}")])
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
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
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

fn get(port: u16, path: &str) -> io::Result<String> {
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

fn connect(port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    Ok(stream)
}
