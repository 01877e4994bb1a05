//! The parameters of an alert, and where they come from: built in, then tier, then instance.

use crate::alerts::Alert;
use crate::model::stack::{Instance, Stack};
use crate::read::spec::{AlertParametersSpec, Severity, ThresholdValue};
use crate::value::Wrong;
use crate::value::duration::Duration;
use crate::value::percentage::Percentage;

/// The threshold of an alert.
#[derive(Debug, Clone, Copy)]
pub struct Threshold {
    /// Its value, where nothing else is written; it also says the unit.
    pub default: Amount,
    /// What it is a share of, or what it counts.
    pub of: &'static str,
    /// On which side of it the alert fires.
    pub fires: Fires,
}

/// On which side of its threshold an alert fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fires {
    /// Above it.
    Above,
    /// Below it.
    Below,
}

impl Fires {
    /// The word for it.
    pub fn side(self) -> &'static str {
        match self {
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

/// A threshold with its unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Amount {
    /// A share of something.
    Share(Percentage),
    /// A number of something.
    Number(i64),
    /// A time.
    Time(Duration),
}

/// The parameters of an alert as used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Parameters {
    /// The threshold, where the alert has one.
    pub threshold: Option<Amount>,
    /// How long the condition must hold.
    pub for_: Option<Duration>,
    /// How urgent it is.
    pub severity: Severity,
}

impl Amount {
    /// Reads a threshold in the unit of this one.
    pub fn read_like(self, written: &ThresholdValue) -> Result<Self, Wrong> {
        let what = format!("this threshold is {}", self.unit());
        // A number may lack its unit only, or be none of this kind at all.
        let exactly = |text: String, read: Result<(), Wrong>| match read {
            Ok(()) => Err(Wrong::new(what.clone(), String::new()).near(&text)),
            Err(wrong) => Err(Wrong::new(what.clone(), wrong.help)),
        };
        match (self, written) {
            (Self::Share(_), ThresholdValue::Text(text)) => {
                Percentage::parse(text).map(Self::Share)
            }
            (Self::Share(_), ThresholdValue::Number(number)) => {
                let share = format!("{number}%");
                let read = Percentage::parse(&share).map(drop);
                exactly(share, read)
            }
            (Self::Number(_), ThresholdValue::Number(number)) if *number >= 0 => {
                Ok(Self::Number(*number))
            }
            (Self::Number(_), _) => Err(Wrong::new(
                what.clone(),
                "write a whole number, such as `100`",
            )),
            (Self::Time(_), ThresholdValue::Text(text)) => Duration::parse(text).map(Self::Time),
            (Self::Time(_), ThresholdValue::Number(number)) => {
                let time = format!("{number}s");
                let read = Duration::parse(&time).map(drop);
                exactly(time, read)
            }
        }
    }

    /// The unit, in words.
    pub fn unit(self) -> &'static str {
        match self {
            Self::Share(_) => "a share in percent",
            Self::Number(_) => "a number",
            Self::Time(_) => "a duration",
        }
    }

    /// The value as PromQL compares with it.
    pub fn as_promql(self) -> String {
        match self {
            Self::Share(share) => share.as_ratio(),
            Self::Number(number) => number.to_string(),
            Self::Time(time) => time.as_secs().to_string(),
        }
    }
}

impl std::fmt::Display for Amount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Share(share) => write!(f, "{share}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Time(time) => write!(f, "{time}"),
        }
    }
}

/// The parameters of an alert for every instance of a tier that has none of its own; `None` where
/// the tier switches it off.
pub fn of_tier(stack: &Stack, alert: &Alert, tier: &str) -> Option<Parameters> {
    layered(
        alert,
        &[stack
            .tier_parameters
            .get(tier)
            .and_then(|it| it.get(alert.name))],
    )
}

/// The parameters of an alert for an instance; `None` where it is switched off.
pub fn of_instance(stack: &Stack, alert: &Alert, instance: &Instance) -> Option<Parameters> {
    layered(
        alert,
        &[
            stack
                .tier_parameters
                .get(&instance.tier)
                .and_then(|it| it.get(alert.name)),
            instance.alerts.get(alert.name),
        ],
    )
}

/// The parameters of an alert about the stack as a whole.
pub fn built_in(alert: &Alert) -> Parameters {
    Parameters {
        threshold: alert.threshold.map(|it| it.default),
        for_: alert.for_,
        severity: alert.severity,
    }
}

/// Later layers win, field by field. A threshold in the wrong unit counts for nothing here: the
/// check stage refuses the policy for it.
fn layered(alert: &Alert, layers: &[Option<&AlertParametersSpec>]) -> Option<Parameters> {
    let mut parameters = built_in(alert);
    let mut enabled = true;
    for layer in layers.iter().flatten() {
        enabled = layer.enabled.unwrap_or(enabled);
        parameters.for_ = layer.for_.or(parameters.for_);
        parameters.severity = layer.severity.unwrap_or(parameters.severity);
        if let (Some(current), Some(written)) = (parameters.threshold, &layer.threshold) {
            parameters.threshold = Some(current.read_like(written).unwrap_or(current));
        }
    }
    enabled.then_some(parameters)
}
