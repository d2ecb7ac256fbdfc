//! Figures that nobody types (实时统计): how fast an institution answers who is asked for, and what its ledger says of its beds at an instant. Both
//! are made of what is written, at the moment at which they are asked for, and tell nothing of anybody.

use std::collections::BTreeMap;

use linli_access::{Action, Ctx, Resource};
use linli_db::{Conn, DbError, StoredLine, journal};
use linli_kernel::{PlacePath, Ts};

use crate::desk::BedDesk;
use crate::error_beds::{BedError, Wrong};
use crate::model::beds::{BedType, ConversionState, EntryKind};
use crate::model::{Stated, Sum};
use crate::rules::beds::fold;
use crate::standing::{as_own, own_institution};
use crate::store::{beds, stays};

/// Requests that are looked through for one figure at most: more in one span is refused, never cut off.
const MOST: i64 = 2_000;

/// How an institution answered (答复时限).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Answering {
    /// Requests that were sent to it in the span.
    pub asked: i64,
    /// Requests that waited for an answer when the span ended (排队).
    pub pending: i64,
    /// Acceptances in the span.
    pub accepted: i64,
    /// Refusals in the span.
    pub declined: i64,
    /// Whole minutes from asking to accepting, of all acceptances of the span together.
    pub minutes: i64,
}

/// How the actor's own institution answered from an instant until before another.
///
/// # Errors
/// `Field` for a span that is none, has not begun, or holds more than can be counted at once; `NoInstitution`, `Denied`; store errors.
pub async fn answering(ctx: &Ctx, c: &mut Conn<'_>, (from, until): (Ts, Ts)) -> Result<Answering, BedError> {
    as_own(ctx, Action::Take, Resource::Referral)?;
    let own = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    let wrong = |problem| BedError::Field { field: "period", problem };
    let until = until.min(ctx.now());
    if from >= until {
        return Err(wrong(Wrong::NotAnInstant));
    }
    let asked = stays::asked(c, own, (from, until), MOST + 1).await?;
    if i64::try_from(asked.len()).is_ok_and(|many| many > MOST) {
        return Err(wrong(Wrong::MoreThan { most: MOST }));
    }
    let mut found = Answering::default();
    for inbound in asked {
        let lines = journal::of_subject(c, inbound.district, inbound.key.referral.0, 200).await?;
        let of_it = |line: &&StoredLine| {
            line.at < until && line.facts().get("attempt").and_then(serde_json::Value::as_i64) == Some(inbound.key.attempt)
        };
        let in_span = |at: Ts| from <= at && at < until;
        found.asked += i64::from(in_span(inbound.sent_at));
        let mut waits = inbound.came_at < until;
        for line in lines.iter().filter(of_it) {
            match line.kind.as_str() {
                "treatment.inbound_accepted" => {
                    waits = false;
                    if in_span(line.at) {
                        found.accepted += 1;
                        found.minutes += (line.at.0 - inbound.sent_at.0).max(0) / 60_000_000;
                    }
                }
                "treatment.inbound_declined" => {
                    waits = false;
                    found.declined += i64::from(in_span(line.at));
                }
                // What was held is given back: the request waits again.
                "treatment.inbound_lapsed" => waits = true,
                "treatment.inbound_withdrawn" | "treatment.inbound_arrived" | "treatment.inbound_completed" => waits = false,
                _ => {}
            }
        }
        found.pending += i64::from(waits);
    }
    Ok(found)
}

/// What is counted of beds (床位指标).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum OfBeds {
    /// 实有.
    InPlace,
    /// 开放.
    Open,
    /// 配足医护.
    Staffed,
    /// 占用.
    Occupied,
    /// 可用, derived.
    Available,
    /// 可转换.
    Convertible,
    /// 已转换: what orders to convert have been proven to have made.
    Converted,
}

/// What the ledger of the actor's own institution said at an instant, by kind of bed; what nobody told is counted as unknown, by kind of bed and
/// unit.
///
/// # Errors
/// `Field` for an instant that has not come; `NoInstitution`, `Denied`; store errors.
pub async fn stock(ctx: &Ctx, c: &mut Conn<'_>, desk: &BedDesk, at: Ts) -> Result<BTreeMap<(BedType, OfBeds), Sum>, BedError> {
    const ORDERS: i64 = 1_000;
    as_own(ctx, Action::Change, Resource::Bed)?;
    let own = own_institution(ctx, c).await?.ok_or(BedError::NoInstitution)?;
    if at > ctx.now() {
        return Err(BedError::Field { field: "period", problem: Wrong::InTheFuture });
    }
    let place = beds::place_of(c, own.0, own.1).await?.unwrap_or_else(PlacePath::root);
    let rules = desk.beds(&place, at)?;
    let mut sums: BTreeMap<(BedType, OfBeds), Sum> = BTreeMap::new();
    for cell in beds::cells(c, own).await? {
        let entries = beds::entries(c, cell.key, (at, ctx.now())).await?;
        if entries.is_empty() {
            continue;
        }
        let damaged = || DbError::Inconsistent { table: "bed_entry", column: "amount", row: cell.key.unit.to_string() };
        let levels = fold(&entries, at).map_err(|_| damaged())?;
        let derived = rules.value.derive(cell.key.bed_type, &levels).ok();
        let is_told = entries.iter().any(|entry| entry.kind == EntryKind::Occupied);
        for (what, count) in [
            (OfBeds::InPlace, levels.in_place),
            (OfBeds::Open, levels.open),
            (OfBeds::Staffed, derived.and_then(|derived| derived.staffed)),
            (OfBeds::Occupied, is_told.then_some(levels.occupied)),
            (OfBeds::Available, derived.map(|derived| derived.available())),
            (OfBeds::Convertible, levels.convertible),
        ] {
            sums.entry((cell.key.bed_type, what)).or_default().add(count.map_or(Stated::Unknown, Stated::Number));
        }
        sums.entry((cell.key.bed_type, OfBeds::Converted)).or_insert(Sum { numbers: 1, ..Sum::default() });
    }
    for order in beds::conversions(c, own, ORDERS).await? {
        let is_done = order.state == ConversionState::Done && order.over_at.is_some_and(|over| over <= at);
        if let (true, Some(proof)) = (is_done, order.proof) {
            sums.entry((order.bed_type, OfBeds::Converted)).or_default().add(Stated::Number(proof.beds));
        }
    }
    Ok(sums)
}
