//! Where in the policy: the path of a field, independent of the text that it was read from.

use std::fmt;

/// One step from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    /// The key of a map, or the `name` of an item of a list of named things.
    Key(String),
    /// The position in a list.
    Index(usize),
}

/// The path of a field, from the top of the policy.
///
/// It is shown without the leading `spec`, and the items of named lists by their name:
/// `redis.instances.session-cache.alerts`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct FieldPath(Vec<Segment>);

impl FieldPath {
    /// The policy as a whole.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path of a field below `spec`.
    pub fn spec(keys: &[&str]) -> Self {
        keys.iter()
            .fold(Self::root().key("spec"), |path, key| path.key(key))
    }

    /// Reads what a person writes: keys and names separated by dots, `spec` left out.
    pub fn parse(text: &str) -> Self {
        let mut path = if text.starts_with("metadata") {
            Self::root()
        } else {
            Self::root().key("spec")
        };
        for part in text.strip_prefix("spec.").unwrap_or(text).split('.') {
            let (name, index) = match part.split_once('[') {
                Some((name, rest)) => (name, rest.strip_suffix(']').and_then(|it| it.parse().ok())),
                None => (part, None),
            };
            if !name.is_empty() {
                path = path.key(name);
            }
            if let Some(index) = index {
                path = path.index(index);
            }
        }
        path
    }

    /// The field `key` of this one, or the item of that name.
    pub fn key(&self, key: &str) -> Self {
        self.push(Segment::Key(key.to_owned()))
    }

    /// The item at `index` of this list.
    pub fn index(&self, index: usize) -> Self {
        self.push(Segment::Index(index))
    }

    /// The field that a step leads to from this one.
    pub fn step(&self, step: &Segment) -> Self {
        self.push(step.clone())
    }

    /// The steps from the top.
    pub fn segments(&self) -> &[Segment] {
        &self.0
    }

    /// The field that holds this one.
    pub fn parent(&self) -> Option<Self> {
        let (_, rest) = self.0.split_last()?;
        Some(Self(rest.to_vec()))
    }

    /// Returns the instance that this is, or is a field of.
    pub fn instance(&self) -> Option<Self> {
        let instances = Self::spec(&["redis", "instances"]);
        let rest = self.0.strip_prefix(instances.0.as_slice())?;
        match rest.first() {
            Some(Segment::Key(name)) => Some(instances.key(name)),
            Some(Segment::Index(_)) | None => None,
        }
    }

    /// The fields that hold this one, from the nearest to the policy as a whole.
    pub fn parents(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// Returns the field of `redis.defaults` that an instance, or a field of one, is laid over.
    pub fn in_defaults(&self) -> Option<Self> {
        let instances = Self::spec(&["redis", "instances"]);
        let rest = self.0.strip_prefix(instances.0.as_slice())?;
        let (_, field) = rest.split_first()?;
        let mut defaults = Self::spec(&["redis", "defaults"]);
        defaults.0.extend_from_slice(field);
        Some(defaults)
    }

    /// Returns how a field inside `other` is called from there.
    pub fn below(&self, other: &Self) -> Option<String> {
        let rest = self.0.strip_prefix(other.0.as_slice())?;
        (!rest.is_empty()).then(|| Self(rest.to_vec()).to_string())
    }

    /// Returns whether this is `other` or below it.
    pub fn is_within(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    fn push(&self, segment: Segment) -> Self {
        let mut segments = self.0.clone();
        segments.push(segment);
        Self(segments)
    }
}

impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut segments = self.0.as_slice();
        if let [Segment::Key(first), rest @ ..] = segments
            && first == "spec"
            && !rest.is_empty()
        {
            segments = rest;
        }
        for (position, segment) in segments.iter().enumerate() {
            match segment {
                Segment::Key(key) if position == 0 => write!(f, "{key}")?,
                Segment::Key(key) => write!(f, ".{key}")?,
                Segment::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_read_back() {
        for text in [
            "redis.instances.session-cache",
            "routing.routes[2].matchers[0]",
            "metadata.name",
        ] {
            assert_eq!(FieldPath::parse(text).to_string(), text);
        }
    }

    #[test]
    fn a_field_of_an_instance_has_a_default() {
        let default = |it: &str| FieldPath::parse(it).in_defaults().map(|it| it.to_string());
        assert_eq!(
            default("redis.instances.a.storage.size"),
            Some("redis.defaults.storage.size".to_owned())
        );
        assert_eq!(
            default("redis.instances.a"),
            Some("redis.defaults".to_owned())
        );
        assert_eq!(default("redis.instances"), None);
        assert_eq!(default("redis.defaults.image"), None);
    }

    #[test]
    fn a_field_is_within_itself_and_its_parents_only() {
        let path = FieldPath::parse("redis.instances.a.config");
        assert!(path.is_within(&FieldPath::parse("redis.instances.a")));
        assert!(path.is_within(&path));
        assert!(!path.is_within(&FieldPath::parse("redis.instances.b")));
    }
}
