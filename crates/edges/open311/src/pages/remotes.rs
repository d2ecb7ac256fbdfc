//! The administrator's page of other servers (外部 Open311 系统): what is kept, how the last look went, adding and removing one.

use std::time::Duration;

use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use http::header::CACHE_CONTROL;
use linli_access::{Action, Ctx, Resource};
use linli_cases::Office;
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath};
use linli_webkit::{AppError, FieldProblem, FormMap, Page, Problems, Shell, T};

use super::{at_field, detail};
use crate::client::{self, NewRemote, Ran, Remote, USUAL};

/// A page waits so long for a look at a server; what it did not get to comes with the next look of the job.
const LOOK: Duration = Duration::from_secs(20);

/// A server as it is listed.
struct Row {
    district: i64,
    name: String,
    url: String,
    place: String,
    looked: String,
    keyed: bool,
    pulls: bool,
    tone: &'static str,
    word: String,
    problem: String,
}

#[derive(Template)]
#[template(path = "open311-remotes.html")]
struct RemotesPage {
    shell: Shell,
    t: T,
    said: String,
    rows: Vec<Row>,
    form: FormMap,
    problems: Problems,
}

/// `GET /admin/open311`.
pub(crate) async fn show(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    page(&caller, &hall, String::new(), FormMap::default(), Problems::default()).await
}

async fn page(caller: &Caller, hall: &Hall, said: String, form: FormMap, problems: Problems) -> Result<Response, AppError> {
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let mut rows = Vec::new();
    for district in reached(&caller.ctx, c).await? {
        for remote in client::list(&caller.ctx, c, district).await.map_err(|error| at_field("name", error))? {
            rows.push(row(&t, remote));
        }
    }
    let page = RemotesPage { shell: caller.shell(t.s("open311-remotes-title")), said, rows, form, problems, t };
    Ok(([(CACHE_CONTROL, "private, no-store")], Page(page)).into_response())
}

/// The districts whose servers the actor keeps.
async fn reached(ctx: &Ctx, c: &mut Conn<'_>) -> Result<Vec<DistrictId>, AppError> {
    let all = linli_territory::queries::districts(c).await.map_err(AppError::internal)?;
    let mine = |id: DistrictId| ctx.may(Action::Read, Resource::Account, id, &PlacePath::root()).is_ok();
    Ok(all.into_iter().map(|district| district.id).filter(|id| *id != DistrictId::CITY && mine(*id)).collect())
}

fn row(t: &T, remote: Remote) -> Row {
    let (tone, word) = match (&remote.problem, remote.looked_at) {
        (Some(_), _) => ("act", "open311-remote-trouble"),
        (None, Some(_)) => ("well", "open311-remote-well"),
        (None, None) => ("", "open311-remote-new"),
    };
    Row {
        district: remote.district_id.0,
        looked: remote.looked_at.map(|at| t.v("open311-remote-looked", "at", t.moment(at))).unwrap_or_default(),
        keyed: remote.key_sealed.is_some(),
        pulls: remote.pulls,
        word: t.s(word).into_owned(),
        problem: detail(t, remote.problem),
        name: remote.name,
        url: remote.url,
        place: remote.place_key,
        tone,
    }
}

