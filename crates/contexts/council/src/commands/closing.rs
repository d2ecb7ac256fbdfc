//! After the meeting: the minutes in their versions, confirmed and approved; the result on the boards, in the public log and on paper (记录、确认、公示、张贴).

use linli_access::{Action, Ctx, Resource};
use linli_board::model::NoticeKind;
use linli_cases::StoredPhoto;
use linli_db::Tx;
use linli_kernel::PlacePath;
use linli_record::model::{Publish, Sealed};
use serde_json::json;

use super::carry::carry;
use super::{MINUTES_MAX, WORDS_MAX, Words, by, open, place_under, post, recall, remember, save, step, tell, text, unpost};
use crate::error::{CouncilError, Wrong};
use crate::model::{Event, Meeting, MeetingId, Minutes, Paper, Posting, PostingId, Presence, Seat, SeatId, State};
use crate::office::CouncilOffice;
use crate::reach::reaches;
use crate::store::{items, meetings, minutes, said, seats};

/// What a result is called in the public log.
pub const RESULT: &str = "council.result";

/// Writes a version of the minutes (会议记录): the whole text. A later one says why it was written anew, and is to be confirmed anew.
///
/// # Errors
/// `Field`; `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn write(ctx: &Ctx, tx: &mut Tx, id: MeetingId, (body, reason): (&str, &str)) -> Result<i64, CouncilError> {
    if let Some(version) = recall(ctx, tx, "council.minutes", &(id, body, reason)).await? {
        return Ok(version);
    }
    let mut meeting = open(ctx, tx, id, Action::Change).await?;
    if meeting.state != State::Held {
        return Err(CouncilError::NoStep);
    }
    let new = Minutes {
        version: meeting.minutes + 1,
        body: text("body", body, (true, MINUTES_MAX))?,
        reason: text("reason", reason, (meeting.minutes > 0, WORDS_MAX))?,
        made_at: ctx.now(),
        // Writing it is a change too.
        of_version: meeting.version + 1,
        approved_at: None,
    };
    if !minutes::insert(&mut tx.conn()?, (meeting.district, id), &new, by(ctx)?).await? {
        return Err(CouncilError::Changed);
    }
    meeting.minutes = new.version;
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.minuted", &meeting, json!({ "version": new.version }));
    remember(ctx, tx, &new.version).await?;
    Ok(new.version)
}

/// Somebody who was there confirms the minutes for their side (确认记录), under their own name.
///
/// # Errors
/// `NotFound` for who was not there; `NoMinutes`; `NoStep`, `Denied`; store errors.
pub async fn confirm(ctx: &Ctx, tx: &mut Tx, id: MeetingId) -> Result<(), CouncilError> {
    let district = tx.district();
    ctx.scope(Action::Take, Resource::Meeting)?;
    let meeting = meetings::one(&mut tx.conn()?, district, id).await?.ok_or(CouncilError::NotFound)?;
    let there = seats::of_meeting(&mut tx.conn()?, district, id).await?;
    let mine = there.into_iter().find(|seat| seat.person.is_some() && seat.person == ctx.person());
    let mine = mine.filter(|seat| seat.presence == Presence::Present).ok_or(CouncilError::NotFound)?;
    confirm_from(ctx, tx, (&meeting, &mine), "signed_in").await
}

/// Somebody signed the minutes on paper (纸质签字).
///
/// # Errors
/// As [`confirm`].
pub async fn confirm_on_paper(ctx: &Ctx, tx: &mut Tx, id: MeetingId, seat: SeatId) -> Result<(), CouncilError> {
    let meeting = open(ctx, tx, id, Action::Change).await?;
    let there = seats::of_meeting(&mut tx.conn()?, meeting.district, id).await?;
    let seat = there.into_iter().find(|one| one.id == seat && one.presence == Presence::Present).ok_or(CouncilError::NotFound)?;
    confirm_from(ctx, tx, (&meeting, &seat), "paper").await
}

async fn confirm_from(ctx: &Ctx, tx: &mut Tx, (meeting, seat): (&Meeting, &Seat), way: &str) -> Result<(), CouncilError> {
    if meeting.state != State::Held {
        return Err(CouncilError::NoStep);
    }
    if meeting.minutes == 0 {
        return Err(CouncilError::NoMinutes);
    }
    seats::confirm(&mut tx.conn()?, meeting.district, (seat.id, meeting.minutes)).await?;
    let facts = json!({ "party": seat.party, "version": meeting.minutes, "by": way });
    tell(ctx, tx, "council.confirmed", meeting, facts);
    Ok(())
}

/// The minutes are approved (记录生效): they say what the records say, every side that was there has confirmed them, and whatever was said against something
/// is answered. From now on what was left open goes on to the next meeting.
///
/// # Errors
/// `NoMinutes` when they are not written, or something was written down after them; `Unconfirmed`; `Unanswered`; `NoStep`, `Changed`, `NotFound`,
/// `Denied`; store errors.
pub async fn approve(ctx: &Ctx, tx: &mut Tx, office: &CouncilOffice, id: MeetingId) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Close).await?;
    let (district, now, person) = (meeting.district, ctx.now(), ctx.person());
    let rule = step(office, &mut meeting, Event::Approve, now)?;
    let versions = minutes::versions(&mut tx.conn()?, district, id).await?;
    let newest = versions.first().filter(|newest| newest.of_version == meeting.version).ok_or(CouncilError::NoMinutes)?;
    let unanswered = said::opinions(&mut tx.conn()?, district, id).await?.iter().filter(|one| one.unanswered()).count();
    if unanswered > 0 {
        return Err(CouncilError::Unanswered(unanswered));
    }
    let there = seats::of_meeting(&mut tx.conn()?, district, id).await?;
    let came = |party| there.iter().filter(move |seat| seat.party == party && seat.presence == Presence::Present);
    let rules = office.rules(&meeting.place, now)?;
    let sides = rules.value.of(meeting.kind).map(|of| of.confirm.clone()).unwrap_or_default();
    for party in sides {
        // Who approves has confirmed with it.
        let confirmed = |seat: &Seat| seat.confirmed == newest.version || (seat.person.is_some() && seat.person == person);
        if came(party).next().is_some() && !came(party).any(confirmed) {
            return Err(CouncilError::Unconfirmed(party));
        }
    }
    minutes::approve(&mut tx.conn()?, (district, id, newest.version), (now, by(ctx)?)).await?;
    meeting.approved_at = Some(now);
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.approved", &meeting, json!({ "version": meeting.minutes, "rule": rule }));
    carry(ctx, tx, &meeting.place, meeting.kind.family()).await?;
    Ok(())
}

