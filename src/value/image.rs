//! Container images.

use crate::value::{Wrong, text_type};

text_type!(
    /// A container image with a tag or a digest, so that one policy means one image.
    Image,
    "image",
    "A container image with a tag or a digest; never `latest`",
    ["redis:7.4.7", "oliver006/redis_exporter:v1.88.0"],
    |text| {
        let good = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'.' | b'-' | b'_' | b'/' | b':' | b'@');
        if text.is_empty() || text.len() > 512 || !text.bytes().all(good) {
            return Err(Wrong::new(
                format!("`{text}` is not a container image"),
                "write a repository and a tag, such as `redis:7.4.7`",
            ));
        }
        let (repository, digest) = match text.split_once('@') {
            Some((repository, digest)) => (repository, Some(digest)),
            None => (text, None),
        };
        if let Some(digest) = digest {
            let hex = digest.strip_prefix("sha256:").unwrap_or("");
            if hex.len() != 64 || !hex.bytes().all(|it| it.is_ascii_hexdigit()) {
                return Err(Wrong::new(
                    format!("`{digest}` is not an image digest"),
                    "write `@sha256:` and 64 hexadecimal digits",
                ));
            }
            return Ok(());
        }
        let last = repository.rsplit('/').next().unwrap_or(repository);
        match last.split_once(':') {
            Some((name, tag)) if !name.is_empty() && !tag.is_empty() && tag != "latest" && !tag.contains(':') => Ok(()),
            Some((_, "latest")) => Err(Wrong::new(
                format!("`{text}` is another image tomorrow"),
                "name the version: a restart must not be an upgrade",
            )),
            _ => Err(Wrong::new(
                format!("`{text}` names no version"),
                format!("add a tag or a digest, such as `{repository}:1.2.3`"),
            )),
        }
    }
);

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
            &format!("redis@sha256:{}", "a".repeat(64)),
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
        ] {
            assert!(Image::parse(text).is_err(), "{text}");
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
