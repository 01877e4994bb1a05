//! The routing tree, resolved: every receiver and time that it names exists.

use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::Known;
use crate::model::stack::{Heartbeat, Inhibition, MuteTime, Route, Routing};
use crate::read::defaults;
use crate::read::spec::{Delivery, MuteTimeSpec, RouteSpec, StackSpec, Weekday};
use crate::value::name::LabelName;

pub(super) fn resolve(spec: &StackSpec, known: &Known<'_>, acc: &mut Vec<Diagnostic>) -> Routing {
    let routing = &spec.routing;
    let at = FieldPath::spec(&["routing"]);
    known.receiver(&routing.default, at.key("default"), acc);
    if let Some(heartbeat) = &routing.heartbeat {
        known.receiver(
            &heartbeat.receiver,
            at.key("heartbeat").key("receiver"),
            acc,
        );
    }
    let group_by = match &routing.group_by {
        Some(labels) => texts(labels),
        None => defaults::GROUP_BY.map(str::to_owned).to_vec(),
    };
    let root = Route {
        matchers: Vec::new(),
        receiver: Some(routing.default.to_string()),
        continue_: false,
        group_by: Some(group_by),
        group_wait: Some(routing.group_wait.unwrap_or(defaults::GROUP_WAIT)),
        group_interval: Some(routing.group_interval.unwrap_or(defaults::GROUP_INTERVAL)),
        repeat_interval: Some(routing.repeat_interval.unwrap_or(defaults::REPEAT_INTERVAL)),
        mute: Vec::new(),
        active: Vec::new(),
        routes: routes(&routing.routes, &at.key("routes"), known, acc),
        at: at.clone(),
    };
    let inhibitions = routing
        .inhibit
        .iter()
        .enumerate()
        .map(|(index, it)| Inhibition {
            source: it.source.clone(),
            target: it.target.clone(),
            equal: texts(&it.equal),
            at: at.key("inhibit").index(index),
        })
        .collect();
    Routing {
        root,
        heartbeat: routing.heartbeat.as_ref().map(|it| Heartbeat {
            receiver: it.receiver.to_string(),
            period: it.period,
        }),
        inhibitions,
        mute_times: routing
            .mute_times
            .iter()
            .map(|it| {
                mute_time(
                    it,
                    spec.platform.alertmanager.delivery,
                    &at.key("muteTimes"),
                    acc,
                )
            })
            .collect(),
    }
}

fn routes(
    specs: &[RouteSpec],
    at: &FieldPath,
    known: &Known<'_>,
    acc: &mut Vec<Diagnostic>,
) -> Vec<Route> {
    let mut resolved = Vec::new();
    for (index, spec) in specs.iter().enumerate() {
        let at = at.index(index);
        if let Some(receiver) = &spec.receiver {
            known.receiver(receiver, at.key("receiver"), acc);
        }
        for (field, names) in [("mute", &spec.mute), ("active", &spec.active)] {
            for (position, name) in names.iter().enumerate() {
                known.mute_time(name, at.key(field).index(position), acc);
            }
        }
        if spec.matchers.is_empty() {
            acc.push(
                Diagnostic::error(
                    "routing/matches-everything",
                    Place::Key(at.key("matchers")),
                    "this route takes every alert",
                )
                .note("no route after it is tried")
                .help("add a matcher, or make its receiver the default"),
            );
        }
        resolved.push(Route {
            matchers: spec.matchers.clone(),
            receiver: spec.receiver.as_ref().map(ToString::to_string),
            continue_: spec.continue_,
            group_by: spec.group_by.as_deref().map(texts),
            group_wait: spec.group_wait,
            group_interval: spec.group_interval,
            repeat_interval: spec.repeat_interval,
            mute: spec.mute.iter().map(ToString::to_string).collect(),
            active: spec.active.iter().map(ToString::to_string).collect(),
            routes: routes(&spec.routes, &at.key("routes"), known, acc),
            at,
        });
    }
    resolved
}

fn mute_time(
    spec: &MuteTimeSpec,
    delivery: Delivery,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) -> MuteTime {
    let at = at.key(spec.name.as_str());
    if spec.weekdays.is_empty() && spec.times.is_empty() {
        acc.push(
            Diagnostic::error(
                "routing/empty-mute-time",
                Place::Key(at.clone()),
                format!("the mute time `{}` names no time", spec.name),
            )
            .note("it would never apply, and the routes that name it would not be silent")
            .help("add `weekdays` or `times`"),
        );
    }
    for (index, range) in spec.times.iter().enumerate() {
        if range.from.as_str() >= range.to.as_str() {
            acc.push(
                Diagnostic::error(
                    "routing/empty-mute-time",
                    Place::Key(at.key("times").index(index)),
                    format!("{} is not before {}", range.from, range.to),
                )
                .note("Alertmanager knows no time that passes midnight")
                .help("write two ranges: one to `\"24:00\"`, one from `\"00:00\"`"),
            );
        }
    }
    if let Some(location) = &spec.location
        && delivery == Delivery::AlertmanagerConfig
        && !location.is_utc()
    {
        acc.push(
                Diagnostic::error(
                    "routing/location-not-deliverable",
                    Place::Value(at.key("location")),
                    "an AlertmanagerConfig cannot carry a time zone",
                )
                .context(
                    Place::Value(FieldPath::spec(&["platform", "alertmanager", "delivery"])),
                    "delivered as AlertmanagerConfig",
                )
                .note("its muteTimeIntervals are in UTC, so the route would be silent at other hours than written")
                .help("write the times in UTC and leave `location` out, or use `delivery: secret`"),
            );
    }
    let mut weekdays = spec.weekdays.clone();
    weekdays.sort_by_key(|it| (*it != Weekday::Sunday, *it));
    weekdays.dedup();
    MuteTime {
        name: spec.name.to_string(),
        weekdays,
        times: spec
            .times
            .iter()
            .map(|it| (it.from.to_string(), it.to.to_string()))
            .collect(),
        location: spec
            .location
            .as_ref()
            .filter(|it| !it.is_utc())
            .map(ToString::to_string),
        at,
    }
}

fn texts(labels: &[LabelName]) -> Vec<String> {
    labels.iter().map(ToString::to_string).collect()
}
