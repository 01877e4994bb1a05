//! What a metric measures with.

/// The type of a metric, as an exporter declares it (Prometheus, "Metric types").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Only rises, and begins anew at zero when its process does.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts observations by their size.
    Histogram,
    /// Estimates quantiles of observations.
    Summary,
}

impl Kind {
    /// The word for it in the exposition format.
    pub fn name(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
            Self::Summary => "summary",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Counter, Self::Gauge, Self::Histogram, Self::Summary]
            .into_iter()
            .find(|it| it.name() == word)
    }
}
