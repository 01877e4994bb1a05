//! Amounts of memory, storage and processor time: Kubernetes' quantities and Redis' sizes.

use std::fmt;

use crate::value::{Wrong, is_digits, tight, written_as_text};

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
    "Kubernetes refuses a resource with an amount that it cannot read",
    ["1Gi", "512Mi", "100m"]
);

const BINARY: &[(&str, u128)] = &[
    ("Ki", 1 << 10),
    ("Mi", 1 << 20),
    ("Gi", 1 << 30),
    ("Ti", 1 << 40),
    ("Pi", 1 << 50),
    ("Ei", 1 << 60),
];
const DECIMAL: &[(&str, u128)] = &[
    ("k", 1_000),
    ("M", 1_000_000),
    ("G", 1_000_000_000),
    ("T", 1_000_000_000_000),
    ("P", 1_000_000_000_000_000),
    ("E", 1_000_000_000_000_000_000),
];

/// Returns the amount that was meant: other writings of the unit, an exponent, a space, a sign.
fn near(text: &str) -> Option<String> {
    let text = tight(text);
    let text = text.strip_prefix('+').unwrap_or(&text).replace(',', ".");
    let digits = text
        .bytes()
        .take_while(|it| it.is_ascii_digit() || *it == b'.')
        .count();
    let (number, unit) = text.split_at(digits);
    let number = match number.strip_prefix('.') {
        Some(fraction) => format!("0.{fraction}"),
        None => number.to_owned(),
    };
    let is_amount = |it: &String| Quantity::read(it).is_ok();
    let lower = unit.to_ascii_lowercase();
    if let Some(exponent) = lower.strip_prefix('e').filter(|it| is_digits(it)) {
        let exponent = exponent.parse::<usize>().ok().filter(|it| *it <= 18)?;
        let whole = Quantity::read(&format!("{number}{}", "0".repeat(exponent)));
        return whole
            .ok()
            .filter(|_| !number.contains('.'))
            .map(|it| format!("`{it}`"));
    }
    let prefix = lower
        .strip_suffix("ytes")
        .map_or(lower.as_str(), |it| it)
        .trim_end_matches('b')
        .trim_end_matches('i');
    let (binary, decimal) = match prefix {
        "" => (String::new(), String::new()),
        "k" => ("Ki".to_owned(), "k".to_owned()),
        "m" | "g" | "t" | "p" | "e" => {
            let prefix = prefix.to_ascii_uppercase();
            (format!("{prefix}i"), prefix)
        }
        "cpu" | "cpus" | "core" | "cores" => {
            return Some(format!("`{number}`")).filter(|_| is_amount(&number));
        }
        _ => return None,
    };
    let (binary, decimal) = (format!("{number}{binary}"), format!("{number}{decimal}"));
    if !is_amount(&binary) {
        return None;
    }
    Some(
        match binary == decimal || lower.contains('i') || !lower.ends_with('b') {
            true => format!("`{binary}`"),
            false => format!("`{binary}`, or `{decimal}` for powers of 1000"),
        },
    )
}

impl Quantity {
    /// Reads one, in Kubernetes' grammar (apimachinery, `resource.Quantity`) but for signs, exponents,
    /// and suffixes below a thousandth, which no field here has a use for.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        Self::read(text).map_err(|what| {
            let help = match near(text) {
                Some(near) => format!("write {near}"),
                None => {
                    "write an amount such as `100m` (processor), `512Mi` or `1Gi` (memory, storage)"
                        .to_owned()
                }
            };
            Wrong::new(what, help)
        })
    }

    /// Reads one, or says what is wrong.
    fn read(text: &str) -> Result<Self, String> {
        let digits = text
            .bytes()
            .take_while(|it| it.is_ascii_digit() || *it == b'.')
            .count();
        let (number, unit) = text.split_at(digits);
        let known = BINARY.iter().chain(DECIMAL).find(|(name, _)| *name == unit);
        let factor = match (unit, known) {
            _ if text.is_empty() => return Err("an amount is empty".to_owned()),
            _ if text.starts_with('-') => return Err(format!("`{text}` is less than nothing")),
            ("", _) => 1_000,
            ("m", _) => 1,
            (_, Some((_, factor))) => factor * 1_000,
            ("u" | "n", None) => {
                return Err(format!(
                    "`{text}` is less than the thousandths that Kubernetes counts"
                ));
            }
            (_, None) => return Err(format!("`{text}` is not an amount that Kubernetes reads")),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if !is_digits(whole) || !(fraction.is_empty() || is_digits(fraction)) {
            return Err(format!("`{text}` is not an amount that Kubernetes reads"));
        }
        if fraction.len() > 3 {
            return Err(format!("`{text}` has more than three decimals"));
        }
        let too_much = || format!("`{text}` is more than Kubernetes counts");
        let amount = whole
            .parse::<u128>()
            .ok()
            .and_then(|it| it.checked_mul(factor));
        let scale = 10u128.pow(fraction.len() as u32);
        let part = format!("0{fraction}").parse::<u128>().unwrap_or(0) * factor;
        if !part.is_multiple_of(scale) {
            return Err(format!("`{text}` has parts of what Kubernetes counts in"));
        }
        let amount = amount.ok_or_else(too_much)? + part / scale;
        match amount {
            0 => Err(format!("`{text}` is nothing")),
            // The API server keeps an amount in 63 bits and cuts what is larger.
            it if it > i64::MAX as u128 * 1_000 => Err(too_much()),
            thousandths => Ok(Self {
                thousandths,
                binary: unit.ends_with('i'),
            }),
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
        let long = format!("1.{}Gi", "0".repeat(40));
        for text in [
            "",
            "Gi",
            "-1Gi",
            "+1Gi",
            "1 Gi",
            "1e3",
            "1E3",
            "0",
            "0Gi",
            ".5",
            "1..5",
            "1.2345Gi",
            "0.0001",
            "0.5m",
            "100n",
            "100u",
            "1K",
            "1ki",
            "8Ei",
            "9E1",
            "99999999999999999999",
            "9999999999999999999999999999999999999999Ei",
            long.as_str(),
            "é",
        ] {
            assert!(Quantity::parse(text).is_err(), "{text}");
        }
        for text in ["1.", "7Ei", "9E", "0.001", "9223372036854775807"] {
            assert!(Quantity::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn an_amount_that_is_nearly_right_is_corrected() {
        for (text, near) in [
            ("10GB", "write `10Gi`, or `10G` for powers of 1000"),
            ("10gb", "write `10Gi`, or `10G` for powers of 1000"),
            ("256 Mi", "write `256Mi`"),
            ("256 MB", "write `256Mi`, or `256M` for powers of 1000"),
            ("1gi", "write `1Gi`"),
            ("1g", "write `1Gi`"),
            ("1K", "write `1Ki`"),
            ("+1Gi", "write `1Gi`"),
            ("1e3", "write `1k`"),
            ("2 cores", "write `2`"),
            ("1,5Gi", "write `1.5Gi`"),
        ] {
            assert_eq!(Quantity::parse(text).unwrap_err().help, near, "{text}");
        }
        assert!(
            Quantity::parse("lots")
                .unwrap_err()
                .help
                .contains("such as")
        );
    }

    #[test]
    fn redis_counts_in_its_own_units() {
        assert_eq!(redis_size("768mb"), Some(768 << 20));
        assert_eq!(redis_size("1G"), Some(1_000_000_000));
        assert_eq!(redis_size("75%"), None);
    }
}
