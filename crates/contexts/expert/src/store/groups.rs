//! Groups and who is in them.

use linli_access::Scope;
use linli_db::{Conn, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{Group, GroupId, Member, Speciality};

const GROUP: &str = "district_id, id, place_path, name, from_day, to_day";

#[derive(linli_db::FromRow)]
struct GroupRow {
    district_id: DistrictId,
    id: GroupId,
    place_path: PlacePath,
    name: String,
    from_day: String,
    to_day: Option<String>,
}

impl From<GroupRow> for Group {
    fn from(row: GroupRow) -> Self {
        Self {
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            name: row.name,
            from_day: row.from_day,
            to_day: row.to_day,
        }
    }
}

/// Writes a new group.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Group, (now, by): (Ts, Uuid)) -> Result<()> {
    let text = "INSERT INTO expert_group (district_id, id, place_path, name, from_day, to_day, made_at, made_by) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(&new.name)
            .bind(&new.from_day)
            .bind(&new.to_day)
            .bind(now)
            .bind(by)
    )
    .map(|_| ())
}

/// Says which day is the last of a group.
pub(crate) async fn end(c: &mut Conn<'_>, district: DistrictId, id: GroupId, last: &str) -> Result<()> {
    let text = "UPDATE expert_group SET to_day = $3 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(last)).map(|_| ())
}

/// A group.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: GroupId) -> Result<Option<Group>> {
    let text = format!("SELECT {GROUP} FROM expert_group WHERE district_id = $1 AND id = $2");
    let row: Option<GroupRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    Ok(row.map(Group::from))
}

/// The groups of a scope that are there on a day or later, by their first day.
pub(crate) async fn from_day_on(c: &mut Conn<'_>, scope: &Scope, day: &str) -> Result<Vec<Group>> {
    let text = format!(
        "SELECT {GROUP} FROM expert_group WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND (to_day IS NULL OR to_day >= $4) \
         ORDER BY from_day, id"
    );
    let rows: Vec<GroupRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(day).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Group::from).collect())
}

/// Puts somebody into a group, or back into it.
pub(crate) async fn join(c: &mut Conn<'_>, district: DistrictId, new: &Member, now: Ts) -> Result<()> {
    let text = "INSERT INTO expert_member (district_id, group_id, person_id, speciality, joined_at) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (district_id, group_id, person_id) DO UPDATE SET speciality = excluded.speciality, left_at = NULL";
    exec!(c, sqlx::query(text).bind(district).bind(new.group).bind(new.person).bind(new.speciality.as_str()).bind(now))
        .map(|_| ())
}

/// Somebody leaves a group; false for who is not in it.
pub(crate) async fn leave(c: &mut Conn<'_>, district: DistrictId, (group, person): (GroupId, Uuid), now: Ts) -> Result<bool> {
    let text =
        "UPDATE expert_member SET left_at = $4 WHERE district_id = $1 AND group_id = $2 AND person_id = $3 AND left_at IS NULL";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(group).bind(person).bind(now))? == 1)
}

/// Who is in a group now.
pub(crate) async fn members(c: &mut Conn<'_>, district: DistrictId, group: GroupId) -> Result<Vec<Member>> {
    let rows: Vec<(Uuid, String)> = sql!(c, x => sqlx::query_as(
        "SELECT person_id, speciality FROM expert_member WHERE district_id = $1 AND group_id = $2 AND left_at IS NULL ORDER BY joined_at, person_id"
    ).bind(district).bind(group).fetch_all(x).await)?;
    let read = |(person, speciality): (Uuid, String)| {
        let speciality: Speciality = speciality.parse().map_err(|_| damaged("expert_member", "speciality", person))?;
        Ok(Member { group, person, speciality })
    };
    rows.into_iter().map(read).collect()
}
