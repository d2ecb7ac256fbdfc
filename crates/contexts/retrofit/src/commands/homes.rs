//! What a home says, its area and owner, its signature, its sale.

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::{Area, PlacePath};
use serde_json::json;

use super::{NAME_MAX, Photo, TEXT_MAX, agrees, keep, past_day, publish, recall, reckon, remember, standing, taken, talks, text};
use crate::error::{RetrofitError, Wrong};
use crate::model::{AreaSource, Home, LiftId, Matter, Project, Signed, Signing, Spoken, Stage, Stance, Way, Word};
use crate::office::LiftOffice;
use crate::rules::shares;
use crate::store::{projects, schemes};

/// What is said for a home.
#[derive(Debug, Clone, Copy, serde::Serialize)]
pub struct Said<'a> {
    /// Its stance.
    pub stance: Stance,
    /// By which way.
    pub way: Way,
    /// Why.
    pub reason: Option<Matter>,
    /// On which day; today when empty.
    pub day: &'a str,
    /// Who spoke for it.
    pub who: &'a str,
    /// In words.
    pub said: &'a str,
    /// Who was there.
    pub witness: &'a str,
}

/// What shows that it was said: a photo for paper, a witness or a photo at the door, a note of the call on the telephone.
fn evidence(said: &Said<'_>, photo: Option<&Photo>) -> Result<(), RetrofitError> {
    let spoke = matches!(said.stance, Stance::Agree | Stance::Object);
    match said.way {
        Way::Paper if photo.is_none() => Err(RetrofitError::field("photo", Wrong::NoProof)),
        Way::Door if spoke && photo.is_none() && said.witness.trim().is_empty() => {
            Err(RetrofitError::field("witness", Wrong::Required))
        }
        Way::Phone if spoke && said.said.trim().is_empty() => Err(RetrofitError::field("said", Wrong::Required)),
        _ => Ok(()),
    }
}

async fn home_of(tx: &mut Tx, project: &Project, home: &PlacePath) -> Result<Home, RetrofitError> {
    let homes = projects::homes(&mut tx.conn()?, project.district, project.id).await?;
    homes.into_iter().find(|one| one.place == *home).ok_or(RetrofitError::NotFound)
}

