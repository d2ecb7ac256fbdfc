//! What this room asks of its neighbours, in one place: the way to a place from territory, who answers from people.

use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};

use crate::BoardError;
use crate::model::{Above, Contact};

/// From the city down to the place itself; empty when it is no more.
pub(crate) async fn way_to(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Above>, BoardError> {
    let crumbs = linli_territory::queries::crumbs(c, district, place).await;
    let crumbs = crumbs.map_err(|error| BoardError::Neighbour(error.code(), error.into()))?;
    Ok(crumbs.into_iter().map(|step| Above { level: step.level, name: step.name, path: step.path }).collect())
}

/// Who answers for the place now, the nearest scope first within a role.
pub(crate) async fn answering(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, now: Ts) -> Result<Vec<Contact>, BoardError> {
    let answering = linli_people::queries::answering_for(c, district, place, now).await;
    let answering = answering.map_err(|error| BoardError::Neighbour(error.code(), error.into()))?;
    Ok(answering
        .into_iter()
        .map(|a| Contact { role: a.role, title: a.title, name: a.person_name, phone: a.phone, organisation: a.organisation })
        .collect())
}
