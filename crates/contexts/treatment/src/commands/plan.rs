//! What somebody makes of the plan: a suggestion is accepted or another bed chosen, somebody is marked as one who may step down, a step down is
//! asked for, a grid tells how many vehicles it has free.

use linli_access::{Action, Actor, Ctx, Denied, Resource, Role};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlacePath};
use serde::Serialize;
use serde_json::json;

use super::beds::{in_district, own, wrong};
use super::inbound::{self, Bed};
use super::referrals::{self as asking, Candidate, NewReferral, TEXT_MAX};
use super::{recall, remember};
use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::beds::{BedType, HoldState};
use crate::model::plan::{At, Decision, DecisionId, Harm, Made, Mark, Overriding, Suggestion, Where, Whom};
use crate::model::referrals::{Consent, Direction, InboundKey, Patient, ReferralId, Severity};
use crate::model::{GridKind, GridRef};
use crate::queries::plan::Reach;
use crate::store::{beds, plan as store, referrals};

/// The most vehicles of a grid: more is a slip of the finger.
pub const VEHICLES_MAX: i64 = 500;

/// Longest words of reason, in characters.
pub const WORDS_MAX: usize = 300;

/// What somebody decides about somebody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewDecision {
    /// For whom.
    pub whom: Whom,
    /// The attempt that counted when it was looked at.
    pub attempt: i64,
    /// Who was asked then.
    pub asked: Option<At>,
    /// Which bed.
    pub chosen: Where,
    /// What the plan suggests now, and what it costs to go without.
    pub suggested: Option<(Suggestion, Option<Harm>)>,
    /// Why another bed, where it is another.
    pub why: Option<Overriding>,
    /// Words of reason.
    pub words: String,
    /// By which rules the plan was made.
    pub rule: String,
}

/// In which district the command for a decision runs: that of the own house for a bed of it, that of the sender for any other.
#[must_use]
pub fn district_of(reach: &Reach, new: &NewDecision) -> DistrictId {
    match new.whom {
        Whom::Boarding { district, .. } => district,
        Whom::Asking { district, .. } => reach.own.filter(|own| takes_in(*own, new)).map_or(district, |own| own.0),
    }
}

/// Whether the own house is asked, and the bed is its own: then the bed is held.
fn takes_in(own: At, new: &NewDecision) -> bool {
    new.chosen.at == own && new.asked == Some(own)
}

/// Decides about a suggestion (采纳建议或另选): runs what the state of the record allows, and keeps the decision with what was suggested and what refusing
/// costs. A bed that has to be made free by a step down first is held later, when it is free: until then only the house is asked.
///
/// # Errors
/// `Field` for another bed without a reason; `NoneFree`, `NoStep`, `Changed`; `NotFound` out of reach; `NoInstitution`, `Denied`; store errors.
pub async fn decide(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, reach: &Reach, new: NewDecision) -> Result<DecisionId, BedError> {
    ctx.scope(Action::Change, Resource::Plan)?;
    let own = reach.own.ok_or(BedError::NoInstitution)?;
    in_district(tx, district_of(reach, &new))?;
    let suggestion = new.suggested.as_ref().map(|(suggestion, _)| suggestion);
    let accepted = suggestion.is_some_and(|suggestion| suggestion.to == new.chosen);
    judge(&new, accepted)?;
    if let Some(answer) = recall(ctx, tx, "treatment.decide", &new).await? {
        return Ok(answer);
    }
    let waits_for_step = accepted && suggestion.is_some_and(|suggestion| !suggestion.chain.is_empty());
    // The request is told apart by this command; what it runs is a part of it.
    let inner = Ctx { idempotency_key: None, ..ctx.clone() };
    let bed = Bed { unit: new.chosen.unit, bed_type: new.chosen.bed_type, guest_of: None };
    let place = match new.whom {
        Whom::Boarding { district, referral, attempt } if own.0 == district => {
            if !waits_for_step {
                let key = InboundKey { referral, attempt };
                inbound::arrive(&inner, tx, desk, key, Some(bed)).await?;
            }
            place_of(tx, own).await?
        }
        Whom::Asking { referral, .. } if takes_in(own, &new) => {
            if !waits_for_step {
                let key = InboundKey { referral, attempt: new.attempt };
                inbound::accept(&inner, tx, desk, key, Some(bed)).await?;
            }
            place_of(tx, own).await?
        }
        Whom::Asking { referral, .. } if leads(ctx) => {
            known(tx, reach, &new, referral).await?;
            asking::redirect(&inner, tx, desk, (referral, new.attempt), new.chosen.at).await?
        }
        Whom::Boarding { .. } | Whom::Asking { .. } => return Err(BedError::NotFound),
    };
    keep(ctx, tx, desk, (own, &place), new, accepted).await
}

/// Only a coordinator sends somebody to another house than the own one.
const fn leads(ctx: &Ctx) -> bool {
    matches!(&ctx.actor, Actor::Staff { role: Role::GridCoordinator, .. })
}

