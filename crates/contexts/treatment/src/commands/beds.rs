//! The bed ledger is added to, beds are held and let go, conversions are ordered and proven.
//!
//! Every change of a cell happens under the lock of its row; what the cell has become is written with the entry that made it so.

use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use super::{recall, remember};
use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::beds::{
    BedType, Blocking, COUNT_MAX, Cell, CellKey, Change, Conversion, ConversionId, ConversionState, Entry, EntryId, EntryKind,
    Hold, HoldId, HoldState, Proof,
};
use crate::model::{InstitutionId, UnitId};
use crate::rules::beds::{Beds, add, fold};
use crate::standing::{may_own, own_institution};
use crate::store::beds;

/// What somebody enters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NewEntry {
    /// The unit.
    pub unit: UnitId,
    /// The kind of bed.
    pub bed_type: BedType,
    /// What it is about.
    pub kind: EntryKind,
    /// How it counts.
    pub change: Change,
    /// How many, or how many more.
    pub amount: i64,
    /// For convertible beds: within how many hours.
    pub within_hours: Option<i64>,
    /// Since when it is so; now without it.
    pub at: Option<Ts>,
    /// Why, for what is blocked.
    pub reason: Option<Blocking>,
}

/// The institution on whose behalf the actor is appointed, with where it is.
pub(crate) async fn own(ctx: &Ctx, c: &mut Conn<'_>) -> Result<(DistrictId, InstitutionId, PlacePath), BedError> {
    let (district, institution) = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let place = beds::place_of(c, district, institution).await?.ok_or(BedError::NoInstitution)?;
    Ok((district, institution, place))
}

/// Adds an entry to the ledger of the actor's own institution (台账登记).
///
/// # Errors
/// `Field` names what cannot be; `NoInstitution`, `NotFound`, `Denied`; store errors.
pub async fn enter(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, new: NewEntry) -> Result<EntryId, BedError> {
    let now = ctx.now();
    let (district, institution, place) = own(ctx, &mut tx.conn()?).await?;
    may_own(ctx, Action::Change, Resource::Bed, (district, &place))?;
    in_district(tx, district)?;
    unit_of(&mut tx.conn()?, district, institution, new.unit, now).await?;
    let rules = desk.beds(&place, now)?;
    judge_entry(&new, rules.value.convert_hours_most(), now)?;
    if let Some(answer) = recall(ctx, tx, "treatment.enter", &new).await? {
        return Ok(answer);
    }
    let id = write(ctx, tx, &rules.value, (district, institution, &place), new).await?;
    remember(ctx, tx, &id).await?;
    Ok(id)
}

/// Adds what a file says was counted in a unit of an institution: whoever may bring institutions in from files there may bring their beds. Gives whether
/// it was not in the ledger yet.
///
/// # Errors
/// As [`enter`].
pub(crate) async fn bring(
    ctx: &Ctx,
    tx: &mut Tx,
    rules: &Beds,
    (district, institution, place): (DistrictId, InstitutionId, &PlacePath),
    new: NewEntry,
) -> Result<bool, BedError> {
    let now = ctx.now();
    ctx.may(Action::Import, Resource::Institution, district, place)?;
    in_district(tx, district)?;
    unit_of(&mut tx.conn()?, district, institution, new.unit, now).await?;
    judge_entry(&new, rules.convert_hours_most(), now)?;
    let key = CellKey { district, unit: new.unit, bed_type: new.bed_type };
    let entries = beds::entries(&mut tx.conn()?, key, (new.at.unwrap_or(now), now)).await?;
    // Counted so at that instant already; without an instant, counted so when it was counted last.
    let last = entries.iter().rfind(|entry| entry.kind == new.kind);
    let same = last.is_some_and(|last| {
        let said = (last.change, last.amount, last.reason) == (new.change, new.amount, new.reason);
        said && last.within_hours == new.within_hours && new.at.is_none_or(|at| at == last.at)
    });
    if !same {
        write(ctx, tx, rules, (district, institution, place), new).await?;
    }
    Ok(!same)
}

