//! What alerts are told to, and what keeps them quiet.

use std::collections::BTreeSet;

use crate::diff::alerts::watch::{Alertmanager, Watch};
use crate::diff::canonical::canonical;
use crate::diff::consequence::{Cause, Caused, Consequence, Part};
use crate::diff::fields::{Field, fields};
use crate::effect::{Class, Effect};
use crate::routing::condition::Conditions;
use crate::routing::inhibition::Inhibition;

/// Fields of a receiver that are what people read, not where they read it.
const TEXTS: &[&str] = &[
    "actions",
    "color",
    "description",
    "details",
    "fields",
    "footer",
    "headers",
    "html",
    "iconEmoji",
    "iconURL",
    "icon_emoji",
    "icon_url",
    "message",
    "messageType",
    "message_type",
    "pretext",
    "subject",
    "text",
    "title",
    "titleLink",
    "title_link",
    "username",
];

const SOURCE: &str = "notify/notify.go and inhibit/inhibit.go, Alertmanager 0.33";

/// Adds what becomes of receivers and inhibitions.
pub(super) fn consequences(was: &Watch<'_>, is: &Watch<'_>, acc: &mut Vec<Consequence>) {
    let (Some(was), Some(is)) = (&was.alertmanager, &is.alertmanager) else {
        if was.alertmanager.is_some() != is.alertmanager.is_some() {
            let is_gone = was.alertmanager.is_some();
            acc.push(told(
                "Alertmanager".to_owned(),
                match is_gone {
                    true => Class::MonitoringGap,
                    false => Class::Hot,
                },
                match is_gone {
                    true => {
                        "gets no configuration of this stack any more: nobody is told of its alerts"
                    }
                    false => "gets a configuration of this stack",
                }
                .to_owned(),
                Vec::new(),
            ));
        }
        return;
    };
    receivers(was, is, acc);
    inhibitions(was, is, acc);
}

fn told(subject: String, class: Class, what: String, by: Vec<Cause>) -> Consequence {
    Consequence {
        part: Part::Alerts,
        subjects: vec![subject],
        instances: Vec::new(),
        effects: vec![Caused {
            effect: Effect {
                class,
                what: what.into(),
                exposed: "".into(),
                instead: None,
                source: SOURCE.into(),
            },
            by,
        }],
    }
}

fn receivers(was: &Alertmanager<'_>, is: &Alertmanager<'_>, acc: &mut Vec<Consequence>) {
    let names: BTreeSet<&str> = was
        .receivers
        .keys()
        .chain(is.receivers.keys())
        .copied()
        .collect();
    for name in names {
        let subject = format!("receiver {name}");
        match (was.receivers.get(name), is.receivers.get(name)) {
            (Some(before), Some(after)) => {
                let (mut before, mut after) = ((*before).clone(), (*after).clone());
                canonical(&mut before);
                canonical(&mut after);
                let changed = fields(&before, &after);
                let is_text = |it: &Field| it.path.iter().any(|it| TEXTS.contains(&it.as_str()));
                let (texts, rest): (Vec<Field>, Vec<Field>) =
                    changed.into_iter().partition(is_text);
                let causes = |of: &[Field]| of.iter().map(Cause::of).collect();
                if !rest.is_empty() {
                    acc.push(told(
                        subject,
                        Class::MonitoringGap,
                        "tells elsewhere or otherwise: whoever read it there may read nothing"
                            .to_owned(),
                        causes(&rest),
                    ));
                } else if !texts.is_empty() {
                    acc.push(told(
                        subject,
                        Class::Hot,
                        "tells with other words".to_owned(),
                        causes(&texts),
                    ));
                }
            }
            // Who is no longer told is said by alert.
            (Some(_), None) => {
                acc.push(told(subject, Class::None, "is gone".to_owned(), Vec::new()))
            }
            (None, _) => acc.push(told(subject, Class::None, "is new".to_owned(), Vec::new())),
        }
    }
}

fn inhibitions(was: &Alertmanager<'_>, is: &Alertmanager<'_>, acc: &mut Vec<Consequence>) {
    let of = |it: &Alertmanager<'_>| -> BTreeSet<(String, String, String)> {
        it.inhibitions.iter().map(words).collect()
    };
    let (before, after) = (of(was), of(is));
    for (source, target, equal) in after.difference(&before) {
        acc.push(told(
            format!("alerts with {target}"),
            Class::MonitoringGap,
            format!("are not told while one with {source} fires that has the same {equal}"),
            Vec::new(),
        ));
    }
    for (source, target, equal) in before.difference(&after) {
        acc.push(told(
            format!("alerts with {target}"),
            Class::Hot,
            format!("are told beside one with {source} that has the same {equal}"),
            Vec::new(),
        ));
    }
}

/// The sides of an inhibition, and what has to be equal.
fn words(inhibition: &Inhibition) -> (String, String, String) {
    let of = |it: &Conditions| {
        let mut all: Vec<String> = it.iter().map(|it| it.matcher().to_string()).collect();
        all.sort();
        all.join(", ")
    };
    let mut equal = inhibition.equal.clone();
    equal.sort();
    (
        of(&inhibition.source),
        of(&inhibition.target),
        equal.join(", "),
    )
}
