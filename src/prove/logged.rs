//! The fourth proof: a line of each container is read once, becomes the fields that it means, and ends
//! in an index that has a type for each of them and a life as long as the policy says.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::api::conventions::{component, log};
use crate::api::object::Object;
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place};
use crate::model::stack::{Instance, Logging, Stack};
use crate::operators::{self, LogFormat};
use crate::plan::{Document, Plan, Planned};
use crate::prove::defect;
use crate::prove::inventory::{array, labels};
use crate::prove::pipeline::{Machine, Matching, Pipeline, Record, glob};
use crate::read::spec::LoggingMode;

/// The id of a container.
const ID: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const FOLDER: &str = "/var/log/containers";
/// Elasticsearch's own templates have 100, Fleet's up to 250, and users are told to take 500.
const TAKEN_PRIORITY: u64 = 500;

/// What is wrong with the way of the logs.
pub fn refuted(stack: &Stack, plan: &Plan) -> Vec<Diagnostic> {
    let Some(logging) = &stack.telemetry.logging else {
        return Vec::new();
    };
    let mut found = Found::default();
    let Some(pipeline) = Pipeline::of(plan) else {
        found.say(
            "logs/not-read",
            "there is no configuration of Fluent Bit",
            "no line of any container is read",
        );
        return found.0;
    };
    let kept = Kept::of(plan);
    buffered(&pipeline, &mut found);
    exposed(&pipeline, plan, &mut found);
    reachable(&pipeline, &mut found);
    mounted(&pipeline, plan, &mut found);
    kept.check(logging, &pipeline, &mut found);
    documents(stack, &pipeline, &kept, &mut found);
    found.0
}

/// Findings, each thing once.
#[derive(Default)]
struct Found(Vec<Diagnostic>);

impl Found {
    fn say(&mut self, name: &'static str, headline: impl Into<String>, note: &str) {
        self.at(
            Place::Key(FieldPath::spec(&["logging"])),
            name,
            headline,
            note,
        );
    }

    fn at(&mut self, at: Place, name: &'static str, headline: impl Into<String>, note: &str) {
        let headline = headline.into();
        if !self
            .0
            .iter()
            .any(|it| it.name == name && it.headline == headline)
        {
            self.0.push(defect(name, at, headline, note));
        }
    }

    fn has(&self, name: &str) -> bool {
        self.0.iter().any(|it| it.name == name)
    }
}

/// What is not delivered at once waits on disk, without bound in time.
fn buffered(pipeline: &Pipeline<'_>, found: &mut Found) {
    for output in &pipeline.outputs {
        let limit = output.get("retry_limit").unwrap_or("1");
        if !matches!(
            limit.to_ascii_lowercase().as_str(),
            "no_limits" | "false" | "off"
        ) {
            found.say(
                "logs/retry-discards",
                format!("a batch that Elasticsearch does not take is discarded after {limit} more tries"),
                "Elasticsearch away for a minute is a gap in the logs, at the time when they are wanted",
            );
        }
    }
    if pipeline.service.get("storage.path").is_none() {
        found.say(
            "logs/retry-discards",
            "what waits to be delivered is in memory alone",
            "a restart of Fluent Bit loses it",
        );
    }
    for input in &pipeline.inputs {
        let name = input.get("alias").or(input.get("name")).unwrap_or_default();
        let is_bounded = input.get("mem_buf_limit").is_some();
        if !is_bounded || input.get("storage.type") != Some("filesystem") {
            found.say(
                "logs/unbounded-buffer",
                format!("the input `{name}` keeps what waits in memory, or without a bound"),
                "without a bound the kernel ends Fluent Bit; with one and no disk, files are not read on, and rotated away",
            );
        }
    }
}

