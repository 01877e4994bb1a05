//! Memory compared with a number of bytes that a container never gets.

use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::{BinaryExpr, Expr, VectorSelector};

use crate::api::conventions::label;
use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::model::stack::{Instance, Stack};
use crate::promql::read::{each, metric_of};

/// The memory that a server has taken; a container that takes more than its limit is ended.
const TAKEN: &[&str] = &[
    "redis_instance_memory_usage_bytes",
    "redis_memory_used_bytes",
    "redis_memory_used_dataset_bytes",
    "redis_memory_used_rss_bytes",
];

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let mut found = None;
    each(rule.expression, &mut |it| {
        if let Expr::Binary(comparison) = it {
            found = found.take().or_else(|| wrong(rule, comparison));
        }
    });
    acc.extend(found);
}

fn wrong(rule: &Rule<'_>, comparison: &BinaryExpr) -> Option<Diagnostic> {
    let Expr::NumberLiteral(number) = comparison.rhs.as_ref() else {
        return None;
    };
    if !matches!(comparison.op.to_string().as_str(), ">" | ">=") {
        return None;
    }
    let selector = selector(&comparison.lhs)?;
    metric_of(selector).filter(|it| TAKEN.contains(it))?;
    let instances = taken(rule.stack, selector)?;
    let is_beyond = |it: &&&Instance| {
        it.memory_limit()
            .is_some_and(|limit| limit as f64 <= number.val)
    };
    let beyond: Vec<&&Instance> = instances.iter().filter(is_beyond).collect();
    let first = beyond.first()?;
    let limit = first.resources.limits.get("memory")?;
    let whose = match beyond.len() {
        1 => format!("`{}`", first.name),
        2 => format!("`{}` and one more", first.name),
        count => format!("`{}` and {} more", first.name, count - 1),
    };
    Some(
        Diagnostic::warning(
            "alerts/over-memory-limit",
            rule.place(),
            format!("this can never fire for {whose}, which gets less memory"),
        )
        .label(format!("the limit of `{}` is {limit}", first.name))
        .note("the kernel ends a container that takes more than its limit, so the alert comes after the end")
        .help(
            "compare with what each instance may take: `redis_memory_used_bytes / redis_memory_max_bytes`; \
             or set the threshold of `RedisMemoryHigh`, a share",
        )
        .of_this_stack(true),
    )
}

fn selector(expression: &Expr) -> Option<&VectorSelector> {
    match expression {
        Expr::Paren(it) => selector(&it.expr),
        Expr::VectorSelector(it) => Some(it),
        _ => None,
    }
}

/// The instances that a selector takes; `None` where that depends on more than the policy says.
fn taken<'a>(stack: &'a Stack, selector: &VectorSelector) -> Option<Vec<&'a Instance>> {
    let mut instances: Vec<&Instance> = stack.instances.iter().collect();
    for matcher in &selector.matchers.matchers {
        match value(matcher.name.as_str()) {
            Some(value) => instances.retain(|it| does_match(matcher, value(it))),
            None if OF_ALL.contains(&matcher.name.as_str()) => {}
            None => return None,
        }
    }
    Some(instances)
}

/// Labels that do not tell instances apart.
const OF_ALL: &[&str] = &[
    "__name__",
    label::STACK,
    label::CLUSTER,
    label::COMPONENT,
    "role",
];

/// Where the value of a label is in the policy.
fn value(name: &str) -> Option<fn(&Instance) -> &str> {
    Some(match name {
        label::NAMESPACE => |it| it.namespace.as_str(),
        label::INSTANCE_NAME | "name" => |it| it.name.as_str(),
        label::TEAM => |it| it.team.as_str(),
        label::TIER => |it| it.tier.as_str(),
        label::TOPOLOGY => |it| it.topology.kind().name(),
        _ => return None,
    })
}

fn does_match(matcher: &Matcher, value: &str) -> bool {
    match &matcher.op {
        MatchOp::Equal => matcher.value == value,
        MatchOp::NotEqual => matcher.value != value,
        MatchOp::Re(regex) => regex.is_match(value),
        MatchOp::NotRe(regex) => !regex.is_match(value),
    }
}
