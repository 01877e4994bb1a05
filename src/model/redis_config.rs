//! Whether Redis starts with the directives of a policy.

use std::collections::BTreeMap;

use crate::catalog::redis_config::{self, Directive, Release, Takes};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, did_you_mean, nearest, ticked};
use crate::read::spec::ConfigValue;
use crate::value::image::Image;
use crate::value::text::forbidden;

/// What runs with the directives; nothing is known of it where they are defaults.
#[derive(Clone, Copy)]
struct Runs<'a> {
    instance: &'a str,
    image: &'a Image,
    release: Release,
}

impl<'a> Runs<'a> {
    fn of(instance: &'a str, image: Option<&'a Image>) -> Option<Self> {
        let image = image?;
        let release = Release::of(image)?;
        Some(Self {
            instance,
            image,
            release,
        })
    }
}

/// Checks the defaults as such: what no release of Redis starts with.
pub(super) fn check_defaults(
    config: &BTreeMap<String, ConfigValue>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    for (directive, value) in config {
        acc.extend(judge(directive, value, None, at));
    }
}

/// Checks what an instance says itself, and whether its release starts with what it takes from the
/// defaults.
pub(super) fn check(
    instance: &str,
    config: &BTreeMap<String, ConfigValue>,
    defaults: &BTreeMap<String, ConfigValue>,
    image: Option<&Image>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    let runs = Runs::of(instance, image);
    for (directive, value) in config {
        acc.extend(judge(directive, value, runs, at));
    }
    for (directive, value) in defaults {
        let is_own = config.contains_key(directive);
        if !is_own && judge(directive, value, None, at).is_none() {
            acc.extend(judge(directive, value, runs, at));
        }
    }
    check_names(config, defaults, at, acc);
}

/// Returns whether a policy cannot have a directive: for the Redis of an image, else for any.
pub(crate) fn refuses(directive: &str, value: &ConfigValue, image: Option<&Image>) -> bool {
    let runs = Runs::of("", image);
    judge(directive, value, runs, &FieldPath::root()).is_some()
}

/// Of two names of one directive Redis takes the line that comes last: nobody sees which.
fn check_names(
    config: &BTreeMap<String, ConfigValue>,
    defaults: &BTreeMap<String, ConfigValue>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    let written = || config.keys().chain(defaults.keys());
    for directive in written() {
        let newest = redis_config::newest_name(directive);
        let other = newest.filter(|it| it != directive && written().any(|key| key == it));
        let Some(other) = other else { continue };
        if redis_config::forbidden(other).is_some() {
            continue;
        }
        acc.push(
            Diagnostic::error(
                "redis/directive-twice",
                Place::Key(at.key(directive)),
                format!("`{directive}` is another name of `{other}`"),
            )
            .context(Place::Key(at.key(other)), "the same directive")
            .note("Redis takes the one that it reads last")
            .help(format!("keep `{other}` only")),
        );
    }
}

/// Returns what is wrong with a directive: for the release that runs, else for every one.
fn judge(
    directive: &str,
    value: &ConfigValue,
    runs: Option<Runs<'_>>,
    config: &FieldPath,
) -> Option<Diagnostic> {
    let at = config.key(directive);
    if let Some(why) = redis_config::forbidden(directive) {
        return Some(
            Diagnostic::error(
                "redis/forbidden-directive",
                Place::Key(at),
                format!("`{directive}` cannot be set here"),
            )
            .note(why.to_owned())
            .help("remove it"),
        );
    }
    let release = runs.map(|it| it.release);
    let spans = redis_config::spans(directive);
    let here = || spans.iter().filter(|it| it.is_in(release));
    if spans.is_empty() {
        return Some(unknown(directive, config, release));
    }
    let Some(newest) = here().next_back() else {
        return Some(of_another_release(directive, spans, runs, at));
    };
    if here().all(|it| it.takes == Takes::Nothing) {
        return Some(ignored(directive, spans, runs, at));
    }
    let text = text(value);
    if let Some(wrong) = unsafe_text(directive, &text, &at) {
        return Some(wrong);
    }
    if here().any(|it| it.takes.takes(&text)) {
        return None;
    }
    let elsewhere = spans.iter().find(|it| it.takes.takes(&text));
    Some(refused(newest, &text, elsewhere, runs, at))
}

