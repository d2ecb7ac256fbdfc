//! From the idea to the notice (筹备和通知): a meeting is made, its agenda and its seats are filled, it is called, put off or cancelled.

use linli_access::{Action, Ctx, Resource, Role};
use linli_board::model::NoticeKind;
use linli_db::Tx;
use linli_kernel::{PlacePath, Ts};
use linli_people::queries as people;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::carry::carry;
use super::{
    MATTER_MAX, WORDS_MAX, Words, by, item_of, line, open, place_under, post, recall, remember, save, step, tell, text, unpost,
};
use crate::error::{CouncilError, Wrong};
use crate::model::{
    Electorate, Event, Item, ItemId, Kind, Meeting, MeetingId, Outcome, Party, Presence, ProposalId, ProposalState, Seat, SeatId,
    Source, State,
};
use crate::office::CouncilOffice;
use crate::store::{items, meetings, proposals, seats};

/// How far ahead a meeting can be planned, in days.
const AHEAD_DAYS: i64 = 366;
/// The longest meeting, in hours.
const HOURS_MAX: i64 = 12;
/// Holders of one role who are given a seat by themselves.
const SEATS_OF_A_ROLE: i64 = 8;
/// Most people counted as one seat.
const HEADS_MAX: i64 = 10_000;

/// When, where and how a meeting is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct When<'a> {
    /// Its title.
    pub title: &'a str,
    /// When it begins.
    pub starts_at: Ts,
    /// When it ends.
    pub ends_at: Ts,
    /// Where it is held.
    pub venue: &'a str,
}

/// A meeting to be made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewMeeting<'a> {
    /// Of which kind.
    pub kind: Kind,
    /// For which place.
    pub place: PlacePath,
    /// The body that calls it.
    pub convener: &'a str,
    /// When and where.
    pub when: When<'a>,
}

struct Checked {
    title: String,
    venue: String,
}

fn check_when(when: &When<'_>, now: Ts) -> Result<Checked, CouncilError> {
    let title = line("title", when.title, true)?;
    let venue = line("venue", when.venue, true)?;
    if when.starts_at <= now {
        return Err(CouncilError::field("day", Wrong::TooEarly));
    }
    if when.starts_at > now.plus_secs(AHEAD_DAYS * 86_400) {
        return Err(CouncilError::field("day", Wrong::TooLate));
    }
    if when.ends_at <= when.starts_at {
        return Err(CouncilError::field("until", Wrong::TooEarly));
    }
    if when.ends_at > when.starts_at.plus_secs(HOURS_MAX * 3_600) {
        return Err(CouncilError::field("until", Wrong::TooLate));
    }
    Ok(Checked { title, venue })
}

/// Makes a meeting (拟定会议): nobody is told yet. Who usually sits there has a seat, and what earlier meetings left open is on its agenda.
///
/// # Errors
/// `Field`; `Denied`; store errors.
pub async fn draft(ctx: &Ctx, tx: &mut Tx, new: &NewMeeting<'_>) -> Result<MeetingId, CouncilError> {
    let (district, now) = (tx.district(), ctx.now());
    ctx.may(Action::Create, Resource::Meeting, district, &new.place)?;
    if let Some(id) = recall(ctx, tx, "council.draft", new).await? {
        return Ok(id);
    }
    place_under(tx, &PlacePath::root(), &new.place, "place").await?;
    let Checked { title, venue } = check_when(&new.when, now)?;
    let convener = line("convener", new.convener, true)?;
    let year = now.local().year();
    let number = format!("Y{year}-{:04}", tx.next_number(&format!("council/{year}")).await?);
    let meeting = Meeting {
        district,
        id: MeetingId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: new.place.clone(),
        number,
        kind: new.kind,
        state: State::Draft,
        title,
        starts_at: new.when.starts_at,
        ends_at: new.when.ends_at,
        venue,
        convener,
        sequence: 0,
        short_because: String::new(),
        cancelled_because: String::new(),
        called_at: None,
        held_at: None,
        approved_at: None,
        published_at: None,
        notice: None,
        result: None,
        minutes: 0,
        made_at: now,
        changed_at: now,
        version: 1,
    };
    meetings::insert(&mut tx.conn()?, &meeting, by(ctx)?).await?;
    usual_seats(ctx, tx, &meeting).await?;
    tell(ctx, tx, "council.drafted", &meeting, json!({ "starts_at": meeting.starts_at }));
    carry(ctx, tx, &meeting.place, meeting.kind.family()).await?;
    remember(ctx, tx, &meeting.id).await?;
    Ok(meeting.id)
}

