//! What only looks: stairwells and how far they are, one with everything about it, an estate's progress, renovation items.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::{BlobHash, Conn};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_people::model::PersonId;
use linli_rulebook::Rule;
use linli_territory::queries as ground;
use uuid::Uuid;

use crate::commands::schemes::sharers;
use crate::commands::{last_words, voices};
use crate::error::RetrofitError;
use crate::model::{
    BuildingConsent, FloorView, Home, Item, ItemId, ItemPhoto, LiftId, Meeting, Note, Notice, Objection, ObjectionId,
    ObjectionStep, Project, Scheme, SchemeId, Stage, Stance, StepDone, Word,
};
use crate::office::LiftOffice;
use crate::rules::consent::{Standing, judge};
use crate::rules::light::{Drawing, Light, light};
use crate::rules::shares::{ShareError, Shared};
use crate::rules::{Consent, Lifts, LightRules, Renovation, shares};
use crate::store::{self, items, projects, schemes, talks};

/// The most stairwells or items of a list.
const MOST: i64 = 2_000;

/// Where the progress of an estate is shown to those who live there.
#[must_use]
pub fn progress_href(district: DistrictId, place: &PlacePath) -> String {
    format!("/lifts/estate/{district}/{}", place.at_level(PlaceLevel::Estate))
}

/// The name of somebody of staff.
///
/// # Errors
/// Store errors.
pub async fn name_of(c: &mut Conn<'_>, district: DistrictId, person: Uuid) -> Result<String, RetrofitError> {
    Ok(linli_people::queries::person(c, district, PersonId(person)).await?.map(|person| person.name).unwrap_or_default())
}

/// A stairwell in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The project.
    pub project: Project,
    /// Homes.
    pub homes: i64,
    /// Of them, those that agree.
    pub agree: i64,
    /// Of them, those that have signed.
    pub signed: i64,
}

/// The stairwells of a scope with their counts, by place.
async fn lines(c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<Line>, RetrofitError> {
    let counts: BTreeMap<LiftId, (i64, i64, i64)> =
        projects::counts(c, scope).await?.into_iter().map(|(id, homes, agree, signed)| (id, (homes, agree, signed))).collect();
    let line = |project: Project| {
        let (homes, agree, signed) = counts.get(&project.id).copied().unwrap_or_default();
        Line { project, homes, agree, signed }
    };
    Ok(projects::under(c, scope, MOST).await?.into_iter().map(line).collect())
}

/// The stairwells of the actor's place.
///
/// # Errors
/// `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<Line>, RetrofitError> {
    let scope = ctx.scope(Action::Read, Resource::Lift)?;
    lines(c, &scope).await
}

/// A home that is to be visited next (下一步走访).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    /// The home.
    pub home: Home,
    /// What it said last; none when nobody asked.
    pub said: Option<(Stance, String)>,
    /// Days since then.
    pub days: i64,
}

/// One stairwell with everything about it.
#[derive(Debug, Clone)]
pub struct Whole {
    /// The project.
    pub project: Project,
    /// Who convenes.
    pub convener: String,
    /// The homes, from the top floor down and from the left.
    pub homes: Vec<Home>,
    /// What they said, in order; empty for who may not know.
    pub words: Vec<Word>,
    /// How consent stands.
    pub standing: Standing,
    /// The rule by which it is counted.
    pub consent: Arc<Rule<Consent>>,
    /// Visits, objections, steps.
    pub lifts: Arc<Rule<Lifts>>,
    /// How light is counted.
    pub sun: Arc<Rule<LightRules>>,
    /// Meetings, the latest on top.
    pub meetings: Vec<Meeting>,
    /// Objections, the open ones on top.
    pub objections: Vec<Objection>,
    /// What was said about each, for who may know.
    pub objection_steps: Vec<(ObjectionId, ObjectionStep)>,
    /// Schemes, by number.
    pub schemes: Vec<Scheme>,
    /// What floors say to them.
    pub views: Vec<FloorView>,
    /// The plan, and where it is from.
    pub plan: Option<(Drawing, String)>,
    /// Postings, the latest on top.
    pub notices: Vec<Notice>,
    /// Steps that are done.
    pub steps: Vec<StepDone>,
    /// Whether the actor may know and write down what homes say.
    pub hears: bool,
    /// Whether the actor works on schemes, meetings and steps.
    pub works: bool,
    /// Whether the actor may take the convening over.
    pub takes: bool,
    /// Whether the actor convenes.
    pub convenes: bool,
}

