//! The tables of this room.

use std::str::FromStr as _;

use linli_access::{Role, Scope};
use linli_db::{Bulk, Column, Conn, DbError, Result, exec, sql, sqlx::AssertSqlSafe};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::FromRow;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use uuid::Uuid;

use crate::model::{Appointment, AppointmentId, Organisation, OrganisationId, Person, PersonId, StaffFilter, StaffLine};

/// The rows of a district whose last-named column holds one of the values, 200 values at a time.
async fn among<T>(c: &mut Conn<'_>, district: DistrictId, head: &str, values: &[&str]) -> Result<Vec<T>>
where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
{
    let mut found = Vec::new();
    for chunk in values.chunks(200) {
        let text = format!("{head} IN ({})", marks(2, chunk.len()));
        let rows: Vec<T> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text.clone())).bind(district);
            for value in chunk { query = query.bind((*value).to_owned()); }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

pub(crate) async fn organisations_by_name(c: &mut Conn<'_>, district: DistrictId, names: &[&str]) -> Result<Vec<Organisation>> {
    among(c, district, "SELECT id, kind, name, credit_code FROM organisation WHERE district_id = $1 AND name", names).await
}

/// Every organisation that holds one of these credit codes.
pub(crate) async fn organisations_by_credit_code(
    c: &mut Conn<'_>,
    district: DistrictId,
    codes: &[&str],
) -> Result<Vec<Organisation>> {
    among(c, district, "SELECT id, kind, name, credit_code FROM organisation WHERE district_id = $1 AND credit_code", codes).await
}

pub(crate) async fn update_organisation(c: &mut Conn<'_>, district: DistrictId, organisation: &Organisation) -> Result<()> {
    let touched = exec!(
        c,
        sqlx::query("UPDATE organisation SET kind = $3, credit_code = $4 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(organisation.id)
            .bind(&organisation.kind)
            .bind(&organisation.credit_code)
    )?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

pub(crate) async fn rename_organisation(
    c: &mut Conn<'_>,
    district: DistrictId,
    (id, name): (OrganisationId, &str),
) -> Result<()> {
    let text = "UPDATE organisation SET name = $3 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(name)).map(|_| ())
}

pub(crate) async fn insert_organisation(c: &mut Conn<'_>, district: DistrictId, organisation: &Organisation) -> Result<()> {
    exec!(
        c,
        sqlx::query("INSERT INTO organisation (district_id, id, kind, name, credit_code) VALUES ($1, $2, $3, $4, $5)")
            .bind(district)
            .bind(organisation.id)
            .bind(&organisation.kind)
            .bind(&organisation.name)
            .bind(&organisation.credit_code)
    )
    .map(|_| ())
}

pub(crate) async fn organisations(
    c: &mut Conn<'_>,
    district: DistrictId,
    text: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Organisation>> {
    let holds = format!("%{}%", literal(&text.to_lowercase()));
    sql!(c, x => sqlx::query_as(
        "SELECT id, kind, name, credit_code FROM organisation WHERE district_id = $1 AND name > $2 AND lower(name) LIKE $3 ESCAPE '\\' \
         ORDER BY name LIMIT $4"
    ).bind(district).bind(after.to_owned()).bind(holds.clone()).bind(limit).fetch_all(x).await)
}

/// A person with the organisation they belong to.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct PersonRow {
    pub(crate) id: PersonId,
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) organisation_id: Option<OrganisationId>,
    pub(crate) work_phone: Option<String>,
}

pub(crate) async fn people_by_code(c: &mut Conn<'_>, district: DistrictId, codes: &[&str]) -> Result<Vec<PersonRow>> {
    among(c, district, "SELECT id, code, name, organisation_id, work_phone FROM person WHERE district_id = $1 AND code", codes)
        .await
}

pub(crate) async fn person(c: &mut Conn<'_>, district: DistrictId, id: PersonId) -> Result<Option<Person>> {
    sql!(c, x => sqlx::query_as("SELECT id, code, name, work_phone FROM person WHERE district_id = $1 AND id = $2")
        .bind(district).bind(id).fetch_optional(x).await)
}

pub(crate) async fn people(c: &mut Conn<'_>, district: DistrictId, after: &str, limit: i64) -> Result<Vec<Person>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, code, name, work_phone FROM person WHERE district_id = $1 AND code > $2 ORDER BY code LIMIT $3"
    ).bind(district).bind(after.to_owned()).bind(limit).fetch_all(x).await)
}

