//! The routing tree and the way of an alert through it.
//!
//! After `dispatch/route.go` of Alertmanager 0.28 to 0.34, in which it is the same: children are
//! tried in order, the first that takes the alert ends the search unless it continues, and a route
//! whose children all decline takes it itself.

use std::collections::{BTreeMap, BTreeSet};

use crate::routing::Verdict;
use crate::routing::condition::Conditions;
use crate::routing::labels::Labels;
use crate::value::duration::Duration;
use crate::value::matcher::Matcher;

/// A route as a configuration writes it: what it does not say, it has from the route above.
#[derive(Debug, Clone, Default)]
pub struct Route {
    /// The conditions, all of which must be met.
    pub matchers: Vec<Matcher>,
    /// The receiver.
    pub receiver: Option<String>,
    /// Whether the routes after it are tried too.
    pub continues: bool,
    /// The labels that make one group; none means those of the route above.
    pub group_by: Vec<String>,
    /// How long a new group waits.
    pub group_wait: Option<Duration>,
    /// How often a group is looked at.
    pub group_interval: Option<Duration>,
    /// After what time it is told again.
    pub repeat_interval: Option<Duration>,
    /// Times at which it is silent; a route below does not have them.
    pub mute: Vec<String>,
    /// Times outside which it is silent; a route below does not have them.
    pub active: Vec<String>,
    /// Routes below it.
    pub routes: Vec<Route>,
}

/// What makes one group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupBy {
    /// These labels; without any, all alerts of the route are one group.
    Labels(BTreeSet<String>),
    /// All labels: every alert is a group.
    All,
}

/// A route, with what it has from those above.
#[derive(Debug, Clone)]
pub struct Node {
    /// The conditions.
    pub conditions: Conditions,
    /// The receiver; empty where neither it nor a route above names one.
    pub receiver: String,
    /// Whether the routes after it are tried too.
    pub continues: bool,
    /// What makes one group.
    pub group_by: GroupBy,
    /// How long a new group waits.
    pub group_wait: Duration,
    /// How often a group is looked at.
    pub group_interval: Duration,
    /// After what time it is told again.
    pub repeat_interval: Duration,
    /// Times at which it is silent.
    pub mute: Vec<String>,
    /// Times outside which it is silent.
    pub active: Vec<String>,
    /// The route above.
    pub parent: Option<usize>,
    /// Routes below it, in order.
    pub children: Vec<usize>,
}

/// A routing tree: its routes by number, each before those below it and those after it.
#[derive(Debug, Clone)]
pub struct Tree {
    nodes: Vec<Node>,
    /// The labels that conditions ask for.
    labels: BTreeSet<String>,
}

/// A route that takes an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Taken {
    /// The route.
    pub node: usize,
    /// Whether it does whatever the labels are that are not known.
    pub is_certain: bool,
}

/// A route that was tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The route.
    pub node: usize,
    /// Whether its conditions are met.
    pub verdict: Verdict,
}

/// How many ways in which labels may be are looked at one by one.
const MOST_WORLDS: usize = 256;

/// What a search has found so far.
#[derive(Default)]
struct Search {
    taken: Vec<Taken>,
    steps: Vec<Step>,
}

impl Tree {
    /// The tree below a route, which is the root: it takes every alert.
    pub fn new(root: &Route) -> Self {
        let mut tree = Self {
            nodes: Vec::new(),
            labels: BTreeSet::new(),
        };
        tree.add(root, None);
        let asked = tree.nodes.iter().flat_map(|it| it.conditions.labels());
        tree.labels = asked.map(str::to_owned).collect();
        tree
    }

