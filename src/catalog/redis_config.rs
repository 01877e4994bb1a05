//! The directives of redis.conf: which exist, which take effect at once, which are not for a policy.
//!
//! Read from redis.conf and src/config.c of Redis 7.0 to 8.0.

/// Directives that `CONFIG SET` applies to a running server and that no restart is needed for.
const LIVE: &[&str] = &[
    "active-defrag-cycle-max",
    "active-defrag-cycle-min",
    "active-defrag-ignore-bytes",
    "active-defrag-max-scan-fields",
    "active-defrag-threshold-lower",
    "active-defrag-threshold-upper",
    "active-expire-effort",
    "activedefrag",
    "activerehashing",
    "appendfsync",
    "auto-aof-rewrite-min-size",
    "auto-aof-rewrite-percentage",
    "busy-reply-threshold",
    "client-output-buffer-limit",
    "client-query-buffer-limit",
    "dynamic-hz",
    "hash-max-listpack-entries",
    "hash-max-listpack-value",
    "hz",
    "jemalloc-bg-thread",
    "latency-monitor-threshold",
    "latency-tracking",
    "lazyfree-lazy-eviction",
    "lazyfree-lazy-expire",
    "lazyfree-lazy-server-del",
    "lazyfree-lazy-user-del",
    "lazyfree-lazy-user-flush",
    "lfu-decay-time",
    "lfu-log-factor",
    "list-compress-depth",
    "list-max-listpack-size",
    "loglevel",
    "maxclients",
    "maxmemory",
    "maxmemory-clients",
    "maxmemory-eviction-tenacity",
    "maxmemory-policy",
    "maxmemory-samples",
    "min-replicas-max-lag",
    "min-replicas-to-write",
    "no-appendfsync-on-rewrite",
    "notify-keyspace-events",
    "proto-max-bulk-len",
    "rdbchecksum",
    "rdbcompression",
    "repl-backlog-size",
    "repl-backlog-ttl",
    "repl-diskless-load",
    "repl-diskless-sync",
    "repl-diskless-sync-delay",
    "repl-diskless-sync-max-replicas",
    "repl-disable-tcp-nodelay",
    "repl-ping-replica-period",
    "repl-timeout",
    "replica-ignore-maxmemory",
    "replica-lazy-flush",
    "replica-priority",
    "replica-read-only",
    "replica-serve-stale-data",
    "set-max-intset-entries",
    "set-max-listpack-entries",
    "set-max-listpack-value",
    "slowlog-log-slower-than",
    "slowlog-max-len",
    "stop-writes-on-bgsave-error",
    "stream-node-max-bytes",
    "stream-node-max-entries",
    "tcp-keepalive",
    "timeout",
    "tracking-table-max-keys",
    "zset-max-listpack-entries",
    "zset-max-listpack-value",
];

/// Directives that are read at start, or that belong to a start even where `CONFIG SET` takes them.
const AT_START: &[&str] = &[
    "acl-pubsub-default",
    "acllog-max-len",
    "always-show-logo",
    "aof-load-truncated",
    "aof-rewrite-incremental-fsync",
    "aof-timestamp-enabled",
    "aof-use-rdb-preamble",
    "appenddirname",
    "appendonly",
    "cluster-allow-pubsubshard-when-down",
    "cluster-allow-reads-when-down",
    "cluster-allow-replica-migration",
    "cluster-link-sendbuf-limit",
    "cluster-migration-barrier",
    "cluster-node-timeout",
    "cluster-replica-no-failover",
    "cluster-replica-validity-factor",
    "cluster-require-full-coverage",
    "crash-log-enabled",
    "crash-memcheck-enabled",
    "databases",
    "disable-thp",
    "io-threads",
    "io-threads-do-reads",
    "latency-tracking-info-percentiles",
    "locale-collate",
    "oom-score-adj",
    "oom-score-adj-values",
    "propagation-error-behavior",
    "rdb-del-sync-files",
    "rdb-save-incremental-fsync",
    "replica-announced",
    "sanitize-dump-payload",
    "save",
    "set-proc-title",
    "shutdown-on-sigint",
    "shutdown-on-sigterm",
    "shutdown-timeout",
    "socket-mark-id",
    "syslog-enabled",
    "tcp-backlog",
];

