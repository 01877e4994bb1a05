//! Relabelling, as Prometheus does it (prometheus/prometheus, model/relabel/relabel.go).

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::Value;

use crate::prove::pattern::Pattern;

/// Labels that relabelling reads and writes.
pub trait Relabelled<'a> {
    /// The value of a label; empty where there is none.
    fn value(&self, name: &str) -> Cow<'_, str>;
    /// Gives a label a value; an empty one takes it away.
    fn set(&mut self, name: Cow<'a, str>, value: Cow<'a, str>);
    /// The names of all labels.
    fn names(&self) -> Vec<String>;
}

/// Steps of relabelling, in order.
#[derive(Debug, Clone, Default)]
pub struct Steps<'a>(Vec<Step<'a>>);

#[derive(Debug, Clone)]
enum Step<'a> {
    /// Steps in a row that give one label a value that others decide: of those that match, the last.
    Table {
        sources: Vec<&'a str>,
        separator: &'a str,
        target: &'a str,
        values: BTreeMap<String, &'a str>,
    },
    Replace {
        sources: Vec<&'a str>,
        separator: &'a str,
        target: &'a str,
        pattern: Pattern,
        replacement: &'a str,
    },
    Keep {
        sources: Vec<&'a str>,
        separator: &'a str,
        pattern: Pattern,
        keeps: bool,
    },
    KeepEqual {
        sources: Vec<&'a str>,
        separator: &'a str,
        target: &'a str,
        keeps: bool,
    },
    Map {
        pattern: Pattern,
        replacement: &'a str,
    },
    Labels {
        pattern: Pattern,
        drops: bool,
    },
    Case {
        sources: Vec<&'a str>,
        separator: &'a str,
        target: &'a str,
        upper: bool,
    },
}

impl<'a> Steps<'a> {
    /// Reads the steps of an endpoint; those that Prometheus would refuse are told by their number.
    pub fn parse(steps: &'a Value) -> Result<Self, usize> {
        let mut read = Vec::new();
        for (index, step) in steps.as_array().into_iter().flatten().enumerate() {
            read.extend(Step::parse(step).ok_or(index)?);
        }
        let mut joined: Vec<Step<'a>> = Vec::new();
        for step in read {
            if let Some(last) = joined.last_mut()
                && last.takes(&step)
            {
                continue;
            }
            joined.push(step.into_table());
        }
        Ok(Self(joined))
    }

    /// Returns whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Relabels; returns whether the target or sample is kept.
    pub fn apply<L: Relabelled<'a>>(&self, labels: &mut L) -> bool {
        self.0.iter().all(|it| it.apply(labels))
    }
}

impl<'a> Step<'a> {
    fn parse(step: &'a Value) -> Option<Option<Self>> {
        let text = |field: &str, default: &'a str| step[field].as_str().unwrap_or(default);
        let sources: Vec<&str> = step["sourceLabels"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let separator = text("separator", ";");
        let target = text("targetLabel", "");
        let replacement = text("replacement", "$1");
        let pattern = || Pattern::parse(text("regex", "(.*)"));
        let action = text("action", "replace").to_ascii_lowercase();
        Some(Some(match action.as_str() {
            "replace" if target.is_empty() => return None,
            "replace" => Self::Replace {
                sources,
                separator,
                target,
                pattern: pattern()?,
                replacement,
            },
            "keep" | "drop" => Self::Keep {
                sources,
                separator,
                pattern: pattern()?,
                keeps: action == "keep",
            },
            "keepequal" | "dropequal" => Self::KeepEqual {
                sources,
                separator,
                target,
                keeps: action == "keepequal",
            },
            "labelmap" => Self::Map {
                pattern: pattern()?,
                replacement,
            },
            "labeldrop" | "labelkeep" => Self::Labels {
                pattern: pattern()?,
                drops: action == "labeldrop",
            },
            "lowercase" | "uppercase" => Self::Case {
                sources,
                separator,
                target,
                upper: action == "uppercase",
            },
            // Only spreads targets over servers.
            "hashmod" => return Some(None),
            _ => return None,
        }))
    }

    /// A step with a fixed value for listed texts, as a table.
    fn into_table(self) -> Self {
        match self {
            Self::Replace {
                sources,
                separator,
                target,
                pattern: Pattern::Literals(literals),
                replacement,
            } if !replacement.contains('$')
                && !replacement.is_empty()
                && !target.contains('$')
                && !sources.contains(&target) =>
            {
                Self::Table {
                    sources,
                    separator,
                    target,
                    values: literals.into_iter().map(|it| (it, replacement)).collect(),
                }
            }
            step => step,
        }
    }

    /// Takes the next step into a table, if it fits there.
    fn takes(&mut self, next: &Self) -> bool {
        let Self::Table {
            sources,
            separator,
            target,
            values,
        } = self
        else {
            return false;
        };
        match next {
            Self::Replace {
                sources: other,
                separator: joined,
                target: other_target,
                pattern: Pattern::Literals(literals),
                replacement,
            } if other == sources
                && joined == separator
                && other_target == target
                && !replacement.contains('$')
                && !replacement.is_empty() =>
            {
                values.extend(literals.iter().map(|it| (it.clone(), *replacement)));
                true
            }
            _ => false,
        }
    }

    fn apply<L: Relabelled<'a>>(&self, labels: &mut L) -> bool {
        match self {
            Self::Table {
                sources,
                separator,
                target,
                values,
            } => {
                let value = values
                    .get(joined(labels, sources, separator).as_ref())
                    .copied();
                if let Some(value) = value {
                    labels.set(Cow::Borrowed(target), Cow::Borrowed(value));
                }
            }
            Self::Replace {
                sources,
                separator,
                target,
                pattern,
                replacement,
            } => {
                let (name, value) = {
                    let source = joined(labels, sources, separator);
                    let name = match target.contains('$') {
                        true => pattern.expand(&source, target),
                        false => Some(Cow::Borrowed(*target)),
                    };
                    (name, pattern.expand(&source, replacement))
                };
                if let (Some(name), Some(value)) = (name, value) {
                    labels.set(name, value);
                }
            }
            Self::Keep {
                sources,
                separator,
                pattern,
                keeps,
            } => return pattern.matches(&joined(labels, sources, separator)) == *keeps,
            Self::KeepEqual {
                sources,
                separator,
                target,
                keeps,
            } => {
                let is_equal = joined(labels, sources, separator) == labels.value(target);
                return is_equal == *keeps;
            }
            Self::Map {
                pattern,
                replacement,
            } => {
                for name in labels.names() {
                    if let Some(target) = pattern.expand(&name, replacement) {
                        let value = labels.value(&name).into_owned();
                        labels.set(target, Cow::Owned(value));
                    }
                }
            }
            Self::Labels { pattern, drops } => {
                for name in labels.names() {
                    if pattern.matches(&name) == *drops {
                        labels.set(Cow::Owned(name), Cow::Borrowed(""));
                    }
                }
            }
            Self::Case {
                sources,
                separator,
                target,
                upper,
            } => {
                let source = joined(labels, sources, separator);
                let value = match upper {
                    true => source.to_uppercase(),
                    false => source.to_lowercase(),
                };
                drop(source);
                labels.set(Cow::Borrowed(target), Cow::Owned(value));
            }
        }
        true
    }
}

