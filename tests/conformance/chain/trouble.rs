//! What goes wrong at once, and how it is put right.
#![expect(
    clippy::disallowed_types,
    reason = "servers of a test, on this machine"
)]

use std::fs;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::chain::running::Chain;

const KILLED: &[&str] = &[
    "cart-0",
    "queue-0",
    "facts-1",
    "session-sentinel-1",
    "session-sentinel-2",
];
const GONE: &str = "search-0";
const UNWATCHED: &str = "prices-0";
const FULL: &str = "thumbs-0";
const CROWDED: &str = "limiter-0";
const UNSAVED: &str = "flags-0";

/// How many of the 64 connections of the policy are taken: more than the alert allows, and the
/// exporter still gets one.
const TAKEN: usize = 57;

/// Writes fifty values of four kilobytes under new names.
const WRITE: &str = "EVAL \"for i=1,50 do redis.call('set',redis.call('incr','n'),\
                     string.rep('x',4000)) end return 1\" 0";

/// What keeps the trouble up.
pub(super) struct Trouble {
    _writes: Busy,
    _knocks: Busy,
    _taken: Vec<TcpStream>,
}

impl Trouble {
    pub(super) fn start(chain: &mut Chain<'_>) -> Self {
        for pod in KILLED {
            chain.servers.kill_redis(pod);
        }
        chain.servers.kill_redis(GONE);
        chain.servers.kill_exporter(GONE);
        chain.discover(&[GONE]);
        chain.servers.kill_exporter(UNWATCHED);

        fs::remove_dir_all(chain.servers.folder(UNSAVED)).expect("it is ours");
        chain.becomes("a snapshot fails", |it| {
            it.servers.ask(UNSAVED, "BGSAVE");
            let said = it.servers.ask(UNSAVED, "INFO persistence");
            said.contains("rdb_last_bgsave_status:err")
        });
        chain.becomes("the append-only file fails", |it| {
            it.servers.ask(UNSAVED, "BGREWRITEAOF");
            let said = it.servers.ask(UNSAVED, "INFO persistence");
            said.contains("aof_last_bgrewrite_status:err")
        });

        let full = chain.servers.client(FULL);
        for _ in 0..150 {
            full.ask(WRITE);
        }
        let crowded = chain.servers.client(CROWDED);
        let taken = crowded.open(TAKEN);
        Self {
            _writes: Busy::start(Duration::from_millis(50), move || {
                full.ask(WRITE);
            }),
            _knocks: Busy::start(Duration::from_secs(3), move || {
                let more = crowded.open(12);
                // Redis counts those that are there at once.
                thread::sleep(Duration::from_millis(50));
                drop(more);
            }),
            _taken: taken,
        }
    }

    pub(super) fn end(self, chain: &mut Chain<'_>) {
        drop(self);
        for pod in KILLED {
            chain.servers.start_redis(pod);
        }
        chain.servers.start_redis(GONE);
        chain.servers.start_exporter(GONE);
        chain.discover(&[]);
        chain.servers.start_exporter(UNWATCHED);
        chain.servers.ask(FULL, "FLUSHALL");
        // The folder that the server stands in is another one: it has to begin again.
        chain.servers.kill_redis(UNSAVED);
        fs::create_dir(chain.servers.folder(UNSAVED)).expect("it is gone");
        chain.servers.start_redis(UNSAVED);
    }
}

/// Does something again and again until it is dropped.
struct Busy {
    ends: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Busy {
    fn start(pause: Duration, act: impl Fn() + Send + 'static) -> Self {
        let ends = Arc::new(AtomicBool::new(false));
        let ended = Arc::clone(&ends);
        let thread = thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                act();
                thread::sleep(pause);
            }
        });
        Self {
            ends,
            thread: Some(thread),
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            thread.join().expect("it does not panic");
        }
    }
}
