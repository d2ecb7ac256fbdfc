//! What only looks: the desk of meetings, one of them with everything that belongs to it, what may come on an agenda.

mod check;
pub mod feeds;
pub mod months;
pub mod proposals;

use std::sync::Arc;

use linli_access::{Action, Ctx, Resource, Scope};
use linli_cases::queries::{DeskFilter, Stands, stand};
use linli_cases::{Case, CaseId};
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_people::model::Answering;
use linli_record::model::Standing;
use linli_rulebook::Rule;
use uuid::Uuid;

pub use check::check;

use crate::error::CouncilError;
use crate::model::{
    Item, ItemId, Meeting, MeetingId, Minutes, Opinion, Posting, Promised, Proposal, ProposalState, Ruling, Seat, SeatId, State,
    Tally,
};
use crate::office::CouncilOffice;
use crate::reach::reaches;
use crate::rules::Council;
use crate::store::{items, meetings, minutes, proposals as proposed, said, seats};

/// How far back the desk looks, in days.
const BACK_DAYS: i64 = 120;
/// The most rows of a list.
const MOST: i64 = 200;
/// The most cases that are offered for an agenda.
const OFFERED: usize = 40;

/// A place with its name as one says it.
pub type Named = (PlacePath, String);

/// The meetings that the actor may know of: those of the own scope, those of a place above it that were told of, and those with a seat.
///
/// # Errors
/// `Denied`; store errors.
pub async fn desk(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<Meeting>, CouncilError> {
    let scope = ctx.scope(Action::Read, Resource::Meeting)?;
    let since = ctx.now().plus_secs(-BACK_DAYS * 86_400);
    let mut all = meetings::of_scope(c, &scope, (since, MOST)).await?;
    let above: Vec<PlacePath> = scope.place.ancestors().into_iter().filter(|place| *place != scope.place).collect();
    all.extend(meetings::public_at(c, scope.district, &above, (since, MOST)).await?);
    if let Some(person) = ctx.person() {
        all.extend(meetings::of_person(c, (scope.district, person), (since, MOST)).await?);
    }
    all.sort_by_key(|meeting| std::cmp::Reverse((meeting.starts_at, meeting.id)));
    all.dedup_by_key(|meeting| meeting.id);
    Ok(all)
}

/// What somebody undertook, and how it stands as a case.
#[derive(Debug, Clone)]
pub struct Undertaken {
    /// What.
    pub promised: Promised,
    /// The case; none when it is not there.
    pub stands: Option<Stands>,
}

impl Undertaken {
    /// Whether the case is open.
    #[must_use]
    pub fn open(&self) -> bool {
        self.stands.as_ref().is_some_and(|case| case.closed_at.is_none())
    }

    /// By when it is promised now: what was agreed on, and whatever moved it since.
    #[must_use]
    pub fn due_at(&self) -> Ts {
        self.stands.as_ref().and_then(|case| case.due_at).unwrap_or(self.promised.due_at)
    }

    /// Whether it is not done in time.
    #[must_use]
    pub fn late(&self, now: Ts) -> bool {
        self.open() && self.stands.as_ref().is_some_and(|case| case.finished_at.is_none()) && self.due_at() < now
    }
}

async fn undertaken(c: &mut Conn<'_>, district: DistrictId, all: Vec<Promised>) -> Result<Vec<Undertaken>, CouncilError> {
    let ids: Vec<CaseId> = all.iter().map(|one| CaseId(one.case)).collect();
    let stands = stand(c, district, &ids).await?;
    let with =
        |promised: Promised| Undertaken { stands: stands.iter().find(|case| case.id.0 == promised.case).cloned(), promised };
    Ok(all.into_iter().map(with).collect())
}

/// A meeting with everything that belongs to it. What it says everybody may read, once it is public.
#[derive(Debug, Clone)]
pub struct File {
    /// The meeting.
    pub meeting: Meeting,
    /// What its place is called.
    pub place: String,
    /// Its agenda.
    pub items: Vec<Item>,
    /// Who sits there.
    pub seats: Vec<Seat>,
    /// What was said.
    pub opinions: Vec<Opinion>,
    /// Residents' votes.
    pub tallies: Vec<(ItemId, Tally, Ruling)>,
    /// What was undertaken.
    pub undertaken: Vec<Undertaken>,
    /// What earlier meetings of the place undertook and is not done.
    pub promises: Vec<Undertaken>,
    /// Where its papers hang, with the names of the places.
    pub postings: Vec<(Posting, String)>,
    /// How its notice and its result stand in the public log.
    pub proofs: (Option<Standing>, Option<Standing>),
    /// The rules.
    pub rules: Arc<Rule<Council>>,
}

impl File {
    /// Sides that should have been there and were not.
    #[must_use]
    pub fn absent(&self) -> Vec<crate::model::Party> {
        let should = self.rules.value.of(self.meeting.kind).map(|of| of.should.as_slice()).unwrap_or_default();
        let came = |party| self.seats.iter().any(|seat| seat.party == party && seat.presence == crate::model::Presence::Present);
        should.iter().copied().filter(|party| !came(*party)).collect()
    }
}

/// What a place is called, from the estate down; a division by its own name.
///
/// # Errors
/// Store errors.
pub async fn spoken(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<String, CouncilError> {
    let way = linli_territory::queries::crumbs(c, district, place).await?;
    let below: Vec<&str> = way.iter().filter(|step| step.level >= PlaceLevel::Estate).map(|step| step.name.as_str()).collect();
    Ok(if below.is_empty() { way.last().map(|step| step.name.clone()).unwrap_or_default() } else { below.join(" ") })
}

async fn file_of(c: &mut Conn<'_>, office: &CouncilOffice, meeting: Meeting, now: Ts) -> Result<File, CouncilError> {
    let (district, id) = (meeting.district, meeting.id);
    let promised = said::actions(c, district, id).await?;
    let earlier = said::actions_at(c, (district, &meeting.place), MOST).await?;
    let earlier = earlier.into_iter().filter(|one| one.meeting != id && one.due_at.0 > meeting.made_at.0 - 400 * 86_400_000_000);
    let mut promises = undertaken(c, district, earlier.collect()).await?;
    promises.retain(Undertaken::open);
    promises.sort_by_key(Undertaken::due_at);
    let mut postings = Vec::new();
    for posting in minutes::postings(c, district, id).await? {
        let name = spoken(c, district, &posting.place).await?;
        postings.push((posting, name));
    }
    let notice = match meeting.notice {
        Some(notice) => linli_record::queries::standing(c, district, notice).await?,
        None => None,
    };
    let result = linli_record::queries::standing(c, district, id.0).await?;
    Ok(File {
        place: spoken(c, district, &meeting.place).await?,
        items: items::of_meeting(c, district, id).await?,
        seats: seats::of_meeting(c, district, id).await?,
        opinions: said::opinions(c, district, id).await?,
        tallies: said::tallies(c, district, id).await?,
        undertaken: undertaken(c, district, promised).await?,
        promises,
        postings,
        proofs: (notice, result),
        rules: office.rules(&meeting.place, now)?,
        meeting,
    })
}

/// A meeting that everybody may know of.
///
/// # Errors
/// `NotFound` before people were told of it; store errors.
pub async fn public(
    c: &mut Conn<'_>,
    office: &CouncilOffice,
    (district, id): (DistrictId, MeetingId),
    now: Ts,
) -> Result<File, CouncilError> {
    let found = meetings::one(c, district, id).await?.filter(|meeting| meeting.called_at.is_some());
    file_of(c, office, found.ok_or(CouncilError::NotFound)?, now).await
}

/// What of a meeting the actor may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct May {
    /// Write it: agenda, seats, what was said.
    pub write: bool,
    /// Approve and publish.
    pub close: bool,
    /// Confirm the minutes from an own seat.
    pub confirm: bool,
    /// Say that a paper hangs somewhere.
    pub hang: bool,
}

/// A meeting as the staff sees it.
#[derive(Debug, Clone)]
pub struct StaffFile {
    /// What everybody may read of it.
    pub file: File,
    /// The versions of the minutes, the newest first.
    pub minutes: Vec<Minutes>,
    /// Names of who has no account, for those who write the minutes.
    pub names: Vec<(SeatId, String)>,
    /// What the actor may do.
    pub may: May,
}

/// A meeting of the actor's reach.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn file(ctx: &Ctx, c: &mut Conn<'_>, office: &CouncilOffice, id: MeetingId) -> Result<StaffFile, CouncilError> {
    let scope = ctx.scope(Action::Read, Resource::Meeting)?;
    let meeting = meetings::one(c, scope.district, id).await?.ok_or(CouncilError::NotFound)?;
    let there = seats::of_meeting(c, meeting.district, id).await?;
    let mine = there.iter().find(|seat| seat.person.is_some() && seat.person == ctx.person());
    let invited = mine.is_some() && meeting.called_at.is_some();
    if !reaches(ctx, &meeting)? && !invited {
        return Err(CouncilError::NotFound);
    }
    let at = |action, resource| ctx.may(action, resource, meeting.district, &meeting.place).is_ok();
    let may = May {
        write: at(Action::Change, Resource::Meeting),
        close: at(Action::Close, Resource::Meeting),
        confirm: mine.is_some_and(|seat| seat.presence == crate::model::Presence::Present && seat.confirmed < meeting.minutes)
            && meeting.state == State::Held
            && meeting.minutes > 0
            && ctx.scope(Action::Take, Resource::Meeting).is_ok(),
        hang: meeting.called_at.is_some() && ctx.scope(Action::Create, Resource::Proposal).is_ok(),
    };
    let mut names = Vec::new();
    if may.write {
        for (seat, sealed) in seats::names(c, meeting.district, id).await? {
            names.extend(office.vault().open_for(seat.0.as_bytes(), &sealed).map(|name| (seat, name)));
        }
    }
    let minutes = minutes::versions(c, meeting.district, id).await?;
    Ok(StaffFile { file: file_of(c, office, meeting, ctx.now()).await?, minutes, names, may })
}

