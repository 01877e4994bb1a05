//! What may be a credential is hidden before anything is compared: nothing that is made of the comparison can
//! show it, whatever its format.
//!
//! The same text is hidden by the same number on both sides, so that what differs still differs. The numbers go
//! once all is compared: what is shown says whether it changed, and nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use crate::diag::redact;
use crate::diag::secret;
use crate::diff::Difference;
use crate::diff::consequence::Consequence;
use crate::diff::pairs::Pair;
use crate::diff::side::{Id, Side};

/// Both sides, without what may be a credential in the objects and pages that are not the same on both.
pub(super) fn hidden(before: &Side, after: &Side) -> [Side; 2] {
    let mut numbers = Numbers::default();
    let mut side = |of: &Side, other: &Side| {
        let mut of = of.clone();
        for (id, object) in &mut of.objects {
            if other.objects.get(id) != Some(object) {
                numbers.object(id, object);
            }
        }
        for (path, page) in of.pages.iter_mut().flatten() {
            let same = other.pages.as_ref().and_then(|it| it.get(path));
            if same != Some(page) {
                *page = numbers.lines(page);
            }
        }
        of
    };
    [side(before, after), side(after, before)]
}

/// How a hidden text is written while both sides are compared.
static NUMBERED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("<(hidden|encrypted) [0-9]+>").expect("the expression is valid"));

/// A word for a text that is not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Word {
    Hidden,
    Encrypted,
}

/// The texts that are hidden, by number.
#[derive(Default)]
struct Numbers(BTreeMap<(Word, String), usize>);

impl Numbers {
    fn hide(&mut self, word: Word, text: &str) -> String {
        let next = self.0.len() + 1;
        let number = *self.0.entry((word, text.to_owned())).or_insert(next);
        match word {
            Word::Hidden => format!("<hidden {number}>"),
            Word::Encrypted => format!("<encrypted {number}>"),
        }
    }

    fn object(&mut self, id: &Id, object: &mut Value) {
        let Value::Object(fields) = object else {
            return;
        };
        for (field, value) in fields {
            match (id.kind.as_str(), field.as_str()) {
                ("Secret", "data" | "stringData") => self.secret(value),
                _ => self.value(field, value),
            }
        }
    }

    /// The values of a Secret. Alertmanager reads its configuration from one, which is data here where it is
    /// none that somebody encoded.
    fn secret(&mut self, values: &mut Value) {
        let Value::Object(values) = values else {
            return self.whole(values);
        };
        for (key, value) in values {
            match value {
                Value::Object(_) if key == "alertmanager.yaml" => self.value(key, value),
                value => self.whole(value),
            }
        }
    }

    fn whole(&mut self, value: &mut Value) {
        let hidden = match &*value {
            Value::Null => return,
            Value::String(text) if is_encrypted(text) => self.hide(Word::Encrypted, text),
            Value::String(text) => self.hide(Word::Hidden, text),
            other => {
                let mut sorted = other.clone();
                sorted.sort_all_objects();
                self.hide(Word::Hidden, &sorted.to_string())
            }
        };
        *value = Value::String(hidden);
    }

    /// A value, and the name that says what it is.
    fn value(&mut self, name: &str, value: &mut Value) {
        match value {
            Value::Null | Value::Bool(_) => {}
            Value::Number(number) => {
                if secret::at_field(name, &number.to_string()).is_some() {
                    self.whole(value);
                }
            }
            Value::String(text) => *text = self.text(name, text),
            Value::Array(items) => items.iter_mut().for_each(|it| self.value(name, it)),
            Value::Object(fields) => {
                // A variable of a container has its name beside it.
                let variable = match (fields.get("name"), fields.get("value")) {
                    (Some(Value::String(name)), Some(Value::String(_))) => Some(name.clone()),
                    _ => None,
                };
                let keys: Vec<String> = fields.keys().cloned().collect();
                for key in keys {
                    let Some(value) = fields.get_mut(&key) else {
                        continue;
                    };
                    match (key.as_str(), &variable) {
                        // A copy of the whole object, Secrets included.
                        ("kubectl.kubernetes.io/last-applied-configuration", _) => {
                            self.whole(value);
                        }
                        ("encryptedData", _) => self.encrypted(value),
                        ("value", Some(name)) => self.value(name, value),
                        (key, _) => self.value(key, value),
                    }
                    if !is_shown(&key)
                        && let Some(value) = fields.shift_remove(&key)
                    {
                        fields.insert(self.hide(Word::Hidden, &key), value);
                    }
                }
            }
        }
    }

    fn encrypted(&mut self, value: &mut Value) {
        match value {
            Value::Object(fields) => fields.values_mut().for_each(|it| self.encrypted(it)),
            Value::String(text) => *text = self.hide(Word::Encrypted, text),
            _ => self.whole(value),
        }
    }

    fn text(&mut self, name: &str, text: &str) -> String {
        if is_encrypted(text) {
            return self.hide(Word::Encrypted, text);
        }
        if secret::at_field(name, text).is_some() || text.contains("-----BEGIN") {
            return self.hide(Word::Hidden, text);
        }
        self.lines(text)
    }

