//! Projects, their homes, what these said, and what does not hold together.

use linli_access::Scope;
use linli_db::{BlobHash, Bulk, Column, Conn, DbError, Result, exec, sql};
use linli_kernel::{Area, DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::{damaged, hash};
use crate::model::{Home, LiftId, Project, SchemeId, Signed, Stance, Word};

const PROJECT: &str = "district_id, id, place_path, title, stage, convener_id, rule, property_on, property_by, property_note, scheme_id, begun_at, \
    passed_at, signed_at";

#[derive(linli_db::FromRow)]
struct ProjectRow {
    district_id: DistrictId,
    id: LiftId,
    place_path: PlacePath,
    title: String,
    stage: String,
    convener_id: Uuid,
    rule: String,
    property_on: Option<String>,
    property_by: String,
    property_note: String,
    scheme_id: Option<SchemeId>,
    begun_at: Ts,
    passed_at: Option<Ts>,
    signed_at: Option<Ts>,
}

impl TryFrom<ProjectRow> for Project {
    type Error = DbError;

    fn try_from(row: ProjectRow) -> Result<Self> {
        Ok(Self {
            stage: row.stage.parse().map_err(|_| damaged("lift_project", "stage", row.id))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            title: row.title,
            convener: row.convener_id,
            rule: row.rule,
            property_on: row.property_on,
            property_by: row.property_by,
            property_note: row.property_note,
            scheme: row.scheme_id,
            begun_at: row.begun_at,
            passed_at: row.passed_at,
            signed_at: row.signed_at,
        })
    }
}

/// Writes a new project; false where the stairwell has one.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Project, by: Uuid) -> Result<bool> {
    let text = "INSERT INTO lift_project (district_id, id, place_path, title, stage, convener_id, rule, property_by, property_note, begun_at, begun_by, \
                version) VALUES ($1, $2, $3, $4, $5, $6, $7, '', '', $8, $9, 1) ON CONFLICT (district_id, place_path) DO NOTHING";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(&new.title)
            .bind(new.stage.as_str())
            .bind(new.convener)
            .bind(&new.rule)
            .bind(new.begun_at)
            .bind(by)
    )? == 1)
}

/// Writes the homes of a new project.
pub(crate) async fn insert_homes(c: &mut Conn<'_>, district: DistrictId, id: LiftId, homes: &[Home]) -> Result<u64> {
    Bulk::into("lift_home")
        .ints("district_id", homes.iter().map(|_| district.0))
        .ids("project_id", homes.iter().map(|_| id.0))
        .texts("place_path", homes.iter().map(|home| home.place.to_string()))
        .ints("floor", homes.iter().map(|home| home.floor))
        .ints("door", homes.iter().map(|home| home.door))
        .texts("room", homes.iter().map(|home| home.room.clone()))
        .column("area", Column::Int(homes.iter().map(|home| home.area.map(|area| area.0)).collect()))
        .texts("area_source", homes.iter().map(|home| home.source.as_str().to_owned()))
        .ints("owner_no", homes.iter().map(|home| home.owner))
        .write(c)
        .await
}

/// Takes a project, so that of two who change it the second waits.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: LiftId) -> Result<Option<Project>> {
    let text = "UPDATE lift_project SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    one(c, district, id).await
}

/// Writes what a project has become. Only under its lock.
pub(crate) async fn put(c: &mut Conn<'_>, project: &Project) -> Result<()> {
    let text = "UPDATE lift_project SET stage = $3, convener_id = $4, rule = $5, property_on = $6, property_by = $7, property_note = $8, scheme_id = $9, \
                passed_at = $10, signed_at = $11 WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(project.district)
            .bind(project.id)
            .bind(project.stage.as_str())
            .bind(project.convener)
            .bind(&project.rule)
            .bind(&project.property_on)
            .bind(&project.property_by)
            .bind(&project.property_note)
            .bind(project.scheme)
            .bind(project.passed_at)
            .bind(project.signed_at)
    )
    .map(|_| ())
}

/// A project.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: LiftId) -> Result<Option<Project>> {
    let text = format!("SELECT {PROJECT} FROM lift_project WHERE district_id = $1 AND id = $2");
    let row: Option<ProjectRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Project::try_from).transpose()
}

/// The projects of a scope, by place.
pub(crate) async fn under(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Project>> {
    let text = format!(
        "SELECT {PROJECT} FROM lift_project WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 ORDER BY place_path LIMIT $4"
    );
    let rows: Vec<ProjectRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Project::try_from).collect()
}

#[derive(linli_db::FromRow)]
struct HomeRow {
    place_path: PlacePath,
    floor: i64,
    door: i64,
    room: String,
    area: Option<i64>,
    area_source: String,
    owner_no: i64,
    signed_at: Option<Ts>,
    signed_how: Option<String>,
    signed_paper: Option<Vec<u8>>,
    share: Option<i64>,
    compensation: Option<i64>,
    sold_on: Option<String>,
}

impl TryFrom<HomeRow> for Home {
    type Error = DbError;

