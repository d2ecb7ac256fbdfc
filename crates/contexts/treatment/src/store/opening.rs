//! Hours of units, days on which they stay closed, how crowded they are, and staff by training.

use std::collections::HashMap;

use jiff::civil::Date;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::model::{Crowding, Hours, HoursId, InstitutionId, Posted, Staffing, StaffingId, UnitId};

/// Writes hours of a unit from a day on.
pub(crate) async fn set_hours(
    c: &mut Conn<'_>,
    (district, id, unit): (DistrictId, HoursId, UnitId),
    (from_day, hours, told): (Date, &Hours, &str),
    at: Ts,
) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO unit_hours (district_id, id, unit_id, from_day, hours, told, set_at) VALUES ($1, $2, $3, $4, $5, $6, $7)"
        )
        .bind(district)
        .bind(id)
        .bind(unit)
        .bind(from_day.to_string())
        .bind(hours.to_string())
        .bind(told)
        .bind(at)
    )
    .map(|_| ())
}

/// The hours of some units on a day: the newest first day, of two of one day the later one.
pub(crate) async fn hours_on(
    c: &mut Conn<'_>,
    district: DistrictId,
    units: &[UnitId],
    day: Date,
) -> Result<HashMap<UnitId, Posted>> {
    let mut found = HashMap::new();
    for chunk in units.chunks(200) {
        let text = format!(
            "SELECT unit_id, from_day, hours, told FROM unit_hours WHERE district_id = $1 AND from_day <= $2 AND unit_id IN ({}) \
             ORDER BY from_day, set_at, id",
            marks(3, chunk.len())
        );
        let rows: Vec<(UnitId, String, String, String)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(day.to_string());
            for unit in chunk {
                query = query.bind(*unit);
            }
            query.fetch_all(x).await
        })?;
        for (unit, from_day, hours, told) in rows {
            let damaged = |_| DbError::Inconsistent { table: "unit_hours", column: "hours", row: unit.to_string() };
            found.insert(unit, Posted { from_day, hours: hours.parse().map_err(damaged)?, told });
        }
    }
    Ok(found)
}

/// All hours that were ever posted, of every unit or of the units of one institution, the newest first day last.
pub(crate) async fn posted(c: &mut Conn<'_>, of: Option<(DistrictId, InstitutionId)>) -> Result<HashMap<UnitId, Vec<Posted>>> {
    let text =
        format!("SELECT unit_id, from_day, hours, told FROM unit_hours {} ORDER BY from_day, set_at, id", of_one(of.is_some()));
    let rows: Vec<(UnitId, String, String, String)> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text));
        if let Some((district, id)) = of {
            query = query.bind(district).bind(id);
        }
        query.fetch_all(x).await
    })?;
    let mut found: HashMap<UnitId, Vec<Posted>> = HashMap::new();
    for (unit, from_day, hours, told) in rows {
        let damaged = |_| DbError::Inconsistent { table: "unit_hours", column: "hours", row: unit.to_string() };
        found.entry(unit).or_default().push(Posted { from_day, hours: hours.parse().map_err(damaged)?, told });
    }
    Ok(found)
}

/// All days on which units stay closed, of every unit or of the units of one institution.
pub(crate) async fn closed(c: &mut Conn<'_>, of: Option<(DistrictId, InstitutionId)>) -> Result<HashMap<UnitId, Vec<Date>>> {
    let text = format!("SELECT unit_id, day FROM unit_closed_day {} ORDER BY day", of_one(of.is_some()));
    let rows: Vec<(UnitId, String)> = sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text));
        if let Some((district, id)) = of {
            query = query.bind(district).bind(id);
        }
        query.fetch_all(x).await
    })?;
    let mut found: HashMap<UnitId, Vec<Date>> = HashMap::new();
    for (unit, day) in rows {
        let damaged = |_| DbError::Inconsistent { table: "unit_closed_day", column: "day", row: unit.to_string() };
        found.entry(unit).or_default().push(day.parse().map_err(damaged)?);
    }
    Ok(found)
}

const fn of_one(one: bool) -> &'static str {
    if one {
        "WHERE district_id = $1 AND unit_id IN (SELECT id FROM institution_unit WHERE district_id = $1 AND institution_id = $2)"
    } else {
        ""
    }
}

/// Closes a unit on a day, or opens it again.
pub(crate) async fn close_on(c: &mut Conn<'_>, (district, unit): (DistrictId, UnitId), day: Date, closed: bool) -> Result<()> {
    let text = if closed {
        "INSERT INTO unit_closed_day (district_id, unit_id, day) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
    } else {
        "DELETE FROM unit_closed_day WHERE district_id = $1 AND unit_id = $2 AND day = $3"
    };
    exec!(c, sqlx::query(text).bind(district).bind(unit).bind(day.to_string())).map(|_| ())
}

