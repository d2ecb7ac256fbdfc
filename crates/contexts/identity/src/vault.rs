//! Sealing personal numbers with a key outside the database, and finding them by a keyed hash.

use chacha20poly1305::aead::{Aead as _, KeyInit as _, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use hmac::{Hmac, Mac as _};
use linli_kernel::SharedRng;
use sha2::Sha256;

/// The vault. Made once from the key file of the installation.
#[derive(Clone)]
pub struct Vault {
    cipher: ChaCha20Poly1305,
    lookup: [u8; 32],
    check: [u8; 32],
    rng: SharedRng,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

/// The name of the setting that holds [`Vault::check_value`].
pub const CHECK_SETTING: &str = "vault.check";
/// Bytes of a nonce.
const NONCE: usize = 12;

impl Vault {
    /// From the 32 bytes of the key file. The sealing key and the look-up key are derived from it and differ.
    #[must_use]
    pub fn new(key: &[u8; 32], rng: SharedRng) -> Self {
        let seal = derive(key, b"linli seal v1");
        Self {
            cipher: ChaCha20Poly1305::new(&Key::from(seal)),
            lookup: derive(key, b"linli lookup v1"),
            check: derive(key, b"linli check v1"),
            rng,
        }
    }

    /// Seals a text: 12 bytes of nonce, then the sealed bytes.
    #[must_use]
    pub fn seal(&self, plain: &str) -> Vec<u8> {
        self.seal_for(&[], plain)
    }

    /// Seals a text that belongs to one record: moved to another one it does not open.
    #[must_use]
    pub fn seal_for(&self, record: &[u8], plain: &str) -> Vec<u8> {
        let mut nonce = [0_u8; NONCE];
        self.rng.fill(&mut nonce);
        let mut sealed = nonce.to_vec();
        // Sealing fails only for texts of 256 GiB.
        sealed
            .extend(self.cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain.as_bytes(), aad: record }).unwrap_or_default());
        sealed
    }

    /// Opens what was sealed; `None` when the key does not fit or a byte was changed.
    #[must_use]
    pub fn open(&self, sealed: &[u8]) -> Option<String> {
        self.open_exactly(&[], sealed)
    }

    /// Opens what was sealed for one record; `None` when it was sealed for another. What was sealed before records were bound
    /// opens too: it says nothing of a record.
    #[must_use]
    pub fn open_for(&self, record: &[u8], sealed: &[u8]) -> Option<String> {
        self.open_exactly(record, sealed).or_else(|| self.open(sealed))
    }

    fn open_exactly(&self, record: &[u8], sealed: &[u8]) -> Option<String> {
        let (nonce, body) = sealed.split_at_checked(NONCE)?;
        let nonce: [u8; NONCE] = nonce.try_into().ok()?;
        String::from_utf8(self.cipher.decrypt(&Nonce::from(nonce), Payload { msg: body, aad: record }).ok()?).ok()
    }

    /// Tells this key from another without telling the key: 32 hexadecimal digits, always the same for the same key. Keep it
    /// in the setting [`CHECK_SETTING`] when the key is first used and compare it at every start: a key file that does not
    /// belong to the database is then noticed before anything is sealed with it.
    #[must_use]
    pub fn check_value(&self) -> String {
        self.check.iter().take(16).map(|byte| format!("{byte:02x}")).collect()
    }

    /// The keyed hash under which an equal text is found again (HMAC-SHA-256).
    #[must_use]
    pub fn lookup_hash(&self, plain: &str) -> Vec<u8> {
        derive(&self.lookup, plain.as_bytes()).to_vec()
    }
}

fn derive(key: &[u8; 32], what: &[u8]) -> [u8; 32] {
    // HMAC takes keys of any length; the error arm cannot be reached.
    <Hmac<Sha256> as hmac::Mac>::new_from_slice(key)
        .map(|mut mac| {
            mac.update(what);
            mac.finalize().into_bytes().into()
        })
        .unwrap_or([0; 32])
}

#[cfg(test)]
mod tests {
    use linli_kernel::SeededRng;

    use super::*;

    #[test]
    fn what_is_sealed_for_a_record_opens_there_only() {
        let vault = Vault::new(&[1; 32], SeededRng::new(1));
        let sealed = vault.seal_for(b"case 1", "025-0000-1234");
        assert_eq!(vault.open_for(b"case 1", &sealed).as_deref(), Some("025-0000-1234"));
        assert_eq!(vault.open_for(b"case 2", &sealed), None, "moved to another record");
        assert_eq!(vault.open(&sealed), None, "the record cannot be left out");
        let old = vault.seal("025-0000-1234");
        assert_eq!(vault.open_for(b"case 1", &old).as_deref(), Some("025-0000-1234"), "from before records were bound");
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_only() {
        let vault = Vault::new(&[1; 32], SeededRng::new(1));
        let sealed = vault.seal("025-0000-1234");
        assert_eq!(vault.open(&sealed).as_deref(), Some("025-0000-1234"));
        assert_ne!(sealed, vault.seal("025-0000-1234"), "every sealing has a nonce of its own");
        assert_eq!(Vault::new(&[2; 32], SeededRng::new(1)).open(&sealed), None);
        let mut damaged = sealed;
        damaged[14] ^= 1;
        assert_eq!(vault.open(&damaged), None);
        assert_eq!(vault.check_value(), Vault::new(&[1; 32], SeededRng::new(9)).check_value());
        assert_ne!(vault.check_value(), Vault::new(&[2; 32], SeededRng::new(1)).check_value(), "a wrong key is noticed");
        assert_eq!(vault.check_value().len(), 32);
        assert_eq!(vault.lookup_hash("a"), vault.lookup_hash("a"));
        assert_ne!(vault.lookup_hash("a"), vault.lookup_hash("b"));
    }
}
