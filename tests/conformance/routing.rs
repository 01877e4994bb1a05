//! The evaluator of routing trees beside the real Alertmanager, on trees and alerts that are drawn.

#[path = "routing/draw.rs"]
mod draw;
#[path = "routing/of_stacks.rs"]
mod of_stacks;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

use obsgen::routing::Verdict;
use obsgen::routing::inhibition::Inhibition;
use obsgen::routing::labels::Labels;
use obsgen::routing::times::{Moment, Times, is_silent};
use obsgen::routing::tree::{Route, Tree};
use obsgen::value::promql::quote;
use serde_json::{Value, json};

use crate::alertmanager_server::{Server, until};
use crate::random::Random;
use crate::run::run;
use crate::tools;

/// Trees, and alerts for each.
const TREES: usize = 60;
const ALERTS: usize = 100;
/// Sets of rules, groups of alerts for each, and alerts of a group.
const RULES: usize = 25;
const GROUPS: usize = 40;
const FIRING: usize = 4;
/// Alerts that amtool is asked about, a process each.
const ASKED: usize = 300;

#[test]
fn an_alert_takes_the_same_routes() {
    if let Some(program) = tools::tool("alertmanager") {
        takes_the_same_routes(&program);
    }
}

#[test]
fn an_alert_takes_the_same_routes_in_the_next_alertmanager() {
    if let Some(program) = tools::next_tool("alertmanager") {
        takes_the_same_routes(&program);
    }
}

#[test]
fn amtool_finds_the_same_receivers() {
    if let Some(amtool) = tools::tool("amtool") {
        finds_the_same_receivers(&amtool);
    }
}

#[test]
fn alerts_are_kept_quiet_by_the_same_alerts() {
    if let Some(program) = tools::tool("alertmanager") {
        // Up to 0.29 every source alert is looked at.
        are_kept_quiet(&program, |verdict| Some(verdict != Verdict::No));
    }
}

#[test]
fn alerts_are_kept_quiet_by_the_same_alerts_in_the_next_alertmanager() {
    if let Some(program) = tools::next_tool("alertmanager") {
        are_kept_quiet(&program, |verdict| match verdict {
            Verdict::No => Some(false),
            Verdict::Maybe => None,
            Verdict::Yes => Some(true),
        });
    }
}

#[test]
fn the_alerts_of_every_stack_take_their_routes() {
    for program in [
        tools::tool("alertmanager"),
        tools::next_tool("alertmanager"),
    ]
    .into_iter()
    .flatten()
    {
        of_stacks::take_their_routes(&program);
    }
}

#[test]
fn routes_are_silent_at_the_same_times() {
    for program in [
        tools::tool("alertmanager"),
        tools::next_tool("alertmanager"),
    ]
    .into_iter()
    .flatten()
    {
        are_silent(&program);
    }
}

/// What is drawn is worth trying: routes that are taken and routes that are not, in all depths.
#[test]
fn what_is_drawn_differs() {
    let mut random = Random::new(1);
    let (mut several, mut deep, mut unknown) = (0, 0, 0);
    for _ in 0..TREES {
        let tree = Tree::new(&draw::tree(&mut random));
        for _ in 0..ALERTS {
            let taken = tree.taken(&draw::known(&draw::labels(&mut random), &[]));
            several += usize::from(taken.len() > 1);
            let depth = |mut node: usize| {
                let mut depth = 0;
                while let Some(parent) = tree.node(node).parent {
                    (node, depth) = (parent, depth + 1);
                }
                depth
            };
            deep += usize::from(taken.iter().any(|it| depth(it.node) > 1));
            unknown += usize::from(taken.iter().any(|it| !it.is_certain));
        }
    }
    let all = TREES * ALERTS;
    assert!(several > all / 20, "{several} of {all} take several routes");
    assert!(deep > all / 10, "{deep} of {all} go deep");
    assert_eq!(unknown, 0, "every regular expression is read");
}

