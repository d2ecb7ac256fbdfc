//! The table of this room. Nobody else touches it.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};

use crate::model::Published;

#[derive(linli_db::FromRow)]
struct Row {
    place_path: PlacePath,
    figure: String,
    value: i64,
    share_of: Option<String>,
    precision: String,
    source: String,
    published_on: String,
}

impl Row {
    fn read(self) -> Result<Published> {
        let damaged = |column| DbError::Inconsistent {
            table: "published_figure",
            column,
            row: format!("{} {}", self.place_path, self.figure),
        };
        Ok(Published {
            figure: self.figure.parse().map_err(|_| damaged("figure"))?,
            share_of: self.share_of.as_deref().map(str::parse).transpose().map_err(|_| damaged("share_of"))?,
            precision: self.precision.parse().map_err(|_| damaged("precision"))?,
            published_on: self.published_on.parse().map_err(|_| damaged("published_on"))?,
            value: self.value,
            source: self.source.clone(),
            place: self.place_path.clone(),
        })
    }
}

/// What was published about exactly this place, the oldest source first.
pub(crate) async fn published(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Published>> {
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, figure, value, share_of, precision, source, published_on FROM published_figure \
         WHERE district_id = $1 AND place_path = $2 ORDER BY published_on, source, figure LIMIT 200"
    ).bind(district).bind(place).fetch_all(x).await)?;
    rows.into_iter().map(Row::read).collect()
}

pub(crate) async fn publish(c: &mut Conn<'_>, district: DistrictId, one: &Published, at: Ts, by: &str) -> Result<()> {
    exec!(c, sqlx::query(
        "INSERT INTO published_figure (district_id, place_path, figure, value, share_of, precision, source, published_on, entered_at, entered_by) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
         ON CONFLICT (district_id, place_path, source, figure) DO UPDATE SET value = excluded.value, share_of = excluded.share_of, \
           precision = excluded.precision, published_on = excluded.published_on, entered_at = excluded.entered_at, entered_by = excluded.entered_by"
    ).bind(district).bind(&one.place).bind(one.figure.as_str()).bind(one.value).bind(one.share_of.map(|w| w.as_str()))
     .bind(one.precision.as_str()).bind(&one.source).bind(one.published_on.to_string()).bind(at).bind(by)).map(|_| ())
}