/// Directives that a policy does not set, each with the reason.
const FORBIDDEN: &[(&[&str], &str)] = &[
    (
        &["include", "loadmodule"],
        "it makes Redis read and run another file",
    ),
    (
        &[
            "dir",
            "dbfilename",
            "appendfilename",
            "logfile",
            "pidfile",
            "unixsocket",
            "unixsocketperm",
        ],
        "it makes Redis write where nobody looks; the operator mounts the volume where it belongs",
    ),
    (
        &[
            "requirepass",
            "masterauth",
            "masteruser",
            "user",
            "aclfile",
            "primaryauth",
            "primaryuser",
        ],
        "a credential is given as `auth: {secretRef: …}`, never in a configuration",
    ),
    (
        &["rename-command"],
        "operator, exporter and Sentinel call commands by their names",
    ),
    (
        &["notification-script", "client-reconfig-script"],
        "it makes Sentinel run a program",
    ),
    (
        &[
            "enable-protected-configs",
            "enable-debug-command",
            "enable-module-command",
        ],
        "it opens what protects the server from its own clients",
    ),
    (
        &[
            "port",
            "bind",
            "bind-source-addr",
            "protected-mode",
            "daemonize",
            "supervised",
            "replicaof",
            "slaveof",
            "cluster-enabled",
            "cluster-config-file",
            "cluster-port",
            "cluster-announce-ip",
            "cluster-announce-port",
            "cluster-announce-bus-port",
            "cluster-announce-hostname",
            "cluster-announce-tls-port",
            "cluster-announce-human-nodename",
            "cluster-preferred-endpoint-type",
            "replica-announce-ip",
            "replica-announce-port",
            "tls-port",
            "tls-cert-file",
            "tls-key-file",
            "tls-ca-cert-file",
            "tls-ca-cert-dir",
            "tls-auth-clients",
            "tls-replication",
            "tls-cluster",
        ],
        "the operator sets it; two hands on one directive end in a server that nobody reaches",
    ),
];

/// Returns why a policy does not set a directive.
pub fn forbidden(directive: &str) -> Option<&'static str> {
    let directive = directive.to_ascii_lowercase();
    FORBIDDEN
        .iter()
        .find(|(names, _)| names.contains(&directive.as_str()))
        .map(|(_, why)| *why)
}

/// Returns whether redis.conf has the directive.
pub fn is_known(directive: &str) -> bool {
    known().any(|it| it == directive)
}

/// Returns whether a running server takes a new value without a restart.
pub fn is_live(directive: &str) -> bool {
    LIVE.contains(&directive)
}

/// The directives that a policy may set.
pub fn known() -> impl Iterator<Item = &'static str> {
    LIVE.iter().chain(AT_START).copied()
}

/// Directives that take `yes` or `no` and nothing else.
const SWITCHES: &[&str] = &[
    "activedefrag",
    "activerehashing",
    "aof-load-truncated",
    "aof-rewrite-incremental-fsync",
    "aof-timestamp-enabled",
    "aof-use-rdb-preamble",
    "appendonly",
    "cluster-allow-reads-when-down",
    "cluster-replica-no-failover",
    "cluster-require-full-coverage",
    "dynamic-hz",
    "jemalloc-bg-thread",
    "latency-tracking",
    "lazyfree-lazy-eviction",
    "lazyfree-lazy-expire",
    "lazyfree-lazy-server-del",
    "lazyfree-lazy-user-del",
    "lazyfree-lazy-user-flush",
    "no-appendfsync-on-rewrite",
    "rdbchecksum",
    "rdbcompression",
    "repl-disable-tcp-nodelay",
    "repl-diskless-sync",
    "replica-ignore-maxmemory",
    "replica-lazy-flush",
    "replica-read-only",
    "replica-serve-stale-data",
    "stop-writes-on-bgsave-error",
];

