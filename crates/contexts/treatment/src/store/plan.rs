//! What the plan is made from, of all districts of this database, and what is kept of it.

use std::collections::BTreeMap;

use linli_db::{Conn, DbError, Result, exec, sql};
use linli_geo::Point;
use linli_kernel::{DistrictId, Ts};
use uuid::Uuid;

use crate::model::plan::{At, Decision, DecisionId, House, Leaving, Mark, Refused, Waiting, Whom};
use crate::model::referrals::{InboundKey, ReferralId};
use crate::model::{GridKind, GridRef, InstitutionId, TreatmentGridId, UnitId, UnitKind};

fn damaged(table: &'static str, column: &'static str, row: impl ToString) -> DbError {
    DbError::Inconsistent { table, column, row: row.to_string() }
}

fn words(text: &str) -> Vec<String> {
    text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

#[derive(linli_db::FromRow)]
struct HouseRow {
    district_id: DistrictId,
    id: InstitutionId,
    name: String,
    lon_e7: Option<i64>,
    lat_e7: Option<i64>,
    capabilities: String,
}

#[derive(linli_db::FromRow)]
struct MemberRow {
    district_id: DistrictId,
    institution_id: InstitutionId,
    kind: String,
    grid_district: DistrictId,
    grid_id: TreatmentGridId,
}

/// The institutions that are there at an instant, with their grids.
pub(crate) async fn houses(c: &mut Conn<'_>, at: Ts) -> Result<BTreeMap<At, House>> {
    let rows: Vec<HouseRow> = sql!(c, x => sqlx::query_as(
        "SELECT i.district_id, i.id, o.name, i.lon_e7, i.lat_e7, i.capabilities FROM institution i \
         JOIN organisation o ON o.district_id = i.district_id AND o.id = i.id \
         WHERE i.kind <> 'area' AND i.valid_from <= $1 AND (i.valid_to IS NULL OR i.valid_to > $1)"
    ).bind(at).fetch_all(x).await)?;
    let members: Vec<MemberRow> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, institution_id, kind, grid_district, grid_id FROM grid_member \
         WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)"
    ).bind(at).fetch_all(x).await)?;
    let mut grids: BTreeMap<At, Vec<(GridKind, GridRef)>> = BTreeMap::new();
    for row in members {
        let kind = row.kind.parse().map_err(|_| damaged("grid_member", "kind", row.institution_id))?;
        let grid = GridRef { district: row.grid_district, id: row.grid_id };
        grids.entry((row.district_id, row.institution_id)).or_default().push((kind, grid));
    }
    let house = |row: HouseRow| {
        let at = (row.district_id, row.id);
        let degrees = row.lon_e7.zip(row.lat_e7);
        let point =
            degrees.and_then(|(lon, lat)| Some(Point { lon_e7: i32::try_from(lon).ok()?, lat_e7: i32::try_from(lat).ok()? }));
        let grids = grids.remove(&at).unwrap_or_default();
        (at, House { at, name: row.name, point, capabilities: words(&row.capabilities), grids })
    };
    Ok(rows.into_iter().map(house).collect())
}

/// A unit as the plan needs it.
#[derive(Debug, Clone)]
pub(crate) struct PlanUnit {
    pub(crate) name: String,
    pub(crate) kind: UnitKind,
    pub(crate) capabilities: Vec<String>,
}

/// The units that are open at an instant.
pub(crate) async fn units(c: &mut Conn<'_>, at: Ts) -> Result<BTreeMap<(DistrictId, UnitId), PlanUnit>> {
    let rows: Vec<(DistrictId, UnitId, String, String, String)> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, id, name, kind, capabilities FROM institution_unit \
         WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1)"
    ).bind(at).fetch_all(x).await)?;
    let mut units = BTreeMap::new();
    for (district, id, name, kind, capabilities) in rows {
        let kind = kind.parse().map_err(|_| damaged("institution_unit", "kind", id))?;
        units.insert((district, id), PlanUnit { name, kind, capabilities: words(&capabilities) });
    }
    Ok(units)
}

#[derive(linli_db::FromRow)]
struct AskingRow {
    district_id: DistrictId,
    id: ReferralId,
    institution_id: InstitutionId,
    direction: String,
    grid_kind: String,
    bed_type: String,
    needs: String,
    severity: String,
    attempt: i64,
    asked_at: Ts,
    due_at: Option<Ts>,
    to_district: Option<DistrictId>,
    to_institution: Option<InstitutionId>,
}

