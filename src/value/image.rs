//! Container images.

use crate::value::recipient::{is_host, is_port};
use crate::value::{Wrong, text_type};

text_type!(
    /// A container image with a tag or a digest, so that one policy means one image.
    Image,
    "image",
    "A container image with a tag or a digest; never `latest`",
    "a pod whose image is not found does not start, and without a version it changes by itself",
    ["redis:7.4.7", "oliver006/redis_exporter:v1.88.0"],
    |text| {
        let (name, digest) = match text.split_once('@') {
            Some((name, digest)) => (name, Some(digest)),
            None => (text, None),
        };
        // A colon behind the last slash begins a tag, one before it a port.
        let start = name.rfind('/').map_or(0, |it| it + 1);
        let (repository, tag) = match name[start..].split_once(':') {
            Some((last, tag)) => (&name[..start + last.len()], Some(tag)),
            None => (name, None),
        };
        let wrong = |what: String, help: String| Err(Wrong::new(what, help));
        if repository.is_empty() || text.chars().any(char::is_whitespace) || text.contains("://") {
            return wrong(
                format!("`{text}` is not a container image"),
                "write a repository and a tag, such as `redis:7.4.7`".to_owned(),
            );
        }
        let (domain, path) = domain_and_path(repository);
        if domain.is_some_and(|it| !is_domain(it)) {
            return wrong(
                format!("`{}` is not a registry", domain.unwrap_or_default()),
                "write a host and at most a port in front of the first `/`, such as `registry.example.com:5000`".to_owned(),
            );
        }
        if !path.split('/').all(is_component) || repository.len() > 255 {
            let lower = text.replacen(path, &path.to_ascii_lowercase(), 1);
            let is_case = lower != text && Image::parse(&lower).is_ok();
            return wrong(
                format!("`{path}` is not a repository"),
                match is_case {
                    true => format!("write `{lower}`: a repository has no capital letters"),
                    false => "write lower-case letters and digits, with `.`, `_` or `-` inside and `/` between parts".to_owned(),
                },
            );
        }
        if tag == Some("latest") {
            return wrong(
                format!("`{text}` is another image tomorrow"),
                match digest {
                    Some(digest) => format!("write `{repository}@{digest}`"),
                    None => format!("name the version that runs, such as `{}`: a restart must not be an upgrade", versioned(repository)),
                },
            );
        }
        if let Some(tag) = tag.filter(|it| !is_tag(it)) {
            return wrong(
                format!("`{tag}` is not the tag of an image"),
                "write letters, digits, `_`, `.` and `-`, first none of the last two, at most 128 characters".to_owned(),
            );
        }
        match digest {
            Some(digest) if !is_digest(digest) => wrong(
                format!("`{digest}` is not an image digest"),
                "write `sha256:` and 64 digits of `0` to `9` and `a` to `f` behind the `@`".to_owned(),
            ),
            None if tag.is_none() => wrong(
                format!("`{text}` names no version"),
                format!("add the version that runs, such as `{}`, or a digest", versioned(repository)),
            ),
            Some(_) | None => Ok(()),
        }
    }
);

/// A repository with a tag that it could have.
fn versioned(repository: &str) -> String {
    let is_redis = repository.ends_with("redis");
    format!("{repository}:{}", if is_redis { "7.4.7" } else { "1.2.3" })
}

// The grammar is that of distribution/reference. There a first part with capital letters is a
// registry too; here it is taken for the mistake that it is.

fn domain_and_path(repository: &str) -> (Option<&str>, &str) {
    match repository.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
            (Some(first), path)
        }
        _ => (None, repository),
    }
}

fn is_domain(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, Some(port)),
        _ => (text, None),
    };
    let address = host.strip_prefix('[').and_then(|it| it.strip_suffix(']'));
    let is_host_or_address = match address {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => is_host(host),
    };
    is_host_or_address && port.is_none_or(is_port)
}

