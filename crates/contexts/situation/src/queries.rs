//! What only looks.

use std::collections::HashMap;

use linli_access::{Action, Ctx, Resource};
use linli_board::model::DutyPhone;
use linli_cases::queries::{self as cases, ChildCounts};
use linli_db::{Conn, StoredLine, journal};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_people::model::Answering;
use linli_territory::model::{Crumb, Place};
use linli_territory::queries as ground;
use uuid::Uuid;

use crate::error::SituationError;
use crate::model::{Child, Happening, PlaceView, Published};
use crate::{rules, store};

/// Journal lines that are looked through for what happened lately under a place.
const LOOKED_THROUGH: i64 = 600;
/// Happenings shown.
const SHOWN: usize = 8;
/// Kinds of lines that say something to who looks at a place.
pub const TOLD: [&str; 9] = [
    "cases.reported",
    "cases.taken",
    "cases.assigned",
    "cases.finished",
    "cases.confirmed",
    "cases.reopened",
    "cases.overdue",
    "board.notice_posted",
    "board.notice_withdrawn",
];

/// A place as officials see it.
///
/// # Errors
/// `UnknownPlace`; `Denied` for those who read no figures there; store errors.
pub async fn place(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    now: Ts,
) -> Result<PlaceView, SituationError> {
    ctx.may(Action::Read, Resource::Figures, district, path)?;
    let place = ground::place_at(c, district, path).await?.ok_or(SituationError::UnknownPlace)?;
    let figures = cases::figures(ctx, c, district, path, now).await?;
    let coverage = ground::coverage(c, district, path).await?;
    let published = store::published(c, district, path).await?;
    let subjects: Vec<Uuid> = published.iter().map(Published::subject).collect();
    let proofs = linli_record::queries::standings(c, district, &subjects).await?.into_iter().collect();
    Ok(PlaceView {
        crumbs: ground::crumbs(c, district, path).await?,
        children: children(ctx, c, district, path, now).await?,
        published,
        proofs,
        happenings: happenings(ctx, c, district, path).await?,
        district,
        place,
        figures,
        coverage,
        at: now,
    })
}

/// The children of a place with what is open under each, what needs help first.
///
/// # Errors
/// As [`place`].
pub async fn children(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    now: Ts,
) -> Result<Vec<Child>, SituationError> {
    let open = cases::open_of_children(ctx, c, district, path, now).await?;
    let mut open: HashMap<PlacePath, ChildCounts> = open.into_iter().map(|counts| (counts.place.clone(), counts)).collect();
    let mut holds = ground::coverage_of_children(c, district, path).await?;
    let mut children = Vec::new();
    for place in ground::children(c, district, path).await? {
        let nothing = || ChildCounts { place: place.path.clone(), open: 0, overdue: 0, awaiting_confirmation: 0 };
        let counts = open.remove(&place.path).unwrap_or_else(nothing);
        let coverage = holds.remove(&place.path).unwrap_or_default();
        children.push(Child { place, counts, coverage });
    }
    children.sort_by(rules::needs_help_first);
    Ok(children)
}

/// What was published about exactly this place.
///
/// # Errors
/// `Denied` for those who read no figures there; store errors.
pub async fn published(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
) -> Result<Vec<Published>, SituationError> {
    ctx.may(Action::Read, Resource::Figures, district, path)?;
    Ok(store::published(c, district, path).await?)
}

/// Who answers at a place, and where each of them was appointed.
#[derive(Debug, Clone)]
pub struct Ladder {
    /// The way to the place.
    pub crumbs: Vec<Crumb>,
    /// Everybody to call one after the other, from the door upwards.
    pub answering: Vec<Answering>,
    /// The 24-hour property phone of the place or of the nearest place above.
    pub duty: Option<DutyPhone>,
    /// The places of the appointments in words.
    pub names: HashMap<PlacePath, String>,
}

/// The contact ladder of a place (联系阶梯).
///
/// # Errors
/// `UnknownPlace`; `Denied` for those who may not look at people there; store errors.
pub async fn ladder(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    now: Ts,
) -> Result<Ladder, SituationError> {
    ctx.may(Action::Read, Resource::People, district, path)?;
    ground::place_at(c, district, path).await?.ok_or(SituationError::UnknownPlace)?;
    let answering = linli_people::queries::ladder(c, district, path, now).await?;
    let mut places: Vec<PlacePath> = answering.iter().map(|one| one.place.clone()).collect();
    places.sort();
    places.dedup();
    let ways = ground::ways(c, district, &places).await?;
    let names = places.into_iter().zip(ways.iter().map(|way| aloud(way))).collect();
    Ok(Ladder {
        crumbs: ground::crumbs(c, district, path).await?,
        duty: linli_board::queries::duty_phone_at(c, district, path, now).await?,
        answering,
        names,
    })
}