/// What may come on an agenda (待议事项).
#[derive(Debug, Clone, Default)]
pub struct Offered {
    /// Open cases of the place: what is overdue, reopened or stands still first.
    pub cases: Vec<Case>,
    /// What residents propose, what most homes stand behind first.
    pub proposals: Vec<Proposal>,
    /// Who may be given a seat: those who answer for the place, and holders of posts below.
    pub people: Vec<(Uuid, String)>,
}

/// What may come on the agenda of a meeting, without what is on it.
///
/// # Errors
/// `Denied`; store errors.
pub async fn offered(ctx: &Ctx, c: &mut Conn<'_>, file: &File) -> Result<Offered, CouncilError> {
    let meeting = &file.meeting;
    let now = ctx.now();
    let filter = DeskFilter { place: Some(meeting.place.clone()), ..DeskFilter::default() };
    let mut cases = match linli_cases::queries::desk(ctx, c, &filter, None).await {
        Ok(page) => page.cases,
        // Who reads no cases is offered none.
        Err(linli_cases::CasesError::Denied(_)) => Vec::new(),
        Err(error) => return Err(error.into()),
    };
    let on_it = |id: Uuid| file.items.iter().any(|item| item.source_id == Some(id));
    let undertaken = |id: Uuid| file.promises.iter().chain(&file.undertaken).any(|one| one.promised.case == id);
    cases.retain(|case| !on_it(case.id.0) && !undertaken(case.id.0));
    cases.sort_by_key(|case| (!case.is_overdue(now), case.reopened_count == 0, case.extensions == 0, case.due_at));
    cases.truncate(OFFERED);
    let scope = Scope { district: meeting.district, place: meeting.place.clone() };
    let open = [ProposalState::Open.as_str()];
    let mut proposals = proposed::of_scope(c, &scope, (&open, MOST)).await?;
    proposals.retain(|proposal| !on_it(proposal.id.0));
    let mut people = Vec::new();
    let roles = [
        linli_access::Role::CommunitySecretary,
        linli_access::Role::CommunityWorker,
        linli_access::Role::PropertyManager,
        linli_access::Role::RedSteward,
        linli_access::Role::GridWorker,
        linli_access::Role::SubdistrictOfficer,
    ];
    for person in linli_people::queries::persons_in_roles(c, meeting.district, &meeting.place, (&roles, 120), now).await? {
        if file.seats.iter().any(|seat| seat.person == Some(person.0)) {
            continue;
        }
        if let Some(line) = linli_people::queries::staff_line(c, meeting.district, person).await? {
            let name =
                line.organisation.map_or_else(|| line.name.clone(), |organisation| format!("{} · {organisation}", line.name));
            people.push((person.0, name));
        }
    }
    people.sort_by(|one, other| one.1.cmp(&other.1));
    Ok(Offered { cases, proposals, people })
}

