//! Pages that nobody gets, or that one lost channel keeps from everybody.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::conventions::label;
use crate::check::routed::{WATCHDOG, is_page, named};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, ticked};
use crate::prove::routed::Routed;
use crate::prove::routed::subjects::{Origin, Subject};
use crate::receivers::ReceiverSpec;
use crate::routing::Verdict;
use crate::routing::condition::Condition;
use crate::routing::labels::Value;
use crate::routing::times::{Moment, is_silent};
use crate::routing::tree::Taken;
use crate::value::promql::Comparison;

pub(super) fn run(routed: &Routed<'_>, acc: &mut Vec<Diagnostic>) {
    let pages: Vec<&(Subject<'_>, Vec<Taken>)> = routed
        .subjects
        .iter()
        .filter(|(subject, _)| is_page(subject))
        .collect();
    lost(routed, &pages, acc);
    to_default(routed, &pages, acc);
    muted(routed, &pages, acc);
    by_one_channel(routed, &pages, acc);
    without_owner(routed, acc);
}

/// The route that takes what no other does.
fn default_of(routed: &Routed<'_>) -> usize {
    let tree = &routed.delivered.tree;
    let is_whole = tree.node(0).conditions.iter().next().is_none();
    match is_whole {
        true => tree.node(0).children.first().copied().unwrap_or(0),
        false => 0,
    }
}

/// Pages that no route sees, or whose routes are always silent.
fn lost(routed: &Routed<'_>, pages: &[&(Subject<'_>, Vec<Taken>)], acc: &mut Vec<Diagnostic>) {
    for (subject, taken) in &routed.subjects {
        if !taken.is_empty() {
            continue;
        }
        let at = match subject.origin {
            Origin::Custom(custom) => Place::Key(custom.at.clone()),
            Origin::BuiltIn(_) => Place::Value(strategy()),
        };
        let namespace = match subject.labels.get(label::NAMESPACE) {
            Value::Text(it) if it.is_empty() => "no label `namespace`".to_owned(),
            Value::Text(it) => format!("the label `namespace=\"{it}\"`"),
            Value::OneOf(_) | Value::Unknown => "another label `namespace`".to_owned(),
        };
        let told_of_nobody = format!("nobody is told of {}", named(routed, subject));
        acc.push(
            match is_page(subject) {
                true => Diagnostic::error("routing/alert-to-null", at, told_of_nobody),
                false => Diagnostic::warning("routing/alert-unseen", at, told_of_nobody),
            }
            .label(format!("the alert has {namespace}"))
            .context(
                Place::Value(strategy()),
                "an AlertmanagerConfig sees the alerts of its own namespace",
            )
            .note("no resource of this stack is in a namespace that the alert names")
            .help("keep the label `namespace` in the expression, or use `matcherStrategy: None`"),
        );
    }
    let silent: BTreeSet<usize> = routed
        .delivered
        .tree
        .nodes()
        .filter(|(number, _)| is_always_silent(routed, *number))
        .map(|(number, _)| number)
        .collect();
    let mut found = BTreeSet::new();
    for (subject, taken) in pages {
        if taken.is_empty() || !taken.iter().all(|it| silent.contains(&it.node)) {
            continue;
        }
        let node = taken[0].node;
        if found.insert(node) {
            acc.push(
                Diagnostic::error(
                    "routing/alert-to-null",
                    Place::Key(routed.delivered.places[node].clone()),
                    format!("nobody is told of {}", named(routed, subject)),
                )
                .label("is silent at every time")
                .note("its times leave no minute of the week")
                .help("shorten `mute`, or add to `active`"),
            );
        }
    }
}

fn strategy() -> FieldPath {
    FieldPath::spec(&["platform", "alertmanager", "matcherStrategy"])
}

/// Whether a route is silent in every minute; `false` where its times are in several time zones.
fn is_always_silent(routed: &Routed<'_>, number: usize) -> bool {
    let node = routed.delivered.tree.node(number);
    if node.mute.is_empty() && node.active.is_empty() {
        return false;
    }
    let all = &routed.delivered.times;
    let named = all
        .iter()
        .filter(|it| node.mute.contains(&it.name) || node.active.contains(&it.name));
    let zones: BTreeSet<_> = named.map(|it| &it.location).collect();
    zones.len() == 1 && Moment::all().all(|it| is_silent(node, all, it) == Verdict::Yes)
}