/// The days from one on, at which some units stay closed.
pub(crate) async fn closed_days(
    c: &mut Conn<'_>,
    district: DistrictId,
    units: &[UnitId],
    from: Date,
) -> Result<HashMap<UnitId, Vec<Date>>> {
    let mut found: HashMap<UnitId, Vec<Date>> = HashMap::new();
    for chunk in units.chunks(200) {
        let text = format!(
            "SELECT unit_id, day FROM unit_closed_day WHERE district_id = $1 AND day >= $2 AND unit_id IN ({}) ORDER BY day",
            marks(3, chunk.len())
        );
        let rows: Vec<(UnitId, String)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(from.to_string());
            for unit in chunk {
                query = query.bind(*unit);
            }
            query.fetch_all(x).await
        })?;
        for (unit, day) in rows {
            let damaged = |_| DbError::Inconsistent { table: "unit_closed_day", column: "day", row: unit.to_string() };
            found.entry(unit).or_default().push(day.parse().map_err(damaged)?);
        }
    }
    Ok(found)
}

/// Writes how crowded a unit is.
pub(crate) async fn say_crowding(
    c: &mut Conn<'_>,
    (district, unit): (DistrictId, UnitId),
    level: Crowding,
    (at, by): (Ts, Uuid),
) -> Result<()> {
    let text = "INSERT INTO unit_crowding (district_id, unit_id, at, level, by_id) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (district_id, unit_id, at) DO UPDATE SET level = excluded.level, by_id = excluded.by_id";
    exec!(c, sqlx::query(text).bind(district).bind(unit).bind(at).bind(level.as_str()).bind(by)).map(|_| ())
}

/// What was said last of some units since an instant.
pub(crate) async fn crowding(
    c: &mut Conn<'_>,
    district: DistrictId,
    units: &[UnitId],
    since: Ts,
) -> Result<HashMap<UnitId, (Crowding, Ts)>> {
    let mut found = HashMap::new();
    for chunk in units.chunks(200) {
        let text = format!(
            "SELECT unit_id, at, level FROM unit_crowding WHERE district_id = $1 AND at >= $2 AND unit_id IN ({}) ORDER BY at",
            marks(3, chunk.len())
        );
        let rows: Vec<(UnitId, Ts, String)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(since);
            for unit in chunk {
                query = query.bind(*unit);
            }
            query.fetch_all(x).await
        })?;
        for (unit, at, level) in rows {
            let damaged = |_| DbError::Inconsistent { table: "unit_crowding", column: "level", row: unit.to_string() };
            found.insert(unit, (level.parse().map_err(damaged)?, at));
        }
    }
    Ok(found)
}

/// Writes the staff of an institution by training, as it is from a day on.
pub(crate) async fn set_staffing(
    c: &mut Conn<'_>,
    (district, of): (DistrictId, InstitutionId),
    all: &[(StaffingId, Staffing)],
    (from_day, at): (Date, Ts),
) -> Result<()> {
    for (id, one) in all {
        exec!(
            c,
            sqlx::query(
                "INSERT INTO institution_staffing (district_id, id, institution_id, from_day, profession, training, seconded_from, headcount, \
                 set_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            )
            .bind(district)
            .bind(*id)
            .bind(of)
            .bind(from_day.to_string())
            .bind(one.profession.as_str())
            .bind(one.training.as_str())
            .bind(&one.seconded_from)
            .bind(one.headcount)
            .bind(at)
        )?;
    }
    Ok(())
}

/// The staff of an institution on a day: of each profession, training and sender what was said last.
pub(crate) async fn staffing(c: &mut Conn<'_>, (district, of): (DistrictId, InstitutionId), day: Date) -> Result<Vec<Staffing>> {
    let rows: Vec<(String, String, String, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT profession, training, seconded_from, headcount FROM institution_staffing WHERE district_id = $1 AND institution_id = $2 \
         AND from_day <= $3 ORDER BY from_day, set_at, id"
    ).bind(district).bind(of).bind(day.to_string()).fetch_all(x).await)?;
    let mut all: Vec<Staffing> = Vec::new();
    for (profession, training, seconded_from, headcount) in rows {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "institution_staffing", column, row: of.to_string() };
        let one = Staffing {
            profession: profession.parse().map_err(|_| damaged("profession"))?,
            training: training.parse().map_err(|_| damaged("training"))?,
            seconded_from,
            headcount,
        };
        let same = |known: &&mut Staffing| {
            known.profession == one.profession && known.training == one.training && known.seconded_from == one.seconded_from
        };
        match all.iter_mut().find(same) {
            Some(known) => known.headcount = one.headcount,
            None => all.push(one),
        }
    }
    all.retain(|one| one.headcount > 0);
    Ok(all)
}

fn marks(first: usize, count: usize) -> String {
    (first..first + count).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ")
}