/// One stairwell of the actor's reach.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn whole(ctx: &Ctx, c: &mut Conn<'_>, office: &LiftOffice, id: LiftId) -> Result<Whole, RetrofitError> {
    let scope = ctx.scope(Action::Read, Resource::Lift)?;
    let found = projects::one(c, scope.district, id).await?;
    let project = found.filter(|one| scope.contains(one.district, &one.place)).ok_or(RetrofitError::NotFound)?;
    let (district, now) = (project.district, ctx.now());
    let may = |action, resource| ctx.may(action, resource, district, &project.place).is_ok();
    let hears = may(Action::Change, Resource::LiftConsent);
    let homes = projects::homes(c, district, id).await?;
    let words = projects::words(c, district, id).await?;
    let consent = office.consent(&project.place, now)?;
    let standing = judge(consent.value.in_force(), &voices(&homes, &words));
    let mut objection_steps = Vec::new();
    if hears {
        for (of, event, sealed, at) in talks::steps(c, district, id).await? {
            let said = office.vault().open_for(of.0.as_bytes(), &sealed);
            objection_steps.push((of, ObjectionStep { event, said, at }));
        }
    }
    Ok(Whole {
        convener: name_of(c, district, project.convener).await?,
        words: if hears { words } else { Vec::new() },
        homes,
        standing,
        consent,
        lifts: office.lifts(&project.place, now)?,
        sun: office.light(&project.place, now)?,
        meetings: talks::meetings(c, district, id).await?,
        objections: talks::objections(c, district, id).await?,
        objection_steps,
        schemes: schemes::all(c, district, id).await?,
        views: schemes::views(c, district, id).await?,
        plan: schemes::plan(c, district, id).await?,
        notices: schemes::notices(c, district, id).await?,
        steps: schemes::steps(c, district, id).await?,
        hears,
        works: may(Action::Change, Resource::Lift),
        takes: may(Action::Assign, Resource::Lift) && ctx.person() != Some(project.convener),
        convenes: hears && ctx.person() == Some(project.convener),
        project,
    })
}

impl Whole {
    /// What each home said last, in the order of the homes.
    #[must_use]
    pub fn last(&self) -> Vec<Option<&Word>> {
        last_words(&self.homes, &self.words)
    }

    /// What a scheme means for each home, in the order of the homes.
    ///
    /// # Errors
    /// What cannot be shared, e.g. an area that is not known any more.
    pub fn shared(&self, scheme: &Scheme) -> Result<Shared, ShareError> {
        shares::scheme(&scheme.body, &sharers(&self.homes))
    }

    /// The scheme that is looked at: the one that was asked for, the chosen one, the first.
    #[must_use]
    pub fn scheme(&self, asked: Option<SchemeId>) -> Option<&Scheme> {
        let find = |id: SchemeId| self.schemes.iter().find(|scheme| scheme.id == id);
        asked.and_then(find).or_else(|| self.project.scheme.and_then(find)).or_else(|| self.schemes.first())
    }

    /// Sun and sky with the shaft of a scheme; none without a plan, or where the shaft cannot be built on it any more.
    #[must_use]
    pub fn lit(&self, scheme: Option<&Scheme>) -> Option<Light> {
        let (drawing, _) = self.plan.as_ref()?;
        let shaft = scheme.map(|scheme| scheme.body.shaft.as_slice()).unwrap_or_default();
        light(&self.sun.value, drawing, shaft).ok()
    }

    /// Who signed, or said yes, first (首位同意).
    #[must_use]
    pub fn first(&self) -> Option<(&Home, &Word)> {
        let word = self.words.iter().find(|word| word.stance == Stance::Agree)?;
        self.homes.iter().find(|home| home.place == word.home).map(|home| (home, word))
    }

    /// The homes that need a visit, those that nobody asked on top, then the longest without a word.
    #[must_use]
    pub fn visits(&self, now: Ts) -> Vec<Visit> {
        let (rules, today) = (self.lifts.value.visit(), now.local().date());
        let mut due: Vec<Visit> = Vec::new();
        for (home, word) in self.homes.iter().zip(self.last()) {
            let Some(word) = word else {
                due.push(Visit { home: home.clone(), said: None, days: i64::MAX });
                continue;
            };
            let since =
                word.day.parse::<Date>().ok().and_then(|day| day.until(today).ok()).map_or(0, |span| i64::from(span.get_days()));
            let after = match word.stance {
                Stance::Agree => continue,
                Stance::Undecided => rules.undecided_days,
                Stance::Unreachable => rules.unreachable_days,
                Stance::Object => rules.object_days,
            };
            if since >= after {
                due.push(Visit { home: home.clone(), said: Some((word.stance, word.day.clone())), days: since });
            }
        }
        due.sort_by_key(|visit| (std::cmp::Reverse(visit.days), visit.home.floor, visit.home.door));
        due
    }
}

