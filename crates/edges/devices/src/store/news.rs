//! What hears whom, and of whom the watch has still to be told.

use linli_db::{Bulk, Conn, Result, exec, sql};
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use crate::door::Person;
use crate::model::{Device, DeviceId};

/// What hears everybody whom a device hears has changed: the watch has to be told.
pub(crate) async fn of_device(c: &mut Conn<'_>, (district, id): (DistrictId, DeviceId), news: Uuid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_news (district_id, person_id, news) SELECT DISTINCT district_id, person_id, $3 FROM device_label \
             WHERE district_id = $1 AND device_id = $2 ON CONFLICT (district_id, person_id) DO UPDATE SET news = excluded.news"
        )
        .bind(district)
        .bind(id)
        .bind(news)
    )
    .map(|_| ())
}

/// The same of somebody.
pub(crate) async fn of_person(c: &mut Conn<'_>, (district, person): (DistrictId, Uuid), news: Uuid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_news (district_id, person_id, news) VALUES ($1, $2, $3) \
             ON CONFLICT (district_id, person_id) DO UPDATE SET news = excluded.news"
        )
        .bind(district)
        .bind(person)
        .bind(news)
    )
    .map(|_| ())
}

/// The same of the one whom it hears under a label.
pub(crate) async fn of_label(c: &mut Conn<'_>, device: &Device, label: &str, news: Uuid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_news (district_id, person_id, news) SELECT district_id, person_id, $4 FROM device_label \
             WHERE district_id = $1 AND device_id = $2 AND label = $3 \
             ON CONFLICT (district_id, person_id) DO UPDATE SET news = excluded.news"
        )
        .bind(device.district)
        .bind(device.id)
        .bind(label)
        .bind(news)
    )
    .map(|_| ())
}

/// The same when a device is heard now that was silent or was never heard; otherwise nothing.
pub(crate) async fn of_deaf(c: &mut Conn<'_>, district: DistrictId, id: DeviceId, news: Uuid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO device_news (district_id, person_id, news) SELECT DISTINCT m.district_id, m.person_id, $3 FROM device_label m \
             JOIN device d ON d.district_id = m.district_id AND d.id = m.device_id WHERE d.district_id = $1 AND d.id = $2 \
             AND (d.silent_since IS NOT NULL OR d.heard_at IS NULL) \
             ON CONFLICT (district_id, person_id) DO UPDATE SET news = excluded.news"
        )
        .bind(district)
        .bind(id)
        .bind(news)
    )
    .map(|_| ())
}

/// Of whom the watch has still to be told what hears them.
pub(crate) async fn waiting(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<(Uuid, Uuid)>> {
    sql!(c, x => sqlx::query_as("SELECT person_id, news FROM device_news WHERE district_id = $1 ORDER BY person_id LIMIT $2")
        .bind(district).bind(limit).fetch_all(x).await)
}

/// The districts in which there is something of the kind.
pub(crate) async fn districts(c: &mut Conn<'_>) -> Result<Vec<DistrictId>> {
    sql!(c, x => sqlx::query_scalar("SELECT DISTINCT district_id FROM device_news ORDER BY district_id").fetch_all(x).await)
}

/// It was told, unless there is other news by now.
pub(crate) async fn told(c: &mut Conn<'_>, district: DistrictId, (person, news): (Uuid, Uuid)) -> Result<()> {
    let text = "DELETE FROM device_news WHERE district_id = $1 AND person_id = $2 AND news = $3";
    exec!(c, sqlx::query(text).bind(district).bind(person).bind(news)).map(|_| ())
}

/// The devices that are mapped to somebody and not retired: kind, the sign that each stands for, and whether it is heard.
pub(crate) async fn devices_of(c: &mut Conn<'_>, person: Person) -> Result<Vec<(String, String, bool)>> {
    let rows: Vec<(String, String, Option<Ts>, Option<Ts>)> = sql!(c, x => sqlx::query_as(
        "SELECT d.kind, d.means, d.heard_at, d.silent_since FROM device_label m JOIN device d ON d.district_id = m.district_id \
         AND d.id = m.device_id WHERE m.district_id = $1 AND m.person_id = $2 AND d.retired_at IS NULL"
    ).bind(person.district).bind(person.id).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(kind, means, heard, silent)| (kind, means, heard.is_some() && silent.is_none())).collect())
}

/// The watch was told that nothing is heard of these people.
pub(crate) async fn told_unheard(c: &mut Conn<'_>, district: DistrictId, people: &[Uuid], since: Ts) -> Result<()> {
    Bulk::into("device_unheard")
        .ints("district_id", people.iter().map(|_| district.0))
        .ids("id", people.iter().copied())
        .ints("since", people.iter().map(|_| since.0))
        .on_conflict("ON CONFLICT (district_id, id) DO NOTHING")
        .write(c)
        .await
        .map(|_| ())
}

/// The watch was told that something of these people is heard again.
pub(crate) async fn told_heard(c: &mut Conn<'_>, district: DistrictId, people: &[Uuid]) -> Result<()> {
    for person in people {
        exec!(c, sqlx::query("DELETE FROM device_unheard WHERE district_id = $1 AND id = $2").bind(district).bind(*person))?;
    }
    Ok(())
}

/// How many people nothing is heard of.
pub(crate) async fn unheard_count(c: &mut Conn<'_>, district: DistrictId) -> Result<i64> {
    sql!(c, x => sqlx::query_scalar("SELECT CAST(COUNT(*) AS BIGINT) FROM device_unheard WHERE district_id = $1")
        .bind(district).fetch_one(x).await)
}
