//! What only looks. Lists take the scope of the actor, page by key and have a limit.

mod agreed;
mod check;
mod classes;
mod desk;
mod duty;
mod figures;
mod follow;
mod hotline;
mod numbered;
mod owners;
mod published;
mod rates;
mod similar;
mod timeline;
mod units;

use std::collections::{HashMap, HashSet};

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_calendar::Explanation;
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlacePath, Ts};
use uuid::Uuid;

pub use agreed::{Stands, stand};
pub use check::{Finding, check, check_promises};
pub use classes::{Chosen, matter_of, message_class, message_list, message_named, message_places, rules_scope};
pub(crate) use duty::desk_of;
pub use duty::{MATTERS_MAX, PassedOn, Today, Wall, dangers, last_handover, open_matters, passed_on, wall};
pub use figures::{ChildCounts, Figures, WINDOW_DAYS, figures, open_of_children};
pub use follow::GoesOn;
pub(crate) use follow::public_main;
use follow::{goes_on, without_words_of_others};
pub(crate) use hotline::tickets;
pub use hotline::{outbox, ticket_of};
pub use numbered::Numbered;
pub use owners::over_with_cases;
pub use published::{Published, PublishedStep, published, published_by_numbers, published_steps};
pub use rates::{Rate, Rates, rates, to_call_back};
pub use similar::{Similar, open_by_number, similar_open};
pub use timeline::{Audience, TimelineEntry, WorkDone, timeline};
pub use units::{
    UnitCase, UnitDesk, link_districts, link_scope, organisations, unit_case, unit_desk, unit_door, unit_links, unit_name,
    unit_openings,
};
pub(crate) use units::{calls, left, organisations_by_purpose, organisations_for, time_ask, unit_names};

use crate::commands::{CALLER_NOTED, standing};
use crate::discretion::{from_actor, kept_from};
use crate::error::CasesError;
use crate::model::{Case, CaseId, CasePhoto, CaseState, ClockRuns, Ending, Event, Way};
use crate::office::Office;
use crate::promise::{self, Under};
use crate::rules::ClockRule;
use crate::store::{self, lists};
use crate::token::LinkToken;

pub use crate::store::desk::{DeskCursor, DeskFilter, Group, View};
pub use crate::store::published::PublishedFilter;
pub use crate::store::units::{LinkUse, Opening};
pub(crate) use desk::headings;
pub use desk::{DeskPage, desk, desk_whole};