/// Who waits at a sending end for a house that takes them, who waits longest first.
pub(crate) async fn asking(c: &mut Conn<'_>) -> Result<Vec<Waiting>> {
    let rows: Vec<AskingRow> = sql!(c, x => sqlx::query_as(
        "SELECT r.district_id, r.id, r.institution_id, r.direction, r.grid_kind, r.bed_type, r.needs, r.severity, r.attempt, r.asked_at, \
         r.due_at, a.to_district, a.to_institution FROM referral r LEFT JOIN referral_attempt a ON a.district_id = r.district_id \
         AND a.referral_id = r.id AND a.attempt = r.attempt WHERE r.over_at IS NULL AND r.state IN ('requested', 'received') \
         ORDER BY r.asked_at, r.id"
    ).fetch_all(x).await)?;
    let one = |row: AskingRow| {
        let damaged = |column| damaged("referral", column, row.id);
        Ok(Waiting {
            whom: Whom::Asking { district: row.district_id, referral: row.id },
            attempt: row.attempt,
            at: (row.district_id, row.institution_id),
            direction: row.direction.parse().map_err(|_| damaged("direction"))?,
            grid_kind: row.grid_kind.parse().map_err(|_| damaged("grid_kind"))?,
            bed_type: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            needs: words(&row.needs),
            severity: row.severity.parse().map_err(|_| damaged("severity"))?,
            since: row.asked_at,
            due: row.due_at,
            asked: row.to_district.zip(row.to_institution),
            came_from: Vec::new(),
        })
    };
    rows.into_iter().map(one).collect()
}

#[derive(linli_db::FromRow)]
struct BoardingRow {
    district_id: DistrictId,
    referral_id: ReferralId,
    attempt: i64,
    institution_id: InstitutionId,
    direction: String,
    bed_type: String,
    needs: String,
    severity: String,
    state_at: Ts,
    due_at: Option<Ts>,
}

/// Who has arrived and has no bed (急诊滞留), who waits longest first.
pub(crate) async fn boarding(c: &mut Conn<'_>) -> Result<Vec<Waiting>> {
    let rows: Vec<BoardingRow> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, referral_id, attempt, institution_id, direction, bed_type, needs, severity, state_at, due_at FROM inbound_referral \
         WHERE over_at IS NULL AND answer = 'arrived' AND hold_id IS NULL ORDER BY state_at, referral_id"
    ).fetch_all(x).await)?;
    let one = |row: BoardingRow| {
        let damaged = |column| damaged("inbound_referral", column, row.referral_id);
        let at = (row.district_id, row.institution_id);
        Ok(Waiting {
            whom: Whom::Boarding { district: row.district_id, referral: row.referral_id, attempt: row.attempt },
            attempt: row.attempt,
            at,
            direction: row.direction.parse().map_err(|_| damaged("direction"))?,
            grid_kind: GridKind::General,
            bed_type: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            needs: words(&row.needs),
            severity: row.severity.parse().map_err(|_| damaged("severity"))?,
            since: row.state_at,
            due: row.due_at,
            asked: Some(at),
            came_from: Vec::new(),
        })
    };
    rows.into_iter().map(one).collect()
}

type CameRow = (DistrictId, ReferralId, DistrictId, InstitutionId, Ts);

/// From where those who wait came by an earlier referral, and when, if it is later than an instant.
pub(crate) async fn came_from(c: &mut Conn<'_>, since: Ts) -> Result<BTreeMap<(DistrictId, ReferralId), Vec<(At, Ts)>>> {
    let rows: Vec<CameRow> = sql!(c, x => sqlx::query_as(
        "SELECT r.district_id, r.id, e.district_id, e.institution_id, e.state_at FROM referral r \
         JOIN referral_patient p ON p.district_id = r.district_id AND p.referral_id = r.id \
         JOIN referral_patient q ON q.patient_hash = p.patient_hash AND q.referral_id <> p.referral_id \
         JOIN referral e ON e.district_id = q.district_id AND e.id = q.referral_id \
         WHERE r.over_at IS NULL AND r.state IN ('requested', 'received') AND e.state IN ('arrived', 'completed') AND e.state_at > $1 \
         ORDER BY e.state_at"
    ).bind(since).fetch_all(x).await)?;
    let mut came: BTreeMap<_, Vec<(At, Ts)>> = BTreeMap::new();
    for (district, referral, from, institution, at) in rows {
        came.entry((district, referral)).or_default().push(((from, institution), at));
    }
    Ok(came)
}

