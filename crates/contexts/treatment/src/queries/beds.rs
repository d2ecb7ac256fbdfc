//! The bed board of an institution, the ledger at any instant, and whether it holds together.

use std::collections::BTreeMap;
use std::sync::Arc;

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use linli_rulebook::Rule;

use crate::commands::beds::{unseen, wrong};
use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::beds::{BedType, Cell, CellKey, Conversion, ConversionId, Entry, EntryKind, Hold, Levels};
use crate::model::{InstitutionId, UnitId};
use crate::rules::beds::{Beds, Derived, Unknown, fold};
use crate::standing::own_institution;
use crate::store::beds;

/// A kind of bed in a unit, as it is shown.
#[derive(Debug, Clone)]
pub struct BoardCell {
    /// What there is.
    pub cell: Cell,
    /// What can be had, or why that cannot be said.
    pub derived: Result<Derived, Unknown>,
    /// Who has a bed, or has one held.
    pub holds: Vec<Hold>,
    /// Whether anything was ever told of beds that are occupied, and of beds that are blocked: of none that were told there is no number.
    pub told: (bool, bool),
}

/// A unit with its beds.
#[derive(Debug, Clone)]
pub struct BoardUnit {
    /// Which.
    pub id: UnitId,
    /// Its name.
    pub name: String,
    /// Its beds, by kind.
    pub cells: Vec<BoardCell>,
}

/// The beds of an institution.
#[derive(Debug, Clone)]
pub struct Board {
    /// Its district.
    pub district: DistrictId,
    /// Which.
    pub institution: InstitutionId,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub place: PlacePath,
    /// Its units by name; those without beds too.
    pub units: Vec<BoardUnit>,
    /// Orders to convert, the newest first.
    pub conversions: Vec<Conversion>,
    /// Whether it is the actor's own institution.
    pub own: bool,
    /// Whether the actor may order beds to be converted there.
    pub may_order: bool,
    /// The rules by which beds are counted.
    pub rules: Arc<Rule<Beds>>,
}

/// The name of an institution: that of its organisation.
///
/// # Errors
/// Store errors.
pub async fn name_of(c: &mut Conn<'_>, district: DistrictId, id: InstitutionId) -> Result<String, BedError> {
    let found = linli_people::queries::organisation(c, district, OrganisationId(id.0)).await?;
    Ok(found.map(|organisation| organisation.name).unwrap_or_default())
}

/// Whose an order to convert beds is.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn institution_of(c: &mut Conn<'_>, district: DistrictId, order: ConversionId) -> Result<InstitutionId, BedError> {
    Ok(beds::conversion(c, district, order).await?.ok_or(BedError::NotFound)?.institution)
}

/// Most institutions of one list.
const HOUSES: i64 = 500;

/// The institutions in the actor's reach that have told of beds, by code, each with its kinds of beds and how many are free; `None` where that is not known.
///
/// # Errors
/// `Denied`; store errors.
pub async fn houses(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    desk: &BedDesk,
) -> Result<Vec<(InstitutionId, String, Vec<(BedType, Option<i64>)>)>, BedError> {
    let scope = ctx.scope(Action::Read, Resource::Bed)?;
    let mut all = Vec::new();
    for one in crate::store::institutions::open_in(c, &scope, ctx.now(), ("", "", HOUSES)).await? {
        let rules = desk.beds(&one.place, ctx.now())?;
        let mut free: BTreeMap<BedType, Option<i64>> = BTreeMap::new();
        for cell in beds::cells(c, (one.district, one.id)).await? {
            let here = rules.value.derive(cell.key.bed_type, &cell.levels).map(|derived| derived.available());
            let sum = free.entry(cell.key.bed_type).or_insert(Some(0));
            *sum = sum.zip(here.ok()).map(|(sum, here)| sum + here.max(0));
        }
        if !free.is_empty() {
            all.push((one.id, one.name, free.into_iter().collect()));
        }
    }
    Ok(all)
}

/// The bed board of an institution that the actor reaches: by its place, or because it is his own.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn board(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, at: (DistrictId, InstitutionId)) -> Result<Board, BedError> {
    let (district, institution) = at;
    ctx.scope(Action::Read, Resource::Bed)?;
    let place = beds::place_of(c, district, institution).await?.ok_or(BedError::NotFound)?;
    let own = own_institution(ctx, c).await? == Some(at);
    if !own {
        ctx.may(Action::Read, Resource::Bed, district, &place).map_err(unseen)?;
    }
    let rules = desk.beds(&place, ctx.now())?;
    let mut by_unit: BTreeMap<UnitId, Vec<BoardCell>> = BTreeMap::new();
    let holds = beds::holds_of(c, at).await?;
    let told = beds::told_of(c, at).await?;
    for cell in beds::cells(c, at).await? {
        let told = told.get(&(cell.key.unit, cell.key.bed_type)).copied().unwrap_or_default();
        let mine = |hold: &&Hold| hold.unit == cell.key.unit && hold.bed_type == cell.key.bed_type;
        let derived = rules.value.derive(cell.key.bed_type, &cell.levels);
        let holds = holds.iter().filter(mine).cloned().collect();
        by_unit.entry(cell.key.unit).or_default().push(BoardCell { cell, derived, holds, told });
    }
    let units = beds::units(c, at, ctx.now()).await?;
    let units = units.into_iter().map(|(id, name)| BoardUnit { id, name, cells: by_unit.remove(&id).unwrap_or_default() });
    Ok(Board {
        district,
        institution,
        name: name_of(c, district, institution).await?,
        units: units.collect(),
        conversions: beds::conversions(c, at, 50).await?,
        own,
        may_order: ctx.may(Action::Assign, Resource::Bed, district, &place).is_ok(),
        place,
        rules,
    })
}