/// Writes an entry that was judged.
async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    rules: &Beds,
    (district, institution, place): (DistrictId, InstitutionId, &PlacePath),
    new: NewEntry,
) -> Result<EntryId, BedError> {
    let now = ctx.now();
    let key = CellKey { district, unit: new.unit, bed_type: new.bed_type };
    let c = &mut tx.conn()?;
    let mut cell = beds::lock(c, key, institution, now).await?;
    let entry = Entry {
        id: EntryId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        kind: new.kind,
        change: new.change,
        amount: new.amount,
        within_hours: new.within_hours,
        at: new.at.unwrap_or_else(|| next_instant(&cell, now)),
        known_at: now,
        reason: new.reason,
        cause: None,
    };
    book(ctx, c, &mut cell, &entry).await?;
    rules.judge(&cell.levels).map_err(|(_, most)| wrong("amount", Wrong::MoreThan { most }))?;
    let facts = json!({ "institution": institution, "bed_type": new.bed_type, "kind": new.kind, "change": new.change,
        "amount": new.amount, "within_hours": new.within_hours, "at": entry.at, "reason": new.reason });
    tx.journal(ctx.line("treatment.bed_entered", place, Some(new.unit.0), facts));
    Ok(entry.id)
}

/// A transaction of another district than the record's can do nothing to it.
pub(crate) fn in_district(tx: &Tx, district: DistrictId) -> Result<(), BedError> {
    if tx.district() == district { Ok(()) } else { Err(BedError::NotFound) }
}

pub(crate) async fn unit_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    institution: InstitutionId,
    unit: UnitId,
    now: Ts,
) -> Result<(), BedError> {
    match beds::unit(c, district, unit, now).await? {
        Some((whose, _)) if whose == institution => Ok(()),
        _ => Err(wrong("unit", Wrong::NotAUnit)),
    }
}

pub(crate) const fn wrong(field: &'static str, problem: Wrong) -> BedError {
    BedError::Field { field, problem }
}

fn judge_entry(new: &NewEntry, hours_most: i64, now: Ts) -> Result<(), BedError> {
    if !EntryKind::TYPED.contains(&new.kind) {
        return Err(wrong("kind", Wrong::NotAChoice));
    }
    let least = if new.change == Change::Level { 0 } else { -COUNT_MAX };
    if !(least..=COUNT_MAX).contains(&new.amount) {
        return Err(wrong("amount", Wrong::OutOfRange { least, most: COUNT_MAX }));
    }
    if new.at.is_some_and(|at| at > now) {
        return Err(wrong("at", Wrong::InTheFuture));
    }
    if new.kind == EntryKind::Blocked && new.reason.is_none() && new.amount > 0 {
        return Err(wrong("reason", Wrong::Required));
    }
    match (new.kind, new.within_hours) {
        (EntryKind::Convertible, None) if new.amount > 0 => Err(wrong("within_hours", Wrong::Required)),
        (EntryKind::Convertible, Some(hours)) if !(1..=hours_most).contains(&hours) => {
            Err(wrong("within_hours", Wrong::OutOfRange { least: 1, most: hours_most }))
        }
        _ => Ok(()),
    }
}

/// The instant of what happens now: after whatever the cell knows already, so that the order of its entries is that in which they came.
fn next_instant(cell: &Cell, now: Ts) -> Ts {
    Ts(now.0.max(cell.last_at.0.saturating_add(1)))
}

/// Adds an entry to a locked cell. What speaks of before is folded in where it belongs.
async fn book(ctx: &Ctx, c: &mut Conn<'_>, cell: &mut Cell, entry: &Entry) -> Result<(), BedError> {
    let cannot = |becomes| wrong("amount", Wrong::CannotBecome { becomes });
    cell.levels = if entry.at > cell.last_at {
        add(&cell.levels, entry).map_err(cannot)?
    } else {
        let mut all = beds::entries(c, cell.key, (Ts(i64::MAX), Ts(i64::MAX))).await?;
        all.push(entry.clone());
        fold(&all, Ts(i64::MAX)).map_err(|(_, becomes)| cannot(becomes))?
    };
    cell.last_at = cell.last_at.max(entry.at);
    cell.known_at = entry.known_at;
    beds::insert_entry(c, cell.key, entry, &ctx.actor_text()).await?;
    Ok(beds::put_cell(c, cell).await?)
}

