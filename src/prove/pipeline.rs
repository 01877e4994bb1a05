//! A configuration of Fluent Bit, read from the plan in either format, and what it makes of a line.
//!
//! Only the plugins and options that the plan uses are known; with another, what becomes of a line is
//! not known, and said so.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::{Value, json};

use crate::plan::{Document, Plan};
use crate::prove::inventory::array;

/// A section: names and values, in order.
#[derive(Debug, Clone, Default)]
pub struct Section<'a>(Vec<(&'a str, &'a str)>);

/// A configuration.
#[derive(Debug, Clone, Default)]
pub struct Pipeline<'a> {
    /// The name of the ConfigMap that it is in.
    pub config_map: &'a str,
    /// The names of its files.
    pub files: Vec<&'a str>,
    /// The program itself.
    pub service: Section<'a>,
    /// How lines become fields.
    pub parsers: Vec<Section<'a>>,
    /// Where lines come from.
    pub inputs: Vec<Section<'a>>,
    /// What is done to them.
    pub filters: Vec<Section<'a>>,
    /// Where they go.
    pub outputs: Vec<Section<'a>>,
}

/// The fields of a line.
pub type Record = BTreeMap<String, Value>;

/// A pipeline with its expressions compiled.
pub struct Machine<'p, 'a> {
    /// The pipeline.
    pub pipeline: &'p Pipeline<'a>,
    filters: Vec<(Matching, &'p Section<'a>)>,
    parsers: BTreeMap<&'a str, (&'p Section<'a>, Option<Regex>)>,
    outputs: Vec<(Matching, &'p Section<'a>)>,
    kube: Option<Regex>,
}

/// What a section is for, by the tag.
pub enum Matching {
    /// A pattern with `*` for anything.
    Glob(String),
    /// What a tag begins with.
    Regex(Regex),
    /// Nothing: it says nothing that can be read.
    Nothing,
}

/// What of a tag the kubernetes filter reads (plugins/filter_kubernetes/kube_regex.h).
const KUBE: &str = r"^(?<pod_name>[a-z0-9][-a-z0-9.]*)_(?<namespace_name>[^_]+)_(?<container_name>.+)-[a-z0-9]{64}\.log$";

impl<'a> Section<'a> {
    /// The first value of a setting.
    pub fn get(&self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value of a setting.
    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'a str> + 's {
        let named = self
            .0
            .iter()
            .filter(move |(it, _)| it.eq_ignore_ascii_case(name));
        named.map(|(_, value)| *value)
    }

    fn of_map(map: &'a Value) -> Self {
        let mut settings = Vec::new();
        for (name, value) in map.as_object().into_iter().flatten() {
            match value {
                Value::String(text) => settings.push((name.as_str(), text.as_str())),
                Value::Array(all) => {
                    let texts = all.iter().filter_map(Value::as_str);
                    settings.extend(texts.map(|it| (name.as_str(), it)));
                }
                _ => {}
            }
        }
        Self(settings)
    }
}

impl<'a> Pipeline<'a> {
    /// The configuration of the Fluent Bit of a plan; `None` where there is none.
    pub fn of(plan: &'a Plan) -> Option<Self> {
        let objects = plan.objects();
        let planned = objects.into_iter().find(|it| {
            let keys = it.documents.iter().map(|it| it.key.as_ref());
            keys.clone()
                .any(|it| it == "fluent-bit.yaml" || it == "fluent-bit.conf")
        })?;
        let mut pipeline = Self {
            config_map: planned.object.name(),
            files: planned.documents.iter().map(|it| it.key.as_ref()).collect(),
            ..Self::default()
        };
        for document in &planned.documents {
            match &document.document {
                Document::Yaml(value) => {
                    let all = |value: &'a Value| array(value).map(Section::of_map).collect();
                    pipeline.service = Section::of_map(&value["service"]);
                    pipeline.parsers = all(&value["parsers"]);
                    pipeline.inputs = all(&value["pipeline"]["inputs"]);
                    pipeline.filters = all(&value["pipeline"]["filters"]);
                    pipeline.outputs = all(&value["pipeline"]["outputs"]);
                }
                Document::Classic(sections) => {
                    for (name, settings) in sections {
                        let section = Section(settings.iter().collect());
                        match *name {
                            "SERVICE" => pipeline.service = section,
                            "PARSER" => pipeline.parsers.push(section),
                            "INPUT" => pipeline.inputs.push(section),
                            "FILTER" => pipeline.filters.push(section),
                            "OUTPUT" => pipeline.outputs.push(section),
                            _ => {}
                        }
                    }
                }
                Document::Json(_) | Document::Ndjson(_) => {}
            }
        }
        Some(pipeline)
    }
}

impl Matching {
    /// What a filter or output is for.
    pub fn of(section: &Section<'_>) -> Self {
        if let Some(pattern) = section.get("match_regex") {
            return Regex::new(pattern).map_or(Self::Nothing, Self::Regex);
        }
        match section.get("match") {
            Some(pattern) => Self::Glob(pattern.to_owned()),
            None => Self::Nothing,
        }
    }