/// The public page of a meeting.
#[must_use]
pub fn page_of(meeting: &Meeting) -> String {
    format!("/council/{}/{}", meeting.district, meeting.id)
}

/// The result is made public (议事结果公示): on the boards of the place, and in the public log. A corrected result takes the place of the one before, which
/// stays in the log.
///
/// # Errors
/// `Field` for words that no notice takes; `NoStep` unless the minutes are approved; `Changed`, `NotFound`, `Denied`; store errors.
pub async fn publish(ctx: &Ctx, tx: &mut Tx, office: &CouncilOffice, id: MeetingId, words: &Words) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Close).await?;
    let (district, now) = (meeting.district, ctx.now());
    let rule = step(office, &mut meeting, Event::Publish, now)?;
    unpost(ctx, tx, meeting.result).await?;
    let notice = post(ctx, tx, &meeting, (NoticeKind::Result, words, None)).await?;
    meeting.result = Some(notice.0);
    meeting.published_at = Some(now);
    save(ctx, tx, &mut meeting).await?;
    let agenda = items::of_meeting(&mut tx.conn()?, district, id).await?;
    let promised = said::actions(&mut tx.conn()?, district, id).await?;
    let matters: Vec<_> =
        agenda.iter().map(|item| json!({ "no": item.no, "outcome": item.outcome, "carried": item.carried })).collect();
    let due: Vec<_> = promised.iter().map(|one| one.due_at.rfc3339()).collect();
    let public = json!({
        "meeting": id, "number": meeting.number, "kind": meeting.kind, "held": meeting.starts_at.rfc3339(), "minutes": meeting.minutes,
        "notice": notice, "matters": matters, "due": due,
    });
    let what = Publish {
        kind: RESULT,
        subject: id.0,
        place: meeting.place.clone(),
        public: public.to_string().into_bytes(),
        // What was said at a table may name somebody after all: it enters as a commitment, and can be erased.
        sealed: Some(Sealed::Open(format!("{}\n\n{}\n\n{}\n", words.title, words.body, meeting.convener).into_bytes())),
        page: Some(page_of(&meeting)),
    };
    linli_record::commands::publish(ctx, tx, what).await?;
    let facts = json!({ "notice": notice, "items": agenda.len(), "actions": promised.len(), "rule": rule });
    tell(ctx, tx, "council.published", &meeting, facts);
    Ok(())
}

/// The minutes are opened again because something in them is wrong (更正). What hangs on the boards stays until the corrected result takes its place.
///
/// # Errors
/// `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn correct(ctx: &Ctx, tx: &mut Tx, office: &CouncilOffice, id: MeetingId) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Close).await?;
    let rule = step(office, &mut meeting, Event::Correct, ctx.now())?;
    meeting.approved_at = None;
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.reopened", &meeting, json!({ "version": meeting.minutes, "rule": rule }));
    Ok(())
}

/// A paper hangs somewhere, with a photo of it (张贴凭证).
///
/// # Errors
/// `Field` for a place that is not the meeting's, and without a photo; `NoStep` for what there is no paper of yet; `NotFound`, `Denied`; store errors.
pub async fn hang(
    ctx: &Ctx,
    tx: &mut Tx,
    id: MeetingId,
    (paper, place, photo): (Paper, &PlacePath, Option<StoredPhoto>),
) -> Result<PostingId, CouncilError> {
    let district = tx.district();
    let found = meetings::one(&mut tx.conn()?, district, id).await?.ok_or(CouncilError::NotFound)?;
    let meeting = if reaches(ctx, &found)? { found } else { return Err(CouncilError::NotFound) };
    // Whoever may write down what happens at the door may say that a paper hangs there.
    ctx.may(Action::Create, Resource::Proposal, meeting.district, place)?;
    let there = match paper {
        Paper::Notice => meeting.notice.is_some(),
        Paper::Result => meeting.result.is_some(),
    };
    if !there {
        return Err(CouncilError::NoStep);
    }
    place_under(tx, &meeting.place, place, "place").await?;
    let photo = photo.ok_or(CouncilError::field("photo", Wrong::Required))?;
    let now = ctx.now();
    tx.name_blob(photo.hash, "image/jpeg", photo.bytes, now).await?;
    tx.name_blob(photo.thumb, "image/jpeg", photo.thumb_bytes, now).await?;
    let posting = Posting {
        id: PostingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        paper,
        place: place.clone(),
        at: now,
        photo: Some(photo.hash),
    };
    minutes::insert_posting(&mut tx.conn()?, (meeting.district, id), &posting, (by(ctx)?, Some(photo.thumb))).await?;
    let facts = json!({ "number": meeting.number, "paper": paper, "photo": photo.hash.to_string() });
    tx.journal(ctx.line("council.hung", place, Some(id.0), facts));
    Ok(posting.id)
}
