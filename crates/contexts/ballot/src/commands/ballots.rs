//! Ballots: one home, one ballot, whatever comes at the same moment by whichever way.

use linli_access::{Action, Actor, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_identity::model::ClaimId;
use linli_record::model::{Publish, Sealed};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use super::votes::page;
use crate::error::{BallotError, Wrong};
use crate::model::{Ballot, BallotId, Choices, Mode, ScanId, Seat, State, Vote, VoteId, Way};
use crate::office::BallotOffice;
use crate::recount::{CAST, commitment};
use crate::rules::{Online, Replace};
use crate::store::{ballots, seats, units, votes};

/// What whoever voted takes home (回执).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The ballot.
    pub ballot: BallotId,
    /// The seat.
    pub seat: i64,
    /// The how manieth ballot of this home it is.
    pub turn: i64,
    /// The code by which it is found again: 16 letters and digits.
    pub code: String,
}

/// The code of the receipt of a ballot. Made anew from the key of the installation whenever it is shown; only its hash is stored.
#[must_use]
pub fn receipt_code(office: &BallotOffice, ballot: BallotId) -> String {
    const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
    let secret = office.vault().lookup_hash(&format!("receipt {ballot}"));
    let letters = secret.iter().take(16).filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
    letters.map(|letter| char::from(*letter)).collect()
}

/// What is stored of the code of a receipt.
#[must_use]
pub fn receipt_hash(vote: VoteId, typed: &str) -> Vec<u8> {
    let code: String = typed.chars().filter(char::is_ascii_alphanumeric).map(|sign| sign.to_ascii_uppercase()).collect();
    Sha256::new().chain_update("receipt\n").chain_update(vote.0.as_bytes()).chain_update(code).finalize().to_vec()
}

/// A ballot on its way into the count.
pub(super) struct Coming<'a> {
    pub(super) seat: i64,
    pub(super) way: Way,
    pub(super) choices: &'a Choices,
    pub(super) scan: Option<ScanId>,
    /// The proxy as a keyed hash.
    pub(super) holder: Option<&'a [u8]>,
    /// Whether it was said that it replaces one.
    pub(super) replaces: bool,
}

/// The vote, held open until this transaction ends: nobody counts it meanwhile. By the clock of the server.
pub(super) async fn held(ctx: &Ctx, tx: &mut Tx, id: VoteId, alone: bool) -> Result<Vote, BallotError> {
    let district = tx.district();
    let c = &mut tx.conn()?;
    let vote = if alone { votes::lock(c, district, id).await? } else { votes::hold(c, district, id).await? };
    let vote = vote.ok_or(BallotError::NotFound)?;
    match (vote.state, vote.closes_at) {
        (State::Open, Some(at)) if ctx.now() < at => Ok(vote),
        (State::Open | State::Closed, Some(at)) => Err(BallotError::Over { at }),
        _ => Err(BallotError::NoStep),
    }
}

/// Whether the owner of a seat is still the one of the opening: the part stands in the register, with the same head.
async fn same_owner(tx: &mut Tx, seat: &Seat, key: Option<&[u8]>) -> Result<bool, BallotError> {
    let district = tx.district();
    let Some(unit) = seat.unit else { return Ok(true) };
    let c = &mut tx.conn()?;
    let Some(unit) = units::one(c, district, unit).await? else { return Ok(false) };
    let stands = match unit.struck_at {
        None => Some(unit),
        // Written anew, with another area perhaps: the owner counts.
        Some(_) => units::by_codes(c, district, &[&unit.code]).await?.remove(&unit.code),
    };
    Ok(stands.is_some_and(|unit| Some(unit.head.as_slice()) == key))
}

/// A ballot that may come: the owner is the one of the opening, every matter is answered, and what was cast before may be replaced.
pub(super) async fn may_come(
    tx: &mut Tx,
    office: &BallotOffice,
    vote: &Vote,
    (seat, choices, replaces): (i64, &Choices, bool),
) -> Result<Seat, BallotError> {
    let district = tx.district();
    let found = seats::one(&mut tx.conn()?, district, (vote.id, seat)).await?;
    let (seat, key) = found.ok_or(BallotError::field("home", Wrong::NotAChoice))?;
    // First what most refusals are: of many who come for one home all but one have to be told quickly.
    let rule = office.by_mark(&vote.rule).ok_or(BallotError::NoStep)?;
    if seat.turn > 0 && !(replaces && rule.value.procedure.replace == Replace::UntilClose) {
        return Err(BallotError::AlreadyCast);
    }
    if choices.all().len() != votes::topics(&mut tx.conn()?, district, vote.id).await?.len() {
        return Err(BallotError::field("topic_1", Wrong::Required));
    }
    if !same_owner(tx, &seat, key.as_deref()).await? {
        return Err(BallotError::OwnerChanged);
    }
    Ok(seat)
}

