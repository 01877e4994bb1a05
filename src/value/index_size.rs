//! Sizes as Elasticsearch writes them.

use crate::value::{Wrong, is_digits, text_type, tight};

text_type!(
    /// A size of whole mebibytes or more, in Elasticsearch's own units, which are powers of 1024.
    IndexSize,
    "index-size",
    "A size as Elasticsearch reads it: a whole number with `mb`, `gb` or `tb`",
    "Elasticsearch would refuse the policy by which indices are rolled over, and they would \
     only grow",
    ["50gb", "512mb"],
    |text| {
        match bytes(text) {
            Some(_) => Ok(()),
            None => Err(Wrong::new(
                format!("`{text}` is not a size that Elasticsearch reads"),
                match near(text) {
                    Some(near) => format!("write `{near}`"),
                    None => "write a whole number with `mb`, `gb` or `tb`, such as `50gb`".to_owned(),
                },
            )),
        }
    }
);

/// The units, each with its length in bytes.
const UNITS: &[(&str, i64)] = &[("mb", 1 << 20), ("gb", 1 << 30), ("tb", 1 << 40)];

/// The bytes of a size above zero; Elasticsearch counts them with 63 bits (ByteSizeValue).
pub fn bytes(text: &str) -> Option<i64> {
    let (number, unit) = text.split_at_checked(text.len().checked_sub(2)?)?;
    let (_, length) = UNITS.iter().find(|(name, _)| *name == unit)?;
    let number = is_digits(number).then(|| number.parse::<i64>().ok())??;
    number.checked_mul(*length).filter(|it| *it > 0)
}

/// The size that was meant: another writing of the unit, or a fraction of one.
fn near(text: &str) -> Option<String> {
    let text = tight(text).to_ascii_lowercase();
    let end = text
        .find(|it: char| it.is_ascii_alphabetic())
        .unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = match unit {
        "m" | "mi" | "mb" | "mib" => 0,
        "" | "g" | "gi" | "gb" | "gib" => 1,
        "t" | "ti" | "tb" | "tib" => 2,
        _ => return None,
    };
    let near = match number.split_once('.') {
        None => format!("{number}{}", UNITS[unit].0),
        Some((whole, fraction))
            if unit > 0 && is_digits(whole) && is_digits(fraction) && fraction.len() <= 3 =>
        {
            let scale = 10_i64.pow(u32::try_from(fraction.len()).ok()?);
            let whole = whole.parse::<i64>().ok()?.checked_mul(1_024)?;
            let rest = fraction.parse::<i64>().ok()? * 1_024 / scale;
            format!("{}{}", whole.checked_add(rest)?, UNITS[unit - 1].0)
        }
        Some(_) => return None,
    };
    bytes(&near).map(|_| near)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_in_units_of_elasticsearch() {
        for text in ["50gb", "1mb", "8388607tb", "010gb"] {
            assert!(IndexSize::parse(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "gb",
            "b",
            "50",
            "0gb",
            "-1gb",
            "+1gb",
            "50Gi",
            "50GB",
            "1.5gb",
            "8388608tb",
            "50pb",
            "é",
        ] {
            assert!(IndexSize::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_size_that_is_nearly_right_is_corrected() {
        for (text, near) in [
            ("50Gi", "`50gb`"),
            ("50 GB", "`50gb`"),
            ("50", "`50gb`"),
            ("1.5tb", "`1536gb`"),
            ("512MiB", "`512mb`"),
        ] {
            assert!(
                IndexSize::parse(text).unwrap_err().help.contains(near),
                "{text}"
            );
        }
    }
}
