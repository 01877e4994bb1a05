//! The part of Fluent Bit that the generated configuration uses, to run lines through it: as its source
//! has it.

use regex::Regex;
use serde_json::{Map, Value, json};

/// What the kubelet puts in front of a line under containerd and CRI-O.
pub(crate) const CRI: &str = "2026-11-20T18:32:25.836123456Z stdout F ";
/// The pattern of the built-in parser `cri` (src/multiline/flb_ml_parser_cri.c).
const CRI_LINE: &str = "^(?<time>.+?) (?<stream>stdout|stderr) (?<_p>F|P) (?<log>.*)$";
/// What of a tag the kubernetes filter reads (plugins/filter_kubernetes/kube_regex.h).
const KUBE_TAG: &str = r"^(?<pod_name>[a-z0-9](?:[-a-z0-9]*[a-z0-9])?(?:\.[a-z0-9](?:[-a-z0-9]*[a-z0-9])?)*)_(?<namespace_name>[^_]+)_(?<container_name>.+)-(?<docker_id>[a-z0-9]{64})\.log$";

/// A configuration, in the form of its YAML format.
pub(crate) struct Pipeline(pub(crate) Value);

/// A document, and the index that it is sent to.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Sent {
    pub(crate) index: String,
    pub(crate) document: Value,
}

impl Pipeline {
    /// Reads the YAML format.
    pub(crate) fn yaml(text: &str) -> Self {
        Self(serde_yaml::from_str(text).expect("the configuration is YAML"))
    }

    /// Reads the classic format: the main file and that of the parsers.
    pub(crate) fn classic(main: &str, parsers: &str) -> Self {
        let of = |text: &str, section: &str| -> Vec<Value> {
            sections(text)
                .into_iter()
                .filter(|(name, _)| name == section)
                .map(|(_, map)| Value::Object(map))
                .collect()
        };
        let mut service = of(main, "SERVICE").remove(0);
        let file = service
            .as_object_mut()
            .unwrap()
            .shift_remove("parsers_file");
        assert_eq!(file, Some(json!("parsers.conf")));
        Self(json!({
            "service": service,
            "parsers": of(parsers, "PARSER"),
            "pipeline": {
                "inputs": of(main, "INPUT"),
                "filters": of(main, "FILTER"),
                "outputs": of(main, "OUTPUT"),
            },
        }))
    }

    /// The tags that a file is read under: one for each input whose path matches.
    pub(crate) fn tags(&self, file: &str) -> Vec<String> {
        let path = format!("/var/log/containers/{file}");
        let mut tags = Vec::new();
        for input in list(&self.0["pipeline"]["inputs"]) {
            assert_eq!(input["name"], "tail");
            assert_eq!(input["multiline.parser"], "docker, cri");
            let paths = input["path"].as_str().unwrap().split(',');
            let matching = paths.filter(|it| glob(it).is_match(&path)).count();
            let star = path.trim_start_matches('/').replace('/', ".");
            tags.extend((0..matching).map(|_| text(input, "tag").replace('*', &star)));
        }
        tags
    }

    /// What becomes of lines of a file that the kubelet wrote, read under a tag. A line of more than 16
    /// KiB is there in parts: the parser `cri` joins what has `P` to the next, up to one with `F`.
    pub(crate) fn send(&self, tag: &str, lines: &str) -> Vec<Sent> {
        let mut sent = Vec::new();
        let mut joined: Option<Map<String, Value>> = None;
        for line in lines.lines() {
            let part = captures(CRI_LINE, line).expect("a line of the kubelet");
            let is_last = part["_p"] == "F";
            let whole = match joined.take() {
                None => part,
                Some(mut whole) => {
                    let log = [&whole, &part]
                        .map(|it| it["log"].as_str().unwrap())
                        .concat();
                    whole.insert("log".to_owned(), Value::from(log));
                    whole
                }
            };
            match is_last {
                true => sent.extend(self.send_record(tag, whole)),
                false => joined = Some(whole),
            }
        }
        assert!(joined.is_none(), "the last line has no end");
        sent
    }

