//! Names of other things of the policy, and of files.

use crate::value::{Finding, Wrong, text_type};

text_type!(
    /// The name of a finding.
    CheckName,
    "check-name",
    "The name of a warning, as it stands in brackets behind `warning`: a group and a name",
    "what names no finding accepts none, and is believed to",
    ["redis/no-persistence"],
    |text| {
        let part = |it: &str| {
            it.split('-').all(|it| {
                !it.is_empty() && it.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit())
            })
        };
        if text.len() <= 100 && text.split_once('/').is_some_and(|(group, name)| part(group) && part(name)) {
            return Ok(());
        }
        let wrong = Wrong::new(
            format!("`{text}` is not the name of a finding"),
            "write its group and its name, such as `redis/no-persistence`",
        );
        let bare = text.trim().trim_start_matches("warning").trim_matches(['[', ']', ' ']);
        let near = bare.to_ascii_lowercase().replace([' ', '_'], "-");
        Err(match near != text && CheckName::parse(&near).is_ok() {
            true => wrong.near(&near),
            false => wrong,
        })
    }
);

text_type!(
    /// The path of a field.
    FieldName,
    "field-path",
    "The path of a field: keys and names of items with dots between them, `[2]` for an item without a name",
    "what names no field accepts nothing, and is believed to",
    ["redis.instances.session-cache", "routing.routes[2]"],
    |text| {
        if text.len() <= 1_000 && text.split('.').all(is_step) {
            return Ok(());
        }
        let wrong = Wrong::new(
            format!("`{text}` is not the path of a field"),
            "write keys and names with dots between them, such as `redis.instances.session-cache`",
        );
        let near = text.trim().trim_start_matches(['$', '.', '/']).trim_end_matches(['.', '/']);
        let near = near.replace('/', ".");
        Err(match near != text && FieldName::parse(&near).is_ok() {
            true => wrong.near(&near),
            false => wrong,
        })
    }
);

/// A key, perhaps with positions behind it: `routes[2]`.
fn is_step(text: &str) -> bool {
    let (key, positions) = text.split_at(text.find('[').unwrap_or(text.len()));
    let is_key = !key.is_empty()
        && key
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_'));
    let is_position = |it: &str| it.len() <= 6 && crate::value::is_digits(it);
    let position = positions
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'));
    is_key && (positions.is_empty() || position.is_some_and(is_position))
}

text_type!(
    /// The path of another policy.
    RelativePath,
    "relative-path",
    "The path of a file from where this one is, with `/` between its parts",
    "the same policy gives the same output wherever it is compiled",
    ["../base.yaml"],
    |text| {
        if text.trim().is_empty() {
            return Err(Wrong::new("this path is empty", "write a path such as `../base.yaml`"));
        }
        if text.starts_with('/') || text.contains(is_not_portable) {
            return Err(Wrong::new(
                format!("`{text}` does not mean the same file on every machine"),
                "write a path relative to this file, with `/` between its parts",
            )
            .of(Finding {
                name: "policy/unreadable",
                label: "not a relative path",
                note: "the same policy gives the same output wherever it is compiled",
            }));
        }
        crate::value::text::refuse_forbidden(text, false)
    }
);

/// Characters that name different files on different machines: what separates folders on Windows
/// only, what ends a path, and what macOS takes for one character with the letter before it.
fn is_not_portable(it: char) -> bool {
    matches!(it, '\\' | '\0' | '\u{0300}'..='\u{036F}')
}

text_type!(
    /// A folder of dashboards.
    Folder,
    "folder",
    "The name of a folder, or a path of names with `/` between them",
    "Grafana keeps the dashboards in a folder of this name",
    ["Redis", "Databases/Redis"],
    |text| {
        let is_name = |it: &str| !it.trim().is_empty() && it != "." && it != "..";
        if !text.is_empty() && !text.split('/').all(is_name) {
            return Err(Wrong::new(
                format!("`{text}` is not the name of a folder"),
                "write a name, or a path of names with `/` between them",
            )
            .of(Finding {
                name: "dashboards/unusable-folder",
                label: "not below Grafana's folder",
                note: "Grafana's sidecar writes files into a folder of that name, below the one that Grafana reads",
            }));
        }
        crate::value::text::Line::parse(text).map(|_| ())
    }
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_has_a_group_and_a_name() {
        assert!(CheckName::parse("tracing/jaeger-v1-retired").is_ok());
        for text in [
            "",
            "redis",
            "redis/",
            "/x",
            "a/b/c",
            "redis/no--x",
            "Redis/no-persistence",
            "redis/*",
        ] {
            assert!(CheckName::parse(text).is_err(), "{text}");
        }
        let wrong = CheckName::parse("warning[redis/no_persistence]").unwrap_err();
        assert_eq!(wrong.help, "write `redis/no-persistence`");
    }

    #[test]
    fn a_field_is_named_by_a_path() {
        for text in [
            "redis",
            "spec.redis.instances.a-b",
            "routing.routes[2].matchers[0]",
            "metadata.name",
        ] {
            assert!(FieldName::parse(text).is_ok(), "{text}");
        }
        for text in [
            "", "a..b", ".a", "a.", "a b", "a[x]", "a[1]b", "[1]", "a[", "redis.*",
        ] {
            assert!(FieldName::parse(text).is_err(), "{text}");
        }
        assert_eq!(
            FieldName::parse("/redis/instances/cache").unwrap_err().help,
            "write `redis.instances.cache`"
        );
    }

    #[test]
    fn a_path_means_the_same_everywhere() {
        for text in ["base.yaml", "../base.yaml", "./a b/c.yaml"] {
            assert!(RelativePath::parse(text).is_ok(), "{text}");
        }
        for text in ["", "/etc/passwd", "..\\base.yaml", "C:\\base.yaml", "a\nb"] {
            assert!(RelativePath::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_folder_stays_below_where_it_begins() {
        for text in ["Redis", "Databases/Redis 7"] {
            assert!(Folder::parse(text).is_ok(), "{text}");
        }
        for text in ["", "../Redis", "/Redis", "Redis/", "a//b", ".", " "] {
            assert!(Folder::parse(text).is_err(), "{text}");
        }
    }
}
