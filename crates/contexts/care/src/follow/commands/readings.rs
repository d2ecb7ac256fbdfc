//! A reading is told, corrected or taken back by its source, and one that did not come is noticed.

use linli_access::{Action, Ctx};
use linli_db::{Conn, Tx};
use linli_kernel::{DistrictId, Ts};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{health_line, held, recall, remember};
use crate::consent::ReadingsConsent;
use crate::follow::desk::Desk;
use crate::follow::error::{FollowError, Wrong};
use crate::follow::model::{Alarm, AlarmId, Became, Followed, Level, Part, Reading, ReadingId, Reason, Via, Vitals};
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
    /// The keys that a device or another system gave it or its parts.
    pub source_keys: &'a [SourceKey<'a>],
}

/// The key that a source gave a reading, or one part of it.
#[derive(Debug, Clone, Copy)]
pub struct SourceKey<'a> {
    /// The key.
    pub key: &'a str,
    /// The part; `None` for the whole reading.
    pub part: Option<Part>,
}

impl<'a> SourceKey<'a> {
    /// The key of a whole reading.
    #[must_use]
    pub const fn whole(key: &'a str) -> Self {
        Self { key, part: None }
    }

    fn part_word(self) -> &'static str {
        self.part.map_or("", Part::as_str)
    }
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
    // Without the time: where none is typed it is that of the answer, and the same form sent twice is one reading.
    if let Some(answer) = recall(ctx, tx, "care.tell", &(person, vitals, input.via)).await? {
        return Ok(answer);
    }
    if let Some(before) = heard_before(tx, &followed, input.source_keys).await? {
        return Ok(before);
    }
    let reading = Reading {
        id: ReadingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        person,
        // A clock that is a little ahead does not bring readings from the future into the record.
        taken_at: input.taken_at.min(now),
        received_at: now,
        via: input.via,
        entered_by: ctx.appointment(),
        vitals,
        version: 1,
        changed_at: None,
        taken_back: false,
    };
    let district = tx.district();
    let c = &mut tx.conn()?;
    readings::insert(c, district, &reading).await?;
    for source in input.source_keys {
        readings::keep_key(c, (district, person), (source.key.trim(), reading.id, source.part_word())).await?;
    }
    arrived(ctx, tx, &followed).await?;
    let alarm = judge(ctx, tx, &rules, &followed, &reading).await?;
    let next = ask_on(tx, &rules, &followed, &reading).await?;
    let facts = json!({ "via": reading.via, "alarm": alarm.as_ref().map(|alarm| alarm.id), "next_due": next });
    let line = health_line(ctx, tx, "care.reading_taken", (&followed.place, person), facts).await?;
    tx.journal(line);
    let emergency = alarm.as_ref().is_some_and(|alarm| alarm.level == Level::Emergency);
    let answer = Taken { reading: reading.id, alarm: alarm.map(|alarm| alarm.id), emergency };
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

fn check_key(key: &str) -> Result<&str, FollowError> {
    let key = key.trim();
    let wrong = |problem| Err(FollowError::Field { field: "source_key", problem });
    match key.chars().count() {
        0 => wrong(Wrong::Required),
        found if found > SOURCE_KEY_MAX => wrong(Wrong::TooLong { max: SOURCE_KEY_MAX, found }),
        _ if key.chars().any(char::is_control) => wrong(Wrong::ControlCharacter),
        _ => Ok(key),
    }
}

