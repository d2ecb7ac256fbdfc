//! What only looks: votes, turnout, seats, receipts, the list and its file, the register.

use std::sync::Arc;

use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::{Conn, DbError};
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};
use linli_publiclog::Commitment;
use linli_rulebook::Rule;

use crate::commands::ballots::receipt_hash;
use crate::commands::closing::{decision_of, line_of};
use crate::commands::votes::{digest, spoken};
use crate::error::BallotError;
use crate::model::{Ballot, Measure, Scan, ScanId, Seat, State, Topic, Unit, UnitId, Vote, VoteId};
use crate::office::BallotOffice;
use crate::recount::{Decision, Writer, commitment};
use crate::rules::Pack;
use crate::store::{ballots, seats, units, votes};

/// The most votes, parts or papers of a page.
const MOST: i64 = 300;

/// What a place is called, from the estate down.
///
/// # Errors
/// Store errors.
pub async fn place_name(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<String, BallotError> {
    Ok(spoken(&linli_territory::queries::crumbs(c, district, place).await?))
}

/// The votes of the actor's reach, what runs on top, with the names of their places.
///
/// # Errors
/// `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<(Vote, String)>, BallotError> {
    let scope = ctx.scope(Action::Read, Resource::Vote)?;
    let mut all = Vec::new();
    for vote in votes::list(c, &scope, MOST).await? {
        let name = place_name(c, vote.district, &vote.place).await?;
        all.push((vote, name));
    }
    Ok(all)
}

/// A vote as it is shown.
#[derive(Debug, Clone)]
pub struct VoteView {
    /// The vote.
    pub vote: Vote,
    /// What its place is called.
    pub place: String,
    /// Its matters.
    pub topics: Vec<Topic>,
    /// The rule: the one it goes by, or the one it would go by were it posted now.
    pub rule: Arc<Rule<Pack>>,
    /// Of whom a ballot came, and of how many homes.
    pub turnout: (Measure, i64),
    /// The decision, once it was counted.
    pub decision: Option<Decision>,
}

async fn view(c: &mut Conn<'_>, office: &BallotOffice, vote: Vote, now: Ts) -> Result<VoteView, BallotError> {
    let known = office.by_mark(&vote.rule);
    let rule = match known {
        Some(rule) => rule,
        None => office.rules(c, vote.district, (&vote.place, now)).await?,
    };
    let decision = if vote.state == State::Closed { Some(decision_of(&vote)?) } else { None };
    let turnout = match &decision {
        Some(decision) => (decision.outcome.tally.part, decision.outcome.tally.homes),
        None => seats::turnout(c, vote.district, vote.id).await?,
    };
    Ok(VoteView {
        place: place_name(c, vote.district, &vote.place).await?,
        topics: votes::topics(c, vote.district, vote.id).await?,
        rule,
        turnout,
        decision,
        vote,
    })
}

/// A vote, for staff.
///
/// # Errors
/// `NotFound` for one that the actor may not know of; `Denied`; store errors.
pub async fn vote(ctx: &Ctx, c: &mut Conn<'_>, office: &BallotOffice, id: VoteId) -> Result<VoteView, BallotError> {
    let scope = ctx.scope(Action::Read, Resource::Vote)?;
    let vote = votes::one(c, scope.district, id).await?.filter(|vote| scope.contains(vote.district, &vote.place));
    view(c, office, vote.ok_or(BallotError::NotFound)?, ctx.now()).await
}

/// A vote, for everybody: what was posted, and was not taken back.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn public(
    c: &mut Conn<'_>,
    office: &BallotOffice,
    (district, id): (DistrictId, VoteId),
    now: Ts,
) -> Result<VoteView, BallotError> {
    let vote = votes::one(c, district, id).await?;
    let shown = vote.filter(|vote| matches!(vote.state, State::Posted | State::Open | State::Closed));
    view(c, office, shown.ok_or(BallotError::NotFound)?, now).await
}

/// A seat of a home with its ballot, where one came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnSeat {
    /// The seat.
    pub seat: Seat,
    /// The ballot that counts.
    pub ballot: Option<Ballot>,
}

