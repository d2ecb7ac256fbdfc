//! What a desk hands over, and what its wall shows.

use std::collections::HashSet;

use linli_access::{Action, Ctx, Resource, Role, Scope};
use linli_db::{Conn, PayloadState, StoredLine, journal};
use linli_kernel::{PlaceLevel, PlacePath, Ts};
use serde_json::Value;
use uuid::Uuid;

use crate::commands::PASSED_ON;
use crate::discretion::kept_from;
use crate::error::CasesError;
use crate::model::{Case, CaseId, ClockRuns, Handover, Why};
use crate::store::{calls, days, duty, hotline, lists};

/// Most cases of one kind that are handed over; more would be read by nobody, and the desk has the whole list.
pub const MATTERS_MAX: i64 = 50;
/// Cases that a wall shows of each kind.
const WALL_ROWS: i64 = 12;
/// How far ahead a wall looks, seconds: what runs out later is nothing to stand up for.
const WALL_AHEAD_SECS: i64 = 24 * 3_600;

/// The desk of the actor.
pub(crate) fn desk_of(ctx: &Ctx) -> Result<Scope, CasesError> {
    Ok(ctx.scope(Action::Assign, Resource::Case)?)
}

/// What is open and concerns the shift that ends then, each case once: danger to life, what runs out in it, what is on hold until a
/// time in it, whom to call back.
///
/// # Errors
/// `Denied` for those who sit at no desk; store errors.
pub async fn open_matters(ctx: &Ctx, c: &mut Conn<'_>, until: Ts) -> Result<Vec<(Case, Why)>, CasesError> {
    let scope = desk_of(ctx)?;
    let shift = (ctx.now(), until);
    let kinds = [
        (Why::Danger, duty::dangers(c, &scope, MATTERS_MAX).await?),
        (Why::RunsOut, running_out(c, &scope, shift, MATTERS_MAX).await?),
        (Why::Hold, duty::on_hold(c, &scope, shift, MATTERS_MAX).await?),
        (Why::CallBack, calls::to_call_back(c, &scope, MATTERS_MAX).await?),
    ];
    let mut known = HashSet::new();
    let each = kinds.into_iter().flat_map(|(why, cases)| cases.into_iter().map(move |case| (case, why)));
    Ok(each.filter(|(case, _)| !kept_from(ctx, case) && known.insert(case.id)).collect())
}

/// What runs out in a stretch of time, whichever comes first: what was promised here, or for a ticket the time of the city (市热线时限).
async fn running_out(c: &mut Conn<'_>, scope: &Scope, stretch: (Ts, Ts), limit: i64) -> Result<Vec<Case>, CasesError> {
    let mut cases = duty::running_out(c, scope, stretch, limit).await?;
    let ours = cases.len();
    for ticket in duty::running_out_for_the_city(c, scope, stretch, limit).await? {
        if cases.iter().take(ours).all(|case| case.id != ticket.id) {
            cases.push(ticket);
        }
    }
    let ids: Vec<CaseId> = cases.iter().map(|case| case.id).collect();
    let tickets = hotline::of_cases(c, scope.district, &ids).await?;
    cases.sort_by_key(|case| {
        let promised = case.due_at.filter(|_| case.clock == ClockRuns::Running);
        let city = tickets.get(&case.id).and_then(|ticket| ticket.city_due_at);
        (promised.into_iter().chain(city).filter(|due| *due >= stretch.0).min(), case.id)
    });
    cases.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    Ok(cases)
}

/// What was passed on to another office with a note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOn {
    /// When.
    pub at: Ts,
    /// Where.
    pub place: PlacePath,
    /// What it was, by its code: `theft`.
    pub code: String,
    /// Under which appointment.
    pub by: Option<Uuid>,
    /// The note; `None` once it has been erased.
    pub note: Option<String>,
}

