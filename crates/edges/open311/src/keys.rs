//! The keys of programs that report (`api_key`). A key belongs to one district, is shown once and is kept as a hash; making and
//! closing one are lines of the journal.

use base64::Engine as _;
use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::{Conn, DbError, Tx};
use linli_kernel::{DistrictId, PlacePath, Rng, Ts, id_type};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::store;

/// Longest name of a key, in characters.
pub const NAME_MAX: usize = 60;

id_type! {
    /// A key of a program.
    pub struct KeyId;
}

/// A key in the open. It is never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl std::fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ApiKey(…)")
    }
}

impl ApiKey {
    /// 256 random bits.
    fn random(rng: &dyn Rng) -> Self {
        let mut bytes = [0_u8; 32];
        rng.fill(&mut bytes);
        Self(format!("o311_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The text that is handed to its holder.
    #[must_use]
    pub fn secret_text(&self) -> &str {
        &self.0
    }
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// A key as it is known: never the key itself.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct KnownKey {
    /// Its id, which stands in the journal.
    pub id: KeyId,
    /// What the administrator calls it.
    pub name: String,
    /// When it was made.
    pub created_at: Ts,
    /// When it was closed.
    pub revoked_at: Option<Ts>,
}

/// Why a key is not made or closed.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The actor may not.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The name is empty, too long or holds control characters.
    #[error("a name has 1 to {NAME_MAX} characters and no control characters")]
    BadName,
    /// An open key has this name.
    #[error("an open key of this district has this name; choose another or revoke it first")]
    NameTaken,
    /// No open key has this name.
    #[error("no open key of this district has this name")]
    Unknown,
    /// The store.
    #[error(transparent)]
    Db(#[from] DbError),
}

/// Makes a key for the district of the transaction.
///
/// # Errors
/// `Denied` for those who may not make accounts; `BadName`; `NameTaken`; store errors.
pub async fn add(ctx: &Ctx, tx: &mut Tx, name: &str) -> Result<ApiKey, KeyError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Account, district, &PlacePath::root())?;
    let name = name.trim();
    if !(1..=NAME_MAX).contains(&name.chars().count()) || name.chars().any(char::is_control) {
        return Err(KeyError::BadName);
    }
    let (key, id) = (ApiKey::random(ctx.rng.as_ref()), KeyId::new(ctx.clock.as_ref(), ctx.rng.as_ref()));
    if !store::put(&mut tx.conn()?, district, (id, name, &hash(&key.0)), ctx.now()).await? {
        return Err(KeyError::NameTaken);
    }
    note(ctx, tx, "open311.key_made", id, name);
    Ok(key)
}

/// Closes the key with this name at once.
///
/// # Errors
/// `Denied`; `Unknown`; store errors.
pub async fn revoke(ctx: &Ctx, tx: &mut Tx, name: &str) -> Result<(), KeyError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Account, district, &PlacePath::root())?;
    let id = store::named(&mut tx.conn()?, district, name.trim()).await?.ok_or(KeyError::Unknown)?;
    if !store::revoke(&mut tx.conn()?, district, id, ctx.now()).await? {
        return Err(KeyError::Unknown);
    }
    note(ctx, tx, "open311.key_revoked", id, name.trim());
    Ok(())
}

/// The name may be that of a person, so it stands beside the line.
fn note(ctx: &Ctx, tx: &mut Tx, kind: &'static str, id: KeyId, name: &str) {
    let line = ctx.line(kind, &PlacePath::root(), Some(id.0), json!({}));
    tx.journal(ctx.with_personal(line, json!({ "text": name })));
}

/// The keys of a district, open and closed.
///
/// # Errors
/// `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<KnownKey>, KeyError> {
    ctx.may(Action::Read, Resource::Account, district, &PlacePath::root())?;
    Ok(store::all(c, district).await?)
}

/// The district a sent key opens, and which key it is.
pub(crate) async fn opened_by(c: &mut Conn<'_>, sent: &str) -> Result<Option<(DistrictId, KeyId)>, DbError> {
    store::of_hash(c, &hash(sent)).await
}