/// Letters and digits, with one separator between any two groups: `.`, `_`, `__` or dashes.
fn is_component(text: &str) -> bool {
    let is_plain = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit();
    let ends = |it: Option<&u8>| it.is_some_and(|it| is_plain(*it));
    let bytes = text.as_bytes();
    let mut separators = bytes.split(|it| is_plain(*it));
    ends(bytes.first())
        && ends(bytes.last())
        && separators
            .all(|it| matches!(it, b"" | b"." | b"_" | b"__") || it.iter().all(|it| *it == b'-'))
}

fn is_tag(text: &str) -> bool {
    let good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.' | b'-');
    (1..=128).contains(&text.len()) && text.bytes().all(good) && !text.starts_with(['.', '-'])
}

/// The algorithms of go-digest, each with the length of its hex.
fn is_digest(text: &str) -> bool {
    let length = match text.split_once(':') {
        Some(("sha256", _)) => 64,
        Some(("sha384", _)) => 96,
        Some(("sha512", _)) => 128,
        _ => return false,
    };
    let hex = text.split_once(':').map_or("", |it| it.1);
    hex.len() == length
        && hex
            .bytes()
            .all(|it| it.is_ascii_digit() || (b'a'..=b'f').contains(&it))
}

impl Image {
    /// The tag, where there is one.
    pub fn tag(&self) -> Option<&str> {
        let text = self.as_str().split('@').next()?;
        text.rsplit('/').next()?.split_once(':').map(|(_, tag)| tag)
    }

    /// The repository without tag and digest.
    pub fn repository(&self) -> &str {
        let text = self.as_str().split('@').next().unwrap_or_default();
        match self.tag() {
            Some(tag) => &text[..text.len() - tag.len() - 1],
            None => text,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_has_a_version() {
        for text in [
            "redis:7.4.7",
            "registry:5000/a/b:v1",
            "[::1]:5000/redis:7",
            "localhost/redis:7",
            "Registry.example.com/redis:7",
            "a/b__c/d-----e/f.g_h:7",
            "redis:7_alpine.1-RC",
            "redis:_7",
            &format!("redis:{}", "a".repeat(128)),
            &format!("redis@sha256:{}", "a".repeat(64)),
            &format!("redis:7@sha512:{}", "0".repeat(128)),
        ] {
            assert!(Image::parse(text).is_ok(), "{text}");
        }
        for text in [
            "redis",
            "redis:latest",
            "registry:5000/redis",
            "redis@sha256:abc",
            "a b:1",
            "",
            ":7",
            "/redis:7",
            "redis/:7",
            "redis:",
            "redis:7:7",
            "redis:.7",
            "redis:-7",
            "redis:7/8",
            "Redis:7",
            "Oliver006/redis_exporter:v1",
            "a/Redis:7",
            "a..b:7",
            "a___b:7",
            "-a:7",
            "a-:7",
            "a.-b:7",
            "registry:0/redis:7",
            "registry:65536/redis:7",
            "registry:/redis:7",
            "reg_istry.example/redis:7",
            "docker://redis:7",
            "https://registry.example/redis:7",
            "é:7",
            &format!("redis:{}", "a".repeat(129)),
            &format!("{}:7", "a".repeat(256)),
            &format!("redis@sha256:{}", "A".repeat(64)),
            &format!("redis@md5:{}", "a".repeat(32)),
            &format!("redis:latest@sha256:{}", "a".repeat(64)),
        ] {
            assert!(Image::parse(text).is_err(), "{text}");
        }
        for (text, near) in [
            ("Redis:7", "`redis:7`"),
            ("redis", "`redis:7.4.7`"),
            ("ghcr.io/Acme/Redis:7", "`ghcr.io/acme/redis:7`"),
        ] {
            let help = Image::parse(text).unwrap_err().help;
            assert!(help.contains(near), "{text}: {help}");
        }
    }

    #[test]
    fn a_port_of_a_registry_is_no_tag() {
        let image = Image::parse("registry:5000/a/redis:7.4").unwrap();
        assert_eq!(
            (image.repository(), image.tag()),
            ("registry:5000/a/redis", Some("7.4"))
        );
    }
}
