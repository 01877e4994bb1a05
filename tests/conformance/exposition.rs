//! What an exporter says, read, and compared with what the catalog says of it.

use std::collections::{BTreeMap, BTreeSet};

use obsgen::catalog::{self, Circumstances, Exporter, Held, Metric};

/// What is the same of all series of a metric.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Family {
    pub(crate) kind: String,
    pub(crate) labels: BTreeSet<String>,
}

/// Reads the text format of Prometheus, by the names of families.
pub(crate) fn families(text: &str) -> BTreeMap<String, Family> {
    let mut families: BTreeMap<String, Family> = BTreeMap::new();
    for line in text.lines() {
        if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').expect("a name and a type");
            families.entry(name.to_owned()).or_default().kind = kind.to_owned();
        } else if !line.is_empty() && !line.starts_with('#') {
            let end = line.find(['{', ' ']).expect("a value after the name");
            let (name, rest) = line.split_at(end);
            let family = ["", "_bucket", "_sum", "_count"]
                .iter()
                .filter_map(|it| name.strip_suffix(it))
                .find(|it| families.contains_key(*it))
                .expect("the type comes first");
            let labels = label_names(rest);
            let family = families.entry(family.to_owned()).or_default();
            // Those of the parts of a histogram or a summary.
            let is_part = |it: &String| match family.kind.as_str() {
                "histogram" => it == "le",
                "summary" => it == "quantile",
                _ => false,
            };
            let labels: Vec<_> = labels.into_iter().filter(|it| !is_part(it)).collect();
            family.labels.extend(labels);
        }
    }
    families
}

/// Returns the names of the labels of a series, of which the metric is left out.
fn label_names(series: &str) -> Vec<String> {
    let mut names = Vec::new();
    let Some(mut rest) = series.strip_prefix('{') else {
        return names;
    };
    while let Some((name, value)) = rest.split_once("=\"") {
        names.push(name.trim_start_matches(',').to_owned());
        let mut is_escaped = false;
        let end = value.find(|it| {
            let is_end = it == '"' && !is_escaped;
            is_escaped = it == '\\' && !is_escaped;
            is_end
        });
        rest = &value[end.expect("the value ends") + 1..];
        if rest.starts_with('}') {
            break;
        }
    }
    names
}

/// Returns which metrics an exporter has to have under some circumstances, and does not.
pub(crate) fn missing(
    exporter: Exporter,
    circumstances: &Circumstances<'_>,
    scraped: &BTreeMap<String, Family>,
) -> BTreeSet<&'static str> {
    catalog::of(exporter)
        .filter(|it| it.held(circumstances) == Held::Always)
        .map(|it| it.name)
        .filter(|it| !scraped.contains_key(*it))
        .collect()
}

/// Returns what an exporter has that the catalog does not say of it, or says otherwise.
pub(crate) fn unexpected(
    exporter: Exporter,
    circumstances: &Circumstances<'_>,
    scraped: &BTreeMap<String, Family>,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (name, family) in scraped {
        let known = catalog::metrics(name).iter();
        let known: Vec<&Metric> = known
            .filter(|it| it.name == name && it.exporter == exporter)
            .collect();
        if known.is_empty() {
            wrong.push(format!("{name}: not in the catalog: {family:?}"));
            continue;
        }
        let can_be = known
            .iter()
            .filter(|it| it.held(circumstances) != Held::Never);
        let can_be: Vec<Family> = can_be.map(|it| described(it)).collect();
        match can_be.as_slice() {
            [] => {
                let why = known
                    .iter()
                    .map(|it| format!("{:?}, {}", it.scope, it.condition));
                let why: Vec<String> = why.collect();
                wrong.push(format!("{name}: there in spite of: {}", why.join(" / ")));
            }
            [one] if one == family => {}
            [one] => wrong.push(format!("{name}: {family:?}, in the catalog {one:?}")),
            several => wrong.push(format!("{name}: several at once: {several:?}")),
        }
    }
    wrong
}

/// What the catalog says that a metric looks like.
fn described(metric: &Metric) -> Family {
    Family {
        kind: metric.kind.name().to_owned(),
        labels: metric.labels.iter().map(|it| (*it).to_owned()).collect(),
    }
}

#[test]
fn samples_are_read() {
    let text = "# HELP a b\n# TYPE a gauge\na{b=\"c=\\\"d\\\",e=\\\\\",f=\"\"} 1\na 2\n\
                # TYPE g histogram\ng_bucket{h=\"1\",le=\"+Inf\"} 3\ng_sum{h=\"1\"} 4\n";
    let family = |kind: &str, labels: &[&str]| Family {
        kind: kind.to_owned(),
        labels: labels.iter().map(|it| (*it).to_owned()).collect(),
    };
    let expected = BTreeMap::from([
        ("a".to_owned(), family("gauge", &["b", "f"])),
        ("g".to_owned(), family("histogram", &["h"])),
    ]);
    assert_eq!(families(text), expected);
}

/// A comparison that could find nothing would prove nothing.
#[test]
fn differences_are_found() {
    let nothing = Circumstances::default();
    let exporter = Exporter::Alertmanager;
    let family = |labels: &str| {
        let text = format!("# TYPE alertmanager_alerts gauge\nalertmanager_alerts{labels} 1\n");
        families(&text)
    };
    let right = family("{state=\"active\"}");
    assert!(unexpected(exporter, &nothing, &right).is_empty());
    assert!(!missing(exporter, &nothing, &right).contains("alertmanager_alerts"));
    assert!(missing(exporter, &nothing, &right).contains("alertmanager_receivers"));

    let mut other_kind = right.clone();
    for family in other_kind.values_mut() {
        family.kind = "counter".to_owned();
    }
    let unknown = families("# TYPE alertmanager_new gauge\nalertmanager_new 1\n");
    let of_another = families("# TYPE redis_up gauge\nredis_up 1\n");
    for wrong in [
        family(""),
        family("{a=\"b\"}"),
        other_kind,
        unknown,
        of_another,
    ] {
        assert_eq!(unexpected(exporter, &nothing, &wrong).len(), 1, "{wrong:?}");
    }
    let flags: &[&str] = &["cluster.listen-address="];
    let alone = Circumstances {
        flags: Some(flags),
        ..nothing
    };
    let clustered =
        families("# TYPE alertmanager_peer_position gauge\nalertmanager_peer_position 0\n");
    assert_eq!(unexpected(exporter, &alone, &clustered).len(), 1);
}
