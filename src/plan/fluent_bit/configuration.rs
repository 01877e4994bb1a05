//! The way of a line: from the file of a container to a document.
//!
//! Nothing in it runs code, and nothing but [`Variable`] reads the environment. What differs from
//! instance to instance is added by class, a filter for each team, tier and topology, so that the
//! number of filters does not grow with that of instances.

use crate::api::conventions::{component, log};
use crate::api::fluent_bit::{Configuration, Setting, Settings, Variable};
use crate::model::stack::{Logging, Stack};
use crate::operators::{self, LogFormat};
use crate::plan::fluent_bit::sources::{self, OPERATOR, REDIS, StatefulSets};
use crate::plan::fluent_bit::{BUFFERS_DIR, CA_DIR, PORT};

/// `<pid>:<role> <date> <level> <message>` (Redis, src/server.c, serverLogRaw). The date has no zone
/// and other lines have none at all, so the time of a document is that of the container runtime.
const LINE: &str = r"^(?<pid>\d+):(?<role>[MSCX]) \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2}\.\d{3} (?<level>[.*#-]) (?<message>.*)$";
/// What a handler of a signal writes, which may not ask for the date (serverLogFromHandler).
const SIGNAL: &str = r"^(?<pid>\d+):signal-handler \(\d+\) (?<message>.*)$";
/// Cells of zap's console encoder. The name of a logger may be missing; the last cell begins with `{`.
const CONSOLE: &str = r"^\d{4}-\d{2}-\d{2}T\S+\t(?<level>[A-Z]+)\t(?:(?<logger>[^\t{][^\t]*)\t)?(?<message>[^\t{][^\t]*)(?:\t(?<fields>\{.*\}))?$";

const LEVELS: [(&str, &str); 4] = [
    (".", "debug"),
    ("-", "verbose"),
    ("*", "notice"),
    ("#", "warning"),
];
const ROLES: [(&str, &str); 4] = [
    ("M", "master"),
    ("S", "replica"),
    ("C", "child"),
    ("X", "sentinel"),
];
const OPERATOR_LEVELS: [(&str, &str); 4] = [
    ("DEBUG", "debug"),
    ("INFO", "info"),
    ("WARN", "warn"),
    ("ERROR", "error"),
];

pub(super) fn configuration(stack: &Stack, logging: &Logging) -> Configuration {
    Configuration {
        service: service(),
        parsers: parsers(stack),
        inputs: inputs(stack),
        filters: filters(stack),
        outputs: vec![output(stack, logging)],
    }
}

fn service() -> Settings {
    Settings::default()
        .with("flush", "5")
        .with("log_level", "info")
        .with("http_server", "on")
        .set("http_listen", Setting::variable(Variable::PodIp))
        .with("http_port", PORT.to_string())
        .with("health_check", "on")
        .with("storage.path", format!("{BUFFERS_DIR}/chunks"))
        .with("storage.sync", "normal")
        .with("storage.backlog.mem_limit", "16M")
        .with("storage.delete_irrecoverable_chunks", "on")
        .with("storage.metrics", "on")
        // Without it, the first try after an outage may come half an hour later.
        .with("scheduler.cap", "300")
}

fn parsers(stack: &Stack) -> Vec<Settings> {
    let regex = |name: String, regex: String| {
        Settings::of(&name)
            .with("format", "regex")
            .with("regex", regex)
    };
    let json = |name: &str| Settings::of(name).with("format", "json");
    let mut parsers = vec![
        regex("redis".to_owned(), LINE.to_owned()).with("types", "pid:integer"),
        regex("redis-signal".to_owned(), SIGNAL.to_owned()).with("types", "pid:integer"),
    ];
    match operators::of(stack).operator_log().format {
        LogFormat::Json => parsers.push(json("operator")),
        LogFormat::Console => {
            parsers.push(regex("operator".to_owned(), CONSOLE.to_owned()));
            parsers.push(json("operator-fields"));
        }
    }
    for suffix in sources::by(stack, |_, it| it.suffix).keys() {
        parsers.push(regex(
            pod_parser(suffix),
            format!("^(?<{}>.+){suffix}-[0-9]+$", log::INSTANCE_NAME),
        ));
    }
    parsers
}

