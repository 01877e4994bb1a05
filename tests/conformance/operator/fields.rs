//! Objects of which every field is known and has its type.

use serde_json::{Map, Value};

/// An object, and where it is in its resource.
pub(super) struct Fields<'a> {
    map: &'a Map<String, Value>,
    pub(super) path: String,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Value, path: &str) -> Result<Self, String> {
        match value.as_object() {
            Some(map) => Ok(Self {
                map,
                path: path.to_owned(),
            }),
            None => Err(format!("{path}: not an object: {value}")),
        }
    }

    pub(super) fn only(&self, known: &[&str]) -> Result<(), String> {
        match self.map.keys().find(|it| !known.contains(&it.as_str())) {
            Some(unknown) => Err(format!("{}: unknown field `{unknown}`", self.path)),
            None => Ok(()),
        }
    }

    pub(super) fn one_of(&self, fields: &[&str]) -> Result<(), String> {
        match fields.iter().any(|it| self.map.contains_key(*it)) {
            true => Ok(()),
            false => Err(format!("needs {}", fields.join(" or "))),
        }
    }

    /// Returns a field; `null` is none.
    fn typed<T>(
        &self,
        field: &str,
        read: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, String> {
        match self.map.get(field) {
            None | Some(Value::Null) => Ok(None),
            Some(it) => match read(it) {
                Some(read) => Ok(Some(read)),
                None => Err(format!("{}.{field}: of the wrong type: {it}", self.path)),
            },
        }
    }

    pub(super) fn text(&self, field: &str) -> Result<Option<&'a str>, String> {
        self.typed(field, Value::as_str)
    }

    pub(super) fn flag(&self, field: &str) -> Result<Option<bool>, String> {
        self.typed(field, Value::as_bool)
    }

    pub(super) fn number(&self, field: &str) -> Result<Option<i64>, String> {
        self.typed(field, Value::as_i64)
    }

    pub(super) fn texts(&self, field: &str) -> Result<Vec<&'a str>, String> {
        let texts = self.typed(field, |it| {
            it.as_array()?
                .iter()
                .map(Value::as_str)
                .collect::<Option<_>>()
        })?;
        Ok(texts.unwrap_or_default())
    }

    pub(super) fn object(&self, field: &str) -> Result<Option<Fields<'a>>, String> {
        let map = self.typed(field, Value::as_object)?;
        let path = format!("{}.{field}", self.path);
        Ok(map.map(|map| Fields { map, path }))
    }

    pub(super) fn each(&self, field: &str) -> Result<Vec<Fields<'a>>, String> {
        let items = self.typed(field, Value::as_array)?;
        let items = items.into_iter().flatten().enumerate();
        let read = |(index, it)| Fields::of(it, &format!("{}.{field}[{index}]", self.path));
        items.map(read).collect()
    }

    /// Returns the key of a Secret that a field names, as `name/key`.
    pub(super) fn secret(&self, field: &str) -> Result<Option<String>, String> {
        let Some(selector) = self.object(field)? else {
            return Ok(None);
        };
        selector.only(&["name", "key", "optional"])?;
        match (selector.text("name")?, selector.text("key")?) {
            (Some(name), Some(key)) => Ok(Some(format!("{name}/{key}"))),
            _ => Err(format!("{}: names no key of a Secret", selector.path)),
        }
    }
}