fn judge(new: &NewDecision, accepted: bool) -> Result<(), BedError> {
    if !accepted && new.why.is_none() {
        return Err(wrong("why", Wrong::Required));
    }
    if new.why == Some(Overriding::Other) && new.words.trim().is_empty() {
        return Err(wrong("words", Wrong::Required));
    }
    text("words", &new.words, WORDS_MAX)
}

fn text(field: &'static str, text: &str, max: usize) -> Result<(), BedError> {
    let found = text.chars().count();
    if found > max {
        return Err(wrong(field, Wrong::TooLong { max, found }));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err(wrong(field, Wrong::ControlCharacter));
    }
    Ok(())
}

async fn place_of(tx: &mut Tx, (district, house): At) -> Result<PlacePath, BedError> {
    beds::place_of(&mut tx.conn()?, district, house).await?.ok_or(BedError::NotFound)
}

/// The referral is one of the reach: by its sender, or by who is asked.
async fn known(tx: &mut Tx, reach: &Reach, new: &NewDecision, id: ReferralId) -> Result<(), BedError> {
    let district = tx.district();
    let found = referrals::one(&mut tx.conn()?, district, id).await?.ok_or(BedError::NotFound)?;
    let asked = new.asked.is_some_and(|asked| reach.houses.contains(&asked));
    if reach.houses.contains(&(district, found.institution)) || asked { Ok(()) } else { Err(BedError::NotFound) }
}

async fn keep(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &BedDesk,
    (own, place): (At, &PlacePath),
    new: NewDecision,
    accepted: bool,
) -> Result<DecisionId, BedError> {
    let id = DecisionId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let (suggested, harm) = new.suggested.map_or((None, None), |(suggestion, harm)| (Some(suggestion), harm));
    let decision = Decision {
        id,
        whom: new.whom,
        by: own,
        at: ctx.now(),
        made: if accepted { Made::Accepted } else { Made::Overridden },
        why: new.why.filter(|_| !accepted),
        chosen: new.chosen,
        suggested,
        harm,
        rule: new.rule,
    };
    let words = Some(new.words.trim()).filter(|words| !words.is_empty() && !accepted);
    let sealed = words.map(|words| desk.vault().seal_for(id.0.as_bytes(), words));
    let district = tx.district();
    store::insert_decision(&mut tx.conn()?, district, &decision, (&ctx.actor_text(), sealed.as_deref())).await?;
    let (Whom::Asking { referral, .. } | Whom::Boarding { referral, .. }) = decision.whom;
    let facts = json!({ "decision": id, "by": own.1, "made": decision.made, "reason": decision.why, "chosen": decision.chosen,
        "suggested": decision.suggested.as_ref().map(|one| one.to), "because": decision.suggested.as_ref().map(|one| one.because),
        "harm": decision.harm, "rule": decision.rule });
    tx.journal(ctx.line("treatment.plan_decided", place, Some(referral.0), facts));
    remember(ctx, tx, &id).await?;
    Ok(id)
}

/// How somebody may go on who may step down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewMark {
    /// In which kind of bed.
    pub wants: BedType,
    /// What must be possible there, coded.
    pub needs: Vec<String>,
    /// In which kind of grid.
    pub grid_kind: GridKind,
    /// On what the sending of clinical data rests.
    pub consent: Consent,
    /// What must go on there, in words (延续治疗需要).
    pub continuing: String,
}

/// Somebody who has a bed of the actor's own institution, locked.
async fn lies(ctx: &Ctx, tx: &mut Tx, key: InboundKey) -> Result<(DistrictId, PlacePath), BedError> {
    let (district, institution, place) = own(ctx, &mut tx.conn()?).await?;
    ctx.may(Action::Change, Resource::Referral, district, &place)?;
    in_district(tx, district)?;
    let found = referrals::lock_inbound(&mut tx.conn()?, district, key).await?;
    let inbound = found.filter(|inbound| inbound.institution == institution).ok_or(BedError::NotFound)?;
    let held = match inbound.hold {
        Some(id) => beds::hold(&mut tx.conn()?, district, id).await?,
        None => None,
    };
    let occupied = held.is_some_and(|held| held.state == HoldState::Occupied);
    if inbound.over_at.is_some() || !occupied {
        return Err(BedError::NoStep);
    }
    Ok((district, place))
}

/// Marks somebody in a bed of the own house as one who may step down (标为可下转): a doctor there has decided it.
///
/// # Errors
/// `Field`; `NoStep` for who has no bed; `NotFound`, `NoInstitution`, `Denied`; store errors.
pub async fn mark(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, key: InboundKey, new: NewMark) -> Result<(), BedError> {
    let (district, place) = lies(ctx, tx, key).await?;
    if new.continuing.trim().is_empty() {
        return Err(wrong("continuing", Wrong::Required));
    }
    text("continuing", &new.continuing, TEXT_MAX)?;
    if new.consent == Consent::Law {
        return Err(wrong("consent", Wrong::NoConsent));
    }
    if recall::<bool>(ctx, tx, "treatment.mark", &(key, &new)).await?.is_some() {
        return Ok(());
    }
    let sealed = desk.vault().seal_for(key.referral.0.as_bytes(), new.continuing.trim());
    let mark = Mark {
        key,
        wants: new.wants,
        needs: new.needs,
        grid_kind: new.grid_kind,
        consent: new.consent,
        at: ctx.now(),
        asked: None,
    };
    store::put_mark(&mut tx.conn()?, district, &mark, (&sealed, &ctx.actor_text())).await?;
    let facts = json!({ "attempt": key.attempt, "wants": mark.wants, "needs": mark.needs, "consent": mark.consent });
    tx.journal(ctx.line("treatment.step_down_marked", &place, Some(key.referral.0), facts));
    Ok(remember(ctx, tx, &true).await?)
}

