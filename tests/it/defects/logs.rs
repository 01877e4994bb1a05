//! Defects of logs: how they are read, where they go, and how long they are kept.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::{Names, Object, Tree, check, documents, list, names, texts};

/// A part of the configuration of Fluent Bit; a key may be there several times.
type Section = Vec<(String, String)>;

/// The configuration of Fluent Bit, whichever way it is written.
#[derive(Default)]
struct Bit {
    is_classic: bool,
    service: Section,
    parsers: Vec<Section>,
    inputs: Vec<Section>,
    filters: Vec<Section>,
    outputs: Vec<Section>,
}

fn one<'a>(section: &'a Section, key: &str) -> &'a str {
    let mut all = section.iter().filter(|it| it.0 == key);
    all.next().map_or("", |it| it.1.as_str())
}

fn every<'a>(section: &'a Section, key: &'a str) -> impl Iterator<Item = &'a str> {
    let all = section.iter().filter(move |it| it.0 == key);
    all.map(|it| it.1.as_str())
}

fn section(value: &Value) -> Section {
    let text = |it: &Value| it.as_str().map_or_else(|| it.to_string(), str::to_owned);
    let mut acc = Section::new();
    for (key, value) in value.as_object().into_iter().flatten() {
        match value {
            Value::Array(all) => acc.extend(all.iter().map(|it| (key.to_lowercase(), text(it)))),
            it => acc.push((key.to_lowercase(), text(it))),
        }
    }
    acc
}

fn sections(value: &Value) -> Vec<Section> {
    list(value).iter().map(section).collect()
}

fn classic(text: &str) -> Vec<(String, Section)> {
    let mut acc: Vec<(String, Section)> = Vec::new();
    for line in text.lines().map(str::trim).filter(|it| !it.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            acc.push((name.to_owned(), Section::new()));
        } else if let Some((_, section)) = acc.last_mut() {
            let (key, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
            section.push((key.to_lowercase(), value.trim().to_owned()));
        }
    }
    acc
}

impl Bit {
    /// Reads what a `DaemonSet` starts with.
    fn of(tree: &Tree, daemon: &Object) -> Option<Self> {
        let map = configuration(tree, daemon)?;
        let container = daemon.containers().first()?;
        let file = texts(&container["args"]).pop()?;
        let name = file.rsplit('/').next()?;
        let text = map.value["data"][name].as_str()?;
        let mut acc = Self::default();
        if name.ends_with(".conf") {
            acc.is_classic = true;
            let mut all = classic(text);
            let service = all.iter().find(|it| it.0 == "SERVICE")?.1.clone();
            let parsers = map.value["data"][one(&service, "parsers_file")].as_str();
            all.extend(parsers.into_iter().flat_map(classic));
            for (name, section) in all {
                match name.as_str() {
                    "SERVICE" => acc.service = section,
                    "PARSER" => acc.parsers.push(section),
                    "INPUT" => acc.inputs.push(section),
                    "FILTER" => acc.filters.push(section),
                    "OUTPUT" => acc.outputs.push(section),
                    it => panic!("[{it}]"),
                }
            }
        } else {
            let value = documents(text).pop()?;
            acc.service = section(&value["service"]);
            acc.parsers = sections(&value["parsers"]);
            acc.inputs = sections(&value["pipeline"]["inputs"]);
            acc.filters = sections(&value["pipeline"]["filters"]);
            acc.outputs = sections(&value["pipeline"]["outputs"]);
        }
        Some(acc)
    }

    fn named<'a>(all: &'a [Section], name: &'a str) -> impl Iterator<Item = &'a Section> {
        all.iter().filter(move |it| one(it, "name") == name)
    }

    fn filters<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Section> {
        Self::named(&self.filters, name)
    }

    /// The names of the parsers that a log of this tag is tried with, in order.
    fn tried(&self, tag: &str) -> Vec<&str> {
        self.filters("parser")
            .filter(|it| one(it, "key_name") == "log" && glob(one(it, "match"), tag))
            .flat_map(|it| every(it, "parser"))
            .collect()
    }

    /// What the last list of fields leaves of a document.
    fn fields(&self) -> Names {
        self.filters("record_modifier")
            .filter(|it| one(it, "match") == "*")
            .last()
            .map(|it| every(it, "allowlist_key").map(str::to_owned).collect())
            .unwrap_or_default()
    }
}

fn configuration<'a>(tree: &'a Tree, daemon: &Object) -> Option<&'a Object> {
    let volumes = list(&daemon.pod()["spec"]["volumes"]);
    tree.of("ConfigMap").find(|map| {
        map.namespace() == daemon.namespace()
            && volumes
                .iter()
                .any(|it| it["configMap"]["name"] == map.name())
    })
}

/// The part of a tree that a defect of logs is looked for in, or what is wrong with there being none.
fn with_bit(tree: &Tree, look: impl Fn(&Object, &Bit) -> Vec<String>) -> Vec<String> {
    if tree.policy("/platform/fluentBit").is_null() {
        return Vec::new();
    }
    let mut acc = Vec::new();
    let mut count = 0;
    for daemon in tree.of("DaemonSet") {
        if let Some(bit) = Bit::of(tree, daemon) {
            count += 1;
            let found = look(daemon, &bit);
            acc.extend(found.into_iter().map(|it| format!("{}: {it}", daemon.at())));
        }
    }
    if count != 1 {
        acc.push(format!("{count} of Fluent Bit can start"));
    }
    acc
}

/// Whether a pattern of the shell, which may have `*`, `?` and `[a-b]`, is of the whole text.
fn glob(pattern: &str, text: &str) -> bool {
    let Some(first) = pattern.chars().next() else {
        return text.is_empty();
    };
    let rest = &pattern[first.len_utf8()..];
    if first == '*' {
        let mut ends = text.char_indices().map(|it| it.0).chain([text.len()]);
        return ends.any(|it| glob(rest, &text[it..]));
    }
    let Some(there) = text.chars().next() else {
        return false;
    };
    let (fits, rest) = match (first, rest.split_once(']')) {
        ('[', Some((set, rest))) => {
            let range = set
                .split_once('-')
                .and_then(|(from, to)| Some(from.chars().next()?..=to.chars().next()?));
            let range = range.unwrap_or_else(|| panic!("{pattern}"));
            (range.contains(&there), rest)
        }
        _ => (first == '?' || first == there, rest),
    };
    fits && glob(rest, &text[there.len_utf8()..])
}

