//! What changes calls, vehicles and diversion: authorise, decide, write the rows and the journal line, all in the caller's transaction.

pub mod calls;
pub mod diversion;
pub mod fleet;
pub mod sweep;

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_db::{DbError, Recall, Tx};
use linli_kernel::PlacePath;
use linli_territory::moves::{self, Moved};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::error::{EmergencyError, Wrong};
use crate::model::{Call, CallEvent, CallId};
use crate::office::DispatchOffice;
use crate::rules::Calls;
use crate::store;

/// Takes about `limit` rows along after a place moved, and says how many; 0 when none is left behind.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, EmergencyError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::EmergencyCall, district, &moved.to)?;
    let mut followed = 0;
    for table in ["emergency_activation", "emergency_call", "emergency_vehicle"] {
        let left = limit.saturating_sub(i64::try_from(followed).unwrap_or(limit));
        if left > 0 {
            followed += moves::rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, left).await?;
        }
    }
    if followed > 0 {
        tx.journal(ctx.line("emergency.rows_moved", &moved.to, None, json!({ "rows": followed })));
    }
    Ok(followed)
}

/// The place a member of staff answers for.
fn seat_of(ctx: &Ctx) -> Result<PlacePath, Denied> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.place.clone()),
        Actor::Visitor | Actor::Resident { .. } => Err(Denied::Unauthenticated),
        _ => Err(Denied::Forbidden),
    }
}

/// A call that the actor may change, held until the transaction ends.
async fn opened(ctx: &Ctx, tx: &mut Tx, id: CallId) -> Result<Call, EmergencyError> {
    let district = tx.district();
    let call = store::calls::lock(&mut tx.conn()?, district, id).await?.ok_or(EmergencyError::NotFound)?;
    ctx.may(Action::Change, Resource::EmergencyCall, district, &call.place)?;
    Ok(call)
}

/// Moves a call by a row of the table, and winds its clock.
fn step(ctx: &Ctx, rules: &Calls, call: &mut Call, event: CallEvent) -> Result<(), EmergencyError> {
    call.state = rules.call(call.state, event).ok_or(EmergencyError::NoStep)?;
    let at_rest = matches!(call.state, crate::model::CallState::Closed | crate::model::CallState::Linked);
    call.due_at = rules.waits_secs(call.state, call.class).map(|secs| ctx.now().plus_secs(secs));
    call.late_told_at = None;
    call.over_at = at_rest.then(|| ctx.now());
    Ok(())
}

/// The rules where a call is.
fn rules_for(
    ctx: &Ctx,
    office: &DispatchOffice,
    call: &Call,
) -> Result<std::sync::Arc<linli_rulebook::Rule<Calls>>, EmergencyError> {
    Ok(office.rules(&call.place, ctx.now())?)
}

/// Checks a text: length in characters after trimming, no control characters but line breaks.
fn text(field: &'static str, value: &str, required: bool, max: usize) -> Result<String, EmergencyError> {
    let value = value.trim();
    if value.is_empty() && required {
        return Err(EmergencyError::field(field, Wrong::Required));
    }
    if value.chars().count() > max {
        return Err(EmergencyError::field(field, Wrong::TooLong { max }));
    }
    if value.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\r' | '\t')) {
        return Err(EmergencyError::field(field, Wrong::ControlCharacter));
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
