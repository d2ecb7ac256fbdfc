//! Institutions and their units.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_geo::Point;
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use crate::model::{Institution, InstitutionId, Unit, UnitId};

const COLUMNS: &str = "i.district_id, i.id, i.code, o.name, i.kind, i.level, i.place_path, i.address, i.lon_e7, i.lat_e7, i.public_phone, \
    i.capabilities, i.valid_from, i.valid_to, i.version";
const FROM: &str = "FROM institution i JOIN organisation o ON o.district_id = i.district_id AND o.id = i.id";
const UNIT: &str = "id, institution_id, kind, name, capabilities, added, serves, lane, partner, online, valid_from, valid_to";

#[derive(linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: InstitutionId,
    code: String,
    name: String,
    kind: String,
    level: String,
    place_path: PlacePath,
    address: String,
    lon_e7: Option<i64>,
    lat_e7: Option<i64>,
    public_phone: Option<String>,
    capabilities: String,
    valid_from: Ts,
    valid_to: Option<Ts>,
    version: i64,
}

impl TryFrom<Row> for Institution {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "institution", column, row: row.id.to_string() };
        let point = row.lon_e7.zip(row.lat_e7).map(|(lon, lat)| {
            let narrow = |e7: i64| i32::try_from(e7).map_err(|_| damaged("lon_e7"));
            Ok::<_, DbError>(Point { lon_e7: narrow(lon)?, lat_e7: narrow(lat)? })
        });
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            level: row.level.parse().map_err(|_| damaged("level"))?,
            point: point.transpose()?,
            district: row.district_id,
            id: row.id,
            code: row.code,
            name: row.name,
            place: row.place_path,
            address: row.address,
            phone: row.public_phone,
            capabilities: words(&row.capabilities),
            valid_from: row.valid_from,
            valid_to: row.valid_to,
            version: row.version,
        })
    }
}

#[derive(linli_db::FromRow)]
struct UnitRow {
    id: UnitId,
    institution_id: InstitutionId,
    kind: String,
    name: String,
    capabilities: String,
    added: String,
    serves: String,
    lane: String,
    partner: Option<String>,
    online: Option<String>,
    valid_from: Ts,
    valid_to: Option<Ts>,
}

impl TryFrom<UnitRow> for Unit {
    type Error = DbError;

    fn try_from(row: UnitRow) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "institution_unit", column, row: row.id.to_string() };
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            added: row.added.parse().map_err(|_| damaged("added"))?,
            serves: row.serves.parse().map_err(|_| damaged("serves"))?,
            lane: row.lane.parse().map_err(|_| damaged("lane"))?,
            id: row.id,
            institution: row.institution_id,
            name: row.name,
            capabilities: words(&row.capabilities),
            partner: row.partner,
            online: row.online,
            valid_from: row.valid_from,
            valid_to: row.valid_to,
        })
    }
}

#[derive(linli_db::FromRow)]
struct UnitSomewhere {
    district_id: DistrictId,
    #[row(flatten)]
    unit: UnitRow,
}

/// Words with commas between them.
fn words(text: &str) -> Vec<String> {
    text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Whether an institution is registered and not closed at an instant.
pub(crate) async fn is_open(c: &mut Conn<'_>, (district, id): (DistrictId, InstitutionId), at: Ts) -> Result<bool> {
    let found: Option<i64> = sql!(c, x => sqlx::query_scalar(
        "SELECT valid_from FROM institution WHERE district_id = $1 AND id = $2 AND valid_from <= $3 AND (valid_to IS NULL OR valid_to > $3)"
    ).bind(district).bind(id).bind(at).fetch_optional(x).await)?;
    Ok(found.is_some())
}

/// An institution.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: InstitutionId) -> Result<Option<Institution>> {
    let text = format!("SELECT {COLUMNS} {FROM} WHERE i.district_id = $1 AND i.id = $2");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Institution::try_from).transpose()
}

/// The institution with a code.
pub(crate) async fn by_code(c: &mut Conn<'_>, district: DistrictId, code: &str) -> Result<Option<Institution>> {
    let text = format!("SELECT {COLUMNS} {FROM} WHERE i.district_id = $1 AND i.code = $2");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(code).fetch_optional(x).await)?;
    row.map(Institution::try_from).transpose()
}

/// Takes the lock of an institution and says whether there is one: whoever changes it, its units or its grids waits here for the other.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: InstitutionId) -> Result<bool> {
    let text = "UPDATE institution SET version = version + 1 WHERE district_id = $1 AND id = $2";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(id))? == 1)
}

/// The institutions of a scope that are open at an instant and whose name or code holds a text, by code, after one.
pub(crate) async fn open_in(
    c: &mut Conn<'_>,
    scope: &Scope,
    at: Ts,
    (holds, after, limit): (&str, &str, i64),
) -> Result<Vec<Institution>> {
    let holds = format!("%{}%", holds.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"));
    let text = format!(
        "SELECT {COLUMNS} {FROM} WHERE i.district_id = $1 AND i.place_path >= $2 AND i.place_path < $3 AND i.valid_from <= $4 \
         AND (i.valid_to IS NULL OR i.valid_to > $4) AND (lower(o.name) LIKE $5 ESCAPE '\\' OR lower(i.code) LIKE $5 ESCAPE '\\') \
         AND i.code > $6 ORDER BY i.code LIMIT $7"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to())
        .bind(at).bind(holds).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Institution::try_from).collect()
}

