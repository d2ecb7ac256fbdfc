//! The sending end of a referral: asked for, sent, spilled to the next grid, under way, taken back; and what is heard of the other end.
//!
//! Whom to ask is looked up before the transaction, over all districts; what is written lies in the district of the sender alone.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::Serialize;
use serde_json::json;

use super::beds::{in_district, own, wrong};
use super::{patients, recall, remember};
use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::beds::BedType;
use crate::model::referrals::{
    Answer, Asks, Attempt, Channel, Consent, Direction, End, Event, InboundKey, Letter, LetterId, Patient, Referral, ReferralId,
    ReferralState, Severity, Standing, Withdrawing,
};
use crate::model::{GridKind, InstitutionId};
use crate::rules::referrals::{Referrals, Then};
use crate::standing::{as_own, may_own};
use crate::store::{beds, referrals};

/// Longest text of the patient's condition, in characters.
pub const TEXT_MAX: usize = 1_000;

/// An institution that may be asked, in the order of the rule (外溢顺序).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Where.
    pub at: (DistrictId, InstitutionId),
    /// How many beds of the kind are free; `None` when that is not known.
    pub free: Option<i64>,
    /// Whether it leads the sender's own grid.
    pub own_lead: bool,
}

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewReferral {
    /// Which way.
    pub direction: Direction,
    /// Which kind of grid.
    pub grid_kind: GridKind,
    /// Which kind of bed.
    pub bed_type: BedType,
    /// What is needed, coded.
    pub needs: Vec<String>,
    /// What the score suggests, and by which rules.
    pub suggested: (Severity, String),
    /// What a person decided.
    pub severity: Severity,
    /// On what it rests.
    pub consent: Consent,
    /// Whom to ask first; by the rule without it.
    pub to: Option<(DistrictId, InstitutionId)>,
    /// The patient.
    pub patient: Patient,
}

fn judge(new: &NewReferral, from: (DistrictId, InstitutionId), now: Ts) -> Result<(), BedError> {
    let required = |field, value: &str| if value.trim().is_empty() { Err(wrong(field, Wrong::Required)) } else { Ok(()) };
    required("name", &new.patient.name)?;
    if new.patient.id_number.trim().is_empty() {
        required("phone", &new.patient.phone)?;
    }
    required("condition", &new.patient.condition)?;
    if new.direction == Direction::Down {
        required("continuing", &new.patient.continuing)?;
    }
    for (field, text) in [
        ("name", &new.patient.name),
        ("id_number", &new.patient.id_number),
        ("born", &new.patient.born),
        ("phone", &new.patient.phone),
        ("condition", &new.patient.condition),
        ("continuing", &new.patient.continuing),
    ] {
        let max = if matches!(field, "condition" | "continuing") { TEXT_MAX } else { 60 };
        let found = text.chars().count();
        if found > max {
            return Err(wrong(field, Wrong::TooLong { max, found }));
        }
        if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(wrong(field, Wrong::ControlCharacter));
        }
    }
    let today = now.local().date();
    if !new.patient.born.trim().is_empty() {
        let born: jiff::civil::Date = new.patient.born.trim().parse().map_err(|_| wrong("born", Wrong::NotADate))?;
        if born > today {
            return Err(wrong("born", Wrong::InTheFuture));
        }
        if born.year() < 1880 {
            return Err(wrong("born", Wrong::NotADate));
        }
    }
    if !patients::may_be_id(&new.patient.id_number, today) {
        return Err(wrong("id_number", Wrong::NotAnIdNumber));
    }
    if new.consent == Consent::Law && new.severity != Severity::Critical {
        return Err(wrong("consent", Wrong::NoConsent));
    }
    if new.to == Some(from) {
        return Err(wrong("to", Wrong::Itself));
    }
    Ok(())
}