/// A person with the organisation they come from, as a file has it.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct PersonOut {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) organisation_kind: Option<String>,
    pub(crate) organisation_name: Option<String>,
    pub(crate) organisation_credit_code: Option<String>,
    pub(crate) work_phone: Option<String>,
}

pub(crate) async fn people_out(c: &mut Conn<'_>, district: DistrictId, after: &str, limit: i64) -> Result<Vec<PersonOut>> {
    sql!(c, x => sqlx::query_as(
        "SELECT p.code, p.name, o.kind AS organisation_kind, o.name AS organisation_name, o.credit_code AS organisation_credit_code, \
         p.work_phone FROM person p LEFT JOIN organisation o ON o.district_id = p.district_id AND o.id = p.organisation_id \
         WHERE p.district_id = $1 AND p.code > $2 ORDER BY p.code LIMIT $3"
    ).bind(district).bind(after.to_owned()).bind(limit).fetch_all(x).await)
}

/// An appointment as a file has it.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct AppointmentOut {
    pub(crate) id: AppointmentId,
    pub(crate) person_code: String,
    pub(crate) organisation: Option<String>,
    pub(crate) role: String,
    pub(crate) title: String,
    pub(crate) place_path: PlacePath,
    pub(crate) grid_code: Option<String>,
    pub(crate) public_phone: Option<String>,
    pub(crate) valid_from: Ts,
    pub(crate) valid_to: Option<Ts>,
}

pub(crate) async fn appointments_out(
    c: &mut Conn<'_>,
    scope: &Scope,
    after: AppointmentId,
    limit: i64,
) -> Result<Vec<AppointmentOut>> {
    sql!(c, x => sqlx::query_as(
        "SELECT a.id, p.code AS person_code, o.name AS organisation, a.role, a.title, a.place_path, g.code AS grid_code, a.public_phone, \
         a.valid_from, a.valid_to FROM appointment a JOIN person p ON p.district_id = a.district_id AND p.id = a.person_id \
         LEFT JOIN organisation o ON o.district_id = a.district_id AND o.id = a.organisation_id \
         LEFT JOIN grid g ON g.district_id = a.district_id AND g.id = a.grid_id \
         WHERE a.district_id = $1 AND a.place_path >= $2 AND a.place_path < $3 AND a.id > $4 ORDER BY a.id LIMIT $5"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(after).bind(limit).fetch_all(x).await)
}

const STAFF: &str = "SELECT p.id, p.code, p.name, p.work_phone, p.organisation_id, o.name AS organisation FROM person p \
     LEFT JOIN organisation o ON o.district_id = p.district_id AND o.id = p.organisation_id WHERE p.district_id = $1";

/// Those whom a filter asks for at an instant, by staff number.
pub(crate) async fn find_staff(
    c: &mut Conn<'_>,
    district: DistrictId,
    filter: &StaffFilter,
    at: Ts,
    after: &str,
    limit: i64,
) -> Result<Vec<StaffLine>> {
    let literal = literal(&filter.text.to_lowercase());
    let (role, under) = (filter.role.map(Role::as_str).unwrap_or_default(), filter.under.clone().unwrap_or_default());
    let everybody = filter.role.is_none() && filter.under.is_none();
    let query = format!(
        "{STAFF} AND p.code > $2 AND (lower(p.code) LIKE $3 ESCAPE '\\' OR lower(p.name) LIKE $4 ESCAPE '\\') AND ($10 OR {IN_POST}) \
         ORDER BY p.code LIMIT $5"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(query.clone())).bind(district).bind(after.to_owned())
        .bind(format!("{literal}%")).bind(format!("%{literal}%")).bind(limit)
        .bind(at).bind(role).bind(under.clone()).bind(under.end()).bind(everybody).fetch_all(x).await)
}

