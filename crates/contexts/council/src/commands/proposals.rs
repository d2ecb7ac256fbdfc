//! What residents propose, second and say (居民提议、附议、评论): from the board page, or through a steward.

use linli_access::{Action, Actor, Channel, Ctx, Denied, Resource};
use linli_db::Tx;
use linli_kernel::PlacePath;
use serde::Serialize;
use serde_json::json;

use super::{MATTER_MAX, WORDS_MAX, line, recall, remember, text};
use crate::error::{CouncilError, Wrong};
use crate::model::{Comment, CommentId, Proposal, ProposalId, ProposalState, Shown, Stance};
use crate::office::CouncilOffice;
use crate::store::proposals as rows;

/// Something proposed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewProposal<'a> {
    /// Where: the place of the board, an estate or an entrance.
    pub place: PlacePath,
    /// One line.
    pub title: &'a str,
    /// Why.
    pub body: &'a str,
    /// A telephone, to be asked back. Never part of what tells two requests apart.
    #[serde(skip)]
    pub phone: Option<String>,
}

/// Whether the actor is staff that may do this at a place; residents and visitors are let in where the room lets them.
fn as_staff(ctx: &Ctx, tx: &Tx, action: Action, place: &PlacePath) -> Result<bool, CouncilError> {
    match &ctx.actor {
        Actor::Visitor | Actor::Resident { .. } => Ok(false),
        Actor::Staff { .. } | Actor::System(_) => {
            ctx.may(action, Resource::Proposal, tx.district(), place)?;
            Ok(true)
        }
        Actor::Unappointed { .. } | Actor::Program { .. } => Err(Denied::Forbidden.into()),
    }
}

/// A proposal that the actor may work on.
async fn open(ctx: &Ctx, tx: &mut Tx, id: ProposalId, action: Action) -> Result<Proposal, CouncilError> {
    let district = tx.district();
    let proposal = rows::one(&mut tx.conn()?, district, id).await?.ok_or(CouncilError::NotFound)?;
    ctx.may(Action::Read, Resource::Proposal, district, &proposal.place).map_err(|refusal| match refusal {
        Denied::Unauthenticated => CouncilError::Denied(refusal),
        Denied::Forbidden | Denied::Hidden => CouncilError::NotFound,
    })?;
    ctx.may(action, Resource::Proposal, district, &proposal.place)?;
    Ok(proposal)
}

/// Writes down what somebody proposes (提议). Anybody may at a board; staff write down what they were told. It is looked at before it is shown, where the
/// rules have it so; what those write who look at it is shown at once.
///
/// # Errors
/// `Field`; `Denied` for staff without the right; store errors.
pub async fn propose(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    new: &NewProposal<'_>,
) -> Result<(ProposalId, String), CouncilError> {
    let (district, now) = (tx.district(), ctx.now());
    as_staff(ctx, tx, Action::Create, &new.place)?;
    if let Some(before) = recall(ctx, tx, "council.propose", new).await? {
        return Ok(before);
    }
    let title = line("title", new.title, true)?;
    let body = text("body", new.body, (true, MATTER_MAX))?;
    let rules = office.rules(&new.place, now)?;
    let looks = ctx.may(Action::Change, Resource::Proposal, district, &new.place).is_ok();
    let state = if rules.value.proposals().looked_at && !looks { ProposalState::Waiting } else { ProposalState::Open };
    let year = now.local().year();
    let proposal = Proposal {
        district,
        id: ProposalId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        place: new.place.clone(),
        number: format!("T{year}-{:04}", tx.next_number(&format!("proposal/{year}")).await?),
        title,
        body,
        state,
        channel: ctx.channel.as_str().to_owned(),
        answer: String::new(),
        seconds: 0,
        made_at: now,
    };
    let sealed = new.phone.as_ref().map(|phone| office.vault().seal_for(proposal.id.0.as_bytes(), phone));
    rows::insert(&mut tx.conn()?, &proposal, sealed.as_deref()).await?;
    let facts = json!({ "number": proposal.number, "state": state, "contact": sealed.is_some(), "rule": rules.stamp.mark() });
    tx.journal(ctx.line("council.proposed", &proposal.place, Some(proposal.id.0), facts));
    let answer = (proposal.id, proposal.number);
    remember(ctx, tx, &answer).await?;
    Ok(answer)
}

