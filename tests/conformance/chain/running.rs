//! Everything that runs, and what is asked of it.

use std::path::Path;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::chain::ledger::{Entry, Ledger, beats, catalogue, missing, named};
use crate::chain::monitoring::{self, Configuration, Monitoring};
use crate::chain::recorder::Recorder;
use crate::chain::servers::{self, Servers};
use crate::chain::world::Owner;
use crate::chain::{FACTOR, Stack};
use crate::lab::Deadline;

/// How long anything is waited for. On an idle machine nothing takes half of it.
const PATIENCE: Duration = Duration::from_secs(90);

const WATCHDOG: &str = "Watchdog";
const HEARTBEAT: Entry = (WATCHDOG, "", "deadmans-switch");

/// Everything that runs.
pub(super) struct Chain<'a> {
    // Dropped first to last: nothing writes any more when the folder goes.
    monitoring: Monitoring,
    pub(super) servers: Servers<'a>,
    recorder: Recorder,
    pub(super) ledger: Ledger,
    folder: TempDir,
    stack: &'a Stack,
    /// When the rules began to count.
    pub(super) start: Instant,
}

impl<'a> Chain<'a> {
    /// Starts everything and waits until all is scraped; then the rules begin to count.
    pub(super) fn start(
        servers: &'a servers::Programs,
        monitoring: &monitoring::Programs,
        stack: &'a Stack,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path();
        let objects = &stack.objects;
        let world = stack.world();
        let servers = Servers::start(servers, &stack.operator, objects, &world, path);
        let recorder = Recorder::start();
        discover(path, stack, &servers, &[]);
        let names: Vec<_> = servers.names().collect();
        let configuration = Configuration {
            objects,
            names: &names,
            notifications: stack.notifications(),
            recorder: &recorder,
            factor: FACTOR,
        };
        let monitoring = Monitoring::start(monitoring, configuration, path);
        let mut chain = Self {
            servers,
            monitoring,
            recorder,
            ledger: Ledger::default(),
            folder,
            stack,
            start: Instant::now(),
        };
        chain.ledger.expect(&[HEARTBEAT]);
        chain.becomes("all servers work together", |it| it.servers.are_ready());
        let pods: u32 = stack.ours.iter().map(|it| it.3).sum();
        let pods = usize::try_from(pods).expect("a few");
        chain.becomes("all pods are scraped, and no other", |it| {
            it.monitoring.targets() == (pods, pods)
        });
        chain.becomes("nobody has just started", |it| {
            // Ten seconds are the five minutes of the alert, divided.
            it.monitoring.is_so("min(redis_uptime_in_seconds)%3E10")
        });
        chain.becomes("the rules count", |it| it.monitoring.load_rules());
        chain.start = Instant::now();
        chain
    }

    /// Tells Prometheus what is there, without the pods that are gone.
    pub(super) fn discover(&self, gone: &[&str]) {
        discover(self.folder.path(), self.stack, &self.servers, gone);
    }

    /// Each alert is told to its receiver.
    #[track_caller]
    pub(super) fn is_told(&mut self, entries: &[Entry], since: Instant) {
        self.ledger.expect(entries);
        self.wait("told", |it| {
            missing(entries, &it.recorder.told(), true, since)
        });
    }

    /// The end of each alert is told to its receiver.
    #[track_caller]
    pub(super) fn is_resolved(&self, entries: &[Entry], since: Instant) {
        self.wait("told as resolved", |it| {
            missing(entries, &it.recorder.told(), false, since)
        });
    }

    /// Each alert fires in Alertmanager, which does not tell of it since another one does.
    #[track_caller]
    pub(super) fn inhibits(&self, alerts: &[(&str, &str)]) {
        self.wait("inhibited", |it| {
            let inhibited = it.monitoring.inhibited();
            let is_there = |alert| inhibited.iter().any(|it| named(it) == alert);
            alerts
                .iter()
                .filter(|it| !is_there(**it))
                .copied()
                .collect::<Vec<_>>()
        });
    }

    /// Nobody was told of anything that is not expected.
    #[track_caller]
    pub(super) fn has_no_surprises(&self) {
        let surprises = self.ledger.surprises(&self.recorder.told());
        assert!(
            surprises.is_empty(),
            "told, but not expected: {surprises:#?}\n{}",
            self.all()
        );
    }

    /// Nothing fires any more that has ended, but what may go on for a while.
    #[track_caller]
    pub(super) fn is_quiet(&self, except: &[&str]) {
        self.wait("quiet", |it| {
            let firing = it.monitoring.firing();
            let names = firing.iter().map(|it| named(it).0.to_owned());
            let always = [WATCHDOG, "RedisOperatorAbsent"];
            names
                .filter(|it| !always.contains(&it.as_str()) && !except.contains(&it.as_str()))
                .collect::<Vec<_>>()
        });
    }

    /// The heartbeat came all along, twice in the period that the policy promises.
    #[track_caller]
    pub(super) fn has_beaten(&self) {
        // Five minutes, divided.
        let period = Duration::from_secs(10);
        let (number, shortest, longest) = beats(WATCHDOG, &self.recorder.told());
        let twice = self.start.elapsed().as_secs() / (period.as_secs() / 2);
        assert!(
            // A busy machine may be late once in a while, never by half of the period.
            u64::try_from(number).is_ok_and(|it| it * 10 >= twice * 8)
                && longest <= period
                && shortest >= period / 4,
            "{number} beats, between them {shortest:?} to {longest:?}\n{}",
            self.all()
        );
    }

    /// Something becomes so in time.
    #[track_caller]
    pub(super) fn becomes(&self, what: &str, mut is_so: impl FnMut(&Self) -> bool) {
        let deadline = Deadline(Instant::now() + PATIENCE);
        assert!(
            deadline.met(|| is_so(self)),
            "not in time: {what}\n{}",
            self.all()
        );
    }

    #[track_caller]
    fn wait<T: std::fmt::Debug>(&self, what: &str, mut missing: impl FnMut(&Self) -> Vec<T>) {
        let mut left = Vec::new();
        let deadline = Deadline(Instant::now() + PATIENCE);
        let is_so = deadline.met(|| {
            left = missing(self);
            left.is_empty()
        });
        assert!(is_so, "not {what}: {left:#?}\n{}", self.all());
    }

    /// All that happened, for people.
    fn all(&self) -> String {
        format!(
            "scraped: {:?}\ntold, in seconds of a run {} times as fast:\n{}firing: {:?}\n{}",
            self.monitoring.targets(),
            FACTOR.0,
            catalogue(&self.recorder.told(), self.start),
            self.monitoring
                .firing()
                .iter()
                .map(named)
                .collect::<Vec<_>>(),
            self.monitoring.complaints(),
        )
    }
}

fn discover(folder: &Path, stack: &Stack, servers: &Servers<'_>, gone: &[&str]) {
    let mut world = stack.world();
    // Nobody is the operator.
    world
        .pods
        .retain(|it| it.owner != Some(Owner::Operator) && !gone.contains(&it.name.as_str()));
    Monitoring::discover(folder, &world, |pod, _| {
        let owned = pod.owner.as_ref();
        let address = owned.and_then(|_| servers.address(&pod.name));
        // Nothing listens where somebody else's pod would be.
        address.unwrap_or_else(|| "127.0.0.1:1".to_owned())
    });
}