fn takes_the_same_routes(program: &Path) {
    let mut random = Random::new(1);
    let nothing = draw::configuration(&draw::tree(&mut Random::new(0)), &[]);
    let server = Server::start(program, &nothing);
    for round in 0..TREES {
        let root = draw::tree(&mut random);
        server.reload(&draw::configuration(&root, &[]));
        let tree = Tree::new(&root);
        let mut sent = Vec::new();
        let mut expected = Vec::new();
        for id in 0..ALERTS {
            let labels = draw::labels(&mut random);
            let marks = [("round", round.to_string()), ("id", id.to_string())];
            sent.push(draw::sent(&labels, &marks));
            expected.push((
                labels.clone(),
                receivers(&tree, &draw::known(&labels, &marks)),
            ));
        }
        server.fire(&sent);
        let told = server.told(round);
        assert_eq!(told.len(), ALERTS);
        for (id, told) in told {
            let (labels, receivers) = &expected[id];
            assert_eq!(
                told.receivers,
                *receivers,
                "{labels:?} in {}",
                draw::configuration(&root, &[])
            );
        }
    }
}

fn finds_the_same_receivers(amtool: &Path) {
    let mut random = Random::new(2);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("alertmanager.yaml");
    let mut asked = 0;
    while asked < ASKED {
        let root = draw::tree(&mut random);
        let configuration = draw::configuration(&root, &[]).to_string();
        fs::write(&path, &configuration).expect("the folder is ours");
        let tree = Tree::new(&root);
        for _ in 0..10 {
            let labels = draw::labels(&mut random);
            let mut command = Command::new(amtool);
            command
                .args(["config", "routes", "test", "--config.file"])
                .arg(&path)
                .args(
                    labels
                        .iter()
                        .map(|(name, it)| format!("{name}={}", quote(it))),
                )
                .env("HOME", folder.path());
            let said = run(&mut command);
            assert_eq!(said.code, Some(0), "{}", said.stderr);
            let told = said.stdout.trim().split(',').map(str::to_owned).collect();
            assert_eq!(
                receivers(&tree, &draw::known(&labels, &[])),
                told,
                "{labels:?} in {configuration}"
            );
            asked += 1;
        }
    }
}

fn receivers(tree: &Tree, labels: &Labels) -> BTreeSet<String> {
    let taken = tree.taken(labels);
    taken
        .iter()
        .map(|it| {
            assert!(it.is_certain, "{labels:?}");
            tree.node(it.node).receiver.clone()
        })
        .collect()
}

/// `expected` says what an Alertmanager does where the evaluator gives a verdict, if that is known.
fn are_kept_quiet(program: &Path, expected: impl Fn(Verdict) -> Option<bool>) {
    let mut random = Random::new(3);
    let root = Route {
        receiver: Some("root".to_owned()),
        ..Route::default()
    };
    let server = Server::start(program, &draw::configuration(&root, &[]));
    let (mut quiet, mut loud) = (0, 0);
    for round in 0..RULES {
        let count = 1 + random.below(3);
        let (rules, written): (Vec<Inhibition>, Vec<Value>) =
            (0..count).map(|_| draw::inhibition(&mut random)).unzip();
        server.reload(&draw::configuration(&root, &written));
        let mut sent = Vec::new();
        let mut groups: Vec<Vec<Labels>> = Vec::new();
        for group in 0..GROUPS {
            let mut firing = Vec::new();
            for _ in 0..FIRING {
                let labels = draw::few_labels(&mut random);
                let marks = [
                    ("round", round.to_string()),
                    ("id", sent.len().to_string()),
                    ("group", format!("{round}-{group}")),
                ];
                sent.push(draw::sent(&labels, &marks));
                firing.push(draw::known(&labels, &marks));
            }
            groups.push(firing);
        }
        let verdicts: Vec<Option<bool>> = groups
            .iter()
            .flat_map(|firing| firing.iter().map(move |target| (firing, target)))
            .map(|(firing, target)| {
                let each = rules.iter().map(|it| it.is_silenced(target, firing));
                expected(each.fold(Verdict::No, Verdict::or))
            })
            .collect();
        quiet += verdicts.iter().filter(|it| **it == Some(true)).count();
        loud += verdicts.iter().filter(|it| **it == Some(false)).count();
        server.fire(&sent);
        let mut wrong = Vec::new();
        // It hears of the alerts one after the other.
        let agree = until(|| {
            let told = server.told(round);
            assert_eq!(told.len(), sent.len());
            let is_wrong = |(id, is): &(usize, bool)| verdicts[*id].is_some_and(|it| it != *is);
            let told = told.into_iter().map(|(id, it)| (id, it.is_inhibited));
            wrong = told.filter(is_wrong).collect();
            wrong.is_empty()
        });
        let shown: Vec<&Value> = wrong.iter().map(|(id, _)| &sent[*id]).collect();
        assert!(agree, "{shown:?} {wrong:?} by {written:?} among {sent:?}");
    }
    let all = RULES * GROUPS * FIRING;
    assert!(quiet > all / 20, "{quiet} of {all} are kept quiet");
    assert!(loud > all / 20, "{loud} of {all} are not");
}

