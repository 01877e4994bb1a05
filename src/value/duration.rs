//! Durations as Prometheus, Alertmanager and their operator write them.

use std::fmt;

use crate::value::{Wrong, written_as_text};

/// A length of time in milliseconds, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

written_as_text!(
    Duration,
    "duration",
    "A duration: whole numbers with the units y, w, d, h, m, s, ms, such as `30s` or `1h30m`",
    ["30s", "5m", "1h30m", "7d"]
);

/// Units from the longest to the shortest, in milliseconds (Prometheus' model.ParseDuration).
const UNITS: &[(&str, u64)] = &[
    ("y", 365 * 24 * 3_600_000),
    ("w", 7 * 24 * 3_600_000),
    ("d", 24 * 3_600_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

impl Duration {
    /// A duration of whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let example = "write whole numbers with units, such as `30s`, `5m`, `1h30m` or `7d`";
        let wrong = |what: String| Err(Wrong::new(what, example));
        if text.is_empty() {
            return wrong("a duration is empty".to_owned());
        }
        if text.bytes().all(|it| it.is_ascii_digit()) {
            return Err(Wrong::new(
                format!("`{text}` has no unit"),
                format!("write `{text}s` for seconds or `{text}m` for minutes"),
            ));
        }
        if text.contains('.') {
            return wrong(format!(
                "`{text}` has a fraction, which Prometheus does not read"
            ));
        }
        let mut rest = text;
        let mut total: u64 = 0;
        let mut last_unit = 0;
        while !rest.is_empty() {
            let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (number, after) = rest.split_at(digits);
            let letters = after.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (unit, after) = after.split_at(letters);
            let Some(position) = UNITS.iter().position(|(name, _)| *name == unit) else {
                return wrong(format!("`{text}` is not a duration"));
            };
            if number.is_empty() || last_unit > position {
                return wrong(format!(
                    "`{text}` is not a duration: the longest unit comes first"
                ));
            }
            let part = number
                .parse::<u64>()
                .ok()
                .and_then(|it| it.checked_mul(UNITS[position].1));
            let Some(sum) = part.and_then(|it| total.checked_add(it)) else {
                return wrong(format!("`{text}` is too long"));
            };
            total = sum;
            last_unit = position + 1;
            rest = after;
        }
        // Prometheus keeps durations as nanoseconds in 64 bits: 292 years.
        if total > 290 * UNITS[0].1 {
            return wrong(format!("`{text}` is too long"));
        }
        if total == 0 {
            return wrong(format!("`{text}` is no time at all"));
        }
        Ok(Self(total))
    }

    /// The length in milliseconds.
    pub fn as_millis(self) -> u64 {
        self.0
    }

    /// The length in whole seconds, rounded down.
    pub fn as_secs(self) -> u64 {
        self.0 / 1_000
    }

    /// The length in whole days, rounded up.
    pub fn in_days(self) -> u64 {
        self.0.div_ceil(24 * 3_600_000)
    }

    /// The n-th part, in whole seconds and at least one.
    pub fn divided_by(self, parts: u64) -> Self {
        Self::seconds((self.as_secs() / parts).max(1))
    }

    /// The same length so many times.
    pub fn times(self, factor: u64) -> Self {
        Self(self.0.saturating_mul(factor))
    }
}

impl fmt::Display for Duration {
    /// One form for one length, whatever was written: days and below, since a year and a week are
    /// only other words for days.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = self.0;
        for (unit, length) in &UNITS[2..] {
            if rest >= *length {
                write!(f, "{}{unit}", rest / length)?;
                rest %= length;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_length_has_one_form() {
        for (text, shown) in [
            ("60s", "1m"),
            ("90m", "1h30m"),
            ("1w", "7d"),
            ("1y", "365d"),
            ("1500ms", "1s500ms"),
        ] {
            assert_eq!(Duration::parse(text).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_prometheus_does_not_read_is_refused() {
        for text in [
            "",
            "5",
            "1.5m",
            "5 m",
            "m5",
            "1m1h",
            "0s",
            "5min",
            "-5m",
            "1m1m",
            "999999999y",
        ] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }
}
