//! What calendars show: the meetings of a community, and those of somebody.

use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use uuid::Uuid;

use crate::error::CouncilError;
use crate::model::{Item, Meeting};
use crate::queries::spoken;
use crate::store::{feeds, items, meetings};

/// How far back a calendar goes, in days.
const BACK_DAYS: i64 = 400;
/// The most entries of a calendar.
const MOST: i64 = 500;

/// A meeting as a calendar shows it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The meeting.
    pub meeting: Meeting,
    /// What its place is called.
    pub place: String,
    /// Its agenda.
    pub items: Vec<Item>,
}

async fn entries(c: &mut Conn<'_>, all: Vec<Meeting>) -> Result<Vec<Entry>, CouncilError> {
    let mut entries = Vec::with_capacity(all.len());
    for meeting in all {
        let place = spoken(c, meeting.district, &meeting.place).await?;
        entries.push(Entry { items: items::of_meeting(c, meeting.district, meeting.id).await?, place, meeting });
    }
    Ok(entries)
}

/// The calendar of a community: its name, and every meeting at it or under it that was told of, cancelled ones too: a calendar hears of a cancellation
/// only where it is still there.
///
/// # Errors
/// `NotFound` for what is no community; store errors.
pub async fn of_community(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    now: Ts,
) -> Result<(String, Vec<Entry>), CouncilError> {
    if place.level() != Some(PlaceLevel::Community) {
        return Err(CouncilError::NotFound);
    }
    let served = linli_territory::queries::district(c, district).await?;
    let here = served.is_some_and(|served| served.path.contains(place));
    let found = if here { linli_territory::queries::place_at(c, district, place).await? } else { None };
    let name = found.ok_or(CouncilError::NotFound)?.name;
    let all = meetings::public_under(c, (district, place), (now.plus_secs(-BACK_DAYS * 86_400), MOST)).await?;
    Ok((name, entries(c, all).await?))
}

/// The calendar behind the secret address of somebody's feed: the meetings at which they have a seat.
///
/// # Errors
/// `NotFound` for an address that leads nowhere; store errors.
pub async fn of_token(
    c: &mut Conn<'_>,
    district: DistrictId,
    token: &str,
    now: Ts,
) -> Result<(String, Vec<Entry>), CouncilError> {
    let person = feeds::person_of(c, district, &crate::commands::feeds::hash(token)).await?.ok_or(CouncilError::NotFound)?;
    let known = linli_people::queries::person(c, district, linli_people::model::PersonId(person)).await?;
    let name = known.map(|person| person.name).unwrap_or_default();
    let all = meetings::of_person(c, (district, person), (now.plus_secs(-BACK_DAYS * 86_400), MOST)).await?;
    Ok((name, entries(c, all).await?))
}

/// Since when the actor's feed has its address; none while there is none.
///
/// # Errors
/// `Denied`; store errors.
pub async fn since(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Option<Ts>, CouncilError> {
    let scope = ctx.scope(Action::Read, Resource::Meeting)?;
    let person: Uuid = ctx.person().unwrap_or_default();
    Ok(feeds::since(c, scope.district, person).await?)
}
