//! What everybody sees: a meeting with its result, on a page and on paper; at a board, the meetings of the place and what is proposed there.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderMap;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use linli_access::Actor;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlaceLevel, Ts};
use linli_record::view::proof_print;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T, qr_svg};
use serde::Deserialize;

use super::file::{ActionView, action, marks, outcome_tone};
use super::{choices, hours, office, said, take_key, tone, word, wording};
use crate::commands::closing::page_of;
use crate::commands::proposals::{self as commands, NewProposal};
use crate::error::CouncilError;
use crate::model::{Item, Meeting, MeetingId, Opinion, PostingId, Proposal, ProposalId, ProposalState, Stance, State as Stands};
use crate::queries::{self, File};

struct OpinionView {
    tone: &'static str,
    stance: String,
    line: String,
    answer: String,
}

struct ItemView {
    no: usize,
    title: String,
    matter: String,
    marks: String,
    tone: &'static str,
    word: String,
    decision: String,
    tally: String,
    opinions: Vec<OpinionView>,
    actions: Vec<ActionView>,
    carried: bool,
}

struct HungView {
    href: String,
    line: String,
}

#[derive(Template)]
#[template(path = "council-public.html")]
struct MeetingPage {
    shell: Shell,
    t: T,
    title: String,
    line: String,
    when: String,
    venue: String,
    convener: String,
    tone: &'static str,
    word: String,
    cancelled: String,
    short: String,
    attended: String,
    absent: String,
    /// Whether it was held and its result is public.
    told: bool,
    items: Vec<ItemView>,
    promises: Vec<ActionView>,
    hung: Vec<HungView>,
    proof: String,
    address: String,
    qr: String,
    ics: String,
    printed: String,
}

fn opinion(t: &T, one: &Opinion) -> OpinionView {
    OpinionView {
        tone: match one.stance {
            Stance::For => "well",
            Stance::Against => "act",
            Stance::Advice => "info",
        },
        stance: said(t, "council-stance", one.stance),
        line: format!("{}：{}", said(t, "council-party", one.party), one.reason),
        answer: one.answered.map(|how| format!("{}：{}", said(t, "council-answered", how), one.answer)).unwrap_or_default(),
    }
}

fn item(t: &T, (file, told, now): (&File, bool, Ts), (position, one): (usize, &Item)) -> ItemView {
    let of_it = |opinion: &&Opinion| told && opinion.item == one.id;
    ItemView {
        no: position + 1,
        title: one.title.clone(),
        matter: one.matter.clone(),
        marks: marks(t, one).join(" · "),
        tone: if told { outcome_tone(one.outcome) } else { "" },
        word: if told { said(t, "council-outcome", one.outcome) } else { String::new() },
        decision: if told { one.decision.clone() } else { String::new() },
        tally: if told { wording::tally(t, file, one).unwrap_or_default() } else { String::new() },
        opinions: file.opinions.iter().filter(of_it).map(|one| opinion(t, one)).collect(),
        actions: file
            .undertaken
            .iter()
            .filter(|done| told && done.promised.item == one.id)
            .map(|done| action(t, done, (now, false)))
            .collect(),
        carried: told && one.outcome.goes_on(),
    }
}