#[derive(linli_db::FromRow)]
struct LeavingRow {
    district_id: DistrictId,
    referral_id: ReferralId,
    attempt: i64,
    wants: String,
    needs: String,
    grid_kind: String,
    institution_id: InstitutionId,
    from_district: DistrictId,
    from_institution: InstitutionId,
    held_at: Ts,
    unit_id: UnitId,
    bed_type: String,
}

/// Who may step down and is not asked for elsewhere yet.
pub(crate) async fn leaving(c: &mut Conn<'_>) -> Result<Vec<Leaving>> {
    let rows: Vec<LeavingRow> = sql!(c, x => sqlx::query_as(
        "SELECT s.district_id, s.referral_id, s.attempt, s.bed_type AS wants, s.needs, s.grid_kind, i.institution_id, i.from_district, \
         i.from_institution, h.held_at, h.unit_id, h.bed_type FROM step_down s JOIN inbound_referral i ON i.district_id = s.district_id \
         AND i.referral_id = s.referral_id AND i.attempt = s.attempt JOIN bed_hold h ON h.district_id = i.district_id AND h.id = i.hold_id \
         WHERE s.over_at IS NULL AND s.asked_id IS NULL AND i.over_at IS NULL AND h.state = 'occupied' ORDER BY s.marked_at, s.referral_id"
    ).fetch_all(x).await)?;
    let one = |row: LeavingRow| {
        let damaged = |column| damaged("step_down", column, row.referral_id);
        Ok(Leaving {
            key: InboundKey { referral: row.referral_id, attempt: row.attempt },
            at: (row.district_id, row.institution_id),
            unit: row.unit_id,
            bed_type: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            wants: row.wants.parse().map_err(|_| damaged("bed_type"))?,
            needs: words(&row.needs),
            grid_kind: row.grid_kind.parse().map_err(|_| damaged("grid_kind"))?,
            home: (row.from_district, row.from_institution),
            came: row.held_at,
        })
    };
    rows.into_iter().map(one).collect()
}

type RefusedRow = (ReferralId, String, String, DistrictId, InstitutionId, Option<String>, Ts);

/// Who refused whom since an instant, the oldest first.
pub(crate) async fn refused(c: &mut Conn<'_>, since: Ts) -> Result<Vec<Refused>> {
    let rows: Vec<RefusedRow> = sql!(c, x => sqlx::query_as(
        "SELECT a.referral_id, r.bed_type, r.severity, a.to_district, a.to_institution, a.reason, a.answered_at FROM referral_attempt a \
         JOIN referral r ON r.district_id = a.district_id AND r.id = a.referral_id \
         WHERE a.answer = 'declined' AND a.answered_at > $1 ORDER BY a.answered_at, a.referral_id"
    ).bind(since).fetch_all(x).await)?;
    let mut refused = Vec::new();
    for (referral, bed_type, severity, district, institution, reason, at) in rows {
        let bed_type = bed_type.parse().map_err(|_| damaged("referral", "bed_type", referral))?;
        let severity = severity.parse().map_err(|_| damaged("referral", "severity", referral))?;
        // A refusal without a coded reason keeps nobody from anywhere: no rule says for how long.
        let Some(why) = reason.and_then(|reason| reason.parse().ok()) else { continue };
        refused.push(Refused { by: (district, institution), referral, bed_type, severity, why, at });
    }
    Ok(refused)
}

/// Vehicles that grids told to be free since an instant.
pub(crate) async fn fleets(c: &mut Conn<'_>, since: Ts) -> Result<BTreeMap<GridRef, i64>> {
    let rows: Vec<(DistrictId, TreatmentGridId, i64)> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, grid_id, vehicles FROM grid_fleet WHERE told_at > $1"
    ).bind(since).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(district, id, vehicles)| (GridRef { district, id }, vehicles)).collect())
}

