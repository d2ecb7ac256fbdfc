//! Components and their classes.

use linli_db::{Bulk, Column, Conn, DbError, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;

use super::{IN_LIST, date, placeholders, point};
use crate::model::{Component, ComponentClass, ComponentId, ComponentState};

type Result<T> = std::result::Result<T, DbError>;

const CLASS: &str = "SELECT code, name, major_name, standard_ref, valid_from, valid_to, is_local, verified FROM component_class";

pub(crate) async fn classes(c: &mut Conn<'_>) -> Result<Vec<ComponentClass>> {
    let text = format!("{CLASS} ORDER BY code");
    sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)
}

pub(crate) async fn put_class(c: &mut Conn<'_>, class: &ComponentClass) -> Result<u64> {
    // A row somebody has verified, and a local one, is not undone by the list that ships.
    exec!(c, sqlx::query(
        "INSERT INTO component_class (code, name, major_name, standard_ref, valid_from, valid_to, is_local, verified) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (code) DO UPDATE SET name = excluded.name, major_name = excluded.major_name, \
         standard_ref = excluded.standard_ref, valid_from = excluded.valid_from, valid_to = excluded.valid_to \
         WHERE component_class.verified = FALSE AND component_class.is_local = excluded.is_local AND (component_class.name <> excluded.name \
         OR component_class.major_name <> excluded.major_name OR component_class.standard_ref <> excluded.standard_ref \
         OR component_class.valid_from <> excluded.valid_from)"
    ).bind(&class.code).bind(&class.name).bind(&class.major_name).bind(&class.standard_ref).bind(&class.valid_from)
     .bind(&class.valid_to).bind(class.is_local).bind(class.verified))
}

const COLUMNS: &str = "district_id, id, component_id, class_code, name, place_path, lon_e7, lat_e7, state, department_code, department_name, \
     since, doubts";

#[derive(Debug, linli_db::FromRow)]
struct Row {
    id: ComponentId,
    component_id: String,
    class_code: String,
    name: String,
    place_path: PlacePath,
    lon_e7: Option<i64>,
    lat_e7: Option<i64>,
    state: String,
    department_code: Option<String>,
    department_name: Option<String>,
    since: Option<String>,
    doubts: String,
}

impl Row {
    fn component(self) -> Result<Component> {
        let state = ComponentState::parse(&self.state).ok_or_else(|| DbError::Inconsistent {
            table: "component",
            column: "state",
            row: self.component_id.clone(),
        })?;
        Ok(Component {
            id: self.id,
            component_id: self.component_id,
            class_code: self.class_code,
            name: self.name,
            path: self.place_path,
            point: point(self.lon_e7, self.lat_e7),
            state,
            department_code: self.department_code,
            department_name: self.department_name,
            since: date(self.since),
            doubts: self.doubts.split(',').filter(|d| !d.is_empty()).map(ToOwned::to_owned).collect(),
        })
    }
}

pub(crate) async fn by_numbers(c: &mut Conn<'_>, district: DistrictId, numbers: &[&str]) -> Result<Vec<Component>> {
    let mut found = Vec::new();
    for chunk in numbers.chunks(IN_LIST) {
        let text = format!(
            "SELECT {COLUMNS} FROM component WHERE district_id = $1 AND component_id IN ({})",
            placeholders(2, chunk.len())
        );
        let rows: Vec<Row> = sql!(c, x => {
            let mut query = sqlx::query_as(AssertSqlSafe(text)).persistent(chunk.len() == IN_LIST).bind(district);
            for number in chunk {
                query = query.bind(*number);
            }
            query.fetch_all(x).await
        })?;
        for row in rows {
            found.push(row.component()?);
        }
    }
    Ok(found)
}

/// Components under a path in the order of their numbers, after one of them.
pub(crate) async fn under(
    c: &mut Conn<'_>,
    district: DistrictId,
    path: &PlacePath,
    after: &str,
    limit: i64,
) -> Result<Vec<Component>> {
    let text = format!(
        "SELECT {COLUMNS} FROM component WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND component_id > $4 \
         ORDER BY component_id LIMIT $5"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(path).bind(path.end()).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Row::component).collect()
}

pub(crate) async fn count(c: &mut Conn<'_>, district: DistrictId, path: &PlacePath) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT COUNT(*) FROM component WHERE district_id = $1 AND place_path >= $2 AND place_path < $3")
        .bind(district).bind(path).bind(path.end()).fetch_one(x).await)
}

pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, rows: &[Component], at: Ts) -> Result<u64> {
    let text = |f: fn(&Component) -> Option<String>| Column::Text(rows.iter().map(f).collect());
    let n = rows.len();
    Bulk::into("component")
        .ints("district_id", std::iter::repeat_n(district.0, n))
        .ids("id", rows.iter().map(|r| r.id.0))
        .texts("component_id", rows.iter().map(|r| r.component_id.clone()))
        .texts("class_code", rows.iter().map(|r| r.class_code.clone()))
        .texts("name", rows.iter().map(|r| r.name.clone()))
        .texts("place_path", rows.iter().map(|r| r.path.as_str().to_owned()))
        .column("lon_e7", Column::Int(rows.iter().map(|r| r.point.map(|p| i64::from(p.lon_e7))).collect()))
        .column("lat_e7", Column::Int(rows.iter().map(|r| r.point.map(|p| i64::from(p.lat_e7))).collect()))
        .texts("state", rows.iter().map(|r| r.state.as_str().to_owned()))
        .column("department_code", text(|r| r.department_code.clone()))
        .column("department_name", text(|r| r.department_name.clone()))
        .column("since", text(|r| r.since.map(|d| d.to_string())))
        .texts("doubts", rows.iter().map(|r| r.doubts.join(",")))
        .ints("changed_at", std::iter::repeat_n(at.0, n))
        .write(c)
        .await
}

pub(crate) async fn update(c: &mut Conn<'_>, district: DistrictId, r: &Component, at: Ts) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "UPDATE component SET name = $3, place_path = $4, lon_e7 = $5, lat_e7 = $6, state = $7, department_code = $8, \
         department_name = $9, since = $10, doubts = $11, changed_at = $12 WHERE district_id = $1 AND id = $2"
        )
        .bind(district)
        .bind(r.id)
        .bind(&r.name)
        .bind(&r.path)
        .bind(r.point.map(|p| i64::from(p.lon_e7)))
        .bind(r.point.map(|p| i64::from(p.lat_e7)))
        .bind(r.state.as_str())
        .bind(&r.department_code)
        .bind(&r.department_name)
        .bind(r.since.map(|d| d.to_string()))
        .bind(r.doubts.join(","))
        .bind(at)
    )
}

/// Notes on all components at a point that very many share it.
pub(crate) async fn doubt_point(c: &mut Conn<'_>, district: DistrictId, point: linli_geo::Point) -> Result<u64> {
    exec!(
        c,
        sqlx::query(
            "UPDATE component SET doubts = CASE WHEN doubts = '' THEN 'repeated_point' ELSE doubts || ',repeated_point' END \
         WHERE district_id = $1 AND lon_e7 = $2 AND lat_e7 = $3 AND doubts NOT LIKE '%repeated_point%'"
        )
        .bind(district)
        .bind(i64::from(point.lon_e7))
        .bind(i64::from(point.lat_e7))
    )
}
