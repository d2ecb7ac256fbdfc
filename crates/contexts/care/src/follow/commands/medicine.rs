//! Early antivirals: boxes come in, a prescriber decides, boxes are handed out.

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_people::model::OrganisationId;
use serde_json::json;
use uuid::Uuid;

use super::{health_line, held, institution, on_behalf_of, recall, remember, text};
use crate::consent::ReadingsConsent;
use crate::follow::desk::Desk;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Decision, DecisionId, DecisionState, Entry, EntryId, EntryKind, Lot, LotId};
use crate::follow::rules::{Answers, Fit, Point, Rules, mark};
use crate::follow::scope;
use crate::follow::store::medicine;

/// Most boxes that come in at once.
pub const RECEIVE_MAX: i64 = 100_000;
/// Most boxes of one prescription.
pub const PRESCRIBE_MAX: i64 = 10;
/// Longest number of a lot, in characters.
const LOT_MAX: usize = 40;

/// Boxes of a lot that came in.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Received {
    /// The code of the medicine in the list.
    pub medicine: String,
    /// The number on the box.
    pub lot: String,
    /// The last day on which it may be taken.
    pub expires: Date,
    /// Boxes.
    pub quantity: i64,
}

/// What the actor may do to the stock of his own institution; others' does not exist for him. Gives the appointment.
async fn keeper(ctx: &Ctx, tx: &mut Tx, of: OrganisationId) -> Result<Uuid, FollowError> {
    let district = tx.district();
    let scope = ctx.scope(Action::Create, Resource::Antiviral)?;
    if scope.district != district || !on_behalf_of(ctx, &mut tx.conn()?, district, of).await? {
        return Err(FollowError::NotFound);
    }
    Ok(ctx.appointment().ok_or(linli_access::Denied::Forbidden)?)
}

/// Boxes came in (入库). A lot that is known takes them up.
///
/// # Errors
/// `Field` names what cannot be: a medicine that is not in the list, a lot of another date, one that has expired; `NotFound` for an institution
/// that is not the actor's; `Denied`; store errors.
pub async fn receive(ctx: &Ctx, tx: &mut Tx, desk: &Desk, at: OrganisationId, input: Received) -> Result<LotId, FollowError> {
    let by = keeper(ctx, tx, at).await?;
    let (district, now) = (tx.district(), ctx.now());
    let wrong = |field, problem| Err(FollowError::Field { field, problem });
    let scope = ctx.scope(Action::Create, Resource::Antiviral)?;
    if desk.rules(&scope.place, now)?.antivirals().medicine(&input.medicine).is_none() {
        return wrong("medicine", Wrong::NotAChoice);
    }
    let number = text("lot", &input.lot, true)?;
    let found = number.chars().count();
    if found > LOT_MAX {
        return wrong("lot", Wrong::TooLong { max: LOT_MAX, found });
    }
    if input.expires < now.local().date() {
        return wrong("expires", Wrong::BeforeToday);
    }
    if !(1..=RECEIVE_MAX).contains(&input.quantity) {
        return wrong("quantity", Wrong::OutOfRange { least: 1, most: RECEIVE_MAX });
    }
    institution(&mut tx.conn()?, district, at).await?;
    if let Some(answer) = recall(ctx, tx, "care.receive_antivirals", &(at, &input)).await? {
        return Ok(answer);
    }
    let new = Lot {
        id: LotId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        institution: at,
        medicine: input.medicine.clone(),
        lot: number.clone(),
        expires: input.expires,
        left: 0,
    };
    let c = &mut tx.conn()?;
    medicine::know_lot(c, district, &new).await?;
    let lot = medicine::lot_of(c, (district, at), (&input.medicine, &number)).await?.ok_or(FollowError::Changed)?;
    if lot.expires != input.expires {
        return wrong("expires", Wrong::OtherDate);
    }
    write(ctx, tx, &lot, (EntryKind::Received, input.quantity), (by, None)).await?;
    remember(ctx, tx, &lot.id).await?;
    Ok(lot.id)
}

