//! What changes a board.

use linli_access::{Action, Ctx, Resource};
use linli_db::{Recall, Tx};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_record::model::{Publish, Sealed};
use linli_territory::moves::Moved;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::model::{Notice, NoticeId, NoticeKind};
use crate::store::{self, Claim};
use crate::{BoardCode, BoardError, rules};

/// Places given codes in one statement.
pub(crate) const BATCH: usize = 1_000;
/// With 887 million codes a second draw is already rare.
const DRAWS: usize = 8;

/// Gives every one of these places (entrances and estates) that has no board a board with a code of its own. Gives how many
/// were made; a repetition makes none. One journal line for all.
///
/// # Errors
/// `Denied` unless the actor may import territory here; store errors.
pub async fn ensure_codes(ctx: &Ctx, tx: &mut Tx, places: &[PlacePath]) -> Result<u64, BoardError> {
    let district = tx.district();
    let mut wanted = places.to_vec();
    wanted.sort();
    wanted.dedup();
    let Some(common) = common_above(&wanted) else { return Ok(0) };
    ctx.may(Action::Import, Resource::Territory, district, &common)?;
    let mut made = 0;
    for batch in wanted.chunks(BATCH) {
        made += ensure_batch(ctx, tx, batch).await?;
    }
    if made > 0 {
        tx.journal(ctx.line("board.codes_made", &common, None, json!({ "made": made })));
    }
    Ok(made)
}

async fn ensure_batch(ctx: &Ctx, tx: &mut Tx, batch: &[PlacePath]) -> Result<u64, BoardError> {
    let (district, at) = (tx.district(), ctx.now());
    let c = &mut tx.conn()?;
    let (Some(first), Some(last)) = (batch.first(), batch.last()) else { return Ok(0) };
    let have = store::boards_between(c, district, first, last).await?;
    let mut missing: Vec<PlacePath> = batch.iter().filter(|place| have.binary_search(place).is_err()).cloned().collect();
    let mut made = 0;
    for _ in 0..DRAWS {
        if missing.is_empty() {
            return Ok(made);
        }
        let wanted =
            missing.iter().map(|place| Claim { code: BoardCode::draw(ctx.rng.as_ref()), place: place.clone() }).collect();
        let ours = store::claim(c, district, wanted, at).await?;
        made += store::put_up(c, district, &ours, at).await?;
        missing.retain(|place| !ours.iter().any(|claim| claim.place == *place));
    }
    if missing.is_empty() { Ok(made) } else { Err(BoardError::NoFreeCode) }
}

/// The deepest place above all of these, or the place itself when it is one.
fn common_above(places: &[PlacePath]) -> Option<PlacePath> {
    // Sorted: what the first and the last share, all share.
    let (first, last) = (places.first()?, places.last()?);
    let mut above = first.clone();
    while !above.contains(last) {
        above = above.parent()?;
    }
    Some(above)
}

/// Something to be posted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostNotice {
    /// Shown on the boards of this place and of everything under it.
    pub place: PlacePath,
    /// Kind.
    pub kind: NoticeKind,
    /// One line, at most [`rules::TITLE_CHARS`] characters.
    pub title: String,
    /// Plain text, an empty line parts paragraphs, at most [`rules::BODY_CHARS`] characters.
    pub body: String,
    /// 落款: the body that signs it.
    pub signed: String,
    /// Shown from; now when `None`.
    pub starts_at: Option<Ts>,
    /// Shown until; until withdrawn when `None`.
    pub ends_at: Option<Ts>,
}