/// An entry of the ledger as it is listed.
#[derive(Debug, Clone)]
pub struct Booked {
    /// The unit.
    pub unit: UnitId,
    /// The kind of bed.
    pub bed_type: BedType,
    /// The entry.
    pub entry: Entry,
}

/// The board as it stood at an instant (任一时点的床位), by all that is known of it now; and the entries up to then, the newest first. Of holds and orders
/// nothing is shown: what they had made of the numbers is in them.
///
/// # Errors
/// `Field` for an instant that has not come; `NotFound`, `Denied`; store errors.
pub async fn past(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    desk: &BedDesk,
    at: (DistrictId, InstitutionId),
    (instant, most): (Ts, usize),
) -> Result<(Board, Vec<Booked>), BedError> {
    if instant > ctx.now() {
        return Err(wrong("at", Wrong::InTheFuture));
    }
    let mut board = board(ctx, c, desk, at).await?;
    let rules = desk.beds(&board.place, instant)?;
    let mut booked = Vec::new();
    for unit in &mut board.units {
        let mut stood = Vec::new();
        for one in std::mem::take(&mut unit.cells) {
            let key = one.cell.key;
            let entries = beds::entries(c, key, (instant, ctx.now())).await?;
            let Some(last) = entries.last() else { continue };
            let damaged = DbError::Inconsistent { table: "bed_entry", column: "amount", row: key.unit.to_string() };
            let levels = folded(&entries, instant).ok_or(damaged)?;
            let known_at = entries.iter().map(|entry| entry.known_at).max().unwrap_or(last.known_at);
            let told = |kind| entries.iter().any(|entry| entry.kind == kind);
            stood.push(BoardCell {
                derived: rules.value.derive(key.bed_type, &levels),
                told: (told(EntryKind::Occupied), told(EntryKind::Blocked)),
                cell: Cell { levels, last_at: last.at, known_at, ..one.cell },
                holds: Vec::new(),
            });
            let newest = entries.into_iter().rev().take(most);
            booked.extend(newest.map(|entry| Booked { unit: unit.id, bed_type: key.bed_type, entry }));
        }
        unit.cells = stood;
    }
    booked.sort_by_key(|one| std::cmp::Reverse((one.entry.at, one.entry.id)));
    booked.truncate(most);
    board.conversions.clear();
    board.rules = rules;
    Ok((board, booked))
}

/// What there was of a kind of bed at an instant, as it was known by another (查询任一时点).
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn at_instant(ctx: &Ctx, c: &mut Conn<'_>, key: CellKey, (at, known_by): (Ts, Ts)) -> Result<Levels, BedError> {
    let cell = beds::cell(c, key).await?.ok_or(BedError::NotFound)?;
    let place = beds::place_of(c, key.district, cell.institution).await?.ok_or(BedError::NotFound)?;
    if own_institution(ctx, c).await? != Some((key.district, cell.institution)) {
        ctx.may(Action::Read, Resource::Bed, key.district, &place).map_err(unseen)?;
    }
    let entries = beds::entries(c, key, (at, known_by)).await?;
    let damaged = DbError::Inconsistent { table: "bed_entry", column: "amount", row: key.unit.to_string() };
    folded(&entries, at).ok_or_else(|| damaged.into())
}

fn folded(entries: &[Entry], at: Ts) -> Option<Levels> {
    fold(entries, at).ok()
}

/// What does not hold together in the ledger of a district: every cell is the fold of its entries.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, BedError> {
    const AT_ONCE: i64 = 500;
    let mut found = beds::contradictions(c, district).await?;
    let mut after: Option<(UnitId, BedType)> = None;
    loop {
        let cells = beds::cells_after(c, district, after, AT_ONCE).await?;
        for cell in &cells {
            let entries = beds::entries(c, cell.key, (Ts(i64::MAX), Ts(i64::MAX))).await?;
            if folded(&entries, Ts(i64::MAX)) != Some(cell.levels) {
                found.push(format!("unit {} {}: the ledger is not the fold of its entries", cell.key.unit, cell.key.bed_type));
            }
            after = Some((cell.key.unit, cell.key.bed_type));
        }
        if i64::try_from(cells.len()).is_ok_and(|n| n < AT_ONCE) {
            return Ok(found);
        }
    }
}