/// `GET /council/{district}/{id}`: the notice, and once it is published the result; the same on paper, with the codes that lead to proof and calendar.
pub(crate) async fn meeting(
    caller: Caller,
    State(hall): State<Hall>,
    Path((district, id)): Path<(i64, String)>,
) -> Result<Response, AppError> {
    let id: MeetingId = id.parse().map_err(|_| CouncilError::NotFound)?;
    let (t, now, office) = (caller.info.t().clone(), hall.now(), office(&hall)?);
    let file = queries::public(&mut hall.read().await?.conn(), &office, (DistrictId(district), id), now).await?;
    let meeting = &file.meeting;
    // What is being written or corrected is nobody's to read yet; a result that hangs there stays until another takes its place.
    let told = meeting.state == Stands::Published;
    let url = format!("{}{}", hall.base_url(), page_of(meeting));
    let proof = if told { file.proofs.1.as_ref().or(file.proofs.0.as_ref()) } else { file.proofs.0.as_ref() };
    let absent: Vec<String> = file.absent().into_iter().map(|party| said(&t, "council-party", party)).collect();
    let hung = file.postings.iter().map(|(posting, place)| HungView {
        href: format!("{}/hung/{}", page_of(meeting), posting.id),
        line: t.with(
            "council-hung-public",
            &[
                ("place", place.as_str().into()),
                ("paper", said(&t, "council-paper", posting.paper).into()),
                ("at", t.moment(posting.at).into()),
            ],
        ),
    });
    let page = MeetingPage {
        shell: Shell::new(&caller.info, meeting.title.clone()),
        title: meeting.title.clone(),
        line: format!("{} · {} · {}", said(&t, "council-kind", meeting.kind), file.place, meeting.number),
        when: hours(&t, meeting.starts_at, meeting.ends_at),
        venue: meeting.venue.clone(),
        convener: meeting.convener.clone(),
        tone: tone(meeting.state),
        word: said(&t, "council-state", meeting.state),
        cancelled: meeting.cancelled_because.clone(),
        short: meeting.short_because.clone(),
        attended: if told { wording::attendance(&t, &file) } else { String::new() },
        absent: if told { absent.join("、") } else { String::new() },
        told,
        items: file.items.iter().enumerate().map(|one| item(&t, (&file, told, now), one)).collect(),
        promises: file.promises.iter().map(|one| action(&t, one, (now, false))).collect(),
        hung: hung.collect(),
        proof: proof_print(&t, proof, hall.base_url()),
        address: url.split_once("://").map_or(url.as_str(), |(_, rest)| rest).to_owned(),
        qr: qr_svg(&url)?,
        ics: format!("{}/event.ics", page_of(meeting)),
        printed: t.moment(now),
        t,
    };
    Ok(Page(page).into_response())
}

/// `GET /council/{district}/{id}/hung/{posting}`: the photo of a paper where it hangs.
pub(crate) async fn photo(
    _: Caller,
    State(hall): State<Hall>,
    Path((district, id, posting)): Path<(i64, String, String)>,
    asked: HeaderMap,
) -> Result<Response, AppError> {
    let id: MeetingId = id.parse().map_err(|_| CouncilError::NotFound)?;
    let posting: PostingId = posting.parse().map_err(|_| CouncilError::NotFound)?;
    let file =
        queries::public(&mut hall.read().await?.conn(), office(&hall)?.as_ref(), (DistrictId(district), id), hall.now()).await?;
    let found = file.postings.into_iter().find(|(one, _)| one.id == posting).and_then(|(one, _)| one.photo);
    let hash = found.ok_or(CouncilError::NotFound)?;
    let tag = format!("\"{hash}\"");
    let caching = [(CACHE_CONTROL, "public, max-age=86400".to_owned()), (ETAG, tag.clone())];
    if asked.get(IF_NONE_MATCH).is_some_and(|known| known.as_bytes() == tag.as_bytes()) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let bytes = hall.db().blobs().get(hash).await.map_err(CouncilError::from)?.ok_or_else(AppError::not_found)?;
    Ok((caching, [(CONTENT_TYPE, "image/jpeg")], bytes).into_response())
}

struct MeetingRow {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
}

struct ProposalRow {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
}

#[derive(Template)]
#[template(path = "council-board.html")]
struct BoardPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    code: String,
    name: String,
    calendar: String,
    meetings: Vec<MeetingRow>,
    proposals: Vec<ProposalRow>,
    /// The number of what was just proposed; empty otherwise.
    done: String,
}

impl BoardPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

fn meeting_row(t: &T, meeting: &Meeting) -> MeetingRow {
    MeetingRow {
        href: page_of(meeting),
        title: meeting.title.clone(),
        line: format!(
            "{} · {} · {}",
            said(t, "council-kind", meeting.kind),
            hours(t, meeting.starts_at, meeting.ends_at),
            meeting.venue
        ),
        tone: tone(meeting.state),
        word: said(t, "council-state", meeting.state),
    }
}

fn proposal_row(t: &T, code: &str, proposal: &Proposal) -> ProposalRow {
    ProposalRow {
        href: format!("/council/at/{code}/{}", proposal.id),
        title: proposal.title.clone(),
        line: t.with("council-proposal-line", &[("n", proposal.seconds.into()), ("number", proposal.number.as_str().into())]),
        tone: super::proposals::tone(proposal.state),
        word: said(t, "council-proposal", proposal.state),
    }
}

/// What the page of a board was asked with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Asked {
    #[serde(default)]
    done: String,
}

