//! What follows from what differs.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::diff::fields::Field;
use crate::effect::{Class, Effect};

/// What follows for one thing: an instance, an alert, a part of the stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consequence {
    /// Where it is told.
    pub part: Part,
    /// What it is about: an instance as `namespace/name`, an alert, an object. Several where it is the same for
    /// all.
    pub subjects: Vec<String>,
    /// The instances that it concerns, as `namespace/name`; none where it concerns what they share.
    pub instances: Vec<String>,
    /// What happens, the worst first.
    pub effects: Vec<Caused>,
}

/// What happens, and the fields that bring it about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Caused {
    /// What happens.
    pub effect: Effect,
    /// The fields, with their values.
    pub by: Vec<Cause>,
}

/// A field that brings something about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cause {
    /// Its path, as people write it.
    pub field: String,
    /// Its value before, in one line; nothing where it is new.
    pub before: Option<String>,
    /// Its value after, in one line; nothing where it is gone.
    pub after: Option<String>,
}

/// The parts that a reviewer looks at, in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The instances.
    Redis,
    /// The alerts, and who is told.
    Alerts,
    /// What is scraped.
    Metrics,
    /// Logs.
    Logs,
    /// Traces.
    Tracing,
    /// Dashboards of Grafana and Kibana.
    Dashboards,
    /// Everything else.
    Other,
}

impl Part {
    /// All of them.
    pub const ALL: &[Self] = &[
        Self::Redis,
        Self::Alerts,
        Self::Metrics,
        Self::Logs,
        Self::Tracing,
        Self::Dashboards,
        Self::Other,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Redis => "redis",
            Self::Alerts => "alerts",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
            Self::Tracing => "tracing",
            Self::Dashboards => "dashboards",
            Self::Other => "other",
        }
    }
}

impl Consequence {
    /// How bad the worst of it is.
    pub fn class(&self) -> Class {
        let classes = self.effects.iter().map(|it| it.effect.class);
        classes.max().unwrap_or(Class::None)
    }
}

impl Cause {
    /// A field of an object.
    pub(super) fn of(field: &Field) -> Self {
        Self {
            field: field.name(),
            before: field.before.as_ref().map(in_one_line),
            after: field.after.as_ref().map(in_one_line),
        }
    }
}

/// Characters of a value that are worth a reader's time.
const LONGEST: usize = 60;

/// A value in one line.
pub(super) fn in_one_line(value: &Value) -> String {
    let text = match value {
        Value::String(text) => text.split_whitespace().collect::<Vec<_>>().join(" "),
        value => value.to_string(),
    };
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// What something is the same for.
#[derive(Default)]
struct Whom {
    subjects: Vec<String>,
    instances: Vec<String>,
}

/// Joins those that are the same but for what they are about, and puts the worst first.
pub(super) fn joined(consequences: Vec<Consequence>) -> Vec<Consequence> {
    let mut alike: BTreeMap<(Part, Vec<Caused>), Whom> = BTreeMap::new();
    for it in consequences {
        let whom = alike.entry((it.part, it.effects)).or_default();
        whom.subjects.extend(it.subjects);
        whom.instances.extend(it.instances);
    }
    let mut joined: Vec<Consequence> = alike
        .into_iter()
        .map(|((part, effects), whom)| {
            let Whom {
                subjects,
                instances,
            } = whom;
            let name = match instances.as_slice() {
                [only] => only.rsplit('/').next(),
                _ => None,
            };
            let effects = effects.into_iter().map(|it| Caused {
                effect: it.effect.on(name),
                ..it
            });
            Consequence {
                part,
                effects: effects.collect(),
                subjects,
                instances,
            }
        })
        .collect();
    joined.sort_by(|a, b| {
        (b.class().cmp(&a.class()))
            .then_with(|| a.part.cmp(&b.part))
            .then_with(|| a.subjects.cmp(&b.subjects))
    });
    joined
}
