//! The configuration of Fluent Bit as data, in whichever format it is written.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde_json::Value;

/// The settings of a section: their values by their names in small letters.
pub(super) type Settings = BTreeMap<String, Vec<String>>;

/// A configuration.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Configuration {
    pub(super) service: Settings,
    pub(super) parsers: BTreeMap<String, Settings>,
    pub(super) inputs: Vec<Settings>,
    pub(super) filters: Vec<Settings>,
    pub(super) outputs: Vec<Settings>,
}

/// Files of containers that an input reads: the name of their pods without number, their namespace, their container.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Source {
    pub(super) namespace: String,
    pub(super) pods: String,
    pub(super) container: String,
}

impl Configuration {
    /// Adds what a document says, if it is one of Fluent Bit; says whether it is.
    pub(super) fn read(&mut self, document: &Value) -> bool {
        match document {
            Value::String(text) => self.read_classic(text),
            Value::Object(sections) => {
                let is_one = sections.contains_key("pipeline") || sections.contains_key("parsers");
                if is_one {
                    self.read_yaml(document);
                }
                is_one
            }
            _ => false,
        }
    }

    fn read_yaml(&mut self, document: &Value) {
        if document["service"].is_object() {
            self.add("service", settings(&document["service"]));
        }
        for parser in super::items(&document["parsers"]) {
            self.add("parser", settings(parser));
        }
        for (kind, field) in [
            ("input", "inputs"),
            ("filter", "filters"),
            ("output", "outputs"),
        ] {
            for section in super::items(&document["pipeline"][field]) {
                self.add(kind, settings(section));
            }
        }
    }

    fn read_classic(&mut self, text: &str) -> bool {
        let mut sections: Vec<(String, Settings)> = Vec::new();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') || line.starts_with('@') {
                continue;
            }
            if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
                sections.push((name.to_ascii_lowercase(), Settings::new()));
            } else if let Some((_, settings)) = sections.last_mut() {
                let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
                let values = settings.entry(name.to_ascii_lowercase()).or_default();
                values.push(value.trim().to_owned());
            } else {
                return false;
            }
        }
        let known = ["service", "parser", "input", "filter", "output"];
        let is_one = sections
            .iter()
            .any(|(name, _)| known.contains(&name.as_str()));
        for (name, settings) in sections.into_iter().filter(|_| is_one) {
            self.add(&name, settings);
        }
        is_one
    }

    fn add(&mut self, kind: &str, settings: Settings) {
        match kind {
            "service" => {
                self.service = settings;
                // Only one of the formats has a file of its own for parsers.
                self.service.remove("parsers_file");
            }
            "parser" => {
                let name = one(&settings, "name").unwrap_or_default().to_owned();
                self.parsers.insert(name, settings);
            }
            "input" => self.inputs.push(settings),
            "filter" => self.filters.push(settings),
            "output" => self.outputs.push(settings),
            _ => {}
        }
    }

    /// The containers whose files it reads, each with the tag of a line of its.
    pub(super) fn sources(&self) -> BTreeMap<Source, String> {
        let mut sources = BTreeMap::new();
        for input in &self.inputs {
            let tag = one(input, "tag").unwrap_or_default();
            let paths = input.get("path").into_iter().flatten();
            for path in paths.flat_map(|it| it.split(',')).map(str::trim) {
                let Some(source) = source(path) else {
                    continue;
                };
                let file = format!(
                    "{}-0_{}_{}-{}.log",
                    source.pods,
                    source.namespace,
                    source.container,
                    "0".repeat(64)
                );
                let (folder, _) = path.rsplit_once('/').unwrap_or(("", path));
                let folder = folder.trim_start_matches('/').replace('/', ".");
                sources.insert(source, tag.replace('*', &format!("{folder}.{file}")));
            }
        }
        sources
    }

    /// The fields that filters set in every line of a tag, whatever is in it.
    pub(super) fn fields_of(
        &self,
        tag: &str,
        compiled: &mut Expressions,
    ) -> BTreeMap<String, String> {
        let mut fields = BTreeMap::new();
        for filter in &self.filters {
            if !is_setting(filter) && !is_naming(filter) || !matches(filter, tag, compiled) {
                continue;
            }
            for set in filter.get("set").into_iter().flatten() {
                if let Some((name, value)) = set.split_once(char::is_whitespace) {
                    fields.insert(name.to_owned(), value.trim().to_owned());
                }
            }
            for parser in self.parsers_of(filter) {
                let from = one(filter, "key_name").unwrap_or_default();
                let regex = one(parser, "regex").unwrap_or_default();
                fields.insert(format!("what is read from {from}"), regex.to_owned());
            }
        }
        fields
    }

    fn parsers_of<'a>(&'a self, filter: &'a Settings) -> impl Iterator<Item = &'a Settings> {
        let names = filter.get("parser").into_iter().flatten();
        names.filter_map(|it| self.parsers.get(it))
    }

    /// The names of the parsers that are for the lines of some containers only.
    pub(super) fn naming_parsers(&self) -> BTreeSet<&str> {
        let filters = self.filters.iter().filter(|it| is_naming(it));
        filters
            .filter_map(|it| it.get("parser"))
            .flatten()
            .map(String::as_str)
            .collect()
    }

    /// The fields that may be in a line: those of parsers, and those that are let through where some are.
    pub(super) fn fields(&self) -> Vec<String> {
        let mut fields: Vec<String> = Vec::new();
        for filter in &self.filters {
            let let_through = ["allowlist_key", "whitelist_key"];
            for names in let_through.iter().filter_map(|it| filter.get(*it)) {
                fields.extend(names.iter().cloned());
            }
        }
        fields.sort();
        fields.dedup();
        fields
    }
}