/// Directives that take a whole number, each with its least and its largest.
const NUMBERS: &[(&str, i64, i64)] = &[
    ("active-defrag-cycle-max", 1, 99),
    ("active-defrag-cycle-min", 1, 99),
    ("active-expire-effort", 1, 10),
    ("cluster-migration-barrier", 0, i32::MAX as i64),
    ("databases", 1, i32::MAX as i64),
    ("hz", 0, i32::MAX as i64),
    ("io-threads", 1, 128),
    ("latency-monitor-threshold", 0, i64::MAX),
    ("lfu-decay-time", 0, i32::MAX as i64),
    ("lfu-log-factor", 0, i32::MAX as i64),
    ("maxclients", 1, u32::MAX as i64),
    ("maxmemory-eviction-tenacity", 0, 100),
    ("maxmemory-samples", 1, 64),
    ("min-replicas-max-lag", 0, i32::MAX as i64),
    ("min-replicas-to-write", 0, i32::MAX as i64),
    ("repl-diskless-sync-delay", 0, i32::MAX as i64),
    ("repl-ping-replica-period", 1, i32::MAX as i64),
    ("repl-timeout", 1, i32::MAX as i64),
    ("replica-priority", 0, i32::MAX as i64),
    ("slowlog-log-slower-than", -1, i64::MAX),
    ("slowlog-max-len", 0, i64::MAX),
    ("tcp-backlog", 0, i32::MAX as i64),
    ("tcp-keepalive", 0, i32::MAX as i64),
    ("timeout", 0, i32::MAX as i64),
];

/// Directives that take one of some words.
const CHOICES: &[(&str, &[&str])] = &[
    ("appendfsync", &["always", "everysec", "no"]),
    (
        "loglevel",
        &["debug", "verbose", "notice", "warning", "nothing"],
    ),
    (
        "maxmemory-policy",
        &[
            "noeviction",
            "allkeys-lru",
            "allkeys-lfu",
            "allkeys-random",
            "volatile-lru",
            "volatile-lfu",
            "volatile-random",
            "volatile-ttl",
        ],
    ),
];

/// What a directive takes, where that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// One of some words.
    Word(&'static [&'static str]),
    /// A whole number between two, both included.
    Number(i64, i64),
}

impl Takes {
    /// Returns whether the directive takes a value.
    pub fn takes(self, value: &str) -> bool {
        match self {
            Self::Word(words) => words.iter().any(|it| it.eq_ignore_ascii_case(value)),
            Self::Number(least, largest) => value
                .parse::<i64>()
                .is_ok_and(|it| (least..=largest).contains(&it)),
        }
    }
}

/// Returns what a directive takes, if that is known.
pub fn takes(directive: &str) -> Option<Takes> {
    if SWITCHES.contains(&directive) {
        return Some(Takes::Word(&["yes", "no"]));
    }
    let words = CHOICES.iter().find(|(name, _)| *name == directive);
    let number = NUMBERS.iter().find(|(name, ..)| *name == directive);
    words
        .map(|(_, words)| Takes::Word(words))
        .or(number.map(|(_, least, largest)| Takes::Number(*least, *largest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_directive_is_in_two_lists() {
        let mut all: Vec<&str> = known().collect();
        all.extend(
            FORBIDDEN
                .iter()
                .flat_map(|(names, _)| names.iter().copied()),
        );
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn only_known_directives_have_a_type() {
        let typed = SWITCHES.iter().copied();
        let typed = typed.chain(NUMBERS.iter().map(|it| it.0));
        let mut typed: Vec<&str> = typed.chain(CHOICES.iter().map(|it| it.0)).collect();
        assert!(typed.iter().all(|it| is_known(it)));
        let count = typed.len();
        typed.sort_unstable();
        typed.dedup();
        assert_eq!(typed.len(), count);
    }

    #[test]
    fn a_directive_takes_what_redis_takes() {
        assert!(takes("appendonly").unwrap().takes("yes"));
        assert!(!takes("appendonly").unwrap().takes("true"));
        assert!(!takes("maxmemory-policy").unwrap().takes("allkeys-lfru"));
        assert!(takes("slowlog-log-slower-than").unwrap().takes("-1"));
        assert!(!takes("databases").unwrap().takes("0"));
        assert_eq!(takes("save"), None);
    }

    #[test]
    fn a_forbidden_directive_is_so_in_any_case() {
        assert!(forbidden("LoadModule").is_some());
        assert!(forbidden("maxmemory").is_none());
    }
}