fn unknown(directive: &str, config: &FieldPath, release: Option<Release>) -> Diagnostic {
    let has_effect = |it: &Directive| it.is_in(release) && it.takes != Takes::Nothing;
    let names = redis_config::known(release);
    let near = nearest(
        directive,
        names.filter(|it| redis_config::spans(it).iter().any(has_effect)),
    );
    let finding = Diagnostic::error(
        "redis/unknown-directive",
        Place::Key(config.key(directive)),
        format!("redis.conf has no directive `{directive}`"),
    )
    .label("not a directive")
    .note("Redis does not start with a directive that it does not know");
    match near {
        // That one is not missed as well.
        Some(near) => finding.meant(near).about(config.key(near)),
        None => finding.help("see redis.conf of your version for its name"),
    }
}

/// Returns the finding about a directive that only other releases have.
fn of_another_release(
    directive: &str,
    spans: &[Directive],
    runs: Option<Runs<'_>>,
    at: FieldPath,
) -> Diagnostic {
    let release = runs.map(|it| it.release);
    let later = spans.iter().find(|it| Some(it.since) > release);
    let (how, label) = match (later, spans.iter().filter_map(|it| it.until).next_back()) {
        (None, Some(until)) => ("any more", format!("until Redis {until}")),
        (Some(later), _) => ("yet", format!("since Redis {}", later.since)),
        (None, None) => ("at all", "of another version".to_owned()),
    };
    let names = redis_config::other_names(directive);
    let has = |it: &&str| redis_config::spans(it).iter().any(|it| it.is_in(release));
    let finding = Diagnostic::error(
        "redis/directive-of-another-version",
        Place::Key(at),
        format!("{} does not know `{directive}` {how}", redis(runs)),
    )
    .label(label)
    .help(match names.into_iter().find(has) {
        Some(name) => format!("write `{name}`, which is its name there"),
        None => "remove it, or run a version that has it".to_owned(),
    });
    noted(
        finding,
        "Redis does not start with a directive that it does not know",
        runs,
    )
}

/// Returns the finding about a directive that Redis only reads so that old files are read.
fn ignored(
    directive: &str,
    spans: &[Directive],
    runs: Option<Runs<'_>>,
    at: FieldPath,
) -> Diagnostic {
    let until = spans.iter().filter(|it| it.takes != Takes::Nothing);
    let label = match until.filter_map(|it| it.until).next_back() {
        Some(until) => format!("until Redis {until}"),
        None => "no effect".to_owned(),
    };
    let finding = Diagnostic::error(
        "redis/directive-of-another-version",
        Place::Key(at),
        format!(
            "{} reads `{directive}` and does nothing with it",
            redis(runs)
        ),
    )
    .label(label)
    .help("remove it");
    noted(finding, "it is read so that old files are", runs)
}

/// Returns what is wrong with a value whatever its directive takes.
fn unsafe_text(directive: &str, text: &str, at: &FieldPath) -> Option<Diagnostic> {
    if let Some(it) = forbidden(text, false) {
        return Some(
            Diagnostic::error(
                "redis/unsafe-config-value",
                Place::Value(at.clone()),
                format!(
                    "the value of `{directive}` has the control character U+{:04X}",
                    u32::from(it)
                ),
            )
            .note("a line break would begin another directive in redis.conf")
            .help("write one value on one line"),
        );
    }
    text.contains(['"', '\'', '\\']).then(|| {
        Diagnostic::error(
            "redis/unsafe-config-value",
            Place::Value(at.clone()),
            format!("the value of `{directive}` has quotes or a backslash"),
        )
        .note("redis.conf and CONFIG SET read them differently, and an unbalanced one stops Redis at its start")
        .help("write the value without them; an empty text stands for `\"\"`")
    })
}

/// Returns the finding about a value that its directive does not take.
fn refused(
    directive: &Directive,
    text: &str,
    elsewhere: Option<&Directive>,
    runs: Option<Runs<'_>>,
    at: FieldPath,
) -> Diagnostic {
    let finding = Diagnostic::error(
        "redis/unsafe-config-value",
        Place::Value(at),
        format!("`{}` cannot be `{text}`", directive.name),
    );
    let finding = corrected(finding, directive, text);
    let why = "Redis does not start with a value that it does not know";
    match elsewhere {
        None => finding.note(why),
        Some(other) => {
            let span = match other.until {
                Some(until) if runs.is_some_and(|it| other.since < it.release) => {
                    format!("until Redis {until}")
                }
                _ => format!("since Redis {}", other.since),
            };
            noted(finding.label(span), why, runs)
        }
    }
}

