//! Finding places.

use std::collections::{BTreeMap, BTreeSet};

use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};

use super::{PAGE_MAX, Result};
use crate::model::{Crumb, District, Division, Gone, Place, PlaceId};
use crate::{rules, store};

/// The levels that are official divisions.
pub(super) const DIVISION_DEPTH: usize = 4;

pub(super) fn as_place(division: Division, district: DistrictId) -> Option<Place> {
    let level = division.place_path.level()?;
    let id = PlaceId::of_division(&division.code);
    Some(Place { id, district, level, path: division.place_path, name: division.name, code: division.code })
}

/// The served district in which a path lies.
///
/// # Errors
/// Store errors.
pub async fn district_of_path(c: &mut Conn<'_>, path: &PlacePath) -> Result<Option<DistrictId>> {
    Ok(store::divisions::districts(c).await?.into_iter().find(|d| d.path.contains(path)).map(|d| d.id))
}

/// The served district with this official code, and its path.
///
/// # Errors
/// Store errors.
pub async fn district_by_division(c: &mut Conn<'_>, code: &str) -> Result<Option<(DistrictId, PlacePath)>> {
    Ok(store::divisions::districts(c).await?.into_iter().find(|d| d.division == code).map(|d| (d.id, d.path)))
}

/// The districts that are served, in the order of their paths. District 0, the whole city, is none of them.
///
/// # Errors
/// Store errors.
pub async fn districts(c: &mut Conn<'_>) -> Result<Vec<District>> {
    Ok(store::divisions::districts(c).await?)
}

/// A district by its number; 0 is the whole city.
///
/// # Errors
/// Store errors.
pub async fn district(c: &mut Conn<'_>, id: DistrictId) -> Result<Option<District>> {
    Ok(store::divisions::district(c, id).await?)
}

/// An official division by its code, in force or not.
///
/// # Errors
/// Store errors.
pub async fn division(c: &mut Conn<'_>, code: &str) -> Result<Option<Division>> {
    Ok(store::divisions::by_code(c, code).await?)
}

/// Name, licence and date of the data set that a division row came from.
///
/// # Errors
/// Store errors.
pub async fn division_source(c: &mut Conn<'_>, code: &str) -> Result<Option<(String, String, String)>> {
    Ok(store::divisions::source_of(c, code).await?)
}

