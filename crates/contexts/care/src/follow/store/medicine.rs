//! Early antivirals: lots, entries, decisions. What is left of a lot is the sum of its entries.

use linli_access::Scope;
use linli_db::{Conn, DbError, Result, exec, sql};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_people::model::OrganisationId;
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::follow::model::{Decision, DecisionId, DecisionState, Entry, EntryId, Lot, LotId};
use crate::model::CarePersonId;

const LEFT: &str = "CAST(COALESCE((SELECT SUM(e.quantity) FROM antiviral_entry e WHERE e.district_id = l.district_id AND e.lot_id = l.id), 0) \
    AS BIGINT) AS left_over";
const DECISION: &str = "district_id, id, number, person_id, place_path, institution_id, medicine, quantity, fit, late, rule, asked, because, \
    state, decided_at, decided_by, over_at";

#[derive(linli_db::FromRow)]
struct LotRow {
    id: LotId,
    institution_id: OrganisationId,
    medicine: String,
    lot: String,
    expires: String,
    left_over: i64,
}

impl TryFrom<LotRow> for Lot {
    type Error = DbError;

    fn try_from(row: LotRow) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "antiviral_lot", column: "expires", row: row.id.to_string() };
        Ok(Self {
            expires: row.expires.parse().map_err(|_| damaged())?,
            id: row.id,
            institution: row.institution_id,
            medicine: row.medicine,
            lot: row.lot,
            left: row.left_over,
        })
    }
}

#[derive(linli_db::FromRow)]
struct EntryRow {
    id: EntryId,
    lot_id: LotId,
    kind: String,
    quantity: i64,
    at: Ts,
    because: Option<String>,
    decision_id: Option<DecisionId>,
}

impl TryFrom<EntryRow> for Entry {
    type Error = DbError;

    fn try_from(row: EntryRow) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "antiviral_entry", column: "kind", row: row.id.to_string() };
        Ok(Self {
            kind: row.kind.parse().map_err(|_| damaged())?,
            id: row.id,
            lot: row.lot_id,
            quantity: row.quantity,
            at: row.at,
            because: row.because,
            decision: row.decision_id,
        })
    }
}

#[derive(linli_db::FromRow)]
struct DecisionRow {
    district_id: DistrictId,
    id: DecisionId,
    number: String,
    person_id: CarePersonId,
    place_path: PlacePath,
    institution_id: OrganisationId,
    medicine: Option<String>,
    quantity: i64,
    fit: String,
    late: bool,
    rule: String,
    asked: Option<String>,
    because: Option<String>,
    state: String,
    decided_at: Ts,
    decided_by: Uuid,
    over_at: Option<Ts>,
}

impl TryFrom<DecisionRow> for Decision {
    type Error = DbError;

    fn try_from(row: DecisionRow) -> Result<Self> {
        let damaged = || DbError::Inconsistent { table: "antiviral_decision", column: "state", row: row.id.to_string() };
        Ok(Self {
            state: row.state.parse().map_err(|_| damaged())?,
            district: row.district_id,
            id: row.id,
            number: row.number,
            person: row.person_id,
            place: row.place_path,
            institution: row.institution_id,
            medicine: row.medicine,
            quantity: row.quantity,
            fit: row.fit,
            late: row.late,
            rule: row.rule,
            asked: row.asked,
            because: row.because,
            decided_at: row.decided_at,
            decided_by: row.decided_by,
            over_at: row.over_at,
        })
    }
}

/// Writes a lot unless it is known. Nothing is in it yet.
pub(crate) async fn know_lot(c: &mut Conn<'_>, district: DistrictId, lot: &Lot) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO antiviral_lot (district_id, id, institution_id, medicine, lot, expires, version) VALUES ($1, $2, $3, $4, $5, $6, 0) \
             ON CONFLICT (district_id, institution_id, medicine, lot) DO NOTHING"
        )
        .bind(district)
        .bind(lot.id)
        .bind(lot.institution)
        .bind(&lot.medicine)
        .bind(&lot.lot)
        .bind(lot.expires.to_string())
    )
    .map(|_| ())
}

