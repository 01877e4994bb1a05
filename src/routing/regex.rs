//! Regular expressions as Go's `regexp` reads them, which Alertmanager anchors as `^(?:…)$`.
//!
//! Go's syntax (RE2) and Rust's are near, and where they differ a text is translated: `\d`, `\w`,
//! `\s` and `\b` are about ASCII, brackets do not nest, a brace that begins no repetition is meant
//! literally, `\Q…\E` quotes (Go 1.25, regexp/syntax/parse.go).

use std::fmt::Write as _;
use std::iter::Peekable;
use std::str::Chars;

use regex::bytes::{Regex as Compiled, RegexBuilder};

use crate::routing::Verdict;

/// The memory that a regular expression may take.
const BYTES: usize = 1 << 20;

/// Go refuses to repeat more often.
const MOST_REPETITIONS: u32 = 1_000;

/// A regular expression; without one, it could not be read.
#[derive(Debug, Clone)]
pub(super) struct Regex(Option<Compiled>);

impl Regex {
    pub(super) fn new(text: &str) -> Self {
        let translated = Translation::of(text);
        let compiled = translated.and_then(|it| {
            // The dot takes no line break, and `$` is the end of the text: both as in Go.
            RegexBuilder::new(&format!("^(?:{it})$"))
                .size_limit(BYTES)
                .build()
                .ok()
        });
        Self(compiled)
    }

    /// Whether it matches a whole text; `Maybe` where it could not be read.
    pub(super) fn matches(&self, text: &str) -> Verdict {
        match &self.0 {
            Some(it) => it.is_match(text.as_bytes()).into(),
            None => Verdict::Maybe,
        }
    }
}

/// A text that is read as Go reads it and written as Rust reads it.
struct Translation<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

impl<'a> Translation<'a> {
    fn of(text: &'a str) -> Option<String> {
        let mut translation = Self {
            rest: text.chars().peekable(),
            out: String::new(),
        };
        translation.all()?;
        Some(translation.out)
    }

    fn all(&mut self) -> Option<()> {
        while let Some(it) = self.rest.next() {
            match it {
                '\\' => self.escape()?,
                '[' => self.class()?,
                '(' => self.group()?,
                '*' | '+' | '?' => self.repetition(it)?,
                '{' => match self.counts()? {
                    Some(counts) => {
                        self.out.push_str(&counts);
                        self.after_repetition()?;
                    }
                    None => self.literal('{'),
                },
                '.' | '^' | '$' | '|' | ')' => self.out.push(it),
                it => self.literal(it),
            }
        }
        Some(())
    }

    fn literal(&mut self, it: char) {
        push_literal(&mut self.out, it);
    }

    fn repetition(&mut self, sign: char) -> Option<()> {
        self.out.push(sign);
        self.after_repetition()
    }

    /// Takes the sign of a repetition that prefers less; Go takes no repetition after it.
    fn after_repetition(&mut self) -> Option<()> {
        if self.rest.next_if_eq(&'?').is_some() {
            self.out.push('?');
        }
        if matches!(self.rest.peek(), Some('*' | '+' | '?')) {
            return None;
        }
        if self.rest.next_if_eq(&'{').is_some() {
            match self.counts()? {
                Some(_) => return None,
                None => self.literal('{'),
            }
        }
        Some(())
    }

