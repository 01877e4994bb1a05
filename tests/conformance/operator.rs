//! What prometheus-operator makes of AlertmanagerConfigs: the alertmanager.yaml of its Alertmanager,
//! as `pkg/alertmanager/amcfg.go` of v0.93 writes it.
//!
//! Of what the operator knows, this knows what the stacks use. All else is refused, so that nothing
//! passes for checked that is not.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The receiver of the configuration that the operator starts from when it is given none.
pub(crate) const NULL_RECEIVER: &str = "null";

/// How the operator keeps an AlertmanagerConfig to alerts of its own namespace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Strategy {
    OnNamespace,
    /// Unless the AlertmanagerConfig is in the namespace of the Alertmanager, which is this one.
    OnNamespaceExcept(&'static str),
    None,
}

impl Strategy {
    fn matcher(self, namespace: &str) -> Option<String> {
        match self {
            Self::None => None,
            Self::OnNamespaceExcept(it) if it == namespace => None,
            Self::OnNamespace | Self::OnNamespaceExcept(_) => {
                Some(format!("namespace=\"{}\"", escaped(namespace)))
            }
        }
    }
}

/// Returns the configuration of an Alertmanager that selects these AlertmanagerConfigs, or why the
/// operator would take one of them for none.
pub(crate) fn configuration(configs: &[Value], strategy: Strategy) -> Result<Value, String> {
    let mut configs: Vec<Config<'_>> =
        configs.iter().map(Config::read).collect::<Result<_, _>>()?;
    configs.sort_by_key(Config::key);

    let mut inhibit_rules = Vec::new();
    let mut routes = Vec::new();
    let mut receivers = vec![json!({ "name": NULL_RECEIVER })];
    let mut intervals = Vec::new();
    for config in &configs {
        let converted = config.convert(strategy);
        let converted = converted.map_err(|it| format!("{}: {it}", config.key()))?;
        inhibit_rules.extend(converted.inhibit_rules);
        // Without a route nothing else of it is used.
        if let Some(route) = converted.route {
            routes.push(route);
            receivers.extend(converted.receivers);
            intervals.extend(converted.intervals);
        }
    }
    let mut root = Map::new();
    let mut route = Map::from_iter([("receiver".to_owned(), json!(NULL_RECEIVER))]);
    insert_list(&mut route, "routes", routes);
    root.insert("route".to_owned(), Value::Object(route));
    insert_list(&mut root, "inhibit_rules", inhibit_rules);
    insert_list(&mut root, "receivers", receivers);
    insert_list(&mut root, "mute_time_intervals", intervals);
    root.insert("templates".to_owned(), json!([]));
    Ok(Value::Object(root))
}

struct Config<'a> {
    namespace: &'a str,
    name: &'a str,
    spec: Fields<'a>,
}

#[derive(Default)]
struct Converted {
    inhibit_rules: Vec<Value>,
    route: Option<Value>,
    receivers: Vec<Value>,
    intervals: Vec<Value>,
}

impl<'a> Config<'a> {
    fn read(object: &'a Value) -> Result<Self, String> {
        let metadata = &object["metadata"];
        let text = |it: &'a Value| it.as_str().ok_or("no namespace or no name");
        if object["apiVersion"] != "monitoring.coreos.com/v1alpha1"
            || object["kind"] != "AlertmanagerConfig"
        {
            return Err("not an AlertmanagerConfig v1alpha1".to_owned());
        }
        Ok(Self {
            namespace: text(&metadata["namespace"])?,
            name: text(&metadata["name"])?,
            spec: Fields::of(&object["spec"], "spec")?,
        })
    }

    fn key(&self) -> String {
        format!("{}/{}", self.namespace, self.name)
    }

    /// Returns the name that a receiver or an interval has among those of all namespaces.
    fn full(&self, name: &str) -> String {
        match name {
            "" => String::new(),
            _ => format!("{}/{}/{name}", self.namespace, self.name),
        }
    }