fn inputs(stack: &Stack) -> Vec<Settings> {
    let tail = |tag: &str, alias: &str, path: String| {
        Settings::of("tail")
            .with("alias", alias)
            .with("tag", format!("{tag}.*"))
            .with("path", path)
            .with("multiline.parser", "docker, cri")
            .with("db", format!("{BUFFERS_DIR}/{alias}.db"))
            .with("db.locking", "on")
            // What is known is read on from where it was; what was made meanwhile, from its beginning.
            .with("read_from_head", "on")
            .with("refresh_interval", "10")
            .with("rotate_wait", "30")
            // Otherwise the file with such a line is read no further.
            .with("skip_long_lines", "on")
            .with("buffer_max_size", "256k")
            .with("mem_buf_limit", "16M")
            .with("storage.type", "filesystem")
    };
    let mut inputs = vec![tail(OPERATOR, "operator", sources::operator_path(stack))];
    for namespace in stack.namespaces() {
        inputs.push(tail(
            REDIS,
            &format!("redis-{namespace}"),
            sources::redis_paths(stack, namespace).join(","),
        ));
    }
    inputs
}

fn filters(stack: &Stack) -> Vec<Settings> {
    let mut filters = redis_filters();
    filters.extend(operator_filters(stack));
    filters.push(modify("*").with("rename", format!("log {}", log::MESSAGE)));
    filters.extend([REDIS, OPERATOR].map(kubernetes));
    filters.push(
        on("nest", "*")
            .with("operation", "lift")
            .with("nested_under", "kubernetes"),
    );
    filters.push(
        modify("*").with_all(
            "hard_rename",
            [
                ("pod_name", log::POD),
                ("namespace_name", log::NAMESPACE),
                ("container_name", log::CONTAINER),
                ("host", log::NODE),
            ]
            .map(|(from, to)| format!("{from} {to}")),
        ),
    );
    filters.push(modify("*").with_all(
        "set",
        [
            format!("{} {}", log::STACK, stack.name),
            format!("{} {}", log::CLUSTER, stack.cluster),
        ],
    ));
    filters.extend(class_filters(stack));
    filters.push(operator_labels(stack));
    // What is left is what Elasticsearch has fields for: a document is never refused for another.
    let fields = log::FIELDS.iter().map(|(name, _)| *name);
    filters.push(
        on("record_modifier", "*")
            .with_all("allowlist_key", fields.filter(|it| *it != log::TIMESTAMP)),
    );
    filters
}

fn redis_filters() -> Vec<Settings> {
    let matching = format!("{REDIS}.*");
    let mut filters = vec![
        on("parser", &matching)
            .with("key_name", "log")
            .with_all("parser", ["redis", "redis-signal"])
            .with("reserve_data", "on"),
    ];
    filters.extend(LEVELS.map(|it| spell_out(&matching, log::LEVEL, it)));
    filters.extend(ROLES.map(|it| spell_out(&matching, log::ROLE, it)));
    filters
}

/// The fields of an operator's line are kept where they have a place, before those of the pod are
/// added: a line names a namespace of its own.
fn operator_filters(stack: &Stack) -> Vec<Settings> {
    let matching = format!("{OPERATOR}.*");
    let parse = |key: &str, parser: &str| {
        on("parser", &matching)
            .with("key_name", key)
            .with("parser", parser)
            .with("reserve_data", "on")
    };
    let mut filters = vec![parse("log", "operator")];
    match operators::of(stack).operator_log().format {
        LogFormat::Json => {}
        LogFormat::Console => {
            filters.push(parse("fields", "operator-fields"));
            filters.extend(OPERATOR_LEVELS.map(|it| spell_out(&matching, log::LEVEL, it)));
        }
    }
    filters.push(modify(&matching).with_all(
        "rename",
        [
            format!("msg {}", log::MESSAGE),
            format!("name {}", log::INSTANCE_NAME),
        ],
    ));
    filters.push(on("record_modifier", &matching).with_all(
        "allowlist_key",
        [
            "log",
            log::MESSAGE,
            log::LEVEL,
            log::LOGGER,
            log::CONTROLLER,
            log::ERROR,
            log::INSTANCE_NAME,
        ],
    ));
    filters
}