    /// Takes what follows a brace where it says how often something is repeated.
    #[expect(
        clippy::option_option,
        reason = "no repetition is not the same as a wrong one"
    )]
    fn counts(&mut self) -> Option<Option<String>> {
        let ahead: String = self.rest.clone().take_while(|it| *it != '}').collect();
        let is_closed = self.rest.clone().nth(ahead.chars().count()) == Some('}');
        let (least, most) = match ahead.split_once(',') {
            Some((least, most)) => (least, Some(most)),
            None => (ahead.as_str(), None),
        };
        let is_number = |it: &str| {
            !it.is_empty()
                && it.bytes().all(|it| it.is_ascii_digit())
                && (it == "0" || !it.starts_with('0'))
        };
        let is_repetition =
            is_closed && is_number(least) && most.is_none_or(|it| it.is_empty() || is_number(it));
        if !is_repetition {
            return Some(None);
        }
        for count in [Some(least), most.filter(|it| !it.is_empty())] {
            if let Some(count) = count
                && !count.parse().is_ok_and(|it: u32| it <= MOST_REPETITIONS)
            {
                return None;
            }
        }
        for _ in 0..=ahead.chars().count() {
            self.rest.next();
        }
        Some(Some(format!("{{{ahead}}}")))
    }

    /// What follows an opening parenthesis.
    fn group(&mut self) -> Option<()> {
        self.out.push('(');
        if self.rest.next_if_eq(&'?').is_none() {
            return Some(());
        }
        if self.rest.next_if_eq(&'P').is_some() || self.rest.peek() == Some(&'<') {
            self.rest.next_if_eq(&'<')?;
            let name: String = self.rest.by_ref().take_while(|it| *it != '>').collect();
            let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
            // Nobody asks for what a group took.
            return (!name.is_empty() && name.chars().all(is_name)).then_some(());
        }
        self.out.push('?');
        loop {
            let it = self.rest.next()?;
            match it {
                'i' | 'm' | 's' | 'U' | '-' => self.out.push(it),
                ':' => {
                    self.out.push(it);
                    return Some(());
                }
                ')' => {
                    self.out.push(it);
                    // What is repeated is before the flags, which Rust does not see.
                    let repeats = matches!(self.rest.peek(), Some('*' | '+' | '?' | '{'));
                    return (!repeats).then_some(());
                }
                _ => return None,
            }
        }
    }

    /// What follows a backslash outside brackets.
    fn escape(&mut self) -> Option<()> {
        let it = *self.rest.peek()?;
        match it {
            'Q' => {
                self.rest.next();
                self.quoted();
            }
            'A' | 'z' => {
                self.rest.next();
                self.out.extend(['\\', it]);
            }
            'b' | 'B' => {
                self.rest.next();
                let _ = write!(self.out, "(?-u:\\{it})");
            }
            _ => {
                if let Some(class) = self.named_class()? {
                    let _ = write!(self.out, "[{class}]");
                } else {
                    let it = self.character()?;
                    self.literal(it);
                }
            }
        }
        Some(())
    }

    fn quoted(&mut self) {
        while let Some(it) = self.rest.next() {
            if it == '\\' && self.rest.next_if_eq(&'E').is_some() {
                return;
            }
            self.literal(it);
        }
    }

    /// Takes a class that a letter names, for between brackets.
    #[expect(
        clippy::option_option,
        reason = "no class is not the same as a wrong one"
    )]
    fn named_class(&mut self) -> Option<Option<String>> {
        let class = match self.rest.peek()? {
            'd' => "0-9",
            'D' => "^0-9",
            's' => r"\t\n\x0c\r\x20",
            'S' => r"^\t\n\x0c\r\x20",
            'w' => "0-9A-Za-z_",
            'W' => "^0-9A-Za-z_",
            'p' | 'P' => return self.property().map(Some),
            _ => return Some(None),
        };
        self.rest.next();
        // Nested, so that its own negation counts.
        Some(Some(format!("[{class}]")))
    }

    fn property(&mut self) -> Option<String> {
        let sign = self.rest.next()?;
        let (mut is_negated, name) = match self.rest.next()? {
            '{' => {
                let is_negated = self.rest.next_if_eq(&'^').is_some();
                let name: String = self.rest.by_ref().take_while(|it| *it != '}').collect();
                (is_negated, name)
            }
            it => (false, it.to_string()),
        };
        is_negated ^= sign == 'P';
        let sign = if is_negated { 'P' } else { 'p' };
        let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
        name.chars()
            .all(is_name)
            .then(|| format!("\\{sign}{{{name}}}"))
    }

    /// Takes one character after its backslash.
    fn character(&mut self) -> Option<char> {
        let it = self.rest.next()?;
        Some(match it {
            'a' => '\u{7}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'v' => '\u{b}',
            'x' => {
                let digits: String = match self.rest.next()? {
                    '{' => self.rest.by_ref().take_while(|it| *it != '}').collect(),
                    it => [it, self.rest.next()?].into_iter().collect(),
                };
                char::from_u32(u32::from_str_radix(&digits, 16).ok()?)?
            }
            // One digit alone would mean what a group took, which Go does not have.
            '1'..='7' if !matches!(self.rest.peek(), Some('0'..='7')) => return None,
            '0'..='7' => {
                let mut code = it.to_digit(8)?;
                for _ in 0..2 {
                    let Some(digit) = self.rest.next_if(|it| it.is_digit(8)) else {
                        break;
                    };
                    code = code * 8 + digit.to_digit(8)?;
                }
                char::from_u32(code)?
            }
            it if it.is_ascii() && !it.is_ascii_alphanumeric() => it,
            _ => return None,
        })
    }

    /// What follows an opening bracket.
    fn class(&mut self) -> Option<()> {
        self.out.push('[');
        if self.rest.next_if_eq(&'^').is_some() {
            self.out.push('^');
        }
        let mut is_first = true;
        loop {
            let it = self.rest.next()?;
            match it {
                ']' if !is_first => break,
                '[' if self.rest.peek() == Some(&':') => self.posix_class()?,
                '\\' => {
                    if let Some(class) = self.named_class()? {
                        self.out.push_str(&class);
                    } else {
                        let first = self.character()?;
                        self.range(first)?;
                    }
                }
                it => self.range(it)?,
            }
            is_first = false;
        }
        self.out.push(']');
        Some(())
    }

    fn posix_class(&mut self) -> Option<()> {
        self.rest.next();
        let name: String = self.rest.by_ref().take_while(|it| *it != ':').collect();
        self.rest.next_if_eq(&']')?;
        let is_letter = |it: char| it.is_ascii_lowercase();
        if !name
            .strip_prefix('^')
            .unwrap_or(&name)
            .chars()
            .all(is_letter)
        {
            return None;
        }
        let _ = write!(self.out, "[:{name}:]");
        Some(())
    }

    /// Takes the rest of a range whose first character is known; it may be that one alone.
    fn range(&mut self, first: char) -> Option<()> {
        push_literal(&mut self.out, first);
        let mut ahead = self.rest.clone();
        if ahead.next() == Some('-') && ahead.next().is_some_and(|it| it != ']') {
            self.rest.next();
            let last = match self.rest.next()? {
                '\\' => self.character()?,
                it => it,
            };
            self.out.push('-');
            push_literal(&mut self.out, last);
        }
        Some(())
    }
}