/// The answer to a source that sends a reading again. The record of the person is held, so nobody tells the same at this moment.
async fn heard_before(tx: &mut Tx, followed: &Followed, keys: &[SourceKey<'_>]) -> Result<Option<Taken>, FollowError> {
    let (district, c) = (followed.district, &mut tx.conn()?);
    let (mut known, mut new) = (Vec::new(), 0_usize);
    for source in keys {
        match readings::of_key(c, (district, followed.person), check_key(source.key)?).await? {
            Some((reading, _)) => known.push(reading),
            None => new += 1,
        }
    }
    let Some(first) = known.first().copied() else { return Ok(None) };
    // Parts of which some were told before and some not are no reading that came again.
    if new > 0 || known.iter().any(|reading| *reading != first) {
        return Err(FollowError::Changed);
    }
    taken_before(c, district, first).await.map(Some)
}

async fn taken_before(c: &mut Conn<'_>, district: DistrictId, reading: ReadingId) -> Result<Taken, FollowError> {
    let alarm = alarms::of_reading(c, district, reading).await?;
    let emergency = alarm.as_ref().is_some_and(|alarm| alarm.level == Level::Emergency);
    Ok(Taken { reading, alarm: alarm.map(|alarm| alarm.id), emergency })
}

/// The reading that a source gave this key, and which part of it. Holds the record of the person until the transaction ends.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn told_as(
    ctx: &Ctx,
    tx: &mut Tx,
    consent: &ReadingsConsent,
    key: &str,
) -> Result<Option<(Reading, Option<Part>)>, FollowError> {
    let followed = held(ctx, tx, consent.person(), Action::Create).await?;
    let (district, c) = (followed.district, &mut tx.conn()?);
    let Some((id, part)) = readings::of_key(c, (district, followed.person), check_key(key)?).await? else { return Ok(None) };
    let reading = readings::one(c, district, id).await?.ok_or(FollowError::Changed)?;
    Ok(Some((reading, part.parse().ok())))
}

/// What a source says of a part of a reading that it sent before.
#[derive(Debug, Clone, Copy)]
pub struct Correction<'a> {
    /// The reading.
    pub reading: ReadingId,
    /// The part.
    pub part: Part,
    /// What it was after all, and when it was taken; `None` when nothing of it was true (录入有误).
    pub told: Option<(Told<'a>, Ts)>,
    /// The version that the source has seen; `None` when it does not say.
    pub version: Option<i64>,
}

/// A source corrects a part of a reading or takes it back. What stood there goes beside the line of the journal; the reading is judged anew,
/// an alarm that is more urgent than the one before is raised, and one that was raised stays until somebody has looked. Of a reading of
/// which nothing is left nothing counts: the next is due as if it had never come.
///
/// # Errors
/// `Changed` when the source has not seen the newest version; `Impossible` and `Field` name what is wrong; `Denied` for a reading that no
/// system sent; `NotFound`; store errors.
pub async fn correct(
    ctx: &Ctx,
    tx: &mut Tx,
    desk: &Desk,
    consent: &ReadingsConsent,
    input: Correction<'_>,
) -> Result<Taken, FollowError> {
    let (person, now) = (consent.person(), ctx.now());
    let followed = held(ctx, tx, person, Action::Create).await?;
    let (district, rules) = (followed.district, desk.rules(&followed.place, now)?);
    let known = readings::one(&mut tx.conn()?, district, input.reading).await?.filter(|reading| reading.person == person);
    let before = known.ok_or(FollowError::NotFound)?;
    if before.via != Via::System {
        return Err(linli_access::Denied::Forbidden.into());
    }
    if input.version.is_some_and(|seen| seen != before.version) {
        return Err(FollowError::Changed);
    }
    let mut after = before.clone();
    match input.told {
        Some((told, taken_at)) => {
            after.vitals = before.vitals.with_part(input.part, &rules.readings().read(&told).map_err(FollowError::Impossible)?);
            after.taken_at = moved_to(&rules, &before, (input.part, taken_at), now)?;
        }
        None => after.vitals = before.vitals.with_part(input.part, &Vitals::default()),
    }
    after.taken_back = after.vitals.nothing();
    if after == before {
        return taken_before(&mut tx.conn()?, district, before.id).await;
    }
    after.changed_at = Some(now);
    if !readings::revise(&mut tx.conn()?, district, &after).await? {
        return Err(FollowError::Changed);
    }
    let facts = json!({ "reading": after.id, "taken_back": after.taken_back });
    let line = health_line(ctx, tx, "care.reading_corrected", (&followed.place, person), facts).await?;
    tx.journal(ctx.with_personal(line, json!({ "part": input.part, "before": before.vitals, "after": after.vitals })));
    if after.taken_back {
        ask_as_if_it_had_not_come(tx, &rules, &followed, now).await?;
    } else {
        judge(ctx, tx, &rules, &followed, &after).await?;
    }
    taken_before(&mut tx.conn()?, district, after.id).await
}

/// When a corrected reading was taken. Parts that were taken together have one time.
fn moved_to(rules: &Rules, before: &Reading, (part, taken_at): (Part, Ts), now: Ts) -> Result<Ts, FollowError> {
    if taken_at == before.taken_at {
        return Ok(taken_at);
    }
    let wrong = |problem| Err(FollowError::Field { field: "taken_at", problem });
    if Part::ALL.iter().any(|other| *other != part && before.vitals.has(*other)) {
        return wrong(Wrong::NotAChoice);
    }
    if rules.readings().may_be_told(taken_at, now) { Ok(taken_at.min(now)) } else { wrong(Wrong::NotLately) }
}

