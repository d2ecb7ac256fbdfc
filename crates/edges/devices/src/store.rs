//! The tables of devices.

pub(crate) mod news;

use std::collections::HashMap;

use linli_access::Scope;
use linli_cases::CaseId;
use linli_db::{Bulk, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::door::Person;
use crate::model::{Device, DeviceId};
use crate::payload::{kind_of, word_of};
use crate::quarantine::Sighting;
use crate::queries::{Dropped, Quarantined};

const COLUMNS: &str = "SELECT district_id, id, place_path, kind, name, means, topic, source, owner, permitted_at, sign_posted, filing_no, \
     created_at, retired_at, heard_at, gone_at, silent_since, case_id FROM device";

#[derive(linli_db::FromRow)]
struct Row {
    district_id: DistrictId,
    id: DeviceId,
    place_path: PlacePath,
    kind: String,
    name: String,
    means: String,
    topic: Option<String>,
    source: Option<String>,
    owner: String,
    permitted_at: Option<Ts>,
    sign_posted: bool,
    filing_no: Option<String>,
    created_at: Ts,
    retired_at: Option<Ts>,
    heard_at: Option<Ts>,
    gone_at: Option<Ts>,
    silent_since: Option<Ts>,
    case_id: Option<CaseId>,
}

impl TryFrom<Row> for Device {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self> {
        let damaged = |column: &'static str| DbError::Inconsistent { table: "device", column, row: row.id.to_string() };
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged("kind"))?,
            means: kind_of(row.means.as_bytes()).ok_or_else(|| damaged("means"))?,
            district: row.district_id,
            id: row.id,
            place: row.place_path,
            name: row.name,
            topic: row.topic,
            source: row.source,
            owner: row.owner,
            permitted_at: row.permitted_at,
            sign_posted: row.sign_posted,
            filing_no: row.filing_no,
            created_at: row.created_at,
            retired_at: row.retired_at,
            heard_at: row.heard_at,
            gone_at: row.gone_at,
            silent_since: row.silent_since,
            case: row.case_id,
        })
    }
}

/// Keeps a device; false when another one of the district that is not retired has this name.
pub(crate) async fn put(c: &mut Conn<'_>, device: &Device, hash: &[u8]) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query(
            "INSERT INTO device (district_id, id, place_path, kind, name, means, topic, source, owner, permitted_at, sign_posted, filing_no, \
             token_hash, token_at, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) ON CONFLICT DO NOTHING"
        )
        .bind(device.district)
        .bind(device.id)
        .bind(&device.place)
        .bind(device.kind.as_str())
        .bind(&device.name)
        .bind(word_of(device.means))
        .bind(&device.topic)
        .bind(&device.source)
        .bind(&device.owner)
        .bind(device.permitted_at)
        .bind(device.sign_posted)
        .bind(&device.filing_no)
        .bind(hash)
        .bind(device.created_at)
    )?;
    Ok(rows == 1)
}

/// A device by its id.
pub(crate) async fn device(c: &mut Conn<'_>, district: DistrictId, id: DeviceId) -> Result<Option<Device>> {
    let text = format!("{COLUMNS} WHERE district_id = $1 AND id = $2");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Device::try_from).transpose()
}

/// The device that has this token and is not retired.
pub(crate) async fn of_token(c: &mut Conn<'_>, hash: &[u8]) -> Result<Option<Device>> {
    let text = format!("{COLUMNS} WHERE token_hash = $1 AND retired_at IS NULL");
    let row: Option<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(hash).fetch_optional(x).await)?;
    row.map(Device::try_from).transpose()
}

/// The devices of a scope, those that are not retired first by id after a cursor.
pub(crate) async fn devices(c: &mut Conn<'_>, scope: &Scope, before: Option<DeviceId>, limit: i64) -> Result<Vec<Device>> {
    let text = format!(
        "{COLUMNS} WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND ($4 IS NULL OR id < $4) ORDER BY id DESC LIMIT $5"
    );
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(scope.district).bind(scope.from()).bind(scope.to()).bind(before).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Device::try_from).collect()
}

/// How many devices of a scope are silent, and how many are not retired.
pub(crate) async fn silent_of(c: &mut Conn<'_>, scope: &Scope) -> Result<(i64, i64)> {
    sql!(c, x => sqlx::query_as(
        "SELECT COALESCE(SUM(CASE WHEN silent_since IS NULL THEN 0 ELSE 1 END), 0), COUNT(*) FROM device \
         WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND retired_at IS NULL")
        .bind(scope.district).bind(scope.from()).bind(scope.to()).fetch_one(x).await)
}

