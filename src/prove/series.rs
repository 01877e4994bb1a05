//! The series that Prometheus will have of a stack, by what is scraped and recorded.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use promql_parser::label::{MatchOp, Matcher, Matchers};
use serde_json::Value;

use crate::api::conventions::{component, label};
use crate::catalog::redis_config::Release;
use crate::catalog::{self, Circumstances, Exporter, Held, Kind, Metric, Role, Target};
use crate::model::stack::{Instance, Stack};
use crate::plan::Plan;
use crate::promql::shape::{Label, Shape, Values};
use crate::promql::{Found, Selected, Series};
use crate::prove::inventory::{Found as Discovered, array, inventory, neighbours};
use crate::prove::pattern::Pattern;
use crate::prove::relabel::{Relabelled, Steps};
use crate::prove::targets::{Answer, Scrape, instance};
use crate::read::spec::OperatorKind;
use crate::topologies::Kind as Kinds;
use crate::value::duration::Duration;
use crate::value::version::Version;

/// Shapes by the metric and the classes that they are of.
type Shapes = BTreeMap<(String, Vec<usize>), Rc<Shape>>;

/// Every series of a stack.
pub struct World {
    classes: Vec<Class>,
    recorded: BTreeMap<String, Recorded>,
    external: BTreeMap<String, (Shape, Option<Kind>)>,
    /// The exporters that the cluster's own set-up scrapes.
    assumed: Vec<Exporter>,
    /// Shapes by the metric and the classes that they are of.
    shapes: RefCell<Shapes>,
}

/// Targets that are scraped alike, and tell the same of themselves but for their names.
#[derive(Debug, Clone)]
pub struct Class {
    /// Who exports.
    pub exporter: Exporter,
    /// What is watched: see [`component`].
    pub component: &'static str,
    /// The labels of the targets.
    pub labels: Shape,
    /// How often they are scraped.
    pub interval: Option<Duration>,
    /// Whether labels of a metric win over those of the target.
    pub honors_labels: bool,
    /// The monitors that scrape them.
    pub monitors: BTreeSet<String>,
    /// How many workloads they are, and one of them.
    pub workloads: (usize, String),
    /// The steps that samples go through, as the plan has them.
    metric_steps: Value,
    known: Known,
}

/// What is known of the targets of a class, by which they have a metric or not.
#[derive(Debug, Clone, Default)]
struct Known {
    target: Target,
    redis: Option<Release>,
    role: Option<Role>,
    is_cluster: bool,
    appendonly: Option<bool>,
    /// Of the directives, those that decide about metrics.
    config: BTreeMap<String, String>,
    exporter: Option<Version>,
}

/// What rules record under one name.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// The labels of the series.
    pub shape: Shape,
    /// How many rules there are.
    pub rules: usize,
    /// How often they are evaluated.
    pub interval: Option<Duration>,
}

/// Labels that tell the targets of a class apart.
const OF_ONE: &[&str] = &[
    label::INSTANCE_NAME,
    "container",
    "instance",
    "job",
    "pod",
    "service",
];

/// What Prometheus writes for every alert that waits or fires.
const ALERTS: &[&str] = &["ALERTS", "ALERTS_FOR_STATE"];

impl World {
    /// The series that Prometheus will have of what is planned.
    pub fn of(stack: &Stack, plan: &Plan) -> Self {
        let neighbours = neighbours(stack);
        let found = inventory(stack, plan, &neighbours);
        Self::from_targets(stack, plan, &Scrape::of(stack, plan, &found))
    }

