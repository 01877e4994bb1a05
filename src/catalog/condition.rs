//! When a metric is there: what has to hold, and whether it does.

use std::collections::BTreeMap;
use std::fmt;

use crate::catalog::redis_config::{self, Release};
use crate::value::version::Version;

/// Which targets of its exporter have a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Every one, and the exporter itself where it is asked about none.
    Any,
    /// Everything that it is asked about, also what does not answer.
    Target,
    /// Servers and Sentinels that answer.
    Up,
    /// Servers that answer.
    Server,
    /// Sentinels that answer.
    Sentinel,
}

impl Scope {
    /// Its word in a table.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Target => "target",
            Self::Up => "up",
            Self::Server => "server",
            Self::Sentinel => "sentinel",
        }
    }

    pub(super) fn parse(word: &str) -> Option<Self> {
        [
            Self::Any,
            Self::Target,
            Self::Up,
            Self::Server,
            Self::Sentinel,
        ]
        .into_iter()
        .find(|it| it.name() == word)
    }

    fn has(self, target: Target) -> Held {
        Held::of(match self {
            Self::Any => true,
            Self::Target => target != Target::Itself,
            Self::Up => matches!(target, Target::Server | Target::Sentinel),
            Self::Server => target == Target::Server,
            Self::Sentinel => target == Target::Sentinel,
        })
    }
}

/// What an exporter is asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Target {
    /// A Redis server that answers.
    Server,
    /// A Sentinel that answers.
    Sentinel,
    /// One of them that does not answer.
    Silent,
    /// Nothing but itself; so is every exporter asked that is no redis_exporter.
    #[default]
    Itself,
}

/// The role of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// It takes writes.
    Primary,
    /// It follows a primary.
    Replica,
}

/// What is known of a target and of its exporter. What is not known, may be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances<'a> {
    /// What the exporter is asked about.
    pub target: Target,
    /// The version of Redis; `None` where its image does not tell, or runs another program.
    pub redis: Option<Release>,
    /// The role of a server, where it has no other ever: `None` where replicas may take over.
    pub role: Option<Role>,
    /// Whether it is a node of a Redis Cluster.
    pub is_cluster: bool,
    /// Whether Redis appends to a file.
    pub appendonly: Option<bool>,
    /// The directives that differ from what Redis does by itself; `None` where they are not known.
    pub config: Option<&'a BTreeMap<String, String>>,
    /// The flags of the exporter, without dashes and with their values: `include-system-metrics`,
    /// `config-command=-`; `None` where they are not known.
    pub flags: Option<&'a [&'a str]>,
    /// The version of the exporter.
    pub exporter: Option<Version>,
}

/// Whether something is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Held {
    /// It never is.
    Never,
    /// It may be: it depends on what happens, or on what is not known.
    Possibly,
    /// It always is.
    Always,
}

impl Held {
    fn of(is_so: bool) -> Self {
        if is_so { Self::Always } else { Self::Never }
    }

    fn known(is_so: Option<bool>) -> Self {
        is_so.map_or(Self::Possibly, Self::of)
    }
}

/// The version of an exporter that has a metric first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Since {
    /// That version.
    pub version: Version,
    /// Whether an older one, that nobody looked at, may have it too.
    pub or_before: bool,
}

impl Since {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let version = text.strip_prefix("<=");
        Some(Self {
            version: Version::parse(version.unwrap_or(text)).ok()?,
            or_before: version.is_some(),
        })
    }

    fn has(self, exporter: Option<Version>) -> Held {
        match exporter {
            Some(exporter) if exporter >= self.version => Held::Always,
            Some(_) if self.or_before => Held::Possibly,
            Some(_) => Held::Never,
            // Who does not say which one is taken for one of today.
            None => Held::Always,
        }
    }
}

