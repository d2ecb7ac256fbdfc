//! What changes devices: authorise, decide, write the rows and the journal line, all in the caller's transaction.
//!
//! A line never says whom a device hears: the journal outlasts a consent.

mod telling;

use linli_access::{Action, Ctx, Resource};
use linli_cases::commands::NewReport;
use linli_cases::{CasesError, Neighbours, Office};
use linli_db::{Db, Tx};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_territory::moves::{self, Moved};
use linli_watch::SignKind;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::devices::Devices;
use crate::door::Person;
use crate::ear::{Gathered, hour};
use crate::error::DevicesError;
use crate::model::{Device, DeviceId, DeviceKind, NewDevice, Token, in_public};
use crate::payload::{Label, word_of};
use crate::quarantine::{KEPT_DAYS, SHAPES_MAX};
use crate::rules::Hearing;
use crate::store::{self, news};

pub use telling::{tell, tell_news};

/// Longest name of a device and of whose it is, in characters.
pub const NAME_MAX: usize = 60;
/// Longest topic, in bytes.
pub const TOPIC_MAX: usize = 200;
/// The class of a case about a silent device.
pub const SILENT_CLASS: &str = "care_device";

/// Keeps a device; gives its token, which is shown this once.
///
/// A camera where others pass by needs a sign that says so (公共安全视频图像信息系统管理条例 art. 13); a device in a home needs the permission of
/// whoever lives there.
///
/// # Errors
/// `Denied` for those who may not make accounts; `Field` names what is wrong; store errors.
pub async fn add(ctx: &Ctx, tx: &mut Tx, devices: &Devices, new: NewDevice) -> Result<(DeviceId, Token), DevicesError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Account, district, &new.place)?;
    let device = checked(ctx, district, new)?;
    let token = Token::random(ctx.rng.as_ref());
    if !store::put(&mut tx.conn()?, &device, &devices.hash(token.secret_text())).await? {
        return Err(DevicesError::Field { field: "name", key: "devices-field-name-taken" });
    }
    let facts = json!({ "kind": device.kind.as_str(), "means": word_of(device.means), "sign_posted": device.sign_posted });
    note(ctx, tx, "devices.added", &device, facts);
    Ok((device.id, token))
}

fn checked(ctx: &Ctx, district: DistrictId, new: NewDevice) -> Result<Device, DevicesError> {
    let wrong = |field, key| Err(DevicesError::Field { field, key });
    let trimmed = |text: Option<String>| text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
    let (name, owner) = (new.name.trim().to_owned(), new.owner.trim().to_owned());
    let fits = |text: &str| (1..=NAME_MAX).contains(&text.chars().count()) && !text.chars().any(char::is_control);
    if !fits(&name) {
        return wrong("name", "devices-field-name");
    }
    if !fits(&owner) {
        return wrong("owner", "devices-field-name");
    }
    let (topic, source, filing_no) = (trimmed(new.topic), trimmed(new.source), trimmed(new.filing_no));
    if topic.as_deref().is_some_and(|topic| !is_topic(topic, new.kind == DeviceKind::Onvif)) {
        return wrong("topic", "devices-field-topic");
    }
    if topic.is_none() && new.kind.by_broker() {
        return wrong("topic", "devices-field-topic-required");
    }
    if source.as_deref().is_some_and(|source| Label::of(source).is_none()) {
        return wrong("source", "devices-field-name");
    }
    if filing_no.as_deref().is_some_and(|number| !fits(number)) {
        return wrong("filing_no", "devices-field-name");
    }
    if !in_public(&new.place) && new.permitted_at.is_none() {
        return wrong("permitted_on", "devices-field-permission");
    }
    if new.kind.sees() && in_public(&new.place) && !new.sign_posted {
        return wrong("sign_posted", "devices-field-sign");
    }
    if new.permitted_at.is_some_and(|at| at > ctx.now()) {
        return wrong("permitted_on", "devices-field-not-yet");
    }
    // Whether somebody was seen is said by people, not by devices.
    let means = new.means.unwrap_or(new.kind.usual_sign());
    if means == SignKind::Seen {
        return wrong("means", "devices-field-means");
    }
    Ok(Device {
        district,
        id: DeviceId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: new.place,
        kind: new.kind,
        name,
        means,
        topic,
        source,
        owner,
        permitted_at: new.permitted_at,
        sign_posted: new.sign_posted,
        filing_no,
        created_at: ctx.now(),
        retired_at: None,
        heard_at: None,
        gone_at: None,
        silent_since: None,
        case: None,
    })
}

