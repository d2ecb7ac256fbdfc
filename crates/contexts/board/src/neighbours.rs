//! What this room asks of its neighbours, in one place: the way to a place from territory, who answers from people.

use linli_access::Scope;
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};

use crate::model::{Above, Contact};
use crate::{BoardError, rules};

/// Places offered in a list of choices.
const MOST_CHOICES: i64 = 500;

/// From the city down to the place itself; empty when it is no more.
pub(crate) async fn way_to(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Above>, BoardError> {
    let crumbs = linli_territory::queries::crumbs(c, district, place).await;
    let crumbs = crumbs.map_err(|error| BoardError::Neighbour(error.code(), error.into()))?;
    Ok(crumbs.into_iter().map(|step| Above { level: step.level, name: step.name, path: step.path }).collect())
}

/// Who answers for the place now, the nearest scope first within a role.
pub(crate) async fn answering(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
) -> Result<Vec<Contact>, BoardError> {
    let answering = linli_people::queries::answering_for(c, district, place, now).await;
    let answering = answering.map_err(|error| BoardError::Neighbour(error.code(), error.into()))?;
    Ok(answering
        .into_iter()
        .map(|a| Contact { role: a.role, title: a.title, name: a.person_name, phone: a.phone, organisation: a.organisation })
        .collect())
}

/// A place as one says it: from the estate down, or the name of the division itself.
pub(crate) async fn spoken(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<String, BoardError> {
    let way = way_to(c, district, place).await?;
    let below: Vec<&str> = way.iter().filter(|step| step.level >= PlaceLevel::Estate).map(|step| step.name.as_str()).collect();
    Ok(if below.is_empty() { way.last().map(|step| step.name.clone()).unwrap_or_default() } else { below.join(" ") })
}

/// The places of a scope that a notice is usually posted for: the whole of it, and its estates or, in an estate, its buildings.
pub(crate) async fn places_to_post_at(c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<(PlacePath, String)>, BoardError> {
    let foreign = |error: linli_territory::TerritoryError| BoardError::Neighbour(error.code(), error.into());
    let mut places = vec![(scope.place.clone(), spoken(c, scope.district, &scope.place).await?)];
    let below = if scope.place.depth() < PlaceLevel::Estate.depth() {
        linli_territory::queries::places_of_level(c, scope.district, &scope.place, PlaceLevel::Estate, None, MOST_CHOICES)
            .await
            .map_err(foreign)?
    } else {
        linli_territory::queries::children(c, scope.district, &scope.place).await.map_err(foreign)?
    };
    places.extend(below.into_iter().map(|place| (place.path, place.name)));
    Ok(places)
}

/// In whose name somebody writes who acts under an appointment; empty when nothing is known of it.
pub(crate) async fn writes_for(c: &mut Conn<'_>, district: DistrictId, appointment: uuid::Uuid) -> Result<String, BoardError> {
    let foreign = |error: linli_people::PeopleError| BoardError::Neighbour(error.code(), error.into());
    let held = linli_people::queries::appointment(c, district, linli_people::model::AppointmentId(appointment)).await;
    let Some(held) = held.map_err(foreign)? else { return Ok(String::new()) };
    let home = linli_people::queries::staff_line(c, district, held.person).await.map_err(foreign)?;
    Ok(rules::signature(held.role, held.organisation, home.and_then(|who| who.organisation)))
}

/// The district that a path lies in, when it is served.
pub(crate) async fn district_of(c: &mut Conn<'_>, path: &PlacePath) -> Result<Option<DistrictId>, BoardError> {
    let found = linli_territory::queries::district_of_path(c, path).await;
    found.map_err(|error| BoardError::Neighbour(error.code(), error.into()))
}

/// The served districts with their names.
pub(crate) async fn districts(c: &mut Conn<'_>) -> Result<Vec<(PlacePath, String)>, BoardError> {
    let found = linli_territory::queries::districts(c).await;
    let found = found.map_err(|error| BoardError::Neighbour(error.code(), error.into()))?;
    Ok(found
        .into_iter()
        .filter(|district| district.id != DistrictId::CITY)
        .map(|district| (district.path, district.name))
        .collect())
}

/// The places right under a place, as people sort them.
pub(crate) async fn below(
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
) -> Result<Vec<(PlacePath, String)>, BoardError> {
    let found = linli_territory::queries::children(c, district, path).await;
    let found = found.map_err(|error| BoardError::Neighbour(error.code(), error.into()))?;
    Ok(found.into_iter().map(|place| (place.path, place.name)).collect())
}