    /// The same, where it is known what is scraped.
    pub fn from_targets(stack: &Stack, plan: &Plan, scrape: &Scrape<'_>) -> Self {
        let external = stack.external_metrics.iter().map(|it| {
            let labels = it.labels.iter();
            let shape = Shape {
                labels: labels
                    .map(|it| (it.to_string(), sometimes(Values::Any)))
                    .collect(),
                is_open: it.labels.is_empty(),
            };
            (it.name.to_string(), (shape, None))
        });
        let assumed = match stack.telemetry.managed {
            Some(_) => Vec::new(),
            None => vec![Exporter::Prometheus, Exporter::Alertmanager],
        };
        Self {
            classes: classes(stack, scrape),
            recorded: recorded(plan),
            external: external.collect(),
            assumed,
            shapes: RefCell::default(),
        }
    }

    /// The metrics of a name that a class exports.
    fn of_class(&self, class: usize, metrics: &'static [Metric]) -> Vec<&'static Metric> {
        let class = &self.classes[class];
        metrics.iter().filter(|it| class.exports(it)).collect()
    }

    /// The classes of targets that export a metric.
    pub fn exporting(&self, metric: &'static Metric) -> Vec<&Class> {
        let exports = |it: &&Class| it.exports(metric);
        self.classes.iter().filter(exports).collect()
    }

    /// What rules record under a name.
    pub fn recorded(&self, name: &str) -> Option<&Recorded> {
        self.recorded.get(name)
    }

    /// The names of everything that rules record.
    pub fn recordings(&self) -> impl Iterator<Item = &str> {
        self.recorded.keys().map(String::as_str)
    }

    /// Returns whether the policy says that something else exports a metric.
    pub fn is_external(&self, name: &str) -> bool {
        self.external.contains_key(name)
    }

    /// Returns whether the cluster's own set-up scrapes an exporter.
    pub fn is_assumed(&self, exporter: Exporter) -> bool {
        self.assumed.contains(&exporter) || exporter.is_of_cluster()
    }

    fn of_catalog(&self, name: &str, matchers: &Matchers) -> Selected {
        let metrics = catalog::metrics(name);
        if let Some(metric) = metrics
            .iter()
            .find(|it| self.is_assumed(it.exporter) && !is_of_scrape(it))
        {
            return Selected::Some(assumed(name, metric));
        }
        let exporting: Vec<usize> = (0..self.classes.len())
            .filter(|it| {
                metrics
                    .iter()
                    .any(|metric| self.classes[*it].exports(metric))
            })
            .collect();
        let first = exporting.first().map(|it| self.of_class(*it, metrics));
        let Some(kind) = first.and_then(|it| it.first().map(|it| it.kind)) else {
            return Selected::UnknownMetric;
        };
        let shapes: BTreeMap<usize, Rc<Shape>> = exporting
            .iter()
            .map(|it| {
                (
                    *it,
                    self.shape(name, vec![*it], |class| {
                        let of_class = metrics.iter().filter(|it| class.exports(it));
                        union(of_class.map(|it| class.series(name, it)))
                    }),
                )
            })
            .collect();
        let mut left: Vec<usize> = Vec::new();
        for alternative in alternatives(matchers) {
            let mut of_this = exporting.clone();
            for matcher in alternative {
                let test = Test::of(matcher);
                let before = of_this.clone();
                of_this.retain(|it| test.can_match(&shapes[it]));
                if of_this.is_empty() && matchers.or_matchers.is_empty() {
                    let is_carried = before
                        .iter()
                        .any(|it| shapes[it].labels.contains_key(&matcher.name));
                    return Selected::Nothing {
                        label: matcher.name.clone(),
                        is_carried,
                    };
                }
            }
            left.extend(of_this);
        }
        left.sort_unstable();
        left.dedup();
        if left.is_empty() {
            let first = alternatives(matchers).next().and_then(<[Matcher]>::first);
            return Selected::Nothing {
                label: first.map(|it| it.name.clone()).unwrap_or_default(),
                is_carried: true,
            };
        }
        let interval = left
            .iter()
            .filter_map(|it| self.classes[*it].interval)
            .max();
        let shape = self.shapes_of(name, left, &shapes);
        Selected::Some(Found {
            shape: narrowed(Shape::clone(&shape), matchers),
            kind: Some(kind),
            interval,
        })
    }
}

impl World {
    /// The shape of a metric of one class, made once.
    fn shape(&self, name: &str, of: Vec<usize>, make: impl Fn(&Class) -> Shape) -> Rc<Shape> {
        let key = (name.to_owned(), of);
        if let Some(shape) = self.shapes.borrow().get(&key) {
            return Rc::clone(shape);
        }
        let shape = Rc::new(
            key.1
                .first()
                .map(|it| make(&self.classes[*it]))
                .unwrap_or_default(),
        );
        self.shapes.borrow_mut().insert(key, Rc::clone(&shape));
        shape
    }

