//! An object on its way to a file: its identity, and its content as data.

use serde::Serialize;
use serde_json::Value;

/// One Kubernetes object.
#[derive(Debug, Clone, PartialEq)]
pub struct Object(Value);

/// The three fields that every object begins with.
#[derive(Debug, Clone, Serialize)]
pub struct Resource<Spec> {
    /// Group and version.
    #[serde(rename = "apiVersion")]
    pub api_version: &'static str,
    /// Kind.
    pub kind: &'static str,
    /// Name, namespace, labels, annotations.
    pub metadata: Metadata,
    /// What the kind's controller reads.
    pub spec: Spec,
}

/// Metadata of an object.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Metadata {
    /// Name.
    pub name: String,
    /// Namespace; every object names its own.
    pub namespace: String,
    /// Labels.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub labels: Map,
    /// Annotations.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub annotations: Map,
}

/// Texts by key, in one order everywhere.
pub type Map = std::collections::BTreeMap<String, String>;

impl Object {
    /// Takes an object of a type; `apiVersion`, `kind` and `metadata` come first whatever the type
    /// says, since Kubernetes' own types put them elsewhere.
    pub fn new(object: impl Serialize) -> Self {
        let value = serde_json::to_value(object).expect("a type with text keys has a JSON form");
        let Value::Object(rest) = value else {
            unreachable!("an object is a map")
        };
        let mut fields = in_order(rest, &["apiVersion", "kind", "metadata"]);
        if let Some(Value::Object(metadata)) = fields.get_mut("metadata") {
            *metadata = in_order(
                std::mem::take(metadata),
                &["name", "namespace", "labels", "annotations"],
            );
        }
        Self(Value::Object(fields))
    }

    /// Adds an annotation.
    pub fn annotate(&mut self, key: &str, value: &str) {
        let annotations = &mut self.0["metadata"]["annotations"];
        if annotations.is_null() {
            *annotations = Value::Object(serde_json::Map::new());
        }
        annotations[key] = Value::from(value);
        annotations.sort_all_objects();
    }

    /// The content, to be changed.
    pub fn value_mut(&mut self) -> &mut Value {
        &mut self.0
    }

    /// The content.
    pub fn value(&self) -> &Value {
        &self.0
    }

    /// The kind.
    pub fn kind(&self) -> &str {
        self.0["kind"].as_str().unwrap_or_default()
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.0["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The namespace, where the kind has one.
    pub fn namespace(&self) -> &str {
        self.0["metadata"]["namespace"].as_str().unwrap_or_default()
    }

    /// What it is known by, whatever its version and content: `ConfigMap grafana/redis-overview`, with
    /// the group behind the kind where it has one, and without a hash of the content in the name.
    pub fn identity(&self) -> String {
        let version = self.0["apiVersion"].as_str().unwrap_or_default();
        let group = version
            .rsplit_once('/')
            .map_or_else(String::new, |(group, _)| format!(".{group}"));
        format!(
            "{}{group} {}/{}",
            self.kind(),
            self.namespace(),
            without_hash(self.name()).unwrap_or(self.name())
        )
    }
}

/// The name of an object without the hash of its content, if it ends with one: 8 or 10 hexadecimal
/// digits.
pub fn without_hash(name: &str) -> Option<&str> {
    let (stem, hash) = name.rsplit_once('-')?;
    let is_hash = matches!(hash.len(), 8 | 10) && hash.bytes().all(|it| it.is_ascii_hexdigit());
    is_hash.then_some(stem)
}

/// Puts some keys first, in this order, and leaves the others as they are.
fn in_order(
    mut map: serde_json::Map<String, Value>,
    first: &[&str],
) -> serde_json::Map<String, Value> {
    let mut ordered = serde_json::Map::new();
    for key in first {
        if let Some(value) = map.shift_remove(*key) {
            ordered.insert((*key).to_owned(), value);
        }
    }
    ordered.extend(map);
    ordered
}
