//! Returns, their figures and their versions.

use std::collections::HashMap;

use jiff::civil::Date;
use linli_access::Scope;
use linli_db::{Bulk, Column, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::model::{Figures, InstitutionId, Return, ReturnId, ReturnVersion, Stated, UnitKind};

const COLUMNS: &str = "id, institution_id, place_path, form, day, first_at, told_at, version";

#[derive(linli_db::FromRow)]
struct Row {
    id: ReturnId,
    institution_id: InstitutionId,
    place_path: PlacePath,
    form: String,
    day: String,
    first_at: Ts,
    told_at: Ts,
    version: i64,
}

impl Row {
    fn with(self, district: DistrictId, figures: Figures) -> Result<Return> {
        let damaged = |_| DbError::Inconsistent { table: "daily_return", column: "day", row: self.id.to_string() };
        Ok(Return {
            day: self.day.parse().map_err(damaged)?,
            id: self.id,
            district,
            institution: self.institution_id,
            place: self.place_path,
            form: self.form,
            first_at: self.first_at,
            told_at: self.told_at,
            version: self.version,
            figures,
        })
    }
}

async fn with_figures(c: &mut Conn<'_>, district: DistrictId, rows: Vec<Row>) -> Result<Vec<Return>> {
    let mut figures: HashMap<ReturnId, Figures> = HashMap::new();
    for chunk in rows.chunks(200) {
        let marks = (2..2 + chunk.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
        let text =
            format!("SELECT return_id, field, told, value FROM return_figure WHERE district_id = $1 AND return_id IN ({marks})");
        let found: Vec<(ReturnId, String, String, Option<i64>)> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(district);
            for row in chunk {
                query = query.bind(row.id);
            }
            query.fetch_all(x).await
        })?;
        for (id, field, told, value) in found {
            let damaged = || DbError::Inconsistent { table: "return_figure", column: "told", row: id.to_string() };
            figures.entry(id).or_default().insert(field, Stated::of(&told, value).ok_or_else(damaged)?);
        }
    }
    rows.into_iter()
        .map(|row| {
            let own = figures.remove(&row.id).unwrap_or_default();
            row.with(district, own)
        })
        .collect()
}

/// The return of an institution about a day.
pub(crate) async fn about(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    form: &str,
    day: Date,
) -> Result<Option<Return>> {
    let text =
        format!("SELECT {COLUMNS} FROM daily_return WHERE district_id = $1 AND institution_id = $2 AND form = $3 AND day = $4");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(form)
        .bind(day.to_string()).fetch_all(x).await)?;
    Ok(with_figures(c, district, rows).await?.pop())
}

/// The last returns of an institution of a form before a day, the newest on top.
pub(crate) async fn before(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    form: &str,
    (day, limit): (Date, i64),
) -> Result<Vec<Return>> {
    let text = format!(
        "SELECT {COLUMNS} FROM daily_return WHERE district_id = $1 AND institution_id = $2 AND form = $3 AND day < $4 \
         ORDER BY day DESC LIMIT $5"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(form)
        .bind(day.to_string()).bind(limit).fetch_all(x).await)?;
    with_figures(c, district, rows).await
}

/// The returns of an institution of every form between two days, both counted, by day.
pub(crate) async fn of(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, InstitutionId),
    (from, to): (Date, Date),
) -> Result<Vec<Return>> {
    let text = format!(
        "SELECT {COLUMNS} FROM daily_return WHERE district_id = $1 AND institution_id = $2 AND day >= $3 AND day <= $4 ORDER BY day, form"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(from.to_string())
        .bind(to.to_string()).fetch_all(x).await)?;
    with_figures(c, district, rows).await
}

/// The returns of a scope of a form between two days, both counted, by day.
pub(crate) async fn between(c: &mut Conn<'_>, scope: &Scope, form: &str, (from, to): (Date, Date)) -> Result<Vec<Return>> {
    let text = format!(
        "SELECT {COLUMNS} FROM daily_return WHERE district_id = $1 AND form = $2 AND day >= $3 AND day <= $4 AND place_path >= $5 \
         AND place_path < $6 ORDER BY day, institution_id"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(form).bind(from.to_string())
        .bind(to.to_string()).bind(scope.from()).bind(scope.to()).fetch_all(x).await)?;
    with_figures(c, scope.district, rows).await
}

/// What was told of a field in a scope between two days: day, sum of the numbers, how many.
pub(crate) async fn sums(
    c: &mut Conn<'_>,
    scope: &Scope,
    (form, field): (&str, &str),
    (from, to): (Date, Date),
) -> Result<Vec<(String, i64, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT r.day, CAST(COALESCE(SUM(f.value), 0) AS BIGINT), COUNT(f.value) FROM daily_return r JOIN return_figure f \
         ON f.district_id = r.district_id AND f.return_id = r.id AND f.field = $3 WHERE r.district_id = $1 AND r.form = $2 AND r.day >= $4 \
         AND r.day <= $5 AND r.place_path >= $6 AND r.place_path < $7 GROUP BY r.day ORDER BY r.day"
    ).bind(scope.district).bind(form).bind(field).bind(from.to_string()).bind(to.to_string()).bind(scope.from()).bind(scope.to())
        .fetch_all(x).await)
}

/// A return.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: ReturnId) -> Result<Option<Return>> {
    let text = format!("SELECT {COLUMNS} FROM daily_return WHERE district_id = $1 AND id = $2");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_all(x).await)?;
    Ok(with_figures(c, district, rows).await?.pop())
}

