//! Renovation items: entered, consented to, funded, built, photographed, accepted by those who live there.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{PlaceLevel, PlacePath};
use linli_territory::queries as ground;
use serde_json::json;

use super::{NAME_MAX, Photo, TEXT_MAX, by, keep, past_day, recall, remember, text};
use crate::error::{RetrofitError, Wrong};
use crate::model::{BuildingConsent, Class, Funding, Item, ItemId, ItemPhoto, ItemState, Moment, Note, NoteKind};
use crate::office::LiftOffice;
use crate::rules::shares::MOST;
use crate::store::items;

/// The most photos of an item.
const PHOTOS: usize = 24;

fn funded(funding: &Funding) -> Result<(), RetrofitError> {
    if let Some((field, _)) = funding.parts().into_iter().find(|(_, fen)| !(0..=MOST).contains(fen)) {
        return Err(RetrofitError::field(field, Wrong::NotMoney));
    }
    Ok(())
}

/// Enters an item of an estate (登记改造项目), by its code of the list; who pays for it, fen.
///
/// # Errors
/// `Field`; `Denied`; store errors.
pub async fn enter(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (estate, code, title): (&str, &str, &str),
    funding: Funding,
) -> Result<ItemId, RetrofitError> {
    let district = tx.district();
    let estate = text("estate", estate, (true, 100))?;
    if let Some(id) = recall(ctx, tx, "renovation.enter", &(&estate, code, title, funding)).await? {
        return Ok(id);
    }
    let found = ground::place_meant(&mut tx.conn()?, district, &estate).await?;
    let place =
        found.filter(|place| place.level == PlaceLevel::Estate).ok_or(RetrofitError::field("estate", Wrong::NotAChoice))?;
    ctx.may(Action::Create, Resource::Renovation, district, &place.path)?;
    let rules = office.renovation(&place.path, ctx.now())?;
    let class = rules.value.class(code).ok_or(RetrofitError::field("code", Wrong::NotAChoice))?;
    funded(&funding)?;
    let item = Item {
        district,
        id: ItemId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: place.path,
        class,
        code: code.to_owned(),
        title: text("title", title, (false, NAME_MAX))?,
        // What must be done is not asked about; what owners agree to is.
        state: if class == Class::Basic { ItemState::Planned } else { ItemState::Asking },
        percent: 0,
        funding,
    };
    items::insert(&mut tx.conn()?, &item, (ctx.now(), by(ctx)?)).await?;
    let facts = json!({ "class": class, "code": code, "funding": funding, "rules": rules.stamp.mark() });
    tx.journal(ctx.line("renovation.entered", &item.place, Some(item.id.0), facts));
    remember(ctx, tx, &item.id).await?;
    Ok(item.id)
}

async fn taken(ctx: &Ctx, tx: &mut Tx, id: ItemId) -> Result<Item, RetrofitError> {
    let district = tx.district();
    let item = items::one(&mut tx.conn()?, district, id).await?.ok_or(RetrofitError::NotFound)?;
    ctx.may(Action::Change, Resource::Renovation, district, &item.place)?;
    items::lock(&mut tx.conn()?, district, id).await?.ok_or(RetrofitError::NotFound)
}

/// Who pays, anew (调整资金).
///
/// # Errors
/// `Field` for an amount below zero; `NotFound`, `Denied`; store errors.
pub async fn fund(ctx: &Ctx, tx: &mut Tx, id: ItemId, funding: Funding) -> Result<(), RetrofitError> {
    let mut item = taken(ctx, tx, id).await?;
    funded(&funding)?;
    let before = item.funding;
    item.funding = funding;
    items::put(&mut tx.conn()?, &item).await?;
    tx.journal(ctx.line("renovation.funded", &item.place, Some(id.0), json!({ "before": before, "now": funding })));
    Ok(())
}

/// What a building said (楼栋征求意见): so many of its homes agree.
///
/// # Errors
/// `Field`; `NoStep` once it is being built; `NotFound`, `Denied`; store errors.
pub async fn ask(
    ctx: &Ctx,
    tx: &mut Tx,
    id: ItemId,
    (building, agreed, homes, day): (&PlacePath, i64, i64, &str),
) -> Result<(), RetrofitError> {
    let item = taken(ctx, tx, id).await?;
    if !matches!(item.state, ItemState::Asking | ItemState::Planned) {
        return Err(RetrofitError::NoStep);
    }
    let place = ground::place_at(&mut tx.conn()?, item.district, building).await?;
    let place = place.filter(|place| place.level == PlaceLevel::Building && item.place.contains(&place.path));
    let place = place.ok_or(RetrofitError::field("building", Wrong::NotAChoice))?;
    if !(1..=5_000).contains(&homes) {
        return Err(RetrofitError::field("homes", Wrong::NotANumber { min: 1, max: 5_000 }));
    }
    if !(0..=homes).contains(&agreed) {
        return Err(RetrofitError::field("agreed", Wrong::NotANumber { min: 0, max: homes }));
    }
    let consent = BuildingConsent { place: place.path, homes, agreed, day: past_day(ctx, "asked_on", day)? };
    items::put_consent(&mut tx.conn()?, item.district, id, &consent).await?;
    let facts = json!({ "building": consent.place, "homes": homes, "agreed": agreed, "on": consent.day });
    tx.journal(ctx.line("renovation.asked", &item.place, Some(id.0), facts));
    Ok(())
}

