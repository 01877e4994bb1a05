//! Windows and waiting times that are too short, too long, or no multiple of what they count in.

use std::time::Duration as Time;

use promql_parser::parser::Expr;

use crate::check::expressions::Rule;
use crate::check::expressions::absence::absent;
use crate::diag::{Diagnostic, Place};
use crate::promql::problem::Problem;
use crate::promql::read::each;
use crate::read::spec::Severity;
use crate::value::duration::Duration;

/// Longer than this, a page comes late, or stays when all is well.
const LONG: Duration = Duration::seconds(3_600);

pub(super) fn windows(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    for problem in rule.problems {
        let Problem::WindowTooShort {
            metric,
            function,
            window,
            interval,
            is_blind,
        } = problem
        else {
            continue;
        };
        let headline =
            format!("`{function}` looks back {window}, and `{metric}` is scraped each {interval}");
        let help = format!("write `[{}]` or more", interval.times(4));
        acc.push(match is_blind {
            true => Diagnostic::error("alerts/rate-window-too-short", rule.place(), headline)
                .label("too few samples for a result")
                .note("it needs two samples, and in so short a window there often are not two")
                .help(help),
            false => Diagnostic::warning("alerts/rate-window-noisy", rule.place(), headline)
                .label("two or three samples")
                .note("when one scrape is lost, there is no result, and what is there is noise")
                .help(help),
        });
    }
    if let Some(managed) = &rule.stack.telemetry.managed {
        let reach = millis(rule.flow.reach);
        if reach > managed.retention {
            acc.push(
                Diagnostic::warning(
                    "alerts/retention-exceeded",
                    rule.place(),
                    format!(
                        "this looks back {reach}, and Prometheus keeps {}",
                        managed.retention
                    ),
                )
                .label("older samples are gone")
                .note("what is not kept is not counted, and nothing shows it")
                .help("look back less far, or raise `metrics.retention`"),
            );
        }
    }
}

pub(super) fn holding(rule: &Rule<'_>, acc: &mut Vec<Diagnostic>) {
    let Some(alert) = rule.alert else {
        return;
    };
    let interval = rule.stack.platform.prometheus.evaluation_interval;
    let at = Place::Value(rule.at.key("for"));
    match alert.for_ {
        // Of `absent` it is said by itself.
        None if absent(rule.expression).is_some() => {}
        None if rule.flow.reach.is_zero() && rule.flow.is_filtered => acc.push(
            Diagnostic::warning(
                "alerts/for-missing",
                Place::Key(rule.at.clone()),
                format!("`{}` fires on a single sample", alert.name),
            )
            .label("has no `for`")
            .note("the expression looks at the last sample only, and one may always be odd")
            .help(format!("write `for: {}` or more", interval.times(4)))
            .about(rule.at.key("for")),
        ),
        None => {}
        Some(held) if held < interval.times(2) => acc.push(
            Diagnostic::warning(
                "alerts/for-too-short",
                at,
                format!("`for` is {held}, and rules are evaluated each {interval}"),
            )
            .label("waits for one more evaluation at most")
            .note(
                "shorter than two evaluations, it says nothing about how long the condition holds",
            )
            .help(format!(
                "write {} or more, or leave it out",
                interval.times(2)
            )),
        ),
        Some(held) if held.as_millis() % interval.as_millis().max(1) != 0 => acc.push(
            Diagnostic::warning(
                "alerts/for-not-multiple",
                at,
                format!("`for` is {held}, and rules are evaluated each {interval}"),
            )
            .label("rounded up")
            .note("the alert fires at the first evaluation after it")
            .help(format!(
                "write a multiple of {interval}, such as {}",
                interval.times(held.as_millis().div_ceil(interval.as_millis().max(1)))
            )),
        ),
        Some(held) if held > LONG && alert.severity == Severity::Critical => acc.push(
            Diagnostic::warning(
                "alerts/for-too-long",
                at,
                format!("somebody is woken {held} after it began"),
            )
            .label("late")
            .note("what can wait for over an hour needs nobody at night, and what cannot is late")
            .help("write at most 1h, or another severity"),
        ),
        Some(_) => {}
    }
    if alert.severity == Severity::Critical
        && let Some(window) = longest(rule.expression)
        && millis(window) > LONG
    {
        acc.push(
            Diagnostic::warning(
                "alerts/rate-window-too-long",
                rule.place(),
                format!("this rate is over {}", millis(window)),
            )
            .label("fires on when all is well again")
            .note("a short burst is in the window until its end, so the page stays for as long")
            .help("look back at most 1h; for a share of errors over days, have a short window beside the long one with `and`"),
        );
    }
}

/// The window of the rate with the longest one, unless a shorter one stands beside it: then the alert ends
/// with the shorter.
fn longest(expression: &Expr) -> Option<Time> {
    let mut windows = Vec::new();
    each(expression, &mut |it| {
        if let Expr::Call(it) = it
            && matches!(it.func.name, "rate" | "increase")
            && let Some(Expr::MatrixSelector(range)) = it.args.args.first().map(AsRef::as_ref)
        {
            windows.push(range.range);
        }
    });
    let longest = windows.iter().max().copied()?;
    windows.iter().all(|it| *it == longest).then_some(longest)
}

fn millis(time: Time) -> Duration {
    Duration::millis(u64::try_from(time.as_millis()).unwrap_or(u64::MAX))
}
