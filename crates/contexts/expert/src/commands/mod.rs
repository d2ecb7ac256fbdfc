//! What changes groups, rounds, opinions and findings: authorise, decide, write the rows and the journal line, all in the caller's transaction.

pub mod findings;
pub mod groups;
pub mod rounds;
pub mod sweep;

use jiff::civil::Date;
use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::{DbError, Recall, Tx};
use linli_kernel::Ts;
use linli_territory::moves::{self, Moved};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use crate::error::{ExpertError, Wrong};

/// Longest text about a house or a patient, in characters.
pub const TEXT_MAX: usize = 1_000;

/// Takes about `limit` rows along after a place moved, and says how many; 0 when none is left behind.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, ExpertError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Round, district, &moved.to)?;
    let mut followed = 0;
    for table in ["expert_group", "expert_round", "expert_finding"] {
        let left = limit.saturating_sub(i64::try_from(followed).unwrap_or(limit));
        if left > 0 {
            followed += moves::rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, left).await?;
        }
    }
    if followed > 0 {
        tx.journal(ctx.line("expert.rows_moved", &moved.to, None, json!({ "rows": followed })));
    }
    Ok(followed)
}

/// Under which appointment the actor acts.
fn by(ctx: &Ctx) -> Result<Uuid, ExpertError> {
    Ok(ctx.appointment().ok_or(Denied::Forbidden)?)
}

/// The day of an instant, as it is written.
pub(crate) fn day_of(at: Ts) -> String {
    at.local().date().to_string()
}

/// A day of the calendar.
fn day(field: &'static str, typed: &str) -> Result<String, ExpertError> {
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotADay };
    typed.parse::<Date>().map(|day| day.to_string()).map_err(|_| ExpertError::field(field, problem))
}

/// Checks a text: length in characters after trimming, no control characters but line breaks.
fn text(field: &'static str, value: &str, required: bool) -> Result<String, ExpertError> {
    let value = value.trim();
    if value.is_empty() && required {
        return Err(ExpertError::field(field, Wrong::Required));
    }
    if value.chars().count() > TEXT_MAX {
        return Err(ExpertError::field(field, Wrong::TooLong { max: TEXT_MAX }));
    }
    if value.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\r' | '\t')) {
        return Err(ExpertError::field(field, Wrong::ControlCharacter));
    }
    Ok(value.to_owned())
}

/// The answer given to the same request before, when it carries a key.
async fn recall<T: DeserializeOwned>(
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
async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), DbError> {
    match &ctx.idempotency_key {
        Some(key) => tx.remember(&ctx.actor_text(), key, answer).await,
        None => Ok(()),
    }
}