/// The progress of an estate as those who live there see it: no home, no name.
#[derive(Debug, Clone)]
pub struct Progress {
    /// The estate.
    pub name: String,
    /// The stairwells with a project.
    pub lifts: Vec<Line>,
    /// How many stairwells the estate has on record.
    pub entrances: i64,
    /// Renovation items.
    pub items: Vec<(Item, Vec<ItemPhoto>)>,
    /// The list of items.
    pub rules: Arc<Rule<Renovation>>,
}

impl Progress {
    /// How many have signed, or are beyond it.
    #[must_use]
    pub fn signed(&self) -> usize {
        self.lifts.iter().filter(|line| line.project.stage >= Stage::Signed).count()
    }
}

/// The progress of an estate, for everybody.
///
/// # Errors
/// `NotFound` for what is no estate; store errors.
pub async fn progress(
    c: &mut Conn<'_>,
    office: &LiftOffice,
    (district, place): (DistrictId, &PlacePath),
    now: Ts,
) -> Result<Progress, RetrofitError> {
    if place.level() != Some(PlaceLevel::Estate) {
        return Err(RetrofitError::NotFound);
    }
    let estate = ground::estate_at(c, district, place).await?.ok_or(RetrofitError::NotFound)?;
    let scope = Scope { district, place: place.clone() };
    let mut all = Vec::new();
    for item in items::under(c, &scope, MOST).await? {
        let photos = items::photos(c, district, item.id).await?;
        all.push((item, photos));
    }
    let lifts = lines(c, &scope).await?;
    Ok(Progress {
        name: estate.place.name,
        entrances: estate.entrances,
        lifts,
        items: all,
        rules: office.renovation(place, now)?,
    })
}