    fn lines(&mut self, text: &str) -> String {
        let lines = text.split('\n').map(|line| {
            if let Some(at) = line.find("ENC[") {
                return format!("{}{}", &line[..at], self.hide(Word::Encrypted, line));
            }
            if is_shown(line) {
                return line.to_owned();
            }
            let indentation = line.len() - line.trim_start_matches(' ').len();
            format!(
                "{}{}",
                &line[..indentation],
                self.hide(Word::Hidden, &line[indentation..])
            )
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

/// What SOPS, age and PGP make of a text.
fn is_encrypted(text: &str) -> bool {
    text.starts_with("ENC[")
        || text.contains("-----BEGIN AGE ENCRYPTED FILE-----")
        || text.contains("-----BEGIN PGP MESSAGE-----")
}

/// Names that are computed, UUIDs and digests: with the words around them they look random.
static COMPUTED: LazyLock<Regex> = LazyLock::new(|| {
    let forms = r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\b([0-9a-f]{40}|[0-9a-f]{64})\b";
    Regex::new(forms).expect("the expression is valid")
});

/// Whether nothing in a line may be a credential.
fn is_shown(line: &str) -> bool {
    let line = &COMPUTED.replace_all(line, "-");
    if secret::may_be(line)
        || redact::secret_comment(line).is_some()
        || redact::is_secret_directive(line)
    {
        return false;
    }
    let named = line.find([':', '=']).is_some_and(|at| {
        let name = line[..at].trim_matches([' ', '\t', '-', '"', '\'']);
        let value = line[at + 1..].trim_matches([' ', '\t', '"', '\'', ',']);
        !value.is_empty() && secret::at_field(name, value).is_some()
    });
    !named
}

/// Takes the numbers away: what was hidden is a word, and after it whether it changed.
pub(super) fn shown(difference: &mut Difference) {
    difference.objects.iter_mut().for_each(object);
    for page in &mut difference.pages {
        let known = page.before.as_deref().map(numbered);
        for text in page.before.iter_mut() {
            *text = plain(text);
        }
        for text in page.after.iter_mut() {
            *text = changed(text, known.as_ref());
        }
    }
    difference.consequences.iter_mut().for_each(consequence);
}

fn object(pair: &mut Pair) {
    let known = pair.before.as_ref().map(|it| numbered(&it.to_string()));
    if let Some(before) = &mut pair.before {
        each(before, &plain);
    }
    if let Some(after) = &mut pair.after {
        each(after, &|text| changed(text, known.as_ref()));
    }
    for field in &mut pair.fields {
        let known = field.before.as_ref().map(|it| numbered(&it.to_string()));
        for step in &mut field.path {
            *step = plain(step);
        }
        if let Some(before) = &mut field.before {
            each(before, &plain);
        }
        if let Some(after) = &mut field.after {
            each(after, &|text| changed(text, known.as_ref()));
        }
    }
    if let Some(name) = &mut pair.renamed {
        *name = plain(name);
    }
}

fn consequence(consequence: &mut Consequence) {
    // What it says is made of values of objects that are the same on both sides too.
    let said = |text: &str| plain(&redact::message(text, None));
    for subject in &mut consequence.subjects {
        *subject = said(subject);
    }
    for caused in &mut consequence.effects {
        let effect = &mut caused.effect;
        for text in [&mut effect.what, &mut effect.exposed]
            .into_iter()
            .chain(&mut effect.instead)
        {
            *text = said(text).into();
        }
        for cause in &mut caused.by {
            let value = |text: &str| match is_shown(text) {
                true if secret::at_field(&cause.field, text).is_none() => text.to_owned(),
                _ => "<hidden>".to_owned(),
            };
            let known = cause.before.as_deref().map(numbered);
            cause.before = cause.before.as_deref().map(|it| value(&plain(it)));
            cause.after = (cause.after.as_deref()).map(|it| value(&changed(it, known.as_ref())));
            cause.field = plain(&cause.field);
        }
    }
}

fn each(value: &mut Value, shown: &dyn Fn(&str) -> String) {
    match value {
        Value::String(text) => *text = shown(text),
        Value::Array(items) => items.iter_mut().for_each(|it| each(it, shown)),
        Value::Object(fields) => {
            for (key, mut value) in std::mem::take(fields) {
                each(&mut value, shown);
                // Two keys that are hidden are two keys.
                let shown = plain(&key);
                let key = if fields.contains_key(&shown) {
                    key
                } else {
                    shown
                };
                fields.insert(key, value);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn numbered(text: &str) -> BTreeSet<String> {
    let found = NUMBERED.find_iter(text);
    found.map(|it| it.as_str().to_owned()).collect()
}

fn plain(text: &str) -> String {
    match text.contains('<') {
        true => NUMBERED.replace_all(text, "<$1>").into_owned(),
        false => text.to_owned(),
    }
}

/// A text of the side after, with those that stood before as well.
fn changed(text: &str, known: Option<&BTreeSet<String>>) -> String {
    if !text.contains('<') {
        return text.to_owned();
    }
    let shown = NUMBERED.replace_all(text, |found: &regex::Captures<'_>| {
        let is_new = known.is_some_and(|it| !it.contains(&found[0]));
        match is_new {
            true => format!("<{}, changed>", &found[1]),
            false => format!("<{}>", &found[1]),
        }
    });
    shown.into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::compare;

    fn side(objects: &[Value]) -> Side {
        let objects = objects.iter().map(|it| (Id::of(it), it.clone()));
        Side {
            objects: objects.collect(),
            ..Side::default()
        }
    }

    fn secret(data: Value) -> Value {
        json!({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}, "stringData": data})
    }

    #[track_caller]
    fn compared(before: Value, after: Value) -> Difference {
        let difference = compare(&side(&[before]), &side(&[after]));
        let text = format!("{difference:?}");
        assert!(!text.contains("CANARY"), "{text}");
        difference
    }

    #[test]
    fn a_secret_says_only_what_changed() {
        let difference = compared(
            secret(json!({"a": "CANARY", "b": "CANARY", "c": "ENC[AES256_GCM,data:CANARY]"})),
            secret(json!({"a": "CANARY", "b": "CANARY 2", "c": "ENC[AES256_GCM,data:CANARY2]"})),
        );
        let [pair] = &*difference.objects else {
            panic!("{difference:?}");
        };
        let (before, after) = (pair.before.as_ref().unwrap(), pair.after.as_ref().unwrap());
        assert_eq!(
            before["stringData"],
            json!({"a": "<hidden>", "b": "<hidden>", "c": "<encrypted>"})
        );
        assert_eq!(
            after["stringData"],
            json!({"a": "<hidden>", "b": "<hidden, changed>", "c": "<encrypted, changed>"})
        );
        let names: Vec<String> = pair.fields.iter().map(|it| it.name()).collect();
        assert_eq!(names, ["stringData.b", "stringData.c"]);
    }

    #[test]
    fn two_values_that_change_places_are_a_difference() {
        let difference = compared(
            secret(json!({"a": "CANARY", "b": "CANARY 2"})),
            secret(json!({"a": "CANARY 2", "b": "CANARY"})),
        );
        assert_eq!(difference.objects[0].fields.len(), 2);
        assert_eq!(
            difference.objects[0].fields[0].after,
            Some(json!("<hidden, changed>"))
        );
    }

    #[test]
    fn the_configuration_of_alertmanager_is_shown_but_for_what_it_hides() {
        let config = |time: &str| {
            let file = json!({
                "global": {"slack_api_url": "https://hooks.slack.com/services/T0/B0/CANARY"},
                "route": {"receiver": "a", "group_wait": time},
            });
            secret(json!({"alertmanager.yaml": file, "other.yaml": {"a": "CANARY"}}))
        };
        let difference = compared(config("30s"), config("1m"));
        let after = difference.objects[0].object();
        assert_eq!(
            after["stringData"]["alertmanager.yaml"]["global"]["slack_api_url"],
            "<hidden>"
        );
        assert_eq!(
            after["stringData"]["alertmanager.yaml"]["route"]["group_wait"],
            "1m"
        );
        assert_eq!(after["stringData"]["other.yaml"], "<hidden>");
    }

    #[test]
    fn what_may_be_a_credential_is_hidden_wherever_it_stands() {
        let object = |more: &str| {
            json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "a", "annotations": {
                    "kubectl.kubernetes.io/last-applied-configuration": format!("CANARY {more}"),
                }},
                "data": {
                    "redis.conf": format!("port 6379\nrequirepass CANARY{more}\nmaxmemory 1gb"),
                    "url": format!("redis://user:CANARY{more}@host:6379"),
                    "key.pem": format!("-----BEGIN PRIVATE KEY-----\nCANARY{more}\n"),
                    "config.yaml": {"password": format!("CANARY{more}"), "pin_token": 1234567, "a": [{"name": "DB_PASSWORD", "value": "CANARY"}]},
                    "xoxb-1234567890-CANARY": "a",
                    "text": format!("a\n  apiKey: CANARY{more}\nb"),
                    "sops": format!("a: ENC[AES256_GCM,data:CANARY{more}]\n"),
                },
                "spec": {"encryptedData": {"a": format!("CANARY{more}")}},
            })
        };
        let difference = compared(object(""), object("2"));
        let data = &difference.objects[0].object()["data"];
        assert_eq!(
            data["redis.conf"],
            "port 6379\n<hidden, changed>\nmaxmemory 1gb"
        );
        assert_eq!(data["text"], "a\n  <hidden, changed>\nb");
        assert_eq!(data["sops"], "a: <encrypted, changed>\n");
        assert_eq!(data["config.yaml"]["pin_token"], "<hidden>");
        assert_eq!(data["<hidden>"], "a");
    }
}
