//! What changes lifts and renovation items: authorise, decide, write the rows and the journal line, all in the caller's transaction.

pub mod homes;
pub mod items;
pub mod project;
pub mod schemes;
pub mod steps;
pub mod talks;

use jiff::civil::Date;
use linli_access::{Action, Ctx, Denied, Resource};
use linli_db::{BlobHash, DbError, Recall, Tx};
use linli_kernel::Ts;
use linli_record::model::Publish;
use linli_territory::moves::{self, Moved};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use crate::error::{RetrofitError, Wrong};
use crate::model::{Home, LiftId, Project, Stage, Stance, Word};
use crate::office::LiftOffice;
use crate::rules::consent::{Standing, Voice, judge};
use crate::store::projects;

/// Longest text, in characters.
pub const TEXT_MAX: usize = 1_000;
/// Longest name, in characters.
pub const NAME_MAX: usize = 60;

/// A photo that is stored beside the database and named by the command that keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Photo {
    /// The picture.
    pub hash: BlobHash,
    /// Its size in bytes.
    pub bytes: u64,
    /// The small picture.
    pub thumb: BlobHash,
    /// Its size in bytes.
    pub thumb_bytes: u64,
}

/// Names a photo in the records of the district.
async fn keep(tx: &mut Tx, photo: Option<&Photo>, at: Ts) -> Result<Option<BlobHash>, RetrofitError> {
    let Some(photo) = photo else { return Ok(None) };
    tx.name_blob(photo.hash, "image/jpeg", photo.bytes, at).await?;
    tx.name_blob(photo.thumb, "image/jpeg", photo.thumb_bytes, at).await?;
    Ok(Some(photo.hash))
}

/// Takes about `limit` rows along after a place moved, and says how many; 0 when none is left behind.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, RetrofitError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Lift, district, &moved.to)?;
    let mut followed = 0;
    for table in ["lift_project", "lift_home", "lift_word", "lift_objection", "renovation_item", "renovation_consent"] {
        let left = limit.saturating_sub(i64::try_from(followed).unwrap_or(limit));
        if left > 0 {
            followed += moves::rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, left).await?;
        }
    }
    if followed > 0 {
        tx.journal(ctx.line("lift.rows_moved", &moved.to, None, json!({ "rows": followed })));
    }
    Ok(followed)
}

/// Under which appointment the actor acts.
fn by(ctx: &Ctx) -> Result<Uuid, RetrofitError> {
    Ok(ctx.appointment().ok_or(Denied::Forbidden)?)
}

/// The day of an instant, as it is written.
pub(crate) fn day_of(at: Ts) -> String {
    at.local().date().to_string()
}

/// A day of the calendar that has come; today where nothing is typed.
fn past_day(ctx: &Ctx, field: &'static str, typed: &str) -> Result<String, RetrofitError> {
    let today = ctx.now().local().date();
    if typed.trim().is_empty() {
        return Ok(today.to_string());
    }
    let day: Date = typed.trim().parse().map_err(|_| RetrofitError::field(field, Wrong::NotADay))?;
    if day > today { Err(RetrofitError::field(field, Wrong::TooLate)) } else { Ok(day.to_string()) }
}

/// Checks a text: length in characters after trimming, no control characters but line breaks.
fn text(field: &'static str, value: &str, (required, max): (bool, usize)) -> Result<String, RetrofitError> {
    let value = value.trim();
    if value.is_empty() && required {
        return Err(RetrofitError::field(field, Wrong::Required));
    }
    if value.chars().count() > max {
        return Err(RetrofitError::field(field, Wrong::TooLong { max }));
    }
    if value.chars().any(|one| one.is_control() && !matches!(one, '\n' | '\r' | '\t')) {
        return Err(RetrofitError::field(field, Wrong::ControlCharacter));
    }
    Ok(value.to_owned())
}

/// The answer given to the same request before, when it carries a key.
async fn recall<T: DeserializeOwned>(
    ctx: &Ctx,
    tx: &mut Tx,
    what: &str,
    input: &(impl Serialize + Sync),
) -> Result<Option<T>, DbError> {
    let Some(key) = &ctx.idempotency_key else { return Ok(None) };
    match tx.recall::<T>(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash(what, input)).await? {
        Recall::Seen(answer) => Ok(Some(answer)),
        Recall::New => Ok(None),
    }
}