/// Writes a character that is meant literally, within brackets as outside.
fn push_literal(out: &mut String, it: char) {
    match it.is_alphanumeric() {
        true => out.push(it),
        false => {
            let _ = write!(out, "\\x{{{:x}}}", u32::from(it));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(regex: &str, text: &str) -> Verdict {
        Regex::new(regex).matches(text)
    }

    /// What Go 1.25 says of each was asked of amtool.
    #[test]
    fn texts_are_matched_as_go_matches_them() {
        for (regex, text) in [
            ("", ""),
            ("a|", ""),
            ("a|bc", "bc"),
            ("^a$", "a"),
            ("a.c", "aéc"),
            ("(?s)a.c", "a\nc"),
            ("(?i)CRIT", "crit"),
            ("a(?i)b|C", "c"),
            ("a{b", "a{b"),
            ("a{,2}", "a{,2}"),
            ("a{2}b{0,}", "aa"),
            ("[a[b]+", "a[b"),
            ("[]a]", "]"),
            ("[^\\D]", "5"),
            ("[\\w-]+", "a-b_0"),
            ("[a&&b]", "&"),
            ("\\Qa.b\\E+", "a.bb"),
            ("\\101", "A"),
            ("\\x41\\x{e9}", "Aé"),
            ("[[:upper:]]", "A"),
            ("\\pL", "é"),
            ("(?P<n>a)(?:b)", "ab"),
            ("(?m)^a$\n^b$", "a\nb"),
            ("[^a]", "\n"),
            ("é\\b", "é "),
        ] {
            if regex == "é\\b" {
                // A boundary is one of ASCII words.
                assert_eq!(matches(regex, "é"), Verdict::No);
                continue;
            }
            assert_eq!(matches(regex, text), Verdict::Yes, "{regex} {text:?}");
        }
        for (regex, text) in [
            ("a", "ab"),
            ("a", "ba"),
            ("a", "a\n"),
            ("a.c", "a\nc"),
            ("\\d", "٣"),
            ("\\w", "é"),
            ("\\s", "\u{a0}"),
            ("\\s", "\u{b}"),
            ("crit", "CRIT"),
            ("[^\\d]", "5"),
            ("a$b", "ab"),
        ] {
            assert_eq!(matches(regex, text), Verdict::No, "{regex} {text:?}");
        }
    }

    #[test]
    fn what_go_refuses_is_not_known() {
        for regex in [
            "a**", "(", "[z-a]", "a{1001}", "\\8", "\\1", "(?x)a", "(?=a)", "a*{2}",
        ] {
            assert_eq!(matches(regex, "a"), Verdict::Maybe, "{regex}");
        }
    }
}