/// Who reaches Fluent Bit's interface, which asks for no login.
fn exposed(pipeline: &Pipeline<'_>, plan: &Plan, found: &mut Found) {
    let listens = pipeline
        .service
        .get("http_server")
        .is_some_and(|it| it.eq_ignore_ascii_case("on"));
    let to = pipeline.service.get("http_listen").unwrap_or("0.0.0.0");
    if !listens || to == "127.0.0.1" {
        return;
    }
    let objects = plan.objects();
    let Some(pods) = workload(&objects) else {
        return;
    };
    let template = labels(&pods.value()["spec"]["template"]["metadata"]["labels"]);
    let is_guarded = objects.iter().map(|it| &it.object).any(|it| {
        let chosen = labels(&it.value()["spec"]["podSelector"]["matchLabels"]);
        let from = &it.value()["spec"]["ingress"];
        it.kind() == "NetworkPolicy"
            && it.namespace() == pods.namespace()
            && chosen
                .iter()
                .all(|(name, value)| template.get(name) == Some(value))
            && array(from).all(|it| array(&it["from"]).next().is_some())
    });
    if !is_guarded {
        found.say(
            "logs/monitoring-exposed",
            format!("Fluent Bit answers at `{to}`, and no NetworkPolicy says to whom"),
            "its interface asks for no login, and could be brought to fail by anybody who reaches it (CVE-2024-4323)",
        );
    }
}

fn workload<'a>(objects: &[&'a Planned]) -> Option<&'a Object> {
    let mut found = objects.iter().map(|it| &it.object);
    found.find(|it| it.kind() == "DaemonSet")
}

/// Each filter and each output is for something, and each tag goes somewhere.
fn reachable(pipeline: &Pipeline<'_>, found: &mut Found) {
    let tags: Vec<String> = pipeline
        .inputs
        .iter()
        .map(|it| it.get("tag").unwrap_or_default().replace('*', "x"))
        .collect();
    for section in pipeline.filters.iter().chain(&pipeline.outputs) {
        // A regular expression is for the tags of pods: those are tried one by one.
        let Some(pattern) = section.get("match") else {
            continue;
        };
        if !tags.iter().any(|it| glob(pattern, it)) {
            let name = section.get("name").unwrap_or_default();
            found.say(
                "logs/tag-matches-nothing",
                format!("`{name}` is for tags like `{pattern}`, and no input gives one"),
                "a filter or output that matches nothing is no error to Fluent Bit: it does nothing",
            );
        }
    }
    for tag in &tags {
        let outputs = pipeline.outputs.iter();
        if !outputs.map(Matching::of).any(|it| it.takes(tag)) {
            found.say(
                "logs/tag-matches-nothing",
                format!("no output takes tags like `{tag}`"),
                "lines that no output takes are thrown away without a word",
            );
        }
    }
}

/// The pods have the configuration, and start with it.
fn mounted(pipeline: &Pipeline<'_>, plan: &Plan, found: &mut Found) {
    let objects = plan.objects();
    let Some(pods) = workload(&objects) else {
        found.say(
            "logs/not-read",
            "nothing runs Fluent Bit",
            "no line of any container is read",
        );
        return;
    };
    let spec = &pods.value()["spec"]["template"]["spec"];
    let volume = array(&spec["volumes"]).find(|it| it["configMap"]["name"] == *pipeline.config_map);
    let container = array(&spec["containers"]).next().unwrap_or(&Value::Null);
    let mount = volume.and_then(|volume| {
        array(&container["volumeMounts"]).find(|it| it["name"] == volume["name"])
    });
    let Some(folder) = mount.and_then(|it| it["mountPath"].as_str()) else {
        found.say(
            "logs/configuration-not-mounted",
            format!(
                "Fluent Bit does not mount `{}`, which has its configuration",
                pipeline.config_map
            ),
            "the pods do not start, and no line of any container is read",
        );
        return;
    };
    let mut arguments = array(&container["args"]).filter_map(Value::as_str);
    let file = arguments.by_ref().skip_while(|it| *it != "-c").nth(1);
    let is_there = file
        .and_then(|it| it.strip_prefix(folder)?.strip_prefix('/'))
        .is_some_and(|it| pipeline.files.contains(&it));
    if !is_there {
        found.say(
            "logs/configuration-not-mounted",
            format!(
                "Fluent Bit starts with `{}`, which is not there",
                file.unwrap_or_default()
            ),
            "the pods do not start, and no line of any container is read",
        );
    }
}