/// Pod, namespace, container and node of a record. Labels and annotations are left where they are: two
/// pods may give one name a text and an object, and Elasticsearch refuses the later one.
fn kubernetes(tag: &str) -> Settings {
    on("kubernetes", &format!("{tag}.*"))
        .with("kube_tag_prefix", sources::tag_prefix(tag))
        .with("labels", "off")
        .with("annotations", "off")
        .with("merge_log", "off")
        .with("k8s-logging.parser", "off")
        .with("k8s-logging.exclude", "off")
        // A pod may be described in more than the 32 kB that are kept otherwise.
        .with("buffer_size", "0")
}

fn class_filters(stack: &Stack) -> Vec<Settings> {
    let of_class = |plugin: &str, sets: &StatefulSets| {
        Settings::of(plugin).with("match_regex", sources::tags_of(sets))
    };
    let mut filters = Vec::new();
    for (suffix, sets) in sources::by(stack, |_, it| it.suffix) {
        filters.push(
            of_class("parser", &sets)
                .with("key_name", log::POD)
                .with("parser", pod_parser(suffix))
                .with("reserve_data", "on")
                .with("preserve_key", "on"),
        );
    }
    for (field, classes) in [
        (log::COMPONENT, sources::by(stack, |_, it| it.component)),
        (
            log::TOPOLOGY,
            sources::by(stack, |it, _| it.topology.kind().name()),
        ),
        (log::TEAM, sources::by(stack, |it, _| &it.team)),
        (log::TIER, sources::by(stack, |it, _| &it.tier)),
    ] {
        for (value, sets) in classes {
            filters.push(of_class("modify", &sets).with("set", format!("{field} {value}")));
        }
    }
    filters
}

fn operator_labels(stack: &Stack) -> Settings {
    let mut labels = vec![format!("{} {}", log::COMPONENT, component::OPERATOR)];
    labels.extend(
        stack
            .platform
            .team
            .as_ref()
            .map(|it| format!("{} {it}", log::TEAM)),
    );
    modify(&format!("{OPERATOR}.*")).with_all("set", labels)
}

fn output(stack: &Stack, logging: &Logging) -> Settings {
    let elasticsearch = &logging.elasticsearch;
    let url = &elasticsearch.url;
    let mut output = on("es", "*")
        .with("alias", "elasticsearch")
        .with("host", url.host())
        .with("port", url.port().to_string());
    if !url.path().is_empty() {
        output = output.with("path", url.path());
    }
    if elasticsearch.login.is_some() {
        output = output
            .set("http_user", Setting::variable(Variable::User))
            .set("http_passwd", Setting::variable(Variable::Password));
    }
    if url.is_encrypted() {
        output = output
            .with("tls", "on")
            .with("tls.verify", "on")
            .with("tls.verify_hostname", "on");
        if let Some(ca) = &elasticsearch.ca {
            output = output.with("tls.ca_file", format!("{CA_DIR}/{}", ca.key));
        }
    }
    // No `generate_id`: where all documents of a batch are there already, Fluent Bit takes the answer
    // for a failure (out_es, elasticsearch_error_check) and tries again for ever.
    output
        .with("index", log::target(&stack.name))
        .with("write_operation", "create")
        // Elasticsearch 8 refuses a request with a type.
        .with("suppress_type_name", "on")
        .with("trace_error", "on")
        // The answer names every document; one that is cut off counts as a failure.
        .with("buffer_size", "8M")
        // By default a batch is tried twice and then discarded.
        .with("retry_limit", "no_limits")
        .with("storage.total_limit_size", "1G")
}

fn on(plugin: &str, matching: &str) -> Settings {
    Settings::of(plugin).with("match", matching)
}

fn modify(matching: &str) -> Settings {
    on("modify", matching)
}

fn spell_out(matching: &str, field: &str, (short, long): (&str, &str)) -> Settings {
    modify(matching)
        .with("condition", format!("Key_value_equals {field} {short}"))
        .with("set", format!("{field} {long}"))
}

/// The parser that takes the name of an instance from that of a pod.
fn pod_parser(suffix: &str) -> String {
    format!("pod{suffix}")
}