/// Lets a proposal be shown (公开), with its words as they may be shown: names of others are taken out by whoever looks.
///
/// # Errors
/// `Field`; `NoStep` unless it waits; `NotFound`, `Denied`; store errors.
pub async fn show(ctx: &Ctx, tx: &mut Tx, id: ProposalId, (title, body): (&str, &str)) -> Result<(), CouncilError> {
    let mut proposal = open(ctx, tx, id, Action::Change).await?;
    let changed = (proposal.title.clone(), proposal.body.clone());
    proposal.title = line("title", title, true)?;
    proposal.body = text("body", body, (true, MATTER_MAX))?;
    let changed = changed != (proposal.title.clone(), proposal.body.clone());
    proposal.state = ProposalState::Open;
    if !rows::put(&mut tx.conn()?, &proposal, (ProposalState::Waiting.as_str(), ctx.now())).await? {
        return Err(CouncilError::NoStep);
    }
    let facts = json!({ "number": proposal.number, "changed": changed });
    tx.journal(ctx.line("council.proposal_shown", &proposal.place, Some(id.0), facts));
    Ok(())
}

/// Says why a proposal comes on no agenda (不列入). Whoever made it reads the reason under its number.
///
/// # Errors
/// `Field` without a reason; `NoStep` for one that is on an agenda or has its result; `NotFound`, `Denied`; store errors.
pub async fn decline(ctx: &Ctx, tx: &mut Tx, id: ProposalId, reason: &str) -> Result<(), CouncilError> {
    let mut proposal = open(ctx, tx, id, Action::Change).await?;
    let from = proposal.state;
    if !matches!(from, ProposalState::Waiting | ProposalState::Open) {
        return Err(CouncilError::NoStep);
    }
    proposal.answer = text("reason", reason, (true, WORDS_MAX))?;
    proposal.state = ProposalState::Declined;
    if !rows::put(&mut tx.conn()?, &proposal, (from.as_str(), ctx.now())).await? {
        return Err(CouncilError::NoStep);
    }
    tx.journal(ctx.line(
        "council.proposal_declined",
        &proposal.place,
        Some(id.0),
        json!({ "number": proposal.number, "from": from }),
    ));
    Ok(())
}

/// A proposal that everybody may see.
async fn shown(tx: &mut Tx, id: ProposalId) -> Result<Proposal, CouncilError> {
    let district = tx.district();
    let found = rows::one(&mut tx.conn()?, district, id).await?;
    found.filter(|one| !matches!(one.state, ProposalState::Waiting | ProposalState::Declined)).ok_or(CouncilError::NotFound)
}

/// A home stands behind a proposal (附议): one home once, by the claim of the home, or as a steward was told at its door. Gives whether it is news. The home
/// lies at the proposal's community.
///
/// # Errors
/// `NoStep` once it has its result; `Field` for a home elsewhere; `NotFound`, `Denied`; store errors.
pub async fn second(ctx: &Ctx, tx: &mut Tx, id: ProposalId, home: &PlacePath) -> Result<bool, CouncilError> {
    let proposal = shown(tx, id).await?;
    let district = proposal.district;
    // A visitor has no home here, and could be anybody ten times over.
    if matches!(ctx.actor, Actor::Visitor) {
        return Err(Denied::Unauthenticated.into());
    }
    as_staff(ctx, tx, Action::Create, home)?;
    if !matches!(proposal.state, ProposalState::Open | ProposalState::Listed) {
        return Err(CouncilError::NoStep);
    }
    let community = proposal.place.at_level(linli_kernel::PlaceLevel::Community);
    let place =
        if community.contains(home) { linli_territory::queries::place_at(&mut tx.conn()?, district, home).await? } else { None };
    let place = place.filter(|place| place.level == linli_kernel::PlaceLevel::Home);
    let place = place.ok_or(CouncilError::field("home", Wrong::NoHome))?;
    let news = rows::second(&mut tx.conn()?, (district, id), (place.id.0, ctx.channel.as_str(), ctx.now())).await?;
    if news {
        let facts = json!({ "number": proposal.number, "seconds": proposal.seconds + 1 });
        tx.journal(ctx.line("council.seconded", &proposal.place, Some(id.0), facts));
    }
    Ok(news)
}