/// Keeps the answer for the same request coming again.
async fn remember<T: Serialize + Sync>(ctx: &Ctx, tx: &mut Tx, answer: &T) -> Result<(), DbError> {
    match &ctx.idempotency_key {
        Some(key) => tx.remember(&ctx.actor_text(), key, answer).await,
        None => Ok(()),
    }
}

/// A project of the actor's reach, taken for a change.
async fn taken(ctx: &Ctx, tx: &mut Tx, id: LiftId, (action, resource): (Action, Resource)) -> Result<Project, RetrofitError> {
    let district = tx.district();
    // Who may not is told so before anything is taken.
    let project = projects::one(&mut tx.conn()?, district, id).await?.ok_or(RetrofitError::NotFound)?;
    ctx.may(action, resource, district, &project.place)?;
    projects::lock(&mut tx.conn()?, district, id).await?.ok_or(RetrofitError::NotFound)
}

/// What each home said last.
#[must_use]
pub fn last_words<'w>(homes: &[Home], words: &'w [Word]) -> Vec<Option<&'w Word>> {
    homes.iter().map(|home| words.iter().rev().find(|word| word.home == home.place)).collect()
}

/// The homes as the rule counts them.
#[must_use]
pub fn voices(homes: &[Home], words: &[Word]) -> Vec<Voice> {
    let heard = homes.iter().zip(last_words(homes, words));
    heard
        .map(|(home, word)| Voice { owner: home.owner, area: home.area.map(|area| area.0), stance: word.map(|word| word.stance) })
        .collect()
}

/// How consent stands now.
async fn standing(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &LiftOffice,
    project: &Project,
) -> Result<(Standing, Vec<Home>, Vec<Word>), RetrofitError> {
    let c = &mut tx.conn()?;
    let homes = projects::homes(c, project.district, project.id).await?;
    let words = projects::words(c, project.district, project.id).await?;
    let rule = office.consent(&project.place, ctx.now())?;
    let standing = judge(rule.value.in_force(), &voices(&homes, &words));
    Ok((standing, homes, words))
}

/// Counts anew after a word or an area changed: consent passes, or does no more as long as nothing was built on it. Only under the project's lock.
async fn reckon(ctx: &Ctx, tx: &mut Tx, office: &LiftOffice, project: &mut Project) -> Result<(), RetrofitError> {
    if project.stage > Stage::Passed {
        return Ok(());
    }
    let (standing, ..) = standing(ctx, tx, office, project).await?;
    let stage = if standing.passes { Stage::Passed } else { Stage::Wish };
    let rule = office.consent(&project.place, ctx.now())?;
    if stage == project.stage {
        return Ok(());
    }
    project.stage = stage;
    project.rule = rule.stamp.mark();
    let tally = standing.tally;
    let facts = json!({ "area": tally.all.area, "heads": tally.all.heads, "area_part": tally.part.area, "heads_part": tally.part.heads,
        "area_agree": tally.agree.area, "heads_agree": tally.agree.heads, "rule": rule.value.in_force().id, "rules": rule.stamp.mark() });
    if stage == Stage::Passed {
        project.passed_at = project.passed_at.or(Some(ctx.now()));
        publish(ctx, tx, project, ("lift.passed", &facts, None)).await?;
        tx.journal(ctx.line("lift.passed", &project.place, Some(project.id.0), facts));
    } else {
        tx.journal(ctx.line("lift.passes_no_more", &project.place, Some(project.id.0), facts));
    }
    Ok(projects::put(&mut tx.conn()?, project).await?)
}

/// Writes to the public log.
async fn publish(
    ctx: &Ctx,
    tx: &mut Tx,
    project: &Project,
    (kind, facts, sealed): (&'static str, &serde_json::Value, Option<Vec<u8>>),
) -> Result<(), RetrofitError> {
    let public = json!({ "stairwell": project.title, "facts": facts, "at": ctx.now().rfc3339() });
    let what = Publish {
        kind,
        subject: project.id.0,
        place: project.place.clone(),
        public: public.to_string().into_bytes(),
        sealed: sealed.map(linli_record::model::Sealed::Words),
        page: Some(crate::queries::progress_href(project.district, &project.place)),
    };
    linli_record::commands::publish(ctx, tx, what).await?;
    Ok(())
}

/// Whether a home agrees by its last word.
fn agrees(words: &[Word], home: &Home) -> bool {
    words.iter().rev().find(|word| word.home == home.place).is_some_and(|word| word.stance == Stance::Agree)
}
