//! Lines out of a body that comes in pieces. A line that is longer than any may be is passed over without being kept.

use std::io::BufRead as _;

use crate::payload::line::LINE_MAX;
use crate::wiped::wipe;

/// A line that was found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found<'a> {
    /// Its bytes, without the line end.
    Line(&'a [u8]),
    /// It was too long.
    TooLong,
}

/// Cuts a body into lines. A body may come for as long as its sender likes: what was carried from one piece to the next is written over as soon as its
/// line was said.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// Room for the longest line, once one is carried; behind what is filled nothing but zeros.
    carried: Vec<u8>,
    filled: usize,
    passing: bool,
    number: u32,
}

impl Lines {
    /// Takes the next piece; says each line that ends in it, with its number from 1. Empty lines are numbered and not said.
    pub(super) fn feed(&mut self, mut piece: &[u8], mut say: impl FnMut(u32, Found<'_>)) {
        while let Some((head, rest)) = cut(piece) {
            piece = rest;
            self.end(head, &mut say);
        }
        self.carry(piece);
    }

    /// The last line may have no end.
    pub(super) fn finish(&mut self, mut say: impl FnMut(u32, Found<'_>)) {
        if self.passing || self.filled > 0 {
            self.end(&[], &mut say);
        }
    }

    fn end(&mut self, head: &[u8], say: &mut impl FnMut(u32, Found<'_>)) {
        self.number = self.number.saturating_add(1);
        if self.filled == 0 && !self.passing && head.len() <= LINE_MAX {
            // Almost every line lies whole in its piece.
            return said(self.number, head, say);
        }
        self.carry(head);
        if self.passing {
            say(self.number, Found::TooLong);
        } else {
            said(self.number, self.carried.get(..self.filled).unwrap_or_default(), say);
        }
        self.drop_carried();
        self.passing = false;
    }

    fn carry(&mut self, piece: &[u8]) {
        if self.passing || self.filled + piece.len() > LINE_MAX {
            self.drop_carried();
            self.passing = true;
        } else if !piece.is_empty() {
            if self.carried.is_empty() {
                // All the room at once: what grows leaves a copy where it was before.
                self.carried = vec![0; LINE_MAX];
            }
            for (to, from) in self.carried.iter_mut().skip(self.filled).zip(piece) {
                *to = *from;
            }
            self.filled += piece.len();
        }
    }

    fn drop_carried(&mut self) {
        wipe(self.carried.get_mut(..self.filled).unwrap_or_default());
        self.filled = 0;
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.drop_carried();
    }
}

/// A line that ends in a piece, and what follows it. The search of the standard library looks at many bytes at a time.
#[inline]
fn cut(piece: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = piece;
    let used = rest.skip_until(b'\n').ok()?;
    let head = piece.get(..used)?.strip_suffix(b"\n")?;
    Some((head, rest))
}

fn said(number: u32, line: &[u8], say: &mut impl FnMut(u32, Found<'_>)) {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if !line.trim_ascii().is_empty() {
        say(number, Found::Line(line));
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<(u32, Option<Vec<u8>>)> {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        let mut keep = |number, line: Found<'_>| {
            found.push((number, if let Found::Line(line) = line { Some(line.to_vec()) } else { None }));
        };
        for piece in pieces {
            lines.feed(piece, &mut keep);
        }
        lines.finish(&mut keep);
        found
    }

    #[test]
    fn lines_are_found_across_pieces() {
        let line = |text: &str| Some(text.as_bytes().to_vec());
        assert_eq!(read(&[b"a\r\nb", b"c\n\n", b"d"]), [(1, line("a")), (2, line("bc")), (4, line("d"))]);
        assert_eq!(read(&[b"", b"\n", b""]), []);
    }

    #[test]
    fn a_line_of_100_megabytes_takes_no_room() {
        let (mut lines, mut found) = (Lines::default(), Vec::new());
        lines.feed(b"before\n", |number, line| found.push((number, line == Found::TooLong)));
        let piece = vec![b'x'; 64 * 1024];
        for _ in 0..1_600 {
            lines.feed(&piece, |number, line| found.push((number, line == Found::TooLong)));
            assert!(lines.carried.capacity() <= 2 * LINE_MAX);
        }
        lines.feed(b"\nafter", |number, line| found.push((number, line == Found::TooLong)));
        lines.finish(|number, line| found.push((number, line == Found::TooLong)));
        assert_eq!(found, [(1, false), (2, true), (3, false)]);
    }

    #[test]
    fn nothing_of_a_line_stays_when_it_was_said() {
        let mut lines = Lines::default();
        lines.feed(b"{\"who\":\"grandm", |_, _| panic!("no line yet"));
        assert!(lines.carried.starts_with(b"{\"who"), "or the test looks for nothing");
        lines.feed(b"other\"}\n", |_, _| {});
        assert!(lines.carried.iter().all(|byte| *byte == 0));
        lines.feed(b"grandmother", |_, _| panic!("no line yet"));
        lines.feed(&[b'x'; LINE_MAX], |_, _| panic!("no line yet"));
        assert!(lines.carried.iter().all(|byte| *byte == 0), "too long: passed over, and not kept");
    }

    proptest! {
        /// However a body is cut into pieces, the same lines are in it.
        #[test]
        fn pieces_do_not_matter(body in "[ab\\r\\n]{0,60}", cuts in proptest::collection::vec(0_usize..60, 0..6)) {
            let body = body.as_bytes();
            let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(body.len())).collect();
            cuts.push(body.len());
            cuts.sort_unstable();
            let (mut pieces, mut from) = (Vec::new(), 0);
            for cut in cuts {
                pieces.push(&body[from..cut]);
                from = cut;
            }
            prop_assert_eq!(read(&pieces), read(&[body]));
        }
    }
}
