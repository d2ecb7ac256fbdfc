//! What changes rules and calendars. Who may is the administrator of the city: they count in all districts.

use jiff::civil::Date;
use linli_access::{Action, Ctx, Resource};
use linli_calendar::{LocalDay, YearPlan};
use linli_db::{DbError, Tx};
use linli_kernel::{DistrictId, PlacePath};
use linli_rulebook::{RuleError, Stamp};
use serde_json::{Value, json};

use crate::error::SettingsError;
use crate::model::{CalendarFile, PackId, StoredPack};
use crate::standing::Standing;
use crate::{queries, rules, store};

/// The kind of the job that moves what rested on the calendar before.
pub const CALENDAR_CHANGED: &str = "settings.calendar";
/// One change at a time: what is checked together must be what is in force together.
const TURN: &str = "settings/turn";

fn may(ctx: &Ctx, tx: &Tx, action: Action) -> Result<(), SettingsError> {
    if tx.district() != DistrictId::CITY {
        return Err(
            DbError::Inconsistent { table: "calendar_year", column: "district_id", row: tx.district().to_string() }.into()
        );
    }
    Ok(ctx.may(action, Resource::Rules, DistrictId::CITY, &PlacePath::root())?)
}

/// Takes a file about the calendar, whichever kind it is. `asked` is the year it is said to be of, when that was said.
/// Says whether anything changed.
///
/// # Errors
/// `Calendar`, `OtherYear` and `Field` name what is wrong, and nothing is written; `Denied`; store errors.
pub async fn take_calendar(
    ctx: &Ctx,
    tx: &mut Tx,
    text: &str,
    (asked, source): (Option<i16>, &str),
) -> Result<bool, SettingsError> {
    match rules::read_calendar(text)? {
        CalendarFile::Plan(plan) => {
            rules::of_year(&plan, asked)?;
            put_year(ctx, tx, plan, source).await
        }
        CalendarFile::Days { local, removed } => {
            let mut changed = false;
            for day in local {
                changed |= put_day(ctx, tx, day, source).await?;
            }
            for (date, reason) in removed {
                changed |= match remove_day(ctx, tx, date, &reason).await {
                    Ok(()) => true,
                    Err(SettingsError::Unknown(_)) => false,
                    Err(error) => return Err(error),
                };
            }
            Ok(changed)
        }
    }
}

/// Puts a plan in the place of whatever there was for its year. Says whether that changed anything.
///
/// # Errors
/// `Calendar`; `Denied`; store errors.
pub async fn put_year(ctx: &Ctx, tx: &mut Tx, plan: YearPlan, source: &str) -> Result<bool, SettingsError> {
    may(ctx, tx, Action::Change)?;
    tx.next_number(TURN).await?;
    let version = rules::version_of(&plan);
    let c = &mut tx.conn()?;
    let mut years = queries::years(c).await?;
    let before = years.iter().find(|known| known.plan.year == plan.year).map(|known| known.version.clone());
    if before.as_ref() == Some(&version) {
        return Ok(false);
    }
    years.retain(|known| known.plan.year != plan.year);
    let all = years.into_iter().map(|known| known.plan).chain([plan.clone()]).collect();
    Standing::calendar_with(all, queries::days(c).await?.into_iter().map(|day| day.day).collect())?;
    let by = ctx.actor_text();
    store::put_year(c, plan.year.into(), (&plan.to_json().to_string(), &version), source, (ctx.now(), &by)).await?;
    let (off, make_up) = rules::counts(&plan);
    let facts = json!({
        "year": plan.year, "version": version, "version_before": before, "source": source, "days_off": off, "make_up_days": make_up,
    });
    changed(ctx, tx, "settings.calendar_year_set", facts, None).await?;
    Ok(true)
}

