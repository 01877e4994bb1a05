//! What Alertmanager gets of a stack: the tree, inhibitions and times, read from the plan.
//!
//! An AlertmanagerConfig is read as the Prometheus operator merges it: below the root of the whole
//! configuration, its route continuing, and with a matcher of its own namespace before those of its
//! route and of both sides of its inhibitions, where the strategy wants one
//! (pkg/alertmanager/operator.go and amcfg.go of 0.93). All resources of a stack say the same, so
//! one tree stands for all, and an alert that is in none of their namespaces takes no route of it.

use std::collections::BTreeSet;

use serde_json::Value as Json;

use crate::diag::path::FieldPath;
use crate::model::stack::{Route as Policy, Stack};
use crate::plan::{Document, Plan};
use crate::prove::routed::GUARDED;
use crate::read::spec::{Delivery, MatcherStrategy};
use crate::routing::Verdict;
use crate::routing::condition::{Condition, Conditions};
use crate::routing::inhibition::Inhibition;
use crate::routing::labels::{Labels, Value};
use crate::routing::times::{Times, WEEKDAYS};
use crate::routing::tree::{Route, Taken, Tree};
use crate::value::duration::Duration;
use crate::value::matcher::Matcher;
use crate::value::promql::Comparison;

/// What Alertmanager gets of a stack.
pub struct Delivered {
    /// The tree; that of an AlertmanagerConfig hangs below a root of others.
    pub tree: Tree,
    /// For each route of the tree, where the policy says it.
    pub places: Vec<FieldPath>,
    /// The inhibitions, in the order of the policy.
    pub inhibitions: Vec<Silencing>,
    /// The named times.
    pub times: Vec<Times>,
    /// The names of receivers in Alertmanager begin with it, but for the namespace.
    pub is_resource: bool,
    /// The namespaces whose alerts are seen; `None` for all.
    pub namespaces: Option<BTreeSet<String>>,
}

/// An inhibition, and where the policy says it.
pub struct Silencing {
    /// The rule.
    pub rule: Inhibition,
    /// Its place.
    pub at: FieldPath,
}

/// What a configuration of Alertmanager says of the way of alerts, as it is written.
pub struct Configuration {
    /// The root of the tree.
    pub root: Route,
    /// The inhibitions, in their order.
    pub inhibitions: Vec<Inhibition>,
    /// The named times.
    pub times: Vec<Times>,
}

impl Configuration {
    /// Reads the `spec` of an AlertmanagerConfig.
    pub fn of_resource(spec: &Json) -> Self {
        let read = Self::read(spec, &RESOURCE);
        // The operator sees to it.
        let root = Route {
            continues: true,
            ..read.root
        };
        Self { root, ..read }
    }

    /// Reads an `alertmanager.yaml`.
    pub fn of_file(config: &Json) -> Self {
        Self::read(config, &NATIVE)
    }

    fn read(written: &Json, names: &Names) -> Self {
        let inhibition = |it: &Json| {
            Inhibition::new(
                &matchers(&it[names.source]),
                &matchers(&it[names.target]),
                &texts(&it["equal"]),
            )
        };
        Self {
            root: route(&written["route"], names),
            inhibitions: list(written, names.inhibitions).map(inhibition).collect(),
            times: list(written, names.times)
                .map(|it| times(it, names))
                .collect(),
        }
    }
}

impl Delivered {
    /// Reads it from the plan.
    pub(super) fn of(stack: &Stack, plan: &Plan) -> Option<Self> {
        match stack.platform.alertmanager.delivery {
            Delivery::AlertmanagerConfig => Self::of_resources(stack, plan),
            Delivery::Secret => Self::of_secret(stack, plan),
        }
    }

