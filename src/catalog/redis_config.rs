//! The directives of redis.conf: which version of Redis has which, what they take, which take effect
//! at once, and which are not for a policy.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::LazyLock;

use crate::value::image::Image;
use crate::value::quantity::redis_size;

/// The first release of Redis that the directives are known of.
pub const FIRST: Release = Release::line(6, 2);
/// The last line of releases.
const LAST_MAJOR: u32 = 8;

/// A release of Redis as the tag of an image names it. What the tag leaves open is the newest one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Release([u32; 3]);

impl Release {
    /// Every number that is left open.
    const OPEN: u32 = u32::MAX;
    const NEWEST: Self = Self([Self::OPEN; 3]);
    /// Before every release.
    pub(super) const ZERO: Self = Self([0; 3]);

    const fn line(major: u32, minor: u32) -> Self {
        Self([major, minor, Self::OPEN])
    }

    /// Returns the release that an image runs, where its name and its tag tell: the tag of another
    /// program's image, or one that is a date, is no release of Redis.
    pub fn of(image: &Image) -> Option<Self> {
        let name = image.repository().rsplit('/').next()?;
        let tag = image.tag().filter(|_| name.contains("redis"))?;
        let numbers = tag.strip_prefix('v').unwrap_or(tag);
        let release = Self::read(numbers.split(['-', '_']).next()?)?;
        (release >= FIRST.first() && release.0[0] <= LAST_MAJOR).then_some(release)
    }

    /// Its three numbers, where none of them is left open.
    pub fn numbers(self) -> Option<[u32; 3]> {
        let is_whole = self.0.iter().all(|it| *it != Self::OPEN);
        is_whole.then_some(self.0)
    }

    fn read(text: &str) -> Option<Self> {
        let mut numbers = [Self::OPEN; 3];
        let mut parts = text.split('.');
        for (number, part) in numbers.iter_mut().zip(&mut parts) {
            let is_number = part.bytes().all(|it| it.is_ascii_digit());
            *number = part.parse().ok().filter(|_| is_number)?;
        }
        parts.next().is_none().then_some(Self(numbers))
    }

    /// The first release of what this one leaves open.
    fn first(self) -> Self {
        Self(self.0.map(|it| if it == Self::OPEN { 0 } else { it }))
    }

    /// Reads the first release of a line: `7.2` is 7.2.0.
    pub(super) fn first_of(line: &str) -> Option<Self> {
        Self::read(line).map(Self::first)
    }

    /// Returns the line that this is the first release of, as people say it: 7.2 for 7.2.0.
    pub(super) fn short(self) -> Self {
        let [major, minor, patch] = self.0;
        Self([major, minor, if patch == 0 { Self::OPEN } else { patch }])
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers = self.0.iter().filter(|it| **it != Self::OPEN);
        let numbers: Vec<String> = numbers.map(ToString::to_string).collect();
        f.write_str(&numbers.join("."))
    }
}

