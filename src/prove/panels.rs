//! What the panels of dashboards and the built-in alerts ask for is there to be asked for.

use std::collections::BTreeSet;

use promql_parser::label::{MatchOp, Matcher, Matchers};
use regex::Regex;
use serde_json::Value;

use crate::alerts;
use crate::api::conventions::fact;
use crate::catalog;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::Stack;
use crate::plan::{Document, Plan};
use crate::promql::{Selected, Series};
use crate::prove::defect;
use crate::prove::inventory::array;
use crate::value::duration::Duration;

/// Prometheus takes a series for gone after this time without a sample.
const LOOKBACK: Duration = Duration::seconds(300);

/// What panels ask for and nothing has.
pub fn refuted(plan: &Plan, world: &dyn Series) -> Vec<Diagnostic> {
    let mut said = BTreeSet::new();
    for planned in plan.objects() {
        for document in &planned.documents {
            if let Document::Json(json) = &document.document
                && json["panels"].is_array()
            {
                for expression in expressions(json) {
                    let wrong = wrong(&expression, world);
                    said.extend(wrong.into_iter().map(|why| (document.key.to_string(), why)));
                }
            }
        }
    }
    let finding = |(dashboard, why)| {
        defect(
            "dashboards/dead-panel",
            Place::Key(FieldPath::spec(&["dashboards"])),
            format!("a panel of `{dashboard}` {why}"),
            "the panel is empty, and looks like nothing happens",
        )
    };
    said.into_iter().map(finding).collect()
}

/// What the built-in alerts ask for and nothing has. What a policy writes is followed whole, elsewhere.
///
/// A metric that the exporter of the policy is too old for, or has behind a flag, is no defect of a rule.
pub fn rules(stack: &Stack, plan: &Plan, world: &dyn Series) -> Vec<Diagnostic> {
    let asked = stack.platform.prometheus.evaluation_interval;
    let mut said = BTreeSet::new();
    for planned in plan.objects() {
        if planned.object.kind() != "PrometheusRule" {
            continue;
        }
        for group in array(&planned.object.value()["spec"]["groups"]) {
            let interval = group["interval"]
                .as_str()
                .and_then(|it| Duration::parse(it).ok());
            if interval.is_some_and(|it| it > LOOKBACK.max(asked)) {
                let name = planned.object.name().to_owned();
                said.insert((
                    name,
                    "is evaluated so seldom that its series are gone in between".to_owned(),
                ));
            }
            for rule in array(&group["rules"]) {
                let name = rule["alert"].as_str().unwrap_or_default();
                // One that takes a built-in name is refused for that.
                let is_custom = stack.custom.iter().any(|it| it.name == name);
                if is_custom || alerts::find(name).is_none() {
                    continue;
                }
                let wrong = wrong(rule["expr"].as_str().unwrap_or_default(), world);
                said.extend(wrong.into_iter().map(|why| (name.to_owned(), why)));
            }
        }
    }
    let finding = |(name, why)| {
        defect(
            "alerts/dead-rule",
            Place::Key(FieldPath::spec(&["redis"])),
            format!("`{name}` {why}"),
            "the alert can never fire, or ends between two evaluations, and looks like calm",
        )
    };
    said.into_iter().map(finding).collect()
}

/// Every expression of a dashboard, with something in place of its variables.
fn expressions(dashboard: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    collect(dashboard, &mut found);
    found
}

