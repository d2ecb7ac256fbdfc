//! A stairwell begins, who convenes, the property company at the table, and the convener's look at who could carry it.

use std::collections::BTreeMap;

use linli_access::{Action, Ctx, Denied, Resource, Scope};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};
use linli_territory::queries as ground;
use serde_json::json;

use super::{NAME_MAX, TEXT_MAX, past_day, recall, remember, standing, taken, text, voices};
use crate::error::{RetrofitError, Wrong};
use crate::model::{AreaSource, Home, LiftId, Project, Stage};
use crate::office::LiftOffice;
use crate::rules::consent::carry;
use crate::store::projects;

/// The most homes of a stairwell.
const MOST: i64 = 400;

/// The floor that a room says of itself: `301` is on the third.
fn floor_of(room: &str) -> i64 {
    let digits: String = room.chars().take_while(char::is_ascii_digit).collect();
    let floor = digits.len().checked_sub(2).and_then(|end| digits.get(..end)).and_then(|floor| floor.parse().ok());
    floor.filter(|floor| *floor > 0).unwrap_or(1)
}

/// The homes of a stairwell as the ground knows them.
async fn homes_of(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Home>, RetrofitError> {
    let scope = Scope { district, place: place.clone() };
    let mut known = ground::homes(c, &scope, None, MOST).await?;
    known
        .sort_by(|one, other| ground::as_people_sort(&one.room, &other.room).then_with(|| one.place.path.cmp(&other.place.path)));
    let mut doors: BTreeMap<i64, i64> = BTreeMap::new();
    let place_home = |(owner, home): (i64, linli_territory::model::Home)| {
        let floor = home.floor.unwrap_or_else(|| floor_of(&home.room));
        let door = doors.entry(floor).or_default();
        *door += 1;
        let (door, source) = (*door, AreaSource::Ground);
        Home { place: home.place.path, floor, door, room: home.room, area: home.area, source, owner, signed: None, sold_on: None }
    };
    Ok((1..).zip(known).map(place_home).collect())
}

/// Begins with a stairwell (发起加装): whoever begins convenes. The stairwell is named by its key or by its path.
///
/// # Errors
/// `Field` for what is no stairwell or has no homes; `BegunAlready`; `Denied`; store errors.
pub async fn begin(ctx: &Ctx, tx: &mut Tx, office: &LiftOffice, place: &str) -> Result<LiftId, RetrofitError> {
    let (district, now) = (tx.district(), ctx.now());
    let typed = text("place", place, (true, 200))?;
    if let Some(id) = recall(ctx, tx, "lift.begin", &typed).await? {
        return Ok(id);
    }
    let found = match typed.parse::<PlacePath>() {
        Ok(path) if path.level() == Some(PlaceLevel::Entrance) => ground::place_at(&mut tx.conn()?, district, &path).await?,
        _ => ground::resolve(&mut tx.conn()?, district, &typed).await?,
    };
    let found = found.filter(|place| place.level == PlaceLevel::Entrance);
    let place = found.ok_or(RetrofitError::field("place", Wrong::NotAChoice))?.path;
    ctx.may(Action::Create, Resource::Lift, district, &place)?;
    let homes = homes_of(&mut tx.conn()?, district, &place).await?;
    if homes.is_empty() {
        return Err(RetrofitError::field("place", Wrong::NoHomes));
    }
    let crumbs = ground::crumbs(&mut tx.conn()?, district, &place).await?;
    let names = crumbs.iter().filter(|crumb| crumb.level >= PlaceLevel::Estate).map(|crumb| crumb.name.as_str());
    let rule = office.consent(&place, now)?;
    let project = Project {
        district,
        id: LiftId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        title: names.collect::<Vec<_>>().join(" "),
        place,
        stage: Stage::Wish,
        convener: ctx.person().ok_or(Denied::Forbidden)?,
        rule: rule.stamp.mark(),
        property_on: None,
        property_by: String::new(),
        property_note: String::new(),
        scheme: None,
        begun_at: now,
        passed_at: None,
        signed_at: None,
    };
    if !projects::insert(&mut tx.conn()?, &project, super::by(ctx)?).await? {
        return Err(RetrofitError::BegunAlready);
    }
    projects::insert_homes(&mut tx.conn()?, district, project.id, &homes).await?;
    let facts = json!({ "homes": homes.len(), "rules": project.rule });
    tx.journal(ctx.line("lift.begun", &project.place, Some(project.id.0), facts));
    remember(ctx, tx, &project.id).await?;
    Ok(project.id)
}

/// The actor convenes from now on (接任召集人).
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn convene(ctx: &Ctx, tx: &mut Tx, id: LiftId) -> Result<(), RetrofitError> {
    let mut project = taken(ctx, tx, id, (Action::Assign, Resource::Lift)).await?;
    let before = project.convener;
    project.convener = ctx.person().ok_or(Denied::Forbidden)?;
    projects::put(&mut tx.conn()?, &project).await?;
    tx.journal(ctx.line("lift.convened", &project.place, Some(id.0), json!({ "before": before, "now": project.convener })));
    Ok(())
}

/// The property company sits at the table before there is a plan (物业前置介入): since when, which one, what it said.
///
/// # Errors
/// `Field`; `NotFound`, `Denied`; store errors.
pub async fn property(ctx: &Ctx, tx: &mut Tx, id: LiftId, (day, company, said): (&str, &str, &str)) -> Result<(), RetrofitError> {
    let mut project = taken(ctx, tx, id, (Action::Change, Resource::Lift)).await?;
    project.property_on = Some(past_day(ctx, "property_on", day)?);
    project.property_by = text("property_by", company, (true, NAME_MAX))?;
    project.property_note = text("property_note", said, (false, TEXT_MAX))?;
    projects::put(&mut tx.conn()?, &project).await?;
    let before_plan = crate::store::schemes::all(&mut tx.conn()?, project.district, id).await?.is_empty();
    tx.journal(ctx.line(
        "lift.property_joined",
        &project.place,
        Some(id.0),
        json!({ "on": project.property_on, "before_schemes": before_plan }),
    ));
    Ok(())
}

/// Which open homes would carry it, for the convener alone; that the convener looked is written down.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Looked {
    /// Homes of owners whose agreement alone is enough.
    pub alone: Vec<Home>,
    /// Homes of a smallest group of owners whose agreement is enough; empty when nobody who is open could carry it.
    pub fewest: Vec<Home>,
    /// Whether it passes already.
    pub passes: bool,
}