/// Writes a new institution, whose organisation is there.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Institution) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO institution (district_id, id, code, kind, level, place_path, address, lon_e7, lat_e7, public_phone, capabilities, \
             valid_from, valid_to, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(&new.code)
        .bind(new.kind.as_str())
        .bind(new.level.as_str())
        .bind(&new.place)
        .bind(&new.address)
        .bind(new.point.map(|p| i64::from(p.lon_e7)))
        .bind(new.point.map(|p| i64::from(p.lat_e7)))
        .bind(&new.phone)
        .bind(new.capabilities.join(","))
        .bind(new.valid_from)
        .bind(new.valid_to)
        .bind(new.version)
    )
    .map(|_| ())
}

/// Writes what is known of an institution now. Its code and its beginning stay.
pub(crate) async fn update(c: &mut Conn<'_>, now: &Institution) -> Result<()> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE institution SET kind = $3, level = $4, place_path = $5, address = $6, lon_e7 = $7, lat_e7 = $8, public_phone = $9, \
             capabilities = $10, valid_to = $11 WHERE district_id = $1 AND id = $2"
        )
        .bind(now.district)
        .bind(now.id)
        .bind(now.kind.as_str())
        .bind(now.level.as_str())
        .bind(&now.place)
        .bind(&now.address)
        .bind(now.point.map(|p| i64::from(p.lon_e7)))
        .bind(now.point.map(|p| i64::from(p.lat_e7)))
        .bind(&now.phone)
        .bind(now.capabilities.join(","))
        .bind(now.valid_to)
    )?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

/// The units of an institution, closed ones too, those that are open on top.
pub(crate) async fn units(c: &mut Conn<'_>, district: DistrictId, of: InstitutionId) -> Result<Vec<Unit>> {
    let text = format!(
        "SELECT {UNIT} FROM institution_unit WHERE district_id = $1 AND institution_id = $2 \
         ORDER BY CASE WHEN valid_to IS NULL THEN 0 ELSE 1 END, kind, name, id"
    );
    let rows: Vec<UnitRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(of).fetch_all(x).await)?;
    rows.into_iter().map(Unit::try_from).collect()
}

/// A unit.
pub(crate) async fn unit(c: &mut Conn<'_>, district: DistrictId, id: UnitId) -> Result<Option<Unit>> {
    let text = format!("SELECT {UNIT} FROM institution_unit WHERE district_id = $1 AND id = $2");
    let row: Option<UnitRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Unit::try_from).transpose()
}

/// Every institution of every district, closed ones too.
pub(crate) async fn everywhere(c: &mut Conn<'_>) -> Result<Vec<Institution>> {
    let text = format!("SELECT {COLUMNS} {FROM}");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)?;
    rows.into_iter().map(Institution::try_from).collect()
}

/// Every unit of every district, closed ones too, each with its district.
pub(crate) async fn units_everywhere(c: &mut Conn<'_>) -> Result<Vec<(DistrictId, Unit)>> {
    let text = format!("SELECT {UNIT}, district_id FROM institution_unit ORDER BY id");
    let rows: Vec<UnitSomewhere> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)?;
    rows.into_iter().map(|row| Ok((row.district_id, row.unit.try_into()?))).collect()
}

/// The units of a district of one of two kinds that are open at an instant, by id.
pub(crate) async fn open_units(c: &mut Conn<'_>, district: DistrictId, kinds: (&str, &str), at: Ts) -> Result<Vec<Unit>> {
    let text = format!(
        "SELECT {UNIT} FROM institution_unit WHERE district_id = $1 AND kind IN ($2, $3) AND valid_from <= $4 \
         AND (valid_to IS NULL OR valid_to > $4) ORDER BY id"
    );
    let rows: Vec<UnitRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(kinds.0).bind(kinds.1).bind(at).fetch_all(x).await)?;
    rows.into_iter().map(Unit::try_from).collect()
}

/// Writes a new unit.
pub(crate) async fn insert_unit(c: &mut Conn<'_>, district: DistrictId, new: &Unit) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO institution_unit (district_id, id, institution_id, kind, name, capabilities, added, serves, lane, partner, online, \
             valid_from, valid_to, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 1)"
        )
        .bind(district)
        .bind(new.id)
        .bind(new.institution)
        .bind(new.kind.as_str())
        .bind(&new.name)
        .bind(new.capabilities.join(","))
        .bind(new.added.as_str())
        .bind(new.serves.as_str())
        .bind(new.lane.as_str())
        .bind(&new.partner)
        .bind(&new.online)
        .bind(new.valid_from)
        .bind(new.valid_to)
    )
    .map(|_| ())
}

/// Writes what is known of a unit now. Its kind and its beginning stay.
pub(crate) async fn update_unit(c: &mut Conn<'_>, district: DistrictId, now: &Unit) -> Result<()> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE institution_unit SET name = $3, capabilities = $4, added = $5, serves = $6, lane = $7, partner = $8, online = $9, \
             valid_to = $10, version = version + 1 WHERE district_id = $1 AND id = $2"
        )
        .bind(district)
        .bind(now.id)
        .bind(&now.name)
        .bind(now.capabilities.join(","))
        .bind(now.added.as_str())
        .bind(now.serves.as_str())
        .bind(now.lane.as_str())
        .bind(&now.partner)
        .bind(&now.online)
        .bind(now.valid_to)
    )?;
    if touched == 1 { Ok(()) } else { Err(DbError::WrongRowCount { expected: 1, touched }) }
}

/// Ends every unit of an institution that is open.
pub(crate) async fn end_units(c: &mut Conn<'_>, district: DistrictId, of: InstitutionId, at: Ts) -> Result<u64> {
    let text = "UPDATE institution_unit SET valid_to = $3, version = version + 1 \
                WHERE district_id = $1 AND institution_id = $2 AND valid_to IS NULL AND valid_from < $3";
    exec!(c, sqlx::query(text).bind(district).bind(of).bind(at))
}