/// A topic without wildcards; the prefix of an ONVIF device may have levels that match anything.
fn is_topic(topic: &str, wild: bool) -> bool {
    let fits = topic.len() <= TOPIC_MAX
        && !topic.starts_with(['/', '$'])
        && !topic.ends_with('/')
        && !topic.chars().any(char::is_control);
    fits && topic.split('/').all(|level| !level.contains('#') && (!level.contains('+') || (wild && level == "+")))
}

/// Gives a device another token; the old one opens nothing from now on.
///
/// # Errors
/// `Denied`; `NotFound`; store errors.
pub async fn rotate(ctx: &Ctx, tx: &mut Tx, devices: &Devices, id: DeviceId) -> Result<Token, DevicesError> {
    let device = open(ctx, tx, id).await?;
    let token = Token::random(ctx.rng.as_ref());
    store::rotate(&mut tx.conn()?, &device, &devices.hash(token.secret_text()), ctx.now()).await?;
    note(ctx, tx, "devices.token_rotated", &device, json!({}));
    Ok(token)
}

/// Ends a device. Of whom it heard the watch is told, so that those who depended on it alone are not forgotten.
///
/// # Errors
/// `Denied`; `NotFound`; store errors.
pub async fn retire(ctx: &Ctx, tx: &mut Tx, id: DeviceId) -> Result<(), DevicesError> {
    let device = open(ctx, tx, id).await?;
    if !store::retire(&mut tx.conn()?, &device, ctx.now()).await? {
        return Err(DevicesError::NotFound);
    }
    news::of_device(&mut tx.conn()?, (device.district, device.id), fresh(ctx)).await?;
    note(ctx, tx, "devices.retired", &device, json!({}));
    Ok(())
}

/// The papers of a device: whether the sign is posted, under which number it is filed, since when there is a permission.
///
/// # Errors
/// As [`add`]; `NotFound`.
pub async fn papers(
    ctx: &Ctx,
    tx: &mut Tx,
    id: DeviceId,
    (sign_posted, filing_no, permitted_at): (bool, Option<String>, Option<Ts>),
) -> Result<(), DevicesError> {
    let mut device = open(ctx, tx, id).await?;
    let filing_no = filing_no.map(|number| number.trim().to_owned()).filter(|number| !number.is_empty());
    let long = |number: &str| number.chars().count() > NAME_MAX || number.chars().any(char::is_control);
    if filing_no.as_deref().is_some_and(long) {
        return Err(DevicesError::Field { field: "filing_no", key: "devices-field-name" });
    }
    if device.kind.sees() && device.in_public() && !sign_posted {
        return Err(DevicesError::Field { field: "sign_posted", key: "devices-field-sign" });
    }
    device.sign_posted = sign_posted;
    device.permitted_at = permitted_at.or(device.permitted_at);
    let facts = json!({ "sign_posted": sign_posted, "filed": filing_no.is_some() });
    device.filing_no = filing_no;
    store::papers(&mut tx.conn()?, &device).await?;
    note(ctx, tx, "devices.papers", &device, facts);
    Ok(())
}

/// Says whom a device hears under a label; under an empty one it stands for this person. `person` is the number of the consent. A camera that knows
/// faces says who somebody is by the face alone: only under a consent that names that.
///
/// # Errors
/// `UnknownPerson` for a number that nobody has; `NoFaceConsent`; `Denied`; `NotFound`; `Field` for a label that is none; store errors.
pub async fn map(
    ctx: &Ctx,
    tx: &mut Tx,
    devices: &Devices,
    id: DeviceId,
    (label, person): (&str, Uuid),
) -> Result<(), DevicesError> {
    let device = open(ctx, tx, id).await?;
    let label = label.trim();
    if !label.is_empty() && Label::of(label).is_none() {
        return Err(DevicesError::Field { field: "label", key: "devices-field-label" });
    }
    may_be_heard(tx, devices, &device, person).await?;
    let c = &mut tx.conn()?;
    // Whoever had the label before is not heard under it any more.
    news::of_label(c, &device, label, fresh(ctx)).await?;
    store::map(c, &device, label, person).await?;
    news::of_label(c, &device, label, fresh(ctx)).await?;
    note(ctx, tx, "devices.mapped", &device, json!({}));
    Ok(())
}