/// The votes of a claimed home, with how many seats of it are without a ballot; what runs on top.
///
/// # Errors
/// Store errors.
pub async fn of_home(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<Vec<(Vote, Vec<OwnSeat>)>, BallotError> {
    let places: Vec<PlacePath> =
        home.ancestors().into_iter().filter(|place| place.depth() >= PlaceLevel::Estate.depth()).collect();
    let mut all = Vec::new();
    for vote in votes::at_places(c, district, &places, MOST).await? {
        let seats = own_seats(c, &vote, home).await?;
        // Before the opening nobody has a seat.
        if vote.state == State::Posted || !seats.is_empty() {
            all.push((vote, seats));
        }
    }
    Ok(all)
}

/// Whether a home has anything to do with a vote that runs or was counted.
///
/// # Errors
/// Store errors.
pub async fn votes_at(c: &mut Conn<'_>, district: DistrictId, home: &PlacePath) -> Result<bool, DbError> {
    let places: Vec<PlacePath> =
        home.ancestors().into_iter().filter(|place| place.depth() >= PlaceLevel::Estate.depth()).collect();
    Ok(!votes::at_places(c, district, &places, 1).await?.is_empty())
}

async fn own_seats(c: &mut Conn<'_>, vote: &Vote, home: &PlacePath) -> Result<Vec<OwnSeat>, BallotError> {
    let mut all = Vec::new();
    for seat in seats::of_home(c, vote.district, vote.id, home).await? {
        let ballot = match seat.ballot {
            Some(id) => ballots::one(c, vote.district, id).await?,
            None => None,
        };
        all.push(OwnSeat { seat, ballot });
    }
    Ok(all)
}

/// A vote with the seats of a home.
///
/// # Errors
/// `NotFound` for a vote in which the home has no part; store errors.
pub async fn at_home(
    c: &mut Conn<'_>,
    office: &BallotOffice,
    (district, id, home): (DistrictId, VoteId, &PlacePath),
    now: Ts,
) -> Result<(VoteView, Vec<OwnSeat>), BallotError> {
    let view = public(c, office, (district, id), now).await?;
    let seats = own_seats(c, &view.vote, home).await?;
    let below = view.vote.place.contains(home);
    if !below || (seats.is_empty() && view.vote.state != State::Posted) { Err(BallotError::NotFound) } else { Ok((view, seats)) }
}

/// The seats of a vote after one, with whether a ballot came: never what it says.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn seats_after(ctx: &Ctx, c: &mut Conn<'_>, (id, after): (VoteId, i64), limit: i64) -> Result<Vec<Seat>, BallotError> {
    let vote = taking(ctx, c, id).await?;
    Ok(seats::after(c, vote.district, (id, after), limit.clamp(1, 5_000)).await?)
}

/// The seat that somebody means who types what a home is called: `3栋 2单元 301`, or its number.
///
/// # Errors
/// `NotFound` for a vote that is not known; `Denied`; store errors.
pub async fn seat_meant(ctx: &Ctx, c: &mut Conn<'_>, id: VoteId, typed: &str) -> Result<Option<i64>, BallotError> {
    let vote = taking(ctx, c, id).await?;
    let typed =
        typed.split(|sign: char| sign.is_whitespace() || matches!(sign, '/' | ',' | '，')).filter(|part| !part.is_empty());
    let label = typed.collect::<Vec<_>>().join(" ");
    if let Ok(no) = label.parse::<i64>()
        && let Some((seat, _)) = seats::one(c, vote.district, (id, no)).await?
    {
        return Ok(Some(seat.no));
    }
    let by_label = seats::labelled(c, vote.district, id, &label).await?;
    // Codes of what is no home hold slashes.
    let found = match by_label {
        None => seats::labelled(c, vote.district, id, &label.replace(' ', "/")).await?,
        found => found,
    };
    Ok(found.map(|seat| seat.no))
}

async fn taking(ctx: &Ctx, c: &mut Conn<'_>, id: VoteId) -> Result<Vote, BallotError> {
    let scope = ctx.scope(Action::Create, Resource::Ballot)?;
    let vote = votes::one(c, scope.district, id).await?.ok_or(BallotError::NotFound)?;
    ctx.may(Action::Create, Resource::Ballot, vote.district, &vote.place).map_err(|_| BallotError::NotFound)?;
    Ok(vote)
}

/// The paper ballots of a vote that wait for the second reading, with what their homes are called.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn papers(ctx: &Ctx, c: &mut Conn<'_>, id: VoteId) -> Result<Vec<(Scan, String)>, BallotError> {
    let vote = taking(ctx, c, id).await?;
    let mut all = Vec::new();
    for scan in ballots::waiting(c, vote.district, id, MOST).await? {
        let seat = seats::one(c, vote.district, (id, scan.seat)).await?;
        all.push((scan, seat.map(|(seat, _)| seat.label).unwrap_or_default()));
    }
    Ok(all)
}