/// What was passed on in the reach of the actor's desk since then, the newest first, at most [`MATTERS_MAX`].
///
/// # Errors
/// `Denied` for those who sit at no desk; store errors.
pub async fn passed_on(ctx: &Ctx, c: &mut Conn<'_>, since: Ts) -> Result<Vec<PassedOn>, CasesError> {
    let scope = desk_of(ctx)?;
    let lines = journal::latest_of_kind(c, scope.district, PASSED_ON, (&scope.place, since), MATTERS_MAX).await?;
    let payloads = journal::payloads(c, &lines).await?;
    let read = |(line, payload): (StoredLine, PayloadState)| PassedOn {
        at: line.at,
        code: line.facts().get("code").and_then(Value::as_str).unwrap_or_default().to_owned(),
        by: line.actor.strip_prefix("appointment:").and_then(|id| id.parse().ok()),
        note: match payload {
            PayloadState::Kept(said) => said.get("text").and_then(Value::as_str).map(str::to_owned),
            _ => None,
        },
        place: line.place_path,
    };
    Ok(lines.into_iter().zip(payloads).map(read).collect())
}

/// The last handover at the desk of the actor, taken over or not; `None` for those who sit at no desk.
///
/// # Errors
/// Store errors.
pub async fn last_handover(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Option<Handover>, CasesError> {
    match desk_of(ctx) {
        Ok(scope) => Ok(duty::last_handover(c, scope.district, &scope.place).await?),
        Err(_) => Ok(None),
    }
}

/// What happened in the whole district today, in Beijing. Sums only: they name no place and nobody, and every desk of the district sees
/// them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Today {
    /// Open now.
    pub open: i64,
    /// Of these overdue.
    pub overdue: i64,
    /// Reported today.
    pub reported: i64,
    /// Closed today.
    pub closed: i64,
    /// Opened again today.
    pub reopened: i64,
    /// Told today that the matter is taken up elsewhere.
    pub told_elsewhere: i64,
}

/// What the wall of a desk shows (到期看板): nothing of it is anybody's words, name or number.
#[derive(Debug, Clone, PartialEq)]
pub struct Wall {
    /// What may be danger to life, the oldest first.
    pub dangers: Vec<Case>,
    /// What runs out next.
    pub next: Vec<Case>,
    /// Overdue cases by the role they stand with, from the bottom up; `None` for those that nobody has.
    pub overdue: Vec<(Option<Role>, i64)>,
    /// The district today.
    pub today: Today,
}

/// What may be danger to life in the actor's reach, the oldest first, at most `limit`.
///
/// # Errors
/// `Denied` for those who read no cases; store errors.
pub async fn dangers(ctx: &Ctx, c: &mut Conn<'_>, limit: i64) -> Result<Vec<Case>, CasesError> {
    let scope = ctx.scope(Action::Read, Resource::Case)?;
    let mut dangers = duty::dangers(c, &scope, limit).await?;
    dangers.retain(|case| !kept_from(ctx, case));
    Ok(dangers)
}

/// The wall of the actor's reach.
///
/// # Errors
/// `Denied` for those who read no cases; store errors.
pub async fn wall(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Wall, CasesError> {
    let scope = ctx.scope(Action::Read, Resource::Case)?;
    let now = ctx.now();
    let dangers = dangers(ctx, c, WALL_ROWS).await?;
    let mut next = running_out(c, &scope, (now, now.plus_secs(WALL_AHEAD_SECS)), WALL_ROWS * 2).await?;
    // What stands above need not stand below again.
    next.retain(|case| !kept_from(ctx, case) && !dangers.iter().any(|danger| danger.id == case.id));
    next.truncate(usize::try_from(WALL_ROWS).unwrap_or(usize::MAX));
    let mut overdue: Vec<(Option<Role>, i64)> =
        duty::overdue_by_role(c, &scope, now).await?.into_iter().map(|(role, cases)| (role.parse().ok(), cases)).collect();
    overdue.sort_by_key(|(role, _)| role.map(level));
    let district = scope.place.at_level(PlaceLevel::District);
    let counts = lists::open_counts(c, scope.district, &district, now).await?;
    let events = days::since(c, scope.district, &district, days::day_of(now)).await?;
    Ok(Wall {
        dangers,
        next,
        overdue,
        today: Today {
            open: counts.open,
            overdue: counts.overdue,
            reported: events.reported,
            closed: events.closed,
            reopened: events.reopened,
            told_elsewhere: events.told_elsewhere,
        },
    })
}

/// How far up a role stands: at the door, in the community, in the street, in the district.
const fn level(role: Role) -> u8 {
    match role {
        Role::DistrictOfficer => 4,
        Role::SubdistrictOfficer => 3,
        Role::CommunitySecretary | Role::CommunityWorker => 2,
        Role::PropertyManager | Role::PropertyDesk => 1,
        _ => 0,
    }
}