/// Posts a notice.
///
/// # Errors
/// `Denied` unless the actor may post at the place; `Field` when a text or the period is wrong; store errors.
pub async fn post(ctx: &Ctx, tx: &mut Tx, input: PostNotice) -> Result<NoticeId, BoardError> {
    let district = tx.district();
    ctx.may(Action::Create, Resource::Notice, district, &input.place)?;
    if let Some(key) = &ctx.idempotency_key
        && let Recall::Seen(id) = tx.recall(ctx.now(), &ctx.actor_text(), key, &Ctx::request_hash("board.post", &input)).await?
    {
        return Ok(id);
    }
    let starts_at = input.starts_at.unwrap_or_else(|| ctx.now());
    rules::period(starts_at, input.ends_at, ctx.now())?;
    let notice = Notice {
        id: NoticeId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        title: rules::plain_text("title", &input.title, rules::TITLE_CHARS, false)?,
        body: rules::plain_text("body", &input.body, rules::BODY_CHARS, true)?,
        signed: rules::plain_text("signed", &input.signed, rules::SIGNED_CHARS, false)?,
        place: input.place,
        kind: input.kind,
        starts_at,
        ends_at: input.ends_at,
    };
    store::insert_notice(&mut tx.conn()?, district, &notice, ctx.now(), &ctx.actor_text()).await?;
    let facts = json!({ "kind": notice.kind, "starts_at": starts_at, "ends_at": notice.ends_at });
    let words = json!({ "title": notice.title, "signed": notice.signed });
    tx.journal(ctx.with_personal(ctx.line("board.notice_posted", &notice.place, Some(notice.id.0), facts), words));
    linli_record::commands::publish(ctx, tx, in_the_log(district, &notice)).await?;
    if let Some(key) = &ctx.idempotency_key {
        tx.remember(&ctx.actor_text(), key, &notice.id).await?;
    }
    Ok(notice.id)
}

/// A notice as it enters the public log. Its words are typed, and may name somebody after all: they enter as a commitment, and can be erased.
fn in_the_log(district: DistrictId, notice: &Notice) -> Publish {
    let until = notice.ends_at.map(Ts::rfc3339);
    let public = json!({
        "notice": notice.id, "kind": notice.kind, "place": notice.place.as_str(), "from": notice.starts_at.rfc3339(), "until": until,
    });
    Publish {
        kind: rules::POSTED,
        subject: notice.id.0,
        place: notice.place.clone(),
        public: public.to_string().into_bytes(),
        sealed: Some(Sealed::Open(format!("{}\n\n{}\n\n{}\n", notice.title, notice.body, notice.signed).into_bytes())),
        page: Some(notice.page(district)),
    }
}

/// Takes a notice down. It stays in the records.
///
/// # Errors
/// `UnknownNotice`; `Denied` unless the actor may take down notices at its place; `AlreadyWithdrawn`; store errors.
pub async fn withdraw(ctx: &Ctx, tx: &mut Tx, id: NoticeId) -> Result<(), BoardError> {
    let district = tx.district();
    let (_, notice) = store::notice(&mut tx.conn()?, district, id).await?.ok_or(BoardError::UnknownNotice)?;
    ctx.may(Action::Close, Resource::Notice, district, &notice.place)?;
    if store::withdraw_notice(&mut tx.conn()?, district, id, ctx.now(), &ctx.actor_text()).await? == 0 {
        return Err(BoardError::AlreadyWithdrawn);
    }
    let line = ctx.line("board.notice_withdrawn", &notice.place, Some(id.0), json!({}));
    tx.journal(ctx.with_personal(line, json!({ "title": notice.title })));
    let what = Publish {
        kind: rules::WITHDRAWN,
        subject: id.0,
        place: notice.place.clone(),
        public: json!({ "notice": id, "withdrawn": ctx.now().rfc3339() }).to_string().into_bytes(),
        sealed: None,
        page: Some(notice.page(district)),
    };
    linli_record::commands::publish(ctx, tx, what).await?;
    Ok(())
}

/// The pledge and the duty phone of a place. What is `None` is answered by the nearest place above that has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetPledge {
    /// The place.
    pub place: PlacePath,
    /// 服务承诺, at most [`rules::PLEDGE_CHARS`] characters.
    pub text: Option<String>,
    /// 24 小时物业服务电话.
    pub duty_phone: Option<String>,
    /// In force from; now when `None`.
    pub valid_from: Option<Ts>,
    /// In force until, exclusive; from then on what was in force before. Until it is set anew when `None`.
    pub valid_to: Option<Ts>,
}

