//! Handing over at a desk (交接班), and taking over.

use std::collections::BTreeMap;

use linli_access::matrix::allows;
use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{NOTE_MAX, recall, remember, text};
use crate::error::{CasesError, FieldProblem};
use crate::model::{CaseId, Handover, HandoverId, Matter, Owner, Why};
use crate::office::Office;
use crate::queries::{desk_of, open_matters};
use crate::rules::Elsewhere;
use crate::store::duty;

/// Shifts that can be handed over for, hours.
pub const SHIFT_HOURS: [i64; 4] = [4, 8, 12, 24];
/// Longest note to one case, in characters.
const MATTER_NOTE_MAX: usize = 500;

/// What the one who goes says.
#[derive(Debug, Clone, Default, Serialize)]
pub struct NewHandover {
    /// The appointment of who comes; `None` for whoever comes next.
    pub to: Option<Uuid>,
    /// How long the next shift is, hours.
    pub hours: i64,
    /// What else is to be said.
    pub note: String,
    /// Notes by case. What is not open any more is not handed over, nor is its note.
    pub notes: BTreeMap<CaseId, String>,
}

/// Hands the desk over: what is open and concerns the next shift is gathered now, and stands at the top of the desk until somebody takes it
/// over. Who hands over again before that replaces what he wrote.
///
/// # Errors
/// `Denied` for those who sit at no desk; `Field` for another length of a shift, for somebody who does not sit there, for texts that are too
/// long, and while what somebody else handed over has not been taken over; store errors.
pub async fn hand_over(ctx: &Ctx, tx: &mut Tx, office: &Office, input: NewHandover) -> Result<HandoverId, CasesError> {
    if let Some(answer) = recall(ctx, tx, "duty.hand_over", &input).await? {
        return Ok(answer);
    }
    let Actor::Staff { person, appointment, role, .. } = &ctx.actor else { return Err(Denied::Forbidden.into()) };
    let (scope, now) = (desk_of(ctx)?, ctx.now());
    let wrong = |field, problem| Err(CasesError::Field { field, problem });
    if scope.district != tx.district() {
        return Err(Denied::Forbidden.into());
    }
    if !SHIFT_HOURS.contains(&input.hours) {
        return wrong("hours", FieldProblem::NotInTheList);
    }
    let note = text("note", &input.note, false, NOTE_MAX)?;
    if let Some(to) = input.to {
        let answering = office.answering(&mut tx.conn()?, scope.district, &scope.place, now).await?;
        let sits = |owner: &Owner| {
            owner.appointment == to && owner.person != *person && allows(owner.role, Action::Assign, Resource::Case)
        };
        if !answering.iter().any(sits) {
            return wrong("to", FieldProblem::NotAnswering);
        }
    }
    if let Some(before) = duty::last_handover(&mut tx.conn()?, scope.district, &scope.place).await?.filter(Handover::waits) {
        if before.from.person != *person {
            return wrong("handover", FieldProblem::TakeOverFirst);
        }
        if !duty::replace(&mut tx.conn()?, &before, now).await? {
            return Err(CasesError::Changed);
        }
    }
    let until = now.plus_secs(input.hours * 3_600);
    let mut matters = Vec::new();
    for (case, why) in open_matters(ctx, &mut tx.conn()?, until).await? {
        let note = input.notes.get(&case.id).map(String::as_str).unwrap_or_default();
        matters.push(Matter { case: case.id, why, note: text("matter_note", note, false, MATTER_NOTE_MAX)? });
    }
    let handover = Handover {
        district: scope.district,
        id: HandoverId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: scope.place,
        from: Owner { person: *person, appointment: *appointment, role: *role },
        to: input.to,
        handed_at: now,
        until,
        note,
        taken_at: None,
        taken_by: None,
        replaced_at: None,
        matters,
    };
    duty::put(&mut tx.conn()?, &handover).await?;
    let count = |why: Why| handover.matters.iter().filter(|matter| matter.why == why).count();
    let facts = json!({
        "to": handover.to, "until": handover.until, "danger": count(Why::Danger), "runs_out": count(Why::RunsOut),
        "hold": count(Why::Hold), "call_back": count(Why::CallBack),
    });
    tx.journal(ctx.line("duty.handed_over", &handover.place, Some(handover.id.0), facts));
    remember(ctx, tx, &handover.id).await?;
    Ok(handover.id)
}

/// The kind of the line of what another office was given with a note.
pub(crate) const PASSED_ON: &str = "duty.passed_on";

/// Writes down what was passed on to another office (已转公安，记一笔): time and place, and a short note that can be erased. It becomes no case. That
/// the caller was told where it belongs was counted when he was told.
///
/// # Errors
/// `Denied` for those who take no reports at the place; `Field` without a note; store errors.
pub async fn pass_on(ctx: &Ctx, tx: &mut Tx, place: &PlacePath, (elsewhere, note): (&Elsewhere, &str)) -> Result<(), CasesError> {
    let known: Option<bool> = recall(ctx, tx, PASSED_ON, &(place, &elsewhere.code, note)).await?;
    if known.is_some() {
        return Ok(());
    }
    if !matches!(ctx.actor, Actor::Staff { .. }) {
        return Err(Denied::Forbidden.into());
    }
    ctx.may(Action::Create, Resource::Case, tx.district(), place)?;
    let note = text("handed_note", note, true, MATTER_NOTE_MAX)?;
    let id = HandoverId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let facts = json!({ "code": elsewhere.code, "citation": elsewhere.citation });
    tx.journal(ctx.with_personal(ctx.line(PASSED_ON, place, Some(id.0), facts), json!({ "text": note })));
    remember(ctx, tx, &true).await
}

/// Takes over what was handed over. Whoever sits at the desk may, whoever was named: shifts are swapped at the door.
///
/// # Errors
/// `NotFound` for a handover of another desk; `Field` for one's own; `Changed` when somebody was quicker, or it was replaced; store errors.
pub async fn take_over(ctx: &Ctx, tx: &mut Tx, id: HandoverId) -> Result<HandoverId, CasesError> {
    if let Some(answer) = recall(ctx, tx, "duty.take_over", &id).await? {
        return Ok(answer);
    }
    let Actor::Staff { person, appointment, .. } = &ctx.actor else { return Err(Denied::Forbidden.into()) };
    let (scope, district) = (desk_of(ctx)?, tx.district());
    let found = duty::handover(&mut tx.conn()?, district, id).await?;
    let here = |handover: &Handover| scope.district == district && handover.place == scope.place;
    let handover = found.filter(here).ok_or(CasesError::NotFound)?;
    if handover.from.person == *person {
        return Err(CasesError::Field { field: "handover", problem: FieldProblem::OwnHandover });
    }
    if !duty::take(&mut tx.conn()?, &handover, (*appointment, ctx.now())).await? {
        return Err(CasesError::Changed);
    }
    let facts = json!({ "from": handover.from.appointment, "named": handover.to, "matters": handover.matters.len() });
    tx.journal(ctx.line("duty.taken_over", &handover.place, Some(id.0), facts));
    remember(ctx, tx, &id).await?;
    Ok(id)
}