/// A post in force at `$6`, of the role `$7` unless that is empty, at the places from `$8` to `$9`.
const IN_POST: &str = "EXISTS (SELECT 1 FROM appointment a WHERE a.district_id = p.district_id AND a.person_id = p.id \
     AND a.valid_from <= $6 AND (a.valid_to IS NULL OR a.valid_to > $6) AND ($7 = '' OR a.role = $7) \
     AND a.place_path >= $8 AND a.place_path < $9)";

/// A text as `LIKE … ESCAPE '\'` takes it for itself.
fn literal(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

pub(crate) async fn staff_line(c: &mut Conn<'_>, district: DistrictId, id: PersonId) -> Result<Option<StaffLine>> {
    let query = format!("{STAFF} AND p.id = $2");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(query.clone())).bind(district).bind(id).fetch_optional(x).await)
}

pub(crate) async fn staff_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    organisation: OrganisationId,
    limit: i64,
) -> Result<Vec<StaffLine>> {
    let query = format!("{STAFF} AND p.organisation_id = $2 ORDER BY p.code LIMIT $3");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(query.clone())).bind(district).bind(organisation).bind(limit).fetch_all(x).await)
}

pub(crate) async fn organisation(c: &mut Conn<'_>, district: DistrictId, id: OrganisationId) -> Result<Option<Organisation>> {
    sql!(c, x => sqlx::query_as("SELECT id, kind, name, credit_code FROM organisation WHERE district_id = $1 AND id = $2")
        .bind(district).bind(id).fetch_optional(x).await)
}

/// The names of some organisations.
pub(crate) async fn organisations_named(
    c: &mut Conn<'_>,
    district: DistrictId,
    ids: &[OrganisationId],
) -> Result<Vec<(OrganisationId, String)>> {
    let mut found = Vec::new();
    for chunk in ids.chunks(200) {
        let text = format!("SELECT id, name FROM organisation WHERE district_id = $1 AND id IN ({})", marks(2, chunk.len()));
        let rows: Vec<(OrganisationId, String)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text.clone())).bind(district);
            for id in chunk { query = query.bind(*id); }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

/// Appointments in an organisation that are in force.
pub(crate) async fn posts_in(
    c: &mut Conn<'_>,
    district: DistrictId,
    organisation: OrganisationId,
    at: Ts,
    limit: i64,
) -> Result<Vec<AppointmentRow>> {
    let text = format!(
        "{APPOINTMENT} AND a.organisation_id = $2 AND a.valid_from <= $3 AND (a.valid_to IS NULL OR a.valid_to > $3) \
         ORDER BY a.place_path, a.role, p.name LIMIT $4"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text.clone())).bind(district).bind(organisation).bind(at).bind(limit).fetch_all(x).await)
}

pub(crate) async fn insert_people(c: &mut Conn<'_>, district: DistrictId, rows: &[PersonRow]) -> Result<u64> {
    Bulk::into("person")
        .ints("district_id", rows.iter().map(|_| district.0))
        .ids("id", rows.iter().map(|r| r.id.0))
        .texts("code", rows.iter().map(|r| r.code.clone()))
        .texts("name", rows.iter().map(|r| r.name.clone()))
        .column("organisation_id", Column::Id(rows.iter().map(|r| r.organisation_id.map(|o| o.0)).collect()))
        .column("work_phone", Column::Text(rows.iter().map(|r| r.work_phone.clone()).collect()))
        .write(c)
        .await
}

