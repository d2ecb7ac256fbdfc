//! What changes the treatment network: authorise, decide, write the rows and the journal line, all in the caller's transaction.

pub mod beds;
pub mod forget;
pub mod grids;
pub mod hand_off;
pub mod inbound;
pub mod institutions;
pub mod opening;
mod patients;
pub mod plan;
pub mod post;
pub mod referrals;
pub mod returns;

use linli_access::{Action, Ctx, Resource};
use linli_db::{DbError, Recall, Tx};
use linli_territory::moves::{self, Moved};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::error_network::{NetworkError, Wrong};

/// Longest name, in characters.
pub const NAME_MAX: usize = 120;

/// Takes about `limit` rows along after a place moved, and says how many; 0 when none is left behind. Whoever reads the journal calls it for
/// every line [`moves::MOVED`] until it says 0; doing it again changes nothing.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, NetworkError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Institution, district, &moved.to)?;
    let mut followed = 0;
    for table in ["institution", "catchment", "daily_return"] {
        let left = limit.saturating_sub(i64::try_from(followed).unwrap_or(limit));
        if left > 0 {
            followed += moves::rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, left).await?;
        }
    }
    if followed > 0 {
        tx.journal(ctx.line("treatment.rows_moved", &moved.to, None, json!({ "rows": followed })));
    }
    Ok(followed)
}

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
) -> Result<Option<T>, DbError> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    match tx.recall::<T>(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash(what, input)).await? {
        Recall::Seen(answer) => Ok(Some(answer)),
        Recall::New => Ok(None),
    }
}

/// Keeps the answer for the same request coming again.
pub(crate) async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), DbError> {
    match &ctx.idempotency_key {
        Some(key) => tx.remember(&ctx.actor_text(), key, answer).await,
        None => Ok(()),
    }
}
