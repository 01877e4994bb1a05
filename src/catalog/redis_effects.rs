//! What a change of a directive does to a running Redis and its clients, whatever operator brings it there.
//!
//! Only what a reviewer has to know is here. Read at Redis 7.4.1, and at 6.2.16 where that differs.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::redis_config::{newest_name, spans};
use crate::effect::{Class, Effect};
use crate::value::quantity::redis_size;

/// What a change of one directive does: a row of the table. The first row that fits holds.
#[derive(Debug)]
struct Row {
    /// The directive, by its newest name.
    directive: &'static str,
    /// How it changes.
    how: How,
    /// What the rest of the configuration has to be for it.
    given: Given,
    /// How bad that is.
    class: Class,
    /// What will happen. `{before}` and `{after}` stand for the values.
    what: &'static str,
    /// For how long something is exposed, and to what, likewise; empty where nothing is.
    exposed: &'static str,
    /// A gentler way, likewise; empty where there is none.
    instead: &'static str,
    /// Where Redis does it.
    source: &'static str,
}

/// How a directive changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// In whatever way.
    Any,
    /// It becomes a smaller number or size.
    Lowered,
    /// It becomes a larger number or size.
    Raised,
    /// It becomes this value.
    To(&'static str),
    /// It was this value.
    From(&'static str),
    /// It becomes negative.
    Negative,
    /// Its value begins so, and did not.
    Into(&'static str),
    /// It has a word that it did not have.
    Gains(&'static str),
    /// It has fewer of its letters.
    LosesLetters,
    /// It has more of its letters.
    GainsLetters,
    /// The limit of a class of clients is a smaller one.
    Buffer(&'static str),
}

/// What the configuration after the change is, as far as it counts for what one directive does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Given {
    /// Whatever it is.
    Always,
    /// There is a bound of memory.
    Bounded,
    /// There is one, and every key can be evicted.
    EvictsAll,
    /// There is one, and only keys with a TTL can be evicted.
    EvictsSome,
    /// There is one, and nothing is evicted.
    EvictsNone,
    /// It is written to the append-only files.
    AppendOnly,
    /// It is not written to the append-only files.
    NotAppendOnly,
    /// There are no append-only files and no snapshots.
    NotPersistent,
    /// A number of replicas has to be there for writes.
    NeedsReplicas,
}

/// Directives of which 0 means that there is no bound.
const UNBOUNDED_AT_0: &[&str] = &["maxmemory", "timeout"];

const EVICTION: &str = "Redis evict.c performEvictions and config.c updateMaxmemory, 7.4.1";
const POLICY: &str = "Redis evict.c performEvictions and server.c processCommand, 7.4.1";
const LOADING: &str = "Redis server.c loadDataFromDisk, aof.c loadAppendOnlyFiles and aofOpenIfNeededOnServerStart, 7.4.1; server.c initServer, 6.2.16";
const FSYNC: &str = "Redis aof.c flushAppendOnlyFile and redis.conf, 7.4.1";
const BUFFERS: &str = "Redis networking.c checkClientOutputBufferLimits, 7.4.1";
const LAZY: &str = "Redis lazyfree.c and redis.conf, 7.4.1";

const LESS_MEMORY_FIRST: &str =
    "see first that `used_memory` is below {after}, and delete what nobody needs";
const CACHE_ONLY: &str = "do it only where every key is a copy of something kept elsewhere";

static ROWS: &[Row] = &[
    // Memory.
    Row {
        directive: "maxmemory",
        how: How::To("0"),
        given: Given::Always,
        class: Class::Hot,
        what: "nothing bounds the memory of Redis any more, and nothing is evicted",
        exposed: "the data grows until the limit of the container ends the server",
        instead: "keep a bound below the limit of the container",
        source: EVICTION,
    },
    Row {
        directive: "maxmemory",
        how: How::Lowered,
        given: Given::EvictsAll,
        // The policy says that these may go.
        class: Class::Hot,
        what: "keys are evicted, with a TTL or without, until the memory is below {after}",
        exposed: "by default commands wait up to 0.5 ms each while there is something to evict, and longer where a value is large; evicted keys are gone",
        instead: LESS_MEMORY_FIRST,
        source: EVICTION,
    },
    Row {
        directive: "maxmemory",
        how: How::Lowered,
        given: Given::EvictsSome,
        // The policy says that these may go.
        class: Class::Hot,
        what: "keys with a TTL are evicted until the memory is below {after}",
        exposed: "by default commands wait up to 0.5 ms each while there is something to evict; evicted keys are gone, and where none with a TTL is left, writes are refused with OOM",
        instead: LESS_MEMORY_FIRST,
        source: EVICTION,
    },
    Row {
        directive: "maxmemory",
        how: How::Lowered,
        given: Given::EvictsNone,
        class: Class::Hot,
        what: "writes are refused with OOM as soon as the memory is above {after}",
        exposed: "clients cannot write until keys are deleted or expire",
        instead: LESS_MEMORY_FIRST,
        source: POLICY,
    },
    Row {
        directive: "maxmemory-policy",
        how: How::To("noeviction"),
        given: Given::Bounded,
        class: Class::Hot,
        what: "nothing is evicted any more: writes are refused with OOM as soon as `maxmemory` is reached",
        exposed: "clients of a full cache cannot write at once",
        instead: "raise `maxmemory` above `used_memory_peak` first",
        source: POLICY,
    },
    Row {
        directive: "maxmemory-policy",
        how: How::Into("allkeys-"),
        given: Given::Bounded,
        class: Class::DataRisk,
        what: "keys without a TTL can be evicted too as soon as `maxmemory` is reached",
        exposed: "what is data and not a cache is gone without an error",
        instead: CACHE_ONLY,
        source: POLICY,
    },
    Row {
        directive: "maxmemory-policy",
        how: How::Into("volatile-"),
        given: Given::Bounded,
        class: Class::Hot,
        what: "only keys with a TTL are evicted: where there are none, writes are refused with OOM as soon as `maxmemory` is reached",
        exposed: "clients of a full cache without TTLs cannot write at once; keys with a TTL can go before it ends",
        instead: "see first in `INFO keyspace` that enough keys have a TTL",
        source: POLICY,
    },
    // Persistence.
    Row {
        directive: "appendonly",
        how: How::To("no"),
        given: Given::NotPersistent,
        class: Class::DataRisk,
        what: "nothing is written to disk any more, neither append-only files nor snapshots",
        exposed: "a start loads the last `dump.rdb`, if there ever was one: all that is newer is gone",
        instead: "keep `appendonly yes` or a `save`, unless every key is a copy",
        source: LOADING,
    },
    Row {
        directive: "appendonly",
        how: How::To("no"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "only snapshots are left, and a start loads `dump.rdb` and no append-only files",
        exposed: "a crash loses what was written since the last snapshot, and a start before the first one loses everything",
        instead: "run `BGSAVE` first, and wait until `rdb_bgsave_in_progress` is 0",
        source: LOADING,
    },
    Row {
        directive: "appendonly",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "a start loads append-only files only: where there are none yet, it leaves `dump.rdb` aside and starts empty",
        exposed: "a restart for this change loses everything, and the next snapshot replaces `dump.rdb`; `CONFIG SET` keeps the data, and forks to write the files",
        instead: "run `CONFIG SET appendonly yes` on every running server first, wait until `aof_rewrite_in_progress` and `aof_rewrite_scheduled` are 0, and then make the change",
        source: LOADING,
    },
    Row {
        directive: "save",
        how: How::To(""),
        given: Given::NotPersistent,
        class: Class::DataRisk,
        what: "nothing is written to disk any more, neither snapshots nor append-only files, at the end of the server neither",
        exposed: "a start loads the last `dump.rdb`: all that is newer is gone",
        instead: "keep a `save` or `appendonly yes`, unless every key is a copy",
        source: "Redis server.c serverCron and finishShutdown, 7.4.1",
    },
    Row {
        directive: "save",
        how: How::To(""),
        given: Given::Always,
        class: Class::Hot,
        what: "no snapshots are made any more, at the end of the server neither: the append-only files are the only copy on disk",
        exposed: "`dump.rdb` stays as old as it is, and copies of it with it",
        instead: "",
        source: "Redis server.c serverCron and finishShutdown, 7.4.1",
    },
    Row {
        directive: "save",
        how: How::From(""),
        given: Given::Always,
        class: Class::Hot,
        what: "Redis forks for a snapshot at {after} (seconds and changes)",
        exposed: "a fork can take as much memory again as is written while it lasts",
        instead: "",
        source: "Redis server.c serverCron and rdb.c rdbSaveBackground, 7.4.1",
    },
    Row {
        directive: "save",
        how: How::Any,
        given: Given::NotAppendOnly,
        class: Class::Hot,
        what: "snapshots are made at {after} (seconds and changes) and no longer at {before}",
        exposed: "a crash loses what was written since the last one",
        instead: "",
        source: "Redis server.c serverCron, 7.4.1",
    },
    Row {
        directive: "appendfsync",
        how: How::To("no"),
        given: Given::AppendOnly,
        class: Class::DataRisk,
        what: "the kernel decides when writes reach the disk",
        exposed: "a node that fails loses what it had not written yet, often half a minute of writes",
        instead: "take `everysec`",
        source: FSYNC,
    },
    Row {
        directive: "appendfsync",
        how: How::From("always"),
        given: Given::AppendOnly,
        class: Class::DataRisk,
        what: "writes are answered before they are on disk, and reach it once a second",
        exposed: "a node that fails loses the writes of about a second",
        instead: "",
        source: FSYNC,
    },
    Row {
        directive: "appendfsync",
        how: How::To("always"),
        given: Given::AppendOnly,
        class: Class::Hot,
        what: "no write is answered before it is on disk",
        exposed: "every write waits for the volume, and all clients with it",
        instead: "",
        source: FSYNC,
    },
    Row {
        directive: "no-appendfsync-on-rewrite",
        how: How::To("yes"),
        given: Given::AppendOnly,
        class: Class::DataRisk,
        what: "nothing is synced to disk while Redis saves or rewrites",
        exposed: "a node that fails in that time loses the writes since it began",
        instead: "",
        source: FSYNC,
    },
    Row {
        directive: "auto-aof-rewrite-percentage",
        how: How::To("0"),
        given: Given::AppendOnly,
        class: Class::Hot,
        what: "append-only files are no longer rewritten on their own",
        exposed: "they grow until the volume is full and writes are refused; a start takes longer and longer",
        instead: "",
        source: "Redis server.c serverCron, 7.4.1",
    },
    Row {
        directive: "aof-load-truncated",
        how: How::To("no"),
        given: Given::AppendOnly,
        class: Class::Hot,
        what: "Redis does not start with an append-only file whose end is cut off",
        exposed: "after a crash of the node somebody has to run `redis-check-aof --fix`",
        instead: "",
        source: "Redis aof.c loadSingleAppendOnlyFile, 7.4.1",
    },
    Row {
        directive: "stop-writes-on-bgsave-error",
        how: How::To("no"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "Redis goes on to take writes when it cannot save them",
        exposed: "only alerts notice a volume that is full or broken, and without append-only files a restart loses what was written since the last snapshot",
        instead: "",
        source: "Redis server.c writeCommandsDeniedByDiskError, 7.4.1",
    },
    Row {
        directive: "stop-writes-on-bgsave-error",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "writes are refused with MISCONF after a snapshot that failed",
        exposed: "clients cannot write until one succeeds; where the last one failed, at once",
        instead: "see first that `rdb_last_bgsave_status` is `ok`",
        source: "Redis server.c writeCommandsDeniedByDiskError, 7.4.1",
    },
    Row {
        directive: "shutdown-on-sigterm",
        how: How::Gains("nosave"),
        given: Given::NotAppendOnly,
        class: Class::DataRisk,
        what: "a server that is told to end makes no snapshot before",
        exposed: "every restart of a pod loses what was written since the last one",
        instead: "",
        source: "Redis server.c finishShutdown, 7.4.1",
    },
    Row {
        directive: "databases",
        how: How::Lowered,
        given: Given::Always,
        class: Class::DataRisk,
        what: "a start refuses files with keys in a database of a higher number than {after} allows, and ends",
        exposed: "no server answers until the number is back",
        instead: "move the keys of the databases from {after} upwards first (`INFO keyspace` names them)",
        source: "Redis rdb.c rdbLoadRioWithLoadingCtx, 7.4.1",
    },
    // Replication.
    Row {
        directive: "min-replicas-to-write",
        how: How::Raised,
        given: Given::Always,
        class: Class::Hot,
        what: "writes are refused with NOREPLICAS while fewer than {after} replicas follow the primary closely",
        exposed: "each replica that restarts can stop all writes",
        instead: "see first that more than {after} replicas are connected",
        source: "Redis replication.c checkGoodReplicasStatus and server.c processCommand, 7.4.1",
    },
    Row {
        directive: "min-replicas-to-write",
        how: How::Lowered,
        given: Given::Always,
        class: Class::DataRisk,
        what: "a primary takes writes with fewer replicas than before",
        exposed: "one that is cut off goes on to take writes, which are lost when it comes back as a replica",
        instead: "",
        source: "Redis replication.c checkGoodReplicasStatus and server.c processCommand, 7.4.1",
    },
    Row {
        directive: "min-replicas-max-lag",
        how: How::Lowered,
        given: Given::NeedsReplicas,
        class: Class::Hot,
        what: "a replica that was silent for {after} s counts for `min-replicas-to-write` no more",
        exposed: "writes are refused with NOREPLICAS earlier",
        instead: "",
        source: "Redis replication.c refreshGoodSlavesCount, 7.4.1",
    },
    Row {
        directive: "repl-backlog-size",
        how: How::Lowered,
        given: Given::Always,
        class: Class::Hot,
        what: "the primary keeps the last {after} of writes for replicas that come back",
        exposed: "one that missed more copies everything: a fork, memory and traffic",
        instead: "keep more than the primary writes while a pod restarts",
        source: "Redis replication.c masterTryPartialResynchronization and resizeReplicationBacklog, 7.4.1",
    },
    Row {
        directive: "client-output-buffer-limit",
        how: How::Buffer("replica"),
        given: Given::Always,
        class: Class::Hot,
        what: "a replica that reads too slowly is disconnected earlier",
        exposed: "where copying takes longer than the buffer lasts, it begins again and again and never ends",
        instead: "keep the limit above what the primary writes while a replica copies everything",
        source: BUFFERS,
    },
    Row {
        directive: "client-output-buffer-limit",
        how: How::Buffer("normal"),
        given: Given::Always,
        class: Class::Hot,
        what: "clients that read too slowly are disconnected",
        exposed: "large answers break off, those of `MONITOR` and of exporters too",
        instead: "",
        source: BUFFERS,
    },
    Row {
        directive: "client-output-buffer-limit",
        how: How::Buffer("pubsub"),
        given: Given::Always,
        class: Class::Hot,
        what: "subscribers that read too slowly are disconnected earlier",
        exposed: "they miss the messages until they are back",
        instead: "",
        source: BUFFERS,
    },
    Row {
        directive: "client-output-buffer-limit",
        how: How::Any,
        given: Given::Always,
        class: Class::Hot,
        what: "clients that read too slowly keep more in the memory of Redis before they are disconnected",
        exposed: "that memory comes on top of the data",
        instead: "",
        source: BUFFERS,
    },
    Row {
        directive: "repl-diskless-sync",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "the primary sends its data to replicas without a file between",
        exposed: "a replica that comes too late for one transfer waits for the next",
        instead: "",
        source: "Redis replication.c startBgsaveForReplication and redis.conf, 7.4.1",
    },
    Row {
        directive: "repl-diskless-sync",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "the primary writes its data to a file before it sends it to a replica",
        exposed: "the volume needs room for a second dump, and a slow one slows every copy",
        instead: "",
        source: "Redis replication.c startBgsaveForReplication and redis.conf, 7.4.1",
    },
    Row {
        directive: "repl-diskless-load",
        how: How::To("swapdb"),
        given: Given::Always,
        class: Class::Hot,
        what: "a replica keeps its old data in memory while it loads the new",
        exposed: "it needs room for both at once, or the limit of the container ends it",
        instead: "take `on-empty-db`",
        source: "Redis replication.c useDisklessLoad and redis.conf, 7.4.1",
    },
    Row {
        directive: "replica-serve-stale-data",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "a replica refuses with MASTERDOWN while it has no link to its primary, or copies from it",
        exposed: "reads from replicas fail for as long as a primary is away",
        instead: "",
        source: "Redis server.c processCommand, 7.4.1",
    },
    Row {
        directive: "replica-serve-stale-data",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "a replica answers from what it has while it has no link to its primary",
        exposed: "clients read old values and cannot tell",
        instead: "",
        source: "Redis server.c processCommand, 7.4.1",
    },
    Row {
        directive: "replica-read-only",
        how: How::To("no"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "replicas take writes, which no other server gets",
        exposed: "they are lost with the next full copy from the primary",
        instead: "",
        source: "Redis server.c processCommand and redis.conf, 7.4.1",
    },
    Row {
        directive: "replica-priority",
        how: How::To("0"),
        given: Given::Always,
        class: Class::Hot,
        what: "Sentinels never make such a server the primary",
        exposed: "where every server has it, no failover succeeds",
        instead: "",
        source: "Redis sentinel.c sentinelSelectSlave, 7.4.1",
    },
    // Cluster.
    Row {
        directive: "cluster-require-full-coverage",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "the whole cluster refuses with CLUSTERDOWN while one slot is not served",
        exposed: "one shard that is down is an outage of all of them",
        instead: "",
        source: "Redis cluster_legacy.c clusterUpdateState, 7.4.1",
    },
    Row {
        directive: "cluster-require-full-coverage",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "the cluster serves the slots that it has while others are missing",
        exposed: "clients see errors for a part of the keys only",
        instead: "",
        source: "Redis cluster_legacy.c clusterUpdateState, 7.4.1",
    },
    Row {
        directive: "cluster-node-timeout",
        how: How::Lowered,
        given: Given::Always,
        class: Class::Hot,
        what: "a node counts as failed after {after} ms without an answer",
        exposed: "a slow command or a fork is enough for a failover, which can lose the last writes",
        instead: "",
        source: "Redis cluster_legacy.c clusterCron, 7.4.1",
    },
    Row {
        directive: "cluster-node-timeout",
        how: How::Raised,
        given: Given::Always,
        class: Class::Hot,
        what: "a node counts as failed only after {after} ms without an answer",
        exposed: "its slots are not served for that much longer before a replica takes over",
        instead: "",
        source: "Redis cluster_legacy.c clusterCron, 7.4.1",
    },
    Row {
        directive: "cluster-replica-no-failover",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "no replica takes over for its primary on its own",
        exposed: "the slots of a primary that fails are not served until somebody runs `CLUSTER FAILOVER FORCE`",
        instead: "",
        source: "Redis cluster_legacy.c clusterHandleSlaveFailover, 7.4.1",
    },
    // Connections.
    Row {
        directive: "maxclients",
        how: How::Lowered,
        given: Given::Always,
        class: Class::Hot,
        what: "connections beyond {after} are refused; those that are open stay",
        exposed: "clients, replicas and exporters that come back find no place until others leave",
        instead: "see first that `connected_clients` stays well below {after}",
        source: "Redis networking.c acceptCommonHandler, 7.4.1",
    },
    Row {
        directive: "maxclients",
        how: How::Raised,
        given: Given::Always,
        class: Class::Hot,
        what: "up to {after} connections are taken, if the container may open that many files; Redis takes fewer otherwise, or refuses `CONFIG SET`",
        exposed: "each connection takes memory on top of the data",
        instead: "",
        source: "Redis server.c adjustOpenFilesLimit and config.c updateMaxclients, 7.4.1",
    },
    Row {
        directive: "timeout",
        how: How::Lowered,
        given: Given::Always,
        class: Class::Hot,
        what: "connections that are idle for {after} s are closed, but for those of replicas, subscribers and clients that wait",
        exposed: "pools that do not test a connection before they use it see errors",
        instead: "let clients close idle connections earlier than {after} s",
        source: "Redis timeout.c clientsCronHandleTimeout, 7.4.1",
    },
    Row {
        directive: "timeout",
        how: How::To("0"),
        given: Given::Always,
        class: Class::Hot,
        what: "idle connections are never closed",
        exposed: "those that clients forget add up to `maxclients`",
        instead: "",
        source: "Redis timeout.c clientsCronHandleTimeout, 7.4.1",
    },
    Row {
        directive: "tcp-keepalive",
        how: How::To("0"),
        given: Given::Always,
        class: Class::Hot,
        what: "new connections are no longer probed",
        exposed: "those of clients that vanished stay, and add up to `maxclients`",
        instead: "",
        source: "Redis networking.c createClient, 7.4.1",
    },
    Row {
        directive: "protected-mode",
        how: How::To("no"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "clients of other hosts are let in even where the default user has no password",
        exposed: "whoever reaches the port can read, write and flush",
        instead: "give the default user a password first",
        source: "Redis networking.c clientAcceptHandler, 7.4.1",
    },
    Row {
        directive: "protected-mode",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "clients of other hosts are refused with DENIED where the default user has no password",
        exposed: "without one no client, replica or exporter of another pod gets in",
        instead: "give the default user a password first",
        source: "Redis networking.c clientAcceptHandler, 7.4.1",
    },
    Row {
        directive: "enable-debug-command",
        how: How::From("no"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "clients may run DEBUG",
        exposed: "one of them can stop, crash or reload the server",
        instead: "",
        source: "Redis server.c processCommand and debug.c debugCommand, 7.4.1",
    },
    Row {
        directive: "enable-module-command",
        how: How::From("no"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "clients may run MODULE",
        exposed: "one that can place a file runs any code in the server",
        instead: "",
        source: "Redis server.c processCommand and module.c moduleCommand, 7.4.1",
    },
    Row {
        directive: "enable-protected-configs",
        how: How::From("no"),
        given: Given::Always,
        class: Class::DataRisk,
        what: "clients may change `dir` and `dbfilename` by CONFIG SET",
        exposed: "one of them can write files where the server may, and leave the data out of its volume",
        instead: "",
        source: "Redis config.c configSetCommand, 7.4.1",
    },
    // Work.
    Row {
        directive: "hz",
        how: How::Raised,
        given: Given::Always,
        class: Class::Hot,
        what: "Redis wakes up {after} times a second for its own work",
        exposed: "it takes more CPU while it is idle",
        instead: "",
        source: "Redis server.c serverCron, 7.4.1",
    },
    Row {
        directive: "hz",
        how: How::Lowered,
        given: Given::Always,
        class: Class::Hot,
        what: "Redis wakes up {after} times a second for its own work",
        exposed: "expired keys and idle connections go later",
        instead: "",
        source: "Redis server.c serverCron, 7.4.1",
    },
    Row {
        directive: "dynamic-hz",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "`hz` no longer follows the number of connections",
        exposed: "with thousands of them each round of work takes longer, and commands wait for it",
        instead: "",
        source: "Redis server.c serverCron and clientsCron, 7.4.1",
    },
    Row {
        directive: "io-threads",
        how: How::Raised,
        given: Given::Always,
        class: Class::Hot,
        what: "{after} threads read and write, and wait for work by spinning while it is busy",
        exposed: "a CPU limit below that many cores throttles all of them, the one with the data too",
        instead: "keep it below the cores that the container has",
        source: "Redis networking.c IOThreadMain and redis.conf, 7.4.1",
    },
    Row {
        directive: "activedefrag",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "Redis moves its data in memory while fragmentation is high; one that is not built with its own Jemalloc refuses the directive",
        exposed: "it takes up to `active-defrag-cycle-max` percent of the CPU, and commands wait for it",
        instead: "",
        source: "Redis config.c isValidActiveDefrag and defrag.c activeDefragCycle, 7.4.1",
    },
    Row {
        directive: "lazyfree-lazy-eviction",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "evicted values are freed at once",
        exposed: "all clients wait while a large one is",
        instead: "",
        source: LAZY,
    },
    Row {
        directive: "lazyfree-lazy-eviction",
        how: How::To("yes"),
        given: Given::Always,
        class: Class::Hot,
        what: "evicted values are freed by another thread",
        exposed: "the memory falls later, and more than needed can be evicted",
        instead: "",
        source: LAZY,
    },
    Row {
        directive: "lazyfree-lazy-expire",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "expired values are freed at once",
        exposed: "all clients wait while a large one is",
        instead: "",
        source: LAZY,
    },
    Row {
        directive: "lazyfree-lazy-server-del",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "values that a command replaces are freed at once",
        exposed: "all clients wait while a large one is",
        instead: "",
        source: LAZY,
    },
    Row {
        directive: "lazyfree-lazy-user-del",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "DEL frees at once, as it does by default",
        exposed: "all clients wait while a large value is freed",
        instead: "let clients call UNLINK",
        source: LAZY,
    },
    Row {
        directive: "lazyfree-lazy-user-flush",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "FLUSHALL and FLUSHDB free at once, as they do by default",
        exposed: "all clients wait until they are done",
        instead: "let clients say ASYNC",
        source: LAZY,
    },
    Row {
        directive: "replica-lazy-flush",
        how: How::To("no"),
        given: Given::Always,
        class: Class::Hot,
        what: "a replica frees its old data at once before it loads a full copy",
        exposed: "it answers nobody meanwhile",
        instead: "",
        source: LAZY,
    },
    Row {
        directive: "notify-keyspace-events",
        how: How::LosesLetters,
        given: Given::Always,
        class: Class::Hot,
        what: "events of some classes are no longer sent: {after} and no longer {before}",
        exposed: "clients that wait for them, such as for the end of a session, are told nothing",
        instead: "",
        source: "Redis notify.c notifyKeyspaceEvent, 7.4.1",
    },
    Row {
        directive: "notify-keyspace-events",
        how: How::GainsLetters,
        given: Given::Always,
        class: Class::Hot,
        what: "each change of a key sends an event as well: {after}",
        exposed: "it takes CPU with every write",
        instead: "",
        source: "Redis notify.c notifyKeyspaceEvent, 7.4.1",
    },
    // What is seen of it.
    Row {
        directive: "slowlog-log-slower-than",
        how: How::Negative,
        given: Given::Always,
        class: Class::MonitoringGap,
        what: "slow commands are no longer noted",
        exposed: "the slow log says nothing, and metrics of it stand still",
        instead: "",
        source: "Redis slowlog.c slowlogPushEntryIfNeeded, 7.4.1",
    },
    Row {
        directive: "slowlog-log-slower-than",
        how: How::To("0"),
        given: Given::Always,
        class: Class::Hot,
        what: "every command is noted as a slow one",
        exposed: "it takes time with each, and slow ones are pushed out at once",
        instead: "",
        source: "Redis slowlog.c slowlogPushEntryIfNeeded, 7.4.1",
    },
    Row {
        directive: "slowlog-log-slower-than",
        how: How::From("-1"),
        given: Given::Always,
        class: Class::Hot,
        what: "commands that take {after} µs are noted as slow ones",
        exposed: "",
        instead: "",
        source: "Redis slowlog.c slowlogPushEntryIfNeeded, 7.4.1",
    },
    Row {
        directive: "slowlog-log-slower-than",
        how: How::Raised,
        given: Given::Always,
        class: Class::MonitoringGap,
        what: "commands that take less than {after} µs are no longer noted as slow",
        exposed: "",
        instead: "",
        source: "Redis slowlog.c slowlogPushEntryIfNeeded, 7.4.1",
    },
    Row {
        directive: "slowlog-max-len",
        how: How::Lowered,
        given: Given::Always,
        class: Class::MonitoringGap,
        what: "the slow log keeps the last {after} entries",
        exposed: "older ones go with the next slow command",
        instead: "",
        source: "Redis slowlog.c slowlogPushEntryIfNeeded, 7.4.1",
    },
    Row {
        directive: "latency-monitor-threshold",
        how: How::To("0"),
        given: Given::Always,
        class: Class::MonitoringGap,
        what: "spikes of latency are no longer noted",
        exposed: "`LATENCY LATEST` and metrics of it say nothing new",
        instead: "",
        source: "Redis latency.h latencyAddSampleIfNeeded, 7.4.1",
    },
    Row {
        directive: "latency-monitor-threshold",
        how: How::From("0"),
        given: Given::Always,
        class: Class::Hot,
        what: "spikes of latency from {after} ms are noted",
        exposed: "",
        instead: "",
        source: "Redis latency.h latencyAddSampleIfNeeded, 7.4.1",
    },
    Row {
        directive: "latency-monitor-threshold",
        how: How::Raised,
        given: Given::Always,
        class: Class::MonitoringGap,
        what: "spikes of latency below {after} ms are no longer noted",
        exposed: "",
        instead: "",
        source: "Redis latency.h latencyAddSampleIfNeeded, 7.4.1",
    },
    Row {
        directive: "latency-tracking",
        how: How::To("no"),
        given: Given::Always,
        class: Class::MonitoringGap,
        what: "the latency of commands is no longer tracked",
        exposed: "`INFO latencystats` is empty, and metrics of it vanish",
        instead: "",
        source: "Redis server.c call and genRedisInfoString, 7.4.1",
    },
];

/// What a change of a directive does beside what the operator does for it; nothing where a reviewer need not
/// know. Without a value a directive is what Redis takes by itself. The configuration is that after the change.
pub fn effect(
    directive: &str,
    before: Option<&str>,
    after: Option<&str>,
    configuration: &BTreeMap<String, String>,
) -> Option<Effect> {
    let directive = directive.to_ascii_lowercase();
    let name = newest_name(&directive).unwrap_or(&directive);
    let before = value(name, before);
    let after = value(name, after);
    if before == after {
        return None;
    }
    let row = ROWS.iter().find(|it| {
        it.directive == name
            && it.how.fits(name, &before, &after)
            && it.given.holds(configuration, name, &after)
    })?;
    let filled = |text: &'static str| match text.contains('{') {
        true => Cow::Owned(
            text.replace("{before}", shown(&before))
                .replace("{after}", shown(&after)),
        ),
        false => Cow::Borrowed(text),
    };
    Some(Effect {
        class: row.class,
        what: filled(row.what),
        exposed: filled(row.exposed),
        instead: (!row.instead.is_empty()).then(|| filled(row.instead)),
        source: Cow::Borrowed(row.source),
    })
}

/// A value without quotes; what Redis takes by itself where there is none.
fn value(directive: &str, given: Option<&str>) -> String {
    let given = given.map(|it| match it.trim() {
        "\"\"" | "''" => "",
        it => it,
    });
    let default = || spans(directive).last().map_or("", |it| it.default);
    given.unwrap_or_else(default).to_owned()
}

fn shown(value: &str) -> &str {
    if value.is_empty() { "nothing" } else { value }
}

/// A number or a size, or that there is no bound.
fn amount(directive: &str, value: &str) -> Option<i128> {
    let number = value
        .parse()
        .ok()
        .or_else(|| redis_size(value).map(i128::from))?;
    let is_unbounded = number == 0 && UNBOUNDED_AT_0.contains(&directive);
    Some(if is_unbounded { i128::MAX } else { number })
}

impl How {
    fn fits(self, directive: &str, before: &str, after: &str) -> bool {
        let amounts = || amount(directive, before).zip(amount(directive, after));
        let is = |value: &str, word: &str| value.eq_ignore_ascii_case(word);
        match self {
            Self::Any => true,
            Self::Lowered => amounts().is_some_and(|(was, is)| is < was),
            Self::Raised => amounts().is_some_and(|(was, is)| is > was),
            Self::To(word) => is(after, word),
            Self::From(word) => is(before, word),
            Self::Negative => after.starts_with('-'),
            Self::Into(beginning) => {
                let begins = |it: &str| it.to_ascii_lowercase().starts_with(beginning);
                begins(after) && !begins(before)
            }
            Self::Gains(word) => {
                let has = |it: &str| it.split(' ').any(|it| is(it, word));
                has(after) && !has(before)
            }
            Self::LosesLetters => !letters(before).is_subset(&letters(after)),
            Self::GainsLetters => !letters(after).is_subset(&letters(before)),
            Self::Buffer(class) => {
                let (was, is) = (limit(before, class), limit(after, class));
                was.zip(is)
                    .is_some_and(|(was, is)| was.iter().zip(is.iter()).any(|(was, is)| is < was))
            }
        }
    }
}

impl Given {
    fn holds(self, configuration: &BTreeMap<String, String>, changed: &str, now: &str) -> bool {
        let of = |directive: &str| match directive == changed {
            true => now.to_owned(),
            false => value(directive, configuration.get(directive).map(String::as_str))
                .to_ascii_lowercase(),
        };
        let is_bounded = || amount("maxmemory", &of("maxmemory")) != Some(i128::MAX);
        let evicts = |family: &str| is_bounded() && of("maxmemory-policy").starts_with(family);
        let appends = || of("appendonly") == "yes";
        match self {
            Self::Always => true,
            Self::Bounded => is_bounded(),
            Self::EvictsAll => evicts("allkeys-"),
            Self::EvictsSome => evicts("volatile-"),
            Self::EvictsNone => evicts("noeviction"),
            Self::AppendOnly => appends(),
            Self::NotAppendOnly => !appends(),
            Self::NotPersistent => !appends() && of("save").is_empty(),
            Self::NeedsReplicas => of("min-replicas-to-write") != "0",
        }
    }
}

/// The classes of events; `A` stands for most of them.
fn letters(value: &str) -> BTreeSet<char> {
    let all = value.contains('A').then_some("g$lshztdxe");
    let letters = value.chars().chain(all.into_iter().flat_map(str::chars));
    letters.filter(|it| *it != 'A').collect()
}

/// The hard and the soft limit of a class of clients; what a value does not say is as Redis has it.
fn limit(value: &str, class: &str) -> Option<[i128; 2]> {
    let directive = "client-output-buffer-limit";
    let words: Vec<&str> = value.split_whitespace().collect();
    let of = |words: &[&str]| {
        let mut limits = words.chunks_exact(4).filter(|it| {
            it[0].eq_ignore_ascii_case(class)
                || class == "replica" && it[0].eq_ignore_ascii_case("slave")
        });
        // The last one counts.
        let last = limits.next_back()?;
        let bound = |it: &str| {
            let bytes = amount(directive, it)?;
            Some(if bytes == 0 { i128::MAX } else { bytes })
        };
        Some([bound(last[1])?, bound(last[2])?])
    };
    of(&words).or_else(|| {
        let default = spans(directive).last()?.default;
        of(&default.split_whitespace().collect::<Vec<_>>())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::redis_config::Takes;

    /// A change of a directive in a configuration, as `before => after | other directives`.
    fn told(directive: &str, change: &str) -> Option<Effect> {
        let (change, others) = change.split_once('|').unwrap_or((change, ""));
        let (before, after) = change.split_once("=>").unwrap();
        let value = |it: &str| match it.trim() {
            "-" => None,
            it => Some(it.to_owned()),
        };
        let (before, after) = (value(before), value(after));
        let mut configuration: BTreeMap<String, String> = others
            .split(',')
            .filter_map(|it| it.trim().split_once(' '))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('"').to_owned()))
            .collect();
        if let Some(after) = &after {
            configuration.insert(directive.to_owned(), after.clone());
        }
        effect(
            directive,
            before.as_deref(),
            after.as_deref(),
            &configuration,
        )
    }

    #[test]
    fn a_change_is_as_bad_as_redis_makes_it() {
        use Class::{DataRisk, Hot, MonitoringGap};
        for (directive, change, class, words) in [
            (
                "maxmemory",
                "2gb => 1gb | maxmemory-policy allkeys-lru",
                Hot,
                "keys are evicted, with a TTL or without, until the memory is below 1gb",
            ),
            (
                "maxmemory",
                "- => 1gb | maxmemory-policy volatile-ttl",
                Hot,
                "keys with a TTL are evicted",
            ),
            ("maxmemory", "2gb => 1gb", Hot, "refused with OOM"),
            (
                "maxmemory",
                "2gb => -",
                Hot,
                "nothing bounds the memory of Redis any more",
            ),
            ("maxmemory", "2gb => 0", Hot, "nothing bounds the memory"),
            (
                "maxmemory-policy",
                "allkeys-lru => - | maxmemory 1gb",
                Hot,
                "nothing is evicted any more",
            ),
            (
                "maxmemory-policy",
                "noeviction => allkeys-lfu | maxmemory 1gb",
                DataRisk,
                "without a TTL can be evicted too",
            ),
            (
                "maxmemory-policy",
                "allkeys-lru => volatile-lru | maxmemory 1gb",
                Hot,
                "where there are none",
            ),
            (
                "appendonly",
                "yes => no | save \"\"",
                DataRisk,
                "nothing is written to disk any more",
            ),
            (
                "appendonly",
                "yes => -",
                DataRisk,
                "only snapshots are left",
            ),
            ("appendonly", "no => yes", DataRisk, "starts empty"),
            (
                "save",
                "900 1 => \"\" | appendonly no",
                DataRisk,
                "nothing is written to disk any more",
            ),
            (
                "save",
                "- => \"\" | appendonly yes",
                Hot,
                "the only copy on disk",
            ),
            (
                "save",
                "\"\" => 900 1",
                Hot,
                "forks for a snapshot at 900 1",
            ),
            ("save", "60 1 => 900 1", Hot, "no longer at 60 1"),
            (
                "appendfsync",
                "everysec => no | appendonly yes",
                DataRisk,
                "the kernel decides",
            ),
            (
                "appendfsync",
                "always => - | appendonly yes",
                DataRisk,
                "once a second",
            ),
            (
                "appendfsync",
                "- => always | appendonly yes",
                Hot,
                "before it is on disk",
            ),
            (
                "stop-writes-on-bgsave-error",
                "- => no",
                DataRisk,
                "goes on to take writes",
            ),
            (
                "shutdown-on-sigterm",
                "default => nosave force",
                DataRisk,
                "makes no snapshot",
            ),
            ("databases", "- => 4", DataRisk, "higher number than 4"),
            ("min-replicas-to-write", "- => 1", Hot, "NOREPLICAS"),
            (
                "min-slaves-to-write",
                "1 => 0",
                DataRisk,
                "fewer replicas than before",
            ),
            (
                "min-replicas-max-lag",
                "10 => 5 | min-replicas-to-write 1",
                Hot,
                "silent for 5 s",
            ),
            ("repl-backlog-size", "64mb => 1mb", Hot, "the last 1mb"),
            (
                "client-output-buffer-limit",
                "- => replica 64mb 16mb 60",
                Hot,
                "a replica that reads too slowly",
            ),
            (
                "client-output-buffer-limit",
                "normal 0 0 0 => normal 1mb 0 0 slave 256mb 64mb 60",
                Hot,
                "clients that read too slowly are disconnected",
            ),
            (
                "client-output-buffer-limit",
                "pubsub 32mb 8mb 60 => pubsub 64mb 8mb 60",
                Hot,
                "keep more in the memory",
            ),
            (
                "repl-diskless-load",
                "- => swapdb",
                Hot,
                "old data in memory",
            ),
            ("slave-serve-stale-data", "yes => no", Hot, "MASTERDOWN"),
            ("replica-read-only", "- => no", DataRisk, "take writes"),
            (
                "cluster-require-full-coverage",
                "no => -",
                Hot,
                "the whole cluster",
            ),
            ("cluster-node-timeout", "- => 2000", Hot, "after 2000 ms"),
            ("maxclients", "- => 500", Hot, "beyond 500 are refused"),
            ("maxclients", "500 => -", Hot, "up to 10000 connections"),
            ("timeout", "0 => 60", Hot, "idle for 60 s are closed"),
            ("timeout", "60 => 0", Hot, "never closed"),
            ("tcp-keepalive", "300 => 0", Hot, "no longer probed"),
            ("hz", "10 => 100", Hot, "100 times a second"),
            ("lazyfree-lazy-expire", "yes => no", Hot, "freed at once"),
            (
                "notify-keyspace-events",
                "KEA => Ex",
                Hot,
                "Ex and no longer KEA",
            ),
            ("notify-keyspace-events", "- => Ex", Hot, "sends an event"),
            (
                "notify-keyspace-events",
                "Ex => \"\"",
                Hot,
                "nothing and no longer Ex",
            ),
            ("io-threads", "- => 4", Hot, "4 threads"),
            ("activedefrag", "no => yes", Hot, "moves its data in memory"),
            ("protected-mode", "- => no", DataRisk, "are let in"),
            ("enable-debug-command", "no => local", DataRisk, "DEBUG"),
            (
                "slowlog-log-slower-than",
                "10000 => -1",
                MonitoringGap,
                "no longer noted",
            ),
            (
                "slowlog-log-slower-than",
                "- => 50000",
                MonitoringGap,
                "less than 50000 µs",
            ),
            (
                "slowlog-max-len",
                "- => 10",
                MonitoringGap,
                "last 10 entries",
            ),
            (
                "latency-monitor-threshold",
                "100 => -",
                MonitoringGap,
                "no longer noted",
            ),
            (
                "latency-monitor-threshold",
                "0 => 100",
                Hot,
                "from 100 ms are noted",
            ),
            (
                "latency-tracking",
                "- => no",
                MonitoringGap,
                "no longer tracked",
            ),
        ] {
            let effect = told(directive, change);
            let effect = effect.unwrap_or_else(|| panic!("{directive} {change}"));
            assert_eq!(effect.class, class, "{directive} {change}: {}", effect.what);
            assert!(
                effect.what.contains(words),
                "{directive} {change}: {}",
                effect.what
            );
        }
    }

    #[test]
    fn what_nobody_has_to_know_is_not_told() {
        for (directive, change) in [
            ("maxmemory", "1gb => 1gb"),
            ("maxmemory", "1gb => 2gb | maxmemory-policy allkeys-lru"),
            ("maxmemory", "0 => -"),
            ("maxmemory-policy", "noeviction => allkeys-lru"),
            (
                "maxmemory-policy",
                "allkeys-lru => allkeys-lfu | maxmemory 1gb",
            ),
            ("appendonly", "no => -"),
            ("appendfsync", "everysec => no"),
            ("save", "60 1 => 900 1 | appendonly yes"),
            ("databases", "4 => 16"),
            ("min-replicas-max-lag", "10 => 5"),
            ("slowlog-max-len", "128 => 1000"),
            ("lua-time-limit", "5000 => 100"),
            ("no-such-directive", "1 => 2"),
        ] {
            assert_eq!(told(directive, change), None, "{directive} {change}");
        }
    }

    #[test]
    fn a_gentler_way_has_the_values_too() {
        let effect = told("maxclients", "10000 => 500").unwrap();
        assert_eq!(
            effect.instead.as_deref(),
            Some("see first that `connected_clients` stays well below 500")
        );
    }

    #[test]
    fn every_row_is_of_a_directive_and_says_what_and_where() {
        for row in ROWS {
            let name = row.directive;
            assert_eq!(newest_name(name), Some(name), "{name}");
            assert!(!row.what.is_empty(), "{row:?}");
            assert!(row.source.contains("7.4.1"), "{row:?}");
            let takes = spans(name).last().unwrap().takes;
            let is_taken = match row.how {
                How::To(word) | How::From(word) => takes.takes(word),
                How::Gains(word) => takes.takes(word),
                How::Into(beginning) => takes.takes(&format!("{beginning}lru")),
                How::Buffer(_) => matches!(takes, Takes::OutputBuffers(..)),
                How::LosesLetters | How::GainsLetters => matches!(takes, Takes::Letters(_)),
                How::Lowered | How::Raised => {
                    matches!(takes, Takes::Number(..) | Takes::Size(..))
                }
                How::Negative => takes.takes("-1"),
                How::Any => true,
            };
            assert!(is_taken, "{row:?}");
            for text in [row.what, row.exposed, row.instead] {
                assert!(!text.ends_with('.') && text.trim() == text, "{text}");
                assert!(text.matches('`').count() % 2 == 0, "{text}");
                for part in text.split('{').skip(1) {
                    let name = part.split('}').next().unwrap();
                    assert!(["before", "after"].contains(&name), "{text}");
                }
            }
        }
    }

    #[test]
    fn no_row_is_shadowed_by_an_earlier_one() {
        for (place, row) in ROWS.iter().enumerate() {
            let shadow = ROWS[..place].iter().find(|it| {
                it.directive == row.directive
                    && (it.how == row.how || it.how == How::Any)
                    && (it.given == row.given || it.given == Given::Always)
            });
            assert!(shadow.is_none(), "{row:?}");
        }
    }
}
