//! References to credentials: the only form in which the policy can name one.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::value::name::{SecretKey, Subdomain};

/// A credential that lies in a Secret of the cluster.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Credential {
    /// The Secret and the key in it; the value never passes through the policy.
    pub secret_ref: SecretRef,
}

/// A key of a Secret.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretRef {
    /// The name of the Secret.
    pub name: Subdomain,
    /// The key whose value is the credential; the value has no trailing line break.
    pub key: SecretKey,
}