/// Who has a seat at such a meeting by the post.
const fn usual(kind: Kind) -> &'static [(Party, Role)] {
    match kind {
        Kind::Joint | Kind::Single => &[(Party::Community, Role::CommunitySecretary), (Party::Property, Role::PropertyManager)],
        Kind::Hearing => &[(Party::PartyGroup, Role::RedSteward), (Party::Community, Role::CommunitySecretary)],
        Kind::Residents => &[(Party::Community, Role::CommunitySecretary)],
    }
}

async fn usual_seats(ctx: &Ctx, tx: &mut Tx, meeting: &Meeting) -> Result<(), CouncilError> {
    let now = ctx.now();
    for (party, role) in usual(meeting.kind) {
        let roles = (&[*role][..], SEATS_OF_A_ROLE);
        for person in people::persons_in_roles(&mut tx.conn()?, meeting.district, &meeting.place, roles, now).await? {
            seat_person(ctx, tx, meeting, (*party, person.0)).await?;
        }
    }
    Ok(())
}

/// Gives somebody of the staff a seat, known by name and organisation as on the boards.
async fn seat_person(ctx: &Ctx, tx: &mut Tx, meeting: &Meeting, (party, person): (Party, Uuid)) -> Result<bool, CouncilError> {
    let c = &mut tx.conn()?;
    let id = linli_people::model::PersonId(person);
    let found = people::staff_line(c, meeting.district, id).await?.ok_or(CouncilError::field("person", Wrong::NotAChoice))?;
    let title = match &found.organisation {
        Some(organisation) if !organisation.is_empty() => format!("{organisation} {}", found.name),
        _ => found.name.clone(),
    };
    let seat = Seat {
        id: SeatId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        meeting: meeting.id,
        party,
        person: Some(person),
        title,
        heads: 1,
        presence: Presence::Invited,
        confirmed: 0,
    };
    Ok(seats::insert(c, meeting.district, &seat, None).await?)
}

/// A matter to be put on an agenda.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewItem<'a> {
    /// In words that may be public.
    pub title: &'a str,
    /// More of it.
    pub matter: &'a str,
    /// Where it is about; the place of the meeting when none is named.
    pub place: Option<PlacePath>,
    /// The case or proposal it comes from.
    pub source: Option<(Source, Uuid)>,
    /// Who can decide it.
    pub electorate: Electorate,
}

/// Puts a matter on the agenda (列入议程), also after the meeting was called: then calendars are told anew.
///
/// # Errors
/// `Field`; `Twice`; `NoStep` once it was held; `NotFound`, `Denied`; store errors.
pub async fn add_item(ctx: &Ctx, tx: &mut Tx, id: MeetingId, new: &NewItem<'_>) -> Result<ItemId, CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Change).await?;
    if !matches!(meeting.state, State::Draft | State::Called) {
        return Err(CouncilError::NoStep);
    }
    if meeting.kind == Kind::Single && !items::of_meeting(&mut tx.conn()?, meeting.district, id).await?.is_empty() {
        // One matter, one meeting: that is what it is for.
        return Err(CouncilError::Twice);
    }
    let place = new.place.clone().unwrap_or_else(|| meeting.place.clone());
    place_under(tx, &meeting.place, &place, "place").await?;
    let item = Item {
        id: ItemId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        meeting: id,
        no: 0,
        title: line("title", new.title, true)?,
        matter: text("matter", new.matter, (false, MATTER_MAX))?,
        place,
        source: new.source.map_or(Source::Own, |(source, _)| source),
        source_id: new.source.map(|(_, id)| id),
        carried_from: None,
        carried: 0,
        carried_to: None,
        electorate: new.electorate,
        outcome: Outcome::Open,
        decision: String::new(),
    };
    match new.source {
        Some((Source::Proposal, proposal)) => list_proposal(ctx, tx, &meeting, ProposalId(proposal)).await?,
        Some((Source::Case, case)) => {
            let case = linli_cases::CaseId(case);
            linli_cases::queries::readable(ctx, &mut tx.conn()?, meeting.district, case)
                .await
                .map_err(|_| CouncilError::NotFound)?;
        }
        _ => {}
    }
    if !items::insert(&mut tx.conn()?, meeting.district, &item).await? {
        return Err(CouncilError::Twice);
    }
    told_anew(ctx, tx, &mut meeting).await?;
    let facts = json!({ "item": item.id, "source": item.source, "source_id": item.source_id });
    tell(ctx, tx, "council.item_added", &meeting, facts);
    Ok(item.id)
}

/// The meeting changed; where people were told of it, calendars are told anew.
async fn told_anew(ctx: &Ctx, tx: &mut Tx, meeting: &mut Meeting) -> Result<(), CouncilError> {
    if meeting.called_at.is_some() {
        meeting.sequence += 1;
    }
    save(ctx, tx, meeting).await
}

