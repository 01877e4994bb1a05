//! The credential of a registry, from where other tools keep it. No program is run for it.

use std::collections::BTreeMap;
use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;

use crate::push::reference::Reference;

/// What a registry is shown. It is never printed, not even by a defect of this program.
#[derive(Clone, PartialEq, Eq)]
pub enum Credentials {
    /// Nothing: the registry takes from everybody, or says that it does not.
    None,
    /// A user and a password, or a token in its place.
    Password {
        /// The user.
        user: String,
        /// The password.
        password: String,
    },
    /// A token that buys others.
    Identity(String),
    /// It is where only a program reads it: the name of that program's helper.
    Helper(String),
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Password { .. } => "Password",
            Self::Identity(_) => "Identity",
            Self::Helper(_) => "Helper",
        })
    }
}

/// The file that `docker login` writes, and with it `oras`, `crane`, `skopeo` and `flux`.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    auths: BTreeMap<String, Entry>,
    cred_helpers: BTreeMap<String, String>,
    creds_store: String,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Entry {
    auth: String,
    username: String,
    password: String,
    identitytoken: String,
}

impl Credentials {
    /// Finds the credential of a registry in the text of a `config.json`; the error says what is wrong
    /// with the file, without anything of its content.
    pub fn of(reference: &Reference, config: &str) -> Result<Self, &'static str> {
        let file: File = serde_json::from_str(config)
            .map_err(|_| "is not a `config.json` as `docker login` writes it")?;
        let names = reference.known_as();
        let helper = |key: &&String| names.contains(&host(key).as_str());
        if let Some(key) = file.cred_helpers.keys().find(helper) {
            let helper = file.cred_helpers.get(key).cloned().unwrap_or_default();
            return Ok(Self::Helper(helper));
        }
        // A login may be of a part of a registry: the one of the smallest part that holds the name counts.
        let whole: Vec<String> = names
            .iter()
            .map(|it| format!("{it}/{}/", reference.name()))
            .collect();
        let entry = file
            .auths
            .iter()
            .map(|(key, entry)| (part(key), entry))
            .filter(|(part, _)| whole.iter().any(|it| it.starts_with(&format!("{part}/"))))
            .max_by_key(|(part, _)| part.len());
        let found = match entry {
            Some((_, entry)) => entry.credentials()?,
            None => Self::None,
        };
        Ok(match found {
            Self::None if !file.creds_store.is_empty() => Self::Helper(file.creds_store),
            found => found,
        })
    }

    /// Whatever must not appear in a text.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        match self {
            Self::None | Self::Helper(_) => Vec::new(),
            Self::Password { password, .. } => vec![password],
            Self::Identity(token) => vec![token],
        }
    }

    /// The header that shows a user and a password.
    pub(crate) fn basic(&self) -> Option<String> {
        let Self::Password { user, password } = self else {
            return None;
        };
        let pair = STANDARD.encode(format!("{user}:{password}"));
        Some(format!("Basic {pair}"))
    }
}

impl Entry {
    fn credentials(&self) -> Result<Credentials, &'static str> {
        if !self.identitytoken.is_empty() {
            return Ok(Credentials::Identity(self.identitytoken.clone()));
        }
        if self.auth.is_empty() {
            return Ok(match self.username.is_empty() {
                true => Credentials::None,
                false => Credentials::Password {
                    user: self.username.clone(),
                    password: self.password.clone(),
                },
            });
        }
        const BROKEN: &str =
            "has an `auth` of this registry that is not `user:password` in base64; log in again";
        let pair = STANDARD.decode(self.auth.trim()).map_err(|_| BROKEN)?;
        let pair = String::from_utf8(pair).map_err(|_| BROKEN)?;
        let (user, password) = pair.split_once(':').ok_or(BROKEN)?;
        Ok(Credentials::Password {
            user: user.to_owned(),
            // Docker once padded it.
            password: password.trim_end_matches('\0').to_owned(),
        })
    }
}