    fn add(&mut self, route: &Route, parent: Option<usize>) -> usize {
        let above = parent.map(|it| &self.nodes[it]);
        let receiver = route
            .receiver
            .clone()
            .filter(|it| !it.is_empty())
            .or_else(|| above.map(|it| it.receiver.clone()));
        let group_by = if route.group_by.iter().any(|it| it == ALL_LABELS) {
            GroupBy::All
        } else if route.group_by.is_empty() {
            above.map_or(GroupBy::Labels(BTreeSet::new()), |it| it.group_by.clone())
        } else {
            GroupBy::Labels(route.group_by.iter().cloned().collect())
        };
        // The defaults of Alertmanager (dispatch/route.go).
        let wait = above.map_or(Duration::seconds(30), |it| it.group_wait);
        let interval = above.map_or(Duration::seconds(300), |it| it.group_interval);
        let repeat = above.map_or(Duration::seconds(4 * 3_600), |it| it.repeat_interval);
        let node = Node {
            conditions: Conditions::new(&route.matchers),
            receiver: receiver.unwrap_or_default(),
            continues: route.continues,
            group_by,
            group_wait: route.group_wait.unwrap_or(wait),
            group_interval: route.group_interval.unwrap_or(interval),
            repeat_interval: route.repeat_interval.unwrap_or(repeat),
            mute: route.mute.clone(),
            active: route.active.clone(),
            parent,
            children: Vec::new(),
        };
        let number = self.nodes.len();
        self.nodes.push(node);
        for below in &route.routes {
            let child = self.add(below, Some(number));
            self.nodes[number].children.push(child);
        }
        number
    }

    /// A route by its number.
    ///
    /// # Panics
    ///
    /// If there are not as many.
    pub fn node(&self, number: usize) -> &Node {
        &self.nodes[number]
    }

    /// Every route with its number, each before those below it and those after it.
    pub fn nodes(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().enumerate()
    }

    /// The labels that decide the way of an alert.
    pub fn labels(&self) -> impl Iterator<Item = &str> {
        self.labels.iter().map(String::as_str)
    }

    /// The routes that take alerts with these labels, in the order of the tree: at least one, but
    /// for an alert that a root with conditions does not take.
    pub fn taken(&self, labels: &Labels) -> Vec<Taken> {
        let labels = labels.projected(self.labels());
        let worlds = labels.worlds(MOST_WORLDS);
        let mut found: BTreeMap<usize, (usize, bool)> = BTreeMap::new();
        for world in &worlds {
            let mut search = Search::default();
            self.walk(0, world, true, &mut search);
            for it in search.taken {
                let (times, is_certain) = found.entry(it.node).or_insert((0, true));
                *times += 1;
                *is_certain &= it.is_certain;
            }
        }
        let taken = found.into_iter().map(|(node, (times, is_certain))| Taken {
            node,
            is_certain: is_certain && times == worlds.len(),
        });
        taken.collect()
    }

    /// The routes that are tried for an alert with these labels, in order, down to the last that
    /// may take it.
    pub fn steps(&self, labels: &Labels) -> Vec<Step> {
        let mut search = Search::default();
        self.walk(0, labels, true, &mut search);
        search.steps
    }

    /// Tries a route; returns whether it, or one below, takes the alert.
    fn walk(&self, number: usize, labels: &Labels, is_certain: bool, acc: &mut Search) -> Verdict {
        let node = &self.nodes[number];
        let verdict = node.conditions.verdict(labels);
        acc.steps.push(Step {
            node: number,
            verdict,
        });
        if verdict == Verdict::No {
            return Verdict::No;
        }
        let arrives = is_certain && verdict == Verdict::Yes;
        let mut below = Verdict::No;
        // Whether a child is still tried.
        let mut is_open = Verdict::Yes;
        for child in &node.children {
            let taken = self.walk(*child, labels, arrives && is_open == Verdict::Yes, acc);
            below = below.or(taken);
            if !self.nodes[*child].continues {
                is_open = is_open.and(taken.negated());
            }
            if is_open == Verdict::No {
                break;
            }
        }
        if below != Verdict::Yes {
            acc.taken.push(Taken {
                node: number,
                is_certain: arrives && below == Verdict::No,
            });
        }
        verdict
    }
}

/// Stands for all labels where a route says what makes one group.
const ALL_LABELS: &str = "...";
