//! Fluent Bit's classic format: sections of lines. A value ends with its line, and nothing escapes a
//! line break; [`crate::api::fluent_bit::Setting`] holds none.

use crate::api::fluent_bit::Settings;

/// Returns a file of sections.
pub fn file(sections: &[(&'static str, Settings)]) -> String {
    let blocks: Vec<String> = sections
        .iter()
        .map(|(name, it)| section(name, it))
        .collect();
    blocks.join("\n")
}

fn section(name: &str, settings: &Settings) -> String {
    let width = settings.iter().map(|(name, _)| name.len()).max();
    let width = width.unwrap_or_default();
    let mut out = format!("[{name}]\n");
    for (name, value) in settings.iter() {
        out.push_str(&format!("    {name:width$} {value}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_has_a_line_for_each_value() {
        let settings = Settings::of("modify").with_all("add", ["a b", "c d"]);
        assert_eq!(
            file(&[("FILTER", settings.clone()), ("FILTER", settings)]),
            "[FILTER]\n    name modify\n    add  a b\n    add  c d\n\n[FILTER]\n    name modify\n    add  a b\n    add  c d\n"
        );
    }
}