/// Adds what follows from something else: a hold, an arrival, a conversion.
async fn follow(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    cell: &mut Cell,
    (kind, change, amount): (EntryKind, Change, i64),
    cause: Uuid,
) -> Result<(), BedError> {
    let now = ctx.now();
    let entry = Entry {
        id: EntryId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        kind,
        change,
        amount,
        within_hours: None,
        at: next_instant(cell, now),
        known_at: now,
        reason: None,
        cause: Some(cause),
    };
    book(ctx, c, cell, &entry).await
}

/// What a bed is to be held for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Wanted {
    pub(crate) key: CellKey,
    pub(crate) institution: InstitutionId,
    pub(crate) id: HoldId,
    pub(crate) referral: Uuid,
    pub(crate) until: Ts,
    pub(crate) guest_of: Option<UnitId>,
}

/// Holds a bed (预留), if one is free under the lock of its cell. Of many who want the last one has it.
pub(crate) async fn hold(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, place: &PlacePath, wanted: Wanted) -> Result<Hold, BedError> {
    let now = ctx.now();
    let rules = desk.beds(place, now)?;
    let c = &mut tx.conn()?;
    let mut cell = beds::lock(c, wanted.key, wanted.institution, now).await?;
    let free = rules.value.derive(wanted.key.bed_type, &cell.levels).map_or(0, |derived| derived.available());
    if free < 1 {
        return Err(BedError::NoneFree);
    }
    let hold = Hold {
        district: wanted.key.district,
        id: wanted.id,
        unit: wanted.key.unit,
        bed_type: wanted.key.bed_type,
        institution: wanted.institution,
        referral: wanted.referral,
        state: HoldState::Held,
        guest_of: wanted.guest_of,
        held_at: now,
        until: wanted.until,
        over_at: None,
    };
    if !beds::insert_hold(c, &hold).await? {
        return Err(BedError::Changed);
    }
    follow(ctx, c, &mut cell, (EntryKind::Reserved, Change::Delta, 1), hold.id.0).await?;
    tell(ctx, tx, "treatment.bed_held", place, &hold);
    Ok(hold)
}

/// Holds a bed of the actor's own institution for somebody announced by another way than a referral, by telephone for one.
///
/// # Errors
/// `NoneFree`; `Field`, `NoInstitution`, `Denied`; store errors.
pub async fn reserve(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, (unit, bed_type): (UnitId, BedType)) -> Result<HoldId, BedError> {
    let now = ctx.now();
    let (district, institution, place) = own(ctx, &mut tx.conn()?).await?;
    ctx.may(Action::Change, Resource::Bed, district, &place)?;
    in_district(tx, district)?;
    unit_of(&mut tx.conn()?, district, institution, unit, now).await?;
    if let Some(answer) = recall(ctx, tx, "treatment.reserve", &(unit, bed_type)).await? {
        return Ok(answer);
    }
    let until = now.plus_secs(desk.beds(&place, now)?.value.hold_secs());
    let id = HoldId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let key = CellKey { district, unit, bed_type };
    let wanted = Wanted { key, institution, id, referral: id.0, until, guest_of: None };
    hold(ctx, tx, desk, &place, wanted).await?;
    remember(ctx, tx, &id).await?;
    Ok(id)
}