    /// Returns whether it takes a tag; a regular expression is held against the beginning.
    pub fn takes(&self, tag: &str) -> bool {
        match self {
            Self::Glob(pattern) => glob(pattern, tag),
            Self::Regex(regex) => regex.find(tag).is_some_and(|it| it.start() == 0),
            Self::Nothing => false,
        }
    }
}

impl<'p, 'a> Machine<'p, 'a> {
    /// Compiles a pipeline.
    pub fn of(pipeline: &'p Pipeline<'a>) -> Self {
        let matching = |it: &'p Section<'a>| (Matching::of(it), it);
        let parsers = pipeline.parsers.iter().filter_map(|it| {
            let regex = it.get("regex").and_then(|it| Regex::new(it).ok());
            Some((it.get("name")?, (it, regex)))
        });
        Self {
            pipeline,
            filters: pipeline.filters.iter().map(matching).collect(),
            outputs: pipeline.outputs.iter().map(matching).collect(),
            parsers: parsers.collect(),
            kube: Regex::new(KUBE).ok(),
        }
    }

    /// What becomes of a line of a container under a tag, and the indices that it is sent to; or what it
    /// fails at.
    pub fn send(&self, tag: &str, line: &str) -> Result<(Record, Vec<&'a str>), String> {
        let mut record = Record::from([
            ("log".to_owned(), json!(line)),
            ("stream".to_owned(), json!("stdout")),
            ("time".to_owned(), json!("2026-01-01T00:00:00Z")),
        ]);
        for (matching, filter) in &self.filters {
            if matching.takes(tag) {
                record = self.apply(filter, tag, record)?;
            }
        }
        record.insert("@timestamp".to_owned(), json!("2026-01-01T00:00:00Z"));
        let outputs = self.outputs.iter().filter(|(it, _)| it.takes(tag));
        let indices = outputs.filter_map(|(_, it)| it.get("index")).collect();
        Ok((record, indices))
    }

    fn apply(&self, filter: &Section<'_>, tag: &str, mut record: Record) -> Result<Record, String> {
        match filter.get("name").unwrap_or_default() {
            "parser" => self.parse(filter, record),
            "modify" => Ok(modify(filter, record)),
            "kubernetes" => {
                let prefix = filter
                    .get("kube_tag_prefix")
                    .unwrap_or("kube.var.log.containers.");
                let name = tag.strip_prefix(prefix).ok_or_else(|| {
                    format!("the kubernetes filter looks for `{prefix}` before the file in `{tag}`")
                })?;
                let captured = self.kube.as_ref().and_then(|it| captures(it, name));
                let mut of_pod = captured
                    .ok_or_else(|| format!("`{name}` is no name of a file of the kubelet"))?;
                of_pod.insert("host".to_owned(), json!("node"));
                record.insert("kubernetes".to_owned(), json!(of_pod));
                Ok(record)
            }
            "nest" => {
                let under = filter.get("nested_under").unwrap_or_default();
                if let Some(Value::Object(nested)) = record.remove(under) {
                    for (key, value) in nested {
                        put(&mut record, key, value)?;
                    }
                }
                Ok(record)
            }
            "record_modifier" => {
                let kept: BTreeSet<&str> = filter.all("allowlist_key").collect();
                record.retain(|key, _| kept.contains(key.as_str()));
                Ok(record)
            }
            other => Err(format!("the filter `{other}` is not known")),
        }
    }