    /// The shape of a metric of several classes, made once.
    fn shapes_of(
        &self,
        name: &str,
        of: Vec<usize>,
        shapes: &BTreeMap<usize, Rc<Shape>>,
    ) -> Rc<Shape> {
        if let [one] = of[..] {
            return Rc::clone(&shapes[&one]);
        }
        let key = (name.to_owned(), of);
        if let Some(shape) = self.shapes.borrow().get(&key) {
            return Rc::clone(shape);
        }
        let shape = Rc::new(union(key.1.iter().map(|it| Shape::clone(&shapes[it]))));
        self.shapes.borrow_mut().insert(key, Rc::clone(&shape));
        shape
    }
}

impl Series for World {
    fn select(&self, metric: &str, matchers: &Matchers) -> Selected {
        if let Some((shape, kind)) = self.external.get(metric) {
            return Selected::Some(Found {
                shape: shape.clone(),
                kind: *kind,
                interval: None,
            });
        }
        if let Some(recorded) = self.recorded.get(metric) {
            return match excluding(&recorded.shape, matchers) {
                Some((label, is_carried)) => Selected::Nothing { label, is_carried },
                None => Selected::Some(Found {
                    shape: narrowed(recorded.shape.clone(), matchers),
                    kind: Some(Kind::Gauge),
                    interval: recorded.interval,
                }),
            };
        }
        if ALERTS.contains(&metric) {
            let names = ["alertname", "alertstate", label::SEVERITY];
            let labels = names.map(|it| (it.to_owned(), sometimes(Values::Any)));
            return Selected::Some(Found {
                shape: Shape {
                    labels: labels.into(),
                    is_open: true,
                },
                kind: Some(Kind::Gauge),
                interval: None,
            });
        }
        self.of_catalog(metric, matchers)
    }
}

impl Class {
    /// Returns whether its targets have a metric, or may have it.
    pub fn exports(&self, metric: &Metric) -> bool {
        is_of_scrape(metric) || self.is_asked_for(metric) && self.held(metric) != Held::Never
    }

    /// Returns whether targets of an instance are among its targets.
    pub fn is_of(&self, instance: &Instance) -> bool {
        let known = [
            (label::NAMESPACE, &instance.namespace),
            (label::INSTANCE_NAME, &instance.name),
        ];
        known.into_iter().all(|(name, value)| {
            let values = self.labels.labels.get(name).map(|it| &it.values);
            matches!(values, Some(Values::OneOf(values)) if values.contains(value))
        })
    }

    /// Returns whether its exporter knows a metric, whatever it is asked about.
    fn is_asked_for(&self, metric: &Metric) -> bool {
        let is_operator = matches!(self.exporter, Exporter::Opstree | Exporter::RedisOperator);
        self.exporter == metric.exporter
            || is_operator && metric.exporter == Exporter::ControllerRuntime
    }

    /// Returns whether its targets have a metric that its exporter knows.
    pub fn held(&self, metric: &Metric) -> Held {
        let known = &self.known;
        // The exporters of Redis are started without a flag of their own.
        let is_redis = self.exporter == Exporter::Redis;
        metric.held(&Circumstances {
            target: known.target,
            redis: known.redis,
            role: known.role,
            is_cluster: known.is_cluster,
            appendonly: known.appendonly,
            config: is_redis.then_some(&known.config),
            flags: is_redis.then_some(&[]),
            exporter: known.exporter,
        })
    }