/// The homes that asked for a paper ballot and of which no ballot came yet: what they are called, and when they asked.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn paper_asked(ctx: &Ctx, c: &mut Conn<'_>, id: VoteId) -> Result<Vec<(String, Ts)>, BallotError> {
    let vote = taking(ctx, c, id).await?;
    Ok(seats::asked_paper(c, vote.district, id, MOST).await?)
}

/// A paper ballot that waits.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn paper(ctx: &Ctx, c: &mut Conn<'_>, (id, scan): (VoteId, ScanId)) -> Result<(Scan, Seat), BallotError> {
    let vote = taking(ctx, c, id).await?;
    let (scan, _) = ballots::waiting_one(c, vote.district, (id, scan)).await?.ok_or(BallotError::NotFound)?;
    let (seat, _) = seats::one(c, vote.district, (id, scan.seat)).await?.ok_or(BallotError::NotFound)?;
    Ok((scan, seat))
}

/// The picture of a paper ballot, by its hash.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn picture(ctx: &Ctx, c: &mut Conn<'_>, (id, scan): (VoteId, ScanId)) -> Result<Vec<u8>, BallotError> {
    let vote = taking(ctx, c, id).await?;
    ballots::picture(c, vote.district, (id, scan)).await?.ok_or(BallotError::NotFound)
}

/// The ballot of a receipt: when it came, whether it counts, its commitment; never what it says.
///
/// # Errors
/// Store errors.
pub async fn receipt(
    c: &mut Conn<'_>,
    (district, id): (DistrictId, VoteId),
    typed: &str,
) -> Result<Option<(Ballot, Commitment)>, BallotError> {
    let found = ballots::of_receipt(c, district, id, &receipt_hash(id, typed)).await?;
    Ok(found.map(|ballot| {
        let made = commitment(id, (ballot.seat, ballot.turn), &ballot.choices, &ballot.salt);
        (ballot, made)
    }))
}

/// The commitments of the ballots that count, in their own order, so that nothing tells which is whose.
///
/// # Errors
/// Store errors.
pub async fn commitments(c: &mut Conn<'_>, (district, id): (DistrictId, VoteId)) -> Result<Vec<String>, BallotError> {
    let counting = ballots::counting(c, district, id).await?;
    let made = |ballot: &Ballot| commitment(id, (ballot.seat, ballot.turn), &ballot.choices, &ballot.salt).to_string();
    let mut all: Vec<String> = counting.values().map(made).collect();
    all.sort_unstable();
    Ok(all)
}

/// The list of ballots of a vote that was counted here: seats in order, with what counts.
///
/// # Errors
/// `NotFound` for one that was not counted here; store errors.
async fn listed(c: &mut Conn<'_>, vote: &Vote) -> Result<(Decision, Vec<OwnSeat>), BallotError> {
    if vote.state != State::Closed || vote.seal.is_empty() {
        return Err(BallotError::NotFound);
    }
    let decision = decision_of(vote)?;
    let mut came = ballots::counting(c, vote.district, vote.id).await?;
    let all = seats::all(c, vote.district, vote.id).await?;
    let own = |seat: Seat| OwnSeat { ballot: came.remove(&seat.no), seat };
    Ok((decision, all.into_iter().map(own).collect()))
}

/// Who may inspect the list: who answers for ballots at its place.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn list_for_staff(ctx: &Ctx, c: &mut Conn<'_>, id: VoteId) -> Result<(Vote, Decision, Vec<OwnSeat>), BallotError> {
    let scope = ctx.scope(Action::Read, Resource::Ballot)?;
    let vote = votes::one(c, scope.district, id).await?.filter(|vote| scope.contains(vote.district, &vote.place));
    let vote = vote.ok_or(BallotError::NotFound)?;
    let (decision, seats) = listed(c, &vote).await?;
    Ok((vote, decision, seats))
}

/// And those who had a seat in it, by their home.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn list_for_owner(
    c: &mut Conn<'_>,
    (district, id, home): (DistrictId, VoteId, &PlacePath),
) -> Result<(Vote, Decision, Vec<OwnSeat>), BallotError> {
    let vote = votes::one(c, district, id).await?.ok_or(BallotError::NotFound)?;
    if seats::of_home(c, district, id, home).await?.is_empty() {
        return Err(BallotError::NotFound);
    }
    let (decision, seats) = listed(c, &vote).await?;
    Ok((vote, decision, seats))
}