/// Says of many at once whom a gateway hears.
///
/// # Errors
/// As [`map`].
pub async fn map_many(
    ctx: &Ctx,
    tx: &mut Tx,
    devices: &Devices,
    id: DeviceId,
    labels: Vec<(String, Uuid)>,
) -> Result<u64, DevicesError> {
    let device = open(ctx, tx, id).await?;
    if labels.iter().any(|(label, _)| Label::of(label).is_none()) {
        return Err(DevicesError::Field { field: "label", key: "devices-field-label" });
    }
    for (_, person) in &labels {
        may_be_heard(tx, devices, &device, *person).await?;
    }
    let (c, which) = (&mut tx.conn()?, (device.district, device.id));
    news::of_device(c, which, fresh(ctx)).await?;
    let mapped = store::map_many(c, &device, labels).await?;
    news::of_device(c, which, fresh(ctx)).await?;
    note(ctx, tx, "devices.mapped", &device, json!({ "labels": mapped }));
    Ok(mapped)
}

/// Whether a device may be mapped to whoever has this number.
async fn may_be_heard(tx: &mut Tx, devices: &Devices, device: &Device, person: Uuid) -> Result<(), DevicesError> {
    let whom = Person { district: device.district, id: person };
    let agreed = devices.gate().door().who(&mut tx.conn()?, whom).await?;
    let agreed = agreed.ok_or(DevicesError::UnknownPerson(person))?;
    if device.kind.knows_faces() && !agreed.faces {
        return Err(DevicesError::NoFaceConsent(person));
    }
    Ok(())
}

/// A number that nothing else has.
fn fresh(ctx: &Ctx) -> Uuid {
    DeviceId::new(ctx.clock.as_ref(), ctx.rng.as_ref()).0
}

/// Takes a label away from a device.
///
/// # Errors
/// `Denied`; `NotFound`, also when there is no such label; store errors.
pub async fn unmap(ctx: &Ctx, tx: &mut Tx, id: DeviceId, label: &str) -> Result<(), DevicesError> {
    let device = open(ctx, tx, id).await?;
    let c = &mut tx.conn()?;
    news::of_label(c, &device, label.trim(), fresh(ctx)).await?;
    if !store::unmap(c, &device, label.trim()).await? {
        return Err(DevicesError::NotFound);
    }
    note(ctx, tx, "devices.mapped", &device, json!({}));
    Ok(())
}

/// Forgets under which labels cameras that know faces know somebody who does not agree to that any more. Doing it again changes nothing.
///
/// # Errors
/// Store errors.
pub async fn forget_faces(ctx: &Ctx, tx: &mut Tx, person: Uuid) -> Result<u64, DevicesError> {
    let district = tx.district();
    let kinds: Vec<&str> = DeviceKind::ALL.iter().filter(|kind| kind.knows_faces()).map(|kind| kind.as_str()).collect();
    let c = &mut tx.conn()?;
    let forgotten = store::forget_faces(c, Person { district, id: person }, &kinds).await?;
    if forgotten > 0 {
        news::of_person(c, (district, person), fresh(ctx)).await?;
        tx.journal(ctx.line("devices.forgot", &PlacePath::root(), None, json!({ "faces": forgotten })));
    }
    Ok(forgotten)
}

/// Forgets somebody who withdrew (撤回同意): labels, and when devices were heard that heard nobody else. Doing it again changes nothing.
///
/// # Errors
/// Store errors.
pub async fn forget(ctx: &Ctx, tx: &mut Tx, person: Uuid) -> Result<usize, DevicesError> {
    let district = tx.district();
    // When a device is heard of one person alone, its hour is that person's: it counts anew from the hour of the forgetting.
    let devices = store::forget(&mut tx.conn()?, Person { district, id: person }, hour(ctx.now())).await?;
    if !devices.is_empty() {
        // Whose labels went must not be in a line that stays: only that some did, so that every process reads them anew.
        tx.journal(ctx.line("devices.forgot", &PlacePath::root(), None, json!({ "devices": devices.len() })));
    }
    Ok(devices.len())
}

