//! `obsgen explain threshold`: the parameters of an alert for an instance, and where each comes from.

use clap::Args;

use crate::alerts::parameters::{Amount, Parameters, built_in, of_instance};
use crate::alerts::{ALERTS, Alert, find};
use crate::cli::Outcome;
use crate::cli::explain::value::{place, value, verdict};
use crate::cli::explain::{In, table, wrong};
use crate::cli::terminal::{print, say};
use crate::diag::path::FieldPath;
use crate::diag::{did_you_mean, text};
use crate::model::stack::{Instance, Stack};
use crate::read::Document;
use crate::read::origin::Layers;

/// Print the threshold of an alert for an instance, how long it must hold and its severity: the
/// built-in value, that of the tier, that of the instance, each with its place
#[derive(Debug, Args)]
pub(super) struct Threshold {
    /// The instance
    instance: String,
    /// The alert; without it, every one that means something for the instance
    alert: Option<String>,
    #[command(flatten)]
    of: In,
}

impl Threshold {
    pub(super) fn run(&self) -> Outcome {
        let alerts: Vec<&Alert> = match &self.alert {
            None => ALERTS.to_vec(),
            Some(name) => match find(name) {
                Some(alert) => vec![alert],
                None => {
                    let names: Vec<&str> = ALERTS.iter().map(|it| it.name).collect();
                    say(&format!("error: there is no alert `{name}`"));
                    say(&format!("help: {}", did_you_mean(name, &names)));
                    return Outcome::Run;
                }
            },
        };
        let Some(compiled) = self.of.compile() else {
            return Outcome::Run;
        };
        let mut answer = String::new();
        let mut instances: Vec<&str> = Vec::new();
        for (policy, compilation) in &compiled {
            let Some((stack, _)) = &compilation.output else {
                return wrong(policy, compilation);
            };
            instances.extend(stack.instances.iter().map(|it| it.name.as_str()));
            let named = stack.instances.iter().find(|it| it.name == self.instance);
            if let Some(instance) = named {
                answer.push_str(&format!("{policy}\n"));
                let layers = Layers::of(&compilation.document);
                for alert in &alerts {
                    if alerts.len() == 1 || alert.applies_to(instance) {
                        let document = &compilation.document;
                        answer.push_str(&explained(alert, instance, stack, &layers, document));
                    }
                }
            }
        }
        if answer.is_empty() {
            say(&format!("error: there is no instance `{}`", self.instance));
            say(&format!(
                "help: {}",
                did_you_mean(&self.instance, &instances)
            ));
            return Outcome::Run;
        }
        print(text::said(&answer).as_bytes())
    }
}

pub(super) fn explained(
    alert: &Alert,
    instance: &Instance,
    stack: &Stack,
    layers: &Layers<'_>,
    document: &Document,
) -> String {
    let (name, of) = (alert.name, &instance.name);
    if !alert.applies_to(instance) {
        return format!("  {name} means nothing for {of}\n");
    }
    let used = of_instance(stack, alert, instance);
    let mut text = match used {
        None => format!("  {name} is switched off for {of}\n"),
        Some(used) => format!("  {name} for {of}: {}\n", in_words(alert, used)),
    };
    let own = built_in(alert);
    let mut rows = Vec::new();
    for (field, built_in) in [
        ("enabled", Some("true".to_owned())),
        ("threshold", own.threshold.map(|it| it.to_string())),
        ("for", own.for_.map(|it| it.to_string())),
        ("severity", Some(own.severity.name().to_owned())),
    ] {
        let tier = FieldPath::spec(&["alerts", "tiers", &instance.tier, name, field]);
        let own = instance.at.key("alerts").key(name).key(field);
        let mut origins = layers.origins(&tier);
        origins.extend(layers.origins(&own));
        let row = |value: String, from: &str, place: String| {
            vec![field.to_owned(), value, from.to_owned(), place]
        };
        let mut of_field: Vec<Vec<String>> = built_in
            .map(|it| row(it, "built in", String::new()))
            .into_iter()
            .collect();
        of_field.extend(origins.iter().map(|it| {
            let from = match it.field == tier {
                true => format!("tier {}", instance.tier),
                false => format!("instance {of}"),
            };
            row(value(it), &from, place(it, document))
        }));
        // That it is not switched off goes without saying.
        if field == "enabled" && of_field.len() == 1 {
            continue;
        }
        let all = of_field.len();
        for (index, row) in of_field.iter_mut().enumerate() {
            row.push(verdict(index, all).to_owned());
        }
        rows.append(&mut of_field);
    }
    text.push_str(&table(&rows));
    text
}

/// The parameters as a sentence.
pub(super) fn in_words(alert: &Alert, used: Parameters) -> String {
    let mut parts = Vec::new();
    if let (Some(amount), Some(threshold)) = (used.threshold, alert.threshold) {
        // Some alerts fire above it, others below: the unit says what is compared.
        parts.push(match amount {
            Amount::Share(share) => format!("{share} of {}", threshold.of),
            Amount::Number(_) | Amount::Time(_) => format!("{amount} ({})", threshold.of),
        });
    }
    parts.extend(used.for_.map(|it| format!("for {it}")));
    parts.push(format!("severity {}", used.severity.name()));
    parts.join(", ")
}
