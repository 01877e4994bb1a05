//! How Elasticsearch keeps the logs: a lifecycle policy, templates, the data stream or the first index,
//! and the Job that tells it.
//!
//! The Job is called after what it applies, so that a change makes a new one. It is not removed when
//! it is done: a tool that delivers the tree again and again would run it again and again.

mod bodies;

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, EmptyDirVolumeSource, EnvVar, PodSpec,
    PodTemplateSpec, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use sha2::{Digest, Sha256};

use crate::api::fluent_bit::Variable;
use crate::api::object::Object;
use crate::api::workload;
use crate::model::stack::{Logging, Stack, bounded};
use crate::plan::{Document, Embedded, Files, Planned};
use crate::read::spec::LoggingMode;
use crate::value::secret::SecretRef;

const APPLICATION: &str = "elasticsearch-setup";
const SCRIPT: &str = include_str!("../../../templates/elasticsearch/apply.sh");
const SCRIPT_KEY: &str = "apply.sh";
const BODIES_DIR: &str = "/bodies";
const CA_DIR: &str = "/elasticsearch-ca";
/// The user that the script runs as; it needs none of the image's.
const USER: i64 = 65_532;

pub(super) fn plan(stack: &Stack, files: &mut Files<'_>) {
    let Some(logging) = &stack.telemetry.logging else {
        return;
    };
    let bodies = bodies::all(stack, logging);
    let template = template(stack, logging);
    let mut hash = Sha256::new();
    hash.update(SCRIPT);
    hash.update(format!("{bodies:?}"));
    hash.update(serde_json::to_string(&template).expect("a type with text keys has a JSON form"));
    let hash = base16ct::lower::encode_string(&hash.finalize());
    let config_map = ConfigMap {
        metadata: metadata(stack, logging, &stack.shared_name(APPLICATION)),
        data: Some([(SCRIPT_KEY.to_owned(), SCRIPT.to_owned())].into()),
        ..ConfigMap::default()
    };
    let documents = bodies
        .into_iter()
        .map(|(key, body)| Embedded {
            field: "data",
            key: key.into(),
            document: Document::Json(body),
        })
        .collect();
    files.objects(
        "configuration.yaml",
        [Planned {
            object: Object::new(config_map),
            documents,
        }],
    );
    let name = bounded(&format!("{}-{APPLICATION}-{}", stack.name, &hash[..8]));
    files.objects(
        "job.yaml",
        [Object::new(Job {
            metadata: metadata(stack, logging, &name),
            spec: Some(JobSpec {
                backoff_limit: Some(6),
                template,
                ..JobSpec::default()
            }),
            ..Job::default()
        })],
    );
}

/// The address without a `/` at its end.
pub(super) fn url(logging: &Logging) -> String {
    let url = &logging.elasticsearch.url;
    let scheme = if url.is_encrypted() { "https" } else { "http" };
    format!("{scheme}://{}:{}{}", url.host(), url.port(), url.path())
}

/// The login, as the variables that both Fluent Bit and the scripts read.
pub(super) fn login(logging: &Logging) -> Vec<EnvVar> {
    match &logging.elasticsearch.login {
        Some((user, password)) => vec![
            workload::env_from(Variable::User.name(), user),
            workload::env_from(Variable::Password.name(), password),
        ],
        None => Vec::new(),
    }
}

/// The certificate authority, where one is needed.
pub(super) fn ca(logging: &Logging) -> Option<&SecretRef> {
    let elasticsearch = &logging.elasticsearch;
    elasticsearch
        .ca
        .as_ref()
        .filter(|_| elasticsearch.url.is_encrypted())
}

/// The volume with its certificate.
pub(super) fn ca_volume(logging: &Logging, name: &str) -> Option<Volume> {
    ca(logging).map(|secret| workload::secret_volume(name, secret, secret.key.as_str()))
}

/// Where a script finds it, in a folder.
pub(super) fn ca_file(logging: &Logging, folder: &str) -> Option<EnvVar> {
    ca(logging).map(|secret| workload::env("ES_CA_FILE", &format!("{folder}/{}", secret.key)))
}

fn metadata(stack: &Stack, logging: &Logging, name: &str) -> ObjectMeta {
    let mut metadata = workload::metadata(
        &stack.labels,
        &stack.name,
        &logging.fluent_bit.namespace,
        &stack.shared_name(APPLICATION),
        APPLICATION,
    );
    metadata.name = Some(name.to_owned());
    metadata
}

fn template(stack: &Stack, logging: &Logging) -> PodTemplateSpec {
    let mut mounts = vec![
        workload::mount("bodies", BODIES_DIR, true),
        workload::mount("answers", "/tmp", false),
    ];
    let mut volumes = vec![
        Volume {
            name: "bodies".to_owned(),
            config_map: Some(ConfigMapVolumeSource {
                name: stack.shared_name(APPLICATION),
                ..ConfigMapVolumeSource::default()
            }),
            ..Volume::default()
        },
        Volume {
            name: "answers".to_owned(),
            empty_dir: Some(EmptyDirVolumeSource::default()),
            ..Volume::default()
        },
    ];
    if let Some(volume) = ca_volume(logging, "elasticsearch-ca") {
        volumes.push(volume);
        mounts.push(workload::mount("elasticsearch-ca", CA_DIR, true));
    }
    let mode = match logging.mode {
        LoggingMode::DataStream => "data-stream",
        LoggingMode::Alias => "alias",
    };
    let mut env = vec![
        workload::env("ES_URL", &url(logging)),
        workload::env("ES_TARGET", &bodies::name(stack)),
        workload::env("ES_MODE", mode),
        workload::env("ES_FIRST_INDEX", &bodies::first_index(stack)),
        workload::env("BODIES", BODIES_DIR),
    ];
    env.extend(ca_file(logging, CA_DIR));
    env.extend(login(logging));
    let container = Container {
        name: APPLICATION.to_owned(),
        image: Some(stack.platform.images.curl.to_string()),
        command: Some(vec!["sh".to_owned(), format!("{BODIES_DIR}/{SCRIPT_KEY}")]),
        env: Some(env),
        resources: Some(workload::resources("10m", "16Mi", "64Mi")),
        security_context: Some(workload::container_security()),
        volume_mounts: Some(mounts),
        ..Container::default()
    };
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(workload::selector(
                &stack.name,
                &stack.shared_name(APPLICATION),
                APPLICATION,
            )),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            automount_service_account_token: Some(false),
            enable_service_links: Some(false),
            // A failed try is kept, with what it said.
            restart_policy: Some("Never".to_owned()),
            containers: vec![container],
            security_context: Some(workload::pod_security(USER)),
            volumes: Some(volumes),
            ..PodSpec::default()
        }),
    }
}