/// Boxes of a lot are wasted (报损), or a count found more or less than there should be (盘点更正), for a stated reason. `quantity` says for
/// what is wasted how many went, for a correction by how many the count differs.
///
/// # Errors
/// `Field` without a reason, for no boxes, and for more than are left; `NotFound` for a lot that is not of the actor's institution; `Denied`;
/// store errors.
pub async fn adjust(
    ctx: &Ctx,
    tx: &mut Tx,
    id: LotId,
    (kind, quantity): (EntryKind, i64),
    because: &str,
) -> Result<(), FollowError> {
    let wrong = |field, problem| Err(FollowError::Field { field, problem });
    let because = text("because", because, true)?;
    let district = tx.district();
    let known = medicine::lot(&mut tx.conn()?, district, id).await?.ok_or(FollowError::NotFound)?;
    let by = keeper(ctx, tx, known.institution).await?;
    let change = match kind {
        EntryKind::Wasted if (1..=RECEIVE_MAX).contains(&quantity) => -quantity,
        EntryKind::Corrected if quantity != 0 && (-RECEIVE_MAX..=RECEIVE_MAX).contains(&quantity) => quantity,
        EntryKind::Wasted => return wrong("quantity", Wrong::OutOfRange { least: 1, most: RECEIVE_MAX }),
        EntryKind::Corrected => return wrong("quantity", Wrong::OutOfRange { least: -RECEIVE_MAX, most: RECEIVE_MAX }),
        EntryKind::Received | EntryKind::Dispensed => return wrong("kind", Wrong::NotAChoice),
    };
    if recall::<bool>(ctx, tx, "care.adjust_antivirals", &(id, kind, quantity, &because)).await?.is_some() {
        return Ok(());
    }
    // Held first: whoever takes out meanwhile waits, or was first.
    let lot = medicine::hold_lot(&mut tx.conn()?, district, id).await?.ok_or(FollowError::NotFound)?;
    if lot.left + change < 0 {
        return wrong("quantity", Wrong::MoreThanLeft { left: lot.left });
    }
    write(ctx, tx, &lot, (kind, change), (by, Some(because))).await?;
    remember(ctx, tx, &true).await
}

/// Writes an entry that is not bound to a decision, and its line.
async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    lot: &Lot,
    (kind, quantity): (EntryKind, i64),
    (by, because): (Uuid, Option<String>),
) -> Result<(), FollowError> {
    let (district, id) = (tx.district(), EntryId::new(ctx.clock.as_ref(), ctx.rng.as_ref()));
    let place = ctx.scope(Action::Create, Resource::Antiviral)?.place;
    let facts = json!({ "entry": id, "lot": lot.id, "medicine": lot.medicine, "quantity": quantity });
    let line = match kind {
        EntryKind::Received => "care.antivirals_received",
        EntryKind::Wasted => "care.antivirals_wasted",
        EntryKind::Corrected | EntryKind::Dispensed => "care.antivirals_corrected",
    };
    let line = ctx.line(line, &place, Some(lot.institution.0), facts);
    tx.journal(match &because {
        Some(because) => ctx.with_personal(line, json!({ "because": because })),
        None => line,
    });
    let entry = Entry { id, lot: lot.id, kind, quantity, at: ctx.now(), because, decision: None };
    Ok(medicine::enter(&mut tx.conn()?, district, &entry, by).await?)
}

/// What a prescriber asked and decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided<'a> {
    /// The day of the onset.
    pub onset: Date,
    /// What was asked.
    pub answers: Answers,
    /// The code of the medicine; none: decided against one.
    pub medicine: Option<&'a str>,
    /// Boxes.
    pub quantity: i64,
    /// Why.
    pub because: &'a str,
    /// Whether the prescriber says that what the list has against it was seen.
    pub seen: bool,
}

