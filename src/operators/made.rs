//! What a controller makes, as far as discovery finds it: pods that are alike, and the Services in
//! front of them.

use std::borrow::Cow;

use crate::catalog::Exporter;

/// Labels of an object, each name once.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Labels<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

/// Pods that are alike: those of one StatefulSet, Deployment or DaemonSet.
#[derive(Debug, Clone)]
pub struct Made<'a> {
    /// The name of that object.
    pub name: String,
    /// Its namespace.
    pub namespace: &'a str,
    /// What runs in the pods: see [`crate::api::conventions::component`].
    pub component: &'static str,
    /// How many pods there are; `None` where there is one on each node.
    pub pods: Option<u32>,
    /// Labels of the pods.
    pub labels: Labels<'a>,
    /// Ports of their containers that have a name.
    pub ports: Vec<Port<'a>>,
    /// The Services that lead to them.
    pub services: Vec<Service<'a>>,
}

/// A Service.
#[derive(Debug, Clone)]
pub struct Service<'a> {
    /// Its name.
    pub name: String,
    /// Its labels.
    pub labels: Labels<'a>,
    /// Its ports.
    pub ports: Vec<Port<'a>>,
}

/// A port with a name, of a container or of a Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port<'a> {
    /// Its name.
    pub name: Cow<'a, str>,
    /// Its number.
    pub number: u16,
    /// What answers there.
    pub speaks: Speaks,
}

/// What answers at a port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaks {
    /// Metrics over HTTP.
    Metrics {
        /// Who exports them.
        exporter: Exporter,
        /// Where.
        path: &'static str,
        /// `http` or `https`.
        scheme: &'static str,
    },
    /// The protocol of Redis: an exporter can ask, Prometheus cannot.
    Redis,
    /// Something that is no metrics.
    Other,
}

impl<'a> Labels<'a> {
    /// Adds a label.
    pub fn with(mut self, name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        self.0.push((name.into(), value.into()));
        self
    }

    /// The value of a label.
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(it, _)| it == name);
        found.map(|(_, value)| value.as_ref())
    }

    /// All labels.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_ref(), value.as_ref()))
    }
}

impl<'a> FromIterator<(&'a str, &'a str)> for Labels<'a> {
    fn from_iter<T: IntoIterator<Item = (&'a str, &'a str)>>(labels: T) -> Self {
        let labels = labels.into_iter();
        Self(
            labels
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

impl<'a> Port<'a> {
    /// A port at which redis_exporter answers.
    pub fn of_redis_exporter(name: impl Into<Cow<'a, str>>) -> Self {
        Self {
            name: name.into(),
            number: 9121,
            speaks: Speaks::metrics(Exporter::Redis),
        }
    }

    /// A port at which Redis or Sentinel answers.
    pub fn of_redis(name: &'static str, number: u16) -> Self {
        Self {
            name: name.into(),
            number,
            speaks: Speaks::Redis,
        }
    }
}

impl Speaks {
    /// Metrics where exporters usually have them.
    pub fn metrics(exporter: Exporter) -> Self {
        Self::Metrics {
            exporter,
            path: "/metrics",
            scheme: "http",
        }
    }
}
