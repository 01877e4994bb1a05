//! Versions of the systems that the output is for.

use std::fmt;

use crate::value::{Wrong, is_digits, written_as_text};

/// A version of two or three numbers; what is not written is 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// First number.
    pub major: u32,
    /// Second number.
    pub minor: u32,
    /// Third number.
    pub patch: u32,
}

written_as_text!(
    Version,
    "version",
    "A version of two or three numbers, quoted: `\"1.33\"`",
    "what is generated depends on it: fields that a version does not know are refused or dropped",
    ["1.33"]
);

impl Version {
    /// A version without a third number.
    pub const fn new(major: u32, minor: u32) -> Self {
        Self {
            major,
            minor,
            patch: 0,
        }
    }

    /// Reads one; a leading `v` is accepted.
    pub fn parse(text: &str) -> Result<Self, Wrong> {
        Self::read(text).ok_or_else(|| {
            let wrong = Wrong::new(
                format!("`{text}` is not a version"),
                "write two or three numbers in quotes, such as `\"1.33\"`",
            );
            match near(text) {
                Some(near) => wrong.near(&format!("\"{near}\"")),
                None => wrong,
            }
        })
    }

    fn read(text: &str) -> Option<Self> {
        let numbers = text.strip_prefix('v').unwrap_or(text).split('.');
        let numbers: Vec<u32> = numbers
            .map(|it| is_digits(it).then(|| it.parse().ok())?)
            .collect::<Option<_>>()?;
        match numbers.as_slice() {
            [major, minor] => Some(Self::new(*major, *minor)),
            [major, minor, patch] => Some(Self {
                major: *major,
                minor: *minor,
                patch: *patch,
            }),
            _ => None,
        }
    }
}

/// Returns the numbers that a longer version begins with: `1.33.4` of `1.33.4-gke.1`.
fn near(text: &str) -> Option<String> {
    let text = text
        .trim()
        .trim_start_matches(['v', 'V', '^', '~', '=', '>', ' ']);
    let end = text.find(|it: char| !it.is_ascii_digit() && it != '.');
    let numbers: Vec<&str> = text[..end.unwrap_or(text.len())]
        .split('.')
        .take(3)
        .collect();
    let numbers: Vec<&str> = numbers.into_iter().filter(|it| !it.is_empty()).collect();
    let near = numbers.join(".");
    (numbers.len() >= 2 && Version::read(&near).is_some()).then_some(near)
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)?;
        if self.patch > 0 {
            write!(f, ".{}", self.patch)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_of_numbers() {
        assert_eq!(Version::parse("v1.33").unwrap(), Version::new(1, 33));
        assert!(Version::parse("1.33.1").unwrap() > Version::new(1, 33));
        for text in [
            "",
            "1",
            "1.x",
            "1.2.3.4",
            "1.-1",
            "+1.2",
            "1..2",
            "99999999999.0",
            "latest",
        ] {
            assert!(Version::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_that_is_nearly_right_is_corrected() {
        for (text, near) in [
            ("1.33.4-gke.1", "`\"1.33.4\"`"),
            ("v1.31.2+k3s1", "`\"1.31.2\"`"),
            (">=1.25", "`\"1.25\"`"),
            ("1.33.x", "`\"1.33\"`"),
        ] {
            let help = Version::parse(text).unwrap_err().help;
            assert!(help.contains(near), "{text}: {help}");
        }
    }
}