/// Asks for a referral of the actor's own institution (发起转诊), and sends it to the first that may be asked. A patient who has an open
/// request has no second one.
///
/// # Errors
/// `OnTheWay` names the open request; `NoneFree` when nobody may be asked; `Field`, `NoInstitution`, `Denied`; store errors.
pub async fn ask(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &BedDesk,
    new: NewReferral,
    candidates: &[Candidate],
) -> Result<ReferralId, BedError> {
    Ok(ask_once(ctx, tx, desk, new, candidates).await?.0)
}

/// The same, and whether it is a new one: a request that comes again under its key is answered with what came of it the first time.
///
/// # Errors
/// As [`ask`].
pub async fn ask_once(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &BedDesk,
    new: NewReferral,
    candidates: &[Candidate],
) -> Result<(ReferralId, bool), BedError> {
    let now = ctx.now();
    let (district, institution, place) = own(ctx, &mut tx.conn()?).await?;
    may_own(ctx, Action::Create, Resource::Referral, (district, &place_of_actor(ctx, &place)))?;
    in_district(tx, district)?;
    judge(&new, (district, institution), now)?;
    if let Some(answer) = recall(ctx, tx, "treatment.ask", &new).await? {
        return Ok((answer, false));
    }
    let rules = desk.referrals(&place, now)?;
    let first = match new.to {
        Some(to) => candidates.iter().find(|one| one.at == to).ok_or(wrong("to", Wrong::NotAChoice))?,
        None => candidates.first().ok_or(BedError::NoneFree)?,
    };
    let own_can =
        referrals::known(&mut tx.conn()?, district, institution, now).await?.map(|known| known.capabilities).unwrap_or_default();
    // A bed of a kind that the sender does not keep is a need beyond what the sender can, as well as a capability that is missing.
    let keeps = beds::cells(&mut tx.conn()?, (district, institution)).await?.iter().any(|cell| {
        let told = [cell.levels.open, cell.levels.in_place].into_iter().flatten().any(|beds| beds > 0);
        cell.key.bed_type == new.bed_type && told
    });
    let exceeds = !keeps || new.needs.iter().any(|need| !own_can.split(',').any(|can| can == need));
    let green = new.direction == Direction::Up && exceeds && new.to.is_none();
    let id = ReferralId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let hash = desk.vault().lookup_hash(&patients::key(&new.patient));
    patients::claim(ctx, tx, desk, ((district, institution), (district, id)), &new.patient).await?;
    let to = rules.value.step(ReferralState::Draft, Event::Submit, standing(ctx, End::Sender)).ok_or(BedError::NoStep)?;
    let mut referral = Referral {
        district,
        id,
        institution,
        direction: new.direction,
        grid_kind: new.grid_kind,
        bed_type: new.bed_type,
        needs: new.needs,
        suggested: new.suggested.0,
        suggested_by: new.suggested.1,
        severity: new.severity,
        consent: new.consent,
        channel: if green { Channel::Green } else { Channel::Usual },
        state: to,
        reason: None,
        attempt: 0,
        round: 1,
        asked_at: now,
        asked_by: asked_by(ctx)?,
        state_at: now,
        due_at: rules.value.due(to, new.severity, now),
        late_told_at: None,
        over_at: None,
    };
    let plain = serde_json::to_string(&new.patient).map_err(linli_db::DbError::Facts)?;
    let sealed = desk.vault().seal_for(id.0.as_bytes(), &plain);
    referrals::insert(&mut tx.conn()?, &referral, (&hash, &sealed)).await?;
    let facts = json!({ "institution": institution, "direction": referral.direction, "bed_type": referral.bed_type, "channel": referral.channel,
        "severity": referral.severity, "suggested": referral.suggested, "suggested_by": referral.suggested_by, "consent": referral.consent });
    tx.journal(ctx.line("treatment.referral_asked", &place, Some(id.0), facts));
    send_to(ctx, tx, &place, &mut referral, first.at).await?;
    remember(ctx, tx, &id).await?;
    Ok((id, true))
}

