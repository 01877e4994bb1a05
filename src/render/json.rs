//! JSON as people read it, and as programs read it line by line. Keys keep the order they have.

use serde_json::Value;

/// Returns a document with two spaces for each level and a newline at its end.
pub fn pretty(value: &Value) -> String {
    let mut out = serde_json::to_string_pretty(value).expect("a JSON value has a JSON form");
    out.push('\n');
    out
}

/// Returns documents without a break in them, each on a line of its own.
pub fn lines(values: &[Value]) -> String {
    values.iter().map(|it| format!("{it}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_keep_their_order() {
        let value = serde_json::json!({"title": "Redis", "panels": [1, {}]});
        assert_eq!(
            pretty(&value),
            "{\n  \"title\": \"Redis\",\n  \"panels\": [\n    1,\n    {}\n  ]\n}\n"
        );
    }

    #[test]
    fn a_document_is_one_line() {
        let values = [serde_json::json!({"b": "x\ny", "a": 1}), Value::Null];
        assert_eq!(lines(&values), "{\"b\":\"x\\ny\",\"a\":1}\nnull\n");
    }
}
