//! Addresses that people open or that software calls.

use crate::value::recipient::{is_host, is_port};
use crate::value::{Wrong, text_type};

text_type!(
    /// An `http` or `https` address without credentials.
    HttpUrl,
    "http-url",
    "An `https` or `http` address without a user or password",
    "it is opened and called as it is written, by people and by what obsgen deploys",
    ["https://grafana.example.com"],
    |text| {
        let wrong = |what: String, help: String| Err(Wrong::new(what, help));
        let Some(rest) = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")) else {
            let (scheme, rest) = text.split_once("://").unwrap_or(("", text));
            let near = format!("https://{}", rest.trim_start_matches('/'));
            let near = match scheme.eq_ignore_ascii_case("http") {
                true => format!("http://{rest}"),
                false => near,
            };
            let is_near = !text.is_empty() && !rest.contains('@') && HttpUrl::parse(&near).is_ok();
            return wrong(
                "this is not an address that a browser opens safely".to_owned(),
                match is_near {
                    true => format!("write `{near}`"),
                    false => "write it with `https://` in front".to_owned(),
                },
            );
        };
        if text.len() > 2_000 {
            return wrong(
                format!("this address has {} characters", text.len()),
                "write at most 2,000: longer ones are cut on the way".to_owned(),
            );
        }
        if text.chars().any(|it| it.is_whitespace() || it.is_control() || "<>\"'`{}|\\^".contains(it)) {
            return wrong(
                "this address has a character that does not belong in one".to_owned(),
                "percent-encode spaces, quotes, braces and angle brackets".to_owned(),
            );
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or("");
        if authority.contains('@') {
            return wrong(
                "this address carries a user or password".to_owned(),
                "remove it: credentials are given as a `secretRef`".to_owned(),
            );
        }
        if authority.contains(['[', ']']) {
            return wrong(
                format!("`{authority}` is an address of IPv6"),
                "write a name of the host: the systems that call it take host and port apart at the first `:`".to_owned(),
            );
        }
        let (host, port) = match authority.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (authority, None),
        };
        if !host.is_ascii() {
            return wrong(
                format!("`{host}` has letters that the domain name system does not carry"),
                "write its other form, which begins with `xn--`: nobody can take one for the other".to_owned(),
            );
        }
        if !is_host(host) {
            return wrong(
                format!("`{authority}` is not a host"),
                "write a host whose parts are letters, digits and, inside, `-`, and at most a port".to_owned(),
            );
        }
        if let Some(port) = port.filter(|it| !is_port(it)) {
            return wrong(
                format!("`{port}` is not a port"),
                "write a number from 1 to 65535 behind the `:`, or leave both out".to_owned(),
            );
        }
        Ok(())
    }
);

impl HttpUrl {
    /// Whether it is `https`.
    pub fn is_encrypted(&self) -> bool {
        self.as_str().starts_with("https://")
    }

    /// The host.
    pub fn host(&self) -> &str {
        self.authority().split(':').next().unwrap_or_default()
    }

    /// The port, written or that of the scheme.
    pub fn port(&self) -> u16 {
        let written = self
            .authority()
            .split_once(':')
            .and_then(|(_, it)| it.parse().ok());
        written.unwrap_or(if self.is_encrypted() { 443 } else { 80 })
    }

    /// Whether software can call what is below it: a path of plain characters, without a query. Scripts
    /// append to such an address, Kubernetes expands `$(…)` in it, and curl `[…]`.
    pub fn is_base(&self) -> bool {
        let path = &self.after_scheme()[self.authority().len()..];
        path.bytes()
            .all(|it| it.is_ascii_alphanumeric() || b"/-._~%".contains(&it))
    }

    /// What follows the host, without a `/` at its end; empty where there is nothing.
    pub fn path(&self) -> &str {
        let rest = self.after_scheme();
        let path = &rest[self.authority().len()..];
        let path = path.split(['?', '#']).next().unwrap_or_default();
        path.trim_end_matches('/')
    }

    fn authority(&self) -> &str {
        let rest = self.after_scheme();
        rest.split(['/', '?', '#']).next().unwrap_or(rest)
    }

    fn after_scheme(&self) -> &str {
        let text = self.as_str();
        text.split_once("://").map_or(text, |(_, rest)| rest)
    }

    /// The address of something below this one.
    pub fn join(&self, name: &str) -> String {
        format!("{}/{name}", self.as_str().trim_end_matches('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_parts() {
        let parts = |text: &str| {
            let url = HttpUrl::parse(text).expect("an address");
            (url.host().to_owned(), url.port(), url.path().to_owned())
        };
        assert_eq!(
            parts("https://a.example"),
            ("a.example".into(), 443, "".into())
        );
        assert_eq!(parts("http://a:9200/es/"), ("a".into(), 9200, "/es".into()));
    }

    #[test]
    fn a_base_has_neither_query_nor_expansion() {
        for (text, expected) in [
            ("https://a.example/kibana/", true),
            ("https://a.example", true),
            ("https://a.example/x?y=1", false),
            ("https://a.example#z", false),
            ("https://a.example/$(ES_USERNAME)", false),
            ("https://a.example/[x]", false),
        ] {
            assert_eq!(HttpUrl::parse(text).unwrap().is_base(), expected, "{text}");
        }
    }

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
            "https://-a.example",
            "https://a..example",
            "https://..",
            "ftp://h",
            "",
            "//h",
            "h",
            "HTTPS://h",
            "https:/h",
            "https://h:",
            "https://h:0",
            "https://h:65536",
            "https://h:+443",
            "https://h:1:2",
            "https://[::1]:9200",
            "https://bücher.example",
            "https://a_b.example",
            "https://a.example.",
            "https://user@h",
            "https://h\\@evil",
            "https://h/\u{202e}\n",
            &format!("https://{}", "a".repeat(64)),
            &format!("https://h/{}", "a".repeat(2_000)),
        ] {
            assert!(HttpUrl::parse(text).is_err(), "{text}");
        }
        for text in [
            "https://xn--bcher-kva.example",
            "http://10.0.0.1:80",
            "https://h:65535/a@b",
        ] {
            assert!(HttpUrl::parse(text).is_ok(), "{text}");
        }
        for (text, near) in [
            ("grafana.example.com", "`https://grafana.example.com`"),
            ("HTTP://grafana", "`http://grafana`"),
            ("ftp://h/x", "`https://h/x`"),
        ] {
            assert_eq!(
                HttpUrl::parse(text).unwrap_err().help,
                format!("write {near}")
            );
        }
    }
}
