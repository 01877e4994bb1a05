//! Whose logs are shipped, where to, and with which fields: read from all configurations of Fluent Bit of a side
//! together.

use std::collections::{BTreeMap, BTreeSet};

use crate::diff::consequence::{Cause, Part};
use crate::diff::objects::fluent_bit::{
    Configuration, Expressions, Settings, Source, is_naming, is_setting, one,
};
use crate::diff::objects::found::{Found, Subject};
use crate::diff::objects::role;
use crate::diff::objects::workloads::restarts_with;
use crate::diff::objects::{Both, effect, named};
use crate::diff::pairs::Pair;
use crate::diff::side::{Id, Side};
use crate::effect::{Class, Effect};
use crate::operators::changes::leads_to;

const TAIL: &str = "Fluent Bit documentation, Tail";
const MODIFY: &str = "Fluent Bit documentation, Modify";
const PARSERS: &str = "Fluent Bit documentation, Parsers, Regular expression";
const ES: &str = "Fluent Bit documentation, Elasticsearch output";
const BUFFERING: &str = "Fluent Bit documentation, Buffering and storage";
const RETRIES: &str = "Fluent Bit documentation, Scheduling and retries";
const FORMAT: &str = "Fluent Bit documentation, Configure Fluent Bit";

/// The configuration that a side ships logs with; nothing where it ships none.
fn configuration(side: &Side) -> (Configuration, BTreeSet<&Id>) {
    let mut configuration = Configuration::default();
    let mut from = BTreeSet::new();
    for (id, object) in side.objects.iter().filter(|(id, _)| id.kind == "ConfigMap") {
        for (_, document) in role::documents(object) {
            if configuration.read(document) {
                from.insert(id);
            }
        }
    }
    (configuration, from)
}

/// A container whose log is shipped: who it is, the fields of its lines.
type Shipped = BTreeMap<Source, BTreeMap<String, String>>;

fn shipped(configuration: &Configuration) -> Shipped {
    let mut compiled = Expressions::default();
    let sources = configuration.sources();
    sources
        .into_iter()
        .map(|(source, tag)| {
            let fields = configuration.fields_of(&tag, &mut compiled);
            (source, fields)
        })
        .collect()
}

/// Whose log it is: an instance where one of either side is called so.
fn subject(both: &Both<'_>, source: &Source) -> Subject {
    let named = |pods: &str| {
        let name = format!("{}/{pods}", source.namespace);
        both.instances
            .iter()
            .any(|it| it.contains(&name))
            .then_some(name)
    };
    let mut pods = source.pods.as_str();
    loop {
        if let Some(instance) = named(pods) {
            return Subject::of_instance(Part::Logs, "logs of ", &instance);
        }
        // What follows the name of the instance says what the pods are: a leader, a Sentinel.
        match pods.rsplit_once('-') {
            Some((rest, _)) => pods = rest,
            None => break,
        }
    }
    Subject::of(
        Part::Logs,
        format!("logs of {}/{}", source.namespace, source.pods),
    )
}

/// Compares what is shipped.
pub(super) fn compare<'a>(both: &Both<'a>, acc: &mut Found<'a>) {
    let ((was, before), (is, after)) = (configuration(both.before), configuration(both.after));
    let concerned = |it: &&Pair| before.contains(&it.id) || after.contains(&it.id);
    let pairs: Vec<&Pair> = both.pairs.iter().filter(concerned).collect();
    if pairs.is_empty() {
        return;
    }
    let is_same = was == is;
    of_containers(both, &shipped(&was), &shipped(&is), acc);
    // With one of them alone, what ships comes or goes: who is shipped says it all.
    if !before.is_empty() && !after.is_empty() {
        let name = match pairs.first() {
            Some(it) => format!("Fluent Bit in {}", it.id.namespace),
            None => "Fluent Bit".to_owned(),
        };
        of_settings(&was, &is, &Subject::of(Part::Logs, name), acc);
    }
    for pair in pairs {
        let subject = role::subject(&pair.id, pair.object());
        if let Some(effect) = applied(both, pair, is_same) {
            acc.add(&subject, effect, None);
        }
        match (&pair.before, &pair.after) {
            (Some(_), Some(_)) => acc.say_fields(pair, |path| leads_to("data", path)),
            _ => acc.say(&pair.id),
        }
    }
}

/// When a change of a configuration is applied, where that is not told with its pods; what it says is told by itself.
fn applied(both: &Both<'_>, pair: &Pair, is_same: bool) -> Option<Effect> {
    let (class, what) = match (&pair.before, &pair.after) {
        (Some(_), Some(_)) => return of_document(both, pair, is_same),
        (_, Some(_)) => (
            Class::Hot,
            "has a configuration, which says whose logs are shipped",
        ),
        (_, None) => (Class::Hot, "has no configuration of this name any more"),
    };
    Some(effect(class, what, "", "", FORMAT))
}