    fn convert(&self, strategy: Strategy) -> Result<Converted, String> {
        self.spec
            .only(&["route", "receivers", "inhibitRules", "muteTimeIntervals"])?;
        let names = |field: &str| -> Result<BTreeSet<String>, String> {
            let mut names = BTreeSet::new();
            for it in self.spec.each(field)? {
                let name = it.text("name")?.ok_or("something has no name")?;
                if !names.insert(name.to_owned()) {
                    return Err(format!("{field}: two are called `{name}`"));
                }
            }
            Ok(names)
        };
        let known = Known {
            receivers: names("receivers")?,
            intervals: names("muteTimeIntervals")?,
        };
        let mut converted = Converted::default();
        for rule in self.spec.each("inhibitRules")? {
            let rule = inhibit_rule(&rule, strategy.matcher(self.namespace))?;
            converted.inhibit_rules.push(rule);
        }
        if let Some(route) = self.spec.object("route")? {
            let mut root = self.route(&route, &known)?;
            if root["receiver"].is_null() {
                return Err("the root route has no receiver".to_owned());
            }
            root["continue"] = json!(true);
            if let Some(matcher) = strategy.matcher(self.namespace) {
                append(&mut root, "matchers", json!(matcher));
            }
            converted.route = Some(root);
        }
        for receiver in self.spec.each("receivers")? {
            converted.receivers.push(self.receiver(&receiver)?);
        }
        for interval in self.spec.each("muteTimeIntervals")? {
            converted.intervals.push(self.interval(&interval)?);
        }
        Ok(converted)
    }

    fn route(&self, route: &Fields<'_>, known: &Known) -> Result<Value, String> {
        // The operator refuses the whole object for another field in a nested route. It would read
        // `groupby` as `groupBy`; nobody should write that.
        route.only(&[
            "receiver",
            "groupBy",
            "groupWait",
            "groupInterval",
            "repeatInterval",
            "matchers",
            "continue",
            "routes",
            "muteTimeIntervals",
            "activeTimeIntervals",
        ])?;
        let mut out = Map::new();
        if let Some(receiver) = route.text("receiver")? {
            if !known.receivers.contains(receiver) {
                return Err(format!("{}: there is no receiver `{receiver}`", route.path));
            }
            out.insert("receiver".to_owned(), json!(self.full(receiver)));
        }
        let group_by = route.texts("groupBy")?;
        let different: BTreeSet<_> = group_by.iter().collect();
        if different.len() < group_by.len() || (different.contains(&"...") && group_by.len() > 1) {
            return Err(format!("{}: groupBy names a label twice", route.path));
        }
        insert_list(&mut out, "group_by", group_by.into_iter().map(Value::from));
        insert_list(&mut out, "matchers", matchers(route, "matchers")?);
        if route.flag("continue")? == Some(true) {
            out.insert("continue".to_owned(), json!(true));
        }
        let mut routes = Vec::new();
        for nested in route.each("routes")? {
            routes.push(self.route(&nested, known)?);
        }
        insert_list(&mut out, "routes", routes);
        for (from, to) in [
            ("groupWait", "group_wait"),
            ("groupInterval", "group_interval"),
            ("repeatInterval", "repeat_interval"),
        ] {
            let Some(duration) = route.text(from)? else {
                continue;
            };
            // One that is no time at all is left out, except before the first notification.
            if !is_zero(duration).ok_or(format!("{}: no duration: {duration}", route.path))?
                || from == "groupWait"
            {
                out.insert(to.to_owned(), json!(duration));
            }
        }
        for (from, to) in [
            ("muteTimeIntervals", "mute_time_intervals"),
            ("activeTimeIntervals", "active_time_intervals"),
        ] {
            let names = route.texts(from)?;
            if let Some(unknown) = names.iter().find(|it| !known.intervals.contains(**it)) {
                return Err(format!("{}: there is no interval `{unknown}`", route.path));
            }
            let names = names.into_iter().map(|it| json!(self.full(it)));
            insert_list(&mut out, to, names);
        }
        Ok(Value::Object(out))
    }

