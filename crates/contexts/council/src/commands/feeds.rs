//! The calendar feed of somebody (个人日历订阅): an address that nobody else knows.

use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::error::CouncilError;
use crate::store::feeds;

/// Gives the actor's feed a new address, and its secret part; the one before leads nowhere any more. Only its hash is kept.
///
/// # Errors
/// `Denied`; store errors.
pub async fn renew(ctx: &Ctx, tx: &mut Tx) -> Result<String, CouncilError> {
    ctx.scope(Action::Read, Resource::Meeting)?;
    let person = ctx.person().ok_or(Denied::Forbidden)?;
    let mut secret = [0_u8; 24];
    ctx.rng.fill(&mut secret);
    let token: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let district = tx.district();
    feeds::put(&mut tx.conn()?, (district, person), (&hash(&token), ctx.now())).await?;
    tx.journal(ctx.line("council.feed_renewed", &PlacePath::root(), Some(person), json!({})));
    Ok(token)
}

/// What is kept of a token.
pub(crate) fn hash(token: &str) -> Vec<u8> {
    Sha256::digest(token.as_bytes()).to_vec()
}