/// The file by which a result is reproduced, of a list.
///
/// # Errors
/// None that can happen; the error is that of the format.
pub fn file_of(decision: &Decision, seats: &[OwnSeat]) -> Result<String, BallotError> {
    let failed = |error| BallotError::Db(DbError::Facts(error));
    let mut writer = Writer::new(&decision.header).map_err(failed)?;
    for one in seats {
        writer.seat(&line_of(decision.header.vote, &one.seat, one.ballot.as_ref())).map_err(failed)?;
    }
    writer.end(&decision.outcome).map_err(failed)
}

/// The parts below a place that stand in the register. Of owners only which are the same.
///
/// # Errors
/// Store errors.
pub async fn units_under(c: &mut Conn<'_>, district: DistrictId, place: &PlacePath) -> Result<Vec<Unit>, BallotError> {
    const BATCH: i64 = 1_000;
    let scope = Scope { district, place: place.clone() };
    let mut all: Vec<Unit> = Vec::new();
    loop {
        let after = all.last().map(|unit| (unit.place.to_string(), unit.code.clone())).unwrap_or_default();
        let page = units::under(c, &scope, (&after.0, &after.1), BATCH).await?;
        if page.is_empty() {
            return Ok(all);
        }
        all.extend(page);
    }
}

/// The register as a page of it is shown: parts after one, how many there are, and their area together.
#[derive(Debug, Clone)]
pub struct Register {
    /// Parts, in the order of their places.
    pub units: Vec<Unit>,
    /// How many parts there are.
    pub count: i64,
    /// Their area together, 0.01 m².
    pub area: i64,
}

/// A page of the register below a place of the actor's reach.
///
/// # Errors
/// `Denied`, `NotFound` for a place out of reach; store errors.
pub async fn register(
    ctx: &Ctx,
    c: &mut Conn<'_>,
    place: Option<&PlacePath>,
    after: (&str, &str),
) -> Result<Register, BallotError> {
    let scope = ctx.scope(Action::Read, Resource::Owner)?;
    let scope = match place {
        Some(place) => scope.narrowed(place).ok_or(BallotError::NotFound)?,
        None => scope,
    };
    let (count, area) = units::sums(c, &scope).await?;
    Ok(Register { units: units::under(c, &scope, after, 100).await?, count, area })
}

/// The family names of who owns a part, who speaks first.
///
/// # Errors
/// Store errors.
pub async fn family_names(
    c: &mut Conn<'_>,
    office: &BallotOffice,
    district: DistrictId,
    unit: UnitId,
) -> Result<Vec<String>, BallotError> {
    let mut names = Vec::new();
    for (owner, _, sealed) in units::holders(c, district, unit).await? {
        let words = office.vault().open_for(owner.0.as_bytes(), &sealed);
        let known: serde_json::Value = words.and_then(|words| serde_json::from_str(&words).ok()).unwrap_or_default();
        names.push(linli_kernel::mask_name(known.get("name").and_then(serde_json::Value::as_str).unwrap_or_default()));
    }
    Ok(names)
}

/// Holds every vote that was opened against itself: the electorate is that of the opening, every seat has the ballot that counts, and what was counted is what
/// is counted anew. A line for everything that is not so.
///
/// # Errors
/// Store errors.
pub async fn check(c: &mut Conn<'_>, district: DistrictId) -> Result<Vec<String>, BallotError> {
    let mut wrong = Vec::new();
    for id in votes::opened(c, district).await? {
        let Some(vote) = votes::one(c, district, id).await? else { continue };
        let all = seats::all(c, district, id).await?;
        if Some(digest(&all)) != vote.electorate {
            wrong.push(format!("vote {id}: the electorate is not that of the opening"));
        }
        let came = ballots::counting(c, district, id).await?;
        for seat in &all {
            if came.get(&seat.no).map(|ballot| (ballot.id, ballot.turn)) != seat.ballot.map(|ballot| (ballot, seat.turn)) {
                wrong.push(format!("vote {id}, seat {}: the ballot that counts is another", seat.no));
            }
        }
        if vote.state == State::Closed {
            let (decision, seats) = listed(c, &vote).await?;
            let file = file_of(&decision, &seats)?;
            match crate::recount::recount(file.as_bytes(), &|_, _| None) {
                Ok(found) if found.seal == vote.seal => {}
                Ok(_) => wrong.push(format!("vote {id}: the list has another seal than the decision")),
                Err(error) => wrong.push(format!("vote {id}: {error}")),
            }
        }
    }
    Ok(wrong)
}
