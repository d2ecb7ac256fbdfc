//! The private link of a reporter: the time and 192 random bits. Only its hash is stored, so a copy of the database opens no link.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use linli_kernel::{Rng, Ts};
use sha2::{Digest, Sha256};

/// Bytes of the time that a link begins with.
const TIME: usize = 6;
/// Bytes of a link.
const LONG: usize = TIME + 24;
/// Bytes of the links of before: all of them random.
const OLD: usize = 32;

/// The secret part of a private link, 40 letters in an address. It is a password: never log it, never store it.
///
/// It begins with the milliseconds of its making, so that new links lie side by side in the index instead of each on a page of its
/// own. The time is no secret, the row has it too.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken(Vec<u8>);

impl LinkToken {
    /// A new one.
    #[must_use]
    pub fn new(now: Ts, rng: &dyn Rng) -> Self {
        let [_, _, time @ ..] = (now.0 / 1_000).to_be_bytes();
        let mut random = [0; LONG - TIME];
        rng.fill(&mut random);
        Self([time.as_slice(), random.as_slice()].concat())
    }

    /// What is stored: the time, and a hash. 192 random bits need neither salt nor a slow one.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        let time = if self.0.len() == LONG { self.0.get(..TIME) } else { None };
        [time.unwrap_or_default(), Sha256::digest(&self.0).as_slice()].concat()
    }

    /// As it stands in the address.
    #[must_use]
    pub fn secret_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.0)
    }
}

impl std::fmt::Debug for LinkToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkToken(…)")
    }
}

/// The text is not a private link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a private link")]
pub struct NotALink;

impl FromStr for LinkToken {
    type Err = NotALink;
    fn from_str(s: &str) -> Result<Self, Self::Err> {
        URL_SAFE_NO_PAD.decode(s).ok().filter(|bytes| matches!(bytes.len(), LONG | OLD)).map(Self).ok_or(NotALink)
    }
}

#[cfg(test)]
mod tests {
    use linli_kernel::SeededRng;

    use super::*;

    #[test]
    fn a_link_survives_the_address_and_shows_itself_nowhere() {
        let token = LinkToken::new(Ts(1_800_000_000_000_000), SeededRng::new(1).as_ref());
        assert_eq!(token.secret_text().parse::<LinkToken>(), Ok(token.clone()));
        assert!(!format!("{token:?}").contains(&token.secret_text()));
        assert_eq!("abc".parse::<LinkToken>(), Err(NotALink));
    }

    #[test]
    fn later_links_are_kept_behind_earlier_ones() {
        let rng = SeededRng::new(1);
        let kept = |millis: i64| LinkToken::new(Ts(millis * 1_000), rng.as_ref()).hash();
        assert!(kept(1_800_000_000_000) < kept(1_800_000_000_001));
        assert_ne!(kept(1_800_000_000_000), kept(1_800_000_000_000));
    }

    #[test]
    fn a_link_of_before_is_still_found_by_its_bare_hash() {
        let old = LinkToken::from_str(&URL_SAFE_NO_PAD.encode([7; OLD])).unwrap();
        assert_eq!(old.hash(), Sha256::digest([7; OLD]).to_vec());
    }
}