    fn try_from(row: HomeRow) -> Result<Self> {
        let damaged = |column| damaged("lift_home", column, row.place_path.as_str());
        let signed = match (row.signed_at, row.signed_how.as_deref(), row.share, row.compensation) {
            (Some(at), Some(how), Some(share), Some(compensation)) => {
                let how = how.parse().map_err(|_| damaged("signed_how"))?;
                Some(Signed { at, how, paper: hash(row.signed_paper), share, compensation })
            }
            (None, ..) => None,
            _ => return Err(damaged("signed_at")),
        };
        Ok(Self {
            source: row.area_source.parse().map_err(|_| damaged("area_source"))?,
            place: row.place_path,
            floor: row.floor,
            door: row.door,
            room: row.room,
            area: row.area.map(Area),
            owner: row.owner_no,
            signed,
            sold_on: row.sold_on,
        })
    }
}

/// The homes of a project, from the top floor down and from the left.
pub(crate) async fn homes(c: &mut Conn<'_>, district: DistrictId, id: LiftId) -> Result<Vec<Home>> {
    let rows: Vec<HomeRow> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, floor, door, room, area, area_source, owner_no, signed_at, signed_how, signed_paper, share, compensation, sold_on \
         FROM lift_home WHERE district_id = $1 AND project_id = $2 ORDER BY floor DESC, door, place_path"
    ).bind(district).bind(id).fetch_all(x).await)?;
    rows.into_iter().map(Home::try_from).collect()
}

/// The project of the stairwell of a home.
pub(crate) async fn of_home(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<Option<LiftId>> {
    sql!(c, x => sqlx::query_scalar("SELECT project_id FROM lift_home WHERE district_id = $1 AND place_path = $2")
        .bind(district).bind(home).fetch_optional(x).await)
}

/// Writes what a home has become.
pub(crate) async fn put_home(c: &mut Conn<'_>, district: DistrictId, id: LiftId, home: &Home) -> Result<()> {
    let text = "UPDATE lift_home SET area = $4, area_source = $5, owner_no = $6, signed_at = $7, signed_how = $8, signed_paper = $9, share = $10, \
                compensation = $11, sold_on = $12 WHERE district_id = $1 AND project_id = $2 AND place_path = $3";
    let signed = home.signed.as_ref();
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(id)
            .bind(&home.place)
            .bind(home.area.map(|area| area.0))
            .bind(home.source.as_str())
            .bind(home.owner)
            .bind(signed.map(|signed| signed.at))
            .bind(signed.map(|signed| signed.how.as_str()))
            .bind(signed.and_then(|signed| signed.paper).map(|paper| paper.0.to_vec()))
            .bind(signed.map(|signed| signed.share))
            .bind(signed.map(|signed| signed.compensation))
            .bind(&home.sold_on)
    )
    .map(|_| ())
}

#[derive(linli_db::FromRow)]
struct WordRow {
    no: i64,
    place_path: PlacePath,
    stance: String,
    channel: String,
    reason: String,
    on_day: String,
    sealed: Vec<u8>,
    paper: Option<Vec<u8>>,
    at: Ts,
    by_whom: String,
}

impl TryFrom<WordRow> for Word {
    type Error = DbError;

    fn try_from(row: WordRow) -> Result<Self> {
        let damaged = |column| damaged("lift_word", column, row.no);
        let reason = match row.reason.as_str() {
            "" => None,
            word => Some(word.parse().map_err(|_| damaged("reason"))?),
        };
        Ok(Self {
            stance: row.stance.parse().map_err(|_| damaged("stance"))?,
            way: row.channel.parse().map_err(|_| damaged("channel"))?,
            no: row.no,
            home: row.place_path,
            reason,
            day: row.on_day,
            paper: hash(row.paper),
            at: row.at,
            by: row.by_whom,
            sealed: row.sealed,
        })
    }
}

/// The words of all homes of a project, in the order in which they were written down.
pub(crate) async fn words(c: &mut Conn<'_>, district: DistrictId, id: LiftId) -> Result<Vec<Word>> {
    let rows: Vec<WordRow> = sql!(c, x => sqlx::query_as(
        "SELECT no, place_path, stance, channel, reason, on_day, sealed, paper, at, by_whom FROM lift_word \
         WHERE district_id = $1 AND project_id = $2 ORDER BY no"
    ).bind(district).bind(id).fetch_all(x).await)?;
    rows.into_iter().map(Word::try_from).collect()
}

/// The number that the next word of a project gets. Only under its lock.
pub(crate) async fn next_word(c: &mut Conn<'_>, district: DistrictId, id: LiftId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT CAST(COALESCE(MAX(no), 0) + 1 AS BIGINT) FROM lift_word WHERE district_id = $1 AND project_id = $2")
        .bind(district).bind(id).fetch_one(x).await)
}

