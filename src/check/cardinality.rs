//! Labels with as many values as there are users, addresses or requests.

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
fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    route(&stack.routing.root, acc);
    for alert in &stack.custom {
        if let Some(label) = kept(&alert.expr).find(|it| is_unbounded(it)) {
            acc.push(finding(
                Place::Value(alert.at.key("expr")),
                format!("`{}` is an alert for each `{label}`", alert.name),
            ));
        }
    }
}

/// The labels that aggregations of an expression keep: what stands in brackets behind `by`. Nothing is
/// parsed for it, which takes milliseconds for each expression.
fn kept(expression: &str) -> impl Iterator<Item = &str> {
    let lists = expression.split('(').zip(expression.split('(').skip(1));
    let lists = lists.filter(|(before, _)| before.trim_end().ends_with("by"));
    lists.flat_map(|(_, after)| {
        after
            .split(')')
            .next()
            .unwrap_or_default()
            .split(',')
            .map(str::trim)
    })
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_can_be_searched() {
        assert!(UNBOUNDED.is_sorted());
        assert!(is_unbounded("user") && !is_unbounded("instance_name"));
    }

    #[test]
    fn what_an_aggregation_keeps_is_read() {
        let kept = |it| kept(it).collect::<Vec<_>>();
        assert_eq!(kept("sum by (a, user) (rate(b[5m])) > 0"), ["a", "user"]);
        assert_eq!(kept("sum(rate(b{user=\"x\"}[5m])) by(c)"), ["c"]);
        assert_eq!(kept("sum without (user) (b)"), Vec::<&str>::new());
    }
}
