//! A reading is told, and one that did not come is noticed.

use linli_access::{Action, Ctx};
use linli_db::Tx;
use linli_kernel::Ts;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{held, recall, remember};
use crate::consent::ReadingsConsent;
use crate::follow::desk::Desk;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Alarm, AlarmId, Followed, Level, Reading, ReadingId, Reason, Via};
use crate::follow::rules::{Judged, Raising, Rules, Told, mark};
use crate::follow::store;
use crate::follow::store::{alarms, readings};

/// Longest key that a source gives a reading, in characters.
const SOURCE_KEY_MAX: usize = 100;

/// A reading as it was told.
#[derive(Debug, Clone, Copy)]
pub struct NewReading<'a> {
    /// The numbers as they were typed or sent.
    pub told: Told<'a>,
    /// When it was taken.
    pub taken_at: Ts,
    /// By which way it came.
    pub via: Via,
    /// The key a device or another system gave it.
    pub source_key: Option<&'a str>,
}

/// What became of a reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The reading.
    pub reading: ReadingId,
    /// The alarm it raised.
    pub alarm: Option<AlarmId>,
    /// Whether 120 comes before everything else.
    pub emergency: bool,
}

/// Takes a reading of somebody who agreed, judges it, raises an alarm where the rules say so, and says when the next is due. A reading that a
/// source sends again is answered as before.
///
/// # Errors
/// `Impossible` and `Field` name what is wrong; `NotFound`, `Denied`; store errors.
pub async fn tell(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    input: NewReading<'_>,
) -> Result<Taken, FollowError> {
    let (person, now) = (consent.person(), ctx.now());
    let followed = held(ctx, tx, person, Action::Create).await?;
    let rules = desk.rules(&followed.place, now)?;
    let vitals = rules.readings().read(&input.told).map_err(FollowError::Impossible)?;
    if !rules.readings().may_be_told(input.taken_at, now) {
        return Err(FollowError::Field { field: "taken_at", problem: Wrong::NotLately });
    }
    if let Some(answer) = recall(ctx, tx, "care.tell", &(person, vitals, input.taken_at, input.via)).await? {
        return Ok(answer);
    }
    let source_key = source_key(input.source_key)?;
    let reading = Reading {
        id: ReadingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        person,
        // A clock that is a little ahead does not bring readings from the future into the record.
        taken_at: input.taken_at.min(now),
        received_at: now,
        via: input.via,
        entered_by: ctx.appointment(),
        vitals,
    };
    let district = tx.district();
    if !readings::insert(&mut tx.conn()?, district, &reading, source_key).await? {
        return heard_before(tx, &followed, source_key).await;
    }
    let alarm = judge(ctx, tx, &rules, &followed, &reading).await?;
    let next = ask_on(tx, &rules, &followed, &reading).await?;
    let facts = json!({ "person": person, "via": reading.via, "alarm": alarm.as_ref().map(|alarm| alarm.id), "next_due": next });
    tx.journal(ctx.line("care.reading_taken", &followed.place, Some(person.0), facts));
    let emergency = alarm.as_ref().is_some_and(|alarm| alarm.level == Level::Emergency);
    let answer = Taken { reading: reading.id, alarm: alarm.map(|alarm| alarm.id), emergency };
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

fn source_key(key: Option<&str>) -> Result<Option<&str>, FollowError> {
    let Some(key) = key.map(str::trim).filter(|key| !key.is_empty()) else { return Ok(None) };
    let found = key.chars().count();
    if found > SOURCE_KEY_MAX {
        return Err(FollowError::Field { field: "source_key", problem: Wrong::TooLong { max: SOURCE_KEY_MAX, found } });
    }
    if key.chars().any(char::is_control) {
        return Err(FollowError::Field { field: "source_key", problem: Wrong::ControlCharacter });
    }
    Ok(Some(key))
}

/// The answer to a source that sends a reading again.
async fn heard_before(tx: &mut Tx, followed: &Followed, key: Option<&str>) -> Result<Taken, FollowError> {
    let district = followed.district;
    let c = &mut tx.conn()?;
    let before = match key {
        Some(key) => readings::of_source(c, district, followed.person, key).await?,
        None => None,
    };
    let before = before.ok_or(FollowError::Changed)?;
    let alarm = alarms::of_reading(c, district, before.id).await?;
    let emergency = alarm.as_ref().is_some_and(|alarm| alarm.level == Level::Emergency);
    Ok(Taken { reading: before.id, alarm: alarm.map(|alarm| alarm.id), emergency })
}

/// Judges a reading by what came before it. One that a later reading has overtaken raises nothing: how the person is now, is known.
async fn judge(
    ctx: &Ctx,
    tx: &mut Tx,
    rules: &Rules,
    followed: &Followed,
    reading: &Reading,
) -> Result<Option<Alarm>, FollowError> {
    let (district, taken) = (followed.district, reading.taken_at);
    let c = &mut tx.conn()?;
    if readings::newest(c, district, followed.person).await?.is_some_and(|newest| newest > taken) {
        return Ok(None);
    }
    let since = taken.plus_secs(-rules.readings().memory_secs());
    let past = readings::past(c, (district, followed.person), (since, taken)).await?;
    let stratum = rules.triage().triage(&reading.vitals, raising(followed, taken)).stratum;
    let judged = rules.readings().judge(taken, &reading.vitals, &past, followed.factors.scale2, stratum);
    let Judged { level: Some(level), reasons } = judged else { return Ok(None) };
    let alarm = Alarm {
        district,
        id: AlarmId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        person: followed.person,
        place: followed.place.clone(),
        reading: Some(reading.id),
        due_for: None,
        raised_at: ctx.now(),
        level,
        reasons,
        rule: mark(rules.readings_stamp()),
        became: None,
        acknowledged_at: None,
        acknowledged_by: None,
        because: None,
    };
    let personal = json!({ "reasons": alarm.reasons, "level": alarm.level, "vitals": reading.vitals });
    raise(ctx, tx, alarm, personal).await
}

/// Writes an alarm and its line, unless there is one about the same.
async fn raise(ctx: &Ctx, tx: &mut Tx, alarm: Alarm, personal: Value) -> Result<Option<Alarm>, FollowError> {
    if !alarms::insert(&mut tx.conn()?, &alarm).await? {
        return Ok(None);
    }
    let facts = json!({ "alarm": alarm.id, "person": alarm.person, "rule": alarm.rule });
    let line = ctx.line("care.alarm_raised", &alarm.place, Some(alarm.person.0), facts);
    tx.journal(ctx.with_personal(line, personal));
    Ok(Some(alarm))
}

/// What about the person the level of referral goes by.
pub(crate) fn raising(followed: &Followed, at: Ts) -> Raising {
    let factors = &followed.factors;
    Raising {
        age: factors.age(at.local().date()),
        pregnant: factors.pregnant,
        immunocompromised: factors.immunocompromised,
        severe_disease: factors.disease == crate::follow::model::Disease::Unstable,
    }
}

/// When the next reading is due: counted from the newest, and never put off by one from the past.
async fn ask_on(tx: &mut Tx, rules: &Rules, followed: &Followed, reading: &Reading) -> Result<Option<Ts>, FollowError> {
    let next = rules.schedule().next(followed.colour, reading.taken_at);
    let later = |next: Ts| followed.next_due.is_none_or(|due| next > due);
    match next {
        Some(next) if !later(next.due) => return Ok(followed.next_due),
        // Nobody asks somebody green; what was asked because of an alarm is answered.
        _ => {}
    }
    let asked = (next.map(|next| next.due), next.map(|next| next.missing));
    store::ask_next(&mut tx.conn()?, (followed.district, followed.person), asked).await?;
    Ok(asked.0)
}

/// Raises an alarm for every reading that did not come, at most `limit` of them, and asks anew. Gives how many were looked at.
///
/// # Errors
/// Store errors; `Rules` when none count.
pub async fn sweep_missing(ctx: &Ctx, tx: &mut Tx, desk: &Desk, limit: i64) -> Result<i64, FollowError> {
    let (district, now) = (tx.district(), ctx.now());
    let late = store::missing(&mut tx.conn()?, district, now, limit).await?;
    for seen in &late {
        // Whoever tells a reading at this moment comes first or waits.
        let Some(followed) = store::hold(&mut tx.conn()?, district, seen.person).await? else { continue };
        let Some(due) = followed.next_due.filter(|_| followed.missing_at.is_some_and(|at| at <= now)) else { continue };
        miss(ctx, tx, desk, &followed, due).await?;
    }
    Ok(i64::try_from(late.len()).unwrap_or(i64::MAX))
}

async fn miss(ctx: &Ctx, tx: &mut Tx, desk: &Desk, followed: &Followed, due: Ts) -> Result<(), FollowError> {
    let now = ctx.now();
    let rules = desk.rules(&followed.place, now)?;
    let alarm = Alarm {
        district: followed.district,
        id: AlarmId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        person: followed.person,
        place: followed.place.clone(),
        reading: None,
        due_for: Some(due),
        raised_at: now,
        level: Level::Look,
        reasons: vec![Reason::Missing],
        rule: mark(rules.schedule_stamp()),
        became: None,
        acknowledged_at: None,
        acknowledged_by: None,
        because: None,
    };
    raise(ctx, tx, alarm, json!({ "reasons": [Reason::Missing], "due": due })).await?;
    // The next one is due as if this had come; the call list goes on naming who was missed by the alarm.
    let next = rules.schedule().first(followed.colour, now);
    let asked = (next.map(|next| next.due), next.map(|next| next.missing));
    Ok(store::ask_next(&mut tx.conn()?, (followed.district, followed.person), asked).await?)
}
