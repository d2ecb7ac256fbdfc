//! Figures of a place, and the check of the counts behind them.

use std::collections::HashMap;

use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath};

use super::Result;
use crate::model::Coverage;
use crate::store;

/// What a place holds. From the estate down the rows of the place itself are counted; attributes of an estate (area,
/// households, kind) belong to no part of it, so below the estate only buildings, entrances and homes are given.
///
/// # Errors
/// Store errors.
pub async fn coverage(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<Coverage> {
    if path.depth() <= PlaceLevel::Estate.depth() {
        return Ok(store::estates::coverage(c, district, path).await?);
    }
    let mut coverage = Coverage::default();
    for (depth, count) in store::places::counts(c, district, path).await? {
        add(&mut coverage, depth, count);
    }
    Ok(coverage)
}

fn add(coverage: &mut Coverage, depth: i64, count: i64) {
    match depth {
        6 => coverage.buildings = count,
        7 => coverage.entrances = count,
        8 => coverage.homes = count,
        _ => {}
    }
}

/// What each child of a place holds, as [`coverage`] says of each, asked for at once. Children that hold nothing are not among them.
///
/// # Errors
/// Store errors.
pub async fn coverage_of_children(
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
) -> Result<HashMap<PlacePath, Coverage>> {
    let letters = i32::try_from(path.as_str().len()).unwrap_or(i32::MAX).saturating_add(4);
    if path.depth() < PlaceLevel::Estate.depth() {
        return Ok(store::estates::coverage_of_parts(c, district, path, letters).await?.into_iter().collect());
    }
    let mut found: HashMap<PlacePath, Coverage> = HashMap::new();
    for (part, depth, count) in store::places::counts_of_parts(c, district, path, letters).await? {
        // The place itself is no child of its own.
        if part != *path {
            add(found.entry(part).or_default(), depth, count);
        }
    }
    Ok(found)
}

/// An estate whose kept counts are not those of its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountMismatch {
    /// The estate.
    pub estate: PlacePath,
    /// Buildings, entrances, homes as kept.
    pub kept: (i64, i64, i64),
    /// As counted.
    pub counted: (i64, i64, i64),
}

/// Recomputes the counts of every estate of a district. Empty when all is well.
///
/// # Errors
/// Store errors.
pub async fn check_counts(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<CountMismatch>> {
    let mut counted: HashMap<String, (i64, i64, i64)> = HashMap::new();
    for (estate, depth, count) in store::estates::counts_made(c, district).await? {
        let entry = counted.entry(estate).or_default();
        match depth {
            6 => entry.0 = count,
            7 => entry.1 = count,
            _ => entry.2 = count,
        }
    }
    let mut wrong = Vec::new();
    for (estate, buildings, entrances, homes) in store::estates::counts_kept(c, district).await? {
        let kept = (buildings, entrances, homes);
        let counted = counted.remove(estate.as_str()).unwrap_or_default();
        if kept != counted {
            wrong.push(CountMismatch { estate, kept, counted });
        }
    }
    Ok(wrong)
}

/// What does not hold in the tree of a district, a sentence for each; empty when all is well: places without a parent in force,
/// estates beside their place, counts that are not those of the rows.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (code, path) in store::places::orphans(c, district).await? {
        found.push(format!("place {code} ({path}) has no parent in force"));
    }
    for (code, path) in store::places::strayed_estates(c, district).await? {
        found.push(format!("estate {code} is kept under {path}, which is not its place"));
    }
    for wrong in check_counts(c, district).await? {
        found.push(format!(
            "estate {} counts {:?} but holds {:?} buildings, entrances, homes",
            wrong.estate, wrong.kept, wrong.counted
        ));
    }
    Ok(found)
}