/// A lot of an institution by the number on its box.
pub(crate) async fn lot_of(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    (medicine, lot): (&str, &str),
) -> Result<Option<Lot>> {
    let text = format!(
        "SELECT id, institution_id, medicine, lot, expires, {LEFT} FROM antiviral_lot l \
         WHERE district_id = $1 AND institution_id = $2 AND medicine = $3 AND lot = $4"
    );
    let row: Option<LotRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text))
        .bind(district).bind(institution).bind(medicine).bind(lot).fetch_optional(x).await)?;
    row.map(Lot::try_from).transpose()
}

/// A lot, held until the transaction ends: who takes out at once with somebody else sees what is left after the other.
pub(crate) async fn hold_lot(c: &mut Conn<'_>, district: DistrictId, id: LotId) -> Result<Option<Lot>> {
    let text = "UPDATE antiviral_lot SET version = version + 1 WHERE district_id = $1 AND id = $2";
    exec!(c, sqlx::query(text).bind(district).bind(id))?;
    lot(c, district, id).await
}

/// A lot.
pub(crate) async fn lot(c: &mut Conn<'_>, district: DistrictId, id: LotId) -> Result<Option<Lot>> {
    let text = format!(
        "SELECT id, institution_id, medicine, lot, expires, {LEFT} FROM antiviral_lot l WHERE district_id = $1 AND id = $2"
    );
    let row: Option<LotRow> = sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Lot::try_from).transpose()
}

/// The lots of an institution, by medicine, what expires first on top.
pub(crate) async fn lots(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    limit: i64,
) -> Result<Vec<Lot>> {
    let text = format!(
        "SELECT id, institution_id, medicine, lot, expires, {LEFT} FROM antiviral_lot l WHERE district_id = $1 AND institution_id = $2 \
         ORDER BY medicine, expires, lot LIMIT $3"
    );
    let rows: Vec<LotRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Lot::try_from).collect()
}

/// The institutions of a district that have lots.
pub(crate) async fn stocking(c: &mut Conn<'_>, district: DistrictId, limit: i64) -> Result<Vec<OrganisationId>> {
    sql!(c, x => sqlx::query_scalar(
        "SELECT DISTINCT institution_id FROM antiviral_lot WHERE district_id = $1 ORDER BY institution_id LIMIT $2"
    ).bind(district).bind(limit).fetch_all(x).await)
}

/// Writes an entry.
pub(crate) async fn enter(c: &mut Conn<'_>, district: DistrictId, entry: &Entry, by: Uuid) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO antiviral_entry (district_id, id, lot_id, kind, quantity, at, by_appointment, because, decision_id) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
        )
        .bind(district)
        .bind(entry.id)
        .bind(entry.lot)
        .bind(entry.kind.as_str())
        .bind(entry.quantity)
        .bind(entry.at)
        .bind(by)
        .bind(&entry.because)
        .bind(entry.decision)
    )
    .map(|_| ())
}

/// The newest entries of an institution.
pub(crate) async fn entries(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    limit: i64,
) -> Result<Vec<Entry>> {
    let rows: Vec<EntryRow> = sql!(c, x => sqlx::query_as(
        "SELECT e.id, e.lot_id, e.kind, e.quantity, e.at, e.because, e.decision_id FROM antiviral_entry e JOIN antiviral_lot l \
         ON l.district_id = e.district_id AND l.id = e.lot_id WHERE e.district_id = $1 AND l.district_id = $1 AND l.institution_id = $2 \
         ORDER BY e.at DESC, e.id DESC LIMIT $3"
    ).bind(district).bind(institution).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Entry::try_from).collect()
}

/// Boxes by institution, medicine and kind of entry since an instant.
pub(crate) async fn moved(
    c: &mut Conn<'_>,
    district: DistrictId,
    since: Ts,
) -> Result<Vec<(OrganisationId, String, String, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT l.institution_id, l.medicine, e.kind, CAST(SUM(e.quantity) AS BIGINT) FROM antiviral_entry e JOIN antiviral_lot l \
         ON l.district_id = e.district_id AND l.id = e.lot_id WHERE e.district_id = $1 AND l.district_id = $1 AND e.at >= $2 \
         GROUP BY l.institution_id, l.medicine, e.kind ORDER BY l.institution_id, l.medicine, e.kind"
    ).bind(district).bind(since).fetch_all(x).await)
}

