//! Receivers in both forms that Alertmanager reads, and what is refused before.

use obsgen::api::{alertmanager, alertmanager_config};
use obsgen::diag::path::FieldPath;
use obsgen::diag::{Diagnostic, Place};
use obsgen::receivers::{Context, KINDS, ReceiverSpec};
use obsgen::value::version::Version;
use serde_json::{Value, json};

use crate::stacks::{compile_text, root};

const EVERY_KIND: &str = r##"
name: everyone
slack: {channel: "#redis-alerts", url: {secretRef: {name: alert-slack, key: url}}}
pagerduty: {routingKey: {secretRef: {name: alert-pagerduty, key: checkout}}, sendResolved: false}
email:
  to: [oncall@example.com, Redis team <redis@example.com>]
  from: alerts@example.com
  smarthost: smtp.example.com:587
  username: alerts
  password: {secretRef: {name: alert-mail, key: password}}
webhook:
  url: {secretRef: {name: alert-hook, key: url}}
  bearerToken: {secretRef: {name: alert-hook, key: token}}
  maxAlerts: 50
wechat:
  corpId: ww0123456789
  agentId: "1000002"
  secret: {secretRef: {name: alert-wechat, key: secret}}
  toUser: "@all"
dingtalk:
  url: {secretRef: {name: alert-dingtalk, key: url}}
  secret: {secretRef: {name: alert-dingtalk, key: sign}}
  mentions: ["13800000000"]
feishu: {url: {secretRef: {name: alert-feishu, key: url}}, mentions: [ou_18eac8f2]}
wecom: {url: {secretRef: {name: alert-wecom, key: url}}, mentionAll: true}
"##;

const CONTEXT: Context = Context {
    stack: "prod",
    adapter_url: "http://prod-alert-adapter.monitoring.svc:8080/alert",
    secrets_dir: "/etc/alertmanager/secrets",
};

fn receiver(text: &str) -> ReceiverSpec {
    serde_yaml::from_str(text).expect("the test writes receivers that can be read")
}

/// The texts of all notifications, which every test but the one about them leaves out.
const TEXTS: [&str; 12] = [
    "color",
    "title",
    "title_link",
    "titleLink",
    "text",
    "fallback",
    "actions",
    "client_url",
    "clientURL",
    "description",
    "severity",
    "message",
];

fn without_texts(value: impl serde::Serialize) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(map) => {
                for key in TEXTS.iter().chain(&["details", "headers"]) {
                    if map.contains_key(*key) {
                        map[*key] = json!("…");
                    }
                }
                map.retain(|_, it| it != &json!("…"));
                map.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut value = serde_json::to_value(value).expect("receivers have a JSON form");
    strip(&mut value);
    value
}

#[test]
fn the_custom_resource_selects_secrets() {
    let robot = |kind| {
        json!({
            "sendResolved": true,
            "url": format!("http://prod-alert-adapter.monitoring.svc:8080/alert/everyone-{kind}"),
            "maxAlerts": 20,
        })
    };
    assert_eq!(
        without_texts(receiver(EVERY_KIND).to_resource(&CONTEXT)),
        json!({
            "name": "everyone",
            "pagerdutyConfigs": [{
                "sendResolved": false,
                "routingKey": {"name": "alert-pagerduty", "key": "checkout"},
                "client": "Alertmanager, stack prod",
            }],
            "slackConfigs": [{
                "sendResolved": true,
                "apiURL": {"name": "alert-slack", "key": "url"},
                "channel": "#redis-alerts",
            }],
            "webhookConfigs": [
                {
                    "sendResolved": true,
                    "urlSecret": {"name": "alert-hook", "key": "url"},
                    "httpConfig": {"authorization": {
                        "type": "Bearer",
                        "credentials": {"name": "alert-hook", "key": "token"},
                    }},
                    "maxAlerts": 50,
                },
                robot("dingtalk"),
                robot("feishu"),
                robot("wecom"),
            ],
            "wechatConfigs": [{
                "sendResolved": true,
                "apiSecret": {"name": "alert-wechat", "key": "secret"},
                "corpID": "ww0123456789",
                "agentID": "1000002",
                "toUser": "@all",
                "messageType": "text",
            }],
            "emailConfigs": [{
                "sendResolved": true,
                "to": "oncall@example.com, Redis team <redis@example.com>",
                "from": "alerts@example.com",
                "smarthost": "smtp.example.com:587",
                "authUsername": "alerts",
                "authPassword": {"name": "alert-mail", "key": "password"},
                "html": "",
                "requireTLS": true,
            }],
        })
    );
}