fn of_document(both: &Both<'_>, pair: &Pair, is_same: bool) -> Option<Effect> {
    if !pair.fields.iter().any(|it| leads_to("data", &it.path)) {
        return None;
    }
    match (restarts_with(both, pair), is_same) {
        (Some(true), false) => None,
        (Some(true), true) => Some(effect(
            Class::Hot,
            "has the same configuration in other words or in another format",
            "",
            "",
            FORMAT,
        )),
        (_, true) => Some(effect(
            Class::None,
            "has the same configuration in other words or in another format",
            "",
            "",
            FORMAT,
        )),
        (_, false) => Some(effect(
            Class::Silent,
            "has another configuration, which it reads when it starts again",
            "until its pods start again",
            "`kubectl rollout restart` of its DaemonSet",
            FORMAT,
        )),
    }
}

fn of_containers(both: &Both<'_>, was: &Shipped, is: &Shipped, acc: &mut Found<'_>) {
    for source in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
        if was.get(source) == is.get(source) {
            continue;
        }
        let subject = subject(both, source);
        let pods = format!("{}/{}", source.namespace, source.pods);
        let cause = |before: Option<&str>, after: Option<&str>| {
            Some(Cause {
                field: "path".to_owned(),
                before: before.map(str::to_owned),
                after: after.map(str::to_owned),
            })
        };
        match (was.get(source), is.get(source)) {
            (Some(before), Some(after)) => of_fields(before, after, &subject, acc),
            (Some(_), None) => {
                let is_there = match &subject.instance {
                    Some(instance) => both.goes_on(instance),
                    None => true,
                };
                let effect = match is_there {
                    true => effect(
                        Class::MonitoringGap,
                        "are no longer shipped, and their pods go on",
                        "what is in Elasticsearch stays until it is of age",
                        "",
                        TAIL,
                    ),
                    false => effect(
                        Class::Hot,
                        "end, as the instance is gone; what is in Elasticsearch stays until it is of age",
                        "its last lines are lost if its pods go before Fluent Bit has read them",
                        "",
                        TAIL,
                    ),
                };
                acc.add(&subject, effect, cause(Some(&pods), None));
            }
            (None, _) => {
                let effect = effect(
                    Class::Hot,
                    "are shipped, from the first line that is still on the node",
                    "",
                    "",
                    TAIL,
                );
                acc.add(&subject, effect, cause(None, Some(&pods)));
            }
        }
    }
}

fn of_fields(
    before: &BTreeMap<String, String>,
    after: &BTreeMap<String, String>,
    subject: &Subject,
    acc: &mut Found<'_>,
) {
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differ: Vec<&String> = names
        .into_iter()
        .filter(|it| before.get(*it) != after.get(*it))
        .collect();
    let clauses: Vec<String> = differ
        .iter()
        .map(|name| match after.get(*name) {
            Some(value) => format!("`{name}: {value}`"),
            None => format!("no `{name}`"),
        })
        .collect();
    for name in differ {
        let effect = effect(
            Class::Hot,
            format!("carry {} from now on", clauses.join(", ")),
            "lines of before keep what they carry: a search for the new value does not find them",
            "",
            MODIFY,
        );
        let cause = Cause {
            field: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        };
        acc.add(subject, effect, Some(cause));
    }
}

fn of_settings(was: &Configuration, is: &Configuration, subject: &Subject, acc: &mut Found<'_>) {
    let mut push =
        |effect: Effect, field: String, before: Option<String>, after: Option<String>| {
            let cause = Cause {
                field,
                before,
                after,
            };
            acc.add(subject, effect, Some(cause));
        };
    // Fields that lines no longer have, or have now.
    let (had, has) = (was.fields(), is.fields());
    let lost: Vec<String> = had.iter().filter(|it| !has.contains(it)).cloned().collect();
    let gained: Vec<String> = has.iter().filter(|it| !had.contains(it)).cloned().collect();
    if !lost.is_empty() {
        let what = format!(
            "leaves out {} of every line: panels and searches that name it find nothing new",
            named(&lost)
        );
        push(
            effect(
                Class::MonitoringGap,
                what,
                "",
                "",
                "Fluent Bit documentation, Record modifier",
            ),
            "allowlist_key".to_owned(),
            Some(named(&lost)),
            None,
        );
    }
    if !gained.is_empty() {
        let what = format!("lets {} of a line through", named(&gained));
        push(
            effect(
                Class::Hot,
                what,
                "",
                "",
                "Fluent Bit documentation, Record modifier",
            ),
            "allowlist_key".to_owned(),
            None,
            Some(named(&gained)),
        );
    }
    for name in was
        .parsers
        .keys()
        .chain(is.parsers.keys())
        .collect::<BTreeSet<_>>()
    {
        let (before, after) = (was.parsers.get(name), is.parsers.get(name));
        let is_naming = [was, is]
            .iter()
            .any(|it| it.naming_parsers().contains(name.as_str()));
        if before != after && !is_naming {
            let of = |it: Option<&Settings>| it.and_then(|it| one(it, "regex")).map(str::to_owned);
            push(
                parser(name, before, after),
                format!("parsers.{name}"),
                of(before),
                of(after),
            );
        }
    }
    outputs(was, is, &mut push);
    for (section, before, after) in [
        (
            "service",
            vec![was.service.clone()],
            vec![is.service.clone()],
        ),
        (
            "inputs",
            was.inputs.iter().map(|it| without(it, PLACES)).collect(),
            is.inputs.iter().map(|it| without(it, PLACES)).collect(),
        ),
        ("filters", steps(was), steps(is)),
    ] {
        settings(section, &before, &after, &mut push);
    }
}

