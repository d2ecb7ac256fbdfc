//! Oxygen places: what is offered, who has which, and the quarters of an hour that are held.

use jiff::civil::Date;
use linli_access::Scope;
use linli_db::{Bulk, Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::follow::model::{
    AlarmId, OxygenBooking, OxygenBookingId, OxygenOffer, OxygenOfferId, OxygenSlot, OxygenState, quarter_of,
};
use crate::model::CarePersonId;

const OFFER: &str = "id, institution_id, from_day, weekdays, opens, closes, slot_minutes, places, set_at";
const BOOKING: &str = "district_id, id, institution_id, place_no, starts_at, ends_at, person_id, place_path, alarm_id, state, booked_at, \
    booked_by, began_at, over_at";

#[derive(linli_db::FromRow)]
struct OfferRow {
    id: OxygenOfferId,
    institution_id: OrganisationId,
    from_day: String,
    weekdays: i64,
    opens: i64,
    closes: i64,
    slot_minutes: i64,
    places: i64,
    set_at: Ts,
}

impl TryFrom<OfferRow> for OxygenOffer {
    type Error = DbError;

    fn try_from(row: OfferRow) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "oxygen_offer", column: "from_day", row: row.id.to_string() };
        Ok(Self {
            from_day: row.from_day.parse().map_err(|_| damaged())?,
            id: row.id,
            institution: row.institution_id,
            weekdays: row.weekdays,
            opens: row.opens,
            closes: row.closes,
            slot_minutes: row.slot_minutes,
            places: row.places,
            set_at: row.set_at,
        })
    }
}

#[derive(linli_db::FromRow)]
struct BookingRow {
    district_id: DistrictId,
    id: OxygenBookingId,
    institution_id: OrganisationId,
    place_no: i64,
    starts_at: Ts,
    ends_at: Ts,
    person_id: CarePersonId,
    place_path: PlacePath,
    alarm_id: Option<AlarmId>,
    state: String,
    booked_at: Ts,
    booked_by: Uuid,
    began_at: Option<Ts>,
    over_at: Option<Ts>,
}

impl TryFrom<BookingRow> for OxygenBooking {
    type Error = DbError;

    fn try_from(row: BookingRow) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "oxygen_booking", column: "state", row: row.id.to_string() };
        Ok(Self {
            state: row.state.parse().map_err(|_| damaged())?,
            district: row.district_id,
            id: row.id,
            institution: row.institution_id,
            place_no: row.place_no,
            slot: OxygenSlot { starts_at: row.starts_at, ends_at: row.ends_at },
            person: row.person_id,
            place: row.place_path,
            alarm: row.alarm_id,
            booked_at: row.booked_at,
            booked_by: row.booked_by,
            began_at: row.began_at,
            over_at: row.over_at,
        })
    }
}

/// Writes an offer.
pub(crate) async fn set(c: &mut Conn<'_>, district: DistrictId, offer: &OxygenOffer, by: Uuid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO oxygen_offer (district_id, id, institution_id, from_day, weekdays, opens, closes, slot_minutes, places, set_at, set_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)"
        )
        .bind(district)
        .bind(offer.id)
        .bind(offer.institution)
        .bind(offer.from_day.to_string())
        .bind(offer.weekdays)
        .bind(offer.opens)
        .bind(offer.closes)
        .bind(offer.slot_minutes)
        .bind(offer.places)
        .bind(offer.set_at)
        .bind(by)
    )
    .map(|_| ())
}

/// What an institution offers on a day: the offer with the newest first day, of two of one day the later one.
pub(crate) async fn offer_on(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    day: Date,
) -> Result<Option<OxygenOffer>> {
    let text = format!(
        "SELECT {OFFER} FROM oxygen_offer WHERE district_id = $1 AND institution_id = $2 AND from_day <= $3 \
         ORDER BY from_day DESC, set_at DESC, id DESC LIMIT 1"
    );
    let row: Option<OfferRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(institution).bind(day.to_string()).fetch_optional(x).await)?;
    row.map(OxygenOffer::try_from).transpose()
}

/// Offers of an institution that begin after a day, the first to begin on top.
pub(crate) async fn offers_after(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    day: Date,
    limit: i64,
) -> Result<Vec<OxygenOffer>> {
    let text = format!(
        "SELECT {OFFER} FROM oxygen_offer WHERE district_id = $1 AND institution_id = $2 AND from_day > $3 \
         ORDER BY from_day, set_at, id LIMIT $4"
    );
    let rows: Vec<OfferRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(institution).bind(day.to_string()).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(OxygenOffer::try_from).collect()
}

/// The institutions of a district that ever offered a place.
pub(crate) async fn offering(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<OrganisationId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT DISTINCT institution_id FROM oxygen_offer WHERE district_id = $1 ORDER BY institution_id LIMIT $2"
    ).bind(district).bind(limit).fetch_all(x).await)
}

/// The places of an institution that are held at some quarter of a time.
pub(crate) async fn held(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    slot: OxygenSlot,
) -> Result<Vec<i64>> {
    let (from, to) = slot.quarters();
    sql!(c, x => sqlx::query_scalar(
        "SELECT DISTINCT place_no FROM oxygen_hold WHERE district_id = $1 AND institution_id = $2 AND quarter >= $3 AND quarter < $4 \
         ORDER BY place_no"
    ).bind(district).bind(institution).bind(from).bind(to).fetch_all(x).await)
}

