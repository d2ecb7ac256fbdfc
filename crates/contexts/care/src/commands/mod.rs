//! What changes the world of care: authorise, decide by the rules, write the rows, the errand to the watch and the journal line, all in the
//! caller's transaction.

mod alarms;
mod consents;
mod ears;
mod enrol;
mod jobs;
mod ladder;
mod settings;
mod visits;
mod withdrawal;

use std::sync::atomic::{AtomicU32, Ordering};

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
pub(crate) use consents::shown;
pub use consents::{HowAgreed, Withdrawn, agree, withdraw};
pub use ears::heard_by;
pub use enrol::{Beginning, Enrolled, NewContact, NewPerson, SEEN_DAYS, enrol, new_link};
pub use jobs::{expire, follow_move, note_look, sweep};
pub use settings::{admit, change_profile, change_quiet, come_back, discharge, go_away};
pub use visits::{Stepped, With, open_by_hand, step};
pub(crate) use visits::{open_as_asked, standing};

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

/// The id of an errand: errands are told in its order, and those of one millisecond in that in which they were written down. Enrolled first,
/// then told that it may learn; the other way round the second is lost.
fn errand_id(ctx: &Ctx) -> uuid::Uuid {
    static WRITTEN: AtomicU32 = AtomicU32::new(0);
    let count = WRITTEN.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    let mut bytes = linli_kernel::_private::uuid_v7(ctx.clock.as_ref(), ctx.rng.as_ref()).into_bytes();
    // After 48 bits of time and 4 of the version, 12 bits of the count, 2 of the variant, and 20 more of the count; the rest stays chance.
    let [first, second, third, fourth] = count;
    let (high, low) = (
        (u16::from(first) << 4) | u16::from(second >> 4),
        (u32::from(second & 0x0f) << 16) | (u32::from(third) << 8) | u32::from(fourth),
    );
    let ([h0, h1], [_, l0, l1, l2]) = (high.to_be_bytes(), low.to_be_bytes());
    for (at, mask, value) in
        [(6, 0xf0, h0 & 0x0f), (7, 0, h1), (8, 0xc0, (l0 << 2) | (l1 >> 6)), (9, 0, (l1 << 2) | (l2 >> 6)), (10, 0x03, l2 << 2)]
    {
        if let Some(byte) = bytes.get_mut(at) {
            *byte = (*byte & mask) | value;
        }
    }
    uuid::Uuid::from_bytes(bytes)
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
    let id = errand_id(ctx);
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
pub(crate) fn at_entrance(place: &PlacePath) -> PlacePath {
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

#[cfg(test)]
mod tests {
    use linli_kernel::{FakeClock, SeededRng, Ts};

    use super::{Ctx, errand_id};

    #[test]
    fn errands_of_one_millisecond_keep_the_order_in_which_they_were_written() {
        let ctx = Ctx::system("test", FakeClock::at(Ts(1_700_000_000_000_000)), SeededRng::new(3));
        let ids: Vec<_> = (0..5_000).map(|_| errand_id(&ctx)).collect();
        assert!(ids.is_sorted_by(|one, next| one < next));
        assert!(ids.iter().all(|id| id.get_version_num() == 7 && id.get_variant() == uuid::Variant::RFC4122));
        let mut chance: Vec<_> = ids.iter().map(|id| id.as_u128() & 0x03_ffff_ffff).collect();
        chance.sort_unstable();
        chance.dedup();
        assert!(chance.len() > 4_900, "the rest is chance");
    }
}
