//! Who sits at meetings.

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::DistrictId;
use uuid::Uuid;

use super::damaged;
use crate::model::{MeetingId, Presence, Seat, SeatId};

#[derive(linli_db::FromRow)]
struct SeatRow {
    id: SeatId,
    meeting_id: MeetingId,
    party: String,
    person_id: Option<Uuid>,
    title: String,
    heads: i64,
    presence: String,
    confirmed: i64,
}

impl TryFrom<SeatRow> for Seat {
    type Error = DbError;

    fn try_from(row: SeatRow) -> Result<Self> {
        let damaged = |column| damaged("council_seat", column, row.id);
        Ok(Self {
            party: row.party.parse().map_err(|_| damaged("party"))?,
            presence: row.presence.parse().map_err(|_| damaged("presence"))?,
            id: row.id,
            meeting: row.meeting_id,
            person: row.person_id,
            title: row.title,
            heads: row.heads,
            confirmed: row.confirmed,
        })
    }
}

/// Writes a seat, with the name of who has no account sealed; false when the person has one already.
pub(crate) async fn insert(c: &mut Conn<'_>, district: DistrictId, new: &Seat, sealed: Option<&[u8]>) -> Result<bool> {
    let text = "INSERT INTO council_seat (district_id, id, meeting_id, party, person_id, title, sealed_name, heads, presence, confirmed) \
                VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                ON CONFLICT (district_id, meeting_id, person_id) WHERE person_id IS NOT NULL DO NOTHING";
    Ok(exec!(
        c,
        sqlx::query(text)
            .bind(district)
            .bind(new.id)
            .bind(new.meeting)
            .bind(new.party.as_str())
            .bind(new.person)
            .bind(&new.title)
            .bind(sealed)
            .bind(new.heads)
            .bind(new.presence.as_str())
            .bind(new.confirmed)
    )? == 1)
}

/// Somebody came, or did not.
pub(crate) async fn presence(
    c: &mut Conn<'_>,
    (district, meeting): (DistrictId, MeetingId),
    (id, presence, heads): (SeatId, Presence, i64),
) -> Result<bool> {
    let text = "UPDATE council_seat SET presence = $4, heads = $5 WHERE district_id = $1 AND meeting_id = $2 AND id = $3";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(meeting).bind(id).bind(presence.as_str()).bind(heads))? == 1)
}

/// A version of the minutes is confirmed from a seat.
pub(crate) async fn confirm(c: &mut Conn<'_>, district: DistrictId, (id, version): (SeatId, i64)) -> Result<()> {
    let text = "UPDATE council_seat SET confirmed = $3 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id).bind(version)).map(|_| ())
}

/// Takes a seat away, before anybody was told.
pub(crate) async fn remove(c: &mut Conn<'_>, (district, meeting): (DistrictId, MeetingId), id: SeatId) -> Result<bool> {
    let text = "DELETE FROM council_seat WHERE district_id = $1 AND meeting_id = $2 AND id = $3";
    Ok(exec!(c, sqlx::query(text).bind(district).bind(meeting).bind(id))? == 1)
}

/// The seats of a meeting, by side of the table.
pub(crate) async fn of_meeting(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<Seat>> {
    let rows: Vec<SeatRow> = sql!(c, x => sqlx::query_as(
        "SELECT id, meeting_id, party, person_id, title, heads, presence, confirmed FROM council_seat WHERE district_id = $1 AND meeting_id = $2 \
         ORDER BY party, id"
    ).bind(district).bind(meeting).fetch_all(x).await)?;
    rows.into_iter().map(Seat::try_from).collect()
}

/// The sealed names of those at a meeting who have no account.
pub(crate) async fn names(c: &mut Conn<'_>, district: DistrictId, meeting: MeetingId) -> Result<Vec<(SeatId, Vec<u8>)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT id, sealed_name FROM council_seat WHERE district_id = $1 AND meeting_id = $2 AND sealed_name IS NOT NULL"
    ).bind(district).bind(meeting).fetch_all(x).await)
}
