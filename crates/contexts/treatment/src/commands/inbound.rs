//! The receiving end of a referral: a bed is held or it is refused, the patient arrives, the stay ends; and what is heard of the other end.

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::beds::{Wanted, extend, hold, in_district, occupy, own, turn, unit_of, wrong};
use super::{recall, remember};
use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::UnitId;
use crate::model::beds::{BedType, Cell, CellKey, HoldId, HoldState};
use crate::model::referrals::{Answer, Asks, Declining, Inbound, InboundKey, Letter, LetterId, Outcome, Severity};
use crate::standing::may_own;
use crate::store::{beds, plan, referrals};

/// Which bed somebody is to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Bed {
    /// In which unit: any department's bed that meets the need.
    pub unit: UnitId,
    /// Which kind.
    pub bed_type: BedType,
    /// The unit that answers for the patient, when the bed is another's (借床收治).
    pub guest_of: Option<UnitId>,
}

/// What came of a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Declined {
    /// It is refused.
    Refused,
    /// Somebody who is critical is not refused; that it was tried stands in the journal.
    Critical,
}

/// The record, locked, if it is at the institution on whose behalf the actor acts.
async fn opened(ctx: &Ctx, tx: &mut Tx, key: InboundKey, action: Action) -> Result<(Inbound, PlacePath), BedError> {
    let (district, institution, place) = own(ctx, &mut tx.conn()?).await?;
    may_own(ctx, action, Resource::Referral, (district, &place))?;
    in_district(tx, district)?;
    let found = referrals::lock_inbound(&mut tx.conn()?, district, key).await?;
    let inbound = found.filter(|inbound| inbound.institution == institution).ok_or(BedError::NotFound)?;
    Ok((inbound, place))
}

/// Writes what the record has become, and tells the other end.
async fn answer(ctx: &Ctx, tx: &mut Tx, inbound: &mut Inbound, answer: Answer, reason: Option<String>) -> Result<(), BedError> {
    inbound.answer = answer;
    inbound.reason = reason;
    inbound.told += 1;
    inbound.state_at = ctx.now();
    let letter =
        Letter::Answer { key: inbound.key, no: inbound.told, answer, reason: inbound.reason.clone(), until: inbound.until };
    let id = LetterId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let c = &mut tx.conn()?;
    referrals::put_inbound(c, inbound).await?;
    Ok(referrals::write(c, (inbound.district, id, inbound.from.0), &letter, None, ctx.now()).await?)
}

fn line(ctx: &Ctx, tx: &mut Tx, kind: &'static str, place: &PlacePath, inbound: &Inbound) {
    let facts = json!({ "institution": inbound.institution, "attempt": inbound.key.attempt, "from": inbound.from.1, "bed_type": inbound.bed_type,
        "severity": inbound.severity, "answer": inbound.answer, "reason": inbound.reason });
    tx.journal(ctx.line(kind, place, Some(inbound.key.referral.0), facts));
}

/// Takes somebody in with a held bed (接收并留床). For a critical patient without a free bed: taken in to be stabilised first (先稳定), the bed
/// is looked for meanwhile and the clock of boarding runs.
///
/// # Errors
/// `NoneFree`; `NoStep` for what is withdrawn or answered; `Field`, `NotFound`, `Denied`; store errors.
pub async fn accept(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, key: InboundKey, bed: Option<Bed>) -> Result<(), BedError> {
    let now = ctx.now();
    let (mut inbound, place) = opened(ctx, tx, key, Action::Take).await?;
    if recall::<bool>(ctx, tx, "treatment.accept", &(key, bed)).await?.is_some() {
        return Ok(());
    }
    if !inbound.waits() {
        return Err(BedError::NoStep);
    }
    match bed {
        Some(bed) => {
            let until = now.plus_secs(desk.beds(&place, now)?.value.hold_secs());
            let wanted = wanted(ctx, tx, desk, (&inbound, &place), (bed, until)).await?;
            let held = hold(ctx, tx, desk, &place, wanted).await?;
            inbound.hold = Some(held.id);
            inbound.until = Some(held.until);
            inbound.due_at = None;
        }
        None if inbound.severity == Severity::Critical => {
            inbound.due_at = Some(now.plus_secs(desk.referrals(&place, now)?.value.boarding_secs()));
        }
        None => return Err(wrong("unit", Wrong::Required)),
    }
    answer(ctx, tx, &mut inbound, Answer::Accepted, None).await?;
    line(ctx, tx, "treatment.inbound_accepted", &place, &inbound);
    Ok(remember(ctx, tx, &true).await?)
}

