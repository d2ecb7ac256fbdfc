//! A vote at the desk of whoever holds it (表决办理): posted, opened, taken back, its result posted or written down.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use linli_access::{Action, Resource};
use linli_hall::{Caller, Hall};
use linli_kernel::Area;
use linli_record::model::Standing;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use super::{at_line, id, office, part, private, run, take_key};
use crate::commands::official::{Counting, record_official};
use crate::commands::votes::Opening;
use crate::commands::{closing, votes as commands};
use crate::error::{BallotError, Wrong};
use crate::model::{Mode, State as Stand, VoteId};
use crate::queries;
use crate::rules::Online;

#[derive(Template)]
#[template(path = "ballot-work.html")]
struct WorkPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    href: String,
    public: String,
    title: String,
    part: String,
    proof: String,
    tone: &'static str,
    word: String,
    /// What the actor may do now.
    posts: bool,
    opens: bool,
    withdraws: bool,
    announces: bool,
    official: bool,
    official_only: bool,
    takes: bool,
    lists: bool,
    packs: bool,
    binding: bool,
}

impl WorkPage {
    fn typed(&self, name: &str) -> &str {
        self.form.typed(name)
    }
}

/// How a vote stands in the public log.
pub(crate) async fn standing(
    hall: &Hall,
    district: linli_kernel::DistrictId,
    subject: uuid::Uuid,
) -> Result<Option<Standing>, AppError> {
    Ok(linli_record::queries::standing(&mut hall.read().await?.conn(), district, subject).await.map_err(BallotError::from)?)
}

async fn page(caller: &Caller, hall: &Hall, vote: VoteId, (form, problems): (&FormMap, Problems)) -> Result<WorkPage, AppError> {
    let (t, office) = (caller.info.t().clone(), office(hall)?);
    let view = queries::vote(&caller.ctx, &mut hall.read().await?.conn(), &office, vote).await?;
    let (state, place) = (view.vote.state, &view.vote.place);
    let may = |action, resource| caller.ctx.may(action, resource, view.vote.district, place).is_ok();
    let changes = may(Action::Change, Resource::Vote);
    let stands = standing(hall, view.vote.district, vote.0).await?;
    let binding = view.vote.mode == Mode::Binding;
    let official_only = binding && view.rule.value.procedure.online == Online::Official;
    Ok(WorkPage {
        shell: caller.shell(view.vote.title.clone()).live("/votes/live"),
        href: format!("/votes/{vote}"),
        public: commands::page(view.vote.district, vote),
        title: view.vote.title.clone(),
        part: part::html(&t, &view)?,
        proof: linli_record::view::proof_line(&t, stands.as_ref()),
        tone: super::desk::tone(state),
        word: t.s(&format!("ballot-state-{state}")).into_owned(),
        posts: changes && state == Stand::Draft,
        opens: changes && state == Stand::Posted,
        withdraws: may(Action::Close, Resource::Vote) && matches!(state, Stand::Draft | Stand::Posted | Stand::Open),
        announces: changes && state == Stand::Closed && view.vote.announced_at.is_none(),
        official: changes && state == Stand::Posted && binding,
        official_only,
        takes: may(Action::Create, Resource::Ballot) && state == Stand::Open,
        lists: may(Action::Read, Resource::Ballot) && state == Stand::Closed && !view.vote.seal.is_empty(),
        packs: state == Stand::Closed,
        binding,
        problems,
        form: form.clone(),
        t,
    })
}

/// `GET /votes/{id}`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>, Path(vote): Path<String>) -> Result<Response, AppError> {
    Ok(private(Page(page(&caller, &hall, id(&vote)?, (&FormMap::default(), Problems::default())).await?)))
}

/// Back to the vote, or its page with what is wrong.
async fn back(
    caller: &Caller,
    hall: &Hall,
    vote: VoteId,
    (form, done): (&FormMap, Result<(), AppError>),
) -> Result<Response, AppError> {
    match done {
        Ok(()) => Ok(Redirect::to(&format!("/votes/{vote}")).into_response()),
        Err(error) => {
            let status = error.status();
            let page = page(caller, hall, vote, (form, error.into_problems()?)).await?;
            Ok((status, private(Page(page))).into_response())
        }
    }
}

/// `POST /votes/{id}/post`.
pub(crate) async fn post(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (vote, office) = (id(&vote)?, office(&hall)?);
    let told = (form.typed("signed"), hall.base_url());
    let done = run!(caller, hall, tx => commands::post(&caller.ctx, tx, &office, vote, told));
    back(&caller, &hall, vote, (&form, done)).await
}

fn opening(form: &FormMap) -> Result<Opening, BallotError> {
    let typed = form.typed("closes_on");
    let problem = if typed.is_empty() { Wrong::Required } else { Wrong::NotADay };
    let closes_on = typed.parse().map_err(|_| BallotError::field("closes_on", problem))?;
    let declared = match form.typed("declared").trim() {
        "" => None,
        typed => Some(Area::parse(typed).ok_or(BallotError::field("declared", Wrong::NotAnArea))?),
    };
    Ok(Opening { closes_on, declared })
}

/// `POST /votes/{id}/open`.
pub(crate) async fn open(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (vote, office) = (id(&vote)?, office(&hall)?);
    let done = async {
        let how = opening(&form)?;
        run!(caller, hall, tx => commands::open(&caller.ctx, tx, &office, vote, how))
    };
    let done = done.await;
    back(&caller, &hall, vote, (&form, done)).await
}

/// `POST /votes/{id}/withdraw`.
pub(crate) async fn withdraw(
    caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    let vote = id(&vote)?;
    let done = run!(caller, hall, tx => commands::withdraw(&caller.ctx, tx, vote, form.typed("reason")));
    match done {
        Ok(()) => Ok(Redirect::to("/votes").into_response()),
        Err(error) => back(&caller, &hall, vote, (&form, Err(error))).await,
    }
}

/// `POST /votes/{id}/announce`.
pub(crate) async fn announce(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let vote = id(&vote)?;
    let told = (form.typed("signed"), hall.base_url());
    let done = run!(caller, hall, tx => closing::announce(&caller.ctx, tx, vote, told));
    back(&caller, &hall, vote, (&form, done)).await
}

/// `POST /votes/{id}/official`.
pub(crate) async fn official(
    mut caller: Caller,
    State(hall): State<Hall>,
    Path(vote): Path<String>,
    form: FormMap,
) -> Result<Response, AppError> {
    take_key(&mut caller, &form);
    let (vote, office) = (id(&vote)?, office(&hall)?);
    let counting = Counting { system: form.typed("system"), reference: form.typed("reference"), table: form.typed("table") };
    let done = async {
        let mut tx = hall.begin(super::district(&caller.ctx)?).await?;
        let done = record_official(&caller.ctx, &mut tx, &office, vote, &counting).await;
        done.map_err(|error| at_line(caller.info.t(), error, "table"))?;
        hall.commit(tx).await
    };
    let done = done.await;
    back(&caller, &hall, vote, (&form, done)).await
}
