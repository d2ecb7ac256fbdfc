//! A desk hands cases over to another server (转交外部系统), sees where they stand there, and settles what is in doubt.

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use linli_access::{Action, Resource};
use linli_cases::Office;
use linli_hall::{Caller, Hall};
use linli_kernel::DistrictId;
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::{at_field, detail};
use crate::client::{self, Handed};

/// A case that was handed over.
struct Row {
    id: String,
    number: String,
    remote: String,
    tone: &'static str,
    word: String,
    key: String,
    told: String,
    problem: String,
    /// Whether somebody has to look and say what became of it.
    doubt: bool,
}

#[derive(Template)]
#[template(path = "open311-handing.html")]
struct HandingPage {
    shell: Shell,
    t: T,
    said: String,
    remotes: Vec<Choice>,
    rows: Vec<Row>,
    form: FormMap,
    problems: Problems,
}

fn district(caller: &Caller) -> Result<DistrictId, AppError> {
    Ok(caller.ctx.scope(Action::Assign, Resource::Case).map_err(linli_hall::denied)?.district)
}

/// `GET /desk/elsewhere`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    page(&caller, &hall, String::new(), FormMap::default(), Problems::default()).await
}

async fn page(caller: &Caller, hall: &Hall, said: String, form: FormMap, problems: Problems) -> Result<Response, AppError> {
    let (t, district) = (caller.info.t().clone(), district(caller)?);
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let remotes = client::takers(&caller.ctx, c, district).await.map_err(|error| at_field("remote", error))?;
    let rows = client::handed(&caller.ctx, c, district).await.map_err(|error| at_field("remote", error))?;
    let page = HandingPage {
        shell: caller.shell(t.s("open311-handing-title")),
        said,
        remotes: remotes.into_iter().map(|name| Choice::new(name.clone(), name)).collect(),
        rows: rows.into_iter().map(|handed| row(&t, handed)).collect(),
        form,
        problems,
        t,
    };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

fn row(t: &T, handed: Handed) -> Row {
    let tone = match handed.stage.as_str() {
        "sent" => "well",
        "refused" | "unsure" => "act",
        "sending" | "token" => "soon",
        _ => "",
    };
    Row {
        id: handed.case.to_string(),
        word: t.s(&format!("open311-stage-{}", handed.stage)).into_owned(),
        doubt: matches!(handed.stage.as_str(), "refused" | "unsure" | "token"),
        key: handed.request_id.unwrap_or_default(),
        told: handed.told.unwrap_or_default(),
        problem: detail(t, handed.problem),
        number: handed.number,
        remote: handed.remote,
        tone,
    }
}

/// `POST /desk/elsewhere`: hands a case over; it is sent with the next look at the server.
pub(crate) async fn hand_over(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let done = async {
        let office = hall.service::<Office>()?;
        let (number, remote) = (form.typed("number").trim(), form.typed("remote"));
        let service = Some(form.typed("service").trim()).filter(|service| !service.is_empty());
        let mut tx = hall.begin(district(&caller)?).await?;
        client::hand_over(&caller.ctx, &mut tx, &office, (number, remote), service).await.map_err(not_that_one)?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(caller.info.t().with("open311-handed", &[("number", number.into()), ("remote", remote.into())]))
    }
    .await;
    concluded(&caller, &hall, form, done).await
}

/// A case that is not there for the actor, or is closed, is said at its field.
fn not_that_one(error: client::RemoteError) -> AppError {
    use linli_cases::CasesError;
    match error {
        client::RemoteError::Cases(CasesError::NotFound | CasesError::Changed) => {
            AppError::invalid(vec![FieldProblem::new("number", "open311-handing-no-case")])
        }
        other => at_field("remote", other),
    }
}

/// `POST /desk/elsewhere/settle`: somebody has looked: it is there under a key, or it is not there.
pub(crate) async fn settle(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let done = async {
        let (number, remote) = (form.typed("number"), form.typed("remote"));
        let mut tx = hall.begin(district(&caller)?).await?;
        let key = form.typed("key").trim();
        let done = if key.is_empty() {
            client::try_again(&caller.ctx, &mut tx, number, remote).await
        } else {
            client::settle(&caller.ctx, &mut tx, (number, remote), key).await
        };
        done.map_err(not_that_one)?;
        hall.commit(tx).await?;
        Ok::<_, AppError>(String::new())
    }
    .await;
    concluded(&caller, &hall, FormMap::default(), done).await
}

async fn concluded(caller: &Caller, hall: &Hall, form: FormMap, done: Result<String, AppError>) -> Result<Response, AppError> {
    match done {
        Ok(said) if said.is_empty() => Ok(Redirect::to("/desk/elsewhere").into_response()),
        Ok(said) => page(caller, hall, said, FormMap::default(), Problems::default()).await,
        Err(error) => {
            let problems = error.into_problems()?;
            let page = page(caller, hall, String::new(), form, problems).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