    /// The labels of a metric of its targets.
    fn series(&self, name: &str, metric: &Metric) -> Shape {
        let mut shape = self.labels.clone();
        for own in catalog::series_labels(metric, name) {
            if own.ends_with('*') {
                shape.is_open = true;
                continue;
            }
            let is_taken = shape.labels.contains_key(own);
            let name = match is_taken && !self.honors_labels {
                true => format!("exported_{own}"),
                false => own.to_owned(),
            };
            shape.labels.insert(name, always(Values::Any));
        }
        if !self.metric_steps.is_null()
            && let Ok(steps) = Steps::parse(&self.metric_steps)
        {
            let mut sample = Sample { name, shape };
            if !steps.apply(&mut sample) {
                return Shape::default();
            }
            shape = sample.shape;
        }
        shape
    }
}

/// A sample on its way through metric relabelling.
struct Sample<'n> {
    name: &'n str,
    shape: Shape,
}

impl<'a> Relabelled<'a> for Sample<'_> {
    fn value(&self, name: &str) -> Cow<'_, str> {
        if name == "__name__" {
            return Cow::Borrowed(self.name);
        }
        match self.shape.labels.get(name).map(|it| &it.values) {
            None => Cow::Borrowed(""),
            Some(Values::OneOf(values)) if values.len() == 1 => {
                Cow::Borrowed(values.first().map_or("", String::as_str))
            }
            Some(_) => Cow::Borrowed("\u{1}"),
        }
    }

    fn set(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
        match value.as_ref() {
            "" => self.shape.labels.remove(name.as_ref()),
            it if it.contains('\u{1}') => {
                let labels = &mut self.shape.labels;
                labels.insert(name.into_owned(), sometimes(Values::Any))
            }
            it => {
                let labels = &mut self.shape.labels;
                labels.insert(name.into_owned(), sometimes(one(it)))
            }
        };
    }

    fn names(&self) -> Vec<String> {
        self.shape.labels.keys().cloned().collect()
    }
}

/// Returns whether Prometheus writes a metric itself, about each scrape.
fn is_of_scrape(metric: &Metric) -> bool {
    metric.exporter == Exporter::Prometheus
        && (metric.name == "up" || metric.name.starts_with("scrape_"))
}

/// What the cluster's own Prometheus has of itself and of its Alertmanager: their operator's labels.
fn assumed(name: &str, metric: &Metric) -> Found {
    let target = [
        "container",
        "endpoint",
        "instance",
        "job",
        "namespace",
        "pod",
        "service",
    ];
    let labels = target
        .into_iter()
        .chain(catalog::series_labels(metric, name));
    Found {
        shape: Shape {
            labels: labels
                .map(|it| (it.to_owned(), always(Values::Any)))
                .collect(),
            // How it is scraped is not known.
            is_open: true,
        },
        kind: Some(metric.kind),
        interval: None,
    }
}