async fn list_proposal(ctx: &Ctx, tx: &mut Tx, meeting: &Meeting, id: ProposalId) -> Result<(), CouncilError> {
    let found = proposals::one(&mut tx.conn()?, meeting.district, id).await?;
    let mut proposal = found.filter(|one| meeting.place.contains(&one.place)).ok_or(CouncilError::NotFound)?;
    if proposal.state != ProposalState::Open {
        return Err(CouncilError::NoStep);
    }
    proposal.state = ProposalState::Listed;
    if !proposals::put(&mut tx.conn()?, &proposal, (ProposalState::Open.as_str(), ctx.now())).await? {
        return Err(CouncilError::Changed);
    }
    let facts = json!({ "number": proposal.number, "meeting": meeting.id, "seconds": proposal.seconds });
    tx.journal(ctx.line("council.proposal_listed", &proposal.place, Some(id.0), facts));
    Ok(())
}

/// Takes a matter off an agenda that nobody was told of yet; what it came from waits again.
///
/// # Errors
/// `NoStep` once the meeting was called; `NotFound`, `Denied`; store errors.
pub async fn remove_item(ctx: &Ctx, tx: &mut Tx, id: MeetingId, item: ItemId) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Change).await?;
    if meeting.state != State::Draft {
        return Err(CouncilError::NoStep);
    }
    let item = item_of(tx, &meeting, item).await?;
    let district = meeting.district;
    items::uncarry(&mut tx.conn()?, district, item.id).await?;
    items::remove(&mut tx.conn()?, district, item.id).await?;
    if let (Source::Proposal, Some(source), None) = (item.source, item.source_id, item.carried_from) {
        let c = &mut tx.conn()?;
        if let Some(mut proposal) = proposals::one(c, district, ProposalId(source)).await? {
            proposal.state = ProposalState::Open;
            proposals::put(c, &proposal, (ProposalState::Listed.as_str(), ctx.now())).await?;
        }
    }
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.item_removed", &meeting, json!({ "item": item.id }));
    Ok(())
}

/// Somebody to be invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewSeat<'a> {
    /// For whom.
    pub party: Party,
    /// The member of staff.
    pub person: Option<Uuid>,
    /// As what, for who has no account: `业委会主任`, `1 栋居民代表`.
    pub title: &'a str,
    /// The name of who has no account; sealed, and read by those who write the minutes alone.
    pub name: &'a str,
    /// How many people.
    pub heads: i64,
}

/// Invites somebody (邀请参会), also after the meeting was called or while it is being minuted: who came unasked sits there too.
///
/// # Errors
/// `Field`; `Twice` for who has a seat; `NoStep` once the minutes are approved; `NotFound`, `Denied`; store errors.
pub async fn invite(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    id: MeetingId,
    new: &NewSeat<'_>,
) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Change).await?;
    if !matches!(meeting.state, State::Draft | State::Called | State::Held) {
        return Err(CouncilError::NoStep);
    }
    if let Some(person) = new.person {
        if !seat_person(ctx, tx, &meeting, (new.party, person)).await? {
            return Err(CouncilError::Twice);
        }
    } else {
        if !(1..=HEADS_MAX).contains(&new.heads) {
            return Err(CouncilError::field("heads", Wrong::NotANumber));
        }
        let name = line("name", new.name, false)?;
        let seat = Seat {
            id: SeatId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
            meeting: id,
            party: new.party,
            person: None,
            title: line("seat_title", new.title, true)?,
            heads: new.heads,
            presence: if meeting.state == State::Held { Presence::Present } else { Presence::Invited },
            confirmed: 0,
        };
        let sealed = (!name.is_empty()).then(|| office.vault().seal_for(seat.id.0.as_bytes(), &name));
        seats::insert(&mut tx.conn()?, meeting.district, &seat, sealed.as_deref()).await?;
    }
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.invited", &meeting, json!({ "party": new.party, "heads": new.heads }));
    Ok(())
}

/// Takes a seat away before anybody was told.
///
/// # Errors
/// `NoStep` once the meeting was called; `NotFound`, `Denied`; store errors.
pub async fn uninvite(ctx: &Ctx, tx: &mut Tx, id: MeetingId, seat: SeatId) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Change).await?;
    if meeting.state != State::Draft {
        return Err(CouncilError::NoStep);
    }
    if !seats::remove(&mut tx.conn()?, (meeting.district, id), seat).await? {
        return Err(CouncilError::NotFound);
    }
    save(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.uninvited", &meeting, json!({}));
    Ok(())
}

