//! Fluent Bit's configuration: sections of settings, the same for both of its formats.
//!
//! Fluent Bit puts the environment into every value that holds `${`, and in the classic format a line
//! break begins the next setting or section. So a value is a [`Setting`], which holds neither.

/// A configuration.
#[derive(Debug, Clone, Default)]
pub struct Configuration {
    /// The program itself.
    pub service: Settings,
    /// How lines become fields.
    pub parsers: Vec<Settings>,
    /// Where lines come from.
    pub inputs: Vec<Settings>,
    /// What is done to them, in order.
    pub filters: Vec<Settings>,
    /// Where they go.
    pub outputs: Vec<Settings>,
}

/// The settings of one section, in order; a name that occurs several times is a list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settings(Vec<(&'static str, Setting)>);

/// The value of a setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting(String);

/// What a configuration takes from its environment: never a name that a policy chooses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variable {
    /// The user that writes to Elasticsearch.
    User,
    /// Its password.
    Password,
    /// The address of the pod.
    PodIp,
}

impl Variable {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "ES_USER",
            Self::Password => "ES_PASSWORD",
            Self::PodIp => "POD_IP",
        }
    }
}

impl Setting {
    /// A text. The types of the policy let through neither a line break nor `${`, so one with them
    /// is a defect of the program.
    pub fn text(text: impl Into<String>) -> Self {
        let text = text.into();
        assert!(
            !text.contains("${") && !text.chars().any(char::is_control) && text.trim() == text,
            "{text:?} is not a value of Fluent Bit"
        );
        Self(text)
    }

    /// What a variable of the environment holds.
    pub fn variable(variable: Variable) -> Self {
        Self(format!("${{{}}}", variable.name()))
    }

    /// The value as Fluent Bit reads it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Settings {
    /// The settings of a plugin.
    pub fn of(plugin: &str) -> Self {
        Self::default().with("name", plugin)
    }

    /// Adds a setting.
    pub fn with(self, name: &'static str, text: impl Into<String>) -> Self {
        self.set(name, Setting::text(text))
    }

    /// Adds a setting of several values.
    pub fn with_all<T: Into<String>>(
        self,
        name: &'static str,
        texts: impl IntoIterator<Item = T>,
    ) -> Self {
        texts.into_iter().fold(self, |it, text| it.with(name, text))
    }

    /// Adds a setting.
    pub fn set(mut self, name: &'static str, setting: Setting) -> Self {
        self.0.push((name, setting));
        self
    }

    /// All settings, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0
            .iter()
            .map(|(name, setting)| (*name, setting.as_str()))
    }

    /// The names in the order of their first use, each with its values.
    pub fn grouped(&self) -> Vec<(&'static str, Vec<&str>)> {
        let mut groups: Vec<(&'static str, Vec<&str>)> = Vec::new();
        for (name, value) in self.iter() {
            match groups.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(value),
                None => groups.push((name, vec![value])),
            }
        }
        groups
    }

    /// The first value of a setting.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.iter().find(|(it, _)| *it == name).map(|(_, it)| it)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_variable_reads_the_environment() {
        assert_eq!(Setting::variable(Variable::User).as_str(), "${ES_USER}");
        for text in ["${AWS_SECRET}", "a\n[OUTPUT]", "a\r", "a\0"] {
            assert!(std::panic::catch_unwind(|| Setting::text(text)).is_err());
        }
    }
}