/// By whom: an appointment, or the key of the institution's own system.
fn asked_by(ctx: &Ctx) -> Result<uuid::Uuid, BedError> {
    match &ctx.actor {
        Actor::Program { key, .. } => Ok(*key),
        _ => Ok(ctx.appointment().ok_or(linli_access::Denied::Forbidden)?),
    }
}

/// A family doctor reaches the community where the people live, not the place of the institution; what counts is on whose behalf he acts.
fn place_of_actor(ctx: &Ctx, institution: &PlacePath) -> PlacePath {
    match &ctx.actor {
        Actor::Staff { scope, .. } => scope.place.clone(),
        _ => institution.clone(),
    }
}

pub(crate) fn standing(ctx: &Ctx, end: End) -> Standing {
    match &ctx.actor {
        Actor::Staff { role, .. } => Standing { end, role: Some(*role) },
        _ => Standing { end, role: None },
    }
}

/// Begins the next attempt: a record of it, and a letter.
async fn send_to(
    ctx: &Ctx,
    tx: &mut Tx,
    place: &PlacePath,
    referral: &mut Referral,
    to: (DistrictId, InstitutionId),
) -> Result<(), BedError> {
    let now = ctx.now();
    let made = referrals::attempts(&mut tx.conn()?, referral.district, referral.id).await?;
    referral.attempt = made.last().map_or(0, |last| last.attempt) + 1;
    let mut attempt = Attempt {
        attempt: referral.attempt,
        to,
        asks: Asks::Offered,
        answer: Answer::Sent,
        reason: None,
        until: None,
        told: 0,
        heard: 0,
        sent_at: now,
        answered_at: None,
    };
    referrals::put(&mut tx.conn()?, referral).await?;
    tell(ctx, tx, referral, &mut attempt, Asks::Offered).await?;
    let facts = json!({ "attempt": attempt.attempt, "to": to.1, "to_district": to.0, "round": referral.round });
    tx.journal(ctx.line("treatment.referral_sent", place, Some(referral.id.0), facts));
    Ok(())
}

/// Tells the other end what is asked of it now.
async fn tell(ctx: &Ctx, tx: &mut Tx, referral: &Referral, attempt: &mut Attempt, asks: Asks) -> Result<(), BedError> {
    attempt.asks = asks;
    attempt.told += 1;
    let letter = Letter::Ask {
        key: InboundKey { referral: referral.id, attempt: attempt.attempt },
        no: attempt.told,
        asks,
        from: (referral.district, referral.institution),
        institution: attempt.to.1,
        direction: referral.direction,
        bed_type: referral.bed_type,
        needs: referral.needs.clone(),
        severity: referral.severity,
        sent_at: attempt.sent_at,
        due_at: referral.due_at,
    };
    let id = LetterId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let c = &mut tx.conn()?;
    referrals::put_attempt(c, (referral.district, referral.id), attempt).await?;
    // Whoever is told that it is not his patient is told nothing of the patient.
    let sealed = if asks == Asks::Withdrawn { None } else { referrals::sealed(c, referral.district, referral.id).await? };
    Ok(referrals::write(c, (referral.district, id, attempt.to.0), &letter, sealed.as_deref(), ctx.now()).await?)
}

/// Moves a referral by a row of the table. Gives whether there was one.
async fn step(
    ctx: &Ctx,
    tx: &mut Tx,
    rules: &Referrals,
    referral: &mut Referral,
    (event, who, reason): (Event, Standing, Option<String>),
) -> Result<bool, BedError> {
    let Some(to) = rules.step(referral.state, event, who) else { return Ok(false) };
    let now = ctx.now();
    referral.state = to;
    referral.state_at = now;
    referral.reason = reason;
    referral.due_at = rules.due(to, referral.severity, now);
    referral.late_told_at = None;
    referral.over_at = Referrals::is_end(to).then_some(now);
    let c = &mut tx.conn()?;
    // The request is open as long as the stay lasts; only the house where the patient lies sends the patient on meanwhile.
    if referral.over_at.is_some() {
        referrals::release(c, (referral.district, referral.id)).await?;
    }
    referrals::put(c, referral).await?;
    Ok(true)
}

