//! What the panels of dashboards ask for is there to be asked for.

use std::collections::BTreeSet;

use promql_parser::parser::{self, Expr};
use promql_parser::util::{ExprVisitor, walk_expr};
use serde_json::Value;

use crate::api::conventions::fact;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::plan::{Document, Plan};
use crate::promql::{Selected, Series};
use crate::prove::defect;

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
    let Ok(parsed) = parser::parse(expression) else {
        return vec![format!("asks for what is not PromQL: `{expression}`")];
    };
    let mut asked = Asked {
        world,
        wrong: Vec::new(),
    };
    let _ = walk_expr(&mut asked, &parsed);
    asked.wrong
}

/// Holds each selector of an expression against what there is.
struct Asked<'w> {
    world: &'w dyn Series,
    wrong: Vec<String>,
}

impl ExprVisitor for Asked<'_> {
    type Error = ();

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, ()> {
        let selector = match expression {
            Expr::VectorSelector(it) => it,
            Expr::MatrixSelector(it) => &it.vs,
            _ => return Ok(true),
        };
        let Some(name) = &selector.name else {
            return Ok(true);
        };
        match self.world.select(name, &selector.matchers) {
            // A topology that no instance has leaves its facts without a rule.
            Selected::UnknownMetric if fact::ALL.contains(&name.as_str()) => {}
            Selected::UnknownMetric => self
                .wrong
                .push(format!("asks for `{name}`, which nothing exports")),
            Selected::Nothing { label, is_carried } => self.wrong.push(match is_carried {
                true => format!("asks for `{name}` with a `{label}` that none has"),
                false => {
                    format!("asks for `{name}` by the label `{label}`, which it does not have")
                }
            }),
            Selected::Some(_) => {}
        }
        Ok(true)
    }
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
}