async fn board_page(
    caller: &Caller,
    hall: &Hall,
    code: &str,
    (form, problems, done): (&FormMap, Problems, &str),
) -> Result<BoardPage, AppError> {
    let t = caller.info.t().clone();
    let at = queries::proposals::at_board(&mut hall.read().await?.conn(), code, hall.now()).await?;
    // A number is letters and digits; whoever writes something else into the address is shown nothing of it.
    let number = done.chars().all(|one| one.is_ascii_alphanumeric() || one == '-') && done.len() <= 20;
    Ok(BoardPage {
        shell: Shell::new(&caller.info, t.v("council-board-title", "place", &at.community_name)),
        problems,
        form: form.clone(),
        calendar: format!("{}/calendar/{}/{}.ics", hall.base_url(), at.district, at.community),
        meetings: at.meetings.iter().map(|one| meeting_row(&t, one)).collect(),
        proposals: at.proposals.iter().map(|one| proposal_row(&t, code, one)).collect(),
        done: if number { done.to_owned() } else { String::new() },
        code: code.to_owned(),
        name: at.name,
        t,
    })
}

/// `GET /council/at/{code}`.
pub(crate) async fn board(
    caller: Caller,
    State(hall): State<Hall>,
    Path(code): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, AppError> {
    let page = board_page(&caller, &hall, &code, (&FormMap::default(), Problems::default(), &asked.done)).await?;
    Ok(Page(page).into_response())
}

/// Whoever has no account is let in so often in a minute.
fn limited(caller: &Caller, hall: &Hall) -> Result<(), AppError> {
    if caller.ctx.person().is_some() {
        return Ok(());
    }
    hall.limits().check("report", linli_webkit::rate::address(caller.info.client_ip()))
}

/// Who acts at a board: a neighbour, or the home they have claimed. Staff who stand there act as neighbours: under an appointment they have pages of
/// their own.
fn as_neighbour(caller: &Caller) -> linli_access::Ctx {
    let mut ctx = caller.ctx.clone();
    if !matches!(ctx.actor, Actor::Resident { .. }) {
        ctx.actor = Actor::Visitor;
    }
    ctx
}

/// `POST /council/at/{code}`: somebody proposes something.
pub(crate) async fn propose(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(code): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        limited(&caller, &hall)?;
        let (district, place) = queries::proposals::place_of(&mut hall.read().await?.conn(), &code).await?;
        let mut read = form.reader();
        let phone = read.phone("phone");
        read.finish()?;
        let new = NewProposal { place, title: form.typed("title"), body: form.typed("body"), phone };
        let mut tx = hall.begin(district).await?;
        let made = commands::propose(&as_neighbour(&caller), &mut tx, office(&hall)?.as_ref(), &new).await?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(made.1)
    };
    match done.await {
        Ok(number) => Ok(Redirect::to(&format!("/council/at/{code}?done={number}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = board_page(&caller, &hall, &code, (&form, error.into_problems()?, "")).await?;
            Ok((status, Page(page)).into_response())
        }
    }
}

struct CommentView {
    tone: &'static str,
    stance: String,
    body: String,
    when: String,
}

#[derive(Template)]
#[template(path = "council-board-proposal.html")]
struct ProposalPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    code: String,
    href: String,
    title: String,
    body: String,
    line: String,
    answer: String,
    tone: &'static str,
    word: String,
    declined: bool,
    open: bool,
    comments_open: bool,
    /// Whether whoever looks has claimed a home here.
    home: bool,
    said: bool,
    comments: Vec<CommentView>,
    stances: Vec<Choice>,
}

impl ProposalPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// What the page of a proposal was asked with.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Said {
    #[serde(default)]
    said: String,
}