/// Writes down what a home says (登记表态): the last word stands, and consent is counted anew. A home that objects has an objection that must come
/// to an end; one that agrees has withdrawn its own.
///
/// # Errors
/// `Field` for what is missing, evidence too; `NotFound`, `Denied`; store errors.
pub async fn say(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (id, home): (LiftId, &PlacePath),
    (said, photo): (Said<'_>, Option<Photo>),
) -> Result<(), RetrofitError> {
    if said.way == Way::Online {
        return Err(RetrofitError::field("way", Wrong::NotAChoice));
    }
    let mut project = taken(ctx, tx, id, (Action::Change, Resource::LiftConsent)).await?;
    write(ctx, tx, office, (&mut project, home), (said, photo)).await
}

/// A home says it itself, from the device on which it was claimed (网上表态).
///
/// # Errors
/// `Field`; `NotFound` where the stairwell has no project; `Denied` for anybody but who claimed the home; store errors.
pub async fn say_online(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    home: &PlacePath,
    (stance, reason, said): (Stance, Option<Matter>, &str),
) -> Result<(), RetrofitError> {
    let district = tx.district();
    if !matches!(ctx.actor, Actor::Resident { .. }) {
        return Err(Denied::Unauthenticated.into());
    }
    let id = projects::of_home(&mut tx.conn()?, district, home).await?.ok_or(RetrofitError::NotFound)?;
    let mut project = projects::lock(&mut tx.conn()?, district, id).await?.ok_or(RetrofitError::NotFound)?;
    if !matches!(stance, Stance::Agree | Stance::Object | Stance::Undecided) {
        return Err(RetrofitError::field("stance", Wrong::NotAChoice));
    }
    let said = Said { stance, way: Way::Online, reason, day: "", who: "", said, witness: "" };
    write(ctx, tx, office, (&mut project, home), (said, None)).await
}

async fn write(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (project, home): (&mut Project, &PlacePath),
    (said, photo): (Said<'_>, Option<Photo>),
) -> Result<(), RetrofitError> {
    if recall::<bool>(ctx, tx, "lift.say", &(project.id, home, said, photo.map(|photo| photo.hash.0))).await?.is_some() {
        return Ok(());
    }
    let home = home_of(tx, project, home).await?;
    let day = past_day(ctx, "day", said.day)?;
    if said.stance == Stance::Object && said.reason.is_none() {
        return Err(RetrofitError::field("reason", Wrong::Required));
    }
    let spoken = Spoken {
        who: text("who", said.who, (false, NAME_MAX))?,
        said: text("said", said.said, (false, TEXT_MAX))?,
        witness: text("witness", said.witness, (false, NAME_MAX))?,
    };
    evidence(&said, photo.as_ref())?;
    let paper = keep(tx, photo.as_ref(), ctx.now()).await?;
    let no = projects::next_word(&mut tx.conn()?, project.district, project.id).await?;
    let word = Word {
        no,
        home: home.place.clone(),
        stance: said.stance,
        way: said.way,
        reason: said.reason,
        day,
        paper,
        at: ctx.now(),
        by: ctx.actor_text(),
        sealed: office.vault().seal_for(project.id.0.as_bytes(), &serde_json::to_string(&spoken).unwrap_or_default()),
    };
    projects::insert_word(&mut tx.conn()?, project.district, project.id, &word).await?;
    // Which home it was is told by nothing in the line: its place ends at the stairwell.
    let facts = json!({ "stance": said.stance, "way": said.way, "reason": said.reason, "paper": paper.is_some() });
    tx.journal(
        ctx.with_personal(ctx.line("lift.said", &project.place, Some(project.id.0), facts), json!({ "home": home.place })),
    );
    talks::follow_word(ctx, tx, office, project, &word, &spoken.said).await?;
    reckon(ctx, tx, office, project).await?;
    Ok(remember(ctx, tx, &true).await?)
}

/// Puts area and owner of a home right (核对面积与业主): the area with its source, and with which other home it has one owner. Not once somebody
/// has signed.
///
/// # Errors
/// `Field`; `NoStep` once somebody has signed; `NotFound`, `Denied`; store errors.
pub async fn correct(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (id, home): (LiftId, &PlacePath),
    (area, source, same_as): (Area, AreaSource, Option<&PlacePath>),
) -> Result<(), RetrofitError> {
    let mut project = taken(ctx, tx, id, (Action::Change, Resource::LiftConsent)).await?;
    let homes = projects::homes(&mut tx.conn()?, project.district, id).await?;
    if homes.iter().any(|home| home.signed.is_some()) {
        return Err(RetrofitError::NoStep);
    }
    let mut one = homes.iter().find(|one| one.place == *home).cloned().ok_or(RetrofitError::NotFound)?;
    if !(100..=10_000_000).contains(&area.0) {
        return Err(RetrofitError::field("area", Wrong::NotANumber { min: 1, max: 100_000 }));
    }
    (one.area, one.source) = (Some(area), source);
    let own = homes.iter().map(|home| home.owner).max().unwrap_or(0) + 1;
    one.owner = match same_as {
        Some(other) if *other != one.place => {
            homes.iter().find(|one| one.place == *other).ok_or(RetrofitError::field("same_as", Wrong::NotAChoice))?.owner
        }
        _ if homes.iter().any(|other| other.place != one.place && other.owner == one.owner) => own,
        _ => one.owner,
    };
    projects::put_home(&mut tx.conn()?, project.district, id, &one).await?;
    let facts = json!({ "area": area, "source": source, "shared_owner": same_as.is_some() });
    tx.journal(ctx.with_personal(ctx.line("lift.home_corrected", &project.place, Some(id.0), facts), json!({ "home": home })));
    reckon(ctx, tx, office, &mut project).await
}

/// What each home would sign under the chosen scheme.
fn parts(homes: &[Home], scheme: &crate::model::Scheme) -> Result<shares::Shared, RetrofitError> {
    let sharers: Vec<shares::Sharer> = homes.iter().map(|home| shares::Sharer { floor: home.floor, area: home.area }).collect();
    Ok(shares::scheme(&scheme.body, &sharers)?)
}

/// A home signs the agreement (签约): what it pays and is paid under the chosen scheme stands from then on. Once every home that agrees has signed and
/// consent passes, the stairwell is signed.
///
/// # Errors
/// `Field` without a photo of the paper; `NoStep` before a scheme is chosen, for a home that does not agree or has signed; `NotPassed`;
/// `NotFound`, `Denied`; store errors.
pub async fn sign(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    (id, home): (LiftId, &PlacePath),
    (how, photo): (Signing, Option<Photo>),
) -> Result<(), RetrofitError> {
    let mut project = taken(ctx, tx, id, (Action::Change, Resource::LiftConsent)).await?;
    let (district, now) = (project.district, ctx.now());
    let all = schemes::all(&mut tx.conn()?, district, id).await?;
    let scheme = all.iter().find(|scheme| Some(scheme.id) == project.scheme).ok_or(RetrofitError::NoStep)?;
    if how == Signing::Paper && photo.is_none() {
        return Err(RetrofitError::field("photo", Wrong::NoProof));
    }
    let (stands, mut homes, words) = standing(ctx, tx, office, &project).await?;
    if !stands.passes {
        return Err(RetrofitError::NotPassed);
    }
    let shared = parts(&homes, scheme)?;
    let paper = keep(tx, photo.as_ref(), now).await?;
    let of_home = homes.iter_mut().zip(&shared.parts).find(|(one, _)| one.place == *home);
    let (one, part) = of_home.ok_or(RetrofitError::NotFound)?;
    if one.signed.is_some() || !agrees(&words, one) {
        return Err(RetrofitError::NoStep);
    }
    one.signed = Some(Signed { at: now, how, paper, share: part.share, compensation: part.compensation });
    let one = one.clone();
    projects::put_home(&mut tx.conn()?, district, id, &one).await?;
    let facts = json!({ "scheme": scheme.id, "how": how });
    tx.journal(ctx.with_personal(ctx.line("lift.home_signed", &project.place, Some(id.0), facts), json!({ "home": home })));
    let complete = homes.iter().all(|home| home.signed.is_some() || !agrees(&words, home));
    if complete && project.stage == Stage::Passed {
        project.stage = Stage::Signed;
        project.signed_at = Some(now);
        projects::put(&mut tx.conn()?, &project).await?;
        let facts = json!({ "homes": homes.len(), "signed": homes.iter().filter(|home| home.signed.is_some()).count(), "scheme": scheme.no,
            "net": shared.net, "pool": shared.pool });
        // Who pays what is the stairwell's own: in the log there is a commitment to it, and whoever has the pack can show that it is the one.
        let pack: Vec<_> = homes
            .iter()
            .filter_map(|home| {
                home.signed.map(|signed| json!({ "room": home.room, "share": signed.share, "compensation": signed.compensation }))
            })
            .collect();
        publish(ctx, tx, &project, ("lift.signed", &facts, Some(json!(pack).to_string().into_bytes()))).await?;
        tx.journal(ctx.line("lift.signed", &project.place, Some(id.0), facts));
    }
    Ok(())
}

/// A home was sold (房屋转让): the agreement goes on with whoever bought it (买受人承继). Their name is beside the journal line alone.
///
/// # Errors
/// `Field`; `NoStep` for a home that has signed nothing; `NotFound`, `Denied`; store errors.
pub async fn sold(
    ctx: &Ctx,
    tx: &mut Tx,
    (id, home): (LiftId, &PlacePath),
    (day, heir): (&str, &str),
) -> Result<(), RetrofitError> {
    let project = taken(ctx, tx, id, (Action::Change, Resource::LiftConsent)).await?;
    let mut one = home_of(tx, &project, home).await?;
    if one.signed.is_none() {
        return Err(RetrofitError::NoStep);
    }
    let heir = text("heir", heir, (false, NAME_MAX))?;
    one.sold_on = Some(past_day(ctx, "sold_on", day)?);
    projects::put_home(&mut tx.conn()?, project.district, id, &one).await?;
    let line = ctx.line("lift.home_sold", &project.place, Some(id.0), json!({ "on": one.sold_on }));
    tx.journal(ctx.with_personal(line, json!({ "home": home, "heir": heir })));
    Ok(())
}