fn classes(stack: &Stack, scrape: &Scrape<'_>) -> Vec<Class> {
    type Key<'k> = (
        Exporter,
        &'k str,
        bool,
        Option<Duration>,
        Vec<(&'k str, Option<&'k str>)>,
        Vec<&'k str>,
    );
    struct Members<'m> {
        exporter: Exporter,
        component: &'static str,
        endpoint: usize,
        known: Known,
        count: usize,
        first: String,
        monitors: BTreeSet<&'m str>,
        values: BTreeMap<&'static str, Option<BTreeSet<&'m str>>>,
    }
    let mut groups: BTreeMap<Key<'_>, Members<'_>> = BTreeMap::new();
    for target in &scrape.targets {
        let Answer::Exporter { exporter, .. } = target.answer else {
            continue;
        };
        let found = scrape.found(target);
        let endpoint = scrape.endpoint_of(target);
        let is_of_one = |name: &str| OF_ONE.iter().find(|it| **it == name).copied();
        let shared = target
            .labels
            .iter()
            .filter(|(name, _)| is_of_one(name).is_none());
        let of_one = target
            .labels
            .keys()
            .filter_map(|it| is_of_one(it))
            .collect();
        let mut shared: Vec<_> = shared
            .map(|(name, value)| (name.as_ref(), value.as_deref()))
            .collect();
        shared.extend(circumstances(stack, instance(found)));
        let key = (
            exporter,
            found.made.component,
            endpoint.honors_labels,
            endpoint.interval,
            shared,
            of_one,
        );
        let members = groups.entry(key).or_insert_with(|| Members {
            exporter,
            component: found.made.component,
            endpoint: target.endpoint,
            known: known(stack, exporter, found),
            count: 0,
            first: format!("{}/{}", found.made.namespace, found.made.name),
            monitors: BTreeSet::new(),
            values: BTreeMap::new(),
        });
        members.count += 1;
        members.monitors.insert(endpoint.monitor.name());
        for (name, value) in &target.labels {
            let Some(name) = is_of_one(name) else {
                continue;
            };
            let known = members
                .values
                .entry(name)
                .or_insert_with(|| Some(BTreeSet::new()));
            match (known.as_mut(), value) {
                (Some(known), Some(value)) => {
                    known.insert(value);
                }
                (_, None) => *known = None,
                (None, _) => {}
            }
        }
    }
    let class = |(key, members): (Key<'_>, Members<'_>)| {
        let (_, _, honors_labels, interval, shared, _) = key;
        let shared = shared
            .into_iter()
            .filter(|(name, _)| !name.starts_with(':'));
        let shared =
            shared.map(|(name, value)| (name.to_owned(), always(value.map_or(Values::Any, one))));
        let of_one = members.values.into_iter().map(|(name, values)| {
            let values = values.map_or(Values::Any, |it| {
                Values::OneOf(Rc::new(it.into_iter().map(str::to_owned).collect()))
            });
            (name.to_owned(), always(values))
        });
        let metric_steps = scrape.endpoints[members.endpoint].metric_relabelings;
        Class {
            exporter: members.exporter,
            component: members.component,
            labels: Shape {
                labels: shared.chain(of_one).collect(),
                is_open: false,
            },
            interval,
            honors_labels,
            monitors: members.monitors.into_iter().map(str::to_owned).collect(),
            workloads: (members.count, members.first),
            metric_steps: metric_steps.clone(),
            known: members.known,
        }
    };
    groups.into_iter().map(class).collect()
}

/// The directives that decide which metrics a Redis has.
const DECIDING: &[&str] = &[
    "appendonly",
    "latency-monitor-threshold",
    "latency-tracking",
];

/// The value of a directive, where the operator lets it reach Redis.
fn directive<'i>(stack: &Stack, instance: &'i Instance, name: &str) -> Option<&'i str> {
    let is_applied = match stack.platform.operator.kind {
        OperatorKind::Opstree => true,
        OperatorKind::RedisOperator => instance.topology.kind() == Kinds::Standalone,
    };
    let value = instance.config.get(name).filter(|_| is_applied);
    value.map(String::as_str)
}

/// What decides which metrics the Redis of an instance has, as labels that no series has.
fn circumstances<'i>(
    stack: &Stack,
    instance: Option<&'i Instance>,
) -> Vec<(&'i str, Option<&'i str>)> {
    let Some(instance) = instance else {
        return Vec::new();
    };
    let mut circumstances = vec![(":image", Some(instance.image.as_str()))];
    for (name, label) in DECIDING.iter().zip([":aof", ":latency", ":tracking"]) {
        circumstances.push((label, directive(stack, instance, name)));
    }
    circumstances
}