/// How Elasticsearch keeps logs, as the Job tells it.
#[derive(Default)]
struct Kept<'a> {
    environment: BTreeMap<&'a str, &'a str>,
    bodies: BTreeMap<&'a str, &'a Value>,
}

impl<'a> Kept<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut kept = Self::default();
        for planned in plan.objects() {
            let has_template = planned
                .documents
                .iter()
                .any(|it| it.key == "index-template.json");
            for document in planned.documents.iter().filter(|_| has_template) {
                if let Document::Json(body) = &document.document {
                    kept.bodies.insert(document.key.as_ref(), body);
                }
            }
            let object = planned.object.value();
            if planned.object.kind() != "Job" {
                continue;
            }
            for container in array(&object["spec"]["template"]["spec"]["containers"]) {
                let variables: BTreeMap<&str, &str> = array(&container["env"])
                    .filter_map(|it| Some((it["name"].as_str()?, it["value"].as_str()?)))
                    .collect();
                if variables.contains_key("ES_TARGET") && variables.contains_key("ES_MODE") {
                    kept.environment = variables;
                }
            }
        }
        kept
    }

    fn body(&self, name: &str) -> &'a Value {
        self.bodies.get(name).copied().unwrap_or(&Value::Null)
    }

    fn variable(&self, name: &str) -> &'a str {
        self.environment.get(name).copied().unwrap_or_default()
    }

    fn check(&self, logging: &Logging, pipeline: &Pipeline<'_>, found: &mut Found) {
        let target = self.variable("ES_TARGET");
        let template = self.body("index-template.json");
        let is_stream = logging.mode == LoggingMode::DataStream;
        let index = match is_stream {
            true => target,
            false => self.variable("ES_FIRST_INDEX"),
        };
        for output in &pipeline.outputs {
            let sent = output.get("index").unwrap_or_default();
            if sent != target {
                found.say(
                    "logs/index-without-template",
                    format!("Fluent Bit writes to `{sent}`, and Elasticsearch is told about `{target}`"),
                    "an index that no template knows has guessed types and no end, and takes the name of what should be there",
                );
            }
            let address = format!(
                "://{}:{}",
                output.get("host").unwrap_or_default(),
                output.get("port").unwrap_or_default()
            );
            if !self.variable("ES_URL").contains(&address) {
                found.say(
                    "logs/index-without-template",
                    format!(
                        "Fluent Bit writes to `{}`, and the templates go to another Elasticsearch",
                        &address[3..]
                    ),
                    "an index that no template knows has guessed types and no end",
                );
            }
            let has_type = output.get("suppress_type_name").is_none_or(|it| it != "on");
            let may_replace = output
                .get("write_operation")
                .is_some_and(|it| it != "create");
            if has_type || may_replace && is_stream {
                found.say(
                    "logs/request-refused",
                    "Fluent Bit asks Elasticsearch for what it refuses: a type, or to replace in a data stream",
                    "every batch is refused with status 400, and no log arrives",
                );
            }
        }
        let patterns: Vec<&str> = array(&template["index_patterns"])
            .filter_map(Value::as_str)
            .collect();
        if !patterns.iter().any(|it| glob(it, index)) {
            found.say(
                "logs/index-without-template",
                format!(
                    "the template is for {}, and the index is `{index}`",
                    patterns.join(", ")
                ),
                "an index that no template knows has guessed types and no end",
            );
        }
        if template["data_stream"].is_object() != is_stream {
            found.say(
                "logs/index-without-template",
                "the template makes a data stream where an alias is meant, or the other way round",
                "Elasticsearch refuses to make the one where there is a template for the other",
            );
        }
        let parts: BTreeSet<&str> = array(&template["composed_of"])
            .filter_map(Value::as_str)
            .collect();
        let wanted = ["mappings", "settings"].map(|it| format!("{target}-{it}"));
        if parts.iter().ne(wanted.iter()) {
            found.say(
                "logs/index-without-template",
                format!("the template is made of {}, and {} are there", Vec::from_iter(parts).join(", "), wanted.join(", ")),
                "Elasticsearch refuses a template with a part that is not there, and without one, types or the end are missing",
            );
        }
        let priority = template["priority"].as_u64().unwrap_or_default();
        if priority <= TAKEN_PRIORITY {
            found.say(
                "logs/template-shadowed",
                format!("the template has the priority {priority}"),
                "of two templates for one index the higher one alone is used: those of Elasticsearch and Fleet have up to 250, and users are told to take 500",
            );
        }
        self.check_lifecycle(logging, target, index, found);
    }

    fn check_lifecycle(&self, logging: &Logging, target: &str, index: &str, found: &mut Found) {
        let mut say = |headline: String| {
            found.say(
                "logs/lifecycle-mismatch",
                headline,
                "logs are kept for ever until the disk is full, or are gone before their time",
            );
        };
        let settings = &self.body("settings.json")["template"]["settings"];
        let policy = settings["index.lifecycle.name"]
            .as_str()
            .unwrap_or_default();
        if policy != target {
            say(format!(
                "the index asks for the policy `{policy}`, and `{target}` is what is made"
            ));
        }
        let phases = &self.body("policy.json")["policy"]["phases"];
        let age = phases["delete"]["min_age"].as_str().unwrap_or_default();
        if millis(age) != Some(logging.retention.as_millis())
            || phases["delete"]["actions"]["delete"].is_null()
        {
            say(format!(
                "the policy deletes after `{age}`, and the logs are to be kept {}",
                logging.retention
            ));
        }
        if phases["hot"]["actions"]["rollover"]
            .as_object()
            .is_none_or(serde_json::Map::is_empty)
        {
            say("nothing rolls an index over, and the age of its end counts from there".to_owned());
        }
        if logging.mode == LoggingMode::Alias {
            let alias = settings["index.lifecycle.rollover_alias"]
                .as_str()
                .unwrap_or_default();
            if alias != target {
                say(format!(
                    "the index is rolled over behind `{alias}`, and `{target}` is written to"
                ));
            }
            let first = &self.body("first-index.json")["aliases"][target];
            let is_numbered = index
                .rsplit_once('-')
                .is_some_and(|(_, it)| it.len() == 6 && it.bytes().all(|it| it.is_ascii_digit()));
            if first["is_write_index"] != true || !is_numbered {
                say(format!(
                    "`{index}` is no first index of `{target}` that can be rolled over"
                ));
            }
        }
    }

    /// The type of a field, as Elasticsearch has it.
    fn kind(&self, field: &str) -> Option<&'a str> {
        let mappings = &self.body("mappings.json")["template"]["mappings"];
        mappings["properties"][field]["type"].as_str()
    }
}

