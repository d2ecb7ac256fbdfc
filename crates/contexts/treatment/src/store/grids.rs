//! Treatment grids, who belongs to them, and who looks after which place.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use crate::model::{Catchment, CatchmentId, GridRef, InstitutionId, Membership, MembershipId, TreatmentGrid, TreatmentGridId};

const GRID: &str = "district_id, id, code, name, kind, lead_id, valid_from, valid_to";
const MEMBER: &str = "id, institution_id, kind, grid_district, grid_id, valid_from, valid_to";

#[derive(linli_db::FromRow)]
struct GridRow {
    district_id: DistrictId,
    id: TreatmentGridId,
    code: String,
    name: String,
    kind: String,
    lead_id: InstitutionId,
    valid_from: Ts,
    valid_to: Option<Ts>,
}

impl TryFrom<GridRow> for TreatmentGrid {
    type Error = DbError;

    fn try_from(row: GridRow) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "treatment_grid", column: "kind", row: row.id.to_string() };
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged())?,
            at: GridRef { district: row.district_id, id: row.id },
            code: row.code,
            name: row.name,
            lead: row.lead_id,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    }
}

#[derive(linli_db::FromRow)]
struct MemberRow {
    id: MembershipId,
    institution_id: InstitutionId,
    kind: String,
    grid_district: DistrictId,
    grid_id: TreatmentGridId,
    valid_from: Ts,
    valid_to: Option<Ts>,
}

impl TryFrom<MemberRow> for Membership {
    type Error = DbError;

    fn try_from(row: MemberRow) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "grid_member", column: "kind", row: row.id.to_string() };
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged())?,
            id: row.id,
            institution: row.institution_id,
            grid: GridRef { district: row.grid_district, id: row.grid_id },
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    }
}

#[derive(linli_db::FromRow)]
struct MemberSomewhere {
    district_id: DistrictId,
    #[row(flatten)]
    member: MemberRow,
}

/// Writes a new grid.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &TreatmentGrid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO treatment_grid (district_id, id, code, name, kind, lead_id, valid_from, valid_to) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        )
        .bind(new.at.district)
        .bind(new.at.id)
        .bind(&new.code)
        .bind(&new.name)
        .bind(new.kind.as_str())
        .bind(new.lead)
        .bind(new.valid_from)
        .bind(new.valid_to)
    )
    .map(|_| ())
}

/// A grid.
pub(crate) async fn one(c: &mut Conn<'_>, at: GridRef) -> Result<Option<TreatmentGrid>> {
    let text = format!("SELECT {GRID} FROM treatment_grid WHERE district_id = $1 AND id = $2");
    let row: Option<GridRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(at.district).bind(at.id).fetch_optional(x).await)?;
    row.map(TreatmentGrid::try_from).transpose()
}

/// The grid of a district with a code.
pub(crate) async fn by_code(c: &mut Conn<'_>, district: DistrictId, code: &str) -> Result<Option<TreatmentGrid>> {
    let text = format!("SELECT {GRID} FROM treatment_grid WHERE district_id = $1 AND code = $2");
    let row: Option<GridRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(code).fetch_optional(x).await)?;
    row.map(TreatmentGrid::try_from).transpose()
}

/// The grids of a district that are there at an instant, by code.
pub(crate) async fn open_in(c: &mut Conn<'_>, district: DistrictId, at: Ts) -> Result<Vec<TreatmentGrid>> {
    let text = format!(
        "SELECT {GRID} FROM treatment_grid WHERE district_id = $1 AND valid_from <= $2 AND (valid_to IS NULL OR valid_to > $2) ORDER BY code"
    );
    let rows: Vec<GridRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(at).fetch_all(x).await)?;
    rows.into_iter().map(TreatmentGrid::try_from).collect()
}

/// The grids of all districts that are there at an instant, by district and code.
pub(crate) async fn open_anywhere(c: &mut Conn<'_>, at: Ts) -> Result<Vec<TreatmentGrid>> {
    let text = format!(
        "SELECT {GRID} FROM treatment_grid WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY district_id, code"
    );
    let rows: Vec<GridRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(at).fetch_all(x).await)?;
    rows.into_iter().map(TreatmentGrid::try_from).collect()
}

/// All memberships of an institution, the newest on top.
pub(crate) async fn memberships(c: &mut Conn<'_>, district: DistrictId, of: InstitutionId) -> Result<Vec<Membership>> {
    let text =
        format!("SELECT {MEMBER} FROM grid_member WHERE district_id = $1 AND institution_id = $2 ORDER BY valid_from DESC, kind");
    let rows: Vec<MemberRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(of).fetch_all(x).await)?;
    rows.into_iter().map(Membership::try_from).collect()
}

/// Every grid of every district, ended ones too.
pub(crate) async fn everywhere(c: &mut Conn<'_>) -> Result<Vec<TreatmentGrid>> {
    let text = format!("SELECT {GRID} FROM treatment_grid");
    let rows: Vec<GridRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)?;
    rows.into_iter().map(TreatmentGrid::try_from).collect()
}