    fn of_resources(stack: &Stack, plan: &Plan) -> Option<Self> {
        let alertmanager = &stack.platform.alertmanager;
        let objects = plan.objects();
        let mut resources = objects
            .iter()
            .filter(|it| it.object.kind() == "AlertmanagerConfig");
        let first = resources.next()?;
        let spec = &first.object.value()["spec"];
        let mut namespaces = BTreeSet::from([first.object.namespace().to_owned()]);
        let same = resources.filter(|it| it.object.value()["spec"] == *spec);
        namespaces.extend(same.map(|it| it.object.namespace().to_owned()));
        let is_seen_by_all = match alertmanager.matcher_strategy {
            MatcherStrategy::None => true,
            MatcherStrategy::OnNamespace => false,
            MatcherStrategy::OnNamespaceExceptForAlertmanagerNamespace => {
                namespaces.contains(&alertmanager.namespace)
            }
        };
        Some(Self {
            namespaces: (!is_seen_by_all).then_some(namespaces),
            is_resource: true,
            ..Self::read(stack, Configuration::of_resource(spec))
        })
    }

    fn of_secret(stack: &Stack, plan: &Plan) -> Option<Self> {
        let objects = plan.objects();
        let documents = objects
            .iter()
            .filter(|it| it.object.kind() == "Secret")
            .flat_map(|it| &it.documents);
        let config = documents
            .filter(|it| it.key == "alertmanager.yaml")
            .find_map(|it| match &it.document {
                Document::Yaml(config) => Some(config),
                Document::Json(_) | Document::Ndjson(_) | Document::Classic(_) => None,
            })?;
        Some(Self::read(stack, Configuration::of_file(config)))
    }

    fn read(stack: &Stack, written: Configuration) -> Self {
        let silencings = (written.inhibitions.into_iter())
            .zip(&stack.routing.inhibitions)
            .map(|(rule, policy)| Silencing {
                rule,
                at: policy.at.clone(),
            });
        let mut places = Vec::new();
        place(&written.root, &stack.routing.root, stack, &mut places);
        Self {
            tree: Tree::new(&written.root),
            places,
            inhibitions: silencings.collect(),
            times: written.times,
            is_resource: false,
            namespaces: None,
        }
    }

    /// The routes that take alerts with these labels; none for alerts that it does not see.
    pub fn taken(&self, labels: &Labels) -> Vec<Taken> {
        let seen = self.sees(labels);
        if seen == Verdict::No {
            return Vec::new();
        }
        let mut taken = self.tree.taken(labels);
        for it in &mut taken {
            it.is_certain &= seen == Verdict::Yes;
        }
        taken
    }

    /// Whether the tree is asked about alerts with these labels.
    pub fn sees(&self, labels: &Labels) -> Verdict {
        let Some(namespaces) = &self.namespaces else {
            return Verdict::Yes;
        };
        match labels.get(GUARDED) {
            Value::Text(it) => namespaces.contains(it).into(),
            Value::OneOf(all) if all.iter().all(|it| namespaces.contains(it)) => Verdict::Yes,
            Value::OneOf(all) if !all.iter().any(|it| namespaces.contains(it)) => Verdict::No,
            Value::OneOf(_) | Value::Unknown => Verdict::Maybe,
        }
    }

    /// The labels that have to be the same on both alerts of an inhibition: a matcher of the
    /// namespace on both sides has the same effect.
    pub fn equal(&self, inhibition: usize) -> Vec<&str> {
        let own = &self.inhibitions[inhibition].rule.equal;
        let mut equal: Vec<&str> = own.iter().map(String::as_str).collect();
        if self.namespaces.is_some() && !equal.contains(&GUARDED) {
            equal.push(GUARDED);
        }
        equal
    }

    /// Every condition of the tree and of the inhibitions.
    pub fn conditions(&self) -> impl Iterator<Item = &Condition> {
        let of_routes = self.tree.nodes().map(|(_, it)| &it.conditions);
        let of_inhibitions = self
            .inhibitions
            .iter()
            .flat_map(|it| [&it.rule.source, &it.rule.target]);
        of_routes.chain(of_inhibitions).flat_map(Conditions::iter)
    }
}

/// How the two forms call the same.
struct Names {
    group_by: &'static str,
    group_wait: &'static str,
    group_interval: &'static str,
    repeat_interval: &'static str,
    mute: &'static str,
    active: &'static str,
    inhibitions: &'static str,
    source: &'static str,
    target: &'static str,
    times: &'static str,
    intervals: &'static str,
    start: &'static str,
    end: &'static str,
}

