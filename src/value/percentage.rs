//! Shares in percent.

use std::fmt;

use crate::value::{Wrong, is_digits, written_as_text};

/// A share between 0% and 100%, in hundredths of a percent: never a binary fraction, whose last
/// digit would depend on who prints it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Percentage(u32);

written_as_text!(
    Percentage,
    "percentage",
    "A share in percent, such as `85%`",
    "a share that is misread is wrong by a factor of a hundred",
    ["85%", "0.5%"]
);

impl Percentage {
    /// A share of whole percents.
    pub const fn whole(percent: u32) -> Self {
        Self(percent * 100)
    }

    /// Reads one.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        Self::read(text).map_err(|what| {
            let wrong = Wrong::new(what, "write a share such as `85%` or `0.5%`");
            match near(text) {
                Some(near) => wrong.near(&near),
                None => wrong,
            }
        })
    }

    /// Reads one, or says what is wrong.
    fn read(text: &str) -> Result<Self, String> {
        if text.starts_with('-') {
            return Err(format!("`{text}` is less than nothing"));
        }
        let Some(number) = text.strip_suffix('%') else {
            return Err(format!("`{text}` is not a percentage: it has no `%`"));
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
        let digits = |it: &str| it.len() <= 3 && is_digits(it);
        if !digits(whole) || !digits(fraction) || fraction.len() > 2 {
            return Err(format!(
                "`{text}` is not a percentage with at most two decimals"
            ));
        }
        let hundredths = whole.parse::<u32>().unwrap_or(u32::MAX).saturating_mul(100)
            + format!("{fraction:0<2}").parse::<u32>().unwrap_or(0);
        if hundredths > 10_000 {
            return Err(format!("`{text}` is more than everything"));
        }
        Ok(Self(hundredths))
    }

    /// The share as a number of JSON: `1` for all, and not `1.0`, which some readers write differently.
    pub fn as_json(self) -> serde_json::Value {
        match self.0 % 10_000 {
            0 => (self.0 / 10_000).into(),
            _ => (f64::from(self.0) / 10_000.0).into(),
        }
    }

    /// The share as a number between 0 and 1, as PromQL reads it.
    pub fn as_ratio(self) -> String {
        decimal(self.0, 10_000)
    }
}

impl fmt::Display for Percentage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", decimal(self.0, 100))
    }
}

/// Returns the share that was meant: a number without its sign, a ratio, a decimal comma.
fn near(text: &str) -> Option<String> {
    let text = text.replace(',', ".");
    let number = text
        .trim()
        .trim_end_matches("percent")
        .trim_end_matches('%')
        .trim_end();
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !is_digits(whole) || !is_digits(fraction) || fraction.len() > 4 {
        return None;
    }
    let is_ratio = number == text && number.contains('.') && matches!(whole, "0" | "1");
    let share = match is_ratio {
        // Ten-thousandths of a ratio are hundredths of a percent.
        true => Percentage(
            whole.parse::<u32>().ok()? * 10_000 + format!("{fraction:0<4}").parse::<u32>().ok()?,
        ),
        false => {
            return Percentage::read(&format!("{number}%"))
                .ok()
                .map(|_| format!("{number}%"));
        }
    };
    (share.0 <= 10_000).then(|| share.to_string())
}

/// Writes a fraction of a power of ten without a trailing zero.
fn decimal(value: u32, unit: u32) -> String {
    let width = unit.ilog10() as usize;
    let text = format!("{}.{:0width$}", value / unit, value % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_exact() {
        for (text, ratio, shown) in [
            ("85%", "0.85", "85%"),
            ("0.5%", "0.005", "0.5%"),
            ("100%", "1", "100%"),
            ("7.25%", "0.0725", "7.25%"),
        ] {
            let share = Percentage::parse(text).unwrap();
            assert_eq!(
                (share.as_ratio().as_str(), share.to_string().as_str()),
                (ratio, shown)
            );
        }
    }

    #[test]
    fn what_is_no_share_is_refused() {
        for text in [
            "", "85", "101%", "100.01%", "-1%", "+1%", "%", ".5%", "5.%", "8 5%", "1.234%", "1e1%",
            "0005%", "85%%", "é%",
        ] {
            assert!(Percentage::parse(text).is_err(), "{text}");
        }
        assert!(Percentage::parse("0%").is_ok() && Percentage::parse("100.00%").is_ok());
    }

    #[test]
    fn a_share_that_is_nearly_right_is_corrected() {
        for (text, near) in [
            ("85", "`85%`"),
            ("85 %", "`85%`"),
            ("0.85", "`85%`"),
            ("0.005", "`0.5%`"),
            ("1.0", "`100%`"),
            ("7,5%", "`7.5%`"),
            ("85 percent", "`85%`"),
        ] {
            let help = Percentage::parse(text).unwrap_err().help;
            assert!(help.contains(near), "{text}: {help}");
        }
        assert!(
            Percentage::parse("120")
                .unwrap_err()
                .help
                .contains("such as")
        );
    }
}