/// Says how a bed that was held without a referral goes on: let go, taken, left.
///
/// # Errors
/// `HoldOver`, `NoStep`, `Changed`; `NotFound`, `Denied`; store errors.
pub async fn put_reserved(ctx: &Ctx, tx: &mut Tx, id: HoldId, to: HoldState) -> Result<(), BedError> {
    let (district, institution, place) = own(ctx, &mut tx.conn()?).await?;
    ctx.may(Action::Change, Resource::Bed, district, &place)?;
    in_district(tx, district)?;
    if recall::<bool>(ctx, tx, "treatment.put_reserved", &(id, to)).await?.is_some() {
        return Ok(());
    }
    let found = beds::hold(&mut tx.conn()?, district, id).await?;
    let hold = found.filter(|hold| hold.institution == institution).ok_or(BedError::NotFound)?;
    if hold.referral != id.0 || to == HoldState::Expired {
        return Err(BedError::NoStep);
    }
    if hold.state == HoldState::Expired {
        return Err(BedError::HoldOver);
    }
    if !turn(ctx, tx, &place, &hold, to).await? {
        return Err(BedError::Changed);
    }
    Ok(remember(ctx, tx, &true).await?)
}

/// Takes a bed for somebody who has come without one held, free or not: who is there is counted (超员照实显示).
pub(crate) async fn occupy(ctx: &Ctx, tx: &mut Tx, place: &PlacePath, wanted: Wanted) -> Result<Hold, BedError> {
    let now = ctx.now();
    let c = &mut tx.conn()?;
    let mut cell = beds::lock(c, wanted.key, wanted.institution, now).await?;
    let hold = Hold {
        district: wanted.key.district,
        id: wanted.id,
        unit: wanted.key.unit,
        bed_type: wanted.key.bed_type,
        institution: wanted.institution,
        referral: wanted.referral,
        state: HoldState::Occupied,
        guest_of: wanted.guest_of,
        held_at: now,
        until: wanted.until,
        over_at: None,
    };
    if !beds::insert_hold(c, &hold).await? {
        return Err(BedError::Changed);
    }
    follow(ctx, c, &mut cell, (EntryKind::Occupied, Change::Delta, 1), hold.id.0).await?;
    tell(ctx, tx, "treatment.bed_taken", place, &hold);
    Ok(hold)
}

/// Makes a hold last longer.
pub(crate) async fn extend(tx: &mut Tx, hold: &Hold, until: Ts) -> Result<bool, BedError> {
    Ok(beds::put_hold(&mut tx.conn()?, hold, HoldState::Held, (until.max(hold.until), None)).await?)
}

/// Puts a hold into another state and the ledger with it. Gives whether it was in the state that was read.
pub(crate) async fn turn(ctx: &Ctx, tx: &mut Tx, place: &PlacePath, hold: &Hold, to: HoldState) -> Result<bool, BedError> {
    let now = ctx.now();
    let (entries, kind): (&[(EntryKind, i64)], &'static str) = match (hold.state, to) {
        (HoldState::Held, HoldState::Released) => (&[(EntryKind::Reserved, -1)], "treatment.bed_released"),
        (HoldState::Held, HoldState::Expired) => (&[(EntryKind::Reserved, -1)], "treatment.bed_expired"),
        (HoldState::Held, HoldState::Occupied) => (&[(EntryKind::Reserved, -1), (EntryKind::Occupied, 1)], "treatment.bed_taken"),
        (HoldState::Occupied, HoldState::Left) => (&[(EntryKind::Occupied, -1)], "treatment.bed_left"),
        _ => return Err(BedError::NoStep),
    };
    let key = CellKey { district: hold.district, unit: hold.unit, bed_type: hold.bed_type };
    let c = &mut tx.conn()?;
    let mut cell = beds::lock(c, key, hold.institution, now).await?;
    let over = (to != HoldState::Occupied).then_some(now);
    if !beds::put_hold(c, hold, to, (hold.until, over)).await? {
        return Ok(false);
    }
    for (kind, amount) in entries {
        // Whoever counted the beds anew had counted this one as free already.
        if *kind == EntryKind::Occupied && *amount < 0 && cell.levels.occupied == 0 {
            continue;
        }
        follow(ctx, c, &mut cell, (*kind, Change::Delta, *amount), hold.id.0).await?;
    }
    tell(ctx, tx, kind, place, &Hold { state: to, ..hold.clone() });
    Ok(true)
}

