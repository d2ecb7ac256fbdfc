//! Password hashing: argon2id, a few at a time, never on the async threads.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{CustomizedPasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use linli_kernel::Rng;
use tokio::sync::Semaphore;

use crate::error::IdentityError;

/// Hashes and verifies passwords. One for the whole program, shared.
#[derive(Debug, Clone)]
pub struct Passwords {
    params: Params,
    places: Arc<Semaphore>,
    /// A hash nobody has the password of: verified against when the login is unknown, so that the answer takes as long.
    nobody: Arc<str>,
}

impl Passwords {
    /// OWASP's argon2id setting: 19 MiB, two passes, one lane; at most `at_once` at a time, the others wait.
    ///
    /// # Errors
    /// `Hash` when the parameters are refused.
    pub fn new(at_once: usize) -> Result<Self, IdentityError> {
        Self::with_cost(19 * 1024, 2, at_once)
    }

    /// Other costs: memory in KiB and passes. Tests and the making of demonstration data use light ones.
    ///
    /// # Errors
    /// `Hash` when the parameters are refused.
    pub fn with_cost(memory_kib: u32, passes: u32, at_once: usize) -> Result<Self, IdentityError> {
        let params = Params::new(memory_kib, passes, 1, None).map_err(|e| IdentityError::Hash(e.to_string()))?;
        let nobody = hash(&params, b"nobody has this password", &[7; 16])?.into();
        Ok(Self { params, places: Arc::new(Semaphore::new(at_once.max(1))), nobody })
    }

    /// The hash of a password, with a salt of its own, as a PHC string.
    ///
    /// # Errors
    /// `Hash`.
    pub async fn hash(&self, rng: &dyn Rng, password: &str) -> Result<String, IdentityError> {
        let mut salt = [0_u8; 16];
        rng.fill(&mut salt);
        let (params, password) = (self.params.clone(), password.to_owned());
        self.at_work(move || hash(&params, password.as_bytes(), &salt)).await
    }

    /// Whether the password fits the stored hash; with no hash the same work is done and the answer is no.
    ///
    /// # Errors
    /// `Hash` when the stored hash is damaged.
    pub async fn fits(&self, stored: Option<&str>, password: &str) -> Result<bool, IdentityError> {
        let known = stored.is_some();
        let (stored, password) = (stored.unwrap_or(&self.nobody).to_owned(), password.to_owned());
        let fits = self
            .at_work(move || {
                let parsed = PasswordHash::new(&stored).map_err(|e| IdentityError::Hash(e.to_string()))?;
                Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok())
            })
            .await?;
        Ok(fits && known)
    }

    async fn at_work<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let _place = self.places.acquire().await.map_err(|e| IdentityError::Hash(e.to_string()))?;
        tokio::task::spawn_blocking(work).await.map_err(|e| IdentityError::Hash(e.to_string()))?
    }
}

fn hash(params: &Params, password: &[u8], salt: &[u8; 16]) -> Result<String, IdentityError> {
    let made: Result<PasswordHash, _> = Argon2::default().hash_password_customized(
        password,
        salt,
        Some(Algorithm::Argon2id.as_str()),
        Some(Version::V0x13.into()),
        params.clone(),
    );
    made.map(|phc| phc.to_string()).map_err(|e| IdentityError::Hash(e.to_string()))
}