/// What an input has of its own, by whose files it reads: that is told of by container.
const PLACES: &[&str] = &["path", "alias"];

/// Filters without whom they are for, each once: what is for some containers only is told of by container.
fn steps(configuration: &Configuration) -> Vec<Settings> {
    let mut steps: Vec<Settings> = Vec::new();
    for filter in &configuration.filters {
        if is_setting(filter) || is_naming(filter) {
            continue;
        }
        let step = without(filter, &["match_regex"]);
        if !steps.contains(&step) {
            steps.push(step);
        }
    }
    steps
}

fn without(settings: &Settings, names: &[&str]) -> Settings {
    let kept = settings
        .iter()
        .filter(|(name, _)| !names.contains(&name.as_str()));
    kept.map(|(name, values)| (name.clone(), values.clone()))
        .collect()
}

/// The names of the groups of a regular expression: the fields that a parser makes.
fn groups(parser: &Settings) -> BTreeSet<String> {
    let regex = one(parser, "regex").unwrap_or_default();
    regex
        .split("(?<")
        .skip(1)
        .filter_map(|it| Some(it.split_once('>')?.0.to_owned()))
        .collect()
}

fn parser(name: &str, before: Option<&Settings>, after: Option<&Settings>) -> Effect {
    let (Some(before), Some(after)) = (before, after) else {
        let what = match after {
            Some(_) => format!("has a parser `{name}`"),
            None => format!("has no parser `{name}` any more"),
        };
        return effect(Class::Hot, what, "", "", PARSERS);
    };
    let (had, has) = (groups(before), groups(after));
    let lost: Vec<String> = had.difference(&has).cloned().collect();
    let gained: Vec<String> = has.difference(&had).cloned().collect();
    match (lost.is_empty(), gained.is_empty()) {
        (false, _) => effect(
            Class::MonitoringGap,
            format!(
                "no longer makes {} of a line (parser `{name}`): panels that ask for it show nothing new",
                named(&lost)
            ),
            "",
            "",
            PARSERS,
        ),
        (true, false) => effect(
            Class::Hot,
            format!("makes {} of a line too (parser `{name}`)", named(&gained)),
            "the lines of before do not have it",
            "",
            PARSERS,
        ),
        (true, true) => effect(
            Class::Hot,
            format!(
                "reads lines by another parser `{name}`: one that it does not match stays whole in `message`"
            ),
            "",
            "",
            PARSERS,
        ),
    }
}

/// Takes an effect with the setting that brings it about.
type Push<'a> = dyn FnMut(Effect, String, Option<String>, Option<String>) + 'a;

fn outputs(was: &Configuration, is: &Configuration, push: &mut Push<'_>) {
    let key = |it: &Settings| {
        let name = one(it, "alias").or(one(it, "name")).unwrap_or_default();
        name.to_owned()
    };
    let by = |of: &Configuration| -> BTreeMap<String, Settings> {
        of.outputs.iter().map(|it| (key(it), it.clone())).collect()
    };
    let (was, is) = (by(was), by(is));
    for name in was.keys().chain(is.keys()).collect::<BTreeSet<_>>() {
        match (was.get(name), is.get(name)) {
            (Some(before), Some(after)) => output(name, before, after, push),
            (Some(_), None) => push(
                effect(
                    Class::MonitoringGap,
                    format!("no longer delivers to `{name}`"),
                    "",
                    "",
                    ES,
                ),
                format!("outputs.{name}"),
                Some(name.clone()),
                None,
            ),
            (None, _) => push(
                effect(Class::Hot, format!("delivers to `{name}` too"), "", "", ES),
                format!("outputs.{name}"),
                None,
                Some(name.clone()),
            ),
        }
    }
}