/// Takes a ballot into the count: the seat gets it, the one before counts no more, its commitment goes into the public log.
pub(super) async fn count_in(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    vote: &Vote,
    coming: Coming<'_>,
) -> Result<Receipt, BallotError> {
    let (district, now) = (tx.district(), ctx.now());
    let seat = may_come(tx, office, vote, (coming.seat, coming.choices, coming.replaces)).await?;
    let mut salt = [0; 32];
    ctx.rng.fill(&mut salt);
    let ballot = Ballot {
        id: BallotId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        seat: seat.no,
        turn: seat.turn + 1,
        way: coming.way,
        choices: coming.choices.clone(),
        salt,
        cast_at: now,
        replaced_at: None,
    };
    if !seats::take(&mut tx.conn()?, district, (vote.id, seat.no, seat.turn), ballot.id).await? {
        return Err(BallotError::AlreadyCast);
    }
    let code = receipt_code(office, ballot.id);
    let beside = ballots::Beside { receipt: receipt_hash(vote.id, &code), scan: coming.scan, by: ctx.actor_text() };
    ballots::insert(&mut tx.conn()?, (district, vote.id), &ballot, &beside).await?;
    if seat.turn > 0 || coming.holder.is_some() {
        ballots::spoken_by(&mut tx.conn()?, district, (vote.id, seat.no), coming.holder).await?;
    }
    let before = match seat.ballot {
        Some(id) => ballots::one(&mut tx.conn()?, district, id).await?,
        None => None,
    };
    let replaced =
        before.map(|before| commitment(vote.id, (before.seat, before.turn), &before.choices, &before.salt).to_string());
    let made = commitment(vote.id, (ballot.seat, ballot.turn), &ballot.choices, &ballot.salt);
    let what = Publish {
        kind: CAST,
        subject: ballot.id.0,
        // Not the entrance: with the time of it somebody who stood there would know the home.
        place: vote.place.clone(),
        public: json!({ "vote": vote.id, "replaces": replaced }).to_string().into_bytes(),
        sealed: Some(Sealed::Kept(made)),
        page: Some(page(district, vote.id)),
    };
    linli_record::commands::publish(ctx, tx, what).await?;
    let facts = json!({ "vote": vote.id, "way": ballot.way, "turn": ballot.turn });
    let line = ctx.line("ballot.cast", &vote.place, Some(ballot.id.0), facts);
    tx.journal(ctx.with_personal(line, json!({ "seat": ballot.seat })));
    Ok(Receipt { ballot: ballot.id, seat: ballot.seat, turn: ballot.turn, code })
}

/// A vote that takes ballots, of which the seat is the claimed home's.
async fn own_vote(ctx: &Ctx, tx: &mut Tx, id: VoteId, seat: i64) -> Result<Vote, BallotError> {
    let district = tx.district();
    let Actor::Resident { claim } = ctx.actor else { return Err(Denied::Forbidden.into()) };
    let claimed = linli_identity::queries::claimed_home(&mut tx.conn()?, district, ClaimId(claim)).await?;
    let (home, _, _) = claimed.ok_or(BallotError::NotFound)?;
    let vote = held(ctx, tx, id, false).await?;
    let own = seats::of_home(&mut tx.conn()?, district, id, &home).await?;
    if own.iter().any(|one| one.no == seat) { Ok(vote) } else { Err(BallotError::NotFound) }
}

/// Asks for a paper ballot for the claimed home (索取纸质表决票). Asking again changes nothing.
///
/// # Errors
/// `Over`, `NotFound` for a seat that is not the home's; `Denied`; store errors.
pub async fn ask_for_paper(ctx: &Ctx, tx: &mut Tx, id: VoteId, seat: i64) -> Result<(), BallotError> {
    let vote = own_vote(ctx, tx, id, seat).await?;
    if seats::ask_paper(&mut tx.conn()?, vote.district, (id, seat), ctx.now()).await? {
        let line = ctx.line("ballot.paper_asked", &vote.place, Some(id.0), json!({ "number": vote.number }));
        tx.journal(ctx.with_personal(line, json!({ "seat": seat })));
    }
    Ok(())
}

/// Votes online for the claimed home (网上投票).
///
/// # Errors
/// `Over` after the end, by the clock of the server; `OfficialSystem` where the law names another system; `AlreadyCast`, `OwnerChanged`; `Field`; `NotFound` for a
/// seat that is not the home's; `Denied`; store errors.
pub async fn cast_online(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    id: VoteId,
    (seat, choices): (i64, &Choices),
) -> Result<Receipt, BallotError> {
    let vote = own_vote(ctx, tx, id, seat).await?;
    let rule = office.by_mark(&vote.rule).ok_or(BallotError::NoStep)?;
    if vote.mode == Mode::Binding && rule.value.procedure.online == Online::Official {
        return Err(BallotError::OfficialSystem);
    }
    let coming = Coming { seat, way: Way::Online, choices, scan: None, holder: None, replaces: true };
    count_in(ctx, tx, office, &vote, coming).await
}

/// Takes a ballot at the door (上门投票), entered with the owner there.
///
/// # Errors
/// As [`cast_online`]; `AlreadyCast` where one is there and it was not said that it is replaced.
pub async fn cast_at_door(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    id: VoteId,
    (seat, choices, replaces): (i64, &Choices, bool),
) -> Result<Receipt, BallotError> {
    let vote = held(ctx, tx, id, false).await?;
    ctx.may(Action::Create, Resource::Ballot, vote.district, &vote.place)?;
    let coming = Coming { seat, way: Way::Doorstep, choices, scan: None, holder: None, replaces };
    count_in(ctx, tx, office, &vote, coming).await
}
