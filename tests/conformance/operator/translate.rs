//! The fields of receivers and time intervals, and what they are called in alertmanager.yaml.

use serde_json::{Map, Value, json};

use crate::operator::fields::Fields;

/// One kind of receiver, and what the operator demands of it beyond the schema.
pub(super) struct Receiver {
    pub(super) from: &'static str,
    pub(super) to: &'static str,
    pub(super) fields: &'static [Field],
    pub(super) check: fn(&Fields<'_>) -> Result<(), String>,
}

/// A field of the resource, the field of alertmanager.yaml, and what is in it.
pub(super) type Field = (&'static str, &'static str, Form);

pub(super) enum Form {
    /// A text; an empty one is left out.
    Text,
    /// A text that may be empty.
    AnyText,
    Flag,
    /// A flag that is left out unless it is set.
    SetFlag,
    /// A number above 0.
    Count,
    Texts,
    /// A key of a Secret with an address.
    SecretUrl,
    /// A key of a Secret with any other text.
    SecretText,
    Object(&'static [Field]),
    Each(&'static [Field]),
    /// Pairs of `key` and `value`, which become a map.
    Pairs,
    /// Pairs of `start` and `end`, which become `start:end`.
    Ranges,
    /// Months, which become numbers.
    Months,
}

pub(super) const RECEIVERS: &[Receiver] = &[
    Receiver {
        from: "pagerdutyConfigs",
        to: "pagerduty_configs",
        fields: &[
            ("sendResolved", "send_resolved", Form::Flag),
            ("routingKey", "routing_key", Form::SecretText),
            ("serviceKey", "service_key", Form::SecretText),
            ("url", "url", Form::Text),
            ("client", "client", Form::Text),
            ("clientURL", "client_url", Form::Text),
            ("description", "description", Form::Text),
            ("severity", "severity", Form::Text),
            ("class", "class", Form::Text),
            ("component", "component", Form::Text),
            ("group", "group", Form::Text),
            ("source", "source", Form::Text),
            ("details", "details", Form::Pairs),
        ],
        check: |it| it.one_of(&["routingKey", "serviceKey"]),
    },
    Receiver {
        from: "slackConfigs",
        to: "slack_configs",
        fields: &[
            ("sendResolved", "send_resolved", Form::Flag),
            ("apiURL", "api_url", Form::SecretUrl),
            ("channel", "channel", Form::Text),
            ("username", "username", Form::Text),
            ("color", "color", Form::Text),
            ("title", "title", Form::Text),
            ("titleLink", "title_link", Form::Text),
            ("pretext", "pretext", Form::Text),
            ("text", "text", Form::Text),
            ("fields", "fields", Form::Each(SLACK_FIELD)),
            ("shortFields", "short_fields", Form::SetFlag),
            ("footer", "footer", Form::Text),
            ("fallback", "fallback", Form::Text),
            ("callbackId", "callback_id", Form::Text),
            ("iconEmoji", "icon_emoji", Form::Text),
            ("iconURL", "icon_url", Form::Text),
            ("imageURL", "image_url", Form::Text),
            ("thumbURL", "thumb_url", Form::Text),
            ("linkNames", "link_names", Form::SetFlag),
            ("mrkdwnIn", "mrkdwn_in", Form::Texts),
            ("actions", "actions", Form::Each(SLACK_ACTION)),
        ],
        // Without it the operator writes what Alertmanager refuses as a whole.
        check: |it| it.one_of(&["apiURL"]),
    },
    Receiver {
        from: "webhookConfigs",
        to: "webhook_configs",
        fields: &[
            ("sendResolved", "send_resolved", Form::Flag),
            ("url", "url", Form::Text),
            ("urlSecret", "url", Form::SecretUrl),
            ("maxAlerts", "max_alerts", Form::Count),
        ],
        check: |it| it.one_of(&["url", "urlSecret"]),
    },
    Receiver {
        from: "wechatConfigs",
        to: "wechat_configs",
        fields: &[
            ("sendResolved", "send_resolved", Form::Flag),
            ("apiSecret", "api_secret", Form::SecretText),
            ("apiURL", "api_url", Form::Text),
            ("corpID", "corp_id", Form::Text),
            ("agentID", "agent_id", Form::Text),
            ("toUser", "to_user", Form::Text),
            ("toParty", "to_party", Form::Text),
            ("toTag", "to_tag", Form::Text),
            ("message", "message", Form::Text),
            ("messageType", "message_type", Form::Text),
        ],
        check: |it| it.one_of(&["apiSecret"]).and(it.one_of(&["corpID"])),
    },
    Receiver {
        from: "emailConfigs",
        to: "email_configs",
        fields: &[
            ("sendResolved", "send_resolved", Form::Flag),
            ("to", "to", Form::Text),
            ("from", "from", Form::Text),
            ("hello", "hello", Form::Text),
            ("smarthost", "smarthost", Form::Text),
            ("authUsername", "auth_username", Form::Text),
            ("authPassword", "auth_password", Form::SecretText),
            ("authSecret", "auth_secret", Form::SecretText),
            ("authIdentity", "auth_identity", Form::Text),
            ("headers", "headers", Form::Pairs),
            ("html", "html", Form::AnyText),
            ("text", "text", Form::Text),
            ("requireTLS", "require_tls", Form::Flag),
        ],
        // Without the last two nothing of any team would be generated any more.
        check: |it| {
            it.one_of(&["to"])
                .and(it.one_of(&["from"]))
                .and(it.one_of(&["smarthost"]))
        },
    },
];

const SLACK_FIELD: &[Field] = &[
    ("title", "title", Form::Text),
    ("value", "value", Form::Text),
    ("short", "short", Form::Flag),
];

const SLACK_ACTION: &[Field] = &[
    ("type", "type", Form::Text),
    ("text", "text", Form::Text),
    ("url", "url", Form::Text),
    ("style", "style", Form::Text),
    ("name", "name", Form::Text),
    ("value", "value", Form::Text),
    ("confirm", "confirm", Form::Object(SLACK_CONFIRMATION)),
];

const SLACK_CONFIRMATION: &[Field] = &[
    ("text", "text", Form::Text),
    ("title", "title", Form::Text),
    ("okText", "ok_text", Form::Text),
    ("dismissText", "dismiss_text", Form::Text),
];

pub(super) const TIME_INTERVAL: &[Field] = &[
    ("times", "times", Form::Each(TIME_RANGE)),
    ("weekdays", "weekdays", Form::Texts),
    ("daysOfMonth", "days_of_month", Form::Ranges),
    ("months", "months", Form::Months),
    ("years", "years", Form::Texts),
];

const TIME_RANGE: &[Field] = &[
    ("startTime", "start_time", Form::Text),
    ("endTime", "end_time", Form::Text),
];

const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

pub(super) fn translated(
    fields: &Fields<'_>,
    table: &[Field],
) -> Result<Map<String, Value>, String> {
    fields.only(&table.iter().map(|it| it.0).collect::<Vec<_>>())?;
    let mut out = Map::new();
    for (from, to, form) in table {
        let value = match form {
            Form::Text => fields
                .text(from)?
                .filter(|it| !it.is_empty())
                .map(Value::from),
            Form::AnyText => fields.text(from)?.map(Value::from),
            Form::Flag => fields.flag(from)?.map(Value::from),
            Form::SetFlag => fields.flag(from)?.filter(|it| *it).map(Value::from),
            Form::Count => fields.number(from)?.filter(|it| *it > 0).map(Value::from),
            Form::Texts => Some(json!(fields.texts(from)?)),
            Form::SecretUrl => fields
                .secret(from)?
                .map(|it| json!(format!("https://example.com/{it}"))),
            Form::SecretText => fields
                .secret(from)?
                .map(|it| json!(format!("value of {it}"))),
            Form::Object(table) => match fields.object(from)? {
                Some(it) => Some(Value::Object(translated(&it, table)?)),
                None => None,
            },
            Form::Each(table) => {
                let each = fields.each(from)?;
                let each = each
                    .iter()
                    .map(|it| translated(it, table).map(Value::Object));
                Some(Value::Array(each.collect::<Result<_, _>>()?))
            }
            Form::Pairs => Some(Value::Object(pairs(fields, from)?)),
            Form::Ranges => {
                let mut ranges = Vec::new();
                for it in fields.each(from)? {
                    it.only(&["start", "end"])?;
                    let (start, end) = (it.number("start")?, it.number("end")?);
                    let start = start.ok_or(format!("{}: no start", it.path))?;
                    ranges.push(match end {
                        Some(end) => format!("{start}:{end}"),
                        None => start.to_string(),
                    });
                }
                Some(json!(ranges))
            }
            Form::Months => {
                let months = fields.texts(from)?;
                Some(json!(
                    months
                        .into_iter()
                        .map(months_as_numbers)
                        .collect::<Vec<_>>()
                ))
            }
        };
        let is_empty = |it: &Value| {
            it.as_array().is_some_and(Vec::is_empty) || it.as_object().is_some_and(Map::is_empty)
        };
        if let Some(value) = value.filter(|it| !is_empty(it)) {
            out.insert((*to).to_owned(), value);
        }
    }
    Ok(out)
}

fn pairs(fields: &Fields<'_>, field: &str) -> Result<Map<String, Value>, String> {
    let mut out = Map::new();
    for it in fields.each(field)? {
        it.only(&["key", "value"])?;
        let key = it.text("key")?.ok_or(format!("{}: no key", it.path))?;
        let value = it.text("value")?.ok_or(format!("{}: no value", it.path))?;
        if out.keys().any(|it| it.eq_ignore_ascii_case(key)) {
            return Err(format!("{}: `{key}` is there twice", it.path));
        }
        out.insert(key.to_owned(), json!(value));
    }
    Ok(out)
}

fn months_as_numbers(range: &str) -> String {
    let number = |it: &str| match MONTHS.iter().position(|name| name.eq_ignore_ascii_case(it)) {
        Some(index) => (index + 1).to_string(),
        None => it.to_owned(),
    };
    range.split(':').map(number).collect::<Vec<_>>().join(":")
}