const CONFIGURATION: &str = "fluent-bit/configuration.yaml";
const DAEMON: &str = "fluent-bit/fluent-bit.yaml";
const RBAC: &str = "fluent-bit/rbac.yaml";
const BODIES: &str = "elasticsearch/configuration.yaml";
const JOB: &str = "elasticsearch/job.yaml";
const KIBANA: &str = "kibana/import.yaml";

/// Lines that Redis and the operators write and that no parser reads, and fields that no line has.
fn unread_lines(tree: &Tree) -> Vec<String> {
    const OF_REDIS: &[&str] = &[
        "1:C 08 Aug 2025 10:11:12.123 # WARNING Memory overcommit must be enabled!",
        "1:M 08 Aug 2025 10:11:12.123 * Ready to accept connections tcp",
        "7:S 18 Aug 2025 10:11:12.123 - Client closed connection",
        "1:X 08 Aug 2025 10:11:12.123 # +odown master mymaster 10.0.0.1 6379 #quorum 2/2",
        "1:M 08 Aug 2025 10:11:12.123 . 0 clients connected",
        "1:signal-handler (1754647872) Received SIGTERM scheduling shutdown...",
    ];
    const OF_CONSOLE: &[&str] = &[
        "2025-08-08T10:11:12Z\tINFO\tsetup\tstarting manager",
        "2025-08-08T10:11:12Z\tERROR\tReconciler error\t{\"controller\": \"redis\", \"error\": \"a\"}",
    ];
    const OF_JSON: &[&str] =
        &["{\"level\":\"info\",\"ts\":\"2025-08-08T10:11:12Z\",\"msg\":\"starting manager\"}"];
    const INVENTED: &[&str] = &[
        "trace_id",
        "span_id",
        "duration_ms",
        "operation",
        "redis_instance",
    ];
    with_bit(tree, |_, bit| {
        let mut acc = Vec::new();
        let of_operator = match tree.policy("/platform/redisOperator/kind").as_str() {
            Some("opstree") => OF_JSON,
            _ => OF_CONSOLE,
        };
        for (tag, lines) in [("redis.a", OF_REDIS), ("operator.a", of_operator)] {
            let parsers: Vec<&Section> = bit
                .tried(tag)
                .into_iter()
                .flat_map(|name| Bit::named(&bit.parsers, name))
                .collect();
            for line in lines {
                let is_read = parsers.iter().any(|it| match one(it, "format") {
                    "json" => serde_json::from_str::<Value>(line).is_ok_and(|it| it.is_object()),
                    "regex" => Regex::new(one(it, "regex"))
                        .unwrap()
                        .captures(line)
                        .is_some_and(|it| it.name("message").is_some()),
                    _ => false,
                });
                if !is_read {
                    acc.push(format!("nothing reads {line}"));
                }
            }
        }
        let fields = bit.fields();
        acc.extend(
            INVENTED
                .iter()
                .filter(|it| fields.contains(**it))
                .map(|it| format!("no line has {it}")),
        );
        if !["message", "level", "namespace", "pod", "instance_name"]
            .iter()
            .all(|it| fields.contains(*it))
        {
            acc.push(format!("documents have {fields:?}"));
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d19_logs_are_parsed_in_a_form_that_nobody_writes() {
    check(
        unread_lines,
        &[
            ("prod", CONFIGURATION, "(?<role>[MSCX])", "(?<role>[MSC])"),
            ("prod", CONFIGURATION, "        - redis-signal\n", ""),
            ("seed", CONFIGURATION, "    - name: operator\n      format: regex", "    - name: operator\n      format: json"),
            ("staging", CONFIGURATION, "        name   operator\n        format json", "        name   operator\n        format regex\n        regex  ^(?<message>[A-Z]+)$"),
            ("prod", CONFIGURATION, "        - error\n      outputs", "        - error\n        - trace_id\n      outputs"),
            ("staging", CONFIGURATION, "allowlist_key role", "allowlist_key redis_instance"),
        ],
    );
}

/// A format that the policy does not ask for: the classic one is going away.
fn old_formats(tree: &Tree) -> Vec<String> {
    let wants_classic = tree.policy("/platform/fluentBit/format") == "classic";
    with_bit(tree, |daemon, bit| {
        let map = configuration(tree, daemon).unwrap();
        let has_classic = map.value["data"]
            .as_object()
            .is_some_and(|it| it.keys().any(|it| it.ends_with(".conf")));
        let mut acc = Vec::new();
        if bit.is_classic != wants_classic || has_classic != wants_classic {
            acc.push("is of the other format".to_owned());
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d20_fluent_bit_is_configured_in_the_format_that_goes_away() {
    check(
        old_formats,
        &[
            ("prod", CONFIGURATION, "  fluent-bit.yaml: |\n", "  fluent-bit.conf: |\n"),
            ("prod", CONFIGURATION, "\ndata:\n", "\ndata:\n  parsers.conf: \"\"\n"),
            ("seed", DAEMON, "/configuration/fluent-bit.yaml", "/configuration/fluent-bit.conf"),
        ],
    );
}

/// Inputs that do not put the lines of containerd together.
fn unparsed_lines(tree: &Tree) -> Vec<String> {
    with_bit(tree, |_, bit| {
        let mut acc = Vec::new();
        for input in &bit.inputs {
            let mut parsers = one(input, "multiline.parser").split(", ");
            if one(input, "name") != "tail"
                || !parsers.any(|it| it == "cri")
                || !one(input, "parser").is_empty()
            {
                acc.push(one(input, "alias").to_owned());
            }
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d21_lines_of_containerd_are_read_as_lines_of_docker() {
    check(
        unparsed_lines,
        &[
            ("prod", CONFIGURATION, "multiline.parser: docker, cri", "parser: docker"),
            ("prod", CONFIGURATION, "multiline.parser: docker, cri", "multiline.parser: docker"),
            ("staging", CONFIGURATION, "multiline.parser docker, cri", "parser docker"),
        ],
    );
}

/// Tags that have no file in them, or that no filter, or several, look the pod up by.
fn nameless_records(tree: &Tree) -> Vec<String> {
    with_bit(tree, |_, bit| {
        let mut acc = Vec::new();
        for input in &bit.inputs {
            let tag = one(input, "tag");
            let Some(prefix) = tag.strip_suffix('*') else {
                acc.push(format!("{tag} has no place for a file"));
                continue;
            };
            let prefix = format!("{prefix}var.log.containers.");
            let real = format!("{prefix}a-0_b_c-0.log");
            let there: Vec<&str> = bit
                .filters("kubernetes")
                .filter(|it| glob(one(it, "match"), &real))
                .map(|it| one(it, "kube_tag_prefix"))
                .collect();
            if there != [prefix.as_str()] {
                acc.push(format!("{tag} is looked up by {there:?}"));
            }
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d22_a_tag_does_not_begin_as_the_filter_expects() {
    check(
        nameless_records,
        &[
            ("prod", CONFIGURATION, "tag: operator.*", "tag: operator"),
            ("prod", CONFIGURATION, "tag: redis.*", "tag: cache.*"),
            ("prod", CONFIGURATION, "kube_tag_prefix: redis.var.log.containers.", "kube_tag_prefix: redis."),
            ("staging", CONFIGURATION, "kube_tag_prefix     operator.var.log", "kube_tag_prefix     kube.var.log"),
            ("prod", CONFIGURATION, "      - name: kubernetes\n        match: operator.*", "      - name: kubernetes\n        match: \"*\""),
        ],
    );
}

/// The names of the pods of a Redis object, and the container that is no exporter.
fn pods(object: &Object) -> Vec<(String, String)> {
    let name = object.name();
    if !object.api().starts_with("redis.redis.opstreelabs.in/") {
        return match object.kind() {
            "RedisMasterReplica" => vec![
                (format!("{name}-master-0"), "redis".to_owned()),
                (format!("{name}-replica-0"), "redis".to_owned()),
            ],
            "RedisSentinel" => vec![
                (format!("{name}-sentinel-2"), "sentinel".to_owned()),
                (format!("{name}-redis-0"), "redis".to_owned()),
            ],
            _ => vec![(format!("{name}-0"), "redis".to_owned())],
        };
    }
    let sets = match object.kind() {
        "RedisCluster" => vec![format!("{name}-leader"), format!("{name}-follower")],
        "RedisSentinel" => vec![format!("{name}-sentinel")],
        _ => vec![name.to_owned()],
    };
    sets.into_iter().map(|it| (format!("{it}-0"), it)).collect()
}

/// Files of instances that no input reads, or two of them, and files of others that are read.
fn unread_files(tree: &Tree) -> Vec<String> {
    let id = "0123456789abcdef".repeat(4);
    with_bit(tree, |_, bit| {
        let paths: Vec<&str> = bit
            .inputs
            .iter()
            .flat_map(|it| one(it, "path").split(','))
            .collect();
        let readers = |pod: &str, space: &str, container: &str| {
            let file = format!("/var/log/containers/{pod}_{space}_{container}-{id}.log");
            paths.iter().filter(|it| glob(it.trim(), &file)).count()
        };
        let mut acc = Vec::new();
        for object in tree.redis() {
            for (pod, container) in pods(object) {
                let space = object.namespace();
                if readers(&pod, space, &container) != 1 {
                    acc.push(format!("{pod} is not read once"));
                }
                for (space, container) in [
                    (space, "redis-exporter"),
                    (space, "istio-proxy"),
                    ("elsewhere", container.as_str()),
                ] {
                    if readers(&pod, space, container) != 0 {
                        acc.push(format!("{container} of {pod} in {space} is read"));
                    }
                }
            }
        }
        let home = tree.policy("/platform/redisOperator/namespace");
        let (operator, container) = match tree.policy("/platform/redisOperator/kind").as_str() {
            Some("opstree") => ("redis-operator", "redis-operator"),
            _ => ("redis-operator-controller-manager", "manager"),
        };
        let pod = format!("{operator}-6c9d8b7f5-x2x7k");
        if readers(&pod, home.as_str().unwrap(), container) != 1
            || readers(&pod, home.as_str().unwrap(), "kube-rbac-proxy") != 0
        {
            acc.push(format!("{pod} is not read once"));
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d23_no_file_has_the_name_that_is_read() {
    check(
        unread_files,
        &[
            ("prod", CONFIGURATION, "/var/log/containers/cart-[0-9]_shop_cart-", "/var/log/containers/*redis-instance*-"),
            ("prod", CONFIGURATION, "cart-[0-9]_shop_cart-????????????????????????????????????????????????????????????????.log", "cart-[0-9]_shop_*.log"),
            ("prod", CONFIGURATION, "cart-[0-9]_shop_cart-", "cart-[0-9]_*_cart-"),
            ("seed", CONFIGURATION, "single-[0-9]_redis_redis-", "single-[0-9]_redis_single-"),
            ("seed", CONFIGURATION, "_manager-", "_kube-rbac-proxy-"),
            ("staging", CONFIGURATION, "catalog-leader-[0-9]_catalog_", "catalog-[0-9]_catalog_"),
            ("seed", "redis/redis/single.yaml", "name: single", "name: double"),
        ],
    );
}

/// Parsers that are named and not defined, and files over which the configuration is mounted.
fn missing_parsers(tree: &Tree) -> Vec<String> {
    with_bit(tree, |daemon, bit| {
        let map = configuration(tree, daemon).unwrap();
        let mut acc = Vec::new();
        for file in every(&bit.service, "parsers_file") {
            if map.value["data"][file].as_str().is_none_or(str::is_empty) {
                acc.push(format!("there is no {file}"));
            }
        }
        for filter in bit.filters("parser") {
            let mut there = every(filter, "parser").peekable();
            if there.peek().is_none() {
                acc.push("a filter without a parser".to_owned());
            }
            acc.extend(
                there
                    .filter(|it| Bit::named(&bit.parsers, it).count() != 1)
                    .map(|it| format!("nothing defines {it}")),
            );
        }
        let mounts = daemon.containers().iter();
        if mounts.flat_map(|it| list(&it["volumeMounts"])).any(|it| {
            it["mountPath"]
                .as_str()
                .is_some_and(|it| it.starts_with("/fluent-bit"))
        }) {
            acc.push("hides what its image has".to_owned());
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d24_a_file_of_parsers_is_named_that_is_not_there() {
    check(
        missing_parsers,
        &[
            ("staging", CONFIGURATION, "  parsers.conf: |", "  parser.conf: |"),
            ("staging", CONFIGURATION, "parsers_file                        parsers.conf", "parsers_file                        custom.conf"),
            ("staging", CONFIGURATION, "        name   pod-leader\n", "        name   pod-leaders\n"),
            ("prod", CONFIGURATION, "    - name: pod-sentinel\n", "    - name: pod-sentinels\n"),
            ("prod", DAEMON, "- mountPath: /configuration", "- mountPath: /fluent-bit/etc"),
            ("prod", CONFIGURATION, "    service:\n", "    service:\n      parsers_file: parsers.conf\n"),
        ],
    );
}

/// Logs that are read twice after a restart, memory without a bound, nobody to ask how it is.
fn careless_reading(tree: &Tree) -> Vec<String> {
    with_bit(tree, |daemon, bit| {
        let mut acc = Vec::new();
        let spec = &daemon.pod()["spec"];
        let kept: Vec<&str> = daemon
            .containers()
            .iter()
            .flat_map(|it| list(&it["volumeMounts"]))
            .filter(|mount| {
                mount["readOnly"] != true
                    && list(&spec["volumes"])
                        .iter()
                        .any(|it| it["name"] == mount["name"] && it["hostPath"].is_object())
            })
            .filter_map(|it| it["mountPath"].as_str())
            .collect();
        let mut databases = Names::new();
        for input in &bit.inputs {
            let database = one(input, "db");
            let is_kept = kept
                .iter()
                .any(|it| database.starts_with(&format!("{it}/")));
            if !is_kept || !databases.insert(database.to_owned()) {
                acc.push(format!("{} keeps no place", one(input, "alias")));
            }
            if one(input, "mem_buf_limit").is_empty() {
                acc.push(format!("{} has no bound", one(input, "alias")));
            }
        }
        let port = one(&bit.service, "http_port");
        let is_asked = daemon.containers().iter().any(|it| {
            list(&it["ports"])
                .iter()
                .any(|it| it["containerPort"].as_u64() == port.parse().ok())
                && it["livenessProbe"].is_object()
                && it["readinessProbe"]["httpGet"]["path"] == "/api/v1/health"
        });
        if one(&bit.service, "http_server") != "on"
            || one(&bit.service, "health_check") != "on"
            || !is_asked
        {
            acc.push("nobody can ask how it is".to_owned());
        }
        let account = spec["serviceAccountName"].as_str().unwrap_or("");
        let is_there = tree
            .of("ServiceAccount")
            .any(|it| it.name() == account && it.namespace() == daemon.namespace());
        let roles: Vec<&str> = tree
            .of("ClusterRoleBinding")
            .filter(|it| {
                list(&it.value["subjects"])
                    .iter()
                    .any(|it| it["name"] == account && it["namespace"] == daemon.namespace())
            })
            .map(|it| it.text("/roleRef/name"))
            .collect();
        let may = |resource: &str| {
            tree.of("ClusterRole")
                .filter(|it| roles.contains(&it.name()))
                .flat_map(|it| list(&it.value["rules"]))
                .any(|it| {
                    texts(&it["resources"]).contains(&resource.to_owned())
                        && ["get", "list", "watch"]
                            .iter()
                            .all(|verb| texts(&it["verbs"]).contains(&(*verb).to_owned()))
                })
        };
        if !is_there || !may("pods") || !may("namespaces") {
            acc.push("may not ask whose a pod is".to_owned());
        }
        if daemon.namespace() != *tree.policy("/platform/fluentBit/namespace") {
            acc.push("is elsewhere".to_owned());
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d25_fluent_bit_forgets_where_it_was_and_may_ask_nobody() {
    check(
        careless_reading,
        &[
            ("prod", CONFIGURATION, "        db: /buffers/operator.db\n", ""),
            ("prod", CONFIGURATION, "db: /buffers/operator.db", "db: /tmp/operator.db"),
            ("prod", CONFIGURATION, "db: /buffers/redis-shop.db", "db: /buffers/redis-platform.db"),
            ("staging", CONFIGURATION, "        mem_buf_limit    16M\n", ""),
            ("prod", CONFIGURATION, "http_server: \"on\"", "http_server: \"off\""),
            ("prod", CONFIGURATION, "health_check: \"on\"", "health_check: \"off\""),
            ("prod", DAEMON, "kind: DaemonSet", "kind: Deployment"),
            ("prod", DAEMON, "        livenessProbe:", "        startupProbe:"),
            ("prod", DAEMON, "      - hostPath:\n          path: /var/lib/fluent-bit/prod\n          type: DirectoryOrCreate\n", "      - emptyDir: {}\n"),
            ("prod", DAEMON, "      serviceAccountName: prod-fluent-bit\n", ""),
            ("prod", RBAC, "  - pods\n", ""),
            ("prod", RBAC, "kind: ClusterRoleBinding", "kind: RoleBinding"),
            ("prod", RBAC, "kind: ServiceAccount", "kind: Secret"),
        ],
    );
}

/// Pods that choose how they are parsed, by parsers that nobody has checked.
fn chosen_parsers(tree: &Tree) -> Vec<String> {
    with_bit(tree, |_, bit| {
        bit.filters("kubernetes")
            .filter(|it| {
                one(it, "k8s-logging.parser") != "off"
                    || one(it, "k8s-logging.exclude").is_empty()
                    || one(it, "merge_log") != "off"
            })
            .map(|it| one(it, "match").to_owned())
            .collect()
    })
}

#[test]
#[rustfmt::skip]
fn d26_a_pod_chooses_its_parser() {
    check(
        chosen_parsers,
        &[
            ("prod", CONFIGURATION, "k8s-logging.parser: \"off\"", "k8s-logging.parser: \"on\""),
            ("prod", CONFIGURATION, "        k8s-logging.exclude: \"off\"\n", ""),
            ("staging", CONFIGURATION, "k8s-logging.parser  off", "k8s-logging.parser  on"),
        ],
    );
}

/// Outputs that name a type, which no Elasticsearch takes any more.
fn typed_documents(tree: &Tree) -> Vec<String> {
    with_bit(tree, |_, bit| {
        let mut acc: Vec<String> = bit
            .outputs
            .iter()
            .filter(|it| {
                one(it, "name") != "es"
                    || one(it, "suppress_type_name") != "on"
                    || !one(it, "type").is_empty()
            })
            .map(|it| one(it, "alias").to_owned())
            .collect();
        if bit.outputs.is_empty() {
            acc.push("sends nothing".to_owned());
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d27_a_document_has_a_type() {
    check(
        typed_documents,
        &[
            ("prod", CONFIGURATION, "        suppress_type_name: \"on\"\n", ""),
            ("seed", CONFIGURATION, "suppress_type_name: \"on\"", "suppress_type_name: \"off\""),
            ("staging", CONFIGURATION, "        suppress_type_name       on\n", "        suppress_type_name       on\n        type                     _doc\n"),
        ],
    );
}

/// Labels of pods in documents, of which `app` and `app.kubernetes.io/name` exclude each other.
fn clashing_labels(tree: &Tree) -> Vec<String> {
    with_bit(tree, |_, bit| {
        let mut acc: Vec<String> = bit
            .filters("kubernetes")
            .filter(|it| one(it, "labels") != "off" || one(it, "annotations") != "off")
            .map(|it| one(it, "match").to_owned())
            .collect();
        let fields = bit.fields();
        let mapped = mapped_fields(tree);
        acc.extend(
            fields
                .iter()
                .filter(|it| it.contains('.') || !mapped.contains_key(*it))
                .map(|it| format!("nothing maps {it}")),
        );
        // Everything else goes after what looks the pod up.
        let last = bit
            .filters
            .last()
            .is_some_and(|it| one(it, "name") == "record_modifier" && one(it, "match") == "*");
        if !last || fields.is_empty() {
            acc.push("documents may have any field".to_owned());
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d28_labels_of_pods_exclude_each_other() {
    check(
        clashing_labels,
        &[
            ("prod", CONFIGURATION, "        labels: \"off\"", "        labels: \"on\""),
            ("prod", CONFIGURATION, "        annotations: \"off\"\n", ""),
            ("staging", CONFIGURATION, "        labels              off\n", ""),
            ("prod", CONFIGURATION, "        - error\n      outputs", "        - error\n        - labels\n      outputs"),
            ("staging", CONFIGURATION, "    [OUTPUT]\n", "    [FILTER]\n        name  modify\n        match *\n        set   a b\n\n    [OUTPUT]\n"),
        ],
    );
}

/// What the Job tells Elasticsearch: the bodies by name, and the variables of the Job.
struct Setup<'a> {
    job: &'a Object,
    bodies: BTreeMap<String, Value>,
    script: String,
    env: BTreeMap<String, String>,
}

fn variables(container: &Value) -> BTreeMap<String, String> {
    list(&container["env"])
        .iter()
        .filter_map(|it| {
            Some((
                it["name"].as_str()?.to_owned(),
                it["value"].as_str()?.to_owned(),
            ))
        })
        .collect()
}

fn setups(tree: &Tree) -> Vec<Setup<'_>> {
    let mut acc = Vec::new();
    for job in tree.of("Job") {
        let env: BTreeMap<_, _> = job.containers().iter().flat_map(variables).collect();
        let Some(map) = configuration(tree, job).filter(|_| env.contains_key("ES_TARGET")) else {
            continue;
        };
        let data = super::labels(&map.value["data"]);
        acc.push(Setup {
            job,
            bodies: data
                .iter()
                .filter(|it| it.0.ends_with(".json"))
                .map(|it| (it.0.clone(), serde_json::from_str(it.1).unwrap()))
                .collect(),
            script: data.get("apply.sh").cloned().unwrap_or_default(),
            env,
        });
    }
    acc
}

/// The same for what is told to Elasticsearch.
fn with_setup(tree: &Tree, look: impl Fn(&Setup<'_>, &str) -> Vec<String>) -> Vec<String> {
    let setups = setups(tree);
    with_bit(tree, |_, bit| {
        let index = bit.outputs.first().map_or("", |it| one(it, "index"));
        match setups.as_slice() {
            [it] => look(it, index),
            it => vec![format!("{} Jobs set Elasticsearch up", it.len())],
        }
    })
}

fn mapped_fields(tree: &Tree) -> BTreeMap<String, Value> {
    setups(tree)
        .iter()
        .flat_map(|it| {
            it.bodies.get("mappings.json").and_then(|it| {
                it["template"]["mappings"]["properties"]
                    .as_object()
                    .cloned()
            })
        })
        .flatten()
        .collect()
}

impl Setup<'_> {
    fn body(&self, name: &str) -> &Value {
        self.bodies.get(name).unwrap_or(&Value::Null)
    }

    fn env(&self, name: &str) -> &str {
        self.env.get(name).map_or("", String::as_str)
    }
}

/// Templates that are not of what is written to, and names that an index may take away.
fn unmatched_indices(tree: &Tree) -> Vec<String> {
    let mode = tree
        .policy("/logging/mode")
        .as_str()
        .unwrap_or("data-stream");
    let mut acc = with_setup(tree, |setup, index| {
        let mut acc = Vec::new();
        let template = setup.body("index-template.json");
        let patterns = texts(&template["index_patterns"]);
        let first = setup.env("ES_FIRST_INDEX");
        let settings = &setup.body("settings.json")["template"]["settings"];
        let alias = &settings["index.lifecycle.rollover_alias"];
        let write = &setup.body("first-index.json")["aliases"][index]["is_write_index"];
        let made = if mode == "alias" { first } else { index };
        if index.is_empty() || setup.env("ES_TARGET") != index || setup.env("ES_MODE") != mode {
            acc.push(format!("{index} is not what is set up"));
        }
        if !patterns.iter().any(|it| glob(it, made)) {
            acc.push(format!("{patterns:?} is not of {made}"));
        }
        let is_right = if mode == "alias" {
            template["data_stream"].is_null()
                && *alias == index
                && *write == true
                && Regex::new("-[0-9]{6}$").unwrap().is_match(first)
                && setup
                    .script
                    .contains("put \"$ES_FIRST_INDEX\" first-index.json")
        } else {
            template["data_stream"].is_object()
                && alias.is_null()
                && setup.script.contains("put \"_data_stream/$ES_TARGET\"")
        };
        if !is_right {
            acc.push(format!("{index} is no {mode}"));
        }
        let parts = texts(&template["composed_of"]);
        let wanted = [format!("{index}-mappings"), format!("{index}-settings")];
        if parts != wanted {
            acc.push(format!("the template is of {parts:?}"));
        }
        acc
    });
    acc.extend(with_bit(tree, |daemon, bit| {
        let index = bit.outputs.first().map_or("", |it| one(it, "index"));
        let waits = list(&daemon.pod()["spec"]["initContainers"])
            .iter()
            .any(|it| {
                let script = texts(&it["command"]).pop().unwrap_or_default();
                let map = configuration(tree, daemon).unwrap();
                let name = script.rsplit('/').next().unwrap_or("");
                variables(it).get("ES_TARGET").is_some_and(|it| it == index)
                    && map.value["data"][name].as_str().is_some_and(|it| {
                        it.contains("--head") && it.contains("\"$ES_URL/$ES_TARGET\"")
                    })
            });
        let is_dated = bit
            .outputs
            .iter()
            .any(|it| one(it, "logstash_format") == "on");
        let creates = bit
            .outputs
            .iter()
            .all(|it| one(it, "write_operation") == "create");
        if waits && creates && !is_dated {
            Vec::new()
        } else {
            vec![format!("may make an index in the way of {index}")]
        }
    }));
    acc
}

#[test]
#[rustfmt::skip]
fn d29_logs_go_to_an_index_that_no_template_is_of() {
    check(
        unmatched_indices,
        &[
            ("prod", CONFIGURATION, "index: redis-logs-prod", "index: redis-logs"),
            ("prod", BODIES, "        \"redis-logs-prod\"\n", "        \"redis-logs-prod-*\"\n"),
            ("prod", BODIES, "      \"data_stream\": {},\n", ""),
            ("prod", JOB, "value: data-stream", "value: alias"),
            ("seed", BODIES, "redis-logs-seed.log-*", "redis-logs-*-seed"),
            ("seed", BODIES, "\"index.lifecycle.rollover_alias\": \"redis-logs-seed\"", "\"index.lifecycle.rollover_alias\": \"redis-logs\""),
            ("seed", BODIES, "\"is_write_index\": true", "\"is_write_index\": false"),
            ("seed", JOB, "redis-logs-seed.log-000001", "redis-logs-seed"),
            ("seed", CONFIGURATION, "index: redis-logs-seed", "logstash_format: \"on\"\n        index: redis-logs-seed"),
            ("staging", DAEMON, "      initContainers:", "      otherContainers:"),
            ("staging", DAEMON, "          value: redis-logs-staging\n", "          value: redis-logs\n"),
            ("staging", CONFIGURATION, "        \"$ES_URL/$ES_TARGET\"", "        \"$ES_URL/\""),
        ],
    );
}

/// The number of days that a time of the policy has.
pub(super) fn days(value: &Value) -> Option<u64> {
    value.as_str()?.strip_suffix('d')?.parse().ok()
}

/// Logs that are kept for ever, or for another time than the policy says.
fn endless_logs(tree: &Tree) -> Vec<String> {
    with_setup(tree, |setup, index| {
        let mut acc = Vec::new();
        let phases = &setup.body("policy.json")["policy"]["phases"];
        let delete = &phases["delete"];
        let kept = days(tree.policy("/logging/retention"));
        if days(&delete["min_age"]) != kept
            || kept.is_none()
            || !delete["actions"]["delete"].is_object()
        {
            acc.push(format!("logs are kept for {}", delete["min_age"]));
        }
        let rollover = &phases["hot"]["actions"]["rollover"];
        for (field, pointer) in [
            ("max_age", "/logging/rolloverAge"),
            ("max_primary_shard_size", "/logging/rolloverSize"),
        ] {
            let wanted = tree.policy(pointer);
            if rollover[field].is_null() || !(wanted.is_null() || rollover[field] == *wanted) {
                acc.push(format!("{field} is {}", rollover[field]));
            }
        }
        let settings = &setup.body("settings.json")["template"]["settings"];
        if settings["index.lifecycle.name"] != index {
            acc.push("indices are of another policy".to_owned());
        }
        // In this order: what is named must be there.
        let mut rest = setup.script.as_str();
        for step in [
            "put \"_ilm/policy/$ES_TARGET\" policy.json",
            "put \"_component_template/$ES_TARGET-mappings\" mappings.json",
            "put \"_component_template/$ES_TARGET-settings\" settings.json",
            "put \"_index_template/$ES_TARGET\" index-template.json",
            "case $ES_MODE in",
        ] {
            match rest.split_once(step) {
                Some((_, after)) => rest = after,
                None => acc.push(format!("nothing does {step}")),
            }
        }
        acc
    })
}

#[test]
#[rustfmt::skip]
fn d30_nothing_ends_the_life_of_an_index() {
    check(
        endless_logs,
        &[
            ("prod", BODIES, "\"min_age\": \"90d\"", "\"min_age\": \"30d\""),
            ("prod", BODIES, "              \"delete\": {}\n", ""),
            ("prod", BODIES, "\"max_primary_shard_size\"", "\"max_size\""),
            ("prod", BODIES, "\"max_age\": \"1d\"", "\"max_age\": \"7d\""),
            ("seed", BODIES, "\"index.lifecycle.name\": \"redis-logs-seed\"", "\"index.lifecycle.name\": \"redis-logs-policy\""),
            ("staging", BODIES, "put \"_ilm/policy/$ES_TARGET\" policy.json\n", ":\n"),
            ("staging", JOB, "kind: Job", "kind: ConfigMap"),
        ],
    );
}

/// Times that are mapped under another name, and templates that others come before.
fn wrong_mappings(tree: &Tree) -> Vec<String> {
    let mapped = mapped_fields(tree);
    let mut acc = with_setup(tree, |setup, _| {
        let mut acc = Vec::new();
        if mapped
            .get("@timestamp")
            .is_none_or(|it| it["type"] != "date")
            || mapped.contains_key("timestamp")
        {
            acc.push("the time is not mapped".to_owned());
        }
        let priority = &setup.body("index-template.json")["priority"];
        if priority.as_u64().is_none_or(|it| it < 501) {
            acc.push(format!("the priority is {priority}"));
        }
        if setup.body("mappings.json")["template"]["mappings"]["dynamic"] != "false" {
            acc.push("any field is mapped".to_owned());
        }
        acc
    });
    acc.extend(with_bit(tree, |_, bit| {
        let fields = bit.fields();
        let mut kept: Names = mapped.keys().cloned().collect();
        kept.remove("@timestamp");
        fields
            .symmetric_difference(&kept)
            .map(|it| format!("{it} is not both written and mapped"))
            .collect()
    }));
    acc
}

#[test]
#[rustfmt::skip]
fn d31_the_time_of_a_document_is_not_mapped() {
    check(
        wrong_mappings,
        &[
            ("prod", BODIES, "\"@timestamp\"", "\"timestamp\""),
            ("prod", BODIES, "\"type\": \"date\"", "\"type\": \"keyword\""),
            ("prod", BODIES, "\"priority\": 501,\n", "\"version\": 1,\n"),
            ("seed", BODIES, "\"priority\": 501", "\"priority\": 100"),
            ("prod", BODIES, "\"instance_name\": {", "\"kubernetes.pod_name\": {"),
            ("staging", BODIES, "\"dynamic\": \"false\"", "\"dynamic\": \"true\""),
            ("staging", CONFIGURATION, "allowlist_key tier", "allowlist_key labels"),
        ],
    );
}

/// Where a variable gets its value, as `name/key` of a Secret.
fn secret(container: &Value, name: &str) -> String {
    let variable = list(&container["env"]).iter().find(|it| it["name"] == name);
    variable.map_or_else(String::new, |it| {
        reference(&it["valueFrom"]["secretKeyRef"])
    })
}

fn reference(value: &Value) -> String {
    format!(
        "{}/{}",
        value["name"].as_str().unwrap_or(""),
        value["key"].as_str().unwrap_or("")
    )
}

/// Where the certificate authority is mounted, if it is the one that the policy names.
fn authority(tree: &Tree, spec: &Value, mounts: &Value) -> Option<String> {
    let wanted = tree.policy("/platform/elasticsearch/ca/secretRef");
    let volume = list(&spec["volumes"])
        .iter()
        .find(|it| it["secret"]["secretName"] == wanted["name"] && wanted.is_object())?;
    let item = list(&volume["secret"]["items"])
        .iter()
        .find(|it| it["key"] == wanted["key"])?;
    let mount = list(mounts)
        .iter()
        .find(|it| it["name"] == volume["name"])?;
    Some(format!(
        "{}/{}",
        mount["mountPath"].as_str()?,
        item["path"].as_str()?
    ))
}

/// What speaks to Elasticsearch elsewhere than at its address, or not as the policy says.
pub(super) fn data_stores(tree: &Tree) -> Vec<String> {
    let url = tree
        .policy("/platform/elasticsearch/url")
        .as_str()
        .unwrap_or("");
    let is_secured = url.starts_with("https://");
    let login = ["username", "password"].map(|it| {
        let it = tree.policy(&format!("/platform/elasticsearch/{it}/secretRef"));
        it.is_object().then(|| reference(it))
    });
    let login = match login {
        [Some(user), Some(password)] => Some([user, password]),
        _ => None,
    };
    let mut acc = Vec::new();
    let mut count = 0;
    for object in &tree.objects {
        let spec = &object.pod()["spec"];
        for container in object.all_containers() {
            let env = variables(container);
            let is_bit = object.kind() == "DaemonSet" && env.is_empty();
            let args = texts(&container["args"]);
            let is_of_traces = env.contains_key("INDEX_PREFIX");
            let keys = if env.contains_key("KIBANA_URL") {
                ["USERNAME", "PASSWORD"]
            } else if is_of_traces {
                ["ES_USERNAME", "ES_PASSWORD"]
            } else if is_bit || env.contains_key("ES_URL") {
                ["ES_USER", "ES_PASSWORD"]
            } else {
                continue;
            };
            count += 1;
            let there = keys.map(|it| secret(container, it));
            let is_right = match &login {
                Some(login) => there == *login,
                None => there.iter().all(String::is_empty),
            };
            if !is_right {
                acc.push(format!("{} logs in by {there:?}", object.at()));
            }
            let is_there = match keys[0] {
                "USERNAME" => env["KIBANA_URL"] == *tree.policy("/platform/kibana/url"),
                "ES_USERNAME" => args.iter().any(|it| it == url),
                _ => is_bit || env["ES_URL"] == url,
            };
            if !is_there {
                acc.push(format!("{} asks somebody else", object.at()));
            }
            let file = authority(tree, spec, &container["volumeMounts"]);
            let named = ["ES_CA_FILE", "ES_TLS_CA"]
                .iter()
                .find_map(|it| env.get(*it));
            let wants = is_secured && keys[0] != "USERNAME" && !is_bit;
            if wants && (file.is_none() || named != file.as_ref()) {
                acc.push(format!("{} does not know who answers", object.at()));
            }
            if is_of_traces
                && is_secured != (env.get("ES_TLS_ENABLED").map(String::as_str) == Some("true"))
            {
                acc.push(format!("{} asks in the clear", object.at()));
            }
        }
        let spec = &object.value["spec"];
        if object.kind() == "Jaeger" {
            count += 1;
            let named = spec["storage"]["secretName"].as_str();
            let keys = ["ES_USERNAME", "ES_PASSWORD"];
            let is_right = match &login {
                Some(login) => keys
                    .iter()
                    .zip(login)
                    .all(|(key, it)| named.is_some_and(|name| *it == format!("{name}/{key}"))),
                None => named.is_none(),
            };
            let tls = &spec["storage"]["options"]["es"]["tls"];
            let file = authority(tree, spec, &spec["volumeMounts"]);
            let is_known = tls["enabled"] == "true" && tls["ca"].as_str() == file.as_deref();
            if !is_right || (is_secured && !is_known) {
                acc.push(format!("{} is not let in", object.at()));
            }
        }
        if object.kind() == "OpenTelemetryCollector" {
            count += 1;
            let backends = &spec["config"]["extensions"]["jaeger_storage"]["backends"];
            let backend = &backends["elasticsearch"]["elasticsearch"];
            let basic = &backend["auth"]["basic"];
            let file = authority(tree, spec, &spec["volumeMounts"]);
            let is_known = file.is_some() && backend["tls"]["ca_file"].as_str() == file.as_deref();
            let is_right = login.as_ref().is_none_or(|[user, password]| {
                let mounted = list(&spec["volumes"]).iter().any(|volume| {
                    list(&volume["secret"]["items"]).iter().any(|item| {
                        let name = volume["secret"]["secretName"].as_str().unwrap_or("");
                        let mount = list(&spec["volumeMounts"])
                            .iter()
                            .find(|it| it["name"] == volume["name"]);
                        let path = mount.map_or("", |it| it["mountPath"].as_str().unwrap_or(""));
                        *password == format!("{name}/{}", item["key"].as_str().unwrap_or(""))
                            && basic["password_file"]
                                == format!("{path}/{}", item["path"].as_str().unwrap_or(""))
                    })
                });
                secret(spec, "ES_USERNAME") == *user
                    && basic["username"] == "${env:ES_USERNAME}"
                    && mounted
            });
            if !is_right || (is_secured && !is_known) {
                acc.push(format!("{} is not let in", object.at()));
            }
        }
    }
    acc.extend(with_bit(tree, |daemon, bit| {
        let spec = &daemon.pod()["spec"];
        let container = &daemon.containers()[0];
        let mut acc = Vec::new();
        for output in &bit.outputs {
            let scheme = if one(output, "tls") == "on" {
                "https"
            } else {
                "http"
            };
            let there = format!("{scheme}://{}:{}", one(output, "host"), one(output, "port"));
            if there != url {
                acc.push(format!("logs go to {there}"));
            }
            let file = authority(tree, spec, &container["volumeMounts"]);
            let is_known = one(output, "tls.verify") == "on"
                && one(output, "tls.verify_hostname") == "on"
                && file.as_deref() == Some(one(output, "tls.ca_file"));
            if is_secured && !is_known {
                acc.push("does not know who answers".to_owned());
            }
            let keys = [one(output, "http_user"), one(output, "http_passwd")];
            let wanted = if login.is_some() {
                ["${ES_USER}", "${ES_PASSWORD}"]
            } else {
                ["", ""]
            };
            if keys != wanted {
                acc.push(format!("logs in as {keys:?}"));
            }
        }
        acc
    }));
    // A Secret is read in the namespace of who reads it, so that is where all of them are.
    if !tree.policy("/platform/fluentBit").is_null() {
        let home = tree
            .policy("/platform/fluentBit/namespace")
            .as_str()
            .unwrap_or("");
        let spaces: Names = setups(tree)
            .iter()
            .map(|it| it.job.namespace().to_owned())
            .collect();
        if spaces != names(&[home]) || count < 3 {
            acc.push(format!("{count} speak to Elasticsearch, in {spaces:?}"));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d32_elasticsearch_is_asked_in_the_clear_by_nobody_it_knows() {
    check(
        data_stores,
        &[
            ("prod", CONFIGURATION, "host: logs-es-http.logging.svc", "host: elasticsearch.logging"),
            ("prod", CONFIGURATION, "        tls: \"on\"", "        tls: \"off\""),
            ("prod", CONFIGURATION, "tls.verify: \"on\"", "tls.verify: \"off\""),
            ("prod", CONFIGURATION, "        tls.ca_file: /elasticsearch-ca/ca.crt\n", ""),
            ("prod", CONFIGURATION, "        http_user: \"${ES_USER}\"\n", ""),
            ("staging", CONFIGURATION, "${ES_PASSWORD}", "changeme"),
            ("prod", DAEMON, "name: es-writer", "name: es-admin"),
            ("prod", DAEMON, "value: /elasticsearch-ca/ca.crt", "value: /ca.crt"),
            ("prod", DAEMON, "secretName: logs-es-http-certs-public", "secretName: other"),
            ("prod", JOB, "key: ES_PASSWORD", "key: password"),
            ("prod", JOB, "value: https://logs", "value: http://logs"),
            ("prod", JOB, "  namespace: logging", "  namespace: observability"),
            ("prod", KIBANA, "key: ES_USERNAME", "key: username"),
            ("prod", KIBANA, "value: https://logs-kb-http.logging.svc:5601", "value: https://kibana:5601"),
            ("seed", JOB, "value: http://elasticsearch.logging.svc", "value: http://elasticsearch.observability.svc"),
            ("staging", "tracing/retention.yaml", "name: es-writer", "name: es-admin"),
            ("staging", "tracing/retention.yaml", "value: \"true\"", "value: \"false\""),
            ("staging", "tracing/collector.yaml", "key: username", "key: user"),
            ("staging", "tracing/collector.yaml", "password_file: /etc/elasticsearch-password/password", "password_file: /etc/password"),
            ("staging", "tracing/collector.yaml", "ca_file: /etc/elasticsearch-ca/ca.crt", "insecure_skip_verify: true"),
        ],
    );
}