/// How far it is (进度), with photos before and after.
#[derive(Debug, Clone, Default)]
pub struct Progress<'a> {
    /// Percent.
    pub percent: i64,
    /// The day; today when empty.
    pub day: &'a str,
    /// In words.
    pub said: &'a str,
    /// Photos and when they were taken.
    pub photos: Vec<(Photo, Moment)>,
}

/// Writes how far it is. Work begins with the first percent; at a hundred it waits for those who live there to accept it. What owners have to agree to
/// does not begin before every building that was asked agrees.
///
/// # Errors
/// `Field`; `NotPassed` for an improvement item without enough consent; `NoStep` for one that is over; `NotFound`, `Denied`; store errors.
pub async fn progress(ctx: &Ctx, tx: &mut Tx, office: &LiftOffice, id: ItemId, new: Progress<'_>) -> Result<(), RetrofitError> {
    let mut item = taken(ctx, tx, id).await?;
    if matches!(item.state, ItemState::Accepted | ItemState::Dropped) {
        return Err(RetrofitError::NoStep);
    }
    if !(item.percent..=100).contains(&new.percent) {
        return Err(RetrofitError::field("percent", Wrong::NotANumber { min: item.percent, max: 100 }));
    }
    if new.percent > 0 && item.state == ItemState::Asking && item.class == Class::Improvement {
        let rules = office.renovation(&item.place, ctx.now())?;
        let said = items::consents(&mut tx.conn()?, item.district, id).await?;
        if said.is_empty() || !said.iter().all(|one| rules.value.enough(one.agreed, one.homes)) {
            return Err(RetrofitError::NotPassed);
        }
    }
    let known = items::photos(&mut tx.conn()?, item.district, id).await?;
    if known.len() + new.photos.len() > PHOTOS {
        return Err(RetrofitError::NoStep);
    }
    item.percent = new.percent;
    item.state = match new.percent {
        0 => item.state,
        100 => ItemState::Finished,
        _ => ItemState::Working,
    };
    let note = Note {
        no: 0,
        kind: NoteKind::Progress,
        day: past_day(ctx, "on_day", new.day)?,
        percent: new.percent,
        present: 0,
        content: 0,
        said: text("said", new.said, (false, TEXT_MAX))?,
    };
    items::put(&mut tx.conn()?, &item).await?;
    items::add_note(&mut tx.conn()?, item.district, id, &note, (ctx.now(), by(ctx)?)).await?;
    let first = known.iter().map(|photo| photo.no).max().unwrap_or(0) + 1;
    for (no, (photo, moment)) in (first..).zip(&new.photos) {
        keep(tx, Some(photo), ctx.now()).await?;
        let photo = ItemPhoto { no, moment: *moment, hash: photo.hash, thumb: photo.thumb };
        items::add_photo(&mut tx.conn()?, item.district, id, &photo, ctx.now()).await?;
    }
    let facts = json!({ "percent": new.percent, "state": item.state, "photos": new.photos.len() });
    tx.journal(ctx.line("renovation.progressed", &item.place, Some(id.0), facts));
    Ok(())
}

/// Those who live there accept it (居民验收): so many came, so many are content. With more than half it is accepted, otherwise it goes back to work.
///
/// # Errors
/// `Field`; `NoStep` before it is finished; `NotFound`, `Denied`; store errors.
pub async fn accept(
    ctx: &Ctx,
    tx: &mut Tx,
    id: ItemId,
    (day, present, content, said): (&str, i64, i64, &str),
) -> Result<(), RetrofitError> {
    let mut item = taken(ctx, tx, id).await?;
    if item.state != ItemState::Finished {
        return Err(RetrofitError::NoStep);
    }
    if !(1..=5_000).contains(&present) {
        return Err(RetrofitError::field("present", Wrong::NotANumber { min: 1, max: 5_000 }));
    }
    if !(0..=present).contains(&content) {
        return Err(RetrofitError::field("content", Wrong::NotANumber { min: 0, max: present }));
    }
    let accepted = content * 2 > present;
    let said = text("said", said, (!accepted, TEXT_MAX))?;
    item.state = if accepted { ItemState::Accepted } else { ItemState::Working };
    item.percent = if accepted { 100 } else { 99 };
    items::put(&mut tx.conn()?, &item).await?;
    let note = Note {
        no: 0,
        kind: NoteKind::Acceptance,
        day: past_day(ctx, "on_day", day)?,
        percent: item.percent,
        present,
        content,
        said,
    };
    items::add_note(&mut tx.conn()?, item.district, id, &note, (ctx.now(), by(ctx)?)).await?;
    let facts = json!({ "present": present, "content": content, "accepted": accepted });
    tx.journal(ctx.line("renovation.accepted", &item.place, Some(id.0), facts));
    Ok(())
}