/// Routes with times by day: seven names, and one for always.
fn are_silent(program: &Path) {
    const NAMES: &[&str] = &[
        "sunday",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "always",
    ];
    let times: Vec<Times> = (0u8..)
        .zip(NAMES)
        .map(|(day, name)| Times {
            name: (*name).to_owned(),
            weekdays: if day < 7 { vec![day] } else { Vec::new() },
            minutes: vec![(0, 24 * 60)],
            location: None,
        })
        .collect();
    let intervals: Vec<Value> = NAMES
        .iter()
        .map(|name| {
            let days = if *name == "always" {
                "sunday:saturday"
            } else {
                name
            };
            let day = json!([{"start_time": "00:00", "end_time": "24:00"}]);
            json!({"name": name, "time_intervals": [{"times": day, "weekdays": [days]}]})
        })
        .collect();
    let mut random = Random::new(4);
    let mut names = |likely: usize| -> Vec<String> {
        let drawn = NAMES.iter().filter(|_| random.below(likely) == 0);
        drawn.map(|it| (*it).to_owned()).collect()
    };
    let routes = (0..60).map(|id| Route {
        matchers: vec![obsgen::value::matcher::Matcher::equal(
            "id",
            &id.to_string(),
        )],
        mute: names(6),
        active: if id % 2 == 0 { names(3) } else { Vec::new() },
        ..Route::default()
    });
    let root = Route {
        receiver: Some("root".to_owned()),
        routes: routes.collect(),
        ..Route::default()
    };
    let mut configuration = draw::configuration(&root, &[]);
    configuration["route"]["group_wait"] = json!("1s");
    configuration["time_intervals"] = json!(intervals);
    let server = Server::start(program, &configuration);
    let sent: Vec<Value> = (0..root.routes.len())
        .map(|id| draw::sent(&[], &[("round", "0".to_owned()), ("id", id.to_string())]))
        .collect();
    server.fire(&sent);
    let tree = Tree::new(&root);
    let mut wrong = Vec::new();
    let agree = until(|| {
        // The day may change while the test runs.
        let moment = now();
        let silent = |id: usize| is_silent(tree.node(id + 1), &times, moment) == Verdict::Yes;
        let told = server.told_by_group(0);
        let is_wrong = |(id, is): &(usize, bool)| silent(*id) != *is;
        let told = told.into_iter().map(|(id, it)| (id, it.is_muted));
        wrong = told.filter(is_wrong).collect();
        wrong.is_empty()
    });
    assert!(agree, "{wrong:?} in {configuration}");
    let silent = (1..=root.routes.len())
        .filter(|it| is_silent(tree.node(*it), &times, now()) == Verdict::Yes)
        .count();
    assert!((10..50).contains(&silent), "{silent} are silent");
}

/// The minute of the week in UTC.
fn now() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let minutes = since.expect("a time after 1970").as_secs() / 60;
    let (day, minute) = (minutes / 1_440, minutes % 1_440);
    Moment {
        // The first day of 1970 was a Thursday.
        weekday: u8::try_from((day + 4) % 7).expect("below 7"),
        minute: u16::try_from(minute).expect("below 1,440"),
    }
}
