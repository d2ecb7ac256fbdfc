//! Where those who may post see what hangs on their boards, post and take down.

use askama::Template;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use http::StatusCode;
use linli_access::{Action, Ctx, Resource, Scope};
use linli_db::Conn;
use linli_hall::{Caller, Hall};
use linli_kernel::{DistrictId, PlacePath, Ts};
use linli_webkit::view::Choice;
use linli_webkit::{AppError, FormMap, Page, Problems, Shell, T};

use crate::commands::{self, PostNotice};
use crate::model::{Notice, NoticeId, NoticeKind};
use crate::{BoardError, neighbours, queries, rules};

/// Notices on one page of the list.
const LISTED: i64 = 100;

struct Row {
    id: NoticeId,
    kind: String,
    title: String,
    place: String,
    period: String,
    state: &'static str,
    word: String,
    href: String,
}

#[derive(Template)]
#[template(path = "board-notices.html")]
pub(crate) struct ListPage {
    shell: Shell,
    t: T,
    rows: Vec<Row>,
}

/// `GET /notices`: what was posted in the reach of the actor and is not taken down.
pub(crate) async fn list(caller: Caller, State(hall): State<Hall>) -> Result<Page<ListPage>, AppError> {
    let scope = caller.ctx.scope(Action::Create, Resource::Notice).map_err(BoardError::from)?;
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let mut rows = Vec::new();
    for notice in queries::notices_in(c, &scope, None, LISTED).await? {
        let place = neighbours::spoken(c, scope.district, &notice.place).await?;
        rows.push(row(&t, (scope.district, notice), place, caller.ctx.now()));
    }
    Ok(Page(ListPage { shell: caller.shell(t.s("board-notices")), rows, t }))
}

fn row(t: &T, (district, notice): (DistrictId, Notice), place: String, now: Ts) -> Row {
    let (state, key) = match notice.ends_at {
        Some(end) if end <= now => ("", "board-notice-ended"),
        _ if notice.starts_at > now => ("info", "board-notice-waiting"),
        _ => ("well", "board-notice-hangs"),
    };
    let until = notice.ends_at.map(|at| t.v("board-notice-until", "date", t.date(Ts(at.0 - 1)))).unwrap_or_default();
    Row {
        href: notice.page(district),
        id: notice.id,
        kind: t.s(&format!("board-kind-{}", notice.kind.as_str())).into_owned(),
        title: notice.title,
        place,
        period: format!("{} {until}", t.date(notice.starts_at)).trim_end().to_owned(),
        state,
        word: t.s(key).into_owned(),
    }
}

#[derive(Template)]
#[template(path = "board-notice-new.html")]
struct NewPage {
    shell: Shell,
    t: T,
    problems: Problems,
    form: FormMap,
    places: Vec<Choice>,
    kinds: Vec<Choice>,
    signed: String,
}

/// `GET /notices/new`.
pub(crate) async fn new(caller: Caller, State(hall): State<Hall>) -> Result<Response, AppError> {
    Ok(Page(new_page(&caller, &hall, FormMap::default(), Problems::default()).await?).into_response())
}

async fn new_page(caller: &Caller, hall: &Hall, form: FormMap, problems: Problems) -> Result<NewPage, AppError> {
    let scope = caller.ctx.scope(Action::Create, Resource::Notice).map_err(BoardError::from)?;
    let t = caller.info.t().clone();
    let mut read = hall.read().await?;
    let c = &mut read.conn();
    let places = neighbours::places_to_post_at(c, &scope).await?;
    let places = places.into_iter().map(|(path, name)| Choice::new(path.to_string(), name)).collect();
    let kinds =
        NoticeKind::ALL.iter().map(|kind| Choice::new(kind.as_str(), t.s(&format!("board-kind-{}", kind.as_str())))).collect();
    let signed = match form.get("signed") {
        Some(typed) => typed.to_owned(),
        None => usual_signature(&caller.ctx, c, &scope).await?,
    };
    Ok(NewPage { shell: caller.shell(t.s("board-notice-new")), t, problems, form, places, kinds, signed })
}

/// Whom the appointment acted under speaks for.
async fn usual_signature(ctx: &Ctx, c: &mut Conn<'_>, scope: &Scope) -> Result<String, BoardError> {
    match ctx.appointment() {
        Some(id) => neighbours::writes_for(c, scope.district, id).await,
        None => Ok(String::new()),
    }
}

/// `POST /notices`.
pub(crate) async fn post(caller: Caller, State(hall): State<Hall>, form: FormMap) -> Result<Response, AppError> {
    match try_post(&caller, &hall, &form).await {
        Ok(()) => Ok(Redirect::to("/notices").into_response()),
        Err(error) => {
            let problems = error.into_problems()?;
            Ok((StatusCode::UNPROCESSABLE_ENTITY, Page(new_page(&caller, &hall, form, problems).await?)).into_response())
        }
    }
}

async fn try_post(caller: &Caller, hall: &Hall, form: &FormMap) -> Result<(), AppError> {
    let scope = caller.ctx.scope(Action::Create, Resource::Notice).map_err(BoardError::from)?;
    let t = caller.info.t();
    let mut read = form.reader();
    let place = read.choice::<PlacePath>("place", &t.s("board-notice-place"));
    let kind = read.choice::<NoticeKind>("kind", &t.s("board-notice-kind"));
    let title = read.text("title", &t.s("board-notice-title"), 1..=rules::TITLE_CHARS);
    let body = read.text("body", &t.s("board-notice-body"), 1..=rules::BODY_CHARS);
    let signed = read.text("signed", &t.s("board-notice-signed-label"), 1..=rules::SIGNED_CHARS);
    // The last day is shown whole.
    let ends_at = read.date("ends_at").and_then(|day| Ts::from_local(day.tomorrow().ok()?.at(0, 0, 0, 0)));
    read.finish()?;
    let (Some(place), Some(kind)) = (place, kind) else { return Err(AppError::invalid(Vec::new())) };
    let mut ctx = caller.ctx.clone();
    ctx.idempotency_key = form.idempotency_key().map(str::to_owned).or(ctx.idempotency_key);
    let mut tx = hall.begin(scope.district).await?;
    commands::post(&ctx, &mut tx, PostNotice { place, kind, title, body, signed, starts_at: None, ends_at }).await?;
    hall.commit(tx).await
}

/// `POST /notices/{id}/withdraw`.
pub(crate) async fn withdraw(caller: Caller, State(hall): State<Hall>, Path(id): Path<String>) -> Result<Redirect, AppError> {
    let id = id.parse().map_err(|_| BoardError::UnknownNotice)?;
    let scope = caller.ctx.scope(Action::Close, Resource::Notice).map_err(BoardError::from)?;
    let mut tx = hall.begin(scope.district).await?;
    commands::withdraw(&caller.ctx, &mut tx, id).await?;
    hall.commit(tx).await?;
    Ok(Redirect::to("/notices"))
}