const RESOURCE: Names = Names {
    group_by: "groupBy",
    group_wait: "groupWait",
    group_interval: "groupInterval",
    repeat_interval: "repeatInterval",
    mute: "muteTimeIntervals",
    active: "activeTimeIntervals",
    inhibitions: "inhibitRules",
    source: "sourceMatch",
    target: "targetMatch",
    times: "muteTimeIntervals",
    intervals: "timeIntervals",
    start: "startTime",
    end: "endTime",
};

const NATIVE: Names = Names {
    group_by: "group_by",
    group_wait: "group_wait",
    group_interval: "group_interval",
    repeat_interval: "repeat_interval",
    mute: "mute_time_intervals",
    active: "active_time_intervals",
    inhibitions: "inhibit_rules",
    source: "source_matchers",
    target: "target_matchers",
    times: "time_intervals",
    intervals: "time_intervals",
    start: "start_time",
    end: "end_time",
};

fn route(written: &Json, names: &Names) -> Route {
    let duration = |name: &str| {
        let text = written[name].as_str()?;
        Duration::parse(text).ok()
    };
    Route {
        matchers: matchers(&written["matchers"]),
        receiver: written["receiver"].as_str().map(str::to_owned),
        continues: written["continue"] == true,
        group_by: texts(&written[names.group_by]),
        group_wait: duration(names.group_wait),
        group_interval: duration(names.group_interval),
        repeat_interval: duration(names.repeat_interval),
        mute: texts(&written[names.mute]),
        active: texts(&written[names.active]),
        routes: list(written, "routes").map(|it| route(it, names)).collect(),
    }
}

/// Reads matchers of either form: texts, or objects.
fn matchers(written: &Json) -> Vec<Matcher> {
    let all = written.as_array().into_iter().flatten();
    all.filter_map(|it| match it {
        Json::String(text) => Matcher::parse(text).ok(),
        it => {
            let comparison = match it["matchType"].as_str()? {
                "!=" => Comparison::NotEqual,
                "=~" => Comparison::Matches,
                "!~" => Comparison::DoesNotMatch,
                _ => Comparison::Equal,
            };
            Some(Matcher {
                label: it["name"].as_str()?.to_owned(),
                comparison,
                value: it["value"].as_str()?.to_owned(),
            })
        }
    })
    .collect()
}

fn times(written: &Json, names: &Names) -> Times {
    // obsgen writes one interval for each name.
    let interval = &written[names.intervals][0];
    let minute = |it: &Json, name: &str| Times::minute(it[name].as_str()?);
    Times {
        name: written["name"].as_str().unwrap_or_default().to_owned(),
        weekdays: texts(&interval["weekdays"])
            .iter()
            .filter_map(|it| WEEKDAYS.iter().position(|day| day == it))
            .filter_map(|it| u8::try_from(it).ok())
            .collect(),
        minutes: list(interval, "times")
            .filter_map(|it| Some((minute(it, names.start)?, minute(it, names.end)?)))
            .collect(),
        location: interval["location"].as_str().map(str::to_owned),
    }
}

fn list<'a>(written: &'a Json, field: &str) -> impl Iterator<Item = &'a Json> {
    written[field].as_array().into_iter().flatten()
}

fn texts(written: &Json) -> Vec<String> {
    let all = written.as_array().into_iter().flatten();
    all.filter_map(Json::as_str).map(str::to_owned).collect()
}

/// Gives the routes of a tree, in its order, the places of those of the policy. What the plan adds
/// is before them: the root of the whole configuration, and the route of the Watchdog.
fn place(route: &Route, policy: &Policy, stack: &Stack, acc: &mut Vec<FieldPath>) {
    acc.push(policy.at.clone());
    let added = route.routes.len().saturating_sub(policy.routes.len());
    let is_root = policy.at == stack.routing.root.at;
    let mut below = route.routes.iter();
    if is_root && route.matchers.is_empty() {
        // The root of the whole configuration has the root of the stack below it, and nothing else.
        if let Some(own) = below.next() {
            place(own, policy, stack, acc);
        }
        return;
    }
    for _ in 0..added {
        acc.push(policy.at.key("heartbeat"));
        below.next();
    }
    for (route, policy) in below.zip(&policy.routes) {
        place(route, policy, stack, acc);
    }
}
