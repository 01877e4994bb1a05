//! What prometheus-operator makes of AlertmanagerConfigs: the alertmanager.yaml of its Alertmanager,
//! as `pkg/alertmanager/amcfg.go` of v0.93 writes it.
//!
//! Of what the operator knows, this knows what the stacks use. All else is refused, so that nothing
//! passes for checked that is not.

mod fields;
#[cfg(test)]
mod tests;
mod translate;

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::operator::fields::Fields;
use crate::operator::translate::{RECEIVERS, TIME_INTERVAL, translated};

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
