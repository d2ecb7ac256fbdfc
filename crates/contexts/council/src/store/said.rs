//! What was said, voted and undertaken.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

use super::damaged;
use crate::model::{ActionId, ItemId, MeetingId, Opinion, OpinionId, Promised, Ruling, Tally};

#[derive(linli_db::FromRow)]
struct OpinionRow {
    id: OpinionId,
    item_id: ItemId,
    party: String,
    stance: String,
    reason: String,
    answered: Option<String>,
    answer: String,
}

impl TryFrom<OpinionRow> for Opinion {
    type Error = DbError;

    fn try_from(row: OpinionRow) -> Result<Self> {
        let damaged = |column| damaged("council_opinion", column, row.id);
        Ok(Self {
            party: row.party.parse().map_err(|_| damaged("party"))?,
            stance: row.stance.parse().map_err(|_| damaged("stance"))?,
            answered: row.answered.map(|word| word.parse()).transpose().map_err(|_| damaged("answered"))?,
            id: row.id,
            item: row.item_id,
            reason: row.reason,
            answer: row.answer,
        })
    }
}

/// Writes what somebody said.
pub(crate) async fn insert_opinion(
    c: &mut Conn<'_>,
    (district, meeting): (DistrictId, MeetingId),
    new: &Opinion,
    now: Ts,
) -> Result<()> {
    let text = "INSERT INTO council_opinion (district_id, id, item_id, meeting_id, party, stance, reason, answered, answer, made_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(new.item)
            .bind(meeting)
            .bind(new.party.as_str())
            .bind(new.stance.as_str())
            .bind(&new.reason)
            .bind(new.answered.map(|word| word.as_str()))
            .bind(&new.answer)
            .bind(now)
    )
    .map(|_| ())
}

/// What was said is answered; false for what was not said at this meeting.
pub(crate) async fn answer(
    c: &mut Conn<'_>,
    (district, meeting): (DistrictId, MeetingId),
    (id, answered, words): (OpinionId, &str, &str),
) -> Result<bool> {
    let text = "UPDATE council_opinion SET answered = $4, answer = $5 WHERE district_id = $1 AND meeting_id = $2 AND id = $3";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(meeting).bind(id).bind(answered).bind(words))? == 1)
}

/// What was said at a meeting, in order.
pub(crate) async fn opinions(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<Opinion>> {
    let rows: Vec<OpinionRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, item_id, party, stance, reason, answered, answer FROM council_opinion WHERE district_id = $1 AND meeting_id = $2 \
         ORDER BY made_at, id"
    ).bind(district).bind(meeting).fetch_all(x).await)?;
    rows.into_iter().map(Opinion::try_from).collect()
}

/// Writes a residents' vote, with how it ended and by which rule.
pub(crate) async fn put_tally(
    c: &mut Conn<'_>,
    (district, meeting, item): (DistrictId, MeetingId, ItemId),
    tally: &Tally,
    (ruling, rule, now): (Ruling, &str, Ts),
) -> Result<()> {
    let text = "INSERT INTO council_tally (district_id, item_id, meeting_id, represented, eligible, present, yes, no, abstained, ruling, rule, made_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (district_id, item_id) DO UPDATE SET \
                represented = excluded.represented, eligible = excluded.eligible, present = excluded.present, yes = excluded.yes, no = excluded.no, \
                abstained = excluded.abstained, ruling = excluded.ruling, rule = excluded.rule, made_at = excluded.made_at";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(item)
            .bind(meeting)
            .bind(tally.represented.as_str())
            .bind(tally.eligible)
            .bind(tally.present)
            .bind(tally.yes)
            .bind(tally.no)
            .bind(tally.abstained)
            .bind(ruling.as_str())
            .bind(rule)
            .bind(now)
    )
    .map(|_| ())
}

#[derive(linli_db::FromRow)]
struct TallyRow {
    item_id: ItemId,
    represented: String,
    eligible: i64,
    present: i64,
    yes: i64,
    no: i64,
    abstained: i64,
    ruling: String,
}

/// The residents' votes of a meeting.
pub(crate) async fn tallies(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<(ItemId, Tally, Ruling)>> {
    let rows: Vec<TallyRow> = sql!(c, x => sqlx::query_as(
        "SELECT item_id, represented, eligible, present, yes, no, abstained, ruling FROM council_tally WHERE district_id = $1 AND meeting_id = $2"
    ).bind(district).bind(meeting).fetch_all(x).await)?;
    let read = |row: TallyRow| {
        let damaged = |column| damaged("council_tally", column, row.item_id);
        let tally = Tally {
            represented: row.represented.parse().map_err(|_| damaged("represented"))?,
            eligible: row.eligible,
            present: row.present,
            yes: row.yes,
            no: row.no,
            abstained: row.abstained,
        };
        Ok((row.item_id, tally, row.ruling.parse().map_err(|_| damaged("ruling"))?))
    };
    rows.into_iter().map(read).collect()
}

#[derive(linli_db::FromRow)]
struct ActionRow {
    id: ActionId,
    meeting_id: MeetingId,
    item_id: ItemId,
    case_id: Uuid,
    what: String,
    who: String,
    due_at: Ts,
}

impl From<ActionRow> for Promised {
    fn from(row: ActionRow) -> Self {
        Self {
            id: row.id,
            meeting: row.meeting_id,
            item: row.item_id,
            case: row.case_id,
            what: row.what,
            who: row.who,
            due_at: row.due_at,
        }
    }
}

/// Writes what somebody undertook.
pub(crate) async fn insert_action(c: &mut Conn<'_>, district: DistrictId, new: &Promised, now: Ts) -> Result<()> {
    let text = "INSERT INTO council_action (district_id, id, meeting_id, item_id, case_id, what, who, due_at, made_at) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(new.meeting)
            .bind(new.item)
            .bind(new.case)
            .bind(&new.what)
            .bind(&new.who)
            .bind(new.due_at)
            .bind(now)
    )
    .map(|_| ())
}

/// What was undertaken at a meeting, in order.
pub(crate) async fn actions(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<Promised>> {
    let rows: Vec<ActionRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, meeting_id, item_id, case_id, what, who, due_at FROM council_action WHERE district_id = $1 AND meeting_id = $2 ORDER BY made_at, id"
    ).bind(district).bind(meeting).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Promised::from).collect())
}

/// What was undertaken at meetings of exactly this place that were held, the newest first.
pub(crate) async fn actions_at(
    c: &mut Conn<'_>,
    (district, place): (DistrictId, &PlacePath),
    limit: i64,
) -> Result<Vec<Promised>> {
    let rows: Vec<ActionRow> = sql!(c, x => sqlx::query_as(
        "SELECT a.id, a.meeting_id, a.item_id, a.case_id, a.what, a.who, a.due_at FROM council_action a JOIN council_meeting m \
         ON m.district_id = a.district_id AND m.id = a.meeting_id WHERE a.district_id = $1 AND m.district_id = $1 AND m.place_path = $2 \
         ORDER BY a.made_at DESC, a.id LIMIT $3"
    ).bind(district).bind(place).bind(limit).fetch_all(x).await)?;
    Ok(rows.into_iter().map(Promised::from).collect())
}