/// Pages that no route for pages takes, where others are taken by one.
fn to_default(
    routed: &Routed<'_>,
    pages: &[&(Subject<'_>, Vec<Taken>)],
    acc: &mut Vec<Diagnostic>,
) {
    let default = default_of(routed);
    let is_default = |it: &Taken| it.node == default && it.is_certain;
    type Page<'a> = &'a (Subject<'a>, Vec<Taken>);
    let (fallen, routed_pages): (Vec<Page<'_>>, Vec<Page<'_>>) = pages
        .iter()
        .copied()
        .filter(|(_, taken)| !taken.is_empty())
        .partition(|(_, taken)| taken.iter().all(is_default));
    // A route to the receiver of the default tells nobody else.
    let tree = &routed.delivered.tree;
    let is_by_route =
        |it: &&Taken| it.is_certain && tree.node(it.node).receiver != tree.node(default).receiver;
    let other = routed_pages
        .iter()
        .find(|(_, taken)| taken.iter().any(|it| is_by_route(&it)));
    let (Some((other, way)), Some((first, _))) = (other, fallen.first()) else {
        return;
    };
    let route = way.iter().find(is_by_route);
    let names: BTreeSet<&str> = fallen.iter().map(|(it, _)| it.alert).collect();
    let names: Vec<&str> = names.into_iter().collect();
    let mut finding = Diagnostic::warning(
        "routing/page-to-default",
        Place::Value(FieldPath::spec(&["routing", "default"])),
        format!(
            "{} wakes somebody, and no route takes it",
            named(routed, first)
        ),
    )
    .label(match names.len() {
        1 => "gets this page".to_owned(),
        count => format!("gets the pages of {count} alerts"),
    })
    .note(format!(
        "other pages have a route, such as {}; without one go {}",
        named(routed, other),
        ticked(&names)
    ))
    .help(
        "add a route for `severity=\"critical\"` after the others, or accept this with the reason",
    )
    .of_this_stack(true);
    if let Some(route) = route {
        finding = finding.context(
            Place::Key(routed.delivered.places[route.node].clone()),
            "takes others",
        );
    }
    acc.push(finding);
}

/// Pages that nobody gets at some time: a route that is silent has taken them.
fn muted(routed: &Routed<'_>, pages: &[&(Subject<'_>, Vec<Taken>)], acc: &mut Vec<Diagnostic>) {
    let tree = &routed.delivered.tree;
    let is_timed = |it: usize| !(tree.node(it).mute.is_empty() && tree.node(it).active.is_empty());
    let mut found = BTreeSet::new();
    for (subject, taken) in pages {
        let is_told = taken.iter().any(|it| !is_timed(it.node));
        if is_told || taken.is_empty() {
            continue;
        }
        let certain = taken.iter().filter(|it| it.is_certain);
        for it in certain.filter(|it| !is_always_silent(routed, it.node)) {
            if !found.insert(it.node) || !is_silent_together(routed, taken) {
                continue;
            }
            let node = tree.node(it.node);
            let at = &routed.delivered.places[it.node];
            let field = match node.mute.is_empty() {
                true => "active",
                false => "mute",
            };
            acc.push(
                Diagnostic::warning(
                    "routing/mute-covers-page",
                    Place::Key(at.key(field)),
                    format!("at times nobody is told of {}", named(routed, subject)),
                )
                .label("a page is silent here")
                .note("a route that is silent has taken the alert: none after it is tried")
                .help("put a route that is never silent before it, with `continue: true`, or accept this with the reason"),
            );
        }
    }
}

/// Whether there is a minute in which all routes are silent; `true` where their times are in several
/// time zones.
fn is_silent_together(routed: &Routed<'_>, taken: &[Taken]) -> bool {
    let all = &routed.delivered.times;
    let nodes = || taken.iter().map(|it| routed.delivered.tree.node(it.node));
    let names: BTreeSet<&String> = nodes()
        .flat_map(|it| it.mute.iter().chain(&it.active))
        .collect();
    let named = all.iter().filter(|it| names.contains(&it.name));
    let zones: BTreeSet<_> = named.map(|it| &it.location).collect();
    zones.len() != 1
        || Moment::all().any(|it| nodes().all(|node| is_silent(node, all, it) == Verdict::Yes))
}

/// Pages that reach people by one channel alone.
fn by_one_channel(
    routed: &Routed<'_>,
    pages: &[&(Subject<'_>, Vec<Taken>)],
    acc: &mut Vec<Diagnostic>,
) {
    let receivers: BTreeMap<&str, &ReceiverSpec> = routed
        .stack
        .receivers
        .iter()
        .map(|it| (it.name.as_str(), it))
        .collect();
    let mut found: BTreeMap<&str, Vec<&Subject<'_>>> = BTreeMap::new();
    for (subject, taken) in pages {
        // What goes to the heartbeat's receiver is a finding of its own.
        let told = routed.receivers(taken);
        let heartbeat = &routed.stack.routing.heartbeat;
        if heartbeat
            .as_ref()
            .is_some_and(|it| told.contains(it.receiver.as_str()))
        {
            continue;
        }
        let channels: Vec<(&str, &str)> = told
            .iter()
            .filter_map(|name| receivers.get(name))
            .flat_map(|it| {
                it.channels()
                    .into_iter()
                    .map(|by| (it.name.as_str(), by.kind()))
            })
            .collect();
        if let [(receiver, _)] = channels.as_slice() {
            found.entry(receiver).or_default().push(subject);
        }
    }
    for (receiver, subjects) in found {
        let Some(kind) = receivers.get(receiver).and_then(|it| {
            let channels = it.channels();
            channels.first().map(|it| it.kind())
        }) else {
            continue;
        };
        acc.push(
            Diagnostic::warning(
                "routing/single-channel-page",
                Place::Key(FieldPath::spec(&["receivers", receiver])),
                format!("pages reach `{receiver}` by {kind} alone"),
            )
            .label(match subjects.as_slice() {
                [first, _, ..] => format!(
                    "alone gets {} and {} more",
                    named(routed, first),
                    subjects.len() - 1
                ),
                [only] => format!("alone gets {}", named(routed, only)),
                [] => "alone gets pages".to_owned(),
            })
            .note("when that service is down, or its credential expires, nobody is woken")
            .help(
                "add a second channel to it, or a route to another receiver with `continue: true`",
            ),
        );
    }
}

/// Teams of which no route knows, where others have their own.
fn without_owner(routed: &Routed<'_>, acc: &mut Vec<Diagnostic>) {
    let tree = &routed.delivered.tree;
    let default = default_of(routed);
    // What a route for one team says does not tell others apart.
    let owned: BTreeSet<&str> = tree
        .nodes()
        .filter(|(_, it)| it.receiver != tree.node(default).receiver)
        .flat_map(|(_, it)| it.conditions.iter())
        .map(Condition::matcher)
        .filter(|it| {
            it.label == label::TEAM
                && matches!(it.comparison, Comparison::Equal | Comparison::Matches)
        })
        .map(|it| it.value.as_str())
        .collect();
    if owned.is_empty() {
        return;
    }
    let mut by_team: BTreeMap<&str, Vec<&(Subject<'_>, Vec<Taken>)>> = BTreeMap::new();
    for it in &routed.subjects {
        // The Watchdog has its own route, whoever owns the stack.
        if let Value::Text(team) = it.0.labels.get(label::TEAM)
            && !team.is_empty()
            && it.0.alert != WATCHDOG
        {
            by_team.entry(team).or_default().push(it);
        }
    }
    let is_default = |it: &Taken| it.node == default && it.is_certain;
    let is_known = |team: &str| {
        by_team.get(team).is_some_and(|all| {
            all.iter()
                .any(|(_, taken)| !taken.is_empty() && !taken.iter().all(is_default))
        })
    };
    let known: Vec<&str> = by_team.keys().copied().filter(|it| is_known(it)).collect();
    if known.is_empty() {
        return;
    }
    for (team, all) in &by_team {
        let falls = all
            .iter()
            .all(|(_, taken)| !taken.is_empty() && taken.iter().all(is_default));
        if !falls {
            continue;
        }
        let Some((first, _)) = all.first() else {
            continue;
        };
        let at = match (first.instances.first(), first.origin) {
            (Some(index), _) => routed.stack.instances[*index].at.key("team"),
            (None, Origin::Custom(custom)) => custom.at.key("team"),
            (None, Origin::BuiltIn(_)) => FieldPath::spec(&["platform", "team"]),
        };
        acc.push(
            Diagnostic::warning(
                "alerts/owner-missing",
                Place::Value(at),
                format!("no route sends an alert of the team `{team}` to it"),
            )
            .label("every alert goes to the default receiver")
            .note(format!(
                "other teams have routes of their own: {}",
                ticked(&known)
            ))
            .help(format!("add a route with the matcher `team=\"{team}\"`"))
            .of_this_stack(true),
        );
    }
}
