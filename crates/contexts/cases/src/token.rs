//! The private link of a reporter: 256 random bits. Only its hash is stored, so a copy of the database opens no link.

use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use linli_kernel::Rng;
use sha2::{Digest, Sha256};

/// The secret part of a private link, 43 letters in an address. It is a password: never log it, never store it.
#[derive(Clone, PartialEq, Eq)]
pub struct LinkToken([u8; 32]);

impl LinkToken {
    /// A new one.
    #[must_use]
    pub fn new(rng: &dyn Rng) -> Self {
        let mut bits = [0; 32];
        rng.fill(&mut bits);
        Self(bits)
    }

    /// What is stored. 256 random bits need neither salt nor a slow hash.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0).to_vec()
    }

    /// As it stands in the address.
    #[must_use]
    pub fn secret_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
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
        URL_SAFE_NO_PAD.decode(s).ok().and_then(|bits| bits.try_into().ok()).map(Self).ok_or(NotALink)
    }
}

#[cfg(test)]
mod tests {
    use linli_kernel::SeededRng;

    use super::*;

    #[test]
    fn a_link_survives_the_address_and_shows_itself_nowhere() {
        let token = LinkToken::new(SeededRng::new(1).as_ref());
        assert_eq!(token.secret_text().parse::<LinkToken>(), Ok(token.clone()));
        assert!(!format!("{token:?}").contains(&token.secret_text()));
        assert_eq!("abc".parse::<LinkToken>(), Err(NotALink));
    }
}
