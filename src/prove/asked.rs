//! Who asks for which metric: every expression of a plan, in rules and on dashboards.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::plan::{Content, Document, Plan};

/// An expression of the plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked<'a> {
    /// What it is part of.
    pub by: Asker<'a>,
    /// The expression; on a dashboard, with variables of Grafana in it.
    pub expression: &'a str,
}

/// What an expression is part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asker<'a> {
    /// An alert, by its name.
    Alert(&'a str),
    /// A recording rule, by what it records.
    Recording(&'a str),
    /// A dashboard of Grafana, as its file is called.
    Dashboard(&'a str),
}

impl Asked<'_> {
    /// What may be the name of a metric in the expression. Variables of Grafana stand where PromQL has no
    /// place for them, so expressions of dashboards are not parsed.
    pub fn words(&self) -> BTreeSet<&str> {
        let words = self
            .expression
            .split(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '_' | ':')));
        words.filter(|it| !it.is_empty()).collect()
    }
}

/// Every expression of a plan.
pub fn expressions(plan: &Plan) -> Vec<Asked<'_>> {
    let mut all = Vec::new();
    for (path, file) in plan.files() {
        let Content::Objects(objects) = &file.content else {
            continue;
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        let dashboard = Asker::Dashboard(name.trim_end_matches(".yaml"));
        for planned in objects {
            if planned.object.kind() == "PrometheusRule" {
                all.extend(rules(planned.object.value()));
            }
            if file.owner != "grafana" {
                continue;
            }
            for document in &planned.documents {
                if let Document::Json(model) = &document.document {
                    of_panels(&model["panels"], dashboard, &mut all);
                }
            }
        }
    }
    all
}

fn rules(object: &Value) -> impl Iterator<Item = Asked<'_>> {
    let groups = object["spec"]["groups"].as_array().into_iter().flatten();
    let rules = groups.flat_map(|it| it["rules"].as_array().into_iter().flatten());
    rules.filter_map(|rule| {
        let alert = rule["alert"].as_str().map(Asker::Alert);
        Some(Asked {
            by: alert.or_else(|| rule["record"].as_str().map(Asker::Recording))?,
            expression: rule["expr"].as_str()?,
        })
    })
}

/// Takes the expression of every query below a value, however deep.
fn of_panels<'a>(value: &'a Value, by: Asker<'a>, acc: &mut Vec<Asked<'a>>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(expression) if key == "expr" => {
                        acc.push(Asked { by, expression })
                    }
                    value => of_panels(value, by, acc),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|it| of_panels(it, by, acc)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
