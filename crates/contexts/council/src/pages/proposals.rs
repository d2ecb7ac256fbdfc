//! What residents propose, for those who look at it, and for stewards who write down what they are told (居民提议).

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::PlacePath;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{choices, office, private, run, said, take_key, word};
use crate::commands::proposals::{self as commands, NewProposal, told_by};
use crate::error::{CouncilError, Wrong};
use crate::model::{CommentId, Proposal, ProposalId, ProposalState, Shown, Stance};
use crate::queries;

/// The ways by which staff were told.
const WAYS: [&str; 3] = ["doorstep", "phone", "paper"];

struct Row {
    href: String,
    title: String,
    line: String,
    tone: &'static str,
    word: String,
    waits: String,
}

/// The colour of a proposal.
pub(super) const fn tone(state: ProposalState) -> &'static str {
    match state {
        ProposalState::Waiting => "soon",
        ProposalState::Open => "info",
        ProposalState::Listed | ProposalState::Settled => "well",
        ProposalState::Declined => "act",
    }
}

#[derive(Template)]
#[template(path = "council-proposals.html")]
struct ListPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    writes: bool,
    rows: Vec<Row>,
    places: Vec<Choice>,
    ways: Vec<Choice>,
}

impl ListPage {
    fn typed(&self, name: &str) -> &str {
        match (name, self.form.typed(name)) {
            ("told_by", "") => "doorstep",
            (_, typed) => typed,
        }
    }
}

