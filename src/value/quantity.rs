//! Amounts of memory, storage and processor time: Kubernetes' quantities and Redis' sizes.

use std::fmt;

use crate::value::{Wrong, written_as_text};

/// An amount as Kubernetes writes it, kept in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quantity {
    thousandths: u128,
    binary: bool,
}

written_as_text!(
    Quantity,
    "quantity",
    "An amount as Kubernetes writes it: `100m` of a processor, `1Gi` of memory",
    ["1Gi", "512Mi", "100m"]
);

const BINARY: &[(&str, u128)] = &[
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
];
const DECIMAL: &[(&str, u128)] = &[
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
];

impl Quantity {
    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        let help = "write an amount such as `100m` (processor), `512Mi` or `1Gi` (memory, storage)";
        let digits = text
            .bytes()
            .take_while(|it| it.is_ascii_digit() || *it == b'.')
            .count();
        let (number, unit) = text.split_at(digits);
        let known = BINARY.iter().chain(DECIMAL).find(|(name, _)| *name == unit);
        let factor = match (unit, known) {
            ("", _) => 1_000,
            ("m", _) => 1,
            (_, Some((_, factor))) => factor * 1_000,
            (_, None) => {
                let what = format!("`{text}` is not an amount that Kubernetes reads");
                let meant = match unit.to_ascii_lowercase().as_str() {
                    "gb" | "g" => Some("Gi"),
                    "mb" => Some("Mi"),
                    "kb" => Some("Ki"),
                    _ => None,
                };
                let meant = meant.map(|it| format!("{number}{it}"));
                return Err(match meant.filter(|it| Self::parse(it).is_ok()) {
                    Some(meant) => Wrong::instead(what, meant),
                    None => Wrong::new(what, help),
                });
            }
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let good = |it: &str| it.len() <= 15 && it.bytes().all(|it| it.is_ascii_digit());
        let exact = || {
            let whole = whole.parse::<u128>().ok()?;
            let fraction_value = if fraction.is_empty() {
                0
            } else {
                fraction.parse::<u128>().ok()? * factor
            };
            let scale = 10u128.pow(fraction.len() as u32);
            (fraction_value % scale == 0).then(|| whole * factor + fraction_value / scale)
        };
        match exact() {
            Some(0) => Err(Wrong::new(format!("`{text}` is nothing"), help)),
            Some(thousandths) if good(whole) && good(fraction) && fraction.len() <= 3 => Ok(Self {
                thousandths,
                binary: unit.ends_with('i'),
            }),
            Some(_) | None => Err(Wrong::new(
                format!("`{text}` is not an amount that Kubernetes reads"),
                help,
            )),
        }
    }

    /// The amount in whole units (bytes), rounded down.
    pub fn as_units(self) -> u128 {
        self.thousandths / 1_000
    }
}

impl fmt::Display for Quantity {
    /// The canonical form, which is what an API server gives back: an operator that compares what
    /// it asked for with what it got must see no difference.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.thousandths.is_multiple_of(1_000) {
            return write!(f, "{}m", self.thousandths);
        }
        let units = self.as_units();
        let table = if self.binary { BINARY } else { DECIMAL };
        match table
            .iter()
            .rev()
            .find(|(_, factor)| units.is_multiple_of(*factor))
        {
            Some((unit, factor)) => write!(f, "{}{unit}", units / factor),
            None => write!(f, "{units}"),
        }
    }
}

/// Returns the bytes of a size as redis.conf writes it: `768mb` is binary, `768m` decimal
/// (redis.conf, "units are case insensitive").
pub fn redis_size(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at(digits);
    let factor: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" => 1_000,
        "kb" => 1 << 10,
        "m" => 1_000_000,
        "mb" => 1 << 20,
        "g" => 1_000_000_000,
        "gb" => 1 << 30,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_form_is_the_one_that_the_api_server_gives_back() {
        for (text, shown) in [
            ("1024Mi", "1Gi"),
            ("1.5Gi", "1536Mi"),
            ("0.5", "500m"),
            ("1000m", "1"),
            ("1G", "1G"),
            ("1500M", "1500M"),
            ("10Gi", "10Gi"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn other_writings_are_refused_with_the_right_one() {
        assert!(Quantity::parse("10GB").unwrap_err().help.contains("`10Gi`"));
        for text in [
            "",
            "Gi",
            "-1Gi",
            "1 Gi",
            "1e3",
            "0",
            "1.2345Gi",
            "99999999999999999999",
        ] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn redis_counts_in_its_own_units() {
        assert_eq!(redis_size("768mb"), Some(768 << 20));
        assert_eq!(redis_size("1G"), Some(1_000_000_000));
        assert_eq!(redis_size("75%"), None);
    }
}