/// The part of a registry that a key stands for: `https://ghcr.io/v1/` is all of `ghcr.io`.
fn part(key: &str) -> String {
    let key = key.split_once("://").map_or(key, |(_, rest)| rest);
    let key = key.trim_end_matches('/');
    let key = ["/v1", "/v2"]
        .iter()
        .find_map(|it| key.strip_suffix(it))
        .unwrap_or(key);
    let (host, rest) = key.split_at(key.find('/').unwrap_or(key.len()));
    format!("{}{rest}", host.to_ascii_lowercase())
}

fn host(key: &str) -> String {
    let part = part(key);
    part.split('/').next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn of(reference: &str, config: &str) -> Result<Credentials, &'static str> {
        Credentials::of(&Reference::parse(reference).unwrap(), config)
    }

    fn password(user: &str, password: &str) -> Result<Credentials, &'static str> {
        Ok(Credentials::Password {
            user: user.to_owned(),
            password: password.to_owned(),
        })
    }

    #[test]
    fn a_login_is_found_by_every_form_of_its_registry() {
        // `me:a:b` in base64.
        for key in [
            "r.example.com",
            "https://r.example.com",
            "https://R.example.com/v1/",
            "r.example.com/v2/",
        ] {
            let config = format!(r#"{{"auths": {{"{key}": {{"auth": "bWU6YTpi"}}}}}}"#);
            assert_eq!(
                of("oci://r.example.com/a/b", &config),
                password("me", "a:b"),
                "{key}"
            );
        }
        let hub =
            r#"{"auths": {"https://index.docker.io/v1/": {"username": "me", "password": "a"}}}"#;
        assert_eq!(of("oci://docker.io/a/b", hub), password("me", "a"));
        let token = r#"{"auths": {"r:5000": {"auth": "bWU6", "identitytoken": "t"}}}"#;
        assert_eq!(
            of("oci://r:5000/a", token),
            Ok(Credentials::Identity("t".to_owned()))
        );
    }

    #[test]
    fn the_login_of_another_registry_is_never_taken() {
        let config = r#"{"auths": {"r.example.com": {"auth": "bWU6YQ=="}, "r.example.com/a": {"auth": "bWU6Yg=="}}}"#;
        assert_eq!(of("oci://r.example.com/a/b", config), password("me", "b"));
        assert_eq!(of("oci://r.example.com/a", config), password("me", "b"));
        assert_eq!(of("oci://r.example.com/ab", config), password("me", "a"));
        for other in [
            "oci://r.example.com:5000/a",
            "oci://r.example.co/a",
            "oci://r.example.com.evil.org/a",
            "oci://evil.org/r.example.com/a",
            "oci://xr.example.com/a",
        ] {
            assert_eq!(of(other, config), Ok(Credentials::None), "{other}");
        }
    }

    #[test]
    fn what_only_a_program_reads_is_told_from_what_is_not_there() {
        let store = r#"{"auths": {"r.example.com": {}}, "credsStore": "desktop"}"#;
        let helper = |it: &str| Ok(Credentials::Helper(it.to_owned()));
        assert_eq!(of("oci://r.example.com/a", store), helper("desktop"));
        let own = r#"{"auths": {"r.example.com": {"auth": "bWU6YQ=="}}, "credHelpers": {"r.example.com": "ecr-login"}}"#;
        assert_eq!(of("oci://r.example.com/a", own), helper("ecr-login"));
        assert_eq!(of("oci://other.example.com/a", own), Ok(Credentials::None));
        assert_eq!(of("oci://r.example.com/a", "{}"), Ok(Credentials::None));
    }

    #[test]
    fn a_broken_file_is_told_without_its_content() {
        for config in [
            "hunter2",
            r#"{"auths": ["hunter2"]}"#,
            r#"{"auths": {"r.example.com": {"auth": "hunter2!"}}}"#,
            r#"{"auths": {"r.example.com": {"auth": "aHVudGVyMg=="}}}"#,
        ] {
            let said = of("oci://r.example.com/a", config).unwrap_err();
            assert!(!said.contains("unter"), "{said}");
        }
        let found = of(
            "oci://r.example.com/a",
            r#"{"auths": {"r.example.com": {"auth": "bWU6aHVudGVyMg=="}}}"#,
        );
        assert!(!format!("{found:?}").contains("hunter2"));
    }
}