/// The referral, locked, with its place and its attempts.
async fn opened(tx: &mut Tx, id: ReferralId) -> Result<(Referral, PlacePath, Vec<Attempt>), BedError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    let referral = referrals::lock(c, district, id).await?.ok_or(BedError::NotFound)?;
    let place = beds::place_of(c, district, referral.institution).await?.ok_or(BedError::NotFound)?;
    let attempts = referrals::attempts(c, district, id).await?;
    Ok((referral, place, attempts))
}

/// Withdraws every attempt but one that is asked still.
async fn withdraw_others(
    ctx: &Ctx,
    tx: &mut Tx,
    referral: &Referral,
    attempts: &[Attempt],
    but: Option<i64>,
) -> Result<(), BedError> {
    for attempt in attempts.iter().filter(|one| Some(one.attempt) != but && one.asks != Asks::Withdrawn) {
        tell(ctx, tx, referral, &mut attempt.clone(), Asks::Withdrawn).await?;
    }
    Ok(())
}

/// Whether a referral is the actor's to deal with: of the institution on whose behalf he acts.
async fn mine(ctx: &Ctx, c: &mut Conn<'_>, referral: &Referral) -> Result<(), BedError> {
    let (district, institution, place) = own(ctx, c).await?;
    if (district, institution) != (referral.district, referral.institution) {
        return Err(BedError::NotFound);
    }
    Ok(may_own(ctx, Action::Change, Resource::Referral, (district, &place_of_actor(ctx, &place)))?)
}

/// Writes down that the system of an institution was given what is known of a patient (查阅记录): at this end, beside what else happened to the
/// referral.
///
/// # Errors
/// `NoInstitution`, `Denied`; store errors.
pub async fn looked(ctx: &Ctx, tx: &mut Tx, of: ReferralId) -> Result<(), BedError> {
    as_own(ctx, Action::Read, Resource::Referral)?;
    let (district, institution, place) = own(ctx, &mut tx.conn()?).await?;
    in_district(tx, district)?;
    tx.journal(ctx.line("treatment.patient_looked", &place, Some(of.0), json!({ "institution": institution })));
    Ok(())
}

/// What the sending end does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub enum Next {
    /// The patient has set out.
    Depart,
    /// Taken back.
    Cancel(Withdrawing),
    /// It did not come about although the patient had set out.
    Fail(Withdrawing),
}

/// The sending end says how it goes on (出发、取消、未成).
///
/// # Errors
/// `NoStep` from a state without it; `NotFound`, `Denied`; store errors.
pub async fn go_on(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, id: ReferralId, next: Next) -> Result<(), BedError> {
    let (mut referral, place, attempts) = opened(tx, id).await?;
    mine(ctx, &mut tx.conn()?, &referral).await?;
    if recall::<bool>(ctx, tx, "treatment.go_on", &(id, next)).await?.is_some() {
        return Ok(());
    }
    let rules = desk.referrals(&place, ctx.now())?;
    let (event, reason, kind) = match next {
        Next::Depart => (Event::Depart, None, "treatment.referral_under_way"),
        Next::Cancel(why) => (Event::Cancel, Some(why.to_string()), "treatment.referral_cancelled"),
        Next::Fail(why) => (Event::Fail, Some(why.to_string()), "treatment.referral_failed"),
    };
    let facts = json!({ "reason": reason, "attempt": referral.attempt });
    if !step(ctx, tx, &rules.value, &mut referral, (event, standing(ctx, End::Sender), reason)).await? {
        return Err(BedError::NoStep);
    }
    match attempts.iter().find(|one| one.attempt == referral.attempt).filter(|_| next == Next::Depart) {
        Some(current) => tell(ctx, tx, &referral, &mut current.clone(), Asks::UnderWay).await?,
        None => withdraw_others(ctx, tx, &referral, &attempts, None).await?,
    }
    tx.journal(ctx.line(kind, &place, Some(id.0), facts));
    Ok(remember(ctx, tx, &true).await?)
}