    fn receiver(&self, receiver: &Fields<'_>) -> Result<Value, String> {
        let kinds = RECEIVERS.iter().map(|it| it.from);
        receiver.only(&["name"].into_iter().chain(kinds).collect::<Vec<_>>())?;
        let name = receiver.text("name")?.unwrap_or_default();
        let mut out = Map::from_iter([("name".to_owned(), json!(self.full(name)))]);
        for kind in RECEIVERS {
            let mut configs = Vec::new();
            for config in receiver.each(kind.from)? {
                (kind.check)(&config).map_err(|it| format!("{}: {it}", config.path))?;
                configs.push(Value::Object(translated(&config, kind.fields)?));
            }
            insert_list(&mut out, kind.to, configs);
        }
        Ok(Value::Object(out))
    }

    fn interval(&self, interval: &Fields<'_>) -> Result<Value, String> {
        interval.only(&["name", "timeIntervals"])?;
        let mut times = Vec::new();
        for time in interval.each("timeIntervals")? {
            times.push(Value::Object(translated(&time, TIME_INTERVAL)?));
        }
        if times.is_empty() {
            // The operator would write it without its name.
            return Err(format!("{}: an interval without times", interval.path));
        }
        let name = interval.text("name")?.unwrap_or_default();
        Ok(json!({ "name": self.full(name), "time_intervals": times }))
    }
}

/// The names that a route may use.
struct Known {
    receivers: BTreeSet<String>,
    intervals: BTreeSet<String>,
}

fn inhibit_rule(rule: &Fields<'_>, enforced: Option<String>) -> Result<Value, String> {
    rule.only(&["targetMatch", "sourceMatch", "equal"])?;
    let mut out = Map::new();
    for (from, to) in [
        ("targetMatch", "target_matchers"),
        ("sourceMatch", "source_matchers"),
    ] {
        let mut matchers = matchers(rule, from)?;
        if let Some(enforced) = enforced.clone().map(Value::from) {
            // Here, but not in routes, it is not said twice.
            if !matchers.contains(&enforced) {
                matchers.push(enforced);
            }
        }
        insert_list(&mut out, to, matchers);
    }
    let equal = rule.texts("equal")?;
    insert_list(&mut out, "equal", equal.into_iter().map(Value::from));
    Ok(Value::Object(out))
}

fn matchers(fields: &Fields<'_>, field: &str) -> Result<Vec<Value>, String> {
    let mut matchers = Vec::new();
    for it in fields.each(field)? {
        it.only(&["name", "value", "matchType"])?;
        let name = it.text("name")?.unwrap_or_default();
        if name.trim().is_empty() {
            return Err(format!("{}: a matcher without a label", it.path));
        }
        let operator = it.text("matchType")?.unwrap_or("=");
        if !["=", "!=", "=~", "!~"].contains(&operator) {
            return Err(format!("{}: no matchType: {operator}", it.path));
        }
        let value = escaped(it.text("value")?.unwrap_or_default());
        matchers.push(json!(format!("{name}{operator}\"{value}\"")));
    }
    Ok(matchers)
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('"', "\\\"")
}

/// Returns whether a duration of Prometheus is none; nothing if it is not such a duration.
fn is_zero(duration: &str) -> Option<bool> {
    if duration == "0" {
        return Some(true);
    }
    let (mut rest, mut zero) = (duration, true);
    // `ms` comes last, and `m` is not its beginning.
    for unit in ["y", "w", "d", "h", "m", "s", "ms"] {
        let digits = rest
            .find(|it: char| !it.is_ascii_digit())
            .unwrap_or(rest.len());
        let (number, tail) = rest.split_at(digits);
        let Some(tail) = tail.strip_prefix(unit) else {
            continue;
        };
        if number.is_empty() || (unit == "m" && tail.starts_with('s')) {
            continue;
        }
        zero &= number.bytes().all(|it| it == b'0');
        rest = tail;
    }
    (!duration.is_empty() && rest.is_empty()).then_some(zero)
}

