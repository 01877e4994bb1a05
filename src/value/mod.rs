//! Small values that are valid by construction.
//!
//! Each type knows how it is written, refuses what is not it in its own words, and carries its
//! description into the schema. Nothing here knows the policy.

pub mod duration;
pub mod image;
pub mod index_size;
pub mod matcher;
pub mod name;
pub mod percentage;
pub mod promql;
pub mod quantity;
pub mod recipient;
pub mod reference;
pub mod secret;
pub mod text;
pub mod time_zone;
pub mod url;
pub mod version;

use crate::diag::{Diagnostic, Place, scalar};

/// Why a text is not a value of a type, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// What is wrong, as a phrase.
    pub what: String,
    /// What would be right; an example near to what was written, where there is one.
    pub help: String,
    /// The text to write instead, where there is only one.
    pub instead: Option<String>,
    /// The finding that it is, where it is one of its own.
    pub finding: Option<Finding>,
}

/// A finding that says more than that a text is not of its type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// Its name.
    pub name: &'static str,
    /// What stands at the place.
    pub label: &'static str,
    /// Why it matters.
    pub note: &'static str,
}

impl Wrong {
    pub(crate) fn new(what: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            help: help.into(),
            instead: None,
            finding: None,
        }
    }

    /// The finding that a value at a place is wrong; `why` it matters, where it is none of its own.
    pub(crate) fn error(self, at: Place, why: &str) -> Diagnostic {
        let what = self.what.clone();
        let finding = match self.finding {
            Some(of) => Diagnostic::error(of.name, at, what)
                .label(of.label)
                .note(of.note),
            None => Diagnostic::error("policy/invalid-value", at, what).note(why),
        };
        self.remedy(finding)
    }

    /// Says in a finding about a value what to write instead of it.
    pub(crate) fn remedy(self, finding: Diagnostic) -> Diagnostic {
        match self.instead {
            Some(text) => finding.instead(scalar::written(&text), self.help),
            None => finding.help(self.help),
        }
    }

    /// Makes it a finding of its own.
    pub(crate) fn of(self, finding: Finding) -> Self {
        Self {
            finding: Some(finding),
            ..self
        }
    }

    /// The help is to write this instead; a text that has to be quoted comes in quotes.
    pub(crate) fn near(self, text: &str) -> Self {
        let bare = text.strip_prefix('"').and_then(|it| it.strip_suffix('"'));
        Self {
            help: format!("write `{text}`"),
            instead: Some(bare.unwrap_or(text).to_owned()),
            ..self
        }
    }
}

/// Returns whether a text is of digits alone: Rust's numbers may begin with a sign.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit())
}

/// Returns the text without its white space.
pub(crate) fn tight(text: &str) -> String {
    text.split_whitespace().collect()
}

/// One type of text: its name in the schema (`format`), why it is one, and its reader.
pub struct Format {
    /// The name in the schema.
    pub name: &'static str,
    /// Why it matters that a text is of this type.
    pub why: &'static str,
    /// Says whether a text is of this type.
    pub check: fn(&str) -> Result<(), Wrong>,
}

/// Every type of text that the policy knows.
pub static FORMATS: &[Format] = &[
    duration::Duration::FORMAT,
    image::Image::FORMAT,
    index_size::IndexSize::FORMAT,
    matcher::Matcher::FORMAT,
    name::Name::FORMAT,
    name::AlertName::FORMAT,
    name::LabelName::FORMAT,
    name::MetricName::FORMAT,
    name::SecretKey::FORMAT,
    name::Subdomain::FORMAT,
    percentage::Percentage::FORMAT,
    quantity::Quantity::FORMAT,
    recipient::CorpId::FORMAT,
    recipient::FeishuMember::FORMAT,
    recipient::Login::FORMAT,
    recipient::MailAddress::FORMAT,
    recipient::MailServer::FORMAT,
    recipient::PhoneNumber::FORMAT,
    recipient::SlackChannel::FORMAT,
    recipient::WechatAgent::FORMAT,
    recipient::WechatGroups::FORMAT,
    recipient::WechatMembers::FORMAT,
    recipient::WecomMember::FORMAT,
    reference::CheckName::FORMAT,
    reference::FieldName::FORMAT,
    reference::Folder::FORMAT,
    reference::RelativePath::FORMAT,
    text::LabelKey::FORMAT,
    text::LabelValue::FORMAT,
    text::Line::FORMAT,
    text::Prose::FORMAT,
    text::TimeOfDay::FORMAT,
    time_zone::TimeZone::FORMAT,
    url::HttpUrl::FORMAT,
    version::Version::FORMAT,
];

/// Declares that a type is written as text: serde, schema and its place among the formats.
///
/// The type has `parse(&str) -> Result<Self, Wrong>`.
macro_rules! written_as_text {
    ($type:ident, $format:literal, $description:literal, $why:literal, [$($example:literal),+]) => {
        impl $type {
            pub(crate) const FORMAT: $crate::value::Format = $crate::value::Format {
                name: $format,
                why: $why,
                check: |text| $type::parse(text).map(|_| ()),
            };
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::parse(&text).map_err(|wrong| serde::de::Error::custom(wrong.what))
            }
        }

        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "format": $format,
                    "description": $description,
                    "examples": [$($example),+],
                })
            }
        }
    };
}
pub(crate) use written_as_text;

/// Declares a type that is a text with rules: the text is kept as it was written.
macro_rules! text_type {
    ($(#[$doc:meta])* $type:ident, $format:literal, $description:literal, $why:literal, [$($example:literal),+], $check:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $type(String);

        impl $type {
            /// Reads one.
            pub fn parse(text: &str) -> Result<Self, $crate::value::Wrong> {
                let check: fn(&str) -> Result<(), $crate::value::Wrong> = $check;
                check(text).map(|()| Self(text.to_owned()))
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        $crate::value::written_as_text!($type, $format, $description, $why, [$($example),+]);
    };
}
pub(crate) use text_type;