/// Takes back the plan that was brought in for a year: the shipped one counts again, or none.
///
/// # Errors
/// `Unknown` when none was brought in; `Denied`; store errors.
pub async fn reset_year(ctx: &Ctx, tx: &mut Tx, year: i16) -> Result<(), SettingsError> {
    may(ctx, tx, Action::Change)?;
    tx.next_number(TURN).await?;
    let c = &mut tx.conn()?;
    let known = queries::years(c).await?.into_iter().find(|known| known.plan.year == year);
    let known = known.ok_or_else(|| SettingsError::Unknown(year.to_string()))?;
    store::drop_year(c, year.into()).await?;
    changed(ctx, tx, "settings.calendar_year_reset", json!({ "year": year, "version_before": known.version }), None).await
}

/// Decides that this installation differs from the plan on a day. Says whether that changed anything.
///
/// # Errors
/// `Field` when there is no reason, `Calendar`, `Denied`, store errors.
pub async fn put_day(ctx: &Ctx, tx: &mut Tx, day: LocalDay, source: &str) -> Result<bool, SettingsError> {
    may(ctx, tx, Action::Change)?;
    tx.next_number(TURN).await?;
    let day = LocalDay { name: rules::reason("name", &day.name)?, ..day };
    let c = &mut tx.conn()?;
    let mut days = queries::days(c).await?;
    if days.iter().any(|known| known.day == day) {
        return Ok(false);
    }
    days.retain(|known| known.day.date != day.date);
    let all = days.into_iter().map(|known| known.day).chain([day.clone()]).collect();
    Standing::calendar_with(queries::years(c).await?.into_iter().map(|year| year.plan).collect(), all)?;
    let decision = serde_json::to_string(&day).map_err(DbError::Facts)?;
    store::put_day(c, &day.date.to_string(), &decision, source, (ctx.now(), &ctx.actor_text())).await?;
    let facts = json!({ "date": day.date.to_string(), "decision": day.kind, "source": source });
    changed(ctx, tx, "settings.calendar_day_set", facts, Some(json!({ "reason": day.name }))).await?;
    Ok(true)
}

/// Takes a decision about a day back, with a reason.
///
/// # Errors
/// `Unknown` when there is none; `Field` without a reason; `Denied`; store errors.
pub async fn remove_day(ctx: &Ctx, tx: &mut Tx, date: Date, reason: &str) -> Result<(), SettingsError> {
    may(ctx, tx, Action::Change)?;
    tx.next_number(TURN).await?;
    let reason = rules::reason("reason", reason)?;
    if store::drop_day(&mut tx.conn()?, &date.to_string()).await? == 0 {
        return Err(SettingsError::Unknown(date.to_string()));
    }
    let facts = json!({ "date": date.to_string() });
    changed(ctx, tx, "settings.calendar_day_removed", facts, Some(json!({ "reason": reason }))).await
}

/// The line of a change of the calendar, and the job that moves what rested on the calendar before.
async fn changed(ctx: &Ctx, tx: &mut Tx, kind: &'static str, facts: Value, personal: Option<Value>) -> Result<(), SettingsError> {
    let line = ctx.line(kind, &PlacePath::root(), None, facts);
    let line = match personal {
        Some(personal) => ctx.with_personal(line, personal),
        None => line,
    };
    tx.journal(line);
    Ok(linli_jobs::put(ctx, tx, CALENDAR_CHANGED, &Value::Null, ctx.now()).await?)
}

/// What became of a pack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Which pack it is.
    pub stamp: Stamp,
    /// Versions of it that were brought in before and do not count any more.
    pub replaced: Vec<String>,
    /// Whether anything changed: the very same pack may be there already.
    pub changed: bool,
}