/// When the next reading is due after one was taken back: counted from the newest that is left.
async fn ask_as_if_it_had_not_come(tx: &mut Tx, rules: &Rules, followed: &Followed, now: Ts) -> Result<(), FollowError> {
    let whose = (followed.district, followed.person);
    let left = readings::newest(&mut tx.conn()?, whose, None).await?;
    let asked =
        left.map_or_else(|| rules.schedule().first(followed.colour, now), |at| rules.schedule().next(followed.colour, at));
    match asked {
        Some(asked) if followed.next_due.is_none_or(|due| asked.due < due) => {
            Ok(store::ask_next(&mut tx.conn()?, whose, (Some(asked.due), Some(asked.missing))).await?)
        }
        _ => Ok(()),
    }
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
    let others = readings::newest(c, (district, followed.person), Some(reading.id)).await?;
    if others.is_some_and(|newest| newest > taken) {
        return Ok(None);
    }
    let since = taken.plus_secs(-rules.readings().memory_secs());
    let past = readings::past(c, (district, followed.person), (since, taken)).await?;
    let whose = raising(followed, taken);
    let stratum = (rules.triage().triage(&reading.vitals, whose).stratum, rules.triage().breaths_of_child(whose));
    let judged = rules.readings().judge(taken, &reading.vitals, &past, followed.factors.scale2, stratum);
    let Judged { level: Some(level), reasons } = judged else { return Ok(None) };
    // A correction that makes it no more urgent is not told again.
    let told = alarms::of_reading(&mut tx.conn()?, district, reading.id).await?;
    if told.is_some_and(|told| told.level >= level) {
        return Ok(None);
    }
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
        visit: None,
    };
    let personal = json!({ "reasons": alarm.reasons, "level": alarm.level, "vitals": reading.vitals });
    raise(ctx, tx, alarm, personal).await
}

/// Writes an alarm and its line, unless there is one about the same.
pub(super) async fn raise(ctx: &Ctx, tx: &mut Tx, alarm: Alarm, personal: Value) -> Result<Option<Alarm>, FollowError> {
    if !alarms::insert(&mut tx.conn()?, &alarm).await? {
        return Ok(None);
    }
    let facts = json!({ "alarm": alarm.id, "rule": alarm.rule });
    let line = health_line(ctx, tx, "care.alarm_raised", (&alarm.place, alarm.person), facts).await?;
    tx.journal(ctx.with_personal(line, personal));
    Ok(Some(alarm))
}

/// What about the person the level of referral goes by.
pub(crate) fn raising(followed: &Followed, at: Ts) -> Raising {
    let factors = &followed.factors;
    Raising {
        age: factors.age(at.local().date()),
        months: Some(factors.months(at.local().date())),
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

/// A reading came: that none had come needs nobody any more.
async fn arrived(ctx: &Ctx, tx: &mut Tx, followed: &Followed) -> Result<(), FollowError> {
    for mut alarm in alarms::missing(&mut tx.conn()?, followed.district, followed.person).await? {
        alarm.became = Some(Became::Arrived);
        alarm.acknowledged_at = Some(ctx.now());
        if alarms::acknowledge(&mut tx.conn()?, &alarm).await? {
            let facts = json!({ "alarm": alarm.id, "became": Became::Arrived });
            let line = health_line(ctx, tx, "care.alarm_acknowledged", (&alarm.place, alarm.person), facts).await?;
            tx.journal(line);
        }
    }
    Ok(())
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
        visit: None,
    };
    // One alarm says that somebody tells nothing any more, however long that lasts.
    if alarms::missing(&mut tx.conn()?, followed.district, followed.person).await?.is_empty() {
        raise(ctx, tx, alarm, json!({ "reasons": [Reason::Missing], "due": due })).await?;
    }
    // The next one is due as if this had come; the call list goes on naming who was missed by the alarm.
    let next = rules.schedule().first(followed.colour, now);
    let asked = (next.map(|next| next.due), next.map(|next| next.missing));
    Ok(store::ask_next(&mut tx.conn()?, (followed.district, followed.person), asked).await?)
}
