//! A server on loopback that takes down every notification that Alertmanager sends.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Instant;

use serde_json::Value;

/// One alert of a notification.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) at: Instant,
    /// The whole name of the receiver, and the kind of the integration.
    pub(super) receiver: String,
    pub(super) kind: String,
    pub(super) fires: bool,
    pub(super) labels: BTreeMap<String, String>,
}

/// The server. It ends with the process of the test.
pub(super) struct Recorder {
    pub(super) port: u16,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Recorder {
    pub(super) fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        let port = listener.local_addr().expect("it listens").port();
        let told = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::clone(&told);
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let told = Arc::clone(&shared);
                // A connection that breaks off is one that Alertmanager tries again.
                thread::spawn(move || serve(stream, &told).unwrap_or_default());
            }
        });
        Self { port, told }
    }

    /// The address of an integration of a receiver.
    pub(super) fn url(&self, receiver: &str, kind: &str) -> String {
        format!("http://127.0.0.1:{}/{kind}/{receiver}", self.port)
    }

    /// All that was told, in order.
    pub(super) fn told(&self) -> Vec<Told> {
        self.told.lock().expect("no thread panics with it").clone()
    }
}

/// Takes one request and ends the connection.
fn serve(stream: TcpStream, told: &Mutex<Vec<Told>>) -> Option<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        if name.eq_ignore_ascii_case("content-length") {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    let notification: Value = serde_json::from_slice(&body).ok()?;
    let (kind, receiver) = path.strip_prefix('/')?.split_once('/')?;
    let at = Instant::now();
    let alerts = notification["alerts"].as_array()?.iter().map(|it| Told {
        at,
        receiver: receiver.to_owned(),
        kind: kind.to_owned(),
        fires: it["status"] == "firing",
        labels: serde_json::from_value(it["labels"].clone()).expect("labels are texts"),
    });
    told.lock()
        .expect("no thread panics with it")
        .extend(alerts);
    let answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    reader.into_inner().write_all(answer.as_bytes()).ok()
}