/// Who answers for the place of a matter, and can undertake something there.
///
/// # Errors
/// Store errors.
pub async fn owners(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath, now: Ts) -> Result<Vec<Answering>, CouncilError> {
    let mut all = linli_people::queries::answering_for(c, district, place, now).await?;
    all.retain(|one| linli_access::matrix::allows(one.role, Action::Take, Resource::Case));
    Ok(all)
}

/// The places for which the actor may call a meeting, or where a paper of one hangs: the place itself, and what lies under it down to estates, in an
/// estate its buildings and entrances.
///
/// # Errors
/// Store errors.
pub async fn places(c: &mut Conn<'_>, scope: &Scope) -> Result<Vec<Named>, CouncilError> {
    let mut all = Vec::new();
    if (PlaceLevel::Community.depth()..=PlaceLevel::Entrance.depth()).contains(&scope.place.depth()) {
        all.push((scope.place.clone(), spoken(c, scope.district, &scope.place).await?));
    }
    let level = if scope.place.depth() < PlaceLevel::Estate.depth() { PlaceLevel::Estate } else { PlaceLevel::Entrance };
    for place in linli_territory::queries::places_of_level(c, scope.district, &scope.place, level, None, MOST).await? {
        if place.path != scope.place {
            let name = spoken(c, scope.district, &place.path).await?;
            all.push((place.path, name));
        }
    }
    Ok(all)
}

/// In whose name the actor calls a meeting: as a notice of theirs is signed.
///
/// # Errors
/// Store errors.
pub async fn convener(ctx: &Ctx, c: &mut Conn<'_>, district: DistrictId) -> Result<String, CouncilError> {
    let Some(appointment) = ctx.appointment() else { return Ok(String::new()) };
    let id = linli_people::model::AppointmentId(appointment);
    let Some(held) = linli_people::queries::appointment(c, district, id).await? else { return Ok(String::new()) };
    let home = linli_people::queries::staff_line(c, district, held.person).await?;
    Ok(linli_board::rules::signature(held.role, held.organisation, home.and_then(|who| who.organisation)))
}
