//! Where a room needs something of another that is no room of its own kind, the binary joins the two.

use linli_cases::ContactVault;
use linli_identity::vault::Vault;

/// The vault of identity seals the contacts of cases.
#[derive(Debug, Clone)]
pub struct Contacts(pub Vault);

impl ContactVault for Contacts {
    fn seal(&self, plain: &str) -> Vec<u8> {
        self.0.seal(plain)
    }

    fn open(&self, sealed: &[u8]) -> Option<String> {
        self.0.open(sealed)
    }

    fn lookup_hash(&self, plain: &str) -> Vec<u8> {
        self.0.lookup_hash(plain)
    }
}
