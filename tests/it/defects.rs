//! None of the 78 defects of the documents that obsgen was made from is in any golden tree.
//!
//! A test looks for its defect in every golden tree, and then in golden trees into which the defect
//! was put: what cannot find it proves nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use obsgen::catalog::{self, Exporter, Kind};
use promql_parser::label::{MatchOp, Matcher};
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{
    self, BinaryExpr, Expr, LabelModifier, VectorMatchCardinality, VectorSelector,
};
use promql_parser::util::parse_duration;
use serde::Deserialize;
use serde_json::Value;

use crate::stacks::{root, stacks};

mod logs;
mod servers;

type Labels = BTreeMap<String, String>;
type Names = BTreeSet<String>;

/// Parts of the documents that the output has no part of: the number, words of which one would be
/// in the path, kind, version, image or data key of an object, and why there is nothing to test.
pub(crate) const NOT_YET: &[(u8, &[&str], &str)] = &[
    (37, &["chart", "helm"], "no Helm chart is generated"),
    (
        38,
        &[
            "jaeger-operator",
            "cert-manager",
            "customresourcedefinition",
        ],
        "no operator is installed",
    ),
];

/// Defects of Go code and of prose, which no tree of YAML can have.
pub(crate) const NOT_APPLICABLE: &[(u8, &str)] = &[
    (33, "Go code without its imports and set-up of tracing"),
    (51, "Go code that makes a silence of a thousand years"),
    (
        59,
        "prose that names another requeue interval than the Go code",
    ),
    (60, "Go code with a type that Kubernetes 1.29 renamed"),
    (62, "prose that lists one of six CRDs"),
    (65, "prose that leaves out kinds of prometheus-operator"),
];

/// What the operators and the documents name as metrics, and nothing ever sets or counts.
const PHANTOMS: &[&str] = &[
    "redis_operator_reconcile_total",
    "redis_operator_reconcile_duration_seconds",
    "redis_operator_reconcile_errors_total",
    "redis_operator_resource_status",
    "redis_operator_resource_status_total",
    "redis_instance_memory_limit_bytes",
    "redis_sentinel_quorum_required",
    "redis_sentinel_sentinels_total",
    "redis_sentinel_failover_total",
    "redis_resource_cpu_usage_cores",
    "redis_resource_memory_usage_bytes",
    "redis_resource_network_io_bytes_total",
    "redis_persistence_operations_total",
];

/// The kinds that a tree may have, in the versions that the API servers of today serve.
const KINDS: &[(&str, &str)] = &[
    ("apps/v1", "DaemonSet"),
    ("apps/v1", "Deployment"),
    ("batch/v1", "CronJob"),
    ("batch/v1", "Job"),
    ("grafana.integreatly.org/v1beta1", "GrafanaDashboard"),
    ("jaegertracing.io/v1", "Jaeger"),
    ("kustomize.config.k8s.io/v1beta1", "Kustomization"),
    ("monitoring.coreos.com/v1", "Alertmanager"),
    ("monitoring.coreos.com/v1", "PodMonitor"),
    ("monitoring.coreos.com/v1", "Prometheus"),
    ("monitoring.coreos.com/v1", "PrometheusRule"),
    ("monitoring.coreos.com/v1", "ServiceMonitor"),
    ("monitoring.coreos.com/v1alpha1", "AlertmanagerConfig"),
    ("networking.k8s.io/v1", "NetworkPolicy"),
    ("opentelemetry.io/v1beta1", "OpenTelemetryCollector"),
    ("rbac.authorization.k8s.io/v1", "ClusterRole"),
    ("rbac.authorization.k8s.io/v1", "ClusterRoleBinding"),
    ("rbac.authorization.k8s.io/v1", "Role"),
    ("rbac.authorization.k8s.io/v1", "RoleBinding"),
    ("redis.github.com/v1", "RedisCluster"),
    ("redis.github.com/v1", "RedisInstance"),
    ("redis.github.com/v1", "RedisMasterReplica"),
    ("redis.github.com/v1", "RedisSentinel"),
    ("redis.redis.opstreelabs.in/v1beta2", "Redis"),
    ("redis.redis.opstreelabs.in/v1beta2", "RedisCluster"),
    ("redis.redis.opstreelabs.in/v1beta2", "RedisReplication"),
    ("redis.redis.opstreelabs.in/v1beta2", "RedisSentinel"),
    ("v1", "ConfigMap"),
    ("v1", "Secret"),
    ("v1", "Service"),
    ("v1", "ServiceAccount"),
];

/// One document of one file.
#[derive(Clone)]
struct Object {
    path: String,
    value: Value,
}

impl Object {
    fn text(&self, pointer: &str) -> &str {
        self.value
            .pointer(pointer)
            .and_then(Value::as_str)
            .unwrap_or("")
    }

    fn kind(&self) -> &str {
        self.text("/kind")
    }

    fn api(&self) -> &str {
        self.text("/apiVersion")
    }

    fn name(&self) -> &str {
        self.text("/metadata/name")
    }

    fn namespace(&self) -> &str {
        self.text("/metadata/namespace")
    }

    /// Where it is, for a message.
    fn at(&self) -> String {
        format!("{} {}/{}", self.path, self.kind(), self.name())
    }

    fn is_monitor(&self) -> bool {
        matches!(self.kind(), "ServiceMonitor" | "PodMonitor")
    }

    fn is_redis(&self) -> bool {
        self.api().starts_with("redis.")
    }

    fn endpoints(&self) -> impl Iterator<Item = &Value> {
        list(&self.value["spec"]["endpoints"])
            .iter()
            .chain(list(&self.value["spec"]["podMetricsEndpoints"]))
    }

    /// The pod that it runs.
    fn pod(&self) -> &Value {
        if self.kind() == "CronJob" {
            return &self.value["spec"]["jobTemplate"]["spec"]["template"];
        }
        &self.value["spec"]["template"]
    }

    fn containers(&self) -> &[Value] {
        list(&self.pod()["spec"]["containers"])
    }

    fn all_containers(&self) -> impl Iterator<Item = &Value> {
        let before = list(&self.pod()["spec"]["initContainers"]);
        before.iter().chain(self.containers())
    }

    /// What a monitor says that its targets are.
    fn components(&self) -> Names {
        self.endpoints()
            .flat_map(|it| list(&it["relabelings"]))
            .filter(|it| it["targetLabel"] == "component")
            .filter_map(|it| it["replacement"].as_str())
            .map(str::to_owned)
            .collect()
    }
}

/// One golden tree, and the policies that it was compiled from, the nearest first.
#[derive(Clone)]
struct Tree {
    stack: String,
    policies: Vec<Value>,
    files: BTreeMap<String, String>,
    objects: Vec<Object>,
}

static TREES: LazyLock<Vec<Tree>> = LazyLock::new(|| stacks().iter().map(|it| read(it)).collect());

fn read(stack: &str) -> Tree {
    let folder = root().join("golden").join(stack);
    let files: BTreeMap<String, String> = walkdir::WalkDir::new(&folder)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|it| it.file_type().is_file())
        .map(|it| {
            let path = it.path().strip_prefix(&folder).unwrap().to_string_lossy();
            let text = std::fs::read_to_string(it.path()).unwrap();
            (path.replace('\\', "/"), text)
        })
        .collect();
    let mut policies = Vec::new();
    let mut left = vec![root().join("stacks").join(stack).join("observability.yaml")];
    while let Some(path) = left.pop() {
        let policy = documents(&std::fs::read_to_string(&path).unwrap()).remove(0);
        let bases = texts(&policy["spec"]["extends"]);
        left.extend(bases.iter().map(|it| path.parent().unwrap().join(it)));
        policies.push(policy);
    }
    let objects = files
        .iter()
        .flat_map(|(path, text)| objects(path, text))
        .collect();
    Tree {
        stack: stack.to_owned(),
        policies,
        files,
        objects,
    }
}

fn documents(text: &str) -> Vec<Value> {
    serde_yaml::Deserializer::from_str(text)
        .map(|it| serde_yaml::Value::deserialize(it).unwrap())
        .map(|it| serde_json::to_value(it).unwrap())
        .collect()
}

fn objects(path: &str, text: &str) -> Vec<Object> {
    if !path.ends_with(".yaml") {
        return Vec::new();
    }
    documents(text)
        .into_iter()
        .map(|value| Object {
            path: path.to_owned(),
            value,
        })
        .collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn texts(value: &Value) -> Vec<String> {
    list(value)
        .iter()
        .filter_map(Value::as_str)
        .map(str::to_owned)
        .collect()
}

fn labels(value: &Value) -> Labels {
    value
        .as_object()
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), value.as_str().unwrap_or("").to_owned()))
        .collect()
}

/// Whether these labels have those among them.
fn select(labels: &Labels, wanted: &Labels) -> bool {
    wanted
        .iter()
        .all(|(key, value)| labels.get(key) == Some(value))
}

impl Tree {
    /// Puts something into one file, which need not be there.
    fn with(&self, path: &str, from: &str, to: &str) -> Self {
        let mut tree = self.clone();
        let text = tree.files.entry(path.to_owned()).or_default();
        assert!(text.contains(from), "{}/{path} has no {from:?}", self.stack);
        *text = text.replacen(from, to, 1);
        tree.objects.retain(|it| it.path != path);
        tree.objects.extend(objects(path, &tree.files[path]));
        tree
    }

    /// What the policy says, or else what it extends.
    fn policy(&self, pointer: &str) -> &Value {
        self.policies
            .iter()
            .find_map(|it| it["spec"].pointer(pointer))
            .unwrap_or(&Value::Null)
    }

    fn of<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a Object> {
        self.objects.iter().filter(move |it| it.kind() == kind)
    }

    fn monitors(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|it| it.is_monitor())
    }

    fn redis(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter().filter(|it| it.is_redis())
    }

    fn runbooks(&self) -> impl Iterator<Item = (&String, &String)> {
        self.files.iter().filter(|(path, _)| path.ends_with(".md"))
    }

    /// Every text of every object, with the key that it stands under.
    fn scalars(&self) -> Vec<(&Object, String, String)> {
        let mut acc = Vec::new();
        for object in &self.objects {
            let mut found = Vec::new();
            scalars("", &object.value, &mut found);
            for config in embedded(object) {
                scalars("", &config, &mut found);
            }
            acc.extend(found.into_iter().map(|(key, text)| (object, key, text)));
        }
        acc
    }

    fn rules(&self) -> Vec<Rule<'_>> {
        self.rules_of(&["alert", "record"])
    }

    fn alerts(&self) -> Vec<Rule<'_>> {
        self.rules_of(&["alert"])
    }

    /// Reading an expression is most of what the tests do, so only what is asked for is read.
    fn rules_of(&self, kinds: &[&str]) -> Vec<Rule<'_>> {
        let mut acc = Vec::new();
        for object in self.of("PrometheusRule") {
            let groups = list(&object.value["spec"]["groups"]).iter();
            for value in groups.flat_map(|it| list(&it["rules"])) {
                if !kinds.iter().any(|it| value[it].is_string()) {
                    continue;
                }
                let text = value["expr"].as_str().unwrap();
                let expr = parser::parse(text).unwrap_or_else(|it| panic!("{it}: {text}"));
                acc.push(Rule {
                    object,
                    value,
                    expr,
                });
            }
        }
        acc
    }

    /// The series that rules record, by name.
    fn recorded(&self) -> BTreeMap<String, Vec<(Labels, f64)>> {
        let mut acc: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for rule in self.rules_of(&["record"]) {
            let value = parts(&rule.expr).into_iter().find_map(|it| match it {
                Expr::NumberLiteral(it) => Some(it.val),
                _ => None,
            });
            let series = (labels(&rule.value["labels"]), value.unwrap_or(f64::NAN));
            acc.entry(rule.name().to_owned()).or_default().push(series);
        }
        acc
    }

    /// The metrics that the policy says something else exports, and their labels.
    fn declared(&self) -> BTreeMap<String, Names> {
        list(self.policy("/alerts/externalMetrics"))
            .iter()
            .map(|it| {
                (
                    it["name"].as_str().unwrap().to_owned(),
                    texts(&it["labels"]).into_iter().collect(),
                )
            })
            .collect()
    }

    fn world(&self) -> World {
        World {
            recorded: self.recorded(),
            declared: self.declared(),
        }
    }

    /// Everything that can fire, with the labels that the alert has then, as far as they are known.
    fn firing(&self) -> Vec<Labels> {
        let world = self.world();
        let instances = world
            .recorded
            .get("instance_name:redis_pods:policy")
            .cloned()
            .unwrap_or_default();
        let mut acc = Vec::new();
        for rule in self.alerts() {
            let mut own = labels(&rule.value["labels"]);
            own.insert("alertname".to_owned(), rule.name().to_owned());
            let carried = carried(&rule.expr, &world);
            if !carried.contains("instance_name") || own.contains_key("instance_name") {
                acc.push(own);
                continue;
            }
            for (instance, _) in &instances {
                let selected = selectors(&rule.expr).iter().all(|it| {
                    it.matchers.matchers.iter().all(|it| {
                        instance
                            .get(&it.name)
                            .is_none_or(|value| it.is_match(value))
                    })
                });
                if selected {
                    let mut labels = instance.clone();
                    labels.retain(|key, _| carried.contains(key));
                    labels.extend(own.clone());
                    acc.push(labels);
                }
            }
        }
        acc
    }

    /// What the Alertmanager reads, whichever way it is delivered.
    fn configs(&self) -> Vec<Config> {
        let strategy = self
            .policy("/platform/alertmanager/matcherStrategy")
            .as_str()
            .unwrap_or("OnNamespace");
        let mut acc = Vec::new();
        for object in self.of("AlertmanagerConfig") {
            let mut root = Route::new(&object.value["spec"]["route"], "route");
            if strategy == "OnNamespace" {
                root.matchers.push(Matcher::new(
                    MatchOp::Equal,
                    "namespace",
                    object.namespace(),
                ));
            }
            acc.push(Config {
                at: object.at(),
                namespace: object.namespace().to_owned(),
                is_whole: false,
                root,
                spec: object.value["spec"].clone(),
            });
        }
        for object in self.of("Secret") {
            for spec in embedded(object) {
                let root = Route::new(get(&spec, "route"), "route");
                acc.push(Config {
                    at: object.at(),
                    namespace: String::new(),
                    is_whole: true,
                    root,
                    spec,
                });
            }
        }
        acc
    }
}

fn scalars(key: &str, value: &Value, acc: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, value)| scalars(key, value, acc)),
        Value::Array(items) => items.iter().for_each(|it| scalars(key, it, acc)),
        Value::String(text) => acc.push((key.to_owned(), text.clone())),
        Value::Number(number) => acc.push((key.to_owned(), number.to_string())),
        Value::Null | Value::Bool(_) => {}
    }
}

/// The configurations of Alertmanager inside of a Secret or a ConfigMap.
fn embedded(object: &Object) -> Vec<Value> {
    ["data", "stringData"]
        .iter()
        .flat_map(|it| object.value[it].as_object().into_iter().flatten())
        .filter_map(|(_, text)| text.as_str())
        .filter(|it| it.contains("receivers") || it.contains("route"))
        .filter_map(|it| serde_yaml::from_str::<serde_yaml::Value>(it).ok())
        .filter_map(|it| serde_json::to_value(it).ok())
        .filter(|it| it["receivers"].is_array() || it["route"].is_object())
        .collect()
}

