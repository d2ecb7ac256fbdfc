//! What changes key groups and readings: authorise, decide, write the rows and the journal line, all in the caller's transaction.

mod alarms;
mod enrol;
mod hand_off;
mod medicine;
mod oximeters;
mod oxygen;
mod readings;

use linli_access::{Action, Actor, Ctx};
use linli_db::{Conn, Line, Recall, Tx};
use linli_kernel::{DistrictId, PlacePath};
use linli_people::model::{Organisation, OrganisationId};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use uuid::Uuid;

pub use alarms::{REFERRAL_CLASS, acknowledge, ask_referral, ask_visit};
pub(crate) use alarms::{ask_centre, visits_asked};
pub(crate) use enrol::call_now;
pub use enrol::{NewFollowed, decide_colour, enrol, forget, recompute, recompute_all};
pub use hand_off::{hear, referred};
pub use medicine::{Decided, PRESCRIBE_MAX, RECEIVE_MAX, Received, adjust, cancel, decide, hand_out, receive};
pub(crate) use oximeters::on_behalf_of;
pub use oximeters::{ISSUE_MAX, give_back, issue, lend, lose, write_off};
pub(crate) use oxygen::free_slots;
pub use oxygen::{NewOffer, Wanted, book_oxygen, offer_oxygen, put_oxygen};
pub(crate) use readings::raising;
pub use readings::{Correction, NewReading, SourceKey, Taken, correct, sweep_missing, tell, told_as};

use super::error::{FollowError, Wrong};
use super::model::Followed;
use super::{scope, store};
use crate::model::CarePersonId;

/// Longest reason, in characters.
pub const REASON_MAX: usize = 500;

/// The kinds of organisation that follow people and are issued oximeters: centre, station, village clinic.
pub const INSTITUTIONS: [&str; 3] = ["health_centre", "health_station", "village_clinic"];

/// Writes down that somebody's health data were opened; the person sees it on the own page.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn looked(ctx: &Ctx, tx: &mut Tx, person: CarePersonId) -> Result<(), FollowError> {
    let district = tx.district();
    let known = crate::store::person(&mut tx.conn()?, district, person).await?.ok_or(FollowError::NotFound)?;
    match ctx.actor {
        Actor::Program { .. } => {
            let followed = store::followed(&mut tx.conn()?, district, person).await?.ok_or(FollowError::NotFound)?;
            scope::is_of(ctx, Action::Read, &followed)?;
        }
        _ => reached(ctx, Action::Read, district, &known.place)?,
    }
    crate::commands::note_look(ctx, tx, &known);
    Ok(())
}

/// The record of somebody whom the actor may follow. Who lives outside of the actor's reach does not exist for him.
async fn held(ctx: &Ctx, tx: &mut Tx, person: CarePersonId, action: Action) -> Result<Followed, FollowError> {
    let district = tx.district();
    let followed = store::hold(&mut tx.conn()?, district, person).await?.ok_or(FollowError::NotFound)?;
    match ctx.actor {
        Actor::Program { .. } => scope::is_of(ctx, action, &followed)?,
        _ => reached(ctx, action, district, &followed.place)?,
    }
    Ok(followed)
}

/// Whether the actor reaches a place: what he does not reach, he is not told of.
fn reached(ctx: &Ctx, action: Action, district: DistrictId, place: &PlacePath) -> Result<(), FollowError> {
    scope::may(ctx, Action::Read, district, place).map_err(|refusal| match refusal {
        linli_access::Denied::Forbidden => FollowError::NotFound,
        other => other.into(),
    })?;
    Ok(scope::may(ctx, action, district, place)?)
}

/// A line about somebody's health: under a number of its own in place of the person's, which goes with the consent. The journal outlasts a
/// withdrawal, and must not say then whose health it was about.
async fn health_line(
    ctx: &Ctx,
    tx: &mut Tx,
    kind: &'static str,
    (place, person): (&PlacePath, CarePersonId),
    facts: Value,
) -> Result<Line, FollowError> {
    let district = tx.district();
    let mut fresh = [0_u8; 16];
    ctx.rng.fill(&mut fresh);
    let thread = crate::store::health_thread(&mut tx.conn()?, district, person, Uuid::from_bytes(fresh)).await?;
    Ok(ctx.line(kind, place, Some(thread), facts))
}

/// An institution of the district that follows people.
async fn institution(c: &mut Conn<'_>, district: DistrictId, id: OrganisationId) -> Result<Organisation, FollowError> {
    let found = linli_people::queries::organisation(c, district, id).await?;
    let wrong = FollowError::Field { field: "institution", problem: Wrong::NotAnInstitution };
    found.filter(|organisation| INSTITUTIONS.contains(&organisation.kind.as_str())).ok_or(wrong)
}

/// Checks a text: length in characters after trimming, no control characters.
fn text(field: &'static str, value: &str, required: bool) -> Result<String, FollowError> {
    let wrong = |problem| Err(FollowError::Field { field, problem });
    let value = value.trim().replace("\r\n", "\n");
    let found = value.chars().count();
    if found == 0 && required {
        return wrong(Wrong::Required);
    }
    if found > REASON_MAX {
        return wrong(Wrong::TooLong { max: REASON_MAX, found });
    }
    if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return wrong(Wrong::ControlCharacter);
    }
    Ok(value)
}

/// The answer given to the same request before, when it carries a key.
async fn recall<T: DeserializeOwned>(
    ctx: &Ctx,
    tx: &mut Tx,
    what: &str,
    input: &(impl Serialize + Sync),
) -> Result<Option<T>, FollowError> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    match tx.recall::<T>(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash(what, input)).await? {
        Recall::Seen(answer) => Ok(Some(answer)),
        Recall::New => Ok(None),
    }
}

/// Keeps the answer for the same request coming again. Answers hold ids only: what is kept of requests outlives a consent by some days.
async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), FollowError> {
    match &ctx.idempotency_key {
        Some(key) => Ok(tx.remember(&ctx.actor_text(), key, answer).await?),
        None => Ok(()),
    }
}