/// Takes devices along after a place moved, and says how many; 0 when none is left behind.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, DevicesError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Account, district, &moved.to)?;
    let followed = moves::rewrite_some(&mut tx.conn()?, district, ("device", "place_path"), moved, limit).await?;
    if followed > 0 {
        tx.journal(ctx.line("devices.moved", &moved.to, None, json!({ "devices": followed })));
    }
    Ok(followed)
}

async fn open(ctx: &Ctx, tx: &mut Tx, id: DeviceId) -> Result<Device, DevicesError> {
    let district = tx.district();
    let device = store::device(&mut tx.conn()?, district, id).await?.filter(|device| device.retired_at.is_none());
    let device = device.ok_or(DevicesError::NotFound)?;
    ctx.may(Action::Change, Resource::Account, district, &device.place)?;
    Ok(device)
}

/// The name may say more than it should, so it stands beside the line.
fn note(ctx: &Ctx, tx: &mut Tx, kind: &'static str, device: &Device, facts: Value) {
    let line = ctx.line(kind, &device.place, Some(device.id.0), facts);
    tx.journal(ctx.with_personal(line, json!({ "text": device.name })));
}

/// Writes down what was gathered in memory since the last time: hours, last wills, what was dropped, shapes. Bookkeeping of the
/// program itself, without lines. What cannot be written is kept for the next time.
///
/// # Errors
/// Store errors.
pub async fn flush(ctx: &Ctx, db: &Db, devices: &Devices) -> Result<(), DevicesError> {
    for (district, gathered) in devices.gathered() {
        if let Err(error) = write_down(ctx, db, district, &gathered).await {
            devices.put_back(district, gathered);
            return Err(error);
        }
    }
    Ok(())
}

async fn write_down(ctx: &Ctx, db: &Db, district: DistrictId, gathered: &Gathered) -> Result<(), DevicesError> {
    let mut tx = db.begin(district).await?;
    let c = &mut tx.conn()?;
    for (id, hour) in &gathered.heard {
        news::of_deaf(c, district, *id, fresh(ctx)).await?;
        store::heard(c, district, *id, *hour).await?;
    }
    for (id, at) in &gathered.gone {
        store::gone(c, district, *id, *at).await?;
    }
    for ((id, why), n) in &gathered.dropped {
        // A device that was deleted by hand meanwhile must not hold up all others.
        if store::device(c, district, *id).await?.is_some() {
            store::add_tally(c, district, *id, (why, *n), day(ctx.now())).await?;
        }
    }
    let mut room = SHAPES_MAX - store::quarantine_count(c, district).await?;
    for seen in &gathered.shapes {
        if !store::seen_again(c, district, seen).await? && room > 0 {
            store::put_away(c, district, seen).await?;
            room -= 1;
        }
    }
    store::empty_quarantine(c, district, ctx.now().plus_secs(-KEPT_DAYS * 86_400)).await?;
    Ok(tx.commit().await?)
}

/// The day of an instant. What was dropped may have been a sign of somebody, who is away or whose rule does not count it: when in the day that was is
/// nobody's business.
fn day(at: Ts) -> Ts {
    Ts::from_local(at.local().date().at(0, 0, 0, 0)).unwrap_or(at)
}

/// Devices looked at in one transaction.
const BATCH: i64 = 200;

/// Looks for devices of a district that are silent: each becomes a case for the property desk. Then whoever depends on silent devices
/// alone is shown as not watched, and watched again when something is heard. Run by a job; what was done is not done twice.
///
/// # Errors
/// Those of cases and of the door; store errors.
pub async fn sweep_silent(
    ctx: &Ctx,
    db: &Db,
    devices: &Devices,
    (office, neighbours): (&Office, &dyn Neighbours),
    district: DistrictId,
) -> Result<u64, DevicesError> {
    flush(ctx, db, devices).await?;
    let own = Hearing::at(&devices.book(), &PlacePath::root(), ctx.now())?;
    let hearing_since = heard_since(ctx, db, &own.value).await?;
    let (mut after, mut silent) = (None, 0);
    loop {
        let found = store::hearing(&mut db.read().await?.conn(), district, after, BATCH).await?;
        after = found.last().map(|device| device.id);
        let book = devices.book();
        for device in &found {
            let rule = Hearing::at(&book, &device.place, ctx.now())?;
            if is_silent(device, &rule.value, hearing_since, ctx.now()) {
                report(ctx, db, (office, neighbours), device, &rule.value).await?;
                silent += 1;
            }
        }
        if i64::try_from(found.len()).is_ok_and(|many| many < BATCH) {
            break;
        }
    }
    tell(ctx, db, devices, district).await?;
    Ok(silent)
}