/// A bed of the house that meets the need: of a kind that does, in a unit that can what is needed, itself or with the house. A bed of another kind is
/// another department's: who answers for the patient is the department that keeps the kind that was asked for.
async fn wanted(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &BedDesk,
    (inbound, place): (&Inbound, &PlacePath),
    (bed, until): (Bed, Ts),
) -> Result<Wanted, BedError> {
    let (district, institution, now) = (inbound.district, inbound.institution, ctx.now());
    let c = &mut tx.conn()?;
    unit_of(c, district, institution, bed.unit, now).await?;
    if !desk.beds(place, now)?.value.meets(inbound.bed_type, bed.bed_type) {
        return Err(wrong("bed", Wrong::NotMeeting));
    }
    let can = beds::capabilities(c, district, bed.unit).await?;
    if !inbound.needs.iter().all(|need| can.contains(need)) {
        return Err(wrong("bed", Wrong::NotMeeting));
    }
    let guest_of = match bed.guest_of {
        Some(guest_of) => {
            unit_of(c, district, institution, guest_of, now).await.map_err(|_| wrong("guest_of", Wrong::NotAUnit))?;
            Some(guest_of)
        }
        None if bed.bed_type != inbound.bed_type => {
            let of_kind = |cell: &Cell| cell.key.bed_type == inbound.bed_type && cell.key.unit != bed.unit;
            let mut answering =
                beds::cells(c, (district, institution)).await?.into_iter().filter(of_kind).map(|cell| cell.key.unit);
            let first = answering.next();
            if answering.next().is_some() {
                return Err(wrong("guest_of", Wrong::Required));
            }
            first
        }
        None => None,
    };
    let key = CellKey { district, unit: bed.unit, bed_type: bed.bed_type };
    let id = HoldId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    Ok(Wanted { key, institution, id, referral: inbound.key.referral.0, until, guest_of })
}

/// Refuses somebody with a coded reason (拒绝). Whoever is critical is not refused.
///
/// # Errors
/// `NoStep` for what is withdrawn or answered; `NotFound`, `Denied`; store errors.
pub async fn decline(ctx: &Ctx, tx: &mut Tx, key: InboundKey, reason: Declining) -> Result<Declined, BedError> {
    let (mut inbound, place) = opened(ctx, tx, key, Action::Take).await?;
    if let Some(answer) = recall(ctx, tx, "treatment.decline", &(key, reason)).await? {
        return Ok(answer);
    }
    // Who was taken in once may have set out for here, although the hold is over: that is no refusal any more.
    if !inbound.waits() || inbound.answer != Answer::Received {
        return Err(BedError::NoStep);
    }
    let came = if inbound.severity == Severity::Critical {
        inbound.reason = Some(reason.to_string());
        line(ctx, tx, "treatment.refusal_stopped", &place, &inbound);
        Declined::Critical
    } else {
        end(ctx, tx, &mut inbound).await?;
        answer(ctx, tx, &mut inbound, Answer::Declined, Some(reason.to_string())).await?;
        line(ctx, tx, "treatment.inbound_declined", &place, &inbound);
        Declined::Refused
    };
    remember(ctx, tx, &came).await?;
    Ok(came)
}

/// The record is over here, and so is what was known of the patient.
async fn end(ctx: &Ctx, tx: &mut Tx, inbound: &mut Inbound) -> Result<(), BedError> {
    inbound.over_at = Some(ctx.now());
    inbound.due_at = None;
    plan::end_mark(&mut tx.conn()?, inbound.district, inbound.key, (None, inbound.over_at)).await?;
    Ok(referrals::forget_inbound_patient(&mut tx.conn()?, inbound.district, inbound.key).await?)
}

