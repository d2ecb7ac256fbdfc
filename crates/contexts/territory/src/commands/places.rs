//! Renaming, closing and moving places below the community.

use std::collections::HashSet;

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use serde_json::json;

use super::authorised;
use crate::error::{Problem, TerritoryError};
use crate::model::{Place, PlaceId};
use crate::moves::{self, MOVED, Moved};
use crate::{rules, store};

/// Gives a place another name. Its natural key stays.
///
/// # Errors
/// `Unknown`, `Invalid`, `Denied`, store errors.
pub async fn rename_place(ctx: &Ctx, tx: &mut Tx, id: PlaceId, name: &str) -> Result<(), TerritoryError> {
    authorised(ctx, tx, Action::Change, Resource::Territory).await?;
    let name = rules::clean("name", name).map_err(TerritoryError::Invalid)?;
    let place = known(tx, id).await?;
    if place.name == name {
        return Ok(());
    }
    let district = tx.district();
    store::places::rename(&mut tx.conn()?, district, id, &name).await?;
    tx.journal(ctx.line("territory.place_renamed", &place.path, Some(id.0), json!({ "level": place.level })));
    Ok(())
}

/// Closes a place and everything under it at a moment (拆除、合并), naming a successor where there is one.
///
/// # Errors
/// `Unknown`, `Cycle` when the successors would come back, `Invalid` when it is closed already or the moment cannot be one, `Denied`,
/// store errors.
pub async fn close_place(
    ctx: &Ctx,
    tx: &mut Tx,
    id: PlaceId,
    at: Ts,
    replaced_by: Option<PlaceId>,
) -> Result<(), TerritoryError> {
    authorised(ctx, tx, Action::Change, Resource::Territory).await?;
    let place = known(tx, id).await?;
    let district = tx.district();
    let c = &mut tx.conn()?;
    if store::places::at(c, district, &place.path).await?.is_none() {
        return Err(TerritoryError::Invalid(Problem::new("place", "closed", place.code)));
    }
    // It may have gone before we learned of it: when it was recorded says nothing of when it was built.
    rules::check_end(None, at, ctx.now()).map_err(TerritoryError::Invalid)?;
    if let Some(successor) = replaced_by {
        let known = store::places::by_id(c, district, successor).await?;
        let known = known.ok_or_else(|| TerritoryError::Unknown(successor.to_string()))?;
        if place.path.contains(&known.path) || leads_to(c, district, successor, id).await? {
            return Err(TerritoryError::Cycle(place.code));
        }
        store::places::set_successor(c, district, id, successor).await?;
    }
    if place.level != PlaceLevel::Estate {
        let (buildings, entrances, homes) = branch_counts(c, district, &place.path).await?;
        store::estates::add_counts(c, district, &place.path.at_level(PlaceLevel::Estate), (-buildings, -entrances, -homes))
            .await?;
    }
    let closed = store::places::close(c, district, &place.path, at).await?;
    let facts = json!({ "level": place.level, "places": closed, "at": at, "replaced_by": replaced_by });
    tx.journal(ctx.line("territory.place_closed", &place.path, Some(id.0), facts));
    Ok(())
}

/// Moves a place with everything under it to another parent of the same district. Announces it as one journal line
/// [`MOVED`], from which the other rooms rewrite their own rows. `None` when it is there already.
///
/// # Errors
/// `Unknown`, `Cycle`, `OtherDistrict`, `WrongLevel`, `Taken` when the new parent has a child of that key, `Denied`, store errors.
pub async fn move_place(ctx: &Ctx, tx: &mut Tx, id: PlaceId, new_parent: &PlacePath) -> Result<Option<Moved>, TerritoryError> {
    let district = authorised(ctx, tx, Action::Change, Resource::Territory).await?;
    let place = known(tx, id).await?;
    if place.path.contains(new_parent) {
        return Err(TerritoryError::Cycle(place.code));
    }
    if !district.path.contains(new_parent) {
        return Err(TerritoryError::OtherDistrict);
    }
    if new_parent.level().and_then(PlaceLevel::below) != Some(place.level) {
        return Err(TerritoryError::WrongLevel(place.code));
    }
    if place.path.parent().as_ref() == Some(new_parent) {
        return Ok(None);
    }
    relocate(ctx, tx, &place, new_parent).await.map(Some)
}

