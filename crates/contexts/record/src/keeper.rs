//! What signing needs besides the database: the vault in which the keys of the logs are sealed, and what is kept of them outside.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use linli_access::Ctx;
use linli_identity::vault::Vault;
use linli_publiclog::SigningKey;

use crate::error::RecordError;
use crate::model::LogId;
use crate::rules;

/// What is kept of a log outside the database, so that a database that was set back is noticed: whoever signs must keep the last checkpoint as safely as
/// the key (c2sp.org/tlog-checkpoint).
pub trait Witness: Send + Sync + 'static {
    /// The newest checkpoint that was kept of a log, as it was signed; none when nothing ever was.
    ///
    /// # Errors
    /// In words, when it cannot be said.
    fn last(&self, log: LogId) -> Result<Option<String>, String>;

    /// Keeps the newest checkpoint of a log.
    ///
    /// # Errors
    /// In words, when it could not be kept.
    fn keep(&self, log: LogId, note: &str) -> Result<(), String>;
}

/// Keeps nothing: for stores that live shorter than the program.
#[derive(Debug, Clone, Copy, Default)]
pub struct Forgetful;

impl Witness for Forgetful {
    fn last(&self, _: LogId) -> Result<Option<String>, String> {
        Ok(None)
    }

    fn keep(&self, _: LogId, _: &str) -> Result<(), String> {
        Ok(())
    }
}

/// Keeps it in memory.
#[derive(Debug, Default)]
pub struct Remembers(Mutex<BTreeMap<LogId, String>>);

impl Witness for Remembers {
    fn last(&self, log: LogId) -> Result<Option<String>, String> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&log).cloned())
    }

    fn keep(&self, log: LogId, note: &str) -> Result<(), String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(log, note.to_owned());
        Ok(())
    }
}

/// The keeper of the logs (日志保管). One for the whole program, shared.
pub struct LogKeeper {
    vault: Vault,
    base_url: String,
    witness: Arc<dyn Witness>,
}

impl fmt::Debug for LogKeeper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LogKeeper").field("base_url", &self.base_url).finish_non_exhaustive()
    }
}

impl LogKeeper {
    /// A keeper of logs of the installation at this address.
    #[must_use]
    pub fn new(vault: Vault, base_url: &str, witness: Arc<dyn Witness>) -> Self {
        Self { vault, base_url: base_url.to_owned(), witness }
    }

    /// What is kept outside the database.
    #[must_use]
    pub fn witness(&self) -> &dyn Witness {
        self.witness.as_ref()
    }

    /// A new key for a log, and its seed as it is stored.
    pub(crate) fn make_key(&self, ctx: &Ctx, log: LogId) -> Result<(SigningKey, Vec<u8>), RecordError> {
        let mut seed = [0_u8; 32];
        ctx.rng.fill(&mut seed);
        let key = SigningKey::from_seed(&rules::origin(&self.base_url, log), &seed)?;
        let hex: String = seed.iter().map(|byte| format!("{byte:02x}")).collect();
        Ok((key, self.vault.seal_for(&binding(log), &hex)))
    }

    /// The key of a log.
    pub(crate) fn open_key(&self, log: LogId, origin: &str, sealed: &[u8]) -> Result<SigningKey, RecordError> {
        let lost = || RecordError::Key(log.to_string());
        let hex = self.vault.open_for(&binding(log), sealed).ok_or_else(lost)?;
        let mut seed = [0_u8; 32];
        for (place, byte) in seed.iter_mut().enumerate() {
            let digits = hex.get(place * 2..place * 2 + 2).ok_or_else(lost)?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| lost())?;
        }
        Ok(SigningKey::from_seed(origin, &seed)?)
    }
}

/// A key belongs to one log: moved to the row of another it does not open.
fn binding(log: LogId) -> Vec<u8> {
    format!("record log {log}").into_bytes()
}