/// What a directive takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Takes {
    /// `yes` or `no`.
    Switch,
    /// One of some words.
    Word(&'static str),
    /// One or more of some words.
    Words(&'static str),
    /// A whole number between two, both included.
    Number(i128, i128),
    /// A number of bytes between two, both included, or one with a unit.
    Size(i128, i128),
    /// A size, or a part of `maxmemory` in percent.
    SizeOrPercent(i128, i128),
    /// Three whole numbers between two, both included.
    Three(i128, i128),
    /// Letters, each at most of these.
    Letters(&'static str),
    /// Percentiles.
    Percentiles,
    /// Pairs of seconds and changes; so many at most.
    Save(usize),
    /// Limits of classes of clients, four words each; so many at most.
    OutputBuffers(&'static str, usize),
    /// A title of a process with these variables.
    Title(&'static str),
    /// One word of any kind.
    Text,
    /// Anything, and nothing comes of it.
    Nothing,
}

impl Takes {
    fn read(kind: &str, allowed: &'static str) -> Option<Self> {
        let range = || {
            let (least, largest) = allowed.split_once("..")?;
            Some((least.parse().ok()?, largest.parse().ok()?))
        };
        Some(match kind {
            "switch" => Self::Switch,
            "word" => Self::Word(allowed),
            "words" => Self::Words(allowed),
            "number" => range().map(|(least, largest)| Self::Number(least, largest))?,
            "size" => range().map(|(least, largest)| Self::Size(least, largest))?,
            "size or percent" => {
                range().map(|(least, largest)| Self::SizeOrPercent(least, largest))?
            }
            "three" => range().map(|(least, largest)| Self::Three(least, largest))?,
            "letters" => Self::Letters(allowed),
            "percentiles" => Self::Percentiles,
            "save" => Self::Save(usize::MAX),
            "save once" => Self::Save(1),
            "output buffers" => Self::OutputBuffers(allowed, usize::MAX),
            "output buffer" => Self::OutputBuffers(allowed, 1),
            "title" => Self::Title(allowed),
            "text" => Self::Text,
            "nothing" => Self::Nothing,
            _ => return None,
        })
    }

    /// Returns whether Redis starts with the value, written without quotes behind its directive. An
    /// empty value stands for `""`.
    pub fn takes(self, value: &str) -> bool {
        let words = || value.split(' ');
        match self {
            Self::Switch => is_word_of("yes|no", value),
            Self::Word(allowed) => is_word_of(allowed, value),
            Self::Words(allowed) => {
                words().all(|it| is_word_of(allowed, it))
                    && !["save", "nosave"]
                        .iter()
                        .all(|it| words().any(|word| word.eq_ignore_ascii_case(it)))
            }
            Self::Number(least, largest) => is_between(whole(value), least, largest),
            Self::Size(least, largest) => is_between(size(value), least, largest),
            Self::SizeOrPercent(least, largest) => match value.strip_suffix('%') {
                Some(percent) => is_between(whole(percent), 0, 100),
                None => is_between(size(value), least, largest),
            },
            Self::Three(least, largest) => {
                words().count() == 3 && words().all(|it| is_between(whole(it), least, largest))
            }
            Self::Letters(allowed) => value.chars().all(|it| allowed.contains(it)),
            Self::Percentiles => value.is_empty() || words().all(is_percentile),
            Self::Save(most) => {
                let words: Vec<&str> = words().collect();
                let pairs = words.chunks_exact(2);
                let is_whole = pairs.remainder().is_empty() && pairs.len() <= most;
                value.is_empty()
                    || is_whole
                        && words.chunks_exact(2).all(|it| {
                            is_between(whole(it[0]), 1, i128::from(i64::MAX))
                                && is_between(whole(it[1]), 0, i128::from(i32::MAX))
                        })
            }
            Self::OutputBuffers(classes, most) => {
                let words: Vec<&str> = words().collect();
                let limits = words.chunks_exact(4);
                limits.remainder().is_empty()
                    && limits.len() <= most
                    && words.chunks_exact(4).all(|it| {
                        is_word_of(classes, it[0])
                            && size(it[1]).is_some()
                            && size(it[2]).is_some()
                            && is_between(whole(it[3]), 0, i128::from(i32::MAX))
                    })
            }
            Self::Title(variables) => is_title(variables, value),
            Self::Text => !value.contains(char::is_whitespace),
            Self::Nothing => true,
        }
    }
}

fn is_word_of(words: &str, value: &str) -> bool {
    words.split('|').any(|it| it.eq_ignore_ascii_case(value))
}

fn is_between(number: Option<i128>, least: i128, largest: i128) -> bool {
    number.is_some_and(|it| (least..=largest).contains(&it))
}

/// Reads a whole number as Redis does: no sign but `-`, and no zero that it does not need.
fn whole(text: &str) -> Option<i128> {
    text.parse().ok().filter(|it: &i128| it.to_string() == text)
}

fn size(text: &str) -> Option<i128> {
    redis_size(text).map(i128::from)
}

fn is_percentile(text: &str) -> bool {
    let is_plain = text.bytes().all(|it| it.is_ascii_digit() || it == b'.');
    is_plain
        && text
            .parse::<f64>()
            .is_ok_and(|it| (0.0..=100.0).contains(&it))
}

/// Returns whether a title has only variables that there are, and is not empty when Redis tries it:
/// at its start some of them are.
fn is_title(variables: &str, text: &str) -> bool {
    let is_empty = |it: &str| matches!(it, "title" | "server-mode" | "unixsocket");
    let mut says_something = false;
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        says_something |= !before.is_empty();
        if let Some(after) = after.strip_prefix('{') {
            says_something = true;
            rest = after;
            continue;
        }
        let Some((variable, after)) = after.split_once('}') else {
            return false;
        };
        if !variables.split('|').any(|it| it == variable) {
            return false;
        }
        says_something |= !is_empty(variable);
        rest = after;
    }
    (says_something || !rest.is_empty()) && !text.contains(char::is_whitespace)
}

/// When a change of a directive takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Live {
    /// At once, by `CONFIG SET`.
    Yes,
    /// `CONFIG SET` takes it, but it belongs to a start.
    Start,
    /// Only a start reads it.
    No,
    /// Only a start reads it, and `CONFIG GET` does not tell it.
    File,
}

/// A directive in a span of releases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Directive {
    /// Its name, which may be an older one of the directive.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// The unit of its numbers; empty where they are a count.
    pub unit: &'static str,
    /// What it is where redis.conf does not have it.
    pub default: &'static str,
    /// When a change takes effect.
    pub live: Live,
    /// The release that has it first.
    pub since: Release,
    /// The last line of releases that has it.
    pub until: Option<Release>,
}

impl Directive {
    /// Returns whether a release has it; where the release is not known, whether one has.
    pub fn is_in(&self, release: Option<Release>) -> bool {
        let in_span = |it: Release| {
            let until = self.until.unwrap_or(Release::NEWEST);
            it >= self.since.first() && it.0[..2] <= until.0[..2]
        };
        release.is_none_or(in_span)
    }
}

/// What the table says of a name.
#[derive(Debug, Default)]
struct Entry {
    /// Its spans, from the oldest.
    spans: Vec<Directive>,
    /// The name that it has become another one of, and since when.
    alias: Option<(&'static str, Release)>,
    kept: Option<&'static str>,
}

static TABLE: LazyLock<BTreeMap<&'static str, Entry>> = LazyLock::new(|| {
    let mut table: BTreeMap<&'static str, Entry> = BTreeMap::new();
    for line in include_str!("redis_config.tsv").lines() {
        if line.starts_with('#') {
            continue;
        }
        let cells: Vec<&'static str> = line.split('\t').collect();
        let [
            name,
            alias,
            kind,
            allowed,
            unit,
            default,
            live,
            since,
            until,
            kept,
        ] = cells[..]
        else {
            continue;
        };
        let Some(since) = Release::read(since) else {
            continue;
        };
        let entry = table.entry(name).or_default();
        entry.kept = entry.kept.or_else(|| reason(kept));
        if !alias.is_empty() {
            entry.alias = Some((alias, since));
            continue;
        }
        let Some(takes) = Takes::read(kind, allowed) else {
            continue;
        };
        entry.spans.push(Directive {
            name,
            takes,
            unit,
            default,
            live: match live {
                "yes" => Live::Yes,
                "start" => Live::Start,
                "no" => Live::No,
                _ => Live::File,
            },
            since,
            until: Release::read(until),
        });
    }
    // Under its older name a directive is the same one.
    let aliases: Vec<_> = table
        .iter()
        .filter_map(|(name, entry)| Some((*name, entry.alias?)))
        .collect();
    for (name, (of, since)) in aliases {
        let spans: Vec<Directive> = table.get(of).map_or(Vec::new(), |it| it.spans.clone());
        let entry = table.entry(name).or_default();
        entry.spans.extend(spans.into_iter().map(|it| Directive {
            name,
            since: it.since.max(since),
            ..it
        }));
    }
    table
});

