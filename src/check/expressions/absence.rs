//! `absent` that fires too early, or for nobody.

use std::collections::BTreeSet;

use promql_parser::parser::{Call, Expr, VectorSelector};

use crate::api::conventions::label;
use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::model::stack::Route;
use crate::promql::read::{each, metric_of};
use crate::promql::{Selected, Series};
use crate::value::duration::Duration;

/// Gauges that say whether something is well, of which one lost scrape must not decide.
const STATES: &[&str] = &[
    "prometheus_config_last_reload_successful",
    "alertmanager_config_last_reload_successful",
    "alertmanager_cluster_members",
    "leader_election_master_status",
    "prometheus_notifications_alertmanagers_discovered",
];

/// The labels of every custom alert that its rule gives it.
const OF_RULE: &[&str] = &[
    "alertname",
    label::SEVERITY,
    label::STACK,
    label::CLUSTER,
    label::TEAM,
];

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let Some(alert) = rule.alert else {
        return;
    };
    if let Some(selector) = absent(rule.expression) {
        let selected =
            metric_of(selector).map(|it| rule.expressions.known.select(it, &selector.matchers));
        let interval = match selected {
            Some(Selected::Some(found)) => found.interval,
            _ => None,
        };
        if let Some(interval) = interval
            && alert.for_.unwrap_or(Duration::millis(0)) < interval.times(2)
        {
            acc.push(
                Diagnostic::warning(
                    "alerts/absent-without-for",
                    rule.place(),
                    format!("`absent` fires when one scrape fails: there is one each {interval}"),
                )
                .label("one lost scrape fires it")
                .note(
                    "a scrape that fails ends the series at once, and the next one begins it again",
                )
                .help(format!("write `for: {}` or more", interval.times(2))),
            );
        }
        let asked = routed(&rule.stack.routing.root);
        let lost: Vec<&str> = asked
            .into_iter()
            .filter(|it| !OF_RULE.contains(it) && !rule.flow.shape.can_have(it))
            .collect();
        if !lost.is_empty() {
            acc.push(
                Diagnostic::warning(
                    "alerts/absent-loses-labels",
                    rule.place(),
                    format!("this alert has no {}, which routes ask for", crate::diag::ticked(&lost)),
                )
                .label("taken by other routes than is meant")
                .note("what is absent has no labels: an alert of `absent` has only those that its selector compares by `=`")
                .help("compare them by `=` in the selector, or compare a fact such as `instance_name:redis_pods:policy` with what is there by `unless`"),
            );
        }
    }
    for (metric, state) in states(rule.expression) {
        acc.push(
            Diagnostic::warning(
                "alerts/gauge-without-over-time",
                rule.place(),
                format!("a lost scrape hides `{metric}`, and begins `for` anew"),
            )
            .label("a single sample decides")
            .note("where scrapes fail now and then, the condition never holds for long enough")
            .help(format!("write `{state}_over_time({metric}[5m])`")),
        );
    }
}

/// The selector of which the alert says that nothing is there, where it says nothing else.
pub(super) fn absent(expression: &Expr) -> Option<&VectorSelector> {
    match expression {
        Expr::Paren(it) => absent(&it.expr),
        Expr::Binary(it) if it.op.is_comparison_operator() => absent(&it.lhs),
        Expr::Call(Call { func, args }) if func.name == "absent" => {
            let mut argument = args.args.first()?.as_ref();
            while let Expr::Paren(it) = argument {
                argument = &it.expr;
            }
            match argument {
                Expr::VectorSelector(selector) => Some(selector),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The labels that the matchers of routes ask for.
fn routed(route: &Route) -> BTreeSet<&str> {
    let mut labels: BTreeSet<&str> = route.matchers.iter().map(|it| it.label.as_str()).collect();
    for below in &route.routes {
        labels.extend(routed(below));
    }
    labels
}

/// The states that are compared as they were last seen, each with the function that looks back.
fn states(expression: &Expr) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    each(expression, &mut |it| {
        if let Expr::Binary(it) = it
            && it.op.is_comparison_operator()
            && let Expr::VectorSelector(selector) = it.lhs.as_ref()
            && let Some(metric) = metric_of(selector)
            && let Some(state) = STATES.iter().find(|it| **it == metric)
        {
            // Trouble is when it is low.
            found.push((*state, "max"));
        }
    });
    found
}