/// The numbers under which another system names those of its cases that are open here, after one of them, in order.
///
/// # Errors
/// Store errors.
pub async fn open_of_system(
    c: &mut Conn<'_>,
    district: DistrictId,
    system: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<String>, linli_db::DbError> {
    store::imports::open_of(c, district, system, after, limit).await
}

/// Most cases on one page of a list.
pub const PAGE: i64 = 50;

/// A case with everything that belongs to it.
#[derive(Debug, Clone, PartialEq)]
pub struct CaseView {
    /// The case.
    pub case: Case,
    /// Its photos.
    pub photos: Vec<CasePhoto>,
    /// Its timeline, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// What the actor may do to it now.
    pub possible: Vec<Event>,
    /// Whether a phone number of the reporter is kept.
    pub has_contact: bool,
}

/// A case for somebody who works on it. What lies outside the reach of the actor is not found.
///
/// # Errors
/// `NotFound`; `Denied` for those who read no cases at all; store errors.
pub async fn case(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    office: &Office,
    district: DistrictId,
    id: CaseId,
) -> Result<CaseView, CasesError> {
    let case = readable(ctx, c, district, id).await?;
    let photos = store::photos(c, district, id).await?;
    let mut timeline = timeline(c, &case, Audience::Staff).await?;
    if ctx.may(Action::Read, Resource::CaseContact, district, &case.place).is_err() {
        // That there are notes of the call may be known; what they say is for those who may call.
        timeline.iter_mut().filter(|entry| entry.kind == CALLER_NOTED).for_each(|entry| entry.words = None);
    }
    let mut possible = office.rules_of(&case, ctx.now())?.possible(&case, case.state, standing(ctx, &case));
    possible.retain(|event| !crate::commands::ends_own_work(ctx, &case, *event, false));
    possible.retain(|event| ctx.may(crate::commands::action_of(*event), Resource::Case, district, &case.place).is_ok());
    let has_contact = store::contact(c, district, id).await?.is_some();
    Ok(CaseView { case, photos, timeline, possible, has_contact })
}

/// A case alone, for somebody who works on it.
///
/// # Errors
/// As [`case`].
pub async fn readable(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, id: CaseId) -> Result<Case, CasesError> {
    if matches!(ctx.actor, Actor::Visitor | Actor::Resident { .. }) {
        return Err(Denied::Unauthenticated.into());
    }
    let case = store::by_id(c, district, id).await?.ok_or(CasesError::NotFound)?;
    ctx.may(Action::Read, Resource::Case, district, &case.place).map_err(|_| CasesError::NotFound)?;
    if kept_from(ctx, &case) {
        return Err(CasesError::NotFound);
    }
    Ok(case)
}

/// A case by its human number.
///
/// # Errors
/// As [`case`].
pub async fn by_number(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, number: &str) -> Result<Case, CasesError> {
    let found = store::by_number(c, district, number).await?.ok_or(CasesError::NotFound)?;
    readable(ctx, c, district, found.id).await
}

/// The numbers of cases that the caller has been let in to.
pub(crate) async fn numbers_of(
    c: &mut Conn<'_>,
    district: DistrictId,
    ids: &[CaseId],
) -> Result<HashMap<CaseId, String>, CasesError> {
    Ok(store::by_ids(c, district, ids).await?.into_iter().map(|(id, case)| (id, case.number)).collect())
}

/// A case as its reporter sees it: no ids of staff, no notes that are not for him.
#[derive(Debug, Clone, PartialEq)]
pub struct PublicCase {
    /// District.
    pub district: DistrictId,
    /// Id, for the address of its photos behind the link.
    pub id: CaseId,
    /// Human number.
    pub number: String,
    /// Where.
    pub place: PlacePath,
    /// Code of its class.
    pub class: String,
    /// By which way of working it goes.
    pub(crate) way: Option<Way>,
    /// What the reporter wrote.
    pub description: String,
    /// Whether its words, or words said later, mean danger to life.
    pub emergency: bool,
    /// Where it stands.
    pub state: CaseState,
    /// When it was reported.
    pub reported_at: Ts,
    /// Promised by.
    pub due_at: Option<Ts>,
    /// Whether the promise rests on a year whose plan is not out yet.
    pub due_provisional: bool,
    /// Whether the promised time is over and the work is not.
    pub overdue: bool,
    /// When it was closed.
    pub closed_at: Option<Ts>,
    /// Who has it; the page shows role and public name only.
    pub owner: Option<crate::model::Owner>,
    /// The organisation that has it.
    pub unit: Option<linli_people::model::OrganisationId>,
    /// Photos.
    pub photos: Vec<CasePhoto>,
    /// What happened, oldest first, as far as it is for the reporter.
    pub timeline: Vec<TimelineEntry>,
    /// Whether the reporter is asked now whether it is fixed.
    pub asked: bool,
    /// Whether it ended, and the reporter may still say that it is not fixed.
    pub may_object: bool,
    /// How it ended.
    pub ended: Option<Ending>,
    /// How the case stands that this one goes on as.
    pub goes_on: Option<GoesOn>,
}

/// Which district and case a private link opens.
///
/// # Errors
/// `LinkUnknown`; store errors.
pub async fn link_target(c: &mut Conn<'_>, token: &LinkToken) -> Result<(DistrictId, CaseId), CasesError> {
    store::link(c, &token.hash()).await?.ok_or(CasesError::LinkUnknown)
}

/// The case that a private link opens.
///
/// # Errors
/// `LinkUnknown`; store errors.
pub async fn by_link(c: &mut Conn<'_>, office: &Office, token: &LinkToken, now: Ts) -> Result<PublicCase, CasesError> {
    let (district, id) = link_target(c, token).await?;
    let case = store::by_id(c, district, id).await?.ok_or(CasesError::LinkUnknown)?;
    let photos = store::photos(c, district, id).await?;
    let mut timeline = timeline(c, &case, Audience::Reporter).await?;
    without_words_of_others(&mut timeline);
    let rules = office.rules_of(&case, now)?;
    let possible = rules.possible(&case, case.state, crate::model::Standing::Reporter);
    let asked = possible.contains(&Event::Confirm);
    let may_object = possible.contains(&Event::NotFixed)
        && case.closed_at.is_some_and(|ended| crate::commands::may_object(office, &rules, ended, now));
    let goes_on = goes_on(c, office, &case, now).await?;
    Ok(PublicCase {
        goes_on,
        overdue: case.is_overdue(now),
        district,
        id,
        number: case.number,
        place: case.place,
        class: case.class,
        way: case.way,
        description: case.description,
        emergency: case.emergency,
        state: case.state,
        reported_at: case.reported_at,
        due_at: case.due_at,
        due_provisional: case.due_provisional,
        closed_at: case.closed_at,
        owner: case.owner,
        unit: case.unit,
        photos,
        timeline,
        asked,
        may_object,
        ended: case.ended_how,
    })
}

/// Which of these records are cases that are kept from the actor.
///
/// # Errors
/// Store errors.
pub async fn kept_among(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId, ids: &[Uuid]) -> Result<HashSet<Uuid>, DbError> {
    let kept = store::kept_of(c, district, ids).await?;
    Ok(kept.into_iter().filter(|(_, kept)| from_actor(ctx, kept)).map(|(id, _)| id.0).collect())
}

/// Why a case is promised by then.
#[derive(Debug, Clone)]
pub struct WhyDue {
    /// Each term it is promised under: that of its class, then what was given beyond it, each counted from where the one before it ends.
    pub terms: Vec<WhyTerm>,
    /// Whether the calendar still comes to what was promised. A firm promise outlives a change of it.
    pub stands: bool,
}

/// One of the terms that a case is promised under.
#[derive(Debug, Clone)]
pub struct WhyTerm {
    /// The clock, as it stood when it was set.
    pub under: Under,
    /// Where that is written; `None` when the book has that clock no more as it was.
    pub source: Option<ClockRule>,
    /// The days that moved it, by the calendar in force.
    pub explanation: Explanation,
}

/// Why a case is promised by then: its terms, their sources, and the days that moved them. `None` when nothing of ours was promised.
///
/// # Errors
/// Store errors.
pub async fn why_due(c: &mut Conn<'_>, office: &Office, district: DistrictId, id: CaseId) -> Result<Option<WhyDue>, CasesError> {
    let Some(case) = store::by_id(c, district, id).await? else { return Ok(None) };
    let promise = promise::of(c, office, &case).await?;
    let pauses = store::ways::pauses(c, district, id).await?;
    let calendar = office.calendar();
    let set = promise.class.iter().map(|under| (under, promise.from, promise.from));
    let given = promise.more.iter().map(|more| (&more.under, more.from, more.given_at));
    let mut terms: Vec<WhyTerm> = Vec::new();
    for (under, stood, at) in set.chain(given) {
        let from = terms.last().and_then(|before| before.explanation.deadline.due()).unwrap_or(stood);
        let named = office.rules(&case.place, at)?.clocks().named(&under.clock).cloned();
        terms.push(WhyTerm {
            under: under.clone(),
            source: named.filter(|rule| rule.term == under.term),
            explanation: calendar.explain(from, &under.term, &pauses),
        });
    }
    let Some(last) = terms.last() else { return Ok(None) };
    Ok(Some(WhyDue { stands: last.explanation.deadline.due() == case.due_at, terms }))
}

/// The photos of a case that the caller has been let in to.
///
/// # Errors
/// Store errors.
pub(crate) async fn photos(c: &mut Conn<'_>, district: DistrictId, id: CaseId) -> Result<Vec<CasePhoto>, CasesError> {
    Ok(store::photos(c, district, id).await?)
}

/// What somebody has to do today, each list with what runs out first on top.
#[derive(Debug, Clone, PartialEq)]
pub struct MyDay {
    /// Mine.
    pub mine: Vec<Case>,
    /// Not mine, but flagged to my role after "not fixed".
    pub flagged: Vec<Case>,
    /// In my reach, and nobody has them.
    pub nobodys: Vec<Case>,
}

/// The day of the actor (我的一天).
///
/// # Errors
/// `Denied` for those who read no cases; store errors.
pub async fn my_day(ctx: &Ctx, c: &mut Conn<'_>) -> Result<MyDay, CasesError> {
    let scope = ctx.scope(Action::Read, Resource::Case)?;
    let Actor::Staff { person, role, .. } = &ctx.actor else { return Err(Denied::Forbidden.into()) };
    let mut mine = lists::mine(c, scope.district, *person, PAGE * 4).await?;
    // What he was given under another appointment waits for him there.
    mine.retain(|case| ctx.may(Action::Read, Resource::Case, scope.district, &case.place).is_ok() && !kept_from(ctx, case));
    // Danger to life comes before everything that merely runs out.
    mine.sort_by_key(|case| !case.emergency);
    let mut flagged = lists::flagged(c, &scope, role.as_str(), PAGE).await?;
    flagged.retain(|case| case.owner.as_ref().is_none_or(|owner| owner.person != *person) && !kept_from(ctx, case));
    let may_take = ctx.may(Action::Take, Resource::Case, scope.district, &scope.place).is_ok();
    let mut nobodys = if may_take { lists::ownerless(c, &scope, PAGE).await? } else { Vec::new() };
    nobodys.retain(|case| !kept_from(ctx, case));
    Ok(MyDay { mine, flagged, nobodys })
}

/// What a board shows of a case: nothing of who reported it or in which words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoardRow {
    /// Human number.
    pub number: String,
    /// Code of its class.
    pub class: String,
    /// Where it stands.
    pub state: CaseState,
    /// Promised by; `None` while the clock rests or when nothing was promised.
    pub promised: Option<Ts>,
    /// When it was closed.
    pub solved: Option<Ts>,
}

/// Days for which a board shows what was solved.
const SOLVED_DAYS: i64 = 14;

/// What is open and was lately solved at the common parts of a place: open ones first, newest first in each, at most ten of each.
///
/// # Errors
/// Store errors.
pub async fn board_rows(
    c: &mut Conn<'_>,
    district: DistrictId,
    place: &PlacePath,
    now: Ts,
) -> Result<Vec<BoardRow>, linli_db::DbError> {
    let mut rows = lists::public_open(c, district, place, 10).await?;
    rows.extend(lists::public_solved(c, district, place, now.plus_secs(-SOLVED_DAYS * 86_400), 10).await?);
    rows.into_iter().map(board_row).collect()
}

fn board_row(row: lists::PublicRow) -> Result<BoardRow, DbError> {
    let damaged = |column| DbError::Inconsistent { table: "case_file", column, row: row.number.clone() };
    let running = row.clock == ClockRuns::Running.as_str() && row.due_at != store::NO_PROMISE;
    Ok(BoardRow {
        state: row.state.parse().map_err(|_| damaged("state"))?,
        promised: running.then_some(Ts(row.due_at)),
        solved: row.closed_at,
        number: row.number,
        class: row.class,
    })
}