/// Whether a filter does nothing but set fields, for all lines of its tags.
pub(super) fn is_setting(filter: &Settings) -> bool {
    one(filter, "name") == Some("modify")
        && filter.contains_key("set")
        && !filter.contains_key("condition")
}

/// Whether a filter reads a field of the lines of some containers, such as the name of the instance from that of the
/// pod.
pub(super) fn is_naming(filter: &Settings) -> bool {
    one(filter, "name") == Some("parser") && filter.contains_key("match_regex")
}

/// Regular expressions that were compiled once.
#[derive(Default)]
pub(super) struct Expressions(BTreeMap<String, Option<Regex>>);

fn matches(filter: &Settings, tag: &str, compiled: &mut Expressions) -> bool {
    if let Some(expression) = one(filter, "match_regex") {
        let known = compiled.0.entry(expression.to_owned());
        let regex = known.or_insert_with(|| Regex::new(expression).ok());
        return regex.as_ref().is_some_and(|it| it.is_match(tag));
    }
    one(filter, "match").is_some_and(|it| is_like(it, tag))
}

/// Whether a text is as a pattern with `*` says.
fn is_like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            rest.is_empty()
                || (0..=text.len())
                    .filter(|it| text.is_char_boundary(*it))
                    .any(|it| is_like(rest, &text[it..]))
        }),
    }
}

/// The only value of a setting.
pub(super) fn one<'a>(settings: &'a Settings, name: &str) -> Option<&'a str> {
    settings.get(name)?.first().map(String::as_str)
}

/// Where a configuration notes how far it has read.
pub(super) fn databases(document: &Value) -> Vec<String> {
    let mut configuration = Configuration::default();
    configuration.read(document);
    let inputs = configuration.inputs.iter();
    inputs
        .filter_map(|it| one(it, "db").map(str::to_owned))
        .collect()
}

fn settings(section: &Value) -> Settings {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let all = section.as_object().into_iter().flatten();
    all.map(|(name, value)| {
        let values = match value {
            Value::Array(values) => values.iter().map(text).collect(),
            value => vec![text(value)],
        };
        (name.to_ascii_lowercase(), values)
    })
    .collect()
}

/// What a path stands for: `<pod>_<namespace>_<container>-<id>.log`.
fn source(path: &str) -> Option<Source> {
    let (_, file) = path.rsplit_once('/')?;
    let mut parts = file.splitn(3, '_');
    let (pods, namespace, rest) = (parts.next()?, parts.next()?, parts.next()?);
    // Pods have a number, or the two hashes of a Deployment.
    let pods = pods.trim_end_matches(|it: char| "[]?*-0123456789".contains(it));
    let container = rest.split(['?', '*']).next()?.trim_end_matches('-');
    (!pods.is_empty() && !namespace.contains(['*', '?'])).then(|| Source {
        namespace: namespace.to_owned(),
        pods: pods.to_owned(),
        container: container.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_formats_say_the_same() {
        let mut yaml = Configuration::default();
        assert!(yaml.read(&json!({
            "service": {"flush": "5"},
            "parsers": [{"name": "redis", "format": "regex"}],
            "pipeline": {
                "inputs": [{"name": "tail", "tag": "redis.*"}],
                "filters": [{"name": "modify", "match": "*", "set": ["a b", "c d"]}],
                "outputs": [{"name": "es", "match": "*"}],
            },
        })));
        let mut classic = Configuration::default();
        assert!(classic.read(&Value::from(
            "# A comment.\n[SERVICE]\n    Flush 5\n[INPUT]\n    Name tail\n    Tag redis.*\n[FILTER]\n    Name modify\n    \
             Match *\n    Set a b\n    Set c d\n[OUTPUT]\n    Name es\n    Match *\n"
        )));
        assert!(classic.read(&Value::from("[PARSER]\n    Name redis\n    Format regex\n")));
        assert_eq!(yaml, classic);
        assert!(!classic.read(&Value::from("#!/bin/sh\nset -eu\n")));
    }

    #[test]
    fn a_path_says_whose_files_it_reads() {
        let of = |path: &str| source(path).map(|it| (it.namespace, it.pods, it.container));
        let texts = |a: &str, b: &str, c: &str| Some((a.to_owned(), b.to_owned(), c.to_owned()));
        assert_eq!(
            of("/var/log/containers/cart-sentinel-[0-9]_shop_cart-sentinel-????.log"),
            texts("shop", "cart-sentinel", "cart-sentinel")
        );
        assert_eq!(
            of("/var/log/containers/redis-operator-*-?????_ot-operators_redis-operator-????.log"),
            texts("ot-operators", "redis-operator", "redis-operator")
        );
        assert_eq!(of("/var/log/containers/*.log"), None);
    }

    #[test]
    fn fields_are_set_by_tag() {
        let mut configuration = Configuration::default();
        configuration.read(&json!({"pipeline": {
            "inputs": [{"name": "tail", "tag": "redis.*", "path": "/var/log/containers/a-[0-9]_shop_a-???.log"}],
            "filters": [
                {"name": "modify", "match": "redis.*", "set": "stack prod"},
                {"name": "modify", "match_regex": r"^redis\.var\.log\.containers\.a-[0-9]+_shop_", "set": "team x"},
                {"name": "modify", "match": "redis.*", "condition": "Key_value_equals level .", "set": "level debug"},
                {"name": "modify", "match": "operator.*", "set": "team y"},
            ],
        }}));
        let sources = configuration.sources();
        let (_, tag) = sources.iter().next().unwrap();
        let fields = configuration.fields_of(tag, &mut Expressions::default());
        let expected = [("stack", "prod"), ("team", "x")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(fields, BTreeMap::from(expected));
    }
}
