//! Alerts that compare nothing, or where a comparison has only one outcome.

use promql_parser::parser::Expr;

use crate::check::expressions::Rule;
use crate::diag::Diagnostic;
use crate::promql::numbers::Numbers;
use crate::promql::problem::Problem;

pub(super) fn look(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    for problem in rule.problems {
        if let Problem::Certain {
            operator,
            left,
            right,
            is_true,
        } = problem
        {
            acc.push(certain(rule, operator, *left, *right, *is_true));
        }
    }
    if !rule.flow.is_filtered && !is_beat(rule.expression) {
        acc.push(
            Diagnostic::warning(
                "alerts/no-comparison",
                rule.place(),
                "this compares nothing: it has a result as long as there are series",
            )
            .label("fires always")
            .note("an alert fires for every series of the result, whatever its value: 0 too")
            .help("compare it with something, such as `> 0`"),
        );
    }
    let mut top = Vec::new();
    tops(rule.expression, &mut top);
    if let Some(name) = top.first() {
        acc.push(
            Diagnostic::warning(
                "alerts/topk-in-alert",
                rule.place(),
                format!("which series `{name}` chooses changes all the time"),
            )
            .label("alerts come and go")
            .note("each change of the order resolves one alert and begins another, so `for` is rarely met")
            .help(format!("compare all series with a threshold, or aggregate what `{name}` chooses")),
        );
    }
}

fn certain(
    rule: &Rule<'_>,
    operator: &str,
    left: Numbers,
    right: Numbers,
    is_true: bool,
) -> Diagnostic {
    let (name, outcome, label) = match is_true {
        true => ("alerts/comparison-always-true", "always", "always true"),
        false => ("alerts/comparison-never-true", "never", "never true"),
    };
    Diagnostic::error(
        name,
        rule.place(),
        format!("{} is {outcome} `{operator}` {}", words(left), words(right)),
    )
    .label(label)
    .note(match is_true {
        true => "the alert fires as long as there are series, and says nothing",
        false => "the alert is silent for ever, which looks like health",
    })
    .help("compare with a value that is reached in trouble, and only then")
}

/// Numbers in words.
fn words(numbers: Numbers) -> String {
    if let Some(number) = numbers.constant() {
        return number.to_string();
    }
    match (numbers.low.is_finite(), numbers.high.is_finite()) {
        (true, true) => format!("a value from {} to {}", numbers.low, numbers.high),
        (true, false) => format!("a value of at least {}", numbers.low),
        (false, true) => format!("a value of at most {}", numbers.high),
        (false, false) => "a value".to_owned(),
    }
}

/// Returns whether an alert is meant to fire always: `vector(1)`.
fn is_beat(expression: &Expr) -> bool {
    match expression {
        Expr::Paren(it) => is_beat(&it.expr),
        Expr::Call(it) => it.func.name == "vector",
        _ => false,
    }
}

/// The aggregations that choose series of the result by their rank.
fn tops(expression: &Expr, acc: &mut Vec<String>) {
    match expression {
        Expr::Paren(it) => tops(&it.expr, acc),
        Expr::Unary(it) => tops(&it.expr, acc),
        Expr::Aggregate(it) => {
            let name = it.op.to_string();
            if matches!(name.as_str(), "topk" | "bottomk" | "limitk" | "limit_ratio") {
                acc.push(name);
            }
        }
        Expr::Binary(it) => {
            tops(&it.lhs, acc);
            // The right side of these chooses among the left.
            if !matches!(it.op.to_string().as_str(), "and" | "unless") {
                tops(&it.rhs, acc);
            }
        }
        Expr::Call(it) if !matches!(it.func.name, "absent" | "scalar") => {
            for argument in &it.args.args {
                tops(argument, acc);
            }
        }
        _ => {}
    }
}
