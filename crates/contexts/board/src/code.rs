//! The short code of a board: short enough to type from a wall, checked so that a slip does not lead to another door.

use std::fmt;
use std::str::FromStr;

use linli_kernel::Rng;
use serde::{Deserialize, Serialize};

/// 31 signs, a prime number of them, none of which is taken for another on a poster: no 0, 1, i, l, o.
const SIGNS: &[u8; 31] = b"23456789abcdefghjkmnpqrstuvwxyz";
/// Drawn signs; the check sign follows them.
const DRAWN: usize = 6;
/// 31⁶ codes.
const CODES: u64 = 887_503_681;

/// The code of a board: six drawn signs and a check sign, e.g. `7k2m9px`, in lower case.
///
/// The check sign is the sum of the signs weighted 1 to 6, modulo 31. As 31 is prime, every single wrong sign and every
/// swap of neighbours is noticed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct BoardCode(String);

linli_kernel::sql_newtype!(BoardCode, String);

/// What was typed is no code of ours: wrong length, a sign we never print, or a slip that the check sign shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a board code")]
pub struct BadCode;

impl BoardCode {
    /// How many signs a code has.
    pub const LENGTH: usize = DRAWN + 1;

    /// A code drawn by chance. It may be taken: claim it.
    #[must_use]
    pub fn draw(rng: &dyn Rng) -> Self {
        let mut rest = rng.below(CODES);
        let mut values = [0_u8; DRAWN];
        for value in &mut values {
            *value = u8::try_from(rest % 31).unwrap_or(0);
            rest /= 31;
        }
        let signs = values.iter().copied().chain(std::iter::once(check(&values)));
        Self(signs.filter_map(|v| SIGNS.get(usize::from(v))).copied().map(char::from).collect())
    }

    /// The code as it stands in an address.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The code in two groups, as it is printed and read aloud: `7k2 m9px`.
    #[must_use]
    pub fn spaced(&self) -> String {
        let (head, tail) = self.0.split_at_checked(3).unwrap_or((&self.0, ""));
        format!("{head} {tail}")
    }
}

fn check(values: &[u8]) -> u8 {
    let sum: u32 = (1_u32..).zip(values).map(|(weight, value)| weight * u32::from(*value)).sum();
    u8::try_from(sum % 31).unwrap_or(0)
}

impl fmt::Display for BoardCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for BoardCode {
    type Err = BadCode;

    /// Reads a code as people type it: capitals, blanks and hyphens do not matter.
    fn from_str(typed: &str) -> Result<Self, BadCode> {
        let signs: String = typed
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '-')
            .take(Self::LENGTH + 1)
            .map(|c| c.to_ascii_lowercase())
            .collect();
        let value = |sign: u8| SIGNS.iter().position(|known| *known == sign).and_then(|i| u8::try_from(i).ok());
        let values = signs.bytes().map(value).collect::<Option<Vec<u8>>>().ok_or(BadCode)?;
        match values.split_at_checked(DRAWN) {
            Some((drawn, [last])) if check(drawn) == *last => Ok(Self(signs)),
            _ => Err(BadCode),
        }
    }
}

impl TryFrom<String> for BoardCode {
    type Error = BadCode;
    fn try_from(text: String) -> Result<Self, BadCode> {
        text.parse()
    }
}

impl From<BoardCode> for String {
    fn from(code: BoardCode) -> Self {
        code.0
    }
}

#[cfg(test)]
mod tests {
    use linli_kernel::SeededRng;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Every single wrong sign and every swap of different neighbours is noticed.
        #[test]
        fn a_slip_never_leads_to_another_door(seed: u64, at in 0_usize..7, other in 0_usize..31) {
            let code = BoardCode::draw(SeededRng::new(seed).as_ref());
            prop_assert_eq!(code.as_str().parse::<BoardCode>(), Ok(code.clone()));
            let mut wrong = code.as_str().as_bytes().to_vec();
            wrong[at] = SIGNS[other];
            let wrong = String::from_utf8(wrong).unwrap();
            prop_assert_eq!(wrong.parse::<BoardCode>().is_ok(), wrong == code.as_str());
            if at < 6 {
                let mut swapped = code.as_str().as_bytes().to_vec();
                swapped.swap(at, at + 1);
                let swapped = String::from_utf8(swapped).unwrap();
                prop_assert_eq!(swapped.parse::<BoardCode>().is_ok(), swapped == code.as_str());
            }
        }
    }

    #[test]
    fn codes_are_read_as_people_type_them() {
        let code = BoardCode::draw(SeededRng::new(7).as_ref());
        assert_eq!(code.spaced().to_uppercase().parse(), Ok(code.clone()));
        assert_eq!(format!(" {}-{} ", &code.as_str()[..2], &code.as_str()[2..]).parse(), Ok(code));
        for bad in ["", "0000000", "abc", "井盖", "22222222222222222222"] {
            assert_eq!(bad.parse::<BoardCode>(), Err(BadCode), "{bad}");
        }
    }
}
