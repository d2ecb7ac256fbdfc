//! Renovation items, what buildings said to them, their book and photos.

use linli_access::Scope;
use linli_db::{BlobHash, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{BuildingConsent, Funding, Item, ItemId, ItemPhoto, Note};

const ITEM: &str = "district_id, id, place_path, class, code, title, state, percent, central, city, district, owners, capital";

#[derive(linli_db::FromRow)]
struct ItemRow {
    district_id: DistrictId,
    id: ItemId,
    place_path: PlacePath,
    class: String,
    code: String,
    title: String,
    state: String,
    percent: i64,
    central: i64,
    city: i64,
    district: i64,
    owners: i64,
    capital: i64,
}

impl TryFrom<ItemRow> for Item {
    type Error = DbError;

    fn try_from(row: ItemRow) -> Result<Self> {
        let damaged = |column| damaged("renovation_item", column, row.id);
        Ok(Self {
            class: row.class.parse().map_err(|_| damaged("class"))?,
            state: row.state.parse().map_err(|_| damaged("state"))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            code: row.code,
            title: row.title,
            percent: row.percent,
            funding: Funding {
                central: row.central,
                city: row.city,
                district: row.district,
                owners: row.owners,
                capital: row.capital,
            },
        })
    }
}

/// Writes a new item.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Item, (at, by): (Ts, Uuid)) -> Result<()> {
    let text = "INSERT INTO renovation_item (district_id, id, place_path, class, code, title, state, percent, central, city, district, owners, capital, \
                made_at, made_by, version) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 1)";
    exec!(
        c,
        sqlx::query(text)
            .bind(new.district)
            .bind(new.id)
            .bind(&new.place)
            .bind(new.class.as_str())
            .bind(&new.code)
            .bind(&new.title)
            .bind(new.state.as_str())
            .bind(new.percent)
            .bind(new.funding.central)
            .bind(new.funding.city)
            .bind(new.funding.district)
            .bind(new.funding.owners)
            .bind(new.funding.capital)
            .bind(at)
            .bind(by)
    )
    .map(|_| ())
}

/// Takes an item, so that of two who change it the second waits.
pub(crate) async fn lock(c: &mut Conn<'_>, district: DistrictId, id: ItemId) -> Result<Option<Item>> {
    let text = "UPDATE renovation_item SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    one(c, district, id).await
}

/// Writes what an item has become. Only under its lock.
pub(crate) async fn put(c: &mut Conn<'_>, item: &Item) -> Result<()> {
    let text = "UPDATE renovation_item SET state = $3, percent = $4, central = $5, city = $6, district = $7, owners = $8, capital = $9 \
                WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(item.district)
            .bind(item.id)
            .bind(item.state.as_str())
            .bind(item.percent)
            .bind(item.funding.central)
            .bind(item.funding.city)
            .bind(item.funding.district)
            .bind(item.funding.owners)
            .bind(item.funding.capital)
    )
    .map(|_| ())
}

/// An item.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: ItemId) -> Result<Option<Item>> {
    let text = format!("SELECT {ITEM} FROM renovation_item WHERE district_id = $1 AND id = $2");
    let row: Option<ItemRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Item::try_from).transpose()
}

/// The items of a scope, by estate and class.
pub(crate) async fn under(c: &mut Conn<'_>, scope: &Scope, limit: i64) -> Result<Vec<Item>> {
    let text = format!(
        "SELECT {ITEM} FROM renovation_item WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         ORDER BY place_path, CASE class WHEN 'basic' THEN 0 WHEN 'improvement' THEN 1 ELSE 2 END, made_at, id LIMIT $4"
    );
    let rows: Vec<ItemRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Item::try_from).collect()
}

