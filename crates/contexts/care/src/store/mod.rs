//! The tables of this room. Nobody else touches them.

pub(crate) mod consents;
pub(crate) mod ears;
pub(crate) mod figures;
pub(crate) mod keeper;
pub(crate) mod visits;
pub(crate) mod watch;

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

use crate::model::{CarePerson, CarePersonId, Contact};

const PERSON: &str = "SELECT id, place_path, name_sealed, phone_sealed, registered_at FROM care_person";

/// A new person.
pub(crate) struct NewPerson<'a> {
    pub(crate) id: CarePersonId,
    pub(crate) place: &'a PlacePath,
    pub(crate) name_sealed: Vec<u8>,
    pub(crate) phone_sealed: Option<Vec<u8>>,
    pub(crate) link_hash: Vec<u8>,
    pub(crate) at: Ts,
}

pub(crate) async fn insert_person(c: &mut Conn<'_>, district: DistrictId, person: &NewPerson<'_>) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_person (district_id, id, place_path, name_sealed, phone_sealed, registered_at) \
             VALUES ($1, $2, $3, $4, $5, $6)"
        )
        .bind(district)
        .bind(person.id)
        .bind(person.place)
        .bind(&person.name_sealed)
        .bind(&person.phone_sealed)
        .bind(person.at)
    )?;
    claim_link(c, district, person.id, &person.link_hash).await
}

/// Writes whose a private link is. The table is global: whoever holds a link is looked up by it alone.
async fn claim_link(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId, hash: &[u8]) -> Result<()> {
    let text = "INSERT INTO care_link (link_hash, district_id, person_id) VALUES ($1, $2, $3)";
    exec!(c, sqlx::query(text).bind(hash).bind(district).bind(id)).map(|_| ())
}

pub(crate) async fn person(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId) -> Result<Option<CarePerson>> {
    let text = format!("{PERSON} WHERE district_id = $1 AND id = $2");
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)
}

/// Those of a scope after one, in the order of their homes.
pub(crate) async fn people(c: &mut Conn<'_>, scope: &Scope, after: (&str, CarePersonId), limit: i64) -> Result<Vec<CarePerson>> {
    let text = format!(
        "{PERSON} WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND (place_path, id) > ($4, $5) \
         ORDER BY place_path, id LIMIT $6"
    );
    sql!(c, x => sqlx::query_as(sqlx::AssertSqlSafe(text)).bind(scope.district).bind(scope.from().to_owned()).bind(scope.to())
        .bind(after.0.to_owned()).bind(after.1).bind(limit).fetch_all(x).await)
}

/// Whom a private link is about.
pub(crate) async fn of_link(c: &mut Conn<'_>, hash: &[u8]) -> Result<Option<(DistrictId, CarePersonId)>> {
    sql!(c, x => sqlx::query_as("SELECT district_id, person_id FROM care_link WHERE link_hash = $1").bind(hash).fetch_optional(x).await)
}

/// Those who are registered at exactly that home, at most `limit`.
pub(crate) async fn at_home(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath, limit: i64) -> Result<Vec<CarePersonId>> {
    sql!(c, x => sqlx::query_scalar("SELECT id FROM care_person WHERE district_id = $1 AND place_path = $2 ORDER BY id LIMIT $3")
        .bind(district).bind(home).bind(limit).fetch_all(x).await)
}

/// Gives a person another private link: the old one opens nothing any more.
pub(crate) async fn set_link(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId, hash: &[u8]) -> Result<()> {
    exec!(c, sqlx::query("DELETE FROM care_link WHERE district_id = $1 AND person_id = $2").bind(district).bind(id))?;
    claim_link(c, district, id, hash).await
}

/// What was weighed before a person was asked to agree; empty where nobody wrote it.
pub(crate) async fn assessment(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId) -> Result<String> {
    let kept: Option<String> = sql!(c, x => sqlx::query_scalar("SELECT assessment FROM care_person WHERE district_id = $1 AND id = $2")
        .bind(district).bind(id).fetch_optional(x).await)?;
    Ok(kept.unwrap_or_default())
}

/// Keeps what was weighed before a person was asked to agree.
pub(crate) async fn keep_assessment(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId, note: &str) -> Result<()> {
    let text = "UPDATE care_person SET assessment = $3 WHERE district_id = $1 AND id = $2";
    one(exec!(c, sqlx::query(text).bind(district).bind(id).bind(note.to_owned()))?)
}

/// Forgets the number of a person.
pub(crate) async fn forget_phone(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId) -> Result<()> {
    let text = "UPDATE care_person SET phone_sealed = NULL WHERE district_id = $1 AND id = $2";
    one(exec!(c, sqlx::query(text).bind(district).bind(id))?)
}

pub(crate) async fn put_contact(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId, contact: &Contact) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO care_contact (district_id, person_id, name_sealed, phone_sealed, relation) VALUES ($1, $2, $3, $4, $5) \
             ON CONFLICT (district_id, person_id) DO UPDATE SET name_sealed = excluded.name_sealed, \
             phone_sealed = excluded.phone_sealed, relation = excluded.relation"
        )
        .bind(district)
        .bind(id)
        .bind(&contact.name_sealed)
        .bind(&contact.phone_sealed)
        .bind(&contact.relation)
    )
    .map(|_| ())
}

pub(crate) async fn contact(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId) -> Result<Option<Contact>> {
    sql!(c, x => sqlx::query_as(
        "SELECT name_sealed, phone_sealed, relation FROM care_contact WHERE district_id = $1 AND person_id = $2"
    ).bind(district).bind(id).fetch_optional(x).await)
}

pub(crate) async fn forget_contact(c: &mut Conn<'_>, district: DistrictId, id: CarePersonId) -> Result<()> {
    let text = "DELETE FROM care_contact WHERE district_id = $1 AND person_id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id)).map(|_| ())
}

/// That exactly one row was touched.
pub(crate) const fn one(touched: u64) -> Result<()> {
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

/// Under which number lines about somebody's health stand in the journal; `fresh` becomes it when there is none.
pub(crate) async fn health_thread(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, fresh: Uuid) -> Result<Uuid> {
    let text = "UPDATE care_person SET health_thread = $3 WHERE district_id = $1 AND id = $2 AND health_thread IS NULL";
    exec!(c, sqlx::query(text).bind(district).bind(person).bind(fresh))?;
    let kept: Option<Option<Uuid>> = sql!(c, x => sqlx::query_scalar(
        "SELECT health_thread FROM care_person WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(person).fetch_optional(x).await)?;
    Ok(kept.flatten().unwrap_or(fresh))
}

/// Forgets that number, and gives it for the last time.
pub(crate) async fn end_health_thread(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<Option<Uuid>> {
    let kept: Option<Option<Uuid>> = sql!(&mut *c, x => sqlx::query_scalar(
        "SELECT health_thread FROM care_person WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(person).fetch_optional(x).await)?;
    let text = "UPDATE care_person SET health_thread = NULL WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(person))?;
    Ok(kept.flatten())
}