/// The devices that a broker brings, of all districts.
pub(crate) async fn by_broker(c: &mut Conn<'_>) -> Result<Vec<Device>> {
    let text = format!("{COLUMNS} WHERE topic IS NOT NULL AND retired_at IS NULL ORDER BY district_id, id");
    let rows: Vec<Row> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).fetch_all(x).await)?;
    rows.into_iter().map(Device::try_from).collect()
}

/// The labels of those devices, by device.
pub(crate) async fn labels_by_broker(c: &mut Conn<'_>) -> Result<HashMap<DeviceId, Vec<(String, Uuid)>>> {
    let rows: Vec<(DeviceId, String, Uuid)> = sql!(c, x => sqlx::query_as(
        "SELECT m.device_id, m.label, m.person_id FROM device_label m JOIN device d ON d.district_id = m.district_id AND d.id = m.device_id \
         WHERE d.topic IS NOT NULL AND d.retired_at IS NULL ORDER BY m.district_id, m.device_id, m.label"
    ).fetch_all(x).await)?;
    let mut by_device: HashMap<DeviceId, Vec<(String, Uuid)>> = HashMap::new();
    for (device, label, person) in rows {
        by_device.entry(device).or_default().push((label, person));
    }
    Ok(by_device)
}

/// Whom the devices of a district hear.
pub(crate) async fn people_heard(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<(DeviceId, Uuid)>> {
    sql!(c, x => sqlx::query_as("SELECT DISTINCT device_id, person_id FROM device_label WHERE district_id = $1")
        .bind(district).fetch_all(x).await)
}

/// Another token; the old one opens nothing any more.
pub(crate) async fn rotate(c: &mut Conn<'_>, device: &Device, hash: &[u8], at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE device SET token_hash = $3, token_at = $4 WHERE district_id = $1 AND id = $2")
            .bind(device.district)
            .bind(device.id)
            .bind(hash)
            .bind(at)
    )
    .map(|_| ())
}

/// Ends a device; false when it had ended.
pub(crate) async fn retire(c: &mut Conn<'_>, device: &Device, at: Ts) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("UPDATE device SET retired_at = $3 WHERE district_id = $1 AND id = $2 AND retired_at IS NULL")
            .bind(device.district)
            .bind(device.id)
            .bind(at)
    )?;
    Ok(rows == 1)
}

/// Writes down the papers of a device.
pub(crate) async fn papers(c: &mut Conn<'_>, device: &Device) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE device SET sign_posted = $3, filing_no = $4, permitted_at = $5 WHERE district_id = $1 AND id = $2")
            .bind(device.district)
            .bind(device.id)
            .bind(device.sign_posted)
            .bind(&device.filing_no)
            .bind(device.permitted_at)
    )
    .map(|_| ())
}

/// Maps a label of a device to somebody; another person's before is written over.
pub(crate) async fn map(c: &mut Conn<'_>, device: &Device, label: &str, person: Uuid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_label (district_id, device_id, label, person_id) VALUES ($1, $2, $3, $4) \
         ON CONFLICT (district_id, device_id, label) DO UPDATE SET person_id = excluded.person_id"
        )
        .bind(device.district)
        .bind(device.id)
        .bind(label)
        .bind(person)
    )
    .map(|_| ())
}

/// Maps many labels of a device.
pub(crate) async fn map_many(c: &mut Conn<'_>, device: &Device, labels: Vec<(String, Uuid)>) -> Result<u64> {
    let many = labels.len();
    let (labels, people): (Vec<_>, Vec<_>) = labels.into_iter().unzip();
    Bulk::into("device_label")
        .ints("district_id", std::iter::repeat_n(device.district.0, many))
        .ids("device_id", std::iter::repeat_n(device.id.0, many))
        .texts("label", labels)
        .ids("person_id", people)
        .on_conflict("ON CONFLICT (district_id, device_id, label) DO UPDATE SET person_id = excluded.person_id")
        .write(c)
        .await
}

/// Takes a label away; false when there was none.
pub(crate) async fn unmap(c: &mut Conn<'_>, device: &Device, label: &str) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("DELETE FROM device_label WHERE district_id = $1 AND device_id = $2 AND label = $3")
            .bind(device.district)
            .bind(device.id)
            .bind(label)
    )?;
    Ok(rows == 1)
}

/// The labels of a device.
pub(crate) async fn labels(c: &mut Conn<'_>, district: DistrictId, id: DeviceId) -> Result<Vec<(String, Uuid)>> {
    sql!(c, x => sqlx::query_as("SELECT label, person_id FROM device_label WHERE district_id = $1 AND device_id = $2 ORDER BY label")
        .bind(district).bind(id).fetch_all(x).await)
}

