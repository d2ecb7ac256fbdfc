//! Schemes, the plan, what floors say, and the choice.

use linli_access::{Action, Ctx, Resource};
use linli_db::Tx;
use serde_json::json;

use super::{NAME_MAX, TEXT_MAX, by, recall, remember, taken, text};
use crate::error::{RetrofitError, Wrong};
use crate::model::{FloorView, Home, LiftId, Opinion, Project, Scheme, SchemeBody, SchemeId, SchemeState, Stage};
use crate::office::LiftOffice;
use crate::rules::light::{self, Drawing};
use crate::rules::shares::{self, Sharer};
use crate::store::{projects, schemes};

/// The most schemes of a stairwell.
const MOST: usize = 12;

/// The homes as those who share.
#[must_use]
pub fn sharers(homes: &[Home]) -> Vec<Sharer> {
    homes.iter().map(|home| Sharer { floor: home.floor, area: home.area }).collect()
}

/// Whether a shaft can be built on the plan of the project, where there is one.
async fn buildable(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    project: &Project,
    body: &SchemeBody,
) -> Result<(), RetrofitError> {
    let Some((drawing, _)) = schemes::plan(&mut tx.conn()?, project.district, project.id).await? else { return Ok(()) };
    let rules = office.light(&project.place, ctx.now())?;
    light::light(&rules.value, &drawing, &body.shaft)?;
    Ok(())
}

/// Writes a scheme, anew or over what it was (方案). Its cost must be shareable to the fen among the homes, and its shaft buildable on the plan.
///
/// # Errors
/// `Shares`, `Sun`, `Field`; `NoStep` for a scheme that somebody has signed under, and once the stairwell is signed; `NotFound`, `Denied`; store errors.
pub async fn put(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (id, scheme): (LiftId, Option<SchemeId>),
    mut body: SchemeBody,
) -> Result<SchemeId, RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    if let Some(id) = recall(ctx, tx, "lift.scheme", &(id, scheme, &body)).await? {
        return Ok(id);
    }
    body.name = text("name", &body.name, (true, NAME_MAX))?;
    body.note = text("note", &body.note, (false, TEXT_MAX))?;
    let homes = projects::homes(&mut tx.conn()?, project.district, id).await?;
    let all = schemes::all(&mut tx.conn()?, project.district, id).await?;
    let signed = homes.iter().any(|home| home.signed.is_some());
    if project.stage >= Stage::Signed || (signed && scheme.is_some() && scheme == project.scheme) {
        return Err(RetrofitError::NoStep);
    }
    let shared = shares::scheme(&body, &sharers(&homes))?;
    buildable(ctx, tx, office, &project, &body).await?;
    let new = match scheme {
        Some(known) => {
            let found = all.into_iter().find(|one| one.id == known).ok_or(RetrofitError::NotFound)?;
            Scheme { body, ..found }
        }
        None if all.len() >= MOST => return Err(RetrofitError::NoStep),
        None => {
            let no = all.iter().map(|one| one.no).max().unwrap_or(0) + 1;
            Scheme { id: SchemeId::new(ctx.clock.as_ref(), ctx.rng.as_ref()), project: id, no, state: SchemeState::Shown, body }
        }
    };
    schemes::put(&mut tx.conn()?, project.district, &new, (ctx.now(), by(ctx)?)).await?;
    let facts = json!({ "scheme": new.id, "no": new.no, "total": new.body.total, "net": shared.net, "pool": shared.pool, "by": new.body.by });
    tx.journal(ctx.line("lift.scheme_written", &project.place, Some(id.0), facts));
    remember(ctx, tx, &new.id).await?;
    Ok(new.id)
}

/// Writes what a floor says to a scheme (各层意见).
///
/// # Errors
/// `Field`; `NotFound`, `Denied`; store errors.
pub async fn view(
    ctx: &Ctx,
    tx: &mut Tx,
    (id, scheme): (LiftId, SchemeId),
    (floor, opinion, said): (i64, Opinion, &str),
) -> Result<(), RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    let all = schemes::all(&mut tx.conn()?, project.district, id).await?;
    if !all.iter().any(|one| one.id == scheme) {
        return Err(RetrofitError::NotFound);
    }
    let homes = projects::homes(&mut tx.conn()?, project.district, id).await?;
    if !homes.iter().any(|home| home.floor == floor) {
        return Err(RetrofitError::field("floor", Wrong::NotAChoice));
    }
    let view =
        FloorView { scheme, floor, opinion, said: text("said", said, (opinion != Opinion::For, TEXT_MAX))?, at: ctx.now() };
    schemes::put_view(&mut tx.conn()?, project.district, &view, by(ctx)?).await?;
    tx.journal(ctx.line(
        "lift.floor_said",
        &project.place,
        Some(id.0),
        json!({ "scheme": scheme, "floor": floor, "opinion": opinion }),
    ));
    Ok(())
}

/// Chooses a scheme (选定方案), as long as nobody has signed another one.
///
/// # Errors
/// `NoStep` once somebody has signed; `NotFound`, `Denied`; store errors.
pub async fn choose(ctx: &Ctx, tx: &mut Tx, id: LiftId, scheme: SchemeId) -> Result<(), RetrofitError> {
    let mut project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    let homes = projects::homes(&mut tx.conn()?, project.district, id).await?;
    if homes.iter().any(|home| home.signed.is_some()) || project.stage >= Stage::Signed {
        return Err(RetrofitError::NoStep);
    }
    let all = schemes::all(&mut tx.conn()?, project.district, id).await?;
    if !all.iter().any(|one| one.id == scheme) {
        return Err(RetrofitError::NotFound);
    }
    for mut one in all {
        let state = if one.id == scheme { SchemeState::Chosen } else { SchemeState::Shown };
        if one.state != state && one.state != SchemeState::Dropped {
            one.state = state;
            schemes::put(&mut tx.conn()?, project.district, &one, (ctx.now(), by(ctx)?)).await?;
        }
    }
    project.scheme = Some(scheme);
    projects::put(&mut tx.conn()?, &project).await?;
    tx.journal(ctx.line("lift.scheme_chosen", &project.place, Some(id.0), json!({ "scheme": scheme })));
    Ok(())
}

/// Writes the plan of the stairwell (平面): drawn, or brought in. A building without windows, a window or a shaft inside the building are refused.
///
/// # Errors
/// `Sun`; `NotFound`, `Denied`; store errors.
pub async fn draw(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    id: LiftId,
    (drawing, source): (&Drawing, &'static str),
) -> Result<(), RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    let rules = office.light(&project.place, ctx.now())?;
    light::light(&rules.value, drawing, &[])?;
    for scheme in schemes::all(&mut tx.conn()?, project.district, id).await? {
        light::light(&rules.value, drawing, &scheme.body.shaft)?;
    }
    schemes::put_plan(&mut tx.conn()?, (project.district, id), (drawing, source), (ctx.now(), by(ctx)?)).await?;
    let facts = json!({ "source": source, "windows": drawing.windows.len(), "around": drawing.around.len() });
    tx.journal(ctx.line("lift.plan_drawn", &project.place, Some(id.0), facts));
    Ok(())
}