/// Takes a mark back (撤销可下转). What is not marked stays so.
///
/// # Errors
/// `NoStep`, `NotFound`, `NoInstitution`, `Denied`; store errors.
pub async fn unmark(ctx: &Ctx, tx: &mut Tx, key: InboundKey) -> Result<(), BedError> {
    let (district, place) = lies(ctx, tx, key).await?;
    if recall::<bool>(ctx, tx, "treatment.unmark", &key).await?.is_some() {
        return Ok(());
    }
    if store::mark(&mut tx.conn()?, district, key).await?.is_some_and(|(mark, _)| mark.asked.is_none()) {
        store::end_mark(&mut tx.conn()?, district, key, (None, Some(ctx.now()))).await?;
        tx.journal(ctx.line("treatment.step_down_unmarked", &place, Some(key.referral.0), json!({ "attempt": key.attempt })));
    }
    Ok(remember(ctx, tx, &true).await?)
}

/// Asks another house for a bed for somebody who may step down (请求下转): a referral downwards with what is known here and what must go on there.
///
/// # Errors
/// `NotFound` for who is not marked, or is asked for already; those of asking; store errors.
pub async fn step_down(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &BedDesk,
    (key, to): (InboundKey, At),
    candidates: &[Candidate],
) -> Result<ReferralId, BedError> {
    let (district, place) = lies(ctx, tx, key).await?;
    if let Some(answer) = recall(ctx, tx, "treatment.step_down", &(key, to)).await? {
        return Ok(answer);
    }
    let c = &mut tx.conn()?;
    let (mark, sealed) =
        store::mark(c, district, key).await?.filter(|(mark, _)| mark.asked.is_none()).ok_or(BedError::NotFound)?;
    let record = key.referral.0;
    let opened = |sealed: Option<Vec<u8>>| desk.vault().open_for(record.as_bytes(), &sealed?);
    let known = opened(referrals::inbound_sealed(c, district, key).await?).ok_or(BedError::NotFound)?;
    let patient: Patient = serde_json::from_str(&known).map_err(|_| BedError::NotFound)?;
    let continuing = opened(sealed).unwrap_or_default();
    let new = NewReferral {
        direction: Direction::Down,
        grid_kind: mark.grid_kind,
        bed_type: mark.wants,
        needs: mark.needs,
        suggested: (Severity::Ordinary, desk.plan_rule(ctx.now())?.stamp.mark()),
        severity: Severity::Ordinary,
        consent: mark.consent,
        to: Some(to),
        // The number by which the patient came is that of who sent the patient then.
        patient: Patient { continuing, number: None, ..patient },
    };
    let inner = Ctx { idempotency_key: None, ..ctx.clone() };
    let asked = asking::ask(&inner, tx, desk, new, candidates).await?;
    store::end_mark(&mut tx.conn()?, district, key, (Some(asked), None)).await?;
    let facts = json!({ "attempt": key.attempt, "asked": asked, "to": to.1, "to_district": to.0 });
    tx.journal(ctx.line("treatment.step_down_asked", &place, Some(key.referral.0), facts));
    remember(ctx, tx, &asked).await?;
    Ok(asked)
}

/// Tells how many vehicles a grid has free (报告可用车辆). It counts for as long as the rule says.
///
/// # Errors
/// `Field`; `NotFound` for a grid that the actor does not lead; `Denied`; store errors.
pub async fn tell_fleet(ctx: &Ctx, tx: &mut Tx, reach: &Reach, (grid, vehicles): (GridRef, i64)) -> Result<(), BedError> {
    ctx.scope(Action::Change, Resource::Plan)?;
    let own = reach.own.ok_or(BedError::NoInstitution)?;
    if !leads(ctx) || !reach.leads.iter().any(|(of, _)| *of == grid) {
        return Err(Denied::Forbidden.into());
    }
    in_district(tx, grid.district)?;
    if !(0..=VEHICLES_MAX).contains(&vehicles) {
        return Err(wrong("vehicles", Wrong::OutOfRange { least: 0, most: VEHICLES_MAX }));
    }
    if recall::<bool>(ctx, tx, "treatment.tell_fleet", &(grid, vehicles)).await?.is_some() {
        return Ok(());
    }
    let place = place_of(tx, own).await?;
    store::put_fleet(&mut tx.conn()?, grid, vehicles, (ctx.now(), &ctx.actor_text())).await?;
    tx.journal(ctx.line("treatment.fleet_told", &place, Some(grid.id.0), json!({ "vehicles": vehicles })));
    Ok(remember(ctx, tx, &true).await?)
}