/// The place in force at a path, division or below.
///
/// # Errors
/// Store errors.
pub async fn place_at(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Option<Place>> {
    if path.depth() > DIVISION_DEPTH {
        return Ok(store::places::at(c, district, path).await?);
    }
    let division = store::divisions::at_paths(c, std::slice::from_ref(path)).await?.pop();
    Ok(division.and_then(|d| as_place(d, district)))
}

/// An estate, building, entrance or home by its id, closed ones too.
///
/// # Errors
/// Store errors.
pub async fn place_by_id(c: &mut Conn<'_>, district: DistrictId, id: PlaceId) -> Result<Option<Place>> {
    Ok(store::places::by_id(c, district, id).await?)
}

/// The way from the city down to a place, itself included. A place that exists no more still has its way.
///
/// # Errors
/// Store errors.
pub async fn crumbs(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Vec<Crumb>> {
    let mut above = path.ancestors();
    let below = above.split_off(above.len().min(DIVISION_DEPTH));
    let divisions = store::divisions::at_paths(c, &above).await?;
    let mut crumbs: Vec<Crumb> = divisions
        .into_iter()
        .filter_map(|d| Some(Crumb { level: d.place_path.level()?, name: d.name, path: d.place_path }))
        .collect();
    let places = store::places::at_paths(c, district, &below).await?;
    crumbs.extend(places.into_iter().map(|p| Crumb { level: p.level, name: p.name, path: p.path }));
    Ok(crumbs)
}

/// The ways from the city down to several places, asked for at once, in the order of the places.
///
/// # Errors
/// Store errors.
pub async fn ways(c: &mut Conn<'_>, district: DistrictId, paths: &[PlacePath]) -> Result<Vec<Vec<Crumb>>> {
    let all: BTreeSet<PlacePath> = paths.iter().flat_map(PlacePath::ancestors).collect();
    let (above, below): (Vec<PlacePath>, Vec<PlacePath>) = all.into_iter().partition(|path| path.depth() <= DIVISION_DEPTH);
    let divisions = store::divisions::at_paths(c, &above).await?;
    let divisions =
        divisions.into_iter().filter_map(|d| Some(Crumb { level: d.place_path.level()?, name: d.name, path: d.place_path }));
    let places = store::places::at_paths(c, district, &below).await?;
    let places = places.into_iter().map(|p| Crumb { level: p.level, name: p.name, path: p.path });
    let known: BTreeMap<PlacePath, Crumb> = divisions.chain(places).map(|crumb| (crumb.path.clone(), crumb)).collect();
    let way = |path: &PlacePath| path.ancestors().iter().filter_map(|step| known.get(step)).cloned().collect();
    Ok(paths.iter().map(way).collect())
}

/// The places in force directly under a path, as people sort them (`2栋` before `10栋`), at most [`PAGE_MAX`].
///
/// # Errors
/// Store errors.
pub async fn children(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Vec<Place>> {
    if path.depth() < DIVISION_DEPTH {
        // The order of official codes is the order officials know.
        let divisions = store::divisions::children(c, path, PAGE_MAX).await?;
        return Ok(divisions.into_iter().filter_map(|d| as_place(d, district)).collect());
    }
    let mut places = store::places::children(c, district, path, PAGE_MAX).await?;
    places.sort_by(|a, b| rules::natural_order(&a.name, &b.name).then_with(|| a.path.cmp(&b.path)));
    Ok(places)
}

/// The order in which people sort names: `2栋` before `10栋`.
#[must_use]
pub fn as_people_sort(one: &str, other: &str) -> std::cmp::Ordering {
    rules::natural_order(one, other)
}

/// From when and until when a place below the community exists.
///
/// # Errors
/// Store errors.
pub async fn validity(c: &mut Conn<'_>, district: DistrictId, id: PlaceId) -> Result<Option<(Ts, Option<Ts>)>> {
    Ok(store::places::validity(c, district, id).await?)
}

/// What is no more of that which lay directly under a place, the latest first, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn closed_children(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath, limit: i64) -> Result<Vec<Gone>> {
    let limit = limit.clamp(1, PAGE_MAX);
    if path.depth() < DIVISION_DEPTH {
        return Ok(store::divisions::closed_children(c, path, limit).await?);
    }
    Ok(store::places::closed_children(c, district, path, limit).await?)
}

/// The places of one level below the community in a subtree, in the order of their paths, after one of them.
///
/// # Errors
/// Store errors.
pub async fn places_of_level(
    c: &mut Conn<'_>,
    district: DistrictId,
    under: &PlacePath,
    level: PlaceLevel,
    after: Option<&PlacePath>,
    limit: i64,
) -> Result<Vec<Place>> {
    let depth = i64::try_from(level.depth()).unwrap_or(0);
    Ok(store::places::of_depth_after(c, district, depth, under, after, limit.clamp(1, PAGE_MAX)).await?)
}

/// The estates in a subtree whose name or key holds a text, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn find_places(
    c: &mut Conn<'_>,
    district: DistrictId,
    under: &PlacePath,
    text: &str,
    limit: i64,
) -> Result<Vec<Place>> {
    Ok(store::places::by_name(c, district, under, text.trim(), limit.clamp(1, PAGE_MAX)).await?)
}

/// The place with this key: an official code of 4, 6, 9 or 12 digits inside the district, or a natural key `E`, `E/3栋`,
/// `E/3栋/2单元`, `E/3栋/2单元/301`. For the whole city every official code is inside.
///
/// # Errors
/// Store errors.
pub async fn resolve(c: &mut Conn<'_>, district: DistrictId, key: &str) -> Result<Option<Place>> {
    let key = key.trim();
    if rules::division_number(key).is_some() {
        let found = store::divisions::by_code(c, key).await?.filter(|d| d.valid_to.is_none());
        let served = store::divisions::district(c, district).await?;
        if let (Some(division), Some(served)) = (found, served)
            && served.path.contains(&division.place_path)
        {
            return Ok(as_place(division, district));
        }
    }
    Ok(store::places::by_code(c, district, key).await?)
}

/// The place that somebody means who typed a key or a name: the key first ([`resolve`]), then the whole name of a division or an
/// estate of the district, then a part of a name when only one estate has it. `None` when nothing or too much is meant.
///
/// # Errors
/// Store errors.
pub async fn place_meant(c: &mut Conn<'_>, district: DistrictId, text: &str) -> Result<Option<Place>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    if let Some(place) = resolve(c, district, text).await? {
        return Ok(Some(place));
    }
    let Some(served) = store::divisions::district(c, district).await? else { return Ok(None) };
    if let Some(division) = store::divisions::by_name(c, &served.path, text).await? {
        return Ok(as_place(division, district));
    }
    let mut estates = store::places::by_name(c, district, &served.path, text, PAGE_MAX).await?;
    let whole = estates.iter().position(|estate| estate.name == text);
    Ok(match (whole, estates.len()) {
        (Some(at), _) => Some(estates.swap_remove(at)),
        (None, 1) => estates.pop(),
        (None, _) => None,
    })
}

