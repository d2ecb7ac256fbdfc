//! Figures of a place.

use linli_access::{Action, Ctx, Resource};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlacePath, Ts};
use serde::Serialize;

use crate::error::CasesError;
use crate::store::{days, lists};

/// The window of the figures that count what happened: today and the 29 Beijing days before.
pub const WINDOW_DAYS: i64 = 30;

/// The figures of a place. The first three count what is so now; the others count events of the last [`WINDOW_DAYS`] days.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Cases that Open311 shows open.
    pub open: i64,
    /// Open cases whose clock runs and whose promised time is over.
    pub overdue: i64,
    /// Cases that wait for the reporter's word.
    pub awaiting_confirmation: i64,
    /// Cases reported.
    pub reported_30d: i64,
    /// Cases closed, confirmed or not; voided, merged and joined ones are not among them.
    pub closed_30d: i64,
    /// Cases closed because the reporter said that it is fixed.
    pub confirmed_30d: i64,
    /// Times that a case was opened again: its reporter said that it is not fixed, or an officer or the city's hotline did it.
    pub reopened_30d: i64,
    /// Times that somebody was told that the matter is taken up elsewhere (告知其他途径). No case comes of it, unless he says that it is something
    /// else; what was asked in all is these and the cases reported.
    pub told_elsewhere_30d: i64,
}

/// The figures of a place, exact to the last committed line.
///
/// # Errors
/// `Denied` for those who read no figures there; store errors.
pub async fn figures(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
) -> Result<Figures, CasesError> {
    ctx.may(Action::Read, Resource::Figures, district, place)?;
    let open = lists::open_counts(c, district, place, now).await?;
    let events = days::since(c, district, place, days::day_of(now) - (WINDOW_DAYS - 1)).await?;
    Ok(Figures {
        open: open.open,
        overdue: open.overdue,
        awaiting_confirmation: open.awaiting,
        reported_30d: events.reported,
        closed_30d: events.closed,
        confirmed_30d: events.confirmed,
        reopened_30d: events.reopened,
        told_elsewhere_30d: events.told_elsewhere,
    })
}

/// What is open under one child of a place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChildCounts {
    /// The child.
    pub place: PlacePath,
    /// Open cases under it.
    pub open: i64,
    /// Overdue ones among them.
    pub overdue: i64,
    /// Those among them that wait for the reporter's word.
    pub awaiting_confirmation: i64,
}

/// What is open under each child of a place; children without open cases are not in the list.
///
/// # Errors
/// As [`figures`].
pub async fn open_of_children(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
) -> Result<Vec<ChildCounts>, CasesError> {
    ctx.may(Action::Read, Resource::Figures, district, place)?;
    let rows = lists::open_counts_of_children(c, district, place, now).await?;
    Ok(rows
        .into_iter()
        .map(|(place, n)| ChildCounts { place, open: n.open, overdue: n.overdue, awaiting_confirmation: n.awaiting })
        .collect())
}
