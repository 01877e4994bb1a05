//! What ships logs to Elasticsearch: Fluent Bit on every node.

mod configuration;
mod sources;
mod workload;

use k8s_openapi::api::core::v1::ConfigMap;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::api::fluent_bit::{Configuration, Settings};
use crate::api::object::Object;
use crate::model::stack::Stack;
use crate::plan::{Document, Embedded, Files, Planned};
use crate::read::spec::FluentBitFormat;

/// The port of its metrics and of its health.
const PORT: u16 = 2020;
/// What it has read and not yet delivered, and how far it has read.
const BUFFERS_DIR: &str = "/buffers";
/// The certificate authority of Elasticsearch.
const CA_DIR: &str = "/elasticsearch-ca";
/// Waits until Elasticsearch knows how the logs are kept.
const WAIT: &str = include_str!("../../../templates/fluent-bit/wait.sh");
const WAIT_KEY: &str = "wait.sh";

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    let Some(logging) = &stack.telemetry.logging else {
        return;
    };
    let configuration = configuration::configuration(stack, logging);
    let documents = documents(logging.fluent_bit.format, &configuration);
    let mut hash = Sha256::new();
    hash.update(WAIT);
    hash.update(format!("{documents:?}"));
    let hash = base16ct::lower::encode_string(&hash.finalize());
    let config_map = ConfigMap {
        metadata: workload::metadata(stack, logging),
        data: Some([(WAIT_KEY.to_owned(), WAIT.to_owned())].into()),
        ..ConfigMap::default()
    };
    files.objects("rbac.yaml", workload::access(stack, logging));
    files.objects(
        "configuration.yaml",
        [Planned {
            object: Object::new(config_map),
            documents,
        }],
    );
    files.objects("fluent-bit.yaml", workload::objects(stack, logging, hash));
}

/// The name of the file that Fluent Bit is started with.
fn file_name(format: FluentBitFormat) -> &'static str {
    match format {
        FluentBitFormat::Yaml => "fluent-bit.yaml",
        FluentBitFormat::Classic => "fluent-bit.conf",
    }
}

fn documents(format: FluentBitFormat, configuration: &Configuration) -> Vec<Embedded> {
    let embedded = |key: &'static str, document| Embedded {
        field: "data",
        key: key.into(),
        document,
    };
    match format {
        FluentBitFormat::Yaml => vec![embedded(
            file_name(format),
            Document::Yaml(structure(configuration)),
        )],
        // Parsers have a file of their own in this format.
        FluentBitFormat::Classic => vec![
            embedded(
                file_name(format),
                Document::Classic(sections(configuration)),
            ),
            embedded(
                PARSERS_KEY,
                Document::Classic(named("PARSER", &configuration.parsers)),
            ),
        ],
    }
}

const PARSERS_KEY: &str = "parsers.conf";

fn structure(configuration: &Configuration) -> Value {
    let all = |sections: &[Settings]| sections.iter().map(map).collect::<Vec<_>>();
    json!({
        "service": map(&configuration.service),
        "parsers": all(&configuration.parsers),
        "pipeline": {
            "inputs": all(&configuration.inputs),
            "filters": all(&configuration.filters),
            "outputs": all(&configuration.outputs),
        },
    })
}

fn map(settings: &Settings) -> Value {
    let mut map = Map::new();
    for (name, values) in settings.grouped() {
        let value = match values.as_slice() {
            [value] => json!(value),
            values => json!(values),
        };
        map.insert(name.to_owned(), value);
    }
    Value::Object(map)
}

fn sections(configuration: &Configuration) -> Vec<(&'static str, Settings)> {
    let service = configuration
        .service
        .clone()
        .with("parsers_file", PARSERS_KEY);
    let mut sections = vec![("SERVICE", service)];
    sections.extend(named("INPUT", &configuration.inputs));
    sections.extend(named("FILTER", &configuration.filters));
    sections.extend(named("OUTPUT", &configuration.outputs));
    sections
}

fn named(name: &'static str, settings: &[Settings]) -> Vec<(&'static str, Settings)> {
    settings.iter().map(|it| (name, it.clone())).collect()
}
