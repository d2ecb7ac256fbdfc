//! Groups (专家组): made by the health office for a place and some days, with members of stated specialities.

use linli_access::{Action, Actor, Ctx, Denied, Resource, Role};
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;
use uuid::Uuid;

use super::{by, day, day_of, recall, remember, text};
use crate::error::{ExpertError, Wrong};
use crate::model::{Group, GroupId, Member, Speciality};
use crate::store::groups;

/// Longest name of a group, in characters.
pub const NAME_MAX: usize = 40;

/// The most people who are looked through for experts.
const MOST: i64 = 500;

/// The place a member of staff answers for.
fn seat_of(ctx: &Ctx) -> Result<PlacePath, Denied> {
    match &ctx.actor {
        Actor::Staff { scope, .. } => Ok(scope.place.clone()),
        Actor::Visitor | Actor::Resident { .. } => Err(Denied::Unauthenticated),
        _ => Err(Denied::Forbidden),
    }
}

/// Makes a group for the place the actor answers for (组建专家组).
///
/// # Errors
/// `Field`; `Denied`; store errors.
pub async fn make(ctx: &Ctx, tx: &mut Tx, (name, from_day, to_day): (&str, &str, &str)) -> Result<GroupId, ExpertError> {
    let (district, place) = (tx.district(), seat_of(ctx)?);
    ctx.may(Action::Create, Resource::Round, district, &place)?;
    if let Some(id) = recall(ctx, tx, "expert.make_group", &(name, from_day, to_day)).await? {
        return Ok(id);
    }
    let name = text("name", name, true)?;
    if name.chars().count() > NAME_MAX {
        return Err(ExpertError::field("name", Wrong::TooLong { max: NAME_MAX }));
    }
    let from_day = day("from_day", from_day)?;
    let to_day = if to_day.is_empty() { None } else { Some(day("to_day", to_day)?) };
    if to_day.as_ref().is_some_and(|last| *last < from_day) {
        return Err(ExpertError::field("to_day", Wrong::TooEarly));
    }
    let id = GroupId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let group = Group { district, id, place: place.clone(), name, from_day, to_day };
    groups::insert(&mut tx.conn()?, &group, (ctx.now(), by(ctx)?)).await?;
    tx.journal(ctx.line("expert.group_made", &place, Some(id.0), json!({ "from": group.from_day, "to": group.to_day })));
    remember(ctx, tx, &id).await?;
    Ok(id)
}

/// A group of the actor's reach that may be changed.
async fn opened(ctx: &Ctx, tx: &mut Tx, id: GroupId) -> Result<Group, ExpertError> {
    let district = tx.district();
    let group = groups::one(&mut tx.conn()?, district, id).await?.ok_or(ExpertError::NotFound)?;
    ctx.may(Action::Create, Resource::Round, district, &group.place)?;
    Ok(group)
}

/// Puts an expert into a group (增加组员): somebody appointed as an expert for the place.
///
/// # Errors
/// `Field` for who is not appointed as an expert; `NotFound`, `Denied`; store errors.
pub async fn join(ctx: &Ctx, tx: &mut Tx, id: GroupId, (person, speciality): (Uuid, Speciality)) -> Result<(), ExpertError> {
    let group = opened(ctx, tx, id).await?;
    let roles = (&[Role::Expert][..], MOST);
    let experts =
        linli_people::queries::persons_in_roles(&mut tx.conn()?, group.district, &group.place, roles, ctx.now()).await?;
    if !experts.iter().any(|one| one.0 == person) {
        return Err(ExpertError::field("person", Wrong::NotAChoice));
    }
    groups::join(&mut tx.conn()?, group.district, &Member { group: id, person, speciality }, ctx.now()).await?;
    tx.journal(ctx.line("expert.member_joined", &group.place, Some(id.0), json!({ "person": person, "speciality": speciality })));
    Ok(())
}

/// Somebody leaves a group (退出).
///
/// # Errors
/// `NotFound` for who is not in it; `Denied`; store errors.
pub async fn leave(ctx: &Ctx, tx: &mut Tx, id: GroupId, person: Uuid) -> Result<(), ExpertError> {
    let group = opened(ctx, tx, id).await?;
    if !groups::leave(&mut tx.conn()?, group.district, (id, person), ctx.now()).await? {
        return Err(ExpertError::NotFound);
    }
    tx.journal(ctx.line("expert.member_left", &group.place, Some(id.0), json!({ "person": person })));
    Ok(())
}

/// Today is the last day of a group (结束包干).
///
/// # Errors
/// `NoStep` for one that is over; `NotFound`, `Denied`; store errors.
pub async fn end(ctx: &Ctx, tx: &mut Tx, id: GroupId) -> Result<(), ExpertError> {
    let group = opened(ctx, tx, id).await?;
    let today = day_of(ctx.now());
    if group.to_day.as_ref().is_some_and(|last| *last < today) {
        return Err(ExpertError::NoStep);
    }
    groups::end(&mut tx.conn()?, group.district, id, &today).await?;
    tx.journal(ctx.line("expert.group_ended", &group.place, Some(id.0), json!({ "to": today })));
    Ok(())
}