/// The patient has arrived (到达): the bed that was held is taken, or another one; without a bed the clock of boarding runs (急诊滞留).
///
/// # Errors
/// `NoStep` for who was not taken in or is here already; `Field`, `NotFound`, `Denied`; store errors.
pub async fn arrive(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, key: InboundKey, bed: Option<Bed>) -> Result<(), BedError> {
    let now = ctx.now();
    let (mut inbound, place) = opened(ctx, tx, key, Action::Change).await?;
    if recall::<bool>(ctx, tx, "treatment.arrive", &(key, bed)).await?.is_some() {
        return Ok(());
    }
    let here = inbound.answer == Answer::Arrived;
    let expected = matches!(inbound.answer, Answer::Accepted | Answer::Lapsed) && inbound.asks != Asks::Withdrawn;
    if inbound.over_at.is_some() || !(expected || (here && inbound.hold.is_none() && bed.is_some())) {
        return Err(BedError::NoStep);
    }
    let held = match inbound.hold {
        Some(id) => beds::hold(&mut tx.conn()?, inbound.district, id).await?.filter(|hold| hold.state == HoldState::Held),
        None => None,
    };
    inbound.due_at = None;
    match (held, bed) {
        (Some(held), None) => {
            if !turn(ctx, tx, &place, &held, HoldState::Occupied).await? {
                return Err(BedError::Changed);
            }
        }
        (held, Some(bed)) => {
            if let Some(held) = held {
                turn(ctx, tx, &place, &held, HoldState::Released).await?;
            }
            let wanted = wanted(ctx, tx, desk, (&inbound, &place), (bed, now)).await?;
            inbound.hold = Some(occupy(ctx, tx, &place, wanted).await?.id);
        }
        (None, None) => {
            inbound.hold = None;
            inbound.due_at = Some(now.plus_secs(desk.referrals(&place, now)?.value.boarding_secs()));
        }
    }
    answer(ctx, tx, &mut inbound, Answer::Arrived, None).await?;
    line(ctx, tx, if here { "treatment.inbound_bedded" } else { "treatment.inbound_arrived" }, &place, &inbound);
    Ok(remember(ctx, tx, &true).await?)
}

/// The stay has ended (离院、转出、死亡): the bed is free.
///
/// # Errors
/// `NoStep` for who is not here; `NotFound`, `Denied`; store errors.
pub async fn complete(ctx: &Ctx, tx: &mut Tx, key: InboundKey, outcome: Outcome) -> Result<(), BedError> {
    let (mut inbound, place) = opened(ctx, tx, key, Action::Change).await?;
    if recall::<bool>(ctx, tx, "treatment.complete", &(key, outcome)).await?.is_some() {
        return Ok(());
    }
    if inbound.answer != Answer::Arrived || inbound.over_at.is_some() {
        return Err(BedError::NoStep);
    }
    if let Some(id) = inbound.hold {
        let held = beds::hold(&mut tx.conn()?, inbound.district, id).await?.ok_or(BedError::NotFound)?;
        if !turn(ctx, tx, &place, &held, HoldState::Left).await? {
            return Err(BedError::Changed);
        }
    }
    end(ctx, tx, &mut inbound).await?;
    answer(ctx, tx, &mut inbound, Answer::Completed, Some(outcome.to_string())).await?;
    line(ctx, tx, "treatment.inbound_completed", &place, &inbound);
    Ok(remember(ctx, tx, &true).await?)
}

/// Lets go the hold whose time has been over the longest (预留到时释放), and tells who waits for it. Gives whether there was one.
///
/// # Errors
/// Store errors.
pub async fn expire_next(ctx: &Ctx, tx: &mut Tx) -> Result<bool, BedError> {
    let (district, now) = (tx.district(), ctx.now());
    let Some(held) = beds::holds_over(&mut tx.conn()?, district, now, 1).await?.pop() else { return Ok(false) };
    let place = beds::place_of(&mut tx.conn()?, district, held.institution).await?.ok_or(BedError::NotFound)?;
    // The record before the bed, as everywhere, so that two never wait for each other.
    let c = &mut tx.conn()?;
    let of = referrals::inbound_of_hold(c, district, held.referral, held.id).await?;
    let inbound = match of {
        Some(key) => referrals::lock_inbound(c, district, key).await?,
        None => None,
    };
    // Somebody may have taken the bed, or kept it longer, since it was read; then there is nothing to let go.
    let now_held =
        beds::hold(&mut tx.conn()?, district, held.id).await?.filter(|hold| hold.state == HoldState::Held && hold.until <= now);
    let Some(held) = now_held else { return Ok(true) };
    let expired = turn(ctx, tx, &place, &held, HoldState::Expired).await?;
    let waits = inbound.filter(|inbound| expired && inbound.answer == Answer::Accepted && inbound.over_at.is_none());
    if let Some(mut inbound) = waits {
        inbound.hold = None;
        inbound.until = None;
        answer(ctx, tx, &mut inbound, Answer::Lapsed, None).await?;
        line(ctx, tx, "treatment.inbound_lapsed", &place, &inbound);
    }
    Ok(true)
}