fn tell(ctx: &Ctx, tx: &mut Tx, kind: &'static str, place: &PlacePath, hold: &Hold) {
    let facts = json!({ "hold": hold.id, "unit": hold.unit, "bed_type": hold.bed_type, "institution": hold.institution,
        "guest_of": hold.guest_of, "until": hold.until });
    tx.journal(ctx.line(kind, place, Some(hold.referral), facts));
}

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewConversion {
    /// The unit.
    pub unit: UnitId,
    /// The kind of bed that is made.
    pub bed_type: BedType,
    /// How many.
    pub beds: i64,
    /// Within how many hours they must be ready.
    pub within_hours: i64,
}

/// Orders beds to be converted (下达转换指令): as many as the unit said it could, by a deadline.
///
/// # Errors
/// `Field` names what cannot be; `NotFound`, `Denied`; store errors.
pub async fn order_conversion(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, new: NewConversion) -> Result<ConversionId, BedError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.scope(Action::Assign, Resource::Bed)?;
    let (institution, _) = beds::unit(&mut tx.conn()?, district, new.unit, now).await?.ok_or(BedError::NotFound)?;
    let place = beds::place_of(&mut tx.conn()?, district, institution).await?.ok_or(BedError::NotFound)?;
    ctx.may(Action::Assign, Resource::Bed, district, &place).map_err(unseen)?;
    let most = desk.beds(&place, now)?.value.convert_hours_most();
    if !(1..=most).contains(&new.within_hours) {
        return Err(wrong("within_hours", Wrong::OutOfRange { least: 1, most }));
    }
    if let Some(answer) = recall(ctx, tx, "treatment.order_conversion", &new).await? {
        return Ok(answer);
    }
    let key = CellKey { district, unit: new.unit, bed_type: new.bed_type };
    let c = &mut tx.conn()?;
    let cell = beds::lock(c, key, institution, now).await?;
    let open: i64 = beds::conversions(c, (district, institution), 500)
        .await?
        .iter()
        .filter(|order| still_due(order, key))
        .map(|order| order.beds)
        .sum();
    let can = cell.levels.convertible.unwrap_or(0) - open;
    if !(1..=can).contains(&new.beds) {
        return Err(wrong("beds", Wrong::OutOfRange { least: 1, most: can }));
    }
    let order = Conversion {
        district,
        id: ConversionId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        unit: new.unit,
        bed_type: new.bed_type,
        institution,
        beds: new.beds,
        state: ConversionState::Ordered,
        ordered_at: now,
        due_at: now.plus_secs(new.within_hours * 3_600),
        over_at: None,
        proof: None,
        version: 1,
    };
    beds::insert_conversion(c, &order, &ctx.actor_text()).await?;
    tell_order(ctx, tx, "treatment.conversion_ordered", &place, &order);
    remember(ctx, tx, &order.id).await?;
    Ok(order.id)
}

fn still_due(order: &Conversion, key: CellKey) -> bool {
    order.over_at.is_none() && order.unit == key.unit && order.bed_type == key.bed_type
}

/// What is not the actor's does not exist for him.
pub(crate) fn unseen(refusal: Denied) -> BedError {
    match refusal {
        Denied::Forbidden => BedError::NotFound,
        other => other.into(),
    }
}

