//! How large an object is where it is delivered, and what is taken.

use std::io;

use serde_json::Value;

use crate::plan::{Document, Planned};

/// Bytes of the values of a ConfigMap or Secret (Kubernetes, `MaxSecretSize`), and of any object: the
/// API server takes a little more, and what it adds wants some of it.
pub const LARGEST: usize = 1024 * 1024;
/// Bytes of the rules of a PrometheusRule: the Prometheus operator refuses all rules of a Prometheus
/// for one above (its `maxConfigMapDataSize`, half of what a ConfigMap takes).
pub const LARGEST_RULES: usize = LARGEST / 2;
/// Bytes of all annotations of an object (Kubernetes, `TotalAnnotationSizeLimitB`). What applies an
/// object by itself, as `kubectl apply` and Argo CD do where they are not told otherwise, keeps all of
/// it in one.
pub const LARGEST_ANNOTATIONS: usize = 256 * 1024;

impl Planned {
    /// Bytes of the object as JSON without white space, as it is kept in an annotation; up to a
    /// tenth more, since not every form of a document is counted exactly.
    pub fn size(&self) -> usize {
        /// What is around a document: the field, quotes, a colon, a comma.
        const AROUND: usize = 24;
        let documents = self.documents.iter().map(|it| {
            let mut text = Escaped(0);
            it.document.count(&mut text);
            it.key.len() + AROUND + text.0
        });
        counted(self.object.value()) + documents.sum::<usize>()
    }

    /// Bytes of the values of a ConfigMap or Secret, by the same count.
    pub fn data(&self) -> usize {
        let documents = self.documents.iter().map(|it| {
            let mut text = Plain(0);
            it.document.count(&mut text);
            // The break at its end.
            text.0 + 1
        });
        let fields = ["data", "stringData", "binaryData"].map(|it| &self.object.value()[it]);
        let texts = fields
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(|it| it.values());
        let texts = texts.filter_map(Value::as_str).map(str::len);
        texts.sum::<usize>() + documents.sum::<usize>()
    }
}

/// Bytes of a value as JSON without white space.
pub(super) fn counted(value: &Value) -> usize {
    let mut plain = Plain(0);
    // Counting cannot fail.
    let _ = serde_json::to_writer(&mut plain, value);
    plain.0
}

impl Document {
    fn count(&self, to: &mut dyn io::Write) {
        // Counting cannot fail.
        let _ = match self {
            Self::Json(value) => serde_json::to_writer_pretty(to, value),
            Self::Yaml(value) => yaml(value, 0, to).map_err(serde_json::Error::io),
            Self::Ndjson(values) => values.iter().try_for_each(|it| {
                serde_json::to_writer(&mut *to, it)?;
                to.write_all(b"\n").map_err(serde_json::Error::io)
            }),
            // Names are as wide as the widest of their section.
            Self::Classic(sections) => sections.iter().try_for_each(|(name, settings)| {
                let width = settings
                    .iter()
                    .map(|(name, _)| name.len())
                    .max()
                    .unwrap_or(0);
                writeln!(to, "[{name}]\n").map_err(serde_json::Error::io)?;
                settings.iter().try_for_each(|(name, value)| {
                    writeln!(to, "    {name:width$} {value}").map_err(serde_json::Error::io)
                })
            }),
        };
    }
}

/// Writes a text of the form and the size of YAML: a line for each field and item, below which is what
/// is in it. A text counts with its quotes, whether it has some or not.
fn yaml(value: &Value, depth: usize, to: &mut dyn io::Write) -> io::Result<()> {
    let indent = |to: &mut dyn io::Write| to.write_all(&vec![b' '; 2 * depth]);
    match value {
        Value::Object(fields) => fields.iter().try_for_each(|(key, value)| {
            indent(to)?;
            write!(to, "{key}: ")?;
            match value {
                Value::Object(inner) if !inner.is_empty() => to.write_all(b"\n")?,
                Value::Array(items) if !items.is_empty() => {
                    to.write_all(b"\n")?;
                    return yaml(value, depth, to);
                }
                _ => {}
            }
            yaml(value, depth + 1, to)
        }),
        Value::Array(items) => items.iter().try_for_each(|it| match it {
            // The first field stands behind the dash, and what is before both is as wide.
            Value::Object(_) | Value::Array(_) => yaml(it, depth + 1, to),
            _ => {
                indent(to)?;
                to.write_all(b"- ")?;
                yaml(it, depth + 1, to)
            }
        }),
        Value::String(text) if text.contains('\n') => {
            to.write_all(b"|-\n")?;
            text.lines().try_for_each(|line| {
                indent(to)?;
                writeln!(to, "{line}")
            })
        }
        _ => writeln!(to, "{value}"),
    }
}

/// Counts bytes.
struct Plain(usize);

/// Counts the bytes of a text within JSON, where some have a backslash before them.
struct Escaped(usize);

impl io::Write for Plain {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Write for Escaped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let escaped = bytes.iter().filter(|it| matches!(it, b'"' | b'\\' | b'\n'));
        self.0 += bytes.len() + escaped.count();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