/// Looks which open homes would carry it (关键户), and writes down that the convener did (查看留痕).
///
/// # Errors
/// `Denied` for anybody but the convener; `NotFound`; store errors.
pub async fn look(ctx: &Ctx, tx: &mut Tx, office: &LiftOffice, id: LiftId) -> Result<Looked, RetrofitError> {
    let district = tx.district();
    let project = projects::one(&mut tx.conn()?, district, id).await?.ok_or(RetrofitError::NotFound)?;
    ctx.may(Action::Read, Resource::LiftConsent, district, &project.place)?;
    if ctx.person() != Some(project.convener) {
        return Err(RetrofitError::NotConvener);
    }
    let (_, homes, words) = standing(ctx, tx, office, &project).await?;
    let rule = office.consent(&project.place, ctx.now())?;
    let found = carry(rule.value.in_force(), &voices(&homes, &words));
    tx.journal(ctx.line("lift.open_homes_looked", &project.place, Some(id.0), json!({ "rules": rule.stamp.mark() })));
    let Some(found) = found else { return Ok(Looked { passes: true, ..Looked::default() }) };
    let open = |owners: &[i64]| {
        let said = super::last_words(&homes, &words);
        let open = homes.iter().zip(said).filter(|(home, word)| {
            owners.contains(&home.owner)
                && !word.is_some_and(|word| matches!(word.stance, crate::model::Stance::Agree | crate::model::Stance::Object))
        });
        open.map(|(home, _)| home.clone()).collect()
    };
    Ok(Looked { alone: open(&found.alone), fewest: open(&found.fewest), passes: false })
}