/// The first labels of a device.
pub(crate) async fn some_labels(c: &mut Conn<'_>, device: &Device, limit: i64) -> Result<Vec<(String, Uuid)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT label, person_id FROM device_label WHERE district_id = $1 AND device_id = $2 ORDER BY label LIMIT $3"
    ).bind(device.district).bind(device.id).bind(limit).fetch_all(x).await)
}

/// How many labels a device has.
pub(crate) async fn label_count(c: &mut Conn<'_>, district: DistrictId, id: DeviceId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT CAST(COUNT(*) AS BIGINT) FROM device_label WHERE district_id = $1 AND device_id = $2")
        .bind(district).bind(id).fetch_one(x).await)
}

/// Forgets somebody: labels, what the watch was told of him, and when devices were heard that heard nobody else. Gives the devices.
pub(crate) async fn forget(c: &mut Conn<'_>, person: Person, hour: Ts) -> Result<Vec<DeviceId>> {
    let devices: Vec<DeviceId> = sql!(c, x => sqlx::query_scalar(
        "SELECT DISTINCT device_id FROM device_label WHERE district_id = $1 AND person_id = $2"
    ).bind(person.district).bind(person.id).fetch_all(x).await)?;
    exec!(
        c,
        sqlx::query("DELETE FROM device_label WHERE district_id = $1 AND person_id = $2").bind(person.district).bind(person.id)
    )?;
    for table in [
        "DELETE FROM device_unheard WHERE district_id = $1 AND id = $2",
        "DELETE FROM device_news WHERE district_id = $1 AND person_id = $2",
    ] {
        exec!(&mut *c, sqlx::query(table).bind(person.district).bind(person.id))?;
    }
    for device in &devices {
        let others = label_count(c, person.district, *device).await?;
        if others > 0 {
            continue;
        }
        exec!(
            c,
            sqlx::query("UPDATE device SET heard_at = $3, gone_at = NULL WHERE district_id = $1 AND id = $2")
                .bind(person.district)
                .bind(*device)
                .bind(hour)
        )?;
        exec!(
            c,
            sqlx::query("DELETE FROM device_tally WHERE district_id = $1 AND device_id = $2").bind(person.district).bind(*device)
        )?;
    }
    Ok(devices)
}

/// Forgets under which labels cameras that know faces know somebody. Gives how many there were.
pub(crate) async fn forget_faces(c: &mut Conn<'_>, person: Person, kinds: &[&str]) -> Result<u64> {
    let mut forgotten = 0;
    for kind in kinds {
        forgotten += exec!(
            &mut *c,
            sqlx::query(
                "DELETE FROM device_label WHERE district_id = $1 AND person_id = $2 AND device_id IN \
                 (SELECT id FROM device WHERE district_id = $1 AND kind = $3)"
            )
            .bind(person.district)
            .bind(person.id)
            .bind(*kind)
        )?;
    }
    Ok(forgotten)
}

/// A device was heard in this hour: it is neither gone nor silent any more.
pub(crate) async fn heard(c: &mut Conn<'_>, district: DistrictId, id: DeviceId, hour: Ts) -> Result<()> {
    exec!(c, sqlx::query(
        "UPDATE device SET heard_at = $3, gone_at = NULL, silent_since = NULL, case_id = NULL WHERE district_id = $1 AND id = $2"
    ).bind(district).bind(id).bind(hour))
    .map(|_| ())
}

/// The bridge or the broker says that a device is gone; the first time counts.
pub(crate) async fn gone(c: &mut Conn<'_>, district: DistrictId, id: DeviceId, at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query("UPDATE device SET gone_at = $3 WHERE district_id = $1 AND id = $2 AND gone_at IS NULL")
            .bind(district)
            .bind(id)
            .bind(at)
    )
    .map(|_| ())
}

/// Devices that are used and not silent yet, in the order of their ids.
pub(crate) async fn hearing(c: &mut Conn<'_>, district: DistrictId, after: Option<DeviceId>, limit: i64) -> Result<Vec<Device>> {
    let text = format!(
        "{COLUMNS} WHERE district_id = $1 AND retired_at IS NULL AND silent_since IS NULL AND ($2 IS NULL OR id > $2) ORDER BY id LIMIT $3"
    );
    let rows: Vec<Row> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(after).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Device::try_from).collect()
}