/// Returns why a policy does not set the directives of one kind.
fn reason(kept: &str) -> Option<&'static str> {
    Some(match kept {
        "code" => "it makes Redis read and run another file",
        "file" => {
            "it makes Redis read and write where nobody looks; the operator mounts the volume where it belongs"
        }
        "credential" => "a credential is given as `auth: {secretRef: …}`, never in a configuration",
        "rename" => "operator, exporter and Sentinel call commands by their names",
        "script" => "it belongs to Sentinel, and can make it run a program",
        "guard" => "it opens what protects the server from its own clients",
        "operator" => {
            "the operator sets it; two hands on one directive end in a server that nobody reaches"
        }
        _ => return None,
    })
}

/// Returns why a policy does not set a directive.
pub fn forbidden(directive: &str) -> Option<&'static str> {
    TABLE.get(directive.to_ascii_lowercase().as_str())?.kept
}

/// Returns whether some release has the directive, and a policy may set it.
pub fn is_known(directive: &str) -> bool {
    TABLE.get(directive).is_some_and(|it| it.kept.is_none())
}

/// Returns whether a running server takes a new value without a restart. Where its release is not
/// known, every one has to.
pub fn is_live(directive: &str, release: Option<Release>) -> bool {
    let mut spans = spans(directive).iter().filter(|it| it.is_in(release));
    spans.clone().next().is_some() && spans.all(|it| it.live == Live::Yes)
}

