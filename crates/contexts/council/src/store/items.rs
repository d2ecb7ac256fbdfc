//! What is on agendas.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use super::damaged;
use crate::model::{Item, ItemId, Kind, MeetingId};

const COLUMNS: &str = "id, meeting_id, no, title, matter, place_path, source, source_id, carried_from, carried, carried_to, electorate, outcome, decision";

#[derive(linli_db::FromRow)]
struct ItemRow {
    id: ItemId,
    meeting_id: MeetingId,
    no: i64,
    title: String,
    matter: String,
    place_path: PlacePath,
    source: String,
    source_id: Option<Uuid>,
    carried_from: Option<ItemId>,
    carried: i64,
    carried_to: Option<ItemId>,
    electorate: String,
    outcome: String,
    decision: String,
}

impl TryFrom<ItemRow> for Item {
    type Error = DbError;

    fn try_from(row: ItemRow) -> Result<Self> {
        let damaged = |column| damaged("council_item", column, row.id);
        Ok(Self {
            source: row.source.parse().map_err(|_| damaged("source"))?,
            electorate: row.electorate.parse().map_err(|_| damaged("electorate"))?,
            outcome: row.outcome.parse().map_err(|_| damaged("outcome"))?,
            id: row.id,
            meeting: row.meeting_id,
            no: row.no,
            title: row.title,
            matter: row.matter,
            place: row.place_path,
            source_id: row.source_id,
            carried_from: row.carried_from,
            carried: row.carried,
            carried_to: row.carried_to,
            decision: row.decision,
        })
    }
}

fn all(rows: Vec<ItemRow>) -> Result<Vec<Item>> {
    rows.into_iter().map(Item::try_from).collect()
}

/// Writes a matter at the end of an agenda; false when the case or proposal is on it already.
pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, new: &Item) -> Result<bool> {
    let text = format!(
        "INSERT INTO council_item (district_id, {COLUMNS}) SELECT $1, $2, $3, COALESCE(MAX(i.no), 0) + 1, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14 \
         FROM council_item i WHERE i.district_id = $1 AND i.meeting_id = $3 \
         ON CONFLICT (district_id, meeting_id, source_id) WHERE source_id IS NOT NULL DO NOTHING"
    );
    Ok(exec!(
        c,
        sqlx::query(AssertSqlSafe(text))
            .bind(district)
            .bind(new.id)
            .bind(new.meeting)
            .bind(&new.title)
            .bind(&new.matter)
            .bind(&new.place)
            .bind(new.source.as_str())
            .bind(new.source_id)
            .bind(new.carried_from)
            .bind(new.carried)
            .bind(new.carried_to)
            .bind(new.electorate.as_str())
            .bind(new.outcome.as_str())
            .bind(&new.decision)
    )? == 1)
}

/// Writes what became of a matter.
pub(crate) async fn put(c: &mut Conn<'_>, district: DistrictId, item: &Item) -> Result<()> {
    let text = "UPDATE council_item SET title = $3, matter = $4, carried_to = $5, electorate = $6, outcome = $7, decision = $8 \
                WHERE district_id = $1 AND id = $2";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(item.id)
            .bind(&item.title)
            .bind(&item.matter)
            .bind(item.carried_to)
            .bind(item.electorate.as_str())
            .bind(item.outcome.as_str())
            .bind(&item.decision)
    )
    .map(|_| ())
}

/// Takes a matter off an agenda that nobody was told of yet.
pub(crate) async fn remove(c: &mut Conn<'_>, district: DistrictId, id: ItemId) -> Result<()> {
    exec!(c, sqlx::query("DELETE FROM council_item WHERE district_id = $1 AND id = $2").bind(district).bind(id)).map(|_| ())
}

/// A matter goes on from nowhere any more: what it had been carried to was taken off.
pub(crate) async fn uncarry(c: &mut Conn<'_>, district: DistrictId, to: ItemId) -> Result<()> {
    let text = "UPDATE council_item SET carried_to = NULL WHERE district_id = $1 AND carried_to = $2";
    exec!(c, sqlx::query(text).bind(district).bind(to)).map(|_| ())
}

/// A matter.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: ItemId) -> Result<Option<Item>> {
    let text = format!("SELECT {COLUMNS} FROM council_item WHERE district_id = $1 AND id = $2");
    let row: Option<ItemRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Item::try_from).transpose()
}

/// The agenda of a meeting, in order.
pub(crate) async fn of_meeting(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<Item>> {
    let text = format!("SELECT {COLUMNS} FROM council_item WHERE district_id = $1 AND meeting_id = $2 ORDER BY no, id");
    let rows: Vec<ItemRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(meeting).fetch_all(x).await)?;
    all(rows)
}

/// What earlier meetings of a family at exactly this place left open and no later one has taken over, the oldest first: of meetings that were held or
/// cancelled.
pub(crate) async fn left_open(c: &mut Conn<'_>, (district, place): (DistrictId, &PlacePath), family: Kind) -> Result<Vec<Item>> {
    let other = if family == Kind::Joint { Kind::Single } else { family };
    let columns = COLUMNS.split(", ").map(|column| format!("i.{column}")).collect::<Vec<_>>().join(", ");
    let text = format!(
        "SELECT {columns} FROM council_item i JOIN council_meeting m ON m.district_id = i.district_id AND m.id = i.meeting_id \
         WHERE i.district_id = $1 AND m.district_id = $1 AND m.place_path = $2 AND m.kind IN ($3, $4) \
         AND m.state IN ('held', 'approved', 'published', 'cancelled') AND i.outcome IN ('open', 'deferred') AND i.carried_to IS NULL \
         ORDER BY m.starts_at, i.no, i.id LIMIT 200"
    );
    let rows: Vec<ItemRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(place).bind(family.as_str()).bind(other.as_str()).fetch_all(x).await)?;
    all(rows)
}

/// How many of a district's matters say that they were carried to one that is not there, or does not say that it comes from them.
pub(crate) async fn broken_chains(c: &mut Conn<'_>, district: DistrictId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT COUNT(*) FROM council_item i WHERE i.district_id = $1 AND i.carried_to IS NOT NULL AND NOT EXISTS \
         (SELECT 1 FROM council_item n WHERE n.district_id = $1 AND n.id = i.carried_to AND n.carried_from = i.id)"
    ).bind(district).fetch_one(x).await)
}

/// A matter that was put on an agenda by hand goes on from an earlier one.
pub(crate) async fn adopt(c: &mut Conn<'_>, district: DistrictId, (id, from): (ItemId, ItemId), carried: i64) -> Result<()> {
    let text = "UPDATE council_item SET carried_from = $3, carried = $4 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(from).bind(carried)).map(|_| ())
}