pub(crate) async fn update_person(c: &mut Conn<'_>, district: DistrictId, row: &PersonRow) -> Result<()> {
    let touched = exec!(
        c,
        sqlx::query("UPDATE person SET name = $3, organisation_id = $4, work_phone = $5 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(row.id)
            .bind(&row.name)
            .bind(row.organisation_id)
            .bind(&row.work_phone)
    )?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

/// An appointment with the names around it.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct AppointmentRow {
    pub(crate) id: AppointmentId,
    pub(crate) person_id: PersonId,
    pub(crate) person_name: String,
    pub(crate) organisation_id: Option<OrganisationId>,
    pub(crate) organisation: Option<String>,
    pub(crate) home_organisation: Option<String>,
    pub(crate) role: String,
    pub(crate) title: String,
    pub(crate) place_path: PlacePath,
    pub(crate) grid_id: Option<Uuid>,
    pub(crate) public_phone: Option<String>,
    pub(crate) valid_from: Ts,
    pub(crate) valid_to: Option<Ts>,
}

impl AppointmentRow {
    pub(crate) fn role(&self) -> Result<Role> {
        Role::from_str(&self.role).map_err(|_| DbError::Inconsistent {
            table: "appointment",
            column: "role",
            row: self.id.to_string(),
        })
    }

    pub(crate) fn appointment(self, district: DistrictId) -> Result<Appointment> {
        Ok(Appointment {
            role: self.role()?,
            id: self.id,
            district,
            person: self.person_id,
            organisation_id: self.organisation_id,
            organisation: self.organisation,
            title: self.title,
            place: self.place_path,
            grid: self.grid_id,
            public_phone: self.public_phone,
            valid_from: self.valid_from,
            valid_to: self.valid_to,
        })
    }
}

const APPOINTMENT: &str = "SELECT a.id, a.person_id, p.name AS person_name, a.organisation_id, o.name AS organisation, h.name AS home_organisation, \
     a.role, a.title, a.place_path, a.grid_id, a.public_phone, a.valid_from, a.valid_to \
     FROM appointment a JOIN person p ON p.district_id = a.district_id AND p.id = a.person_id \
     LEFT JOIN organisation o ON o.district_id = a.district_id AND o.id = a.organisation_id \
     LEFT JOIN organisation h ON h.district_id = p.district_id AND h.id = p.organisation_id \
     WHERE a.district_id = $1";

/// Appointments in force at these places (not in grids) or in these grids.
pub(crate) async fn appointments_at(
    c: &mut Conn<'_>,
    district: DistrictId,
    places: &[PlacePath],
    grids: &[Uuid],
    at: Ts,
) -> Result<Vec<AppointmentRow>> {
    let by_place = format!("a.grid_id IS NULL AND a.place_path IN ({})", marks(3, places.len()));
    let by_grid =
        if grids.is_empty() { String::new() } else { format!(" OR a.grid_id IN ({})", marks(3 + places.len(), grids.len())) };
    let text =
        format!("{APPOINTMENT} AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2) AND ({by_place}{by_grid})");
    sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text.clone())).bind(district).bind(at);
        for place in places { query = query.bind(place.clone()); }
        for grid in grids { query = query.bind(*grid); }
        query.fetch_all(x).await
    })
}

/// Who is appointed in one of these roles at one of these places, under the place or over one of these grids, each once.
pub(crate) async fn persons_in_roles(
    c: &mut Conn<'_>,
    (district, at): (DistrictId, Ts),
    (place, places, grids): (&PlacePath, &[PlacePath], &[Uuid]),
    (roles, limit): (&[Role], i64),
) -> Result<Vec<PersonId>> {
    let in_roles = marks(6, roles.len());
    let by_place = marks(6 + roles.len(), places.len());
    let by_grid = match grids.len() {
        0 => String::new(),
        count => format!(" OR grid_id IN ({})", marks(6 + roles.len() + places.len(), count)),
    };
    let text = format!(
        "SELECT DISTINCT person_id FROM appointment WHERE district_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) \
         AND role IN ({in_roles}) AND ((place_path >= $3 AND place_path < $4) OR place_path IN ({by_place}){by_grid}) \
         ORDER BY person_id LIMIT $5"
    );
    sql!(c, x => {
        let mut query = sqlx::query_scalar(AssertSqlSafe(text.clone())).bind(district).bind(at).bind(place).bind(place.end()).bind(limit);
        for role in roles { query = query.bind(role.as_str()); }
        for above in places { query = query.bind(above.clone()); }
        for grid in grids { query = query.bind(*grid); }
        query.fetch_all(x).await
    })
}

pub(crate) async fn appointments_of(c: &mut Conn<'_>, district: DistrictId, person: PersonId) -> Result<Vec<AppointmentRow>> {
    let text = format!("{APPOINTMENT} AND a.person_id = $2 ORDER BY a.valid_from, a.id");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text.clone())).bind(district).bind(person).fetch_all(x).await)
}

