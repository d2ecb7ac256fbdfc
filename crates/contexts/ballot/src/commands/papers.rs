//! Paper ballots and proxies (纸质票、委托票): registered with a picture by one, read again from it by another, and only then counted.

use linli_access::{Action, Ctx, Resource};
use linli_db::{BlobHash, Tx};
use serde_json::json;

use super::ballots::{Coming, Receipt, count_in, held, may_come};
use super::{person, text};
use crate::error::{BallotError, Wrong};
use crate::model::{Choices, Scan, ScanId, Vote, VoteId, Way};
use crate::office::BallotOffice;
use crate::rules::register::document;
use crate::store::ballots;

/// A picture that is kept beside the database already.
#[derive(Debug, Clone, Copy)]
pub struct Picture {
    /// Its hash.
    pub hash: BlobHash,
    /// Bytes of it.
    pub bytes: u64,
}

/// A paper ballot as its first reader reads it.
#[derive(Debug, Clone)]
pub struct NewPaper<'a> {
    /// For which seat.
    pub seat: i64,
    /// The picture.
    pub picture: Picture,
    /// What it says.
    pub choices: &'a Choices,
    /// Name and number of the document of the proxy, where one votes.
    pub proxy: Option<(&'a str, &'a str)>,
    /// Whether it replaces what was cast before.
    pub replaces: bool,
}

/// A proxy: the document as a keyed hash, and name and number sealed.
type Proxy = (Vec<u8>, Vec<u8>);

fn proxy_of(office: &BallotOffice, id: ScanId, proxy: Option<(&str, &str)>) -> Result<Option<Proxy>, BallotError> {
    let Some((name, number)) = proxy else { return Ok(None) };
    let name = text("proxy_name", name, (1, 60))?;
    let number = document(number).ok_or(BallotError::field("proxy_document", Wrong::NotADocument))?;
    let holder = office.vault().lookup_hash(&format!("owner {number}"));
    let words = json!({ "name": name, "document": number }).to_string();
    Ok(Some((holder, office.vault().seal_for(id.0.as_bytes(), &words))))
}

/// Whether a proxy may speak for one home more. Only under the lock of the vote.
async fn may_speak(tx: &mut Tx, office: &BallotOffice, vote: &Vote, (holder, seat): (&[u8], i64)) -> Result<(), BallotError> {
    let district = tx.district();
    let most = office.by_mark(&vote.rule).ok_or(BallotError::NoStep)?.value.procedure.proxy_most;
    let homes = ballots::proxied(&mut tx.conn()?, district, vote.id, (holder, seat)).await?;
    if homes >= most { Err(BallotError::ProxyFull { most }) } else { Ok(()) }
}

/// Registers a paper ballot (登记纸质票). It waits for somebody else to read it.
///
/// # Errors
/// `TwoScans` where one of the home waits or counts, `ScanUsed` where the picture stands for another home; `ProxyFull`; `Over`, `AlreadyCast`, `OwnerChanged`;
/// `Field`; `NotFound`, `Denied`; store errors.
pub async fn register(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    id: VoteId,
    new: &NewPaper<'_>,
) -> Result<ScanId, BallotError> {
    let (district, first_by) = (tx.district(), person(ctx)?);
    let vote = held(ctx, tx, id, new.proxy.is_some()).await?;
    ctx.may(Action::Create, Resource::Ballot, district, &vote.place)?;
    let hash = new.picture.hash.0;
    if let Some(of) = ballots::seat_of_picture(&mut tx.conn()?, district, id, &hash).await? {
        return Err(if of == new.seat { BallotError::TwoScans } else { BallotError::ScanUsed });
    }
    if !new.replaces && ballots::paper_of(&mut tx.conn()?, district, id, new.seat).await? {
        return Err(BallotError::TwoScans);
    }
    may_come(tx, office, &vote, (new.seat, new.choices, new.replaces)).await?;
    let scan_id = ScanId::new(ctx.clock.as_ref(), ctx.rng.as_ref());
    let proxy = proxy_of(office, scan_id, new.proxy)?;
    if let Some((holder, _)) = &proxy {
        may_speak(tx, office, &vote, (holder, new.seat)).await?;
    }
    let scan = Scan {
        id: scan_id,
        seat: new.seat,
        hash: hash.to_vec(),
        way: if proxy.is_some() { Way::Proxy } else { Way::Paper },
        first_by,
        first_at: ctx.now(),
        holder: proxy.as_ref().map(|(holder, _)| holder.clone()),
        replaces: new.replaces,
    };
    let sealed = proxy.as_ref().map(|(_, sealed)| sealed.as_slice());
    let written = ballots::insert_scan(&mut tx.conn()?, (district, id), &scan, (&new.choices.to_string(), sealed)).await?;
    if !written {
        return Err(BallotError::TwoScans);
    }
    tx.name_blob(new.picture.hash, "image/jpeg", new.picture.bytes, ctx.now()).await?;
    let line = ctx.line("ballot.paper_registered", &vote.place, Some(scan_id.0), json!({ "vote": id, "way": scan.way }));
    tx.journal(ctx.with_personal(line, json!({ "seat": scan.seat })));
    Ok(scan_id)
}