/// Returns what a directive is in the releases that have it, from the oldest.
pub fn spans(directive: &str) -> &'static [Directive] {
    TABLE.get(directive).map_or(&[], |it| &it.spans)
}

/// Returns the name that the newest releases have for a directive.
pub fn newest_name(directive: &str) -> Option<&'static str> {
    let (name, entry) = TABLE.get_key_value(directive)?;
    Some(entry.alias.map_or(*name, |(of, _)| of))
}

/// Returns the other names of a directive.
pub fn other_names(directive: &str) -> Vec<&'static str> {
    let newest = newest_name(directive);
    let names = TABLE.keys().copied();
    names
        .filter(|it| *it != directive && newest.is_some() && newest_name(it) == newest)
        .collect()
}

/// The directives of a release that a policy may set; where it is not known, those of all.
pub fn known(release: Option<Release>) -> impl Iterator<Item = &'static str> {
    let has = move |entry: &Entry| entry.spans.iter().any(|it| it.is_in(release));
    let free = TABLE.iter().filter(|(_, it)| it.kept.is_none());
    free.filter(move |(_, it)| has(it)).map(|(name, _)| *name)
}

/// The directives of a release that `CONFIG GET` tells, those that no policy sets among them.
pub fn told(release: Release) -> BTreeSet<&'static str> {
    let all = TABLE.values().flat_map(|it| &it.spans);
    all.filter(|it| it.live != Live::File && it.is_in(Some(release)))
        .map(|it| it.name)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn release(tag: &str) -> Option<Release> {
        Release::of(&Image::parse(&format!("quay.io/opstree/redis:{tag}")).unwrap())
    }

    fn takes(directive: &str, tag: &str) -> Takes {
        let release = release(tag);
        let mut spans = spans(directive).iter().filter(|it| it.is_in(release));
        let takes = spans.next().unwrap().takes;
        assert_eq!(spans.next(), None, "{directive} is two things in {tag}");
        takes
    }

    #[test]
    fn every_line_is_read() {
        let text = include_str!("redis_config.tsv");
        for line in text.lines().filter(|it| !it.starts_with('#')) {
            let cells: Vec<&str> = line.split('\t').collect();
            assert_eq!(cells.len(), 10, "{line}");
            let [
                name,
                alias,
                kind,
                allowed,
                _,
                default,
                live,
                since,
                until,
                kept,
            ] = cells[..]
            else {
                unreachable!()
            };
            assert!(Release::read(since).is_some(), "{line}");
            assert!(until.is_empty() || Release::read(until).is_some(), "{line}");
            assert_eq!(kept.is_empty(), reason(kept).is_none(), "{line}");
            if !alias.is_empty() {
                assert!(!spans(alias).is_empty(), "{line}");
                assert_eq!(
                    forbidden(name),
                    forbidden(alias),
                    "{name} is another name of {alias}"
                );
                continue;
            }
            assert!(["yes", "start", "no", "file"].contains(&live), "{line}");
            let takes = Takes::read(kind, Box::leak(allowed.into()));
            let takes = takes.unwrap_or_else(|| panic!("{line}"));
            // What needs quotes or several lines is not for a policy.
            let is_plain = kept.is_empty()
                && name != "proc-title-template"
                && !matches!(takes, Takes::Save(1) | Takes::OutputBuffers(_, 1));
            assert!(
                !is_plain || default.is_empty() || takes.takes(default),
                "{line}"
            );
        }
    }

    #[test]
    fn no_release_has_a_directive_twice() {
        let releases = [
            "6.2.0", "6.2.16", "7.0", "7.2", "7.4", "8.0", "8.2", "8.4", "8.6", "8.8", "8",
        ];
        for tag in releases {
            let release = release(tag);
            assert!(release.is_some(), "{tag}");
            for (name, entry) in TABLE.iter() {
                let count = entry.spans.iter().filter(|it| it.is_in(release)).count();
                assert!(count <= 1, "{name} is {count} things in {tag}");
            }
        }
    }

    #[test]
    fn a_release_is_read_from_a_tag() {
        let read = |tag| release(tag).map(|it| it.to_string());
        assert_eq!(read("v7.4.11").as_deref(), Some("7.4.11"));
        assert_eq!(read("7.2.4-alpine3.19").as_deref(), Some("7.2.4"));
        assert_eq!(read("8").as_deref(), Some("8"));
        for tag in [
            "stable", "20240101", "v1.2.3", "5.0.14", "7.x", "7..4", "7.4.1.2", "+7.4",
        ] {
            let image = Image::parse(&format!("redis:{}", tag.trim_start_matches('+'))).unwrap();
            let read = if tag == "+7.4" {
                Release::read(tag)
            } else {
                Release::of(&image)
            };
            assert_eq!(read, None, "{tag}");
        }
        for image in [
            "valkey/valkey:8.0.1",
            "shop/cache:7.4",
            &format!("redis@sha256:{}", "a".repeat(64)),
        ] {
            assert_eq!(Release::of(&Image::parse(image).unwrap()), None, "{image}");
        }
    }

    #[test]
    fn what_a_tag_leaves_open_is_the_newest() {
        assert!(is_known("replica-announced"));
        let in_release =
            |directive: &str, tag| spans(directive).iter().any(|it| it.is_in(release(tag)));
        assert!(in_release("replica-announced", "6.2"));
        assert!(!in_release("replica-announced", "6.2.1"));
        assert!(in_release("hide-user-data-from-log", "7"));
        assert!(!in_release("hide-user-data-from-log", "7.2"));
        assert!(in_release("slowlog-entry-max-argc", "8.10.1"));
        assert!(!in_release("slowlog-entry-max-argc", "8.6.3"));
    }

    #[test]
    fn a_directive_takes_what_redis_takes() {
        assert!(takes("appendonly", "7.4").takes("YES"));
        assert!(!takes("appendonly", "7.4").takes("true"));
        assert!(!takes("maxmemory-policy", "7.4").takes("allkeys-lrm"));
        assert!(takes("maxmemory-policy", "8.6").takes("allkeys-lrm"));
        assert!(takes("maxmemory-samples", "7.2").takes("65"));
        assert!(!takes("maxmemory-samples", "7.4").takes("65"));
        for wrong in ["+1", "01", "1 2", "", "1.0"] {
            assert!(!takes("timeout", "7.4").takes(wrong), "{wrong}");
        }
        assert!(takes("maxmemory-clients", "7.4").takes("100%"));
        assert!(!takes("maxmemory-clients", "7.4").takes("101%"));
        assert!(!takes("maxmemory", "7.4").takes("75%"));
        for right in ["", "900 1", "900 1 300 10"] {
            assert!(takes("save", "7.4").takes(right), "{right}");
        }
        for wrong in ["900", "0 1", "900 1 300", "900  1", "900 -1"] {
            assert!(!takes("save", "7.4").takes(wrong), "{wrong}");
        }
        assert!(!takes("save", "6.2").takes("900 1 300 10"));
        let buffers = takes("client-output-buffer-limit", "7.4");
        assert!(buffers.takes("pubsub 32mb 8mb 60 slave 0 0 0"));
        assert!(!buffers.takes("master 32mb 8mb 60"));
        assert!(!buffers.takes("pubsub 32mb 8mb"));
        assert!(takes("shutdown-on-sigterm", "7.4").takes("save now"));
        assert!(!takes("shutdown-on-sigterm", "7.4").takes("save nosave"));
    }

    #[test]
    fn an_older_name_is_the_same_directive() {
        assert_eq!(
            takes("slave-priority", "7.4"),
            takes("replica-priority", "7.4")
        );
        assert_eq!(
            newest_name("hash-max-ziplist-value"),
            Some("hash-max-listpack-value")
        );
        assert_eq!(other_names("busy-reply-threshold"), ["lua-time-limit"]);
        assert!(is_live("slave-priority", release("7.4")));
        assert!(forbidden("SlaveOf").is_some());
    }

    #[test]
    fn what_restarts_depends_on_the_release() {
        assert!(is_live("maxmemory", None));
        assert!(!is_live("rdbchecksum", release("7.4")));
        assert!(!is_live("disable-thp", None));
        assert!(!is_live("no-such-directive", None));
        assert!(!is_live("slowlog-entry-max-argc", release("7.4")));
    }

    #[test]
    fn a_forbidden_directive_is_so_in_any_case() {
        for name in [
            "include",
            "LoadModule",
            "dir",
            "dbfilename",
            "rename-command",
            "aclfile",
            "requirepass",
            "masterauth",
            "notification-script",
            "client-reconfig-script",
            "unixsocket",
            "enable-protected-configs",
            "enable-debug-command",
            "ENABLE-MODULE-COMMAND",
        ] {
            assert!(forbidden(name).is_some(), "{name}");
            assert!(!is_known(&name.to_lowercase()), "{name}");
        }
        assert!(forbidden("maxmemory").is_none());
    }
}
