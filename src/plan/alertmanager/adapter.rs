//! The adapter for the robots of DingTalk, Feishu and WeCom, which Alertmanager does not speak.
//!
//! Their addresses are credentials: they reach the adapter as files of the user's own Secrets, and
//! never stand in an address that Alertmanager calls.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec};
use k8s_openapi::api::core::v1::{
    ConfigMap, ConfigMapVolumeSource, Container, KeyToPath, PodSpec, PodTemplateSpec,
    ProjectedVolumeSource, SecretProjection, Volume, VolumeProjection,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};
use sha2::{Digest, Sha256};

use crate::api::object::Object;
use crate::api::workload;
use crate::model::stack::Stack;
use crate::plan::{Document, Embedded, Planned};
use crate::receivers::{ReceiverSpec, adapter};

const APPLICATION: &str = "alert-adapter";
/// The user that the program runs as; it needs none of the image's.
const USER: i64 = 65_532;
/// A folder for the program itself.
const PROGRAM_DIR: &str = "/opt/adapter";
const PROGRAM_FILE: &str = "adapter.py";
const CONFIGURATION_KEY: &str = "robots.json";

/// The address to which the name of a robot is appended.
pub(super) fn url(stack: &Stack) -> String {
    let namespace = &stack.platform.alertmanager.namespace;
    format!(
        "http://{}.{namespace}.svc:{}/alert",
        name(stack),
        adapter::PORT
    )
}

/// The objects of the adapter; none where no receiver is a robot.
pub(super) fn objects(stack: &Stack) -> Vec<Planned> {
    let receivers: Vec<&ReceiverSpec> =
        stack.receivers.iter().filter(|it| it.has_robot()).collect();
    if receivers.is_empty() {
        return Vec::new();
    }
    let configuration = adapter::configuration(&receivers);
    let mut hash = Sha256::new();
    hash.update(adapter::PROGRAM);
    hash.update(configuration.to_string());
    let hash = base16ct::lower::encode_string(&hash.finalize());
    let config_map = ConfigMap {
        metadata: metadata(stack),
        data: Some([(PROGRAM_FILE.to_owned(), adapter::PROGRAM.to_owned())].into()),
        ..ConfigMap::default()
    };
    vec![
        Planned {
            object: Object::new(config_map),
            documents: vec![Embedded {
                field: "data",
                key: CONFIGURATION_KEY.into(),
                document: Document::Json(configuration),
            }],
        },
        Object::new(deployment(stack, &receivers, hash)).into(),
        Object::new(workload::service(
            metadata(stack),
            selector(stack),
            i32::from(adapter::PORT),
        ))
        .into(),
        // Whoever reaches the adapter can write to the groups.
        Object::new(workload::only_from(
            &stack.platform.alertmanager.namespace,
            metadata(stack),
            selector(stack),
        ))
        .into(),
    ]
}

fn name(stack: &Stack) -> String {
    stack.shared_name(APPLICATION)
}

fn metadata(stack: &Stack) -> ObjectMeta {
    let namespace = &stack.platform.alertmanager.namespace;
    workload::metadata(
        &stack.labels,
        &stack.name,
        namespace,
        &name(stack),
        APPLICATION,
    )
}

fn selector(stack: &Stack) -> std::collections::BTreeMap<String, String> {
    workload::selector(&stack.name, &name(stack), APPLICATION)
}

fn deployment(stack: &Stack, receivers: &[&ReceiverSpec], hash: String) -> Deployment {
    let configuration_dir = adapter::CONFIGURATION_FILE
        .rsplit_once('/')
        .map_or("/", |(folder, _)| folder);
    let container = Container {
        name: APPLICATION.to_owned(),
        image: Some(stack.platform.images.python.to_string()),
        command: Some(["python3", "-B", "-u"].map(str::to_owned).to_vec()),
        args: Some(vec![format!("{PROGRAM_DIR}/{PROGRAM_FILE}")]),
        ports: Some(vec![workload::container_port(i32::from(adapter::PORT))]),
        liveness_probe: Some(workload::probe("/healthz")),
        readiness_probe: Some(workload::probe("/healthz")),
        resources: Some(workload::resources("10m", "32Mi", "128Mi")),
        security_context: Some(workload::container_security()),
        volume_mounts: Some(vec![
            workload::mount("program", PROGRAM_DIR, true),
            workload::mount("configuration", configuration_dir, true),
            workload::mount("robots", adapter::SECRETS_DIR, true),
        ]),
        ..Container::default()
    };
    let from_config_map = |volume: &str, key: &str| Volume {
        name: volume.to_owned(),
        config_map: Some(ConfigMapVolumeSource {
            name: name(stack),
            items: Some(vec![KeyToPath {
                key: key.to_owned(),
                path: key.to_owned(),
                ..KeyToPath::default()
            }]),
            ..ConfigMapVolumeSource::default()
        }),
        ..Volume::default()
    };
    let sources = adapter::secret_files(receivers)
        .into_iter()
        .map(|file| VolumeProjection {
            secret: Some(SecretProjection {
                name: file.secret.name.to_string(),
                items: Some(vec![KeyToPath {
                    key: file.secret.key.to_string(),
                    path: file.path,
                    ..KeyToPath::default()
                }]),
                ..SecretProjection::default()
            }),
            ..VolumeProjection::default()
        })
        .collect();
    let robots = Volume {
        name: "robots".to_owned(),
        projected: Some(ProjectedVolumeSource {
            sources: Some(sources),
            default_mode: Some(0o440),
        }),
        ..Volume::default()
    };
    Deployment {
        metadata: metadata(stack),
        spec: Some(DeploymentSpec {
            replicas: Some(2),
            selector: LabelSelector {
                match_labels: Some(selector(stack)),
                ..LabelSelector::default()
            },
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(selector(stack)),
                    annotations: Some([("obsgen/configuration-sha256".to_owned(), hash)].into()),
                    ..ObjectMeta::default()
                }),
                spec: Some(PodSpec {
                    automount_service_account_token: Some(false),
                    containers: vec![container],
                    security_context: Some(workload::pod_security(USER)),
                    volumes: Some(vec![
                        from_config_map("program", PROGRAM_FILE),
                        from_config_map("configuration", CONFIGURATION_KEY),
                        robots,
                    ]),
                    ..PodSpec::default()
                }),
            },
            ..DeploymentSpec::default()
        }),
        ..Deployment::default()
    }
}
