//! What changes the world of care: authorise, decide by the rules, write the rows, the errand to the watch and the journal line, all in the
//! caller's transaction.

mod alarms;
mod consents;
mod enrol;
mod jobs;
mod settings;
mod visits;

use linli_access::{Action, Actor, Ctx, Resource};
use linli_cases::LinkToken;
use linli_db::journal::Line;
use linli_db::{Recall, Tx};
use linli_kernel::{PlacePath, Ts};
use linli_watch::Slot;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

pub(crate) use alarms::{Claim, claim, relieve_ended, take_up, take_up_one};
pub use consents::{HowAgreed, Withdrawn, agree, withdraw};
pub use enrol::{Beginning, Enrolled, NewContact, NewPerson, SEEN_DAYS, enrol, new_link};
pub use jobs::{expire, follow_move, note_look, sweep};
pub use settings::{admit, change_profile, change_quiet, come_back, discharge, go_away, heard_again, not_watched};
pub(crate) use visits::standing;
pub use visits::{Stepped, With, open_by_hand, step};

use crate::error::{CareError, FieldProblem};
use crate::model::{CarePerson, CarePersonId, ErrandKind};
use crate::store;

/// Longest name, in characters.
pub const NAME_MAX: usize = 40;
/// Longest text of a note, in characters.
pub const NOTE_MAX: usize = 1_000;

/// Which person is meant, and who acts.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// By the id: the actor of the context acts.
    Id(CarePersonId),
    /// By the private link: the person acts.
    Link(&'a LinkToken),
}

/// Finds a person for somebody who wants to do something. What lies outside the reach of the actor does not exist for him.
async fn open(ctx: &Ctx, tx: &mut Tx, which: Which<'_>, action: Action) -> Result<CarePerson, CareError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    match which {
        Which::Link(token) => {
            let found = store::of_link(c, &token.hash()).await?.filter(|(at, _)| *at == district);
            let (_, id) = found.ok_or(CareError::LinkUnknown)?;
            store::person(c, district, id).await?.ok_or(CareError::LinkUnknown)
        }
        Which::Id(id) => {
            if matches!(ctx.actor, Actor::Visitor | Actor::Resident { .. }) {
                return Err(linli_access::Denied::Unauthenticated.into());
            }
            let person = store::person(c, district, id).await?.ok_or(CareError::NotFound)?;
            let reaches = ctx.may(Action::Read, Resource::Care, district, &person.place).is_ok()
                || ctx.may(Action::Read, Resource::Visit, district, &person.place).is_ok();
            if !reaches {
                return Err(CareError::NotFound);
            }
            ctx.may(action, Resource::Care, district, &person.place)?;
            Ok(person)
        }
    }
}

/// A line about a person; of the actor only that it was the person, when the private link was used.
fn line(ctx: &Ctx, which: Which<'_>, kind: &'static str, person: &CarePerson, facts: Value) -> Line {
    let mut line = ctx.line(kind, &person.place, Some(person.id.0), facts);
    if matches!(which, Which::Link(_)) && !matches!(ctx.actor, Actor::Staff { .. }) {
        line.actor = "person".to_owned();
    }
    line
}

/// Writes down what the watch has to be told.
async fn errand(
    ctx: &Ctx,
    tx: &mut Tx,
    (person, slot): (CarePersonId, Slot),
    what: ErrandKind,
    at: Option<Ts>,
) -> Result<(), CareError> {
    let district = tx.district();
    let id = linli_kernel::_private::uuid_v7(ctx.clock.as_ref(), ctx.rng.as_ref());
    store::watch::put_errand(&mut tx.conn()?, district, &store::watch::Errand { id, person, slot, what, at }).await?;
    Ok(())
}

/// Checks a text: length in characters after trimming, no control characters.
fn text(field: &'static str, value: &str, required: bool, max: usize) -> Result<String, CareError> {
    let wrong = |problem| Err(CareError::Field { field, problem });
    let value = value.trim().replace("\r\n", "\n");
    let found = value.chars().count();
    if found == 0 && required {
        return wrong(FieldProblem::Required);
    }
    if found > max {
        return wrong(FieldProblem::TooLong { max, found });
    }
    if value.chars().any(|c| c.is_control() && c != '\n' && c != '\t') {
        return wrong(FieldProblem::ControlCharacter);
    }
    Ok(value)
}

/// A number without blanks and hyphens; `None` when nothing was typed.
fn phone(field: &'static str, typed: &str) -> Result<Option<String>, CareError> {
    let number: String = typed.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    if number.is_empty() {
        return Ok(None);
    }
    let digits = number.strip_prefix('+').unwrap_or(&number);
    if (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) {
        Ok(Some(number))
    } else {
        Err(CareError::Field { field, problem: FieldProblem::NotAPhone })
    }
}

/// An instant after now and within a year.
fn within_a_year(ctx: &Ctx, field: &'static str, at: Ts) -> Result<Ts, CareError> {
    if at > ctx.now() && at <= ctx.now().plus_secs(366 * 86_400) {
        Ok(at)
    } else {
        Err(CareError::Field { field, problem: FieldProblem::NotWithinAYear })
    }
}

/// The place of a line without a person: the home is personal.
fn at_entrance(place: &PlacePath) -> PlacePath {
    place.at_level(linli_kernel::PlaceLevel::Entrance)
}

/// The answer given to the same request before, when it carries a key.
async fn recall<T: DeserializeOwned>(
    ctx: &Ctx,
    tx: &mut Tx,
    what: &str,
    input: &(impl Serialize + Sync),
) -> Result<Option<T>, CareError> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    match tx.recall::<T>(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash(what, input)).await? {
        Recall::Seen(answer) => Ok(Some(answer)),
        Recall::New => Ok(None),
    }
}

/// Keeps the answer for the same request coming again.
async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), CareError> {
    match &ctx.idempotency_key {
        Some(key) => Ok(tx.remember(&ctx.actor_text(), key, answer).await?),
        None => Ok(()),
    }
}

/// Which rules were used, for the facts of a line.
fn ruled(rule: &str) -> Value {
    json!({ "rule": rule })
}