/// Every membership of every district, ended ones too, each with its district.
pub(crate) async fn memberships_everywhere(c: &mut Conn<'_>) -> Result<Vec<(DistrictId, Membership)>> {
    let text = format!("SELECT {MEMBER}, district_id FROM grid_member ORDER BY valid_from DESC, kind");
    let rows: Vec<MemberSomewhere> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)?;
    rows.into_iter().map(|row| Ok((row.district_id, row.member.try_into()?))).collect()
}

/// The memberships of a grid that hold at an instant, of every district.
pub(crate) async fn members(c: &mut Conn<'_>, of: GridRef, at: Ts) -> Result<Vec<(DistrictId, InstitutionId)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT district_id, institution_id FROM grid_member WHERE grid_district = $1 AND grid_id = $2 AND valid_from <= $3 \
         AND (valid_to IS NULL OR valid_to > $3) ORDER BY district_id, institution_id"
    ).bind(of.district).bind(of.id).bind(at).fetch_all(x).await)
}

/// Ends a membership that is open.
pub(crate) async fn end_membership(c: &mut Conn<'_>, district: DistrictId, id: MembershipId, at: Ts) -> Result<()> {
    let text = "UPDATE grid_member SET valid_to = $3 WHERE district_id = $1 AND id = $2 AND valid_to IS NULL";
    let touched = exec!(c, sqlx::query(text).bind(district).bind(id).bind(at))?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

/// Writes a membership.
pub(crate) async fn insert_membership(c: &mut Conn<'_>, district: DistrictId, new: &Membership) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO grid_member (district_id, id, institution_id, kind, grid_district, grid_id, valid_from, valid_to) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        )
        .bind(district)
        .bind(new.id)
        .bind(new.institution)
        .bind(new.kind.as_str())
        .bind(new.grid.district)
        .bind(new.grid.id)
        .bind(new.valid_from)
        .bind(new.valid_to)
    )
    .map(|_| ())
}

/// Memberships of a district of which two hold at the same time, as `institution kind`.
pub(crate) async fn in_two(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(InstitutionId, String)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT DISTINCT a.institution_id, a.kind FROM grid_member a JOIN grid_member b ON b.district_id = a.district_id \
         AND b.institution_id = a.institution_id AND b.kind = a.kind AND b.id <> a.id AND b.valid_from >= a.valid_from \
         AND (a.valid_to IS NULL OR b.valid_from < a.valid_to) WHERE a.district_id = $1"
    ).bind(district).fetch_all(x).await)
}

#[derive(linli_db::FromRow)]
struct CatchmentRow {
    id: CatchmentId,
    place_path: PlacePath,
    institution_id: InstitutionId,
    valid_from: Ts,
    valid_to: Option<Ts>,
}

impl From<CatchmentRow> for Catchment {
    fn from(row: CatchmentRow) -> Self {
        Self {
            id: row.id,
            place: row.place_path,
            institution: row.institution_id,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        }
    }
}

/// The catchments of exactly these places, the deepest place and then the newest on top.
pub(crate) async fn catchments(c: &mut Conn<'_>, district: DistrictId, places: &[PlacePath]) -> Result<Vec<Catchment>> {
    let marks = (2..2 + places.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "SELECT id, place_path, institution_id, valid_from, valid_to FROM catchment WHERE district_id = $1 AND place_path IN ({marks}) \
         ORDER BY length(place_path) DESC, valid_from DESC"
    );
    let rows: Vec<CatchmentRow> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district);
        for place in places {
            query = query.bind(place.clone());
        }
        query.fetch_all(x).await
    })?;
    Ok(rows.into_iter().map(Catchment::from).collect())
}

/// The catchments of an institution, the newest on top.
pub(crate) async fn catchments_of(c: &mut Conn<'_>, district: DistrictId, of: InstitutionId) -> Result<Vec<Catchment>> {
    let rows: Vec<CatchmentRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, place_path, institution_id, valid_from, valid_to FROM catchment WHERE district_id = $1 AND institution_id = $2 \
         ORDER BY valid_from DESC, place_path LIMIT 500"
    ).bind(district).bind(of).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Catchment::from).collect())
}

/// Ends a catchment that is open.
pub(crate) async fn end_catchment(c: &mut Conn<'_>, district: DistrictId, id: CatchmentId, at: Ts) -> Result<()> {
    let text = "UPDATE catchment SET valid_to = $3 WHERE district_id = $1 AND id = $2 AND valid_to IS NULL";
    let touched = exec!(c, sqlx::query(text).bind(district).bind(id).bind(at))?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

/// Writes a catchment.
pub(crate) async fn insert_catchment(c: &mut Conn<'_>, district: DistrictId, new: &Catchment) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO catchment (district_id, id, place_path, institution_id, valid_from, valid_to) VALUES ($1, $2, $3, $4, $5, $6)"
        )
        .bind(district)
        .bind(new.id)
        .bind(&new.place)
        .bind(new.institution)
        .bind(new.valid_from)
        .bind(new.valid_to)
    )
    .map(|_| ())
}