    fn send_record(&self, tag: &str, mut record: Map<String, Value>) -> Vec<Sent> {
        let time = record["time"].clone();
        for filter in list(&self.0["pipeline"]["filters"]) {
            if matches(filter, tag) {
                record = self.apply(filter, tag, record);
            }
        }
        list(&self.0["pipeline"]["outputs"])
            .iter()
            .filter(|it| matches(it, tag))
            .map(|output| {
                assert_eq!(output["name"], "es");
                let mut document = record.clone();
                document.insert("@timestamp".to_owned(), time.clone());
                Sent {
                    index: text(output, "index").to_owned(),
                    document: Value::Object(document),
                }
            })
            .collect()
    }

    fn apply(&self, filter: &Value, tag: &str, record: Map<String, Value>) -> Map<String, Value> {
        match text(filter, "name") {
            "parser" => self.parse(filter, record),
            "modify" => modify(filter, record),
            "kubernetes" => kubernetes(filter, tag, record),
            "nest" => lift(filter, record),
            "record_modifier" => {
                let kept = texts(filter, "allowlist_key");
                let kept = |(key, _): &(String, Value)| kept.contains(&key.as_str());
                record.into_iter().filter(kept).collect()
            }
            other => panic!("{other} is not a filter of ours"),
        }
    }

    fn parse(&self, filter: &Value, mut record: Map<String, Value>) -> Map<String, Value> {
        let key = text(filter, "key_name");
        let Some(Value::String(line)) = record.get(key).cloned() else {
            return record;
        };
        let parsed = texts(filter, "parser").into_iter().find_map(|name| {
            let parsers = list(&self.0["parsers"]);
            let parser = parsers.iter().find(|it| it["name"] == name);
            read(parser.expect("the parser is defined"), &line)
        });
        let Some(mut parsed) = parsed else {
            return record;
        };
        assert_eq!(text(filter, "reserve_data"), "on");
        if filter.get("preserve_key").is_none() {
            record.shift_remove(key);
        }
        for (key, value) in record {
            // Fluent Bit would keep both, and Elasticsearch refuse the document or take either.
            assert!(parsed.insert(key.clone(), value).is_none(), "{key} twice");
        }
        parsed
    }
}

fn read(parser: &Value, line: &str) -> Option<Map<String, Value>> {
    match text(parser, "format") {
        "json" => match serde_json::from_str(line) {
            Ok(Value::Object(map)) => Some(map),
            _ => None,
        },
        "regex" => {
            let mut fields = captures(text(parser, "regex"), line)?;
            for pair in parser.get("types").and_then(Value::as_str).into_iter() {
                let (field, kind) = pair.split_once(':').unwrap();
                assert_eq!(kind, "integer");
                let number: i64 = fields[field].as_str().unwrap().parse().unwrap();
                fields.insert(field.to_owned(), json!(number));
            }
            Some(fields)
        }
        other => panic!("{other} is not a format of ours"),
    }
}

/// Empty groups are left out, as `skip_empty_values` has it by default.
fn captures(pattern: &str, line: &str) -> Option<Map<String, Value>> {
    let pattern = Regex::new(pattern).unwrap();
    let found = pattern.captures(line)?;
    let fields = pattern.capture_names().flatten().filter_map(|name| {
        let value = found.name(name)?.as_str();
        (!value.is_empty()).then(|| (name.to_owned(), json!(value)))
    });
    Some(fields.collect())
}

