//! Addresses that people open or that software calls.

use crate::value::{Wrong, text_type};

text_type!(
    /// An `http` or `https` address without credentials.
    HttpUrl,
    "http-url",
    "An `https` or `http` address without a user or password",
    ["https://grafana.example.com"],
    |text| {
        let wrong = |what: String, help: &str| Err(Wrong::new(what, help));
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
            return wrong(
                "this is not an address that a browser opens safely".to_owned(),
                "write it with `https://` in front",
            );
        };
        if text.len() > 2_000 || text.chars().any(|it| it.is_whitespace() || it.is_control() || "<>\"'`{}|\\^".contains(it)) {
            return wrong(
                "this address has a character that does not belong in one".to_owned(),
                "percent-encode spaces, quotes, braces and angle brackets",
            );
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        if authority.contains('@') {
            return wrong(
                "this address carries a user or password".to_owned(),
                "remove it: credentials are given as a `secretRef`",
            );
        }
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        let host_is_good = !host.is_empty()
            && host.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'.'));
        let port_is_good = port.is_none_or(|it| it.parse::<u16>().is_ok_and(|it| it > 0));
        if !host_is_good || !port_is_good {
            return wrong(
                format!("`{authority}` is not a host"),
                "write a host of letters, digits, `-` and `.`, and at most a port",
            );
        }
        Ok(())
    }
);

impl HttpUrl {
    /// The address of something below this one.
    pub fn join(&self, name: &str) -> String {
        format!("{}/{name}", self.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_to_open_are_accepted() {
        for text in [
            "https://a.example/x?y=1#z",
            "http://logs-es-http.logging.svc:9200",
        ] {
            assert!(HttpUrl::parse(text).is_ok(), "{text}");
        }
        for text in [
            "javascript:alert(1)",
            "https://u:p@h",
            "https://",
            "https://h:99999",
            "https://a b",
            "ftp://h",
        ] {
            assert!(HttpUrl::parse(text).is_err(), "{text}");
        }
    }
}