/// A device is silent from now on, and this case is about it.
pub(crate) async fn silent(c: &mut Conn<'_>, device: &Device, case: CaseId, at: Ts) -> Result<bool> {
    let rows = exec!(c, sqlx::query(
        "UPDATE device SET silent_since = $3, case_id = $4 WHERE district_id = $1 AND id = $2 AND silent_since IS NULL AND retired_at IS NULL"
    ).bind(device.district).bind(device.id).bind(at).bind(case))?;
    Ok(rows == 1)
}

/// When this installation heard devices at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, linli_db::FromRow)]
pub(crate) struct Heartbeat {
    /// Last written down, every minute.
    pub(crate) last_at: Ts,
    /// Since when without a gap, as far as is known.
    pub(crate) since: Ts,
    /// When the last gap began.
    pub(crate) gap_from: Option<Ts>,
}

/// When devices were heard at all; nothing before that was ever written down.
pub(crate) async fn heartbeat(c: &mut Conn<'_>) -> Result<Option<Heartbeat>> {
    sql!(c, x => sqlx::query_as("SELECT last_at, since, gap_from FROM device_hearing WHERE one = 1").fetch_optional(x).await)
}

/// Writes down that devices are heard.
pub(crate) async fn beat(c: &mut Conn<'_>, heartbeat: Heartbeat) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_hearing (one, last_at, since, gap_from) VALUES (1, $1, $2, $3) ON CONFLICT (one) DO UPDATE SET \
             last_at = excluded.last_at, since = excluded.since, gap_from = excluded.gap_from"
        )
        .bind(heartbeat.last_at)
        .bind(heartbeat.since)
        .bind(heartbeat.gap_from)
    )
    .map(|_| ())
}

/// Adds what was dropped of a device.
pub(crate) async fn add_tally(c: &mut Conn<'_>, district: DistrictId, id: DeviceId, (why, n): (&str, i64), at: Ts) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_tally (district_id, device_id, why, n, last_at) VALUES ($1, $2, $3, $4, $5) \
         ON CONFLICT (district_id, device_id, why) DO UPDATE SET n = device_tally.n + excluded.n, last_at = excluded.last_at"
        )
        .bind(district)
        .bind(id)
        .bind(why)
        .bind(n)
        .bind(at)
    )
    .map(|_| ())
}

/// What was dropped of a device.
pub(crate) async fn tally(c: &mut Conn<'_>, district: DistrictId, id: DeviceId) -> Result<Vec<Dropped>> {
    sql!(c, x => sqlx::query_as("SELECT why, n, last_at FROM device_tally WHERE district_id = $1 AND device_id = $2 ORDER BY why")
        .bind(district).bind(id).fetch_all(x).await)
}

/// How many shapes lie in the quarantine of a district.
pub(crate) async fn quarantine_count(c: &mut Conn<'_>, district: DistrictId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT CAST(COUNT(*) AS BIGINT) FROM device_quarantine WHERE district_id = $1")
        .bind(district).fetch_one(x).await)
}

/// A shape was seen again; false when it is not in the quarantine yet.
pub(crate) async fn seen_again(c: &mut Conn<'_>, district: DistrictId, seen: &Sighting) -> Result<bool> {
    let rows = exec!(
        c,
        sqlx::query("UPDATE device_quarantine SET n = n + $3, last_at = $4 WHERE district_id = $1 AND id = $2")
            .bind(district)
            .bind(seen.id)
            .bind(seen.n)
            .bind(seen.last_at)
    )?;
    Ok(rows == 1)
}

/// Puts a shape into the quarantine.
pub(crate) async fn put_away(c: &mut Conn<'_>, district: DistrictId, seen: &Sighting) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_quarantine (district_id, id, device_id, topic, shape, bytes, n, first_at, last_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (district_id, id) DO NOTHING"
        )
        .bind(district)
        .bind(seen.id)
        .bind(seen.device)
        .bind(&seen.topic)
        .bind(&seen.shape)
        .bind(seen.bytes)
        .bind(seen.n)
        .bind(seen.first_at)
        .bind(seen.last_at)
    )
    .map(|_| ())
}

/// What lies in the quarantine of a district, seen last first.
pub(crate) async fn quarantined(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<Quarantined>> {
    sql!(c, x => sqlx::query_as(
        "SELECT device_id, topic, shape, bytes, n, first_at, last_at FROM device_quarantine WHERE district_id = $1 \
         ORDER BY last_at DESC, id LIMIT $2"
    ).bind(district).bind(limit).fetch_all(x).await)
}

/// Forgets shapes that were seen last before an instant.
pub(crate) async fn empty_quarantine(c: &mut Conn<'_>, district: DistrictId, before: Ts) -> Result<u64> {
    exec!(c, sqlx::query("DELETE FROM device_quarantine WHERE district_id = $1 AND last_at < $2").bind(district).bind(before))
}