fn output(name: &str, before: &Settings, after: &Settings, push: &mut Push<'_>) {
    for setting in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        if before.get(setting) == after.get(setting) {
            continue;
        }
        let of = |it: &Settings| it.get(setting).map(|it| it.join(", "));
        let (was, is) = (of(before), of(after));
        let (shown_was, shown_is) = (
            was.as_deref().unwrap_or("nothing"),
            is.as_deref().unwrap_or("nothing"),
        );
        let effect = match setting.as_str() {
            "host" | "port" | "cloud_id" => effect(
                Class::MonitoringGap,
                format!(
                    "delivers to {shown_is} instead of {shown_was}: what is there stays, and what comes is not found there"
                ),
                "what it has read and not delivered goes to the new one",
                "have both asked until the old lines are of age",
                ES,
            ),
            "index" | "logstash_prefix" | "logstash_format" => effect(
                Class::MonitoringGap,
                format!(
                    "writes to {shown_is} instead of {shown_was}: the lines of before stay there, where the dashboards of this side do not look"
                ),
                "",
                "",
                ES,
            ),
            "retry_limit" => match shown_is {
                "no_limits" | "false" => effect(
                    Class::Hot,
                    "tries for ever to deliver what is refused",
                    "",
                    "",
                    RETRIES,
                ),
                tries => effect(
                    Class::DataRisk,
                    format!("drops what it could not deliver in {tries} tries; it was {shown_was}"),
                    "lines are lost while Elasticsearch is away for longer",
                    "`no_limits`, with a bound for the disk",
                    RETRIES,
                ),
            },
            "storage.total_limit_size" => effect(
                Class::DataRisk,
                format!(
                    "keeps up to {shown_is} instead of {shown_was} of what it could not deliver, and drops the oldest beyond"
                ),
                "",
                "",
                BUFFERING,
            ),
            _ => effect(
                Class::Hot,
                format!("delivers otherwise: `{setting}` is {shown_is} instead of {shown_was}"),
                "",
                "",
                ES,
            ),
        };
        push(effect, format!("outputs.{name}.{setting}"), was, is);
    }
}

/// Settings of sections that have something else than before, whoever they are for.
fn settings(section: &str, before: &[Settings], after: &[Settings], push: &mut Push<'_>) {
    let all = |of: &[Settings]| -> BTreeSet<(String, String)> {
        of.iter()
            .flat_map(|it| {
                let name = one(it, "name").unwrap_or_default().to_owned();
                it.iter().map(move |(setting, values)| {
                    // The notes of an input are called like it.
                    let value = match setting.as_str() {
                        "db" => values
                            .join(", ")
                            .rsplit_once('/')
                            .map(|(it, _)| it.to_owned()),
                        _ => Some(values.join(", ")),
                    };
                    (format!("{name}.{setting}"), value.unwrap_or_default())
                })
            })
            .collect()
    };
    let (was, is) = (all(before), all(after));
    let names: BTreeSet<&String> = was
        .symmetric_difference(&is)
        .map(|(name, _)| name)
        .collect();
    for name in names {
        let of = |it: &BTreeSet<(String, String)>| -> Option<String> {
            let values = it.iter().filter(|(setting, _)| setting == name);
            let values: Vec<String> = values.map(|(_, value)| value.clone()).collect();
            (!values.is_empty()).then(|| named(&values))
        };
        let (before, after) = (of(&was), of(&is));
        let field = format!("{section}.{}", name.trim_start_matches('.'));
        let shown = |it: &Option<String>| it.clone().unwrap_or_else(|| "nothing".to_owned());
        let (old, new) = (shown(&before), shown(&after));
        let effect = match name.rsplit_once('.').map_or(name.as_str(), |(_, it)| it) {
            "db" => effect(
                Class::Hot,
                format!(
                    "notes in {new} instead of {old} how far it has read, and begins there anew"
                ),
                "every line that is still on a node is shipped again",
                "",
                TAIL,
            ),
            "type" if name.ends_with("storage.type") => effect(
                match new.as_str() {
                    "filesystem" => Class::Hot,
                    _ => Class::DataRisk,
                },
                format!("keeps what it has not delivered in {new} instead of {old}"),
                "what is in memory only is lost with a restart",
                "",
                BUFFERING,
            ),
            "path" if name.ends_with("storage.path") => effect(
                Class::DataRisk,
                format!(
                    "keeps what it has not delivered in {new} instead of {old}: what is in the old one is not delivered any more"
                ),
                "",
                "",
                BUFFERING,
            ),
            _ => effect(
                Class::Hot,
                format!("works otherwise: `{field}` is {new} instead of {old}"),
                "",
                "",
                FORMAT,
            ),
        };
        push(effect, field, before, after);
    }
    // What is done to lines is done in an order.
    if section == "filters" && was == is && before != after {
        push(
            effect(
                Class::Hot,
                format!("does the same in another order ({section})"),
                "",
                "",
                FORMAT,
            ),
            section.to_owned(),
            None,
            None,
        );
    }
}