/// Says in a finding about a value what to write instead.
fn corrected(finding: Diagnostic, directive: &Directive, text: &str) -> Diagnostic {
    let what = if directive.unit.is_empty() {
        "a whole number".to_owned()
    } else {
        format!("a whole number of {}", directive.unit)
    };
    let help = match directive.takes {
        Takes::Switch => return finding.did_you_mean(text, &["yes", "no"]),
        Takes::Word(words) => {
            return finding.did_you_mean(text, &words.split('|').collect::<Vec<_>>());
        }
        Takes::Words(words) => {
            let words: Vec<&str> = words.split('|').collect();
            let strange = |it: &&str| !words.iter().any(|word| word.eq_ignore_ascii_case(it));
            match text.split(' ').find(strange) {
                Some(word) => did_you_mean(word, &words),
                None => "leave out the word that contradicts another".to_owned(),
            }
        }
        Takes::Number(least, largest) => format!("write {what}, {}", range(least, largest)),
        Takes::Size(least, largest) => match in_units_of_redis(text) {
            Some(size) => return finding.meant(&size),
            None => format!(
                "write a number of bytes, or one with `kb`, `mb` or `gb`, such as `768mb`: {}",
                range(least, largest)
            ),
        },
        Takes::SizeOrPercent(..) => match in_units_of_redis(text) {
            Some(size) => return finding.meant(&size),
            None => "write a size such as `64mb`, or a part of `maxmemory` from `0%` to `100%`"
                .to_owned(),
        },
        Takes::Three(least, largest) => format!(
            "write three whole numbers, each {}, such as `{}`",
            range(least, largest),
            directive.default
        ),
        Takes::Letters(letters) => {
            format!("write letters of `{letters}`; `K` or `E` has to be among them, as in `KEA`")
        }
        Takes::Percentiles => format!(
            "write numbers from 0 to 100, each behind one blank, such as `{}`",
            directive.default
        ),
        Takes::Save(1) => {
            "write seconds and changes once, such as `900 1`; before Redis 7.0 a line has one pair"
                .to_owned()
        }
        Takes::Save(_) => {
            "write seconds and changes in pairs, each behind one blank, such as `900 1 300 10`; an \
             empty text writes no snapshots"
                .to_owned()
        }
        Takes::OutputBuffers(classes, most) => format!(
            "write a class, its hard limit, its soft limit and its seconds, such as `pubsub 32mb 8mb 60`{}; \
             the classes are {}",
            if most == 1 { ", once" } else { "" },
            ticked(&classes.split('|').collect::<Vec<_>>())
        ),
        Takes::Title(variables) => format!(
            "write words and variables without a blank, such as `redis-{{port}}`; the variables are {}",
            ticked(&variables.split('|').collect::<Vec<_>>())
        ),
        Takes::Text => "write it without a blank: quotes are not possible here".to_owned(),
        Takes::Nothing => "remove it".to_owned(),
    };
    finding.help(help)
}

fn range(least: i128, largest: i128) -> String {
    if largest >= i128::from(i64::MAX) {
        format!("{least} or more")
    } else {
        format!("from {least} to {largest}")
    }
}

/// Returns a size of Kubernetes, such as `768Mi`, as redis.conf writes it.
fn in_units_of_redis(text: &str) -> Option<String> {
    let digits = text.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "ki" | "kib" => "kb",
        "mi" | "mib" => "mb",
        "gi" | "gib" => "gb",
        _ => return None,
    };
    let is_whole = !digits.is_empty() && digits.bytes().all(|it| it.is_ascii_digit());
    is_whole.then(|| format!("{digits}{unit}"))
}

/// The Redis that a finding is about.
fn redis(runs: Option<Runs<'_>>) -> String {
    runs.map_or_else(|| "Redis".to_owned(), |it| format!("Redis {}", it.release))
}

/// Says why a finding matters, and what it was judged for.
fn noted(finding: Diagnostic, why: &str, runs: Option<Runs<'_>>) -> Diagnostic {
    finding.note(match runs {
        Some(it) => format!("`{}` runs `{}`; {why}", it.instance, it.image),
        None => why.to_owned(),
    })
}

/// The value of a directive as redis.conf has it.
pub(super) fn text(value: &ConfigValue) -> String {
    match value {
        ConfigValue::Number(number) => number.to_string(),
        ConfigValue::Text(text) => text.clone(),
    }
}