/// A time as Elasticsearch writes it, in milliseconds.
fn millis(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let unit = match unit {
        "d" => 86_400_000,
        "h" => 3_600_000,
        "m" => 60_000,
        "s" => 1_000,
        "ms" => 1,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(unit)
}

/// The inputs by what their paths begin with, so that a file is not held against each.
struct Inputs<'p>(BTreeMap<&'p str, Vec<(&'p str, &'p str)>>);

impl<'p> Inputs<'p> {
    fn of(pipeline: &Pipeline<'p>) -> Self {
        let mut by_beginning: BTreeMap<&str, Vec<(&str, &str)>> = BTreeMap::new();
        for input in &pipeline.inputs {
            let tag = input.get("tag").unwrap_or_default();
            for path in input.get("path").into_iter().flat_map(|it| it.split(',')) {
                let path = path.trim();
                let end = path.find(['*', '?', '[']).unwrap_or(path.len());
                by_beginning
                    .entry(&path[..end])
                    .or_default()
                    .push((path, tag));
            }
        }
        Self(by_beginning)
    }

    /// The tags that a file is read under.
    fn tags(&self, file: &str) -> Vec<String> {
        let path = format!("{FOLDER}/{file}");
        let star = path.trim_start_matches('/').replace('/', ".");
        let ends = path.char_indices().map(|(end, _)| end).chain([path.len()]);
        ends.filter_map(|end| self.0.get(&path[..end]))
            .flatten()
            .filter(|(pattern, _)| glob(pattern, &path))
            .map(|(_, tag)| tag.replace('*', &star))
            .collect()
    }
}

