//! Which alert goes to which receiver, and when.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::read::defaults;
use crate::value::duration::Duration;
use crate::value::matcher::Matcher;
use crate::value::name::{LabelName, Name};
use crate::value::text::TimeOfDay;
use crate::value::time_zone::{TimeZone, UTC};

/// Which alert goes to which receiver.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RoutingSpec {
    /// The receiver of what no route takes.
    #[schemars(example = &"platform-slack")]
    pub default: Name,
    /// The labels that alerts of one notification share.
    #[serde(default)]
    #[schemars(extend("default" = defaults::GROUP_BY))]
    pub group_by: Option<Vec<LabelName>>,
    /// How long a new group waits for more alerts.
    #[serde(default)]
    #[schemars(extend("default" = defaults::GROUP_WAIT.to_string()))]
    pub group_wait: Option<Duration>,
    /// How long until a change of a group is told.
    #[serde(default)]
    #[schemars(extend("default" = defaults::GROUP_INTERVAL.to_string()))]
    pub group_interval: Option<Duration>,
    /// How long until an unchanged group is told again.
    #[serde(default)]
    #[schemars(extend("default" = defaults::REPEAT_INTERVAL.to_string()))]
    pub repeat_interval: Option<Duration>,
    /// Where the always-firing Watchdog goes, so that its silence is heard.
    #[serde(default)]
    pub heartbeat: Option<HeartbeatSpec>,
    /// The routes, in order.
    #[serde(default)]
    pub routes: Vec<RouteSpec>,
    /// Alerts that silence others.
    #[serde(default)]
    pub inhibit: Vec<InhibitSpec>,
    /// Times at which routes may be silent.
    #[serde(default)]
    pub mute_times: Vec<MuteTimeSpec>,
}

/// Where the always-firing Watchdog goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HeartbeatSpec {
    /// The receiver: a service outside the cluster that raises an alarm when it hears nothing.
    #[schemars(example = &"deadmans-switch")]
    pub receiver: Name,
    /// How long that service waits before it raises the alarm.
    #[schemars(example = &"5m")]
    pub period: Duration,
}

/// A route.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct RouteSpec {
    /// The conditions; all must hold.
    pub matchers: Vec<Matcher>,
    /// The receiver; without it, that of the route above.
    #[serde(default)]
    #[schemars(example = &"checkout-pager")]
    pub receiver: Option<Name>,
    /// Whether the routes after it are tried too.
    #[serde(default, rename = "continue")]
    pub continue_: bool,
    /// The labels that alerts of one notification share.
    #[serde(default)]
    pub group_by: Option<Vec<LabelName>>,
    /// How long a new group waits for more alerts.
    #[serde(default)]
    pub group_wait: Option<Duration>,
    /// How long until a change of a group is told.
    #[serde(default)]
    pub group_interval: Option<Duration>,
    /// How long until an unchanged group is told again.
    #[serde(default)]
    pub repeat_interval: Option<Duration>,
    /// Times at which this route is silent.
    #[serde(default)]
    pub mute: Vec<Name>,
    /// Times outside which this route is silent.
    #[serde(default)]
    pub active: Vec<Name>,
    /// Routes below this one, tried first.
    #[serde(default)]
    pub routes: Vec<RouteSpec>,
}

/// An alert that silences others.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct InhibitSpec {
    /// The alert that silences.
    pub source: Vec<Matcher>,
    /// The alerts that are silenced.
    pub target: Vec<Matcher>,
    /// The labels that must be the same on both.
    pub equal: Vec<LabelName>,
}

/// Times at which routes may be silent.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct MuteTimeSpec {
    /// Its name.
    #[schemars(example = &"weekend")]
    pub name: Name,
    /// Days of the week.
    #[serde(default)]
    pub weekdays: Vec<Weekday>,
    /// Times of day; one that passes midnight is two.
    #[serde(default)]
    pub times: Vec<TimeRangeSpec>,
    /// The time zone, such as `Europe/Berlin`; without it UTC. AlertmanagerConfig knows UTC only.
    #[serde(default)]
    #[schemars(extend("default" = UTC))]
    pub location: Option<TimeZone>,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Weekday {
    Monday,
    Tuesday,
    Wednesday,
    Thursday,
    Friday,
    Saturday,
    Sunday,
}

impl Weekday {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Monday => "monday",
            Self::Tuesday => "tuesday",
            Self::Wednesday => "wednesday",
            Self::Thursday => "thursday",
            Self::Friday => "friday",
            Self::Saturday => "saturday",
            Self::Sunday => "sunday",
        }
    }
}

/// A part of a day.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimeRangeSpec {
    /// Its beginning.
    #[schemars(example = &"22:00")]
    pub from: TimeOfDay,
    /// Its end.
    #[schemars(example = &"24:00")]
    pub to: TimeOfDay,
}