fn modify(filter: &Value, mut record: Map<String, Value>) -> Map<String, Value> {
    for condition in texts(filter, "condition") {
        let parts: Vec<&str> = condition.split(' ').collect();
        let ["Key_value_equals", key, value] = parts.as_slice() else {
            panic!("{condition} is not a condition of ours")
        };
        if record.get(*key) != Some(&json!(value)) {
            return record;
        }
    }
    for (operation, _) in filter.as_object().unwrap() {
        for arguments in texts(filter, operation) {
            let Some((first, second)) = arguments.split_once(' ') else {
                continue;
            };
            match operation.as_str() {
                "set" => {
                    record.insert(first.to_owned(), json!(second));
                }
                "rename" if record.contains_key(second) => {}
                "rename" | "hard_rename" => {
                    if let Some(value) = record.shift_remove(first) {
                        record.insert(second.to_owned(), value);
                    }
                }
                "condition" => {}
                other => panic!("{other} is not an operation of ours"),
            }
        }
    }
    record
}

fn kubernetes(filter: &Value, tag: &str, mut record: Map<String, Value>) -> Map<String, Value> {
    for off in ["labels", "annotations", "merge_log"] {
        assert_eq!(filter[off], "off");
    }
    let name = tag
        .strip_prefix(text(filter, "kube_tag_prefix"))
        .expect("the prefix is that of the tag");
    let mut of_pod = captures(KUBE_TAG, name).expect("the name of a file of the kubelet");
    of_pod.insert("host".to_owned(), json!("node-1"));
    of_pod.insert("pod_ip".to_owned(), json!("10.0.0.1"));
    record.insert("kubernetes".to_owned(), Value::Object(of_pod));
    record
}

fn lift(filter: &Value, mut record: Map<String, Value>) -> Map<String, Value> {
    assert_eq!(filter["operation"], "lift");
    if let Some(Value::Object(nested)) = record.shift_remove(text(filter, "nested_under")) {
        for (key, value) in nested {
            assert!(record.insert(key.clone(), value).is_none(), "{key} twice");
        }
    }
    record
}

/// `match` is held against the whole tag, `match_regex` against its beginning (src/flb_router.c).
fn matches(section: &Value, tag: &str) -> bool {
    match section.get("match_regex").and_then(Value::as_str) {
        Some(pattern) => Regex::new(pattern)
            .unwrap()
            .find(tag)
            .is_some_and(|it| it.start() == 0),
        None => glob(text(section, "match")).is_match(tag),
    }
}

/// A pattern of glob(3), for names without a slash.
pub(crate) fn glob(pattern: &str) -> Regex {
    let mut regex = String::from("^");
    for it in pattern.chars() {
        match it {
            '*' => regex.push_str("[^/]*"),
            '?' => regex.push_str("[^/]"),
            '[' | ']' => regex.push(it),
            other if other.is_ascii_alphanumeric() || other == '-' => regex.push(other),
            other => regex.push_str(&regex::escape(&other.to_string())),
        }
    }
    Regex::new(&format!("{regex}$")).unwrap()
}

/// The sections of a file in the classic format; a key that occurs several times is a list.
fn sections(file: &str) -> Vec<(String, Map<String, Value>)> {
    let mut sections: Vec<(String, Map<String, Value>)> = Vec::new();
    for line in file.lines().filter(|it| !it.is_empty()) {
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            sections.push((name.to_owned(), Map::new()));
            continue;
        }
        let (key, value) = line.strip_prefix("    ").unwrap().split_once(' ').unwrap();
        let value = json!(value.trim_start());
        let map = &mut sections.last_mut().unwrap().1;
        match map.get_mut(key) {
            Some(Value::Array(values)) => values.push(value),
            Some(first) => *first = json!([first.take(), value]),
            None => {
                map.insert(key.to_owned(), value);
            }
        }
    }
    sections
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(section: &'a Value, key: &str) -> &'a str {
    let value = section[key].as_str();
    value.unwrap_or_else(|| panic!("{section} has no {key}"))
}

fn texts<'a>(section: &'a Value, key: &str) -> Vec<&'a str> {
    match section.get(key) {
        None => Vec::new(),
        Some(Value::String(it)) => vec![it],
        Some(Value::Array(all)) => all.iter().map(|it| it.as_str().unwrap()).collect(),
        Some(other) => panic!("{other} is no text"),
    }
}