/// What is known of a target.
fn known(stack: &Stack, exporter: Exporter, found: &Discovered<'_>) -> Known {
    let version = |image: &crate::value::image::Image| {
        let tag = image.tag()?;
        Version::parse(tag.split('-').next().unwrap_or(tag)).ok()
    };
    match (exporter, instance(found)) {
        (Exporter::Redis, Some(instance)) => {
            let kind = instance.topology.kind();
            let is_server = found.made.component == component::REDIS;
            let config = DECIDING.iter().filter_map(|name| {
                Some((
                    (*name).to_owned(),
                    directive(stack, instance, name)?.to_owned(),
                ))
            });
            Known {
                target: match is_server {
                    true => Target::Server,
                    false => Target::Sentinel,
                },
                // A Sentinel may have an image of its own.
                redis: is_server.then(|| Release::of(&instance.image)).flatten(),
                role: (kind == Kinds::Standalone).then_some(Role::Primary),
                is_cluster: kind == Kinds::Cluster,
                // Without a word in the policy, the operator decides.
                appendonly: directive(stack, instance, "appendonly").map(|it| it == "yes"),
                config: config.collect(),
                exporter: version(&stack.platform.images.redis_exporter),
            }
        }
        _ => Known::default(),
    }
}

fn recorded(plan: &Plan) -> BTreeMap<String, Recorded> {
    struct Rules<'p> {
        count: usize,
        interval: Option<Duration>,
        is_open: bool,
        labels: BTreeMap<&'p str, (usize, BTreeSet<&'p str>)>,
    }
    let mut records: BTreeMap<&str, Rules<'_>> = BTreeMap::new();
    for object in plan.objects() {
        let object = &object.object;
        if object.kind() != "PrometheusRule" {
            continue;
        }
        for group in array(&object.value()["spec"]["groups"]) {
            let interval = group["interval"].as_str();
            let interval = interval.and_then(|it| Duration::parse(it).ok());
            for rule in array(&group["rules"]) {
                let Some(record) = rule["record"].as_str() else {
                    continue;
                };
                let rules = records.entry(record).or_insert_with(|| Rules {
                    count: 0,
                    interval,
                    is_open: false,
                    labels: BTreeMap::new(),
                });
                rules.count += 1;
                rules.interval = rules.interval.max(interval);
                let expression = rule["expr"].as_str().unwrap_or_default();
                rules.is_open |= !expression.starts_with("vector(");
                for (name, value) in rule["labels"].as_object().into_iter().flatten() {
                    let known = rules.labels.entry(name).or_default();
                    known.0 += 1;
                    known.1.insert(value.as_str().unwrap_or_default());
                }
            }
        }
    }
    let owned = |(name, rules): (&str, Rules<'_>)| {
        let labels = rules.labels.into_iter().map(|(name, (count, values))| {
            let values = values.into_iter().map(str::to_owned).collect();
            let label = Label {
                is_always: count == rules.count,
                values: Values::OneOf(Rc::new(values)),
            };
            (name.to_owned(), label)
        });
        let recorded = Recorded {
            shape: Shape {
                labels: labels.collect(),
                is_open: rules.is_open,
            },
            rules: rules.count,
            interval: rules.interval,
        };
        (name.to_owned(), recorded)
    };
    records.into_iter().map(owned).collect()
}

/// A matcher, ready to be held against many values.
struct Test<'m> {
    name: &'m str,
    is_wanted: bool,
    pattern: Option<Pattern>,
}

impl<'m> Test<'m> {
    fn of(matcher: &'m Matcher) -> Self {
        let literal = || Pattern::Literals([matcher.value.clone()].into());
        let (is_wanted, pattern) = match &matcher.op {
            MatchOp::Equal => (true, Some(literal())),
            MatchOp::NotEqual => (false, Some(literal())),
            MatchOp::Re(_) => (true, Pattern::parse(&matcher.value)),
            MatchOp::NotRe(_) => (false, Pattern::parse(&matcher.value)),
        };
        Self {
            name: &matcher.name,
            is_wanted,
            pattern,
        }
    }