fn joined<'l, 'a, L: Relabelled<'a>>(
    labels: &'l L,
    sources: &[&str],
    separator: &str,
) -> Cow<'l, str> {
    match sources {
        [] => Cow::Borrowed(""),
        [source] => labels.value(source),
        sources => {
            let values: Vec<Cow<'_, str>> = sources.iter().map(|it| labels.value(it)).collect();
            Cow::Owned(values.join(separator))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, PartialEq)]
    struct Plain(BTreeMap<String, String>);

    impl<'a> Relabelled<'a> for Plain {
        fn value(&self, name: &str) -> Cow<'_, str> {
            Cow::Borrowed(self.0.get(name).map_or("", String::as_str))
        }

        fn set(&mut self, name: Cow<'a, str>, value: Cow<'a, str>) {
            match value.is_empty() {
                true => self.0.remove(name.as_ref()),
                false => self.0.insert(name.into_owned(), value.into_owned()),
            };
        }

        fn names(&self) -> Vec<String> {
            self.0.keys().cloned().collect()
        }
    }

    fn relabel(steps: &Value, labels: &[(&str, &str)]) -> Option<Plain> {
        let mut labels = of(labels);
        let kept = Steps::parse(steps).unwrap().apply(&mut labels);
        kept.then_some(labels)
    }

    fn of(labels: &[(&str, &str)]) -> Plain {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Plain(labels.iter().map(owned).collect())
    }

    #[test]
    fn the_last_step_that_matches_decides() {
        let steps = serde_json::json!([
            {"sourceLabels": ["a"], "regex": "x|y", "targetLabel": "b", "replacement": "1"},
            {"sourceLabels": ["a"], "regex": "y", "targetLabel": "b", "replacement": "2"},
        ]);
        assert_eq!(
            relabel(&steps, &[("a", "x")]),
            Some(of(&[("a", "x"), ("b", "1")]))
        );
        assert_eq!(
            relabel(&steps, &[("a", "y")]),
            Some(of(&[("a", "y"), ("b", "2")]))
        );
        assert_eq!(relabel(&steps, &[("a", "z")]), Some(of(&[("a", "z")])));
    }

    #[test]
    fn an_empty_result_takes_the_label_away() {
        let steps = serde_json::json!([{"sourceLabels": ["b"], "targetLabel": "a"}]);
        assert_eq!(relabel(&steps, &[("a", "1")]), Some(of(&[])));
    }

    #[test]
    fn targets_are_kept_and_dropped() {
        let keep = serde_json::json!([{"sourceLabels": ["a"], "regex": "x", "action": "keep"}]);
        assert!(relabel(&keep, &[("a", "x")]).is_some() && relabel(&keep, &[]).is_none());
        let drop = serde_json::json!([{"sourceLabels": ["a"], "regex": "x", "action": "drop"}]);
        assert!(relabel(&drop, &[("a", "x")]).is_none() && relabel(&drop, &[]).is_some());
    }

    #[test]
    fn labels_are_mapped_and_dropped() {
        let map = serde_json::json!([
            {"regex": "p_(.+)", "action": "labelmap"},
            {"regex": "p_.+", "action": "labeldrop"},
        ]);
        assert_eq!(relabel(&map, &[("p_a", "1")]), Some(of(&[("a", "1")])));
    }

    #[test]
    fn what_prometheus_refuses_is_told() {
        let bad = serde_json::json!([{"targetLabel": "a"}, {"regex": "(", "targetLabel": "a"}]);
        assert_eq!(Steps::parse(&bad).err(), Some(1));
    }
}