#[test]
fn the_native_form_reads_files_of_mounted_secrets() {
    let robot = |kind| {
        json!({
            "send_resolved": true,
            "url": format!("http://prod-alert-adapter.monitoring.svc:8080/alert/everyone-{kind}"),
            "max_alerts": 20,
        })
    };
    assert_eq!(
        without_texts(receiver(EVERY_KIND).to_native(&CONTEXT)),
        json!({
            "name": "everyone",
            "email_configs": [{
                "send_resolved": true,
                "to": "oncall@example.com, Redis team <redis@example.com>",
                "from": "alerts@example.com",
                "smarthost": "smtp.example.com:587",
                "auth_username": "alerts",
                "auth_password_file": "/etc/alertmanager/secrets/alert-mail/password",
                "html": "",
                "require_tls": true,
            }],
            "pagerduty_configs": [{
                "send_resolved": false,
                "routing_key_file": "/etc/alertmanager/secrets/alert-pagerduty/checkout",
                "client": "Alertmanager, stack prod",
            }],
            "slack_configs": [{
                "send_resolved": true,
                "api_url_file": "/etc/alertmanager/secrets/alert-slack/url",
                "channel": "#redis-alerts",
            }],
            "webhook_configs": [
                {
                    "send_resolved": true,
                    "http_config": {"authorization": {
                        "type": "Bearer",
                        "credentials_file": "/etc/alertmanager/secrets/alert-hook/token",
                    }},
                    "url_file": "/etc/alertmanager/secrets/alert-hook/url",
                    "max_alerts": 50,
                },
                robot("dingtalk"),
                robot("feishu"),
                robot("wecom"),
            ],
            "wechat_configs": [{
                "send_resolved": true,
                "api_secret_file": "/etc/alertmanager/secrets/alert-wechat/secret",
                "corp_id": "ww0123456789",
                "to_user": "@all",
                "agent_id": "1000002",
                "message_type": "text",
            }],
        })
    );
}

#[test]
fn both_forms_carry_the_same_texts() {
    let receiver = receiver(EVERY_KIND);
    let mut texts = [Vec::new(), Vec::new()];
    collect(
        &serde_json::to_value(receiver.to_resource(&CONTEXT)).unwrap(),
        &mut texts[0],
    );
    collect(
        &serde_json::to_value(receiver.to_native(&CONTEXT)).unwrap(),
        &mut texts[1],
    );
    let [resource, native] = texts.map(|mut it| {
        it.sort();
        it
    });
    assert_eq!(resource, native);
    assert!(resource.len() > 15, "{}", resource.len());
    for text in resource {
        assert!(!text.ends_with('\n'), "{text:?}");
        // The operator's config-reloader would put its own environment there.
        assert!(!text.contains("$("), "{text}");
    }
}

