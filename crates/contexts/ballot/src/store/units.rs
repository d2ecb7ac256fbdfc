//! The register of owners.

use std::collections::HashMap;

use linli_access::Scope;
use linli_db::{Bulk, Column, Conn, DbError, Result, exec, sql};
use linli_kernel::{Area, DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use super::damaged;
use crate::model::{OwnerId, Unit, UnitId};

const UNIT: &str = "id, code, place_path, kind, area, area_source, standing, head, owners, struck_at";
/// Values in one list.
const IN_LIST: usize = 200;

#[derive(linli_db::FromRow)]
struct UnitRow {
    id: UnitId,
    code: String,
    place_path: PlacePath,
    kind: String,
    area: Area,
    area_source: String,
    standing: String,
    head: Vec<u8>,
    owners: i64,
    struck_at: Option<Ts>,
}

impl TryFrom<UnitRow> for Unit {
    type Error = DbError;

    fn try_from(row: UnitRow) -> Result<Self> {
        let damaged = |column| damaged("ballot_unit", column, row.id);
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            source: row.area_source.parse().map_err(|_| damaged("area_source"))?,
            standing: row.standing.parse().map_err(|_| damaged("standing"))?,
            id: row.id,
            code: row.code,
            place: row.place_path,
            area: row.area,
            head: row.head,
            owners: row.owners,
            struck_at: row.struck_at,
        })
    }
}

/// A part by its id, struck off or not.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: UnitId) -> Result<Option<Unit>> {
    let text = format!("SELECT {UNIT} FROM ballot_unit WHERE district_id = $1 AND id = $2");
    let row: Option<UnitRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Unit::try_from).transpose()
}

/// The parts that stand in the register below a place, in the order of their places.
pub(crate) async fn under(c: &mut Conn<'_>, scope: &Scope, after: (&str, &str), limit: i64) -> Result<Vec<Unit>> {
    let text = format!(
        "SELECT {UNIT} FROM ballot_unit WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND struck_at IS NULL \
         AND (place_path > $4 OR (place_path = $4 AND code > $5)) ORDER BY place_path, code LIMIT $6"
    );
    let rows: Vec<UnitRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to())
        .bind(after.0).bind(after.1).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Unit::try_from).collect()
}

/// The parts with these codes that stand in the register.
pub(crate) async fn by_codes(c: &mut Conn<'_>, district: DistrictId, codes: &[&str]) -> Result<HashMap<String, Unit>> {
    let mut found = HashMap::new();
    for chunk in codes.chunks(IN_LIST) {
        let marks = (2..2 + chunk.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let text = format!("SELECT {UNIT} FROM ballot_unit WHERE district_id = $1 AND struck_at IS NULL AND code IN ({marks})");
        let rows: Vec<UnitRow> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(false).bind(district);
            for code in chunk {
                query = query.bind(*code);
            }
            query.fetch_all(x).await
        })?;
        for row in rows {
            let unit = Unit::try_from(row)?;
            found.insert(unit.code.clone(), unit);
        }
    }
    Ok(found)
}

/// The owners with these documents.
pub(crate) async fn owners_by(c: &mut Conn<'_>, district: DistrictId, lookups: &[&[u8]]) -> Result<HashMap<Vec<u8>, OwnerId>> {
    let mut found = HashMap::new();
    for chunk in lookups.chunks(IN_LIST) {
        let marks = (2..2 + chunk.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let text = format!("SELECT lookup, id FROM ballot_owner WHERE district_id = $1 AND lookup IN ({marks})");
        let rows: Vec<(Vec<u8>, OwnerId)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(false).bind(district);
            for lookup in chunk {
                query = query.bind(*lookup);
            }
            query.fetch_all(x).await
        })?;
        found.extend(rows);
    }
    Ok(found)
}

/// A new owner: which, the document as a keyed hash, name and number sealed.
pub(crate) struct NewOwner {
    pub(crate) id: OwnerId,
    pub(crate) lookup: Vec<u8>,
    pub(crate) sealed: Vec<u8>,
}