/// Writes a word.
pub(crate) async fn insert_word(c: &mut Conn<'_>, district: DistrictId, id: LiftId, new: &Word) -> Result<()> {
    let text = "INSERT INTO lift_word (district_id, project_id, no, place_path, stance, channel, reason, on_day, sealed, paper, at, by_whom) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(id)
            .bind(new.no)
            .bind(&new.home)
            .bind(new.stance.as_str())
            .bind(new.way.as_str())
            .bind(new.reason.map_or("", crate::model::Matter::as_str))
            .bind(&new.day)
            .bind(&new.sealed)
            .bind(new.paper.map(|paper| paper.0.to_vec()))
            .bind(new.at)
            .bind(&new.by)
    )
    .map(|_| ())
}

/// For each project of a scope: how many homes there are, and how many agree by their last word.
pub(crate) async fn counts(c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<(LiftId, i64, i64, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT p.id, COUNT(h.place_path), CAST(COALESCE(SUM(CASE WHEN w.stance = $4 THEN 1 ELSE 0 END), 0) AS BIGINT), COUNT(h.signed_at) \
         FROM lift_project p JOIN lift_home h ON h.district_id = p.district_id AND h.project_id = p.id \
         LEFT JOIN lift_word w ON w.district_id = h.district_id AND w.project_id = h.project_id AND w.place_path = h.place_path AND w.no = \
         (SELECT MAX(l.no) FROM lift_word l WHERE l.district_id = h.district_id AND l.project_id = h.project_id AND l.place_path = h.place_path) \
         WHERE p.district_id = $1 AND p.place_path >= $2 AND p.place_path < $3 GROUP BY p.id"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(Stance::Agree.as_str()).fetch_all(x).await)
}

/// Whether a photo belongs to a paper of a project.
pub(crate) async fn has_paper(c: &mut Conn<'_>, (district, id): (DistrictId, LiftId), paper: BlobHash) -> Result<bool> {
    let found: i64 = sql!(c, x => sqlx::query_scalar(
        "SELECT (SELECT COUNT(*) FROM lift_word WHERE district_id = $1 AND project_id = $2 AND paper = $3) + \
         (SELECT COUNT(*) FROM lift_home WHERE district_id = $1 AND project_id = $2 AND signed_paper = $3) + \
         (SELECT COUNT(*) FROM lift_notice WHERE district_id = $1 AND project_id = $2 AND paper = $3) + \
         (SELECT COUNT(*) FROM lift_step WHERE district_id = $1 AND project_id = $2 AND paper = $3)"
    ).bind(district).bind(id).bind(paper.0.as_slice()).fetch_one(x).await)?;
    Ok(found > 0)
}

/// What does not hold together in a district.
pub(crate) async fn contradictions(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for (what, text) in [
        (
            "lifts without homes",
            "SELECT COUNT(*) FROM lift_project p WHERE p.district_id = $1 AND NOT EXISTS (SELECT 1 FROM lift_home h WHERE h.district_id = p.district_id \
             AND h.project_id = p.id)",
        ),
        (
            "lifts that are signed without a scheme, or with homes that signed without one",
            "SELECT COUNT(*) FROM lift_project p WHERE p.district_id = $1 AND p.scheme_id IS NULL AND (p.signed_at IS NOT NULL OR EXISTS (SELECT 1 FROM \
             lift_home h WHERE h.district_id = p.district_id AND h.project_id = p.id AND h.signed_at IS NOT NULL))",
        ),
        (
            "lifts with several chosen schemes, or a chosen one that they do not know",
            "SELECT COUNT(*) FROM lift_scheme s JOIN lift_project p ON p.district_id = s.district_id AND p.id = s.project_id WHERE s.district_id = $1 \
             AND s.state = 'chosen' AND (p.scheme_id IS NULL OR p.scheme_id <> s.id)",
        ),
        (
            "objections that are over and open at once",
            "SELECT COUNT(*) FROM lift_objection WHERE district_id = $1 AND (over_at IS NOT NULL) <> (state IN ('settled', 'withdrawn', 'judged'))",
        ),
        (
            "words of homes that are none of their stairwell",
            "SELECT COUNT(*) FROM lift_word w WHERE w.district_id = $1 AND NOT EXISTS (SELECT 1 FROM lift_home h WHERE h.district_id = w.district_id \
             AND h.project_id = w.project_id AND h.place_path = w.place_path)",
        ),
        (
            "stairwells beyond their posting without one that was closed",
            "SELECT COUNT(*) FROM lift_project p WHERE p.district_id = $1 AND p.stage IN ('noticed', 'reviewed', 'building', 'in_use') AND NOT EXISTS \
             (SELECT 1 FROM lift_notice n WHERE n.district_id = p.district_id AND n.project_id = p.id AND n.closed_at IS NOT NULL)",
        ),
        (
            "renovation items that are accepted without an acceptance",
            "SELECT COUNT(*) FROM renovation_item i WHERE i.district_id = $1 AND i.state = 'accepted' AND NOT EXISTS (SELECT 1 FROM renovation_note n \
             WHERE n.district_id = i.district_id AND n.item_id = i.id AND n.kind = 'acceptance')",
        ),
    ] {
        let n: i64 = sql!(c, x => sqlx::query_scalar(text).bind(district).fetch_one(x).await)?;
        if n > 0 {
            found.push(format!("{n} {what}"));
        }
    }
    Ok(found)
}
