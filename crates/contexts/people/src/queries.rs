//! Who is there and who answers. Nothing here writes.

use std::collections::HashMap;

use linli_access::{Role, Scope};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_territory::model::Grid;
use uuid::Uuid;

use crate::error::PeopleError;
use crate::model::{
    Answering, Appointment, AppointmentId, CrossAppointment, Organisation, OrganisationId, Person, PersonId, Post, StaffFilter,
    StaffLine, Via,
};
use crate::store::{self, AppointmentRow};

/// Everybody who answers for a place at an instant. Of each role those of the nearest place stand alone: a steward of the
/// entrance hides the one of the estate. A governance grid is as near as the deepest place it covers there. A red steward team
/// may be several; a post that grants nothing answers for nothing.
///
/// # Errors
/// Store errors.
pub async fn answering_for(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    at: Ts,
) -> Result<Vec<Answering>, PeopleError> {
    let grids = linli_territory::queries::grids_over(c, district, place).await?;
    let reach: HashMap<Uuid, usize> = grids.iter().map(|grid| (grid.id.0, depth_of(grid, place))).collect();
    let grids: Vec<Uuid> = grids.into_iter().map(|grid| grid.id.0).collect();
    let mut places = place.ancestors();
    if places.is_empty() {
        places.push(PlacePath::root());
    }
    let mut rows = store::appointments_at(c, district, &places, &grids, at).await?;
    let nearness =
        |row: &AppointmentRow| row.grid_id.map_or(row.place_path.depth(), |grid| reach.get(&grid).copied().unwrap_or_default());
    rows.sort_by(|a, b| (nearness(b), &a.person_name, a.id).cmp(&(nearness(a), &b.person_name, b.id)));
    let mut answering: Vec<Answering> = Vec::new();
    let mut nearest: Vec<(Role, usize)> = Vec::new();
    for row in rows {
        let (role, near) = (row.role()?, nearness(&row));
        if !role.acts() {
            continue;
        }
        match nearest.iter().find(|(known, _)| *known == role) {
            Some((_, best)) if *best > near => continue,
            Some(_) => {}
            None => nearest.push((role, near)),
        }
        answering.push(Answering {
            role,
            title: row.title,
            person_name: row.person_name,
            phone: row.public_phone,
            organisation: row.organisation.unwrap_or_default(),
            appointment: row.id,
            person: row.person_id,
            via: if row.grid_id.is_some() { Via::Grid } else { Via::Place },
            place: row.place_path,
        });
    }
    Ok(answering)
}

/// How deep the nearest place lies by which a grid covers this one.
fn depth_of(grid: &Grid, place: &PlacePath) -> usize {
    grid.covers.iter().filter(|cover| cover.contains(place)).map(PlacePath::depth).max().unwrap_or_default()
}

/// Who is appointed in one of these roles for a place, for something above it or for something under it, by place or by grid; at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn persons_in_roles(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    (roles, limit): (&[Role], i64),
    at: Ts,
) -> Result<Vec<PersonId>, PeopleError> {
    if roles.is_empty() {
        return Ok(Vec::new());
    }
    let grids: Vec<Uuid> =
        linli_territory::queries::grids_over(c, district, place).await?.into_iter().map(|grid| grid.id.0).collect();
    let mut places = place.ancestors();
    places.push(PlacePath::root());
    Ok(store::persons_in_roles(c, (district, at), (place, &places, &grids), (roles, limit)).await?)
}

/// Who holds a role at a place, nearest first.
///
/// # Errors
/// Store errors.
pub async fn holder(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    role: Role,
    at: Ts,
) -> Result<Option<Answering>, PeopleError> {
    Ok(answering_for(c, district, place, at).await?.into_iter().find(|a| a.role == role))
}

/// The contact ladder of a place: whom to call one after the other, from the door upwards.
///
/// # Errors
/// Store errors.
pub async fn ladder(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, at: Ts) -> Result<Vec<Answering>, PeopleError> {
    const RUNGS: [Role; 7] = [
        Role::LifeSteward,
        Role::RedSteward,
        Role::GridWorker,
        Role::PropertyManager,
        Role::CommunityWorker,
        Role::CommunitySecretary,
        Role::PropertyDesk,
    ];
    let answering = answering_for(c, district, place, at).await?;
    Ok(RUNGS.into_iter().flat_map(|role| answering.iter().filter(move |a| a.role == role)).cloned().collect())
}

/// The appointments of a person that are in force at an instant.
///
/// # Errors
/// Store errors.
pub async fn appointments_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    person: PersonId,
    at: Ts,
) -> Result<Vec<Appointment>, PeopleError> {
    let rows = store::appointments_of(c, district, person).await?;
    let all = rows.into_iter().map(|row| row.appointment(district)).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|a| a.in_force(at)).collect())
}

/// One appointment, whether or not in force.
///
/// # Errors
/// Store errors.
pub async fn appointment(c: &mut Conn<'_>, district: DistrictId, id: AppointmentId) -> Result<Option<Appointment>, PeopleError> {
    Ok(store::appointment(c, district, id).await?.map(|row| row.appointment(district)).transpose()?)
}

/// Which of these appointments of a district are in force at an instant.
///
/// # Errors
/// Store errors.
pub async fn in_force(
    c: &mut Conn<'_>,
    district: DistrictId,
    appointments: &[AppointmentId],
    at: Ts,
) -> Result<Vec<AppointmentId>, PeopleError> {
    Ok(store::in_force(c, district, appointments, at).await?)
}

/// A person.
///
/// # Errors
/// Store errors.
pub async fn person(c: &mut Conn<'_>, district: DistrictId, id: PersonId) -> Result<Option<Person>, PeopleError> {
    Ok(store::person(c, district, id).await?)
}