/// Looks a field up as resources spell it, then as Alertmanager's own file does.
fn get<'a>(value: &'a Value, camel: &str) -> &'a Value {
    let mut snake = String::new();
    for it in camel.chars() {
        if it.is_uppercase() {
            snake.push('_');
        }
        snake.push(it.to_ascii_lowercase());
    }
    value
        .get(camel)
        .or_else(|| value.get(&snake))
        .unwrap_or(&Value::Null)
}

struct Config {
    at: String,
    namespace: String,
    /// Whether it is all that the Alertmanager reads, so that foreign alerts are its own too.
    is_whole: bool,
    root: Route,
    spec: Value,
}

impl Config {
    fn receivers(&self) -> &[Value] {
        list(&self.spec["receivers"])
    }

    /// Each integration of each receiver: receiver, kind in camel case, value.
    fn integrations(&self) -> Vec<(&str, String, &Value)> {
        let mut acc = Vec::new();
        for receiver in self.receivers() {
            for (key, value) in receiver.as_object().into_iter().flatten() {
                let kind = key.trim_end_matches("Configs").trim_end_matches("_configs");
                for it in list(value) {
                    acc.push((receiver["name"].as_str().unwrap_or(""), kind.to_owned(), it));
                }
            }
        }
        acc
    }

    /// The rules that silence: source, target, equal.
    fn inhibitions(&self) -> Vec<(Vec<Matcher>, Vec<Matcher>, Vec<String>)> {
        list(get(&self.spec, "inhibitRules"))
            .iter()
            .map(|it| {
                let side = |ours: &str, theirs: &str| {
                    let value = if it[ours].is_null() {
                        &it[theirs]
                    } else {
                        &it[ours]
                    };
                    list(value).iter().map(matcher).collect::<Vec<_>>()
                };
                (
                    side("sourceMatch", "source_matchers"),
                    side("targetMatch", "target_matchers"),
                    texts(&it["equal"]),
                )
            })
            .collect()
    }

    /// Returns the paths of the routes at which an alert ends, and their receivers.
    fn deliver(&self, alert: &Labels) -> Vec<(String, String)> {
        let mut acc = Vec::new();
        self.root.deliver(alert, "", &mut acc);
        acc
    }
}

fn matcher(value: &Value) -> Matcher {
    let text = match value {
        Value::String(text) => text.clone(),
        it => {
            let value = serde_json::to_string(it["value"].as_str().unwrap_or("")).unwrap();
            format!(
                "{}{}{value}",
                it["name"].as_str().unwrap(),
                it["matchType"].as_str().unwrap_or("=")
            )
        }
    };
    let Ok(Expr::VectorSelector(mut selector)) = parser::parse(&format!("x{{{text}}}")) else {
        panic!("{text} is no matcher")
    };
    selector.matchers.matchers.remove(0)
}

fn all_match(matchers: &[Matcher], labels: &Labels) -> bool {
    matchers
        .iter()
        .all(|it| it.is_match(labels.get(&it.name).map_or("", String::as_str)))
}

struct Route {
    path: String,
    value: Value,
    matchers: Vec<Matcher>,
    routes: Vec<Route>,
}

impl Route {
    fn new(value: &Value, path: &str) -> Self {
        let routes = list(&value["routes"])
            .iter()
            .enumerate()
            .map(|(index, it)| Self::new(it, &format!("{path}.{index}")))
            .collect();
        let matchers = list(&value["matchers"]).iter().map(matcher).collect();
        Self {
            path: path.to_owned(),
            value: value.clone(),
            matchers,
            routes,
        }
    }

    fn all(&self) -> Vec<&Self> {
        let mut acc = vec![self];
        acc.extend(self.routes.iter().flat_map(Self::all));
        acc
    }

    fn deliver(&self, alert: &Labels, inherited: &str, acc: &mut Vec<(String, String)>) -> bool {
        if !all_match(&self.matchers, alert) {
            return false;
        }
        let receiver = self.value["receiver"].as_str().unwrap_or(inherited);
        let mut taken = false;
        for route in &self.routes {
            if route.deliver(alert, receiver, acc) {
                taken = true;
                if route.value["continue"] != true {
                    break;
                }
            }
        }
        if !taken {
            acc.push((self.path.clone(), receiver.to_owned()));
        }
        true
    }
}

struct Rule<'a> {
    object: &'a Object,
    value: &'a Value,
    expr: Expr,
}

impl Rule<'_> {
    fn name(&self) -> &str {
        self.value["alert"]
            .as_str()
            .or(self.value["record"].as_str())
            .unwrap_or("")
    }

    fn at(&self) -> String {
        format!("{} {}", self.object.path, self.name())
    }
}

struct World {
    recorded: BTreeMap<String, Vec<(Labels, f64)>>,
    declared: BTreeMap<String, Names>,
}

/// Returns an expression and all that it is made of.
fn parts(expr: &Expr) -> Vec<&Expr> {
    let below: Vec<&Expr> = match expr {
        Expr::Aggregate(it) => std::iter::once(&*it.expr)
            .chain(it.param.as_deref())
            .collect(),
        Expr::Unary(it) => vec![&it.expr],
        Expr::Binary(it) => vec![&it.lhs, &it.rhs],
        Expr::Paren(it) => vec![&it.expr],
        Expr::Subquery(it) => vec![&it.expr],
        Expr::Call(it) => it.args.args.iter().map(|it| &**it).collect(),
        Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::Extension(_) => Vec::new(),
    };
    let mut acc = vec![expr];
    acc.extend(below.into_iter().flat_map(parts));
    acc
}

fn selectors(expr: &Expr) -> Vec<&VectorSelector> {
    parts(expr)
        .into_iter()
        .filter_map(|it| match it {
            Expr::VectorSelector(it) => Some(it),
            Expr::MatrixSelector(it) => Some(&it.vs),
            _ => None,
        })
        .collect()
}

fn binaries(expr: &Expr) -> Vec<&BinaryExpr> {
    parts(expr)
        .into_iter()
        .filter_map(|it| {
            if let Expr::Binary(it) = it {
                Some(it)
            } else {
                None
            }
        })
        .collect()
}

fn metric(selector: &VectorSelector) -> String {
    let quoted = || {
        selector
            .matchers
            .find_matchers("__name__")
            .pop()
            .map(|it| it.value)
    };
    selector.name.clone().or_else(quoted).unwrap_or_default()
}

fn metrics(expr: &Expr) -> Names {
    selectors(expr).into_iter().map(metric).collect()
}

fn number(expr: &Expr) -> Option<f64> {
    match expr {
        Expr::NumberLiteral(it) => Some(it.val),
        Expr::Paren(it) => number(&it.expr),
        Expr::Unary(it) => number(&it.expr).map(|it| -it),
        _ => None,
    }
}

fn is_scalar(expr: &Expr) -> bool {
    expr.value_type() == ValueType::Scalar
}

fn names(list: &[&str]) -> Names {
    list.iter().map(|it| (*it).to_owned()).collect()
}

/// Returns the labels that every series of a vector has.
fn carried(expr: &Expr, world: &World) -> Names {
    match expr {
        Expr::VectorSelector(it) => of_metric(it, world),
        Expr::MatrixSelector(it) => of_metric(&it.vs, world),
        Expr::Paren(it) => carried(&it.expr, world),
        Expr::Unary(it) => carried(&it.expr, world),
        Expr::Subquery(it) => carried(&it.expr, world),
        Expr::Aggregate(it) => {
            let below = carried(&it.expr, world);
            match &it.modifier {
                Some(LabelModifier::Include(by)) => below
                    .into_iter()
                    .filter(|it| by.labels.contains(it))
                    .collect(),
                Some(LabelModifier::Exclude(without)) => below
                    .into_iter()
                    .filter(|it| !without.labels.contains(it))
                    .collect(),
                None => Names::new(),
            }
        }
        Expr::Call(it) if it.func.name.starts_with("absent") => selectors(expr)
            .iter()
            .flat_map(|it| &it.matchers.matchers)
            .filter(|it| it.op == MatchOp::Equal)
            .map(|it| it.name.clone())
            .collect(),
        Expr::Call(it) => it
            .args
            .args
            .iter()
            .flat_map(|it| carried(it, world))
            .collect(),
        Expr::Binary(it) => of_binary(it, world),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => Names::new(),
    }
}

fn of_binary(binary: &BinaryExpr, world: &World) -> Names {
    let (left, right) = (carried(&binary.lhs, world), carried(&binary.rhs, world));
    if is_scalar(&binary.lhs) {
        return right;
    }
    if is_scalar(&binary.rhs) {
        return left;
    }
    if binary.op.is_set_operator() {
        let is_union = binary.op.to_string() == "or";
        return if is_union {
            left.intersection(&right).cloned().collect()
        } else {
            left
        };
    }
    let Some(modifier) = &binary.modifier else {
        return left;
    };
    match &modifier.card {
        VectorMatchCardinality::ManyToOne(more) => {
            left.into_iter().chain(more.labels.clone()).collect()
        }
        VectorMatchCardinality::OneToMany(more) => {
            right.into_iter().chain(more.labels.clone()).collect()
        }
        VectorMatchCardinality::OneToOne | VectorMatchCardinality::ManyToMany => {
            match &modifier.matching {
                Some(LabelModifier::Include(on)) => left
                    .into_iter()
                    .filter(|it| on.labels.contains(it))
                    .collect(),
                Some(LabelModifier::Exclude(ignored)) => left
                    .into_iter()
                    .filter(|it| !ignored.labels.contains(it))
                    .collect(),
                None => left,
            }
        }
    }
}

fn of_metric(selector: &VectorSelector, world: &World) -> Names {
    let name = metric(selector);
    if let Some(series) = world.recorded.get(&name) {
        let mut common: Names = series[0].0.keys().cloned().collect();
        common.retain(|key| series.iter().all(|(labels, _)| labels.contains_key(key)));
        return common;
    }
    if let Some(labels) = world.declared.get(&name) {
        return labels.clone();
    }
    let Some(known) = catalog::metrics(&name).first() else {
        return Names::new();
    };
    let of_redis = names(&[
        "stack",
        "component",
        "namespace",
        "instance_name",
        "topology",
        "team",
        "tier",
        "pod",
        "instance",
    ]);
    let of_operator = names(&["stack", "component", "namespace", "pod", "instance"]);
    let is_of_operator = || {
        selector
            .matchers
            .find_matchers("component")
            .iter()
            .any(|it| it.is_match("operator"))
    };
    let mut labels = match known.exporter {
        Exporter::Redis => of_redis,
        Exporter::ControllerRuntime | Exporter::Opstree | Exporter::RedisOperator => of_operator,
        Exporter::Prometheus if name == "up" && is_of_operator() => of_operator,
        Exporter::Prometheus if name == "up" => of_redis,
        Exporter::Prometheus
        | Exporter::Alertmanager
        | Exporter::Jaeger
        | Exporter::Otelcol
        | Exporter::FluentBit
        | Exporter::KubeStateMetrics
        | Exporter::Kubelet
        | Exporter::Elasticsearch => names(&["stack", "namespace", "pod", "instance"]),
    };
    labels.extend(catalog::series_labels(known, &name).map(str::to_owned));
    labels
}

/// A golden tree, a file of it, and what is put there in place of what.
type Change<'a> = (&'a str, &'a str, &'a str, &'a str);