/// Which of these appointments are in force at an instant.
pub(crate) async fn in_force(
    c: &mut Conn<'_>,
    district: DistrictId,
    appointments: &[AppointmentId],
    at: Ts,
) -> Result<Vec<AppointmentId>> {
    let mut found = Vec::new();
    for chunk in appointments.chunks(200) {
        let text = format!(
            "SELECT id FROM appointment WHERE district_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) \
             AND id IN ({})",
            marks(3, chunk.len())
        );
        let rows: Vec<AppointmentId> = sql!(c, x => {
            let mut query = sqlx::query_scalar(AssertSqlSafe(text.clone())).bind(district).bind(at);
            for appointment in chunk { query = query.bind(*appointment); }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

/// How many appointments are in force at a place and below it.
pub(crate) async fn posts_under(c: &mut Conn<'_>, scope: &Scope, at: Ts) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM appointment WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         AND valid_from <= $4 AND (valid_to IS NULL OR valid_to > $4)"
    ).bind(scope.district).bind(scope.from().to_owned()).bind(scope.to()).bind(at).fetch_one(x).await)
}

/// Appointments of several persons in force at an instant.
pub(crate) async fn appointments_of_all(
    c: &mut Conn<'_>,
    district: DistrictId,
    people: &[PersonId],
    at: Ts,
) -> Result<Vec<AppointmentRow>> {
    let mut found = Vec::new();
    for chunk in people.chunks(200) {
        let text = format!(
            "{APPOINTMENT} AND a.valid_from <= $2 AND (a.valid_to IS NULL OR a.valid_to > $2) AND a.person_id IN ({}) \
             ORDER BY a.person_id, a.valid_from, a.id",
            marks(3, chunk.len())
        );
        let rows: Vec<AppointmentRow> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text.clone())).bind(district).bind(at);
            for person in chunk { query = query.bind(*person); }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

pub(crate) async fn appointment(c: &mut Conn<'_>, district: DistrictId, id: AppointmentId) -> Result<Option<AppointmentRow>> {
    let text = format!("{APPOINTMENT} AND a.id = $2");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text.clone())).bind(district).bind(id).fetch_optional(x).await)
}

/// Appointments whose post is in another organisation than the person's own.
pub(crate) async fn crossing(
    c: &mut Conn<'_>,
    district: DistrictId,
    organisation: OrganisationId,
    at: Ts,
) -> Result<Vec<AppointmentRow>> {
    let text = format!(
        "{APPOINTMENT} AND a.valid_from <= $3 AND (a.valid_to IS NULL OR a.valid_to > $3) AND a.organisation_id <> p.organisation_id \
         AND (a.organisation_id = $2 OR p.organisation_id = $2) ORDER BY p.name, a.title"
    );
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text.clone())).bind(district).bind(organisation).bind(at).fetch_all(x).await)
}

pub(crate) async fn insert_appointments(c: &mut Conn<'_>, rows: &[Appointment]) -> Result<u64> {
    Bulk::into("appointment")
        .ints("district_id", rows.iter().map(|a| a.district.0))
        .ids("id", rows.iter().map(|a| a.id.0))
        .ids("person_id", rows.iter().map(|a| a.person.0))
        .column("organisation_id", Column::Id(rows.iter().map(|a| a.organisation_id.map(|o| o.0)).collect()))
        .texts("role", rows.iter().map(|a| a.role.to_string()))
        .texts("title", rows.iter().map(|a| a.title.clone()))
        .texts("place_path", rows.iter().map(|a| a.place.to_string()))
        .column("grid_id", Column::Id(rows.iter().map(|a| a.grid).collect()))
        .column("public_phone", Column::Text(rows.iter().map(|a| a.public_phone.clone()).collect()))
        .ints("valid_from", rows.iter().map(|a| a.valid_from.0))
        .column("valid_to", Column::Int(rows.iter().map(|a| a.valid_to.map(|t| t.0)).collect()))
        .write(c)
        .await
}

pub(crate) async fn set_appointment(
    c: &mut Conn<'_>,
    district: DistrictId,
    id: AppointmentId,
    phone: Option<&str>,
    valid_to: Option<Ts>,
) -> Result<()> {
    let touched = exec!(
        c,
        sqlx::query("UPDATE appointment SET public_phone = $3, valid_to = $4 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(id)
            .bind(phone.map(str::to_owned))
            .bind(valid_to)
    )?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

fn marks(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
