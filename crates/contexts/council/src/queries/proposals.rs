//! What residents propose, for those at the board and for those who look at it first.

use linli_access::{Action, Ctx, Resource, Scope};
use linli_board::BoardCode;
use linli_db::Conn;
use linli_kernel::{DistrictId, PlaceLevel, PlacePath, Ts};

use crate::error::CouncilError;
use crate::model::{Comment, Meeting, Proposal, ProposalId, ProposalState, Shown};
use crate::queries::spoken;
use crate::store::{meetings, proposals as rows};

/// The most of a list.
const MOST: i64 = 200;
/// How far back results are shown at a board, in days.
const RESULTS_DAYS: i64 = 92;

/// What a board leads to (楼门议事).
#[derive(Debug, Clone)]
pub struct AtBoard {
    /// The district.
    pub district: DistrictId,
    /// Where the board hangs.
    pub place: PlacePath,
    /// What that is called.
    pub name: String,
    /// The community, whose calendar it is.
    pub community: PlacePath,
    /// What that is called.
    pub community_name: String,
    /// Meetings that are told of, and lately held ones.
    pub meetings: Vec<Meeting>,
    /// What is proposed in the community, with what most homes stand behind first.
    pub proposals: Vec<Proposal>,
}

/// The place of a board.
///
/// # Errors
/// `NotFound` for a code that is nobody's; store errors.
pub async fn place_of(c: &mut Conn<'_>, code: &str) -> Result<(DistrictId, PlacePath), CouncilError> {
    let code: BoardCode = code.parse().map_err(|_| CouncilError::NotFound)?;
    linli_board::queries::place_of_code(c, &code).await?.ok_or(CouncilError::NotFound)
}

/// What a board leads to: meetings of its place and above it, proposals of its community.
///
/// # Errors
/// `NotFound` for a code that is nobody's; store errors.
pub async fn at_board(c: &mut Conn<'_>, code: &str, now: Ts) -> Result<AtBoard, CouncilError> {
    let (district, place) = place_of(c, code).await?;
    let community = place.at_level(PlaceLevel::Community);
    let since = now.plus_secs(-RESULTS_DAYS * 86_400);
    let mut meetings = meetings::public_at(c, district, &place.ancestors(), (since, MOST)).await?;
    meetings.reverse();
    let scope = Scope { district, place: community.clone() };
    let states = [ProposalState::Open, ProposalState::Listed, ProposalState::Settled].map(ProposalState::as_str);
    Ok(AtBoard {
        name: spoken(c, district, &place).await?,
        community_name: spoken(c, district, &community).await?,
        proposals: rows::of_scope(c, &scope, (&states, MOST)).await?,
        district,
        place,
        community,
        meetings,
    })
}

/// A proposal with what is said of it.
#[derive(Debug, Clone)]
pub struct ProposalFile {
    /// The proposal.
    pub proposal: Proposal,
    /// Where it was made.
    pub place: String,
    /// What is said of it.
    pub comments: Vec<Comment>,
    /// Whether a telephone is kept.
    pub has_contact: bool,
}

async fn file_of(c: &mut Conn<'_>, proposal: Proposal) -> Result<ProposalFile, CouncilError> {
    Ok(ProposalFile {
        place: spoken(c, proposal.district, &proposal.place).await?,
        comments: rows::comments(c, proposal.district, proposal.id, MOST).await?,
        has_contact: rows::contact(c, proposal.district, proposal.id).await?.is_some(),
        proposal,
    })
}

/// A proposal for whoever stands at the board of its community: what is not shown does not exist, unless it was declined; then the reason is told.
///
/// # Errors
/// `NotFound`; store errors.
pub async fn public(
    c: &mut Conn<'_>,
    (district, community): (DistrictId, &PlacePath),
    id: ProposalId,
) -> Result<ProposalFile, CouncilError> {
    let found = rows::one(c, district, id).await?;
    let found = found.filter(|one| community.contains(&one.place) && one.state != ProposalState::Waiting);
    let mut file = file_of(c, found.ok_or(CouncilError::NotFound)?).await?;
    file.comments.retain(|comment| comment.shown == Shown::Shown);
    if file.proposal.state == ProposalState::Declined {
        // Its words were never shown, or are shown no more.
        (file.proposal.title, file.proposal.body) = (String::new(), String::new());
        file.comments.clear();
    }
    Ok(file)
}

/// The proposals of the actor's reach that are not over, those that wait to be looked at first, each with how many comments wait.
///
/// # Errors
/// `Denied`; store errors.
pub async fn list(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<(Proposal, String, i64)>, CouncilError> {
    let scope = ctx.scope(Action::Read, Resource::Proposal)?;
    let states = [ProposalState::Waiting, ProposalState::Open, ProposalState::Listed].map(ProposalState::as_str);
    let mut all = rows::of_scope(c, &scope, (&states, MOST)).await?;
    all.sort_by_key(|proposal| proposal.state);
    let waiting = rows::waiting_comments(c, &scope).await?;
    let mut named = Vec::with_capacity(all.len());
    for proposal in all {
        let place = spoken(c, scope.district, &proposal.place).await?;
        let waits = waiting.iter().find(|(id, _)| *id == proposal.id).map_or(0, |(_, n)| *n);
        named.push((proposal, place, waits));
    }
    Ok(named)
}

/// A proposal of the actor's reach.
///
/// # Errors
/// `NotFound`, `Denied`; store errors.
pub async fn one(ctx: &Ctx, c: &mut Conn<'_>, id: ProposalId) -> Result<ProposalFile, CouncilError> {
    let scope = ctx.scope(Action::Read, Resource::Proposal)?;
    let found = rows::one(c, scope.district, id).await?;
    let found = found.filter(|one| ctx.may(Action::Read, Resource::Proposal, one.district, &one.place).is_ok());
    file_of(c, found.ok_or(CouncilError::NotFound)?).await
}
