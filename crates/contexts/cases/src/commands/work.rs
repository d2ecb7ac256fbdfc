//! What those who have a case do with it: take, hand on, note, finish; and ask the reporter back.

use linli_access::{Action, Actor, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::{DistrictId, PlaceLevel};
use serde_json::json;
use uuid::Uuid;

use super::danger::hear_danger;
use super::hotline::{Telling, tell_city};
use super::kept::keep_from_named;
use super::outcome::named;
use super::ways::moved;
use super::{NOTE_MAX, Step, Stepped, Which, add_photos, by_unit, open, phone, recall, remember, text};
use crate::discretion::{kept_from, kept_from_owner};
use crate::error::{CasesError, FieldProblem};
use crate::model::{Case, CaseId, CityStep, ClockRuns, Event, Need, Owner, PhotoKind, Standing, StoredPhoto};
use crate::office::{Office, contact_of};
use crate::promise::{self, Promise};
use crate::store;

/// Most earlier cases of a caller that are shown.
const CALLER_CASES_MAX: i64 = 30;
/// Most photos of a result.
const EVIDENCE_MAX: usize = 6;

/// Takes a case (接单): the actor has it from now on, under the appointment acted under.
///
/// # Errors
/// `Transition` when somebody took it before or the state does not allow it; `Changed` when somebody was quicker in this
/// very moment; `Denied`, `NotFound`; store errors.
pub async fn take(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, "cases.take", &id).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, Which::Id(id), Event::Take).await?;
    let Actor::Staff { person, appointment, role, .. } = &ctx.actor else {
        return Err(linli_access::Denied::Forbidden.into());
    };
    let owner = Owner { person: *person, appointment: *appointment, role: *role };
    let before = step.case.owner.replace(owner);
    let instead_of = before.filter(|b| b.person != *person).map(|b| b.appointment);
    let instead_of_unit = step.case.unit.take();
    step.taken(ctx.now());
    let promise = first_promise(ctx, tx, office, &mut step.case).await?;
    step.save(tx).await?;
    let facts = json!({
        "owner": appointment, "owner_role": role, "instead_of": instead_of, "instead_of_unit": instead_of_unit,
    });
    step.journal(ctx, tx, "cases.taken", facts, None);
    if let Some(promise) = &promise {
        promise::keep(tx, office, promise, &step.case).await?;
        if let Some(under) = promise.named() {
            moved(ctx, tx, &step, None, ("taken", &under.clock, &under.rule));
        }
    }
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// What came from elsewhere without a promise gets ours when somebody here takes it in hand: from then on it can be late, and those above are
/// told.
async fn first_promise(ctx: &Ctx, tx: &mut Tx, office: &Office, case: &mut Case) -> Result<Option<Promise>, CasesError> {
    if case.due_at.is_some() || case.external_id.is_none() || case.clock != ClockRuns::Running {
        return Ok(None);
    }
    let rules = office.rules_of(case, ctx.now())?;
    super::outcome::anew(tx, office, &rules, case, ctx.now()).await
}

/// Gives a case to somebody who answers for its place (派单).
///
/// # Errors
/// `Field` when the appointment does not answer for the place now; otherwise as [`take`].
pub async fn assign(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, to: Uuid) -> Result<Stepped, CasesError> {
    give(ctx, tx, office, id, to, (Event::Assign, "cases.assigned")).await
}

/// Sends a filed case to somebody who answers for its place (派遣).
///
/// # Errors
/// As [`assign`].
pub async fn dispatch(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, to: Uuid) -> Result<Stepped, CasesError> {
    give(ctx, tx, office, id, to, (Event::Dispatch, "cases.dispatched")).await
}