/// Brings a rule pack in. At its place it counts before the shipped one for as long as it is valid; packs of the same id and
/// place that were brought in before and are valid on the same days are replaced by it, and stay in the records.
///
/// # Errors
/// `Rule` with line and field, and nothing is written; `Denied`; store errors.
pub async fn take_pack(
    ctx: &Ctx,
    tx: &mut Tx,
    standing: &Standing,
    (file, text): (&str, &str),
    source: &str,
) -> Result<Taken, SettingsError> {
    may(ctx, tx, Action::Import)?;
    tx.next_number(TURN).await?;
    let stamp = Stamp::read(file, text)?;
    let known = store::packs(&mut tx.conn()?).await?;
    if known.iter().any(|pack| pack.digest == stamp.digest) {
        return Ok(Taken { stamp, replaced: Vec::new(), changed: false });
    }
    let (mut replaced, mut kept) = (Vec::new(), Vec::new());
    for pack in known {
        let same = pack.pack == stamp.id && pack.place == stamp.place;
        let goes = same && Stamp::read(&pack.file, &pack.body).is_ok_and(|other| other.overlaps(&stamp));
        if goes { replaced.push(pack) } else { kept.push((pack.file, pack.body)) }
    }
    kept.push((file.to_owned(), text.to_owned()));
    standing.candidate(kept, ctx.now())?;
    let (at, by) = (ctx.now(), ctx.actor_text());
    let c = &mut tx.conn()?;
    for pack in &replaced {
        store::withdraw_pack(c, pack.id, at, &by).await?;
    }
    let pack = StoredPack {
        id: PackId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        pack: stamp.id.clone(),
        version: stamp.version.clone(),
        place: stamp.place.clone(),
        digest: stamp.digest.clone(),
        file: file.to_owned(),
        body: text.strip_prefix('\u{feff}').unwrap_or(text).to_owned(),
        source: source.to_owned(),
        taken_at: at,
    };
    store::put_pack(c, &pack, &by).await?;
    let replaced: Vec<String> = replaced.into_iter().map(|pack| format!("{}#{}", pack.version, pack.digest)).collect();
    let facts = json!({
        "pack": stamp.id, "version": stamp.version, "digest": stamp.digest, "valid_from": stamp.valid_from.to_string(),
        "valid_to": stamp.valid_to.map(|day| day.to_string()), "for": stamp.place, "verified": stamp.verified,
        "citation": stamp.citation, "source": source, "replaced": replaced,
    });
    tx.journal(ctx.line("settings.rules_imported", &PlacePath::root(), Some(pack.id.0), facts));
    Ok(Taken { stamp, replaced, changed: true })
}

/// Withdraws a pack that was brought in: the shipped one counts again. It stays in the records.
///
/// # Errors
/// `Unknown`; `Rule` when the others do not hold together without it; `Denied`; store errors.
pub async fn withdraw_pack(ctx: &Ctx, tx: &mut Tx, standing: &Standing, id: PackId) -> Result<(), SettingsError> {
    may(ctx, tx, Action::Import)?;
    tx.next_number(TURN).await?;
    let (gone, kept): (Vec<StoredPack>, Vec<StoredPack>) =
        store::packs(&mut tx.conn()?).await?.into_iter().partition(|pack| pack.id == id);
    let gone = gone.into_iter().next().ok_or_else(|| SettingsError::Unknown(id.to_string()))?;
    standing.candidate(kept.into_iter().map(|pack| (pack.file, pack.body)).collect(), ctx.now())?;
    store::withdraw_pack(&mut tx.conn()?, id, ctx.now(), &ctx.actor_text()).await?;
    let facts = json!({ "pack": gone.pack, "version": gone.version, "digest": gone.digest });
    tx.journal(ctx.line("settings.rules_withdrawn", &PlacePath::root(), Some(id.0), facts));
    Ok(())
}

/// Notes what became of a file of the data folder.
pub(crate) async fn note_file(
    ctx: &Ctx,
    tx: &mut Tx,
    name: &str,
    digest: &str,
    problem: Option<&str>,
) -> Result<(), SettingsError> {
    may(ctx, tx, Action::Change)?;
    Ok(store::put_file(&mut tx.conn()?, name, digest, ctx.now(), problem).await?)
}

/// Where a rule error points to: line and field.
#[must_use]
pub fn points_at(error: &RuleError) -> (usize, &str) {
    match error {
        RuleError::Pack { line, field, .. } => (*line, field),
        RuleError::Overlap { .. } => (1, "valid_from"),
        RuleError::SameVersion { .. } => (1, "version"),
        RuleError::None { .. } | RuleError::Unknown { .. } => (1, "id"),
    }
}
