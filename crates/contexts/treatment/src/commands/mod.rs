//! What changes the treatment network: authorise, decide, write the rows and the journal line, all in the caller's transaction.

pub mod grids;
pub mod institutions;
pub mod opening;
pub mod returns;

use linli_access::Ctx;
use linli_db::{Recall, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error_network::{NetworkError, Wrong};

/// Longest name, in characters.
pub const NAME_MAX: usize = 120;

/// Checks a text: length in characters after trimming, no control characters.
pub(crate) fn text(field: &str, value: &str, required: bool, max: usize) -> Result<String, NetworkError> {
    let value = value.trim();
    if value.is_empty() && required {
        return Err(NetworkError::field(field, Wrong::Required));
    }
    if value.chars().count() > max {
        return Err(NetworkError::field(field, Wrong::TooLong { max }));
    }
    if value.chars().any(char::is_control) {
        return Err(NetworkError::field(field, Wrong::ControlCharacter));
    }
    Ok(value.to_owned())
}

/// The answer given to the same request before, when it carries a key.
pub(crate) async fn recall<T: DeserializeOwned>(
    ctx: &Ctx,
    tx: &mut Tx,
    what: &str,
    input: &(impl Serialize + Sync),
) -> Result<Option<T>, NetworkError> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    match tx.recall::<T>(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash(what, input)).await? {
        Recall::Seen(answer) => Ok(Some(answer)),
        Recall::New => Ok(None),
    }
}

/// Keeps the answer for the same request coming again.
pub(crate) async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), NetworkError> {
    match &ctx.idempotency_key {
        Some(key) => Ok(tx.remember(&ctx.actor_text(), key, answer).await?),
        None => Ok(()),
    }
}