/// Since when devices can be heard at all: silence before that is ours, not theirs. Nothing where no stop of our own is known. After a
/// stop that lasts until now, from now on.
async fn heard_since(ctx: &Ctx, db: &Db, rule: &Hearing) -> Result<Option<Ts>, DevicesError> {
    let Some(kept) = store::heartbeat(&mut db.read().await?.conn()).await? else { return Ok(None) };
    let stopped = ctx.now().secs_since(kept.last_at) >= rule.own_gap_secs();
    Ok(Some(if stopped { ctx.now() } else { kept.since }))
}

/// Writes down that this installation hears devices, once a minute. When it did not for a while, that is a gap of our own, and devices are
/// given their whole time again from now on.
///
/// # Errors
/// No rule; store errors.
pub async fn beat(ctx: &Ctx, db: &Db, devices: &Devices) -> Result<(), DevicesError> {
    let (now, rule) = (ctx.now(), Hearing::at(&devices.book(), &PlacePath::root(), ctx.now())?);
    let mut tx = db.begin(DistrictId::CITY).await?;
    let c = &mut tx.conn()?;
    let kept = store::heartbeat(c).await?;
    let next = match kept {
        Some(kept) if now.secs_since(kept.last_at) >= rule.value.own_gap_secs() => {
            store::Heartbeat { last_at: now, since: now, gap_from: Some(kept.last_at) }
        }
        Some(kept) => store::Heartbeat { last_at: now.max(kept.last_at), ..kept },
        None => store::Heartbeat { last_at: now, since: Ts(0), gap_from: None },
    };
    store::beat(c, next).await?;
    Ok(tx.commit().await?)
}

/// Whether a device is silent. One that was never heard counts from when it was made; the hour in which it was heard last may have been
/// its last minute; what it said while we did not hear anything nobody knows.
fn is_silent(device: &Device, rule: &Hearing, hearing_since: Option<Ts>, now: Ts) -> bool {
    let hearing = hearing_since.unwrap_or(device.created_at);
    let since = device.heard_at.map_or(device.created_at, |hour| hour.plus_secs(3_600)).max(device.created_at).max(hearing);
    let gone = device
        .gone_at
        .is_some_and(|at| now.secs_since(hearing_since.map_or(at, |since| at.max(since))) >= rule.gone_after_secs());
    gone || now.secs_since(since) >= rule.silent_after_secs(device.kind)
}

async fn report(
    ctx: &Ctx,
    db: &Db,
    (office, neighbours): (&Office, &dyn Neighbours),
    device: &Device,
    rule: &Hearing,
) -> Result<(), DevicesError> {
    let hours = rule.silent_after_secs(device.kind) / 3_600;
    let why = if device.gone_at.is_some() {
        "网桥或消息服务器报告设备已离线".to_owned()
    } else {
        format!("设备超过 {hours} 小时没有任何消息")
    };
    let mut tx = db.begin(device.district).await?;
    // The case hangs at the entrance: its place must not say in which home somebody is watched.
    let place = device.place.at_level(PlaceLevel::Entrance);
    let at = neighbours.place_name(&mut tx.conn()?, device.district, &place).await?;
    // The name of the device is free text and may say in whose home it stands; the desk finds it by its kind, and by the list of devices.
    let words = format!(
        "看护设备（{}，{at}）失联：{why}。请检查供电、网络和电池；修好之前，依靠它的人按“未在看护”由社区电话联系。",
        device.kind.chinese()
    );
    let input = NewReport {
        place,
        class: Some(SILENT_CLASS.to_owned()),
        description: words,
        photos: Vec::new(),
        phone: None,
        point_e7: None,
    };
    let reported = linli_cases::commands::report(ctx, &mut tx, office, input).await?;
    // Heard meanwhile, or looked at by another process: then there is no case.
    if !store::silent(&mut tx.conn()?, device, reported.id, ctx.now()).await? {
        return Ok(());
    }
    news::of_device(&mut tx.conn()?, (device.district, device.id), fresh(ctx)).await?;
    note(ctx, &mut tx, "devices.silent", device, json!({ "case": reported.number, "kind": device.kind.as_str() }));
    tx.commit().await.map_err(|error| CasesError::from(error).into())
}