/// `POST /admin/open311`: keeps a server.
pub(crate) async fn add(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let t = caller.info.t();
    match kept(&caller, &hall, &form).await {
        Ok(name) => {
            page(&caller, &hall, t.v("open311-remote-added", "name", name), FormMap::default(), Problems::default()).await
        }
        Err(error) => {
            let problems = error.into_problems()?;
            let page = page(&caller, &hall, String::new(), form, problems).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}

async fn kept(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<String, AppError> {
    let code = form.typed("district").trim();
    let found = linli_territory::queries::district_by_division(&mut hall.read().await?.conn(), code).await;
    let unknown = || AppError::invalid(vec![FieldProblem::new("district", "open311-remote-district")]);
    let (district, _) = found.map_err(AppError::internal)?.ok_or_else(unknown)?;
    let typed = |field: &str| form.typed(field).trim().to_owned();
    let some = |field: &str| Some(typed(field)).filter(|text| !text.is_empty());
    let reader = form.reader();
    let new = NewRemote {
        name: typed("name"),
        url: typed("url"),
        jurisdiction: some("jurisdiction"),
        place_key: some("place").unwrap_or_else(|| code.to_owned()),
        mapping: some("mapping").unwrap_or_else(|| USUAL.to_owned()),
        key: some("api_key"),
        inside: reader.ticked("inside"),
        idempotent: reader.ticked("idempotent"),
        pulls: reader.ticked("pulls"),
    };
    let name = new.name.clone();
    let office = hall.service::<Office>()?;
    let mut tx = hall.begin(district).await?;
    client::add(&caller.ctx, &mut tx, &office, new).await.map_err(|error| at_field(field_of(&error), error))?;
    hall.commit(tx).await?;
    Ok(name)
}

/// The field at which an error about a new server stands.
const fn field_of(error: &client::RemoteError) -> &'static str {
    match error {
        client::RemoteError::Mapping(_) => "mapping",
        client::RemoteError::Place(_) => "place",
        client::RemoteError::Target(_) => "url",
        _ => "name",
    }
}

/// The server that a form names.
fn meant(form: &FormMap) -> Result<(DistrictId, &str), AppError> {
    let district = form.typed("district").parse().map_err(|_| AppError::not_found())?;
    Ok((DistrictId(district), form.typed("name")))
}

/// `POST /admin/open311/run`: looks at a server now.
pub(crate) async fn run(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let t = caller.info.t();
    let (district, name) = meant(&form)?;
    caller.ctx.may(Action::Change, Resource::Account, district, &PlacePath::root()).map_err(linli_hall::denied)?;
    // What comes of it the program does: an administrator reads no cases.
    let ctx = Ctx { request_id: caller.ctx.request_id.clone(), ..Ctx::system("open311-remote", hall.clock(), hall.rng()) };
    let office = hall.service::<Office>()?;
    let said = match tokio::time::timeout(LOOK, client::run(&ctx, hall.db(), &office, district, name)).await {
        Err(_) => t.s("open311-remote-slow").into_owned(),
        Ok(Err(error)) => {
            let (key, args) = error.told();
            let args: Vec<(&str, linli_webkit::Value<'_>)> = args.into_iter().map(|(name, value)| (name, value.into())).collect();
            t.with(key, &args)
        }
        Ok(Ok(ran)) => outcome(t, &ran),
    };
    page(&caller, &hall, said, FormMap::default(), Problems::default()).await
}

fn outcome(t: &T, ran: &Ran) -> String {
    let number = |n: usize| n.to_string();
    let pulled = &ran.pulled;
    let counted = t.with(
        "open311-remote-ran",
        &[
            ("new", number(pulled.new).into()),
            ("changed", number(pulled.changed).into()),
            ("unchanged", number(pulled.unchanged).into()),
            ("refused", number(pulled.refused).into()),
            ("sent", number(ran.sent).into()),
        ],
    );
    match ran.problem.as_ref().or(pulled.reasons.first()) {
        Some(problem) => format!("{counted} {}", detail(t, Some(problem.clone()))),
        None => counted,
    }
}

/// `POST /admin/open311/remove`: refused while something is on its way there.
pub(crate) async fn remove(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    let (district, name) = meant(&form)?;
    let mut tx = hall.begin(district).await?;
    match client::remove(&caller.ctx, &mut tx, name).await.map_err(|error| at_field("remove", error)) {
        Ok(()) => {
            hall.commit(tx).await?;
            Ok(Redirect::to("/admin/open311").into_response())
        }
        Err(error) => {
            drop(tx);
            let problems = error.into_problems()?;
            let page = page(&caller, &hall, String::new(), FormMap::default(), problems).await?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, page).into_response())
        }
    }
}
