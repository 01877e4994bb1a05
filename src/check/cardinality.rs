//! Labels with as many values as there are users, addresses or requests.

use promql_parser::parser::{self, Expr, LabelModifier};
use promql_parser::util::{ExprVisitor, walk_expr};

use crate::check::Check;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Route, Stack};
use crate::plan::Plan;

pub(super) static CHECK: Check = Check {
    names: &["metrics/cardinality"],
    run,
};

/// Labels whose values nobody bounds, sorted.
const UNBOUNDED: &[&str] = &[
    "client_ip",
    "email",
    "id",
    "ip",
    "path",
    "request_id",
    "session_id",
    "span_id",
    "trace_id",
    "uri",
    "url",
    "user",
    "user_id",
];
/// Longer expressions are refused, and reading one takes time that grows faster than its length.
const LONGEST: usize = 4 * 1024;

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    route(&stack.routing.root, acc);
    for alert in stack.custom.iter().filter(|it| it.expr.len() <= LONGEST) {
        let mut kept = Kept::default();
        // What cannot be read is said elsewhere.
        if let Ok(expression) = parser::parse(&alert.expr) {
            let _ = walk_expr(&mut kept, &expression);
        }
        if let Some(label) = kept.0 {
            acc.push(finding(
                Place::Value(alert.at.key("expr")),
                format!("`{}` is an alert for each `{label}`", alert.name),
            ));
        }
    }
}

fn route(route: &Route, acc: &mut Vec<Diagnostic>) {
    let labels = route.group_by.iter().flatten();
    if let Some(label) = labels.map(String::as_str).find(|it| is_unbounded(it)) {
        acc.push(finding(
            Place::Value(route.at.key("groupBy")),
            format!("there is a notification for each `{label}`"),
        ));
    }
    for below in &route.routes {
        self::route(below, acc);
    }
}

fn is_unbounded(label: &str) -> bool {
    UNBOUNDED.binary_search(&label).is_ok()
}

fn finding(at: Place, headline: String) -> Diagnostic {
    Diagnostic::warning("metrics/cardinality", at, headline)
        .label("as many as there are values")
        .note("nobody bounds the values of this label: at the worst time there are thousands of alerts")
        .help("leave the label out, and say in the summary where to look for it")
}

/// A label without bound that an aggregation keeps.
#[derive(Default)]
struct Kept(Option<String>);

impl ExprVisitor for Kept {
    type Error = ();

    fn pre_visit(&mut self, expression: &Expr) -> Result<bool, ()> {
        if let Expr::Aggregate(aggregate) = expression
            && let Some(LabelModifier::Include(labels)) = &aggregate.modifier
        {
            let label = labels.labels.iter().find(|it| is_unbounded(it));
            self.0 = self.0.take().or_else(|| label.cloned());
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(UNBOUNDED.is_sorted());
        assert!(is_unbounded("user") && !is_unbounded("instance_name"));
    }
}