/// A person by staff number.
///
/// # Errors
/// Store errors.
pub async fn person_by_code(c: &mut Conn<'_>, district: DistrictId, code: &str) -> Result<Option<Person>, PeopleError> {
    let row = store::people_by_code(c, district, &[code]).await?.pop();
    Ok(row.map(|r| Person { id: r.id, code: r.code, name: r.name, work_phone: r.work_phone }))
}

/// Those of a district whom a filter asks for at an instant, by staff number, after one, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn find_staff(
    c: &mut Conn<'_>,
    district: DistrictId,
    filter: &StaffFilter,
    at: Ts,
    (after, limit): (&str, i64),
) -> Result<Vec<StaffLine>, PeopleError> {
    Ok(store::find_staff(c, district, filter, at, after, limit.clamp(1, 500)).await?)
}

/// How many appointments are in force at a place and below it at an instant.
///
/// # Errors
/// Store errors.
pub async fn posts_under(c: &mut Conn<'_>, scope: &Scope, at: Ts) -> Result<i64, PeopleError> {
    Ok(store::posts_under(c, scope, at).await?)
}

/// What several persons of a district are appointed as at an instant, asked for at once. Who holds no post has no entry.
///
/// # Errors
/// Store errors.
pub async fn posts_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    people: &[PersonId],
    at: Ts,
) -> Result<HashMap<PersonId, Vec<Appointment>>, PeopleError> {
    let mut posts: HashMap<PersonId, Vec<Appointment>> = HashMap::new();
    for row in store::appointments_of_all(c, district, people, at).await? {
        posts.entry(row.person_id).or_default().push(row.appointment(district)?);
    }
    Ok(posts)
}

/// What some organisations of a district are called, asked for at once.
///
/// # Errors
/// Store errors.
pub async fn organisations_named(
    c: &mut Conn<'_>,
    district: DistrictId,
    ids: &[OrganisationId],
) -> Result<Vec<(OrganisationId, String)>, PeopleError> {
    Ok(store::organisations_named(c, district, ids).await?)
}

/// A person with the organisation they come from.
///
/// # Errors
/// Store errors.
pub async fn staff_line(c: &mut Conn<'_>, district: DistrictId, id: PersonId) -> Result<Option<StaffLine>, PeopleError> {
    Ok(store::staff_line(c, district, id).await?)
}

/// Those who come from an organisation, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn staff_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    organisation: OrganisationId,
    limit: i64,
) -> Result<Vec<StaffLine>, PeopleError> {
    Ok(store::staff_of(c, district, organisation, limit.clamp(1, 500)).await?)
}

/// An organisation.
///
/// # Errors
/// Store errors.
pub async fn organisation(
    c: &mut Conn<'_>,
    district: DistrictId,
    id: OrganisationId,
) -> Result<Option<Organisation>, PeopleError> {
    Ok(store::organisation(c, district, id).await?)
}

/// The posts in an organisation that are held at an instant, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn posts_in(
    c: &mut Conn<'_>,
    district: DistrictId,
    organisation: OrganisationId,
    at: Ts,
    limit: i64,
) -> Result<Vec<Post>, PeopleError> {
    let rows = store::posts_in(c, district, organisation, at, limit.clamp(1, 500)).await?;
    let post = |row: AppointmentRow| Ok(Post { person_name: row.person_name.clone(), appointment: row.appointment(district)? });
    rows.into_iter().map(post).collect()
}

/// All appointments of a person, ended and future ones too, in the order of their beginnings.
///
/// # Errors
/// Store errors.
pub async fn history_of(c: &mut Conn<'_>, district: DistrictId, person: PersonId) -> Result<Vec<Appointment>, PeopleError> {
    let rows = store::appointments_of(c, district, person).await?;
    Ok(rows.into_iter().map(|row| row.appointment(district)).collect::<Result<_, _>>()?)
}

/// People of a district by staff number, after one, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn people(c: &mut Conn<'_>, district: DistrictId, after: &str, limit: i64) -> Result<Vec<Person>, PeopleError> {
    Ok(store::people(c, district, after, limit.clamp(1, 500)).await?)
}

/// Organisations of a district by name, after one, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn organisations(
    c: &mut Conn<'_>,
    district: DistrictId,
    after: &str,
    limit: i64,
) -> Result<Vec<Organisation>, PeopleError> {
    find_organisations(c, district, "", (after, limit)).await
}

/// Organisations of a district whose name holds a text, by name, after one, at most `limit`.
///
/// # Errors
/// Store errors.
pub async fn find_organisations(
    c: &mut Conn<'_>,
    district: DistrictId,
    text: &str,
    (after, limit): (&str, i64),
) -> Result<Vec<Organisation>, PeopleError> {
    Ok(store::organisations(c, district, text, after, limit.clamp(1, 500)).await?)
}

/// Cross-appointments (双向进入、交叉任职) of an organisation, seen from both sides: its people with posts elsewhere, and
/// others' people with posts in it.
///
/// # Errors
/// Store errors.
pub async fn cross_appointments(
    c: &mut Conn<'_>,
    district: DistrictId,
    organisation: OrganisationId,
    at: Ts,
) -> Result<Vec<CrossAppointment>, PeopleError> {
    let rows = store::crossing(c, district, organisation, at).await?;
    let cross = |row: AppointmentRow| -> Result<CrossAppointment, PeopleError> {
        Ok(CrossAppointment {
            role: row.role()?,
            person: row.person_id,
            person_name: row.person_name,
            home_organisation: row.home_organisation.unwrap_or_default(),
            post_organisation: row.organisation.unwrap_or_default(),
            title: row.title,
        })
    };
    rows.into_iter().map(cross).collect()
}
