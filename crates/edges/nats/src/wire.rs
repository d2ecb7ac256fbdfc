//! What stands in a message: signs, nine bytes each; marks with the claim under which and the message up to which they hold.

use linli_watch::{SIGN_BYTES, Sign};

use crate::keeping::Epoch;

/// Signs in one message; 36 KiB.
pub(crate) const SIGNS_MOST: usize = 4_096;

/// Signs as bytes.
pub(crate) fn of_signs(signs: &[Sign]) -> Vec<u8> {
    signs.iter().flat_map(|sign| sign.to_wire()).collect()
}

/// Bytes as signs. Nothing when they are none: somebody else writes to the stream.
pub(crate) fn to_signs(bytes: &[u8]) -> Option<Vec<Sign>> {
    let (signs, rest) = bytes.as_chunks::<SIGN_BYTES>();
    if !rest.is_empty() {
        return None;
    }
    signs.iter().map(|bytes| Sign::of_wire(*bytes)).collect()
}

/// The marks of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Marks {
    /// Who wrote them.
    pub(crate) epoch: Epoch,
    /// Every sign up to this message of the stream is in them.
    pub(crate) until: u64,
    /// One for each person.
    pub(crate) marks: Vec<Sign>,
}

impl Marks {
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        let head = [self.epoch.0, self.until];
        head.iter().flat_map(|number| number.to_le_bytes()).chain(of_signs(&self.marks)).collect()
    }

    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Self> {
        let (epoch, rest) = bytes.split_first_chunk::<8>()?;
        let (until, rest) = rest.split_first_chunk::<8>()?;
        let (epoch, until) = (Epoch(u64::from_le_bytes(*epoch)), u64::from_le_bytes(*until));
        Some(Self { epoch, until, marks: to_signs(rest)? })
    }
}

#[cfg(test)]
mod tests {
    use linli_watch::SignKind;

    use super::*;

    fn signs() -> Vec<Sign> {
        SignKind::ALL.into_iter().zip(1..).map(|(kind, n)| Sign { slot: n * 1_000_003, at: 1_700_000_000 + n, kind }).collect()
    }

    #[test]
    fn what_was_written_is_read() {
        assert_eq!(to_signs(&of_signs(&signs())), Some(signs()));
        let marks = Marks { epoch: Epoch(u64::MAX - 1), until: 77, marks: signs() };
        assert_eq!(Marks::of_bytes(&marks.to_bytes()), Some(marks));
    }

    #[test]
    fn what_is_cut_off_or_strange_is_nothing() {
        let bytes = of_signs(&signs());
        for end in 1..SIGN_BYTES {
            assert_eq!(to_signs(bytes.get(..end).unwrap()), None);
        }
        assert_eq!(to_signs(&[9; SIGN_BYTES]), None, "a kind that there is not");
        assert_eq!(Marks::of_bytes(&[0; 15]), None);
    }

    /// The number of parts is chosen so that the marks of one fit into a message, which may have a mebibyte.
    #[test]
    fn the_marks_of_a_city_fit_into_a_message() {
        let people = 25_000_000 / usize::from(linli_watch::Shards::CITY.many()) + 1;
        assert!(16 + people * SIGN_BYTES < 1 << 20);
    }
}
