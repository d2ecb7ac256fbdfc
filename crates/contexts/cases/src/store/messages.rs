//! The 12345 lists of places.

use jiff::civil::Date;
use linli_db::{Bulk, Column, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath};
use sqlx::AssertSqlSafe;

use crate::model::{MessageClass, MessageClassId, MessageList, MessagePath};

const COLUMNS: &str = "district_id, id, place_path, level1, level2, level3, conditions, clock, owners, profile, legal_basis, class, matter, \
    source, valid_from, closed_on";

#[derive(Debug, linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: MessageClassId,
    place_path: PlacePath,
    level1: String,
    level2: String,
    level3: String,
    conditions: Option<String>,
    clock: Option<String>,
    owners: Option<String>,
    profile: Option<String>,
    legal_basis: Option<String>,
    class: Option<String>,
    matter: Option<String>,
    source: String,
    valid_from: String,
    closed_on: Option<String>,
}

impl TryFrom<Row> for MessageClass {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "message_class", column, row: row.id.to_string() };
        let roles = row.owners.iter().flat_map(|owners| owners.split(',')).map(str::parse);
        let day = |text: &str, column| text.parse::<Date>().map_err(|_| damaged(column));
        Ok(Self {
            owners: roles.collect::<std::result::Result<_, _>>().map_err(|_| damaged("owners"))?,
            valid_from: day(&row.valid_from, "valid_from")?,
            closed_on: row.closed_on.as_deref().map(|on| day(on, "closed_on")).transpose()?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            path: MessagePath([row.level1, row.level2, row.level3]),
            conditions: row.conditions,
            clock: row.clock,
            profile: row.profile,
            legal_basis: row.legal_basis,
            class: row.class,
            matter: row.matter,
            source: row.source,
        })
    }
}

fn owners(class: &MessageClass) -> Option<String> {
    let words: Vec<&str> = class.owners.iter().map(|role| role.as_str()).collect();
    (!words.is_empty()).then(|| words.join(","))
}

/// The list of exactly this place, in the order of its paths.
pub(crate) async fn list_of(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<MessageList> {
    let text =
        format!("SELECT {COLUMNS} FROM message_class WHERE district_id = $1 AND place_path = $2 ORDER BY level1, level2, level3");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(place).fetch_all(x).await)?;
    Ok(MessageList { classes: rows.into_iter().map(MessageClass::try_from).collect::<Result<_>>()? })
}

/// Where there are lists that a district goes by: its own, and those of the whole city.
pub(crate) async fn places(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(DistrictId, PlacePath)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT DISTINCT district_id, place_path FROM message_class WHERE district_id IN ($1, $2) ORDER BY place_path, district_id"
    ).bind(district).bind(DistrictId::CITY).fetch_all(x).await)
}

/// The class with this id, of the district or of the whole city.
pub(crate) async fn by_id(c: &mut Conn<'_>, district: DistrictId, id: MessageClassId) -> Result<Option<MessageClass>> {
    let text = format!("SELECT {COLUMNS} FROM message_class WHERE district_id IN ($1, $2) AND id = $3");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(DistrictId::CITY).bind(id).fetch_optional(x).await)?;
    row.map(MessageClass::try_from).transpose()
}

/// Writes new classes.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &[MessageClass]) -> Result<()> {
    let texts = |get: fn(&MessageClass) -> Option<String>| Column::Text(new.iter().map(get).collect());
    Bulk::into("message_class")
        .ints("district_id", new.iter().map(|class| class.district.0))
        .ids("id", new.iter().map(|class| class.id.0))
        .texts("place_path", new.iter().map(|class| class.place.to_string()))
        .column("level1", texts(|class| class.path.0.first().cloned()))
        .column("level2", texts(|class| class.path.0.get(1).cloned()))
        .column("level3", texts(|class| class.path.0.get(2).cloned()))
        .column("conditions", texts(|class| class.conditions.clone()))
        .column("clock", texts(|class| class.clock.clone()))
        .column("owners", texts(owners))
        .column("profile", texts(|class| class.profile.clone()))
        .column("legal_basis", texts(|class| class.legal_basis.clone()))
        .column("class", texts(|class| class.class.clone()))
        .column("matter", texts(|class| class.matter.clone()))
        .texts("source", new.iter().map(|class| class.source.clone()))
        .texts("valid_from", new.iter().map(|class| class.valid_from.to_string()))
        .column("closed_on", texts(|class| class.closed_on.map(|on| on.to_string())))
        .write(c)
        .await
        .map(|_| ())
}

/// Writes what a file says anew of a class, or that it closed.
pub(crate) async fn update(c: &mut Conn<'_>, class: &MessageClass) -> Result<()> {
    exec!(c, sqlx::query(
        "UPDATE message_class SET conditions = $3, clock = $4, owners = $5, profile = $6, legal_basis = $7, class = $8, matter = $9, \
         source = $10, closed_on = $11 WHERE district_id = $1 AND id = $2"
    ).bind(class.district).bind(class.id).bind(&class.conditions).bind(&class.clock).bind(owners(class)).bind(&class.profile)
     .bind(&class.legal_basis).bind(&class.class).bind(&class.matter).bind(&class.source)
     .bind(class.closed_on.map(|on| on.to_string())))
    .map(|_| ())
}
