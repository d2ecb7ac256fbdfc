//! What only looks.

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use crate::error::DevicesError;
use crate::model::{Device, DeviceId};
use crate::store;

/// Something that was dropped of a device.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Dropped {
    /// Why: the code of a rejection or verdict.
    pub why: String,
    /// How often.
    pub n: i64,
    /// On which day last.
    pub last_at: Ts,
}

/// The shape of a message that nobody understands.
#[derive(Debug, Clone, PartialEq, Eq, linli_db::FromRow)]
pub struct Quarantined {
    /// The device, where it is known.
    pub device_id: Option<DeviceId>,
    /// The topic, with what may be somebody's replaced by `+`.
    pub topic: String,
    /// Keys and kinds of values.
    pub shape: String,
    /// Bytes of the first one.
    pub bytes: i64,
    /// How often.
    pub n: i64,
    /// When first.
    pub first_at: Ts,
    /// When last.
    pub last_at: Ts,
}

/// A device with what was dropped of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The device.
    pub device: Device,
    /// How many people it hears.
    pub people: i64,
    /// What was dropped.
    pub dropped: Vec<Dropped>,
}

/// Where in a district the actor looks after devices.
///
/// # Errors
/// `Denied`; `NotFound` for a district out of reach.
pub fn scope(ctx: &Ctx, district: DistrictId) -> Result<Scope, DevicesError> {
    let scope = ctx.scope(Action::Read, Resource::Account)?;
    match scope.district {
        own if own == district => Ok(scope),
        DistrictId::CITY => Ok(Scope { district, place: scope.place }),
        _ => Err(DevicesError::NotFound),
    }
}

/// The devices that the actor looks after, those made last first.
///
/// # Errors
/// `Denied`; store errors.
pub async fn devices(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    before: Option<DeviceId>,
    limit: i64,
) -> Result<Vec<Listed>, DevicesError> {
    let scope = scope(ctx, district)?;
    let mut listed = Vec::new();
    for device in store::devices(c, &scope, before, limit).await? {
        let people = store::label_count(c, device.district, device.id).await?;
        let dropped = store::tally(c, device.district, device.id).await?;
        listed.push(Listed { device, people, dropped });
    }
    Ok(listed)
}

/// How many devices of a place are silent (设备失联), and how many stand there. Numbers, no device.
///
/// # Errors
/// Store errors.
pub async fn silent(c: &mut Conn<'_>, scope: &Scope) -> Result<(i64, i64), DbError> {
    store::silent_of(c, scope).await
}

/// A device that the actor looks after.
///
/// # Errors
/// `NotFound`, also for one out of reach; store errors.
pub async fn device(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, id: DeviceId) -> Result<Listed, DevicesError> {
    let scope = scope(ctx, district)?;
    let device = store::device(c, scope.district, id).await?.ok_or(DevicesError::NotFound)?;
    if !scope.contains(device.district, &device.place) {
        return Err(DevicesError::NotFound);
    }
    let people = store::label_count(c, device.district, device.id).await?;
    let dropped = store::tally(c, device.district, device.id).await?;
    Ok(Listed { device, people, dropped })
}

/// Some labels of a device, each with the number of the consent (假名编号).
///
/// # Errors
/// As [`device`].
pub async fn labels(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    id: DeviceId,
    limit: i64,
) -> Result<Vec<(String, Uuid)>, DevicesError> {
    let device = device(ctx, c, district, id).await?.device;
    Ok(store::some_labels(c, &device, limit).await?)
}

/// What lies in the quarantine, seen last first.
///
/// # Errors
/// `Denied`; store errors.
pub async fn quarantine(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<Quarantined>, DevicesError> {
    Ok(store::quarantined(c, scope(ctx, district)?.district, limit).await?)
}

/// Of how many people nothing is heard now (失联人数).
///
/// # Errors
/// `Denied`; store errors.
pub async fn unheard(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<i64, DevicesError> {
    Ok(store::news::unheard_count(c, scope(ctx, district)?.district).await?)
}

/// When this installation itself heard no device last: from, to. Silence of devices is counted from its end.
///
/// # Errors
/// Store errors.
pub async fn own_gap(c: &mut Conn<'_>) -> Result<Option<(Ts, Ts)>, DbError> {
    Ok(store::heartbeat(c).await?.and_then(|kept| kept.gap_from.map(|from| (from, kept.since))))
}
