//! stub
use crate::value::name::Name;
use schemars::JsonSchema;
use serde::Deserialize;
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ReceiverSpec {
    pub name: Name,
}
impl ReceiverSpec {
    pub fn check(&self, _: &crate::diag::path::FieldPath, _: &mut Vec<crate::diag::Diagnostic>) {}
    pub fn has_robot(&self) -> bool {
        false
    }
}
