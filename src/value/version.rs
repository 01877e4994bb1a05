//! Versions of the systems that the output is for.

use std::fmt;

use crate::value::{Wrong, written_as_text};

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
        let wrong = || {
            Wrong::new(
                format!("`{text}` is not a version"),
                "write two or three numbers in quotes, such as `\"1.33\"`",
            )
        };
        let mut numbers = Vec::new();
        for part in text.strip_prefix('v').unwrap_or(text).split('.') {
            if part.is_empty() || !part.bytes().all(|it| it.is_ascii_digit()) {
                return Err(wrong());
            }
            numbers.push(part.parse::<u32>().map_err(|_| wrong())?);
        }
        match numbers.as_slice() {
            [major, minor] => Ok(Self::new(*major, *minor)),
            [major, minor, patch] => Ok(Self {
                major: *major,
                minor: *minor,
                patch: *patch,
            }),
            _ => Err(wrong()),
        }
    }
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
