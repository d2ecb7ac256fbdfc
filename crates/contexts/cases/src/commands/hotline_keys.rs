//! The keys of the city's hotline. A key belongs to one place of one district, is shown once and is kept as a hash; making and closing one
//! are lines of the journal.

use base64::Engine as _;
use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PlacePath};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::text;
use crate::error::{CasesError, FieldProblem};
use crate::model::{HotlineKey, HotlineKeyId};
use crate::store::hotline;

/// Longest name of a key, in characters.
const NAME_MAX: usize = 60;

/// A key in the open. It is never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct HotlineSecret(String);

impl std::fmt::Debug for HotlineSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HotlineSecret(…)")
    }
}

impl HotlineSecret {
    /// The text that is handed to its holder.
    #[must_use]
    pub fn secret_text(&self) -> &str {
        &self.0
    }
}

fn hash(key: &str) -> Vec<u8> {
    Sha256::digest(key.as_bytes()).to_vec()
}

/// Makes a key of the city's hotline for a place.
///
/// # Errors
/// `Denied` for those who may not make accounts; `Field` for a name that is empty, too long or taken; store errors.
pub async fn add_hotline_key(ctx: &Ctx, tx: &mut Tx, (name, place): (&str, PlacePath)) -> Result<HotlineSecret, CasesError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Account, district, &PlacePath::root())?;
    let name = text("name", name, true, NAME_MAX)?;
    let mut bytes = [0_u8; 32];
    ctx.rng.fill(&mut bytes);
    let secret = HotlineSecret(format!("l12345_{}", base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)));
    let id = HotlineKeyId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let key = HotlineKey { district, id, name, place, created_at: ctx.now(), revoked_at: None };
    if !hotline::put_key(&mut tx.conn()?, &key, &hash(&secret.0)).await? {
        return Err(CasesError::Field { field: "name", problem: FieldProblem::NameTaken });
    }
    let line = ctx.line("cases.hotline_key_made", &key.place, Some(id.0), json!({}));
    tx.journal(ctx.with_personal(line, json!({ "text": key.name })));
    Ok(secret)
}

/// Closes the key with this name at once.
///
/// # Errors
/// `Denied`; `NotFound` when no open key has the name; store errors.
pub async fn revoke_hotline_key(ctx: &Ctx, tx: &mut Tx, name: &str) -> Result<(), CasesError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Account, district, &PlacePath::root())?;
    let id = hotline::revoke_key(&mut tx.conn()?, district, name.trim(), ctx.now()).await?.ok_or(CasesError::NotFound)?;
    let line = ctx.line("cases.hotline_key_revoked", &PlacePath::root(), Some(id.0), json!({}));
    tx.journal(ctx.with_personal(line, json!({ "text": name.trim() })));
    Ok(())
}

/// The keys of a district, open and closed.
///
/// # Errors
/// `Denied`; store errors.
pub async fn hotline_keys(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<HotlineKey>, CasesError> {
    ctx.may(Action::Read, Resource::Account, district, &PlacePath::root())?;
    Ok(hotline::keys(c, district).await?)
}

/// The open key that was sent.
///
/// # Errors
/// `Denied` for what is no open key; store errors.
pub async fn hotline_key(c: &mut Conn<'_>, sent: &str) -> Result<HotlineKey, CasesError> {
    hotline::key_of_hash(c, &hash(sent)).await?.ok_or_else(|| linli_access::Denied::Unauthenticated.into())
}