/// What is heard of the other end. What comes late or twice has no greater number than what was heard, and changes nothing.
///
/// # Errors
/// Store errors.
pub(crate) async fn hear(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, letter: &Letter) -> Result<(), BedError> {
    let Letter::Answer { key, no, answer, reason, until } = letter else { return Ok(()) };
    let (mut referral, place, mut attempts) = opened(tx, key.referral).await?;
    let Some(attempt) = attempts.iter_mut().find(|one| one.attempt == key.attempt && one.heard < *no) else { return Ok(()) };
    attempt.heard = *no;
    attempt.answer = *answer;
    attempt.reason.clone_from(reason);
    attempt.until = *until;
    attempt.answered_at = Some(ctx.now());
    let attempt = attempt.clone();
    referrals::put_attempt(&mut tx.conn()?, (referral.district, referral.id), &attempt).await?;
    let rules = desk.referrals(&place, ctx.now())?;
    let (rules, current) = (&rules.value, attempt.attempt == referral.attempt);
    let (by_other, by_system) = (Standing { end: End::Receiver, role: None }, Standing { end: End::System, role: None });
    let facts = json!({ "attempt": attempt.attempt, "by": attempt.to.1, "answer": answer, "reason": reason, "until": until });
    let line = |kind| ctx.line(kind, &place, Some(referral.id.0), facts.clone());
    let (told, late) = (line("treatment.referral_answered"), line("treatment.referral_late_answer"));
    let moved = match answer {
        Answer::Sent => return Ok(()),
        Answer::Received if current => {
            // That it came changes no clock: an answer is due when it was due.
            let due = referral.due_at;
            let moved = step(ctx, tx, rules, &mut referral, (Event::Seen, by_system, None)).await?;
            referral.due_at = due;
            moved
        }
        Answer::Accepted if current => step(ctx, tx, rules, &mut referral, (Event::Accept, by_other, None)).await?,
        // Refused: the clock of the answer is over, and the next is asked at once.
        Answer::Declined if current && rules.step(referral.state, Event::Spill, by_system).is_some() => {
            referral.due_at = Some(ctx.now());
            true
        }
        Answer::Lapsed if current => {
            let moved = step(ctx, tx, rules, &mut referral, (Event::Lapse, by_system, None)).await?;
            if moved {
                referral.due_at = Some(ctx.now());
            }
            moved
        }
        // The patient is where the patient is.
        Answer::Arrived | Answer::Completed => {
            let event = if *answer == Answer::Arrived { Event::Arrive } else { Event::Complete };
            let moved = step(ctx, tx, rules, &mut referral, (event, by_other, reason.clone())).await?;
            if moved {
                referral.attempt = attempt.attempt;
                withdraw_others(ctx, tx, &referral, &attempts, Some(attempt.attempt)).await?;
            }
            moved
        }
        _ => false,
    };
    referrals::put(&mut tx.conn()?, &referral).await?;
    tx.journal(if moved || current { told } else { late });
    Ok(())
}