/// A prescriber decides about an early antiviral for somebody who agreed to readings (开具处方或决定不用药). The list advises; too late, a
/// clash or a question that nobody asked is no bar to a physician who says that it was seen, and is kept with the decision.
///
/// # Errors
/// `Field` without a reason, for a medicine that is not in the list, for a day to come, and where the list speaks against the medicine and it
/// was not said to be seen, or there are not so many boxes; `HasPrescription`; `NotFound`, `Denied`; store errors.
pub async fn decide(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    input: Decided<'_>,
) -> Result<DecisionId, FollowError> {
    let wrong = |field, problem| Err(FollowError::Field { field, problem });
    let (person, now) = (consent.person(), ctx.now());
    let followed = held(ctx, tx, person, Action::Change).await?;
    ctx.may(Action::Change, Resource::Antiviral, followed.district, &followed.place)?;
    let decided_by = ctx.appointment().ok_or(linli_access::Denied::Forbidden)?;
    let because = text("because", input.because, true)?;
    let today = now.local().date();
    if input.onset > today {
        return wrong("onset", Wrong::NotADate);
    }
    let rules = desk.rules(&followed.place, now)?;
    let (fit, late) = match input.medicine {
        None => ("none", false),
        Some(code) => {
            let (fit, late) = judged(&rules, &followed.factors, (input.onset, today), &input.answers, code)?;
            if fit != Fit::Possible && !input.seen {
                return wrong("seen", Wrong::NotSeen);
            }
            if !(1..=PRESCRIBE_MAX).contains(&input.quantity) {
                return wrong("quantity", Wrong::OutOfRange { least: 1, most: PRESCRIBE_MAX });
            }
            (fit.as_str(), late)
        }
    };
    let asked = json!({ "onset": input.onset.to_string(), "said": input.answers.said, "takes": input.answers.takes });
    if let Some(answer) = recall(ctx, tx, "care.decide_antiviral", &(person, input.medicine, input.quantity, &because)).await? {
        return Ok(answer);
    }
    // It may be on its way: the physician decides, knowing that nobody can hand it out now.
    if let Some(code) = input.medicine.filter(|_| !input.seen)
        && usable(tx, followed.institution, (code, input.quantity), today).await?.is_empty()
    {
        return wrong("seen", Wrong::NotInStock);
    }
    let year = now.local().year();
    let decision = Decision {
        district: followed.district,
        id: DecisionId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        number: format!("K{year}-{:06}", tx.next_number(&format!("care.antiviral/{year}")).await?),
        person,
        place: followed.place.clone(),
        institution: followed.institution,
        medicine: input.medicine.map(str::to_owned),
        quantity: if input.medicine.is_some() { input.quantity } else { 0 },
        fit: fit.to_owned(),
        late,
        rule: mark(rules.antivirals_stamp()),
        asked: Some(asked.to_string()),
        because: Some(because.clone()),
        state: if input.medicine.is_some() { DecisionState::Prescribed } else { DecisionState::Against },
        decided_at: now,
        decided_by,
        over_at: None,
    };
    if !medicine::insert(&mut tx.conn()?, &decision).await? {
        return Err(FollowError::HasPrescription);
    }
    let facts = json!({ "decision": decision.id, "number": decision.number, "institution": decision.institution,
        "rule": decision.rule });
    let line = health_line(ctx, tx, "care.antiviral_decided", (&decision.place, person), facts).await?;
    let personal = json!({ "medicine": decision.medicine, "quantity": decision.quantity, "fit": fit, "late": late, "because": because,
        "asked": asked });
    tx.journal(ctx.with_personal(line, personal));
    remember(ctx, tx, &decision.id).await?;
    Ok(decision.id)
}

/// How the list judges a medicine, and whether it is too late for it.
fn judged(
    rules: &Rules,
    factors: &crate::follow::model::Factors,
    days: (Date, Date),
    answers: &Answers,
    code: &str,
) -> Result<(Fit, bool), FollowError> {
    let all = rules.antivirals().check(factors, days, answers);
    let found = all.iter().find(|checked| checked.medicine.code == code);
    let found = found.ok_or(FollowError::Field { field: "medicine", problem: Wrong::NotAChoice })?;
    Ok((found.fit, found.points.iter().any(|point| matches!(point, Point::TooLate { .. }))))
}