async fn list_page(caller: &Caller, hall: &Hall, form: &FormMap, problems: Problems) -> Result<ListPage, AppError> {
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let all = queries::proposals::list(&caller.ctx, c).await?;
    let scope = caller.ctx.scope(Action::Create, Resource::Proposal).ok();
    let places = match &scope {
        Some(scope) => queries::places(c, scope).await?,
        None => Vec::new(),
    };
    let row = |(proposal, place, waits): (Proposal, String, i64)| Row {
        href: format!("/meetings/proposals/{}", proposal.id),
        line: t.with(
            "council-proposal-row",
            &[("place", place.into()), ("n", proposal.seconds.into()), ("number", proposal.number.as_str().into())],
        ),
        tone: tone(proposal.state),
        word: said(&t, "council-proposal", proposal.state),
        waits: if waits > 0 { t.n("council-comments-wait", waits) } else { String::new() },
        title: proposal.title,
    };
    Ok(ListPage {
        shell: caller.shell(t.s("council-proposals")).live("/meetings/live"),
        writes: scope.is_some(),
        rows: all.into_iter().map(row).collect(),
        places: places.into_iter().map(|(path, name)| Choice::new(path.to_string(), name)).collect(),
        ways: choices(&t, "council-way", WAYS),
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /meetings/proposals`.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(private(Page(list_page(&caller, &hall, &FormMap::default(), Problems::default()).await?)))
}

/// `POST /meetings/proposals`: somebody told it to a steward.
pub(crate) async fn told(mut caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (office, ctx) = (office(&hall)?, told_by(&caller.ctx, form.typed("told_by"))?);
        let place: PlacePath = word(&form, "place")?;
        let phone = form.reader().phone("phone");
        let new = NewProposal { place, title: form.typed("title"), body: form.typed("body"), phone };
        run!(caller, hall, tx => commands::propose(&ctx, tx, &office, &new))
    };
    match done.await {
        Ok((id, _)) => Ok(Redirect::to(&format!("/meetings/proposals/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = list_page(&caller, &hall, &form, error.into_problems()?).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

struct CommentView {
    id: String,
    line: String,
    body: String,
    tone: &'static str,
    word: String,
    waits: bool,
}

#[derive(Template)]
#[template(path = "council-proposal.html")]
struct OnePage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    title: String,
    body: String,
    line: String,
    answer: String,
    tone: &'static str,
    word: String,
    waits: bool,
    looks: bool,
    writes: bool,
    open: bool,
    has_contact: bool,
    phone: String,
    comments: Vec<CommentView>,
    stances: Vec<Choice>,
    ways: Vec<Choice>,
}

impl OnePage {
    fn typed(&self, name: &str) -> &str {
        match (name, self.form.typed(name)) {
            ("told_by", "") => "doorstep",
            ("title", "") => &self.title,
            ("body", "") => &self.body,
            (_, typed) => typed,
        }
    }
}

async fn one_page(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, problems, phone): (&FormMap, Problems, String),
) -> Result<OnePage, AppError> {
    let t = caller.info.t().clone();
    let id: ProposalId = id.parse().map_err(|_| CouncilError::NotFound)?;
    let file = queries::proposals::one(&caller.ctx, &mut hall.read().await?.conn(), id).await?;
    let proposal = file.proposal;
    let at = |action| caller.ctx.may(action, Resource::Proposal, proposal.district, &proposal.place).is_ok();
    let comments = file.comments.iter().map(|comment| CommentView {
        id: comment.id.to_string(),
        line: format!("{} · {}", said(&t, "council-stance", comment.stance), t.when(comment.made_at, hall.now())),
        body: comment.body.clone(),
        tone: match comment.shown {
            Shown::Waiting => "soon",
            Shown::Shown => "well",
            Shown::Hidden => "",
        },
        word: said(&t, "council-shown", comment.shown),
        waits: comment.shown == Shown::Waiting,
    });
    Ok(OnePage {
        shell: caller.shell(proposal.title.clone()).live("/meetings/live"),
        href: format!("/meetings/proposals/{id}"),
        line: t.with(
            "council-proposal-row",
            &[("place", file.place.into()), ("n", proposal.seconds.into()), ("number", proposal.number.as_str().into())],
        ),
        answer: proposal.answer.clone(),
        tone: tone(proposal.state),
        word: said(&t, "council-proposal", proposal.state),
        waits: proposal.state == ProposalState::Waiting,
        looks: at(Action::Change),
        writes: at(Action::Create),
        open: matches!(proposal.state, ProposalState::Open | ProposalState::Listed),
        has_contact: file.has_contact,
        phone,
        comments: comments.collect(),
        stances: choices(&t, "council-stance", Stance::ALL.iter().map(|one| one.as_str())),
        ways: choices(&t, "council-way", WAYS),
        title: proposal.title,
        body: proposal.body,
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /meetings/proposals/{id}`.
pub(crate) async fn one(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let nothing = (&FormMap::default(), Problems::default(), String::new());
    Ok(private(Page(one_page(&caller, &hall, &id, nothing).await?)))
}

async fn back(
    caller: &Caller,
    hall: &Hall,
    id: &str,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/meetings/proposals/{id}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = one_page(caller, hall, id, (form, error.into_problems()?, String::new())).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

fn proposal(id: &str) -> Result<ProposalId, CouncilError> {
    id.parse().map_err(|_| CouncilError::NotFound)
}

/// `POST /meetings/proposals/{id}/look`: it is shown, or not and why; a comment is shown or not.
pub(crate) async fn look(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (proposal, ctx) = (proposal(&id)?, &caller.ctx);
        match form.typed("do") {
            "show" => run!(caller, hall, tx => commands::show(ctx, tx, proposal, (form.typed("title"), form.typed("body")))),
            "decline" => run!(caller, hall, tx => commands::decline(ctx, tx, proposal, form.typed("reason"))),
            shown @ ("comment-show" | "comment-hide") => {
                let comment: CommentId = word(&form, "comment")?;
                let shown = if shown == "comment-show" { Shown::Shown } else { Shown::Hidden };
                run!(caller, hall, tx => commands::show_comment(ctx, tx, proposal, (comment, shown)))
            }
            _ => Err(CouncilError::field("do", Wrong::NotAChoice).into()),
        }
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done)).await
}

/// `POST /meetings/proposals/{id}/contact`: the telephone, by post, because every look is written down.
pub(crate) async fn contact(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Response, AppError> {
    let (proposal, office) = (proposal(&id)?, office(&hall)?);
    let phone = run!(caller, hall, tx => commands::contact(&caller.ctx, tx, &office, proposal))?;
    Ok(private(Page(one_page(&caller, &hall, &id, (&FormMap::default(), Problems::default(), phone)).await?)))
}

/// `POST /meetings/proposals/{id}/second`: at the door of a home, or on paper.
pub(crate) async fn second(
    caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let done = async {
        let (proposal, ctx) = (proposal(&id)?, told_by(&caller.ctx, form.typed("told_by"))?);
        let scope = caller.ctx.scope(Action::Create, Resource::Proposal).map_err(CouncilError::from)?;
        let mut read = hall.read().await?;
        let home = linli_territory::queries::home_meant(&mut read.conn(), scope.district, &scope.place, form.typed("home")).await;
        let home = home.map_err(CouncilError::from)?.ok_or(CouncilError::field("home", Wrong::NoHome))?;
        drop(read);
        run!(caller, hall, tx => commands::second(&ctx, tx, proposal, &home.path)).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done)).await
}

/// `POST /meetings/proposals/{id}/comment`.
pub(crate) async fn comment(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(id): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let done = async {
        let (proposal, office, ctx) = (proposal(&id)?, office(&hall)?, told_by(&caller.ctx, form.typed("told_by"))?);
        let said = (word(&form, "stance")?, form.typed("comment"));
        run!(caller, hall, tx => commands::comment(&ctx, tx, &office, proposal, said)).map(|_| ())
    };
    let done = done.await;
    back(&caller, &hall, &id, (&form, done)).await
}
