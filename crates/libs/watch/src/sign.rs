//! What is heard: this person, this second, this kind of sign.

/// Unix time in whole seconds; good until the year 2106.
pub type Second = u32;

/// The number under which the caller keeps a person; from 0 up to [`Config::slots`](crate::Config::slots). Dense numbers cost least.
pub type Slot = u32;

/// What kind of sign of life (生活迹象) it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignKind {
    /// The home's door was crossed outwards (出门).
    Out,
    /// The home's door was crossed inwards (回家).
    In,
    /// The door was opened, in which direction is not known.
    Door,
    /// Movement within the home.
    Motion,
    /// Something was used: water, power, a light.
    Use,
    /// Somebody saw or spoke with the person (见到本人).
    Seen,
}

impl SignKind {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 6] = [Self::Out, Self::In, Self::Door, Self::Motion, Self::Use, Self::Seen];

    #[inline]
    pub(crate) fn code(self) -> u8 {
        match self {
            Self::Out => 0,
            Self::In => 1,
            Self::Door => 2,
            Self::Motion => 3,
            Self::Use => 4,
            Self::Seen => 5,
        }
    }

    #[inline]
    pub(crate) fn of_code(code: u8) -> Option<Self> {
        Self::ALL.get(usize::from(code)).copied()
    }

    /// Whether it crosses the door in a known direction.
    #[inline]
    pub(crate) fn crosses(self) -> bool {
        matches!(self, Self::Out | Self::In)
    }
}

/// Some kinds of signs: what a device can bring, or all devices of somebody together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SignKinds(u8);

impl SignKinds {
    /// None.
    pub const NONE: Self = Self(0);

    /// These.
    pub fn of(kinds: impl IntoIterator<Item = SignKind>) -> Self {
        kinds.into_iter().fold(Self::NONE, |all, kind| Self(all.0 | 1 << kind.code()))
    }

    /// What any device can bring: everything but that somebody was seen, which people say.
    pub fn of_devices() -> Self {
        Self::of(SignKind::ALL.into_iter().filter(|kind| *kind != SignKind::Seen))
    }

    /// Those of both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether a kind is among them.
    pub fn has(self, kind: SignKind) -> bool {
        self.0 & 1 << kind.code() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// As a number, for a table.
    pub const fn bits(self) -> u8 {
        self.0
    }

    /// Out of a table; what stands for no kind is passed over.
    pub fn of_bits(bits: u8) -> Self {
        Self::of(SignKind::ALL.into_iter().filter(|kind| bits & 1 << kind.code() != 0))
    }
}

/// One event as a device or a person hands it in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sign {
    /// Whose it is.
    pub slot: Slot,
    /// When it happened, by the clock of the device.
    pub at: Second,
    /// What it was.
    pub kind: SignKind,
}

/// Bytes of a sign over a wire.
pub const SIGN_BYTES: usize = 9;

impl Sign {
    /// For an engine in another process: whose, when, which kind.
    #[must_use]
    pub fn to_wire(self) -> [u8; SIGN_BYTES] {
        let ([a, b, c, d], [e, f, g, h]) = (self.slot.to_le_bytes(), self.at.to_le_bytes());
        [a, b, c, d, e, f, g, h, self.kind.code()]
    }

    /// What came over the wire; nothing when it is no sign.
    #[must_use]
    pub fn of_wire([a, b, c, d, e, f, g, h, kind]: [u8; SIGN_BYTES]) -> Option<Self> {
        let (slot, at) = (u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h]));
        SignKind::of_code(kind).map(|kind| Self { slot, at, kind })
    }
}

/// Bits of an age in the log; 17 years.
const AGE_BITS: u32 = 29;

impl Sign {
    /// Eight bytes: whose, then kind and age against `now`. Nothing when the age cannot be said; `at` is not after `now`.
    #[inline]
    pub(crate) fn pack(self, now: Second) -> Option<[u8; 8]> {
        let age = now.checked_sub(self.at).filter(|age| age >> AGE_BITS == 0)?;
        let [a, b, c, d] = self.slot.to_le_bytes();
        let [e, f, g, h] = ((u32::from(self.kind.code()) << AGE_BITS) | age).to_le_bytes();
        Some([a, b, c, d, e, f, g, h])
    }

    #[inline]
    pub(crate) fn unpack([a, b, c, d, e, f, g, h]: [u8; 8], now: Second) -> Option<Self> {
        let word = u32::from_le_bytes([e, f, g, h]);
        let [code, ..] = (word >> AGE_BITS).to_le_bytes();
        let at = now.checked_sub(word & ((1 << AGE_BITS) - 1))?;
        Some(Self { slot: u32::from_le_bytes([a, b, c, d]), at, kind: SignKind::of_code(code)? })
    }
}

/// An index of memory. On machines where it does not fit there is no such memory either.
#[inline]
pub(crate) fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sign_comes_back_from_its_eight_bytes() {
        for kind in SignKind::ALL {
            for age in [0, 1, 86_400, (1 << AGE_BITS) - 1] {
                let sign = Sign { slot: 0xFFFF_FFFE, at: 1_700_000_000 - age, kind };
                assert_eq!(Sign::unpack(sign.pack(1_700_000_000).unwrap(), 1_700_000_000), Some(sign));
            }
        }
    }

    #[test]
    fn what_cannot_be_said_in_eight_bytes_is_not_said() {
        let sign = Sign { slot: 1, at: 1_000, kind: SignKind::In };
        assert_eq!(sign.pack(999), None, "the future");
        assert_eq!(sign.pack(1_000 + (1 << AGE_BITS)), None, "17 years ago");
        assert_eq!(Sign::unpack([1, 0, 0, 0, 0, 0, 0, 0xE0], 1_000), None, "a kind that there is not");
    }
}