    /// Returns whether a series of a shape can have what the matcher asks for.
    fn can_match(&self, shape: &Shape) -> bool {
        let Some(pattern) = &self.pattern else {
            return true;
        };
        let is = |value: &str| pattern.matches(value) == self.is_wanted;
        let Some(label) = shape.labels.get(self.name) else {
            return shape.is_open || self.name == "__name__" || is("");
        };
        if !label.is_always && is("") {
            return true;
        }
        match (&label.values, pattern) {
            (Values::Any, _) => true,
            (Values::OneOf(values), Pattern::Literals(wanted)) if self.is_wanted => {
                let (few, many) = match wanted.len() < values.len() {
                    true => (wanted, values.as_ref()),
                    false => (values.as_ref(), wanted),
                };
                few.iter().any(|it| many.contains(it))
            }
            (Values::OneOf(values), _) => values.iter().any(|it| is(it)),
        }
    }
}

fn alternatives(matchers: &Matchers) -> impl Iterator<Item = &[Matcher]> {
    let first = (matchers.or_matchers.is_empty() || !matchers.matchers.is_empty())
        .then_some(matchers.matchers.as_slice());
    first
        .into_iter()
        .chain(matchers.or_matchers.iter().map(Vec::as_slice))
}

/// The label of a matcher that no series of a shape can have as asked, and whether they have it at all.
fn excluding(shape: &Shape, matchers: &Matchers) -> Option<(String, bool)> {
    let mut excluded = None;
    for alternative in alternatives(matchers) {
        let matcher = alternative
            .iter()
            .find(|it| !Test::of(it).can_match(shape))?;
        let is_carried = shape.labels.contains_key(&matcher.name);
        excluded.get_or_insert((matcher.name.clone(), is_carried));
    }
    excluded
}

/// A shape whose labels are what a selector asks for by name.
fn narrowed(mut shape: Shape, matchers: &Matchers) -> Shape {
    if !matchers.or_matchers.is_empty() {
        return shape;
    }
    for matcher in &matchers.matchers {
        if matcher.op == MatchOp::Equal
            && !matcher.value.is_empty()
            && let Some(label) = shape.labels.get_mut(&matcher.name)
        {
            *label = always(one(&matcher.value));
        }
    }
    shape
}

/// What holds of series that are of one shape or another.
fn union(shapes: impl IntoIterator<Item = Shape>) -> Shape {
    let mut shapes = shapes.into_iter();
    let mut all = shapes.next().unwrap_or_default();
    for shape in shapes {
        all.is_open |= shape.is_open;
        for (name, label) in &mut all.labels {
            label.is_always &= shape.labels.get(name).is_some_and(|it| it.is_always);
        }
        for (name, label) in shape.labels {
            match all.labels.get_mut(&name) {
                None => {
                    all.labels.insert(name, sometimes(label.values));
                }
                Some(known) => match (&mut known.values, label.values) {
                    (Values::Any, _) => {}
                    (known, Values::Any) => *known = Values::Any,
                    (Values::OneOf(known), Values::OneOf(more)) => {
                        if !Rc::ptr_eq(known, &more) && !more.is_subset(known) {
                            Rc::make_mut(known).extend(more.iter().cloned());
                        }
                    }
                },
            }
        }
    }
    all
}

fn always(values: Values) -> Label {
    Label {
        is_always: true,
        values,
    }
}

fn sometimes(values: Values) -> Label {
    Label {
        is_always: false,
        values,
    }
}

fn one(value: &str) -> Values {
    Values::OneOf(Rc::new(BTreeSet::from([value.to_owned()])))
}

/// Returns whether a component is a server or Sentinel of an instance.
pub fn is_of_instance(component: &str) -> bool {
    matches!(component, component::REDIS | component::SENTINEL)
}