/// Writes new owners.
pub(crate) async fn insert_owners(c: &mut Conn<'_>, district: DistrictId, new: Vec<NewOwner>, now: Ts) -> Result<()> {
    let (mut ids, mut lookups, mut sealed) = (Vec::new(), Vec::new(), Vec::new());
    for one in new {
        ids.push(one.id.0);
        lookups.push(Some(one.lookup));
        sealed.push(Some(one.sealed));
    }
    Bulk::into("ballot_owner")
        .ints("district_id", ids.iter().map(|_| district.0))
        .ids("id", ids.iter().copied())
        .column("lookup", Column::Bytes(lookups))
        .column("sealed", Column::Bytes(sealed))
        .ints("recorded_at", ids.iter().map(|_| now.0))
        .write(c)
        .await
        .map(|_| ())
}

/// Writes new parts.
pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, new: &[Unit], now: Ts) -> Result<()> {
    Bulk::into("ballot_unit")
        .ints("district_id", new.iter().map(|_| district.0))
        .ids("id", new.iter().map(|unit| unit.id.0))
        .texts("code", new.iter().map(|unit| unit.code.clone()))
        .texts("place_path", new.iter().map(|unit| unit.place.to_string()))
        .texts("kind", new.iter().map(|unit| unit.kind.to_string()))
        .ints("area", new.iter().map(|unit| unit.area.0))
        .texts("area_source", new.iter().map(|unit| unit.source.to_string()))
        .texts("standing", new.iter().map(|unit| unit.standing.to_string()))
        .column("head", Column::Bytes(new.iter().map(|unit| Some(unit.head.clone())).collect()))
        .ints("owners", new.iter().map(|unit| unit.owners))
        .ints("recorded_at", new.iter().map(|_| now.0))
        .write(c)
        .await
        .map(|_| ())
}

/// Who holds new parts: part, owner, whether this one speaks.
pub(crate) async fn insert_holdings(c: &mut Conn<'_>, district: DistrictId, new: &[(UnitId, OwnerId, bool)]) -> Result<()> {
    Bulk::into("ballot_holding")
        .ints("district_id", new.iter().map(|_| district.0))
        .ids("unit_id", new.iter().map(|one| one.0.0))
        .ids("owner_id", new.iter().map(|one| one.1.0))
        .ints("speaks", new.iter().map(|one| i64::from(one.2)))
        .write(c)
        .await
        .map(|_| ())
}

/// Strikes a part off; false when it was.
pub(crate) async fn strike(c: &mut Conn<'_>, district: DistrictId, id: UnitId, now: Ts) -> Result<bool> {
    let text = "UPDATE ballot_unit SET struck_at = $3 WHERE district_id = $1 AND id = $2 AND struck_at IS NULL";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(id).bind(now))? == 1)
}

/// The sealed owners of parts, who speaks first: part, owner, what is sealed.
pub(crate) async fn holders(c: &mut Conn<'_>, district: DistrictId, unit: UnitId) -> Result<Vec<(OwnerId, i64, Vec<u8>)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT o.id, h.speaks, o.sealed FROM ballot_holding h JOIN ballot_owner o ON o.district_id = h.district_id AND o.id = h.owner_id \
         WHERE h.district_id = $1 AND h.unit_id = $2 ORDER BY h.speaks DESC, o.id"
    ).bind(district).bind(unit).fetch_all(x).await)
}

/// Parts that stand in the register below a place, and their area together.
pub(crate) async fn sums(c: &mut Conn<'_>, scope: &Scope) -> Result<(i64, i64)> {
    sql!(c, x => sqlx::query_as(
        "SELECT COUNT(*), CAST(COALESCE(SUM(area), 0) AS BIGINT) FROM ballot_unit \
         WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND struck_at IS NULL"
    ).bind(scope.district).bind(scope.from()).bind(scope.to()).fetch_one(x).await)
}
