//! PagerDuty, by its Events API v2.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::alertmanager_config::KeyValue;
use crate::api::{alertmanager, alertmanager_config};
use crate::receivers::{ALERTMANAGER_URL, Channel, Context, HEADLINE, selector, text};
use crate::value::secret::{Credential, SecretRef};

/// A PagerDuty service.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct PagerdutySpec {
    /// The integration key of the service, for the Events API v2.
    pub routing_key: Credential,
    /// Whether the end of an alert resolves the incident.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

const SEVERITY: &str = include_str!("../../templates/alertmanager/pagerduty-severity.tmpl");

/// What is shown below the headline; `firing` and `resolved` replace Alertmanager's own.
const DETAILS: [(&str, &str); 3] = [
    (
        "firing",
        include_str!("../../templates/alertmanager/pagerduty-firing.tmpl"),
    ),
    (
        "resolved",
        include_str!("../../templates/alertmanager/pagerduty-resolved.tmpl"),
    ),
    (
        "runbook",
        include_str!("../../templates/alertmanager/pagerduty-runbook.tmpl"),
    ),
];

impl Channel for PagerdutySpec {
    fn kind(&self) -> &'static str {
        "pagerduty"
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        vec![("routingKey", &self.routing_key.secret_ref)]
    }

    fn add_to_resource(&self, context: &Context, receiver: &mut alertmanager_config::Receiver) {
        receiver
            .pagerduty_configs
            .push(alertmanager_config::PagerdutyConfig {
                send_resolved: self.send_resolved,
                routing_key: selector(&self.routing_key),
                client: client(context),
                client_url: text(ALERTMANAGER_URL),
                description: text(HEADLINE),
                severity: text(SEVERITY),
                details: DETAILS
                    .iter()
                    .map(|(key, template)| KeyValue {
                        key: (*key).to_owned(),
                        value: text(template),
                    })
                    .collect(),
            });
    }

    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver) {
        receiver
            .pagerduty_configs
            .push(alertmanager::PagerdutyConfig {
                send_resolved: self.send_resolved,
                routing_key_file: context.file(&self.routing_key),
                client: client(context),
                client_url: text(ALERTMANAGER_URL),
                description: text(HEADLINE),
                details: DETAILS
                    .iter()
                    .map(|(key, template)| ((*key).to_owned(), text(template)))
                    .collect(),
                severity: text(SEVERITY),
            });
    }
}

fn client(context: &Context) -> String {
    format!("Alertmanager, stack {}", context.stack)
}
