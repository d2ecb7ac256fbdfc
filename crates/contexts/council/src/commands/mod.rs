//! What changes meetings and proposals: authorise, decide, write the rows and the journal line, all in the caller's transaction.

mod carry;
pub mod closing;
pub mod feeds;
pub mod holding;
pub mod meetings;
pub mod proposals;
mod sweep;

use linli_access::{Action, Ctx, Denied, Resource};
use linli_board::commands::PostNotice;
use linli_board::model::{NoticeId, NoticeKind};
use linli_db::{DbError, Recall, Tx};
use linli_kernel::{PlacePath, Ts};
use linli_territory::moves::{self, Moved};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

pub use sweep::sweep;

use crate::error::{CouncilError, Wrong};
use crate::model::{Event, Item, ItemId, Meeting, MeetingId};
use crate::office::CouncilOffice;
use crate::store::{items, meetings as rows};

/// Longest one-line text, in characters: what a notice takes as its title.
pub const LINE_MAX: usize = 60;
/// Longest reason, opinion or decision, in characters.
pub const WORDS_MAX: usize = 500;
/// Longest matter of an item, and longest text of a proposal, in characters.
pub const MATTER_MAX: usize = 2_000;
/// Longest minutes, in characters.
pub const MINUTES_MAX: usize = 20_000;

/// What goes on the boards, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// One line.
    pub title: String,
    /// Plain text.
    pub body: String,
}

/// Takes about `limit` rows along after a place moved, and says how many; 0 when none is left behind.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, CouncilError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Territory, district, &moved.to)?;
    let mut followed = 0;
    for table in ["council_meeting", "council_item", "council_posting", "council_proposal", "council_month"] {
        let left = limit.saturating_sub(i64::try_from(followed).unwrap_or(limit));
        if left > 0 {
            followed += moves::rewrite_some(&mut tx.conn()?, district, (table, "place_path"), moved, left).await?;
        }
    }
    if followed > 0 {
        tx.journal(ctx.line("council.rows_moved", &moved.to, None, json!({ "rows": followed })));
    }
    Ok(followed)
}

/// Under which appointment the actor acts.
fn by(ctx: &Ctx) -> Result<Uuid, CouncilError> {
    Ok(ctx.appointment().ok_or(Denied::Forbidden)?)
}

/// The context without the key of the form: what other rooms do within a command is no request of its own.
fn within(ctx: &Ctx) -> Ctx {
    Ctx { idempotency_key: None, ..ctx.clone() }
}

/// Checks a text: length in characters after trimming, no control characters but line breaks.
fn text(field: &'static str, value: &str, (required, max): (bool, usize)) -> Result<String, CouncilError> {
    let value = value.trim().replace("\r\n", "\n").replace('\r', "\n");
    if value.is_empty() && required {
        return Err(CouncilError::field(field, Wrong::Required));
    }
    if value.chars().count() > max {
        return Err(CouncilError::field(field, Wrong::TooLong { max }));
    }
    if value.chars().any(|one| one.is_control() && one != '\n' && one != '\t') {
        return Err(CouncilError::field(field, Wrong::ControlCharacter));
    }
    Ok(value)
}

/// As [`text`], in one line.
fn line(field: &'static str, value: &str, required: bool) -> Result<String, CouncilError> {
    let value = text(field, value, (required, LINE_MAX))?;
    if value.contains(['\n', '\t']) { Err(CouncilError::field(field, Wrong::ControlCharacter)) } else { Ok(value) }
}

/// A meeting for who wants to do something to it. What the actor may not read does not exist for them.
async fn open(ctx: &Ctx, tx: &mut Tx, id: MeetingId, action: Action) -> Result<Meeting, CouncilError> {
    let district = tx.district();
    let meeting = rows::one(&mut tx.conn()?, district, id).await?.ok_or(CouncilError::NotFound)?;
    ctx.may(Action::Read, Resource::Meeting, district, &meeting.place).map_err(|refusal| match refusal {
        Denied::Unauthenticated => CouncilError::Denied(refusal),
        Denied::Forbidden | Denied::Hidden => CouncilError::NotFound,
    })?;
    ctx.may(action, Resource::Meeting, district, &meeting.place)?;
    Ok(meeting)
}

/// Moves a meeting in memory by the table.
fn step(office: &CouncilOffice, meeting: &mut Meeting, event: Event, now: Ts) -> Result<String, CouncilError> {
    let rules = office.rules(&meeting.place, now)?;
    meeting.state = rules.value.step(meeting.state, event).ok_or(CouncilError::NoStep)?;
    Ok(rules.stamp.mark())
}

/// Writes a meeting, unless somebody changed it meanwhile.
async fn save(ctx: &Ctx, tx: &mut Tx, meeting: &mut Meeting) -> Result<(), CouncilError> {
    if rows::put(&mut tx.conn()?, meeting, ctx.now()).await? { Ok(()) } else { Err(CouncilError::Changed) }
}

/// A matter of this meeting that has not gone on elsewhere.
async fn item_of(tx: &mut Tx, meeting: &Meeting, id: ItemId) -> Result<Item, CouncilError> {
    let found = items::one(&mut tx.conn()?, meeting.district, id).await?;
    let item = found.filter(|item| item.meeting == meeting.id).ok_or(CouncilError::NotFound)?;
    if item.carried_to.is_some() { Err(CouncilError::Carried) } else { Ok(item) }
}

/// The line about something that happened to a meeting: no names and no words.
fn tell(ctx: &Ctx, tx: &mut Tx, kind: &'static str, meeting: &Meeting, more: Value) {
    let mut facts = json!({ "number": meeting.number, "kind": meeting.kind, "state": meeting.state });
    if let (Some(facts), Value::Object(more)) = (facts.as_object_mut(), more) {
        facts.extend(more);
    }
    tx.journal(ctx.line(kind, &meeting.place, Some(meeting.id.0), facts));
}

/// Puts something on the boards of a meeting's place.
async fn post(
    ctx: &Ctx,
    tx: &mut Tx,
    meeting: &Meeting,
    (kind, words, ends_at): (NoticeKind, &Words, Option<Ts>),
) -> Result<NoticeId, CouncilError> {
    let notice = PostNotice {
        place: meeting.place.clone(),
        kind,
        title: words.title.clone(),
        body: words.body.clone(),
        signed: meeting.convener.clone(),
        starts_at: None,
        ends_at,
    };
    Ok(linli_board::commands::post(&within(ctx), tx, notice).await?)
}

/// Takes something off the boards, when it still hangs there.
async fn unpost(ctx: &Ctx, tx: &mut Tx, notice: Option<Uuid>) -> Result<(), CouncilError> {
    let Some(id) = notice else { return Ok(()) };
    match linli_board::commands::withdraw(&within(ctx), tx, NoticeId(id)).await {
        Ok(()) | Err(linli_board::BoardError::AlreadyWithdrawn) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

/// A place of a district at or under another one, from the community down to an entrance.
async fn place_under(tx: &mut Tx, above: &PlacePath, place: &PlacePath, field: &'static str) -> Result<(), CouncilError> {
    let district = tx.district();
    let fits = above.contains(place) && (4..=7).contains(&place.depth());
    let found = if fits { linli_territory::queries::place_at(&mut tx.conn()?, district, place).await? } else { None };
    found.map(|_| ()).ok_or(CouncilError::field(field, Wrong::NotAChoice))
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