/// Reads a paper ballot the second time (复核). Where both read the same, it counts from now on.
///
/// # Errors
/// `SamePerson` for who read it first, `ReadingsDiffer` where the two do; those of [`register`]; `NotFound` for one that does not wait.
pub async fn read_again(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &BallotOffice,
    id: VoteId,
    (scan, choices): (ScanId, &Choices),
) -> Result<Receipt, BallotError> {
    let (district, by) = (tx.district(), person(ctx)?);
    let waiting = ballots::waiting_one(&mut tx.conn()?, district, (id, scan)).await?;
    let (waits, first) = waiting.ok_or(BallotError::NotFound)?;
    let vote = held(ctx, tx, id, waits.holder.is_some()).await?;
    ctx.may(Action::Create, Resource::Ballot, district, &vote.place)?;
    if waits.first_by == by {
        return Err(BallotError::SamePerson);
    }
    if first != choices.to_string() {
        return Err(BallotError::ReadingsDiffer);
    }
    if let Some(holder) = &waits.holder {
        may_speak(tx, office, &vote, (holder, waits.seat)).await?;
    }
    if !ballots::settle(&mut tx.conn()?, (district, scan), ("counted", ""), (by, ctx.now())).await? {
        return Err(BallotError::NotFound);
    }
    let coming = Coming {
        seat: waits.seat,
        way: waits.way,
        choices,
        scan: Some(scan),
        holder: waits.holder.as_deref(),
        replaces: waits.replaces,
    };
    count_in(ctx, tx, office, &vote, coming).await
}

/// Takes a paper ballot that waits out again (作废登记): read or assigned wrongly. The home's own ballot is not touched.
///
/// # Errors
/// `Field` without a reason; `Over`, `NotFound`, `Denied`; store errors.
pub async fn discard(ctx: &Ctx, tx: &mut Tx, id: VoteId, (scan, reason): (ScanId, &str)) -> Result<(), BallotError> {
    let (district, by) = (tx.district(), person(ctx)?);
    let vote = held(ctx, tx, id, false).await?;
    ctx.may(Action::Create, Resource::Ballot, district, &vote.place)?;
    let reason = text("reason", reason, (1, 200))?;
    if ballots::waiting_one(&mut tx.conn()?, district, (id, scan)).await?.is_none()
        || !ballots::settle(&mut tx.conn()?, (district, scan), ("void", &reason), (by, ctx.now())).await?
    {
        return Err(BallotError::NotFound);
    }
    let line = ctx.line("ballot.paper_discarded", &vote.place, Some(scan.0), json!({ "vote": id }));
    tx.journal(ctx.with_personal(line, json!({ "reason": reason })));
    Ok(())
}