/// Writes a version of a return: the first one with the return itself, a later one in the place of the one that stood.
pub(crate) async fn write(c: &mut Conn<'_>, told: &Return, version: &ReturnVersion) -> Result<()> {
    if told.version == 1 {
        exec!(
            c,
            sqlx::query(
                "INSERT INTO daily_return (district_id, id, institution_id, place_path, form, day, first_at, told_at, version) \
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            )
            .bind(told.district)
            .bind(told.id)
            .bind(told.institution)
            .bind(&told.place)
            .bind(&told.form)
            .bind(told.day.to_string())
            .bind(told.first_at)
            .bind(told.told_at)
            .bind(told.version)
        )?;
    } else {
        let text = "UPDATE daily_return SET told_at = $3, version = $4 WHERE district_id = $1 AND id = $2 AND version = $5";
        let touched = exec!(
            c,
            sqlx::query(text).bind(told.district).bind(told.id).bind(told.told_at).bind(told.version).bind(told.version - 1)
        )?;
        if touched != 1 {
            return Err(DbError::WrongRowCount { expected: 1, touched });
        }
        let text = "DELETE FROM return_figure WHERE district_id = $1 AND return_id = $2";
        exec!(c, sqlx::query(text).bind(told.district).bind(told.id))?;
    }
    let count = told.figures.len();
    Bulk::into("return_figure")
        .ints("district_id", std::iter::repeat_n(told.district.0, count))
        .ids("return_id", std::iter::repeat_n(told.id.0, count))
        .texts("field", told.figures.keys().cloned())
        .texts("told", told.figures.values().map(|one| one.word().to_owned()))
        .column("value", Column::Int(told.figures.values().map(|one| one.number()).collect()))
        .write(c)
        .await?;
    exec!(
        c,
        sqlx::query(
            "INSERT INTO return_version (district_id, return_id, version, at, by_id, via, figures, confirmed, because) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        )
        .bind(told.district)
        .bind(told.id)
        .bind(version.version)
        .bind(version.at)
        .bind(version.by)
        .bind(&version.via)
        .bind(serde_json::to_string(&version.figures).map_err(DbError::Facts)?)
        .bind(version.confirmed.join(","))
        .bind(&version.because)
    )
    .map(|_| ())
}

#[derive(linli_db::FromRow)]
struct VersionRow {
    version: i64,
    at: Ts,
    by_id: Option<Uuid>,
    via: String,
    figures: String,
    confirmed: String,
    because: String,
}

/// The versions of a return, the newest on top.
pub(crate) async fn versions(c: &mut Conn<'_>, district: DistrictId, of: ReturnId) -> Result<Vec<ReturnVersion>> {
    let rows: Vec<VersionRow> = sql!(c, x => sqlx::query_as(
        "SELECT version, at, by_id, via, figures, confirmed, because FROM return_version WHERE district_id = $1 AND return_id = $2 \
         ORDER BY version DESC"
    ).bind(district).bind(of).fetch_all(x).await)?;
    let one = |row: VersionRow| {
        let damaged = |_| DbError::Inconsistent { table: "return_version", column: "figures", row: of.to_string() };
        Ok(ReturnVersion {
            figures: serde_json::from_str(&row.figures).map_err(damaged)?,
            version: row.version,
            at: row.at,
            by: row.by_id,
            via: row.via,
            confirmed: row.confirmed.split(',').filter(|field| !field.is_empty()).map(str::to_owned).collect(),
            because: row.because,
        })
    };
    rows.into_iter().map(one).collect()
}

/// Who is to tell: an institution with the time in which it has a unit of a kind.
#[derive(Debug, Clone, linli_db::FromRow)]
pub(crate) struct Teller {
    pub(crate) id: InstitutionId,
    pub(crate) name: String,
    pub(crate) public_phone: Option<String>,
    pub(crate) valid_from: Ts,
    pub(crate) valid_to: Option<Ts>,
}

/// The institutions of a scope that had a unit of some kinds since an instant, once for each unit.
pub(crate) async fn tellers(c: &mut Conn<'_>, scope: &Scope, kinds: &[UnitKind], since: Ts) -> Result<Vec<Teller>> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let marks = (5..5 + kinds.len()).map(|n| format!("${n}")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "SELECT i.id, o.name, i.public_phone, u.valid_from, u.valid_to FROM institution_unit u \
         JOIN institution i ON i.district_id = u.district_id AND i.id = u.institution_id \
         JOIN organisation o ON o.district_id = i.district_id AND o.id = i.id \
         WHERE u.district_id = $1 AND i.place_path >= $2 AND i.place_path < $3 AND (u.valid_to IS NULL OR u.valid_to > $4) \
         AND u.kind IN ({marks}) ORDER BY o.name, i.id, u.id"
    );
    sql!(c, x => {
        let mut query = sqlx::query_as(AssertSqlSafe(text)).bind(scope.district).bind(scope.from()).bind(scope.to()).bind(since);
        for kind in kinds {
            query = query.bind(kind.as_str());
        }
        query.fetch_all(x).await
    })
}

/// Returns whose newest version is not what stands beside them, as ids.
pub(crate) async fn astray(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<ReturnId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT r.id FROM daily_return r WHERE r.district_id = $1 AND r.version <> (SELECT COALESCE(MAX(v.version), 0) FROM return_version v \
         WHERE v.district_id = r.district_id AND v.return_id = r.id) ORDER BY r.id"
    ).bind(district).fetch_all(x).await)
}