/// Sets the pledge and the duty phone of a place; saying what is in force already changes nothing. What was in force before stays in the records, and comes back after an end that
/// is given, unless something else begins until then.
///
/// # Errors
/// `Denied` unless the actor may set pledges at the place; `Field`, an end before the beginning among them; store errors.
pub async fn set_pledge(ctx: &Ctx, tx: &mut Tx, input: SetPledge) -> Result<(), BoardError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Pledge, district, &input.place)?;
    let text = input.text.map(|text| rules::plain_text("text", &text, rules::PLEDGE_CHARS, true)).transpose()?;
    let duty_phone = input.duty_phone.map(|phone| rules::phone("duty_phone", &phone)).transpose()?;
    let from = input.valid_from.unwrap_or_else(|| ctx.now());
    if input.valid_to.is_some_and(|to| to <= from || to <= ctx.now()) {
        return Err(BoardError::Field { field: "to", wrong: rules::Wrong::EndsBefore });
    }
    let by = ctx.actor_text();
    let c = &mut tx.conn()?;
    let known = store::pledges_of(c, district, &input.place).await?;
    let now = known.iter().find(|row| row.valid_from <= ctx.now());
    if input.valid_from.is_none()
        && input.valid_to.is_none()
        && now.is_some_and(|row| row.text == text && row.duty_phone == duty_phone)
    {
        return Ok(());
    }
    if let Some(to) = input.valid_to
        && !known.iter().any(|row| row.valid_from > from && row.valid_from <= to)
    {
        let before = known.iter().filter(|row| row.valid_from < from).max_by_key(|row| row.valid_from);
        let (text, phone) = before.map_or((None, None), |row| (row.text.as_deref(), row.duty_phone.as_deref()));
        store::set_pledge(c, district, &input.place, to, text, phone, &by).await?;
    }
    store::set_pledge(c, district, &input.place, from, text.as_deref(), duty_phone.as_deref(), &by).await?;
    let line = ctx.line("board.pledge_set", &input.place, None, json!({ "valid_from": from, "valid_to": input.valid_to }));
    tx.journal(ctx.with_personal(line, json!({ "text": text, "duty_phone": duty_phone })));
    Ok(())
}

/// Takes about `limit` boards, codes, notices and pledges along after a place moved, and says how many; 0 when none is left behind.
/// Whoever reads the journal calls it for every line `territory.moved` until it says 0; doing it again changes nothing. A code
/// that hangs at a door keeps leading there: where a new board was put up at the new path meanwhile, the one that was there first stays.
///
/// # Errors
/// `Denied`, store errors.
pub async fn follow_move(ctx: &Ctx, tx: &mut Tx, moved: &Moved, limit: i64) -> Result<u64, BoardError> {
    let district = tx.district();
    ctx.may(Action::Change, Resource::Territory, district, &moved.to)?;
    let followed = store::follow_move(&mut tx.conn()?, district, moved, limit).await?;
    if followed > 0 {
        // Of both places: what was made of a board meanwhile is dropped here and there.
        tx.journal(ctx.line("board.left", &moved.from, None, json!({ "rows": followed })));
        tx.journal(ctx.line("board.moved", &moved.to, None, json!({ "rows": followed })));
    }
    Ok(followed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_common_place_is_the_deepest_one() {
        let estate = [1, 2, 3, 4, 5].into_iter().try_fold(PlacePath::root(), |p, n| p.child(n)).unwrap();
        let (a, b) = (estate.child(1).unwrap(), estate.child(9).unwrap().child(2).unwrap());
        assert_eq!(common_above(&[a.clone(), b]), Some(estate));
        assert_eq!(common_above(std::slice::from_ref(&a)), Some(a));
        assert_eq!(common_above(&[]), None);
    }
}