/// The move itself; levels and district are checked before.
pub(super) async fn relocate(ctx: &Ctx, tx: &mut Tx, place: &Place, new_parent: &PlacePath) -> Result<Moved, TerritoryError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    let parent_code = if place.level == PlaceLevel::Estate {
        let division = store::divisions::at_paths(c, std::slice::from_ref(new_parent)).await?.pop();
        division.ok_or_else(|| TerritoryError::Unknown(new_parent.to_string()))?;
        None
    } else {
        let parent = store::places::at(c, district, new_parent).await?;
        Some(parent.ok_or_else(|| TerritoryError::Unknown(new_parent.to_string()))?.code)
    };
    let code = match parent_code {
        Some(parent) => format!("{parent}/{}", place.code.rsplit('/').next().unwrap_or_default()),
        None => place.code.clone(),
    };
    if code != place.code && store::places::by_code(c, district, &code).await?.is_some() {
        return Err(TerritoryError::Taken(code));
    }
    let number = store::places::take_numbers(c, district, new_parent, 1).await?;
    let to = u32::try_from(number).ok().and_then(|n| new_parent.child(n).ok());
    let moved = Moved {
        from: place.path.clone(),
        to: to.ok_or_else(|| TerritoryError::Invalid(Problem::new("place", "no_path", new_parent.to_string())))?,
    };
    move_counts(c, district, place, &moved).await?;
    rewrite_own(c, district, &moved).await?;
    if code != place.code {
        store::places::rekey(c, district, &moved.to, &place.code, &code).await?;
    }
    let facts = serde_json::to_value(&moved).unwrap_or_default();
    tx.journal(ctx.line(MOVED, &moved.from, Some(place.id.0), facts));
    Ok(moved)
}

/// Every table of this room that holds a path.
async fn rewrite_own(c: &mut Conn<'_>, district: DistrictId, moved: &Moved) -> Result<(), TerritoryError> {
    for table in ["place", "place_number", "estate", "component", "grid_cover", "boundary"] {
        moves::rewrite(c, district, table, "place_path", moved).await?;
    }
    Ok(())
}

/// What moves from one estate to another changes the counts of both.
async fn move_counts(c: &mut Conn<'_>, district: DistrictId, place: &Place, moved: &Moved) -> Result<(), TerritoryError> {
    let (old, new) = (moved.from.at_level(PlaceLevel::Estate), moved.to.at_level(PlaceLevel::Estate));
    if place.level == PlaceLevel::Estate || old == new {
        return Ok(());
    }
    let (buildings, entrances, homes) = branch_counts(c, district, &moved.from).await?;
    store::estates::add_counts(c, district, &old, (-buildings, -entrances, -homes)).await?;
    store::estates::add_counts(c, district, &new, (buildings, entrances, homes)).await?;
    Ok(())
}

/// Buildings, entrances and homes in force in a subtree, its top included.
async fn branch_counts(c: &mut Conn<'_>, district: DistrictId, top: &PlacePath) -> Result<(i64, i64, i64), TerritoryError> {
    let counts = store::places::counts(c, district, top).await?;
    let of = |depth: i64| counts.iter().find(|(d, _)| *d == depth).map_or(0, |(_, n)| *n);
    Ok((of(6), of(7), of(8)))
}

async fn known(tx: &mut Tx, id: PlaceId) -> Result<Place, TerritoryError> {
    let district = tx.district();
    store::places::by_id(&mut tx.conn()?, district, id).await?.ok_or_else(|| TerritoryError::Unknown(id.to_string()))
}

async fn leads_to(c: &mut Conn<'_>, district: DistrictId, from: PlaceId, to: PlaceId) -> Result<bool, TerritoryError> {
    let mut seen = HashSet::new();
    let mut id = from;
    while seen.insert(id) {
        match store::places::successor(c, district, id).await? {
            Some(next) if next == to => return Ok(true),
            Some(next) => id = next,
            None => return Ok(false),
        }
    }
    Ok(true)
}
