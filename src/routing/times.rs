//! Named times at which a route is silent, or outside which it is.
//!
//! After `timeinterval/timeinterval.go` and `notify/mute.go` of Alertmanager 0.28 to 0.34. A route
//! that is silent has taken the alert: no route after it is tried.

use std::fmt;

use crate::routing::Verdict;
use crate::routing::tree::Node;

/// Minutes of a day.
const DAY: u16 = 24 * 60;

/// Days of the week as Alertmanager counts them.
pub const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];

/// A named time: every part of it that is given must hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    /// Its name.
    pub name: String,
    /// Days of the week, Sunday being 0; none for all.
    pub weekdays: Vec<u8>,
    /// Parts of the day in minutes, the end not included; none for all.
    pub minutes: Vec<(u16, u16)>,
    /// The time zone, without one UTC.
    pub location: Option<String>,
}

/// A minute of a week, in one time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// The day, Sunday being 0.
    pub weekday: u8,
    /// The minute of the day.
    pub minute: u16,
}

impl Moment {
    /// Every minute of a week.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..7).flat_map(|weekday| (0..DAY).map(move |minute| Self { weekday, minute }))
    }
}

impl Times {
    /// Reads a time of day, `22:00` or `24:00`, as minutes.
    pub fn minute(text: &str) -> Option<u16> {
        let (hours, minutes) = text.split_once(':')?;
        let minute = hours.parse::<u16>().ok()?.checked_mul(60)? + minutes.parse::<u16>().ok()?;
        (minute <= DAY).then_some(minute)
    }

    /// Whether a moment, in its time zone, is part of it.
    pub fn contains(&self, moment: Moment) -> bool {
        let is_day = self.weekdays.is_empty() || self.weekdays.contains(&moment.weekday);
        let within = |(from, to): &(u16, u16)| (*from..*to).contains(&moment.minute);
        is_day && (self.minutes.is_empty() || self.minutes.iter().any(within))
    }
}

impl fmt::Display for Times {
    /// The days, the hours and the zone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let days = self.weekdays.iter();
        let days = days.filter_map(|it| WEEKDAYS.get(usize::from(*it)).copied());
        let clock = |it: &u16| format!("{:02}:{:02}", it / 60, it % 60);
        let hours = self.minutes.iter();
        let hours = hours.map(|(from, to)| format!("{} to {}", clock(from), clock(to)));
        let parts = [
            days.collect::<Vec<_>>().join(", "),
            hours.collect::<Vec<_>>().join(", "),
        ];
        for part in parts.iter().filter(|it| !it.is_empty()) {
            write!(f, "{part}; ")?;
        }
        f.write_str(self.location.as_deref().unwrap_or("UTC"))
    }
}

/// Whether a route is silent in a moment, all times being in one time zone. `Maybe` where it names
/// times that are not given.
pub fn is_silent(node: &Node, times: &[Times], moment: Moment) -> Verdict {
    let any = |names: &[String]| {
        let contains = |name: &String| match times.iter().find(|it| it.name == *name) {
            Some(it) => Verdict::from(it.contains(moment)),
            None => Verdict::Maybe,
        };
        names.iter().map(contains).fold(Verdict::No, Verdict::or)
    };
    let is_inactive = match node.active.is_empty() {
        true => Verdict::No,
        false => any(&node.active).negated(),
    };
    any(&node.mute).or(is_inactive)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::tree::{Route, Tree};

    fn times(name: &str, weekdays: &[u8], minutes: &[(&str, &str)]) -> Times {
        let minute = |it: &str| Times::minute(it).unwrap();
        Times {
            name: name.to_owned(),
            weekdays: weekdays.to_vec(),
            minutes: minutes
                .iter()
                .map(|(a, b)| (minute(a), minute(b)))
                .collect(),
            location: None,
        }
    }

    fn at(weekday: u8, time: &str) -> Moment {
        let minute = Times::minute(time).unwrap();
        Moment { weekday, minute }
    }

    #[test]
    fn every_part_must_hold_and_the_end_is_not_part() {
        let nights = times("nights", &[1, 2], &[("00:00", "06:00"), ("22:00", "24:00")]);
        assert!(nights.contains(at(1, "00:00")));
        assert!(nights.contains(at(2, "23:59")));
        assert!(!nights.contains(at(2, "06:00")));
        assert!(!nights.contains(at(3, "23:00")));
        assert!(times("sunday", &[0], &[]).contains(at(0, "12:00")));
        assert!(times("noon", &[], &[("12:00", "12:01")]).contains(at(4, "12:00")));
        assert_eq!(Times::minute("24:01"), None);
    }

    #[test]
    fn a_route_is_silent_while_muted_and_while_not_active() {
        let all = [
            times("weekend", &[0, 6], &[]),
            times("office", &[], &[("08:00", "18:00")]),
        ];
        let silent = |mute: &[&str], active: &[&str], moment| {
            let names = |it: &[&str]| it.iter().map(|it| (*it).to_owned()).collect();
            let route = Route {
                mute: names(mute),
                active: names(active),
                ..Route::default()
            };
            is_silent(Tree::new(&route).node(0), &all, moment)
        };
        assert_eq!(silent(&[], &[], at(6, "12:00")), Verdict::No);
        assert_eq!(silent(&["weekend"], &[], at(6, "12:00")), Verdict::Yes);
        assert_eq!(silent(&["weekend"], &[], at(5, "12:00")), Verdict::No);
        assert_eq!(silent(&[], &["office"], at(5, "19:00")), Verdict::Yes);
        assert_eq!(
            silent(&["weekend"], &["office"], at(6, "12:00")),
            Verdict::Yes
        );
        assert_eq!(
            silent(&["weekend"], &["office"], at(5, "12:00")),
            Verdict::No
        );
        assert_eq!(silent(&["unknown"], &[], at(5, "12:00")), Verdict::Maybe);
        // Any of the active times is enough.
        assert_eq!(
            silent(&[], &["office", "weekend"], at(6, "20:00")),
            Verdict::No
        );
    }
}