/// The lots of an institution from which so many boxes of a medicine can be handed out, what expires first on top.
async fn usable(tx: &mut Tx, of: OrganisationId, (code, boxes): (&str, i64), today: Date) -> Result<Vec<Lot>, FollowError> {
    let district = tx.district();
    let mut lots = medicine::lots(&mut tx.conn()?, (district, of), 1_000).await?;
    lots.retain(|lot| lot.medicine == code && lot.expires >= today && lot.left >= boxes);
    Ok(lots)
}

/// The boxes of a prescription are handed out (发药) by the institution it was written for, from the lot that expires first.
///
/// # Errors
/// `NoStock`; `Changed` when it was handed out or cancelled; `NotFound` for an institution that is not the actor's; `Denied`; store errors.
pub async fn hand_out(ctx: &Ctx, tx: &mut Tx, id: DecisionId) -> Result<(), FollowError> {
    let (district, now) = (tx.district(), ctx.now());
    let decision = medicine::decision(&mut tx.conn()?, district, id).await?.ok_or(FollowError::NotFound)?;
    let by = keeper(ctx, tx, decision.institution).await?;
    scope::team(ctx, Action::Change)?;
    if recall::<bool>(ctx, tx, "care.hand_out_antiviral", &id).await?.is_some() {
        return Ok(());
    }
    let Some(code) = decision.medicine.clone() else { return Err(FollowError::Changed) };
    if !medicine::end(&mut tx.conn()?, (district, id), DecisionState::Dispensed, (now, by)).await? {
        return Err(FollowError::Changed);
    }
    let lots = usable(tx, decision.institution, (&code, decision.quantity), now.local().date()).await?;
    let c = &mut tx.conn()?;
    for seen in lots {
        let Some(lot) = medicine::hold_lot(c, district, seen.id).await?.filter(|lot| lot.left >= decision.quantity) else {
            continue;
        };
        let entry = Entry {
            id: EntryId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
            lot: lot.id,
            kind: EntryKind::Dispensed,
            quantity: -decision.quantity,
            at: now,
            because: None,
            decision: Some(id),
        };
        medicine::enter(c, district, &entry, by).await?;
        let facts = json!({ "decision": id, "number": decision.number, "entry": entry.id, "lot": lot.id,
            "institution": decision.institution });
        let line = health_line(ctx, tx, "care.antiviral_dispensed", (&decision.place, decision.person), facts).await?;
        tx.journal(line);
        return remember(ctx, tx, &true).await;
    }
    Err(FollowError::NoStock)
}

/// A prescription that was not handed out is void (作废), for a stated reason.
///
/// # Errors
/// `Field` without a reason; `Changed` when it was handed out or cancelled; `NotFound`, `Denied`; store errors.
pub async fn cancel(ctx: &Ctx, tx: &mut Tx, id: DecisionId, because: &str) -> Result<(), FollowError> {
    let (district, now) = (tx.district(), ctx.now());
    let because = text("because", because, true)?;
    let decision = medicine::decision(&mut tx.conn()?, district, id).await?.ok_or(FollowError::NotFound)?;
    super::reached(ctx, Action::Change, district, &decision.place)?;
    ctx.may(Action::Change, Resource::Antiviral, district, &decision.place)?;
    let by = ctx.appointment().ok_or(linli_access::Denied::Forbidden)?;
    if recall::<bool>(ctx, tx, "care.cancel_antiviral", &(id, &because)).await?.is_some() {
        return Ok(());
    }
    if !medicine::end(&mut tx.conn()?, (district, id), DecisionState::Cancelled, (now, by)).await? {
        return Err(FollowError::Changed);
    }
    let facts = json!({ "decision": id, "number": decision.number, "institution": decision.institution });
    let line = health_line(ctx, tx, "care.antiviral_cancelled", (&decision.place, decision.person), facts).await?;
    tx.journal(ctx.with_personal(line, json!({ "because": because })));
    remember(ctx, tx, &true).await
}
