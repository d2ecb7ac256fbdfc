//! Meetings, and objections with mediation to an end.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde_json::json;

use super::{TEXT_MAX, by, past_day, recall, remember, taken, text};
use crate::error::{RetrofitError, Wrong};
use crate::model::{
    LiftId, Matter, Meeting, MeetingId, Objection, ObjectionEvent, ObjectionId, ObjectionState, Project, Stance, Way, Word,
};
use crate::office::LiftOffice;
use crate::store::{projects, talks};

/// A meeting was held (召开协商会).
///
/// # Errors
/// `Field`; `NotFound`, `Denied`; store errors.
pub async fn meet(
    ctx: &Ctx,
    tx: &mut Tx,
    id: LiftId,
    (day, subject, attended, outcome): (&str, &str, i64, &str),
) -> Result<MeetingId, RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    if let Some(id) = recall(ctx, tx, "lift.meet", &(id, day, subject, attended, outcome)).await? {
        return Ok(id);
    }
    let homes = projects::homes(&mut tx.conn()?, project.district, id).await?.len();
    let most = i64::try_from(homes).unwrap_or(i64::MAX);
    if !(0..=most).contains(&attended) {
        return Err(RetrofitError::field("attended", Wrong::NotANumber { min: 0, max: most }));
    }
    let meeting = Meeting {
        id: MeetingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        day: past_day(ctx, "meeting_on", day)?,
        subject: text("subject", subject, (true, 200))?,
        attended,
        outcome: text("outcome", outcome, (true, TEXT_MAX))?,
    };
    talks::insert_meeting(&mut tx.conn()?, (project.district, id), &meeting, (ctx.now(), by(ctx)?)).await?;
    let facts = json!({ "meeting": meeting.id, "on": meeting.day, "attended": attended });
    tx.journal(ctx.line("lift.met", &project.place, Some(id.0), facts));
    remember(ctx, tx, &meeting.id).await?;
    Ok(meeting.id)
}

/// Raises an objection (提出异议): of a home of the stairwell, or of a neighbour of another one.
///
/// # Errors
/// `Field`; `NotFound`, `Denied`; store errors.
pub async fn object(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    id: LiftId,
    (home, matter, written, said): (Option<&PlacePath>, Matter, bool, &str),
) -> Result<ObjectionId, RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::LiftConsent)).await?;
    if let Some(id) = recall(ctx, tx, "lift.object", &(id, home, matter, written, said)).await? {
        return Ok(id);
    }
    if let Some(home) = home {
        let homes = projects::homes(&mut tx.conn()?, project.district, id).await?;
        if !homes.iter().any(|one| one.place == *home) {
            return Err(RetrofitError::field("home", Wrong::NotAChoice));
        }
    }
    let said = text("said", said, (true, TEXT_MAX))?;
    let id = raise(ctx, tx, office, &project, (home.cloned(), matter, written, &said)).await?;
    remember(ctx, tx, &id).await?;
    Ok(id)
}

async fn raise(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    project: &Project,
    (home, matter, written, said): (Option<PlacePath>, Matter, bool, &str),
) -> Result<ObjectionId, RetrofitError> {
    let objection = Objection {
        id: ObjectionId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        project: project.id,
        home,
        matter,
        written,
        state: ObjectionState::Raised,
        day: super::day_of(ctx.now()),
        over_at: None,
    };
    talks::insert_objection(&mut tx.conn()?, project.district, &objection).await?;
    add_step(ctx, tx, office, (project, objection.id), (ObjectionEvent::Raise, said)).await?;
    let facts =
        json!({ "objection": objection.id, "matter": matter, "written": written, "of_stairwell": objection.home.is_some() });
    tx.journal(ctx.line("lift.objected", &project.place, Some(project.id.0), facts));
    Ok(objection.id)
}

async fn add_step(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (project, id): (&Project, ObjectionId),
    (event, said): (ObjectionEvent, &str),
) -> Result<(), RetrofitError> {
    let sealed = office.vault().seal_for(id.0.as_bytes(), said);
    let who = ctx.actor_text();
    Ok(talks::add_step(&mut tx.conn()?, (project.district, id), (event, &sealed), (ctx.now(), &who)).await?)
}

/// Moves an objection by a row of the table (协商、调解、了结), with what was said.
///
/// # Errors
/// `NoStep` where the table has no such row; `Field` without words; `NotFound`, `Denied`; store errors.
pub async fn step(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (id, objection): (LiftId, ObjectionId),
    (event, said): (ObjectionEvent, &str),
) -> Result<(), RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::LiftConsent)).await?;
    let said = text("said", said, (true, TEXT_MAX))?;
    let mut objection = talks::lock(&mut tx.conn()?, project.district, objection).await?.ok_or(RetrofitError::NotFound)?;
    if objection.project != id {
        return Err(RetrofitError::NotFound);
    }
    moved(ctx, tx, office, (&project, &mut objection), (event, &said)).await
}

async fn moved(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (project, objection): (&Project, &mut Objection),
    (event, said): (ObjectionEvent, &str),
) -> Result<(), RetrofitError> {
    let rules = office.lifts(&project.place, ctx.now())?;
    objection.state = rules.value.objection(objection.state, event).ok_or(RetrofitError::NoStep)?;
    objection.over_at = objection.state.over().then(|| ctx.now());
    talks::put(&mut tx.conn()?, project.district, objection).await?;
    add_step(ctx, tx, office, (project, objection.id), (event, said)).await?;
    let facts = json!({ "objection": objection.id, "event": event, "state": objection.state, "rules": rules.stamp.mark() });
    tx.journal(ctx.line("lift.objection_moved", &project.place, Some(project.id.0), facts));
    Ok(())
}

/// What the word of a home does to its objections: who objects has one that is open, who agrees has none.
pub(super) async fn follow_word(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    project: &Project,
    word: &Word,
    said: &str,
) -> Result<(), RetrofitError> {
    let all = talks::objections(&mut tx.conn()?, project.district, project.id).await?;
    let own = all.into_iter().filter(|one| one.home.as_ref() == Some(&word.home) && one.over_at.is_none());
    let mut own: Vec<Objection> = own.collect();
    match (word.stance, word.reason) {
        (Stance::Object, Some(matter)) => {
            let written = matches!(word.way, Way::Paper | Way::Online);
            match own.first_mut() {
                None => {
                    raise(ctx, tx, office, project, (Some(word.home.clone()), matter, written, said)).await?;
                }
                // What was said before and is now in writing is one in writing.
                Some(open) if written && !open.written => {
                    open.written = true;
                    talks::put(&mut tx.conn()?, project.district, open).await?;
                }
                Some(_) => {}
            }
        }
        (Stance::Agree, _) => {
            for mut open in own {
                moved(ctx, tx, office, (project, &mut open), (ObjectionEvent::Withdraw, said)).await?;
            }
        }
        _ => {}
    }
    Ok(())
}
