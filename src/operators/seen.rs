//! An instance as its resources show it: what a comparison has to know that no single field says.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::operators::changes::Applied;
use crate::topologies::Kind;

/// An instance as its resources show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// How it is laid out.
    pub topology: Kind,
    /// How many Redis pods it has.
    pub pods: u64,
    /// The image of Redis.
    pub image: String,
    /// The directives of its redis.conf, with their values, and when each takes effect.
    pub directives: BTreeMap<String, (String, Applied)>,
    /// What makes the operator restart the pods for a directive that Redis reads at its start: the name of the
    /// ConfigMap, where there is one.
    pub config: Option<String>,
}

/// How a ConfigMap of the namespace is found by its name.
pub type ConfigMaps<'a> = dyn Fn(&str) -> Option<&'a Value> + 'a;

/// A text of a resource; empty where it is not there.
pub(super) fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// The lines of a redis.conf. Of one that stands twice the last counts, but for `save`, whose lines add up until
/// an empty one.
pub(super) fn directives(text: &str) -> BTreeMap<String, String> {
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for line in text.lines().map(str::trim) {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let value = match value.trim() {
            "\"\"" => "",
            value => value,
        };
        let known = all.entry(name.to_ascii_lowercase()).or_default();
        match name {
            "save" if !known.is_empty() && !value.is_empty() => {
                known.push(' ');
                known.push_str(value);
            }
            _ => value.clone_into(known),
        }
    }
    all
}