/// One kind of receiver, and what the operator demands of it beyond the schema.
struct Receiver {
    from: &'static str,
    to: &'static str,
    fields: &'static [Field],
    check: fn(&Fields<'_>) -> Result<(), String>,
}

/// A field of the resource, the field of alertmanager.yaml, and what is in it.
type Field = (&'static str, &'static str, Form);

enum Form {
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

const RECEIVERS: &[Receiver] = &[
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

const TIME_INTERVAL: &[Field] = &[
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

fn translated(fields: &Fields<'_>, table: &[Field]) -> Result<Map<String, Value>, String> {
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

fn insert_list(out: &mut Map<String, Value>, key: &str, values: impl IntoIterator<Item = Value>) {
    let values: Vec<Value> = values.into_iter().collect();
    if !values.is_empty() {
        out.insert(key.to_owned(), Value::Array(values));
    }
}

fn append(object: &mut Value, key: &str, value: Value) {
    match object[key].as_array_mut() {
        Some(values) => values.push(value),
        None => object[key] = json!([value]),
    }
}

/// An object of which every field is known and has its type.
struct Fields<'a> {
    map: &'a Map<String, Value>,
    path: String,
}

impl<'a> Fields<'a> {
    fn of(value: &'a Value, path: &str) -> Result<Self, String> {
        match value.as_object() {
            Some(map) => Ok(Self {
                map,
                path: path.to_owned(),
            }),
            None => Err(format!("{path}: not an object: {value}")),
        }
    }

    fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.map.keys().find(|it| !known.contains(&it.as_str())) {
            Some(unknown) => Err(format!("{}: unknown field `{unknown}`", self.path)),
            None => Ok(()),
        }
    }

    fn one_of(&self, fields: &[&str]) -> Result<(), String> {
        match fields.iter().any(|it| self.map.contains_key(*it)) {
            true => Ok(()),
            false => Err(format!("needs {}", fields.join(" or "))),
        }
    }

    /// Returns a field; `null` is none.
    fn typed<T>(
        &self,
        field: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        match self.map.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(it) => match read(it) {
                Some(read) => Ok(Some(read)),
                None => Err(format!("{}.{field}: of the wrong type: {it}", self.path)),
            },
        }
    }

    fn text(&self, field: &str) -> Result<Option<&'a str>, String> {
        self.typed(field, Value::as_str)
    }

    fn flag(&self, field: &str) -> Result<Option<bool>, String> {
        self.typed(field, Value::as_bool)
    }

    fn number(&self, field: &str) -> Result<Option<i64>, String> {
        self.typed(field, Value::as_i64)
    }

    fn texts(&self, field: &str) -> Result<Vec<&'a str>, String> {
        let texts = self.typed(field, |it| {
            it.as_array()?
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()
        })?;
        Ok(texts.unwrap_or_default())
    }

