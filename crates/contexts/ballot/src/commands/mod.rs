//! What changes the register, votes and ballots: authorise, decide, write the rows and the journal line, all in the caller's transaction.

pub mod ballots;
pub mod closing;
pub mod official;
pub mod papers;
pub mod register;
pub mod votes;

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_db::{DbError, Recall, Tx};
use linli_kernel::PlacePath;
use linli_territory::moves::{self, Moved};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

pub use closing::sweep;

use crate::error::{BallotError, Wrong};
use crate::model::{Vote, VoteId};
use crate::store::votes as stored;

/// Takes about `limit` rows along after a place moved, and says how many; 0 when none is left behind.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, BallotError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Vote, district, &moved.to)?;
    let mut followed = 0;
    for table in ["ballot_unit", "ballot_vote", "ballot_seat"] {
        let left = limit.saturating_sub(i64::try_from(followed).unwrap_or(limit));
        if left > 0 {
            followed += moves::rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, left).await?;
        }
    }
    if followed > 0 {
        tx.journal(ctx.line("ballot.rows_moved", &moved.to, None, json!({ "rows": followed })));
    }
    Ok(followed)
}

/// The member of staff who acts.
fn person(ctx: &Ctx) -> Result<Uuid, BallotError> {
    match &ctx.actor {
        Actor::Staff { person, .. } => Ok(*person),
        _ => Err(Denied::Forbidden.into()),
    }
}

/// A vote of the actor's reach, locked for this transaction.
async fn locked(ctx: &Ctx, tx: &mut Tx, id: VoteId, action: Action) -> Result<Vote, BallotError> {
    let district = tx.district();
    // Who may not know of it does not hold it up.
    let vote = stored::one(&mut tx.conn()?, district, id).await?.ok_or(BallotError::NotFound)?;
    ctx.may(action, Resource::Vote, district, &vote.place)?;
    stored::lock(&mut tx.conn()?, district, id).await?.ok_or(BallotError::NotFound)
}

/// Checks a text: length in characters after trimming, no control characters but line breaks.
fn text(field: &'static str, value: &str, (least, max): (usize, usize)) -> Result<String, BallotError> {
    let value = value.trim().replace("\r\n", "\n");
    if value.is_empty() && least > 0 {
        return Err(BallotError::field(field, Wrong::Required));
    }
    if value.chars().count() > max {
        return Err(BallotError::field(field, Wrong::TooLong { max }));
    }
    if value.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\t')) {
        return Err(BallotError::field(field, Wrong::ControlCharacter));
    }
    Ok(value)
}

/// The place a member of staff answers for.
fn seat_of(ctx: &Ctx) -> Result<PlacePath, Denied> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.place.clone()),
        Actor::Visitor | Actor::Resident { .. } => Err(Denied::Unauthenticated),
        _ => Err(Denied::Forbidden),
    }
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