/// Collects every text with a template.
fn collect(value: &Value, into: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.values().for_each(|it| collect(it, into)),
        Value::Array(items) => items.iter().for_each(|it| collect(it, into)),
        Value::String(text) if text.contains("{{") => into.push(text.clone()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[test]
fn templates_of_addresses_use_only_what_the_operator_knows() {
    // It parses them with Go's own functions, and drops the resource over another name.
    let known = [
        "if",
        "else",
        "end",
        "index",
        "urlquery",
        ".Alerts",
        "0",
        ".Annotations.runbook_url",
        ".ExternalURL",
        ".Receiver",
    ];
    let receiver = receiver(EVERY_KIND).to_resource(&CONTEXT);
    let slack = &receiver.slack_configs[0];
    for template in [
        &slack.title_link,
        &slack.actions[0].url,
        &receiver.pagerduty_configs[0].client_url,
    ] {
        for action in template.split("{{").skip(1) {
            let action = action.split("}}").next().unwrap();
            for word in action
                .split([' ', '|', '(', ')'])
                .filter(|it| !it.is_empty())
            {
                assert!(known.contains(&word), "`{word}` in {template}");
            }
        }
    }
}

#[test]
fn credentials_are_listed_by_who_reads_them() {
    let receiver = receiver(EVERY_KIND);
    let all: Vec<String> = receiver
        .secrets(&FieldPath::parse("receivers.everyone"))
        .iter()
        .map(|(at, secret)| format!("{at} {}/{}", secret.name, secret.key))
        .collect();
    assert_eq!(
        all,
        [
            "receivers.everyone.slack.url alert-slack/url",
            "receivers.everyone.pagerduty.routingKey alert-pagerduty/checkout",
            "receivers.everyone.email.password alert-mail/password",
            "receivers.everyone.webhook.url alert-hook/url",
            "receivers.everyone.webhook.bearerToken alert-hook/token",
            "receivers.everyone.wechat.secret alert-wechat/secret",
            "receivers.everyone.dingtalk.url alert-dingtalk/url",
            "receivers.everyone.dingtalk.secret alert-dingtalk/sign",
            "receivers.everyone.feishu.url alert-feishu/url",
            "receivers.everyone.wecom.url alert-wecom/url",
        ]
    );
    assert_eq!(receiver.alertmanager_secrets().len(), 6);
    // Alertmanager's files are those of the secrets that it needs, no more and no less.
    let native = serde_json::to_string(&receiver.to_native(&CONTEXT)).unwrap();
    assert_eq!(native.matches("/etc/alertmanager/secrets/").count(), 6);
}

#[test]
fn kinds_are_the_channels() {
    let receiver = receiver(EVERY_KIND);
    let kinds: Vec<&str> = receiver.channels().iter().map(|it| it.kind()).collect();
    assert_eq!(kinds, KINDS);
    let robots: Vec<String> = receiver
        .robots()
        .into_iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(
        robots,
        ["everyone-dingtalk", "everyone-feishu", "everyone-wecom"]
    );
    assert!(receiver.has_robot());
    assert_eq!(receiver.minimum_alertmanager(), Some(Version::new(0, 31)));
    let schema = serde_json::to_value(schemars::schema_for!(ReceiverSpec)).unwrap();
    let fields: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(fields[0], "name");
    assert_eq!(fields[1..], KINDS);
}

#[test]
fn the_schema_describes_every_field() {
    let schema = serde_json::to_value(schemars::schema_for!(ReceiverSpec)).unwrap();
    let mut types = vec![("ReceiverSpec", &schema)];
    for (name, value) in schema["$defs"].as_object().unwrap() {
        types.push((name.as_str(), value));
    }
    for (name, value) in types.iter().filter(|(name, _)| name.ends_with("Spec")) {
        assert_eq!(value["additionalProperties"], json!(false), "{name}");
        for (field, value) in value["properties"].as_object().unwrap() {
            assert!(value["description"].is_string(), "{name}.{field}");
        }
    }
}

#[test]
fn a_full_receiver_is_accepted() {
    assert_eq!(findings(EVERY_KIND), [""; 0]);
}

/// What is found in a policy with this receiver, but that no route sends to it.
fn found(receiver: &str) -> Vec<Diagnostic> {
    let receiver: Value = serde_yaml::from_str(receiver).unwrap();
    let path = root().join("stacks/minimal/observability.yaml");
    let policy = std::fs::read_to_string(path).unwrap();
    let policy = policy.replace(
        "  receivers:\n",
        &format!("  receivers:\n    - {receiver}\n"),
    );
    let mut findings = compile_text(&policy).findings;
    findings.retain(|it| it.name != "receivers/unreached");
    findings
}

/// Returns level, name and place of everything that is found.
fn findings(text: &str) -> Vec<String> {
    found(text)
        .iter()
        .map(|it| {
            assert!(it.label.is_some() && it.note.is_some() && it.help.is_some());
            let (Place::Key(at) | Place::Value(at)) = &it.at else {
                panic!("{} has no field", it.name);
            };
            format!("{} {} {at}", it.level.name(), it.name)
        })
        .collect()
}

#[test]
fn what_would_notify_nobody_is_refused() {
    let url = "url: {secretRef: {name: a, key: b}}";
    for (text, expected) in [
        (
            "{name: x}".to_owned(),
            vec!["error receivers/no-channel receivers.x"],
        ),
        (
            format!("{{name: x, slack: {{channel: redis-alerts, {url}}}}}"),
            vec!["error receivers/not-a-slack-channel receivers.x.slack.channel"],
        ),
        (
            format!("{{name: x, slack: {{channel: '#{{{{ .CommonLabels.team }}}}', {url}}}}}"),
            vec!["error receivers/templated-destination receivers.x.slack.channel"],
        ),
        (
            format!("{{name: x, slack: {{channel: '#$(POD_NAME)', {url}}}}}"),
            vec!["error receivers/templated-destination receivers.x.slack.channel"],
        ),
        (
            format!("{{name: x, slack: {{channel: C0123ABCD, {url}}}}}"),
            vec![],
        ),
        (
            "{name: x, email: {to: [], from: a@b, smarthost: a}}".to_owned(),
            vec![
                "error receivers/no-recipient receivers.x.email.to",
                "error receivers/not-a-smarthost receivers.x.email.smarthost",
            ],
        ),
        (
            "{name: x, email: {to: [a@b, 'c@d, e@f'], from: a, smarthost: 'a:25', username: u}}"
                .to_owned(),
            vec![
                "error receivers/not-an-address receivers.x.email.to[1]",
                "error receivers/not-an-address receivers.x.email.from",
                "error receivers/incomplete-login receivers.x.email.username",
            ],
        ),
        (
            "{name: x, email: {to: [a@b], from: a@b, smarthost: 'a:25', username: u, \
             password: {secretRef: {name: a, key: b}}, requireTls: false}}"
                .to_owned(),
            vec!["warning receivers/unencrypted-login receivers.x.email.requireTls"],
        ),
        (
            "{name: x, email: {to: ['{{ .CommonLabels.owner }}'], from: a@b, smarthost: 'a:25'}}"
                .to_owned(),
            vec!["error receivers/templated-destination receivers.x.email.to[0]"],
        ),
        (
            "{name: x, wechat: {corpId: a, agentId: '1', secret: {secretRef: {name: a, key: b}}}}"
                .to_owned(),
            vec!["error receivers/no-recipient receivers.x.wechat"],
        ),
        (
            format!("{{name: x, dingtalk: {{{url}, mentions: ['138', '+852-12345678', '@all']}}}}"),
            vec![
                "error receivers/unknown-mention receivers.x.dingtalk.mentions[0]",
                "error receivers/unknown-mention receivers.x.dingtalk.mentions[2]",
            ],
        ),
        (
            format!("{{name: x, feishu: {{{url}, mentions: ['ou_1></at>', zhangsan]}}}}"),
            vec![
                "error receivers/unknown-mention receivers.x.feishu.mentions[0]",
                "error receivers/unknown-mention receivers.x.feishu.mentions[1]",
            ],
        ),
        (
            format!("{{name: x, wecom: {{{url}, mentions: ['@all', li.si]}}}}"),
            vec!["error receivers/unknown-mention receivers.x.wecom.mentions[0]"],
        ),
    ] {
        assert_eq!(findings(&text), expected, "{text}");
    }
}

#[test]
fn no_field_holds_a_credential() {
    for text in [
        "{name: x, slack: {channel: '#a', url: 'https://hooks.slack.com/services/T0/B0/abc'}}",
        "{name: x, pagerduty: {routingKey: 0123456789abcdef0123456789abcdef}}",
        "{name: x, webhook: {url: 'https://example.com'}}",
        "{name: x, slack: {channel: '#a', urlFile: /etc/passwd}}",
    ] {
        assert!(
            serde_yaml::from_str::<ReceiverSpec>(text).is_err(),
            "{text}"
        );
    }
}

#[test]
fn a_credential_in_the_wrong_place_is_not_repeated() {
    for text in [
        "{name: x, slack: {channel: 'https://hooks.slack.com/services/T0/hush', \
         url: {secretRef: {name: a, key: b}}}}",
        "{name: x, email: {to: ['smtp://a:hush@b'], from: a@b, smarthost: 'smtp://a:hush@b:25'}}",
        "{name: x, wecom: {url: {secretRef: {name: a, key: b}}, \
         mentions: ['https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hush']}}",
    ] {
        let found = found(text);
        assert!(!found.is_empty(), "{text}");
        assert!(!format!("{found:?}").contains("hush"), "{found:?}");
    }
}

#[test]
fn absent_fields_are_not_written() {
    let config = alertmanager::Config {
        global: None,
        route: alertmanager::Route {
            receiver: Some("null".to_owned()),
            ..Default::default()
        },
        inhibit_rules: Vec::new(),
        receivers: vec![alertmanager::Receiver {
            name: "null".to_owned(),
            ..Default::default()
        }],
        time_intervals: Vec::new(),
    };
    assert_eq!(
        serde_json::to_value(config).unwrap(),
        json!({"route": {"receiver": "null"}, "receivers": [{"name": "null"}]})
    );
    let route = alertmanager_config::Route {
        matchers: vec![(&obsgen::value::matcher::Matcher::equal("stack", "prod")).into()],
        continues: true,
        ..Default::default()
    };
    assert_eq!(
        serde_json::to_value(route).unwrap(),
        json!({
            "matchers": [{"name": "stack", "value": "prod", "matchType": "="}],
            "continue": true,
        })
    );
}