    fn parse(&self, filter: &Section<'_>, mut record: Record) -> Result<Record, String> {
        let key = filter.get("key_name").unwrap_or_default();
        let Some(Value::String(line)) = record.get(key).cloned() else {
            return Ok(record);
        };
        for name in filter.all("parser") {
            let (parser, regex) = self
                .parsers
                .get(name)
                .ok_or_else(|| format!("the parser `{name}` is not defined"))?;
            let Some(mut parsed) = read(parser, regex.as_ref(), &line) else {
                continue;
            };
            if filter.get("preserve_key") != Some("on") {
                record.remove(key);
            }
            if filter.get("reserve_data") == Some("on") {
                for (key, value) in record {
                    put(&mut parsed, key, value)?;
                }
            }
            return Ok(parsed);
        }
        Ok(record)
    }
}

/// Adds a field. With one of that name there already, the document has both, and which is kept is chance.
fn put(record: &mut Record, key: String, value: Value) -> Result<(), String> {
    match record.insert(key.clone(), value) {
        None => Ok(()),
        Some(_) => Err(format!("the field `{key}` is there twice")),
    }
}

fn read(parser: &Section<'_>, regex: Option<&Regex>, line: &str) -> Option<Record> {
    let mut fields = match parser.get("format") {
        Some("json") => {
            let map: serde_json::Map<String, Value> = serde_json::from_str(line).ok()?;
            map.into_iter().collect()
        }
        _ => captures(regex?, line)?,
    };
    let types = parser
        .get("types")
        .into_iter()
        .flat_map(str::split_whitespace);
    for (field, kind) in types.filter_map(|it| it.split_once(':')) {
        let number = fields
            .get(field)
            .and_then(Value::as_str)
            .and_then(|it| it.parse::<i64>().ok());
        if let (Some(number), "integer") = (number, kind) {
            fields.insert(field.to_owned(), json!(number));
        }
    }
    Some(fields)
}

/// Groups that are empty are left out.
fn captures(pattern: &Regex, line: &str) -> Option<Record> {
    let found = pattern.captures(line)?;
    let fields = pattern.capture_names().flatten().filter_map(|name| {
        let value = found.name(name)?.as_str();
        (!value.is_empty()).then(|| (name.to_owned(), json!(value)))
    });
    Some(fields.collect())
}

fn modify(filter: &Section<'_>, mut record: Record) -> Record {
    for condition in filter.all("condition") {
        let parts: Vec<&str> = condition.split(' ').collect();
        if let ["Key_value_equals", key, value] = parts.as_slice()
            && record.get(*key) != Some(&json!(value))
        {
            return record;
        }
    }
    for (operation, arguments) in &filter.0 {
        let Some((first, second)) = arguments.split_once(' ') else {
            continue;
        };
        match operation.to_ascii_lowercase().as_str() {
            "set" => {
                record.insert(first.to_owned(), json!(second));
            }
            "rename" if record.contains_key(second) => {}
            "rename" | "hard_rename" => {
                if let Some(value) = record.remove(first) {
                    record.insert(second.to_owned(), value);
                }
            }
            _ => {}
        }
    }
    record
}

/// Returns whether a pattern of glob(3) matches the whole of a text: `*`, `?` and `[0-9]`.
pub fn glob(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last `*` is, and what it has taken up to.
    let mut star: Option<(usize, usize)> = None;
    while read < text.len() {
        let step = match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, read));
                at += 1;
                continue;
            }
            Some(b'?') => Some(1),
            Some(b'[') => match pattern[at..] {
                [b'[', from, b'-', to, b']', ..] if (from..=to).contains(&text[read]) => Some(5),
                _ => None,
            },
            Some(it) if *it == text[read] => Some(1),
            _ => None,
        };
        match (step, star) {
            (Some(step), _) => {
                at += step;
                read += 1;
            }
            (None, Some((from, taken))) => {
                star = Some((from, taken + 1));
                at = from + 1;
                read = taken + 1;
            }
            (None, None) => return false,
        }
    }
    pattern[at..].iter().all(|it| *it == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_match_the_whole() {
        assert!(glob("redis.*", "redis.var.log") && glob("*", "") && glob("a*b*c", "a1b2b3c"));
        assert!(!glob("redis.*", "operator.x") && !glob("a*b", "abc") && !glob("a", ""));
        assert!(
            glob("a-[0-9]_??", "a-7_xy") && !glob("a-[0-9]", "a-x") && !glob("a-[0-9]", "a-10")
        );
    }
}
