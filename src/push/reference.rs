//! Where an artifact goes: registry, name and tag, as tools of registries write them.

use std::net::Ipv4Addr;
use std::sync::LazyLock;

use regex::Regex;

/// Before every reference, as Flux and Argo CD have it.
const SCHEME: &str = "oci://";

/// The tag where none is written.
pub const LATEST: &str = "latest";

/// A name in a registry, and a tag of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    registry: String,
    name: String,
    tag: String,
}

static REGISTRY: LazyLock<Regex> = LazyLock::new(|| {
    let host = r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\]";
    Regex::new(&format!("^(?:{host})(?::[0-9]{{1,5}})?$")).expect("a constant")
});
static NAME: LazyLock<Regex> = LazyLock::new(|| {
    let part = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*";
    Regex::new(&format!("^{part}(?:/{part})*$")).expect("a constant")
});
static TAG: LazyLock<Regex> =
    LazyLock::new(|| Regex::new("^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$").expect("a constant"));

impl Reference {
    /// Reads `oci://HOST[:PORT]/NAME[:TAG]`; the error says what is wrong, and what to write instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return Err(match text.contains(['@', '?']) {
                true => format!("it does not begin with `{SCHEME}`; write `{SCHEME}HOST/NAME:TAG`"),
                false => {
                    let rest = text.split_once("://").map_or(text, |(_, rest)| rest);
                    format!("it does not begin with `{SCHEME}`; write `{SCHEME}{rest}`")
                }
            });
        };
        let (registry, path) = rest.split_once('/').unwrap_or((rest, ""));
        if registry.contains('@') {
            return Err(
                "it holds a user or password; remove it, and log in to the registry instead"
                    .to_owned(),
            );
        }
        if path.contains('@') {
            return Err(
                "it names a digest, which follows from what is pushed; name a tag".to_owned(),
            );
        }
        if !REGISTRY.is_match(registry) {
            return Err(format!(
                "`{registry}` is not a host; write `{SCHEME}HOST[:PORT]/NAME[:TAG]`"
            ));
        }
        let (name, tag) = path.split_once(':').unwrap_or((path, LATEST));
        if !NAME.is_match(name) || name.len() > 255 {
            return Err(format!(
                "`{name}` is not a name in a registry; write parts of small letters and digits, with `.`, `_` or `-` \
                 between them and `/` between the parts, such as `{SCHEME}{registry}/observability/prod`"
            ));
        }
        check_tag(tag)?;
        Ok(Self {
            registry: registry.to_ascii_lowercase(),
            name: name.to_owned(),
            tag: tag.to_owned(),
        })
    }

    /// The registry as people name it, with the port if one is written.
    pub fn registry(&self) -> &str {
        &self.registry
    }

    /// The name in the registry.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tag.
    pub fn tag(&self) -> &str {
        &self.tag
    }

    /// What names an artifact by its digest, whatever becomes of its tags.
    pub fn with_digest(&self, digest: &str) -> String {
        format!("{SCHEME}{}/{}@{digest}", self.registry, self.name)
    }

    /// Whether the registry is on this machine, so that what is sent there passes no network.
    pub fn is_local(&self) -> bool {
        is_loopback(&self.registry)
    }

    /// The host and port that answer for the registry: Docker Hub's are not those it is known by.
    pub(crate) fn authority(&self) -> &str {
        match self.is_docker_hub() {
            true => "registry-1.docker.io",
            false => &self.registry,
        }
    }

    /// The names by which a file of credentials may know the registry.
    pub(crate) fn known_as(&self) -> Vec<&str> {
        match self.is_docker_hub() {
            true => vec!["docker.io", "index.docker.io", "registry-1.docker.io"],
            false => vec![&self.registry],
        }
    }

    fn is_docker_hub(&self) -> bool {
        matches!(
            self.registry.as_str(),
            "docker.io" | "index.docker.io" | "registry-1.docker.io"
        )
    }
}

/// Says what is wrong with a tag, if anything.
pub fn check_tag(tag: &str) -> Result<(), String> {
    match TAG.is_match(tag) {
        true => Ok(()),
        false => Err(format!(
            "`{tag}` is not a tag; write up to 128 letters, digits, `_`, `.` and `-`, and neither `.` nor `-` first"
        )),
    }
}

/// Whether a host, with or without a port, is this machine: what is sent there passes no network.
pub(crate) fn is_loopback(authority: &str) -> bool {
    if authority == "[::1]" || authority.starts_with("[::1]:") {
        return true;
    }
    let host = authority.split(':').next().unwrap_or_default();
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|it| it.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_read_as_registries_read_it() {
        let parts = |text: &str| {
            let it = Reference::parse(text).unwrap();
            (it.registry, it.name, it.tag)
        };
        let of = |registry: &str, name: &str, tag: &str| {
            (registry.to_owned(), name.to_owned(), tag.to_owned())
        };
        assert_eq!(
            parts("oci://ghcr.io/shop/observability/prod"),
            of("ghcr.io", "shop/observability/prod", "latest")
        );
        assert_eq!(
            parts("oci://Registry.Example.com:5000/a__b-c.d:v1.2_3"),
            of("registry.example.com:5000", "a__b-c.d", "v1.2_3")
        );
        assert_eq!(parts("oci://[::1]:5000/a:1"), of("[::1]:5000", "a", "1"));
    }

    #[test]
    fn what_is_no_reference_is_told_without_a_credential_in_it() {
        for (text, wanted) in [
            ("ghcr.io/a", "write `oci://ghcr.io/a`"),
            ("https://ghcr.io/a", "write `oci://ghcr.io/a`"),
            (
                "https://me:hunter2@ghcr.io/a",
                "write `oci://HOST/NAME:TAG`",
            ),
            ("oci://me:hunter2@ghcr.io/a", "a user or password"),
            ("oci://ghcr.io", "`` is not a name"),
            ("oci:///a", "`` is not a host"),
            ("oci://a b/c", "`a b` is not a host"),
            ("oci://ghcr.io/Shop", "`Shop` is not a name"),
            ("oci://ghcr.io/a//b", "`a//b` is not a name"),
            ("oci://ghcr.io/a/../b", "`a/../b` is not a name"),
            ("oci://ghcr.io/a:", "`` is not a tag"),
            ("oci://ghcr.io/a:-x", "`-x` is not a tag"),
            ("oci://ghcr.io/a:x/y", "`x/y` is not a tag"),
            ("oci://ghcr.io/a@sha256:00", "name a tag"),
        ] {
            let said = Reference::parse(text).unwrap_err();
            assert!(said.contains(wanted), "{text}: {said}");
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_names() {
        for it in [
            "localhost",
            "LOCALHOST:5000",
            "127.0.0.1:1",
            "127.9.9.9",
            "[::1]",
            "[::1]:5000",
        ] {
            assert!(is_loopback(it), "{it}");
        }
        for it in [
            "localhost.example.com",
            "127.0.0.1.example.com:80",
            "128.0.0.1",
            "[::2]",
            "10.0.0.1",
            "[::1].example.com",
        ] {
            assert!(!is_loopback(it), "{it}");
        }
    }
}
