//! What a change does to what runs, and how bad that is.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

/// How bad a change is for what runs, or for who watches it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Nothing at run time.
    None,
    /// It is applied to what runs, and nothing restarts.
    Hot,
    /// It is written, and not applied until something restarts.
    Silent,
    /// Pods restart one by one.
    Rolling,
    /// A primary moves.
    Failover,
    /// What runs is deleted and made again.
    Recreate,
    /// Something is no longer watched, or later, or someone else is told.
    MonitoringGap,
    /// Data can be lost.
    DataRisk,
}

impl Class {
    /// All of them: what happens to Redis from the harmless to the harmful, then what happens to who
    /// watches it.
    pub const ALL: &[Self] = &[
        Self::None,
        Self::Hot,
        Self::Silent,
        Self::Rolling,
        Self::Failover,
        Self::Recreate,
        Self::DataRisk,
        Self::MonitoringGap,
    ];

    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Hot => "hot",
            Self::Silent => "silent",
            Self::Rolling => "rolling",
            Self::Failover => "failover",
            Self::Recreate => "recreate",
            Self::DataRisk => "data-risk",
            Self::MonitoringGap => "monitoring-gap",
        }
    }

    /// What it means, in a few words.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::None => "nothing at run time",
            Self::Hot => "applied while it runs",
            Self::Silent => "written, and not applied until a restart",
            Self::Rolling => "pods restart one by one",
            Self::Failover => "a primary moves",
            Self::Recreate => "deleted and made again",
            Self::DataRisk => "data can be lost",
            Self::MonitoringGap => "watched less, or later, or by others",
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Effect {
    /// How bad it is.
    pub class: Class,
    /// What will happen: a clause without a subject before it or a full stop after it.
    pub what: Cow<'static, str>,
    /// For how long something is exposed, and to what; empty where nothing is.
    pub exposed: Cow<'static, str>,
    /// What to do instead, where there is a gentler way.
    pub instead: Option<Cow<'static, str>>,
    /// Where it is written that it is so: a file of the program that does it, or its documentation.
    pub source: Cow<'static, str>,
}

/// Stands for the name of an instance in the texts of an effect, so that what is the same for several can be said
/// once.
pub const NAME: &str = "{name}";

impl Effect {
    /// The effect on one instance, or on several, whose names are then `INSTANCE`.
    #[must_use]
    pub fn on(self, name: Option<&str>) -> Self {
        let filled = |text: Cow<'static, str>| match text.contains(NAME) {
            true => Cow::Owned(text.replace(NAME, name.unwrap_or("INSTANCE"))),
            false => text,
        };
        Self {
            what: filled(self.what),
            exposed: filled(self.exposed),
            instead: self.instead.map(filled),
            ..self
        }
    }
}
