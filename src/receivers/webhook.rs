//! An HTTP endpoint that reads Alertmanager's own notifications.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::api::{alertmanager, alertmanager_config};
use crate::receivers::{Channel, Context, selector};
use crate::value::secret::{Credential, SecretRef};

/// An HTTP endpoint.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct WebhookSpec {
    /// The address; it is a credential, since whoever knows it can call it.
    pub url: Credential,
    /// The token for the header `Authorization: Bearer …`.
    pub bearer_token: Option<Credential>,
    /// How many alerts of a group one call carries; the others are only counted. Without it, all.
    #[schemars(range(min = 1, max = 10_000))]
    pub max_alerts: Option<u32>,
    /// Whether the end of an alert is told too.
    #[serde(default = "crate::receivers::yes")]
    pub send_resolved: bool,
}

const BEARER: &str = "Bearer";

impl Channel for WebhookSpec {
    fn kind(&self) -> &'static str {
        "webhook"
    }

    fn secrets(&self) -> Vec<(&'static str, &SecretRef)> {
        let mut secrets = vec![("url", &self.url.secret_ref)];
        secrets.extend(
            self.bearer_token
                .iter()
                .map(|it| ("bearerToken", &it.secret_ref)),
        );
        secrets
    }

    fn add_to_resource(&self, _: &Context, receiver: &mut alertmanager_config::Receiver) {
        let authorization = |token| alertmanager_config::Authorization {
            scheme: BEARER.to_owned(),
            credentials: selector(token),
        };
        receiver
            .webhook_configs
            .push(alertmanager_config::WebhookConfig {
                send_resolved: self.send_resolved,
                url: None,
                url_secret: Some(selector(&self.url)),
                http_config: self
                    .bearer_token
                    .as_ref()
                    .map(|it| alertmanager_config::HttpConfig {
                        authorization: Some(authorization(it)),
                    }),
                max_alerts: self.max_alerts,
            });
    }

    fn add_to_native(&self, context: &Context, receiver: &mut alertmanager::Receiver) {
        let authorization = |token| alertmanager::Authorization {
            scheme: BEARER.to_owned(),
            credentials_file: context.file(token),
        };
        receiver.webhook_configs.push(alertmanager::WebhookConfig {
            send_resolved: self.send_resolved,
            http_config: self
                .bearer_token
                .as_ref()
                .map(|it| alertmanager::HttpConfig {
                    authorization: Some(authorization(it)),
                }),
            url: None,
            url_file: Some(context.file(&self.url)),
            max_alerts: self.max_alerts,
        });
    }
}