/// Writes how many vehicles a grid has free.
pub(crate) async fn put_fleet(c: &mut Conn<'_>, grid: GridRef, vehicles: i64, (now, by): (Ts, &str)) -> Result<()> {
    let text = "INSERT INTO grid_fleet (district_id, grid_id, vehicles, told_at, told_by) VALUES ($1, $2, $3, $4, $5) \
                ON CONFLICT (district_id, grid_id) DO UPDATE SET vehicles = excluded.vehicles, told_at = excluded.told_at, told_by = excluded.told_by";
    exec!(c, sqlx::query(text).bind(grid.district).bind(grid.id).bind(vehicles).bind(now).bind(by)).map(|_| ())
}

/// All grids at an instant with their names and leads, by code.
pub(crate) async fn grid_leads(c: &mut Conn<'_>, at: Ts) -> Result<Vec<(GridRef, String, At)>> {
    let rows: Vec<(DistrictId, TreatmentGridId, String, InstitutionId)> = sql!(c, x => sqlx::query_as(
        "SELECT district_id, id, name, lead_id FROM treatment_grid WHERE valid_from <= $1 AND (valid_to IS NULL OR valid_to > $1) ORDER BY code, id"
    ).bind(at).fetch_all(x).await)?;
    Ok(rows.into_iter().map(|(district, id, name, lead)| (GridRef { district, id }, name, (district, lead))).collect())
}

#[derive(linli_db::FromRow)]
struct MarkRow {
    referral_id: ReferralId,
    attempt: i64,
    bed_type: String,
    needs: String,
    grid_kind: String,
    consent: String,
    sealed: Option<Vec<u8>>,
    marked_at: Ts,
    asked_id: Option<ReferralId>,
}

/// A mark that is not over, with what is sealed of what must go on.
pub(crate) async fn mark(c: &mut Conn<'_>, district: DistrictId, key: InboundKey) -> Result<Option<(Mark, Option<Vec<u8>>)>> {
    let row: Option<MarkRow> = sql!(c, x => sqlx::query_as(
        "SELECT referral_id, attempt, bed_type, needs, grid_kind, consent, sealed, marked_at, asked_id FROM step_down \
         WHERE district_id = $1 AND referral_id = $2 AND attempt = $3 AND over_at IS NULL"
    ).bind(district).bind(key.referral).bind(key.attempt).fetch_optional(x).await)?;
    let read = |row: MarkRow| {
        let damaged = |column| damaged("step_down", column, row.referral_id);
        let mark = Mark {
            key: InboundKey { referral: row.referral_id, attempt: row.attempt },
            wants: row.bed_type.parse().map_err(|_| damaged("bed_type"))?,
            needs: words(&row.needs),
            grid_kind: row.grid_kind.parse().map_err(|_| damaged("grid_kind"))?,
            consent: row.consent.parse().map_err(|_| damaged("consent"))?,
            at: row.marked_at,
            asked: row.asked_id,
        };
        Ok((mark, row.sealed))
    };
    row.map(read).transpose()
}

/// Writes a mark, anew where there was one.
pub(crate) async fn put_mark(c: &mut Conn<'_>, district: DistrictId, mark: &Mark, (sealed, by): (&[u8], &str)) -> Result<()> {
    exec!(
        c,
        sqlx::query(
            "INSERT INTO step_down (district_id, referral_id, attempt, bed_type, needs, grid_kind, consent, sealed, marked_at, marked_by) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (district_id, referral_id, attempt) DO UPDATE SET \
             bed_type = excluded.bed_type, needs = excluded.needs, grid_kind = excluded.grid_kind, consent = excluded.consent, \
             sealed = excluded.sealed, marked_at = excluded.marked_at, marked_by = excluded.marked_by, asked_id = NULL, over_at = NULL"
        )
        .bind(district)
        .bind(mark.key.referral)
        .bind(mark.key.attempt)
        .bind(mark.wants.as_str())
        .bind(mark.needs.join(","))
        .bind(mark.grid_kind.as_str())
        .bind(mark.consent.as_str())
        .bind(sealed)
        .bind(mark.at)
        .bind(by)
    )
    .map(|_| ())
}