    fn object(&self, field: &str) -> Result<Option<Fields<'a>>, String> {
        let map = self.typed(field, Value::as_object)?;
        let path = format!("{}.{field}", self.path);
        Ok(map.map(|map| Fields { map, path }))
    }

    fn each(&self, field: &str) -> Result<Vec<Fields<'a>>, String> {
        let items = self.typed(field, Value::as_array)?;
        let items = items.into_iter().flatten().enumerate();
        let read = |(index, it)| Fields::of(it, &format!("{}.{field}[{index}]", self.path));
        items.map(read).collect()
    }

    /// Returns the key of a Secret that a field names, as `name/key`.
    fn secret(&self, field: &str) -> Result<Option<String>, String> {
        let Some(selector) = self.object(field)? else {
            return Ok(None);
        };
        selector.only(&["name", "key", "optional"])?;
        match (selector.text("name")?, selector.text("key")?) {
            (Some(name), Some(key)) => Ok(Some(format!("{name}/{key}"))),
            _ => Err(format!("{}: names no key of a Secret", selector.path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(namespace: &str, name: &str, spec: Value) -> Value {
        json!({
            "apiVersion": "monitoring.coreos.com/v1alpha1",
            "kind": "AlertmanagerConfig",
            "metadata": {"namespace": namespace, "name": name},
            "spec": spec,
        })
    }

    fn routed(route: Value) -> Value {
        let spec = json!({"route": route, "receivers": [{"name": "a"}, {"name": "b"}]});
        config("shop", "redis", spec)
    }

    #[track_caller]
    fn refused(config: Value, why: &str) {
        let refusal = configuration(&[config], Strategy::None).expect_err("a refusal");
        assert!(refusal.contains(why), "{refusal}");
    }

    #[test]
    fn routes_come_below_the_route_of_the_base() {
        let config = config(
            "mynamespace",
            "myamc",
            json!({
                "route": {
                    "receiver": "test",
                    "groupBy": ["job"],
                    "routes": [{
                        "receiver": "test2",
                        "matchers": [{"name": "job", "value": "foo", "matchType": "="}],
                    }],
                },
                "receivers": [{"name": "test"}, {"name": "test2"}],
            }),
        );
        let expected = json!({
            "route": {
                "receiver": "null",
                "routes": [{
                    "receiver": "mynamespace/myamc/test",
                    "group_by": ["job"],
                    "matchers": ["namespace=\"mynamespace\""],
                    "continue": true,
                    "routes": [{
                        "receiver": "mynamespace/myamc/test2",
                        "matchers": ["job=\"foo\""],
                    }],
                }],
            },
            "receivers": [
                {"name": "null"},
                {"name": "mynamespace/myamc/test"},
                {"name": "mynamespace/myamc/test2"},
            ],
            "templates": [],
        });
        assert_eq!(
            configuration(&[config], Strategy::OnNamespace),
            Ok(expected)
        );
    }

    #[test]
    fn nothing_selected_leaves_the_base() {
        let base = json!({
            "route": {"receiver": "null"},
            "receivers": [{"name": "null"}],
            "templates": [],
        });
        assert_eq!(configuration(&[], Strategy::OnNamespace), Ok(base));
    }

    #[test]
    fn only_inhibition_works_without_a_route() {
        let rule = json!({
            "sourceMatch": [{"name": "alertname", "value": "A", "matchType": "="}],
            "targetMatch": [{"name": "namespace", "value": "shop", "matchType": "="}],
            "equal": ["instance_name"],
        });
        let spec = json!({"inhibitRules": [rule], "receivers": [{"name": "a"}]});
        let made = configuration(&[config("shop", "redis", spec)], Strategy::OnNamespace);
        let made = made.expect("a configuration");
        assert_eq!(made["receivers"], json!([{"name": "null"}]));
        assert_eq!(
            made["inhibit_rules"],
            json!([{
                "target_matchers": ["namespace=\"shop\""],
                "source_matchers": ["alertname=\"A\"", "namespace=\"shop\""],
                "equal": ["instance_name"],
            }])
        );
    }

    #[test]
    fn resources_come_in_the_order_of_their_keys() {
        let of = |namespace, name| {
            let spec = json!({"route": {"receiver": "a"}, "receivers": [{"name": "a"}]});
            config(namespace, name, spec)
        };
        // As text, `a-b/x` is before `a/x`.
        let configs = [of("b", "x"), of("a", "y"), of("a", "x"), of("a-b", "x")];
        let made = configuration(&configs, Strategy::None).expect("a configuration");
        let routes = made["route"]["routes"].as_array().expect("routes");
        let receivers: Vec<_> = routes.iter().map(|it| &it["receiver"]).collect();
        assert_eq!(receivers, ["a-b/x/a", "a/x/a", "a/y/a", "b/x/a"]);
    }

    #[test]
    fn the_strategy_decides_on_the_matcher_of_the_namespace() {
        let matchers = |strategy| {
            let own = json!([{"name": "namespace", "value": "other", "matchType": "="}]);
            let route = json!({"receiver": "a", "matchers": own});
            let made = configuration(&[routed(route)], strategy).expect("a configuration");
            assert_eq!(made["route"]["routes"][0]["continue"], true);
            made["route"]["routes"][0]["matchers"].clone()
        };
        let both = json!(["namespace=\"other\"", "namespace=\"shop\""]);
        let own = json!(["namespace=\"other\""]);
        assert_eq!(matchers(Strategy::OnNamespace), both);
        assert_eq!(matchers(Strategy::OnNamespaceExcept("monitoring")), both);
        assert_eq!(matchers(Strategy::OnNamespaceExcept("shop")), own);
        assert_eq!(matchers(Strategy::None), own);
    }

    #[test]
    fn matchers_are_escaped() {
        let matchers = json!([
            {"name": "a", "value": "b\\c\"d\ne", "matchType": "=~"},
            {"name": "f", "value": ""},
        ]);
        let route = json!({"receiver": "a", "matchers": matchers});
        let made = configuration(&[routed(route)], Strategy::None).expect("a configuration");
        assert_eq!(
            made["route"]["routes"][0]["matchers"],
            json!(["a=~\"b\\\\c\\\"d\\ne\"", "f=\"\""])
        );
    }

    #[test]
    fn a_wrong_route_is_refused_however_deep() {
        let nested =
            |route: Value| routed(json!({"receiver": "a", "routes": [{"routes": [route]}]}));
        refused(
            nested(json!({"match": {"a": "b"}})),
            "routes[0].routes[0]: unknown field `match`",
        );
        refused(nested(json!({"continue": "true"})), "wrong type");
        refused(nested(json!({"receiver": "c"})), "no receiver `c`");
        refused(nested(json!({"groupWait": "5 m"})), "no duration: 5 m");
        refused(nested(json!({"groupBy": ["...", "a"]})), "groupBy");
        refused(
            nested(json!({"muteTimeIntervals": ["night"]})),
            "no interval `night`",
        );
        let matcher = json!({"name": "a", "value": 1, "matchType": "="});
        refused(nested(json!({"matchers": [matcher]})), "wrong type");
        let matcher = json!({"name": "a", "value": "b", "matchType": "=="});
        refused(nested(json!({"matchers": [matcher]})), "no matchType");
        refused(routed(json!({"groupWait": "1s"})), "no receiver");
    }

    #[test]
    fn a_duration_of_zero_is_left_out_after_the_first_notification() {
        let route = json!({
            "receiver": "a",
            "groupWait": "0s",
            "groupInterval": "0s",
            "repeatInterval": "1h30m",
        });
        let made = configuration(&[routed(route)], Strategy::None).expect("a configuration");
        assert_eq!(
            made["route"]["routes"][0],
            json!({
                "receiver": "shop/redis/a",
                "continue": true,
                "group_wait": "0s",
                "repeat_interval": "1h30m",
            })
        );
        assert_eq!(is_zero("1d"), Some(false));
        assert_eq!(is_zero("0ms"), Some(true));
        assert_eq!(is_zero("1m500ms"), Some(false));
        for wrong in ["", "5", "m", "1.5m", "1s1m", "5m "] {
            assert_eq!(is_zero(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn receivers_are_written_in_snake_case_with_their_secrets() {
        let secret = json!({"name": "s", "key": "k"});
        let spec = json!({
            "route": {"receiver": "a"},
            "receivers": [{
                "name": "a",
                "webhookConfigs": [
                    {"urlSecret": secret, "url": "http://plain", "sendResolved": false},
                    {"url": "http://plain", "maxAlerts": 0},
                ],
                "slackConfigs": [{
                    "apiURL": secret,
                    "channel": "",
                    "linkNames": false,
                    "actions": [{"type": "button", "text": "a", "confirm": {"text": "b", "okText": "c"}}],
                }],
                "pagerdutyConfigs": [{"routingKey": secret, "details": [{"key": "a", "value": ""}]}],
                "emailConfigs": [{"to": "a@b", "from": "c@d", "smarthost": "e:1", "html": "", "text": ""}],
            }],
        });
        let made = configuration(&[config("shop", "redis", spec)], Strategy::None);
        assert_eq!(
            made.expect("a configuration")["receivers"][1],
            json!({
                "name": "shop/redis/a",
                "pagerduty_configs": [{"routing_key": "value of s/k", "details": {"a": ""}}],
                "slack_configs": [{
                    "api_url": "https://example.com/s/k",
                    "actions": [{"type": "button", "text": "a", "confirm": {"text": "b", "ok_text": "c"}}],
                }],
                "webhook_configs": [
                    {"send_resolved": false, "url": "https://example.com/s/k"},
                    {"url": "http://plain"},
                ],
                "email_configs": [{"to": "a@b", "from": "c@d", "smarthost": "e:1", "html": ""}],
            })
        );
    }

    #[test]
    fn a_receiver_that_cannot_work_is_refused() {
        let with = |kind: &str, fields: Value| {
            let receiver = json!({"name": "a", kind: [fields]});
            let spec = json!({"route": {"receiver": "a"}, "receivers": [receiver]});
            config("shop", "redis", spec)
        };
        refused(with("slackConfigs", json!({})), "needs apiURL");
        refused(
            with("slackConfigs", json!({"api_url": "x"})),
            "needs apiURL",
        );
        refused(
            with("slackConfigs", json!({"apiURL": "https://x"})),
            "wrong type",
        );
        refused(
            with("slackConfigs", json!({"apiURL": {"name": "s"}})),
            "no key of a Secret",
        );
        refused(
            with("webhookConfigs", json!({"maxAlerts": 1})),
            "needs url or urlSecret",
        );
        refused(
            with("emailConfigs", json!({"to": "a@b", "from": "c@d"})),
            "needs smarthost",
        );
        refused(
            with("dingtalkConfigs", json!({})),
            "unknown field `dingtalkConfigs`",
        );
        let twice = json!([{"key": "Subject", "value": "a"}, {"key": "subject", "value": "b"}]);
        let mail = json!({"to": "a@b", "from": "c@d", "smarthost": "e:1", "headers": twice});
        refused(with("emailConfigs", mail), "`subject` is there twice");
    }

    #[test]
    fn intervals_are_written_with_their_full_name() {
        let spec = json!({
            "route": {"receiver": "a", "routes": [{"muteTimeIntervals": ["m"], "activeTimeIntervals": ["m"]}]},
            "receivers": [{"name": "a"}],
            "muteTimeIntervals": [{
                "name": "m",
                "timeIntervals": [{
                    "times": [{"startTime": "08:00", "endTime": "24:00"}],
                    "weekdays": ["saturday", "monday:friday"],
                    "daysOfMonth": [{"start": 1, "end": 10}, {"start": -1}],
                    "months": ["January:march", "5"],
                    "years": ["2030:2050"],
                }],
            }],
        });
        let made = configuration(&[config("shop", "redis", spec)], Strategy::None);
        let made = made.expect("a configuration");
        assert_eq!(
            made["route"]["routes"][0]["routes"],
            json!([{
                "mute_time_intervals": ["shop/redis/m"],
                "active_time_intervals": ["shop/redis/m"],
            }])
        );
        assert_eq!(
            made["mute_time_intervals"],
            json!([{
                "name": "shop/redis/m",
                "time_intervals": [{
                    "times": [{"start_time": "08:00", "end_time": "24:00"}],
                    "weekdays": ["saturday", "monday:friday"],
                    "days_of_month": ["1:10", "-1"],
                    "months": ["1:3", "5"],
                    "years": ["2030:2050"],
                }],
            }])
        );
    }
}