/// Asserts that no golden tree has the defect, and that each of the changes brings it in.
#[track_caller]
fn check(defect: fn(&Tree) -> Vec<String>, changes: &[Change<'_>]) {
    for tree in TREES.iter() {
        let found = defect(tree);
        assert!(found.is_empty(), "golden/{}: {found:#?}", tree.stack);
    }
    for (stack, path, from, to) in changes {
        let tree = TREES.iter().find(|it| it.stack == *stack).unwrap();
        let found = defect(&tree.with(path, from, to));
        assert!(
            !found.is_empty(),
            "golden/{stack}/{path} with {to:?} passes"
        );
    }
}

const CONFIG: &str = "alertmanager/config-monitoring.yaml";
const SECRET: &str = "alertmanager/secret.yaml";
const ADAPTER: &str = "alertmanager/adapter.yaml";
const OPERATOR: &str = "prometheus/monitors/operator.yaml";
const INSTANCE_ALERTS: &str = "prometheus/rules/alerts-instance.yaml";
const SENTINEL_ALERTS: &str = "prometheus/rules/alerts-sentinel.yaml";
const OPERATOR_ALERTS: &str = "prometheus/rules/alerts-operator.yaml";
const SERVER: &str = "prometheus/server.yaml";

fn unknown_metrics(tree: &Tree) -> Vec<String> {
    let world = tree.world();
    let mut acc = Vec::new();
    for rule in tree.rules() {
        for name in metrics(&rule.expr) {
            let known = !catalog::metrics(&name).is_empty()
                || world.recorded.contains_key(&name)
                || world.declared.contains_key(&name);
            if !known || PHANTOMS.contains(&name.as_str()) {
                acc.push(format!("{} asks for {name}", rule.at()));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d01_an_expression_asks_for_a_metric_that_nothing_exports() {
    check(
        unknown_metrics,
        &[
                        ("prod", OPERATOR_ALERTS,
                         "controller_runtime_reconcile_total",
                         "redis_operator_resource_status_total"),
        ],
    );
}

/// Facts that no recorded series answers, and ratios with a limit that is 0 where it is not set.
fn dead_limits(tree: &Tree) -> Vec<String> {
    let recorded = tree.recorded();
    let mut acc = Vec::new();
    for rule in tree.rules() {
        for selector in selectors(&rule.expr)
            .into_iter()
            .filter(|it| metric(it).contains(':'))
        {
            let series = recorded
                .get(&metric(selector))
                .map_or(&[][..], Vec::as_slice);
            if !series
                .iter()
                .any(|(labels, _)| all_match(&selector.matchers.matchers, labels))
            {
                acc.push(format!(
                    "{}: nothing records {}",
                    rule.at(),
                    metric(selector)
                ));
            }
        }
        for binary in binaries(&rule.expr)
            .into_iter()
            .filter(|it| it.op.to_string() == "/")
        {
            let guarded = binaries(&binary.rhs)
                .iter()
                .any(|it| it.op.to_string() == ">" && number(&it.rhs) == Some(0.0));
            if metrics(&binary.rhs).contains("redis_memory_max_bytes") && !guarded {
                acc.push(format!("{} divides by an unset maxmemory", rule.at()));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d02_memory_is_compared_with_a_limit_that_nobody_exports() {
    check(
        dead_limits,
        &[
            ("prod", INSTANCE_ALERTS,
             "instance_name:redis_memory_limit_bytes:policy",
             "instance_name:redis_memory_limit:policy"),
            ("minimal", INSTANCE_ALERTS,
             r#"(redis_memory_max_bytes{stack="minimal",component="redis"} > 0)"#,
             r#"redis_memory_max_bytes{stack="minimal",component="redis"}"#),
        ],
    );
}

/// The numbers of Sentinels that the Redis resources ask for, and whether rules know them.
fn wrong_facts(tree: &Tree, fact: &str, wanted: fn(&Object) -> Option<f64>) -> Vec<String> {
    let recorded = tree.recorded();
    let mut acc = Vec::new();
    for object in tree.of("RedisSentinel") {
        let there = recorded
            .get(fact)
            .into_iter()
            .flatten()
            .find(|(labels, _)| {
                labels
                    .get("namespace")
                    .is_some_and(|it| it == object.namespace())
                    && labels
                        .get("instance_name")
                        .is_some_and(|it| it == object.name())
            });
        if there.map(|(_, value)| *value) != wanted(object) {
            acc.push(format!("{}: {fact} is {there:?}", object.at()));
        }
        if !tree
            .alerts()
            .iter()
            .any(|it| metrics(&it.expr).contains(fact))
        {
            acc.push(format!("{}: no alert uses {fact}", object.at()));
        }
    }
    acc
}

fn wrong_quorums(tree: &Tree) -> Vec<String> {
    wrong_facts(tree, "instance_name:redis_sentinel_quorum:policy", |it| {
        let theirs = it.text("/spec/redisSentinelConfig/quorum").parse().ok();
        theirs.or(it.value["spec"]["config"]["quorum"].as_f64())
    })
}

#[test]
#[rustfmt::skip]
fn d03_the_quorum_is_compared_with_a_metric_that_does_not_exist() {
    check(
        wrong_quorums,
        &[
            ("prod", SENTINEL_ALERTS,
             "instance_name:redis_sentinel_quorum:policy", "redis_sentinel_quorum_required"),
            ("seed", "redis/redis/guarded.yaml", "quorum: 2", "quorum: 3"),
        ],
    );
    check(
        unknown_metrics,
        &[
                        ("prod", SENTINEL_ALERTS,
                         "instance_name:redis_sentinel_quorum:policy",
                         "redis_sentinel_quorum_required"),
        ],
    );
}

/// The ports that speak HTTP: the component, the name of the port, and the path.
const HTTP: &[(&str, &str, &str)] = &[
    ("alertmanager", "web", "/metrics"),
    ("fluent-bit", "http", "/api/v2/metrics/prometheus"),
    ("operator", "https", "/metrics"),
    ("operator", "metrics", "/metrics"),
    ("prometheus", "web", "/metrics"),
    ("redis", "redis-exporter", "/metrics"),
    ("sentinel", "redis-exporter", "/metrics"),
    ("tracing", "admin-http", "/metrics"),
    ("tracing", "monitoring", "/metrics"),
];

/// Monitors of several sources at once, and ports that speak Redis and not HTTP.
fn mixed_monitors(tree: &Tree) -> Vec<String> {
    let exporters: Vec<String> = tree
        .of("Service")
        .flat_map(|it| {
            list(&it.value["spec"]["ports"])
                .iter()
                .map(move |port| format!("{}.{}.svc:{}", it.name(), it.namespace(), port["port"]))
        })
        .collect();
    let mut acc = Vec::new();
    for monitor in tree.monitors() {
        let mut components = Names::new();
        for endpoint in monitor.endpoints() {
            let relabelings = list(&endpoint["relabelings"]);
            let targets = |label: &str| {
                relabelings
                    .iter()
                    .filter(|it| it["targetLabel"] == label)
                    .filter_map(|it| it["replacement"].as_str())
                    .map(str::to_owned)
                    .collect::<Vec<_>>()
            };
            let here = targets("component");
            let path = endpoint["path"].as_str().unwrap_or("/metrics");
            let known = (!here.is_empty()).then(|| {
                here.iter().all(|component| {
                    HTTP.iter()
                        .any(|it| it.0 == component && endpoint["port"] == it.1 && it.2 == path)
                })
            });
            let speaks_http = known == Some(true);
            let is_of_redis = here
                .iter()
                .all(|it| matches!(it.as_str(), "redis" | "sentinel"));
            components.extend(here);
            let through = targets("__address__");
            let is_probe = is_of_redis
                && endpoint["path"] == "/scrape"
                && relabelings
                    .iter()
                    .any(|it| it["targetLabel"] == "__param_target")
                && !through.is_empty()
                && through.iter().all(|it| exporters.contains(it));
            if speaks_http == is_probe {
                acc.push(format!(
                    "{} scrapes {}{}",
                    monitor.at(),
                    endpoint["port"],
                    endpoint["path"]
                ));
            }
        }
        let is_mixed =
            components.len() > 1 && !components.is_subset(&names(&["redis", "sentinel"]));
        if components.is_empty() || is_mixed {
            acc.push(format!("{} is of {components:?}", monitor.at()));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d04_a_monitor_scrapes_the_operator_and_the_port_of_redis() {
    check(
        mixed_monitors,
        &[
            ("seed", "prometheus/monitors/redis-redis.yaml", "path: /scrape", "path: /metrics"),
            ("seed", "prometheus/monitors/redis-redis.yaml",
             "seed-redis-exporter.redis.svc:9121", "seed-redis-exporter.redis.svc:6379"),
            ("prod", OPERATOR, "port: metrics", "port: redis-metrics"),
            ("prod", "prometheus/monitors/redis-shop.yaml",
             "replacement: redis", "replacement: operator"),
            ("prod", "fluent-bit/fluent-bit.yaml",
             "replacement: fluent-bit", "replacement: operator"),
            ("prod", "fluent-bit/fluent-bit.yaml",
             "    path: /api/v2/metrics/prometheus\n", ""),
            ("seed", "tracing/monitor.yaml", "port: admin-http", "port: jaeger-thrift"),
            ("staging", "prometheus/monitors/pipeline.yaml", "port: web", "port: reloader"),
        ],
    );
}

/// Secured ports that are scraped without credentials, or that nobody may read.
fn locked_out(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for monitor in tree.monitors() {
        for endpoint in monitor
            .endpoints()
            .filter(|it| it["port"] == "https" || it["scheme"] == "https")
        {
            let has_token =
                !endpoint["authorization"].is_null() || !endpoint["bearerTokenFile"].is_null();
            if endpoint["scheme"] != "https" || !has_token || endpoint["tlsConfig"].is_null() {
                acc.push(monitor.at());
            }
            let account = tree.policy("/platform/prometheus/serviceAccount");
            let may_read = tree.of("ClusterRoleBinding").any(|it| {
                list(&it.value["subjects"])
                    .iter()
                    .any(|it| it["name"] == *account)
            });
            if !may_read {
                acc.push(format!("{}: {account} may not read it", monitor.at()));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d05_a_secured_port_is_scraped_without_credentials() {
    check(
        locked_out,
        &[
            ("seed", OPERATOR, "scheme: https", "scheme: http"),
            ("seed", OPERATOR, "bearerTokenFile", "bearerTokens"),
            ("seed", OPERATOR, "tlsConfig", "tls"),
            ("seed", OPERATOR, "name: prometheus-k8s", "name: default"),
        ],
    );
}

/// Monitors of operators, whose series have a namespace of their own, that do not honor it.
fn exported_labels(tree: &Tree) -> Vec<String> {
    let mut acc: Vec<String> = tree
        .monitors()
        .filter(|it| {
            it.endpoints().any(|it| {
                list(&it["relabelings"])
                    .iter()
                    .any(|it| it["replacement"] == "operator")
            })
        })
        .filter(|it| it.endpoints().any(|it| it["honorLabels"] != true))
        .map(Object::at)
        .collect();
    acc.extend(
        tree.files
            .iter()
            .filter(|(_, text)| text.contains("exported_"))
            .map(|(path, _)| path.clone()),
    );
    acc
}

#[test]
#[rustfmt::skip]
fn d06_the_operators_own_namespace_label_is_renamed() {
    check(
        exported_labels,
        &[
            ("prod", OPERATOR, "honorLabels: true", "honorLabels: false"),
            ("seed", OPERATOR, "    honorLabels: true\n", ""),
            ("prod", OPERATOR_ALERTS,
             "(stack, namespace, controller)", "(stack, exported_namespace, controller)"),
        ],
    );
}

/// Resources without the labels by which Prometheus and Alertmanager select them.
fn unselected(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for object in &tree.objects {
        let wanted = match object.kind() {
            "ServiceMonitor" | "PodMonitor" => "/platform/prometheus/selects/monitors",
            "PrometheusRule" => "/platform/prometheus/selects/rules",
            "AlertmanagerConfig" => "/platform/alertmanager/selects",
            _ => continue,
        };
        if !select(
            &labels(&object.value["metadata"]["labels"]),
            &labels(tree.policy(wanted)),
        ) {
            acc.push(object.at());
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d07_a_resource_lacks_the_label_that_selects_it() {
    let release = "    release: kube-prometheus-stack\n";
    check(
        unselected,
        &[
            ("prod", OPERATOR, release, ""),
            ("prod", INSTANCE_ALERTS, release, ""),
            ("prod", CONFIG, "alertmanagerConfig: main", "alertmanagerConfig: other"),
        ],
    );
}

/// Documents that no API server takes, and rule groups of the same name.
fn bare_documents(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for object in &tree.objects {
        let is_named = object.kind() == "Kustomization" || !object.name().is_empty();
        if object.api().is_empty()
            || object.kind().is_empty()
            || !is_named
            || !object.value["groups"].is_null()
        {
            acc.push(object.at());
        }
    }
    let mut groups = Names::new();
    for object in tree.of("PrometheusRule") {
        for group in list(&object.value["spec"]["groups"]) {
            if !groups.insert(group["name"].to_string()) {
                acc.push(format!(
                    "{} repeats the group {}",
                    object.at(),
                    group["name"]
                ));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d08_rules_are_a_bare_file_of_groups() {
    check(
        bare_documents,
        &[
            ("prod", INSTANCE_ALERTS, "kind: PrometheusRule", "groups: []"),
            ("prod", "prometheus/rules/alerts.yaml", "", "groups: []\n"),
            ("prod", INSTANCE_ALERTS, "prod.redis.alerts-instance", "prod.redis.alerts-cluster"),
        ],
    );
}

/// Selectors on `job`, which is the name of a Service, and targets whose end nobody sees.
fn unseen_ends(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    let alerts = tree.alerts();
    for rule in &alerts {
        if selectors(&rule.expr)
            .iter()
            .any(|it| !it.matchers.find_matchers("job").is_empty())
        {
            acc.push(format!("{} selects a job", rule.at()));
        }
    }
    let watched = |component: &str, looks_for_end: fn(&Expr) -> bool| {
        alerts.iter().any(|it| {
            parts(&it.expr).into_iter().any(looks_for_end)
                && selectors(&it.expr).iter().any(|it| {
                    metric(it) == "up"
                        && it
                            .matchers
                            .find_matchers("component")
                            .iter()
                            .any(|it| it.is_match(component))
                })
        })
    };
    let is_absent = |it: &Expr| matches!(it, Expr::Call(it) if it.func.name == "absent");
    let is_unless = |it: &Expr| matches!(it, Expr::Binary(it) if it.op.to_string() == "unless");
    if !watched("operator", is_absent) {
        acc.push("no alert sees that the operator is gone".to_owned());
    }
    if !watched("redis", is_unless) {
        acc.push("no alert sees that an instance is gone".to_owned());
    }
    if tree.of("RedisSentinel").next().is_some() && !watched("sentinel", is_unless) {
        acc.push("no alert sees that the Sentinels are gone".to_owned());
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d09_a_target_that_is_gone_looks_like_one_that_is_fine() {
    check(
        unseen_ends,
        &[
            ("prod", OPERATOR_ALERTS,
             r#"up{stack="prod",component="operator"} == 0"#,
             r#"up{job="redis-operator-metrics"} == 0"#),
            ("prod", OPERATOR_ALERTS,
             r#"absent(up{stack="prod",component="operator"})"#,
             r#"up{stack="prod",component="operator"} == 0"#),
            ("minimal", INSTANCE_ALERTS,
             "unless on (stack, namespace, instance_name)",
             "and on (stack, namespace, instance_name)"),
        ],
    );
}

/// Rates of what is no counter, and of counters that nobody increments.
fn dead_counters(tree: &Tree) -> Vec<String> {
    let mut acc = unknown_metrics(tree);
    for rule in tree.rules() {
        for part in parts(&rule.expr) {
            let Expr::Call(call) = part else { continue };
            if !matches!(call.func.name, "rate" | "irate" | "increase") {
                continue;
            }
            for name in metrics(part) {
                if catalog::metrics(&name)
                    .iter()
                    .any(|it| !matches!(it.kind, Kind::Counter | Kind::Histogram))
                {
                    acc.push(format!("{}: {name} is no counter", rule.at()));
                }
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d10_an_error_rate_is_of_a_counter_that_never_counts() {
    check(
        dead_counters,
        &[
            ("prod", OPERATOR_ALERTS,
             "controller_runtime_reconcile_errors_total", "redis_operator_reconcile_errors_total"),
            ("prod", INSTANCE_ALERTS,
             "rate(redis_evicted_keys_total", "rate(redis_memory_used_bytes"),
        ],
    );
}

/// Labels in texts that the alert does not have, and `instance`, which is an address.
fn unknown_labels(tree: &Tree) -> Vec<String> {
    let world = tree.world();
    let mut acc = Vec::new();
    for rule in tree.alerts() {
        let mut there = carried(&rule.expr, &world);
        there.extend(labels(&rule.value["labels"]).into_keys());
        there.remove("instance");
        for (_, text) in labels(&rule.value["annotations"]) {
            for piece in text.split("$labels.").skip(1) {
                let end = piece
                    .find(|it: char| !it.is_ascii_alphanumeric() && it != '_')
                    .unwrap_or(piece.len());
                if !there.contains(&piece[..end]) {
                    acc.push(format!("{} says {}", rule.at(), &piece[..end]));
                }
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d11_a_text_names_the_pod_of_the_operator_in_place_of_redis() {
    check(
        unknown_labels,
        &[
            ("prod", INSTANCE_ALERTS, "Redis {{ $labels.pod }}", "Redis {{ $labels.instance }}"),
            ("prod", OPERATOR_ALERTS, "{{ $labels.controller }}", "{{ $labels.name }}"),
            ("prod", SENTINEL_ALERTS,
             "(stack, namespace, instance_name, topology, team, tier, master_name)",
             "(stack, namespace, topology, team)"),
        ],
    );
}

/// Alerts that say neither whose they are nor what to do.
fn unlabelled(tree: &Tree) -> Vec<String> {
    let world = tree.world();
    let mut acc = Vec::new();
    for rule in tree.alerts() {
        let mut there = carried(&rule.expr, &world);
        there.extend(labels(&rule.value["labels"]).into_keys());
        // What watches the watching is of nobody where the policy says of nobody.
        let may_lack_team =
            tree.policy("/platform/team").is_null() && !there.contains("instance_name");
        let missing: Vec<_> = ["stack", "cluster", "namespace", "team", "severity"]
            .into_iter()
            .filter(|it| !(there.contains(*it) || (may_lack_team && *it == "team")))
            .collect();
        if !missing.is_empty() || !rule.value["annotations"]["runbook_url"].is_string() {
            acc.push(format!("{} has no {missing:?} or no runbook", rule.at()));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d12_an_alert_has_no_team_and_no_runbook() {
    check(
        unlabelled,
        &[
            ("prod", "prometheus/rules/alerts-custom.yaml", "        team: checkout\n", ""),
            ("prod", INSTANCE_ALERTS, "        cluster: prod-eu-1\n", ""),
            ("prod", INSTANCE_ALERTS, "runbook_url", "runbook"),
            ("prod", "prometheus/rules/alerts-cluster.yaml",
             "topology, team, tier", "topology, tier"),
        ],
    );
}

/// Counts of Sentinels against a number, or against what has other labels.
fn wrong_counts(tree: &Tree) -> Vec<String> {
    let mut acc = wrong_facts(tree, "instance_name:redis_sentinels:policy", |it| {
        let spec = &it.value["spec"];
        spec["clusterSize"].as_f64().or(spec["replicas"].as_f64())
    });
    for rule in tree.rules() {
        for binary in binaries(&rule.expr)
            .into_iter()
            .filter(|it| it.op.is_comparison_operator())
        {
            let counts = metrics(&binary.lhs)
                .iter()
                .any(|it| it.contains("sentinels"));
            if counts && is_scalar(&binary.rhs) {
                acc.push(format!("{} compares Sentinels with a number", rule.at()));
            }
            let has_fact = [&binary.lhs, &binary.rhs]
                .into_iter()
                .flat_map(|it| metrics(it))
                .any(|it| it.ends_with(":policy"));
            let is_on = binary
                .modifier
                .as_ref()
                .is_some_and(|it| matches!(it.matching, Some(LabelModifier::Include(_))));
            if !is_scalar(&binary.lhs) && !is_scalar(&binary.rhs) && (has_fact || counts) && !is_on
            {
                acc.push(format!(
                    "{} compares what never has the same labels",
                    rule.at()
                ));
            }
        }
        // It leaves out the Sentinel that is asked.
        if metrics(&rule.expr).contains("redis_sentinel_master_sentinels") {
            acc.push(format!("{} counts the other Sentinels", rule.at()));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d13_sentinels_are_compared_without_saying_on_what() {
    let on = "< on (stack, namespace, instance_name, topology, team, tier) instance_name:redis_sentinels:policy";
    check(
        wrong_counts,
        &[
            ("prod", SENTINEL_ALERTS, on, "< instance_name:redis_sentinels:policy"),
            ("prod", SENTINEL_ALERTS, on, "< 3 or instance_name:redis_sentinels:policy"),
            ("prod", SENTINEL_ALERTS,
             "redis_sentinel_master_ok_sentinels", "redis_sentinel_master_sentinels"),
            ("staging", "redis/shop/session-cache.yaml",
             "kind: RedisSentinel\nmetadata:\n  name: session-cache\n  namespace: shop\n  annotations:\n    \
              argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm\nspec:\n  clusterSize: 3",
             "kind: RedisSentinel\nmetadata:\n  name: session-cache\n  namespace: shop\n  annotations:\n    \
              argocd.argoproj.io/sync-options: Prune=confirm,Delete=confirm\nspec:\n  clusterSize: 5"),
        ],
    );
}

/// Names in routes that nothing defines, and names that are defined twice.
fn undefined_names(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for config in tree.configs() {
        let mut receivers = Names::new();
        for receiver in config.receivers() {
            if !receivers.insert(receiver["name"].as_str().unwrap_or("").to_owned()) {
                acc.push(format!("{} defines {} twice", config.at, receiver["name"]));
            }
        }
        let mut times = Names::new();
        for key in ["muteTimeIntervals", "timeIntervals"] {
            times.extend(
                list(get(&config.spec, key))
                    .iter()
                    .filter_map(|it| it["name"].as_str())
                    .map(str::to_owned),
            );
        }
        for route in config.root.all() {
            let receiver = route.value["receiver"].as_str();
            let is_known = receiver.map_or(route.path != "route", |it| receivers.contains(it));
            let muted = ["muteTimeIntervals", "activeTimeIntervals"]
                .into_iter()
                .flat_map(|it| texts(get(&route.value, it)));
            if !is_known || !muted.into_iter().all(|it| times.contains(&it)) {
                acc.push(format!(
                    "{} {} names what is not defined",
                    config.at, route.path
                ));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d14_a_route_sends_to_a_receiver_that_is_not_defined() {
    check(
        undefined_names,
        &[
            ("prod", CONFIG, "- receiver: catalog-wecom", "- receiver: warning-alerts"),
            ("prod", CONFIG,
             "muteTimeIntervals:\n      - weekend", "muteTimeIntervals:\n      - holidays"),
            ("staging", SECRET, "- receiver: ops-dingtalk", "- receiver: warning-alerts"),
            ("staging", SECRET, "receiver: platform-slack", "continue: false"),
            ("staging", SECRET, "- name: ops-dingtalk", "- name: platform-slack"),
        ],
    );
}

/// Credentials that anybody who reads the tree has.
fn credentials(tree: &Tree) -> Vec<String> {
    const MARKS: &[&str] = &[
        "hooks.slack.com",
        "access_token=",
        "oapi.dingtalk.com/robot",
        "open-apis/bot/v2/hook",
        "cgi-bin/webhook/send",
        "YOUR_",
        "xoxb-",
        "AKIA",
        "-----BEGIN",
        "requirepass ",
        "masterauth ",
    ];
    const KEYS: &[&str] = &[
        "password",
        "authpassword",
        "authsecret",
        "apiurl",
        "apisecret",
        "apikey",
        "routingkey",
        "servicekey",
        "token",
        "bottoken",
        "credentials",
        "secret",
        "requirepass",
        "masterauth",
    ];
    let is_key = |it: &str| {
        it.len() == 32
            && it.bytes().all(|it| it.is_ascii_hexdigit())
            && it.bytes().any(|it| it.is_ascii_digit())
    };
    let mut acc = Vec::new();
    for (path, text) in &tree.files {
        let words = || text.split(|it: char| !it.is_ascii_alphanumeric());
        if MARKS.iter().any(|it| text.contains(it)) || words().any(is_key) {
            acc.push(path.clone());
        }
    }
    for (object, key, text) in tree.scalars() {
        let key: String = key
            .to_lowercase()
            .chars()
            .filter(char::is_ascii_alphanumeric)
            .collect();
        if KEYS.contains(&key.as_str()) && !text.is_empty() {
            acc.push(format!("{}: {key}", object.at()));
        }
    }
    for object in &tree.objects {
        for variable in object.all_containers().flat_map(|it| list(&it["env"])) {
            let name = variable["name"].as_str().unwrap_or("");
            let is_secret = ["PASSWORD", "TOKEN", "SECRET"]
                .iter()
                .any(|it| name.contains(it));
            if is_secret && variable["value"].as_str().is_some_and(|it| !it.is_empty()) {
                acc.push(format!("{}: {name}", object.at()));
            }
        }
        let keys = ["data", "stringData"]
            .into_iter()
            .flat_map(|it| labels(&object.value[it]).into_keys());
        if object.kind() == "Secret" && keys.into_iter().any(|it| it != "alertmanager.yaml") {
            acc.push(format!("{} has keys of its own", object.at()));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d15_a_credential_is_written_in_the_clear() {
    check(
        credentials,
        &[
            ("staging", SECRET, "api_url_file: /etc", "api_url: 'YOUR_SLACK_WEBHOOK_URL' # /etc"),
            ("staging", SECRET,
             "url_file: /etc", "url: https://hooks.slack.com/services/T0/B0/x # /etc"),
            ("prod", CONFIG,
             "routingKey:\n        name: alert-pagerduty\n        key: checkout",
             "routingKey: abc"),
            ("prod", CONFIG, "key: checkout\n", "key: 0123456789abcdef0123456789abcdef\n"),
            ("prod", CONFIG,
             "authPassword:\n        name: alert-smtp\n        key: password",
             "authPassword: hunter2"),
            ("prod", "redis/shop/cart.yaml", "maxmemory 768mb", "requirepass hunter2"),
            ("seed", "redis/redis/_exporter.yaml",
             "- name: REDIS_PASSWORD\n          valueFrom:",
             "- name: REDIS_PASSWORD\n          value: hunter2\n          other:"),
            ("staging", SECRET, "stringData:\n", "stringData:\n  slack: abc\n"),
            ("prod", "runbooks/RedisDown.md",
             "# RedisDown",
             "# RedisDown\n\ncurl 'https://oapi.dingtalk.com/robot/send?access_token=abc'\n"),
        ],
    );
}

/// Fields of Alertmanager that are going to be removed.
fn deprecated_matchers(tree: &Tree) -> Vec<String> {
    const WORDS: &[&str] = &[
        "match",
        "match_re",
        "matchRe",
        "source_match",
        "source_match_re",
        "target_match",
        "target_match_re",
        "regex",
    ];
    fn keys(value: &Value, acc: &mut Names) {
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                acc.insert(key.clone());
                keys(value, acc);
            }),
            Value::Array(items) => items.iter().for_each(|it| keys(it, acc)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut acc = Vec::new();
    for config in tree.configs() {
        let mut used = Names::new();
        keys(&config.spec, &mut used);
        let is_old = used.iter().any(|it| WORDS.contains(&it.as_str()));
        if is_old || !config.spec["mute_time_intervals"].is_null() {
            acc.push(config.at);
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d16_a_route_uses_deprecated_matchers() {
    check(
        deprecated_matchers,
        &[
            ("staging", SECRET,
             "- receiver: ops-dingtalk", "- match: {team: a}\n          receiver: ops-dingtalk"),
            ("staging", SECRET,
             "- source_matchers:", "- source_match_re: {team: a}\n      source_matchers:"),
            ("staging", SECRET,
             "    time_intervals:\n    - name: night",
             "    mute_time_intervals:\n    - name: night"),
            ("prod", CONFIG,
             "value: \"critical|warning\"\n",
             "value: \"critical|warning\"\n          regex: true\n"),
        ],
    );
}

/// Groups that are told of again and again, alerts whose end nobody hears of, and no inhibition.
fn noise(tree: &Tree) -> Vec<String> {
    let time = |value: &Value| {
        value
            .as_str()
            .map(|it| parse_duration(it).unwrap().as_secs())
    };
    let mut acc = Vec::new();
    // A heartbeat is meant to repeat itself, and no person hears it.
    let heartbeat = tree.policy("/routing/heartbeat/receiver");
    for config in tree.configs() {
        for route in config.root.all() {
            if heartbeat.is_string() && get(&route.value, "receiver") == heartbeat {
                continue;
            }
            let interval = time(get(&route.value, "groupInterval"));
            let repeat = time(get(&route.value, "repeatInterval"));
            let is_root = route.path == "route";
            if interval.map_or(is_root, |it| it < 60)
                || repeat.map_or(is_root, |it| it < interval.unwrap_or(0))
            {
                acc.push(format!("{} {} repeats itself", config.at, route.path));
            }
        }
        for (receiver, kind, integration) in config.integrations() {
            if get(integration, "sendResolved") != true {
                acc.push(format!(
                    "{}: {kind} of {receiver} does not say that it is over",
                    config.at
                ));
            }
        }
        if config.inhibitions().len() != list(tree.policy("/routing/inhibit")).len() {
            acc.push(format!(
                "{} inhibits other alerts than the policy says",
                config.at
            ));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d17_people_are_told_every_ten_seconds_and_never_that_it_is_over() {
    check(
        noise,
        &[
            ("staging", SECRET, "group_interval: 5m", "group_interval: 10s"),
            ("prod", CONFIG, "groupInterval: 5m", "groupInterval: 10s"),
            ("prod", CONFIG, "repeatInterval: 4h", "repeatInterval: 1m"),
            ("prod", CONFIG, "sendResolved: true", "sendResolved: false"),
            ("prod", CONFIG, "inhibitRules:", "inhibitionRules:"),
        ],
    );
}

/// Receivers of the policy that the output does not have as they are meant.
fn unsupported_receivers(tree: &Tree) -> Vec<String> {
    const NATIVE: &[&str] = &["slack", "pagerduty", "email", "webhook", "wechat"];
    const ROBOTS: &[&str] = &["dingtalk", "feishu", "wecom"];
    let kinds = |name: &str| -> Names {
        tree.policies
            .iter()
            .flat_map(|it| list(&it["spec"]["receivers"]))
            .filter(|it| it["name"] == name)
            .flat_map(|it| labels(it).into_keys())
            .filter(|it| it != "name")
            .collect()
    };
    let robots: Names = tree
        .of("ConfigMap")
        .filter_map(|it| serde_json::from_str::<Value>(it.text("/data/robots.json")).ok())
        .flat_map(|it| it["robots"].as_object().cloned().unwrap_or_default())
        .map(|(name, robot)| format!("{name} {}", robot["type"].as_str().unwrap_or("")))
        .collect();
    let mut acc = Vec::new();
    for config in tree.configs() {
        let mut there: BTreeMap<&str, Names> = BTreeMap::new();
        for (receiver, kind, integration) in config.integrations() {
            let url = integration["url"].as_str().unwrap_or("");
            let robot = url.split_once("/alert/").map(|(_, robot)| robot);
            let adapter = tree.of("Service").find(|it| {
                url.starts_with(&format!("http://{}.{}.svc:", it.name(), it.namespace()))
            });
            let kind = match robot {
                Some(robot) => match ROBOTS
                    .iter()
                    .find(|it| robots.contains(&format!("{robot} {it}")))
                {
                    Some(it) if adapter.is_some() => (*it).to_owned(),
                    _ => format!("{url}, which nothing answers"),
                },
                None => kind,
            };
            if kind == "wechat"
                && (get(integration, "apiSecret").is_null()
                    && integration["api_secret_file"].is_null())
            {
                acc.push(format!(
                    "{}: {receiver} is no application of WeCom",
                    config.at
                ));
            }
            there.entry(receiver).or_default().insert(kind);
        }
        for (receiver, there) in there {
            let known = there
                .iter()
                .all(|it| NATIVE.contains(&it.as_str()) || ROBOTS.contains(&it.as_str()));
            if !known || there != kinds(receiver) {
                acc.push(format!("{}: {receiver} is {there:?}", config.at));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d18_a_receiver_is_promised_that_alertmanager_does_not_have() {
    check(
        unsupported_receivers,
        &[
            ("prod", CONFIG, "wechatConfigs:", "dingtalkConfigs:"),
            ("prod", CONFIG, "/alert/ops-feishu-feishu", "/alert/ops-lark"),
            ("prod", CONFIG,
             "http://prod-alert-adapter.monitoring.svc:8080/alert/ops-feishu-feishu",
             "http://other.monitoring.svc:8080/alert/ops-feishu-feishu"),
            ("prod", ADAPTER, "\"type\": \"feishu\"", "\"type\": \"wecom\""),
            ("prod", CONFIG,
             "      apiSecret:\n        name: alert-wecom\n        key: secret\n", ""),
            ("staging", SECRET, "slack_configs:", "discord_configs:"),
        ],
    );
}

/// Kustomizations that move or rename what they hold, and objects that they could move.
fn moved_objects(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for object in &tree.objects {
        let moves = ["namespace", "namePrefix", "nameSuffix", "replacements"]
            .iter()
            .any(|it| !object.value[it].is_null());
        let is_global = matches!(
            object.kind(),
            "Kustomization" | "ClusterRole" | "ClusterRoleBinding"
        );
        if moves || (object.namespace().is_empty() != is_global) {
            acc.push(object.at());
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d35_one_namespace_is_put_on_everything() {
    check(
        moved_objects,
        &[
            ("prod", "kustomization.yaml",
             "resources:", "namespace: redis-operator-system\nresources:"),
            ("prod", ADAPTER, "  namespace: monitoring\n", ""),
            ("prod", "fluent-bit/rbac.yaml", "  namespace: logging\n", ""),
            ("prod", "fluent-bit/rbac.yaml",
             "kind: ClusterRole\nmetadata:\n", "kind: ClusterRole\nmetadata:\n  namespace: logging\n"),
        ],
    );
}

/// Fields of Kustomize that write into selectors, or are deprecated.
fn labelled_selectors(tree: &Tree) -> Vec<String> {
    tree.of("Kustomization")
        .filter(|it| {
            let fields = [
                "commonLabels",
                "labels",
                "vars",
                "bases",
                "patchesStrategicMerge",
                "patchesJson6902",
            ];
            fields.iter().any(|field| match &it.value[field] {
                Value::Null => false,
                Value::Array(labels) if *field == "labels" => {
                    labels.iter().any(|it| it["includeSelectors"] == true)
                }
                _ => true,
            })
        })
        .map(Object::at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d36_labels_are_put_into_selectors() {
    check(
        labelled_selectors,
        &[
            ("prod", "kustomization.yaml", "resources:", "commonLabels: {app: redis}\nresources:"),
            ("prod", "kustomization.yaml",
             "resources:", "labels: [{pairs: {app: redis}, includeSelectors: true}]\nresources:"),
        ],
    );
}

/// Passwords that everybody knows, and Services in runbooks that nothing creates.
fn wrong_instructions(tree: &Tree) -> Vec<String> {
    let mut services: Names = tree.of("Service").map(|it| it.name().to_owned()).collect();
    services.extend(names(&["alertmanager-operated", "prometheus-operated"]));
    let mut acc = Vec::new();
    for (path, text) in &tree.files {
        if text.contains("admin/admin") || text.contains("admin:admin") {
            acc.push(path.clone());
        }
    }
    for (path, text) in tree.runbooks() {
        for piece in ["svc/", "service/", "services/"]
            .iter()
            .flat_map(|it| text.split(it).skip(1))
        {
            let end = piece
                .find(|it: char| !it.is_ascii_alphanumeric() && it != '-')
                .unwrap_or(piece.len());
            if end > 0 && !services.contains(&piece[..end]) {
                acc.push(format!("{path} names the Service {}", &piece[..end]));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d39_a_runbook_names_a_service_that_is_not_there() {
    check(
        wrong_instructions,
        &[
            ("prod", "runbooks/RedisDown.md",
             "# RedisDown", "# RedisDown\n\n    kubectl port-forward svc/grafana 3000\n"),
            ("prod", "runbooks/RedisDown.md",
             "# RedisDown", "# RedisDown\n\nLog in as admin/admin.\n"),
        ],
    );
}

/// Mail with fields that Alertmanager does not know.
fn wrong_mail(tree: &Tree) -> Vec<String> {
    const FIELDS: &[&str] = &[
        "sendResolved",
        "to",
        "from",
        "hello",
        "smarthost",
        "authUsername",
        "authPassword",
        "authPasswordFile",
        "authSecret",
        "authIdentity",
        "headers",
        "html",
        "text",
        "requireTLS",
        "tlsConfig",
    ];
    let mut acc = Vec::new();
    for config in tree.configs() {
        for (receiver, kind, mail) in config.integrations() {
            let is_known = |key: &String| {
                FIELDS
                    .iter()
                    .any(|it| get(&serde_json::json!({ key: 1 }), it) == 1)
                    || key == "require_tls"
            };
            if kind == "email" && !mail.as_object().unwrap().keys().all(is_known) {
                acc.push(format!("{}: {receiver}", config.at));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d40_a_mail_has_a_subject_outside_of_its_headers() {
    check(
        wrong_mail,
        &[
            ("prod", CONFIG, "html: \"\"", "subject: down\n      html: \"\""),
            ("prod", CONFIG, "html: \"\"", "body: down"),
            ("staging", SECRET,
             "slack_configs:\n      - send_resolved: true",
             "email_configs: [{to: a, subject: b}]\n      slack_configs:\n      - send_resolved: true"),
        ],
    );
}

/// Routes that no alert of the stack ends at, and receivers that none of them tells.
fn unreachable_routes(tree: &Tree) -> Vec<String> {
    let mut ends: BTreeMap<String, bool> = BTreeMap::new();
    let mut receivers: BTreeMap<String, bool> = BTreeMap::new();
    let alerts = tree.firing();
    for config in tree.configs() {
        for route in config.root.all() {
            // The root of a whole configuration is there for the alerts of others.
            let is_for_others = config.is_whole && route.path == "route";
            let is_for_none = is_for_others || route.value["receiver"].is_null();
            ends.entry(route.path.clone()).or_insert(is_for_none);
        }
        for receiver in config.receivers() {
            receivers
                .entry(receiver["name"].as_str().unwrap_or("").to_owned())
                .or_insert(false);
        }
        for (path, receiver) in alerts.iter().flat_map(|it| config.deliver(it)) {
            ends.insert(path, true);
            receivers.insert(receiver, true);
        }
    }
    ends.into_iter()
        .chain(receivers)
        .filter(|(_, is_reached)| !is_reached)
        .map(|(name, _)| name)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d41_a_route_hides_the_ones_below_it() {
    check(
        unreachable_routes,
        &[
            ("prod", CONFIG,
             "      continue: true\n    - receiver: checkout-pager",
             "    - receiver: checkout-pager"),
            ("prod", CONFIG, "value: catalog\n", "value: nobody\n"),
            ("staging", SECRET, "'severity=\"critical\"'", "'severity=\"page\"'"),
            ("seed", CONFIG, "value: Watchdog\n", "value: Heartbeat\n"),
        ],
    );
}

/// Inhibitions that silence their own source, or whose source lacks what must be equal.
fn self_inhibitions(tree: &Tree) -> Vec<String> {
    let alerts = tree.firing();
    let mut acc = Vec::new();
    for config in tree.configs() {
        for (source, target, equal) in config.inhibitions() {
            let sources: Vec<_> = alerts.iter().filter(|it| all_match(&source, it)).collect();
            if sources.is_empty() || equal.is_empty() {
                acc.push(format!(
                    "{}: {source:?} never inhibits, or inhibits everything",
                    config.at
                ));
            }
            for alert in sources {
                if all_match(&target, alert) || equal.iter().any(|it| !alert.contains_key(it)) {
                    acc.push(format!("{}: {}", config.at, alert["alertname"]));
                }
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d42_an_alert_inhibits_itself_or_is_equal_in_a_label_that_it_lacks() {
    check(
        self_inhibitions,
        &[
            ("staging", SECRET, "'alertname!~\"RedisDown|Watchdog\"'", "'alertname=~\"Redis.*\"'"),
            ("prod", CONFIG, "    equal:\n    - stack\n", "    equal:\n    - controller\n"),
            ("prod", CONFIG, "      value: RedisAbsent\n", "      value: RedisMissing\n"),
        ],
    );
}

fn public_configurations(tree: &Tree) -> Vec<String> {
    tree.of("ConfigMap")
        .filter(|it| !embedded(it).is_empty())
        .map(Object::at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d43_the_configuration_of_alertmanager_is_a_config_map() {
    check(
        public_configurations,
        &[
            ("staging", SECRET, "kind: Secret", "kind: ConfigMap"),
            ("staging", ADAPTER,
             "\ndata:\n", "\ndata:\n  alertmanager.yml: \"route: {receiver: a}\"\n"),
        ],
    );
}

/// Entries of kustomizations that are no resources, and resources that no kustomization has.
fn wrong_resources(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    let mut listed = Names::new();
    for object in tree.of("Kustomization") {
        let folder = object.path.trim_end_matches("kustomization.yaml");
        for entry in texts(&object.value["resources"]) {
            let path = format!("{folder}{entry}");
            let below = format!("{path}/kustomization.yaml");
            let is_file = tree
                .objects
                .iter()
                .any(|it| it.path == path && it.kind() != "Kustomization" && !it.name().is_empty());
            if !(is_file || tree.files.contains_key(&below))
                || !listed.insert(if is_file { path } else { below })
            {
                acc.push(format!("{} lists {entry}", object.path));
            }
        }
    }
    let all = tree
        .files
        .keys()
        .filter(|it| !it.ends_with(".md") && *it != "kustomization.yaml");
    acc.extend(
        all.filter(|it| !listed.contains(*it))
            .map(|it| format!("nothing lists {it}")),
    );
    acc
}

#[test]
#[rustfmt::skip]
fn d44_a_dashboard_is_listed_as_a_resource() {
    check(
        wrong_resources,
        &[
            ("prod", "prometheus/rules/kustomization.yaml",
             "- alerts-custom.yaml", "- alerts-custom.yaml\n- dashboard.json"),
            ("prod", "prometheus/rules/kustomization.yaml", "- alerts-custom.yaml\n", ""),
            ("prod", "prometheus/rules/more.yaml", "", "kind: PrometheusRule\n"),
        ],
    );
}

/// Relabellings after which a metric has another name than in the rules.
fn renamed_metrics(tree: &Tree) -> Vec<String> {
    let renames = |it: &Value| {
        let mut relabelings = list(&it["metricRelabelings"])
            .iter()
            .chain(list(&it["relabelings"]));
        relabelings.any(|it| {
            it["targetLabel"] == "__name__" || matches!(it["action"].as_str(), Some("labelmap"))
        })
    };
    tree.monitors()
        .filter(|it| it.endpoints().any(renames))
        .map(Object::at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d45_a_metric_is_renamed_so_that_no_alert_finds_it() {
    let rename = "metricRelabelings:\n    - {sourceLabels: [__name__], regex: 'redis_(.*)', targetLabel: __name__, replacement: 'redisinstance_$1'}\n    relabelings:";
    check(
        renamed_metrics,
        &[
            ("prod", OPERATOR, "relabelings:", rename),
            ("minimal", "prometheus/monitors/redis-web.yaml",
             "targetLabel: component", "targetLabel: __name__"),
        ],
    );
}

/// Bytes and cores against a number: what is much for one instance is little for another.
fn absolute_thresholds(tree: &Tree) -> Vec<String> {
    fn is_ratio(expr: &Expr) -> bool {
        match expr {
            Expr::Paren(it) => is_ratio(&it.expr),
            Expr::Aggregate(it) => is_ratio(&it.expr),
            Expr::Binary(it) => it.op.to_string() == "/",
            _ => false,
        }
    }
    let mut acc = Vec::new();
    for rule in tree.alerts() {
        for binary in binaries(&rule.expr)
            .into_iter()
            .filter(|it| it.op.is_comparison_operator())
        {
            for (side, other) in [(&binary.lhs, &binary.rhs), (&binary.rhs, &binary.lhs)] {
                let has_unit = metrics(side).iter().any(|it| {
                    it.contains("_bytes") || it.contains("_cores") || it.contains("cpu_")
                });
                if has_unit && !is_ratio(side) && number(other).is_some_and(|it| it != 0.0) {
                    acc.push(rule.at());
                }
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d46_one_number_of_bytes_is_the_threshold_of_a_whole_fleet() {
    check(
        absolute_thresholds,
        &[
                        ("minimal", INSTANCE_ALERTS,
                         "redis_uptime_in_seconds{stack=\"minimal\",component=\"redis\"} < 300",
                         "redis_memory_used_bytes{stack=\"minimal\",component=\"redis\"} > 1000000000"),
        ],
    );
}

/// Recorded names without a level, and ratios whose sides only meet where they are the same.
fn self_joins(tree: &Tree) -> Vec<String> {
    let world = tree.world();
    let mut acc = Vec::new();
    for rule in tree.rules() {
        if rule.value["record"]
            .as_str()
            .is_some_and(|it| it.split(':').count() != 3 || it.split(':').any(str::is_empty))
        {
            acc.push(format!("{} has no level", rule.at()));
        }
        for binary in binaries(&rule.expr)
            .into_iter()
            .filter(|it| it.op.to_string() == "/")
        {
            let is_joined = binary
                .modifier
                .as_ref()
                .is_some_and(|it| it.matching.is_some());
            if is_joined || is_scalar(&binary.lhs) || is_scalar(&binary.rhs) {
                continue;
            }
            let kept = carried(&binary.lhs, &world);
            let fixed = |side: &Expr| -> BTreeSet<(String, String)> {
                let all = selectors(side)
                    .into_iter()
                    .flat_map(|it| it.matchers.matchers.clone());
                all.filter(|it| kept.contains(&it.name))
                    .map(|it| (it.name.clone(), it.to_string()))
                    .collect()
            };
            if kept != carried(&binary.rhs, &world) || fixed(&binary.lhs) != fixed(&binary.rhs) {
                acc.push(format!(
                    "{} divides what never meets, or a part by itself",
                    rule.at()
                ));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d47_a_rate_of_success_is_always_one() {
    let errors = "sum by (stack, namespace, controller) (rate(controller_runtime_reconcile_errors_total{stack=\"prod\",component=\"operator\"}[10m]))\n        / sum by (stack, namespace, controller) (rate(controller_runtime_reconcile_total{stack=\"prod\",component=\"operator\"}[10m]))";
    let success = "rate(controller_runtime_reconcile_total{stack=\"prod\",result=\"success\"}[10m])\n        / rate(controller_runtime_reconcile_total{stack=\"prod\"}[10m])";
    check(
        self_joins,
        &[
            ("prod", OPERATOR_ALERTS, errors, success),
            ("prod", "prometheus/rules/policy-shop.yaml",
             "record: instance_name:redis_pods:policy",
             "record: redis_operator:reconcile_success_rate"),
        ],
    );
}

fn grants(tree: &Tree) -> Vec<(&Object, Vec<String>, Vec<String>)> {
    tree.objects
        .iter()
        .flat_map(|object| {
            list(&object.value["rules"])
                .iter()
                .map(move |it| (object, texts(&it["apiGroups"]), texts(&it["resources"])))
        })
        .collect()
}

fn wrong_subresources(tree: &Tree) -> Vec<String> {
    grants(tree)
        .into_iter()
        .filter(|(_, _, resources)| {
            resources.iter().any(|it| {
                matches!(
                    it.as_str(),
                    "pods/logs" | "pod/log" | "pods/execs" | "nodes/metric"
                )
            })
        })
        .map(|(object, ..)| object.at())
        .collect()
}

const ROLE: &str =
    "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: {name: a}\nrules:\n";

#[test]
#[rustfmt::skip]
fn d48_a_role_grants_a_resource_that_does_not_exist() {
    let role = format!("{ROLE}- {{apiGroups: [''], resources: [pods, pods/logs], verbs: [get]}}\n");
    check(
        wrong_subresources,
        &[("seed", "prometheus/role.yaml", "", &role)],
    );
}

/// Services that select no pod, and ports that no container has.
fn dead_ports(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for service in tree.of("Service") {
        let selector = labels(&service.value["spec"]["selector"]);
        let pods: Vec<&Object> = tree
            .objects
            .iter()
            .filter(|it| {
                it.namespace() == service.namespace()
                    && select(&labels(&it.pod()["metadata"]["labels"]), &selector)
            })
            .filter(|it| !it.containers().is_empty())
            .collect();
        let has = |pod: &&&Object, target: &Value| {
            let mut ports = pod.containers().iter().flat_map(|it| list(&it["ports"]));
            ports.any(|it| it["name"] == *target || it["containerPort"] == *target)
        };
        for port in list(&service.value["spec"]["ports"]) {
            let target = if port["targetPort"].is_null() {
                &port["port"]
            } else {
                &port["targetPort"]
            };
            if selector.is_empty() || pods.len() != 1 || !pods.iter().all(|it| has(&it, target)) {
                acc.push(format!("{} {target}", service.at()));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d49_a_service_maps_a_port_that_the_pod_does_not_have() {
    check(
        dead_ports,
        &[
            ("seed", "redis/redis/_exporter.yaml", "targetPort: http", "targetPort: 14267"),
            ("staging", ADAPTER, "          name: http\n", "          name: web\n"),
            ("staging", ADAPTER,
             "      labels:\n        app.kubernetes.io/instance: staging-alert-adapter",
             "      labels:\n        app.kubernetes.io/instance: other"),
        ],
    );
}

/// Matchers without a type, which the operator writes in the deprecated form.
fn untyped_matchers(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for config in tree.configs().into_iter().filter(|it| !it.is_whole) {
        let routes = config
            .root
            .all()
            .into_iter()
            .flat_map(|it| list(&it.value["matchers"]).to_vec())
            .collect::<Vec<_>>();
        let inhibitions = list(&config.spec["inhibitRules"]);
        let sides = inhibitions.iter().flat_map(|it| {
            list(&it["sourceMatch"])
                .iter()
                .chain(list(&it["targetMatch"]))
        });
        for matcher in routes.iter().chain(sides) {
            if !matches!(
                matcher["matchType"].as_str(),
                Some("=" | "!=" | "=~" | "!~")
            ) {
                acc.push(format!("{}: {matcher}", config.at));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d53_a_matcher_has_no_type() {
    check(
        untyped_matchers,
        &[
            ("prod", CONFIG,
             "          value: critical\n          matchType: \"=\"\n",
             "          value: critical\n"),
            ("prod", CONFIG,
             "      value: RedisAbsent\n      matchType: \"=\"", "      value: RedisAbsent"),
        ],
    );
}

/// Places that projects have moved away from.
fn retired_places(tree: &Tree) -> Vec<String> {
    const PLACES: &[&str] = &[
        "banzaicloud",
        "k8s.gcr.io",
        "kubernetes-charts.storage",
        "charts.helm.sh/stable",
        "quay.io/coreos/",
    ];
    let is_retired = |it: &&String| PLACES.iter().any(|place| it.contains(place));
    tree.files
        .iter()
        .filter(|(_, text)| is_retired(text))
        .map(|(path, _)| path.clone())
        .collect()
}

#[test]
#[rustfmt::skip]
fn d54_something_comes_from_where_its_project_has_left() {
    check(
        retired_places,
        &[
            ("prod", ADAPTER, "image: python", "image: k8s.gcr.io/python"),
            ("prod", "runbooks/RedisDown.md",
             "# RedisDown", "https://kubernetes-charts.banzaicloud.com"),
        ],
    );
}

/// Addresses with a user, a password or a key in them.
fn telling_urls(tree: &Tree) -> Vec<String> {
    const KEYS: &[&str] = &[
        "access_token",
        "token",
        "sign",
        "signsecret",
        "secret",
        "key",
        "password",
        "accesskeysecret",
        "hook",
    ];
    let mut acc = Vec::new();
    for (path, text) in &tree.files {
        for url in text
            .split("http")
            .skip(1)
            .filter_map(|it| it.trim_start_matches('s').strip_prefix("://"))
        {
            let end = url
                .find(|it: char| it.is_whitespace() || "\"'<>)`".contains(it))
                .unwrap_or(url.len());
            let (place, query) = url[..end].split_once('?').unwrap_or((&url[..end], ""));
            let host = place.split('/').next().unwrap_or("");
            let mut keys = query
                .split('&')
                .filter_map(|it| it.split_once('='))
                .map(|(key, _)| key.to_lowercase());
            if host.contains('@') || keys.any(|it| KEYS.contains(&it.as_str())) {
                acc.push(format!("{path}: {host}"));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d55_a_credential_travels_in_an_address() {
    let adapter = "http://prod-alert-adapter.monitoring.svc:8080/alert/ops-feishu-feishu";
    check(
        telling_urls,
        &[
            ("prod", CONFIG, adapter, "http://alertproxy:9094?type=feishu&signSecret=abc"),
            ("prod", CONFIG, adapter, "https://user:abc@hooks.example.com/a"),
        ],
    );
}

/// Inhibitions in another order than that of the policy.
fn shuffled_inhibitions(tree: &Tree) -> Vec<String> {
    let side = |it: &Value, key: &str| {
        list(&it[key])
            .iter()
            .map(|it| matcher(it).to_string())
            .collect::<Names>()
    };
    let theirs = |it: &[Matcher]| {
        it.iter()
            .map(ToString::to_string)
            .filter(|it| !it.starts_with("stack="))
            .collect::<Names>()
    };
    let wanted: Vec<_> = list(tree.policy("/routing/inhibit"))
        .iter()
        .map(|it| (side(it, "source"), side(it, "target")))
        .collect();
    tree.configs()
        .into_iter()
        .filter(|it| {
            it.inhibitions()
                .iter()
                .map(|(source, target, _)| (theirs(source), theirs(target)))
                .collect::<Vec<_>>()
                != wanted
        })
        .map(|it| it.at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d56_inhibitions_have_the_order_of_a_map() {
    check(
        shuffled_inhibitions,
        &[
            ("staging", SECRET,
             "    inhibit_rules:\n",
             "    inhibit_rules:\n    - {source_matchers: ['alertname=\"RedisAbsent\"'], target_matchers: ['severity=\"info\"'], equal: [stack]}\n"),
            ("prod", CONFIG, "value: RedisDown\n", "value: RedisAbsent\n"),
        ],
    );
}

/// What monitors select, against what the operators really put on Services and pods.
fn dead_selectors(tree: &Tree) -> Vec<String> {
    let mut there = BTreeSet::new();
    for object in tree.redis() {
        let is_opstree = object.api().starts_with("redis.redis.opstreelabs.in/");
        let name = object.name();
        let (key, values) = match object.kind() {
            "RedisCluster" if is_opstree => (
                "app",
                vec![format!("{name}-leader"), format!("{name}-follower")],
            ),
            "RedisSentinel" if is_opstree => ("app", vec![format!("{name}-sentinel")]),
            _ if is_opstree => ("app", vec![name.to_owned()]),
            "RedisInstance" => ("app.kubernetes.io/instance", vec![name.to_owned()]),
            _ => ("instance", vec![name.to_owned()]),
        };
        there.extend(
            values
                .into_iter()
                .map(|it| (object.namespace().to_owned(), key.to_owned(), it)),
        );
    }
    let mut acc = Vec::new();
    let mut selected = BTreeSet::new();
    // What is of none of these counts as one of Redis, and its targets must be there.
    let others = names(&[
        "operator",
        "fluent-bit",
        "tracing",
        "prometheus",
        "alertmanager",
    ]);
    for monitor in tree
        .monitors()
        .filter(|it| it.components().is_disjoint(&others))
    {
        let spec = &monitor.value["spec"];
        let mut keys: BTreeMap<String, Vec<String>> = list(&spec["selector"]["matchExpressions"])
            .iter()
            .map(|it| {
                (
                    it["key"].as_str().unwrap_or("").to_owned(),
                    texts(&it["values"]),
                )
            })
            .collect();
        let apps = keys.get("app").cloned().unwrap_or_default();
        let fits = if keys.contains_key("app.kubernetes.io/instance") {
            keys.remove("app");
            apps == ["redisInstance"]
        } else if keys.contains_key("instance") {
            keys.remove("app");
            keys.remove("component");
            let kinds: [&[&str]; 3] =
                [&["redis"], &["redis", "redis-sentinel"], &["redis-cluster"]];
            kinds.iter().any(|it| apps == *it)
        } else {
            // The client Service has the same labels and the port too, so every pod would count twice.
            spec["selector"]["matchLabels"]["app.kubernetes.io/component"] == "metrics"
        };
        if !fits {
            acc.push(format!("{} selects {apps:?}", monitor.at()));
        }
        for namespace in texts(&spec["namespaceSelector"]["matchNames"]) {
            for (key, values) in &keys {
                selected.extend(
                    values
                        .iter()
                        .map(|it| (namespace.clone(), key.clone(), it.clone())),
                );
            }
        }
    }
    acc.extend(
        selected
            .symmetric_difference(&there)
            .map(|it| format!("{it:?}")),
    );
    acc
}

/// The same for what is not Redis: the pods of Fluent Bit are here, the others make operators.
fn dead_pipelines(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for monitor in tree.monitors() {
        let spec = &monitor.value["spec"];
        let wanted = labels(&spec["selector"]["matchLabels"]);
        let spaces = texts(&spec["namespaceSelector"]["matchNames"]);
        let mut there: Vec<Labels> = Vec::new();
        let pair = |key: &str, value: &str| (key.to_owned(), value.to_owned());
        let components = monitor.components();
        for object in tree
            .objects
            .iter()
            .filter(|it| spaces.iter().any(|space| space == it.namespace()))
        {
            let name = object.name();
            match object.kind() {
                "DaemonSet" if components.contains("fluent-bit") => {
                    there.push(labels(&object.pod()["metadata"]["labels"]));
                }
                "Jaeger" if components.contains("tracing") => there.push(Labels::from([
                    pair("app.kubernetes.io/component", "collector"),
                    pair("app.kubernetes.io/instance", name),
                    pair("app.kubernetes.io/part-of", "jaeger"),
                ])),
                "OpenTelemetryCollector" if components.contains("tracing") => {
                    let instance = format!("{}.{name}", object.namespace());
                    there.push(Labels::from([
                        pair("app.kubernetes.io/instance", &instance),
                        pair(
                            "operator.opentelemetry.io/collector-monitoring-service",
                            "Exists",
                        ),
                    ]));
                }
                "Prometheus" if components.contains("prometheus") => {
                    there.push(Labels::from([pair("operated-prometheus", "true")]));
                }
                "Alertmanager" if components.contains("alertmanager") => {
                    there.push(Labels::from([pair("operated-alertmanager", "true")]));
                }
                _ => {}
            }
        }
        let is_ours = ["fluent-bit", "tracing", "prometheus", "alertmanager"]
            .iter()
            .any(|it| components.contains(*it));
        if is_ours && (wanted.is_empty() || !there.iter().any(|it| select(it, &wanted))) {
            acc.push(format!("{} selects {wanted:?}", monitor.at()));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d57_a_selector_asks_for_labels_that_the_operator_does_not_write() {
    check(
        dead_selectors,
        &[
            ("seed", "prometheus/monitors/redis-redis.yaml", "- redisInstance", "- redis"),
            ("prod", "prometheus/monitors/redis-shop.yaml", "- cart-sentinel", "- cart-sentinels"),
            ("prod", "prometheus/monitors/redis-shop.yaml",
             "app.kubernetes.io/component: metrics", "redis_setup_type: standalone"),
            ("minimal", "prometheus/monitors/redis-web.yaml", "    - web\n", "    - shop\n"),
            ("minimal", "prometheus/monitors/redis-web.yaml",
             "replacement: redis", "replacement: tracing"),
        ],
    );
    check(
        dead_pipelines,
        &[
            ("prod", "fluent-bit/fluent-bit.yaml",
             "      labels:\n        app.kubernetes.io/instance: prod-fluent-bit",
             "      labels:\n        app.kubernetes.io/instance: redis-operator"),
            ("seed", "tracing/monitor.yaml", "part-of: jaeger", "part-of: seed"),
            ("seed", "tracing/monitor.yaml", "    - observability\n", "    - monitoring\n"),
            ("staging", "tracing/monitor.yaml", "instance: observability.", "instance: "),
            ("staging", "prometheus/monitors/pipeline.yaml",
             "operated-alertmanager: \"true\"", "alertmanager: main"),
        ],
    );
}

/// Directives that are there twice, or in no order.
fn shuffled_directives(tree: &Tree) -> Vec<String> {
    const SEVERAL: &[&str] = &[
        "save",
        "client-output-buffer-limit",
        "rename-command",
        "user",
        "loadmodule",
    ];
    let mut acc = Vec::new();
    for object in &tree.objects {
        let mut files: Vec<Vec<String>> = labels(&object.value["data"])
            .into_iter()
            .filter(|(key, _)| key.ends_with(".conf") && object.path.starts_with("redis/"))
            .map(|(_, text)| text.lines().map(str::to_owned).collect())
            .collect();
        files.push(texts(&object.value["spec"]["redisConfig"]["dynamicConfig"]));
        for lines in files {
            let mut directives: Vec<&str> = lines
                .iter()
                .filter_map(|it| it.split_whitespace().next())
                .collect();
            let is_sorted = directives.is_sorted();
            directives.retain(|it| !SEVERAL.contains(it));
            if !is_sorted || directives.windows(2).any(|it| it[0] == it[1]) {
                acc.push(format!("{}: {directives:?}", object.at()));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d58_a_directive_is_there_twice_and_in_any_order() {
    check(
        shuffled_directives,
        &[
            ("minimal", "redis/web/cache.yaml",
             "    maxmemory-policy allkeys-lru\n",
             "    maxmemory-policy allkeys-lru\n    maxmemory-policy noeviction\n"),
            ("minimal", "redis/web/cache.yaml",
             "    maxmemory 192mb\n", "    maxmemory-samples 5\n    maxmemory 192mb\n"),
            ("minimal", "redis/web/cache.yaml", "\ndata:\n", "\ndata:\n  b.conf: \"b\\na\\n\"\n"),
        ],
    );
}

/// Resources that crash their operator, or ask for no pod at all.
fn crashing_resources(tree: &Tree) -> Vec<String> {
    fn sizes(value: &Value) -> bool {
        let Value::Object(map) = value else {
            return true;
        };
        map.iter().all(|(key, value)| {
            (key != "storage" || value["size"].as_str().is_some_and(|it| !it.is_empty()))
                && sizes(value)
        })
    }
    tree.redis()
        .filter(|it| it.api() == "redis.github.com/v1")
        .filter(|it| {
            let spec = &it.value["spec"];
            let is_instance = it.kind() == "RedisInstance";
            !sizes(spec)
                || (is_instance
                    && (spec["storage"].is_null()
                        || spec["replicas"].as_u64().is_none_or(|it| it == 0)))
        })
        .map(Object::at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d61_a_redis_instance_without_storage_crashes_its_operator() {
    check(
        crashing_resources,
        &[
            ("seed", "redis/redis/single.yaml", "    size: 5Gi\n", ""),
            ("seed", "redis/redis/single.yaml", "  storage:", "  volume:"),
            ("seed", "redis/redis/single.yaml", "  replicas: 1\n", ""),
            ("seed", "redis/redis/pair.yaml", "size: 5Gi", "size: ''"),
        ],
    );
}

/// Objects that are too long for the annotation of a client-side apply.
fn too_long(tree: &Tree) -> Vec<String> {
    tree.objects
        .iter()
        .filter(|it| {
            it.kind() == "CustomResourceDefinition" || it.value.to_string().len() > 256 * 1024
        })
        .map(Object::at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d63_an_object_is_too_long_to_be_applied() {
    let crd = "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\nmetadata: {name: a}\n";
    let data = format!("\ndata:\n  more: {}\n", "x".repeat(256 * 1024));
    check(
        too_long,
        &[
            ("prod", "prometheus/crd.yaml", "", crd),
            ("prod", ADAPTER, "\ndata:\n", &data),
        ],
    );
}

fn old_endpoints(tree: &Tree) -> Vec<String> {
    let has = |resources: &[String], name: &str| resources.iter().any(|it| it == name);
    let grants = grants(tree);
    grants
        .iter()
        .filter(|(object, _, resources)| {
            has(resources, "endpoints")
                && !grants.iter().any(|(other, groups, resources)| {
                    std::ptr::eq(*other, *object)
                        && has(groups, "discovery.k8s.io")
                        && has(resources, "endpointslices")
                })
        })
        .map(|(object, ..)| object.at())
        .collect()
}

/// Namespaces in which a Prometheus of the tree may not find what it is to scrape.
fn unreadable_targets(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for server in tree.of("Prometheus") {
        let account = server.text("/spec/serviceAccountName");
        let is_there = tree
            .of("ServiceAccount")
            .any(|it| it.name() == account && it.namespace() == server.namespace());
        if !is_there {
            acc.push(format!("{}: no account {account}", server.at()));
        }
        let spaces: Names = tree
            .monitors()
            .flat_map(|it| texts(&it.value["spec"]["namespaceSelector"]["matchNames"]))
            .collect();
        for space in spaces {
            let roles: Names = tree
                .of("RoleBinding")
                .filter(|it| it.namespace() == space && it.text("/roleRef/kind") == "Role")
                .filter(|it| {
                    list(&it.value["subjects"])
                        .iter()
                        .any(|it| it["name"] == account && it["namespace"] == server.namespace())
                })
                .map(|it| it.text("/roleRef/name").to_owned())
                .collect();
            let may = |group: &str, resource: &str| {
                tree.of("Role")
                    .filter(|it| it.namespace() == space && roles.contains(it.name()))
                    .flat_map(|it| list(&it.value["rules"]))
                    .any(|it| {
                        texts(&it["apiGroups"]).contains(&group.to_owned())
                            && texts(&it["resources"]).contains(&resource.to_owned())
                            && texts(&it["verbs"]) == ["get", "list", "watch"]
                    })
            };
            let wanted = [
                ("", "services"),
                ("", "endpoints"),
                ("", "pods"),
                ("discovery.k8s.io", "endpointslices"),
            ];
            acc.extend(
                wanted
                    .into_iter()
                    .filter(|(group, resource)| !may(group, resource))
                    .map(|(_, resource)| format!("{}: no {resource} in {space}", server.at())),
            );
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d64_a_role_of_prometheus_lacks_endpoint_slices() {
    let role = format!(
        "{ROLE}- {{apiGroups: [''], resources: [services, endpoints, pods], verbs: [get, list, watch]}}\n"
    );
    check(
        old_endpoints,
        &[
            ("seed", "prometheus/role.yaml", "", &role),
            ("staging", SERVER, "- discovery.k8s.io", "- extensions"),
            ("staging", SERVER, "  - endpointslices\n", "  - services\n"),
        ],
    );
    check(
        unreadable_targets,
        &[
            ("staging", SERVER, "kind: Role\nmetadata:\n  name: staging-prometheus\n  namespace: shop",
             "kind: Role\nmetadata:\n  name: staging-prometheus\n  namespace: default"),
            ("staging", SERVER, "  resources:\n  - services\n  - endpoints\n  - pods\n", "  resources:\n  - services\n"),
            ("staging", SERVER, "  - watch\n", ""),
            ("staging", SERVER, "- kind: ServiceAccount\n  name: staging-prometheus", "- kind: ServiceAccount\n  name: default"),
            ("staging", SERVER, "serviceAccountName: staging-prometheus", "serviceAccountName: default"),
        ],
    );
}

/// What only the API server writes.
fn checked_in_state(tree: &Tree) -> Vec<String> {
    tree.objects
        .iter()
        .filter(|it| {
            let metadata = labels(&it.value["metadata"]).into_keys().collect::<Names>();
            let annotations = labels(&it.value["metadata"]["annotations"]);
            !metadata.is_subset(&names(&["name", "namespace", "labels", "annotations"]))
                || !it.value["status"].is_null()
                || annotations
                    .keys()
                    .any(|it| it.contains("last-applied-configuration"))
        })
        .map(Object::at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d66_what_the_api_server_writes_is_checked_in() {
    let metadata =
        "metadata:\n  annotations: {kubectl.kubernetes.io/last-applied-configuration: '{}'}\n";
    check(
        checked_in_state,
        &[
            ("prod", OPERATOR, "metadata:\n", metadata),
            ("prod", OPERATOR, "metadata:\n", "metadata:\n  resourceVersion: \"1\"\n"),
            ("prod", OPERATOR, "spec:\n", "status: {}\nspec:\n"),
        ],
    );
}

/// Services for what the operator of Prometheus makes Services for.
fn doubled_services(tree: &Tree) -> Vec<String> {
    tree.of("Service")
        .filter(|it| {
            let selector = it.value["spec"]["selector"].to_string();
            let name = it.name();
            name.starts_with("alertmanager")
                || name.starts_with("prometheus")
                || selector.contains("alertmanager\"")
                || selector.contains("prometheus\"")
        })
        .map(Object::at)
        .collect()
}

/// A Prometheus that sends its alerts to another Service than the one of the operator, or not
/// only to the Alertmanager that is meant.
fn own_addresses(tree: &Tree) -> Vec<String> {
    let name = tree
        .policy("/platform/alertmanager/name")
        .as_str()
        .unwrap_or("main");
    tree.of("Prometheus")
        .filter(|it| {
            let targets = list(&it.value["spec"]["alerting"]["alertmanagers"]);
            let is_right = |it: &Value| {
                it["name"] == "alertmanager-operated"
                    && it["namespace"] == *tree.policy("/platform/alertmanager/namespace")
                    && it["port"] == "web"
                    && list(&it["relabelings"]).iter().any(|it| {
                        it["action"] == "keep"
                            && it["regex"] == name
                            && texts(&it["sourceLabels"])
                                == ["__meta_kubernetes_pod_label_alertmanager"]
                    })
            };
            targets.is_empty() || !targets.iter().all(is_right)
        })
        .map(Object::at)
        .collect()
}

#[test]
#[rustfmt::skip]
fn d67_a_service_of_alertmanager_is_written_by_hand() {
    let service = "apiVersion: v1\nkind: Service\nmetadata: {name: am, namespace: monitoring}\nspec: {selector: {app.kubernetes.io/name: alertmanager}, ports: [{port: 9093}]}\n";
    check(
        doubled_services,
        &[
            ("prod", "alertmanager/service.yaml", "", service),
            ("staging", "alertmanager/service.yaml", "", service),
        ],
    );
    check(
        own_addresses,
        &[
            ("staging", SERVER, "name: alertmanager-operated", "name: alertmanager"),
            ("staging", SERVER, "      port: web", "      port: http"),
            ("staging", SERVER, "regex: main\n", "regex: other\n"),
            ("staging", SERVER, "    - namespace: monitoring\n      name: alertmanager-operated", "    - namespace: default\n      name: alertmanager-operated"),
        ],
    );
}

/// Monitors and rules where Prometheus does not look, or that do not look where Redis is.
fn narrow_views(tree: &Tree) -> Vec<String> {
    let home = tree.policy("/platform/prometheus/namespace");
    let mut acc = Vec::new();
    let mut seen = Names::new();
    for object in &tree.objects {
        let names = texts(&object.value["spec"]["namespaceSelector"]["matchNames"]);
        let is_ours = object.is_monitor() || object.kind() == "PrometheusRule";
        let is_blind = object.is_monitor() && names.is_empty();
        if is_blind || (is_ours && object.namespace() != home) {
            acc.push(object.at());
        }
        seen.extend(names);
        let selects_all = [
            "serviceMonitorNamespaceSelector",
            "podMonitorNamespaceSelector",
            "ruleNamespaceSelector",
        ]
        .iter()
        .all(|it| !object.value["spec"][it].is_null());
        if matches!(object.kind(), "Prometheus" | "PrometheusAgent") {
            let overlooks = |kind: &str, selector: &str| {
                let wanted = &object.value["spec"][selector];
                let is_known = wanted.is_object() && wanted["matchExpressions"].is_null();
                !is_known
                    || tree.of(kind).any(|it| {
                        !select(
                            &labels(&it.value["metadata"]["labels"]),
                            &labels(&wanted["matchLabels"]),
                        )
                    })
            };
            if !selects_all
                || overlooks("ServiceMonitor", "serviceMonitorSelector")
                || overlooks("PodMonitor", "podMonitorSelector")
                || overlooks("PrometheusRule", "ruleSelector")
            {
                acc.push(object.at());
            }
        }
    }
    acc.extend(
        tree.redis()
            .filter(|it| !seen.contains(it.namespace()))
            .map(Object::at),
    );
    acc
}

#[test]
#[rustfmt::skip]
fn d68_prometheus_sees_its_own_namespace_only() {
    let prometheus = "apiVersion: monitoring.coreos.com/v1\nkind: Prometheus\nmetadata: {name: k8s, namespace: monitoring}\nspec: {serviceMonitorSelector: {}}\n";
    check(
        narrow_views,
        &[
            ("minimal", "prometheus/monitors/redis-web.yaml",
             "    matchNames:\n    - web\n", "    any: false\n"),
            ("minimal", OPERATOR, "namespace: monitoring", "namespace: other"),
            ("minimal", "prometheus/prometheus.yaml", "", prometheus),
            ("staging", SERVER, "  serviceMonitorNamespaceSelector: {}\n", ""),
            ("staging", SERVER, "  podMonitorNamespaceSelector: {}\n", ""),
            ("staging", SERVER, "  ruleNamespaceSelector: {}\n", ""),
            ("staging", SERVER, "      release: kube-prometheus-stack\n", "      release: other\n"),
        ],
    );
}

/// Alerts on alerts that are only pending.
fn pending_sources(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for rule in tree.rules() {
        for selector in selectors(&rule.expr)
            .into_iter()
            .filter(|it| metric(it).starts_with("ALERTS"))
        {
            if !selector
                .matchers
                .find_matchers("alertstate")
                .iter()
                .any(|it| it.op == MatchOp::Equal && it.value == "firing")
            {
                acc.push(rule.at());
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d69_an_alert_follows_another_that_is_only_pending() {
    check(
        pending_sources,
        &[
                        ("prod", INSTANCE_ALERTS,
                         "up{stack=\"prod\",component=~\"redis|sentinel\"} == 0",
                         "ALERTS{alertname=\"RedisDown\"} == 1"),
        ],
    );
}

/// Alerts that reach a machine which takes them for something else.
fn wrong_machines(tree: &Tree) -> Vec<String> {
    let heartbeat = tree
        .policy("/routing/heartbeat/receiver")
        .as_str()
        .unwrap_or("");
    let mut acc = Vec::new();
    let alerts = tree.firing();
    let configs = tree.configs();
    let told = |alert: &Labels| {
        configs
            .iter()
            .flat_map(|it| it.deliver(alert))
            .map(|(_, receiver)| receiver)
            .collect::<Names>()
    };
    for alert in &alerts {
        let receivers = told(alert);
        let is_beat = alert["alertname"] == "Watchdog";
        if receivers.is_empty()
            || receivers.contains(heartbeat) != is_beat
            || (is_beat && receivers.len() != 1)
        {
            acc.push(format!("{} goes to {receivers:?}", alert["alertname"]));
        }
    }
    for config in &configs {
        let foreign = [
            ("alertname", "KubePodCrashLooping"),
            ("severity", "critical"),
            ("namespace", config.namespace.as_str()),
        ];
        let foreign: Labels = foreign
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        let receivers: Vec<_> = config
            .deliver(&foreign)
            .into_iter()
            .map(|(_, receiver)| receiver)
            .collect();
        if receivers
            .iter()
            .any(|it| !config.is_whole || it == heartbeat)
        {
            acc.push(format!(
                "{}: an alert of others goes to {receivers:?}",
                config.at
            ));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d70_every_alert_of_the_cluster_calls_one_webhook() {
    check(
        wrong_machines,
        &[
            ("staging", SECRET, "receiver: platform-slack", "receiver: deadmans-switch"),
            ("prod", CONFIG, "receiver: platform-slack", "receiver: deadmans-switch"),
            ("prod", CONFIG,
             "    matchers:\n    - name: stack\n      value: prod\n      matchType: \"=\"\n    routes:",
             "    routes:"),
            ("prod", CONFIG, "        value: Watchdog", "        value: Heartbeat"),
        ],
    );
}

/// Receivers that are named and tell nobody.
fn silent_receivers(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for config in tree.configs() {
        let telling: Names = config
            .integrations()
            .into_iter()
            .map(|(receiver, ..)| receiver.to_owned())
            .collect();
        let silent = config
            .receivers()
            .iter()
            .filter_map(|it| it["name"].as_str())
            .filter(|it| !telling.contains(*it));
        acc.extend(silent.map(|it| format!("{}: {it}", config.at)));
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d71_a_receiver_tells_nobody() {
    check(
        silent_receivers,
        &[
            ("prod", CONFIG, "  receivers:\n", "  receivers:\n  - name: nobody\n"),
            ("staging", SECRET,
             "    receivers:\n", "    receivers:\n    - name: nobody\n      slack_configs: []\n"),
        ],
    );
}

/// Inhibitions without two alerts that they could ever be about.
fn dead_inhibitions(tree: &Tree) -> Vec<String> {
    let alerts = tree.firing();
    let mut acc = Vec::new();
    for config in tree.configs() {
        for (source, target, equal) in config.inhibitions() {
            let sources: Vec<_> = alerts.iter().filter(|it| all_match(&source, it)).collect();
            let targets: Vec<_> = alerts.iter().filter(|it| all_match(&target, it)).collect();
            let meets = |source: &Labels, target: &Labels| {
                source != target && equal.iter().all(|it| source.get(it) == target.get(it))
            };
            if !sources
                .iter()
                .any(|source| targets.iter().any(|target| meets(source, target)))
            {
                acc.push(format!("{}: {source:?}", config.at));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d72_an_inhibition_asks_for_equal_names_of_different_alerts() {
    check(
        dead_inhibitions,
        &[
            ("staging", SECRET,
             "      equal:\n      - stack\n", "      equal:\n      - alertname\n"),
            ("prod", CONFIG, "    equal:\n    - stack\n", "    equal:\n    - alertname\n"),
        ],
    );
}

/// Labels that groups, routes and inhibitions go by and that an alert on an instance lacks.
fn missing_labels(tree: &Tree) -> Vec<String> {
    let alerts = tree.firing();
    let mut acc = Vec::new();
    for config in tree.configs() {
        let mut used = Names::new();
        for route in config.root.all() {
            used.extend(texts(get(&route.value, "groupBy")));
            used.extend(route.matchers.iter().map(|it| it.name.clone()));
        }
        for (source, target, equal) in config.inhibitions() {
            used.extend(source.iter().chain(&target).map(|it| it.name.clone()));
            used.extend(equal);
        }
        for alert in alerts.iter().filter(|it| it.contains_key("instance_name")) {
            acc.extend(
                used.iter()
                    .filter(|it| !alert.contains_key(*it))
                    .map(|it| format!("{}: {} has no {it}", config.at, alert["alertname"])),
            );
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d73_alerts_are_grouped_by_a_label_that_they_lack() {
    check(
        missing_labels,
        &[
            ("prod", CONFIG, "    - cluster\n", "    - service\n"),
            ("staging", SECRET, "      - cluster\n", "      - service\n"),
            ("prod", CONFIG, "      - name: team\n", "      - name: owner\n"),
            ("prod", SENTINEL_ALERTS,
             "(stack, namespace, instance_name, topology, team, tier, master_name)",
             "(stack, namespace, instance_name)"),
        ],
    );
}

/// Configurations where the operator of Alertmanager does not look.
fn unread_configurations(tree: &Tree) -> Vec<String> {
    let alertmanager = tree.policy("/platform/alertmanager");
    let name = tree
        .policy("/platform/alertmanager/name")
        .as_str()
        .unwrap_or("main");
    let namespace = tree
        .policy("/platform/alertmanager/namespace")
        .as_str()
        .unwrap_or("");
    let mut acc = Vec::new();
    let mut count = 0;
    for object in &tree.objects {
        if object.kind() == "AlertmanagerConfig" {
            count += 1;
        }
        if object.kind() == "Secret" && !embedded(object).is_empty() {
            count += 1;
            let is_read =
                object.name() == format!("alertmanager-{name}") && object.namespace() == namespace;
            if !is_read || object.text("/stringData/alertmanager.yaml").is_empty() {
                acc.push(object.at());
            }
        }
    }
    if count == 0 {
        acc.push(format!("nothing configures {alertmanager}"));
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d74_a_configuration_is_where_nobody_reads_it() {
    check(
        unread_configurations,
        &[
            ("staging", SECRET, "  name: alertmanager-main\n", "  name: alertmanager\n"),
            ("staging", SECRET, "alertmanager.yaml: |", "alertmanager.yml: |"),
            ("staging", SECRET, "kind: Secret", "kind: ConfigMap"),
        ],
    );
}

/// Containers that run what their image or their volumes do not have.
fn missing_tools(tree: &Tree) -> Vec<String> {
    // The image, and what it is known to have.
    const TOOLS: &[(&str, &[&str])] = &[
        (
            "cr.fluentbit.io/fluent/fluent-bit",
            &["/fluent-bit/bin/fluent-bit"],
        ),
        ("curlimages/curl", &["sh"]),
        ("jaegertracing/jaeger-es-index-cleaner", &[]),
        ("oliver006/redis_exporter", &[]),
        ("python", &["python3"]),
    ];
    // What no image here has that runs a script of the shell.
    const MISSING: &[&str] = &[
        "bash", "jq", "kubectl", "python", "python3", "wget", "amtool", "perl",
    ];
    let mut acc = Vec::new();
    for object in &tree.objects {
        for container in object.all_containers() {
            let image = container["image"].as_str().unwrap_or("");
            let tools = TOOLS
                .iter()
                .find(|(it, _)| image.starts_with(&format!("{it}:")))
                .map(|(_, tools)| *tools);
            let command = texts(&container["command"]);
            let is_there = tools.is_some_and(|tools| {
                command
                    .first()
                    .is_none_or(|it| tools.contains(&it.as_str()))
            });
            let words = command.iter().skip(1).cloned();
            let files = words
                .chain(texts(&container["args"]))
                .filter(|it| it.starts_with('/'))
                .collect::<Vec<_>>();
            let runs = |file: &String, text: &str| {
                if file.ends_with(".py") {
                    text.contains("notification = json.loads(")
                } else if file.ends_with(".sh") {
                    let mut words = text
                        .lines()
                        .filter(|it| !it.trim_start().starts_with('#'))
                        .flat_map(|it| {
                            it.split(|it: char| !it.is_ascii_alphanumeric() && it != '_')
                        });
                    text.starts_with("#!/bin/sh\n") && !words.any(|it| MISSING.contains(&it))
                } else {
                    !text.is_empty()
                }
            };
            let is_mounted = |file: &String| {
                list(&container["volumeMounts"]).iter().any(|mount| {
                    let key = mount["mountPath"]
                        .as_str()
                        .and_then(|it| file.strip_prefix(it))
                        .map(|it| it.trim_start_matches('/'));
                    let volume = list(&object.pod()["spec"]["volumes"])
                        .iter()
                        .find(|it| it["name"] == mount["name"]);
                    let source = volume.and_then(|it| it["configMap"]["name"].as_str());
                    let map = tree.of("ConfigMap").find(|it| {
                        Some(it.name()) == source && it.namespace() == object.namespace()
                    });
                    key.is_some_and(|key| {
                        map.is_some_and(|it| {
                            it.value["data"][key]
                                .as_str()
                                .is_some_and(|it| runs(file, it))
                        })
                    })
                })
            };
            let runs_script = image.starts_with("curlimages/curl:") || image.starts_with("python:");
            if !is_there || (runs_script && files.is_empty()) || !files.iter().all(is_mounted) {
                acc.push(format!("{} runs {command:?} of {image}", object.at()));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d75_a_container_runs_a_tool_that_its_image_lacks() {
    check(
        missing_tools,
        &[
            ("staging", ADAPTER, "image: python:3.13-alpine", "image: curlimages/curl:8.0.0"),
            ("staging", ADAPTER, "- python3", "- bash"),
            ("staging", ADAPTER, "- /opt/adapter/adapter.py", "- /opt/adapter/rollback.py"),
            ("staging", ADAPTER, "json.loads(raw)", "raw.split()"),
            ("prod", "elasticsearch/job.yaml", "        - sh\n", "        - bash\n"),
            ("prod", "elasticsearch/job.yaml", "/bodies/apply.sh", "/bodies/setup.sh"),
            ("prod", "elasticsearch/job.yaml", "image: curlimages/curl", "image: python"),
            ("prod", "elasticsearch/configuration.yaml", "    set -eu\n", "    jq . policy.json\n"),
            ("prod", "fluent-bit/fluent-bit.yaml", "        - sh\n", "        - bash\n"),
            ("prod", "fluent-bit/fluent-bit.yaml", "/configuration/fluent-bit.yaml", "/fluent-bit/etc/a.yaml"),
            ("staging", "tracing/retention.yaml", "          - args:\n", "          - command: [sh]\n            args:\n"),
        ],
    );
}

/// Puts all names in place of `name_(a|b)_total`.
fn spelled_out(text: &str) -> String {
    let pattern = regex::Regex::new(r"(\w+_)\(([\w|]+)\)(_\w+)").unwrap();
    let names = |it: &regex::Captures<'_>| {
        let names: Vec<_> = it[2]
            .split('|')
            .map(|middle| format!("{}{middle}{}", &it[1], &it[3]))
            .collect();
        names.join(" ")
    };
    pattern.replace_all(text, names).into_owned()
}

/// Prose that says something else than the rules.
fn contradictions(tree: &Tree) -> Vec<String> {
    let base = tree.policy("/runbooks/baseUrl").as_str().unwrap_or("");
    let world = tree.world();
    let mut severities: BTreeMap<String, Names> = BTreeMap::new();
    let mut acc = Vec::new();
    for rule in tree.alerts() {
        for (_, text) in labels(&rule.value["annotations"]) {
            if ["mul ", "}}%", "printf"].iter().any(|it| text.contains(it)) {
                acc.push(format!("{}: {text}", rule.at()));
            }
        }
        let url = rule.value["annotations"]["runbook_url"]
            .as_str()
            .unwrap_or("");
        if let Some(file) = url.strip_prefix(base) {
            let path = format!("runbooks{file}");
            if !tree.files.contains_key(&path) || file != format!("/{}.md", rule.name()) {
                acc.push(format!("{} has no runbook {path}", rule.at()));
            }
            let severity = rule.value["labels"]["severity"]
                .as_str()
                .unwrap_or("")
                .to_owned();
            severities.entry(path).or_default().insert(severity);
        }
    }
    for (path, text) in tree.runbooks() {
        let Some(severities) = severities.get(path) else {
            acc.push(format!("{path} is of no alert"));
            continue;
        };
        for line in text
            .lines()
            .filter(|it| it.to_lowercase().contains("severity"))
        {
            let said = ["critical", "warning", "info"]
                .into_iter()
                .filter(|it| line.contains(it));
            acc.extend(
                said.filter(|it| !severities.contains(*it))
                    .map(|it| format!("{path} says {it}")),
            );
        }
        let text = spelled_out(text);
        for name in text.split(|it: char| !it.is_ascii_alphanumeric() && it != '_' && it != ':') {
            let is_metric =
                PHANTOMS.contains(&name) || name.ends_with("_total") || name.ends_with(":policy");
            let is_known = !catalog::metrics(name).is_empty() || world.recorded.contains_key(name);
            if is_metric && !is_known {
                acc.push(format!("{path} names {name}"));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d76_prose_and_rules_contradict_each_other() {
    check(
        contradictions,
        &[
            ("prod", "runbooks/RedisRestarted.md",
             "# RedisRestarted", "# RedisRestarted\n\nSeverity: critical\n"),
            ("prod", "runbooks/RedisRestarted.md",
             "# RedisRestarted", "# RedisRestarted\n\nLook at `edgelink_rollback_total`.\n"),
            ("prod", "runbooks/FluentBitBufferFilling.md",
             "_(proc_records|retries|", "_(proc_records|chunks_lost|"),
            ("prod", "runbooks/RedisRestart.md", "", "# RedisRestart\n"),
            ("prod", INSTANCE_ALERTS, "runbooks/RedisDown.md", "runbooks/RedisUp.md"),
            ("prod", INSTANCE_ALERTS, "{{ $value | humanizePercentage }}", "{{ mul $value 100 }}"),
        ],
    );
}

/// Versions and resources of APIs that have been removed.
fn removed_apis(tree: &Tree) -> Vec<String> {
    let mut acc: Vec<String> = tree
        .objects
        .iter()
        .filter(|it| !KINDS.contains(&(it.api(), it.kind())))
        .map(Object::at)
        .collect();
    for (object, groups, resources) in grants(tree) {
        if groups.iter().any(|it| it == "extensions")
            || resources.iter().any(|it| it == "deployments/rollback")
        {
            acc.push(format!("{} grants what was removed", object.at()));
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d77_an_api_is_used_that_was_removed() {
    let role = ROLE.replace("ClusterRole\n", "ClusterRoleBinding\n")
        + "- {apiGroups: [apps], resources: [deployments/rollback], verbs: [create]}\n";
    check(
        removed_apis,
        &[
            ("staging", ADAPTER, "apiVersion: apps/v1", "apiVersion: extensions/v1beta1"),
            ("seed", "prometheus/role.yaml", "", &role),
            ("staging", "tracing/retention.yaml", "apiVersion: batch/v1", "apiVersion: batch/v1beta1"),
            ("staging", "tracing/collector.yaml",
             "apiVersion: opentelemetry.io/v1beta1", "apiVersion: opentelemetry.io/v1alpha1"),
            ("prod", "fluent-bit/rbac.yaml",
             "apiVersion: rbac.authorization.k8s.io/v1\n",
             "apiVersion: rbac.authorization.k8s.io/v1beta1\n"),
        ],
    );
}

/// The first version of Alertmanager's API, which answers 410.
fn removed_endpoints(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for (path, text) in &tree.files {
        for line in text.lines() {
            let of_alertmanager = ["/api/v1/silences", "/api/v1/receivers"]
                .iter()
                .any(|it| line.contains(it));
            let of_either = line.contains("/api/v1/alerts") || line.contains("/api/v1/status");
            if of_alertmanager
                || (of_either && (line.contains("alertmanager") || line.contains("9093")))
            {
                acc.push(format!("{path}: {line}"));
            }
        }
    }
    acc
}

#[test]
#[rustfmt::skip]
fn d78_the_first_api_of_alertmanager_is_asked() {
    check(
        removed_endpoints,
        &[
                        ("prod", "runbooks/Watchdog.md",
                         "# Watchdog",
                         "# Watchdog\n\n    curl http://alertmanager:9093/api/v1/alerts\n"),
        ],
    );
}

/// What an object is, without what it says.
fn identity(object: &Object) -> String {
    let mut words = vec![
        object.path.clone(),
        object.api().to_owned(),
        object.kind().to_owned(),
    ];
    words.extend(
        object
            .all_containers()
            .filter_map(|it| it["image"].as_str())
            .map(str::to_owned),
    );
    words.extend(labels(&object.value["data"]).into_keys());
    words.join(" ").to_lowercase()
}

fn premature(tree: &Tree) -> Vec<String> {
    let mut acc = Vec::new();
    for (number, words, _) in NOT_YET {
        let mut there: Vec<String> = tree.objects.iter().map(identity).collect();
        there.extend(tree.files.keys().map(|it| it.to_lowercase()));
        let found = there
            .into_iter()
            .filter(|it| words.iter().any(|word| it.contains(word)));
        acc.extend(found.map(|it| format!("{number} needs a test of its own: {it}")));
    }
    acc
}

#[test]
#[rustfmt::skip]
fn what_is_not_generated_yet_is_in_no_tree() {
    check(
        premature,
        &[
            ("prod", ADAPTER, "image: python:3.13-alpine", "image: jaegertracing/jaeger-operator:1.42.0"),
            ("prod", ADAPTER, "apiVersion: apps/v1", "apiVersion: cert-manager.io/v1"),
            ("prod", "tracing/operator.yaml", "", "apiVersion: apiextensions.k8s.io/v1\nkind: CustomResourceDefinition\n"),
            ("prod", "Chart.yaml", "", "name: redis\n"),
        ],
    );
}

#[test]
fn every_defect_is_tested_or_told_why_not() {
    let sources = [
        include_str!("defects.rs"),
        include_str!("defects/logs.rs"),
        include_str!("defects/servers.rs"),
    ];
    let mut numbers: Vec<u8> = sources
        .iter()
        .flat_map(|it| it.lines())
        .filter_map(|it| it.strip_prefix("fn d")?.get(..2)?.parse().ok())
        .collect();
    numbers.extend(NOT_YET.iter().map(|(number, ..)| number));
    numbers.extend(NOT_APPLICABLE.iter().map(|(number, _)| number));
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=78).collect::<Vec<u8>>());
    assert!(
        NOT_YET
            .iter()
            .map(|it| it.2)
            .chain(NOT_APPLICABLE.iter().map(|it| it.1))
            .all(|it| !it.is_empty())
    );
}