/// Places and quarters that are held between two instants.
pub(crate) async fn quarters_held(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    (from, to): (Ts, Ts),
) -> Result<Vec<(i64, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT place_no, quarter FROM oxygen_hold WHERE district_id = $1 AND institution_id = $2 AND quarter >= $3 AND quarter < $4 \
         ORDER BY quarter, place_no"
    ).bind(district).bind(institution).bind(quarter_of(from)).bind(quarter_of(to)).fetch_all(x).await)
}

/// Writes a booking that holds nothing yet.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &OxygenBooking) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO oxygen_booking (district_id, id, institution_id, place_no, starts_at, ends_at, person_id, place_path, alarm_id, state, \
             booked_at, booked_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(new.institution)
        .bind(new.place_no)
        .bind(new.slot.starts_at)
        .bind(new.slot.ends_at)
        .bind(new.person)
        .bind(&new.place)
        .bind(new.alarm)
        .bind(new.state.as_str())
        .bind(new.booked_at)
        .bind(new.booked_by)
    )
    .map(|_| ())
}

/// Holds the place and time of a booking. Gives whether every quarter was free; otherwise nothing of it is held.
pub(crate) async fn hold(c: &mut Conn<'_>, booking: &OxygenBooking) -> Result<bool> {
    let (from, to) = booking.slot.quarters();
    let count = usize::try_from(to - from).unwrap_or_default();
    let same = |id: Uuid| std::iter::repeat_n(id, count);
    let written = Bulk::into("oxygen_hold")
        .ints("district_id", std::iter::repeat_n(booking.district.0, count))
        .ids("institution_id", same(booking.institution.0))
        .ints("place_no", std::iter::repeat_n(booking.place_no, count))
        .ints("quarter", from..to)
        .ids("booking_id", same(booking.id.0))
        .ids("person_id", same(booking.person.0))
        .on_conflict("ON CONFLICT DO NOTHING")
        .write(c)
        .await?;
    if usize::try_from(written).is_ok_and(|written| written == count) {
        let text = "UPDATE oxygen_booking SET place_no = $3, starts_at = $4, ends_at = $5 WHERE district_id = $1 AND id = $2";
        exec!(
            c,
            sqlx::query(text)
                .bind(booking.district)
                .bind(booking.id)
                .bind(booking.place_no)
                .bind(booking.slot.starts_at)
                .bind(booking.slot.ends_at)
        )?;
        return Ok(true);
    }
    let_go(c, booking, i64::MIN).await?;
    Ok(false)
}

/// Lets go the quarters of a booking from one on.
pub(crate) async fn let_go(c: &mut Conn<'_>, booking: &OxygenBooking, from: i64) -> Result<()> {
    let text = "DELETE FROM oxygen_hold WHERE district_id = $1 AND booking_id = $2 AND quarter >= $3";
    exec!(c, sqlx::query(text).bind(booking.district).bind(booking.id).bind(from)).map(|_| ())
}

/// Puts a booking from one state into another. Gives whether it was in the first.
pub(crate) async fn put(
    c: &mut Conn<'_>,
    booking: &OxygenBooking,
    to: OxygenState,
    (at, because): (Ts, Option<&str>),
) -> Result<bool> {
    let (began, over) = if to == OxygenState::Begun { (Some(at), None) } else { (booking.began_at, Some(at)) };
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE oxygen_booking SET state = $4, began_at = $5, over_at = $6, because = $7 \
             WHERE district_id = $1 AND id = $2 AND state = $3"
        )
        .bind(booking.district)
        .bind(booking.id)
        .bind(booking.state.as_str())
        .bind(to.as_str())
        .bind(began)
        .bind(over)
        .bind(because)
    )?;
    Ok(touched == 1)
}

/// A booking.
pub(crate) async fn one(c: &mut Conn<'_>, district: DistrictId, id: OxygenBookingId) -> Result<Option<OxygenBooking>> {
    let text = format!("SELECT {BOOKING} FROM oxygen_booking WHERE district_id = $1 AND id = $2");
    let row: Option<BookingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(OxygenBooking::try_from).transpose()
}

/// The bookings of a person, the newest time first, at most `limit`.
pub(crate) async fn of(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId, limit: i64) -> Result<Vec<OxygenBooking>> {
    let text = format!(
        "SELECT {BOOKING} FROM oxygen_booking WHERE district_id = $1 AND person_id = $2 ORDER BY starts_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<BookingRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(OxygenBooking::try_from).collect()
}

/// The bookings of an institution that begin between two instants, in order.
pub(crate) async fn between(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    (from, to): (Ts, Ts),
    limit: i64,
) -> Result<Vec<OxygenBooking>> {
    let text = format!(
        "SELECT {BOOKING} FROM oxygen_booking WHERE district_id = $1 AND institution_id = $2 AND starts_at >= $3 AND starts_at < $4 \
         ORDER BY starts_at, place_no, id LIMIT $5"
    );
    let rows: Vec<BookingRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(institution).bind(from).bind(to).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(OxygenBooking::try_from).collect()
}

/// How many bookings of those who live at a place began since an instant, by state.
pub(crate) async fn counts(c: &mut Conn<'_>, scope: &Scope, (from, to): (Ts, Ts)) -> Result<Vec<(String, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT state, COUNT(*) FROM oxygen_booking WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 AND starts_at >= $4 \
         AND starts_at < $5 GROUP BY state ORDER BY state"
    ).bind(scope.district).bind(scope.from().to_owned()).bind(scope.to()).bind(from).bind(to).fetch_all(x).await)
}
