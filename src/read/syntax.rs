//! What is wrong with a text that is no YAML, in the words of somebody who wrote a policy, and at the
//! place where it can be put right: a parser often notices only later.

use std::ops::Range;

use crate::diag::source::{FileId, Span};
use crate::diag::{Diagnostic, Place};

/// Where a parser gave up.
pub(super) struct Stop<'a> {
    pub(super) file: FileId,
    pub(super) text: &'a str,
    /// The byte.
    pub(super) at: usize,
    /// What the parser says. Nothing of it is repeated that it has from the text.
    pub(super) says: &'a str,
    /// Where the innermost bracket begins that is open.
    pub(super) bracket: Option<usize>,
}

impl Stop<'_> {
    /// Returns the finding.
    pub(super) fn finding(&self) -> Diagnostic {
        if self.text[self.at..].starts_with('%') && self.says.contains("directive") {
            return self.error(
                "yaml/directive",
                self.one(self.at),
                "directives are not part of the language",
                "remove this line",
            );
        }
        let finding = self
            .tab()
            .or_else(|| self.bracket())
            .or_else(|| self.quote())
            .or_else(|| self.line())
            .or_else(|| self.character());
        finding.unwrap_or_else(|| {
            // Of all its words only these repeat what was read.
            let says = match self.says.contains("unexpected character") {
                true => "a character is not expected here",
                false => self.says,
            };
            self.syntax(
                self.at..self.at,
                &format!("this is not YAML: {says}"),
                "check the indentation of this line and the quotes and brackets before it",
            )
        })
    }

    fn error(
        &self,
        name: &'static str,
        at: Range<usize>,
        headline: &str,
        help: &str,
    ) -> Diagnostic {
        Diagnostic::error(name, self.place(at), headline)
            .note("nothing behind it can be read as it is meant")
            .help(help)
    }

    fn syntax(&self, at: Range<usize>, headline: &str, help: &str) -> Diagnostic {
        self.error("yaml/syntax", at, headline, help)
    }

    fn place(&self, range: Range<usize>) -> Place {
        Place::Span(Span {
            file: self.file,
            range,
        })
    }

    /// The character at a byte; nothing at the end of the text.
    fn one(&self, at: usize) -> Range<usize> {
        let length = self.text[at..].chars().next().map_or(0, char::len_utf8);
        at..at + length
    }

    /// The bytes of the line of a byte, without its end.
    fn line_of(&self, at: usize) -> Range<usize> {
        let start = self.text[..at].rfind('\n').map_or(0, |it| it + 1);
        let end = self.text[at..]
            .find('\n')
            .map_or(self.text.len(), |it| at + it);
        start..end
    }

    /// The last line before a byte's that has something on it.
    fn line_before(&self, at: usize) -> Option<Range<usize>> {
        let mut line = self.line_of(at);
        while line.start > 0 {
            line = self.line_of(line.start - 1);
            let content = self.text[line.clone()].trim();
            if !content.is_empty() && !content.starts_with('#') {
                return Some(line);
            }
        }
        None
    }

    fn indentation(&self, line: &Range<usize>) -> usize {
        let text = &self.text[line.clone()];
        text.len() - text.trim_start_matches(' ').len()
    }

    /// What is wrong in a line is often noticed only at its end, or in the next.
    fn tab(&self) -> Option<Diagnostic> {
        let mut from = self.line_of(self.at).start;
        for line in self.text[from..].split_inclusive('\n').take(2) {
            let indentation = line.len() - line.trim_start_matches([' ', '\t']).len();
            if let Some(at) = line[..indentation].find('\t') {
                return Some(self.syntax(
                    self.one(from + at),
                    "this is not YAML: a tab indents this line",
                    "indent with spaces: YAML does not take tabs",
                ));
            }
            from += line.len();
        }
        None
    }

    fn bracket(&self) -> Option<Diagnostic> {
        if self.says.contains("misplaced bracket") {
            return Some(self.syntax(
                self.one(self.at),
                "this bracket closes nothing",
                "remove it, or put the value that it belongs to in double quotes",
            ));
        }
        let open = self.bracket?;
        let (bracket, closing) = match self.text[open..].starts_with('[') {
            true => ('[', ']'),
            false => ('{', '}'),
        };
        let line = self.line_of(open);
        if let Some(comment) = self.text[open..line.end].find(" #") {
            let at = open + comment + 1;
            let finding = self.syntax(
                self.one(at),
                "`#` begins a comment here, and the rest of the line is not read",
                "put the value in double quotes, such as `\"#channel\"`",
            );
            return Some(finding.context(self.place(self.one(open)), "so this is not closed"));
        }
        let finding = self.syntax(
            self.one(open),
            &format!("this `{bracket}` is not closed"),
            &format!("close it with `{closing}`, and put a comma between any two entries"),
        );
        Some(finding.context(self.place(self.at..self.at), "noticed here"))
    }

    fn quote(&self) -> Option<Diagnostic> {
        if self.says.contains("trailing content after") {
            return Some(self.syntax(
                self.at..self.at,
                "something follows the quote that ends this text",
                "put the whole value in quotes; a quote inside is written `\\\"` in double quotes",
            ));
        }
        if self.says.contains("escape") {
            return Some(self.syntax(
                self.at..self.at,
                "a `\\` in this text begins an escape that YAML does not know",
                "write `\\\\` for it, or use single quotes",
            ));
        }
        let is_open = self.says.contains("quoted scalar") || self.says.contains("end of stream");
        let before = self.line_of(self.at).start;
        let open = self.text[..before].rfind(['"', '\'']).filter(|_| is_open)?;
        let finding = self.syntax(
            self.one(open),
            "the text that begins at this quote does not end",
            "close it on its line; a quote inside single quotes is doubled",
        );
        Some(finding.context(self.place(self.at..self.at), "noticed here"))
    }

    /// Keys without colons, colons without keys, and indentation.
    fn line(&self) -> Option<Diagnostic> {
        let line = self.line_of(self.at);
        let content = line.start + self.indentation(&line)..line.end;
        let fits_nothing = || {
            self.syntax(
                content.start..content.start,
                "the indentation of this line fits no line above it",
                "indent it exactly like the lines that it belongs to",
            )
        };
        if self.says.contains("expected key") || self.says.contains("expected '-'") {
            return Some(fits_nothing());
        }
        let above = self.line_before(self.at);
        if self.says.contains("simple key expected") {
            let is_block = above.as_ref().is_some_and(|it| {
                self.text[it.clone()]
                    .trim_end()
                    .ends_with(['|', '>', '-', '+'])
            });
            return Some(match is_block {
                true => self.syntax(
                    content.clone(),
                    "the text below `|` or `>` is not indented",
                    "indent every line of it deeper than its key",
                ),
                false => self.without_colon(&content),
            });
        }
        if !self.says.contains("mapping values are not allowed") {
            return None;
        }
        if self.text[content.start..self.at.max(content.start)].contains(": ") {
            return Some(self.syntax(
                self.one(self.at),
                "this line has a second `: `",
                "put the value in double quotes, or begin a new line for the second key",
            ));
        }
        let above = above?;
        let depth = self.indentation(&above);
        let said = &self.text[above.clone()];
        let has_colon = said.contains(": ") || said.trim_end().ends_with(':');
        let above = above.start + depth..above.start + said.trim_end().len();
        if self.indentation(&line) > depth && has_colon {
            let finding = self.syntax(
                content.start..content.start,
                "this line is indented deeper than the one above, which has a value already",
                "indent it like the line above, or remove the value there",
            );
            return Some(finding.context(self.place(above), "this one"));
        }
        Some(match has_colon {
            true => fits_nothing(),
            false => self.without_colon(&above),
        })
    }

    fn without_colon(&self, line: &Range<usize>) -> Diagnostic {
        match self.text[line.clone()].find(':') {
            Some(colon) => self.syntax(
                self.one(line.start + colon),
                "no space follows this `:`",
                "write a space between `:` and the value",
            ),
            None => self.syntax(
                line.clone(),
                "this line has no `:`",
                "write a key, `:`, a space and the value; an item of a list begins with `- `",
            ),
        }
    }

    /// Characters that YAML keeps for itself.
    fn character(&self) -> Option<Diagnostic> {
        let line = self.line_of(self.at);
        let it = self.text[self.at..line.end].chars().next()?;
        matches!(it, '@' | '`' | '%' | '*' | '&' | '!' | '|' | '>').then(|| {
            self.syntax(
                self.one(self.at),
                &format!("a value cannot begin with {it}"),
                "put it in double quotes",
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::diag::Place;
    use crate::diag::source::FileId;
    use crate::read::tree::load;

    /// The headline of the first finding of a text, and the text that it points at.
    fn found(text: &str) -> (String, String) {
        let mut acc = Vec::new();
        load(FileId(0), text, &mut acc);
        let Place::Span(span) = &acc[0].at else {
            unreachable!("a place in the text")
        };
        let line = text[..span.range.start].matches('\n').count() + 1;
        let at = format!("{line}: {}", &text[span.range.clone()]);
        (acc[0].headline.clone(), at)
    }

    #[test]
    fn a_mistake_is_found_where_it_is_made() {
        for (text, headline, at) in [
            ("a:\n\tb: 1\n", "a tab indents", "2: \t"),
            ("a: {b: #web, c: x}\nd: 1\n", "`#` begins a comment", "1: #"),
            ("a: [{b: c}\nd: 1\n", "this `[` is not closed", "1: ["),
            ("a: {b: c\nd: 1\n", "this `{` is not closed", "1: {"),
            ("a: {b: c", "this `{` is not closed", "1: {"),
            ("a: b}\nc: [d]]\n", "closes nothing", "2: ]"),
            ("a:\n  b: \"c\n  d: 1\n", "does not end", "2: \""),
            ("a: \"b\" c\n", "something follows the quote", "1: "),
            ("a: \"\\d\"\n", "begins an escape", "1: "),
            ("a:b\nc: 1\n", "no space follows this `:`", "1: :"),
            ("ab\nc: 1\n", "has no `:`", "1: ab"),
            ("a: b: c\n", "second `: `", "1: :"),
            ("a: 1\n  b: 2\n", "deeper than the one above", "2: "),
            ("x:\n  a: []\n b: 2\n", "fits no line above", "3: "),
            ("x:\n- a: 1\n - b: 2\n", "fits no line above", "3: "),
            (
                "x:\n  a: |\n  b\n",
                "below `|` or `>` is not indented",
                "3: b",
            ),
            ("a: @b\n", "cannot begin with @", "1: @"),
            ("a: *\n", "cannot begin with *", "1: *"),
        ] {
            let (found, place) = found(text);
            assert!(found.contains(headline), "{text}: {found}");
            assert_eq!(place, at, "{text}: {found}");
        }
    }

    #[test]
    fn nothing_of_the_text_is_repeated() {
        for text in [
            "a: @CANARY\n",
            "CANARY\nb: 1\n",
            "a: {CANARY: CANARY\nb: 1\n",
            "a: \"CANARY\n",
        ] {
            assert!(!found(text).0.contains("CANARY"), "{text}");
        }
    }
}