/// What has to hold for a metric to be there, all of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Condition {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    RedisFrom(Release),
    RedisBefore(Release),
    ExporterBefore(Version),
    Role(Role),
    AppendOnly,
    Cluster,
    Sentinel,
    /// One of them.
    Flags(Vec<&'static str>),
    NotFlag(&'static str),
    Directive(&'static str, &'static str),
    DirectiveOver(&'static str, u64),
    Event(&'static str),
    Vendor(&'static str, Release),
    Module(&'static str),
    Never(&'static str),
}

impl Condition {
    /// Reads a cell of a table: `always`, or parts with ` & ` between them.
    pub(super) fn parse(text: &'static str) -> Option<Self> {
        let parts = text.split(" & ").filter(|it| *it != "always");
        let parts = parts.map(Part::parse).collect::<Option<_>>()?;
        Some(Self { parts })
    }

    /// Returns whether it holds.
    pub fn holds(&self, circumstances: &Circumstances<'_>) -> Held {
        let parts = self.parts.iter().map(|it| it.holds(circumstances));
        parts.min().unwrap_or(Held::Always)
    }

    /// Returns why it never holds for anybody, where that is so.
    pub fn never(&self) -> Option<&'static str> {
        self.parts.iter().find_map(|it| match it {
            Part::Never(why) => Some(*why),
            _ => None,
        })
    }
}

impl Part {
    fn parse(text: &'static str) -> Option<Self> {
        if let Some(version) = text.strip_prefix("version>=") {
            return Some(Self::RedisFrom(Release::first_of(version)?));
        }
        if let Some(version) = text.strip_prefix("version<") {
            return Some(Self::RedisBefore(Release::first_of(version)?));
        }
        if let Some(version) = text.strip_prefix("exporter<") {
            return Some(Self::ExporterBefore(Version::parse(version).ok()?));
        }
        Some(match text.split_once(':') {
            None => match text {
                "role=master" => Self::Role(Role::Primary),
                "role=replica" => Self::Role(Role::Replica),
                "aof" => Self::AppendOnly,
                "cluster" => Self::Cluster,
                "sentinel" => Self::Sentinel,
                _ => return None,
            },
            Some(("flag", flags)) => Self::Flags(flags.split(" or ").collect()),
            Some(("!flag", flag)) => Self::NotFlag(flag),
            Some(("event", event)) => Self::Event(event),
            Some(("module", module)) => Self::Module(module),
            Some(("never", why)) => Self::Never(why),
            Some(("vendor", vendor)) => {
                let (name, version) = vendor.split_once(">=").unwrap_or((vendor, "0"));
                Self::Vendor(name, Release::first_of(version)?)
            }
            Some(("config", directive)) => match directive.split_once('>') {
                Some((name, bound)) => Self::DirectiveOver(name, bound.parse().ok()?),
                None => {
                    let (name, value) = directive.split_once(' ')?;
                    Self::Directive(name, value)
                }
            },
            Some(_) => return None,
        })
    }

    fn holds(&self, known: &Circumstances<'_>) -> Held {
        match self {
            Self::RedisFrom(first) => Held::known(known.redis.map(|it| it >= *first)),
            Self::RedisBefore(bound) => Held::known(known.redis.map(|it| it < *bound)),
            Self::ExporterBefore(bound) => Held::of(known.exporter.is_some_and(|it| it < *bound)),
            Self::Role(role) => match known.target {
                Target::Server => Held::known(known.role.map(|it| it == *role)),
                Target::Sentinel | Target::Silent | Target::Itself => Held::Never,
            },
            Self::AppendOnly => Held::known(known.appendonly),
            Self::Cluster => Held::of(known.is_cluster),
            Self::Sentinel => Held::of(known.target == Target::Sentinel),
            Self::Flags(flags) => Held::known(
                known
                    .flags
                    .map(|given| flags.iter().any(|it| is_given(given, it))),
            ),
            Self::NotFlag(flag) => Held::known(known.flags.map(|it| !is_given(it, flag))),
            Self::Directive(name, value) => {
                Held::known(in_effect(name, known).map(|it| it.eq_ignore_ascii_case(value)))
            }
            Self::DirectiveOver(name, bound) => {
                let number = in_effect(name, known).and_then(|it| it.parse::<u64>().ok());
                Held::known(number.map(|it| it > *bound))
            }
            Self::Event(_) => Held::Possibly,
            // An image whose version is known is one of Redis.
            Self::Vendor(..) if known.redis.is_some() => Held::Never,
            Self::Vendor(..) | Self::Module(_) => Held::Possibly,
            Self::Never(_) => Held::Never,
        }
    }
}

/// Returns whether a flag is given: `a` by `a` and by `a=…`, `a=b` by itself alone.
fn is_given(flags: &[&str], flag: &str) -> bool {
    flags.iter().any(|it| {
        *it == flag
            || it
                .strip_prefix(flag)
                .is_some_and(|value| value.starts_with('=') && value != "=false")
    })
}

/// Returns the value that a directive has, by the configuration or by default.
fn in_effect<'a>(name: &str, known: &Circumstances<'a>) -> Option<&'a str> {
    if let Some(value) = known.config?.get(name) {
        return Some(value);
    }
    let mut spans = redis_config::spans(name)
        .iter()
        .filter(|it| it.is_in(known.redis));
    let default = spans.next()?.default;
    spans.all(|it| it.default == default).then_some(default)
}

impl fmt::Display for Condition {
    /// In words, all parts one after the other; `always` where there is none.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.parts.is_empty() {
            return f.write_str("always");
        }
        for (index, part) in self.parts.iter().enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            part.fmt(f)?;
        }
        Ok(())
    }
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RedisFrom(version) => write!(f, "Redis {} or later", version.short()),
            Self::RedisBefore(version) => write!(f, "Redis before {}", version.short()),
            Self::ExporterBefore(version) => write!(f, "before version {version} of the exporter"),
            Self::Role(Role::Primary) => f.write_str("only of a primary"),
            Self::Role(Role::Replica) => f.write_str("only of a replica"),
            Self::AppendOnly => f.write_str("only with `appendonly yes`"),
            Self::Cluster => f.write_str("only of a node of a cluster"),
            Self::Sentinel => f.write_str("only of a Sentinel"),
            Self::Flags(flags) => {
                write!(f, "only with the exporter's flag {}", flags.join(" or "))
            }
            Self::NotFlag(flag) => write!(f, "not with the exporter's flag {flag}"),
            Self::Directive(name, value) => write!(f, "only where `{name}` is {value}"),
            Self::DirectiveOver(name, bound) => write!(f, "only where `{name}` is over {bound}"),
            Self::Event(event) => write!(f, "only once there is {event}"),
            Self::Vendor(name, version) if *version == Release::ZERO => {
                write!(f, "only of {name}")
            }
            Self::Vendor(name, version) => write!(f, "only of {name} {} or later", version.short()),
            Self::Module(name) => write!(f, "only with the module {name}"),
            Self::Never(why) => write!(f, "never: {why}"),
        }
    }
}

/// Returns whether a metric is there, by its scope, its version and its condition.
pub(super) fn held(
    scope: Scope,
    since: Since,
    condition: &Condition,
    circumstances: &Circumstances<'_>,
) -> Held {
    scope
        .has(circumstances.target)
        .min(since.has(circumstances.exporter))
        .min(condition.holds(circumstances))
}
