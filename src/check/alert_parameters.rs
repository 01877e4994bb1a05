//! Parameters of alerts that name no alert, have the wrong unit, or change nothing.

use crate::alerts::{self, ALERTS, Alert, Scope};
use crate::check::Check;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{AlertParameters, Instance, Stack};
use crate::plan::Plan;
use crate::read::spec::AlertParametersSpec;

pub(super) static CHECK: Check = Check {
    names: &[
        "alerts/unknown-alert",
        "alerts/wrong-unit",
        "alerts/no-threshold",
        "alerts/parameter-without-effect",
        "alerts/disabled-without-reason",
    ],
    run,
};

fn run(stack: &Stack, _: &Plan, acc: &mut Vec<Diagnostic>) {
    for (tier, parameters) in &stack.tier_parameters {
        let at = FieldPath::spec(&["alerts", "tiers", tier]);
        check_all(parameters, None, &at, acc);
    }
    for instance in &stack.instances {
        check_all(
            &instance.alerts,
            Some(instance),
            &instance.at.key("alerts"),
            acc,
        );
    }
}

fn check_all(
    parameters: &AlertParameters,
    instance: Option<&Instance>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    for (name, parameters) in parameters {
        let at = at.key(name);
        match alerts::find(name) {
            Some(alert) => check(alert, parameters, instance, &at, acc),
            None => {
                let known: Vec<&str> = ALERTS.iter().map(|it| it.name).collect();
                acc.push(
                    Diagnostic::error(
                        "alerts/unknown-alert",
                        Place::Key(at),
                        format!("there is no alert `{name}`"),
                    )
                    .label("not an alert")
                    .note("its parameters would change nothing")
                    .did_you_mean(name, &known),
                );
            }
        }
    }
}

fn check(
    alert: &Alert,
    parameters: &AlertParametersSpec,
    instance: Option<&Instance>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    let mut without_effect = |why: String| {
        acc.push(
            Diagnostic::error(
                "alerts/parameter-without-effect",
                Place::Key(at.clone()),
                why,
            )
            .note("a parameter that is ignored in silence is believed to work")
            .help("remove it"),
        );
    };
    if matches!(alert.scope, Scope::Stack { .. }) {
        without_effect(format!(
            "`{}` is about the stack as a whole and has no parameters",
            alert.name
        ));
        return;
    }
    if let Some(instance) = instance
        && !alert.applies_to(instance)
    {
        without_effect(format!(
            "`{}` means nothing for `{}`, a {} topology",
            alert.name,
            instance.name,
            instance.topology.kind().name()
        ));
    }
    match (&alert.threshold, &parameters.threshold) {
        (None, Some(_)) => acc.push(
            Diagnostic::error(
                "alerts/no-threshold",
                Place::Key(at.key("threshold")),
                format!("`{}` has no threshold", alert.name),
            )
            .note("it fires on a state, not on an amount")
            .help("remove it; `for` says how long the state must last"),
        ),
        (Some(threshold), Some(written)) => {
            if let Err(wrong) = threshold.default.read_like(written) {
                let finding = Diagnostic::error(
                    "alerts/wrong-unit",
                    Place::Value(at.key("threshold")),
                    wrong.what.clone(),
                )
                .label(format!("{}: of {}", threshold.default.unit(), threshold.of))
                .note("compared with an amount of another unit, it would fire always or never");
                acc.push(wrong.remedy(finding));
            }
        }
        (_, None) => {}
    }
    if parameters.enabled == Some(false) && parameters.reason.is_none() {
        acc.push(
            Diagnostic::error(
                "alerts/disabled-without-reason",
                Place::Key(at.key("enabled")),
                format!("`{}` is switched off without a reason", alert.name),
            )
            .note("whoever misses the page will ask for it")
            .help("add `reason`"),
        );
    }
    if parameters.enabled != Some(false) && parameters.reason.is_some() {
        acc.push(
            Diagnostic::error(
                "alerts/parameter-without-effect",
                Place::Key(at.key("reason")),
                format!(
                    "`{}` is not switched off, so there is nothing to give a reason for",
                    alert.name
                ),
            )
            .note("whoever reads the reason believes that the alert is off")
            .help("add `enabled: false`, or remove the reason"),
        );
    }
}
