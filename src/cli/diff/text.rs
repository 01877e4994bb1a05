//! A comparison for people.

use crate::cli::diff::sides::Compared;

/// What differs.
pub(super) fn shown(compared: &[Compared], summary: bool, width: Option<usize>) -> String {
    let _ = (summary, width);
    let mut text = String::new();
    for it in compared.iter().filter(|it| !it.difference.is_empty()) {
        text.push_str(&format!("{} {:?} {:?}\n", it.name, it.before, it.after));
        for consequence in &it.difference.consequences {
            text.push_str(&format!("{:?}\n", consequence));
        }
        for pair in &it.difference.objects {
            text.push_str(&format!("  {}\n", pair.id));
            for field in &pair.fields {
                text.push_str(&format!("    {}\n", field.name()));
            }
        }
    }
    text
}