async fn proposal_page(
    caller: &Caller,
    hall: &Hall,
    (code, id): (&str, &str),
    (form, problems, said_it): (&FormMap, Problems, bool),
) -> Result<ProposalPage, AppError> {
    let (t, now) = (caller.info.t().clone(), hall.now());
    let id: ProposalId = id.parse().map_err(|_| CouncilError::NotFound)?;
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let (district, place) = queries::proposals::place_of(c, code).await?;
    let file = queries::proposals::public(c, (district, &place.at_level(PlaceLevel::Community)), id).await?;
    let proposal = file.proposal;
    let declined = proposal.state == ProposalState::Declined;
    let comments = file.comments.iter().map(|comment| CommentView {
        tone: match comment.stance {
            Stance::For => "well",
            Stance::Against => "act",
            Stance::Advice => "info",
        },
        stance: said(&t, "council-stance", comment.stance),
        body: comment.body.clone(),
        when: t.when(comment.made_at, now),
    });
    let title = if declined { proposal.number.clone() } else { proposal.title.clone() };
    Ok(ProposalPage {
        shell: Shell::new(&caller.info, title.clone()),
        code: code.to_owned(),
        href: format!("/council/at/{code}/{id}"),
        title,
        body: proposal.body,
        line: t.with(
            "council-proposal-row",
            &[("place", file.place.into()), ("n", proposal.seconds.into()), ("number", proposal.number.as_str().into())],
        ),
        answer: proposal.answer,
        tone: super::proposals::tone(proposal.state),
        word: said(&t, "council-proposal", proposal.state),
        declined,
        open: matches!(proposal.state, ProposalState::Open | ProposalState::Listed),
        comments_open: matches!(proposal.state, ProposalState::Open | ProposalState::Listed),
        home: matches!(caller.ctx.actor, Actor::Resident { .. }),
        said: said_it,
        comments: comments.collect(),
        stances: choices(&t, "council-stance", Stance::ALL.iter().map(|one| one.as_str())),
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /council/at/{code}/{id}`.
pub(crate) async fn proposal(
    caller: Caller,
    State(hall): State<Hall>,
    Path((code, id)): Path<(String, String)>,
    Query(asked): Query<Said>,
) -> Result<Response, AppError> {
    let nothing = (&FormMap::default(), Problems::default(), asked.said == "1");
    Ok(Page(proposal_page(&caller, &hall, (&code, &id), nothing).await?).into_response())
}

/// `POST /council/at/{code}/{id}/second`: the claimed home stands behind it. Whoever has claimed none is told the two ways.
pub(crate) async fn second(
    caller: Caller,
    State(hall): State<Hall>,
    Path((code, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, AppError> {
    let done = async {
        limited(&caller, &hall)?;
        let proposal: ProposalId = id.parse().map_err(|_| CouncilError::NotFound)?;
        let (district, place) = queries::proposals::place_of(&mut hall.read().await?.conn(), &code).await?;
        // What is at the board of another community is not seconded from this one.
        let community = place.at_level(PlaceLevel::Community);
        queries::proposals::public(&mut hall.read().await?.conn(), (district, &community), proposal).await?;
        let no_home = || AppError::invalid(vec![FieldProblem::new("second", "council-field-claim")]);
        if !matches!(caller.ctx.actor, Actor::Resident { .. }) {
            return Err(no_home());
        }
        let (own, home) = linli_identity::claimed::home_of_session(&caller, &hall, &headers).await?;
        if own != district {
            return Err(no_home());
        }
        let mut tx = hall.begin(district).await?;
        commands::second(&as_neighbour(&caller), &mut tx, proposal, &home).await?;
        hall.commit(tx).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to(&format!("/council/at/{code}/{id}?said=1")).into_response()),
        Err(error) => {
            let status = error.status();
            let wrong = (&FormMap::default(), error.into_problems()?, false);
            Ok((status, Page(proposal_page(&caller, &hall, (&code, &id), wrong).await?)).into_response())
        }
    }
}

/// `POST /council/at/{code}/{id}/comment`.
pub(crate) async fn comment(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path((code, id)): Path<(String, String)>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        limited(&caller, &hall)?;
        let proposal: ProposalId = id.parse().map_err(|_| CouncilError::NotFound)?;
        let (district, place) = queries::proposals::place_of(&mut hall.read().await?.conn(), &code).await?;
        let community = place.at_level(PlaceLevel::Community);
        queries::proposals::public(&mut hall.read().await?.conn(), (district, &community), proposal).await?;
        let what = (word(&form, "stance")?, form.typed("comment"));
        let mut tx = hall.begin(district).await?;
        commands::comment(&as_neighbour(&caller), &mut tx, office(&hall)?.as_ref(), proposal, what).await?;
        hall.commit(tx).await
    };
    match done.await {
        Ok(()) => Ok(Redirect::to(&format!("/council/at/{code}/{id}?said=1")).into_response()),
        Err(error) => {
            let status = error.status();
            let wrong = (&form, error.into_problems()?, false);
            Ok((status, Page(proposal_page(&caller, &hall, (&code, &id), wrong).await?)).into_response())
        }
    }
}
