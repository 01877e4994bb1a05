//! Whether Redis starts with the directives of a policy.

use std::collections::BTreeMap;

use crate::catalog::redis_config::{self, Takes};
use crate::diag::path::FieldPath;
use crate::diag::{Diagnostic, Place, did_you_mean, nearest};
use crate::read::spec::ConfigValue;
use crate::value::quantity::redis_size;
use crate::value::text::forbidden;

/// Checks what a policy writes under `config`.
pub(super) fn check(
    config: &BTreeMap<String, ConfigValue>,
    at: &FieldPath,
    acc: &mut Vec<Diagnostic>,
) {
    for (directive, value) in config {
        let at = at.key(directive);
        if let Some(why) = redis_config::forbidden(directive) {
            acc.push(
                Diagnostic::error(
                    "redis/forbidden-directive",
                    Place::Key(at),
                    format!("`{directive}` cannot be set here"),
                )
                .note(why.to_owned())
                .help("remove it"),
            );
            continue;
        }
        if !redis_config::is_known(directive) {
            let near = nearest(directive, redis_config::known());
            acc.push(
                Diagnostic::error(
                    "redis/unknown-directive",
                    Place::Key(at),
                    format!("redis.conf has no directive `{directive}`"),
                )
                .label("not a directive")
                .note("Redis does not start with a directive that it does not know")
                .help(near.map_or_else(
                    || "see redis.conf of your version for its name".to_owned(),
                    |it| format!("did you mean `{it}`?"),
                )),
            );
            continue;
        }
        let text = text(value);
        if let Some(it) = forbidden(&text, false) {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!(
                        "the value of `{directive}` has the control character U+{:04X}",
                        u32::from(it)
                    ),
                )
                .note("a line break would begin another directive in redis.conf")
                .help("write one value on one line"),
            );
        } else if text.contains(['"', '\'', '\\']) {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!("the value of `{directive}` has quotes or a backslash"),
                )
                .note("redis.conf and CONFIG SET read them differently, and an unbalanced one stops Redis at its start")
                .help("write the value without them; an empty text stands for `\"\"`"),
            );
        } else if directive == "maxmemory" && redis_size(&text).is_none() {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!("`{text}` is not a size that Redis reads"),
                )
                .note("alerts on memory divide by it")
                .help("write a number of bytes, or one with `kb`, `mb` or `gb`, such as `768mb`"),
            );
        } else if let Some(takes) = redis_config::takes(directive)
            && !takes.takes(&text)
        {
            acc.push(
                Diagnostic::error(
                    "redis/unsafe-config-value",
                    Place::Value(at),
                    format!("`{directive}` cannot be `{text}`"),
                )
                .note("Redis does not start with a value that it does not know")
                .help(match takes {
                    Takes::Word(words) => did_you_mean(&text, words),
                    Takes::Number(least, i64::MAX) => {
                        format!("write a whole number, {least} or more")
                    }
                    Takes::Number(least, largest) => {
                        format!("write a whole number from {least} to {largest}")
                    }
                }),
            );
        }
    }
}

/// The value of a directive as redis.conf has it.
pub(super) fn text(value: &ConfigValue) -> String {
    match value {
        ConfigValue::Number(number) => number.to_string(),
        ConfigValue::Text(text) => text.clone(),
    }
}