/// What is heard of the sending end. What comes late or twice has no greater number than what was heard, and changes nothing.
///
/// # Errors
/// Store errors.
pub(crate) async fn hear(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, letter: &Letter, sealed: Option<&[u8]>) -> Result<(), BedError> {
    let Letter::Ask { key, no, asks, from, institution, direction, bed_type, needs, severity, sent_at, due_at } = letter else {
        return Ok(());
    };
    let (district, now) = (tx.district(), ctx.now());
    let place = beds::place_of(&mut tx.conn()?, district, *institution).await?.ok_or(BedError::NotFound)?;
    let fresh = Inbound {
        district,
        key: *key,
        institution: *institution,
        from: *from,
        direction: *direction,
        bed_type: *bed_type,
        needs: needs.clone(),
        severity: *severity,
        asks: *asks,
        answer: Answer::Sent,
        reason: None,
        hold: None,
        until: None,
        told: 0,
        heard: 0,
        sent_at: *sent_at,
        came_at: now,
        state_at: now,
        due_at: *due_at,
        over_at: None,
    };
    referrals::insert_inbound(&mut tx.conn()?, &fresh).await?;
    let mut inbound = referrals::lock_inbound(&mut tx.conn()?, district, *key).await?.ok_or(BedError::NotFound)?;
    if *no <= inbound.heard {
        return Ok(());
    }
    let new = inbound.answer == Answer::Sent;
    inbound.heard = *no;
    inbound.asks = *asks;
    match asks {
        Asks::Withdrawn => withdrawn(ctx, tx, &mut inbound, &place).await,
        Asks::Offered | Asks::UnderWay => {
            if inbound.over_at.is_none() {
                keep_patient(&mut tx.conn()?, district, *key, sealed).await?;
            }
            if new {
                answer(ctx, tx, &mut inbound, Answer::Received, None).await?;
                line(ctx, tx, "treatment.inbound_came", &place, &inbound);
            }
            if *asks == Asks::UnderWay { under_way(ctx, tx, desk, &mut inbound, &place).await } else { Ok(()) }
        }
    }
}

async fn keep_patient(c: &mut Conn<'_>, district: DistrictId, key: InboundKey, sealed: Option<&[u8]>) -> Result<(), BedError> {
    match sealed {
        Some(sealed) => Ok(referrals::put_inbound_patient(c, district, key, sealed).await?),
        None => Ok(()),
    }
}

/// It is taken back: the bed is free for others. Who has arrived is here all the same.
async fn withdrawn(ctx: &Ctx, tx: &mut Tx, inbound: &mut Inbound, place: &PlacePath) -> Result<(), BedError> {
    if inbound.over_at.is_none() && inbound.answer != Answer::Arrived {
        if let Some(id) = inbound.hold.take() {
            let held = beds::hold(&mut tx.conn()?, inbound.district, id).await?.filter(|hold| hold.state == HoldState::Held);
            if let Some(held) = held {
                turn(ctx, tx, place, &held, HoldState::Released).await?;
            }
        }
        inbound.until = None;
        inbound.state_at = ctx.now();
        end(ctx, tx, inbound).await?;
        line(ctx, tx, "treatment.inbound_withdrawn", place, inbound);
    }
    Ok(referrals::put_inbound(&mut tx.conn()?, inbound).await?)
}

/// The patient has set out: the bed is kept until the patient can be here.
async fn under_way(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, inbound: &mut Inbound, place: &PlacePath) -> Result<(), BedError> {
    let until = ctx.now().plus_secs(desk.beds(place, ctx.now())?.value.on_the_way_secs());
    if let Some(id) = inbound.hold {
        let held = beds::hold(&mut tx.conn()?, inbound.district, id).await?.filter(|hold| hold.state == HoldState::Held);
        if let Some(held) = held
            && extend(tx, &held, until).await?
        {
            inbound.until = Some(until.max(held.until));
        }
    }
    inbound.state_at = ctx.now();
    referrals::put_inbound(&mut tx.conn()?, inbound).await?;
    line(ctx, tx, "treatment.inbound_under_way", place, inbound);
    Ok(())
}