/// Whether the period of notice is kept; the reason why it need not be.
fn notice_kept(office: &CouncilOffice, meeting: &Meeting, (now, because): (Ts, &str)) -> Result<String, CouncilError> {
    let rules = office.rules(&meeting.place, now)?;
    let earliest = rules.value.earliest(meeting.kind, &office.cases().calendar(), now);
    if meeting.starts_at >= earliest {
        return Ok(String::new());
    }
    let with_reason = rules.value.of(meeting.kind).is_some_and(|of| of.may_shorten);
    let because = text("because", because, (false, WORDS_MAX))?;
    if with_reason && !because.is_empty() { Ok(because) } else { Err(CouncilError::TooSoon { earliest, with_reason }) }
}

/// Calls a meeting (发出会议通知): the notice hangs on the boards of its place, the calendars of those who are invited have it.
///
/// # Errors
/// `NoAgenda`; `TooSoon`; `Field` for words that no notice takes; `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn call(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    id: MeetingId,
    (words, because): (&Words, &str),
) -> Result<(), CouncilError> {
    if recall::<MeetingId>(ctx, tx, "council.call", &(id, words, because)).await?.is_some() {
        return Ok(());
    }
    let mut meeting = open(ctx, tx, id, Action::Create).await?;
    let now = ctx.now();
    let rule = step(office, &mut meeting, Event::Call, now)?;
    if meeting.starts_at <= now {
        return Err(CouncilError::field("day", Wrong::TooEarly));
    }
    if items::of_meeting(&mut tx.conn()?, meeting.district, id).await?.is_empty() {
        return Err(CouncilError::NoAgenda);
    }
    meeting.short_because = notice_kept(office, &meeting, (now, because))?;
    meeting.called_at = Some(now);
    meeting.notice = Some(post(ctx, tx, &meeting, (NoticeKind::Notice, words, Some(meeting.ends_at))).await?.0);
    save(ctx, tx, &mut meeting).await?;
    let facts = json!({
        "starts_at": meeting.starts_at, "notice": meeting.notice, "short": !meeting.short_because.is_empty(), "rule": rule,
    });
    tell(ctx, tx, "council.called", &meeting, facts);
    remember(ctx, tx, &id).await?;
    Ok(())
}

/// Another time or place (变更): of a meeting that was called the old notice comes down and a new one hangs there. One that is put off needs no new
/// period of notice; one that is brought forward does.
///
/// # Errors
/// As [`call`].
pub async fn change(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    id: MeetingId,
    (when, words, because): (&When<'_>, &Words, &str),
) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Change).await?;
    let now = ctx.now();
    let rule = step(office, &mut meeting, Event::Change, now)?;
    let Checked { title, venue } = check_when(when, now)?;
    let earlier = when.starts_at < meeting.starts_at;
    (meeting.title, meeting.venue, meeting.starts_at, meeting.ends_at) = (title, venue, when.starts_at, when.ends_at);
    if meeting.called_at.is_some() {
        if earlier {
            meeting.short_because = notice_kept(office, &meeting, (now, because))?;
        }
        unpost(ctx, tx, meeting.notice).await?;
        meeting.notice = Some(post(ctx, tx, &meeting, (NoticeKind::Notice, words, Some(meeting.ends_at))).await?.0);
    }
    told_anew(ctx, tx, &mut meeting).await?;
    let facts = json!({ "starts_at": meeting.starts_at, "notice": meeting.notice, "sequence": meeting.sequence, "rule": rule });
    tell(ctx, tx, "council.changed", &meeting, facts);
    Ok(())
}

/// Cancels a meeting (取消). Where people were told of it they are told that it is not held; what was on its agenda goes on to the next one.
///
/// # Errors
/// `Field` without a reason, where people were told; `NoStep`, `Changed`, `NotFound`, `Denied`; store errors.
pub async fn cancel(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    id: MeetingId,
    (because, words): (&str, &Words),
) -> Result<(), CouncilError> {
    let mut meeting = open(ctx, tx, id, Action::Create).await?;
    let now = ctx.now();
    let rule = step(office, &mut meeting, Event::Cancel, now)?;
    meeting.cancelled_because = text("because", because, (meeting.called_at.is_some(), WORDS_MAX))?;
    if meeting.called_at.is_some() {
        unpost(ctx, tx, meeting.notice).await?;
        // It hangs until the hour at which somebody would have come, at least for a day.
        let until = meeting.ends_at.max(now.plus_secs(86_400));
        meeting.notice = Some(post(ctx, tx, &meeting, (NoticeKind::Notice, words, Some(until))).await?.0);
    }
    told_anew(ctx, tx, &mut meeting).await?;
    tell(ctx, tx, "council.cancelled", &meeting, json!({ "sequence": meeting.sequence, "rule": rule }));
    carry(ctx, tx, &meeting.place, meeting.kind.family()).await?;
    Ok(())
}