async fn give(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    id: CaseId,
    to: Uuid,
    (event, kind): (Event, &'static str),
) -> Result<Stepped, CasesError> {
    if let Some(answer) = recall(ctx, tx, &format!("cases.{event}"), &(id, to)).await? {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, Which::Id(id), event).await?;
    let district = tx.district();
    let answering = office.answering(&mut tx.conn()?, district, &step.case.place, ctx.now()).await?;
    let owner = answering
        .iter()
        .find(|owner| owner.appointment == to && !kept_from_owner(&step.case, owner))
        .ok_or(CasesError::Field { field: "owner", problem: FieldProblem::NotAnswering })?
        .clone();
    let (before, unit_before) = (step.case.owner.replace(owner.clone()), step.case.unit.take());
    step.save(tx).await?;
    let facts = json!({
        "owner": owner.appointment, "owner_role": owner.role, "instead_of": before.map(|b| b.appointment), "instead_of_unit": unit_before,
    });
    step.journal(ctx, tx, kind, facts, None);
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Writes a note on the timeline. A public one is told to the reporter.
///
/// # Errors
/// `Field` for a text that is empty, too long or has control characters; `Denied`, `NotFound`; store errors.
pub async fn note(ctx: &Ctx, tx: &mut Tx, id: CaseId, words: &str, public: bool) -> Result<Stepped, CasesError> {
    note_by(ctx, tx, Which::Id(id), (words, public), None).await
}

/// Writes down what the reporter said of the case meanwhile (来电人说): as [`note`], and the case is kept from whom these words name.
///
/// # Errors
/// As [`note`]; `Changed`.
pub async fn note_told(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    id: CaseId,
    (words, public): (&str, bool),
) -> Result<Stepped, CasesError> {
    note_by(ctx, tx, Which::Id(id), (words, public), Some(office)).await
}

/// With an office the words are the reporter's. Those of staff are not looked through: 「请王管家去看」 asks somebody for help, it is about nobody.
pub(super) async fn note_by(
    ctx: &Ctx,
    tx: &mut Tx,
    which: Which<'_>,
    (words, public): (&str, bool),
    told: Option<&Office>,
) -> Result<Stepped, CasesError> {
    let what = if told.is_some() { "cases.note_told" } else { "cases.note" };
    if let Some(answer) = recall(ctx, tx, what, &(named(which), words, public)).await? {
        return Ok(answer);
    }
    let (mut case, standing) = open(ctx, tx, which, Action::Change).await?;
    let words = text("note", words, true, NOTE_MAX)?;
    if let Some(office) = told {
        keep_from_named(ctx, tx, office, (&mut case, &words)).await?;
        hear_danger(ctx, tx, office, (&mut case, &words)).await?;
    }
    let mut line = ctx.line("cases.noted", &case.place, Some(case.id.0), json!({ "number": case.number, "public": public }));
    if let (Standing::Unit, Some(unit)) = (standing, case.unit) {
        by_unit(ctx, &mut line, unit);
    }
    tx.journal(ctx.with_personal(line, json!({ "text": words })));
    let answer = Stepped::from(&case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// What comes with finishing.
#[derive(Debug, Clone, Default)]
pub struct Finish {
    /// Photos of the result, already cleaned and stored as blobs.
    pub photos: Vec<StoredPhoto>,
    /// Why there can be no photo, when there is none.
    pub no_photo_because: Option<String>,
    /// What was done, told to the reporter.
    pub done: Option<String>,
}

/// Says that the work is done (办结) and asks the reporter.
///
/// # Errors
/// `EvidenceMissing` without a photo and without a reason, where the table asks for evidence; otherwise as [`take`].
pub async fn finish(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, input: Finish) -> Result<Stepped, CasesError> {
    done(ctx, tx, office, Which::Id(id), input, (Event::Finish, "cases.finished")).await
}

/// A department says that the work is done (处理反馈); a desk looks, or asks the reporter.
///
/// # Errors
/// As [`finish`].
pub async fn answer(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, input: Finish) -> Result<Stepped, CasesError> {
    done(ctx, tx, office, Which::Id(id), input, (Event::Answer, "cases.answered")).await
}

pub(super) async fn done(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &Office,
    which: Which<'_>,
    input: Finish,
    (event, kind): (Event, &'static str),
) -> Result<Stepped, CasesError> {
    let hashes: Vec<String> = input.photos.iter().map(|photo| photo.hash.to_string()).collect();
    if let Some(answer) =
        recall(ctx, tx, &format!("cases.{event}"), &(named(which), hashes, &input.no_photo_because, &input.done)).await?
    {
        return Ok(answer);
    }
    let mut step = Step::begin(ctx, tx, office, which, event).await?;
    let id = step.case.id;
    step.case.finished_by = match which {
        // Whoever made the link could have acted by it, and nobody can tell: he does not judge what was done by it.
        Which::Unit(token, _) if ctx.person().is_none() => {
            crate::queries::unit_door(&mut tx.conn()?, token, ctx.now()).await?.made_by
        }
        _ => ctx.person(),
    };
    let because = text("no_photo_because", input.no_photo_because.as_deref().unwrap_or_default(), false, NOTE_MAX)?;
    let done = text("done", input.done.as_deref().unwrap_or_default(), false, NOTE_MAX)?;
    if step.row.needs(Need::Evidence) && input.photos.is_empty() && because.is_empty() {
        return Err(CasesError::EvidenceMissing);
    }
    if input.photos.len() > EVIDENCE_MAX {
        return Err(CasesError::Field { field: "photo", problem: FieldProblem::TooMany { max: EVIDENCE_MAX } });
    }
    step.save(tx).await?;
    let district = tx.district();
    let there = store::photos(&mut tx.conn()?, district, id).await?.last().map_or(0, |photo| photo.position);
    let photos = add_photos(tx, id, there + 1, &input.photos, PhotoKind::Evidence, ctx.now()).await?;
    let in_time = step.case.due_at.is_none_or(|due| ctx.now() <= due);
    let words = [done.as_str(), because.as_str()].into_iter().filter(|w| !w.is_empty()).collect::<Vec<_>>().join("\n");
    let facts = json!({ "photos": photos, "without_photo": photos.is_empty(), "in_time": in_time });
    let personal = (!words.is_empty()).then(|| json!({ "text": words, "done": done, "no_photo_because": because }));
    step.journal_with(ctx, tx, kind, facts, personal);
    // What goes the way of a repair answers the tickets that go on as it.
    if matches!(event, Event::Answer | Event::Finish) {
        tell_city(ctx, tx, &step.case, CityStep::Answered, Telling { no_photo_because: &because, ..Telling::of(&done) }).await?;
    }
    let answer = Stepped::from(&step.case);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Opens the reporter's phone number for the work, and writes down who looked and why. `None` when the reporter gave none.
///
/// # Errors
/// `Denied` for roles that may not see contacts; `Field` without a reason; `NotFound`; store errors.
pub async fn contact(ctx: &Ctx, tx: &mut Tx, office: &Office, id: CaseId, reason: &str) -> Result<Option<String>, CasesError> {
    let (case, _) = open(ctx, tx, Which::Id(id), Action::Read).await?;
    let district = tx.district();
    ctx.may(Action::Read, Resource::CaseContact, district, &case.place)?;
    let reason = text("contact_reason", reason, true, NOTE_MAX)?;
    let Some(sealed) = store::contact(&mut tx.conn()?, district, id).await? else { return Ok(None) };
    let line = ctx.line("cases.contact_seen", &case.place, Some(id.0), json!({ "number": case.number }));
    tx.journal(ctx.with_personal(line, json!({ "text": reason })));
    Ok(office.vault().open_for(&contact_of(district, id), &sealed))
}

/// What is known of a number.
#[derive(Debug, Clone, PartialEq)]
pub struct Known {
    /// Its cases within the actor's reach, the newest first.
    pub cases: Vec<Case>,
    /// Other districts in which it is known; told to desks of a whole district, and nothing of what was reported there.
    pub elsewhere: Vec<DistrictId>,
}

/// Opens the earlier cases of somebody who calls, by his number, within the actor's reach, and writes down who looked: the newest first.
/// The desk of a whole district is also told which other districts know the number (跨区来电), so that it can ask there.
///
/// # Errors
/// `Denied` for roles that may not see contacts; `Field` for what is no number; store errors.
pub async fn caller(ctx: &Ctx, tx: &mut Tx, office: &Office, typed: &str) -> Result<Known, CasesError> {
    let scope = ctx.scope(Action::Read, Resource::CaseContact)?;
    let number = phone(typed)?.ok_or(CasesError::Field { field: "phone", problem: FieldProblem::Required })?;
    let hash = office.vault().lookup_hash(&number);
    let mut found = store::calls::of_caller(&mut tx.conn()?, &scope, &hash, CALLER_CASES_MAX).await?;
    found.retain(|case| !kept_from(ctx, case));
    let of_the_district = scope.place.depth() <= PlaceLevel::District.depth();
    let elsewhere =
        if of_the_district { store::callers::elsewhere(&mut tx.conn()?, scope.district, &hash).await? } else { Vec::new() };
    let facts = json!({ "found": found.len(), "elsewhere": elsewhere });
    // Who asks for a number is on record, and the number as the keyed hash by which contacts are found: it is nobody's to read.
    let asked = json!({ "number_hash": hash.iter().map(|byte| format!("{byte:02x}")).collect::<String>() });
    tx.journal(ctx.with_personal(ctx.line("cases.caller_looked_up", &scope.place, None, facts), asked));
    Ok(Known { cases: found, elsewhere })
}
