//! Durations as Prometheus, Alertmanager and their operator write them.

use std::fmt;

use crate::value::{Finding, Wrong, is_digits, tight, written_as_text};

/// A length of time in milliseconds, above zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Duration(u64);

written_as_text!(
    Duration,
    "duration",
    "A duration: whole numbers with the units y, w, d, h, m, s, ms, such as `30s` or `1h30m`",
    "those that get it refuse a time that they cannot read, with everything beside it",
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

/// Prometheus keeps durations as nanoseconds in 64 bits: 292 years.
const LONGEST: u64 = 290 * UNITS[0].1;

/// Returns the duration that was meant: other words for the units, fractions, spaces, another order.
fn near(text: &str) -> Option<String> {
    let lower = tight(text).to_ascii_lowercase();
    let mut rest = lower.as_str();
    let mut total: u64 = 0;
    let mut parts = Vec::new();
    while !rest.is_empty() {
        let end = rest.find(|it: char| !it.is_ascii_digit() && it != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|it: char| !it.is_ascii_alphabetic());
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let unit = match unit {
            "ms" | "msec" | "msecs" | "millis" | "millisecond" | "milliseconds" => "ms",
            "s" | "sec" | "secs" | "second" | "seconds" => "s",
            "m" | "min" | "mins" | "minute" | "minutes" => "m",
            "h" | "hr" | "hrs" | "hour" | "hours" => "h",
            "d" | "day" | "days" => "d",
            "w" | "week" | "weeks" => "w",
            "y" | "year" | "years" => "y",
            _ => return None,
        };
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        if fraction.len() > 6 {
            return None;
        }
        let scale = 10u64.pow(u32::try_from(fraction.len()).ok()?);
        let part = whole.parse::<u64>().ok()?.checked_mul(*length)?;
        let rest_of_unit = fraction.parse::<u64>().ok()?.checked_mul(*length)? / scale;
        total = total.checked_add(part)?.checked_add(rest_of_unit)?;
        parts.push(format!("{number}{unit}"));
        rest = after;
    }
    if !(1..=LONGEST).contains(&total) {
        return None;
    }
    // As near to what was written as it can be.
    let written = parts.concat();
    Some(match written != text && Duration::read(&written).is_ok() {
        true => written,
        false => Duration(total).to_string(),
    })
}

/// What is wrong with a time of nothing.
fn nothing(text: &str) -> String {
    format!("`{text}` is no time at all")
}

impl Duration {
    /// A duration of whole seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(seconds * 1_000)
    }

    /// A duration of milliseconds.
    pub const fn millis(millis: u64) -> Self {
        Self(millis)
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        Self::read(text).map_err(|what| {
            let wrong = Wrong::new(
                what,
                "write whole numbers with units, such as `30s`, `5m`, `1h30m` or `7d`",
            );
            let is_nothing = wrong.what == nothing(text);
            match near(text) {
                _ if is_nothing => Wrong {
                    help: "leave it out for what is the default, or write `1s`".to_owned(),
                    finding: Some(Finding {
                        name: "policy/invalid-value",
                        label: "no time",
                        note: "what is to wait for nothing tells of the first alert alone, before the others \
                               of the same fault are there",
                    }),
                    ..wrong
                },
                _ if is_digits(text) => Wrong {
                    help: format!("write `{text}s`, `{text}m`, `{text}h` or `{text}d`"),
                    ..wrong
                },
                Some(near) => wrong.near(&near),
                None => wrong,
            }
        })
    }

    /// Reads one, or says what is wrong.
    fn read(text: &str) -> Result<Self, String> {
        if text.is_empty() {
            return Err("a duration is empty".to_owned());
        }
        if is_digits(text) {
            return Err(format!("`{text}` has no unit"));
        }
        if text.starts_with('-') {
            return Err(format!("`{text}` is negative"));
        }
        if text.contains('.') {
            return Err(format!(
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
                return Err(match unit {
                    "" => format!("`{text}` is not a duration"),
                    unit => format!("`{text}` is not a duration: there is no unit `{unit}`"),
                });
            };
            if number.is_empty() || last_unit > position {
                return Err(format!(
                    "`{text}` is not a duration: the longest unit comes first"
                ));
            }
            let part = number
                .parse::<u64>()
                .ok()
                .and_then(|it| it.checked_mul(UNITS[position].1));
            let Some(sum) = part.and_then(|it| total.checked_add(it)) else {
                return Err(format!("`{text}` is too long"));
            };
            total = sum;
            last_unit = position + 1;
            rest = after;
        }
        if total > LONGEST {
            return Err(format!("`{text}` is too long"));
        }
        if total == 0 {
            return Err(nothing(text));
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

    /// The first multiple of another duration that is not shorter.
    pub fn rounded_up_to(self, step: Self) -> Self {
        Self(self.0.div_ceil(step.0) * step.0)
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
            "18446744073709551616s",
            "+5m",
            "5M",
            "1h 30m",
            "1µs",
            "1ns",
        ] {
            assert!(Duration::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_duration_that_is_nearly_right_is_corrected() {
        for (text, near) in [
            ("5min", "`5m`"),
            ("10 m", "`10m`"),
            ("30 Seconds", "`30s`"),
            ("1.5h", "`1h30m`"),
            ("0.5s", "`500ms`"),
            ("1m1h", "`1h1m`"),
            ("90M", "`90m`"),
            ("30", "`30s`"),
            ("0s", "`1s`"),
        ] {
            let help = Duration::parse(text).unwrap_err().help;
            assert!(help.contains(near), "{text}: {help}");
        }
        for text in ["1mo", "5 apples", "-5m", "é"] {
            let help = Duration::parse(text).unwrap_err().help;
            assert!(help.contains("such as"), "{text}: {help}");
        }
    }
}
