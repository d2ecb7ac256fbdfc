//! Findings (问题): found in a round, answered by the house, looked at again by the group, open again where that was not enough.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use serde_json::json;

use super::rounds::being_held;
use super::{by, recall, remember, text};
use crate::error::{ExpertError, Wrong};
use crate::model::{Finding, FindingEvent, FindingId, FindingState, RoundId, Step};
use crate::office::RoundOffice;
use crate::reach::{as_member, reach};
use crate::rules::Rounds;
use crate::store::{findings, rounds};

/// Writes down what was found in the house of a round (记录问题); the house is to answer by its clock.
///
/// # Errors
/// `OpenAlready` where one of the matter is open there; `Field`, `NotFound`, `Denied`; store errors.
pub async fn find(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &RoundOffice,
    id: RoundId,
    (matter, told): (&str, &str),
) -> Result<FindingId, ExpertError> {
    const DAY_SECS: i64 = 86_400;
    let told = text("told", told, false)?;
    if let Some(id) = recall(ctx, tx, "expert.find", &(id, matter, &told)).await? {
        return Ok(id);
    }
    let round = being_held(ctx, tx, id, (Action::Change, Resource::Round)).await?;
    let (at, now) = ((round.district, round.institution), ctx.now());
    let rules = office.rules(&round.place, now)?;
    let waits = rules.value.waits_secs(FindingState::Open, matter);
    let due = now.plus_secs(waits.ok_or(ExpertError::field("matter", Wrong::NotAChoice))?);
    let since = now.plus_secs(-rules.value.compare().repeat_days * DAY_SECS);
    let new = Finding {
        district: round.district,
        id: FindingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: round.place.clone(),
        round: id,
        institution: round.institution,
        matter: matter.to_owned(),
        told,
        state: FindingState::Open,
        repeat_of: findings::put_right_since(&mut tx.conn()?, at, matter, since).await?,
        opened_at: now,
        first_due_at: due,
        due_at: Some(due),
        late_told_at: None,
        answered_at: None,
        first_answer: None,
        reopened: 0,
        over_at: None,
    };
    if !findings::insert(&mut tx.conn()?, &new, by(ctx)?).await? {
        return Err(ExpertError::OpenAlready);
    }
    let step = Step { event: FindingEvent::Find, said: new.told.clone(), at: now };
    findings::add_step(&mut tx.conn()?, new.district, new.id, &step, by(ctx)?).await?;
    let facts = json!({ "round": id, "institution": new.institution, "matter": new.matter, "due": due, "repeated": new.repeat_of.is_some(),
        "rules": rules.stamp.mark() });
    tx.journal(ctx.line("expert.found", &new.place, Some(new.id.0), facts));
    remember(ctx, tx, &new.id).await?;
    Ok(new.id)
}

/// Moves a finding by a row of the table, winds its clock and keeps what was said.
async fn step(
    ctx: &Ctx,
    tx: &mut Tx,
    rules: &Rounds,
    finding: &mut Finding,
    (event, said): (FindingEvent, String),
) -> Result<(), ExpertError> {
    let now = ctx.now();
    let late = finding.due_at.is_some_and(|due| due < now);
    finding.state = rules.step(finding.state, event).ok_or(ExpertError::NoStep)?;
    finding.over_at = finding.state.over().then_some(now);
    // A matter that is no more in the list keeps the clock it had: nothing open is without one.
    let waits = rules.waits_secs(finding.state, &finding.matter).map(|secs| now.plus_secs(secs));
    finding.due_at = if finding.state.over() { None } else { waits.or(finding.due_at) };
    finding.late_told_at = None;
    match event {
        FindingEvent::Answer => {
            finding.answered_at = Some(now);
            finding.first_answer = finding.first_answer.or(Some(now));
        }
        FindingEvent::Fail => finding.reopened += 1,
        FindingEvent::Find | FindingEvent::Pass | FindingEvent::Withdraw => {}
    }
    findings::put(&mut tx.conn()?, finding).await?;
    findings::add_step(&mut tx.conn()?, finding.district, finding.id, &Step { event, said, at: now }, by(ctx)?).await?;
    let kind = match event {
        FindingEvent::Answer => "expert.answered",
        FindingEvent::Pass => "expert.passed",
        FindingEvent::Fail => "expert.failed",
        FindingEvent::Withdraw | FindingEvent::Find => "expert.withdrawn",
    };
    let facts = json!({ "institution": finding.institution, "matter": finding.matter, "late": late, "due": finding.due_at });
    tx.journal(ctx.line(kind, &finding.place, Some(finding.id.0), facts));
    Ok(())
}

/// The house answers (答复整改). One tap is enough; what was done may be said.
///
/// # Errors
/// `NoStep` where no answer is due; `NotFound` for another house's; `Field`, `Denied`; store errors.
pub async fn answer(ctx: &Ctx, tx: &mut Tx, office: &RoundOffice, id: FindingId, said: &str) -> Result<(), ExpertError> {
    let district = tx.district();
    let own = reach(ctx, &mut tx.conn()?, (Action::Take, Resource::Round)).await?.ok_or(ExpertError::NotFound)?;
    let mut finding = findings::lock(&mut tx.conn()?, district, id).await?.ok_or(ExpertError::NotFound)?;
    if !own.has(district, (&finding.place, finding.institution)) {
        return Err(ExpertError::NotFound);
    }
    let said = text("said", said, false)?;
    if recall::<bool>(ctx, tx, "expert.answer", &(id, &said)).await?.is_some() {
        return Ok(());
    }
    let rules = office.rules(&finding.place, ctx.now())?;
    step(ctx, tx, &rules.value, &mut finding, (FindingEvent::Answer, said)).await?;
    Ok(remember(ctx, tx, &true).await?)
}

/// The group looks again (复核): it is put right, or open again; or it was found by mistake (撤销), which is said with a reason.
///
/// # Errors
/// `NoStep` where the table has none; `Field` without a reason where it needs one; `NotFound`, `Denied`; store errors.
pub async fn look_again(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &RoundOffice,
    id: FindingId,
    (event, said): (FindingEvent, &str),
) -> Result<(), ExpertError> {
    let district = tx.district();
    if !matches!(event, FindingEvent::Pass | FindingEvent::Fail | FindingEvent::Withdraw) {
        return Err(ExpertError::field("do", Wrong::NotAChoice));
    }
    let mut finding = findings::lock(&mut tx.conn()?, district, id).await?.ok_or(ExpertError::NotFound)?;
    let round = rounds::one(&mut tx.conn()?, district, finding.round).await?.ok_or(ExpertError::NotFound)?;
    as_member(ctx, &mut tx.conn()?, &round, (Action::Change, Resource::Round)).await?;
    let said = text("said", said, event != FindingEvent::Pass)?;
    if recall::<bool>(ctx, tx, "expert.look_again", &(id, event, &said)).await?.is_some() {
        return Ok(());
    }
    let rules = office.rules(&finding.place, ctx.now())?;
    step(ctx, tx, &rules.value, &mut finding, (event, said)).await?;
    Ok(remember(ctx, tx, &true).await?)
}