/// Writes what a building said, over what it said before.
pub(crate) async fn put_consent(c: &mut Conn<'_>, district: DistrictId, id: ItemId, new: &BuildingConsent) -> Result<()> {
    let text = "INSERT INTO renovation_consent (district_id, item_id, place_path, homes, agreed, on_day) VALUES ($1, $2, $3, $4, $5, $6) \
                ON CONFLICT (district_id, item_id, place_path) DO UPDATE SET homes = excluded.homes, agreed = excluded.agreed, on_day = excluded.on_day";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(&new.place).bind(new.homes).bind(new.agreed).bind(&new.day))
        .map(|_| ())
}

/// What the buildings said to an item.
pub(crate) async fn consents(c: &mut Conn<'_>, district: DistrictId, id: ItemId) -> Result<Vec<BuildingConsent>> {
    let rows: Vec<(PlacePath, i64, i64, String)> = sql!(c, x => sqlx::query_as(
        "SELECT place_path, homes, agreed, on_day FROM renovation_consent WHERE district_id = $1 AND item_id = $2 ORDER BY place_path"
    ).bind(district).bind(id).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(place, homes, agreed, day)| BuildingConsent { place, homes, agreed, day }).collect())
}

/// Writes a line of the book. Only under the lock of the item.
pub(crate) async fn add_note(c: &mut Conn<'_>, district: DistrictId, id: ItemId, new: &Note, (at, by): (Ts, Uuid)) -> Result<()> {
    let text = "INSERT INTO renovation_note (district_id, item_id, no, kind, on_day, percent, present, content, said, at, by_whom) SELECT $1, $2, \
                COALESCE(MAX(no), 0) + 1, $3, $4, $5, $6, $7, $8, $9, $10 FROM renovation_note WHERE district_id = $1 AND item_id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(id)
            .bind(new.kind.as_str())
            .bind(&new.day)
            .bind(new.percent)
            .bind(new.present)
            .bind(new.content)
            .bind(&new.said)
            .bind(at)
            .bind(by)
    )
    .map(|_| ())
}

/// The book of an item, the latest on top.
pub(crate) async fn notes(c: &mut Conn<'_>, district: DistrictId, id: ItemId) -> Result<Vec<Note>> {
    type Row = (i64, String, String, i64, i64, i64, String);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT no, kind, on_day, percent, present, content, said FROM renovation_note WHERE district_id = $1 AND item_id = $2 ORDER BY no DESC"
    ).bind(district).bind(id).fetch_all(x).await)?;
    let read = |(no, kind, day, percent, present, content, said): Row| {
        let kind = kind.parse().map_err(|_| damaged("renovation_note", "kind", id))?;
        Ok(Note { no, kind, day, percent, present, content, said })
    };
    rows.into_iter().map(read).collect()
}

/// Adds a photo. Only under the lock of the item.
pub(crate) async fn add_photo(c: &mut Conn<'_>, district: DistrictId, id: ItemId, new: &ItemPhoto, at: Ts) -> Result<()> {
    let text =
        "INSERT INTO renovation_photo (district_id, item_id, no, moment, hash, thumb, at) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(id)
            .bind(new.no)
            .bind(new.moment.as_str())
            .bind(new.hash.0.to_vec())
            .bind(new.thumb.0.to_vec())
            .bind(at)
    )
    .map(|_| ())
}

/// The photos of an item.
pub(crate) async fn photos(c: &mut Conn<'_>, district: DistrictId, id: ItemId) -> Result<Vec<ItemPhoto>> {
    type Row = (i64, String, Vec<u8>, Vec<u8>);
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(
        "SELECT no, moment, hash, thumb FROM renovation_photo WHERE district_id = $1 AND item_id = $2 ORDER BY no"
    ).bind(district).bind(id).fetch_all(x).await)?;
    let read = |(no, moment, hash, thumb): Row| {
        let damaged = |column| damaged("renovation_photo", column, id);
        let hash = BlobHash::from_column(&hash).ok_or_else(|| damaged("hash"))?;
        let thumb = BlobHash::from_column(&thumb).ok_or_else(|| damaged("thumb"))?;
        Ok(ItemPhoto { no, moment: moment.parse().map_err(|_| damaged("moment"))?, hash, thumb })
    };
    rows.into_iter().map(read).collect()
}
