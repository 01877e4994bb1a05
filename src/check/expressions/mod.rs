//! Expressions of the policy that cannot work, or do not do what they say: one file for each of the
//! questions that are asked of them.

mod absence;
mod comparisons;
mod durations;
mod exporter_names;
mod functions;
mod labels;
mod lifetime_ratios;
mod memory_limits;
mod metrics;
mod misleading;
mod own_ratio;
mod pending;
mod ratios;
mod recordings;
mod syntax;
mod templates;

use promql_parser::parser::Expr;

use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{CustomAlert, Stack};
use crate::plan::Plan;
use crate::promql::flow::Flow;
use crate::promql::problem::Problem;
use crate::prove::expressions::{Expressions, Read};

pub(super) static CHECK: Check = Check {
    names: &[
        "alerts/absent-loses-labels",
        "alerts/absent-without-for",
        "alerts/buckets-lost",
        "alerts/comparison-always-true",
        "alerts/comparison-never-true",
        "alerts/counter-raw",
        "alerts/for-missing",
        "alerts/for-not-multiple",
        "alerts/for-too-long",
        "alerts/for-too-short",
        "alerts/function-unfit",
        "alerts/gauge-without-over-time",
        "alerts/impossible-match",
        "alerts/invalid-expression",
        "alerts/label-unknown",
        "alerts/label-without-effect",
        "alerts/metric-absent",
        "alerts/metric-misleading",
        "alerts/metric-unknown",
        "alerts/names-exporter",
        "alerts/no-comparison",
        "alerts/over-memory-limit",
        "alerts/pending-counted",
        "alerts/rate-window-noisy",
        "alerts/rate-window-too-long",
        "alerts/rate-window-too-short",
        "alerts/ratio-nan",
        "alerts/ratio-of-itself",
        "alerts/ratio-since-start",
        "alerts/recorded-name-taken",
        "alerts/recording-rule-order",
        "alerts/retention-exceeded",
        "alerts/sum-then-rate",
        "alerts/template-label-missing",
        "alerts/topk-in-alert",
        "alerts/unused-external-metric",
    ],
    run,
};

/// A rule whose expression was read.
struct Rule<'a> {
    stack: &'a Stack,
    expressions: &'a Expressions<'a>,
    /// The alert, unless it is a recording.
    alert: Option<&'a CustomAlert>,
    /// Where it is in the policy.
    at: &'a FieldPath,
    /// Its expression.
    expression: &'a Expr,
    /// What is known of its result.
    flow: &'a Flow,
    /// What is wrong with it.
    problems: &'a [Problem],
}

impl Rule<'_> {
    /// Where its expression is.
    fn place(&self) -> Place {
        Place::Value(self.at.key("expr"))
    }

    /// What does not happen where it has no result.
    fn dead(&self) -> &'static str {
        match self.alert {
            Some(_) => "can never fire",
            None => "never records anything",
        }
    }
}

/// What is asked of every rule.
const OF_RULES: &[fn(&Rule<'_>, &mut Vec<Diagnostic>)] = &[
    metrics::look,
    labels::look,
    functions::look,
    durations::windows,
    own_ratio::look,
    pending::look,
    lifetime_ratios::look,
    misleading::look,
];

/// What is asked of alerts.
const OF_ALERTS: &[fn(&Rule<'_>, &mut Vec<Diagnostic>)] = &[
    comparisons::look,
    absence::look,
    durations::holding,
    ratios::look,
    templates::look,
    exporter_names::look,
    memory_limits::look,
];

fn run(stack: &Stack, plan: &Plan, acc: &mut Vec<Diagnostic>) {
    if stack.custom.is_empty() && stack.recording.is_empty() && stack.external_metrics.is_empty() {
        return;
    }
    let expressions = Expressions::of(stack, plan);
    syntax::look(&expressions, acc);
    recordings::look(stack, &expressions, acc);
    for rule in &expressions.recordings {
        if let Ok(read) = &rule.read {
            ask(stack, &expressions, None, &rule.rule.at, read, acc);
        }
    }
    for rule in &expressions.alerts {
        if let Ok(read) = &rule.read {
            let alert = Some(rule.rule);
            ask(stack, &expressions, alert, &rule.rule.at, read, acc);
        }
    }
    metrics::unused(stack, &expressions, acc);
}

fn ask<'a>(
    stack: &'a Stack,
    expressions: &'a Expressions<'a>,
    alert: Option<&'a CustomAlert>,
    at: &'a FieldPath,
    read: &'a Read,
    acc: &mut Vec<Diagnostic>,
) {
    let rule = Rule {
        stack,
        expressions,
        alert,
        at,
        expression: &read.expression,
        flow: &read.followed.flow,
        problems: &read.followed.problems,
    };
    let said = acc.len();
    for ask in OF_RULES {
        ask(&rule, acc);
    }
    // What cannot work is not asked how well it does.
    let is_dead = acc[said..].iter().any(Diagnostic::is_error);
    if alert.is_some() && !is_dead {
        for ask in OF_ALERTS {
            ask(&rule, acc);
        }
    }
}
