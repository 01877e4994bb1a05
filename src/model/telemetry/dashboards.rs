//! Dashboards, and the Grafana and Kibana that show them.

use std::collections::BTreeMap;

use crate::api::kibana;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Grafana, Kibana};
use crate::model::telemetry::{called, needs};
use crate::model::without_effect;
use crate::read::defaults;
use crate::read::spec::{DashboardsSpec, GrafanaDelivery, GrafanaSpec, StackSpec};

pub(super) fn dashboards(
    spec: &StackSpec,
    acc: &mut Vec<Diagnostic>,
) -> (Option<Grafana>, Option<Kibana>) {
    let at = FieldPath::spec(&["dashboards"]);
    let none = DashboardsSpec {
        grafana: false,
        kibana: false,
        folder: None,
    };
    let wanted = spec.dashboards.as_ref().unwrap_or(&none);
    let folder = wanted
        .folder
        .as_ref()
        .map_or(defaults::FOLDER, |it| it.as_str())
        .to_owned();
    let platform = FieldPath::spec(&["platform"]);
    if wanted.folder.is_some() && !wanted.grafana {
        without_effect(
            at.key("folder"),
            "Kibana has no folders, and `dashboards.grafana` is not set",
            acc,
        );
    }
    if wanted.grafana && spec.platform.grafana.is_none() {
        needs(&at, "grafana", "which Grafana shows dashboards", acc);
    }
    if wanted.kibana && spec.platform.kibana.is_none() {
        needs(&at, "kibana", "which Kibana shows dashboards", acc);
    }
    if wanted.kibana && spec.logging.is_none() {
        acc.push(
            Diagnostic::error(
                "policy/missing-field",
                Place::Key(at.key("kibana")),
                "Kibana dashboards show logs, and the policy has no `logging`",
            )
            .note("no line of a log would reach Elasticsearch, so every panel would be empty")
            .help("add `logging`, or write `kibana: false`")
            .about(FieldPath::spec(&["logging"])),
        );
    }
    if let Some(elasticsearch) = &spec.platform.elasticsearch
        && wanted.kibana
        && elasticsearch.version < kibana::OLDEST
    {
        acc.push(
            Diagnostic::error(
                "policy/version-too-old",
                Place::Key(at.key("kibana")),
                format!(
                    "Kibana {} is older than the dashboards support",
                    elasticsearch.version
                ),
            )
            .context(
                Place::Value(platform.key("elasticsearch").key("version")),
                "Kibana has the version of Elasticsearch",
            )
            .note("it does not read saved objects in the form in which they are generated")
            .help(format!(
                "run {} or later, or write `kibana: false`",
                kibana::OLDEST
            )),
        );
    }
    if !wanted.grafana && spec.platform.grafana.is_some() {
        without_effect(
            platform.key("grafana"),
            "`dashboards.grafana` is not set",
            acc,
        );
    }
    if !wanted.kibana && spec.platform.kibana.is_some() {
        without_effect(
            platform.key("kibana"),
            "`dashboards.kibana` is not set",
            acc,
        );
    }
    if let Some(it) = &spec.platform.grafana
        && it.delivery == GrafanaDelivery::Sidecar
        && !it.instance_selector.is_empty()
    {
        without_effect(
            platform.key("grafana").key("instanceSelector"),
            "with `delivery: sidecar` no GrafanaDashboard is written",
            acc,
        );
    }
    let grafana = spec
        .platform
        .grafana
        .as_ref()
        .filter(|_| wanted.grafana)
        .map(|it| Grafana {
            url: it.url.clone(),
            namespace: it.namespace.to_string(),
            delivery: it.delivery,
            datasource: it
                .datasource
                .as_ref()
                .map_or(defaults::DATASOURCE, |it| it.as_str())
                .to_owned(),
            folder: folder.clone(),
            instance_selector: instance_selector(it),
        });
    let kibana = spec
        .platform
        .kibana
        .as_ref()
        .filter(|_| wanted.kibana)
        .map(|it| {
            let encrypted = it.url.is_encrypted();
            called(&it.url, &it.ca, &platform.key("kibana"), acc);
            let elasticsearch = spec.platform.elasticsearch.as_ref();
            let ca = it
                .ca
                .as_ref()
                .or(elasticsearch.and_then(|it| it.ca.as_ref()));
            Kibana {
                url: it.url.clone(),
                ca: ca.filter(|_| encrypted).map(|it| it.secret_ref.clone()),
            }
        });
    (grafana, kibana)
}

fn instance_selector(spec: &GrafanaSpec) -> BTreeMap<String, String> {
    if spec.instance_selector.is_empty() {
        let (key, value) = defaults::INSTANCE_SELECTOR;
        return [(key.to_owned(), value.to_owned())].into();
    }
    spec.instance_selector
        .iter()
        .map(|(key, value)| (key.clone(), value.to_string()))
        .collect()
}
