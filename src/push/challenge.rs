//! What a registry that refuses asks for: the header `WWW-Authenticate`.

use std::collections::BTreeMap;

/// One way to be let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Challenge {
    /// Its name in small letters: `basic`, `bearer`.
    pub(crate) scheme: String,
    /// What belongs to it, by names in small letters.
    pub(crate) parameters: BTreeMap<String, String>,
}

/// Reads a header, which may hold several challenges. What is none is left out.
pub(crate) fn read(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    let mut rest = header;
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        let length = rest.find([' ', '\t', ',', '=']).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        if word.is_empty() && after.is_empty() {
            return challenges;
        }
        let after_space = after.trim_start_matches([' ', '\t']);
        match after_space.strip_prefix('=') {
            Some(value) => {
                let (value, after) = value_of(value.trim_start_matches([' ', '\t']));
                if let Some(last) = challenges.last_mut() {
                    last.parameters.insert(word.to_ascii_lowercase(), value);
                }
                rest = after;
            }
            None => {
                challenges.push(Challenge {
                    scheme: word.to_ascii_lowercase(),
                    parameters: BTreeMap::new(),
                });
                rest = after;
            }
        }
    }
}

/// A value and what follows it.
fn value_of(text: &str) -> (String, &str) {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([' ', '\t', ',']).unwrap_or(text.len());
        let (value, rest) = text.split_at(end);
        return (value.to_owned(), rest);
    };
    let mut value = String::new();
    let mut letters = quoted.char_indices();
    while let Some((at, it)) = letters.next() {
        match it {
            '"' => return (value, quoted.get(at + 1..).unwrap_or_default()),
            '\\' => value.extend(letters.next().map(|(_, it)| it)),
            it => value.push(it),
        }
    }
    (value, "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(header: &str, expected: &[(&str, &[(&str, &str)])]) {
        let found = read(header);
        let found: Vec<(&str, Vec<(&str, &str)>)> = found
            .iter()
            .map(|it| {
                let pairs = it.parameters.iter();
                let pairs = pairs.map(|(name, value)| (name.as_str(), value.as_str()));
                (it.scheme.as_str(), pairs.collect())
            })
            .collect();
        let expected: Vec<(&str, Vec<(&str, &str)>)> = expected
            .iter()
            .map(|(it, pairs)| (*it, pairs.to_vec()))
            .collect();
        assert_eq!(found, expected, "{header}");
    }

    #[test]
    fn challenges_are_told_apart() {
        check(
            r#"Bearer realm="https://a.example.com/token",service="a, b",scope="repository:x:pull,push""#,
            &[(
                "bearer",
                &[
                    ("realm", "https://a.example.com/token"),
                    ("scope", "repository:x:pull,push"),
                    ("service", "a, b"),
                ],
            )],
        );
        check(
            r#"Basic realm="a \"b\"", BEARER Realm=x , Negotiate"#,
            &[
                ("basic", &[("realm", "a \"b\"")]),
                ("bearer", &[("realm", "x")]),
                ("negotiate", &[]),
            ],
        );
    }

    #[test]
    fn what_is_cut_or_no_challenge_ends() {
        check("", &[]);
        check(" ,, ", &[]);
        check("=", &[]);
        check("a=b", &[]);
        check("Basic", &[("basic", &[])]);
        check(r#"Bearer realm="x"#, &[("bearer", &[("realm", "x")])]);
        check(r#"Bearer realm="x\"#, &[("bearer", &[("realm", "x")])]);
        check("Bearer realm=", &[("bearer", &[("realm", "")])]);
    }
}
