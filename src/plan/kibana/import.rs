//! The Job that imports the dashboards: Kibana has no resource for them.
//!
//! It runs where the Secrets of Elasticsearch lie: the login is the same for Kibana. It waits for Kibana
//! itself, as everything of a stack waits for what it needs: no object has a sync wave. With a second
//! wave, Argo CD would wait until all of the first is healthy, and sync nothing more of the stack until
//! then.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::{Job, JobSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, PodSpec, PodTemplateSpec, Volume,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::api::object::Object;
use crate::api::workload;
use crate::model::stack::{Kibana, Logging, Stack};
use crate::plan::{Document, Embedded, Planned};

/// The program: a shell and curl.
const PROGRAM: &str = include_str!("../../../templates/kibana/import.sh");

const APPLICATION: &str = "kibana-import";
/// The user that the program runs as; it needs none of the image's.
const USER: i64 = 65_532;
/// A folder for the program and what it imports.
const FILES_DIR: &str = "/opt/kibana";
const PROGRAM_FILE: &str = "import.sh";
/// Kibana refuses a file that is not called so.
const OBJECTS_FILE: &str = "objects.ndjson";
const CA_DIR: &str = "/etc/kibana-ca";
const CA_FILE: &str = "ca.crt";

/// The ConfigMap with the objects, and the Job.
pub(super) fn objects(
    stack: &Stack,
    kibana: &Kibana,
    logging: &Logging,
    saved_objects: Vec<Value>,
) -> Vec<Planned> {
    let files = stack.shared_name(APPLICATION);
    let template = template(stack, kibana, logging, &files);
    let mut hash = Sha256::new();
    hash.update(PROGRAM);
    for object in &saved_objects {
        hash.update(object.to_string());
    }
    hash.update(serde_json::to_string(&template).expect("a type with text keys has a JSON form"));
    let hash = base16ct::lower::encode_string(&hash.finalize());
    // A Job cannot change: another one imports what is new. It has no time to live, since whatever
    // delivers the tree would start it anew each time that it is gone.
    let job_name = stack.shared_name(&format!("{APPLICATION}-{}", &hash[..10]));
    let config_map = ConfigMap {
        metadata: metadata(stack, logging, &files),
        data: Some([(PROGRAM_FILE.to_owned(), PROGRAM.to_owned())].into()),
        ..ConfigMap::default()
    };
    let job = Job {
        metadata: metadata(stack, logging, &job_name),
        spec: Some(JobSpec {
            backoff_limit: Some(4),
            template,
            ..JobSpec::default()
        }),
        ..Job::default()
    };
    vec![
        Planned {
            object: Object::new(config_map),
            documents: vec![Embedded {
                field: "data",
                key: OBJECTS_FILE.into(),
                document: Document::Ndjson(saved_objects),
            }],
        },
        Object::new(job).into(),
    ]
}

fn metadata(stack: &Stack, logging: &Logging, name: &str) -> ObjectMeta {
    let namespace = &logging.fluent_bit.namespace;
    workload::metadata(&stack.labels, &stack.name, namespace, name, APPLICATION)
}

fn template(stack: &Stack, kibana: &Kibana, logging: &Logging, files: &str) -> PodTemplateSpec {
    let elasticsearch = &logging.elasticsearch;
    let mut env = vec![
        workload::env("KIBANA_URL", kibana.url.as_str()),
        workload::env("OBJECTS", &format!("{FILES_DIR}/{OBJECTS_FILE}")),
    ];
    if let Some((username, password)) = &elasticsearch.login {
        env.push(workload::env_from("USERNAME", username));
        env.push(workload::env_from("PASSWORD", password));
    }
    let mut mounts = vec![workload::mount("files", FILES_DIR, true)];
    let mut volumes = vec![Volume {
        name: "files".to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: files.to_owned(),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    }];
    if let Some(ca) = &kibana.ca {
        env.push(workload::env("CA_FILE", &format!("{CA_DIR}/{CA_FILE}")));
        mounts.push(workload::mount("ca", CA_DIR, true));
        volumes.push(workload::secret_volume("ca", ca, CA_FILE));
    }
    let labels: BTreeMap<String, String> = workload::selector(&stack.name, files, APPLICATION);
    PodTemplateSpec {
        metadata: Some(ObjectMeta {
            labels: Some(labels),
            ..ObjectMeta::default()
        }),
        spec: Some(PodSpec {
            automount_service_account_token: Some(false),
            containers: vec![Container {
                name: APPLICATION.to_owned(),
                image: Some(stack.platform.images.curl.to_string()),
                command: Some(vec!["sh".to_owned(), format!("{FILES_DIR}/{PROGRAM_FILE}")]),
                env: Some(env),
                resources: Some(workload::resources("10m", "16Mi", "64Mi")),
                security_context: Some(workload::container_security()),
                volume_mounts: Some(mounts),
                ..Container::default()
            }],
            restart_policy: Some("Never".to_owned()),
            security_context: Some(workload::pod_security(USER)),
            volumes: Some(volumes),
            ..PodSpec::default()
        }),
    }
}
