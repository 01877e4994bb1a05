//! Numbers and texts that look random and are the same in every run.

/// A generator after splitmix64.
pub(crate) struct Random(u64);

impl Random {
    /// Starts a sequence; the same seed gives the same one.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a number below `limit`.
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let it = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let it = (it ^ (it >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((it ^ (it >> 31)) % limit as u64) as usize
    }

    /// Returns a text of pieces that mean something to a YAML reader, often of several lines.
    pub(crate) fn text(&mut self) -> String {
        let pieces = self.below(12);
        (0..pieces)
            .map(|_| PIECES[self.below(PIECES.len())])
            .collect()
    }
}

/// What a text is made of. Some pieces are here twice, to meet more often.
#[rustfmt::skip]
pub(crate) const PIECES: &[&str] = &[
    "a", "b", "Z", "e", "x", "_", "y", "n", "on", "no", "null", "true", "inf", ".nan", "redis",
    "0", "1", "9", "12", "0x", "0b", "0o", "1e3", "1_0", "m", "Ki", "2024-01-01", "T00:00:00Z",
    " ", " ", " ", "  ", "\n", "\n", "\n", "\n\n", "\t", "\r", "\r\n", " \n", "\n ", "\n\t", "-",
    "- ", "---", "...", "\n---\n", "\n...\n", "?", "? ", ":", ": ", "::", ",", "#", " #", "[", "]",
    "{", "}", "{{ ", " }}", "<<", ">>", "=", "|", ">", "|-", "&", "*", "!", "!!str ", "%",
    "%YAML 1.1\n", "@", "`", "'", "''", "\"", "\\", "\\n", "~", "$", "(", ")", "+", ".", "/", ";",
    "^", "é", "ß", "漢字", "🙂", "\u{0}", "\u{1}", "\u{7}", "\u{1b}", "\u{7f}", "\u{85}", "\u{9f}",
    "\u{a0}", "\u{ad}", "\u{200b}", "\u{200d}", "\u{2028}", "\u{2029}", "\u{202e}", "\u{3000}",
    "\u{d7ff}", "\u{e000}", "\u{fe0f}", "\u{feff}", "\u{fffd}", "\u{fffe}", "\u{1fffe}",
    "\u{10ffff}",
];