/// What happened lately under a place, latest first: looked for in the last lines of the district, so it may be short where the
/// rest of the district is busy.
async fn happenings(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
) -> Result<Vec<Happening>, SituationError> {
    let last = journal::last_seq(c, district).await?;
    let lines = journal::after(c, district, (last - LOOKED_THROUGH).max(0), LOOKED_THROUGH).await?;
    let told = |line: &StoredLine| path.contains(&line.place_path) && TOLD.contains(&line.kind.as_str());
    let told: Vec<StoredLine> = lines.into_iter().rev().filter(told).collect();
    // That there is a complaint, where and since when, is kept from those it is about, as the complaint is.
    let subjects: Vec<Uuid> =
        told.iter().filter(|line| line.kind.starts_with("cases.")).filter_map(|line| line.subject_id).collect();
    let kept = linli_cases::queries::kept_among(ctx, c, district, &subjects).await?;
    let open = told.into_iter().filter(|line| line.subject_id.is_none_or(|subject| !kept.contains(&subject)));
    let shown: Vec<StoredLine> = open.take(SHOWN).collect();
    let places: Vec<PlacePath> = shown.iter().map(|line| line.place_path.clone()).collect();
    let ways = ground::ways(c, district, &places).await?;
    let mut happenings = Vec::with_capacity(shown.len());
    for (line, way) in shown.into_iter().zip(ways) {
        let number = line.facts().get("number").and_then(|n| n.as_str()).unwrap_or_default().to_owned();
        happenings.push(Happening {
            at: line.at,
            place_name: aloud(&way),
            subject: line.subject_id.map(|id| id.to_string()).unwrap_or_default(),
            kind: line.kind,
            place: line.place_path,
            number,
        });
    }
    Ok(happenings)
}

/// A place as one says it: from the estate down, or the name of the division itself.
///
/// # Errors
/// Store errors.
pub async fn spoken(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<String, SituationError> {
    Ok(aloud(&ground::crumbs(c, district, path).await?))
}

fn aloud(way: &[Crumb]) -> String {
    let below: Vec<&str> =
        way.iter().filter(|crumb| crumb.level >= PlaceLevel::Estate).map(|crumb| crumb.name.as_str()).collect();
    if below.is_empty() { way.last().map(|crumb| crumb.name.clone()).unwrap_or_default() } else { below.join(" ") }
}

/// An estate whose board can be opened, found by a part of its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The estate.
    pub place: Place,
    /// Where it lies, from the district down to the community.
    pub within: String,
    /// The code of its board.
    pub code: linli_board::BoardCode,
}

/// The estates whose name holds a text, in all districts, that have a board; at most `limit`. For everybody.
///
/// # Errors
/// Store errors.
pub async fn find_estates(c: &mut Conn<'_>, text: &str, limit: usize) -> Result<Vec<Found>, SituationError> {
    let most = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    for district in ground::districts(c).await? {
        for place in ground::find_places(c, district.id, &district.path, text, most).await? {
            if found.len() >= limit {
                return Ok(found);
            }
            let Some(code) = linli_board::queries::code_of_place(c, district.id, &place.path).await? else { continue };
            let crumbs = ground::crumbs(c, district.id, &place.path).await?;
            let above = crumbs.iter().filter(|crumb| crumb.level > PlaceLevel::City && crumb.level < PlaceLevel::Estate);
            let within = above.map(|crumb| crumb.name.as_str()).collect::<Vec<_>>().join(" · ");
            found.push(Found { place, within, code });
        }
    }
    Ok(found)
}

/// An entrance of an estate with the code of its board.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Door {
    /// `2单元`.
    pub name: String,
    /// The code of its board.
    pub code: linli_board::BoardCode,
}

/// A building with its doors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Building {
    /// `3栋`.
    pub name: String,
    /// Its entrances that have a board.
    pub doors: Vec<Door>,
}

/// Boards of an estate that are listed at most.
const DOORS: i64 = 1_000;

/// The entrances of an estate that have a board, by building, as people sort them.
///
/// # Errors
/// Store errors.
pub async fn doors(c: &mut Conn<'_>, district: DistrictId, estate: &PlacePath) -> Result<Vec<Building>, SituationError> {
    let boards = linli_board::queries::boards_under(c, district, estate, estate.as_str(), DOORS).await?;
    let mut codes: HashMap<PlacePath, linli_board::BoardCode> = boards.into_iter().collect();
    let mut entrances: HashMap<PlacePath, Vec<Place>> = HashMap::new();
    for entrance in ground::places_of_level(c, district, estate, PlaceLevel::Entrance, None, DOORS).await? {
        entrances.entry(entrance.path.at_level(PlaceLevel::Building)).or_default().push(entrance);
    }
    let mut buildings = Vec::new();
    for building in ground::children(c, district, estate).await? {
        let mut here = entrances.remove(&building.path).unwrap_or_default();
        here.sort_by(|a, b| ground::as_people_sort(&a.name, &b.name));
        let doors =
            here.into_iter().filter_map(|entrance| Some(Door { code: codes.remove(&entrance.path)?, name: entrance.name }));
        let doors: Vec<Door> = doors.collect();
        if !doors.is_empty() {
            buildings.push(Building { name: building.name, doors });
        }
    }
    Ok(buildings)
}
