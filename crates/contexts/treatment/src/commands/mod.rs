//! What changes the treatment network: authorise, decide, write the rows and the journal line, all in the caller's transaction.

pub mod beds;
pub mod inbound;
pub mod post;
pub mod referrals;

use linli_access::Ctx;
use linli_db::{Recall, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error_beds::BedError;

/// The answer given to the same request before, when it carries a key.
async fn recall<T: DeserializeOwned>(
    ctx: &Ctx,
    tx: &mut Tx,
    what: &str,
    input: &(impl Serialize + Sync),
) -> Result<Option<T>, BedError> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    match tx.recall::<T>(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash(what, input)).await? {
        Recall::Seen(answer) => Ok(Some(answer)),
        Recall::New => Ok(None),
    }
}

/// Keeps the answer for the same request coming again. Answers hold ids only.
async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), BedError> {
    match &ctx.idempotency_key {
        Some(key) => Ok(tx.remember(&ctx.actor_text(), key, answer).await?),
        None => Ok(()),
    }
}
