//! The scripts that talk to Elasticsearch, run against one on the loopback interface that knows no more
//! than they need.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use crate::stacks::root;

/// A password with everything that a shell, curl or its configuration reads as something else.
const PASSWORD: &str = r#"p "a$s\w'd"#;
/// `writer:` and the password, as HTTP sends them.
const LOGIN: &str = "Basic d3JpdGVyOnAgImEkc1x3J2Q=";

#[derive(Default)]
struct World {
    /// What was asked for, in order: method, path, length of the body.
    asked: Vec<(String, String, usize)>,
    /// What is there, by path.
    there: BTreeSet<String>,
    /// The path that is refused.
    refused: Option<&'static str>,
    /// How many requests are still answered with 503.
    starting: usize,
}

struct Elasticsearch {
    url: String,
    world: Arc<Mutex<World>>,
}

impl Elasticsearch {
    fn start(world: World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let world = Arc::new(Mutex::new(world));
        let shared = Arc::clone(&world);
        std::thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                answer(&shared, stream);
            }
        });
        Self { url, world }
    }

    fn run(&self, script: &str, mode: &str, folder: &Path) -> Output {
        Command::new("sh")
            .arg(root().join("templates").join(script))
            .env("ES_URL", &self.url)
            .env("ES_TARGET", "redis-logs-lab")
            .env("ES_MODE", mode)
            .env("ES_FIRST_INDEX", "redis-logs-lab.log-000001")
            .env("ES_USER", "writer")
            .env("ES_PASSWORD", PASSWORD)
            .env("BODIES", folder)
            .env("MARK", folder.join("mark"))
            .env("TMPDIR", folder)
            .output()
            .unwrap()
    }

    fn puts(&self) -> Vec<String> {
        let mut world = self.world.lock().unwrap();
        let asked = std::mem::take(&mut world.asked);
        asked
            .into_iter()
            .filter(|(method, ..)| method == "PUT")
            .map(|(_, path, length)| format!("{path} {length}"))
            .collect()
    }
}

fn answer(world: &Mutex<World>, mut stream: TcpStream) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
    let [method, path, ..] = words.as_slice() else {
        return;
    };
    let (mut length, mut login) = (0, false);
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).unwrap();
        let Some((name, value)) = header.trim().split_once(": ") else {
            break;
        };
        match name.to_lowercase().as_str() {
            "content-length" => length = value.parse().unwrap(),
            "authorization" => login = value == LOGIN,
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).unwrap();
    let mut world = world.lock().unwrap();
    world.asked.push((method.clone(), path.clone(), length));
    let is_alias = |it: &String| it.starts_with("/redis-logs-lab.log-");
    let status = if world.starting > 0 {
        world.starting -= 1;
        503
    } else if !login {
        401
    } else if world.refused == Some(path.as_str()) {
        400
    } else if method == "PUT" {
        world.there.insert(path.clone());
        200
    } else if path == "/_cluster/health"
        || world.there.contains(path)
        || path.starts_with("/_alias/") && world.there.iter().any(is_alias)
    {
        200
    } else {
        404
    };
    let body = match (status, method.as_str()) {
        (_, "HEAD") => "",
        (400, _) => r#"{"error":"why"}"#,
        _ => "{}",
    };
    let _ = write!(
        stream,
        "HTTP/1.1 {status} -\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    );
}

/// A folder with a body of another length for each file, where the tools of the scripts are here.
fn bodies() -> Option<tempfile::TempDir> {
    let curl = Command::new("curl")
        .arg("--version")
        .stdout(Stdio::null())
        .status();
    if cfg!(windows) || curl.is_err() {
        let _ = writeln!(std::io::stderr(), "skipped: there is no sh with curl");
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    for (index, name) in [
        "policy",
        "mappings",
        "settings",
        "index-template",
        "first-index",
    ]
    .iter()
    .enumerate()
    {
        let path = folder.path().join(format!("{name}.json"));
        std::fs::write(path, "x".repeat(index + 1)).unwrap();
    }
    Some(folder)
}

#[test]
fn elasticsearch_is_told_once_and_again() {
    let Some(folder) = bodies() else { return };
    let always = [
        "/_ilm/policy/redis-logs-lab 1",
        "/_component_template/redis-logs-lab-mappings 2",
        "/_component_template/redis-logs-lab-settings 3",
        "/_index_template/redis-logs-lab 4",
    ];
    for (mode, once) in [
        ("data-stream", "/_data_stream/redis-logs-lab 0"),
        ("alias", "/redis-logs-lab.log-000001 5"),
    ] {
        let elasticsearch = Elasticsearch::start(World::default());
        for expected in [[&always[..], &[once]].concat(), always.to_vec()] {
            let output = elasticsearch.run("elasticsearch/apply.sh", mode, folder.path());
            let talk = String::from_utf8_lossy(&output.stderr).into_owned();
            assert!(output.status.success(), "{talk}");
            assert_eq!(elasticsearch.puts(), expected, "{mode}");
        }
    }
}

#[test]
fn what_elasticsearch_refuses_fails_the_job_and_shows_no_password() {
    let Some(folder) = bodies() else { return };
    let elasticsearch = Elasticsearch::start(World {
        refused: Some("/_component_template/redis-logs-lab-settings"),
        ..World::default()
    });
    let output = elasticsearch.run("elasticsearch/apply.sh", "alias", folder.path());
    let talk = [output.stdout, output.stderr].concat();
    let talk = String::from_utf8_lossy(&talk);
    assert!(!output.status.success(), "{talk}");
    assert!(
        talk.contains("redis-logs-lab-settings: Elasticsearch answers 400"),
        "{talk}"
    );
    assert!(talk.contains(r#"{"error":"why"}"#), "{talk}");
    assert!(!talk.contains("a$s"), "{talk}");
    assert_eq!(elasticsearch.puts().len(), 3);
}

#[test]
fn fluent_bit_waits_for_its_index_once() {
    let Some(folder) = bodies() else { return };
    let elasticsearch = Elasticsearch::start(World {
        there: ["/redis-logs-lab".to_owned()].into(),
        starting: 1,
        ..World::default()
    });
    let wait = || elasticsearch.run("fluent-bit/wait.sh", "", folder.path());
    assert!(wait().status.success());
    assert_eq!(elasticsearch.world.lock().unwrap().asked.len(), 2);
    // Elasticsearch may be away when the node starts again.
    elasticsearch.world.lock().unwrap().starting = usize::MAX;
    assert!(wait().status.success());
    assert_eq!(elasticsearch.world.lock().unwrap().asked.len(), 2);
}