/// Says something of a proposal (评论).
///
/// # Errors
/// `Field`; `NoStep` once it has its result; `NotFound`, `Denied`; store errors.
pub async fn comment(
    ctx: &Ctx,
    tx: &mut Tx,
    office: &CouncilOffice,
    id: ProposalId,
    (stance, body): (Stance, &str),
) -> Result<CommentId, CouncilError> {
    let proposal = shown(tx, id).await?;
    as_staff(ctx, tx, Action::Create, &proposal.place)?;
    if let Some(before) = recall(ctx, tx, "council.comment", &(id, stance, body)).await? {
        return Ok(before);
    }
    if proposal.state == ProposalState::Settled {
        return Err(CouncilError::NoStep);
    }
    let (district, now) = (proposal.district, ctx.now());
    let looked_at = office.rules(&proposal.place, now)?.value.proposals().looked_at;
    let looks = ctx.may(Action::Change, Resource::Proposal, district, &proposal.place).is_ok();
    let new = Comment {
        id: CommentId::new(ctx.clock.as_ref(), ctx.rng.as_ref()),
        body: text("comment", body, (true, WORDS_MAX))?,
        stance,
        shown: if looked_at && !looks { Shown::Waiting } else { Shown::Shown },
        made_at: now,
    };
    rows::comment(&mut tx.conn()?, (district, id, ctx.channel.as_str()), &new).await?;
    let facts = json!({ "number": proposal.number, "stance": stance, "shown": new.shown });
    tx.journal(ctx.line("council.commented", &proposal.place, Some(id.0), facts));
    remember(ctx, tx, &new.id).await?;
    Ok(new.id)
}

/// Lets a comment be shown, or not.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn show_comment(
    ctx: &Ctx,
    tx: &mut Tx,
    id: ProposalId,
    (comment, shown): (CommentId, Shown),
) -> Result<(), CouncilError> {
    let proposal = open(ctx, tx, id, Action::Change).await?;
    if !rows::show_comment(&mut tx.conn()?, (proposal.district, id), (comment, shown)).await? {
        return Err(CouncilError::NotFound);
    }
    let facts = json!({ "number": proposal.number, "shown": shown });
    tx.journal(ctx.line("council.comment_looked_at", &proposal.place, Some(id.0), facts));
    Ok(())
}

/// The telephone of who made a proposal, and writes down that the actor looked (查看留痕).
///
/// # Errors
/// `NotFound` where there is none; `Denied`; store errors.
pub async fn contact(ctx: &Ctx, tx: &mut Tx, office: &CouncilOffice, id: ProposalId) -> Result<String, CouncilError> {
    let proposal = open(ctx, tx, id, Action::Change).await?;
    let sealed = rows::contact(&mut tx.conn()?, proposal.district, id).await?.ok_or(CouncilError::NotFound)?;
    let phone = office.vault().open_for(id.0.as_bytes(), &sealed).ok_or(CouncilError::NotFound)?;
    tx.journal(ctx.line("council.contact_seen", &proposal.place, Some(id.0), json!({ "number": proposal.number })));
    Ok(phone)
}

/// The context of what staff write down for somebody: by which way it was told.
///
/// # Errors
/// `Field` for a way that is none.
pub fn told_by(ctx: &Ctx, way: &str) -> Result<Ctx, CouncilError> {
    let channel = match way {
        "doorstep" => Channel::Doorstep,
        "phone" => Channel::Phone,
        "paper" => Channel::Paper,
        _ => return Err(CouncilError::field("told_by", Wrong::NotAChoice)),
    };
    Ok(Ctx { channel, ..ctx.clone() })
}