/// How many stairwells of an estate have a project, and how many of them have signed or are beyond it.
///
/// # Errors
/// Store errors.
pub async fn signed_of(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<(usize, usize), RetrofitError> {
    let scope = Scope { district, place: place.at_level(PlaceLevel::Estate) };
    let all = projects::under(c, &scope, MOST).await?;
    Ok((all.len(), all.iter().filter(|project| project.stage >= Stage::Signed).count()))
}

/// Whether somebody who claimed this home is asked about a lift.
///
/// # Errors
/// Store errors.
pub async fn asked_at(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<bool, RetrofitError> {
    Ok(projects::of_home(c, district, home).await?.is_some())
}

/// What a home of a claimed device sees of its stairwell: its own word, share and light, and how far the stairwell is.
#[derive(Debug, Clone)]
pub struct Own {
    /// The project.
    pub project: Project,
    /// The home.
    pub home: Home,
    /// What it said last.
    pub said: Option<(Stance, String)>,
    /// The schemes with what each means for this home; none where it cannot be shared.
    pub schemes: Vec<(Scheme, Option<shares::Part>)>,
    /// Its windows under the chosen or first scheme.
    pub light: Vec<crate::rules::light::Lit>,
    /// How light is counted.
    pub sun: Arc<Rule<LightRules>>,
    /// How many homes there are, and how many agree.
    pub agree: (usize, usize),
}

/// The stairwell of a claimed home, as that home may see it.
///
/// # Errors
/// `NotFound` where nobody asks there; store errors.
pub async fn own(
    c: &mut Conn<'_>,
    office: &LiftOffice,
    (district, home): (DistrictId, &PlacePath),
    now: Ts,
) -> Result<Own, RetrofitError> {
    let id = projects::of_home(c, district, home).await?.ok_or(RetrofitError::NotFound)?;
    let project = projects::one(c, district, id).await?.ok_or(RetrofitError::NotFound)?;
    let homes = projects::homes(c, district, id).await?;
    let words = projects::words(c, district, id).await?;
    let at = homes.iter().position(|one| one.place == *home).ok_or(RetrofitError::NotFound)?;
    let one = homes.get(at).cloned().ok_or(RetrofitError::NotFound)?;
    let last = last_words(&homes, &words);
    let said = last.get(at).copied().flatten().map(|word| (word.stance, word.day.clone()));
    let agree = last.iter().flatten().filter(|word| word.stance == Stance::Agree).count();
    let sun = office.light(&project.place, now)?;
    let all = schemes::all(c, district, id).await?;
    let looked = all.iter().find(|scheme| Some(scheme.id) == project.scheme).or_else(|| all.first());
    let shaft = looked.map(|scheme| scheme.body.shaft.clone()).unwrap_or_default();
    let lit = schemes::plan(c, district, id).await?.and_then(|(drawing, _)| light(&sun.value, &drawing, &shaft).ok());
    let part = |scheme: Scheme| {
        let part = shares::scheme(&scheme.body, &sharers(&homes)).ok().and_then(|shared| shared.parts.get(at).copied());
        (scheme, part)
    };
    Ok(Own {
        light: lit.iter().flat_map(|lit| lit.of_home(one.floor, one.door)).cloned().collect(),
        schemes: all.into_iter().map(part).collect(),
        agree: (agree, homes.len()),
        home: one,
        project,
        said,
        sun,
    })
}

/// Renovation items of the actor's place, with the names of their estates.
///
/// # Errors
/// `Denied`; store errors.
pub async fn renovation(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<(Item, String)>, RetrofitError> {
    let scope = ctx.scope(Action::Read, Resource::Renovation)?;
    let mut names: BTreeMap<PlacePath, String> = BTreeMap::new();
    let mut all = Vec::new();
    for item in items::under(c, &scope, MOST).await? {
        if !names.contains_key(&item.place) {
            let name = ground::place_at(c, item.district, &item.place).await?.map(|place| place.name).unwrap_or_default();
            names.insert(item.place.clone(), name);
        }
        let name = names.get(&item.place).cloned().unwrap_or_default();
        all.push((item, name));
    }
    Ok(all)
}

/// One item with everything about it.
#[derive(Debug, Clone)]
pub struct WholeItem {
    /// The item.
    pub item: Item,
    /// The estate.
    pub estate: String,
    /// The buildings of the estate: path and name.
    pub buildings: Vec<(PlacePath, String)>,
    /// What buildings said.
    pub consents: Vec<BuildingConsent>,
    /// Its book, the latest on top.
    pub notes: Vec<Note>,
    /// Photos.
    pub photos: Vec<ItemPhoto>,
    /// The list of items.
    pub rules: Arc<Rule<Renovation>>,
    /// Whether the actor works on it.
    pub works: bool,
}

/// One item of the actor's reach.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn item(ctx: &Ctx, c: &mut Conn<'_>, office: &LiftOffice, id: ItemId) -> Result<WholeItem, RetrofitError> {
    let scope = ctx.scope(Action::Read, Resource::Renovation)?;
    let found = items::one(c, scope.district, id).await?;
    let item = found.filter(|one| scope.contains(one.district, &one.place)).ok_or(RetrofitError::NotFound)?;
    let estate = ground::place_at(c, item.district, &item.place).await?.map(|place| place.name).unwrap_or_default();
    let buildings = ground::children(c, item.district, &item.place).await?;
    Ok(WholeItem {
        estate,
        buildings: buildings.into_iter().map(|place| (place.path, place.name)).collect(),
        consents: items::consents(c, item.district, id).await?,
        notes: items::notes(c, item.district, id).await?,
        photos: items::photos(c, item.district, id).await?,
        rules: office.renovation(&item.place, ctx.now())?,
        works: ctx.may(Action::Change, Resource::Renovation, item.district, &item.place).is_ok(),
        item,
    })
}

/// A photo of an item, for everybody: what was renovated is no secret.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn item_photo(
    c: &mut Conn<'_>,
    district: DistrictId,
    id: ItemId,
    (no, small): (i64, bool),
) -> Result<BlobHash, RetrofitError> {
    let photos = items::photos(c, district, id).await?;
    let photo = photos.iter().find(|photo| photo.no == no).ok_or(RetrofitError::NotFound)?;
    Ok(if small { photo.thumb } else { photo.hash })
}

/// A photo of a paper of a stairwell, for who may know what homes say.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn paper(ctx: &Ctx, c: &mut Conn<'_>, id: LiftId, hash: BlobHash) -> Result<BlobHash, RetrofitError> {
    let scope = ctx.scope(Action::Read, Resource::LiftConsent)?;
    let found = projects::one(c, scope.district, id).await?;
    let project = found.filter(|one| scope.contains(one.district, &one.place)).ok_or(RetrofitError::NotFound)?;
    if projects::has_paper(c, (project.district, id), hash).await? { Ok(hash) } else { Err(RetrofitError::NotFound) }
}

/// What does not hold together in a district, in words.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, RetrofitError> {
    Ok(store::projects::contradictions(c, district).await?)
}
