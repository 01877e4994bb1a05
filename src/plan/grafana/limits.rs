//! Where panels change colour: at the thresholds of the alerts.

use serde_json::Number;

use crate::alerts;
use crate::alerts::class::{Class, classes};
use crate::alerts::parameters::Amount;
use crate::api::grafana::Step;
use crate::model::stack::Stack;
use crate::read::spec::Severity;

/// The least that a panel distinguishes from nothing. Grafana colours a value that equals a step,
/// and an alert over 0 is silent at 0.
const ABOVE_NOTHING: &str = "0.000001";

/// Which side of a threshold is bad.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// The values above it.
    Above,
    /// The values below it.
    Below,
}

/// Where the colour changes, and what is said about it.
#[derive(Debug, Clone)]
pub(super) struct Limit {
    /// The steps; only the colour of all values where no alert watches them.
    pub(super) steps: Vec<Step>,
    /// A sentence for the description of the panel.
    pub(super) sentence: String,
}

/// The limit that the alert of that name sets: the strictest, where classes have different ones.
pub(super) fn limit(stack: &Stack, name: &str, bad: Bad) -> Limit {
    let alert = alerts::find(name).expect("a panel names an alert that there is");
    let mut classes: Vec<(Amount, Class<'_>)> = classes(stack, alert)
        .into_iter()
        .filter_map(|it| Some((it.parameters.threshold?, it)))
        .collect();
    classes.sort_by_key(|(amount, _)| *amount);
    if bad == Bad::Below {
        classes.reverse();
    }
    let Some((strictest, class)) = classes.first() else {
        return Limit {
            steps: vec![step("green", None)],
            sentence: format!("The policy has {name} switched off: no alert watches this."),
        };
    };
    let different = classes.iter().any(|(amount, _)| amount != strictest);
    let mut sentence = match bad {
        Bad::Above => format!("Worry above {strictest}, where {name} fires"),
        Bad::Below => format!("Worry below {strictest}, where {name} fires"),
    };
    if different {
        sentence.push_str(&format!(
            " for {}; others have another threshold, and the strictest is shown",
            whom(class)
        ));
    }
    sentence.push('.');
    let colour = colour(class.parameters.severity);
    let steps = match bad {
        Bad::Above => vec![step("green", None), step(colour, Some(*strictest))],
        Bad::Below => vec![step(colour, None), step("green", Some(*strictest))],
    };
    Limit { steps, sentence }
}

/// The colour of a severity.
pub(super) fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "red",
        Severity::Warning => "orange",
        Severity::Info => "blue",
    }
}

/// The colour of all values where there is no limit.
pub(super) fn none() -> Vec<Step> {
    vec![step("blue", None)]
}

fn step(color: &'static str, amount: Option<Amount>) -> Step {
    let value = amount.map(|it| {
        let text = match it.as_promql() {
            zero if zero == "0" => ABOVE_NOTHING.to_owned(),
            other => other,
        };
        number(&text)
    });
    Step { color, value }
}

/// Everything but all is bad.
pub(super) fn all() -> Limit {
    let good = Step {
        color: "green",
        value: Some(number("1")),
    };
    Limit {
        steps: vec![step("red", None), good],
        sentence: String::new(),
    }
}

/// What counts things that should not be: one of them is bad.
pub(super) fn from_one(color: &'static str) -> Limit {
    let bad = Step {
        color,
        value: Some(number("1")),
    };
    Limit {
        steps: vec![step("green", None), bad],
        sentence: String::new(),
    }
}

/// A number as it is written.
pub(super) fn number(text: &str) -> Number {
    serde_json::from_str(text).expect("a threshold is a number in JSON as well")
}

/// The instances of a class in few words.
fn whom(class: &Class<'_>) -> String {
    match class.description.len() {
        0..=60 => class.description.clone(),
        _ => format!("{} instances", class.instances.len()),
    }
}