/// A line of each container, through everything.
fn documents(stack: &Stack, pipeline: &Pipeline<'_>, kept: &Kept<'_>, found: &mut Found) {
    let machine = Machine::of(pipeline);
    let inputs = Inputs::of(pipeline);
    let operator = operators::of(stack);
    let mut is_first = true;
    foreign(stack, &inputs, found);
    for instance in &stack.instances {
        for source in operator.log_sources(instance) {
            let pod = format!("{}{}-0", instance.name, source.suffix);
            let file = format!("{pod}_{}_{}-{ID}.log", instance.namespace, source.container);
            let role = match source.component {
                component::SENTINEL => ("X", "sentinel"),
                _ => ("M", "master"),
            };
            let mut wanted = of_pod(stack, &pod, &instance.namespace, &source.container);
            wanted.extend(of_instance(instance));
            wanted.insert(log::COMPONENT.to_owned(), json!(source.component));
            wanted.insert(log::PID.to_owned(), json!(1));
            wanted.insert(log::MESSAGE.to_owned(), json!("hello"));
            let at = Place::Key(instance.at.clone());
            if is_first {
                let line = "1:signal-handler (1) hello";
                trace(&machine, &inputs, kept, (&file, line), &wanted, &at, found);
                // A line that no parser knows is kept as it is.
                let mut whole = wanted.clone();
                whole.remove(log::PID);
                trace(
                    &machine,
                    &inputs,
                    kept,
                    (&file, "hello"),
                    &whole,
                    &at,
                    found,
                );
            }
            is_first = false;
            wanted.insert(log::LEVEL.to_owned(), json!("notice"));
            wanted.insert(log::ROLE.to_owned(), json!(role.1));
            let line = format!("1:{} 01 Jan 2026 00:00:00.000 * hello", role.0);
            trace(&machine, &inputs, kept, (&file, &line), &wanted, &at, found);
        }
        // Thousands of instances fail for the same reason.
        if found.has("logs/not-read") || found.has("logs/wrong-field") {
            break;
        }
    }
    let container = operator.operator_log();
    let namespace = &stack.platform.operator.namespace;
    let pod = format!("{}-6d4cf56db6-abcde", container.deployment);
    let file = format!("{pod}_{namespace}_{}-{ID}.log", container.container);
    let fields = r#""controller": "c", "namespace": "other", "name": "x", "error": "e""#;
    let line = match container.format {
        LogFormat::Json => {
            format!(r#"{{"level":"info","ts":"t","logger":"l","msg":"hello",{fields}}}"#)
        }
        LogFormat::Console => format!("2026-01-01T00:00:00Z\tINFO\tl\thello\t{{{fields}}}"),
    };
    let mut wanted = of_pod(stack, &pod, namespace, container.container);
    for (field, value) in [
        (log::COMPONENT, component::OPERATOR),
        (log::LEVEL, "info"),
        (log::LOGGER, "l"),
        (log::CONTROLLER, "c"),
        (log::INSTANCE_NAME, "x"),
        (log::ERROR, "e"),
        (log::MESSAGE, "hello"),
    ] {
        wanted.insert(field.to_owned(), json!(value));
    }
    let at = Place::Key(FieldPath::spec(&["logging"]));
    trace(&machine, &inputs, kept, (&file, &line), &wanted, &at, found);
}

/// Logs that are not of the stack: an exporter beside Redis, a neighbour, the same name elsewhere.
fn foreign(stack: &Stack, inputs: &Inputs<'_>, found: &mut Found) {
    let operator = operators::of(stack);
    let mut files = Vec::new();
    for namespace in stack.namespaces() {
        let Some(first) = stack.in_namespace(namespace).next() else {
            continue;
        };
        let neighbour = format!("{}-2", first.name);
        let is_free = stack.in_namespace(namespace).all(|it| it.name != neighbour);
        for source in operator.log_sources(first) {
            let container = &source.container;
            let pod = format!("{}{}-0", first.name, source.suffix);
            files.push(format!("{pod}_{namespace}_redis-exporter"));
            files.push(format!("{pod}_{namespace}-2_{container}"));
            if is_free {
                files.push(format!(
                    "{neighbour}{}-0_{namespace}_{container}",
                    source.suffix
                ));
            }
        }
    }
    let own = operator.operator_log();
    let namespace = &stack.platform.operator.namespace;
    let pod = format!("{}-6d4cf56db6-abcde", own.deployment);
    files.push(format!("{pod}_{namespace}-2_{}", own.container));
    files.push(format!("{pod}_{namespace}_sidecar"));
    for file in files {
        if !inputs.tags(&format!("{file}-{ID}.log")).is_empty() {
            found.say(
                "logs/foreign-file",
                format!("an input also reads the log of `{file}`, which is not of this stack"),
                "its lines are taken for those of Redis, and what others log is kept where it is not meant to be",
            );
        }
    }
}

fn of_pod(stack: &Stack, pod: &str, namespace: &str, container: &str) -> Record {
    [
        (log::STACK, stack.name.as_str()),
        (log::CLUSTER, &stack.cluster),
        (log::NAMESPACE, namespace),
        (log::POD, pod),
        (log::CONTAINER, container),
    ]
    .into_iter()
    .map(|(field, value)| (field.to_owned(), json!(value)))
    .collect()
}

fn of_instance(instance: &Instance) -> Record {
    [
        (log::INSTANCE_NAME, instance.name.as_str()),
        (log::TOPOLOGY, instance.topology.kind().name()),
        (log::TEAM, &instance.team),
        (log::TIER, &instance.tier),
    ]
    .into_iter()
    .map(|(field, value)| (field.to_owned(), json!(value)))
    .collect()
}

/// Follows one line of one file.
fn trace(
    machine: &Machine<'_, '_>,
    inputs: &Inputs<'_>,
    kept: &Kept<'_>,
    (file, line): (&str, &str),
    wanted: &Record,
    at: &Place,
    found: &mut Found,
) {
    let short = file.split(ID).next().unwrap_or(file).trim_end_matches('-');
    let tags = inputs.tags(file);
    let [tag] = tags.as_slice() else {
        let times = match tags.len() {
            0 => "no input reads".to_owned(),
            times => format!("{times} inputs read"),
        };
        found.at(
            at.clone(),
            "logs/not-read",
            format!("{times} the log of `{short}`"),
            "its lines are missing, or there twice",
        );
        return;
    };
    let document = match machine.send(tag, line) {
        Ok((document, _)) => document,
        Err(why) => {
            found.at(
                at.clone(),
                "logs/wrong-field",
                format!("a line of `{short}` gets no further: {why}"),
                "Fluent Bit does not start with it, or the document is refused",
            );
            return;
        }
    };
    for (field, value) in wanted {
        let has = document.get(field);
        if has != Some(value) {
            let has = has.map_or("nothing".to_owned(), |it| format!("`{it}`"));
            found.at(
                at.clone(),
                "logs/wrong-field",
                format!("of a line of `{short}`, `{field}` is {has}, not `{value}`"),
                "dashboards and searches choose by this field: they would not find the line",
            );
            return;
        }
    }
    for (field, value) in &document {
        let kind = kept.kind(field);
        let fits = match kind {
            Some("date" | "keyword" | "text" | "match_only_text" | "wildcard") => value.is_string(),
            Some("long" | "integer") => value.is_i64(),
            _ => false,
        };
        if !fits {
            found.say(
                "logs/field-unmapped",
                format!(
                    "`{field}` has no type in the index that takes what it is: {}",
                    kind.unwrap_or("none")
                ),
                "the field cannot be searched, or the document is refused for it",
            );
        }
    }
}