/// Looks at a referral whose clock is over: the next grid is asked, or it is told to be late, or it is given up (外溢、超时、无人接收).
///
/// # Errors
/// Store errors.
pub async fn look(ctx: &Ctx, tx: &mut Tx, desk: &BedDesk, id: ReferralId, candidates: &[Candidate]) -> Result<(), BedError> {
    let now = ctx.now();
    let (mut referral, place, attempts) = opened(tx, id).await?;
    if referral.over_at.is_some() || referral.due_at.is_none_or(|due| due > now) {
        return Ok(());
    }
    let rules = desk.referrals(&place, now)?;
    let rules = &rules.value;
    if rules.state(referral.state).and_then(|state| state.then) != Some(Then::Spill) {
        if referral.late_told_at.is_none() {
            referral.late_told_at = Some(now);
            referrals::put(&mut tx.conn()?, &referral).await?;
            tx.journal(ctx.line("treatment.referral_late", &place, Some(id.0), json!({ "state": referral.state })));
        }
        return Ok(());
    }
    let by_system = Standing { end: End::System, role: None };
    let current = attempts.iter().find(|one| one.attempt == referral.attempt).cloned();
    let refused = current.as_ref().is_some_and(|one| one.answer == Answer::Declined);
    let why = current.as_ref().map_or("no_answer", |one| {
        if refused {
            "declined"
        } else if one.answer == Answer::Lapsed {
            "lapsed"
        } else {
            "no_answer"
        }
    });
    withdraw_others(ctx, tx, &referral, &attempts, None).await?;
    match next_of(candidates, &attempts, referral.round, rules.rounds()) {
        Some((to, round)) => {
            referral.round = round;
            if !step(ctx, tx, rules, &mut referral, (Event::Spill, by_system, None)).await? {
                return Err(BedError::NoStep);
            }
            let facts = json!({ "because": why, "from": current.map(|one| one.to.1), "to": to.1, "round": round });
            tx.journal(ctx.line("treatment.referral_spilled", &place, Some(id.0), facts));
            send_to(ctx, tx, &place, &mut referral, to).await
        }
        None => {
            let event = if refused { Event::Refuse } else { Event::Exhaust };
            let reason = current.and_then(|one| one.reason).or_else(|| Some(why.to_owned()));
            let facts = json!({ "because": why, "asked": attempts.len() });
            if !step(ctx, tx, rules, &mut referral, (event, by_system, reason)).await? {
                return Err(BedError::NoStep);
            }
            tx.journal(ctx.line("treatment.referral_given_up", &place, Some(id.0), facts));
            Ok(())
        }
    }
}

/// Sends a referral to another house than the one that is asked (按方案转问): whoever leads the grid has decided it. Nothing is done for a house that is
/// asked already.
///
/// # Errors
/// `Changed` when another attempt counts by now; `NoStep` for what is accepted, over or under way; store errors.
pub(crate) async fn redirect(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &BedDesk,
    (id, attempt): (ReferralId, i64),
    to: (DistrictId, InstitutionId),
) -> Result<PlacePath, BedError> {
    let (mut referral, place, attempts) = opened(tx, id).await?;
    if referral.attempt != attempt {
        return Err(BedError::Changed);
    }
    if to == (referral.district, referral.institution) {
        return Err(wrong("to", Wrong::Itself));
    }
    let asked = attempts.iter().find(|one| one.attempt == attempt).map(|one| one.to);
    let rules = desk.referrals(&place, ctx.now())?;
    let by_system = Standing { end: End::System, role: None };
    if rules.value.step(referral.state, Event::Spill, by_system).is_none() {
        return Err(BedError::NoStep);
    }
    if asked == Some(to) {
        return Ok(place);
    }
    withdraw_others(ctx, tx, &referral, &attempts, None).await?;
    step(ctx, tx, &rules.value, &mut referral, (Event::Spill, by_system, None)).await?;
    let facts = json!({ "because": "plan", "from": asked.map(|(_, house)| house), "to": to.1, "round": referral.round });
    tx.journal(ctx.line("treatment.referral_spilled", &place, Some(id.0), facts));
    send_to(ctx, tx, &place, &mut referral, to).await?;
    Ok(place)
}

/// Whom to ask next: the first who was not asked in this round; when all were, the first of a new round, as long as there is one.
fn next_of(
    candidates: &[Candidate],
    attempts: &[Attempt],
    round: i64,
    rounds: i64,
) -> Option<((DistrictId, InstitutionId), i64)> {
    let asked =
        |at: &(DistrictId, InstitutionId)| i64::try_from(attempts.iter().filter(|one| one.to == *at).count()).unwrap_or(i64::MAX);
    let of_round = |round: i64| candidates.iter().find(|one| asked(&one.at) < round).map(|one| (one.at, round));
    of_round(round).or_else(|| if round < rounds { of_round(round + 1) } else { None })
}