fn collect(value: &Value, acc: &mut BTreeSet<String>) {
    match value {
        Value::Array(all) => all.iter().for_each(|it| collect(it, acc)),
        Value::Object(fields) => {
            for (name, value) in fields {
                match value {
                    Value::String(text) if name == "expr" => {
                        acc.insert(filled(text));
                    }
                    Value::String(text) if name == "query" => {
                        let values = text.strip_prefix("label_values(");
                        let selector = values.and_then(|it| it.rsplit_once(','));
                        acc.extend(selector.map(|(it, _)| filled(it)));
                    }
                    other => collect(other, acc),
                }
            }
        }
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Puts a time in place of the variables that Grafana makes of the time that is shown, and anything in
/// place of those that a person chooses.
fn filled(expression: &str) -> String {
    let mut filled = String::new();
    let mut rest = expression;
    while let Some((before, after)) = rest.split_once('$') {
        filled.push_str(before);
        let after = after.strip_prefix('{').unwrap_or(after);
        let end = after
            .find(|it: char| !it.is_ascii_alphanumeric() && it != '_')
            .unwrap_or(after.len());
        let (name, left) = after.split_at(end);
        filled.push_str(if name.starts_with("__") { "5m" } else { ".+" });
        rest = left.strip_prefix('}').unwrap_or(left);
    }
    filled + rest
}

fn wrong(expression: &str, world: &dyn Series) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, matchers) in selectors(expression) {
        match world.select(name, &Matchers::new(matchers)) {
            // A topology that no instance has leaves its facts without a rule.
            Selected::UnknownMetric if fact::ALL.contains(&name) => {}
            // The policy decides which exporter runs.
            Selected::UnknownMetric if !catalog::metrics(name).is_empty() => {}
            Selected::UnknownMetric => {
                wrong.push(format!("asks for `{name}`, which nothing exports"))
            }
            Selected::Nothing { label, is_carried } => wrong.push(match is_carried {
                true => format!("asks for `{name}` with a `{label}` that none has"),
                false => {
                    format!("asks for `{name}` by the label `{label}`, which it does not have")
                }
            }),
            Selected::Some(_) => {}
        }
    }
    wrong
}

/// The selectors of an expression, as panels write them: a name, and matchers in braces. The parser of
/// PromQL takes milliseconds for each expression, and there are hundreds.
fn selectors(expression: &str) -> Vec<(&str, Vec<Matcher>)> {
    // A matcher comes with its expression compiled, and what there is is found by its text.
    let Ok(unread) = Regex::new("") else {
        return Vec::new();
    };
    let mut found = Vec::new();
    let is_of_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '_' | ':');
    let mut rest = expression;
    while let Some((before, after)) = rest.split_once('{') {
        let start = before.rfind(|it| !is_of_name(it)).map_or(0, |it| it + 1);
        let (matchers, left) = matchers(after, &unread);
        if start < before.len() {
            found.push((&before[start..], matchers));
        }
        rest = left;
    }
    found
}

/// Reads matchers up to the brace that closes them.
fn matchers<'t>(text: &'t str, unread: &Regex) -> (Vec<Matcher>, &'t str) {
    let mut found = Vec::new();
    let mut rest = text.trim_start_matches([',', ' ']);
    while let Some(end) = rest
        .find(['=', '!', '}'])
        .filter(|it| !rest[*it..].starts_with('}'))
    {
        let (label, after) = rest.split_at(end);
        let Some((operator, quoted)) = after.split_once('"') else {
            break;
        };
        let (value, left) = unquoted(quoted);
        let op = match operator {
            "!=" => MatchOp::NotEqual,
            "=~" => MatchOp::Re(unread.clone()),
            "!~" => MatchOp::NotRe(unread.clone()),
            _ => MatchOp::Equal,
        };
        found.push(Matcher::new(op, label.trim(), &value));
        rest = left.trim_start_matches([',', ' ']);
    }
    (found, rest.split_once('}').map_or("", |(_, left)| left))
}

/// Reads a text up to the quote that closes it.
fn unquoted(text: &str) -> (String, &str) {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, it)) = characters.next() {
        match it {
            '"' => return (value, &text[at + 1..]),
            '\\' => value.extend(characters.next().map(|(_, it)| it)),
            it => value.push(it),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_in() {
        assert_eq!(
            filled("rate(a{b=~\"$c\"}[$__rate_interval]) > ${d}"),
            "rate(a{b=~\".+\"}[5m]) > .+"
        );
    }
    #[test]
    fn selectors_are_read() {
        let found = selectors(r#"sum by (a) (rate(b_total{c="d\\e",f!~"g|h"}[5m])) / on (a) i{}"#);
        let names: Vec<&str> = found.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["b_total", "i"]);
        let of_first: Vec<_> = found[0]
            .1
            .iter()
            .map(|it| (it.name.as_str(), it.value.as_str()))
            .collect();
        assert_eq!(of_first, [("c", "d\\e"), ("f", "g|h")]);
    }
}