/// The home that somebody means who looks after a place and typed a key or how people say it: `3栋 2单元 301`, counted from the place or
/// from the estate it lies in, or with the name of an estate in front of it. `None` when it is no home, or none under the place.
///
/// # Errors
/// Store errors.
pub async fn home_meant(c: &mut Conn<'_>, district: DistrictId, under: &PlacePath, text: &str) -> Result<Option<Place>> {
    let parts: Vec<&str> = text.split(|sign: char| sign.is_whitespace() || matches!(sign, '/' | '／' | '，' | ',')).collect();
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    let (Some(first), rest) = (parts.first(), parts.get(1..).unwrap_or_default()) else { return Ok(None) };
    let mut keys = vec![parts.join("/")];
    for above in under.ancestors().iter().rev().filter(|path| path.depth() > DIVISION_DEPTH) {
        if let Some(place) = store::places::at(c, district, above).await? {
            keys.push(format!("{}/{}", place.code, parts.join("/")));
        }
    }
    let served = store::places::by_name(c, district, &under.at_level(PlaceLevel::Estate), first, PAGE_MAX).await?;
    let whole = served.iter().filter(|estate| estate.name == *first).count();
    keys.extend(
        served
            .iter()
            .filter(|estate| if whole > 0 { estate.name == *first } else { served.len() == 1 })
            .map(|estate| format!("{}/{}", estate.code, rest.join("/"))),
    );
    let mut meant = Vec::new();
    for key in keys {
        let found = store::places::by_code(c, district, &key).await?;
        meant.extend(found.filter(|place| place.level == PlaceLevel::Home && under.contains(&place.path)));
    }
    // One key is one home; of two estates with the same name none is meant.
    meant.dedup_by(|one, other| one.path == other.path);
    Ok(if meant.len() == 1 { meant.pop() } else { None })
}

/// The estates under a place whose name or code holds a text, by path, at most a page of them.
///
/// # Errors
/// Store errors.
pub async fn estates_named(c: &mut Conn<'_>, district: DistrictId, under: &PlacePath, text: &str) -> Result<Vec<Place>> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(Vec::new());
    }
    Ok(store::places::by_name(c, district, under, text, PAGE_MAX).await?)
}
