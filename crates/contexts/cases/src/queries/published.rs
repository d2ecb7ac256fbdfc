//! What everybody may know of cases, as boards show it: the kind, the place down to the entrance, where it stands, what was promised.
//! Nothing of who reported it or in which words, no photo, and nothing at all of a case that is not public. Where and when are told only as
//! finely as the rules say ([`crate::rules::Openness`]).

use linli_access::Role;
use linli_db::{Conn, DbError, journal};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use serde_json::Value;

use super::timeline::for_reporter;
use crate::model::{CaseId, CaseState};
use crate::rules::Openness;
use crate::store;
use crate::store::published::{PublishedFilter, PublishedRow, by_numbers, newest};

/// Most steps of a public case.
const MOST_STEPS: i64 = 200;

/// A public case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// Id, for its steps; not for showing.
    pub id: CaseId,
    /// Human number.
    pub number: String,
    /// Where, never deeper than an entrance.
    pub place: PlacePath,
    /// Code of its class.
    pub class: String,
    /// Where it stands.
    pub state: CaseState,
    /// Since when.
    pub state_since: Ts,
    /// Role of the one who has it.
    pub owner_role: Option<Role>,
    /// When it was reported.
    pub reported_at: Ts,
    /// Promised by.
    pub due_at: Option<Ts>,
    /// When it was closed; `None` while it is open.
    pub closed_at: Option<Ts>,
    /// Longitude and latitude, WGS-84, 10⁻⁷ degrees, when they are not doubtful.
    pub point_e7: Option<(i64, i64)>,
}

impl Published {
    fn of(row: PublishedRow, grain: &Openness) -> Result<Self, DbError> {
        let damaged = |column| DbError::Inconsistent { table: "case_file", column, row: row.number.clone() };
        Ok(Self {
            state: row.state.parse().map_err(|_| damaged("state"))?,
            owner_role: row.owner_role.as_ref().map(|r| r.parse()).transpose().map_err(|_| damaged("owner_role"))?,
            // A promise of so many hours tells the second of the report.
            due_at: (row.due_at != store::NO_PROMISE).then_some(grain.instant(Ts(row.due_at))),
            point_e7: row.lon_e7.zip(row.lat_e7).filter(|_| row.location_flag.is_none()).map(|point| grain.point(point)),
            place: row.place_path.at_level(PlaceLevel::Entrance),
            id: row.id,
            number: row.number,
            class: row.class,
            state_since: grain.instant(row.state_since),
            reported_at: grain.instant(row.reported_at),
            closed_at: row.closed_at.map(|at| grain.instant(at)),
        })
    }
}

/// Public cases of a district, the latest report first, at most `limit`. A span of time is asked for as finely as it is told, or asking again and
/// again would tell more.
///
/// # Errors
/// Store errors.
pub async fn published(
    c: &mut Conn<'_>,
    district: DistrictId,
    grain: &Openness,
    (filter, limit): (&PublishedFilter, i64),
) -> Result<Vec<Published>, DbError> {
    let filter = PublishedFilter { from: grain.instant(filter.from), to: grain.to_its_end(filter.to), ..filter.clone() };
    newest(c, district, &filter, limit).await?.into_iter().map(|row| Published::of(row, grain)).collect()
}

/// The public cases among these numbers; the others are not there.
///
/// # Errors
/// Store errors.
pub async fn published_by_numbers(
    c: &mut Conn<'_>,
    district: DistrictId,
    grain: &Openness,
    numbers: &[String],
) -> Result<Vec<Published>, DbError> {
    by_numbers(c, district, numbers).await?.into_iter().map(|row| Published::of(row, grain)).collect()
}

/// A step of a public case, without words and names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublishedStep {
    /// When.
    pub at: Ts,
    /// What happened, as the journal calls it, e.g. `cases.taken`.
    pub kind: String,
    /// Where the case stood afterwards.
    pub to: CaseState,
}

/// The steps of a public case that changed where it stands, oldest first.
///
/// # Errors
/// Store errors.
pub async fn published_steps(
    c: &mut Conn<'_>,
    district: DistrictId,
    grain: &Openness,
    case: CaseId,
) -> Result<Vec<PublishedStep>, DbError> {
    let lines = journal::of_subject(c, district, case.0, MOST_STEPS).await?;
    Ok(lines
        .into_iter()
        .filter_map(|line| {
            let facts = line.facts();
            let to = facts.get("to").and_then(Value::as_str)?.parse().ok()?;
            let changed = facts.get("from").and_then(Value::as_str) != facts.get("to").and_then(Value::as_str);
            (changed && for_reporter(&line.kind, &facts)).then_some(PublishedStep {
                at: grain.instant(line.at),
                kind: line.kind,
                to,
            })
        })
        .collect())
}