/// Says how an order goes on: begun, or done with what was counted then, by the institution; withdrawn by whoever may order.
///
/// # Errors
/// `Field` for a proof that proves too little; `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn put_conversion(
    ctx: &Ctx,
    tx: &mut Tx,
    id: ConversionId,
    (to, proof): (ConversionState, Option<Proof>),
) -> Result<(), BedError> {
    let (district, now) = (tx.district(), ctx.now());
    let mut order = beds::conversion(&mut tx.conn()?, district, id).await?.ok_or(BedError::NotFound)?;
    let place = beds::place_of(&mut tx.conn()?, district, order.institution).await?.ok_or(BedError::NotFound)?;
    if to == ConversionState::Cancelled {
        ctx.may(Action::Assign, Resource::Bed, district, &place).map_err(unseen)?;
    } else {
        ctx.may(Action::Change, Resource::Bed, district, &place).map_err(unseen)?;
        let own = own_institution(ctx, &mut tx.conn()?).await?;
        if own != Some((district, order.institution)) {
            return Err(BedError::NotFound);
        }
    }
    if recall::<bool>(ctx, tx, "treatment.put_conversion", &(id, to, proof)).await?.is_some() {
        return Ok(());
    }
    use ConversionState::{Begun, Cancelled, Done, Ordered};
    let kind = match (order.state, to) {
        (Ordered, Begun) => "treatment.conversion_begun",
        (Ordered | Begun, Done) => "treatment.conversion_done",
        (Ordered | Begun, Cancelled) => "treatment.conversion_cancelled",
        _ => return Err(BedError::NoStep),
    };
    order.state = to;
    order.over_at = (to != Begun).then_some(now);
    if to == Done {
        let proof = proof.ok_or(wrong("proof_beds", Wrong::Required))?;
        if !(order.beds..=COUNT_MAX).contains(&proof.beds) {
            return Err(wrong("proof_beds", Wrong::OutOfRange { least: order.beds, most: COUNT_MAX }));
        }
        for (field, people) in [("proof_doctors", proof.doctors), ("proof_nurses", proof.nurses)] {
            if !(0..=COUNT_MAX).contains(&people) {
                return Err(wrong(field, Wrong::OutOfRange { least: 0, most: COUNT_MAX }));
            }
        }
        order.proof = Some(proof);
        converted(ctx, tx, &order, proof).await?;
    }
    if !beds::put_conversion(&mut tx.conn()?, &order).await? {
        return Err(BedError::Changed);
    }
    tell_order(ctx, tx, kind, &place, &order);
    Ok(remember(ctx, tx, &true).await?)
}

/// Beds that were convertible stand there now, open, with the people who were counted.
async fn converted(ctx: &Ctx, tx: &mut Tx, order: &Conversion, proof: Proof) -> Result<(), BedError> {
    let key = CellKey { district: order.district, unit: order.unit, bed_type: order.bed_type };
    let c = &mut tx.conn()?;
    let mut cell = beds::lock(c, key, order.institution, ctx.now()).await?;
    let ready = order.beds;
    for (kind, change, amount) in [
        (EntryKind::Convertible, Change::Delta, -ready.min(cell.levels.convertible.unwrap_or(0))),
        (EntryKind::InPlace, Change::Delta, ready),
        (EntryKind::Open, Change::Delta, ready),
        (EntryKind::Doctors, Change::Level, proof.doctors),
        (EntryKind::Nurses, Change::Level, proof.nurses),
    ] {
        follow(ctx, c, &mut cell, (kind, change, amount), order.id.0).await?;
    }
    Ok(())
}

fn tell_order(ctx: &Ctx, tx: &mut Tx, kind: &'static str, place: &PlacePath, order: &Conversion) {
    let facts = json!({ "conversion": order.id, "unit": order.unit, "bed_type": order.bed_type, "institution": order.institution,
        "beds": order.beds, "due": order.due_at, "proof": order.proof });
    tx.journal(ctx.line(kind, place, Some(order.id.0), facts));
}

/// Tells of orders whose time is over. Gives how many there were.
///
/// # Errors
/// Store errors.
pub async fn tell_late_conversions(ctx: &Ctx, tx: &mut Tx, limit: i64) -> Result<i64, BedError> {
    let (district, now) = (tx.district(), ctx.now());
    let late = beds::late_conversions(&mut tx.conn()?, district, now, limit).await?;
    for order in &late {
        let place = beds::place_of(&mut tx.conn()?, district, order.institution).await?.ok_or(BedError::NotFound)?;
        tell_order(ctx, tx, "treatment.conversion_late", &place, order);
    }
    Ok(i64::try_from(late.len()).unwrap_or(i64::MAX))
}