/// Writes a decision. Gives whether no other one of the person waits to be handed out.
pub(crate) async fn insert(c: &mut Conn<'_>, new: &Decision) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "INSERT INTO antiviral_decision (district_id, id, number, person_id, place_path, institution_id, medicine, quantity, fit, late, rule, \
             asked, because, state, decided_at, decided_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) ON CONFLICT DO NOTHING"
        )
        .bind(new.district)
        .bind(new.id)
        .bind(&new.number)
        .bind(new.person)
        .bind(&new.place)
        .bind(new.institution)
        .bind(&new.medicine)
        .bind(new.quantity)
        .bind(&new.fit)
        .bind(new.late)
        .bind(&new.rule)
        .bind(&new.asked)
        .bind(&new.because)
        .bind(new.state.as_str())
        .bind(new.decided_at)
        .bind(new.decided_by)
    )?;
    Ok(touched == 1)
}

/// Ends a decision that waits to be handed out. Gives whether it waited.
pub(crate) async fn end(
    c: &mut Conn<'_>,
    (district, id): (DistrictId, DecisionId),
    to: DecisionState,
    (at, by): (Ts, Uuid),
) -> Result<bool> {
    let touched = exec!(
        c,
        sqlx::query(
            "UPDATE antiviral_decision SET state = $3, over_at = $4, over_by = $5 \
             WHERE district_id = $1 AND id = $2 AND state = 'prescribed'"
        )
        .bind(district)
        .bind(id)
        .bind(to.as_str())
        .bind(at)
        .bind(by)
    )?;
    Ok(touched == 1)
}

/// A decision.
pub(crate) async fn decision(c: &mut Conn<'_>, district: DistrictId, id: DecisionId) -> Result<Option<Decision>> {
    let text = format!("SELECT {DECISION} FROM antiviral_decision WHERE district_id = $1 AND id = $2");
    let row: Option<DecisionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(id).fetch_optional(x).await)?;
    row.map(Decision::try_from).transpose()
}

/// The decisions about a person, the newest first.
pub(crate) async fn decisions_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    person: CarePersonId,
    limit: i64,
) -> Result<Vec<Decision>> {
    let text = format!(
        "SELECT {DECISION} FROM antiviral_decision WHERE district_id = $1 AND person_id = $2 ORDER BY decided_at DESC, id DESC LIMIT $3"
    );
    let rows: Vec<DecisionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(person).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Decision::try_from).collect()
}

/// Prescriptions of an institution that wait to be handed out, the oldest first.
pub(crate) async fn waiting(
    c: &mut Conn<'_>,
    (district, institution): (DistrictId, OrganisationId),
    limit: i64,
) -> Result<Vec<Decision>> {
    let text = format!(
        "SELECT {DECISION} FROM antiviral_decision WHERE district_id = $1 AND institution_id = $2 AND state = 'prescribed' \
         ORDER BY decided_at, id LIMIT $3"
    );
    let rows: Vec<DecisionRow> =
        sql!(c, x => sqlx::query_as(AssertSqlSafe(text)).bind(district).bind(institution).bind(limit).fetch_all(x).await)?;
    rows.into_iter().map(Decision::try_from).collect()
}

/// Decisions about those who live at a place since an instant: state, whether late, how many.
pub(crate) async fn decided(c: &mut Conn<'_>, scope: &Scope, since: Ts) -> Result<Vec<(String, bool, i64)>> {
    sql!(c, x => sqlx::query_as(
        "SELECT state, late, COUNT(*) FROM antiviral_decision WHERE district_id = $1 AND place_path >= $2 AND place_path < $3 \
         AND decided_at >= $4 GROUP BY state, late ORDER BY state, late"
    ).bind(scope.district).bind(scope.from().to_owned()).bind(scope.to()).bind(since).fetch_all(x).await)
}

/// Forgets what was asked of a person and why it was decided. What was handed out stays with its number; all else goes. Gives how many rows
/// were touched.
pub(crate) async fn forget(c: &mut Conn<'_>, district: DistrictId, person: CarePersonId) -> Result<u64> {
    let gone = "DELETE FROM antiviral_decision WHERE district_id = $1 AND person_id = $2 AND state <> 'dispensed'";
    let kept = "UPDATE antiviral_decision SET asked = NULL, because = NULL WHERE district_id = $1 AND person_id = $2";
    Ok(exec!(c, sqlx::query(gone).bind(district).bind(person))? + exec!(c, sqlx::query(kept).bind(district).bind(person))?)
}