/// A mark is asked for elsewhere, or it is over; what was sealed is not needed any more.
pub(crate) async fn end_mark(
    c: &mut Conn<'_>,
    district: DistrictId,
    key: InboundKey,
    (asked, over_at): (Option<ReferralId>, Option<Ts>),
) -> Result<()> {
    let text = "UPDATE step_down SET asked_id = COALESCE($4, asked_id), over_at = $5, sealed = NULL \
                WHERE district_id = $1 AND referral_id = $2 AND attempt = $3 AND over_at IS NULL";
    exec!(c, sqlx::query(text).bind(district).bind(key.referral).bind(key.attempt).bind(asked).bind(over_at)).map(|_| ())
}

/// Keeps a decision, with its words sealed.
pub(crate) async fn insert_decision(
    c: &mut Conn<'_>,
    district: DistrictId,
    new: &Decision,
    (by, words): (&str, Option<&[u8]>),
) -> Result<()> {
    let json = |value: std::result::Result<String, serde_json::Error>| value.map_err(DbError::Facts);
    let (Whom::Asking { referral, .. } | Whom::Boarding { referral, .. }) = new.whom;
    let suggested = new.suggested.as_ref().map(serde_json::to_string).transpose();
    exec!(
        c,
        sqlx::query(
            "INSERT INTO plan_decision (district_id, id, referral_id, whom, by_district, by_institution, decided_at, decided_by, made, reason, \
             chosen, suggested, harm, rule) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
        )
        .bind(district)
        .bind(new.id)
        .bind(referral)
        .bind(json(serde_json::to_string(&new.whom))?)
        .bind(new.by.0)
        .bind(new.by.1)
        .bind(new.at)
        .bind(by)
        .bind(new.made.as_str())
        .bind(new.why.map(|why| why.as_str()))
        .bind(json(serde_json::to_string(&new.chosen))?)
        .bind(suggested.map_err(DbError::Facts)?)
        .bind(new.harm.as_ref().map(serde_json::to_string).transpose().map_err(DbError::Facts)?)
        .bind(&new.rule)
    )?;
    if let Some(sealed) = words {
        let text = "INSERT INTO plan_decision_word (district_id, decision_id, sealed) VALUES ($1, $2, $3)";
        exec!(c, sqlx::query(text).bind(district).bind(new.id).bind(sealed))?;
    }
    Ok(())
}

#[derive(linli_db::FromRow)]
struct DecisionRow {
    id: DecisionId,
    whom: String,
    by_district: DistrictId,
    by_institution: Uuid,
    decided_at: Ts,
    made: String,
    reason: Option<String>,
    chosen: String,
    suggested: Option<String>,
    harm: Option<String>,
    rule: String,
    sealed: Option<Vec<u8>>,
}

/// The decisions of all districts since an instant, the newest first, with their words as sealed.
pub(crate) async fn decisions(c: &mut Conn<'_>, since: Ts, limit: i64) -> Result<Vec<(Decision, Option<Vec<u8>>)>> {
    let rows: Vec<DecisionRow> = sql!(c, x => sqlx::query_as(
        "SELECT d.id, d.whom, d.by_district, d.by_institution, d.decided_at, d.made, d.reason, d.chosen, d.suggested, d.harm, d.rule, w.sealed \
         FROM plan_decision d LEFT JOIN plan_decision_word w ON w.district_id = d.district_id AND w.decision_id = d.id \
         WHERE d.decided_at > $1 ORDER BY d.decided_at DESC, d.id DESC LIMIT $2"
    ).bind(since).bind(limit).fetch_all(x).await)?;
    let one = |row: DecisionRow| {
        let damaged = |column| damaged("plan_decision", column, row.id);
        let decision = Decision {
            id: row.id,
            whom: serde_json::from_str(&row.whom).map_err(|_| damaged("whom"))?,
            by: (row.by_district, InstitutionId(row.by_institution)),
            at: row.decided_at,
            made: row.made.parse().map_err(|_| damaged("made"))?,
            why: row.reason.as_deref().map(str::parse).transpose().map_err(|_| damaged("reason"))?,
            chosen: serde_json::from_str(&row.chosen).map_err(|_| damaged("chosen"))?,
            suggested: row.suggested.as_deref().map(serde_json::from_str).transpose().map_err(|_| damaged("suggested"))?,
            harm: row.harm.as_deref().map(serde_json::from_str).transpose().map_err(|_| damaged("harm"))?,
            rule: row.rule,
        };
        Ok((decision, row.sealed))
    };
    rows.into_iter().map(one).collect()
}
