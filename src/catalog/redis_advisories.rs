//! Releases of Redis that are known to be unsafe to run.

use crate::catalog::redis_config::Release;

/// A fault that was made public, and the releases that are without it.
pub struct Advisory {
    /// Its name.
    pub id: &'static str,
    /// What it lets somebody do.
    pub what: &'static str,
    /// The first release of each line that is without it: major, minor, patch. Lines that are older than
    /// the last of these and not here have none.
    fixed: &'static [[u32; 3]],
}

/// Faults by which a client takes over the server, the worst first (redis/redis, release notes of 6.2.20,
/// 7.2.11, 7.4.6, 8.0.4 and 8.2.2).
pub const ADVISORIES: &[Advisory] = &[Advisory {
    id: "CVE-2025-49844",
    what: "a client that may run a script runs any program on the server",
    fixed: &[[6, 2, 20], [7, 2, 11], [7, 4, 6], [8, 0, 4], [8, 2, 2]],
}];

impl Advisory {
    /// The release to run in place of one that has the fault, of its own line if there is one; `None`
    /// where it does not have it, or where it is not known to the last number.
    pub fn instead(&self, release: Release) -> Option<String> {
        let [major, minor, patch] = release.numbers()?;
        let of_line = self.fixed.iter().find(|it| it[..2] == [major, minor]);
        let newer = self.fixed.iter().find(|it| it[..2] > [major, minor][..]);
        let fixed = match of_line {
            Some(fixed) => (patch < fixed[2]).then_some(fixed),
            None => newer,
        };
        fixed.map(|[major, minor, patch]| format!("{major}.{minor}.{patch}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::image::Image;

    fn instead(image: &str) -> Option<String> {
        let release = Release::of(&Image::parse(image).unwrap()).unwrap();
        ADVISORIES[0].instead(release)
    }

    #[test]
    fn a_line_is_unsafe_up_to_its_fix() {
        assert_eq!(instead("redis:7.4.5").as_deref(), Some("7.4.6"));
        assert_eq!(instead("redis:7.4.6"), None);
        assert_eq!(instead("redis:7.4.11-alpine"), None);
        assert_eq!(instead("redis:8.4.0"), None);
    }

    #[test]
    fn a_line_without_a_fix_is_unsafe() {
        assert_eq!(instead("redis:7.0.15").as_deref(), Some("7.2.11"));
    }

    #[test]
    fn a_tag_that_moves_is_not_judged() {
        assert_eq!(instead("redis:7.4"), None);
        assert_eq!(instead("redis:7"), None);
    }
}
